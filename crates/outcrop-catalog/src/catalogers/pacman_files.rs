//! The files of each package of pacman: `var/lib/pacman/local/<name>-<version>/files`.
//!
//! Source: pacman 6, `lib/libalpm/be_local.c`, section `%FILES%`; folders end with a slash.

use outcrop_image::{Analyser, Analysis, CandidateFile, Conclusion, FileFacts, FileProblem, View};
use outcrop_model::{PackageKind, ProblemKind};

use super::pacman::{local, values};
use super::{conclusion_of, folder_and_name, text};
use crate::owned_files::OwnedFiles;

/// Largest list that is read; the largest packages have about 2 MB.
const MAX_BYTES: u64 = 16 << 20;

/// Reads which package owns which files.
pub(super) struct PacmanFiles;

impl Analyser for PacmanFiles {
    fn id(&self) -> &'static str {
        "pacman-files"
    }

    fn version(&self) -> u32 {
        2
    }

    fn wants(&self, file: &FileFacts<'_>) -> Option<u64> {
        let wanted = file.folder_and_name().1 == "files"
            && (file.head.is_empty() || file.head.starts_with(b"%FILES%"));
        wanted.then_some(MAX_BYTES)
    }

    fn analyse(&self, file: &CandidateFile<'_>) -> Analysis {
        // `<name>-<version>-<release>`
        let (_, folder) = folder_and_name(folder_and_name(file.path).0);
        let Some(package) = folder.rsplitn(3, '-').nth(2) else {
            return Analysis::default();
        };
        let (content, _) = text(file.bytes);
        let mut owned = OwnedFiles::default();
        values(&content, "%FILES%")
            .filter(|path| !path.ends_with('/'))
            .all(|path| owned.add(package, path));
        let mut analysis = owned.finish();
        if !file.whole {
            analysis.problems.push(FileProblem::new(
                ProblemKind::TooLarge,
                "the list of the package's files goes on beyond what is read",
            ));
        }
        analysis
    }

    fn conclude(&self, view: &View<'_>) -> Conclusion {
        conclusion_of(local(view), PackageKind::Alpm)
    }
}

#[cfg(test)]
#[path = "pacman_files_tests.rs"]
mod tests;
