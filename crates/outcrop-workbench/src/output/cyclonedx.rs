//! A scan as a CycloneDX 1.6 document.
//!
//! Source: the CycloneDX 1.6 JSON schema (`bom-1.6.schema.json`). What it has no member for goes
//! into properties named `outcrop:…`; where it has one, that is used as well.

use std::collections::{BTreeMap, HashMap, HashSet};

use self::members::{
    Advisory, Affected, AffectedVersion, Analysis, Component, Composition, Document, Evidence,
    LicenceChoice, Metadata, NamedLicence, Occurrence, Property, Rating, Reference, Tools,
    Vulnerability,
};
use self::publishers::source;
use super::listing::listing;
use super::text::{counted, is_address, layer_of, word};
use crate::report::{
    AdvisoryBasis, Apart, Certainty, Completeness, Finding, NotAffected, Package, Problem,
    ScanReport, Severity, Stage, Status,
};

mod members;
mod publishers;
mod risks;

/// The schema allows no longer version.
const MAX_VERSION: usize = 1_024;

/// Reference of the image inside the document.
const IMAGE: &str = "image";

/// Reference of the operating system inside the document.
const OPERATING_SYSTEM: &str = "operating-system";

/// Renders a report. The serial number is made from the content: the same report has the same one.
pub fn render(report: &ScanReport) -> String {
    let mut document = document(report);
    document.serial_number = Some(super::text::urn(super::json(&document).as_bytes()));
    super::json(&document)
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
    // A package that is made of another's files stands inside that one.
    let mut places: HashMap<usize, usize> = HashMap::new();
    for listed in listing(&report.packages) {
        let Some(reference) = references.get(listed.index) else {
            continue;
        };
        let component = component(listed.package, reference, report);
        let owner = listed.under.and_then(|owner| places.get(&owner));
        match owner.and_then(|place| components.get_mut(*place)) {
            Some(owner) => owner.components.push(component),
            None => {
                places.insert(listed.index, components.len());
                components.push(component);
            }
        }
    }
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
        vulnerabilities: vulnerabilities(report, &references),
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
    about_image.extend(risks::properties(report));

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
    for (name, holds) in [
        ("old-advisories", coverage.old_advisories),
        ("starter-only", coverage.starter_only),
        ("unknown-system", coverage.unknown_system),
        ("no-advisories", coverage.no_advisories),
    ] {
        properties.push(property(&format!("coverage:{name}"), holds.to_string()));
    }
    properties.extend(
        coverage
            .support
            .iter()
            .map(|support| property("coverage:support", word(&support.state))),
    );
    properties.extend(coverage.not_judged.iter().map(|group| {
        property(
            "coverage:not-judged",
            format!(
                "{}: {}, as {}",
                group.reason,
                counted(group.packages, "package"),
                group.names.join(", ")
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

fn component(package: &Package, reference: &str, report: &ScanReport) -> Component {
    let mut properties = vec![
        property("kind", &package.kind),
        property("owner", &package.owner),
        property("inherited", package.inherited.to_string()),
        property("judged", package.judged.to_string()),
        property("evidence:path", &package.evidence),
        property("evidence:cataloger", &package.cataloger),
        property("certainty", word(&package.certainty)),
    ];
    if package.certainty == Certainty::Inferred
        && let Some(from) = &package.inferred_from
    {
        properties.push(property("inferred-from", from));
    }
    if let Some(place) = &package.place {
        properties.push(property("place", place));
    }
    if let Some(owner) = &package.owned_by {
        properties.push(property(
            "owned-by",
            format!("{} {}", owner.kind, owner.name),
        ));
    }
    if let Some(index) = package.evidence_layer {
        properties.push(property("evidence:layer", index.to_string()));
    }
    if let Some(index) = package.layer {
        properties.push(property("layer:index", index.to_string()));
    }
    if let Some(layer) = layer_of(report, package) {
        properties.push(property("layer:diff-id", &layer.diff_id));
        if !layer.instruction.is_empty() {
            properties.push(property("layer:instruction", &layer.instruction));
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
        kind: if package.kind == "generic" {
            "application"
        } else {
            "library"
        },
        reference: reference.to_owned(),
        name: package.name.clone(),
        version: bounded(&package.version),
        purl: (!package.purl.is_empty()).then(|| package.purl.clone()),
        licenses: licences(package),
        evidence: (!package.evidence.is_empty()).then(|| Evidence {
            occurrences: vec![Occurrence {
                location: package.evidence.clone(),
            }],
        }),
        properties,
        ..Component::default()
    }
}

/// All as one expression where each is one, else each by its name: the schema has no mixture.
fn licences(package: &Package) -> Vec<LicenceChoice> {
    let acknowledgement = "declared";
    let licences = &package.licences;
    if licences.iter().all(|licence| licence.spdx) {
        return super::text::all_of(licences.iter().map(|licence| licence.text.as_str()))
            .map(|expression| LicenceChoice::Expression {
                expression,
                acknowledgement,
            })
            .into_iter()
            .collect();
    }
    licences
        .iter()
        .map(|licence| LicenceChoice::Named {
            license: NamedLicence {
                name: licence.text.clone(),
                acknowledgement,
            },
        })
        .collect()
}

/// One entry per vulnerability and judgement: packages for which a publisher says the same share
/// it, so that an unknown severity of one is not covered by a known one of another.
fn vulnerabilities(report: &ScanReport, references: &[String]) -> Vec<Vulnerability> {
    let mut entries = findings(&report.findings, references);
    entries.extend(not_affected(report, references, entries.len()));
    entries
}

/// One entry per record that says that packages are not affected.
fn not_affected(report: &ScanReport, references: &[String], first: usize) -> Vec<Vulnerability> {
    let mut entries: BTreeMap<(&str, &str, Option<&str>), Vec<&NotAffected>> = BTreeMap::new();
    for statement in &report.not_affected {
        let key = (
            statement.vulnerability.as_str(),
            statement.record.as_str(),
            statement.reason.as_deref(),
        );
        entries.entry(key).or_default().push(statement);
    }
    entries
        .into_iter()
        .enumerate()
        .map(
            |(number, ((id, record, reason), statements))| Vulnerability {
                reference: format!("{id}#{}", first + number),
                id: id.to_owned(),
                source: source(record, id, false),
                references: Vec::new(),
                ratings: Vec::new(),
                description: String::new(),
                recommendation: String::new(),
                advisories: Vec::new(),
                analysis: Some(Analysis {
                    state: Some("not_affected"),
                    justification: None,
                    detail: reason.unwrap_or("the publisher gives no reason").to_owned(),
                }),
                affects: statements
                    .into_iter()
                    .filter_map(|statement| {
                        let reference = references.get(statement.package as usize)?;
                        Some(affected(
                            reference,
                            &statement.package_version,
                            "unaffected",
                        ))
                    })
                    .collect(),
                properties: vec![property("record", record)],
            },
        )
        .collect()
}

fn affected(reference: &str, version: &str, status: &'static str) -> Affected {
    Affected {
        reference: reference.to_owned(),
        versions: vec![AffectedVersion {
            version: bounded(version),
            status,
        }],
    }
}

fn findings(findings: &[Finding], references: &[String]) -> Vec<Vulnerability> {
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
            entry
                .affects
                .push(affected(reference, &finding.package_version, "affected"));
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
                source: publishers::source(record, &finding.vulnerability, finding.starter),
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
                detail:
                    "the package holds headers of the kernel; the kernel itself is not in the image"
                        .to_owned(),
            },
            Apart::Unimportant => Analysis {
                state: None,
                justification: None,
                detail: "the publisher calls the vulnerability unimportant for this package"
                    .to_owned(),
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
    for (name, text) in [
        ("action", finding.action.as_str()),
        ("rank-reason", &finding.rank_reason),
        ("reason", finding.reason.as_deref().unwrap_or_default()),
    ] {
        if !text.is_empty() {
            properties.push(property(name, text));
        }
    }
    if let Some(entry) = &finding.known_exploited {
        properties.push(property("known-exploited", &entry.added));
    }
    if let Some(epss) = finding.epss {
        properties.push(property("epss", epss.probability.to_string()));
    }
    if finding.by_upstream_version {
        properties.push(property("by-upstream-version", "true"));
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
        (Status::NoFixYet | Status::Affected, _) => {
            format!("there is no fixed version of {name} yet")
        }
        (Status::WillNotFix, _) => format!("the publisher will not fix {name}"),
        (Status::NeedsSubscription, _) => {
            format!("the fixed version of {name} needs a subscription of the publisher")
        }
        (Status::EndOfLife, _) => format!("the publisher no longer supports {name}"),
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

fn bounded(version: &str) -> String {
    version.chars().take(MAX_VERSION).collect()
}

#[cfg(test)]
mod tests;
