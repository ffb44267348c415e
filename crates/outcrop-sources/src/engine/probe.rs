//! Asks an endpoint whether an engine answers there, and what it is.

use std::fmt;
use std::io;
use std::time::Duration;

use bollard::{API_DEFAULT_VERSION, Docker};
use tokio::time::timeout;

use super::endpoint::{Address, Endpoint, EngineKind};
use super::error::{EngineError, shown};
use super::ping;

/// How long an endpoint may take to accept a connection, and then to answer at all.
pub const PROBE_TIMEOUT: Duration = Duration::from_secs(2);
/// How long an engine that answers may take to say what it is: Podman asks the package manager
/// about its helpers first, which takes a second on a busy machine.
const FACTS_TIMEOUT: Duration = Duration::from_secs(10);

/// What an engine says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineFacts {
    /// Docker or Podman.
    pub kind: EngineKind,
    /// The engine's version, as `20.10.24`.
    pub version: String,
    /// Newest version of Docker's API that it speaks.
    pub api_version: Option<String>,
    /// Operating system of its containers, as `linux`.
    pub operating_system: String,
    /// Processor in OCI's spelling, as `amd64`.
    pub architecture: String,
    /// How it keeps layers, as `overlay2`; none if it was not asked or did not say in time.
    pub storage_driver: Option<String>,
    /// True where it runs as an ordinary user.
    pub rootless: bool,
    /// True where image IDs are digests of manifests or indexes, not of configurations: Docker with
    /// the containerd image store.
    pub containerd_store: bool,
    /// Docker's own lasting identity. Podman makes up a new one for each answer, so it has none.
    pub(super) daemon_id: Option<String>,
}

/// What came of trying an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// An engine.
    Connected(EngineFacts),
    /// No socket, pipe or host of that name.
    NotFound,
    /// There is one, but this user may not use it.
    PermissionDenied,
    /// Nobody listens.
    Refused,
    /// Connected or not, nothing came in time.
    TimedOut,
    /// Outcrop does not connect to this kind of address.
    Unsupported,
    /// Something answered, or failed, in another way.
    Failed(String),
}

impl fmt::Display for Answer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connected(facts) => {
                write!(formatter, "{} {}", facts.kind, facts.version)?;
                formatter.write_str(if facts.rootless { ", rootless" } else { "" })
            }
            Self::NotFound => formatter.write_str("not found"),
            Self::PermissionDenied => formatter.write_str("permission denied"),
            Self::Refused => formatter.write_str("refused, nothing listens there"),
            Self::TimedOut => {
                write!(formatter, "no answer within {} s", PROBE_TIMEOUT.as_secs())
            }
            Self::Unsupported => formatter.write_str("this kind of address is not supported"),
            Self::Failed(message) => write!(formatter, "failed: {message}"),
        }
    }
}

/// Asks one endpoint. An endpoint that stays silent takes at most twice [`PROBE_TIMEOUT`].
pub async fn probe(endpoint: &Endpoint) -> Answer {
    match timeout(PROBE_TIMEOUT, reach(&endpoint.address)).await {
        Err(_) => return Answer::TimedOut,
        Ok(Err(answer)) => return answer,
        Ok(Ok(())) => {}
    }
    match timeout(PROBE_TIMEOUT, ping::podman(&endpoint.address)).await {
        Err(_) => return Answer::TimedOut,
        Ok(Some(facts)) => return Answer::Connected(facts),
        Ok(None) => {}
    }
    let docker = match client(&endpoint.address, FACTS_TIMEOUT) {
        Ok(docker) => docker,
        Err(EngineError::Client { reason, .. }) => return Answer::Failed(reason),
        Err(error) => return Answer::Failed(error.to_string()),
    };
    // Whatever it answers, it is alive; what it is, the next question tells.
    if timeout(PROBE_TIMEOUT, docker.ping()).await.is_err() {
        return Answer::TimedOut;
    }
    let (version, info) = tokio::join!(docker.version(), docker.info());
    let version = match version {
        Err(bollard::errors::Error::RequestTimeoutError) => return Answer::TimedOut,
        Err(error) => return failed(error),
        Ok(version) => version,
    };
    // An engine that cannot count its containers is still an engine.
    let info = info.unwrap_or_default();

    let is_podman = version
        .components
        .iter()
        .flatten()
        .any(|component| component.name.starts_with("Podman"));
    let Some(number) = version.version else {
        return Answer::Failed("it answers, but not as a container engine".to_owned());
    };
    let kind = if is_podman {
        EngineKind::Podman
    } else {
        EngineKind::Docker
    };
    Answer::Connected(EngineFacts {
        kind,
        version: shown(&number),
        api_version: version.api_version,
        operating_system: version
            .os
            .or(info.os_type)
            .unwrap_or_else(|| "linux".into()),
        architecture: version.arch.or(info.architecture).unwrap_or_default(),
        storage_driver: info.driver,
        rootless: info
            .security_options
            .iter()
            .flatten()
            .any(|option| option.split(',').any(|part| part == "name=rootless")),
        containerd_store: info
            .driver_status
            .iter()
            .flatten()
            .flatten()
            .any(|value| value.starts_with("io.containerd.snapshotter")),
        daemon_id: info
            .id
            .filter(|id| kind == EngineKind::Docker && !id.is_empty()),
    })
}

