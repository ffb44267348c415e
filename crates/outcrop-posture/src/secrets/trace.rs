//! What is told of a secret instead of its value.

use std::fmt::Write as _;

use outcrop_model::{CONCEALED, SecretTrace};
use sha2::{Digest as _, Sha256};

/// Values shorter than this show none of their characters.
const MIN_SHOWN: usize = 12;

/// How often the digest goes through itself: a guess costs as much.
const ROUNDS: usize = 1_024;

/// Says what digests are of.
const DOMAIN: &[u8] = b"outcrop secret fingerprint 1";

/// What may be told of a value of a kind at a place.
///
/// The fingerprint is the same on every machine, so that a team can share the exceptions that name
/// it. Hence its salt is no secret: it is the kind and the place. Who guesses a weak value can
/// confirm the guess with it, at the cost of a thousand digests each, and for one place at a time.
pub(crate) fn trace(kind: &str, place: &str, value: &[u8]) -> SecretTrace {
    let shown = characters(value);
    let (first, last) = if shown.len() < MIN_SHOWN {
        (String::new(), String::new())
    } else {
        (
            shown[..2].iter().collect(),
            shown[shown.len() - 2..].iter().collect(),
        )
    };
    SecretTrace {
        kind: kind.to_owned(),
        first,
        last,
        fingerprint: fingerprint(kind, place, value),
    }
}

/// What stands where a value stood: its ends, and dots that do not tell its length.
pub(crate) fn mask(trace: &SecretTrace) -> String {
    format!("{}{CONCEALED}{}", trace.first, trace.last)
}

/// The characters of a value; of a key over several lines those of its body.
fn characters(value: &[u8]) -> Vec<char> {
    let body = if value.starts_with(b"-----BEGIN") {
        let start = memchr::memmem::find(value, b"KEY").unwrap_or(0);
        let start = start
            + value[start..]
                .iter()
                .position(|byte| *byte == b'-')
                .unwrap_or(0);
        let rest = &value[start..];
        let dashes = rest.iter().take_while(|byte| **byte == b'-').count();
        let rest = &rest[dashes..];
        &rest[..memchr::memchr(b'-', rest).unwrap_or(rest.len())]
    } else {
        value
    };
    let text = String::from_utf8_lossy(body)
        .replace("\\n", "")
        .replace("\\r", "");
    text.chars()
        .filter(|letter| {
            !letter.is_whitespace() && !letter.is_control() && !matches!(letter, '"' | '\'' | '\\')
        })
        .collect()
}

fn fingerprint(kind: &str, place: &str, value: &[u8]) -> String {
    let mut hasher = Sha256::new();
    for part in [DOMAIN, kind.as_bytes(), place.as_bytes(), value] {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    let mut digest = hasher.finalize();
    for _ in 1..ROUNDS {
        digest = Sha256::digest(digest);
    }
    digest[..8].iter().fold(String::new(), |mut text, byte| {
        // Writing to a text cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
