//! A generated forest of 2,000 images against the definition of a parent, spelled out naively.

#[expect(unreachable_pub, reason = "a module shared by test programs")]
mod family;

use std::time::Instant;

use family::image;
use outcrop_lineage::{Graph, ImageFacts};
use outcrop_model::{ChainId, HistoryEntry};

const IMAGES: usize = 2_000;

/// Numbers that are the same in every run (Knuth's 64-bit linear congruential generator).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }
}

/// Roots, children with layers, configuration-only children, cached rebuilds, rebased images,
/// copies and other platforms, each some hundred times.
fn forest() -> Vec<ImageFacts> {
    let mut numbers = Numbers(7);
    let mut images: Vec<ImageFacts> = Vec::with_capacity(IMAGES);
    for number in 0..IMAGES {
        let name = format!("team/image:{number}");
        let kind = numbers.below(12);
        if images.len() < 20 || kind == 0 {
            let root = format!("root {number}");
            images.push(image(&name, &["-", &root], &["ADD -", &root, "[CMD]"]));
            continue;
        }
        let from = &images[numbers.below(images.len())];
        let mut child = image(&name, &[], &[]);
        child.config.diff_ids.clone_from(&from.config.diff_ids);
        child.config.history.clone_from(&from.config.history);
        let step = |child: &mut ImageFacts, layer: bool, numbers: &mut Numbers| {
            // Few different steps, so that several images have the same.
            let text = format!("step {}", numbers.below(3));
            if layer {
                child.config.diff_ids.push(family::layer(&text));
            }
            child.config.history.push(HistoryEntry {
                empty_layer: !layer,
                ..family::entry(&text)
            });
        };
        match kind {
            1 | 2 => step(&mut child, false, &mut numbers),
            3 => {
                // The same build went on before its last step.
                child.config.history.pop_if(|entry| entry.empty_layer);
                step(&mut child, true, &mut numbers);
            }
            4 => {
                step(&mut child, true, &mut numbers);
                child.config.history[0].created_by = format!("rebased {}", numbers.below(2));
            }
            5 => child.config.platform.architecture = "arm64".into(),
            6 => {}
            _ => {
                for _ in 0..=numbers.below(3) {
                    step(&mut child, true, &mut numbers);
                }
                step(&mut child, false, &mut numbers);
            }
        }
        if child.config.diff_ids.len() > 60 {
            child.config.diff_ids.truncate(2);
            child.config.history.truncate(2);
        }
        images.push(child);
    }
    images
}

fn steps(history: &[HistoryEntry]) -> Vec<(&str, bool)> {
    history
        .iter()
        .map(|entry| (entry.created_by.as_str(), entry.empty_layer))
        .collect()
}

/// Whether `parent` can be what `child` is built on, and if its history is kept.
fn candidate(child: &ImageFacts, parent: &ImageFacts) -> Option<bool> {
    let (child, parent) = (&child.config, &parent.config);
    let more = child.diff_ids.len().checked_sub(parent.diff_ids.len())?;
    if child.digest == parent.digest
        || child.platform != parent.platform
        || !child.diff_ids.starts_with(&parent.diff_ids)
        || parent
            .diff_ids
            .iter()
            .all(|&layer| layer == ChainId::EMPTY_LAYER)
    {
        return None;
    }
    let (mine, its) = (steps(&child.history), steps(&parent.history));
    let layered = |all: &[(&str, bool)]| -> Vec<String> {
        all.iter()
            .filter(|(_, empty)| !empty)
            .map(|(step, _)| (*step).to_owned())
            .collect()
    };
    let follows = mine.len() >= its.len() && mine.iter().zip(&its).all(|(a, b)| a.0 == b.0);
    if more == 0 {
        return (follows && mine.len() > its.len()).then_some(true);
    }
    if follows {
        return Some(true);
    }
    let same_instructions =
        layered(&its).len() == parent.diff_ids.len() && layered(&mine).starts_with(&layered(&its));
    (!same_instructions).then_some(false)
}

#[test]
fn parents_are_those_of_the_naive_definition() {
    let images = forest();
    let started = Instant::now();
    let graph = Graph::of(&images);
    println!("{IMAGES} images took {:?}", started.elapsed());

    let (mut with_parent, mut rewritten) = (0, 0);
    for child in &images {
        let expected = images
            .iter()
            .filter_map(|parent| Some((candidate(child, parent)?, parent)))
            .max_by_key(|(follows, parent)| {
                let config = &parent.config;
                let history = if *follows { config.history.len() } else { 0 };
                let digest = std::cmp::Reverse(config.digest);
                (config.diff_ids.len(), *follows, history, digest)
            });
        with_parent += usize::from(expected.is_some());
        rewritten += usize::from(expected.is_some_and(|(follows, _)| !follows));
        assert_eq!(
            graph.node(child.config.digest).unwrap().parent(),
            expected.map(|(_, parent)| parent.config.digest),
            "{:?}",
            child.references
        );
    }
    assert!(
        with_parent > 1_000 && rewritten > 50,
        "{with_parent} {rewritten}"
    );
}

#[test]
fn nodes_come_in_the_order_of_descent_and_count_their_descendants() {
    let images = forest();
    let graph = Graph::of(&images);
    assert_eq!(graph.nodes().len(), IMAGES);
    let mut seen = std::collections::HashSet::new();
    for node in graph.nodes() {
        assert!(node.parent().is_none_or(|parent| seen.contains(&parent)));
        seen.insert(node.digest);
        assert_eq!(node.descendants, graph.descendants(node.digest).len());
    }
}
