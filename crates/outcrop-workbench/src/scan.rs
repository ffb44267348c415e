//! Scanning: from a target to its reports.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use outcrop_catalog::{peek_paths, preview};
use outcrop_image::{
    ArchiveContents, Cancellation as StopFlag, ImageError, LayerReport, Limits, read_archive_file,
    read_archive_stream, read_oci_folder, report_key, squash,
};
use outcrop_model::{ConfigDigest, DiffId, Inventory, Platform};
use outcrop_posture::{Requirements, conceal, conceal_url_passwords};
use outcrop_sources::engine::Engine;
use outcrop_store::{NewScan, Retention, ScanEntry};

use crate::choice::{chosen, found, shown_name};
use crate::clock;
use crate::error::WorkbenchError;
use crate::families::identity;
use crate::known::{ARCHIVE_SOURCE, KeptScan, KnownImage, Listing, graph};
use crate::progress::{Cancellation, Progress, ProgressSink};
use crate::report::{ScanReport, Stage};
use crate::risks::{analysers, inspector};
use crate::target::ScanTarget;
use crate::workbench::{ScanOptions, Workbench};

/// Scans are kept for half a year and up to a gibibyte; the newest of each reference always.
const RETENTION: Retention = Retention {
    max_age: SignedDuration::from_hours(183 * 24),
    max_bytes: 1 << 30,
};

/// What a scan gave.
#[derive(Debug)]
pub struct Scanned {
    /// One report an image.
    pub reports: Vec<ScanReport>,
    /// Why the results could not be kept: they are whole all the same.
    pub not_kept: Option<WorkbenchError>,
}

/// Receives the first results of a scan, before its layers are read.
pub type PreviewSink<'a> = &'a (dyn Fn(ScanReport) + Send + Sync);

impl Workbench {
    /// Scans what `target` names; an archive may hold several images.
    pub async fn scan(
        &self,
        target: &ScanTarget,
        options: &ScanOptions,
        progress: ProgressSink<'_>,
        on_preview: PreviewSink<'_>,
        cancellation: &Cancellation,
    ) -> Result<Scanned, WorkbenchError> {
        let platform = options.platform.as_deref().map(parse_platform);
        let work = async {
            match target {
                ScanTarget::Engine { name, engine } => {
                    self.scan_engine(
                        name,
                        engine.as_deref(),
                        options,
                        progress,
                        on_preview,
                        cancellation,
                    )
                    .await
                }
                ScanTarget::Archive { path, reference } => {
                    let (path, source) = file_source(path)?;
                    let contents = self
                        .read(
                            platform,
                            options.risks,
                            progress,
                            cancellation,
                            move |reading| read_archive_file(&path, reading),
                        )
                        .await?;
                    self.keep_contents(contents, options, reference.as_deref(), &source)
                        .await
                }
                ScanTarget::Folder { path, reference } => {
                    let (path, source) = file_source(path)?;
                    let contents = self
                        .read(
                            platform,
                            options.risks,
                            progress,
                            cancellation,
                            move |reading| read_oci_folder(&path, reading),
                        )
                        .await?;
                    self.keep_contents(contents, options, reference.as_deref(), &source)
                        .await
                }
                ScanTarget::StandardInput => {
                    let contents = self
                        .read(platform, options.risks, progress, cancellation, |reading| {
                            read_archive_stream(&mut std::io::stdin().lock(), reading)
                        })
                        .await?;
                    self.keep_contents(contents, options, None, "standard input")
                        .await
                }
            }
        };
        tokio::select! {
            biased;
            result = work => result,
            // The readers take notice by themselves; this ends the waiting for an engine.
            () = cancellation.cancelled() => Err(WorkbenchError::Cancelled),
        }
    }

