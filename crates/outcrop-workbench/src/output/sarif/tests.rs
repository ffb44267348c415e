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
            .map(|result| result["partialFingerprints"].to_string())
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
        let score = security_severity(severity, vector);
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
fn risks_are_results_of_rules_of_their_own() {
    let log = log(&[report()]);
    let run = &log["runs"][0];
    let results: Vec<&Value> = run["results"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|result| result["partialFingerprints"]["outcropRisk/v1"].is_string())
        .collect();
    let expected = [
        ("secret-in-file", "secret", "8.0", "error", 3),
        ("root-user", "misconfiguration", "5.5", "warning", 0),
        ("setuid-program", "permissions", "2.0", "note", 0),
        // What the base brought comes last.
        ("world-writable-file", "permissions", "5.5", "warning", 0),
    ];
    assert_eq!(results.len(), expected.len());
    for (result, (id, tag, score, level, line)) in results.into_iter().zip(expected) {
        assert_eq!(result["ruleId"], id);
        let number = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        let rule = &run["tool"]["driver"]["rules"][number];
        assert_eq!(rule["id"], id);
        assert_eq!(
            rule["properties"]["tags"],
            serde_json::json!(["security", "container", tag])
        );
        assert_eq!(rule["properties"]["security-severity"], score, "{id}");
        assert_eq!(result["level"], level, "{id}");
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(
            place["region"]["startLine"].as_u64().unwrap_or_default(),
            line
        );
        assert_eq!(place.is_object(), id != "root-user");
    }
}

#[test]
fn the_help_of_a_rule_has_lines_that_fit_all_its_results() {
    for (other, expected) in [("USER 65532:65532", true), ("USER 1000", false)] {
        let mut report = report();
        let mut risk = report.risks[1].clone();
        risk.containerfile = Some(other.to_owned());
        report.risks.push(risk);
        let log = log(&[report]);
        let help = log["runs"][0]["tool"]["driver"]["rules"]
            .as_array()
            .unwrap()
            .iter()
            .find(|rule| rule["id"] == "root-user")
            .map(|rule| rule["help"]["markdown"].as_str().unwrap())
            .unwrap();
        assert_eq!(
            help.contains("\n    USER 65532:65532\n"),
            expected,
            "{help}"
        );
    }
}

#[test]
fn a_risk_whose_check_is_not_told_keeps_its_rule() {
    let mut report = report();
    report.risk_checks.clear();
    let log = log(&[report]);
    let run = &log["runs"][0];
    let result = run["results"].as_array().unwrap().last().unwrap();
    let number = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
    let rule = &run["tool"]["driver"]["rules"][number];
    assert_eq!(rule["id"], "world-writable-file");
    assert_eq!(rule["shortDescription"]["text"], "World-writable file");
}

#[test]
fn risks_beyond_what_code_hosts_take_are_counted() {
    let report = report();
    let mut places = Places::of(&report);
    let mut rules = Vec::new();
    let results = risks::results(&report, 3, &mut rules, &mut places);
    // What the image brought itself comes first.
    let ids: Vec<&str> = results
        .iter()
        .map(|result| result.rule_id.as_str())
        .collect();
    assert_eq!(ids, ["secret-in-file", "root-user", "setuid-program"]);
    let said = risks::notifications(&report, 3, &mut places);
    assert_eq!(said[1].level, "warning");
    assert_eq!(
        said[1].message.text,
        "1 risk is left out: a run of this format holds 25000 results"
    );
}

#[test]
fn risks_that_were_not_looked_for_are_not_none() {
    let mut report = report();
    report.risks.clear();
    report.risk_counts = crate::report::RiskCounts::default();
    for (looked_for, expected) in [
        (
            true,
            "No risks found: configuration, files and text of 3 layers were looked at, 1 place in part",
        ),
        (false, "Risks were not looked for"),
    ] {
        report.risks_looked_for = looked_for;
        let log = log(&[report.clone()]);
        let said = log["runs"][0]["invocations"][0]["toolExecutionNotifications"]
            .as_array()
            .unwrap()
            .iter()
            .find(|one| one["descriptor"]["id"] == RISKS)
            .unwrap();
        assert_eq!(said["message"]["text"], expected);
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
