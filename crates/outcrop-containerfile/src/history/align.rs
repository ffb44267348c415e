//! The alignment itself: Needleman–Wunsch over entries and instructions, both in the order of the
//! build.

use crate::stages::{BuildArguments, Stages, TargetError};
use crate::syntax::{Containerfile, Instruction};

use super::alignment::{Confidence, EntryMatch, HistoryAlignment};
use super::created_by::{HistoryStep, RecordedStep};
use super::expected::{
    Entry, Expected, MAX_ALIGNED, SAME_DESTINATION, expected, learned_arguments,
};

/// An entry without an instruction, or a `RUN` or `COPY` without an entry.
const GAP: i32 = -6;
/// Metadata without an entry: some builders write none.
const METADATA_GAP: i32 = -1;
/// A match counts only where doing without it costs more than this.
const MIN_MARGIN: i32 = 3;
/// Below this ratio the file is probably another one.
const MIN_MATCH_RATIO: f64 = 0.8;

/// What is aligned with what.
#[derive(Clone, Copy, Debug)]
pub struct AlignmentInput<'a> {
    /// The file.
    pub file: &'a Containerfile,
    /// Name or number of the stage that was built; the last one if none.
    pub target: Option<&'a str>,
    /// Build arguments that are known.
    pub build_arguments: &'a BuildArguments,
    /// The history entries above the base image, oldest first.
    pub steps: &'a [HistoryStep<'a>],
    /// The `OnBuild` triggers of the base image's configuration.
    pub triggers: &'a [String],
}

/// Lays the history entries of an image above its base beside the instructions of a stage.
pub fn align(input: &AlignmentInput<'_>) -> Result<HistoryAlignment, TargetError> {
    let recorded: Vec<Entry> = input
        .steps
        .iter()
        .map(|step| Entry::new(RecordedStep::read(step)))
        .collect();
    let arguments = learned_arguments(input.build_arguments, &recorded);
    let stages = Stages::read(input.file, &arguments);
    let target = stages.target(input.target)?;
    let expected = expected(input.file, &arguments, target, input.triggers);
    Ok(align_steps(input.file, &recorded, &expected))
}

fn align_steps(
    file: &Containerfile,
    recorded: &[Entry],
    expected: &[Expected],
) -> HistoryAlignment {
    let table = Table::new(
        &recorded[..recorded.len().min(MAX_ALIGNED)],
        &expected[..expected.len().min(MAX_ALIGNED)],
    );
    let pairs = table.best_path();
    let mut entries: Vec<EntryMatch> = (0..recorded.len())
        .map(|step| match pairs.get(step).copied().flatten() {
            Some(position) => {
                let (score, margin) = table.score_and_margin(step, position);
                let instruction = expected[position].instruction;
                let sure = score >= SAME_DESTINATION && margin > MIN_MARGIN;
                EntryMatch {
                    step,
                    instruction: Some(instruction),
                    lines: file.instruction(instruction).map(Instruction::lines),
                    score,
                    margin,
                    confidence: if sure {
                        Confidence::Exact
                    } else {
                        Confidence::Approximate
                    },
                }
            }
            None => EntryMatch {
                step,
                instruction: None,
                lines: None,
                score: 0,
                margin: 0,
                confidence: Confidence::Approximate,
            },
        })
        .collect();

    let agreeing = entries
        .iter()
        .filter(|entry| entry.score >= SAME_DESTINATION)
        .count();
    let matched = |position: usize| pairs.contains(&Some(position));
    let needed = expected
        .iter()
        .enumerate()
        .filter(|(position, one)| one.makes_layers() || matched(*position));
    let total = needed.count().max(recorded.len());
    let match_ratio = if total == 0 {
        1.0
    } else {
        agreeing as f64 / total as f64
    };

    let left_over = expected
        .iter()
        .enumerate()
        .any(|(position, one)| one.makes_layers() && !matched(position));
    let all_exact = entries
        .iter()
        .all(|entry| entry.confidence == Confidence::Exact);
    if left_over {
        for entry in &mut entries {
            entry.confidence = Confidence::Approximate;
        }
    }
    let exact = all_exact && !left_over;
    let warning = (match_ratio < MIN_MATCH_RATIO).then(|| {
        format!(
            "this file probably did not build this image: {agreeing} of {total} steps agree with its history"
        )
    });
    let confidence = if exact {
        Confidence::Exact
    } else {
        Confidence::Approximate
    };
    HistoryAlignment {
        entries,
        confidence,
        match_ratio,
        warning,
    }
}

