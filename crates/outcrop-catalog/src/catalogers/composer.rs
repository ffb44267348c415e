//! Installed packages of PHP: `vendor/composer/installed.json`, in both of its versions.
//!
//! Source: Composer's `FilesystemRepository`, which writes the file: version 1 is the list of
//! packages, version 2 has it under `packages`. The fields are those of "The composer.json schema".
//! `composer.lock` does not count: it names what was to be installed, and what was is here.

use outcrop_image::{Analyser, Analysis, CandidateFile, FileFacts};
use outcrop_model::PackageKind;
use serde::Deserialize;

use super::folder_and_name;
use crate::findings::Findings;
use crate::json::{List, Object, Text, Words};
use crate::licence::licences;

/// Largest file that is read; those of large applications have 1 MB.
const MAX_BYTES: u64 = 32 << 20;

/// Reads what Composer has installed.
pub(super) struct Composer;

impl Analyser for Composer {
    fn id(&self) -> &'static str {
        "composer"
    }

    fn version(&self) -> u32 {
        1
    }

    fn wants(&self, file: &FileFacts<'_>) -> Option<u64> {
        let (folder, name) = file.folder_and_name();
        (name == "installed.json" && folder_and_name(folder).1 == "composer").then_some(MAX_BYTES)
    }

    fn analyse(&self, file: &CandidateFile<'_>) -> Analysis {
        let mut findings = Findings::new(self.id(), file.path);
        let is_list = file.bytes.trim_ascii_start().starts_with(b"[");
        let packages = if is_list {
            findings.json::<List<Object<Package>>>(file)
        } else {
            findings
                .json::<Document>(file)
                .map(|document| document.packages)
        };
        let vendor = folder_and_name(folder_and_name(file.path).0).0;
        for package in packages.into_iter().flat_map(|list| list.0) {
            let Some(package) = package.0 else { continue };
            let (name, version) = (package.name.as_str(), package.version.as_str());
            if let Some(found) = findings.add(PackageKind::Composer, name, version) {
                found.place = Some(vendor.to_owned());
                // Several licences are alternatives, by the schema.
                found.licences = licences(&package.license.0.join(" OR "));
            }
        }
        findings.finish()
    }
}

#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    packages: List<Object<Package>>,
}

#[derive(Deserialize)]
struct Package {
    #[serde(default)]
    name: Text,
    #[serde(default)]
    version: Text,
    #[serde(default)]
    license: Words,
}

#[cfg(test)]
#[path = "composer_tests.rs"]
mod tests;
