//! `rpmdb.sqlite-wal`: pages that were committed and not yet laid into the database.
//!
//! Source: SQLite, "Database File Format", section 4 (the write-ahead log). Frames count up to the
//! last commit before the first whose salt or checksum is another: what follows is left over from
//! before the log was begun anew.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};

use outcrop_model::Package;

use super::Headers;
use super::content::{Content, Order};
use super::header::Header;
use super::sqlite::{
    Budget, Kept, Node, Pages, Row, Snapshot, header_of, page_sizes, root_of_packages, walk,
};
use crate::problems::FileProblems;

/// The last bit tells the order in which checksums read numbers.
pub(super) const MAGIC: u32 = 0x377f_0682;

const HEADER_BYTES: usize = 32;
const FRAME_HEADER_BYTES: usize = 24;
/// Pages of an index, which nobody asks for; no other page of such a database begins like them.
const INDEX_PAGES: [u8; 2] = [0x02, 0x0a];

/// The last committed content of each page that the log holds.
#[derive(Debug, Default)]
pub(super) struct WriteAheadLog<'a> {
    page_bytes: usize,
    usable: usize,
    pages: BTreeMap<u32, Cow<'a, [u8]>>,
}

impl Pages for WriteAheadLog<'_> {
    fn page(&self, number: u32) -> Option<Cow<'_, [u8]>> {
        Some(Cow::Borrowed(self.pages.get(&number)?))
    }

    fn usable(&self) -> usize {
        self.usable
    }

    /// The log need not have the pages that its own lead to: those of one page more.
    fn count(&self) -> usize {
        self.pages.len() + self.page_bytes
    }
}

/// The sum over numbers in pairs.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Checksum(u32, u32);

impl Checksum {
    fn add(mut self, order: Order, bytes: &[u8]) -> Self {
        for pair in bytes.chunks_exact(8) {
            let number = |at| order.u32(pair, at).unwrap_or_default();
            self.0 = self.0.wrapping_add(number(0)).wrapping_add(self.1);
            self.1 = self.1.wrapping_add(number(4)).wrapping_add(self.0);
        }
        self
    }

    fn stored(bytes: &[u8], at: usize) -> Option<Self> {
        Some(Self(
            Order::Big.u32(bytes, at)?,
            Order::Big.u32(bytes, at + 4)?,
        ))
    }
}

impl<'a> WriteAheadLog<'a> {
    /// What was committed; `None` where that is nothing.
    pub(super) fn read(content: Content<'a>) -> Option<Self> {
        let header = content.part(0, HEADER_BYTES)?;
        let magic = Order::Big.u32(&header, 0)?;
        if magic & !1 != MAGIC {
            return None;
        }
        let order = if magic & 1 == 0 {
            Order::Little
        } else {
            Order::Big
        };
        let page_bytes = Order::Big.u32(&header, 8)? as usize;
        if !page_bytes.is_power_of_two() || !(512..=65_536).contains(&page_bytes) {
            return None;
        }
        let mut sum = Checksum(0, 0).add(order, &header[..24]);
        if Checksum::stored(&header, 24)? != sum {
            return None;
        }
        let mut log = Self {
            page_bytes,
            usable: page_bytes,
            pages: BTreeMap::new(),
        };
        let mut uncommitted = BTreeMap::new();
        let mut offset = HEADER_BYTES as u64;
        while let Some(frame) = content.part(offset, FRAME_HEADER_BYTES)
            && let Some(page) = content.part(offset + FRAME_HEADER_BYTES as u64, page_bytes)
        {
            sum = sum.add(order, &frame[..8]).add(order, &page);
            if frame[8..16] != header[16..24] || Checksum::stored(&frame, 16) != Some(sum) {
                break;
            }
            offset += (FRAME_HEADER_BYTES + page_bytes) as u64;
            uncommitted.insert(Order::Big.u32(&frame, 0)?, page);
            let pages_after_commit = Order::Big.u32(&frame, 4)?;
            if pages_after_commit > 0 {
                log.pages.extend(std::mem::take(&mut uncommitted));
                log.pages.split_off(&pages_after_commit.saturating_add(1));
            }
        }
        log.finish()
    }

    fn finish(mut self) -> Option<Self> {
        self.pages
            .retain(|_, page| page.first().is_none_or(|kind| !INDEX_PAGES.contains(kind)));
        if let Some((_, usable)) = self.pages.get(&1).and_then(|page| page_sizes(page)) {
            self.usable = usable;
        }
        (!self.pages.is_empty()).then_some(self)
    }

