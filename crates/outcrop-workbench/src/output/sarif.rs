//! Scans as a SARIF 2.1.0 log: one run an image.
//!
//! Source: SARIF version 2.1.0 plus errata 01 (OASIS), sections 3.14 (run), 3.19 (tool component),
//! 3.20 (invocation), 3.27 (result), 3.49 (reporting descriptor), and its JSON schema;
//! `security-severity` as code hosts read it. Findings and risks are results of rules with tags of
//! their own. Files of an image are relative to [`ROOT`], which has
//! no address of its own.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use outcrop_model::Digest;
use serde_json::json;

use self::members::{
    Artifact, ArtifactLocation, AutomationDetails, Configuration, Descriptor, Driver, Help,
    Invocation, Location, Log, LogicalLocation, Message, Notification, PhysicalLocation,
    Properties, Rule, RuleProperties, Run, SarifResult, Tool,
};
use super::document::TargetError;
use super::text::{counted, harmless, is_address, outcome, word};
use crate::report::{
    Completeness, Coverage, Finding, Package, Problem, ScanReport, Severity, Stage, Status,
};

mod members;
mod risks;

/// Name of the root of an image's file system.
const ROOT: &str = "IMAGEROOT";

/// Where the image itself stands among the logical locations.
const IMAGE: usize = 0;

/// Results that GitHub takes of one run; beyond that it takes none ("SARIF support for code
/// scanning").
const MAX_RESULTS: usize = 25_000;

const COVERAGE: &str = "coverage";
const RISKS: &str = "risks";
const PROBLEM: &str = "problem";
const NOT_SCANNED: &str = "not-scanned";

/// Renders reports, and what could not be scanned.
pub fn render(reports: &[ScanReport], errors: &[TargetError]) -> String {
    let mut runs: Vec<Run> = reports.iter().map(run).collect();
    runs.extend(errors.iter().map(failed_run));
    super::json(&Log {
        schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        version: "2.1.0",
        runs,
    })
}

fn run(report: &ScanReport) -> Run {
    let image = &report.image;
    let mut places = Places::of(report);
    let mut by_vulnerability: Vec<Vec<&Finding>> = Vec::new();
    let mut numbers: HashMap<&str, usize> = HashMap::new();
    let mut results = Vec::with_capacity(report.findings.len());
    for finding in &report.findings {
        let rule_index = *numbers
            .entry(finding.vulnerability.as_str())
            .or_insert_with(|| {
                by_vulnerability.push(Vec::new());
                by_vulnerability.len() - 1
            });
        by_vulnerability[rule_index].push(finding);
        results.push(result(finding, rule_index, report, &mut places));
    }
    let mut rules: Vec<Rule> = by_vulnerability
        .iter()
        .filter_map(|of_it| rule(of_it))
        .collect();
    let mut notifications = notifications(report, &mut places);
    let room = MAX_RESULTS.saturating_sub(results.len());
    results.extend(risks::results(report, room, &mut rules, &mut places));
    notifications.extend(risks::notifications(report, room, &mut places));
    Run {
        tool: tool(&report.outcrop_version, rules),
        automation_details: AutomationDetails {
            id: format!("outcrop/{}/", harmless(&image.name)),
        },
        original_uri_base_ids: BTreeMap::from([(
            ROOT,
            ArtifactLocation {
                uri: None,
                uri_base_id: None,
                index: None,
                description: Some(Message {
                    text: format!("the root of the file system of {}", harmless(&image.name)),
                }),
            },
        )]),
        invocations: vec![Invocation {
            execution_successful: true,
            end_time_utc: utc(&report.matched_at),
            tool_execution_notifications: notifications,
        }],
        artifacts: places.artifacts,
        logical_locations: places.logical,
        results,
        properties: run_properties(report),
    }
}

/// A run that came to nothing.
fn failed_run(error: &TargetError) -> Run {
    Run {
        tool: tool(env!("CARGO_PKG_VERSION"), Vec::new()),
        automation_details: AutomationDetails {
            id: format!("outcrop/{}/", harmless(&error.target)),
        },
        original_uri_base_ids: BTreeMap::new(),
        invocations: vec![Invocation {
            execution_successful: false,
            end_time_utc: None,
            tool_execution_notifications: vec![Notification {
                descriptor: Descriptor { id: NOT_SCANNED },
                level: "error",
                message: message(&error.error.message),
                locations: Vec::new(),
            }],
        }],
        artifacts: Vec::new(),
        logical_locations: Vec::new(),
        results: Vec::new(),
        properties: Properties::new(),
    }
}

