//! How far something long has come.

pub use tokio_util::sync::CancellationToken as Cancellation;

/// A step of something long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What is being done, as `Reading layers`.
    pub phase: String,
    /// Done so far.
    pub count: u64,
    /// All there is to do, where known.
    pub total: Option<u64>,
    /// What `count` counts: `bytes`, `layers`, `records`; empty where it counts nothing.
    pub unit: &'static str,
}

impl Progress {
    /// A phase whose size is not known.
    pub fn phase(phase: impl Into<String>) -> Self {
        Self {
            phase: phase.into(),
            count: 0,
            total: None,
            unit: "",
        }
    }
}

/// Receives progress; called often and from any thread, so it must not block.
pub type ProgressSink<'a> = &'a (dyn Fn(Progress) + Send + Sync);
