//! JSON arrays of strings, the exec form of instructions.

use std::ops::Range;

/// Arrays within arrays that are looked into to tell broken JSON from JSON with other values.
const MAX_DEPTH: usize = 32;

/// What stands where a JSON array may stand.
#[derive(Debug, PartialEq)]
pub(super) enum Form {
    /// An array of strings, each with its range, quotes excluded.
    Strings(Vec<(String, Range<usize>)>),
    /// A sound array with other values; builders refuse it.
    OtherValues,
    /// No JSON array: the shell form.
    Shell,
}

/// Reads the whole of `text`, which may have blanks around the array.
pub(super) fn read(text: &[u8]) -> Form {
    let mut reader = Reader {
        text,
        at: 0,
        strings: Vec::new(),
        others: false,
    };
    reader.blanks();
    if reader.array(0).is_none() {
        return Form::Shell;
    }
    reader.blanks();
    if reader.at != text.len() {
        Form::Shell
    } else if reader.others {
        Form::OtherValues
    } else {
        Form::Strings(reader.strings)
    }
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    strings: Vec<(String, Range<usize>)>,
    others: bool,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn array(&mut self, depth: usize) -> Option<()> {
        self.take(b'[')?;
        self.sequence(b']', |reader| reader.value(depth))
    }

    fn sequence(
        &mut self,
        close: u8,
        mut element: impl FnMut(&mut Self) -> Option<()>,
    ) -> Option<()> {
        self.blanks();
        if self.take(close).is_some() {
            return Some(());
        }
        loop {
            self.blanks();
            element(self)?;
            self.blanks();
            if self.take(close).is_some() {
                return Some(());
            }
            self.take(b',')?;
        }
    }

    fn value(&mut self, depth: usize) -> Option<()> {
        if depth > MAX_DEPTH {
            return None;
        }
        match self.peek()? {
            b'"' => {
                let string = self.string()?;
                if depth == 0 {
                    self.strings.push(string);
                }
            }
            b'[' => {
                self.others = true;
                self.array(depth + 1)?;
            }
            b'{' => {
                self.others = true;
                self.at += 1;
                self.sequence(b'}', |reader| {
                    reader.string()?;
                    reader.blanks();
                    reader.take(b':')?;
                    reader.blanks();
                    reader.value(depth + 1)
                })?;
            }
            _ => {
                self.others = true;
                let start = self.at;
                while matches!(self.peek(), Some(byte) if byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
                {
                    self.at += 1;
                }
                let word = str::from_utf8(&self.text[start..self.at]).ok()?;
                let number = word.starts_with(|first: char| first == '-' || first.is_ascii_digit());
                if !(matches!(word, "true" | "false" | "null")
                    || number && word.parse::<f64>().is_ok())
                {
                    return None;
                }
            }
        }
        Some(())
    }

    fn string(&mut self) -> Option<(String, Range<usize>)> {
        self.take(b'"')?;
        let start = self.at;
        let mut value = Vec::new();
        loop {
            let byte = self.peek()?;
            self.at += 1;
            match byte {
                b'"' => {
                    let range = start..self.at - 1;
                    return Some((String::from_utf8_lossy(&value).into_owned(), range));
                }
                0..0x20 => return None,
                b'\\' => {
                    let character = self.escaped()?;
                    value.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                }
                _ => value.push(byte),
            }
        }
    }

    fn escaped(&mut self) -> Option<char> {
        let byte = self.peek()?;
        self.at += 1;
        Some(match byte {
            b'"' | b'\\' | b'/' => char::from(byte),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let high = self.four_digits()?;
                if (0xD800..0xDC00).contains(&high) && self.text[self.at..].starts_with(b"\\u") {
                    let before = self.at;
                    self.at += 2;
                    let low = self.four_digits()?;
                    if (0xDC00..0xE000).contains(&low) {
                        return char::from_u32(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00));
                    }
                    self.at = before;
                }
                char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER)
            }
            _ => return None,
        })
    }

    fn four_digits(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + 4)?;
        let digits = str::from_utf8(digits)
            .ok()
            .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))?;
        self.at += 4;
        u32::from_str_radix(digits, 16).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::{Form, read};

    #[test]
    fn a_json_array_of_strings_is_told_from_other_json_and_from_a_shell_form() {
        let strings = |text: &str| match read(text.as_bytes()) {
            Form::Strings(strings) => strings.into_iter().map(|(string, _)| string).collect(),
            other => vec![format!("{other:?}")],
        };
        for (input, expected) in [
            (r#"["a", "b c"]"#, vec!["a", "b c"]),
            ("[]", vec![]),
            (r#" [ "a" ] "#, vec!["a"]),
            (r#"["\u00e9\n\"\\"]"#, vec!["é\n\"\\"]),
            (r#"["\ud83d\ude00"]"#, vec!["😀"]),
            (r#"["\ud83d"]"#, vec!["\u{fffd}"]),
            (r#"["a", 1]"#, vec!["OtherValues"]),
            (r#"["a", ["b"]]"#, vec!["OtherValues"]),
            (r#"[{"a": null}]"#, vec!["OtherValues"]),
            (r#"["a"] > x"#, vec!["Shell"]),
            (r#"["a",]"#, vec!["Shell"]),
            ("['a']", vec!["Shell"]),
            ("[ -f x ]", vec!["Shell"]),
            (r#"["\x"]"#, vec!["Shell"]),
            ("", vec!["Shell"]),
        ] {
            assert_eq!(strings(input), expected, "{input}");
        }
    }

    #[test]
    fn nesting_beyond_the_limit_is_a_shell_form() {
        assert_eq!(read("[".repeat(100_000).as_bytes()), Form::Shell);
    }
}
