//! Archives that are made once and kept under `target/test-images/` for as long as their recipe
//! stays the same.

use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, BufWriter, Read};
use std::path::{Path, PathBuf};

use anyhow::Result;
use serde_json::json;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::{archive, programs};

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
    let mut hasher = Sha256::new();
    let mut bytes = vec![0; 1 << 20];
    let mut file = File::open(layer)?;
    loop {
        match file.read(&mut bytes)? {
            0 => break,
            read => hasher.update(&bytes[..read]),
        }
    }
    let diff_id = archive::digest(&hasher.finalize());
    let config = serde_json::to_vec(&json!({
        "architecture": "amd64",
        "os": "linux",
        "created": "2026-01-01T00:00:00Z",
        "config": {},
        "history": [{ "created_by": "ADD root.tar /" }],
        "rootfs": { "type": "layers", "diff_ids": [diff_id] },
    }))?;
    let config_name = format!("{}.json", &archive::sha256(&config)["sha256:".len()..]);
    let manifest = serde_json::to_vec(&json!([{
        "Config": config_name,
        "RepoTags": [format!("localhost/outcrop-test/{name}:1")],
        "Layers": ["layer/layer.tar"],
    }]))?;
    let mut tar = tar::Builder::new(BufWriter::new(File::create(path)?));
    tar.append_path_with_name(layer, "layer/layer.tar")?;
    for (path, content) in [(config_name.as_str(), config), ("manifest.json", manifest)] {
        let mut header = tar::Header::new_gnu();
        header.set_mode(0o644);
        header.set_size(content.len() as u64);
        tar.append_data(&mut header, path, content.as_slice())?;
    }
    io::Write::flush(&mut tar.into_inner()?)?;
    Ok(())
}
