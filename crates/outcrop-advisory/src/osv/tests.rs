use super::*;

fn record(json: &str) -> AdvisoryRecord {
    parse(json.as_bytes()).expect("a record")
}

#[test]
fn a_record_is_read_whole() {
    let record = record(
        r#"{
          "schema_version": "1.7.3", "id": "DEBIAN-CVE-2026-1000", "modified": "2026-01-02T03:04:05Z",
          "published": "2026-01-01T00:00:00Z", "upstream": ["CVE-2026-1000"], "aliases": ["GHSA-x"],
          "summary": "A fault", "details": "Long\ntext",
          "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],
          "affected": [{
            "package": {"ecosystem": "Debian:12", "name": "openssl", "purl": "pkg:deb/debian/openssl"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "3.0.15-1"}]}],
            "versions": ["3.0.14-1"],
            "ecosystem_specific": {"urgency": "not yet assigned"}
          }],
          "references": [{"type": "ADVISORY", "url": "https://example.org/1"}]
        }"#,
    );
    assert_eq!(record.id, "DEBIAN-CVE-2026-1000");
    assert_eq!(record.upstream, ["CVE-2026-1000"]);
    assert_eq!(record.aliases, ["GHSA-x"]);
    assert_eq!(record.severity, Severity::Critical);
    assert_eq!(record.references, ["https://example.org/1"]);
    let [affected] = &record.affected[..] else {
        panic!("one package: {:?}", record.affected);
    };
    assert_eq!(
        (affected.ecosystem.as_str(), affected.name.as_str()),
        ("Debian:12", "openssl")
    );
    assert_eq!(affected.urgency.as_deref(), Some("not yet assigned"));
    assert_eq!(affected.versions, ["3.0.14-1"]);
    assert_eq!(
        affected.ranges,
        [Range {
            kind: RangeKind::Ecosystem,
            events: vec![
                Event::Introduced("0".into()),
                Event::Fixed("3.0.15-1".into())
            ],
        }]
    );
}

