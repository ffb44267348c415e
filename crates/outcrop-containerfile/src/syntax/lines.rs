//! Physical lines, and the joining of continued ones with a way back to their bytes.

use super::{BYTE_ORDER_MARK, Span};

/// A physical line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    pub(super) start: usize,
    /// Where the text ends: before the trailing run of `\r` and `\n`.
    pub(super) text_end: usize,
    pub(super) end: usize,
}

impl Line {
    pub(super) fn text<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        &bytes[self.start..self.text_end]
    }

    pub(super) fn raw<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        &bytes[self.start..self.end]
    }
}

/// How many lines end in these bytes.
pub(crate) fn line_ends(bytes: &[u8]) -> usize {
    bytes.split(|&byte| byte == b'\n').count() - 1
}

/// Splits at `\n`; the byte order mark belongs to no line.
pub(super) fn split(bytes: &[u8]) -> Vec<Line> {
    let mut start = if bytes.starts_with(BYTE_ORDER_MARK) {
        BYTE_ORDER_MARK.len()
    } else {
        0
    };
    let mut lines = Vec::new();
    while start < bytes.len() {
        let end = bytes[start..]
            .iter()
            .position(|&byte| byte == b'\n')
            .map_or(bytes.len(), |at| start + at + 1);
        let text_length = trim_line_end(&bytes[start..end]).len();
        lines.push(Line {
            start,
            text_end: start + text_length,
            end,
        });
        start = end;
    }
    lines
}

pub(super) fn trim_line_end(mut bytes: &[u8]) -> &[u8] {
    while let [rest @ .., b'\r' | b'\n'] = bytes {
        bytes = rest;
    }
    bytes
}

/// The bytes after leading white space, which is Unicode's as in Go's `unicode.IsSpace`.
pub(super) fn trim_start(mut bytes: &[u8]) -> &[u8] {
    loop {
        match white_space_length(bytes) {
            0 => return bytes,
            length => bytes = &bytes[length..],
        }
    }
}

/// Length of the white space character at the start, 0 where there is none.
pub(super) fn white_space_length(bytes: &[u8]) -> usize {
    match bytes.first() {
        None => 0,
        Some(byte) if byte.is_ascii() => usize::from(byte.is_ascii_whitespace() || *byte == 0x0B),
        Some(_) => (2..=bytes.len().min(3))
            .find(|&length| {
                str::from_utf8(&bytes[..length])
                    .is_ok_and(|text| text.starts_with(char::is_whitespace))
            })
            .unwrap_or(0),
    }
}

/// The text of an instruction with its continuations joined, and for each byte where it came from.
#[derive(Debug, Default)]
pub(super) struct Joined {
    pub(super) text: Vec<u8>,
    offsets: Vec<usize>,
}

impl Joined {
    pub(super) fn push(&mut self, bytes: &[u8], start: usize) {
        self.text.extend_from_slice(bytes);
        self.offsets.extend(start..start + bytes.len());
    }

    /// Where `start..end` of the joined text stands in the file.
    pub(super) fn span(&self, start: usize, end: usize) -> Span {
        if start < end {
            return Span::new(self.offsets[start], self.offsets[end - 1] + 1);
        }
        let after_previous = || {
            start
                .checked_sub(1)
                .and_then(|at| self.offsets.get(at))
                .map(|at| at + 1)
        };
        Span::at(
            self.offsets
                .get(start)
                .copied()
                .or_else(after_previous)
                .unwrap_or(0),
        )
    }

    /// `start..end` as text; bytes that are no UTF-8 show as the replacement character.
    pub(super) fn text(&self, start: usize, end: usize) -> String {
        String::from_utf8_lossy(&self.text[start..end]).into_owned()
    }
}

/// The line without its continuation mark, and whether there was one: the escape character, not
/// doubled, with nothing but blanks after it.
pub(super) fn strip_continuation(line: &[u8], escape: u8) -> (&[u8], bool) {
    let trimmed = line.trim_ascii_end_blanks();
    match trimmed {
        [rest @ .., last] if *last == escape && rest.last() != Some(&escape) => (rest, true),
        _ => (line, false),
    }
}

trait TrimBlanks {
    fn trim_ascii_end_blanks(&self) -> &Self;
}

impl TrimBlanks for [u8] {
    fn trim_ascii_end_blanks(&self) -> &[u8] {
        let mut bytes = self;
        while let [rest @ .., b' ' | b'\t'] = bytes {
            bytes = rest;
        }
        bytes
    }
}
