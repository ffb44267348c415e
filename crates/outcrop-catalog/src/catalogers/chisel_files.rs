//! The files of each package of a chiselled image, from the same manifest as
//! [`Chisel`](super::chisel::Chisel).
//!
//! Source: Chisel's reference, "Chisel manifest": lines of kind `content` join a slice with a path.

use std::collections::BTreeMap;

use outcrop_image::{
    Analyser, Analysis, CandidateFile, Conclusion, FileFacts, Observation, Root, View, path_key,
};
use outcrop_model::PackageKind;

use super::chisel::{Chisel, MANIFEST, lines};
use super::dpkg_files::is_worth_knowing;
use super::{conclude_owned_files, merged_usr};

/// Reads which package owns which files.
pub(super) struct ChiselFiles;

impl Analyser for ChiselFiles {
    fn id(&self) -> &'static str {
        "chisel-files"
    }

    fn version(&self) -> u32 {
        1
    }

    fn roots(&self) -> &'static [Root] {
        const { &[Root::file(MANIFEST)] }
    }

    fn wants(&self, file: &FileFacts<'_>) -> Option<u64> {
        Chisel.wants(file)
    }

    /// What is wrong with the manifest itself, [`Chisel`] says.
    fn analyse(&self, file: &CandidateFile<'_>) -> Analysis {
        let mut packages: BTreeMap<String, Vec<u64>> = BTreeMap::new();
        // A manifest that ends too early has told of what came before.
        let _ = lines(file.bytes, &mut |line| {
            let Some(line) = line.filter(|line| line.kind.as_str() == "content") else {
                return;
            };
            let path = line.path.as_str();
            // Neither names of packages nor those of slices have an underscore.
            let package = line
                .slice
                .as_str()
                .split_once('_')
                .map(|(package, _)| package);
            if let Some(package) = package
                && !path.ends_with('/')
                && is_worth_knowing(path)
            {
                packages
                    .entry(package.to_owned())
                    .or_default()
                    .extend(merged_usr(path).map(|path| path_key(&path)));
            }
        });
        let packages: Vec<_> = packages.into_iter().collect();
        Analysis {
            observation: (!packages.is_empty()).then_some(Observation::OwnedFiles(packages)),
            problems: Vec::new(),
        }
    }

    fn conclude(&self, view: &View<'_>) -> Conclusion {
        let mut conclusion = Conclusion::default();
        if let Some(found) = view.file(MANIFEST) {
            conclude_owned_files(&found, PackageKind::Deb, &mut conclusion);
        }
        conclusion
    }
}

#[cfg(test)]
#[path = "chisel_files_tests.rs"]
mod tests;
