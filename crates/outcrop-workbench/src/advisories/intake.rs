//! Files of feeds into the store, whatever their format.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use outcrop_advisory::feeds::end_of_life::{ReleaseSupport, SupportEnd};
use outcrop_advisory::feeds::{FeedContent, FeedFile, FeedFormat, HEAD_BYTES, detect, read};
use outcrop_model::{AdvisoryRecord, Epss, FeedKind, KnownExploited, NvdRating};
use outcrop_store::{
    EnrichmentOutcome, EnrichmentRows, EnrichmentSource, FeedImport, FeedIncrement, FeedSource,
    ImportOutcome,
};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use super::{family, feed_status, kept_reason, set_status, unreadable};
use crate::error::WorkbenchError;
use crate::progress::{Cancellation, Progress, ProgressSink};
use crate::wire::FeedStatus;
use crate::workbench::Workbench;

/// Records written at once.
const BATCH: usize = 500;
/// Things read that may wait to be written, in batches.
const BATCHES_AHEAD: usize = 4;
/// Problems with records that are named in a status.
const NAMED_PROBLEMS: usize = 20;
/// Folders below the one that was named.
const MAX_DEPTH: usize = 4;
/// Files of one path; Red Hat's folders have near 60,000.
const MAX_FILES: usize = 1_000_000;

/// Where files come from and what they are to become.
#[derive(Clone, Debug, Default)]
pub(super) struct Origin {
    /// Address or path.
    pub(super) source: String,
    /// The server's mark.
    pub(super) etag: Option<String>,
    /// When it was exported, where the server says so.
    pub(super) exported_at: Option<Timestamp>,
    /// The one ecosystem that is meant, without a release.
    pub(super) only: Option<String>,
    /// The part of the feed.
    pub(super) part: String,
    /// Whose updates an `updateinfo` lists, with the release.
    pub(super) updates_of: Option<String>,
    /// Adds to the set that is there.
    pub(super) adds: bool,
}

/// What a group of files becomes.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Target {
    feed: &'static str,
    ecosystem: String,
    part: String,
}

impl Workbench {
    /// Takes in a file or all files of a folder; those of one feed and ecosystem make one set.
    pub(super) async fn import_path(
        &self,
        path: &Path,
        progress: ProgressSink<'_>,
        cancellation: &Cancellation,
    ) -> Result<Vec<FeedStatus>, WorkbenchError> {
        let is_file = std::fs::metadata(path)
            .map_err(|error| unreadable(path, &error))?
            .is_file();
        let mut files = Vec::new();
        gather(path, 0, &mut files).map_err(|error| unreadable(path, &error))?;
        files.sort();
        let groups = tokio::task::spawn_blocking(move || grouped(files))
            .await
            .map_err(|error| WorkbenchError::Internal(error.to_string()))?;
        if groups.is_empty() {
            return Err(unreadable(path, &"it holds nothing of a known format"));
        }
        let mut statuses = Vec::new();
        for (target, files) in groups {
            let single = is_file && files.len() == 1 && is_single_record(&files[0]);
            let origin = Origin {
                source: path.display().to_string(),
                part: target.part,
                adds: single && self.has_real(target.feed, &target.ecosystem).await?,
                ..Origin::default()
            };
            statuses.extend(self.take_in(files, origin, progress, cancellation).await?);
        }
        Ok(statuses)
    }

    /// Whether there are records of a feed that are no starter set.
    async fn has_real(&self, feed: &str, ecosystem: &str) -> Result<bool, WorkbenchError> {
        let sets = self.shared.store.feeds_of(ecosystem).await?;
        Ok(sets
            .iter()
            .any(|set| set.kind.as_str() == feed && set.part.is_empty() && !set.starter))
    }

    /// Writes what files hold; broken parts are counted and named.
    pub(super) async fn take_in(
        &self,
        files: Vec<PathBuf>,
        origin: Origin,
        progress: ProgressSink<'_>,
        cancellation: &Cancellation,
    ) -> Result<Vec<FeedStatus>, WorkbenchError> {
        let (sender, mut batches) = mpsc::channel(BATCHES_AHEAD);
        let updates_of = origin.updates_of.clone();
        let shown = files.first().cloned().unwrap_or_default();
        let reading =
            tokio::task::spawn_blocking(move || read_all(&files, updates_of.as_deref(), &sender));
        let mut intake = Intake::new(self, origin);
        let mut taken = Ok(());
        while let Some(batch) = batches.recv().await {
            taken = if cancellation.is_cancelled() {
                Err(WorkbenchError::Cancelled)
            } else {
                intake.take(batch).await
            };
            if taken.is_err() {
                break;
            }
            progress(Progress {
                phase: "Importing advisories".to_owned(),
                count: intake.count,
                total: None,
                unit: "records",
            });
        }
        // The reader ends when nobody takes what it reads.
        drop(batches);
        reading
            .await
            .map_err(|error| WorkbenchError::Internal(error.to_string()))?;
        match taken {
            Ok(()) => intake.finish(&shown).await,
            Err(error) => {
                intake.abandon().await?;
                Err(error)
            }
        }
    }
}

