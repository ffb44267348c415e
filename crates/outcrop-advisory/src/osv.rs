//! One OSV record from its JSON.
//!
//! OSV schema, `docs/schema.md`, versions 1.3 to 1.9. Live records mix these and some name none,
//! so nothing here depends on `schema_version`: members that are not used, severity types and
//! range types that are not known are passed over, absent and `null` members are empty.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use outcrop_model::{
    AdvisoryRecord, AffectedPackage, Event, FeedKind, Range, RangeKind, Severity, Stance,
};
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::classes::cve_of;
use crate::names::normalised;
use crate::publisher::{is_bug_fix_notice, is_notice};
use crate::severity;
use crate::subject::is_modular;

/// Largest record that is read, in bytes; the largest known ones are near 3 MB.
pub const MAX_RECORD_BYTES: usize = 16 * 1024 * 1024;

/// Most packages that a record may name; the largest known updates name near 10,000.
pub const MAX_AFFECTED: usize = 50_000;

/// Longest identifier that is taken for one, in bytes.
pub const MAX_ID_BYTES: usize = 256;

/// Why bytes are no record.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// Larger than [`MAX_RECORD_BYTES`].
    #[error("the record is larger than {limit} bytes: {bytes}")]
    TooLarge {
        /// Its size, or as much of it as was seen.
        bytes: u64,
        /// The limit.
        limit: u64,
    },
    /// Not JSON, or not of the schema's shape.
    #[error("the record cannot be read: {0}")]
    Malformed(#[from] serde_json::Error),
    /// Without a usable identifier: one line, at most [`MAX_ID_BYTES`].
    #[error("the record has no usable `id`: `{id}`")]
    NoId {
        /// The identifier it has, cut to 80 characters.
        id: String,
    },
    /// With more packages than [`MAX_AFFECTED`].
    #[error("the record `{id}` names more than {limit} packages: {count}")]
    TooManyPackages {
        /// Its identifier.
        id: String,
        /// How many it names.
        count: usize,
        /// The limit.
        limit: usize,
    },
    /// The bytes could not be had.
    #[error("the record cannot be fetched from its archive: {0}")]
    Unreadable(#[from] std::io::Error),
}

/// Reads one record.
///
/// The severity is that of the publisher's own word (Ubuntu priority), else of the newest CVSS
/// scheme's highest score, else of `database_specific.severity`, else of the word that a notice's
/// summary begins with (`Important: …`). JSON nested deeper than 128 levels is refused by the JSON
/// reader.
///
/// What publishers say in ways of their own is put into the model's members:
/// - notices of distributions name the CVEs that they mend in `upstream`, older ones and all of
///   `AlmaLinux` in `related`: both are [`AdvisoryRecord::upstream`]. A bug fix notice that names
///   none tells of no vulnerability and affects nothing.
/// - Entries of Ubuntu Pro, and those whose `availability` asks for a subscription, are
///   [`Stance::NeedsSubscription`].
/// - `RustSec`'s `informational` entries `unmaintained` and `notice` are no vulnerabilities and left
///   out; `unsound` ones are, though of a kind that needs the program's help: the word is kept as
///   urgency.
/// - GitHub's `last_known_affected_version_range` ends a range that has no end.
/// - A module's stream stands in the summary of the notice (`nodejs:18 security update`) where its
///   builds are of a module and only one is named.
/// - Red Hat's versions lose the architecture that some of them end in, source packages are left
///   out, and what is the same by then is kept once.
/// - Names are in their compared spelling, see [`normalised`].
pub fn parse(bytes: &[u8]) -> Result<AdvisoryRecord, RecordError> {
    if bytes.len() > MAX_RECORD_BYTES {
        return Err(RecordError::TooLarge {
            bytes: bytes.len() as u64,
            limit: MAX_RECORD_BYTES as u64,
        });
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let wire: Record<'_> = serde_json::from_slice(bytes)?;
    if wire.id.trim().is_empty()
        || wire.id.len() > MAX_ID_BYTES
        || wire.id.contains(char::is_control)
    {
        return Err(RecordError::NoId {
            id: wire.id.escape_debug().take(80).collect(),
        });
    }
    if wire.affected.len() > MAX_AFFECTED {
        return Err(RecordError::TooManyPackages {
            id: wire.id.into_owned(),
            count: wire.affected.len(),
            limit: MAX_AFFECTED,
        });
    }
    let notice = is_notice(&wire.id, FeedKind::Osv);
    let mut rated = severity::rate(pairs(&wire.severity), wire.database_specific.severity());
    if notice
        && rated.severity == Severity::Unknown
        && let Some((word, _)) = wire.summary.split_once(':')
    {
        rated.severity = severity::from_word(word).unwrap_or_default();
    }
    let mut upstream = owned(wire.upstream);
    if notice && upstream.is_empty() {
        let cves = wire.related.iter().filter_map(|id| cve_of(id));
        upstream.extend(cves.map(str::to_owned));
    }
    let tells_of_none =
        is_bug_fix_notice(&wire.id) && upstream.is_empty() && wire.aliases.is_empty();
    let stream = if notice {
        stream_of(&wire.summary)
    } else {
        None
    };
    let mut entries = Vec::new();
    if !tells_of_none {
        entries.reserve_exact(wire.affected.len());
        let affected = wire.affected.into_iter();
        entries.extend(affected.filter_map(|wire| affected_package(wire, stream)));
        if entries.iter().any(is_red_hat) {
            without_copies(&mut entries);
        }
    }
    Ok(AdvisoryRecord {
        id: wire.id.into_owned(),
        modified: wire.modified.into_owned(),
        published: wire.published.map(Cow::into_owned),
        withdrawn: wire.withdrawn.map(Cow::into_owned),
        aliases: owned(wire.aliases),
        upstream,
        summary: wire.summary.into_owned(),
        details: wire.details.into_owned(),
        vectors: rated.vectors,
        severity: rated.severity,
        affected: entries,
        references: wire
            .references
            .into_iter()
            .map(|reference| reference.url.into_owned())
            .filter(|address| !address.is_empty())
            .collect(),
        starter: false,
        feed: FeedKind::Osv,
    })
}

fn owned(texts: Vec<Cow<'_, str>>) -> Vec<String> {
    texts.into_iter().map(Cow::into_owned).collect()
}

fn pairs<'a>(severities: &'a [WireSeverity<'a>]) -> impl Iterator<Item = (&'a str, &'a str)> {
    severities
        .iter()
        .map(|severity| (severity.kind.as_ref(), severity.score.as_ref()))
}

/// `nodejs:18` of `Important: nodejs:18 security update`, where it is the only one.
fn stream_of(summary: &str) -> Option<&str> {
    let mut streams = summary.split([' ', ',']).filter(|word| {
        word.split_once(':').is_some_and(|(name, stream)| {
            let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.+".contains(&byte);
            !name.is_empty()
                && !stream.is_empty()
                && name.bytes().all(fits)
                && stream.bytes().all(fits)
        })
    });
    streams.next().filter(|_| streams.next().is_none())
}

/// An entry without a package (commits of a repository alone) can match nothing.
fn affected_package(wire: Affected<'_>, stream: Option<&str>) -> Option<AffectedPackage> {
    let package = wire.package?;
    let rated = severity::rate(pairs(&wire.severity), wire.database_specific.severity());
    let (own, database) = (wire.ecosystem_specific, wire.database_specific);
    let informational = database.informational.or(own.informational);
    if matches!(informational.as_deref(), Some("unmaintained" | "notice")) {
        return None;
    }
    let urgency = own.urgency.or(database.urgency).or(informational);
    let for_subscribers = package.ecosystem.starts_with("Ubuntu:Pro:")
        || own.availability.as_deref().is_some_and(|availability| {
            availability.contains("Ubuntu Pro") || availability.starts_with("Livepatch")
        });
    let mut entry = AffectedPackage {
        name: normalised(&package.ecosystem, &package.name).into_owned(),
        ecosystem: package.ecosystem.into_owned(),
        ranges: wire.ranges.into_iter().filter_map(range).collect(),
        versions: owned(wire.versions),
        urgency: urgency.map(Cow::into_owned),
        severity: (rated.severity != Severity::Unknown).then_some(rated.severity),
        stance: for_subscribers.then_some(Stance::NeedsSubscription),
        ..AffectedPackage::default()
    };
    let last_known = own.last_known.or(database.last_known);
    if let Some(end) = last_known.as_deref().and_then(last_known_end) {
        end_open_ranges(&mut entry.ranges, &end);
    }
    if is_red_hat(&entry) && !without_architecture(&mut entry) {
        return None;
    }
    entry.module = stream
        .filter(|_| fixes_of(&entry).any(|fix| is_modular(fix)))
        .map(str::to_owned);
    Some(entry)
}

fn fixes_of(entry: &AffectedPackage) -> impl Iterator<Item = &String> {
    let events = entry.ranges.iter().flat_map(|range| &range.events);
    events.filter_map(|event| match event {
        Event::Fixed(version) => Some(version),
        _ => None,
    })
}

/// The end that `<= 1.2.3` or `< 2.0` names; GitHub writes it where no mended version is known.
fn last_known_end(text: &str) -> Option<Event> {
    let text = text.trim();
    let (end, version): (fn(String) -> Event, &str) = match text.strip_prefix("<=") {
        Some(version) => (Event::LastAffected, version),
        None => (Event::Limit, text.strip_prefix('<')?),
    };
    let version = version.trim();
    let plain = !version.is_empty() && !version.contains([' ', ',', '<', '>', '=']);
    plain.then(|| end(version.to_owned()))
}

/// Ranges that begin and never end get this end.
fn end_open_ranges(ranges: &mut [Range], end: &Event) {
    for range in ranges {
        let open =
            range.kind != RangeKind::Git && matches!(range.events[..], [Event::Introduced(_)]);
        if open {
            range.events.push(end.clone());
        }
    }
}

fn is_red_hat(entry: &AffectedPackage) -> bool {
    entry.ecosystem.starts_with("Red Hat")
}

/// Takes `.x86_64` and the like off; false where the entry is about source packages.
fn without_architecture(entry: &mut AffectedPackage) -> bool {
    const ARCHITECTURES: &[&str] = &[
        ".noarch", ".x86_64", ".i686", ".i386", ".aarch64", ".ppc64le", ".ppc64", ".ppc", ".s390x",
        ".s390",
    ];
    let events = entry.ranges.iter_mut().flat_map(|range| &mut range.events);
    for event in events {
        if let Event::Fixed(version) = event {
            if version.strip_suffix(".src").is_some() {
                return false;
            }
            let known = ARCHITECTURES
                .iter()
                .find_map(|architecture| version.strip_suffix(architecture));
            if let Some(length) = known.map(str::len) {
                version.truncate(length);
            }
        }
    }
    true
}

fn without_copies(entries: &mut Vec<AffectedPackage>) {
    let key = |entry: &AffectedPackage| {
        let fixes: Vec<String> = fixes_of(entry).cloned().collect();
        (entry.ecosystem.clone(), entry.name.clone(), fixes)
    };
    let mut seen = HashSet::new();
    entries.retain(|entry| seen.insert(key(entry)));
}

fn range(wire: WireRange<'_>) -> Option<Range> {
    let kind = match wire.kind.as_ref() {
        "ECOSYSTEM" => RangeKind::Ecosystem,
        "SEMVER" => RangeKind::Semver,
        "GIT" => RangeKind::Git,
        _ => return None,
    };
    let events = wire
        .events
        .into_iter()
        .flat_map(|event| {
            [
                event
                    .introduced
                    .map(|at| Event::Introduced(at.into_owned())),
                event.fixed.map(|at| Event::Fixed(at.into_owned())),
                event
                    .last_affected
                    .map(|at| Event::LastAffected(at.into_owned())),
                event.limit.map(|at| Event::Limit(at.into_owned())),
            ]
        })
        .flatten()
        .collect();
    Some(Range { kind, events })
}

#[derive(Deserialize)]
struct Record<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    modified: Cow<'a, str>,
    #[serde(borrow, default)]
    published: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    withdrawn: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    aliases: Vec<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    upstream: Vec<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    related: Vec<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    summary: Cow<'a, str>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    details: Cow<'a, str>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    severity: Vec<WireSeverity<'a>>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    affected: Vec<Affected<'a>>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    references: Vec<Reference<'a>>,
    #[serde(borrow, default)]
    database_specific: Specific<'a>,
}

#[derive(Deserialize)]
struct WireSeverity<'a> {
    #[serde(borrow, default, rename = "type", deserialize_with = "null_as_default")]
    kind: Cow<'a, str>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    score: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Affected<'a> {
    #[serde(borrow, default)]
    package: Option<WirePackage<'a>>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    severity: Vec<WireSeverity<'a>>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    ranges: Vec<WireRange<'a>>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    versions: Vec<Cow<'a, str>>,
    #[serde(borrow, default)]
    ecosystem_specific: Specific<'a>,
    #[serde(borrow, default)]
    database_specific: Specific<'a>,
}

#[derive(Deserialize)]
struct WirePackage<'a> {
    #[serde(borrow)]
    ecosystem: Cow<'a, str>,
    #[serde(borrow)]
    name: Cow<'a, str>,
}

