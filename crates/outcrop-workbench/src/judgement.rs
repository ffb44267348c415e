//! From an inventory to its findings: candidates out of the store, judged and merged.

use std::collections::HashMap;

use jiff::Timestamp;
use outcrop_advisory::{
    CandidateSource, Finding, NotAffected, Records, Subjects, Unjudged, cves, findings, judge,
    subjects,
};
use outcrop_model::{Candidate, Inventory, OperatingSystem};
use outcrop_store::{CandidateRows, Feed, Store};

use crate::coverage::Basis;
use crate::error::WorkbenchError;
use crate::report::{AdvisoryBasis, FeedCoverage};

/// What the advisories say of an image, and what that rests on.
#[derive(Debug, Default)]
pub(crate) struct Judgement {
    pub(crate) findings: Vec<Finding>,
    pub(crate) not_affected: Vec<NotAffected>,
    /// One for each ecosystem that packages of the image are of, the distribution's first.
    pub(crate) bases: Vec<Basis>,
    /// For each package of the inventory what it is judged by.
    pub(crate) grounds: Vec<Ground>,
    /// Packages that a record could not be compared with, by index, each once.
    pub(crate) not_compared: Vec<usize>,
}

/// What a package is judged by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ground {
    /// By the records of this ecosystem, an index into [`Judgement::bases`].
    Basis(usize),
    /// By no records.
    Nothing(Unjudged),
}

impl Judgement {
    /// Whether records were looked through for a package, or for the package of the system that
    /// owns its files and whose publisher answers for them.
    pub(crate) fn is_judged(&self, package: usize) -> bool {
        if self.not_compared.binary_search(&package).is_ok() {
            return false;
        }
        let basis = match self.grounds.get(package) {
            Some(Ground::Basis(basis)) => *basis,
            // The distribution's.
            Some(Ground::Nothing(Unjudged::WithOwner)) => 0,
            Some(Ground::Nothing(reason)) => return !reason.is_gap(),
            None => return false,
        };
        self.bases
            .get(basis)
            .is_some_and(|basis| basis.advisories != AdvisoryBasis::None)
    }
}

/// Candidates as the store holds them, by ecosystem with its release.
#[derive(Default)]
struct StoredCandidates(HashMap<String, CandidateRows>);

impl CandidateSource for StoredCandidates {
    fn candidates_into(
        &self,
        ecosystem: &str,
        name: &str,
        into: &mut Vec<Candidate>,
        count: usize,
    ) -> usize {
        let rows = self.0.get(ecosystem);
        rows.map_or(count, |rows| rows.get_into(name, into, count))
    }
}

/// Judges an inventory by the advisories as they are now.
pub(crate) async fn judged(
    store: &Store,
    inventory: &Inventory,
) -> Result<Judgement, WorkbenchError> {
    let subjects = subjects(inventory);
    let mut candidates = StoredCandidates::default();
    for (ecosystem, names) in subjects.lookups() {
        let rows = store.candidate_rows(ecosystem, &names).await?;
        candidates.0.insert(ecosystem.to_owned(), rows);
    }
    let judged = judge(&subjects, &candidates);
    let mut records = Records::new();
    for (ecosystem, ids) in judged.records() {
        records.extend(store.records(ecosystem, &ids).await?);
    }
    let enrichments = store.enrichments(&cves(&judged, &records)).await?;
    let (bases, grounds) = bases(store, inventory, &subjects).await?;
    let found = findings(&inventory.packages, &judged, &records, &enrichments);
    let mut not_compared: Vec<usize> = judged.not_judged.iter().map(|case| case.package).collect();
    not_compared.sort_unstable();
    not_compared.dedup();
    Ok(Judgement {
        findings: found.findings,
        not_affected: found.not_affected,
        bases,
        grounds,
        not_compared,
    })
}

async fn bases(
    store: &Store,
    inventory: &Inventory,
    subjects: &Subjects<'_>,
) -> Result<(Vec<Basis>, Vec<Ground>), WorkbenchError> {
    let system = inventory
        .operating_system
        .as_ref()
        .map(OperatingSystem::ecosystems)
        .unwrap_or_default();
    let mut ecosystems: Vec<&str> = system.first().map(String::as_str).into_iter().collect();
    let mut grounds = Vec::with_capacity(inventory.packages.len());
    for index in 0..inventory.packages.len() {
        let Some(subject) = subjects.of(index) else {
            let reason = subjects.why_unjudged(index);
            grounds.push(Ground::Nothing(reason.unwrap_or(Unjudged::NoAdvisories)));
            continue;
        };
        let name = subject.ecosystem();
        let known = ecosystems.iter().position(|ecosystem| *ecosystem == name);
        grounds.push(Ground::Basis(known.unwrap_or_else(|| {
            ecosystems.push(name);
            ecosystems.len() - 1
        })));
    }
    let mut bases = Vec::with_capacity(ecosystems.len());
    for ecosystem in ecosystems {
        // A distribution's release can be told by several ecosystems, as by repository.
        let releases: Vec<&str> = if system.first().is_some_and(|first| first == ecosystem) {
            system.iter().map(String::as_str).collect()
        } else {
            vec![ecosystem]
        };
        bases.push(basis(store, ecosystem, &releases).await?);
    }
    Ok((bases, grounds))
}

async fn basis(store: &Store, ecosystem: &str, releases: &[&str]) -> Result<Basis, WorkbenchError> {
    let mut speaks = false;
    for release in releases {
        speaks = speaks || store.speaks_of(release).await?;
    }
    let mut sets = store.feeds_of(ecosystem).await?;
    if !speaks {
        // Of other releases alone: that is no answer for this one.
        sets.clear();
    }
    let feeds: Vec<FeedCoverage> = sets.iter().map(feed_coverage).collect();
    Ok(Basis {
        ecosystem: ecosystem.to_owned(),
        advisories: match sets.first() {
            None => AdvisoryBasis::None,
            Some(_) if sets.iter().all(|set| set.starter) => AdvisoryBasis::Starter,
            Some(_) => AdvisoryBasis::Feed,
        },
        dated: feeds.iter().filter_map(|feed| feed.dated.clone()).max(),
        records: sets.iter().map(|set| set.records).sum(),
        feeds,
    })
}

/// When a set was exported, as its publisher says or its records tell; some carry the year 1.
pub(crate) fn dated(set: &Feed) -> Option<Timestamp> {
    set.exported_at
        .or(set.newest_modified)
        .filter(|time| *time > Timestamp::UNIX_EPOCH)
}

fn feed_coverage(set: &Feed) -> FeedCoverage {
    let dated = dated(set);
    FeedCoverage {
        feed: set.kind.as_str().to_owned(),
        source: set.source.clone(),
        dated: Some(dated.unwrap_or(set.imported_at).to_string()),
        records: set.records,
        starter: set.starter,
    }
}
