//! The text of the `RUN` that upgrades packages.
//!
//! `apt-get install --only-upgrade` succeeds without doing anything where a package is not installed
//! or no newer one is offered, so each package is compared afterwards with the version that has the
//! fix, and the build fails if one is older. `dpkg-query`'s `${source:Version}` (dpkg 1.16.2) is the
//! version that advisories speak of.

use std::collections::{BTreeMap, BTreeSet};

use crate::syntax::{Containerfile, Instruction, Keyword};

use super::AptBinary;
use super::insertion::Insertion;

/// Up to this many packages stand on one line, each with a guard of its own.
const MAX_ON_ONE_LINE: usize = 3;

/// Whether name, architecture and version have the characters of Debian's, so that nothing in them
/// means anything to a shell or a builder.
pub(super) fn is_writable(binary: &AptBinary) -> bool {
    let name = |text: &str| {
        text.starts_with(|first: char| first.is_ascii_lowercase() || first.is_ascii_digit())
            && text.bytes().all(|byte| {
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"+.-".contains(&byte)
            })
    };
    // Some shells read a `~` after a colon as a home directory.
    let version = |text: &str| {
        !text.contains(":~")
            && text.starts_with(|first: char| first.is_ascii_alphanumeric())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"+.~:-".contains(&byte))
    };
    name(&binary.name)
        && binary.architecture_suffix.as_deref().is_none_or(name)
        && version(&binary.fixed_version)
}

/// The keyword in the case that the file writes its keywords in.
pub(super) fn cased(file: &Containerfile, keyword: &str) -> String {
    let lower = file.instructions().all(|instruction| {
        instruction
            .keyword_text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase())
    });
    if lower {
        keyword.to_ascii_lowercase()
    } else {
        keyword.to_owned()
    }
}

/// The lines of the instruction.
pub(super) fn lines<'a>(
    file: &Containerfile,
    insertion: &Insertion,
    binaries: impl Iterator<Item = &'a AptBinary>,
) -> Vec<String> {
    let guards: BTreeSet<(String, &str)> = binaries
        .map(|binary| (installed_name(binary), binary.fixed_version.as_str()))
        .collect();
    let names: BTreeSet<&str> = guards.iter().map(|(name, _)| name.as_str()).collect();
    let (outer, inner) = indents(file);

    let mut script = vec!["apt-get update".to_owned()];
    let install = format!(
        "{outer}&& DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends --only-upgrade"
    );
    if guards.len() <= MAX_ON_ONE_LINE {
        script.push(format!(
            "{install} {}",
            names.into_iter().collect::<Vec<_>>().join(" ")
        ));
        for (name, version) in &guards {
            script.push(format!(
                r#"{outer}&& dpkg --compare-versions "$(dpkg-query -W -f='${{source:Version}}' {name})" ge {version}"#
            ));
        }
    } else {
        script.push(install);
        script.extend(names.iter().map(|name| format!("{inner}{name}")));
        script.push(format!("{outer}&& for fixed in"));
        script.extend(
            guards
                .iter()
                .map(|(name, version)| format!("{inner}{name}={version}")),
        );
        script.push(format!(
            r#"{outer}; do dpkg --compare-versions "$(dpkg-query -W -f='${{source:Version}}' "${{fixed%%=*}}")" ge "${{fixed#*=}}""#
        ));
        script.push(format!(
            r#"{inner}|| {{ echo "still older than $fixed" >&2; exit 1; }}; done"#
        ));
    }
    let lists_are_mounted = insertion
        .mounts
        .iter()
        .any(|mount| matches!(mount.target.as_str(), "/var/lib/apt" | "/var/lib/apt/lists"));
    if !lists_are_mounted {
        script.push(format!("{outer}&& rm -rf /var/lib/apt/lists/*"));
    }

    let exec_form = insertion
        .shell
        .as_deref()
        .is_some_and(|shell| !reads_posix_scripts(shell));
    if exec_form {
        for line in &mut script {
            *line = line.replace('"', "\\\"");
        }
    }
    let mut start = cased(file, "RUN");
    for mount in &insertion.mounts {
        start.push(' ');
        start.push_str(&mount.text);
    }
    let (open, close) = if exec_form {
        (r#"["/bin/sh", "-c", ""#, r#""]"#)
    } else {
        ("", "")
    };
    let last = script.len() - 1;
    let escape = file.escape();
    script
        .into_iter()
        .enumerate()
        .map(|(number, line)| {
            let line = if number == 0 {
                format!("{start} {open}{line}")
            } else {
                line
            };
            if number == last {
                format!("{line}{close}")
            } else {
                format!("{line} {escape}")
            }
        })
        .collect()
}

fn installed_name(binary: &AptBinary) -> String {
    match &binary.architecture_suffix {
        Some(architecture) => format!("{}:{architecture}", binary.name),
        None => binary.name.clone(),
    }
}

/// Whether a `SHELL` runs the script as `/bin/sh -c` would.
fn reads_posix_scripts(shell: &[String]) -> bool {
    let [program, options @ ..] = shell else {
        return false;
    };
    let name = program.rsplit('/').next().unwrap_or(program);
    let takes_command = options
        .last()
        .is_some_and(|option| option.starts_with('-') && option.ends_with('c'));
    matches!(name, "sh" | "bash" | "dash" | "ash" | "ksh") && takes_command
}

/// The indents of `&&` lines and of the words below them, as the file's own `RUN`s have them.
fn indents(file: &Containerfile) -> (String, String) {
    let mut counts: BTreeMap<&[u8], usize> = BTreeMap::new();
    let mut fallback: Option<&[u8]> = None;
    for instruction in file
        .instructions()
        .filter(|instruction| instruction.keyword == Keyword::Run)
    {
        for line in continuation_lines(file, instruction) {
            let text = line.trim_ascii_start();
            let indent = &line[..line.len() - text.len()];
            if indent.is_empty() || text.is_empty() || text.starts_with(b"#") {
                continue;
            }
            fallback.get_or_insert(indent);
            if text.starts_with(b"&&") {
                *counts.entry(indent).or_default() += 1;
            }
        }
    }
    let most_used = counts
        .into_iter()
        .max_by_key(|&(_, count)| count)
        .map(|(indent, _)| indent);
    let plain = |indent: &&[u8]| indent.iter().all(|byte| matches!(byte, b' ' | b'\t'));
    let outer = most_used.or(fallback).filter(plain).unwrap_or(b" ");
    let outer = String::from_utf8_lossy(outer).into_owned();
    let inner = match outer.as_str() {
        " " => "    ".to_owned(),
        _ if outer.contains('\t') => format!("{outer}\t"),
        _ => outer.repeat(2),
    };
    (outer, inner)
}

/// The lines of an instruction after its first one, heredocs left out.
fn continuation_lines<'a>(
    file: &'a Containerfile,
    instruction: &Instruction,
) -> impl Iterator<Item = &'a [u8]> {
    let end = instruction
        .heredocs
        .first()
        .map_or(instruction.span.end, |heredoc| heredoc.content_span.start);
    let bytes = &file.bytes()[instruction.span.start..end];
    bytes.split(|&byte| byte == b'\n').skip(1)
}
