//! Feeds of other formats than OSV, each from its bytes to records and enrichments.
//!
//! [`detect`] tells the format of a file by how it begins, [`read`] streams what it holds into a
//! sink. Memory is bounded by named constants whatever the file claims; a part that cannot be read
//! is told as a [`FeedProblem`] and costs itself alone.

use std::borrow::Cow;
use std::io;
use std::ops::ControlFlow;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use outcrop_model::{AdvisoryRecord, Epss, KnownExploited, NvdRating};
use serde::de::{Deserialize, Deserializer};

use crate::archive::FeedArchiveError;
use crate::osv::RecordError;

pub mod alpine_secdb;
pub mod debian_tracker;
pub mod end_of_life;
pub mod epss;
#[cfg(test)]
mod fixtures;
mod format;
#[cfg(test)]
mod fuzz;
mod json_items;
pub mod kev;
pub mod nvd;
mod read;
pub mod redhat_vex;
pub mod updateinfo;

use end_of_life::ReleaseSupport;
pub use format::{FeedFormat, HEAD_BYTES, detect};
pub use read::{FeedFile, read};

/// Most bytes of one feed, unpacked: 4 GiB.
pub const MAX_FEED_BYTES: u64 = 4 * 1024 * 1024 * 1024;

/// Longest text that is kept from a feed where the publisher means a sentence, in bytes.
const MAX_REASON_BYTES: usize = 400;

/// One thing that a feed says.
#[derive(Debug)]
pub enum FeedContent {
    /// An advisory.
    Record(Box<AdvisoryRecord>),
    /// An entry of CISA's catalog.
    KnownExploited {
        /// Which CVE.
        cve: String,
        /// What is said of it.
        entry: KnownExploited,
    },
    /// An estimate of FIRST.
    Epss {
        /// Of which CVE.
        cve: String,
        /// The estimate.
        epss: Epss,
    },
    /// A rating of NVD; without vectors where NVD has none or has none any more.
    Nvd {
        /// Of which CVE.
        cve: String,
        /// The rating.
        rating: NvdRating,
    },
    /// Until when a release is supported.
    Support(ReleaseSupport),
    /// When the publisher made the feed, RFC 3339 as it says; it may lie in the future.
    Dated(String),
    /// A part that could not be read.
    Problem(FeedProblem),
}

/// Where the content of a feed goes; `Break` ends the reading.
pub type Sink<'a> = dyn FnMut(FeedContent) -> ControlFlow<()> + 'a;

/// Why a part of a feed could not be read.
#[derive(Debug, thiserror::Error)]
pub enum FeedFault {
    /// Not JSON, or not of the format's shape.
    #[error("it cannot be read: {0}")]
    Json(#[from] serde_json::Error),
    /// Not XML.
    #[error("its XML is broken: {0}")]
    Xml(String),
    /// Not an OSV record.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// Not a zip that can be read.
    #[error(transparent)]
    Archive(#[from] FeedArchiveError),
    /// The text is no JSON at this place.
    #[error("its JSON is broken at byte {offset}")]
    BrokenJson {
        /// Counted from the beginning of the feed, unpacked.
        offset: u64,
    },
    /// The feed ends before it is whole.
    #[error("it ends too early, at byte {offset}")]
    Truncated {
        /// Counted from the beginning of the feed, unpacked.
        offset: u64,
    },
    /// The bytes could not be had.
    #[error("its bytes cannot be had: {0}")]
    Io(#[from] io::Error),
    /// A member that is no value of its kind.
    #[error("`{found}` is no {what}")]
    Value {
        /// What it had to be.
        what: &'static str,
        /// What stands there, cut to 80 characters.
        found: String,
    },
    /// Larger than is read.
    #[error("it is larger than {limit} bytes")]
    TooLarge {
        /// The limit.
        limit: u64,
    },
    /// More of something than is taken; what came before has arrived.
    #[error("there are more {what} than are read: {limit}")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// How many are read.
        limit: usize,
    },
}

impl FeedFault {
    pub(crate) fn value(what: &'static str, found: &str) -> Self {
        Self::Value {
            what,
            found: found.escape_debug().take(80).collect(),
        }
    }

    pub(crate) fn too_many(what: &'static str, limit: usize) -> Self {
        Self::TooMany { what, limit }
    }
}

/// A part of a feed that could not be read, and where.
#[derive(Debug, thiserror::Error)]
#[error("`{place}`: {fault}")]
pub struct FeedProblem {
    /// Where in the feed, as a line, a package or an identifier; cut to 200 characters.
    pub place: String,
    /// What is wrong.
    #[source]
    pub fault: FeedFault,
}

impl FeedProblem {
    pub(crate) fn new(place: impl AsRef<str>, fault: FeedFault) -> Self {
        Self {
            place: place.as_ref().escape_debug().take(200).collect(),
            fault,
        }
    }
}

fn problem(place: impl AsRef<str>, fault: FeedFault) -> FeedContent {
    FeedContent::Problem(FeedProblem::new(place, fault))
}

/// Whether a text is the identifier of a CVE and nothing else.
fn is_cve(text: &str) -> bool {
    crate::cve_of(text) == Some(text) && text.len() <= 32
}

/// A text on one line, no longer than a sentence.
fn sentence(text: &str) -> String {
    let mut line = String::new();
    for word in text.split_whitespace() {
        if line.len() + word.len() >= MAX_REASON_BYTES {
            line.push_str(" …");
            break;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}

/// A time as publishers write it, in RFC 3339: with a zone, without one (then UTC), a day alone,
/// or seconds since 1970.
fn rfc3339(text: &str) -> Option<String> {
    let text = text.trim();
    if let Ok(time) = text.parse::<Timestamp>() {
        return Some(time.to_string());
    }
    // Fewer digits are a day without dashes.
    if let Ok(seconds) = text.parse::<i64>()
        && text.len() > 8
    {
        return Timestamp::from_second(seconds)
            .ok()
            .map(|time| time.to_string());
    }
    let local = match text.parse::<DateTime>() {
        Ok(local) => local,
        Err(_) => text.parse::<Date>().ok()?.at(0, 0, 0, 0),
    };
    let time = local.to_zoned(TimeZone::UTC).ok()?.timestamp();
    Some(time.to_string())
}

fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

/// A JSON text that may be borrowed.
#[derive(serde::Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_publishers_write_them() {
        for (text, expected) in [
            ("2026-11-20T17:04:19.5Z", Some("2026-11-20T17:04:19.5Z")),
            ("2026-11-20T17:04:19+02:00", Some("2026-11-20T15:04:19Z")),
            ("2026-11-20T17:04:19.5", Some("2026-11-20T17:04:19.5Z")),
            (" 2026-11-20 17:04:19", Some("2026-11-20T17:04:19Z")),
            ("2026-11-20", Some("2026-11-20T00:00:00Z")),
            ("20261120", Some("2026-11-20T00:00:00Z")),
            ("1700000000", Some("2023-11-14T22:13:20Z")),
            ("2999-12-31", Some("2999-12-31T00:00:00Z")),
            ("2026-13-40", None),
            ("99999999999999999999", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(rfc3339(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn a_long_reason_is_cut_between_words() {
        assert_eq!(sentence(" Minor\n issue "), "Minor issue");
        let long = sentence(&"word ".repeat(1_000));
        assert!(
            long.len() < MAX_REASON_BYTES + 8 && long.ends_with("word …"),
            "{long}"
        );
        assert!(sentence(&"x".repeat(10_000)).len() < 8);
    }
}
