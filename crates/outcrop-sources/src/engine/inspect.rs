//! One image in full: the engine's own record of its layers, its configuration, its history.

use std::collections::BTreeMap;

use jiff::Timestamp;
use outcrop_model::{DiffId, Digest, Platform, RunSettings};

use super::Engine;
use super::error::{EngineError, shown};
use super::images::EngineReference;
use super::origin::{Origin, OriginReason};
use super::reference;

/// What an engine records of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineImageFacts {
    /// The engine's ID; see [`EngineImage::id`](super::EngineImage::id).
    pub id: Digest,
    /// Its names.
    pub references: Vec<EngineReference>,
    /// Names with manifest digests.
    pub repository_digests: Vec<String>,
    /// What it runs on.
    pub platform: Platform,
    /// When it was built, as the image claims.
    pub created: Option<Timestamp>,
    /// Bytes, as the engine counts them.
    pub size: u64,
    /// `USER`, empty for root.
    pub user: String,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Diff IDs, lowest layer first: the engine's own record, computed when it stored the layers.
    pub diff_ids: Vec<DiffId>,
    /// Environment, `NAME=value` each.
    pub environment: Vec<String>,
    /// Triggers for images built from this one.
    pub on_build: Vec<String>,
    /// `ENTRYPOINT` words.
    pub entrypoint: Vec<String>,
    /// `CMD` words.
    pub command: Vec<String>,
    /// How a container runs.
    pub run: RunSettings,
}

/// One step of an image's history, as an engine tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineHistoryEntry {
    /// When, as the image claims.
    pub created: Option<Timestamp>,
    /// The instruction in the builder's spelling.
    pub created_by: String,
    /// Free text of the builder.
    pub comment: String,
    /// Bytes that the step added, as the engine counts them; 0 for steps without a layer.
    pub size: u64,
    /// The image that the step made, where the engine still has it.
    pub image: Option<Digest>,
}

impl Engine {
    /// What the engine records of the image that `name` (a name or ID) stands for.
    pub async fn inspect(&self, name: &str) -> Result<EngineImageFacts, EngineError> {
        const DOING: &str = "inspect an image";
        let name = reference::checked(name)?;
        let inspected = self
            .inner
            .docker
            .inspect_image(name)
            .await
            .map_err(|error| self.failed_on(name, DOING, error))?;
        let unreadable = |reason: String| EngineError::Unreadable {
            engine: self.name().to_owned(),
            doing: DOING,
            reason,
        };
        let id = inspected.id.unwrap_or_default();
        let id = id
            .parse()
            .map_err(|error: outcrop_model::DigestError| unreadable(error.to_string()))?;
        let diff_ids = inspected
            .root_fs
            .and_then(|layers| layers.layers)
            .unwrap_or_default()
            .iter()
            .map(|text| text.parse())
            .collect::<Result<Vec<DiffId>, _>>()
            .map_err(|error| unreadable(error.to_string()))?;
        let config = inspected.config.unwrap_or_default();
        let mut volumes = config.volumes.unwrap_or_default();
        let mut exposed_ports = config.exposed_ports.unwrap_or_default();
        volumes.sort_unstable();
        exposed_ports.sort_unstable();
        let health_check = config.healthcheck.and_then(|check| check.test);
        let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
        Ok(EngineImageFacts {
            id,
            references: inspected
                .repo_tags
                .iter()
                .flatten()
                .filter(|text| !text.contains("<none>"))
                .map(|text| EngineReference {
                    as_given: shown(text),
                    normalized: reference::normalized(&shown(text)),
                })
                .collect(),
            repository_digests: inspected
                .repo_digests
                .iter()
                .flatten()
                .filter(|text| !text.contains("<none>"))
                .map(|text| shown(text))
                .collect(),
            platform: Platform {
                os: filled(inspected.os).unwrap_or_else(|| "linux".to_owned()),
                architecture: filled(inspected.architecture).unwrap_or_default(),
                variant: filled(inspected.variant),
            },
            created: inspected.created.and_then(|text| text.parse().ok()),
            size: inspected
                .size
                .and_then(|size| u64::try_from(size).ok())
                .unwrap_or(0),
            user: config.user.unwrap_or_default(),
            labels: config.labels.unwrap_or_default().into_iter().collect(),
            diff_ids,
            environment: config.env.unwrap_or_default(),
            on_build: config.on_build.unwrap_or_default(),
            entrypoint: config.entrypoint.unwrap_or_default(),
            command: config.cmd.unwrap_or_default(),
            run: RunSettings {
                exposed_ports,
                volumes,
                health_check: health_check.filter(|test| !test.is_empty()),
            },
        })
    }

    /// The history of the image that `name` (a name or ID) stands for, oldest step first.
    pub async fn history(&self, name: &str) -> Result<Vec<EngineHistoryEntry>, EngineError> {
        let name = reference::checked(name)?;
        let history = self
            .inner
            .docker
            .image_history(name)
            .await
            .map_err(|error| self.failed_on(name, "read an image's history", error))?;
        Ok(history
            .into_iter()
            .rev()
            .map(|entry| EngineHistoryEntry {
                created: Timestamp::from_second(entry.created).ok(),
                created_by: entry.created_by,
                comment: entry.comment,
                size: u64::try_from(entry.size).unwrap_or(0),
                image: entry.id.parse().ok(),
            })
            .collect())
    }

    /// Docker's own record of a pull or build, kept by the containerd store alone.
    pub(super) async fn recorded_origin(&self, id: &str) -> Result<Option<Origin>, EngineError> {
        let identity = self
            .inner
            .docker
            .inspect_image(id)
            .await
            .map_err(|error| self.failed_on(id, "inspect an image", error))?
            .identity;
        let Some(identity) = identity else {
            return Ok(None);
        };
        if let Some(build) = identity.build.iter().flatten().next() {
            let record = format!(
                "built, as `{}`",
                shown(build._ref.as_deref().unwrap_or_default())
            );
            return Ok(Some(Origin::Built(OriginReason::EngineRecord(record))));
        }
        if let Some(pull) = identity.pull.iter().flatten().next() {
            let repository = shown(pull.repository.as_deref().unwrap_or_default());
            let record = format!("pulled from `{repository}`");
            return Ok(Some(Origin::Pulled(OriginReason::EngineRecord(record))));
        }
        Ok(None)
    }
}
