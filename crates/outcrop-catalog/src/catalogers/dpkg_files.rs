//! The files of each Debian package: `var/lib/dpkg/info/*.list`, the `status.d/*.md5sums` of
//! distroless images, and the manifest of chiselled ones.
//!
//! Sources: `dpkg(1)`, section "Files"; `deb-md5sums(5)`; Chisel's reference, "Chisel manifest":
//! lines of kind `content` join a slice with a path.

use outcrop_image::{
    Analyser, Analysis, CandidateFile, Conclusion, FileFacts, FileProblem, Root, View,
};
use outcrop_model::{PackageKind, ProblemKind};

use super::dpkg_status::chisel;
use super::{conclusion_of, folder_and_name};
use crate::owned_files::OwnedFiles;

/// Largest list that is read; the kernel's headers have about 2 MB.
const MAX_LIST_BYTES: u64 = 16 << 20;
/// Where the path begins in a line of `md5sums`: after the digest and two spaces.
const AFTER_DIGEST: usize = 34;

const INFO: &str = "var/lib/dpkg/info";
const STATUS_FOLDER: &str = "var/lib/dpkg/status.d";

/// Reads which package owns which files.
pub(super) struct DpkgFiles;

impl Analyser for DpkgFiles {
    fn id(&self) -> &'static str {
        "dpkg-files"
    }

    fn version(&self) -> u32 {
        2
    }

    fn roots(&self) -> &'static [Root] {
        const {
            &[
                Root::folder(INFO),
                Root::folder(STATUS_FOLDER),
                Root::file(chisel::MANIFEST),
            ]
        }
    }

    fn wants(&self, file: &FileFacts<'_>) -> Option<u64> {
        let (folder, name) = file.folder_and_name();
        let wanted = match folder_and_name(folder).1 {
            "info" => name.strip_suffix(".list").is_some(),
            "status.d" => name.ends_with(".md5sums"),
            _ => return chisel::cap(name),
        };
        wanted.then_some(MAX_LIST_BYTES)
    }

    fn analyse(&self, file: &CandidateFile<'_>) -> Analysis {
        let (_, name) = folder_and_name(file.path);
        let (package, start) = match name.rsplit_once('.') {
            _ if chisel::cap(name).is_some() => return chisel::owned_files(file),
            Some((package, "md5sums")) => (package, AFTER_DIGEST),
            Some((package, _)) => (package, 0),
            None => return Analysis::default(),
        };
        // `libc6:amd64.list` where several architectures may be installed.
        let package = package.split(':').next().unwrap_or(package);
        let mut owned = OwnedFiles::default();
        for line in file.bytes.split(|&byte| byte == b'\n') {
            if let Some(path) = line.get(start..)
                && let Ok(path) = std::str::from_utf8(path)
                && !owned.add(package, path)
            {
                break;
            }
        }
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
        let files = view
            .folder(INFO)
            .into_iter()
            .chain(view.folder(STATUS_FOLDER))
            .chain(view.file(chisel::MANIFEST));
        conclusion_of(files, PackageKind::Deb)
    }
}

#[cfg(test)]
#[path = "dpkg_files_tests.rs"]
mod tests;
