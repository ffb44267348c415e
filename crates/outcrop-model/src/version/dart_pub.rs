//! The order of the versions of Dart's packages.
//!
//! `pub_semver`, `lib/src/version.dart` and `lib/src/patterns.dart`: Semantic Versioning, but
//! leading zeros are passed over and build metadata counts, after everything else. Numbers are
//! those of Dart on a 64-bit machine.

use std::cmp::Ordering;

use super::{VersionOrder, digits};

/// `major.minor.patch[-pre-release][+build]`.
pub struct Pub;

impl VersionOrder for Pub {
    fn ecosystem(&self) -> &'static str {
        "Pub"
    }

    fn compare(&self, left: &str, right: &str) -> Option<Ordering> {
        let (left, right) = (Parts::parse(left)?, Parts::parse(right)?);
        let order = left.release.cmp(&right.release);
        Some(
            order
                .then_with(|| match (left.prerelease, right.prerelease) {
                    (None, None) => Ordering::Equal,
                    (None, Some(_)) => Ordering::Greater,
                    (Some(_), None) => Ordering::Less,
                    (Some(left), Some(right)) => compare_identifiers(left, right),
                })
                .then_with(|| match (left.build, right.build) {
                    (Some(left), Some(right)) => compare_identifiers(left, right),
                    (left, right) => left.is_some().cmp(&right.is_some()),
                }),
        )
    }
}

struct Parts<'a> {
    release: [i64; 3],
    prerelease: Option<&'a str>,
    build: Option<&'a str>,
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
        let are_identifiers = |text: &str| text.split('.').all(is_identifier);
        if !prerelease.is_none_or(are_identifiers) || !build.is_none_or(are_identifiers) {
            return None;
        }
        let mut numbers = release.split('.').map(|number| {
            digits::is_number(number.as_bytes())
                .then(|| number.parse().ok())
                .flatten()
        });
        let release = [numbers.next()??, numbers.next()??, numbers.next()??];
        numbers.next().is_none().then_some(Self {
            release,
            prerelease,
            build,
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
    left.split('.')
        .map(Identifier::new)
        .cmp(right.split('.').map(Identifier::new))
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Identifier<'a> {
    Number(i64),
    Word(&'a str),
}

impl<'a> Identifier<'a> {
    /// Dart's `int.tryParse`: 64 bits, a hyphen before the digits is their sign, and `0x` before
    /// them makes them hexadecimal, the upper half of which is negative.
    fn new(text: &'a str) -> Self {
        let (sign, digits) = match text.strip_prefix('-') {
            None => (1, text),
            Some(digits) => (-1, digits),
        };
        let number = match digits.get(..2) {
            Some("0x" | "0X") => u64::from_str_radix(&digits[2..], 16)
                .ok()
                .map(|number| number.cast_signed().wrapping_mul(sign)),
            _ => text.parse().ok(),
        };
        number.map_or(Self::Word(text), Self::Number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(left: &str, right: &str, expected: Ordering) {
        let compare = |left, right| Pub.compare(left, right);
        assert_eq!(compare(left, right), Some(expected), "{left} {right}");
        let reversed = Some(expected.reverse());
        assert_eq!(compare(right, left), reversed, "{right} {left}");
    }

    /// `pub_semver`, `README.md` and `Version.compareTo`: pre-releases before their release, build
    /// metadata after it.
    #[test]
    fn prereleases_and_builds_stand_around_their_release() {
        let versions = [
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "1.0.0-rc.1",
            "1.0.0-rc.1+build.1",
            "1.0.0",
            "1.0.0+0.3.7",
            "1.0.0+1.3.7",
            "1.3.7+build",
            "1.3.7+build.2.b8f12d7",
            "1.3.7+build.11.e0f985a",
            "2.0.0",
            "2.1.0",
            "2.2.0",
            "2.11.0",
            "2.11.1",
        ];
        for pair in versions.windows(2) {
            check(pair[0], pair[1], Ordering::Less);
        }
    }

    /// `Version.canonicalizedVersion`.
    #[test]
    fn leading_zeros_are_passed_over() {
        check(
            "01.02.03-01.dev+pre.02",
            "1.2.3-1.dev+pre.2",
            Ordering::Equal,
        );
    }

    /// `Version._splitParts`, `int.tryParse`.
    #[test]
    fn identifiers_are_numbers_where_dart_takes_them_for_one() {
        check("1.0.0-0x10", "1.0.0-16", Ordering::Equal);
        check("1.0.0-0x1g", "1.0.0-16", Ordering::Greater);
        check("1.0.0--0x10", "1.0.0--16", Ordering::Equal);
        check("1.0.0-0xffffffffffffffff", "1.0.0--1", Ordering::Equal);
        check("1.0.0-0x", "1.0.0-9", Ordering::Greater);
        check("1.0.0--1", "1.0.0-0", Ordering::Less);
        check("1.0.0-9223372036854775808", "1.0.0-a", Ordering::Less);
        check(
            "1.0.0-10000000000000000000",
            "1.0.0-9223372036854775808",
            Ordering::Less,
        );
    }

    /// `completeVersion` of `patterns.dart`, `int.parse`.
    #[test]
    fn what_pub_refuses_is_no_version() {
        let refused = [
            "",
            "1",
            "1.0",
            "1.0.0.0",
            "v1.0.0",
            " 1.0.0",
            "1.0.0 ",
            "1.0.0-",
            "1.0.0-a..b",
            "1.0.0+",
            "1.0.0+a+b",
            "1.0.0-a_b",
            "1.x.0",
            "+1.0.0",
            "9223372036854775808.0.0",
        ];
        for text in refused {
            assert_eq!(Pub.compare(text, "1.0.0"), None, "{text}");
        }
    }
}
