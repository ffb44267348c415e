//! The files of each Debian package: `var/lib/dpkg/info/*.list`, and the `status.d/*.md5sums` of
//! distroless images.
//!
//! Sources: `dpkg(1)`, section "Files"; `deb-md5sums(5)`.

use outcrop_image::{
    Analyser, Analysis, CandidateFile, Conclusion, FileFacts, FileProblem, Observation, Root, View,
    path_key,
};
use outcrop_model::{PackageKind, PackageOwner, ProblemKind};

use super::{folder_and_name, merged_usr};

/// Largest list that is read; the kernel's headers have about 2 MB.
const MAX_LIST_BYTES: u64 = 16 << 20;

const INFO: &str = "var/lib/dpkg/info";
const STATUS_FOLDER: &str = "var/lib/dpkg/status.d";

/// Reads which package owns which files.
pub(super) struct DpkgFiles;

impl Analyser for DpkgFiles {
    fn id(&self) -> &'static str {
        "dpkg-files"
    }

    fn version(&self) -> u32 {
        1
    }

    fn roots(&self) -> &'static [Root] {
        const { &[Root::folder(INFO), Root::folder(STATUS_FOLDER)] }
    }

    fn wants(&self, file: &FileFacts<'_>) -> Option<u64> {
        let (folder, name) = file.folder_and_name();
        let wanted = match folder_and_name(folder).1 {
            "info" => name.strip_suffix(".list").is_some(),
            "status.d" => name.ends_with(".md5sums"),
            _ => false,
        };
        wanted.then_some(MAX_LIST_BYTES)
    }

    fn analyse(&self, file: &CandidateFile<'_>) -> Analysis {
        let (_, name) = folder_and_name(file.path);
        let Some((package, kind)) = name.rsplit_once('.') else {
            return Analysis::default();
        };
        // `libc6:amd64.list` where several architectures may be installed.
        let package = package.split(':').next().unwrap_or(package);
        let mut keys = Vec::new();
        for line in file.bytes.split(|&byte| byte == b'\n') {
            let path = match kind {
                "md5sums" => line.get(34..),
                _ => Some(line),
            };
            if let Some(path) = path.and_then(|path| std::str::from_utf8(path).ok())
                && is_worth_knowing(path)
            {
                keys.extend(merged_usr(path).map(|path| path_key(&path)));
            }
        }
        Analysis {
            observation: Some(Observation::OwnedFiles(vec![(package.to_owned(), keys)])),
            problems: if file.whole {
                Vec::new()
            } else {
                vec![FileProblem::new(
                    ProblemKind::TooLarge,
                    "the list of the package's files goes on beyond what is read",
                )]
            },
        }
    }

    fn conclude(&self, view: &View<'_>) -> Conclusion {
        let mut conclusion = Conclusion::default();
        for found in view
            .folder(INFO)
            .into_iter()
            .chain(view.folder(STATUS_FOLDER))
        {
            if let Some(Observation::OwnedFiles(packages)) = found.observation {
                for (name, keys) in packages {
                    let owner = PackageOwner {
                        kind: PackageKind::Deb,
                        name: name.clone(),
                    };
                    conclusion.owned_files.push((owner, keys.clone()));
                }
            }
        }
        conclusion
    }
}

/// Leaves out folders in which no other package is ever recorded; they are most of every list.
pub(super) fn is_worth_knowing(path: &str) -> bool {
    let path = path.trim_start_matches('/');
    !path.is_empty()
        && ![
            "usr/share/doc/",
            "usr/share/man/",
            "usr/share/locale/",
            "usr/share/zoneinfo/",
            "usr/share/icons/",
            "usr/share/lintian/",
            "usr/include/",
        ]
        .iter()
        .any(|folder| path.starts_with(folder))
}

#[cfg(test)]
#[path = "dpkg_files_tests.rs"]
mod tests;
