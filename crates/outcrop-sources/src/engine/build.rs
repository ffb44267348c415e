//! Builds an image from a folder or an archive, by the engine's own builder.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::time::Duration;

use bollard::models::BuildInfo;
use bollard::query_parameters::{BuildImageOptions, BuildImageOptionsBuilder};
use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, TryStreamExt as _};
use outcrop_model::Digest;

use super::Engine;
use super::context::{self, Folder, PackingFailure};
use super::error::{EngineError, shown};
use super::reference;

/// A line without an end is cut here.
const MAX_LINE_BYTES: usize = 64 * 1024;
/// Sending a large context over a slow line takes long; the builder is silent meanwhile.
const BUILD_START_TIMEOUT: Duration = Duration::from_hours(1);
/// The name that a Containerfile given as bytes has in the archive.
const OWN_CONTAINERFILE: &str = ".outcrop.Containerfile";

/// The files that a build may copy.
#[derive(Clone, Debug)]
pub enum BuildContext {
    /// A folder; its `.dockerignore` is respected.
    Folder(PathBuf),
    /// A plain tar, as bytes.
    Archive(Bytes),
    /// Nothing.
    Empty,
}

/// The Containerfile to build.
#[derive(Clone, Debug)]
pub enum Containerfile {
    /// A path inside the context, with `/`.
    InContext(String),
    /// These bytes instead of what the context holds.
    Bytes(Vec<u8>),
}

/// What to build, and how.
#[derive(Clone, Debug)]
pub struct BuildRequest {
    /// The files.
    pub context: BuildContext,
    /// The instructions.
    pub containerfile: Containerfile,
    /// Name for the result.
    pub tag: Option<String>,
    /// Values of `ARG` instructions.
    pub build_arguments: BTreeMap<String, String>,
    /// Stage to stop at.
    pub target: Option<String>,
    /// Labels for the result.
    pub labels: BTreeMap<String, String>,
    /// True to run every instruction again.
    pub no_cache: bool,
    /// True to ask the registries for newer bases.
    pub pull: bool,
    /// Network of `RUN` instructions, as `host` or `none`; the engine's own where none is given.
    pub network: Option<String>,
}

impl BuildRequest {
    /// A request with everything else left to the engine.
    pub fn new(context: BuildContext, containerfile: Containerfile) -> Self {
        Self {
            context,
            containerfile,
            tag: None,
            build_arguments: BTreeMap::new(),
            target: None,
            labels: BTreeMap::new(),
            no_cache: false,
            pull: false,
            network: None,
        }
    }

    fn options(&self, containerfile: &str) -> BuildImageOptions {
        let hash = |map: &BTreeMap<String, String>| -> HashMap<String, String> {
            map.clone().into_iter().collect()
        };
        let mut options = BuildImageOptionsBuilder::default()
            .dockerfile(containerfile)
            .buildargs(&hash(&self.build_arguments))
            .labels(&hash(&self.labels))
            .nocache(self.no_cache)
            // Containers of the steps are removed, also those of a step that failed.
            .rm(true)
            .forcerm(true);
        if let Some(tag) = &self.tag {
            options = options.t(tag);
        }
        if let Some(target) = &self.target {
            options = options.target(target);
        }
        if let Some(network) = &self.network {
            options = options.networkmode(network);
        }
        if self.pull {
            options = options.pull("true");
        }
        options.build()
    }
}

/// What a build says while it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BuildProgress {
    /// A line of the builder.
    Line(String),
    /// The result; the last item of a build that succeeded.
    Image(Digest),
}

impl Engine {
    /// Builds. The stream ends with [`BuildProgress::Image`] or with an error; dropping it cancels
    /// the build.
    pub fn build(
        &self,
        request: BuildRequest,
    ) -> BoxStream<'static, Result<BuildProgress, EngineError>> {
        let engine = self.clone();
        futures_util::stream::once(async move { engine.started(request) })
            .try_flatten()
            .boxed()
    }

    fn started(
        self,
        request: BuildRequest,
    ) -> Result<BoxStream<'static, Result<BuildProgress, EngineError>>, EngineError> {
        if let Some(tag) = &request.tag {
            reference::checked(tag)?;
        }
        let (containerfile, replacement) = match &request.containerfile {
            Containerfile::InContext(path) => (path.clone(), None),
            Containerfile::Bytes(bytes) => (OWN_CONTAINERFILE.to_owned(), Some(bytes.clone())),
        };
        let options = request.options(&containerfile);
        let mut packing = PackingFailure::default();
        let context: Packed = match request.context {
            BuildContext::Folder(root) => {
                let (chunks, failure) = context::pack(Folder {
                    root,
                    containerfile,
                    replacement,
                });
                packing = failure;
                chunks.boxed()
            }
            BuildContext::Archive(archive) => {
                let first = first_entry(replacement.as_deref())?;
                let chunks = [first, archive].map(Ok);
                futures_util::stream::iter(chunks).boxed()
            }
            BuildContext::Empty => {
                let mut archive = first_entry(replacement.as_deref())?.to_vec();
                archive.resize(archive.len() + 1_024, 0);
                let whole = Ok(Bytes::from(archive));
                futures_util::stream::once(std::future::ready(whole)).boxed()
            }
        };

        let (sender, receiver) = tokio::sync::mpsc::channel(64);
        let build = Build {
            engine: self,
            tag: request.tag,
            image: None,
            tail: String::new(),
            packing,
        };
        // The client's stream borrows its client, so a task owns both.
        let task = tokio_util::task::AbortOnDropHandle::new(tokio::spawn(async move {
            build.run(options, context, &sender).await;
        }));
        Ok(
            futures_util::stream::unfold((receiver, task), |(mut receiver, task)| async move {
                receiver.recv().await.map(|item| (item, (receiver, task)))
            })
            .boxed(),
        )
    }
}

