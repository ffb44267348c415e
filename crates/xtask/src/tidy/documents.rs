//! What the documents say of the workspace.

use std::collections::BTreeSet;

use anyhow::bail;

use crate::repository::{read, root};

/// ARCHITECTURE.md names every crate of `crates/`, and no `outcrop-…` that does not exist.
pub(super) fn architecture_names_the_crates() -> anyhow::Result<()> {
    let mut crates = BTreeSet::new();
    for entry in std::fs::read_dir(root().join("crates"))? {
        let entry = entry?;
        if entry.path().join("Cargo.toml").is_file() {
            crates.insert(entry.file_name().to_string_lossy().into_owned());
        }
    }
    let known: BTreeSet<&str> = crates
        .iter()
        .map(String::as_str)
        .chain([
            "outcrop-tests",
            "outcrop-desktop",
            "outcrop-bench",
            "outcrop-sample",
        ])
        .collect();
    let text = read("ARCHITECTURE.md")?;
    let named = words(&text);
    let missing: Vec<&str> = crates
        .iter()
        .map(String::as_str)
        .filter(|name| !named.contains(name))
        .collect();
    let unknown: Vec<&str> = named
        .iter()
        .copied()
        .filter(|word| word.starts_with("outcrop-") && !known.contains(word))
        .collect();
    if !missing.is_empty() || !unknown.is_empty() {
        bail!(
            "not named: [{}]; named and not there: [{}]",
            missing.join(", "),
            unknown.join(", ")
        );
    }
    Ok(())
}

/// Words of letters, digits and hyphens.
fn words(text: &str) -> BTreeSet<&str> {
    text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-')
        .map(|word| word.trim_matches('-'))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_keep_their_inner_hyphens() {
        let found = words("`outcrop-model` - and (outcrop-cli).");
        assert_eq!(
            found.into_iter().collect::<Vec<_>>(),
            ["", "and", "outcrop-cli", "outcrop-model"]
        );
    }
}
