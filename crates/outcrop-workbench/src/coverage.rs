//! What a scan could judge, said in words: zero findings mean nothing without it.

use std::collections::BTreeMap;

use outcrop_advisory::Unjudged;
use outcrop_model::{Inventory, PackageKind};

use crate::judgement::{Ground, Judgement};
use crate::report::{AdvisoryBasis, Coverage, EcosystemCoverage, OperatingSystem};

/// Advisories older than this are called old.
const OLD_AFTER_DAYS: i64 = 7;

/// Security support of Debian releases: version, end of regular support, end of LTS.
///
/// Debian package `distro-info-data`, file `debian.csv` (columns `eol` and `eol-lts`).
const DEBIAN_SUPPORT: &[(&str, &str, &str)] = &[
    ("8", "2018-06-17", "2020-06-30"),
    ("9", "2020-07-18", "2022-06-30"),
    ("10", "2022-09-10", "2024-06-30"),
    ("11", "2024-08-14", "2026-08-31"),
    ("12", "2026-07-11", "2028-06-30"),
    ("13", "2028-08-09", "2030-06-30"),
];

/// What is known of the advisories that the packages were judged by.
#[derive(Clone, Debug)]
pub(crate) struct Basis {
    pub(crate) ecosystem: String,
    pub(crate) advisories: AdvisoryBasis,
    pub(crate) dated: Option<String>,
    pub(crate) records: u64,
    /// Packages whose version no record could be compared with, one sentence each.
    pub(crate) not_judged: Vec<String>,
}

/// How many packages were judged by what, and how many by nothing.
#[derive(Default)]
struct Census {
    /// Judged by the system's records.
    of_system: usize,
    /// By other ecosystems' records, by index of the basis.
    of_languages: BTreeMap<usize, usize>,
    /// Judged with the packages of the system that own their files.
    with_owner: usize,
    /// Judged by nothing, under the name of their ecosystem.
    unjudged: BTreeMap<&'static str, usize>,
}

impl Census {
    fn of(inventory: &Inventory, judgement: &Judgement, system: bool) -> Self {
        let mut census = Self::default();
        for (package, ground) in inventory.packages.iter().zip(&judgement.grounds) {
            match ground {
                Ground::Basis(0) if system => census.of_system += 1,
                Ground::Basis(basis)
                    if judgement.bases[*basis].advisories != AdvisoryBasis::None =>
                {
                    *census.of_languages.entry(*basis).or_default() += 1;
                }
                Ground::Nothing(Unjudged::ListedAgain) => {}
                Ground::Nothing(Unjudged::WithOwner) => census.with_owner += 1,
                _ => {
                    let name = ecosystem_name(package.package.kind);
                    *census.unjudged.entry(name).or_default() += 1;
                }
            }
        }
        census
    }

    /// What is listed and not judged, as one clause; empty where there is nothing.
    fn left_over(&self) -> String {
        let count: usize = self.unjudged.values().sum();
        if count == 0 {
            return String::new();
        }
        let names: Vec<&str> = self.unjudged.keys().copied().collect();
        let names = match names.split_last() {
            Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
            _ => names.concat(),
        };
        let packages = counted(count);
        let (are, them) = if count == 1 {
            ("is", "it")
        } else {
            ("are", "them")
        };
        format!(
            "{packages} of {names} {are} listed but not judged: no advisories for {them} are read in this version"
        )
    }
}

/// OSV's name of the ecosystem of packages of a kind, where it has one; else a name for people.
///
/// OSV schema, section "`affected[].package` field", table of defined ecosystems.
const fn ecosystem_name(kind: PackageKind) -> &'static str {
    match kind {
        PackageKind::Deb => "dpkg",
        PackageKind::Apk => "apk",
        PackageKind::Rpm => "RPM",
        PackageKind::Alpm => "pacman",
        PackageKind::PyPi => "PyPI",
        PackageKind::Conda => "Conda",
        PackageKind::Npm => "npm",
        PackageKind::Gem => "RubyGems",
        PackageKind::Golang => "Go",
        PackageKind::Cargo => "crates.io",
        PackageKind::Maven => "Maven",
        PackageKind::NuGet => "NuGet",
        PackageKind::Composer => "Packagist",
        PackageKind::Hex => "Hex",
        PackageKind::Pub => "Pub",
        PackageKind::Swift => "SwiftURL",
        PackageKind::Conan => "ConanCenter",
        PackageKind::Cran => "CRAN",
        PackageKind::LuaRocks => "LuaRocks",
        PackageKind::WordPress => "WordPress",
        PackageKind::Bitnami => "Bitnami",
        PackageKind::Generic => "unpackaged programs",
    }
}

