use super::*;
use crate::fuzz::survives;

fn check(path: &str, content: &str, expected: &[&str], problems: &[&str]) {
    let analysis = AptSources.analyse(&CandidateFile::whole(path, content.as_bytes()));
    let Some(Observation::PackageSources(sources)) = analysis.observation else {
        panic!("no sources of {content}");
    };
    assert_eq!(sources, expected, "{content}");
    let found: Vec<&str> = analysis
        .problems
        .iter()
        .map(|problem| problem.message.as_str())
        .collect();
    assert_eq!(found, problems, "{content}");
}

#[test]
fn one_line_style() {
    for (line, expected) in [
        (
            "deb http://deb.debian.org/debian bookworm main contrib",
            &["http://deb.debian.org/debian bookworm main contrib"][..],
        ),
        (
            "deb [ arch=amd64 signed-by=/k ]\thttp://x  s  main # why",
            &["http://x s main"],
        ),
        ("deb [arch=amd64] http://x ./", &["http://x ./"]),
        (
            "deb cdrom:[Debian 12 - DVD]/ bookworm main",
            &["cdrom:[Debian 12 - DVD]/ bookworm main"],
        ),
        ("deb-src http://x s main", &[]),
        ("# deb http://x s main", &[]),
        ("   ", &[]),
        ("  deb http://x s main", &["http://x s main"]),
    ] {
        check(LIST, line, expected, &[]);
    }
    check(
        "etc/apt/sources.list.d/a.list",
        "\nnonsense\ndeb http://only-an-address\ndeb http://x s main\n",
        &["http://x s main"],
        &["a line is no archive: 2"],
    );
    check(
        LIST,
        "deb http://x\n",
        &[],
        &["a line names no archive and suite: 1"],
    );
    check(LIST, "deb\n", &[], &["a line is no archive: 1"]);
}

#[test]
fn deb822_style() {
    let path = "etc/apt/sources.list.d/debian.sources";
    check(
        path,
        "# comment\nTypes: deb deb-src\nURIs: http://deb.debian.org/debian\nSuites: bookworm bookworm-updates\nComponents: main\nSigned-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n URIs: no field\n\nTypes: deb\nURIs: http://deb.debian.org/debian-security\n# in between\nSuites: bookworm-security\nComponents: main\n non-free\n",
        &[
            "http://deb.debian.org/debian bookworm main",
            "http://deb.debian.org/debian bookworm-updates main",
            "http://deb.debian.org/debian-security bookworm-security main non-free",
        ],
        &[],
    );
    for disabled in ["Enabled: no", "enabled: False", "Types: deb-src"] {
        let content = format!("{disabled}\nURIs: http://x\nSuites: s\nComponents: main\n");
        let content = if disabled.starts_with("Types") {
            content
        } else {
            format!("Types: deb\n{content}")
        };
        check(path, &content, &[], &[]);
    }
    check(
        path,
        "Types: deb\nURIs: http://x\nSuites: ./\nEnabled: yes\n",
        &["http://x ./"],
        &[],
    );
    check(
        path,
        "Types: deb\nSuites: s\n",
        &[],
        &["a stanza without `URIs` or `Suites`"],
    );
    check(path, "nonsense\n", &[], &["a line is no field of a stanza"]);
}

#[test]
fn what_multiplies_is_bounded() {
    let words = |prefix: &str, count: usize| {
        (0..count)
            .map(|number| format!("{prefix}{number}"))
            .collect::<Vec<_>>()
            .join(" ")
    };
    let check = |components: String, expected: usize| {
        let content = format!(
            "Types: deb\nURIs: {}\nSuites: {}\nComponents: {components}\n",
            words("http://", 20_000),
            words("s", 20_000)
        );
        let analysis = AptSources.analyse(&CandidateFile::whole(
            "etc/apt/sources.list.d/a.sources",
            content.as_bytes(),
        ));
        let Some(Observation::PackageSources(sources)) = analysis.observation else {
            panic!("no sources");
        };
        assert_eq!(sources.len(), expected);
        assert_eq!(analysis.problems.len(), 1);
    };
    check("main".to_owned(), MAX_SOURCES);
    // Each of them is too long.
    check(words("c", 1_000), 0);
}

#[test]
fn the_files_that_are_wanted() {
    for (path, wanted) in [
        ("etc/apt/sources.list", true),
        ("etc/apt/sources.list.d/x.list", true),
        ("etc/apt/sources.list.d/x.sources", true),
        ("etc/apt/sources.list.d/x.list.save", false),
        ("etc/apt/sources.list~", false),
        ("var/lib/dpkg/info/libc6.list", false),
    ] {
        assert_eq!(
            AptSources.wants(&FileFacts::of_path(path)).is_some(),
            wanted,
            "{path}"
        );
    }
}

#[test]
fn whatever_bytes_come_it_goes_on() {
    let lines = b"deb [arch=amd64] http://x s main # why\ndeb cdrom:[Debian 12]/ bookworm main\n";
    survives(&AptSources, LIST, lines);
    let stanza = b"Types: deb deb-src\nURIs: http://x http://y\nSuites: s t\nComponents: main\nSigned-By:\n -----\n .\n";
    survives(&AptSources, "etc/apt/sources.list.d/x.sources", stanza);
}
