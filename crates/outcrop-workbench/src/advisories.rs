//! Advisories: what is loaded, how old it is, and how it gets there.

use std::fs::File;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use outcrop_advisory::{FeedArchiveError, RecordProblem, ZipRecords, file_records, osv};
use outcrop_model::{AdvisoryRecord, FeedKind, OperatingSystem};
use outcrop_sources::feed::{
    FeedClient, FeedOptions, FeedPhase, FeedProgress, FeedUpdate, KnownFeed,
};
use outcrop_store::{Feed, FeedImport, FeedIncrement, FeedSource, ImportOutcome, KeptReason};

use crate::error::WorkbenchError;
use crate::progress::{Cancellation, Progress, ProgressSink};
use crate::wire::FeedStatus;
use crate::workbench::Workbench;

/// The starter set, as `cargo xtask starter` writes it.
const STARTER: &[u8] = include_bytes!("../../../assets/advisories/Debian/all.zip");
/// Name of the starter set as a source; another version of it has another digest.
const STARTER_SOURCE: &str = "starter set";
/// Records written at once.
const BATCH: usize = 500;
/// Problems with records that are named in a status.
const NAMED_PROBLEMS: usize = 20;

impl Workbench {
    /// Puts the starter set into a store that has nothing for its ecosystem, or an older one.
    pub(crate) async fn load_starter(&self) -> Result<(), WorkbenchError> {
        let digest = outcrop_model::Digest::of(STARTER).short();
        let source = format!("{STARTER_SOURCE} {digest}");
        let feed = self.shared.store.feed("Debian").await?;
        if feed.is_some_and(|feed| !feed.starter || feed.source == source) {
            return Ok(());
        }
        let records = ZipRecords::open(Cursor::new(STARTER))
            .map_err(|error| unreadable(Path::new(STARTER_SOURCE), &error))?;
        let source = FeedSource {
            source,
            starter: true,
            ..FeedSource::default()
        };
        self.import_records(
            source,
            Some("Debian"),
            records,
            &|_| (),
            &Cancellation::new(),
        )
        .await?;
        Ok(())
    }

    /// What is loaded, per ecosystem.
    pub async fn advisories_status(&self) -> Result<Vec<FeedStatus>, WorkbenchError> {
        let feeds = self.shared.store.feeds().await?;
        Ok(feeds
            .into_iter()
            .map(|feed| feed_status(feed, Vec::new()))
            .collect())
    }

    /// Removes every record; the starter set is back at the next start.
    pub async fn advisories_clear(&self) -> Result<(), WorkbenchError> {
        Ok(self.shared.store.clear_advisories().await?)
    }

    /// Imports zips, folders and single records of the OSV format.
    ///
    /// The records of one path make one set for the ecosystem that most of them name.
    pub async fn advisories_import(
        &self,
        paths: &[PathBuf],
        progress: ProgressSink<'_>,
        cancellation: &Cancellation,
    ) -> Result<Vec<FeedStatus>, WorkbenchError> {
        let mut feeds = Vec::new();
        for path in paths {
            let source = FeedSource {
                source: path.display().to_string(),
                ..FeedSource::default()
            };
            let imported = self
                .import_path(path, source, None, progress, cancellation)
                .await?;
            feeds.push(imported);
        }
        Ok(feeds)
    }

    async fn import_path(
        &self,
        path: &Path,
        source: FeedSource,
        only: Option<&str>,
        progress: ProgressSink<'_>,
        cancellation: &Cancellation,
    ) -> Result<FeedStatus, WorkbenchError> {
        let cannot = |error: &dyn std::fmt::Display| unreadable(path, error);
        let metadata = std::fs::metadata(path).map_err(|error| cannot(&error))?;
        let named = path.to_string_lossy().into_owned();
        let (outcome, problems) = if metadata.is_dir() {
            let files = folder_files(path).map_err(|error| cannot(&error))?;
            self.import_records(source, only, file_records(files), progress, cancellation)
                .await?
        } else if path.extension().is_some_and(|ending| ending == "json") {
            let file = (named, read_record(path));
            self.import_records(source, only, file_records([file]), progress, cancellation)
                .await?
        } else {
            let file = File::open(path).map_err(|error| cannot(&error))?;
            let records =
                ZipRecords::open(file).map_err(|error: FeedArchiveError| cannot(&error))?;
            self.import_records(source, only, records, progress, cancellation)
                .await?
        };
        match outcome {
            ImportOutcome::Replaced { feed, .. } => Ok(feed_status(feed, problems)),
            ImportOutcome::Kept { reason } => Err(cannot(&kept_reason(&reason))),
        }
    }

