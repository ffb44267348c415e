//! Scans as Markdown, in the dialect of GitHub: to be put into a merge request or a wiki.
//!
//! Source: the GitHub Flavored Markdown specification, sections 2.4 (backslash escapes), 4.10
//! (tables) and 6.9 (autolinks). Nothing from an image is taken for markup: no link, no mention, no
//! HTML.

use std::collections::HashSet;
use std::fmt::Write as _;

use super::document::TargetError;
use super::listing::{kinds, listing};
use super::risks::{
    brought_here, by_severity, folded, found, here, inherited, layer, looked_at, none, place,
};
use super::text::{counted, harmless, harmless_lines, licences, outcome, word};
use crate::report::{Apart, Certainty, Completeness, Finding, Package, Risk, ScanReport};

/// Renders reports, and what could not be scanned.
pub fn render(reports: &[ScanReport], errors: &[TargetError]) -> String {
    let mut text = String::new();
    for report in reports {
        if !text.is_empty() {
            text.push('\n');
        }
        section(&mut text, report);
    }
    if !errors.is_empty() {
        text.push_str("\n# Not scanned\n\n");
        for error in errors {
            let _ = writeln!(
                text,
                "- {}: {}",
                code(&error.target),
                prose(&error.error.message)
            );
        }
    }
    text
}

fn section(text: &mut String, report: &ScanReport) {
    let image = &report.image;
    let _ = writeln!(text, "# {}\n", code(&image.name));
    let system = report
        .coverage
        .operating_system
        .as_ref()
        .map_or("no operating system recognised", |system| &system.name);
    let _ = writeln!(
        text,
        "{}, {}, {}, {}; {}\n",
        prose(system),
        prose(&image.platform),
        counted(report.packages.len() as u64, "package"),
        counted(report.layers.len() as u64, "layer"),
        code(&image.config_digest),
    );
    for ancestor in &report.ancestors {
        let _ = writeln!(
            text,
            "Built on {} ({}, {}).\n",
            code(&ancestor.name),
            word(&ancestor.certainty),
            counted(ancestor.layers, "layer")
        );
    }
    let coverage = &report.coverage;
    let _ = writeln!(
        text,
        "> **{}** {}",
        coverage.mark(),
        prose(&coverage.statement)
    );
    for note in &coverage.notes {
        let _ = writeln!(text, ">\n> {}", prose(note));
    }
    if report.completeness == Completeness::Partial {
        text.push_str(">\n> **Partial:** part of the image could not be read\n");
    }
    findings(text, report);
    risks(text, report);
    packages(text, report);
    layers(text, report);
    if !report.problems.is_empty() {
        text.push_str("\n## Problems\n\n");
        for problem in &report.problems {
            let layer = problem
                .layer
                .as_deref()
                .map_or_else(String::new, |layer| format!("layer {} ", code(layer)));
            let path = match problem.path.as_str() {
                "" => String::new(),
                path => format!("{} ", code(path)),
            };
            let _ = writeln!(
                text,
                "- {layer}{path}{}: {}",
                prose(&problem.kind),
                prose(&problem.message)
            );
        }
    }
}

fn findings(text: &mut String, report: &ScanReport) {
    let counted_ones: Vec<&Finding> = report
        .findings
        .iter()
        .filter(|finding| finding.apart.is_none())
        .collect();
    let total = counted(report.counts.total(), "finding");
    let _ = writeln!(text, "\n## Findings\n");
    if counted_ones.is_empty() {
        let rest = if report.coverage.judged {
            ""
        } else {
            " among what could be judged; the rest was not"
        };
        let _ = writeln!(text, "No findings{rest}.");
    } else {
        let _ = writeln!(text, "{total}, {} can be fixed.\n", report.counts.fixable);
        finding_rows(text, &counted_ones);
    }
    for (reason, sentence) in [
        (Apart::Unimportant, "unimportant, as the publisher says"),
        (
            Apart::KernelHeaders,
            "in kernel headers; the kernel itself is not in the image",
        ),
    ] {
        let apart: Vec<&Finding> = report
            .findings
            .iter()
            .filter(|finding| finding.apart == Some(reason))
            .collect();
        if apart.is_empty() {
            continue;
        }
        let count = counted(apart.len() as u64, "finding");
        let _ = writeln!(
            text,
            "\n<details><summary>{count} apart, {sentence}</summary>\n"
        );
        finding_rows(text, &apart);
        text.push_str("\n</details>\n");
    }
    not_affected(text, report);
}

