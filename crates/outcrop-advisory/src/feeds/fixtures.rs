//! Small feeds of every format, and what is read of them, in lines.

use std::fmt::Write as _;
use std::ops::ControlFlow;

use outcrop_model::{AdvisoryRecord, AffectedPackage, Event, Range};

use super::{FeedContent, Sink};

pub(super) const KEV: &[u8] = include_bytes!("fixtures/kev.json");
pub(super) const EPSS: &[u8] = include_bytes!("fixtures/epss.csv");
pub(super) const NVD: &[u8] = include_bytes!("fixtures/nvd.json");
pub(super) const SECDB: &[u8] = include_bytes!("fixtures/secdb.json");
pub(super) const TRACKER: &[u8] = include_bytes!("fixtures/tracker.json");
pub(super) const VEX: &[u8] = include_bytes!("fixtures/vex.json");
pub(super) const UPDATEINFO: &[u8] = include_bytes!("fixtures/updateinfo.xml");

/// Everything that a reader gives, one line each.
pub(super) fn shown(read: impl FnOnce(&mut Sink<'_>) -> ControlFlow<()>) -> Vec<String> {
    let mut lines = Vec::new();
    let _ = read(&mut |content| {
        lines.push(line(&content));
        ControlFlow::Continue(())
    });
    lines
}

fn line(content: &FeedContent) -> String {
    match content {
        FeedContent::Record(record) => record_line(record),
        FeedContent::KnownExploited { cve, entry } => {
            let ransomware = if entry.ransomware { ", ransomware" } else { "" };
            format!(
                "known exploited {cve}: {} to {}{ransomware}",
                entry.added, entry.due
            )
        }
        FeedContent::Epss { cve, epss } => {
            format!("epss {cve}: {} {}", epss.probability, epss.percentile)
        }
        FeedContent::Nvd { cve, rating } => {
            let mut line = format!("nvd {cve}: {}", rating.severity.as_str());
            for vector in &rating.vectors {
                line.push(' ');
                line.push_str(vector);
            }
            line
        }
        FeedContent::Support(release) => format!("support {} {}", release.product, release.release),
        FeedContent::Dated(date) => format!("dated {date}"),
        FeedContent::Problem(problem) => format!("problem {problem}"),
    }
}

fn record_line(record: &AdvisoryRecord) -> String {
    let mut line = format!("record {}", record.id);
    if !record.upstream.is_empty() {
        let _ = write!(line, " of {}", record.upstream.join(" "));
    }
    let affected: Vec<String> = record.affected.iter().map(affected_text).collect();
    line.push(':');
    if !affected.is_empty() {
        let _ = write!(line, " {}", affected.join("; "));
    }
    if !record.details.is_empty() {
        let _ = write!(line, " | {}", record.details);
    }
    line
}

/// As `Debian:12 openssl <3.0.15-1 no-fix-yet (Minor issue) [low]`.
pub(super) fn affected_text(affected: &AffectedPackage) -> String {
    let mut text = format!("{} {}", affected.ecosystem, affected.name);
    if let Some(module) = &affected.module {
        let _ = write!(text, "@{module}");
    }
    for range in &affected.ranges {
        text.push(' ');
        text.push_str(&range_text(range));
    }
    if let Some(stance) = affected.stance {
        let word = serde_json::to_string(&stance).expect("a word");
        let _ = write!(text, " {}", word.trim_matches('"'));
    }
    if let Some(reason) = &affected.reason {
        let _ = write!(text, " ({reason})");
    }
    if let Some(urgency) = &affected.urgency {
        let _ = write!(text, " [{urgency}]");
    }
    if let Some(severity) = affected.severity {
        let _ = write!(text, " {}", severity.as_str());
    }
    text
}

fn range_text(range: &Range) -> String {
    let mut text = String::new();
    for event in &range.events {
        match event {
            Event::Introduced(at) if at == "0" => {}
            Event::Introduced(at) => {
                let _ = write!(text, ">={at}");
            }
            Event::Fixed(at) => {
                let _ = write!(text, "<{at}");
            }
            other => {
                let _ = write!(text, "{other:?}");
            }
        }
    }
    if text.is_empty() {
        text.push_str("all");
    }
    text
}
