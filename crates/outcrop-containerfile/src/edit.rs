//! Edits of a file's bytes, and what must still hold after them.

use thiserror::Error;

use crate::syntax::{BYTE_ORDER_MARK, Containerfile, Instruction, Parsed, Span, line_ends, parse};

/// A replacement of a span; an empty span is an insertion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// Which bytes of the original go.
    pub span: Span,
    /// What comes in their place.
    pub replacement: Vec<u8>,
    /// How many instructions the replacement adds.
    pub added_instructions: usize,
}

/// Why edits were refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EditError {
    /// A span that is not within the file.
    #[error("an edit is outside the file of {size} bytes: {start}..{end}")]
    OutOfBounds {
        /// Start of the span.
        start: usize,
        /// End of the span.
        end: usize,
        /// Size of the file.
        size: usize,
    },
    /// Two edits of the same bytes.
    #[error("two edits overlap at byte {offset}")]
    Overlap {
        /// Where the second one starts.
        offset: usize,
    },
    /// The file cannot be edited safely.
    #[error("the file has a problem that stops a build, at {0}")]
    Broken(crate::syntax::SyntaxProblem),
    /// The edited file would mean something else than the edits say.
    #[error("the edited file would not hold what was promised: {0}")]
    Unverified(Breach),
}

/// What does not hold in the edited file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Breach {
    /// Another number of instructions than before and added.
    #[error("another number of instructions")]
    InstructionCount,
    /// An instruction that no edit touches has other bytes.
    #[error("an untouched instruction changed")]
    UntouchedInstruction,
    /// An edited instruction became another one.
    #[error("an edited instruction has another keyword")]
    Keyword,
    /// A problem that the original does not have.
    #[error("a new syntax problem")]
    NewProblem,
    /// The escape directive, the byte order mark or the end of the file changed.
    #[error("the escape directive, the byte order mark or the state of the last line changed")]
    Frame,
    /// A line end of a kind that the original does not have.
    #[error("another kind of line end")]
    LineEnd,
    /// The diff does not lead from the old bytes to the new ones.
    #[error("the diff does not apply back")]
    Diff,
    /// The user or the shell at the end of a stage changed.
    #[error("the user or the shell at the end of a stage changed")]
    StageEnd,
}

/// Applies edits, in any order, to the bytes of a file.
pub fn apply(file: &Containerfile, edits: &[Edit]) -> Result<Vec<u8>, EditError> {
    let bytes = file.bytes();
    let mut new = Vec::with_capacity(bytes.len());
    let mut copied = 0;
    for edit in in_order(edits) {
        let Span { start, end } = edit.span;
        if start > end || end > bytes.len() {
            return Err(EditError::OutOfBounds {
                start,
                end,
                size: bytes.len(),
            });
        }
        if start < copied {
            return Err(EditError::Overlap { offset: start });
        }
        new.extend_from_slice(&bytes[copied..start]);
        new.extend_from_slice(&edit.replacement);
        copied = end;
    }
    new.extend_from_slice(&bytes[copied..]);
    Ok(new)
}

/// Applies edits and proves that they did what they say and nothing else: every untouched
/// instruction keeps its bytes, the number of instructions is as declared, no problem is new, and
/// line ends, byte order mark, escape directive and the state of the last line stay.
pub fn apply_verified(file: &Containerfile, edits: &[Edit]) -> Result<Parsed, EditError> {
    let old = parse(file.bytes());
    if let Some(problem) = old
        .problems
        .iter()
        .find(|problem| problem.kind.stops_a_build())
    {
        return Err(EditError::Broken(problem.clone()));
    }
    let new = parse(&apply(file, edits)?);
    match breach(file, edits, &old, &new) {
        None => Ok(new),
        Some(breach) => Err(EditError::Unverified(breach)),
    }
}

fn in_order(edits: &[Edit]) -> Vec<&Edit> {
    let mut ordered: Vec<&Edit> = edits.iter().collect();
    ordered.sort_by_key(|edit| edit.span);
    ordered
}

