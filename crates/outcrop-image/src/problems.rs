//! A list of problems that a hostile image cannot make grow without end.

use outcrop_model::{Problem, ProblemKind};

/// Keeps the first problems one by one and counts the rest.
#[derive(Debug)]
pub(crate) struct Problems {
    list: Vec<Problem>,
    limit: usize,
    further: usize,
}

impl Problems {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            list: Vec::new(),
            limit,
            further: 0,
        }
    }

    pub(crate) fn push(&mut self, problem: Problem) {
        if self.list.contains(&problem) {
            return;
        }
        if self.list.len() < self.limit {
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
