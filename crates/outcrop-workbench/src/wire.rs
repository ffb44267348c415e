//! What crosses to the interface besides the scan report: engines, images, jobs, fixes.
//!
//! `outcrop engines --json` and its siblings print the same values.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::report::{Certainty, RiskCounts, Role, SeverityCounts};

mod activity;
mod explanation;

pub use activity::{ActivityChange, ActivityEvent, ActivityList, ChangeCounts};
pub use explanation::{
    Answer, Explanation, ExplanationVerdict, PackageExplanation, RecordExplanation,
};

/// An endpoint that was tried, and what it answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export))]
pub struct EngineStatus {
    /// Name by which `--engine` chooses it; empty where it did not answer.
    pub name: String,
    /// `docker`, `podman` or `unknown`.
    pub kind: String,
    /// Address, as `unix:///run/docker.sock`.
    pub address: String,
    /// Where the address came from, as ``Docker context `default` ``.
    pub found_by: Vec<String>,
    /// What it answered.
    pub state: EngineState,
    /// Version of the engine, where it answered.
    pub version: Option<String>,
    /// The answer in one sentence.
    pub answer: String,
    /// What to do, where it did not answer.
    pub remedy: Option<Remedy>,
}

/// What an endpoint answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case")]
pub enum EngineState {
    /// An engine answered.
    Connected,
    /// There is nothing at the address.
    NotFound,
    /// The system refused access.
    PermissionDenied,
    /// Nobody listens.
    Refused,
    /// No answer in time.
    TimedOut,
    /// An answer that is not an engine's, or a kind of address that cannot be used.
    Failed,
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export))]
pub struct Remedy {
    /// What to do and what it means.
    pub text: String,
    /// The command that does it.
    pub command: Option<String>,
}

/// All images of all engines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export))]
pub struct ImageList {
    /// [`crate::report::SCHEMA_VERSION`] of the writer.
    pub schema_version: String,
    /// Every endpoint tried.
    pub engines: Vec<EngineStatus>,
    /// One row an image and engine.
    pub images: Vec<ImageRow>,
}

/// An image in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export))]
pub struct ImageRow {
    /// Identity, `sha256:…`.
    pub config_digest: String,
    /// Name of the engine that holds it, or `archive` for an opened archive.
    pub engine: String,
    /// References (tags), as the engine spells them.
    pub references: Vec<String>,
    /// `repository@sha256:…` digests.
    pub repository_digests: Vec<String>,
    /// Bytes, as the engine counts them.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub size_bytes: u64,
    /// RFC 3339 time of the build.
    pub created: Option<String>,
    /// Whether it was pulled or built here.
    pub origin: Origin,
    /// Why that is believed.
    pub origin_reason: String,
    /// True where no reference names it.
    pub dangling: bool,
    /// Containers that use it, running or not.
    pub containers: u32,
    /// Role in its family.
    pub role: Role,
    /// What it is built on, where known.
    pub built_on: Option<BuiltOn>,
    /// How the image and its last scan stand to each other.
    pub scan_state: ScanState,
    /// The last scan of this image, else of the image that had its reference before.
    pub scan: Option<ScanSummary>,
    /// What newer advisories changed in it since the user looked.
    #[serde(default)]
    pub changes: ChangeCounts,
}

/// Where an image came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// From a registry.
    Pulled,
    /// Built on this machine.
    Built,
    /// Imported or loaded from a file.
    Imported,
    /// Nothing tells.
    Unknown,
}

/// The nearest image that another is built on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export))]
pub struct BuiltOn {
    /// Name to show.
    pub name: String,
    /// Its identity, where it is here.
    pub config_digest: Option<String>,
    /// How sure this is.
    pub certainty: Certainty,
}

/// How an image and its last scan stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case")]
pub enum ScanState {
    /// Never scanned.
    NotScanned,
    /// Scanned as it is.
    Scanned,
    /// The reference named another image when it was scanned.
    Rebuilt,
}

