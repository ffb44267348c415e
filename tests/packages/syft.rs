//! Syft's list of the packages in an archive.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result};
use outcrop_tests::programs;
use serde::Deserialize;

#[derive(Deserialize)]
struct Document {
    artifacts: Vec<Artifact>,
}

#[derive(Deserialize)]
struct Artifact {
    name: String,
    version: String,
    #[serde(rename = "type")]
    kind: String,
    purl: String,
}

/// The package URLs that it gives. What has none is written as `kind/name@version`.
pub(crate) fn packages(archive: &Path) -> Result<BTreeSet<String>> {
    let image = format!("docker-archive:{}", archive.display());
    let listed = programs::tool("syft", ["scan", &image, "--output", "json", "--quiet"])?;
    let document: Document = serde_json::from_str(&listed).context("Syft's output")?;
    Ok(document
        .artifacts
        .into_iter()
        .map(|artifact| {
            if artifact.purl.is_empty() {
                format!("{}/{}@{}", artifact.kind, artifact.name, artifact.version)
            } else {
                artifact.purl
            }
        })
        .collect())
}
