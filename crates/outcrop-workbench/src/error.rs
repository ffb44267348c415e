//! What can go wrong, what it is called on the wire, and what to do about it.

use std::path::PathBuf;

use outcrop_image::ImageError;
use outcrop_sources::engine::EngineError;
use outcrop_sources::feed::FeedError;
use outcrop_store::StoreError;

use crate::wire::{Code, EngineState, EngineStatus, WireError};

/// Why a use case could not be carried out.
#[derive(Debug, thiserror::Error)]
pub enum WorkbenchError {
    /// The user ended it.
    #[error("cancelled")]
    Cancelled,
    /// No endpoint answered.
    #[error("no container engine answered; endpoints tried: {tried}{}", telling(.answers))]
    NoEngine {
        /// How many endpoints were tried.
        tried: usize,
        /// What those answered that are there, as `` `unix:///run/docker.sock`: permission denied ``.
        answers: Vec<String>,
        /// What to do about the first of them.
        remedy: Option<String>,
    },
    /// `--engine` names none of those that answered.
    #[error("no engine is called `{name}`; these answered: {}", list(.engines))]
    UnknownEngine {
        /// The name that was asked for.
        name: String,
        /// Names of the engines that answered.
        engines: Vec<String>,
    },
    /// No engine has the image.
    #[error("no image `{name}` in {}", list(.engines))]
    UnknownImage {
        /// The name that was asked for.
        name: String,
        /// Names of the engines that were asked.
        engines: Vec<String>,
    },
    /// The name stands for different images.
    #[error("`{name}` stands for different images: {}", list(.candidates))]
    AmbiguousImage {
        /// The name that was asked for.
        name: String,
        /// Engine and identity of each.
        candidates: Vec<String>,
    },
    /// The engine's export ended before the image was known.
    #[error("engine `{engine}` broke off its export: {reason}")]
    ExportCutOff {
        /// Name of the engine.
        engine: String,
        /// Why.
        reason: String,
    },
    /// The archive does not hold the reference.
    #[error("the archive has no image `{reference}`; it holds: {}", list(.available))]
    ReferenceAbsent {
        /// The reference that was asked for.
        reference: String,
        /// What it holds.
        available: Vec<String>,
    },
    /// Images in a registry are not read yet.
    #[error("images are not read from registries yet: `{reference}`")]
    RegistryNotRead {
        /// The reference that was asked for.
        reference: String,
    },
    /// The image was never scanned.
    #[error("the image was not scanned yet: `{name}`")]
    NotScanned {
        /// Name or identity.
        name: String,
    },
    /// No Containerfile is known for the image.
    #[error("no Containerfile is known for `{name}`")]
    ContainerfileUnknown {
        /// Name or identity.
        name: String,
    },
    /// The Containerfile cannot be read.
    #[error("cannot read the Containerfile `{}`: {source}", .path.display())]
    ContainerfileUnreadable {
        /// Its path.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The target stage or another wish does not fit the Containerfile.
    #[error("{reason}")]
    ContainerfileMismatch {
        /// One sentence.
        reason: String,
    },
    /// A build argument without a value.
    #[error("not a build argument of the form `NAME=value`: `{text}`")]
    BuildArgument {
        /// As given.
        text: String,
    },
    /// A file of advisories cannot be read.
    #[error("cannot read advisories from `{}`: {reason}", .path.display())]
    AdvisoriesUnreadable {
        /// Its path.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// An update without a network.
    #[error("advisories are not downloaded with `--offline`")]
    Offline,
    /// No image was seen whose ecosystem has advisories.
    #[error("no ecosystem to update: no image with a known ecosystem was scanned yet")]
    NoEcosystem,
    /// The folder of the store cannot be told.
    #[error("no home folder is known")]
    NoHome,
    /// The image could not be read.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A feed failed.
    #[error(transparent)]
    Feed(#[from] FeedError),
    /// A part of the program ended without an answer.
    #[error("a part of the work ended without an answer: {0}")]
    Internal(String),
}

fn telling(answers: &[String]) -> String {
    answers.iter().flat_map(|answer| ["; ", answer]).collect()
}

fn list(names: &[String]) -> String {
    if names.is_empty() {
        return "none".to_owned();
    }
    names
        .iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

impl WorkbenchError {
    /// No engine at all: what is there and does not answer says more than what is not there.
    pub fn no_engine(statuses: &[EngineStatus]) -> Self {
        let there: Vec<&EngineStatus> = statuses
            .iter()
            .filter(|status| status.state != EngineState::NotFound)
            .collect();
        let remedy = there.iter().find_map(|status| status.remedy.as_ref());
        Self::NoEngine {
            tried: statuses.len(),
            answers: there
                .iter()
                .map(|status| format!("`{}`: {}", status.address, status.answer))
                .collect(),
            remedy: remedy.map(|remedy| match &remedy.command {
                Some(command) => format!("{} `{command}`", remedy.text),
                None => remedy.text.clone(),
            }),
        }
    }

    /// The error as it crosses to the interface and into JSON.
    pub fn wire(&self) -> WireError {
        WireError {
            code: self.code(),
            message: self.to_string(),
            hint: self.hint(),
        }
    }

    fn code(&self) -> Code {
        match self {
            Self::Cancelled | Self::Image(ImageError::Cancelled) => Code::Cancelled,
            Self::NoEngine { .. } | Self::UnknownEngine { .. } => Code::NoEngine,
            Self::UnknownImage { .. }
            | Self::ReferenceAbsent { .. }
            | Self::NotScanned { .. }
            | Self::Engine(EngineError::ImageNotFound { .. }) => Code::UnknownImage,
            Self::AmbiguousImage { .. } => Code::AmbiguousImage,
            Self::RegistryNotRead { .. } | Self::BuildArgument { .. } | Self::NoEcosystem => {
                Code::Usage
            }
            Self::ContainerfileUnknown { .. }
            | Self::ContainerfileUnreadable { .. }
            | Self::ContainerfileMismatch { .. } => Code::Containerfile,
            Self::AdvisoriesUnreadable { .. } | Self::Offline | Self::Feed(_) => Code::Feed,
            Self::NoHome | Self::Store(_) => Code::Store,
            Self::Image(_) => Code::UnreadableImage,
            Self::Engine(_) | Self::ExportCutOff { .. } => Code::Engine,
            Self::Internal(_) => Code::Internal,
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Cancelled | Self::Internal(_) => return None,
            Self::Image(error) => return error.hint().map(Into::into),
            Self::Engine(error) => return error.hint().map(Into::into),
            Self::Store(error) => error.hint(),
            Self::Feed(error) => error.hint(),
            Self::NoEngine {
                remedy: Some(remedy),
                ..
            } => return Some(remedy.clone()),
            Self::NoEngine { .. } => {
                "`outcrop engines` shows each endpoint and its remedy; an archive can be scanned without an engine"
            }
            Self::UnknownEngine { .. } => "`outcrop engines` shows the names",
            Self::UnknownImage { .. } => {
                "`outcrop images` lists what is there; a path to an archive works too"
            }
            Self::AmbiguousImage { .. } => "choose one with `--engine NAME`, or give the digest",
            Self::ExportCutOff { .. } => {
                "`outcrop engines` shows whether it still answers; then scan again"
            }
            Self::ReferenceAbsent { .. } => {
                "name one of them after the path, as `archive.tar:NAME`"
            }
            Self::RegistryNotRead { .. } => "pull it with your engine and scan it there",
            Self::NotScanned { .. } => "scan it first",
            Self::ContainerfileUnknown { .. } => "give it with `--containerfile PATH`",
            Self::ContainerfileUnreadable { .. } => "check that the file exists and may be read",
            Self::ContainerfileMismatch { .. } => {
                "check that this is the Containerfile of the image, and its target stage"
            }
            Self::BuildArgument { .. } => {
                "write it as the builder takes it: `--build-arg NAME=value`"
            }
            Self::AdvisoriesUnreadable { .. } => {
                "give a file or a folder of a feed: OSV records, Debian's tracker, secdb, Red Hat VEX, updateinfo, KEV, EPSS, NVD, endoflife.date"
            }
            Self::Offline => {
                "leave `--offline` out, or import a file with `outcrop advisories import`"
            }
            Self::NoEcosystem => {
                "scan an image first, or name the ecosystem: `outcrop advisories update Debian`"
            }
            Self::NoHome => "name a folder with `--store DIR`",
        };
        Some(hint.to_owned())
    }
}
