//! What a cataloger gathers from one file, within limits.

use std::borrow::Cow;
use std::collections::HashSet;

use outcrop_image::{Analysis, CandidateFile, Conclusion, Observation, View};
use outcrop_model::{Certainty, Evidence, Package, PackageKind, ProblemKind};
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use crate::json;
use crate::package_cache::{is_in_cache, leave_out_copies};
use crate::problems::FileProblems;
pub(crate) use crate::problems::shown;

/// Packages of one file that are read; the largest lists of applications have about 10,000.
const MAX_PACKAGES: usize = 100_000;
/// Longest name or version.
const MAX_VALUE_BYTES: usize = 512;
/// Largest document of JSON that is held whole where a member stands in it twice.
const MAX_HELD_JSON_BYTES: usize = 4 << 20;

/// Packages and problems of one file, in the order in which they were met.
pub(crate) struct Findings<'a> {
    cataloger: &'static str,
    path: &'a str,
    packages: Vec<Package>,
    problems: FileProblems,
    full: bool,
}

impl<'a> Findings<'a> {
    /// Nothing yet, of the file at `path`.
    pub(crate) const fn new(cataloger: &'static str, path: &'a str) -> Self {
        Self {
            cataloger,
            path,
            packages: Vec::new(),
            problems: FileProblems::new(),
            full: false,
        }
    }

    /// The file as a JSON document; `None`, with a problem, where it is none or not all there.
    ///
    /// Of a member that stands there twice the last counts, as it does to the programs that write
    /// and read such files; a document over [`MAX_HELD_JSON_BYTES`] is then none.
    pub(crate) fn json<T: DeserializeOwned>(&mut self, file: &CandidateFile<'_>) -> Option<T> {
        if !file.whole {
            self.problem(
                ProblemKind::Truncated,
                "only the beginning of the file could be read, which says nothing by itself",
            );
            return None;
        }
        let bytes = file
            .bytes
            .strip_prefix(b"\xef\xbb\xbf")
            .unwrap_or(file.bytes);
        let (read, all) = json::document(|| {
            serde_json::from_slice(bytes).or_else(|error| match error.classify() {
                Category::Data if bytes.len() <= MAX_HELD_JSON_BYTES => {
                    T::deserialize(serde_json::from_slice::<serde_json::Value>(bytes)?)
                }
                _ => Err(error),
            })
        });
        if !all {
            self.problem(
                ProblemKind::TooLarge,
                format!(
                    "the document has more values than are read: {}",
                    json::MAX_ELEMENTS
                ),
            );
        }
        read.map_err(|error| {
            self.problem(
                ProblemKind::Malformed,
                format!(
                    "the file is not the JSON that it should be from line {}, column {}",
                    error.line(),
                    error.column()
                ),
            );
        })
        .ok()
    }

