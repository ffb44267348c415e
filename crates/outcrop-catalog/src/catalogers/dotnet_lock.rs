//! .NET projects with a lock file: `packages.lock.json`.
//!
//! Source: the `NuGet` documentation, "`PackageReference` in project files", section "Locking
//! dependencies"; the members of an entry as `NuGet` writes them. Under `dependencies` there is an
//! object for each target framework; an entry of type `Project` is a project beside this one.
//! The file lies with the sources of a project: what it names need not be in the image, so it is
//! said to be inferred.

use outcrop_image::{Analyser, Analysis, CandidateFile, FileFacts};
use outcrop_model::PackageKind;
use serde::Deserialize;

use crate::findings::Findings;
use crate::json::{Members, Object, Text};

/// Largest file that is read; one of 1,000 packages has about 300 kB.
const MAX_BYTES: u64 = 16 << 20;

/// Reads what .NET projects resolved.
pub(super) struct DotnetLock;

impl Analyser for DotnetLock {
    fn id(&self) -> &'static str {
        "dotnet-lock"
    }

    fn version(&self) -> u32 {
        1
    }

    fn wants(&self, file: &FileFacts<'_>) -> Option<u64> {
        (file.folder_and_name().1 == "packages.lock.json").then_some(MAX_BYTES)
    }

    fn analyse(&self, file: &CandidateFile<'_>) -> Analysis {
        let mut findings = Findings::new(self.id(), file.path);
        if let Some(document) = findings.json::<Document>(file) {
            let entries = document
                .dependencies
                .0
                .iter()
                .flat_map(|(_, packages)| &packages.0);
            for (name, entry) in entries {
                if let Some(entry) = &entry.0
                    && !entry.kind.as_str().eq_ignore_ascii_case("project")
                {
                    findings.add_locked(PackageKind::NuGet, name, entry.resolved.as_str());
                }
            }
        }
        findings.finish()
    }
}

#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    dependencies: Members<Members<Object<Entry>>>,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(default, rename = "type")]
    kind: Text,
    #[serde(default)]
    resolved: Text,
}

#[cfg(test)]
#[path = "dotnet_lock_tests.rs"]
mod tests;