    /// Writes records as one set. Those that are broken are counted and named.
    async fn import_records(
        &self,
        source: FeedSource,
        only: Option<&str>,
        records: impl Iterator<Item = Result<AdvisoryRecord, RecordProblem>>,
        progress: ProgressSink<'_>,
        cancellation: &Cancellation,
    ) -> Result<(ImportOutcome, Vec<String>), WorkbenchError> {
        let starter = source.starter;
        let mut import: FeedImport = self
            .shared
            .store
            .begin_import(source, only, Timestamp::now())
            .await?;
        let mut batch = Vec::with_capacity(BATCH);
        let mut named = Vec::new();
        let mut count = 0;
        for record in records {
            match record {
                Ok(mut record) => {
                    record.starter = starter;
                    batch.push(record);
                    count += 1;
                }
                Err(problem) => {
                    import.note_problems(1);
                    if named.len() < NAMED_PROBLEMS {
                        named.push(format!("{}: {}", problem.name, problem.error));
                    }
                }
            }
            if batch.len() >= BATCH {
                if cancellation.is_cancelled() {
                    import.abandon().await?;
                    return Err(WorkbenchError::Cancelled);
                }
                import.add(std::mem::take(&mut batch)).await?;
                progress(Progress {
                    phase: "Importing advisories".to_owned(),
                    count,
                    total: None,
                    unit: "records",
                });
            }
        }
        import.add(batch).await?;
        Ok((import.commit().await?, named))
    }

    /// Downloads what is new for `ecosystems`, or for those seen in scanned images where none is
    /// named. A set that cannot be had leaves the one that is there.
    pub async fn advisories_update_of(
        &self,
        ecosystems: &[String],
        progress: ProgressSink<'_>,
        cancellation: &Cancellation,
    ) -> Result<Vec<FeedStatus>, WorkbenchError> {
        if self.shared.offline {
            return Err(WorkbenchError::Offline);
        }
        let ecosystems = if ecosystems.is_empty() {
            self.seen_ecosystems().await?
        } else {
            ecosystems.to_vec()
        };
        if ecosystems.is_empty() {
            return Err(WorkbenchError::NoEcosystem);
        }
        let mut options = FeedOptions::default();
        if let Some(base) = &self.shared.feed {
            options.base_url.clone_from(base);
        }
        let client = FeedClient::new(options)?;
        let mut feeds = Vec::new();
        for ecosystem in ecosystems {
            let updated = self.update_one(&client, &ecosystem, progress, cancellation);
            feeds.push(tokio::select! {
                updated = updated => updated?,
                () = cancellation.cancelled() => return Err(WorkbenchError::Cancelled),
            });
        }
        Ok(feeds)
    }

    /// Downloads what is new for the ecosystems seen in scanned images.
    pub async fn advisories_update(
        &self,
        progress: ProgressSink<'_>,
        cancellation: &Cancellation,
    ) -> Result<Vec<FeedStatus>, WorkbenchError> {
        self.advisories_update_of(&[], progress, cancellation).await
    }

