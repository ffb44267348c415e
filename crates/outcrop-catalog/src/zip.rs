//! The little of a zip archive that tells what is in it: its directory, and single entries up to a
//! limit.
//!
//! Source: PKWARE `APPNOTE.TXT` 6.3.10, sections 4.3 (records), 4.4 (fields), 4.5.3 (large sizes).
//! Only stored and deflated entries are read; archives in several parts and encrypted entries are
//! not. As other readers do, bytes before the archive are passed over: some start themselves.
//!
//! Its own reader, because the one at hand keeps an owned record of every entry before anything can
//! be asked: a hostile directory makes that many times the file. Here the directory is read as it
//! stands, has its largest size and is walked in place.

use std::io::{self, Read as _, Seek as _};

use flate2::read::DeflateDecoder;
use outcrop_image::CandidateFile;
use outcrop_model::ProblemKind;
use thiserror::Error;

use crate::elf::number;

/// Largest directory that is read, in bytes; an archive of 100,000 classes has about 10 MB.
const MAX_DIRECTORY_BYTES: u64 = 64 << 20;
/// What a packed byte counts that unpacks to none: a block of 5 bytes may hold nothing, and takes
/// as long as one of 160 bytes (RFC 1951, section 3.2.4).
const EXCESS_COST: u64 = 32;
/// What an entry counts by itself: to find its content and to begin to unpack it takes as long as
/// that many bytes, also where there are none.
const ENTRY_COST: u64 = 4 << 10;
/// Bytes of the record at the end, without the comment.
const END_BYTES: usize = 22;
/// Longest comment behind it.
const MAX_COMMENT_BYTES: usize = 0xffff;
/// Bytes of an entry in the directory, without name, extra field and comment.
const RECORD_BYTES: usize = 46;
/// Bytes before an entry's name and extra field, which stand before its content.
const HEADER_BYTES: usize = 30;

/// Why an archive or an entry could not be read.
#[derive(Debug, Error)]
pub(crate) enum ZipError {
    /// No directory at the end of the bytes.
    #[error("it is no zip archive, or not all of it")]
    NoDirectory,
    /// The directory is not where, or not what, it should be.
    #[error("its directory is broken after entries: {0}")]
    Directory(u64),
    /// The directory is too large.
    #[error("its directory is larger than what is read, in bytes: {0}")]
    DirectoryTooLarge(u64),
    /// The entry's bytes are not where the directory says.
    #[error("its content is not where the directory says: {0}")]
    Misplaced(u64),
    /// The entry is packed in a way that is not read.
    #[error("it is packed by a method that is not read: {0}")]
    Method(u16),
    /// The entry is encrypted.
    #[error("it is encrypted")]
    Encrypted,
    /// The bytes cannot be read or unpacked.
    #[error("its content cannot be unpacked: {0}")]
    Unreadable(#[from] io::Error),
}

impl ZipError {
    /// As a kind of problem.
    pub(crate) fn kind(&self) -> ProblemKind {
        match self {
            Self::NoDirectory | Self::Directory(_) | Self::Misplaced(_) | Self::Unreadable(_) => {
                ProblemKind::Malformed
            }
            Self::DirectoryTooLarge(_) => ProblemKind::TooLarge,
            Self::Method(_) | Self::Encrypted => ProblemKind::Unsupported,
        }
    }
}

/// Part of a file's content.
#[derive(Clone, Copy)]
pub(crate) struct Window<'a> {
    file: CandidateFile<'a>,
    start: u64,
    size: u64,
}

impl<'a> Window<'a> {
    /// All of a file.
    pub(crate) fn of(file: CandidateFile<'a>) -> Self {
        Self {
            start: 0,
            size: file.size(),
            file,
        }
    }

    /// Bytes that have been unpacked.
    pub(crate) fn of_bytes(bytes: &'a [u8]) -> Self {
        Self::of(CandidateFile::whole("", bytes))
    }

