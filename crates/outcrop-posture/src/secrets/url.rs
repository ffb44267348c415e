//! Passwords in addresses.

use std::borrow::Cow;
use std::ops::Range;

use outcrop_model::CONCEALED;

use super::placeholder;

/// Bytes of the user and the password of an address.
const MAX_LOGIN: usize = 512;

/// The passwords in the addresses of a text: what stands between `scheme://user:` and `@host`
/// (RFC 3986, 3.2.1).
fn passwords(text: &[u8]) -> impl Iterator<Item = Range<usize>> {
    memchr::memmem::find_iter(text, b"://").filter_map(|at| {
        let start = at + 3;
        let rest = &text[start..text.len().min(start + MAX_LOGIN)];
        let end = rest
            .iter()
            .position(|byte| {
                byte.is_ascii_whitespace()
                    || matches!(byte, b'/' | b'"' | b'\'' | b'<' | b'>' | b'?' | b'#')
            })
            .unwrap_or(rest.len());
        let host = memchr::memrchr(b'@', &rest[..end])?;
        let colon = memchr::memchr(b':', &rest[..host])?;
        (colon + 1 < host).then_some(start + colon + 1..start + host)
    })
}

/// A text with the password of each address in it replaced by dots, as
/// `https://user:••••••@host/`. Names of variables that stand for one are left.
pub fn conceal_url_passwords(text: &str) -> Cow<'_, str> {
    let mut concealed = String::new();
    let mut from = 0;
    for password in passwords(text.as_bytes()) {
        let value = &text[password.clone()];
        if value == CONCEALED || placeholder::reference(value.as_bytes()) || password.start < from {
            continue;
        }
        concealed.push_str(&text[from..password.start]);
        concealed.push_str(CONCEALED);
        from = password.end;
    }
    if from == 0 {
        return Cow::Borrowed(text);
    }
    concealed.push_str(&text[from..]);
    Cow::Owned(concealed)
}
