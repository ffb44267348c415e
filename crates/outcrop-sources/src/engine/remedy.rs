//! One remedy for each endpoint that did not answer.

use super::endpoint::{Address, Endpoint, EngineKind, Product, Provenance};
use super::environment::HostFamily;
use super::probe::Answer;

/// What to do so that an endpoint answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remedy {
    /// One sentence; names the risk where there is one.
    pub text: String,
    /// A command to copy into a shell.
    pub command: Option<String>,
}

impl Remedy {
    fn new(text: impl Into<String>, command: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            command: Some(command.into()),
        }
    }
}

/// The remedy for `answer`; none where the endpoint works.
pub(super) fn remedy(endpoint: &Endpoint, answer: &Answer, family: HostFamily) -> Option<Remedy> {
    let product = endpoint.found_by.iter().find_map(|found| match found {
        Provenance::WellKnown(product) => Some(product),
        _ => None,
    });
    Some(match answer {
        Answer::Connected(_) => return None,
        Answer::PermissionDenied => may_not(endpoint, product),
        Answer::Unsupported => unsupported(endpoint),
        Answer::TimedOut => match (product, &endpoint.address) {
            (Some(Product::Docker), _) if family == HostFamily::Linux => Remedy::new(
                "Docker accepts connections but does not answer: restart it.",
                "sudo systemctl restart docker",
            ),
            (Some(product), _) => {
                let start = start(product, family);
                Remedy {
                    text: format!("{product} does not answer: restart it."),
                    command: start.command,
                }
            }
            (None, Address::Tcp { host, port, .. }) => Remedy::new(
                "The host does not answer: check that it is up and that no firewall is between.",
                format!(
                    "curl --max-time 5 {}",
                    word(&format!("http://{host}:{port}/_ping"))
                ),
            ),
            (None, _) => named(endpoint, "does not answer"),
        },
        Answer::NotFound | Answer::Refused => match product {
            Some(product) => start(product, family),
            None => named(endpoint, "leads to no engine"),
        },
        Answer::Failed(_) => match &endpoint.address {
            Address::Tcp { tls: Some(tls), .. } => Remedy::new(
                "The TLS connection failed: check the three files and whom the certificate is for.",
                format!(
                    "openssl x509 -noout -subject -dates -in {}",
                    word(&tls.certificate.to_string_lossy())
                ),
            ),
            Address::Tcp { tls: None, .. } => Remedy::new(
                "The port does not answer as an engine: it may want TLS.",
                "export DOCKER_TLS_VERIFY=1",
            ),
            Address::Unix(path) => Remedy::new(
                "What listens on this socket is no engine: see which program it is.",
                format!("sudo ss -xlp | grep -F {}", word(&path.to_string_lossy())),
            ),
            _ => named(endpoint, "does not answer as an engine"),
        },
    })
}

fn may_not(endpoint: &Endpoint, product: Option<&Product>) -> Remedy {
    match (product, endpoint.kind_hint) {
        (Some(Product::Podman), _) => Remedy::new(
            "This socket belongs to root: start Podman's socket for your own user, which needs no rights.",
            "systemctl --user start podman.socket",
        ),
        (Some(Product::Docker), _) | (None, Some(EngineKind::Docker)) => Remedy::new(
            "Join the group `docker` and log in again; whoever is in that group can become root on \
             this machine.",
            "sudo usermod -aG docker $USER",
        ),
        _ => match &endpoint.address {
            Address::Unix(path) => Remedy::new(
                "Your user may not use this socket: see whose it is.",
                format!("ls -l {}", word(&path.to_string_lossy())),
            ),
            _ => named(endpoint, "refuses this user"),
        },
    }
}

