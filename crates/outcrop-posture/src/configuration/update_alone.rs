//! A step that fetches package lists and installs nothing.

use outcrop_containerfile::shell::{Command, program};
use outcrop_model::Severity;

use super::Configuration;
use crate::check::{Check, Group, Look, Reference, Remark};
use crate::packages::{Manager, Request, cleans, request};
use crate::steps::steps;

pub(crate) static CHECK: Check = Check {
    id: "update-alone",
    title: "Package lists updated alone",
    group: Group::Configuration,
    severity: Severity::Low,
    why: "The builder keeps the step, and with it the lists of the day it first ran: what later steps \
          install then comes without the security updates of since.",
    remedy: "Update and install in one step.",
    containerfile: Some(
        "RUN apt-get update && apt-get install --yes --no-install-recommends PACKAGE \\\n    && rm -rf /var/lib/apt/lists/*",
    ),
    references: &[
        Reference::cis_docker("CIS Docker Benchmark 1.6.0, 4.7"),
        Reference::docker_practices("Docker, Building best practices, apt-get"),
        Reference {
            name: "Dockle CIS-DI-0007",
            url: "https://github.com/goodwithtech/dockle/blob/master/CHECKPOINT.md",
        },
    ],
    look: Look::Configuration(look),
};

/// Programs beside which a step surely installs nothing.
const INERT: [&str; 12] = [
    ":", "[", "cat", "cp", "echo", "export", "ls", "mkdir", "printf", "sed", "set", "true",
];

fn look(configuration: &Configuration<'_>) -> Vec<Remark> {
    let mut remarks = Vec::new();
    for step in steps(configuration.config) {
        let commands = step.commands();
        for manager in [Manager::Apt, Manager::Apk] {
            if updates_alone(&commands, manager) {
                remarks.push(Remark {
                    message: format!(
                        "a step fetches package lists and installs nothing: `{} update`",
                        manager.as_str()
                    ),
                    subject: format!("{} in {}", manager.as_str(), step.name()),
                    history: Some(step.index),
                    ..Remark::default()
                });
            }
        }
    }
    remarks
}

fn updates_alone(commands: &[Command], manager: Manager) -> bool {
    let mut updates = false;
    for command in commands {
        match request(command) {
            Some((caller, Some(Request::Update), _)) => updates |= caller == manager,
            Some((_, Some(Request::Clean), _)) if !cleans(command, manager) => {}
            // What some other program does nobody knows.
            _ => match program(&command.words) {
                Some((name, _)) if !INERT.contains(&name) => return false,
                _ => {}
            },
        }
    }
    updates
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::example::{image, said};

    #[test]
    fn lists_fetched_alone() {
        let apt =
            "Low apt in … @1: a step fetches package lists and installs nothing: `apt update`";
        let apk = apt.replace("apt", "apk");
        for (script, expected) in [
            ("apt-get update", apt),
            ("set -eux; apt-get -y update && apt-get clean", apt),
            (
                "echo 'deb x' > /etc/apt/sources.list && apt-get update",
                apt,
            ),
            ("apk update", &apk),
            ("apt-get update && apt-get install x", ""),
            ("apt-get update && apt-get upgrade -y", ""),
            ("apt-get update && apt-get distclean", ""),
            ("apt-get update && rm -rf /var/lib/apt/lists/*", ""),
            ("apt-get update && ./install.sh", ""),
            ("yum -y update", ""),
            ("echo apt-get update", ""),
            ("pip update", ""),
        ] {
            let config = image(&["RUN x", &format!("/bin/sh -c {script}")]);
            // The digest of the step is left out.
            let lines = said(&CHECK, &config);
            let lines = lines.iter().map(|line| {
                let (start, rest) = line.split_once(" in ").unwrap();
                format!("{start} in …{}", &rest[12..])
            });
            assert_eq!(lines.collect::<Vec<_>>().join("\n"), expected, "{script}");
        }
    }
}
