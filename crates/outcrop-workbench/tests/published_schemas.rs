//! The bills of materials, the log and the JSON of a scan against their published schemas.

use jsonschema::{Registry, Validator};
use outcrop_workbench::output::document::TargetError;
use outcrop_workbench::output::{cyclonedx, html, json, markdown, sarif, schema, spdx};
use outcrop_workbench::report::{Licence, ScanReport, Severity};
use outcrop_workbench::wire::{Code, WireError};
use serde_json::Value;

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// The validator of a schema, which finds what it refers to in the others and nowhere else.
fn validator(schema: &Value, others: &[&str]) -> Validator {
    let mut registry = Registry::new();
    for other in others {
        let other = parsed(other);
        let name = other["$id"].as_str().unwrap().to_owned();
        registry = registry.add(name, other).unwrap();
    }
    let registry = registry.prepare().unwrap();
    jsonschema::options()
        .with_registry(&registry)
        .should_validate_formats(true)
        .build(schema)
        .unwrap()
}

/// Where and why a document does not hold to its schema, one line each.
fn faults(validator: &Validator, document: &str) -> Vec<String> {
    validator
        .iter_errors(&parsed(document))
        .map(|fault| format!("{}: {fault}", fault.instance_path()))
        .collect()
}

/// The report of the fixture, nothing of it, all of it twice, and texts that strain.
fn reports() -> Vec<ScanReport> {
    let full: ScanReport = serde_json::from_str(include_str!("fixtures/report.json")).unwrap();
    let mut empty = full.clone();
    empty.packages.clear();
    empty.findings.clear();
    empty.layers.clear();
    empty.ancestors.clear();
    empty.coverage.operating_system = None;
    empty.risks_looked_for = false;
    empty.risks.clear();
    empty.risk_checks.clear();
    empty.risk_notes.clear();
    let mut doubled = full.clone();
    doubled.packages.extend(full.packages.clone());
    doubled.findings.extend(full.findings.clone());
    doubled.findings[0].severity = Severity::Unknown;
    doubled.risks.extend(full.risks.clone());
    doubled.risks[0].severity = Severity::Unknown;
    doubled.risk_checks.clear();
    doubled.packages[0].version = "9".repeat(5_000);
    doubled.packages[1].purl.clear();
    let mut strained = full.clone();
    for package in &mut strained.packages {
        package.name.push_str("\u{202e}\n\"<#name: \u{7}");
        package.evidence = String::new();
        package.licences = vec![
            Licence {
                text: "\n".to_owned(),
                spdx: false,
            };
            2
        ];
    }
    for risk in &mut strained.risks {
        risk.message.push_str("\u{202e}\n\"<#name: \u{7}");
        risk.path = Some("a:b\u{202e}\n//#?%".to_owned());
        risk.line = Some(0);
        risk.layer = Some(99);
        risk.containerfile = Some("\u{1b}\n```\n".to_owned());
    }
    strained.risk_notes[0].path.clear();
    vec![full, empty, doubled, strained]
}

#[test]
fn cyclonedx_holds_to_its_schema() {
    let validator = validator(
        &parsed(include_str!("schemas/bom-1.6.schema.json")),
        &[
            include_str!("schemas/spdx.schema.json"),
            include_str!("schemas/jsf-0.82.schema.json"),
        ],
    );
    for report in reports() {
        assert_eq!(faults(&validator, &cyclonedx::render(&report)), [""; 0]);
    }
    // The check itself can fail.
    let broken = cyclonedx::render(&reports()[0]).replace("\"library\"", "\"Library\"");
    assert_ne!(faults(&validator, &broken), [""; 0]);
}

#[test]
fn spdx_holds_to_its_schema() {
    let validator = validator(&parsed(include_str!("schemas/spdx-2.3.schema.json")), &[]);
    for report in reports() {
        assert_eq!(faults(&validator, &spdx::render(&report)), [""; 0]);
    }
    let broken = spdx::render(&reports()[0]).replace("\"CONTAINS\"", "\"HOLDS\"");
    assert_ne!(faults(&validator, &broken), [""; 0]);
}

#[test]
fn sarif_holds_to_its_schema() {
    // A bracket without its partner is none in the regular expressions that JSON Schema asks for.
    let schema = include_str!("schemas/sarif-2.1.0.schema.json")
        .replace("-[a-zA-Z]{2}]?$", "-[a-zA-Z]{2}\\\\]?$");
    let validator = validator(&parsed(&schema), &[]);
    let reports = reports();
    for report in &reports {
        let log = sarif::render(std::slice::from_ref(report), &[]);
        assert_eq!(faults(&validator, &log), [""; 0]);
    }
    let error = TargetError {
        target: "gone:1".to_owned(),
        error: WireError {
            code: Code::UnknownImage,
            message: "no image `gone:1`".to_owned(),
            hint: None,
        },
    };
    let log = sarif::render(&reports, &[error]);
    assert_eq!(faults(&validator, &log), [""; 0]);
    let broken = log.replace("\"ruleIndex\": 0", "\"ruleIndex\": -2");
    assert_ne!(faults(&validator, &broken), [""; 0]);
}

#[test]
fn a_report_of_before_evidence_named_its_layer_is_read() {
    let mut document = parsed(include_str!("fixtures/report.json"));
    for package in document["packages"].as_array_mut().unwrap() {
        package.as_object_mut().unwrap().remove("evidence_layer");
    }
    let report: ScanReport = serde_json::from_value(document).unwrap();
    for package in &report.packages {
        assert_eq!(package.evidence_layer, None, "{}", package.name);
    }
    assert!(!spdx::render(&report).contains("in layer"));
}

#[test]
fn a_report_of_before_risks_says_that_none_were_looked_for() {
    let mut document = parsed(include_str!("fixtures/report.json"));
    let report = document.as_object_mut().unwrap();
    report.retain(|name, _| !name.starts_with("risk"));
    for layer in report["layers"].as_array_mut().unwrap() {
        layer.as_object_mut().unwrap().remove("risks");
    }
    let report: ScanReport = serde_json::from_value(document).unwrap();
    for text in [
        spdx::render(&report),
        sarif::render(std::slice::from_ref(&report), &[]),
        markdown::render(std::slice::from_ref(&report), &[]),
        html::render(std::slice::from_ref(&report), &[]),
    ] {
        assert!(text.contains("Risks were not looked for"), "{text}");
    }
}

#[test]
fn json_holds_to_the_schema_that_we_publish() {
    let scan = schema::of(schema::Subject::Scan).to_value();
    let validator = validator(&scan, &[]);
    for report in reports() {
        assert_eq!(faults(&validator, &json(&report)), [""; 0]);
    }
    let broken = json(&reports()[0]).replace("\"declared\"", "\"recorded\"");
    assert_ne!(faults(&validator, &broken), [""; 0]);
}
