//! What a builder writes into an image's history for a Containerfile.
//!
//! Covers the instructions of the sample and refuses any other. The forms are those of the classic
//! builder (`#(nop)`) and of BuildKit (`# buildkit`): a `RUN` joins its continued lines, keeping
//! the spaces that the next line begins with and dropping comment lines.

use anyhow::bail;

/// The program that built an image.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Builder<'a> {
    /// Names what `ADD` adds by this digest of its content, in hexadecimal.
    Classic(&'a str),
    BuildKit,
}

/// One history entry.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) created_by: String,
    /// Without a layer of its own.
    pub(super) empty: bool,
}

/// The history entries that the last stage of a Containerfile adds.
pub(super) fn steps(containerfile: &str, builder: Builder<'_>) -> anyhow::Result<Vec<Step>> {
    let mut steps = Vec::new();
    for instruction in instructions(containerfile) {
        let Some((keyword, arguments)) = instruction.split_once(' ') else {
            bail!("an instruction without arguments: `{instruction}`");
        };
        let arguments = arguments.trim();
        let (created_by, empty) = match (keyword, builder) {
            ("FROM", _) => {
                steps.clear();
                continue;
            }
            ("ADD", Builder::Classic(digest)) => {
                let target = arguments.split_whitespace().next_back().unwrap_or("/");
                (
                    format!("/bin/sh -c #(nop) ADD file:{digest} in {target} "),
                    false,
                )
            }
            ("CMD", _) => {
                let words: Vec<String> = serde_json::from_str(arguments)?;
                let quoted: Vec<String> = words.iter().map(|word| format!("{word:?}")).collect();
                let prefix = if builder == Builder::BuildKit {
                    ""
                } else {
                    "/bin/sh -c #(nop)  "
                };
                (format!("{prefix}CMD [{}]", quoted.join(" ")), true)
            }
            ("RUN", Builder::BuildKit) => (format!("RUN /bin/sh -c {arguments} # buildkit"), false),
            ("COPY", Builder::BuildKit) => {
                let words = arguments
                    .split_whitespace()
                    .filter(|word| !word.starts_with("--from="));
                (
                    format!("COPY {} # buildkit", words.collect::<Vec<_>>().join(" ")),
                    false,
                )
            }
            ("WORKDIR", Builder::BuildKit) => (format!("WORKDIR {arguments}"), false),
            ("LABEL" | "ENV", Builder::BuildKit) => {
                let pairs = pairs(arguments)?;
                let pairs: Vec<String> = pairs
                    .into_iter()
                    .map(|(key, value)| format!("{key}={value}"))
                    .collect();
                (format!("{keyword} {}", pairs.join(" ")), true)
            }
            ("USER", Builder::BuildKit) => (format!("USER {arguments}"), true),
            _ => bail!("the sample has no history form for `{keyword}`"),
        };
        steps.push(Step { created_by, empty });
    }
    Ok(steps)
}

/// Instructions with continued lines joined, comment and empty lines left out.
pub(super) fn instructions(containerfile: &str) -> Vec<String> {
    let mut instructions = Vec::new();
    let mut pending = String::new();
    for line in containerfile.lines() {
        if line.trim().is_empty() || line.trim_start().starts_with('#') {
            continue;
        }
        if let Some(continued) = line.strip_suffix('\\') {
            pending.push_str(continued);
        } else {
            pending.push_str(line);
            instructions.push(std::mem::take(&mut pending));
        }
    }
    instructions
}

/// `key=value` pairs of `LABEL` and `ENV`, a value bare or in double quotes without escapes.
pub(super) fn pairs(arguments: &str) -> anyhow::Result<Vec<(String, String)>> {
    let mut pairs = Vec::new();
    let mut rest = arguments.trim();
    while !rest.is_empty() {
        let Some((key, after)) = rest.split_once('=') else {
            bail!("not a `key=value` pair: `{rest}`");
        };
        let (value, after) = match after.strip_prefix('"') {
            Some(quoted) => match quoted.split_once('"') {
                Some(split) => split,
                None => bail!("a quote is not closed: `{after}`"),
            },
            None => after.split_once(' ').unwrap_or((after, "")),
        };
        pairs.push((key.to_owned(), value.to_owned()));
        rest = after.trim_start();
    }
    Ok(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(containerfile: &str, builder: Builder<'_>, expected: &[(&str, bool)]) {
        let steps = steps(containerfile, builder).unwrap();
        let found: Vec<(&str, bool)> = steps
            .iter()
            .map(|step| (step.created_by.as_str(), step.empty))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_run_keeps_the_spaces_of_its_continued_lines_and_drops_comments() {
        check(
            "FROM a\nRUN one \\\n    # why\n    && two\n",
            Builder::BuildKit,
            &[("RUN /bin/sh -c one     && two # buildkit", false)],
        );
    }

    #[test]
    fn only_the_last_stage_counts_and_copy_does_not_show_its_stage() {
        check(
            "FROM a AS b\nWORKDIR /src\nFROM c\nCOPY --from=b /src ./src\nUSER x\n",
            Builder::BuildKit,
            &[("COPY /src ./src # buildkit", false), ("USER x", true)],
        );
    }

    #[test]
    fn the_classic_builder_writes_two_spaces_before_metadata() {
        check(
            "FROM scratch\nCMD [\"bash\", \"-l\"]\n",
            Builder::Classic(""),
            &[(r#"/bin/sh -c #(nop)  CMD ["bash" "-l"]"#, true)],
        );
    }

    #[test]
    fn labels_lose_their_quotes() {
        check(
            "FROM a\nLABEL x=\"one two\" \\\n  y=3\n",
            Builder::BuildKit,
            &[("LABEL x=one two y=3", true)],
        );
    }
}
