use outcrop_model::{
    AffectedPackage, Event, Evidence, Inventory, OperatingSystem, Package, PackageKind, Range,
    RangeKind, Severity, SourcePackage,
};

use super::*;
use crate::decide::{MAX_SUMMARY_CHARACTERS, summary_of};
use crate::finding::{Apart, Status};
use crate::matcher::{candidates_of, judge};
use crate::subject::subjects;

mod publishers;

fn package(name: &str, source: &str, version: &str) -> InventoryPackage {
    InventoryPackage {
        package: Package {
            architecture: Some("amd64".into()),
            source: Some(SourcePackage {
                name: source.into(),
                version: version.into(),
            }),
            ..Package::new(
                PackageKind::Deb,
                name,
                format!("{version}+b1"),
                Evidence {
                    cataloger: "dpkg-status".into(),
                    path: "var/lib/dpkg/status".into(),
                },
            )
        },
        introduced_in: 0,
        first_seen_in: 0,
        evidence_layer: Some(0),
        changes: Vec::new(),
        owner: None,
    }
}

/// `fixed` is the version that mends it, or empty.
fn entry(source: &str, fixed: &str, urgency: &str) -> AffectedPackage {
    let mut events = vec![Event::Introduced("0".into())];
    if !fixed.is_empty() {
        events.push(Event::Fixed(fixed.into()));
    }
    AffectedPackage {
        ecosystem: "Debian:12".into(),
        name: source.into(),
        ranges: vec![Range {
            kind: RangeKind::Ecosystem,
            events,
        }],
        urgency: (!urgency.is_empty()).then(|| urgency.into()),
        ..AffectedPackage::default()
    }
}

fn record(id: &str, upstream: &[&str], affected: Vec<AffectedPackage>) -> AdvisoryRecord {
    AdvisoryRecord {
        id: id.into(),
        modified: "2026-01-01T00:00:00Z".into(),
        upstream: upstream.iter().map(|&id| id.into()).collect(),
        affected,
        ..AdvisoryRecord::default()
    }
}

fn find(packages: &[InventoryPackage], records: &[AdvisoryRecord]) -> Vec<Finding> {
    let by_id = records
        .iter()
        .map(|record| (record.id.clone(), record.clone()))
        .collect();
    findings(
        packages,
        &judged(packages, records),
        &by_id,
        &Enrichments::new(),
    )
    .findings
}

fn judged(packages: &[InventoryPackage], records: &[AdvisoryRecord]) -> Judged {
    let inventory = inventory(packages.to_vec());
    let subjects = subjects(&inventory);
    judge(&subjects, &candidates_of(records, &subjects.lookups()))
}

fn inventory(packages: Vec<InventoryPackage>) -> Inventory {
    Inventory {
        operating_system: Some(OperatingSystem {
            id: "debian".into(),
            version_id: "12".into(),
            ..OperatingSystem::default()
        }),
        packages,
        configuration_leftovers: Vec::new(),
        package_sources: Vec::new(),
        layers: Vec::new(),
        problems: Vec::new(),
        posture: None,
    }
}

/// Each finding as `vulnerability package: records`.
fn shown(packages: &[InventoryPackage], records: &[AdvisoryRecord]) -> Vec<String> {
    find(packages, records)
        .iter()
        .map(|finding| {
            let ids: Vec<&str> = finding
                .records
                .iter()
                .map(|record| record.id.as_str())
                .collect();
            let package = &packages[finding.package].package.name;
            format!("{} {package}: {}", finding.vulnerability, ids.join(" "))
        })
        .collect()
}

