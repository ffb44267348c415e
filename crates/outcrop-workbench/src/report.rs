//! What a scan says: the one projection that the command line and the interface show.
//!
//! These types are the published JSON of `outcrop scan --format json`; within a major
//! [`SCHEMA_VERSION`] they only grow. They are separate from the model so that the model can
//! change without breaking scripts.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

mod coverage;
mod finding;
mod risk;

pub use coverage::{
    AdvisoryBasis, Coverage, EcosystemCoverage, FeedCoverage, NotJudged, OperatingSystem, Support,
    SupportState, UnreadFiles,
};
pub use finding::{
    Apart, Epss, Finding, KnownExploited, NotAffected, RecordSource, Severity, SeverityCounts,
    Status,
};
pub use risk::{Risk, RiskCheck, RiskCounts, RiskGroup, RiskNote, RiskReference, Secret};

/// Version of the JSON written by Outcrop: major.minor; a reader may rely on the major part.
pub const SCHEMA_VERSION: &str = "1.3";

/// The result of scanning one image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export))]
pub struct ScanReport {
    /// [`SCHEMA_VERSION`] of the writer.
    pub schema_version: String,
    /// Version of Outcrop.
    pub outcrop_version: String,
    /// RFC 3339 time at which the image was read.
    pub scanned_at: String,
    /// RFC 3339 time at which the findings were matched.
    pub matched_at: String,
    /// How far the scan has come.
    pub stage: Stage,
    /// The image.
    pub image: ImageSummary,
    /// Whether the whole image could be read.
    pub completeness: Completeness,
    /// What could be judged.
    pub coverage: Coverage,
    /// Layers, lowest first; empty in a preview.
    pub layers: Vec<Layer>,
    /// Images that this one is built on, nearest first, and the evidence.
    pub ancestors: Vec<Ancestor>,
    /// Installed packages.
    pub packages: Vec<Package>,
    /// Packages of which only the configuration is left.
    pub configuration_leftovers: Vec<Package>,
    /// Vulnerabilities in packages, in the order in which to mend them.
    pub findings: Vec<Finding>,
    /// Counts of `findings` by severity.
    pub counts: SeverityCounts,
    /// Vulnerabilities that publishers say packages of the image do not have.
    #[serde(default)]
    pub not_affected: Vec<NotAffected>,
    /// Whether the image was looked at for risks; without that an empty `risks` means nothing.
    #[serde(default)]
    pub risks_looked_for: bool,
    /// What is risky beside the versions of packages, the worst first.
    #[serde(default)]
    pub risks: Vec<Risk>,
    /// Counts of `risks` by severity.
    #[serde(default)]
    pub risk_counts: RiskCounts,
    /// The checks that `risks` are of.
    #[serde(default)]
    pub risk_checks: Vec<RiskCheck>,
    /// What was looked at for risks in part.
    #[serde(default)]
    pub risk_notes: Vec<RiskNote>,
    /// Where the image's package manager looks for packages.
    pub package_sources: Vec<String>,
    /// What could not be read, each with its place.
    pub problems: Vec<Problem>,
}

/// How far a scan has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// From the package databases alone: no layers yet.
    Preview,
    /// From every layer.
    Complete,
}

/// Whether the image could be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case")]
pub enum Completeness {
    /// All of it.
    Complete,
    /// Some of it; `problems` says what is missing.
    Partial,
}

/// The facts of an image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export))]
pub struct ImageSummary {
    /// Name under which it was asked for.
    pub name: String,
    /// `sha256:…` of its configuration: its identity.
    pub config_digest: String,
    /// Where it was read from: an engine's name, `archive` or `folder`.
    pub source: String,
    /// References (tags).
    pub references: Vec<String>,
    /// `repository@sha256:…` digests that registries know it by.
    pub repository_digests: Vec<String>,
    /// As `linux/amd64`.
    pub platform: String,
    /// RFC 3339 time of the build, as the image claims.
    pub created: Option<String>,
    /// Bytes of file content over all layers.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub size_bytes: u64,
    /// Effective user, empty for root.
    pub user: String,
}

