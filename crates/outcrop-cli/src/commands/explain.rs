//! `outcrop explain`: why an image has a vulnerability, or why it has it not.

use std::fmt::Write as _;

use outcrop_workbench::output;
use outcrop_workbench::wire::{
    Answer, Explanation, ExplanationVerdict, PackageExplanation, RecordExplanation,
};
use outcrop_workbench::{ScanTarget, Workbench};
use owo_colors::{OwoColorize as _, Style};

use super::scan::scan;
use super::{Context, Failure, Outcome};
use crate::arguments::Explain;
use crate::exit::Exit;
use crate::progress::Display;
use crate::table::word;
use crate::terminal;
use crate::text::{counted, date, harmless};

/// Columns before what is told of a package.
const LABEL: usize = 13;

pub(super) async fn run(context: &Context, arguments: Explain) -> Outcome {
    let target = ScanTarget::parse(&arguments.image, arguments.choice.engine.as_deref())?;
    context
        .with_workbench(async |workbench| {
            let (digests, exit) = images(context, workbench, &target, &arguments).await?;
            let mut explanations = Vec::new();
            for digest in digests {
                explanations.extend(workbench.explain(&digest, &arguments.vulnerability).await?);
            }
            if arguments.json {
                for explanation in &explanations {
                    terminal::print_verbatim(output::json(explanation))?;
                }
            } else {
                let texts: Vec<String> = explanations.iter().map(render).collect();
                terminal::print(&texts.join("\n"))?;
            }
            Ok(exit)
        })
        .await
}

/// Identities of the images that are meant; they are scanned where that is needed.
async fn images(
    context: &Context,
    workbench: &Workbench,
    target: &ScanTarget,
    arguments: &Explain,
) -> Result<(Vec<String>, Exit), Failure> {
    let known = workbench.scanned_already(target).await?;
    if !known.is_empty() {
        return Ok((known, Exit::Done));
    }
    let display = Display::new(context.quiet);
    let options = arguments.choice.options();
    let scanned = scan(context, workbench, &display, target, &options).await;
    display.clear();
    let kept = scanned?;
    if let Some(error) = kept.not_kept {
        // What is not kept cannot be explained from the store.
        return Err(Failure(error));
    }
    let digests = kept
        .reports
        .into_iter()
        .map(|report| report.image.config_digest)
        .collect();
    Ok((digests, Exit::Done))
}

fn render(explanation: &Explanation) -> String {
    let mut text = String::new();
    let _ = writeln!(
        text,
        "{} in {}: {}",
        harmless(&explanation.vulnerability).bold(),
        harmless(&explanation.image).bold(),
        verdict(explanation.verdict).style(style(explanation.verdict))
    );
    let _ = writeln!(text, "{}", harmless(&explanation.statement));
    if !explanation.summary.is_empty() {
        let _ = writeln!(text, "{}", harmless(&explanation.summary));
    }
    if let Some(entry) = &explanation.known_exploited {
        let ransomware = if entry.ransomware {
            ", by ransomware too"
        } else {
            ""
        };
        let _ = writeln!(
            text,
            "known to be exploited since {}{ransomware}",
            harmless(&entry.added)
        );
    }
    if let Some(epss) = explanation.epss {
        let _ = writeln!(
            text,
            "EPSS {:.1} % within 30 days, more than {:.0} % of all vulnerabilities",
            epss.probability * 100.0,
            epss.percentile * 100.0
        );
    }
    for package in &explanation.packages {
        text.push('\n');
        self::package(&mut text, package);
    }
    text.push('\n');
    line(&mut text, "judged", &explanation.coverage);
    for group in &explanation.not_judged {
        line(
            &mut text,
            "not judged",
            &format!("{}: {}", counted(group.packages, "package"), group.reason),
        );
    }
    text
}

