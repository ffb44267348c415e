//! Text of images as messages show it.

/// Characters of a value that a message shows.
const MAX_SHOWN: usize = 120;

/// The longest beginning of a text of at most that many bytes.
pub(crate) fn cut(text: &str, bytes: usize) -> &str {
    if text.len() <= bytes {
        return text;
    }
    &text[..text.floor_char_boundary(bytes)]
}

/// A value of an image: cut, and what steers a terminal or turns the direction of reading written
/// out.
pub(crate) fn shown(text: &str) -> String {
    let mut shown = String::new();
    for character in text.chars().take(MAX_SHOWN) {
        if character.is_control()
            || matches!(character,
                '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{2069}' | '\u{feff}')
        {
            shown.extend(character.escape_unicode());
        } else {
            shown.push(character);
        }
    }
    if text.chars().nth(MAX_SHOWN).is_some() {
        shown.push('…');
    }
    shown
}

/// An address without what may be secret in it: user, password, query and fragment.
pub(crate) fn shown_address(address: &str) -> String {
    let end = address.find(['?', '#']).unwrap_or(address.len());
    let address = &address[..end];
    let Some((scheme, rest)) = address.split_once("://") else {
        return shown(address);
    };
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = host.rsplit('@').next().unwrap_or(host);
    shown(&format!("{scheme}://{host}{path}"))
}

#[cfg(test)]
mod tests {
    use super::{cut, shown, shown_address};

    #[test]
    fn values_are_cut_and_harmless() {
        assert_eq!(shown("a\u{1b}[31m\u{202e}b"), r"a\u{1b}[31m\u{202e}b");
        assert_eq!(shown(&"é".repeat(200)), "é".repeat(120) + "…");
        assert_eq!(cut("éé", 3), "é");
    }

    #[test]
    fn addresses_lose_what_may_be_secret() {
        for (address, expected) in [
            ("https://a.example/x.sh", "https://a.example/x.sh"),
            (
                "https://me:word@a.example/x?token=1#y",
                "https://a.example/x",
            ),
            ("a.example/x?y", "a.example/x"),
        ] {
            assert_eq!(shown_address(address), expected, "{address}");
        }
    }
}
