//! Packages of Hex as `mix` and `rebar3` unpack them: `hex_metadata.config` in the folder of a
//! dependency (`deps/name`, `_build/default/lib/name`).
//!
//! Source: the specification of Hex, "Package metadata". The file comes with the package, so it is
//! the record of what lies in the folder; a lock file is not, see the cataloger `erlang`.

use outcrop_image::{Analyser, Analysis, CandidateFile, FileFacts};
use outcrop_model::{PackageKind, ProblemKind};

use super::folder_and_name;
use crate::erlang_term::{Term, licences, property, terms};
use crate::findings::Findings;

/// Largest file that is read; the longest lists of files have 100 kB.
const MAX_BYTES: u64 = 4 << 20;

/// Reads the dependencies of Elixir and Erlang projects.
pub(super) struct Hex;

impl Analyser for Hex {
    fn id(&self) -> &'static str {
        "hex"
    }

    fn version(&self) -> u32 {
        1
    }

    fn wants(&self, file: &FileFacts<'_>) -> Option<u64> {
        (file.folder_and_name().1 == "hex_metadata.config").then_some(MAX_BYTES)
    }

    fn analyse(&self, file: &CandidateFile<'_>) -> Analysis {
        let mut findings = Findings::new(self.id(), file.path);
        let (terms, complete) = terms(file.bytes);
        let told = |key| property(&terms, key).and_then(Term::as_str);
        if let (Some(name), Some(version)) = (told("name"), told("version")) {
            if let Some(package) = findings.add(PackageKind::Hex, name, version) {
                package.place = Some(folder_and_name(file.path).0.to_owned());
                package.licences = licences(&terms);
            }
        } else {
            let what = if complete {
                "tells no"
            } else {
                "is broken before its"
            };
            findings.problem(
                ProblemKind::Malformed,
                format!("the metadata of a package {what} name and version"),
            );
        }
        findings.finish()
    }
}

#[cfg(test)]
#[path = "hex_tests.rs"]
mod tests;
