//! Installed packages of conda: `conda-meta/*.json` in an environment.
//!
//! Source: the documentation of conda, "Deep dive: conda install", and its `PrefixRecord`, which
//! is what each file holds. The qualifiers are those of the purl type `conda`. The environment is
//! the place; conda keeps one version of a package in each.

use outcrop_image::{Analyser, Analysis, CandidateFile, FileFacts};
use outcrop_model::PackageKind;
use serde::Deserialize;

use super::folder_and_name;
use crate::findings::Findings;
use crate::json::Text;
use crate::licence::licences;

/// Largest file that is read; those that list many files have 10 MB.
const MAX_BYTES: u64 = 64 << 20;
/// Longest value that becomes a qualifier.
const MAX_QUALIFIER_BYTES: usize = 256;

/// Reads the environments of conda.
pub(super) struct Conda;

impl Analyser for Conda {
    fn id(&self) -> &'static str {
        "conda"
    }

    fn version(&self) -> u32 {
        1
    }

    fn wants(&self, file: &FileFacts<'_>) -> Option<u64> {
        let (folder, name) = file.folder_and_name();
        (folder_and_name(folder).1 == "conda-meta" && name.strip_suffix(".json").is_some())
            .then_some(MAX_BYTES)
    }

    fn analyse(&self, file: &CandidateFile<'_>) -> Analysis {
        let mut findings = Findings::new(self.id(), file.path);
        if let Some(record) = findings.json::<Record>(file) {
            let (name, version) = (record.name.as_str(), record.version.as_str());
            if let Some(package) = findings.add(PackageKind::Conda, name, version) {
                let environment = folder_and_name(folder_and_name(file.path).0).0;
                package.place = Some(environment.to_owned());
                package.licences = licences(record.license.as_str());
                let qualifiers = record.qualifiers().into_iter();
                package.qualifiers = qualifiers
                    .filter(|(_, value)| !value.is_empty() && value.len() <= MAX_QUALIFIER_BYTES)
                    .map(|(key, value)| (key.to_owned(), value.to_owned()))
                    .collect();
            }
        }
        findings.finish()
    }
}

#[derive(Deserialize)]
struct Record {
    #[serde(default)]
    name: Text,
    #[serde(default)]
    version: Text,
    #[serde(default)]
    license: Text,
    #[serde(default)]
    build: Text,
    #[serde(default)]
    channel: Text,
    #[serde(default)]
    subdir: Text,
    /// The file's name.
    #[serde(default, rename = "fn")]
    archive: Text,
}

impl Record {
    fn qualifiers(&self) -> [(&'static str, &str); 4] {
        let subdir = self.subdir.as_str();
        // `https://host/pkgs/main/linux-64` is the channel `main`; whatever stands before it may
        // hold a secret.
        let channel = self.channel.as_str().trim_end_matches('/');
        let channel = channel.strip_suffix(subdir).unwrap_or(channel);
        let channel = folder_and_name(channel.trim_end_matches('/')).1;
        let archive = self.archive.as_str();
        let kind = ["tar.bz2", "conda"]
            .into_iter()
            .find(|kind| archive.ends_with(kind));
        [
            ("build", self.build.as_str()),
            ("channel", channel),
            ("subdir", subdir),
            ("type", kind.unwrap_or_default()),
        ]
    }
}

#[cfg(test)]
#[path = "conda_tests.rs"]
mod tests;
