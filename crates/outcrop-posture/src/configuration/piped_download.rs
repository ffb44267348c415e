//! A shell that runs what a server answers: `curl … | sh`.

use std::collections::BTreeSet;

use outcrop_containerfile::shell::{Command, base_name, program};
use outcrop_model::Severity;

use super::Configuration;
use crate::check::{Check, Group, Look, Reference, Remark};
use crate::steps::{SHELLS, steps};
use crate::text::shown_address;

pub(crate) static CHECK: Check = Check {
    id: "piped-download",
    title: "Download run by a shell",
    group: Group::Configuration,
    severity: Severity::Medium,
    why: "Whoever controls the server or the way to it decides what the build runs, and a download \
          that breaks off leaves half a script run.",
    remedy: "Download into a file, compare its checksum or signature with what the publisher tells, \
             then run it. Better still, install a package.",
    containerfile: Some(
        "ADD --checksum=sha256:DIGEST https://HOST/install.sh /tmp/install.sh\nRUN sh /tmp/install.sh",
    ),
    references: &[
        Reference::cis_docker("CIS Docker Benchmark 1.6.0, 4.11"),
        Reference::docker_practices("Docker, Building best practices, Using pipes"),
        Reference {
            name: "hadolint DL4006",
            url: "https://github.com/hadolint/hadolint/wiki/DL4006",
        },
        Reference {
            name: "CWE-494: download of code without integrity check",
            url: "https://cwe.mitre.org/data/definitions/494.html",
        },
    ],
    look: Look::Configuration(look),
};

const FETCHERS: [&str; 4] = ["aria2c", "curl", "fetch", "wget"];
/// Interpreters that run their input, where no argument names a program.
const INTERPRETERS: [&str; 7] = [
    "node", "perl", "php", "python", "python2", "python3", "ruby",
];

fn look(configuration: &Configuration<'_>) -> Vec<Remark> {
    let mut remarks: Vec<Remark> = Vec::new();
    let mut seen = BTreeSet::new();
    for step in steps(configuration.config) {
        for address in piped(&step.commands()) {
            let message = if address.is_empty() {
                "what a server answered was run by a shell".to_owned()
            } else {
                format!("what a server answered was run by a shell: `{address}`")
            };
            if seen.insert(address.clone()) {
                remarks.push(Remark {
                    message,
                    subject: address,
                    history: Some(step.index),
                    ..Remark::default()
                });
            }
        }
    }
    remarks
}

/// The addresses whose answers are run.
fn piped(commands: &[Command]) -> Vec<String> {
    let mut found = Vec::new();
    // What the pipeline so far has fetched.
    let mut fetched: Option<String> = None;
    for (index, command) in commands.iter().enumerate() {
        if !command.piped {
            fetched = None;
        }
        let Some((name, arguments)) = program(&command.words) else {
            continue;
        };
        if FETCHERS.contains(&name) {
            fetched = Some(address(arguments.iter().map(String::as_str)));
        } else if fetched.is_some() && runs_input(name, arguments) {
            found.extend(fetched.take());
        }
        if !(SHELLS.contains(&name) || matches!(name, "." | "eval" | "source")) {
            continue;
        }
        // `sh -c "$(curl …)"`: one word, as it is quoted.
        let substituted = arguments.iter().find(|word| {
            let inner = word.strip_prefix("$(").or_else(|| word.strip_prefix('`'));
            inner
                .and_then(|text| text.split_whitespace().next())
                .is_some_and(|name| FETCHERS.contains(&base_name(name)))
        });
        if let Some(text) = substituted {
            found.push(address(text.split(|letter: char| {
                letter.is_whitespace() || "()`'\"".contains(letter)
            })));
        }
        // `bash <(curl …)`, `eval $(curl …)`: the substitution is the next command.
        if arguments
            .last()
            .is_some_and(|word| matches!(word.as_str(), "<" | "$"))
            && let Some(next) = commands.get(index + 1)
            && let Some((fetcher, arguments)) = program(&next.words)
            && FETCHERS.contains(&fetcher)
        {
            found.push(address(arguments.iter().map(String::as_str)));
        }
    }
    found
}

