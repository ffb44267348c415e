//! The engine's image list, with what is needed to show and to choose an image.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use bollard::models::{ContainerSummary, ImageSummary};
use bollard::query_parameters::{ListContainersOptionsBuilder, ListImagesOptionsBuilder};
use futures_util::StreamExt as _;
use jiff::Timestamp;
use outcrop_model::{ConfigDigest, Digest};

use super::Engine;
use super::endpoint::EngineKind;
use super::error::{EngineError, shown};
use super::origin::{self, Origin, OriginReason, Step, Traces};
use super::peek::PEEK_LABEL;
use super::reference;

/// Histories asked for at the same time, so that a long list does not flood an engine.
const CONCURRENT_HISTORIES: usize = 8;

/// How often a list is asked for while images vanish from under it.
const LIST_ATTEMPTS: usize = 5;
const LIST_PAUSE: Duration = Duration::from_millis(50);

/// An image as an engine lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineImage {
    /// Name of the engine.
    pub engine: String,
    /// The engine's ID of the image. The configuration's digest, except where
    /// [`EngineFacts::containerd_store`](super::EngineFacts::containerd_store): there it is the
    /// digest of the manifest or index.
    pub id: Digest,
    /// The configuration's digest, where the engine's ID is that.
    pub config_digest: Option<ConfigDigest>,
    /// Its names, in the engine's order.
    pub references: Vec<EngineReference>,
    /// Names with manifest digests, as `docker.io/library/debian@sha256:…`.
    pub repository_digests: Vec<String>,
    /// Bytes, as the engine counts them: Docker sums file sizes, Podman sizes of layer archives.
    pub size: u64,
    /// When it was built, as the image claims; none where it does not say.
    pub created: Option<Timestamp>,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// True where no name is left.
    pub dangling: bool,
    /// The image it stands on: kept by Docker's classic builder, worked out by Podman.
    pub parent: Option<Digest>,
    /// Containers made from it, running or not; none where the engine could not list them.
    pub used_by: Option<Vec<ContainerUse>>,
    /// Pulled, built or imported, with the reason.
    pub origin: Origin,
}

/// One name of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineReference {
    /// As the engine writes it: Docker `x:1`, Podman `localhost/x:1`.
    pub as_given: String,
    /// Written out in full: `docker.io/library/x:1`, `localhost/x:1`.
    pub normalized: String,
}

/// A container that was made from an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerUse {
    /// The engine's ID.
    pub id: String,
    /// Its name, without the leading slash.
    pub name: String,
    /// True while it runs.
    pub running: bool,
}

impl EngineImage {
    /// True where a user who types `name` may mean this image: one of its names in short or full
    /// form, a repository digest, or the first six digits or more of its ID.
    pub fn answers_to(&self, name: &str) -> bool {
        let hex = name.strip_prefix("sha256:").unwrap_or(name);
        let is_id = hex.len() >= 6 && hex.len() <= 64 && hex.bytes().all(|b| b.is_ascii_hexdigit());
        if is_id && self.id.hex().starts_with(&hex.to_ascii_lowercase()) {
            return true;
        }
        let candidates = reference::candidates(name);
        self.references
            .iter()
            .any(|own| candidates.contains(&own.normalized))
            || self
                .repository_digests
                .iter()
                .any(|own| candidates.contains(&reference::normalized(own)))
    }
}

impl Engine {
    /// Every image of the engine but hidden build steps, in the engine's order.
    pub async fn images(&self) -> Result<Vec<EngineImage>, EngineError> {
        const DOING: &str = "list its images";
        // Never with `digests=true`: Podman answers that with an empty body.
        let images = ListImagesOptionsBuilder::default().all(false).build();
        let containers = ListContainersOptionsBuilder::default().all(true).build();
        let docker = &self.inner.docker;
        let (images, containers) = tokio::join!(
            steady(|| docker.list_images(Some(images.clone()))),
            steady(|| docker.list_containers(Some(containers.clone())))
        );
        let images = images.map_err(|error| self.failed(DOING, error))?;
        let uses = match containers {
            Ok(containers) => Some(uses_by_image(containers)),
            Err(error) => {
                let error = self.failed("list its containers", error);
                tracing::warn!(engine = self.name(), %error, "containers are not known");
                None
            }
        };

        let mut listed = Vec::with_capacity(images.len());
        for summary in images {
            listed.push(self.listed(summary, uses.as_ref(), DOING)?);
        }
        self.find_origins(&mut listed).await;
        Ok(listed)
    }

    fn listed(
        &self,
        summary: ImageSummary,
        uses: Option<&HashMap<Digest, Vec<ContainerUse>>>,
        doing: &'static str,
    ) -> Result<EngineImage, EngineError> {
        let id: Digest = summary
            .id
            .parse()
            .map_err(
                |error: outcrop_model::DigestError| EngineError::Unreadable {
                    engine: self.name().to_owned(),
                    doing,
                    reason: error.to_string(),
                },
            )?;
        let named = |text: &String| !text.contains("<none>");
        let references: Vec<EngineReference> = summary
            .repo_tags
            .iter()
            .filter(|text| named(text))
            .map(|text| EngineReference {
                as_given: shown(text),
                normalized: reference::normalized(&shown(text)),
            })
            .collect();
        let repository_digests: Vec<String> = summary
            .repo_digests
            .iter()
            .filter(|text| named(text))
            .map(|text| shown(text))
            .collect();
        Ok(EngineImage {
            engine: self.name().to_owned(),
            id,
            config_digest: (!self.facts().containerd_store).then_some(ConfigDigest(id)),
            dangling: references.is_empty(),
            references,
            repository_digests,
            size: u64::try_from(summary.size).unwrap_or(0),
            created: (summary.created >= 0)
                .then(|| Timestamp::from_second(summary.created).ok())
                .flatten(),
            labels: summary.labels.into_iter().collect(),
            parent: summary.parent_id.parse().ok(),
            used_by: uses.map(|uses| uses.get(&id).cloned().unwrap_or_default()),
            origin: Origin::Unknown(OriginReason::NoTrace),
        })
    }