/// What is being written.
struct Intake<'w> {
    workbench: &'w Workbench,
    origin: Origin,
    now: Timestamp,
    imports: BTreeMap<FeedKind, FeedImport>,
    /// Records that are added to sets.
    added: Vec<AdvisoryRecord>,
    known_exploited: Vec<(String, KnownExploited)>,
    epss: Vec<(String, Epss)>,
    nvd: Vec<(String, NvdRating)>,
    releases: BTreeMap<String, Vec<StoredRelease>>,
    count: u64,
    broken: u64,
    problems: Vec<String>,
}

impl<'w> Intake<'w> {
    fn new(workbench: &'w Workbench, origin: Origin) -> Self {
        Self {
            workbench,
            origin,
            now: Timestamp::now(),
            imports: BTreeMap::new(),
            added: Vec::new(),
            known_exploited: Vec::new(),
            epss: Vec::new(),
            nvd: Vec::new(),
            releases: BTreeMap::new(),
            count: 0,
            broken: 0,
            problems: Vec::new(),
        }
    }

    async fn take(&mut self, batch: Vec<FeedContent>) -> Result<(), WorkbenchError> {
        let mut records: BTreeMap<FeedKind, Vec<AdvisoryRecord>> = BTreeMap::new();
        for content in batch {
            self.count += 1;
            match content {
                FeedContent::Record(record) => {
                    records.entry(record.feed).or_default().push(*record);
                }
                FeedContent::KnownExploited { cve, entry } => {
                    self.known_exploited.push((cve, entry));
                }
                FeedContent::Epss { cve, epss } => self.epss.push((cve, epss)),
                FeedContent::Nvd { cve, rating } => self.nvd.push((cve, rating)),
                FeedContent::Support(release) => {
                    let stored = StoredRelease::of(&release);
                    self.releases
                        .entry(release.product)
                        .or_default()
                        .push(stored);
                }
                FeedContent::Dated(date) => {
                    let date = date.parse().ok().filter(|date| *date <= self.now);
                    self.origin.exported_at = self.origin.exported_at.max(date);
                }
                FeedContent::Problem(problem) => {
                    self.broken += 1;
                    if self.problems.len() < NAMED_PROBLEMS {
                        self.problems.push(problem.to_string());
                    }
                }
            }
        }
        for (kind, records) in records {
            if self.origin.adds {
                self.added.extend(records);
                continue;
            }
            if !self.imports.contains_key(&kind) {
                let import = self.begin(kind).await?;
                self.imports.insert(kind, import);
            }
            if let Some(import) = self.imports.get_mut(&kind) {
                import.add(records).await?;
            }
        }
        Ok(())
    }

    async fn begin(&self, kind: FeedKind) -> Result<FeedImport, WorkbenchError> {
        let source = FeedSource {
            kind,
            part: self.origin.part.clone(),
            source: self.origin.source.clone(),
            etag: self.origin.etag.clone(),
            exported_at: self.origin.exported_at,
            starter: false,
        };
        let only = self.origin.only.as_deref();
        let store = &self.workbench.shared.store;
        Ok(store.begin_import(source, only, self.now).await?)
    }

    async fn abandon(self) -> Result<(), WorkbenchError> {
        for import in self.imports.into_values() {
            import.abandon().await?;
        }
        Ok(())
    }

