//! The families of all local images.

use std::collections::{HashMap, VecDeque};

use jiff::Timestamp;
use outcrop_model::{ConfigDigest, Platform};

use crate::boundary;
use crate::edge::{Class, Edge, Parent};
use crate::facts::{Distribution, ImageFacts, Origin};
use crate::index::{Image, Index};
use crate::reference::{familiar, repository};
use crate::role::{Position, Role, assign};
use crate::statement::{View, engine_steps};

/// All images and what they are built on.
#[derive(Debug)]
pub struct Graph {
    nodes: Vec<Node>,
    at: HashMap<ConfigDigest, usize>,
}

/// One image in its family.
#[derive(Clone, Debug)]
pub struct Node {
    /// Identity.
    pub digest: ConfigDigest,
    /// Name to show: the first reference in its shortest spelling, else repository and short
    /// digest, else the short digest.
    pub name: String,
    /// References over all engines.
    pub references: Vec<String>,
    /// Engines that hold it.
    pub engines: Vec<String>,
    /// Number of layers.
    pub layers: usize,
    /// Number of history entries.
    pub steps: usize,
    /// Bases that this image's own bytes and claims tell of, nearest first; never empty. Only the
    /// last can be an image that is here: what lies below it is told by its own node.
    pub edges: Vec<Edge>,
    /// Images built directly on it, in the order of [`Graph::nodes`].
    pub children: Vec<ConfigDigest>,
    /// Number of images built on it, directly or not.
    pub descendants: usize,
    /// Images of the same layers and the same steps: rebuilt or tagged twice, not related.
    pub aliases: Vec<ConfigDigest>,
    /// The same image for other platforms.
    pub variants: Vec<ConfigDigest>,
    /// Part that it plays.
    pub role: Role,
    /// Why, as a sentence without a final period.
    pub role_reason: String,
    pub(crate) repositories: Vec<String>,
    pub(crate) base_names: Vec<String>,
    pub(crate) created: Option<Timestamp>,
    pub(crate) platform: Platform,
    pub(crate) distribution: Distribution,
    origin: Origin,
    starts_a_distribution: bool,
    copied_from_by: usize,
}

impl Node {
    /// What the image is built on directly, as far as is known.
    pub fn nearest(&self) -> &Edge {
        &self.edges[0]
    }

    /// The edge to an image that is here, if there is one. Where it is not [`Node::nearest`], the
    /// bases between are not here.
    pub fn local(&self) -> Option<&Edge> {
        self.edges.last().filter(|edge| edge.image().is_some())
    }

    /// The nearest ancestor that is here.
    pub fn parent(&self) -> Option<ConfigDigest> {
        self.local().and_then(Edge::image)
    }
}

/// An image that another one is built on, directly or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ancestor {
    /// Its identity, where it is here.
    pub digest: Option<ConfigDigest>,
    /// Name to show.
    pub name: String,
    /// Part that it plays.
    pub role: Role,
    /// How many layers of the descendant, counted from the lowest, are its own and its ancestors'.
    pub layers: usize,
    /// How sure this is: as sure as the weakest step on the way.
    pub class: Class,
    /// What it was concluded from.
    pub evidence: Vec<String>,
}

/// Which image brought a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LayerOwner {
    /// The image itself, or a base of which nothing is known.
    Itself,
    /// The ancestor at this place of [`Graph::ancestors`].
    Ancestor(usize),
}

