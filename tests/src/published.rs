//! The published JSON, read as an outside reader would: the named fields, others ignored.

use std::collections::BTreeSet;

use serde::Deserialize;

/// `outcrop scan --format json` of one image.
#[derive(Debug, Deserialize)]
pub struct Scan {
    /// `major.minor`.
    pub schema_version: String,
    /// `preview` or `complete`.
    pub stage: String,
    /// What was read.
    pub image: Image,
    /// `complete` or `partial`.
    pub completeness: String,
    /// What could be judged.
    pub coverage: Coverage,
    /// Layers, lowest first.
    pub layers: Vec<Layer>,
    /// Nearest first.
    pub ancestors: Vec<Ancestor>,
    /// Installed packages.
    pub packages: Vec<Package>,
    /// Removed packages whose configuration is left.
    pub configuration_leftovers: Vec<Package>,
    /// Vulnerabilities.
    pub findings: Vec<Finding>,
    /// What could not be read.
    pub problems: Vec<Problem>,
    /// Whether risks were looked for.
    pub risks_looked_for: bool,
    /// What is risky, the worst first.
    pub risks: Vec<Risk>,
    /// Counts of them.
    pub risk_counts: RiskCounts,
    /// The checks that they are of.
    pub risk_checks: Vec<RiskCheck>,
    /// What was looked at in part.
    pub risk_notes: Vec<RiskNote>,
}

impl Scan {
    /// Keys of all findings.
    pub fn keys(&self) -> BTreeSet<&str> {
        self.findings
            .iter()
            .map(|finding| finding.key.as_str())
            .collect()
    }

    /// The package of that name.
    pub fn package(&self, name: &str) -> Option<&Package> {
        self.packages.iter().find(|package| package.name == name)
    }
}

/// The image of a scan.
#[derive(Debug, Deserialize)]
pub struct Image {
    /// Identity.
    pub config_digest: String,
    /// Tags.
    pub references: Vec<String>,
    /// Effective user.
    pub user: String,
}

/// What the findings rest on.
#[derive(Debug, Deserialize)]
pub struct Coverage {
    /// Whether every package was judged.
    pub judged: bool,
    /// One sentence.
    pub statement: String,
    /// Per ecosystem.
    pub ecosystems: Vec<Ecosystem>,
}

/// One ecosystem of the coverage.
#[derive(Debug, Deserialize)]
pub struct Ecosystem {
    /// As `Debian:12`.
    pub ecosystem: String,
    /// `feed`, `starter` or `none`.
    pub advisories: String,
}

/// One layer.
#[derive(Debug, Deserialize)]
pub struct Layer {
    /// Digest of the uncompressed bytes.
    pub diff_id: String,
    /// As the builder recorded it.
    pub instruction: String,
    /// Position in the history.
    pub history_index: Option<usize>,
    /// The ancestor that brought it.
    pub ancestor: Option<String>,
    /// Name of who brought it.
    pub owner: String,
}

/// An image below.
#[derive(Debug, Deserialize)]
pub struct Ancestor {
    /// Identity.
    pub config_digest: Option<String>,
    /// Name.
    pub name: String,
    /// `exact`, `declared`, `inferred` or `unknown`.
    pub certainty: String,
}

/// A package.
#[derive(Debug, Deserialize)]
pub struct Package {
    /// Format, as `deb`.
    pub kind: String,
    /// Name.
    pub name: String,
    /// Version.
    pub version: String,
    /// Architecture.
    pub architecture: Option<String>,
    /// Source package.
    pub source: Option<Source>,
    /// Package URL.
    pub purl: String,
    /// Whether advisories were looked through for it.
    pub judged: bool,
    /// Introducing layer.
    pub layer: Option<usize>,
    /// Layer in which it was first seen.
    pub first_seen_layer: Option<usize>,
    /// Changes along the layers, as `layer 3: 1 → 2`.
    pub changes: Vec<String>,
    /// Path it was read from.
    pub evidence: String,
    /// Who brought it.
    pub owner: String,
    /// Whether an ancestor did.
    pub inherited: bool,
    /// The package of the system that it is made of.
    pub owned_by: Option<Owner>,
    /// What it says of its licence.
    pub licences: Vec<Licence>,
}

/// A licence of a package.
#[derive(Debug, Deserialize)]
pub struct Licence {
    /// An expression of SPDX, or what the package says.
    pub text: String,
}

/// A package of a system that owns the files of another.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Owner {
    /// Name.
    pub name: String,
}

/// A source package.
#[derive(Debug, Deserialize)]
pub struct Source {
    /// Name.
    pub name: String,
    /// Version.
    pub version: String,
}