    /// A part of it; `None` where it has no such part.
    fn part(&self, start: u64, size: u64) -> Option<Self> {
        let end = start.checked_add(size)?;
        (end <= self.size).then_some(Self {
            start: self.start + start,
            size,
            ..*self
        })
    }

    /// Exactly `length` bytes from `offset` on; `None` where it has no such part.
    fn exactly(&self, offset: u64, length: usize) -> io::Result<Option<Vec<u8>>> {
        let Some(part) = self.part(offset, length as u64) else {
            return Ok(None);
        };
        let bytes = part.file.read_at(part.start, length)?;
        Ok((bytes.len() == length).then_some(bytes))
    }

    fn reader(&self) -> io::Result<impl io::Read + use<'a>> {
        let mut reader = self.file.reader();
        reader.seek(io::SeekFrom::Start(self.start))?;
        Ok(reader.take(self.size))
    }
}

/// An archive whose directory has been read.
pub(crate) struct Zip<'a> {
    content: Window<'a>,
    directory: Vec<u8>,
    /// Bytes before the archive.
    before: u64,
}

/// What the directory says of one entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry<'a> {
    /// Its path; UTF-8 in all that is looked for.
    pub(crate) name: &'a [u8],
    /// Bytes that it claims to have unpacked.
    pub(crate) size: u64,
    flags: u16,
    method: u16,
    packed: u64,
    header: u64,
}

/// The numbers of the record at the end.
struct End {
    position: u64,
    directory: u64,
    size: u64,
}

impl<'a> Zip<'a> {
    /// Finds the directory and reads it.
    pub(crate) fn read(content: Window<'a>) -> Result<Self, ZipError> {
        let end = end(&content)?;
        if end.size > MAX_DIRECTORY_BYTES {
            return Err(ZipError::DirectoryTooLarge(end.size));
        }
        // It ends where the record at the end begins; what is more before it is not of the archive.
        let start = end
            .position
            .checked_sub(end.size)
            .ok_or(ZipError::NoDirectory)?;
        let before = start
            .checked_sub(end.directory)
            .ok_or(ZipError::NoDirectory)?;
        let directory = content
            .exactly(start, end.size as usize)?
            .ok_or(ZipError::NoDirectory)?;
        Ok(Self {
            content,
            directory,
            before,
        })
    }

    /// Bytes of the directory.
    pub(crate) fn directory_bytes(&self) -> u64 {
        self.directory.len() as u64
    }

