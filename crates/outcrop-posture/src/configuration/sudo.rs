//! `sudo` in a build.

use outcrop_containerfile::shell::{base_name, program};
use outcrop_model::Severity;

use super::Configuration;
use crate::check::{Check, Group, Look, Reference, Remark};
use crate::steps::{Step, steps};

pub(crate) static CHECK: Check = Check {
    id: "sudo",
    title: "Uses sudo",
    group: Group::Configuration,
    severity: Severity::Low,
    why: "It lets the user of the container become root, and stands between an engine and the \
          program: signals and terminals behave differently.",
    remedy: "Do what needs root before USER names another user, and leave sudo out. A program that \
             starts as root and goes on as another user can use gosu or setpriv.",
    containerfile: Some("USER root\nRUN COMMAND\nUSER 65532:65532"),
    references: &[
        Reference::docker_practices("Docker, Building best practices, USER"),
        Reference {
            name: "hadolint DL3004",
            url: "https://github.com/hadolint/hadolint/wiki/DL3004",
        },
        Reference {
            name: "Dockle DKL-DI-0001",
            url: "https://github.com/goodwithtech/dockle/blob/master/CHECKPOINT.md",
        },
    ],
    look: Look::Configuration(look),
};

/// Programs that install packages.
const INSTALLERS: [&str; 8] = [
    "apk", "apt", "apt-get", "aptitude", "dnf", "microdnf", "yum", "zypper",
];

fn look(configuration: &Configuration<'_>) -> Vec<Remark> {
    let first = |does: fn(&Step) -> bool| {
        steps(configuration.config)
            .find(does)
            .map(|step| step.index)
    };
    let remark = |index: usize, message: &str, subject: &str| Remark {
        message: message.to_owned(),
        subject: subject.to_owned(),
        history: Some(index),
        ..Remark::default()
    };
    let installs =
        first(installs).map(|index| remark(index, "a step installs `sudo`", "installed"));
    let uses = first(uses).map(|index| remark(index, "a step runs its commands by `sudo`", "used"));
    installs.into_iter().chain(uses).collect()
}

fn installs(step: &Step) -> bool {
    step.commands().iter().any(|command| {
        program(&command.words).is_some_and(|(name, arguments)| {
            let mut words = arguments.iter().map(String::as_str);
            INSTALLERS.contains(&name)
                && words.any(|word| matches!(word, "add" | "install" | "in"))
                && words.any(|word| word == "sudo" || word.starts_with("sudo="))
        })
    })
}

fn uses(step: &Step) -> bool {
    step.commands().iter().any(|command| {
        // The word may stand behind others that wrap a command, before its name.
        let arguments = program(&command.words).map_or(0, |(_, arguments)| arguments.len() + 1);
        let wrappers = &command.words[..command.words.len() - arguments];
        let looks_for = wrappers
            .iter()
            .any(|word| matches!(word.as_str(), "-v" | "-V"));
        !looks_for && wrappers.iter().any(|word| base_name(word) == "sudo")
    })
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::example::{image, said};

    #[test]
    fn steps_with_sudo() {
        let installed = "Low installed @1: a step installs `sudo`";
        let used = "Low used @1: a step runs its commands by `sudo`";
        let both = format!("{installed}\n{used}");
        for (script, expected) in [
            ("apt-get update && apt-get install -y curl sudo", installed),
            ("apk add --no-cache sudo=1.9", installed),
            ("yum -y install sudo && sudo true", &both),
            ("sudo -E make install", used),
            ("true && A=b sudo -u me make", used),
            ("if true; then sudo make; fi", used),
            ("echo 'sudo make'", ""),
            ("apt-get remove sudo", ""),
            ("echo me >> /etc/sudoers", ""),
            ("usermod -aG sudo me", ""),
            ("apt-get install sudoku", ""),
            ("command -v sudo", ""),
            ("which sudo", ""),
        ] {
            let created_by = format!("/bin/sh -c {script}");
            let config = image(&["~ENV sudo=x", &created_by, &created_by]);
            assert_eq!(said(&CHECK, &config).join("\n"), expected, "{script}");
        }
    }
}
