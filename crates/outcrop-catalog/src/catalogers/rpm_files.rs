//! The files of each package, from the same database as [`Rpm`](super::rpm::Rpm).
//!
//! Source: rpm's manual, "Header format": folders, names, and the folder of each name. What a
//! write-ahead log takes away stays until it is laid into the database.

use outcrop_image::{
    Analyser, Analysis, CandidateFile, Conclusion, FileFacts, FileProblem, Observation, Root, View,
};
use outcrop_model::{PackageKind, ProblemKind};

use super::conclusion_of;
use super::rpm::{ROOTS, Rpm, databases, read_headers};

/// Paths of all packages together; the 300,000 files of a desktop take about 40 MB.
const MAX_PATHS_BYTES: usize = 256 << 20;

/// Reads which package owns which files.
pub(super) struct RpmFiles;

impl Analyser for RpmFiles {
    fn id(&self) -> &'static str {
        "rpm-files"
    }

    fn version(&self) -> u32 {
        1
    }

    fn roots(&self) -> &'static [Root] {
        ROOTS
    }

    fn wants(&self, file: &FileFacts<'_>) -> Option<u64> {
        Rpm.wants(file)
    }

    /// What is wrong with the database itself, [`Rpm`](super::rpm::Rpm) says.
    fn analyse(&self, file: &CandidateFile<'_>) -> Analysis {
        let mut packages = Vec::new();
        let mut paths_left = MAX_PATHS_BYTES;
        read_headers(file, &mut |header| {
            if paths_left > 0 {
                packages.push(header.files(&mut paths_left));
            }
        });
        packages.retain(|(name, keys)| !name.is_empty() && !keys.is_empty());
        let too_many = || {
            FileProblem::new(
                ProblemKind::TooLarge,
                format!("the packages own more files than are remembered: {MAX_PATHS_BYTES} bytes"),
            )
        };
        Analysis {
            observation: (!packages.is_empty()).then_some(Observation::OwnedFiles(packages)),
            problems: (paths_left == 0).then(too_many).into_iter().collect(),
        }
    }

    fn conclude(&self, view: &View<'_>) -> Conclusion {
        let files = databases(view)
            .into_iter()
            .flat_map(|(database, log)| std::iter::once(database).chain(log));
        conclusion_of(files, PackageKind::Rpm)
    }
}

#[cfg(test)]
#[path = "rpm_files_tests.rs"]
mod tests;