fn counted(count: usize) -> String {
    match count {
        1 => "1 package".to_owned(),
        count => format!("{count} packages"),
    }
}

/// `today` is `YYYY-MM-DD`.
pub(crate) fn coverage(inventory: &Inventory, judgement: &Judgement, today: &str) -> Coverage {
    let system = inventory.operating_system.as_ref();
    let name = system.map(outcrop_model::OperatingSystem::display_name);
    let ecosystem = system.and_then(outcrop_model::OperatingSystem::ecosystem);
    let basis = judgement
        .bases
        .first()
        .filter(|basis| Some(&basis.ecosystem) == ecosystem.as_ref());
    let census = Census::of(inventory, judgement, basis.is_some());
    let of_system = counted(census.of_system);
    let were = if census.of_system == 1 { "was" } else { "were" };
    let basis_kind = basis.map_or(AdvisoryBasis::None, |basis| basis.advisories);

    let mut notes = Vec::new();
    let mut sentence: Vec<String> = Vec::new();
    match (&name, basis) {
        _ if inventory.packages.is_empty() => sentence.push(match &name {
            None => {
                "no operating system and no packages were recognised: nothing was judged".to_owned()
            }
            Some(name) => format!("{name} holds no package database: nothing was judged"),
        }),
        (None, _) => sentence.push("the operating system is not known".to_owned()),
        (Some(name), _) if ecosystem.is_none() => {
            sentence.push(format!("{name} is not judged yet"));
        }
        (Some(name), Some(basis)) if basis_kind == AdvisoryBasis::Feed && census.of_system > 0 => {
            sentence.push(format!(
                "{of_system} of {name} {were} judged by {} records{}",
                basis.records,
                dated(basis)
            ));
        }
        (Some(name), Some(basis))
            if basis_kind == AdvisoryBasis::Starter && census.of_system > 0 =>
        {
            notes.push("severities are not known yet: the starter set holds facts from package changelogs, and no publisher's judgement; `outcrop advisories update` loads the real records".to_owned());
            sentence.push(format!(
                "{of_system} of {name} {were} judged by the starter set only{}",
                dated(basis)
            ));
        }
        (Some(name), _) if census.of_system == 0 => {
            sentence.push(format!("{name} holds no package database"));
        }
        (Some(name), _) => sentence.push(format!(
            "no advisories for {name} are loaded: {of_system} {were} not judged"
        )),
    }
    for (&index, &count) in &census.of_languages {
        let basis = &judgement.bases[index];
        let were = if count == 1 { "was" } else { "were" };
        sentence.push(format!(
            "{} of {} {were} judged by {} records{}",
            counted(count),
            basis.ecosystem,
            basis.records,
            dated(basis)
        ));
    }
    sentence.extend(Some(census.left_over()).filter(|clause| !clause.is_empty()));
    let system_judged = basis_kind != AdvisoryBasis::None && census.of_system > 0;
    let mut judged = (system_judged || !census.of_languages.is_empty())
        && (system_judged || census.of_system + census.with_owner == 0)
        && census.unjudged.is_empty();
    if census.with_owner > 0 {
        let (judged, not) = (" and judged with it", " and not judged either");
        let what = if basis_kind == AdvisoryBasis::None {
            not
        } else {
            judged
        };
        notes.push(match census.with_owner {
            1 => format!("1 package is made of files of a package of the system{what}"),
            count => format!(
                "{count} packages are made of files of packages of the system{}",
                what.replace("with it", "with those")
            ),
        });
    }
    for basis in &judgement.bases {
        if !basis.not_judged.is_empty() {
            judged = false;
            notes.push(format!(
                "versions that could not be compared, so these were not judged: {}",
                basis.not_judged.join("; ")
            ));
        }
    }
    let old = judgement.bases.iter().any(|basis| {
        let days = basis
            .dated
            .as_deref()
            .and_then(|date| days_between(date, today));
        days.is_some_and(|days| days > OLD_AFTER_DAYS)
    });
    if old {
        notes.push(format!(
            "the advisories are more than {OLD_AFTER_DAYS} days old: `outcrop advisories update` loads newer ones"
        ));
    }
    if let Some(system) = system
        && let Some(note) = support_note(&system.id, &system.version_id, today)
    {
        notes.push(note);
    }

    let mut ecosystems: Vec<EcosystemCoverage> = ecosystem
        .iter()
        .map(|ecosystem| EcosystemCoverage {
            ecosystem: ecosystem.clone(),
            packages: census.of_system as u32,
            advisories: basis_kind,
            dated: basis.and_then(|basis| basis.dated.clone()),
            records: basis.map_or(0, |basis| basis.records),
        })
        .collect();
    ecosystems.extend(census.of_languages.iter().map(|(&index, &count)| {
        let basis = &judgement.bases[index];
        EcosystemCoverage {
            ecosystem: basis.ecosystem.clone(),
            packages: count as u32,
            advisories: basis.advisories,
            dated: basis.dated.clone(),
            records: basis.records,
        }
    }));
    ecosystems.extend(
        census
            .unjudged
            .iter()
            .map(|(name, count)| EcosystemCoverage {
                ecosystem: (*name).to_owned(),
                packages: *count as u32,
                advisories: AdvisoryBasis::None,
                dated: None,
                records: 0,
            }),
    );

    Coverage {
        judged,
        statement: sentence.join("; "),
        operating_system: system.map(|system| OperatingSystem {
            id: system.id.clone(),
            version: system.version_id.clone(),
            name: system.display_name(),
            supported: system.ecosystem().is_some(),
        }),
        ecosystems,
        notes,
    }
}

