//! A walk over a tar stream that allocates nothing per entry and trusts no size.
//!
//! Own code because the walk must be bounded where the common reader is not: it skips an oversized
//! extended header instead of holding it, keeps long names in two buffers, and goes on after what
//! it does not know. Formats: POSIX.1-2017 `pax` (ustar and extended headers), GNU tar manual
//! "Basic Tar Format" (long names, base-256 numbers, sparse files), old v7. Where these leave
//! room, it reads as Go's `archive/tar`, which the engines use.

use std::io::{self, BufRead, Read};

use crate::inspector::MAX_CAPABILITY_BYTES;

pub(crate) const BLOCK: usize = 512;

/// Extension blocks of an old GNU sparse header; 21 holes each.
const MAX_SPARSE_BLOCKS: usize = 100_000;

/// A buffered source that can pass over bytes more cheaply than by reading them.
pub(crate) trait Source: BufRead {
    /// Passes over `count` bytes; fewer only at the end.
    fn skip(&mut self, count: u64) -> io::Result<u64> {
        let mut left = count;
        while left > 0 {
            let available = self.fill_buf()?.len();
            if available == 0 {
                break;
            }
            let step = usize::try_from(left).map_or(available, |left| left.min(available));
            self.consume(step);
            left -= step as u64;
        }
        Ok(count - left)
    }

    /// The next `count` bytes, which stay to be read; fewer at the end, or where the source
    /// cannot hold more.
    fn peek(&mut self, count: usize) -> io::Result<&[u8]> {
        let available = self.fill_buf()?;
        Ok(&available[..available.len().min(count)])
    }
}

impl<S: Source> Source for &mut S {
    fn peek(&mut self, count: usize) -> io::Result<&[u8]> {
        (**self).peek(count)
    }

    fn skip(&mut self, count: u64) -> io::Result<u64> {
        (**self).skip(count)
    }
}

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    File,
    /// A file with holes; its stored bytes are not its content.
    SparseFile,
    Folder,
    SymbolicLink,
    HardLink,
    /// Device node or named pipe.
    Special,
}

/// An entry; its path and target are in the reader's buffers until the next one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) kind: Kind,
    /// Stored bytes of its body.
    pub(crate) size: u64,
    /// Its name or target was in an extended header beyond the limit, or is longer than a path.
    pub(crate) oversized_name: bool,
    /// Permission bits with setuid, setgid and sticky; 0 where the header has no number.
    pub(crate) mode: u32,
    /// Numeric user; 0 where the header has no number.
    pub(crate) user: u64,
    /// Numeric group; 0 where the header has no number.
    pub(crate) group: u64,
}

/// Why the walk ended before the archive did.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TarError {
    #[error("the archive ends in the middle of an entry")]
    Truncated,
    #[error("not a tar header at byte {offset}")]
    Malformed { offset: u64 },
    #[error(transparent)]
    Read(#[from] io::Error),
}

pub(crate) struct TarReader<S> {
    source: S,
    /// Bytes of the current body that have not been read.
    left: u64,
    padding: u64,
    offset: u64,
    path: Vec<u8>,
    target: Vec<u8>,
    /// The attribute `security.capability` of the current entry; empty where it has none.
    capability: Vec<u8>,
    max_extended: u64,
    max_path: usize,
}

/// What extended headers say about the entry that follows.
#[derive(Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "four facts that have nothing to do with each other"
)]
struct Extension {
    path: bool,
    target: bool,
    size: Option<u64>,
    user: Option<u64>,
    group: Option<u64>,
    sparse: bool,
    oversized: bool,
}

impl<S: Source> TarReader<S> {
    pub(crate) fn new(source: S, max_extended: u64, max_path: usize) -> Self {
        Self {
            source,
            left: 0,
            padding: 0,
            offset: 0,
            path: Vec::new(),
            target: Vec::new(),
            capability: Vec::new(),
            max_extended,
            max_path,
        }
    }

    /// The raw path of the current entry.
    pub(crate) fn path(&self) -> &[u8] {
        &self.path
    }

    /// The raw link target of the current entry.
    pub(crate) fn target(&self) -> &[u8] {
        &self.target
    }