#[test]
fn records_of_one_cve_are_one_finding_and_the_cve_record_decides() {
    let records = [
        record("DSA-1-1", &["CVE-2026-1000"], vec![entry("ssl", "3", "")]),
        record(
            "DEBIAN-CVE-2026-1000",
            &["CVE-2026-1000"],
            vec![entry("ssl", "2", "")],
        ),
        AdvisoryRecord {
            aliases: vec!["CVE-2026-1000".into()],
            ..record("GHSA-x", &[], vec![entry("ssl", "4", "")])
        },
    ];
    let packages = [package("libssl3", "ssl", "1")];
    let [finding] = &find(&packages, &records)[..] else {
        panic!("one finding: {:?}", shown(&packages, &records));
    };
    assert_eq!(finding.vulnerability, "CVE-2026-1000");
    assert_eq!(finding.aliases, ["GHSA-x"]);
    assert_eq!(
        finding.status,
        Status::FixedIn {
            version: "2".into()
        }
    );
    assert_eq!(finding.records.last().expect("three").id, "DSA-1-1");
    assert_eq!(finding.reasoning, "ssl 1 < 2 (DEBIAN-CVE-2026-1000)");
}

#[test]
fn each_package_of_a_source_has_its_own_finding() {
    let packages = [
        package("libssl3", "ssl", "1"),
        package("openssl", "ssl", "1"),
    ];
    let records = [record(
        "DEBIAN-CVE-2026-1000",
        &[],
        vec![entry("ssl", "2", "")],
    )];
    assert_eq!(
        shown(&packages, &records),
        [
            "CVE-2026-1000 libssl3: DEBIAN-CVE-2026-1000",
            "CVE-2026-1000 openssl: DEBIAN-CVE-2026-1000",
        ]
    );
}

#[test]
fn an_advisory_about_several_is_attached_to_each_and_merges_none() {
    let packages = [package("libssl3", "ssl", "1")];
    for upstream in [
        ["CVE-2026-1000", "CVE-2026-1001"],
        ["DEBIAN-CVE-2026-1000", "DEBIAN-CVE-2026-1001"],
    ] {
        let records = [
            record("DSA-1-1", &upstream, vec![entry("ssl", "2", "")]),
            record(
                "DEBIAN-CVE-2026-1000",
                &["CVE-2026-1000"],
                vec![entry("ssl", "2", "")],
            ),
        ];
        assert_eq!(
            shown(&packages, &records),
            [
                "CVE-2026-1000 libssl3: DEBIAN-CVE-2026-1000 DSA-1-1",
                "CVE-2026-1001 libssl3: DSA-1-1",
            ]
        );
    }
}

#[test]
fn an_advisory_that_calls_several_its_aliases_merges_none_either() {
    let packages = [package("libssl3", "ssl", "1")];
    let records = [AdvisoryRecord {
        aliases: vec!["CVE-2026-1000".into(), "CVE-2026-1001".into()],
        ..record("USN-1-1", &[], vec![entry("ssl", "2", "")])
    }];
    assert_eq!(
        shown(&packages, &records),
        [
            "CVE-2026-1000 libssl3: USN-1-1",
            "CVE-2026-1001 libssl3: USN-1-1"
        ]
    );
}

#[test]
fn a_chain_of_aliases_never_joins_two_cves() {
    let packages = [package("a", "a", "1")];
    let aliased = |id: &str, aliases: &[&str]| AdvisoryRecord {
        aliases: aliases.iter().map(|&id| id.into()).collect(),
        ..record(id, &[], vec![entry("a", "2", "")])
    };
    let records = [
        aliased("GHSA-a", &["CVE-2026-1000"]),
        aliased("GHSA-b", &["CVE-2026-1001", "GHSA-a"]),
        aliased("GHSA-c", &["GHSA-d"]),
        aliased("GHSA-d", &[]),
    ];
    assert_eq!(
        shown(&packages, &records),
        [
            "CVE-2026-1000 a: GHSA-a",
            "CVE-2026-1001 a: GHSA-b",
            "GHSA-c a: GHSA-c GHSA-d",
        ]
    );
}

#[test]
fn a_cve_record_that_clears_the_package_overrules_the_advisory() {
    let packages = [package("a", "a", "2")];
    let records = [
        record(
            "DSA-1-1",
            &["CVE-2026-1000", "CVE-2026-1001"],
            vec![entry("a", "3", "")],
        ),
        record(
            "DEBIAN-CVE-2026-1000",
            &["CVE-2026-1000"],
            vec![entry("a", "2", "")],
        ),
        record(
            "DEBIAN-CVE-2026-1001",
            &["CVE-2026-1001"],
            vec![entry("a", "3", "")],
        ),
    ];
    assert_eq!(
        shown(&packages, &records),
        ["CVE-2026-1001 a: DEBIAN-CVE-2026-1001 DSA-1-1"]
    );
}

