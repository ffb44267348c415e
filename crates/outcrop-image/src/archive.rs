//! Image archives: `docker save` old and new, `podman save`, OCI layouts as archive or folder.

mod file;
mod folder;
mod index;
mod stream;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use outcrop_model::{DiffId, Digest, ImageConfig, Inventory, Platform, Problem, ProblemKind};
use serde::{Deserialize, Serialize};

use crate::analyser::Analyser;
use crate::cancellation::Cancellation;
use crate::error::ImageError;
use crate::inspector::Inspector;
use crate::layer::analyse_layer;
use crate::limits::Limits;
use crate::problems::Problems;
use crate::report::{LayerReport, PathTable};
use crate::squash::squash;

pub use file::read_archive_file;
pub use folder::read_oci_folder;
pub use stream::read_archive_stream;

use index::PlannedImage;

/// How an archive names a layer before its bytes are read.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LayerId {
    /// Digest of the uncompressed tar: Podman's `<hex>.tar`.
    DiffId(DiffId),
    /// Digest of the stored bytes, packed or not: `blobs/sha256/<hex>`.
    Blob(Digest),
    /// Folder in an archive of Docker before 25: `<hex>/layer.tar`. Docker derives it from the
    /// chain of layers below, for the topmost layer from the whole configuration.
    Legacy(Digest),
    /// Any other member, by its path.
    Member(String),
}

impl LayerId {
    /// The identity that the member at `path` goes by.
    fn of_member(path: &str) -> Self {
        let digest =
            |hex: &str| -> Option<Digest> { (hex.len() == 64).then(|| hex.parse().ok()).flatten() };
        if let Some(digest) = path.strip_prefix("blobs/sha256/").and_then(digest) {
            Self::Blob(digest)
        } else if let Some(digest) = path.strip_suffix("/layer.tar").and_then(digest) {
            Self::Legacy(digest)
        } else if let Some(digest) = path.strip_suffix(".tar").and_then(digest) {
            Self::DiffId(DiffId(digest))
        } else {
            Self::Member(path.to_owned())
        }
    }
}

impl std::fmt::Display for LayerId {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::DiffId(diff_id) => diff_id.fmt(formatter),
            Self::Blob(digest) => digest.fmt(formatter),
            Self::Legacy(digest) => write!(formatter, "{}/layer.tar", digest.hex()),
            Self::Member(path) => formatter.write_str(path),
        }
    }
}

/// One that takes layers from a source in whatever order the source has them, perhaps several at
/// once.
pub trait LayerSink: Sync {
    /// Whether the layer's bytes are needed.
    fn wants(&self, layer: &LayerId) -> bool;

    /// The layer's bytes, as they are stored. Need not be read to their end.
    fn layer(&self, layer: &LayerId, bytes: &mut dyn Read) -> Result<(), ImageError>;
}

/// How far a reading has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Bytes read so far, as stored in the source.
    pub bytes_read: u64,
    /// Bytes to read, where the source knows.
    pub bytes_total: Option<u64>,
    /// Layers that are done, those already known among them.
    pub layers_done: usize,
    /// Layers of the images chosen, where the source has its index before its layers.
    pub layers_total: Option<usize>,
}

/// What a reading is given.
pub struct Reading<'a> {
    /// Who looks at the files.
    pub analysers: &'a [&'a dyn Analyser],
    /// Who looks at every entry, if anyone.
    pub inspector: Option<&'a dyn Inspector>,
    /// Reports of earlier reads; what they [lack](LayerReport::lacks) is read anew, by the analysers
    /// that they lack alone. Whoever answers stands in for it that the identity is an engine's
    /// own record, or was paired with the report by an earlier read: never an image's claim.
    pub known: &'a (dyn Fn(&LayerId) -> Option<Arc<LayerReport>> + Sync),
    /// The image to choose where an index has several; `None` takes them all.
    pub platform: Option<&'a Platform>,
    /// Bounds.
    pub limits: &'a Limits,
    /// Told about every mebibyte and every layer, perhaps from several threads.
    pub progress: &'a (dyn Fn(Progress) + Sync),
    /// Stops the reading within one block.
    pub cancellation: &'a Cancellation,
}

/// What was read from an archive.
#[derive(Clone, Debug)]
pub struct ArchiveContents {
    /// The images, in the order of the index. Empty only where the archive ended early.
    pub images: Vec<ArchiveImage>,
    /// Layers that belong to no image that could be read, in the order of the archive.
    pub unassigned: Vec<(LayerId, Arc<LayerReport>)>,
    /// What concerns the archive as a whole; `path` is inside the archive.
    pub problems: Vec<Problem>,
}