fn not_affected(text: &mut String, report: &ScanReport) {
    if report.not_affected.is_empty() {
        return;
    }
    let count = counted(report.not_affected.len() as u64, "statement");
    let _ = writeln!(
        text,
        "\n<details><summary>{count} of publishers that a package is not affected</summary>\n\n\
         | Vulnerability | Package | Installed | Reason | Record |\n\
         | --- | --- | --- | --- | --- |"
    );
    for statement in &report.not_affected {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} |",
            code(&statement.vulnerability),
            code(&statement.package_name),
            code(&statement.package_version),
            prose(statement.reason.as_deref().unwrap_or("none given")),
            code(&statement.record),
        );
    }
    text.push_str("\n</details>\n");
}

fn finding_rows(text: &mut String, findings: &[&Finding]) {
    text.push_str(
        "| Severity | Vulnerability | Package | Installed | Fixed | Action | Why here | Layer | Brought by | Summary |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    for finding in findings {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            word(&finding.severity),
            code(&finding.vulnerability),
            code(&finding.package_name),
            code(&finding.package_version),
            match finding.fixed_version {
                Some(_) => code(&outcome(finding)),
                None => prose(&outcome(finding)),
            },
            prose(&finding.action),
            prose(&finding.rank_reason),
            number(finding.layer),
            code(&finding.owner),
            prose(&finding.summary),
        );
    }
}

fn risks(text: &mut String, report: &ScanReport) {
    text.push_str("\n## Risks\n\n");
    if !found(report) {
        let _ = writeln!(text, "{}.", none(report));
        risk_notes(text, report);
        return;
    }
    let counts: Vec<String> = by_severity(&report.risk_counts)
        .iter()
        .map(|(severity, count)| format!("{count} {}", word(severity)))
        .collect();
    let _ = writeln!(
        text,
        "{}: {}; {}; {}.",
        counted(report.risk_counts.total(), "risk"),
        counts.join(", "),
        here(&report.risk_counts),
        looked_at(report)
    );
    let own = brought_here(report);
    if !own.is_empty() {
        text.push('\n');
        risk_rows(text, &own);
        remedies(text, &own);
    }
    let inherited = inherited(report);
    if !inherited.is_empty() {
        let _ = writeln!(
            text,
            "\n<details><summary>{} inherited</summary>\n",
            counted(inherited.len() as u64, "risk")
        );
        risk_rows(text, &inherited);
        text.push_str("\n</details>\n");
    }
    risk_notes(text, report);
}

fn risk_rows(text: &mut String, risks: &[&Risk]) {
    text.push_str(
        "| Severity | Risk | Where | Layer | Brought by | Remedy |\n\
         | --- | --- | --- | --- | --- | --- |\n",
    );
    for risk in risks {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} |",
            word(&risk.severity),
            prose(&risk.message),
            code(&place(risk)),
            layer(risk).as_deref().unwrap_or("–"),
            code(&risk.owner),
            prose(&risk.remedy),
        );
    }
}

/// Lines for the Containerfile that are named one by one.
const MAX_REMEDIES: usize = 20;

/// The lines for the Containerfile, which no cell can hold: the same ones once, one block a kind.
fn remedies(text: &mut String, risks: &[&Risk]) {
    for fold in folded(risks) {
        let mut said = HashSet::new();
        let all: Vec<&str> = fold
            .iter()
            .filter_map(|risk| risk.containerfile.as_deref().map(str::trim_end))
            .filter(|lines| !lines.is_empty() && said.insert(*lines))
            .collect();
        let Some(title) = fold.first().map(|risk| prose(&risk.title)) else {
            continue;
        };
        if all.is_empty() {
            continue;
        }
        let mut lines = harmless_lines(&all[..all.len().min(MAX_REMEDIES)].join("\n"));
        let more = all.len().saturating_sub(MAX_REMEDIES);
        if more > 0 {
            let _ = write!(lines, "\n# and {more} more");
        }
        // Nothing in the block is a fence as long as this one.
        let fence = "`".repeat(longest_run(&lines, '`').max(2) + 1);
        let _ = writeln!(text, "\n{title}:\n\n{fence}dockerfile\n{lines}\n{fence}");
    }
}