fn start(product: &Product, family: HostFamily) -> Remedy {
    let linux = family == HostFamily::Linux;
    match product {
        Product::Docker if linux => Remedy::new(
            "Start Docker, if it is installed.",
            "sudo systemctl start docker",
        ),
        Product::Docker => Remedy {
            text: "Start Docker, if it is installed.".to_owned(),
            command: (family == HostFamily::MacOs).then(|| "open -a Docker".to_owned()),
        },
        Product::DockerRootless => Remedy::new(
            "Start rootless Docker, if it is set up.",
            "systemctl --user start docker",
        ),
        Product::Podman => Remedy::new(
            "Start Podman's system socket, if Podman is installed.",
            "sudo systemctl start podman.socket",
        ),
        Product::PodmanRootless => Remedy::new(
            "Start Podman's socket for your user, if Podman is installed.",
            "systemctl --user start podman.socket",
        ),
        Product::PodmanMachine(name) => Remedy::new(
            "Start the Podman machine.",
            format!("podman machine start {}", word(name)),
        ),
        Product::DockerDesktop => match family {
            HostFamily::Linux => Remedy::new(
                "Start Docker Desktop.",
                "systemctl --user start docker-desktop",
            ),
            HostFamily::MacOs => Remedy::new("Start Docker Desktop.", "open -a Docker"),
            HostFamily::Windows => Remedy::new("Start Docker Desktop.", "docker desktop start"),
        },
        Product::Colima(profile) => Remedy::new(
            "Start the Colima profile.",
            format!("colima start {}", word(profile)),
        ),
        Product::Lima(instance) => Remedy::new(
            "Start the Lima instance.",
            format!("limactl start {}", word(instance)),
        ),
        Product::RancherDesktop => Remedy::new("Start Rancher Desktop.", "rdctl start"),
        Product::OrbStack => Remedy::new("Start OrbStack.", "orb start"),
    }
}

/// For an endpoint that only a setting names: the setting is what can be mended.
fn named(endpoint: &Endpoint, what: &str) -> Remedy {
    match endpoint.found_by.first() {
        Some(Provenance::Variable(name)) => Remedy::new(
            format!("The variable `{name}` {what}: start that engine, or unset the variable."),
            format!("unset {name}"),
        ),
        Some(Provenance::DockerContext { name, .. }) => Remedy::new(
            format!("The Docker context {what}: start its engine, or look at the context."),
            format!("docker context inspect {}", word(name)),
        ),
        Some(Provenance::PodmanConnection { name, .. }) => Remedy::new(
            format!("The Podman connection {what}: start its engine, or remove the connection."),
            format!("podman system connection remove {}", word(name)),
        ),
        _ => Remedy {
            text: format!("The endpoint {what}: start its engine."),
            command: None,
        },
    }
}

fn unsupported(endpoint: &Endpoint) -> Remedy {
    match &endpoint.address {
        Address::Ssh(text) => {
            let rest = text.trim_start_matches("ssh://");
            let (destination, path) = match rest.find('/') {
                Some(at) => (&rest[..at], &rest[at..]),
                None => (rest, "/var/run/docker.sock"),
            };
            Remedy::new(
                "Outcrop does not speak SSH: forward the engine's socket and name the forwarded one \
                 in `DOCKER_HOST`.",
                format!(
                    "ssh -nNT -L \"$XDG_RUNTIME_DIR\"/forwarded.sock:{} {}",
                    word(path),
                    word(&format!("ssh://{destination}"))
                ),
            )
        }
        Address::NamedPipe(_) => Remedy {
            text: "Named pipes exist on Windows only.".to_owned(),
            command: None,
        },
        _ => named(endpoint, "names an address that no engine uses here"),
    }
}

