//! What can go wrong with an engine, in one sentence each, and what to do about it.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use super::endpoint::Address;
use super::probe::Answer;

/// Why an engine could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The endpoint did not lead to an engine.
    #[error("no engine at `{address}`: {answer}")]
    NoAnswer {
        /// Where it was looked for.
        address: Box<Address>,
        /// What came back instead.
        answer: Box<Answer>,
    },
    /// A client could not be set up: TLS material, or a kind of address this system lacks.
    #[error("cannot connect to `{address}`: {reason}")]
    Client {
        /// Where to.
        address: Box<Address>,
        /// The client's own words.
        reason: String,
    },
    /// The engine has no such image.
    #[error("engine `{engine}` has no image `{reference}`")]
    ImageNotFound {
        /// Name of the engine.
        engine: String,
        /// The reference as asked.
        reference: String,
    },
    /// The text cannot be an image name or ID.
    #[error("not an image name or ID: `{reference}`")]
    BadReference {
        /// The text, cut to 200 characters.
        reference: String,
    },
    /// The connection ended or could not be made.
    #[error("engine `{engine}` stopped answering while Outcrop tried to {doing}: {reason}")]
    Gone {
        /// Name of the engine.
        engine: String,
        /// What was going on.
        doing: &'static str,
        /// The client's own words.
        reason: String,
    },
    /// Nothing came for too long.
    #[error("engine `{engine}` did not {doing} within {} s", after.as_secs())]
    TimedOut {
        /// Name of the engine.
        engine: String,
        /// What was asked.
        doing: &'static str,
        /// How long it was waited for.
        after: Duration,
    },
    /// The engine answered with an error of its own.
    #[error("engine `{engine}` refused to {doing}: {message}")]
    Refused {
        /// Name of the engine.
        engine: String,
        /// What was asked.
        doing: &'static str,
        /// HTTP status; none where the error came inside a stream.
        status: Option<u16>,
        /// The engine's own words, cut to 2,000 characters.
        message: String,
    },
    /// The answer is not what an engine says.
    #[error("engine `{engine}` gave an answer that cannot be read, to {doing}: {reason}")]
    Unreadable {
        /// Name of the engine.
        engine: String,
        /// What was asked.
        doing: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// A build ran and failed.
    #[error("the build failed on engine `{engine}`: {message}")]
    BuildFailed {
        /// Name of the engine.
        engine: String,
        /// The builder's last words.
        message: String,
    },
    /// The build context cannot be read.
    #[error("cannot read the build context at `{}`: {source}", path.display())]
    Context {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl EngineError {
    /// What the user can do about it, in one sentence.
    pub fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::NoAnswer { .. } | Self::Gone { .. } => {
                "`outcrop engines` shows what each engine answers and how to start it"
            }
            Self::Client { .. } => "check the TLS files and the address of this endpoint",
            Self::ImageNotFound { .. } => "`outcrop images` lists the images of all engines",
            Self::BadReference { .. } => "write it as `name:tag`, `name@sha256:…` or an image ID",
            Self::TimedOut { .. } => "the engine is busy or stuck: try again, or restart it",
            Self::Refused {
                status: Some(409), ..
            } => "a container uses the image: remove the container first",
            Self::Refused { .. } | Self::Unreadable { .. } => "the engine's own log says more",
            Self::BuildFailed { .. } => "the lines above are the builder's own",
            Self::Context { .. } => "check that the folder exists and may be read",
        })
    }

    /// True where asking again later may well succeed: the engine was away or slow.
    pub const fn is_passing(&self) -> bool {
        matches!(
            self,
            Self::NoAnswer { .. } | Self::Gone { .. } | Self::TimedOut { .. }
        )
    }
}

/// An engine's message is shown in one place; what is longer is a log.
const MAX_MESSAGE_CHARS: usize = 2_000;

/// Text of an engine, fit to be shown: no control characters, cut to a bound.
pub(super) fn shown(text: &str) -> String {
    let mut shown: String = text
        .trim()
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(MAX_MESSAGE_CHARS)
        .collect();
    if text.trim().chars().nth(MAX_MESSAGE_CHARS).is_some() {
        shown.push('…');
    }
    shown
}

/// The engine's words, or that it had none: Podman refuses some build contexts without a word.
fn words(message: &str) -> String {
    match shown(message) {
        empty if empty.is_empty() => "it gave no reason".to_owned(),
        message => message,
    }
}

/// The innermost cause: clients wrap `connection refused` three times over.
fn root_cause(error: &(dyn std::error::Error + 'static)) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    shown(&cause.to_string())
}

/// The client's error in our words.
pub(super) fn from_client(
    engine: &str,
    reference: Option<&str>,
    doing: &'static str,
    error: bollard::errors::Error,
) -> EngineError {
    use bollard::errors::Error;

    let engine = engine.to_owned();
    match error {
        Error::DockerResponseServerError {
            status_code: 404, ..
        } if reference.is_some() => EngineError::ImageNotFound {
            engine,
            reference: reference.map(shown).unwrap_or_default(),
        },
        Error::DockerResponseServerError {
            status_code,
            message,
        } => EngineError::Refused {
            engine,
            doing,
            status: Some(status_code),
            message: words(&message),
        },
        Error::DockerStreamError { error } => EngineError::Refused {
            engine,
            doing,
            status: None,
            message: words(&error),
        },
        Error::RequestTimeoutError => EngineError::TimedOut {
            engine,
            doing,
            after: super::REQUEST_TIMEOUT,
        },
        Error::JsonDataError { message, .. } => EngineError::Unreadable {
            engine,
            doing,
            reason: shown(&message),
        },
        Error::JsonSerdeError { err } => EngineError::Unreadable {
            engine,
            doing,
            reason: shown(&err.to_string()),
        },
        other => EngineError::Gone {
            engine,
            doing,
            reason: root_cause(&other),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn engine_text_is_cut_and_stripped_of_control_characters() {
        assert_eq!(shown(" a\u{1b}[31m\nb "), "a [31m b");
        assert_eq!(shown(&"x".repeat(3_000)).chars().count(), 2_001);
    }
}
