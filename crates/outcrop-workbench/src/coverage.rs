//! What a scan could judge, said in words: zero findings mean nothing without it.

use std::collections::BTreeMap;

use outcrop_advisory::Unjudged;
use outcrop_advisory::feeds::end_of_life::{Support as Ends, SupportState as State, SupportTable};
use outcrop_model::{Inventory, InventoryPackage, OperatingSystem as System, PackageKind, Problem};

use crate::judgement::{Ground, Judgement};
use crate::output::text::word;
use crate::report::{
    AdvisoryBasis, Coverage, EcosystemCoverage, FeedCoverage, NotJudged, OperatingSystem, Support,
    SupportState, UnreadFiles,
};

/// Advisories older than this are called old.
const OLD_AFTER_DAYS: i64 = 7;

/// Packages and files that are named one by one; the rest is counted.
const MAX_NAMED: usize = 10;

/// How the reason of packages begins whose ecosystem has no records loaded.
const NO_ADVISORIES: &str = "no advisories of";

/// What is known of the advisories that the packages of an ecosystem were judged by.
#[derive(Clone, Debug)]
pub(crate) struct Basis {
    pub(crate) ecosystem: String,
    pub(crate) advisories: AdvisoryBasis,
    pub(crate) dated: Option<String>,
    pub(crate) records: u64,
    /// The sets that the records come from.
    pub(crate) feeds: Vec<FeedCoverage>,
}

/// How many packages were judged by what, and how many by nothing.
#[derive(Default)]
struct Census {
    /// Judged by the system's records, or to be judged by them.
    of_system: usize,
    /// By other ecosystems' records, by index of the basis.
    of_languages: BTreeMap<usize, usize>,
    /// Judged with the packages of the system that own their files.
    with_owner: usize,
    /// Judged by nothing, under the name of their ecosystem.
    unjudged: BTreeMap<&'static str, usize>,
    /// Judged by nothing, by reason.
    reasons: BTreeMap<String, Vec<String>>,
    /// There are packages whose ecosystem has no records loaded.
    no_advisories: bool,
    /// There are packages of a system that nobody speaks of.
    unknown_system: bool,
}

impl Census {
    fn of(inventory: &Inventory, judgement: &Judgement, system: bool) -> Self {
        let mut census = Self::default();
        let system_loaded = system && is_loaded(judgement, 0);
        for (package, ground) in inventory.packages.iter().zip(&judgement.grounds) {
            let kind = package.package.kind;
            let reason = match *ground {
                Ground::Basis(basis) => {
                    if system && basis == 0 {
                        census.of_system += 1;
                    } else if is_loaded(judgement, basis) {
                        *census.of_languages.entry(basis).or_default() += 1;
                    } else {
                        *census.unjudged.entry(ecosystem_name(kind)).or_default() += 1;
                    }
                    if is_loaded(judgement, basis) {
                        continue;
                    }
                    census.no_advisories = true;
                    let ecosystem = judgement
                        .bases
                        .get(basis)
                        .map_or("", |basis| basis.ecosystem.as_str());
                    format!("{NO_ADVISORIES} {ecosystem} are loaded")
                }
                Ground::Nothing(Unjudged::ListedAgain) => continue,
                Ground::Nothing(Unjudged::WithOwner) => {
                    census.with_owner += 1;
                    if system_loaded {
                        continue;
                    }
                    "the package of the system that owns its files is not judged".to_owned()
                }
                Ground::Nothing(reason) => {
                    census.unknown_system |= matches!(
                        reason,
                        Unjudged::UnknownDistribution | Unjudged::DistributionWithoutAdvisories
                    );
                    *census.unjudged.entry(ecosystem_name(kind)).or_default() += 1;
                    reason.reason().to_owned()
                }
            };
            census.give(reason, package);
        }
        for &index in &judgement.not_compared {
            if let Some(package) = inventory.packages.get(index) {
                let reason = "a record could not be compared with its version".to_owned();
                census.give(reason, package);
            }
        }
        census
    }

    fn give(&mut self, reason: String, package: &InventoryPackage) {
        let facts = &package.package;
        let name = format!("{} {}", facts.name, facts.version);
        self.reasons
            .entry(reason)
            .or_default()
            .push(name.trim_end().to_owned());
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
        let are = if count == 1 { "is" } else { "are" };
        format!("{} of {names} {are} listed but not judged", counted(count))
    }

