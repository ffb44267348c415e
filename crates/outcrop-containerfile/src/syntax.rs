//! The lossless syntax tree of a Containerfile.
//!
//! What is accepted and how it is split follows `BuildKit`'s parser (`frontend/dockerfile/parser`);
//! what `BuildKit` refuses is kept in the tree all the same and named as a problem.

mod arguments;
mod heredoc;
mod json;
mod lines;
mod parser;
mod problem;

pub(crate) use lines::line_ends;
pub use parser::parse;
pub use problem::{SyntaxProblem, SyntaxProblemKind};

use std::fmt;

use serde::Serialize;

/// The largest file that is split into items; a larger one becomes one [`ItemKind::Unparsed`].
pub const MAX_FILE_BYTES: usize = 4 * 1024 * 1024;

/// The most lines of a file that is split into items; what is kept of a line is larger than the line.
pub const MAX_LINES: usize = 100_000;

/// The UTF-8 byte order mark, which `BuildKit` drops from the first line.
pub const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// A half-open range of byte offsets into the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Span {
    /// Offset of the first byte.
    pub start: usize,
    /// Offset after the last byte.
    pub end: usize,
}

impl Span {
    /// The span `start..end`.
    pub fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// The empty span at `offset`, where text can be inserted.
    pub fn at(offset: usize) -> Self {
        Self::new(offset, offset)
    }

    /// Number of bytes.
    pub fn len(&self) -> usize {
        self.end - self.start
    }

    /// Whether the span holds no byte.
    pub fn is_empty(&self) -> bool {
        self.start == self.end
    }
}

/// What [`parse`] gives: the tree, and everything a builder would complain about.
#[derive(Clone, Debug, Serialize)]
pub struct Parsed {
    /// The tree; it covers every byte whatever the problems are.
    pub file: Containerfile,
    /// Problems in the order of their lines.
    pub problems: Vec<SyntaxProblem>,
}

/// A parsed file. The spans of its items tile the bytes: nothing is between them, nothing is left.
#[derive(Clone, Debug, Serialize)]
pub struct Containerfile {
    #[serde(skip)]
    bytes: Vec<u8>,
    /// The escape character of continuations: a backslash, or a backtick by directive.
    #[serde(serialize_with = "serialize_escape")]
    escape: u8,
    /// Everything in the file, in order.
    pub items: Vec<Item>,
    #[serde(skip)]
    instruction_items: Vec<usize>,
}

// The signature is set by `serialize_with`.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands fields over by reference"
)]
fn serialize_escape<S: serde::Serializer>(escape: &u8, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_char(char::from(*escape))
}

impl Containerfile {
    fn new(bytes: Vec<u8>, escape: u8, items: Vec<Item>) -> Self {
        let instruction_items = items
            .iter()
            .enumerate()
            .filter(|(_, item)| matches!(item.kind, ItemKind::Instruction(_)))
            .map(|(index, _)| index)
            .collect();
        Self {
            bytes,
            escape,
            items,
            instruction_items,
        }
    }

    /// The bytes that were parsed.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes of a span; empty where the span is not within the file.
    pub fn slice(&self, span: Span) -> &[u8] {
        self.bytes.get(span.start..span.end).unwrap_or_default()
    }

    /// The escape character in effect: `\` or `` ` ``.
    pub fn escape(&self) -> char {
        char::from(self.escape)
    }

    /// The instructions in order. Their position in this sequence is the *instruction index* that
    /// the rest of the crate speaks of.
    pub fn instructions(
        &self,
    ) -> impl DoubleEndedIterator<Item = &Instruction> + ExactSizeIterator {
        self.instruction_items
            .iter()
            .map(|&item| self.expect_instruction(item))
    }

    /// The instruction at an instruction index.
    pub fn instruction(&self, index: usize) -> Option<&Instruction> {
        self.instruction_items
            .get(index)
            .map(|&item| self.expect_instruction(item))
    }

    /// Prints the tree: the bytes of every item in order. Equal to [`Self::bytes`].
    pub fn print(&self) -> Vec<u8> {
        self.items
            .iter()
            .flat_map(|item| self.slice(item.span))
            .copied()
            .collect()
    }

    fn expect_instruction(&self, item: usize) -> &Instruction {
        match &self.items[item].kind {
            ItemKind::Instruction(instruction) => instruction,
            _ => unreachable!("`instruction_items` holds indices of instructions only"),
        }
    }
}

/// One piece of the file.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Item {
    /// All its bytes, the end of the last line included.
    pub span: Span,
    /// First line, counted from 1.
    pub first_line: usize,
    /// Last line, counted from 1.
    pub last_line: usize,
    /// What it is.
    #[serde(flatten)]
    pub kind: ItemKind,
}

/// What an [`Item`] is.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum ItemKind {
    /// The UTF-8 byte order mark at the start of the file.
    ByteOrderMark,
    /// `# name=value` among the first lines, with a name that builders know.
    Directive {
        /// `syntax`, `escape` or `check`, in lower case.
        name: String,
        /// The value without surrounding blanks.
        value: String,
    },
    /// A comment outside an instruction, or a `#!` line.
    Comment {
        /// The text after `#`.
        text: String,
    },
    /// A line with nothing but blanks, or a continuation of nothing.
    Blank,
    /// An instruction with all its lines.
    Instruction(Box<Instruction>),
    /// A file larger than [`MAX_FILE_BYTES`] or longer than [`MAX_LINES`], kept whole.
    Unparsed,
}

