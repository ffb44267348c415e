//! Debian's security tracker, its JSON.
//!
//! Source: `security-tracker.debian.org/tracker/data/json` and the tracker's
//! `doc/security-team.d.o/security_tracker` (states and sub-states): source package, then
//! identifier, then release with `status`, `fixed_version`, `urgency`, `nodsa` and `nodsa_reason`.
//! A `fixed_version` of `0` says that the package was never affected there.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::io::BufRead;
use std::ops::ControlFlow;

use outcrop_model::{
    AdvisoryRecord, AffectedPackage, Event, FeedKind, Range, RangeKind, Severity, Stance,
};
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::end_of_life::SupportTable;
use super::json_items::JsonItems;
use super::{
    FeedContent, FeedFault, FeedProblem, Sink, is_cve, null_as_default, problem, sentence,
};
use crate::severity;

/// Largest entry that is read, in bytes; the largest known ones are near 10 kB.
const MAX_ENTRY_BYTES: usize = 1024 * 1024;

/// Most bytes that entries are held in until the feed's end; the whole tracker needs near 60 MB.
pub const MAX_HELD_BYTES: usize = 192 * 1024 * 1024;

/// Longest name, identifier or version, in bytes.
const MAX_WORD_BYTES: usize = 200;

/// Streams one record for each identifier, in their order.
///
/// The tracker lists by source package and a CVE comes again with the next package: entries are
/// held in a short form until the end. What a release is told: resolved is a range up to the fixed
/// version, or [`Stance::NotAffected`] for `0`; open is a range without an end and
/// [`Stance::EndOfLife`], [`Stance::WillNotFix`] (`ignored`) or [`Stance::NoFixYet`], whose reason
/// begins with `no-dsa` or `postponed` where the security team has decided so; undetermined is
/// [`Stance::UnderInvestigation`].
pub fn read(reader: impl BufRead, sink: &mut Sink<'_>) -> ControlFlow<()> {
    let mut held = Held::default();
    let mut items = JsonItems::new(reader, 2, MAX_ENTRY_BYTES);
    while let Some(item) = items.next() {
        let item = match item {
            Ok(item) => item,
            Err(fault) => {
                sink(FeedContent::Problem(fault))?;
                continue;
            }
        };
        let (source, identifier) = (item.key(0), item.key(1));
        if item.level() != 2 || !is_identifier(identifier) || source.len() > MAX_WORD_BYTES {
            let found = if item.level() == 2 {
                identifier
            } else {
                source
            };
            sink(problem(item.place(), FeedFault::value("identifier", found)))?;
            continue;
        }
        match serde_json::from_slice::<Entry<'_>>(item.json) {
            Ok(entry) => {
                for problem in held.take(source, identifier, &entry) {
                    sink(FeedContent::Problem(problem))?;
                }
            }
            Err(error) => sink(problem(item.place(), error.into()))?,
        }
        if held.bytes > MAX_HELD_BYTES {
            let limit = MAX_HELD_BYTES as u64;
            sink(problem("entries", FeedFault::TooLarge { limit }))?;
            break;
        }
    }
    held.give(sink)
}

/// A CVE, or a name of the tracker's own where there is none yet.
fn is_identifier(text: &str) -> bool {
    let own = |rest: &str| {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        !rest.is_empty() && rest.len() <= 64 && rest.bytes().all(fits)
    };
    is_cve(text) || text.strip_prefix("TEMP-").is_some_and(own)
}

/// Entries until the feed's end: words that come again are kept once.
#[derive(Default)]
struct Held {
    words: Words,
    entries: BTreeMap<Box<str>, HeldEntry>,
    bytes: usize,
}

#[derive(Default)]
struct HeldEntry {
    description: Box<str>,
    affected: Vec<HeldAffected>,
}

/// What one release is told of one source package; words by their number.
struct HeldAffected {
    source: u32,
    ecosystem: u32,
    urgency: u32,
    reason: Option<u32>,
    stance: Option<Stance>,
    range: Versions,
}

/// Which versions are affected.
enum Versions {
    None,
    All,
    Before(Box<str>),
}

