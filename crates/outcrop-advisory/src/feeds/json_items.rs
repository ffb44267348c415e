//! A JSON document taken apart into the values at one depth, one held at a time.
//!
//! Only the structure above that depth is understood here; each value is handed out as bytes to be
//! read on its own. So a document of any size takes the memory of one value, and a value that is
//! broken or too large costs itself alone. JSON: RFC 8259.

use std::fmt::Write as _;
use std::io::{self, BufRead};

use super::{FeedFault, FeedProblem, MAX_FEED_BYTES};

/// Longest name of a member above the depth, in bytes.
const MAX_KEY_BYTES: usize = 4 * 1024;

/// The values of a document at a depth, with their paths.
pub(super) struct JsonItems<R> {
    reader: R,
    /// Containers that are entered; a value inside of as many is handed out whole.
    depth: usize,
    item_limit: usize,
    offset: u64,
    open: Vec<Container>,
    begun: bool,
    ended: bool,
    buffer: Vec<u8>,
}

struct Container {
    is_object: bool,
    /// Name of the current member.
    key: String,
    /// Place of the current element or member.
    index: u64,
    expected: Expected,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Expected {
    /// A first member or element, or the end.
    FirstOrEnd,
    /// A member or element after a comma.
    Next,
    Colon,
    Value,
    CommaOrEnd,
}

/// A value and where it stands.
pub(super) struct Item<'a> {
    open: &'a [Container],
    pub(super) json: &'a [u8],
}

impl Item<'_> {
    /// The name of the member at a level, `""` for an element of an array.
    pub(super) fn key(&self, level: usize) -> &str {
        self.open.get(level).map_or("", |container| &container.key)
    }

    /// The place of the member or element at a level.
    pub(super) fn index(&self, level: usize) -> u64 {
        self.open.get(level).map_or(0, |container| container.index)
    }

    /// Where it stands, as `vulnerabilities/12`.
    pub(super) fn place(&self) -> String {
        place(self.open)
    }

    /// How many containers it stands in.
    pub(super) fn level(&self) -> usize {
        self.open.len()
    }
}

fn place(open: &[Container]) -> String {
    let mut path = String::new();
    for container in open {
        if !path.is_empty() {
            path.push('/');
        }
        if container.is_object {
            path.push_str(&container.key);
        } else {
            let _ = write!(path, "{}", container.index);
        }
    }
    path
}

/// How a value ended.
enum Captured {
    Whole,
    TooLarge,
}

impl<R: BufRead> JsonItems<R> {
    /// Hands out the values inside of `depth` containers, and scalars further up. A value larger
    /// than `item_limit` bytes is passed over and told.
    pub(super) fn new(reader: R, depth: usize, item_limit: usize) -> Self {
        Self {
            reader,
            depth,
            item_limit,
            offset: 0,
            open: Vec::new(),
            begun: false,
            ended: false,
            buffer: Vec::new(),
        }
    }