fn dated(basis: &Basis) -> String {
    match basis.dated.as_deref().and_then(|date| date.get(..10)) {
        Some(date) => format!(" of {date}"),
        None => String::new(),
    }
}

fn support_note(id: &str, version: &str, today: &str) -> Option<String> {
    let &(_, regular, lts) = DEBIAN_SUPPORT
        .iter()
        .find(|(known, ..)| id == "debian" && version == *known)?;
    if today > lts {
        Some(format!(
            "Debian {version} has no security support any more: it ended on {lts}"
        ))
    } else if today > regular {
        Some(format!(
            "regular security support of Debian {version} ended on {regular}, long-term support goes on until {lts}"
        ))
    } else {
        None
    }
}

/// Whole days from one RFC 3339 date to another.
fn days_between(from: &str, to: &str) -> Option<i64> {
    let day = |text: &str| text.get(..10)?.parse::<jiff::civil::Date>().ok();
    let span = day(to)?.since(day(from)?).ok()?;
    Some(i64::from(span.get_days()))
}

#[cfg(test)]
mod tests {
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
            not_judged: Vec::new(),
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
                "1 package of debian 12 was judged by the starter set only of 2026-11-20; 3 packages of PyPI and npm are listed but not judged: no advisories for them are read in this version",
            ),
            (
                "debian",
                vec![npm()],
                Some(Feed),
                false,
                "debian 12 holds no package database; 1 package of npm is listed but not judged: no advisories for it are read in this version",
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
                "alpine 12 is not judged yet; 2 packages of apk and npm are listed but not judged: no advisories for them are read in this version",
            ),
            (
                "raspbian",
                vec![deb()],
                None,
                false,
                "raspbian 12 is not judged yet; 1 package of dpkg is listed but not judged: no advisories for it are read in this version",
            ),
            (
                "",
                vec![package(Rpm, "bash", None), package(PyPi, "six", Some(Rpm))],
                None,
                false,
                "the operating system is not known; 2 packages of PyPI and RPM are listed but not judged: no advisories for them are read in this version",
            ),
        ] {
            let mut inventory = inventory(system, if system.is_empty() { "" } else { "12" });
            inventory.packages = packages;
            let judgement = judgement(&inventory, basis.unwrap_or(Nothing));
            let coverage = coverage(&inventory, &judgement, "2026-11-21");
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
        let coverage = coverage(&inventory, &judgement, "2026-11-21");
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
            let coverage = coverage(
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
        for (version, today, expected) in [
            ("12", "2026-07-11", None),
            ("12", "2026-07-12", Some("until 2028-06-30")),
            ("12", "2028-07-01", Some("ended on 2028-06-30")),
            ("99", "2026-07-12", None),
        ] {
            let note = support_note("debian", version, today);
            assert_eq!(note.is_some(), expected.is_some(), "{version} {today}");
            assert!(note.unwrap_or_default().ends_with(expected.unwrap_or("")));
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
}
