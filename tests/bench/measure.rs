//! Time and peak memory of one command.
//!
//! The kernel keeps the peak of the *largest* child that a process has waited for, so each command
//! gets a parent of its own: this program again, with [`COMMAND`] as its first argument.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use nix::sys::resource::{UsageWho, getrusage};
use outcrop_tests::programs::Ran;

/// First argument of the parent.
pub(crate) const COMMAND: &str = "measure";

/// What a command took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measured {
    pub(crate) seconds: f64,
    pub(crate) peak_bytes: f64,
}

/// Runs `command` with its output thrown away; what it took and what it said on standard
/// error, each line as `N ms: …` after the start.
pub(crate) fn of(command: &Command) -> Result<(Measured, String)> {
    let mut parent = Command::new(std::env::current_exe()?);
    parent
        .arg(COMMAND)
        .arg(command.get_program())
        .args(command.get_args());
    if command.get_envs().any(|(name, _)| name == "HOME") {
        parent.env_clear();
    }
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => parent.env(name, value),
            None => parent.env_remove(name),
        };
    }
    let ran = Ran::of(parent)?.exits(0)?;
    let mut figures = ran.stdout.split_whitespace().map(str::parse::<f64>);
    let mut next = || {
        figures
            .next()
            .context("a figure is missing")?
            .context("no figure")
    };
    let measured = Measured {
        seconds: next()?,
        peak_bytes: next()?,
    };
    Ok((measured, ran.stderr))
}

/// The parent: runs the command line it is given, prints seconds and bytes.
pub(crate) fn run(mut arguments: impl Iterator<Item = OsString>) -> Result<()> {
    let program = arguments.next().context("no command to measure")?;
    let start = Instant::now();
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    let said = child.stderr.take().context("no standard error")?;
    for line in BufReader::new(said).lines() {
        let milliseconds = start.elapsed().as_millis();
        writeln!(std::io::stderr(), "{milliseconds} ms: {}", line?)?;
    }
    let status = child.wait()?;
    let seconds = start.elapsed().as_secs_f64();
    ensure!(status.success(), "the measured command failed: {status}");
    // The kernel counts in KiB (getrusage(2)).
    let peak = getrusage(UsageWho::RUSAGE_CHILDREN)?.max_rss() * 1024;
    writeln!(std::io::stdout(), "{seconds} {peak}")?;
    Ok(())
}
