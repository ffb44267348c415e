//! Advisory records: from bytes to findings.
//!
//! **Purpose.** Reads OSV records, tells which of them affect the packages of an image, and makes
//! one finding of all records about the same vulnerability in the same package.
//!
//! **Supported.** OSV schema 1.3 to 1.9, one record at a time or out of a feed's zip; ranges of the
//! kinds `ECOSYSTEM` and `SEMVER` with every event; version lists; CVSS 2.0, 3.0, 3.1 and 4.0;
//! Ubuntu priorities; Debian urgencies. Matching for Debian, by source package and release.
//!
//! **Unsupported.** Packages of other kinds: they have no finding, and no answer either. Ranges of commits (`GIT`); `related` records, which OSV does not hold to be the
//! same vulnerability; ecosystems that have no version order yet.
//!
//! **Invariants.** No I/O beyond the readers handed in, no clock. A broken record costs itself
//! alone. Two different CVEs never become one vulnerability. A version that cannot be compared is
//! told, never guessed.

#![deny(missing_docs)]

pub mod archive;
pub mod classes;
pub mod decide;
pub mod feeds;
pub mod finding;
pub mod matcher;
pub mod merge;
pub mod names;
pub mod osv;
mod publisher;
pub mod range;
mod severity;
pub mod subject;

pub use archive::{FeedArchiveError, RecordProblem, RecordProblems, ZipRecords, file_records};
pub use classes::cve_of;
pub use finding::{Apart, Finding, NotAffected, RecordRef, Status};
pub use matcher::{Candidates, Cleared, Judged, NotJudged, RecordMatch, candidates_of, judge};
pub use merge::{Findings, Records, findings};
pub use names::normalised;
pub use osv::{MAX_RECORD_BYTES, RecordError};
pub use range::{End, Match, Verdict, affected};
pub use severity::base_score;
pub use subject::{Modularity, Subject, Subjects, Unjudged, language, subjects};
