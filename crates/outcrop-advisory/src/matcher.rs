//! Which candidates affect which packages.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};
use std::num::NonZero;
use std::panic::resume_unwind;

use outcrop_model::version::{VersionOrder, order_of};
use outcrop_model::{
    AdvisoryRecord, AffectedPackage, Candidate, Event, PackageKind, Severity, Stance,
};

use crate::publisher::{Standing, is_distribution};
use crate::range::{Match, Verdict, affected_by};
use crate::subject::{Modularity, Subject, Subjects, is_modular};

/// Fewer packages than these are judged by one thread.
const FEW: usize = 256;

/// Candidates by ecosystem with its release, then by name.
pub type Candidates = HashMap<String, HashMap<String, Vec<Candidate>>>;

/// Where candidates come from. Asked name by name, so that hundreds of thousands of them need not
/// be held at once.
pub trait CandidateSource: Sync {
    /// Writes the candidates of `name` in `ecosystem`, with its release, behind the first `count`
    /// of `into`; answers with how many of `into` count then. What stands behind those is left over
    /// from earlier names and may be written over, which saves allocations.
    fn candidates_into(
        &self,
        ecosystem: &str,
        name: &str,
        into: &mut Vec<Candidate>,
        count: usize,
    ) -> usize;
}

impl CandidateSource for Candidates {
    fn candidates_into(
        &self,
        ecosystem: &str,
        name: &str,
        into: &mut Vec<Candidate>,
        count: usize,
    ) -> usize {
        into.truncate(count);
        let by_name = self.get(ecosystem);
        let found = by_name.and_then(|by_name| by_name.get(name));
        into.extend(found.into_iter().flatten().cloned());
        into.len()
    }
}

/// A record that affects a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordMatch {
    /// Index of the package in the inventory.
    pub package: usize,
    /// Identifier of the record.
    pub record: String,
    /// The ecosystem with its release whose entry decided.
    pub ecosystem: String,
    /// The name that the record speaks of.
    pub name: String,
    /// The version that was compared.
    pub version: String,
    /// Why.
    pub found: Match,
    /// The publisher's urgency word for this package.
    pub urgency: Option<String>,
    /// The severity stated for this package alone.
    pub severity: Option<Severity>,
    /// What the publisher says beyond the range.
    pub stance: Option<Stance>,
    /// Its reason, in its words.
    pub reason: Option<String>,
    /// True where the version of the upstream alone was judged.
    pub by_upstream_version: bool,
}

/// A record that could not be judged for a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotJudged {
    /// Index of the package.
    pub package: usize,
    /// Identifier of the record.
    pub record: String,
    /// The version that is none of the ecosystem.
    pub version: String,
}

/// A record that says a package is not affected, whatever its version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cleared {
    /// Index of the package.
    pub package: usize,
    /// Identifier of the record.
    pub record: String,
    /// The ecosystem with its release whose entry decided.
    pub ecosystem: String,
    /// The publisher's reason, in its words.
    pub reason: Option<String>,
}

/// The answers for the packages of an inventory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judged {
    /// Affecting records, by package.
    pub matches: Vec<RecordMatch>,
    /// Records of a distribution that speak of a package of it and whose versions clear it; kept
    /// only where a record that counts for less affects the package, because they may overrule it.
    pub mended: Vec<Cleared>,
    /// Records that say a package is not affected at all.
    pub not_affected: Vec<Cleared>,
    /// What could not be judged.
    pub not_judged: Vec<NotJudged>,
}

impl Judged {
    fn append(&mut self, mut other: Self) {
        self.matches.append(&mut other.matches);
        self.mended.append(&mut other.mended);
        self.not_affected.append(&mut other.not_affected);
        self.not_judged.append(&mut other.not_judged);
    }

    /// The records to fetch for [`findings`](crate::merge::findings): by ecosystem with its release
    /// the identifiers, each once, sorted.
    pub fn records(&self) -> BTreeMap<&str, Vec<&str>> {
        let mut records: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for found in &self.matches {
            records
                .entry(&found.ecosystem)
                .or_default()
                .push(&found.record);
        }
        for ids in records.values_mut() {
            ids.sort_unstable();
            ids.dedup();
        }
        records
    }
}

