//! Images that are large in one way each.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use anyhow::Result;
use outcrop_tests::archive::Layer;
use outcrop_tests::made;

/// 3,000,000 empty files in 30,000 folders.
pub(crate) fn files() -> Result<PathBuf> {
    const FILES: u32 = 3_000_000;
    made::once("files", FILES, |archive| {
        let root = archive.with_file_name("root.tar");
        let mut tar = tar::Builder::new(BufWriter::new(File::create(&root)?));
        for number in 0..FILES {
            let path = format!(
                "srv/{:03}/{:03}/{number}.txt",
                number / 30_000,
                number / 100 % 300
            );
            let mut header = tar::Header::new_ustar();
            header.set_mode(0o644);
            tar.append_data(&mut header, path, &[][..])?;
        }
        tar.into_inner()?.flush()?;
        made::archive_of_one_layer("files", &root, archive)
    })
}

/// A sparse file that claims 20 GB.
pub(crate) fn sparse() -> Result<PathBuf> {
    const BYTES: u64 = 20_000_000_000;
    made::once("sparse", BYTES, |archive| {
        let root = archive.with_file_name("root.tar");
        let layer = Layer::default().sparse("var/lib/disk.img", BYTES)?;
        std::fs::write(&root, layer.finish()?)?;
        made::archive_of_one_layer("sparse", &root, archive)
    })
}
