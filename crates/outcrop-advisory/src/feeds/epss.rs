//! FIRST's exploit prediction scores.
//!
//! Source: FIRST, "EPSS Data and Statistics": lines of CVE, probability and percentile below a
//! header; before the header a comment with the model and the day of the scores.

use std::io::{BufRead, Read as _};
use std::ops::ControlFlow;

use outcrop_model::Epss;

use super::{FeedContent, FeedFault, Sink, is_cve, problem, rfc3339};

/// Most lines that are read; there are near 350,000 CVEs.
pub const MAX_LINES: usize = 1_000_000;

/// Longest line, in bytes.
const MAX_LINE_BYTES: u64 = 4 * 1024;

/// Streams the scores. Columns are found by their names, `cve`, `epss` and `percentile`.
pub fn read(mut reader: impl BufRead, sink: &mut Sink<'_>) -> ControlFlow<()> {
    let mut columns: Option<[usize; 3]> = None;
    let mut buffer = Vec::new();
    for number in 1.. {
        let place = || format!("line {number}");
        if number > MAX_LINES {
            return sink(problem(place(), FeedFault::too_many("lines", MAX_LINES)));
        }
        buffer.clear();
        let line = (&mut reader)
            .take(MAX_LINE_BYTES + 1)
            .read_until(b'\n', &mut buffer);
        match line {
            Err(error) => return sink(problem(place(), error.into())),
            Ok(0) => break,
            Ok(count) if count as u64 > MAX_LINE_BYTES => {
                let limit = MAX_LINE_BYTES;
                return sink(problem(place(), FeedFault::TooLarge { limit }));
            }
            Ok(_) => {}
        }
        let line = String::from_utf8_lossy(&buffer);
        let line = line.trim_start_matches('\u{feff}').trim();
        if let Some(comment) = line.strip_prefix('#') {
            if let Some(date) = score_date(comment) {
                sink(FeedContent::Dated(date))?;
            }
        } else if let Some(columns) = columns {
            match scores(line, columns) {
                Ok(Some((cve, epss))) => sink(FeedContent::Epss { cve, epss })?,
                Ok(None) => {}
                Err(fault) => sink(problem(place(), fault))?,
            }
        } else if !line.is_empty() {
            columns = header(line);
            if columns.is_none() {
                return sink(problem(place(), FeedFault::value("header of scores", line)));
            }
        }
    }
    ControlFlow::Continue(())
}

/// `score_date` among `name:value` pairs; the value has colons of its own.
fn score_date(comment: &str) -> Option<String> {
    let date = comment
        .split(',')
        .find_map(|pair| pair.trim().strip_prefix("score_date:"))?;
    // Older files write the zone without a colon: `+0000`.
    rfc3339(date).or_else(|| rfc3339(date.trim().strip_suffix("+0000")?))
}

fn header(line: &str) -> Option<[usize; 3]> {
    let position = |name: &str| {
        line.split(',')
            .position(|column| column.trim().trim_matches('"').eq_ignore_ascii_case(name))
    };
    Some([position("cve")?, position("epss")?, position("percentile")?])
}

fn scores(line: &str, columns: [usize; 3]) -> Result<Option<(String, Epss)>, FeedFault> {
    if line.is_empty() {
        return Ok(None);
    }
    let [cve, probability, percentile] = columns.map(|at| {
        line.split(',')
            .nth(at)
            .unwrap_or("")
            .trim()
            .trim_matches('"')
    });
    if !is_cve(cve) {
        return Err(FeedFault::value("CVE", cve));
    }
    let share = |text: &str| {
        text.parse::<f64>()
            .ok()
            .filter(|share| (0.0..=1.0).contains(share))
            .ok_or_else(|| FeedFault::value("share between 0 and 1", text))
    };
    let epss = Epss {
        probability: share(probability)?,
        percentile: share(percentile)?,
    };
    Ok(Some((cve.to_owned(), epss)))
}

#[cfg(test)]
#[path = "epss_tests.rs"]
mod tests;
