//! The order of Semantic Versioning, and that of Go's modules, against npm's `semver`.

use std::process::Command;

use outcrop_model::version::go::Go;
use outcrop_model::version::semver::SemVer;

use crate::oracle::{Grammar, Lacking, Oracle, Xorshift, agrees, is_a_total_order};

/// The `semver` that npm itself brings. What it refuses but the order reads is first brought into
/// its form: missing numbers are added, and numbers beyond the third compared here. The other way
/// round, it reads `1.2.10.x` as `1.2.1-0.x`, which is refused.
const LOOSE: &str = r#"
const { createRequire } = require("module");
const semver = createRequire(process.argv[1])("semver");
const FORM = /^[v=\s]*(\d+(?:\.\d+)*)(?![.\d])(.*)$/;
function compare(left, right) {
    const options = { loose: true };
    const [, leftNumbers, leftRest] = FORM.exec(left);
    const [, rightNumbers, rightRest] = FORM.exec(right);
    const [leftAll, rightAll] = [leftNumbers.split("."), rightNumbers.split(".")];
    const whole = (all, rest) => new semver.SemVer([...all, "0", "0"].slice(0, 3).join(".") + rest, options);
    const main = whole(leftAll, leftRest).compareMain(whole(rightAll, rightRest));
    if (main !== 0) return main;
    for (let at = 3; at < Math.max(leftAll.length, rightAll.length); at++) {
        const [a, b] = [BigInt(leftAll[at] ?? 0), BigInt(rightAll[at] ?? 0)];
        if (a !== b) return a < b ? -1 : 1;
    }
    return whole(leftAll, leftRest).comparePre(whole(rightAll, rightRest));
}
"#;

/// What it refuses but Go reads, shorter versions and releases of Go, is brought into its form.
const STRICT: &str = r#"
const { createRequire } = require("module");
const semver = createRequire(process.argv[1])("semver");
const whole = (text) =>
    text.replace(/^(v?\d+)(\.\d+)?$/, (all, major, minor) => `${major}${minor ?? ".0"}.0`)
        .replace(/^(\d+\.\d+\.\d+)(rc|beta)(\d+)$/, "$1-$2.$3");
const compare = (left, right) => semver.compare(whole(left), whole(right));
"#;

const EACH_LINE: &str = r#"
const lines = require("fs").readFileSync(0, "utf8").split("\n").slice(0, -1);
const answers = lines.map((line) => {
    try {
        return "<=>"[compare(...line.split(" ")) + 1];
    } catch {
        return "!";
    }
});
process.stdout.write(answers.join("\n") + "\n");
"#;

fn node(script: &str) -> Result<Oracle, Lacking> {
    let npm = Command::new("sh")
        .args(["-c", "readlink -f \"$(command -v npm)\""])
        .output()
        .map_or_else(
            |_| String::new(),
            |output| String::from_utf8_lossy(&output.stdout).into(),
        );
    let npm = npm.trim();
    let probe = "require('module').createRequire(process.argv[1])('semver')";
    Oracle::new("node", &["-e", &format!("{script}{EACH_LINE}"), npm])
        .if_succeeds(&["node", "-e", probe, npm], "npm with its `semver`")
}

const GRAMMAR: Grammar = Grammar {
    version,
    pieces: PIECES,
    respelled,
};

const PIECES: &[&str] = &[
    "0", "1", "2", "9", "10", "007", "999", ".", "..", "-", "--", "+", "a", "b", "Z", "alpha",
    "-alpha.1", "-beta", "-rc.1", "rc1", "-0", "-1", ".1", "+build.5", "_", "x",
];

fn version(random: &mut Xorshift) -> String {
    let mut version = random
        .pick(&["", "", "", "", "", "v", "=", "v="])
        .to_owned();
    let numbers = match random.below(12) {
        0 => 1,
        1 => 2,
        2 => 4,
        _ => 3,
    };
    for at in 0..numbers {
        if at > 0 {
            version.push('.');
        }
        version.push_str(random.pick(&["0", "1", "2", "9", "10", "11", "08"]));
    }
    if random.below(2) == 0 {
        version.push('-');
        for at in 0..=random.below(3) {
            if at > 0 {
                version.push('.');
            }
            version.push_str(random.pick(&[
                "0", "1", "2", "10", "alpha", "beta", "rc", "rc1", "a-b", "-", "1a", "01",
            ]));
        }
    }
    match random.below(16) {
        0..3 => version.push_str(random.pick(&["+1", "+build.01", "+a-b"])),
        3 => version.push_str(random.pick(PIECES)),
        _ => {}
    }
    version
}

fn respelled(version: &str, random: &mut Xorshift) -> String {
    match random.below(4) {
        0 => format!("v{version}"),
        1 => format!("{version}+build"),
        2 => version.replace(".1", ".01"),
        _ => version.replace('-', ""),
    }
}

#[test]
fn semantic_versions_stand_as_npm_says() {
    agrees(
        "semantic_versions_stand_as_npm_says",
        &SemVer,
        &GRAMMAR,
        node(LOOSE),
        &["<", "=", ">", "!"],
    );
}

#[test]
fn semantic_versions_stand_in_a_total_order() {
    is_a_total_order(&SemVer, &GRAMMAR);
}

const MODULES: Grammar = Grammar {
    version: module,
    pieces: &["0", "1", "9", "10", "-", "a", "rc", "-rc", "-0", "+", "_"],
    respelled: |version, random| match random.below(3) {
        0 => format!("v{version}"),
        1 => format!("{version}+incompatible"),
        _ => version.replace("-rc.", "-rc"),
    },
};

fn module(random: &mut Xorshift) -> String {
    let mut version = random.pick(&["", "v"]).to_owned();
    version.push_str(random.pick(&["0.0.0", "0.0.1", "1.0.0", "1.0.1", "1.2.10", "2.0.0"]));
    version.push_str(random.pick(&[
        "", "", "", "-rc.1", "-rc.2", "-rc1", "-0", "-beta", "-pre.01",
    ]));
    if random.below(3) == 0 {
        version.push_str(if version.contains('-') { ".0." } else { "-" });
        version.push_str(random.pick(&["20180125103619", "20240125103619", "20240125103620"]));
        version.push_str(random.pick(&["-43913f2f4fbd", "-000000000000", "-abcdef123456"]));
    }
    version.push_str(random.pick(&["", "", "", "+incompatible", "+dirty"]));
    version
}

#[test]
fn go_modules_stand_as_semantic_versions() {
    agrees(
        "go_modules_stand_as_semantic_versions",
        &Go,
        &MODULES,
        node(STRICT),
        &["<", "=", ">", "!"],
    );
}

#[test]
fn go_versions_stand_in_a_total_order() {
    is_a_total_order(&Go, &MODULES);
    is_a_total_order(&Go, &RELEASES);
}

const RELEASES: Grammar = Grammar {
    version: |random| {
        let mut version = random.pick(&["go", "go", ""]).to_owned();
        version.push_str(random.pick(&["1", "1.4", "1.21", "1.21.0", "1.21.5", "1.9.2"]));
        version.push_str(random.pick(&["", "", "rc1", "rc2", "beta1", "-rc.1", "-0", "-custom"]));
        version
    },
    pieces: &["0", "1", "rc1", ".0", "-", "."],
    respelled: |version, _| format!("go{version}"),
};