    /// The file as text, with a problem where not all of it is there; what is not UTF-8 is
    /// replaced.
    pub(crate) fn text<'b>(&mut self, file: &CandidateFile<'b>) -> Cow<'b, str> {
        if !file.whole {
            self.problem(
                ProblemKind::Truncated,
                "only the beginning of the file could be read",
            );
        }
        String::from_utf8_lossy(file.bytes)
    }

    /// Takes a package, which the caller may add to; `None`, with a problem, where the record is
    /// not fit to be one.
    pub(crate) fn add(
        &mut self,
        kind: PackageKind,
        name: &str,
        version: &str,
    ) -> Option<&mut Package> {
        let (name, version) = (name.trim(), version.trim());
        if !self.full && (name.is_empty() || version.is_empty()) {
            let missing = if name.is_empty() { "name" } else { "version" };
            let shown = shown(if name.is_empty() { version } else { name });
            self.problem(
                ProblemKind::Malformed,
                format!("a record without a {missing} was passed over: `{shown}`"),
            );
            return None;
        }
        self.add_whatever_version(kind, name, version)
    }

    /// [`add`](Self::add) of what is there even where nothing tells its version, which is then
    /// empty: a program that cannot be judged is not to be passed over in silence.
    pub(crate) fn add_whatever_version(
        &mut self,
        kind: PackageKind,
        name: &str,
        version: &str,
    ) -> Option<&mut Package> {
        if self.full {
            return None;
        }
        if name.len().max(version.len()) > MAX_VALUE_BYTES {
            self.problem(
                ProblemKind::TooLarge,
                format!(
                    "a record with an overlong value was passed over: `{}`",
                    shown(name)
                ),
            );
            return None;
        }
        if self.packages.len() >= MAX_PACKAGES {
            self.full = true;
            self.problems.push(
                ProblemKind::TooLarge,
                format!("the file has more packages than are read: {MAX_PACKAGES}"),
            );
            return None;
        }
        let evidence = Evidence {
            cataloger: self.cataloger.to_owned(),
            path: self.path.to_owned(),
        };
        self.packages
            .push(Package::new(kind, name, version, evidence));
        self.packages.last_mut()
    }

    /// Takes a package that a lock file resolved: the record of what was to be installed, which
    /// nothing in the image confirms. Its place is the file.
    pub(crate) fn add_locked(
        &mut self,
        kind: PackageKind,
        name: &str,
        version: &str,
    ) -> Option<&mut Package> {
        let place = self.path.to_owned();
        let package = self.add(kind, name, version)?;
        package.certainty = Certainty::Inferred("a lock file".to_owned());
        package.place = Some(place);
        Some(package)
    }

    /// Notes what could not be understood; beyond some they are counted only.
    pub(crate) fn problem(&mut self, kind: ProblemKind, message: impl Into<String>) {
        self.problems.push(kind, message);
    }

    /// What the file says.
    pub(crate) fn finish(mut self) -> Analysis {
        keep_apart(&mut self.packages);
        // Most files have one package, for which a list has the room of four.
        self.packages.shrink_to_fit();
        Analysis {
            observation: (!self.packages.is_empty()).then_some(Observation::Packages {
                installed: self.packages,
                leftovers: Vec::new(),
            }),
            problems: self.problems.into_list(),
        }
    }
}

/// The packages of every file that is still there, for formats that keep several versions of a
/// package side by side in one place.
pub(crate) fn side_by_side(view: &View<'_>) -> Conclusion {
    side_by_side_if(view, |_, _| true)
}

/// [`side_by_side`] of those packages that `complete` keeps, after it has added what only the
/// merged view tells. What a package manager keeps for its next installation is no second package.
pub(crate) fn side_by_side_if(
    view: &View<'_>,
    mut complete: impl FnMut(&str, &mut Package) -> bool,
) -> Conclusion {
    let mut files = view.everywhere();
    // The version that was there first keeps the place to itself when another joins it.
    files.sort_by_key(|found| found.layer);
    let mut packages = Vec::new();
    let mut cached = Vec::new();
    for found in files {
        if let Some(Observation::Packages { installed, .. }) = found.observation {
            let packages = if is_in_cache(&found.path) {
                &mut cached
            } else {
                &mut packages
            };
            packages.extend(installed.iter().filter_map(|package| {
                let mut package = package.clone();
                package.evidence.path.clone_from(&found.path);
                complete(&found.path, &mut package).then_some(package)
            }));
        }
    }
    leave_out_copies(&mut cached, &packages);
    packages.append(&mut cached);
    keep_apart(&mut packages);
    Conclusion {
        packages,
        ..Conclusion::default()
    }
}

/// Drops what is recorded twice, and gives each further version in one place a place of its own;
/// as one package only the last of them would stay.
pub(crate) fn keep_apart(packages: &mut Vec<Package>) {
    let mut met = HashSet::with_capacity(packages.len());
    let mut recorded = HashSet::with_capacity(packages.len());
    // Whether it is the first of its name in its place; nothing where it is recorded twice.
    let firsts: Vec<Option<bool>> = packages
        .iter()
        .map(|package| {
            let in_place = (
                package.kind,
                &package.name,
                &package.architecture,
                &package.place,
            );
            recorded
                .insert((in_place, &package.version))
                .then(|| met.insert(in_place))
        })
        .collect();
    let mut firsts = firsts.into_iter();
    packages.retain_mut(|package| {
        let first = firsts.next().flatten();
        if first == Some(false) {
            let place = package.place.take().unwrap_or_default();
            package.place = Some(format!("{place}#{}", package.version));
        }
        first.is_some()
    });
}

/// The string in either kind of quotes that a value begins with.
pub(crate) fn quoted(value: &str) -> Option<&str> {
    let quote = value
        .chars()
        .next()
        .filter(|first| "\"'".contains(*first))?;
    value.get(1..)?.split(quote).next()
}