    /// The attribute `security.capability` of the current entry, at most
    /// [`MAX_CAPABILITY_BYTES`] of it.
    pub(crate) fn capability(&self) -> Option<&[u8]> {
        (!self.capability.is_empty()).then_some(&self.capability[..])
    }

    /// Offset in the source at which the rest of the current body begins.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// Passes over the rest of the current body and reads the next header; `None` at the end.
    pub(crate) fn next_entry(&mut self) -> Result<Option<Entry>, TarError> {
        let mut extension = Extension::default();
        self.path.clear();
        self.target.clear();
        self.capability.clear();
        loop {
            self.finish_body()?;
            let Some(header) = self.header()? else {
                return Ok(None);
            };
            let malformed = TarError::Malformed {
                offset: self.offset - BLOCK as u64,
            };
            let flag = header[156];
            let Some(size) = number(&header[124..136]) else {
                return Err(malformed);
            };
            // Go's `archive/tar` takes these for headers only, whatever their size field says.
            let size = match flag {
                b'1'..=b'6' => 0,
                _ => extension.size.unwrap_or(size),
            };
            if size > i64::MAX as u64 {
                return Err(malformed);
            }
            self.left = size;
            self.padding = size.wrapping_neg() % BLOCK as u64;
            match flag {
                b'x' => self.pax(&mut extension)?,
                b'L' => {
                    extension.path = true;
                    extension.oversized |= !Self::long_name(
                        &mut self.path,
                        &mut self.source,
                        &mut self.left,
                        &mut self.offset,
                        self.max_path,
                    )?;
                }
                b'K' => {
                    extension.target = true;
                    extension.oversized |= !Self::long_name(
                        &mut self.target,
                        &mut self.source,
                        &mut self.left,
                        &mut self.offset,
                        self.max_path,
                    )?;
                }
                // A global header may not name a file or its size in any archive of an engine.
                b'g' => {}
                _ => {
                    if !extension.path {
                        header_path(&header, &mut self.path);
                    }
                    if !extension.target {
                        self.target.extend_from_slice(text(&header[157..257]));
                    }
                    let kind = match flag {
                        b'0' | 0 | b'7' if self.path.ends_with(b"/") => Kind::Folder,
                        b'0' | 0 | b'7' if extension.sparse => Kind::SparseFile,
                        b'0' | 0 | b'7' => Kind::File,
                        b'1' => Kind::HardLink,
                        b'2' => Kind::SymbolicLink,
                        b'3' | b'4' | b'6' => Kind::Special,
                        b'5' => Kind::Folder,
                        b'S' => {
                            self.sparse_extension(&header)?;
                            Kind::SparseFile
                        }
                        // Volume labels, multi-volume parts and whatever else: nothing to keep.
                        _ => {
                            extension = Extension::default();
                            self.path.clear();
                            self.target.clear();
                            self.capability.clear();
                            continue;
                        }
                    };
                    let field = |range: std::ops::Range<usize>| number(&header[range]);
                    return Ok(Some(Entry {
                        kind,
                        size,
                        mode: field(100..108).map_or(0, |mode| mode as u32 & 0o7777),
                        user: extension.user.or_else(|| field(108..116)).unwrap_or(0),
                        group: extension.group.or_else(|| field(116..124)).unwrap_or(0),
                        oversized_name: extension.oversized
                            || self.path.len() > self.max_path
                            || self.target.len() > self.max_path,
                    }));
                }
            }
        }
    }

    /// Appends up to `limit` bytes of the current body to `bytes`; true if that was the rest of it.
    pub(crate) fn read_body(&mut self, limit: u64, bytes: &mut Vec<u8>) -> Result<bool, TarError> {
        let wanted = self.left.min(limit);
        let read = self.source.by_ref().take(wanted).read_to_end(bytes)? as u64;
        self.left -= read;
        self.offset += read;
        if read < wanted {
            return Err(TarError::Truncated);
        }
        Ok(self.left == 0)
    }

    /// The first bytes of the current body, at most `count`, which stay to be read.
    pub(crate) fn head(&mut self, count: usize) -> io::Result<&[u8]> {
        let count = usize::try_from(self.left).map_or(count, |left| left.min(count));
        self.source.peek(count)
    }

