//! The patch, proven: built by the engine and scanned again.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::ensure;
use outcrop_tests::debian;
use outcrop_tests::engine::Kind;
use outcrop_tests::programs::tool;
use outcrop_tests::published::Fix;
use outcrop_tests::suite::Outcome;
use tempfile::TempDir;

use crate::fleet;

/// At least this many findings of the application can be mended by an upgrade.
const CLAIMED_AT_LEAST: usize = 20;

/// `git apply` takes the diff, the engine builds the file, and what was claimed is gone.
pub(crate) fn mends_what_it_claims(kind: Kind) -> Outcome {
    let engine = fleet::engine(kind)?;
    let user = fleet::informed_user(engine)?;
    let before = fleet::scan(&user, debian::APPLICATION)?;

    let tree = TempDir::new()?;
    git(tree.path(), &["init", "--quiet"])?;
    let image = debian::APPLICATION;
    let reference = "localhost/outcrop-test/mended:1";
    // The paths in a patch start at the work tree's root, wherever the file lies below it.
    for folder in [
        tree.path().to_path_buf(),
        tree.path().join("services/worker"),
    ] {
        let containerfile = debian::write_application(&folder, debian::CONTAINERFILE)?;
        let path = containerfile.display().to_string();
        let fix: Fix = user
            .run(["fix", image, "--containerfile", &path, "--json"])?
            .exits(0)?
            .json()?;
        ensure!(
            fix.clears.len() >= CLAIMED_AT_LEAST,
            "claims {} findings: {:?}",
            fix.clears.len(),
            fix.stays
        );
        let claimed: BTreeSet<_> = fix.clears.iter().map(String::as_str).collect();
        let known = before.keys();
        ensure!(
            claimed.is_subset(&known),
            "claims what was not found: {:?}",
            claimed.difference(&known).collect::<Vec<_>>()
        );
        let staying: BTreeSet<_> = fix
            .stays
            .iter()
            .flat_map(|stays| stays.findings.iter().map(String::as_str))
            .collect();
        ensure!(
            claimed.is_disjoint(&staying) && claimed.union(&staying).count() == known.len(),
            "of {} findings {} are cleared and {} stay",
            known.len(),
            claimed.len(),
            staying.len()
        );

        let diff = user
            .run(["fix", image, "--containerfile", &path])?
            .exits(0)?
            .stdout;
        ensure!(diff == fix.diff, "the two outputs differ: {diff}");
        ensure!(
            fs::read_to_string(&containerfile)? == debian::CONTAINERFILE,
            "the Containerfile was written without `--apply`"
        );
        let saved = tree.path().join("outcrop.patch");
        fs::write(&saved, &diff)?;
        git(tree.path(), &["apply", "outcrop.patch"])?;
        let patched = fs::read_to_string(&containerfile)?;
        ensure!(
            patched == fix.after,
            "`git apply` made another file: {patched}"
        );
        ensure!(
            !diff
                .lines()
                .any(|line| line.starts_with('-') && !line.starts_with("--- ")),
            "a line was taken away: {diff}"
        );

        if folder == tree.path() {
            continue;
        }
        engine.build(&folder, &containerfile, reference)?;
        let after = fleet::scan(&user, reference)?;
        let left: Vec<_> = after.keys().intersection(&claimed).copied().collect();
        ensure!(left.is_empty(), "claimed, but still there: {left:?}");
        ensure!(
            after.image.user == before.image.user,
            "the image runs as `{}`",
            after.image.user
        );
    }
    Ok(())
}

/// An upgrade from these sources would change nothing, so none is offered.
pub(crate) fn names_the_missing_archive(kind: Kind) -> Outcome {
    let engine = fleet::engine(kind)?;
    let user = fleet::informed_user(engine)?;
    let folder = TempDir::new()?;
    fs::write(
        folder.path().join("sources.list"),
        debian::sources_without_security()?,
    )?;
    let containerfile = folder.path().join("Containerfile");
    let text = format!(
        "FROM {}\nCOPY sources.list /etc/apt/sources.list\n",
        debian::BASE
    );
    fs::write(&containerfile, &text)?;
    let reference = "localhost/outcrop-test/unmendable:1";
    engine.build(folder.path(), &containerfile, reference)?;
    let scan = fleet::scan(&user, reference)?;
    ensure!(!scan.findings.is_empty(), "it is as outdated as its base");

    let path = containerfile.display().to_string();
    let ran = user.run(["fix", reference, "--containerfile", &path, "--json"])?;
    let fix: Fix = ran.exits(0)?.json()?;
    ensure!(
        fix.diff.is_empty() && fix.clears.is_empty() && fix.after == text,
        "a patch is offered: {}",
        fix.diff
    );
    let named: usize = fix
        .stays
        .iter()
        .filter(|stays| stays.reason.contains("the security archive of Debian"))
        .map(|stays| stays.findings.len())
        .sum();
    ensure!(
        named >= CLAIMED_AT_LEAST,
        "the reason does not name the archive: {:?}",
        fix.stays
            .iter()
            .map(|stays| (&stays.reason, stays.findings.len()))
            .collect::<Vec<_>>()
    );
    Ok(())
}

fn git(tree: &Path, arguments: &[&str]) -> Outcome {
    let tree = tree.display().to_string();
    tool("git", [&["-C", &tree], arguments].concat())?;
    Ok(())
}
