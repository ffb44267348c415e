//! Text in columns, counts and sizes.

pub(crate) use outcrop_workbench::output::text::{counted, harmless, harmless_lines};
use unicode_width::UnicodeWidthStr as _;

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
