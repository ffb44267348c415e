//! Variables in the words of instructions.
//!
//! The rules are those of `BuildKit`'s `frontend/dockerfile/shell/lex.go`, for `$V`, `${V}`,
//! `${V-word}`, `${V:-word}`, `${V+word}`, `${V:+word}`, `${V?word}` and `${V:?word}`. The pattern
//! operators (`#`, `%`, `/`) leave a word unresolved.

use std::ops::Range;

/// The longest text that an expansion may grow to; beyond it the word is unresolved.
pub const MAX_EXPANDED_BYTES: usize = 16 * 1024;

/// Defaults within defaults (`${A:-${B:-…}}`) that are followed.
const MAX_DEPTH: usize = 8;

/// What is known of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// It has this value.
    Set(String),
    /// It is not set: expands to nothing.
    Unset,
    /// It may have any value, such as a build argument that was not given.
    Unknown,
}

/// A word, expanded piece by piece.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expanded {
    /// The pieces in order; their ranges are ascending and do not overlap.
    pub pieces: Vec<Piece>,
}

/// A piece of an expanded word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Which bytes of the word it came from.
    pub range: Range<usize>,
    /// The variable, where it came from one.
    pub variable: Option<Variable>,
    /// Its text; none where the variable is unknown.
    pub value: Option<String>,
}

/// A use of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Where the word after `:-` or `-` stands, if that word gave the value.
    pub default: Option<Range<usize>>,
    /// Whether the value is the variable's own: no operator put another word in its place.
    pub own_value: bool,
}

impl Expanded {
    /// The whole text, where every piece is known.
    pub fn resolved(&self) -> Option<String> {
        self.pieces
            .iter()
            .map(|piece| piece.value.as_deref())
            .collect()
    }

    /// The names of the variables that are not known.
    pub fn unknown(&self) -> Vec<&str> {
        let unknown = self.pieces.iter().filter(|piece| piece.value.is_none());
        unknown
            .filter_map(|piece| piece.variable.as_ref())
            .map(|variable| variable.name.as_str())
            .collect()
    }
}

/// Expands a word, removing quotes and escapes.
pub fn expand(word: &str, escape: char, lookup: &dyn Fn(&str) -> Value) -> Expanded {
    let mut expander = Expander {
        word,
        escape,
        lookup,
        pieces: Vec::new(),
        size: 0,
    };
    expander.run(0, word.len(), 0);
    Expanded {
        pieces: expander.pieces,
    }
}

struct Expander<'a> {
    word: &'a str,
    escape: char,
    lookup: &'a dyn Fn(&str) -> Value,
    pieces: Vec<Piece>,
    size: usize,
}

impl Expander<'_> {
    fn literal(&mut self, range: Range<usize>, text: &str) {
        self.size += text.len();
        if let Some(Piece {
            range: last,
            variable: None,
            value: Some(value),
        }) = self.pieces.last_mut()
        {
            last.end = range.end;
            value.push_str(text);
        } else {
            self.pieces.push(Piece {
                range,
                variable: None,
                value: Some(text.to_owned()),
            });
        }
    }

    fn run(&mut self, mut at: usize, end: usize, depth: usize) {
        let mut quote: Option<char> = None;
        while let Some(character) = self.word[at..end].chars().next() {
            let next = at + character.len_utf8();
            match (quote, character) {
                (Some(open), _) if character == open => quote = None,
                (None, '\'' | '"') => quote = Some(character),
                (Some('\''), _) => self.literal(at..next, &self.word[at..next]),
                (_, '$') => {
                    at = self.variable(at, end, depth);
                    continue;
                }
                (_, _) if character == self.escape => {
                    let Some(escaped) = self.word[next..end].chars().next() else {
                        break;
                    };
                    let after = next + escaped.len_utf8();
                    // Within double quotes only these lose their escape.
                    let keeps = quote == Some('"') && !['"', '$', self.escape].contains(&escaped);
                    let from = if keeps { at } else { next };
                    self.literal(at..after, &self.word[from..after]);
                    at = after;
                    continue;
                }
                _ => self.literal(at..next, &self.word[at..next]),
            }
            at = next;
        }
    }

    /// Expands the variable at `at`, which is a `$`; gives the offset after it.
    fn variable(&mut self, at: usize, end: usize, depth: usize) -> usize {
        let after_dollar = at + 1;
        let rest = &self.word[after_dollar..end];
        if let Some(inside) = rest.strip_prefix('{') {
            let name = name_at(inside);
            let operator_at = after_dollar + 1 + name.len();
            let Some(close) = closing_brace(&self.word[..end], operator_at) else {
                self.piece(at..end, name, None, false);
                return end;
            };
            let operation = &self.word[operator_at..close];
            let name = name.to_owned();
            self.operation(at..close + 1, &name, operation, operator_at, depth);
            return close + 1;
        }
        let name = name_at(rest);
        if name.is_empty() {
            self.literal(at..after_dollar, "$");
            return after_dollar;
        }
        let name = name.to_owned();
        let after = after_dollar + name.len();
        let value = (self.lookup)(&name);
        self.own(at..after, &name, value);
        after
    }

    fn own(&mut self, range: Range<usize>, name: &str, value: Value) {
        let value = match value {
            Value::Set(value) => Some(value),
            Value::Unset => Some(String::new()),
            Value::Unknown => None,
        };
        self.piece(range, name, value, true);
    }

    fn piece(&mut self, range: Range<usize>, name: &str, value: Option<String>, own_value: bool) {
        let value = value.filter(|value| {
            self.size += value.len();
            self.size <= MAX_EXPANDED_BYTES
        });
        let variable = Variable {
            name: name.to_owned(),
            default: None,
            own_value,
        };
        self.pieces.push(Piece {
            range,
            variable: Some(variable),
            value,
        });
    }

    fn operation(
        &mut self,
        range: Range<usize>,
        name: &str,
        operation: &str,
        start: usize,
        depth: usize,
    ) {
        let value = (self.lookup)(name);
        let (colon, rest) = operation
            .strip_prefix(':')
            .map_or((false, operation), |rest| (true, rest));
        let operator = rest.chars().next();
        let word_start = start + operation.len() - rest.len() + operator.map_or(0, char::len_utf8);
        let counts_as_set = match &value {
            Value::Set(text) => Some(!(colon && text.is_empty())),
            Value::Unset => Some(false),
            Value::Unknown => None,
        };
        match (operator, counts_as_set) {
            (None, _) if !colon && !name.is_empty() => self.own(range, name, value),
            (Some('-' | '?'), Some(true)) => self.own(range, name, value),
            (Some('-'), Some(false)) => self.word_instead(range, name, word_start, depth, true),
            (Some('+'), Some(true)) => self.word_instead(range, name, word_start, depth, false),
            (Some('+'), Some(false)) => self.piece(range, name, Some(String::new()), false),
            _ => self.piece(range, name, None, false),
        }
    }

    /// The word of `${V:-word}` or `${V:+word}` in place of the variable.
    fn word_instead(
        &mut self,
        range: Range<usize>,
        name: &str,
        start: usize,
        depth: usize,
        default: bool,
    ) {
        let word = start..range.end - 1;
        if depth >= MAX_DEPTH {
            return self.piece(range, name, None, false);
        }
        let mut inner = Expander {
            word: self.word,
            escape: self.escape,
            lookup: self.lookup,
            pieces: Vec::new(),
            size: self.size,
        };
        inner.run(word.start, word.end, depth + 1);
        let value = Expanded {
            pieces: inner.pieces,
        }
        .resolved();
        self.piece(range, name, value, false);
        if default
            && let Some(Piece {
                variable: Some(variable),
                ..
            }) = self.pieces.last_mut()
        {
            variable.default = Some(word);
        }
    }
}

