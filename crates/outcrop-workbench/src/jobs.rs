//! Long work that outlives the view that began it: phases, counts, cancellation, results.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::broadcast;

use crate::clock;
use crate::progress::{Cancellation, Progress};
use crate::wire::{Job, JobState, Notice, WireError};

/// Jobs kept after their end; older ones are forgotten.
const KEPT_JOBS: usize = 200;
/// Notices that a slow listener may fall behind before it has to ask for the whole state again.
const NOTICE_QUEUE: usize = 1_024;
/// Progress of one job is told at most this often.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(100);

/// The jobs of one run and the notices about them.
#[derive(Clone)]
pub struct Jobs {
    shared: Arc<Shared>,
}

struct Shared {
    next: AtomicU32,
    entries: Mutex<Vec<Entry>>,
    notices: broadcast::Sender<Notice>,
}

struct Entry {
    job: Job,
    cancellation: Cancellation,
    told: Option<Instant>,
}

impl Default for Jobs {
    fn default() -> Self {
        Self {
            shared: Arc::new(Shared {
                next: AtomicU32::new(1),
                entries: Mutex::default(),
                notices: broadcast::channel(NOTICE_QUEUE).0,
            }),
        }
    }
}

impl Jobs {
    /// Listens to notices from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Notice> {
        self.shared.notices.subscribe()
    }

    /// Tells all listeners; nobody listening is fine.
    pub fn tell(&self, notice: Notice) {
        drop(self.shared.notices.send(notice));
    }

    /// All jobs, newest first.
    pub fn list(&self) -> Vec<Job> {
        self.entries()
            .iter()
            .rev()
            .map(|entry| entry.job.clone())
            .collect()
    }

    /// Asks a job to end; one that has ended or is unknown stays as it is.
    pub fn cancel(&self, id: u32) {
        if let Some(entry) = self.entries().iter().find(|entry| entry.job.id == id) {
            entry.cancellation.cancel();
        }
    }

    /// The running or queued job about `subject`, if there is one.
    pub fn active_for(&self, subject: &str) -> Option<u32> {
        self.entries()
            .iter()
            .find(|entry| {
                entry.job.ended_at.is_none() && entry.job.subject.as_deref() == Some(subject)
            })
            .map(|entry| entry.job.id)
    }

    /// Enters a new job, waiting for its turn.
    pub fn enter(&self, title: String, subject: Option<String>, command: String) -> JobHandle {
        let id = self.shared.next.fetch_add(1, Ordering::Relaxed);
        let cancellation = Cancellation::new();
        let job = Job {
            id,
            title,
            subject,
            state: JobState::Queued,
            phase: "Waiting".into(),
            count: 0,
            total: None,
            unit: String::new(),
            started_at: clock::now(),
            ended_at: None,
            error: None,
            outcome: None,
            command,
        };
        {
            let mut entries = self.entries();
            entries.push(Entry {
                job: job.clone(),
                cancellation: cancellation.clone(),
                told: None,
            });
            if entries.len() > KEPT_JOBS
                && let Some(oldest) = entries
                    .iter()
                    .position(|entry| entry.job.ended_at.is_some())
            {
                entries.remove(oldest);
            }
        }
        self.tell(Notice::Job { job });
        JobHandle {
            jobs: self.clone(),
            id,
            cancellation,
        }
    }

    fn entries(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.shared
            .entries
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, id: u32, at_most_every: Option<Duration>, change: impl FnOnce(&mut Job)) {
        let job = {
            let mut entries = self.entries();
            let Some(entry) = entries.iter_mut().find(|entry| entry.job.id == id) else {
                return;
            };
            let before = (entry.job.state, entry.job.phase.clone());
            change(&mut entry.job);
            // A new phase is always told: it may last, and nothing more come while it does.
            let same_phase = before == (entry.job.state, entry.job.phase.clone());
            if let (Some(interval), Some(told)) = (at_most_every, entry.told)
                && same_phase
                && told.elapsed() < interval
            {
                return;
            }
            entry.told = Some(Instant::now());
            entry.job.clone()
        };
        self.tell(Notice::Job { job });
    }
}

/// A job as the code that does it sees it.
#[derive(Clone)]
pub struct JobHandle {
    jobs: Jobs,
    id: u32,
    cancellation: Cancellation,
}

impl JobHandle {
    /// Its number.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Ends when the user asks for it.
    pub fn cancellation(&self) -> &Cancellation {
        &self.cancellation
    }

    /// Takes note of progress; the listeners hear of it a few times a second.
    pub fn progress(&self, progress: Progress) {
        self.jobs.change(self.id, Some(PROGRESS_INTERVAL), |job| {
            job.state = JobState::Running;
            job.phase = progress.phase;
            job.count = progress.count;
            job.total = progress.total;
            progress.unit.clone_into(&mut job.unit);
        });
    }

    /// Ends the job.
    pub fn end(&self, result: Result<String, WireError>) {
        self.jobs.change(self.id, None, |job| {
            job.ended_at = Some(clock::now());
            match result {
                Ok(outcome) => {
                    job.state = JobState::Succeeded;
                    job.outcome = Some(outcome);
                }
                Err(error) if error.code == crate::wire::Code::Cancelled => {
                    job.state = JobState::Cancelled;
                }
                Err(error) => {
                    job.state = JobState::Failed;
                    job.error = Some(error);
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Code;

    #[test]
    fn a_job_is_queued_runs_and_ends() {
        let jobs = Jobs::default();
        let handle = jobs.enter("Scan x".into(), Some("d".into()), String::new());
        assert_eq!(jobs.active_for("d"), Some(handle.id()));
        handle.progress(Progress::phase("Reading"));
        assert_eq!(jobs.list()[0].state, JobState::Running);
        handle.end(Ok("done".into()));
        assert_eq!(jobs.list()[0].state, JobState::Succeeded);
        assert_eq!(jobs.active_for("d"), None);
    }

    #[test]
    fn a_cancelled_job_is_no_failure() {
        let jobs = Jobs::default();
        let handle = jobs.enter(String::new(), None, String::new());
        jobs.cancel(handle.id());
        assert!(handle.cancellation().is_cancelled());
        handle.end(Err(WireError {
            code: Code::Cancelled,
            message: String::new(),
            hint: None,
        }));
        assert_eq!(jobs.list()[0].state, JobState::Cancelled);
    }

    #[test]
    fn ended_jobs_are_forgotten_beyond_the_limit_and_running_ones_never() {
        let jobs = Jobs::default();
        let running = jobs.enter(String::new(), None, String::new());
        for _ in 0..KEPT_JOBS + 10 {
            jobs.enter(String::new(), None, String::new())
                .end(Ok(String::new()));
        }
        let list = jobs.list();
        assert_eq!(list.len(), KEPT_JOBS);
        assert_eq!(list.last().map(|job| job.id), Some(running.id()));
    }
}
