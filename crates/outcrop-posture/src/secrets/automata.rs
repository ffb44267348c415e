//! The table as it is searched: literals for one fast pass, patterns for what that hits.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{LazyLock, OnceLock};

use aho_corasick::{AhoCorasick, MatchKind, packed};
use regex::bytes::{Regex, RegexBuilder};

use super::assignment::{Assignment, assignment, names_a_secret, squashed};
use super::rule::{Reach, Rule, ToldBy};
use super::{checks, place::Place, placeholder, table};

/// Bytes after a literal in which the rest of a value is looked for.
pub(crate) const REACH: usize = 4 * 1024;

/// Memory that a compiled pattern may take.
const MAX_PATTERN: usize = 4 << 20;

/// Bytes of a literal that are searched for: as many as the vectors of a packed searcher compare.
const PIECE: usize = 4;

/// Pieces of one packed searcher: as many as its vectors can tell apart.
const MAX_PACKED: usize = 64;

/// Bytes of the longest literal, and some.
const MAX_LITERAL: usize = 64;

/// The table, made ready once.
pub(crate) static TABLE: LazyLock<Table> = LazyLock::new(Table::new);

pub(crate) struct Table {
    rules: Vec<&'static Rule>,
    patterns: Vec<OnceLock<Option<Regex>>>,
    /// For any text.
    anywhere: Vec<Pieces>,
    /// For configuration: literals, and words of names.
    configuration: Words,
    /// Rules that go by a name, in their order.
    named: Vec<usize>,
}

/// Pieces of literals that are searched together.
struct Pieces {
    finder: Finder,
    literals: Vec<Vec<Literal>>,
}

/// A literal, and where in it its piece stands.
struct Literal {
    text: &'static [u8],
    piece_at: usize,
    rules: Vec<usize>,
}

enum Finder {
    Packed(packed::Searcher),
    Automaton(AhoCorasick),
}

struct Words {
    finder: Option<AhoCorasick>,
    rules: Vec<Vec<usize>>,
}

/// Bytes of a password or token that has no form of its own.
const MAX_PASSWORD: usize = 512;

/// Words one of which is in every name that is looked at.
const NAME_WORDS: &[&str] = &[
    "pass",
    "pwd",
    "secret",
    "token",
    "key",
    "credential",
    "auth",
];

/// A value in a text, and the rule that told it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// Place of the rule in the table.
    pub(crate) rule: usize,
    pub(crate) value: Range<usize>,
}

/// Hits on which patterns are tried in one file or configuration.
pub(crate) const MAX_TRIES: usize = 20_000;
/// Hits that are looked at in one file or configuration.
pub(crate) const MAX_HITS: usize = 1_000_000;

/// How much may still be looked at.
#[derive(Debug)]
pub(crate) struct Tries {
    patterns: usize,
    hits: usize,
}

impl Tries {
    /// All of them.
    pub(crate) const fn all() -> Self {
        Self {
            patterns: MAX_TRIES,
            hits: MAX_HITS,
        }
    }

    /// The limit that was reached.
    pub(crate) fn reached(&self) -> usize {
        if self.hits == 0 { MAX_HITS } else { MAX_TRIES }
    }

    fn one(&mut self) -> bool {
        let left = self.patterns > 0;
        self.patterns = self.patterns.saturating_sub(1);
        left
    }

    fn hit(&mut self) -> bool {
        self.hits = self.hits.saturating_sub(1);
        self.hits > 0
    }
}