impl Graph {
    /// Finds the families of `images`. Several facts of one configuration are one image.
    ///
    /// Takes time in proportion to the number of layers and history entries, and to the square of
    /// the number of images that have exactly the same layers.
    pub fn of(images: &[ImageFacts]) -> Self {
        let index = Index::of(images);
        let mut parents: Vec<Option<usize>> = vec![None; index.images.len()];
        let mut searches = Vec::with_capacity(index.images.len());
        for (child, parent) in parents.iter_mut().enumerate() {
            let search = index.parent(child);
            *parent = search.found.as_ref().map(|found| found.parent);
            searches.push(search);
        }
        // Bytes first: an engine's record fills in only where they show no parent.
        let mut recorded = vec![None; index.images.len()];
        for child in 0..index.images.len() {
            if parents[child].is_none()
                && let Some(parent) = engine_parent(&index, child)
                && !reaches(&parents, parent, child)
            {
                parents[child] = Some(parent);
                recorded[child] = Some(parent);
            }
        }

        let names: Vec<String> = index.images.iter().map(name).collect();
        let mut nodes: Vec<Node> = Vec::with_capacity(index.images.len());
        for (child, search) in searches.iter().enumerate() {
            let view = View {
                index: &index,
                names: &names,
                child,
            };
            let (edges, base_names) = match recorded[child] {
                Some(parent) => (vec![view.recorded(parent)], Vec::new()),
                None => view.edges(search),
            };
            nodes.push(node(&view, edges, base_names));
        }
        arrange(&nodes, &parents)
    }

    /// Every image; parents stand before their children, families together.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// One image.
    pub fn node(&self, digest: ConfigDigest) -> Option<&Node> {
        self.at.get(&digest).map(|&at| &self.nodes[at])
    }

    /// What an image is built on, nearest first. Empty for an image that is not in the graph or of
    /// whose base nothing is known.
    pub fn ancestors(&self, digest: ConfigDigest) -> Vec<Ancestor> {
        let mut ancestors = Vec::new();
        let mut next = self.node(digest);
        let mut layers_at_most = usize::MAX;
        let mut weakest = Class::Exact;
        while let Some(node) = next {
            next = None;
            let mut below = (layers_at_most, weakest);
            for edge in &node.edges {
                let layers = edge.layers.min(layers_at_most);
                let class = weaker(edge.class, weakest);
                let (name, role) = match &edge.parent {
                    Parent::Image(parent) => {
                        next = self.node(*parent);
                        below = (layers, class);
                        let Some(parent) = next else { continue };
                        (parent.name.clone(), parent.role)
                    }
                    Parent::Reference { name, .. } => (name.clone(), Role::Enterprise),
                    Parent::Unnamed { description } => (description.clone(), Role::Base),
                    Parent::Scratch | Parent::Unknown => continue,
                };
                let evidence = if node.digest == digest {
                    edge.evidence.clone()
                } else {
                    edge.evidence
                        .iter()
                        .map(|sentence| format!("of `{}`: {sentence}", node.name))
                        .collect()
                };
                ancestors.push(Ancestor {
                    digest: edge.image(),
                    name,
                    role,
                    layers,
                    class,
                    evidence,
                });
            }
            (layers_at_most, weakest) = below;
        }
        if let Some(root) = ancestors.last_mut().filter(|root| root.digest.is_none()) {
            root.role = Role::Base;
        }
        ancestors
    }

    /// Which image brought each layer of an image, lowest layer first: the ancestor nearest to the
    /// root whose layers hold it.
    pub fn layer_owners(&self, digest: ConfigDigest) -> Vec<LayerOwner> {
        let ancestors = self.ancestors(digest);
        let layers = self.node(digest).map_or(0, |node| node.layers);
        (0..layers)
            .map(|layer| {
                ancestors
                    .iter()
                    .rposition(|ancestor| ancestor.layers > layer)
                    .map_or(LayerOwner::Itself, LayerOwner::Ancestor)
            })
            .collect()
    }

    /// Every image built on one, directly or not, nearest first: what a change of it reaches.
    pub fn descendants(&self, digest: ConfigDigest) -> Vec<ConfigDigest> {
        let mut found = Vec::new();
        let mut queue: VecDeque<&Node> = self.node(digest).into_iter().collect();
        while let Some(node) = queue.pop_front() {
            found.extend(&node.children);
            queue.extend(node.children.iter().filter_map(|&child| self.node(child)));
        }
        found
    }
}

