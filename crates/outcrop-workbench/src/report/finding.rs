//! What a scan found.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Severity as shown; `unknown` is neither low nor high.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// No publisher has given one.
    Unknown,
    /// No practical impact.
    Negligible,
    /// Low.
    Low,
    /// Medium.
    Medium,
    /// High.
    High,
    /// Critical.
    Critical,
}

/// What can be done about a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// A fixed version exists.
    Fixed,
    /// Affected; no fixed version is named, and nothing is said of one.
    Affected,
    /// The publisher has no fixed version yet.
    NoFixYet,
    /// The publisher has decided not to mend it.
    WillNotFix,
    /// The publisher no longer supports the package.
    EndOfLife,
    /// Mended for subscribers only.
    NeedsSubscription,
}

/// Why a finding is shown apart from the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case")]
pub enum Apart {
    /// The publisher calls it unimportant.
    Unimportant,
    /// Kernel headers: the kernel in question does not run in the image.
    KernelHeaders,
}

/// A vulnerability in a package of the image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export))]
pub struct Finding {
    /// CVE, or the record's identifier where there is none.
    pub vulnerability: String,
    /// Severity as the deciding publisher says.
    pub severity: Severity,
    /// CVSS vector, where the record carries one.
    pub vector: Option<String>,
    /// The publisher's urgency word.
    pub urgency: Option<String>,
    /// What can be done.
    pub status: Status,
    /// First fixed version, where there is one.
    pub fixed_version: Option<String>,
    /// Set where it is shown apart and left out of the counts.
    pub apart: Option<Apart>,
    /// Index into `packages`.
    pub package: u32,
    /// Name of the package, repeated for readers of the JSON.
    pub package_name: String,
    /// Its version.
    pub package_version: String,
    /// Layer that introduced the package; `None` in a preview.
    pub layer: Option<u32>,
    /// Name of the image that brought it.
    pub owner: String,
    /// True where an ancestor brought it.
    pub inherited: bool,
    /// One line on the vulnerability.
    pub summary: String,
    /// Why it matched: package, versions compared, record.
    pub reasoning: String,
    /// Identifiers of the records that say so, the deciding one first.
    pub records: Vec<String>,
    /// Addresses to read on.
    pub references: Vec<String>,
    /// True where it rests on the starter set.
    pub starter: bool,
    /// Stable across rebuilds: vulnerability, package and ecosystem, for packages of languages also
    /// the place that they are installed in.
    pub key: String,
    /// The publisher's reason for the status, in its words.
    #[serde(default)]
    pub reason: Option<String>,
    /// CISA's entry, where exploitation is known.
    #[serde(default)]
    pub known_exploited: Option<KnownExploited>,
    /// FIRST's estimate, where there is one.
    #[serde(default)]
    pub epss: Option<Epss>,
    /// What to do, as `upgrade curl-minimal to 7.76.1-26.el9_3.2 by microdnf`.
    #[serde(default)]
    pub action: String,
    /// Why it stands where it stands in the order in which to mend.
    #[serde(default)]
    pub rank_reason: String,
    /// The records of `records` with their feeds, in the same order.
    #[serde(default)]
    pub sources: Vec<RecordSource>,
    /// True where a program without a package was judged by the version of its upstream alone, by
    /// records made for another packaging of it.
    #[serde(default)]
    pub by_upstream_version: bool,
}

/// An entry of CISA's catalog of known exploited vulnerabilities.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export))]
pub struct KnownExploited {
    /// Day of the entry, as `2021-12-10`.
    pub added: String,
    /// Day until which agencies have to mend it.
    pub due: String,
    /// True where campaigns with ransomware are known.
    pub ransomware: bool,
}

/// The Exploit Prediction Scoring System's estimate for the next 30 days.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export))]
pub struct Epss {
    /// Probability of exploitation, 0 to 1.
    pub probability: f64,
    /// Share of all vulnerabilities with the same probability or a lower one, 0 to 1.
    pub percentile: f64,
}

/// A record behind a finding.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export))]
pub struct RecordSource {
    /// Identifier, as `DSA-5764-1`.
    pub id: String,
    /// Kind of the feed it came from, as `osv`.
    pub feed: String,
    /// RFC 3339 time of its last change, as the publisher says.
    pub modified: String,
    /// The first version that is not affected, where it names one.
    pub fixed_version: Option<String>,
    /// True for a record of the starter set.
    pub starter: bool,
}

/// A vulnerability that a publisher says a package of the image does not have, whatever its version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export))]
pub struct NotAffected {
    /// CVE, or the record's identifier where there is none.
    pub vulnerability: String,
    /// Index into `packages`.
    pub package: u32,
    /// Name of the package, repeated for readers of the JSON.
    pub package_name: String,
    /// Its version.
    pub package_version: String,
    /// Identifier of the record that says so.
    pub record: String,
    /// The publisher's reason, in its words.
    pub reason: Option<String>,
}

/// Findings by severity, those shown apart left out and counted by themselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export))]
pub struct SeverityCounts {
    /// Critical.
    pub critical: u32,
    /// High.
    pub high: u32,
    /// Medium.
    pub medium: u32,
    /// Low.
    pub low: u32,
    /// Negligible.
    pub negligible: u32,
    /// Not known.
    pub unknown: u32,
    /// Of these, how many have a fixed version.
    pub fixable: u32,
    /// Shown apart, not in the counts above.
    pub apart: u32,
}

impl SeverityCounts {
    /// Counts one finding.
    pub fn add(&mut self, severity: Severity, fixable: bool, apart: bool) {
        if apart {
            self.apart += 1;
            return;
        }
        *match severity {
            Severity::Critical => &mut self.critical,
            Severity::High => &mut self.high,
            Severity::Medium => &mut self.medium,
            Severity::Low => &mut self.low,
            Severity::Negligible => &mut self.negligible,
            Severity::Unknown => &mut self.unknown,
        } += 1;
        self.fixable += u32::from(fixable);
    }

    /// Adds other counts.
    pub fn merge(&mut self, other: &Self) {
        self.critical += other.critical;
        self.high += other.high;
        self.medium += other.medium;
        self.low += other.low;
        self.negligible += other.negligible;
        self.unknown += other.unknown;
        self.fixable += other.fixable;
        self.apart += other.apart;
    }

    /// All but those shown apart.
    pub fn total(&self) -> u32 {
        self.critical + self.high + self.medium + self.low + self.negligible + self.unknown
    }
}