/// The short form of a scan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export))]
pub struct ScanSummary {
    /// Identity of the image that was scanned.
    pub config_digest: String,
    /// RFC 3339 time.
    pub scanned_at: String,
    /// Findings.
    pub counts: SeverityCounts,
    /// Risks, apart from the findings; `None` where they were not looked for.
    #[serde(default)]
    pub risks: Option<RiskCounts>,
    /// Packages.
    pub packages: u32,
    /// False where some of it could not be judged: never show a bare zero then.
    pub judged: bool,
    /// Sentence of [`crate::report::Coverage`].
    pub statement: String,
}

/// The families of the local images.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export))]
pub struct Lineage {
    /// [`crate::report::SCHEMA_VERSION`] of the writer.
    pub schema_version: String,
    /// Every image; parents stand before their children.
    pub nodes: Vec<LineageNode>,
}

/// An image in its family.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export))]
pub struct LineageNode {
    /// Identity.
    pub config_digest: String,
    /// Name to show: first reference, else the short digest.
    pub name: String,
    /// All references over all engines.
    pub references: Vec<String>,
    /// Engines that hold it.
    pub engines: Vec<String>,
    /// Role.
    pub role: Role,
    /// Why it has this role.
    pub role_reason: String,
    /// Direct parent.
    pub parent: Option<String>,
    /// How sure the parent is.
    pub certainty: Certainty,
    /// What the parent was concluded from.
    pub evidence: Vec<String>,
    /// Layers.
    pub layers: u32,
    /// Bytes.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub size_bytes: u64,
    /// RFC 3339 time of the build.
    pub created: Option<String>,
    /// Images built on it, directly or not.
    pub descendants: u32,
    /// Findings of its last scan.
    pub counts: Option<SeverityCounts>,
    /// Findings that its own layers brought, of its last scan.
    pub own_counts: Option<SeverityCounts>,
}

/// What `fix` is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export))]
#[serde(default)]
pub struct FixRequest {
    /// Config digest of the scanned image.
    pub config_digest: String,
    /// Path of the Containerfile; `None` takes the remembered one.
    pub containerfile: Option<String>,
    /// `--target` stage; `None` for the last.
    pub target: Option<String>,
    /// `--build-arg NAME=value`.
    pub build_arguments: Vec<String>,
    /// Whether to offer a newer local image of the same base.
    pub bump_base: bool,
}

/// The change that mends an image, and what it does not mend.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export))]
pub struct FixPlan {
    /// [`crate::report::SCHEMA_VERSION`] of the writer.
    pub schema_version: String,
    /// Identity of the image.
    pub config_digest: String,
    /// Path of the Containerfile, as given.
    pub containerfile: String,
    /// Path used in the diff, relative to the root of the work tree.
    pub diff_path: String,
    /// Unified diff; empty where there is no patch.
    pub diff: String,
    /// The diff byte by byte: another than `diff` only where the file is not UTF-8.
    #[serde(skip)]
    #[cfg_attr(feature = "typescript", ts(skip))]
    pub exact_diff: Vec<u8>,
    /// The file as it is.
    pub before: String,
    /// The file with the patch.
    pub after: String,
    /// Each change.
    pub hunks: Vec<Hunk>,
    /// Findings (by `key`) that the patch clears, predicted until it is built and scanned again.
    pub clears: Vec<String>,
    /// What stays, and why.
    pub stays: Vec<Stays>,
    /// What the reader should look at before use.
    pub review: Vec<String>,
    /// How well the file's instructions match the image's history, 0 to 1; `None` where unknown.
    pub match_ratio: Option<f64>,
    /// The sentence that goes with it.
    pub match_statement: String,
}

/// One change of a Containerfile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export))]
pub struct Hunk {
    /// What it does, in one line.
    pub title: String,
    /// First line in the patched file, from 1.
    pub line: u32,
    /// Keys of the findings that it clears.
    pub clears: Vec<String>,
    /// What it rests on.
    pub evidence: String,
}

/// Findings that a patch leaves, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export))]
pub struct Stays {
    /// Why.
    pub reason: String,
    /// Keys of the findings.
    pub findings: Vec<String>,
}

/// How two scans differ.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export))]
pub struct Comparison {
    /// Identity of the older image.
    pub before: String,
    /// Identity of the newer image.
    pub after: String,
    /// Keys of findings that are gone.
    pub fixed: Vec<String>,
    /// Keys of findings that are new.
    pub new: Vec<String>,
    /// How many are in both.
    pub unchanged: u32,
}

