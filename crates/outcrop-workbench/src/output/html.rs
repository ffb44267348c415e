//! Scans as one HTML file that needs nothing else: no script, no font, no picture, no request.
//!
//! All text is escaped (HTML standard, section 13.3), and a Content-Security-Policy forbids
//! whatever an error of ours would let through. Colours follow the reader's scheme.

use std::fmt::{self, Display, Write as _};

use super::document::TargetError;
use super::listing::{kinds, listing};
use super::text::{counted, harmless, is_address, licences, outcome, word};
use crate::report::{
    Apart, Certainty, Completeness, Finding, Package, ScanReport, Severity, Stage,
};

mod risks;

const STYLE: &str = include_str!("html.css");

/// Renders reports, and what could not be scanned.
pub fn render(reports: &[ScanReport], errors: &[TargetError]) -> String {
    let title = match reports {
        [report] => report.image.name.clone(),
        several => counted(several.len() as u64, "image"),
    };
    let mut html = String::new();
    let _ = write!(
        html,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>Outcrop: {}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n",
        Text(&title)
    );
    for report in reports {
        section(&mut html, report);
    }
    if !errors.is_empty() {
        html.push_str("<h1>Not scanned</h1>\n<ul>\n");
        for error in errors {
            let _ = writeln!(
                html,
                "<li><code>{}</code>: {}</li>",
                Text(&error.target),
                Text(&error.error.message)
            );
        }
        html.push_str("</ul>\n");
    }
    html.push_str("</body>\n</html>\n");
    html
}

/// Text that others wrote, escaped where it is written.
struct Text<'t>(&'t str);

impl Display for Text<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in harmless(self.0).chars() {
            match character {
                '&' => formatter.write_str("&amp;")?,
                '<' => formatter.write_str("&lt;")?,
                '>' => formatter.write_str("&gt;")?,
                '"' => formatter.write_str("&quot;")?,
                '\'' => formatter.write_str("&#39;")?,
                other => formatter.write_char(other)?,
            }
        }
        Ok(())
    }
}

fn section(html: &mut String, report: &ScanReport) {
    let image = &report.image;
    let system = report
        .coverage
        .operating_system
        .as_ref()
        .map_or("no operating system recognised", |system| &system.name);
    let _ = write!(
        html,
        "<section>\n<h1>{}</h1>\n<p>{}, {}, {}, {}</p>\n\
         <p class=\"muted\"><code>{}</code>, read from {} on {}, judged on {} by Outcrop {}</p>\n",
        Text(&image.name),
        Text(system),
        Text(&image.platform),
        counted(report.packages.len() as u64, "package"),
        counted(report.layers.len() as u64, "layer"),
        Text(&image.config_digest),
        Text(&image.source),
        Text(&report.scanned_at),
        Text(&report.matched_at),
        Text(&report.outcrop_version),
    );
    for ancestor in &report.ancestors {
        let _ = writeln!(
            html,
            "<p>built on <code>{}</code> ({}, {})</p>",
            Text(&ancestor.name),
            word(&ancestor.certainty),
            counted(ancestor.layers, "layer"),
        );
    }
    coverage(html, report);
    findings(html, report);
    risks::section(html, report);
    packages(html, report);
    layers(html, report);
    problems(html, report);
    html.push_str("</section>\n");
}

fn coverage(html: &mut String, report: &ScanReport) {
    let coverage = &report.coverage;
    let class = if coverage.judged { " judged" } else { "" };
    let _ = writeln!(
        html,
        "<div class=\"coverage{class}\">\n<strong>{}</strong> {}",
        coverage.mark(),
        Text(&coverage.statement)
    );
    let mut notes: Vec<&str> = coverage.notes.iter().map(String::as_str).collect();
    if report.stage == Stage::Preview {
        notes.push("first results: the layers are not read yet");
    }
    if report.completeness == Completeness::Partial {
        notes.push("part of the image could not be read; the problems are listed below");
    }
    if !notes.is_empty() {
        html.push_str("<ul>\n");
        for note in notes {
            let _ = writeln!(html, "<li>{}</li>", Text(note));
        }
        html.push_str("</ul>\n");
    }
    html.push_str("</div>\n");
}

