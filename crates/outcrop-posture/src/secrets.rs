//! Secrets by their content.
//!
//! A table says of each kind by which literal, or by the name of what it is assigned to, a search
//! for it begins, and what the value must be: a pattern, a checksum or structure where the kind has
//! one, a limit of entropy. One pass over a text looks for all literals; patterns are tried where
//! one was hit, in a window of a few kilobytes.

mod assignment;
mod automata;
mod checks;
mod conceal;
mod encoding;
mod place;
mod placeholder;
mod rule;
#[cfg(any(test, feature = "fixtures"))]
pub(crate) mod sample;
mod search;
mod table;
#[cfg(test)]
mod tests;
mod trace;
mod url;

use outcrop_model::Severity;

use crate::check::{Check, Group, Look, Reference};

pub use conceal::conceal;
pub(crate) use search::FileSearch;
pub use url::conceal_url_passwords;

pub(crate) static SECRET_IN_FILE: Check = Check {
    id: "secret-in-file",
    title: "Secret in a file",
    group: Group::Secrets,
    severity: Severity::High,
    why: "Whoever can pull the image has the secret, also where a later layer deletes the file.",
    remedy: "Rotate it. Then keep it out of the build context, and mount it while building.",
    containerfile: Some("RUN --mount=type=secret,id=NAME COMMAND"),
    references: &[
        Reference {
            name: "CIS Docker Benchmark 1.6.0, 4.10",
            url: "https://www.cisecurity.org/benchmark/docker",
        },
        Reference {
            name: "NIST SP 800-190, 3.1.4",
            url: "https://csrc.nist.gov/pubs/sp/800/190/final",
        },
    ],
    look: Look::Content,
};

/// A kind of secret that the table knows.
#[derive(Clone, Copy, Debug)]
pub struct SecretKind {
    /// Identifier, as `github-personal-access-token`.
    pub id: &'static str,
    /// What it is, as `GitHub personal access token`.
    pub title: &'static str,
    /// How bad it is to have it known.
    pub severity: Severity,
    /// How it looks, as `ghp_{alnum:30}{crc62}`: fixed text, and in braces an alphabet with a
    /// number of characters, or the name of something computed.
    pub form: &'static str,
}

/// The kind with that identifier.
pub fn kind(id: &str) -> Option<SecretKind> {
    kinds().find(|kind| kind.id == id)
}

/// Every kind of the table, family by family.
pub fn kinds() -> impl Iterator<Item = SecretKind> {
    table::rules().map(|rule| rule.kind)
}