    /// Puts what was written in the place of what was there.
    async fn finish(mut self, path: &Path) -> Result<Vec<FeedStatus>, WorkbenchError> {
        let store = &self.workbench.shared.store;
        let mut statuses = Vec::new();
        for mut import in std::mem::take(&mut self.imports).into_values() {
            import.note_problems(self.broken);
            if let Some(date) = self.origin.exported_at {
                import.note_exported_at(date);
            }
            match import.commit().await? {
                ImportOutcome::Replaced { feed, .. } => {
                    statuses.push(feed_status(feed, self.problems.clone()));
                }
                ImportOutcome::Kept { reason } => {
                    return Err(unreadable(path, &kept_reason(&reason)));
                }
            }
        }
        for record in std::mem::take(&mut self.added) {
            let Some(ecosystem) = ecosystem_of(&record).map(str::to_owned) else {
                continue;
            };
            let increment = FeedIncrement {
                records: vec![record],
                ..FeedIncrement::default()
            };
            let kind = increment.records[0].feed;
            let feed = store
                .apply_increment(kind, &ecosystem, increment, self.now)
                .await?;
            statuses.push(feed_status(feed, self.problems.clone()));
        }
        for rows in self.enrichments() {
            let source = EnrichmentSource {
                source: self.origin.source.clone(),
                etag: self.origin.etag.clone(),
                exported_at: self.origin.exported_at,
            };
            let outcome = match rows {
                EnrichmentRows::Nvd(_) => store.add_enrichments(source, rows, self.now).await?,
                rows => store.replace_enrichments(source, rows, self.now).await?,
            };
            match outcome {
                EnrichmentOutcome::Replaced(set) => {
                    statuses.push(set_status(set, self.problems.clone()));
                }
                EnrichmentOutcome::Kept { reason } => {
                    return Err(unreadable(path, &kept_reason(&reason)));
                }
            }
        }
        if statuses.is_empty() {
            let reason = self
                .problems
                .first()
                .map_or("it holds nothing usable", String::as_str);
            return Err(unreadable(path, &reason));
        }
        Ok(statuses)
    }

    fn enrichments(&mut self) -> Vec<EnrichmentRows> {
        let mut rows = Vec::new();
        if !self.known_exploited.is_empty() {
            let entries = std::mem::take(&mut self.known_exploited);
            rows.push(EnrichmentRows::KnownExploited(entries));
        }
        if !self.epss.is_empty() {
            rows.push(EnrichmentRows::Epss(std::mem::take(&mut self.epss)));
        }
        if !self.nvd.is_empty() {
            rows.push(EnrichmentRows::Nvd(std::mem::take(&mut self.nvd)));
        }
        if !self.releases.is_empty() {
            let products =
                std::mem::take(&mut self.releases)
                    .into_iter()
                    .filter_map(|(product, releases)| {
                        Some((product, serde_json::to_string(&releases).ok()?))
                    });
            rows.push(EnrichmentRows::EndOfLife(products.collect()));
        }
        rows
    }
}

/// Until when a release is supported, as it is kept.
#[derive(Serialize, Deserialize)]
pub(crate) struct StoredRelease {
    release: String,
    codename: Option<String>,
    /// The last day, `past` or `not announced`.
    regular: String,
    long_term: Option<String>,
    subscription: Option<String>,
}

impl StoredRelease {
    fn of(release: &ReleaseSupport) -> Self {
        Self {
            release: release.release.clone(),
            codename: release.codename.clone(),
            regular: match release.regular {
                SupportEnd::On(date) => date.to_string(),
                SupportEnd::Past => "past".to_owned(),
                SupportEnd::NotAnnounced => "not announced".to_owned(),
            },
            long_term: release.long_term.map(|date| date.to_string()),
            subscription: release.subscription.map(|date| date.to_string()),
        }
    }

    pub(crate) fn release(self, product: &str) -> ReleaseSupport {
        let date = |text: Option<String>| text.and_then(|text| text.parse().ok());
        ReleaseSupport {
            product: product.to_owned(),
            release: self.release,
            codename: self.codename,
            regular: match self.regular.as_str() {
                "past" => SupportEnd::Past,
                text => text
                    .parse()
                    .map_or(SupportEnd::NotAnnounced, SupportEnd::On),
            },
            long_term: date(self.long_term),
            subscription: date(self.subscription),
        }
    }
}

/// All regular files of a folder and those below it; a path that is a file is itself.
fn gather(path: &Path, depth: usize, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    let facts = std::fs::symlink_metadata(path)?;
    if !facts.is_dir() {
        if (facts.is_file() || depth == 0) && files.len() < MAX_FILES {
            files.push(path.to_owned());
        }
        return Ok(());
    }
    if depth >= MAX_DEPTH {
        return Ok(());
    }
    for entry in std::fs::read_dir(path)? {
        gather(&entry?.path(), depth + 1, files)?;
    }
    Ok(())
}

