//! What stops the reading of an image.

use std::path::PathBuf;

/// Why an image could not be read at all. Anything less is a [`outcrop_model::Problem`].
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// The work was stopped from outside.
    #[error("reading was cancelled")]
    Cancelled,
    /// A file or folder of this machine cannot be read.
    #[error("cannot read `{path}`: {source}")]
    Unreadable {
        /// The path as it was given.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The bytes are no archive, compressed or not.
    #[error("not an image archive: {reason}")]
    NotAnArchive {
        /// What was found instead.
        reason: String,
    },
    /// An archive that holds no image index: the export of a container, or anything else.
    #[error("no image in the archive: it holds neither `manifest.json` nor `index.json`")]
    NoImageIndex,
    /// The index names images, but none that could be read.
    #[error("no image of the archive could be read: {reason}")]
    NoReadableImage {
        /// The first problem met.
        reason: String,
    },
    /// The index has images for other platforms only.
    #[error("no image for `{wanted}`; the archive has: {available}")]
    PlatformAbsent {
        /// The platform that was asked for.
        wanted: String,
        /// Those that are there, comma-separated.
        available: String,
    },
    /// A kept layer report is not of the form that this version writes.
    #[error("the kept layer report cannot be read: {reason}")]
    MalformedReport {
        /// What was wrong.
        reason: String,
    },
}

impl ImageError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Cancelled | Self::MalformedReport { .. } => None,
            Self::Unreadable { .. } => Some("check that the path exists and may be read"),
            Self::NotAnArchive { .. } => Some(
                "give an archive as `docker save` or `podman save` writes it, or an OCI folder",
            ),
            Self::NoImageIndex => Some(
                "a container's export has no layers: save the image with `docker save` or `podman save`",
            ),
            Self::NoReadableImage { .. } => Some("save or copy the image again"),
            Self::PlatformAbsent { .. } => Some("name one of them with `--platform`"),
        }
    }
}