    /// The entries; an error, and nothing more, where the directory is broken.
    pub(crate) fn entries(&self) -> impl Iterator<Item = Result<Entry<'_>, ZipError>> {
        let mut rest = self.directory.as_slice();
        let mut count = 0;
        std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            let Some((entry, after)) = entry(rest) else {
                rest = &[];
                return Some(Err(ZipError::Directory(count)));
            };
            rest = after;
            count += 1;
            Some(Ok(entry))
        })
    }

    /// Where the content of an entry lies, packed as it is.
    fn packed(&self, entry: &Entry<'_>) -> Result<Window<'a>, ZipError> {
        let misplaced = ZipError::Misplaced(entry.header);
        if entry.flags & 1 != 0 {
            return Err(ZipError::Encrypted);
        }
        if !matches!(entry.method, 0 | 8) {
            return Err(ZipError::Method(entry.method));
        }
        let position = entry.header.saturating_add(self.before);
        let header = match self.content.exactly(position, HEADER_BYTES)? {
            Some(header) if header.starts_with(b"PK\x03\x04") => header,
            _ => return Err(misplaced),
        };
        let behind = HEADER_BYTES as u64 + field(&header, 26, 2) + field(&header, 28, 2);
        self.content
            .part(position + behind, entry.packed)
            .ok_or(misplaced)
    }

    /// The content of an entry that is not packed; `None` where it is.
    pub(crate) fn stored(&self, entry: &Entry<'_>) -> Result<Option<Window<'a>>, ZipError> {
        let packed = self.packed(entry)?;
        Ok((entry.method == 0).then_some(packed))
    }

    /// The beginning of an entry's content, at most `most` bytes; true where it is all. To `spent`
    /// are added [`ENTRY_COST`], the bytes that were unpacked, also where they came to nothing, and
    /// [`EXCESS_COST`] for each byte that was read beyond them.
    pub(crate) fn content(
        &self,
        entry: &Entry<'_>,
        most: u64,
        spent: &mut u64,
    ) -> Result<(Vec<u8>, bool), ZipError> {
        *spent = spent.saturating_add(ENTRY_COST);
        let reader = self.packed(entry)?.reader()?;
        let mut bytes = Vec::new();
        let limit = most.saturating_add(1);
        let read = if entry.method == 0 {
            reader.take(limit).read_to_end(&mut bytes)
        } else {
            // Packed bytes are hardly ever more than those that they unpack to.
            let packed = limit.saturating_add(limit / 8).saturating_add(1 << 10);
            let mut decoder = DeflateDecoder::new(reader.take(packed));
            let read = decoder.by_ref().take(limit).read_to_end(&mut bytes);
            let excess = decoder.total_in().saturating_sub(bytes.len() as u64);
            *spent = spent.saturating_add(excess.saturating_mul(EXCESS_COST));
            read
        };
        *spent = spent.saturating_add(bytes.len() as u64);
        read?;
        let whole = bytes.len() as u64 <= most;
        bytes.truncate(usize::try_from(most).unwrap_or(usize::MAX));
        Ok((bytes, whole))
    }
}

fn field(bytes: &[u8], offset: usize, width: usize) -> u64 {
    number(bytes, offset, width, false)
}

/// The record at the end, with the larger numbers of the one before it where there is one.
fn end(content: &Window<'_>) -> Result<End, ZipError> {
    let tail_size = content.size.min((END_BYTES + MAX_COMMENT_BYTES) as u64);
    let tail_start = content.size - tail_size;
    let tail = content
        .exactly(tail_start, tail_size as usize)?
        .ok_or(ZipError::NoDirectory)?;
    let at = (0..=tail.len().saturating_sub(END_BYTES))
        .rev()
        .find(|at| {
            let record = &tail[*at..];
            record.starts_with(b"PK\x05\x06")
                && END_BYTES as u64 + field(record, 20, 2) <= record.len() as u64
        })
        .ok_or(ZipError::NoDirectory)?;
    let record = &tail[at..];
    let short = End {
        position: tail_start + at as u64,
        size: field(record, 12, 4),
        directory: field(record, 16, 4),
    };
    let is_large = field(record, 10, 2) == 0xffff
        || short.size == 0xffff_ffff
        || short.directory == 0xffff_ffff;
    if is_large && let Some(large) = large_end(content, short.position)? {
        return Ok(large);
    }
    Ok(short)
}

/// The record of an archive with large numbers, to which another one before `position` leads.
fn large_end(content: &Window<'_>, position: u64) -> Result<Option<End>, ZipError> {
    let locator = match position.checked_sub(20) {
        Some(start) => content.exactly(start, 20)?,
        None => None,
    };
    let Some(locator) = locator.filter(|locator| locator.starts_with(b"PK\x06\x07")) else {
        return Ok(None);
    };
    // Where bytes stand before the archive it lies behind the place that is told: without more in
    // it, right before what tells the place.
    for start in [field(&locator, 8, 8), position.saturating_sub(20 + 56)] {
        let record = content.exactly(start, 56)?;
        if let Some(record) = record.filter(|record| record.starts_with(b"PK\x06\x06")) {
            return Ok(Some(End {
                position: start,
                size: field(&record, 40, 8),
                directory: field(&record, 48, 8),
            }));
        }
    }
    Ok(None)
}

/// The first entry, and what follows it.
fn entry(rest: &[u8]) -> Option<(Entry<'_>, &[u8])> {
    let record = rest.get(..RECORD_BYTES)?;
    if !record.starts_with(b"PK\x01\x02") {
        return None;
    }
    let length = |offset| field(record, offset, 2) as usize;
    let after_name = RECORD_BYTES + length(28);
    let after_extra = after_name + length(30);
    let name = rest.get(RECORD_BYTES..after_name)?;
    let mut extra = rest.get(after_name..after_extra)?;
    let after = rest.get(after_extra + length(32)..)?;
    let mut numbers = [(24, 4), (20, 4), (42, 4)].map(|(offset, width)| {
        let number = field(record, offset, width);
        (number != 0xffff_ffff).then_some(number)
    });
    // The larger numbers, in this order, each only where the short one is at its largest.
    while let Some(header) = extra.get(..4) {
        let (id, size) = (field(header, 0, 2), field(header, 2, 2) as usize);
        let end = extra.len().min(4 + size);
        if id == 1 {
            let mut values = extra[4..end].chunks_exact(8);
            for number in numbers.iter_mut().filter(|number| number.is_none()) {
                *number = values.next().map(|value| field(value, 0, 8));
            }
        }
        extra = &extra[end..];
    }
    let [size, packed, header] = numbers.map(|number| number.unwrap_or(0xffff_ffff));
    let entry = Entry {
        name,
        size,
        flags: field(record, 8, 2) as u16,
        method: field(record, 10, 2) as u16,
        packed,
        header,
    };
    Some((entry, after))
}

/// Small archives made in code, for the tests of the catalogers that read them.
#[cfg(test)]
pub(crate) mod fixture {
    use std::io::Write as _;

    /// An archive of the given entries; those whose name ends in `.jar` are stored, as Spring Boot
    /// needs them, the others deflated.
    pub(crate) fn archive(entries: &[(&str, &[u8])]) -> Vec<u8> {
        archive_of(entries, |name| {
            name.rsplit_once('.')
                .is_some_and(|(_, ending)| ending == "jar")
        })
    }

    /// An archive of the given entries.
    pub(crate) fn archive_of(entries: &[(&str, &[u8])], is_stored: fn(&str) -> bool) -> Vec<u8> {
        let mut out = Vec::new();
        let mut directory = Vec::new();
        for (name, content) in entries {
            let stored = is_stored(name);
            let packed = if stored {
                content.to_vec()
            } else {
                let mut encoder =
                    flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
                encoder.write_all(content).unwrap();
                encoder.finish().unwrap()
            };
            let mut common = Vec::new();
            common.extend(20_u16.to_le_bytes());
            common.extend(0_u16.to_le_bytes());
            common.extend(if stored { 0_u16 } else { 8 }.to_le_bytes());
            common.extend([0; 8]);
            common.extend((packed.len() as u32).to_le_bytes());
            common.extend((content.len() as u32).to_le_bytes());
            common.extend((name.len() as u16).to_le_bytes());
            common.extend([0; 2]);
            directory.extend(b"PK\x01\x02\x14\x00");
            directory.extend(&common);
            directory.extend([0; 10]);
            directory.extend((out.len() as u32).to_le_bytes());
            directory.extend(name.as_bytes());
            out.extend(b"PK\x03\x04");
            out.extend(&common);
            out.extend(name.as_bytes());
            out.extend(packed);
        }
        let start = out.len() as u32;
        out.extend(&directory);
        out.extend(b"PK\x05\x06");
        out.extend([0; 4]);
        for _ in 0..2 {
            out.extend((entries.len() as u16).to_le_bytes());
        }
        out.extend((directory.len() as u32).to_le_bytes());
        out.extend(start.to_le_bytes());
        out.extend([0; 2]);
        out
    }
}

#[cfg(test)]
#[path = "zip_tests.rs"]
mod tests;