fn tool(version: &str, rules: Vec<Rule>) -> Tool {
    Tool {
        driver: Driver {
            name: "outcrop",
            semantic_version: version.to_owned(),
            rules,
            notifications: [COVERAGE, RISKS, PROBLEM, NOT_SCANNED]
                .map(|id| Descriptor { id })
                .into(),
        },
    }
}

fn message(text: &str) -> Message {
    Message {
        text: harmless(text).into_owned(),
    }
}

/// One per vulnerability; the worst of its findings speaks for it.
fn rule(of_it: &[&Finding]) -> Option<Rule> {
    let first = of_it.first()?;
    let worst = of_it.iter().max_by_key(|finding| finding.severity)?;
    let id = harmless(&first.vulnerability);
    let short = if first.summary.is_empty() {
        format!("{id} in {}", harmless(&first.package_name))
    } else {
        format!("{id}: {}", harmless(&first.summary))
    };
    let mut records: Vec<&str> = of_it
        .iter()
        .flat_map(|finding| finding.records.iter().map(String::as_str))
        .collect();
    records.sort_unstable();
    records.dedup();
    let records = records.join(", ");
    let severity = word(&worst.severity);
    let addresses: Vec<&str> = first
        .references
        .iter()
        .map(String::as_str)
        .filter(|text| is_address(text))
        .collect();
    let mut text = format!(
        "{short}. Severity: {severity}. Records: {}.",
        harmless(&records)
    );
    let mut markdown = text_as_markdown(&text);
    for address in &addresses {
        text.push('\n');
        text.push_str(address);
        markdown.push_str("\n- <");
        markdown.push_str(address);
        markdown.push('>');
    }
    Some(Rule {
        id: id.clone().into_owned(),
        name: rule_name("VulnerabilityIn", &first.package_name),
        short_description: Message {
            text: short.clone(),
        },
        full_description: Message { text: short },
        help: Help { text, markdown },
        help_uri: addresses.first().map(|&address| address.to_owned()),
        default_configuration: Configuration {
            level: level(worst.severity),
        },
        properties: RuleProperties {
            tags: vec!["security", "vulnerability"],
            security_severity: security_severity(worst.severity, worst.vector.as_deref()),
            severity,
        },
    })
}

/// `VulnerabilityInLibssl3`: section 3.49.7 asks for a name that tells people what it is.
fn rule_name(of: &str, words: &str) -> String {
    let mut name = of.to_owned();
    let mut upper = true;
    for character in words.chars() {
        if character.is_ascii_alphanumeric() {
            name.push(if upper {
                character.to_ascii_uppercase()
            } else {
                character
            });
        }
        upper = !character.is_ascii_alphanumeric();
    }
    name
}

/// Everything that `CommonMark` could take for markup escaped.
fn text_as_markdown(text: &str) -> String {
    let mut written = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if character.is_ascii_punctuation() && !matches!(character, '.' | ',' | '-' | ':') {
            written.push('\\');
        }
        written.push(character);
    }
    written
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium | Severity::Unknown => "warning",
        Severity::Low | Severity::Negligible => "note",
    }
}

/// The score of the publisher's vector where it says the same as the publisher's word, else the
/// middle of that word's range (CVSS 3.1, section 5); absent where nothing is known.
fn security_severity(severity: Severity, vector: Option<&str>) -> Option<String> {
    let (lowest, middle, highest) = match severity {
        Severity::Critical => (9.0, 9.5, 10.0),
        Severity::High => (7.0, 8.0, 8.9),
        Severity::Medium => (4.0, 5.5, 6.9),
        Severity::Low => (0.1, 2.0, 3.9),
        Severity::Negligible => (0.0, 0.0, 0.0),
        Severity::Unknown => return None,
    };
    let score = vector
        .and_then(outcrop_advisory::base_score)
        .filter(|score| (lowest..=highest).contains(score))
        .unwrap_or(middle);
    Some(format!("{score:.1}"))
}

