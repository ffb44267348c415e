//! All engines of a machine: found, asked at once, kept while they answer.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::future::join_all;

use super::discovery::{DiscoveryProblem, discover};
use super::endpoint::{Address, Endpoint};
use super::environment::Environment;
use super::error::EngineError;
use super::probe::{Answer, EngineFacts, probe};
use super::remedy::{Remedy, remedy};
use super::{Engine, names};

/// What came of one endpoint, for display.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointStatus {
    /// The endpoint, with who names it.
    pub endpoint: Endpoint,
    /// What it answered.
    pub answer: Answer,
    /// The engine it leads to. Two endpoints of one engine carry the same name.
    pub engine: Option<String>,
    /// What to do, where it did not answer.
    pub remedy: Option<Remedy>,
}

/// A difference between two rounds of asking.
#[derive(Clone, Debug)]
pub enum SetChange {
    /// An engine answers that did not.
    Up(Engine),
    /// An engine no longer answers.
    Down(Engine),
}

/// The engines of a machine. Cloning is cheap and shares the state.
#[derive(Clone)]
pub struct EngineSet {
    shared: Arc<Shared>,
}

struct Shared {
    environment: Environment,
    state: Mutex<State>,
    /// One round of asking at a time.
    round: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    statuses: Vec<EndpointStatus>,
    problems: Vec<DiscoveryProblem>,
    engines: Vec<(Identity, Engine)>,
    /// Names outlive their engines: one that comes back is called as before.
    names: HashMap<Identity, String>,
}

/// What makes two endpoints one engine.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Identity {
    /// Docker's own identity.
    Daemon(String),
    /// The address: discovery lists each only once.
    Address(Address),
}

impl Identity {
    fn of(endpoint: &Endpoint, facts: &EngineFacts) -> Self {
        match &facts.daemon_id {
            Some(id) => Self::Daemon(id.clone()),
            None => Self::Address(endpoint.address.clone()),
        }
    }
}

impl std::fmt::Debug for EngineSet {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("EngineSet")
            .field("engines", &self.engines())
            .finish_non_exhaustive()
    }
}

impl EngineSet {
    /// An empty set; nothing is asked before [`Self::refresh`].
    pub fn new(environment: Environment) -> Self {
        Self {
            shared: Arc::new(Shared {
                environment,
                state: Mutex::default(),
                round: tokio::sync::Mutex::default(),
            }),
        }
    }

    /// Finds and asks every endpoint, all at once. Silent endpoints take at most four seconds.
    pub async fn connect(environment: Environment) -> Self {
        let set = Self::new(environment);
        set.refresh().await;
        set
    }

    /// Looks for endpoints again and asks all of them.
    ///
    /// An engine that answers as before stays the same [`Engine`].
    pub async fn refresh(&self) -> Vec<SetChange> {
        let _round = self.shared.round.lock().await;
        let environment = self.shared.environment.clone();
        let discovery = tokio::task::spawn_blocking(move || discover(&environment))
            .await
            .unwrap_or_default();
        let answers = join_all(discovery.endpoints.iter().map(probe)).await;
        let mut state = self.state();
        state.problems = discovery.problems;
        let answered = discovery.endpoints.into_iter().zip(answers);
        state.settle(answered, self.shared.environment.family)
    }

    /// The engines that answered, in the order of their endpoints.
    pub fn engines(&self) -> Vec<Engine> {
        let state = self.state();
        state
            .engines
            .iter()
            .map(|(_, engine)| engine.clone())
            .collect()
    }

    /// The engine of that name, if it answered.
    pub fn engine(&self, name: &str) -> Option<Engine> {
        self.engines()
            .into_iter()
            .find(|engine| engine.name() == name)
    }

    /// Every endpoint that was tried and what it answered.
    pub fn statuses(&self) -> Vec<EndpointStatus> {
        self.state().statuses.clone()
    }

    /// Configuration that names an endpoint but could not be used.
    pub fn problems(&self) -> Vec<DiscoveryProblem> {
        self.state().problems.clone()
    }

