//! The order of Alpine versions.
//!
//! apk-tools `src/version.c` of 2.10, which Gentoo's order stands behind; commit hashes (`~`) as
//! apk-tools 3 reads them.

use std::cmp::Ordering;

use super::{VersionOrder, digits};

/// `number{.number}[letter]{_suffix[number]}[~hash][-rnumber]`.
///
/// Pre-releases (`_alpha`, `_beta`, `_pre`, `_rc`) stand before the version itself, the other
/// suffixes (`_cvs`, `_svn`, `_git`, `_hg`, `_p`) after it, in this order. A number behind a dot
/// that begins with zeros stands before all that do not, as does a fraction. Nothing stands for
/// what is missing: `1.0` comes before `1.0-r0` and `1.0.0`.
///
/// A version is what `apk version --check` accepts, of 2.10 or newer. Where the two differ, 2.10
/// counts:
/// - it accepts `1.`, `1_`, `a`, `_p1` and `1a1`, which apk-tools 3 refuses;
/// - `1.0_rc1` comes after `1.0`, since a zero behind a dot hides that the version ends, but before
///   `1.0-r0`, as every package has it; apk-tools 3 puts it before both;
/// - numbers that begin with zeros are compared by their zeros, then by value; apk-tools 3 compares
///   them as text (`1.010` and `1.09`, `1.00` and `1.0` change places);
/// - numbers that leave 32 bits overflow there; here as in apk-tools 3 they do not.
pub struct Alpine;

impl VersionOrder for Alpine {
    fn ecosystem(&self) -> &'static str {
        "Alpine"
    }

    fn shared_with(&self) -> &'static [&'static str] {
        &[
            "Wolfi",
            "Chainguard",
            "Alpaquita",
            "BellSoft Hardened Containers",
            "MinimOS",
        ]
    }

    fn compare(&self, left: &str, right: &str) -> Option<Ordering> {
        if !(is_version(left) && is_version(right)) {
            return None;
        }
        let (mut left, mut right) = (Tokens::of(left), Tokens::of(right));
        while left.next == right.next && left.next != Kind::End {
            let order = left.take().cmp(&right.take());
            if order != Ordering::Equal {
                return Some(order);
            }
        }
        Some(match (left.is_prerelease(), right.is_prerelease()) {
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            // What ends, or goes on with what stands later in a version, is older.
            _ => right.next.cmp(&left.next),
        })
    }
}

fn is_version(text: &str) -> bool {
    if text.is_empty() {
        return false;
    }
    let mut tokens = Tokens::of(text);
    while !matches!(tokens.next, Kind::End | Kind::Invalid) {
        tokens.take();
    }
    tokens.next == Kind::End
}

/// Kinds of tokens in the order in which they may follow each other.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Invalid,
    /// A number behind a dot; its leading zeros are a token of their own.
    Fraction,
    Number,
    Letter,
    Suffix,
    SuffixNumber,
    Hash,
    Revision,
    End,
}

/// Values of one kind of token; ranks (of zeros and suffixes) stand before numbers.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Value<'a> {
    Rank(isize),
    /// Without leading zeros: the longer, the greater.
    Number(usize, &'a [u8]),
    Text(&'a [u8]),
}

const SUFFIXES: [(&[u8], isize); 9] = [
    (b"alpha", -4),
    (b"beta", -3),
    (b"pre", -2),
    (b"rc", -1),
    (b"cvs", 0),
    (b"svn", 1),
    (b"git", 2),
    (b"hg", 3),
    (b"p", 4),
];

struct Tokens<'a> {
    /// Kind of the token that `rest` begins with.
    next: Kind,
    rest: &'a [u8],
}

impl<'a> Tokens<'a> {
    fn of(text: &'a str) -> Self {
        Self {
            next: Kind::Number,
            rest: text.as_bytes(),
        }
    }

