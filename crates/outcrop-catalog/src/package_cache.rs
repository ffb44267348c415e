//! Unpacked packages that package managers keep for their next installation.
//!
//! Sources: the documentation of conda, "Managing pkgs" (`pkgs/name-version-build`), of uv,
//! "Caching" (`archive-v0/id`), of yarn 1, `yarn cache` (`v6/npm-name-version-digest`), and of bun,
//! "Global cache" (`.bun/install/cache`).
//!
//! They look like installed ones, and often are the same files under a second name. Some
//! installations consist of links into such a cache, so only a copy is left out, not the last one.

use std::collections::HashSet;

use outcrop_model::{Package, PackageKind};

/// Whether a path lies in a package manager's cache.
pub(crate) fn is_in_cache(path: &str) -> bool {
    let mut folders = path.split('/');
    let mut above = folders.next().unwrap_or_default();
    folders.any(|folder| {
        let is_cache = match above {
            "pkgs" => folder.split('-').count() >= 3,
            "install" => folder == "cache" && path.contains(".bun/"),
            _ => {
                is_numbered(above, "archive-v")
                    || is_numbered(above, "v") && folder.starts_with("npm-")
            }
        };
        above = folder;
        is_cache
    })
}

fn is_numbered(folder: &str, prefix: &str) -> bool {
    folder.strip_prefix(prefix).is_some_and(|number| {
        !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// Leaves out of `cached` what is among `installed` in the same version.
pub(crate) fn leave_out_copies(cached: &mut Vec<Package>, installed: &[Package]) {
    if cached.is_empty() {
        return;
    }
    let known: HashSet<(PackageKind, &str, &str)> = installed.iter().map(known_as).collect();
    cached.retain(|package| !known.contains(&known_as(package)));
}

fn known_as(package: &Package) -> (PackageKind, &str, &str) {
    (package.kind, &package.name, &package.version)
}

#[cfg(test)]
mod tests {
    use outcrop_model::Evidence;

    use super::*;

    #[test]
    fn caches_are_known_by_their_folders() {
        for path in [
            "opt/conda/pkgs/requests-2.31.0-py311_0/lib/python3.11/site-packages/x",
            "root/.cache/uv/archive-v0/oXqh/requests-2.31.0.dist-info/METADATA",
            "usr/local/share/.cache/yarn/v6/npm-a-1.0.0-0a-integrity/node_modules/a/package.json",
            "root/.bun/install/cache/a@1.0.0/package.json",
        ] {
            assert!(is_in_cache(path), "{path}");
        }
        for path in [
            "opt/conda/lib/python3.11/site-packages/x",
            "app/pkgs/my-app/package.json",
            "app/v6/node_modules/a/package.json",
            "app/install/cache/a/package.json",
            "archive-v0",
        ] {
            assert!(!is_in_cache(path), "{path}");
        }
    }

    #[test]
    fn the_last_copy_stays() {
        let package = |name: &str, version: &str| {
            let evidence = Evidence {
                cataloger: "test".to_owned(),
                path: "test".to_owned(),
            };
            Package::new(PackageKind::PyPi, name, version, evidence)
        };
        let mut cached = vec![package("a", "1"), package("a", "2"), package("b", "1")];
        leave_out_copies(&mut cached, &[package("a", "1")]);
        assert_eq!(cached, [package("a", "2"), package("b", "1")]);
    }
}
