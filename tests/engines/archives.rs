//! What an engine writes to a file says the same as the engine itself.

use std::collections::BTreeSet;

use anyhow::{Context, ensure};
use outcrop_tests::debian;
use outcrop_tests::engine::{Engine, Kind};
use outcrop_tests::programs::tool;
use outcrop_tests::published::Scan;
use outcrop_tests::suite::Outcome;
use tempfile::TempDir;

use crate::fleet;

/// Packages with their layers, and findings.
fn facts(scan: &Scan) -> BTreeSet<(String, String, Option<usize>)> {
    let packages = scan
        .packages
        .iter()
        .map(|package| (package.name.clone(), package.version.clone(), package.layer));
    let findings = scan
        .findings
        .iter()
        .map(|finding| (finding.key.clone(), String::new(), finding.layer));
    packages.chain(findings).collect()
}

/// Saves an image; the `IMAGE` arguments for what was written.
fn save(engine: &Engine, folder: &TempDir) -> anyhow::Result<Vec<String>> {
    let path = |name: &str| folder.path().join(name).display().to_string();
    let archive = path("docker.tar");
    let mut images = vec![archive.clone(), format!("docker-archive:{archive}")];
    match engine.kind() {
        Kind::Docker => {
            engine.client(["save", "--output", &archive, debian::APPLICATION])?;
        }
        Kind::Podman => {
            for (format, name, prefix) in [
                ("docker-archive", "docker.tar", "docker-archive"),
                ("oci-archive", "oci.tar", "oci-archive"),
                ("oci-dir", "oci", "oci-dir"),
            ] {
                let output = path(name);
                engine.client([
                    "save",
                    "--format",
                    format,
                    "--output",
                    &output,
                    debian::APPLICATION,
                ])?;
                images.push(format!("{prefix}:{output}"));
            }
        }
    }
    let packed = path("packed");
    tool(
        "sh",
        [
            "-c",
            "gzip --fast --stdout \"$1\" >\"$2\"",
            "gzip",
            &archive,
            &packed,
        ],
    )?;
    images.push(packed);
    Ok(images)
}

pub(crate) fn say_the_same(kind: Kind) -> Outcome {
    let engine = fleet::engine(kind)?;
    let from_engine = fleet::scan(&fleet::informed_user(engine)?, debian::APPLICATION)?;
    let folder = TempDir::new()?;
    for image in save(engine, &folder)? {
        // A store of its own each time: every layer is read.
        let user = fleet::informed_user(engine)?;
        let scan = fleet::scan(&user, &image).with_context(|| image.clone())?;
        ensure!(
            scan.image.config_digest == from_engine.image.config_digest || image.contains("oci"),
            "{image}: another identity than in the engine: {:?}",
            scan.image
        );
        let (here, there) = (facts(&scan), facts(&from_engine));
        ensure!(
            here == there,
            "{image}: missing {:?}, extra {:?}",
            there.difference(&here).collect::<Vec<_>>(),
            here.difference(&there).collect::<Vec<_>>()
        );
    }
    Ok(())
}
