//! Whether an image was pulled, built or imported, and what says so.
//!
//! No engine records it plainly, so it is concluded from traces:
//! - Docker keeps a parent for what its classic builder or `commit` made, never for what came in.
//!   Podman works its parent out from layers and histories, so what came in has one too;
//! - Docker gives a repository digest to what was pulled or pushed. Podman, and Docker with the
//!   containerd store, give one to everything;
//! - `BuildKit` writes `buildkit.dockerfile.v0` into the history, Buildah the label
//!   `io.buildah.version` and `FROM <parent>` comments; imports say `Imported from -` (Docker) or
//!   `imported from tarball` (Podman).

use std::fmt;

use outcrop_model::Digest;

/// Where an image came from, each with what it was concluded from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// From a registry.
    Pulled(OriginReason),
    /// By a builder on this engine.
    Built(OriginReason),
    /// From a root file system, without a build.
    Imported(OriginReason),
    /// Nothing tells; often loaded from an archive.
    Unknown(OriginReason),
}

impl Origin {
    /// What it was concluded from.
    pub const fn reason(&self) -> &OriginReason {
        match self {
            Self::Pulled(reason)
            | Self::Built(reason)
            | Self::Imported(reason)
            | Self::Unknown(reason) => reason,
        }
    }

    /// `pulled`, `built`, `imported` or `unknown`.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Pulled(_) => "pulled",
            Self::Built(_) => "built",
            Self::Imported(_) => "imported",
            Self::Unknown(_) => "unknown",
        }
    }
}

/// What an origin was concluded from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OriginReason {
    /// The engine keeps a repository digest, as `docker.io/library/debian@sha256:…`.
    RepositoryDigest(String),
    /// The engine keeps the image that this one was built upon.
    EngineParent(Digest),
    /// The engine's own record of the act (Docker's containerd store).
    EngineRecord(String),
    /// A trace that a builder leaves, in words.
    BuilderMark(String),
    /// The history's comment about an import.
    ImportComment(String),
    /// No trace at all.
    NoTrace,
    /// The engine could not be asked, with its answer.
    NotAsked(String),
}

impl fmt::Display for OriginReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RepositoryDigest(digest) => {
                write!(formatter, "the engine keeps the repository digest `{digest}`")
            }
            Self::EngineParent(parent) => write!(
                formatter,
                "the engine keeps its parent image `{}`",
                parent.short()
            ),
            Self::EngineRecord(record) => write!(formatter, "the engine recorded: {record}"),
            Self::BuilderMark(mark) => write!(formatter, "a builder's mark: {mark}"),
            Self::ImportComment(comment) => write!(formatter, "its history says `{comment}`"),
            Self::NoTrace => formatter
                .write_str("no repository digest, no parent and no builder's mark: often loaded from an archive"),
            Self::NotAsked(answer) => write!(formatter, "the engine could not be asked: {answer}"),
        }
    }
}

/// What the image list alone says of an image.
pub(super) struct Traces<'a> {
    /// True for Docker's classic store: a repository digest there means a registry.
    pub(super) digests_mean_registry: bool,
    /// True for Docker: it keeps a parent only for what it built.
    pub(super) parent_means_build: bool,
    pub(super) parent: Option<Digest>,
    pub(super) repository_digests: &'a [String],
    pub(super) references: &'a [String],
    pub(super) buildah_label: Option<&'a str>,
}

/// The origin where the list alone decides it.
pub(super) fn from_list(traces: &Traces<'_>) -> Option<Origin> {
    if traces.parent_means_build
        && let Some(parent) = traces.parent
    {
        return Some(Origin::Built(OriginReason::EngineParent(parent)));
    }
    if traces.digests_mean_registry
        && let Some(digest) = traces.repository_digests.first()
    {
        let reason = OriginReason::RepositoryDigest(digest.clone());
        return Some(Origin::Pulled(reason));
    }
    // Podman names under `localhost/` what it builds without a registry's name.
    let is_local = traces
        .references
        .iter()
        .any(|name| name.starts_with("localhost/"));
    if let Some(version) = traces.buildah_label {
        let beside = if is_local || traces.references.is_empty() {
            Some("no registry in its name".to_owned())
        } else {
            traces
                .parent
                .map(|parent| format!("the image it stands on is here: `{}`", parent.short()))
        };
        if let Some(beside) = beside {
            let mark = format!("label `io.buildah.version={version}`, and {beside}");
            return Some(Origin::Built(OriginReason::BuilderMark(mark)));
        }
    }
    None
}

/// One step of the history, as far as an origin needs it.
pub(super) struct Step<'a> {
    pub(super) comment: &'a str,
}

/// The origin by the history, for an image whose list entry did not decide.
///
/// `is_local_image` tells whether a shortened ID is an image of this engine.
pub(super) fn from_history(
    traces: &Traces<'_>,
    steps: &[Step<'_>],
    is_local_image: impl Fn(&str) -> bool,
) -> Origin {
    if let [only] = steps
        && only
            .comment
            .to_ascii_lowercase()
            .starts_with("imported from")
    {
        return Origin::Imported(OriginReason::ImportComment(super::error::shown(
            only.comment,
        )));
    }
    // Buildah names the image each step stands upon; an ID of ours is a step made here.
    let stands_on_ours = steps.iter().find_map(|step| {
        let id = step.comment.strip_prefix("FROM ")?.trim();
        let is_id = id.len() >= 12 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        (is_id && is_local_image(id)).then_some(id)
    });
    if let Some(id) = stands_on_ours {
        let mark = format!("its history stands on the local image `{id}`");
        return Origin::Built(OriginReason::BuilderMark(mark));
    }
    let registry_digest = traces
        .repository_digests
        .iter()
        .find(|digest| !digest.starts_with("localhost/"));
    let buildkit = steps
        .iter()
        .any(|step| step.comment.starts_with("buildkit."));
    match registry_digest {
        // Podman lists a digest for what was loaded too, but then under `localhost/`.
        Some(digest) if !buildkit || traces.digests_mean_registry => {
            Origin::Pulled(OriginReason::RepositoryDigest(digest.clone()))
        }
        _ if buildkit => Origin::Built(OriginReason::BuilderMark(
            "history comment `buildkit.dockerfile.v0`".to_owned(),
        )),
        _ => Origin::Unknown(OriginReason::NoTrace),
    }
}

#[cfg(test)]
#[path = "origin_tests.rs"]
mod tests;