fn first_entry(containerfile: Option<&[u8]>) -> Result<Bytes, EngineError> {
    containerfile.map_or(Ok(Bytes::new()), |bytes| {
        context::single_entry(OWN_CONTAINERFILE, bytes)
            .map(Bytes::from)
            .map_err(|source| EngineError::Context {
                path: OWN_CONTAINERFILE.into(),
                source,
            })
    })
}

/// The context as a tar, in chunks.
type Packed = BoxStream<'static, std::io::Result<Bytes>>;
type Items = tokio::sync::mpsc::Sender<Result<BuildProgress, EngineError>>;

struct Build {
    engine: Engine,
    tag: Option<String>,
    image: Option<Digest>,
    /// The line that has not ended yet.
    tail: String,
    packing: PackingFailure,
}

impl Build {
    async fn run(mut self, options: BuildImageOptions, context: Packed, items: &Items) {
        let outcome = self.follow(options, context, items).await;
        if !self.tail.is_empty() {
            let line = std::mem::take(&mut self.tail);
            let _ = items.send(Ok(BuildProgress::Line(shown(&line)))).await;
        }
        let last = match outcome {
            Err(error) => Err(self.packing.take().unwrap_or(error)),
            Ok(()) => self.result().await.map(BuildProgress::Image),
        };
        // Whoever dropped the stream does not want it.
        let _ = items.send(last).await;
    }

    async fn follow(
        &mut self,
        options: BuildImageOptions,
        context: Packed,
        items: &Items,
    ) -> Result<(), EngineError> {
        // The builder says nothing until the whole context has come.
        let docker = self
            .engine
            .inner
            .docker
            .clone()
            .with_timeout(BUILD_START_TIMEOUT);
        let body = bollard::body_try_stream(context);
        let mut messages = Box::pin(docker.build_image(options, None, Some(body)));
        while let Some(message) = messages.next().await {
            let message = message.map_err(|error| self.failed(error))?;
            for line in self.lines(message)? {
                if items.send(Ok(BuildProgress::Line(line))).await.is_err() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// The lines that a message completes; its image ID is kept.
    fn lines(&mut self, message: BuildInfo) -> Result<Vec<String>, EngineError> {
        if let Some(detail) = message.error_detail {
            return Err(self.broken(&detail.message.unwrap_or_default()));
        }
        if let Some(id) = message.aux.and_then(|aux| aux.id) {
            self.image = id.parse().ok().or(self.image);
        }
        let mut lines = Vec::new();
        if let Some(status) = message.status {
            lines.push(match message.id {
                Some(id) => shown(&format!("{id}: {status}")),
                None => shown(&status),
            });
        }
        self.tail
            .push_str(message.stream.as_deref().unwrap_or_default());
        while let Some(end) = self.tail.find('\n') {
            let line: String = self.tail.drain(..=end).collect();
            let line = shown(&line);
            if !line.is_empty() {
                lines.push(line);
            }
        }
        if self.tail.len() > MAX_LINE_BYTES {
            lines.push(shown(&std::mem::take(&mut self.tail)));
        }
        Ok(lines)
    }

    /// The image that was built: by the builder's word, else by the tag.
    async fn result(&self) -> Result<Digest, EngineError> {
        match (self.image, &self.tag) {
            (Some(image), _) => Ok(image),
            (None, Some(tag)) => Ok(self.engine.inspect(tag).await?.id),
            (None, None) => Err(EngineError::Unreadable {
                engine: self.engine.name().to_owned(),
                doing: "build an image",
                reason: "the builder ended without naming an image".to_owned(),
            }),
        }
    }

    fn failed(&self, error: bollard::errors::Error) -> EngineError {
        match self.engine.failed("build an image", error) {
            EngineError::Refused { message, .. } => self.broken(&message),
            error => error,
        }
    }

    fn broken(&self, message: &str) -> EngineError {
        EngineError::BuildFailed {
            engine: self.engine.name().to_owned(),
            message: shown(message),
        }
    }
}
