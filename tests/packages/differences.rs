//! What each side has alone, held against the page that explains it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, ensure};
use outcrop_tests::programs::{User, workspace};
use outcrop_tests::published::Scan;
use outcrop_tests::suite::Outcome;

use crate::syft;

const PAGE: &str = "docs/differences.md";

/// A row of the page: which side has what alone, as a pattern in which `*` stands for any text.
#[derive(Debug, PartialEq, Eq)]
struct Row {
    side: String,
    pattern: String,
}

/// Scans the archive with both and checks that the rows under `## image` are the differences.
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
    let ours = scan.packages.iter().map(|package| compared(&package.purl));
    let ours: BTreeSet<String> = ours.collect();
    let theirs = syft::packages(archive)?;
    let theirs: BTreeSet<String> = theirs.iter().map(|purl| compared(purl)).collect();
    let alone: Vec<(&str, &String)> = ours
        .difference(&theirs)
        .map(|package| ("Outcrop", package))
        .chain(theirs.difference(&ours).map(|package| ("Syft", package)))
        .collect();
    let both = ours.intersection(&theirs).count();
    println!("{image}: {both} in both");
    for (side, package) in &alone {
        println!("{image}: {side} alone: {package}");
    }

    let page = fs::read_to_string(workspace().join(PAGE)).context(PAGE)?;
    let rows = rows_of(image, &page);
    let unexplained: Vec<_> = alone
        .iter()
        .filter(|(side, package)| {
            !rows
                .iter()
                .any(|row| row.side == *side && matches(&row.pattern, package))
        })
        .collect();
    ensure!(
        unexplained.is_empty(),
        "{PAGE} does not explain under `{image}`: {unexplained:#?}"
    );
    let idle: Vec<_> = rows
        .iter()
        .filter(|row| {
            !alone
                .iter()
                .any(|(side, package)| row.side == *side && matches(&row.pattern, package))
        })
        .collect();
    ensure!(
        idle.is_empty(),
        "{PAGE} explains under `{image}` what is no difference: {idle:#?}"
    );
    ensure!(both > 0, "nothing is in both lists of `{image}`");
    Ok(())
}

/// A package URL without what two correct lists may write differently: qualifiers, the subpath, and
/// the group of a Java archive that does not name one itself.
fn compared(purl: &str) -> String {
    let end = purl.find(['?', '#']).unwrap_or(purl.len());
    let purl = &purl[..end];
    match purl.strip_prefix("pkg:maven/") {
        Some(rest) => format!("pkg:maven/{}", rest.rsplit('/').next().unwrap_or(rest)),
        None => purl.to_owned(),
    }
}

/// Rows of the tables under the heading: `| side alone | `pattern` | reason |`.
fn rows_of(image: &str, page: &str) -> Vec<Row> {
    let heading = format!("## {image}");
    page.lines()
        .skip_while(|line| *line != heading)
        .skip(1)
        .take_while(|line| !line.starts_with("## "))
        .filter_map(|line| {
            let mut cells = line.strip_prefix("| ")?.split(" | ");
            let side = cells.next()?.trim();
            let pattern = cells.next()?.trim().strip_prefix('`')?.strip_suffix('`')?;
            Some(Row {
                side: side.to_owned(),
                pattern: pattern.to_owned(),
            })
        })
        .collect()
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
