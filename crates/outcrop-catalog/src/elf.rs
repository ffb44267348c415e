//! The little of an ELF file that tells where a program keeps what a cataloger looks for.
//!
//! Sources: System V ABI, "Object Files" (`Elf32_Ehdr`, `Elf64_Ehdr`, `Elf*_Shdr`, `Elf*_Phdr`);
//! `elf(5)`.
//!
//! Its own reader, because the ones at hand keep every block they were led to: a hostile table can
//! make that many times the file. Here a table and a name have their largest size.

use std::io;

use outcrop_image::{CandidateFile, FileProblem};
use outcrop_model::ProblemKind;
use thiserror::Error;

/// Most sections that are looked through; programs have some 40.
const MAX_SECTIONS: u64 = 4_096;
/// Most segments that are looked through; programs have some 13.
const MAX_SEGMENTS: u64 = 512;
/// Largest record of a table, in bytes; the ABI's have 64 at most.
const MAX_RECORD_BYTES: u64 = 128;
/// Largest table of section names that is read, in bytes.
const MAX_NAMES_BYTES: u64 = 1 << 20;

const EXECUTABLE: u64 = 2;
const SHARED_OBJECT: u64 = 3;
const NO_BITS: u64 = 8;
const LOADED: u64 = 1;
const SEGMENT_EXECUTABLE: u64 = 1;
const SEGMENT_WRITABLE: u64 = 2;

/// Whether a file that begins so may be a program.
pub(crate) fn is_elf(head: &[u8]) -> bool {
    head.starts_with(b"\x7fELF")
}