/// An image of an archive.
#[derive(Clone, Debug)]
pub struct ArchiveImage {
    /// Its configuration, with the digest computed from its bytes.
    pub config: ImageConfig,
    /// The names it was saved under, as the archive spells them.
    pub references: Vec<String>,
    /// Digest of its OCI manifest, where the archive has one.
    pub manifest_digest: Option<Digest>,
    /// One for each of the configuration's layers, lowest first.
    pub layers: Vec<ArchiveLayer>,
    /// What concerns this image.
    pub problems: Vec<Problem>,
}

/// A layer of an image of an archive.
#[derive(Clone, Debug)]
pub struct ArchiveLayer {
    /// What the configuration says that it is.
    pub diff_id: DiffId,
    /// How the archive names it; `None` where the archive does not have it.
    pub id: Option<LayerId>,
    /// What was found; `None` where it could not be read.
    pub report: Option<Arc<LayerReport>>,
    /// Digest of its stored bytes, computed by this read.
    pub blob: Option<Digest>,
    /// True where this read went through its bytes, false where the report was known.
    pub analysed: bool,
}

impl ArchiveLayer {
    /// Whether its bytes were read whole and are those that the configuration names.
    pub fn is_verified(&self) -> bool {
        self.report
            .as_ref()
            .is_some_and(|report| report.whole && report.diff_id == self.diff_id)
    }
}

impl ArchiveImage {
    /// The reports in the order of the layers, as [`squash`] takes them.
    pub fn reports(&self) -> Vec<Option<Arc<LayerReport>>> {
        self.layers
            .iter()
            .map(|layer| layer.report.clone())
            .collect()
    }

    /// What is installed, with the problems of the image among those of its layers.
    pub fn inventory(
        &self,
        analysers: &[&dyn Analyser],
        cancellation: &Cancellation,
    ) -> Result<Inventory, ImageError> {
        let mut inventory = squash(
            &self.config.diff_ids,
            &self.reports(),
            analysers,
            cancellation,
        )?;
        // The reason why a layer is missing says more than that it is.
        let explained: BTreeSet<DiffId> = self
            .problems
            .iter()
            .filter_map(|problem| problem.layer)
            .collect();
        inventory.problems.retain(|problem| {
            !(problem.kind == ProblemKind::Absent
                && problem
                    .layer
                    .is_some_and(|layer| explained.contains(&layer)))
        });
        inventory
            .problems
            .splice(0..0, self.problems.iter().cloned());
        Ok(inventory)
    }
}

/// What came of a layer.
#[derive(Clone, Debug)]
struct Outcome {
    report: Arc<LayerReport>,
    blob: Option<Digest>,
    analysed: bool,
}

/// The sink that analyses what is not known.
struct Analysis<'a> {
    reading: &'a Reading<'a>,
    meter: &'a Meter<'a>,
    done: Mutex<Done>,
}

#[derive(Default)]
struct Done {
    outcomes: BTreeMap<LayerId, Outcome>,
    order: Vec<LayerId>,
    paths: usize,
    packages: usize,
}

impl<'a> Analysis<'a> {
    fn new(reading: &'a Reading<'a>, meter: &'a Meter<'a>) -> Self {
        Self {
            reading,
            meter,
            done: Mutex::default(),
        }
    }

    /// Keeps an outcome; the layer that would break a bound of the archive loses what breaks it.
    fn keep(&self, layer: &LayerId, mut report: LayerReport, blob: Option<Digest>) {
        let limits = self.reading.limits;
        let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        let paths = done.paths + report.path_count();
        let packages = done.packages + report.package_count();
        let exceeds = |report: &mut LayerReport, what: &str, limit: usize| {
            // What another archive would hold is not what this one shows.
            report.whole = false;
            report.problems.push(Problem {
                kind: ProblemKind::TooLarge,
                layer: None,
                path: String::new(),
                message: format!("the image has more {what} than are read: {limit}"),
            });
        };
        if paths > limits.archive_paths {
            exceeds(&mut report, "paths", limits.archive_paths);
            report.paths = PathTable::default();
        } else {
            done.paths = paths;
        }
        if packages > limits.archive_packages {
            exceeds(&mut report, "packages", limits.archive_packages);
            report.candidates = Vec::new();
        } else {
            done.packages = packages;
        }
        let outcome = Outcome {
            report: Arc::new(report),
            blob,
            analysed: true,
        };
        done.insert(layer, outcome);
    }

