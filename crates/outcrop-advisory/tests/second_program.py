"""Which records affect which packages, by nothing but the schema's own words and the ecosystem's tool.

Arguments: the ecosystem with its release, the archive of records. Standard input: one package a
line, `name version module`, module `-` for none. Standard output: `line-number record` for each
record that affects the package of that line."""

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
    points = []
    for at, event in enumerate(events):
        for kind, text in event.items():
            points.append((kind, None if text == "0" and kind == "introduced" else parse(text)))
    smaller = lambda left, right: (left[1] is not None) - (right[1] is not None) or (
        left[1] is not None and ((left[1] > right[1]) - (left[1] < right[1]))
    )
    affected = False
    for kind, point in sorted(points, key=functools.cmp_to_key(smaller)):
        if kind == "introduced" and (point is None or version >= point):
            affected = True
        if kind in ("fixed", "limit") and version >= point:
            affected = False
        if kind == "last_affected" and version > point:
            affected = False
    return affected


def affects(entry, text, version, parse, semantic):
    if text in (entry.get("versions") or []):
        return True
    for listed in entry.get("versions") or []:
        try:
            if parse(listed) == version:
                return True
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
            if stretch["type"] == "ECOSYSTEM" and in_range(version, parse, events):
                return True
            if stretch["type"] == "SEMVER" and in_range(semantic, semver, events):
                return True
        except ValueError:
            pass
    return False


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
        return False
    return any(parse(text) < parse(fix) for fix in fixes)


def secdb(path, root):
    """Alpine's own database, compared by the apk of its own root, all pairs at once."""
    lines = [line.rstrip("\n").split(" ") for line in sys.stdin]
    asked = []
    for package in json.load(open(path))["packages"]:
        package = package["pkg"]
        for number, (name, version, _) in enumerate(lines):
            if name != package["name"]:
                continue
            for fixed, names in package["secfixes"].items():
                cves = re.findall(r"CVE[-_ ](\d{4}-\d{4,})", " ".join(names))
                if fixed != "0":
                    asked += [(version, fixed, f"{number} CVE-{cve}") for cve in cves]
    pairs = sorted({(version, fixed) for version, fixed, _ in asked})
    script = 'while read -r left right; do apk version --test -- "$left" "$right"; done'
    answers = subprocess.run(
        ["chroot", root, "/bin/sh", "-c", script],
        input="".join(f"{left} {right}\n" for left, right in pairs),
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    answer = dict(zip(pairs, answers, strict=True))
    for version, fixed, found in asked:
        if answer[version, fixed] == "<":
            print(found)


def main():
    if sys.argv[1] == "secdb":
        return secdb(*sys.argv[2:])
    ecosystem, archive = sys.argv[1:]
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
                    found = affects_rpm(record, entries, text, module, parse)
                else:
                    version = parse(text)
                    try:
                        semantic = semver(text)
                    except ValueError:
                        semantic = version
                    found = any(
                        affects(entry, text, version, parse, semantic) for entry in entries
                    )
                if found:
                    print(number, record["id"])


main()
