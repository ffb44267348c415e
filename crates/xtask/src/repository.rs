//! Where the checkout is, and what git knows of it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};

/// The root of the checkout: two folders above this crate.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .expect("the crate lies in `crates/xtask`")
}

/// Standard output of a command that runs at the root and must succeed.
pub(crate) fn output(program: &str, arguments: &[&str]) -> anyhow::Result<Vec<u8>> {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(root())
        .output()
        .with_context(|| format!("could not start `{program}`"))?;
    if !output.status.success() {
        bail!(
            "`{program} {}` failed: {}",
            arguments.join(" "),
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    Ok(output.stdout)
}

/// Files that git tracks or would add, relative to the root, which exist.
pub(crate) fn files(under: &str) -> anyhow::Result<Vec<PathBuf>> {
    let listing = output(
        "git",
        &[
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
            "--",
            under,
        ],
    )?;
    let mut files = Vec::new();
    for name in String::from_utf8(listing)?
        .split('\0')
        .filter(|name| !name.is_empty())
    {
        let file = PathBuf::from(name);
        if root().join(&file).is_file() {
            files.push(file);
        }
    }
    files.sort();
    files.dedup();
    Ok(files)
}

/// Reads a file of the checkout as text.
pub(crate) fn read(path: impl AsRef<Path>) -> anyhow::Result<String> {
    let path = root().join(path);
    std::fs::read_to_string(&path).with_context(|| format!("could not read `{}`", path.display()))
}
