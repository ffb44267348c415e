//! The order of RPM versions.
//!
//! rpm-version(7); rpm `rpmio/rpmver.c` and `rpmio/rpmvercmp.c` of 4.18.

use std::cmp::Ordering;

use super::{VersionOrder, digits};

/// `[epoch:]version[-release]`.
///
/// As `labelCompare` has it: a missing epoch is 0, and a missing release stands before every
/// release, the empty one included. Whether a range without releases means all of them is for the
/// reader of that range to say. Every text but the empty one is a version.
pub struct Rpm;

impl VersionOrder for Rpm {
    fn ecosystem(&self) -> &'static str {
        "Red Hat"
    }

    fn shared_with(&self) -> &'static [&'static str] {
        &[
            "AlmaLinux",
            "Rocky Linux",
            "SUSE",
            "openSUSE",
            "openEuler",
            "Mageia",
            "Azure Linux",
            "Photon OS",
            "Fedora",
            "CentOS Stream",
            "Amazon Linux",
            "Oracle Linux",
        ]
    }

    fn compare(&self, left: &str, right: &str) -> Option<Ordering> {
        let (left, right) = (Label::parse(left)?, Label::parse(right)?);
        Some(
            compare_parts(left.epoch, right.epoch)
                .then_with(|| compare_parts(left.version, right.version))
                .then_with(|| match (left.release, right.release) {
                    (Some(left), Some(right)) => compare_parts(left, right),
                    (left, right) => left.is_some().cmp(&right.is_some()),
                }),
        )
    }
}

/// The three parts of a version; pacman's are cut in the same way.
pub(super) struct Label<'a> {
    pub(super) epoch: &'a [u8],
    pub(super) version: &'a [u8],
    pub(super) release: Option<&'a [u8]>,
}

impl<'a> Label<'a> {
    /// Only digits (or nothing, which is 0) before a colon are an epoch; the release is what follows
    /// the last hyphen behind it. `None` for the empty text.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        if text.is_empty() {
            return None;
        }
        let mut rest = text.as_bytes();
        let leading = digits::take(&mut rest);
        let (epoch, rest): (&[u8], _) = match rest.split_first() {
            Some((b':', rest)) => (leading, rest),
            _ => (b"0", text.as_bytes()),
        };
        let (version, release) = match rest.iter().rposition(|&byte| byte == b'-') {
            Some(at) => (&rest[..at], Some(&rest[at + 1..])),
            None => (rest, None),
        };
        Some(Self {
            epoch: if epoch.is_empty() { b"0" } else { epoch },
            version,
            release,
        })
    }
}

/// What a piece begins with, in the order in which pieces stand.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Piece {
    Tilde,
    End,
    Caret,
    Letters,
    Digits,
}

impl Piece {
    fn first_of(bytes: &[u8]) -> Self {
        match bytes.first() {
            None => Self::End,
            Some(b'~') => Self::Tilde,
            Some(b'^') => Self::Caret,
            Some(byte) if byte.is_ascii_digit() => Self::Digits,
            Some(_) => Self::Letters,
        }
    }
}

/// `rpmvercmp`: runs of digits or of letters one after another, what stands between them only
/// separates.
fn compare_parts(mut left: &[u8], mut right: &[u8]) -> Ordering {
    if left == right {
        return Ordering::Equal;
    }
    loop {
        skip_separators(&mut left);
        skip_separators(&mut right);
        let piece = Piece::first_of(left);
        let order = piece
            .cmp(&Piece::first_of(right))
            .then_with(|| match piece {
                Piece::Digits => digits::compare(digits::take(&mut left), digits::take(&mut right)),
                Piece::Letters => take_letters(&mut left).cmp(take_letters(&mut right)),
                Piece::Tilde | Piece::Caret => {
                    (left, right) = (&left[1..], &right[1..]);
                    Ordering::Equal
                }
                Piece::End => Ordering::Equal,
            });
        if order != Ordering::Equal || piece == Piece::End {
            return order;
        }
    }
}

fn skip_separators(bytes: &mut &[u8]) {
    let separates = |byte: &u8| !byte.is_ascii_alphanumeric() && !matches!(byte, b'~' | b'^');
    *bytes = digits::split_run(bytes, separates).1;
}

/// Takes the leading letters off.
pub(super) fn take_letters<'a>(bytes: &mut &'a [u8]) -> &'a [u8] {
    let (letters, rest) = digits::split_run(bytes, u8::is_ascii_alphabetic);
    *bytes = rest;
    letters
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(left: &str, right: &str, expected: Ordering) {
        assert_eq!(Rpm.compare(left, right), Some(expected), "{left} {right}");
        assert_eq!(
            Rpm.compare(right, left),
            Some(expected.reverse()),
            "{right} {left}"
        );
    }

    #[test]
    fn a_missing_epoch_is_zero() {
        check("1.0-1", "0:1.0-1", Ordering::Equal);
        check(":1.0-1", "0:1.0-1", Ordering::Equal);
        check("1:0.1-1", "9.9-1", Ordering::Greater);
        check("x:1", "1", Ordering::Less);
    }

    #[test]
    fn a_missing_release_stands_before_all_releases() {
        check("1.0", "1.0-1", Ordering::Less);
        check("1.0", "1.0-~1", Ordering::Less);
        check("1.0", "1.0-", Ordering::Less);
    }

    #[test]
    fn digits_are_newer_than_letters_and_more_than_less() {
        check("1.0.1", "1.0.a", Ordering::Greater);
        check("1.0a", "1.0", Ordering::Greater);
        check("1.0", "1.0.", Ordering::Equal);
        check("1.10", "1.9", Ordering::Greater);
        check("1.010", "1_10", Ordering::Equal);
    }

    #[test]
    fn tilde_comes_before_the_end_and_caret_right_after_it() {
        check("1.0~rc1", "1.0", Ordering::Less);
        check("1.0~rc1", "1.0~rc1^git1", Ordering::Less);
        check("1.0^", "1.0", Ordering::Greater);
        check("1.0^git1", "1.0.1", Ordering::Less);
        check("1.0^git1", "1.0a", Ordering::Less);
    }

    #[test]
    fn a_fix_of_enterprise_linux_is_told_from_its_predecessor() {
        check("7.76.1-26.el9", "0:7.76.1-26.el9_3.2", Ordering::Less);
        check("1.1.1k-6.el8_5", "1:1.1.1k-6.el8_5", Ordering::Less);
    }

    #[test]
    fn the_empty_text_is_no_version() {
        assert_eq!(Rpm.compare("", "1"), None);
    }
}
