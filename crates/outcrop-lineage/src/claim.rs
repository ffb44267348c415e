//! What an image says of its base. Claims: nothing here is proven by bytes.

use std::collections::BTreeMap;

use outcrop_model::{HistoryEntry, ImageConfig};

use crate::reference::familiar;

/// OCI image specification, `annotations.md`, pre-defined annotation keys.
const BASE_NAME: &str = "org.opencontainers.image.base.name";
const BASE_DIGEST: &str = "org.opencontainers.image.base.digest";

/// Longer than any reference that a registry accepts (255 for the name, 128 for the tag, a digest).
const MAX_NAME: usize = 512;

/// A base that an image names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    /// The name as it stands there.
    pub(crate) name: String,
    /// Manifest or index digest that stands beside it.
    pub(crate) digest: Option<String>,
    /// Index of the history entry that carries the claim.
    pub(crate) entry: Option<usize>,
    /// Layers made before that entry.
    pub(crate) layers: Option<usize>,
    /// Where it stands, as ``history entry 3 says `FROM debian:12` ``, one each.
    pub(crate) sources: Vec<String>,
}

/// The bases that an image names, nearest first.
///
/// `inherited` are the labels of its local parent: a label that it shares with its parent names
/// the parent's base. History comments before `first_entry` are the parent's too.
pub(crate) fn collect(
    config: &ImageConfig,
    annotations: &BTreeMap<String, String>,
    inherited: Option<&BTreeMap<String, String>>,
    first_entry: usize,
) -> Vec<Claim> {
    let mut claims: Vec<Claim> = Vec::new();
    for (what, values) in [("annotation", annotations), ("label", &config.labels)] {
        let Some(name) = values.get(BASE_NAME).filter(|name| is_name(name)) else {
            continue;
        };
        if what == "label" && inherited.is_some_and(|labels| labels.get(BASE_NAME) == Some(name)) {
            continue;
        }
        add(
            &mut claims,
            Claim {
                name: name.clone(),
                digest: values
                    .get(BASE_DIGEST)
                    .filter(|digest| is_name(digest))
                    .cloned(),
                entry: None,
                layers: None,
                sources: vec![format!("{what} `{BASE_NAME}` is `{name}`")],
            },
        );
    }
    for (index, entry) in config.history.iter().enumerate().skip(first_entry).rev() {
        let Some(name) = from_comment(entry) else {
            continue;
        };
        let layers = config.history[..index]
            .iter()
            .filter(|entry| !entry.empty_layer)
            .count();
        add(
            &mut claims,
            Claim {
                name: name.to_owned(),
                digest: None,
                entry: Some(index),
                layers: Some(layers),
                sources: vec![format!("history entry {index} says `FROM {name}`")],
            },
        );
    }
    claims
}

/// Adds a claim, or its source to the claim of the same name.
fn add(claims: &mut Vec<Claim>, claim: Claim) {
    let name = familiar(&claim.name);
    match claims
        .iter_mut()
        .find(|known| familiar(&known.name) == name)
    {
        Some(known) => {
            known.digest = known.digest.take().or(claim.digest);
            known.entry = known.entry.or(claim.entry);
            known.layers = known.layers.or(claim.layers);
            known.sources.extend(claim.sources);
        }
        None => claims.push(claim),
    }
}

/// The name in Buildah's comment, which it writes on the first entry of a build (`image.go`).
/// With `--layers` every further step has one too, with the step's short ID for a name.
fn from_comment(entry: &HistoryEntry) -> Option<&str> {
    let name = match entry.comment.strip_prefix("FROM ") {
        Some(name) => name,
        None => &entry.comment[entry.comment.rfind(" FROM ")? + " FROM ".len()..],
    };
    let is_id = name.len() >= 12 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    (is_name(name) && !is_id && name != "scratch").then_some(name)
}

/// True for text of the characters that a reference may have; anything else is no claim.
fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= MAX_NAME
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._-/:@+".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_comments() {
        for (comment, expected) in [
            (
                "FROM docker.io/library/debian:12",
                Some("docker.io/library/debian:12"),
            ),
            ("note FROM localhost/base:1", Some("localhost/base:1")),
            ("FROM 4e36d4ab12cd", None),
            ("FROM scratch", None),
            ("FROM evil\u{1b}[2J", None),
            ("buildkit.dockerfile.v0", None),
            ("", None),
        ] {
            let entry = HistoryEntry {
                comment: comment.into(),
                ..HistoryEntry::default()
            };
            assert_eq!(from_comment(&entry), expected, "{comment}");
        }
    }
}
