//! The Composer order against `Composer\Semver`.

use outcrop_model::version::composer::Composer;

use crate::oracle::{Grammar, Oracle, Xorshift, agrees, is_a_total_order};

/// Answers `!` also where neither of two comes first, which are then two branches.
const COMPARATOR: &str = r#"
use Composer\Semver\Comparator;
require "/usr/share/php/Composer/Semver/autoload.php";
$parser = new Composer\Semver\VersionParser();
while (($line = fgets(STDIN)) !== false) {
    try {
        [$left, $right] = array_map([$parser, "normalize"], explode(" ", trim($line)));
    } catch (UnexpectedValueException) {
        echo "!\n";
        continue;
    }
    if (Comparator::lessThan($left, $right)) {
        echo "<\n";
    } elseif (Comparator::greaterThan($left, $right)) {
        echo ">\n";
    } else {
        echo Comparator::equalTo($left, $right) ? "=\n" : "!\n";
    }
}
"#;

const GRAMMAR: Grammar = Grammar {
    version,
    pieces: PIECES,
    respelled,
};

const PIECES: &[&str] = &[
    "0", "1", "2", "9", "10", "007", "100000", ".", ".0", ".1", ".x", ".*", "-", "_", ":", "01",
    "-dev", "dev", ".dev", "-alpha", "a1", "-beta.2", "-b", "RC1", "-rc2-dev", "-stable",
    "-STABLE", "@dev", "@RC", "-patch1", "pl2", "-p9", "+build.1", "+", "-1", "-foo", ".x-dev",
    ".X-dev",
];

fn version(random: &mut Xorshift) -> String {
    match random.below(12) {
        0 => random
            .pick(&[
                "dev-main", "dev-1.x", "DEV-main", "master", "trunk", "default", "main", "dev-",
            ])
            .to_owned(),
        _ => numbered(random),
    }
}

fn numbered(random: &mut Xorshift) -> String {
    let mut version = String::new();
    if random.below(4) == 0 {
        version.push_str(random.pick(&["v", "V"]));
    }
    if random.below(5) == 0 {
        version.push_str(random.pick(&["2010", "201001", "20100102", "2011"]));
        for _ in 0..random.below(4) {
            version.push_str(random.pick(&["-", ".", ":", ""]));
            version.push_str(random.pick(&["01", "02", "1", "123", "10203040", "0102"]));
        }
    } else {
        version.push_str(random.pick(&["0", "1", "1", "2", "10", "01", "99999", "123456"]));
        for _ in 0..random.below(4) {
            version.push_str(random.pick(&[".0", ".0", ".1", ".2", ".10", ".x", ".01"]));
        }
    }
    for _ in 0..random.below(3) {
        version.push_str(random.pick(PIECES));
    }
    version
}

fn respelled(version: &str, random: &mut Xorshift) -> String {
    match random.below(7) {
        0 => format!("{version}.0"),
        1 => format!("v{version}"),
        2 => version.replacen("alpha", "a", 1),
        3 => version.replacen("-b", "beta", 1),
        4 => version.to_ascii_uppercase(),
        5 => format!("{version}+build"),
        _ => version.replacen('.', "-", 1),
    }
}

#[test]
fn composer_versions_stand_as_its_comparator_says() {
    let probe = [
        "php",
        "-r",
        r#"require "/usr/share/php/Composer/Semver/autoload.php";"#,
    ];
    agrees(
        "composer_versions_stand_as_its_comparator_says",
        &Composer,
        &GRAMMAR,
        Oracle::new("php", &["-r", COMPARATOR]).if_succeeds(&probe, "PHP with `Composer\\Semver`"),
        &["<", "=", ">", "!"],
    );
}

#[test]
fn composer_versions_with_numbers_stand_in_a_total_order() {
    let grammar = Grammar {
        version: numbered,
        ..GRAMMAR
    };
    is_a_total_order(&Composer, &grammar);
}
