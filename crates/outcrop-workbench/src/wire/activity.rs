//! What newer advisories changed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::report::Severity;

/// How many findings changed without a change of the image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export))]
pub struct ChangeCounts {
    /// Vulnerabilities that were not known to affect it.
    pub newly_affected: u32,
    /// Findings that can be mended now.
    pub fix_available: u32,
    /// Findings that are gone.
    pub no_longer_affected: u32,
}

/// What newer advisories changed, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export))]
pub struct ActivityList {
    /// [`crate::report::SCHEMA_VERSION`] of the writer.
    pub schema_version: String,
    /// The changes.
    pub events: Vec<ActivityEvent>,
}

/// A finding that changed without a change of the image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export))]
pub struct ActivityEvent {
    /// Its number; later ones are larger, 0 where it was not asked for.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub id: i64,
    /// RFC 3339 time at which it was noticed.
    pub at: String,
    /// Identity of the image.
    pub config_digest: String,
    /// Its name.
    pub image: String,
    /// How it changed.
    pub change: ActivityChange,
    /// The vulnerability.
    pub vulnerability: String,
    /// Name of the package.
    pub package: String,
    /// Key of the finding.
    pub key: String,
    /// Severity, where it is still a finding.
    pub severity: Option<Severity>,
    /// Version that mends it, where there is one.
    pub fixed_version: Option<String>,
    /// One line on it.
    pub sentence: String,
    /// Whether the user has seen it.
    pub seen: bool,
}

/// How a finding changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case")]
pub enum ActivityChange {
    /// It was not there before.
    NewlyAffected,
    /// It can be mended now.
    FixAvailable,
    /// It is gone.
    NoLongerAffected,
}
