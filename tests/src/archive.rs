//! Small `docker save` archives, made for a test: right ones, and ones that lie.

use std::fmt::Write as _;
use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};

use anyhow::{Result, ensure};
use serde_json::{Value, json};
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
    hexadecimal(&Sha256::digest(bytes))
}

fn hexadecimal(digest: &[u8]) -> String {
    digest.iter().fold("sha256:".to_owned(), |mut text, byte| {
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

    /// Adds an entry with permissions and an owner.
    pub fn owned(
        mut self,
        kind: EntryType,
        path: &str,
        mode: u32,
        user: u64,
        content: impl AsRef<[u8]>,
    ) -> Result<Self> {
        let content = content.as_ref();
        let mut header = header(kind, content.len() as u64);
        header.set_mode(mode);
        header.set_uid(user);
        header.set_gid(user);
        self.tar.append_data(&mut header, path, content)?;
        Ok(self)
    }

    /// Adds an empty file with an extended attribute, as Docker writes them: a record of pax(1).
    pub fn attribute(mut self, path: &str, name: &str, value: &[u8]) -> Result<Self> {
        let key = format!("SCHILY.xattr.{name}");
        self.tar.append_pax_extensions([(key.as_str(), value)])?;
        self.owned(EntryType::Regular, path, 0o755, 0, b"")
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

/// An image in the making: layers, lowest first, each with the diff ID that the image claims, and
/// what it says of its containers.
pub struct Image {
    layers: Vec<(String, Vec<u8>)>,
    config: Value,
}

impl Default for Image {
    fn default() -> Self {
        Self {
            layers: Vec::new(),
            config: json!({}),
        }
    }
}

impl Image {
    /// Sets how a container runs: the member `config` of an image configuration.
    #[must_use]
    pub fn run_as(mut self, config: Value) -> Self {
        self.config = config;
        self
    }

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
        let diff_ids: Vec<_> = self.layers.iter().map(|(id, _)| id.as_str()).collect();
        let (names, [(manifest_name, manifest), (config_name, config)]) =
            documents(reference, &diff_ids, &self.config)?;
        let layers = names
            .iter()
            .zip(&self.layers)
            .map(|(name, (_, bytes))| (name.as_str(), bytes.as_slice()));
        let named_by = [
            (manifest_name.as_str(), manifest.as_slice()),
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
            "config": self.config,
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

/// A member of an archive: its name and its content.
type Document = (String, Vec<u8>);

/// Names of the layers, then the manifest and the configuration of a `docker save` archive, each
/// with its name.
fn documents(
    reference: &str,
    diff_ids: &[&str],
    runs_as: &Value,
) -> Result<(Vec<String>, [Document; 2])> {
    let history: Vec<_> = (0..diff_ids.len())
        .map(|index| json!({ "created_by": format!("COPY layer{index} /") }))
        .collect();
    let config = serde_json::to_vec(&json!({
        "architecture": "amd64",
        "os": "linux",
        "created": "2026-01-01T00:00:00Z",
        "config": runs_as,
        "history": history,
        "rootfs": { "type": "layers", "diff_ids": diff_ids },
    }))?;
    let config_name = format!("{}.json", &sha256(&config)["sha256:".len()..]);
    let names: Vec<_> = (0..diff_ids.len()).map(layer_name).collect();
    let manifest = serde_json::to_vec(&json!([{
        "Config": config_name,
        "RepoTags": [reference],
        "Layers": names,
    }]))?;
    let files = [
        ("manifest.json".to_owned(), manifest),
        (config_name, config),
    ];
    Ok((names, files))
}

fn layer_name(index: usize) -> String {
    format!("{index:064}/layer.tar")
}

/// An entry of a tar file in pieces: its header, the content that `content` gives, the padding.
pub fn entry<I: Iterator<Item = Vec<u8>>>(
    path: &str,
    size: u64,
    content: I,
) -> Result<impl Iterator<Item = Vec<u8>> + use<I>> {
    let mut header = header(EntryType::Regular, size);
    header.set_path(path)?;
    header.set_cksum();
    let padding = vec![0; (size.next_multiple_of(512) - size) as usize];
    let header = header.as_bytes().to_vec();
    Ok(std::iter::once(header).chain(content).chain([padding]))
}

/// A `docker save` archive that is written as its layers are made, none of which is ever whole in
/// memory.
pub struct Written<W: Write> {
    tar: Builder<W>,
    diff_ids: Vec<String>,
}

impl<W: Write> Written<W> {
    /// An archive without layers.
    pub fn new(to: W) -> Self {
        Self {
            tar: Builder::new(to),
            diff_ids: Vec::new(),
        }
    }

    /// Adds a layer of `size` bytes, given piece by piece; its diff ID. What ends the layer's tar
    /// file is added.
    pub fn layer(&mut self, size: u64, pieces: impl Iterator<Item = Vec<u8>>) -> Result<String> {
        const END: usize = 1024;
        let mut pieces = Pieces {
            rest: pieces.chain([vec![0; END]]),
            piece: Cursor::default(),
            digest: Sha256::new(),
        };
        let mut header = header(EntryType::Regular, size + END as u64);
        let name = layer_name(self.diff_ids.len());
        self.tar
            .append_data(&mut header, name, pieces.by_ref().take(size + END as u64))?;
        ensure!(
            pieces.read(&mut [0])? == 0,
            "the layer has more than {size} bytes"
        );
        let diff_id = hexadecimal(&pieces.digest.finalize());
        self.diff_ids.push(diff_id.clone());
        Ok(diff_id)
    }

    /// Adds a layer that is small enough to have been made before.
    pub fn small_layer(&mut self, layer: Layer) -> Result<String> {
        let bytes = layer.finish()?;
        let mut header = header(EntryType::Regular, bytes.len() as u64);
        let name = layer_name(self.diff_ids.len());
        self.tar.append_data(&mut header, name, bytes.as_slice())?;
        let diff_id = sha256(&bytes);
        self.diff_ids.push(diff_id.clone());
        Ok(diff_id)
    }

    /// Writes what names the layers, and gives back what was written to.
    pub fn finish(mut self, reference: &str) -> Result<W> {
        let diff_ids: Vec<_> = self.diff_ids.iter().map(String::as_str).collect();
        for (name, bytes) in documents(reference, &diff_ids, &json!({}))?.1 {
            let mut header = header(EntryType::Regular, bytes.len() as u64);
            self.tar.append_data(&mut header, name, bytes.as_slice())?;
        }
        Ok(self.tar.into_inner()?)
    }
}

/// Pieces as a reader that remembers the digest of what was read.
struct Pieces<I> {
    rest: I,
    piece: Cursor<Vec<u8>>,
    digest: Sha256,
}

impl<I: Iterator<Item = Vec<u8>>> Read for Pieces<I> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.piece.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                self.digest.update(&buffer[..read]);
                return Ok(read);
            }
            match self.rest.next() {
                Some(piece) => self.piece = Cursor::new(piece),
                None => return Ok(0),
            }
        }
    }
}

/// A file whose long runs of zeros take no room on the disk.
#[derive(Debug)]
pub struct Holes(pub std::fs::File);

impl Write for Holes {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.iter().all(|byte| *byte == 0) {
            let end = self.0.stream_position()? + bytes.len() as u64;
            self.0.set_len(end)?;
            self.0.seek(SeekFrom::Start(end))?;
        } else {
            self.0.write_all(bytes)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
