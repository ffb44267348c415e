//! The one internal model of an advisory: the OSV record.
//!
//! OSV schema 1.7. Unknown members are ignored; `schema_version` is optional because live records
//! mix several and some carry none.

use serde::{Deserialize, Serialize};

use crate::severity::Severity;

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
