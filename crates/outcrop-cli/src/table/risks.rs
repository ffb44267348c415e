//! Risks: those that the image brought itself one by one, those of its base folded.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write as _;

use outcrop_workbench::output::risks::{
    brought_here, by_severity, folded, found, here, inherited, layer, looked_at, none, place,
    remedy_in_short,
};
use outcrop_workbench::report::{Risk, ScanReport};
use owo_colors::{OwoColorize as _, Style};

use super::{Layout, style, word};
use crate::columns::Columns;
use crate::text::{counted, harmless};

/// Risks of one check that the image brought itself and that are named one by one.
const MAX_OF_CHECK: usize = 20;

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
        own_rows(text, &own, layout);
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

/// One by one, but for checks of which there are very many.
fn own_rows(text: &mut String, own: &[&Risk], layout: Layout) {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    let mut beyond: Vec<&Risk> = Vec::new();
    let mut shown: Vec<&Risk> = Vec::new();
    for risk in own {
        let count = counts.entry(&risk.check).or_default();
        *count += 1;
        if *count > MAX_OF_CHECK {
            beyond.push(risk);
        } else {
            shown.push(risk);
        }
    }
    text.push_str(&rows(&shown).render(2, layout.width));
    for fold in folded(&beyond) {
        let Some(first) = fold.first() else { continue };
        let _ = writeln!(
            text,
            "  and {} more: {} (`--format json` has them)",
            fold.len(),
            harmless(&first.title)
        );
    }
}

fn rows(risks: &[&Risk]) -> Columns {
    let mut columns = Columns::new(&["SEVERITY", "RISK", "WHERE", "REMEDY"]);
    let plain = Style::new();
    for risk in risks {
        // The sentence names the file.
        let place = match layer(risk) {
            Some(layer) => Cow::Owned(format!("layer {layer}")),
            None => place(risk),
        };
        columns.row([
            (word(risk.severity), style(risk.severity)),
            (&risk.message, plain),
            (&place, plain),
            (remedy_in_short(risk), plain),
        ]);
    }
    columns
}

fn folded_rows(risks: &[&Risk]) -> Columns {
    let mut columns = Columns::new(&["SEVERITY", "RISK", "COUNT", "OWNER"]);
    let plain = Style::new();
    for fold in folded(risks) {
        let Some(risk) = fold.first() else { continue };
        columns.row([
            (word(risk.severity), style(risk.severity)),
            (&risk.title, plain),
            (&fold.len().to_string(), plain),
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