#[test]
fn an_identifier_is_enough() {
    assert_eq!(
        record(r#"{"id": "X-1"}"#),
        AdvisoryRecord {
            id: "X-1".into(),
            ..AdvisoryRecord::default()
        }
    );
}

#[test]
fn null_stands_for_nothing() {
    let read = record(
        r#"{"id": "X-1", "modified": null, "aliases": null, "severity": null, "affected": null,
            "references": null, "database_specific": null, "withdrawn": null}"#,
    );
    assert_eq!(read, record(r#"{"id": "X-1"}"#));
}

#[test]
fn what_is_not_known_is_passed_over() {
    let record = record(
        r#"{
          "id": "X-1", "schema_version": "9.9", "new": {"deep": [[1]]},
          "severity": [{"type": "NEW", "score": "x"}],
          "affected": [
            {"ranges": [{"type": "GIT", "repo": "https://example.org", "events": [{"introduced": "0"}]}]},
            {"package": {"ecosystem": "Debian:12", "name": "a"},
             "ranges": [{"type": "NEW", "events": [{"introduced": "0"}]},
                        {"type": "ECOSYSTEM", "events": [{"invented": "1"}, {"introduced": "2"}]}],
             "ecosystem_specific": {"urgency": ["not", "a", "word"]},
             "database_specific": "a text"}
          ]
        }"#,
    );
    let [affected] = &record.affected[..] else {
        panic!("one package: {:?}", record.affected);
    };
    assert_eq!(affected.urgency, None);
    assert_eq!(
        affected.ranges,
        [Range {
            kind: RangeKind::Ecosystem,
            events: vec![Event::Introduced("2".into())],
        }]
    );
}

#[test]
fn free_form_members_may_be_anything() {
    for value in [
        "1",
        "-1",
        "1.5",
        "true",
        "null",
        "\"x\"",
        "[1, {}]",
        "{\"severity\": 7}",
    ] {
        let json = format!(r#"{{"id": "X-1", "database_specific": {value}}}"#);
        assert_eq!(record(&json).severity, Severity::Unknown, "{value}");
    }
    let json = r#"{"id": "X-1", "database_specific": {"a": [], "severity": "MODERATE"}}"#;
    assert_eq!(record(json).severity, Severity::Medium);
}

#[test]
fn what_is_no_record_is_refused() {
    let deep = format!("{{\"id\": \"X\", \"a\": {}", "[".repeat(100_000));
    for text in [
        "",
        "{",
        "[]",
        "null",
        "{}",
        r#"{"id": 1}"#,
        r#"{"id": "X", "affected": 1}"#,
        &deep,
    ] {
        assert!(
            matches!(parse(text.as_bytes()), Err(RecordError::Malformed(_))),
            "{}",
            &text[..text.len().min(40)]
        );
    }
    for id in ["", "  ", "a\\nb", &"x".repeat(MAX_ID_BYTES + 1)] {
        let json = format!(r#"{{"id": "{id}"}}"#);
        assert!(
            matches!(parse(json.as_bytes()), Err(RecordError::NoId { .. })),
            "{id}"
        );
    }
    assert!(matches!(
        parse(&vec![b' '; MAX_RECORD_BYTES + 1]),
        Err(RecordError::TooLarge { .. })
    ));
}

#[test]
fn a_byte_order_mark_is_no_part_of_the_record() {
    assert_eq!(
        parse("\u{feff}{\"id\": \"X-1\"}".as_bytes())
            .expect("a record")
            .id,
        "X-1"
    );
}

/// The only entry of a record with this identifier, summary and entry.
fn entry(head: &str, affected: &str) -> AffectedPackage {
    let mut read = record(&format!("{{{head}, \"affected\": [{affected}]}}"));
    assert_eq!(read.affected.len(), 1, "{affected}");
    read.affected.remove(0)
}

const FIXED: &str =
    r#""ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2"}]}]"#;

#[test]
fn names_are_read_in_their_compared_spelling() {
    let entry = entry(
        r#""id": "PYSEC-1""#,
        r#"{"package": {"ecosystem": "PyPI", "name": "Zope_Interface"}}"#,
    );
    assert_eq!(entry.name, "zope-interface");
}

#[test]
fn a_notice_names_its_vulnerabilities_in_upstream_or_related() {
    let check =
        |json: &str, expected: &[&str]| assert_eq!(record(json).upstream, expected, "{json}");
    check(
        r#"{"id": "ALSA-2024:1", "related": ["CVE-2024-1000", "CVE-2024-1001", "GO-2024-1"]}"#,
        &["CVE-2024-1000", "CVE-2024-1001"],
    );
    check(
        r#"{"id": "RLSA-2024:1", "upstream": ["CVE-2024-1000"], "related": ["CVE-2024-1001"]}"#,
        &["CVE-2024-1000"],
    );
    check(
        r#"{"id": "CVE-2024-1000", "related": ["CVE-2024-1001"]}"#,
        &[],
    );
    check(r#"{"id": "GHSA-x", "related": ["CVE-2024-1001"]}"#, &[]);
}

#[test]
fn a_bug_fix_notice_without_vulnerabilities_affects_nothing() {
    let check = |id: &str, related: &str, expected: usize| {
        let json = format!(
            r#"{{"id": "{id}", "related": [{related}], "affected": [{{"package": {{"ecosystem": "AlmaLinux:8", "name": "a"}}, {FIXED}}}]}}"#
        );
        assert_eq!(record(&json).affected.len(), expected, "{json}");
    };
    check("ALBA-2024:1", "", 0);
    check("ALEA-2024:1", "", 0);
    check("ALBA-2024:1", r#""CVE-2024-1000""#, 1);
    check("ALSA-2024:1", "", 1);
}

#[test]
fn the_first_word_of_a_notice_is_its_severity_where_no_vector_is() {
    let check =
        |json: &str, expected: Severity| assert_eq!(record(json).severity, expected, "{json}");
    check(
        r#"{"id": "ALSA-2024:1", "summary": "Important: a security update"}"#,
        Severity::High,
    );
    check(
        r#"{"id": "ALSA-2024:1", "summary": "Moderate: a: b"}"#,
        Severity::Medium,
    );
    check(
        r#"{"id": "ALSA-2024:1", "summary": "nodejs:18 update"}"#,
        Severity::Unknown,
    );
    check(
        r#"{"id": "GHSA-x", "summary": "Low: a"}"#,
        Severity::Unknown,
    );
    check(
        r#"{"id": "RLSA-2024:1", "summary": "Low: a",
            "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}]}"#,
        Severity::Critical,
    );
}

#[test]
fn the_stream_of_a_modules_builds_is_told() {
    let check = |summary: &str, fixed: &str, expected: Option<&str>| {
        let entry = entry(
            &format!(r#""id": "ALSA-2024:1", "summary": "{summary}""#),
            &format!(
                r#"{{"package": {{"ecosystem": "AlmaLinux:8", "name": "a"}},
                    "ranges": [{{"type": "ECOSYSTEM", "events": [{{"fixed": "{fixed}"}}]}}]}}"#
            ),
        );
        assert_eq!(entry.module.as_deref(), expected, "{summary} {fixed}");
    };
    let modular = "1-1.module_el8.5.0+1+a";
    check(
        "Important: nodejs:18 security update",
        modular,
        Some("nodejs:18"),
    );
    check("Important: nodejs:18 security update", "1-1.el8", None);
    check("Important: varnish security update", modular, None);
    check("Important: idm:DL1 and idm:client update", modular, None);
    check(
        "Low: 389-ds:1.4 update",
        "1-1.module+el8.5.0+1+a",
        Some("389-ds:1.4"),
    );
}

#[test]
fn what_asks_for_a_subscription_is_told() {
    let check = |ecosystem: &str, availability: &str, expected: Option<Stance>| {
        let entry = entry(
            r#""id": "UBUNTU-CVE-2024-1000""#,
            &format!(
                r#"{{"package": {{"ecosystem": "{ecosystem}", "name": "a"}}, {FIXED},
                    "ecosystem_specific": {{"availability": "{availability}"}}}}"#
            ),
        );
        assert_eq!(entry.stance, expected, "{ecosystem} {availability}");
    };
    let needed = Some(Stance::NeedsSubscription);
    check("Ubuntu:22.04:LTS", "No subscription required", None);
    check("Ubuntu:Pro:22.04:LTS", "", needed);
    check(
        "Ubuntu:16.04:LTS",
        "Available with Ubuntu Pro: https://ubuntu.com/pro",
        needed,
    );
    check(
        "Ubuntu:14.04:LTS",
        "Livepatch subscription required",
        needed,
    );
}

#[test]
fn what_is_informational_is_no_vulnerability() {
    let check = |word: &str, expected: Option<&str>| {
        let read = record(&format!(
            r#"{{"id": "RUSTSEC-1", "affected": [{{"package": {{"ecosystem": "crates.io", "name": "a"}}, {FIXED},
                "database_specific": {{"informational": {word}}}}}]}}"#
        ));
        let urgency = read
            .affected
            .first()
            .map(|entry| entry.urgency.as_deref().unwrap_or("-"));
        assert_eq!(urgency, expected, "{word}");
    };
    check("\"unmaintained\"", None);
    check("\"notice\"", None);
    check("\"unsound\"", Some("unsound"));
    check("null", Some("-"));
}

