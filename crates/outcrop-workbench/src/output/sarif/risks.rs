//! Risks as results, and their checks as rules.

use std::collections::{BTreeMap, HashMap};

use serde_json::json;

use super::members::{
    Configuration, Descriptor, Help, Location, Message, Notification, Properties, Region, Rule,
    RuleProperties, SarifResult,
};
use super::{
    MAX_RESULTS, Places, RISKS, level, message, rule_name, security_severity, text_as_markdown,
};
use crate::output::risks::{brought_here, inherited, statement};
use crate::output::text::{counted, harmless, harmless_lines, is_address, word};
use crate::report::{Risk, RiskCheck, RiskGroup, ScanReport};

/// As many results as there is room for, those of what the image brought itself first; the rules
/// that they are of are put behind the rules that are there.
pub(super) fn results<'r>(
    report: &'r ScanReport,
    room: usize,
    rules: &mut Vec<Rule>,
    places: &mut Places<'r>,
) -> Vec<SarifResult> {
    let checks: HashMap<&str, &RiskCheck> = report
        .risk_checks
        .iter()
        .map(|check| (check.id.as_str(), check))
        .collect();
    let mut shown = brought_here(report);
    shown.extend(inherited(report));
    shown.truncate(room);
    let mut by_check: Vec<Vec<&Risk>> = Vec::new();
    let mut numbers: HashMap<&str, usize> = HashMap::new();
    let before = rules.len();
    let mut results = Vec::with_capacity(shown.len());
    for risk in shown {
        let number = *numbers.entry(&risk.check).or_insert_with(|| {
            by_check.push(Vec::new());
            by_check.len() - 1
        });
        by_check[number].push(risk);
        results.push(result(risk, before + number, report, places));
    }
    rules.extend(by_check.iter().filter_map(|of_it| {
        let check = of_it.first().and_then(|risk| checks.get(&*risk.check));
        rule(of_it, check.copied())
    }));
    results
}

/// One per check; the worst of its risks speaks for it.
fn rule(of_it: &[&Risk], check: Option<&RiskCheck>) -> Option<Rule> {
    let first = of_it.first()?;
    let worst = of_it.iter().max_by_key(|risk| risk.severity)?;
    let id = harmless(&first.check).into_owned();
    let title = harmless(check.map_or(&first.title, |check| &check.title));
    let why = harmless(check.map_or(first.message.as_str(), |check| check.why.as_str()));
    let remedy = harmless(check.map_or(&first.remedy, |check| &check.remedy));
    let severity = word(&worst.severity);
    let mut text = format!("{why}\n{remedy}");
    let mut markdown = format!(
        "{}\n\n{}",
        text_as_markdown(&why),
        text_as_markdown(&remedy)
    );
    // Lines that are of one file say nothing of the others.
    let lines = first.containerfile.as_deref().filter(|_| {
        of_it
            .iter()
            .all(|risk| risk.containerfile == first.containerfile)
    });
    if let Some(lines) = lines {
        let lines = harmless_lines(lines.trim_end());
        text.push('\n');
        text.push_str(&lines);
        // A block by indentation: nothing in it can end it.
        markdown.push('\n');
        for line in lines.lines() {
            markdown.push_str("\n    ");
            markdown.push_str(line);
        }
        markdown.push('\n');
    }
    let references = check.map_or(&[][..], |check| &check.references);
    for reference in references {
        let name = harmless(&reference.name);
        text.push('\n');
        text.push_str(&name);
        markdown.push_str("\n- ");
        markdown.push_str(&text_as_markdown(&name));
        if let Some(address) = reference.url.as_deref().filter(|text| is_address(text)) {
            text.push_str(": ");
            text.push_str(address);
            markdown.push_str(": <");
            markdown.push_str(address);
            markdown.push('>');
        }
    }
    Some(Rule {
        name: rule_name("", &id),
        id,
        short_description: message(&title),
        full_description: message(&why),
        help: Help { text, markdown },
        help_uri: references
            .iter()
            .filter_map(|reference| reference.url.clone())
            .find(|text| is_address(text)),
        default_configuration: Configuration {
            level: level(worst.severity),
        },
        properties: RuleProperties {
            tags: vec![
                "security",
                "container",
                match first.group {
                    RiskGroup::Configuration => "misconfiguration",
                    RiskGroup::Files => "permissions",
                    RiskGroup::Secrets => "secret",
                },
            ],
            security_severity: security_severity(worst.severity, None),
            severity,
        },
    })
}

