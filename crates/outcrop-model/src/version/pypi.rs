//! The order of Python's versions.
//!
//! PEP 440, now "Version specifiers" of the Python packaging specifications; `packaging.version`.

use std::cmp::Ordering;

use super::{VersionOrder, digits, semver};

/// `[v][epoch!]release[pre][post][dev][+local]`, in all of PEP 440's spellings.
///
/// What PEP 440 does not know is no version, as for `packaging` since release 22: there is no order
/// that pip would have for it.
pub struct Pypi;

impl VersionOrder for Pypi {
    fn ecosystem(&self) -> &'static str {
        "PyPI"
    }

    fn compare(&self, left: &str, right: &str) -> Option<Ordering> {
        Some(Version::parse(left)?.compare(&Version::parse(right)?))
    }
}

struct Version<'a> {
    epoch: &'a [u8],
    release: &'a [u8],
    pre: Option<(Phase, &'a [u8])>,
    post: Option<&'a [u8]>,
    dev: Option<&'a [u8]>,
    local: Option<&'a [u8]>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Alpha,
    Beta,
    Candidate,
}

/// Longer words before those that they begin with.
const PHASES: [(&[u8], Phase); 8] = [
    (b"alpha", Phase::Alpha),
    (b"a", Phase::Alpha),
    (b"beta", Phase::Beta),
    (b"b", Phase::Beta),
    (b"preview", Phase::Candidate),
    (b"pre", Phase::Candidate),
    (b"rc", Phase::Candidate),
    (b"c", Phase::Candidate),
];

const POST: [(&[u8], ()); 3] = [(b"post", ()), (b"rev", ()), (b"r", ())];
const DEV: [(&[u8], ()); 1] = [(b"dev", ())];

impl<'a> Version<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let text = text.trim().as_bytes();
        let text = match text {
            [b'v' | b'V', rest @ ..] => rest,
            _ => text,
        };
        let (public, local) = match text.iter().position(|&byte| byte == b'+') {
            None => (text, None),
            Some(at) => (&text[..at], Some(&text[at + 1..])),
        };
        let mut rest = public;
        let leading = digits::take(&mut rest);
        let (epoch, rest): (&[u8], _) = match rest {
            [b'!', rest @ ..] if !leading.is_empty() => (leading, rest),
            _ => (b"", public),
        };
        let (release, mut rest) = split_release(rest)?;
        let pre = take_part(&mut rest, &PHASES);
        let post = take_implicit_post(&mut rest)
            .or_else(|| take_part(&mut rest, &POST).map(|((), number)| number));
        let dev = take_part(&mut rest, &DEV).map(|((), number)| number);
        (rest.is_empty() && local.is_none_or(is_local)).then_some(Self {
            epoch,
            release,
            pre,
            post,
            dev,
            local,
        })
    }

    fn compare(&self, other: &Self) -> Ordering {
        digits::compare(self.epoch, other.epoch)
            .then_with(|| semver::compare_numbers(self.release, other.release))
            .then_with(|| self.stage().cmp(&other.stage()))
            .then_with(|| match (self.pre, other.pre) {
                (Some((_, left)), Some((_, right))) => digits::compare(left, right),
                _ => Ordering::Equal,
            })
            .then_with(|| compare_or(self.post, other.post, Ordering::Less))
            .then_with(|| compare_or(self.dev, other.dev, Ordering::Greater))
            .then_with(|| match (self.local, other.local) {
                (Some(left), Some(right)) => compare_local(left, right),
                (left, right) => left.is_some().cmp(&right.is_some()),
            })
    }

    fn stage(&self) -> Stage {
        match (self.pre, self.post, self.dev) {
            (Some((phase, _)), ..) => Stage::Pre(phase),
            (None, None, Some(_)) => Stage::Development,
            (None, ..) => Stage::Final,
        }
    }
}

/// Development releases of a version stand before its pre-releases.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Development,
    Pre(Phase),
    Final,
}

/// Compares two numbers; `missing` is how none stands to one.
fn compare_or(left: Option<&[u8]>, right: Option<&[u8]>, missing: Ordering) -> Ordering {
    match (left, right) {
        (Some(left), Some(right)) => digits::compare(left, right),
        (None, Some(_)) => missing,
        (Some(_), None) => missing.reverse(),
        (None, None) => Ordering::Equal,
    }
}