#[test]
fn the_last_known_version_ends_a_range_that_has_no_end() {
    let check = |events: &str, range: &str, expected: &[Event]| {
        let entry = entry(
            r#""id": "GHSA-x""#,
            &format!(
                r#"{{"package": {{"ecosystem": "Maven", "name": "a:b"}},
                    "ranges": [{{"type": "ECOSYSTEM", "events": [{events}]}}],
                    "database_specific": {{"last_known_affected_version_range": "{range}"}}}}"#
            ),
        );
        assert_eq!(entry.ranges[0].events, expected, "{events} {range}");
    };
    let start = Event::Introduced("0".into());
    let open = r#"{"introduced": "0"}"#;
    check(
        open,
        "<= 1.2",
        &[start.clone(), Event::LastAffected("1.2".into())],
    );
    check(open, "< 2.0", &[start.clone(), Event::Limit("2.0".into())]);
    for unclear in ["", "1.2", "> 1, < 2", "< 1, < 2"] {
        check(open, unclear, std::slice::from_ref(&start));
    }
    check(
        r#"{"introduced": "0"}, {"fixed": "3"}"#,
        "<= 1.2",
        &[start, Event::Fixed("3".into())],
    );
}

#[test]
fn red_hats_versions_are_read_without_their_architecture() {
    let package = |fixed: &str| {
        format!(
            r#"{{"package": {{"ecosystem": "Red Hat:enterprise_linux:9::baseos", "name": "a"}},
                "ranges": [{{"type": "ECOSYSTEM", "events": [{{"introduced": "0"}}, {{"fixed": "0:1-2.el9{fixed}"}}]}}]}}"#
        )
    };
    let entries = [".src", ".x86_64", ".aarch64", ""].map(package).join(",");
    let entry = entry(r#""id": "RHSA-2024:1""#, &entries);
    assert_eq!(entry.ranges[0].events[1], Event::Fixed("0:1-2.el9".into()));
}

