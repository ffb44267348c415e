//! What a finding says, out of the records that agree on it.

use std::collections::HashSet;

use outcrop_model::{AdvisoryRecord, Enrichments, InventoryPackage, Severity, Stance};

use crate::finding::{Apart, Finding, RecordRef, Status};
use crate::matcher::RecordMatch;
use crate::publisher::{Standing, is_distribution};
use crate::range::End;
use crate::severity::from_word;

/// Most addresses that a finding carries; its records have them all.
pub const MAX_REFERENCES: usize = 32;

/// Longest summary, in characters.
pub const MAX_SUMMARY_CHARACTERS: usize = 240;

/// A record that affects the package.
pub(crate) struct Voice<'a> {
    pub(crate) found: &'a RecordMatch,
    pub(crate) record: Option<&'a AdvisoryRecord>,
    pub(crate) standing: Standing,
}

impl Voice<'_> {
    fn starter(&self) -> bool {
        self.record.is_some_and(|record| record.starter)
    }

    fn modified(&self) -> &str {
        self.record.map_or("", |record| record.modified.as_str())
    }
}

/// The finding that a group of records about one vulnerability comes to for one package, given with
/// its index.
pub(crate) fn finding(
    (index, package): (usize, &InventoryPackage),
    vulnerability: &str,
    aliases: &[String],
    mut group: Vec<Voice<'_>>,
    enrichments: &Enrichments,
) -> Option<Finding> {
    group.sort_by(|left, right| {
        (left.starter(), left.standing)
            .cmp(&(right.starter(), right.standing))
            .then_with(|| right.modified().cmp(left.modified()))
            .then_with(|| left.found.record.cmp(&right.found.record))
    });
    let deciding = group.first()?.found;
    let known = || group.iter().filter_map(|voice| voice.record);

    let urgency = group.iter().find_map(|voice| voice.found.urgency.clone());
    let unimportant = deciding.urgency.as_deref() == Some("unimportant");
    let kernel_headers = matches!(
        package.package.name.as_str(),
        "linux-libc-dev" | "kernel-headers"
    ) && matches!(package.package.judged_as().0, "linux" | "kernel");
    let enrichment = enrichments.get(vulnerability);
    let (mut severity, mut vectors) = severity_of(&group, unimportant, urgency.as_deref());
    if severity == Severity::Unknown
        && let Some(rating) = enrichment.and_then(|enrichment| enrichment.nvd.as_ref())
    {
        severity = rating.severity;
        vectors.clone_from(&rating.vectors);
    }
    // The comparison told is that whose mended version is told.
    let mends = mending(&group);
    let status = status(deciding, mends);

    Some(Finding {
        vulnerability: vulnerability.to_owned(),
        aliases: aliases.to_vec(),
        package: index,
        status,
        reason: deciding.reason.clone(),
        known_exploited: enrichment.and_then(|enrichment| enrichment.known_exploited.clone()),
        epss: enrichment.and_then(|enrichment| enrichment.epss),
        by_upstream_version: deciding.by_upstream_version,
        severity,
        vectors,
        urgency,
        apart: if kernel_headers {
            Some(Apart::KernelHeaders)
        } else {
            unimportant.then_some(Apart::Unimportant)
        },
        summary: known()
            .map(summary_of)
            .find(|text| !text.is_empty())
            .unwrap_or_default(),
        references: references_of(known()),
        reasoning: reasoning_of(mends.unwrap_or(deciding)),
        starter: group.iter().all(Voice::starter),
        records: group
            .iter()
            .map(|voice| RecordRef {
                id: voice.found.record.clone(),
                modified: voice.modified().to_owned(),
                fixed: voice.found.found.fixed().map(|fix| shown(fix).to_owned()),
                starter: voice.starter(),
                feed: voice.record.map(|record| record.feed).unwrap_or_default(),
            })
            .collect(),
    })
}

/// The first match that names a mended version.
fn mending<'a>(group: &[Voice<'a>]) -> Option<&'a RecordMatch> {
    let mut found = group.iter().map(|voice| voice.found);
    found.find(|found| found.found.fixed().is_some())
}

fn status(deciding: &RecordMatch, mends: Option<&RecordMatch>) -> Status {
    if let Some(mends) = mends
        && let Some(version) = mends.found.fixed()
    {
        let version = shown(version).to_owned();
        return if mends.stance == Some(Stance::NeedsSubscription) {
            Status::NeedsSubscription {
                version: Some(version),
            }
        } else {
            Status::FixedIn { version }
        };
    }
    match (deciding.stance, deciding.urgency.as_deref()) {
        (Some(Stance::WillNotFix), _) => Status::WillNotFix,
        (Some(Stance::EndOfLife), _) | (None, Some("end-of-life")) => Status::EndOfLife,
        // Without a version nobody mends it, subscribed or not.
        (Some(Stance::NoFixYet | Stance::NeedsSubscription), _) => Status::NoFixYet,
        (None, _) if is_distribution(&deciding.ecosystem) => Status::NoFixYet,
        // Of one under investigation too: whether it is mended is not decided either.
        _ => Status::Affected,
    }
}

/// The publisher's verdict on the package first, then each record's own, then the urgency word.
fn severity_of(
    group: &[Voice<'_>],
    unimportant: bool,
    urgency: Option<&str>,
) -> (Severity, Vec<String>) {
    let rated = group.iter().find_map(|voice| {
        let severity = voice
            .found
            .severity
            .or_else(|| voice.record.map(|record| record.severity))
            .filter(|severity| *severity != Severity::Unknown)?;
        let vectors = voice.record.map(|record| record.vectors.clone());
        Some((severity, vectors.unwrap_or_default()))
    });
    match rated {
        Some((_, vectors)) if unimportant => (Severity::Negligible, vectors),
        Some(rated) => rated,
        None => (urgency.and_then(from_word).unwrap_or_default(), Vec::new()),
    }
}

pub(crate) fn summary_of(record: &AdvisoryRecord) -> String {
    let text = if record.summary.trim().is_empty() {
        &record.details
    } else {
        &record.summary
    };
    let line = text
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty())
        .unwrap_or_default();
    match line.char_indices().nth(MAX_SUMMARY_CHARACTERS) {
        None => line.to_owned(),
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
    }
}

fn references_of<'a>(records: impl Iterator<Item = &'a AdvisoryRecord>) -> Vec<String> {
    let mut seen = HashSet::new();
    records
        .flat_map(|record| &record.references)
        .filter(|address| seen.insert(address.as_str()))
        .take(MAX_REFERENCES)
        .cloned()
        .collect()
}

/// Without an epoch of 0, which records write and installed packages do not.
fn shown(version: &str) -> &str {
    version.strip_prefix("0:").unwrap_or(version)
}

fn reasoning_of(found: &RecordMatch) -> String {
    let RecordMatch {
        name,
        version,
        record,
        ..
    } = found;
    match &found.found.end {
        End::Fixed(fixed) => format!("{name} {version} < {} ({record})", shown(fixed)),
        End::LastAffected(last) => format!("{name} {version} <= {last} ({record})"),
        End::Limit(limit) => {
            format!("{name} {version} < {limit}, where the record ends ({record})")
        }
        End::Listed => format!("{name} {version} is listed ({record})"),
        End::Open => format!("{name} {version}, no mended version is named ({record})"),
    }
}
