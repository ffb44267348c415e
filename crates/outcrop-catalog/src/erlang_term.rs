//! Terms of Erlang as files hold them for `file:consult/1`: each ends in a full stop.
//!
//! Source: the Erlang reference manual, "Data Types" and "Character Set and Source File Encoding".

use outcrop_model::Licence;

use crate::licence;

/// Licences of one package that are read.
const MAX_LICENCES: usize = 16;
/// Deepest nesting that is read.
const MAX_DEPTH: usize = 32;
/// Terms of one file that are read, nested ones counted.
const MAX_TERMS: usize = 200_000;

/// A term, as far as anybody looks at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Term {
    /// An atom.
    Atom(String),
    /// A string or a binary.
    Text(String),
    /// A tuple.
    Tuple(Vec<Term>),
    /// A list.
    List(Vec<Term>),
    /// A number or a character.
    Other,
}

impl Term {
    /// The text of a string, a binary or an atom.
    pub(crate) fn as_str(&self) -> Option<&str> {
        match self {
            Self::Atom(text) | Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The elements of a list.
    pub(crate) fn elements(&self) -> &[Self] {
        match self {
            Self::List(elements) => elements,
            _ => &[],
        }
    }
}

/// The value of the first `{Key, Value}` among terms.
pub(crate) fn property<'a>(terms: &'a [Term], key: &str) -> Option<&'a Term> {
    terms.iter().find_map(|term| match term {
        Term::Tuple(pair) => match pair.as_slice() {
            [name, value] if name.as_str() == Some(key) => Some(value),
            _ => None,
        },
        _ => None,
    })
}

/// The `licenses` among properties, which are a list of names.
pub(crate) fn licences(properties: &[Term]) -> Vec<Licence> {
    property(properties, "licenses")
        .map_or(&[][..], Term::elements)
        .iter()
        .take(MAX_LICENCES)
        .filter_map(Term::as_str)
        .flat_map(licence::licences)
        .collect()
}

/// The terms of a file, up to the first that cannot be read; false where there is such a one.
pub(crate) fn terms(bytes: &[u8]) -> (Vec<Term>, bool) {
    let mut reader = Reader {
        rest: bytes,
        left: MAX_TERMS,
    };
    let mut terms = Vec::new();
    loop {
        reader.skip();
        if reader.rest.is_empty() {
            return (terms, true);
        }
        match reader.term(0) {
            Some(term) if reader.take(b".") => terms.push(term),
            _ => return (terms, false),
        }
    }
}

struct Reader<'a> {
    rest: &'a [u8],
    left: usize,
}

impl<'a> Reader<'a> {
    /// Passes blanks and comments.
    fn skip(&mut self) {
        loop {
            self.rest = self.rest.trim_ascii_start();
            if self.rest.first() != Some(&b'%') {
                return;
            }
            self.while_byte(|byte| byte != b'\n');
        }
    }

