//! Programs that no package manager recorded: their version, from a text in the program itself.
//!
//! What is known of each stands in one table: the names of its files, and the words between which
//! it keeps its version, as its own source puts them there. A program is read once from its
//! beginning to its end, however large, in windows; the words are searched for all at once.

use memchr::memmem::Finder;
use outcrop_image::{Analyser, Analysis, CandidateFile, Conclusion, FileFacts, View};
use outcrop_model::{Certainty, PackageKind, ProblemKind};

use self::table::{Classifier, ELF, PROGRAMS, Pattern, Starts, TEXTS};
use super::folder_and_name;
use crate::findings::{Findings, side_by_side};

mod table;

/// Largest program that is looked into, in bytes; the largest known have about 300 MB.
const MAX_BYTES: u64 = 1 << 30;
/// Places of one program at which its patterns are tried; that of Node.js has 650,000.
const MAX_PLACES: usize = 4_000_000;
/// How much of a script or text is looked into, in bytes; Composer has 3 MB.
const MAX_TEXT_BYTES: u64 = 16 << 20;
/// Bytes searched at a time, where the content is not in memory.
const WINDOW_BYTES: usize = 1 << 20;
/// Bytes of a window that are searched again with the next one: more than words and version have.
const OVERLAP_BYTES: usize = 256;
/// Longest version, in bytes.
const MAX_VERSION_BYTES: usize = 64;

/// Reads the versions of programs from the programs.
pub(super) struct Program;

impl Analyser for Program {
    fn id(&self) -> &'static str {
        "program"
    }

    fn version(&self) -> u32 {
        1
    }

    fn wants(&self, file: &FileFacts<'_>) -> Option<u64> {
        let (_, name) = folder_and_name(file.path);
        let classifier = classifiers(name, file.head).next()?;
        Some(if classifier.head == ELF {
            MAX_BYTES
        } else {
            MAX_TEXT_BYTES
        })
    }

    fn analyse(&self, file: &CandidateFile<'_>) -> Analysis {
        let mut findings = Findings::new(self.id(), file.path);
        let (folder, name) = folder_and_name(file.path);
        for classifier in classifiers(name, file.bytes) {
            let version = match find(file, classifier, name) {
                Ok(Some(version)) => version,
                Ok(None) => continue,
                Err(error) => {
                    findings.problem(
                        ProblemKind::Truncated,
                        format!("not searched for a version to its end: {error}"),
                    );
                    continue;
                }
            };
            if let Some(package) = findings.add(PackageKind::Generic, classifier.name, &version) {
                package.place = Some(folder.to_owned());
                package.certainty = Certainty::Inferred("a text in the program".to_owned());
            }
            break;
        }
        findings.finish()
    }

    /// A folder may hold several versions of a program, and several files of one.
    fn conclude(&self, view: &View<'_>) -> Conclusion {
        side_by_side(view)
    }
}

/// Those that a file of that name with such a beginning may be of.
fn classifiers<'a>(
    name: &'a str,
    head: &'a [u8],
) -> impl Iterator<Item = &'static Classifier> + use<'a> {
    let known = if head.starts_with(ELF) {
        PROGRAMS
    } else {
        TEXTS
    };
    known
        .iter()
        .filter(|classifier| head.starts_with(classifier.head))
        .filter(|classifier| classifier.files.iter().any(|file| matches(file, name)))
}

/// Whether a name is of a form, in which `*` stands for anything but letters: `python*` is for
/// `python3.11`, not for `pythonic`.
fn matches(form: &str, name: &str) -> bool {
    let mut parts = form.split('*');
    let Some(mut rest) = parts.next().and_then(|first| name.strip_prefix(first)) else {
        return false;
    };
    for part in parts {
        let is_between = |at: &usize| rest[..*at].bytes().all(|byte| !byte.is_ascii_alphabetic());
        let after = if part.is_empty() {
            Some(rest.len())
        } else {
            rest.find(part)
        };
        let Some(at) = after.filter(is_between) else {
            return false;
        };
        rest = &rest[at + part.len()..];
    }
    rest.is_empty()
}

/// The version by the first of the patterns that is found at all.
fn find(
    file: &CandidateFile<'_>,
    classifier: &Classifier,
    name: &str,
) -> std::io::Result<Option<String>> {
    let searches: Vec<Search> = classifier
        .patterns
        .iter()
        .filter_map(|pattern| Search::new(pattern, name))
        .collect();
    let mut found: Option<(usize, String)> = None;
    let mut places = MAX_PLACES;
    let mut look = |window: Window<'_>| {
        let open = found.as_ref().map_or(searches.len(), |(index, _)| *index);
        for (index, search) in searches[..open].iter().enumerate() {
            if let Some(version) = search.find(window, &mut places) {
                found = Some((index, version));
                break;
            }
        }
        matches!(found, Some((0, _)))
    };
    if file.large.is_none() {
        look(Window {
            bytes: file.bytes,
            is_first: true,
            is_last: true,
        });
    } else {
        let mut offset = 0;
        loop {
            let bytes = file.read_at(offset, WINDOW_BYTES)?;
            let window = Window {
                bytes: &bytes,
                is_first: offset == 0,
                is_last: bytes.len() < WINDOW_BYTES,
            };
            if look(window) || window.is_last {
                break;
            }
            offset += (WINDOW_BYTES - OVERLAP_BYTES) as u64;
        }
    }
    Ok(found.map(|(_, version)| version))
}

/// Bytes of a file that are searched at once.
#[derive(Clone, Copy)]
struct Window<'a> {
    bytes: &'a [u8],
    is_first: bool,
    is_last: bool,
}

/// A pattern made ready for one file.
struct Search {
    pattern: &'static Pattern,
    /// What the version begins with.
    starts: String,
    needle: Finder<'static>,
    /// Whether the needle stands before the version.
    is_before: bool,
}

