//! Which endpoints this machine names. Reads small files below the given folders; no network.
//!
//! Sources: Docker CLI `cli/command/cli.go` (variables, contexts) and `cli/context/store`
//! (layout of `contexts/meta` and `contexts/tls`); containers-common `containers.conf(5)`,
//! `[engine.service_destinations]`; Podman 5 `podman-connections.json`; each product's documented
//! socket.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::endpoint::{Address, Endpoint, EngineKind, Product, Provenance, TlsMaterial};
use super::environment::{Environment, HostFamily};

/// A configuration file is a few kilobytes; what is larger is not read.
const MAX_CONFIGURATION_BYTES: u64 = 1 << 20;
/// Contexts, profiles or instances that are looked at in one folder.
const MAX_FOLDER_ENTRIES: usize = 256;

/// The endpoints to try, and the configuration that could not be read.
#[derive(Clone, Debug, Default)]
pub struct Discovery {
    /// Each address once, the ones that the user chose first.
    pub endpoints: Vec<Endpoint>,
    /// What was left out, with its file.
    pub problems: Vec<DiscoveryProblem>,
}

/// A file or setting that names an endpoint but cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiscoveryProblem {
    /// The file, or the name of the variable.
    pub place: String,
    /// What is wrong, one sentence.
    pub message: String,
}

/// Lists every endpoint that `environment` names, each address once.
///
/// Sockets of Docker and Podman that a system usually has are listed whether they exist or not;
/// those of other products only where the product's folder exists.
pub fn discover(environment: &Environment) -> Discovery {
    let mut finder = Finder {
        environment,
        found: Discovery::default(),
        identities: Vec::new(),
    };
    finder.variables();
    finder.docker_contexts();
    finder.podman_connections();
    finder.system_sockets();
    finder.products();
    finder.found
}

struct Finder<'a> {
    environment: &'a Environment,
    found: Discovery,
    /// What makes two addresses the same, by the endpoint's place.
    identities: Vec<Identity>,
}

#[derive(PartialEq, Eq)]
enum Identity {
    /// Device and inode of a socket that exists.
    Socket(u64, u64),
    Address(Address),
}

