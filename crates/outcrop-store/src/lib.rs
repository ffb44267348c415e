//! Everything that is kept, in one SQLite database.
//!
//! **Purpose.** The only place with SQL: advisory records and questions to them, what enriches them,
//! layer reports, scans, judgements and what changed between them, which Containerfile belongs to
//! which image, settings.
//!
//! **Supported.** Several feeds an ecosystem, each whole or in parts. One database a data directory, with a write-ahead log; several processes at once;
//! migrations with a copy made before. Layer reports and inventories are bytes to it.
//!
//! **Unsupported.** Databases on network file systems without locks; going back to an older version.
//!
//! **Invariants.** A store of a newer version is refused with no byte changed. A set of records is
//! replaced whole in one step or not at all, and never by an empty or an older one. Transactions
//! are short, so that nobody waits for an import.

#![deny(missing_docs)]

mod associations;
mod candidate_encoding;
mod enrichments;
mod error;
mod events;
mod feeds;
mod import;
mod joining;
mod known_images;
mod layers;
mod migrations;
mod scans;
mod settings;
mod store;
mod stored_record;
mod time;

pub use associations::Association;
pub use enrichments::{
    EnrichmentKind, EnrichmentOutcome, EnrichmentRows, EnrichmentSet, EnrichmentSource,
};
pub use error::StoreError;
pub use events::{EventQuery, FindingChange, FindingEvent, JudgedFinding, NewFindingEvent};
pub use feeds::{CandidateRows, Feed};
pub use import::{FeedImport, FeedIncrement, FeedSource, ImportOutcome, KeptReason};
pub use scans::{NewScan, Retention, Scan, ScanEntry, ScanId};
pub use store::{DATABASE_FILE, Store};
