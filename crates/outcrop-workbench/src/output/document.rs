//! The documents that commands print with `--json` or `--format json`.
//!
//! Each is an object with a `schema_version`, so that it can grow.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::report::{SCHEMA_VERSION, ScanReport};
use crate::wire::{EngineStatus, FeedStatus, WireError};

/// What `outcrop scan --format json` prints for several images; for one that was named it prints the
/// [`ScanReport`] itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ScanDocument {
    /// [`SCHEMA_VERSION`] of the writer.
    pub schema_version: String,
    /// One per image, in the order asked for.
    pub reports: Vec<ScanReport>,
    /// Images that could not be scanned.
    pub errors: Vec<TargetError>,
}

/// An image that could not be scanned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TargetError {
    /// As it was asked for.
    pub target: String,
    /// Why.
    pub error: WireError,
}

/// What `outcrop engines --json` prints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EnginesDocument {
    /// [`SCHEMA_VERSION`] of the writer.
    pub schema_version: String,
    /// Every endpoint tried.
    pub engines: Vec<EngineStatus>,
}

/// What `outcrop advisories status --json` prints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AdvisoriesDocument {
    /// [`SCHEMA_VERSION`] of the writer.
    pub schema_version: String,
    /// One per ecosystem.
    pub feeds: Vec<FeedStatus>,
}

impl ScanDocument {
    /// The document of some scans.
    pub fn new(reports: Vec<ScanReport>, errors: Vec<TargetError>) -> Self {
        Self {
            schema_version: SCHEMA_VERSION.to_owned(),
            reports,
            errors,
        }
    }
}

impl EnginesDocument {
    /// The document of some endpoints.
    pub fn new(engines: Vec<EngineStatus>) -> Self {
        Self {
            schema_version: SCHEMA_VERSION.to_owned(),
            engines,
        }
    }
}

impl AdvisoriesDocument {
    /// The document of some feeds.
    pub fn new(feeds: Vec<FeedStatus>) -> Self {
        Self {
            schema_version: SCHEMA_VERSION.to_owned(),
            feeds,
        }
    }
}
