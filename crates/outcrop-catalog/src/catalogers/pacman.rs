//! The database of pacman: `var/lib/pacman/local/<name>-<version>/desc`.
//!
//! Source: pacman 6, `lib/libalpm/be_local.c`: a section begins with its name between `%`, each
//! value is a line, and an empty line ends it. What is worth knowing is also in `alpm-local-db`
//! of Arch's ALPM specifications.

use outcrop_image::{Analyser, Analysis, CandidateFile, Conclusion, FileFacts, Found, View};
use outcrop_model::{PackageKind, SourcePackage};

use super::{conclusion_of, folder_and_name};
use crate::findings::Findings;
use crate::licence::licences;

/// Largest description that is read; those with long lists of dependencies have about 10 kB.
const MAX_BYTES: u64 = 1 << 20;
/// Licences of one package that are read.
const MAX_LICENCES: usize = 64;

/// Where pacman keeps a folder of each package.
const LOCAL: &str = "var/lib/pacman/local";

/// Reads the descriptions of packages.
pub(super) struct Pacman;

impl Analyser for Pacman {
    fn id(&self) -> &'static str {
        "pacman"
    }

    fn version(&self) -> u32 {
        1
    }

    fn wants(&self, file: &FileFacts<'_>) -> Option<u64> {
        let wanted = file.folder_and_name().1 == "desc"
            && (file.head.is_empty() || file.head.starts_with(b"%NAME%"));
        wanted.then_some(MAX_BYTES)
    }

    fn analyse(&self, file: &CandidateFile<'_>) -> Analysis {
        let mut findings = Findings::new(self.id(), file.path);
        let content = findings.text(file);
        let first = |section| values(&content, section).next().unwrap_or_default();
        let (name, version) = (first("%NAME%"), first("%VERSION%"));
        if let Some(package) = findings.add(PackageKind::Alpm, name, version) {
            let base = Some(first("%BASE%")).filter(|base| !base.is_empty());
            package.source = Some(SourcePackage {
                name: base.unwrap_or(name).to_owned(),
                version: version.to_owned(),
            });
            let architecture = first("%ARCH%");
            package.architecture = (!architecture.is_empty()).then(|| architecture.to_owned());
            package.licences = values(&content, "%LICENSE%")
                .take(MAX_LICENCES)
                .flat_map(licences)
                .collect();
        }
        findings.finish()
    }

    fn conclude(&self, view: &View<'_>) -> Conclusion {
        conclusion_of(local(view), PackageKind::Alpm)
    }
}

/// The files that lie in the folder of a package.
pub(super) fn local<'a>(view: &View<'a>) -> Vec<Found<'a>> {
    let Some(local) = view.resolve(LOCAL) else {
        return Vec::new();
    };
    let mut files = view.everywhere();
    files.retain(|found| {
        let (folder, _) = folder_and_name(&found.path);
        folder_and_name(folder).0 == local
    });
    files
}

/// The lines of a section.
pub(super) fn values<'a>(content: &'a str, section: &str) -> impl Iterator<Item = &'a str> {
    content
        .lines()
        .map(str::trim_end)
        .skip_while(move |line| *line != section)
        .skip(1)
        .take_while(|line| !line.is_empty())
}

#[cfg(test)]
#[path = "pacman_tests.rs"]
mod tests;
