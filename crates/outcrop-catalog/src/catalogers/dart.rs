//! Applications of Dart and Flutter: `pubspec.lock`.
//!
//! Source: the documentation of pub, "Glossary" (lockfile, sources of packages) and the file as
//! `dart pub get` writes it: YAML of one shape, two spaces for each level.
//!
//! A compiled application holds no record of its packages; the lock file beside it is the only
//! one, so what it names is said to be inferred. Packages of a path are the application's own,
//! and those of an SDK have no version.

use outcrop_image::{Analyser, Analysis, CandidateFile, FileFacts};
use outcrop_model::PackageKind;

use crate::findings::Findings;

/// Largest file that is read; one of 200 packages has 50 kB.
const MAX_BYTES: u64 = 4 << 20;

/// Reads what Dart applications resolved.
pub(super) struct Dart;

impl Analyser for Dart {
    fn id(&self) -> &'static str {
        "dart"
    }

    fn version(&self) -> u32 {
        1
    }

    fn wants(&self, file: &FileFacts<'_>) -> Option<u64> {
        (file.folder_and_name().1 == "pubspec.lock").then_some(MAX_BYTES)
    }

    fn analyse(&self, file: &CandidateFile<'_>) -> Analysis {
        let mut findings = Findings::new(self.id(), file.path);
        let content = findings.text(file);
        let mut in_packages = false;
        let mut entry = Entry::default();
        for line in content.lines() {
            let trimmed = line.trim_start_matches(' ');
            let indent = line.len() - trimmed.len();
            let Some((key, value)) = trimmed.split_once(':') else {
                continue;
            };
            let value = unquoted(value);
            match (indent, in_packages) {
                (0, _) => in_packages = key == "packages",
                (2, true) => {
                    entry.record(&mut findings);
                    entry = Entry {
                        name: unquoted(key),
                        ..Entry::default()
                    };
                }
                (4, true) if key == "source" => entry.source = value,
                (4, true) if key == "version" => entry.version = value,
                (6, true) if key == "url" => entry.url = value,
                (6, true) if key == "resolved-ref" => entry.revision = value,
                _ => {}
            }
        }
        // The last version may be cut in the middle.
        if file.whole {
            entry.record(&mut findings);
        }
        findings.finish()
    }
}

#[derive(Default)]
struct Entry<'a> {
    name: &'a str,
    source: &'a str,
    version: &'a str,
    url: &'a str,
    revision: &'a str,
}

impl Entry<'_> {
    fn record(&self, findings: &mut Findings<'_>) {
        if self.name.is_empty() || matches!(self.source, "path" | "sdk") {
            return;
        }
        if let Some(package) = findings.add_locked(PackageKind::Pub, self.name, self.version)
            && self.source == "git"
            && !self.revision.is_empty()
        {
            let url = format!("git+{}@{}", self.url, self.revision);
            package.qualifiers.insert("vcs_url".to_owned(), url);
        }
    }
}

fn unquoted(value: &str) -> &str {
    value.trim().trim_matches(['"', '\''])
}

#[cfg(test)]
#[path = "dart_tests.rs"]
mod tests;
