//! Reading an image's bytes: from an engine's export, an archive or a folder.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use outcrop_image::{
    ArchiveContents, ArchiveImage, Cancellation as StopFlag, ImageError, LayerId, LayerReport,
    Limits, Reading, read_archive_stream, report_key,
};
use outcrop_model::{DiffId, Platform};
use outcrop_sources::engine::{Engine, EngineImageFacts, ExportHandle};

use crate::error::WorkbenchError;
use crate::progress::{Cancellation, Progress, ProgressSink};
use crate::risks;
use crate::workbench::Workbench;

impl Workbench {
    /// Exports an image and analyses the layers that are not known.
    pub(crate) async fn export(
        &self,
        engine: &Engine,
        facts: &EngineImageFacts,
        known: HashMap<DiffId, Arc<LayerReport>>,
        with_risks: bool,
        progress: ProgressSink<'_>,
        cancellation: &Cancellation,
    ) -> Result<ArchiveImage, WorkbenchError> {
        let links = self.shared.store.layer_links(&facts.diff_ids).await?;
        let source = engine.address().to_string();
        let export = engine.export(&facts.id.to_string()).await?;
        let (mut reader, expected) = (export.reader, export.expected_bytes);
        // A reader that waits for the engine hears of the end through this.
        let _cancel = CancelOnDrop(export.handle);
        let known_source = source.clone();
        let contents = self
            .read_with(
                None,
                with_risks,
                &|mut step| {
                    step.total = step
                        .total
                        .or(expected.map(|expected| expected.max(step.count)));
                    progress(step);
                },
                cancellation,
                move |layer| match layer {
                    LayerId::DiffId(diff_id) => known.get(diff_id).cloned(),
                    other => known
                        .get(links.get(&link_key(&known_source, other))?)
                        .cloned(),
                },
                move |reading| read_archive_stream(&mut reader, reading),
            )
            .await;
        let contents = contents?;
        for problem in &contents.problems {
            tracing::warn!(message = problem.message, "in the engine's archive");
        }
        let unread = contents
            .problems
            .first()
            .map(|problem| problem.message.clone());
        let mut image = contents
            .images
            .into_iter()
            .next()
            .ok_or(WorkbenchError::ExportCutOff {
                engine: engine.name().to_owned(),
                reason: unread.unwrap_or_else(|| "it ended before its index".to_owned()),
            })?;
        image.problems.extend(contents.problems);
        Ok(image)
    }

    /// Keeps the reports of layers that were read whole and are what they say; with an engine's
    /// address also what that engine calls them.
    pub(crate) async fn keep_layers(
        &self,
        image: &ArchiveImage,
        engine: Option<&str>,
    ) -> Result<(), WorkbenchError> {
        let store = &self.shared.store;
        let key = report_key(&Limits::DEFAULT);
        for layer in &image.layers {
            let Some(report) = &layer.report else {
                continue;
            };
            if !layer.analysed || !layer.is_verified() {
                continue;
            }
            store
                .put_layer_report(layer.diff_id, &key, report.encode(), Timestamp::now())
                .await?;
            if let (Some(engine), Some(id)) = (engine, &layer.id) {
                store
                    .put_layer_link(&link_key(engine, id), layer.diff_id)
                    .await?;
            }
        }
        Ok(())
    }

    /// Reads an archive or a folder.
    pub(crate) async fn read(
        &self,
        platform: Option<Platform>,
        with_risks: bool,
        progress: ProgressSink<'_>,
        cancellation: &Cancellation,
        read: impl FnOnce(&Reading<'_>) -> Result<ArchiveContents, ImageError> + Send + 'static,
    ) -> Result<ArchiveContents, WorkbenchError> {
        // What an archive calls its layers is its own claim: nothing is skipped on its word.
        self.read_with(platform, with_risks, progress, cancellation, |_| None, read)
            .await
    }

    /// Reads on a thread of its own and carries progress and cancellation across.
    async fn read_with(
        &self,
        platform: Option<Platform>,
        with_risks: bool,
        progress: ProgressSink<'_>,
        cancellation: &Cancellation,
        known: impl Fn(&LayerId) -> Option<Arc<LayerReport>> + Send + Sync + 'static,
        read: impl FnOnce(&Reading<'_>) -> Result<ArchiveContents, ImageError> + Send + 'static,
    ) -> Result<ArchiveContents, WorkbenchError> {
        let stop = StopOnDrop(StopFlag::new());
        let stop_reading = stop.0.clone();
        let (steps, mut told) = tokio::sync::watch::channel(None);
        let mut reading = tokio::task::spawn_blocking(move || {
            read(&Reading {
                analysers: risks::analysers(with_risks),
                inspector: risks::inspector(with_risks),
                known: &known,
                platform: platform.as_ref(),
                limits: &Limits::DEFAULT,
                progress: &|step| {
                    steps.send_replace(Some(step));
                },
                cancellation: &stop_reading,
            })
        });
        loop {
            tokio::select! {
                ended = &mut reading => {
                    return match ended {
                        Ok(contents) => Ok(contents?),
                        Err(error) => Err(WorkbenchError::Internal(error.to_string())),
                    };
                }
                () = cancellation.cancelled() => return Err(WorkbenchError::Cancelled),
                Ok(()) = told.changed() => {
                    if let Some(step) = *told.borrow_and_update() {
                        let layers = match step.layers_total {
                            Some(total) => format!("{} of {total}", step.layers_done),
                            None => step.layers_done.to_string(),
                        };
                        progress(Progress {
                            phase: format!("Reading layers ({layers} done)"),
                            count: step.bytes_read,
                            total: step.bytes_total,
                            unit: "bytes",
                        });
                    }
                }
            }
        }
    }
}

/// Stops a reader on another thread when nobody waits for it any more.
struct StopOnDrop(StopFlag);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

/// Ends an export when nobody reads it any more.
struct CancelOnDrop(ExportHandle);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

fn link_key(source: &str, layer: &LayerId) -> String {
    format!("{source} {layer}")
}
