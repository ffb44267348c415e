//! Checks of the entries of layers and of the accounts: permissions, owners, credentials by the
//! names of their files, leftovers. One file each.
//!
//! A name is a claim, so these checks are careful: an empty file is no credential, and what lies in
//! the folder of a package of some language, in documentation or among tests and examples is
//! somebody's sample. The search through contents does not go by names and looks there all the
//! same.

pub(crate) mod cloud_credentials;
pub(crate) mod core_dump;
pub(crate) mod editor_leftover;
pub(crate) mod empty_password;
pub(crate) mod environment_file;
pub(crate) mod file_capabilities;
pub(crate) mod kubernetes_configuration;
pub(crate) mod login_credentials;
pub(crate) mod package_cache_files;
pub(crate) mod package_manager_leftover;
pub(crate) mod private_key_file;
pub(crate) mod registry_credentials;
pub(crate) mod second_root;
pub(crate) mod set_password;
pub(crate) mod setgid_program;
pub(crate) mod setuid_program;
pub(crate) mod shell_history;
pub(crate) mod ssh_host_key;
pub(crate) mod unowned_files;
pub(crate) mod version_control_folder;
pub(crate) mod world_writable_file;
pub(crate) mod world_writable_folder;
pub(crate) mod writable_in_path;

use memchr::memrchr;
use outcrop_image::{EntryFacts, EntryKind};

use crate::check::{Check, Reference};

/// What it means for a sighting that it is of one of these checks; for others neither holds.
struct Nature {
    check: &'static Check,
    /// The bytes themselves are the risk: a layer ships them, whatever later layers hide.
    ships_when_hidden: bool,
    /// The name promises a secret in text: where the content shows one, the name says nothing more.
    credential: bool,
}

const fn credential(check: &'static Check) -> Nature {
    Nature {
        check,
        ships_when_hidden: true,
        credential: true,
    }
}

const fn content(check: &'static Check) -> Nature {
    Nature {
        check,
        ships_when_hidden: true,
        credential: false,
    }
}

static NATURES: &[Nature] = &[
    credential(&cloud_credentials::CHECK),
    credential(&environment_file::CHECK),
    credential(&kubernetes_configuration::CHECK),
    credential(&login_credentials::CHECK),
    credential(&private_key_file::CHECK),
    credential(&registry_credentials::CHECK),
    credential(&shell_history::CHECK),
    credential(&ssh_host_key::CHECK),
    content(&core_dump::CHECK),
    content(&version_control_folder::CHECK),
];

fn nature(check: &str) -> Option<&'static Nature> {
    NATURES.iter().find(|nature| nature.check.id == check)
}

/// Whether what a check sees is a risk though a later layer hides it: the layer still ships it.
pub(crate) fn ships_when_hidden(check: &str) -> bool {
    nature(check).is_some_and(|nature| nature.ships_when_hidden)
}

/// Whether a check goes by the names of files that hold credentials as text.
///
/// Where the search through contents finds a secret in the same file of the same layer, a sighting
/// of such a check tells nothing more.
pub fn is_credential_file(check: &str) -> bool {
    nature(check).is_some_and(|nature| nature.credential)
}

const NIST_EMBEDDED_SECRETS: Reference =
    Reference::nist_sp_800_190("NIST SP 800-190, 3.1.4 and 4.1.4");
const CIS_SETUID: Reference = Reference::cis_docker("CIS Docker Benchmark 1.6.0, 4.8");
const CWE_PERMISSIONS: Reference = Reference {
    name: "CWE-732: incorrect permission assignment for critical resource",
    url: "https://cwe.mitre.org/data/definitions/732.html",
};
const CWE_DEFAULT_PERMISSIONS: Reference = Reference {
    name: "CWE-276: incorrect default permissions",
    url: "https://cwe.mitre.org/data/definitions/276.html",
};
const CWE_PRIVILEGES: Reference = Reference {
    name: "CWE-250: execution with unnecessary privileges",
    url: "https://cwe.mitre.org/data/definitions/250.html",
};
const CWE_PROTECTED_CREDENTIALS: Reference = Reference {
    name: "CWE-522: insufficiently protected credentials",
    url: "https://cwe.mitre.org/data/definitions/522.html",
};
const CWE_CLEANUP: Reference = Reference {
    name: "CWE-459: incomplete cleanup",
    url: "https://cwe.mitre.org/data/definitions/459.html",
};

