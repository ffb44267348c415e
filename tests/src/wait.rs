//! Waiting for a state, never for a span of time.

use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

/// How long to leave the processor to others between two looks.
const INTERVAL: Duration = Duration::from_millis(20);

/// Asks until the answer is `Some`, or fails with `what` when the deadline has passed.
pub fn until<T>(
    what: &str,
    deadline: Duration,
    mut ask: impl FnMut() -> Result<Option<T>>,
) -> Result<T> {
    let start = Instant::now();
    loop {
        if let Some(answer) = ask()? {
            return Ok(answer);
        }
        if start.elapsed() > deadline {
            bail!("not within {deadline:?}: {what}");
        }
        std::thread::park_timeout(INTERVAL);
    }
}

/// The exit of a process, which is killed where it outlives the deadline.
pub fn exit(child: &mut Child, deadline: Duration) -> Result<ExitStatus> {
    let outcome = until("the process ends", deadline, || Ok(child.try_wait()?));
    if outcome.is_err() {
        child.kill()?;
        child.wait()?;
    }
    outcome
}
