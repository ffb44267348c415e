//! Advisory records: from bytes to findings.
//!
//! **Purpose.** Reads the records of publishers, tells by which of them each package of an image is
//! judged and which affect it, and makes one finding of all records about the same vulnerability in
//! the same package, as the publisher says that answers for it.
//!
//! **Supported.** OSV schema 1.3 to 1.9, one record at a time or out of a feed's zip; ranges of the
//! kinds `ECOSYSTEM` and `SEMVER` with every event; version lists; CVSS 2.0, 3.0, 3.1 and 4.0; the
//! words of Ubuntu, Debian, GitHub, Red Hat and those made from it. Debian's tracker, `secdb`, Red
//! Hat's VEX, `updateinfo`, KEV, EPSS, NVD and dates of support ([`feeds`]). Distributions by
//! release and source or binary name, languages by their ecosystem, programs without a package by
//! Bitnami's records ([`subject`]).
//!
//! **Unsupported.** Packages that nobody publishes advisories of (Arch Linux, `WordPress`,
//! `LuaRocks`): they are told, with the reason. Ranges of commits (`GIT`). Streams of Red Hat other
//! than the main ones of a release. `related` records that are no notice's CVEs, which OSV does not
//! hold to be the same vulnerability.
//!
//! **Invariants.** No I/O beyond the readers handed in, no clock. A broken record costs itself
//! alone. Two different CVEs never become one vulnerability. A version that cannot be compared is
//! told, never guessed. Every package of an inventory is judged or has a reason why not.

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
pub use matcher::{
    CandidateSource, Candidates, Cleared, Judged, NotJudged, RecordMatch, candidates_of, judge,
};
pub use merge::{Findings, Records, cves, findings};
pub use names::normalised;
pub use osv::{MAX_RECORD_BYTES, RecordError};
pub use range::{End, Match, Verdict, affected};
pub use severity::base_score;
pub use subject::{Modularity, Subject, Subjects, Unjudged, language, subjects};