/// One layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export))]
pub struct Layer {
    /// Position, lowest is 0.
    pub index: u32,
    /// Digest of the uncompressed layer.
    pub diff_id: String,
    /// The instruction that made it, as the builder recorded it; empty where the history has none.
    pub instruction: String,
    /// Position of that instruction in the history.
    pub history_index: Option<u32>,
    /// RFC 3339 time of the step, as claimed.
    pub created: Option<String>,
    /// Config digest of the ancestor that brought it; `None` for this image itself or an unknown base.
    pub ancestor: Option<String>,
    /// Name of the owner to show: the ancestor's reference or `this image`.
    pub owner: String,
    /// Bytes of file content it adds.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub size_bytes: u64,
    /// Regular files it adds.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub files: u64,
    /// Bytes of lower layers that it hides.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub hidden_bytes: u64,
    /// Packages that it introduced and that are still there.
    pub packages: u32,
    /// Findings in those packages.
    pub counts: SeverityCounts,
    /// Risks that it brought and that the image still ships.
    #[serde(default)]
    pub risks: u32,
    /// False where it could not be read.
    pub read: bool,
}

/// How sure a statement about ancestry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case")]
pub enum Certainty {
    /// Bytes prove it.
    Exact,
    /// An annotation, provenance or file says so.
    Declared,
    /// A heuristic.
    Inferred,
    /// Nothing is known.
    Unknown,
}

/// An image that another one is built on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export))]
pub struct Ancestor {
    /// Config digest, where the image is here.
    pub config_digest: Option<String>,
    /// Name to show.
    pub name: String,
    /// Role in the family.
    pub role: Role,
    /// How many layers of the descendant are its own and its ancestors'.
    pub layers: u32,
    /// How sure this is.
    pub certainty: Certainty,
    /// What it was concluded from, one sentence each.
    pub evidence: Vec<String>,
}

/// Role of an image in its family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Root of a family: a distribution.
    Base,
    /// Between base and applications, with several descendants.
    Enterprise,
    /// A leaf that somebody here built.
    Application,
    /// Used to build others, not as their base.
    Builder,
    /// A vendor's image, not built here.
    Cots,
}

/// An installed package.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export))]
pub struct Package {
    /// Format, as `deb`.
    pub kind: String,
    /// Name.
    pub name: String,
    /// Version.
    pub version: String,
    /// Architecture.
    pub architecture: Option<String>,
    /// Source package and its version, where there is one.
    pub source: Option<SourcePackage>,
    /// Package URL.
    pub purl: String,
    /// Layer that introduced it in this version; `None` in a preview.
    pub layer: Option<u32>,
    /// Layer in which it was first seen.
    pub first_seen_layer: Option<u32>,
    /// Name of the image that brought it.
    pub owner: String,
    /// True where an ancestor brought it.
    pub inherited: bool,
    /// The package of the system that it is made of: its publisher answers for it.
    #[serde(default)]
    pub owned_by: Option<PackageOwner>,
    /// What it is installed in, where there can be several: a folder or a program, without a
    /// leading slash.
    #[serde(default)]
    pub place: Option<String>,
    /// Licences as its records tell them; several may contradict each other.
    #[serde(default)]
    pub licences: Vec<Licence>,
    /// How sure name and version are: `declared` where a record says both, else `inferred`.
    #[serde(default = "declared")]
    pub certainty: Certainty,
    /// What they were concluded from, as "the file's name"; `None` where a record says both.
    #[serde(default)]
    pub inferred_from: Option<String>,
    /// Changes along the layers, oldest first, one sentence each, as "layer 3: 3.0.9-1 → 3.0.11-1".
    pub changes: Vec<String>,
    /// Path it was read from, without a leading slash.
    pub evidence: String,
    /// Layer whose file is read at that path: of those that wrote it the last. `None` in a preview
    /// and in scans of before this was noted.
    #[serde(default)]
    pub evidence_layer: Option<u32>,
    /// What read it there, as `dpkg-status`.
    #[serde(default)]
    pub cataloger: String,
    /// True where advisories were looked through for it or for the package it is made of; without
    /// that its findings mean nothing.
    #[serde(default)]
    pub judged: bool,
    /// Findings in it.
    pub findings: u32,
}

/// What a report of before 1.1 says of every package.
const fn declared() -> Certainty {
    Certainty::Declared
}

/// A package of the system that owns the files of another package.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export))]
pub struct PackageOwner {
    /// Format, as `deb`.
    pub kind: String,
    /// Name.
    pub name: String,
}

/// A licence of a package.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export))]
pub struct Licence {
    /// An expression of SPDX, or what the package says.
    pub text: String,
    /// True where it is an expression of SPDX.
    pub spdx: bool,
}

/// A source package.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export))]
pub struct SourcePackage {
    /// Name.
    pub name: String,
    /// Version.
    pub version: String,
}

/// What could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export))]
pub struct Problem {
    /// As `truncated`.
    pub kind: String,
    /// Digest of the layer, where one is known.
    pub layer: Option<String>,
    /// Path, where one is known.
    pub path: String,
    /// One sentence.
    pub message: String,
}
