//! The local images by what their bytes are, and the search for the one an image is built on.

use std::cmp::Reverse;
use std::collections::HashMap;

use jiff::Timestamp;
use outcrop_model::{ChainId, ConfigDigest, ImageConfig, Platform};

use crate::facts::{Distribution, ImageFacts, Origin};
use crate::history::{Fit, Histories, Trace};
use crate::reference::familiar;

/// One image, whatever number of engines holds it.
pub(crate) struct Image<'a> {
    pub(crate) config: &'a ImageConfig,
    /// What the first mention says; the fields below join all mentions.
    pub(crate) facts: &'a ImageFacts,
    pub(crate) references: Vec<String>,
    pub(crate) repository_digests: Vec<String>,
    pub(crate) engines: Vec<String>,
    pub(crate) origin: Origin,
    pub(crate) engine_parent: Option<ConfigDigest>,
    pub(crate) distribution: &'a Distribution,
    pub(crate) copied_from_by: Vec<String>,
    pub(crate) created: Option<Timestamp>,
    pub(crate) platform: Platform,
    chain: Vec<ChainId>,
    /// Layers at the bottom that are tars without entries: no evidence of kinship.
    empty_below: usize,
    trace: Trace,
}

impl Image<'_> {
    fn layers(&self) -> usize {
        self.chain.len()
    }
}

/// What an image is built on, as the bytes tell.
pub(crate) struct Found {
    /// Position of the parent.
    pub(crate) parent: usize,
    /// Layers that are the parent's.
    pub(crate) layers: usize,
    /// How the histories stand to each other.
    pub(crate) fit: Fit,
}

/// Result of the search for a parent.
pub(crate) struct Search {
    pub(crate) found: Option<Found>,
    /// An image whose layers all lie in this one and which is no ancestor: the one with most layers.
    pub(crate) sibling: Option<(usize, usize)>,
}

pub(crate) struct Index<'a> {
    pub(crate) images: Vec<Image<'a>>,
    pub(crate) at: HashMap<ConfigDigest, usize>,
    tops: HashMap<ChainId, Vec<usize>>,
    names: HashMap<String, Vec<usize>>,
    digests: HashMap<&'a str, Vec<usize>>,
}

impl<'a> Index<'a> {
    pub(crate) fn of(facts: &'a [ImageFacts]) -> Self {
        let mut images: Vec<Image<'a>> = Vec::with_capacity(facts.len());
        let mut at = HashMap::with_capacity(facts.len());
        let (mut steps, mut layered_steps) = (Histories::default(), Histories::default());
        for one in facts {
            let config = &one.config;
            let position = *at.entry(config.digest).or_insert_with(|| {
                images.push(Image {
                    config,
                    facts: one,
                    references: Vec::new(),
                    repository_digests: Vec::new(),
                    engines: Vec::new(),
                    origin: one.origin,
                    engine_parent: None,
                    distribution: &Distribution::NotLooked,
                    copied_from_by: Vec::new(),
                    created: config.created.as_deref().and_then(|time| time.parse().ok()),
                    platform: normal(&config.platform),
                    chain: config.chain_ids(),
                    empty_below: config
                        .diff_ids
                        .iter()
                        .take_while(|&&layer| layer == ChainId::EMPTY_LAYER)
                        .count(),
                    trace: Trace::of(&config.history, &mut steps, &mut layered_steps),
                });
                images.len() - 1
            });
            images[position].join(one);
        }
        let mut index = Self {
            images,
            at,
            tops: HashMap::new(),
            names: HashMap::new(),
            digests: HashMap::new(),
        };
        for (position, image) in index.images.iter().enumerate() {
            if let Some(&top) = image
                .chain
                .last()
                .filter(|_| image.empty_below < image.layers())
            {
                index.tops.entry(top).or_default().push(position);
            }
            for reference in &image.references {
                index
                    .names
                    .entry(familiar(reference))
                    .or_default()
                    .push(position);
            }
        }
        for one in facts {
            let position = index.at[&one.config.digest];
            for name in &one.repository_digests {
                let known = name
                    .rsplit_once('@')
                    .map_or(name.as_str(), |(_, digest)| digest);
                let holders = index.digests.entry(known).or_default();
                if !holders.contains(&position) {
                    holders.push(position);
                }
            }
        }
        index
    }

