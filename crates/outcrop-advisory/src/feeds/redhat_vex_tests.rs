use std::ops::ControlFlow;

use outcrop_model::{AdvisoryRecord, Severity};

use crate::feeds::FeedContent;
use crate::feeds::fixtures::{VEX, affected_text, shown};

fn record(bytes: &[u8]) -> AdvisoryRecord {
    let mut found = None;
    let _ = super::read(bytes, &mut |content| {
        if let FeedContent::Record(record) = content {
            found.get_or_insert(*record);
        }
        ControlFlow::Continue(())
    });
    found.expect("a record")
}

#[test]
fn each_status_is_told_of_its_packages() {
    let told: Vec<String> = record(VEX).affected.iter().map(affected_text).collect();
    assert_eq!(
        told,
        [
            "Red Hat:enterprise_linux:9::appstream curl <0:7.76.1-26.el9_3.2 [Important] high",
            "Red Hat:enterprise_linux:9::appstream openssl <1:3.0.7-27.el9",
            "Red Hat:enterprise_linux:9::appstream perl-libs@perl:5.32 <4:5.32.1-473.module+el8.10.0+21354",
            "Red Hat:enterprise_linux:9::appstream nodejs@nodejs:18 <1:18.18.2-1.module+el8",
            "Red Hat:enterprise_linux:7 curl all will-not-fix (Will not fix) [Low] low",
            "Red Hat:enterprise_linux:7 openssl all end-of-life (Out of support scope)",
            "Red Hat:enterprise_linux:7 php@php:7.2 all no-fix-yet (Fix deferred)",
            "Red Hat:enterprise_linux:8 postgresql@postgresql:15 all no-fix-yet",
            "Red Hat:enterprise_linux:7 perl-libs@perl:5.32 all under-investigation",
            "Red Hat:enterprise_linux:8 curl not-affected (vulnerable code not present) [Important] high",
        ]
    );
}

#[test]
fn binary_packages_are_told_from_sources() {
    let record = record(VEX);
    let sources: Vec<&str> = record
        .affected
        .iter()
        .filter(|entry| entry.binaries.is_empty())
        .map(|entry| entry.name.as_str())
        .collect();
    assert_eq!(sources, ["php", "postgresql"]);
    assert_eq!(record.affected[0].binaries, ["curl"]);
}

#[test]
fn the_head_of_a_record_is_the_documents() {
    let record = record(VEX);
    assert_eq!(record.id, "REDHAT-VEX-CVE-2026-1000");
    assert_eq!(record.upstream, ["CVE-2026-1000"]);
    assert_eq!(record.modified, "2026-11-20T14:31:32Z");
    assert_eq!(record.published.as_deref(), Some("2026-10-11T00:00:00Z"));
    assert_eq!(record.severity, Severity::High);
    assert_eq!(
        record.vectors,
        ["CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:H/A:H"]
    );
    assert_eq!(record.summary, "curl: a fault");
    assert_eq!(record.details, "An overflow.\n\nNot in 8.");
    assert_eq!(
        record.references,
        [
            "https://access.redhat.com/security/cve/CVE-2026-1000",
            "https://access.redhat.com/errata/RHSA-2026:1000"
        ]
    );
    assert_eq!(record.withdrawn, None);
    let deleted = String::from_utf8_lossy(VEX).replace("\"final\"", "\"deleted\"");
    assert_eq!(
        super::tests::record(deleted.as_bytes())
            .withdrawn
            .as_deref(),
        Some("2026-11-20T14:31:32Z")
    );
}

#[test]
fn what_cannot_be_resolved_is_named() {
    let problems: Vec<String> = shown(|sink| super::read(VEX, sink))
        .into_iter()
        .filter(|line| line.starts_with("problem"))
        .collect();
    assert_eq!(
        problems,
        [
            "problem `CVE-2026-1000 8:bad`: `pkg:rpm/redhat/%zz` is no package URL",
            "problem `CVE-2026-1000 none:curl`: `no_cpe` is no platform with a CPE",
            "problem `CVE-2026-1000 other:curl`: `cpe:/a:example:x:1` is no CPE of Red Hat",
            "problem `CVE-2026-1000 round`: `round` is no platform of the product tree",
            "problem `vulnerabilities`: `not a cve` is no CVE",
        ]
    );
}

#[test]
fn what_is_no_document_is_refused() {
    let deep = "[".repeat(10_000);
    for text in ["", "{", "{}", "[]", "{\"document\": 1}", &deep] {
        let told = shown(|sink| super::read(text.as_bytes(), sink));
        assert!(
            matches!(&told[..], [only] if only.starts_with("problem `document`: it cannot be read")),
            "{told:?}"
        );
    }
    let huge = std::io::BufReader::new(std::io::Read::take(
        std::io::repeat(b' '),
        2 * super::MAX_DOCUMENT_BYTES,
    ));
    assert_eq!(
        shown(|sink| super::read(huge, sink)),
        ["problem `document`: it is larger than 16777216 bytes"]
    );
}

#[test]
fn documents_of_other_kinds_and_publishers_are_named() {
    let text = String::from_utf8_lossy(VEX);
    for (from, to, expected) in [
        (
            "https://www.redhat.com",
            "https://www.suse.com/",
            "problem `document`: `https://www.suse.com/` is no publisher whose VEX is read",
        ),
        (
            "\"csaf_vex\"",
            "\"csaf_security_advisory\"",
            "problem `document`: `csaf_security_advisory` is no kind of document that is read",
        ),
    ] {
        let changed = text.replace(from, to);
        assert_eq!(
            shown(|sink| super::read(changed.as_bytes(), sink)),
            [expected]
        );
    }
}
