//! The command line of Outcrop.
//!
//! **Purpose.** Parses arguments, calls the workbench, prints what it says: results to standard
//! output, progress and notes to standard error.
//!
//! **Invariants.** No logic of its own beyond rendering, filtering and exit codes. Text that others
//! wrote reaches a terminal only through [`text::harmless`]. A closed pipe is success.

mod arguments;
mod columns;
mod commands;
mod exit;
mod progress;
mod signals;
mod table;
mod terminal;
mod text;

use std::process::ExitCode;

use clap::Parser as _;
use outcrop_workbench::wire::{Code, WireError};
use tracing_subscriber::EnvFilter;

use crate::arguments::{Arguments, Global};
use crate::commands::Failure;
use crate::exit::Exit;

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(said) => {
            // Help goes to standard output and is success; it may be cut off by a closed pipe.
            let _ = said.print();
            return ExitCode::from(u8::try_from(said.exit_code()).unwrap_or(Exit::Usage as u8));
        }
    };
    ExitCode::from(run(arguments) as u8)
}

fn run(arguments: Arguments) -> Exit {
    let Arguments { global, command } = arguments;
    terminal::choose_color(global.color);
    if let Err(error) = start_log(&global) {
        terminal::error(&error);
        return Exit::of(&error);
    }
    // Fails only where a provider is there already, and then that one serves.
    let _ = rustls::crypto::ring::default_provider().install_default();

    match commands::run(command, global) {
        Ok(exit) => exit,
        Err(Failure(error)) => {
            terminal::error(&error);
            Exit::of(&error)
        }
    }
}

/// An error of a part that is no image, engine, store or feed.
pub(crate) fn internal(message: String) -> WireError {
    WireError {
        code: Code::Internal,
        message,
        hint: None,
    }
}

/// Starts the log where it was asked for.
fn start_log(global: &Global) -> Result<(), WireError> {
    let filter = match (global.verbose, &global.log_file) {
        (0, None) => return Ok(()),
        (0 | 1, _) => "warn,outcrop=info",
        (2, _) => "info,outcrop=debug",
        _ => "debug,outcrop=trace",
    };
    let log = tracing_subscriber::fmt().with_env_filter(EnvFilter::new(filter));
    match &global.log_file {
        None => log.with_writer(std::io::stderr).init(),
        Some(path) => {
            let file = std::fs::File::options()
                .create(true)
                .append(true)
                .open(path)
                .map_err(|error| WireError {
                    hint: Some("name a file that can be written with `--log-file FILE`".to_owned()),
                    ..internal(format!(
                        "cannot write the log `{}`: {error}",
                        path.display()
                    ))
                })?;
            log.with_ansi(false).with_writer(file).init();
        }
    }
    Ok(())
}
