//! The Hex order against Elixir's `Version`.

use outcrop_model::version::hex::Hex;

use crate::oracle::{Grammar, Oracle, Xorshift, agrees, is_a_total_order};

const VERSION: &str = r#"
IO.stream(:stdio, :line)
|> Enum.each(fn line ->
  [left, right] = String.split(line)

  answer =
    try do
      %{lt: "<", eq: "=", gt: ">"}[Version.compare(left, right)]
    rescue
      Version.InvalidVersionError -> "!"
    end

  IO.puts(answer)
end)
"#;

const GRAMMAR: Grammar = Grammar {
    version,
    pieces: PIECES,
    respelled,
};

const PIECES: &[&str] = &[
    "0",
    "1",
    "9",
    "10",
    "18446744073709551616",
    ".0",
    ".1",
    ".a",
    "-0",
    "-1",
    "-rc",
    "-rc.1",
    "-dev",
    "-alpha.2",
    "-A",
    "--",
    "a",
    "B",
    "x",
    "+1",
    "+a.b",
    "+001",
    ".",
    "-",
    "+",
    "_",
    "..",
];

fn version(random: &mut Xorshift) -> String {
    let number = |random: &mut Xorshift| {
        random
            .pick(&["0", "0", "1", "1", "2", "9", "10"])
            .to_owned()
    };
    let mut version = [number(random), number(random), number(random)].join(".");
    if random.below(3) == 0 {
        version.push_str(random.pick(&["-0", "-rc", "-rc.0", "-rc.1", "-alpha", "-1.2", "-dev.x"]));
    }
    for _ in 0..random.below(2) {
        version.push_str(random.pick(PIECES));
    }
    if random.below(4) == 0 {
        version.push_str(random.pick(&["+1", "+build.7", "+0a-b"]));
    }
    match random.below(40) {
        0 => version.replacen('.', "", 1),
        1 => format!("v{version}"),
        2 => format!("0{version}"),
        _ => version,
    }
}

fn respelled(version: &str, random: &mut Xorshift) -> String {
    match random.below(4) {
        0 => format!("{version}+other"),
        1 => format!("{version}.0"),
        2 => version.split('+').next().unwrap_or(version).to_owned(),
        _ => version.replacen('a', "A", 1),
    }
}

#[test]
fn hex_versions_stand_as_elixir_says() {
    agrees(
        "hex_versions_stand_as_elixir_says",
        &Hex,
        &GRAMMAR,
        Oracle::new("elixir", &["-e", VERSION]).if_succeeds(&["elixir", "--version"], "elixir"),
        &["<", "=", ">", "!"],
    );
}

#[test]
fn hex_versions_stand_in_a_total_order() {
    is_a_total_order(&Hex, &GRAMMAR);
}