fn result<'r>(
    risk: &'r Risk,
    rule_index: usize,
    report: &ScanReport,
    places: &mut Places<'r>,
) -> SarifResult {
    let mut physical = places.file(risk.path.as_deref().unwrap_or_default());
    if let (Some(place), Some(line)) = (&mut physical, risk.line) {
        place.region = (line > 0).then_some(Region { start_line: line });
    }
    let mut text = harmless(&risk.message).into_owned();
    if !risk.visible {
        text.push_str("; a later layer hides it, and the image ships it all the same");
    }
    if !risk.remedy.is_empty() {
        text.push_str(". ");
        text.push_str(&harmless(&risk.remedy));
    }
    SarifResult {
        rule_id: harmless(&risk.check).into_owned(),
        rule_index,
        kind: "fail",
        level: level(risk.severity),
        message: Message { text },
        locations: vec![Location {
            physical_location: physical,
            logical_locations: places.image_and_layer(risk.layer),
        }],
        partial_fingerprints: BTreeMap::from([("outcropRisk/v1", risk.fingerprint.clone())]),
        properties: properties(risk, report),
    }
}

fn properties(risk: &Risk, report: &ScanReport) -> Properties {
    let mut properties = Properties::from([
        ("severity", json!(risk.severity)),
        ("owner", json!(harmless(&risk.owner))),
        ("inherited", json!(risk.inherited)),
        ("visible", json!(risk.visible)),
    ]);
    let mut put = |name, value: Option<serde_json::Value>| {
        if let Some(value) = value {
            properties.insert(name, value);
        }
    };
    let layer = report
        .layers
        .iter()
        .find(|layer| Some(layer.index) == risk.layer);
    put("layer", layer.map(|layer| json!(layer.diff_id)));
    put(
        "instruction",
        (!risk.instruction.is_empty()).then(|| json!(harmless(&risk.instruction))),
    );
    put(
        "containerfile",
        risk.containerfile
            .as_ref()
            .map(|lines| json!(harmless_lines(lines))),
    );
    put("hiddenIn", risk.hidden_in.map(|layer| json!(layer)));
    put(
        "package",
        risk.package
            .as_ref()
            .map(|package| json!(harmless(&package.name))),
    );
    put("secret", risk.secret.as_ref().map(|secret| json!(secret)));
    properties
}

/// What was looked at, and what only in part: a log without risks is not "clean".
pub(super) fn notifications<'r>(
    report: &'r ScanReport,
    room: usize,
    places: &mut Places<'r>,
) -> Vec<Notification> {
    let notice = |level, text: String, locations| Notification {
        descriptor: Descriptor { id: RISKS },
        level,
        message: Message { text },
        locations,
    };
    let mut notifications = vec![notice("note", statement(report), Vec::new())];
    let left_out = report.risks.len().saturating_sub(room);
    if left_out > 0 {
        let are = if left_out == 1 { "is" } else { "are" };
        let left_out = counted(left_out as u64, "risk");
        notifications.push(notice(
            "warning",
            format!("{left_out} {are} left out: a run of this format holds {MAX_RESULTS} results"),
            Vec::new(),
        ));
    }
    for note in &report.risk_notes {
        let location = Location {
            physical_location: places.file(&note.path),
            logical_locations: places.image_and_layer(Some(note.layer)),
        };
        let text = harmless(&note.message).into_owned();
        notifications.push(notice("note", text, vec![location]));
    }
    notifications
}
