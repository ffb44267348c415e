//! The licences in the copyright file of a Debian package: `usr/share/doc/<package>/copyright`.
//!
//! Sources: Debian Policy 12.5 (the file), "Machine-readable debian/copyright file" 1.0 (the header
//! and the `Files` stanzas, "Short name" and "Syntax" of `License`). A file of free text says by the
//! text under `usr/share/common-licenses` that it names what applies. Such a name is kept as it is
//! where it is of the GNU family: only the words around it tell whether later versions apply too.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use outcrop_image::{Analysis, CandidateFile, FileProblem, Observation};
use outcrop_model::{Licence, ProblemKind};

use crate::licence::licences;

/// Largest copyright file that is read; that of perl has 110 kB.
pub(crate) const MAX_BYTES: u64 = 4 << 20;
/// Different licences of one file that are read; that of Node.js has about 30.
const MAX_LICENCES: usize = 500;
/// Longest field that is taken apart; beyond it stands the text of a licence itself.
const MAX_FIELD_BYTES: usize = 512;
/// Where Debian keeps the texts of common licences. Debian Policy 12.5.
const COMMON: &str = "/usr/share/common-licenses/";

/// The identifiers of SPDX by their lower case.
static IDENTIFIERS: LazyLock<HashMap<String, &str>> = LazyLock::new(|| {
    spdx::identifiers::LICENSES
        .iter()
        .map(|licence| (licence.name.to_ascii_lowercase(), licence.name))
        .collect()
});

/// The licences that the file names, in its order, each once.
pub(crate) fn analyse(file: &CandidateFile<'_>) -> Analysis {
    let content = String::from_utf8_lossy(file.bytes);
    let mut named = fields(&content);
    let mut common = false;
    if named.is_empty() {
        named = common_licences(&content);
        common = true;
    }
    let mut met = HashSet::new();
    named.retain(|name| met.insert(*name));
    let too_many = named.len() > MAX_LICENCES;
    named.truncate(MAX_LICENCES);
    let mut licences: Vec<Licence> = Vec::new();
    for name in named {
        for licence in if common { text(name) } else { field(name) } {
            if !licences.contains(&licence) {
                licences.push(licence);
            }
        }
    }
    let mut problems = Vec::new();
    if !file.whole {
        problems.push(FileProblem::new(
            ProblemKind::TooLarge,
            "the copyright of the package goes on beyond what is read",
        ));
    }
    if too_many {
        problems.push(FileProblem::new(
            ProblemKind::TooLarge,
            format!("the copyright of the package has more licences than are read: {MAX_LICENCES}"),
        ));
    }
    Analysis {
        // Also where there are none: other packages may have hard links to the file.
        observation: Some(Observation::Licences(licences)),
        problems,
    }
}

/// The `License` fields of the header and of the `Files` stanzas; those of other stanzas, which
/// hold the texts, only where there are none of these. None at all without a header: then the word
/// is part of a text.
fn fields(content: &str) -> Vec<&str> {
    let mut applying = Vec::new();
    let mut texts = Vec::new();
    let mut machine_readable = false;
    let mut stanza = Vec::new();
    let mut applies = false;
    // An empty line more, so that the last stanza ends like any other.
    for line in content.trim_start_matches('\u{feff}').lines().chain([""]) {
        if line.trim_ascii().is_empty() {
            if applies {
                applying.append(&mut stanza);
            } else {
                texts.append(&mut stanza);
            }
            applies = false;
        } else if let Some((name, value)) = line.split_once(':') {
            let is = |field: &str| name.eq_ignore_ascii_case(field);
            if is("License") {
                stanza.extend(Some(value.trim()).filter(|value| !value.is_empty()));
            } else if is("Format") || is("Format-Specification") {
                machine_readable = true;
                applies = true;
            } else if is("Files") {
                applies = true;
            }
        }
    }
    match (machine_readable, applying.is_empty()) {
        (true, true) => texts,
        (true, false) => applying,
        (false, _) => Vec::new(),
    }
}