fn longest_run(text: &str, of: char) -> usize {
    text.split(|character| character != of)
        .map(str::len)
        .max()
        .unwrap_or(0)
}

fn risk_notes(text: &mut String, report: &ScanReport) {
    if report.risk_notes.is_empty() {
        return;
    }
    let count = counted(report.risk_notes.len() as u64, "place");
    let _ = writeln!(
        text,
        "\n<details><summary>{count} looked at in part</summary>\n"
    );
    for note in &report.risk_notes {
        let path = match note.path.as_str() {
            "" => String::new(),
            path => format!(" {}", code(path)),
        };
        let _ = writeln!(
            text,
            "- layer {}{path}: {}",
            note.layer,
            prose(&note.message)
        );
    }
    text.push_str("\n</details>\n");
}

fn packages(text: &mut String, report: &ScanReport) {
    if report.packages.is_empty() {
        return;
    }
    let _ = writeln!(
        text,
        "\n## Packages\n\n<details><summary>{}: {}</summary>\n",
        counted(report.packages.len() as u64, "package"),
        prose(&kinds(&report.packages))
    );
    text.push_str(
        "| Package | Version | Kind | Licence | Layer | Brought by | Judged | Evidence | Package URL |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    for listed in listing(&report.packages) {
        let package = listed.package;
        let _ = writeln!(
            text,
            "| {}{} | {} | {} | {} | {} | {} | {} | {} | {} |",
            if listed.under.is_some() { "└ " } else { "" },
            code(&package.name),
            version(package),
            prose(&package.kind),
            prose(&licences(package)),
            number(package.layer),
            code(&package.owner),
            if package.judged { "yes" } else { "no" },
            code(&package.evidence),
            code(&package.purl),
        );
    }
    text.push_str("\n</details>\n");
}

/// The version, and what it was concluded from where no record says it.
fn version(package: &Package) -> String {
    let version = code(&package.version);
    match (package.certainty, package.inferred_from.as_deref()) {
        (Certainty::Inferred, Some(from)) => format!("{version} (from {})", prose(from)),
        (Certainty::Inferred, None) => format!("{version} (inferred)"),
        _ => version,
    }
}

fn layers(text: &mut String, report: &ScanReport) {
    if report.layers.is_empty() {
        return;
    }
    text.push_str(
        "\n## Layers\n\n| Layer | Brought by | Instruction | Packages | Findings | Risks |\n\
         | --- | --- | --- | --- | --- | --- |\n",
    );
    for layer in &report.layers {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} |",
            layer.index,
            code(&layer.owner),
            code(&layer.instruction),
            layer.packages,
            layer.counts.total(),
            number(report.risks_looked_for.then_some(layer.risks)),
        );
    }
}

fn number(number: Option<u32>) -> String {
    number.map_or_else(|| "–".to_owned(), |number| number.to_string())
}

/// A name or path as code, in which nothing is a link or a mention.
fn code(text: &str) -> String {
    let text = harmless(text);
    if text.is_empty() {
        return String::new();
    }
    let plain = !text.contains(['`', '|', '\\']) && text.trim() == text;
    if plain {
        return format!("`{text}`");
    }
    // What a code span cannot hold, or not inside a table.
    let mut written = String::from("<code>");
    for character in text.chars() {
        if character.is_ascii_punctuation() || character == ' ' {
            let _ = write!(written, "&#{};", u32::from(character));
        } else {
            written.push(character);
        }
    }
    written.push_str("</code>");
    written
}

