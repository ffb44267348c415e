//! The order of Semantic Versioning, and what is tolerated beyond it.
//!
//! Semantic Versioning 2.0.0, §11; node-semver `classes/semver.js` and `internal/re.js` of 7.8, in
//! its loose mode.

use std::cmp::Ordering;

use super::{VersionOrder, digits};

/// `major.minor.patch[-prerelease][+build]`.
///
/// This is also the order of every range of OSV's type `SEMVER`, whatever the ecosystem.
/// [`Go`](super::go::Go) agrees with it on semantic versions, and reads what Go installs as well.
///
/// What is no semantic version is still read where its meaning is plain, since records and packages
/// hold such texts:
/// - as node-semver's loose mode: `v`, `=` and blanks in front, leading zeros (`2018.08.18`), a
///   prerelease without its hyphen (`1.2.3beta`);
/// - fewer or more than three numbers: missing ones are zero, further ones count (`17.0.8.1`).
///
/// Numbers have any length. Build metadata does not count.
pub struct SemVer;

impl VersionOrder for SemVer {
    fn ecosystem(&self) -> &'static str {
        "npm"
    }

    fn shared_with(&self) -> &'static [&'static str] {
        &["crates.io", "Bitnami", "SwiftURL", "SemVer"]
    }

    fn compare(&self, left: &str, right: &str) -> Option<Ordering> {
        Some(Version::parse(left)?.compare(&Version::parse(right)?))
    }
}

/// What counts of a version.
#[derive(Clone, Copy)]
pub(super) struct Version<'a> {
    /// Numbers, separated by dots.
    pub(super) numbers: &'a [u8],
    /// Identifiers, separated by dots; empty where it is no prerelease.
    pub(super) prerelease: &'a [u8],
    /// One more identifier of the prerelease; empty where there is none.
    pub(super) prerelease_number: &'a [u8],
}

impl<'a> Version<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let text = text
            .trim()
            .trim_start_matches(|first: char| first.is_whitespace() || matches!(first, 'v' | '='));
        let text = without_build(text.as_bytes())?;
        let (numbers, rest) = split_numbers(text)?;
        let prerelease = match rest.strip_prefix(b"-") {
            // A hyphen alone is an identifier by itself.
            None | Some([] | [b'.', ..]) => rest,
            Some(rest) => rest,
        };
        (prerelease.is_empty() || are_identifiers(prerelease)).then_some(Self {
            numbers,
            prerelease,
            prerelease_number: b"",
        })
    }

    pub(super) fn compare(&self, other: &Self) -> Ordering {
        compare_numbers(self.numbers, other.numbers).then_with(|| {
            match (self.prerelease.is_empty(), other.prerelease.is_empty()) {
                (false, false) => compare_identifiers(self.identifiers(), other.identifiers()),
                (left, right) => left.cmp(&right),
            }
        })
    }

    fn identifiers(&self) -> impl Iterator<Item = &'a [u8]> {
        let further = (!self.prerelease_number.is_empty()).then_some(self.prerelease_number);
        self.prerelease.split(|&byte| byte == b'.').chain(further)
    }
}

/// Takes the build metadata off; `None` where it is none.
pub(super) fn without_build(text: &[u8]) -> Option<&[u8]> {
    match text.iter().position(|&byte| byte == b'+') {
        None => Some(text),
        Some(at) => are_identifiers(&text[at + 1..]).then_some(&text[..at]),
    }
}

/// Whether each part between the dots is made of letters, digits and hyphens, and none is empty.
pub(super) fn are_identifiers(text: &[u8]) -> bool {
    text.split(|&byte| byte == b'.').all(|identifier| {
        !identifier.is_empty()
            && identifier
                .iter()
                .all(|&byte| byte.is_ascii_alphanumeric() || byte == b'-')
    })
}

/// Splits `1.2.3-rest` into `1.2.3` and `-rest`; `None` where it begins with no number, or a dot is
/// followed by none.
pub(super) fn split_numbers(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut rest = text;
    loop {
        if digits::take(&mut rest).is_empty() {
            return None;
        }
        match rest.strip_prefix(b".") {
            Some(behind) => rest = behind,
            None => return Some(text.split_at(text.len() - rest.len())),
        }
    }
}

/// Compares numbers separated by dots; missing ones are zero.
pub(super) fn compare_numbers(left: &[u8], right: &[u8]) -> Ordering {
    let mut left = left.split(|&byte| byte == b'.');
    let mut right = right.split(|&byte| byte == b'.');
    loop {
        let order = match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (left, right) => digits::compare(left.unwrap_or_default(), right.unwrap_or_default()),
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

fn compare_identifiers<'a>(
    mut left: impl Iterator<Item = &'a [u8]>,
    mut right: impl Iterator<Item = &'a [u8]>,
) -> Ordering {
    loop {
        let order = match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (Some(left), Some(right)) => {
                match (digits::is_number(left), digits::is_number(right)) {
                    (true, true) => digits::compare(left, right),
                    (false, false) => left.cmp(right),
                    (left, right) => right.cmp(&left),
                }
            }
            (left, right) => left.is_some().cmp(&right.is_some()),
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
        assert_eq!(
            SemVer.compare(left, right),
            Some(expected),
            "{left} {right}"
        );
        assert_eq!(
            SemVer.compare(right, left),
            Some(expected.reverse()),
            "{right} {left}"
        );
    }

    #[test]
    fn prereleases_stand_as_the_specification_lists_them() {
        let ascending = [
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
        for pair in ascending.windows(2) {
            check(pair[0], pair[1], Ordering::Less);
        }
    }

    #[test]
    fn build_metadata_does_not_count() {
        check(
            "1.0.0+20130313144700",
            "1.0.0+21AF26D3-117",
            Ordering::Equal,
        );
        check("1.0.0-rc.1+build.1", "1.0.0", Ordering::Less);
    }

    #[test]
    fn what_is_plain_is_tolerated() {
        check("v1.2.3", "= 1.2.3", Ordering::Equal);
        check("2018.08.18", "2018.8.18", Ordering::Equal);
        check("1.2.3beta", "1.2.3-beta", Ordering::Equal);
        check("1.2.3-", "1.2.3", Ordering::Less);
        check("0", "0.0.0", Ordering::Equal);
        check("1.2-rc1", "1.2.0", Ordering::Less);
        check("17.0.8.1", "17.0.8", Ordering::Greater);
        check("1.0.0-0", "1.0.0-a", Ordering::Less);
    }

    #[test]
    fn numbers_compare_by_value_at_any_length() {
        check(
            "1.0.99999999999999999999",
            "1.0.100000000000000000000",
            Ordering::Less,
        );
    }

    #[test]
    fn what_is_not_plain_is_no_version() {
        for text in [
            "",
            "v",
            "latest",
            "1..2",
            "1.2.",
            ".1",
            "1.2.3-a..b",
            "1.2.3+",
            "1.2.3_1",
            "1.2.3-é",
        ] {
            assert_eq!(SemVer.compare(text, "1.0.0"), None, "{text}");
        }
    }
}
