//! Which candidates affect which packages.

use std::collections::HashMap;

use outcrop_model::version::{VersionOrder, order_of};
use outcrop_model::{AdvisoryRecord, Candidate, InventoryPackage, PackageKind};

use crate::range::{Match, Verdict, affected};

/// Candidates by package name, all of one ecosystem with its release.
pub type Candidates = HashMap<String, Vec<Candidate>>;

/// A record that affects a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordMatch {
    /// Index of the package in the list that was judged.
    pub package: usize,
    /// Identifier of the record.
    pub record: String,
    /// Why.
    pub found: Match,
    /// The publisher's urgency word for this package.
    pub urgency: Option<String>,
    /// The severity stated for this package alone.
    pub severity: Option<outcrop_model::Severity>,
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

/// The answers for a list of packages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judged {
    /// Affecting records, by package and then in the order of the candidates.
    pub matches: Vec<RecordMatch>,
    /// Records that speak of a package and clear it; kept only for packages that some other record
    /// affects, because there they overrule advisories about several vulnerabilities.
    pub cleared: Vec<(usize, String)>,
    /// What could not be judged.
    pub not_judged: Vec<NotJudged>,
}

/// The names to fetch candidates for, without duplicates: those by which advisories judge.
pub fn names<'a>(packages: &'a [InventoryPackage], ecosystem: &str) -> Vec<&'a str> {
    let mut names: Vec<&str> = packages
        .iter()
        .filter(|package| judges(ecosystem, package.package.kind))
        .map(|package| package.package.judged_as().0)
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Judges every package of `ecosystem` (with its release, as `Debian:12`) by its source name and
/// source version.
///
/// Only entries of exactly that ecosystem and release count. Packages of other kinds and
/// ecosystems without a version order have no answer here; coverage tells of them.
pub fn judge(packages: &[InventoryPackage], ecosystem: &str, candidates: &Candidates) -> Judged {
    let mut judged = Judged::default();
    let Some(order) = order_of(ecosystem) else {
        return judged;
    };
    for (index, package) in packages.iter().enumerate() {
        if !judges(ecosystem, package.package.kind) {
            continue;
        }
        let (name, version) = package.package.judged_as();
        let Some(candidates) = candidates.get(name) else {
            continue;
        };
        let before = judged.matches.len();
        let mut cleared = Vec::new();
        for candidate in candidates {
            match judge_candidate(version, name, ecosystem, candidate, order) {
                Answer::Affected(found) => judged.matches.push(RecordMatch {
                    package: index,
                    ..found
                }),
                Answer::Cleared => cleared.push(candidate.record.as_str()),
                Answer::Silent => {}
                Answer::NotJudged(version) => judged.not_judged.push(NotJudged {
                    package: index,
                    record: candidate.record.clone(),
                    version,
                }),
            }
        }
        if judged.matches.len() > before {
            let kept = cleared.into_iter().map(|record| (index, record.to_owned()));
            judged.cleared.extend(kept);
        }
    }
    judged
}

/// Candidates of whole records, as a store would answer; withdrawn records give none.
pub fn candidates_of<'a>(
    records: impl IntoIterator<Item = &'a AdvisoryRecord>,
    ecosystem: &str,
) -> Candidates {
    let mut candidates = Candidates::new();
    for record in records {
        if record.withdrawn.is_some() {
            continue;
        }
        for entry in &record.affected {
            if entry.ecosystem != ecosystem {
                continue;
            }
            let list = candidates.entry(entry.name.clone()).or_default();
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

/// Whether the records of `ecosystem`, which may carry a release, speak of packages of `kind`.
pub fn judges(ecosystem: &str, kind: PackageKind) -> bool {
    let name = ecosystem.split(':').next().unwrap_or(ecosystem);
    name == "Debian" && kind == PackageKind::Deb
}

enum Answer {
    Affected(RecordMatch),
    Cleared,
    Silent,
    NotJudged(String),
}

fn judge_candidate(
    version: &str,
    name: &str,
    ecosystem: &str,
    candidate: &Candidate,
    order: &dyn VersionOrder,
) -> Answer {
    let mut answer = Answer::Silent;
    for entry in &candidate.affected {
        if entry.ecosystem != ecosystem || entry.name != name {
            continue;
        }
        match affected(version, entry, order) {
            Verdict::Affected(found) => {
                return Answer::Affected(RecordMatch {
                    package: 0,
                    record: candidate.record.clone(),
                    found,
                    urgency: entry.urgency.clone(),
                    severity: entry.severity,
                });
            }
            Verdict::NotAffected if matches!(answer, Answer::Silent) => answer = Answer::Cleared,
            Verdict::NotAffected => {}
            Verdict::NotJudged { version } => answer = Answer::NotJudged(version),
        }
    }
    answer
}
