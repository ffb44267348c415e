//! The search through the content of files, block by block.

use outcrop_image::{ContentSearch, EntryFacts, Sightings};
use outcrop_model::Sighting;

use super::SECRET_IN_FILE;
use super::automata::{Found, REACH, TABLE, Tries};
use super::encoding::Encoding;
use super::place::Place;
use super::trace::{mask, trace};

/// Bytes of one file that are searched.
pub(crate) const MAX_FILE_BYTES: u64 = 64 << 20;
/// Secrets of one file that are listed.
pub(crate) const MAX_SECRETS_IN_FILE: usize = 100;
/// Bytes of a file up to which names of variables count: larger ones are data.
pub(crate) const MAX_CONFIGURATION_BYTES: u64 = 1 << 20;

/// Bytes that are kept from what was searched, for what stands before a hit.
const BEHIND: usize = 4 * 1024 + 512;
/// Bytes after a hit that must be there before it is looked at.
const AHEAD: usize = 16 * 1024;
/// Bytes that are gathered before they are searched.
const STEP: usize = 64 * 1024;

const _: () = assert!(REACH < AHEAD);

/// The search through the content of files.
#[derive(Default)]
pub(crate) struct FileSearch {
    path: String,
    place: Place,
    encoding: Encoding,
    /// What was fed and is not done with, where a file comes in several blocks or is UTF-16.
    buffer: Vec<u8>,
    /// Where the search goes on in `buffer`.
    next: usize,
    /// Where `buffer` begins in the file.
    base: u64,
    /// Line ends before `buffer`.
    lines: u64,
    /// Bytes that were fed.
    fed: u64,
    tries: Option<Tries>,
    /// What was seen, by its place in the file.
    seen: Vec<(u64, u64)>,
    over: bool,
}

impl ContentSearch for FileSearch {
    fn begin(&mut self, entry: &EntryFacts<'_>, start: &[u8]) -> bool {
        let Some(encoding) = Encoding::of(start) else {
            return false;
        };
        let place = Place::of(entry.path);
        if !place.searched() {
            return false;
        }
        self.buffer.clear();
        *self = Self {
            path: entry.path.to_owned(),
            place: Place {
                configuration: place.configuration && entry.size <= MAX_CONFIGURATION_BYTES,
                ..place
            },
            encoding,
            buffer: std::mem::take(&mut self.buffer),
            tries: Some(Tries::all()),
            ..Self::default()
        };
        true
    }

    fn feed(&mut self, bytes: &[u8], last: bool, seen: &mut Sightings) -> bool {
        if self.over {
            return false;
        }
        let room = usize::try_from(MAX_FILE_BYTES - self.fed).unwrap_or(usize::MAX);
        let cut = bytes.len() > room;
        let bytes = &bytes[..bytes.len().min(room)];
        let whole = self.fed == 0 && last;
        self.fed += bytes.len() as u64;
        let last = last || cut;
        if whole && matches!(self.encoding, Encoding::Utf8) {
            self.search(bytes, 0, bytes.len(), seen);
        } else {
            let mut buffer = std::mem::take(&mut self.buffer);
            match &mut self.encoding {
                Encoding::Utf8 => buffer.extend_from_slice(bytes),
                Encoding::Utf16(decoder) => decoder.decode(bytes, &mut buffer),
            }
            let until = if last {
                buffer.len()
            } else {
                buffer.len().saturating_sub(AHEAD)
            };
            if last || until >= self.next + STEP {
                self.search(&buffer, self.next, until, seen);
                let done = until.saturating_sub(BEHIND);
                self.lines += memchr::memchr_iter(b'\n', &buffer[..done]).count() as u64;
                buffer.drain(..done);
                self.base += done as u64;
                self.next = until - done;
            }
            self.buffer = buffer;
        }
        if cut {
            let message = format!(
                "it is too large to be searched whole for secrets; first bytes that were: {MAX_FILE_BYTES}"
            );
            seen.note(&self.path, &message);
        }
        self.over |= last;
        !self.over
    }
}

impl FileSearch {
    /// Looks for what has its literal between `from` and `until`.
    fn search(&mut self, text: &[u8], from: usize, until: usize, seen: &mut Sightings) {
        let mut found = Vec::new();
        let tries = self.tries.get_or_insert(Tries::all());
        let whole = TABLE.search(text, from..until, self.place, &self.path, tries, &mut found);
        let reached = tries.reached();
        if !found.is_empty() {
            self.report(text, found, seen);
        }
        if !whole && !self.over {
            let message = format!(
                "more in it looks like secrets than is looked into; places that were: {reached}"
            );
            seen.note(&self.path, &message);
            self.over = true;
        }
    }

    fn report(&mut self, text: &[u8], found: Vec<Found>, seen: &mut Sightings) {
        let mut line = (0, self.lines + 1);
        for Found { rule, value } in distinct(found) {
            let place = (self.base + value.start as u64, self.base + value.end as u64);
            if self
                .seen
                .iter()
                .any(|seen| seen.0 < place.1 && place.0 < seen.1)
            {
                continue;
            }
            if self.seen.len() >= MAX_SECRETS_IN_FILE {
                let message = format!("it has more secrets than are listed: {MAX_SECRETS_IN_FILE}");
                seen.note(&self.path, &message);
                self.over = true;
                return;
            }
            self.seen.push(place);
            let kind = &TABLE.rule(rule).kind;
            line.1 += memchr::memchr_iter(b'\n', &text[line.0..value.start]).count() as u64;
            line.0 = value.start;
            let secret = trace(kind.id, &self.path, &text[value]);
            seen.add(Sighting {
                check: SECRET_IN_FILE.id.to_owned(),
                path: self.path.clone(),
                line: u32::try_from(line.1).ok(),
                detail: format!("{} {}", kind.title, mask(&secret)),
                secret: Some(secret),
                ships_when_hidden: true,
            });
        }
    }
}

/// What was found without what overlaps something of an earlier rule, in the order of the text.
pub(crate) fn distinct(mut found: Vec<Found>) -> Vec<Found> {
    found.sort_by_key(|found| (found.value.start, found.rule));
    let mut kept: Vec<Found> = Vec::new();
    for next in found {
        match kept.last_mut() {
            Some(last) if next.value.start < last.value.end => {
                if next.rule < last.rule {
                    *last = next;
                }
            }
            _ => kept.push(next),
        }
    }
    kept
}

/// Without the content that it holds.
impl std::fmt::Debug for FileSearch {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("FileSearch")
            .field("path", &self.path)
            .field("fed", &self.fed)
            .finish_non_exhaustive()
    }
}
