//! Histories, compared in constant time.

use std::collections::HashMap;

use outcrop_model::HistoryEntry;

/// What a step says of itself. Left out is what may differ between a base and the copy of its
/// history in a child: the time, Buildah's `FROM` comment, and the mark of a step without a layer,
/// which engines do not tell and which is then concluded from the whole history.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Step<'a> {
    created_by: &'a str,
    comment: &'a str,
}

impl<'a> From<&'a HistoryEntry> for Step<'a> {
    fn from(entry: &'a HistoryEntry) -> Self {
        Self {
            created_by: &entry.created_by,
            comment: without_from(&entry.comment),
        }
    }
}

/// A comment without the `FROM <name>` that Buildah appends (buildah `image.go`).
fn without_from(comment: &str) -> &str {
    if comment.starts_with("FROM ") {
        return "";
    }
    comment.rfind(" FROM ").map_or(comment, |at| &comment[..at])
}

/// All histories as one tree of steps: two histories agree up to an entry exactly when their paths
/// stand at the same node there.
#[derive(Default)]
pub(crate) struct Histories<'a> {
    nodes: HashMap<(u32, Step<'a>), u32>,
}

impl<'a> Histories<'a> {
    /// Enters a history; the result has one node per prefix, the empty one first.
    pub(crate) fn enter(&mut self, steps: impl Iterator<Item = &'a HistoryEntry>) -> Vec<u32> {
        let mut path = vec![0];
        let mut at = 0;
        for entry in steps {
            let next = u32::try_from(self.nodes.len() + 1).unwrap_or(u32::MAX);
            at = *self.nodes.entry((at, Step::from(entry))).or_insert(next);
            path.push(at);
        }
        path
    }
}

/// How the history of a possible parent stands to that of a child which holds all its layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fit {
    /// The child's history begins with the parent's.
    Follows,
    /// The same instructions made the shared layers, but the child went on differently: both come
    /// from one build cache or one unknown image.
    Sibling,
    /// The histories tell of different instructions, or one tells nothing.
    Rewritten,
}

/// One image's history in [`Histories`].
pub(crate) struct Trace {
    /// Node after each entry.
    all: Vec<u32>,
    /// Node after each entry that made a layer.
    layered: Vec<u32>,
}

impl Trace {
    pub(crate) fn of<'a>(
        history: &'a [HistoryEntry],
        all: &mut Histories<'a>,
        layered: &mut Histories<'a>,
    ) -> Self {
        Self {
            all: all.enter(history.iter()),
            layered: layered.enter(history.iter().filter(|entry| !entry.empty_layer)),
        }
    }

    /// Number of entries.
    pub(crate) fn entries(&self) -> usize {
        self.all.len() - 1
    }

    /// Number of entries that made a layer.
    pub(crate) fn layers(&self) -> usize {
        self.layered.len() - 1
    }

    /// True where both tell of the same steps.
    pub(crate) fn same(&self, other: &Self) -> bool {
        self.all.len() == other.all.len() && self.all.last() == other.all.last()
    }

    /// How `parent`, an image of `parent_layers` layers, stands to this history of an image that
    /// has those and `more` layers.
    pub(crate) fn fit(&self, parent: &Self, parent_layers: usize, more: usize) -> Fit {
        if parent.entries() == 0 {
            // A builder appends: a child of an image without history tells of its own layers only.
            return if self.layers() == more {
                Fit::Follows
            } else {
                Fit::Rewritten
            };
        }
        if self.all.get(parent.entries()) == parent.all.last() {
            return Fit::Follows;
        }
        if parent.layers() == parent_layers
            && self.layered.get(parent_layers) == parent.layered.last()
        {
            return Fit::Sibling;
        }
        Fit::Rewritten
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_from_comment_is_not_part_of_a_step() {
        for (comment, expected) in [
            ("FROM docker.io/library/debian:12", ""),
            ("buildkit.dockerfile.v0", "buildkit.dockerfile.v0"),
            ("note FROM debian:12", "note"),
        ] {
            assert_eq!(without_from(comment), expected);
        }
    }
}
