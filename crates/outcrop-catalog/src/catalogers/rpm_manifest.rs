//! The manifests of distroless images of Azure Linux and CBL-Mariner, which have no database:
//! `var/lib/rpmmanifest/container-manifest-2`.
//!
//! Source: what those images hold, made with rpm's query format (`rpm(8)`, `--queryformat`): name,
//! version and release, time of installation, time of the build, vendor, epoch or `(none)`, size,
//! architecture, epoch as a number, source rpm, with tabs between.

use outcrop_image::{
    Analyser, Analysis, CandidateFile, Conclusion, FileFacts, Observation, Root, View,
};
use outcrop_model::{PackageKind, ProblemKind};

use super::rpm::Built;
use super::{conclusion_of, text};
use crate::findings::keep_apart;
use crate::problems::{FileProblems, shown};

/// Largest manifest that is read; an image has some ten packages, at 200 bytes each.
const MAX_BYTES: u64 = 16 << 20;
/// Packages that are read.
const MAX_PACKAGES: usize = 100_000;
/// Longest line.
const MAX_LINE_BYTES: usize = 4_096;
/// Longest name or version.
const MAX_VALUE_BYTES: usize = 512;

const MANIFEST: &str = "var/lib/rpmmanifest/container-manifest-2";

/// Reads the manifest of an rpm image without a database.
pub(super) struct RpmManifest;

impl Analyser for RpmManifest {
    fn id(&self) -> &'static str {
        "rpm-manifest"
    }

    fn version(&self) -> u32 {
        2
    }

    fn roots(&self) -> &'static [Root] {
        const { &[Root::file(MANIFEST)] }
    }

    fn wants(&self, file: &FileFacts<'_>) -> Option<u64> {
        (file.folder_and_name().1 == "container-manifest-2").then_some(MAX_BYTES)
    }

    fn analyse(&self, file: &CandidateFile<'_>) -> Analysis {
        let mut problems = FileProblems::default();
        let (content, is_utf8) = text(file.bytes);
        if !is_utf8 {
            problems.push(
                ProblemKind::Malformed,
                "the manifest is not UTF-8; what is not was replaced",
            );
        }
        let mut installed = Vec::new();
        for line in content.split_inclusive('\n') {
            if problems.are_too_many() {
                break;
            }
            if !file.whole && !line.ends_with('\n') {
                break;
            }
            let line = line.trim_end_matches(['\n', '\r']);
            if line.is_empty() {
                continue;
            }
            if installed.len() >= MAX_PACKAGES {
                problems.push(
                    ProblemKind::TooLarge,
                    format!("the manifest has more packages than are read: {MAX_PACKAGES}"),
                );
                break;
            }
            let fields: Vec<&str> = match line.len() {
                ..=MAX_LINE_BYTES => line.split('\t').map(str::trim).collect(),
                _ => Vec::new(),
            };
            let [
                name,
                version,
                _,
                _,
                vendor,
                _,
                _,
                architecture,
                epoch,
                rest @ ..,
            ] = fields.as_slice()
            else {
                problems.push(
                    ProblemKind::Malformed,
                    format!(
                        "a line that is no package was passed over: `{}`",
                        shown(line)
                    ),
                );
                continue;
            };
            if name.is_empty()
                || version.is_empty()
                || name.len().max(version.len()) > MAX_VALUE_BYTES
            {
                problems.push(
                    ProblemKind::Malformed,
                    format!(
                        "a line without a fit name and version was passed over: `{}`",
                        shown(line)
                    ),
                );
                continue;
            }
            if *name == "gpg-pubkey" {
                continue;
            }
            let built = Built {
                name,
                epoch: epoch.parse().unwrap_or_default(),
                version,
                source_rpm: rest.first().copied(),
            };
            let mut package = built.package(self.id(), file.path);
            package.architecture = known(architecture);
            if let Some(vendor) = known(vendor) {
                package.qualifiers.insert("vendor".to_owned(), vendor);
            }
            installed.push(package);
        }
        if !file.whole {
            problems.push(ProblemKind::Truncated, "the manifest is cut off");
        }
        keep_apart(&mut installed);
        Analysis {
            observation: (!installed.is_empty()).then_some(Observation::Packages {
                installed,
                leftovers: Vec::new(),
            }),
            problems: problems.into_list(),
        }
    }

    fn conclude(&self, view: &View<'_>) -> Conclusion {
        conclusion_of(view.file(MANIFEST), PackageKind::Rpm)
    }
}

/// A field, unless it says that there is nothing.
fn known(field: &str) -> Option<String> {
    (!field.is_empty() && field != "(none)").then(|| field.to_owned())
}

#[cfg(test)]
#[path = "rpm_manifest_tests.rs"]
mod tests;
