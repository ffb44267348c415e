//! What happens to an engine's images, as it happens.

use bollard::models::{EventMessage, EventMessageTypeEnum};
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use jiff::Timestamp;
use outcrop_model::Digest;

use super::Engine;
use super::error::{EngineError, shown};
use super::peek::PEEK_LABEL;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EngineEventKind {
    /// A build ended. Podman says so of failed builds too.
    Built,
    /// Pulled from a registry.
    Pulled,
    /// Got a name.
    Tagged,
    /// Lost a name.
    Untagged,
    /// Removed. Podman says so too when only a name went.
    Removed,
    /// Made from a root file system.
    Imported,
    /// Read from an archive.
    Loaded,
    /// A container appeared, started, ended or went: who uses which image has changed.
    ContainersChanged,
}

/// One event. It says when to read the list again; the list alone says what is true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineEvent {
    /// What happened.
    pub kind: EngineEventKind,
    /// The image, where the engine names it.
    pub image: Option<Digest>,
    /// The image's name, where the engine gives one.
    pub reference: Option<String>,
    /// When, by the engine's clock.
    pub time: Option<Timestamp>,
}

impl Engine {
    /// Follows the engine from the first time the stream is polled. The stream ends, after an error or without, when the
    /// engine goes away; [`EngineSet::watch`](super::EngineSet::watch) follows again when it
    /// comes back. Containers that a peek makes are left out.
    pub fn events(&self) -> BoxStream<'static, Result<EngineEvent, EngineError>> {
        let engine = self.clone();
        self.inner
            .docker
            .events(None)
            .filter_map(move |message| {
                let event = match message {
                    Ok(message) => event(message).map(Ok),
                    Err(error) => Some(Err(engine.failed("tell what happens", error))),
                };
                std::future::ready(event)
            })
            .boxed()
    }
}

/// The event in our words; none for what changes no image and no use of one.
fn event(message: EventMessage) -> Option<EngineEvent> {
    use EngineEventKind as Kind;

    let actor = message.actor.unwrap_or_default();
    let attributes = actor.attributes.unwrap_or_default();
    if attributes.contains_key(PEEK_LABEL) {
        return None;
    }
    let action = message.action.unwrap_or_default();
    let kind = match (message.typ?, action.as_str()) {
        // Docker's containerd store says `create` where the classic store says nothing.
        (EventMessageTypeEnum::IMAGE, "build" | "commit" | "create")
        | (EventMessageTypeEnum::CONTAINER, "commit") => Kind::Built,
        (EventMessageTypeEnum::IMAGE, "pull") => Kind::Pulled,
        (EventMessageTypeEnum::IMAGE, "tag") => Kind::Tagged,
        (EventMessageTypeEnum::IMAGE, "untag") => Kind::Untagged,
        (EventMessageTypeEnum::IMAGE, "delete" | "remove" | "prune") => Kind::Removed,
        (EventMessageTypeEnum::IMAGE, "import") => Kind::Imported,
        (EventMessageTypeEnum::IMAGE, "load" | "loadfromarchive") => Kind::Loaded,
        (
            EventMessageTypeEnum::CONTAINER,
            "create" | "start" | "die" | "died" | "stop" | "destroy" | "remove" | "rename",
        ) => Kind::ContainersChanged,
        _ => return None,
    };
    // Docker puts a pulled name where the ID is, and an ID where the name is when it untags.
    let (image, name) = if kind == Kind::ContainersChanged {
        (None, attributes.get("image").cloned())
    } else {
        let id = actor.id.unwrap_or_default();
        let name = attributes.get("name").cloned();
        let image = id.parse().ok().or_else(|| name.as_ref()?.parse().ok());
        let is_name = |text: &String| !text.is_empty() && text.parse::<Digest>().is_err();
        (image, name.filter(is_name).or(Some(id).filter(is_name)))
    };
    Some(EngineEvent {
        kind,
        image,
        reference: name.map(|name| shown(&name)),
        time: message
            .time_nano
            .and_then(|nanos| Timestamp::from_nanosecond(i128::from(nanos)).ok()),
    })
}

#[cfg(test)]
#[path = "events_tests.rs"]
mod tests;
