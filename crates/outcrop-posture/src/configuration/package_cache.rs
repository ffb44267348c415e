//! Lists and packages that a package manager fetched, left behind in the layer of its step.
//!
//! Told by the history: apt, apk, dnf (yum, microdnf), zypper and pip. Where the layers were read,
//! `package-cache-files` tells by the files themselves of what is still there, so this tells of what a
//! later step took away, which the layer ships all the same. Where they were not, as in a preview, the
//! history is all there is. What a cache mount kept out of the layer `BuildKit` does not write into it:
//! pip in a step of `BuildKit` is not told of, as such mounts are usual there.

use outcrop_containerfile::history::Builder;
use outcrop_containerfile::shell::{Command, is_assignment, program};
use outcrop_model::Severity;

use super::Configuration;
use crate::check::{Check, Group, Look, Reference, Remark};
use crate::packages::{Manager, Request, cleans, request};
use crate::steps::{Step, steps};

pub(crate) static CHECK: Check = Check {
    id: "package-cache",
    title: "Package cache left behind",
    group: Group::Configuration,
    severity: Severity::Negligible,
    why: "Every pull carries lists and packages that nothing uses, and lists that are kept let a later \
          step install versions of long ago. Removing them in a later step takes nothing out of the \
          layer.",
    remedy: "Remove them in the step that fetched them, or mount a cache while building.",
    containerfile: Some(
        "RUN apt-get update && apt-get install --yes --no-install-recommends PACKAGE \\\n    && rm -rf /var/lib/apt/lists/*",
    ),
    references: &[
        Reference::docker_practices("Docker, Building best practices, apt-get"),
        Reference {
            name: "hadolint DL3009 (apt)",
            url: "https://github.com/hadolint/hadolint/wiki/DL3009",
        },
        Reference {
            name: "hadolint DL3019 (apk)",
            url: "https://github.com/hadolint/hadolint/wiki/DL3019",
        },
        Reference {
            name: "hadolint DL3040 (dnf)",
            url: "https://github.com/hadolint/hadolint/wiki/DL3040",
        },
        Reference {
            name: "hadolint DL3042 (pip)",
            url: "https://github.com/hadolint/hadolint/wiki/DL3042",
        },
        Reference {
            name: "Dockle DKL-DI-0004, DKL-DI-0005",
            url: "https://github.com/goodwithtech/dockle/blob/master/CHECKPOINT.md",
        },
    ],
    look: Look::Configuration(look),
};

fn look(configuration: &Configuration<'_>) -> Vec<Remark> {
    let config = configuration.config;
    let pip_keeps_nothing = config
        .environment
        .iter()
        .any(|variable| turns_pip_cache_off(variable));
    let steps: Vec<(Step, Vec<Command>)> = steps(config)
        .map(|step| {
            let commands = step.commands();
            (step, commands)
        })
        .collect();
    let last_removal = MANAGERS.map(|manager| {
        let removal = steps.iter().rposition(|(_, commands)| {
            let mut commands = commands.iter();
            commands.any(|command| cleans(command, manager))
        });
        (manager, removal)
    });
    let mut remarks = Vec::new();
    for (at, (step, commands)) in steps.iter().enumerate() {
        // The recipe for a cache mount of apt: it takes away what empties the cache in the image.
        if step.payload.contains("docker-clean") {
            break;
        }
        if step.payload.contains("--mount=") {
            continue;
        }
        for (manager, removal) in last_removal {
            let untold =
                manager == Manager::Pip && (pip_keeps_nothing || step.builder == Builder::Buildkit);
            if untold || !leaves(step, commands, manager) {
                continue;
            }
            let removed_later = removal.is_some_and(|removal| removal > at);
            let message = match (removed_later, configuration.whole()) {
                (true, _) => {
                    "the layer ships what a package manager fetched, though a later step removes it"
                }
                (false, false) => "a step leaves what a package manager fetched",
                (false, true) => continue,
            };
            remarks.push(Remark {
                message: format!("{message}: `{}`", manager.as_str()),
                subject: format!("{} in {}", manager.as_str(), step.name()),
                history: Some(step.index),
                containerfile: containerfile(manager).map(ToOwned::to_owned),
                ..Remark::default()
            });
        }
    }
    remarks
}

const MANAGERS: [Manager; 5] = [
    Manager::Apt,
    Manager::Apk,
    Manager::Dnf,
    Manager::Zypper,
    Manager::Pip,
];

const fn containerfile(manager: Manager) -> Option<&'static str> {
    match manager {
        Manager::Apt => None,
        Manager::Apk => Some("RUN apk add --no-cache PACKAGE"),
        Manager::Dnf => Some("RUN dnf install -y PACKAGE && dnf clean all"),
        Manager::Zypper => Some("RUN zypper install -y PACKAGE && zypper clean --all"),
        Manager::Pip => Some("RUN pip install --no-cache-dir PACKAGE"),
    }
}

/// Whether a step fetches by that manager and keeps what came.
fn leaves(step: &Step, commands: &[Command], manager: Manager) -> bool {
    let asks = |wanted: Request, keeps: &dyn Fn(&[String]) -> bool| {
        commands.iter().any(|command| {
            request(command).is_some_and(|(caller, asked, arguments)| {
                caller == manager && asked == Some(wanted) && keeps(arguments)
            })
        })
    };
    let without = |options: &'static [&'static str]| {
        move |arguments: &[String]| {
            !arguments
                .iter()
                .any(|word| options.iter().any(|option| word.starts_with(option)))
        }
    };
    let fetches = match manager {
        // Update alone is told by a check of its own.
        Manager::Apt => asks(Request::Update, &|_| true) && asks(Request::Install, &|_| true),
        // Another root is not that of the image.
        Manager::Apk => asks(
            Request::Install,
            &without(&["--no-cache", "--root", "-p", "--no-network"]),
        ),
        Manager::Dnf => asks(
            Request::Install,
            &without(&["--installroot", "--cacheonly", "-C"]),
        ),
        Manager::Zypper => asks(
            Request::Install,
            &without(&["--root", "-R", "--installroot"]),
        ),
        Manager::Pip => {
            asks(Request::Install, &without(&["--no-cache", "--no-index"]))
                && !commands.iter().any(sets_pip_cache_off)
                && !step.payload.contains("PIP_NO_CACHE_DIR")
        }
    };
    fetches && !commands.iter().any(|command| cleans(command, manager))
}

