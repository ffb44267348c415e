//! What could not be read, and where.

use serde::{Deserialize, Serialize};

use crate::digest::DiffId;

/// What kind of trouble a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProblemKind {
    /// Not of the format that its place promises.
    Malformed,
    /// Ends before its end.
    Truncated,
    /// Larger, deeper or more numerous than the limit.
    TooLarge,
    /// Its bytes are not what its digest promises.
    DigestMismatch,
    /// Named by an index but not there.
    Absent,
    /// A format or a layer that Outcrop does not read.
    Unsupported,
}

/// Trouble that cost part of the result, never all of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Problem {
    /// What kind of trouble.
    pub kind: ProblemKind,
    /// The layer, where one is known.
    pub layer: Option<DiffId>,
    /// Path inside the layer or archive; empty where the whole is meant.
    pub path: String,
    /// One sentence without a final period, the deciding value last.
    pub message: String,
}
