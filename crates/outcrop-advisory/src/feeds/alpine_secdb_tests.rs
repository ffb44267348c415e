use super::identifiers;
use crate::feeds::fixtures::{SECDB, shown};

#[test]
fn one_record_comes_of_each_identifier() {
    assert_eq!(
        shown(|sink| super::read(SECDB, sink)),
        [
            "problem `tcpdump`: `CVE-????-?????` is no identifier",
            "problem `packages/3`: it cannot be read: missing field `pkg` at line 1 column 14",
            "record ALPINE-SECDB-v3.22-main-CVE-2026-1000 of CVE-2026-1000: Alpine:v3.22 curl <1.2-r3; Alpine:v3.22 tcpdump <4.9-r0 | curl: CVE-2026-1000 XSA-7",
            "record ALPINE-SECDB-v3.22-main-CVE-2026-1001 of CVE-2026-1001: Alpine:v3.22 curl not-affected",
            "record ALPINE-SECDB-v3.22-main-CVE-2026-1002 of CVE-2026-1002: Alpine:v3.22 curl <1.0-r0 <1.2-r3",
            "record ALPINE-SECDB-v3.22-main-XSA-248 of XSA-248: Alpine:v3.22 tcpdump <4.9-r0",
        ]
    );
}

#[test]
fn distributions_made_from_alpine_are_told_apart() {
    for (head, expected) in [
        (
            r#""reponame": "os", "urlprefix": "https://packages.wolfi.dev""#,
            "record ALPINE-SECDB-wolfi-CVE-2026-1000 of CVE-2026-1000: Wolfi a <1",
        ),
        (
            r#""reponame": "chainguard", "urlprefix": "https://packages.cgr.dev""#,
            "record ALPINE-SECDB-chainguard-CVE-2026-1000 of CVE-2026-1000: Chainguard a <1",
        ),
        (
            r#""distroversion": "edge", "reponame": "community""#,
            "record ALPINE-SECDB-edge-community-CVE-2026-1000 of CVE-2026-1000: Alpine:edge a <1",
        ),
        (
            r#""reponame": "main""#,
            "problem `distroversion`: ` ` is no known release",
        ),
        (
            r#""distroversion": "../x", "reponame": "main""#,
            "problem `distroversion`: ` ../x` is no known release",
        ),
    ] {
        let json = format!(
            r#"{{"packages": [{{"pkg": {{"name": "a", "secfixes": {{"1": ["CVE-2026-1000"]}}}}}}], {head}}}"#
        );
        assert_eq!(shown(|sink| super::read(json.as_bytes(), sink)), [expected]);
    }
}

#[test]
fn identifiers_are_found_in_lines_with_slips() {
    for (line, expected) in [
        ("CVE-2019-14697", &["CVE-2019-14697"][..]),
        (
            "CVE-2019-1001 CVE-2019-1002",
            &["CVE-2019-1001", "CVE-2019-1002"],
        ),
        ("CVE-2018-12892  XSA-266", &["CVE-2018-12892"]),
        (
            "CVE-2018-10103 (SMB - partially fixed, but SMB printing disabled)",
            &["CVE-2018-10103"],
        ),
        ("CVE_2019-2426", &["CVE-2019-2426"]),
        ("CVE 2018-16859", &["CVE-2018-16859"]),
        ("CVE-2017-17434-1", &["CVE-2017-17434"]),
        ("CVE-????-?????  XSA-284", &["XSA-284"]),
        ("ZBX-11023", &["ZBX-11023"]),
        ("GHSA-w2c5-7qwq-7c4q", &["GHSA-w2c5-7qwq-7c4q"]),
        ("(was fixed in libpcap)", &[]),
        ("", &[]),
    ] {
        assert_eq!(identifiers(line), expected, "{line}");
    }
}
