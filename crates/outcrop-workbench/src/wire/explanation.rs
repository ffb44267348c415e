//! What was weighed about a vulnerability.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::report::{Epss, Finding, KnownExploited, NotJudged, Severity};

/// Everything that was weighed about a vulnerability in an image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export))]
pub struct Explanation {
    /// [`crate::report::SCHEMA_VERSION`] of the writer.
    pub schema_version: String,
    /// Identity of the image.
    pub config_digest: String,
    /// Its name.
    pub image: String,
    /// The vulnerability.
    pub vulnerability: String,
    /// Whether the image has it.
    pub verdict: ExplanationVerdict,
    /// The verdict in one sentence.
    pub statement: String,
    /// One line on the vulnerability.
    pub summary: String,
    /// CISA's entry, where exploitation is known.
    pub known_exploited: Option<KnownExploited>,
    /// FIRST's estimate, where there is one.
    pub epss: Option<Epss>,
    /// The packages that records about it speak of, the affected ones first.
    pub packages: Vec<PackageExplanation>,
    /// What of the image was judged, in one sentence.
    pub coverage: String,
    /// What was not, and why.
    pub not_judged: Vec<NotJudged>,
}

/// Whether an image or a package has a vulnerability.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case")]
pub enum ExplanationVerdict {
    /// It has.
    Affected,
    /// A record speaks of a version that could not be compared.
    NotCompared,
    /// It has not: a publisher says so, or the version is outside of the affected ones.
    NotAffected,
    /// No record about it names a package of the image, and all of that was judged.
    NotInImage,
    /// No record about it names a package of the image, but not all of that was judged.
    NotJudged,
}

/// What was weighed about a vulnerability in a package.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export))]
pub struct PackageExplanation {
    /// Index into the packages of the report.
    pub package: u32,
    /// Name.
    pub name: String,
    /// Version.
    pub version: String,
    /// Format, as `deb`.
    pub kind: String,
    /// Package URL.
    pub purl: String,
    /// Whether it has the vulnerability.
    pub verdict: ExplanationVerdict,
    /// The verdict and its ground in one sentence.
    pub statement: String,
    /// Path that the package was read from.
    pub evidence: String,
    /// What read it there.
    pub cataloger: String,
    /// Layer whose file is read at that path.
    pub evidence_layer: Option<u32>,
    /// Layer that introduced the package.
    pub layer: Option<u32>,
    /// The instruction that made that layer.
    pub instruction: String,
    /// Name of the image that brought it.
    pub owner: String,
    /// Name, version and ecosystems by which records judge it.
    pub judged_as: String,
    /// Where the severity is from.
    pub severity_from: Option<String>,
    /// The records, the deciding one first.
    pub records: Vec<RecordExplanation>,
    /// The finding, where it is one.
    pub finding: Option<Finding>,
}

/// What one entry of a record says of a package.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export))]
pub struct RecordExplanation {
    /// Identifier.
    pub id: String,
    /// Kind of the feed, as `osv`.
    pub feed: String,
    /// RFC 3339 time of its last change, as the publisher says.
    pub modified: String,
    /// Ecosystem with its release that the entry speaks of.
    pub ecosystem: String,
    /// Name that the entry speaks of.
    pub name: String,
    /// Module stream that it speaks of.
    pub module: Option<String>,
    /// Affected versions in words, one per range.
    pub affected_versions: Vec<String>,
    /// The comparison, as `7.76.1-26.el9 < 7.76.1-26.el9_3.2`.
    pub comparison: String,
    /// What the entry says by itself.
    pub answer: Answer,
    /// True for the record that decided; the others are second opinions.
    pub decides: bool,
    /// What the publisher says beyond the ranges, as `will-not-fix`.
    pub stance: Option<String>,
    /// Its reason, in its words.
    pub reason: Option<String>,
    /// Its urgency word.
    pub urgency: Option<String>,
    /// Severity, as far as this record says.
    pub severity: Severity,
    /// CVSS vectors.
    pub vectors: Vec<String>,
}

/// What an entry of a record says of a version.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// Affected.
    Affected,
    /// Not affected, whatever the version: the publisher says so.
    Cleared,
    /// Outside of the affected versions.
    NotAffected,
    /// Affected by itself; a record that counts for more says otherwise, or it speaks of another
    /// build of the package.
    Overruled,
    /// The versions could not be compared.
    NotCompared,
}
