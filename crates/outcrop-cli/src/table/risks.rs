//! Risks: those that the image brought itself one by one, those of its base folded.

use std::fmt::Write as _;

use outcrop_workbench::output::risks::{
    brought_here, by_severity, folded, found, here, inherited, layer, looked_at, none, place,
    remedy_in_short, what,
};
use outcrop_workbench::report::{Risk, ScanReport};
use owo_colors::{OwoColorize as _, Style};

use super::{Layout, style, word};
use crate::columns::Columns;
use crate::text::{counted, harmless};

/// Places looked at in part that are named one by one.
const MAX_NOTES: usize = 10;

pub(super) fn section(text: &mut String, report: &ScanReport, layout: Layout) {
    text.push('\n');
    if !found(report) {
        let _ = writeln!(text, "{}", none(report));
        notes(text, report);
        return;
    }
    let counts: Vec<String> = by_severity(&report.risk_counts)
        .into_iter()
        .map(|(severity, count)| format!("{count} {}", word(severity).style(style(severity))))
        .collect();
    let _ = writeln!(
        text,
        "{}: {}; {}\n{}",
        counted(report.risk_counts.total(), "risk").bold(),
        counts.join(", "),
        here(&report.risk_counts),
        looked_at(report)
    );
    let own = brought_here(report);
    if !own.is_empty() {
        text.push_str(&rows(&own).render(2, layout.width));
    }
    let inherited = inherited(report);
    if !inherited.is_empty() {
        let count = counted(inherited.len() as u64, "risk");
        if layout.inherited {
            let _ = writeln!(text, "\n{count} inherited:");
            text.push_str(&rows(&inherited).render(2, layout.width));
        } else {
            let _ = writeln!(text, "\n{count} inherited (`--inherited` lists them)");
            text.push_str(&folded_rows(&inherited).render(2, layout.width));
        }
    }
    notes(text, report);
}

fn rows(risks: &[&Risk]) -> Columns {
    let mut columns = Columns::new(&["SEVERITY", "RISK", "WHERE", "LAYER", "WHAT", "REMEDY"]);
    let plain = Style::new();
    for risk in risks {
        columns.row([
            (word(risk.severity), style(risk.severity)),
            (&risk.title, plain),
            (&place(risk), plain),
            (layer(risk).as_deref().unwrap_or("-"), plain),
            (&what(risk), plain),
            (remedy_in_short(risk), plain),
        ]);
    }
    columns
}

fn folded_rows(risks: &[&Risk]) -> Columns {
    let mut columns = Columns::new(&["SEVERITY", "RISK", "COUNT", "OWNER"]);
    let plain = Style::new();
    for fold in folded(risks) {
        let risk = fold.first;
        columns.row([
            (word(risk.severity), style(risk.severity)),
            (&risk.title, plain),
            (&fold.count.to_string(), plain),
            (&risk.owner, plain),
        ]);
    }
    columns
}

fn notes(text: &mut String, report: &ScanReport) {
    let notes = &report.risk_notes;
    if notes.is_empty() {
        return;
    }
    let count = counted(notes.len() as u64, "place");
    let _ = writeln!(
        text,
        "\n{} looked at in part",
        count.style(Style::new().yellow())
    );
    for note in notes.iter().take(MAX_NOTES) {
        let place = format!("layer {} {}", note.layer, harmless(&note.path));
        let _ = writeln!(text, "  {}: {}", place.trim_end(), harmless(&note.message));
    }
    let more = notes.len().saturating_sub(MAX_NOTES);
    if more > 0 {
        let _ = writeln!(text, "  and {more} more (`--format json` has them)");
    }
}
