use std::ops::ControlFlow;

use outcrop_model::{AdvisoryRecord, Severity};

use crate::feeds::FeedContent;
use crate::feeds::fixtures::{UPDATEINFO, shown};

#[test]
fn one_record_comes_of_each_security_update() {
    assert_eq!(
        shown(|sink| super::read(UPDATEINFO, None, sink)),
        [
            "record FEDORA-2026-0123456789 of CVE-2026-1000 CVE-2026-1001: \
             Fedora:40 curl <0:8.6.0-7.fc40; Fedora:40 perl-libs <4:5.38.2-506.fc40 \
             | A fix of <one> fault!",
            "record ALAS2023-2026-001 of CVE-2026-1002: \
             Amazon Linux:2023 nodejs@nodejs:18 <1:18.18.2-1.module+el8",
            "problem `OTHER-1`: `Something 1` is no release that is known",
            "problem `two words`: `two words` is no identifier",
            "problem `ELSA-2026-1000`: `soon` is no date",
            "record ELSA-2026-1000:",
        ]
    );
}

fn records(bytes: &[u8], ecosystem: Option<&str>) -> Vec<AdvisoryRecord> {
    let mut records = Vec::new();
    let _ = super::read(bytes, ecosystem, &mut |content| {
        if let FeedContent::Record(record) = content {
            records.push(*record);
        }
        ControlFlow::Continue(())
    });
    records
}

#[test]
fn the_head_of_a_record_is_the_updates() {
    let records = records(UPDATEINFO, Some("Fedora:40"));
    let [fedora, amazon, other, oracle] = &records[..] else {
        panic!("four records: {records:?}");
    };
    assert_eq!(fedora.summary, "curl-8.6.0-7.fc40 & more");
    assert_eq!(fedora.published.as_deref(), Some("2026-11-01T01:23:45Z"));
    assert_eq!(fedora.modified, "2026-11-02T00:00:00Z");
    assert_eq!(fedora.severity, Severity::High);
    assert_eq!(
        fedora.references,
        [
            "https://bugzilla.example.org/1",
            "https://cve.example.org/2"
        ]
    );
    assert_eq!(fedora.withdrawn, None);
    assert_eq!(amazon.modified, "2023-11-14T22:13:20Z");
    assert_eq!(amazon.withdrawn.as_deref(), Some("2023-11-14T22:13:20Z"));
    assert_eq!(amazon.severity, Severity::Medium);
    assert!(amazon.references.is_empty());
    assert_eq!(oracle.severity, Severity::Unknown);
    // The caller's word comes before the update's.
    assert_eq!(amazon.affected[0].ecosystem, "Fedora:40");
    assert_eq!(
        (other.id.as_str(), oracle.id.as_str()),
        ("OTHER-1", "ELSA-2026-1000")
    );
}

#[test]
fn what_came_before_a_fault_has_arrived() {
    let text = String::from_utf8_lossy(UPDATEINFO);
    let cut = &text[..text.find("<id>ALAS").expect("the second update")];
    let deep = format!("{cut}{}", "<a>".repeat(10_000));
    let large = format!("{cut}<title>{}", "x".repeat(2 << 20));
    for (text, told) in [
        (cut.to_owned(), "it ends too early"),
        (format!("{cut}<id></title>"), "its XML is broken"),
        (format!("{cut}<!DOCTYPE"), "its XML is broken"),
        (deep, "more elements within elements than are read: 32"),
        (large, "larger than 1048576 bytes"),
    ] {
        let lines = shown(|sink| super::read(text.as_bytes(), None, sink));
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!(lines[0].starts_with("record FEDORA-2026-0123456789"));
        assert!(lines[1].contains(told), "{lines:?}");
    }
}

#[test]
fn an_update_too_large_costs_itself_alone() {
    let file = format!("<filename>{}</filename>", "x".repeat(900_000));
    let count = super::MAX_UPDATE_BYTES as usize / file.len() + 1;
    let text = format!(
        "<updates><update type='security'><id>A-1</id><release>Fedora 40</release>{}</update>\
         <update type='security'><id>A-2</id><release>Fedora 40</release></update></updates>",
        file.repeat(count)
    );
    assert_eq!(
        shown(|sink| super::read(text.as_bytes(), None, sink)),
        [
            "problem `A-1`: it is larger than 16777216 bytes",
            "record A-2:"
        ]
    );
}