/// What an update or an import of advisories brought.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export))]
pub struct AdvisoriesChange {
    /// The sets that were asked for, as they are now.
    pub feeds: Vec<FeedStatus>,
    /// What they changed in scanned images.
    pub changes: Vec<ActivityEvent>,
    /// Feeds that could not be had; what was there of them stays.
    pub failures: Vec<WireError>,
}

/// A set of advisories, or of what enriches them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export))]
pub struct FeedStatus {
    /// As `Debian`; empty for what is of no ecosystem.
    pub ecosystem: String,
    /// Kind of the feed: `osv`, `debian-tracker`, `kev`, …
    #[serde(default)]
    pub feed: String,
    /// The part of the feed, as `v3.10/main`; empty where it comes whole.
    #[serde(default)]
    pub part: String,
    /// Where the records came from.
    pub source: String,
    /// True for the starter set.
    pub starter: bool,
    /// Records kept.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub records: u64,
    /// Records that could not be read at the last import.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub broken: u64,
    /// Names of broken records and why, the first few.
    pub problems: Vec<String>,
    /// RFC 3339 date of the publisher's export.
    pub exported_at: Option<String>,
    /// RFC 3339 time of the import.
    pub imported_at: String,
    /// What it takes in the store, in bytes.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub size_bytes: u64,
}

/// Something long that is going on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export))]
pub struct Job {
    /// Number, unique in this run.
    pub id: u32,
    /// What it does, as `Scan team/app:1`.
    pub title: String,
    /// Config digest of the image it is about.
    pub subject: Option<String>,
    /// How it stands.
    pub state: JobState,
    /// What it is doing now.
    pub phase: String,
    /// Done so far, in units of the phase.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub count: u64,
    /// All there is to do, where known.
    #[cfg_attr(feature = "typescript", ts(type = "number | null"))]
    pub total: Option<u64>,
    /// What `count` counts: `bytes`, `layers`, `records`.
    pub unit: String,
    /// RFC 3339 time of the start.
    pub started_at: String,
    /// RFC 3339 time of the end.
    pub ended_at: Option<String>,
    /// Why it failed.
    pub error: Option<WireError>,
    /// One line on the result.
    pub outcome: Option<String>,
    /// The command that does the same.
    pub command: String,
}

/// How a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case")]
pub enum JobState {
    /// Waiting for its turn.
    Queued,
    /// Going on.
    Running,
    /// Done.
    Succeeded,
    /// Ended by an error.
    Failed,
    /// Ended by the user.
    Cancelled,
}

/// What the interface is told without asking.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Notice {
    /// The list of images or engines is another now: ask again.
    ImagesChanged,
    /// A job began, moved or ended.
    Job {
        /// The job.
        job: Job,
    },
    /// A scan has a first or a better result: ask for the report.
    ReportReady {
        /// Identity of the image.
        config_digest: String,
        /// True while only the preview is there.
        preview: bool,
        /// Against the scan before of the same reference.
        comparison: Option<Comparison>,
    },
    /// Advisories changed: reports may say something else now.
    AdvisoriesChanged,
    /// Newer advisories changed findings of scanned images: ask for the activity.
    ActivityChanged {
        /// How many findings changed.
        events: u32,
    },
}

/// An error as the interface and `--json` see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export))]
pub struct WireError {
    /// What kind of error.
    pub code: Code,
    /// What happened, one sentence.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

/// Kinds of errors that a reader acts on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    /// No engine answered.
    NoEngine,
    /// No such image.
    UnknownImage,
    /// A name stands for different images.
    AmbiguousImage,
    /// The image or archive could not be read.
    UnreadableImage,
    /// The engine failed.
    Engine,
    /// The store could not be used.
    Store,
    /// A feed could not be had.
    Feed,
    /// The Containerfile could not be read or does not fit.
    Containerfile,
    /// The user ended it.
    Cancelled,
    /// Wrong use.
    Usage,
    /// Anything else.
    Internal,
}