    async fn scan_engine(
        &self,
        name: &str,
        engine: Option<&str>,
        options: &ScanOptions,
        progress: ProgressSink<'_>,
        on_preview: PreviewSink<'_>,
        cancellation: &Cancellation,
    ) -> Result<Scanned, WorkbenchError> {
        progress(Progress::phase("Looking for the image"));
        let engines = self.connected(engine).await?;
        let listing = self.listing(&engines).await?;
        let image = found(&listing, name, &engines)?;
        let engine = engines
            .iter()
            .find(|engine| engine.name() == image.engine)
            .ok_or_else(|| WorkbenchError::Internal("the engine went away".to_owned()))?;
        let id = image.id.to_string();
        let facts = engine.inspect(&id).await?;
        let digest = identity(image);

        let key = report_key(&Limits::DEFAULT);
        let known = self.known_reports(&facts.diff_ids, &key).await?;
        let mut kept = KeptScan {
            name: shown_name(name, image),
            source: image.engine.clone(),
            references: image
                .references
                .iter()
                .map(|reference| reference.as_given.clone())
                .collect(),
            repository_digests: image.repository_digests.clone(),
            config: listing
                .known
                .get(&digest)
                .map(|known| known.config.clone())
                .ok_or_else(|| WorkbenchError::UnknownImage {
                    name: name.to_owned(),
                    engines: vec![image.engine.clone()],
                })?,
            inventory: empty_inventory(),
            problems: Vec::new(),
        };
        if let Some((earlier, _)) = self.kept_scan(digest).await?
            && earlier.config.run.is_some()
        {
            kept.config = earlier.config;
        }
        let names: Vec<String> = image
            .references
            .iter()
            .map(|reference| reference.normalized.clone())
            .collect();
        let mut not_kept = None;

        let analysers = analysers(options.risks);
        let current = |report: &Arc<LayerReport>| {
            report.lacks(analysers).is_empty() && !report.lacks_inspection(inspector(options.risks))
        };
        if known.len() == unique(&facts.diff_ids) && known.values().all(current) {
            let reports: Vec<_> = facts
                .diff_ids
                .iter()
                .map(|layer| known.get(layer).cloned())
                .collect();
            kept.inventory = squash(&facts.diff_ids, &reports, analysers, &StopFlag::new())?;
        } else {
            progress(Progress::phase("Waiting for the engine"));
            // The engine prepares its export while the databases are peeked at.
            let ((), image) = tokio::join!(
                self.show_preview(engine, &id, &kept, &listing, on_preview),
                self.export(engine, &facts, known, options.risks, progress, cancellation)
            );
            let image = image?;
            let source = engine.address().to_string();
            not_kept = self.keep_layers(&image, Some(&source)).await.err();
            kept.inventory = image.inventory(analysers, &StopFlag::new())?;
            kept.config = conceal(image.config);
        }
        conceal_sources(&mut kept.inventory);
        let before = listing.known.get(&digest);
        if let Err(error) = self.keep(digest, &kept, &names, before).await {
            not_kept.get_or_insert(error);
        }
        let family = listing.graph();
        let report = self
            .report_with(
                &kept,
                digest,
                clock::now(),
                Stage::Complete,
                Some(&family),
                &requirements(options),
            )
            .await?;
        if let Err(error) = self.note_findings(digest, &report).await {
            not_kept.get_or_insert(error);
        }
        Ok(Scanned {
            reports: vec![report],
            not_kept,
        })
    }

    /// Reports of layers that were read before, by the engine's own record of their diff IDs.
    async fn known_reports(
        &self,
        layers: &[DiffId],
        key: &str,
    ) -> Result<HashMap<DiffId, Arc<LayerReport>>, WorkbenchError> {
        let kept = self.shared.store.layer_reports(layers, key).await?;
        Ok(kept
            .into_iter()
            .filter_map(|(layer, bytes)| Some((layer, Arc::new(LayerReport::decode(&bytes).ok()?))))
            .collect())
    }

    /// First results from the package databases alone; whatever goes wrong, the scan goes on.
    async fn show_preview(
        &self,
        engine: &Engine,
        id: &str,
        kept: &KeptScan,
        listing: &Listing,
        on_preview: PreviewSink<'_>,
    ) {
        let roots = peek_paths();
        let paths: Vec<&str> = roots.iter().map(|root| root.path).collect();
        let files = match engine.peek(id, &paths).await {
            Ok(files) => files,
            Err(error) => {
                tracing::info!(%error, "no first results");
                return;
            }
        };
        let files: Vec<(String, Vec<u8>)> = files
            .into_iter()
            .filter_map(|file| Some((file.path, file.content.ok()?)))
            .collect();
        let mut kept = KeptScan {
            inventory: preview(&files),
            ..kept.clone()
        };
        conceal_sources(&mut kept.inventory);
        let family = listing.graph();
        match self
            .report_of(
                &kept,
                kept.config.digest,
                clock::now(),
                Stage::Preview,
                Some(&family),
            )
            .await
        {
            Ok(report) => on_preview(report),
            Err(error) => tracing::warn!(%error, "no first results"),
        }
    }

    async fn keep_contents(
        &self,
        contents: ArchiveContents,
        options: &ScanOptions,
        reference: Option<&str>,
        source: &str,
    ) -> Result<Scanned, WorkbenchError> {
        let images = chosen(contents.images, reference)?;
        if images.is_empty() {
            let reason = contents.problems.first().map_or_else(
                || "it ends before its index".to_owned(),
                |problem| problem.message.clone(),
            );
            return Err(ImageError::NoReadableImage { reason }.into());
        }
        let mut known = self.known_images().await?;
        let mut scans = Vec::new();
        let mut not_kept = None;
        for image in images {
            if let Err(error) = self.keep_layers(&image, None).await {
                not_kept.get_or_insert(error);
            }
            let mut inventory = image.inventory(analysers(options.risks), &StopFlag::new())?;
            conceal_sources(&mut inventory);
            let digest = image.config.digest;
            let kept = KeptScan {
                name: image
                    .references
                    .first()
                    .cloned()
                    .unwrap_or_else(|| digest.0.short()),
                source: source.to_owned(),
                references: image.references,
                repository_digests: Vec::new(),
                config: conceal(image.config),
                inventory,
                problems: contents.problems.clone(),
            };
            let names: Vec<String> = kept
                .references
                .iter()
                .map(|name| outcrop_sources::engine::normalized(name))
                .collect();
            let before = known.get(&digest);
            if let Err(error) = self.keep(digest, &kept, &names, before).await {
                not_kept.get_or_insert(error);
            }
            scans.push((digest, kept));
        }
        known.extend(scans.iter().map(|(digest, kept)| (*digest, kept.known())));
        let present: HashSet<ConfigDigest> = scans.iter().map(|(digest, _)| *digest).collect();
        let family = graph(&known, &present);
        let mut reports = Vec::new();
        for (digest, kept) in &scans {
            let report = self
                .report_with(
                    kept,
                    *digest,
                    clock::now(),
                    Stage::Complete,
                    Some(&family),
                    &requirements(options),
                )
                .await?;
            if let Err(error) = self.note_findings(*digest, &report).await {
                not_kept.get_or_insert(error);
            }
            reports.push(report);
        }
        Ok(Scanned { reports, not_kept })
    }

