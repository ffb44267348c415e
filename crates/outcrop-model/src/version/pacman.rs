//! The order of Arch Linux versions.
//!
//! vercmp(8); pacman `lib/libalpm/version.c` of 6.0.

use std::cmp::Ordering;

use super::{VersionOrder, digits, rpm};

/// `[epoch:]version[-release]`.
///
/// A missing epoch is 0. Releases count only where both have one, so that `1.0` equals `1.0-1` and
/// `1.0-2`; and separators count by their length, ending ones not. So this is a total order only
/// among versions that all have a release and single separators, as packages do. Every text but the
/// empty one is a version.
pub struct Pacman;

impl VersionOrder for Pacman {
    fn ecosystem(&self) -> &'static str {
        "Arch Linux"
    }

    fn compare(&self, left: &str, right: &str) -> Option<Ordering> {
        let (left, right) = (rpm::Label::parse(left)?, rpm::Label::parse(right)?);
        Some(
            compare_parts(left.epoch, right.epoch)
                .then_with(|| compare_parts(left.version, right.version))
                .then_with(|| match (left.release, right.release) {
                    (Some(left), Some(right)) => compare_parts(left, right),
                    _ => Ordering::Equal,
                }),
        )
    }
}

/// libalpm's `rpmvercmp`: as rpm's, but a longer run of separators is newer, and a run of letters
/// that has no counterpart is older.
fn compare_parts(mut left: &[u8], mut right: &[u8]) -> Ordering {
    if left == right {
        return Ordering::Equal;
    }
    while !left.is_empty() && !right.is_empty() {
        let separators = skip_separators(&mut left).cmp(&skip_separators(&mut right));
        let (Some(left_first), Some(right_first)) = (left.first(), right.first()) else {
            break;
        };
        let order = separators.then_with(|| {
            match (left_first.is_ascii_digit(), right_first.is_ascii_digit()) {
                (true, true) => digits::compare(digits::take(&mut left), digits::take(&mut right)),
                (false, false) => rpm::take_letters(&mut left).cmp(rpm::take_letters(&mut right)),
                (left, right) => left.cmp(&right),
            }
        });
        if order != Ordering::Equal {
            return order;
        }
    }
    match (left.first(), right.first()) {
        (None, None) => Ordering::Equal,
        (Some(rest), _) if rest.is_ascii_alphabetic() => Ordering::Less,
        (_, Some(rest)) if rest.is_ascii_alphabetic() => Ordering::Greater,
        (None, Some(_)) => Ordering::Less,
        (Some(_), _) => Ordering::Greater,
    }
}

/// Answers how many there were.
fn skip_separators(bytes: &mut &[u8]) -> usize {
    let (separators, rest) = digits::split_run(bytes, |byte| !byte.is_ascii_alphanumeric());
    *bytes = rest;
    separators.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(left: &str, right: &str, expected: Ordering) {
        assert_eq!(
            Pacman.compare(left, right),
            Some(expected),
            "{left} {right}"
        );
        assert_eq!(
            Pacman.compare(right, left),
            Some(expected.reverse()),
            "{right} {left}"
        );
    }

    #[test]
    fn letters_at_the_end_are_older_than_the_end() {
        check("1.0rc1-1", "1.0-1", Ordering::Less);
        check("1.0.a-1", "1.0-1", Ordering::Greater);
        check("1.0a-1", "1.0.1-1", Ordering::Less);
    }

    #[test]
    fn releases_count_only_where_both_have_one() {
        check("1.0-1", "1.0-2", Ordering::Less);
        check("1.0", "1.0-2", Ordering::Equal);
    }

    #[test]
    fn a_missing_epoch_is_zero() {
        check("0:1.0-1", "1.0-1", Ordering::Equal);
        check("1:1.0-1", "2.0-1", Ordering::Greater);
    }

    #[test]
    fn more_separators_are_newer() {
        check("1..0-1", "1.0-1", Ordering::Greater);
    }

    #[test]
    fn the_empty_text_is_no_version() {
        assert_eq!(Pacman.compare("", "1"), None);
    }
}
