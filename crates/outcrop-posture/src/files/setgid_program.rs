//! Programs that run with their group, whoever starts them.

use outcrop_image::{EntryFacts, EntryKind};
use outcrop_model::Severity;

use super::{CIS_SETUID, CWE_PRIVILEGES, mode_of};
use crate::check::{Check, Group, Look};

pub(crate) static CHECK: Check = Check {
    id: "setgid-program",
    title: "Setgid program",
    group: Group::Files,
    severity: Severity::Low,
    why: "A fault in a program that runs with its group gives everyone the group's rights.",
    remedy: "Take the bit away where no program of the image needs it.",
    containerfile: Some("RUN chmod g-s PATH"),
    references: &[CIS_SETUID, CWE_PRIVILEGES],
    look: Look::Entry(look),
};

/// In a folder the bit gives new files the folder's group, which is no risk. A program with both
/// bits is told by [`setuid_program`](super::setuid_program).
fn look(entry: &EntryFacts<'_>) -> Option<String> {
    (entry.kind == EntryKind::File && entry.mode & 0o6000 == 0o2000).then(|| mode_of(entry))
}

#[cfg(test)]
mod tests {
    use outcrop_image::EntryKind::{File, Folder, HardLink};

    use crate::files::fixture::check_modes;

    #[test]
    fn a_program_with_the_bit_is_seen_and_a_folder_is_not() {
        check_modes(&[
            (File, 0o2755, "usr/bin/wall", &["setgid-program: mode 2755"]),
            (Folder, 0o2755, "var/local", &[]),
            (Folder, 0o2775, "var/mail", &[]),
            (HardLink, 0o2755, "usr/bin/x", &[]),
            (File, 0o755, "usr/bin/wall", &[]),
        ]);
    }
}
