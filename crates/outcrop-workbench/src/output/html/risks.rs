//! Risks: those that the image brought itself in view, those of its base and the checks folded.

use std::collections::HashMap;
use std::fmt::Write as _;

use super::{END_OF_TABLE, Lines, Text, head};
use crate::output::risks::{
    brought_here, by_severity, folded, found, here, inherited, layer, looked_at, none, place,
};
use crate::output::text::{counted, is_address, word};
use crate::report::{Risk, ScanReport};

pub(super) fn section(html: &mut String, report: &ScanReport) {
    html.push_str("<h2>Risks</h2>\n");
    if !found(report) {
        let _ = writeln!(html, "<p>{}.</p>", none(report));
        notes(html, report);
        return;
    }
    html.push_str("<p class=\"counts\">");
    for (severity, count) in by_severity(&report.risk_counts) {
        let word = word(&severity);
        let _ = write!(html, "<span class=\"{word}\">{count} {word}</span> ");
    }
    let _ = writeln!(
        html,
        "<span>{}</span></p>\n<p class=\"muted\">{}</p>",
        here(&report.risk_counts),
        looked_at(report)
    );
    let why: Why<'_> = report
        .risk_checks
        .iter()
        .map(|check| (check.id.as_str(), check.why.as_str()))
        .collect();
    let own = brought_here(report);
    if !own.is_empty() {
        rows(html, &own, &why);
    }
    let inherited = inherited(report);
    if !inherited.is_empty() {
        let count = counted(inherited.len() as u64, "risk");
        let _ = writeln!(html, "<details><summary>{count} inherited</summary>");
        folded_rows(html, &inherited, &why);
        html.push_str("</details>\n");
    }
    checks(html, report);
    notes(html, report);
}

type Why<'r> = HashMap<&'r str, &'r str>;

fn why_of<'r>(risk: &Risk, why: &Why<'r>) -> Text<'r> {
    Text(why.get(risk.check.as_str()).copied().unwrap_or_default())
}

fn rows(html: &mut String, risks: &[&Risk], why: &Why<'_>) {
    head(html, &["Severity", "Risk", "Where", "Layer", "Remedy"]);
    for risk in risks {
        let severity = word(&risk.severity);
        let _ = writeln!(
            html,
            "<tr><td class=\"{severity}\">{severity}</td><td title=\"{}\">{}</td>\
             <td class=\"place\"><code>{}</code></td><td title=\"{}\">{}</td><td>{}{}</td></tr>",
            why_of(risk, why),
            Text(&risk.message),
            Text(&place(risk)),
            Text(&risk.instruction),
            layer(risk).as_deref().unwrap_or("–"),
            Text(&risk.remedy),
            containerfile(risk),
        );
    }
    html.push_str(END_OF_TABLE);
}

/// The lines for the Containerfile, where there are such.
fn containerfile(risk: &Risk) -> String {
    match risk.containerfile.as_deref().map(str::trim_end) {
        None | Some("") => String::new(),
        Some(lines) => format!("<pre><code>{}</code></pre>", Lines(lines)),
    }
}

/// One row a check, severity and image.
fn folded_rows(html: &mut String, risks: &[&Risk], why: &Why<'_>) {
    head(
        html,
        &["Severity", "Risk", "Count", "Which", "Brought by", "Remedy"],
    );
    for fold in folded(risks) {
        let Some(first) = fold.first() else { continue };
        let severity = word(&first.severity);
        let _ = write!(
            html,
            "<tr><td class=\"{severity}\">{severity}</td><td title=\"{}\">{}</td><td>{}</td><td>",
            why_of(first, why),
            Text(&first.title),
            fold.len(),
        );
        if let [one] = fold[..] {
            html.push_str(&which(one));
        } else {
            html.push_str("<details><summary>all of them</summary><ul>");
            for risk in &fold {
                let _ = write!(html, "<li>{}</li>", which(risk));
            }
            html.push_str("</ul></details>");
        }
        let _ = writeln!(
            html,
            "</td><td>{}</td><td>{}</td></tr>",
            Text(&first.owner),
            Text(&first.remedy)
        );
    }
    html.push_str(END_OF_TABLE);
}

fn which(risk: &Risk) -> String {
    let layer = layer(risk).map_or_else(String::new, |layer| format!(" (layer {layer})"));
    format!("{}{layer}", Text(&risk.message))
}

/// Why each check is there, and where its rule is from.
fn checks(html: &mut String, report: &ScanReport) {
    if report.risk_checks.is_empty() {
        return;
    }
    html.push_str("<details><summary>Why these are risks</summary>\n<dl>\n");
    for check in &report.risk_checks {
        let _ = write!(
            html,
            "<dt>{} <code>{}</code></dt>\n<dd>{}",
            Text(&check.title),
            Text(&check.id),
            Text(&check.why)
        );
        for reference in &check.references {
            let name = Text(&reference.name);
            html.push_str("<br>");
            let _ = match reference.url.as_deref().filter(|text| is_address(text)) {
                Some(address) => write!(
                    html,
                    "<a href=\"{}\" rel=\"noreferrer noopener\">{name}</a>",
                    Text(address)
                ),
                None => write!(html, "{name}"),
            };
        }
        html.push_str("</dd>\n");
    }
    html.push_str("</dl>\n</details>\n");
}

fn notes(html: &mut String, report: &ScanReport) {
    if report.risk_notes.is_empty() {
        return;
    }
    let count = counted(report.risk_notes.len() as u64, "place");
    let _ = writeln!(
        html,
        "<details><summary>{count} looked at in part</summary>\n<ul>"
    );
    for note in &report.risk_notes {
        let path = match note.path.as_str() {
            "" => String::new(),
            path => format!(" <code>{}</code>", Text(path)),
        };
        let _ = writeln!(
            html,
            "<li>layer {}{path}: {}</li>",
            note.layer,
            Text(&note.message)
        );
    }
    html.push_str("</ul>\n</details>\n");
}
