//! Single files of an image in milliseconds, by way of a container that never starts.
//!
//! Creating a container costs nothing on storage drivers that stack layers; its files can then be
//! fetched one by one. The container has a dummy command, no network and a label; it is removed
//! with its anonymous volumes whatever happens.

use std::collections::HashMap;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use bollard::models::{ContainerCreateBody, HostConfig};
use bollard::query_parameters::{
    CreateContainerOptionsBuilder, DownloadFromContainerOptionsBuilder,
    ListContainersOptionsBuilder, RemoveContainerOptionsBuilder,
};
use futures_util::StreamExt as _;
use jiff::Timestamp;
use tokio::time::Instant;
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::Engine;
use super::archive_path::{self, Found};
use super::error::EngineError;
use super::reference;

/// Marks our containers, so that nobody takes them for the user's and leftovers can be found.
pub(super) const PEEK_LABEL: &str = "org.outcrop.peek";
/// Which run of Outcrop made the container.
const RUN_LABEL: &str = "org.outcrop.run";
/// A package database is a few megabytes; the largest seen are below this.
const MAX_FILE_BYTES: usize = 64 << 20;
/// Bytes of one peek, all paths together.
const MAX_PEEK_BYTES: usize = 96 << 20;
/// Files of one folder.
const MAX_FOLDER_FILES: usize = 4_096;
/// Paths asked for at the same time: Podman starts a program for each, Docker takes one by one.
const CONCURRENT_PATHS: usize = 4;
/// `ELOOP` on Linux is forty; no package database lies behind so many.
const MAX_LINKS: usize = 10;
/// A peek is for first results: what takes longer is left to the scan.
const PEEK_TIMEOUT: Duration = Duration::from_secs(20);
const REMOVAL_TIMEOUT: Duration = Duration::from_secs(10);
const REMOVAL_ATTEMPTS: u32 = 3;
const REMOVAL_PAUSE: Duration = Duration::from_millis(500);
/// A container of another run is a leftover at this age: longer than any peek takes.
const LEFTOVER_AGE_SECONDS: i64 = 60;
/// tar adds a header and padding to a file, more with long names.
const ARCHIVE_OVERHEAD: usize = 1 << 20;

/// Sets this run's containers apart from those of another Outcrop at work.
static RUN: LazyLock<String> = LazyLock::new(|| {
    let started = Timestamp::now().as_nanosecond();
    format!("{}-{started}", std::process::id())
});
static NEXT_CONTAINER: AtomicU64 = AtomicU64::new(0);

/// One file that was asked for, or one of a folder that was.
#[derive(Debug)]
pub struct PeekedFile {
    /// The path as asked; of a folder's file, the folder's path with the file's name.
    pub path: String,
    /// Its bytes, or why there are none.
    pub content: Result<Vec<u8>, PeekError>,
}

