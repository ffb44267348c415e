//! Private keys.
//!
//! Sources: RFC 7468 (textual encodings), RFC 8017 and 5915 (RSA, EC keys), `PROTOCOL.key` of
//! OpenSSH, RFC 9580 (`OpenPGP`), RFC 7517 and 7518 (JSON web keys), the format of `age` keys
//! (bech32), appendix C of the `PuTTY` manual. Keys that need a passphrase are not told.

use std::ops::Range;

use outcrop_model::Severity::{Critical, High};

use crate::secrets::checks;
use crate::secrets::rule::Rule;

pub(super) static RULES: &[Rule] = &[
    Rule::block(
        "gcp-service-account-key",
        "Google Cloud service account key",
        Critical,
        &["BEGIN PRIVATE KEY"],
        service_account,
        "{serviceaccount}",
    ),
    Rule::block(
        "pkcs8-private-key",
        "Private key (PKCS #8)",
        High,
        &["BEGIN PRIVATE KEY"],
        der,
        "{pem:PRIVATE KEY}",
    ),
    Rule::block(
        "rsa-private-key",
        "RSA private key",
        High,
        &["BEGIN RSA PRIVATE KEY"],
        der,
        "{pem:RSA PRIVATE KEY}",
    ),
    Rule::block(
        "ec-private-key",
        "EC private key",
        High,
        &["BEGIN EC PRIVATE KEY"],
        der,
        "{pem:EC PRIVATE KEY}",
    ),
    Rule::block(
        "dsa-private-key",
        "DSA private key",
        High,
        &["BEGIN DSA PRIVATE KEY"],
        der,
        "{pem:DSA PRIVATE KEY}",
    ),
    Rule::block(
        "openssh-private-key",
        "OpenSSH private key",
        High,
        &["BEGIN OPENSSH PRIVATE KEY"],
        openssh,
        "{pem:OPENSSH PRIVATE KEY}",
    ),
    Rule::block(
        "pgp-private-key",
        "OpenPGP private key",
        High,
        &["BEGIN PGP PRIVATE KEY BLOCK"],
        openpgp,
        "{pem:PGP PRIVATE KEY BLOCK}",
    ),
    Rule::token(
        "age-secret-key",
        "age secret key",
        High,
        &["AGE-SECRET-KEY-1"],
        r"AGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}",
        "{age}",
    )
    .test(checks::bech32),
    Rule::block(
        "putty-private-key",
        "PuTTY private key",
        High,
        &["PuTTY-User-Key-File-"],
        putty,
        "{putty}",
    ),
    Rule::block(
        "json-web-key",
        "Private JSON web key",
        High,
        &["\"kty\""],
        json_web_key,
        "{jwk}",
    ),
];

/// Bytes of a key with its armour that are looked at; an RSA key of 16,384 bits has 12,600.
const MAX_KEY_BYTES: usize = 15 * 1024;

/// A key between its armour: where it stands, and its bytes. `None` where it is encrypted, cut or
/// something else.
///
/// In source code and JSON the lines may be quoted, joined, indented, commented out, or have
/// their ends written as `\n`.
fn armoured(text: &[u8], hit: usize) -> Option<(Range<usize>, Vec<u8>)> {
    let start = hit.checked_sub(5)?;
    if &text[start..hit] != b"-----" {
        return None;
    }
    let text = &text[..text.len().min(start + MAX_KEY_BYTES)];
    let label = memchr::memmem::find(&text[hit..text.len().min(hit + 48)], b"-----")?;
    let mut at = hit + label + 5;
    let open_pgp = text[hit..at].ends_with(b"BLOCK-----");
    if open_pgp {
        at += armour_headers(&text[at..]);
    }
    let mut body = Vec::new();
    let mut quoted = true;
    while let Some(&byte) = text.get(at) {
        match byte {
            b'-' if text[at..].starts_with(b"-----END") => {
                let end = memchr::memmem::find(&text[at + 8..], b"-----")?;
                let end = at + 8 + end + 5;
                return Some((start..end, checks::base64(&body)?));
            }
            // Ends of lines, written out; doubled inside of a text in a text.
            b'\\' => {
                let slashes = text[at..].iter().take_while(|byte| **byte == b'\\').count();
                let letter = text.get(at + slashes).copied().unwrap_or(b' ');
                at += slashes + usize::from(matches!(letter, b'n' | b'r' | b't'));
                continue;
            }
            b'"' | b'\'' | b'`' => quoted = !quoted,
            b' ' | b'\t' | b'\r' | b'\n' => {}
            _ if !quoted => {}
            // The checksum of `OpenPGP`'s armour: it and what follows are no part of the body.
            b'=' if open_pgp && body.len() % 4 == 0 => {
                at += 5;
                continue;
            }
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' | b'=' => body.push(byte),
            // Comments and quotations before each line.
            b'#' | b'>' | b'|' | b'*' => {}
            _ => return None,
        }
        at += 1;
    }
    None
}

