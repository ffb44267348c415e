//! The CycloneDX rendering against the published schema, where that is at hand.
//!
//! `OUTCROP_CYCLONEDX_SCHEMA` names `bom-1.6.schema.json`; the schemas that it refers to lie beside
//! it. The check is done by Python's `jsonschema`, which reads the draft that the schema is in.

use std::io::Write as _;
use std::process::{Command, Stdio};

use outcrop_workbench::output::cyclonedx;
use outcrop_workbench::report::{ScanReport, Severity};

const CHECK: &str = r#"
import json, pathlib, sys
import jsonschema
from referencing import Registry, Resource
folder = pathlib.Path(sys.argv[1]).parent
schema = json.loads(pathlib.Path(sys.argv[1]).read_text())
registry = Registry()
for path in folder.glob("*.json"):
    content = json.loads(path.read_text())
    if "$id" in content:
        registry = registry.with_resource(content["$id"], Resource.from_contents(content))
validator = jsonschema.Draft7Validator(
    schema, registry=registry, format_checker=jsonschema.Draft7Validator.FORMAT_CHECKER)
faults = [f"{'/'.join(map(str, fault.path))}: {fault.message}"
          for fault in validator.iter_errors(json.load(sys.stdin))]
sys.exit("\n".join(faults[:20]) if faults else 0)
"#;

fn faults(schema: &str, document: &str) -> String {
    let mut python = Command::new("python3")
        .args(["-c", CHECK, schema])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = python.stdin.take().unwrap();
    input.write_all(document.as_bytes()).unwrap();
    drop(input);
    let output = python.wait_with_output().unwrap();
    if output.status.success() {
        return String::new();
    }
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn documents_hold_to_the_published_schema() {
    let Ok(schema) = std::env::var("OUTCROP_CYCLONEDX_SCHEMA") else {
        println!(
            "skipped documents_hold_to_the_published_schema: OUTCROP_CYCLONEDX_SCHEMA is not set"
        );
        return;
    };
    let full: ScanReport = serde_json::from_str(include_str!("fixtures/report.json")).unwrap();
    let mut empty = full.clone();
    empty.packages.clear();
    empty.findings.clear();
    empty.layers.clear();
    empty.ancestors.clear();
    empty.coverage.operating_system = None;
    let mut doubled = full.clone();
    doubled.packages.extend(full.packages.clone());
    doubled.findings.extend(full.findings.clone());
    doubled.findings[0].severity = Severity::Unknown;
    doubled.packages[0].version = "9".repeat(5_000);
    doubled.packages[1].purl.clear();
    for report in [&full, &empty, &doubled] {
        assert_eq!(faults(&schema, &cyclonedx::render(report)), "");
    }
    // The check itself can fail.
    let broken = cyclonedx::render(&full).replace("\"CycloneDX\"", "\"Cyclone\"");
    assert_ne!(faults(&schema, &broken), "");
}