    /// Shows the rest of the current body piece by piece, with whether it is the last one, without
    /// copying it; ends where `show` wants no more.
    pub(crate) fn show_body(
        &mut self,
        mut show: impl FnMut(&[u8], bool) -> bool,
    ) -> Result<(), TarError> {
        while self.left > 0 {
            let available = self.source.fill_buf()?;
            if available.is_empty() {
                return Err(TarError::Truncated);
            }
            let length = usize::try_from(self.left)
                .map_or(available.len(), |left| left.min(available.len()));
            let goes_on = show(&available[..length], length as u64 == self.left);
            self.source.consume(length);
            self.left -= length as u64;
            self.offset += length as u64;
            if !goes_on {
                break;
            }
        }
        Ok(())
    }

    /// The current body as a reader.
    pub(crate) fn body(&mut self) -> Body<'_, S> {
        Body { reader: self }
    }

    /// Bytes of the current body that have not been read.
    pub(crate) fn body_left(&self) -> u64 {
        self.left
    }

    fn finish_body(&mut self) -> Result<(), TarError> {
        let rest = self.left + self.padding;
        let skipped = self.source.skip(rest)?;
        self.offset += skipped;
        // Some writers leave out the padding of the last body.
        if skipped < self.left {
            return Err(TarError::Truncated);
        }
        self.left = 0;
        self.padding = 0;
        Ok(())
    }

    /// The next header block; `None` at the end, whether marked by zero blocks or not.
    fn header(&mut self) -> Result<Option<[u8; BLOCK]>, TarError> {
        let mut block = [0; BLOCK];
        let filled = fill(&mut self.source, &mut block)?;
        self.offset += filled as u64;
        if filled == 0 || block == [0; BLOCK] {
            return Ok(None);
        }
        if filled < BLOCK {
            return Err(TarError::Truncated);
        }
        if !is_header(&block) {
            return Err(TarError::Malformed {
                offset: self.offset - BLOCK as u64,
            });
        }
        Ok(Some(block))
    }

    /// A GNU long name into `name`; false where it is longer than a path may be.
    fn long_name(
        name: &mut Vec<u8>,
        source: &mut S,
        left: &mut u64,
        offset: &mut u64,
        max_path: usize,
    ) -> Result<bool, TarError> {
        name.clear();
        // One more for the terminating zero.
        let wanted = (*left).min(max_path as u64 + 1);
        let read = source.by_ref().take(wanted).read_to_end(name)? as u64;
        *left -= read;
        *offset += read;
        if read < wanted {
            return Err(TarError::Truncated);
        }
        name.truncate(text(name).len());
        Ok(*left == 0)
    }

    /// The records of a pax extended header that say where and what the next entry is.
    fn pax(&mut self, extension: &mut Extension) -> Result<(), TarError> {
        if self.left > self.max_extended {
            extension.oversized = true;
            return Ok(());
        }
        let mut records = Vec::new();
        self.read_body(self.max_extended, &mut records)?;
        let mut rest = records.as_slice();
        while let Some((key, value, after)) = pax_record(rest) {
            rest = after;
            match key {
                b"path" | b"GNU.sparse.name" => {
                    self.path.clear();
                    self.path.extend_from_slice(value);
                    extension.path = true;
                }
                b"linkpath" => {
                    self.target.clear();
                    self.target.extend_from_slice(value);
                    extension.target = true;
                }
                b"size" => extension.size = decimal(value),
                b"uid" => extension.user = decimal(value),
                b"gid" => extension.group = decimal(value),
                // As Go's `archive/tar` and GNU tar spell extended attributes.
                b"SCHILY.xattr.security.capability" => {
                    let kept = value.len().min(MAX_CAPABILITY_BYTES);
                    self.capability.clear();
                    self.capability.extend_from_slice(&value[..kept]);
                }
                b"GNU.sparse.major" | b"GNU.sparse.map" | b"GNU.sparse.size" => {
                    extension.sparse = true;
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Passes over the blocks that continue an old GNU sparse map.
    fn sparse_extension(&mut self, header: &[u8; BLOCK]) -> Result<(), TarError> {
        let mut more = header[482] != 0;
        let mut block = [0; BLOCK];
        for _ in 0..MAX_SPARSE_BLOCKS {
            if !more {
                return Ok(());
            }
            if fill(&mut self.source, &mut block)? < BLOCK {
                return Err(TarError::Truncated);
            }
            self.offset += BLOCK as u64;
            more = block[504] != 0;
        }
        Err(TarError::Malformed {
            offset: self.offset,
        })
    }
}

/// The rest of an entry's body.
pub(crate) struct Body<'a, S> {
    reader: &'a mut TarReader<S>,
}

impl<S: Source> Read for Body<'_, S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let limit =
            usize::try_from(self.reader.left).map_or(buffer.len(), |left| left.min(buffer.len()));
        let read = self.reader.source.read(&mut buffer[..limit])?;
        if read == 0 && limit > 0 {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "the archive ends in the middle of an entry",
            ));
        }
        self.reader.left -= read as u64;
        self.reader.offset += read as u64;
        Ok(read)
    }
}