    async fn update_one(
        &self,
        client: &FeedClient,
        ecosystem: &str,
        progress: ProgressSink<'_>,
        cancellation: &Cancellation,
    ) -> Result<FeedStatus, WorkbenchError> {
        let store = &self.shared.store;
        let now = Timestamp::now();
        let source = self
            .shared
            .feed
            .clone()
            .unwrap_or_else(|| outcrop_sources::feed::OSV_BASE_URL.to_owned());
        let current = store.feed(ecosystem).await?;
        // Increments continue a set of the same source; anything else is fetched whole.
        let known = current
            .as_ref()
            .filter(|feed| !feed.starter && feed.source == source)
            .map(|feed| KnownFeed {
                newest_modified: feed.newest_modified,
                etag: feed.etag.clone(),
            });
        let directory = store
            .path()
            .parent()
            .unwrap_or(Path::new("."))
            .join("downloads");
        std::fs::create_dir_all(&directory).map_err(|error| unreadable(&directory, &error))?;
        let on_progress = |step: FeedProgress| progress(feed_progress(ecosystem, step));
        let update = client
            .update(ecosystem, known.as_ref(), &directory, now, &on_progress)
            .await?;
        match update {
            FeedUpdate::Unchanged | FeedUpdate::Older { .. } => {
                let feed = current.ok_or(WorkbenchError::NoEcosystem)?;
                Ok(feed_status(feed, Vec::new()))
            }
            FeedUpdate::Changes { records, absent } => {
                let mut problems: Vec<String> = absent
                    .into_iter()
                    .map(|id| format!("{id}: the server does not have it"))
                    .collect();
                let mut changed = Vec::new();
                for record in records {
                    match osv::parse(&record.bytes) {
                        Ok(parsed) => changed.push(parsed),
                        Err(error) => problems.push(format!("{}: {error}", record.id)),
                    }
                }
                let increment = FeedIncrement {
                    records: changed,
                    etag: known.and_then(|known| known.etag),
                    ..FeedIncrement::default()
                };
                let feed = store
                    .apply_increment(FeedKind::Osv, ecosystem, increment, now)
                    .await?;
                Ok(feed_status(feed, problems))
            }
            FeedUpdate::Archive { path, etag, .. } => {
                let source = FeedSource {
                    source,
                    etag,
                    ..FeedSource::default()
                };
                let imported = self
                    .import_path(&path, source, Some(ecosystem), progress, cancellation)
                    .await;
                if let Err(error) = std::fs::remove_file(&path) {
                    tracing::warn!(%error, "a downloaded archive stays");
                }
                imported
            }
        }
    }

    /// Ecosystems of scanned images, without their releases.
    async fn seen_ecosystems(&self) -> Result<Vec<String>, WorkbenchError> {
        let mut seen = std::collections::BTreeSet::new();
        for scan in self.shared.store.latest_scans().await? {
            if let Some((kept, _)) = self.kept_scan(scan.config_digest).await?
                && let Some(ecosystem) = kept
                    .inventory
                    .operating_system
                    .as_ref()
                    .and_then(OperatingSystem::ecosystem)
            {
                let name = ecosystem.split(':').next().unwrap_or_default();
                seen.insert(name.to_owned());
            }
        }
        Ok(seen.into_iter().collect())
    }
}

fn feed_progress(ecosystem: &str, step: FeedProgress) -> Progress {
    let (what, unit) = match step.phase {
        FeedPhase::List => ("list of changes", "bytes"),
        FeedPhase::Records => ("changed records", "records"),
        FeedPhase::Archive => ("records", "bytes"),
    };
    Progress {
        phase: format!("Fetching the {what} of {ecosystem}"),
        count: step.done,
        total: step.total,
        unit,
    }
}

fn feed_status(feed: Feed, problems: Vec<String>) -> FeedStatus {
    FeedStatus {
        ecosystem: feed.ecosystem,
        source: feed.source,
        starter: feed.starter,
        records: feed.records,
        broken: feed.problems,
        problems,
        exported_at: feed.newest_modified.map(|time| time.to_string()),
        imported_at: feed.imported_at.to_string(),
    }
}

fn unreadable(path: &Path, reason: &dyn std::fmt::Display) -> WorkbenchError {
    WorkbenchError::AdvisoriesUnreadable {
        path: path.to_owned(),
        reason: reason.to_string(),
    }
}

fn kept_reason(reason: &KeptReason) -> String {
    match reason {
        KeptReason::Empty => "it holds no usable record".to_owned(),
        KeptReason::RealOverStarter => "real records are loaded already".to_owned(),
        KeptReason::NewerThere { there, .. } => {
            format!("a newer set from the same source is loaded, of {there}")
        }
    }
}

fn read_record(path: &Path) -> std::io::Result<Vec<u8>> {
    use std::io::Read as _;

    let mut bytes = Vec::new();
    // One byte more than a record may have, so that the parser sees that it is too large.
    File::open(path)?
        .take(outcrop_advisory::MAX_RECORD_BYTES as u64 + 1)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The records directly in a folder and in the folders directly below it.
fn folder_files(
    folder: &Path,
) -> std::io::Result<impl Iterator<Item = (String, std::io::Result<Vec<u8>>)>> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            for entry in std::fs::read_dir(path)? {
                paths.push(entry?.path());
            }
        } else {
            paths.push(path);
        }
    }
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "json"));
    paths.sort();
    Ok(paths
        .into_iter()
        .map(|path| (path.to_string_lossy().into_owned(), read_record(&path))))
}
