use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::*;

/// A machine made of a temporary folder: `/` is `root`, the home is `/home/me`, the user 1000.
struct Machine {
    folder: tempfile::TempDir,
    environment: Environment,
}

impl Machine {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Temporary folders may lie behind a link; addresses are compared as text below.
        let root = fs::canonicalize(folder.path()).unwrap();
        let environment = Environment {
            variables: BTreeMap::new(),
            home: Some(root.join("home/me")),
            user_id: Some(1000),
            runtime_folder: Some(PathBuf::from("/run/user/1000")),
            root,
            family: HostFamily::Linux,
        };
        let machine = Self {
            folder,
            environment,
        };
        fs::create_dir_all(machine.path("/home/me")).unwrap();
        machine
    }

    fn path(&self, path: &str) -> PathBuf {
        self.environment.rooted(Path::new(path))
    }

    fn variable(mut self, name: &str, value: &str) -> Self {
        self.environment.variables.insert(name.into(), value.into());
        self
    }

    /// Writes a file, with its folders.
    fn file(self, path: &str, text: &str) -> Self {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    fn folder(self, path: &str) -> Self {
        fs::create_dir_all(self.path(path)).unwrap();
        self
    }

    #[cfg(unix)]
    fn link(self, path: &str, target: &str) -> Self {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(target, path).unwrap();
        self
    }

    /// One line an endpoint: `address: provenance, provenance`.
    fn found(&self) -> Vec<String> {
        let root = self.environment.root.display().to_string();
        discover(&self.environment)
            .endpoints
            .iter()
            .map(|endpoint| {
                let found_by: Vec<String> =
                    endpoint.found_by.iter().map(ToString::to_string).collect();
                format!("{}: {}", endpoint.address, found_by.join(", ")).replace(&root, "")
            })
            .collect()
    }

    fn problems(&self) -> Vec<String> {
        let root = self.environment.root.display().to_string();
        discover(&self.environment)
            .problems
            .iter()
            .map(|problem| format!("{}: {}", problem.place, problem.message).replace(&root, ""))
            .collect()
    }
}

/// The sockets that every Linux machine is asked for.
const USUAL: [&str; 4] = [
    "unix:///var/run/docker.sock: Docker's system socket",
    "unix:///run/podman/podman.sock: Podman's system socket",
    "unix:///run/user/1000/docker.sock: rootless Docker's socket",
    "unix:///run/user/1000/podman/podman.sock: rootless Podman's socket",
];

/// Checks what is found beside the usual sockets, which come after the user's own choices
/// (`before`) and before products (`after`).
fn check(machine: &Machine, before: &[&str], after: &[&str]) {
    let expected = [before, &USUAL, after].concat();
    assert_eq!(machine.found(), expected);
    assert_eq!(machine.problems(), [""; 0]);
}

fn context(name: &str, host: &str) -> String {
    format!(
        r#"{{"Name":"{name}","Metadata":{{"StackOrchestrator":"swarm"}},
            "Endpoints":{{"docker":{{"Host":"{host}","SkipTLSVerify":false}}}}}}"#
    )
}

#[test]
fn an_empty_machine_has_the_usual_sockets() {
    check(&Machine::new(), &[], &[]);
}

#[test]
fn variables_come_first() {
    check(
        &Machine::new()
            .variable("DOCKER_HOST", "tcp://build.example:2375")
            .variable("CONTAINER_HOST", "unix:///tmp/p.sock"),
        &[
            "tcp://build.example:2375: variable `DOCKER_HOST`",
            "unix:///tmp/p.sock: variable `CONTAINER_HOST`",
        ],
        &[],
    );
    check(&Machine::new().variable("DOCKER_HOST", ""), &[], &[]);
}

#[test]
fn tls_follows_the_variables_of_docker() {
    let tls = |machine: Machine| match &discover(&machine.environment).endpoints[0].address {
        Address::Tcp { port, tls, .. } => {
            let root = &machine.environment.root;
            let authority = tls.as_ref().map(|tls| {
                let below = tls.authority.strip_prefix(root).unwrap();
                below.display().to_string()
            });
            (*port, authority)
        }
        other => panic!("{other}"),
    };
    let host = || Machine::new().variable("DOCKER_HOST", "tcp://h");
    assert_eq!(tls(host()), (2375, None));
    assert_eq!(
        tls(host().variable("DOCKER_TLS_VERIFY", "1")),
        (2376, Some("home/me/.docker/ca.pem".into()))
    );
    assert_eq!(
        tls(host()
            .variable("DOCKER_TLS_VERIFY", "0")
            .variable("DOCKER_CERT_PATH", "/certs")),
        (2376, Some("certs/ca.pem".into()))
    );
    assert_eq!(
        tls(host().variable("DOCKER_CERT_PATH", "/certs")),
        (2375, None)
    );
}

