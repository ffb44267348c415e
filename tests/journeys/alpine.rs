//! A system of which no advisories are loaded: said plainly in every format, never a bare zero.

use anyhow::{Context, Result, ensure};
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
        text.contains(
            "no advisories for Alpine Linux v3.10 are loaded: 14 packages were not judged"
        ),
        "it does not say that Alpine was not judged: {text}"
    );
    Ok(())
}

pub(crate) fn table() -> Outcome {
    says_so(&exits(&[])?.stdout)
}

/// Its packages are there, none of them judged.
pub(crate) fn json() -> Outcome {
    let scan: Scan = exits(&["--format", "json"])?.json()?;
    ensure!(!scan.coverage.judged, "{:?}", scan.coverage);
    let musl = scan.package("musl").context("no `musl`")?;
    ensure!(
        musl.purl.starts_with("pkg:apk/alpine/musl@1.1.22-r3?") && !musl.judged,
        "{musl:?}"
    );
    ensure!(scan.findings.is_empty(), "{:?}", scan.findings);
    says_so(&scan.coverage.statement)
}

/// As runs whose notifications say it.
pub(crate) fn sarif() -> Outcome {
    let log: Value = exits(&["--format", "sarif"])?.json()?;
    let run = &log["runs"][0];
    // Risks are no findings.
    let results = run["results"].as_array().into_iter().flatten();
    let findings =
        results.filter(|result| result["partialFingerprints"]["outcropRisk/v1"].is_null());
    ensure!(findings.count() == 0, "{run}");
    says_so(&run["invocations"][0]["toolExecutionNotifications"].to_string())
}

/// With its records it is judged, by its own publisher: what they mention is mended in it.
pub(crate) fn judged() -> Outcome {
    let user = User::new()?;
    let archive = data::alpine_archive()?.display().to_string();
    let records = data::folder()?.join("data/alpine-secdb/v3.10");
    user.run(["advisories", "import", &records.display().to_string()])?
        .exits(0)?
        .prints(&["alpine-secdb v3.10/main", "alpine-secdb v3.10/community"])?;
    let scan: Scan = user
        .run(["scan", "--format", "json", "--strict", &archive])?
        .exits(0)?
        .json()?;
    ensure!(scan.coverage.judged, "{:?}", scan.coverage);
    ensure!(scan.findings.is_empty(), "{:?}", scan.findings);
    user.run(["explain", "CVE-2019-14697", &archive])?
        .exits(0)?
        .prints(&[
            "does not affect musl",
            "1.1.22-r3 >= 1.1.22-r3",
            "ALPINE-SECDB-v3.10-main-CVE-2019-14697",
        ])?;
    user.run(["explain", "CVE-2016-0001", &archive])?
        .exits(0)?
        .prints(&["not in the image"])?;
    Ok(())
}

pub(crate) fn cyclonedx() -> Outcome {
    let document: Value = exits(&["--format", "cyclonedx"])?.json()?;
    let components = document["components"].to_string();
    ensure!(components.contains("pkg:apk/alpine/musl@"), "{components}");
    says_so(&document["metadata"].to_string())
}

pub(crate) fn spdx() -> Outcome {
    let document: Value = exits(&["--format", "spdx"])?.json()?;
    let packages = document["packages"].to_string();
    ensure!(packages.contains("pkg:apk/alpine/musl@"), "{packages}");
    says_so(document["comment"].as_str().context("no comment")?)
}

/// In what people read.
pub(crate) fn readers() -> Outcome {
    for format in ["markdown", "html"] {
        let text = exits(&["--format", format])?.stdout;
        says_so(&text)?;
        ensure!(
            text.contains("Not judged:") && text.contains("among what could be judged"),
            "{text}"
        );
    }
    Ok(())
}
