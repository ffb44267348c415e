//! The order of `RubyGems` versions.
//!
//! `RubyGems` 3.3 (Ruby 3.1), `lib/rubygems/version.rb`: `Gem::Version.correct?`, `<=>`,
//! `canonical_segments`.

use std::cmp::Ordering;

use super::{VersionOrder, digits};

/// Numbers and words; a word makes a pre-release, and so does a hyphen, which is read as `.pre.`.
pub struct RubyGems;

impl VersionOrder for RubyGems {
    fn ecosystem(&self) -> &'static str {
        "RubyGems"
    }

    fn compare(&self, left: &str, right: &str) -> Option<Ordering> {
        let (mut left, mut right) = (Segments::parse(left)?, Segments::parse(right)?);
        loop {
            let (left, right) = match (left.next(), right.next()) {
                (None, None) => return Some(Ordering::Equal),
                (left, right) => (left.unwrap_or(ZERO), right.unwrap_or(ZERO)),
            };
            let order = match (left, right) {
                (Segment::Number(left), Segment::Number(right)) => digits::compare(left, right),
                (Segment::Word(left), Segment::Word(right)) => left.cmp(right),
                (Segment::Word(_), Segment::Number(_)) => Ordering::Less,
                (Segment::Number(_), Segment::Word(_)) => Ordering::Greater,
            };
            if order != Ordering::Equal {
                return Some(order);
            }
        }
    }
}

#[derive(Clone, Copy)]
enum Segment<'a> {
    Number(&'a [u8]),
    Word(&'a [u8]),
}

/// What stands where a version has ended.
const ZERO: Segment = Segment::Number(b"0");

/// The segments that count: without zeros before the first word.
struct Segments<'a> {
    numbers: &'a [u8],
    rest: &'a [u8],
}

impl<'a> Segments<'a> {
    /// As the gem tool accepts them, but for the empty text: it says nothing, and is not taken
    /// for `0` here.
    fn parse(text: &'a str) -> Option<Self> {
        let text = text.trim_matches([' ', '\t', '\n', '\r', '\u{b}', '\u{c}']);
        let (release, prerelease) = match text.split_once('-') {
            None => (text, None),
            Some((release, prerelease)) => (release, Some(prerelease)),
        };
        let is_alphanumeric = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let is_prerelease = |part: &str| {
            let mut bytes = part.bytes();
            bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        let mut parts = release.split('.');
        let is_version = parts
            .next()
            .is_some_and(|part| digits::is_number(part.as_bytes()))
            && parts.all(|part| !part.is_empty() && is_alphanumeric(part))
            && prerelease.is_none_or(|text| {
                text.split('.')
                    .all(|part| !part.is_empty() && is_prerelease(part))
            });
        if !is_version {
            return None;
        }
        let (numbers, rest) = digits::split_run(text.as_bytes(), |byte| {
            byte.is_ascii_digit() || *byte == b'.'
        });
        Some(Self {
            numbers: without_last_zeros(numbers),
            rest,
        })
    }
}

fn without_last_zeros(mut numbers: &[u8]) -> &[u8] {
    while !numbers.is_empty() {
        let dot = numbers.iter().rposition(|&byte| byte == b'.');
        if !digits::significant(&numbers[dot.map_or(0, |dot| dot + 1)..]).is_empty() {
            break;
        }
        numbers = &numbers[..dot.unwrap_or(0)];
    }
    numbers
}

impl<'a> Iterator for Segments<'a> {
    type Item = Segment<'a>;

    fn next(&mut self) -> Option<Segment<'a>> {
        let text = if self.numbers.is_empty() {
            &mut self.rest
        } else {
            &mut self.numbers
        };
        while let Some(after) = text.strip_prefix(b".") {
            *text = after;
        }
        if let Some(after) = text.strip_prefix(b"-") {
            *text = after;
            return Some(Segment::Word(b"pre"));
        }
        let is_number = text.first()?.is_ascii_digit();
        let (run, after) = digits::split_run(text, |byte| {
            byte.is_ascii_alphanumeric() && byte.is_ascii_digit() == is_number
        });
        *text = after;
        Some(if is_number {
            Segment::Number(run)
        } else {
            Segment::Word(run)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(left: &str, right: &str, expected: Ordering) {
        let compare = |left, right| RubyGems.compare(left, right);
        assert_eq!(compare(left, right), Some(expected), "{left} {right}");
        let reversed = Some(expected.reverse());
        assert_eq!(compare(right, left), reversed, "{right} {left}");
    }

    #[test]
    fn numbers_compare_by_value_and_missing_ones_are_zero() {
        check("1.9", "1.10", Ordering::Less);
        check("1.0.0", "1", Ordering::Equal);
        check("1.010", "1.10", Ordering::Equal);
        check(
            "1.99999999999999999999",
            "1.100000000000000000000",
            Ordering::Less,
        );
    }

    #[test]
    fn a_word_makes_a_prerelease() {
        check("1.0.0.rc1", "1.0.0", Ordering::Less);
        check("1.0.0.a", "1.a", Ordering::Equal);
        check("1.0.0.beta2", "1.0.0.beta10", Ordering::Less);
        check("1.0.0.beta.2", "1.0.0.beta2", Ordering::Equal);
        check("1.0.B", "1.0.a", Ordering::Less);
    }

    #[test]
    fn a_hyphen_is_read_as_pre() {
        check("3.0.0-rc.1", "3.0.0.pre.rc.1", Ordering::Equal);
        check("1.0-1", "1.0", Ordering::Less);
    }

    #[test]
    fn blanks_around_a_version_are_none_of_it() {
        check(" 1.0\n", "1", Ordering::Equal);
    }

    #[test]
    fn what_the_gem_tool_refuses_is_no_version_nor_is_the_empty_text() {
        for text in [
            "", " ", "a", "1a", "1..2", "1.", ".1", "1-", "1-a..b", "1.0+1", "1_2", "1 2",
        ] {
            assert_eq!(RubyGems.compare(text, "1"), None, "{text}");
        }
    }
}