fn findings(html: &mut String, report: &ScanReport) {
    let counts = &report.counts;
    html.push_str("<h2>Findings</h2>\n");
    if counts.total() == 0 {
        let rest = if report.coverage.judged {
            ""
        } else {
            " among what could be judged; the rest was not"
        };
        let _ = writeln!(html, "<p>No findings{rest}.</p>");
    } else {
        html.push_str("<p class=\"counts\">");
        for (severity, count) in [
            (Severity::Critical, counts.critical),
            (Severity::High, counts.high),
            (Severity::Medium, counts.medium),
            (Severity::Low, counts.low),
            (Severity::Negligible, counts.negligible),
            (Severity::Unknown, counts.unknown),
        ] {
            if count > 0 {
                let word = word(&severity);
                let _ = write!(html, "<span class=\"{word}\">{count} {word}</span> ");
            }
        }
        let _ = writeln!(html, "<span>{} can be fixed</span></p>", counts.fixable);
        let rows = report
            .findings
            .iter()
            .filter(|finding| finding.apart.is_none());
        finding_rows(html, rows);
    }
    for (reason, sentence) in [
        (Apart::Unimportant, "unimportant, as the publisher says"),
        (
            Apart::KernelHeaders,
            "in kernel headers; the kernel itself is not in the image",
        ),
    ] {
        let apart = || {
            report
                .findings
                .iter()
                .filter(move |finding| finding.apart == Some(reason))
        };
        let count = apart().count();
        if count > 0 {
            let count = counted(count as u64, "finding");
            let _ = writeln!(
                html,
                "<details><summary>{count} apart, {sentence}</summary>"
            );
            finding_rows(html, apart());
            html.push_str("</details>\n");
        }
    }
    not_affected(html, report);
}

fn not_affected(html: &mut String, report: &ScanReport) {
    if report.not_affected.is_empty() {
        return;
    }
    let count = counted(report.not_affected.len() as u64, "statement");
    let _ = writeln!(
        html,
        "<details><summary>{count} of publishers that a package is not affected</summary>"
    );
    head(
        html,
        &["Vulnerability", "Package", "Installed", "Reason", "Record"],
    );
    for statement in &report.not_affected {
        let _ = writeln!(
            html,
            "<tr><td class=\"whole\">{}</td><td>{}</td><td><code>{}</code></td><td>{}</td>\
             <td>{}</td></tr>",
            Text(&statement.vulnerability),
            Text(&statement.package_name),
            Text(&statement.package_version),
            Text(statement.reason.as_deref().unwrap_or("none given")),
            Text(&statement.record),
        );
    }
    html.push_str(END_OF_TABLE);
    html.push_str("</details>\n");
}

fn head(html: &mut String, titles: &[&str]) {
    html.push_str("<div class=\"scroll\"><table>\n<thead><tr>");
    for title in titles {
        let _ = write!(html, "<th scope=\"col\">{title}</th>");
    }
    html.push_str("</tr></thead>\n<tbody>\n");
}

const END_OF_TABLE: &str = "</tbody>\n</table></div>\n";

fn finding_rows<'f>(html: &mut String, findings: impl Iterator<Item = &'f Finding>) {
    head(
        html,
        &[
            "Severity",
            "Vulnerability",
            "Package",
            "Installed",
            "Fixed",
            "Action",
            "Why here",
            "Layer",
            "Brought by",
            "Summary",
        ],
    );
    for finding in findings {
        let severity = word(&finding.severity);
        let _ = writeln!(
            html,
            "<tr><td class=\"{severity}\">{severity}</td><td class=\"whole\">{}</td><td>{}</td>\
             <td><code>{}</code></td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td>\
             <td title=\"{}\">{}</td></tr>",
            vulnerability(finding),
            Text(&finding.package_name),
            Text(&finding.package_version),
            Text(&outcome(finding)),
            Text(&finding.action),
            Text(&finding.rank_reason),
            number(finding.layer),
            Text(&finding.owner),
            Text(&finding.reasoning),
            Text(&finding.summary),
        );
    }
    html.push_str(END_OF_TABLE);
}

