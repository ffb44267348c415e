//! Small archives made in code, for tests.

use outcrop_model::Digest;

/// A tar that is written entry by entry.
#[derive(Default)]
pub struct TarFixture {
    builder: Option<tar::Builder<Vec<u8>>>,
    mode: Option<u32>,
    user: u64,
}

impl TarFixture {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// Permissions of the entries that follow; 0644 where nothing is said.
    #[must_use]
    pub fn mode(mut self, mode: u32) -> Self {
        self.mode = Some(mode);
        self
    }

    /// Numeric user of the entries that follow; 0 where nothing is said.
    #[must_use]
    pub fn user(mut self, user: u64) -> Self {
        self.user = user;
        self
    }

    /// The attribute `security.capability` of the entry that follows.
    #[must_use]
    pub fn capability(mut self, attribute: &[u8]) -> Self {
        let builder = self
            .builder
            .get_or_insert_with(|| tar::Builder::new(Vec::new()));
        builder
            .append_pax_extensions([("SCHILY.xattr.security.capability", attribute)])
            .expect("writing to memory");
        self
    }

    fn entry(mut self, kind: tar::EntryType, path: &str, target: &str, bytes: &[u8]) -> Self {
        let builder = self
            .builder
            .get_or_insert_with(|| tar::Builder::new(Vec::new()));
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(self.mode.unwrap_or(0o644));
        header.set_uid(self.user);
        header.set_size(bytes.len() as u64);
        if !target.is_empty() {
            set_name(&mut header.as_mut_bytes()[157..257], target);
        }
        if path.len() <= 100 {
            // Written by hand: the fixture must be able to hold paths that no writer accepts.
            set_name(&mut header.as_mut_bytes()[..100], path);
            header.set_cksum();
            builder.append(&header, bytes)
        } else {
            builder.append_data(&mut header, path, bytes)
        }
        .expect("writing to memory");
        self
    }

    /// A regular file.
    #[must_use]
    pub fn file(self, path: &str, bytes: impl AsRef<[u8]>) -> Self {
        self.entry(tar::EntryType::Regular, path, "", bytes.as_ref())
    }

    /// A folder.
    #[must_use]
    pub fn folder(self, path: &str) -> Self {
        self.entry(tar::EntryType::Directory, path, "", b"")
    }

    /// A symbolic link.
    #[must_use]
    pub fn symbolic_link(self, path: &str, target: &str) -> Self {
        self.entry(tar::EntryType::Symlink, path, target, b"")
    }

    /// A hard link.
    #[must_use]
    pub fn hard_link(self, path: &str, target: &str) -> Self {
        self.entry(tar::EntryType::Link, path, target, b"")
    }

    /// A character device.
    #[must_use]
    pub fn device(self, path: &str) -> Self {
        self.entry(tar::EntryType::Char, path, "", b"")
    }

    /// The whole tar.
    pub fn bytes(self) -> Vec<u8> {
        self.builder
            .unwrap_or_else(|| tar::Builder::new(Vec::new()))
            .into_inner()
            .expect("writing to memory")
    }
}

fn set_name(field: &mut [u8], name: &str) {
    assert!(
        name.len() <= field.len(),
        "a name for a plain header: {name}"
    );
    field.fill(0);
    field[..name.len()].copy_from_slice(name.as_bytes());
}

/// A header block with any type and any claimed size, without a body.
pub fn raw_header(path: &str, kind: u8, size: u64) -> [u8; 512] {
    let mut header = tar::Header::new_gnu();
    set_name(&mut header.as_mut_bytes()[..100], path);
    header.set_entry_type(tar::EntryType::new(kind));
    header.set_mode(0o644);
    header.set_size(size);
    header.set_cksum();
    *header.as_bytes()
}

/// The bytes as a gzip file of one member.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write as _;

    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("writing to memory");
    encoder.finish().expect("writing to memory")
}

/// The bytes as one zstd frame.
pub fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::bulk::compress(bytes, 1).expect("writing to memory")
}

/// An image of layers given as plain tars, and the archives that engines would write of it.
pub struct ImageFixture {
    /// Plain tars, lowest first.
    pub layers: Vec<Vec<u8>>,
    /// The name it is saved under.
    pub reference: String,
    /// The operating system of its platform.
    pub os: String,
}

impl ImageFixture {
    /// A Linux image of these layers.
    pub fn new(layers: Vec<Vec<u8>>) -> Self {
        Self {
            layers,
            reference: "fixture:1".to_owned(),
            os: "linux".to_owned(),
        }
    }

    /// Its configuration.
    pub fn config(&self) -> Vec<u8> {
        let diff_ids: Vec<String> = self
            .layers
            .iter()
            .map(|layer| format!("\"{}\"", Digest::of(layer)))
            .collect();
        format!(
            r#"{{"os":"{}","architecture":"amd64","rootfs":{{"type":"layers","diff_ids":[{}]}}}}"#,
            self.os,
            diff_ids.join(",")
        )
        .into_bytes()
    }