    /// By reason; the most first.
    fn not_judged(self) -> Vec<NotJudged> {
        let mut groups: Vec<NotJudged> = self
            .reasons
            .into_iter()
            .map(|(reason, mut names)| {
                let packages = names.len() as u32;
                names.truncate(MAX_NAMED);
                NotJudged {
                    reason,
                    packages,
                    names,
                }
            })
            .collect();
        groups.sort_by_key(|group| std::cmp::Reverse(group.packages));
        groups
    }
}

fn is_loaded(judgement: &Judgement, basis: usize) -> bool {
    judgement
        .bases
        .get(basis)
        .is_some_and(|basis| basis.advisories != AdvisoryBasis::None)
}

/// OSV's name of the ecosystem of packages of a kind, where it has one; else a name for people.
///
/// OSV schema, section "`affected[].package` field", table of defined ecosystems.
pub(crate) const fn ecosystem_name(kind: PackageKind) -> &'static str {
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

/// Everything that [`coverage`] is told from.
pub(crate) struct Grounds<'a> {
    pub(crate) inventory: &'a Inventory,
    pub(crate) judgement: &'a Judgement,
    /// Problems of the archive, beside those of the inventory.
    pub(crate) problems: &'a [Problem],
    pub(crate) support: &'a SupportTable,
    /// `YYYY-MM-DD`, or longer.
    pub(crate) today: &'a str,
}

