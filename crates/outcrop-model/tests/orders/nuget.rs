//! The laws of the `NuGet` order; its cases stand beside it, since no tool of it runs here.

use outcrop_model::version::nuget::NuGet;

use crate::oracle::{Grammar, Xorshift, is_a_total_order};

const GRAMMAR: Grammar = Grammar {
    version,
    pieces: &[
        "0",
        "1",
        "9",
        "10",
        "007",
        "2147483647",
        "2147483648",
        ".",
        ".0",
        ".1",
        "-a",
        "-A.1",
        "-rc1",
        "-beta.2",
        "--1",
        "-0",
        "a",
        "B",
        "+1",
        "+a.b",
        "-",
        "+",
        "_",
    ],
    respelled,
};

fn version(random: &mut Xorshift) -> String {
    let mut version = random.pick(&["0", "1", "1", "2", "10", "01"]).to_owned();
    for _ in 0..random.below(4) {
        version.push_str(random.pick(&[".0", ".0", ".1", ".2", ".10", ".01"]));
    }
    if random.below(2) == 0 {
        version.push_str(random.pick(&["-a", "-alpha.1", "-rc", "-RC.2", "-beta3", "--1", "-5"]));
    }
    version
}

fn respelled(version: &str, random: &mut Xorshift) -> String {
    match random.below(4) {
        0 => format!("{version}+build"),
        1 => version.to_ascii_uppercase(),
        2 => version.replacen(".1", ".01", 1),
        _ => format!("{version}.0"),
    }
}

#[test]
fn nuget_versions_stand_in_a_total_order() {
    is_a_total_order(&NuGet, &GRAMMAR);
}
