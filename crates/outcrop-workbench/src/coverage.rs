//! What a scan could judge, said in words: zero findings mean nothing without it.

use outcrop_model::Inventory;

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

/// `today` is `YYYY-MM-DD`.
pub(crate) fn coverage(inventory: &Inventory, basis: Option<&Basis>, today: &str) -> Coverage {
    let packages = inventory.packages.len();
    let system = inventory.operating_system.as_ref();
    let name = system.map(outcrop_model::OperatingSystem::display_name);
    let supported = system.is_some_and(|system| system.ecosystem().is_some());

    let mut notes = Vec::new();
    let mut judged = false;
    let statement = match (&name, basis) {
        (None, _) if packages == 0 => {
            "no operating system and no package database were recognised: nothing was judged"
                .to_owned()
        }
        (None, _) => format!(
            "the operating system is not known: {packages} packages were listed and not judged"
        ),
        (Some(name), _) if !supported => {
            format!("{name} is not read yet: its packages were not judged")
        }
        (Some(name), _) if packages == 0 => {
            format!("{name} holds no package database: nothing was judged")
        }
        (Some(name), None) => {
            format!("no advisories for {name} are loaded: {packages} packages were not judged")
        }
        (Some(name), Some(basis)) => match basis.advisories {
            AdvisoryBasis::None => {
                format!("no advisories for {name} are loaded: {packages} packages were not judged")
            }
            AdvisoryBasis::Starter => {
                judged = true;
                notes.push("severities are not known yet: the starter set holds facts from package changelogs, and no publisher's judgement; `outcrop advisories update` loads the real records".to_owned());
                format!(
                    "{packages} packages of {name} were judged by the starter set only{}",
                    dated(basis)
                )
            }
            AdvisoryBasis::Feed => {
                judged = true;
                format!(
                    "{packages} packages of {name} were judged by {} records{}",
                    basis.records,
                    dated(basis)
                )
            }
        },
    };
    if let Some(basis) = basis {
        if !basis.not_judged.is_empty() {
            judged = false;
            notes.push(format!(
                "versions that could not be compared, so these were not judged: {}",
                basis.not_judged.join("; ")
            ));
        }
        if let Some(days) = basis
            .dated
            .as_deref()
            .and_then(|date| days_between(date, today))
            && days > OLD_AFTER_DAYS
        {
            notes.push(format!(
                "the advisories are more than {OLD_AFTER_DAYS} days old: `outcrop advisories update` loads newer ones"
            ));
        }
    }
    if let Some(system) = system
        && let Some(note) = support_note(&system.id, &system.version_id, today)
    {
        notes.push(note);
    }
    notes.push("only packages of dpkg are read in this version: language packages and programs without a package are neither listed nor judged".to_owned());

    Coverage {
        judged,
        statement,
        operating_system: system.map(|system| OperatingSystem {
            id: system.id.clone(),
            version: system.version_id.clone(),
            name: system.display_name(),
            supported,
        }),
        ecosystems: match (
            basis,
            system.and_then(outcrop_model::OperatingSystem::ecosystem),
        ) {
            (Some(basis), _) => vec![EcosystemCoverage {
                ecosystem: basis.ecosystem.clone(),
                packages: packages as u32,
                advisories: basis.advisories,
                dated: basis.dated.clone(),
                records: basis.records,
            }],
            (None, Some(ecosystem)) => vec![EcosystemCoverage {
                ecosystem,
                packages: packages as u32,
                advisories: AdvisoryBasis::None,
                dated: None,
                records: 0,
            }],
            (None, None) => Vec::new(),
        },
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
    use outcrop_model::OperatingSystem;

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

    #[test]
    fn an_unread_system_is_never_judged() {
        let coverage = coverage(&inventory("alpine", "3.10.4"), None, "2026-11-21");
        assert!(!coverage.judged);
        assert_eq!(
            coverage.statement,
            "alpine 3.10.4 is not read yet: its packages were not judged"
        );
    }

    #[test]
    fn an_empty_image_is_not_clean() {
        let coverage = coverage(&inventory("", ""), None, "2026-11-21");
        assert!(!coverage.judged);
        assert!(coverage.statement.ends_with("nothing was judged"));
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
