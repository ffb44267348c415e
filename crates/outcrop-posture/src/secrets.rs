//! Secrets by their content.

use outcrop_image::{ContentSearch, EntryFacts, Sightings};
use outcrop_model::{ImageConfig, Severity};

use crate::check::{Check, Group, Look};

pub(crate) static SECRET_IN_FILE: Check = Check {
    id: "secret-in-file",
    title: "Secret in a file",
    group: Group::Secrets,
    severity: Severity::High,
    why: "Whoever can pull the image has the secret, also where a later layer deletes the file.",
    remedy: "Rotate it. Then keep it out of the build context, and mount it while building.",
    containerfile: Some("RUN --mount=type=secret,id=NAME COMMAND"),
    references: &[],
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
}

/// The kind with that identifier.
pub fn kind(_id: &str) -> Option<SecretKind> {
    None
}

/// Replaces the values of secrets in a configuration and notes where they stood.
///
/// A configuration of which that was done before is given back as it is.
pub fn conceal(mut config: ImageConfig) -> ImageConfig {
    config.secrets.get_or_insert_default();
    config
}

/// The search through the content of files.
#[derive(Default)]
pub(crate) struct FileSearch {}

impl ContentSearch for FileSearch {
    fn begin(&mut self, _entry: &EntryFacts<'_>, _start: &[u8]) -> bool {
        false
    }

    fn feed(&mut self, _bytes: &[u8], _last: bool, _seen: &mut Sightings) -> bool {
        false
    }
}
/// x
pub fn conceal_url_passwords(text: &str) -> std::borrow::Cow<'_, str> {
    text.into()
}