/// The identifier, as a link to what can be read about it.
fn vulnerability(finding: &Finding) -> String {
    let name = Text(&finding.vulnerability);
    match finding.references.iter().find(|text| is_address(text)) {
        Some(address) => format!(
            "<a href=\"{}\" rel=\"noreferrer noopener\">{name}</a>",
            Text(address)
        ),
        None => name.to_string(),
    }
}

fn packages(html: &mut String, report: &ScanReport) {
    if report.packages.is_empty() {
        return;
    }
    let _ = writeln!(
        html,
        "<h2>Packages</h2>\n<details open><summary>{}</summary>",
        Text(&kinds(&report.packages))
    );
    head(
        html,
        &[
            "Package",
            "Version",
            "Kind",
            "Licence",
            "Layer",
            "Brought by",
            "Findings",
            "Evidence",
        ],
    );
    for listed in listing(&report.packages) {
        let package = listed.package;
        let under = if listed.under.is_some() {
            " class=\"under\""
        } else {
            ""
        };
        let _ = writeln!(
            html,
            "<tr><td{under} title=\"{}\">{}{}</td><td>{}</td><td>{}</td><td>{}</td>\
             <td>{}</td><td>{}</td><td>{}</td>\
             <td><code>{}</code></td></tr>",
            Text(&package.purl),
            Text(&package.name),
            owner(package),
            version(package),
            Text(&package.kind),
            Text(&licences(package)),
            number(package.layer),
            Text(&package.owner),
            if package.judged {
                package.findings.to_string()
            } else {
                "<span class=\"muted\">not judged</span>".to_owned()
            },
            Text(&package.evidence),
        );
    }
    html.push_str(END_OF_TABLE);
    html.push_str("</details>\n");
}

fn owner(package: &Package) -> String {
    package.owned_by.as_ref().map_or_else(String::new, |owner| {
        format!(
            " <span class=\"muted\">part of {}</span>",
            Text(&owner.name)
        )
    })
}

fn version(package: &Package) -> String {
    let changes = package.changes.join("\n");
    let version = Text(&package.version);
    let version = format!("<code title=\"{}\">{version}</code>", Lines(&changes));
    if package.certainty != Certainty::Inferred {
        return version;
    }
    let from = package.inferred_from.as_deref().unwrap_or("its files");
    format!(
        "{version} <span class=\"muted\">inferred from {}</span>",
        Text(from)
    )
}

/// Like [`Text`], for our own lines of others' text.
struct Lines<'t>(&'t str);

impl Display for Lines<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, line) in self.0.lines().enumerate() {
            if index > 0 {
                formatter.write_str("&#10;")?;
            }
            write!(formatter, "{}", Text(line))?;
        }
        Ok(())
    }
}

fn layers(html: &mut String, report: &ScanReport) {
    if report.layers.is_empty() {
        return;
    }
    html.push_str("<h2>Layers</h2>\n");
    head(
        html,
        &[
            "Layer",
            "Brought by",
            "Instruction",
            "Packages",
            "Findings",
            "Risks",
        ],
    );
    for layer in &report.layers {
        let unread = if layer.read {
            ""
        } else {
            " <span class=\"warn\">could not be read</span>"
        };
        let _ = writeln!(
            html,
            "<tr><td title=\"{}\">{}</td><td>{}</td><td><code>{}</code>{unread}</td>\
             <td>{}</td><td>{}</td><td>{}</td></tr>",
            Text(&layer.diff_id),
            layer.index,
            Text(&layer.owner),
            Text(&layer.instruction),
            layer.packages,
            layer.counts.total(),
            number(report.risks_looked_for.then_some(layer.risks)),
        );
    }
    html.push_str(END_OF_TABLE);
}

fn problems(html: &mut String, report: &ScanReport) {
    if report.problems.is_empty() {
        return;
    }
    html.push_str("<h2>Problems</h2>\n<ul>\n");
    for problem in &report.problems {
        let layer = problem.layer.as_deref().unwrap_or_default();
        let _ = writeln!(
            html,
            "<li><code>{}</code> <code>{}</code> {}: {}</li>",
            Text(layer),
            Text(&problem.path),
            Text(&problem.kind),
            Text(&problem.message)
        );
    }
    html.push_str("</ul>\n");
}

fn number(number: Option<u32>) -> String {
    number.map_or_else(|| "–".to_owned(), |number| number.to_string())
}

#[cfg(test)]
mod tests;
