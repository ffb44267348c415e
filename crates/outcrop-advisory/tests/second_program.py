"""Which records affect which packages, by nothing but the schema's own words and the ecosystem's tool.

Arguments: the ecosystem with its release, the archive of records; or `secdb`, the database, the
root of an Alpine. Standard input: one package a line, `name version module`, module `-` for none.
Standard output: `line-number record` for each record that affects the package of that line; after
a first argument `merged`, `line-number vulnerability fixed` for each vulnerability of it, fixed `-`
where no version is named."""

import functools
import json
import re
import subprocess
import sys
import zipfile


def semver(text):
    text = text.lstrip("v").split("+")[0]
    numbers, _, pre = text.partition("-")
    part = lambda word: (0, int(word), "") if word.isdigit() else (1, 0, word)
    numbers = [int(number) for number in numbers.split(".")]
    return numbers + [0] * (3 - len(numbers)), not pre, [part(word) for word in pre.split(".")]


def order(ecosystem):
    name = ecosystem.split(":")[0]
    if name == "PyPI":
        try:
            from packaging.version import Version
        except ImportError:
            from pip._vendor.packaging.version import Version
        return Version
    if name in ("Go", "crates.io", "npm"):
        return semver
    import rpm

    return rpm.ver


def spelled(ecosystem, name):
    return re.sub(r"[-_.]+", "-", name).lower() if ecosystem == "PyPI" else name


def in_range(version, parse, events):
    """What mends the version, `[None]` where nothing does; nothing where it is not in the range."""
    points = []
    for event in events:
        for kind, text in event.items():
            start = text == "0" and kind == "introduced"
            points.append((kind, None if start else parse(text), text))
    smaller = lambda left, right: (left[1] is not None) - (right[1] is not None) or (
        left[1] is not None and ((left[1] > right[1]) - (left[1] < right[1]))
    )
    affected, end = False, None
    for kind, point, text in sorted(points, key=functools.cmp_to_key(smaller)):
        if affected and kind != "introduced" and point > version and not end:
            end = kind, text
        if kind == "introduced" and (point is None or version >= point):
            affected = True
        if kind in ("fixed", "limit") and version >= point:
            affected = False
        if kind == "last_affected" and version > point:
            affected = False
    return [end[1] if end and end[0] == "fixed" else None] if affected else []


def affects(entry, text, version, parse, semantic):
    """What mends the version in each range that holds it."""
    fixes = []
    for listed in entry.get("versions") or []:
        try:
            if listed == text or parse(listed) == version:
                fixes.append(None)
        except ValueError:
            pass
    for stretch in entry.get("ranges") or []:
        events = list(stretch["events"])
        specific = entry.get("database_specific") or {}
        last = specific.get("last_known_affected_version_range", "")
        if last and [list(event) for event in events] == [["introduced"]]:
            kind = "last_affected" if last.startswith("<=") else "limit"
            events.append({kind: last.lstrip("<= ")})
        try:
            if stretch["type"] == "ECOSYSTEM":
                fixes += in_range(version, parse, events)
            if stretch["type"] == "SEMVER":
                fixes += in_range(semantic, semver, events)
        except ValueError:
            pass
    return fixes


def minor(version):
    found = re.search(r"-[^-]*?(?:\.module.(el\d+\.\d[.\d]*)|\.(el\d+_\d+)(?:\.|$))", version)
    return found and (found[1] or found[2])


def affects_rpm(record, entries, text, module, parse):
    """Builds of modules against builds of that module, and the same minor release first."""
    streams = re.findall(r"(?<!\S)[\w.+-]+:[\w.+-]+(?![^\s,])", record["summary"])
    fixes = []
    for entry in entries:
        for event in entry["ranges"][0]["events"]:
            fix = event.get("fixed")
            if not fix or (".module" in fix) != (".module" in text):
                continue
            if ".module" in fix and len(streams) == 1 and module not in ("-", streams[0]):
                continue
            fixes.append(fix)
    of_stream = [fix for fix in fixes if minor(fix) and minor(fix) == minor(text)]
    if of_stream and all(parse(fix) <= parse(text) for fix in of_stream):
        return []
    return [fix for fix in fixes if parse(text) < parse(fix)]


def cves(names):
    found = (re.search(r"(?:^|-)(CVE-\d{4}-\d{4,})$", name) for name in names)
    return sorted({name[1] for name in found if name})


