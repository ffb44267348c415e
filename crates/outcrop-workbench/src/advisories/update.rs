//! Downloading what is new: which feeds an image needs, and each of them into the store.

use std::collections::BTreeSet;
use std::io::Cursor;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use outcrop_advisory::feeds::{FeedContent, FeedFile, FeedFormat, read};
use outcrop_model::{AdvisoryRecord, FeedKind};
use outcrop_sources::feed::{
    ChangedRecord, DocumentUpdate, FeedAddresses, FeedClient, FeedOptions, FeedPhase, FeedProgress,
    FeedUpdate, KnownDocument, KnownFeed, NVD_API_KEY, Repository, Secdb, repositories,
};
use outcrop_store::{EnrichmentKind, FeedIncrement};

use super::intake::Origin;
use super::{family, feed_status, mirrors, set_status, unreadable};
use crate::error::WorkbenchError;
use crate::progress::{Cancellation, Progress, ProgressSink};
use crate::wire::FeedStatus;
use crate::workbench::Workbench;

/// Distributions that OSV does not export.
const NOT_OF_OSV: &[&str] = &[
    "Fedora",
    "Amazon Linux",
    "Oracle Linux",
    "CentOS Stream",
    "Photon OS",
];

/// A feed that is fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// OSV's export of an ecosystem.
    Osv(String),
    /// Debian's tracker.
    DebianTracker,
    /// Alpine's secdb of a release and repository.
    AlpineSecdb(String, &'static str),
    /// Wolfi's secdb.
    WolfiSecdb,
    /// Chainguard's secdb.
    ChainguardSecdb,
    /// Red Hat's VEX.
    RedHatVex,
    /// The `updateinfo` of a repository, for an ecosystem with its release.
    UpdateInfo(String, Repository),
    /// CISA's catalog.
    KnownExploited,
    /// FIRST's estimates.
    Epss,
    /// Ends of life.
    EndOfLife,
    /// NVD's ratings.
    Nvd,
}

/// The feeds that ecosystems need, each once.
pub(super) fn wanted(ecosystems: &BTreeSet<String>, nvd: bool) -> Vec<Wanted> {
    let mut feeds = Vec::new();
    let names: BTreeSet<&str> = ecosystems.iter().map(|name| family(name)).collect();
    for name in names {
        if !NOT_OF_OSV.contains(&name) {
            feeds.push(Wanted::Osv(name.to_owned()));
        }
        match name {
            "Debian" => feeds.push(Wanted::DebianTracker),
            "Wolfi" => feeds.push(Wanted::WolfiSecdb),
            "Chainguard" => feeds.push(Wanted::ChainguardSecdb),
            "Red Hat" => feeds.push(Wanted::RedHatVex),
            _ => {}
        }
    }
    for ecosystem in ecosystems {
        let Some((name, release)) = ecosystem.split_once(':') else {
            continue;
        };
        let id = match name {
            "Alpine" => {
                for repository in ["main", "community"] {
                    feeds.push(Wanted::AlpineSecdb(release.to_owned(), repository));
                }
                continue;
            }
            "Fedora" => "fedora",
            "Amazon Linux" => "amzn",
            "Oracle Linux" => "ol",
            _ => continue,
        };
        for repository in repositories(id, release) {
            feeds.push(Wanted::UpdateInfo(ecosystem.clone(), repository));
        }
    }
    feeds.extend([Wanted::KnownExploited, Wanted::Epss, Wanted::EndOfLife]);
    feeds.extend(nvd.then_some(Wanted::Nvd));
    feeds
}

/// A feed of records that is one document.
struct RecordDocument {
    kind: FeedKind,
    ecosystem: String,
    part: String,
    source: String,
    updates_of: Option<String>,
}

/// Fetches feeds into the store.
pub(super) struct Updater<'w> {
    workbench: &'w Workbench,
    client: FeedClient,
    base: String,
    addresses: FeedAddresses,
    directory: PathBuf,
    now: Timestamp,
}

impl<'w> Updater<'w> {
    pub(super) async fn new(workbench: &'w Workbench) -> Result<Self, WorkbenchError> {
        let mut options = FeedOptions {
            nvd_key: std::env::var(NVD_API_KEY).ok(),
            ..FeedOptions::default()
        };
        mirrors::apply(&workbench.shared.store, &mut options).await?;
        if let Some(base) = &workbench.shared.feed {
            options.base_url.clone_from(base);
        }
        let directory = workbench
            .shared
            .store
            .path()
            .parent()
            .unwrap_or(Path::new("."))
            .join("downloads");
        std::fs::create_dir_all(&directory).map_err(|error| unreadable(&directory, &error))?;
        Ok(Self {
            workbench,
            base: options.base_url.clone(),
            addresses: options.addresses.clone(),
            client: FeedClient::new(options)?,
            directory,
            now: Timestamp::now(),
        })
    }