#[derive(Deserialize)]
struct WireRange<'a> {
    #[serde(borrow, default, rename = "type", deserialize_with = "null_as_default")]
    kind: Cow<'a, str>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    events: Vec<WireEvent<'a>>,
}

#[derive(Deserialize)]
struct WireEvent<'a> {
    #[serde(borrow, default)]
    introduced: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    fixed: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    last_affected: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    limit: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Reference<'a> {
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    url: Cow<'a, str>,
}

fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

/// The members of a free-form object that Outcrop reads; whatever else it is, is passed over.
#[derive(Default)]
struct Specific<'a> {
    urgency: Option<Cow<'a, str>>,
    severity: Option<Cow<'a, str>>,
    /// Ubuntu: who gets the fix.
    availability: Option<Cow<'a, str>>,
    /// `RustSec`: what it is instead of a vulnerability.
    informational: Option<Cow<'a, str>>,
    /// GitHub: `last_known_affected_version_range`.
    last_known: Option<Cow<'a, str>>,
}

impl Specific<'_> {
    fn severity(&self) -> Option<&str> {
        self.severity.as_deref()
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Specific<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SpecificVisitor)
    }
}

struct SpecificVisitor;

impl<'de> Visitor<'de> for SpecificVisitor {
    type Value = Specific<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("anything")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Specific<'de>, M::Error> {
        let mut specific = Specific::default();
        while let Some(member) = map.next_key::<MemberName<'de>>()? {
            match member.0.as_ref() {
                "urgency" => specific.urgency = map.next_value::<TextOnly<'de>>()?.0,
                "severity" => specific.severity = map.next_value::<TextOnly<'de>>()?.0,
                "availability" => specific.availability = map.next_value::<TextOnly<'de>>()?.0,
                "informational" => specific.informational = map.next_value::<TextOnly<'de>>()?.0,
                "last_known_affected_version_range" => {
                    specific.last_known = map.next_value::<TextOnly<'de>>()?.0;
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(specific)
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut items: S) -> Result<Specific<'de>, S::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Specific::default())
    }

