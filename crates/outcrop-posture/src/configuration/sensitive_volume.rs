//! Volumes over folders that the system or the host cares about.

use outcrop_containerfile::syntax::Keyword;
use outcrop_model::Severity;

use super::{Configuration, MAX_REMARKS};
use crate::check::{Check, Group, Look, Reference, Remark};
use crate::steps::listed;
use crate::text::shown;

pub(crate) static CHECK: Check = Check {
    id: "sensitive-volume",
    title: "Volume over a sensitive path",
    group: Group::Configuration,
    severity: Severity::Medium,
    why: "A volume outlives its container. Over a folder of the system it keeps old programs and \
          accounts when the image is mended; over a socket or a pseudo file system it asks for what \
          gives power over the host.",
    remedy: "Declare volumes for the data of the program alone, in a folder of its own.",
    containerfile: Some("VOLUME /var/lib/NAME"),
    references: &[
        Reference::cis_docker("CIS Docker Benchmark 1.6.0, 5.6"),
        Reference::nist_sp_800_190("NIST SP 800-190, 4.5.5: host file system tampering"),
        Reference {
            name: "Dockle DKL-DI-0002",
            url: "https://github.com/goodwithtech/dockle/blob/master/CHECKPOINT.md",
        },
    ],
    look: Look::Configuration(look),
};

/// Folders of the system, themselves alone: what lies below them may be data of a program.
const FOLDERS: [&str; 15] = [
    "/", "/bin", "/boot", "/etc", "/home", "/lib", "/lib64", "/root", "/run", "/sbin", "/usr",
    "/usr/bin", "/usr/lib", "/var", "/var/lib",
];
/// Folders that are sensitive with all that lies below them.
const TREES: [&str; 4] = ["/dev", "/proc", "/root/.ssh", "/sys"];
/// Files and folders by which an engine or its containers are ruled.
const ENGINE: [&str; 8] = [
    "/run/containerd",
    "/run/crio",
    "/run/docker.sock",
    "/run/podman",
    "/var/lib/containerd",
    "/var/lib/docker",
    "/var/lib/kubelet",
    "/var/run/docker.sock",
];

fn look(configuration: &Configuration<'_>) -> Vec<Remark> {
    if configuration.is_windows() {
        return Vec::new();
    }
    let config = configuration.config;
    let listed = listed(config, Keyword::Volume);
    let volumes = config.run.iter().flat_map(|run| &run.volumes);
    volumes
        .filter_map(|volume| {
            let path = normal(volume);
            let below = |folder: &&str| {
                path.strip_prefix(*folder)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            };
            let (what, severity) = if ENGINE.iter().any(below) {
                let is_socket = path.contains(".sock");
                ("what rules an engine", is_socket.then_some(Severity::High))
            } else if TREES.iter().any(below) || FOLDERS.contains(&path.as_str()) {
                ("a folder of the system", None)
            } else {
                return None;
            };
            Some(Remark {
                message: format!("a volume lies over {what}: `{}`", shown(volume)),
                subject: shown(volume),
                severity,
                history: listed
                    .iter()
                    .find(|(word, _)| word == volume)
                    .map(|(_, step)| *step),
                ..Remark::default()
            })
        })
        .take(MAX_REMARKS + 1)
        .collect()
}

/// A path without `.`, `..` and slashes too many.
fn normal(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::example::{image, said};

    #[test]
    fn volumes() {
        let system = Some(("Medium", "a folder of the system"));
        let engine = Some(("High", "what rules an engine"));
        for (volume, expected) in [
            ("/", system),
            ("/etc/", system),
            ("//etc/./x/..", system),
            ("/root", system),
            ("/proc", system),
            ("/dev/shm", system),
            ("/var/run/docker.sock", engine),
            ("/run/podman/podman.sock", engine),
            ("/var/lib/docker", Some(("Medium", "what rules an engine"))),
            ("/etc/nginx", None),
            ("/data", None),
            ("/var/lib/postgresql/data", None),
            ("/rooted", None),
            ("/development", None),
            ("/var/lib/docker-registry", None),
        ] {
            let step = format!("~VOLUME [/other {volume}]");
            let mut config = image(&["~VOLUME [/x]", &step, &step]);
            config.run.as_mut().unwrap().volumes = vec![volume.to_owned()];
            let expected: Vec<String> = expected
                .iter()
                .map(|(severity, what)| {
                    format!("{severity} {volume} @1: a volume lies over {what}: `{volume}`")
                })
                .collect();
            assert_eq!(said(&CHECK, &config), expected, "{volume}");
        }
    }
}
