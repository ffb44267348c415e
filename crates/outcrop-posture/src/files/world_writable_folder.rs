//! Folders in which everyone may delete and replace what others put there.

use outcrop_image::{EntryFacts, EntryKind};
use outcrop_model::Severity;

use super::{CWE_DEFAULT_PERMISSIONS, CWE_PERMISSIONS, everyone_may_write, is_in_path, mode_of};
use crate::check::{Check, Group, Look, Reference};

pub(crate) static CHECK: Check = Check {
    id: "world-writable-folder",
    title: "World-writable folder without sticky bit",
    group: Group::Files,
    severity: Severity::Medium,
    why: "Every user of the container may delete or replace files that others put into the folder. \
          With the sticky bit each may do so with their own files alone.",
    remedy: "Give the folder to the user that needs it. Where all must write, set the sticky bit.",
    containerfile: Some("RUN chmod o-w PATH"),
    references: &[
        CWE_PERMISSIONS,
        CWE_DEFAULT_PERMISSIONS,
        Reference {
            name: "inode(7): the sticky bit",
            url: "https://man7.org/linux/man-pages/man7/inode.7.html",
        },
    ],
    look: Look::Entry(look),
};

/// A folder of programs is told by [`writable_in_path`](super::writable_in_path).
fn look(entry: &EntryFacts<'_>) -> Option<String> {
    (entry.kind == EntryKind::Folder
        && everyone_may_write(entry)
        && entry.mode & 0o1000 == 0
        && !is_in_path(entry.path))
    .then(|| mode_of(entry))
}

#[cfg(test)]
mod tests {
    use outcrop_image::EntryKind::{File, Folder, Special, SymbolicLink};

    use crate::files::fixture::check_modes;

    #[test]
    fn a_folder_of_everyone_needs_the_sticky_bit() {
        check_modes(&[
            (Folder, 0o777, "srv", &["world-writable-folder: mode 0777"]),
            (Folder, 0o2773, "srv", &["world-writable-folder: mode 2773"]),
            (Folder, 0o1777, "tmp", &[]),
            (Folder, 0o775, "srv", &[]),
            (Folder, 0o2775, "var/mail", &[]),
            (SymbolicLink, 0o777, "var/lock", &[]),
            (Special, 0o666, "dev/null", &[]),
            (File, 0o755, "srv", &[]),
        ]);
    }
}