/// Bytes of the headers (`Version: …`) of `OpenPGP`'s armour, with the empty line after them.
fn armour_headers(text: &[u8]) -> usize {
    let head = &text[..text.len().min(1_024)];
    let ends: [&[u8]; 4] = [b"\n\n", b"\r\n\r\n", b"\\n\\n", b"\\r\\n\\r\\n"];
    ends.iter()
        .filter_map(|end| memchr::memmem::find(head, end).map(|at| at + end.len()))
        .min()
        .unwrap_or(0)
}

/// A DER sequence that is as long as it says, and long enough for a key (RFC 8410 has the
/// shortest, of 48 bytes; an EC key of 224 bits has 72).
fn der_sequence(bytes: &[u8]) -> bool {
    let [0x30, first, rest @ ..] = bytes else {
        return false;
    };
    let (length, header) = match first {
        0..=0x7f => (usize::from(*first), 2),
        0x81 if !rest.is_empty() => (usize::from(rest[0]), 3),
        0x82 if rest.len() > 1 => (usize::from(rest[0]) << 8 | usize::from(rest[1]), 4),
        _ => return false,
    };
    bytes.len() >= 44 && length + header == bytes.len()
}

fn der(text: &[u8], hit: usize) -> Option<Range<usize>> {
    armoured(text, hit)
        .filter(|(_, bytes)| der_sequence(bytes))
        .map(|(place, _)| place)
}

fn service_account(text: &[u8], hit: usize) -> Option<Range<usize>> {
    // The members of the file before the key are about 300 bytes.
    let before = &text[hit.saturating_sub(800)..hit];
    let after = &text[hit..text.len().min(hit + 5_000)];
    (checks::contains(before, b"\"service_account\"")
        || checks::contains(after, b"\"service_account\""))
    .then(|| der(text, hit))
    .flatten()
}

fn openssh(text: &[u8], hit: usize) -> Option<Range<usize>> {
    /// Magic, then the name of the cipher with its length before it.
    const PLAIN: &[u8] = b"openssh-key-v1\0\0\0\0\x04none";
    armoured(text, hit)
        .filter(|(_, bytes)| bytes.starts_with(PLAIN) && bytes.len() > 100)
        .map(|(place, _)| place)
}

fn openpgp(text: &[u8], hit: usize) -> Option<Range<usize>> {
    // A secret key packet (tag 5), in the old and in the new form of headers.
    armoured(text, hit)
        .filter(|(_, bytes)| matches!(bytes.first(), Some(0x94..=0x97 | 0xc5)) && bytes.len() > 80)
        .map(|(place, _)| place)
}

fn putty(text: &[u8], hit: usize) -> Option<Range<usize>> {
    let file = &text[hit..text.len().min(hit + MAX_KEY_BYTES)];
    let head = &file[..file.len().min(400)];
    if !checks::contains(head, b"Encryption: none") {
        return None;
    }
    let lines = memchr::memmem::find(file, b"Private-Lines:")?;
    let start = lines + memchr::memchr(b'\n', &file[lines..])? + 1;
    let length = file[start..]
        .iter()
        .take_while(|byte| byte.is_ascii_alphanumeric() || b"+/=\r\n".contains(byte))
        .count();
    let value = file[start..start + length].trim_ascii_end();
    // The next member stands right after the lines: what was taken of it goes.
    let end = value
        .iter()
        .rposition(|byte| *byte == b'\n')
        .filter(|_| file.get(start + length) == Some(&b'-'));
    let end = end.unwrap_or(value.len());
    (end >= 40).then(|| hit + start..hit + start + end)
}

fn json_web_key(text: &[u8], hit: usize) -> Option<Range<usize>> {
    /// Members before and after the type; `d` of an RSA key of 4,096 bits has 683 characters, and
    /// four others as long may stand between.
    const REACH: usize = 4_096;
    let start = hit.saturating_sub(REACH);
    let start = memchr::memrchr(b'{', &text[start..hit]).map(|at| start + at)?;
    let end = memchr::memchr(b'}', &text[hit..text.len().min(hit + REACH)])? + hit;
    let object = &text[start..end];
    let member = memchr::memmem::find(object, b"\"d\"")?;
    let rest = &object[member + 3..];
    let skipped = rest
        .iter()
        .take_while(|byte| matches!(byte, b':' | b'"' | b' ' | b'\t' | b'\r' | b'\n'))
        .count();
    let length = rest[skipped..]
        .iter()
        .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        .count();
    let value = &rest[skipped..skipped + length];
    let from = start + member + 3 + skipped;
    (length >= 40 && checks::entropy(value) > 4.0).then(|| from..from + length)
}
