//! The use cases of Outcrop, for the command line and the desktop alike.
//!
//! **Purpose.** Joins sources, image reading, catalogers, advisories, lineage and Containerfile
//! patches into what a user does: list, scan, look at the family, fix.
//!
//! **Invariants.** Nothing here knows a terminal or a window; progress goes to a sink, results are
//! values of [`report`] and [`wire`]. Both front ends call the same functions.

#![deny(missing_docs)]

pub mod report;
pub mod wire;
