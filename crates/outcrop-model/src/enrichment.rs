//! What others than the publisher of a record say of a CVE: known exploitation, its likelihood, and a
//! severity where nobody else gives one.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::severity::Severity;

/// Enrichments by CVE.
pub type Enrichments = HashMap<String, Enrichment>;

/// What is known of one CVE beside its records.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Enrichment {
    /// Its entry in CISA's catalog of known exploited vulnerabilities.
    pub known_exploited: Option<KnownExploited>,
    /// FIRST's estimate.
    pub epss: Option<Epss>,
    /// NVD's rating.
    pub nvd: Option<NvdRating>,
}

/// An entry of CISA's catalog (KEV).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownExploited {
    /// `dateAdded`, as `2021-12-10`.
    pub added: String,
    /// `dueDate`, until when agencies had to mend it.
    pub due: String,
    /// True where campaigns with ransomware are known.
    pub ransomware: bool,
}

/// The Exploit Prediction Scoring System's estimate for the next 30 days.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Epss {
    /// Probability of exploitation, 0 to 1.
    pub probability: f64,
    /// Share of all CVEs with the same probability or a lower one, 0 to 1.
    pub percentile: f64,
}

/// NVD's rating of a CVE.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NvdRating {
    /// CVSS vectors, newest scheme first.
    pub vectors: Vec<String>,
    /// Computed from them.
    pub severity: Severity,
}