def merged(ecosystem, answers):
    """`number vulnerability fixed` out of records about the same."""
    known = []
    for _, record, _ in answers:
        names = {record["id"], *(record.get("aliases") or [])}
        if not record["id"].startswith("AL") and len(cves(names)) < 2:
            for other in [other for other in known if other & names]:
                known.remove(other)
                names |= other
            known.append(names)
    own = {"PyPI": "PYSEC-", "crates.io": "RUSTSEC-", "Go": "GO-"}.get(ecosystem, "GHSA-")
    by_vulnerability = {}
    for number, record, fix in answers:
        names = {record["id"], *(record.get("aliases") or [])}
        if record["id"].startswith("AL"):
            names |= {*(record.get("upstream") or []), *(record.get("related") or [])}
        for same in known:
            names |= same if record["id"] in same else set()
        for vulnerability in cves(names) or [min(names)]:
            told = by_vulnerability.setdefault((number, vulnerability), [])
            told.append((record["id"].startswith(own), record["modified"], fix))
    for (number, vulnerability), told in by_vulnerability.items():
        fixes = [fix for _, _, fix in sorted(told, key=lambda one: one[:2], reverse=True) if fix]
        print(number, vulnerability, fixes[0].removeprefix("0:") if fixes else "-")


def secdb(merge, path, root):
    """Alpine's own database, compared by the apk of its own root, all pairs at once."""
    lines = [line.rstrip("\n").split(" ") for line in sys.stdin]
    asked, spans = [], set()
    for package in json.load(open(path))["packages"]:
        package = package["pkg"]
        for number, (name, version, _) in enumerate(lines):
            if name != package["name"]:
                continue
            for fixed, names in package["secfixes"].items():
                cves = re.findall(r"CVE[-_ ](\d{4}-\d{4,})", " ".join(names))
                if fixed != "0":
                    asked += [(version, fixed, f"{number} CVE-{cve}") for cve in cves]
                    spans |= {(fixed, other) for other in package["secfixes"] if merge}
    pairs = sorted({(version, fixed) for version, fixed, _ in asked} | spans)
    script = 'while read -r left right; do apk version --test -- "$left" "$right"; done'
    answers = subprocess.run(
        ["chroot", root, "/bin/sh", "-c", script],
        input="".join(f"{left} {right}\n" for left, right in pairs),
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    answer = dict(zip(pairs, answers, strict=True))
    lowest = {}
    for version, fixed, found in asked:
        if answer[version, fixed] == "<":
            known = lowest.setdefault(found, fixed)
            if merge and answer[fixed, known] == "<":
                lowest[found] = fixed
    for found, fixed in lowest.items():
        print(found, fixed) if merge else print(found)


def main():
    merge = sys.argv[1] == "merged"
    arguments = sys.argv[2:] if merge else sys.argv[1:]
    if arguments[0] == "secdb":
        return secdb(merge, *arguments[1:])
    ecosystem, archive = arguments
    answers = []
    parse = order(ecosystem)
    installed = {}
    for number, line in enumerate(sys.stdin):
        name, version, module = line.rstrip("\n").split(" ")
        try:
            parse(version)
        except ValueError:
            continue
        installed.setdefault(spelled(ecosystem, name), []).append((number, version, module))
    opened = zipfile.ZipFile(archive)
    for file in opened.namelist():
        record = json.loads(opened.read(file))
        if record.get("withdrawn"):
            continue
        if record["id"].startswith(("ALBA", "ALEA")) and not record["related"]:
            continue
        by_name = {}
        for entry in record["affected"]:
            if entry.get("package", {}).get("ecosystem") == ecosystem:
                specific = entry.get("database_specific") or {}
                if specific.get("informational") not in ("unmaintained", "notice"):
                    name = spelled(ecosystem, entry["package"]["name"])
                    by_name.setdefault(name, []).append(entry)
        for name, entries in by_name.items():
            for number, text, module in installed.get(name, []):
                if ecosystem.startswith("AlmaLinux"):
                    fixes = affects_rpm(record, entries, text, module, parse)
                else:
                    version = parse(text)
                    try:
                        semantic = semver(text)
                    except ValueError:
                        semantic = version
                    fixes = [
                        fix
                        for entry in entries
                        for fix in affects(entry, text, version, parse, semantic)
                    ]
                if fixes:
                    lowest = min(filter(None, fixes), key=parse, default=None)
                    answers.append((number, record, lowest))
    if merge:
        return merged(ecosystem, answers)
    for number, record, _ in answers:
        print(number, record["id"])


main()
