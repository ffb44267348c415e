//! `outcrop advisories`: what is loaded, and loading more.

use std::fmt::Write as _;

use outcrop_workbench::output::{self, document::AdvisoriesDocument};
use outcrop_workbench::wire::{ActivityEvent, FeedStatus};
use owo_colors::{OwoColorize as _, Style};

use super::{Context, Outcome};
use crate::arguments::Advisories;
use crate::columns::Columns;
use crate::exit::Exit;
use crate::progress::Display;
use crate::terminal;
use crate::text::{bytes, counted, date, harmless};

/// Whose records these are, and under which terms they are used.
const ATTRIBUTION: &str = include_str!("../../../../docs/attribution.md");

/// Changes of one image that are named one by one.
const NAMED_CHANGES: usize = 10;

pub(super) async fn run(context: &Context, action: Advisories) -> Outcome {
    let display = Display::new(context.quiet);
    let progress = |progress| display.show(&progress);
    context
        .with_workbench(async |workbench| {
            let change = match action {
                Advisories::Status { json, attribution } => {
                    if attribution {
                        terminal::print(ATTRIBUTION)?;
                        return Ok(Exit::Done);
                    }
                    let feeds = workbench.advisories_status().await?;
                    if json {
                        terminal::print_verbatim(output::json(&AdvisoriesDocument::new(feeds)))?;
                    } else {
                        terminal::print(&render(&feeds, terminal::width()))?;
                    }
                    return Ok(Exit::Done);
                }
                Advisories::Update {
                    ecosystems,
                    nvd,
                    mirrors,
                } => {
                    workbench.set_mirrors(&mirrors).await?;
                    let updated = workbench
                        .advisories_update_of(&ecosystems, nvd, &progress, &context.cancellation)
                        .await;
                    display.clear();
                    updated?
                }
                Advisories::Import { paths } => {
                    let imported = workbench
                        .advisories_import(&paths, &progress, &context.cancellation)
                        .await;
                    display.clear();
                    imported?
                }
                Advisories::Clear => {
                    workbench.advisories_clear().await?;
                    if !context.quiet {
                        terminal::note("all loaded advisories are removed");
                    }
                    return Ok(Exit::Done);
                }
            };
            terminal::print(&render(&change.feeds, terminal::width()))?;
            terminal::print(&changes(&change.changes))?;
            let mut exit = Exit::Done;
            for failure in &change.failures {
                terminal::error(failure);
                exit.raise(Exit::Unusable);
            }
            Ok(exit)
        })
        .await
}

/// What changed in scanned images, by image.
fn changes(events: &[ActivityEvent]) -> String {
    let mut text = String::new();
    for of_image in events.chunk_by(|one, other| one.config_digest == other.config_digest) {
        let Some(first) = of_image.first() else {
            continue;
        };
        let _ = writeln!(
            text,
            "\n{}: {}",
            harmless(&first.image).bold(),
            counted(of_image.len() as u64, "change")
        );
        for event in of_image.iter().take(NAMED_CHANGES) {
            let _ = writeln!(text, "  {}", harmless(&event.sentence));
        }
        let more = of_image.len().saturating_sub(NAMED_CHANGES);
        if more > 0 {
            let _ = writeln!(text, "  and {more} more: `outcrop scan` shows them");
        }
    }
    text
}

fn render(feeds: &[FeedStatus], width: Option<usize>) -> String {
    if feeds.is_empty() {
        return "No advisories are loaded\n".to_owned();
    }
    let mut columns = Columns::new(&[
        "ECOSYSTEM",
        "FEED",
        "RECORDS",
        "DATED",
        "IMPORTED",
        "SIZE",
        "SOURCE",
    ]);
    let plain = Style::new();
    for feed in feeds {
        let records = feed.records.to_string();
        let source = if feed.starter {
            "starter set (no severities)"
        } else {
            &feed.source
        };
        let ecosystem = match feed.ecosystem.as_str() {
            "" => "all",
            ecosystem => ecosystem,
        };
        let kind = match feed.part.as_str() {
            "" => feed.feed.clone(),
            part => format!("{} {part}", feed.feed),
        };
        columns.row([
            (ecosystem, plain.bold()),
            (&kind, plain),
            (&records, plain),
            (feed.exported_at.as_deref().map_or("-", date), plain),
            (date(&feed.imported_at), plain),
            (&bytes(feed.size_bytes), plain),
            (source, plain),
        ]);
    }
    let mut text = columns.render(0, width);
    for feed in feeds.iter().filter(|feed| feed.broken > 0) {
        let _ = writeln!(
            text,
            "\n{}: {} could not be read",
            harmless(if feed.ecosystem.is_empty() {
                &feed.feed
            } else {
                &feed.ecosystem
            }),
            counted(feed.broken, "record")
        );
        for problem in &feed.problems {
            let _ = writeln!(text, "  {}", harmless(problem));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use outcrop_workbench::wire::ActivityChange;

    use super::*;

    #[test]
    fn broken_records_are_counted_and_named() {
        let feed = FeedStatus {
            ecosystem: "Debian".into(),
            feed: "osv".into(),
            part: String::new(),
            size_bytes: 12_300_000,
            source: "debian.zip".into(),
            starter: false,
            records: 40_000,
            broken: 2,
            problems: vec!["a.json: not JSON".into(), "b\u{1b}.json: no id".into()],
            exported_at: Some("2026-11-20T00:00:00Z".into()),
            imported_at: "2026-11-21T00:00:00Z".into(),
        };
        let text = anstream::adapter::strip_str(&render(&[feed], None)).to_string();
        insta::assert_snapshot!(text, @r#"
        ECOSYSTEM  FEED  RECORDS  DATED       IMPORTED    SIZE     SOURCE
        Debian     osv   40000    2026-11-20  2026-11-21  12.3 MB  debian.zip

        Debian: 2 records could not be read
          a.json: not JSON
          b\u{1b}.json: no id
        "#);
    }

    #[test]
    fn changes_are_told_by_image_and_bounded() {
        let event = |image: &str, number: usize| ActivityEvent {
            id: 0,
            at: String::new(),
            config_digest: image.to_owned(),
            image: image.to_owned(),
            change: ActivityChange::NewlyAffected,
            vulnerability: String::new(),
            package: String::new(),
            key: String::new(),
            severity: None,
            fixed_version: None,
            sentence: format!("newly affected: a by CVE-2026-{number}"),
            seen: false,
        };
        let mut events = vec![event("one", 1)];
        events.extend((1..=12).map(|number| event("two\u{1b}", number)));
        let text = anstream::adapter::strip_str(&changes(&events)).to_string();
        assert!(
            text.starts_with(
                "\none: 1 change\n  newly affected: a by CVE-2026-1\n\ntwo\\u{1b}: 12 changes\n"
            ),
            "{text}"
        );
        assert!(
            text.ends_with("CVE-2026-10\n  and 2 more: `outcrop scan` shows them\n"),
            "{text}"
        );
        assert_eq!(changes(&[]), "");
    }
}
