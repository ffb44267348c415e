//! Progress on standard error: a moving line for people, single lines for logs, none when quiet.

use std::io::IsTerminal as _;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use outcrop_workbench::Progress;

use crate::terminal;
use crate::text::harmless;

/// Shows how far something long has come.
pub(crate) struct Display {
    how: How,
    phase: Mutex<String>,
}

enum How {
    Silent,
    Lines,
    Moving(ProgressBar),
}

impl Display {
    pub(crate) fn new(quiet: bool) -> Self {
        let how = if quiet {
            How::Silent
        } else if std::io::stderr().is_terminal() {
            How::Moving(ProgressBar::no_length())
        } else {
            How::Lines
        };
        Self {
            how,
            phase: Mutex::default(),
        }
    }

    /// Takes a step; may be called from any thread.
    pub(crate) fn show(&self, progress: &Progress) {
        let mut phase = self.phase.lock().unwrap_or_else(PoisonError::into_inner);
        let another = *phase != progress.phase;
        // A log needs the step alone, not how far it has come: `Reading layers (3 done)`.
        let step = kind(&progress.phase);
        let before = kind(&phase).to_owned();
        if another {
            phase.clone_from(&progress.phase);
        }
        match &self.how {
            How::Silent => {}
            How::Lines => {
                if another && step != before {
                    terminal::note(&harmless(step));
                }
            }
            How::Moving(bar) => {
                if another {
                    bar.set_style(style(progress));
                    bar.set_message(harmless(&progress.phase).into_owned());
                    bar.enable_steady_tick(Duration::from_millis(120));
                }
                match progress.total {
                    Some(total) => bar.set_length(total),
                    None => bar.unset_length(),
                }
                bar.set_position(progress.count);
            }
        }
    }

    /// Prints a line between two steps.
    pub(crate) fn note(&self, text: &str) {
        match &self.how {
            How::Silent => {}
            How::Lines => terminal::note(text),
            How::Moving(bar) => bar.suspend(|| terminal::note(text)),
        }
    }

    /// Takes the moving line away, before results are printed.
    pub(crate) fn clear(&self) {
        if let How::Moving(bar) = &self.how {
            bar.finish_and_clear();
            bar.reset();
        }
        self.phase
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }
}

/// A phase without the count in brackets at its end.
fn kind(phase: &str) -> &str {
    phase.rsplit_once(" (").map_or(phase, |(kind, _)| kind)
}

fn style(progress: &Progress) -> ProgressStyle {
    let template = match (progress.unit, progress.total) {
        ("", _) => "{spinner} {msg}",
        ("bytes", None) => "{spinner} {msg} {decimal_bytes}",
        ("bytes", Some(_)) => "{spinner} {msg} [{bar:24}] {decimal_bytes} of {decimal_total_bytes}",
        (_, None) => "{spinner} {msg} {human_pos}",
        (_, Some(_)) => "{spinner} {msg} [{bar:24}] {human_pos} of {human_len}",
    };
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}
