//! Text that others wrote, made harmless for those who read it.

use std::borrow::Cow;

use outcrop_model::Digest;
use serde::Serialize;

use crate::report::{Finding, Layer, Package, ScanReport, Status};

/// Text with everything that steers a terminal or turns the direction of reading written out, as
/// `\u{1b}`: image names, instructions, package names and advisories are not ours.
pub fn harmless(text: &str) -> Cow<'_, str> {
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
pub fn harmless_lines(text: &str) -> String {
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

/// True for an address of the web that RFC 3986 allows as it is.
pub(crate) fn is_address(text: &str) -> bool {
    (text.starts_with("https://") || text.starts_with("http://"))
        && text
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}[]".contains(&byte))
}

/// The word by which a value stands in the JSON of a report; empty for one that is absent.
pub(crate) fn word<T: Serialize>(value: &T) -> String {
    serde_json::to_value(value)
        .ok()
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_default()
}

/// The version that mends a finding, or why there is none.
pub fn fixed(finding: &Finding) -> &str {
    match (finding.status, finding.fixed_version.as_deref()) {
        (Status::Fixed, Some(version)) => version,
        (Status::Fixed, None) => "yes",
        (Status::Affected, _) => "none named",
        (Status::NoFixYet, _) => "no fix yet",
        (Status::WillNotFix, _) => "will not fix",
        (Status::NeedsSubscription, _) => "needs a subscription",
        (Status::EndOfLife, _) => "end of life",
    }
}

/// Like [`fixed`], with the publisher's reason where there is no fixed version.
pub fn outcome(finding: &Finding) -> Cow<'_, str> {
    let fixed = fixed(finding);
    match (&finding.reason, finding.status, &finding.fixed_version) {
        (_, Status::Fixed, _) | (None, _, None) => Cow::Borrowed(fixed),
        (None, _, Some(version)) => Cow::Owned(format!("{fixed}: {version}")),
        (Some(reason), _, None) => Cow::Owned(format!("{fixed} ({reason})")),
        (Some(reason), _, Some(version)) => Cow::Owned(format!("{fixed}: {version} ({reason})")),
    }
}

/// The licences of a package on one line.
pub fn licences(package: &Package) -> String {
    let texts: Vec<&str> = package
        .licences
        .iter()
        .map(|licence| licence.text.as_str())
        .collect();
    texts.join("; ")
}

/// Expressions of SPDX that hold together, as one; `None` where there is none.
///
/// SPDX specification 2.3, annex D.4.
pub(crate) fn all_of<'e>(expressions: impl Iterator<Item = &'e str>) -> Option<String> {
    let expressions: Vec<&str> = expressions.collect();
    match expressions.as_slice() {
        [] => None,
        [one] => Some((*one).to_owned()),
        several => {
            let parts: Vec<String> = several
                .iter()
                .map(|part| {
                    if part.contains(' ') {
                        format!("({part})")
                    } else {
                        (*part).to_owned()
                    }
                })
                .collect();
            Some(parts.join(" AND "))
        }
    }
}

/// A URN made from content, so that the same content has the same one: a UUID of version 8
/// (RFC 9562, section 5.8: custom data).
pub(crate) fn urn(content: &[u8]) -> String {
    let hash = Digest::of(content).hex();
    format!(
        "urn:uuid:{}-{}-8{}-a{}-{}",
        &hash[..8],
        &hash[8..12],
        &hash[13..16],
        &hash[17..20],
        &hash[20..32]
    )
}

/// Where the layer of a package stands in the report.
pub(crate) fn layer_of<'r>(report: &'r ScanReport, package: &Package) -> Option<&'r Layer> {
    let index = package.layer?;
    report.layers.iter().find(|layer| layer.index == index)
}

/// A count with its noun: `1 finding`, `2 findings`.
pub fn counted(count: impl Into<u64>, noun: &str) -> String {
    match count.into() {
        1 => format!("1 {noun}"),
        count => format!("{count} {noun}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_has_version_or_reason() {
        let report: ScanReport =
            serde_json::from_str(include_str!("../../tests/fixtures/report.json")).unwrap();
        for (status, version, reason, expected) in [
            (Status::Fixed, Some("2"), Some("x"), "2"),
            (Status::NoFixYet, None, None, "no fix yet"),
            (
                Status::WillNotFix,
                None,
                Some("Minor issue"),
                "will not fix (Minor issue)",
            ),
            (
                Status::NeedsSubscription,
                Some("2+esm1"),
                None,
                "needs a subscription: 2+esm1",
            ),
        ] {
            let finding = Finding {
                status,
                fixed_version: version.map(str::to_owned),
                reason: reason.map(str::to_owned),
                ..report.findings[0].clone()
            };
            assert_eq!(outcome(&finding), expected);
        }
    }

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
}
