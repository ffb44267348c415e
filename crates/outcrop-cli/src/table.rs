//! A scan as text for people.

use std::fmt::Write as _;

use outcrop_workbench::output::listing::{kinds, listing};
use outcrop_workbench::output::text::{licences, outcome};
use outcrop_workbench::report::{
    AdvisoryBasis, Apart, Completeness, Coverage, Finding, ScanReport, Severity, SeverityCounts,
    Stage, Status,
};
use owo_colors::{OwoColorize as _, Style};

use crate::columns::Columns;
use crate::text::{counted, date, harmless, short};

mod risks;

/// How a table is made.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Layout {
    /// List the findings shown apart.
    pub(crate) apart: bool,
    /// List the packages.
    pub(crate) packages: bool,
    /// List inherited risks one by one.
    pub(crate) inherited: bool,
    /// Columns of the terminal; `None` where nothing limits the width.
    pub(crate) width: Option<usize>,
}

/// Renders a report.
pub(crate) fn render(report: &ScanReport, layout: Layout) -> String {
    let mut text = String::new();
    header(&mut text, report);
    coverage(&mut text, report);
    text.push_str(&summary(report));
    let mut shown: Vec<&Finding> = report
        .findings
        .iter()
        .filter(|finding| finding.apart.is_none())
        .collect();
    first(&mut text, &shown);
    groups(&mut text, report, &mut shown, layout);
    apart(&mut text, report, layout);
    not_affected(&mut text, report);
    risks::section(&mut text, report, layout);
    packages(&mut text, report, layout);
    problems(&mut text, report);
    text
}

fn header(text: &mut String, report: &ScanReport) {
    let image = &report.image;
    let _ = writeln!(
        text,
        "{}  {}  {}  {}",
        harmless(&image.name).bold(),
        short(&image.config_digest),
        harmless(&image.platform),
        harmless(&image.source),
    );
    let system = report
        .coverage
        .operating_system
        .as_ref()
        .map_or("no operating system recognised", |system| {
            system.name.as_str()
        });
    let _ = writeln!(
        text,
        "{}, {}, {}",
        harmless(system),
        counted(report.packages.len() as u64, "package"),
        counted(report.layers.len() as u64, "layer"),
    );
    for ancestor in &report.ancestors {
        let _ = writeln!(
            text,
            "built on {} ({}, {})",
            harmless(&ancestor.name),
            certainty(ancestor.certainty),
            counted(ancestor.layers, "layer"),
        );
    }
}

/// The word for how sure a statement about ancestry is.
pub(crate) const fn certainty(certainty: outcrop_workbench::report::Certainty) -> &'static str {
    use outcrop_workbench::report::Certainty;
    match certainty {
        Certainty::Exact => "exact",
        Certainty::Declared => "declared",
        Certainty::Inferred => "inferred",
        Certainty::Unknown => "unknown",
    }
}

/// What could be judged: never left out, because a count means nothing without it.
fn coverage(text: &mut String, report: &ScanReport) {
    let coverage = &report.coverage;
    let statement = harmless(&coverage.statement);
    let mark = mark(coverage);
    let style = if coverage.judged {
        Style::new().bold()
    } else {
        Style::new().yellow().bold()
    };
    let _ = writeln!(text, "{} {statement}", mark.style(style));
    for ecosystem in &coverage.ecosystems {
        let packages = counted(ecosystem.packages, "package");
        let basis = match ecosystem.advisories {
            AdvisoryBasis::None => "no advisories are loaded".to_owned(),
            basis => format!(
                "{} of {}, {}",
                if basis == AdvisoryBasis::Starter {
                    "the starter set"
                } else {
                    "the publisher's records"
                },
                ecosystem.dated.as_deref().map_or("unknown date", date),
                counted(ecosystem.records, "record")
            ),
        };
        let _ = writeln!(
            text,
            "  {}: {packages}, {basis}",
            harmless(&ecosystem.ecosystem)
        );
    }
    for note in &coverage.notes {
        let _ = writeln!(text, "  {}", harmless(note));
    }
    if report.stage == Stage::Preview {
        text.push_str("  first results: the layers are not read yet\n");
    }
    if report.completeness == Completeness::Partial {
        let _ = writeln!(
            text,
            "{} part of the image could not be read; the problems are listed below",
            "PARTIAL:".style(Style::new().yellow().bold())
        );
    }
    text.push('\n');
}

/// What a count of findings is worth; loud where that is not everything.
pub(crate) fn mark(coverage: &Coverage) -> String {
    if coverage.judged {
        coverage.mark().to_owned()
    } else {
        coverage.mark().to_uppercase()
    }
}

