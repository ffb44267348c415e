//! The result of an alignment.

use serde::Serialize;

/// How sure a match is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// The text agrees, no other instruction comes near, and nothing that makes layers is left over.
    Exact,
    /// The best that could be found.
    Approximate,
}

/// Where one history entry came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EntryMatch {
    /// Position among the steps that were given.
    pub step: usize,
    /// Instruction index in the file; none where no instruction fits. A step of a trigger that the
    /// base image holds (`ONBUILD`) points at the `FROM`.
    pub instruction: Option<usize>,
    /// First and last line of the instruction, counted from 1.
    pub lines: Option<(usize, usize)>,
    /// The weight of the match; 10 is the same text.
    pub score: i32,
    /// How much worse the whole alignment becomes without this match.
    pub margin: i32,
    /// How sure it is.
    pub confidence: Confidence,
}

/// All history entries above the base, laid beside the instructions.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HistoryAlignment {
    /// One for each step, in order.
    pub entries: Vec<EntryMatch>,
    /// Exact where every entry is.
    pub confidence: Confidence,
    /// Agreeing entries divided by the larger of the entries and the instructions that must have
    /// one; from 0 to 1.
    pub match_ratio: f64,
    /// What to tell where the file is probably not the one that the image was built from.
    pub warning: Option<String>,
}
