//! An archive that comes as a stream: each member is seen once, in any order.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufRead, BufReader, Cursor, Read};

use outcrop_model::ProblemKind;

use super::index::{Plan, plan};
use super::{
    Analysis, ArchiveContents, LayerId, LayerSink, Members, Meter, Metered, Reading, assemble,
};
use crate::cancellation::Cancellation;
use crate::compression::{Packing, SNIFFED_BYTES, Unpacked};
use crate::error::ImageError;
use crate::limits::{BLOCK_BYTES, MAX_LINKS_FOLLOWED};
use crate::path::{folder_of, join, normalise};
use crate::problems::Problems;
use crate::tar_reader::{Kind, Source, TarError, TarReader};

/// Reads an archive from a stream, as an engine exports it or as it comes on standard input; the
/// whole may be packed with gzip or zstd.
///
/// Layers are read as they pass, before it is known which image they belong to. A stream that ends
/// early gives what there was until then, with a problem of kind `Truncated`.
pub fn read_archive_stream(
    reader: &mut dyn Read,
    reading: &Reading<'_>,
) -> Result<ArchiveContents, ImageError> {
    let meter = Meter::new(reading, None, None);
    read_stream(reader, reading, &meter)
}

pub(super) fn read_stream(
    reader: &mut dyn Read,
    reading: &Reading<'_>,
    meter: &Meter<'_>,
) -> Result<ArchiveContents, ImageError> {
    let mut reader = Metered {
        inner: reader,
        meter,
    };
    let mut start = Vec::with_capacity(SNIFFED_BYTES);
    let sniffed = reader
        .by_ref()
        .take(SNIFFED_BYTES as u64)
        .read_to_end(&mut start);
    if reading.cancellation.is_cancelled() {
        return Err(ImageError::Cancelled);
    }
    let packing = Packing::of(&start);
    let not_an_archive = |reason: String| ImageError::NotAnArchive { reason };
    match packing {
        Packing::Gzip | Packing::Zstd | Packing::Tar => {}
        Packing::Unsupported(name) => {
            return Err(not_an_archive(format!("it is packed with {name}")));
        }
        Packing::Unknown => {
            return Err(not_an_archive(match sniffed {
                Err(error) => error.to_string(),
                Ok(_) if start.is_empty() => "it is empty".to_owned(),
                Ok(_) => "it is neither a tar nor packed with gzip or zstd".to_owned(),
            }));
        }
    }
    let whole = BufReader::with_capacity(BLOCK_BYTES, Cursor::new(start).chain(reader));
    let unpacked =
        Unpacked::new(packing, whole).map_err(|error| not_an_archive(error.to_string()))?;
    let source = Stream {
        inner: BufReader::with_capacity(BLOCK_BYTES, unpacked),
        cancellation: reading.cancellation,
    };
    let mut problems = Problems::new(reading.limits.problems);
    let sink = Analysis::new(reading, meter);
    let mut members = StreamMembers::default();
    let cut = members.walk(source, reading, &sink, &mut problems)?;
    let Plan { images, refusal } = plan(&members, reading, &mut problems);
    if reading.cancellation.is_cancelled() {
        return Err(ImageError::Cancelled);
    }
    match refusal {
        Some(refusal) if !cut => Err(refusal),
        _ => Ok(assemble(images, sink.finish(), problems)),
    }
}

/// Buffered bytes that stop coming when the reading is cancelled.
struct Stream<'a, R> {
    inner: BufReader<R>,
    cancellation: &'a Cancellation,
}

impl<R: Read> Read for Stream<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.cancellation.is_cancelled() {
            return Err(io::Error::other("cancelled"));
        }
        self.inner.read(buffer)
    }
}

impl<R: Read> BufRead for Stream<'_, R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.cancellation.is_cancelled() {
            return Err(io::Error::other("cancelled"));
        }
        self.inner.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        self.inner.consume(count);
    }
}

impl<R: Read> Source for Stream<'_, R> {}

/// What was kept of the members that passed.
#[derive(Default)]
struct StreamMembers {
    documents: BTreeMap<String, Vec<u8>>,
    document_bytes: u64,
    layers: BTreeSet<String>,
    links: BTreeMap<String, String>,
}

impl StreamMembers {
    /// Goes through the archive; true where it ended early.
    fn walk<S: Source>(
        &mut self,
        source: S,
        reading: &Reading<'_>,
        sink: &dyn LayerSink,
        problems: &mut Problems,
    ) -> Result<bool, ImageError> {
        let limits = reading.limits;
        let mut tar = TarReader::new(source, limits.extended_header_bytes, limits.path_bytes);
        let mut raw_path = Vec::new();
        for _ in 0..limits.archive_members {
            let walked = match tar.next_entry() {
                Ok(None) => return Ok(false),
                Ok(Some(entry)) => {
                    normalise(tar.path(), &mut raw_path);
                    let path = String::from_utf8_lossy(&raw_path).into_owned();
                    match entry.kind {
                        _ if entry.oversized_name => Ok(()),
                        Kind::File => self.member(&mut tar, path, reading, sink, problems),
                        Kind::SymbolicLink | Kind::HardLink => {
                            let target = link_target(&path, entry.kind, tar.target());
                            self.links.insert(path, target);
                            Ok(())
                        }
                        Kind::Folder | Kind::SparseFile | Kind::Special => Ok(()),
                    }
                }
                Err(error) => Err(Stopped::Archive(error)),
            };
            match walked {
                Ok(()) => {}
                Err(Stopped::Image(error)) => return Err(error),
                Err(Stopped::Archive(_)) if reading.cancellation.is_cancelled() => {
                    return Err(ImageError::Cancelled);
                }
                Err(Stopped::Archive(error)) => {
                    let (kind, message) = broken_archive(&error);
                    problems.add(kind, "", message);
                    return Ok(true);
                }
            }
        }
        problems.add(
            ProblemKind::TooLarge,
            "",
            format!(
                "the archive has more members than are read: {}",
                limits.archive_members
            ),
        );
        Ok(false)
    }

