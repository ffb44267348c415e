//! Distributions of Python that another one carries inside itself, as pip and setuptools do:
//! `_vendor/vendor.txt` and its like.
//!
//! Source: the documentation of pip, "Vendoring Policy", and of the tool `vendoring`: the list is
//! written as requirements, each with one exact version, and the copies are made after it. That
//! the copies are there and unchanged is not recorded, so the packages are said to be inferred.
//!
//! A list's `setuptools` is passed over: pip takes `pkg_resources` alone out of it (the same
//! policy), a module that is no longer judged by that name. Newer setuptools keeps the metadata of
//! what it carries, which the cataloger `python` reads.

use outcrop_image::{Analyser, Analysis, CandidateFile, FileFacts};
use outcrop_model::{Certainty, PackageKind};

use super::folder_and_name;
use crate::findings::Findings;

/// Largest list that is read; pip's has 1 kB.
const MAX_BYTES: u64 = 256 << 10;
/// Lists, by folder and name: of pip and most others, of setuptools, of pipenv.
const LISTS: &[(&str, &str)] = &[
    ("_vendor", "vendor.txt"),
    ("_vendor", "vendored.txt"),
    ("vendor", "vendor.txt"),
    ("patched", "patched.txt"),
];

/// Reads what distributions of Python carry inside themselves.
pub(super) struct PythonVendored;

impl Analyser for PythonVendored {
    fn id(&self) -> &'static str {
        "python-vendored"
    }

    fn version(&self) -> u32 {
        1
    }

    fn wants(&self, file: &FileFacts<'_>) -> Option<u64> {
        let (folder, name) = file.folder_and_name();
        LISTS
            .contains(&(folder_and_name(folder).1, name))
            .then_some(MAX_BYTES)
    }

    fn analyse(&self, file: &CandidateFile<'_>) -> Analysis {
        let mut findings = Findings::new(self.id(), file.path);
        let content = findings.text(file);
        for line in content.lines() {
            let Some((name, version)) = pinned(line) else {
                continue;
            };
            if name == "setuptools" {
                continue;
            }
            if let Some(package) = findings.add(PackageKind::PyPi, name, version) {
                package.place = Some(folder_and_name(file.path).0.to_owned());
                package.certainty = Certainty::Inferred("a list of vendored packages".to_owned());
            }
        }
        findings.finish()
    }
}

/// Name and version of `name[extra]==1.0 ; marker  # comment`. Names and versions are those of the
/// packaging specifications, "Names and normalization" and "Version specifiers".
fn pinned(line: &str) -> Option<(&str, &str)> {
    let requirement = line.split(['#', ';']).next()?;
    let (name, version) = requirement.split_once("==")?;
    let name = name.split('[').next()?.trim();
    let version = version.trim_start_matches('=').trim();
    let is_made_of = |text: &str, further: &str| {
        !text.is_empty()
            && text
                .chars()
                .all(|character| character.is_ascii_alphanumeric() || further.contains(character))
    };
    (is_made_of(name, "-_.") && is_made_of(version, "-_.+!")).then_some((name, version))
}

#[cfg(test)]
#[path = "python_vendored_tests.rs"]
mod tests;
