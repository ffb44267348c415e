//! The order of the versions of Haskell packages.
//!
//! Cabal 3.10, `Cabal-syntax/src/Distribution/Types/Version.hs`: a list of numbers, each of at most
//! nine digits and without leading zeros; tags behind hyphens are read and do not count. A longer
//! version stands behind the shorter one that it begins with: `1.0` after `1`.

use std::cmp::Ordering;

use super::{VersionOrder, digits};

/// `1.2.3[-tag]`.
pub struct Hackage;

impl VersionOrder for Hackage {
    fn ecosystem(&self) -> &'static str {
        "Hackage"
    }

    fn shared_with(&self) -> &'static [&'static str] {
        &["GHC"]
    }

    fn compare(&self, left: &str, right: &str) -> Option<Ordering> {
        Some(numbers(left)?.cmp(numbers(right)?))
    }
}

fn numbers(text: &str) -> Option<impl Iterator<Item = u32>> {
    let mut parts = text.split('-');
    let numbers = parts.next()?.split('.');
    let is_number = |number: &str| {
        digits::is_number(number.as_bytes())
            && number.len() <= 9
            && (number.len() == 1 || !number.starts_with('0'))
    };
    let is_tag = |tag: &str| !tag.is_empty() && tag.chars().all(char::is_alphanumeric);
    (numbers.clone().all(is_number) && parts.all(is_tag))
        .then(|| numbers.filter_map(|number| number.parse().ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(left: &str, right: &str, expected: Ordering) {
        let compare = |left, right| Hackage.compare(left, right);
        assert_eq!(compare(left, right), Some(expected), "{left} {right}");
        let reversed = Some(expected.reverse());
        assert_eq!(compare(right, left), reversed, "{right} {left}");
    }

    /// `Version`'s `Ord`: that of lists of numbers.
    #[test]
    fn numbers_compare_by_value_and_longer_is_later() {
        check("1.9", "1.10", Ordering::Less);
        check("1", "1.0", Ordering::Less);
        check("9.2.5", "9.4.1", Ordering::Less);
        check("0.999999999", "1", Ordering::Less);
    }

    /// `tags` of `Version`'s parser.
    #[test]
    fn tags_do_not_count() {
        check("1.2-rc1", "1.2", Ordering::Equal);
        check("1.2-a-b", "1.2.0-c", Ordering::Less);
    }

    /// `versionDigitParser`.
    #[test]
    fn what_cabal_refuses_is_no_version() {
        let refused = [
            "",
            "a",
            "1.",
            ".1",
            "1..2",
            "1.02",
            "1.1234567890",
            "1-",
            "1-a_b",
            " 1",
            "1a",
        ];
        for text in refused {
            assert_eq!(Hackage.compare(text, "1"), None, "{text}");
        }
    }
}