/// Says what was judged and what was not.
pub(crate) fn coverage(grounds: &Grounds<'_>) -> Coverage {
    let Grounds {
        inventory,
        judgement,
        today,
        ..
    } = *grounds;
    let system = inventory.operating_system.as_ref();
    let ecosystem = system.and_then(System::ecosystem);
    let basis = judgement
        .bases
        .first()
        .filter(|basis| Some(&basis.ecosystem) == ecosystem.as_ref());
    let basis_kind = basis.map_or(AdvisoryBasis::None, |basis| basis.advisories);
    let census = Census::of(inventory, judgement, basis.is_some());
    let statement = statement(inventory, judgement, basis, &census);

    let mut notes = Vec::new();
    let starter_only = basis_kind == AdvisoryBasis::Starter && census.of_system > 0;
    if starter_only {
        notes.push("severities are not known yet: the starter set holds facts from package changelogs, and no publisher's judgement; `outcrop advisories update` loads the real records".to_owned());
    }
    if census.with_owner > 0 {
        let what = if basis_kind == AdvisoryBasis::None {
            "not judged either"
        } else {
            "judged with it"
        };
        notes.push(match census.with_owner {
            1 => format!("1 package is made of files of a package of the system and {what}"),
            count => format!(
                "{count} packages are made of files of packages of the system and {}",
                what.replace("with it", "with those")
            ),
        });
    }
    let unknown_system =
        census.unknown_system || (system.is_none() && inventory.packages.is_empty());
    let no_advisories = census.no_advisories;
    if no_advisories {
        let names: Vec<&str> = (0..judgement.bases.len())
            .filter(|&index| {
                !is_loaded(judgement, index) && judgement.grounds.contains(&Ground::Basis(index))
            })
            .filter_map(|index| Some(judgement.bases.get(index)?.ecosystem.as_str()))
            .collect();
        notes.push(format!(
            "no advisories are loaded of {}: `outcrop advisories update` loads them",
            names.join(", ")
        ));
    }
    let old = old_feeds(judgement, today);
    if !old.is_empty() {
        notes.push(format!(
            "advisories are more than {OLD_AFTER_DAYS} days old: {}; `outcrop advisories update` loads newer ones",
            old.join(", ")
        ));
    }
    let support = system.and_then(|system| support(system, grounds.support, today));
    notes.extend(
        support
            .iter()
            .filter(|support| support.state != SupportState::Supported)
            .map(|support| support.statement.clone()),
    );
    let unread_files = unread_files(inventory.problems.iter().chain(grounds.problems));
    notes.extend(unread_files.iter().map(unread_note));

    let system_judged = basis_kind != AdvisoryBasis::None && census.of_system > 0;
    // Without packages of a system those of languages are enough.
    let no_system = census.of_system + census.with_owner == 0;
    let judged = (system_judged || (no_system && !census.of_languages.is_empty()))
        && census.unjudged.is_empty()
        && judgement.not_compared.is_empty();
    let ecosystems = ecosystems(judgement, ecosystem.as_deref(), basis, &census);
    let not_judged = census.not_judged();
    // Which ecosystems have none is noted already.
    let others = not_judged
        .iter()
        .filter(|group| !group.reason.starts_with(NO_ADVISORIES));
    notes.extend(others.map(|group| {
        let more = (group.packages as usize).saturating_sub(group.names.len());
        let more = match more {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let reason = &group.reason;
        format!(
            "not judged, because {reason}: {}{more}",
            group.names.join(", ")
        )
    }));

    Coverage {
        judged,
        statement,
        operating_system: system.map(|system| OperatingSystem {
            id: system.id.clone(),
            version: system.version_id.clone(),
            name: system.display_name(),
            supported: system.ecosystem().is_some(),
        }),
        ecosystems,
        notes,
        support,
        not_judged,
        unread_files,
        old_advisories: !old.is_empty(),
        starter_only,
        unknown_system,
        no_advisories,
    }
}

/// What was judged and what was not, in one sentence.
fn statement(
    inventory: &Inventory,
    judgement: &Judgement,
    basis: Option<&Basis>,
    census: &Census,
) -> String {
    let system = inventory.operating_system.as_ref();
    let name = system.map(System::display_name);
    let of_system = counted(census.of_system);
    let were = if census.of_system == 1 { "was" } else { "were" };
    let mut clauses: Vec<String> = Vec::new();
    match (&name, basis.map(|basis| (basis, basis.advisories))) {
        _ if inventory.packages.is_empty() => clauses.push(match &name {
            None => {
                "no operating system and no packages were recognised: nothing was judged".to_owned()
            }
            Some(name) => format!("{name} holds no package database: nothing was judged"),
        }),
        (None, _) => clauses.push("the operating system is not known".to_owned()),
        (Some(name), None) => clauses.push(format!(
            "{name} has no advisories that Outcrop reads, or does not tell its release"
        )),
        (Some(name), _) if census.of_system == 0 => {
            clauses.push(format!("{name} holds no package database"));
        }
        (Some(name), Some((basis, AdvisoryBasis::Feed))) => clauses.push(format!(
            "{of_system} of {name} {were} judged by {} records{}",
            basis.records,
            dated(basis)
        )),
        (Some(name), Some((basis, AdvisoryBasis::Starter))) => clauses.push(format!(
            "{of_system} of {name} {were} judged by the starter set only{}",
            dated(basis)
        )),
        (Some(name), Some((_, AdvisoryBasis::None))) => clauses.push(format!(
            "no advisories for {name} are loaded: {of_system} {were} not judged"
        )),
    }
    for (&index, &count) in &census.of_languages {
        let Some(basis) = judgement.bases.get(index) else {
            continue;
        };
        let were = if count == 1 { "was" } else { "were" };
        clauses.push(format!(
            "{} of {} {were} judged by {} records{}",
            counted(count),
            basis.ecosystem,
            basis.records,
            dated(basis)
        ));
    }
    clauses.extend(Some(census.left_over()).filter(|clause| !clause.is_empty()));
    clauses.join("; ")
}

/// The system's ecosystem first, then those of languages, then what is judged by nothing.
fn ecosystems(
    judgement: &Judgement,
    system: Option<&str>,
    basis: Option<&Basis>,
    census: &Census,
) -> Vec<EcosystemCoverage> {
    let of = |basis: &Basis, packages: usize| EcosystemCoverage {
        ecosystem: basis.ecosystem.clone(),
        packages: packages as u32,
        advisories: basis.advisories,
        dated: basis.dated.clone(),
        records: basis.records,
        feeds: basis.feeds.clone(),
    };
    let nothing = |name: &str, packages: usize| EcosystemCoverage {
        ecosystem: name.to_owned(),
        packages: packages as u32,
        advisories: AdvisoryBasis::None,
        dated: None,
        records: 0,
        feeds: Vec::new(),
    };
    let mut ecosystems = Vec::new();
    match (basis, system) {
        (Some(basis), _) => ecosystems.push(of(basis, census.of_system)),
        (None, Some(name)) => ecosystems.push(nothing(name, 0)),
        (None, None) => {}
    }
    let languages = census.of_languages.iter();
    ecosystems.extend(
        languages.filter_map(|(&index, &count)| Some(of(judgement.bases.get(index)?, count))),
    );
    let unjudged = census.unjudged.iter();
    ecosystems.extend(unjudged.map(|(name, &count)| nothing(name, count)));
    ecosystems
}

/// Feeds that packages were judged by and that are old, as `Debian (osv, 2026-01-01)`.
fn old_feeds(judgement: &Judgement, today: &str) -> Vec<String> {
    let mut old = Vec::new();
    for (index, basis) in judgement.bases.iter().enumerate() {
        // A set that no package of the image needs is nobody's concern here.
        if !judgement.grounds.contains(&Ground::Basis(index)) {
            continue;
        }
        let name = basis.ecosystem.split(':').next().unwrap_or_default();
        for feed in &basis.feeds {
            let date = feed.dated.as_deref().unwrap_or_default();
            if days_between(date, today).is_some_and(|days| days > OLD_AFTER_DAYS) {
                let day = date.get(..10).unwrap_or(date);
                let feed = if feed.starter {
                    "starter set"
                } else {
                    &feed.feed
                };
                old.push(format!("{name} ({feed}, {day})"));
            }
        }
    }
    old
}

fn dated(basis: &Basis) -> String {
    match basis.dated.as_deref().and_then(|date| date.get(..10)) {
        Some(date) => format!(" of {date}"),
        None => String::new(),
    }
}

/// Until when the release is supported; `None` where the table does not know it.
fn support(system: &System, table: &SupportTable, today: &str) -> Option<Support> {
    let today: jiff::civil::Date = today.get(..10)?.parse().ok()?;
    let ends = table.support_of_system(system, today);
    let state = match ends.state {
        State::Supported => SupportState::Supported,
        State::LongTerm => SupportState::LongTerm,
        State::Ended => SupportState::Ended,
        State::Unknown => return None,
    };
    let text = |date: Option<jiff::civil::Date>| date.map(|date| date.to_string());
    Some(Support {
        state,
        regular_ends: text(ends.regular_ends),
        long_term_ends: text(ends.long_term_ends),
        subscription_ends: text(ends.subscription_ends),
        statement: support_statement(&system.display_name(), &ends),
    })
}

fn support_statement(name: &str, ends: &Ends) -> String {
    let until = |date: Option<jiff::civil::Date>| {
        date.map_or_else(String::new, |date| format!(" until {date}"))
    };
    let on = |date: Option<jiff::civil::Date>| {
        date.map_or_else(String::new, |date| format!(" on {date}"))
    };
    let subscribers = ends.subscription_ends.map_or_else(String::new, |date| {
        format!("; subscribers get fixes until {date}")
    });
    match ends.state {
        State::Supported => format!("{name} is supported{}", until(ends.ends)),
        State::LongTerm => format!(
            "regular security support of {name} ended{}, long-term support goes on{}{subscribers}",
            on(ends.regular_ends),
            until(ends.long_term_ends)
        ),
        State::Ended => format!(
            "{name} gets no security fixes any more: its support ended{}{subscribers}",
            on(ends.ends)
        ),
        State::Unknown => format!("until when {name} is supported is not known"),
    }
}

fn unread_files<'p>(problems: impl Iterator<Item = &'p Problem>) -> Vec<UnreadFiles> {
    let mut kinds: BTreeMap<String, (u32, Vec<String>)> = BTreeMap::new();
    for problem in problems.filter(|problem| !problem.path.is_empty()) {
        let (files, paths) = kinds.entry(word(&problem.kind)).or_default();
        *files += 1;
        if paths.len() < MAX_NAMED {
            paths.push(problem.path.clone());
        }
    }
    kinds
        .into_iter()
        .map(|(kind, (files, paths))| UnreadFiles { kind, files, paths })
        .collect()
}

fn unread_note(unread: &UnreadFiles) -> String {
    let (files, are) = match unread.files {
        1 => ("1 file".to_owned(), "is"),
        count => (format!("{count} files"), "are"),
    };
    let trouble = match unread.kind.as_str() {
        "too-large" => "larger, deeper or more than is read",
        "malformed" => "broken",
        "truncated" => "cut off",
        "digest-mismatch" => "not what its digest says",
        "absent" => "named and not there",
        _ => "of a form that is not read",
    };
    format!("{files} {are} {trouble}: {}", unread.paths.join(", "))
}

/// Whole days from one RFC 3339 date to another.
fn days_between(from: &str, to: &str) -> Option<i64> {
    let day = |text: &str| text.get(..10)?.parse::<jiff::civil::Date>().ok();
    let span = day(to)?.since(day(from)?).ok()?;
    Some(i64::from(span.get_days()))
}

#[cfg(test)]
mod tests;
