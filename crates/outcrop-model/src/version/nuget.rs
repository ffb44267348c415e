//! The order of `NuGet` versions.
//!
//! NuGet.Client, `NuGet.Versioning`: `NuGetVersionFactory.cs` (what is a version),
//! `SemanticVersionFactory.cs` (its labels) and `VersionComparer.cs` (the order): Semantic
//! Versioning 2.0.0 with up to four numbers and labels whose case does not count.

use std::cmp::Ordering;

use super::{VersionOrder, digits};

/// `1[.2[.3[.4]]][-label.label][+metadata]`.
pub struct NuGet;

impl VersionOrder for NuGet {
    fn ecosystem(&self) -> &'static str {
        "NuGet"
    }

    fn compare(&self, left: &str, right: &str) -> Option<Ordering> {
        let (left, right) = (Parts::parse(left)?, Parts::parse(right)?);
        let numbers = compare_numbers(left.numbers, right.numbers);
        Some(numbers.then_with(|| {
            match (left.labels, right.labels) {
                (None, None) => Ordering::Equal,
                (None, Some(_)) => Ordering::Greater,
                (Some(_), None) => Ordering::Less,
                (Some(left), Some(right)) => left
                    .split('.')
                    .map(Label::new)
                    .cmp(right.split('.').map(Label::new)),
            }
        }))
    }
}

struct Parts<'a> {
    numbers: &'a str,
    labels: Option<&'a str>,
}

/// The largest number that `NuGet` can hold.
const LARGEST: &[u8] = b"2147483647";

impl<'a> Parts<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (text, metadata) = match text.trim().split_once('+') {
            None => (text.trim(), None),
            Some((text, metadata)) => (text, Some(metadata)),
        };
        let (numbers, labels) = match text.split_once('-') {
            None => (text, None),
            Some((numbers, labels)) => (numbers, Some(labels)),
        };
        // Blanks may stand around each number.
        let is_number = |number: &str| {
            let number = number.trim().as_bytes();
            digits::is_number(number) && digits::compare(number, LARGEST).is_le()
        };
        let is_version = numbers.split('.').nth(4).is_none()
            && numbers.split('.').all(is_number)
            && labels.is_none_or(|labels| {
                labels.split('.').all(|label| {
                    let has_leading_zero = label.len() > 1 && label.starts_with('0');
                    is_identifier(label)
                        && !(has_leading_zero && digits::is_number(label.as_bytes()))
                })
            })
            && metadata.is_none_or(|metadata| metadata.split('.').all(is_identifier));
        is_version.then_some(Self { numbers, labels })
    }
}

fn is_identifier(part: &str) -> bool {
    !part.is_empty()
        && part
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn compare_numbers(left: &str, right: &str) -> Ordering {
    let (mut left, mut right) = (left.split('.'), right.split('.'));
    for _ in 0..4 {
        let (left, right) = (
            left.next().unwrap_or_default(),
            right.next().unwrap_or_default(),
        );
        let order = digits::compare(left.trim().as_bytes(), right.trim().as_bytes());
        if order != Ordering::Equal {
            return order;
        }
    }
    Ordering::Equal
}

#[derive(PartialEq, Eq)]
enum Label<'a> {
    /// What .NET's `int.TryParse` takes for a number: 32 bits, a hyphen before it is its sign.
    Number(i32),
    Word(&'a str),
}

impl<'a> Label<'a> {
    fn new(text: &'a str) -> Self {
        text.parse().map_or(Self::Word(text), Self::Number)
    }
}

impl Ord for Label<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Number(left), Self::Number(right)) => left.cmp(right),
            (Self::Number(_), Self::Word(_)) => Ordering::Less,
            (Self::Word(_), Self::Number(_)) => Ordering::Greater,
            (Self::Word(left), Self::Word(right)) => {
                let left = left.bytes().map(|byte| byte.to_ascii_uppercase());
                left.cmp(right.bytes().map(|byte| byte.to_ascii_uppercase()))
            }
        }
    }
}

