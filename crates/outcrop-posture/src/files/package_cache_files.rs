//! What package managers keep to be quicker the next time, which in an image never comes.
//!
//! A cache is told by a file or folder of which it has one, or a few: it may hold thousands.

use outcrop_image::{EntryFacts, EntryKind};
use outcrop_model::Severity;

use super::{CWE_CLEANUP, ends_in, left_over};
use crate::check::{Check, Group, Look, Reference};

pub(crate) static CHECK: Check = Check {
    id: "package-cache-files",
    title: "Cache of a package manager",
    group: Group::Files,
    severity: Severity::Negligible,
    why: "The cache makes every copy of the image larger, and its lists of packages grow old: a later \
          installation from them gets versions that are no longer the newest.",
    remedy: "Delete the cache in the instruction that fills it, or keep it outside of the image.",
    containerfile: Some(
        "RUN apt-get update && apt-get install -y NAME && rm -rf /var/lib/apt/lists/*\n\
         RUN --mount=type=cache,target=/root/.cache/pip pip install NAME",
    ),
    references: &[
        Reference::docker_practices("Docker, Building best practices, apt-get"),
        CWE_CLEANUP,
    ],
    look: Look::Entry(look),
};

fn look(entry: &EntryFacts<'_>) -> Option<String> {
    if entry.kind == EntryKind::Folder {
        return is_cache_folder(entry.path).then(String::new);
    }
    left_over(entry, |folder, name| {
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
        match folder {
            // One for each suite.
            "var/lib/apt/lists" => name.ends_with("_InRelease") || name.ends_with("_Release"),
            "var/cache/apt" => name == "pkgcache.bin",
            "var/cache/apt/archives" => extension == "deb",
            "var/cache/apk" => name.starts_with("APKINDEX.") || extension == "apk",
            "var/cache/pacman/pkg" => matches!(extension, "zst" | "xz"),
            // One for each repository.
            _ => {
                name == "repomd.xml"
                    && [
                        "var/cache/dnf/",
                        "var/cache/yum/",
                        "var/cache/libdnf5/",
                        "var/cache/zypp/",
                    ]
                    .iter()
                    .any(|cache| folder.starts_with(cache))
            }
        }
    })
}

/// Folders that are made when the first thing is put into a cache. The folder above may be nothing
/// but the place where a cache was mounted while building.
fn is_cache_folder(path: &str) -> bool {
    [
        ".cache/pip/http",
        ".cache/pip/http-v2",
        ".npm/_cacache",
        ".cache/yarn/v6",
        ".cache/go-build/00",
        ".cargo/registry/cache",
        ".composer/cache/files",
        ".cache/composer/files",
    ]
    .iter()
    .any(|cache| ends_in(path, cache))
}

#[cfg(test)]
mod tests {
    use outcrop_image::EntryKind::{File, Folder};

    use crate::files::fixture::{check_empty, check_modes, check_names};

    #[test]
    fn a_cache_is_told_from_its_empty_place() {
        check_names(
            "package-cache-files",
            &[
                "var/lib/apt/lists/deb.example.org_debian_dists_trixie_InRelease",
                "var/cache/apt/pkgcache.bin",
                "var/cache/apt/archives/x_1_amd64.deb",
                "var/cache/apk/APKINDEX.066df28d.tar.gz",
                "var/cache/dnf/baseos-1234/repodata/repomd.xml",
                "var/cache/yum/x86_64/7/base/repomd.xml",
            ],
            &[
                "var/lib/apt/lists/deb.example.org_debian_dists_trixie_main_binary-amd64_Packages",
                "var/lib/apt/extended_states",
                "srv/x_1_amd64.deb",
                "srv/repodata/repomd.xml",
            ],
        );
        check_modes(&[
            (
                Folder,
                0o755,
                "root/.cache/pip/http-v2",
                &["package-cache-files"],
            ),
            (
                Folder,
                0o755,
                "home/ann/.npm/_cacache",
                &["package-cache-files"],
            ),
            (Folder, 0o755, "root/.cache/pip", &[]),
            (Folder, 0o755, "root/.npm", &[]),
            (Folder, 0o755, "var/lib/apt/lists/partial", &[]),
            (File, 0o644, "root/.npm/_cacache/index-v5/00/11/22", &[]),
        ]);
        check_empty(&["var/lib/apt/lists/lock", "var/cache/apt/archives/lock"]);
    }
}
