//! Names and the values that are assigned to them, in whatever language.

use std::ops::Range;

/// A value and what it is assigned to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Assignment {
    pub(crate) name: Range<usize>,
    pub(crate) value: Range<usize>,
    /// A quotation mark stood before the value.
    pub(crate) quoted: bool,
}

/// Bytes of a name on either side of the word that was hit.
const MAX_NAME: usize = 64;
/// Bytes of a value.
const MAX_VALUE: usize = 8 * 1024;
/// Spaces around what assigns.
const MAX_SPACE: usize = 16;

fn in_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

fn spaces(text: &[u8], at: usize) -> usize {
    text[at..]
        .iter()
        .take(MAX_SPACE)
        .take_while(|byte| matches!(byte, b' ' | b'\t'))
        .count()
}

fn quotation(text: &[u8], at: usize) -> (usize, Option<u8>) {
    match text[at..] {
        [b'\\', mark @ (b'"' | b'\''), ..] => (2, Some(mark)),
        [mark @ (b'"' | b'\'' | b'`'), ..] => (1, Some(mark)),
        _ => (0, None),
    }
}

/// What is assigned to the name of which `hit` is a part.
///
/// Told are `name=value`, `name: value`, `name => value`, `name := value`, `<name>value</name>`,
/// `key="name" value="value"`, `define('name', 'value')`, and, with a space between them,
/// `--name value`, `ENV name value`, `ARG`, and the `password value` of a netrc file.
pub(crate) fn assignment(text: &[u8], hit: Range<usize>, spaced: bool) -> Option<Assignment> {
    let before = &text[hit.start.saturating_sub(MAX_NAME)..hit.start];
    let start = hit.start
        - before
            .iter()
            .rev()
            .take_while(|byte| in_name(**byte))
            .count();
    let after = &text[hit.end..text.len().min(hit.end + MAX_NAME)];
    let end = hit.end + after.iter().take_while(|byte| in_name(**byte)).count();
    if start == end {
        return None;
    }
    let flag = text[start..].starts_with(b"--");
    let line = &text[start.saturating_sub(8)..start];
    let instruction =
        line.ends_with(b"ENV ") || line.ends_with(b"ARG ") || line.ends_with(b"LABEL ");

    let mut at = end;
    let (closing, mark) = quotation(text, at);
    at += closing;
    let gap = spaces(text, at);
    at += gap;
    let rest = &text[at..];
    let width = match rest {
        [b'=', b'>', ..] | [b':' | b'?', b'=', ..] => 2,
        // A comparison, a path of C++ or an address assign nothing.
        [b'=', b'=', ..] | [b':', b':', ..] | [b':', b'/', b'/', ..] => return None,
        [b'=' | b':', ..] => 1,
        [b'>', ..] if start > 0 && text[start - 1] == b'<' => 1,
        [b',', ..] if mark.is_some() => 1,
        _ if mark.is_some() && rest.starts_with(b"value=") => 6,
        _ if gap > 0 && mark.is_none() && (spaced || flag || instruction) => 0,
        _ => return None,
    };
    at += width;
    at += spaces(text, at);
    let (opening, mark) = quotation(text, at);
    at += opening;
    let rest = &text[at..text.len().min(at + MAX_VALUE)];
    let ends = |byte: &u8| match mark {
        Some(mark) => *byte == mark || matches!(byte, b'\n' | b'\r'),
        None => {
            byte.is_ascii_whitespace() || matches!(byte, b',' | b';' | b'<' | b'"' | b'\'' | b'`')
        }
    };
    let length = rest.iter().position(ends).unwrap_or(rest.len());
    let mut value = at..at + length;
    // The mark itself was written with a slash before it.
    if opening == 2 && text[value.clone()].ends_with(b"\\") {
        value.end -= 1;
    }
    // `a=b&c=d` and `f(x=y)` end unquoted values.
    if mark.is_none() {
        while value.end > value.start && matches!(text[value.end - 1], b')' | b'}' | b']') {
            value.end -= 1;
        }
    }
    (!value.is_empty()).then_some(Assignment {
        name: start..end,
        value,
        quoted: mark.is_some(),
    })
}

/// A name in small letters without what separates its words.
pub(crate) fn squashed(name: &[u8]) -> Vec<u8> {
    name.iter()
        .filter(|byte| byte.is_ascii_alphanumeric())
        .map(u8::to_ascii_lowercase)
        .collect()
}

/// The words of a name, in small letters: of `dbPassword`, `DB_PASSWORD` and `db-password`.
fn words(name: &[u8]) -> Vec<Vec<u8>> {
    let mut words: Vec<Vec<u8>> = vec![Vec::new()];
    let mut small_before = false;
    for &byte in name {
        if !byte.is_ascii_alphanumeric() {
            words.push(Vec::new());
            small_before = false;
            continue;
        }
        if byte.is_ascii_uppercase() && small_before {
            words.push(Vec::new());
        }
        small_before = byte.is_ascii_lowercase() || byte.is_ascii_digit();
        if let Some(word) = words.last_mut() {
            word.push(byte.to_ascii_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// True where a name says that its value is a secret: by its last word or two, so that the
/// location, the age or the identifier of a secret is none.
pub(crate) fn names_a_secret(name: &[u8]) -> bool {
    let words = words(name);
    let mut words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
    // `DB_PASSWORD_2`, and what stands for where it is used.
    while let Some(last) = words.last() {
        let numbered = last.iter().all(u8::is_ascii_digit);
        if words.len() > 1
            && (numbered || matches!(*last, b"prod" | b"production" | b"value" | b"base"))
        {
            words.pop();
        } else {
            break;
        }
    }
    let Some((last, before)) = words.split_last() else {
        return false;
    };
    let previous = before.last().copied().unwrap_or_default();
    if before
        .iter()
        .any(|word| matches!(*word, b"public" | b"min" | b"max" | b"no" | b"allow"))
    {
        return false;
    }
    match *last {
        b"password" | b"passwd" | b"passphrase" | b"passwort" | b"secret" | b"secrets"
        | b"credentials" | b"credential" | b"apikey" | b"apitoken" | b"authtoken"
        | b"accesstoken" | b"secretkey" | b"accesskey" | b"privatekey" | b"dbpassword"
        | b"rootpassword" | b"userpassword" | b"adminpassword" | b"apisecret" | b"clientsecret"
        | b"pgpassword" | b"sshpass" => true,
        b"token" => !matches!(
            previous,
            b"csrf" | b"next" | b"page" | b"continuation" | b"cancel"
        ),
        b"pass" | b"pwd" | b"pw" => {
            !before.is_empty() && !matches!(previous, b"old" | b"by" | b"proxy")
        }
        b"key" => matches!(
            previous,
            b"api"
                | b"secret"
                | b"private"
                | b"access"
                | b"encryption"
                | b"signing"
                | b"master"
                | b"auth"
                | b"account"
                | b"service"
                | b"app"
                | b"license"
                | b"admin"
                | b"session"
                | b"shared"
                | b"hmac"
                | b"jwt"
        ),
        last => last.ends_with(b"password") || last.ends_with(b"passwd"),
    }
}
