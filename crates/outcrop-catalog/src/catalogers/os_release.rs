//! Which distribution an image holds: `os-release`, else `lsb-release`, else `debian_version`.
//!
//! Sources: `os-release(5)` (places, precedence, quoting, defaults); `lsb_release(1)` for
//! `/etc/lsb-release`; Debian's `base-files` for `/etc/debian_version`.

use outcrop_image::{
    Analyser, Analysis, CandidateFile, Conclusion, FileFacts, FileProblem, Observation, Root, View,
};
use outcrop_model::{OperatingSystem, ProblemKind};

use super::{folder_and_name, text};

/// Largest file that is read; real ones have less than 1 KiB.
const MAX_BYTES: u64 = 64 << 10;
/// Longest value, in characters.
const MAX_VALUE_CHARACTERS: usize = 256;

/// Reads the identity of the distribution.
pub(super) struct OsRelease;

/// In the order of precedence.
const ROOTS: &[Root] = &[
    Root::file("etc/os-release"),
    Root::file("usr/lib/os-release"),
    Root::file("etc/lsb-release"),
    Root::file("etc/debian_version"),
];

impl Analyser for OsRelease {
    fn id(&self) -> &'static str {
        "os-release"
    }

    fn version(&self) -> u32 {
        1
    }

    fn roots(&self) -> &'static [Root] {
        ROOTS
    }

    fn wants(&self, file: &FileFacts<'_>) -> Option<u64> {
        matches!(
            file.folder_and_name().1,
            "os-release" | "lsb-release" | "debian_version"
        )
        .then_some(MAX_BYTES)
    }

    fn analyse(&self, file: &CandidateFile<'_>) -> Analysis {
        let (content, is_utf8) = text(file.bytes);
        let mut problems = Vec::new();
        if !file.whole {
            problems.push(FileProblem::new(
                ProblemKind::Truncated,
                "only the beginning of the file was read",
            ));
        }
        if !is_utf8 {
            problems.push(FileProblem::new(
                ProblemKind::Malformed,
                "the file is not UTF-8; what is not was replaced",
            ));
        }
        let mut system = match folder_and_name(file.path).1 {
            "os-release" => os_release(&content),
            "lsb-release" => lsb_release(&content),
            _ => debian_version(&content),
        };
        match &mut system {
            Some(system) => file.path.clone_into(&mut system.path),
            None => problems.push(FileProblem::new(
                ProblemKind::Malformed,
                "the file does not say which system this is",
            )),
        }
        Analysis {
            observation: system.map(Observation::OperatingSystem),
            problems,
        }
    }

    fn conclude(&self, view: &View<'_>) -> Conclusion {
        let operating_system = ROOTS.iter().find_map(|root| {
            let found = view.file(root.path)?;
            match found.observation {
                Some(Observation::OperatingSystem(system)) => Some(OperatingSystem {
                    path: found.path,
                    ..system.clone()
                }),
                _ => None,
            }
        });
        Conclusion {
            operating_system,
            ..Conclusion::default()
        }
    }
}

fn os_release(content: &str) -> Option<OperatingSystem> {
    let mut system = OperatingSystem::default();
    let mut any = false;
    for (name, value) in assignments(content) {
        any = true;
        match name {
            "ID" => system.id = value.to_ascii_lowercase(),
            "ID_LIKE" => {
                system.id_like = value.split_ascii_whitespace().map(str::to_owned).collect();
            }
            "VERSION_ID" => system.version_id = value,
            "VERSION_CODENAME" => system.version_codename = value,
            "PRETTY_NAME" => system.pretty_name = value,
            _ => {}
        }
    }
    // The default of `os-release(5)`.
    if system.id.is_empty() {
        "linux".clone_into(&mut system.id);
    }
    any.then_some(system)
}

fn lsb_release(content: &str) -> Option<OperatingSystem> {
    let mut system = OperatingSystem::default();
    for (name, value) in assignments(content) {
        match name {
            "DISTRIB_ID" => system.id = value.to_ascii_lowercase(),
            "DISTRIB_RELEASE" => system.version_id = value,
            "DISTRIB_CODENAME" => system.version_codename = value,
            "DISTRIB_DESCRIPTION" => system.pretty_name = value,
            _ => {}
        }
    }
    (!system.id.is_empty()).then_some(system)
}

/// `12.5` on a release, `trixie/sid` before one.
fn debian_version(content: &str) -> Option<OperatingSystem> {
    let word = content.split_ascii_whitespace().next()?;
    let mut system = OperatingSystem {
        id: "debian".to_owned(),
        ..OperatingSystem::default()
    };
    if word.starts_with(|first: char| first.is_ascii_digit()) {
        let major = word.split('.').next().unwrap_or(word);
        system.version_id = major.chars().take(MAX_VALUE_CHARACTERS).collect();
    } else {
        let codename = word.split('/').next().unwrap_or(word);
        system.version_codename = codename.chars().take(MAX_VALUE_CHARACTERS).collect();
    }
    Some(system)
}

/// The assignments of a file in the form of `os-release(5)`; what is none is passed over.
fn assignments(content: &str) -> impl Iterator<Item = (&str, String)> {
    content.lines().filter_map(|line| {
        let line = line.trim_ascii();
        if line.starts_with('#') {
            return None;
        }
        let (name, value) = line.split_once('=')?;
        let is_name = !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        is_name.then(|| (name, unquote(value)))
    })
}

/// Undoes the shell quoting that `os-release(5)` allows: one word, perhaps in quotes, with `$`,
/// `"`, `` ` `` and `\` escaped by a backslash.
fn unquote(value: &str) -> String {
    let mut characters = value.chars();
    let mut plain = String::new();
    let mut quote = None;
    while let Some(character) = characters.next() {
        if plain.chars().count() >= MAX_VALUE_CHARACTERS {
            break;
        }
        match (quote, character) {
            (None, '"' | '\'') => quote = Some(character),
            (Some(open), close) if open == close => quote = None,
            (None | Some('"'), '\\') => plain.extend(characters.next()),
            // Unquoted, a word ends here.
            (None, character) if character.is_ascii_whitespace() => break,
            (_, character) => plain.push(character),
        }
    }
    plain
}

#[cfg(test)]
#[path = "os_release_tests.rs"]
mod tests;
