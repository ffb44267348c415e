//! Advisories: what is loaded, how old it is, and how it gets there.

use std::collections::BTreeSet;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use outcrop_advisory::{ZipRecords, subjects};
use outcrop_model::OperatingSystem;
use outcrop_store::{EnrichmentSet, Feed, FeedSource, KeptReason};

pub use self::mirrors::{Mirror, MirrorError};
use self::update::{Updater, Wanted, wanted};
use crate::error::WorkbenchError;
use crate::judgement::dated;
use crate::progress::{Cancellation, ProgressSink};
use crate::wire::{AdvisoriesChange, FeedStatus};
use crate::workbench::Workbench;

mod intake;
mod mirrors;
mod update;

pub(crate) use self::intake::StoredRelease;

/// The starter set, as `cargo xtask starter` writes it.
const STARTER: &[u8] = include_bytes!("../../../assets/advisories/Debian/all.zip");
/// Name of the starter set as a source; another version of it has another digest.
const STARTER_SOURCE: &str = "starter set";

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
        let mut import = self
            .shared
            .store
            .begin_import(source, Some("Debian"), Timestamp::now())
            .await?;
        let records: Vec<_> = records.filter_map(Result::ok).collect();
        import.add(records).await?;
        import.commit().await?;
        Ok(())
    }

    /// What is loaded: the sets of records by ecosystem, then what enriches them.
    pub async fn advisories_status(&self) -> Result<Vec<FeedStatus>, WorkbenchError> {
        let feeds = self.shared.store.feeds().await?;
        let sets = self.shared.store.enrichment_sets().await?;
        Ok(feeds
            .into_iter()
            .map(|feed| feed_status(feed, Vec::new()))
            .chain(sets.into_iter().map(|set| set_status(set, Vec::new())))
            .collect())
    }

    /// Removes every record and enrichment; the starter set is back at the next start.
    pub async fn advisories_clear(&self) -> Result<(), WorkbenchError> {
        self.shared.store.clear_enrichments().await?;
        Ok(self.shared.store.clear_advisories().await?)
    }

    /// Takes in files and folders of any feed, and judges scanned images again.
    ///
    /// What is of one feed and ecosystem makes one set, which replaces the one that is there; a
    /// single record is added to it.
    pub async fn advisories_import(
        &self,
        paths: &[PathBuf],
        progress: ProgressSink<'_>,
        cancellation: &Cancellation,
    ) -> Result<AdvisoriesChange, WorkbenchError> {
        self.note_unjudged().await?;
        let mut feeds = Vec::new();
        for path in paths {
            feeds.extend(self.import_path(path, progress, cancellation).await?);
        }
        let changes = self.judge_again(progress, cancellation).await?;
        Ok(AdvisoriesChange {
            feeds,
            changes,
            failures: Vec::new(),
        })
    }

    /// Downloads what is new for `ecosystems`, or for those seen in scanned images where none is
    /// named, and judges scanned images again; with `nvd` the ratings of NVD too. A set that cannot
    /// be had leaves the one that is there.
    pub async fn advisories_update_of(
        &self,
        ecosystems: &[String],
        nvd: bool,
        progress: ProgressSink<'_>,
        cancellation: &Cancellation,
    ) -> Result<AdvisoriesChange, WorkbenchError> {
        if self.shared.offline {
            return Err(WorkbenchError::Offline);
        }
        let seen = self.seen_ecosystems().await?;
        let ecosystems: BTreeSet<String> = if ecosystems.is_empty() {
            seen
        } else {
            // Releases are known from images alone.
            let named = |name: &String| {
                let seen = seen.iter().filter(|seen| family(seen) == family(name));
                std::iter::once(name.clone())
                    .chain(seen.cloned())
                    .collect::<Vec<_>>()
            };
            ecosystems.iter().flat_map(named).collect()
        };
        if ecosystems.is_empty() {
            return Err(WorkbenchError::NoEcosystem);
        }
        self.note_unjudged().await?;
        let updater = Updater::new(self).await?;
        let mut feeds = wanted(&ecosystems, nvd);
        if self.shared.feed.is_some() {
            // A mirror of OSV is no reason to ask others.
            feeds.retain(|feed| matches!(feed, Wanted::Osv(_)));
        }
        let mut change = AdvisoriesChange::default();
        for feed in &feeds {
            let updated = tokio::select! {
                updated = updater.update(feed, progress, cancellation) => updated,
                () = cancellation.cancelled() => return Err(WorkbenchError::Cancelled),
            };
            match updated {
                Ok(statuses) => change.feeds.extend(statuses),
                Err(WorkbenchError::Cancelled) => return Err(WorkbenchError::Cancelled),
                Err(error) => change.failures.push(error.wire()),
            }
        }
        change.changes = self.judge_again(progress, cancellation).await?;
        Ok(change)
    }

    /// Remembers mirrors for every later update, whoever asks for it.
    pub async fn set_mirrors(&self, mirrors: &[Mirror]) -> Result<(), WorkbenchError> {
        mirrors::remember(&self.shared.store, mirrors).await
    }

    /// Downloads what is new for the ecosystems seen in scanned images.
    pub async fn advisories_update(
        &self,
        progress: ProgressSink<'_>,
        cancellation: &Cancellation,
    ) -> Result<AdvisoriesChange, WorkbenchError> {
        self.advisories_update_of(&[], false, progress, cancellation)
            .await
    }

    /// Ecosystems by which packages of scanned images are judged, with their releases.
    async fn seen_ecosystems(&self) -> Result<BTreeSet<String>, WorkbenchError> {
        let mut seen = BTreeSet::new();
        for scan in self.shared.store.latest_scans().await? {
            if let Some((kept, _)) = self.kept_scan(scan.config_digest).await? {
                let subjects = subjects(&kept.inventory);
                seen.extend(subjects.lookups().into_keys().map(str::to_owned));
                // A system whose packages are not judged yet may be, once it has advisories.
                seen.extend(
                    kept.inventory
                        .operating_system
                        .as_ref()
                        .and_then(OperatingSystem::ecosystem),
                );
            }
        }
        Ok(seen)
    }
}

/// An ecosystem without its release.
fn family(ecosystem: &str) -> &str {
    ecosystem.split(':').next().unwrap_or(ecosystem)
}

pub(crate) fn feed_status(feed: Feed, problems: Vec<String>) -> FeedStatus {
    let exported_at = dated(&feed).map(|time| time.to_string());
    FeedStatus {
        ecosystem: feed.ecosystem,
        feed: feed.kind.as_str().to_owned(),
        part: feed.part,
        source: feed.source,
        starter: feed.starter,
        records: feed.records,
        broken: feed.problems,
        problems,
        exported_at,
        imported_at: feed.imported_at.to_string(),
        size_bytes: feed.bytes,
    }
}

fn set_status(set: EnrichmentSet, problems: Vec<String>) -> FeedStatus {
    FeedStatus {
        ecosystem: String::new(),
        feed: set.kind.as_str().to_owned(),
        part: String::new(),
        source: set.source,
        starter: false,
        records: set.records,
        broken: problems.len() as u64,
        problems,
        exported_at: set.exported_at.map(|time| time.to_string()),
        imported_at: set.imported_at.to_string(),
        size_bytes: set.bytes,
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