/// Numbers separated by dots; a dot that no number follows is not taken.
fn split_release(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut rest = text;
    if digits::take(&mut rest).is_empty() {
        return None;
    }
    while let [b'.', b'0'..=b'9', ..] = rest {
        rest = &rest[1..];
        digits::take(&mut rest);
    }
    Some(text.split_at(text.len() - rest.len()))
}

/// Takes a word in any case with its number, which may be missing; both may have a separator.
fn take_part<'a, T: Copy>(rest: &mut &'a [u8], words: &[(&[u8], T)]) -> Option<(T, &'a [u8])> {
    let behind = without_separator(rest);
    let (word, meaning) = words.iter().find(|(word, _)| {
        behind
            .get(..word.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(word))
    })?;
    *rest = without_separator(&behind[word.len()..]);
    Some((*meaning, digits::take(rest)))
}

/// Takes `-1`, which is short for `.post1`.
fn take_implicit_post<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let [b'-', behind @ ..] = *rest else {
        return None;
    };
    let mut behind = behind;
    let number = digits::take(&mut behind);
    if number.is_empty() {
        return None;
    }
    *rest = behind;
    Some(number)
}

fn without_separator(text: &[u8]) -> &[u8] {
    match text {
        [b'-' | b'_' | b'.', rest @ ..] => rest,
        _ => text,
    }
}

fn is_separator(byte: u8) -> bool {
    matches!(byte, b'-' | b'_' | b'.')
}

fn is_local(local: &[u8]) -> bool {
    local
        .split(|&byte| is_separator(byte))
        .all(|part| !part.is_empty() && part.iter().all(u8::is_ascii_alphanumeric))
}

/// Part by part: words before numbers, fewer parts before more.
fn compare_local<'a>(left: &'a [u8], right: &'a [u8]) -> Ordering {
    let mut left = left.split(|&byte| is_separator(byte));
    let mut right = right.split(|&byte| is_separator(byte));
    loop {
        let order = match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (Some(left), Some(right)) => {
                match (digits::is_number(left), digits::is_number(right)) {
                    (true, true) => digits::compare(left, right),
                    (false, false) => {
                        let lower = |part: &'a [u8]| part.iter().map(u8::to_ascii_lowercase);
                        lower(left).cmp(lower(right))
                    }
                    (left, right) => left.cmp(&right),
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
        assert_eq!(Pypi.compare(left, right), Some(expected), "{left} {right}");
        assert_eq!(
            Pypi.compare(right, left),
            Some(expected.reverse()),
            "{right} {left}"
        );
    }

    #[test]
    fn the_stages_of_a_release_follow_each_other() {
        let ascending = [
            "1.0.dev456",
            "1.0a1",
            "1.0a2.dev456",
            "1.0a12.dev456",
            "1.0a12",
            "1.0b1.dev456",
            "1.0b2",
            "1.0b2.post345.dev456",
            "1.0b2.post345",
            "1.0rc1.dev456",
            "1.0rc1",
            "1.0",
            "1.0+abc.5",
            "1.0+abc.7",
            "1.0+5",
            "1.0.post456.dev34",
            "1.0.post456",
            "1.1.dev1",
            "1!0.1",
        ];
        for pair in ascending.windows(2) {
            check(pair[0], pair[1], Ordering::Less);
        }
    }

    #[test]
    fn spellings_of_one_version_are_equal() {
        for (left, right) in [
            ("1.0", "1.0.0"),
            ("v1.0", " 1.0\n"),
            ("1.0alpha1", "1.0-a.1"),
            ("1.0c1", "1.0_PREVIEW_1"),
            ("1.0a", "1.0a0"),
            ("1.0-1", "1.0.post1"),
            ("1.0rev3", "1.0.post3"),
            ("1.0dev", "1.0.dev0"),
            ("1.0+ubuntu-1", "1.0+UBUNTU.01"),
            ("0!1.0", "1.0"),
        ] {
            check(left, right, Ordering::Equal);
        }
    }

    #[test]
    fn what_pep_440_does_not_know_is_no_version() {
        for text in [
            "",
            "2004d",
            "1.0-final",
            "1.0m1",
            "1..0",
            "1.0+",
            "1.0+a..b",
            "!1",
            "1.0 2",
            "1.0.dev1.post1",
        ] {
            assert_eq!(Pypi.compare(text, "1.0"), None, "{text}");
        }
    }
}
