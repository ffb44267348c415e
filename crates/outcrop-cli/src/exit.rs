//! Exit codes: a contract with scripts.

use outcrop_workbench::wire::{Code, WireError};

/// How a command ended. The highest of several wins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Exit {
    /// Done.
    #[default]
    Done = 0,
    /// A threshold or check was not met.
    NotMet = 1,
    /// Wrong use.
    Usage = 2,
    /// An image, engine, store, feed or output could not be used.
    Unusable = 3,
    /// With `--strict`: part of an image could not be read or judged.
    Unjudged = 4,
    /// Ended by Ctrl-C; 128 and the number of the signal, as shells have it.
    Interrupted = 130,
}

impl Exit {
    /// Takes the higher of two.
    pub(crate) fn raise(&mut self, other: Self) {
        *self = (*self).max(other);
    }

    /// The code of an error.
    pub(crate) fn of(error: &WireError) -> Self {
        match error.code {
            Code::Usage => Self::Usage,
            Code::Cancelled => Self::Interrupted,
            _ => Self::Unusable,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_wins() {
        let mut exit = Exit::Done;
        for (other, expected) in [
            (Exit::NotMet, 1),
            (Exit::Unjudged, 4),
            (Exit::Unusable, 4),
            (Exit::Done, 4),
        ] {
            exit.raise(other);
            assert_eq!(exit as u8, expected);
        }
    }
}
