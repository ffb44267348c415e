//! Ctrl-C during a scan.

use std::process::Child;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use outcrop_tests::debian;
use outcrop_tests::engine::{self, Kind};
use outcrop_tests::programs::{Ran, User};
use outcrop_tests::suite::Outcome;
use outcrop_tests::wait;

use crate::fleet;

/// Promised: a cancelled scan ends within a second. The rest is for a busy machine.
const WITHIN: Duration = Duration::from_millis(1500);

/// When the signal comes, told by the engine's own events.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Moment {
    /// The container that is peeked into was just made.
    Peek,
    /// The container is gone; the engine writes the export.
    Export,
}

impl Moment {
    pub(crate) const ALL: [Self; 2] = [Self::Peek, Self::Export];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Peek => "during_the_peek",
            Self::Export => "during_the_export",
        }
    }

    fn events(self) -> &'static [&'static str] {
        match self {
            Self::Peek => &["create"],
            Self::Export => &["destroy", "remove"],
        }
    }
}

/// It ends within a second; no container and no temporary file stay; the next scan works.
pub(crate) fn leaves_nothing(kind: Kind, moment: Moment) -> Outcome {
    // The suite runs one test at a time: all events are this one's.
    let engine = fleet::engine(kind)?;
    let user = User::of(&[engine])?;
    let mut events = Ended(engine.events()?);

    let mut scan = user.command(["scan", debian::BASE])?.spawn()?;
    engine::wait_for_event(&mut events.0, &mut scan, moment.events())?;
    let started = Instant::now();
    kill(Pid::from_raw(scan.id().cast_signed()), Signal::SIGINT)?;
    let status = wait::exit(&mut scan, Duration::from_secs(30))?;
    let took = started.elapsed();
    let ran = Ran::after(scan)?;
    ensure!(
        !status.success(),
        "a cancelled scan counts as done: {}",
        ran.stderr
    );
    ensure!(took <= WITHIN, "it took {took:?}");
    ran.says(&["cancel"])?;

    let containers = engine.peek_containers()?;
    ensure!(containers.is_empty(), "left behind: {containers:?}");
    let files = user.leftovers()?;
    ensure!(files.is_empty(), "left behind: {files:?}");
    fleet::scan(&user, debian::BASE).context("the next scan")?;
    let containers = engine.peek_containers()?;
    ensure!(containers.is_empty(), "left behind at last: {containers:?}");
    Ok(())
}

/// A process that ends with the value.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}
