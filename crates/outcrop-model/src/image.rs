//! What an image says of itself: its configuration and its history.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::digest::{ChainId, ConfigDigest, DiffId, Digest};
use crate::posture::{ConfigurationSecret, RunSettings};

/// Operating system and processor that an image is made for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Platform {
    /// `GOOS` value, as `linux` or `windows`.
    pub os: String,
    /// `GOARCH` value, as `amd64`.
    pub architecture: String,
    /// Variant of the processor, as `v8`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
}

impl std::fmt::Display for Platform {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}/{}", self.os, self.architecture)?;
        match &self.variant {
            Some(variant) => write!(formatter, "/{variant}"),
            None => Ok(()),
        }
    }
}

/// One step of the build, as the builder recorded it. A claim, not a proof.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HistoryEntry {
    /// RFC 3339 time of the step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<String>,
    /// The instruction in the builder's own spelling.
    #[serde(deserialize_with = "null_as_default")]
    pub created_by: String,
    /// Free text; Buildah writes `FROM <name>` here.
    #[serde(deserialize_with = "null_as_default")]
    pub comment: String,
    /// Author, where one was given.
    #[serde(deserialize_with = "null_as_default")]
    pub author: String,
    /// True where the step added no layer.
    #[serde(deserialize_with = "null_as_default")]
    pub empty_layer: bool,
}

/// The parts of an image configuration that Outcrop uses.
///
/// OCI image specification, `config.md`. Unknown members are ignored, absent ones are empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageConfig {
    /// Identity of the image: the digest of the configuration's bytes.
    pub digest: ConfigDigest,
    /// What the image runs on.
    pub platform: Platform,
    /// RFC 3339 time of the build, as claimed.
    pub created: Option<String>,
    /// Effective `USER`, empty for root.
    pub user: String,
    /// Environment, `NAME=value` each.
    pub environment: Vec<String>,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Triggers that run in images built from this one.
    pub on_build: Vec<String>,
    /// `ENTRYPOINT` words.
    pub entrypoint: Vec<String>,
    /// `CMD` words.
    pub command: Vec<String>,
    /// Build steps, oldest first.
    pub history: Vec<HistoryEntry>,
    /// Layers, lowest first.
    pub diff_ids: Vec<DiffId>,
    /// How a container runs, beside user and command; `None` where nothing tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunSettings>,
    /// Secrets whose values were replaced in the members above; `None` where none was looked for,
    /// and the values may still stand there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secrets: Option<Vec<ConfigurationSecret>>,
}

