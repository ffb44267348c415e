//! Installed packages of Node: `package.json` in `node_modules`, whichever program put it there
//! (npm, yarn, pnpm, bun), and in the folders of Debian (`/usr/share/nodejs`).
//!
//! Sources: the documentation of npm, "package.json" and "folders" (what is installed is a folder
//! of `node_modules`, with its scope above it if it has one); of pnpm, "Symlinked `node_modules`
//! structure" (the packages lie once in `node_modules/.pnpm`, everything else is a link to there);
//! of Node, "Modules: Packages". Debian's policy for JavaScript packages names its folders.
//!
//! What counts: a folder of `node_modules` whose `package.json` tells name and version, by the name
//! that the file tells, since a folder may bear an alias. Deeper files tell Node how to load, and
//! are no packages; fixtures of tests mostly lack a version. The `package.json` of an application is
//! no installed package, with one exception: an unpacked release whose folder bears its name and
//! version (`/opt/yarn-v1.22.19`, and `lodash/4.17.21` where Deno keeps what it runs). Lock files do not count, as what they led to is there itself.
//!
//! pnpm may link files to its store in the same layer; the record is then read under the name that
//! it has there, and counts where a link puts it into `node_modules`.

use outcrop_image::{Analyser, Analysis, CandidateFile, Conclusion, FileFacts, View};
use outcrop_model::PackageKind;
use serde::Deserialize;

use super::folder_and_name;
use crate::findings::{Findings, side_by_side_if};
use crate::json::{Text, Words};
use crate::licence::licences;

/// Largest file that is read; the longest that packages have are about 500 kB.
const MAX_BYTES: u64 = 4 << 20;
/// Longest name, by the documentation of npm, with room for the old ones.
const MAX_NAME_BYTES: usize = 256;

/// Reads what is in `node_modules`.
pub(super) struct Npm;

impl Analyser for Npm {
    fn id(&self) -> &'static str {
        "npm"
    }

    fn version(&self) -> u32 {
        2
    }

    fn wants(&self, file: &FileFacts<'_>) -> Option<u64> {
        let wanted = installed(file.path).is_some()
            || file.head.starts_with(b"{") && is_stored_by_pnpm(file.path);
        wanted.then_some(MAX_BYTES)
    }

    fn analyse(&self, file: &CandidateFile<'_>) -> Analysis {
        let mut findings = Findings::new(self.id(), file.path);
        let stored = is_stored_by_pnpm(file.path);
        let Some(package) = findings.json::<Package>(file) else {
            return if stored {
                // Some file of some package, which nobody said to be JSON.
                Analysis::default()
            } else {
                findings.finish()
            };
        };
        let (name, version) = (package.name.as_str().trim(), package.version.as_str());
        let folder = folder_and_name(file.path).0;
        if name.is_empty()
            || name.len() > MAX_NAME_BYTES
            || version.trim().is_empty()
            || installed(file.path) == Some(Place::Release) && !bears(folder, name, version)
        {
            return Analysis::default();
        }
        if let Some(found) = findings.add(PackageKind::Npm, name, version) {
            found.place = Some(place(folder));
            let told = package.license.0.iter().chain(&package.licenses.0);
            found.licences = told.flat_map(|licence| licences(licence)).collect();
            found.licences.dedup();
        }
        findings.finish()
    }

    fn conclude(&self, view: &View<'_>) -> Conclusion {
        side_by_side_if(view, |path, package| {
            let folder = folder_and_name(path).0;
            package.place = Some(place(folder));
            match installed(path) {
                Some(Place::Modules) => true,
                Some(Place::Release) => bears(folder, &package.name, &package.version),
                None => false,
            }
        })
    }
}

#[derive(Deserialize)]
struct Package {
    #[serde(default)]
    name: Text,
    #[serde(default)]
    version: Text,
    #[serde(default)]
    license: Words,
    /// The older spelling, a list.
    #[serde(default)]
    licenses: Words,
}

/// What a folder with a `package.json` is.
#[derive(Debug, PartialEq, Eq)]
enum Place {
    /// In `node_modules`, or one of Debian's folders.
    Modules,
    /// Elsewhere, with a name that may be one of a release.
    Release,
}

fn installed(path: &str) -> Option<Place> {
    let folder = path.strip_suffix("/package.json")?;
    let (above, name) = folder_and_name(folder);
    let (higher, above_name) = folder_and_name(above);
    let modules = if above_name.starts_with('@') {
        higher
    } else {
        above
    };
    if !name.starts_with('.') && is_modules(modules) {
        return Some(Place::Modules);
    }
    let version = name
        .rsplit_once(['-', '@'])
        .map_or(name, |(_, version)| version);
    version
        .trim_start_matches('v')
        .starts_with(|first: char| first.is_ascii_digit())
        .then_some(Place::Release)
}

/// `node_modules`, and Debian's `/usr/share/nodejs`, `/usr/lib/nodejs` and
/// `/usr/lib/x86_64-linux-gnu/nodejs`.
fn is_modules(folder: &str) -> bool {
    let (above, name) = folder_and_name(folder);
    let (higher, above_name) = folder_and_name(above);
    match name {
        "node_modules" => true,
        "nodejs" => {
            matches!(above_name, "share" | "lib")
                || above_name.contains("-linux-") && folder_and_name(higher).1 == "lib"
        }
        _ => false,
    }
}

/// Whether a folder is called as an unpacked release: `name-1.0`, `name-v1.0`, `name@1.0` or
/// `name/1.0`.
fn bears(folder: &str, name: &str, version: &str) -> bool {
    let (above, folder_name) = folder_and_name(folder);
    if folder_name == version {
        let before = above.strip_suffix(name);
        return before.is_some_and(|before| before.is_empty() || before.ends_with('/'));
    }
    folder_name
        .strip_prefix(name)
        .and_then(|rest| rest.strip_prefix(['-', '@']))
        .is_some_and(|rest| rest.strip_prefix('v').unwrap_or(rest) == version)
}

/// What a package is installed in. Stores that hold each version in a folder of its own
/// (`node_modules/.pnpm/name@1.0/node_modules/name`) are one place.
fn place(folder: &str) -> String {
    folder
        .match_indices("node_modules/.")
        .last()
        .and_then(|(start, found)| {
            let name = start + found.len();
            let end = name + folder.get(name..)?.find('/')?;
            folder.get(..end)
        })
        .unwrap_or(folder)
        .to_owned()
}

/// `files/0a/…`, of which the rest is the digest of the content.
fn is_stored_by_pnpm(path: &str) -> bool {
    let is_hexadecimal = |text: &str, length: usize| {
        text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    let (folder, name) = folder_and_name(path);
    let (above, prefix) = folder_and_name(folder);
    let name = name.strip_suffix("-exec").unwrap_or(name);
    is_hexadecimal(name, 126) && is_hexadecimal(prefix, 2) && folder_and_name(above).1 == "files"
}

#[cfg(test)]
#[path = "npm_tests.rs"]
mod tests;