fn summary(report: &ScanReport) -> String {
    let counts = &report.counts;
    let total = counts.total();
    if total == 0 {
        let unjudged = if report.coverage.judged {
            ""
        } else {
            " among what could be judged; the rest was not"
        };
        let apart = match counts.apart {
            0 => String::new(),
            apart => format!(" ({apart} shown apart)"),
        };
        return format!("No findings{unjudged}{apart}\n");
    }
    let mut parts = vec![format!("{} can be fixed", counts.fixable)];
    for (status, sentence) in [
        (Status::Affected, "for which no fix is named"),
        (Status::NoFixYet, "without a fix yet"),
        (Status::WillNotFix, "that will not be fixed"),
        (Status::NeedsSubscription, "mended for subscribers only"),
        (Status::EndOfLife, "in packages no longer supported"),
    ] {
        let count = report
            .findings
            .iter()
            .filter(|finding| finding.apart.is_none() && finding.status == status)
            .count();
        if count > 0 {
            parts.push(format!("{count} {sentence}"));
        }
    }
    format!(
        "{}: {}\n{}\n",
        counted(total, "finding").bold(),
        by_severity(counts),
        parts.join(", ")
    )
}

/// The counts in words, worst first, without those that are zero.
pub(crate) fn by_severity(counts: &SeverityCounts) -> String {
    [
        (Severity::Critical, counts.critical),
        (Severity::High, counts.high),
        (Severity::Medium, counts.medium),
        (Severity::Low, counts.low),
        (Severity::Negligible, counts.negligible),
        (Severity::Unknown, counts.unknown),
    ]
    .into_iter()
    .filter(|(_, count)| *count > 0)
    .map(|(severity, count)| format!("{count} {}", word(severity).style(style(severity))))
    .collect::<Vec<_>>()
    .join(", ")
}

/// Findings named before all others.
const FIRST: usize = 3;

/// What to mend first and why; the report has its findings in that order.
fn first(text: &mut String, shown: &[&Finding]) {
    let mut named = std::collections::HashSet::new();
    let first: Vec<&Finding> = shown
        .iter()
        .copied()
        .filter(|finding| finding.status == Status::Fixed)
        .filter(|finding| named.insert(&finding.vulnerability))
        .take(FIRST)
        .collect();
    if first.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n{}", "Mend first".bold());
    for finding in first {
        let _ = writeln!(
            text,
            "  {}: {} ({})",
            harmless(&finding.vulnerability),
            harmless(&finding.action),
            harmless(&finding.rank_reason)
        );
    }
}

fn not_affected(text: &mut String, report: &ScanReport) {
    if report.not_affected.is_empty() {
        return;
    }
    let count = counted(report.not_affected.len() as u64, "statement");
    let _ = writeln!(
        text,
        "\n{count} of publishers that a package is not affected (`outcrop explain` tells why)"
    );
}

/// Findings under the layer that brought their package, lowest layer first; inside a layer in the
/// order in which to mend them.
fn groups(text: &mut String, report: &ScanReport, shown: &mut [&Finding], layout: Layout) {
    shown.sort_by_key(|finding| finding.layer);
    for group in shown.chunk_by(|one, other| one.layer == other.layer && one.owner == other.owner) {
        let Some(first) = group.first() else { continue };
        let place = match first.layer {
            Some(index) => format!(", layer {index}"),
            None => String::new(),
        };
        let _ = writeln!(
            text,
            "\n{}{place}: {}",
            harmless(&first.owner).bold(),
            counted(group.len() as u64, "finding")
        );
        let instruction = report
            .layers
            .iter()
            .find(|layer| Some(layer.index) == first.layer)
            .map(|layer| layer.instruction.trim())
            .filter(|instruction| !instruction.is_empty());
        if let Some(instruction) = instruction {
            let columns = layout.width.unwrap_or(120).saturating_sub(2);
            let line = crate::text::fitted(&harmless(instruction), columns);
            let _ = writeln!(text, "  {}", line.trim_end().dimmed());
        }
        text.push_str(&grouped_rows(group).render(2, layout.width));
    }
}

/// Rows under the heading that tells layer and owner.
fn grouped_rows(findings: &[&Finding]) -> Columns {
    let mut columns = Columns::new(&[
        "SEVERITY",
        "VULNERABILITY",
        "PACKAGE",
        "INSTALLED",
        "FIXED",
        "ACTION",
    ]);
    let plain = Style::new();
    for finding in findings {
        columns.row([
            (word(finding.severity), style(finding.severity)),
            (&finding.vulnerability, plain),
            (&finding.package_name, plain),
            (&finding.package_version, plain),
            (&outcome(finding), plain),
            (&finding.action, plain),
        ]);
    }
    columns
}

