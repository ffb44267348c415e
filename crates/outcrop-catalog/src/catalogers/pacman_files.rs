//! The files of each package of pacman: `var/lib/pacman/local/<name>-<version>/files`.
//!
//! Source: pacman 6, `lib/libalpm/be_local.c`, section `%FILES%`; folders end with a slash.

use outcrop_image::{
    Analyser, Analysis, CandidateFile, Conclusion, FileFacts, FileProblem, Observation, View,
    path_key,
};
use outcrop_model::{PackageKind, ProblemKind};

use super::dpkg_files::is_worth_knowing;
use super::pacman::{local, values};
use super::{conclude_owned_files, folder_and_name, merged_usr, text};

/// Largest list that is read; the largest packages have about 2 MB.
const MAX_BYTES: u64 = 16 << 20;

/// Reads which package owns which files.
pub(super) struct PacmanFiles;

impl Analyser for PacmanFiles {
    fn id(&self) -> &'static str {
        "pacman-files"
    }

    fn version(&self) -> u32 {
        1
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
        let keys: Vec<u64> = values(&content, "%FILES%")
            .filter(|path| !path.ends_with('/') && is_worth_knowing(path))
            .flat_map(merged_usr)
            .map(|path| path_key(&path))
            .collect();
        let problem = FileProblem::new(
            ProblemKind::TooLarge,
            "the list of the package's files goes on beyond what is read",
        );
        Analysis {
            observation: (!keys.is_empty())
                .then(|| Observation::OwnedFiles(vec![(package.to_owned(), keys)])),
            problems: if file.whole {
                Vec::new()
            } else {
                vec![problem]
            },
        }
    }

    fn conclude(&self, view: &View<'_>) -> Conclusion {
        let mut conclusion = Conclusion::default();
        for found in local(view) {
            conclude_owned_files(&found, PackageKind::Alpm, &mut conclusion);
        }
        conclusion
    }
}

#[cfg(test)]
#[path = "pacman_files_tests.rs"]
mod tests;
