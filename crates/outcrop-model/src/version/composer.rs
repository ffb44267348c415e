//! The order of Composer versions.
//!
//! `composer/semver` 3.3: `VersionParser::normalize` says what is a version and how it is meant,
//! PHP's `version_compare` (`ext/standard/versioning.c`), which `Comparator` asks, how two stand.
//!
//! A branch (`dev-name`) stands before every version with a number; two different branches stand
//! in no order, so that there is no answer. Numbers have any length, where PHP stops at 63 bits.
//! `1.0 as 2.0` is the spelling of a requirement, and no version here.

use std::cmp::Ordering;

use super::{VersionOrder, digits};

/// `[v]1[.2[.3[.4]]][-stability[number]][-dev]`, a date, `1.x-dev` or `dev-branch`.
pub struct Composer;

impl VersionOrder for Composer {
    fn ecosystem(&self) -> &'static str {
        "Packagist"
    }

    fn compare(&self, left: &str, right: &str) -> Option<Ordering> {
        match (Version::parse(left)?, Version::parse(right)?) {
            (Version::Branch(left), Version::Branch(right)) => {
                (left == right).then_some(Ordering::Equal)
            }
            (Version::Branch(_), Version::Numbered(_)) => Some(Ordering::Less),
            (Version::Numbered(_), Version::Branch(_)) => Some(Ordering::Greater),
            (Version::Numbered(left), Version::Numbered(right)) => Some(left.compare(&right)),
        }
    }
}

enum Version<'a> {
    Branch(&'a str),
    Numbered(Numbered<'a>),
}

struct Numbered<'a> {
    /// Numbers between single separators, in a branch also wildcards.
    numbers: &'a str,
    /// What stands for each number that is missing of four.
    missing: &'static str,
    modifier: Modifier<'a>,
}

#[derive(Default)]
struct Modifier<'a> {
    stability: Option<Form>,
    /// Its numbers, between and perhaps after dots and hyphens.
    numbers: &'a str,
    dev: bool,
}

/// The words that PHP knows, and the place among them of what is a number or has ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Form {
    Unknown,
    Dev,
    Alpha,
    Beta,
    Candidate,
    Number,
    Patch,
}

/// What a wildcard in the name of a branch stands for.
const WILDCARD: &str = "9999999";

impl<'a> Version<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let text = without_flag(text.trim_matches(BLANKS));
        if matches!(text, "master" | "trunk" | "default") {
            return Some(Self::Branch(text));
        }
        if let Some(branch) = strip_prefix_of_any_case(text, "dev-") {
            return Some(Self::Branch(branch));
        }
        let text = match text.split_once('+') {
            None => text,
            Some((version, build)) => {
                (!build.is_empty() && !build.contains(BLANKS)).then_some(version)?
            }
        };
        let unprefixed = text.strip_prefix(['v', 'V']).unwrap_or(text);
        classical(unprefixed)
            .or_else(|| dated(unprefixed))
            .or_else(|| numbered_branch(text))
            .map(Self::Numbered)
    }
}

/// What PHP's `trim` takes off, the form feed aside, and what its patterns take for a blank.
const BLANKS: [char; 7] = [' ', '\t', '\n', '\r', '\u{b}', '\u{c}', '\0'];

/// Takes off a stability flag, as in `1.0@beta`.
fn without_flag(text: &str) -> &str {
    match text.rsplit_once('@') {
        Some((version, flag))
            if ["stable", "RC", "beta", "alpha", "dev"]
                .iter()
                .any(|known| flag.eq_ignore_ascii_case(known)) =>
        {
            version
        }
        _ => text,
    }
}

fn strip_prefix_of_any_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (head, rest) = text.split_at_checked(prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// One to four numbers, the first of at most five digits, then perhaps a modifier.
fn classical(text: &str) -> Option<Numbered<'_>> {
    let mut rest = text;
    let first = take_digits(&mut rest);
    if first.is_empty() || first.len() > 5 {
        return None;
    }
    for _ in 1..4 {
        let Some(mut after) = rest.strip_prefix('.') else {
            break;
        };
        if take_digits(&mut after).is_empty() {
            break;
        }
        rest = after;
    }
    Some(Numbered {
        numbers: &text[..text.len() - rest.len()],
        missing: "0",
        modifier: modifier(rest)?,
    })
}

