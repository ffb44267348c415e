//! One OSV record from its JSON.
//!
//! OSV schema, `docs/schema.md`, versions 1.3 to 1.9. Live records mix these and some name none,
//! so nothing here depends on `schema_version`: members that are not used, severity types and
//! range types that are not known are passed over, absent and `null` members are empty.

use std::borrow::Cow;
use std::fmt;

use outcrop_model::{AdvisoryRecord, AffectedPackage, Event, FeedKind, Range, RangeKind, Severity};
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::severity;

/// Largest record that is read, in bytes; the largest known ones are near 3 MB.
pub const MAX_RECORD_BYTES: usize = 16 * 1024 * 1024;

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
    /// The bytes could not be had.
    #[error("the record cannot be fetched from its archive: {0}")]
    Unreadable(#[from] std::io::Error),
}

/// Reads one record.
///
/// The severity is that of the publisher's own word (Ubuntu priority), else of the newest CVSS
/// scheme's highest score, else of `database_specific.severity`. JSON nested deeper than 128
/// levels is refused by the JSON reader.
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
    let rated = severity::rate(pairs(&wire.severity), wire.database_specific.severity());
    Ok(AdvisoryRecord {
        id: wire.id.into_owned(),
        modified: wire.modified.into_owned(),
        published: wire.published.map(Cow::into_owned),
        withdrawn: wire.withdrawn.map(Cow::into_owned),
        aliases: owned(wire.aliases),
        upstream: owned(wire.upstream),
        summary: wire.summary.into_owned(),
        details: wire.details.into_owned(),
        vectors: rated.vectors,
        severity: rated.severity,
        affected: wire.affected.into_iter().filter_map(affected).collect(),
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

/// An entry without a package (commits of a repository alone) can match nothing.
fn affected(wire: Affected<'_>) -> Option<AffectedPackage> {
    let package = wire.package?;
    let rated = severity::rate(pairs(&wire.severity), wire.database_specific.severity());
    let urgency = wire
        .ecosystem_specific
        .urgency
        .or(wire.database_specific.urgency);
    Some(AffectedPackage {
        ecosystem: package.ecosystem.into_owned(),
        name: package.name.into_owned(),
        ranges: wire.ranges.into_iter().filter_map(range).collect(),
        versions: owned(wire.versions),
        urgency: urgency.map(Cow::into_owned),
        severity: (rated.severity != Severity::Unknown).then_some(rated.severity),
        ..AffectedPackage::default()
    })
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
mod tests {
    use super::*;

    fn record(json: &str) -> AdvisoryRecord {
        parse(json.as_bytes()).expect("a record")
    }

    #[test]
    fn a_record_is_read_whole() {
        let record = record(
            r#"{
              "schema_version": "1.7.3", "id": "DEBIAN-CVE-2026-1000", "modified": "2026-01-02T03:04:05Z",
              "published": "2026-01-01T00:00:00Z", "upstream": ["CVE-2026-1000"], "aliases": ["GHSA-x"],
              "summary": "A fault", "details": "Long\ntext",
              "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],
              "affected": [{
                "package": {"ecosystem": "Debian:12", "name": "openssl", "purl": "pkg:deb/debian/openssl"},
                "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "3.0.15-1"}]}],
                "versions": ["3.0.14-1"],
                "ecosystem_specific": {"urgency": "not yet assigned"}
              }],
              "references": [{"type": "ADVISORY", "url": "https://example.org/1"}]
            }"#,
        );
        assert_eq!(record.id, "DEBIAN-CVE-2026-1000");
        assert_eq!(record.upstream, ["CVE-2026-1000"]);
        assert_eq!(record.aliases, ["GHSA-x"]);
        assert_eq!(record.severity, Severity::Critical);
        assert_eq!(record.references, ["https://example.org/1"]);
        let [affected] = &record.affected[..] else {
            panic!("one package: {:?}", record.affected);
        };
        assert_eq!(
            (affected.ecosystem.as_str(), affected.name.as_str()),
            ("Debian:12", "openssl")
        );
        assert_eq!(affected.urgency.as_deref(), Some("not yet assigned"));
        assert_eq!(affected.versions, ["3.0.14-1"]);
        assert_eq!(
            affected.ranges,
            [Range {
                kind: RangeKind::Ecosystem,
                events: vec![
                    Event::Introduced("0".into()),
                    Event::Fixed("3.0.15-1".into())
                ],
            }]
        );
    }

    #[test]
    fn an_identifier_is_enough() {
        assert_eq!(
            record(r#"{"id": "X-1"}"#),
            AdvisoryRecord {
                id: "X-1".into(),
                ..AdvisoryRecord::default()
            }
        );
    }

    #[test]
    fn null_stands_for_nothing() {
        let read = record(
            r#"{"id": "X-1", "modified": null, "aliases": null, "severity": null, "affected": null,
                "references": null, "database_specific": null, "withdrawn": null}"#,
        );
        assert_eq!(read, record(r#"{"id": "X-1"}"#));
    }

    #[test]
    fn what_is_not_known_is_passed_over() {
        let record = record(
            r#"{
              "id": "X-1", "schema_version": "9.9", "new": {"deep": [[1]]},
              "severity": [{"type": "NEW", "score": "x"}],
              "affected": [
                {"ranges": [{"type": "GIT", "repo": "https://example.org", "events": [{"introduced": "0"}]}]},
                {"package": {"ecosystem": "Debian:12", "name": "a"},
                 "ranges": [{"type": "NEW", "events": [{"introduced": "0"}]},
                            {"type": "ECOSYSTEM", "events": [{"invented": "1"}, {"introduced": "2"}]}],
                 "ecosystem_specific": {"urgency": ["not", "a", "word"]},
                 "database_specific": "a text"}
              ]
            }"#,
        );
        let [affected] = &record.affected[..] else {
            panic!("one package: {:?}", record.affected);
        };
        assert_eq!(affected.urgency, None);
        assert_eq!(
            affected.ranges,
            [Range {
                kind: RangeKind::Ecosystem,
                events: vec![Event::Introduced("2".into())],
            }]
        );
    }

    #[test]
    fn free_form_members_may_be_anything() {
        for value in [
            "1",
            "-1",
            "1.5",
            "true",
            "null",
            "\"x\"",
            "[1, {}]",
            "{\"severity\": 7}",
        ] {
            let json = format!(r#"{{"id": "X-1", "database_specific": {value}}}"#);
            assert_eq!(record(&json).severity, Severity::Unknown, "{value}");
        }
        let json = r#"{"id": "X-1", "database_specific": {"a": [], "severity": "MODERATE"}}"#;
        assert_eq!(record(json).severity, Severity::Medium);
    }

    #[test]
    fn what_is_no_record_is_refused() {
        let deep = format!("{{\"id\": \"X\", \"a\": {}", "[".repeat(100_000));
        for text in [
            "",
            "{",
            "[]",
            "null",
            "{}",
            r#"{"id": 1}"#,
            r#"{"id": "X", "affected": 1}"#,
            &deep,
        ] {
            assert!(
                matches!(parse(text.as_bytes()), Err(RecordError::Malformed(_))),
                "{}",
                &text[..text.len().min(40)]
            );
        }
        for id in ["", "  ", "a\\nb", &"x".repeat(MAX_ID_BYTES + 1)] {
            let json = format!(r#"{{"id": "{id}"}}"#);
            assert!(
                matches!(parse(json.as_bytes()), Err(RecordError::NoId { .. })),
                "{id}"
            );
        }
        assert!(matches!(
            parse(&vec![b' '; MAX_RECORD_BYTES + 1]),
            Err(RecordError::TooLarge { .. })
        ));
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_record() {
        assert_eq!(
            parse("\u{feff}{\"id\": \"X-1\"}".as_bytes())
                .expect("a record")
                .id,
            "X-1"
        );
    }
}
