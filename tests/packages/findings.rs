//! What the real records say of the packages of real images, beside what a second program says.
//!
//! The second program is the one of `outcrop-advisory`'s tests: it reads the same records by itself,
//! compares versions with the ecosystem's own library, and joins records about the same naively. It
//! is told the packages of the report, which are held against Syft's elsewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::io::{Seek as _, Write as _};
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use outcrop_tests::data;
use outcrop_tests::programs::{PYTHON, Ran, User, workspace};
use outcrop_tests::published::{Package, Scan};
use outcrop_tests::suite::Outcome;

use crate::images;

const SECOND_PROGRAM: &str = "crates/outcrop-advisory/tests/second_program.py";

/// Package, version, vulnerability, mended version or `-`.
type Told = BTreeSet<[String; 4]>;

/// Both programs over the archive of records in that folder of the data; `least` guards against a set
/// too small to tell.
pub(crate) fn agree(archive: &Path, ecosystem: &str, folder: &str, least: usize) -> Outcome {
    let records = data::folder()?.join("data").join(folder).join("all.zip");
    let scan = scan(archive, &[&records])?;
    let theirs = second(&[ecosystem.as_ref(), records.as_ref()], &scan)?;
    same(&scan, &theirs, least)
}

/// The same by Alpine's own database, both repositories in full, compared by its own apk.
pub(crate) fn agree_on_alpine(archive: &Path, least: usize) -> Outcome {
    let folder = data::folder()?.join("data/alpine-secdb/v3.10");
    let records = ["main.json", "community.json"].map(|name| folder.join(name));
    let scan = scan(archive, &records)?;
    let root = tempfile::tempdir()?;
    images::alpine_root(root.path())?;
    let mut theirs = Told::new();
    for records in &records {
        let arguments = ["secdb".as_ref(), records.as_ref(), root.path().as_ref()];
        theirs.extend(second(&arguments, &scan)?);
    }
    same(&scan, &theirs, least)
}

fn scan(archive: &Path, records: &[impl AsRef<OsStr>]) -> Result<Scan> {
    let user = User::new()?;
    let import = ["advisories", "import"].map(OsString::from);
    let files = records.iter().map(|file| file.as_ref().to_owned());
    user.run(import.into_iter().chain(files))?.exits(0)?;
    let arguments = ["--offline", "scan", "--format", "json"].map(OsString::from);
    let scan: Scan = user
        .run(arguments.into_iter().chain([archive.into()]))?
        .exits(0)?
        .json()?;
    ensure!(scan.problems.is_empty(), "problems: {:?}", scan.problems);
    Ok(scan)
}

/// The name that records speak of.
fn judged_as(package: &Package) -> &str {
    match &package.source {
        Some(source) if package.kind == "apk" => &source.name,
        _ => &package.name,
    }
}

fn second(arguments: &[&OsStr], scan: &Scan) -> Result<Told> {
    let mut lines = tempfile::tempfile()?;
    for package in &scan.packages {
        writeln!(lines, "{} {} -", judged_as(package), package.version)?;
    }
    lines.rewind()?;
    let mut command = Command::new(PYTHON);
    command
        .arg(workspace().join(SECOND_PROGRAM))
        .arg("merged")
        .args(arguments)
        .stdin(lines);
    Ran::of(command)?
        .exits(0)?
        .stdout
        .lines()
        .map(|line| {
            let words: Vec<&str> = line.split(' ').collect();
            let [number, vulnerability, fixed] = words[..] else {
                anyhow::bail!("three words, not `{line}`");
            };
            let package = scan.packages.get(number.parse::<usize>()?);
            let package = package.context("a package of the report")?;
            let told = [&package.name, &package.version, vulnerability, fixed];
            Ok(told.map(str::to_owned))
        })
        .collect()
}

fn same(scan: &Scan, theirs: &Told, least: usize) -> Outcome {
    let ours: Told = scan
        .findings
        .iter()
        .map(|finding| {
            let fixed = finding.fixed_version.as_deref().unwrap_or("-");
            [
                &finding.package_name,
                &finding.package_version,
                &finding.vulnerability,
                fixed,
            ]
            .map(str::to_owned)
        })
        .collect();
    let mut times: BTreeMap<(usize, &str), usize> = BTreeMap::new();
    for finding in &scan.findings {
        let key = (finding.package, finding.vulnerability.as_str());
        *times.entry(key).or_default() += 1;
    }
    times.retain(|_, times| *times > 1);
    ensure!(times.is_empty(), "told more than once: {times:?}");
    let missing: Vec<_> = theirs.difference(&ours).collect();
    let additional: Vec<_> = ours.difference(theirs).collect();
    ensure!(
        missing.is_empty() && additional.is_empty(),
        "missing: {missing:#?}\nadditional: {additional:#?}"
    );
    ensure!(ours.len() >= least, "too few to tell: {}", ours.len());
    let affected: BTreeSet<&String> = ours.iter().map(|[package, ..]| package).collect();
    println!(
        "{} findings of {} packages out of {}",
        ours.len(),
        affected.len(),
        scan.packages.len()
    );
    Ok(())
}
