//! The order of the versions of R packages.
//!
//! R 4.2, `package_version`: `.standard_regexps()$valid_package_version` and
//! `.encode_numeric_version`. R reads each number into 32 bits and has no answer beyond; here
//! numbers have any length.

use std::cmp::Ordering;

use super::{VersionOrder, digits};

/// Two or more numbers between dots and hyphens, which mean the same.
pub struct Cran;

impl VersionOrder for Cran {
    fn ecosystem(&self) -> &'static str {
        "CRAN"
    }

    fn shared_with(&self) -> &'static [&'static str] {
        &["Bioconductor"]
    }

    fn compare(&self, left: &str, right: &str) -> Option<Ordering> {
        let (mut left, mut right) = (numbers(left)?, numbers(right)?);
        loop {
            let order = match (left.next(), right.next()) {
                (None, None) => return Some(Ordering::Equal),
                (left, right) => digits::compare(
                    left.unwrap_or_default().as_bytes(),
                    right.unwrap_or_default().as_bytes(),
                ),
            };
            if order != Ordering::Equal {
                return Some(order);
            }
        }
    }
}

fn numbers(text: &str) -> Option<impl Iterator<Item = &str>> {
    let numbers = text.split(['.', '-']);
    let are_numbers = numbers
        .clone()
        .all(|number| digits::is_number(number.as_bytes()));
    (are_numbers && numbers.clone().nth(1).is_some()).then_some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(left: &str, right: &str, expected: Ordering) {
        let compare = |left, right| Cran.compare(left, right);
        assert_eq!(compare(left, right), Some(expected), "{left} {right}");
        let reversed = Some(expected.reverse());
        assert_eq!(compare(right, left), reversed, "{right} {left}");
    }

    #[test]
    fn dots_and_hyphens_mean_the_same() {
        check("1.2-3", "1.2.3", Ordering::Equal);
        check("7.3-60", "7.3-60.1", Ordering::Less);
    }

    #[test]
    fn numbers_compare_by_value_and_missing_ones_are_zero() {
        check("1.9", "1.10", Ordering::Less);
        check("1.01", "1.1", Ordering::Equal);
        check("1.0", "1.0.0", Ordering::Equal);
        check(
            "1.99999999999999999999",
            "1.100000000000000000000",
            Ordering::Less,
        );
    }

    #[test]
    fn what_r_refuses_is_no_version() {
        for text in [
            "", "1", "1.", ".1", "1..2", "1.2a", "1.2-rc1", "v1.2", " 1.2", "1_2",
        ] {
            assert_eq!(Cran.compare(text, "1.0"), None, "{text}");
        }
    }
}