/// Why a file cannot be had by a peek.
#[derive(Debug, thiserror::Error)]
pub enum PeekError {
    /// Creating a container would copy the image.
    #[error("the storage driver would copy the whole image: `{driver}`")]
    WouldCopy {
        /// The driver, as the engine names it.
        driver: String,
    },
    /// Images of another system than Linux keep their files elsewhere.
    #[error("only Linux images can be peeked: `{operating_system}`")]
    OtherSystem {
        /// The engine's system.
        operating_system: String,
    },
    /// The image has no such file.
    #[error("no such file")]
    NotFound,
    /// Links lead in a circle, or too far.
    #[error("symbolic links lead in a circle, or too far")]
    TooManyLinks,
    /// It is neither a file, a link nor a folder.
    #[error("not a file")]
    NotAFile,
    /// It is larger than a peek reads.
    #[error("larger than a peek reads: {limit} bytes")]
    TooLarge {
        /// The limit that was reached.
        limit: usize,
    },
    /// The folder holds more files than a peek reads.
    #[error("more files in the folder than a peek reads: {limit}")]
    TooManyFiles {
        /// The limit that was reached.
        limit: usize,
    },
    /// The engine's archive of the file is broken.
    #[error("the engine's archive of the file cannot be read: {0}")]
    Unreadable(String),
    /// The time for a peek is over.
    #[error("no answer within {} s", PEEK_TIMEOUT.as_secs())]
    TimedOut,
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl Engine {
    /// Reads `paths` of the image that `name` stands for, in their order.
    ///
    /// A path that is a folder gives its direct files; symbolic links are followed. Every path
    /// gives at least one answer, a folder without files excepted. The `Err` says that no path
    /// could be read at all: then only the whole image tells.
    pub async fn peek(&self, name: &str, paths: &[&str]) -> Result<Vec<PeekedFile>, PeekError> {
        let name = reference::checked(name)?;
        self.refuse_copies().await?;
        let deadline = Instant::now() + PEEK_TIMEOUT;
        let container = tokio::time::timeout_at(deadline, self.peek_container(name))
            .await
            .map_err(|_| PeekError::TimedOut)??;
        let peek = Peek {
            container: &container,
            deadline,
            bytes_left: AtomicUsize::new(MAX_PEEK_BYTES),
        };
        let lookups: Vec<_> = paths.iter().map(|path| peek.path(path)).collect();
        let files: Vec<Vec<PeekedFile>> = futures_util::stream::iter(lookups)
            .buffered(CONCURRENT_PATHS)
            .collect()
            .await;
        Ok(files.into_iter().flatten().collect())
    }

    /// Removes containers that an earlier run of Outcrop left behind, and says how many.
    ///
    /// Those of a run still at work are younger than a minute and stay.
    pub async fn sweep_leftovers(&self) -> Result<usize, EngineError> {
        let docker = &self.inner.docker;
        let filters = HashMap::from([("label", vec![PEEK_LABEL])]);
        let options = ListContainersOptionsBuilder::default()
            .all(true)
            .filters(&filters)
            .build();
        let containers = docker
            .list_containers(Some(options))
            .await
            .map_err(|error| self.failed("list its containers", error))?;
        if containers.is_empty() {
            return Ok(0);
        }
        // Ages by the engine's clock: that of a virtual machine drifts.
        let now = docker
            .info()
            .await
            .ok()
            .and_then(|info| info.system_time?.parse::<Timestamp>().ok())
            .unwrap_or_else(Timestamp::now)
            .as_second();
        let mut removed = 0;
        for container in containers {
            let labels = container.labels.unwrap_or_default();
            let is_old = now - container.created.unwrap_or(now) >= LEFTOVER_AGE_SECONDS;
            let is_leftover =
                labels.contains_key(PEEK_LABEL) && labels.get(RUN_LABEL) != Some(&*RUN) && is_old;
            if let (true, Some(id)) = (is_leftover, container.id) {
                self.remove_container(&id).await?;
                removed += 1;
            }
        }
        Ok(removed)
    }

    async fn refuse_copies(&self) -> Result<(), PeekError> {
        let facts = self.facts();
        if facts.operating_system != "linux" {
            return Err(PeekError::OtherSystem {
                operating_system: facts.operating_system.clone(),
            });
        }
        let driver = match &facts.storage_driver {
            Some(driver) => driver.clone(),
            None => self
                .inner
                .docker
                .info()
                .await
                .map_err(|error| self.failed("name its storage driver", error))?
                .driver
                .unwrap_or_default(),
        };
        // containers/storage calls its copying driver `vfs` too.
        if driver == "vfs" {
            return Err(PeekError::WouldCopy { driver });
        }
        Ok(())
    }

    /// Creates the container in a task of its own: a peek that is dropped while the engine is
    /// still creating must not leave the container behind.
    async fn peek_container(&self, image: &str) -> Result<PeekContainer, EngineError> {
        let engine = self.clone();
        let image = image.to_owned();
        let creation = self.inner.removals.spawn(async move {
            let number = NEXT_CONTAINER.fetch_add(1, Ordering::Relaxed);
            let name = format!("outcrop-peek-{}-{number}", *RUN);
            let options = CreateContainerOptionsBuilder::default().name(&name).build();
            let body = ContainerCreateBody {
                image: Some(image.clone()),
                // An image without a command needs one; it is never run.
                cmd: Some(vec!["/outcrop-never-starts-this".to_owned()]),
                labels: Some(HashMap::from([
                    (PEEK_LABEL.to_owned(), "1".to_owned()),
                    (RUN_LABEL.to_owned(), RUN.clone()),
                ])),
                host_config: Some(HostConfig {
                    network_mode: Some("none".to_owned()),
                    ..HostConfig::default()
                }),
                ..ContainerCreateBody::default()
            };
            let created = engine
                .inner
                .docker
                .create_container(Some(options), body)
                .await
                .map_err(|error| engine.failed_on(&image, "create a container to peek", error))?;
            Ok(PeekContainer {
                id: created.id,
                runtime: tokio::runtime::Handle::current(),
                _unsettled: engine.inner.removals.token(),
                engine,
            })
        });
        match creation.await {
            Ok(container) => container,
            Err(_) => Err(EngineError::Gone {
                engine: self.name().to_owned(),
                doing: "create a container to peek",
                reason: "the program is ending".to_owned(),
            }),
        }
    }

    async fn remove_container(&self, id: &str) -> Result<(), EngineError> {
        const DOING: &str = "remove a container";
        let options = RemoveContainerOptionsBuilder::default()
            .force(true)
            // An image's `VOLUME` makes an anonymous volume even for a container never started.
            .v(true)
            .build();
        match tokio::time::timeout(
            REMOVAL_TIMEOUT,
            self.inner.docker.remove_container(id, Some(options)),
        )
        .await
        {
            Ok(
                Ok(())
                | Err(bollard::errors::Error::DockerResponseServerError {
                    status_code: 404, ..
                }),
            ) => Ok(()),
            Ok(Err(error)) => Err(self.failed(DOING, error)),
            Err(_) => Err(EngineError::TimedOut {
                engine: self.name().to_owned(),
                doing: DOING,
                after: REMOVAL_TIMEOUT,
            }),
        }
    }
}

/// A container that is removed when this is dropped, on whatever thread.
struct PeekContainer {
    engine: Engine,
    id: String,
    runtime: tokio::runtime::Handle,
    /// [`Engine::settle`] waits from the creation on, not only once the removal runs.
    _unsettled: TaskTrackerToken,
}

impl Drop for PeekContainer {
    fn drop(&mut self) {
        let engine = self.engine.clone();
        let id = std::mem::take(&mut self.id);
        self.engine.inner.removals.spawn_on(
            async move {
                // An engine that is still reading a file of it may refuse at first.
                for attempt in 1..=REMOVAL_ATTEMPTS {
                    let Err(error) = engine.remove_container(&id).await else {
                        return;
                    };
                    tracing::warn!(
                        engine = engine.name(), container = id, attempt, %error,
                        "a peek's container was not removed"
                    );
                    tokio::time::sleep(REMOVAL_PAUSE).await;
                }
            },
            &self.runtime,
        );
    }
}

struct Peek<'a> {
    container: &'a PeekContainer,
    deadline: Instant,
    bytes_left: AtomicUsize,
}

