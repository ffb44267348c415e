//! Python's order against `packaging`.

use outcrop_model::version::pypi::Pypi;

use crate::oracle::{Grammar, Oracle, Xorshift, agrees, is_a_total_order};

/// Debian's own Python first, since `packaging` is installed for that one.
const PYTHONS: &[&str] = &["/usr/bin/python3", "python3"];

/// The library by itself, or the copy that pip or setuptools brings.
const IMPORT: &str = r"
try:
    from packaging.version import InvalidVersion, Version
except ImportError:
    try:
        from pip._vendor.packaging.version import InvalidVersion, Version
    except ImportError:
        from pkg_resources.extern.packaging.version import InvalidVersion, Version
";

const EACH_LINE: &str = r#"
import sys
for line in sys.stdin:
    try:
        left, right = map(Version, line.split(" "))
        print("<" if left < right else "=" if left == right else ">")
    except InvalidVersion:
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
    "-",
    "_",
    "+",
    "!",
    "a",
    "b",
    "c",
    "rc",
    "alpha",
    "beta",
    "pre",
    "preview",
    "post",
    "rev",
    "r",
    "dev",
    ".post1",
    ".dev1",
    "-1",
    "+local",
    "RC",
    "final",
];

fn version(random: &mut Xorshift) -> String {
    let mut version = random
        .pick(&["", "", "", "", "", "v", "V", "1!", "0!", "v2!"])
        .to_owned();
    version.push_str(random.pick(&["0", "1", "2", "01", "2024"]));
    for _ in 0..random.below(4) {
        version.push_str(random.pick(&[".0", ".1", ".2", ".10", ".00", ".01"]));
    }
    for words in [
        [
            "a", "b", "c", "rc", "alpha", "beta", "pre", "preview", "A", "Rc",
        ]
        .as_slice(),
        &["post", "rev", "r", "POST", "-"],
        &["dev", "DEV"],
    ] {
        if random.below(3) > 0 {
            continue;
        }
        version.push_str(random.pick(&["", ".", "-", "_"]));
        version.push_str(random.pick(words));
        version.push_str(random.pick(&["", "", "", ".", "-", "_"]));
        version.push_str(random.pick(&["", "0", "1", "2", "10", "01"]));
    }
    match random.below(12) {
        0..3 => version.push_str(random.pick(&[
            "+1", "+2", "+abc", "+ABC.1", "+abc-1", "+a.b", "+01", "+abc.1.2",
        ])),
        3 => version.push_str(random.pick(PIECES)),
        _ => {}
    }
    version
}

fn respelled(version: &str, random: &mut Xorshift) -> String {
    match random.below(5) {
        0 => version.to_uppercase(),
        1 => version.replace("alpha", "a").replace("preview", "rc"),
        2 => version.replace(".1", ".01"),
        3 => format!("v{version}"),
        _ => format!("{version}.0"),
    }
}

#[test]
fn python_versions_stand_as_packaging_says() {
    let probe = |python: &str| crate::oracle::succeeds(&[python, "-c", IMPORT]);
    let python = PYTHONS
        .iter()
        .find(|python| probe(python))
        .unwrap_or(&PYTHONS[0]);
    agrees(
        "python_versions_stand_as_packaging_says",
        &Pypi,
        &GRAMMAR,
        Oracle::new(*python, &["-c", &format!("{IMPORT}{EACH_LINE}")])
            .if_succeeds(&[python, "-c", IMPORT], "`packaging` for Python"),
        &["<", "=", ">", "!"],
    );
}

#[test]
fn python_versions_stand_in_a_total_order() {
    is_a_total_order(&Pypi, &GRAMMAR);
}