fn result<'r>(
    finding: &'r Finding,
    rule_index: usize,
    report: &'r ScanReport,
    places: &mut Places<'r>,
) -> SarifResult {
    let package = report.packages.get(finding.package as usize);
    let name = harmless(&finding.package_name);
    let version = harmless(&finding.package_version);
    let mut text = format!(
        "{name} {version} is affected by {}",
        harmless(&finding.vulnerability)
    );
    text.push_str(if finding.status == Status::Fixed {
        ", fixed in "
    } else {
        ", "
    });
    text.push_str(&harmless(&outcome(finding)));
    if !finding.action.is_empty() {
        text.push_str(": ");
        text.push_str(&harmless(&finding.action));
    }
    // Section 3.27.10: what is no failure has no level.
    let (kind, level) = match finding.apart {
        Some(_) => ("informational", "none"),
        None => ("fail", level(finding.severity)),
    };
    SarifResult {
        rule_id: harmless(&finding.vulnerability).into_owned(),
        rule_index,
        kind,
        level,
        message: Message { text },
        locations: vec![places.location(package, finding.layer)],
        partial_fingerprints: BTreeMap::from([(
            "outcropFinding/v1",
            Digest::of(finding.key.as_bytes()).hex(),
        )]),
        properties: result_properties(finding, package),
    }
}

fn result_properties(finding: &Finding, package: Option<&Package>) -> Properties {
    let mut properties = Properties::from([
        ("severity", json!(finding.severity)),
        ("status", json!(finding.status)),
        ("owner", json!(harmless(&finding.owner))),
        ("inherited", json!(finding.inherited)),
        ("reasoning", json!(harmless(&finding.reasoning))),
        ("rankReason", json!(harmless(&finding.rank_reason))),
        ("records", json!(finding.records)),
    ]);
    let mut put = |name, value: Option<serde_json::Value>| {
        if let Some(value) = value {
            properties.insert(name, value);
        }
    };
    put("purl", package.map(|package| json!(package.purl)));
    put(
        "fixedVersion",
        finding.fixed_version.as_ref().map(|version| json!(version)),
    );
    put(
        "reason",
        finding.reason.as_ref().map(|reason| json!(reason)),
    );
    put("apart", finding.apart.map(|apart| json!(apart)));
    put(
        "knownExploited",
        finding.known_exploited.as_ref().map(|entry| json!(entry)),
    );
    put("epss", finding.epss.map(|epss| json!(epss)));
    put("starterSet", finding.starter.then_some(json!(true)));
    put(
        "byUpstreamVersion",
        finding.by_upstream_version.then_some(json!(true)),
    );
    properties
}

/// What could be judged, and what could not be read: a log without results is not "clean".
fn notifications<'r>(report: &'r ScanReport, places: &mut Places<'r>) -> Vec<Notification> {
    let coverage = &report.coverage;
    let notice = |level, text: String| Notification {
        descriptor: Descriptor { id: COVERAGE },
        level,
        message: Message { text },
        locations: Vec::new(),
    };
    let mut notifications = vec![notice(
        if coverage.judged { "note" } else { "warning" },
        format!("{} {}", coverage.mark(), harmless(&coverage.statement)),
    )];
    let loud = if has_warning(coverage) {
        "warning"
    } else {
        "note"
    };
    notifications.extend(
        coverage
            .notes
            .iter()
            .map(|note| notice(loud, harmless(note).into_owned())),
    );
    if report.stage == Stage::Preview {
        notifications.push(notice(
            "warning",
            "first results: the layers are not read yet".to_owned(),
        ));
    }
    if report.completeness == Completeness::Partial {
        let problems = counted(report.problems.len() as u64, "problem");
        notifications.push(notice(
            "warning",
            format!("part of the image could not be read: {problems}"),
        ));
    }
    notifications.extend(report.problems.iter().map(|problem| Notification {
        descriptor: Descriptor { id: PROBLEM },
        level: "warning",
        message: Message {
            text: format!(
                "{}: {}",
                harmless(&problem.kind),
                harmless(&problem.message)
            ),
        },
        locations: places.problem(problem).into_iter().collect(),
    }));
    notifications
}

const fn has_warning(coverage: &Coverage) -> bool {
    coverage.old_advisories
        || coverage.starter_only
        || coverage.unknown_system
        || coverage.no_advisories
}

fn run_properties(report: &ScanReport) -> Properties {
    Properties::from([
        ("schemaVersion", json!(report.schema_version)),
        ("image", json!(report.image)),
        ("stage", json!(report.stage)),
        ("completeness", json!(report.completeness)),
        ("coverage", json!(report.coverage)),
        ("counts", json!(report.counts)),
        ("notAffected", json!(report.not_affected.len())),
        ("risksLookedFor", json!(report.risks_looked_for)),
        ("riskCounts", json!(report.risk_counts)),
    ])
}

