//! How much of an image is looked at before it counts as hostile.

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// Bounds on everything that an image can make us read, keep or follow.
///
/// Whatever lies beyond a bound is left out and named as a problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Longest path or link target, in bytes. Linux `limits.h`, `PATH_MAX`.
    pub path_bytes: usize,
    /// Largest extended header (pax records, GNU long names), in bytes. Go's `archive/tar`, which
    /// the engines use, stops at the same size.
    pub extended_header_bytes: u64,
    /// Largest uncompressed layer, in bytes.
    pub layer_bytes: u64,
    /// Non-directory entries of one layer whose path, size and folder are remembered.
    pub layer_paths: usize,
    /// Folders of one layer that are remembered.
    pub layer_folders: usize,
    /// Whiteouts and opaque marks of one layer that are remembered.
    pub layer_whiteouts: usize,
    /// Symbolic links of one layer that are remembered.
    pub layer_links: usize,
    /// Files of one layer that analysers are shown.
    pub layer_candidates: usize,
    /// Bytes of what analysers say of one layer's files: texts, keys of files that packages own, and
    /// contents that are kept as they are.
    pub layer_kept_bytes: u64,
    /// Largest content that is held in memory, in bytes.
    pub buffered_bytes: u64,
    /// Largest content that is laid into an unlinked file to be read, in bytes.
    pub spilled_bytes: u64,
    /// Problems of one layer or archive that are kept one by one.
    pub problems: usize,
    /// Paths remembered over all layers of an archive.
    pub archive_paths: usize,
    /// Packages remembered over all layers of an archive, and of any one layer.
    pub archive_packages: usize,
    /// Members of an archive.
    pub archive_members: usize,
    /// Largest JSON document of an archive (index, manifest, configuration), in bytes.
    pub document_bytes: u64,
    /// All JSON documents of an archive together, in bytes.
    pub archive_document_bytes: u64,
    /// Images of one archive.
    pub archive_images: usize,
    /// Indexes inside indexes.
    pub index_depth: usize,
}

impl Limits {
    /// The bounds that Outcrop runs with.
    pub const DEFAULT: Self = Self {
        path_bytes: 4_096,
        extended_header_bytes: MIB,
        layer_bytes: 256 * GIB,
        layer_paths: 3_500_000,
        layer_folders: 500_000,
        layer_whiteouts: 500_000,
        layer_links: 16_384,
        layer_candidates: 100_000,
        layer_kept_bytes: 128 * MIB,
        buffered_bytes: 64 * MIB,
        spilled_bytes: 2 * GIB,
        problems: 100,
        archive_paths: 4_000_000,
        archive_packages: 400_000,
        archive_members: 100_000,
        document_bytes: 4 * MIB,
        archive_document_bytes: 64 * MIB,
        archive_images: 1_000,
        index_depth: 4,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Symbolic links followed before a path counts as a cycle. Linux `path_resolution(7)`: 40.
pub(crate) const MAX_LINKS_FOLLOWED: usize = 40;

/// Content that all threads together hold in memory, in bytes; a thread that needs more waits.
pub(crate) const POOL_BYTES: u64 = 96 * MIB;

/// Bytes read from a layer at a time; also how soon a cancellation is noticed.
pub(crate) const BLOCK_BYTES: usize = (256 * KIB) as usize;
