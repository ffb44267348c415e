//! Licences as packages tell them, as expressions of SPDX where they can be understood.
//!
//! Sources: SPDX specification 2.3, annex D (expressions); Debian copyright format 1.0, "Short
//! name"; Fedora's old names, of which the guideline "License: field in Spec File" keeps the list;
//! Python's classifiers (`trove-classifiers`).

use outcrop_model::Licence;
use spdx::{Expression, ParseMode};

/// Longest text that is taken for a name; beyond it is the text of a licence itself.
const MAX_BYTES: usize = 512;

/// What one field of a package says: one expression, a list of names, or words.
pub(crate) fn licences(text: &str) -> Vec<Licence> {
    let text = text.trim();
    if text.is_empty() || matches!(text, "UNKNOWN" | "NOASSERTION" | "NONE" | "null") {
        return Vec::new();
    }
    if text.len() > MAX_BYTES {
        let start = text.lines().next().unwrap_or_default().trim();
        let end = start.floor_char_boundary(MAX_BYTES.min(start.len()));
        return vec![Licence::Verbatim(start[..end].to_owned())];
    }
    vec![match expression(text) {
        Some(expression) => Licence::Spdx(expression),
        None => Licence::Verbatim(text.split_whitespace().collect::<Vec<_>>().join(" ")),
    }]
}

/// The text as an expression of SPDX, if it is one in any known spelling.
fn expression(text: &str) -> Option<String> {
    if is_valid(text) {
        return Some(text.to_owned());
    }
    // `License :: OSI Approved :: MIT License`
    let text = text.rsplit(" :: ").next().unwrap_or(text);
    if let Some(known) = known(text).or_else(|| with_short_name(text)) {
        return Some(known);
    }
    // `MIT/Apache-2.0`, as the manifests of Rust had it.
    let alternatives = text.split('/').map(|name| known(name.trim()));
    let alternatives: Option<Vec<String>> = alternatives.collect();
    if let Some(alternatives) = alternatives {
        return Some(alternatives.join(" OR "));
    }
    let joined = joined(text)?;
    is_valid(&joined).then_some(joined)
}

/// `Mozilla Public License 2.0 (MPL 2.0)`: a name and its short form, of which either may be one
/// that is not known, but not both.
fn with_short_name(text: &str) -> Option<String> {
    let (name, short) = text.strip_suffix(')')?.rsplit_once(" (")?;
    match (known(name), known(short)) {
        (Some(name), Some(short)) => (name == short).then_some(name),
        // Several words may say anything, as `or later`.
        (Some(name), None) => (!short.contains(' ')).then_some(name),
        (None, short) => short,
    }
}

/// Operators count in capitals only (SPDX specification 2.3, annex D.2), which the parser does not
/// insist on.
fn is_valid(text: &str) -> bool {
    let small = |word| matches!(word, "and" | "or" | "with");
    Expression::parse_mode(text, ParseMode::STRICT).is_ok() && !text.split_whitespace().any(small)
}

/// Names joined by `and`, `or`, `,`, `|` or a `/` between blanks, and grouped by parentheses.
fn joined(text: &str) -> Option<String> {
    let mut expression = String::new();
    let mut name = Vec::new();
    let spaced = text
        .replace('(', " ( ")
        .replace(')', " ) ")
        .replace(',', " , ")
        .replace('|', " | ");
    let flush = |name: &mut Vec<&str>, expression: &mut String| -> Option<()> {
        if !name.is_empty() {
            expression.push_str(&known(&name.join(" "))?);
            name.clear();
        }
        Some(())
    };
    for word in spaced.split_whitespace() {
        let operator = match word {
            "(" | ")" => word,
            "and" | "AND" | "," | "&" => " AND ",
            "or" | "OR" | "|" | "||" | "/" => " OR ",
            "with" | "WITH" => " WITH ",
            _ => {
                name.push(word);
                continue;
            }
        };
        flush(&mut name, &mut expression)?;
        expression.push_str(operator);
    }
    flush(&mut name, &mut expression)?;
    Some(expression)
}

/// One name in any known spelling.
fn known(name: &str) -> Option<String> {
    if is_valid(name) {
        return Some(name.to_owned());
    }
    let plain: String = name
        .to_lowercase()
        .replace("licence", "license")
        .chars()
        .filter(|character| character.is_ascii_alphanumeric() || "+.".contains(*character))
        .collect();
    let plain = plain.strip_prefix("the").unwrap_or(&plain);
    let stripped = plain
        .strip_suffix("license")
        .unwrap_or(plain)
        .replace("version", "")
        .replace("license", "");
    if let Some(found) = SPELLINGS
        .iter()
        .find(|(spelling, _)| *spelling == plain || *spelling == stripped)
    {
        return Some(found.1.to_owned());
    }
    gnu(&stripped)
}

/// `gpl2+`, `lgplv2.1`, `gnugeneralpublicv3orlater`: version and "or later" are told by rule.
fn gnu(name: &str) -> Option<String> {
    let (family, rest) = [
        ("gnulessergeneralpublic", "LGPL"),
        ("gnulibraryorlessergeneralpublic", "LGPL"),
        ("gnuafferogeneralpublic", "AGPL"),
        ("gnugeneralpublic", "GPL"),
        ("lgpl", "LGPL"),
        ("agpl", "AGPL"),
        ("gpl", "GPL"),
        ("gfdl", "GFDL"),
    ]
    .iter()
    .find_map(|(prefix, family)| Some((*family, name.strip_prefix(prefix)?)))?;
    let rest = rest.trim_start_matches('v');
    let (number, later) = match rest
        .strip_suffix('+')
        .or_else(|| rest.strip_suffix("orlater"))
    {
        Some(number) => (number, true),
        None => (rest, false),
    };
    let number = if number.contains('.') {
        number.to_owned()
    } else {
        format!("{number}.0")
    };
    let ending = if later { "or-later" } else { "only" };
    let expression = format!("{family}-{number}-{ending}");
    is_valid(&expression).then_some(expression)
}

