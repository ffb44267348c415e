//! Programs, and folders of programs, that everyone may change and others start by name.

use outcrop_image::{EntryFacts, EntryKind};
use outcrop_model::Severity;

use super::{CWE_PERMISSIONS, everyone_may_write, is_in_path, mode_of};
use crate::check::{Check, Group, Look, Reference};

pub(crate) static CHECK: Check = Check {
    id: "writable-in-path",
    title: "Everyone may write programs in PATH",
    group: Group::Files,
    severity: Severity::High,
    why: "Every user of the container may put their own code where others, root among them, start a \
          program by its name.",
    remedy: "Take the right away from all but the owner, in the instruction that brings the program \
             or the folder.",
    containerfile: Some("COPY --chmod=755 SOURCE PATH"),
    references: &[
        CWE_PERMISSIONS,
        Reference {
            name: "CWE-427: uncontrolled search path element",
            url: "https://cwe.mitre.org/data/definitions/427.html",
        },
    ],
    look: Look::Entry(look),
};

fn look(entry: &EntryFacts<'_>) -> Option<String> {
    is_one(entry).then(|| mode_of(entry))
}

/// Whether the entry is a program in a search path, or a folder of one, that everyone may write. In
/// such a folder the sticky bit does not help: whoever may add a program is found by name.
pub(super) fn is_one(entry: &EntryFacts<'_>) -> bool {
    everyone_may_write(entry)
        && match entry.kind {
            EntryKind::File => entry.mode & 0o111 != 0 && is_in_path(entry.folder_and_name().0),
            EntryKind::Folder => is_in_path(entry.path),
            _ => false,
        }
}

#[cfg(test)]
mod tests {
    use outcrop_image::EntryKind::{File, Folder, SymbolicLink};

    use crate::files::fixture::check_modes;

    #[test]
    fn a_program_in_the_search_path_is_seen_once() {
        check_modes(&[
            (
                File,
                0o777,
                "usr/local/bin/x",
                &["writable-in-path: mode 0777"],
            ),
            (File, 0o757, "opt/x/bin/y", &["writable-in-path: mode 0757"]),
            (
                Folder,
                0o777,
                "usr/local/bin",
                &["writable-in-path: mode 0777"],
            ),
            (
                Folder,
                0o1777,
                "usr/local/bin",
                &["writable-in-path: mode 1777"],
            ),
            (File, 0o755, "usr/local/bin/x", &[]),
            (File, 0o775, "usr/local/bin/x", &[]),
            (Folder, 0o775, "usr/local/bin", &[]),
            (SymbolicLink, 0o777, "usr/bin/x", &[]),
        ]);
    }
}
