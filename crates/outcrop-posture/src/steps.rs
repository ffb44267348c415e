//! The steps of an image's history, read for checks.

use outcrop_containerfile::history::{Builder, HistoryStep, RecordedStep};
use outcrop_containerfile::shell::{self, Command};
use outcrop_containerfile::syntax::Keyword;
use outcrop_model::{Digest, HistoryEntry, ImageConfig};

use crate::text::cut;

/// Bytes of one step that are read.
const MAX_STEP_BYTES: usize = 64 << 10;
/// Things that steps list which are kept.
const MAX_LISTED: usize = 10_000;
/// How deep `sh -c '…'` inside of each other is followed.
const MAX_SHELLS: usize = 3;
/// Programs that run a script.
pub(crate) const SHELLS: [&str; 6] = ["ash", "bash", "dash", "ksh", "sh", "zsh"];

/// A step of the history.
pub(crate) struct Step {
    /// Its position, oldest first.
    pub(crate) index: usize,
    /// The instruction; none where the text has the form of no builder.
    pub(crate) keyword: Option<Keyword>,
    /// What follows the keyword.
    pub(crate) payload: String,
    /// Who wrote it.
    pub(crate) builder: Builder,
    /// Whether build arguments stand before the command of a `RUN`.
    has_arguments: bool,
    /// Whether it says that it has no layer.
    pub(crate) empty_layer: bool,
}

/// The steps, oldest first.
pub(crate) fn steps(config: &ImageConfig) -> impl DoubleEndedIterator<Item = Step> {
    config.history.iter().enumerate().map(read)
}

fn read((index, entry): (usize, &HistoryEntry)) -> Step {
    let recorded = RecordedStep::read(&HistoryStep {
        created_by: cut(&entry.created_by, MAX_STEP_BYTES),
        comment: &entry.comment,
        empty_layer: entry.empty_layer,
    });
    Step {
        index,
        keyword: recorded.keyword,
        payload: recorded.payload,
        builder: recorded.builder,
        has_arguments: recorded.arguments.is_some(),
        empty_layer: recorded.empty_layer,
    }
}

/// The last step with that instruction: the one that set what it sets.
pub(crate) fn last(config: &ImageConfig, keyword: Keyword) -> Option<usize> {
    steps(config)
        .rev()
        .find(|step| step.keyword == Some(keyword))
        .map(|step| step.index)
}

/// What the steps with an instruction list, each with its step, oldest first: the first that lists a
/// thing brought it, where each step adds to those before.
pub(crate) fn listed(config: &ImageConfig, keyword: Keyword) -> Vec<(String, usize)> {
    let with_keyword = steps(config).filter(|step| step.keyword == Some(keyword));
    with_keyword
        .flat_map(|step| {
            let words = step.listed().map(|word| (word.to_owned(), step.index));
            words.collect::<Vec<_>>()
        })
        .take(MAX_LISTED)
        .collect()
}

/// The last step with that instruction that sets `NAME=value`.
pub(crate) fn last_setting(config: &ImageConfig, keyword: Keyword, name: &str) -> Option<usize> {
    let naming = config.history.iter().enumerate().rev();
    naming
        .filter(|(_, entry)| entry.created_by.contains(name))
        .map(read)
        .find(|step| step.keyword == Some(keyword) && step.sets(name))
        .map(|step| step.index)
}

impl Step {
    /// The things that an `EXPOSE` or a `VOLUME` lists: `80 443/udp`, `map[80/tcp:{}]`, `[/a /b]`,
    /// `["/a","/b"]`, as the builders write them.
    fn listed(&self) -> impl Iterator<Item = &str> {
        self.payload
            .trim_start_matches("map[")
            .split(|letter: char| letter.is_whitespace() || "[]{},\"'".contains(letter))
            .map(|word| word.trim_end_matches(':'))
            .filter(|word| !word.is_empty())
    }

    /// Whether an `ENV`, `LABEL` or `ARG` sets that name: `A=b C=d e`, `"A"="b"`, `A b`.
    fn sets(&self, name: &str) -> bool {
        let mut rest = self.payload.as_str();
        while let Some(at) = rest.find(name) {
            let before = rest[..at].chars().next_back();
            let after = &rest[at + name.len()..];
            let first = at == 0 && rest.len() == self.payload.len();
            if before.is_none_or(|letter| letter.is_whitespace() || "\"'".contains(letter))
                && (after.trim_start_matches(['"', '\'']).starts_with('=')
                    || (first && (after.is_empty() || after.starts_with(' '))))
            {
                return true;
            }
            let next = rest[at..].chars().next().map_or(1, char::len_utf8);
            rest = &rest[at + next..];
        }
        false
    }

    /// The commands of a `RUN`, with those that `sh -c '…'` among them runs; none of other
    /// instructions.
    pub(crate) fn commands(&self) -> Vec<Command> {
        let mut found = Vec::new();
        if self.keyword == Some(Keyword::Run) {
            collect(script(&self.payload, self.has_arguments), 0, &mut found);
        }
        found
    }

    /// What names the step in every rebuild: its position changes when the base does.
    pub(crate) fn name(&self) -> String {
        Digest::of(self.payload.as_bytes()).short()
    }

