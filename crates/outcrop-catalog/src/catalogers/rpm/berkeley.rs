//! `Packages`, a hash table of Berkeley DB: keys are numbers of packages, values their headers.
//!
//! Sources: Berkeley DB 5.3, `src/dbinc/db_page.h` (pages and their items). Every page of the file
//! is looked at by its type; which bucket it belongs to makes no difference to what is installed.

use outcrop_model::ProblemKind;

use super::content::{Content, Order};
use super::header::MAX_HEADER_BYTES;
use super::{Headers, MAX_PACKAGES};
use crate::problems::FileProblems;

pub(super) const MAGIC: u32 = 0x0006_1561;
/// Where the magic stands; pages begin with their log sequence number and page number.
pub(super) const MAGIC_AT: usize = 12;

const META_BYTES: usize = 72;
const META_CHECKSUM: u8 = 1;
const HASH_UNSORTED: u8 = 2;
const HASH: u8 = 13;
const OVERFLOW: u8 = 7;
const PAGE_HEADER_BYTES: usize = 26;
const ITEM_HERE: u8 = 1;
const ITEM_ELSEWHERE: u8 = 3;

struct Table<'a> {
    content: Content<'a>,
    order: Order,
    page_bytes: usize,
    /// Pages that values elsewhere may still take; each page belongs to one value.
    pages_left: u64,
    /// Bytes that values may still take; each byte belongs to one value.
    bytes_left: u64,
}

/// Hands over the headers, in the order of the file.
pub(super) fn read(content: Content<'_>, problems: &mut FileProblems, headers: &mut Headers<'_>) {
    let Some(meta) = content.part(0, META_BYTES) else {
        return problems.push(
            ProblemKind::Truncated,
            "the database is cut off in its first page",
        );
    };
    let order = match Order::Little.u32(&meta, MAGIC_AT) {
        Some(MAGIC) => Order::Little,
        _ if Order::Big.u32(&meta, MAGIC_AT) == Some(MAGIC) => Order::Big,
        _ => {
            return problems.push(
                ProblemKind::Malformed,
                "not a hash table of Berkeley DB: its magic number is missing",
            );
        }
    };
    let number = |at| order.u32(&meta, at).unwrap_or_default();
    let page_bytes = number(20) as usize;
    if !page_bytes.is_power_of_two() || !(512..=65_536).contains(&page_bytes) {
        return problems.push(
            ProblemKind::Malformed,
            format!("the database tells an impossible size of its pages: {page_bytes}"),
        );
    }
    if meta[24] != 0 || meta[26] & META_CHECKSUM != 0 {
        return problems.push(
            ProblemKind::Unsupported,
            "the database is encrypted or has checksums, which rpm never wrote",
        );
    }
    let pages = u64::from(number(32)) + 1;
    let there = content.pages_there(page_bytes, pages, problems);
    let mut table = Table {
        content,
        order,
        page_bytes,
        pages_left: there,
        bytes_left: content.size(),
    };
    for number in 1..pages.min(there) {
        let Some(page) = content.page(number, page_bytes) else {
            break;
        };
        if matches!(page[25], HASH | HASH_UNSORTED) && !table.page(number, &page, problems, headers)
        {
            return;
        }
    }
}

impl Table<'_> {
    /// Hands over the headers of a page; false where they were enough.
    fn page(
        &mut self,
        number: u64,
        page: &[u8],
        problems: &mut FileProblems,
        headers: &mut Headers<'_>,
    ) -> bool {
        let items = usize::from(self.order.u16(page, 20).unwrap_or_default());
        for pair in 0..items / 2 {
            let (Some(key), Some(value)) =
                (self.item(page, pair * 2), self.item(page, pair * 2 + 1))
            else {
                problems.push(
                    ProblemKind::Malformed,
                    format!("items of a page of the database lie outside of it: page {number}"),
                );
                return true;
            };
            let package = match key {
                [ITEM_HERE, key @ ..] => self.order.u32(key, 0),
                _ => None,
            };
            // Number 0 holds the highest number that was given.
            let Some(package) = package.filter(|&package| package != 0) else {
                continue;
            };
            if headers.count >= MAX_PACKAGES {
                Headers::too_many(problems);
                return false;
            }
            headers.take(package, self.value(value).as_deref(), problems);
        }
        true
    }

    /// An item reaches from its offset to that of the item before, the first to the page's end.
    fn item<'p>(&self, page: &'p [u8], index: usize) -> Option<&'p [u8]> {
        let offset = |index: usize| {
            self.order
                .u16(page, PAGE_HEADER_BYTES + index * 2)
                .map(usize::from)
        };
        let end = match index.checked_sub(1) {
            None => self.page_bytes,
            Some(before) => offset(before)?,
        };
        page.get(offset(index)?..end)
    }

    fn value(&mut self, item: &[u8]) -> Option<Vec<u8>> {
        match item {
            [ITEM_HERE, header @ ..] => {
                self.bytes_left = self.bytes_left.checked_sub(header.len() as u64)?;
                Some(header.to_vec())
            }
            [ITEM_ELSEWHERE, ..] => {
                self.elsewhere(self.order.u32(item, 4)?, self.order.u32(item, 8)?)
            }
            _ => None,
        }
    }

    /// The value of `length` bytes in the chain of pages that begins with `number`.
    fn elsewhere(&mut self, mut number: u32, length: u32) -> Option<Vec<u8>> {
        let length = u64::from(length);
        if length > MAX_HEADER_BYTES {
            return None;
        }
        self.bytes_left = self.bytes_left.checked_sub(length)?;
        let mut value = Vec::new();
        while (value.len() as u64) < length {
            self.pages_left = self.pages_left.checked_sub(1)?;
            let page = self.content.page(u64::from(number), self.page_bytes)?;
            if number == 0 || page[25] != OVERFLOW {
                return None;
            }
            let here = usize::from(self.order.u16(&page, 22)?);
            value.extend_from_slice(page.get(PAGE_HEADER_BYTES..PAGE_HEADER_BYTES + here)?);
            number = self.order.u32(&page, 16)?;
        }
        (value.len() as u64 == length).then_some(value)
    }
}