/// Connects and hangs up: tells apart what the client would call one error.
async fn reach(address: &Address) -> Result<(), Answer> {
    let outcome = match address {
        #[cfg(unix)]
        Address::Unix(path) => tokio::net::UnixStream::connect(path).await.map(drop),
        #[cfg(windows)]
        Address::NamedPipe(path) => tokio::net::windows::named_pipe::ClientOptions::new()
            .open(path)
            .map(drop),
        Address::Tcp { host, port, .. } => {
            let host = host.trim_start_matches('[').trim_end_matches(']');
            tokio::net::TcpStream::connect((host, *port))
                .await
                .map(drop)
        }
        _ => return Err(Answer::Unsupported),
    };
    outcome.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Answer::NotFound,
        io::ErrorKind::PermissionDenied => Answer::PermissionDenied,
        io::ErrorKind::ConnectionRefused => Answer::Refused,
        io::ErrorKind::TimedOut => Answer::TimedOut,
        _ => Answer::Failed(shown(&error.to_string())),
    })
}

fn failed(error: bollard::errors::Error) -> Answer {
    match super::error::from_client("", None, "say its version", error) {
        EngineError::Refused {
            status: Some(status),
            message,
            ..
        } => Answer::Failed(format!("HTTP {status}: {message}")),
        EngineError::Gone { reason, .. } => Answer::Failed(reason),
        EngineError::Unreadable { .. } => {
            Answer::Failed("it answers, but not as a container engine".to_owned())
        }
        other => Answer::Failed(other.to_string()),
    }
}

/// A client for `address` whose requests wait at most `limit` for their answer to begin.
pub(super) fn client(address: &Address, limit: Duration) -> Result<Docker, EngineError> {
    let seconds = limit.as_secs();
    let unusable = |reason: String| EngineError::Client {
        address: Box::new(address.clone()),
        reason,
    };
    let connected = match address {
        #[cfg(unix)]
        Address::Unix(path) => {
            let path = path
                .to_str()
                .ok_or_else(|| unusable("the path is not UTF-8".to_owned()))?;
            Docker::connect_with_unix(path, seconds, API_DEFAULT_VERSION)
        }
        #[cfg(windows)]
        Address::NamedPipe(path) => {
            Docker::connect_with_named_pipe(path, seconds, API_DEFAULT_VERSION)
        }
        Address::Tcp {
            host,
            port,
            tls: None,
        } => Docker::connect_with_http(
            &format!("tcp://{host}:{port}"),
            seconds,
            API_DEFAULT_VERSION,
        ),
        Address::Tcp {
            host,
            port,
            tls: Some(tls),
        } => {
            for file in [&tls.authority, &tls.certificate, &tls.key] {
                std::fs::metadata(file)
                    .map_err(|error| unusable(format!("`{}`: {error}", file.display())))?;
            }
            if rustls::crypto::CryptoProvider::get_default().is_none() {
                return Err(unusable("no TLS provider is installed".to_owned()));
            }
            Docker::connect_with_ssl(
                &format!("tcp://{host}:{port}"),
                &tls.key,
                &tls.certificate,
                &tls.authority,
                seconds,
                API_DEFAULT_VERSION,
            )
        }
        _ => return Err(unusable(Answer::Unsupported.to_string())),
    };
    connected.map_err(|error| unusable(shown(&error.to_string())))
}