fn node(view: &View<'_, '_>, edges: Vec<Edge>, base_names: Vec<String>) -> Node {
    let image = view.image();
    let digests = |positions: Vec<usize>| {
        positions
            .into_iter()
            .map(|position| view.index.images[position].config.digest)
            .collect()
    };
    let mut repositories: Vec<String> = image
        .references
        .iter()
        .chain(&image.repository_digests)
        .map(|reference| repository(reference).to_owned())
        .collect();
    repositories.sort_unstable();
    repositories.dedup();
    Node {
        digest: image.config.digest,
        name: view.names[view.child].clone(),
        references: image.references.clone(),
        engines: image.engines.clone(),
        layers: image.config.diff_ids.len(),
        steps: image.config.history.len(),
        edges,
        children: Vec::new(),
        descendants: 0,
        aliases: digests(view.index.aliases(view.child)),
        variants: digests(view.index.variants(view.child)),
        role: Role::Application,
        role_reason: String::new(),
        repositories,
        base_names,
        created: image.created,
        platform: image.platform.clone(),
        distribution: image.distribution.clone(),
        origin: image.origin,
        starts_a_distribution: boundary::starts_a_distribution(image.config, image.distribution),
        copied_from_by: image.copied_from_by.len(),
    }
}

/// Puts parents before children and fills in what depends on the whole family.
fn arrange(nodes: &[Node], parents: &[Option<usize>]) -> Graph {
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); nodes.len()];
    let mut stack = Vec::new();
    for (child, parent) in parents.iter().enumerate() {
        match parent {
            Some(parent) => children[*parent].push(child),
            None => stack.push(child),
        }
    }
    stack.reverse();
    let mut order = Vec::with_capacity(nodes.len());
    while let Some(at) = stack.pop() {
        order.push(at);
        stack.extend(children[at].iter().rev());
    }

    // Children follow their parents in `order`: backwards, every count is whole when it is needed.
    let mut descendants = vec![0; nodes.len()];
    for &at in order.iter().rev() {
        if let Some(parent) = parents[at] {
            descendants[parent] += descendants[at] + 1;
        }
    }

    let placed: Vec<Node> = order
        .iter()
        .map(|&at| {
            let mut node = nodes[at].clone();
            node.children = children[at]
                .iter()
                .map(|&child| nodes[child].digest)
                .collect();
            node.descendants = descendants[at];
            let position = Position {
                has_base: !matches!(node.nearest().parent, Parent::Scratch | Parent::Unknown),
                starts_a_distribution: node.starts_a_distribution,
                children: children[at]
                    .iter()
                    .filter(|&&child| !shares_repository(&nodes[child], &node))
                    .count(),
                origin: node.origin,
                copied_from_by: node.copied_from_by,
            };
            (node.role, node.role_reason) = assign(&position);
            node
        })
        .collect();
    let at = placed
        .iter()
        .enumerate()
        .map(|(at, node)| (node.digest, at))
        .collect();
    Graph { nodes: placed, at }
}

/// True for two images of one repository: one is another version of the other, not built for it.
fn shares_repository(one: &Node, other: &Node) -> bool {
    one.repositories
        .iter()
        .any(|repository| other.repositories.contains(repository))
}

fn weaker(one: Class, other: Class) -> Class {
    let rank = |class| match class {
        Class::Exact => 0,
        Class::Declared => 1,
        Class::Inferred => 2,
        Class::Unknown => 3,
    };
    if rank(one) >= rank(other) { one } else { other }
}

/// The nearest image on an engine's record that has a name.
fn engine_parent(index: &Index<'_>, child: usize) -> Option<usize> {
    engine_steps(index, child).find(|&step| {
        let (step, image) = (&index.images[step], &index.images[child]);
        !step.references.is_empty() && step.platform == image.platform
    })
}

/// True where the way from `from` to its root passes `target`.
fn reaches(parents: &[Option<usize>], from: usize, target: usize) -> bool {
    let mut at = Some(from);
    while let Some(position) = at {
        if position == target {
            return true;
        }
        at = parents[position];
    }
    false
}

fn name(image: &Image<'_>) -> String {
    let short = image.config.digest.0.short();
    let Some(first) = image.references.first() else {
        return match image.repository_digests.first() {
            Some(digest) => format!("{}@{short}", repository(digest)),
            None => short,
        };
    };
    // Engines and archives spell one name in several ways; people know the shortest.
    image
        .references
        .iter()
        .filter(|reference| familiar(reference) == familiar(first))
        .min_by_key(|reference| reference.len())
        .unwrap_or(first)
        .clone()
}
