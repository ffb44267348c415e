//! Files that everyone may change.

use outcrop_image::{EntryFacts, EntryKind};
use outcrop_model::Severity;

use super::{
    CWE_DEFAULT_PERMISSIONS, CWE_PERMISSIONS, everyone_may_write, mode_of, writable_in_path,
};
use crate::check::{Check, Group, Look};

pub(crate) static CHECK: Check = Check {
    id: "world-writable-file",
    title: "World-writable file",
    group: Group::Files,
    severity: Severity::Medium,
    why: "Every user of the container may change the file, and whoever reads or runs it trusts what \
          stands there.",
    remedy: "Take the right away from all but the owner, in the instruction that brings the file.",
    containerfile: Some("COPY --chmod=644 SOURCE PATH"),
    references: &[CWE_PERMISSIONS, CWE_DEFAULT_PERMISSIONS],
    look: Look::Entry(look),
};

fn look(entry: &EntryFacts<'_>) -> Option<String> {
    (entry.kind == EntryKind::File && everyone_may_write(entry) && !writable_in_path::is_one(entry))
        .then(|| mode_of(entry))
}

#[cfg(test)]
mod tests {
    use outcrop_image::EntryKind::{File, HardLink, Special, SymbolicLink};

    use crate::files::fixture::check_modes;

    #[test]
    fn a_file_is_written_by_its_owner_alone() {
        check_modes(&[
            (File, 0o666, "srv/x", &["world-writable-file: mode 0666"]),
            (File, 0o777, "srv/x", &["world-writable-file: mode 0777"]),
            (File, 0o002, "srv/x", &["world-writable-file: mode 0002"]),
            // Nobody starts it.
            (
                File,
                0o666,
                "usr/bin/x",
                &["world-writable-file: mode 0666"],
            ),
            (File, 0o664, "srv/x", &[]),
            (File, 0o644, "srv/x", &[]),
            (SymbolicLink, 0o777, "srv/x", &[]),
            (HardLink, 0o666, "srv/x", &[]),
            (Special, 0o666, "dev/null", &[]),
        ]);
    }
}