#[derive(Default)]
struct Words {
    numbers: HashMap<Box<str>, u32>,
    words: Vec<Box<str>>,
}

impl Words {
    /// The word's number, and the bytes that it takes if it is new.
    fn number(&mut self, word: &str) -> (u32, usize) {
        if let Some(number) = self.numbers.get(word) {
            return (*number, 0);
        }
        let number = self.words.len() as u32;
        self.numbers.insert(word.into(), number);
        self.words.push(word.into());
        (number, 2 * word.len() + 64)
    }

    fn word(&self, number: u32) -> &str {
        self.words.get(number as usize).map_or("", |word| word)
    }
}

impl Held {
    fn take(&mut self, source: &str, identifier: &str, entry: &Entry<'_>) -> Vec<FeedProblem> {
        let mut problems = Vec::new();
        let mut affected = Vec::new();
        for (codename, release) in &entry.releases.0 {
            match self.affected(source, codename, release) {
                Ok(told) => affected.push(told),
                Err(fault) => {
                    let place = format!("{source}/{identifier}/{codename}");
                    problems.push(FeedProblem::new(place, fault));
                }
            }
        }
        if affected.is_empty() {
            return problems;
        }
        let held = self.entries.entry(identifier.into()).or_insert_with(|| {
            self.bytes += identifier.len() + 128;
            HeldEntry::default()
        });
        if held.description.is_empty() && !entry.description.is_empty() {
            held.description = entry.description.as_ref().into();
            self.bytes += held.description.len();
        }
        self.bytes += affected.len() * size_of::<HeldAffected>();
        held.affected.append(&mut affected);
        problems
    }

    fn number(&mut self, word: &str) -> u32 {
        let (number, bytes) = self.words.number(word);
        self.bytes += bytes;
        number
    }

    fn affected(
        &mut self,
        source: &str,
        codename: &str,
        release: &Release<'_>,
    ) -> Result<HeldAffected, FeedFault> {
        let (stance, reason, range) = told(release)?;
        if let Versions::Before(version) = &range {
            self.bytes += version.len() + 16;
        }
        Ok(HeldAffected {
            source: self.number(source),
            ecosystem: self.number(&ecosystem(codename)?),
            urgency: self.number(&release.urgency),
            reason: reason.map(|reason| self.number(&reason)),
            stance,
            range,
        })
    }

    fn give(self, sink: &mut Sink<'_>) -> ControlFlow<()> {
        let words = &self.words;
        for (identifier, entry) in self.entries {
            let affected = entry
                .affected
                .iter()
                .map(|told| told.whole(words))
                .collect();
            sink(FeedContent::Record(Box::new(AdvisoryRecord {
                id: format!("{}{identifier}", FeedKind::DebianTracker.prefix()),
                upstream: is_cve(&identifier)
                    .then(|| identifier.to_string())
                    .into_iter()
                    .collect(),
                references: vec![format!(
                    "https://security-tracker.debian.org/tracker/{identifier}"
                )],
                details: entry.description.into(),
                affected,
                feed: FeedKind::DebianTracker,
                ..AdvisoryRecord::default()
            })))?;
        }
        ControlFlow::Continue(())
    }
}

impl HeldAffected {
    fn whole(&self, words: &Words) -> AffectedPackage {
        let urgency = words.word(self.urgency);
        // `low**`: taken over from NVD, in the tracker's own notation.
        let severity = severity::from_word(urgency.trim_end_matches('*'))
            .filter(|severity| *severity != Severity::Unknown);
        let introduced = || Event::Introduced("0".into());
        let events = match &self.range {
            Versions::None => None,
            Versions::All => Some(vec![introduced()]),
            Versions::Before(version) => {
                Some(vec![introduced(), Event::Fixed(version.as_ref().into())])
            }
        };
        let range = events.map(|events| Range {
            kind: RangeKind::Ecosystem,
            events,
        });
        AffectedPackage {
            ecosystem: words.word(self.ecosystem).to_owned(),
            name: words.word(self.source).to_owned(),
            ranges: range.into_iter().collect(),
            urgency: (!urgency.is_empty()).then(|| urgency.to_owned()),
            severity,
            stance: self.stance,
            reason: self.reason.map(|reason| words.word(reason).to_owned()),
            ..AffectedPackage::default()
        }
    }
}

