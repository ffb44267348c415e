//! Packages of Node that yarn keeps in archives: `.pnp.cjs`, and `.pnp.data.json` beside it.
//!
//! Sources: yarn's documentation, "Plug'n'Play" and "`PnP` specification" (there is no `node_modules`;
//! the file tells Node in which archive each package lies) and "Protocols" (references, as
//! `npm:1.0.0`). The program that the file is holds the list as one object or, since yarn 3, as one
//! string with it.
//!
//! What counts: what came from a registry, also where yarn has changed it (`patch:`). Unpacked
//! packages are left to the cataloger `npm`, because the list names those of other platforms as
//! well, which are not there. A package that is neither of a registry nor of the project has no
//! version in the list and is named as a problem.

use outcrop_image::{Analyser, Analysis, CandidateFile, Conclusion, FileFacts, View};
use outcrop_model::{PackageKind, ProblemKind};
use serde::Deserialize;

use super::folder_and_name;
use crate::findings::{Findings, shown, side_by_side};
use crate::json::{self, List, Object, Text};

/// Largest file that is read; the lists of large projects have 5 MB.
const MAX_BYTES: u64 = 32 << 20;

/// Reads the lists of yarn's Plug'n'Play.
pub(super) struct YarnPnp;

impl Analyser for YarnPnp {
    fn id(&self) -> &'static str {
        "yarn-pnp"
    }

    fn version(&self) -> u32 {
        1
    }

    fn wants(&self, file: &FileFacts<'_>) -> Option<u64> {
        let name = file.folder_and_name().1;
        matches!(name, ".pnp.cjs" | ".pnp.js" | ".pnp.data.json").then_some(MAX_BYTES)
    }

    fn analyse(&self, file: &CandidateFile<'_>) -> Analysis {
        let mut findings = Findings::new(self.id(), file.path);
        let content = findings.text(file);
        // A file that has its list beside it holds none itself.
        if let Some(object) = object(&content) {
            let mut values = serde_json::Deserializer::from_str(&object).into_iter::<State>();
            // What is cut off there is more than the packages of one file.
            match json::document(|| values.next()).0 {
                Some(Ok(state)) => state.packages(folder_and_name(file.path).0, &mut findings),
                _ => findings.problem(
                    ProblemKind::Malformed,
                    "the list of the packages is not as it should be",
                ),
            }
        }
        findings.finish()
    }

    fn conclude(&self, view: &View<'_>) -> Conclusion {
        side_by_side(view)
    }
}

/// The text from the object that lists the packages on, out of its string if it is in one.
fn object(content: &str) -> Option<String> {
    let before = content.get(..content.find("\"__info\"")?)?;
    let start = before.rfind('{')?;
    let object = content.get(start..)?;
    if !before.get(..start)?.ends_with('\'') {
        return Some(object.to_owned());
    }
    let mut plain = String::with_capacity(object.len());
    let mut characters = object.chars();
    while let Some(character) = characters.next() {
        match character {
            '\'' => break,
            '\\' => plain.extend(characters.next().filter(|next| *next != '\n')),
            _ => plain.push(character),
        }
    }
    Some(plain)
}

#[derive(Deserialize)]
struct State {
    /// Names, each with its copies.
    #[serde(default, rename = "packageRegistryData")]
    packages: List<(Text, List<Copy>)>,
}

/// A reference, and what there is to know of it.
type Copy = (Text, Object<Information>);

#[derive(Deserialize)]
struct Information {
    #[serde(default, rename = "packageLocation")]
    location: Text,
}

impl State {
    fn packages(&self, project: &str, findings: &mut Findings<'_>) {
        for (name, copies) in &self.packages.0 {
            for (reference, information) in &copies.0 {
                let location = information.0.as_ref().map(|found| found.location.as_str());
                if location.is_some_and(|location| location.contains("/unplugged/")) {
                    continue;
                }
                let (name, reference) = (name.as_str(), reference.as_str());
                match origin(name, reference) {
                    Origin::Project => {}
                    Origin::Registry { name, version } => {
                        if let Some(package) = findings.add(PackageKind::Npm, name, version) {
                            package.place = Some(project.to_owned());
                        }
                    }
                    Origin::Elsewhere => findings.problem(
                        ProblemKind::Unsupported,
                        format!(
                            "a package that is of no registry was passed over: `{}`",
                            shown(name)
                        ),
                    ),
                }
            }
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Origin<'a> {
    /// A folder of the project itself.
    Project,
    /// A registry, which may know it by another name.
    Registry { name: &'a str, version: &'a str },
    /// A repository or an address.
    Elsewhere,
}

fn origin<'a>(name: &'a str, reference: &'a str) -> Origin<'a> {
    // `virtual:0a1b#npm:1.0.0` is a copy that sees other packages.
    let reference = match reference.strip_prefix("virtual:") {
        Some(rest) => rest.split_once('#').map_or("", |(_, original)| original),
        None => reference,
    };
    if let Some(original) = reference.strip_prefix("npm:") {
        let original = original.split("::").next().unwrap_or(original);
        // `npm:name@1.0.0` is known by another name here.
        return match original.rsplit_once('@') {
            Some((name, version)) => Origin::Registry { name, version },
            None => Origin::Registry {
                name,
                version: original,
            },
        };
    }
    if reference.starts_with("patch:") {
        // `patch:name@npm%3A1.0.0#change::version=1.0.0&hash=0a1b`
        let version = reference.rsplit_once("::").and_then(|(_, parameters)| {
            let mut parameters = parameters.split('&');
            parameters.find_map(|parameter| parameter.strip_prefix("version="))
        });
        return version.map_or(Origin::Elsewhere, |version| Origin::Registry {
            name,
            version,
        });
    }
    let is_local = ["workspace:", "link:", "portal:", "file:"]
        .iter()
        .any(|protocol| reference.starts_with(protocol));
    if is_local || name.is_empty() || reference.is_empty() {
        Origin::Project
    } else {
        Origin::Elsewhere
    }
}

#[cfg(test)]
#[path = "yarn_pnp_tests.rs"]
mod tests;