#[test]
fn contexts_are_found_with_the_current_one_first() {
    let contexts = || {
        Machine::new()
            .file(
                "/home/me/.docker/contexts/meta/aa/meta.json",
                &context("attic", "unix:///attic.sock"),
            )
            .file(
                "/home/me/.docker/contexts/meta/bb/meta.json",
                &context("lab", "tcp://lab:2376"),
            )
            .folder("/home/me/.docker/contexts/tls/bb/docker")
    };
    check(
        &contexts(),
        &[
            "unix:///attic.sock: Docker context `attic`",
            "tcp://lab:2376: Docker context `lab`",
        ],
        &[],
    );
    check(
        &contexts().file(
            "/home/me/.docker/config.json",
            r#"{"currentContext":"lab"}"#,
        ),
        &[
            "tcp://lab:2376: current Docker context `lab`",
            "unix:///attic.sock: Docker context `attic`",
        ],
        &[],
    );
    check(
        &contexts()
            .file(
                "/home/me/.docker/config.json",
                r#"{"currentContext":"lab"}"#,
            )
            .variable("DOCKER_CONTEXT", "attic"),
        &[
            "unix:///attic.sock: current Docker context `attic`",
            "tcp://lab:2376: Docker context `lab`",
        ],
        &[],
    );
    let lab = discover(&contexts().environment).endpoints[1].clone();
    assert!(matches!(lab.address, Address::Tcp { tls: Some(_), .. }));
}

#[test]
fn broken_configuration_is_named_and_the_rest_still_found() {
    let machine = Machine::new()
        .file("/home/me/.docker/config.json", "{")
        .file(
            "/home/me/.docker/contexts/meta/aa/meta.json",
            r#"{"Name":"k8s"}"#,
        )
        .file(
            "/home/me/.docker/contexts/meta/bb/meta.json",
            &context("good", "unix:///good.sock"),
        )
        .file("/home/me/.config/containers/containers.conf", "[engine\n")
        .variable("DOCKER_CONTEXT", "gone");
    assert_eq!(
        machine.found()[0],
        "unix:///good.sock: Docker context `good`"
    );
    let problems = machine.problems();
    let places: Vec<&str> = problems
        .iter()
        .map(|problem| problem.split_once(": ").unwrap().0)
        .collect();
    assert_eq!(
        places,
        [
            "/home/me/.docker/config.json",
            "/home/me/.docker/contexts/meta/aa/meta.json",
            "/home/me/.docker",
            "/home/me/.config/containers/containers.conf",
        ],
        "{problems:?}"
    );
}

#[test]
fn podman_connections_come_from_both_files() {
    check(
        &Machine::new()
            .file(
                "/etc/containers/containers.conf",
                "[engine.service_destinations.old]\nuri = \"unix:///old.sock\"\n",
            )
            .file(
                "/home/me/.config/containers/containers.conf",
                "[containers]\npids_limit = 5\n[engine]\nactive_service = \"far\"\n\
                 [engine.service_destinations]\n  [engine.service_destinations.far]\n    \
                 uri = \"ssh://me@far/run/podman/podman.sock\"\n    identity = \"/k\"\n",
            )
            .file(
                "/home/me/.config/containers/podman-connections.json",
                r#"{"Connection":{"Default":"near","Connections":{
                    "near":{"URI":"unix:///near.sock","IsMachine":true}}},"Farm":{}}"#,
            ),
        &[
            "unix:///near.sock: default Podman connection `near`",
            "ssh://me@far/run/podman/podman.sock: Podman connection `far`",
            "unix:///old.sock: Podman connection `old`",
        ],
        &[],
    );
    check(
        &Machine::new()
            .file(
                "/other.conf",
                "[engine.service_destinations.only]\nuri = \"unix:///only.sock\"\n",
            )
            .file("/etc/containers/containers.conf", "broken, but not read")
            .variable("CONTAINERS_CONF", "/other.conf")
            .variable("CONTAINER_CONNECTION", "only"),
        &["unix:///only.sock: default Podman connection `only`"],
        &[],
    );
}

