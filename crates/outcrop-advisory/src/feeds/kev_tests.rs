use crate::feeds::fixtures::{KEV, shown};

#[test]
fn entries_are_read_and_broken_ones_named() {
    assert_eq!(
        shown(|sink| super::read(KEV, sink)),
        [
            "dated 2026-11-20T17:04:19.9796Z",
            "known exploited CVE-2026-1000: 2026-11-01 to 2026-11-22, ransomware",
            "problem `CVE-2026-1001`: `soon` is no date",
            "known exploited CVE-2026-1001: 2026-11-02 to ",
            "problem `vulnerabilities/2`: `CVE-X` is no CVE",
            "problem `vulnerabilities/3`: it cannot be read: missing field `cveID` at line 1 column 22",
            "known exploited CVE-2099-1002: 2099-01-01 to ",
        ]
    );
}

#[test]
fn a_catalog_cut_off_gives_what_came_before() {
    let cut = KEV.len() - 60;
    let all = shown(|sink| super::read(&KEV[..cut], sink));
    assert!(
        all.contains(&"known exploited CVE-2026-1000: 2026-11-01 to 2026-11-22, ransomware".into())
    );
    assert!(
        all.last()
            .is_some_and(|last| last.contains("ends too early")),
        "{all:?}"
    );
}
