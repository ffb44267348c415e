//! Images made up of a few words, for the tests of ancestry.

use outcrop_lineage::ImageFacts;
use outcrop_model::{ChainId, ConfigDigest, DiffId, Digest, HistoryEntry, ImageConfig, Platform};

/// The diff ID that stands for a layer's content; `-` is the tar without entries.
pub fn layer(content: &str) -> DiffId {
    if content == "-" {
        ChainId::EMPTY_LAYER
    } else {
        DiffId(Digest::of(content.as_bytes()))
    }
}

/// The configuration digest of the image with this name.
pub fn digest(name: &str) -> ConfigDigest {
    ConfigDigest(Digest::of(format!("config of {name}").as_bytes()))
}

/// A history entry: a step in square brackets makes no layer, `// text` is its comment.
pub fn entry(step: &str) -> HistoryEntry {
    let (step, comment) = step.split_once(" // ").unwrap_or((step, ""));
    let without = step
        .strip_prefix('[')
        .and_then(|step| step.strip_suffix(']'));
    HistoryEntry {
        created: Some("2026-01-01T00:00:00Z".into()),
        created_by: without.unwrap_or(step).into(),
        comment: comment.into(),
        author: String::new(),
        empty_layer: without.is_some(),
    }
}

/// An image `name:tag`, its layers by content, its history by step.
pub fn image(name: &str, layers: &[&str], history: &[&str]) -> ImageFacts {
    let mut facts = ImageFacts::of(ImageConfig {
        digest: digest(name),
        platform: Platform {
            os: "linux".into(),
            architecture: "amd64".into(),
            variant: None,
        },
        created: Some("2026-01-01T00:00:00Z".into()),
        user: String::new(),
        environment: Vec::new(),
        labels: std::collections::BTreeMap::new(),
        on_build: Vec::new(),
        entrypoint: Vec::new(),
        command: Vec::new(),
        history: history.iter().map(|step| entry(step)).collect(),
        diff_ids: layers.iter().map(|content| layer(content)).collect(),
        run: None,
        secrets: None,
    });
    facts.references.push(name.to_owned());
    facts
}