/// Files, layers and the image, each told once.
struct Places<'r> {
    report: &'r ScanReport,
    artifacts: Vec<Artifact>,
    numbers: HashMap<&'r str, usize>,
    /// The image first, then its layers.
    logical: Vec<LogicalLocation>,
}

impl<'r> Places<'r> {
    fn of(report: &'r ScanReport) -> Self {
        let image = &report.image;
        let mut logical = vec![LogicalLocation {
            index: None,
            name: harmless(&image.name).into_owned(),
            fully_qualified_name: format!("{}@{}", harmless(&image.name), image.config_digest),
            kind: "image",
            parent_index: None,
        }];
        logical.extend(report.layers.iter().map(|layer| LogicalLocation {
            index: None,
            name: format!("layer {}", layer.index),
            fully_qualified_name: layer.diff_id.clone(),
            kind: "layer",
            parent_index: Some(IMAGE),
        }));
        Self {
            report,
            artifacts: Vec::new(),
            numbers: HashMap::new(),
            logical,
        }
    }

    fn file(&mut self, path: &'r str) -> Option<PhysicalLocation> {
        if path.is_empty() {
            return None;
        }
        let location = |index| ArtifactLocation {
            uri: Some(relative_reference(path)),
            uri_base_id: Some(ROOT),
            index,
            description: None,
        };
        let index = *self.numbers.entry(path).or_insert_with(|| {
            self.artifacts.push(Artifact {
                location: location(None),
            });
            self.artifacts.len() - 1
        });
        Some(PhysicalLocation {
            artifact_location: location(Some(index)),
            region: None,
        })
    }

    /// A known place by its number; the schema wants its name repeated where there is one.
    fn known(&self, index: usize) -> Option<LogicalLocation> {
        let known = self.logical.get(index)?;
        Some(LogicalLocation {
            index: Some(index),
            name: known.name.clone(),
            fully_qualified_name: known.fully_qualified_name.clone(),
            kind: known.kind,
            parent_index: known.parent_index,
        })
    }

    /// The image, and the layer where there is one.
    fn image_and_layer(&self, layer: Option<u32>) -> Vec<LogicalLocation> {
        let layer = layer.and_then(|index| {
            self.report
                .layers
                .iter()
                .position(|layer| layer.index == index)
        });
        [Some(IMAGE), layer.map(|place| place + 1)]
            .into_iter()
            .flatten()
            .filter_map(|index| self.known(index))
            .collect()
    }

    fn location(&mut self, package: Option<&'r Package>, layer: Option<u32>) -> Location {
        let mut logical = self.image_and_layer(layer);
        logical.extend(package.map(|package| LogicalLocation {
            index: None,
            name: harmless(&package.name).into_owned(),
            fully_qualified_name: if package.purl.is_empty() {
                harmless(&package.name).into_owned()
            } else {
                package.purl.clone()
            },
            kind: "package",
            parent_index: None,
        }));
        Location {
            physical_location: package.and_then(|package| self.file(&package.evidence)),
            logical_locations: logical,
        }
    }

    fn problem(&mut self, problem: &'r Problem) -> Option<Location> {
        let layer = problem.layer.as_ref().and_then(|diff_id| {
            self.report
                .layers
                .iter()
                .position(|layer| layer.diff_id == *diff_id)
        });
        let location = Location {
            physical_location: self.file(&problem.path),
            logical_locations: layer
                .and_then(|place| self.known(place + 1))
                .into_iter()
                .collect(),
        };
        (location.physical_location.is_some() || !location.logical_locations.is_empty())
            .then_some(location)
    }
}

/// A path as a relative reference (RFC 3986, section 4.2): everything but unreserved characters and
/// slashes encoded, so that no first segment looks like a scheme.
fn relative_reference(path: &str) -> String {
    let mut reference = String::with_capacity(path.len());
    for byte in path.trim_start_matches('/').bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                reference.push(char::from(byte));
            }
            _ => {
                let _ = write!(reference, "%{byte:02X}");
            }
        }
    }
    reference
}

/// A time as the schema has it, in UTC.
fn utc(time: &str) -> Option<String> {
    let time: jiff::Timestamp = time.parse().ok()?;
    Some(time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

#[cfg(test)]
mod tests;
