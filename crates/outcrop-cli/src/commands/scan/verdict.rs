//! What a report does to the exit code.

use outcrop_workbench::report::{Completeness, ScanReport, Severity, Stage};

use crate::arguments::{Risks, Scan};
use crate::exit::Exit;

/// Thresholds, and with `--strict` what was not judged; risks where they are to count.
pub(super) fn verdict(report: &ScanReport, arguments: &Scan) -> Exit {
    let risks_count = arguments.risks == Risks::Fail;
    let mut exit = Exit::Done;
    if let Some(threshold) = arguments.fail_on {
        let (threshold, unknown_as) = (threshold.into(), arguments.unknown_as.into());
        // What was not looked for cannot be said to be absent.
        let risky = !report.risks_looked_for || risks_reach(report, threshold, unknown_as);
        if findings_reach(report, threshold, unknown_as) || (risks_count && risky) {
            exit.raise(Exit::NotMet);
        }
    }
    let looked_at_whole = report.risks_looked_for && report.risk_notes.is_empty();
    if arguments.strict && (!is_judged_whole(report) || (risks_count && !looked_at_whole)) {
        exit.raise(Exit::Unjudged);
    }
    exit
}

/// True where a finding that counts is of the threshold or worse.
fn findings_reach(report: &ScanReport, threshold: Severity, unknown_as: Severity) -> bool {
    report
        .findings
        .iter()
        .filter(|finding| finding.apart.is_none())
        .any(|finding| reaches(finding.severity, threshold, unknown_as))
}

/// True where a risk is of the threshold or worse; one that a later layer hides counts like any
/// other, because the image ships it.
fn risks_reach(report: &ScanReport, threshold: Severity, unknown_as: Severity) -> bool {
    report
        .risks
        .iter()
        .any(|risk| reaches(risk.severity, threshold, unknown_as))
}

fn reaches(severity: Severity, threshold: Severity, unknown_as: Severity) -> bool {
    match severity {
        Severity::Unknown => unknown_as >= threshold,
        severity => severity >= threshold,
    }
}

fn is_judged_whole(report: &ScanReport) -> bool {
    report.completeness == Completeness::Complete
        && report.coverage.judged
        && report.stage == Stage::Complete
}

#[cfg(test)]
pub(super) mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::arguments::{Arguments, Command};

    pub(in crate::commands::scan) fn report() -> ScanReport {
        let text = include_str!("../../../../outcrop-workbench/tests/fixtures/report.json");
        serde_json::from_str(text).unwrap()
    }

    /// The arguments of a command line.
    pub(in crate::commands::scan) fn scan(line: &str) -> Scan {
        let words = ["outcrop", "scan", "a"]
            .into_iter()
            .chain(line.split_whitespace());
        let parsed = Arguments::try_parse_from(words).map(|arguments| arguments.command);
        match parsed {
            Ok(Command::Scan(scan)) => scan,
            other => panic!("{line}: {other:?}"),
        }
    }

    /// A report without findings and risks but one of these.
    fn with_risk(check: &str) -> ScanReport {
        let mut report = report();
        report.completeness = Completeness::Complete;
        report.coverage.judged = true;
        report.findings.clear();
        report.risk_notes.clear();
        report.risks.retain(|risk| risk.check == check);
        report
    }

    #[test]
    fn risks_count_where_that_is_asked_for() {
        let (medium, hidden, inherited) = ("root-user", "secret-in-file", "world-writable-file");
        for (check, line, expected) in [
            (medium, "", Exit::Done),
            (medium, "--fail-on low", Exit::Done),
            (medium, "--risks warn --fail-on low --strict", Exit::Done),
            (medium, "--risks off --fail-on low", Exit::Done),
            (medium, "--risks fail --fail-on low", Exit::NotMet),
            (medium, "--risks fail --fail-on medium", Exit::NotMet),
            (medium, "--risks fail --fail-on high", Exit::Done),
            (hidden, "--risks fail --fail-on high", Exit::NotMet),
            (hidden, "--risks fail --fail-on critical", Exit::Done),
            (inherited, "--risks fail --fail-on medium", Exit::NotMet),
            (
                "none",
                "--risks fail --fail-on negligible --strict",
                Exit::Done,
            ),
        ] {
            let exit = verdict(&with_risk(check), &scan(line));
            assert_eq!(exit, expected, "{check} {line}");
        }
    }

    #[test]
    fn a_risk_of_unknown_severity_counts_as_the_user_says() {
        let mut report = with_risk("root-user");
        report.risks[0].severity = Severity::Unknown;
        for (line, expected) in [
            ("--risks fail --fail-on medium", Exit::NotMet),
            ("--risks fail --fail-on medium --unknown-as low", Exit::Done),
        ] {
            assert_eq!(verdict(&report, &scan(line)), expected, "{line}");
        }
    }

    #[test]
    fn risks_that_were_not_looked_for_do_not_pass() {
        let fail = "--risks fail --fail-on critical";
        let strict = "--risks fail --fail-on critical --strict";
        for (looked_for, noted, line, expected) in [
            (true, false, strict, Exit::Done),
            (true, true, fail, Exit::Done),
            (true, true, strict, Exit::Unjudged),
            (true, true, "--strict", Exit::Done),
            (false, false, fail, Exit::NotMet),
            (false, false, strict, Exit::Unjudged),
            (false, false, "--fail-on critical --strict", Exit::Done),
        ] {
            let mut with = with_risk("none");
            with.risks_looked_for = looked_for;
            if noted {
                with.risk_notes = report().risk_notes;
            }
            let exit = verdict(&with, &scan(line));
            assert_eq!(exit, expected, "{looked_for} {noted} {line}");
        }
    }

    #[test]
    fn findings_count_whatever_risks_do() {
        let mut report = report();
        report.risks.clear();
        for risks in ["off", "warn", "fail"] {
            let line = format!("--risks {risks} --fail-on high");
            assert_eq!(verdict(&report, &scan(&line)), Exit::NotMet);
        }
    }

    #[test]
    fn thresholds_count_what_is_not_apart() {
        for (keep, threshold, unknown_as, expected) in [
            ("CVE-2024-0727", Severity::High, Severity::Medium, true),
            ("CVE-2024-0727", Severity::Critical, Severity::Medium, false),
            ("CVE-2023-9001", Severity::Medium, Severity::Medium, true),
            ("CVE-2023-9001", Severity::High, Severity::Medium, false),
            ("CVE-2023-9001", Severity::High, Severity::Critical, true),
            ("CVE-2023-9003", Severity::Low, Severity::Medium, false),
        ] {
            let mut report = report();
            report
                .findings
                .retain(|finding| finding.vulnerability == keep);
            let reached = findings_reach(&report, threshold, unknown_as);
            assert_eq!(reached, expected, "{keep}");
        }
    }

    #[test]
    fn whole_means_read_and_judged() {
        for (completeness, judged, expected) in [
            (Completeness::Complete, true, true),
            (Completeness::Partial, true, false),
            (Completeness::Complete, false, false),
        ] {
            let mut report = report();
            report.completeness = completeness;
            report.coverage.judged = judged;
            assert_eq!(is_judged_whole(&report), expected);
        }
    }
}