    /// Passes blanks and then `token`, if it is next.
    fn take(&mut self, token: &[u8]) -> bool {
        self.skip();
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn byte(&mut self) -> Option<u8> {
        let (&first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(first)
    }

    fn while_byte(&mut self, wanted: impl Fn(u8) -> bool) -> &'a [u8] {
        let end = self
            .rest
            .iter()
            .position(|&byte| !wanted(byte))
            .unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    fn term(&mut self, depth: usize) -> Option<Term> {
        self.skip();
        self.left = self.left.checked_sub(1)?;
        if depth > MAX_DEPTH {
            return None;
        }
        match *self.rest.first()? {
            b'{' => {
                self.byte();
                self.elements(depth, b"}").map(Term::Tuple)
            }
            b'[' => {
                self.byte();
                self.elements(depth, b"]").map(Term::List)
            }
            // A map is read as the list of its pairs.
            b'#' => {
                self.byte();
                self.take(b"{").then_some(())?;
                self.elements(depth, b"}").map(Term::List)
            }
            b'"' => {
                let mut text = String::new();
                while self.take(b"\"") {
                    text.push_str(&self.quoted(b'"')?);
                }
                Some(Term::Text(text))
            }
            b'\'' => {
                self.byte();
                self.quoted(b'\'').map(Term::Atom)
            }
            b'<' => self.binary(),
            b'$' => {
                self.byte();
                if self.byte()? == b'\\' {
                    self.byte()?;
                }
                Some(Term::Other)
            }
            first if first.is_ascii_lowercase() => {
                let atom =
                    self.while_byte(|byte| byte.is_ascii_alphanumeric() || b"_@".contains(&byte));
                Some(Term::Atom(String::from_utf8_lossy(atom).into_owned()))
            }
            first if first.is_ascii_digit() || b"+-".contains(&first) => {
                self.byte();
                self.number();
                Some(Term::Other)
            }
            _ => None,
        }
    }

    /// What follows the first character of a number; a full stop only before a digit.
    fn number(&mut self) {
        loop {
            self.while_byte(|byte| byte.is_ascii_alphanumeric() || b"_#".contains(&byte));
            match self.rest {
                [b'.', digit, ..] if digit.is_ascii_digit() => self.rest = &self.rest[1..],
                _ => return,
            }
        }
    }

    /// Elements up to `end`. `=>` makes a pair of the terms on its sides.
    fn elements(&mut self, depth: usize, end: &[u8]) -> Option<Vec<Term>> {
        let mut elements = Vec::new();
        while !self.take(end) {
            if !elements.is_empty() {
                (self.take(b",") || self.take(b"|")).then_some(())?;
            }
            let mut element = self.term(depth + 1)?;
            if self.take(b"=>") {
                element = Term::Tuple(vec![element, self.term(depth + 1)?]);
            }
            elements.push(element);
        }
        Some(elements)
    }

    /// `<<"text"/utf8, 33>>`
    fn binary(&mut self) -> Option<Term> {
        self.take(b"<<").then_some(())?;
        let mut text = String::new();
        while !self.take(b">>") {
            if self.take(b"\"") {
                text.push_str(&self.quoted(b'"')?);
            } else if !self.take(b",") {
                let before = self.rest.len();
                self.while_byte(|byte| byte.is_ascii_alphanumeric() || b"_-/:".contains(&byte));
                (self.rest.len() < before).then_some(())?;
            }
        }
        Some(Term::Text(text))
    }

    /// Text up to the closing quote, escapes resolved as far as names and versions need them.
    fn quoted(&mut self, quote: u8) -> Option<String> {
        let mut text = Vec::new();
        loop {
            match self.byte()? {
                b'\\' => text.push(match self.byte()? {
                    b'n' => b'\n',
                    b't' => b'\t',
                    b's' => b' ',
                    other => other,
                }),
                byte if byte == quote => break,
                byte => text.push(byte),
            }
        }
        Some(String::from_utf8_lossy(&text).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(content: &str, expected: &[&str], whole: bool) {
        let (terms, read) = terms(content.as_bytes());
        let shown: Vec<String> = terms.iter().map(|term| format!("{term:?}")).collect();
        assert_eq!(shown, expected, "{content}");
        assert_eq!(read, whole, "{content}");
    }

    #[test]
    fn terms_are_read() {
        check("", &[], true);
        check(
            "% a comment\n{application, 'a b', [1, -2.5e3, 16#ff, $a]}.",
            &[r#"Tuple([Atom("application"), Atom("a b"), List([Other, Other, Other, Other])])"#],
            true,
        );
        check(
            r#"<<"a"/utf8>>. <<"b", 33>>. "c\"d" "e". {}."#,
            &[
                r#"Text("a")"#,
                r#"Text("b")"#,
                r#"Text("c\"de")"#,
                "Tuple([])",
            ],
            true,
        );
        check(
            r#"#{<<"a">> => #{}, b => [c | d]}."#,
            &[
                r#"List([Tuple([Text("a"), List([])]), Tuple([Atom("b"), List([Atom("c"), Atom("d")])])])"#,
            ],
            true,
        );
    }

    #[test]
    fn what_cannot_be_read_ends_it() {
        check("a. {b", &[r#"Atom("a")"#], false);
        check("a. [b c].", &[r#"Atom("a")"#], false);
        check("a. B.", &[r#"Atom("a")"#], false);
        check("a. \"b", &[r#"Atom("a")"#], false);
        check("a. <<?>>.", &[r#"Atom("a")"#], false);
        check(&"[".repeat(100_000), &[], false);
        let many = format!("[{}1].", "1,".repeat(MAX_TERMS));
        check(&many, &[], false);
    }

    #[test]
    fn properties_are_found_by_name() {
        let (terms, _) = terms(br#"{a, 1, 2}. {a, "x"}. {<<"a">>, "y"}."#);
        assert_eq!(property(&terms, "a"), Some(&Term::Text("x".to_owned())));
        assert_eq!(property(&terms, "b"), None);
    }
}
