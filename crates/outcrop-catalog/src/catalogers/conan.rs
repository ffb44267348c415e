//! C and C++ packages of Conan: `conaninfo.txt` and `conan.lock`.
//!
//! Sources: the documentation of Conan 1, "conaninfo.txt" under "Binary model" and "Lockfiles"
//! (`graph_lock`, version 0.4), and of Conan 2, "Lockfiles" (version 0.5).
//!
//! In the cache of Conan 1 the folders say what a `conaninfo.txt` belongs to
//! (`name/version/user/channel/package/id`), and each package has its own. Elsewhere, as in the
//! folder of an installation, the file's `full_requires` name the packages that were used. The
//! cache of Conan 2 names its folders by digests and its `conaninfo.txt` only ranges of versions:
//! nothing is concluded from it. Tools of a build (`build_requires`, the context `build`) are left
//! out of lock files.

use outcrop_image::{Analyser, Analysis, CandidateFile, Conclusion, FileFacts, View};
use outcrop_model::{Certainty, Package, PackageKind};
use serde::Deserialize;

use super::folder_and_name;
use crate::findings::{Findings, side_by_side};
use crate::json::{List, Members, Object, Text};

/// Largest file that is read; a long list of options has 20 kB.
const MAX_INFO_BYTES: u64 = 1 << 20;
/// Largest lock file that is read.
const MAX_LOCK_BYTES: u64 = 8 << 20;

/// Reads packages of Conan.
pub(super) struct Conan;

impl Analyser for Conan {
    fn id(&self) -> &'static str {
        "conan"
    }

    fn version(&self) -> u32 {
        1
    }

    fn wants(&self, file: &FileFacts<'_>) -> Option<u64> {
        match file.folder_and_name().1 {
            "conaninfo.txt" => Some(MAX_INFO_BYTES),
            "conan.lock" => Some(MAX_LOCK_BYTES),
            _ => None,
        }
    }

    fn analyse(&self, file: &CandidateFile<'_>) -> Analysis {
        let mut findings = Findings::new(self.id(), file.path);
        if file.path.ends_with("conan.lock") {
            if let Some(lock) = findings.json::<Lock>(file) {
                lock.packages(&mut findings);
            }
        } else {
            let content = findings.text(file);
            info(file.path, &content, &mut findings);
        }
        findings.finish()
    }

    fn conclude(&self, view: &View<'_>) -> Conclusion {
        side_by_side(view)
    }
}

/// `name/version@user/channel#revision:package`, in which all but the first two may be missing.
#[derive(Clone, Copy)]
struct Reference<'a> {
    name: &'a str,
    version: &'a str,
    user: &'a str,
    channel: &'a str,
}

impl<'a> Reference<'a> {
    fn of(text: &'a str) -> Self {
        let text = text.split(['#', ':', '%']).next().unwrap_or_default();
        let (package, origin) = text.split_once('@').unwrap_or((text, ""));
        let (name, version) = package.split_once('/').unwrap_or((package, ""));
        let (user, channel) = origin.split_once('/').unwrap_or((origin, ""));
        Self {
            name,
            version,
            user,
            channel,
        }
    }

    /// What the purl specification calls the package besides its name and version.
    fn qualify(&self, package: &mut Package) {
        for (key, value) in [("user", self.user), ("channel", self.channel)] {
            if !matches!(value, "" | "_") {
                package.qualifiers.insert(key.to_owned(), value.to_owned());
            }
        }
    }
}

/// Reads a `conaninfo.txt`.
fn info(path: &str, content: &str, findings: &mut Findings<'_>) {
    let folder = folder_and_name(path).0;
    if let Some((cache, reference)) = cached(folder) {
        if let Some(package) = findings.add(PackageKind::Conan, reference.name, reference.version) {
            package.place = Some(cache.to_owned());
            reference.qualify(package);
        }
        return;
    }
    let requirements = content
        .lines()
        .skip_while(|line| line.trim() != "[full_requires]")
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter(|line| !line.trim().is_empty());
    for line in requirements {
        let reference = Reference::of(line.trim());
        if let Some(package) = findings.add(PackageKind::Conan, reference.name, reference.version) {
            package.place = Some(folder.to_owned());
            package.certainty =
                Certainty::Inferred("the requirements of another package".to_owned());
            reference.qualify(package);
        }
    }
}

/// The cache and the package, where a folder is one of the cache of Conan 1.
fn cached(folder: &str) -> Option<(&str, Reference<'_>)> {
    let (rest, _id) = folder.rsplit_once('/')?;
    let rest = rest.strip_suffix("/package")?;
    let (rest, channel) = rest.rsplit_once('/')?;
    let (rest, user) = rest.rsplit_once('/')?;
    let (rest, version) = rest.rsplit_once('/')?;
    let (cache, name) = folder_and_name(rest);
    let reference = Reference {
        name,
        version,
        user,
        channel,
    };
    Some((cache, reference))
}

#[derive(Deserialize)]
struct Lock {
    #[serde(default)]
    graph_lock: Object<Graph>,
    #[serde(default)]
    requires: List<Text>,
}

#[derive(Deserialize)]
struct Graph {
    #[serde(default)]
    nodes: Members<Object<Node>>,
}

#[derive(Deserialize)]
struct Node {
    #[serde(default, rename = "ref")]
    reference: Text,
    #[serde(default)]
    context: Text,
    /// The recipe of the project itself.
    #[serde(default)]
    path: Text,
}

impl Lock {
    fn packages(&self, findings: &mut Findings<'_>) {
        let nodes = self.graph_lock.0.iter().flat_map(|graph| &graph.nodes.0);
        let nodes = nodes
            .filter_map(|(_, node)| node.0.as_ref())
            .filter(|node| node.path.as_str().is_empty() && node.context.as_str() != "build")
            .map(|node| &node.reference);
        for reference in nodes.chain(&self.requires.0) {
            let Some(text) = &reference.0 else {
                continue;
            };
            let reference = Reference::of(text);
            if let Some(package) =
                findings.add_locked(PackageKind::Conan, reference.name, reference.version)
            {
                reference.qualify(package);
            }
        }
    }
}

#[cfg(test)]
#[path = "conan_tests.rs"]
mod tests;
