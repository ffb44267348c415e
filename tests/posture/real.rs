//! Everything that is said of real images, each entry looked at and justified.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::Path;

use anyhow::{Result, ensure};
use outcrop_tests::debian;
use outcrop_tests::programs::User;
use outcrop_tests::published::Risk;
use outcrop_tests::suite::Outcome;

use crate::reports;

/// Why an entry is right.
struct Row {
    image: &'static str,
    check: &'static str,
    severity: &'static str,
    /// The path or, where there is none, the message; `*` stands for any text.
    what: &'static str,
    /// What was seen when it was looked at.
    #[expect(dead_code, reason = "for whoever reads the table")]
    reason: &'static str,
}

/// A row.
const fn row(
    image: &'static str,
    check: &'static str,
    severity: &'static str,
    what: &'static str,
    reason: &'static str,
) -> Row {
    Row {
        image,
        check,
        severity,
        what,
        reason,
    }
}

const ROWS: &[Row] = &[
    row(
        "debian",
        "root-user",
        "medium",
        "no USER is set, so a container runs as root",
        "the root file system was imported without any configuration",
    ),
    row(
        "debian",
        "setuid-program",
        "negligible",
        "usr/bin/ch*",
        "chfn and chsh write /etc/passwd for the user who calls them; package passwd has them so",
    ),
    row(
        "debian",
        "setuid-program",
        "negligible",
        "usr/bin/gpasswd",
        "writes /etc/gshadow for the administrators of a group; package passwd has it so",
    ),
    row(
        "debian",
        "setuid-program",
        "negligible",
        "usr/bin/newgrp",
        "changes the group of a session; package login has it so",
    ),
    row(
        "debian",
        "setuid-program",
        "negligible",
        "usr/bin/passwd",
        "writes /etc/shadow for the user who calls it; package passwd has it so",
    ),
    row(
        "debian",
        "setuid-program",
        "negligible",
        "usr/bin/su",
        "becomes another user after it asked for a password; package util-linux has it so",
    ),
    row(
        "debian",
        "setuid-program",
        "negligible",
        "usr/bin/*mount",
        "mount and umount let users mount what /etc/fstab allows; package mount has them so",
    ),
    row(
        "debian",
        "setgid-program",
        "negligible",
        "usr/bin/chage",
        "reads /etc/shadow as group shadow; package passwd has it so",
    ),
    row(
        "debian",
        "setgid-program",
        "negligible",
        "usr/bin/expiry",
        "reads /etc/shadow as group shadow; package passwd has it so",
    ),
    row(
        "debian",
        "setgid-program",
        "negligible",
        "usr/sbin/unix_chkpwd",
        "reads /etc/shadow as group shadow for PAM; package libpam-modules-bin has it so",
    ),
    row(
        "alpine",
        "root-user",
        "medium",
        "no USER is set, so a container runs as root",
        "Alpine's official image leaves the user to what is built on it; its files are in order",
    ),
    row(
        "sample",
        "no-healthcheck",
        "negligible",
        "no HEALTHCHECK tells whether the program answers",
        "its Containerfile starts a server and has none; it sets a user",
    ),
];

/// The programs of an archive of one layer that run as their owner or group, by their headers
/// alone.
fn privileged(archive: &Path) -> Result<BTreeSet<String>> {
    let mut privileged = BTreeSet::new();
    let mut archive = tar::Archive::new(File::open(archive)?);
    for entry in archive.entries_with_seek()? {
        let entry = entry?;
        if !entry.path()?.ends_with("layer.tar") {
            continue;
        }
        for file in tar::Archive::new(entry).entries()? {
            let file = file?;
            let header = file.header();
            if header.entry_type().is_file() && header.mode()? & 0o6000 != 0 {
                let path = file.path()?.display().to_string();
                privileged.insert(path.trim_start_matches("./").to_owned());
            }
        }
    }
    Ok(privileged)
}

/// The privileged programs of Debian are those whose headers say so, none more and none less.
pub(crate) fn debian() -> Outcome {
    let archive = debian::outdated_archive()?;
    let image = archive.display().to_string();
    justified("debian", &image)?;
    let scan = reports::scan(&User::new()?, &image)?;
    let risks = scan.risks.into_iter();
    let told: BTreeSet<String> = risks
        .filter(|risk| matches!(risk.check.as_str(), "setuid-program" | "setgid-program"))
        .filter_map(|risk| risk.path)
        .collect();
    let expected = privileged(&archive)?;
    ensure!(told == expected, "{told:?} instead of {expected:?}");
    Ok(())
}

/// The path, or the message where there is none.
fn what(risk: &Risk) -> &str {
    risk.path.as_deref().unwrap_or(&risk.message)
}

/// Each entry of the image has its row, and each row its entry.
pub(crate) fn justified(name: &str, image: &str) -> Outcome {
    let scan = reports::scan(&User::new()?, image)?;
    let explains = |row: &&Row, risk: &Risk| {
        row.image == name
            && row.check == risk.check
            && row.severity == risk.severity
            && matches(row.what, what(risk))
    };
    for risk in &scan.risks {
        println!(
            "{name}: {} {} {} {}",
            risk.check,
            risk.severity,
            what(risk),
            risk.message
        );
    }
    let unexplained: Vec<_> = scan
        .risks
        .iter()
        .filter(|risk| !ROWS.iter().any(|row| explains(&row, risk)))
        .collect();
    ensure!(unexplained.is_empty(), "{name}: {unexplained:#?}");
    let idle: Vec<_> = ROWS
        .iter()
        .filter(|row| row.image == name)
        .filter(|row| !scan.risks.iter().any(|risk| explains(row, risk)))
        .map(|row| (row.check, row.severity, row.what))
        .collect();
    ensure!(idle.is_empty(), "{name}: nothing is there of {idle:#?}");
    Ok(())
}

/// Whether the text is the pattern, in which one `*` may stand for any text.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, end)) => text
            .strip_prefix(start)
            .is_some_and(|rest| rest.ends_with(end)),
    }
}