    fn finish(self) -> Done {
        self.done
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Done {
    fn insert(&mut self, layer: &LayerId, outcome: Outcome) {
        if self.outcomes.insert(layer.clone(), outcome).is_none() {
            self.order.push(layer.clone());
        }
    }
}

impl LayerSink for Analysis<'_> {
    fn wants(&self, layer: &LayerId) -> bool {
        let Some(report) = (self.reading.known)(layer) else {
            return true;
        };
        if !report.lacks(self.reading.analysers).is_empty()
            || report.lacks_inspection(self.reading.inspector)
        {
            return true;
        }
        let outcome = Outcome {
            report,
            blob: None,
            analysed: false,
        };
        self.done
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(layer, outcome);
        self.meter.layer_done();
        false
    }

    fn layer(&self, layer: &LayerId, bytes: &mut dyn Read) -> Result<(), ImageError> {
        let reading = self.reading;
        let earlier = (reading.known)(layer);
        let lacking = earlier
            .as_ref()
            .map(|earlier| earlier.lacks(reading.analysers));
        let mut read = analyse_layer(
            bytes,
            lacking.as_deref().unwrap_or(reading.analysers),
            reading.inspector.filter(|_| {
                earlier
                    .as_ref()
                    .is_none_or(|earlier| earlier.lacks_inspection(reading.inspector))
            }),
            reading.limits,
            reading.cancellation,
        )?;
        if let Some(earlier) = earlier {
            if read.report.whole && read.report.diff_id != earlier.diff_id {
                read.report.whole = false;
                read.report.problems.push(Problem {
                    kind: ProblemKind::Malformed,
                    layer: None,
                    path: String::new(),
                    message: format!(
                        "not the layer that was read under this name before: {}",
                        earlier.diff_id
                    ),
                });
            } else {
                read.report = read.report.on_top_of(&earlier);
            }
        }
        self.keep(layer, read.report, read.blob);
        self.meter.layer_done();
        Ok(())
    }
}

/// Bytes between two reports of progress.
const PROGRESS_BYTES: u64 = 1 << 20;

/// Counts what is read and tells of it now and then.
struct Meter<'a> {
    bytes_read: AtomicU64,
    bytes_total: Option<u64>,
    layers_done: AtomicUsize,
    layers_total: Option<usize>,
    progress: &'a (dyn Fn(Progress) + Sync),
}

impl<'a> Meter<'a> {
    fn new(reading: &Reading<'a>, bytes_total: Option<u64>, layers_total: Option<usize>) -> Self {
        Self {
            bytes_read: AtomicU64::new(0),
            bytes_total,
            layers_done: AtomicUsize::new(0),
            layers_total,
            progress: reading.progress,
        }
    }

    fn add(&self, bytes: u64) {
        let before = self.bytes_read.fetch_add(bytes, Ordering::Relaxed);
        if before / PROGRESS_BYTES != (before + bytes) / PROGRESS_BYTES {
            self.tell();
        }
    }

    fn layer_done(&self) {
        self.layers_done.fetch_add(1, Ordering::Relaxed);
        self.tell();
    }

    fn tell(&self) {
        (self.progress)(Progress {
            bytes_read: self.bytes_read.load(Ordering::Relaxed),
            bytes_total: self.bytes_total,
            layers_done: self.layers_done.load(Ordering::Relaxed),
            layers_total: self.layers_total,
        });
    }
}

/// A reader whose bytes are counted.
struct Metered<'a, R> {
    inner: R,
    meter: &'a Meter<'a>,
}

impl<R: Read> Read for Metered<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.meter.add(read as u64);
        Ok(read)
    }
}

/// A part of a file that must be there whole.
struct Exactly<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Exactly<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let limit = usize::try_from(self.left).map_or(buffer.len(), |left| left.min(buffer.len()));
        let read = self.inner.read(&mut buffer[..limit])?;
        if read == 0 && limit > 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left -= read as u64;
        Ok(read)
    }
}

/// Members that can be asked for one by one.
trait Members: Sync {
    /// The real path of the member at `path`, after links; `None` where there is none.
    fn resolve(&self, path: &str) -> Option<String>;