#[test]
fn a_record_that_names_too_many_packages_is_refused_by_name() {
    let package = r#"{"package": {"ecosystem": "npm", "name": "a"}}"#;
    let json = |count: usize| {
        format!(
            r#"{{"id": "X-1", "affected": [{}]}}"#,
            vec![package; count].join(",")
        )
    };
    assert_eq!(record(&json(MAX_AFFECTED)).affected.len(), MAX_AFFECTED);
    assert!(matches!(
        parse(json(MAX_AFFECTED + 1).as_bytes()),
        Err(RecordError::TooManyPackages { id, .. }) if id == "X-1"
    ));
}

/// Every member that is read, once.
const WHOLE: &str = r#"{"schema_version": "9.9", "id": "RHSA-2026:1", "modified": "2026-01-02T03:04:05Z",
    "published": null, "withdrawn": null, "aliases": ["GHSA-x"], "upstream": [], "related": ["CVE-2026-1000"],
    "summary": "Important: a:1 update", "details": "é",
    "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}, {"type": "NEW", "score": "x"}],
    "affected": [{"package": {"ecosystem": "Red Hat:enterprise_linux:9", "name": "a"}, "versions": ["1-1"],
        "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "0:2-1.module+el9.x86_64"}, {"limit": "*"}]},
                   {"type": "SEMVER", "events": [{"introduced": "1"}, {"last_affected": "2"}]}],
        "ecosystem_specific": {"urgency": "low", "availability": "Ubuntu Pro"},
        "database_specific": {"informational": null, "severity": "HIGH", "last_known_affected_version_range": "< 3"}}],
    "references": [{"type": "WEB", "url": "https://example.org"}], "database_specific": {"severity": "LOW"}}"#;

proptest::proptest! {
    #[test]
    fn changed_records_survive(
        changes in proptest::collection::vec((0..WHOLE.len(), proptest::num::u8::ANY), 0..8),
        end in 0..=WHOLE.len(),
    ) {
        let mut bytes = WHOLE.as_bytes().to_vec();
        for (at, byte) in changes {
            bytes[at] = byte;
        }
        bytes.truncate(end);
        if let Ok(record) = parse(&bytes) {
            proptest::prop_assert!(!record.id.is_empty() && record.affected.len() <= 1);
        }
    }
}

#[test]
fn the_record_that_is_changed_is_one() {
    let record = record(WHOLE);
    assert_eq!(record.upstream, ["CVE-2026-1000"]);
    assert_eq!(record.affected[0].ranges.len(), 2);
}
