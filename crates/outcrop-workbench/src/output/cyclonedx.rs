//! A scan as a CycloneDX 1.6 document.
//!
//! Source: the CycloneDX 1.6 JSON schema (`bom-1.6.schema.json`). What it has no member for goes
//! into properties named `outcrop:…`; where it has one, that is used as well.

use std::collections::{HashMap, HashSet};

use outcrop_model::Digest;
use serde::Serialize;

use crate::report::{
    AdvisoryBasis, Apart, Completeness, Finding, Layer, Package, Problem, ScanReport, Severity,
    Stage, Status,
};

/// The schema allows no longer version.
const MAX_VERSION: usize = 1_024;

/// Reference of the image inside the document.
const IMAGE: &str = "image";

/// Reference of the operating system inside the document.
const OPERATING_SYSTEM: &str = "operating-system";

/// Renders a report. The serial number is made from the content: the same report has the same one.
pub fn render(report: &ScanReport) -> String {
    let mut document = document(report);
    document.serial_number = Some(serial_number(super::json(&document).as_bytes()));
    super::json(&document)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    #[serde(rename = "$schema")]
    schema: &'static str,
    bom_format: &'static str,
    spec_version: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    serial_number: Option<String>,
    version: u32,
    metadata: Metadata,
    components: Vec<Component>,
    compositions: Vec<Composition>,
    vulnerabilities: Vec<Vulnerability>,
}

#[derive(Serialize)]
struct Metadata {
    timestamp: String,
    tools: Tools,
    component: Component,
    properties: Vec<Property>,
}

#[derive(Serialize)]
struct Tools {
    components: Vec<Component>,
}

#[derive(Serialize, Default)]
struct Component {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(rename = "bom-ref", skip_serializing_if = "String::is_empty")]
    reference: String,
    name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    version: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    purl: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    evidence: Option<Evidence>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    properties: Vec<Property>,
}

#[derive(Serialize)]
struct Evidence {
    occurrences: Vec<Occurrence>,
}

#[derive(Serialize)]
struct Occurrence {
    location: String,
}

#[derive(Serialize)]
struct Composition {
    aggregate: &'static str,
    assemblies: Vec<&'static str>,
}

#[derive(Serialize)]
struct Property {
    name: String,
    value: String,
}

#[derive(Serialize)]
struct Vulnerability {
    #[serde(rename = "bom-ref")]
    reference: String,
    id: String,
    source: Source,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    references: Vec<Reference>,
    ratings: Vec<Rating>,
    #[serde(skip_serializing_if = "String::is_empty")]
    description: String,
    recommendation: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    advisories: Vec<Advisory>,
    #[serde(skip_serializing_if = "Option::is_none")]
    analysis: Option<Analysis>,
    affects: Vec<Affected>,
    properties: Vec<Property>,
}

