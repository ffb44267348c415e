//! Peak memory of one command.
//!
//! The kernel keeps the peak of the *largest* child that a process has waited for, so the command
//! gets a parent of its own: the test binary again, with [`PARENT`] as its first argument.

use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{ChildStdin, Command, ExitCode, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};
use nix::sys::resource::{UsageWho, getrusage};

use crate::programs::{Ran, User};
use crate::wait;

/// First argument of the parent.
const PARENT: &str = "peak-of";
/// Shorter than the one of every command, so that the parent outlives its child.
const DEADLINE: Duration = Duration::from_secs(290);

/// Runs `outcrop` to its end; what it left, and its peak memory in bytes. What `feed` writes is its
/// standard input.
pub fn run(
    user: &User,
    arguments: &[&str],
    feed: impl FnOnce(ChildStdin) -> Result<()> + Send + 'static,
) -> Result<(Ran, u64)> {
    let command = user.command(arguments)?;
    let figure = user.home().join("peak");
    let mut parent = Command::new(std::env::current_exe()?);
    parent
        .args([PARENT.into(), figure.clone().into_os_string()])
        .arg(command.get_program())
        .args(command.get_args())
        .env_clear()
        .current_dir(user.home())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            parent.env(name, value);
        }
    }
    let mut child = parent.spawn()?;
    let stdin = child.stdin.take().context("no standard input")?;
    let feeding = std::thread::spawn(move || feed(stdin));
    let ran = Ran::after(child)?;
    // Where the program ended without reading everything, its own words say more.
    let fed = feeding.join().ok().context("the feeding panicked")?;
    if ran.code == Some(0) {
        fed?;
    }
    let peak = fs::read_to_string(figure).with_context(|| ran.stderr.clone())?;
    Ok((ran, peak.parse()?))
}

/// Where this process was started as such a parent: runs the command and ends as it does.
pub fn as_parent() -> Option<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next()? != PARENT {
        return None;
    }
    Some(measured(arguments).unwrap_or_else(|error| {
        writeln!(std::io::stderr(), "cannot measure: {error:#}").ok();
        ExitCode::FAILURE
    }))
}

fn measured(mut arguments: impl Iterator<Item = OsString>) -> Result<ExitCode> {
    let figure = PathBuf::from(arguments.next().context("no file for the figure")?);
    let program = arguments.next().context("no command to measure")?;
    let mut child = Command::new(program).args(arguments).spawn()?;
    let status = wait::exit(&mut child, DEADLINE)?;
    // The kernel counts in KiB (getrusage(2)).
    let peak = getrusage(UsageWho::RUSAGE_CHILDREN)?.max_rss() * 1024;
    fs::write(figure, peak.to_string())?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(ExitCode::from(code.context("it was killed")?))
}
