//! Whose word counts.

use outcrop_model::{Enrichment, Epss, FeedKind, KnownExploited, NvdRating, Stance};

use super::*;

/// What a publisher says beyond the range.
fn stated(fixed: &str, stance: Stance, reason: &str) -> AffectedPackage {
    AffectedPackage {
        stance: Some(stance),
        reason: (!reason.is_empty()).then(|| reason.into()),
        ..entry("a", fixed, "")
    }
}

fn tracker(affected: AffectedPackage) -> AdvisoryRecord {
    AdvisoryRecord {
        feed: FeedKind::DebianTracker,
        ..record(
            "DEBIAN-TRACKER-CVE-2026-1000",
            &["CVE-2026-1000"],
            vec![affected],
        )
    }
}

fn osv(fixed: &str) -> AdvisoryRecord {
    record(
        "DEBIAN-CVE-2026-1000",
        &["CVE-2026-1000"],
        vec![entry("a", fixed, "")],
    )
}

fn fixed_in(version: &str) -> Status {
    Status::FixedIn {
        version: version.into(),
    }
}

#[test]
fn what_the_publisher_says_of_a_fix_is_the_status_with_its_reason() {
    let packages = [package("a", "a", "1")];
    for (stance, fixed, expected) in [
        (Stance::NoFixYet, "", Status::NoFixYet),
        (Stance::WillNotFix, "", Status::WillNotFix),
        (Stance::EndOfLife, "", Status::EndOfLife),
        (Stance::UnderInvestigation, "", Status::Affected),
        (Stance::NeedsSubscription, "", Status::NoFixYet),
        (
            Stance::NeedsSubscription,
            "2",
            Status::NeedsSubscription {
                version: Some("2".into()),
            },
        ),
    ] {
        let found = find(&packages, &[tracker(stated(fixed, stance, "minor issue"))]);
        assert_eq!(found[0].status, expected, "{stance:?}");
        assert_eq!(found[0].reason.as_deref(), Some("minor issue"));
    }
}

#[test]
fn the_database_of_a_distribution_decides_over_its_other_records() {
    let packages = [package("a", "a", "1")];
    let records = [osv("2"), tracker(stated("", Stance::WillNotFix, "ignored"))];
    let found = find(&packages, &records);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].records[0].id, "DEBIAN-TRACKER-CVE-2026-1000");
    assert_eq!(found[0].records[0].feed, FeedKind::DebianTracker);
    // It names no mended version, another one of the distribution does.
    assert_eq!(found[0].status, fixed_in("2"));

    let packages = [package("a", "a", "3")];
    let affected_still = [osv("4"), tracker(entry("a", "2", ""))];
    assert_eq!(shown(&packages, &affected_still), Vec::<String>::new());
    let mended_elsewhere = [osv("2"), tracker(entry("a", "4", ""))];
    assert_eq!(find(&packages, &mended_elsewhere)[0].status, fixed_in("4"));
}

#[test]
fn a_notice_names_the_fix_that_the_record_of_the_cve_does_not() {
    let packages = [package("a", "a", "1")];
    let records = [
        osv(""),
        record("DSA-1-1", &["CVE-2026-1000"], vec![entry("a", "2", "")]),
    ];
    let found = find(&packages, &records);
    assert_eq!(found[0].status, fixed_in("2"));
    assert_eq!(found[0].records[0].id, "DEBIAN-CVE-2026-1000");
    assert_eq!(found[0].reasoning, "a 1 < 2 (DSA-1-1)");
}

#[test]
fn not_affected_overrules_others_and_is_told() {
    let packages = [package("a", "a", "1")];
    let notice = record("DSA-1-1", &["CVE-2026-1000"], vec![entry("a", "2", "")]);
    let cleared = tracker(AffectedPackage {
        ranges: Vec::new(),
        ..stated("", Stance::NotAffected, "vulnerable code not present")
    });
    let records = [osv("2"), notice, cleared];
    let by_id = records
        .iter()
        .map(|record| (record.id.clone(), record.clone()))
        .collect();
    let judged = judged(&packages, &records);
    let found = findings(&packages, &judged, &by_id, &Enrichments::new());
    assert_eq!(found.findings, []);
    assert_eq!(
        found.not_affected,
        [NotAffected {
            vulnerability: "CVE-2026-1000".into(),
            package: 0,
            record: "DEBIAN-TRACKER-CVE-2026-1000".into(),
            reason: Some("vulnerable code not present".into()),
        }]
    );
}

