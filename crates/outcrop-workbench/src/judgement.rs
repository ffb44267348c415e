//! From an inventory to its findings: candidates out of the store, judged and merged.

use std::collections::HashMap;

use outcrop_advisory::{
    Candidates, Finding, Judged, NotAffected, Records, Subjects, Unjudged, findings, judge,
    subjects,
};
use outcrop_model::{Enrichments, Inventory, OperatingSystem};
use outcrop_store::Store;

use crate::coverage::Basis;
use crate::error::WorkbenchError;
use crate::report::AdvisoryBasis;

/// Packages named in a note about what could not be judged.
const MAX_NOT_JUDGED_NAMED: usize = 10;

/// What the advisories say of an image, and what that rests on.
#[derive(Debug, Default)]
pub(crate) struct Judgement {
    pub(crate) findings: Vec<Finding>,
    pub(crate) not_affected: Vec<NotAffected>,
    /// One for each ecosystem that packages of the image are of, the distribution's first.
    pub(crate) bases: Vec<Basis>,
    /// For each package of the inventory what it is judged by.
    pub(crate) grounds: Vec<Ground>,
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

/// Judges an inventory by the advisories as they are now.
pub(crate) async fn judged(
    store: &Store,
    inventory: &Inventory,
) -> Result<Judgement, WorkbenchError> {
    let subjects = subjects(inventory);
    let mut candidates = Candidates::new();
    for (ecosystem, names) in subjects.lookups() {
        let found = store.candidates(ecosystem, &names).await?;
        candidates.insert(ecosystem.to_owned(), found);
    }
    let judged = judge(&subjects, &candidates);
    let mut records = Records::new();
    for (ecosystem, ids) in judged.records() {
        records.extend(store.records(ecosystem, &ids).await?);
    }
    let (bases, grounds) = bases(store, inventory, &subjects, &judged).await?;
    let found = findings(&inventory.packages, &judged, &records, &Enrichments::new());
    Ok(Judgement {
        findings: found.findings,
        not_affected: found.not_affected,
        bases,
        grounds,
    })
}

async fn bases(
    store: &Store,
    inventory: &Inventory,
    subjects: &Subjects<'_>,
    judged: &Judged,
) -> Result<(Vec<Basis>, Vec<Ground>), WorkbenchError> {
    let system = inventory
        .operating_system
        .as_ref()
        .and_then(OperatingSystem::ecosystem);
    let mut ecosystems: Vec<&str> = system.iter().map(String::as_str).collect();
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
    let mut not_judged: HashMap<usize, Vec<String>> = HashMap::new();
    for case in &judged.not_judged {
        if let Some(package) = inventory.packages.get(case.package)
            && let Some(Ground::Basis(basis)) = grounds.get(case.package)
        {
            let facts = &package.package;
            let named = not_judged.entry(*basis).or_default();
            named.push(format!("`{}` {}", facts.name, facts.version));
            named.dedup();
        }
    }
    let mut bases = Vec::with_capacity(ecosystems.len());
    for (index, ecosystem) in ecosystems.into_iter().enumerate() {
        let mut not_judged = not_judged.remove(&index).unwrap_or_default();
        if not_judged.len() > MAX_NOT_JUDGED_NAMED {
            let more = not_judged.split_off(MAX_NOT_JUDGED_NAMED).len();
            not_judged.push(format!("{more} more"));
        }
        let feed = store.feed(ecosystem).await?;
        bases.push(Basis {
            ecosystem: ecosystem.to_owned(),
            advisories: match &feed {
                None => AdvisoryBasis::None,
                Some(feed) if feed.starter => AdvisoryBasis::Starter,
                Some(_) => AdvisoryBasis::Feed,
            },
            dated: feed
                .as_ref()
                .map(|feed| feed.newest_modified.unwrap_or(feed.imported_at).to_string()),
            records: feed.map_or(0, |feed| feed.records),
            not_judged,
        });
    }
    Ok((bases, grounds))
}
