use outcrop_model::{
    Evidence, Inventory, InventoryPackage, OperatingSystem, Package, Range, RangeKind,
};

use super::*;
use crate::osv;
use crate::subject::subjects;

/// One package of a system `id version`; `module` is its label.
struct Installed<'a> {
    system: &'a str,
    kind: PackageKind,
    version: &'a str,
    module: &'a str,
}

impl Installed<'_> {
    fn inventory(&self) -> Inventory {
        let (id, version) = self.system.split_once(' ').unwrap_or((self.system, ""));
        let evidence = Evidence {
            cataloger: "test".into(),
            path: "test".into(),
        };
        let mut package = Package::new(self.kind, "a", self.version, evidence);
        if !self.module.is_empty() {
            let label = ("modularitylabel".to_owned(), self.module.to_owned());
            package.qualifiers.extend([label]);
        }
        Inventory {
            operating_system: Some(OperatingSystem {
                id: id.into(),
                version_id: version.into(),
                ..OperatingSystem::default()
            }),
            packages: vec![InventoryPackage {
                package,
                introduced_in: 0,
                first_seen_in: 0,
                evidence_layer: None,
                changes: Vec::new(),
                owner: None,
            }],
            configuration_leftovers: Vec::new(),
            package_sources: Vec::new(),
            layers: Vec::new(),
            problems: Vec::new(),
            posture: None,
        }
    }

    /// The answer in a word, with the fix where one is named.
    fn told(&self, record: &AdvisoryRecord) -> String {
        let inventory = self.inventory();
        let subjects = subjects(&inventory);
        let other = AdvisoryRecord {
            id: "OTHER".into(),
            affected: vec![AffectedPackage {
                ecosystem: subjects.judged()[0].ecosystem().into(),
                name: "a".into(),
                stance: Some(Stance::NoFixYet),
                module: (!self.module.is_empty()).then(|| {
                    let parts: Vec<&str> = self.module.split(':').take(2).collect();
                    parts.join(":")
                }),
                ..AffectedPackage::default()
            }],
            ..AdvisoryRecord::default()
        };
        let judged = judge(
            &subjects,
            &candidates_of([record, &other], &subjects.lookups()),
        );
        if let Some(found) = judged
            .matches
            .iter()
            .find(|found| found.record == record.id)
        {
            let what = match found.stance {
                None => "affected".to_owned(),
                Some(stance) => format!("{stance:?}"),
            };
            return match found.found.fixed() {
                Some(fix) => format!("{what} < {fix}"),
                None => what,
            };
        }
        if !judged.not_affected.is_empty() {
            return "not affected".into();
        }
        if let Some(case) = judged.not_judged.first() {
            return format!("? {}", case.version);
        }
        if judged
            .mended
            .iter()
            .any(|mended| mended.record == record.id)
        {
            return "mended".into();
        }
        "-".into()
    }
}

fn entry(ecosystem: &str, fix: &str, stance: Option<Stance>) -> AffectedPackage {
    let mut events = vec![Event::Introduced("0".into())];
    if !fix.is_empty() {
        events.push(Event::Fixed(fix.into()));
    }
    AffectedPackage {
        ecosystem: ecosystem.into(),
        name: "a".into(),
        ranges: vec![Range {
            kind: RangeKind::Ecosystem,
            events,
        }],
        stance,
        module: None,
        ..AffectedPackage::default()
    }
}

fn record(entries: Vec<AffectedPackage>) -> AdvisoryRecord {
    AdvisoryRecord {
        id: "REDHAT-VEX-CVE-2024-1000".into(),
        affected: entries,
        ..AdvisoryRecord::default()
    }
}

const RED_HAT: &str = "Red Hat:enterprise_linux:9";
const BASE: &str = "Red Hat:enterprise_linux:9::baseos";

