//! The laws of the Conan order; its cases stand beside it, since no tool of it is in Debian.

use std::cmp::Ordering;

use outcrop_model::version::VersionOrder;
use outcrop_model::version::conan::Conan;

use crate::oracle::{Grammar, Xorshift, is_a_total_order};

const GRAMMAR: Grammar = Grammar {
    version,
    pieces: &[
        "0", "1", "9", "10", "007", ".", ".0", ".1", "-rc", "-beta.2", "-0", "a", "w", ".b", "+1",
        "+b", "-", "+", "_",
    ],
    respelled,
};

fn version(random: &mut Xorshift) -> String {
    let mut version = random
        .pick(&["0", "1", "1", "2", "10", "01", "cci"])
        .to_owned();
    for _ in 0..random.below(4) {
        version.push_str(random.pick(&[".0", ".0", ".1", ".2", ".10", ".01", ".20200203", ".w"]));
    }
    if random.below(3) == 0 {
        version.push_str(random.pick(&["-rc", "-rc.1", "-alpha.0", "-1", "-"]));
    }
    if random.below(3) == 0 {
        version.push_str(random.pick(&["+1", "+2.0", "+b", "+"]));
    }
    version
}

fn respelled(version: &str, random: &mut Xorshift) -> String {
    match random.below(3) {
        0 => format!("{version}.0"),
        1 => version.replacen(".1", ".01", 1),
        _ => version.replacen('-', ".0-", 1),
    }
}

/// Conan where its answers do not go in circles: no word begins with a digit.
struct OrderlyConan;

impl VersionOrder for OrderlyConan {
    fn ecosystem(&self) -> &'static str {
        "ConanCenter"
    }

    fn compare(&self, left: &str, right: &str) -> Option<Ordering> {
        let is_orderly = |text: &str| {
            let (version, build) = text.rsplit_once('+').unwrap_or((text, ""));
            let (items, prerelease) = version.split_once('-').unwrap_or((version, ""));
            [items, prerelease, build]
                .iter()
                .flat_map(|items| items.split('.'))
                .all(|item| {
                    item.bytes().all(|byte| byte.is_ascii_digit())
                        || item.bytes().next().is_some_and(|byte| byte > b'9')
                })
        };
        let order = Conan.compare(left, right)?;
        (is_orderly(left) && is_orderly(right)).then_some(order)
    }
}

#[test]
fn conan_versions_stand_in_a_total_order_where_conan_has_one() {
    is_a_total_order(&OrderlyConan, &GRAMMAR);
}
