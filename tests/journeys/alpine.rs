//! A system without a cataloger yet is said plainly in every format: never a bare zero.

use anyhow::{Result, ensure};
use outcrop_tests::data;
use outcrop_tests::programs::{Ran, User};
use outcrop_tests::published::Scan;
use outcrop_tests::suite::Outcome;
use serde_json::Value;

/// Something in the image could not be judged (design §6).
const NOT_JUDGED: i32 = 4;

fn scan(arguments: &[&str]) -> Result<Ran> {
    let user = User::new()?;
    let archive = data::alpine_archive()?.display().to_string();
    user.run([&["scan"], arguments, &[archive.as_str()]].concat())
}

/// Without `--strict` it is no failure, with it it is.
fn exits(arguments: &[&str]) -> Result<Ran> {
    scan(&[arguments, &["--strict"]].concat())?.exits(NOT_JUDGED)?;
    scan(arguments)?.exits(0)
}

fn says_so(text: &str) -> Outcome {
    ensure!(
        text.contains("Alpine") && text.contains("not"),
        "it does not say that Alpine was not judged: {text}"
    );
    Ok(())
}

pub(crate) fn table() -> Outcome {
    says_so(&exits(&[])?.stdout)
}

pub(crate) fn json() -> Outcome {
    let scan: Scan = exits(&["--format", "json"])?.json()?;
    ensure!(!scan.coverage.judged, "{:?}", scan.coverage);
    says_so(&scan.coverage.statement)
}

pub(crate) fn cyclonedx() -> Outcome {
    let document: Value = exits(&["--format", "cyclonedx"])?.json()?;
    says_so(&document["metadata"].to_string())
}