/// One instruction, from its keyword to the end of its last line or heredoc.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Instruction {
    /// Which instruction it is.
    pub keyword: Keyword,
    /// The keyword as it is written.
    pub keyword_text: String,
    /// Where the keyword stands.
    pub keyword_span: Span,
    /// The words that start with `--` before the first argument.
    pub flags: Vec<Flag>,
    /// The arguments, split as this instruction splits them: the strings of a JSON form, one word
    /// for a shell form, words separated by blanks for `COPY`, `NAME=value` words for `ENV`.
    pub arguments: Vec<Word>,
    /// The strings, where the arguments are a JSON array.
    pub json: Option<Vec<String>>,
    /// Everything after the flags: continuations joined, comment lines within left out.
    pub text: String,
    /// The heredocs that the line opens, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub heredocs: Vec<Heredoc>,
    /// The instruction that `ONBUILD` defers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trigger: Option<Box<Instruction>>,
    /// All its bytes, the end of the last line included. Serialised with the item, as are the lines.
    #[serde(skip)]
    pub span: Span,
    /// First line, counted from 1.
    #[serde(skip)]
    pub first_line: usize,
    /// Last line, counted from 1, heredocs included.
    #[serde(skip)]
    pub last_line: usize,
}

impl Instruction {
    /// The value of the first flag of this name, given without dashes.
    pub fn flag(&self, name: &str) -> Option<&str> {
        self.flags
            .iter()
            .find(|flag| flag.name == name)
            .and_then(|flag| flag.value.as_deref())
    }

    /// First and last line, counted from 1.
    pub fn lines(&self) -> (usize, usize) {
        (self.first_line, self.last_line)
    }

    /// The `NAME=value` pairs of `ENV`, `LABEL` and `ARG`; values as written, quotes included.
    pub fn assignments(&self) -> Vec<Assignment<'_>> {
        match self.keyword {
            Keyword::Env | Keyword::Label | Keyword::Arg => {}
            _ => return Vec::new(),
        }
        if self.keyword != Keyword::Arg
            && let [name, rest @ ..] = self.arguments.as_slice()
            && !name.text.contains('=')
        {
            // The old form `ENV NAME value with blanks`.
            return vec![Assignment {
                name: &name.text,
                value: rest.first().map(|word| word.text.as_str()),
                value_span: rest.first().map(|word| word.span),
            }];
        }
        self.arguments.iter().map(Assignment::of_word).collect()
    }
}

/// One `NAME=value`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Assignment<'a> {
    /// The name before `=`.
    pub name: &'a str,
    /// The text after `=` as written; none for `ARG NAME`.
    pub value: Option<&'a str>,
    /// Where the value stands; none where a continuation splits the word.
    pub value_span: Option<Span>,
}

impl<'a> Assignment<'a> {
    fn of_word(word: &'a Word) -> Self {
        match word.text.split_once('=') {
            None => Self {
                name: &word.text,
                value: None,
                value_span: None,
            },
            Some((name, value)) => Self {
                name,
                value: Some(value),
                value_span: word
                    .is_contiguous()
                    .then(|| Span::new(word.span.end - value.len(), word.span.end)),
            },
        }
    }
}

/// A word of an instruction's arguments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Word {
    /// The text as written, quotes included, continuations joined; the decoded string in a JSON form.
    pub text: String,
    /// Where it stands; a continuation inside the word lies within.
    pub span: Span,
}

impl Word {
    /// Whether the text is the very bytes of the span, so that offsets in one are offsets in the
    /// other: no continuation inside, valid UTF-8, no JSON escapes.
    pub fn is_contiguous(&self) -> bool {
        self.text.len() == self.span.len()
    }
}

/// A flag such as `--from=build`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Flag {
    /// The name without dashes.
    pub name: String,
    /// What follows `=`, quotes removed.
    pub value: Option<String>,
    /// The whole flag.
    pub span: Span,
}

/// A heredoc of `RUN`, `COPY` or `ADD`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Heredoc {
    /// The word that ends it.
    pub name: String,
    /// The file descriptor before `<<`; 0 where none is written.
    pub file_descriptor: u32,
    /// Whether `<<-` strips leading tabs.
    pub strip_tabs: bool,
    /// Whether variables in it are expanded (no part of the name is quoted).
    pub expand: bool,
    /// Its lines as written, without the closing one.
    pub content: String,
    /// Where its lines stand, without the closing one.
    pub content_span: Span,
    /// Whether the closing line was found.
    pub terminated: bool,
}

macro_rules! keywords {
    ($($variant:ident $text:literal),* $(,)?) => {
        /// The instructions that builders know.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
        pub enum Keyword {
            $(#[doc = concat!("`", $text, "`")] #[serde(rename = $text)] $variant,)*
            /// Any other word; [`Instruction::keyword_text`] has it.
            #[serde(rename = "UNKNOWN")]
            Unknown,
        }

        impl Keyword {
            /// The keyword that a word means, in any case.
            pub fn of(word: &str) -> Self {
                $(if word.eq_ignore_ascii_case($text) { return Self::$variant; })*
                Self::Unknown
            }

            /// The keyword in capitals; `UNKNOWN` for an unknown one.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* Self::Unknown => "UNKNOWN" }
            }
        }
    };
}

keywords! {
    Add "ADD", Arg "ARG", Cmd "CMD", Copy "COPY", Entrypoint "ENTRYPOINT", Env "ENV",
    Expose "EXPOSE", From "FROM", Healthcheck "HEALTHCHECK", Label "LABEL",
    Maintainer "MAINTAINER", Onbuild "ONBUILD", Run "RUN", Shell "SHELL",
    Stopsignal "STOPSIGNAL", User "USER", Volume "VOLUME", Workdir "WORKDIR",
}

impl fmt::Display for Keyword {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests;
