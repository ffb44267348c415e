//! Syft's list of the packages in an archive.

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
    licenses: Vec<License>,
}

#[derive(Deserialize)]
struct License {
    value: String,
    #[serde(rename = "spdxExpression")]
    expression: String,
}

/// A package of the list.
pub(crate) struct Package {
    /// Its type, as `deb`.
    pub(crate) kind: String,
    /// Its package URL; `kind/name@version` where it has none.
    pub(crate) purl: String,
    /// Its licences as expressions of SPDX, as they stand where they are none.
    pub(crate) licences: Vec<String>,
}

/// What it lists.
pub(crate) fn packages(archive: &Path) -> Result<Vec<Package>> {
    let image = format!("docker-archive:{}", archive.display());
    let listed = programs::tool("syft", ["scan", &image, "--output", "json", "--quiet"])?;
    let document: Document = serde_json::from_str(&listed).context("Syft's output")?;
    let package = |artifact: Artifact| Package {
        purl: if artifact.purl.is_empty() {
            format!("{}/{}@{}", artifact.kind, artifact.name, artifact.version)
        } else {
            artifact.purl
        },
        kind: artifact.kind,
        licences: artifact
            .licenses
            .into_iter()
            .map(|licence| match licence.expression.as_str() {
                "" => licence.value,
                _ => licence.expression,
            })
            .collect(),
    };
    Ok(document.artifacts.into_iter().map(package).collect())
}
