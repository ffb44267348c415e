//! The values that every part of Outcrop speaks of, and the version orders.
//!
//! **Purpose.** One vocabulary (design, "Words") for images, layers, packages, advisories and
//! findings, so that no two crates define the same thing.
//!
//! **Supported.** SHA-256 digests; OCI and Docker image configurations; packages with their source
//! package and package URL; the version orders of Debian, RPM, Alpine, Arch Linux, Semantic
//! Versioning (npm, crates.io, Bitnami, Swift), PyPI, Go, Maven, `RubyGems`, Composer, `NuGet`, Hex,
//! Pub, CRAN, Conan and Hackage, each with the further ecosystems that it serves.
//!
//! **Unsupported.** Digests of other algorithms; the orders of OSV's other ecosystems, such as Julia
//! and opam; Echo, whose suffix names the order.
//!
//! **Invariants.** No I/O, no clock, no environment: every value is computed from its arguments.

#![deny(missing_docs)]

pub mod advisory;
pub mod digest;
pub mod enrichment;
pub mod image;
pub mod inventory;
pub mod operating_system;
pub mod package;
pub mod posture;
pub mod problem;
pub mod severity;
pub mod version;

pub use advisory::{
    AdvisoryRecord, AffectedPackage, Candidate, Event, FeedKind, Range, RangeKind, Stance,
};
pub use digest::{ChainId, ConfigDigest, DiffId, Digest, DigestError};
pub use enrichment::{Enrichment, Enrichments, Epss, KnownExploited, NvdRating};
pub use image::{HistoryEntry, ImageConfig, ImageConfigError, Platform};
pub use inventory::{
    Inventory, InventoryPackage, LayerFacts, PackageChange, PackageEvent, PackageOwner,
};
pub use operating_system::OperatingSystem;
pub use package::{
    Certainty, Evidence, Licence, Package, PackageIdentity, PackageKind, SourcePackage,
};
pub use posture::{
    Account, Accounts, CONCEALED, ConfigurationPlace, ConfigurationSecret, OwnedEntries, Password,
    PlacedSighting, Posture, PostureNote, RunSettings, SecretTrace, Sighting,
};
pub use problem::{Problem, ProblemKind};
pub use severity::Severity;
