//! A shell stands between the engine and the program.
//!
//! The configuration keeps the words alone: an exec form that starts a shell on purpose looks the
//! same as the shell form, and is told of too. A script that begins with `exec` gives its place to
//! the program, and is not.

use outcrop_containerfile::shell::base_name;
use outcrop_containerfile::syntax::Keyword;
use outcrop_model::Severity;

use super::Configuration;
use crate::check::{Check, Group, Look, Reference, Remark};
use crate::steps::{SHELLS, last};
use crate::text::shown;

pub(crate) static CHECK: Check = Check {
    id: "shell-form",
    title: "Started through a shell",
    group: Group::Configuration,
    severity: Severity::Low,
    why: "The shell is process 1 and passes no signal on: the program does not hear that it shall \
          stop, and is killed in the middle of its work. An ENTRYPOINT of this form ignores the \
          arguments of `docker run` as well.",
    remedy: "Write the words as a JSON list, or begin the script with `exec`.",
    containerfile: Some("ENTRYPOINT [\"/app/server\", \"--option\"]"),
    references: &[
        Reference {
            name: "Dockerfile reference, Shell and exec form",
            url: "https://docs.docker.com/reference/dockerfile/#shell-and-exec-form",
        },
        Reference {
            name: "Docker, build check JSONArgsRecommended",
            url: "https://docs.docker.com/reference/build-checks/json-args-recommended/",
        },
        Reference {
            name: "hadolint DL3025",
            url: "https://github.com/hadolint/hadolint/wiki/DL3025",
        },
    ],
    look: Look::Configuration(look),
};

fn look(configuration: &Configuration<'_>) -> Vec<Remark> {
    let config = configuration.config;
    // The shell of the engine runs nothing of `CMD` where there is an `ENTRYPOINT`.
    let (words, keyword, severity) = if config.entrypoint.is_empty() {
        (&config.command, Keyword::Cmd, Severity::Negligible)
    } else {
        (&config.entrypoint, Keyword::Entrypoint, Severity::Low)
    };
    let Some(script) = script(words) else {
        return Vec::new();
    };
    let containerfile = format!("{} [\"PROGRAM\", \"ARGUMENT\"]", keyword.as_str());
    vec![Remark {
        message: format!(
            "{} starts its program through a shell: `{}`",
            keyword.as_str(),
            shown(script)
        ),
        subject: keyword.as_str().to_owned(),
        severity: Some(severity),
        history: last(config, keyword),
        containerfile: Some(containerfile),
        ..Remark::default()
    }]
}

/// The script of `["/bin/sh","-c","…"]`, also with the options of a `SHELL`, unless it gives its
/// place to the program.
fn script(words: &[String]) -> Option<&str> {
    let [shell, options @ .., script] = words else {
        return None;
    };
    (SHELLS.contains(&base_name(shell))
        && options
            .last()
            .is_some_and(|option| option.starts_with('-') && option.ends_with('c'))
        && !script.trim_start().starts_with("exec "))
    .then_some(script)
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::example::{image, said};

    fn check(entrypoint: &[&str], command: &[&str], expected: &str) {
        let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
        let mut config = image(&[
            "~CMD x",
            "~ENTRYPOINT x",
            "~ENTRYPOINT y",
            "~CMD y",
            "~USER x",
        ]);
        config.entrypoint = words(entrypoint);
        config.command = words(command);
        assert_eq!(
            said(&CHECK, &config).join("\n"),
            expected,
            "{entrypoint:?} {command:?}"
        );
    }

    #[test]
    fn programs_behind_a_shell() {
        let entrypoint =
            "Low ENTRYPOINT @2: ENTRYPOINT starts its program through a shell: `serve`";
        check(&["/bin/sh", "-c", "serve"], &[], entrypoint);
        check(
            &["/bin/sh", "-c", "serve"],
            &["/bin/sh", "-c", "x"],
            entrypoint,
        );
        check(
            &["/bin/bash", "-o", "pipefail", "-c", "serve"],
            &[],
            entrypoint,
        );
        let command = "Negligible CMD @3: CMD starts its program through a shell: `serve`";
        check(&[], &["/bin/sh", "-c", "serve"], command);
        check(&["/entry.sh"], &["/bin/sh", "-c", "serve"], "");
        check(&["/bin/sh", "-c", "exec serve"], &[], "");
        check(&["/bin/sh", "/entry.sh"], &[], "");
        check(&["tini", "--", "sh", "-c", "x"], &[], "");
        check(&[], &["bash"], "");
        check(&[], &["/bin/sh", "-c"], "");
        check(&[], &[], "");
    }
}
