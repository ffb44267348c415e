use serde_json::Value;

use super::*;

fn report() -> ScanReport {
    serde_json::from_str(include_str!("../../../tests/fixtures/report.json")).unwrap()
}

fn log(reports: &[ScanReport]) -> Value {
    serde_json::from_str(&render(reports, &[])).unwrap()
}

#[test]
fn a_report_reads_as_it_should() {
    let mut log = log(&[report()]);
    // What the run repeats of the report is checked where the report is.
    log["runs"][0]["properties"] = Value::Null;
    log["runs"][0]["tool"]["driver"]["semanticVersion"] = Value::Null;
    insta::assert_snapshot!(crate::output::json(&log));
}

#[test]
fn every_image_has_its_run() {
    let mut other = report();
    other.image.name = "team/other:2".to_owned();
    let log = log(&[report(), other]);
    let names: Vec<&str> = log["runs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|run| run["automationDetails"]["id"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["outcrop/team/app:1/", "outcrop/team/other:2/"]);
}

#[test]
fn fingerprints_outlive_a_rebuild() {
    let before = report();
    let mut after = report();
    after.image.config_digest = format!("sha256:{}", "f".repeat(64));
    after.scanned_at = "2027-01-01T00:00:00Z".to_owned();
    for layer in &mut after.layers {
        layer.diff_id = format!("sha256:{}", "e".repeat(64));
    }
    for finding in &mut after.findings {
        finding.layer = Some(1);
        finding.package_version.push_str("+1");
    }
    let fingerprints = |report| -> Vec<String> {
        log(&[report])["runs"][0]["results"]
            .as_array()
            .unwrap()
            .iter()
            .map(|result| result["partialFingerprints"]["outcropFinding/v1"].to_string())
            .collect()
    };
    let (before, after) = (fingerprints(before), fingerprints(after));
    assert_eq!(before, after);
    let distinct: std::collections::HashSet<&String> = before.iter().collect();
    assert_eq!(distinct.len(), before.len());
}

#[test]
fn severities_have_levels_and_scores() {
    use Severity::{Critical, High, Low, Medium, Negligible, Unknown};
    let vector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H";
    for (severity, vector, expected) in [
        (Critical, None, ("error", Some("9.5"))),
        (High, Some(vector), ("error", Some("7.5"))),
        // The publisher's word weighs more than a vector that says otherwise.
        (Medium, Some(vector), ("warning", Some("5.5"))),
        (Low, Some("not a vector"), ("note", Some("2.0"))),
        (Negligible, None, ("note", Some("0.0"))),
        (Unknown, None, ("warning", None)),
    ] {
        let finding = Finding {
            severity,
            vector: vector.map(str::to_owned),
            ..report().findings[0].clone()
        };
        let score = security_severity(&finding);
        assert_eq!(
            (level(severity), score.as_deref()),
            expected,
            "{severity:?}"
        );
    }
}

#[test]
fn paths_are_relative_references() {
    for (path, expected) in [
        ("var/lib/dpkg/status", "var/lib/dpkg/status"),
        ("/etc/x", "etc/x"),
        ("//host/x", "host/x"),
        ("a:b c%\u{e9}", "a%3Ab%20c%25%C3%A9"),
        ("app/#x?y", "app/%23x%3Fy"),
    ] {
        assert_eq!(relative_reference(path), expected);
    }
}

#[test]
fn an_image_that_is_not_judged_says_so() {
    let mut report = report();
    report.findings.clear();
    report.coverage.notes = vec!["the advisories are old".to_owned()];
    report.coverage.old_advisories = true;
    let log = log(&[report]);
    let notifications = &log["runs"][0]["invocations"][0]["toolExecutionNotifications"];
    let texts: Vec<(&str, &str)> = notifications
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            let level = one["level"].as_str().unwrap();
            (level, one["message"]["text"].as_str().unwrap())
        })
        .collect();
    assert!(texts[0].1.starts_with("Partly judged: "), "{texts:?}");
    assert_eq!(texts[0].0, "warning");
    assert_eq!(texts[1], ("warning", "the advisories are old"));
    assert_eq!(
        log["runs"][0]["properties"]["coverage"]["old_advisories"],
        true
    );
}

#[test]
fn a_scan_that_failed_is_a_run_that_failed() {
    let error = TargetError {
        target: "gone:1".to_owned(),
        error: crate::wire::WireError {
            code: crate::wire::Code::UnknownImage,
            message: "no image `gone:1`".to_owned(),
            hint: None,
        },
    };
    let log: Value = serde_json::from_str(&render(&[], &[error])).unwrap();
    let invocation = &log["runs"][0]["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    assert_eq!(
        invocation["toolExecutionNotifications"][0]["message"]["text"],
        "no image `gone:1`"
    );
}
