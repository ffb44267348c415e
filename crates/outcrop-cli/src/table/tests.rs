use super::*;

/// The report of the workbench's tests: a finding of each kind, hostile text, a damaged layer.
fn report() -> ScanReport {
    let text = include_str!("../../../outcrop-workbench/tests/fixtures/report.json");
    serde_json::from_str(text).unwrap()
}

fn plain(report: &ScanReport, layout: Layout) -> String {
    anstream::adapter::strip_str(&render(report, layout)).to_string()
}

#[test]
fn a_report_reads_as_it_should() {
    insta::assert_snapshot!(plain(&report(), Layout::default()));
}

#[test]
fn the_findings_apart_are_listed_when_asked_for() {
    let asked = Layout {
        apart: true,
        ..Layout::default()
    };
    for (layout, expected) in [(Layout::default(), false), (asked, true)] {
        assert_eq!(
            plain(&report(), layout).contains("CVE-2023-9003"),
            expected,
            "{layout:?}"
        );
    }
}

#[test]
fn nothing_found_is_never_a_bare_zero() {
    let mut report = report();
    report.findings.clear();
    report.counts = SeverityCounts::default();
    for (judged, advisories, statement, mark, expected) in [
        (
            true,
            AdvisoryBasis::Feed,
            "All 3 packages were judged",
            "Coverage: ",
            "No findings\n",
        ),
        (
            false,
            AdvisoryBasis::Feed,
            "2 packages of npm are listed but not judged",
            "PARTLY JUDGED: ",
            "No findings among what could be judged; the rest was not\n",
        ),
        (
            false,
            AdvisoryBasis::None,
            "Alpine Linux v3.10 is not judged yet",
            "NOT JUDGED: ",
            "No findings among what could be judged; the rest was not\n",
        ),
    ] {
        report.coverage.judged = judged;
        report.coverage.ecosystems[0].advisories = advisories;
        report.coverage.statement = statement.to_owned();
        let text = plain(&report, Layout::default());
        assert!(
            text.contains(&format!("{mark}{statement}")) && text.contains(expected),
            "{text}"
        );
    }
}

#[test]
fn the_packages_are_listed_when_asked_for() {
    let asked = Layout {
        packages: true,
        ..Layout::default()
    };
    let text = plain(&report(), asked);
    let list = text.split("\n\n").find(|part| part.contains("KIND"));
    insta::assert_snapshot!(list.unwrap_or_default());
}

#[test]
fn a_narrow_terminal_cuts_cells_not_lines() {
    let layout = Layout {
        apart: true,
        packages: true,
        inherited: true,
        width: Some(80),
    };
    let text = plain(&report(), layout);
    let is_row = |line: &&str| {
        (line.contains("CVE-") && !line.starts_with("  CVE-"))
            || line.contains(" deb ")
            || line.contains("Setuid")
            || line.contains("World-")
    };
    let table: Vec<&str> = text.lines().filter(is_row).collect();
    assert_eq!(table.len(), 5 + 4 + 2);
    for line in table {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

#[test]
fn text_of_others_cannot_steer_the_terminal() {
    let hostile = "x\u{1b}]0;owned\u{7}\n\u{202e}";
    let mut report = report();
    report.image.name = hostile.into();
    report.image.source = hostile.into();
    report.coverage.statement = hostile.into();
    report.coverage.notes.push(hostile.into());
    report.layers[0].instruction = hostile.into();
    report.ancestors[0].name = hostile.into();
    report.problems[0].message = hostile.into();
    report.problems[0].path = hostile.into();
    report.findings[0].owner = hostile.into();
    report.findings[0].package_name = hostile.into();
    report.findings[0].fixed_version = Some(hostile.into());
    report.risks[0].instruction = hostile.into();
    report.risks[1].instruction = hostile.into();
    report.risks[2].title = hostile.into();
    report.risks[1].message = hostile.into();
    report.risks[1].containerfile = Some(hostile.into());
    report.risks[2].owner = hostile.into();
    report.risk_notes[0].path = hostile.into();
    report.risk_notes[0].message = hostile.into();
    report.packages[0].kind = hostile.into();
    report.packages[0].evidence = hostile.into();
    // Our own colours are the only escapes: without them none is left.
    let layout = Layout {
        packages: true,
        ..Layout::default()
    };
    let text = plain(&report, layout);
    assert!(
        !render(&report, layout).contains("\u{1b}]")
            && !text.contains(['\u{1b}', '\u{7}', '\u{202e}']),
        "{text:?}"
    );
    assert!(text.contains("x\\u{1b}]0;owned\\u{7}\\u{a}\\u{202e}"));
}

#[test]
fn inherited_risks_are_folded_until_they_are_asked_for() {
    let mut report = report();
    let twin = report.risks[2].clone();
    report.risks.push(twin);
    let asked = Layout {
        inherited: true,
        ..Layout::default()
    };
    for (layout, expected) in [(Layout::default(), 0), (asked, 2)] {
        let text = plain(&report, layout);
        let rows = text
            .lines()
            .filter(|line| line.contains("RUN chmod o-w '/srv/a|b <i>.conf'"))
            .count();
        assert_eq!(rows, expected, "{text}");
        assert!(text.contains("\n2 risks inherited"), "{text}");
    }
    let text = plain(&report, Layout::default());
    assert!(
        text.contains("\n  medium    World-writable file  2      debian:12\n"),
        "{text}"
    );
}

#[test]
fn no_risks_is_never_a_bare_zero() {
    let mut report = report();
    report.risks.clear();
    report.risk_counts = outcrop_workbench::report::RiskCounts::default();
    let text = plain(&report, Layout::default());
    assert!(
        text.contains(
            "\nNo risks found: configuration, files and text of 3 layers were looked at, 1 place in part\n"
        ),
        "{text}"
    );
    report.risks_looked_for = false;
    let text = plain(&report, Layout::default());
    assert!(text.contains("\nRisks were not looked for\n"), "{text}");
}

#[test]
fn many_own_risks_of_one_check_are_counted() {
    let mut report = report();
    let one = report.risks[3].clone();
    report.risks.extend(vec![one; 30]);
    let text = plain(&report, Layout::default());
    assert_eq!(text.matches("\n  low ").count(), 20, "{text}");
    assert!(
        text.contains("\n  and 11 more: Setuid program (`--format json` has them)\n"),
        "{text}"
    );
}

#[test]
fn many_places_looked_at_in_part_are_counted() {
    let mut report = report();
    report.risk_notes = vec![report.risk_notes[0].clone(); 25];
    let text = plain(&report, Layout::default());
    assert_eq!(text.matches("layer 2 var/log/app.log: ").count(), 10);
    assert!(text.contains("\n25 places looked at in part\n"), "{text}");
    assert!(text.contains("\n  and 15 more (`--format json` has them)\n"));
}
