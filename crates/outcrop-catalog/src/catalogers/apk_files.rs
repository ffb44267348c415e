//! The files of each Alpine package, from the same database as [`Apk`](super::apk::Apk).
//!
//! Source: Alpine's wiki, "Apk spec": `F` opens a folder, each `R` is a file in it.

use outcrop_image::{
    Analyser, Analysis, CandidateFile, Conclusion, FileFacts, Observation, Root, View, path_key,
};
use outcrop_model::{PackageKind, ProblemKind};

use super::apk::{DATABASES, MAX_BYTES, ROOTS, is_database, looks_like_one};
use super::dpkg_files::is_worth_knowing;
use super::{conclude_owned_files, files_at, merged_usr, text};
use crate::problems::FileProblems;

/// Files that are remembered; an image with every compiler of Alpine has about 200,000.
const MAX_FILES: usize = 2_000_000;

/// Reads which package owns which files.
pub(super) struct ApkFiles;

impl Analyser for ApkFiles {
    fn id(&self) -> &'static str {
        "apk-files"
    }

    fn version(&self) -> u32 {
        1
    }

    fn roots(&self) -> &'static [Root] {
        ROOTS
    }

    fn wants(&self, file: &FileFacts<'_>) -> Option<u64> {
        is_database(file.path).then_some(MAX_BYTES)
    }

    /// What is wrong with the database itself, [`Apk`](super::apk::Apk) says.
    fn analyse(&self, file: &CandidateFile<'_>) -> Analysis {
        let (content, _) = text(file.bytes);
        if !looks_like_one(&content) {
            return Analysis::default();
        }
        let mut problems = FileProblems::default();
        let mut packages: Vec<(String, Vec<u64>)> = Vec::new();
        let mut folder = "";
        let mut files = 0;
        for line in content.lines() {
            match line.split_once(':') {
                Some(("P", name)) => {
                    packages.push((name.trim_ascii().to_owned(), Vec::new()));
                    folder = "";
                }
                Some(("F", path)) => folder = path,
                Some(("R", name)) => {
                    let path = format!("{folder}/{name}");
                    let Some((_, keys)) = packages.last_mut().filter(|_| is_worth_knowing(&path))
                    else {
                        continue;
                    };
                    keys.extend(merged_usr(&path).map(|path| path_key(&path)));
                    files += 1;
                    if files >= MAX_FILES {
                        problems.push(
                            ProblemKind::TooLarge,
                            format!("the packages own more files than are remembered: {MAX_FILES}"),
                        );
                        break;
                    }
                }
                _ => {}
            }
        }
        packages.retain(|(_, keys)| !keys.is_empty());
        Analysis {
            observation: Some(Observation::OwnedFiles(packages)),
            problems: problems.into_list(),
        }
    }

    fn conclude(&self, view: &View<'_>) -> Conclusion {
        let mut conclusion = Conclusion::default();
        for found in files_at(view, DATABASES) {
            conclude_owned_files(&found, PackageKind::Apk, &mut conclusion);
        }
        conclusion
    }
}

#[cfg(test)]
#[path = "apk_files_tests.rs"]
mod tests;
