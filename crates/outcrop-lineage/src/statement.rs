//! What is said of one image's base, and the evidence in words.

use jiff::Timestamp;
use outcrop_model::HistoryEntry;

use crate::boundary;
use crate::claim::{self, Claim};
use crate::edge::{Class, Edge, Parent};
use crate::history::Fit;
use crate::index::{Found, Image, Index, Search};

/// An engine's own record of parents is followed this far: more steps than any build has.
const MAX_ENGINE_STEPS: usize = 4_096;

/// What is said of one image while the graph is made.
pub(crate) struct View<'i, 'a> {
    pub(crate) index: &'i Index<'a>,
    pub(crate) names: &'i [String],
    pub(crate) child: usize,
}

impl View<'_, '_> {
    pub(crate) fn image(&self) -> &Image<'_> {
        &self.index.images[self.child]
    }

    /// The edges of an image and the names by which it calls its base.
    pub(crate) fn edges(&self, search: &Search) -> (Vec<Edge>, Vec<String>) {
        let image = self.image();
        let found = search.found.as_ref();
        let parent = found.map(|found| &self.index.images[found.parent]);
        let first_entry = match (found, parent) {
            (Some(found), Some(parent)) if found.fit == Fit::Follows => parent.config.history.len(),
            _ => 0,
        };
        let claims = claim::collect(
            image.config,
            &image.facts.annotations,
            parent.map(|parent| &parent.config.labels),
            first_entry,
        );
        let mut local = found.map(|found| Edge {
            parent: Parent::Image(self.index.images[found.parent].config.digest),
            class: Class::Exact,
            layers: found.layers,
            evidence: self.proof(found),
        });
        let mut edges = Vec::new();
        let mut base_names = Vec::new();
        for claim in claims {
            let layers_known = local.as_ref().map_or(0, |edge| edge.layers);
            // A rewritten history still carries the claims of ancestors further down.
            if local.is_some() && claim.layers.is_some_and(|layers| layers < layers_known) {
                continue;
            }
            let mut evidence = self.check(&claim, found.map(|found| found.parent));
            let is_here = self
                .index
                .named(&claim.name)
                .iter()
                .any(|&named| self.index.begins_with(self.child, named) && named != self.child);
            match &mut local {
                Some(edge)
                    if is_here || claim.layers.is_none_or(|layers| layers <= layers_known) =>
                {
                    edge.evidence.append(&mut evidence);
                }
                _ => edges.push(self.declared(&claim, evidence)),
            }
            base_names.push(claim.name);
        }
        edges.sort_by_key(|edge| std::cmp::Reverse(edge.layers));
        match local {
            Some(edge) => edges.push(edge),
            None if edges.is_empty() => edges.push(self.guessed(search.sibling)),
            None => {}
        }
        (edges, base_names)
    }

    /// What the bytes and the histories of an image and its parent say.
    fn proof(&self, found: &Found) -> Vec<String> {
        let image = self.image();
        let parent = &self.index.images[found.parent];
        let name = &self.names[found.parent];
        let (layers, all) = (found.layers, image.config.diff_ids.len());
        let mut evidence = vec![if layers == all {
            format!(
                "its layers ({all}) are exactly those of `{name}`; only the configuration differs"
            )
        } else {
            format!("its lowest {layers} of {all} layers are byte-identical to those of `{name}`")
        }];
        let entries = parent.config.history.len();
        evidence.push(match found.fit {
            _ if entries == 0 => format!("`{name}` has no history to compare"),
            Fit::Follows => {
                // Engines tell seconds, configurations more.
                let times = |entry: &HistoryEntry| {
                    let time: Option<Timestamp> = entry.created.as_deref()?.parse().ok();
                    time.map(Timestamp::as_second)
                };
                let same_times = image
                    .config
                    .history
                    .iter()
                    .take(entries)
                    .map(times)
                    .eq(parent.config.history.iter().map(times));
                if same_times {
                    format!("its history begins with the {entries} entries of `{name}`")
                } else {
                    format!(
                        "its history begins with the {entries} entries of `{name}`, made at other times: the same steps gave the same bytes"
                    )
                }
            }
            Fit::Rewritten | Fit::Sibling => format!(
                "its history does not begin with that of `{name}`: it was rewritten after the build, as by a rebase"
            ),
        });
        if engine_steps(self.index, self.child).any(|step| step == found.parent) {
            evidence.push(format!("the engine recorded `{name}` as its parent"));
        }
        evidence
    }

    /// What a claim says, held against the images that are here.
    fn check(&self, claim: &Claim, parent: Option<usize>) -> Vec<String> {
        let source = claim.sources.join(" and ");
        let named: Vec<usize> = self
            .index
            .named(&claim.name)
            .iter()
            .copied()
            .filter(|&other| self.index.images[other].platform == self.image().platform)
            .collect();
        let mut evidence = vec![if parent.is_some_and(|parent| named.contains(&parent)) {
            format!("{source}, which is a name of it")
        } else if let Some(&other) = named.first() {
            let digest = self.index.images[other].config.digest;
            if other == self.child {
                format!("{source}; that tag has moved since the build: it names this image now")
            } else if self.index.begins_with(self.child, other) {
                source
            } else {
                format!(
                    "{source}; that tag has moved since the build: it names {} now, whose layers are not in this image",
                    digest.0.short()
                )
            }
        } else {
            format!("{source}, a name that no image here has")
        }];
        if let Some(digest) = &claim.digest {
            let known = self.index.with_digest(digest);
            evidence.push(match known.first() {
                Some(_) if parent.is_some_and(|parent| known.contains(&parent)) => {
                    format!("the digest that it declares for the base is that of the parent: {digest}")
                }
                Some(&other) if !self.index.begins_with(self.child, other) => format!(
                    "the digest that it declares for the base is contradicted by the bytes: it is that of `{}`, whose layers are not in this image",
                    self.names[other]
                ),
                Some(&other) => format!(
                    "the digest that it declares for the base is that of `{}`",
                    self.names[other]
                ),
                None => format!(
                    "the digest that it declares for the base is not verified, no image here has it: {digest}"
                ),
            });
        }
        evidence
    }

    /// A base that is claimed and not here.
    fn declared(&self, claim: &Claim, evidence: Vec<String>) -> Edge {
        let image = self.image();
        let mut evidence = evidence;
        let layers = claim.layers.unwrap_or_else(|| {
            let Some(guess) = boundary::guess(image.config, image.distribution) else {
                return 0;
            };
            evidence.extend(guess.evidence);
            guess.layers
        });
        if let Some(sentence) = flattened(image) {
            evidence.push(sentence);
        }
        Edge {
            parent: Parent::Reference {
                name: claim.name.clone(),
                digest: claim.digest.clone(),
            },
            class: Class::Declared,
            layers: layers.min(image.config.diff_ids.len()),
            evidence,
        }
    }

    /// What can be said where neither bytes nor claims tell of a base.
    fn guessed(&self, sibling: Option<(usize, usize)>) -> Edge {
        let image = self.image();
        let shared = sibling.map(|(other, layers)| {
            format!(
                "its lowest {layers} layers are those of `{}`, made by the same steps, but each went on differently: both come from one build or from an image that is not here",
                self.names[other]
            )
        });
        let (parent, class, layers, mut evidence) =
            if let Some(guess) = boundary::guess(image.config, image.distribution) {
                let parent = Parent::Unnamed {
                    description: guess.description,
                };
                (parent, Class::Inferred, guess.layers, guess.evidence)
            } else if boundary::starts_a_distribution(image.config, image.distribution) {
                let sentence = "its lowest layer is the root filesystem of a distribution";
                (
                    Parent::Scratch,
                    Class::Inferred,
                    0,
                    vec![sentence.to_owned()],
                )
            } else if boundary::starts_from_scratch(image.config, image.distribution) {
                let sentence =
                    "its first layer was copied from a build context and it holds no os-release";
                (
                    Parent::Scratch,
                    Class::Inferred,
                    0,
                    vec![sentence.to_owned()],
                )
            } else {
                let sentence =
                    "no image here has the layers that this one begins with, and it names no base";
                (
                    Parent::Unknown,
                    Class::Unknown,
                    0,
                    vec![sentence.to_owned()],
                )
            };
        evidence.extend(shared);
        evidence.extend(flattened(image));
        Edge {
            parent,
            class,
            layers,
            evidence,
        }
    }

    /// The edge to a parent that the engine recorded and the bytes do not show.
    pub(crate) fn recorded(&self, parent: usize) -> Edge {
        let mut evidence = vec![format!(
            "the engine recorded `{}` as its parent while building it; its layers do not show it",
            self.names[parent]
        )];
        evidence.extend(flattened(self.image()));
        Edge {
            parent: Parent::Image(self.index.images[parent].config.digest),
            class: Class::Declared,
            layers: self.index.shared_layers(self.child, parent),
            evidence,
        }
    }
}

/// Why the layers of an image say nothing of its base, where that can be told.
fn flattened(image: &Image<'_>) -> Option<String> {
    let history = &image.config.history;
    let made = history.iter().filter(|entry| !entry.empty_layer).count();
    let layers = image.config.diff_ids.len();
    if history
        .iter()
        .any(|entry| entry.comment.starts_with("Imported from"))
    {
        Some("it was imported from a file, which keeps neither layers nor history".to_owned())
    } else if made > layers {
        Some(format!(
            "its layers were squashed: the history tells of {made} and there are {layers}"
        ))
    } else {
        None
    }
}

/// The images that an engine recorded as parent, its parent, and so on, as far as they are here.
pub(crate) fn engine_steps(index: &Index<'_>, child: usize) -> impl Iterator<Item = usize> {
    let mut at = child;
    std::iter::from_fn(move || {
        let parent = index.images[at].engine_parent?;
        at = *index.at.get(&parent)?;
        Some(at)
    })
    .take(MAX_ENGINE_STEPS)
    .take_while(move |&step| step != child)
}
