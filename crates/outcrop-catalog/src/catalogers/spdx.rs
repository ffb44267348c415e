//! Bills of material in the image, in SPDX's JSON, also those that Bitnami leaves beside each
//! component that it installs.
//!
//! Sources: SPDX specification 2.3, clauses 7 ("Package information") and 7.21 ("External
//! reference", type `purl`); Bitnami's `/opt/bitnami/COMPONENT/.spdx-COMPONENT.spdx`. The form with
//! tags and values is not read. What Bitnami leaves is its record of what it installed; any other
//! document says what was to be installed, and nothing in the image confirms it.

use outcrop_image::{Analyser, Analysis, CandidateFile, Conclusion, FileFacts, View};
use outcrop_model::Certainty;
use serde::Deserialize;

use super::folder_and_name;
use crate::findings::{Findings, side_by_side};
use crate::json::{List, Object, Text};
use crate::purl::Listed;

/// Largest document that is read, in bytes; those of large images have about 30 MB.
const MAX_BYTES: u64 = 64 << 20;

/// Reads what bills of material list.
pub(super) struct Spdx;

impl Analyser for Spdx {
    fn id(&self) -> &'static str {
        "spdx"
    }

    fn version(&self) -> u32 {
        1
    }

    fn wants(&self, file: &FileFacts<'_>) -> Option<u64> {
        let (_, name) = folder_and_name(file.path);
        let is_json = file.head.trim_ascii_start().starts_with(b"{");
        let is_wanted = match name.rsplit_once('.') {
            Some((stem, "json")) => {
                stem == "sbom"
                    || stem
                        .rsplit_once('.')
                        .is_some_and(|(_, form)| form == "spdx")
            }
            // Documents with tags and values are called so too.
            Some((_, "spdx")) => is_json,
            _ => false,
        };
        is_wanted.then_some(MAX_BYTES)
    }

    fn analyse(&self, file: &CandidateFile<'_>) -> Analysis {
        let mut findings = Findings::new(self.id(), file.path);
        let (folder, name) = folder_and_name(file.path);
        if let Some(document) = findings.json::<Document>(file)
            && document.version.as_str().starts_with("SPDX-2.")
        {
            let certainty = if name.starts_with(".spdx-") {
                Certainty::Recorded
            } else {
                Certainty::Inferred("an SBOM in the image".to_owned())
            };
            let mut listed = Listed::new(folder, certainty);
            let packages = document.packages.0.iter();
            for package in packages.filter_map(|package| package.0.as_ref()) {
                package.add(&mut listed, &mut findings);
            }
            listed.finish(&mut findings);
        }
        findings.finish()
    }

    /// A folder may hold several documents.
    fn conclude(&self, view: &View<'_>) -> Conclusion {
        side_by_side(view)
    }
}

#[derive(Deserialize)]
struct Document {
    #[serde(default, rename = "spdxVersion")]
    version: Text,
    #[serde(default)]
    packages: List<Object<Package>>,
}

#[derive(Deserialize)]
struct Package {
    #[serde(default, rename = "versionInfo")]
    version: Text,
    #[serde(default, rename = "licenseDeclared")]
    declared: Text,
    #[serde(default, rename = "licenseConcluded")]
    concluded: Text,
    #[serde(default, rename = "externalRefs")]
    references: List<Object<Reference>>,
}

#[derive(Deserialize)]
struct Reference {
    #[serde(default, rename = "referenceType")]
    kind: Text,
    #[serde(default, rename = "referenceLocator")]
    locator: Text,
}

impl Package {
    fn add(&self, listed: &mut Listed<'_>, findings: &mut Findings<'_>) {
        let purl = self
            .references
            .0
            .iter()
            .filter_map(|reference| reference.0.as_ref())
            .find(|reference| reference.kind.as_str() == "purl")
            .map(|reference| reference.locator.as_str());
        let licence = [&self.declared, &self.concluded]
            .into_iter()
            .map(Text::as_str)
            .find(|text| !matches!(*text, "" | "NOASSERTION" | "NONE"));
        listed.add(
            purl.unwrap_or_default(),
            self.version.as_str(),
            licence.into_iter(),
            findings,
        );
    }
}

#[cfg(test)]
#[path = "spdx_tests.rs"]
mod tests;