#[derive(Serialize, Clone)]
struct Source {
    name: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

#[derive(Serialize)]
struct Reference {
    id: String,
    source: Source,
}

#[derive(Serialize)]
struct Rating {
    source: Source,
    severity: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    vector: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    justification: Option<String>,
}

#[derive(Serialize)]
struct Advisory {
    url: String,
}

#[derive(Serialize)]
struct Analysis {
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    justification: Option<&'static str>,
    detail: &'static str,
}

#[derive(Serialize)]
struct Affected {
    #[serde(rename = "ref")]
    reference: String,
    versions: Vec<AffectedVersion>,
}

#[derive(Serialize)]
struct AffectedVersion {
    version: String,
    status: &'static str,
}

fn property(name: &str, value: impl Into<String>) -> Property {
    Property {
        name: format!("outcrop:{name}"),
        value: value.into(),
    }
}

fn document(report: &ScanReport) -> Document {
    let references = references(&report.packages);
    let mut components: Vec<Component> = report
        .coverage
        .operating_system
        .iter()
        .map(|system| Component {
            kind: "operating-system",
            reference: OPERATING_SYSTEM.to_owned(),
            name: system.id.clone(),
            version: bounded(&system.version),
            description: Some(system.name.clone()),
            properties: vec![property("supported", system.supported.to_string())],
            ..Component::default()
        })
        .collect();
    components.extend(
        report
            .packages
            .iter()
            .zip(&references)
            .map(|(package, reference)| component(package, reference, &report.layers)),
    );
    Document {
        schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
        bom_format: "CycloneDX",
        spec_version: "1.6",
        serial_number: None,
        version: 1,
        metadata: metadata(report),
        components,
        compositions: vec![Composition {
            // What no cataloger knows is not listed, so an image is never said to be complete.
            aggregate: match (report.completeness, report.stage) {
                (Completeness::Complete, Stage::Complete) => "unknown",
                _ => "incomplete",
            },
            assemblies: vec![IMAGE],
        }],
        vulnerabilities: vulnerabilities(&report.findings, &references),
    }
}

/// A unique reference for each package: its purl, numbered where a purl stands twice.
fn references(packages: &[Package]) -> Vec<String> {
    let mut taken: HashSet<String> = [IMAGE, OPERATING_SYSTEM].map(str::to_owned).into();
    packages
        .iter()
        .enumerate()
        .map(|(index, package)| {
            let mut reference = package.purl.clone();
            if reference.is_empty() || !taken.insert(reference.clone()) {
                reference = format!("{}#{index}", package.purl);
                taken.insert(reference.clone());
            }
            reference
        })
        .collect()
}

fn metadata(report: &ScanReport) -> Metadata {
    let image = &report.image;
    let mut about_image = vec![
        property("config-digest", &image.config_digest),
        property("source", &image.source),
        property("platform", &image.platform),
        property("size-bytes", image.size_bytes.to_string()),
    ];
    about_image.extend(
        image
            .references
            .iter()
            .map(|name| property("reference", name)),
    );
    about_image.extend(
        image
            .repository_digests
            .iter()
            .map(|name| property("repository-digest", name)),
    );
    about_image.extend(image.created.iter().map(|time| property("created", time)));
    about_image.extend(report.ancestors.iter().map(|ancestor| {
        let digest = ancestor.config_digest.as_deref().unwrap_or("not here");
        let certainty = word(&ancestor.certainty);
        property(
            "ancestor",
            format!(
                "{} ({digest}), {certainty}, layers: {}",
                ancestor.name, ancestor.layers
            ),
        )
    }));
    about_image.extend(report.layers.iter().map(|layer| {
        property(
            &format!("layer:{}", layer.index),
            format!("{} {}", layer.diff_id, layer.owner),
        )
    }));

    let coverage = &report.coverage;
    let mut properties = vec![
        property("schema-version", &report.schema_version),
        property("scanned-at", &report.scanned_at),
        property("stage", word(&report.stage)),
        property("completeness", word(&report.completeness)),
        property("coverage:judged", coverage.judged.to_string()),
        property("coverage:statement", &coverage.statement),
    ];
    properties.extend(coverage.ecosystems.iter().map(|ecosystem| {
        let basis = match ecosystem.advisories {
            AdvisoryBasis::Feed => "publisher's records",
            AdvisoryBasis::Starter => "starter set only",
            AdvisoryBasis::None => "no advisories",
        };
        let dated = ecosystem.dated.as_deref().unwrap_or("of unknown date");
        property(
            "coverage:ecosystem",
            format!(
                "{}: {} packages, {basis}, {dated}, {} records",
                ecosystem.ecosystem, ecosystem.packages, ecosystem.records
            ),
        )
    }));
    properties.extend(
        coverage
            .notes
            .iter()
            .map(|note| property("coverage:note", note)),
    );
    properties.extend(report.problems.iter().map(problem));
    properties.extend(report.configuration_leftovers.iter().map(|package| {
        property(
            "configuration-leftover",
            format!("{} {}", package.name, package.version),
        )
    }));

    Metadata {
        timestamp: report.matched_at.clone(),
        tools: Tools {
            components: vec![Component {
                kind: "application",
                name: "outcrop".to_owned(),
                version: report.outcrop_version.clone(),
                ..Component::default()
            }],
        },
        component: Component {
            kind: "container",
            reference: IMAGE.to_owned(),
            name: image.name.clone(),
            version: image.config_digest.clone(),
            properties: about_image,
            ..Component::default()
        },
        properties,
    }
}

fn problem(problem: &Problem) -> Property {
    let place = match (&problem.layer, problem.path.as_str()) {
        (None, "") => String::new(),
        (None, path) => format!(" in {path}"),
        (Some(layer), "") => format!(" in layer {layer}"),
        (Some(layer), path) => format!(" in layer {layer}, {path}"),
    };
    property(
        "problem",
        format!("{}{place}: {}", problem.kind, problem.message),
    )
}

fn component(package: &Package, reference: &str, layers: &[Layer]) -> Component {
    let mut properties = vec![
        property("kind", &package.kind),
        property("owner", &package.owner),
        property("inherited", package.inherited.to_string()),
        property("evidence:path", &package.evidence),
    ];
    if let Some(index) = package.layer {
        properties.push(property("layer:index", index.to_string()));
        if let Some(layer) = layers.iter().find(|layer| layer.index == index) {
            properties.push(property("layer:diff-id", &layer.diff_id));
            if !layer.instruction.is_empty() {
                properties.push(property("layer:instruction", &layer.instruction));
            }
        }
    }
    if let Some(index) = package.first_seen_layer {
        properties.push(property("layer:first-seen", index.to_string()));
    }
    if let Some(source) = &package.source {
        properties.push(property("source:name", &source.name));
        properties.push(property("source:version", &source.version));
    }
    properties.extend(
        package
            .changes
            .iter()
            .map(|change| property("change", change)),
    );
    Component {
        kind: "library",
        reference: reference.to_owned(),
        name: package.name.clone(),
        version: bounded(&package.version),
        purl: (!package.purl.is_empty()).then(|| package.purl.clone()),
        evidence: (!package.evidence.is_empty()).then(|| Evidence {
            occurrences: vec![Occurrence {
                location: package.evidence.clone(),
            }],
        }),
        properties,
        ..Component::default()
    }
}

/// One entry per vulnerability and judgement: packages for which a publisher says the same share
/// it, so that an unknown severity of one is not covered by a known one of another.
fn vulnerabilities(findings: &[Finding], references: &[String]) -> Vec<Vulnerability> {
    let mut places: HashMap<_, usize> = HashMap::new();
    let mut entries: Vec<(Vulnerability, Vec<&Finding>)> = Vec::new();
    for finding in findings {
        let Some(reference) = references.get(finding.package as usize) else {
            continue;
        };
        let judgement = (
            finding.vulnerability.as_str(),
            finding.severity,
            finding.vector.as_deref(),
            finding.urgency.as_deref(),
            word(&finding.apart),
            finding.records.as_slice(),
        );
        let place = *places.entry(judgement).or_insert_with(|| {
            let number = entries.len();
            entries.push((vulnerability(finding, number), Vec::new()));
            number
        });
        let (entry, members) = &mut entries[place];
        if !entry
            .affects
            .iter()
            .any(|known| known.reference == *reference)
        {
            entry.affects.push(Affected {
                reference: reference.clone(),
                versions: vec![AffectedVersion {
                    version: bounded(&finding.package_version),
                    status: "affected",
                }],
            });
        }
        members.push(finding);
    }
    entries
        .into_iter()
        .map(|(mut entry, members)| {
            for finding in members {
                entry.properties.extend(about(finding));
                let advice = recommendation(finding);
                if !entry.recommendation.contains(&advice) {
                    if !entry.recommendation.is_empty() {
                        entry.recommendation.push_str("; ");
                    }
                    entry.recommendation.push_str(&advice);
                }
            }
            entry
        })
        .collect()
}

fn vulnerability(finding: &Finding, number: usize) -> Vulnerability {
    let deciding = finding.records.first().map_or("", String::as_str);
    let source = source(deciding, &finding.vulnerability, finding.starter);
    Vulnerability {
        reference: format!("{}#{number}", finding.vulnerability),
        id: finding.vulnerability.clone(),
        references: finding
            .records
            .iter()
            .filter(|record| **record != finding.vulnerability)
            .map(|record| Reference {
                id: record.clone(),
                source: self::source(record, &finding.vulnerability, finding.starter),
            })
            .collect(),
        ratings: vec![Rating {
            source: source.clone(),
            severity: match finding.severity {
                Severity::Critical => "critical",
                Severity::High => "high",
                Severity::Medium => "medium",
                Severity::Low => "low",
                // The schema has no word for it; `none` would say that there is no weakness.
                Severity::Negligible => "info",
                Severity::Unknown => "unknown",
            },
            method: finding.vector.as_deref().map(method),
            vector: finding.vector.clone(),
            justification: finding
                .urgency
                .as_ref()
                .map(|urgency| format!("the publisher's urgency is `{urgency}`")),
        }],
        source,
        description: finding.summary.clone(),
        recommendation: String::new(),
        advisories: finding
            .references
            .iter()
            .filter(|url| is_address(url))
            .map(|url| Advisory { url: url.clone() })
            .collect(),
        analysis: finding.apart.map(|apart| match apart {
            Apart::KernelHeaders => Analysis {
                state: Some("not_affected"),
                justification: Some("code_not_present"),
                detail: "the package holds headers of the kernel; the kernel itself is not in the image",
            },
            Apart::Unimportant => Analysis {
                state: None,
                justification: None,
                detail: "the publisher calls the vulnerability unimportant for this package",
            },
        }),
        affects: Vec::new(),
        properties: vec![property("severity", word(&finding.severity))],
    }
}

fn about(finding: &Finding) -> Vec<Property> {
    let mut properties = vec![
        property("finding", &finding.key),
        property("reasoning", &finding.reasoning),
        property("status", word(&finding.status)),
        property("owner", &finding.owner),
    ];
    if let Some(layer) = finding.layer {
        properties.push(property("layer:index", layer.to_string()));
    }
    if let Some(version) = &finding.fixed_version {
        properties.push(property("fixed-version", version));
    }
    if finding.starter {
        properties.push(property("starter-set", "true"));
    }
    properties
}

fn recommendation(finding: &Finding) -> String {
    let name = &finding.package_name;
    match (finding.status, &finding.fixed_version) {
        (Status::Fixed, Some(version)) => format!("upgrade {name} to {version} or later"),
        (Status::Fixed, None) => format!("upgrade {name}"),
        (Status::NoFixYet, _) => format!("there is no fixed version of {name} yet"),
        (Status::EndOfLife, _) => format!("the publisher no longer supports {name}"),
    }
}

/// Who published a record, by the form of its identifier.
fn source(record: &str, vulnerability: &str, starter: bool) -> Source {
    let debian = ["DEBIAN-", "DSA-", "DLA-"]
        .iter()
        .any(|prefix| record.starts_with(prefix));
    if starter {
        Source {
            name: "Outcrop starter set",
            url: None,
        }
    } else if debian {
        let id = record.strip_prefix("DEBIAN-").unwrap_or(record);
        Source {
            name: "Debian Security Tracker",
            url: Some(format!("https://security-tracker.debian.org/tracker/{id}"))
                .filter(|url| is_address(url)),
        }
    } else {
        let id = if record.is_empty() {
            vulnerability
        } else {
            record
        };
        Source {
            name: "OSV",
            url: Some(format!("https://osv.dev/vulnerability/{id}")).filter(|url| is_address(url)),
        }
    }
}

fn method(vector: &str) -> &'static str {
    [
        ("CVSS:4.0/", "CVSSv4"),
        ("CVSS:3.1/", "CVSSv31"),
        ("CVSS:3.0/", "CVSSv3"),
        ("AV:", "CVSSv2"),
    ]
    .iter()
    .find(|(prefix, _)| vector.starts_with(prefix))
    .map_or("other", |(_, method)| method)
}

/// True for text that the schema takes for an address, and that is one of the web.
fn is_address(text: &str) -> bool {
    (text.starts_with("https://") || text.starts_with("http://"))
        && text
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}[]".contains(&byte))
}

/// The word by which a value stands in the JSON of a report; empty for one that is absent.
fn word<T: Serialize>(value: &T) -> String {
    serde_json::to_value(value)
        .ok()
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_default()
}

fn bounded(version: &str) -> String {
    version.chars().take(MAX_VERSION).collect()
}

/// A UUID from the document's content, of version 8 (RFC 9562, section 5.8: custom data).
fn serial_number(content: &[u8]) -> String {
    let hash = Digest::of(content).hex();
    format!(
        "urn:uuid:{}-{}-8{}-a{}-{}",
        &hash[..8],
        &hash[8..12],
        &hash[13..16],
        &hash[17..20],
        &hash[20..32]
    )
}

#[cfg(test)]
mod tests;
