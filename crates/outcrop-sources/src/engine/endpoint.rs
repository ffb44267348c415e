//! An endpoint: where an engine may listen, and who says so.

use std::fmt;
use std::path::PathBuf;

/// The two engines that Outcrop speaks to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EngineKind {
    /// Docker Engine (Moby).
    Docker,
    /// Podman's service.
    Podman,
}

impl EngineKind {
    /// `docker` or `podman`, as names begin.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Docker => "docker",
            Self::Podman => "podman",
        }
    }
}

impl fmt::Display for EngineKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Docker => "Docker",
            Self::Podman => "Podman",
        })
    }
}

/// Where an engine may listen.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Address {
    /// A unix socket.
    Unix(PathBuf),
    /// A Windows named pipe, as `//./pipe/docker_engine`.
    NamedPipe(String),
    /// A TCP port.
    Tcp {
        /// Name or address; IPv6 in brackets.
        host: String,
        /// Port.
        port: u16,
        /// Present where the endpoint asks for TLS.
        tls: Option<TlsMaterial>,
    },
    /// Another machine through SSH: recognised, not connected to.
    Ssh(String),
    /// An address of a scheme that no engine uses here.
    Unknown(String),
}

/// The files for mutual TLS. The server's certificate is always verified.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TlsMaterial {
    /// Certificates that the server's chain may end in, PEM.
    pub authority: PathBuf,
    /// The client's certificate, PEM.
    pub certificate: PathBuf,
    /// The client's key, PEM.
    pub key: PathBuf,
}

impl fmt::Display for Address {
    /// As a `DOCKER_HOST` value.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(formatter, "unix://{}", path.display()),
            Self::NamedPipe(path) => write!(formatter, "npipe://{path}"),
            Self::Tcp { host, port, .. } => write!(formatter, "tcp://{host}:{port}"),
            Self::Ssh(text) | Self::Unknown(text) => formatter.write_str(text),
        }
    }
}

/// Products that keep their socket in a place of their own.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Product {
    /// Docker's system service.
    Docker,
    /// Docker of one user.
    DockerRootless,
    /// Podman's system service.
    Podman,
    /// Podman of one user.
    PodmanRootless,
    /// The machine that Podman runs elsewhere than on Linux, by its name.
    PodmanMachine(String),
    /// Docker Desktop.
    DockerDesktop,
    /// Colima, by profile.
    Colima(String),
    /// Lima, by instance.
    Lima(String),
    /// Rancher Desktop.
    RancherDesktop,
    /// `OrbStack`.
    OrbStack,
}

impl fmt::Display for Product {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Docker => formatter.write_str("Docker's system socket"),
            Self::DockerRootless => formatter.write_str("rootless Docker's socket"),
            Self::Podman => formatter.write_str("Podman's system socket"),
            Self::PodmanRootless => formatter.write_str("rootless Podman's socket"),
            Self::PodmanMachine(name) => write!(formatter, "Podman machine `{name}`"),
            Self::DockerDesktop => formatter.write_str("Docker Desktop"),
            Self::Colima(profile) => write!(formatter, "Colima profile `{profile}`"),
            Self::Lima(instance) => write!(formatter, "Lima instance `{instance}`"),
            Self::RancherDesktop => formatter.write_str("Rancher Desktop"),
            Self::OrbStack => formatter.write_str("OrbStack"),
        }
    }
}

/// Who names an endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Provenance {
    /// A variable of the environment: `DOCKER_HOST` or `CONTAINER_HOST`.
    Variable(&'static str),
    /// A Docker context.
    DockerContext {
        /// Its name.
        name: String,
        /// True for the one that `docker` uses by default.
        current: bool,
    },
    /// A `podman system connection`.
    PodmanConnection {
        /// Its name.
        name: String,
        /// True for the one that `podman --remote` uses.
        default: bool,
    },
    /// The place where a product keeps its socket.
    WellKnown(Product),
}

impl fmt::Display for Provenance {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(name) => write!(formatter, "variable `{name}`"),
            Self::DockerContext {
                name,
                current: true,
            } => write!(formatter, "current Docker context `{name}`"),
            Self::DockerContext { name, .. } => write!(formatter, "Docker context `{name}`"),
            Self::PodmanConnection {
                name,
                default: true,
            } => write!(formatter, "default Podman connection `{name}`"),
            Self::PodmanConnection { name, .. } => write!(formatter, "Podman connection `{name}`"),
            Self::WellKnown(product) => product.fmt(formatter),
        }
    }
}

/// One place to try, and everything that names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Where.
    pub address: Address,
    /// Which engine is expected, where the provenance tells.
    pub kind_hint: Option<EngineKind>,
    /// Who names it, the strongest first; never empty.
    pub found_by: Vec<Provenance>,
}

impl Endpoint {
    /// An endpoint that the user names, as `unix:///run/x.sock` or `tcp://host:2375`.
    pub fn from_text(text: &str, provenance: Provenance) -> Self {
        Self {
            address: super::discovery::address(text, None),
            kind_hint: None,
            found_by: vec![provenance],
        }
    }
}
