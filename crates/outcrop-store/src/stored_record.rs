//! How a record lies in the database: a head, and one compact row for each ecosystem and name.

use std::collections::BTreeMap;

use outcrop_model::{AdvisoryRecord, AffectedPackage, Event, Range, RangeKind, Severity, Stance};
use serde::{Deserialize, Serialize};

/// OSV's name of an ecosystem without its release.
pub(crate) fn ecosystem_name(ecosystem: &str) -> &str {
    ecosystem.split(':').next().unwrap_or(ecosystem)
}

/// An entry without the ecosystem and name of its row; member names are short because there are
/// millions of them.
#[derive(Serialize, Deserialize)]
struct Entry {
    #[serde(rename = "r", default, skip_serializing_if = "Vec::is_empty")]
    ranges: Vec<CompactRange>,
    #[serde(rename = "v", default, skip_serializing_if = "Vec::is_empty")]
    versions: Vec<String>,
    #[serde(rename = "u", default, skip_serializing_if = "Option::is_none")]
    urgency: Option<String>,
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    severity: Option<Severity>,
    #[serde(rename = "t", default, skip_serializing_if = "Option::is_none")]
    stance: Option<Stance>,
    #[serde(rename = "w", default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(rename = "m", default, skip_serializing_if = "Option::is_none")]
    module: Option<String>,
    #[serde(rename = "b", default, skip_serializing_if = "Vec::is_empty")]
    binaries: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct CompactRange(Kind, Vec<CompactEvent>);

#[derive(Serialize, Deserialize)]
enum Kind {
    #[serde(rename = "e")]
    Ecosystem,
    #[serde(rename = "s")]
    Semver,
    #[serde(rename = "g")]
    Git,
}

#[derive(Serialize, Deserialize)]
enum CompactEvent {
    #[serde(rename = "i")]
    Introduced(String),
    #[serde(rename = "f")]
    Fixed(String),
    #[serde(rename = "l")]
    LastAffected(String),
    #[serde(rename = "m")]
    Limit(String),
}

impl From<Range> for CompactRange {
    fn from(range: Range) -> Self {
        let kind = match range.kind {
            RangeKind::Ecosystem => Kind::Ecosystem,
            RangeKind::Semver => Kind::Semver,
            RangeKind::Git => Kind::Git,
        };
        let event = |event| match event {
            Event::Introduced(at) => CompactEvent::Introduced(at),
            Event::Fixed(at) => CompactEvent::Fixed(at),
            Event::LastAffected(at) => CompactEvent::LastAffected(at),
            Event::Limit(at) => CompactEvent::Limit(at),
        };
        Self(kind, range.events.into_iter().map(event).collect())
    }
}

impl From<CompactRange> for Range {
    fn from(CompactRange(kind, events): CompactRange) -> Self {
        let event = |event| match event {
            CompactEvent::Introduced(at) => Event::Introduced(at),
            CompactEvent::Fixed(at) => Event::Fixed(at),
            CompactEvent::LastAffected(at) => Event::LastAffected(at),
            CompactEvent::Limit(at) => Event::Limit(at),
        };
        Self {
            kind: match kind {
                Kind::Ecosystem => RangeKind::Ecosystem,
                Kind::Semver => RangeKind::Semver,
                Kind::Git => RangeKind::Git,
            },
            events: events.into_iter().map(event).collect(),
        }
    }
}

/// A record cut into what the tables hold.
pub(crate) struct Row {
    pub(crate) id: String,
    pub(crate) head: String,
    pub(crate) places: String,
    /// Ecosystem with release, name, entries.
    pub(crate) affected: Vec<(String, String, String)>,
}

impl Row {
    /// `None` for an identifier that cannot be kept. Only entries of `ecosystem` (without release)
    /// are taken: the others come with their own feed. A withdrawn record has no rows.
    pub(crate) fn of(mut record: AdvisoryRecord, ecosystem: &str) -> Option<Self> {
        if record.id.is_empty() || record.id.contains(char::is_control) {
            return None;
        }
        let mut places: BTreeMap<(String, String), Vec<Entry>> = BTreeMap::new();
        let affected = std::mem::take(&mut record.affected);
        if record.withdrawn.is_none() {
            for package in affected {
                if ecosystem_name(&package.ecosystem) != ecosystem {
                    continue;
                }
                // Commits are never matched; a record whole of them would be dead weight.
                let ranges = package.ranges.into_iter();
                places
                    .entry((package.ecosystem, package.name))
                    .or_default()
                    .push(Entry {
                        ranges: ranges
                            .filter(|range| range.kind != RangeKind::Git)
                            .map(CompactRange::from)
                            .collect(),
                        versions: package.versions,
                        urgency: package.urgency,
                        severity: package.severity,
                        stance: package.stance,
                        reason: package.reason,
                        module: package.module,
                        binaries: package.binaries,
                    });
            }
        }
        let keys: Vec<&(String, String)> = places.keys().collect();
        Some(Self {
            places: serde_json::to_string(&keys).ok()?,
            head: serde_json::to_string(&record).ok()?,
            affected: places
                .into_iter()
                .map(|((ecosystem, name), entries)| {
                    Some((ecosystem, name, serde_json::to_string(&entries).ok()?))
                })
                .collect::<Option<_>>()?,
            id: record.id,
        })
    }

    /// How many bytes stand in its rows of `records` and `affected`.
    pub(crate) fn bytes(&self) -> usize {
        let affected = self.affected.iter().map(|(ecosystem, name, entries)| {
            ecosystem.len() + name.len() + entries.len() + self.id.len()
        });
        self.id.len() + self.head.len() + self.places.len() + affected.sum::<usize>()
    }
}

/// The entries of one row.
pub(crate) fn entries(ecosystem: &str, name: &str, json: &str) -> Vec<AffectedPackage> {
    let entries: Vec<Entry> = serde_json::from_str(json).unwrap_or_default();
    entries
        .into_iter()
        .map(|entry| AffectedPackage {
            ecosystem: ecosystem.to_owned(),
            name: name.to_owned(),
            ranges: entry.ranges.into_iter().map(Range::from).collect(),
            versions: entry.versions,
            urgency: entry.urgency,
            severity: entry.severity,
            stance: entry.stance,
            reason: entry.reason,
            module: entry.module,
            binaries: entry.binaries,
        })
        .collect()
}
