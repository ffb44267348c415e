//! Archives that are made once and kept under `target/test-images/` for as long as their recipe
//! stays the same.

use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::Result;
use tempfile::TempDir;

use crate::archive::Written;
use crate::programs;

/// Bytes of a layer that are in memory at a time.
const PIECE_BYTES: u64 = 1 << 20;

/// What `make` writes to the path that it is given, which lies in a folder of its own.
pub fn once(
    name: &str,
    recipe: impl Hash,
    make: impl FnOnce(&Path) -> Result<()>,
) -> Result<PathBuf> {
    let mut hasher = DefaultHasher::new();
    recipe.hash(&mut hasher);
    let cache = programs::target().join("test-images");
    fs::create_dir_all(&cache)?;
    let finished = cache.join(format!("{name}-{:016x}.tar", hasher.finish()));
    if !finished.is_file() {
        let folder = TempDir::new_in(&cache)?;
        let unfinished = folder.path().join("unfinished.tar");
        make(&unfinished)?;
        fs::rename(&unfinished, &finished)?;
    }
    Ok(finished)
}

/// A `docker save` archive of one image with this layer; both are files, of any size.
pub fn archive_of_one_layer(name: &str, layer: &Path, path: &Path) -> Result<()> {
    let file = File::open(layer)?;
    let pieces = std::iter::from_fn(|| {
        let mut piece = Vec::new();
        let read = (&file).take(PIECE_BYTES).read_to_end(&mut piece);
        (read.is_ok() && !piece.is_empty()).then_some(piece)
    });
    let mut archive = Written::new(BufWriter::new(File::create(path)?));
    archive.layer(fs::metadata(layer)?.len(), pieces)?;
    let reference = format!("localhost/outcrop-test/{name}:1");
    Ok(archive.finish(&reference)?.flush()?)
}
