//! `cargo xtask codegen`: the TypeScript side of the wire types.
//!
//! The types of `outcrop-workbench` that carry `ts(export)` write themselves as tests of that crate
//! when its feature `typescript` is on, so no list of them is kept here. Large integers become
//! `number`: counts, bytes and times of a report stay below 2^53.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, bail};

use crate::repository::root;

/// The generated folder, relative to the root of the checkout.
const BINDINGS: &str = "ui/src/backend/bindings";

/// Writes the bindings, or with `check` compares them with what is committed.
pub(crate) fn run(check: bool) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let output = Command::new("cargo")
        .args(["test", "--quiet", "--package", "outcrop-workbench", "--lib"])
        .args(["--features", "typescript", "export_bindings"])
        .env("TS_RS_EXPORT_DIR", folder.path())
        .env("TS_RS_LARGE_INT", "number")
        .current_dir(root())
        .output()
        .context("could not start `cargo`")?;
    if !output.status.success() {
        bail!(
            "the wire types do not export: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    let generated = scripts(folder.path())?;
    if generated.is_empty() {
        bail!("no wire type carries `ts(export)`");
    }
    let committed = scripts(&root().join(BINDINGS))?;
    if check {
        let mut differing: Vec<&str> = generated
            .iter()
            .filter(|(name, content)| committed.get(*name) != Some(content))
            .map(|(name, _)| name.as_str())
            .collect();
        differing.extend(
            committed
                .keys()
                .filter(|name| !generated.contains_key(*name))
                .map(String::as_str),
        );
        if !differing.is_empty() {
            bail!(
                "`{BINDINGS}` is not what the wire types make, run `cargo xtask codegen`: {}",
                differing.join(", ")
            );
        }
        return Ok(());
    }
    let target = root().join(BINDINGS);
    std::fs::create_dir_all(&target)?;
    for name in committed
        .keys()
        .filter(|name| !generated.contains_key(*name))
    {
        std::fs::remove_file(target.join(name))?;
    }
    for (name, content) in &generated {
        if committed.get(name) != Some(content) {
            std::fs::write(target.join(name), content)?;
        }
    }
    eprintln!("{BINDINGS}: {} types", generated.len());
    Ok(())
}

/// The TypeScript files of a folder by name; none if it is missing.
fn scripts(folder: &Path) -> anyhow::Result<BTreeMap<String, String>> {
    let mut scripts = BTreeMap::new();
    if !folder.is_dir() {
        return Ok(scripts);
    }
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "ts") {
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            scripts.insert(name, std::fs::read_to_string(&path)?);
        }
    }
    Ok(scripts)
}