/// A vulnerability in a package.
#[derive(Debug, Deserialize)]
pub struct Finding {
    /// CVE.
    pub vulnerability: String,
    /// Severity.
    pub severity: String,
    /// What can be done.
    pub status: String,
    /// In a few words.
    pub action: String,
    /// First fixed version.
    pub fixed_version: Option<String>,
    /// Index into the packages.
    pub package: usize,
    /// Name of the package.
    pub package_name: String,
    /// Its version.
    pub package_version: String,
    /// Introducing layer.
    pub layer: Option<usize>,
    /// Who brought it.
    pub owner: String,
    /// Whether an ancestor did.
    pub inherited: bool,
    /// Stable across rebuilds.
    pub key: String,
}

/// What could not be read.
#[derive(Debug, Deserialize)]
pub struct Problem {
    /// As `truncated`.
    pub kind: String,
    /// Diff ID or blob digest.
    pub layer: Option<String>,
    /// Path in the layer.
    pub path: String,
    /// One sentence.
    pub message: String,
}

/// Something risky.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Risk {
    /// As `setuid-program`.
    pub check: String,
    /// Heading.
    pub title: String,
    /// `configuration`, `files` or `secrets`.
    pub group: String,
    /// Severity.
    pub severity: String,
    /// One sentence.
    pub message: String,
    /// Layer that brought it.
    pub layer: Option<usize>,
    /// Position in the history.
    pub history_index: Option<usize>,
    /// Instruction that brought it.
    pub instruction: String,
    /// Who brought it.
    pub owner: String,
    /// Whether an ancestor did.
    pub inherited: bool,
    /// Whether the merged view shows it.
    pub visible: bool,
    /// Layer that hides it.
    pub hidden_in: Option<usize>,
    /// Path.
    pub path: Option<String>,
    /// Line.
    pub line: Option<u32>,
    /// The package of the system that installed the file.
    pub package: Option<Owner>,
    /// What may be told of a secret.
    pub secret: Option<Secret>,
    /// By this an exception names it.
    pub fingerprint: String,
    /// What to do.
    pub remedy: String,
    /// Lines for the Containerfile.
    pub containerfile: Option<String>,
}

/// What may be told of a secret.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Secret {
    /// As `github-personal-access-token`.
    pub kind: String,
    /// As `gh…9x`.
    pub shown: String,
}

/// Risks by severity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct RiskCounts {
    /// Critical.
    pub critical: usize,
    /// High.
    pub high: usize,
    /// Medium.
    pub medium: usize,
    /// Low.
    pub low: usize,
    /// Worth knowing only.
    pub negligible: usize,
    /// Those that the image brought itself.
    pub brought_here: usize,
}

/// A check of which there are risks.
#[derive(Debug, Deserialize)]
pub struct RiskCheck {
    /// Identifier.
    pub id: String,
    /// Why it is a risk.
    pub why: String,
    /// What to do.
    pub remedy: String,
}

/// Something that was looked at in part.
#[derive(Debug, Deserialize)]
pub struct RiskNote {
    /// Layer.
    pub layer: usize,
    /// Path, empty for the layer.
    pub path: String,
    /// One sentence.
    pub message: String,
}

/// `outcrop images --json`.
#[derive(Debug, Deserialize)]
pub struct Images {
    /// Endpoints tried.
    pub engines: Vec<Engine>,
    /// Rows.
    pub images: Vec<Row>,
}

/// An endpoint.
#[derive(Debug, Deserialize)]
pub struct Engine {
    /// Name for `--engine`.
    pub name: String,
    /// `docker`, `podman` or `unknown`.
    pub kind: String,
    /// Where it was sought.
    pub address: String,
    /// As `connected`.
    pub state: String,
    /// One sentence.
    pub answer: String,
    /// What to do.
    pub remedy: Option<Remedy>,
}

/// One thing to do.
#[derive(Debug, Deserialize)]
pub struct Remedy {
    /// For people.
    pub text: String,
}

/// An image in the list.
#[derive(Debug, Deserialize)]
pub struct Row {
    /// Identity.
    pub config_digest: String,
    /// Engine that holds it.
    pub engine: String,
    /// Tags.
    pub references: Vec<String>,
    /// `pulled`, `built`, `imported` or `unknown`.
    pub origin: String,
    /// Why.
    pub origin_reason: String,
    /// Without a tag.
    pub dangling: bool,
    /// Containers that use it.
    pub containers: u32,
    /// `not-scanned`, `scanned` or `rebuilt`.
    pub scan_state: String,
}

/// `outcrop fix --json`.
#[derive(Debug, Deserialize)]
pub struct Fix {
    /// Unified diff, empty where there is no patch.
    pub diff: String,
    /// The file with the patch.
    pub after: String,
    /// Keys of the findings that it clears.
    pub clears: Vec<String>,
    /// What stays.
    pub stays: Vec<Stays>,
}

/// Findings that stay.
#[derive(Debug, Deserialize)]
pub struct Stays {
    /// Why.
    pub reason: String,
    /// Their keys.
    pub findings: Vec<String>,
}
