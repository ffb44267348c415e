//! Files of variables that a program reads when it starts, passwords usually among them.

use outcrop_image::EntryFacts;
use outcrop_model::Severity;

use super::{CWE_PROTECTED_CREDENTIALS, NIST_EMBEDDED_SECRETS, named};
use crate::check::{Check, Group, Look};

pub(crate) static CHECK: Check = Check {
    id: "environment-file",
    title: "File of environment variables",
    group: Group::Files,
    severity: Severity::Medium,
    why: "Such a file usually holds the passwords of one deployment. Whoever can pull the image has \
          them, also where a later layer deletes the file.",
    remedy: "Rotate what is in it. Then name it in `.dockerignore`, and give the variables to the \
             container.",
    containerfile: None,
    references: &[NIST_EMBEDDED_SECRETS, CWE_PROTECTED_CREDENTIALS],
    look: Look::Entry(look),
};

/// `.env` and `.env.production`, but not `.env.example`.
fn look(entry: &EntryFacts<'_>) -> Option<String> {
    named(entry, |_, name| {
        name.strip_prefix(".env").is_some_and(|rest| {
            let mut words = rest.split('.');
            words.next() == Some("") && !words.any(is_pattern)
        })
    })
}

/// Whether a word of the name says that the file is there to be copied and filled in, or that it is
/// no such file at all.
fn is_pattern(word: &str) -> bool {
    matches!(
        word,
        "example"
            | "sample"
            | "template"
            | "tpl"
            | "tmpl"
            | "dist"
            | "default"
            | "defaults"
            | "schema"
            | "md"
            | "js"
            | "ts"
            | "py"
            | "swp"
            | "swo"
            | "vault"
    )
}

#[cfg(test)]
mod tests {
    use crate::files::fixture::{check_empty, check_names};

    #[test]
    fn the_filled_in_file_is_told_from_its_pattern() {
        check_names(
            "environment-file",
            &[
                ".env",
                "app/.env",
                "app/.env.production",
                "app/.env.production.local",
                "test/.env",
            ],
            &[
                "app/.env.example",
                "app/.env.sample",
                "app/.env.template",
                "app/.env.dist",
                "app/.env.example.local",
                "app/.env.d.ts",
                "app/.environment",
                "app/.envrc",
                "app/env",
                "app/.env/bin/activate",
                "app/node_modules/dotenv/.env",
                "app/tests/.env",
            ],
        );
        check_empty(&["app/.env"]);
    }
}
