//! Risks as people are shown them: those that the image brought itself apart from those of its
//! base, and never without what was looked at.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write as _;

use super::text::counted;
use crate::report::{Risk, RiskCounts, ScanReport, Severity, Stage};

/// Risks of one check, one severity and one image, which are mended together; never none.
pub type Fold<'r> = Vec<&'r Risk>;

/// Risks that the image brought itself, in the order of the report.
pub fn brought_here(report: &ScanReport) -> Vec<&Risk> {
    report.risks.iter().filter(|risk| !risk.inherited).collect()
}

/// Risks that an ancestor brought, in the order of the report.
pub fn inherited(report: &ScanReport) -> Vec<&Risk> {
    report.risks.iter().filter(|risk| risk.inherited).collect()
}

/// Risks folded by check, severity and image, each where its first one stood.
pub fn folded<'r>(risks: &[&'r Risk]) -> Vec<Fold<'r>> {
    let mut folds: Vec<Fold<'r>> = Vec::new();
    let mut places = HashMap::new();
    for risk in risks {
        let key = (&risk.check, &risk.title, risk.severity, &risk.owner);
        let place = *places.entry(key).or_insert_with(|| {
            folds.push(Vec::new());
            folds.len() - 1
        });
        folds[place].push(risk);
    }
    folds
}

/// The counts that are not zero, the worst first.
pub fn by_severity(counts: &RiskCounts) -> Vec<(Severity, u32)> {
    [
        (Severity::Critical, counts.critical),
        (Severity::High, counts.high),
        (Severity::Medium, counts.medium),
        (Severity::Low, counts.low),
        (Severity::Negligible, counts.negligible),
    ]
    .into_iter()
    .filter(|(_, count)| *count > 0)
    .collect()
}

/// True where there are risks to show.
pub fn found(report: &ScanReport) -> bool {
    report.risks_looked_for && report.risk_counts.total() > 0
}

/// How many the image brought itself, as `3 brought here`.
pub fn here(counts: &RiskCounts) -> String {
    match counts.brought_here {
        0 => "none brought here".to_owned(),
        here => format!("{here} brought here"),
    }
}

/// One sentence that says how many there are and what that is worth.
pub fn statement(report: &ScanReport) -> String {
    if found(report) {
        let counts = &report.risk_counts;
        let total = counted(counts.total(), "risk");
        format!("{total}, {}: {}", here(counts), looked_at(report))
    } else {
        none(report)
    }
}

/// One sentence for a report without risks, which says what that is worth.
pub fn none(report: &ScanReport) -> String {
    if report.risks_looked_for {
        format!("No risks found: {}", looked_at(report))
    } else {
        "Risks were not looked for".to_owned()
    }
}

/// What was looked at for risks, without which their count means nothing.
pub fn looked_at(report: &ScanReport) -> String {
    if report.stage == Stage::Preview {
        return "the configuration was looked at; the layers are not read yet".to_owned();
    }
    let layers = counted(report.layers.len() as u64, "layer");
    let read = report.layers.iter().filter(|layer| layer.read).count();
    let mut said = if read == report.layers.len() {
        format!("configuration, files and text of {layers} were looked at")
    } else {
        format!("the configuration, and files and text of {read} of {layers} were looked at")
    };
    if !report.risk_notes.is_empty() {
        let places = counted(report.risk_notes.len() as u64, "place");
        let _ = write!(said, ", {places} in part");
    }
    said
}

/// Where it is, as `app/.env:3`, an instruction, or the configuration.
pub fn place(risk: &Risk) -> Cow<'_, str> {
    match (&risk.path, risk.line) {
        (Some(path), Some(line)) => Cow::Owned(format!("{path}:{line}")),
        (Some(path), None) => Cow::Borrowed(path),
        (None, _) if !risk.instruction.is_empty() => Cow::Borrowed(&risk.instruction),
        (None, _) => Cow::Borrowed(match risk.layer {
            Some(_) => "the layer",
            None => "configuration",
        }),
    }
}

/// The layer that brought it and the one that hides it, as `1, hidden by 2`; `None` for what the
/// configuration says.
pub fn layer(risk: &Risk) -> Option<String> {
    let layer = risk.layer?;
    Some(match (risk.visible, risk.hidden_in) {
        (true, _) => layer.to_string(),
        (false, Some(by)) => format!("{layer}, hidden by {by}"),
        (false, None) => format!("{layer}, hidden"),
    })
}

