//! `cargo xtask formats`: the page that says which formats are read, and which are not.
//!
//! Each section is what the cataloger's own file says at its head, in the registry's order.

use std::collections::BTreeSet;

use anyhow::{Context, bail};

use crate::repository::{read, root};

/// The page, relative to the root of the checkout.
const PAGE: &str = "docs/formats.md";
const REGISTRY: &str = "crates/outcrop-catalog/src/catalogers.rs";
const CATALOGERS: &str = "crates/outcrop-catalog/src/catalogers";
const PROGRAMS: &str = "crates/outcrop-catalog/src/catalogers/program/table.rs";

const INTRODUCTION: &str = "\
# What Outcrop reads

One section for each cataloger of the registry, from the head of its file: what it reads, by which
source, and what it leaves out. `cargo xtask formats` writes this page, and `cargo xtask tidy` checks
it.

What is not on this page is not read. A report says which of the packages that it lists were judged,
and a system whose packages are not known is said to be such. Of these places no cataloger reads any:
archives of source code, lock files of projects whose packages are not installed (except where a
section names one), programs of Windows and macOS, images of virtual machines, and file systems inside
of files.

Reports call each package by its package URL (purl). Where the purl specification demands a namespace,
packages of a system have that of the distribution; without `os-release` an rpm has that of the vendor
in its header, others that of the format's own distribution. What has no namespace all the same, as a
jar of no known group, is `pkg:generic`. One exception is made: `pkg:golang/stdlib`, which OSV and
other scanners write without a namespace as well.
";

/// Writes the page, or with `check` compares it with what is committed.
pub(crate) fn run(check: bool) -> anyhow::Result<()> {
    let page = page()?;
    if !check {
        return Ok(std::fs::write(root().join(PAGE), page)?);
    }
    if read(PAGE)? != page {
        bail!("`{PAGE}` is not what the catalogers say: run `cargo xtask formats`");
    }
    Ok(())
}

fn page() -> anyhow::Result<String> {
    let registry = read(REGISTRY)?;
    let names: Vec<&str> = registry
        .lines()
        .filter_map(|line| line.trim().strip_prefix('&')?.split_once("::"))
        .map(|(name, _)| name)
        .collect();
    if names.is_empty() {
        bail!("no cataloger is in `{REGISTRY}`");
    }
    let mut page = INTRODUCTION.to_owned();
    for name in names {
        let source = read(format!("{CATALOGERS}/{name}.rs"))?;
        let id = quoted_after(&source, "fn id(&self)")
            .next()
            .with_context(|| format!("the cataloger has no id: {name}"))?;
        page += &["\n## ", id, "\n\n", &head(&source)].concat();
        if name == "program" {
            let table = read(PROGRAMS)?;
            let programs: BTreeSet<&str> = ["    program(", "    text("]
                .iter()
                .flat_map(|call| quoted_after(&table, call))
                .collect();
            if programs.is_empty() {
                bail!("no program is in `{PROGRAMS}`");
            }
            let programs: Vec<&str> = programs.into_iter().collect();
            page += &[
                "
The programs: ",
                &programs.join(", "),
                ".
",
            ]
            .concat();
        }
    }
    Ok(page)
}

/// The first literal after each occurrence of `words`.
fn quoted_after<'a>(source: &'a str, words: &str) -> impl Iterator<Item = &'a str> {
    source
        .split(words)
        .skip(1)
        .filter_map(|rest| rest.split('"').nth(1))
}

/// The text at the head of a file, with links to other items as their names.
fn head(source: &str) -> String {
    let mut text = String::new();
    for line in source.lines().map_while(|line| line.strip_prefix("//!")) {
        text.push_str(line.strip_prefix(' ').unwrap_or(line));
        text.push('\n');
    }
    let mut plain = String::new();
    let mut rest = text.as_str();
    while let Some((before, link)) = rest.split_once("[`") {
        plain.push_str(before);
        let (name, after) = link.split_once("`]").unwrap_or((link, ""));
        plain += &["`", name, "`"].concat();
        rest = match after
            .strip_prefix('(')
            .and_then(|path| path.split_once(')'))
        {
            Some((_, after)) => after,
            None => after,
        };
    }
    plain.push_str(rest);
    plain
}
