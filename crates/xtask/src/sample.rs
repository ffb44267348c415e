//! `cargo xtask sample`: three small images that build on each other, as one archive.
//!
//! The images hold what a scanner reads (package databases, `os-release`, apt sources, package
//! metadata) under real package names and versions, and no program. Layers and history entries
//! follow the Containerfiles beside the archive, which are inputs here.
//!
//! The archive is what `docker save` of Docker Engine 25 and newer writes: an OCI layout that also
//! carries a `manifest.json`. `docker load` and `podman load` accept it.

mod archive;
mod contents;
mod history;
mod layer;
mod tables;

use std::io::Read;

use anyhow::{Context, bail};
use flate2::Compression;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;

use crate::repository::root;

/// The archive, relative to the root of the checkout.
const ARCHIVE: &str = "assets/sample/images.tar.gz";
/// The lock file that the application's builder stage reads, made from the table of packages.
const LOCK: &str = "assets/sample/application/package-lock.json";
/// What the archive may weigh.
const MAXIMUM_BYTES: usize = 1_000_000;

/// Writes the sample, or with `check` compares it with what is committed.
pub(crate) fn run(check: bool) -> anyhow::Result<()> {
    let archive = archive::to_tar(&contents::images()?)?;
    let lock = contents::package_lock()?;
    if check {
        // Compressed bytes depend on the compressor's version; their content does not.
        let packed = std::fs::read(root().join(ARCHIVE))
            .with_context(|| format!("could not read `{ARCHIVE}`"))?;
        let mut committed = Vec::new();
        GzDecoder::new(packed.as_slice())
            .read_to_end(&mut committed)
            .with_context(|| format!("could not decompress `{ARCHIVE}`"))?;
        if committed != archive {
            bail!("`{ARCHIVE}` is not what its inputs make: run `cargo xtask sample`");
        }
        if crate::repository::read(LOCK)? != lock {
            bail!("`{LOCK}` is not what its inputs make: run `cargo xtask sample`");
        }
        return Ok(());
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    std::io::Write::write_all(&mut encoder, &archive)?;
    let packed = encoder.finish()?;
    if packed.len() > MAXIMUM_BYTES {
        bail!(
            "the sample is larger than {MAXIMUM_BYTES} bytes: {}",
            packed.len()
        );
    }
    std::fs::write(root().join(ARCHIVE), &packed)?;
    std::fs::write(root().join(LOCK), lock)?;
    eprintln!("{ARCHIVE}: {} bytes", packed.len());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_sample_is_what_its_inputs_make() {
        run(true).expect("`cargo xtask sample --check`");
    }

    #[test]
    fn writing_twice_gives_the_same_bytes() {
        let write = || archive::to_tar(&contents::images().unwrap()).unwrap();
        assert!(write() == write());
    }
}
