//! The one internal model of an advisory: the OSV record.
//!
//! OSV schema 1.7. Unknown members are ignored; `schema_version` is optional because live records
//! mix several and some carry none.

use serde::{Deserialize, Serialize};

use crate::severity::Severity;

/// The feeds that records come from. Records of different feeds have different identifiers: those
/// that a parser makes of another format carry [`FeedKind::prefix`].
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum FeedKind {
    /// Records of the OSV format, by ecosystem.
    #[default]
    Osv,
    /// Debian's security tracker, its JSON.
    DebianTracker,
    /// Alpine's secdb, and those of the distributions made from it.
    AlpineSecdb,
    /// Red Hat's CSAF VEX files.
    RedHatVex,
    /// `updateinfo` of rpm-md repositories.
    UpdateInfo,
}

impl FeedKind {
    /// All, in the order in which they are listed.
    pub const ALL: [Self; 5] = [
        Self::Osv,
        Self::DebianTracker,
        Self::AlpineSecdb,
        Self::RedHatVex,
        Self::UpdateInfo,
    ];

    /// The word shown to people, kept in the store and used in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Osv => "osv",
            Self::DebianTracker => "debian-tracker",
            Self::AlpineSecdb => "alpine-secdb",
            Self::RedHatVex => "redhat-vex",
            Self::UpdateInfo => "updateinfo",
        }
    }

    /// What stands before the CVE in the identifiers of records made from this feed, as in
    /// `DEBIAN-TRACKER-CVE-2024-0727`; empty where the publisher's own identifiers are kept.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::DebianTracker => "DEBIAN-TRACKER-",
            Self::AlpineSecdb => "ALPINE-SECDB-",
            Self::RedHatVex => "REDHAT-VEX-",
            Self::Osv | Self::UpdateInfo => "",
        }
    }
}

impl std::str::FromStr for FeedKind {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or(())
    }
}

/// What a publisher says of a package beyond the ranges of its versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stance {
    /// Affected, nothing decided: Red Hat `Affected`, Debian `no-dsa` and `postponed`.
    NoFixYet,
    /// Affected, and it stays so: Red Hat `Will not fix`, Debian `ignored`.
    WillNotFix,
    /// The package or release gets no fixes any more: Red Hat `Out of support scope`, Debian
    /// `end-of-life`.
    EndOfLife,
    /// Mended only for subscribers, as Ubuntu Pro; the ranges name the version.
    NeedsSubscription,
    /// Not affected whatever the version: Red Hat `known_not_affected`, Alpine's fixed version `0`.
    NotAffected,
    /// The publisher has not decided whether it is affected.
    UnderInvestigation,
}

/// One publisher's record of one vulnerability.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdvisoryRecord {
    /// Identifier, as `DEBIAN-CVE-2024-0727`.
    pub id: String,
    /// RFC 3339 time of the last change, as the publisher says.
    pub modified: String,
    /// RFC 3339 time of publication.
    pub published: Option<String>,
    /// RFC 3339 time of withdrawal; a withdrawn record matches nothing.
    pub withdrawn: Option<String>,
    /// Other identifiers of the same vulnerability.
    pub aliases: Vec<String>,
    /// Vulnerabilities that this record is made from.
    pub upstream: Vec<String>,
    /// One line.
    pub summary: String,
    /// Longer text, Markdown.
    pub details: String,
    /// CVSS vectors, strongest scheme first, as the record gives them.
    pub vectors: Vec<String>,
    /// The severity computed from vectors and the publisher's words.
    pub severity: Severity,
    /// The affected packages.
    pub affected: Vec<AffectedPackage>,
    /// Addresses to read on.
    pub references: Vec<String>,
    /// True for the starter set: facts from changelogs, no severities.
    pub starter: bool,
    /// The feed it came from.
    #[serde(default)]
    pub feed: FeedKind,
}

/// A package of an ecosystem, and which of its versions are affected.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AffectedPackage {
    /// Ecosystem with its release, as `Debian:12`.
    pub ecosystem: String,
    /// Name; for distributions the source package.
    pub name: String,
    /// Ranges; a version is affected if any range or `versions` holds it.
    pub ranges: Vec<Range>,
    /// Versions listed one by one.
    pub versions: Vec<String>,
    /// The publisher's urgency word, as Debian's `unimportant` or `end-of-life`.
    pub urgency: Option<String>,
    /// Severity stated for this package alone.
    pub severity: Option<Severity>,
    /// What the publisher says beyond the ranges.
    #[serde(default)]
    pub stance: Option<Stance>,
    /// The publisher's reason for it, in its words; one line.
    #[serde(default)]
    pub reason: Option<String>,
    /// The module stream it speaks of, as `nodejs:18`; a package outside it is not meant.
    #[serde(default)]
    pub module: Option<String>,
    /// Binary packages it speaks of, where `name` is a source package and not all are meant.
    #[serde(default)]
    pub binaries: Vec<String>,
}

/// What one record says of one package name in one ecosystem and release: all that a match is
/// decided from. The rest of the record is fetched for the matches alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Identifier of the record.
    pub record: String,
    /// Its entries for that ecosystem and name; most often one.
    pub affected: Vec<AffectedPackage>,
}

/// What the versions of a range are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RangeKind {
    /// In the ecosystem's own order.
    Ecosystem,
    /// Semantic Versioning 2.0.
    Semver,
    /// Commits; never matched against packages.
    Git,
}

/// A range of versions as a list of events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    /// What its versions are.
    pub kind: RangeKind,
    /// In the record's order.
    pub events: Vec<Event>,
}

/// A point at which a range begins or ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// Affected from here; `0` is before every version.
    Introduced(String),
    /// No longer affected from here.
    Fixed(String),
    /// Affected up to and with this.
    LastAffected(String),
    /// Nothing is said of versions from here on.
    Limit(String),
}