/// Files by what they become: those of a folder that hold one record each by the first of them,
/// the others one by one. Files of no known format are passed over.
fn grouped(files: Vec<PathBuf>) -> BTreeMap<Target, Vec<PathBuf>> {
    let mut groups: BTreeMap<Target, Vec<PathBuf>> = BTreeMap::new();
    let mut folders: BTreeMap<PathBuf, Option<Target>> = BTreeMap::new();
    for file in files {
        let Some(format) = format_of(&file) else {
            continue;
        };
        let single = matches!(format, FeedFormat::OsvRecord | FeedFormat::RedHatVex);
        let folder = file.parent().map(Path::to_path_buf).unwrap_or_default();
        let known = folders.get(&folder).and_then(Option::as_ref);
        let target = match known {
            Some(target) if single => target.clone(),
            _ => target_of(&file, format),
        };
        // A first record that is broken tells nothing of its folder.
        if single && known.is_none() && !target.ecosystem.is_empty() {
            folders.insert(folder, Some(target.clone()));
        }
        groups.entry(target).or_default().push(file);
    }
    // What told nothing goes with what there is, so that it is counted as broken.
    if groups.len() == 2
        && let Some(lost) = groups.remove(&Target::default())
    {
        for files in groups.values_mut() {
            files.extend(lost.iter().cloned());
        }
    }
    groups
}

fn format_of(file: &Path) -> Option<FeedFormat> {
    let mut reader = BufReader::with_capacity(HEAD_BYTES, File::open(file).ok()?);
    let format = detect(reader.fill_buf().ok()?);
    // A record that is cut off early is none by its bytes; its name says that it was to be one.
    format.or_else(|| {
        file.extension()
            .is_some_and(|ending| ending == "json")
            .then_some(FeedFormat::OsvRecord)
    })
}

fn is_single_record(file: &Path) -> bool {
    matches!(
        format_of(file),
        Some(FeedFormat::OsvRecord | FeedFormat::RedHatVex)
    )
}

/// Feed, ecosystem and part of a file by its first record.
fn target_of(file: &Path, format: FeedFormat) -> Target {
    let enrichment = match format {
        FeedFormat::KnownExploited => "kev",
        FeedFormat::Epss => "epss",
        FeedFormat::Nvd => "nvd",
        FeedFormat::EndOfLife | FeedFormat::DistroInfo => "end-of-life",
        _ => "",
    };
    let mut target = Target {
        feed: enrichment,
        ..Target::default()
    };
    let Ok(opened) = File::open(file) else {
        return target;
    };
    if !enrichment.is_empty() {
        return target;
    }
    let name = file.to_string_lossy();
    let described = FeedFile {
        format,
        name: &name,
        ecosystem: None,
    };
    let _ = read(described, BufReader::new(opened), &mut |content| {
        let FeedContent::Record(record) = content else {
            return ControlFlow::Continue(());
        };
        let Some(entry) = record.affected.first() else {
            return ControlFlow::Continue(());
        };
        target.feed = record.feed.as_str();
        family(&entry.ecosystem).clone_into(&mut target.ecosystem);
        // A secdb is one repository of one release.
        if format == FeedFormat::AlpineSecdb
            && let Some((_, release)) = entry.ecosystem.split_once(':')
        {
            let repository = file.file_stem().unwrap_or_default().to_string_lossy();
            target.part = format!("{release}/{repository}");
        }
        ControlFlow::Break(())
    });
    target
}

fn ecosystem_of(record: &AdvisoryRecord) -> Option<&str> {
    record
        .affected
        .first()
        .map(|entry| family(&entry.ecosystem))
}

/// Reads files one after the other and sends what they hold; ends early when nobody receives.
fn read_all(files: &[PathBuf], updates_of: Option<&str>, sender: &mpsc::Sender<Vec<FeedContent>>) {
    let mut batch = Vec::with_capacity(BATCH);
    for file in files {
        let name = file.to_string_lossy();
        let (Some(format), Ok(opened)) = (format_of(file), File::open(file)) else {
            continue;
        };
        let described = FeedFile {
            format,
            name: &name,
            ecosystem: updates_of,
        };
        let flow = read(described, BufReader::new(opened), &mut |content| {
            batch.push(content);
            if batch.len() < BATCH {
                return ControlFlow::Continue(());
            }
            match sender.blocking_send(std::mem::replace(&mut batch, Vec::with_capacity(BATCH))) {
                Ok(()) => ControlFlow::Continue(()),
                Err(_) => ControlFlow::Break(()),
            }
        });
        if flow.is_break() {
            return;
        }
    }
    // Nobody receiving is an end like another.
    drop(sender.blocking_send(batch));
}
