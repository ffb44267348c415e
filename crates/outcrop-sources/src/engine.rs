//! Container engines: found, asked, followed.
//!
//! [`discover`] lists the endpoints that a machine's environment names, [`EngineSet`] asks all of
//! them and keeps the engines that answered, and [`Engine`] is one of those.
//!
//! TLS endpoints need a process-wide rustls provider: call
//! `rustls::crypto::ring::default_provider().install_default()` first in `main`.

mod archive_path;
mod build;
mod context;
mod discovery;
mod endpoint;
mod environment;
mod error;
mod events;
mod export;
mod ignore_file;
mod images;
mod inspect;
mod names;
mod origin;
mod peek;
mod ping;
mod probe;
mod reference;
mod remedy;
mod set;
mod watch;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bollard::Docker;
use tokio_util::task::TaskTracker;

pub use build::{BuildContext, BuildProgress, BuildRequest, Containerfile};
pub use discovery::{Discovery, DiscoveryProblem, discover};
pub use endpoint::{Address, Endpoint, EngineKind, Product, Provenance, TlsMaterial};
pub use environment::{Environment, HostFamily};
pub use error::EngineError;
pub use events::{EngineEvent, EngineEventKind};
pub use export::{Export, ExportHandle, ExportReader};
pub use images::{ContainerUse, EngineImage, EngineReference};
pub use inspect::{EngineHistoryEntry, EngineImageFacts};
pub use origin::{Origin, OriginReason};
pub use peek::{PeekError, PeekedFile};
pub use probe::{Answer, EngineFacts, PROBE_TIMEOUT, probe};
pub use reference::{candidates, normalized};
pub use remedy::Remedy;
pub use set::{EndpointStatus, EngineSet, SetChange};
pub use watch::{EngineSetEvent, EngineWatch};

/// A connected engine. Cloning is cheap: clones share one client and its caches.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

struct Inner {
    name: String,
    address: Address,
    facts: EngineFacts,
    docker: Docker,
    origins: Mutex<HashMap<outcrop_model::Digest, Origin>>,
    /// Removals of peek containers still under way.
    removals: TaskTracker,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Engine")
            .field("name", &self.inner.name)
            .field("address", &self.inner.address)
            .finish_non_exhaustive()
    }
}

/// How long a plain request may take until its answer begins.
///
/// Generous: an engine that is busy building answers a list late, but it answers.
const REQUEST_TIMEOUT: Duration = Duration::from_mins(1);

impl Engine {
    /// Connects to one endpoint, without the rest of an [`EngineSet`].
    ///
    /// `name` is what the engine is called in lists and errors.
    pub async fn connect(endpoint: &Endpoint, name: &str) -> Result<Self, EngineError> {
        match probe(endpoint).await {
            Answer::Connected(facts) => Self::new(name.to_owned(), &endpoint.address, facts),
            answer => Err(EngineError::NoAnswer {
                address: Box::new(endpoint.address.clone()),
                answer: Box::new(answer),
            }),
        }
    }

    fn new(name: String, address: &Address, facts: EngineFacts) -> Result<Self, EngineError> {
        let docker = probe::client(address, REQUEST_TIMEOUT)?;
        Ok(Self {
            inner: Arc::new(Inner {
                name,
                address: address.clone(),
                facts,
                docker,
                origins: Mutex::default(),
                removals: TaskTracker::new(),
            }),
        })
    }

    /// What the engine is called: `docker`, `podman`, `docker-2`, or the name of its context.
    /// Unique within an [`EngineSet`].
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// Docker or Podman.
    pub fn kind(&self) -> EngineKind {
        self.inner.facts.kind
    }

    /// Where it listens.
    pub fn address(&self) -> &Address {
        &self.inner.address
    }

    /// What it said of itself when it was connected.
    pub fn facts(&self) -> &EngineFacts {
        &self.inner.facts
    }

    /// Gives `target` as another name to the image that `reference` stands for.
    ///
    /// `target` is `repository[:tag]`; the tag is `latest` where none is given.
    pub async fn tag(&self, reference: &str, target: &str) -> Result<(), EngineError> {
        let reference = reference::checked(reference)?;
        let (repository, tag) = reference::split_tag(reference::checked(target)?);
        let options = bollard::query_parameters::TagImageOptionsBuilder::default()
            .repo(repository)
            .tag(tag.unwrap_or("latest"))
            .build();
        self.inner
            .docker
            .tag_image(reference, Some(options))
            .await
            .map_err(|error| self.failed_on(reference, "tag an image", error))
    }

    /// Removes a name, and the image with it where it was the last one.
    ///
    /// Refused by the engine while a container uses the image.
    pub async fn remove_image(&self, reference: &str) -> Result<(), EngineError> {
        let reference = reference::checked(reference)?;
        let options = bollard::query_parameters::RemoveImageOptionsBuilder::default()
            .force(false)
            .build();
        self.inner
            .docker
            .remove_image(reference, Some(options), None)
            .await
            .map(drop)
            .map_err(|error| self.failed_on(reference, "remove an image", error))
    }

    /// Waits until every container that a peek made is removed.
    ///
    /// A removal outlives the peek it belongs to when that was cancelled: a program calls this
    /// before it ends its runtime. Bounded: a removal gives up after half a minute.
    pub async fn settle(&self) {
        self.inner.removals.close();
        self.inner.removals.wait().await;
        self.inner.removals.reopen();
    }

    /// True where both are one connection, not just one name.
    fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }

    fn failed(&self, doing: &'static str, error: bollard::errors::Error) -> EngineError {
        error::from_client(&self.inner.name, None, doing, error)
    }

    fn failed_on(
        &self,
        reference: &str,
        doing: &'static str,
        error: bollard::errors::Error,
    ) -> EngineError {
        error::from_client(&self.inner.name, Some(reference), doing, error)
    }
}
