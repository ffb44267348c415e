//! The families of all images that are known here.

use std::collections::HashMap;

use outcrop_lineage::{Class, Graph, ImageFacts, LayerOwner, Node, Origin};
use outcrop_model::{ConfigDigest, HistoryEntry, ImageConfig};
use outcrop_sources::engine::{EngineHistoryEntry, EngineImage, EngineImageFacts};

use crate::assemble::Ownership;
use crate::report::{Ancestor, Certainty, Role, SCHEMA_VERSION, SeverityCounts};
use crate::wire::{Lineage, LineageNode};

/// Instructions that add no layer, in the spelling of history entries.
const WITHOUT_LAYER: &[&str] = &[
    "ARG",
    "CMD",
    "ENTRYPOINT",
    "ENV",
    "EXPOSE",
    "HEALTHCHECK",
    "LABEL",
    "MAINTAINER",
    "ONBUILD",
    "SHELL",
    "STOPSIGNAL",
    "USER",
    "VOLUME",
];

/// What an engine tells of an image, as a configuration.
///
/// Engines do not say which history entries made a layer. It is concluded from the instruction,
/// else from the size, and taken only where it gives as many layers as there are; otherwise no
/// entry is paired with a layer.
pub(crate) fn engine_config(
    identity: ConfigDigest,
    facts: &EngineImageFacts,
    history: &[EngineHistoryEntry],
) -> ImageConfig {
    let layers = facts.diff_ids.len();
    let by_instruction: Vec<bool> = history
        .iter()
        .map(|entry| {
            let instruction = crate::assemble::instruction(&entry.created_by);
            WITHOUT_LAYER
                .iter()
                .any(|word| instruction.split_whitespace().next() == Some(word))
        })
        .collect();
    let by_size: Vec<bool> = history.iter().map(|entry| entry.size == 0).collect();
    let fits = |empty: &[bool]| empty.iter().filter(|&&empty| !empty).count() == layers;
    let empty = if fits(&by_instruction) || !fits(&by_size) {
        by_instruction
    } else {
        by_size
    };
    ImageConfig {
        digest: identity,
        platform: facts.platform.clone(),
        created: facts.created.map(|created| created.to_string()),
        user: facts.user.clone(),
        environment: facts.environment.clone(),
        labels: facts.labels.clone(),
        on_build: facts.on_build.clone(),
        entrypoint: facts.entrypoint.clone(),
        command: facts.command.clone(),
        history: history
            .iter()
            .zip(empty)
            .map(|(entry, empty_layer)| HistoryEntry {
                created: entry.created.map(|created| created.to_string()),
                created_by: entry.created_by.clone(),
                comment: entry.comment.clone(),
                author: String::new(),
                empty_layer,
            })
            .collect(),
        diff_ids: facts.diff_ids.clone(),
        run: Some(facts.run.clone()),
        secrets: None,
    }
}

/// The identity of an image of an engine.
///
/// Docker's containerd store lists images by their manifest: there that digest stands for the
/// image, as the configuration's is not told.
pub(crate) fn identity(image: &EngineImage) -> ConfigDigest {
    image.config_digest.unwrap_or(ConfigDigest(image.id))
}

/// Facts for the graph of an image that an engine lists.
pub(crate) fn image_facts(image: &EngineImage, config: ImageConfig) -> ImageFacts {
    use outcrop_sources::engine::Origin as Listed;

    ImageFacts {
        references: image
            .references
            .iter()
            .map(|reference| reference.as_given.clone())
            .collect(),
        repository_digests: image.repository_digests.clone(),
        engines: vec![image.engine.clone()],
        origin: match image.origin {
            Listed::Pulled(_) => Origin::Pulled,
            Listed::Built(_) => Origin::Built,
            Listed::Imported(_) => Origin::Imported,
            Listed::Unknown(_) => Origin::Unknown,
        },
        engine_parent: image.parent.map(ConfigDigest),
        ..ImageFacts::of(config)
    }
}

pub(crate) const fn certainty(class: Class) -> Certainty {
    match class {
        Class::Exact => Certainty::Exact,
        Class::Declared => Certainty::Declared,
        Class::Inferred => Certainty::Inferred,
        Class::Unknown => Certainty::Unknown,
    }
}

pub(crate) const fn role(role: outcrop_lineage::Role) -> Role {
    match role {
        outcrop_lineage::Role::Base => Role::Base,
        outcrop_lineage::Role::Enterprise => Role::Enterprise,
        outcrop_lineage::Role::Application => Role::Application,
        outcrop_lineage::Role::Builder => Role::Builder,
        outcrop_lineage::Role::Cots => Role::Cots,
    }
}

