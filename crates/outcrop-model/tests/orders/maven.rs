//! The Maven order against `ComparableVersion`.

use std::cmp::Ordering;

use outcrop_model::version::VersionOrder;
use outcrop_model::version::maven::Maven;

use crate::oracle::{Grammar, Oracle, Xorshift, agrees, is_a_total_order};

const ORACLE: &[&str] = &[
    "-cp",
    "/usr/share/java/maven3-artifact.jar",
    concat!(env!("CARGO_MANIFEST_DIR"), "/tests/orders/MavenOracle.java"),
];

const GRAMMAR: Grammar = Grammar {
    version,
    pieces: PIECES,
    respelled,
};

const PIECES: &[&str] = &[
    "0",
    "1",
    "2",
    "9",
    "10",
    "007",
    "999999999",
    "1000000000",
    "999999999999999999",
    "1000000000000000000",
    "20240131",
    ".",
    "..",
    "-",
    "--",
    ".0",
    "-0",
    ".1",
    "-1",
    "_",
    "+",
    "a",
    "b",
    "m",
    "x",
    "alpha",
    "Beta",
    "milestone",
    "RC",
    "cr",
    "SNAPSHOT",
    "ga",
    "Final",
    "RELEASE",
    "sp",
    "jre",
    "android",
    "redhat",
    ".v2024",
    "-alpha",
    "-b",
    ".M1",
    "-rc",
    ".Final",
    "-SNAPSHOT",
    "-sp",
    "-jre8",
    "~",
    ":",
];

fn version(random: &mut Xorshift) -> String {
    let mut version = random
        .pick(&[
            "0", "1", "1", "2", "4", "10", "01", "20140107", "r", "v1", ".", "-",
        ])
        .to_owned();
    for _ in 0..random.below(4) {
        version.push_str(random.pick(&[".0", ".0", ".1", ".2", ".10", ".01"]));
    }
    for _ in 0..random.below(4) {
        version.push_str(random.pick(PIECES));
    }
    version
}

fn respelled(version: &str, random: &mut Xorshift) -> String {
    match random.below(8) {
        0 => format!("{version}.0"),
        1 => format!("{version}-0"),
        2 => format!("{version}.Final"),
        3 => version.to_ascii_uppercase(),
        4 => version.replacen("rc", "cr", 1),
        5 => version.replacen('-', ".", 1),
        6 => version.replacen(".1", ".01", 1),
        _ => format!("{version}-ga"),
    }
}

#[test]
fn maven_versions_stand_as_comparable_version_says() {
    let probe = [&["java"], ORACLE].concat();
    agrees(
        "maven_versions_stand_as_comparable_version_says",
        &Maven,
        &GRAMMAR,
        Oracle::new("java", ORACLE).if_succeeds(&probe, "JDK with Maven's artifact library"),
        &["<", "=", ">"],
    );
}

/// Maven where its answers do not go in circles.
struct OrderlyMaven;

impl VersionOrder for OrderlyMaven {
    fn ecosystem(&self) -> &'static str {
        "Maven"
    }

    fn compare(&self, left: &str, right: &str) -> Option<Ordering> {
        let order = Maven.compare(left, right)?;
        (is_orderly(left) && is_orderly(right)).then_some(order)
    }
}

/// Whether a version begins with a number, has no word behind a dot with more behind it, and no
/// list that begins with another one.
fn is_orderly(text: &str) -> bool {
    let is_word = |byte: u8| !byte.is_ascii_digit() && !matches!(byte, b'.' | b'-');
    let bytes = text.as_bytes();
    let mut at = bytes
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    if at == 0 {
        return false;
    }
    // The numbers of the outermost list may be zeros.
    let mut list_is_empty = false;
    while at < bytes.len() {
        let before = bytes[at - 1];
        let end = (at..bytes.len())
            .find(|&end| is_word(bytes[end]) != is_word(bytes[at]) || !is_word(bytes[at]))
            .unwrap_or(bytes.len());
        if is_word(bytes[at]) {
            let names_a_release = ["ga", "final", "release"]
                .iter()
                .any(|name| name.eq_ignore_ascii_case(&text[at..end]));
            let is_last = end == bytes.len();
            let is_before_separator = !is_last && !bytes[end].is_ascii_digit();
            if !is_last && names_a_release || before == b'.' && is_before_separator {
                return false;
            }
            if list_is_empty && before.is_ascii_digit() {
                return false;
            }
            list_is_empty = !is_last && bytes[end].is_ascii_digit();
            at = end;
            continue;
        }
        match bytes[at] {
            b'-' if list_is_empty => return false,
            b'-' => list_is_empty = true,
            b'1'..=b'9' => list_is_empty = false,
            _ => {}
        }
        at += 1;
    }
    true
}

#[test]
fn maven_versions_stand_in_a_total_order_where_maven_has_one() {
    is_a_total_order(&OrderlyMaven, &GRAMMAR);
}
