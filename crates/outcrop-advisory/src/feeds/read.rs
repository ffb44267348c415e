//! One way into all readers.

use std::io::{BufRead, BufReader, Read, Seek};
use std::ops::ControlFlow;

use super::end_of_life::{distro_info, products};
use super::format::{FeedFormat, HEAD_BYTES, Packing, detect};
use super::{
    FeedContent, FeedFault, Sink, alpine_secdb, debian_tracker, epss, kev, nvd, problem,
    redhat_vex, updateinfo,
};
use crate::archive::ZipRecords;
use crate::osv::{self, MAX_RECORD_BYTES};

/// Largest window that a zstd stream may ask for: 128 MiB, as the format's reference tool allows.
const MAX_WINDOW_LOG: u32 = 27;

/// Largest answer of endoflife.date and table of distro-info, in bytes.
const MAX_SUPPORT_BYTES: u64 = 64 * 1024 * 1024;

/// Most entries of a tar archive; Red Hat's has near 60,000.
const MAX_ENTRIES: usize = 2_000_000;

/// What is known of a file before it is read.
#[derive(Clone, Copy, Debug)]
pub struct FeedFile<'a> {
    /// Its format, as [`detect`](super::detect) tells.
    pub format: FeedFormat,
    /// Its name, for problems; distro-info's tables are told apart by it.
    pub name: &'a str,
    /// Whose updates an `updateinfo.xml` lists, as `Fedora:40`; it may tell itself.
    pub ecosystem: Option<&'a str>,
}

/// Streams all that a file says into `sink`, whatever its format; gzip and zstd are unpacked.
///
/// `sink` ends the reading with `Break`. Memory is bounded by each format's limits: a zip, a tar
/// archive and the JSON feeds are never held whole.
pub fn read<R: BufRead + Seek>(
    file: FeedFile<'_>,
    mut reader: R,
    sink: &mut Sink<'_>,
) -> ControlFlow<()> {
    if file.format == FeedFormat::OsvZip {
        return zip(file.name, reader, sink);
    }
    let packing = match reader.fill_buf() {
        Ok(head) => Packing::of(head),
        Err(error) => return sink(problem(file.name, error.into())),
    };
    match packing {
        Packing::Plain => plain(file, &mut reader, sink),
        Packing::Gzip => {
            let unpacked = flate2::bufread::MultiGzDecoder::new(reader);
            plain(file, &mut BufReader::new(unpacked), sink)
        }
        Packing::Zstd => {
            let decoder =
                zstd::stream::read::Decoder::with_buffer(reader).and_then(|mut decoder| {
                    decoder.window_log_max(MAX_WINDOW_LOG)?;
                    Ok(decoder)
                });
            match decoder {
                Ok(unpacked) => plain(file, &mut BufReader::new(unpacked), sink),
                Err(error) => sink(problem(file.name, error.into())),
            }
        }
    }
}

/// Reads what is unpacked already.
fn plain(file: FeedFile<'_>, reader: &mut dyn BufRead, sink: &mut Sink<'_>) -> ControlFlow<()> {
    match file.format {
        FeedFormat::OsvRecord => record(file.name, reader, sink),
        FeedFormat::Tar => tar(file, reader, sink),
        FeedFormat::AlpineSecdb => alpine_secdb::read(reader, sink),
        FeedFormat::DebianTracker => debian_tracker::read(reader, sink),
        FeedFormat::RedHatVex => redhat_vex::read(reader, sink),
        FeedFormat::UpdateInfo => updateinfo::read(reader, file.ecosystem, sink),
        FeedFormat::KnownExploited => kev::read(reader, sink),
        FeedFormat::Epss => epss::read(reader, sink),
        FeedFormat::Nvd => nvd::read(reader, sink),
        FeedFormat::EndOfLife | FeedFormat::DistroInfo => support(file, reader, sink),
        FeedFormat::OsvZip => {
            let found = FeedFormat::OsvZip.as_str();
            sink(problem(
                file.name,
                FeedFault::value("feed inside of another file", found),
            ))
        }
    }
}

