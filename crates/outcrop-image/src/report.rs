//! What is kept of a layer: a delta, to be laid over the layers below.

use std::collections::BTreeSet;
use std::io::{self, BufWriter, Read as _, Write};

use outcrop_model::{DiffId, Problem};
use serde::{Deserialize, Serialize};

use crate::analyser::{Analyser, FileProblem, Observation};
use crate::error::ImageError;
use crate::inspector::{Inspection, Inspector};

/// Raised whenever a report would hold something else for the same layer.
pub(crate) const REPORT_VERSION: u32 = 2;

/// What an analyser made of one file of a layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// Path inside the layer, without a leading slash.
    pub path: String,
    /// Identifier of the analyser.
    pub analyser: String,
    /// What the file says.
    pub observation: Option<Observation>,
    /// What could not be understood. Shown only if the merged view reaches the file.
    pub problems: Vec<FileProblem>,
}

/// A symbolic or hard link of a layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Path inside the layer, without a leading slash.
    pub path: String,
    /// Where it points: as written for symbolic links, without a leading slash for hard links.
    pub target: String,
}

/// One pass over one layer.
///
/// It depends on the layer's bytes, the analysers that it names and the limits alone (see
/// [`report_key`](crate::report_key)), and its size does not grow with the number of files beyond
/// the bounds of [`Limits`](crate::Limits).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerReport {
    /// Digest of the uncompressed bytes, computed while reading. Stands for the layer only if
    /// `whole`.
    pub diff_id: DiffId,
    /// True where the layer was read to its very end; only then may the report be kept.
    pub whole: bool,
    /// Regular files.
    pub files: u64,
    /// Bytes of their content, as stored.
    pub content_bytes: u64,
    /// Who looked at the files, each with its version, as `rpm-1`.
    pub analysers: Vec<String>,
    /// What the analysers made of the files they asked for.
    pub candidates: Vec<Candidate>,
    /// Symbolic links that a wanted path may lead through.
    pub symbolic_links: Vec<Link>,
    /// Hard links at or to a wanted file.
    pub hard_links: Vec<Link>,
    /// What could not be read; `path` is inside the layer.
    pub problems: Vec<Problem>,
    /// What the inspector saw; `None` where none looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inspection: Option<Inspection>,
    /// Every path in short.
    #[serde(skip)]
    pub(crate) paths: PathTable,
}

/// A path of a layer that is not a folder: hash, size and folder in 16 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PathRecord {
    pub(crate) path: u64,
    /// Upper 40 bits: content bytes. Lower 24 bits: index of the folder.
    packed: u64,
}

impl PathRecord {
    const FOLDER_BITS: u32 = 24;
    /// The folder index that stands for "not remembered" and for the root, above which nothing
    /// can be hidden.
    pub(crate) const NO_FOLDER: u32 = (1 << Self::FOLDER_BITS) - 1;
    const MAX_SIZE: u64 = (1 << 40) - 1;

    pub(crate) fn new(path: u64, size: u64, folder: u32) -> Self {
        let folder = u64::from(folder.min(Self::NO_FOLDER));
        Self {
            path,
            packed: size.min(Self::MAX_SIZE) << Self::FOLDER_BITS | folder,
        }
    }

    pub(crate) fn size(self) -> u64 {
        self.packed >> Self::FOLDER_BITS
    }

    pub(crate) fn folder(self) -> u32 {
        self.packed as u32 & Self::NO_FOLDER
    }
}

/// A folder of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FolderRecord {
    pub(crate) path: u64,
    /// Index of the folder above, [`PathRecord::NO_FOLDER`] for those in the root.
    pub(crate) parent: u32,
    /// True where the layer has an entry of its own for it: only then does it replace a file or
    /// link of a lower layer.
    pub(crate) explicit: bool,
}

/// The paths of a layer, each as a hash.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PathTable {
    /// Everything but folders, sorted by hash, one for each path.
    pub(crate) records: Vec<PathRecord>,
    /// A folder stands after the one above it.
    pub(crate) folders: Vec<FolderRecord>,
    /// Paths that are taken away from the layers below, sorted.
    pub(crate) whiteouts: Vec<u64>,
    /// Folders whose lower content is taken away, sorted.
    pub(crate) opaque: Vec<u64>,
}

const MAGIC: &[u8; 8] = b"outcrop\x01";
/// Largest decoded report; the tables of 4,000,000 paths take less than 100 MB.
const MAX_REPORT_BYTES: u64 = 1 << 30;

