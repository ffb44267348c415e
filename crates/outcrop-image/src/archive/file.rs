//! An archive on disk: its index is read first, then only the layers that are needed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use outcrop_model::ProblemKind;

use super::index::{Plan, plan};
use super::stream::{broken_archive, follow, is_layer, link_target, read_stream};
use super::{ArchiveContents, Exactly, Members, Meter, Reading, assemble, read_layers};
use crate::compression::{Packing, SNIFFED_BYTES};
use crate::error::ImageError;
use crate::path::normalise;
use crate::problems::Problems;
use crate::tar_reader::{Kind, Source, TarReader};

/// Reads an archive file: `docker save`, `podman save`, OCI archive; the whole may be packed with
/// gzip or zstd, and is then read as a stream.
///
/// A plain archive is not read through: members are found by seeking, and the layers that are not
/// known are read in parallel.
pub fn read_archive_file(
    path: &Path,
    reading: &Reading<'_>,
) -> Result<ArchiveContents, ImageError> {
    let unreadable = |source| ImageError::Unreadable {
        path: path.to_owned(),
        source,
    };
    let mut file = File::open(path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    if metadata.is_dir() {
        return Err(unreadable(io::ErrorKind::IsADirectory.into()));
    }
    if !metadata.is_file() {
        // A pipe cannot be seeked.
        return super::read_archive_stream(&mut file, reading);
    }
    let mut start = Vec::with_capacity(SNIFFED_BYTES);
    file.by_ref()
        .take(SNIFFED_BYTES as u64)
        .read_to_end(&mut start)
        .and_then(|_| file.rewind())
        .map_err(unreadable)?;
    if Packing::of(&start) != Packing::Tar {
        let meter = Meter::new(reading, Some(metadata.len()), None);
        return read_stream(&mut file, reading, &meter);
    }
    let mut problems = Problems::new(reading.limits.problems);
    let members = FileMembers::scan(path, file, metadata.len(), reading, &mut problems)?;
    let Plan { images, refusal } = plan(&members, reading, &mut problems);
    let mut needed: BTreeSet<String> = images
        .iter()
        .flat_map(|image| image.members().cloned())
        .collect();
    match refusal {
        // What there is of the layers is all that can be given.
        Some(_) if members.cut => needed = members.layers(),
        Some(refusal) => return Err(refusal),
        None => {}
    }
    let done = read_layers(&members, &needed, reading)?;
    Ok(assemble(images, done, problems))
}

/// Where a member lies in the archive.
#[derive(Clone, Copy)]
struct Span {
    offset: u64,
    size: u64,
}

struct FileMembers<'a> {
    archive: &'a Path,
    spans: BTreeMap<String, Span>,
    links: BTreeMap<String, String>,
    /// The archive ends early.
    cut: bool,
}

impl<'a> FileMembers<'a> {
    fn scan(
        archive: &'a Path,
        file: File,
        length: u64,
        reading: &Reading<'_>,
        problems: &mut Problems,
    ) -> Result<Self, ImageError> {
        let limits = reading.limits;
        let source = Seeking {
            inner: BufReader::new(file),
            left: length,
        };
        let mut tar = TarReader::new(source, limits.extended_header_bytes, limits.path_bytes);
        let mut members = Self {
            archive,
            spans: BTreeMap::new(),
            links: BTreeMap::new(),
            cut: false,
        };
        let mut raw_path = Vec::new();
        for _ in 0..limits.archive_members {
            if reading.cancellation.is_cancelled() {
                return Err(ImageError::Cancelled);
            }
            let entry = match tar.next_entry() {
                Ok(None) => return Ok(members),
                Ok(Some(entry)) => entry,
                Err(error) => {
                    let (kind, message) = broken_archive(&error);
                    problems.add(kind, "", message);
                    members.cut = true;
                    return Ok(members);
                }
            };
            if entry.oversized_name {
                continue;
            }
            normalise(tar.path(), &mut raw_path);
            let path = String::from_utf8_lossy(&raw_path).into_owned();
            match entry.kind {
                Kind::File => {
                    let span = Span {
                        offset: tar.offset(),
                        size: entry.size,
                    };
                    members.spans.insert(path, span);
                }
                Kind::SymbolicLink | Kind::HardLink => {
                    let target = link_target(&path, entry.kind, tar.target());
                    members.links.insert(path, target);
                }
                Kind::Folder | Kind::SparseFile | Kind::Special => {}
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
        Ok(members)
    }

    /// Members that are layers by their first bytes.
    fn layers(&self) -> BTreeSet<String> {
        self.spans
            .keys()
            .filter(|member| {
                let mut start = Vec::new();
                // A start that cannot be read is no layer.
                let read = self.open(member).and_then(|(reader, _)| {
                    reader.take(SNIFFED_BYTES as u64).read_to_end(&mut start)
                });
                read.is_ok() && is_layer(member, &start)
            })
            .cloned()
            .collect()
    }
}

impl Members for FileMembers<'_> {
    fn resolve(&self, path: &str) -> Option<String> {
        follow(path, &self.links, |path| self.spans.contains_key(path))
    }

    fn open(&self, member: &str) -> io::Result<(Box<dyn Read + '_>, u64)> {
        let span = self.spans.get(member).ok_or(io::ErrorKind::NotFound)?;
        // A file of its own for each reader: they seek at the same time.
        let mut file = File::open(self.archive)?;
        file.seek(SeekFrom::Start(span.offset))?;
        let reader = Exactly {
            inner: file,
            left: span.size,
        };
        Ok((Box::new(reader), span.size))
    }
}

/// A file whose bytes are passed over by seeking.
struct Seeking {
    inner: BufReader<File>,
    left: u64,
}

impl Read for Seeking {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.left = self.left.saturating_sub(read as u64);
        Ok(read)
    }
}

impl BufRead for Seeking {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        self.inner.consume(count);
        self.left = self.left.saturating_sub(count as u64);
    }
}

impl Source for Seeking {
    fn skip(&mut self, count: u64) -> io::Result<u64> {
        let step = count.min(self.left);
        self.inner
            .seek_relative(i64::try_from(step).map_err(io::Error::other)?)?;
        self.left -= step;
        Ok(step)
    }
}
