//! A verified change of one file, as a unified diff that `git apply` takes.

use serde::Serialize;
use thiserror::Error;

use crate::edit::{Breach, Edit, EditError, apply_verified};
use crate::syntax::{Containerfile, line_ends};

/// What a change is about. One change becomes one [`Hunk`] of the patch.
#[derive(Clone, Debug)]
pub struct Change {
    /// What sort of change it is.
    pub kind: HunkKind,
    /// One line that says what it does.
    pub title: String,
    /// What else there is to know.
    pub note: Option<String>,
    /// The caller's numbers of the findings that it clears.
    pub clears: Vec<usize>,
    /// Its edits; at least one.
    pub edits: Vec<Edit>,
}

/// The sorts of changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HunkKind {
    /// An added instruction that upgrades packages.
    Upgrade,
    /// A newer base image in a `FROM`, or in the `ARG` that it takes it from.
    BaseBump,
}

/// A change of one file that was applied, parsed again and compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Patch {
    /// Path of the file, relative to the root of the work tree, with `/` between its parts.
    pub path: String,
    /// The unified diff with `a/` and `b/` before the path, as text. Equal to [`Self::diff_bytes`]
    /// wherever the file is UTF-8.
    pub diff: String,
    /// The unified diff, exact.
    #[serde(skip)]
    pub diff_bytes: Vec<u8>,
    /// One for each change, in the order of their lines.
    pub hunks: Vec<Hunk>,
    /// The whole file after the change.
    #[serde(skip)]
    pub new_bytes: Vec<u8>,
}

/// One change within a patch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Hunk {
    /// What sort of change it is.
    pub kind: HunkKind,
    /// One line that says what it does.
    pub title: String,
    /// First changed line in the new file, counted from 1.
    pub line: usize,
    /// The caller's numbers of the findings that it clears.
    pub clears: Vec<usize>,
    /// What else there is to know.
    pub note: Option<String>,
}

/// Why there is no patch.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PatchError {
    /// A path that a diff cannot name: absolute, upwards, or with control characters.
    #[error("a diff cannot name this path: `{}`", .path.escape_debug())]
    Path {
        /// The path.
        path: String,
    },
    /// The edits were refused.
    #[error(transparent)]
    Edit(#[from] EditError),
}

impl Patch {
    /// Applies the changes to a file and makes the diff. `path` is relative to the root of the work
    /// tree, where `git apply` will run.
    pub fn new(file: &Containerfile, path: &str, changes: &[Change]) -> Result<Self, PatchError> {
        let path = diff_path(path)?;
        let edits: Vec<Edit> = changes
            .iter()
            .flat_map(|change| change.edits.iter().cloned())
            .collect();
        let new_bytes = apply_verified(file, &edits)?.file.bytes().to_vec();
        let diff_bytes = diff(&path, file.bytes(), &new_bytes)?;

        let mut hunks: Vec<Hunk> = changes
            .iter()
            .map(|change| Hunk {
                kind: change.kind,
                title: change.title.clone(),
                line: new_line(file, &edits, change),
                clears: change.clears.clone(),
                note: change.note.clone(),
            })
            .collect();
        hunks.sort_by_key(|hunk| hunk.line);
        let diff = String::from_utf8_lossy(&diff_bytes).into_owned();
        Ok(Self {
            path,
            diff,
            diff_bytes,
            hunks,
            new_bytes,
        })
    }
}

/// The line of the new file on which the first edit of a change begins.
fn new_line(file: &Containerfile, edits: &[Edit], change: &Change) -> usize {
    let Some(first) = change.edits.iter().min_by_key(|edit| edit.span) else {
        return 1;
    };
    let mut line = 1 + line_ends(&file.bytes()[..first.span.start]);
    for edit in edits.iter().filter(|edit| edit.span < first.span) {
        line += line_ends(&edit.replacement);
        line -= line_ends(file.slice(edit.span));
    }
    // Lines after an unfinished last line begin with its line end.
    line + usize::from(
        first.replacement.starts_with(b"\n") || first.replacement.starts_with(b"\r\n"),
    )
}

fn diff_path(path: &str) -> Result<String, PatchError> {
    let mut parts: Vec<&str> = path.split('/').collect();
    parts.retain(|part| *part != ".");
    let bad_part = |part: &&str| part.is_empty() || *part == "..";
    if parts.is_empty() || parts.iter().any(bad_part) || path.chars().any(char::is_control) {
        return Err(PatchError::Path {
            path: path.to_owned(),
        });
    }
    Ok(parts.join("/"))
}

fn diff(path: &str, old: &[u8], new: &[u8]) -> Result<Vec<u8>, PatchError> {
    let mut options = diffy::DiffOptions::new();
    options.set_original_filename(format!("a/{path}"));
    options.set_modified_filename(format!("b/{path}"));
    let bytes = options.create_patch_bytes(old, new).to_bytes();
    let applies_back = diffy::Patch::from_bytes(&bytes)
        .ok()
        .and_then(|patch| diffy::apply_bytes(old, &patch).ok())
        .is_some_and(|applied| applied == new);
    if applies_back {
        Ok(bytes)
    } else {
        Err(EditError::Unverified(Breach::Diff).into())
    }
}

#[cfg(test)]
mod tests;