/// A sentence that others wrote: all that could be markup is written so that it is text.
fn prose(text: &str) -> String {
    let text = harmless(text);
    let mut written = String::with_capacity(text.len() + 16);
    let mut before = '\0';
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '&' => written.push_str("&amp;"),
            '<' => written.push_str("&lt;"),
            '>' => written.push_str("&gt;"),
            // A backslash does not part cells in all readings.
            '|' => written.push_str("&#124;"),
            // Mentions and numbers of issues are looked for in finished text, but not in code.
            '@' | '#' => {
                let _ = write!(written, "<code>{character}</code>");
            }
            // Addresses become links by themselves: `https://`, `www.`.
            ':' if characters.peek() == Some(&'/') => written.push_str("&#58;"),
            '.' if before.eq_ignore_ascii_case(&'w') => written.push_str("&#46;"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '~' | '$' | '!' => {
                written.push('\\');
                written.push(character);
            }
            _ => written.push(character),
        }
        before = character;
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> ScanReport {
        serde_json::from_str(include_str!("../../tests/fixtures/report.json")).unwrap()
    }

    #[test]
    fn a_report_reads_as_it_should() {
        insta::assert_snapshot!(render(&[report()], &[]));
    }

    #[test]
    fn text_of_others_is_no_markup() {
        for (text, expected_code, expected_prose) in [
            ("libssl3", "`libssl3`", "libssl3"),
            ("@scope/x", "`@scope/x`", "<code>@</code>scope/x"),
            ("a|b", "<code>a&#124;b</code>", "a&#124;b"),
            ("`x`", "<code>&#96;x&#96;</code>", "\\`x\\`"),
            ("a\\", "<code>a&#92;</code>", "a\\\\"),
            (" x", "<code>&#32;x</code>", " x"),
            ("<img src=x>", "`<img src=x>`", "&lt;img src=x&gt;"),
            (
                "a\nb",
                "<code>a&#92;u&#123;a&#125;b</code>",
                "a\\\\u\\{a\\}b",
            ),
            (
                "[x](https://evil.example)",
                "`[x](https://evil.example)`",
                "\\[x\\](https&#58;//evil.example)",
            ),
            (
                "www.evil.example",
                "`www.evil.example`",
                "www&#46;evil.example",
            ),
            ("fixes #12", "`fixes #12`", "fixes <code>#</code>12"),
            ("", "", ""),
        ] {
            assert_eq!(code(text), expected_code);
            assert_eq!(prose(text), expected_prose);
        }
    }

    #[test]
    fn every_row_has_its_cells() {
        let text = render(&[report()], &[]);
        let mut columns = 0;
        let mut rows = 0;
        for line in text.lines() {
            let cells = line.matches('|').count();
            if line.starts_with("| ---") {
                columns = cells;
            } else if line.starts_with("| ") && columns > 0 {
                assert_eq!(cells, columns, "{line}");
                rows += 1;
            } else {
                columns = 0;
            }
        }
        assert_eq!(rows, 5 + 1 + 4 + 7 + 3);
    }

    #[test]
    fn nothing_found_is_never_a_bare_zero() {
        let mut report = report();
        report.findings.clear();
        report.counts = crate::report::SeverityCounts::default();
        let text = render(&[report], &[]);
        assert!(text.contains("No findings among what could be judged; the rest was not."));
        assert!(text.contains("> **Partly judged:** 4 packages"));
    }

    #[test]
    fn lines_for_the_containerfile_cannot_leave_their_block() {
        let mut report = report();
        report.risks.truncate(1);
        report.risks[0].containerfile = Some("RUN x\n```\n# no <b>\u{1b}".to_owned());
        assert!(render(&[report], &[]).contains(
            "\nGitHub personal access token:\n\n````dockerfile\nRUN x\n```\n# no <b>\\u{1b}\n````\n"
        ));
    }

    #[test]
    fn lines_of_one_kind_stand_in_one_block_and_are_bounded() {
        let mut report = report();
        let one = report.risks[3].clone();
        report.risks = (0..25)
            .map(|number| crate::report::Risk {
                containerfile: Some(format!("RUN chmod u-s /{}", number % 23)),
                ..one.clone()
            })
            .collect();
        let text = render(&[report], &[]);
        assert_eq!(text.matches("```dockerfile\n").count(), 1);
        assert_eq!(text.matches("\nRUN chmod u-s /").count(), 20);
        assert!(
            text.contains("\nRUN chmod u-s /19\n# and 3 more\n```\n"),
            "{text}"
        );
    }

    #[test]
    fn risks_that_were_not_looked_for_are_not_none() {
        let mut report = report();
        report.risks.clear();
        report.risk_counts = crate::report::RiskCounts::default();
        let text = render(std::slice::from_ref(&report), &[]);
        assert!(text.contains("\nNo risks found: configuration, files and text of 3 layers were looked at, 1 place in part.\n"));
        report.risks_looked_for = false;
        let text = render(&[report], &[]);
        assert!(text.contains("## Risks\n\nRisks were not looked for.\n"));
        assert!(text.contains("| 1 | 2 | – |\n"), "{text}");
    }
}