fn red_hat(version: &'static str) -> Installed<'static> {
    Installed {
        system: "rhel 9.3",
        kind: PackageKind::Rpm,
        version,
        module: "",
    }
}

#[test]
fn the_lowest_fix_above_the_installed_version_is_told() {
    let entries = || {
        record(vec![
            entry(BASE, "7.76.1-26.el9_3.2", None),
            entry(BASE, "7.76.1-23.el9_2.4", None),
        ])
    };
    for (version, expected) in [
        ("7.76.1-14.el9", "affected < 7.76.1-23.el9_2.4"),
        ("7.76.1-26.el9", "affected < 7.76.1-26.el9_3.2"),
        ("7.76.1-23.el9_2.3", "affected < 7.76.1-23.el9_2.4"),
        ("7.76.1-23.el9_2.4", "mended"),
        ("7.76.1-23.el9_2.5", "mended"),
        ("7.76.1-26.el9_3.1", "affected < 7.76.1-26.el9_3.2"),
        ("7.76.1-26.el9_3.2", "mended"),
    ] {
        assert_eq!(red_hat(version).told(&entries()), expected, "{version}");
    }
}

#[test]
fn a_missing_epoch_is_zero() {
    let entries = || record(vec![entry(BASE, "2-1", None)]);
    assert_eq!(red_hat("1-1").told(&entries()), "affected < 2-1");
    assert_eq!(red_hat("0:1-1").told(&entries()), "affected < 2-1");
    assert_eq!(red_hat("1:1-1").told(&entries()), "mended");
}

#[test]
fn a_stance_without_a_fix_gives_way_to_one_that_names_a_fix() {
    use Stance::{EndOfLife, NotAffected, WillNotFix};
    for (entries, expected) in [
        (vec![entry(RED_HAT, "", Some(WillNotFix))], "WillNotFix"),
        (
            vec![
                entry(RED_HAT, "", Some(EndOfLife)),
                entry(BASE, "2-1", None),
            ],
            "affected < 2-1",
        ),
        (
            vec![
                entry(RED_HAT, "", Some(WillNotFix)),
                entry(BASE, "0.9-1", None),
            ],
            "mended",
        ),
        (vec![entry(RED_HAT, "", Some(NotAffected))], "not affected"),
        (
            vec![
                entry(RED_HAT, "", Some(NotAffected)),
                entry(BASE, "2-1", None),
            ],
            "affected < 2-1",
        ),
        (
            vec![
                entry(RED_HAT, "", Some(WillNotFix)),
                entry(BASE, "", Some(NotAffected)),
            ],
            "not affected",
        ),
        (
            vec![AffectedPackage {
                ranges: Vec::new(),
                ..entry(RED_HAT, "", Some(WillNotFix))
            }],
            "WillNotFix",
        ),
    ] {
        assert_eq!(red_hat("1-1").told(&record(entries)), expected);
    }
}

#[test]
fn other_streams_and_releases_say_nothing() {
    for ecosystem in [
        "Red Hat:rhel_eus:9.2::baseos",
        "Red Hat:enterprise_linux:8",
        "AlmaLinux:9",
    ] {
        let record = record(vec![entry(ecosystem, "2-1", None)]);
        assert_eq!(red_hat("1-1").told(&record), "-", "{ecosystem}");
    }
}

#[test]
fn builds_of_a_module_are_compared_within_it() {
    let old = "1-1.module_el8.5.0+1+a";
    let plain = "1-1.el8";
    let fix = "2-1.module_el8.5.0+9+b";
    for (version, label, stream, fix, expected) in [
        (
            old,
            "nodejs:18:1:a",
            Some("nodejs:18"),
            fix,
            "affected < 2-1.module_el8.5.0+9+b",
        ),
        (
            old,
            "nodejs:18:1:a",
            None,
            fix,
            "affected < 2-1.module_el8.5.0+9+b",
        ),
        (old, "nodejs:16:1:a", Some("nodejs:18"), fix, "-"),
        (
            old,
            "",
            Some("nodejs:18"),
            fix,
            "affected < 2-1.module_el8.5.0+9+b",
        ),
        (plain, "", Some("nodejs:18"), fix, "-"),
        (plain, "", None, fix, "-"),
        (old, "nodejs:18:1:a", None, "2-1.el8", "-"),
        (plain, "", None, "2-1.el8", "affected < 2-1.el8"),
    ] {
        let installed = Installed {
            system: "almalinux 8.9",
            kind: PackageKind::Rpm,
            version,
            module: label,
        };
        let affected = AffectedPackage {
            module: stream.map(str::to_owned),
            ..entry("AlmaLinux:8", fix, None)
        };
        assert_eq!(
            installed.told(&record(vec![affected])),
            expected,
            "{version} {label} {stream:?} {fix}"
        );
    }
}

#[test]
fn of_several_builds_of_a_module_that_of_the_same_minor_release_counts() {
    let entries = || {
        record(vec![
            entry("AlmaLinux:8", "1-2.module_el8.5.0+2632+b", None),
            entry("AlmaLinux:8", "1-2.module_el8.6.0+2867+c", None),
        ])
    };
    for (version, expected) in [
        ("1-2.module_el8.5.0+2632+b", "mended"),
        (
            "1-2.module_el8.5.0+2000+b",
            "affected < 1-2.module_el8.5.0+2632+b",
        ),
        ("1-2.module_el8.6.0+2867+c", "mended"),
        ("1-3.module_el8.4.0+1+c", "mended"),
    ] {
        let installed = Installed {
            system: "almalinux 8.9",
            kind: PackageKind::Rpm,
            version,
            module: "a:1:2:3",
        };
        assert_eq!(installed.told(&entries()), expected, "{version}");
    }
}

#[test]
fn a_fix_for_subscribers_counts_where_the_plain_release_has_none() {
    const PLAIN: &str = "Ubuntu:22.04:LTS";
    const PRO: &str = "Ubuntu:Pro:22.04:LTS";
    let pro = |fix: &str| entry(PRO, fix, Some(Stance::NeedsSubscription));
    for (entries, expected) in [
        (vec![entry(PLAIN, "2", None), pro("2+esm1")], "affected < 2"),
        (
            vec![entry(PLAIN, "", None), pro("2+esm1")],
            "NeedsSubscription < 2+esm1",
        ),
        (vec![pro("2+esm1")], "NeedsSubscription < 2+esm1"),
        (vec![pro("")], "NeedsSubscription"),
        (vec![entry(PLAIN, "", None), pro("")], "affected"),
        (vec![entry(PLAIN, "", None), pro("1")], "mended"),
        (vec![entry(PLAIN, "1", None), pro("2+esm1")], "mended"),
        (vec![pro("1")], "mended"),
    ] {
        let installed = Installed {
            system: "ubuntu 22.04",
            kind: PackageKind::Deb,
            version: "1",
            module: "",
        };
        assert_eq!(installed.told(&record(entries)), expected);
    }
}

#[test]
fn an_entry_that_names_binaries_speaks_of_those_alone() {
    let naming = |binary: &str| {
        record(vec![AffectedPackage {
            binaries: vec![binary.into()],
            ..entry(BASE, "2-1", None)
        }])
    };
    assert_eq!(red_hat("1-1").told(&naming("a")), "affected < 2-1");
    assert_eq!(red_hat("1-1").told(&naming("b")), "-");
}

#[test]
fn versions_that_cannot_be_compared_are_told() {
    let installed = |version| Installed {
        system: "debian 12",
        kind: PackageKind::Deb,
        version,
        module: "",
    };
    let fixed = |fix: &str| record(vec![entry("Debian:12", fix, None)]);
    assert_eq!(installed("1").told(&fixed("2:")), "? 2:");
    assert_eq!(installed("1:").told(&fixed("2")), "? 1:");
    let both = record(vec![
        entry("Debian:12", "2:", None),
        entry("Debian:12", "1", None),
    ]);
    assert_eq!(installed("1").told(&both), "? 2:");
}

/// A record of a language, and whether a version is affected.
fn check(kind: PackageKind, version: &str, ecosystem: &str, ranges: &str, expected: &str) {
    let json = format!(
        r#"{{"id": "GHSA-x", "affected": [{{"package": {{"ecosystem": "{ecosystem}", "name": "a"}}, {ranges}}}]}}"#
    );
    let installed = Installed {
        system: "",
        kind,
        version,
        module: "",
    };
    let record = osv::parse(json.as_bytes()).expect("a record");
    assert_eq!(installed.told(&record), expected, "{version} {ranges}");
}

#[test]
fn ranges_of_semver_are_read_in_its_order_whatever_the_ecosystem() {
    let semver = r#""ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "2.0.0-beta.2"}]}]"#;
    check(PackageKind::Golang, "v2.0.0-beta.11", "Go", semver, "-");
    check(
        PackageKind::Golang,
        "v2.0.0-beta.1",
        "Go",
        semver,
        "affected < 2.0.0-beta.2",
    );
    check(PackageKind::Maven, "2.0.0-beta.11", "Maven", semver, "-");
    check(
        PackageKind::Gem,
        "1.9",
        "RubyGems",
        semver,
        "affected < 2.0.0-beta.2",
    );
    check(
        PackageKind::Cargo,
        "1.0.0+9",
        "crates.io",
        semver,
        "affected < 2.0.0-beta.2",
    );
    // No semantic version: the ecosystem's order still has an answer.
    check(PackageKind::PyPi, "1!0.post1", "PyPI", semver, "-");
}

#[test]
fn ranges_and_listed_versions_add_up() {
    let both = r#""versions": ["3.0"], "ranges": [
        {"type": "GIT", "repo": "x", "events": [{"introduced": "0"}]},
        {"type": "ECOSYSTEM", "events": [
            {"introduced": "0"}, {"fixed": "1.1"}, {"introduced": "2"}, {"last_affected": "2.1"}]}]"#;
    check(PackageKind::PyPi, "1.0", "PyPI", both, "affected < 1.1");
    check(PackageKind::PyPi, "1.1", "PyPI", both, "-");
    check(PackageKind::PyPi, "2.1", "PyPI", both, "affected");
    check(PackageKind::PyPi, "2.1.1", "PyPI", both, "-");
    check(PackageKind::PyPi, "3.0.0", "PyPI", both, "affected");
}