/// Packages as `kind name version arch in place (licences) ~certainty`, and problems.
#[cfg(test)]
pub(crate) fn described(analysis: &Analysis) -> (Vec<String>, Vec<String>) {
    use outcrop_model::Licence;

    let line = |package: &Package| {
        let mut line = format!(
            "{} {} {}",
            package.kind.as_str(),
            package.name,
            package.version
        );
        if let Some(architecture) = &package.architecture {
            line += &[" ", architecture].concat();
        }
        if let Some(place) = &package.place {
            line += &[" in ", place].concat();
        }
        for licence in &package.licences {
            line += &match licence {
                Licence::Spdx(licence) => [" (", licence, ")"].concat(),
                Licence::Verbatim(licence) => [" (“", licence, "”)"].concat(),
            };
        }
        if let Certainty::Inferred(why) = &package.certainty {
            line += &[" ~", why].concat();
        }
        for (key, value) in &package.qualifiers {
            line += &[" ", key, "=", value].concat();
        }
        line
    };
    let packages = match &analysis.observation {
        Some(Observation::Packages { installed, .. }) => installed.iter().map(line).collect(),
        _ => Vec::new(),
    };
    let problems = analysis
        .problems
        .iter()
        .map(|problem| format!("{:?} {}", problem.kind, problem.message))
        .collect();
    (packages, problems)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_versions_in_one_place_are_kept_and_repetitions_are_not() {
        let mut findings = Findings::new("test", "app/x.lock");
        for version in ["1", "2", "1", "3"] {
            findings.add_locked(PackageKind::Npm, "a", version).unwrap();
        }
        let (packages, problems) = described(&findings.finish());
        assert_eq!(
            packages,
            [
                "npm a 1 in app/x.lock ~a lock file",
                "npm a 2 in app/x.lock#2 ~a lock file",
                "npm a 3 in app/x.lock#3 ~a lock file",
            ]
        );
        assert_eq!(problems, [""; 0]);
    }

    #[test]
    fn what_is_no_package_is_named() {
        let mut findings = Findings::new("test", "x");
        let long = "x".repeat(MAX_VALUE_BYTES + 1);
        for (name, version) in [("", "1"), ("a", " "), ("a", &long)] {
            assert!(findings.add(PackageKind::Npm, name, version).is_none());
        }
        let analysis = findings.finish();
        assert_eq!(analysis.observation, None);
        let (_, problems) = described(&analysis);
        assert_eq!(
            problems,
            [
                "Malformed a record without a name was passed over: `1`",
                "Malformed a record without a version was passed over: `a`",
                "TooLarge a record with an overlong value was passed over: `a`",
            ]
        );
    }

    #[test]
    fn of_a_member_that_stands_twice_the_last_counts() {
        #[derive(Debug, PartialEq, Eq, serde::Deserialize)]
        struct Version {
            version: String,
        }
        let check = |bytes: &[u8], expected: Option<&str>| {
            let file = CandidateFile::whole("x", bytes);
            let version: Option<Version> = Findings::new("test", "x").json(&file);
            assert_eq!(version.as_ref().map(|read| read.version.as_str()), expected);
        };
        check(br#"{"version": "1", "a": [], "version": "2"}"#, Some("2"));
        check(br#"{"version": "1", "version": "2""#, None);
        check(br#"{"version": 1}"#, None);
        let mut large = br#"{"version": "1", "version": "2"}"#.to_vec();
        large.resize(MAX_HELD_JSON_BYTES + 1, b' ');
        check(&large, None);
    }

    /// As many as one file may hold, of one name in one place: compared with each other they would
    /// take minutes.
    #[test]
    fn many_versions_of_one_package_take_no_time() {
        let begin = std::time::Instant::now();
        let mut findings = Findings::new("test", "x");
        for number in 0..MAX_PACKAGES {
            findings.add(PackageKind::Npm, "a", &number.to_string());
        }
        let (packages, _) = described(&findings.finish());
        assert_eq!(packages.len(), MAX_PACKAGES);
        assert!(begin.elapsed() < std::time::Duration::from_secs(10));
    }

    #[test]
    fn no_more_packages_than_the_limit() {
        let mut findings = Findings::new("test", "x");
        for number in 0..MAX_PACKAGES + 5 {
            findings.add(PackageKind::Npm, &number.to_string(), "1");
        }
        let (packages, problems) = described(&findings.finish());
        assert_eq!(packages.len(), MAX_PACKAGES);
        assert_eq!(
            problems,
            ["TooLarge the file has more packages than are read: 100000"]
        );
    }
}
