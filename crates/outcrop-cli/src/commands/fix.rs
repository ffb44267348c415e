//! `outcrop fix`: the change to a Containerfile, as a diff.

use std::fmt::Write as _;

use outcrop_workbench::report::ScanReport;
use outcrop_workbench::wire::{FixPlan, FixRequest};
use outcrop_workbench::{ScanTarget, Workbench, output};
use owo_colors::{OwoColorize as _, Style};

use super::scan::{path_text, scan};
use super::{Context, Failure, Outcome};
use crate::arguments::Fix;
use crate::exit::Exit;
use crate::progress::Display;
use crate::terminal;
use crate::text::{counted, harmless, harmless_lines};

pub(super) async fn run(context: &Context, arguments: Fix) -> Outcome {
    let target = ScanTarget::parse(&arguments.image, arguments.choice.engine.as_deref())?;
    let request = FixRequest {
        config_digest: String::new(),
        containerfile: Some(path_text(arguments.containerfile)?),
        target: arguments.target,
        build_arguments: arguments.build_arguments,
        bump_base: !arguments.no_base_bump,
    };
    context
        .with_workbench(async |workbench| {
            let display = Display::new(context.quiet);
            let options = arguments.choice.options();
            let scanned = scan(context, workbench, &display, &target, &options).await;
            display.clear();
            let kept = scanned?;
            let mut exit = Exit::Done;
            if let Some(error) = kept.not_kept {
                terminal::error(&error);
                exit = Exit::Unusable;
            }
            let (report, plan) = best_plan(workbench, &kept.reports, &request).await?;
            if arguments.json {
                terminal::print_verbatim(output::json(&plan))?;
                return Ok(exit);
            }
            if !context.quiet {
                terminal::note(explain(report, &plan, kept.reports.len()).trim_end());
            }
            if terminal::is_read_by_a_person() {
                terminal::print(&colored(&plan.diff))?;
            } else {
                terminal::print_verbatim(&plan.exact_diff)?;
            }
            Ok(exit)
        })
        .await
}

/// The plan for the image that the Containerfile fits best; of several that it fits equally, the
/// one with most layers, because that is the one built last.
async fn best_plan<'r>(
    workbench: &Workbench,
    reports: &'r [ScanReport],
    request: &FixRequest,
) -> Result<(&'r ScanReport, FixPlan), Failure> {
    let mut best: Option<(&ScanReport, FixPlan)> = None;
    let mut failure = None;
    for report in reports {
        let request = FixRequest {
            config_digest: report.image.config_digest.clone(),
            ..request.clone()
        };
        match workbench.plan_fix(&request).await {
            Ok(plan) => {
                let rank = |report: &ScanReport, plan: &FixPlan| {
                    (plan.match_ratio.unwrap_or(-1.0), report.layers.len())
                };
                let better = best.as_ref().is_none_or(|(known, known_plan)| {
                    rank(report, &plan) > rank(known, known_plan)
                });
                if better {
                    best = Some((report, plan));
                }
            }
            Err(error) => failure = Some(error),
        }
    }
    match (best, failure) {
        (Some(best), _) => Ok(best),
        (None, Some(error)) => Err(error.into()),
        (None, None) => Err(Failure::usage(
            "the archive holds no image".to_owned(),
            "`outcrop scan` shows what could be read of it",
        )),
    }
}

