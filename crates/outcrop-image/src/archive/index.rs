//! What an archive says that it holds: `index.json` (OCI) and `manifest.json` (Docker).
//!
//! OCI image specification, `image-layout.md`, `image-index.md`, `manifest.md`; Docker image
//! specification 1.2, "Combined Image JSON + Filesystem Changeset Format".

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;

use outcrop_model::{ConfigDigest, Digest, ImageConfig, Platform, Problem, ProblemKind};
use serde::Deserialize;

use super::{Members, Reading};
use crate::error::ImageError;
use crate::problems::Problems;

/// An image whose configuration was read and whose layers are to be.
pub(super) struct PlannedImage {
    pub(super) config: ImageConfig,
    pub(super) references: Vec<String>,
    pub(super) manifest_digest: Option<Digest>,
    pub(super) layers: Vec<PlannedLayer>,
    pub(super) problems: Vec<Problem>,
}

/// A layer as a manifest names it.
pub(super) struct PlannedLayer {
    /// Path of the member that holds it, where there is one.
    pub(super) member: Option<String>,
    /// What the manifest calls it.
    pub(super) named: String,
    /// Digest of its stored bytes, as the manifest says.
    pub(super) blob: Option<Digest>,
    /// Meant to be fetched from its publisher.
    pub(super) foreign: bool,
    /// Not read, for a reason that the image's problems give.
    pub(super) skipped: bool,
}

impl PlannedImage {
    /// Members that hold the layers which are to be read.
    pub(super) fn members(&self) -> impl Iterator<Item = &String> {
        self.layers
            .iter()
            .filter(|layer| !layer.skipped)
            .filter_map(|layer| layer.member.as_ref())
    }
}

/// A reference to a blob.
#[derive(Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Descriptor {
    media_type: Option<String>,
    digest: String,
    platform: Option<Platform>,
    annotations: Option<BTreeMap<String, String>>,
}

/// An index or a manifest; which of the two shows in its members.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Document {
    manifests: Option<Vec<Descriptor>>,
    config: Option<Descriptor>,
    layers: Option<Vec<Descriptor>>,
}

/// An entry of Docker's `manifest.json`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DockerEntry {
    config: String,
    #[serde(default)]
    repo_tags: Option<Vec<String>>,
    #[serde(default)]
    layers: Option<Vec<String>>,
}

const CONFIG_MEDIA_TYPES: [&str; 2] = [
    "application/vnd.oci.image.config.v1+json",
    "application/vnd.docker.container.image.v1+json",
];

/// What was concluded from the documents of an archive.
pub(super) struct Plan {
    pub(super) images: Vec<PlannedImage>,
    /// Why there is no image, where there is none.
    pub(super) refusal: Option<ImageError>,
}

/// Reads the indexes, manifests and configurations of an archive and chooses the images.
pub(super) fn plan(members: &dyn Members, reading: &Reading<'_>, problems: &mut Problems) -> Plan {
    let mut planner = Planner {
        members,
        reading,
        problems,
        documents_left: reading.limits.archive_images.saturating_mul(4),
        bytes_left: reading.limits.archive_document_bytes,
        images: Vec::new(),
        other_platforms: BTreeSet::new(),
        first_problem: None,
    };
    let oci = planner.document("index.json");
    let docker = planner.document("manifest.json");
    let found_any = oci.is_some() || docker.is_some();
    if let Some(bytes) = oci {
        planner.oci(&bytes);
    }
    if let Some(bytes) = docker {
        planner.docker(&bytes);
    }
    let refusal = if !planner.images.is_empty() {
        None
    } else if let (false, Some(wanted)) = (planner.other_platforms.is_empty(), reading.platform) {
        let available: Vec<String> = planner.other_platforms.into_iter().collect();
        Some(ImageError::PlatformAbsent {
            wanted: wanted.to_string(),
            available: available.join(", "),
        })
    } else if found_any || planner.first_problem.is_some() {
        Some(ImageError::NoReadableImage {
            reason: planner
                .first_problem
                .unwrap_or_else(|| "its index is empty".to_owned()),
        })
    } else {
        Some(ImageError::NoImageIndex)
    };
    Plan {
        images: planner.images,
        refusal,
    }
}