/// What decides where permissions do.
fn mode_of(entry: &EntryFacts<'_>) -> String {
    format!("mode {:04o}", entry.mode & 0o7777)
}

/// Whether everyone may write; a link's own mode means nothing.
fn everyone_may_write(entry: &EntryFacts<'_>) -> bool {
    entry.mode & 0o002 != 0
}

/// Whether programs of a folder are started by their bare names, in root's shell or in a user's:
/// the search paths of `login.defs(5)`, and where software of one's own is put (FHS 3.0, 3.13 `/opt`
/// and 4.9 `/usr/local`).
fn is_in_path(folder: &str) -> bool {
    let Some(parent) = folder.strip_suffix("bin") else {
        return matches!(folder, "usr/games" | "usr/local/games");
    };
    let parent = parent.strip_suffix('s').unwrap_or(parent);
    if matches!(
        parent,
        "" | "usr/" | "usr/local/" | "root/" | "root/.local/" | "go/" | "opt/"
    ) {
        return true;
    }
    let Some(parent) = parent.strip_suffix('/') else {
        return false;
    };
    let below = |top: &str, deepest: usize| {
        parent
            .strip_prefix(top)
            .is_some_and(|below| below.split('/').count() <= deepest)
    };
    below("opt/", 2)
        || below("usr/local/", 1)
        || below("home/", 1)
        || parent.strip_suffix("/.local").is_some_and(|home| {
            home.strip_prefix("home/")
                .is_some_and(|name| !name.contains('/'))
        })
}

/// For a regular file with content, outside of samples, whose folder and name are looked for.
fn named(entry: &EntryFacts<'_>, is_one: impl FnOnce(&str, &str) -> bool) -> Option<String> {
    if entry.size == 0 {
        return None;
    }
    left_over(entry, is_one)
}

/// The same, with content or without.
fn left_over(entry: &EntryFacts<'_>, is_one: impl FnOnce(&str, &str) -> bool) -> Option<String> {
    if entry.kind != EntryKind::File {
        return None;
    }
    // As `EntryFacts::folder_and_name`, which takes most of the time of these checks.
    let (folder, name) = match memrchr(b'/', entry.path.as_bytes()) {
        Some(slash) => (&entry.path[..slash], &entry.path[slash + 1..]),
        None => ("", entry.path),
    };
    (is_one(folder, name) && !is_sample(folder)).then(String::new)
}

/// Whether `folder` ends in the components of `end`, or is it.
fn ends_in(folder: &str, end: &str) -> bool {
    folder
        .strip_suffix(end)
        .is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
}

/// Whether a folder holds what others wrote: packages of some language, documentation, and, other
/// than directly below the root, tests and examples.
fn is_sample(folder: &str) -> bool {
    const PACKAGES: &[&str] = &[
        "node_modules",
        "bower_components",
        "site-packages",
        "dist-packages",
        "gems",
        "vendor",
        "third_party",
    ];
    const SAMPLES: &[&str] = &[
        "test",
        "tests",
        "testing",
        "testdata",
        "test_data",
        "test-data",
        "__tests__",
        "fixture",
        "fixtures",
        "example",
        "examples",
        "sample",
        "samples",
    ];
    ["usr/share/doc", "usr/share/man"]
        .iter()
        .any(|documentation| folder.starts_with(documentation))
        || folder.contains("cargo/registry/src/")
        || folder.contains("cargo/git/checkouts/")
        || folder.contains("go/pkg/mod/")
        || folder.split('/').enumerate().any(|(depth, component)| {
            PACKAGES.contains(&component) || (depth > 0 && SAMPLES.contains(&component))
        })
}

#[cfg(test)]
pub(crate) mod fixture {
    //! Entries as the inspector sees them, with every check at work.

    use outcrop_image::{EntryFacts, EntryKind, inspect};

    use crate::inspector::POSTURE;