    /// The bytes of the member with the real path `member`, and how many there should be.
    fn open(&self, member: &str) -> io::Result<(Box<dyn Read + '_>, u64)>;
}

/// Reads the layers that `images` need, several at a time, from members in any order.
fn read_layers(
    members: &dyn Members,
    layers: &BTreeSet<String>,
    reading: &Reading<'_>,
) -> Result<Done, ImageError> {
    /// More threads would only share the disk's bandwidth and multiply the memory.
    const MAX_THREADS: usize = 8;

    let sizes: BTreeMap<&String, u64> = layers
        .iter()
        .map(|member| (member, members.open(member).map_or(0, |(_, size)| size)))
        .collect();
    let meter = Meter::new(reading, Some(sizes.values().sum()), Some(layers.len()));
    let sink = Analysis::new(reading, &meter);
    let mut queue: Vec<(&String, u64)> = Vec::new();
    for (member, size) in sizes {
        if sink.wants(&LayerId::of_member(member)) {
            queue.push((member, size));
        } else {
            meter.add(size);
        }
    }
    // The largest first, so that no thread is left alone with it.
    queue.sort_by_key(|&(_, size)| std::cmp::Reverse(size));
    let next = AtomicUsize::new(0);
    let work = || -> Result<(), ImageError> {
        while let Some((member, _)) = queue.get(next.fetch_add(1, Ordering::Relaxed)) {
            let id = LayerId::of_member(member);
            match members.open(member) {
                Ok((bytes, _)) => sink.layer(
                    &id,
                    &mut Metered {
                        inner: bytes,
                        meter: &meter,
                    },
                )?,
                // Named as absent when the images are put together.
                Err(_) => meter.layer_done(),
            }
        }
        Ok(())
    };
    let threads = std::thread::available_parallelism()
        .map_or(1, std::num::NonZero::get)
        .min(MAX_THREADS)
        .min(queue.len());
    if threads <= 1 {
        work()?;
    } else {
        std::thread::scope(|scope| {
            let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
            let mut result = work();
            for other in others {
                match other.join() {
                    Ok(ended) => result = result.and(ended),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            result
        })?;
    }
    Ok(sink.finish())
}

/// Puts images and layers together and says what does not fit.
fn assemble(planned: Vec<PlannedImage>, done: Done, problems: Problems) -> ArchiveContents {
    let mut assigned = BTreeSet::new();
    let images = planned
        .into_iter()
        .map(|image| {
            for layer in &image.layers {
                assigned.extend(layer.member.as_deref().map(LayerId::of_member));
            }
            assemble_image(image, &done.outcomes)
        })
        .collect();
    ArchiveContents {
        images,
        unassigned: done
            .order
            .into_iter()
            .filter(|id| !assigned.contains(id))
            .filter_map(|id| {
                let report = done.outcomes.get(&id)?.report.clone();
                Some((id, report))
            })
            .collect(),
        problems: problems.into_list(),
    }
}

fn assemble_image(image: PlannedImage, outcomes: &BTreeMap<LayerId, Outcome>) -> ArchiveImage {
    let PlannedImage {
        config,
        references,
        manifest_digest,
        layers: planned,
        mut problems,
    } = image;
    let mut layers = Vec::with_capacity(config.diff_ids.len());
    for (position, &diff_id) in config.diff_ids.iter().enumerate() {
        let mut problem = |kind, path: &str, message: String| {
            problems.push(Problem {
                kind,
                layer: Some(diff_id),
                path: path.to_owned(),
                message,
            });
        };
        let planned = planned.get(position);
        let id = planned
            .and_then(|layer| layer.member.as_deref())
            .map(LayerId::of_member);
        let outcome = id.as_ref().and_then(|id| outcomes.get(id));
        match (planned, outcome) {
            (None, _) => problem(
                ProblemKind::Absent,
                "",
                "the manifest does not name the layer".to_owned(),
            ),
            (Some(layer), None) if layer.foreign => problem(
                ProblemKind::Unsupported,
                &layer.named,
                "a foreign layer: its bytes are kept by its publisher, not in the archive"
                    .to_owned(),
            ),
            (Some(layer), None) if layer.skipped => {}
            (Some(layer), None) => problem(
                ProblemKind::Absent,
                &layer.named,
                "the archive does not hold the layer".to_owned(),
            ),
            (Some(layer), Some(outcome)) => {
                let computed = outcome.report.diff_id;
                if outcome.report.whole && computed != diff_id {
                    problem(
                        ProblemKind::DigestMismatch,
                        &layer.named,
                        format!(
                            "the layer's bytes are not those of its diff ID; they are of: {computed}"
                        ),
                    );
                } else if let (Some(named), Some(computed)) = (layer.blob, outcome.blob)
                    && named != computed
                {
                    problem(
                        ProblemKind::DigestMismatch,
                        &layer.named,
                        format!(
                            "the blob's bytes are not those of its digest; they are of: {computed}"
                        ),
                    );
                }
            }
        }
        layers.push(ArchiveLayer {
            diff_id,
            id,
            report: outcome.map(|outcome| outcome.report.clone()),
            blob: outcome.and_then(|outcome| outcome.blob),
            analysed: outcome.is_some_and(|outcome| outcome.analysed),
        });
    }
    ArchiveImage {
        config,
        references,
        manifest_digest,
        layers,
        problems,
    }
}

#[cfg(test)]
#[path = "archive_tests.rs"]
mod tests;
