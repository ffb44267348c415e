//! The Arch Linux order against vercmp.

use std::cmp::Ordering;

use outcrop_model::version::VersionOrder;
use outcrop_model::version::pacman::Pacman;

use crate::oracle::{Grammar, Oracle, Xorshift, agrees, is_a_total_order};

const VERCMP: &str = r#"
while read -r left right; do
    case $(vercmp "$left" "$right") in
        -*) echo '<' ;;
        0) echo '=' ;;
        *) echo '>' ;;
    esac
done
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
    "-",
    "a",
    "b",
    "rc",
    "Z",
    "alpha",
    "+r12+g",
    "20240101",
    ".r",
    ".1",
    ":",
];

fn version(random: &mut Xorshift) -> String {
    let mut version = String::new();
    match random.below(20) {
        0..5 => version.push_str(random.pick(&["0:", "1:", "2:", "00:", "9:"])),
        5 => version.push_str(random.pick(&[":", "a:", "1:2:"])),
        _ => {}
    }
    version.push_str(random.pick(&["0", "1", "2", "3", "12", "01", "a"]));
    for _ in 0..random.below(6) {
        version.push_str(random.pick(PIECES));
    }
    if random.below(3) > 0 {
        version.push_str(random.pick(&["-1", "-2", "-10", "-1.1", "-01"]));
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

/// The order among versions as packages have them: with a release, and one separator at a time
/// between other characters.
struct Packaged;

impl VersionOrder for Packaged {
    fn ecosystem(&self) -> &'static str {
        Pacman.ecosystem()
    }

    fn compare(&self, left: &str, right: &str) -> Option<Ordering> {
        let is_packaged = |text: &str| {
            let version = text.split_once(':').map_or(text, |(_, version)| version);
            version.contains('-')
                && version
                    .split(|character: char| !character.is_ascii_alphanumeric())
                    .all(|part| !part.is_empty())
        };
        (is_packaged(left) && is_packaged(right))
            .then(|| Pacman.compare(left, right))
            .flatten()
    }
}

#[test]
fn arch_linux_versions_stand_as_vercmp_says() {
    agrees(
        "arch_linux_versions_stand_as_vercmp_says",
        &Pacman,
        &GRAMMAR,
        Oracle::new("sh", &["-c", VERCMP]).if_succeeds(&["vercmp", "1", "1"], "vercmp"),
        &["<", "=", ">"],
    );
}

#[test]
fn arch_linux_versions_of_packages_stand_in_a_total_order() {
    is_a_total_order(&Packaged, &GRAMMAR);
}
