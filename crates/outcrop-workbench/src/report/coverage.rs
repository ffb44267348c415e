//! What a scan could judge.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What could be judged, and on what ground. "0 findings" means nothing without it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export))]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a member of the JSON that scripts ask for by name"
)]
pub struct Coverage {
    /// True where every package found was judged against advisories.
    pub judged: bool,
    /// One sentence for people, as "Alpine Linux v3.10 is not judged yet; 14 packages of
    /// apk are listed but not judged: no advisories for them are read in this version".
    pub statement: String,
    /// The operating system, if one was recognised.
    pub operating_system: Option<OperatingSystem>,
    /// Per ecosystem what the findings rest on.
    pub ecosystems: Vec<EcosystemCoverage>,
    /// Further things to know, one sentence each; every fact of the members below that a reader has
    /// to know stands here in words.
    pub notes: Vec<String>,
    /// Whether the distribution is still mended by its publisher, where that is known.
    #[serde(default)]
    pub support: Option<Support>,
    /// Packages that nothing judged, by reason; the most first.
    #[serde(default)]
    pub not_judged: Vec<NotJudged>,
    /// Files that could not be read or not wholly, by kind of trouble.
    #[serde(default)]
    pub unread_files: Vec<UnreadFiles>,
    /// True where records are older than a week.
    #[serde(default)]
    pub old_advisories: bool,
    /// True where packages were judged by the starter set and by no publisher's records.
    #[serde(default)]
    pub starter_only: bool,
    /// True where there are packages of a system that is not known or has no publisher whose records
    /// are read.
    #[serde(default)]
    pub unknown_system: bool,
    /// True where there are packages whose ecosystem has no records loaded.
    #[serde(default)]
    pub no_advisories: bool,
}

impl Coverage {
    /// What a count of findings is worth, in two words.
    pub fn mark(&self) -> &'static str {
        let some = |ecosystem: &EcosystemCoverage| {
            ecosystem.advisories != AdvisoryBasis::None && ecosystem.packages > 0
        };
        if self.judged {
            "Coverage:"
        } else if self.ecosystems.iter().any(some) {
            "Partly judged:"
        } else {
            "Not judged:"
        }
    }
}

/// The distribution in an image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export))]
pub struct OperatingSystem {
    /// `ID` of os-release.
    pub id: String,
    /// `VERSION_ID` of os-release.
    pub version: String,
    /// Name for people.
    pub name: String,
    /// True where Outcrop reads its packages and judges them.
    pub supported: bool,
}

/// What is known of one ecosystem.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export))]
pub struct EcosystemCoverage {
    /// As `Debian:12`.
    pub ecosystem: String,
    /// Packages of the image that belong to it.
    pub packages: u32,
    /// What its advisories are.
    pub advisories: AdvisoryBasis,
    /// RFC 3339 date of the records: the publisher's export, else the import.
    pub dated: Option<String>,
    /// Records that were considered.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub records: u64,
    /// The sets that these records come from.
    #[serde(default)]
    pub feeds: Vec<FeedCoverage>,
}

/// A set of records that packages were judged by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export))]
pub struct FeedCoverage {
    /// Kind of the feed, as `debian-tracker`.
    pub feed: String,
    /// Address or path that it came from.
    pub source: String,
    /// RFC 3339 date of the publisher's export, else of the import.
    pub dated: Option<String>,
    /// Records in it.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub records: u64,
    /// True for the starter set.
    pub starter: bool,
}

/// Until when a release of a distribution gets fixes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export))]
pub struct Support {
    /// How it stands on the day of the match.
    pub state: SupportState,
    /// Last day of the publisher's own support, as `2026-07-11`.
    pub regular_ends: Option<String>,
    /// Last day of free long-term support, where there is one.
    pub long_term_ends: Option<String>,
    /// Last day on which subscribers get fixes, where that is still to come.
    pub subscription_ends: Option<String>,
    /// One sentence for people.
    pub statement: String,
}

/// Whether a release gets fixes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case")]
pub enum SupportState {
    /// The publisher's own support goes on.
    Supported,
    /// Regular support has ended, a free long-term support goes on.
    LongTerm,
    /// No fixes for the public any more.
    Ended,
    /// Nothing is known of this release.
    Unknown,
}

/// Packages that nothing judged, for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export))]
pub struct NotJudged {
    /// Why, one sentence.
    pub reason: String,
    /// How many packages.
    pub packages: u32,
    /// The first of them, as `redis 7.0.5`.
    pub names: Vec<String>,
}

/// Files that could not be read, or not wholly.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export))]
pub struct UnreadFiles {
    /// Kind of trouble as in `problems`: `too-large`, `malformed`, `truncated`, …
    pub kind: String,
    /// How many files.
    pub files: u32,
    /// Paths of the first of them.
    pub paths: Vec<String>,
}

/// What the judgement of an ecosystem rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case")]
pub enum AdvisoryBasis {
    /// A publisher's records.
    Feed,
    /// The starter set only: facts from changelogs, no severities.
    Starter,
    /// Nothing.
    None,
}