    /// The next value; after a fault in the structure there is none.
    pub(super) fn next(&mut self) -> Option<Result<Item<'_>, FeedProblem>> {
        if self.ended {
            return None;
        }
        match self.advance() {
            Ok(Some(Captured::Whole)) => Some(Ok(Item {
                open: &self.open,
                json: &self.buffer,
            })),
            Ok(Some(Captured::TooLarge)) => {
                let limit = self.item_limit as u64;
                let fault = FeedFault::TooLarge { limit };
                Some(Err(FeedProblem::new(place(&self.open), fault)))
            }
            Ok(None) => {
                self.ended = true;
                None
            }
            Err(fault) => {
                self.ended = true;
                Some(Err(FeedProblem::new(place(&self.open), fault)))
            }
        }
    }

    fn advance(&mut self) -> Result<Option<Captured>, FeedFault> {
        loop {
            let Some(byte) = self.peek_token()? else {
                return if self.begun && self.open.is_empty() {
                    Ok(None)
                } else {
                    Err(self.truncated())
                };
            };
            let Some(container) = self.open.last_mut() else {
                if self.begun {
                    return Err(self.broken());
                }
                self.begun = true;
                if let Some(captured) = self.value(byte)? {
                    return Ok(Some(captured));
                }
                continue;
            };
            let end = if container.is_object { b'}' } else { b']' };
            match container.expected {
                Expected::FirstOrEnd | Expected::CommaOrEnd if byte == end => {
                    self.skip(1);
                    self.open.pop();
                }
                Expected::CommaOrEnd if byte == b',' => {
                    container.index += 1;
                    container.expected = Expected::Next;
                    self.skip(1);
                }
                Expected::FirstOrEnd | Expected::Next if container.is_object => {
                    if byte != b'"' {
                        return Err(self.broken());
                    }
                    let key = self.member_name()?;
                    if let Some(container) = self.open.last_mut() {
                        container.key = key;
                        container.expected = Expected::Colon;
                    }
                }
                Expected::Colon if byte == b':' => {
                    container.expected = Expected::Value;
                    self.skip(1);
                }
                Expected::FirstOrEnd | Expected::Next | Expected::Value => {
                    container.expected = Expected::CommaOrEnd;
                    if let Some(captured) = self.value(byte)? {
                        return Ok(Some(captured));
                    }
                }
                Expected::Colon | Expected::CommaOrEnd => return Err(self.broken()),
            }
        }
    }

    /// Enters a container above the depth, captures anything else.
    fn value(&mut self, byte: u8) -> Result<Option<Captured>, FeedFault> {
        if matches!(byte, b'{' | b'[') && self.open.len() < self.depth {
            self.skip(1);
            self.open.push(Container {
                is_object: byte == b'{',
                key: String::new(),
                index: 0,
                expected: Expected::FirstOrEnd,
            });
            return Ok(None);
        }
        self.capture(self.item_limit).map(Some)
    }

    fn member_name(&mut self) -> Result<String, FeedFault> {
        match self.capture(MAX_KEY_BYTES)? {
            Captured::Whole => Ok(serde_json::from_slice(&self.buffer)?),
            Captured::TooLarge => Err(FeedFault::TooLarge {
                limit: MAX_KEY_BYTES as u64,
            }),
        }
    }

    /// Copies one value into the buffer, as much of it as the limit allows.
    fn capture(&mut self, limit: usize) -> Result<Captured, FeedFault> {
        self.buffer.clear();
        let mut scan = Scan::default();
        let mut too_large = false;
        loop {
            let available = fill(&mut self.reader)?;
            if available.is_empty() {
                // A number at the top level ends with the document.
                if scan.inside == Inside::Scalar && self.open.is_empty() {
                    return Ok(Captured::Whole);
                }
                return Err(self.truncated());
            }
            let (taken, done) = scan.over(available);
            if self.buffer.len() + taken > limit {
                too_large = true;
            } else {
                self.buffer.extend_from_slice(&available[..taken]);
            }
            self.skip(taken);
            self.within_feed()?;
            if done {
                return Ok(if too_large {
                    Captured::TooLarge
                } else {
                    Captured::Whole
                });
            }
        }
    }

    /// The next byte that is no white space; it stays unread.
    fn peek_token(&mut self) -> Result<Option<u8>, FeedFault> {
        loop {
            let available = fill(&mut self.reader)?;
            if available.is_empty() {
                return Ok(None);
            }
            // A byte order mark before the document says nothing.
            let begun = self.begun;
            let is_blank = |byte: &u8| {
                matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
                    || (!begun && matches!(byte, 0xef | 0xbb | 0xbf))
            };
            let blank = available.iter().take_while(|byte| is_blank(byte)).count();
            if let Some(byte) = available.get(blank).copied() {
                self.skip(blank);
                return Ok(Some(byte));
            }
            self.skip(blank);
            self.within_feed()?;
        }
    }

    fn skip(&mut self, count: usize) {
        self.reader.consume(count);
        self.offset += count as u64;
    }

    fn within_feed(&self) -> Result<(), FeedFault> {
        if self.offset > MAX_FEED_BYTES {
            return Err(FeedFault::TooLarge {
                limit: MAX_FEED_BYTES,
            });
        }
        Ok(())
    }

    fn broken(&self) -> FeedFault {
        FeedFault::BrokenJson {
            offset: self.offset,
        }
    }

    fn truncated(&self) -> FeedFault {
        FeedFault::Truncated {
            offset: self.offset,
        }
    }
}

fn fill<R: BufRead>(reader: &mut R) -> Result<&[u8], FeedFault> {
    // A signal is no end; the borrow has to begin anew after it.
    while let Err(error) = reader.fill_buf() {
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error.into());
        }
    }
    Ok(reader.fill_buf()?)
}

/// Finds the end of a value by its brackets and quotes alone.
#[derive(Default)]
struct Scan {
    inside: Inside,
    begun: bool,
    nested: u64,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Inside {
    #[default]
    Structure,
    /// A number or a name outside of all brackets.
    Scalar,
    Text,
    /// After a backslash.
    Escape,
}

impl Scan {
    /// How many of `bytes` belong to the value, and whether it is whole with them.
    fn over(&mut self, bytes: &[u8]) -> (usize, bool) {
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            match (self.inside, byte) {
                (Inside::Text, b'\\') => self.inside = Inside::Escape,
                (Inside::Text, b'"') => {
                    self.inside = Inside::Structure;
                    if self.nested == 0 {
                        return (at + 1, true);
                    }
                }
                (Inside::Text, _) => {
                    let next = memchr::memchr2(b'"', b'\\', &bytes[at..]);
                    at = next.map_or(bytes.len(), |next| at + next);
                    continue;
                }
                (Inside::Escape, _) | (Inside::Structure, b'"') => self.inside = Inside::Text,
                (Inside::Structure, b'{' | b'[') => self.nested += 1,
                (Inside::Structure, b'}' | b']') if self.nested > 0 => {
                    self.nested -= 1;
                    if self.nested == 0 {
                        return (at + 1, true);
                    }
                }
                // A scalar ends before what follows it; one byte at least is taken.
                (
                    _,
                    b',' | b':' | b'}' | b']' | b'{' | b'[' | b'"' | b' ' | b'\t' | b'\r' | b'\n',
                ) if self.nested == 0 => {
                    return (if self.begun { at } else { at + 1 }, true);
                }
                _ if self.nested == 0 => self.inside = Inside::Scalar,
                _ => {}
            }
            self.begun = true;
            at += 1;
        }
        (bytes.len(), false)
    }
}

#[cfg(test)]
#[path = "json_items_tests.rs"]
mod tests;
