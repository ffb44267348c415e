//! The files of each Alpine package, from the same database as [`Apk`](super::apk::Apk).
//!
//! Source: Alpine's wiki, "Apk spec": `F` opens a folder, each `R` is a file in it.

use outcrop_image::{Analyser, Analysis, CandidateFile, Conclusion, FileFacts, Root, View};
use outcrop_model::PackageKind;

use super::apk::{Apk, DATABASES, ROOTS, looks_like_one};
use super::{conclusion_of, files_at, text};
use crate::owned_files::OwnedFiles;

/// Reads which package owns which files.
pub(super) struct ApkFiles;

impl Analyser for ApkFiles {
    fn id(&self) -> &'static str {
        "apk-files"
    }

    fn version(&self) -> u32 {
        2
    }

    fn roots(&self) -> &'static [Root] {
        ROOTS
    }

    fn wants(&self, file: &FileFacts<'_>) -> Option<u64> {
        Apk.wants(file)
    }

    /// What is wrong with the database itself, [`Apk`](super::apk::Apk) says.
    fn analyse(&self, file: &CandidateFile<'_>) -> Analysis {
        let (content, _) = text(file.bytes);
        if !looks_like_one(&content) {
            return Analysis::default();
        }
        let mut owned = OwnedFiles::default();
        let (mut package, mut folder) = ("", "");
        for line in content.lines() {
            match line.split_once(':') {
                Some(("P", name)) => (package, folder) = (name.trim_ascii(), ""),
                Some(("F", path)) => folder = path,
                Some(("R", name)) => {
                    let path = [folder, "/", name].concat();
                    if !package.is_empty() && !owned.add(package, &path) {
                        break;
                    }
                }
                _ => {}
            }
        }
        owned.finish()
    }

    fn conclude(&self, view: &View<'_>) -> Conclusion {
        conclusion_of(files_at(view, DATABASES), PackageKind::Apk)
    }
}

#[cfg(test)]
#[path = "apk_files_tests.rs"]
mod tests;
