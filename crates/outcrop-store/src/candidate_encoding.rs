//! How the candidates of one name lie in `candidates.joined`.
//!
//! A match reads hundreds of thousands of them, so they are decoded in one pass over the bytes: the
//! name, the length of what follows, then candidates one after the other, each its record and its
//! entries; numbers as LEB128; texts and lists behind their lengths; an entry begins with the set of
//! the members that it has. Rows of several names are read as one, since each tells its length:
//! handing a row over costs more than what stands in it. Nothing else reads this: it is made again
//! from `affected` whenever its shape changes.

use std::ops::Range as Places;

use outcrop_model::{AffectedPackage, Candidate, Event, Range, RangeKind, Severity, Stance};

const RANGES: u8 = 1;
const VERSIONS: u8 = 1 << 1;
const URGENCY: u8 = 1 << 2;
const SEVERITY: u8 = 1 << 3;
const STANCE: u8 = 1 << 4;
const REASON: u8 = 1 << 5;
const MODULE: u8 = 1 << 6;
const BINARIES: u8 = 1 << 7;

/// The most frequent event, `introduced: "0"`, needs no text.
const FROM_THE_BEGINNING: u8 = 0;
const INTRODUCED: u8 = 1;
const FIXED: u8 = 2;
const LAST_AFFECTED: u8 = 3;
const LIMIT: u8 = 4;

const STANCES: [Stance; 6] = [
    Stance::NoFixYet,
    Stance::WillNotFix,
    Stance::EndOfLife,
    Stance::NeedsSubscription,
    Stance::NotAffected,
    Stance::UnderInvestigation,
];

const KINDS: [RangeKind; 3] = [RangeKind::Ecosystem, RangeKind::Semver, RangeKind::Git];

/// Appends one candidate.
pub(crate) fn encode(record: &str, entries: &[AffectedPackage], into: &mut Vec<u8>) {
    put_text(record, into);
    put_number(entries.len(), into);
    for entry in entries {
        put_entry(entry, into);
    }
}

fn put_entry(entry: &AffectedPackage, into: &mut Vec<u8>) {
    let mut members = 0;
    for (present, member) in [
        (!entry.ranges.is_empty(), RANGES),
        (!entry.versions.is_empty(), VERSIONS),
        (entry.urgency.is_some(), URGENCY),
        (entry.severity.is_some(), SEVERITY),
        (entry.stance.is_some(), STANCE),
        (entry.reason.is_some(), REASON),
        (entry.module.is_some(), MODULE),
        (!entry.binaries.is_empty(), BINARIES),
    ] {
        if present {
            members |= member;
        }
    }
    into.push(members);
    if !entry.ranges.is_empty() {
        put_number(entry.ranges.len(), into);
        for range in &entry.ranges {
            into.push(place_in(&KINDS, range.kind));
            put_number(range.events.len(), into);
            for event in &range.events {
                put_event(event, into);
            }
        }
    }
    let put_list = |list: &[String], into: &mut Vec<u8>| {
        if !list.is_empty() {
            put_number(list.len(), into);
            for text in list {
                put_text(text, into);
            }
        }
    };
    let put_option = |text: &Option<String>, into: &mut Vec<u8>| {
        if let Some(text) = text {
            put_text(text, into);
        }
    };
    put_list(&entry.versions, into);
    put_option(&entry.urgency, into);
    if let Some(severity) = entry.severity {
        into.push(place_in(&Severity::ALL, severity));
    }
    if let Some(stance) = entry.stance {
        into.push(place_in(&STANCES, stance));
    }
    put_option(&entry.reason, into);
    put_option(&entry.module, into);
    put_list(&entry.binaries, into);
}

fn put_event(event: &Event, into: &mut Vec<u8>) {
    let (tag, version) = match event {
        Event::Introduced(at) if at == "0" => {
            into.push(FROM_THE_BEGINNING);
            return;
        }
        Event::Introduced(at) => (INTRODUCED, at),
        Event::Fixed(at) => (FIXED, at),
        Event::LastAffected(at) => (LAST_AFFECTED, at),
        Event::Limit(at) => (LIMIT, at),
    };
    into.push(tag);
    put_text(version, into);
}

fn put_number(mut number: usize, into: &mut Vec<u8>) {
    while number >= 0x80 {
        into.push(number as u8 | 0x80);
        number >>= 7;
    }
    into.push(number as u8);
}

fn put_text(text: &str, into: &mut Vec<u8>) {
    put_number(text.len(), into);
    into.extend_from_slice(text.as_bytes());
}

fn place_in<T: Copy + PartialEq>(all: &[T], value: T) -> u8 {
    all.iter().position(|&each| each == value).unwrap_or(0) as u8
}

