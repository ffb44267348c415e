//! Follows all engines: their events, their going and their coming back.

use std::collections::HashMap;
use std::time::Duration;

use futures_util::StreamExt as _;
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;

use super::Engine;
use super::events::EngineEvent;
use super::set::{EngineSet, SetChange};

/// After a change, engines are asked again this soon; each quiet round doubles it.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// An engine that was started is noticed within this, and a probe.
const LONGEST_PAUSE: Duration = Duration::from_secs(8);
/// How long an engine may take to accept the subscription before it is announced: what happens
/// after the announcement is then in the stream.
const SUBSCRIPTION_GRACE: Duration = Duration::from_millis(200);
/// Events that wait for a slow consumer; then the engines wait.
const CHANNEL_EVENTS: usize = 256;

/// What happened among the engines.
#[derive(Clone, Debug)]
pub enum EngineSetEvent {
    /// An engine answers and is followed. Read its list now.
    Up(Engine),
    /// An engine went away.
    Down {
        /// Its name.
        engine: String,
    },
    /// Something happened to its images.
    Image {
        /// Its name.
        engine: String,
        /// What.
        event: EngineEvent,
    },
}

/// The running watch; dropping it ends it.
#[derive(Debug)]
pub struct EngineWatch {
    events: mpsc::Receiver<EngineSetEvent>,
    _task: AbortOnDropHandle<()>,
}

impl EngineWatch {
    /// The next event; none only when the runtime ends.
    pub async fn next(&mut self) -> Option<EngineSetEvent> {
        self.events.recv().await
    }
}

impl EngineSet {
    /// Follows every engine from now on. Those that answer already are announced first.
    pub fn watch(&self) -> EngineWatch {
        let (sender, events) = mpsc::channel(CHANNEL_EVENTS);
        let watch = Watch {
            set: self.clone(),
            sender,
            followers: JoinSet::new(),
            following: HashMap::new(),
        };
        EngineWatch {
            events,
            _task: AbortOnDropHandle::new(tokio::spawn(watch.run())),
        }
    }
}

struct Watch {
    set: EngineSet,
    sender: mpsc::Sender<EngineSetEvent>,
    /// Each ends with its engine's connection.
    followers: JoinSet<Engine>,
    /// The follower of each engine, by the engine's name.
    following: HashMap<String, AbortHandle>,
}

impl Watch {
    async fn run(mut self) {
        for engine in self.set.engines() {
            self.follow(engine);
        }
        let mut pause = FIRST_PAUSE;
        let mut next_round = Instant::now() + pause;
        loop {
            tokio::select! {
                Some(ended) = self.followers.join_next() => {
                    let Ok(engine) = ended else { continue };
                    // Another round may have replaced it already.
                    let is_current = self
                        .set
                        .engine(engine.name())
                        .is_some_and(|current| current.is(&engine));
                    if is_current && self.set.lost(engine.name()).is_some() {
                        self.down(&engine).await;
                    }
                    pause = FIRST_PAUSE;
                    next_round = Instant::now() + pause;
                }
                () = tokio::time::sleep_until(next_round) => {
                    let changes = self.set.refresh().await;
                    pause = if changes.is_empty() {
                        (pause * 2).min(LONGEST_PAUSE)
                    } else {
                        FIRST_PAUSE
                    };
                    for change in changes {
                        match change {
                            SetChange::Up(engine) => self.follow(engine),
                            SetChange::Down(engine) => self.down(&engine).await,
                        }
                    }
                    next_round = Instant::now() + pause;
                }
                () = self.sender.closed() => return,
            }
        }
    }

    fn follow(&mut self, engine: Engine) {
        let sender = self.sender.clone();
        let name = engine.name().to_owned();
        let follower = self.followers.spawn(async move {
            let mut events = engine.events();
            let mut early = tokio::time::timeout(SUBSCRIPTION_GRACE, events.next())
                .await
                .ok();
            if sender
                .send(EngineSetEvent::Up(engine.clone()))
                .await
                .is_err()
            {
                return engine;
            }
            loop {
                let next = match early.take() {
                    Some(event) => event,
                    None => events.next().await,
                };
                match next {
                    Some(Ok(event)) => {
                        let event = EngineSetEvent::Image {
                            engine: engine.name().to_owned(),
                            event,
                        };
                        if sender.send(event).await.is_err() {
                            return engine;
                        }
                    }
                    Some(Err(error)) => {
                        tracing::info!(engine = engine.name(), %error, "no longer followed");
                        return engine;
                    }
                    None => return engine,
                }
            }
        });
        if let Some(former) = self.following.insert(name, follower) {
            former.abort();
        }
    }

    async fn down(&mut self, engine: &Engine) {
        if let Some(follower) = self.following.remove(engine.name()) {
            follower.abort();
        }
        let event = EngineSetEvent::Down {
            engine: engine.name().to_owned(),
        };
        // Nobody listens any more: the loop ends by itself.
        let _ = self.sender.send(event).await;
    }
}
