//! Text that others wrote, made harmless for a terminal.

use std::borrow::Cow;

use unicode_width::UnicodeWidthStr as _;

/// Text with everything that steers a terminal or turns the direction of reading written out, as
/// `\u{1b}`: image names, instructions, package names and advisories are not ours.
pub(crate) fn harmless(text: &str) -> Cow<'_, str> {
    if !text.chars().any(steers) {
        return Cow::Borrowed(text);
    }
    let mut written = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if steers(character) {
            written.extend(character.escape_unicode());
        } else {
            written.push(character);
        }
    }
    Cow::Owned(written)
}

/// Like [`harmless`] for text of several lines: line feeds and tabs stay.
pub(crate) fn harmless_lines(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' | '\t' => written.push(character),
            other if steers(other) => written.extend(other.escape_unicode()),
            other => written.push(other),
        }
    }
    written
}

/// Control characters, line separators, and the marks of the Unicode bidirectional algorithm
/// (UAX #9, section 2) and of zero width, with which text can look like other text.
fn steers(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// Text in a given number of columns: filled up with blanks, or cut with `…` at its end.
pub(crate) fn fitted(text: &str, columns: usize) -> String {
    let width = text.width();
    if width <= columns {
        return format!("{text}{}", " ".repeat(columns - width));
    }
    let mut cut = String::new();
    let mut used = 0;
    for character in text.chars() {
        let width = unicode_width::UnicodeWidthChar::width(character).unwrap_or(0);
        if used + width + 1 > columns {
            break;
        }
        used += width;
        cut.push(character);
    }
    if used < columns {
        cut.push('…');
        used += 1;
    }
    cut.push_str(&" ".repeat(columns - used));
    cut
}

/// A count with its noun: `1 finding`, `2 findings`.
pub(crate) fn counted(count: impl Into<u64>, noun: &str) -> String {
    match count.into() {
        1 => format!("1 {noun}"),
        count => format!("{count} {noun}s"),
    }
}

/// Bytes as engines show them, in powers of 1000.
pub(crate) fn bytes(bytes: u64) -> String {
    let mut value = bytes as f64;
    for unit in ["B", "kB", "MB"] {
        if value < 1000.0 {
            return match unit {
                "B" => format!("{bytes} B"),
                _ => format!("{value:.1} {unit}"),
            };
        }
        value /= 1000.0;
    }
    format!("{value:.1} GB")
}

/// The date of an RFC 3339 time.
pub(crate) fn date(time: &str) -> &str {
    time.split_once('T').map_or(time, |(date, _)| date)
}

/// A digest as engines shorten it.
pub(crate) fn short(digest: &str) -> &str {
    let hex = digest.strip_prefix("sha256:").unwrap_or(digest);
    hex.get(..12).unwrap_or(hex)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_terminal_is_written_out() {
        for (text, expected) in [
            ("libssl3", "libssl3"),
            ("a\u{1b}[31mb", "a\\u{1b}[31mb"),
            ("a\nb", "a\\u{a}b"),
            ("txt\u{202e}gpj", "txt\\u{202e}gpj"),
            ("é…漢", "é…漢"),
            ("\u{9b}2J", "\\u{9b}2J"),
        ] {
            assert_eq!(harmless(text), expected);
        }
        assert_eq!(harmless_lines("a\n\tb\r\u{7}"), "a\n\tb\\u{d}\\u{7}");
    }

    #[test]
    fn text_fits_its_columns() {
        for (text, columns, expected) in [
            ("ab", 4, "ab  "),
            ("abcde", 4, "abc…"),
            ("漢字漢字", 5, "漢字…"),
            ("漢字漢字", 4, "漢… "),
            ("abc", 0, ""),
        ] {
            assert_eq!(fitted(text, columns), expected, "{text}");
        }
    }

    #[test]
    fn sizes_are_short() {
        for (size, expected) in [
            (0, "0 B"),
            (999, "999 B"),
            (1_500, "1.5 kB"),
            (123_456_789, "123.5 MB"),
            (5_000_000_000_000, "5000.0 GB"),
        ] {
            assert_eq!(bytes(size), expected);
        }
    }
}
