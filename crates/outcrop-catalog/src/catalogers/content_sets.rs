//! The repositories that an image of Red Hat was built from, by their names: the file that decides
//! which of its product streams an advisory must name.
//!
//! Source: OSBS (`atomic-reactor`, "image content manifests") writes
//! `root/buildinfo/content_manifests/<name-version-release>.json`, one for each image of the chain;
//! Konflux writes `usr/share/buildinfo/content-sets.json` and, for older scanners, a copy below
//! `root/buildinfo`. All have the list `content_sets`.

use outcrop_image::{
    Analyser, Analysis, CandidateFile, Conclusion, FileFacts, FileProblem, Observation, Root, View,
};
use outcrop_model::ProblemKind;
use serde::Deserialize;

use super::{conclude_sources, folder_and_name};
use crate::json::{List, Text};

/// Largest file that is read; they have a few KB, and list the content of the image beside.
const MAX_BYTES: u64 = 8 << 20;
/// Names of one file that are kept.
const MAX_NAMES: usize = 1_000;
/// Longest name that is kept.
const MAX_NAME_BYTES: usize = 256;

const MANIFESTS: &str = "root/buildinfo/content_manifests";
const BUILD_INFO: &str = "usr/share/buildinfo";
const ROOTS: &[Root] = &[Root::folder(MANIFESTS), Root::folder(BUILD_INFO)];

/// What stands before such a name among the package sources of an image.
const PREFIX: &str = "content-set ";

/// Reads the names of the repositories that an image was built from.
pub(super) struct ContentSets;

impl Analyser for ContentSets {
    fn id(&self) -> &'static str {
        "content-sets"
    }

    fn version(&self) -> u32 {
        1
    }

    fn roots(&self) -> &'static [Root] {
        ROOTS
    }

    fn wants(&self, file: &FileFacts<'_>) -> Option<u64> {
        let (folder, name) = file.folder_and_name();
        let folder = folder_and_name(folder).1;
        (matches!(folder, "content_manifests" | "buildinfo")
            && name.strip_suffix(".json").is_some())
        .then_some(MAX_BYTES)
    }

    fn analyse(&self, file: &CandidateFile<'_>) -> Analysis {
        let mut problems = Vec::new();
        let manifest: Manifest = serde_json::from_slice(file.bytes).unwrap_or_else(|error| {
            problems.push(FileProblem::new(
                ProblemKind::Malformed,
                format!(
                    "the file is not the JSON that it should be from line {}, column {}",
                    error.line(),
                    error.column()
                ),
            ));
            Manifest::default()
        });
        let mut names: Vec<String> = manifest
            .content_sets
            .0
            .into_iter()
            .filter_map(|name| name.0)
            .filter(|name| is_name(name))
            .map(|name| format!("{PREFIX}{name}"))
            .collect();
        if names.len() > MAX_NAMES {
            problems.push(FileProblem::new(
                ProblemKind::TooLarge,
                format!(
                    "content sets beyond those that are kept: {}",
                    names.len() - MAX_NAMES
                ),
            ));
            names.truncate(MAX_NAMES);
        }
        Analysis {
            observation: Some(Observation::PackageSources(names)),
            problems,
        }
    }

    fn conclude(&self, view: &View<'_>) -> Conclusion {
        conclude_sources(
            view.folder(MANIFESTS)
                .into_iter()
                .chain(view.folder(BUILD_INFO)),
        )
    }
}

/// Names of repositories are single words, as `rhel-9-for-x86_64-appstream-rpms`.
fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= MAX_NAME_BYTES
        && name.bytes().all(|byte| byte.is_ascii_graphic())
}

#[derive(Default, Deserialize)]
struct Manifest {
    #[serde(default)]
    content_sets: List<Text>,
}

#[cfg(test)]
#[path = "content_sets_tests.rs"]
mod tests;
