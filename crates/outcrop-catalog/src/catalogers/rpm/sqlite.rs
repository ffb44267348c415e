//! `rpmdb.sqlite`: the table `Packages(hnum, blob)`, whose blobs are headers.
//!
//! Source: SQLite, "Database File Format" (`fileformat2.html`), sections 1.3 (header), 1.5 (b-tree
//! pages), 1.6 (payload and its overflow), 2.1 (records). What a write-ahead log beside the database changes
//! is another file of the image: a [`Snapshot`] keeps the shape of the table for it.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

use outcrop_model::{Package, ProblemKind};
use serde::{Deserialize, Serialize};

use super::content::{Content, Order};
use super::header::MAX_HEADER_BYTES;
use super::{Headers, MAX_PACKAGES};
use crate::problems::FileProblems;

pub(super) const MAGIC: &[u8; 16] = b"SQLite format 3\0";

const DATABASE_HEADER_BYTES: usize = 100;
const INTERIOR: u8 = 0x05;
const LEAF: u8 = 0x0d;
/// The first page, at which the table of all tables begins.
const SCHEMA: u32 = 1;
/// Columns of a record that are looked at.
const MAX_COLUMNS: usize = 8;
/// Rows of the table of all tables that are looked at; rpm's has about 25.
const MAX_TABLES: usize = 10_000;
/// What a cell takes of its page at least: a pointer of two bytes and four of its own. SQLite,
/// `btreeInt.h`, `MX_CELL`.
const MIN_CELL_BYTES: usize = 6;

/// Pages of a database, wherever they are.
pub(super) trait Pages {
    /// The page of a number, which begins with 1.
    fn page(&self, number: u32) -> Option<Cow<'_, [u8]>>;

    /// Bytes of a page that are used.
    fn usable(&self) -> usize;

    /// How many pages a table can have: each but the first has one page above it.
    fn count(&self) -> usize;
}

/// What a page of a table holds.
pub(super) enum Node {
    /// Pages below.
    Interior(Vec<u32>),
    Leaf(Vec<Cell>),
}

/// A row as its page holds it.
pub(super) struct Cell {
    pub(super) row: i64,
    /// Bytes of the whole payload.
    pub(super) length: u64,
    /// The part of the payload that is in the page.
    local: Range<usize>,
    /// The page at which the payload goes on; 0 where it does not.
    pub(super) overflow: u32,
}

impl Node {
    /// `None` where the page is none of a table.
    pub(super) fn parse(page: &[u8], number: u32, usable: usize) -> Option<Self> {
        let begin = if number == SCHEMA {
            DATABASE_HEADER_BYTES
        } else {
            0
        };
        let kind = *page.get(begin)?;
        let cells = usize::from(Order::Big.u16(page, begin + 3)?);
        if cells > page.len() / MIN_CELL_BYTES {
            return None;
        }
        let pointers = begin + if kind == INTERIOR { 12 } else { 8 };
        let offsets = page
            .get(pointers..pointers + cells * 2)?
            .chunks_exact(2)
            .map(|offset| usize::from(u16::from_be_bytes([offset[0], offset[1]])));
        match kind {
            INTERIOR => {
                let mut below = offsets
                    .map(|offset| Order::Big.u32(page, offset))
                    .collect::<Option<Vec<_>>>()?;
                below.push(Order::Big.u32(page, begin + 8)?);
                Some(Self::Interior(below))
            }
            LEAF => offsets
                .map(|offset| Cell::parse(page, offset, usable))
                .collect::<Option<_>>()
                .map(Self::Leaf),
            _ => None,
        }
    }
}

impl Cell {
    fn parse(page: &[u8], offset: usize, usable: usize) -> Option<Self> {
        let (length, after) = varint(page, offset)?;
        let (row, begin) = varint(page, after)?;
        // Section 1.6, "Cell payload overflow pages".
        let largest = usable as u64 - 35;
        let here = if length <= largest {
            length
        } else {
            let smallest = (usable as u64 - 12) * 32 / 255 - 23;
            let kept = smallest + (length - smallest) % (usable as u64 - 4);
            if kept <= largest { kept } else { smallest }
        };
        let local = begin..begin.checked_add(usize::try_from(here).ok()?)?;
        page.get(local.clone())?;
        Some(Self {
            row: row.cast_signed(),
            length,
            overflow: if here < length {
                Order::Big.u32(page, local.end)?
            } else {
                0
            },
            local,
        })
    }