/// Why a program could not be looked into.
#[derive(Debug, Error)]
pub(crate) enum ElfError {
    /// A table lies outside the file.
    #[error("its table of {what} goes on beyond the end of the file: {end} of {size} bytes")]
    Outside {
        what: &'static str,
        end: u64,
        size: u64,
    },
    /// More than is looked through.
    #[error("its table of {what} is larger than what is looked through: {count}")]
    TooMany { what: &'static str, count: u64 },
    /// No table of the ABI.
    #[error("its table of {what} has records of a size that no program has: {size}")]
    Records { what: &'static str, size: u64 },
    /// The content cannot be read again.
    #[error("its content cannot be read: {0}")]
    Unreadable(#[from] io::Error),
}

impl ElfError {
    /// As a problem of the file.
    pub(crate) fn into_problem(self) -> FileProblem {
        let kind = match &self {
            Self::Outside { .. } | Self::Unreadable(_) => ProblemKind::Truncated,
            Self::TooMany { .. } => ProblemKind::TooLarge,
            Self::Records { .. } => ProblemKind::Malformed,
        };
        FileProblem::new(kind, format!("not looked into as a program: {self}"))
    }
}

/// A part of the file that bears a name.
#[derive(Debug)]
pub(crate) struct Section {
    name: u64,
    pub(crate) address: u64,
    pub(crate) offset: u64,
    pub(crate) size: u64,
}

/// A part of the file that is laid into memory.
#[derive(Debug)]
pub(crate) struct Segment {
    flags: u64,
    pub(crate) address: u64,
    offset: u64,
    /// Bytes that come from the file.
    pub(crate) size: u64,
}

/// Sections and loaded segments of a program or library.
#[derive(Debug)]
pub(crate) struct Elf {
    sections: Vec<Section>,
    names: Vec<u8>,
    segments: Vec<Segment>,
}

impl Elf {
    /// Reads the tables; `None` where the file is no program and no shared library.
    pub(crate) fn read(file: &CandidateFile<'_>) -> Result<Option<Self>, ElfError> {
        let header = file.read_at(0, 64)?;
        let (wide, big_endian) = match header.get(4..6) {
            Some([class @ 1..=2, order @ 1..=2]) if is_elf(&header) => (*class == 2, *order == 2),
            _ => return Ok(None),
        };
        let fields = Fields {
            bytes: &header,
            wide,
            big_endian,
        };
        if !matches!(fields.number(16, 2), EXECUTABLE | SHARED_OBJECT) {
            return Ok(None);
        }
        let (segment_table, section_table, counts) = if wide {
            (fields.number(32, 8), fields.number(40, 8), 54)
        } else {
            (fields.number(28, 4), fields.number(32, 4), 42)
        };
        let segment_size = fields.number(counts, 2);
        let segment_count = fields.number(counts + 2, 2);
        let section_size = fields.number(counts + 4, 2);
        let mut section_count = fields.number(counts + 6, 2);
        let mut names_index = fields.number(counts + 8, 2);
        if section_count == 0 && section_table != 0 {
            // Larger numbers stand in the first section (`SHN_LORESERVE`, `SHN_XINDEX`).
            let first = file.read_at(section_table, 64)?;
            let first = fields.with(&first);
            section_count = first.section().size;
            names_index = match names_index {
                0xffff => first.number(if wide { 40 } else { 24 }, 4),
                index => index,
            };
        }
        let segments = table(
            file,
            "segments",
            (segment_table, segment_count, segment_size),
            MAX_SEGMENTS,
        )?;
        let section_bytes = table(
            file,
            "sections",
            (section_table, section_count, section_size),
            MAX_SECTIONS,
        )?;
        let mut elf = Self {
            sections: Vec::new(),
            names: Vec::new(),
            segments: Vec::new(),
        };
        for record in chunks(&segments, segment_size) {
            let record = fields.with(record);
            if record.number(0, 4) == LOADED {
                elf.segments.push(record.segment());
            }
        }
        for (index, record) in chunks(&section_bytes, section_size).enumerate() {
            let record = fields.with(record);
            let section = record.section();
            if index as u64 == names_index && section.size <= MAX_NAMES_BYTES {
                elf.names = file.read_at(section.offset, section.size as usize)?;
            }
            if record.number(4, 4) != NO_BITS {
                elf.sections.push(section);
            }
        }
        Ok(Some(elf))
    }

    /// The section of a name.
    pub(crate) fn section(&self, name: &str) -> Option<&Section> {
        self.sections.iter().find(|section| {
            usize::try_from(section.name)
                .ok()
                .and_then(|start| self.names.get(start..))
                .and_then(|rest| rest.strip_prefix(name.as_bytes()))
                .is_some_and(|rest| rest.first() == Some(&0))
        })
    }

    /// The first segment that a program may write to and not execute: its data.
    pub(crate) fn data_segment(&self) -> Option<&Segment> {
        self.segments.iter().find(|segment| {
            segment.flags & (SEGMENT_WRITABLE | SEGMENT_EXECUTABLE) == SEGMENT_WRITABLE
        })
    }

    /// What would lie at an address once loaded: at most `length` bytes, fewer at the end of the
    /// segment, none where nothing of the file is loaded.
    pub(crate) fn at_address(
        &self,
        file: &CandidateFile<'_>,
        address: u64,
        length: u64,
    ) -> io::Result<Vec<u8>> {
        for segment in &self.segments {
            if let Some(into) = address.checked_sub(segment.address)
                && into < segment.size
            {
                let length = length.min(segment.size - into);
                let offset = segment.offset.saturating_add(into);
                return file.read_at(offset, usize::try_from(length).unwrap_or(usize::MAX));
            }
        }
        Ok(Vec::new())
    }
}

/// The bytes of a table: where it begins, its records, the size of one.
fn table(
    file: &CandidateFile<'_>,
    what: &'static str,
    (start, count, record): (u64, u64, u64),
    most: u64,
) -> Result<Vec<u8>, ElfError> {
    if start == 0 || count == 0 || record == 0 {
        return Ok(Vec::new());
    }
    if count > most {
        return Err(ElfError::TooMany { what, count });
    }
    if record > MAX_RECORD_BYTES {
        return Err(ElfError::Records { what, size: record });
    }
    let length = count.saturating_mul(record);
    let end = start.saturating_add(length);
    if end > file.size() {
        let size = file.size();
        return Err(ElfError::Outside { what, end, size });
    }
    Ok(file.read_at(start, usize::try_from(length).unwrap_or(usize::MAX))?)
}

fn chunks(bytes: &[u8], size: u64) -> impl Iterator<Item = &[u8]> {
    bytes.chunks_exact(usize::try_from(size).unwrap_or(usize::MAX).max(1))
}

/// Numbers of a record; those outside it are 0.
#[derive(Clone, Copy)]
struct Fields<'a> {
    bytes: &'a [u8],
    wide: bool,
    big_endian: bool,
}

impl<'a> Fields<'a> {
    fn with(self, bytes: &'a [u8]) -> Self {
        Self { bytes, ..self }
    }

    fn number(self, offset: usize, width: usize) -> u64 {
        number(self.bytes, offset, width, self.big_endian)
    }

    fn section(self) -> Section {
        let [address, offset, size] = if self.wide {
            [(16, 8), (24, 8), (32, 8)]
        } else {
            [(12, 4), (16, 4), (20, 4)]
        }
        .map(|(at, width)| self.number(at, width));
        Section {
            name: self.number(0, 4),
            address,
            offset,
            size,
        }
    }

    fn segment(self) -> Segment {
        let [flags, offset, address, size] = if self.wide {
            [(4, 4), (8, 8), (16, 8), (32, 8)]
        } else {
            [(24, 4), (4, 4), (8, 4), (16, 4)]
        }
        .map(|(at, width)| self.number(at, width));
        Segment {
            flags,
            address,
            offset,
            size,
        }
    }
}

/// The number of `width` bytes, at most 8, at an offset; 0 outside the bytes.
pub(crate) fn number(bytes: &[u8], offset: usize, width: usize, big_endian: bool) -> u64 {
    let Some(bytes) = offset
        .checked_add(width)
        .and_then(|end| bytes.get(offset..end))
    else {
        return 0;
    };
    let join = |value: u64, byte: &u8| value << 8 | u64::from(*byte);
    if big_endian {
        bytes.iter().fold(0, join)
    } else {
        bytes.iter().rev().fold(0, join)
    }
}

/// Small programs made in code, for the tests of the catalogers that read them.
#[cfg(test)]
pub(crate) mod fixture {
    /// Where the content of the first section is loaded; each next one follows the one before.
    pub(crate) const BASE: u64 = 0x40_0000;

    /// A program with the given sections, all in one writable segment.
    pub(crate) fn program(sections: &[(&str, &[u8])]) -> Vec<u8> {
        Shape::default().program(sections)
    }

    /// How a program is written.
    pub(crate) struct Shape {
        pub(crate) wide: bool,
        pub(crate) big_endian: bool,
        /// Whether the sections are told of.
        pub(crate) section_table: bool,
    }

    impl Default for Shape {
        fn default() -> Self {
            Self {
                wide: true,
                big_endian: false,
                section_table: true,
            }
        }
    }

    impl Shape {
        fn put(&self, out: &mut Vec<u8>, value: u64, width: usize) {
            if self.big_endian {
                out.extend_from_slice(&value.to_be_bytes()[8 - width..]);
            } else {
                out.extend_from_slice(&value.to_le_bytes()[..width]);
            }
        }

        /// A number that is as wide as an address.
        pub(crate) fn word(&self, value: u64) -> Vec<u8> {
            let mut out = Vec::new();
            self.put(&mut out, value, if self.wide { 8 } else { 4 });
            out
        }

        /// A program with the given sections, all in one writable segment.
        pub(crate) fn program(&self, sections: &[(&str, &[u8])]) -> Vec<u8> {
            let (header, segment) = if self.wide { (64_usize, 56) } else { (52, 32) };
            let start = (header + segment).next_multiple_of(16);
            let mut content = Vec::new();
            let mut names = vec![0];
            let mut records = vec![(0, 0, 0)];
            for (name, bytes) in sections {
                content.resize(content.len().next_multiple_of(16), 0);
                records.push((names.len(), content.len(), bytes.len()));
                content.extend_from_slice(bytes);
                names.extend_from_slice(name.as_bytes());
                names.push(0);
            }
            let loaded = content.len();
            records.push((0, loaded, names.len()));
            content.extend_from_slice(&names);
            let table = if self.section_table {
                (start + content.len()) as u64
            } else {
                0
            };
            let count = if self.section_table { records.len() } else { 0 } as u64;

            let mut out = b"\x7fELF".to_vec();
            out.extend([1 + u8::from(self.wide), 1 + u8::from(self.big_endian), 1, 0]);
            out.resize(16, 0);
            self.put(&mut out, 2, 2);
            self.put(&mut out, 62, 2);
            self.put(&mut out, 1, 4);
            out.extend(self.word(super::fixture::BASE));
            out.extend(self.word(header as u64));
            out.extend(self.word(table));
            self.put(&mut out, 0, 4);
            let section = if self.wide { 64 } else { 40 };
            for value in [header as u64, segment as u64, 1, section, count] {
                self.put(&mut out, value, 2);
            }
            self.put(&mut out, count.saturating_sub(1), 2);
            self.put(&mut out, 1, 4);
            if self.wide {
                self.put(&mut out, 6, 4);
            }
            for value in [start as u64, BASE, BASE, loaded as u64, loaded as u64] {
                out.extend(self.word(value));
            }
            if !self.wide {
                self.put(&mut out, 6, 4);
            }
            out.resize(start, 0);
            out.extend_from_slice(&content);
            if self.section_table {
                for (name, offset, size) in records {
                    self.put(&mut out, name as u64, 4);
                    self.put(&mut out, 1, 4);
                    out.extend(self.word(0));
                    out.extend(self.word(BASE + offset as u64));
                    out.extend(self.word((start + offset) as u64));
                    out.extend(self.word(size as u64));
                    self.put(&mut out, 0, 4);
                    self.put(&mut out, 0, 4);
                    out.extend(self.word(0));
                    out.extend(self.word(0));
                }
            }
            out
        }
    }
}

#[cfg(test)]
mod tests {
    use super::fixture::Shape;
    use super::*;

    #[test]
    fn sections_and_addresses_are_found_in_every_shape() {
        for wide in [false, true] {
            for big_endian in [false, true] {
                let shape = Shape {
                    wide,
                    big_endian,
                    section_table: true,
                };
                let bytes = shape.program(&[(".first", b"0123456789"), (".second", b"abc")]);
                let file = CandidateFile::whole("bin/a", &bytes);
                let elf = Elf::read(&file).unwrap().unwrap();
                let section = elf.section(".second").unwrap();
                assert_eq!(file.read_at(section.offset, 3).unwrap(), b"abc");
                assert_eq!(section.size, 3);
                assert!(elf.section(".sec").is_none());
                assert_eq!(
                    elf.at_address(&file, section.address, 100).unwrap(),
                    b"abc",
                    "{wide} {big_endian}"
                );
                assert_eq!(elf.at_address(&file, 5, 100).unwrap(), b"");
            }
        }
    }

    #[test]
    fn absurd_tables_are_refused_with_the_deciding_value() {
        let bytes = fixture::program(&[(".first", b"0123456789")]);
        let check = |offset: usize, value: &[u8], expected: &str| {
            let mut bytes = bytes.clone();
            bytes[offset..offset + value.len()].copy_from_slice(value);
            let error = Elf::read(&CandidateFile::whole("bin/a", &bytes)).unwrap_err();
            assert_eq!(error.to_string(), expected);
        };
        check(
            60,
            &[0xff, 0xff],
            "its table of sections is larger than what is looked through: 65535",
        );
        check(
            56,
            &[0xff, 0xff],
            "its table of segments is larger than what is looked through: 65535",
        );
        check(
            58,
            &[0xff, 0xff],
            "its table of sections has records of a size that no program has: 65535",
        );
        let size = bytes.len();
        check(
            40,
            &[0xff; 8],
            &format!(
                "its table of sections goes on beyond the end of the file: {} of {size} bytes",
                u64::MAX
            ),
        );
    }

    #[test]
    fn other_files_are_none() {
        for bytes in [&b""[..], b"\x7fELF", b"#!/bin/sh\n"] {
            assert!(
                Elf::read(&CandidateFile::whole("bin/a", bytes))
                    .unwrap()
                    .is_none()
            );
        }
    }
}
