//! What a builder would refuse or warn of in a Containerfile.

use serde::Serialize;
use thiserror::Error;

/// A problem with its place.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize)]
#[error("line {line}: {kind}")]
pub struct SyntaxProblem {
    /// Line, counted from 1.
    pub line: usize,
    /// What is wrong.
    #[serde(serialize_with = "serialize_message", rename = "message")]
    pub kind: SyntaxProblemKind,
}

fn serialize_message<S: serde::Serializer>(
    kind: &SyntaxProblemKind,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_str(kind)
}

/// What is wrong. Where [`Self::stops_a_build`] is false, builders only warn.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SyntaxProblemKind {
    /// The file is larger than [`super::MAX_FILE_BYTES`].
    #[error(
        "the file is larger than {limit} bytes and was not split into instructions: {size} bytes"
    )]
    TooLarge {
        /// Size of the file in bytes.
        size: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// The file has more lines than [`super::MAX_LINES`].
    #[error(
        "the file has more than {limit} lines and was not split into instructions: {count} lines"
    )]
    TooManyLines {
        /// Number of lines.
        count: usize,
        /// The limit.
        limit: usize,
    },
    /// A line that `BuildKit`'s scanner would not take whole.
    #[error("a line is longer than builders read: {length} bytes")]
    LineTooLong {
        /// Length of the line in bytes.
        length: usize,
    },
    /// The same directive twice.
    #[error("the directive is given twice: `{name}`")]
    DuplicateDirective {
        /// Its name.
        name: String,
    },
    /// `# escape=` with anything but a backslash or a backtick.
    #[error("the escape character must be a backslash or a backtick: `{value}`")]
    InvalidEscape {
        /// The value given.
        value: String,
    },
    /// A heredoc without its closing line.
    #[error("the heredoc has no closing line: `{name}`")]
    UnterminatedHeredoc {
        /// The word that should close it.
        name: String,
    },
    /// An empty line inside a continued instruction.
    #[error("a continued instruction holds an empty line")]
    EmptyContinuationLine,
    /// A keyword that no builder knows.
    #[error("no builder knows this instruction: `{keyword}`")]
    UnknownInstruction {
        /// The keyword as written.
        keyword: String,
    },
    /// An instruction without its arguments.
    #[error("the instruction has no arguments: `{keyword}`")]
    MissingArguments {
        /// The keyword.
        keyword: String,
    },
    /// A JSON array with something other than strings.
    #[error("a JSON array of an instruction may hold strings only")]
    NotAllStrings,
    /// `SHELL` without a JSON array.
    #[error("`SHELL` takes a JSON array only")]
    ShellNotJson,
    /// `ENV`, `LABEL` or `ARG` with a word that has no `=` or no name.
    #[error("a pair needs the form `NAME=value`: `{word}`")]
    NotAPair {
        /// The word.
        word: String,
    },
    /// `ONBUILD` of an instruction that cannot be deferred.
    #[error("`ONBUILD` cannot defer this instruction: `{keyword}`")]
    NotDeferrable {
        /// The keyword.
        keyword: String,
    },
    /// An instruction other than `ARG` before the first `FROM`.
    #[error("only `ARG` may stand before the first `FROM`: `{keyword}`")]
    BeforeFrom {
        /// The keyword.
        keyword: String,
    },
    /// A file without any `FROM`.
    #[error("the file has no `FROM`")]
    NoFrom,
}

impl SyntaxProblemKind {
    /// Whether builders refuse the file for it.
    pub fn stops_a_build(&self) -> bool {
        !matches!(self, Self::EmptyContinuationLine)
    }
}