/// The variable name at the start: a word of letters, digits and `_`, or one special character.
fn name_at(text: &str) -> &str {
    let length = text
        .bytes()
        .take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
        .count();
    match text.as_bytes() {
        [b'0'..=b'9', ..] => &text[..text.bytes().take_while(u8::is_ascii_digit).count()],
        [b'@' | b'*' | b'#' | b'?' | b'-' | b'$' | b'!', ..] => &text[..1],
        _ => &text[..length],
    }
}

/// Offset of the `}` that closes the expression, with expressions inside it skipped.
fn closing_brace(word: &str, start: usize) -> Option<usize> {
    let bytes = word.as_bytes();
    let mut open = 1_usize;
    let mut at = start;
    while at < bytes.len() {
        match bytes[at] {
            b'{' if at > 0 && bytes[at - 1] == b'$' => open += 1,
            b'}' => {
                open -= 1;
                if open == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
        at += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{Value, expand};

    fn shown(word: &str) -> String {
        let lookup = |name: &str| match name {
            "V" => Value::Set("12".into()),
            "EMPTY" => Value::Set(String::new()),
            "SECRET" => Value::Unknown,
            _ => Value::Unset,
        };
        let expanded = expand(word, '\\', &lookup);
        expanded
            .resolved()
            .unwrap_or_else(|| format!("unknown {}", expanded.unknown().join(" ")))
    }

    #[test]
    fn words_expand_as_in_buildkit() {
        for (word, expected) in [
            ("debian:$V", "debian:12"),
            ("debian:${V}-slim", "debian:12-slim"),
            ("${V:-x}", "12"),
            ("${EMPTY:-x}", "x"),
            ("${EMPTY-x}", ""),
            ("${NONE-x}", "x"),
            ("${V:+x}", "x"),
            ("${EMPTY:+x}", ""),
            ("${EMPTY+x}", "x"),
            ("${NONE:+x}", ""),
            ("${NONE:-a${V:-b}c}", "a12c"),
            ("a$NONE.b", "a.b"),
            ("'$V'", "$V"),
            ("\"$V x\"", "12 x"),
            (r"\$V", "$V"),
            (r#""\$V\a""#, r"$V\a"),
            ("$", "$"),
            ("a$/b", "a$/b"),
            ("${V", "unknown V"),
            ("${V#1}", "unknown V"),
            ("${NONE:?needed}", "unknown NONE"),
            ("$SECRET-x", "unknown SECRET"),
            ("${SECRET:-x}", "unknown SECRET"),
            ("${V:?needed}", "12"),
            ("", ""),
        ] {
            assert_eq!(shown(word), expected, "{word}");
        }
    }

    #[test]
    fn nested_defaults_and_growth_are_bounded() {
        let deep = format!("{}x{}", "${A:-".repeat(10_000), "}".repeat(10_000));
        assert_eq!(expand(&deep, '\\', &|_| Value::Unset).resolved(), None);
        let big = Value::Set("x".repeat(1024));
        assert_eq!(
            expand(&"$V".repeat(100), '\\', &|_| big.clone()).resolved(),
            None
        );
    }
}