fn turns_pip_cache_off(variable: &str) -> bool {
    variable
        .split_once('=')
        .is_some_and(|(name, value)| name == "PIP_NO_CACHE_DIR" && !value.is_empty())
}

/// Whether a command configures pip, as `pip config set global.no-cache-dir true`.
fn sets_pip_cache_off(command: &Command) -> bool {
    command.words.iter().any(|word| {
        (is_assignment(word) && turns_pip_cache_off(word)) || word.contains("no-cache-dir")
    }) && program(&command.words).is_none_or(|(name, _)| !name.starts_with("pip"))
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::example::{image, layered, said, said_layered};

    fn managers(created_by: &str) -> String {
        let config = image(&["RUN x", created_by]);
        said(&CHECK, &config)
            .iter()
            .filter_map(|line| line.split('`').nth(1))
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn caches_that_stay() {
        for (script, expected) in [
            ("apt-get update && apt-get install -y curl", "apt"),
            (
                "apt-get update; apt-get install -y curl; apt-get clean",
                "apt",
            ),
            (
                "apt-get update && apt-get install -y x && rm -rf /tmp/x",
                "apt",
            ),
            ("bash -c 'apt-get update && apt-get install -y x'", "apt"),
            ("apk add curl", "apk"),
            ("apk update && apk add curl", "apk"),
            ("yum install -y curl", "dnf"),
            ("microdnf install curl", "dnf"),
            ("zypper -n in curl", "zypper"),
            ("pip install flask", "pip"),
            ("python3 -m pip install -r r.txt", "pip"),
            ("apk add python3 && pip3 install x", "apk pip"),
            // What is cleaned:
            (
                "apt-get update && apt-get install -y x && rm -rf /var/lib/apt/lists/*",
                "",
            ),
            (
                "apt-get update && apt-get install -y x && apt-get distclean",
                "",
            ),
            ("apt-get install -y x", ""),
            ("apt-get update", ""),
            ("echo 'apt-get update && apt-get install x'", ""),
            ("apk add --no-cache x", ""),
            ("apk --no-cache add x", ""),
            ("apk add x && rm -rf /var/cache/apk/*", ""),
            ("apk --root /target add x", ""),
            ("dnf -y install x && dnf clean all", ""),
            ("yum install -y x && rm -rf /var/cache/yum", ""),
            ("zypper -n in x && zypper clean -a", ""),
            ("pip install --no-cache-dir x", ""),
            ("PIP_NO_CACHE_DIR=1 pip install x", ""),
            ("export PIP_NO_CACHE_DIR=1; pip install x", ""),
            ("pip install x && pip cache purge", ""),
            ("pip install x && rm -rf /root/.cache", ""),
            (
                "--mount=type=cache,target=/var/lib/apt apt-get update && apt-get install x",
                "",
            ),
            ("make install", ""),
        ] {
            assert_eq!(
                managers(&format!("/bin/sh -c {script}")),
                expected,
                "{script}"
            );
        }
    }

    #[test]
    fn what_a_cache_mount_may_have_kept_out_is_not_told() {
        let apt = "RUN /bin/sh -c apt-get update && apt-get install -y x # buildkit";
        assert_eq!(managers(apt), "apt");
        assert_eq!(managers("RUN /bin/sh -c pip install x # buildkit"), "");
        let config = image(&["RUN rm -f /etc/apt/apt.conf.d/docker-clean # buildkit", apt]);
        assert_eq!(said(&CHECK, &config), [""; 0]);
        let mut config = image(&["/bin/sh -c pip install x"]);
        config.environment = vec!["PIP_NO_CACHE_DIR=off".to_owned()];
        assert_eq!(said(&CHECK, &config), [""; 0]);
    }

    #[test]
    fn what_files_tell_of_is_left_to_them() {
        let layers = layered(&[(9, 9, 0), (9, 9, 0)]);
        let fetch = "/bin/sh -c apt-get update && apt-get install -y x";
        for (history, expected) in [
            ([fetch, "/bin/sh -c make"], ""),
            (
                [fetch, "/bin/sh -c rm -rf /var/lib/apt/lists/*"],
                "Negligible apt in 2f8dc9a79357 @0: the layer ships what a package manager fetched, though a later step removes it: `apt`",
            ),
            (["/bin/sh -c rm -rf /var/lib/apt/lists/*", fetch], ""),
        ] {
            let said = said_layered(&CHECK, image(&history), &layers);
            assert_eq!(said.join("\n"), expected, "{history:?}");
        }
    }

    #[test]
    fn each_step_is_told() {
        let config = image(&["/bin/sh -c apk add a", "/bin/sh -c apk add b"]);
        assert_eq!(
            said(&CHECK, &config),
            [
                "Negligible apk in d264b96dd104 @0: a step leaves what a package manager fetched: `apk`",
                "Negligible apk in 44b1d12a1436 @1: a step leaves what a package manager fetched: `apk`",
            ]
        );
    }
}
