//! The laws of the order of Dart's packages; its cases stand beside it, since no tool of it runs
//! here.

use outcrop_model::version::dart_pub::Pub;

use crate::oracle::{Grammar, Xorshift, is_a_total_order};

const GRAMMAR: Grammar = Grammar {
    version,
    pieces: &[
        "0",
        "1",
        "9",
        "10",
        "007",
        "9223372036854775808",
        ".",
        ".0",
        ".1",
        "-a",
        "-A.1",
        "-0x1f",
        "-rc.1",
        "--1",
        "-0",
        "a",
        "B",
        "+1",
        "+a.b",
        "+0",
        "-",
        "+",
        "_",
    ],
    respelled,
};

fn version(random: &mut Xorshift) -> String {
    let number = |random: &mut Xorshift| random.pick(&["0", "0", "1", "2", "10", "01"]).to_owned();
    let mut version = [number(random), number(random), number(random)].join(".");
    if random.below(2) == 0 {
        version.push_str(random.pick(&["-a", "-dev.1", "-rc", "-nullsafety.2", "--1", "-0x10"]));
    }
    if random.below(2) == 0 {
        version.push_str(random.pick(&["+1", "+2.a", "+hotfix", "+01", "+10"]));
    }
    version
}

fn respelled(version: &str, random: &mut Xorshift) -> String {
    match random.below(3) {
        0 => format!("0{version}"),
        1 => version.split('+').next().unwrap_or(version).to_owned(),
        _ => version.replacen("+1", "+01", 1),
    }
}

#[test]
fn versions_of_dart_packages_stand_in_a_total_order() {
    is_a_total_order(&Pub, &GRAMMAR);
}