/// `text` as one word of a shell, quoted where it must be: it may come from a file.
fn word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-/:@+=".contains(c);
    if !text.is_empty() && !text.starts_with('-') && text.chars().all(plain) {
        return text.to_owned();
    }
    let visible: String = text.chars().filter(|c| !c.is_control()).collect();
    format!("'{}'", visible.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::discovery::address;

    fn endpoint(text: &str, found_by: Provenance) -> Endpoint {
        Endpoint::from_text(text, found_by)
    }

    #[test]
    fn every_answer_but_an_engine_has_a_command_to_copy() {
        let docker = || endpoint("unix:///d", Provenance::WellKnown(Product::Docker));
        let podman = || endpoint("unix:///p", Provenance::WellKnown(Product::Podman));
        let rootless = || endpoint("unix:///r", Provenance::WellKnown(Product::PodmanRootless));
        let variable = || endpoint("unix:///v", Provenance::Variable("DOCKER_HOST"));
        let check = |endpoint: Endpoint, answer: Answer, expected: &str| {
            let remedy = remedy(&endpoint, &answer, HostFamily::Linux).unwrap();
            assert_eq!(remedy.command.as_deref(), Some(expected), "{answer}");
        };
        check(docker(), Answer::NotFound, "sudo systemctl start docker");
        check(docker(), Answer::Refused, "sudo systemctl start docker");
        check(docker(), Answer::TimedOut, "sudo systemctl restart docker");
        check(
            docker(),
            Answer::PermissionDenied,
            "sudo usermod -aG docker $USER",
        );
        check(
            podman(),
            Answer::PermissionDenied,
            "systemctl --user start podman.socket",
        );
        check(
            podman(),
            Answer::NotFound,
            "sudo systemctl start podman.socket",
        );
        check(
            rootless(),
            Answer::NotFound,
            "systemctl --user start podman.socket",
        );
        check(variable(), Answer::NotFound, "unset DOCKER_HOST");
        check(
            endpoint(
                "ssh://core@127.0.0.1:2222/run/user/501/podman/podman.sock",
                Provenance::PodmanConnection {
                    name: "machine".into(),
                    default: true,
                },
            ),
            Answer::Unsupported,
            "ssh -nNT -L \"$XDG_RUNTIME_DIR\"/forwarded.sock:/run/user/501/podman/podman.sock \
             ssh://core@127.0.0.1:2222",
        );
        check(
            endpoint(
                "unix:///c",
                Provenance::DockerContext {
                    name: "a; rm -rf 'x'".into(),
                    current: false,
                },
            ),
            Answer::NotFound,
            r"docker context inspect 'a; rm -rf '\''x'\'''",
        );
    }

    #[test]
    fn the_docker_group_is_named_with_its_risk() {
        let docker = endpoint("unix:///d", Provenance::WellKnown(Product::Docker));
        let remedy = remedy(&docker, &Answer::PermissionDenied, HostFamily::Linux).unwrap();
        assert!(remedy.text.contains("can become root"), "{}", remedy.text);
    }

    #[test]
    fn addresses_are_read_as_the_docker_client_reads_them() {
        let check = |text: &str, expected: &str| {
            let address = address(text, None);
            let kind = match &address {
                Address::Unix(_) => "unix",
                Address::NamedPipe(_) => "pipe",
                Address::Tcp { .. } => "tcp",
                Address::Ssh(_) => "ssh",
                Address::Unknown(_) => "unknown",
            };
            assert_eq!(format!("{kind} {address}"), expected, "{text}");
        };
        check("unix:///run/x.sock", "unix unix:///run/x.sock");
        check("unix:/run/x.sock", "unix unix:///run/x.sock");
        check("unix://relative", "unknown unix://relative");
        check(
            "npipe:////./pipe/docker_engine",
            "pipe npipe:////./pipe/docker_engine",
        );
        check("tcp://10.0.0.1", "tcp tcp://10.0.0.1:2375");
        check("tcp://10.0.0.1:99/x", "tcp tcp://10.0.0.1:99");
        check("https://h", "tcp tcp://h:2376");
        check("tcp://[::1]:2375", "tcp tcp://[::1]:2375");
        check("tcp://[::1]", "tcp tcp://[::1]:2375");
        check("tcp://h:port", "unknown tcp://h:port");
        check("ssh://user@host", "ssh ssh://user@host");
        check("/run/x.sock", "unknown /run/x.sock");
        check("fd://", "unknown fd://");
        check("", "unknown ");
    }
}
