//! The Debian order against dpkg.

use outcrop_model::version::debian::Debian;

use crate::oracle::{Grammar, Oracle, Xorshift, agrees, is_a_total_order};

const DPKG: &str = r#"
while read -r left right; do
    dpkg --compare-versions "$left" lt "$right" 2>/dev/null
    case $? in
        0) echo '<' ;;
        1) if dpkg --compare-versions "$left" eq "$right" 2>/dev/null; then echo '='; else echo '>'; fi ;;
        *) echo '!' ;;
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
    "+",
    "~",
    "~~",
    "-",
    "a",
    "b",
    "rc",
    "Z",
    "dfsg",
    "+deb12u",
    "~bpo12+",
    "+b",
    "git20240101",
    "really",
    "ubuntu",
    ".0",
];

fn version(random: &mut Xorshift) -> String {
    let mut version = String::new();
    match random.below(24) {
        0..6 => version.push_str(random.pick(&["0:", "1:", "2:", "00:", "9:", "2147483647:"])),
        6 => version.push_str(random.pick(&[":", "a:", "2147483648:", "1:2:"])),
        _ => {}
    }
    version.push_str(random.pick(&["0", "1", "2", "3", "12", "01", "a"]));
    for _ in 0..random.below(7) {
        version.push_str(random.pick(PIECES));
    }
    version
}

fn respelled(version: &str, random: &mut Xorshift) -> String {
    match random.below(4) {
        0 => format!("{version}-0"),
        1 => format!("0:{version}"),
        2 => version.replace(".1", ".01"),
        _ => format!("{version}0"),
    }
}

#[test]
fn debian_versions_stand_as_dpkg_says() {
    agrees(
        "debian_versions_stand_as_dpkg_says",
        &Debian,
        &GRAMMAR,
        Oracle::new("sh", &["-c", DPKG]).if_succeeds(&["dpkg", "--version"], "dpkg"),
        &["<", "=", ">", "!"],
    );
}

#[test]
fn debian_versions_stand_in_a_total_order() {
    is_a_total_order(&Debian, &GRAMMAR);
}
