//! The order of Hex versions.
//!
//! Elixir 1.14, `lib/elixir/lib/version.ex`: `Version.parse` and `Version.compare`, which is
//! Semantic Versioning 2.0.0 without leniency, build metadata apart from the order.

use std::cmp::Ordering;

use super::{VersionOrder, digits};

/// `major.minor.patch[-pre-release][+build]`.
pub struct Hex;

impl VersionOrder for Hex {
    fn ecosystem(&self) -> &'static str {
        "Hex"
    }

    fn compare(&self, left: &str, right: &str) -> Option<Ordering> {
        let (left, right) = (Parts::parse(left)?, Parts::parse(right)?);
        let release = compare_identifiers(left.release, right.release);
        Some(
            release.then_with(|| match (left.prerelease, right.prerelease) {
                (None, None) => Ordering::Equal,
                (None, Some(_)) => Ordering::Greater,
                (Some(_), None) => Ordering::Less,
                (Some(left), Some(right)) => compare_identifiers(left, right),
            }),
        )
    }
}

struct Parts<'a> {
    release: &'a str,
    prerelease: Option<&'a str>,
}

impl<'a> Parts<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (text, build) = match text.split_once('+') {
            None => (text, None),
            Some((text, build)) => (text, Some(build)),
        };
        let (release, prerelease) = match text.split_once('-') {
            None => (text, None),
            Some((release, prerelease)) => (release, Some(prerelease)),
        };
        let has_leading_zero = |part: &str| part.len() > 1 && part.starts_with('0');
        let is_version = release.split('.').count() == 3
            && release
                .split('.')
                .all(|part| digits::is_number(part.as_bytes()) && !has_leading_zero(part))
            && prerelease.is_none_or(|text| {
                text.split('.').all(|part| {
                    is_identifier(part)
                        && !(digits::is_number(part.as_bytes()) && has_leading_zero(part))
                })
            })
            && build.is_none_or(|text| text.split('.').all(is_identifier));
        is_version.then_some(Self {
            release,
            prerelease,
        })
    }
}

fn is_identifier(part: &str) -> bool {
    !part.is_empty()
        && part
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn compare_identifiers(left: &str, right: &str) -> Ordering {
    let (mut left, mut right) = (left.split('.'), right.split('.'));
    loop {
        let (left, right) = match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(left), Some(right)) => (left.as_bytes(), right.as_bytes()),
        };
        let order = match (digits::is_number(left), digits::is_number(right)) {
            (true, true) => digits::compare(left, right),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            (false, false) => left.cmp(right),
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(left: &str, right: &str, expected: Ordering) {
        let compare = |left, right| Hex.compare(left, right);
        assert_eq!(compare(left, right), Some(expected), "{left} {right}");
        let reversed = Some(expected.reverse());
        assert_eq!(compare(right, left), reversed, "{right} {left}");
    }

    #[test]
    fn prereleases_stand_before_their_release() {
        let versions = [
            "1.0.0-0",
            "1.0.0-9",
            "1.0.0-10",
            "1.0.0-10.0",
            "1.0.0--",
            "1.0.0-A",
            "1.0.0-a",
            "1.0.0-a.1",
            "1.0.0-a.a",
            "1.0.0-rc.1",
            "1.0.0",
            "1.0.1-0",
            "1.9.0",
            "1.10.0",
            "2.0.0",
        ];
        for pair in versions.windows(2) {
            check(pair[0], pair[1], Ordering::Less);
        }
    }

    #[test]
    fn build_metadata_is_no_part_of_the_order() {
        check("1.0.0+1", "1.0.0+2.007", Ordering::Equal);
        check("1.0.0-rc.1+1", "1.0.0-rc.1", Ordering::Equal);
    }

    #[test]
    fn numbers_compare_at_any_length() {
        check(
            "99999999999999999999.0.0",
            "100000000000000000000.0.0",
            Ordering::Less,
        );
    }

    #[test]
    fn what_elixir_refuses_is_no_version() {
        let refused = [
            "",
            "1",
            "1.0",
            "1.0.0.0",
            "01.0.0",
            "1.00.0",
            "v1.0.0",
            " 1.0.0",
            "1.0.0-",
            "1.0.0-a..b",
            "1.0.0-01",
            "1.0.0+",
            "1.0.0+a+b",
            "1.0.0-a_b",
            "1.0.x",
        ];
        for text in refused {
            assert_eq!(Hex.compare(text, "1.0.0"), None, "{text}");
        }
    }
}
