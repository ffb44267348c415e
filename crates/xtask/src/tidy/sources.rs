//! What the source files themselves show.

use std::path::Path;

use anyhow::bail;

use crate::repository::{files, read, root};

/// Where catalogers live, one file for each format.
const CATALOGERS: &str = "crates/outcrop-catalog/src/catalogers";
/// The registry: the static list of them.
const REGISTRY: &str = "crates/outcrop-catalog/src/catalogers.rs";

/// Every file that implements a cataloger is in the registry's list.
pub(super) fn catalogers_are_registered() -> anyhow::Result<()> {
    let registry = read(REGISTRY)?;
    let mut catalogers = 0;
    let mut missing = Vec::new();
    for file in files(CATALOGERS)? {
        // Fixtures lie beside the sources.
        if file.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let name = file
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if !name.ends_with("tests") && read(&file)?.contains("impl Analyser for ") {
            catalogers += 1;
            if !registry.contains(&format!("&{name}::")) {
                missing.push(file.display().to_string());
            }
        }
    }
    if catalogers == 0 {
        bail!("no cataloger was found under `{CATALOGERS}`");
    }
    if !missing.is_empty() {
        bail!("not in `{REGISTRY}`: {}", missing.join(", "));
    }
    Ok(())
}

/// The interface imports the shell in `ui/src/backend` alone.
pub(super) fn shell_stays_behind_the_backend() -> anyhow::Result<()> {
    let mut inside = 0;
    let mut outside = Vec::new();
    for file in files("ui/src")? {
        if is_text(&file) && read(&file)?.contains("@tauri-apps/") {
            if file.starts_with("ui/src/backend") {
                inside += 1;
            } else {
                outside.push(file.display().to_string());
            }
        }
    }
    if inside == 0 {
        bail!("no file of `ui/src/backend` imports the shell");
    }
    if !outside.is_empty() {
        bail!("these import the shell: {}", outside.join(", "));
    }
    Ok(())
}

/// No file holds the folder of this checkout, nor that of the crates cargo has unpacked.
pub(super) fn no_path_of_this_machine() -> anyhow::Result<()> {
    let checkout = format!("{}/", root().display());
    let unpacked = [".cargo", "registry", "src"].join("/");
    let mut found = Vec::new();
    for file in files(".")? {
        if is_text(&file) {
            let text = read(&file)?;
            if text.contains(&checkout) || text.contains(&unpacked) {
                found.push(file.display().to_string());
            }
        }
    }
    if !found.is_empty() {
        bail!("these name one: {}", found.join(", "));
    }
    Ok(())
}

/// Whether a file is text by its name.
fn is_text(file: &Path) -> bool {
    let extension = file.extension().unwrap_or_default().to_string_lossy();
    matches!(
        &*extension,
        "" | "css"
            | "html"
            | "js"
            | "json"
            | "lock"
            | "md"
            | "mjs"
            | "rs"
            | "sh"
            | "sql"
            | "svelte"
            | "svg"
            | "toml"
            | "ts"
            | "tsv"
            | "txt"
            | "yaml"
            | "yml"
    ) && std::fs::read(root().join(file)).is_ok_and(|bytes| std::str::from_utf8(&bytes).is_ok())
}