    /// Takes the next token and finds the kind of the one behind it.
    fn take(&mut self) -> Value<'a> {
        let value = match self.next {
            Kind::Fraction if self.rest.first() == Some(&b'0') => {
                let zeros = self.take_run(|&byte| byte == b'0').len();
                self.next = if self.rest.is_empty() {
                    Kind::End
                } else {
                    Kind::Number
                };
                return Value::Rank(-isize::try_from(zeros).unwrap_or(isize::MAX));
            }
            Kind::Fraction | Kind::Number | Kind::SuffixNumber | Kind::Revision => {
                let number = digits::significant(digits::take(&mut self.rest));
                Value::Number(number.len(), number)
            }
            Kind::Letter => {
                let (letter, rest) = self.rest.split_at(1);
                self.rest = rest;
                Value::Text(letter)
            }
            Kind::Suffix if self.rest.is_empty() => {
                self.next = Kind::End;
                return Value::Rank(0);
            }
            Kind::Suffix => {
                let known = SUFFIXES
                    .iter()
                    .find(|(suffix, _)| self.rest.starts_with(suffix));
                let Some((suffix, rank)) = known else {
                    self.next = Kind::Invalid;
                    return Value::Rank(0);
                };
                self.rest = &self.rest[suffix.len()..];
                Value::Rank(*rank)
            }
            Kind::Hash => {
                let hash = self.take_run(u8::is_ascii_hexdigit);
                if hash.is_empty() {
                    self.next = Kind::Invalid;
                    return Value::Rank(0);
                }
                Value::Text(hash)
            }
            Kind::Invalid | Kind::End => return Value::Rank(0),
        };
        self.next = self.following();
        value
    }

    /// Kind of the token behind one of kind `next`; takes what introduces it.
    fn following(&mut self) -> Kind {
        let (kind, introduced_by) = match (self.next, self.rest) {
            (_, []) => return Kind::End,
            (Kind::Fraction | Kind::Number, [b'a'..=b'z', ..]) => (Kind::Letter, 0),
            (Kind::Letter, [b'0'..=b'9', ..]) => (Kind::Number, 0),
            (Kind::Suffix, [b'0'..=b'9', ..]) => (Kind::SuffixNumber, 0),
            (_, [b'.', ..]) => (Kind::Fraction, 1),
            (_, [b'_', ..]) => (Kind::Suffix, 1),
            (_, [b'~', ..]) => (Kind::Hash, 1),
            (_, [b'-', b'r', ..]) => (Kind::Revision, 2),
            _ => return Kind::Invalid,
        };
        self.rest = &self.rest[introduced_by..];
        match (self.next, kind) {
            (Kind::Number, Kind::Fraction)
            | (Kind::SuffixNumber, Kind::Suffix)
            | (Kind::Letter, Kind::Number) => kind,
            (Kind::Hash, Kind::Hash) => Kind::Invalid,
            (before, kind) if kind < before => Kind::Invalid,
            (_, kind) => kind,
        }
    }

    /// Whether the next token stands before the end.
    fn is_prerelease(&self) -> bool {
        self.next == Kind::Suffix
            && SUFFIXES
                .iter()
                .find(|(suffix, _)| self.rest.starts_with(suffix))
                .is_some_and(|(_, rank)| *rank < 0)
    }

    fn take_run(&mut self, belongs: impl Fn(&u8) -> bool) -> &'a [u8] {
        let (run, rest) = digits::split_run(self.rest, belongs);
        self.rest = rest;
        run
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(left: &str, right: &str, expected: Ordering) {
        assert_eq!(
            Alpine.compare(left, right),
            Some(expected),
            "{left} {right}"
        );
        assert_eq!(
            Alpine.compare(right, left),
            Some(expected.reverse()),
            "{right} {left}"
        );
    }

    #[test]
    fn prereleases_stand_before_the_version_and_patches_behind_it() {
        check("1.0_alpha2", "1.0_beta1", Ordering::Less);
        check("1.1_rc1", "1.1", Ordering::Less);
        check("1.0_rc1", "1.0", Ordering::Greater);
        check("1.0_rc1-r5", "1.0-r0", Ordering::Less);
        check("1.0_git20240101", "1.0", Ordering::Greater);
        check("1.0_p1", "1.0_git20240101", Ordering::Greater);
        check("1.0_rc1_p1", "1.0_rc1", Ordering::Greater);
    }

    #[test]
    fn letters_count_before_suffixes() {
        check("1.1.1k-r0", "1.1.1l-r0", Ordering::Less);
        check("1.1.1", "1.1.1a_rc1", Ordering::Less);
    }

    #[test]
    fn what_is_missing_stands_for_nothing() {
        check("1.0", "1.0-r0", Ordering::Less);
        check("1.0", "1.0.0", Ordering::Less);
        check("1.0-r9", "1.0-r10", Ordering::Less);
        check("1.0-r00", "1.0-r0", Ordering::Equal);
    }

    #[test]
    fn zeros_behind_a_dot_make_a_fraction() {
        check("1.05", "1.4", Ordering::Less);
        check("1.05", "1.04", Ordering::Greater);
        check("1.00", "1.0", Ordering::Less);
        check("01.1", "1.1", Ordering::Equal);
    }

    #[test]
    fn numbers_compare_by_value_at_any_length() {
        check(
            "1.0_git20240101123456-r0",
            "1.0_git20240101123455-r9",
            Ordering::Greater,
        );
    }

    #[test]
    fn a_commit_hash_stands_before_the_revision() {
        check(
            "1.0_git20240101~abc1-r0",
            "1.0_git20240101-r0",
            Ordering::Greater,
        );
        check("1.0~abc1-r0", "1.0~abc1-r1", Ordering::Less);
    }

    #[test]
    fn what_apk_refuses_is_no_version() {
        for text in [
            "",
            "1.0-1",
            "1.0-rc1",
            "1.0_foo",
            "1.0_patch",
            "1.0A",
            "1.0aa",
            "1.0-r1_p1",
            "1.0_p1.2",
            "1.0~",
            "1.0~ab~cd",
            "1.0-r1~ab",
            "1.0 ",
            "1.0é",
        ] {
            assert_eq!(Alpine.compare(text, "1"), None, "{text}");
        }
    }
}