    /// The IDs of all images, hidden build steps too: Buildah's histories name them.
    async fn all_ids(&self) -> Vec<String> {
        let options = ListImagesOptionsBuilder::default().all(true).build();
        match self.inner.docker.list_images(Some(options)).await {
            Ok(images) => images
                .iter()
                .filter_map(|image| Some(image.id.parse::<Digest>().ok()?.hex()))
                .collect(),
            Err(error) => {
                let error = self.failed("list its build steps", error);
                tracing::debug!(engine = self.name(), %error, "build steps are not known");
                Vec::new()
            }
        }
    }

    async fn find_origins(&self, images: &mut [EngineImage]) {
        let mut undecided = Vec::new();
        for (place, image) in images.iter_mut().enumerate() {
            let names = as_given(image);
            if let Some(origin) = origin::from_list(&self.traces(image, &names)) {
                image.origin = origin;
            } else {
                undecided.push(place);
            }
        }
        if undecided.is_empty() {
            return;
        }
        let ids = match self.kind() {
            EngineKind::Podman => self.all_ids().await,
            EngineKind::Docker => Vec::new(),
        };
        let (images_read, ids) = (&*images, &ids);
        let lookups: Vec<_> = undecided
            .into_iter()
            .map(|place| async move { (place, self.origin(&images_read[place], ids).await) })
            .collect();
        let found: Vec<(usize, Origin)> = futures_util::stream::iter(lookups)
            .buffer_unordered(CONCURRENT_HISTORIES)
            .collect()
            .await;
        for (place, origin) in found {
            images[place].origin = origin;
        }
    }

    /// The origin by history and the engine's record; kept by ID once it is known.
    async fn origin(&self, image: &EngineImage, ids: &[String]) -> Origin {
        let kept = self
            .inner
            .origins
            .lock()
            .ok()
            .and_then(|kept| kept.get(&image.id).cloned());
        if let Some(origin) = kept {
            return origin;
        }
        let origin = match self.asked_origin(image, ids).await {
            Ok(origin) => origin,
            Err(error) => return Origin::Unknown(OriginReason::NotAsked(error.to_string())),
        };
        if let Ok(mut kept) = self.inner.origins.lock() {
            kept.insert(image.id, origin.clone());
        }
        origin
    }

    async fn asked_origin(
        &self,
        image: &EngineImage,
        ids: &[String],
    ) -> Result<Origin, EngineError> {
        let id = image.id.to_string();
        if self.facts().containerd_store
            && let Some(origin) = self.recorded_origin(&id).await?
        {
            return Ok(origin);
        }
        let history = self.history(&id).await?;
        let steps: Vec<Step<'_>> = history
            .iter()
            .map(|entry| Step {
                comment: &entry.comment,
            })
            .collect();
        let names = as_given(image);
        Ok(origin::from_history(
            &self.traces(image, &names),
            &steps,
            |id| ids.iter().any(|own| own.starts_with(id)),
        ))
    }

    fn traces<'a>(&self, image: &'a EngineImage, names: &'a [String]) -> Traces<'a> {
        Traces {
            digests_mean_registry: self.kind() == EngineKind::Docker
                && !self.facts().containerd_store,
            parent_means_build: self.kind() == EngineKind::Docker,
            parent: image.parent,
            repository_digests: &image.repository_digests,
            references: names,
            buildah_label: match self.kind() {
                EngineKind::Podman => image.labels.get("io.buildah.version").map(String::as_str),
                EngineKind::Docker => None,
            },
        }
    }
}

/// Asks again where a list failed because something on it was just removed: Podman 4.3 answers
/// that with status 500 and `image not known` or `no such container`.
async fn steady<T, F>(ask: impl Fn() -> F) -> Result<T, bollard::errors::Error>
where
    F: Future<Output = Result<T, bollard::errors::Error>>,
{
    for _ in 1..LIST_ATTEMPTS {
        match ask().await {
            Err(bollard::errors::Error::DockerResponseServerError {
                status_code: 500,
                message,
            }) if message.contains("not known") || message.contains("no such container") => {
                tokio::time::sleep(LIST_PAUSE).await;
            }
            outcome => return outcome,
        }
    }
    ask().await
}

fn as_given(image: &EngineImage) -> Vec<String> {
    image
        .references
        .iter()
        .map(|reference| reference.as_given.clone())
        .collect()
}

/// Containers by the image they were made from, our own peeks left out.
fn uses_by_image(containers: Vec<ContainerSummary>) -> HashMap<Digest, Vec<ContainerUse>> {
    let mut uses: HashMap<Digest, Vec<ContainerUse>> = HashMap::new();
    for container in containers {
        let is_ours = container
            .labels
            .is_some_and(|labels| labels.contains_key(PEEK_LABEL));
        let image = container.image_id.and_then(|id| id.parse().ok());
        let (false, Some(image)) = (is_ours, image) else {
            continue;
        };
        let name = container.names.and_then(|names| names.into_iter().next());
        uses.entry(image).or_default().push(ContainerUse {
            id: container.id.unwrap_or_default(),
            name: shown(name.unwrap_or_default().trim_start_matches('/')),
            running: container.state == Some(bollard::models::ContainerSummaryStateEnum::RUNNING),
        });
    }
    uses
}
