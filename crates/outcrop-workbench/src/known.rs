//! What is known of images: what engines tell of them, and what scans kept.

use std::collections::{BTreeMap, HashMap, HashSet};

use futures_util::StreamExt as _;
use outcrop_lineage::{Distribution, Graph, ImageFacts, Origin};
use outcrop_model::{ConfigDigest, ImageConfig, Inventory, Problem};
use outcrop_posture::conceal;
use outcrop_sources::engine::{Engine, EngineImage, normalized};
use outcrop_store::Scan;
use serde::{Deserialize, Serialize};

use crate::error::WorkbenchError;
use crate::families::{engine_config, identity, image_facts};
use crate::workbench::Workbench;

/// Images that an engine is asked about at the same time.
const QUESTIONS_AT_ONCE: usize = 8;

/// Prefix of a source that is a file, before its path.
pub(crate) const ARCHIVE_SOURCE: &str = "archive:";

/// A scan as the store keeps it: everything that a report is projected from, but the findings.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct KeptScan {
    pub(crate) name: String,
    /// Name of an engine, or [`ARCHIVE_SOURCE`] and a path, or `standard input`.
    pub(crate) source: String,
    pub(crate) references: Vec<String>,
    pub(crate) repository_digests: Vec<String>,
    pub(crate) config: ImageConfig,
    pub(crate) inventory: Inventory,
    /// Problems of the archive.
    pub(crate) problems: Vec<Problem>,
}

impl KeptScan {
    pub(crate) fn decode(scan: &Scan) -> Option<Self> {
        let mut kept: Self = serde_json::from_slice(&scan.inventory).ok()?;
        // Kept before secrets were looked for.
        kept.config = conceal(kept.config);
        Some(kept)
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// What the scan adds to the knowledge of its image.
    pub(crate) fn known(&self) -> KnownImage {
        KnownImage {
            config: self.config.clone(),
            references: self.references.clone(),
            repository_digests: self.repository_digests.clone(),
            sources: vec![self.source.clone()],
            origin: KnownOrigin::Unknown,
            engine_parent: None,
            distribution: match &self.inventory.operating_system {
                None => KnownDistribution::Absent,
                Some(system) => KnownDistribution::Found(system.display_name()),
            },
        }
    }
}

/// What is known of an image whether or not it was scanned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KnownImage {
    pub(crate) config: ImageConfig,
    pub(crate) references: Vec<String>,
    pub(crate) repository_digests: Vec<String>,
    pub(crate) sources: Vec<String>,
    pub(crate) origin: KnownOrigin,
    pub(crate) engine_parent: Option<ConfigDigest>,
    pub(crate) distribution: KnownDistribution,
}

/// What a scan said of the distribution.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum KnownDistribution {
    #[default]
    NotLooked,
    Absent,
    Found(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum KnownOrigin {
    Pulled,
    Built,
    Imported,
    Unknown,
}

impl KnownImage {
    fn of_facts(facts: ImageFacts, distribution: KnownDistribution) -> Self {
        Self {
            config: facts.config,
            references: facts.references,
            repository_digests: facts.repository_digests,
            sources: facts.engines,
            origin: match facts.origin {
                Origin::Pulled => KnownOrigin::Pulled,
                Origin::Built => KnownOrigin::Built,
                Origin::Imported => KnownOrigin::Imported,
                Origin::Unknown => KnownOrigin::Unknown,
            },
            engine_parent: facts.engine_parent,
            distribution,
        }
    }

    fn facts(&self) -> ImageFacts {
        ImageFacts {
            config: self.config.clone(),
            references: self.references.clone(),
            repository_digests: self.repository_digests.clone(),
            engines: self.sources.clone(),
            origin: match self.origin {
                KnownOrigin::Pulled => Origin::Pulled,
                KnownOrigin::Built => Origin::Built,
                KnownOrigin::Imported => Origin::Imported,
                KnownOrigin::Unknown => Origin::Unknown,
            },
            annotations: BTreeMap::new(),
            engine_parent: self.engine_parent,
            distribution: match &self.distribution {
                KnownDistribution::NotLooked => Distribution::NotLooked,
                KnownDistribution::Absent => Distribution::Absent,
                KnownDistribution::Found(name) => Distribution::Found {
                    name: name.clone(),
                    layer: 0,
                },
            },
            copied_from_by: Vec::new(),
        }
    }
}

/// The family of everything known. `present` are named as they are named now; the others keep
/// only names that nobody has taken over.
pub(crate) fn graph<'a>(
    known: impl IntoIterator<Item = (&'a ConfigDigest, &'a KnownImage)>,
    present: &HashSet<ConfigDigest>,
) -> Graph {
    let mut known: Vec<(&ConfigDigest, &KnownImage)> = known.into_iter().collect();
    known.sort_by_key(|(digest, _)| (!present.contains(digest), **digest));
    let mut taken: HashSet<String> = HashSet::new();
    let facts: Vec<ImageFacts> = known
        .into_iter()
        .map(|(digest, image)| {
            let mut facts = image.facts();
            if present.contains(digest) {
                taken.extend(facts.references.iter().map(|name| normalized(name)));
            } else {
                facts
                    .references
                    .retain(|name| !taken.contains(&normalized(name)));
            }
            facts
        })
        .collect();
    Graph::of(&facts)
}