/// Which ancestor of an image owns which of its layers.
pub(crate) fn ownership(graph: &Graph, image: ConfigDigest) -> Ownership {
    let ancestors = graph.ancestors(image);
    Ownership {
        steps: ancestors
            .iter()
            .map(|ancestor| Some(graph.node(ancestor.digest?)?.steps))
            .collect(),
        ancestors: ancestors
            .into_iter()
            .map(|ancestor| Ancestor {
                config_digest: ancestor.digest.map(|digest| digest.to_string()),
                name: ancestor.name,
                role: role(ancestor.role),
                layers: ancestor.layers as u32,
                certainty: certainty(ancestor.class),
                evidence: ancestor.evidence,
            })
            .collect(),
        owners: graph
            .layer_owners(image)
            .into_iter()
            .map(|owner| match owner {
                LayerOwner::Itself => None,
                LayerOwner::Ancestor(index) => Some(index),
            })
            .collect(),
    }
}

/// What the list and the last scans add to a node of the graph.
#[derive(Clone, Debug, Default)]
pub(crate) struct NodeFacts {
    pub(crate) size_bytes: u64,
    pub(crate) created: Option<String>,
    pub(crate) counts: Option<SeverityCounts>,
    pub(crate) own_counts: Option<SeverityCounts>,
}

/// The graph as it is shown.
pub(crate) fn lineage(graph: &Graph, facts: &HashMap<ConfigDigest, NodeFacts>) -> Lineage {
    Lineage {
        schema_version: SCHEMA_VERSION.to_owned(),
        nodes: graph
            .nodes()
            .iter()
            .map(|node| {
                let known = facts.get(&node.digest).cloned().unwrap_or_default();
                lineage_node(node, known)
            })
            .collect(),
    }
}

fn lineage_node(node: &Node, facts: NodeFacts) -> LineageNode {
    let parent = node.local().unwrap_or_else(|| node.nearest());
    LineageNode {
        config_digest: node.digest.to_string(),
        name: node.name.clone(),
        references: node.references.clone(),
        engines: node.engines.clone(),
        role: role(node.role),
        role_reason: node.role_reason.clone(),
        parent: node.parent().map(|parent| parent.to_string()),
        certainty: certainty(parent.class),
        evidence: node
            .edges
            .iter()
            .flat_map(|edge| edge.evidence.iter().cloned())
            .collect(),
        layers: node.layers as u32,
        size_bytes: facts.size_bytes,
        created: facts.created,
        descendants: node.descendants as u32,
        counts: facts.counts,
        own_counts: facts.own_counts,
    }
}

#[cfg(test)]
mod tests {
    use outcrop_model::{DiffId, Digest, Platform};

    use super::*;

    fn facts(layers: usize) -> EngineImageFacts {
        EngineImageFacts {
            id: Digest::of(b"image"),
            references: Vec::new(),
            repository_digests: Vec::new(),
            platform: Platform {
                os: "linux".into(),
                architecture: "amd64".into(),
                variant: None,
            },
            created: None,
            size: 0,
            user: String::new(),
            labels: std::collections::BTreeMap::new(),
            diff_ids: vec![DiffId(Digest::of(b"layer")); layers],
            environment: Vec::new(),
            on_build: Vec::new(),
            entrypoint: Vec::new(),
            command: Vec::new(),
            run: outcrop_model::RunSettings::default(),
        }
    }

    fn entry(created_by: &str, size: u64) -> EngineHistoryEntry {
        EngineHistoryEntry {
            created: None,
            created_by: created_by.into(),
            comment: String::new(),
            size,
            image: None,
        }
    }

    #[test]
    fn entries_pair_with_layers_by_instruction_then_by_size() {
        let history = [
            entry("/bin/sh -c #(nop) ADD file:1 in / ", 9),
            entry("/bin/sh -c #(nop)  CMD [\"bash\"]", 0),
            entry("/bin/sh -c true", 0),
            entry("/bin/sh -c #(nop) WORKDIR /a", 0),
        ];
        for (layers, expected) in [
            (3, vec![Some(0), Some(2), Some(3)]),
            (1, vec![Some(0)]),
            (2, vec![None, None]),
        ] {
            let config = engine_config(ConfigDigest(Digest::of(b"x")), &facts(layers), &history);
            assert_eq!(config.layer_history(), expected, "{layers} layers");
        }
    }
}