/// Stance, reason and affected versions.
type Told = (Option<Stance>, Option<String>, Versions);

fn told(release: &Release<'_>) -> Result<Told, FeedFault> {
    let fixed = release.fixed_version.as_deref().unwrap_or("");
    if fixed.len() > MAX_WORD_BYTES || release.urgency.len() > MAX_WORD_BYTES {
        return Err(FeedFault::value("version or urgency", fixed));
    }
    match (release.status.as_ref(), fixed) {
        ("resolved", "") => Err(FeedFault::value("fixed version", fixed)),
        ("resolved", "0") => Ok((Some(Stance::NotAffected), None, Versions::None)),
        ("resolved", version) => Ok((None, None, Versions::Before(version.into()))),
        ("undetermined", _) => Ok((Some(Stance::UnderInvestigation), None, Versions::All)),
        ("open", _) => {
            let (stance, reason) = open(release);
            Ok((Some(stance), reason, Versions::All))
        }
        (other, _) => Err(FeedFault::value("status", other)),
    }
}

/// What is decided about an open entry, in the tracker's words for it.
fn open(release: &Release<'_>) -> (Stance, Option<String>) {
    let sub_state = release.nodsa_reason.as_deref().unwrap_or("");
    let (stance, word) = match (release.urgency.as_ref(), sub_state, &release.nodsa) {
        ("end-of-life", ..) => (Stance::EndOfLife, "end-of-life"),
        (_, "ignored", _) => (Stance::WillNotFix, "ignored"),
        (_, "postponed", _) => (Stance::NoFixYet, "postponed"),
        (_, _, Some(_)) => (Stance::NoFixYet, "no-dsa"),
        (_, _, None) => return (Stance::NoFixYet, None),
    };
    let comment = sentence(release.nodsa.as_deref().unwrap_or(""));
    let reason = if comment.is_empty() {
        word.to_owned()
    } else {
        format!("{word}: {comment}")
    };
    (stance, Some(reason))
}

/// OSV's name of a release: by number, `Debian:sid` by its name.
fn ecosystem(codename: &str) -> Result<String, FeedFault> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    if codename.is_empty() || codename.len() > 32 || !codename.bytes().all(fits) {
        return Err(FeedFault::value("release", codename));
    }
    let known = SupportTable::built_in().releases().iter().find(|release| {
        release.product == "debian" && release.codename.as_deref() == Some(codename)
    });
    let number = match (known, codename) {
        (Some(release), _) => release.release.as_str(),
        // Not released yet; distro-info-data, `debian.csv`.
        (None, "forky") => "14",
        (None, "duke") => "15",
        (None, other) => other,
    };
    Ok(format!("Debian:{number}"))
}

#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    description: Cow<'a, str>,
    #[serde(borrow, default)]
    releases: Releases<'a>,
}

#[derive(Deserialize)]
struct Release<'a> {
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    status: Cow<'a, str>,
    #[serde(borrow, default)]
    fixed_version: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    urgency: Cow<'a, str>,
    #[serde(borrow, default)]
    nodsa: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    nodsa_reason: Option<Cow<'a, str>>,
}

/// By codename; an empty list stands for none.
#[derive(Default)]
struct Releases<'a>(Vec<(Cow<'a, str>, Release<'a>)>);

impl<'de: 'a, 'a> Deserialize<'de> for Releases<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ReleasesVisitor)
    }
}

struct ReleasesVisitor;

impl<'de> Visitor<'de> for ReleasesVisitor {
    type Value = Releases<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("releases")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Releases<'de>, M::Error> {
        let mut releases = Vec::new();
        while let Some(super::Text(codename)) = map.next_key()? {
            releases.push((codename, map.next_value()?));
        }
        Ok(Releases(releases))
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut items: S) -> Result<Releases<'de>, S::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Releases::default())
    }

    fn visit_unit<E>(self) -> Result<Releases<'de>, E> {
        Ok(Releases::default())
    }
}

#[cfg(test)]
#[path = "debian_tracker_tests.rs"]
mod tests;
