//! How each instruction splits what follows its keyword.

use std::ops::Range;

use super::json::{self, Form};
use super::lines::{Joined, white_space_length};
use super::{Flag, Keyword, SyntaxProblemKind, Word};

/// What follows a keyword.
pub(super) struct Arguments {
    pub(super) flags: Vec<Flag>,
    pub(super) words: Vec<Word>,
    pub(super) json: Option<Vec<String>>,
    /// Where the text after the flags stands in the joined text.
    pub(super) text: Range<usize>,
    pub(super) problem: Option<SyntaxProblemKind>,
}

/// `[\t\v\f\r ]`, at which the keyword and plain words end.
pub(super) fn is_blank(byte: u8) -> bool {
    matches!(byte, b'\t' | 0x0B | 0x0C | b'\r' | b' ')
}

/// The range without white space at its ends.
pub(super) fn trim(text: &[u8], range: Range<usize>) -> Range<usize> {
    let (mut start, mut end) = (range.start, range.end);
    while start < end {
        match white_space_length(&text[start..end]) {
            0 => break,
            length => start += length,
        }
    }
    'end: while start < end {
        for length in 1..=3.min(end - start) {
            if white_space_length(&text[end - length..end]) == length {
                end -= length;
                continue 'end;
            }
        }
        break;
    }
    start..end
}

pub(super) fn split(
    joined: &Joined,
    range: Range<usize>,
    keyword: Keyword,
    escape: u8,
) -> Arguments {
    let text = &joined.text;
    let (flags, after_flags) = flags(joined, range);
    let text_range = trim(text, after_flags);
    let mut arguments = Arguments {
        flags,
        words: Vec::new(),
        json: None,
        text: text_range.clone(),
        problem: None,
    };

    if matches!(
        keyword,
        Keyword::Run
            | Keyword::Cmd
            | Keyword::Entrypoint
            | Keyword::Shell
            | Keyword::Add
            | Keyword::Copy
            | Keyword::Volume
    ) {
        match json::read(&text[text_range.clone()]) {
            Form::Strings(strings) => {
                let place = |range: &Range<usize>| {
                    joined.span(text_range.start + range.start, text_range.start + range.end)
                };
                arguments.words = strings
                    .iter()
                    .map(|(string, range)| Word {
                        text: string.clone(),
                        span: place(range),
                    })
                    .collect();
                arguments.json = Some(strings.into_iter().map(|(string, _)| string).collect());
                return arguments;
            }
            Form::OtherValues => arguments.problem = Some(SyntaxProblemKind::NotAllStrings),
            Form::Shell if keyword == Keyword::Shell && !text_range.is_empty() => {
                arguments.problem = Some(SyntaxProblemKind::ShellNotJson);
            }
            Form::Shell => {}
        }
    }

    let ranges = match keyword {
        Keyword::From | Keyword::Expose | Keyword::Add | Keyword::Copy | Keyword::Volume => {
            blank_separated(text, text_range.clone())
        }
        Keyword::Env | Keyword::Label | Keyword::Arg => {
            pairs(text, text_range.clone(), keyword, escape)
        }
        Keyword::Healthcheck => first_and_rest(text, text_range.clone()),
        _ => vec![text_range.clone()],
    };
    arguments.words = ranges
        .into_iter()
        .filter(|range| !range.is_empty())
        .map(|range| Word {
            text: joined.text(range.start, range.end),
            span: joined.span(range.start, range.end),
        })
        .collect();
    if matches!(keyword, Keyword::Env | Keyword::Label) {
        // `ENV NAME value` takes everything after the name, so one word alone has no value.
        let legacy = arguments
            .words
            .first()
            .is_some_and(|word| !word.text.contains('='));
        let bad = match arguments.words.as_slice() {
            [only] if legacy => Some(only),
            words if !legacy => words
                .iter()
                .find(|word| word.text.find('=').is_none_or(|at| at == 0)),
            _ => None,
        };
        arguments.problem = bad.map(|word| SyntaxProblemKind::NotAPair {
            word: word.text.clone(),
        });
    }
    arguments
}

/// The leading `--words`, and what is left after them.
fn flags(joined: &Joined, range: Range<usize>) -> (Vec<Flag>, Range<usize>) {
    let text = &joined.text;
    let mut flags = Vec::new();
    let mut at = range.start;
    loop {
        at = trim(text, at..range.end).start;
        if !text[at..range.end].starts_with(b"--") {
            return (flags, at..range.end);
        }
        let start = at;
        let mut word = Vec::new();
        let mut quote = None;
        while at < range.end {
            let byte = text[at];
            match quote {
                None if byte.is_ascii_whitespace() || byte == 0x0B => break,
                None if matches!(byte, b'\'' | b'"') => quote = Some(byte),
                Some(open) if byte == open => quote = None,
                _ if byte == b'\\' => {
                    at += 1;
                    word.extend(text[..range.end].get(at));
                }
                _ => word.push(byte),
            }
            at += 1;
        }
        at = at.min(range.end);
        if word == b"--" {
            return (flags, at..range.end);
        }
        let word = String::from_utf8_lossy(&word[2.min(word.len())..]).into_owned();
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
            None => (word, None),
        };
        flags.push(Flag {
            name,
            value,
            span: joined.span(start, at),
        });
    }
}

fn blank_separated(text: &[u8], range: Range<usize>) -> Vec<Range<usize>> {
    let mut words = Vec::new();
    let mut at = range.start;
    while at < range.end {
        let length = text[at..range.end]
            .iter()
            .take_while(|&&byte| !is_blank(byte))
            .count();
        words.push(at..at + length);
        at += length;
        at += text[at..range.end]
            .iter()
            .take_while(|&&byte| is_blank(byte))
            .count();
    }
    words
}

fn first_and_rest(text: &[u8], range: Range<usize>) -> Vec<Range<usize>> {
    let first = text[range.clone()]
        .iter()
        .take_while(|&&byte| !is_blank(byte))
        .count();
    let split = range.start + first;
    vec![range.start..split, trim(text, split..range.end)]
}

/// Words separated by white space outside quotes; or the name and the rest, in the old form.
fn pairs(text: &[u8], range: Range<usize>, keyword: Keyword, escape: u8) -> Vec<Range<usize>> {
    let mut words = Vec::new();
    let mut start = None;
    let mut quote = None;
    let mut at = range.start;
    while at < range.end {
        let byte = text[at];
        let space = white_space_length(&text[at..range.end]);
        match quote {
            None if space > 0 => {
                words.extend(start.take().map(|start| start..at));
                at += space;
                continue;
            }
            None => {
                start.get_or_insert(at);
                if matches!(byte, b'\'' | b'"') {
                    quote = Some(byte);
                }
            }
            Some(open) if byte == open => quote = None,
            Some(_) => {}
        }
        at += if byte == escape && quote != Some(b'\'') {
            2
        } else {
            1
        };
    }
    words.extend(start.map(|start| start..range.end));

    let legacy = keyword != Keyword::Arg
        && words
            .first()
            .is_some_and(|word| !text[word.clone()].contains(&b'='));
    if legacy {
        first_and_rest(text, range)
    } else {
        words
    }
}