    /// As Docker before 25 writes it: a folder for each layer, equal layers once and then as
    /// links, manifest last.
    pub fn docker_archive(&self) -> Vec<u8> {
        let config = self.config();
        let mut archive = TarFixture::new();
        let mut paths: Vec<String> = Vec::new();
        for (index, layer) in self.layers.iter().enumerate() {
            let id = Digest::of(format!("{index}{}", Digest::of(layer)).as_bytes()).hex();
            let path = format!("{id}/layer.tar");
            archive = archive
                .folder(&format!("{id}/"))
                .file(&format!("{id}/VERSION"), "1.0");
            archive = match self.layers[..index].iter().position(|other| other == layer) {
                Some(same) => archive.symbolic_link(&path, &format!("../{}", paths[same])),
                None => archive.file(&path, layer),
            };
            paths.push(path);
        }
        let config_path = format!("{}.json", Digest::of(&config).hex());
        archive
            .file(&config_path, &config)
            .file("manifest.json", self.docker_manifest(&config_path, &paths))
            .bytes()
    }

    /// As Podman writes it: layers by diff ID first, then the configuration, then links by the
    /// older identifiers.
    pub fn podman_archive(&self) -> Vec<u8> {
        let config = self.config();
        let mut archive = TarFixture::new();
        let mut paths: Vec<String> = Vec::new();
        for layer in &self.layers {
            let path = format!("{}.tar", Digest::of(layer).hex());
            if !paths.contains(&path) {
                archive = archive.file(&path, layer);
            }
            paths.push(path);
        }
        let config_path = format!("{}.json", Digest::of(&config).hex());
        archive = archive.file(&config_path, &config);
        let mut links = Vec::new();
        for (index, path) in paths.iter().enumerate() {
            let link = format!("{}/layer.tar", Digest::of(&[index as u8]).hex());
            archive = archive.symbolic_link(&link, &format!("../{path}"));
            links.push(link);
        }
        archive
            .file("manifest.json", self.docker_manifest(&config_path, &links))
            .bytes()
    }

    /// Docker's index of one image.
    pub fn docker_manifest(&self, config: &str, layers: &[String]) -> String {
        let layers: Vec<String> = layers.iter().map(|layer| format!("\"{layer}\"")).collect();
        format!(
            r#"[{{"Config":"{config}","RepoTags":["{}"],"Layers":[{}]}}]"#,
            self.reference,
            layers.join(",")
        )
    }

    /// The members of an OCI layout, layers packed by `pack`.
    pub fn oci_members(&self, pack: fn(&[u8]) -> Vec<u8>) -> Vec<(String, Vec<u8>)> {
        let mut members = vec![(
            "oci-layout".to_owned(),
            br#"{"imageLayoutVersion":"1.0.0"}"#.to_vec(),
        )];
        let config = self.config();
        let mut layers = Vec::new();
        for layer in &self.layers {
            let packed = pack(layer);
            layers.push(descriptor(
                "application/vnd.oci.image.layer.v1.tar+gzip",
                &packed,
                "",
            ));
            members.push((blob_path(&packed), packed));
        }
        let manifest = format!(
            r#"{{"schemaVersion":2,"config":{},"layers":[{}]}}"#,
            descriptor("application/vnd.oci.image.config.v1+json", &config, ""),
            layers.join(",")
        )
        .into_bytes();
        let name = format!(
            r#","annotations":{{"io.containerd.image.name":"{}"}}"#,
            self.reference
        );
        let index = format!(
            r#"{{"schemaVersion":2,"manifests":[{}]}}"#,
            descriptor(
                "application/vnd.oci.image.manifest.v1+json",
                &manifest,
                &name
            )
        );
        members.push((blob_path(&config), config));
        members.push((blob_path(&manifest), manifest));
        members.push(("index.json".to_owned(), index.into_bytes()));
        members
    }
}

/// A descriptor of `bytes`, with `more` members (each with a leading comma).
pub fn descriptor(media_type: &str, bytes: &[u8], more: &str) -> String {
    format!(
        r#"{{"mediaType":"{media_type}","digest":"{}","size":{}{more}}}"#,
        Digest::of(bytes),
        bytes.len()
    )
}

/// Where an OCI layout keeps `bytes`.
pub fn blob_path(bytes: &[u8]) -> String {
    format!("blobs/sha256/{}", Digest::of(bytes).hex())
}

/// Members as a tar.
pub fn archive_of(members: &[(String, Vec<u8>)]) -> Vec<u8> {
    members
        .iter()
        .fold(TarFixture::new(), |archive, (path, bytes)| {
            archive.file(path, bytes)
        })
        .bytes()
}