fn package(text: &mut String, package: &PackageExplanation) {
    let _ = writeln!(
        text,
        "{} ({})",
        harmless(&package.statement).style(style(package.verdict)),
        harmless(&package.kind)
    );
    let layer = |layer: Option<u32>| {
        layer.map_or_else(
            || "an unknown layer".to_owned(),
            |layer| format!("layer {layer}"),
        )
    };
    line(
        text,
        "evidence",
        &format!(
            "{} in {}, read by {}",
            package.evidence,
            layer(package.evidence_layer),
            package.cataloger
        ),
    );
    let instruction = match package.instruction.trim() {
        "" => String::new(),
        instruction => format!(": {instruction}"),
    };
    line(
        text,
        "brought by",
        &format!("{}, {}{instruction}", package.owner, layer(package.layer)),
    );
    line(text, "judged as", &package.judged_as);
    if let Some(finding) = &package.finding {
        let from = package.severity_from.as_ref().map_or_else(
            || ", as no publisher gives one".to_owned(),
            |from| format!(", from {from}"),
        );
        line(
            text,
            "severity",
            &format!("{}{from}", word(finding.severity)),
        );
        line(text, "to do", &finding.action);
        line(text, "rank", &finding.rank_reason);
    }
    for entries in package.records.chunk_by(|one, other| one.id == other.id) {
        let Some(first) = entries.first() else {
            continue;
        };
        let standing = if first.decides {
            "decides"
        } else {
            "second opinion"
        };
        let changed = match date(&first.modified) {
            "" => String::new(),
            date => format!(", changed {}", harmless(date)),
        };
        let _ = writeln!(
            text,
            "  {} ({}{changed}): {standing}",
            harmless(&first.id).bold(),
            harmless(&first.feed),
        );
        for entry in entries {
            record(text, entry);
        }
    }
}

fn record(text: &mut String, record: &RecordExplanation) {
    let module = record
        .module
        .as_ref()
        .map_or_else(String::new, |module| format!(", module {module}"));
    line(
        text,
        "speaks of",
        &format!("{} in {}{module}", record.name, record.ecosystem),
    );
    for range in &record.affected_versions {
        line(text, "affected", range);
    }
    line(
        text,
        "comparison",
        &format!("{}: {}", record.comparison, answer(record.answer)),
    );
    let said: Vec<&str> = [&record.stance, &record.reason, &record.urgency]
        .into_iter()
        .flatten()
        .map(String::as_str)
        .collect();
    if !said.is_empty() {
        line(text, "publisher", &said.join("; "));
    }
    if !record.vectors.is_empty() || record.severity != outcrop_workbench::report::Severity::Unknown
    {
        line(
            text,
            "severity",
            format!("{} {}", word(record.severity), record.vectors.join(" ")).trim_end(),
        );
    }
}

fn line(text: &mut String, label: &str, told: &str) {
    let _ = writeln!(text, "    {label:LABEL$}{}", harmless(told));
}

const fn verdict(verdict: ExplanationVerdict) -> &'static str {
    match verdict {
        ExplanationVerdict::Affected => "affected",
        ExplanationVerdict::NotCompared => "not to be told",
        ExplanationVerdict::NotAffected => "not affected",
        ExplanationVerdict::NotInImage => "not in the image",
        ExplanationVerdict::NotJudged => "not found, but not all was judged",
    }
}

const fn style(verdict: ExplanationVerdict) -> Style {
    match verdict {
        ExplanationVerdict::Affected => Style::new().red().bold(),
        ExplanationVerdict::NotCompared | ExplanationVerdict::NotJudged => {
            Style::new().yellow().bold()
        }
        ExplanationVerdict::NotAffected | ExplanationVerdict::NotInImage => {
            Style::new().green().bold()
        }
    }
}

const fn answer(answer: Answer) -> &'static str {
    match answer {
        Answer::Affected => "affected",
        Answer::Cleared => "not affected, as the publisher says",
        Answer::NotAffected => "not affected",
        Answer::Overruled => "affected, and overruled",
        Answer::NotCompared => "not compared",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_explanation_reads_as_it_should() {
        let explanation: Explanation =
            serde_json::from_str(include_str!("explain/explanation.json")).unwrap();
        let text = anstream::adapter::strip_str(&render(&explanation)).to_string();
        insta::assert_snapshot!(text);
    }
}
