//! Programs that run as their owner, whoever starts them.

use outcrop_image::{EntryFacts, EntryKind};
use outcrop_model::Severity;

use super::{CIS_SETUID, CWE_PRIVILEGES, mode_of};
use crate::check::{Check, Group, Look};

pub(crate) static CHECK: Check = Check {
    id: "setuid-program",
    title: "Setuid program",
    group: Group::Files,
    severity: Severity::Low,
    why: "A fault in a program that runs as its owner gives everyone the owner's rights.",
    remedy: "Take the bit away where no program of the image needs it.",
    containerfile: Some("RUN chmod u-s,g-s PATH"),
    references: &[CIS_SETUID, CWE_PRIVILEGES],
    look: Look::Entry(look),
};

/// Another name of a program is a hard link, and the program is seen already.
fn look(entry: &EntryFacts<'_>) -> Option<String> {
    (entry.kind == EntryKind::File && entry.mode & 0o4000 != 0).then(|| mode_of(entry))
}

#[cfg(test)]
mod tests {
    use outcrop_image::EntryKind::{File, Folder, HardLink};

    use crate::files::fixture::check_modes;

    #[test]
    fn a_program_with_the_bit_is_seen_once() {
        check_modes(&[
            (File, 0o4755, "usr/bin/su", &["setuid-program: mode 4755"]),
            (File, 0o104_711, "bin/x", &["setuid-program: mode 4711"]),
            (File, 0o6755, "usr/bin/x", &["setuid-program: mode 6755"]),
            (File, 0o755, "usr/bin/su", &[]),
            (Folder, 0o4755, "srv", &[]),
            (HardLink, 0o4755, "usr/bin/x", &[]),
        ]);
    }

    #[test]
    fn who_may_write_it_is_another_matter() {
        check_modes(&[(
            File,
            0o4777,
            "usr/bin/x",
            &["setuid-program: mode 4777", "writable-in-path: mode 4777"],
        )]);
    }
}
