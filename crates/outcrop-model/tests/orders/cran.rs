//! The CRAN order against R's `package_version`.

use outcrop_model::version::cran::Cran;

use crate::oracle::{Grammar, Oracle, Xorshift, agrees, is_a_total_order};

const PACKAGE_VERSION: &str = r#"
input <- file("stdin")
pairs <- strsplit(readLines(input), " ", fixed = TRUE)
close(input)
side <- function(which) package_version(vapply(pairs, `[`, "", which), strict = FALSE)
left <- side(1)
right <- side(2)
answers <- ifelse(left < right, "<", ifelse(left == right, "=", ">"))
writeLines(ifelse(is.na(answers), "!", answers))
"#;

const GRAMMAR: Grammar = Grammar {
    version,
    pieces: PIECES,
    respelled,
};

const PIECES: &[&str] = &[
    "0", "1", "2", "9", "10", "007", ".", "-", ".0", "-0", ".1", "-1", ".9000", "-60", ".2024",
    "a", "-rc1", "..", "_",
];

fn version(random: &mut Xorshift) -> String {
    let mut version = random
        .pick(&["0", "1", "1", "2", "7", "12", "01"])
        .to_owned();
    if random.below(40) == 0 {
        version.insert_str(0, random.pick(&["v", ".", "-"]));
    }
    for _ in 0..random.below(5) {
        version.push_str(random.pick(&[".0", ".0", ".1", "-1", "-2", ".10", ".01", ".2"]));
    }
    for _ in 0..random.below(2) {
        version.push_str(random.pick(PIECES));
    }
    version
}

fn respelled(version: &str, random: &mut Xorshift) -> String {
    match random.below(4) {
        0 => format!("{version}.0"),
        1 => version.replace('-', "."),
        2 => version.replacen('.', "-", 1),
        _ => version.replacen(".1", ".01", 1),
    }
}

#[test]
fn versions_of_r_packages_stand_as_package_version_says() {
    agrees(
        "versions_of_r_packages_stand_as_package_version_says",
        &Cran,
        &GRAMMAR,
        Oracle::new("Rscript", &["-e", PACKAGE_VERSION])
            .if_succeeds(&["Rscript", "--version"], "R"),
        &["<", "=", ">", "!"],
    );
}

#[test]
fn versions_of_r_packages_stand_in_a_total_order() {
    is_a_total_order(&Cran, &GRAMMAR);
}