/// Judges every subject by what the records say of its names in its ecosystems.
///
/// Only entries of exactly those ecosystems and releases count. One record gives one answer for a
/// package, whatever number of entries it has:
/// - of several mended versions the lowest above the installed one;
/// - for RPM packages a build of the same minor stream (`el9_2`, `module_el8.5.0`) decides before
///   those of others, and entries of modules speak of packages of that module alone;
/// - `not affected` overrules an entry that knows of no fix, and no entry that names one;
/// - a fix for subscribers counts where the plain release has none.
pub fn judge(subjects: &Subjects<'_>, source: &impl CandidateSource) -> Judged {
    let subjects = subjects.judged();
    let threads = match subjects.len() {
        0..FEW => 1,
        _ => std::thread::available_parallelism().map_or(1, NonZero::get),
    };
    let size = subjects.len().div_ceil(threads).max(1);
    std::thread::scope(|scope| {
        let mut parts = subjects.chunks(size);
        let first = parts.next().unwrap_or_default();
        let others: Vec<_> = parts
            .map(|part| scope.spawn(move || judge_part(part, source)))
            .collect();
        let mut judged = judge_part(first, source);
        for other in others {
            judged.append(other.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
        judged
    })
}

fn judge_part(subjects: &[Subject<'_>], source: &impl CandidateSource) -> Judged {
    let mut judged = Judged::default();
    let mut candidates: Vec<Candidate> = Vec::new();
    for subject in subjects {
        let Some(order) = subject.order() else {
            continue;
        };
        let mut count = 0;
        for ecosystem in subject.ecosystems.iter() {
            for name in &subject.names {
                count = source.candidates_into(ecosystem, name, &mut candidates, count);
            }
        }
        let mut gathered: Vec<(&str, &AffectedPackage)> = candidates[..count]
            .iter()
            .flat_map(|candidate| {
                let entries = candidate.affected.iter();
                entries.map(|entry| (candidate.record.as_str(), entry))
            })
            .collect();
        gathered.sort_by_key(|(record, _)| *record);
        judge_subject(subject, order, &gathered, &mut judged);
    }
    judged
}

fn judge_subject(
    subject: &Subject<'_>,
    order: &dyn VersionOrder,
    gathered: &[(&str, &AffectedPackage)],
    judged: &mut Judged,
) {
    let before = judged.matches.len();
    let is_version = order.compare(&subject.version, &subject.version).is_some();
    let stream = minor_stream(&subject.version).filter(|_| subject.kind == PackageKind::Rpm);
    let cleared = |record: &str, entry: &AffectedPackage| Cleared {
        package: subject.package,
        record: record.to_owned(),
        ecosystem: entry.ecosystem.clone(),
        reason: entry.reason.clone(),
    };
    let mut mended: Vec<(&str, &AffectedPackage)> = Vec::new();
    for entries in gathered.chunk_by(|left, right| left.0 == right.0) {
        let record = entries.first().map_or("", |(record, _)| record);
        match answer(subject, stream, is_version.then_some(order), entries) {
            Answer::Affected(found, entry) => judged.matches.push(RecordMatch {
                package: subject.package,
                record: record.to_owned(),
                ecosystem: entry.ecosystem.clone(),
                name: entry.name.clone(),
                version: subject.version.clone().into_owned(),
                found,
                urgency: entry.urgency.clone(),
                severity: entry.severity,
                stance: entry.stance,
                reason: entry.reason.clone(),
                by_upstream_version: subject.by_upstream_version,
            }),
            Answer::Mended(entry) => mended.push((record, entry)),
            Answer::NotAffected(entry) => judged.not_affected.push(cleared(record, entry)),
            Answer::Silent => {}
            Answer::NotJudged(version) => judged.not_judged.push(NotJudged {
                package: subject.package,
                record: record.to_owned(),
                version,
            }),
        }
    }
    if is_distribution(subject.ecosystem()) {
        let found = judged.matches[before..].iter();
        let least = found
            .map(|found| Standing::of(&found.record, &found.ecosystem))
            .max();
        if let Some(least) = least {
            let overrule = mended
                .into_iter()
                .filter(|(record, entry)| Standing::of(record, &entry.ecosystem) < least);
            judged
                .mended
                .extend(overrule.map(|(record, entry)| cleared(record, entry)));
        }
    }
}

/// Candidates of whole records, as a store would answer; withdrawn records give none.
pub fn candidates_of<'a>(
    records: impl IntoIterator<Item = &'a AdvisoryRecord>,
    lookups: &BTreeMap<&str, Vec<&str>>,
) -> Candidates {
    let mut candidates = Candidates::new();
    for record in records {
        if record.withdrawn.is_some() {
            continue;
        }
        for entry in &record.affected {
            let asked = lookups
                .get(entry.ecosystem.as_str())
                .is_some_and(|names| names.binary_search(&entry.name.as_str()).is_ok());
            if !asked {
                continue;
            }
            let by_name = candidates.entry(entry.ecosystem.clone()).or_default();
            let list = by_name.entry(entry.name.clone()).or_default();
            match list.last_mut() {
                Some(known) if known.record == record.id => known.affected.push(entry.clone()),
                _ => list.push(Candidate {
                    record: record.id.clone(),
                    affected: vec![entry.clone()],
                }),
            }
        }
    }
    candidates
}

impl Subject<'_> {
    /// The order in which its versions are compared. Packages of a system have that of their
    /// format, whoever distributes them.
    pub fn order(&self) -> Option<&'static dyn VersionOrder> {
        if self.without_epoch {
            return Some(&WithoutEpoch);
        }
        order_of(match self.kind {
            PackageKind::Deb => "Debian",
            PackageKind::Apk => "Alpine",
            PackageKind::Rpm => "Red Hat",
            _ => self.ecosystem(),
        })
    }

    /// Whether an entry of its name speaks of it as it is built: of its module stream, and of its
    /// binary package where the entry names those that it means.
    pub fn is_meant_by(&self, entry: &AffectedPackage) -> bool {
        if !entry.binaries.is_empty() && !entry.binaries.iter().any(|name| name == self.binary) {
            return false;
        }
        if self.kind != PackageKind::Rpm {
            return true;
        }
        // A word about the source package holds for all that is built from it; its versions don't.
        let of_source = self.names.len() > 1 && entry.name != self.binary;
        if of_source && (entry.stance.is_none() || !entry.binaries.is_empty()) {
            return false;
        }
        match (self.module, entry.module.as_deref()) {
            (Modularity::Plain, None) => !speaks_of_modules(entry),
            (Modularity::Plain, Some(_)) => false,
            (Modularity::Unnamed, module) => module.is_some() || speaks_of_modules(entry),
            (Modularity::Stream(_), None) => speaks_of_modules(entry),
            (Modularity::Stream(stream), Some(meant)) => stream == meant,
        }
    }
}

