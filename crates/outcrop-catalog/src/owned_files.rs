//! Which packages of a system own which files, within limits.

use std::collections::BTreeMap;

use outcrop_image::{Analysis, FileProblem, Observation, path_key};
use outcrop_model::ProblemKind;

/// Files of one database that are remembered; an image with every compiler of Alpine has about
/// 200,000.
const MAX_FILES: usize = 2_000_000;

/// Folders in which no other package is ever recorded; they are most of every list.
const UNINTERESTING: [&str; 7] = [
    "usr/share/doc/",
    "usr/share/man/",
    "usr/share/locale/",
    "usr/share/zoneinfo/",
    "usr/share/icons/",
    "usr/share/lintian/",
    "usr/include/",
];

/// The files of each package that one database records, as far as they are worth knowing.
#[derive(Default)]
pub(crate) struct OwnedFiles {
    packages: BTreeMap<String, Vec<u64>>,
    files: usize,
}

impl OwnedFiles {
    /// Adds a file of a package; false where there are enough.
    pub(crate) fn add(&mut self, package: &str, path: &str) -> bool {
        if self.files >= MAX_FILES {
            return false;
        }
        let mut keys = keys(path).peekable();
        if keys.peek().is_some() {
            self.files += 1;
            match self.packages.get_mut(package) {
                Some(known) => known.extend(keys),
                None => drop(self.packages.insert(package.to_owned(), keys.collect())),
            }
        }
        true
    }

    /// What the database says.
    pub(crate) fn finish(self) -> Analysis {
        let packages: Vec<_> = self.packages.into_iter().collect();
        let too_many = || {
            FileProblem::new(
                ProblemKind::TooLarge,
                format!("the packages own more files than are remembered: {MAX_FILES}"),
            )
        };
        Analysis {
            observation: (!packages.is_empty()).then_some(Observation::OwnedFiles(packages)),
            problems: (self.files >= MAX_FILES)
                .then(too_many)
                .into_iter()
                .collect(),
        }
    }
}

/// What a file is known by, also where `/bin`, `/lib` and `/sbin` are links into `/usr`: the lists
/// of packages name the one or the other. Nothing of one that is not worth knowing.
pub(crate) fn keys(path: &str) -> impl Iterator<Item = u64> {
    let path = path.trim_start_matches("./").trim_start_matches('/');
    let is_worth_knowing =
        !matches!(path, "" | ".") && !UNINTERESTING.iter().any(|folder| path.starts_with(folder));
    let moved = ["bin/", "lib/", "lib32/", "lib64/", "libx32/", "sbin/"]
        .iter()
        .any(|folder| path.starts_with(folder))
        .then(|| path_key(&["usr/", path].concat()));
    is_worth_knowing
        .then(|| path_key(path))
        .into_iter()
        .chain(moved)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_known_at_either_place_of_a_merged_usr() {
        for (path, expected) in [
            ("/bin/a", vec!["bin/a", "usr/bin/a"]),
            ("./lib64/ld.so", vec!["lib64/ld.so", "usr/lib64/ld.so"]),
            ("usr/bin/a", vec!["usr/bin/a"]),
            ("library/a", vec!["library/a"]),
            ("/usr/share/doc/a/copyright", vec![]),
            ("/.", vec![]),
            ("/", vec![]),
            ("", vec![]),
        ] {
            let expected: Vec<u64> = expected.into_iter().map(path_key).collect();
            assert_eq!(keys(path).collect::<Vec<_>>(), expected, "{path}");
        }
    }

    #[test]
    fn no_more_files_than_the_limit() {
        let mut owned = OwnedFiles::default();
        let all = (0..=MAX_FILES).all(|_| owned.add("a", "b"));
        assert!(!all);
        let analysis = owned.finish();
        assert_eq!(
            analysis.problems[0].message,
            "the packages own more files than are remembered: 2000000"
        );
        let Some(Observation::OwnedFiles(packages)) = analysis.observation else {
            panic!("no files");
        };
        assert_eq!(packages[0].1.len(), MAX_FILES);
    }
}
