//! The laws of the order of Haskell packages; its cases stand beside it.

use outcrop_model::version::hackage::Hackage;

use crate::oracle::{Grammar, Xorshift, is_a_total_order};

const GRAMMAR: Grammar = Grammar {
    version,
    pieces: &[
        "0",
        "1",
        "10",
        "01",
        ".",
        ".0",
        ".1",
        "-rc1",
        "-a",
        "-",
        "_",
        "999999999",
    ],
    respelled,
};

fn version(random: &mut Xorshift) -> String {
    let mut version = random.pick(&["0", "1", "1", "2", "9", "10"]).to_owned();
    for _ in 0..random.below(5) {
        version.push_str(random.pick(&[".0", ".0", ".1", ".2", ".10"]));
    }
    version
}

fn respelled(version: &str, random: &mut Xorshift) -> String {
    match random.below(2) {
        0 => format!("{version}.0"),
        _ => format!("{version}-tag"),
    }
}

#[test]
fn versions_of_haskell_packages_stand_in_a_total_order() {
    is_a_total_order(&Hackage, &GRAMMAR);
}
