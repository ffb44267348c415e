//! The RPM order against rpm's own library.

use outcrop_model::version::rpm::Rpm;

use crate::oracle::{Grammar, Oracle, Xorshift, agrees, is_a_total_order};

/// Debian's own Python, which its bindings are for, whatever else is on the path.
const PYTHON: &str = "/usr/bin/python3";

const COMPARE: &str = r#"
import sys, rpm
for line in sys.stdin:
    try:
        left, right = (rpm.ver(text) for text in line.split())
        print("<" if left < right else "=" if left == right else ">")
    except ValueError:
        print("!")
"#;

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
    "18446744073709551616",
    ".",
    "..",
    "_",
    "+",
    "~",
    "~~",
    "^",
    "^^",
    "-",
    "-1",
    "a",
    "b",
    "rc",
    "Z",
    ".el9",
    ".el9_3",
    ".fc39",
    ".amzn2023",
    "^git",
    "~beta",
    "20240101",
    ".module_el8.9.0+3633",
    ":",
];

fn version(random: &mut Xorshift) -> String {
    let mut version = String::new();
    match random.below(20) {
        0..5 => version.push_str(random.pick(&["0:", "1:", "2:", "00:", "9:", "4294967296:"])),
        5 => version.push_str(random.pick(&[":", "a:", "1:2:", "-"])),
        _ => {}
    }
    version.push_str(random.pick(&["0", "1", "2", "3", "12", "01", "a"]));
    for _ in 0..random.below(5) {
        version.push_str(random.pick(PIECES));
    }
    if random.below(3) > 0 {
        version.push('-');
        version.push_str(random.pick(&["1", "2", "26", "0.1", "1~", ""]));
        for _ in 0..random.below(3) {
            version.push_str(random.pick(PIECES));
        }
    }
    version
}

fn respelled(version: &str, random: &mut Xorshift) -> String {
    match random.below(5) {
        0 => format!("{version}-1"),
        1 => format!("0:{version}"),
        2 => version.replace('.', "_"),
        3 => version.replace(".1", ".01"),
        _ => format!("{version}."),
    }
}

#[test]
fn rpm_versions_stand_as_rpm_says() {
    agrees(
        "rpm_versions_stand_as_rpm_says",
        &Rpm,
        &GRAMMAR,
        Oracle::new(PYTHON, &["-c", COMPARE])
            .if_succeeds(&[PYTHON, "-c", "import rpm"], "rpm library for Python"),
        &["<", "=", ">"],
    );
}

#[test]
fn rpm_versions_stand_in_a_total_order() {
    is_a_total_order(&Rpm, &GRAMMAR);
}