/// Findings of a Python package by records of its ecosystem.
fn find_python(records: &[AdvisoryRecord]) -> Vec<Finding> {
    let mut package = package("a", "a", "1");
    package.package.kind = PackageKind::PyPi;
    package.package.version = "1".into();
    let records: Vec<AdvisoryRecord> = records
        .iter()
        .cloned()
        .map(|mut record| {
            for entry in &mut record.affected {
                entry.ecosystem = "PyPI".into();
            }
            record
        })
        .collect();
    find(&[package], &records)
}

#[test]
fn the_ecosystems_own_database_decides_and_silences_nobody() {
    let own = |fixed: &str| AdvisoryRecord {
        aliases: vec!["CVE-2026-1000".into()],
        severity: Severity::Low,
        ..record("PYSEC-1", &[], vec![entry("a", fixed, "")])
    };
    let general = AdvisoryRecord {
        aliases: vec!["CVE-2026-1000".into()],
        severity: Severity::Critical,
        modified: "2026-09-09T00:00:00Z".into(),
        ..record("GHSA-x", &[], vec![entry("a", "3", "")])
    };
    let found = find_python(&[general.clone(), own("2")]);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].status, fixed_in("2"));
    assert_eq!(found[0].severity, Severity::Low);
    let ids: Vec<&str> = found[0]
        .records
        .iter()
        .map(|record| record.id.as_str())
        .collect();
    assert_eq!(ids, ["PYSEC-1", "GHSA-x"]);
    // The own record has no fix, the other one has.
    assert_eq!(
        find_python(&[general.clone(), own("")])[0].status,
        fixed_in("3")
    );
    // Past what the own record speaks of.
    assert_eq!(find_python(&[general, own("1")])[0].status, fixed_in("3"));
    // Nothing is said of a fix.
    assert_eq!(find_python(&[own("")])[0].status, Status::Affected);
}

#[test]
fn others_words_are_put_to_the_cve() {
    let packages = [package("a", "a", "1")];
    let exploited = KnownExploited {
        added: "2026-01-02".into(),
        ..KnownExploited::default()
    };
    let epss = Epss {
        probability: 0.5,
        percentile: 0.9,
    };
    let enrichment = Enrichment {
        known_exploited: Some(exploited.clone()),
        epss: Some(epss),
        nvd: Some(NvdRating {
            vectors: vec!["CVSS:3.1/…".into()],
            severity: Severity::Critical,
        }),
    };
    let enrichments = Enrichments::from([("CVE-2026-1000".to_owned(), enrichment)]);
    let check = |of_record: Severity, expected: Severity, vectors: &[&str]| {
        let records = [AdvisoryRecord {
            severity: of_record,
            ..osv("2")
        }];
        let by_id = Records::from([(records[0].id.clone(), records[0].clone())]);
        let judged = judged(&packages, &records);
        let found = findings(&packages, &judged, &by_id, &enrichments).findings;
        assert_eq!(found[0].known_exploited, Some(exploited.clone()));
        assert_eq!(found[0].epss, Some(epss));
        assert_eq!(found[0].severity, expected);
        assert_eq!(found[0].vectors, vectors);
    };
    check(Severity::Low, Severity::Low, &[]);
    check(Severity::Unknown, Severity::Critical, &["CVSS:3.1/…"]);
}

#[test]
fn an_epoch_of_zero_is_not_shown() {
    let packages = [package("a", "a", "1")];
    let found = find(&packages, &[osv("0:2")]);
    assert_eq!(found[0].status, fixed_in("2"));
    assert_eq!(found[0].records[0].fixed.as_deref(), Some("2"));
    assert_eq!(found[0].reasoning, "a 1 < 2 (DEBIAN-CVE-2026-1000)");
    assert_eq!(find(&packages, &[osv("1:2")])[0].status, fixed_in("1:2"));
}
