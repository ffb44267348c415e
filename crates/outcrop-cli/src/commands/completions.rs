//! `outcrop completions`: a completion script for a shell.

use clap::CommandFactory as _;
use clap_complete::Shell;

use super::Outcome;
use crate::arguments::Arguments;
use crate::exit::Exit;
use crate::terminal;

pub(super) fn run(shell: Shell) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "outcrop", &mut script);
    terminal::print_verbatim(&script)?;
    Ok(Exit::Done)
}
