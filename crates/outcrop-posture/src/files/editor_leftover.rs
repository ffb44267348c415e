//! What editors and file managers leave beside the files that people look at.

use outcrop_image::{EntryFacts, EntryKind};
use outcrop_model::Severity;

use super::{CWE_CLEANUP, left_over};
use crate::check::{Check, Group, Look, Reference};

pub(crate) static CHECK: Check = Check {
    id: "editor-leftover",
    title: "Leftover of an editor",
    group: Group::Files,
    severity: Severity::Negligible,
    why: "A swap or backup file holds another version of a file, where nobody looks for it, and came \
          with a build context that holds more than the image needs.",
    remedy: "Name such files in `.dockerignore`.",
    containerfile: None,
    references: &[
        Reference {
            name: "CWE-530: exposure of backup file to an unauthorized control sphere",
            url: "https://cwe.mitre.org/data/definitions/530.html",
        },
        CWE_CLEANUP,
    ],
    look: Look::Entry(look),
};

/// Swap, undo and backup files of vim, backup, auto-save and lock files of Emacs (a lock is a link),
/// and what Finder and Explorer write.
fn look(entry: &EntryFacts<'_>) -> Option<String> {
    if entry.kind == EntryKind::SymbolicLink {
        return (entry.folder_and_name().1.starts_with(".#")).then(String::new);
    }
    left_over(entry, |_, name| match name.as_bytes() {
        [.., b'~'] | [b'#', .., b'#'] => name.len() > 2,
        [b'.', .., b'.', b's', b'w', b'o' | b'p'] => true,
        _ => matches!(name, ".DS_Store" | "Thumbs.db"),
    })
}

#[cfg(test)]
mod tests {
    use outcrop_image::EntryKind::{Folder, SymbolicLink};

    use crate::files::fixture::{check_modes, check_names};

    #[test]
    fn swap_and_backup_files_are_seen() {
        check_names(
            "editor-leftover",
            &[
                "app/.main.py.swp",
                "app/.main.py.swo",
                "app/main.py~",
                "app/.main.py.un~",
                "app/#main.py#",
                "app/.DS_Store",
            ],
            &[
                "app/main.py",
                "app/main.swp",
                "app/~",
                "etc/passwd-",
                "app/x.bak",
                "app/.swp",
                "app/#define",
                "app/node_modules/x/.DS_Store",
                "usr/share/doc/x/changes~",
            ],
        );
        check_modes(&[
            (SymbolicLink, 0o777, "app/.#main.py", &["editor-leftover"]),
            (SymbolicLink, 0o777, "app/main.py~", &[]),
            (Folder, 0o755, "app/x~", &[]),
        ]);
    }
}
