//! What is known of an image before its family is.

use std::collections::BTreeMap;

use outcrop_model::{ConfigDigest, ImageConfig};

/// One local image as its engines and its last scan describe it.
#[derive(Clone, Debug)]
pub struct ImageFacts {
    /// Its configuration: layers, history, labels, platform.
    pub config: ImageConfig,
    /// References (tags), as the engine spells them.
    pub references: Vec<String>,
    /// `repository@sha256:…` names.
    pub repository_digests: Vec<String>,
    /// Engines that hold it.
    pub engines: Vec<String>,
    /// Where it came from.
    pub origin: Origin,
    /// Annotations of its manifest, where the manifest is at hand.
    pub annotations: BTreeMap<String, String>,
    /// The parent that the engine itself recorded while it built the image.
    pub engine_parent: Option<ConfigDigest>,
    /// The distribution that a scan found.
    pub distribution: Distribution,
    /// Containerfiles that copy from it (`COPY --from=`), by path.
    pub copied_from_by: Vec<String>,
}

impl ImageFacts {
    /// An image of which nothing but its configuration is known.
    pub fn of(config: ImageConfig) -> Self {
        Self {
            config,
            references: Vec::new(),
            repository_digests: Vec::new(),
            engines: Vec::new(),
            origin: Origin::Unknown,
            annotations: BTreeMap::new(),
            engine_parent: None,
            distribution: Distribution::NotLooked,
            copied_from_by: Vec::new(),
        }
    }
}

/// Where an image came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// From a registry.
    Pulled,
    /// Built on this machine.
    Built,
    /// Loaded or imported from a file.
    Imported,
    /// Nothing tells.
    Unknown,
}

/// What is known of the distribution in an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Distribution {
    /// The image was not scanned.
    NotLooked,
    /// It was scanned and holds no `os-release`.
    Absent,
    /// It was scanned and holds one.
    Found {
        /// As `Debian GNU/Linux 12 (bookworm)`.
        name: String,
        /// Index of the lowest layer that brings an `os-release`, lowest layer is 0.
        layer: usize,
    },
}