/// Fills `buffer` as far as the source reaches.
fn fill(source: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match source.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Whether the checksum of a block is that of a tar header, summed as unsigned or, as some old
/// writers did, as signed bytes.
pub(crate) fn is_header(block: &[u8]) -> bool {
    let Some(block) = block.first_chunk::<BLOCK>() else {
        return false;
    };
    let Some(claimed) = number(&block[148..156]) else {
        return false;
    };
    let mut unsigned: i64 = 8 * i64::from(b' ');
    let mut signed = unsigned;
    for byte in block[..148].iter().chain(&block[156..]) {
        unsigned += i64::from(*byte);
        signed += i64::from(byte.cast_signed());
    }
    i64::try_from(claimed).is_ok_and(|claimed| claimed == unsigned || claimed == signed)
}

/// A numeric field: octal text, or base 256 where the top bit is set.
fn number(field: &[u8]) -> Option<u64> {
    if field[0] & 0x80 != 0 {
        // The sign bit: no field that is read here may be negative.
        if field[0] & 0x40 != 0 {
            return None;
        }
        return field
            .iter()
            .enumerate()
            .try_fold(0u64, |value, (index, &byte)| {
                let byte = if index == 0 { byte & 0x3f } else { byte };
                value.checked_mul(256)?.checked_add(u64::from(byte))
            });
    }
    let digits = field
        .iter()
        .skip_while(|&&byte| byte == b' ')
        .take_while(|&&byte| byte != b' ' && byte != 0);
    digits
        .into_iter()
        .try_fold(0u64, |value, &byte| match byte {
            b'0'..=b'7' => value.checked_mul(8)?.checked_add(u64::from(byte - b'0')),
            _ => None,
        })
}

/// A number of a pax record.
fn decimal(value: &[u8]) -> Option<u64> {
    std::str::from_utf8(value).ok()?.parse().ok()
}

/// A text field up to its first zero.
fn text(field: &[u8]) -> &[u8] {
    field.split(|&byte| byte == 0).next().unwrap_or(field)
}

/// The name of a header, with the prefix where the header is ustar (GNU headers use those bytes
/// otherwise).
fn header_path(header: &[u8; BLOCK], path: &mut Vec<u8>) {
    if &header[257..263] == b"ustar\0" {
        let prefix = text(&header[345..500]);
        if !prefix.is_empty() {
            path.extend_from_slice(prefix);
            path.push(b'/');
        }
    }
    path.extend_from_slice(text(&header[..100]));
}

/// Splits `<length> <key>=<value>\n` from the front.
fn pax_record(records: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let space = records.iter().position(|&byte| byte == b' ')?;
    let length: usize = std::str::from_utf8(&records[..space]).ok()?.parse().ok()?;
    let record = records.get(space + 1..length)?.strip_suffix(b"\n")?;
    let equals = record.iter().position(|&byte| byte == b'=')?;
    Some((&record[..equals], &record[equals + 1..], &records[length..]))
}

#[cfg(test)]
#[path = "tar_reader_tests.rs"]
mod tests;
