//! The registry: every cataloger, each in the file that bears the name of its format.

use std::collections::HashSet;

use outcrop_image::{Analyser, Conclusion, Found, Observation, View};
use outcrop_model::{Package, PackageKind, PackageOwner};

mod apk;
mod apk_files;
mod apt_sources;
mod composer;
mod conan;
mod conda;
mod content_sets;
mod cyclonedx;
mod dart;
mod dotnet_deps;
mod dotnet_lock;
mod dpkg_files;
mod dpkg_status;
mod erlang;
mod gem;
mod go_binary;
mod hex;
mod java_archive;
mod lua_rocks;
mod npm;
mod os_release;
mod pacman;
mod pacman_files;
mod pear;
mod program;
mod python;
mod python_vendored;
mod r_package;
mod rpm;
mod rpm_files;
mod rpm_manifest;
mod rust_binary;
mod spdx;
mod swift;
mod wordpress;
mod yarn_pnp;

/// Every cataloger that Outcrop has.
pub const ANALYSERS: &[&dyn Analyser] = &[
    &apk::Apk,
    &apk_files::ApkFiles,
    &apt_sources::AptSources,
    &composer::Composer,
    &conan::Conan,
    &conda::Conda,
    &content_sets::ContentSets,
    &cyclonedx::CycloneDx,
    &dart::Dart,
    &dotnet_deps::DotnetDeps,
    &dotnet_lock::DotnetLock,
    &dpkg_files::DpkgFiles,
    &dpkg_status::DpkgStatus,
    &erlang::Erlang,
    &gem::Gem,
    &go_binary::GoBinary,
    &hex::Hex,
    &java_archive::JavaArchive,
    &lua_rocks::LuaRocks,
    &npm::Npm,
    &os_release::OsRelease,
    &pacman::Pacman,
    &pacman_files::PacmanFiles,
    &pear::Pear,
    &program::Program,
    &python::Python,
    &python_vendored::PythonVendored,
    &r_package::RPackage,
    &rpm::Rpm,
    &rpm_files::RpmFiles,
    &rpm_manifest::RpmManifest,
    &rust_binary::RustBinary,
    &spdx::Spdx,
    &swift::Swift,
    &wordpress::Wordpress,
    &yarn_pnp::YarnPnp,
];

/// The folder and file name of a path.
fn folder_and_name(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

/// What files of a system say: packages, and the files that packages of that kind own.
fn conclusion_of<'a>(files: impl IntoIterator<Item = Found<'a>>, kind: PackageKind) -> Conclusion {
    let mut conclusion = Conclusion::default();
    for found in files {
        conclude_from(&found, kind, &mut conclusion);
    }
    conclusion
}

/// Adds what a file of a system says: packages, with the path at which it is reached, or the files
/// that packages of that kind own.
fn conclude_from(found: &Found<'_>, kind: PackageKind, conclusion: &mut Conclusion) {
    match found.observation {
        Some(Observation::Packages {
            installed,
            leftovers,
        }) => {
            let placed = |package: &Package| {
                let mut package = package.clone();
                package.evidence.path.clone_from(&found.path);
                package
            };
            conclusion.packages.extend(installed.iter().map(placed));
            conclusion.leftovers.extend(leftovers.iter().map(placed));
        }
        Some(Observation::OwnedFiles(packages)) => {
            let owned = packages.iter().map(|(name, keys)| {
                let name = name.clone();
                (PackageOwner { kind, name }, keys.clone())
            });
            conclusion.owned_files.extend(owned);
        }
        _ => {}
    }
}

/// The package archives that files name, each once.
fn conclude_sources<'a>(files: impl IntoIterator<Item = Found<'a>>) -> Conclusion {
    let mut package_sources: Vec<String> = Vec::new();
    let mut met = HashSet::new();
    for found in files {
        if let Some(Observation::PackageSources(sources)) = found.observation {
            for source in sources {
                if met.insert(source) {
                    package_sources.push(source.clone());
                }
            }
        }
    }
    Conclusion {
        package_sources,
        ..Conclusion::default()
    }
}

/// The files at several paths, each once, however many of the paths lead to it.
fn files_at<'a>(view: &View<'a>, paths: &[&str]) -> Vec<Found<'a>> {
    let mut files: Vec<Found<'a>> = Vec::new();
    for path in paths {
        if let Some(found) = view.file(path)
            && files.iter().all(|earlier| earlier.path != found.path)
        {
            files.push(found);
        }
    }
    files
}

/// Text of a file that may not be UTF-8; true where it was.
fn text(bytes: &[u8]) -> (std::borrow::Cow<'_, str>, bool) {
    let text = String::from_utf8_lossy(bytes);
    let was = matches!(text, std::borrow::Cow::Borrowed(_));
    (text, was)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::ANALYSERS;

    #[test]
    fn every_cataloger_is_fuzzed() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/catalogers");
        let without: Vec<&str> = ANALYSERS
            .iter()
            .map(|analyser| analyser.id())
            .filter(|id| {
                let file = id.replace('-', "_");
                let sources = [
                    format!("{folder}/{file}_tests.rs"),
                    format!("{folder}/{file}/tests.rs"),
                ];
                !sources
                    .iter()
                    .filter_map(|source| std::fs::read_to_string(source).ok())
                    .any(|source| source.contains(" survives("))
            })
            .collect();
        assert_eq!(without, [""; 0], "without a call of `fuzz::survives`");
    }

    #[test]
    fn every_file_is_registered_under_its_name() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/catalogers");
        let files: BTreeSet<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter_map(|name| Some(name.strip_suffix(".rs")?.replace('_', "-")))
            .filter(|name| !name.ends_with("-tests"))
            .collect();
        let registered: BTreeSet<String> = ANALYSERS
            .iter()
            .map(|analyser| analyser.id().to_owned())
            .collect();
        assert_eq!(files, registered);
        assert_eq!(
            registered.len(),
            ANALYSERS.len(),
            "an identifier is used twice"
        );
    }
}