    /// The words of a `RUN` as they are.
    pub(crate) fn words(&self) -> impl Iterator<Item = &str> {
        self.payload.split_whitespace()
    }
}

fn collect(script: &str, depth: usize, found: &mut Vec<Command>) {
    for command in shell::commands(script) {
        let nested = match shell::program(&command.words) {
            Some((name, arguments)) if depth < MAX_SHELLS && SHELLS.contains(&name) => {
                let option = arguments.iter().position(|word| runs_next_word(word));
                option.and_then(|at| arguments.get(at + 1)).cloned()
            }
            _ => None,
        };
        found.push(command);
        if let Some(nested) = nested {
            collect(&nested, depth + 1, found);
        }
    }
}

/// Whether an option of a shell says that the next word is the script, as `-c` or `-exc`.
fn runs_next_word(option: &str) -> bool {
    option
        .strip_prefix('-')
        .is_some_and(|letters| !letters.starts_with('-') && letters.ends_with('c'))
}

/// What the shell of a `RUN` runs: the text after `/bin/bash -o pipefail -c`. All of it where no shell
/// stands there, as in the exec form.
fn script(payload: &str, has_arguments: bool) -> &str {
    let mut shell_seen = false;
    let mut at = 0;
    for word in payload.split_inclusive(' ') {
        at += word.len();
        let word = word.trim_end();
        if shell_seen {
            if runs_next_word(word) {
                return &payload[at..];
            }
            // `pipefail` in `-o pipefail`.
            if !word.starts_with('-') && !payload[..at].trim_end().ends_with("pipefail") {
                return payload;
            }
        } else if SHELLS.contains(&shell::base_name(word)) {
            shell_seen = true;
        } else if !has_arguments {
            return payload;
        }
    }
    payload
}

#[cfg(test)]
mod tests {
    use outcrop_containerfile::shell::Command;
    use outcrop_containerfile::syntax::Keyword;

    use super::{last_setting, listed, steps};
    use crate::example::image;

    #[test]
    fn commands_of_every_builder() {
        for (created_by, expected) in [
            ("/bin/sh -c a b && c", "a b;c"),
            ("|1 V=1 2 /bin/sh -c a", "a"),
            ("|1 V=1 2 /bin/ash -c a 'b c'", "a b c"),
            ("RUN /bin/bash -o pipefail -c a | b # buildkit", "a;b"),
            ("RUN |1 V=x /bin/bash -exo pipefail -c a # buildkit", "a"),
            ("RUN ls -l # buildkit", "ls -l"),
            ("RUN set -eux; a # buildkit", "set -eux;a"),
            ("/bin/sh -c bash -c 'a; b'", "bash -c a; b;a;b"),
            (
                "/bin/sh -c sh -c \"sh -c 'sh -c \\\"sh -c a\\\"'\"",
                "sh -c sh -c 'sh -c \"sh -c a\"';sh -c sh -c \"sh -c a\";sh -c sh -c a;sh -c a",
            ),
            ("/bin/sh -c #(nop)  ENV A=b", ""),
            ("bash", "bash"),
            ("# debian.sh --arch 'amd64' out/", ""),
            ("", ""),
        ] {
            let config = image(&[created_by]);
            let words = |command: Command| command.words.join(" ");
            let commands: Vec<String> = steps(&config)
                .flat_map(|step| step.commands())
                .map(words)
                .collect();
            assert_eq!(commands.join(";"), expected, "{created_by}");
        }
    }

    #[test]
    fn things_that_a_step_lists() {
        for (created_by, keyword, name) in [
            (
                "EXPOSE map[80/tcp:{} 443/udp:{}]",
                Keyword::Expose,
                "443/udp",
            ),
            ("EXPOSE [80/tcp]", Keyword::Expose, "80/tcp"),
            (
                "/bin/sh -c #(nop)  EXPOSE 443/udp 80",
                Keyword::Expose,
                "80",
            ),
            ("VOLUME [/data /etc]", Keyword::Volume, "/etc"),
            (
                r#"/bin/sh -c #(nop) VOLUME ["/root"]"#,
                Keyword::Volume,
                "/root",
            ),
        ] {
            let config = image(&["FROM x", created_by, created_by]);
            let listed = listed(&config, keyword);
            let found = listed.iter().find(|(word, _)| word == name);
            assert_eq!(found.map(|(_, step)| *step), Some(1), "{created_by}");
        }
    }

    #[test]
    fn names_that_a_step_sets() {
        for (payload, name, expected) in [
            ("A=b C=d e", "C", true),
            ("A=b C=d e", "B", false),
            ("XA=b", "A", false),
            ("A=C d", "C", false),
            (r#""A b"="c""#, "A b", true),
            ("A b c", "A", true),
            ("A b c", "b", false),
            ("AB=x A=y", "A", true),
            ("é=ä", "ä", false),
        ] {
            let config = image(&[&format!("ENV {payload} # buildkit")]);
            let found = last_setting(&config, Keyword::Env, name);
            assert_eq!(found.is_some(), expected, "{payload}: {name}");
        }
    }
}