impl LayerReport {
    /// The report as bytes to keep.
    pub fn encode(&self) -> Vec<u8> {
        let packed = || {
            // Packed as it is written: the tables of millions of paths are not held twice.
            let packed = zstd::Encoder::new(Vec::new(), 3)?;
            let mut plain = BufWriter::new(packed);
            self.write(&mut plain)?;
            plain.into_inner()?.finish()
        };
        packed().unwrap_or_default()
    }

    fn write(&self, plain: &mut impl Write) -> io::Result<()> {
        plain.write_all(MAGIC)?;
        let head = serde_json::to_vec(self).unwrap_or_default();
        let table = &self.paths;
        for count in [
            head.len(),
            table.records.len(),
            table.folders.len(),
            table.whiteouts.len(),
            table.opaque.len(),
        ] {
            plain.write_all(&(count as u64).to_le_bytes())?;
        }
        plain.write_all(&head)?;
        for record in &table.records {
            plain.write_all(&record.path.to_le_bytes())?;
            plain.write_all(&record.packed.to_le_bytes())?;
        }
        for folder in &table.folders {
            plain.write_all(&folder.path.to_le_bytes())?;
            let packed = folder.parent | u32::from(folder.explicit) << 31;
            plain.write_all(&packed.to_le_bytes())?;
        }
        for hash in table.whiteouts.iter().chain(&table.opaque) {
            plain.write_all(&hash.to_le_bytes())?;
        }
        Ok(())
    }

    /// The report that [`encode`](Self::encode) wrote.
    pub fn decode(bytes: &[u8]) -> Result<Self, ImageError> {
        let refused = |reason: &str| ImageError::MalformedReport {
            reason: reason.to_owned(),
        };
        let mut plain = Vec::new();
        zstd::Decoder::new(bytes)
            .and_then(|decoder| decoder.take(MAX_REPORT_BYTES).read_to_end(&mut plain))
            .map_err(|error| refused(&error.to_string()))?;
        let mut rest = plain.as_slice();
        let mut take = |count: u64| {
            usize::try_from(count)
                .ok()
                .and_then(|count| rest.split_off(..count))
                .ok_or_else(|| refused("it ends early"))
        };
        if take(MAGIC.len() as u64)? != MAGIC {
            return Err(refused("another form"));
        }
        let mut counts = [0u64; 5];
        for count in &mut counts {
            *count = little_endian(take(8)?);
        }
        let mut table = |count: u64, width: u64| take(count.saturating_mul(width));
        let [head, records, folders, whiteouts, opaque] = counts;
        let mut report: Self =
            serde_json::from_slice(table(head, 1)?).map_err(|error| refused(&error.to_string()))?;
        report.paths = PathTable {
            records: table(records, 16)?
                .chunks_exact(16)
                .map(|chunk| PathRecord {
                    path: little_endian(&chunk[..8]),
                    packed: little_endian(&chunk[8..]),
                })
                .collect(),
            folders: table(folders, 12)?
                .chunks_exact(12)
                .map(|chunk| {
                    let packed = little_endian(&chunk[8..]) as u32;
                    FolderRecord {
                        path: little_endian(&chunk[..8]),
                        parent: packed & PathRecord::NO_FOLDER,
                        explicit: packed >> 31 == 1,
                    }
                })
                .collect(),
            whiteouts: hashes(table(whiteouts, 8)?),
            opaque: hashes(table(opaque, 8)?),
        };
        Ok(report)
    }

