//! Nothing tells whether the program of a container still answers.

use outcrop_containerfile::shell::base_name;
use outcrop_containerfile::syntax::Keyword;
use outcrop_model::Severity;

use super::Configuration;
use crate::check::{Check, Group, Look, Reference, Remark};
use crate::steps::{SHELLS, last, steps};

pub(crate) static CHECK: Check = Check {
    id: "no-healthcheck",
    title: "No health check",
    group: Group::Configuration,
    severity: Severity::Negligible,
    why: "Without one an engine knows only whether the process is there, and goes on to send work to \
          a service that hangs. Kubernetes has probes of its own and looks at none of this.",
    remedy: "Add one that asks the service itself. Podman keeps it in images of Docker's format alone \
             (`podman build --format docker`).",
    containerfile: Some("HEALTHCHECK CMD [\"/app/server\", \"--check\"]"),
    references: &[
        Reference::cis_docker("CIS Docker Benchmark 1.6.0, 4.6"),
        Reference {
            name: "hadolint DL3057",
            url: "https://github.com/hadolint/hadolint/wiki/DL3057",
        },
        Reference {
            name: "Dockerfile reference, HEALTHCHECK",
            url: "https://docs.docker.com/reference/dockerfile/#healthcheck",
        },
    ],
    look: Look::Configuration(look),
};

/// Interpreters that wait for someone who types, where they are all of a command.
const INTERPRETERS: [&str; 8] = [
    "R", "ghci", "iex", "irb", "jshell", "node", "python", "python3",
];

fn look(configuration: &Configuration<'_>) -> Vec<Remark> {
    let config = configuration.config;
    let Some(run) = &config.run else {
        return Vec::new();
    };
    let step = last(config, Keyword::Healthcheck);
    let message = match &run.health_check {
        Some(test) if test.first().is_some_and(|word| word == "NONE") => {
            "the health check is switched off: `HEALTHCHECK NONE`"
        }
        Some(_) => return Vec::new(),
        None if step.is_some() && !switched_off(configuration) => {
            "the HEALTHCHECK of the build is not in the image, whose format has none"
        }
        // Bases, and images of tools that someone starts by hand, serve nothing.
        None if !has_program(configuration) => return Vec::new(),
        None => "no HEALTHCHECK tells whether the program answers",
    };
    vec![Remark {
        message: message.to_owned(),
        history: step,
        ..Remark::default()
    }]
}

fn switched_off(configuration: &Configuration<'_>) -> bool {
    steps(configuration.config)
        .rev()
        .find(|step| step.keyword == Some(Keyword::Healthcheck))
        .is_some_and(|step| step.payload.contains("NONE"))
}

/// Whether a container starts something by itself.
fn has_program(configuration: &Configuration<'_>) -> bool {
    let config = configuration.config;
    match config.command.as_slice() {
        _ if !config.entrypoint.is_empty() => true,
        [] => false,
        [word, options @ ..] => {
            let name = base_name(word);
            let waits = SHELLS.contains(&name) || INTERPRETERS.contains(&name);
            !(waits
                && options
                    .iter()
                    .all(|word| matches!(word.as_str(), "-i" | "-l")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::example::{image, said};

    fn check(test: &[&str], command: &[&str], history: &[&str], expected: &str) {
        let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
        let mut config = image(history);
        config.command = words(command);
        config.run.as_mut().unwrap().health_check = Some(words(test)).filter(|_| !test.is_empty());
        assert_eq!(said(&CHECK, &config).join("\n"), expected, "{command:?}");
    }

    #[test]
    fn health_checks() {
        let none = "Negligible: no HEALTHCHECK tells whether the program answers";
        check(&[], &["nginx", "-g", "daemon off;"], &[], none);
        check(&[], &["/bin/sh", "-c", "serve"], &[], none);
        check(&[], &["python3", "serve.py"], &[], none);
        for command in [&["bash"][..], &["/bin/sh", "-l"], &["python3"], &[]] {
            check(&[], command, &[], "");
        }
        check(&["CMD", "true"], &["nginx"], &[], "");
        check(
            &["NONE"],
            &["nginx"],
            &[
                "~HEALTHCHECK x",
                "~/bin/sh -c #(nop)  HEALTHCHECK &{[\"NONE\"] \"0s\"}",
            ],
            "Negligible @1: the health check is switched off: `HEALTHCHECK NONE`",
        );
        check(
            &[],
            &["nginx"],
            &["~/bin/sh -c #(nop) HEALTHCHECK --interval=5s CMD wget -q localhost"],
            "Negligible @0: the HEALTHCHECK of the build is not in the image, whose format has none",
        );
    }
}
