//! What was typed into shells and clients.

use outcrop_image::EntryFacts;
use outcrop_model::Severity;

use super::{NIST_EMBEDDED_SECRETS, ends_in, named};
use crate::check::{Check, Group, Look, Reference};

pub(crate) static CHECK: Check = Check {
    id: "shell-history",
    title: "History of a shell or client",
    group: Group::Files,
    severity: Severity::Low,
    why: "Passwords and tokens are typed into commands. Whoever can pull the image can read them, \
          also where a later layer deletes the file.",
    remedy: "Rotate what was typed. Then build the image from a Containerfile, without `commit`, and \
             keep home folders out of the build context.",
    containerfile: None,
    references: &[
        NIST_EMBEDDED_SECRETS,
        Reference {
            name: "CWE-538: insertion of sensitive information into externally-accessible file or \
                   directory",
            url: "https://cwe.mitre.org/data/definitions/538.html",
        },
    ],
    look: Look::Entry(look),
};

/// Most end in `_history`: those of bash, zsh, ash, Python, Node.js, `mysql`, `psql`, SQLite, Redis.
fn look(entry: &EntryFacts<'_>) -> Option<String> {
    named(entry, |folder, name| match name {
        ".viminfo" | ".dbshell" | ".irb-history" | ".Rhistory" => true,
        "fish_history" => ends_in(folder, ".local/share/fish"),
        "mongosh_repl_history" => ends_in(folder, ".mongodb/mongosh"),
        _ => name.starts_with('.') && name.ends_with("_history"),
    })
}

#[cfg(test)]
mod tests {
    use crate::files::fixture::{check_empty, check_names};

    #[test]
    fn histories_are_told_from_programs_that_are_about_them() {
        check_names(
            "shell-history",
            &[
                "root/.bash_history",
                "home/ann/.zsh_history",
                "root/.ash_history",
                "root/.python_history",
                "root/.node_repl_history",
                "var/lib/mysql/.mysql_history",
                "var/lib/postgresql/.psql_history",
                "root/.rediscli_history",
                "root/.viminfo",
                "root/.local/share/fish/fish_history",
            ],
            &[
                "usr/lib/x/test_history.py",
                "usr/lib/x/bash_history",
                "root/.history",
                "root/.lesshst",
                "root/.wget-hsts",
                "root/.bashrc",
            ],
        );
        check_empty(&["root/.bash_history"]);
    }
}
