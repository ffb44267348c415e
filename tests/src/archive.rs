//! Small `docker save` archives, made for a test: right ones, and ones that lie.

use std::fmt::Write as _;
use std::io::Write as _;

use anyhow::Result;
use serde_json::json;
use sha2::{Digest, Sha256};
use tar::{Builder, EntryType, Header};

/// os-release of Debian 12, cut to what is read.
pub const DEBIAN_12: &str =
    "ID=debian\nVERSION_ID=\"12\"\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n";

/// A paragraph of a dpkg status file for an installed package.
pub fn dpkg_paragraph(name: &str, version: &str) -> String {
    format!(
        "Package: {name}\nStatus: install ok installed\nPriority: optional\nSection: libs\n\
         Maintainer: Example <example@example.org>\nArchitecture: amd64\nVersion: {version}\n\
         Description: made for a test\n\n"
    )
}

/// `sha256:` and the digest.
pub fn sha256(bytes: &[u8]) -> String {
    digest(&Sha256::digest(bytes))
}

/// `sha256:` and a digest that was taken piece by piece.
pub(crate) fn digest(bytes: &[u8]) -> String {
    bytes.iter().fold("sha256:".to_owned(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes everything");
        text
    })
}

/// A layer: a tar file that grows.
pub struct Layer {
    tar: Builder<Vec<u8>>,
}

impl Default for Layer {
    fn default() -> Self {
        Self {
            tar: Builder::new(Vec::new()),
        }
    }
}

impl Layer {
    /// A layer of Debian 12 with this dpkg status file.
    pub fn debian(status: impl AsRef<[u8]>) -> Result<Self> {
        Self::default()
            .file("etc/os-release", DEBIAN_12)?
            .file("var/lib/dpkg/status", status)
    }

    /// Adds a regular file.
    pub fn file(mut self, path: &str, content: impl AsRef<[u8]>) -> Result<Self> {
        let content = content.as_ref();
        let mut header = header(EntryType::Regular, content.len() as u64);
        self.tar.append_data(&mut header, path, content)?;
        Ok(self)
    }

    /// Adds an entry whose name is taken as it is, `..` and leading slashes included.
    /// At most 100 bytes, as ustar's name field.
    pub fn raw(mut self, kind: EntryType, path: &str, link: &str, content: &[u8]) -> Result<Self> {
        let mut header = header(kind, content.len() as u64);
        header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
        header.as_old_mut().linkname[..link.len()].copy_from_slice(link.as_bytes());
        header.set_cksum();
        self.tar.append(&header, content)?;
        Ok(self)
    }

    /// Adds an empty file whose path is as long as one likes (a GNU long name).
    pub fn deep(mut self, path: &str) -> Result<Self> {
        let mut header = header(EntryType::Regular, 0);
        self.tar.append_data(&mut header, path, &[][..])?;
        Ok(self)
    }

    /// Adds a sparse file (old GNU format) that claims `size` bytes and holds none.
    pub fn sparse(mut self, path: &str, size: u64) -> Result<Self> {
        let mut header = Header::new_gnu();
        header.set_path(path)?;
        header.set_entry_type(EntryType::GNUSparse);
        header.set_mode(0o644);
        header.set_size(0);
        let gnu = header.as_gnu_mut().expect("it was made as GNU");
        let octal = |field: &mut [u8], value: u64| {
            // Twelve bytes hold 8 GB in octal; beyond that GNU tar writes base 256.
            field.fill(0);
            field[0] = 0x80;
            let end = field.len();
            field[end - 8..].copy_from_slice(&value.to_be_bytes());
        };
        octal(&mut gnu.realsize, size);
        octal(&mut gnu.sparse[0].offset, size);
        octal(&mut gnu.sparse[0].numbytes, 0);
        header.set_cksum();
        self.tar.append(&header, &[][..])?;
        Ok(self)
    }

    /// The finished tar file.
    pub fn finish(self) -> Result<Vec<u8>> {
        Ok(self.tar.into_inner()?)
    }
}

fn header(kind: EntryType, size: u64) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(0o644);
    header.set_mtime(1_700_000_000);
    header.set_size(size);
    header.set_cksum();
    header
}

/// An image in the making: layers, lowest first, each with the diff ID that the image claims.
#[derive(Default)]
pub struct Image {
    layers: Vec<(String, Vec<u8>)>,
}

