//! Bills of material in the image, in `CycloneDX`'s JSON.
//!
//! Source: CycloneDX specification 1.6, `bom-1.6.schema.json`: `components`, which may hold others,
//! with `purl`, `version` and `licenses`. Components without a package URL are files, services and
//! the like. Such a document says what was to be installed; nothing in the image confirms it.

use outcrop_image::{Analyser, Analysis, CandidateFile, Conclusion, FileFacts, View};
use outcrop_model::Certainty;
use serde::Deserialize;

use super::folder_and_name;
use crate::findings::{Findings, side_by_side};
use crate::json::{List, Object, Text};
use crate::purl::Listed;

/// Largest document that is read, in bytes; those of large images have about 10 MB.
const MAX_BYTES: u64 = 64 << 20;

/// Reads what bills of material list.
pub(super) struct CycloneDx;

impl Analyser for CycloneDx {
    fn id(&self) -> &'static str {
        "cyclonedx"
    }

    fn version(&self) -> u32 {
        1
    }

    fn wants(&self, file: &FileFacts<'_>) -> Option<u64> {
        let (_, name) = folder_and_name(file.path);
        let is_wanted = matches!(name, "bom.json" | "sbom.json")
            || [".cdx.json", ".bom.json", ".sbom.json"]
                .iter()
                .any(|ending| name.ends_with(ending))
            // Indexes of databases and drawings are called so too.
            || name.rsplit_once('.').is_some_and(|(_, ending)| ending == "cdx")
                && file.head.trim_ascii_start().starts_with(b"{");
        is_wanted.then_some(MAX_BYTES)
    }

    fn analyse(&self, file: &CandidateFile<'_>) -> Analysis {
        let mut findings = Findings::new(self.id(), file.path);
        if let Some(document) = findings.json::<Document>(file)
            && document.format.as_str() == "CycloneDX"
        {
            let mut listed = Listed::new(
                folder_and_name(file.path).0,
                Certainty::Inferred("an SBOM in the image".to_owned()),
            );
            let mut components: Vec<&Component> = Vec::new();
            components.extend(
                document
                    .components
                    .0
                    .iter()
                    .rev()
                    .filter_map(|c| c.0.as_ref()),
            );
            while let Some(component) = components.pop() {
                component.add(&mut listed, &mut findings);
                let inner = component.components.0.iter().rev();
                components.extend(inner.filter_map(|component| component.0.as_ref()));
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
    #[serde(default, rename = "bomFormat")]
    format: Text,
    #[serde(default)]
    components: List<Object<Component>>,
}

#[derive(Deserialize)]
struct Component {
    #[serde(default)]
    version: Text,
    #[serde(default)]
    purl: Text,
    #[serde(default)]
    licenses: List<Object<Choice>>,
    #[serde(default)]
    components: List<Object<Component>>,
}

/// `licenseChoice`: a licence by identifier or name, or an expression.
#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    license: Object<Named>,
    #[serde(default)]
    expression: Text,
}

#[derive(Deserialize)]
struct Named {
    #[serde(default)]
    id: Text,
    #[serde(default)]
    name: Text,
}

impl Component {
    fn add(&self, listed: &mut Listed<'_>, findings: &mut Findings<'_>) {
        let licences = self.licenses.0.iter().filter_map(|choice| {
            let choice = choice.0.as_ref()?;
            let license = choice.license.0.as_ref();
            [
                Some(&choice.expression),
                license.map(|license| &license.id),
                license.map(|license| &license.name),
            ]
            .into_iter()
            .flatten()
            .map(Text::as_str)
            .find(|text| !text.is_empty())
        });
        listed.add(
            self.purl.as_str(),
            self.version.as_str(),
            licences,
            findings,
        );
    }
}

#[cfg(test)]
#[path = "cyclonedx_tests.rs"]
mod tests;