/// What to do in few words: a single line for the Containerfile where that is all, else the first
/// sentence. A secret is rotated first, whatever the Containerfile says.
pub fn remedy_in_short(risk: &Risk) -> &str {
    match &risk.containerfile {
        Some(line) if risk.secret.is_none() && !line.trim_end().contains('\n') => line.trim_end(),
        _ => risk
            .remedy
            .split_once(". ")
            .map_or(risk.remedy.as_str(), |(first, _)| first)
            .trim_end_matches('.'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::RiskNote;

    fn report() -> ScanReport {
        serde_json::from_str(include_str!("../../tests/fixtures/report.json")).unwrap()
    }

    #[test]
    fn inherited_ones_are_folded_by_check_severity_and_image() {
        let one = inherited(&report())[0].clone();
        let with = |change: fn(&mut Risk)| {
            let mut risk = one.clone();
            change(&mut risk);
            risk
        };
        let risks = [
            one.clone(),
            with(|risk| risk.owner = "base:1".to_owned()),
            with(|risk| risk.path = Some("x".to_owned())),
            with(|risk| risk.severity = Severity::Low),
            with(|risk| risk.check = "other".to_owned()),
            with(|risk| risk.layer = Some(1)),
        ];
        let risks: Vec<&Risk> = risks.iter().collect();
        let counts: Vec<(&str, Severity, &str, usize)> = folded(&risks)
            .iter()
            .map(|fold| {
                let first = fold[0];
                let check = first.check.as_str();
                (check, first.severity, first.owner.as_str(), fold.len())
            })
            .collect();
        assert_eq!(
            counts,
            [
                ("world-writable-file", Severity::Medium, "debian:12", 3),
                ("world-writable-file", Severity::Medium, "base:1", 1),
                ("world-writable-file", Severity::Low, "debian:12", 1),
                ("other", Severity::Medium, "debian:12", 1),
            ]
        );
    }

    #[test]
    fn nothing_found_says_what_was_looked_at() {
        let without = |change: fn(&mut ScanReport)| {
            let mut report = report();
            report.risks.clear();
            report.risk_counts = RiskCounts::default();
            report.risk_notes.clear();
            change(&mut report);
            report
        };
        for (report, expected) in [
            (
                without(|_| ()),
                "No risks found: configuration, files and text of 3 layers were looked at",
            ),
            (
                without(|report| report.layers[1].read = false),
                "No risks found: the configuration, and files and text of 2 of 3 layers were looked at",
            ),
            (
                without(|report| {
                    report.risk_notes = vec![RiskNote {
                        layer: 0,
                        path: String::new(),
                        message: String::new(),
                    }];
                }),
                "No risks found: configuration, files and text of 3 layers were looked at, 1 place in part",
            ),
            (
                without(|report| report.stage = Stage::Preview),
                "No risks found: the configuration was looked at; the layers are not read yet",
            ),
            (
                without(|report| report.risks_looked_for = false),
                "Risks were not looked for",
            ),
        ] {
            assert!(!found(&report));
            assert_eq!(statement(&report), expected);
        }
    }

    #[test]
    fn a_statement_tells_what_was_brought_here() {
        let looked_at = "configuration, files and text of 3 layers were looked at, 1 place in part";
        for (brought_here, expected) in [
            (3, "4 risks, 3 brought here"),
            (0, "4 risks, none brought here"),
        ] {
            let mut report = report();
            report.risk_counts.brought_here = brought_here;
            assert_eq!(statement(&report), format!("{expected}: {looked_at}"));
        }
    }

    #[test]
    fn each_has_a_place_a_layer_and_a_remedy_in_short() {
        let shown: Vec<(String, String, String)> = report()
            .risks
            .iter()
            .map(|risk| {
                let place = place(risk).into_owned();
                let layer = layer(risk).unwrap_or_default();
                (place, layer, remedy_in_short(risk).to_owned())
            })
            .collect();
        let expected = [
            ("app/.env:3", "1, hidden by 2", "Rotate it"),
            ("configuration", "", "USER 65532:65532"),
            ("srv/a|b <i>.conf", "0", "RUN chmod o-w '/srv/a|b <i>.conf'"),
            ("usr/bin/su", "2", "RUN chmod u-s /usr/bin/su"),
        ]
        .map(|(place, layer, remedy)| (place.to_owned(), layer.to_owned(), remedy.to_owned()));
        assert_eq!(shown, expected);
    }

    #[test]
    fn several_lines_for_the_containerfile_are_no_short_remedy() {
        let mut risk = report().risks[1].clone();
        for (containerfile, remedy, expected) in [
            (Some("USER 1\n"), "Do. More.", "USER 1"),
            (Some("RUN a\nUSER 1"), "Do this. Do more.", "Do this"),
            (None, "Do this 1.5 times.", "Do this 1.5 times"),
            (None, "", ""),
        ] {
            risk.containerfile = containerfile.map(str::to_owned);
            remedy.clone_into(&mut risk.remedy);
            assert_eq!(remedy_in_short(&risk), expected);
        }
    }
}