    fn member<S: Source>(
        &mut self,
        tar: &mut TarReader<S>,
        path: String,
        reading: &Reading<'_>,
        sink: &dyn LayerSink,
        problems: &mut Problems,
    ) -> Result<(), Stopped> {
        let size = tar.body_left();
        let mut start = Vec::new();
        tar.read_body(SNIFFED_BYTES as u64, &mut start)
            .map_err(Stopped::Archive)?;
        if is_layer(&path, &start) {
            let id = LayerId::of_member(&path);
            if sink.wants(&id) {
                sink.layer(&id, &mut Cursor::new(start).chain(tar.body()))
                    .map_err(Stopped::Image)?;
            }
            self.layers.insert(path);
        } else if is_document(&start) {
            let limits = reading.limits;
            if size > limits.document_bytes
                || self.document_bytes.saturating_add(size) > limits.archive_document_bytes
            {
                problems.add(
                    ProblemKind::TooLarge,
                    &path,
                    format!("the document is larger than is read: {size} bytes"),
                );
                return Ok(());
            }
            self.document_bytes += size;
            tar.read_body(size, &mut start).map_err(Stopped::Archive)?;
            self.documents.insert(path, start);
        }
        Ok(())
    }
}

impl Members for StreamMembers {
    fn resolve(&self, path: &str) -> Option<String> {
        follow(path, &self.links, |path| {
            self.documents.contains_key(path) || self.layers.contains(path)
        })
    }

    fn open(&self, member: &str) -> io::Result<(Box<dyn Read + '_>, u64)> {
        let bytes = self
            .documents
            .get(member)
            .ok_or(io::ErrorKind::InvalidData)?;
        Ok((Box::new(bytes.as_slice()), bytes.len() as u64))
    }
}

/// What ends a walk: the archive is broken, or the reading is over.
enum Stopped {
    Archive(TarError),
    Image(ImageError),
}

/// How a broken archive is told.
pub(super) fn broken_archive(error: &TarError) -> (ProblemKind, String) {
    match error {
        TarError::Malformed { .. } => (
            ProblemKind::Malformed,
            format!("the rest of the archive cannot be read: {error}"),
        ),
        TarError::Read(error) if error.kind() != io::ErrorKind::UnexpectedEof => (
            ProblemKind::Truncated,
            format!("the archive ends before its end: {error}"),
        ),
        TarError::Truncated | TarError::Read(_) => (
            ProblemKind::Truncated,
            "the archive ends before its end".to_owned(),
        ),
    }
}

/// Where a link of the archive points, as a normalised path: a symbolic link from its own folder,
/// a hard link from the root.
pub(super) fn link_target(path: &str, kind: Kind, target: &[u8]) -> String {
    let target = String::from_utf8_lossy(target);
    let whole = match kind {
        Kind::SymbolicLink if !target.starts_with('/') => join(folder_of(path), &target),
        _ => target.into_owned(),
    };
    let mut normalised = Vec::new();
    normalise(whole.as_bytes(), &mut normalised);
    String::from_utf8_lossy(&normalised).into_owned()
}

/// Follows links from `path` until `exists` knows it.
pub(super) fn follow(
    path: &str,
    links: &BTreeMap<String, String>,
    exists: impl Fn(&str) -> bool,
) -> Option<String> {
    let mut normalised = Vec::new();
    normalise(path.as_bytes(), &mut normalised);
    let mut path = String::from_utf8_lossy(&normalised).into_owned();
    for _ in 0..MAX_LINKS_FOLLOWED {
        if exists(&path) {
            return Some(path);
        }
        path.clone_from(links.get(&path)?);
    }
    None
}

/// Whether a member is a layer: by its first bytes, or where these say nothing (an encrypted
/// layer, say) by its place.
pub(super) fn is_layer(path: &str, start: &[u8]) -> bool {
    match Packing::of(start) {
        Packing::Gzip | Packing::Zstd | Packing::Tar | Packing::Unsupported(_) => true,
        Packing::Unknown => {
            !start.is_empty()
                && !is_document(start)
                && (path.starts_with("blobs/")
                    || LayerId::of_member(path) != LayerId::Member(path.to_owned()))
        }
    }
}

fn is_document(start: &[u8]) -> bool {
    matches!(start.trim_ascii_start().first(), Some(b'{' | b'['))
}