/// Why bytes are not an image configuration.
#[derive(Debug, thiserror::Error)]
pub enum ImageConfigError {
    /// Not JSON of the expected shape.
    #[error("the image configuration cannot be read: {0}")]
    Malformed(#[from] serde_json::Error),
    /// More layers or history entries than any engine writes.
    #[error("the image configuration names too many {what}: {count}")]
    TooMany {
        /// `layers` or `history entries`.
        what: &'static str,
        /// How many were named.
        count: usize,
    },
}

/// Engines refuse more than 127 layers; archives of other tools get generous room.
const MAX_LAYERS: usize = 4_096;

fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

#[derive(Deserialize)]
struct Wire {
    #[serde(default)]
    os: Option<String>,
    #[serde(default)]
    architecture: Option<String>,
    #[serde(default)]
    variant: Option<String>,
    #[serde(default)]
    created: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    config: WireConfig,
    #[serde(default, deserialize_with = "null_as_default")]
    history: Vec<HistoryEntry>,
    #[serde(default, deserialize_with = "null_as_default")]
    rootfs: WireRootFs,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct WireConfig {
    #[serde(deserialize_with = "null_as_default")]
    user: String,
    #[serde(deserialize_with = "null_as_default")]
    env: Vec<String>,
    #[serde(deserialize_with = "null_as_default")]
    labels: BTreeMap<String, String>,
    #[serde(deserialize_with = "null_as_default")]
    on_build: Vec<String>,
    #[serde(deserialize_with = "null_as_default")]
    entrypoint: Vec<String>,
    #[serde(deserialize_with = "null_as_default")]
    cmd: Vec<String>,
    #[serde(deserialize_with = "null_as_default")]
    exposed_ports: BTreeMap<String, WireEmpty>,
    #[serde(deserialize_with = "null_as_default")]
    volumes: BTreeMap<String, WireEmpty>,
    #[serde(deserialize_with = "null_as_default")]
    healthcheck: WireHealthCheck,
}

/// What stands for a member of a set: an empty object.
#[derive(Deserialize)]
#[serde(transparent)]
struct WireEmpty(#[expect(dead_code, reason = "the key says all")] Option<serde_json::Value>);

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct WireHealthCheck {
    #[serde(deserialize_with = "null_as_default")]
    test: Vec<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct WireRootFs {
    #[serde(deserialize_with = "null_as_default")]
    diff_ids: Vec<DiffId>,
}

impl ImageConfig {
    /// Reads a configuration; its digest is computed from `bytes`, never taken from a claim.
    pub fn parse(bytes: &[u8]) -> Result<Self, ImageConfigError> {
        let wire: Wire = serde_json::from_slice(bytes)?;
        for (what, count) in [
            ("layers", wire.rootfs.diff_ids.len()),
            ("history entries", wire.history.len()),
        ] {
            if count > MAX_LAYERS {
                return Err(ImageConfigError::TooMany { what, count });
            }
        }
        Ok(Self {
            digest: ConfigDigest(Digest::of(bytes)),
            platform: Platform {
                os: wire.os.unwrap_or_default(),
                architecture: wire.architecture.unwrap_or_default(),
                variant: wire.variant.filter(|variant| !variant.is_empty()),
            },
            created: wire.created,
            user: wire.config.user,
            environment: wire.config.env,
            labels: wire.config.labels,
            on_build: wire.config.on_build,
            entrypoint: wire.config.entrypoint,
            command: wire.config.cmd,
            history: wire.history,
            diff_ids: wire.rootfs.diff_ids,
            run: Some(RunSettings {
                exposed_ports: wire.config.exposed_ports.into_keys().collect(),
                volumes: wire.config.volumes.into_keys().collect(),
                health_check: Some(wire.config.healthcheck.test).filter(|test| !test.is_empty()),
            }),
            secrets: None,
        })
    }

    /// The chain ID of every layer prefix, lowest first.
    pub fn chain_ids(&self) -> Vec<ChainId> {
        ChainId::of_prefixes(&self.diff_ids)
    }

    /// For each layer the index of the history entry that made it, where the history says so.
    ///
    /// `None` for all layers when the number of history entries with a layer is not the number of
    /// layers: pairing them from either end would blame the wrong instruction.
    pub fn layer_history(&self) -> Vec<Option<usize>> {
        let with_layer: Vec<usize> = (0..self.history.len())
            .filter(|&index| !self.history[index].empty_layer)
            .collect();
        if with_layer.len() == self.diff_ids.len() {
            with_layer.into_iter().map(Some).collect()
        } else {
            vec![None; self.diff_ids.len()]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_members_are_empty() {
        let config = ImageConfig::parse(
            br#"{"os":"linux","architecture":"amd64","config":{"Env":null,"Labels":null},"history":null,"rootfs":{"diff_ids":null}}"#,
        )
        .unwrap();
        assert_eq!(config.platform.to_string(), "linux/amd64");
        assert!(config.diff_ids.is_empty() && config.history.is_empty());
    }

    #[test]
    fn history_pairs_with_layers_only_when_the_counts_agree() {
        let layer = Digest::of(b"a");
        let parse = |history: &str| {
            ImageConfig::parse(
                format!(r#"{{"history":{history},"rootfs":{{"diff_ids":["{layer}","{layer}"]}}}}"#)
                    .as_bytes(),
            )
            .unwrap()
            .layer_history()
        };
        assert_eq!(
            parse(r#"[{"created_by":"A"},{"empty_layer":true},{"created_by":"B"}]"#),
            [Some(0), Some(2)]
        );
        assert_eq!(parse(r#"[{"created_by":"A"}]"#), [None, None]);
    }
}
