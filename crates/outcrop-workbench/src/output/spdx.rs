//! The packages of a scan as an SPDX 2.3 document.
//!
//! Source: SPDX specification 2.3, clauses 6 (document), 7 (packages), 10 (other licences), 11
//! (relationships), and its JSON schema. The format has no place for findings; what was judged is
//! said in the comment of the document. Risks are annotations (clause 12) of the image, which are
//! what a tool may say about an element without claiming that it is a fact of the package.

#![expect(
    clippy::struct_field_names,
    reason = "the members are named as in the schema"
)]

use std::collections::{BTreeSet, HashMap};

use serde::Serialize;

use super::listing::listing;
use super::risks::{place, statement};
use super::text::{all_of, counted, layer_of, urn, word};
use crate::report::{Certainty, Completeness, Package, ScanReport};

/// What is not known. SPDX 2.3, clause 7: allowed wherever an answer is asked for.
const NO_ASSERTION: &str = "NOASSERTION";

const DOCUMENT: &str = "SPDXRef-DOCUMENT";
const IMAGE: &str = "SPDXRef-Image";
const SYSTEM: &str = "SPDXRef-OperatingSystem";

/// Names are longer than this in no package manager; identifiers carry no more of them.
const MAX_NAME_IN_IDENTIFIER: usize = 80;

/// Problems that the comment names one by one.
const MAX_PROBLEMS_NAMED: usize = 20;

/// Renders a report. The namespace is made from the content: the same report has the same one.
pub fn render(report: &ScanReport) -> String {
    let mut document = document(report);
    document.document_namespace = urn(super::json(&document).as_bytes());
    super::json(&document)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    spdx_version: &'static str,
    data_license: &'static str,
    #[serde(rename = "SPDXID")]
    identifier: &'static str,
    name: String,
    document_namespace: String,
    creation_info: CreationInfo,
    comment: String,
    packages: Vec<SpdxPackage>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    has_extracted_licensing_infos: Vec<ExtractedLicence>,
    relationships: Vec<Relationship>,
}

#[derive(Serialize)]
struct CreationInfo {
    created: String,
    creators: Vec<String>,
}

