//! The order of Conan versions.
//!
//! Conan 2.34, `conan/internal/model/version.py`: any text is a version; what follows its last `+`
//! is its build and counts, what follows its first `-` makes it a pre-release. Items between dots
//! are numbers or words, zeros at the end count for nothing.
//!
//! A number stands beside a word as its digits do, so that Conan's answers can go in circles:
//! `2 < 10 < 1a < 2`. These answers are kept. An underscore or a sign inside a number, which
//! Conan's `int` passes over, makes it a word here, and the empty text is no version.

use std::cmp::Ordering;

use super::{VersionOrder, digits};

/// `item.item[-pre-release][+build]`.
pub struct Conan;

impl VersionOrder for Conan {
    fn ecosystem(&self) -> &'static str {
        "ConanCenter"
    }

    fn compare(&self, left: &str, right: &str) -> Option<Ordering> {
        let (left, right) = (Parts::parse(left)?, Parts::parse(right)?);
        let order = compare_items(left.items, right.items);
        Some(order.then_with(|| {
            match (left.prerelease, right.prerelease) {
                (None, Some(_)) => Ordering::Greater,
                (Some(_), None) => Ordering::Less,
                (left_one, right_one) => compare_qualifiers(left_one, right_one)
                    .then_with(|| compare_qualifiers(left.build, right.build)),
            }
        }))
    }
}

struct Parts<'a> {
    items: &'a str,
    prerelease: Option<&'a str>,
    build: Option<&'a str>,
}

impl<'a> Parts<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (version, build) = match text.rsplit_once('+') {
            None => (text, None),
            Some((version, build)) => (version, Some(build)),
        };
        let (items, prerelease) = match version.split_once('-') {
            None => (version, None),
            Some((items, prerelease)) => (items, Some(prerelease)),
        };
        (!text.is_empty()).then_some(Self {
            items,
            prerelease,
            build,
        })
    }
}

fn compare_qualifiers(left: Option<&str>, right: Option<&str>) -> Ordering {
    match (left, right) {
        (Some(left), Some(right)) => compare_items(left, right),
        (left, right) => left.is_some().cmp(&right.is_some()),
    }
}

fn compare_items(left: &str, right: &str) -> Ordering {
    let (mut left, mut right) = (items(left), items(right));
    loop {
        let (left, right) = match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(left), Some(right)) => (left.as_bytes(), right.as_bytes()),
        };
        let order = match (digits::is_number(left), digits::is_number(right)) {
            (true, true) => digits::compare(left, right),
            (true, false) => spelled(left).cmp(right),
            (false, true) => left.cmp(spelled(right)),
            (false, false) => left.cmp(right),
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

/// The items, without zeros at the end.
fn items(text: &str) -> impl Iterator<Item = &str> {
    let is_zero = |item: &str| {
        digits::is_number(item.as_bytes()) && digits::significant(item.as_bytes()).is_empty()
    };
    let zeros = text.rsplit('.').take_while(|&item| is_zero(item)).count();
    let count = text.split('.').count();
    text.split('.').take(count - zeros)
}

/// A number in its shortest spelling.
fn spelled(number: &[u8]) -> &[u8] {
    match digits::significant(number) {
        [] => b"0",
        significant => significant,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(left: &str, right: &str, expected: Ordering) {
        let compare = |left, right| Conan.compare(left, right);
        assert_eq!(compare(left, right), Some(expected), "{left} {right}");
        let reversed = Some(expected.reverse());
        assert_eq!(compare(right, left), reversed, "{right} {left}");
    }

    /// `Version.__init__`: `_nonzero_items`.
    #[test]
    fn zeros_at_the_end_count_for_nothing() {
        check("1.0.0", "1", Ordering::Equal);
        check("1.2.0-rc.0", "1.2-rc", Ordering::Equal);
        check("1.0.1", "1", Ordering::Greater);
    }

    /// `_VersionItem.__lt__`.
    #[test]
    fn items_are_numbers_or_words() {
        check("1.9", "1.10", Ordering::Less);
        check("1.010", "1.10", Ordering::Equal);
        check("1.1.1w", "1.1.1a", Ordering::Greater);
        check("cci.20200203", "cci.20210118", Ordering::Less);
        check("cci.20200203", "1.0", Ordering::Greater);
        check("10", "9e", Ordering::Less);
        check("010", "1a", Ordering::Less);
        check(
            "1.99999999999999999999",
            "1.100000000000000000000",
            Ordering::Less,
        );
    }

    #[test]
    fn numbers_and_words_stand_in_the_circle_that_conan_has() {
        check("2", "10", Ordering::Less);
        check("10", "1a", Ordering::Less);
        check("1a", "2", Ordering::Less);
    }

    /// `Version.__lt__`.
    #[test]
    fn prereleases_stand_before_and_builds_behind() {
        let versions = [
            "1.0-",
            "1.0-1",
            "1.0-alpha",
            "1.0-alpha+1",
            "1.0-beta.2",
            "1.0-beta.10",
            "1.0",
            "1.0+1",
            "1.0+2",
            "1.0+b-1",
            "1.1-0+1",
        ];
        for pair in versions.windows(2) {
            check(pair[0], pair[1], Ordering::Less);
        }
        check("2021-03-02", "2021", Ordering::Less);
        check("1.0+a+b", "1.0+b", Ordering::Greater);
    }

    #[test]
    fn the_empty_text_is_no_version() {
        assert_eq!(Conan.compare("", "1"), None);
    }
}