impl Finder<'_> {
    fn add(&mut self, address: Address, kind_hint: Option<EngineKind>, found_by: Provenance) {
        let identity = Self::identity(&address);
        if let Some(known) = self.identities.iter().position(|other| *other == identity) {
            let endpoint = &mut self.found.endpoints[known];
            endpoint.kind_hint = endpoint.kind_hint.or(kind_hint);
            if !endpoint.found_by.contains(&found_by) {
                endpoint.found_by.push(found_by);
            }
            return;
        }
        self.identities.push(identity);
        self.found.endpoints.push(Endpoint {
            address,
            kind_hint,
            found_by: vec![found_by],
        });
    }

    fn add_socket(&mut self, path: &Path, kind: EngineKind, product: Product) {
        let path = self.environment.rooted(path);
        self.add(
            Address::Unix(path),
            Some(kind),
            Provenance::WellKnown(product),
        );
    }

    fn problem(&mut self, place: impl Into<String>, message: impl Into<String>) {
        self.found.problems.push(DiscoveryProblem {
            place: place.into(),
            message: message.into(),
        });
    }

    /// Where an address leads: symbolic links resolved, a socket by its inode.
    fn identity(address: &Address) -> Identity {
        let Address::Unix(path) = address else {
            return Identity::Address(address.clone());
        };
        #[cfg(unix)]
        if let Ok(metadata) = std::fs::metadata(path) {
            use std::os::unix::fs::MetadataExt;
            return Identity::Socket(metadata.dev(), metadata.ino());
        }
        // Nothing there yet: the folder may still be a link, as `/var/run` is.
        let resolved = match (path.parent(), path.file_name()) {
            (Some(folder), Some(name)) => std::fs::canonicalize(folder)
                .map_or_else(|_| resolved_var_run(path), |real| real.join(name)),
            _ => path.clone(),
        };
        Identity::Address(Address::Unix(resolved))
    }

    /// An address whose unix path is below the root.
    fn address(&self, text: &str, tls: Option<TlsMaterial>) -> Address {
        match address(text, tls) {
            Address::Unix(path) => Address::Unix(self.environment.rooted(&path)),
            other => other,
        }
    }

    fn docker_folder(&self) -> Option<PathBuf> {
        match self.environment.variable("DOCKER_CONFIG") {
            Some(folder) => Some(self.environment.rooted(Path::new(folder))),
            None => Some(self.environment.home.as_ref()?.join(".docker")),
        }
    }

    fn variables(&mut self) {
        if let Some(text) = self.environment.variable("DOCKER_HOST") {
            let tls = self.tls_of_variables();
            let address = self.address(text, tls);
            self.add(address, None, Provenance::Variable("DOCKER_HOST"));
        }
        if let Some(text) = self.environment.variable("CONTAINER_HOST") {
            let address = self.address(text, None);
            self.add(
                address,
                Some(EngineKind::Podman),
                Provenance::Variable("CONTAINER_HOST"),
            );
        }
    }

    /// TLS is on where either variable has any value at all, even `0`: so does the Docker CLI.
    fn tls_of_variables(&self) -> Option<TlsMaterial> {
        let variable = |name| self.environment.variable(name);
        variable("DOCKER_TLS_VERIFY").or_else(|| variable("DOCKER_TLS"))?;
        let folder = match variable("DOCKER_CERT_PATH") {
            Some(folder) => self.environment.rooted(Path::new(folder)),
            None => self.docker_folder()?,
        };
        Some(tls_material(&folder))
    }

    fn docker_contexts(&mut self) {
        let Some(folder) = self.docker_folder() else {
            return;
        };
        let configuration: Option<DockerConfiguration> = self.json(&folder.join("config.json"));
        let current = if self.environment.variable("DOCKER_HOST").is_some() {
            // The variable overrides every context.
            None
        } else {
            self.environment
                .variable("DOCKER_CONTEXT")
                .map(str::to_owned)
                .or(configuration.and_then(|file| file.current_context))
                .filter(|name| !name.is_empty() && name != "default")
        };

        let mut contexts = Vec::new();
        for entry in entries(&folder.join("contexts/meta")) {
            let file = entry.join("meta.json");
            if !file.is_file() {
                continue;
            }
            let Some(context) = self.json::<DockerContext>(&file) else {
                continue;
            };
            let Some(host) = context.endpoints.docker.and_then(|docker| docker.host) else {
                self.problem(
                    file.display().to_string(),
                    format!("context `{}` names no Docker endpoint", context.name),
                );
                continue;
            };
            let tls_folder = entry
                .file_name()
                .map(|id| folder.join("contexts/tls").join(id).join("docker"))
                .filter(|tls| tls.is_dir());
            let address = self.address(&host, tls_folder.as_deref().map(tls_material));
            contexts.push((
                current.as_deref() != Some(&context.name),
                context.name,
                address,
            ));
        }
        // The current one first, then by name.
        contexts.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
        if let Some(name) = &current
            && contexts.iter().all(|(_, other, _)| other != name)
        {
            self.problem(
                folder.display().to_string(),
                format!("the current Docker context does not exist: `{name}`"),
            );
        }
        for (other, name, address) in contexts {
            let current = !other;
            self.add(address, None, Provenance::DockerContext { name, current });
        }
    }

    fn podman_connections(&mut self) {
        let configuration_folder = self.configuration_folder();
        let mut connections: BTreeMap<String, String> = BTreeMap::new();
        let mut default = None;

        let mut files = vec![
            self.environment
                .rooted(Path::new("/etc/containers/containers.conf")),
        ];
        files.extend(
            configuration_folder
                .as_ref()
                .map(|folder| folder.join("containers/containers.conf")),
        );
        if let Some(file) = self.environment.variable("CONTAINERS_CONF") {
            files = vec![self.environment.rooted(Path::new(file))];
        }
        for file in files {
            let Some(text) = self.text(&file) else {
                continue;
            };
            match toml::from_str::<ContainersConfiguration>(&text) {
                Ok(parsed) => {
                    default = parsed.engine.active_service.or(default);
                    for (name, destination) in parsed.engine.service_destinations {
                        connections.extend(destination.uri.map(|uri| (name, uri)));
                    }
                }
                Err(error) => self.problem(
                    file.display().to_string(),
                    format!("not readable as TOML: {}", error.message()),
                ),
            }
        }
        if let Some(folder) = configuration_folder
            && let Some(file) =
                self.json::<PodmanConnections>(&folder.join("containers/podman-connections.json"))
        {
            default = file.connection.default.or(default);
            for (name, connection) in file.connection.connections {
                connections.extend(connection.uri.map(|uri| (name, uri)));
            }
        }
        if let Some(name) = self.environment.variable("CONTAINER_CONNECTION") {
            default = Some(name.to_owned());
        }

        let mut connections: Vec<(bool, String, String)> = connections
            .into_iter()
            .map(|(name, uri)| (default.as_deref() != Some(&name), name, uri))
            .collect();
        connections.sort();
        for (other, name, uri) in connections {
            let address = self.address(&uri, None);
            let default = !other;
            self.add(
                address,
                Some(EngineKind::Podman),
                Provenance::PodmanConnection { name, default },
            );
        }
    }

    fn configuration_folder(&self) -> Option<PathBuf> {
        match self.environment.variable("XDG_CONFIG_HOME") {
            Some(folder) => Some(self.environment.rooted(Path::new(folder))),
            None => Some(self.environment.home.as_ref()?.join(".config")),
        }
    }

    fn system_sockets(&mut self) {
        use EngineKind::{Docker, Podman};
        if self.environment.family == HostFamily::Windows {
            for (pipe, kind, product) in [
                ("//./pipe/docker_engine", Docker, Product::Docker),
                (
                    "//./pipe/dockerDesktopLinuxEngine",
                    Docker,
                    Product::DockerDesktop,
                ),
                (
                    "//./pipe/podman-machine-default",
                    Podman,
                    Product::PodmanMachine("podman-machine-default".into()),
                ),
            ] {
                self.add(
                    Address::NamedPipe(pipe.to_owned()),
                    Some(kind),
                    Provenance::WellKnown(product),
                );
            }
            return;
        }
        self.add_socket(Path::new("/var/run/docker.sock"), Docker, Product::Docker);
        if self.environment.family == HostFamily::Linux {
            self.add_socket(
                Path::new("/run/podman/podman.sock"),
                Podman,
                Product::Podman,
            );
        }
        let runtime = self.environment.runtime_folder.clone();
        if let Some(runtime) = runtime.map(|folder| self.environment.rooted(&folder)) {
            self.add_socket(
                &runtime.join("docker.sock"),
                Docker,
                Product::DockerRootless,
            );
            self.add_socket(
                &runtime.join("podman/podman.sock"),
                Podman,
                Product::PodmanRootless,
            );
        }
        // A user may have set another runtime folder than the one the daemons use.
        if let Some(id) = self.environment.user_id.filter(|id| *id != 0) {
            let usual = PathBuf::from(format!("/run/user/{id}"));
            if self.environment.rooted(&usual).is_dir() {
                self.add_socket(&usual.join("docker.sock"), Docker, Product::DockerRootless);
                self.add_socket(
                    &usual.join("podman/podman.sock"),
                    Podman,
                    Product::PodmanRootless,
                );
            }
        }
    }

    fn products(&mut self) {
        use EngineKind::{Docker, Podman};
        let Some(home) = self.environment.home.clone() else {
            return;
        };
        for folder in [".docker/desktop", ".docker/run"] {
            if home.join(folder).is_dir() {
                let socket = home.join(folder).join("docker.sock");
                self.add_socket(&socket, Docker, Product::DockerDesktop);
            }
        }
        let colima = self
            .configuration_folder()
            .map(|folder| folder.join("colima"));
        for folder in [Some(home.join(".colima")), colima].into_iter().flatten() {
            for profile in entries(&folder) {
                // Colima's own folders begin with `_`; a profile has its configuration.
                let name = file_name(&profile);
                if name.starts_with('_')
                    || !(profile.join("colima.yaml").exists()
                        || profile.join("docker.sock").exists())
                {
                    continue;
                }
                let socket = profile.join("docker.sock");
                self.add_socket(&socket, Docker, Product::Colima(name));
            }
        }
        for instance in entries(&home.join(".lima")) {
            let name = file_name(&instance);
            for (socket, kind) in [("docker.sock", Docker), ("podman.sock", Podman)] {
                let socket = instance.join("sock").join(socket);
                if socket.exists() {
                    self.add_socket(&socket, kind, Product::Lima(name.clone()));
                }
            }
        }
        if home.join(".rd").is_dir() {
            self.add_socket(
                &home.join(".rd/docker.sock"),
                Docker,
                Product::RancherDesktop,
            );
        }
        if home.join(".orbstack").is_dir() {
            let socket = home.join(".orbstack/run/docker.sock");
            self.add_socket(&socket, Docker, Product::OrbStack);
        }
        self.podman_machines(&home);
    }

    /// Sockets of `podman machine`: beside the machine's files, or forwarded as `<name>-api.sock`.
    fn podman_machines(&mut self, home: &Path) {
        let machines = home.join(".local/share/containers/podman/machine");
        for folder in [vec![machines.clone()], entries(&machines)].concat() {
            let socket = folder.join("podman.sock");
            if socket.exists() {
                let name = if folder == machines {
                    "podman-machine-default".to_owned()
                } else {
                    file_name(&folder)
                };
                self.add_socket(&socket, EngineKind::Podman, Product::PodmanMachine(name));
            }
        }
        let temporary = self.environment.variable("TMPDIR").map(PathBuf::from);
        for folder in [self.environment.runtime_folder.clone(), temporary]
            .into_iter()
            .flatten()
        {
            for socket in entries(&self.environment.rooted(&folder).join("podman")) {
                if let Some(name) = file_name(&socket).strip_suffix("-api.sock") {
                    let product = Product::PodmanMachine(name.to_owned());
                    self.add_socket(&socket, EngineKind::Podman, product);
                }
            }
        }
    }

    /// A file's text; none if there is no such file, a problem if it cannot be read.
    fn text(&mut self, path: &Path) -> Option<String> {
        let file = match std::fs::File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
            Err(error) => {
                self.problem(path.display().to_string(), error.to_string());
                return None;
            }
        };
        let mut text = String::new();
        match file
            .take(MAX_CONFIGURATION_BYTES + 1)
            .read_to_string(&mut text)
        {
            Ok(length) if length as u64 > MAX_CONFIGURATION_BYTES => {
                self.problem(path.display().to_string(), "larger than 1 MiB, not read");
                None
            }
            Ok(_) => Some(text),
            Err(error) => {
                self.problem(path.display().to_string(), error.to_string());
                None
            }
        }
    }

    fn json<T: for<'de> Deserialize<'de>>(&mut self, path: &Path) -> Option<T> {
        let text = self.text(path)?;
        match serde_json::from_str(&text) {
            Ok(value) => Some(value),
            Err(error) => {
                self.problem(
                    path.display().to_string(),
                    format!("not readable as JSON: {error}"),
                );
                None
            }
        }
    }
}

