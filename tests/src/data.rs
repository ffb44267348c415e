//! The large real data, which is not part of the repository.

use std::path::PathBuf;

use anyhow::{Result, ensure};

use crate::programs;

/// The folder that `OUTCROP_TEST_DATA` names; without it, `shared` beside the repository.
pub fn folder() -> Result<PathBuf> {
    let folder = std::env::var_os("OUTCROP_TEST_DATA")
        .map_or_else(|| programs::workspace().join("../shared"), PathBuf::from);
    ensure!(
        folder.join("data").is_dir(),
        "needs the test data: set OUTCROP_TEST_DATA"
    );
    Ok(folder.canonicalize()?)
}

/// Records for Debian 12 in OSV form, taken from Debian's changelogs.
pub fn debian_advisories() -> Result<PathBuf> {
    Ok(folder()?.join("data/derived/Debian/all.zip"))
}

/// A real `docker save` archive of Alpine 3.10, compressed.
pub fn alpine_archive() -> Result<PathBuf> {
    Ok(folder()?.join("images/alpine-3.10.tar.gz"))
}