/// The order of RPM for versions of which one has no known epoch. Within a release a package keeps
/// its epoch, so what is left decides.
struct WithoutEpoch;

impl VersionOrder for WithoutEpoch {
    fn ecosystem(&self) -> &'static str {
        "Red Hat"
    }

    fn compare(&self, left: &str, right: &str) -> Option<Ordering> {
        let rest = |version| match str::split_once(version, ':') {
            Some((_, rest)) => rest,
            None => version,
        };
        order_of(self.ecosystem())?.compare(rest(left), rest(right))
    }
}

enum Answer<'a> {
    Affected(Match, &'a AffectedPackage),
    /// The version is past what the record speaks of.
    Mended(&'a AffectedPackage),
    NotAffected(&'a AffectedPackage),
    Silent,
    NotJudged(String),
}

/// What the entries of one record come to for one package.
#[derive(Default)]
struct Tally<'a> {
    /// Affected, and the lowest version that mends it.
    fix: Option<(Match, &'a AffectedPackage)>,
    /// Affected without a fix, nothing else said.
    open: Option<(Match, &'a AffectedPackage)>,
    /// Affected without a fix, by the publisher's explicit word.
    stated: Option<(Match, &'a AffectedPackage)>,
    /// The same for what subscribers get.
    subscription: Option<(Match, &'a AffectedPackage)>,
    subscription_mends: Option<&'a AffectedPackage>,
    not_affected: Option<&'a AffectedPackage>,
    mended: Option<&'a AffectedPackage>,
    unjudged: Option<String>,
}

/// `stream` is the minor stream of an RPM package's version; without an order the version is none
/// of the ecosystem.
fn answer<'a>(
    subject: &Subject<'_>,
    stream: Option<&str>,
    order: Option<&dyn VersionOrder>,
    entries: &[(&'a str, &'a AffectedPackage)],
) -> Answer<'a> {
    let mut tally = Tally::default();
    let concerned = || {
        let entries = entries.iter().map(|(_, entry)| *entry);
        entries.filter(|entry| subject.is_meant_by(entry))
    };
    if let (Some(stream), Some(order)) = (stream, order)
        && let Some(entry) = mended_in_stream(&subject.version, stream, concerned(), order)
    {
        return Answer::Mended(entry);
    }
    for entry in concerned() {
        if entry.stance == Some(Stance::NotAffected) {
            tally.not_affected.get_or_insert(entry);
            continue;
        }
        let Some(order) = order else {
            tally
                .unjudged
                .get_or_insert_with(|| subject.version.clone().into_owned());
            continue;
        };
        let subscription = entry.stance == Some(Stance::NeedsSubscription);
        match affected_by(&subject.version, entry, order) {
            Verdict::Affected(found) => {
                let place = match (subscription, found.fixed(), entry.stance) {
                    (true, ..) => &mut tally.subscription,
                    (_, Some(_), _) => &mut tally.fix,
                    (_, None, Some(_)) => &mut tally.stated,
                    (_, None, None) => &mut tally.open,
                };
                let lower = place
                    .as_ref()
                    .is_none_or(|(known, _)| is_lower(&found, known, order));
                if lower {
                    *place = Some((found, entry));
                }
            }
            Verdict::NotAffected if subscription => {
                tally.subscription_mends.get_or_insert(entry);
            }
            Verdict::NotAffected => {
                tally.mended.get_or_insert(entry);
            }
            Verdict::NotJudged { version } => {
                tally.unjudged.get_or_insert(version);
            }
        }
    }
    tally.answer()
}

impl<'a> Tally<'a> {
    fn answer(self) -> Answer<'a> {
        if let Some((found, entry)) = self.fix {
            return Answer::Affected(found, entry);
        }
        if let Some(entry) = self.not_affected {
            return Answer::NotAffected(entry);
        }
        let mended = self.mended.filter(|_| self.open.is_none());
        if let Some(entry) = mended.or(self.subscription_mends)
            && self.unjudged.is_none()
        {
            return Answer::Mended(entry);
        }
        // A fix for subscribers, else the plain release's own word, else theirs.
        let (for_subscribers, without) = match self.subscription {
            Some((found, entry)) if found.fixed().is_some() => (Some((found, entry)), None),
            without => (None, without),
        };
        if let Some((found, entry)) = for_subscribers.or(self.open).or(self.stated).or(without) {
            return Answer::Affected(found, entry);
        }
        self.unjudged.map_or(Answer::Silent, Answer::NotJudged)
    }
}

fn speaks_of_modules(entry: &AffectedPackage) -> bool {
    fixes(entry).any(is_modular)
}

fn fixes(entry: &AffectedPackage) -> impl Iterator<Item = &str> {
    let events = entry.ranges.iter().flat_map(|range| &range.events);
    events.filter_map(|event| match event {
        Event::Fixed(version) => Some(version.as_str()),
        _ => None,
    })
}

/// The first entry that names a mended build of the version's own minor stream, where none of that
/// stream is above it: `7.76.1-23.el9_2.4` mends `el9_2`, though `el9_3` has its fix in a higher
/// version.
fn mended_in_stream<'a>(
    version: &str,
    stream: &str,
    entries: impl Iterator<Item = &'a AffectedPackage>,
    order: &dyn VersionOrder,
) -> Option<&'a AffectedPackage> {
    let mut mended = None;
    for entry in entries {
        for fix in fixes(entry).filter(|fix| minor_stream(fix) == Some(stream)) {
            match order.compare(fix, version) {
                Some(Ordering::Less | Ordering::Equal) => mended = mended.or(Some(entry)),
                _ => return None,
            }
        }
    }
    mended
}

/// `el9_2` of `26.el9_2.4`; `el8.5.0` of `18.module_el8.5.0+2632+14ced695`.
fn minor_stream(version: &str) -> Option<&str> {
    let (_, release) = version.rsplit_once('-')?;
    let tag = match release.split_once(".module") {
        Some((_, module)) => module.get(1..)?.split('+').next()?,
        None => {
            let tag = &release[release.find(".el")? + 1..];
            tag.split('.').next()?
        }
    };
    tag.contains(['_', '.']).then_some(tag)
}

fn is_lower(found: &Match, known: &Match, order: &dyn VersionOrder) -> bool {
    match (found.fixed(), known.fixed()) {
        (Some(found), Some(known)) => order.compare(found, known) == Some(Ordering::Less),
        (found, known) => found.is_some() && known.is_none(),
    }
}

#[cfg(test)]
mod tests;