/// All engines' images and the family of everything known.
pub(crate) struct Listing {
    pub(crate) images: Vec<EngineImage>,
    pub(crate) known: HashMap<ConfigDigest, KnownImage>,
    pub(crate) present: HashSet<ConfigDigest>,
}

impl Listing {
    pub(crate) fn graph(&self) -> Graph {
        graph(&self.known, &self.present)
    }
}

impl Workbench {
    /// What the store knows of images, without asking an engine.
    pub(crate) async fn known_images(
        &self,
    ) -> Result<HashMap<ConfigDigest, KnownImage>, WorkbenchError> {
        let kept = self.shared.store.known_images().await?;
        Ok(kept
            .into_iter()
            .filter_map(|(digest, facts)| Some((digest, serde_json::from_slice(&facts).ok()?)))
            .collect())
    }

    pub(crate) async fn remember_images(
        &self,
        images: &HashMap<ConfigDigest, KnownImage>,
    ) -> Result<(), WorkbenchError> {
        let encoded: Vec<_> = images
            .iter()
            .filter_map(|(digest, image)| Some((*digest, serde_json::to_vec(image).ok()?)))
            .collect();
        Ok(self.shared.store.put_known_images(&encoded).await?)
    }

    /// Asks `engines` for their images, and for what is not known of them yet.
    ///
    /// An engine that fails is left out: its state says why.
    pub(crate) async fn listing(&self, engines: &[Engine]) -> Result<Listing, WorkbenchError> {
        let lists = futures_util::future::join_all(engines.iter().map(|engine| async move {
            match engine.images().await {
                Ok(images) => images,
                Err(error) => {
                    tracing::warn!(engine = engine.name(), %error, "its images are not known");
                    Vec::new()
                }
            }
        }))
        .await;
        let mut known = self.known_images().await?;
        let mut learned: HashMap<ConfigDigest, KnownImage> = HashMap::new();
        let mut present = HashSet::new();

        let mut questions = Vec::new();
        for (engine, images) in engines.iter().zip(&lists) {
            for image in images {
                questions.push(asked_facts(engine, image, known.get(&identity(image))));
            }
        }
        let answers: Vec<Option<(ConfigDigest, ImageFacts)>> =
            futures_util::stream::iter(questions)
                .buffered(QUESTIONS_AT_ONCE)
                .collect()
                .await;

        for (digest, facts) in answers.into_iter().flatten() {
            let distribution = known
                .get(&digest)
                .map(|image| image.distribution.clone())
                .unwrap_or_default();
            let mut now = KnownImage::of_facts(facts, distribution);
            if !present.insert(digest)
                && let Some(elsewhere) = learned.get(&digest).or_else(|| known.get(&digest))
            {
                // The same image in a second engine: its names come on top.
                merge_names(&mut now, elsewhere);
            }
            if known.get(&digest) != Some(&now) {
                // An image without a name may be a step of a build that is going on: it is told of
                // while it is there, and not remembered as a possible ancestor.
                if !now.references.is_empty() || !now.repository_digests.is_empty() {
                    learned.insert(digest, now.clone());
                }
                known.insert(digest, now);
            }
        }
        if let Err(error) = self.remember_images(&learned).await {
            // A full disk costs a question at the next start, not the list.
            tracing::warn!(%error, "what engines tell of images is not kept");
        }
        Ok(Listing {
            images: lists.into_iter().flatten().collect(),
            known,
            present,
        })
    }
}

fn merge_names(image: &mut KnownImage, other: &KnownImage) {
    for (names, others) in [
        (&mut image.references, &other.references),
        (&mut image.repository_digests, &other.repository_digests),
        (&mut image.sources, &other.sources),
    ] {
        for name in others {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
    }
    if image.origin == KnownOrigin::Unknown {
        image.origin = other.origin;
    }
}

/// Facts of a listed image; the engine is asked only where nothing is known of it. `None` for an
/// image that went away between the list and the question.
async fn asked_facts(
    engine: &Engine,
    image: &EngineImage,
    known: Option<&KnownImage>,
) -> Option<(ConfigDigest, ImageFacts)> {
    let digest = identity(image);
    // What was noted before it was asked how a container runs is asked again.
    if let Some(known) = known.filter(|known| known.config.run.is_some()) {
        return Some((digest, image_facts(image, known.config.clone())));
    }
    let id = image.id.to_string();
    match tokio::try_join!(engine.inspect(&id), engine.history(&id)) {
        Ok((facts, history)) => {
            let config = conceal(engine_config(digest, &facts, &history));
            Some((digest, image_facts(image, config)))
        }
        Err(error) => {
            tracing::debug!(engine = engine.name(), %error, "an image is not told of");
            None
        }
    }
}