impl Table {
    fn new() -> Self {
        let rules: Vec<&'static Rule> = table::rules().collect();
        let mut anywhere: Vec<(&'static str, Vec<usize>)> = Vec::new();
        let mut words: Vec<(&'static str, Vec<usize>)> =
            NAME_WORDS.iter().map(|word| (*word, Vec::new())).collect();
        let mut named = Vec::new();
        for (index, rule) in rules.iter().enumerate() {
            let literals = match rule.told_by {
                ToldBy::Literal { literals, .. } | ToldBy::Block { literals, .. } => literals,
                ToldBy::Name { .. } => {
                    named.push(index);
                    continue;
                }
            };
            let into = if rule.reach == Reach::Configuration {
                &mut words
            } else {
                &mut anywhere
            };
            for literal in literals {
                match into.iter_mut().find(|(known, _)| known == literal) {
                    Some((_, of)) => of.push(index),
                    None => into.push((literal, vec![index])),
                }
            }
        }
        // The shortest piece of a searcher decides how much of all of them it looks at.
        let mut pieces: BTreeMap<(bool, &[u8]), Vec<Literal>> = BTreeMap::new();
        for (literal, rules) in anywhere {
            let text = literal.as_bytes();
            let piece_at = rarest_piece(text);
            let piece = &text[piece_at..text.len().min(piece_at + PIECE)];
            pieces
                .entry((piece.len() < PIECE, piece))
                .or_default()
                .push(Literal {
                    text,
                    piece_at,
                    rules,
                });
        }
        let pieces: Vec<_> = pieces.into_iter().collect();
        let long = pieces.partition_point(|((short, _), _)| !short);
        let groups = long.div_ceil(MAX_PACKED).max(1);
        let mut anywhere = Vec::new();
        let mut pieces = pieces.into_iter().map(|((_, piece), of)| (piece, of));
        let mut left = long;
        for group in (1..=groups).rev() {
            let count = left.div_ceil(group);
            left -= count;
            anywhere.extend(Pieces::new(pieces.by_ref().take(count)));
        }
        anywhere.extend(Pieces::new(pieces));
        let (words, of_words): (Vec<_>, Vec<_>) = words.into_iter().unzip();
        Self {
            patterns: rules.iter().map(|_| OnceLock::new()).collect(),
            rules,
            anywhere,
            configuration: Words {
                finder: AhoCorasick::builder()
                    .ascii_case_insensitive(true)
                    .build(words)
                    .ok(),
                rules: of_words,
            },
            named,
        }
    }

    /// The rule at a place of the table.
    pub(crate) fn rule(&self, index: usize) -> &'static Rule {
        self.rules[index]
    }

    /// What begins in `within`, or has its literal there, in a file at `place`; `text` may go on
    /// before and after. False where there were no tries left for some of it.
    pub(crate) fn search(
        &self,
        text: &[u8],
        within: Range<usize>,
        place: Place,
        path: &str,
        tries: &mut Tries,
        found: &mut Vec<Found>,
    ) -> bool {
        let end = text.len().min(within.end + MAX_LITERAL);
        for pieces in &self.anywhere {
            let mut at = within.start;
            while let Some((piece, start)) = pieces.next(&text[..end], at) {
                at = start + 1;
                if !tries.hit() {
                    return false;
                }
                for literal in &pieces.literals[piece] {
                    let Some(start) = start.checked_sub(literal.piece_at) else {
                        continue;
                    };
                    let hit = start..start + literal.text.len();
                    if within.contains(&start)
                        && text[start..].starts_with(literal.text)
                        && !self.tried(&literal.rules, text, &hit, place, tries, found)
                    {
                        return false;
                    }
                }
            }
        }
        if !place.configuration || place.packaged {
            return true;
        }
        let Some(finder) = &self.configuration.finder else {
            return true;
        };
        // What begins before the end may end after it.
        let end = text.len().min(within.end + REACH);
        for hit in finder.find_overlapping_iter(&text[within.start..end]) {
            let literal = hit.pattern().as_usize();
            let hit = within.start + hit.start()..within.start + hit.end();
            if hit.start >= within.end {
                continue;
            }
            if literal >= NAME_WORDS.len() {
                let rules = &self.configuration.rules[literal];
                if !self.tried(rules, text, &hit, place, tries, found) {
                    return false;
                }
                continue;
            }
            let spaced = path.ends_with("netrc");
            if let Some(assignment) = assignment(text, hit, spaced) {
                if !tries.one() {
                    return false;
                }
                let strict = !spaced && !environment_file(path);
                if let Some(rule) = self.assigned(text, &assignment, path, strict) {
                    found.push(Found {
                        rule,
                        value: assignment.value,
                    });
                }
            }
        }
        true
    }

    /// Tries the rules of a literal; the first that holds has the hit.
    fn tried(
        &self,
        rules: &[usize],
        text: &[u8],
        hit: &Range<usize>,
        place: Place,
        tries: &mut Tries,
        found: &mut Vec<Found>,
    ) -> bool {
        for &index in rules {
            let rule = self.rules[index];
            if rule.reach == Reach::OwnFiles && place.packaged {
                continue;
            }
            // A key that the code of a package holds is a sample, or is known to all who have it.
            if place.packaged_code && matches!(rule.told_by, ToldBy::Block { .. }) {
                continue;
            }
            let value = match rule.told_by {
                ToldBy::Literal {
                    before: 0, pattern, ..
                } if !pattern.contains('(') && !begins_here(text, hit.start) => continue,
                ToldBy::Literal { before, .. } => {
                    if !tries.one() {
                        return false;
                    }
                    self.matched(index, text, hit, before)
                }
                ToldBy::Block { find, .. } => {
                    if !tries.one() {
                        return false;
                    }
                    find(text, hit.start)
                }
                ToldBy::Name { .. } => None,
            };
            if let Some(value) = value
                && holds(rule, &text[value.clone()])
            {
                found.push(Found { rule: index, value });
                break;
            }
        }
        true
    }

    fn pattern(&self, index: usize) -> Option<&Regex> {
        let pattern = |text: &str| {
            RegexBuilder::new(text)
                .unicode(false)
                .size_limit(MAX_PATTERN)
                .build()
                .ok()
        };
        self.patterns[index]
            .get_or_init(|| match self.rules[index].told_by {
                ToldBy::Literal {
                    before: 0,
                    pattern: text,
                    ..
                } => pattern(&format!(r"\A(?:{text})")),
                ToldBy::Literal { pattern: text, .. } => pattern(text),
                ToldBy::Name { pattern: text, .. } => pattern(&format!(r"\A(?:{text})\z")),
                ToldBy::Block { .. } => None,
            })
            .as_ref()
    }

    /// The value of the pattern near a literal.
    fn matched(
        &self,
        index: usize,
        text: &[u8],
        hit: &Range<usize>,
        before: usize,
    ) -> Option<Range<usize>> {
        let start = hit.start.saturating_sub(before);
        let end = text.len().min(hit.end + REACH);
        let pattern = self.pattern(index)?;
        let window = &text[start..end];
        let mut groups = pattern.capture_locations();
        let whole = pattern.captures_read(&mut groups, window)?;
        if start + whole.start() > hit.start || start + whole.end() < hit.end {
            return None;
        }
        if let Some((from, to)) = groups.get(1) {
            return Some(start + from..start + to);
        }
        let value = start + whole.start()..start + whole.end();
        (begins_here(text, value.start) && ends_here(text, value.end)).then_some(value)
    }

    /// The rule that tells the value of an assignment.
    pub(crate) fn assigned(
        &self,
        text: &[u8],
        assignment: &Assignment,
        path: &str,
        strict: bool,
    ) -> Option<usize> {
        let name = &text[assignment.name.clone()];
        let value = &text[assignment.value.clone()];
        self.named(name, value, path).filter(|index| {
            let generic = matches!(self.rules[*index].told_by, ToldBy::Name { pattern: "", .. });
            !generic || !strict || strong(value)
        })
    }

    /// The rule that tells a value by its name.
    pub(crate) fn named(&self, name: &[u8], value: &[u8], path: &str) -> Option<usize> {
        // What is longer is a key that is told by its structure.
        if value.len() <= MAX_PASSWORD && placeholder::password(value) {
            return None;
        }
        let small = squashed(name);
        self.named.iter().copied().find(|index| {
            let rule = self.rules[*index];
            let ToldBy::Name {
                names,
                files,
                pattern,
            } = rule.told_by
            else {
                return false;
            };
            if pattern.is_empty() {
                return names_a_secret(name) && secret_by_name(value);
            }
            let named = if files.is_empty() {
                names
                    .iter()
                    .any(|name| checks::contains(&small, name.as_bytes()))
            } else {
                files.iter().any(|file| ends_with_file(path, file))
                    && names.iter().any(|name| name.as_bytes() == small)
            };
            named
                && self
                    .pattern(*index)
                    .is_some_and(|pattern| pattern.is_match(value))
                && holds(rule, value)
        })
    }
}

impl Pieces {
    fn new(pieces: impl Iterator<Item = (&'static [u8], Vec<Literal>)>) -> Option<Self> {
        let (texts, literals): (Vec<_>, Vec<_>) = pieces.unzip();
        if texts.is_empty() {
            return None;
        }
        let packed = packed::Builder::new().extend(&texts).build();
        let finder = match packed {
            Some(searcher) => Finder::Packed(searcher),
            None => Finder::Automaton(
                AhoCorasick::builder()
                    .match_kind(MatchKind::LeftmostFirst)
                    .build(&texts)
                    .ok()?,
            ),
        };
        Some(Self { finder, literals })
    }

    /// The next piece from `at` on, and where it begins.
    fn next(&self, text: &[u8], at: usize) -> Option<(usize, usize)> {
        if at >= text.len() {
            return None;
        }
        let hit = match &self.finder {
            Finder::Packed(searcher) => searcher.find_in(text, (at..text.len()).into()),
            Finder::Automaton(automaton) => {
                automaton.find(aho_corasick::Input::new(text).range(at..))
            }
        }?;
        Some((hit.pattern().as_usize(), hit.start()))
    }
}

/// Where the piece of a literal begins that is seen the least in texts.
fn rarest_piece(literal: &[u8]) -> usize {
    let commonness = |piece: &[u8]| {
        let bytes = piece.iter().map(|byte| match byte {
            b'e' | b't' | b'a' | b'o' | b'i' | b'n' | b's' | b'r' | b' ' | b'/' => 12_u32,
            b'a'..=b'z' => 9,
            b'.' | b'-' | b'"' | b'=' => 5,
            b'_' | b'0'..=b'9' => 4,
            b'A'..=b'Z' | b':' => 3,
            _ => 1,
        });
        bytes.sum::<u32>()
    };
    literal
        .windows(PIECE)
        .enumerate()
        .min_by_key(|(_, piece)| commonness(piece))
        .map_or(0, |(at, _)| at)
}

/// What every value of a rule has to be beside its form.
fn holds(rule: &Rule, value: &[u8]) -> bool {
    let block = matches!(rule.told_by, ToldBy::Block { .. });
    (block || !placeholder::token(value))
        && (rule.entropy <= 0.0 || checks::entropy(value) >= rule.entropy)
        && rule.test.is_none_or(|test| test(value))
}

/// True where a value may begin: not in the middle of a word, though after a line end or an
/// equals sign that is written out (`\n`, `%3D`, `\u003d`).
fn begins_here(text: &[u8], at: usize) -> bool {
    let before = &text[at.saturating_sub(6)..at];
    match before {
        [] | [.., b'\\', b'n' | b'r' | b't'] => true,
        [.., last] if !last.is_ascii_alphanumeric() && *last != b'_' => true,
        [.., b'%', first, second] => first.is_ascii_hexdigit() && second.is_ascii_hexdigit(),
        [b'\\', b'u', digits @ ..] => digits.iter().all(u8::is_ascii_hexdigit),
        _ => false,
    }
}

/// True where a value may end.
fn ends_here(text: &[u8], at: usize) -> bool {
    match text[at..] {
        [b'-', next, ..] => !next.is_ascii_alphanumeric(),
        [next, ..] => !next.is_ascii_alphanumeric() && next != b'_',
        [] => true,
    }
}

fn ends_with_file(path: &str, file: &str) -> bool {
    path.strip_suffix(file)
        .is_some_and(|before| before.is_empty() || before.ends_with('/') || file.starts_with('.'))
}

/// Files that hold nothing but variables for a program.
fn environment_file(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let ending = name.rsplit_once('.').map(|(_, ending)| ending);
    name.starts_with(".env") || ending == Some("env") || name == "environment"
}

/// True where a value under the name of a secret is one: no path, no address, no number.
fn secret_by_name(value: &[u8]) -> bool {
    (4..=MAX_PASSWORD).contains(&value.len())
        && value.iter().all(|byte| (b'!'..=b'~').contains(byte))
        && !checks::contains(value, b"://")
        && !value
            .iter()
            .all(|byte| byte.is_ascii_digit() || *byte == b'.')
        && !digest(value)
}

/// Names of algorithms before sums, and passwords that are digests already.
fn digest(value: &[u8]) -> bool {
    [
        &b"sha1-"[..],
        b"sha256",
        b"sha384-",
        b"sha512",
        b"md5",
        b"{SSHA",
        b"{SHA",
        b"pbkdf2",
        b"SCRAM-",
    ]
    .iter()
    .any(|start| value.starts_with(start))
}

/// True where a value under the name of a secret looks random: in files that are no list of
/// variables, words are rather the names of things.
fn strong(value: &[u8]) -> bool {
    let symbols = value
        .iter()
        .filter(|byte| byte.is_ascii_punctuation() && !matches!(byte, b'_' | b'-' | b'.' | b':'))
        .count();
    let code = value.iter().any(|byte| {
        matches!(
            byte,
            b'(' | b')' | b'[' | b']' | b'{' | b'}' | b'<' | b'>' | b'|' | b'\\' | b','
        )
    });
    // `name2`, `some.name-1`.
    let word = value
        .trim_ascii_end()
        .iter()
        .rev()
        .skip_while(|byte| byte.is_ascii_digit())
        .all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'.' | b'_' | b'-' | b':'));
    value.len() >= 8
        && !code
        && !word
        && value.iter().any(u8::is_ascii_digit)
        && value.iter().any(u8::is_ascii_alphabetic)
        && checks::entropy(value) >= if symbols > 0 { 2.75 } else { 3.0 }
}