    /// The analysers that have not looked at the layer, or only in another version.
    pub fn lacks<'a>(&self, analysers: &[&'a dyn Analyser]) -> Vec<&'a dyn Analyser> {
        analysers
            .iter()
            .copied()
            .filter(|analyser| !self.analysers.contains(&versioned(*analyser)))
            .collect()
    }

    /// Whether the inspector has not looked at the layer, or only in another version.
    pub fn lacks_inspection(&self, inspector: Option<&dyn Inspector>) -> bool {
        inspector.is_some_and(|inspector| {
            self.inspection
                .as_ref()
                .is_none_or(|inspection| inspection.by != inspector.name())
        })
    }

    /// This report of some analysers, with what others had found before in the same layer.
    pub(crate) fn on_top_of(mut self, earlier: &Self) -> Self {
        let ran: BTreeSet<String> = self
            .analysers
            .iter()
            .map(|name| id(name).to_owned())
            .collect();
        let others = earlier
            .analysers
            .iter()
            .filter(|name| !ran.contains(id(name)));
        self.analysers.extend(others.cloned());
        let others = earlier.candidates.iter();
        let others = others.filter(|candidate| !ran.contains(&candidate.analyser));
        self.candidates.extend(others.cloned());
        self.candidates
            .sort_by(|one, other| (&one.path, &one.analyser).cmp(&(&other.path, &other.analyser)));
        for (links, others) in [
            (&mut self.symbolic_links, &earlier.symbolic_links),
            (&mut self.hard_links, &earlier.hard_links),
        ] {
            links.extend(others.iter().cloned());
            links.sort_by(|one, other| one.path.cmp(&other.path));
            links.dedup();
        }
        if self.inspection.is_none() {
            self.inspection.clone_from(&earlier.inspection);
        }
        for problem in &earlier.problems {
            if !self.problems.contains(problem) {
                self.problems.push(problem.clone());
            }
        }
        self
    }

    /// Packages in all candidates: what weighs most in memory.
    pub(crate) fn package_count(&self) -> usize {
        self.candidates
            .iter()
            .filter_map(|candidate| candidate.observation.as_ref())
            .map(Observation::package_count)
            .sum()
    }

    /// Paths that are remembered in short.
    pub(crate) fn path_count(&self) -> usize {
        self.paths.records.len() + self.paths.folders.len()
    }
}

/// What an analyser is called in a report.
pub(crate) fn versioned(analyser: &dyn Analyser) -> String {
    format!("{}-{}", analyser.id(), analyser.version())
}

/// The identifier in what [`versioned`] gives.
fn id(versioned: &str) -> &str {
    versioned.rsplit_once('-').map_or(versioned, |(id, _)| id)
}

fn little_endian(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .rev()
        .fold(0, |value, &byte| value << 8 | u64::from(byte))
}

fn hashes(bytes: &[u8]) -> Vec<u64> {
    bytes.chunks_exact(8).map(little_endian).collect()
}

#[cfg(test)]
mod tests {
    use outcrop_model::{Digest, ProblemKind};

    use super::*;

    fn report() -> LayerReport {
        LayerReport {
            diff_id: DiffId(Digest::of(b"layer")),
            whole: true,
            files: 2,
            content_bytes: 30,
            analysers: vec!["x-1".into()],
            candidates: vec![Candidate {
                path: "etc/x".into(),
                analyser: "x".into(),
                observation: Some(Observation::Bytes(vec![0, 255])),
                problems: vec![FileProblem::new(ProblemKind::Malformed, "odd")],
            }],
            symbolic_links: vec![Link {
                path: "lib".into(),
                target: "usr/lib".into(),
            }],
            hard_links: Vec::new(),
            problems: Vec::new(),
            inspection: None,
            paths: PathTable {
                records: vec![PathRecord::new(7, 1 << 33, 1), PathRecord::new(9, 4, 0)],
                folders: vec![FolderRecord {
                    path: 3,
                    parent: PathRecord::NO_FOLDER,
                    explicit: true,
                }],
                whiteouts: vec![1, u64::MAX],
                opaque: vec![2],
            },
        }
    }

    #[test]
    fn a_report_survives_being_kept() {
        assert_eq!(LayerReport::decode(&report().encode()).unwrap(), report());
    }

    #[test]
    fn a_cut_or_foreign_report_is_refused() {
        let bytes = report().encode();
        for end in 0..bytes.len() {
            assert!(LayerReport::decode(&bytes[..end]).is_err(), "{end}");
        }
        let other = zstd::bulk::compress(b"something else entirely", 1).unwrap();
        assert!(LayerReport::decode(&other).is_err());
    }

    #[test]
    fn three_million_paths_take_less_than_fifty_megabytes() {
        assert!(size_of::<PathRecord>() * 3_000_000 < 50_000_000);
        assert!(size_of::<FolderRecord>() <= 16);
    }

    #[test]
    fn sizes_and_folders_keep_their_own_bits() {
        let record = PathRecord::new(1, u64::MAX, u32::MAX);
        assert_eq!(record.size(), (1 << 40) - 1);
        assert_eq!(record.folder(), PathRecord::NO_FOLDER);
        let record = PathRecord::new(1, 5_000_000_000, 77);
        assert_eq!((record.size(), record.folder()), (5_000_000_000, 77));
    }
}