fn rows(findings: &[&Finding]) -> Columns {
    let mut columns = Columns::new(&[
        "SEVERITY",
        "VULNERABILITY",
        "PACKAGE",
        "INSTALLED",
        "FIXED",
        "LAYER",
        "OWNER",
    ]);
    let plain = Style::new();
    for finding in findings {
        let layer = finding
            .layer
            .map_or_else(|| "-".to_owned(), |layer| layer.to_string());
        columns.row([
            (word(finding.severity), style(finding.severity)),
            (&finding.vulnerability, plain),
            (&finding.package_name, plain),
            (&finding.package_version, plain),
            (&outcome(finding), plain),
            (&layer, plain),
            (&finding.owner, plain),
        ]);
    }
    columns
}

fn apart(text: &mut String, report: &ScanReport, layout: Layout) {
    for (reason, sentence) in [
        (Apart::Unimportant, "unimportant, as the publisher says"),
        (
            Apart::KernelHeaders,
            "in kernel headers; the kernel itself is not in the image",
        ),
    ] {
        let findings: Vec<&Finding> = report
            .findings
            .iter()
            .filter(|finding| finding.apart == Some(reason))
            .collect();
        if findings.is_empty() {
            continue;
        }
        let count = counted(findings.len() as u64, "finding");
        let listing = if layout.apart {
            ":"
        } else {
            " (`--apart` lists them)"
        };
        let _ = writeln!(text, "\n{count} apart, {sentence}{listing}");
        if layout.apart {
            text.push_str(&rows(&findings).render(2, layout.width));
        }
    }
}

fn packages(text: &mut String, report: &ScanReport, layout: Layout) {
    if report.packages.is_empty() {
        return;
    }
    let count = counted(report.packages.len() as u64, "package");
    let kinds = kinds(&report.packages);
    if !layout.packages {
        let _ = writeln!(
            text,
            "\n{count}: {} (`--packages` lists them)",
            harmless(&kinds)
        );
        return;
    }
    let _ = writeln!(text, "\n{}: {}", count.bold(), harmless(&kinds));
    let mut columns = Columns::new(&[
        "PACKAGE", "VERSION", "KIND", "LICENCE", "LAYER", "OWNER", "FINDINGS", "EVIDENCE",
    ]);
    let plain = Style::new();
    for listed in listing(&report.packages) {
        let package = listed.package;
        let name = if listed.under.is_some() {
            format!("└ {}", package.name)
        } else {
            package.name.clone()
        };
        let layer = package
            .layer
            .map_or_else(|| "-".to_owned(), |layer| layer.to_string());
        let findings = if package.judged {
            package.findings.to_string()
        } else {
            "not judged".to_owned()
        };
        let evidence = match &package.inferred_from {
            None => package.evidence.clone(),
            Some(from) => format!("{} (inferred from {from})", package.evidence),
        };
        columns.row([
            (&name, plain),
            (&package.version, plain),
            (&package.kind, plain),
            (&licences(package), plain),
            (&layer, plain),
            (&package.owner, plain),
            (&findings, plain),
            (&evidence, plain),
        ]);
    }
    text.push_str(&columns.render(2, layout.width));
}

fn problems(text: &mut String, report: &ScanReport) {
    if report.problems.is_empty() {
        return;
    }
    let count = counted(report.problems.len() as u64, "problem");
    let _ = writeln!(text, "\n{}", count.style(Style::new().yellow().bold()));
    for problem in &report.problems {
        let layer = problem
            .layer
            .as_deref()
            .map_or_else(String::new, |layer| format!("layer {} ", short(layer)));
        let path = if problem.path.is_empty() {
            String::new()
        } else {
            format!("{} ", harmless(&problem.path))
        };
        let _ = writeln!(
            text,
            "  {layer}{path}{}: {}",
            harmless(&problem.kind),
            harmless(&problem.message)
        );
    }
}

/// The word for a severity.
pub(crate) const fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Unknown => "unknown",
        Severity::Negligible => "negligible",
        Severity::Low => "low",
        Severity::Medium => "medium",
        Severity::High => "high",
        Severity::Critical => "critical",
    }
}

const fn style(severity: Severity) -> Style {
    match severity {
        Severity::Critical => Style::new().red().bold(),
        Severity::High => Style::new().red(),
        Severity::Medium => Style::new().yellow(),
        Severity::Low => Style::new().blue(),
        Severity::Negligible => Style::new().dimmed(),
        Severity::Unknown => Style::new().magenta(),
    }
}

#[cfg(test)]
mod tests;