#[test]
fn contradicting_ranges_have_an_answer() {
    for (events, expected) in [
        (r#"{"fixed": "1"}, {"introduced": "1"}"#, "affected"),
        (r#"{"introduced": "3"}, {"fixed": "1"}"#, "-"),
        (
            r#"{"introduced": "1"}, {"introduced": "1"}, {"fixed": "3"}"#,
            "affected < 3",
        ),
        (
            r#"{"introduced": "0"}, {"fixed": "3"}, {"last_affected": "1"}"#,
            "-",
        ),
        (r#"{"last_affected": "3"}"#, "-"),
    ] {
        let ranges = format!(r#""ranges": [{{"type": "ECOSYSTEM", "events": [{events}]}}]"#);
        check(PackageKind::PyPi, "2", "PyPI", &ranges, expected);
    }
}

proptest::proptest! {
    /// Whatever a record holds, it has one answer, and the order of its entries does not matter.
    #[test]
    fn the_order_of_entries_does_not_matter(
        version in "[0-9.~:a-z_-]{0,6}|[12]-[12][.]el9_[12]",
        entries in proptest::collection::vec((0..2usize, 0..9usize, 0..6usize), 0..5),
    ) {
        let fixes = [
            "", "1-1", "2-1", "1-1.el9_1", "1-2.el9_1", "2-1.el9_2", "é", "1-1.module_el9.1.0+1", "0",
        ];
        let stances = [
            None,
            Some(Stance::NoFixYet),
            Some(Stance::WillNotFix),
            Some(Stance::NotAffected),
            Some(Stance::NeedsSubscription),
            Some(Stance::UnderInvestigation),
        ];
        let entries: Vec<AffectedPackage> = entries
            .into_iter()
            .map(|(place, fix, stance)| entry([RED_HAT, BASE][place], fixes[fix], stances[stance]))
            .collect();
        let installed = Installed {
            system: "rhel 9.3",
            kind: PackageKind::Rpm,
            version: &format!("1{version}"),
            module: "",
        };
        let reversed = entries.iter().rev().cloned().collect();
        // Of several entries that come to the same, the first one's word stands.
        let kind = |told: String| match told.split_once(" < ") {
            Some(("NeedsSubscription", _)) => told,
            Some((_, fix)) => format!("< {fix}"),
            None if ["-", "mended", "not affected"].contains(&&*told) => told,
            None if told.starts_with('?') => told,
            None => "open".to_owned(),
        };
        let (one, other) = (installed.told(&record(entries)), installed.told(&record(reversed)));
        proptest::prop_assert_eq!(kind(one), kind(other));
    }
}

#[test]
fn a_source_of_unknown_epoch_is_compared_without() {
    let compare = |left: &str, right: &str| WithoutEpoch.compare(left, right);
    assert_eq!(compare("5.26-422", "4:5.26-423"), Some(Ordering::Less));
    assert_eq!(compare("5.26-423", "4:5.26-423"), Some(Ordering::Equal));
    assert_eq!(compare("5.26-424", "5.26-423"), Some(Ordering::Greater));
}

#[test]
fn a_word_about_a_source_package_of_red_hat_holds_for_what_is_built_from_it() {
    let check = |entry: AffectedPackage, expected: (usize, usize)| {
        let mut inventory = red_hat("1.0-1.el9").inventory();
        let package = &mut inventory.packages[0].package;
        package.name = "a-libs".into();
        package.source = Some(outcrop_model::SourcePackage {
            name: "a".into(),
            version: "1.0-1.el9".into(),
        });
        let record = AdvisoryRecord {
            id: "REDHAT-VEX-CVE-2026-0001".into(),
            affected: vec![entry],
            ..AdvisoryRecord::default()
        };
        let subjects = subjects(&inventory);
        let judged = judge(&subjects, &candidates_of([&record], &subjects.lookups()));
        let found = (judged.matches.len(), judged.not_affected.len());
        assert_eq!(found, expected, "{:?}", record.affected);
    };
    check(entry(RED_HAT, "", Some(Stance::WillNotFix)), (1, 0));
    check(entry(RED_HAT, "", Some(Stance::NotAffected)), (0, 1));
    // Which of its packages a mended build changes, the record says by their names.
    check(entry(RED_HAT, "1.0-2.el9", None), (0, 0));
    check(
        AffectedPackage {
            binaries: vec!["a".into()],
            ..entry(RED_HAT, "", Some(Stance::WillNotFix))
        },
        (0, 0),
    );
}

#[test]
fn many_packages_are_answered_in_their_order() {
    let mut inventory = red_hat("1.0-1.el9").inventory();
    let first = inventory.packages[0].clone();
    inventory.packages = vec![first; 3 * FEW];
    let record = AdvisoryRecord {
        id: "REDHAT-VEX-CVE-2026-0001".into(),
        affected: vec![entry(RED_HAT, "1.0-2.el9", None)],
        ..AdvisoryRecord::default()
    };
    let subjects = subjects(&inventory);
    let judged = judge(&subjects, &candidates_of([&record], &subjects.lookups()));
    let packages: Vec<usize> = judged.matches.iter().map(|found| found.package).collect();
    assert_eq!(packages, (0..3 * FEW).collect::<Vec<_>>());
}
