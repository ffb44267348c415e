//! A vulnerability in a package of an image.

use outcrop_model::{Epss, FeedKind, KnownExploited, Severity};
use serde::{Deserialize, Serialize};

/// A vulnerability in one installed package, with every record that says so.
///
/// Each binary package of an affected source package has its own finding.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// The CVE where there is one, else the publisher's identifier.
    pub vulnerability: String,
    /// Its other identifiers, sorted.
    pub aliases: Vec<String>,
    /// Index into the packages that were judged.
    pub package: usize,
    /// The records it was concluded from; the first decides.
    pub records: Vec<RecordRef>,
    /// What the deciding record says about a fix.
    pub status: Status,
    /// The publisher's reason for the status, in its words, where it gives one.
    pub reason: Option<String>,
    /// How bad it is, as far as any of its records says.
    pub severity: Severity,
    /// CVSS vectors of the record that the severity comes from, newest scheme first.
    pub vectors: Vec<String>,
    /// The publisher's urgency word, as Debian's `not yet assigned`.
    pub urgency: Option<String>,
    /// Why it is shown apart from the others, if it is.
    pub apart: Option<Apart>,
    /// One line about it; empty where no record has a text.
    pub summary: String,
    /// Addresses to read on, at most [`MAX_REFERENCES`](crate::decide::MAX_REFERENCES).
    pub references: Vec<String>,
    /// The comparison that decided, as `openssl 3.0.11-1~deb12u2 < 3.0.15-1~deb12u1
    /// (DEBIAN-CVE-2024-5535)`.
    pub reasoning: String,
    /// True where nothing but the starter set says so.
    pub starter: bool,
    /// CISA's entry, where exploitation is known.
    pub known_exploited: Option<KnownExploited>,
    /// FIRST's estimate, where there is one.
    pub epss: Option<Epss>,
    /// True where the package was judged by the version of its upstream alone: a program without a
    /// package, by records made for another packaging of it.
    pub by_upstream_version: bool,
}

/// A vulnerability that a publisher says a package of the image does not have, whatever its
/// version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotAffected {
    /// The CVE where there is one, else the publisher's identifier.
    pub vulnerability: String,
    /// Index into the packages that were judged.
    pub package: usize,
    /// Identifier of the record that says so.
    pub record: String,
    /// The publisher's reason, in its words.
    pub reason: Option<String>,
}

/// A record behind a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordRef {
    /// Identifier, as `DSA-5764-1`.
    pub id: String,
    /// RFC 3339 time of its last change, as the publisher says.
    pub modified: String,
    /// The first version that is not affected, where it names one.
    pub fixed: Option<String>,
    /// True for a record of the starter set.
    pub starter: bool,
    /// The feed it came from.
    pub feed: FeedKind,
}

/// What can be done about a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "status")]
pub enum Status {
    /// Mended in a version of the source package.
    FixedIn {
        /// That version.
        version: String,
    },
    /// Affected; no mended version is named, and nothing is said of one.
    Affected,
    /// The publisher knows of no mended version yet.
    NoFixYet,
    /// The publisher has decided not to mend it.
    WillNotFix,
    /// The publisher mends this package no more.
    EndOfLife,
    /// Mended for subscribers only, in a version of the source package.
    NeedsSubscription {
        /// That version, where it is known.
        version: Option<String>,
    },
}

/// Why a finding is shown apart: real, but hardly anybody acts on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Apart {
    /// Debian's urgency `unimportant`: no effect on the built packages, or no security matter.
    Unimportant,
    /// A fault of the kernel listed against its headers for programs (`linux-libc-dev`): the
    /// image runs no kernel of its own.
    KernelHeaders,
}