struct Planner<'a> {
    members: &'a dyn Members,
    reading: &'a Reading<'a>,
    problems: &'a mut Problems,
    documents_left: usize,
    bytes_left: u64,
    images: Vec<PlannedImage>,
    /// Platforms of images that were passed over for another.
    other_platforms: BTreeSet<String>,
    first_problem: Option<String>,
}

impl Planner<'_> {
    fn problem(&mut self, kind: ProblemKind, path: &str, message: impl Into<String>) {
        let message = message.into();
        if self.first_problem.is_none() {
            self.first_problem = Some(format!("{message}: `{path}`"));
        }
        self.problems.add(kind, path, message);
    }

    /// The bytes of a JSON document, `None` where it is not there or cannot be read.
    fn document(&mut self, path: &str) -> Option<Vec<u8>> {
        let member = self.members.resolve(path)?;
        let limit = self.reading.limits.document_bytes.min(self.bytes_left);
        if self.documents_left == 0 || limit == 0 {
            self.problem(ProblemKind::TooLarge, path, "too many documents to read");
            return None;
        }
        self.documents_left -= 1;
        let mut bytes = Vec::new();
        let read = self
            .members
            .open(&member)
            .and_then(|(reader, _)| reader.take(limit + 1).read_to_end(&mut bytes));
        match read {
            Err(error) => {
                let kind = match error.kind() {
                    std::io::ErrorKind::UnexpectedEof => ProblemKind::Truncated,
                    _ => ProblemKind::Malformed,
                };
                self.problem(kind, path, format!("the document cannot be read: {error}"));
                None
            }
            Ok(_) if bytes.len() as u64 > limit => {
                self.problem(
                    ProblemKind::TooLarge,
                    path,
                    format!("the document is larger than is read: {limit} bytes"),
                );
                None
            }
            Ok(_) => {
                self.bytes_left -= bytes.len() as u64;
                Some(bytes)
            }
        }
    }

    fn json<T: for<'de> Deserialize<'de>>(&mut self, path: &str, bytes: &[u8]) -> Option<T> {
        match serde_json::from_slice(bytes) {
            Ok(value) => Some(value),
            Err(error) => {
                self.problem(
                    ProblemKind::Malformed,
                    path,
                    format!("not the JSON that belongs here: {error}"),
                );
                None
            }
        }
    }

    /// A blob and its digest; a problem where its bytes are not those of the digest.
    fn blob(&mut self, descriptor: &Descriptor) -> Option<(Digest, String, Vec<u8>)> {
        let Ok(digest) = descriptor.digest.parse::<Digest>() else {
            self.problem(
                ProblemKind::Unsupported,
                &shown(&descriptor.digest),
                "a digest that is not SHA-256",
            );
            return None;
        };
        let path = blob_path(digest);
        let bytes = self.document(&path)?;
        let computed = Digest::of(&bytes);
        if computed != digest {
            self.problem(
                ProblemKind::DigestMismatch,
                &path,
                format!(
                    "the document's bytes are not those of its digest; they are of: {computed}"
                ),
            );
        }
        Some((digest, path, bytes))
    }

    fn oci(&mut self, bytes: &[u8]) {
        let Some(index) = self.json::<Document>("index.json", bytes) else {
            return;
        };
        // Entries under one name are one image for several platforms.
        let mut by_name: BTreeMap<Option<String>, Vec<Descriptor>> = BTreeMap::new();
        let mut names = Vec::new();
        for descriptor in index.manifests.unwrap_or_default() {
            let name = name_of(&descriptor);
            if !by_name.contains_key(&name) {
                names.push(name.clone());
            }
            by_name.entry(name).or_default().push(descriptor);
        }
        for name in names {
            let descriptors = by_name.remove(&name).unwrap_or_default();
            self.alternatives(descriptors, name.as_ref(), 0);
        }
    }

    /// Chooses among entries that stand for one image on several platforms.
    fn alternatives(
        &mut self,
        mut descriptors: Vec<Descriptor>,
        name: Option<&String>,
        depth: usize,
    ) {
        descriptors.retain(|descriptor| !is_attestation(descriptor));
        let platforms: BTreeSet<&Platform> = descriptors
            .iter()
            .filter_map(|descriptor| descriptor.platform.as_ref())
            .collect();
        let several = platforms.len() > 1;
        for descriptor in descriptors {
            if let (true, Some(wanted), Some(platform)) =
                (several, self.reading.platform, &descriptor.platform)
                && !is_same(wanted, platform)
            {
                self.other_platforms.insert(platform.to_string());
                continue;
            }
            self.descriptor(&descriptor, name, depth);
        }
    }

    fn descriptor(&mut self, descriptor: &Descriptor, name: Option<&String>, depth: usize) {
        if self.images.len() >= self.reading.limits.archive_images {
            self.problem(
                ProblemKind::TooLarge,
                "index.json",
                "more images than are read",
            );
            return;
        }
        if let Ok(digest) = descriptor.digest.parse()
            && self.members.resolve(&blob_path(digest)).is_none()
        {
            let what = descriptor.platform.as_ref().map_or_else(
                || "the index names a manifest that the archive does not hold".to_owned(),
                |platform| {
                    format!(
                        "the index names a manifest that the archive does not hold, for: {platform}"
                    )
                },
            );
            self.problem(ProblemKind::Absent, &blob_path(digest), what);
            return;
        }
        let Some((digest, path, bytes)) = self.blob(descriptor) else {
            return;
        };
        let Some(document) = self.json::<Document>(&path, &bytes) else {
            return;
        };
        if let Some(manifests) = document.manifests {
            if depth >= self.reading.limits.index_depth {
                self.problem(
                    ProblemKind::TooLarge,
                    &path,
                    "indexes inside indexes, too deep to follow",
                );
            } else {
                self.alternatives(manifests, name, depth + 1);
            }
            return;
        }
        let Some(config) = document.config else {
            self.problem(
                ProblemKind::Malformed,
                &path,
                "a manifest without a configuration",
            );
            return;
        };
        if let Some(media_type) = &config.media_type
            && !CONFIG_MEDIA_TYPES.contains(&media_type.as_str())
        {
            self.problem(
                ProblemKind::Unsupported,
                &path,
                format!("not the manifest of an image: {}", shown(media_type)),
            );
            return;
        }
        if let Ok(digest) = config.digest.parse()
            && self.members.resolve(&blob_path(digest)).is_none()
        {
            self.problem(
                ProblemKind::Absent,
                &blob_path(digest),
                "the archive does not hold the image's configuration",
            );
            return;
        }
        let Some((_, config_path, config_bytes)) = self.blob(&config) else {
            return;
        };
        let layers = document
            .layers
            .unwrap_or_default()
            .iter()
            .map(|layer| self.oci_layer(layer))
            .collect();
        self.image(
            &config_path,
            &config_bytes,
            name.into_iter().cloned().collect(),
            Some(digest),
            layers,
        );
    }

    fn oci_layer(&self, layer: &Descriptor) -> PlannedLayer {
        let blob: Option<Digest> = layer.digest.parse().ok();
        PlannedLayer {
            member: blob.and_then(|digest| self.members.resolve(&blob_path(digest))),
            named: blob.map_or_else(|| shown(&layer.digest), blob_path),
            blob,
            foreign: layer.media_type.as_deref().is_some_and(|media_type| {
                media_type.contains(".nondistributable.") || media_type.contains(".foreign.")
            }),
            skipped: false,
        }
    }

    /// Docker's own index: adds names to the images that are known from the OCI index, or images
    /// where that has none.
    fn docker(&mut self, bytes: &[u8]) {
        let from_oci = !self.images.is_empty() || !self.other_platforms.is_empty();
        let Some(entries) = self.json::<Vec<DockerEntry>>("manifest.json", bytes) else {
            return;
        };
        for entry in entries {
            if self.images.len() >= self.reading.limits.archive_images {
                self.problem(
                    ProblemKind::TooLarge,
                    "manifest.json",
                    "more images than are read",
                );
                return;
            }
            let config = shown(&entry.config);
            if self.members.resolve(&entry.config).is_none() {
                if !from_oci {
                    self.problem(
                        ProblemKind::Absent,
                        &config,
                        "the archive does not hold the image's configuration",
                    );
                }
                continue;
            }
            let Some(bytes) = self.document(&entry.config) else {
                continue;
            };
            let references = entry.repo_tags.unwrap_or_default();
            if from_oci {
                let digest = ConfigDigest(Digest::of(&bytes));
                for image in &mut self.images {
                    if image.config.digest == digest {
                        add_references(&mut image.references, &references);
                    }
                }
                continue;
            }
            let layers = entry
                .layers
                .unwrap_or_default()
                .into_iter()
                .map(|path| PlannedLayer {
                    member: self.members.resolve(&path),
                    blob: None,
                    foreign: false,
                    skipped: false,
                    named: shown(&path),
                })
                .collect();
            self.image(&config, &bytes, references, None, layers);
        }
    }

    fn image(
        &mut self,
        config_path: &str,
        config: &[u8],
        references: Vec<String>,
        manifest_digest: Option<Digest>,
        mut layers: Vec<PlannedLayer>,
    ) {
        let config = match ImageConfig::parse(config) {
            Ok(config) => config,
            Err(error) => {
                self.problem(ProblemKind::Malformed, config_path, error.to_string());
                return;
            }
        };
        if let Some(image) = self
            .images
            .iter_mut()
            .find(|image| image.config.digest == config.digest)
        {
            add_references(&mut image.references, &references);
            return;
        }
        let mut problems = Vec::new();
        let mut problem = |kind, message: String| {
            problems.push(Problem {
                kind,
                layer: None,
                path: config_path.to_owned(),
                message,
            });
        };
        // Docker and Podman name a configuration by its digest.
        let named = config_path
            .rsplit('/')
            .next()
            .and_then(|name| name.trim_end_matches(".json").parse::<Digest>().ok());
        if named.is_some_and(|named| named != config.digest.0) {
            problem(
                ProblemKind::DigestMismatch,
                format!(
                    "the configuration's bytes are not those of its name; they are of: {}",
                    config.digest
                ),
            );
        }
        if layers.len() != config.diff_ids.len() {
            problem(
                ProblemKind::Malformed,
                format!(
                    "the configuration has {} layers, the manifest another number: {}",
                    config.diff_ids.len(),
                    layers.len()
                ),
            );
        }
        if config.platform.os == "windows" {
            problem(
                ProblemKind::Unsupported,
                format!(
                    "the layers of a Windows image are not read: {}",
                    config.platform
                ),
            );
            for layer in &mut layers {
                layer.skipped = true;
            }
        }
        self.images.push(PlannedImage {
            config,
            references,
            manifest_digest,
            layers,
            problems,
        });
    }
}