/// The best scores of all prefixes and of all suffixes.
struct Table<'a> {
    recorded: &'a [Entry],
    expected: &'a [Expected],
    scores: Vec<Option<i32>>,
    forward: Vec<i32>,
    backward: Vec<i32>,
}

impl<'a> Table<'a> {
    fn new(recorded: &'a [Entry], expected: &'a [Expected]) -> Self {
        let scores = recorded
            .iter()
            .flat_map(|step| expected.iter().map(|one| one.score(step)))
            .collect();
        let cells = (recorded.len() + 1) * (expected.len() + 1);
        let mut table = Self {
            recorded,
            expected,
            scores,
            forward: vec![0; cells],
            backward: vec![0; cells],
        };
        let (rows, columns) = (recorded.len(), expected.len());
        for row in 0..=rows {
            for column in 0..=columns {
                let up = || (row > 0).then(|| table.forward[table.cell(row - 1, column)] + GAP);
                let left = || {
                    (column > 0)
                        .then(|| table.forward[table.cell(row, column - 1)] + table.gap(column - 1))
                };
                let diagonal = || {
                    let score = table.pair(row.checked_sub(1)?, column.checked_sub(1)?)?;
                    Some(table.forward[table.cell(row - 1, column - 1)] + score)
                };
                let best = [up(), left(), diagonal()]
                    .into_iter()
                    .flatten()
                    .max()
                    .unwrap_or(0);
                let cell = table.cell(row, column);
                table.forward[cell] = best;
            }
        }
        for row in (0..=rows).rev() {
            for column in (0..=columns).rev() {
                let down =
                    || (row < rows).then(|| table.backward[table.cell(row + 1, column)] + GAP);
                let right = || {
                    (column < columns)
                        .then(|| table.backward[table.cell(row, column + 1)] + table.gap(column))
                };
                let diagonal = || {
                    Some(
                        table.backward[table.cell_at(row + 1, column + 1)?]
                            + table.pair(row, column)?,
                    )
                };
                let best = [down(), right(), diagonal()]
                    .into_iter()
                    .flatten()
                    .max()
                    .unwrap_or(0);
                let cell = table.cell(row, column);
                table.backward[cell] = best;
            }
        }
        table
    }

    fn cell(&self, row: usize, column: usize) -> usize {
        row * (self.expected.len() + 1) + column
    }

    fn cell_at(&self, row: usize, column: usize) -> Option<usize> {
        (row <= self.recorded.len() && column <= self.expected.len())
            .then(|| self.cell(row, column))
    }

    fn pair(&self, row: usize, column: usize) -> Option<i32> {
        self.scores[row * self.expected.len() + column]
    }

    fn gap(&self, column: usize) -> i32 {
        if self.expected[column].makes_layers() {
            GAP
        } else {
            METADATA_GAP
        }
    }

    /// For each entry the position of its instruction.
    fn best_path(&self) -> Vec<Option<usize>> {
        let mut path = vec![None; self.recorded.len()];
        let (mut row, mut column) = (self.recorded.len(), self.expected.len());
        while row > 0 || column > 0 {
            let here = self.forward[self.cell(row, column)];
            let diagonal = || {
                Some(
                    self.forward[self.cell(row - 1, column - 1)]
                        + self.pair(row - 1, column - 1)?,
                )
            };
            if row > 0 && column > 0 && diagonal() == Some(here) {
                path[row - 1] = Some(column - 1);
                row -= 1;
                column -= 1;
            } else if column > 0
                && self.forward[self.cell(row, column - 1)] + self.gap(column - 1) == here
            {
                column -= 1;
            } else {
                row -= 1;
            }
        }
        path
    }

    /// The weight of a match, and how much the best alignment that gives the entry another
    /// instruction, or none, falls short of the best of all.
    fn score_and_margin(&self, row: usize, column: usize) -> (i32, i32) {
        let score = self.pair(row, column).unwrap_or_default();
        let best = self.backward[0];
        let through = |other: usize| {
            Some(
                self.forward[self.cell(row, other)]
                    + self.pair(row, other)?
                    + self.backward[self.cell(row + 1, other + 1)],
            )
        };
        let others = (0..self.expected.len())
            .filter(|&other| other != column)
            .filter_map(through);
        let without = (0..=self.expected.len()).map(|at| {
            self.forward[self.cell(row, at)] + GAP + self.backward[self.cell(row + 1, at)]
        });
        let runner_up = others.chain(without).max().unwrap_or(i32::MIN / 2);
        (score, best - runner_up)
    }
}

#[cfg(test)]
mod tests;
