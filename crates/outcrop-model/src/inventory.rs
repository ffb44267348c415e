//! What an image holds, layer by layer.

use serde::{Deserialize, Serialize};

use crate::digest::DiffId;
use crate::operating_system::OperatingSystem;
use crate::package::{Package, PackageKind};
use crate::posture::Posture;
use crate::problem::Problem;

/// What happened to a package in one layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "what")]
pub enum PackageEvent {
    /// It came to be there.
    Added {
        /// The version it came with.
        version: String,
    },
    /// Its version changed, up or down.
    Changed {
        /// The version before.
        from: String,
        /// The version after.
        to: String,
    },
    /// It went away.
    Removed {
        /// The version it had.
        version: String,
    },
}

/// A change of a package and the layer that made it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackageChange {
    /// Index of the layer, lowest is 0.
    pub layer: usize,
    /// What happened.
    #[serde(flatten)]
    pub event: PackageEvent,
}

/// A package in the merged view, with the layers that brought it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InventoryPackage {
    /// The package.
    #[serde(flatten)]
    pub package: Package,
    /// Start of its current unbroken run of (name, architecture, version) along the layers.
    pub introduced_in: usize,
    /// The first layer in which a package of this identity was seen.
    pub first_seen_in: usize,
    /// The layer whose file is read at the path of its evidence in the merged view: a database
    /// that later layers wrote anew is that of the last of them. `None` in scans kept before this
    /// was noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence_layer: Option<usize>,
    /// Each change, oldest first; the first is always `Added`.
    pub changes: Vec<PackageChange>,
    /// The package of the system whose files it is made of: its publisher answers for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<PackageOwner>,
}

/// A package of the system that owns the files of another package.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PackageOwner {
    /// Its format.
    pub kind: PackageKind,
    /// Its name as installed.
    pub name: String,
}

/// What was measured of one layer while it was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerFacts {
    /// Digest of its uncompressed tar, computed by us where `verified`.
    pub diff_id: DiffId,
    /// False where the layer could not be read (absent, foreign, broken).
    pub read: bool,
    /// Bytes of file content it adds.
    pub content_bytes: u64,
    /// Regular files it adds.
    pub files: u64,
    /// Bytes of lower layers that it hides.
    pub hidden_bytes: u64,
}

/// The merged view of an image: what is installed and what it was concluded from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inventory {
    /// The distribution, where an `os-release` was found.
    pub operating_system: Option<OperatingSystem>,
    /// Packages in an installed state, by kind and name.
    pub packages: Vec<InventoryPackage>,
    /// Packages whose files are gone and whose configuration is left behind (dpkg `config-files`).
    pub configuration_leftovers: Vec<InventoryPackage>,
    /// Package archives that the image's sources name, as `http://deb.debian.org/debian-security bookworm-security main`.
    pub package_sources: Vec<String>,
    /// One per layer, lowest first.
    pub layers: Vec<LayerFacts>,
    /// What could not be read.
    pub problems: Vec<Problem>,
    /// What checks saw; `None` where they did not look, as in scans of before there were any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub posture: Option<Posture>,
}
