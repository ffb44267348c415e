//! The memory of a program, as it was when it crashed.

use outcrop_image::EntryFacts;
use outcrop_model::Severity;

use super::{ends_in, named};
use crate::check::{Check, Group, Look, Reference};

pub(crate) static CHECK: Check = Check {
    id: "core-dump",
    title: "Memory dump",
    group: Group::Files,
    severity: Severity::Medium,
    why: "The memory of a program holds every secret that it worked with. Whoever can pull the image \
          can read them, also where a later layer deletes the file.",
    remedy: "Rotate what the program knew. Then delete the dump in the instruction that makes it, or \
             keep it out of the build context.",
    containerfile: None,
    references: &[
        Reference {
            name: "CWE-528: exposure of core dump file to an unauthorized control sphere",
            url: "https://cwe.mitre.org/data/definitions/528.html",
        },
        Reference {
            name: "core(5)",
            url: "https://man7.org/linux/man-pages/man5/core.5.html",
        },
    ],
    look: Look::Entry(look),
};

/// A dump has at least a page of notes and a page of memory, and it is no program.
const MIN_BYTES: u64 = 8_192;

fn look(entry: &EntryFacts<'_>) -> Option<String> {
    if entry.size < MIN_BYTES || entry.mode & 0o111 != 0 {
        return None;
    }
    named(entry, is_dump)
}

/// The names that `core(5)` gives (`core`, `core.PID`), those of systemd, of valgrind and of Java.
fn is_dump(folder: &str, name: &str) -> bool {
    let number = |start: &str, end: &str| {
        let number = name.strip_prefix(start)?.strip_suffix(end)?;
        Some(!number.is_empty() && number.len() <= 10 && number.bytes().all(|b| b.is_ascii_digit()))
    };
    name == "core"
        || number("core.", "") == Some(true)
        || number("vgcore.", "") == Some(true)
        || number("java_pid", ".hprof") == Some(true)
        || (ends_in(folder, "var/lib/systemd/coredump") && name.starts_with("core."))
}

#[cfg(test)]
mod tests {
    use outcrop_image::{EntryFacts, EntryKind};

    use crate::files::fixture::{check_empty, check_names, file, seen};

    #[test]
    fn dumps_are_told_from_files_of_like_names() {
        check_names(
            "core-dump",
            &[
                "core",
                "srv/core",
                "srv/core.4711",
                "srv/vgcore.12",
                "srv/java_pid1.hprof",
                "var/lib/systemd/coredump/core.app.0.1f.4711.170000.zst",
            ],
            &[
                "srv/core.js",
                "srv/core.",
                "srv/core.12345678901",
                "srv/core.4711.gz",
                "srv/node_modules/core-js/index.js",
                "srv/node_modules/x/core",
                "usr/share/man/man5/core.5.gz",
                "srv/score",
            ],
        );
        check_empty(&["srv/core"]);
    }

    #[test]
    fn a_folder_a_program_and_a_short_file_are_no_dumps() {
        let folder = EntryFacts {
            kind: EntryKind::Folder,
            ..file("usr/lib/go/core")
        };
        let program = EntryFacts {
            mode: 0o755,
            ..file("usr/bin/core")
        };
        assert_eq!(seen(folder, 0), [""; 0]);
        assert_eq!(seen(program, 100_000), [""; 0]);
        assert_eq!(seen(file("srv/core"), 4_095), [""; 0]);
    }
}
