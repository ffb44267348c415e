//! What the advisories say about a dpkg database, found without a line of Outcrop: a loop over
//! all packages and records, and `dpkg --compare-versions` for each comparison.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

/// One vulnerability in one package.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Expected {
    /// CVE.
    pub vulnerability: String,
    /// Binary package.
    pub package: String,
    /// Its version.
    pub version: String,
    /// First fixed version of the source package.
    pub fixed: Option<String>,
}

/// A paragraph of dpkg's status file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installed {
    /// Binary package.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Source package.
    pub source: String,
    /// Its version.
    pub source_version: String,
    /// Third word of the status.
    pub state: String,
}

/// Reads a status file: deb-control paragraphs (deb822(5)), continuation lines left out.
pub fn dpkg_status(bytes: &[u8]) -> Vec<Installed> {
    String::from_utf8_lossy(bytes)
        .split("\n\n")
        .filter_map(|paragraph| {
            let field = |name: &str| {
                paragraph
                    .lines()
                    .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
            };
            let name = field("Package")?;
            let version = field("Version")?;
            // `Source: name (version)`; either part may be the binary package's own.
            let (source, source_version) = match field("Source") {
                None => (name, version),
                Some(source) => match source.split_once(" (") {
                    None => (source, version),
                    Some((source, rest)) => (source, rest.trim_end_matches(')')),
                },
            };
            Some(Installed {
                name: name.to_owned(),
                version: version.to_owned(),
                source: source.to_owned(),
                source_version: source_version.to_owned(),
                state: field("Status")?.split(' ').nth(2)?.to_owned(),
            })
        })
        .collect()
}

#[derive(Deserialize)]
struct Record {
    id: String,
    #[serde(default)]
    upstream: Vec<String>,
    #[serde(default)]
    aliases: Vec<String>,
    withdrawn: Option<String>,
    #[serde(default)]
    affected: Vec<Affected>,
}

#[derive(Deserialize)]
struct Affected {
    package: Package,
    #[serde(default)]
    ranges: Vec<Range>,
}

#[derive(Deserialize)]
struct Package {
    ecosystem: String,
    name: String,
}

#[derive(Deserialize)]
struct Range {
    events: Vec<HashMap<String, String>>,
}

/// Every finding that the records of an OSV zip give for the installed packages of a status
/// file, in `ecosystem` (as `Debian:12`).
pub fn findings(status: &[u8], records: &Path, ecosystem: &str) -> Result<BTreeSet<Expected>> {
    let installed: Vec<Installed> = dpkg_status(status)
        .into_iter()
        .filter(|package| package.state == "installed")
        .collect();
    let mut zip = zip::ZipArchive::new(File::open(records)?)?;
    let mut candidates = Vec::new();
    for index in 0..zip.len() {
        let record: Record = serde_json::from_reader(zip.by_index(index)?)?;
        if record.withdrawn.is_some() {
            continue;
        }
        let vulnerability = record
            .upstream
            .iter()
            .chain(&record.aliases)
            .find(|name| name.starts_with("CVE-"))
            .unwrap_or(&record.id);
        for affected in &record.affected {
            if affected.package.ecosystem != ecosystem {
                continue;
            }
            for range in &affected.ranges {
                let event = |name: &str| range.events.iter().find_map(|event| event.get(name));
                // The records at hand have one span a range; more would need a walk over events.
                ensure!(
                    range.events.len() <= 2 && event("introduced").is_some(),
                    "the range of `{}` is not one span",
                    record.id
                );
                for package in installed
                    .iter()
                    .filter(|package| package.source == affected.package.name)
                {
                    candidates.push((
                        package,
                        event("introduced").cloned().unwrap_or_default(),
                        event("fixed").cloned(),
                        vulnerability.clone(),
                    ));
                }
            }
        }
    }
    let comparisons: BTreeSet<(&str, &str, &str)> = candidates
        .iter()
        .flat_map(|(package, introduced, fixed, _)| {
            let version = package.source_version.as_str();
            let from = (introduced != "0").then_some((version, "ge", introduced.as_str()));
            let until = fixed.as_deref().map(|fixed| (version, "lt", fixed));
            from.into_iter().chain(until)
        })
        .collect();
    let holding = holding(&comparisons)?;
    Ok(candidates
        .iter()
        .filter(|(package, introduced, fixed, _)| {
            let version = package.source_version.as_str();
            (introduced == "0" || holding.contains(&(version, "ge", introduced.as_str())))
                && fixed
                    .as_deref()
                    .is_none_or(|fixed| holding.contains(&(version, "lt", fixed)))
        })
        .map(|(package, _, fixed, vulnerability)| Expected {
            vulnerability: vulnerability.clone(),
            package: package.name.clone(),
            version: package.version.clone(),
            fixed: fixed.clone(),
        })
        .collect())
}

/// Those of the comparisons (version, operator, version) that hold, by dpkg in one shell.
fn holding<'a>(
    comparisons: &BTreeSet<(&'a str, &'a str, &'a str)>,
) -> Result<BTreeSet<(&'a str, &'a str, &'a str)>> {
    let mut shell = Command::new("sh")
        .arg("-c")
        .arg(
            "while read -r left operator right; do
                 dpkg --compare-versions \"$left\" \"$operator\" \"$right\" && echo y || echo n
             done",
        )
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut questions = String::new();
    for (left, operator, right) in comparisons {
        writeln!(questions, "{left} {operator} {right}")?;
    }
    let mut stdin = shell.stdin.take().context("no standard input")?;
    let writer = std::thread::spawn(move || stdin.write_all(questions.as_bytes()));
    let output = shell.wait_with_output()?;
    writer
        .join()
        .map_err(|_| anyhow::anyhow!("the writer panicked"))??;
    let answers = String::from_utf8(output.stdout)?;
    ensure!(
        answers.lines().count() == comparisons.len(),
        "dpkg answered {} of {} comparisons",
        answers.lines().count(),
        comparisons.len()
    );
    Ok(comparisons
        .iter()
        .zip(answers.lines())
        .filter(|(_, answer)| *answer == "y")
        .map(|(comparison, _)| *comparison)
        .collect())
}
