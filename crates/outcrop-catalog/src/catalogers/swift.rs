//! Packages of Swift: `Package.resolved`, in its three versions.
//!
//! Sources: the documentation of the Swift package manager, "Resolving and updating dependencies",
//! and its `PinsStore`, which writes the file: version 1 has the pins under `object`, 2 and 3
//! at the top, with `location` in place of `repositoryURL`. A compiled program holds no record of
//! its packages, so what the file names is said to be inferred.
//!
//! The name is the address of the repository without scheme and `.git`, as purl and OSV have it.
//! A pin of a branch has no version; its revision stands for it.

use outcrop_image::{Analyser, Analysis, CandidateFile, FileFacts};
use outcrop_model::PackageKind;
use serde::Deserialize;

use crate::findings::Findings;
use crate::json::{List, Object, Text};

/// Largest file that is read; one of 100 packages has 30 kB.
const MAX_BYTES: u64 = 4 << 20;

/// Reads what Swift packages resolved.
pub(super) struct Swift;

impl Analyser for Swift {
    fn id(&self) -> &'static str {
        "swift"
    }

    fn version(&self) -> u32 {
        1
    }

    fn wants(&self, file: &FileFacts<'_>) -> Option<u64> {
        (file.folder_and_name().1 == "Package.resolved").then_some(MAX_BYTES)
    }

    fn analyse(&self, file: &CandidateFile<'_>) -> Analysis {
        let mut findings = Findings::new(self.id(), file.path);
        if let Some(document) = findings.json::<Document>(file) {
            let first = document.object.0.map(|object| object.pins.0);
            let pins = first.into_iter().flatten().chain(document.pins.0);
            for pin in pins.filter_map(|pin| pin.0) {
                let address = match pin.location.as_str() {
                    "" => pin.repository_url.as_str(),
                    location => location,
                };
                let name = match repository(address) {
                    name if name.is_empty() => pin.identity.as_str().to_owned(),
                    name => name,
                };
                let state = pin.state.0.unwrap_or_default();
                let version = match state.version.as_str() {
                    "" => state.revision.as_str(),
                    version => version,
                };
                findings.add_locked(PackageKind::Swift, &name, version);
            }
        }
        findings.finish()
    }
}

#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    object: Object<Pins>,
    #[serde(default)]
    pins: List<Object<Pin>>,
}

#[derive(Deserialize)]
struct Pins {
    #[serde(default)]
    pins: List<Object<Pin>>,
}

#[derive(Deserialize)]
struct Pin {
    #[serde(default)]
    identity: Text,
    #[serde(default)]
    location: Text,
    #[serde(default, rename = "repositoryURL")]
    repository_url: Text,
    #[serde(default)]
    state: Object<State>,
}

#[derive(Default, Deserialize)]
struct State {
    #[serde(default)]
    version: Text,
    #[serde(default)]
    revision: Text,
}

/// `https://github.com/apple/swift-nio.git` and `git@github.com:apple/swift-nio` are both
/// `github.com/apple/swift-nio`.
fn repository(address: &str) -> String {
    let address = address.trim().trim_end_matches('/');
    let address = address.strip_suffix(".git").unwrap_or(address);
    let (with_scheme, rest) = match address.split_once("://") {
        Some((_, rest)) => (true, rest),
        None => (false, address),
    };
    let (host, path) = rest
        .split_once(if with_scheme { '/' } else { ':' })
        .unwrap_or((rest, ""));
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    match path {
        "" => host.to_owned(),
        path => format!("{host}/{}", path.trim_start_matches('/')),
    }
}

#[cfg(test)]
#[path = "swift_tests.rs"]
mod tests;
