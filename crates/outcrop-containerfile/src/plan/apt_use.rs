//! What a `RUN` does with apt, read from its commands.
//!
//! Commands are found by [`shell`]; what a script, a loop variable or a substitution would add is not
//! followed.

use crate::shell;
use crate::syntax::{Instruction, Keyword};

/// What an instruction does with apt.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct AptUse {
    /// Packages that it installs, as named: without version, release and architecture.
    pub(super) installs: Vec<String>,
    /// Packages that it installs at a fixed version.
    pub(super) pins: Vec<String>,
    /// Packages that it holds.
    pub(super) holds: Vec<String>,
    /// Whether it installs or upgrades any package, by apt or dpkg.
    pub(super) changes_packages: bool,
    /// Whether it changes where apt takes packages from, or how.
    pub(super) configures_apt: bool,
    /// Whether it calls apt at all.
    pub(super) calls_apt: bool,
}

/// Options of apt whose value is the next word.
const OPTIONS_WITH_VALUE: [&str; 8] = [
    "-a",
    "-c",
    "-o",
    "-t",
    "--config-file",
    "--default-release",
    "--option",
    "--target-release",
];

/// Reads a `RUN`; other instructions do nothing with apt.
pub(super) fn of(instruction: &Instruction) -> AptUse {
    let mut found = AptUse::default();
    if instruction.keyword != Keyword::Run {
        return found;
    }
    match &instruction.json {
        Some(words) => match words.iter().position(|word| word == "-c") {
            Some(at) if words.len() > at + 1 => found.script(&words[at + 1]),
            _ => found.command(words),
        },
        None => found.script(&instruction.text),
    }
    for heredoc in &instruction.heredocs {
        found.script(&heredoc.content);
    }
    found
}

impl AptUse {
    fn script(&mut self, script: &str) {
        for command in shell::commands(script) {
            self.command(&command.words);
        }
    }

    fn command(&mut self, words: &[String]) {
        let removes = words.iter().any(|word| word == "rm");
        self.configures_apt |= words.iter().any(|word| {
            // Removing the whole folder takes apt away rather than setting it up.
            word.contains("/etc/apt")
                && !(removes && word.trim_end_matches(['/', '*']) == "/etc/apt")
        });
        let Some((name, arguments)) = shell::program(words) else {
            return;
        };
        match name {
            "apt-get" | "apt" | "aptitude" => self.apt(arguments),
            "apt-mark" => {
                if let [verb, packages @ ..] = without_options(arguments).as_slice()
                    && *verb == "hold"
                {
                    self.holds
                        .extend(packages.iter().map(|package| (*package).to_owned()));
                }
            }
            "dpkg" | "gdebi" => {
                let installs = |word: &String| {
                    matches!(word.as_str(), "-i" | "--install" | "--unpack")
                        || word
                            .rsplit_once('.')
                            .is_some_and(|(_, ending)| ending == "deb")
                };
                self.changes_packages |= arguments.iter().any(installs);
            }
            "add-apt-repository" | "apt-add-repository" | "extrepo" => self.configures_apt = true,
            _ => {}
        }
    }

    fn apt(&mut self, arguments: &[String]) {
        self.calls_apt = true;
        let words = without_options(arguments);
        let [verb, packages @ ..] = words.as_slice() else {
            return;
        };
        match *verb {
            "install" | "reinstall" => {
                self.changes_packages = true;
                for package in packages {
                    let end = package.find(['=', '/', ':']).unwrap_or(package.len());
                    let name = &package[..end];
                    self.installs.push(name.to_owned());
                    if package[end..].contains('=') {
                        self.pins.push(name.to_owned());
                    }
                }
            }
            "upgrade" | "dist-upgrade" | "full-upgrade" | "safe-upgrade" | "build-dep" => {
                self.changes_packages = true;
            }
            "edit-sources" => self.configures_apt = true,
            _ => {}
        }
    }
}

fn without_options(words: &[String]) -> Vec<&str> {
    let mut kept = Vec::new();
    let mut words = words.iter().map(String::as_str);
    while let Some(word) = words.next() {
        if OPTIONS_WITH_VALUE.contains(&word) {
            words.next();
        } else if !word.starts_with('-') && !word.contains(['<', '>']) {
            kept.push(word);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::of;
    use crate::syntax::parse;

    fn shown(run: &str) -> String {
        let parsed = parse(run.as_bytes());
        let found = of(parsed.file.instruction(0).unwrap());
        let mut shown = found.installs.join(" ");
        for (set, word) in [
            (found.changes_packages, "changes"),
            (found.configures_apt, "configures"),
            (!found.pins.is_empty(), "pins"),
            (!found.holds.is_empty(), "holds"),
        ] {
            if set {
                shown.push_str(" +");
                shown.push_str(word);
            }
        }
        shown
    }

    #[test]
    fn what_a_run_does_with_apt() {
        for (run, expected) in [
            (
                "RUN apt-get update && apt-get install -y curl git",
                "curl git +changes",
            ),
            (
                "RUN DEBIAN_FRONTEND=noninteractive apt-get -qq -o X=y install -t sid a=1 b:i386 c/sid",
                "a b c +changes +pins",
            ),
            ("RUN sudo -E /usr/bin/apt install 'x'", "x +changes"),
            ("RUN if true; then apt-get install -y x; fi", "x +changes"),
            ("RUN (apt-get install x)>/dev/null", "x +changes"),
            (
                "RUN apt-get install -y \\\n  a \\\n  # b\n  c",
                "a c +changes",
            ),
            (
                "RUN [\"apt-get\", \"install\", \"-y\", \"x\"]",
                "x +changes",
            ),
            (
                "RUN [\"/bin/sh\", \"-c\", \"apt-get install -y x\"]",
                "x +changes",
            ),
            (
                "RUN <<EOF\napt-get update\napt-get install -y x\nEOF",
                "x +changes",
            ),
            ("RUN echo apt-get install x", ""),
            ("RUN echo 'a; apt-get install x'", ""),
            ("RUN apt-get update", ""),
            ("RUN apt-get remove -y x", ""),
            ("RUN apt-get -y dist-upgrade", " +changes"),
            ("RUN dpkg -i /tmp/x.deb", " +changes"),
            ("RUN apt-mark hold libssl3", " +holds"),
            (
                "RUN echo 'deb x' > /etc/apt/sources.list.d/x.list",
                " +configures",
            ),
            ("RUN echo 'deb x' >/etc/apt/sources.list", " +configures"),
            ("RUN sed -i s/a/b/ /etc/apt/sources.list", " +configures"),
            ("RUN add-apt-repository ppa:x/y", " +configures"),
            ("RUN extrepo enable x", " +configures"),
            ("RUN rm -rf /etc/apt/ /var/lib/dpkg", ""),
            ("RUN rm /etc/apt/sources.list.d/broken.list", " +configures"),
            (
                "RUN cat <<EOF > /etc/apt/sources.list.d/x.sources\nTypes: deb\nEOF",
                " +configures",
            ),
            ("COPY apt-get install /x", ""),
        ] {
            assert_eq!(shown(run), expected, "{run}");
        }
    }
}