    /// Brings one feed up to date; the sets as they are then.
    pub(super) async fn update(
        &self,
        wanted: &Wanted,
        progress: ProgressSink<'_>,
        cancellation: &Cancellation,
    ) -> Result<Vec<FeedStatus>, WorkbenchError> {
        let told = (progress, cancellation);
        let source = &self.addresses;
        match wanted {
            Wanted::Osv(ecosystem) => self.whole(FeedKind::Osv, ecosystem, told).await,
            Wanted::RedHatVex => self.whole(FeedKind::RedHatVex, "Red Hat", told).await,
            Wanted::Nvd => self.nvd(told).await,
            Wanted::KnownExploited => {
                let kind = EnrichmentKind::KnownExploited;
                self.enrichment(wanted, kind, &source.known_exploited, told)
                    .await
            }
            Wanted::Epss => {
                self.enrichment(wanted, EnrichmentKind::Epss, &source.epss, told)
                    .await
            }
            Wanted::EndOfLife => {
                let kind = EnrichmentKind::EndOfLife;
                self.enrichment(wanted, kind, &source.end_of_life, told)
                    .await
            }
            Wanted::DebianTracker => {
                let document = RecordDocument {
                    kind: FeedKind::DebianTracker,
                    ecosystem: "Debian".to_owned(),
                    part: String::new(),
                    source: source.debian_tracker.clone(),
                    updates_of: None,
                };
                self.records(wanted, document, told).await
            }
            Wanted::AlpineSecdb(release, repository) => {
                let part = format!("{release}/{repository}");
                let document = RecordDocument {
                    kind: FeedKind::AlpineSecdb,
                    ecosystem: "Alpine".to_owned(),
                    source: format!("{}/{part}.json", source.alpine_secdb),
                    part,
                    updates_of: None,
                };
                self.records(wanted, document, told).await
            }
            Wanted::WolfiSecdb | Wanted::ChainguardSecdb => {
                let (ecosystem, source) = match wanted {
                    Wanted::WolfiSecdb => ("Wolfi", &source.wolfi_secdb),
                    _ => ("Chainguard", &source.chainguard_secdb),
                };
                let document = RecordDocument {
                    kind: FeedKind::AlpineSecdb,
                    ecosystem: ecosystem.to_owned(),
                    part: String::new(),
                    source: source.clone(),
                    updates_of: None,
                };
                self.records(wanted, document, told).await
            }
            Wanted::UpdateInfo(ecosystem, repository) => {
                let document = RecordDocument {
                    kind: FeedKind::UpdateInfo,
                    ecosystem: family(ecosystem).to_owned(),
                    part: repository.part.clone(),
                    source: match &repository.place {
                        outcrop_sources::feed::Place::Folder(url)
                        | outcrop_sources::feed::Place::Mirrors(url) => url.clone(),
                    },
                    updates_of: Some(ecosystem.clone()),
                };
                self.records(wanted, document, told).await
            }
        }
    }

