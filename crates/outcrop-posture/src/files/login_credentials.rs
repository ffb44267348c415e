//! What programs keep to log in to machines and databases.

use outcrop_image::EntryFacts;
use outcrop_model::Severity;

use super::{CWE_PROTECTED_CREDENTIALS, NIST_EMBEDDED_SECRETS, ends_in, named};
use crate::check::{Check, Group, Look, Reference};

pub(crate) static CHECK: Check = Check {
    id: "login-credentials",
    title: "Login names and passwords",
    group: Group::Files,
    severity: Severity::High,
    why: "The format has the password beside the name. Whoever can pull the image has both, also \
          where a later layer deletes the file.",
    remedy: "Rotate the passwords. Then keep the file out of the build context, and mount it while \
             building.",
    containerfile: Some("RUN --mount=type=secret,id=netrc,target=/root/.netrc COMMAND"),
    references: &[
        NIST_EMBEDDED_SECRETS,
        CWE_PROTECTED_CREDENTIALS,
        Reference {
            name: "gitcredentials(7)",
            url: "https://git-scm.com/docs/gitcredentials",
        },
    ],
    look: Look::Entry(look),
};

fn look(entry: &EntryFacts<'_>) -> Option<String> {
    named(entry, |folder, name| match name {
        ".netrc" | "_netrc" | ".git-credentials" | ".pgpass" | ".my.cnf" | ".mylogin.cnf" => true,
        // Where `git-credential-store(1)` looks second.
        "credentials" => ends_in(folder, ".config/git"),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use crate::files::fixture::{check_empty, check_names};

    #[test]
    fn files_of_names_and_passwords_are_seen() {
        check_names(
            "login-credentials",
            &[
                "root/.netrc",
                "home/ann/_netrc",
                "root/.git-credentials",
                "root/.config/git/credentials",
                "root/.pgpass",
                "root/.my.cnf",
            ],
            &[
                "etc/mysql/my.cnf",
                "usr/lib/python3.11/netrc.py",
                "root/.gitconfig",
                "root/.config/git/config",
                "srv/tests/.netrc",
            ],
        );
        check_empty(&["root/.netrc"]);
    }
}
