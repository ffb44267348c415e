//! CISA's catalog of known exploited vulnerabilities.
//!
//! Source: the catalog's JSON schema, `known_exploited_vulnerabilities_schema.json`.

use std::borrow::Cow;
use std::io::BufRead;
use std::ops::ControlFlow;

use jiff::civil::Date;
use outcrop_model::KnownExploited;
use serde::Deserialize;

use super::json_items::JsonItems;
use super::{FeedContent, FeedFault, Sink, Text, is_cve, null_as_default, problem, rfc3339};

/// Largest entry that is read, in bytes; the largest known ones are near 2 kB.
const MAX_ENTRY_BYTES: usize = 64 * 1024;

/// Streams the entries of a catalog.
///
/// An entry with a day that is none is kept without that day: that it is exploited stays true.
pub fn read(reader: impl BufRead, sink: &mut Sink<'_>) -> ControlFlow<()> {
    let mut items = JsonItems::new(reader, 2, MAX_ENTRY_BYTES);
    while let Some(item) = items.next() {
        let item = match item {
            Ok(item) => item,
            Err(fault) => {
                sink(FeedContent::Problem(fault))?;
                continue;
            }
        };
        match (item.key(0), item.level()) {
            ("dateReleased", 1) => {
                if let Ok(Text(date)) = serde_json::from_slice(item.json)
                    && let Some(date) = rfc3339(&date)
                {
                    sink(FeedContent::Dated(date))?;
                }
            }
            ("vulnerabilities", 2) => match serde_json::from_slice::<Entry<'_>>(item.json) {
                Ok(entry) if is_cve(&entry.cve) => known_exploited(&entry, sink)?,
                Ok(entry) => sink(problem(item.place(), FeedFault::value("CVE", &entry.cve)))?,
                Err(error) => sink(problem(item.place(), error.into()))?,
            },
            _ => {}
        }
    }
    ControlFlow::Continue(())
}

fn known_exploited(entry: &Entry<'_>, sink: &mut Sink<'_>) -> ControlFlow<()> {
    let mut days = [&entry.added, &entry.due].map(ToString::to_string);
    for day in &mut days {
        if !day.is_empty() && day.parse::<Date>().is_err() {
            sink(problem(&entry.cve, FeedFault::value("date", day)))?;
            day.clear();
        }
    }
    let [added, due] = days;
    sink(FeedContent::KnownExploited {
        cve: entry.cve.to_string(),
        entry: KnownExploited {
            added,
            due,
            ransomware: entry.ransomware.eq_ignore_ascii_case("known"),
        },
    })
}

#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow, rename = "cveID")]
    cve: Cow<'a, str>,
    #[serde(
        borrow,
        default,
        rename = "dateAdded",
        deserialize_with = "null_as_default"
    )]
    added: Cow<'a, str>,
    #[serde(
        borrow,
        default,
        rename = "dueDate",
        deserialize_with = "null_as_default"
    )]
    due: Cow<'a, str>,
    #[serde(
        borrow,
        default,
        rename = "knownRansomwareCampaignUse",
        deserialize_with = "null_as_default"
    )]
    ransomware: Cow<'a, str>,
}

#[cfg(test)]
#[path = "kev_tests.rs"]
mod tests;