/// An address as `DOCKER_HOST` and its kin write it.
pub(super) fn address(text: &str, tls: Option<TlsMaterial>) -> Address {
    let text = text.trim();
    let unknown = || Address::Unknown(text.chars().take(300).collect());
    let Some((scheme, rest)) = text.split_once(':') else {
        return unknown();
    };
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    match scheme {
        "unix" if rest.starts_with('/') => Address::Unix(PathBuf::from(rest)),
        // `npipe:////./pipe/x` in Docker's spelling.
        "npipe" if !rest.is_empty() => Address::NamedPipe(rest.to_owned()),
        "ssh" if !rest.is_empty() => Address::Ssh(text.chars().take(300).collect()),
        "tcp" | "http" | "https" => {
            let authority = rest.split('/').next().unwrap_or_default();
            let default_port = if tls.is_some() || scheme == "https" {
                2376
            } else {
                2375
            };
            let split = match authority.rsplit_once(':') {
                Some((host, port)) if !port.ends_with(']') => {
                    port.parse().ok().map(|port| (host, port))
                }
                _ => Some((authority, default_port)),
            };
            match split {
                Some((host, port)) if !host.is_empty() && !host.contains('@') => Address::Tcp {
                    host: host.to_owned(),
                    port,
                    tls,
                },
                _ => unknown(),
            }
        }
        _ => unknown(),
    }
}