/// What the diff does and does not do.
fn explain(report: &ScanReport, plan: &FixPlan, images: usize) -> String {
    let bold = Style::new().bold();
    let mut text = String::new();
    if images > 1 {
        let _ = writeln!(
            text,
            "of {images} images, the Containerfile fits {} best",
            harmless(&report.image.name).style(bold)
        );
    }
    if !report.coverage.judged {
        let _ = writeln!(
            text,
            "{} {}",
            crate::table::mark(&report.coverage).yellow(),
            harmless(&report.coverage.statement)
        );
    }
    if !plan.match_statement.is_empty() {
        let _ = writeln!(text, "{}", harmless(&plan.match_statement));
    }
    if plan.diff.is_empty() {
        let _ = writeln!(text, "{}", "no patch".style(bold));
    } else {
        let _ = writeln!(
            text,
            "{} of {} cleared, as predicted; a build and another scan would prove it",
            plan.clears.len().style(bold),
            counted(u64::from(report.counts.total()), "finding"),
        );
    }
    for hunk in &plan.hunks {
        let _ = writeln!(
            text,
            "  line {}: {}; clears {}",
            hunk.line,
            harmless(&hunk.title),
            counted(hunk.clears.len() as u64, "finding"),
        );
        if !hunk.evidence.is_empty() {
            let _ = writeln!(text, "    {}", harmless(&hunk.evidence).dimmed());
        }
    }
    for stays in &plan.stays {
        let _ = writeln!(
            text,
            "  {} {}: {}",
            counted(stays.findings.len() as u64, "finding"),
            if stays.findings.len() == 1 {
                "stays"
            } else {
                "stay"
            },
            harmless(&stays.reason)
        );
    }
    for review in &plan.review {
        let _ = writeln!(text, "  {} {}", "review:".yellow(), harmless(review));
    }
    text
}

/// A diff for a person: coloured, and harmless for the terminal.
fn colored(diff: &str) -> String {
    let mut text = String::new();
    for line in harmless_lines(diff).lines() {
        let style = match line.as_bytes().first() {
            Some(b'+') if !line.starts_with("+++") => Style::new().green(),
            Some(b'-') if !line.starts_with("---") => Style::new().red(),
            Some(b'@') => Style::new().cyan(),
            _ => Style::new(),
        };
        let _ = writeln!(text, "{}", line.style(style));
    }
    text
}

#[cfg(test)]
mod tests {
    use outcrop_workbench::wire::{Hunk, Stays};

    use super::*;

    fn plan() -> FixPlan {
        FixPlan {
            schema_version: "1.0".into(),
            config_digest: String::new(),
            containerfile: "Containerfile".into(),
            diff_path: "Containerfile".into(),
            diff: "--- a/Containerfile\n+++ b/Containerfile\n@@ -1 +1,2 @@\n FROM debian:12\n+RUN apt-get update\n".into(),
            exact_diff: Vec::new(),
            before: String::new(),
            after: String::new(),
            hunks: vec![Hunk {
                title: "upgrade 2 packages".into(),
                line: 2,
                clears: vec!["a".into(), "b".into()],
                evidence: "the packages are in layer 0".into(),
            }],
            clears: vec!["a".into(), "b".into()],
            stays: vec![Stays {
                reason: "no fixed version yet".into(),
                findings: vec!["c".into()],
            }],
            review: vec!["the user is not known".into()],
            match_ratio: Some(1.0),
            match_statement: "every instruction matches the history".into(),
        }
    }

    fn report() -> ScanReport {
        let text = include_str!("../../../outcrop-workbench/tests/fixtures/report.json");
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn hunks_and_what_stays_are_explained() {
        let text = explain(&report(), &plan(), 3);
        insta::assert_snapshot!(anstream::adapter::strip_str(&text).to_string(), @r#"
        of 3 images, the Containerfile fits team/app:1 best
        PARTLY JUDGED: 4 packages of Debian GNU/Linux 12 (bookworm) were judged by 41000 records of 2026-11-20; 2 packages of Maven and npm are listed but not judged: no advisories for them are read in this version
        every instruction matches the history
        2 of 3 findings cleared, as predicted; a build and another scan would prove it
          line 2: upgrade 2 packages; clears 2 findings
            the packages are in layer 0
          1 finding stays: no fixed version yet
          review: the user is not known
        "#);
    }

    #[test]
    fn no_patch_is_said() {
        let mut plan = plan();
        plan.diff.clear();
        plan.hunks.clear();
        let text = explain(&report(), &plan, 1);
        let text = anstream::adapter::strip_str(&text).to_string();
        assert!(
            text.contains("no patch\n") && !text.contains("cleared"),
            "{text}"
        );
    }

    #[test]
    fn a_diff_for_a_person_has_the_same_lines() {
        let diff = plan().diff;
        let text = anstream::adapter::strip_str(&colored(&diff)).to_string();
        assert_eq!(text, diff);
        assert!(!colored("+RUN echo \u{1b}]0;x\u{7}\n").contains("\u{1b}]"));
    }
}
