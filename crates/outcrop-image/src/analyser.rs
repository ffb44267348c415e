//! The contract between the walk over an image and those who look at its files.

use outcrop_model::{OperatingSystem, Package, ProblemKind};
use serde::{Deserialize, Serialize};

use crate::limits::Limits;
use crate::tree::View;

/// A place that an analyser concludes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Root {
    /// Path inside the image, without a leading slash.
    pub path: &'static str,
    /// True where the files of a folder are meant, not one file.
    pub folder: bool,
}

impl Root {
    /// One file.
    pub const fn file(path: &'static str) -> Self {
        Self {
            path,
            folder: false,
        }
    }

    /// The files directly in a folder.
    pub const fn folder(path: &'static str) -> Self {
        Self { path, folder: true }
    }
}

/// A file that an analyser asked for.
#[derive(Clone, Copy, Debug)]
pub struct CandidateFile<'a> {
    /// Path inside the image, without a leading slash.
    pub path: &'a str,
    /// Its content, or the beginning of it.
    pub bytes: &'a [u8],
    /// False where the content goes on beyond `bytes`: larger than the analyser's cap, or the
    /// layer ends in the middle.
    pub whole: bool,
}

/// What one file says, as kept in a layer report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Observation {
    /// Packages that the file records.
    Packages {
        /// Those in an installed state.
        installed: Vec<Package>,
        /// Those of which only configuration is left.
        leftovers: Vec<Package>,
    },
    /// The distribution.
    OperatingSystem(OperatingSystem),
    /// Package archives, as `http://deb.debian.org/debian bookworm main`.
    PackageSources(Vec<String>),
    /// The content itself, for analysers that need a neighbour to understand it.
    Bytes(Vec<u8>),
}

/// Trouble with one file; path and layer are added by whoever holds the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileProblem {
    /// What kind of trouble.
    pub kind: ProblemKind,
    /// One sentence without a final period.
    pub message: String,
}

impl FileProblem {
    /// A problem of a kind with its sentence.
    pub fn new(kind: ProblemKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
        }
    }
}

/// What an analyser made of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Analysis {
    /// What the file says; `None` where it turned out not to be of the analyser's format.
    pub observation: Option<Observation>,
    /// What could not be understood.
    pub problems: Vec<FileProblem>,
}

/// What an analyser concludes from the merged view of some layers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conclusion {
    /// The distribution, from the analyser that knows it.
    pub operating_system: Option<OperatingSystem>,
    /// Packages in an installed state.
    pub packages: Vec<Package>,
    /// Packages of which only configuration is left.
    pub leftovers: Vec<Package>,
    /// Package archives that the image's sources name.
    pub package_sources: Vec<String>,
}

/// One that looks at files of an image.
///
/// While a layer streams by, [`wants`](Analyser::wants) is asked for every regular file and
/// [`analyse`](Analyser::analyse) called for the wanted ones. A layer has no state of its own, so
/// this may be a file that is hidden or reached by nothing; only
/// [`conclude`](Analyser::conclude), which sees the merged view, decides what counts. A database
/// may be reached through a symbolic link that a later layer adds: `wants` must therefore go by
/// the file's name, not by its whole path.
pub trait Analyser: Sync {
    /// Stable identifier, as `dpkg-status`.
    fn id(&self) -> &'static str;

    /// Raised whenever the same file would give another observation.
    fn version(&self) -> u32;

    /// The places it concludes from.
    fn roots(&self) -> &'static [Root];

    /// How many bytes of the file it wants to see, `None` for none. Must be cheap.
    fn wants(&self, path: &str, size: u64) -> Option<u64>;

    /// What the file says.
    fn analyse(&self, file: &CandidateFile<'_>) -> Analysis;

    /// What follows from the files that are reachable in the merged view.
    fn conclude(&self, view: &View<'_>) -> Conclusion;
}

/// What a layer report depends on besides the layer's bytes: the form of the report, each analyser
/// with its version, and the limits. A kept report is of use only under the same key.
pub fn report_key(analysers: &[&dyn Analyser], limits: &Limits) -> String {
    use std::fmt::Write as _;

    let mut key = format!("report-{}", crate::report::REPORT_VERSION);
    for analyser in analysers {
        // Writing to a string cannot fail.
        let _ = write!(key, " {}-{}", analyser.id(), analyser.version());
    }
    let limits = outcrop_model::Digest::of(format!("{limits:?}").as_bytes());
    let _ = write!(key, " limits-{}", limits.short());
    key
}