    /// A regular file of root that nobody else may write.
    pub(crate) fn file(path: &str) -> EntryFacts<'_> {
        EntryFacts {
            path,
            kind: EntryKind::File,
            mode: 0o644,
            user: 0,
            group: 0,
            size: 0,
            capability: None,
        }
    }

    /// What is seen of an entry with that many bytes: `check: detail`.
    pub(crate) fn seen(entry: EntryFacts<'_>, size: usize) -> Vec<String> {
        let inspection = inspect(POSTURE, &[(entry, &vec![b' '; size])]);
        let sightings = inspection.sightings.into_iter();
        sightings
            .map(|sighting| {
                assert_eq!(sighting.path, entry.path);
                let colon = if sighting.detail.is_empty() { "" } else { ": " };
                format!("{}{colon}{}", sighting.check, sighting.detail)
            })
            .collect()
    }

    /// Entries of a kind and a mode, and what is seen of them.
    pub(crate) fn check_modes(rows: &[(EntryKind, u32, &str, &[&str])]) {
        for &(kind, mode, path, expected) in rows {
            let entry = EntryFacts {
                kind,
                mode,
                ..file(path)
            };
            assert_eq!(seen(entry, 9), expected, "{kind:?} {mode:o} {path}");
        }
    }

    /// Files of 8 KiB that are seen by that check alone, and others that none sees.
    pub(crate) fn check_names(check: &str, ones: &[&str], others: &[&str]) {
        for path in ones {
            assert_eq!(seen(file(path), 8192), [check], "{path}");
        }
        for path in others {
            assert_eq!(seen(file(path), 8192), [""; 0], "{path}");
        }
    }

    /// Files without content that none sees.
    pub(crate) fn check_empty(paths: &[&str]) {
        for path in paths {
            assert_eq!(seen(file(path), 0), [""; 0], "{path}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{Group, Look};
    use crate::registry::CHECKS;

    #[test]
    fn folders_of_programs_are_told_from_others() {
        for folder in [
            "bin",
            "sbin",
            "usr/bin",
            "usr/sbin",
            "usr/local/bin",
            "usr/local/sbin",
            "usr/games",
            "opt/bin",
            "opt/tool/bin",
            "opt/vendor/tool/sbin",
            "usr/local/go/bin",
            "root/.local/bin",
            "home/ann/bin",
            "home/ann/.local/bin",
            "go/bin",
        ] {
            assert!(is_in_path(folder), "{folder}");
        }
        for folder in [
            "",
            "tmp",
            "usr/lib",
            "cabin",
            "usr/cabin",
            "srv/bin",
            "app/node_modules/x/bin",
            "app/node_modules/.bin",
            "opt/a/b/c/bin",
            "home/ann/project/bin",
            "home/ann/project/.local/bin",
            "usr/local/a/b/bin",
        ] {
            assert!(!is_in_path(folder), "{folder}");
        }
    }

    #[test]
    fn samples_are_told_from_what_is_in_use() {
        for folder in [
            "node_modules/x",
            "srv/node_modules/x",
            "usr/lib/python3/dist-packages/x",
            "usr/share/doc/x",
            "srv/tests/data",
            "srv/x/examples",
            "usr/local/cargo/registry/src/index/x",
            "usr/local/cargo/git/checkouts/x/0123456",
            "go/pkg/mod/example.org/x",
            "srv/vendor/x",
        ] {
            assert!(is_sample(folder), "{folder}");
        }
        for folder in [
            "",
            "root",
            "test",
            "tests/app",
            "srv/contest",
            "usr/share/x",
        ] {
            assert!(!is_sample(folder), "{folder}");
        }
    }

    #[test]
    fn odd_paths_are_taken_as_they_are() {
        for (path, expected) in [
            ("", None),
            ("/", None),
            ("a/", None),
            ("a//", None),
            ("~", None),
            ("\u{e9}\u{301}~", Some("editor-leftover")),
            ("\u{1f511}/id_rsa", Some("private-key-file")),
            ("/id_rsa", Some("private-key-file")),
            ("var/lib/dpkg/updates/", None),
            (".env.", Some("environment-file")),
        ] {
            let seen = fixture::seen(fixture::file(path), 9);
            assert_eq!(seen.first().map(String::as_str), expected, "{path:?}");
        }
    }

    #[test]
    fn what_ships_when_hidden_is_a_check_of_names() {
        for nature in NATURES {
            let id = nature.check.id;
            assert!(CHECKS.iter().any(|check| check.id == id), "{id}");
            assert!(matches!(nature.check.look, Look::Entry(_)), "{id}");
            assert_eq!(nature.check.group, Group::Files, "{id}");
        }
        assert!(ships_when_hidden("core-dump") && !is_credential_file("core-dump"));
        assert!(ships_when_hidden("private-key-file") && is_credential_file("private-key-file"));
        assert!(!ships_when_hidden("setuid-program") && !is_credential_file("setuid-program"));
        assert!(!ships_when_hidden("editor-leftover"));
    }
}