    /// The whole payload; `None` where a page of it is missing.
    pub(super) fn payload<'p>(
        &self,
        page: &'p [u8],
        pages: &dyn Pages,
        budget: &mut Budget,
    ) -> Option<Cow<'p, [u8]>> {
        if self.length > MAX_HEADER_BYTES {
            return None;
        }
        let local = page.get(self.local.clone())?;
        budget.take(local.len())?;
        if self.overflow == 0 {
            return Some(Cow::Borrowed(local));
        }
        let length = usize::try_from(self.length).ok()?;
        let mut payload = local.to_vec();
        let mut number = self.overflow;
        while payload.len() < length {
            let page = pages.page(number)?;
            budget.take(page.len())?;
            let here = (length - payload.len()).min(pages.usable() - 4);
            payload.extend_from_slice(page.get(4..4 + here)?);
            number = Order::Big.u32(&page, 0)?;
        }
        Some(Cow::Owned(payload))
    }
}

/// Bytes of a file that payloads may still take: each belongs to one of them.
pub(super) struct Budget(pub(super) u64);

impl Budget {
    fn take(&mut self, bytes: usize) -> Option<()> {
        self.0 = self.0.checked_sub(bytes as u64)?;
        Some(())
    }
}

/// A number of one to nine bytes, and where the next thing begins.
fn varint(bytes: &[u8], mut at: usize) -> Option<(u64, usize)> {
    let mut number = 0;
    for index in 0..9 {
        let byte = u64::from(*bytes.get(at)?);
        at += 1;
        if index == 8 {
            return Some((number << 8 | byte, at));
        }
        number = number << 7 | byte & 0x7f;
        if byte & 0x80 == 0 {
            break;
        }
    }
    Some((number, at))
}

/// A column of a record, as far as its content matters here.
enum Column<'a> {
    Integer(u64),
    Bytes(&'a [u8]),
    Other,
}

/// The first columns of a record.
fn columns(record: &[u8]) -> Option<Vec<Column<'_>>> {
    let (header_bytes, mut at) = varint(record, 0)?;
    let header_bytes = usize::try_from(header_bytes).ok()?;
    let mut body = record.get(header_bytes..)?;
    let mut columns = Vec::new();
    while at < header_bytes && columns.len() < MAX_COLUMNS {
        let (kind, next) = varint(record, at)?;
        at = next;
        let length = match kind {
            0 | 8..=11 => 0,
            1..=4 => kind,
            5 => 6,
            6 | 7 => 8,
            _ => (kind - 12) / 2,
        };
        let (value, rest) = body.split_at_checked(usize::try_from(length).ok()?)?;
        body = rest;
        columns.push(match kind {
            1..=6 => {
                let number = value
                    .iter()
                    .fold(0, |number, &byte| number << 8 | u64::from(byte));
                Column::Integer(number)
            }
            8 => Column::Integer(0),
            9 => Column::Integer(1),
            12.. => Column::Bytes(value),
            _ => Column::Other,
        });
    }
    Some(columns)
}

/// The first page of `Packages`, where this row of the table of all tables tells it.
pub(super) fn root_of_packages(record: &[u8]) -> Option<u32> {
    match columns(record)?.as_slice() {
        [
            Column::Bytes(b"table"),
            Column::Bytes(b"Packages"),
            _,
            Column::Integer(root),
            ..,
        ] => u32::try_from(*root).ok(),
        _ => None,
    }
}

/// The header in a row of `Packages`.
pub(super) fn header_of(record: &[u8]) -> Option<&[u8]> {
    match columns(record)?.as_slice() {
        [_, Column::Bytes(header), ..] => Some(header),
        _ => None,
    }
}

/// Takes the number of a page with the page and what it holds; nothing of one that cannot be read.
/// False ends the walk.
type Visit<'v> = dyn FnMut(u32, Option<(&[u8], &Node)>) -> bool + 'v;

/// Shows the pages of a table from `root` down, each once; one that is led to twice cannot be read,
/// nor can one that leads to more pages than there are.
pub(super) fn walk(pages: &dyn Pages, root: u32, visit: &mut Visit<'_>) {
    let mut pending = vec![root];
    let mut seen = HashSet::from([root]);
    let mut left = pages.count();
    while let Some(number) = pending.pop() {
        let page = pages.page(number);
        let node = page.as_deref().and_then(|page| {
            let node = Node::parse(page, number, pages.usable())?;
            if let Node::Interior(below) = &node {
                left = left.checked_sub(below.len())?;
            }
            Some((page, node))
        });
        if !visit(number, node.as_ref().map(|(page, node)| (*page, node))) {
            return;
        }
        if let Some((_, Node::Interior(below))) = node {
            for number in below.into_iter().rev() {
                if seen.insert(number) {
                    pending.push(number);
                } else {
                    visit(number, None);
                }
            }
        }
    }
}

/// The pages of a file.
struct File<'a> {
    content: Content<'a>,
    page_bytes: usize,
    usable: usize,
}