#[test]
fn a_real_record_decides_over_one_of_the_starter_set() {
    let packages = [package("a", "a", "1")];
    let starter = AdvisoryRecord {
        starter: true,
        ..record("CVE-2026-1000", &[], vec![entry("a", "9", "")])
    };
    let real = record("DSA-1-1", &["CVE-2026-1000"], vec![entry("a", "2", "")]);
    let found = find(&packages, &[starter.clone(), real]);
    assert_eq!(
        found[0].status,
        Status::FixedIn {
            version: "2".into()
        }
    );
    assert!(!found[0].starter);
    assert!(find(&packages, &[starter])[0].starter);
}

#[test]
fn status_tells_a_missing_fix_from_the_end_of_support() {
    let packages = [package("a", "a", "1")];
    let check = |fixed: &str, urgency: &str, expected: Status| {
        let records = [record(
            "DEBIAN-CVE-2026-1000",
            &[],
            vec![entry("a", fixed, urgency)],
        )];
        assert_eq!(
            find(&packages, &records)[0].status,
            expected,
            "{fixed} {urgency}"
        );
    };
    check("", "not yet assigned", Status::NoFixYet);
    check("", "end-of-life", Status::EndOfLife);
    check(
        "2",
        "low",
        Status::FixedIn {
            version: "2".into(),
        },
    );
    check(
        "2",
        "end-of-life",
        Status::FixedIn {
            version: "2".into(),
        },
    );
}

#[test]
fn noise_is_shown_apart_and_not_dropped() {
    let packages = [
        package("linux-libc-dev", "linux", "1"),
        package("a", "a", "1"),
    ];
    let records = [
        record(
            "DEBIAN-CVE-2026-1000",
            &[],
            vec![entry("linux", "2", ""), entry("a", "", "unimportant")],
        ),
        record("DEBIAN-CVE-2026-1001", &[], vec![entry("a", "2", "low")]),
    ];
    let apart: Vec<Option<Apart>> = find(&packages, &records)
        .iter()
        .map(|finding| finding.apart)
        .collect();
    assert_eq!(
        apart,
        [Some(Apart::KernelHeaders), Some(Apart::Unimportant), None]
    );
}

#[test]
fn severity_comes_from_the_package_then_the_record_then_the_urgency() {
    let packages = [package("a", "a", "1")];
    let check = |of_package: Option<Severity>, of_record: Severity, urgency: &str, expected| {
        let affected = AffectedPackage {
            severity: of_package,
            ..entry("a", "", urgency)
        };
        let records = [AdvisoryRecord {
            severity: of_record,
            ..record("DEBIAN-CVE-2026-1000", &[], vec![affected])
        }];
        assert_eq!(find(&packages, &records)[0].severity, expected);
    };
    check(Some(Severity::Low), Severity::High, "", Severity::Low);
    check(None, Severity::High, "low", Severity::High);
    check(None, Severity::Unknown, "low", Severity::Low);
    check(
        None,
        Severity::Unknown,
        "not yet assigned",
        Severity::Unknown,
    );
    check(
        None,
        Severity::Critical,
        "unimportant",
        Severity::Negligible,
    );
}

#[test]
fn severity_of_another_record_serves_where_the_deciding_one_has_none() {
    let packages = [package("a", "a", "1")];
    let records = [
        record("DEBIAN-CVE-2026-1000", &[], vec![entry("a", "2", "")]),
        AdvisoryRecord {
            severity: Severity::High,
            vectors: vec!["CVSS:3.1/…".into()],
            ..record("DSA-1-1", &["CVE-2026-1000"], vec![entry("a", "2", "")])
        },
    ];
    let found = find(&packages, &records);
    assert_eq!(found[0].severity, Severity::High);
    assert_eq!(found[0].vectors, ["CVSS:3.1/…"]);
}