/// Spellings in lower case, without anything but letters, digits, `+` and `.`.
const SPELLINGS: &[(&str, &str)] = &[
    ("apache", "Apache-2.0"),
    ("apache2", "Apache-2.0"),
    ("apache2.0", "Apache-2.0"),
    ("apachev2", "Apache-2.0"),
    ("apachev2.0", "Apache-2.0"),
    ("asl2.0", "Apache-2.0"),
    ("apachesoftware", "Apache-2.0"),
    ("apachesoftware2.0", "Apache-2.0"),
    ("artistic", "Artistic-1.0-Perl"),
    ("artistic2.0", "Artistic-2.0"),
    ("bsd2clause", "BSD-2-Clause"),
    ("bsd2", "BSD-2-Clause"),
    ("simplifiedbsd", "BSD-2-Clause"),
    ("bsd3clause", "BSD-3-Clause"),
    ("3clausebsd", "BSD-3-Clause"),
    ("bsd3", "BSD-3-Clause"),
    ("newbsd", "BSD-3-Clause"),
    ("modifiedbsd", "BSD-3-Clause"),
    ("boost", "BSL-1.0"),
    ("cc0", "CC0-1.0"),
    ("expat", "MIT"),
    ("isc", "ISC"),
    ("iscl", "ISC"),
    ("mit", "MIT"),
    ("mitexpat", "MIT"),
    ("mitx11", "MIT"),
    ("mpl2.0", "MPL-2.0"),
    ("mplv2.0", "MPL-2.0"),
    ("mozillapublic2.0", "MPL-2.0"),
    ("openssl", "OpenSSL"),
    ("psf", "PSF-2.0"),
    ("psfl", "PSF-2.0"),
    ("python", "Python-2.0"),
    ("pythonsoftwarefoundation", "PSF-2.0"),
    ("publicdomaincc01.0universal", "CC0-1.0"),
    ("ruby", "Ruby"),
    ("unlicense", "Unlicense"),
    ("vim", "Vim"),
    ("wtfpl", "WTFPL"),
    ("zlib", "Zlib"),
    ("zliblibpng", "Zlib"),
    ("zpl2.1", "ZPL-2.1"),
    ("zopepublic", "ZPL-2.1"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let licences = licences(text);
        assert_eq!(licences, [Licence::Spdx(expected.to_owned())], "{text}");
    }

    #[test]
    fn known_spellings_become_expressions() {
        check("MIT", "MIT");
        check("Apache-2.0 OR MIT", "Apache-2.0 OR MIT");
        check("ISC or MIT", "ISC OR MIT");
        check("Apache License, Version 2.0", "Apache-2.0");
        check("License :: OSI Approved :: BSD 3-Clause", "BSD-3-Clause");
        check("License :: OSI Approved :: MIT License", "MIT");
        check("GPLv2+", "GPL-2.0-or-later");
        check("GPL-3+", "GPL-3.0-or-later");
        check("LGPLv2.1", "LGPL-2.1-only");
        check(
            "GPLv2+ and (LGPLv2+ or MIT)",
            "GPL-2.0-or-later AND (LGPL-2.0-or-later OR MIT)",
        );
        check("GNU General Public License v3 or later", "GPL-3.0-or-later");
        check("The MIT License", "MIT");
        check("Expat", "MIT");
        check("MIT/X11", "MIT");
        check("MIT/Apache-2.0", "MIT OR Apache-2.0");
        check("MIT / GPLv2+", "MIT OR GPL-2.0-or-later");
    }

    #[test]
    fn classifiers_of_python_are_understood() {
        let check = |classifier: &str, expected: &str| {
            check(
                &format!("License :: OSI Approved :: {classifier}"),
                expected,
            );
        };
        for (classifier, expected) in [
            ("GNU General Public License v2 (GPLv2)", "GPL-2.0-only"),
            (
                "GNU General Public License v3 or later (GPLv3+)",
                "GPL-3.0-or-later",
            ),
            (
                "GNU Lesser General Public License v2 or later (LGPLv2+)",
                "LGPL-2.0-or-later",
            ),
            ("ISC License (ISCL)", "ISC"),
            ("Mozilla Public License 2.0 (MPL 2.0)", "MPL-2.0"),
            ("Eclipse Public License 2.0 (EPL-2.0)", "EPL-2.0"),
            ("The Unlicense (Unlicense)", "Unlicense"),
            ("zlib/libpng License", "Zlib"),
        ] {
            check(classifier, expected);
        }
    }

    #[test]
    fn unknown_ones_stay_as_they_are() {
        for text in [
            "BSD",
            "Proprietary",
            "see LICENSE.txt",
            "GPL",
            "GPL-2 (or any later)",
            "MIT (GPLv2)",
            "UNLICENSED",
        ] {
            assert_eq!(licences(text), [Licence::Verbatim(text.to_owned())]);
        }
        assert_eq!(licences(" UNKNOWN "), []);
        let long = "x".repeat(1_000);
        assert_eq!(licences(&long), [Licence::Verbatim("x".repeat(MAX_BYTES))]);
    }
}