impl Peek<'_> {
    /// The file at `asked`, or those of the folder there.
    async fn path(&self, asked: &str) -> Vec<PeekedFile> {
        let one = |content| {
            vec![PeekedFile {
                path: asked.to_owned(),
                content,
            }]
        };
        let (folder, children) = match self.follow(archive_path::normal(asked)).await {
            Ok((folder, Found::Folder(children))) => (folder, children),
            Ok((_, Found::File(bytes))) => return one(Ok(bytes)),
            Ok((_, Found::Link(_) | Found::Other)) => return one(Err(PeekError::NotAFile)),
            Err(error) => return one(Err(error)),
        };
        let mut files = Vec::with_capacity(children.len());
        for (name, found) in children {
            let content = match found {
                Found::File(bytes) => Ok(bytes),
                Found::Link(target) => {
                    let from = format!("{folder}/{name}");
                    match self.follow(archive_path::link_target(&from, &target)).await {
                        Ok((_, Found::File(bytes))) => Ok(bytes),
                        Ok(_) => Err(PeekError::NotAFile),
                        Err(error) => Err(error),
                    }
                }
                Found::Folder(_) | Found::Other => Err(PeekError::NotAFile),
            };
            files.push(PeekedFile {
                path: format!("{}/{name}", asked.trim_end_matches('/')),
                content,
            });
        }
        files
    }

    /// What lies at `path` once links are followed, and where that is.
    async fn follow(&self, mut path: String) -> Result<(String, Found), PeekError> {
        for _ in 0..=MAX_LINKS {
            let found = tokio::time::timeout_at(self.deadline, self.fetch(&path))
                .await
                .map_err(|_| PeekError::TimedOut)??;
            match found {
                Found::Link(target) => path = archive_path::link_target(&path, &target),
                found => return Ok((path, found)),
            }
        }
        Err(PeekError::TooManyLinks)
    }

    async fn fetch(&self, path: &str) -> Result<Found, PeekError> {
        let engine = &self.container.engine;
        let options = DownloadFromContainerOptionsBuilder::default()
            .path(path)
            .build();
        let mut chunks = Box::pin(
            engine
                .inner
                .docker
                .download_from_container(&self.container.id, Some(options)),
        );
        let mut archive = Vec::new();
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|error| match error {
                bollard::errors::Error::DockerResponseServerError {
                    status_code: 404, ..
                } => PeekError::NotFound,
                // The engines follow links among the folders themselves.
                bollard::errors::Error::DockerResponseServerError { message, .. }
                    if message.contains("too many links")
                        || message.contains("too many levels of symbolic links") =>
                {
                    PeekError::TooManyLinks
                }
                error => engine.failed("read a file of an image", error).into(),
            })?;
            if archive.len() + chunk.len() > MAX_FILE_BYTES + ARCHIVE_OVERHEAD {
                return Err(PeekError::TooLarge {
                    limit: MAX_FILE_BYTES,
                });
            }
            self.bytes_left
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                    left.checked_sub(chunk.len())
                })
                .map_err(|_| PeekError::TooLarge {
                    limit: MAX_PEEK_BYTES,
                })?;
            archive.extend_from_slice(&chunk);
        }
        archive_path::read(&archive, MAX_FOLDER_FILES)
    }
}
