//! The workbench: store and engines, and what can be asked of them.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use etcetera::BaseStrategy as _;
use outcrop_sources::engine::{
    Answer, EndpointStatus, Engine, EngineSet, EngineWatch, Environment,
};
use outcrop_store::Store;
use tokio::sync::OnceCell;

use crate::error::WorkbenchError;
use crate::images::{Summary, SummaryKey};
use crate::wire::{EngineState, EngineStatus, Remedy};

/// How a workbench is opened.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Folder of the store; `None` for the user's data folder.
    pub store: Option<PathBuf>,
    /// Nothing is downloaded.
    pub offline: bool,
    /// Base address of a mirror of the OSV feed, and nothing else is fetched then; `None` for the
    /// public feeds.
    pub feed: Option<String>,
}

/// How an image is scanned.
#[derive(Clone, Debug)]
pub struct ScanOptions {
    /// Platform to choose from an index, as `linux/arm64`; `None` for the machine's.
    pub platform: Option<String>,
    /// Whether risks are looked for.
    pub risks: bool,
    /// Labels that an image must have; one that is missing is a risk.
    pub required_labels: Vec<String>,
}

impl Default for ScanOptions {
    fn default() -> Self {
        Self {
            platform: None,
            risks: true,
            required_labels: Vec::new(),
        }
    }
}

/// Store and engines, and what can be asked of them. Cheap to clone.
#[derive(Clone)]
pub struct Workbench {
    pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub(crate) store: Store,
    pub(crate) offline: bool,
    pub(crate) feed: Option<String>,
    engines: OnceCell<EngineSet>,
    /// Scans in short; one changes only with the advisories, which are part of the key.
    summaries: Mutex<HashMap<SummaryKey, Summary>>,
}

impl Shared {
    pub(crate) fn summary(&self, key: SummaryKey) -> Option<Summary> {
        self.summaries().get(&key).cloned()
    }

    pub(crate) fn keep_summary(&self, key: SummaryKey, summary: Summary) {
        self.summaries().insert(key, summary);
    }

    fn summaries(&self) -> MutexGuard<'_, HashMap<SummaryKey, Summary>> {
        self.summaries
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Workbench {
    /// Opens the store, and loads the starter advisories into a new one.
    ///
    /// Engines are asked when something first needs them.
    pub async fn open(options: Options) -> Result<Self, WorkbenchError> {
        let directory = match options.store {
            Some(directory) => directory,
            None => etcetera::choose_base_strategy()
                .map_err(|_| WorkbenchError::NoHome)?
                .data_dir()
                .join("outcrop"),
        };
        let store = Store::open(&directory).await?;
        let workbench = Self {
            shared: Arc::new(Shared {
                store,
                offline: options.offline,
                feed: options.feed,
                engines: OnceCell::new(),
                summaries: Mutex::default(),
            }),
        };
        workbench.load_starter().await?;
        Ok(workbench)
    }

    /// Waits until nothing that Outcrop made is left in an engine. Call it before the end.
    pub async fn close(&self) {
        if let Some(engines) = self.shared.engines.get() {
            engines.settle().await;
        }
    }

    /// Asks every endpoint again and says what it answered.
    pub async fn engines(&self) -> Vec<EngineStatus> {
        if let Some(set) = self.shared.engines.get() {
            set.refresh().await;
        }
        self.engine_statuses().await
    }

    /// What every endpoint answered when it was last asked.
    pub(crate) async fn engine_statuses(&self) -> Vec<EngineStatus> {
        let set = self.engine_set().await;
        set.statuses().iter().map(engine_status).collect()
    }

    /// The engines, asked once.
    pub(crate) async fn engine_set(&self) -> &EngineSet {
        self.shared
            .engines
            .get_or_init(|| async {
                let set = EngineSet::connect(Environment::of_process()).await;
                // Nobody has to wait for what an earlier run left behind.
                let leftovers = set.clone();
                tokio::spawn(async move { leftovers.sweep_leftovers().await });
                set
            })
            .await
    }

    /// The engines that answer; `wanted` alone, where it is given.
    pub(crate) async fn connected(
        &self,
        wanted: Option<&str>,
    ) -> Result<Vec<Engine>, WorkbenchError> {
        let set = self.engine_set().await;
        let mut engines = set.engines();
        if engines.is_empty() {
            // One may have been started since.
            set.refresh().await;
            engines = set.engines();
        }
        let Some(wanted) = wanted else {
            if engines.is_empty() {
                return Err(WorkbenchError::no_engine(&self.engine_statuses().await));
            }
            return Ok(engines);
        };
        match engines.iter().find(|engine| engine.name() == wanted) {
            Some(engine) => Ok(vec![engine.clone()]),
            None => Err(WorkbenchError::UnknownEngine {
                name: wanted.to_owned(),
                engines: engines
                    .iter()
                    .map(|engine| engine.name().to_owned())
                    .collect(),
            }),
        }
    }

    /// Follows the engines: what changes there changes the list of images.
    pub fn watch(&self) -> EngineChanges {
        EngineChanges {
            workbench: self.clone(),
            watch: None,
        }
    }
}

/// Tells when engines or their images change.
pub struct EngineChanges {
    workbench: Workbench,
    watch: Option<EngineWatch>,
}

impl EngineChanges {
    /// Waits for the next change; false when there will be none.
    pub async fn changed(&mut self) -> bool {
        if self.watch.is_none() {
            self.watch = Some(self.workbench.engine_set().await.watch());
        }
        match &mut self.watch {
            Some(watch) => watch.next().await.is_some(),
            None => false,
        }
    }
}

fn engine_status(status: &EndpointStatus) -> EngineStatus {
    let (state, version, kind) = match &status.answer {
        Answer::Connected(facts) => (
            EngineState::Connected,
            Some(facts.version.clone()),
            Some(facts.kind),
        ),
        Answer::NotFound => (EngineState::NotFound, None, None),
        Answer::PermissionDenied => (EngineState::PermissionDenied, None, None),
        Answer::Refused => (EngineState::Refused, None, None),
        Answer::TimedOut => (EngineState::TimedOut, None, None),
        _ => (EngineState::Failed, None, None),
    };
    let kind = kind
        .or(status.endpoint.kind_hint)
        .map_or("unknown", outcrop_sources::engine::EngineKind::word);
    EngineStatus {
        name: status.engine.clone().unwrap_or_default(),
        kind: kind.to_owned(),
        address: status.endpoint.address.to_string(),
        found_by: status
            .endpoint
            .found_by
            .iter()
            .map(ToString::to_string)
            .collect(),
        state,
        version,
        answer: status.answer.to_string(),
        remedy: status.remedy.as_ref().map(|remedy| Remedy {
            text: remedy.text.clone(),
            command: remedy.command.clone(),
        }),
    }
}