impl Search {
    /// `None` where the pattern rests on a version in the file's name and there is none.
    fn new(pattern: &'static Pattern, name: &str) -> Option<Self> {
        let starts = match pattern.starts {
            Starts::Anyhow => String::new(),
            Starts::With(text) => text.to_owned(),
            Starts::AsNamed => {
                let digits = name.find(|c: char| c.is_ascii_digit())?;
                let version = name[digits..]
                    .split(|c: char| !c.is_ascii_digit() && c != '.')
                    .next()
                    .unwrap_or_default()
                    .trim_end_matches('.');
                // `3` alone would be the beginning of too much.
                version.contains('.').then(|| format!("{version}."))?
            }
        };
        let before = [pattern.before, starts.as_bytes()].concat();
        let is_before = !before.is_empty();
        let needle = if is_before {
            before
        } else {
            pattern.after.to_vec()
        };
        Some(Self {
            pattern,
            starts,
            needle: Finder::new(&needle).into_owned(),
            is_before,
        })
    }

    /// The first version of a window; of no more places are any tried than are left.
    fn find(&self, window: Window<'_>, places: &mut usize) -> Option<String> {
        let mut try_at = |at| {
            *places = places.checked_sub(1)?;
            Some(self.version_at(window, at))
        };
        if self.needle.needle() != b"\0" {
            return self
                .needle
                .find_iter(window.bytes)
                .map_while(&mut try_at)
                .find_map(|version| version);
        }
        // Half of a program may be zeros: what follows them is looked at at once.
        window
            .bytes
            .windows(2)
            .enumerate()
            .filter(|(_, pair)| pair[0] == 0 && pair[1].is_ascii_digit())
            .map_while(|(at, _)| try_at(at))
            .find_map(|version| version)
    }

    /// The version where the needle was found at a place.
    fn version_at(&self, window: Window<'_>, at: usize) -> Option<String> {
        let bytes = window.bytes;
        let start = if self.is_before {
            at + self.pattern.before.len()
        } else {
            let run = run(bytes[..at].iter().rev());
            // It may begin before the window; then the window before had it whole.
            if run == at && !window.is_first {
                return None;
            }
            at - run
        };
        let rest = bytes.get(start..)?;
        if !rest.first()?.is_ascii_digit() {
            return None;
        }
        // It may end behind the window; then the next window has it whole.
        if run(rest.iter()) == rest.len() && !window.is_last {
            return None;
        }
        version(rest, self.pattern, &self.starts)
    }
}

/// How many bytes there are that a version may have.
fn run<'a>(bytes: impl Iterator<Item = &'a u8>) -> usize {
    bytes
        .take(MAX_VERSION_BYTES)
        .take_while(|byte| byte.is_ascii_alphanumeric() || b".+~-_".contains(byte))
        .count()
}

/// The version at the beginning of `bytes`, if what must follow it does.
fn version(bytes: &[u8], pattern: &Pattern, starts: &str) -> Option<String> {
    let run = run(bytes.iter());
    let text = std::str::from_utf8(bytes.get(..run)?).ok()?;
    let numbers = numbers(text, pattern.numbers)?;
    let staged = numbers + stage(&text[numbers..]);
    let follows = |end: usize| {
        let rest = &bytes[end..];
        if pattern.after.is_empty() {
            !rest.first().is_some_and(u8::is_ascii_alphanumeric)
        } else {
            let is_it =
                |(form, byte): (&u8, &u8)| form == byte || *form == b'#' && byte.is_ascii_digit();
            rest.len() >= pattern.after.len() && pattern.after.iter().zip(rest).all(is_it)
        }
    };
    let end = if pattern.whole {
        follows(run).then_some(run)
    } else if follows(staged) {
        Some(staged)
    } else {
        // What a distribution added is not the program's own version.
        (follows(numbers) || follows(run)).then_some(numbers)
    };
    let version = &text[..end?];
    version.starts_with(starts).then(|| version.to_owned())
}

/// Where the numbers at the beginning end, as those of `1.2.3rc1`, if there are that many.
fn numbers(text: &str, least: usize) -> Option<usize> {
    let (mut end, mut count) = (0, 0);
    for number in text.split('.') {
        let digits = number.bytes().take_while(u8::is_ascii_digit).count();
        if digits == 0 {
            break;
        }
        end += digits + usize::from(count > 0);
        count += 1;
        if digits < number.len() {
            break;
        }
    }
    (count >= least).then_some(end)
}

/// How long what follows the numbers still tells which version it is: `rc1`, `-beta.2`, a letter
/// or `p1` as OpenSSL and OpenSSH number theirs.
fn stage(rest: &str) -> usize {
    const WORDS: &[&str] = &["alpha", "beta", "preview", "pre", "dev", "rc", "RC"];
    let word = rest.strip_prefix('-').unwrap_or(rest);
    let hyphen = rest.len() - word.len();
    let known = WORDS
        .iter()
        .find(|known| word.starts_with(**known))
        .map_or(0, |known| known.len());
    let letters = if known > 0 {
        known
    } else if hyphen == 0 {
        usize::from(word.starts_with(|c: char| c.is_ascii_lowercase()))
    } else {
        0
    };
    if letters == 0 {
        return 0;
    }
    let dot = usize::from(known > 0 && word[letters..].starts_with('.'));
    let digits = word[letters + dot..]
        .bytes()
        .take_while(u8::is_ascii_digit)
        .count();
    let dot = if digits == 0 { 0 } else { dot };
    let end = hyphen + letters + dot + digits;
    if rest[end..].starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return 0;
    }
    end
}

#[cfg(test)]
#[path = "program_tests.rs"]
mod tests;
