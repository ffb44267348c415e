use outcrop_model::{Evidence, InventoryPackage, OperatingSystem, Package, PackageOwner};

use super::*;

fn inventory(id: &str, version: &str) -> Inventory {
    Inventory {
        operating_system: (!id.is_empty()).then(|| OperatingSystem {
            id: id.into(),
            version_id: version.into(),
            pretty_name: format!("{id} {version}"),
            ..OperatingSystem::default()
        }),
        packages: Vec::new(),
        configuration_leftovers: Vec::new(),
        package_sources: Vec::new(),
        layers: Vec::new(),
        problems: Vec::new(),
        posture: None,
    }
}

fn package(kind: PackageKind, name: &str, owner: Option<PackageKind>) -> InventoryPackage {
    let evidence = Evidence {
        cataloger: "test".into(),
        path: "test".into(),
    };
    InventoryPackage {
        package: Package::new(kind, name, "1", evidence),
        introduced_in: 0,
        first_seen_in: 0,
        evidence_layer: Some(0),
        changes: Vec::new(),
        owner: owner.map(|kind| PackageOwner {
            kind,
            name: "owner".into(),
        }),
    }
}

fn told(inventory: &Inventory, judgement: &Judgement, today: &str) -> Coverage {
    coverage(&Grounds {
        inventory,
        judgement,
        problems: &[],
        support: SupportTable::built_in(),
        today,
    })
}

/// As the workbench judges, with records of the system of that kind and none of languages.
fn judgement(inventory: &Inventory, system: AdvisoryBasis) -> Judgement {
    let ecosystem = inventory
        .operating_system
        .as_ref()
        .and_then(OperatingSystem::ecosystem);
    let subjects = outcrop_advisory::subjects(inventory);
    let basis = |ecosystem: String, advisories| Basis {
        ecosystem,
        advisories,
        dated: Some("2026-11-20T00:00:00Z".into()),
        records: 41_000,
        feeds: Vec::new(),
    };
    let languages = usize::from(ecosystem.is_some());
    let grounds = (0..inventory.packages.len()).map(|index| match subjects.of(index) {
        Some(subject) if Some(subject.ecosystem()) == ecosystem.as_deref() => Ground::Basis(0),
        Some(_) => Ground::Basis(languages),
        None => Ground::Nothing(subjects.why_unjudged(index).unwrap()),
    });
    let mut bases: Vec<Basis> = ecosystem
        .iter()
        .map(|ecosystem| basis(ecosystem.clone(), system))
        .collect();
    bases.push(basis("npm".into(), AdvisoryBasis::None));
    Judgement {
        grounds: grounds.collect(),
        bases,
        ..Judgement::default()
    }
}

#[test]
fn every_package_is_judged_or_said_not_to_be() {
    use AdvisoryBasis::{Feed, None as Nothing, Starter};
    use PackageKind::{Apk, Deb, Npm, PyPi, Rpm};
    let deb = || package(Deb, "libssl3", None);
    let npm = || package(Npm, "lodash", None);
    let owned = || package(PyPi, "requests", Some(Deb));
    for (system, packages, basis, judged, expected) in [
        (
            "debian",
            vec![deb(), deb()],
            Some(Feed),
            true,
            "2 packages of debian 12 were judged by 41000 records of 2026-11-20",
        ),
        (
            "debian",
            vec![deb(), owned()],
            Some(Feed),
            true,
            "1 package of debian 12 was judged by 41000 records of 2026-11-20",
        ),
        (
            "debian",
            vec![deb(), npm(), npm(), package(PyPi, "six", None)],
            Some(Starter),
            false,
            "1 package of debian 12 was judged by the starter set only of 2026-11-20; 3 packages of PyPI and npm are listed but not judged",
        ),
        (
            "debian",
            vec![npm()],
            Some(Feed),
            false,
            "debian 12 holds no package database; 1 package of npm is listed but not judged",
        ),
        (
            "debian",
            vec![deb(), owned()],
            Some(Nothing),
            false,
            "no advisories for debian 12 are loaded: 1 package was not judged",
        ),
        (
            "debian",
            vec![deb(), deb()],
            None,
            false,
            "no advisories for debian 12 are loaded: 2 packages were not judged",
        ),
        (
            "alpine",
            vec![package(Apk, "musl", None), npm()],
            None,
            false,
            "alpine 12 has no advisories that Outcrop reads, or does not tell its release; 2 packages of apk and npm are listed but not judged",
        ),
        (
            "raspbian",
            vec![deb()],
            None,
            false,
            "raspbian 12 has no advisories that Outcrop reads, or does not tell its release; 1 package of dpkg is listed but not judged",
        ),
        (
            "",
            vec![package(Rpm, "bash", None), package(PyPi, "six", Some(Rpm))],
            None,
            false,
            "the operating system is not known; 2 packages of PyPI and RPM are listed but not judged",
        ),
    ] {
        let mut inventory = inventory(system, if system.is_empty() { "" } else { "12" });
        inventory.packages = packages;
        let judgement = judgement(&inventory, basis.unwrap_or(Nothing));
        let coverage = told(&inventory, &judgement, "2026-11-21");
        assert_eq!(coverage.statement, expected);
        assert_eq!(coverage.judged, judged, "{expected}");
        let flagged = (0..inventory.packages.len()).all(|package| judgement.is_judged(package));
        assert_eq!(flagged, judged, "{expected}");
    }
}