    /// Identities of the images that `target` names and that need no scan: their scans are kept and
    /// nothing tells that they have changed since. Empty where one is needed.
    pub async fn scanned_already(
        &self,
        target: &ScanTarget,
    ) -> Result<Vec<String>, WorkbenchError> {
        let scans = self.shared.store.latest_scans().await?;
        let wanted = |reference: &Option<String>, scan: &ScanEntry| {
            reference.as_ref().is_none_or(|reference| {
                let names = outcrop_sources::engine::candidates(reference);
                scan.references.iter().any(|name| names.contains(name))
            })
        };
        match target {
            ScanTarget::Engine { name, engine } => {
                let engines = self.connected(engine.as_deref()).await?;
                let listing = self.listing(&engines).await?;
                let digest = identity(found(&listing, name, &engines)?);
                let kept = scans.iter().any(|scan| scan.config_digest == digest);
                Ok(kept.then(|| digest.to_string()).into_iter().collect())
            }
            ScanTarget::Archive { path, reference } | ScanTarget::Folder { path, reference } => {
                let (path, source) = file_source(path)?;
                let told_by = match target {
                    ScanTarget::Folder { .. } => path.join("index.json"),
                    _ => path,
                };
                let changed = std::fs::metadata(told_by)
                    .and_then(|facts| facts.modified())
                    .ok()
                    .and_then(|time| Timestamp::try_from(time).ok());
                Ok(scans
                    .iter()
                    .filter(|scan| scan.engine.as_deref() == Some(&source))
                    .filter(|scan| changed.is_some_and(|changed| changed < scan.scanned_at))
                    .filter(|scan| wanted(reference, scan))
                    .map(|scan| scan.config_digest.to_string())
                    .collect())
            }
            ScanTarget::StandardInput => Ok(Vec::new()),
        }
    }

    /// Keeps a scan, and what it tells of its image.
    async fn keep(
        &self,
        digest: ConfigDigest,
        kept: &KeptScan,
        names: &[String],
        known: Option<&KnownImage>,
    ) -> Result<(), WorkbenchError> {
        let now = Timestamp::now();
        let mut entry = kept.known();
        if let Some(known) = known {
            entry = KnownImage {
                distribution: entry.distribution,
                ..known.clone()
            };
        }
        self.remember_images(&HashMap::from([(digest, entry)]))
            .await?;
        self.shared
            .store
            .put_scan(&NewScan {
                config_digest: digest,
                references: names,
                engine: Some(&kept.source),
                scanned_at: now,
                inventory: &kept.encode(),
            })
            .await?;
        self.shared.store.prune_scans(RETENTION, now).await?;
        Ok(())
    }
}

/// A path as it is read and as it is remembered, so that it means the same from everywhere.
fn file_source(path: &Path) -> Result<(std::path::PathBuf, String), WorkbenchError> {
    let absolute = std::path::absolute(path).map_err(|source| ImageError::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    let source = format!("{ARCHIVE_SOURCE}{}", absolute.display());
    Ok((path.to_owned(), source))
}

/// What the user demands of the image.
fn requirements(options: &ScanOptions) -> Requirements {
    Requirements {
        labels: options.required_labels.clone(),
    }
}

/// Archives of packages may be named with a password, which is nobody's to keep.
fn conceal_sources(inventory: &mut Inventory) {
    for source in &mut inventory.package_sources {
        *source = conceal_url_passwords(source).into_owned();
    }
}

fn unique(layers: &[DiffId]) -> usize {
    layers.iter().collect::<HashSet<_>>().len()
}

fn parse_platform(text: &str) -> Platform {
    let mut parts = text.splitn(3, '/');
    let mut next = || parts.next().unwrap_or_default().to_owned();
    Platform {
        os: next(),
        architecture: next(),
        variant: Some(next()).filter(|variant| !variant.is_empty()),
    }
}

fn empty_inventory() -> Inventory {
    Inventory {
        operating_system: None,
        packages: Vec::new(),
        configuration_leftovers: Vec::new(),
        package_sources: Vec::new(),
        layers: Vec::new(),
        problems: Vec::new(),
        posture: None,
    }
}