fn tls_material(folder: &Path) -> TlsMaterial {
    TlsMaterial {
        authority: folder.join("ca.pem"),
        certificate: folder.join("cert.pem"),
        key: folder.join("key.pem"),
    }
}

/// `/var/run` is `/run` wherever either exists.
fn resolved_var_run(path: &Path) -> PathBuf {
    match path.strip_prefix("/var/run") {
        Ok(below) => Path::new("/run").join(below),
        Err(_) => path.to_owned(),
    }
}

/// A folder's entries in the order of their names; none if it cannot be read.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let Ok(listing) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut entries: Vec<PathBuf> = listing
        .take(MAX_FOLDER_ENTRIES)
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    entries.sort();
    entries
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

#[derive(Deserialize)]
struct DockerConfiguration {
    #[serde(rename = "currentContext")]
    current_context: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DockerContext {
    name: String,
    #[serde(default)]
    endpoints: DockerContextEndpoints,
}

#[derive(Deserialize, Default)]
struct DockerContextEndpoints {
    docker: Option<DockerContextEndpoint>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DockerContextEndpoint {
    host: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ContainersConfiguration {
    engine: ContainersEngine,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ContainersEngine {
    active_service: Option<String>,
    service_destinations: BTreeMap<String, ServiceDestination>,
}

#[derive(Deserialize)]
struct ServiceDestination {
    uri: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct PodmanConnections {
    connection: PodmanConnectionTable,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct PodmanConnectionTable {
    default: Option<String>,
    connections: BTreeMap<String, PodmanConnectionEntry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "UPPERCASE")]
struct PodmanConnectionEntry {
    uri: Option<String>,
}

#[cfg(test)]
#[path = "discovery_tests.rs"]
mod tests;