impl Pages for File<'_> {
    fn page(&self, number: u32) -> Option<Cow<'_, [u8]>> {
        self.content
            .page(u64::from(number.checked_sub(1)?), self.page_bytes)
    }

    fn usable(&self) -> usize {
        self.usable
    }

    fn count(&self) -> usize {
        usize::try_from(self.content.size()).unwrap_or(usize::MAX) / self.page_bytes
    }
}

/// Sizes of a page and of what of it is used, as the first page of a database tells them.
pub(super) fn page_sizes(header: &[u8]) -> Option<(usize, usize)> {
    let page_bytes = match Order::Big.u16(header, 16)? {
        1 => 65_536,
        bytes => usize::from(bytes),
    };
    let usable = page_bytes.checked_sub(usize::from(*header.get(20)?))?;
    (page_bytes.is_power_of_two() && page_bytes >= 512 && usable >= 480)
        .then_some((page_bytes, usable))
}

/// The table `Packages` by its pages, and what its rows say.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Snapshot {
    pub(super) page_bytes: usize,
    pub(super) usable: usize,
    pub(super) root: Option<u32>,
    pub(super) nodes: BTreeMap<u32, Kept>,
}

/// A page of the table.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Kept {
    Interior(Vec<u32>),
    Leaf(Vec<Row>),
}

/// A row of the table: where its content is tells whether it is still the same.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Row {
    pub(super) id: i64,
    pub(super) length: u64,
    pub(super) overflow: u32,
    pub(super) package: Option<Package>,
}

impl Snapshot {
    /// Reads the table; `None` where the file is no such database.
    pub(super) fn read(
        content: Content<'_>,
        problems: &mut FileProblems,
        headers: &mut Headers<'_>,
    ) -> Option<Self> {
        let header = content.part(0, DATABASE_HEADER_BYTES);
        let Some(header) = header.filter(|header| header.starts_with(MAGIC)) else {
            problems.push(
                ProblemKind::Malformed,
                "not a database of SQLite: it does not begin with `SQLite format 3`",
            );
            return None;
        };
        let Some((page_bytes, usable)) = page_sizes(&header) else {
            problems.push(
                ProblemKind::Malformed,
                "the database tells an impossible size of its pages",
            );
            return None;
        };
        let file = File {
            content,
            page_bytes,
            usable,
        };
        let pages = Order::Big.u32(&header, 28).map_or(0, u64::from);
        content.pages_there(page_bytes, pages, problems);
        let mut snapshot = Self {
            page_bytes,
            usable,
            ..Self::default()
        };
        let mut budget = Budget(content.size());
        let mut tables = 0;
        walk(&file, SCHEMA, &mut |number, node| {
            match node {
                None => unreadable(number, problems),
                Some((page, Node::Leaf(cells))) => {
                    for cell in cells.iter().take(MAX_TABLES - tables) {
                        if let Some(record) = cell.payload(page, &file, &mut budget)
                            && let Some(root) = root_of_packages(&record)
                        {
                            snapshot.root = Some(root);
                        }
                        tables += 1;
                    }
                }
                Some((_, Node::Interior(_))) => {}
            }
            tables < MAX_TABLES
        });
        // A database in which nothing was ever laid down has its tables in the log.
        if let Some(root) = snapshot.root {
            walk(&file, root, &mut |number, node| {
                let kept = match node {
                    None => {
                        unreadable(number, problems);
                        return true;
                    }
                    Some((_, Node::Interior(below))) => Kept::Interior(below.clone()),
                    Some((page, Node::Leaf(cells))) => {
                        let rows = cells.iter().map_while(|cell| {
                            row(cell, page, &file, &mut budget, problems, headers)
                        });
                        Kept::Leaf(rows.collect())
                    }
                };
                snapshot.nodes.insert(number, kept);
                headers.count <= MAX_PACKAGES
            });
        }
        if headers.count > MAX_PACKAGES {
            Headers::too_many(problems);
        }
        Some(snapshot)
    }
}

fn unreadable(page: u32, problems: &mut FileProblems) {
    problems.push(
        ProblemKind::Malformed,
        format!("a page of the database cannot be read: {page}"),
    );
}

/// What a row says; `None` where there were enough.
fn row(
    cell: &Cell,
    page: &[u8],
    pages: &dyn Pages,
    budget: &mut Budget,
    problems: &mut FileProblems,
    headers: &mut Headers<'_>,
) -> Option<Row> {
    if headers.count >= MAX_PACKAGES {
        headers.count = MAX_PACKAGES + 1;
        return None;
    }
    let payload = cell.payload(page, pages, budget);
    let number = u32::try_from(cell.row).unwrap_or_default();
    let package = headers.take(number, payload.as_deref().and_then(header_of), problems);
    Some(Row {
        id: cell.row,
        length: cell.length,
        overflow: cell.overflow,
        package,
    })
}
