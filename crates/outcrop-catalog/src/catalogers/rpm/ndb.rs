//! `Packages.db`, the database of SUSE's rpm: slots that name blocks, each with a header.
//!
//! Source: rpm 4.18, `lib/backend/ndb/rpmpkg.c`. All numbers are little-endian.

use outcrop_model::ProblemKind;

use super::content::{Content, Order};
use super::header::MAX_HEADER_BYTES;
use super::{Headers, MAX_PACKAGES};
use crate::problems::FileProblems;

pub(super) const MAGIC: &[u8; 4] = b"RpmP";

const HEADER_BYTES: usize = 32;
const PAGE_BYTES: usize = 4_096;
const SLOT_BYTES: usize = 16;
const SLOT_MAGIC: &[u8] = b"Slot";
const BLOCK_BYTES: u64 = 16;
const BLOB_HEAD_BYTES: usize = 16;
const BLOB_HEAD_MAGIC: &[u8] = b"BlbS";
/// Checksum, length and magic after each header.
const BLOB_TAIL_BYTES: u64 = 12;
const BLOB_TAIL_MAGIC: &[u8] = b"BlbE";

/// Hands over the headers, in the order of their slots.
pub(super) fn read(content: Content<'_>, problems: &mut FileProblems, headers: &mut Headers<'_>) {
    let Some(begin) = content.part(0, HEADER_BYTES) else {
        return problems.push(
            ProblemKind::Truncated,
            "the database is cut off in its first page",
        );
    };
    if !begin.starts_with(MAGIC) {
        return problems.push(
            ProblemKind::Malformed,
            "not a database of rpm: it does not begin with `RpmP`",
        );
    }
    let number = |at| Order::Little.u32(&begin, at).unwrap_or_default();
    let version = number(4);
    if version != 0 {
        return problems.push(
            ProblemKind::Unsupported,
            format!("the database has a version that is not known: {version}"),
        );
    }
    let slot_pages = u64::from(number(12));
    // Each byte belongs to one package.
    let mut bytes_left = content.size();
    for page in 0..slot_pages {
        let Some(slots) = content.page(page, PAGE_BYTES) else {
            return problems.push(
                ProblemKind::Truncated,
                format!(
                    "the database is cut off; of its {slot_pages} pages of slots there are {page}"
                ),
            );
        };
        let begin = if page == 0 { HEADER_BYTES } else { 0 };
        let mut damaged = false;
        for slot in slots[begin..].chunks_exact(SLOT_BYTES) {
            let number = |at| Order::Little.u32(slot, at).unwrap_or_default();
            let (package, block, blocks) = (number(4), number(8), number(12));
            if !slot.starts_with(SLOT_MAGIC) {
                damaged = true;
                continue;
            }
            if block == 0 {
                continue;
            }
            if headers.count >= MAX_PACKAGES {
                return Headers::too_many(problems);
            }
            let place = (u64::from(block), u64::from(blocks));
            let header = blob(content, package, place, &mut bytes_left);
            headers.take(package, header.as_deref(), problems);
        }
        if damaged {
            problems.push(
                ProblemKind::Malformed,
                format!("slots of the database are damaged: page {page}"),
            );
        }
    }
}

/// The header of a package, of which head and tail say the same as the slot; of all of them no more
/// than `bytes_left`.
fn blob(
    content: Content<'_>,
    package: u32,
    (block, blocks): (u64, u64),
    bytes_left: &mut u64,
) -> Option<Vec<u8>> {
    let offset = block * BLOCK_BYTES;
    let head = content.part(offset, BLOB_HEAD_BYTES)?;
    let length = Order::Little.u32(&head, 12)?;
    let needed = BLOB_HEAD_BYTES as u64 + u64::from(length) + BLOB_TAIL_BYTES;
    let is_head = head.starts_with(BLOB_HEAD_MAGIC)
        && Order::Little.u32(&head, 4)? == package
        && needed.div_ceil(BLOCK_BYTES) == blocks;
    if !is_head || u64::from(length) > MAX_HEADER_BYTES {
        return None;
    }
    let end = offset + blocks * BLOCK_BYTES;
    let tail = content.part(end - BLOB_TAIL_BYTES, BLOB_TAIL_BYTES as usize)?;
    if Order::Little.u32(&tail, 4)? != length || !tail.ends_with(BLOB_TAIL_MAGIC) {
        return None;
    }
    *bytes_left = bytes_left.checked_sub(u64::from(length))?;
    content
        .part(offset + BLOB_HEAD_BYTES as u64, length as usize)
        .map(std::borrow::Cow::into_owned)
}