#[test]
fn withdrawn_records_and_other_releases_match_nothing() {
    let packages = [package("a", "a", "1"), package("b", "b", "1")];
    let records = [
        AdvisoryRecord {
            withdrawn: Some("2026-01-01T00:00:00Z".into()),
            ..record("DEBIAN-CVE-2026-1000", &[], vec![entry("a", "2", "")])
        },
        record(
            "DEBIAN-CVE-2026-1001",
            &[],
            vec![AffectedPackage {
                ecosystem: "Debian:1".into(),
                ..entry("b", "2", "")
            }],
        ),
    ];
    assert_eq!(shown(&packages, &records), Vec::<String>::new());
}

#[test]
fn the_source_version_decides_and_not_that_of_the_rebuild() {
    // The binary's version is 2+b1, which is above the fix.
    let packages = [package("a", "a", "2")];
    let records = [record(
        "DEBIAN-CVE-2026-1000",
        &[],
        vec![entry("a", "2+a", "")],
    )];
    assert_eq!(shown(&packages, &records).len(), 1);
}

#[test]
fn a_match_without_its_record_still_is_a_finding() {
    let packages = [package("a", "a", "1")];
    let records = [record(
        "DEBIAN-CVE-2026-1000",
        &[],
        vec![entry("a", "2", "")],
    )];
    let judged = judged(&packages, &records);
    let found = findings(&packages, &judged, &Records::new(), &Enrichments::new()).findings;
    assert_eq!(found[0].vulnerability, "CVE-2026-1000");
}

#[test]
fn what_cannot_be_judged_is_told() {
    let packages = [package("a", "a", "1")];
    let records = [record(
        "DEBIAN-CVE-2026-1000",
        &[],
        vec![entry("a", "2:", "")],
    )];
    let judged = judged(&packages, &records);
    assert_eq!(judged.matches, []);
    assert_eq!(judged.not_judged[0].version, "2:");
}

#[test]
fn the_summary_is_one_line_of_bounded_length() {
    let check = |summary: &str, details: &str, expected: &str| {
        let record = AdvisoryRecord {
            summary: summary.into(),
            details: details.into(),
            ..AdvisoryRecord::default()
        };
        assert_eq!(summary_of(&record), expected);
    };
    check("One", "Two", "One");
    check(" ", "\n\n Two \nThree", "Two");
    check("", "", "");
    let long = "é".repeat(MAX_SUMMARY_CHARACTERS + 1);
    check(
        "",
        &long,
        &format!("{}…", "é".repeat(MAX_SUMMARY_CHARACTERS)),
    );
}

#[test]
fn the_cve_of_an_identifier_is_found() {
    let check = |id: &str, expected: Option<&str>| assert_eq!(cve_of(id), expected, "{id}");
    check("CVE-2026-1000", Some("CVE-2026-1000"));
    check("DEBIAN-CVE-2026-10000", Some("CVE-2026-10000"));
    check("UBUNTU-CVE-2026-1000", Some("CVE-2026-1000"));
    for id in [
        "",
        "CVE-",
        "CVE-2026-",
        "CVE-26-1000",
        "CVE-2026-1000x",
        "XCVE-2026-1000",
        "DSA-1-1",
    ] {
        check(id, None);
    }
}

#[test]
fn records_of_debian_speak_of_its_own_packages_alone() {
    let records = [record(
        "DEBIAN-CVE-2024-1",
        &["CVE-2024-1"],
        vec![entry("requests", "2-1", "")],
    )];
    for (kind, expected) in [
        (PackageKind::Deb, 1),
        (PackageKind::Apk, 0),
        (PackageKind::PyPi, 0),
        (PackageKind::Generic, 0),
    ] {
        let mut package = package("requests", "requests", "1-1");
        package.package.kind = kind;
        assert_eq!(find(&[package], &records).len(), expected, "{kind:?}");
    }
}
