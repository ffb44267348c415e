//! Pages of NVD's API 2.0: severities for CVEs that nobody else rates.
//!
//! Source: NVD, "Vulnerabilities" developer page and `cve_api_json_2.0.schema`.

use std::borrow::Cow;
use std::io::BufRead;
use std::ops::ControlFlow;

use outcrop_model::NvdRating;
use serde::Deserialize;

use super::json_items::JsonItems;
use super::{FeedContent, FeedFault, Sink, Text, is_cve, null_as_default, problem, rfc3339};
use crate::severity;

/// Largest entry that is read, in bytes: lists of configurations reach several megabytes.
const MAX_ENTRY_BYTES: usize = 16 * 1024 * 1024;

/// Most vectors of one CVE.
const MAX_VECTORS: usize = 16;

/// Streams the ratings of a page.
///
/// Where NVD has rated a CVE itself (`Primary`), its metrics alone count; else those that it
/// carries from others.
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
            ("timestamp", 1) => {
                if let Ok(Text(date)) = serde_json::from_slice(item.json)
                    && let Some(date) = rfc3339(&date)
                {
                    sink(FeedContent::Dated(date))?;
                }
            }
            ("vulnerabilities", 2) => match serde_json::from_slice::<Entry<'_>>(item.json) {
                Ok(Entry { cve }) if is_cve(&cve.id) => sink(FeedContent::Nvd {
                    cve: cve.id.to_string(),
                    rating: rating(&cve.metrics),
                })?,
                Ok(Entry { cve }) => {
                    sink(problem(item.place(), FeedFault::value("CVE", &cve.id)))?;
                }
                Err(error) => sink(problem(item.place(), error.into()))?,
            },
            _ => {}
        }
    }
    ControlFlow::Continue(())
}

fn rating(metrics: &Metrics<'_>) -> NvdRating {
    let schemes = [
        ("CVSS_V4", &metrics.v40),
        ("CVSS_V3", &metrics.v31),
        ("CVSS_V3", &metrics.v30),
        ("CVSS_V2", &metrics.v2),
    ];
    let all = schemes
        .into_iter()
        .flat_map(|(scheme, metrics)| metrics.iter().map(move |metric| (scheme, metric)));
    let primary: Vec<(&str, &Metric<'_>)> = all
        .clone()
        .filter(|(_, metric)| metric.kind == "Primary")
        .collect();
    let chosen = if primary.is_empty() {
        all.collect()
    } else {
        primary
    };
    let stated = chosen
        .iter()
        .take(MAX_VECTORS)
        .map(|(scheme, metric)| (*scheme, metric.data.vector.as_ref()))
        .filter(|(_, vector)| !vector.is_empty());
    let rated = severity::rate(stated, None);
    NvdRating {
        vectors: rated.vectors,
        severity: rated.severity,
    }
}

#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow)]
    cve: Cve<'a>,
}

#[derive(Deserialize)]
struct Cve<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    metrics: Metrics<'a>,
}

#[derive(Default, Deserialize)]
struct Metrics<'a> {
    #[serde(borrow, default, rename = "cvssMetricV40")]
    v40: Vec<Metric<'a>>,
    #[serde(borrow, default, rename = "cvssMetricV31")]
    v31: Vec<Metric<'a>>,
    #[serde(borrow, default, rename = "cvssMetricV30")]
    v30: Vec<Metric<'a>>,
    #[serde(borrow, default, rename = "cvssMetricV2")]
    v2: Vec<Metric<'a>>,
}

#[derive(Deserialize)]
struct Metric<'a> {
    #[serde(borrow, default, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow, rename = "cvssData")]
    data: CvssData<'a>,
}

#[derive(Deserialize)]
struct CvssData<'a> {
    #[serde(borrow, default, rename = "vectorString")]
    vector: Cow<'a, str>,
}

#[cfg(test)]
#[path = "nvd_tests.rs"]
mod tests;
