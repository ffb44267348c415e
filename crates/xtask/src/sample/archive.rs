//! Images to an archive as `docker save` writes it since Docker Engine 25.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::layer::Layer;

/// One image: what its config says and the layers that its parent has not.
pub(super) struct Image {
    /// With a tag, as `outcrop-sample/debian:12`.
    pub(super) reference: &'static str,
    /// RFC 3339.
    pub(super) created: &'static str,
    pub(super) settings: Settings,
    /// All entries, those of the parent first.
    pub(super) history: Vec<HistoryEntry>,
    /// All layers as tar, those of the parent first.
    pub(super) layers: Vec<Vec<u8>>,
}

/// The `config` member of an image configuration.
#[derive(Clone, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Settings {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) user: String,
    pub(super) env: Vec<String>,
    pub(super) cmd: Vec<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) working_dir: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) labels: BTreeMap<String, String>,
}

#[derive(Clone, Serialize)]
pub(super) struct HistoryEntry {
    pub(super) created: String,
    pub(super) created_by: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) comment: Option<&'static str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) empty_layer: bool,
}

#[derive(Serialize)]
struct Configuration<'a> {
    architecture: &'a str,
    config: &'a Settings,
    created: &'a str,
    history: &'a [HistoryEntry],
    os: &'a str,
    rootfs: RootFileSystem,
}

#[derive(Serialize)]
struct RootFileSystem {
    r#type: &'static str,
    diff_ids: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    media_type: &'static str,
    digest: String,
    size: usize,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    annotations: BTreeMap<&'static str, String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    schema_version: u32,
    media_type: &'static str,
    config: Descriptor,
    layers: Vec<Descriptor>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Index {
    schema_version: u32,
    media_type: &'static str,
    manifests: Vec<Descriptor>,
}

/// An element of `manifest.json`.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct SavedImage {
    config: String,
    repo_tags: Vec<String>,
    layers: Vec<String>,
}

/// The lower-case hexadecimal SHA-256 of some bytes.
pub(super) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .fold(String::new(), |mut text, byte| {
            // Writing to a `String` cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// The archive, not compressed: sorted, with every blob once.
pub(super) fn to_tar(images: &[Image]) -> anyhow::Result<Vec<u8>> {
    let mut archive = Layer::default();
    let mut blob = |bytes: &[u8], media_type: &'static str| {
        let digest = sha256(bytes);
        archive.file(&format!("blobs/sha256/{digest}"), bytes);
        Descriptor {
            media_type,
            digest: format!("sha256:{digest}"),
            size: bytes.len(),
            annotations: BTreeMap::new(),
        }
    };
    let path = |descriptor: &Descriptor| descriptor.digest.replace("sha256:", "blobs/sha256/");

    let mut saved = Vec::new();
    let mut manifests = Vec::new();
    for image in images {
        let layers: Vec<Descriptor> = image
            .layers
            .iter()
            .map(|layer| blob(layer, "application/vnd.oci.image.layer.v1.tar"))
            .collect();
        let configuration = serde_json::to_vec(&Configuration {
            architecture: "amd64",
            config: &image.settings,
            created: image.created,
            history: &image.history,
            os: "linux",
            rootfs: RootFileSystem {
                r#type: "layers",
                diff_ids: layers.iter().map(|layer| layer.digest.clone()).collect(),
            },
        })?;
        let config = blob(&configuration, "application/vnd.oci.image.config.v1+json");
        saved.push(SavedImage {
            config: path(&config),
            repo_tags: vec![image.reference.to_owned()],
            layers: layers.iter().map(path).collect(),
        });
        let media_type = "application/vnd.oci.image.manifest.v1+json";
        let manifest = serde_json::to_vec(&Manifest {
            schema_version: 2,
            media_type,
            config,
            layers,
        })?;
        let mut descriptor = blob(&manifest, media_type);
        let tag = image.reference.rsplit(':').next().unwrap_or_default();
        descriptor.annotations = BTreeMap::from([
            (
                "io.containerd.image.name",
                format!("docker.io/{}", image.reference),
            ),
            ("org.opencontainers.image.ref.name", tag.to_owned()),
        ]);
        manifests.push(descriptor);
    }
    let index = Index {
        schema_version: 2,
        media_type: "application/vnd.oci.image.index.v1+json",
        manifests,
    };
    archive.file("index.json", serde_json::to_vec(&index)?);
    archive.file("manifest.json", serde_json::to_vec(&saved)?);
    archive.file("oci-layout", r#"{"imageLayoutVersion":"1.0.0"}"#);
    archive.to_tar()
}