    /// The log in bytes to keep: the size of its pages, then each with its number.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = (self.page_bytes as u32).to_le_bytes().to_vec();
        for (number, page) in &self.pages {
            bytes.extend_from_slice(&number.to_le_bytes());
            bytes.extend_from_slice(page);
        }
        bytes
    }

    /// The log as it was kept.
    pub(super) fn decode(bytes: &'a [u8]) -> Option<Self> {
        let page_bytes = Order::Little.u32(bytes, 0)? as usize;
        let pages = bytes.get(4..)?.chunks_exact(page_bytes.checked_add(4)?);
        let pages = pages.filter_map(|kept| {
            let (number, page) = kept.split_first_chunk()?;
            Some((u32::from_le_bytes(*number), Cow::Borrowed(page)))
        });
        let log = Self {
            page_bytes,
            usable: page_bytes,
            pages: pages.collect(),
        };
        log.finish()
    }

    /// Hands over the headers that the log holds whole, wherever in the database they belong.
    pub(super) fn headers(&self, problems: &mut FileProblems, headers: &mut Headers<'_>) {
        let mut budget = self.budget();
        for (&number, page) in &self.pages {
            let Some(Node::Leaf(cells)) = Node::parse(page, number, self.usable) else {
                continue;
            };
            for cell in cells {
                if headers.count >= super::MAX_PACKAGES {
                    return Headers::too_many(problems);
                }
                let payload = cell.payload(page, self, &mut budget);
                if let Some(header) = payload.as_deref().and_then(header_of)
                    && Header::parse(header).is_some()
                {
                    let number = u32::try_from(cell.row).unwrap_or_default();
                    headers.take(number, Some(header), problems);
                }
            }
        }
    }

    fn budget(&self) -> Budget {
        Budget((self.pages.len() * self.page_bytes) as u64)
    }

    /// The first page of `Packages`, where the log tells it.
    fn root(&self) -> Option<u32> {
        let mut root = None;
        let mut budget = self.budget();
        walk(self, 1, &mut |_, node| {
            if let Some((page, Node::Leaf(cells))) = node {
                root = cells
                    .iter()
                    .find_map(|cell| root_of_packages(&cell.payload(page, self, &mut budget)?));
            }
            root.is_none()
        });
        root
    }
}

impl Snapshot {
    /// The packages, in the order of their numbers, with what a log beside the database changes.
    ///
    /// `package` reads a header of the log. A row whose page was written anew but whose overflow
    /// was not has kept its content, which the snapshot knows.
    pub(super) fn packages(
        mut self,
        log: Option<&WriteAheadLog<'_>>,
        package: &mut dyn FnMut(&Header<'_>) -> Option<Package>,
    ) -> Vec<Package> {
        let nothing = WriteAheadLog::default();
        let log = log
            .filter(|log| log.page_bytes == self.page_bytes)
            .unwrap_or(&nothing);
        let mut known: HashMap<(i64, u64, u32), Package> = HashMap::new();
        let mut packages: BTreeMap<i64, Package> = BTreeMap::new();
        let mut rewritten: Vec<u32> = Vec::new();
        let mut budget = log.budget();
        let mut pending: Vec<u32> = log.root().or(self.root).into_iter().collect();
        let mut seen: HashSet<u32> = pending.iter().copied().collect();
        while let Some(number) = pending.pop() {
            let below = match log.pages.get(&number) {
                Some(page) => match Node::parse(page, number, log.usable) {
                    Some(Node::Interior(below)) => below,
                    Some(Node::Leaf(_)) => {
                        rewritten.push(number);
                        continue;
                    }
                    None => continue,
                },
                None => match self.nodes.remove(&number) {
                    Some(Kept::Interior(below)) => below,
                    Some(Kept::Leaf(rows)) => {
                        packages.extend(
                            rows.into_iter()
                                .filter_map(|row| Some((row.id, row.package?))),
                        );
                        continue;
                    }
                    None => continue,
                },
            };
            // Only of pages that are there, of which there are few.
            pending.extend(below.into_iter().filter(|number| {
                (log.pages.contains_key(number) || self.nodes.contains_key(number))
                    && seen.insert(*number)
            }));
        }
        // What is left are pages that were written anew: their rows may still be there.
        for kept in self.nodes.into_values() {
            if let Kept::Leaf(rows) = kept {
                known.extend(rows.into_iter().filter_map(|row| {
                    let Row {
                        id,
                        length,
                        overflow,
                        package,
                    } = row;
                    Some(((id, length, overflow), package?))
                }));
            }
        }
        // Page by page: all cells together could take many times the log.
        for number in rewritten {
            let Some(page) = log.pages.get(&number) else {
                continue;
            };
            let Some(Node::Leaf(cells)) = Node::parse(page, number, log.usable) else {
                continue;
            };
            for cell in cells {
                let found = cell
                    .payload(page, log, &mut budget)
                    .and_then(|payload| package(&Header::parse(header_of(&payload)?)?));
                let kept = (cell.overflow > 0)
                    .then(|| known.remove(&(cell.row, cell.length, cell.overflow)))
                    .flatten();
                if let Some(package) = found.or(kept) {
                    packages.insert(cell.row, package);
                }
            }
        }
        packages.into_values().collect()
    }
}