/// The row of one name, out of its candidates.
pub(crate) fn row(name: &str, candidates: &[u8]) -> Vec<u8> {
    let mut row = Vec::with_capacity(candidates.len() + name.len() + 8);
    put_text(name, &mut row);
    put_number(candidates.len(), &mut row);
    row.extend_from_slice(candidates);
    row
}

/// Where in some rows, one behind the other, the candidates of each name stand; of damaged rows
/// those before the damage.
pub(crate) fn places(rows: &[u8]) -> Vec<(&str, Places<usize>)> {
    let mut reader = Reader { rest: rows };
    let mut places = Vec::new();
    while let Some(name) = reader.borrowed_text()
        && let Some(length) = reader.number()
        && let Some((_, rest)) = reader.rest.split_at_checked(length)
    {
        let end = rows.len() - rest.len();
        places.push((name, end - length..end));
        reader.rest = rest;
    }
    places
}

/// The candidates of one name, behind the first `count` of `into`; answers with how many there are
/// then. Of damaged bytes what stands before the damage.
///
/// What is left in `into` of earlier names is written over, so that nothing is allocated for most
/// candidates: that would take longer than all else.
pub(crate) fn decode(
    ecosystem: &str,
    name: &str,
    candidates: &[u8],
    into: &mut Vec<Candidate>,
    mut count: usize,
) -> usize {
    let mut reader = Reader { rest: candidates };
    while !reader.rest.is_empty() {
        if into.len() == count {
            into.push(Candidate {
                record: String::new(),
                affected: Vec::new(),
            });
        }
        match reader.candidate(ecosystem, name, &mut into[count]) {
            Some(()) => count += 1,
            None => break,
        }
    }
    count
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn candidate(&mut self, ecosystem: &str, name: &str, into: &mut Candidate) -> Option<()> {
        self.text_into(&mut into.record)?;
        self.list_into(
            &mut into.affected,
            AffectedPackage::default,
            |reader, entry| reader.entry(ecosystem, name, entry),
        )
    }

    fn entry(&mut self, ecosystem: &str, name: &str, entry: &mut AffectedPackage) -> Option<()> {
        let members = self.byte()?;
        let has = |member| members & member != 0;
        ecosystem.clone_into(&mut entry.ecosystem);
        name.clone_into(&mut entry.name);
        if has(RANGES) {
            let empty = || Range {
                kind: RangeKind::Ecosystem,
                events: Vec::new(),
            };
            self.list_into(&mut entry.ranges, empty, Self::range_into)?;
        } else {
            entry.ranges.clear();
        }
        self.texts_into(has(VERSIONS), &mut entry.versions)?;
        self.option_into(has(URGENCY), &mut entry.urgency)?;
        entry.severity = None;
        if has(SEVERITY) {
            entry.severity = Some(*Severity::ALL.get(usize::from(self.byte()?))?);
        }
        entry.stance = None;
        if has(STANCE) {
            entry.stance = Some(*STANCES.get(usize::from(self.byte()?))?);
        }
        self.option_into(has(REASON), &mut entry.reason)?;
        self.option_into(has(MODULE), &mut entry.module)?;
        self.texts_into(has(BINARIES), &mut entry.binaries)
    }

    fn range_into(&mut self, range: &mut Range) -> Option<()> {
        range.kind = *KINDS.get(usize::from(self.byte()?))?;
        let empty = || Event::Introduced(String::new());
        self.list_into(&mut range.events, empty, Self::event_into)
    }

    fn event_into(&mut self, event: &mut Event) -> Option<()> {
        let (Event::Introduced(text)
        | Event::Fixed(text)
        | Event::LastAffected(text)
        | Event::Limit(text)) = event;
        let mut text = std::mem::take(text);
        let tag = self.byte()?;
        if tag == FROM_THE_BEGINNING {
            "0".clone_into(&mut text);
        } else {
            self.text_into(&mut text)?;
        }
        *event = match tag {
            FROM_THE_BEGINNING | INTRODUCED => Event::Introduced(text),
            FIXED => Event::Fixed(text),
            LAST_AFFECTED => Event::LastAffected(text),
            LIMIT => Event::Limit(text),
            _ => return None,
        };
        Some(())
    }

    fn texts_into(&mut self, present: bool, texts: &mut Vec<String>) -> Option<()> {
        if present {
            return self.list_into(texts, String::new, Self::text_into);
        }
        texts.clear();
        Some(())
    }

    fn option_into(&mut self, present: bool, text: &mut Option<String>) -> Option<()> {
        if present {
            return self.text_into(text.get_or_insert_default());
        }
        *text = None;
        Some(())
    }

    fn list_into<T>(
        &mut self,
        items: &mut Vec<T>,
        empty: impl Fn() -> T,
        read: impl Fn(&mut Self, &mut T) -> Option<()>,
    ) -> Option<()> {
        let length = self.number()?;
        // Every item has a byte at least.
        if length > self.rest.len() {
            return None;
        }
        items.truncate(length);
        for place in 0..length {
            if items.len() == place {
                items.push(empty());
            }
            read(self, &mut items[place])?;
        }
        Some(())
    }

    fn text_into(&mut self, into: &mut String) -> Option<()> {
        self.borrowed_text()?.clone_into(into);
        Some(())
    }

    fn borrowed_text(&mut self) -> Option<&'a str> {
        let length = self.number()?;
        let (text, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        std::str::from_utf8(text).ok()
    }

    fn number(&mut self) -> Option<usize> {
        let mut number = 0;
        for shift in (0..usize::BITS).step_by(7) {
            let byte = self.byte()?;
            number |= usize::from(byte & 0x7f).checked_shl(shift)?;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    fn byte(&mut self) -> Option<u8> {
        let (&byte, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(byte)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full() -> AffectedPackage {
        AffectedPackage {
            ecosystem: "Debian:12".into(),
            name: "x".into(),
            ranges: KINDS
                .map(|kind| Range {
                    kind,
                    events: vec![
                        Event::Introduced("0".into()),
                        Event::Introduced("1.0\u{0}é".into()),
                        Event::Fixed("2".into()),
                        Event::LastAffected("3".into()),
                        Event::Limit("4".into()),
                    ],
                })
                .to_vec(),
            versions: vec!["1".into(), String::new(), "v".repeat(300)],
            urgency: Some("low".into()),
            severity: Some(Severity::High),
            stance: Some(Stance::WillNotFix),
            reason: Some("Minor issue".into()),
            module: Some("nodejs:18".into()),
            binaries: vec!["npm".into()],
        }
    }

    fn bare() -> AffectedPackage {
        AffectedPackage {
            ecosystem: "Debian:12".into(),
            name: "x".into(),
            ..AffectedPackage::default()
        }
    }

    fn check(candidates: &[(&str, Vec<AffectedPackage>)]) -> Vec<u8> {
        let mut joined = Vec::new();
        for (record, entries) in candidates {
            encode(record, entries, &mut joined);
        }
        let expected: Vec<Candidate> = candidates
            .iter()
            .map(|(record, affected)| candidate(record, affected.clone()))
            .collect();
        // Whatever stood there before.
        for before in [vec![], vec![candidate("Z", vec![full(), full()]); 4]] {
            let mut found = before;
            let count = decode("Debian:12", "x", &joined, &mut found, 0);
            assert_eq!(found[..count], expected);
        }
        joined
    }

    fn candidate(record: &str, affected: Vec<AffectedPackage>) -> Candidate {
        Candidate {
            record: record.to_owned(),
            affected,
        }
    }

    fn count(candidates: &[u8]) -> usize {
        decode("Debian:12", "x", candidates, &mut Vec::new(), 0)
    }

    #[test]
    fn rows_of_several_names_stand_one_behind_the_other() {
        let mut joined = Vec::new();
        encode("A", &[full()], &mut joined);
        let rows = [row("x", &joined), row("y", &[]), row("x", &joined)].concat();
        let check = |rows: &[u8], expected: &[(&str, &[u8])]| {
            let found: Vec<(&str, &[u8])> = places(rows)
                .into_iter()
                .map(|(name, place)| (name, &rows[place]))
                .collect();
            assert_eq!(found, expected);
        };
        check(&rows, &[("x", &joined), ("y", &[]), ("x", &joined)]);
        check(&rows[..rows.len() - 1], &[("x", &joined), ("y", &[])]);
        check(&[], &[]);
    }

    #[test]
    fn candidates_come_back_as_they_went() {
        check(&[]);
        check(&[("A", vec![])]);
        check(&[("A", vec![bare()]), ("B", vec![full(), bare()])]);
        for severity in Severity::ALL {
            let severity = Some(severity);
            check(&[("A", vec![AffectedPackage { severity, ..bare() }])]);
        }
        for stance in STANCES {
            let stance = Some(stance);
            check(&[("A", vec![AffectedPackage { stance, ..bare() }])]);
        }
    }

    #[test]
    fn a_fact_of_debian_takes_few_bytes() {
        let mut entry = bare();
        entry.ranges = vec![Range {
            kind: RangeKind::Ecosystem,
            events: vec![Event::Introduced("0".into()), Event::Fixed("1.2-3".into())],
        }];
        let joined = check(&[("DEBIAN-CVE-2024-0727", vec![entry])]);
        assert_eq!(joined.len(), 21 + 1 + 1 + 3 + 1 + 1 + 6);
    }

    #[test]
    fn damaged_bytes_give_what_stands_before_the_damage() {
        let whole = check(&[("A", vec![full()]), ("B", vec![full()])]);
        for length in 0..whole.len() {
            assert!(count(&whole[..length]) < 2, "{length}");
        }
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 0xff;
            assert!(count(&damaged) <= whole.len());
            assert!(places(&damaged).len() <= whole.len());
        }
    }
}
