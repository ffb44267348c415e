//! A workbench with jobs: what a program that stays open works with.

use std::collections::HashMap;
use std::future::Future;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Semaphore;

use crate::error::WorkbenchError;
use crate::jobs::{JobHandle, Jobs};
use crate::report::ScanReport;
use crate::target::ScanTarget;
use crate::wire::{AdvisoriesChange, ImageRow, Notice, ScanState};
use crate::workbench::{Options, ScanOptions, Workbench};

/// Scans that run side by side: the engine's export is the bottleneck, and a third one would only
/// make the first two later.
const SCANS_AT_ONCE: usize = 2;

/// A workbench, its jobs and the watch over the engines.
pub struct Session {
    shared: Arc<Shared>,
}

struct Shared {
    workbench: Workbench,
    jobs: Jobs,
    turns: Semaphore,
    /// Previews of scans that are still going on, by config digest.
    previews: Mutex<HashMap<String, ScanReport>>,
}

impl Session {
    /// Opens the workbench and begins to follow the engines.
    pub async fn open(options: Options) -> Result<Self, WorkbenchError> {
        let shared = Arc::new(Shared {
            workbench: Workbench::open(options).await?,
            jobs: Jobs::default(),
            turns: Semaphore::new(SCANS_AT_ONCE),
            previews: Mutex::default(),
        });
        let session = Self { shared };
        session.follow_engines();
        Ok(session)
    }

    /// The workbench.
    pub fn workbench(&self) -> &Workbench {
        &self.shared.workbench
    }

    /// The jobs and their notices.
    pub fn jobs(&self) -> &Jobs {
        &self.shared.jobs
    }

    /// Ends what is going on and waits until nothing of it is left in an engine.
    pub async fn close(&self) {
        for job in self.shared.jobs.list() {
            self.shared.jobs.cancel(job.id);
        }
        self.shared.workbench.close().await;
    }

    /// The report of an image: the preview of a scan that is going on, else the last scan.
    pub async fn report(&self, config_digest: &str) -> Result<Option<ScanReport>, WorkbenchError> {
        if let Some(preview) = self.shared.previews().get(config_digest) {
            return Ok(Some(preview.clone()));
        }
        self.shared.workbench.report(config_digest).await
    }

    /// Scans an image of the list; the job's number. A scan of it that is going on is not doubled.
    pub async fn start_scan(
        &self,
        config_digest: &str,
        engine: Option<String>,
    ) -> Result<u32, WorkbenchError> {
        if let Some(job) = self.shared.jobs.active_for(config_digest) {
            return Ok(job);
        }
        let list = self.shared.workbench.images().await?;
        let row = list
            .images
            .iter()
            .find(|row| {
                row.config_digest == config_digest
                    && engine.as_ref().is_none_or(|engine| *engine == row.engine)
            })
            .ok_or_else(|| WorkbenchError::UnknownImage {
                name: config_digest.to_owned(),
                engines: list
                    .engines
                    .iter()
                    .map(|engine| engine.name.clone())
                    .collect(),
            })?;
        Ok(self.start_row(row))
    }

    /// Scans every image of the list that is not scanned as it is.
    pub async fn start_scan_all(&self) -> Result<Vec<u32>, WorkbenchError> {
        let list = self.shared.workbench.images().await?;
        let mut begun = std::collections::HashSet::new();
        Ok(list
            .images
            .iter()
            .filter(|row| row.scan_state != ScanState::Scanned)
            .filter(|row| begun.insert(row.config_digest.clone()))
            .map(|row| {
                self.shared
                    .jobs
                    .active_for(&row.config_digest)
                    .unwrap_or_else(|| self.start_row(row))
            })
            .collect())
    }

    fn start_row(&self, row: &ImageRow) -> u32 {
        let name = row.references.first().unwrap_or(&row.config_digest).clone();
        let (target, argument) = match row.engine.strip_prefix("archive:") {
            Some(path) => (
                ScanTarget::Archive {
                    path: path.into(),
                    reference: row.references.first().cloned(),
                },
                format!("docker-archive:{path}"),
            ),
            None => (
                ScanTarget::Engine {
                    name: row.config_digest.clone(),
                    engine: Some(row.engine.clone()),
                },
                name.clone(),
            ),
        };
        let job = self.shared.jobs.enter(
            format!("Scan {name}"),
            Some(row.config_digest.clone()),
            format!("outcrop scan {argument}"),
        );
        self.run_scan(job, target)
    }

    /// Scans an archive or an OCI folder; the job's number.
    pub fn start_archive(&self, path: &str) -> u32 {
        let job =
            self.shared
                .jobs
                .enter(format!("Open {path}"), None, format!("outcrop scan {path}"));
        let path = PathBuf::from(path);
        let target = if path.is_dir() {
            ScanTarget::Folder {
                path,
                reference: None,
            }
        } else {
            ScanTarget::Archive {
                path,
                reference: None,
            }
        };
        self.run_scan(job, target)
    }