/// The first word that is an address of the web.
fn address<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words
        .filter(|word| !word.starts_with('-'))
        .find(|word| word.contains("://"))
        .map(shown_address)
        .unwrap_or_default()
}

/// Whether a program runs what it reads.
fn runs_input(name: &str, arguments: &[String]) -> bool {
    let mut words = arguments
        .iter()
        .map(String::as_str)
        .filter(|word| !word.contains(['<', '>']));
    if INTERPRETERS.contains(&name) {
        return words.next().is_none_or(|word| word == "-");
    }
    if !SHELLS.contains(&name) {
        return false;
    }
    for word in words {
        match word {
            "-" | "-s" | "--" | "/dev/stdin" => return true,
            _ if word.starts_with("--") => {}
            _ if word.starts_with('-') && word.ends_with('c') => return false,
            _ if word.starts_with('-') && word.contains('s') => return true,
            _ if word.starts_with('-') || word == "pipefail" => {}
            _ => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::example::{image, said};

    fn addresses(script: &str) -> String {
        let created_by = format!("/bin/sh -c {script}");
        let config = image(&["RUN x", &created_by]);
        let start = "Medium";
        said(&CHECK, &config)
            .iter()
            .map(|line| line.split(" @1: ").next().unwrap_or_default())
            .map(|line| line.trim_start_matches(start).trim().to_owned())
            .map(|address| {
                if address.is_empty() {
                    "?".to_owned()
                } else {
                    address
                }
            })
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn downloads_that_are_run() {
        for script in [
            "curl -fsSL https://a.example/x | sh",
            "set -e; curl https://a.example/x|bash -s -- --yes",
            "wget -qO- https://a.example/x | sudo -E bash -",
            "curl https://a.example/x | tee /tmp/x | env A=b /bin/bash",
            "curl https://a.example/x 2>&1 | bash -x",
            "(curl https://a.example/x) | sh",
            "curl https://a.example/x | python3 -",
            "curl https://a.example/x | python3",
            "curl https://a.example/x | sh -s stable > /dev/null",
            "wget https://a.example/x -O - | gunzip | sh",
            "sh -c \"$(curl -fsSL https://a.example/x)\"",
            "eval \"$(wget -qO- https://a.example/x)\"",
            "eval $(curl https://a.example/x)",
            "bash <(curl -s https://a.example/x)",
            ". <(curl https://a.example/x)",
            "bash -c 'curl https://a.example/x | sh'",
            "if true; then curl https://me:word@a.example/x?token=1 | sh; fi",
        ] {
            assert_eq!(addresses(script), "https://a.example/x", "{script}");
        }
        assert_eq!(addresses("curl $URL | sh"), "?");
        assert_eq!(
            addresses("curl https://a/1 | sh; curl https://b/2 | sh"),
            "https://a/1 https://b/2"
        );
    }

    #[test]
    fn downloads_that_are_not_run() {
        for script in [
            "curl https://a.example/x -o x && sh x",
            "curl https://a.example/x | tar xz",
            "curl https://a.example/x | sha256sum -c -",
            "curl https://a.example/x | gpg --dearmor > k",
            "curl https://a.example/x | python3 -m json.tool",
            "curl https://a.example/x | python3 -c 'print()'",
            "curl https://a.example/x | sh ./read.sh",
            "curl https://a.example/x | sh -c 'cat > y'",
            "curl https://a.example/x || sh fallback",
            "curl https://a.example/x; echo y | sh",
            "curl https://a.example/x && bash",
            "echo 'curl https://a.example/x | sh'",
            "echo \"curl https://a.example/x | sh\" > README",
            "cat > install <<EOF\ncurl https://a.example/x | sh\nEOF\nchmod +x install",
            "# curl https://a.example/x | sh",
            "curl https://a.example/x.sh",
            "curl https://a.example/x | xargs -n1 apt-get install",
            "x=$(curl https://a.example/x) make",
        ] {
            assert_eq!(addresses(script), "", "{script}");
        }
    }
}