    /// A feed that comes as an archive, and later as changes to it.
    async fn whole(
        &self,
        kind: FeedKind,
        ecosystem: &str,
        (progress, cancellation): (ProgressSink<'_>, &Cancellation),
    ) -> Result<Vec<FeedStatus>, WorkbenchError> {
        let store = &self.workbench.shared.store;
        let source = match kind {
            FeedKind::RedHatVex => &self.addresses.redhat_vex,
            _ => &self.base,
        };
        let current = store.feed_of(kind, ecosystem, "").await?;
        // Increments continue a set of the same source; anything else is fetched whole.
        let known = current
            .as_ref()
            .filter(|feed| !feed.starter && feed.source == *source)
            .map(|feed| KnownFeed {
                newest_modified: feed.newest_modified,
                etag: feed.etag.clone(),
            });
        let on_progress = |step: FeedProgress| progress(fetching(ecosystem, step));
        let (client, directory, now) = (&self.client, &self.directory, self.now);
        let update = match kind {
            FeedKind::RedHatVex => {
                client
                    .redhat_vex(known.as_ref(), directory, now, &on_progress)
                    .await?
            }
            _ => {
                client
                    .update(ecosystem, known.as_ref(), directory, now, &on_progress)
                    .await?
            }
        };
        match update {
            FeedUpdate::Unchanged | FeedUpdate::Older { .. } => Ok(current
                .map(|feed| feed_status(feed, Vec::new()))
                .into_iter()
                .collect()),
            FeedUpdate::Changes {
                records,
                removed,
                absent,
                newest,
            } => {
                let (records, mut problems) = changed(kind, records);
                problems.extend(
                    absent
                        .into_iter()
                        .map(|id| format!("{id}: the server does not have it")),
                );
                let increment = FeedIncrement {
                    records,
                    removed,
                    etag: known.and_then(|known| known.etag),
                    exported_at: newest,
                };
                let feed = store
                    .apply_increment(kind, ecosystem, increment, now)
                    .await?;
                Ok(vec![feed_status(feed, problems)])
            }
            FeedUpdate::Archive {
                path,
                etag,
                exported_at,
                ..
            } => {
                let origin = Origin {
                    source: source.clone(),
                    etag,
                    exported_at,
                    only: Some(ecosystem.to_owned()),
                    ..Origin::default()
                };
                self.take(path, origin, progress, cancellation).await
            }
        }
    }

    /// A feed of records that is one document.
    async fn records(
        &self,
        wanted: &Wanted,
        document: RecordDocument,
        (progress, cancellation): (ProgressSink<'_>, &Cancellation),
    ) -> Result<Vec<FeedStatus>, WorkbenchError> {
        let store = &self.workbench.shared.store;
        let current = store
            .feed_of(document.kind, &document.ecosystem, &document.part)
            .await?;
        let known = current
            .as_ref()
            .filter(|feed| feed.source == document.source)
            .map(|feed| KnownDocument {
                mark: feed.etag.clone(),
                exported_at: feed.exported_at,
            })
            .unwrap_or_default();
        match self.fetch(wanted, &known, progress).await? {
            DocumentUpdate::Unchanged | DocumentUpdate::Older { .. } => Ok(current
                .map(|feed| feed_status(feed, Vec::new()))
                .into_iter()
                .collect()),
            DocumentUpdate::Document {
                path,
                mark,
                exported_at,
                ..
            } => {
                let origin = Origin {
                    source: document.source,
                    etag: mark,
                    exported_at,
                    only: Some(document.ecosystem),
                    part: document.part,
                    updates_of: document.updates_of,
                    ..Origin::default()
                };
                self.take(path, origin, progress, cancellation).await
            }
        }
    }

    /// What enriches records.
    async fn enrichment(
        &self,
        wanted: &Wanted,
        kind: EnrichmentKind,
        source: &str,
        (progress, cancellation): (ProgressSink<'_>, &Cancellation),
    ) -> Result<Vec<FeedStatus>, WorkbenchError> {
        let current = self.workbench.shared.store.enrichment_set(kind).await?;
        let known = current
            .as_ref()
            .filter(|set| set.source == source)
            .map(|set| KnownDocument {
                mark: set.etag.clone(),
                exported_at: set.exported_at,
            })
            .unwrap_or_default();
        match self.fetch(wanted, &known, progress).await? {
            DocumentUpdate::Unchanged | DocumentUpdate::Older { .. } => Ok(current
                .map(|set| set_status(set, Vec::new()))
                .into_iter()
                .collect()),
            DocumentUpdate::Document {
                path,
                mark,
                exported_at,
                ..
            } => {
                let origin = Origin {
                    source: source.to_owned(),
                    etag: mark,
                    exported_at,
                    ..Origin::default()
                };
                self.take(path, origin, progress, cancellation).await
            }
        }
    }

    async fn fetch(
        &self,
        wanted: &Wanted,
        known: &KnownDocument,
        progress: ProgressSink<'_>,
    ) -> Result<DocumentUpdate, WorkbenchError> {
        let name = wanted.name();
        let told = |step: FeedProgress| progress(fetching(&name, step));
        let (client, directory, now) = (&self.client, self.directory.as_path(), self.now);
        Ok(match wanted {
            Wanted::DebianTracker => client.debian_tracker(known, directory, now, &told).await,
            Wanted::AlpineSecdb(release, repository) => {
                let secdb = Secdb::Alpine {
                    release,
                    repository,
                };
                client
                    .alpine_secdb(secdb, known, directory, now, &told)
                    .await
            }
            Wanted::WolfiSecdb => {
                client
                    .alpine_secdb(Secdb::Wolfi, known, directory, now, &told)
                    .await
            }
            Wanted::ChainguardSecdb => {
                client
                    .alpine_secdb(Secdb::Chainguard, known, directory, now, &told)
                    .await
            }
            Wanted::UpdateInfo(_, repository) => {
                client
                    .update_info(repository, known, directory, now, &told)
                    .await
            }
            Wanted::KnownExploited => client.known_exploited(known, directory, now, &told).await,
            Wanted::Epss => client.epss(known, directory, now, &told).await,
            Wanted::EndOfLife => client.end_of_life(known, directory, now, &told).await,
            Wanted::Osv(_) | Wanted::RedHatVex | Wanted::Nvd => {
                return Err(WorkbenchError::Internal(format!(
                    "no single document: {name}"
                )));
            }
        }?)
    }

    /// NVD's ratings, page by page: what has come stays, whatever comes after.
    async fn nvd(
        &self,
        (progress, cancellation): (ProgressSink<'_>, &Cancellation),
    ) -> Result<Vec<FeedStatus>, WorkbenchError> {
        let current = self
            .workbench
            .shared
            .store
            .enrichment_set(EnrichmentKind::Nvd)
            .await?;
        let known = current.and_then(|set| set.exported_at);
        let mut pages = self.client.nvd(known, self.now)?;
        let told = |step: FeedProgress| progress(fetching("NVD", step));
        let mut statuses = Vec::new();
        let path = self.directory.join("nvd-page.json");
        while let Some(page) = pages.next(&told).await? {
            std::fs::write(&path, &page.bytes).map_err(|error| unreadable(&path, &error))?;
            let origin = Origin {
                source: self.addresses.nvd.clone(),
                exported_at: page.complete_until,
                ..Origin::default()
            };
            statuses = self
                .take(path.clone(), origin, progress, cancellation)
                .await?;
        }
        Ok(statuses)
    }

    /// Takes a downloaded file in and removes it.
    async fn take(
        &self,
        path: PathBuf,
        origin: Origin,
        progress: ProgressSink<'_>,
        cancellation: &Cancellation,
    ) -> Result<Vec<FeedStatus>, WorkbenchError> {
        let taken = self
            .workbench
            .take_in(vec![path.clone()], origin, progress, cancellation)
            .await;
        if let Err(error) = std::fs::remove_file(&path) {
            tracing::warn!(%error, "a downloaded file stays");
        }
        taken
    }
}

impl Wanted {
    fn name(&self) -> String {
        match self {
            Self::Osv(ecosystem) => ecosystem.clone(),
            Self::DebianTracker => "Debian's tracker".to_owned(),
            Self::AlpineSecdb(release, repository) => format!("Alpine {release}/{repository}"),
            Self::WolfiSecdb => "Wolfi".to_owned(),
            Self::ChainguardSecdb => "Chainguard".to_owned(),
            Self::RedHatVex => "Red Hat".to_owned(),
            Self::UpdateInfo(ecosystem, repository) => {
                format!("{ecosystem} {}", repository.part)
            }
            Self::KnownExploited => "known exploitation".to_owned(),
            Self::Epss => "EPSS".to_owned(),
            Self::EndOfLife => "ends of life".to_owned(),
            Self::Nvd => "NVD".to_owned(),
        }
    }
}

/// Changed records, and what could not be read of them.
fn changed(kind: FeedKind, records: Vec<ChangedRecord>) -> (Vec<AdvisoryRecord>, Vec<String>) {
    let format = match kind {
        FeedKind::RedHatVex => FeedFormat::RedHatVex,
        _ => FeedFormat::OsvRecord,
    };
    let mut read_records = Vec::with_capacity(records.len());
    let mut problems = Vec::new();
    for record in records {
        let file = FeedFile {
            format,
            name: &record.id,
            ecosystem: None,
        };
        let _ = read(file, Cursor::new(&record.bytes), &mut |content| {
            match content {
                FeedContent::Record(record) => read_records.push(*record),
                FeedContent::Problem(problem) => problems.push(problem.to_string()),
                _ => {}
            }
            ControlFlow::Continue(())
        });
    }
    (read_records, problems)
}

fn fetching(name: &str, step: FeedProgress) -> Progress {
    let (what, unit) = match step.phase {
        FeedPhase::List => ("list of changes", "bytes"),
        FeedPhase::Records => ("changed records", "records"),
        FeedPhase::Archive => ("records", "bytes"),
    };
    Progress {
        phase: format!("Fetching the {what} of {name}"),
        count: step.done,
        total: step.total,
        unit,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ecosystem_is_fetched_from_all_that_speak_of_it() {
        for (ecosystem, expected) in [
            ("Debian:12", "Debian, Debian's tracker"),
            (
                "Alpine:v3.20",
                "Alpine, Alpine v3.20/main, Alpine v3.20/community",
            ),
            ("Red Hat:enterprise_linux:9::baseos", "Red Hat, Red Hat"),
            ("Fedora:40", "Fedora:40 40/updates"),
            (
                "Oracle Linux:9",
                "Oracle Linux:9 9/baseos, Oracle Linux:9 9/appstream",
            ),
            ("npm", "npm"),
            ("CentOS Stream:9", ""),
        ] {
            let ecosystems = BTreeSet::from([ecosystem.to_owned()]);
            let feeds = wanted(&ecosystems, false);
            let names: Vec<String> = feeds.iter().map(Wanted::name).collect();
            let (always, named) = (&names[names.len() - 3..], &names[..names.len() - 3]);
            assert_eq!(named.join(", "), expected);
            assert_eq!(always, ["known exploitation", "EPSS", "ends of life"]);
            assert_eq!(wanted(&ecosystems, true).len(), feeds.len() + 1);
        }
    }
}
