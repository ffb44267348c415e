//! From bytes to items.

use super::lines::{self, Joined, Line};
use super::{
    BYTE_ORDER_MARK, Containerfile, Heredoc, Instruction, Item, ItemKind, Keyword, MAX_FILE_BYTES,
    MAX_LINES, Parsed, Span, SyntaxProblem, SyntaxProblemKind, arguments, heredoc,
};

/// `BuildKit` reads lines with Go's `bufio.Scanner`, whose buffer holds 64 KiB.
const MAX_LINE_BYTES: usize = 64 * 1024 - 1;

/// Parses a Containerfile. Never fails: whatever the bytes are, the items tile them.
pub fn parse(bytes: &[u8]) -> Parsed {
    let line_count = lines::line_ends(bytes);
    let too_large = if bytes.len() > MAX_FILE_BYTES {
        Some(SyntaxProblemKind::TooLarge {
            size: bytes.len(),
            limit: MAX_FILE_BYTES,
        })
    } else if line_count > MAX_LINES {
        Some(SyntaxProblemKind::TooManyLines {
            count: line_count,
            limit: MAX_LINES,
        })
    } else {
        None
    };
    if let Some(kind) = too_large {
        let item = Item {
            span: Span::new(0, bytes.len()),
            first_line: 1,
            last_line: line_count.max(1),
            kind: ItemKind::Unparsed,
        };
        return Parsed {
            file: Containerfile::new(bytes.to_vec(), b'\\', vec![item]),
            problems: vec![SyntaxProblem { line: 1, kind }],
        };
    }
    let mut parser = Parser {
        bytes,
        lines: lines::split(bytes),
        at: 0,
        escape: b'\\',
        directives: Some(Vec::new()),
        items: Vec::new(),
        problems: Vec::new(),
    };
    parser.run();
    let Parser {
        escape,
        items,
        mut problems,
        ..
    } = parser;
    problems.sort_by_key(|problem| problem.line);
    Parsed {
        file: Containerfile::new(bytes.to_vec(), escape, items),
        problems,
    }
}

struct Parser<'a> {
    bytes: &'a [u8],
    lines: Vec<Line>,
    /// Index of the next line.
    at: usize,
    escape: u8,
    /// The directives seen, as long as one may still follow.
    directives: Option<Vec<String>>,
    items: Vec<Item>,
    problems: Vec<SyntaxProblem>,
}