    /// The direct parent of an image by its bytes: the image with the longest stack of layers that
    /// this one begins with, same platform, whose history fits.
    pub(crate) fn parent(&self, child: usize) -> Search {
        let image = &self.images[child];
        let mut sibling = None;
        for layers in (image.empty_below + 1..=image.layers()).rev() {
            let Some(holders) = self.tops.get(&image.chain[layers - 1]) else {
                continue;
            };
            let mut best: Option<(_, Found)> = None;
            for &holder in holders {
                let other = &self.images[holder];
                if holder == child || other.platform != image.platform {
                    continue;
                }
                let fit = image
                    .trace
                    .fit(&other.trace, layers, image.layers() - layers);
                let possible = match fit {
                    Fit::Sibling => false,
                    Fit::Rewritten => layers < image.layers(),
                    // A child that adds no layer must add a history entry.
                    Fit::Follows => {
                        layers < image.layers() || other.trace.entries() < image.trace.entries()
                    }
                };
                if !possible {
                    if fit == Fit::Sibling && layers < image.layers() {
                        sibling.get_or_insert((holder, layers));
                    }
                    continue;
                }
                let follows = fit == Fit::Follows;
                let rank = (
                    follows,
                    if follows { other.trace.entries() } else { 0 },
                    !other.references.is_empty(),
                    other.created <= image.created,
                    other.created,
                    Reverse(other.config.digest),
                );
                if best.as_ref().is_none_or(|(known, _)| rank > *known) {
                    let parent = holder;
                    best = Some((
                        rank,
                        Found {
                            parent,
                            layers,
                            fit,
                        },
                    ));
                }
            }
            if let Some((_, found)) = best {
                return Search {
                    found: Some(found),
                    sibling,
                };
            }
        }
        Search {
            found: None,
            sibling,
        }
    }

    /// Images of the same layers on the same platform whose histories tell of the same steps.
    pub(crate) fn aliases(&self, of: usize) -> Vec<usize> {
        self.same_layers(of, |image, other| {
            other.platform == image.platform && other.trace.same(&image.trace)
        })
    }

    /// Images of other platforms that share all layers, a reference or a registry's digest: they
    /// are variants of one index, never parent and child.
    pub(crate) fn variants(&self, of: usize) -> Vec<usize> {
        let image = &self.images[of];
        let mut variants = self.same_layers(of, |_, _| true);
        for reference in &image.references {
            variants.extend(self.named(reference));
        }
        for name in &image.repository_digests {
            variants.extend(self.with_digest(name));
        }
        variants.retain(|&other| other != of && self.images[other].platform != image.platform);
        variants.sort_unstable();
        variants.dedup();
        variants
    }

    fn same_layers(&self, of: usize, keep: impl Fn(&Image<'a>, &Image<'a>) -> bool) -> Vec<usize> {
        let image = &self.images[of];
        let top = image.chain.last().and_then(|top| self.tops.get(top));
        top.into_iter()
            .flatten()
            .copied()
            .filter(|&other| other != of && keep(image, &self.images[other]))
            .collect()
    }

    /// Images that carry a name, in any spelling.
    pub(crate) fn named(&self, name: &str) -> &[usize] {
        self.names.get(&familiar(name)).map_or(&[], Vec::as_slice)
    }

    /// Images that a registry knows by a digest; `digest` may have a repository before it.
    pub(crate) fn with_digest(&self, digest: &str) -> &[usize] {
        let digest = digest.rsplit_once('@').map_or(digest, |(_, digest)| digest);
        self.digests.get(digest).map_or(&[], Vec::as_slice)
    }

    /// True where the layers of `whole` begin with all layers of `part`.
    pub(crate) fn begins_with(&self, whole: usize, part: usize) -> bool {
        let (whole, part) = (&self.images[whole], &self.images[part]);
        part.layers() > part.empty_below
            && whole.chain.get(part.layers() - 1) == part.chain.last()
            && whole.platform == part.platform
    }

    /// Layers at the bottom that two images share.
    pub(crate) fn shared_layers(&self, one: usize, other: usize) -> usize {
        let (one, other) = (&self.images[one].chain, &self.images[other].chain);
        one.iter().zip(other).take_while(|(a, b)| a == b).count()
    }
}

impl<'a> Image<'a> {
    /// Joins what another engine says of the same image.
    fn join(&mut self, facts: &'a ImageFacts) {
        if *self.distribution == Distribution::NotLooked {
            self.distribution = &facts.distribution;
        }
        for (known, more) in [
            (&mut self.references, &facts.references),
            (&mut self.repository_digests, &facts.repository_digests),
            (&mut self.engines, &facts.engines),
            (&mut self.copied_from_by, &facts.copied_from_by),
        ] {
            for one in more {
                if !known.contains(one) {
                    known.push(one.clone());
                }
            }
        }
        self.engine_parent = self.engine_parent.or(facts.engine_parent);
        let sureness = |origin| match origin {
            Origin::Built => 3,
            Origin::Pulled => 2,
            Origin::Imported => 1,
            Origin::Unknown => 0,
        };
        if sureness(facts.origin) > sureness(self.origin) {
            self.origin = facts.origin;
        }
    }
}

/// The platform in its normal form, as containerd's `platforms` package has it: `arm64` is
/// `arm64/v8`, `arm` is `arm/v7`, `amd64/v1` is `amd64`.
fn normal(platform: &Platform) -> Platform {
    let variant = match (platform.architecture.as_str(), platform.variant.as_deref()) {
        ("arm64", Some("v8")) | ("amd64", Some("v1")) => None,
        ("arm", None) => Some("v7"),
        (_, variant) => variant,
    };
    Platform {
        os: platform.os.clone(),
        architecture: platform.architecture.clone(),
        variant: variant.map(str::to_owned),
    }
}
