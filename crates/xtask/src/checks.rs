//! `cargo xtask checks`: the page that says what is looked for in an image beside the versions of its
//! packages.
//!
//! Made from the registry of checks and from the table of secrets, in their order.

use std::fmt::Write;

use anyhow::bail;
use outcrop_posture::{CHECKS, Check, Group};

use crate::repository::{read, root};

/// The page, relative to the root of the checkout.
const PAGE: &str = "docs/checks.md";

const INTRODUCTION: &str = "\
# What Outcrop looks for

One section for each check of the registry: what it finds, how bad that is where nothing says more,
why, and what mends it. `cargo xtask checks` writes this page, and `cargo xtask tidy` checks it.

A risk names the layer that brought it and the step of the history that made it, so a report can tell
what a base brought from what the image brought itself. Histories are what the builders wrote: those of
Docker's classic builder, of BuildKit and of Buildah are read. What they do not write is not known:
flags of `RUN` such as cache mounts, `--checksum` of `ADD`, the `FROM` of Docker's builders.

The lines for a Containerfile show the form; words in capitals stand for what fits the image.
";

const GROUPS: [(Group, &str, &str); 3] = [
    (
        Group::Configuration,
        "Configuration",
        "How a container would run, and how the image was built.",
    ),
    (
        Group::Files,
        "Files",
        "Permissions, owners and leftovers, from the headers of the entries of each layer, and the \
         accounts.",
    ),
    (
        Group::Secrets,
        "Secrets",
        "By content, in every layer: what a later layer deletes or replaces ships all the same. No value \
         is kept or shown but its first two and last two characters.\n\n\
         Searched are text files, UTF-16 among them, up to 64 MiB of each; archives and packed files \
         are not opened. What publishers ship to everyone is public: folders of tests, samples and \
         documentation of packages are not searched, private keys in the code of packages and files \
         that a package of the system installed are not told (those under `/etc` are). In the \
         folders of packages only values count that tell by their form what they are; names of \
         variables count in configuration alone. A fingerprint is made of kind, path and value: it is \
         the same on every machine, and who guesses a value can confirm it by that.",
    ),
];

/// Writes the page, or with `check` compares it with what is committed.
pub(crate) fn run(check: bool) -> anyhow::Result<()> {
    let page = page()?;
    if !check {
        return Ok(std::fs::write(root().join(PAGE), page)?);
    }
    if read(PAGE)? != page {
        bail!("`{PAGE}` is not what the checks say: run `cargo xtask checks`");
    }
    Ok(())
}

fn page() -> anyhow::Result<String> {
    let mut page = INTRODUCTION.to_owned();
    for (group, heading, text) in GROUPS {
        write!(page, "\n## {heading}\n\n{}\n", wrapped(text))?;
        for check in CHECKS.iter().filter(|check| check.group == group) {
            section(&mut page, check)?;
        }
    }
    page.push_str(
        "\n### Kinds of secrets\n\n\
         The form is fixed text, and in braces an alphabet with a number of characters or what is\n\
         computed.\n\n\
         | kind | what it is | severity | form |\n|---|---|---|---|\n",
    );
    for kind in outcrop_posture::secret_kinds() {
        let severity = kind.severity.as_str();
        let form = kind.form.replace('|', "\\|");
        writeln!(
            page,
            "| `{}` | {} | {severity} | `{form}` |",
            kind.id, kind.title
        )?;
    }
    Ok(page)
}

fn section(page: &mut String, check: &Check) -> anyhow::Result<()> {
    let severity = check.severity.as_str();
    write!(
        page,
        "\n### {}\n\n`{}`, {severity}\n\n{}\n\n{}\n",
        check.title,
        check.id,
        wrapped(check.why),
        wrapped(&format!("Remedy: {}", check.remedy))
    )?;
    if let Some(lines) = check.containerfile {
        write!(page, "\n```dockerfile\n{lines}\n```\n")?;
    }
    if !check.references.is_empty() {
        page.push('\n');
    }
    for reference in check.references {
        match reference.url {
            "" => writeln!(page, "- {}", reference.name)?,
            url => writeln!(page, "- [{}]({url})", reference.name)?,
        }
    }
    Ok(())
}

/// Columns of a line of text.
const COLUMNS: usize = 100;

fn wrapped(text: &str) -> String {
    let mut lines = String::new();
    let mut column = 0;
    for word in text.split_whitespace() {
        if column > 0 && column + 1 + word.len() > COLUMNS {
            lines.push('\n');
            column = 0;
        } else if column > 0 {
            lines.push(' ');
            column += 1;
        }
        lines.push_str(word);
        column += word.len();
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::{page, wrapped};

    #[test]
    fn every_check_and_every_kind_is_on_the_page() {
        let page = page().unwrap();
        for check in outcrop_posture::CHECKS {
            assert!(
                page.contains(&format!("\n`{}`, ", check.id)),
                "{}",
                check.id
            );
        }
        for kind in outcrop_posture::secret_kinds() {
            assert!(
                page.contains(&format!("\n| `{}` |", kind.id)),
                "{}",
                kind.id
            );
        }
    }

    #[test]
    fn text_is_wrapped_between_words() {
        let text = "word ".repeat(41);
        let lines: Vec<String> = wrapped(&text).lines().map(ToOwned::to_owned).collect();
        assert_eq!(lines.len(), 3);
        assert!(
            lines
                .iter()
                .all(|line| line.len() <= super::COLUMNS && !line.ends_with(' '))
        );
    }
}
