//! `outcrop images`: all engines, one list.

use std::fmt::Write as _;

use outcrop_workbench::output;
use outcrop_workbench::wire::{EngineState, ImageList, ImageRow, Origin, ScanState};
use owo_colors::Style;

use super::{Context, Outcome};
use crate::columns::Columns;
use crate::exit::Exit;
use crate::table::by_severity;
use crate::terminal;
use crate::text::{bytes, counted, date, harmless, short};

pub(super) async fn run(context: &Context, json: bool) -> Outcome {
    context
        .with_workbench(async |workbench| {
            let list = workbench.images().await?;
            if json {
                terminal::print_verbatim(output::json(&list))?;
            } else {
                terminal::print(&render(&list, terminal::width()))?;
            }
            Ok(Exit::Done)
        })
        .await
}

fn render(list: &ImageList, width: Option<usize>) -> String {
    let mut columns = Columns::new(&[
        "REFERENCE",
        "ID",
        "ENGINE",
        "SIZE",
        "CREATED",
        "ORIGIN",
        "USED",
        "BUILT ON",
        "LAST SCAN",
        "RISKS",
    ]);
    let plain = Style::new();
    for row in &list.images {
        let size = bytes(row.size_bytes);
        let created = row.created.as_deref().map_or("-", date);
        let used = match row.containers {
            0 => "-".to_owned(),
            containers => containers.to_string(),
        };
        let built_on = row.built_on.as_ref().map_or("-", |base| base.name.as_str());
        let scan = last_scan(row);
        let scan = anstream::adapter::strip_str(&scan).to_string();
        let origin = match row.origin {
            Origin::Pulled => "pulled",
            Origin::Built => "built",
            Origin::Imported => "imported",
            Origin::Unknown => "unknown",
        };
        let more = row.references.len().saturating_sub(1);
        let reference = match row.references.first() {
            Some(first) if more > 0 => format!("{first} (+{more})"),
            Some(first) => first.clone(),
            None => "<dangling>".to_owned(),
        };
        columns.row([
            (&reference, plain.bold()),
            (short(&row.config_digest), plain),
            (&row.engine, plain),
            (&size, plain),
            (created, plain),
            (origin, plain),
            (&used, plain),
            (built_on, plain),
            (&scan, plain),
            (&risks(row), plain),
        ]);
    }
    let mut text = String::new();
    if list.images.is_empty() {
        text.push_str("No images\n");
    } else {
        text.push_str(&columns.render(0, width));
    }
    let connected: Vec<_> = list
        .engines
        .iter()
        .filter(|engine| engine.state == EngineState::Connected)
        .map(|engine| harmless(&engine.name))
        .collect();
    if connected.is_empty() {
        text.push_str(
            "\nNo engine answered: `outcrop engines` shows what was tried and the remedy\n",
        );
    } else {
        let _ = writeln!(
            text,
            "\n{} in {}",
            counted(list.images.len() as u64, "image"),
            connected.join(", ")
        );
    }
    text
}

fn last_scan(row: &ImageRow) -> String {
    let Some(scan) = &row.scan else {
        return "never".to_owned();
    };
    let mut said = match (scan.judged, scan.counts.total()) {
        (false, 0) => "not judged".to_owned(),
        (true, 0) => "no findings".to_owned(),
        _ => by_severity(&scan.counts),
    };
    if row.scan_state == ScanState::Rebuilt {
        said.push_str(" (rebuilt since)");
    }
    said
}

/// How many risks the last scan found, apart from the findings, as `12, 3 here`: that many the
/// image brought itself.
fn risks(row: &ImageRow) -> String {
    let counts = row.scan.as_ref().and_then(|scan| scan.risks);
    match counts.map(|counts| (counts.total(), counts.brought_here)) {
        None => "-".to_owned(),
        Some((0, _)) => "none found".to_owned(),
        Some((total, here)) => format!("{total}, {here} here"),
    }
}

#[cfg(test)]
mod tests {
    use outcrop_workbench::report::{RiskCounts, Role, SeverityCounts};
    use outcrop_workbench::wire::{ChangeCounts, ScanSummary};

    use super::*;

    fn row(reference: &[&str], scan: Option<(bool, u32)>, scan_state: ScanState) -> ImageRow {
        ImageRow {
            config_digest: format!("sha256:{}", "a".repeat(64)),
            engine: "docker".into(),
            references: reference.iter().map(ToString::to_string).collect(),
            repository_digests: Vec::new(),
            size_bytes: 123_456_789,
            created: Some("2026-11-20T10:00:00Z".into()),
            origin: Origin::Built,
            origin_reason: String::new(),
            dangling: reference.is_empty(),
            containers: 0,
            role: Role::Application,
            built_on: None,
            scan_state,
            scan: scan.map(|(judged, high)| ScanSummary {
                risks: None,
                config_digest: String::new(),
                scanned_at: String::new(),
                counts: SeverityCounts {
                    high,
                    ..SeverityCounts::default()
                },
                packages: 1,
                judged,
                statement: String::new(),
            }),
            changes: ChangeCounts::default(),
        }
    }

    #[test]
    fn the_last_scan_is_never_a_bare_zero() {
        for (scan, state, expected) in [
            (None, ScanState::NotScanned, "never"),
            (Some((true, 0)), ScanState::Scanned, "no findings"),
            (Some((false, 0)), ScanState::Scanned, "not judged"),
            (Some((true, 2)), ScanState::Scanned, "2 high"),
            (
                Some((true, 2)),
                ScanState::Rebuilt,
                "2 high (rebuilt since)",
            ),
        ] {
            let said = last_scan(&row(&["app:1"], scan, state));
            assert_eq!(anstream::adapter::strip_str(&said).to_string(), expected);
        }
    }

    #[test]
    fn risks_are_counted_apart() {
        for (counts, expected) in [
            (None, "-"),
            (Some((0, 0)), "none found"),
            (Some((12, 3)), "12, 3 here"),
        ] {
            let mut row = row(&["app:1"], Some((true, 2)), ScanState::Scanned);
            if let Some(scan) = &mut row.scan {
                scan.risks = counts.map(|(low, brought_here)| RiskCounts {
                    low,
                    brought_here,
                    ..RiskCounts::default()
                });
            }
            assert_eq!(risks(&row), expected);
            let said = last_scan(&row);
            assert_eq!(anstream::adapter::strip_str(&said).to_string(), "2 high");
        }
        let never = row(&["app:1"], None, ScanState::NotScanned);
        assert_eq!(risks(&never), "-");
    }

    #[test]
    fn images_without_a_name_are_listed() {
        let list = ImageList {
            schema_version: "1.0".into(),
            engines: Vec::new(),
            images: vec![
                row(&[], None, ScanState::NotScanned),
                row(&["app:1", "app:latest"], None, ScanState::NotScanned),
            ],
        };
        let text = render(&list, None);
        assert!(
            text.contains("<dangling>") && text.contains("app:1 (+1)"),
            "{text}"
        );
        assert!(text.contains("No engine answered"), "{text}");
    }
}
