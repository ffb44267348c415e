//! Image archives, layers, whiteouts and the merged view.
//!
//! **Purpose.** Turn the bytes of an image into layer reports, one bounded pass over each layer,
//! and lay the reports over each other into an [`Inventory`](outcrop_model::Inventory) in which
//! every package names the layer that brought it.
//!
//! **Supported.** Archives of `docker save` (before and since version 25) and `podman save`, as a
//! stream or a file, the whole packed with gzip or zstd or not; OCI image layouts as archive or
//! folder, with indexes inside indexes; layers as plain tar, gzip (several members) and zstd
//! (several frames); ustar, pax, GNU and v7 tar entries; whiteouts, opaque folders, hard links,
//! symbolic links across layers.
//!
//! **Unsupported.** Content of sparse files; layers of Windows images and foreign layers that the
//! archive does not hold; xz, bzip2 and encrypted layers. Each is named as a problem.
//!
//! **Invariants.** No network, no clock; nothing is written but one unlinked file at a time for
//! content that is too large for memory. Everything is synchronous; waiting is
//! the business of the reader that is handed in. A size, path or digest that an image claims is
//! never believed: sizes bound nothing but reads, paths cannot leave the root, digests are
//! computed. Memory and recursion are bounded by [`Limits`]. A broken part of an image
//! is a problem in the result; [`ImageError`] is for what stops the reading.

mod analyser;
mod archive;
mod cancellation;
mod compression;
mod content;
mod error;
#[cfg(any(test, feature = "fixtures"))]
pub mod fixtures;
mod hashing;
mod hidden;
mod inspector;
mod layer;
mod limits;
mod path;
mod problems;
mod report;
mod sightings;
mod squash;
mod tar_reader;
mod tree;

pub use analyser::{
    Analyser, Analysis, CandidateFile, Conclusion, ContentReader, FileFacts, FileProblem,
    HEAD_BYTES, Observation, RandomAccess, Root, path_key, report_key,
};
pub use archive::{
    ArchiveContents, ArchiveImage, ArchiveLayer, LayerId, LayerSink, Progress, Reading,
    read_archive_file, read_archive_stream, read_oci_folder,
};
pub use cancellation::Cancellation;
pub use error::ImageError;
#[cfg(any(test, feature = "fixtures"))]
pub use inspector::inspect;
pub use inspector::{
    ContentSearch, EntryFacts, EntryKind, Inspection, Inspector, MAX_CAPABILITY_BYTES,
    MAX_SIGHTINGS, MAX_SIGHTINGS_OF_CHECK, PROBE_BYTES, Sightings,
};
pub use layer::{AnalysedLayer, analyse_layer};
pub use limits::Limits;
pub use report::{Candidate, LayerReport, Link};
pub use squash::{preview, squash};
pub use tree::{Found, View};