/// A year of four digits, one to six pairs of digits, up to three further digits, each of these
/// perhaps after a separator; then perhaps a modifier.
fn dated(text: &str) -> Option<Numbered<'_>> {
    let mut rest = text;
    let mut last = take_digits(&mut rest).len().checked_sub(4)?;
    let mut count = last;
    while let Some(mut after) = rest.strip_prefix(['.', ':', '-']) {
        let further = take_digits(&mut after).len();
        if further == 0 {
            break;
        }
        if last % 2 == 1 {
            return None;
        }
        (last, count, rest) = (further, count + further, after);
    }
    // Seven pairs are six and two further digits; with one digit more, three stand together.
    let is_date = match count / 2 {
        1..=6 => true,
        7 => count == 14 || last >= 3,
        _ => false,
    };
    if !is_date {
        return None;
    }
    Some(Numbered {
        numbers: &text[..text.len() - rest.len()],
        missing: "",
        modifier: modifier(rest)?,
    })
}

/// `1.x-dev`: the name of a branch that is a version with wildcards.
fn numbered_branch(text: &str) -> Option<Numbered<'_>> {
    let name = text.len().checked_sub(3)?;
    if !text.get(name..)?.eq_ignore_ascii_case("dev") {
        return None;
    }
    let name = &text[..name];
    let name = name.strip_suffix(['.', '-']).unwrap_or(name);
    let name = name.trim_matches(BLANKS);
    let numbers = name.strip_prefix(['v', 'V']).unwrap_or(name);
    let mut parts = numbers.split('.');
    let is_number = |part: &str| digits::is_number(part.as_bytes());
    let is_branch = parts.next().is_some_and(is_number)
        && parts.clone().nth(3).is_none()
        && parts.all(|part| is_number(part) || is_wildcard(part));
    is_branch.then(|| Numbered {
        numbers,
        missing: WILDCARD,
        modifier: Modifier {
            dev: true,
            ..Modifier::default()
        },
    })
}

fn is_wildcard(part: &str) -> bool {
    matches!(part, "x" | "X" | "*")
}

/// A stability with its numbers, then perhaps `dev`; nothing may follow.
fn modifier(text: &str) -> Option<Modifier<'_>> {
    const STABILITIES: [(&str, Form); 9] = [
        ("stable", Form::Unknown),
        ("beta", Form::Beta),
        ("b", Form::Beta),
        ("RC", Form::Candidate),
        ("alpha", Form::Alpha),
        ("a", Form::Alpha),
        ("patch", Form::Patch),
        ("pl", Form::Patch),
        ("p", Form::Patch),
    ];
    let text = text.strip_prefix(['.', '_', '-']).unwrap_or(text);
    let stability = STABILITIES.iter().find_map(|&(name, form)| {
        strip_prefix_of_any_case(text, name).map(|rest| (&text[..name.len()], form, rest))
    });
    let Some((name, form, numbered)) = stability else {
        return Some(Modifier {
            dev: ends_after_dev(text)?,
            ..Modifier::default()
        });
    };
    let mut rest = numbered;
    loop {
        let mut after = rest.strip_prefix(['.', '-']).unwrap_or(rest);
        if take_digits(&mut after).is_empty() {
            break;
        }
        rest = after;
    }
    let dev = ends_after_dev(rest)?;
    // Only this spelling stands for nothing, with all that follows it.
    if name == "stable" {
        return Some(Modifier::default());
    }
    Some(Modifier {
        stability: Some(form),
        numbers: &numbered[..numbered.len() - rest.len()],
        dev,
    })
}

/// Whether `dev` is all that is left; `None` where something else is.
fn ends_after_dev(rest: &str) -> Option<bool> {
    if rest.is_empty() {
        return Some(false);
    }
    let rest = rest.strip_prefix(['.', '-']).unwrap_or(rest);
    rest.eq_ignore_ascii_case("dev").then_some(true)
}

fn take_digits<'a>(text: &mut &'a str) -> &'a str {
    let end = text.find(|character: char| !character.is_ascii_digit());
    let (digits, rest) = text.split_at(end.unwrap_or(text.len()));
    *text = rest;
    digits
}

#[derive(Clone, Copy)]
enum Token<'a> {
    Number(&'a str),
    Word(Form),
}

impl Token<'_> {
    fn form(self) -> Form {
        match self {
            Self::Number(_) => Form::Number,
            Self::Word(form) => form,
        }
    }
}

