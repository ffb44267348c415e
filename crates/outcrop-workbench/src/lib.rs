//! The use cases of Outcrop, for the command line and the desktop alike.
//!
//! **Purpose.** Joins sources, image reading, catalogers, advisories, lineage and Containerfile
//! patches into what a user does: list, scan, explain, look at the family, fix.
//!
//! **Supported.** Images of Docker and Podman, archives and OCI folders; packages of distributions
//! and languages judged by every feed that is loaded; what newer advisories change in images that
//! were scanned before; families of local images; one upgrade instruction of apt or a newer local
//! base as a verified patch.
//!
//! **Unsupported.** Images in a registry; writing Containerfiles, building and proving a patch.
//!
//! **Invariants.** Nothing here knows a terminal or a window; progress goes to a sink, results are
//! values of [`report`] and [`wire`]. Both front ends call the same functions. Findings are never
//! kept: every report is projected from the kept inventory by the advisories as they are now.

#![deny(missing_docs)]

mod action;
mod activity;
mod advisories;
mod assemble;
mod choice;
mod clock;
mod comparison;
mod coverage;
mod error;
mod explain;
mod families;
mod fix;
mod images;
mod jobs;
mod judgement;
mod known;
pub mod output;
mod progress;
mod projection;
mod ranking;
mod reading;
pub mod report;
mod risks;
mod scan;
mod session;
mod target;
pub mod wire;
mod workbench;

pub use advisories::{Mirror, MirrorError};
pub use assemble::THIS_IMAGE;
pub use error::WorkbenchError;
pub use jobs::{JobHandle, Jobs};
pub use outcrop_model::version::{LineFault, ORDERS, VersionOrder, check_lines, order_of};
pub use progress::{Cancellation, Progress, ProgressSink};
pub use scan::{PreviewSink, Scanned};
pub use session::Session;
pub use target::ScanTarget;
pub use workbench::{EngineChanges, Options, ScanOptions, Workbench};
