//! The `RubyGems` order against `Gem::Version`.

use outcrop_model::version::rubygems::RubyGems;

use crate::oracle::{Grammar, Oracle, Xorshift, agrees, is_a_total_order};

const GEM_VERSION: &str = r"
$stdin.each_line do |line|
  begin
    left, right = line.split.map { |text| Gem::Version.new(text) }
    puts %w[= > <][left <=> right]
  rescue ArgumentError
    puts '!'
  end
end
";

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
    ".0",
    ".0.0",
    ".1",
    ".a",
    ".b1",
    ".rc",
    ".rc.1",
    ".beta2",
    ".pre",
    "-",
    "-1",
    "-rc",
    "-rc.1",
    "--",
    "a",
    "B",
    "Z",
    ".dev",
    "p12",
    ".java",
    ".x86",
    "..",
    "_",
    "+",
];

fn version(random: &mut Xorshift) -> String {
    let mut version = random
        .pick(&["0", "1", "1", "2", "3", "12", "01"])
        .to_owned();
    if random.below(40) == 0 {
        version.insert_str(0, random.pick(&["v", "a", ".", "-"]));
    }
    for _ in 0..random.below(4) {
        version.push_str(random.pick(&[".0", ".0", ".1", ".2", ".10", ".01"]));
    }
    for _ in 0..random.below(3) {
        version.push_str(random.pick(PIECES));
    }
    version
}

fn respelled(version: &str, random: &mut Xorshift) -> String {
    match random.below(5) {
        0 => format!("{version}.0"),
        1 => format!("{version}.0.0"),
        2 => version.replacen('-', ".pre.", 1),
        3 => version.replacen(".1", ".01", 1),
        _ => version.replacen(".rc", ".0.rc", 1),
    }
}

#[test]
fn gem_versions_stand_as_gem_version_says() {
    agrees(
        "gem_versions_stand_as_gem_version_says",
        &RubyGems,
        &GRAMMAR,
        Oracle::new("ruby", &["-e", GEM_VERSION]).if_succeeds(&["ruby", "--version"], "ruby"),
        &["<", "=", ">", "!"],
    );
}

#[test]
fn gem_versions_stand_in_a_total_order() {
    is_a_total_order(&RubyGems, &GRAMMAR);
}