/// The names of the common licences that a free text refers to.
fn common_licences(content: &str) -> Vec<&str> {
    content
        .match_indices(COMMON)
        .map(|(start, _)| {
            let name = &content[start + COMMON.len()..];
            let end = name.find(|character: char| {
                !character.is_ascii_alphanumeric() && !"+-._".contains(character)
            });
            name[..end.unwrap_or(name.len())].trim_end_matches(['.', '-', '_'])
        })
        .filter(|name| !name.is_empty())
        .collect()
}

/// What the name of a text under `usr/share/common-licenses` says.
fn text(name: &str) -> Vec<Licence> {
    let gnu = ["GPL", "LGPL", "GFDL"]
        .iter()
        .any(|family| name.starts_with(family));
    if gnu && name.len() <= MAX_FIELD_BYTES {
        vec![Licence::Verbatim(name.to_owned())]
    } else {
        field(name)
    }
}

/// What one `License` field says: an expression where every name in it is known.
fn field(value: &str) -> Vec<Licence> {
    if value.len() > MAX_FIELD_BYTES {
        return licences(value);
    }
    if let Some(expression) = grouped(value)
        && let known @ [Licence::Spdx(_)] = licences(&expression).as_slice()
    {
        return known.to_vec();
    }
    let words: Vec<&str> = value.split_whitespace().collect();
    vec![Licence::Verbatim(words.join(" "))]
}

/// The field with parentheses for the commas, which bind less than any word: `A or B, and C` is
/// `(A or B) and C`. `None` where a comma joins without a word.
fn grouped(value: &str) -> Option<String> {
    let spelt = |part: &str| -> Option<String> {
        let words: Option<Vec<String>> = part.split_whitespace().map(word).collect();
        Some(words?.join(" "))
    };
    let group = |part: &str| {
        let part = spelt(part)?;
        Some(if part.contains(' ') {
            format!("({part})")
        } else {
            part
        })
    };
    let Some((first, rest)) = value.split_once(',') else {
        return spelt(value);
    };
    let mut expression = group(first)?;
    let mut joined_by = None;
    for part in rest.split(',').map(str::trim) {
        let (operator, rest) = part.split_once(' ')?;
        if !matches!(operator, "and" | "or") {
            return None;
        }
        if joined_by.is_some_and(|earlier| earlier != operator) {
            expression = format!("({expression})");
        }
        joined_by = Some(operator);
        expression = format!("{expression} {} {}", operator.to_uppercase(), group(rest)?);
    }
    Some(expression)
}

/// A word of a field as SPDX writes it, in which only the case may differ; others stay. `None` for
/// a name that several licences of SPDX have.
fn word(word: &str) -> Option<String> {
    if matches!(word, "and" | "or" | "with") {
        return Some(word.to_uppercase());
    }
    let name = word.trim_matches(['(', ')']);
    if ["Apache", "MIT/X11"]
        .iter()
        .any(|vague| name.eq_ignore_ascii_case(vague))
    {
        return None;
    }
    let canonical = if let Some(version) = name.strip_prefix("GFDL-NIV-") {
        // "NIV": no invariant sections.
        match version.strip_suffix('+') {
            Some(version) => format!("GFDL-{version}-no-invariants-or-later"),
            None => format!("GFDL-{version}-no-invariants-only"),
        }
    } else {
        // A zero at the end makes no difference (format 1.0, "Short name").
        let lower = name.to_ascii_lowercase();
        [&lower, &format!("{lower}.0")]
            .into_iter()
            .find_map(|name| IDENTIFIERS.get(name))
            .map_or(name, |identifier| identifier)
            .to_owned()
    };
    if name.is_empty() {
        return Some(word.to_owned());
    }
    Some(word.replace(name, &canonical))
}

#[cfg(test)]
#[path = "debian_copyright_tests.rs"]
mod tests;