fn blob_path(digest: Digest) -> String {
    format!("blobs/sha256/{}", digest.hex())
}

/// A text of the archive, cut to a length that can be shown.
fn shown(text: &str) -> String {
    text.chars().take(200).collect()
}

fn add_references(references: &mut Vec<String>, more: &[String]) {
    for reference in more {
        // The OCI annotation may be the bare tag of the same name.
        references.retain(|known| !reference.ends_with(&format!(":{known}")));
        if !references.contains(reference) {
            references.push(reference.clone());
        }
    }
}

/// The name that an image was saved under: containerd's full name, else the OCI reference.
/// OCI image specification, `annotations.md`.
fn name_of(descriptor: &Descriptor) -> Option<String> {
    let annotations = descriptor.annotations.as_ref()?;
    annotations
        .get("io.containerd.image.name")
        .or_else(|| annotations.get("org.opencontainers.image.ref.name"))
        .cloned()
}

/// BuildKit stores provenance beside an image as a manifest for no platform.
/// BuildKit, `docs/attestations/attestation-storage.md`.
fn is_attestation(descriptor: &Descriptor) -> bool {
    descriptor
        .platform
        .as_ref()
        .is_some_and(|platform| platform.os == "unknown")
        || descriptor
            .annotations
            .as_ref()
            .is_some_and(|annotations| annotations.contains_key("vnd.docker.reference.type"))
}

fn is_same(wanted: &Platform, platform: &Platform) -> bool {
    wanted.os == platform.os
        && wanted.architecture == platform.architecture
        && (wanted.variant.is_none()
            || platform.variant.is_none()
            || wanted.variant == platform.variant)
}