    fn run_scan(&self, job: JobHandle, target: ScanTarget) -> u32 {
        let shared = Arc::clone(&self.shared);
        run(job, move |job| async move {
            let _turn = tokio::select! {
                turn = shared.turns.acquire() => turn,
                () = job.cancellation().cancelled() => return Err(WorkbenchError::Cancelled),
            };
            let on_preview = |preview: ScanReport| {
                let config_digest = preview.image.config_digest.clone();
                shared.previews().insert(config_digest.clone(), preview);
                shared.jobs.tell(Notice::ReportReady {
                    config_digest,
                    preview: true,
                    comparison: None,
                });
            };
            let result = shared
                .workbench
                .scan(
                    &target,
                    &ScanOptions::default(),
                    &|progress| job.progress(progress),
                    &on_preview,
                    job.cancellation(),
                )
                .await;
            if let ScanTarget::Engine { name, .. } = &target {
                shared.previews().remove(name);
            }
            let scanned = result?;
            let mut outcome = Vec::new();
            for report in &scanned.reports {
                let config_digest = report.image.config_digest.clone();
                shared.previews().remove(&config_digest);
                let findings = format!(
                    "{} findings in {} packages",
                    report.counts.total(),
                    report.packages.len()
                );
                let statement = &report.coverage.statement;
                outcome.push(match (report.coverage.judged, report.counts.total()) {
                    (true, _) => findings,
                    (false, 0) => statement.clone(),
                    (false, _) => format!("{findings}; {statement}"),
                });
                let comparison = shared.workbench.comparison(&config_digest).await?;
                shared.jobs.tell(Notice::ReportReady {
                    config_digest,
                    preview: false,
                    comparison,
                });
            }
            shared.jobs.tell(Notice::ImagesChanged);
            match scanned.not_kept {
                Some(error) => Err(error),
                None => Ok(outcome.join("; ")),
            }
        })
    }

    /// Loads newer advisories for the ecosystems seen in images; the job's number.
    pub fn start_advisories_update(&self) -> u32 {
        let job = self.shared.jobs.enter(
            "Update advisories".to_owned(),
            None,
            "outcrop advisories update".to_owned(),
        );
        let shared = Arc::clone(&self.shared);
        run(job, move |job| async move {
            let change = shared
                .workbench
                .advisories_update(&|progress| job.progress(progress), job.cancellation())
                .await?;
            shared.tell_of(&change);
            let mut outcome = format!("{} sets are up to date", change.feeds.len());
            for failure in &change.failures {
                outcome.push_str("; ");
                outcome.push_str(&failure.message);
            }
            Ok(outcome)
        })
    }

    /// Takes records from a file or folder; the job's number.
    pub fn start_advisories_import(&self, path: PathBuf) -> u32 {
        let job = self.shared.jobs.enter(
            format!("Import {}", path.display()),
            None,
            format!("outcrop advisories import {}", path.display()),
        );
        let shared = Arc::clone(&self.shared);
        run(job, move |job| async move {
            let change = shared
                .workbench
                .advisories_import(
                    &[path],
                    &|progress| job.progress(progress),
                    job.cancellation(),
                )
                .await?;
            shared.tell_of(&change);
            let feeds = &change.feeds;
            let records: u64 = feeds.iter().map(|feed| feed.records).sum();
            let broken: u64 = feeds.iter().map(|feed| feed.broken).sum();
            Ok(match broken {
                0 => format!("{records} records"),
                broken => format!("{records} records, {broken} could not be read"),
            })
        })
    }

    fn follow_engines(&self) {
        let shared = Arc::clone(&self.shared);
        let weak = Arc::downgrade(&shared);
        drop(shared);
        tokio::spawn(async move {
            let Some(mut changes) = weak.upgrade().map(|shared| shared.workbench.watch()) else {
                return;
            };
            while changes.changed().await {
                match weak.upgrade() {
                    Some(shared) => shared.jobs.tell(Notice::ImagesChanged),
                    None => return,
                }
            }
        });
    }
}

impl Shared {
    /// Tells that reports may say something else now, and what changed.
    fn tell_of(&self, change: &AdvisoriesChange) {
        self.jobs.tell(Notice::AdvisoriesChanged);
        if !change.changes.is_empty() {
            self.jobs.tell(Notice::ActivityChanged {
                events: change.changes.len() as u32,
            });
        }
    }

    fn previews(&self) -> std::sync::MutexGuard<'_, HashMap<String, ScanReport>> {
        self.previews.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Does a job's work in the background; its number.
fn run<F, W>(job: JobHandle, work: W) -> u32
where
    F: Future<Output = Result<String, WorkbenchError>> + Send + 'static,
    W: FnOnce(JobHandle) -> F,
{
    let id = job.id();
    let going_on = work(job.clone());
    tokio::spawn(async move {
        let result = going_on.await;
        job.end(result.map_err(|error| error.wire()));
    });
    id
}