    /// Removes the containers that an earlier run left behind; engines that fail are logged.
    pub async fn sweep_leftovers(&self) -> usize {
        let engines = self.engines();
        let swept = join_all(engines.iter().map(Engine::sweep_leftovers)).await;
        let mut removed = 0;
        for (engine, swept) in engines.iter().zip(swept) {
            match swept {
                Ok(count) => removed += count,
                Err(error) => {
                    tracing::warn!(engine = engine.name(), %error, "leftovers were not swept");
                }
            }
        }
        removed
    }

    /// Waits until every container made by a peek is removed. Call it before the runtime ends.
    pub async fn settle(&self) {
        join_all(self.engines().iter().map(Engine::settle)).await;
    }

    /// Takes an engine out whose connection ended; the next round may bring it back.
    pub(super) fn lost(&self, name: &str) -> Option<Engine> {
        let mut state = self.state();
        let place = state
            .engines
            .iter()
            .position(|(_, engine)| engine.name() == name)?;
        let (_, engine) = state.engines.remove(place);
        for status in &mut state.statuses {
            if status.engine.as_deref() == Some(name) {
                status.engine = None;
                status.answer = Answer::Refused;
                status.remedy = remedy(
                    &status.endpoint,
                    &status.answer,
                    self.shared.environment.family,
                );
            }
        }
        Some(engine)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere leaves the lists whole: they are only replaced.
        self.shared
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn settle(
        &mut self,
        answered: impl Iterator<Item = (Endpoint, Answer)>,
        family: super::HostFamily,
    ) -> Vec<SetChange> {
        let mut before = std::mem::take(&mut self.engines);
        let mut changes = Vec::new();
        self.statuses.clear();
        for (endpoint, answer) in answered {
            let mut status = EndpointStatus {
                remedy: None,
                engine: None,
                answer,
                endpoint,
            };
            if status.answer == Answer::TimedOut {
                // Busy is not gone: an engine that is known stays.
                let known = before
                    .iter()
                    .position(|(_, engine)| *engine.address() == status.endpoint.address);
                if let Some(place) = known {
                    let kept = before.remove(place);
                    status.engine = Some(kept.1.name().to_owned());
                    self.engines.push(kept);
                }
            }
            if let Answer::Connected(facts) = &status.answer {
                let identity = Identity::of(&status.endpoint, facts);
                match self.engine_at(identity, &status.endpoint, facts, &mut before, &mut changes) {
                    Ok(name) => status.engine = Some(name),
                    Err(error) => status.answer = Answer::Failed(error.to_string()),
                }
            }
            status.remedy = remedy(&status.endpoint, &status.answer, family);
            self.statuses.push(status);
        }
        changes.extend(
            before
                .into_iter()
                .map(|(_, engine)| SetChange::Down(engine)),
        );
        changes
    }

    /// The name of the engine at an endpoint that answered; it is added where it is new.
    fn engine_at(
        &mut self,
        identity: Identity,
        endpoint: &Endpoint,
        facts: &EngineFacts,
        before: &mut Vec<(Identity, Engine)>,
        changes: &mut Vec<SetChange>,
    ) -> Result<String, EngineError> {
        if let Some((_, engine)) = self.engines.iter().find(|(other, _)| *other == identity) {
            return Ok(engine.name().to_owned());
        }
        let known = before.iter().position(|(other, _)| *other == identity);
        if let Some(place) = known {
            let (identity, engine) = before.remove(place);
            let same =
                engine.facts().version == facts.version && *engine.address() == endpoint.address;
            if same {
                let name = engine.name().to_owned();
                self.engines.push((identity, engine));
                return Ok(name);
            }
            changes.push(SetChange::Down(engine));
        }
        let name = match self.names.get(&identity) {
            Some(name) => name.clone(),
            None => names::choose(facts.kind, facts.rootless, endpoint, |name| {
                self.names.values().any(|taken| taken == name)
            }),
        };
        let engine = Engine::new(name.clone(), &endpoint.address, facts.clone())?;
        self.names.insert(identity.clone(), name.clone());
        changes.push(SetChange::Up(engine.clone()));
        self.engines.push((identity, engine));
        Ok(name)
    }
}
