//! The whole history of a source tree.

use outcrop_image::EntryFacts;
use outcrop_model::Severity;

use super::{ends_in, named};
use crate::check::{Check, Group, Look, Reference};

pub(crate) static CHECK: Check = Check {
    id: "version-control-folder",
    title: "Folder of a version control system",
    group: Group::Files,
    severity: Severity::Medium,
    why: "It holds every version of every file, with what was removed since, and often the address \
          and token of the server.",
    remedy: "Rotate what the history shows. Then name the folder in `.dockerignore`, or delete a \
             clone's in the instruction that makes it.",
    containerfile: Some("RUN git clone ADDRESS PATH && rm -r PATH/.git"),
    references: &[
        Reference {
            name: "CWE-527: exposure of version-control repository to an unauthorized control sphere",
            url: "https://cwe.mitre.org/data/definitions/527.html",
        },
        Reference {
            name: "gitrepository-layout(5)",
            url: "https://git-scm.com/docs/gitrepository-layout",
        },
    ],
    look: Look::Entry(look),
};

/// The one file that each repository has, so that it is seen once: git's `HEAD`, Subversion's
/// database, Mercurial's list of requirements.
fn look(entry: &EntryFacts<'_>) -> Option<String> {
    named(entry, |folder, name| match name {
        "HEAD" => ends_in(folder, ".git"),
        "wc.db" => ends_in(folder, ".svn"),
        "requires" => ends_in(folder, ".hg"),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use outcrop_image::{EntryFacts, EntryKind};

    use crate::files::fixture::{check_names, file, seen};

    #[test]
    fn a_repository_is_seen_once() {
        check_names(
            "version-control-folder",
            &[
                "app/.git/HEAD",
                ".git/HEAD",
                "app/.svn/wc.db",
                "app/.hg/requires",
            ],
            &[
                "app/.git/config",
                "app/.git/index",
                "app/.git/logs/HEAD",
                "app/.git/refs/remotes/origin/HEAD",
                "app/.git/modules/x/HEAD",
                "app/.git/objects/00/11",
                // The folder of a submodule is elsewhere.
                "app/sub/.git",
                "app/.gitignore",
                "app/HEAD",
                "app/x.git/HEAD",
                "app/node_modules/x/.git/HEAD",
            ],
        );
        let folder = EntryFacts {
            kind: EntryKind::Folder,
            ..file("app/.git")
        };
        assert_eq!(seen(folder, 0), [""; 0]);
    }
}