    fn visit_str<E>(self, _: &str) -> Result<Specific<'de>, E> {
        Ok(Specific::default())
    }

    fn visit_bool<E>(self, _: bool) -> Result<Specific<'de>, E> {
        Ok(Specific::default())
    }

    fn visit_u64<E>(self, _: u64) -> Result<Specific<'de>, E> {
        Ok(Specific::default())
    }

    fn visit_i64<E>(self, _: i64) -> Result<Specific<'de>, E> {
        Ok(Specific::default())
    }

    fn visit_f64<E>(self, _: f64) -> Result<Specific<'de>, E> {
        Ok(Specific::default())
    }

    fn visit_unit<E>(self) -> Result<Specific<'de>, E> {
        Ok(Specific::default())
    }
}

#[derive(Deserialize)]
struct MemberName<'a>(#[serde(borrow)] Cow<'a, str>);

/// A text, or nothing where something else stands in its place.
struct TextOnly<'a>(Option<Cow<'a, str>>);

impl<'de: 'a, 'a> Deserialize<'de> for TextOnly<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either<'a> {
            Text(#[serde(borrow)] Cow<'a, str>),
            Other(IgnoredAny),
        }
        Ok(Self(match Either::deserialize(deserializer)? {
            Either::Text(text) => Some(text),
            Either::Other(_) => None,
        }))
    }
}

#[cfg(test)]
mod tests;