fn zip<R: BufRead + Seek>(name: &str, reader: R, sink: &mut Sink<'_>) -> ControlFlow<()> {
    let records = match ZipRecords::open(reader) {
        Ok(records) => records,
        Err(error) => return sink(problem(name, error.into())),
    };
    for record in records {
        sink(match record {
            Ok(record) => FeedContent::Record(Box::new(record)),
            Err(broken) => problem(broken.name, broken.error.into()),
        })?;
    }
    ControlFlow::Continue(())
}

/// All of a reader, or why not; never more than `limit` and one byte are held.
fn whole(reader: impl Read, limit: u64) -> Result<Vec<u8>, FeedFault> {
    let mut bytes = Vec::new();
    reader.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(FeedFault::TooLarge { limit });
    }
    Ok(bytes)
}

fn record(name: &str, reader: impl Read, sink: &mut Sink<'_>) -> ControlFlow<()> {
    let read = whole(reader, MAX_RECORD_BYTES as u64)
        .and_then(|bytes| osv::parse(&bytes).map_err(FeedFault::from));
    sink(match read {
        Ok(record) => FeedContent::Record(Box::new(record)),
        Err(fault) => problem(name, fault),
    })
}

fn support(file: FeedFile<'_>, reader: impl Read, sink: &mut Sink<'_>) -> ControlFlow<()> {
    let bytes = match whole(reader, MAX_SUPPORT_BYTES) {
        Ok(bytes) => bytes,
        Err(fault) => return sink(problem(file.name, fault)),
    };
    let (releases, problems) = if file.format == FeedFormat::DistroInfo {
        let text = String::from_utf8_lossy(&bytes);
        // Ubuntu's table alone has ends for servers and for Ubuntu Pro.
        let header = text.lines().next().unwrap_or("");
        let product = if header.contains("eol-server") || header.contains("eol-esm") {
            "ubuntu"
        } else {
            "debian"
        };
        distro_info(product, &text)
    } else {
        let read = products(&bytes);
        if let Some(date) = read.dated.as_deref().and_then(super::rfc3339) {
            sink(FeedContent::Dated(date))?;
        }
        (read.releases, read.problems)
    };
    for release in releases {
        sink(FeedContent::Support(release))?;
    }
    for problem in problems {
        sink(FeedContent::Problem(problem))?;
    }
    ControlFlow::Continue(())
}

/// Each regular file of an archive as what it is; files that are nothing of ours are passed over.
fn tar(file: FeedFile<'_>, reader: impl Read, sink: &mut Sink<'_>) -> ControlFlow<()> {
    let mut archive = tar::Archive::new(reader);
    let entries = match archive.entries() {
        Ok(entries) => entries,
        Err(error) => return sink(problem(file.name, error.into())),
    };
    // Raw: extensions, which may be of any size, are entries like others and passed over.
    for (at, entry) in entries.raw(true).enumerate() {
        if at >= MAX_ENTRIES {
            return sink(problem(
                file.name,
                FeedFault::too_many("entries", MAX_ENTRIES),
            ));
        }
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => return sink(problem(file.name, error.into())),
        };
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let mut entry = BufReader::with_capacity(HEAD_BYTES, entry);
        let format = match entry.fill_buf() {
            Ok(head) => detect(head),
            Err(error) => return sink(problem(name, error.into())),
        };
        let Some(format) = format.filter(|format| *format != FeedFormat::Tar) else {
            continue;
        };
        let inner = FeedFile {
            format,
            name: &name,
            ecosystem: file.ecosystem,
        };
        plain(inner, &mut entry, sink)?;
    }
    ControlFlow::Continue(())
}

#[cfg(test)]
#[path = "read_tests.rs"]
mod tests;