fn breach(file: &Containerfile, edits: &[Edit], old: &Parsed, new: &Parsed) -> Option<Breach> {
    let edited = new.file.bytes();
    if new.file.print() != edited {
        return Some(Breach::UntouchedInstruction);
    }
    if let Some(breach) = instruction_breach(file, edits, &new.file) {
        return Some(breach);
    }
    if new.problems.len() > old.problems.len() {
        return Some(Breach::NewProblem);
    }
    let frame = |bytes: &[u8]| (bytes.starts_with(BYTE_ORDER_MARK), bytes.ends_with(b"\n"));
    if frame(file.bytes()) != frame(edited) || file.escape() != new.file.escape() {
        return Some(Breach::Frame);
    }
    let has = |bytes: &[u8]| {
        let (with_return, all) = kinds_of_line_ends(bytes);
        (with_return > 0, all > with_return)
    };
    let (before, after) = (has(file.bytes()), has(edited));
    // A file of one line without an end has no kind of its own.
    let new_kind = (after.0 && !before.0) || (after.1 && !before.1);
    (new_kind && before != (false, false)).then_some(Breach::LineEnd)
}

/// How many lines end in CRLF, and how many end at all.
fn kinds_of_line_ends(bytes: &[u8]) -> (usize, usize) {
    let with_return = bytes.windows(2).filter(|pair| pair == b"\r\n").count();
    (with_return, line_ends(bytes))
}

fn instruction_breach(old: &Containerfile, edits: &[Edit], new: &Containerfile) -> Option<Breach> {
    let added: usize = edits.iter().map(|edit| edit.added_instructions).sum();
    if new.instructions().len() != old.instructions().len() + added {
        return Some(Breach::InstructionCount);
    }
    let edits = in_order(edits);
    let mut pending = edits.iter().peekable();
    let mut news = new.instructions();
    for instruction in old.instructions() {
        while let Some(edit) = pending.next_if(|edit| edit.span.end <= instruction.span.start) {
            for _ in 0..edit.added_instructions {
                news.next();
            }
        }
        let Some(counterpart) = news.next() else {
            return Some(Breach::InstructionCount);
        };
        let within = |edit: &Edit, instruction: &Instruction| {
            edit.span.start < instruction.span.end && edit.span.end > instruction.span.start
        };
        let touched = edits.iter().any(|edit| within(edit, instruction));
        if counterpart.keyword != instruction.keyword {
            return Some(Breach::Keyword);
        }
        let same = || {
            let old_bytes = old.slice(instruction.span);
            let new_bytes = new.slice(counterpart.span);
            // A line appended to a file without a final line end gives the last one its own.
            old_bytes == new_bytes
                || (instruction.span.end == old.bytes().len()
                    && !old_bytes.ends_with(b"\n")
                    && trim_line_end(new_bytes) == old_bytes)
        };
        if !touched && !same() {
            return Some(Breach::UntouchedInstruction);
        }
    }
    None
}

fn trim_line_end(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    bytes.strip_suffix(b"\r").unwrap_or(bytes)
}

/// The edit that inserts whole lines before `offset`, which is the start of a line or the end of
/// the file. The lines get the line end of the line before them.
pub fn insert_lines(
    file: &Containerfile,
    offset: usize,
    lines: &[String],
    added_instructions: usize,
) -> Edit {
    let before = &file.bytes()[..offset];
    let line_end = line_end_at(before);
    let unfinished = !before.is_empty() && !before.ends_with(b"\n");
    let mut replacement = Vec::new();
    for line in lines {
        if unfinished {
            replacement.extend_from_slice(line_end);
        }
        replacement.extend_from_slice(line.as_bytes());
        if !unfinished {
            replacement.extend_from_slice(line_end);
        }
    }
    Edit {
        span: Span::at(offset),
        replacement,
        added_instructions,
    }
}

/// The line end of the last finished line; `\n` where there is none.
fn line_end_at(bytes: &[u8]) -> &'static [u8] {
    let finished = bytes
        .iter()
        .rposition(|&byte| byte == b'\n')
        .map_or(&[][..], |at| &bytes[..=at]);
    if finished.ends_with(b"\r\n") {
        b"\r\n"
    } else {
        b"\n"
    }
}

#[cfg(test)]
mod tests;
