//! Telling compressed bytes from plain ones by what they are, never by what they are called.

use std::io::{self, BufRead, Read};

use crate::tar_reader::is_header;

/// How bytes are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packing {
    /// RFC 1952, any number of members.
    Gzip,
    /// RFC 8878, any number of frames.
    Zstd,
    /// A tar, or the zeros that end an empty one.
    Tar,
    /// A packing that is known but not read.
    Unsupported(&'static str),
    /// None of these.
    Unknown,
}

/// Bytes needed to tell: one tar header.
pub(crate) const SNIFFED_BYTES: usize = 512;

impl Packing {
    /// Tells from the first [`SNIFFED_BYTES`], or fewer where there are no more.
    pub(crate) fn of(start: &[u8]) -> Self {
        match start {
            [0x1f, 0x8b, ..] => Self::Gzip,
            // A frame, or a skippable frame before it (RFC 8878, sections 3.1.1 and 3.1.2).
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Self::Zstd,
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Self::Unsupported("xz"),
            [b'B', b'Z', b'h', ..] => Self::Unsupported("bzip2"),
            _ if is_header(start) => Self::Tar,
            _ if !start.is_empty() && start.iter().all(|&byte| byte == 0) => Self::Tar,
            _ => Self::Unknown,
        }
    }
}

/// Bytes as they were before they were packed.
pub(crate) enum Unpacked<R: BufRead> {
    Plain(R),
    Gzip(Box<flate2::bufread::MultiGzDecoder<R>>),
    Zstd(zstd::Decoder<'static, R>),
}

impl<R: BufRead> Unpacked<R> {
    pub(crate) fn new(packing: Packing, source: R) -> io::Result<Self> {
        Ok(match packing {
            Packing::Gzip => Self::Gzip(Box::new(flate2::bufread::MultiGzDecoder::new(source))),
            Packing::Zstd => Self::Zstd(zstd::Decoder::with_buffer(source)?),
            Packing::Tar | Packing::Unsupported(_) | Packing::Unknown => Self::Plain(source),
        })
    }

    /// The packed bytes that are left.
    pub(crate) fn into_inner(self) -> R {
        match self {
            Self::Plain(source) => source,
            Self::Gzip(decoder) => decoder.into_inner(),
            Self::Zstd(decoder) => decoder.finish(),
        }
    }
}

impl<R: BufRead> Read for Unpacked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(source) => source.read(buffer),
            Self::Gzip(decoder) => decoder.read(buffer),
            Self::Zstd(decoder) => decoder.read(buffer),
        }
    }
}
