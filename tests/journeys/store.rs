//! What is kept, and what may happen to it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use outcrop_tests::data;
use outcrop_tests::programs::{Ran, User};
use outcrop_tests::suite::Outcome;

use crate::sample;

const UNUSABLE: i32 = 3;
const DATABASE: &str = "outcrop.db";

/// Every file of a folder with its bytes.
fn content(folder: &Path) -> Result<BTreeMap<PathBuf, Vec<u8>>> {
    fs::read_dir(folder)?
        .map(|entry| {
            let path = entry?.path();
            let bytes = fs::read(&path)?;
            Ok((path, bytes))
        })
        .collect()
}

/// Refused with a clear message, and not a byte is another.
pub(crate) fn newer() -> Outcome {
    let user = User::new()?;
    user.run(["advisories", "status"])?.exits(0)?;
    let database = user.store().join(DATABASE);
    let mut bytes = fs::read(&database).context("no store was made")?;
    // `user_version` of the database header (SQLite file format, section 1.3.15).
    bytes[60..64].copy_from_slice(&9999_u32.to_be_bytes());
    fs::write(&database, &bytes)?;
    let before = content(&user.store())?;
    let image = sample::image(sample::FAMILY[0]);
    for arguments in [&["advisories", "status"][..], &["scan", &image]] {
        user.run(arguments)?
            .exits(UNUSABLE)?
            .says(&["newer", "9999"])?;
    }
    ensure!(content(&user.store())? == before, "the store was changed");
    Ok(())
}

/// A file that is no database is named, not overwritten.
pub(crate) fn damaged() -> Outcome {
    let user = User::new()?;
    fs::write(
        user.store().join(DATABASE),
        "this is no database".repeat(400),
    )?;
    let before = content(&user.store())?;
    user.run(["advisories", "status"])?
        .exits(UNUSABLE)?
        .says(&[DATABASE])?;
    ensure!(content(&user.store())? == before, "the store was changed");
    Ok(())
}

/// Small file systems of growing size, from one that takes no store to one that takes all.
pub(crate) fn disk_full() -> Outcome {
    let user = User::new()?;
    let records = data::debian_advisories()?.display().to_string();
    let mut failed = 0;
    for kibibytes in [16, 64, 128, 256, 512, 1024, 65536] {
        let ran = user.run_with_store_of(kibibytes << 10, ["advisories", "import", &records])?;
        if ran.code != Some(0) {
            failed += 1;
            ran.exits(UNUSABLE)?
                .says(&["store", "full"])
                .with_context(|| format!("{kibibytes} KiB"))?;
        }
    }
    ensure!((1..7).contains(&failed), "{failed} of 7 failed");
    Ok(())
}

/// Imports and scans on one store neither fail nor lose anything.
pub(crate) fn at_once() -> Outcome {
    let user = User::new()?;
    let records = data::debian_advisories()?.display().to_string();
    let image = sample::image(sample::FAMILY[2]);
    let scan = ["scan", "--format", "json", &image];
    let import = ["advisories", "import", &records];
    let children = [&scan[..], &import, &scan, &import]
        .map(|arguments| anyhow::Ok(user.command(arguments)?.spawn()?));
    for child in children {
        Ran::after(child?)?.exits(0)?;
    }
    let after = sample::scan(&user, &image)?;
    ensure!(
        after
            .coverage
            .ecosystems
            .iter()
            .any(|ecosystem| ecosystem.advisories == "feed"),
        "the import is lost: {:?}",
        after.coverage
    );
    Ok(())
}
