//! What each side has alone, held against the page that explains it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, ensure};
use outcrop_tests::programs::{User, workspace};
use outcrop_tests::published::Scan;
use outcrop_tests::suite::Outcome;

use crate::{licences, syft};

const PAGE: &str = "docs/differences.md";

/// A row of the page: which side has what alone, a package or a licence of one, as a pattern in
/// which `*` stands for any text.
#[derive(Debug, PartialEq, Eq)]
struct Row {
    side: String,
    pattern: String,
}

/// The packages of one side, as they are compared, each with its licences.
type Listed = BTreeMap<String, BTreeSet<String>>;

/// Scans the archive with both and checks that the rows for the image are the differences.
pub(crate) fn explained(image: &str, archive: &Path) -> Outcome {
    let scan: Scan = User::new()?
        .run([
            "--offline".as_ref(),
            "scan".as_ref(),
            "--format".as_ref(),
            "json".as_ref(),
            archive.as_os_str(),
        ])?
        .exits(0)?
        .json()?;
    ensure!(scan.problems.is_empty(), "problems: {:?}", scan.problems);
    let ours = listed(scan.packages.iter().map(|package| {
        let licences = package.licences.iter();
        let licences = licences.flat_map(|licence| licences::names(&licence.text));
        (compared(&package.kind, &package.purl), licences.collect())
    }));
    let theirs = syft::packages(archive)?;
    let theirs = listed(theirs.into_iter().map(|package| {
        let licences = package.licences.iter();
        let licences = licences.flat_map(|licence| licences::names(licence));
        (compared(&package.kind, &package.purl), licences.collect())
    }));
    let mut alone = of_one_side("Outcrop", &ours, &theirs);
    alone.extend(of_one_side("Syft", &theirs, &ours));
    let both = ours.keys().filter(|package| theirs.contains_key(*package));
    let both = both.count();
    println!("{image}: {both} in both");
    for (side, what) in &alone {
        println!("{image}: {side} alone: {what}");
    }

    let page = fs::read_to_string(workspace().join(PAGE)).context(PAGE)?;
    let rows = rows_of(image, &page);
    let explains =
        |row: &Row, (side, what): &(&str, String)| row.side == *side && matches(&row.pattern, what);
    let unexplained: Vec<_> = alone
        .iter()
        .filter(|what| !rows.iter().any(|row| explains(row, what)))
        .collect();
    ensure!(
        unexplained.is_empty(),
        "{PAGE} does not explain for `{image}`: {unexplained:#?}"
    );
    let idle: Vec<_> = rows
        .iter()
        .filter(|row| !alone.iter().any(|what| explains(row, what)))
        .collect();
    ensure!(
        idle.is_empty(),
        "{PAGE} explains for `{image}` what is no difference: {idle:#?}"
    );
    ensure!(both > 0, "nothing is in both lists of `{image}`");
    Ok(())
}

fn listed(packages: impl Iterator<Item = (String, BTreeSet<String>)>) -> Listed {
    let mut listed = Listed::new();
    for (package, licences) in packages {
        listed.entry(package).or_default().extend(licences);
    }
    listed
}

/// The packages that one list has alone, and `package licence` of those in both.
fn of_one_side<'a>(side: &'a str, one: &Listed, other: &Listed) -> Vec<(&'a str, String)> {
    let mut alone = Vec::new();
    for (package, licences) in one {
        match other.get(package) {
            None => alone.push((side, package.clone())),
            Some(others) => {
                let licences = licences.difference(others);
                alone.extend(licences.map(|licence| (side, format!("{package} {licence}"))));
            }
        }
    }
    alone
}

/// A package URL without what two correct lists may write differently: qualifiers, the subpath, and
/// the group of a Java archive that does not name one itself, without which it is no package URL of
/// Maven's.
fn compared(kind: &str, purl: &str) -> String {
    let end = purl.find(['?', '#']).unwrap_or(purl.len());
    let purl = &purl[..end];
    if matches!(kind, "maven" | "java-archive") && purl.starts_with("pkg:") {
        format!("pkg:maven/{}", purl.rsplit('/').next().unwrap_or(purl))
    } else {
        purl.to_owned()
    }
}

/// Rows of the tables for an image: `| side alone | `pattern` | reason |` under a heading that
/// names it, as `## image` or `## other and image`.
fn rows_of(image: &str, page: &str) -> Vec<Row> {
    let mut is_of_image = false;
    let mut rows = Vec::new();
    for line in page.lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            is_of_image = heading.split(" and ").any(|name| name == image);
        } else if is_of_image {
            rows.extend(row(line));
        }
    }
    rows
}

fn row(line: &str) -> Option<Row> {
    let mut cells = line.strip_prefix("| ")?.split(" | ");
    let side = cells.next()?.trim();
    let pattern = cells.next()?.trim().strip_prefix('`')?.strip_suffix('`')?;
    Some(Row {
        side: side.to_owned(),
        pattern: pattern.to_owned(),
    })
}

/// Whether the text is the pattern, in which each `*` stands for any text.
fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else {
        return rest.is_empty();
    };
    for part in parts {
        let Some(at) = rest.find(part) else {
            return false;
        };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}