impl PartialOrd for Label<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(left: &str, right: &str, expected: Ordering) {
        let compare = |left, right| NuGet.compare(left, right);
        assert_eq!(compare(left, right), Some(expected), "{left} {right}");
        let reversed = Some(expected.reverse());
        assert_eq!(compare(right, left), reversed, "{right} {left}");
    }

    /// Semantic Versioning 2.0.0, item 11.
    #[test]
    fn the_examples_of_semantic_versioning_hold() {
        let versions = [
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-beta",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "1.0.0-rc.1",
            "1.0.0",
            "2.0.0",
            "2.1.0",
            "2.1.1",
        ];
        for pair in versions.windows(2) {
            check(pair[0], pair[1], Ordering::Less);
        }
    }

    /// "Package versioning" of `NuGet`'s documentation: "Normalized version numbers" and
    /// "Where `NuGetVersion` diverges from Semantic Versioning".
    #[test]
    fn the_rules_of_the_documentation_hold() {
        check("1.00", "1.0", Ordering::Equal);
        check("1.01.1", "1.1.1", Ordering::Equal);
        check("1.00.0.1", "1.0.0.1", Ordering::Equal);
        check("1.0.0.0", "1.0.0", Ordering::Equal);
        check("1.0.01.0", "1.0.1", Ordering::Equal);
        check("1", "1.0.0.0", Ordering::Equal);
        check("1.0.7+r3456", "1.0.7", Ordering::Equal);
        check("1.0.0-alpha", "1.0.0-Alpha", Ordering::Equal);
        check("1.0.1-zzz", "1.0.1-aaa", Ordering::Greater);
        check("1.0.1-rc.10", "1.0.1-rc.2", Ordering::Greater);
        check("1.0.1-rc10", "1.0.1-rc2", Ordering::Less);
    }

    /// `VersionComparer.cs`: the fourth number decides before the labels; `CompareRelease`.
    #[test]
    fn labels_stand_as_the_comparer_has_them() {
        check("1.0.0.1-a", "1.0.0", Ordering::Greater);
        check("1.0.0-a.b", "1.0.0-A.B.c", Ordering::Less);
        check("1.0.0-2147483647", "1.0.0-2147483646", Ordering::Greater);
        check("1.0.0-2147483648", "1.0.0-2147483647", Ordering::Greater);
        check("1.0.0-10000000000", "1.0.0-9999999999", Ordering::Less);
        check("1.0.0--2", "1.0.0--1", Ordering::Less);
        check("1.0.0--1", "1.0.0-0", Ordering::Less);
    }

    /// `NuGetVersionFactory.cs`: `TryParse`, `TryGetNormalizedVersion`.
    #[test]
    fn blanks_and_zeros_around_numbers_are_passed_over() {
        check(" 1.0 ", "1", Ordering::Equal);
        check("1 . 2-a", "1.2-a", Ordering::Equal);
        check("0000000000000000001", "1", Ordering::Equal);
    }

    /// `NuGetVersionFactory.cs` and `SemanticVersionFactory.cs`: `ParseSections`, `IsValidPart`.
    #[test]
    fn what_nuget_refuses_is_no_version() {
        let refused = [
            "",
            " ",
            "a",
            "1.a",
            "1.",
            ".1",
            "1..2",
            "1.2.3.4.5",
            "-1",
            "1.-2",
            "1.2147483648",
            "1.0-",
            "1.0+",
            "1.0-a+",
            "1.0-+b",
            "1.0-a..b",
            "1.0-01",
            "1.0-a_b",
            "1.0+a_b",
            "1.0+a+b",
            "1.0 2",
            "v1.0",
        ];
        for text in refused {
            assert_eq!(NuGet.compare(text, "1.0"), None, "{text}");
        }
    }

    #[test]
    fn labels_with_zeros_before_letters_are_words() {
        check("1.0-0a", "1.0-0", Ordering::Greater);
        check("1.0+001", "1.0", Ordering::Equal);
    }
}