#[test]
fn ecosystems_without_advisories_are_counted() {
    let mut inventory = inventory("debian", "12");
    inventory.packages = vec![
        package(PackageKind::Deb, "libssl3", None),
        package(PackageKind::Npm, "lodash", None),
        package(PackageKind::Npm, "axios", Some(PackageKind::Deb)),
        package(PackageKind::Generic, "redis", None),
    ];
    let judgement = judgement(&inventory, AdvisoryBasis::Feed);
    let coverage = told(&inventory, &judgement, "2026-11-21");
    let counts: Vec<(&str, u32, AdvisoryBasis)> = coverage
        .ecosystems
        .iter()
        .map(|of| (of.ecosystem.as_str(), of.packages, of.advisories))
        .collect();
    assert_eq!(
        counts,
        [
            ("Debian:12", 1, AdvisoryBasis::Feed),
            ("npm", 1, AdvisoryBasis::None),
            ("unpackaged programs", 1, AdvisoryBasis::None),
        ]
    );
    assert!(coverage.notes.contains(
        &"1 package is made of files of a package of the system and judged with it".to_owned()
    ));
}

#[test]
fn an_empty_image_is_not_clean() {
    for system in ["", "alpine", "debian"] {
        let coverage = told(
            &inventory(system, "12"),
            &Judgement::default(),
            "2026-11-21",
        );
        assert!(!coverage.judged, "{system}");
        assert!(
            coverage.statement.ends_with("nothing was judged"),
            "{system}"
        );
    }
}

#[test]
fn support_of_a_release_is_told_by_date() {
    use SupportState::{Ended, LongTerm, Supported};
    for (system, version, today, state, expected) in [
        (
            "debian",
            "12",
            "2026-07-11",
            Some(Supported),
            "debian 12 is supported until 2026-07-11",
        ),
        (
            "debian",
            "12",
            "2026-07-12",
            Some(LongTerm),
            "regular security support of debian 12 ended on 2026-07-11, long-term support goes on until 2028-06-30",
        ),
        (
            "alpine",
            "3.10",
            "2026-11-21",
            Some(Ended),
            "alpine 3.10 gets no security fixes any more: its support ended on 2021-05-01",
        ),
        ("debian", "99", "2026-07-12", None, ""),
    ] {
        let inventory = inventory(system, version);
        let coverage = told(&inventory, &Judgement::default(), today);
        let support = coverage.support.as_ref();
        assert_eq!(support.map(|support| support.state), state, "{today}");
        let statement = support.map_or("", |support| support.statement.as_str());
        assert!(statement.starts_with(expected), "{statement}");
        let noted = coverage.notes.iter().any(|note| note == statement);
        assert_eq!(noted, matches!(state, Some(LongTerm | Ended)), "{today}");
    }
}

