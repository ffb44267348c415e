//! Feeds that are not of the OSV format, each from its bytes to records and enrichments.

use std::io;

pub mod end_of_life;

/// Why a part of a feed could not be read.
#[derive(Debug, thiserror::Error)]
pub enum FeedFault {
    /// Not JSON, or not of the format's shape.
    #[error("it cannot be read: {0}")]
    Json(#[from] serde_json::Error),
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
            place: place.as_ref().chars().take(200).collect(),
            fault,
        }
    }
}