impl Numbered<'_> {
    fn compare(&self, other: &Self) -> Ordering {
        let (mut left, mut right) = (self.tokens(), other.tokens());
        loop {
            let order = match (left.next(), right.next()) {
                (None, None) => return Ordering::Equal,
                (Some(Token::Number(left)), Some(Token::Number(right))) => {
                    digits::compare(left.as_bytes(), right.as_bytes())
                }
                (Some(left), Some(right)) => left.form().cmp(&right.form()),
                (Some(token), None) => compare_with_nothing(token),
                (None, Some(token)) => compare_with_nothing(token).reverse(),
            };
            if order != Ordering::Equal {
                return order;
            }
        }
    }

    fn tokens(&self) -> impl Iterator<Item = Token<'_>> {
        let numbers = self.numbers.split(['.', ':', '-']);
        let missing = if self.missing.is_empty() {
            0
        } else {
            4_usize.saturating_sub(numbers.clone().count())
        };
        let stability = self.modifier.stability.map(Token::Word);
        let further = self.modifier.numbers.split(['.', '-']);
        numbers
            .map(|number| {
                if is_wildcard(number) {
                    WILDCARD
                } else {
                    number
                }
            })
            .chain(std::iter::repeat_n(self.missing, missing))
            .map(Token::Number)
            .chain(stability)
            .chain(
                further
                    .filter(|number| !number.is_empty())
                    .map(Token::Number),
            )
            .chain(self.modifier.dev.then_some(Token::Word(Form::Dev)))
    }
}

/// A number stands after the end; a word stands there as beside a number.
fn compare_with_nothing(token: Token) -> Ordering {
    match token {
        Token::Number(_) => Ordering::Greater,
        Token::Word(form) => form.cmp(&Form::Number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(left: &str, right: &str, expected: Ordering) {
        let compare = |left, right| Composer.compare(left, right);
        assert_eq!(compare(left, right), Some(expected), "{left} {right}");
        let reversed = Some(expected.reverse());
        assert_eq!(compare(right, left), reversed, "{right} {left}");
    }

    #[test]
    fn missing_numbers_are_zero_and_a_prefix_is_none_of_it() {
        check("1", "v1.0.0.0", Ordering::Equal);
        check("1.9", "1.10", Ordering::Less);
        check("1.010", "1.10", Ordering::Equal);
        check("1.0+build", "1.0", Ordering::Equal);
        check("1.0@beta", "1.0", Ordering::Equal);
        check(
            "1.99999999999999999999",
            "1.100000000000000000000",
            Ordering::Less,
        );
    }

    #[test]
    fn stabilities_stand_in_their_order() {
        let versions = [
            "dev-main",
            "1.0-STABLE",
            "1.0-dev",
            "1.0-alpha",
            "1.0a1",
            "1.0-alpha2-dev",
            "1.0-ALPHA2",
            "1.0_b",
            "1.0.beta.2",
            "1.0-RC1",
            "1.0",
            "1.0-pl1",
            "1.0.0-patch2",
            "1.0.1",
        ];
        for pair in versions.windows(2) {
            check(pair[0], pair[1], Ordering::Less);
        }
        check("1.0-stable5-dev", "1.0", Ordering::Equal);
        check("1.0-beta1-2", "1.0b1.2", Ordering::Equal);
        check("2.4.4-p9", "2.4.4-p10", Ordering::Less);
    }

    #[test]
    fn dates_are_versions() {
        check("20100102", "20100103", Ordering::Less);
        check("2010-01-02", "2010:01:02", Ordering::Equal);
        check("2010-01-02", "2010.01.02", Ordering::Less);
        check(
            "2010-01-02-10-20-30-123-RC1",
            "2010-01-02-10-20-30-123",
            Ordering::Less,
        );
    }

    #[test]
    fn branches_stand_before_numbers_and_in_no_order_among_themselves() {
        check("dev-main", "0.0.0-dev", Ordering::Less);
        check("master", "DEV-master", Ordering::Equal);
        assert_eq!(Composer.compare("dev-a", "dev-b"), None);
        check("1.x-dev", "1.9999998.9", Ordering::Greater);
        check("1.x-dev", "v1.X.*.xdev", Ordering::Equal);
        check("1.x-dev", "2.0-dev", Ordering::Less);
    }

    #[test]
    fn what_composer_refuses_is_no_version() {
        let refused = [
            "",
            "a",
            "1.0-1",
            "1..0",
            "1.2.3.4.5",
            "1.0-foo",
            "1.0+",
            "1.0+a b",
            "99999999999999999999",
            "main",
            "foo-dev",
            "1.2.3.4.5-dev",
            "2010-1-02",
            "2010-01-0-02",
            "1.0 as 2.0",
            "7.x-1.0",
            "x-dev",
        ];
        for text in refused {
            assert_eq!(Composer.compare(text, "1.0"), None, "{text}");
        }
    }
}