#[test]
fn what_is_missing_has_a_flag_and_a_note() {
    use AdvisoryBasis::{Feed, None as Nothing, Starter};
    use PackageKind::{Alpm, Deb, Npm};
    let flags = |coverage: &Coverage| {
        [
            coverage.old_advisories,
            coverage.starter_only,
            coverage.unknown_system,
            coverage.no_advisories,
        ]
    };
    for (system, kind, basis, dated, expected, note) in [
        ("debian", Deb, Feed, "2026-11-20", [false; 4], ""),
        (
            "debian",
            Deb,
            Feed,
            "2026-11-13",
            [true, false, false, false],
            "advisories are more than 7 days old: Debian (osv, 2026-11-13)",
        ),
        ("debian", Deb, Feed, "2026-11-14", [false; 4], ""),
        (
            "debian",
            Deb,
            Starter,
            "2026-11-20",
            [false, true, false, false],
            "severities are not known yet",
        ),
        (
            "debian",
            Deb,
            Nothing,
            "2026-11-20",
            [false, false, false, true],
            "no advisories are loaded of Debian:13: `outcrop advisories update`",
        ),
        (
            "",
            Deb,
            Nothing,
            "2026-11-20",
            [false, false, true, false],
            "not judged, because the distribution is not known: a 1",
        ),
        (
            "arch",
            Alpm,
            Nothing,
            "2026-11-20",
            [false, false, true, false],
            "not judged, because there are no advisories of this distribution",
        ),
        (
            "debian",
            Npm,
            Nothing,
            "2026-11-20",
            [false, false, false, true],
            "no advisories are loaded of npm",
        ),
    ] {
        let mut inventory = inventory(system, "13");
        inventory.packages = vec![package(kind, "a", None)];
        let mut judgement = judgement(&inventory, basis);
        if basis != Nothing {
            judgement.bases[0].feeds = vec![FeedCoverage {
                feed: "osv".into(),
                source: "test".into(),
                dated: Some(format!("{dated}T00:00:00Z")),
                records: 1,
                starter: basis == Starter,
            }];
        }
        let coverage = told(&inventory, &judgement, "2026-11-21T12:00:00Z");
        assert_eq!(flags(&coverage), expected, "{system} {kind:?} {dated}");
        let noted = coverage.notes.iter().any(|told| told.starts_with(note));
        assert!(noted || note.is_empty(), "{note}: {:?}", coverage.notes);
        if note.is_empty() {
            assert_eq!(coverage.notes, [""; 0]);
        }
    }
}

#[test]
fn packages_not_judged_are_grouped_by_reason() {
    let mut inventory = inventory("debian", "12");
    inventory.packages = vec![
        package(PackageKind::Deb, "libssl3", None),
        package(PackageKind::Npm, "lodash", None),
        package(PackageKind::Npm, "axios", None),
        package(PackageKind::LuaRocks, "lpeg", None),
    ];
    let mut judgement = judgement(&inventory, AdvisoryBasis::Feed);
    judgement.not_compared = vec![0];
    let coverage = told(&inventory, &judgement, "2026-11-21");
    let groups: Vec<(&str, u32, &[String])> = coverage
        .not_judged
        .iter()
        .map(|group| (group.reason.as_str(), group.packages, &group.names[..]))
        .collect();
    assert_eq!(
        groups,
        [
            (
                "no advisories of npm are loaded",
                2,
                &["lodash 1".to_owned(), "axios 1".to_owned()][..]
            ),
            (
                "a record could not be compared with its version",
                1,
                &["libssl3 1".to_owned()]
            ),
            (
                "nobody publishes advisories of this kind of package",
                1,
                &["lpeg 1".to_owned()]
            ),
        ]
    );
    assert!(!coverage.judged);
}

#[test]
fn files_that_were_not_read_are_counted_by_trouble() {
    use outcrop_model::ProblemKind::{Malformed, TooLarge};
    let mut inventory = inventory("debian", "12");
    inventory.problems = [
        (TooLarge, "a"),
        (TooLarge, "b"),
        (Malformed, "c"),
        (Malformed, ""),
    ]
    .map(|(kind, path)| Problem {
        kind,
        layer: None,
        path: path.into(),
        message: "test".into(),
    })
    .into();
    let coverage = told(&inventory, &Judgement::default(), "2026-01-01");
    for note in [
        "2 files are larger, deeper or more than is read: a, b",
        "1 file is broken: c",
    ] {
        assert!(coverage.notes.iter().any(|told| told == note), "{note}");
    }
}

#[test]
fn days_are_counted_between_dates() {
    assert_eq!(
        days_between("2026-10-31T23:59:59Z", "2026-11-21T00:00:00Z"),
        Some(21)
    );
    assert_eq!(days_between("no date", "2026-11-21"), None);
}