#[test]
fn products_are_tried_where_their_folder_exists() {
    check(
        &Machine::new()
            .folder("/home/me/.docker/desktop")
            .folder("/home/me/.docker/run")
            .file("/home/me/.colima/default/colima.yaml", "")
            .folder("/home/me/.colima/_lima/x")
            .folder("/home/me/.colima/empty")
            .file("/home/me/.config/colima/build/docker.sock", "")
            .file("/home/me/.lima/vm/sock/docker.sock", "")
            .file("/home/me/.lima/vm/sock/podman.sock", "")
            .folder("/home/me/.lima/other")
            .folder("/home/me/.rd")
            .folder("/home/me/.orbstack")
            .file(
                "/home/me/.local/share/containers/podman/machine/m2/podman.sock",
                "",
            )
            .file("/run/user/1000/podman/m3-api.sock", ""),
        &[],
        &[
            "unix:///home/me/.docker/desktop/docker.sock: Docker Desktop",
            "unix:///home/me/.docker/run/docker.sock: Docker Desktop",
            "unix:///home/me/.colima/default/docker.sock: Colima profile `default`",
            "unix:///home/me/.config/colima/build/docker.sock: Colima profile `build`",
            "unix:///home/me/.lima/vm/sock/docker.sock: Lima instance `vm`",
            "unix:///home/me/.lima/vm/sock/podman.sock: Lima instance `vm`",
            "unix:///home/me/.rd/docker.sock: Rancher Desktop",
            "unix:///home/me/.orbstack/run/docker.sock: OrbStack",
            "unix:///home/me/.local/share/containers/podman/machine/m2/podman.sock: Podman machine `m2`",
            "unix:///run/user/1000/podman/m3-api.sock: Podman machine `m3`",
        ],
    );
}

#[cfg(unix)]
#[test]
fn one_socket_under_several_names_is_one_endpoint() {
    // A product that links the system socket to its own, and a `/var/run` that is a link.
    let machine = Machine::new()
        .link("/var/run", "../run")
        .link("/run/docker.sock", "../home/me/.orbstack/run/docker.sock")
        .file("/home/me/.orbstack/run/docker.sock", "")
        .file(
            "/home/me/.docker/contexts/meta/aa/meta.json",
            &context("orbstack", "unix:///home/me/.orbstack/run/docker.sock"),
        )
        .variable("DOCKER_HOST", "unix:///run/docker.sock");
    assert_eq!(
        machine.found()[0],
        "unix:///run/docker.sock: variable `DOCKER_HOST`, Docker context `orbstack`, \
         Docker's system socket, OrbStack"
    );
    assert_eq!(machine.found().len(), 4);

    // Nothing exists: `/var/run` still means `/run`.
    let machine = Machine::new()
        .link("/var/run", "../run")
        .folder("/run")
        .variable("DOCKER_HOST", "unix:///run/docker.sock");
    assert_eq!(
        machine.found()[0],
        "unix:///run/docker.sock: variable `DOCKER_HOST`, Docker's system socket"
    );
}

#[test]
fn other_systems_have_other_sockets() {
    let mut machine = Machine::new();
    machine.environment.family = HostFamily::Windows;
    assert_eq!(
        machine.found(),
        [
            "npipe:////./pipe/docker_engine: Docker's system socket",
            "npipe:////./pipe/dockerDesktopLinuxEngine: Docker Desktop",
            "npipe:////./pipe/podman-machine-default: Podman machine `podman-machine-default`",
        ]
    );
    machine.environment.family = HostFamily::MacOs;
    machine.environment.runtime_folder = None;
    machine.environment.user_id = Some(501);
    assert_eq!(
        machine.found(),
        ["unix:///var/run/docker.sock: Docker's system socket"]
    );
}

#[test]
fn a_configuration_larger_than_a_mebibyte_is_not_read() {
    let machine = Machine::new().file("/home/me/.docker/config.json", &" ".repeat((1 << 20) + 1));
    assert_eq!(
        machine.problems(),
        ["/home/me/.docker/config.json: larger than 1 MiB, not read"]
    );
    assert!(machine.folder.path().exists());
}
