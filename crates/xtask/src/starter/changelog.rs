//! Which vulnerabilities a Debian changelog says are fixed, and in which version first.
//!
//! The form is that of `deb-changelog(5)`: a heading `source (version) distributions; metadata`,
//! indented text whose items begin with `*`, `-` or `+`, and a trailer ` -- name <address>  date`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::fmt::rfc2822;

/// Words by which a sentence says that the vulnerabilities it names are not fixed by it.
const NEGATIONS: [&str; 10] = [
    "not affected",
    "not vulnerable",
    "not fixed",
    "not yet fixed",
    "unaffected",
    "unfixed",
    "does not affect",
    "doesn't affect",
    "incomplete fix",
    "remains open",
];

/// The version that fixed a vulnerability first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fix {
    pub(super) version: String,
    /// Date of the changelog entry.
    pub(super) date: Timestamp,
}

/// One version's entry.
struct Entry {
    version: String,
    date: Timestamp,
    items: Vec<String>,
}

/// What a changelog says, and how many entries it has.
pub(super) struct Changelog {
    pub(super) entries: usize,
    /// By CVE identifier.
    pub(super) fixes: BTreeMap<String, Fix>,
}

/// Reads a changelog: the oldest entry that names a vulnerability as fixed counts. An item that
/// begins with "revert" takes back what older entries said of the vulnerabilities it names.
pub(super) fn read(text: &str) -> Changelog {
    let entries = entries(text);
    let mut fixes = BTreeMap::new();
    for entry in entries.iter().rev() {
        for item in &entry.items {
            let reverts = item.to_lowercase().starts_with("revert");
            for sentence in item.split(". ") {
                let lower = sentence.to_lowercase();
                if NEGATIONS.iter().any(|negation| lower.contains(negation)) {
                    continue;
                }
                for vulnerability in vulnerabilities(sentence) {
                    if reverts {
                        fixes.remove(&vulnerability);
                    } else {
                        fixes.entry(vulnerability).or_insert_with(|| Fix {
                            version: entry.version.clone(),
                            date: entry.date,
                        });
                    }
                }
            }
        }
    }
    Changelog {
        entries: entries.len(),
        fixes,
    }
}

/// Entries, newest first. One whose trailer has no readable date is left out.
fn entries(text: &str) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut version = None;
    let mut items: Vec<String> = Vec::new();
    for line in text.lines() {
        if let Some(trailer) = line.strip_prefix(" -- ") {
            let date = trailer
                .rsplit_once("  ")
                .map_or("", |(_, date)| date.trim());
            if let (Some(version), Ok(date)) = (version.take(), rfc2822::parse(date)) {
                entries.push(Entry {
                    version,
                    date: date.timestamp(),
                    items: std::mem::take(&mut items),
                });
            }
        } else if !line.starts_with([' ', '\t']) {
            if let Some(heading) = heading_version(line) {
                version = Some(heading.to_owned());
                items.clear();
            }
        } else {
            let line = line.trim();
            match line.strip_prefix(['*', '-', '+']) {
                Some(start) => items.push(start.trim_start().to_owned()),
                None => match items.last_mut() {
                    Some(item) => {
                        item.push(' ');
                        item.push_str(line);
                    }
                    None => items.push(line.to_owned()),
                },
            }
        }
    }
    entries
}

/// The version in `source (version) distributions; metadata`.
fn heading_version(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once(" (")?;
    let (version, rest) = rest.split_once(')')?;
    rest.contains(';').then_some(version)
}

/// Identifiers of the form `CVE-YYYY-NNNN…` in a text.
fn vulnerabilities(text: &str) -> Vec<String> {
    text.match_indices("CVE-")
        .filter_map(|(start, prefix)| {
            let (year, rest) = text[start + prefix.len()..].split_once('-')?;
            let number: String = rest.chars().take_while(char::is_ascii_digit).collect();
            let written = year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit());
            (written && number.len() >= 4).then(|| format!("CVE-{year}-{number}"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[(&str, &str)]) {
        let changelog = read(text);
        let found: Vec<(&str, &str)> = changelog
            .fixes
            .iter()
            .map(|(vulnerability, fix)| (vulnerability.as_str(), fix.version.as_str()))
            .collect();
        assert_eq!(found, expected);
    }

    fn entry(version: &str, items: &str) -> String {
        format!(
            "ore ({version}) unstable; urgency=medium\n\n{items}\n -- A Name <a@example.org>  \
             Sat, 10 Jun 2023 12:00:00 +0200\n\n"
        )
    }

    #[test]
    fn the_oldest_entry_that_names_it_counts() {
        check(
            &[
                entry("1.2-2", "  * Drop CVE-2023-0001.patch, merged upstream."),
                entry("1.2-1", "  * Fix CVE-2023-0001 and\n    CVE-2023-00002."),
            ]
            .concat(),
            &[("CVE-2023-00002", "1.2-1"), ("CVE-2023-0001", "1.2-1")],
        );
    }

    #[test]
    fn a_sentence_that_denies_a_fix_is_passed_over() {
        check(
            &entry(
                "1.2-1",
                "  * Fix CVE-2023-0001. Keys are unaffected.\n  * We are not affected by\n    CVE-2023-0002.",
            ),
            &[("CVE-2023-0001", "1.2-1")],
        );
    }

    #[test]
    fn a_revert_takes_back_until_it_is_fixed_again() {
        check(
            &[
                entry("3-1", "  * Fix CVE-2023-0001 again."),
                entry(
                    "2-1",
                    "  * Revert the fix of CVE-2023-0001 and of CVE-2023-0002.",
                ),
                entry("1-1", "  * Fix CVE-2023-0001, CVE-2023-0002."),
            ]
            .concat(),
            &[("CVE-2023-0001", "3-1")],
        );
    }

    #[test]
    fn an_identifier_that_is_not_whole_is_none() {
        check(
            &entry("1-1", "  * CVE-2023-12, CVE-20-1234, CVE-abcd-1234, CVE-"),
            &[],
        );
    }

    #[test]
    fn an_entry_without_a_readable_date_is_left_out() {
        check(
            "ore (1-1) unstable; urgency=low\n\n  * CVE-2023-0001\n\n -- A <a@b>  never\n",
            &[],
        );
    }
}
