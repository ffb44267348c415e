//! Problems that a hostile image cannot make grow without end.

use std::collections::HashSet;

use outcrop_model::{Problem, ProblemKind};

use crate::limits::Limits;

/// Keeps the first problems one by one and counts the rest.
#[derive(Debug)]
pub(crate) struct Problems {
    list: Vec<Problem>,
    /// The same once more: a layer may have a hundred thousand files with trouble.
    known: HashSet<Problem>,
    limit: usize,
    further: usize,
}

impl Problems {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            list: Vec::new(),
            known: HashSet::new(),
            limit,
            further: 0,
        }
    }

    pub(crate) fn push(&mut self, problem: Problem) {
        if self.known.contains(&problem) {
            return;
        }
        if self.list.len() < self.limit {
            self.known.insert(problem.clone());
            self.list.push(problem);
        } else {
            self.further += 1;
        }
    }

    /// Adds a problem with a path, of no known layer.
    pub(crate) fn add(&mut self, kind: ProblemKind, path: &str, message: impl Into<String>) {
        self.push(Problem {
            kind,
            layer: None,
            path: path.to_owned(),
            message: message.into(),
        });
    }

    pub(crate) fn into_list(mut self) -> Vec<Problem> {
        if self.further > 0 {
            self.list.push(Problem {
                kind: ProblemKind::TooLarge,
                layer: None,
                path: String::new(),
                message: format!("more problems than are listed: {}", self.further),
            });
        }
        self.list
    }
}

/// Trouble that may come once per entry: the first path and how often.
#[derive(Default)]
pub(crate) struct Counted {
    pub(crate) absolute: Option<(String, u64)>,
    pub(crate) parent: Option<(String, u64)>,
    pub(crate) long: Option<(String, u64)>,
    pub(crate) paths: u64,
    pub(crate) folders: u64,
    pub(crate) whiteouts: u64,
    pub(crate) links: u64,
    pub(crate) candidates: Option<(String, u64)>,
}

/// Counts one more, remembering the first path.
pub(crate) fn count(counter: &mut Option<(String, u64)>, path: &[u8]) {
    /// Enough of a path to find it again.
    const SHOWN_BYTES: usize = 200;
    match counter {
        Some((_, times)) => *times += 1,
        None => {
            let shown = &path[..path.len().min(SHOWN_BYTES)];
            *counter = Some((String::from_utf8_lossy(shown).into_owned(), 1));
        }
    }
}

impl Counted {
    /// Puts one problem for each kind that was met.
    pub(crate) fn report(self, limits: &Limits, problems: &mut Problems) {
        for (counter, kind, what) in [
            (
                self.absolute,
                ProblemKind::Malformed,
                "an absolute path was read as one below the root",
            ),
            (
                self.parent,
                ProblemKind::Malformed,
                "a path with `..` was kept below the root",
            ),
            (
                self.long,
                ProblemKind::TooLarge,
                "an entry with an overlong name was left out",
            ),
            (
                self.candidates,
                ProblemKind::TooLarge,
                "more files look like package records than are read, left out from here on",
            ),
        ] {
            if let Some((path, times)) = counter {
                problems.add(
                    kind,
                    &path,
                    format!("{what}; entries of this kind: {times}"),
                );
            }
        }
        for (more, what, limit) in [
            (
                self.paths,
                "paths than are remembered, so the bytes that later layers hide are counted short",
                limits.layer_paths,
            ),
            (
                self.folders,
                "folders than are remembered, so the bytes that later layers hide are counted short",
                limits.layer_folders,
            ),
            (
                self.whiteouts,
                "whiteouts than are followed, so removed files may be shown as present",
                limits.layer_whiteouts,
            ),
            (self.links, "links than are followed", limits.layer_links),
        ] {
            if more > 0 {
                problems.add(
                    ProblemKind::TooLarge,
                    "",
                    format!("the layer has more {what}: {}", limit as u64 + more),
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_listed_is_listed_once_and_the_rest_is_counted() {
        let mut problems = Problems::new(2);
        for path in ["a", "b", "a", "c", "b", "d"] {
            problems.add(ProblemKind::Malformed, path, "x");
        }
        let list = problems.into_list();
        let paths: Vec<&str> = list.iter().map(|problem| problem.path.as_str()).collect();
        assert_eq!(paths, ["a", "b", ""]);
        assert_eq!(list[2].message, "more problems than are listed: 2");
    }
}
