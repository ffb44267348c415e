//! Trouble with the records of one file, which a hostile one cannot make grow without end.

use outcrop_image::FileProblem;
use outcrop_model::ProblemKind;

/// Problems of one file that are named one by one.
const MAX_NAMED: usize = 20;
/// Problems of one file beyond which it is not read on: a file may hold a broken record for every
/// two of its bytes, and each takes time.
pub(crate) const MAX_COUNTED: usize = 10_000;
/// Characters of a value that are shown.
const MAX_SHOWN_CHARACTERS: usize = 80;

/// Keeps the first problems of a file one by one and counts the rest.
#[derive(Debug, Default)]
pub(crate) struct FileProblems {
    named: Vec<FileProblem>,
    further: usize,
}

impl FileProblems {
    /// None yet.
    pub(crate) const fn new() -> Self {
        Self {
            named: Vec::new(),
            further: 0,
        }
    }

    pub(crate) fn push(&mut self, kind: ProblemKind, message: impl Into<String>) {
        if self.named.len() < MAX_NAMED {
            self.named.push(FileProblem::new(kind, message));
        } else {
            self.further += 1;
        }
    }

    /// Whether there are so many that the rest of the file is not worth reading.
    pub(crate) fn are_too_many(&self) -> bool {
        self.further >= MAX_COUNTED
    }

    pub(crate) fn into_list(mut self) -> Vec<FileProblem> {
        if self.further > 0 {
            let rest = if self.are_too_many() {
                ", and what follows is not read"
            } else {
                ""
            };
            self.named.push(FileProblem::new(
                ProblemKind::Malformed,
                format!("more problems than are listed{rest}: {}", self.further),
            ));
        }
        self.named
    }
}

/// A value of the image, cut to a length that can be shown.
pub(crate) fn shown(value: &str) -> String {
    value.chars().take(MAX_SHOWN_CHARACTERS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beyond_the_first_problems_only_their_number_is_kept() {
        let mut problems = FileProblems::default();
        for _ in 0..MAX_NAMED + 3 {
            problems.push(ProblemKind::Malformed, "x");
        }
        let list = problems.into_list();
        assert_eq!(list.len(), MAX_NAMED + 1);
        assert_eq!(
            list.last().unwrap().message,
            "more problems than are listed: 3"
        );
    }
}
