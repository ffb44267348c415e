//! The database of apk: `lib/apk/db/installed`, with apk 3 `usr/lib/apk/db/installed`.
//!
//! Source: Alpine's wiki, "Apk spec" (fields of the index, which the database shares): one letter,
//! a colon, the value; records end with an empty line. `o` names the package that it was built
//! from, which has the same version.

use outcrop_image::{
    Analyser, Analysis, CandidateFile, Conclusion, FileFacts, Observation, Root, View,
};
use outcrop_model::{Evidence, Package, PackageKind, ProblemKind, SourcePackage};

use super::{conclusion_of, files_at, text};
use crate::licence::licences;
use crate::problems::{FileProblems, shown};

/// Largest database that is read; one of 1,000 packages has about 5 MB.
const MAX_BYTES: u64 = 64 << 20;
/// Packages that are read; all of Alpine has about 25,000.
const MAX_PACKAGES: usize = 100_000;
/// Longest name, version or architecture.
const MAX_VALUE_BYTES: usize = 256;

/// The later one stays where both hold the same package.
pub(super) const DATABASES: &[&str] = &["lib/apk/db/installed", "usr/lib/apk/db/installed"];
pub(super) const ROOTS: &[Root] = &[Root::file(DATABASES[0]), Root::file(DATABASES[1])];

/// Reads the database of apk.
pub(super) struct Apk;

impl Analyser for Apk {
    fn id(&self) -> &'static str {
        "apk"
    }

    fn version(&self) -> u32 {
        1
    }

    fn roots(&self) -> &'static [Root] {
        ROOTS
    }

    fn wants(&self, file: &FileFacts<'_>) -> Option<u64> {
        (file.folder_and_name().1 == "installed").then_some(MAX_BYTES)
    }

    fn analyse(&self, file: &CandidateFile<'_>) -> Analysis {
        let mut problems = FileProblems::default();
        let (content, is_utf8) = text(file.bytes);
        if !looks_like_one(&content) {
            if DATABASES.contains(&file.path) {
                problems.push(
                    ProblemKind::Malformed,
                    "not a database of apk: it does not begin with a field of one letter",
                );
            }
            return Analysis {
                observation: None,
                problems: problems.into_list(),
            };
        }
        if !is_utf8 {
            problems.push(
                ProblemKind::Malformed,
                "the database is not UTF-8; what is not was replaced",
            );
        }
        Analysis {
            observation: Some(Observation::Packages {
                installed: packages(file, &content, &mut problems),
                leftovers: Vec::new(),
            }),
            problems: problems.into_list(),
        }
    }

    fn conclude(&self, view: &View<'_>) -> Conclusion {
        conclusion_of(files_at(view, DATABASES), PackageKind::Apk)
    }
}

/// Whether the first line is a field; an empty database is one as well.
pub(super) fn looks_like_one(content: &str) -> bool {
    match content.trim_ascii_start().as_bytes() {
        [] => true,
        [letter, b':', ..] => letter.is_ascii_alphabetic(),
        _ => false,
    }
}

/// The fields of a record that are looked at.
#[derive(Default)]
struct Record<'a> {
    name: &'a str,
    version: &'a str,
    architecture: &'a str,
    origin: &'a str,
    licence: &'a str,
}

fn packages(file: &CandidateFile<'_>, content: &str, problems: &mut FileProblems) -> Vec<Package> {
    let mut packages = Vec::new();
    let mut record = Record::default();
    let mut empty = true;
    let mut cut_off = !file.whole;
    for line in content.split_inclusive('\n') {
        cut_off |= !line.ends_with('\n');
        let line = line.trim_end_matches(['\n', '\r']);
        if line.is_empty() {
            if !empty {
                packages.extend(package(file.path, &record, problems));
            }
            record = Record::default();
            empty = true;
            if problems.are_too_many() {
                return packages;
            }
            if packages.len() >= MAX_PACKAGES {
                problems.push(
                    ProblemKind::TooLarge,
                    format!("the database has more packages than are read: {MAX_PACKAGES}"),
                );
                return packages;
            }
            continue;
        }
        empty = false;
        // Letters are case-sensitive: `p` is what the package provides.
        let field = match line.split_once(':') {
            Some(("P", value)) => (&mut record.name, value),
            Some(("V", value)) => (&mut record.version, value),
            Some(("A", value)) => (&mut record.architecture, value),
            Some(("o", value)) => (&mut record.origin, value),
            Some(("L", value)) => (&mut record.licence, value),
            _ => continue,
        };
        *field.0 = field.1.trim_ascii();
    }
    if cut_off {
        // A version may be cut in the middle, so the last record is not to be trusted.
        let message = if empty || record.name.is_empty() {
            "the database is cut off".to_owned()
        } else {
            format!(
                "the database is cut off; the record that was left out: `{}`",
                shown(record.name)
            )
        };
        problems.push(ProblemKind::Truncated, message);
    } else if !empty {
        packages.extend(package(file.path, &record, problems));
    }
    packages
}

fn package(path: &str, record: &Record<'_>, problems: &mut FileProblems) -> Option<Package> {
    let refused = if record.name.is_empty() {
        Some((
            ProblemKind::Malformed,
            "a record without a package name was passed over".to_owned(),
        ))
    } else if record.version.is_empty() {
        Some((
            ProblemKind::Malformed,
            format!(
                "a record without a version was passed over: `{}`",
                shown(record.name)
            ),
        ))
    } else if [
        record.name,
        record.version,
        record.architecture,
        record.origin,
    ]
    .iter()
    .any(|value| value.len() > MAX_VALUE_BYTES)
    {
        Some((
            ProblemKind::TooLarge,
            format!(
                "a record with an overlong value was passed over: `{}`",
                shown(record.name)
            ),
        ))
    } else {
        None
    };
    if let Some((kind, message)) = refused {
        problems.push(kind, message);
        return None;
    }
    let some = |value: &str| (!value.is_empty()).then(|| value.to_owned());
    let evidence = Evidence {
        cataloger: "apk".to_owned(),
        path: path.to_owned(),
    };
    Some(Package {
        architecture: some(record.architecture),
        source: Some(SourcePackage {
            name: some(record.origin).unwrap_or_else(|| record.name.to_owned()),
            version: record.version.to_owned(),
        }),
        licences: licences(record.licence),
        ..Package::new(PackageKind::Apk, record.name, record.version, evidence)
    })
}

#[cfg(test)]
#[path = "apk_tests.rs"]
mod tests;
