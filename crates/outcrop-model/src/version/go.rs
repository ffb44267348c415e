//! The order of Go's module versions and of its own releases.
//!
//! The Go Modules Reference, "Versions" and "Pseudo-versions"; `golang.org/x/mod/semver`; and for
//! the releases of Go, `go/version` and the tags that pkg.go.dev turns into versions.

use std::cmp::Ordering;

use super::{VersionOrder, digits, semver};

/// `[v]major[.minor[.patch[-prerelease][+build]]]`, or a release of Go.
///
/// - Modules: OSV writes versions without the `v` that module versions have; both are read.
///   Numbers have no leading zeros. A pseudo-version (`v1.2.4-0.20240101120000-abcdef123456`) is a
///   prerelease and stands as one; `+incompatible` and other build metadata do not count.
/// - `stdlib` and `toolchain`: records have `1.21.0-rc.1` for what a binary calls `go1.21rc1`; both
///   are read, `1.21rc1` too, and `go1.21` is `1.21.0`. What a vendor adds to `go…` behind a hyphen,
///   a blank or a plus sign (`go1.20.12 X:boringcrypto`, `go1.21.0-custom`) does not count: it is a
///   build of that release, not one before it.
///
/// `(devel)` and `devel go1.23-…` are no versions.
pub struct Go;

impl VersionOrder for Go {
    fn ecosystem(&self) -> &'static str {
        "Go"
    }

    fn compare(&self, left: &str, right: &str) -> Option<Ordering> {
        Some(parse(left)?.compare(&parse(right)?))
    }
}

fn parse(text: &str) -> Option<semver::Version<'_>> {
    match text.strip_prefix("go") {
        Some(release) => {
            let end = release.find(['-', ' ', '+']).unwrap_or(release.len());
            parse_release(&release[..end])
        }
        None => parse_module(text.strip_prefix('v').unwrap_or(text))
            .or_else(|| parse_release(text).filter(|release| !release.prerelease.is_empty())),
    }
}

fn parse_module(text: &str) -> Option<semver::Version<'_>> {
    let text = text.as_bytes();
    let (numbers, rest) = semver::split_numbers(text)?;
    let count = numbers.split(|&byte| byte == b'.').count();
    let prerelease = match rest {
        [] => rest,
        // Only a whole version is followed by something.
        _ if count < 3 => return None,
        _ => match semver::without_build(rest)? {
            [] => b"",
            [b'-', prerelease @ ..] if prerelease_is_sound(prerelease) => prerelease,
            _ => return None,
        },
    };
    let sound = count <= 3 && numbers.split(|&byte| byte == b'.').all(is_canonical);
    sound.then_some(semver::Version {
        numbers,
        prerelease,
        prerelease_number: b"",
    })
}

fn prerelease_is_sound(prerelease: &[u8]) -> bool {
    semver::are_identifiers(prerelease)
        && prerelease
            .split(|&byte| byte == b'.')
            .all(|identifier| !digits::is_number(identifier) || is_canonical(identifier))
}

/// A number without leading zeros.
fn is_canonical(digits: &[u8]) -> bool {
    digits.len() == 1 || digits.first() != Some(&b'0')
}

/// `1.21`, `1.21.3`, `1.21rc1`, `1.9.2rc2`.
fn parse_release(text: &str) -> Option<semver::Version<'_>> {
    let (numbers, mut rest) = semver::split_numbers(text.as_bytes())?;
    if numbers.split(|&byte| byte == b'.').count() > 3 {
        return None;
    }
    let kinds: [&[u8]; 2] = [b"rc", b"beta"];
    let (prerelease, prerelease_number) = match kinds.iter().find(|kind| rest.starts_with(kind)) {
        None => (&b""[..], &b""[..]),
        Some(kind) => {
            rest = &rest[kind.len()..];
            (*kind, digits::take(&mut rest))
        }
    };
    let numbered = prerelease.is_empty() == prerelease_number.is_empty();
    (rest.is_empty() && numbered).then_some(semver::Version {
        numbers,
        prerelease,
        prerelease_number,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(left: &str, right: &str, expected: Ordering) {
        assert_eq!(Go.compare(left, right), Some(expected), "{left} {right}");
        assert_eq!(
            Go.compare(right, left),
            Some(expected.reverse()),
            "{right} {left}"
        );
    }

    #[test]
    fn modules_stand_with_and_without_their_letter() {
        check("v1.2.3", "1.2.3", Ordering::Equal);
        check("1.9.0", "v1.10.0", Ordering::Less);
        check("0", "v0.0.0", Ordering::Equal);
        check("v1.2", "v1.2.0", Ordering::Equal);
        check("v2.0.0+incompatible", "2.0.0", Ordering::Equal);
    }

    #[test]
    fn pseudo_versions_stand_between_the_tags_around_them() {
        let ascending = [
            "v0.0.0-20180125103619-43913f2f4fbd",
            "v0.0.0-20240125103619-000000000000",
            "v1.0.0-rc8",
            "v1.0.0-rc8.0.20190930145003-cad42f6e0932",
            "v1.0.0",
            "v1.0.1-0.20180125103619-43913f2f4fbd",
            "v1.0.1-0.20240125103619-43913f2f4fbd",
            "v1.0.1",
        ];
        for pair in ascending.windows(2) {
            check(pair[0], pair[1], Ordering::Less);
        }
    }

    #[test]
    fn releases_of_go_are_read_in_both_spellings() {
        check("go1.21rc1", "1.21.0-rc.1", Ordering::Equal);
        check("go1.4beta1", "1.4.0-beta.1", Ordering::Equal);
        check("1.21rc2", "1.21.0-rc.10", Ordering::Less);
        check("go1.21", "1.21.0", Ordering::Equal);
        check("go1.21rc4", "go1.21", Ordering::Less);
        check("go1.9.2rc2", "1.9.2", Ordering::Less);
        check("go1.21.5", "1.21.0-0", Ordering::Greater);
        check("go1", "1.0.0", Ordering::Equal);
    }

    #[test]
    fn what_a_vendor_adds_to_a_release_does_not_count() {
        check("go1.22.1 X:boringcrypto", "1.22.1", Ordering::Equal);
        check("go1.21.0-custom", "1.21.0", Ordering::Equal);
        check(
            "go1.20.12 (Red Hat 1.20.12-8.el9_3)",
            "1.20.12",
            Ordering::Equal,
        );
    }

    #[test]
    fn what_is_no_release_is_no_version() {
        for text in [
            "",
            "v",
            "go",
            "(devel)",
            "devel go1.23-abcdef",
            "v1.02.3",
            "v1.2.3-01",
            "v1.2-rc1",
            "v1.2.3.4",
            "v1.2.3-",
            "v1.2.3+",
            "go1.21rc",
            "go1.21alpha1",
            "latest",
        ] {
            assert_eq!(Go.compare(text, "1.0.0"), None, "{text}");
        }
    }
}