#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
struct SpdxPackage {
    name: String,
    #[serde(rename = "SPDXID")]
    identifier: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    version_info: String,
    supplier: &'static str,
    download_location: &'static str,
    files_analyzed: bool,
    #[serde(skip_serializing_if = "String::is_empty")]
    source_info: String,
    license_concluded: &'static str,
    license_declared: String,
    copyright_text: &'static str,
    #[serde(skip_serializing_if = "String::is_empty")]
    comment: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    annotations: Vec<Annotation>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    external_refs: Vec<ExternalReference>,
    #[serde(skip_serializing_if = "Option::is_none")]
    primary_package_purpose: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ExternalReference {
    reference_category: &'static str,
    reference_type: &'static str,
    reference_locator: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Annotation {
    annotation_date: String,
    annotation_type: &'static str,
    annotator: String,
    comment: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ExtractedLicence {
    license_id: String,
    extracted_text: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Relationship {
    spdx_element_id: String,
    relationship_type: &'static str,
    related_spdx_element: String,
}

fn document(report: &ScanReport) -> Document {
    let image = &report.image;
    let mut packages = vec![SpdxPackage {
        version_info: image.config_digest.clone(),
        source_info: format!("read from {} for {}", image.source, image.platform),
        primary_package_purpose: Some("CONTAINER"),
        annotations: risks(report),
        ..package(IMAGE.to_owned(), image.name.clone())
    }];
    let mut relationships = vec![relationship(DOCUMENT, "DESCRIBES", IMAGE)];
    if let Some(system) = &report.coverage.operating_system {
        packages.push(SpdxPackage {
            version_info: system.version.clone(),
            comment: system.name.clone(),
            primary_package_purpose: Some("OPERATING-SYSTEM"),
            ..package(SYSTEM.to_owned(), system.id.clone())
        });
        relationships.push(relationship(IMAGE, "CONTAINS", SYSTEM));
    }
    let mut texts = Texts::default();
    let mut identifiers: HashMap<usize, String> = HashMap::new();
    for listed in listing(&report.packages) {
        let identifier = identifier(listed.package, listed.index);
        let container = listed
            .under
            .and_then(|owner| identifiers.get(&owner))
            .map_or(IMAGE, String::as_str);
        relationships.push(relationship(container, "CONTAINS", &identifier));
        packages.push(spdx_package(
            listed.package,
            identifier.clone(),
            report,
            &mut texts,
        ));
        identifiers.insert(listed.index, identifier);
    }
    Document {
        spdx_version: "SPDX-2.3",
        data_license: "CC0-1.0",
        identifier: DOCUMENT,
        name: image.name.clone(),
        document_namespace: String::new(),
        creation_info: CreationInfo {
            created: report.matched_at.clone(),
            creators: vec![tool(report)],
        },
        comment: comment(report),
        packages,
        has_extracted_licensing_infos: texts.extracted(),
        relationships,
    }
}

fn tool(report: &ScanReport) -> String {
    format!("Tool: outcrop-{}", report.outcrop_version)
}

/// What was looked at for risks, and each that was found.
fn risks(report: &ScanReport) -> Vec<Annotation> {
    let each = report.risks.iter().map(|risk| {
        format!(
            "risk {} ({}) of {}, in {}: {}",
            risk.check,
            word(&risk.severity),
            risk.owner,
            place(risk),
            risk.message
        )
    });
    std::iter::once(statement(report))
        .chain(each)
        .map(|comment| Annotation {
            annotation_date: report.matched_at.clone(),
            annotation_type: "OTHER",
            annotator: tool(report),
            comment,
        })
        .collect()
}

fn relationship(from: &str, kind: &'static str, to: &str) -> Relationship {
    Relationship {
        spdx_element_id: from.to_owned(),
        relationship_type: kind,
        related_spdx_element: to.to_owned(),
    }
}

fn package(identifier: String, name: String) -> SpdxPackage {
    SpdxPackage {
        name,
        identifier,
        supplier: NO_ASSERTION,
        download_location: NO_ASSERTION,
        license_concluded: NO_ASSERTION,
        license_declared: NO_ASSERTION.to_owned(),
        copyright_text: NO_ASSERTION,
        ..SpdxPackage::default()
    }
}

/// Letters, digits, `.` and `-` alone; numbered, so that it is unique. SPDX 2.3, clause 7.2.
fn identifier(package: &Package, index: usize) -> String {
    let name: String = package
        .name
        .chars()
        .take(MAX_NAME_IN_IDENTIFIER)
        .map(|character| match character {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '.' => character,
            _ => '-',
        })
        .collect();
    format!("SPDXRef-Package-{}-{name}-{index}", package.kind)
}

fn spdx_package(
    found: &Package,
    identifier: String,
    report: &ScanReport,
    texts: &mut Texts,
) -> SpdxPackage {
    let file = match found.evidence_layer {
        Some(layer) => format!("{} in layer {layer}", found.evidence),
        None => found.evidence.clone(),
    };
    let mut source = vec![format!("read from {file} by {}", found.cataloger)];
    if let Some(layer) = layer_of(report, found) {
        source.push(format!(
            "brought by layer {} ({}) of {}",
            layer.index, layer.diff_id, layer.owner
        ));
    }
    source.extend(found.changes.iter().cloned());
    if let Some(of) = &found.source {
        source.push(format!(
            "built from the source package {} {}",
            of.name, of.version
        ));
    }
    let mut comment = Vec::new();
    if found.certainty == Certainty::Inferred {
        let from = found.inferred_from.as_deref().unwrap_or("its files");
        comment.push(format!("name and version are inferred from {from}"));
    }
    if let Some(owner) = &found.owned_by {
        comment.push(format!(
            "it is made of files of the package {} of {}",
            owner.name, owner.kind
        ));
    }
    if let Some(place) = &found.place {
        comment.push(format!("installed in {place}"));
    }
    SpdxPackage {
        version_info: found.version.clone(),
        source_info: source.join("; "),
        license_declared: texts.declared(found),
        comment: comment.join("; "),
        external_refs: Some(&found.purl)
            .filter(|purl| !purl.is_empty())
            .map(|purl| ExternalReference {
                reference_category: "PACKAGE-MANAGER",
                reference_type: "purl",
                reference_locator: purl.clone(),
            })
            .into_iter()
            .collect(),
        primary_package_purpose: (found.kind == "generic").then_some("APPLICATION"),
        ..package(identifier, found.name.clone())
    }
}

/// Licences that are no expression, each under an identifier of the document's own.
#[derive(Default)]
struct Texts {
    /// By text, with the order in which they came.
    verbatim: HashMap<String, usize>,
    /// Identifiers that expressions name, and that the document has to explain.
    named: BTreeSet<String>,
}

impl Texts {
    fn declared(&mut self, package: &Package) -> String {
        let parts: Vec<String> = package
            .licences
            .iter()
            .map(|licence| {
                // What another document explains cannot be explained here.
                if licence.spdx && !licence.text.contains("DocumentRef-") {
                    self.note_names(&licence.text);
                    return licence.text.clone();
                }
                let next = self.verbatim.len();
                let number = *self.verbatim.entry(licence.text.clone()).or_insert(next);
                verbatim_identifier(number)
            })
            .collect();
        all_of(parts.iter().map(String::as_str)).unwrap_or_else(|| NO_ASSERTION.to_owned())
    }

    fn note_names(&mut self, expression: &str) {
        let names = expression
            .split(|character: char| character.is_whitespace() || "()+".contains(character))
            .filter(|word| word.starts_with("LicenseRef-"));
        for name in names {
            self.named.insert(name.to_owned());
        }
    }

    fn extracted(self) -> Vec<ExtractedLicence> {
        let mut verbatim: Vec<(String, usize)> = self.verbatim.into_iter().collect();
        verbatim.sort_by_key(|(_, number)| *number);
        let verbatim = verbatim.into_iter().map(|(text, number)| ExtractedLicence {
            license_id: verbatim_identifier(number),
            extracted_text: text,
        });
        let named = self.named.into_iter().map(|name| ExtractedLicence {
            extracted_text: format!("packages name the licence {name}; its text was not read"),
            license_id: name,
        });
        verbatim.chain(named).collect()
    }
}

fn verbatim_identifier(number: usize) -> String {
    format!("LicenseRef-outcrop-{number}")
}

/// What was judged and what could not be read.
fn comment(report: &ScanReport) -> String {
    let mut lines = vec![report.coverage.statement.clone()];
    lines.extend(report.coverage.notes.iter().cloned());
    lines.push(match report.completeness {
        Completeness::Complete => "the image was read whole".to_owned(),
        Completeness::Partial => "part of the image could not be read".to_owned(),
    });
    if word(&report.stage) == "preview" {
        lines.push("first results: the layers are not read yet".to_owned());
    }
    for problem in report.problems.iter().take(MAX_PROBLEMS_NAMED) {
        let layer = problem.layer.as_deref().unwrap_or_default();
        let place = format!("{layer} {}", problem.path);
        lines.push(format!("{}: {}", place.trim(), problem.message));
    }
    let more = report.problems.len().saturating_sub(MAX_PROBLEMS_NAMED);
    if more > 0 {
        lines.push(format!("and {}", counted(more as u64, "more problem")));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests;
