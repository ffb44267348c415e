//! `outcrop advisories`: what is loaded, and loading more.

use std::fmt::Write as _;

use outcrop_workbench::output::{self, document::AdvisoriesDocument};
use outcrop_workbench::wire::FeedStatus;
use owo_colors::Style;

use super::{Context, Outcome};
use crate::arguments::Advisories;
use crate::columns::Columns;
use crate::exit::Exit;
use crate::progress::Display;
use crate::terminal;
use crate::text::{counted, date, harmless};

pub(super) async fn run(context: &Context, action: Advisories) -> Outcome {
    let display = Display::new(context.quiet);
    let progress = |progress| display.show(&progress);
    context
        .with_workbench(async |workbench| {
            let (feeds, json) = match action {
                Advisories::Status { json } => (workbench.advisories_status().await?, json),
                Advisories::Update { ecosystems } => {
                    let updated = workbench
                        .advisories_update_of(&ecosystems, &progress, &context.cancellation)
                        .await;
                    display.clear();
                    (updated?, false)
                }
                Advisories::Import { paths } => {
                    let imported = workbench
                        .advisories_import(&paths, &progress, &context.cancellation)
                        .await;
                    display.clear();
                    (imported?, false)
                }
                Advisories::Clear => {
                    workbench.advisories_clear().await?;
                    if !context.quiet {
                        terminal::note("all loaded advisories are removed");
                    }
                    return Ok(Exit::Done);
                }
            };
            if json {
                terminal::print_verbatim(output::json(&AdvisoriesDocument::new(feeds)))?;
            } else {
                terminal::print(&render(&feeds, terminal::width()))?;
            }
            Ok(Exit::Done)
        })
        .await
}

fn render(feeds: &[FeedStatus], width: Option<usize>) -> String {
    if feeds.is_empty() {
        return "No advisories are loaded\n".to_owned();
    }
    let mut columns = Columns::new(&["ECOSYSTEM", "RECORDS", "DATED", "IMPORTED", "SOURCE"]);
    let plain = Style::new();
    for feed in feeds {
        let records = feed.records.to_string();
        let source = if feed.starter {
            "starter set (no severities)"
        } else {
            &feed.source
        };
        columns.row([
            (&feed.ecosystem, plain.bold()),
            (&records, plain),
            (feed.exported_at.as_deref().map_or("-", date), plain),
            (date(&feed.imported_at), plain),
            (source, plain),
        ]);
    }
    let mut text = columns.render(0, width);
    for feed in feeds.iter().filter(|feed| feed.broken > 0) {
        let _ = writeln!(
            text,
            "\n{}: {} could not be read",
            harmless(&feed.ecosystem),
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
    use super::*;

    #[test]
    fn broken_records_are_counted_and_named() {
        let feed = FeedStatus {
            ecosystem: "Debian".into(),
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
        ECOSYSTEM  RECORDS  DATED       IMPORTED    SOURCE
        Debian     40000    2026-11-20  2026-11-21  debian.zip

        Debian: 2 records could not be read
          a.json: not JSON
          b\u{1b}.json: no id
        "#);
    }
}