impl Image {
    /// Adds a layer under its true diff ID.
    pub fn layer(self, layer: Layer) -> Result<Self> {
        let bytes = layer.finish()?;
        Ok(self.claimed(sha256(&bytes), bytes))
    }

    /// Adds bytes under a diff ID that need not be theirs.
    #[must_use]
    pub fn claimed(mut self, diff_id: String, bytes: Vec<u8>) -> Self {
        self.layers.push((diff_id, bytes));
        self
    }

    /// The archive as `docker save` of Docker 20.10 orders it: layers, then what names them.
    pub fn docker_archive(&self, reference: &str) -> Result<Vec<u8>> {
        self.ordered_archive(reference, false)
    }

    /// The archive in the order that lets a reader know of each layer before it comes.
    pub fn docker_archive_with_manifest_first(&self, reference: &str) -> Result<Vec<u8>> {
        self.ordered_archive(reference, true)
    }

    fn ordered_archive(&self, reference: &str, manifest_first: bool) -> Result<Vec<u8>> {
        let history: Vec<_> = (0..self.layers.len())
            .map(|index| json!({ "created_by": format!("COPY layer{index} /") }))
            .collect();
        let diff_ids: Vec<_> = self.layers.iter().map(|(id, _)| id.as_str()).collect();
        let config = serde_json::to_vec(&json!({
            "architecture": "amd64",
            "os": "linux",
            "created": "2026-01-01T00:00:00Z",
            "config": {},
            "history": history,
            "rootfs": { "type": "layers", "diff_ids": diff_ids },
        }))?;
        let config_name = format!("{}.json", &sha256(&config)["sha256:".len()..]);
        let names: Vec<_> = (0..self.layers.len())
            .map(|index| format!("{index:064}/layer.tar"))
            .collect();
        let manifest = serde_json::to_vec(&json!([{
            "Config": config_name,
            "RepoTags": [reference],
            "Layers": names,
        }]))?;
        let layers = names
            .iter()
            .zip(&self.layers)
            .map(|(name, (_, bytes))| (name.as_str(), bytes.as_slice()));
        let named_by = [
            ("manifest.json", manifest.as_slice()),
            (config_name.as_str(), config.as_slice()),
        ];
        let files: Vec<_> = if manifest_first {
            named_by.into_iter().chain(layers).collect()
        } else {
            layers.chain(named_by).collect()
        };
        files
            .into_iter()
            .try_fold(Layer::default(), |archive, (name, bytes)| {
                archive.file(name, bytes)
            })?
            .finish()
    }

    /// The image as files of an OCI layout: path and content.
    pub fn oci_layout(&self) -> Result<Vec<(String, Vec<u8>)>> {
        let blob = |bytes: &[u8]| format!("blobs/sha256/{}", &sha256(bytes)["sha256:".len()..]);
        let mut files = vec![(
            "oci-layout".to_owned(),
            serde_json::to_vec(&json!({ "imageLayoutVersion": "1.0.0" }))?,
        )];
        let mut descriptors = Vec::new();
        for (_, bytes) in &self.layers {
            let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            gzip.write_all(bytes)?;
            let packed = gzip.finish()?;
            descriptors.push(json!({
                "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip",
                "digest": sha256(&packed),
                "size": packed.len(),
            }));
            files.push((blob(&packed), packed));
        }
        let diff_ids: Vec<_> = self.layers.iter().map(|(id, _)| id.as_str()).collect();
        let config = serde_json::to_vec(&json!({
            "architecture": "amd64",
            "os": "linux",
            "config": {},
            "rootfs": { "type": "layers", "diff_ids": diff_ids },
        }))?;
        let manifest = serde_json::to_vec(&json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": {
                "mediaType": "application/vnd.oci.image.config.v1+json",
                "digest": sha256(&config),
                "size": config.len(),
            },
            "layers": descriptors,
        }))?;
        let index = serde_json::to_vec(&json!({
            "schemaVersion": 2,
            "manifests": [{
                "mediaType": "application/vnd.oci.image.manifest.v1+json",
                "digest": sha256(&manifest),
                "size": manifest.len(),
            }],
        }))?;
        files.push((blob(&config), config));
        files.push((blob(&manifest), manifest));
        files.push(("index.json".to_owned(), index));
        Ok(files)
    }
}
