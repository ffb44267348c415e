//! A database in parts: none is held as a whole where it is larger than memory allows.

use std::borrow::Cow;

use outcrop_image::CandidateFile;
use outcrop_model::ProblemKind;

use crate::problems::FileProblems;

/// What can be read of a database.
#[derive(Clone, Copy)]
pub(super) struct Content<'a>(CandidateFile<'a>);

impl<'a> Content<'a> {
    pub(super) const fn of(file: &CandidateFile<'a>) -> Self {
        Self(*file)
    }

    /// Bytes that can be read.
    pub(super) fn size(&self) -> u64 {
        self.0.size()
    }

    /// Exactly `length` bytes from `offset` on; `None` where there are fewer.
    pub(super) fn part(&self, offset: u64, length: usize) -> Option<Cow<'a, [u8]>> {
        let here = usize::try_from(offset)
            .ok()
            .and_then(|start| self.0.bytes.get(start..start.checked_add(length)?));
        if let Some(bytes) = here {
            return Some(Cow::Borrowed(bytes));
        }
        let bytes = self.0.read_at(offset, length).ok()?;
        (bytes.len() == length).then_some(Cow::Owned(bytes))
    }

    /// The part that is page `number` of a file of pages.
    pub(super) fn page(&self, number: u64, page_bytes: usize) -> Option<Cow<'a, [u8]>> {
        self.part(number.checked_mul(page_bytes as u64)?, page_bytes)
    }

    /// How many pages can be read; a problem where the database tells of more.
    pub(super) fn pages_there(
        &self,
        page_bytes: usize,
        told: u64,
        problems: &mut FileProblems,
    ) -> u64 {
        let there = self.size() / page_bytes as u64;
        if there < told {
            problems.push(
                ProblemKind::Truncated,
                format!("the database is cut off; of its {told} pages there are {there}"),
            );
        }
        there
    }
}

/// How the bytes of a number are ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Little,
    Big,
}

impl Order {
    /// The number of two bytes at `at`.
    pub(super) fn u16(self, bytes: &[u8], at: usize) -> Option<u16> {
        let bytes = bytes.get(at..)?.first_chunk()?;
        Some(match self {
            Self::Little => u16::from_le_bytes(*bytes),
            Self::Big => u16::from_be_bytes(*bytes),
        })
    }

    /// The number of four bytes at `at`.
    pub(super) fn u32(self, bytes: &[u8], at: usize) -> Option<u32> {
        let bytes = bytes.get(at..)?.first_chunk()?;
        Some(match self {
            Self::Little => u32::from_le_bytes(*bytes),
            Self::Big => u32::from_be_bytes(*bytes),
        })
    }
}