impl Parser<'_> {
    fn run(&mut self) {
        if self.bytes.starts_with(BYTE_ORDER_MARK) {
            let span = Span::new(0, BYTE_ORDER_MARK.len());
            self.items.push(Item {
                span,
                first_line: 1,
                last_line: 1,
                kind: ItemKind::ByteOrderMark,
            });
        }
        while let Some(&line) = self.lines.get(self.at) {
            let first = self.at;
            let text = lines::trim_start(line.text(self.bytes));
            let kind = match text {
                [] => {
                    self.directives = None;
                    self.at += 1;
                    ItemKind::Blank
                }
                [b'#', ..] => {
                    self.at += 1;
                    self.comment(text, first)
                }
                _ => {
                    self.directives = None;
                    self.instruction()
                }
            };
            let span = Span::new(line.start, self.lines[self.at - 1].end);
            self.items.push(Item {
                span,
                first_line: first + 1,
                last_line: self.at,
                kind,
            });
        }
        for (index, line) in self.lines.iter().enumerate() {
            let length = line.end - line.start;
            if length > MAX_LINE_BYTES {
                let kind = SyntaxProblemKind::LineTooLong { length };
                self.problems.push(SyntaxProblem {
                    line: index + 1,
                    kind,
                });
            }
        }
        self.check_order();
    }

    fn problem(&mut self, line: usize, kind: SyntaxProblemKind) {
        self.problems.push(SyntaxProblem {
            line: line + 1,
            kind,
        });
    }

    fn comment(&mut self, text: &[u8], line: usize) -> ItemKind {
        let comment = String::from_utf8_lossy(&text[1..]).into_owned();
        if line == 0 && text.starts_with(b"#!") {
            return ItemKind::Comment { text: comment };
        }
        if let Some(mut seen) = self.directives.take()
            && let Some((name, value)) = directive(&comment)
        {
            if seen.contains(&name) {
                self.problem(
                    line,
                    SyntaxProblemKind::DuplicateDirective { name: name.clone() },
                );
            } else if name == "escape" {
                match value.as_bytes() {
                    &[escape @ (b'\\' | b'`')] => self.escape = escape,
                    _ => self.problem(
                        line,
                        SyntaxProblemKind::InvalidEscape {
                            value: value.clone(),
                        },
                    ),
                }
            }
            seen.push(name.clone());
            self.directives = Some(seen);
            return ItemKind::Directive { name, value };
        }
        ItemKind::Comment { text: comment }
    }

    /// Reads the lines of one instruction, its heredocs included.
    fn instruction(&mut self) -> ItemKind {
        let first = self.at;
        let joined = self.joined_lines();
        let whole = arguments::trim(&joined.text, 0..joined.text.len());
        if whole.is_empty() {
            return ItemKind::Blank;
        }
        let mut instruction = self.node(&joined, whole.clone(), first, false);
        let may_have_heredocs = |instruction: &Instruction| {
            matches!(
                instruction.keyword,
                Keyword::Run | Keyword::Copy | Keyword::Add
            ) && instruction.json.is_none()
        };
        let holder = match &mut instruction {
            Instruction {
                trigger: Some(trigger),
                ..
            } => trigger.as_mut(),
            instruction => instruction,
        };
        if may_have_heredocs(holder) && joined.text.windows(2).any(|pair| pair == b"<<") {
            for opened in heredoc::opened_by(&joined.text[whole]) {
                let heredoc = self.heredoc(&opened, first);
                holder.heredocs.push(heredoc);
            }
        }
        let span = Span::new(self.lines[first].start, self.lines[self.at - 1].end);
        instruction.span = span;
        instruction.last_line = self.at;
        if let Some(trigger) = &mut instruction.trigger {
            trigger.span = Span::new(trigger.keyword_span.start, span.end);
            trigger.last_line = self.at;
        }
        ItemKind::Instruction(Box::new(instruction))
    }

    /// Joins a line with those that continue it, and moves past them.
    fn joined_lines(&mut self) -> Joined {
        let first = self.at;
        let mut joined = Joined::default();
        let mut continues = true;
        let mut empty_line = None;
        while continues && let Some(line) = self.lines.get(self.at).copied() {
            let text = line.text(self.bytes);
            let trimmed = lines::trim_start(text);
            let index = self.at;
            self.at += 1;
            let text = if index == first {
                trimmed
            } else if trimmed.is_empty() {
                empty_line.get_or_insert(index);
                continue;
            } else if trimmed.starts_with(b"#") {
                continue;
            } else {
                text
            };
            let start = line.text_end - text.len();
            let (text, more) = lines::strip_continuation(text, self.escape);
            joined.push(text, start);
            continues = more;
        }
        if let Some(index) = empty_line {
            self.problem(index, SyntaxProblemKind::EmptyContinuationLine);
        }
        joined
    }

    fn node(
        &mut self,
        joined: &Joined,
        whole: std::ops::Range<usize>,
        first: usize,
        deferred: bool,
    ) -> Instruction {
        let length = joined.text[whole.clone()]
            .iter()
            .take_while(|&&byte| !arguments::is_blank(byte))
            .count();
        let keyword_range = whole.start..whole.start + length;
        let keyword_text = joined.text(keyword_range.start, keyword_range.end);
        let keyword = Keyword::of(&keyword_text);
        let rest = arguments::trim(&joined.text, keyword_range.end..whole.end);
        let arguments = arguments::split(joined, rest.clone(), keyword, self.escape);

        let not_deferrable = matches!(
            keyword,
            Keyword::Onbuild | Keyword::From | Keyword::Maintainer
        );
        if keyword == Keyword::Unknown {
            let keyword = keyword_text.clone();
            self.problem(first, SyntaxProblemKind::UnknownInstruction { keyword });
        } else if deferred && not_deferrable {
            let keyword = keyword_text.clone();
            self.problem(first, SyntaxProblemKind::NotDeferrable { keyword });
        } else if arguments.text.is_empty()
            && !matches!(keyword, Keyword::Cmd | Keyword::Entrypoint)
        {
            let keyword = keyword_text.clone();
            self.problem(first, SyntaxProblemKind::MissingArguments { keyword });
        }
        if let Some(problem) = arguments.problem {
            self.problem(first, problem);
        }
        let trigger = (keyword == Keyword::Onbuild && !deferred && !arguments.text.is_empty())
            .then(|| Box::new(self.node(joined, arguments.text.clone(), first, true)));
        Instruction {
            keyword,
            keyword_text,
            keyword_span: joined.span(keyword_range.start, keyword_range.end),
            flags: arguments.flags,
            arguments: arguments.words,
            json: arguments.json,
            text: joined.text(arguments.text.start, arguments.text.end),
            heredocs: Vec::new(),
            trigger,
            span: joined.span(whole.start, whole.end),
            first_line: first + 1,
            last_line: self.at,
        }
    }

    /// Reads the lines of a heredoc up to the one that closes it.
    fn heredoc(&mut self, opened: &heredoc::Opened, first: usize) -> Heredoc {
        let start = self.lines[self.at - 1].end;
        let mut end = start;
        let mut terminated = false;
        while let Some(line) = self.lines.get(self.at) {
            self.at += 1;
            let mut text = lines::trim_line_end(line.raw(self.bytes));
            while opened.strip_tabs
                && let [b'\t', rest @ ..] = text
            {
                text = rest;
            }
            if text == opened.name {
                terminated = true;
                break;
            }
            end = line.end;
        }
        let name = String::from_utf8_lossy(&opened.name).into_owned();
        if !terminated {
            self.problem(
                first,
                SyntaxProblemKind::UnterminatedHeredoc { name: name.clone() },
            );
        }
        Heredoc {
            name,
            file_descriptor: opened.file_descriptor,
            strip_tabs: opened.strip_tabs,
            expand: opened.expand,
            content: String::from_utf8_lossy(&self.bytes[start..end]).into_owned(),
            content_span: Span::new(start, end),
            terminated,
        }
    }

    fn check_order(&mut self) {
        let instructions = self.items.iter().filter_map(|item| match &item.kind {
            ItemKind::Instruction(instruction) => Some(instruction),
            _ => None,
        });
        let mut early = Vec::new();
        let mut from = false;
        for instruction in instructions {
            match instruction.keyword {
                Keyword::From => {
                    from = true;
                    break;
                }
                Keyword::Arg => {}
                _ => early.push(SyntaxProblem {
                    line: instruction.first_line,
                    kind: SyntaxProblemKind::BeforeFrom {
                        keyword: instruction.keyword_text.clone(),
                    },
                }),
            }
        }
        if from {
            self.problems.append(&mut early);
        } else {
            self.problems.push(SyntaxProblem {
                line: 1,
                kind: SyntaxProblemKind::NoFrom,
            });
        }
    }
}

/// `name = value` of a directive that builders know, from the text after `#`.
fn directive(comment: &str) -> Option<(String, String)> {
    let (name, value) = comment.split_once('=')?;
    let (name, value) = (name.trim().to_ascii_lowercase(), value.trim());
    (matches!(name.as_str(), "syntax" | "escape" | "check") && !value.is_empty())
        .then(|| (name, value.to_owned()))
}
