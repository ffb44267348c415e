//! Which crates a heavy dependency reaches, as `cargo tree --invert` tells.
//!
//! Each query has a positive control: the crate that is meant to hold the dependency must show up,
//! or the query found nothing because it was wrong.

use std::collections::BTreeSet;

use anyhow::bail;

use crate::repository::output;

/// A dependency, the crates that may name it, and those it may reach through them.
struct Boundary {
    dependency: &'static str,
    /// Each must name it: the positive control.
    holders: &'static [&'static str],
    /// May depend on a holder.
    above: &'static [&'static str],
}

/// Above everything: both front ends and what joins the parts for them.
const FRONT: &[&str] = &["outcrop-workbench", "outcrop-cli", "outcrop-desktop"];

const BOUNDARIES: [Boundary; 4] = [
    Boundary {
        dependency: "bollard",
        holders: &["outcrop-sources"],
        above: FRONT,
    },
    Boundary {
        dependency: "reqwest",
        holders: &["outcrop-sources"],
        above: FRONT,
    },
    Boundary {
        dependency: "sqlx",
        holders: &["outcrop-store"],
        above: FRONT,
    },
    Boundary {
        dependency: "tauri",
        holders: &["outcrop-desktop"],
        above: &[],
    },
];

/// Crates without I/O, network, SQL or window.
const PURE: [&str; 7] = [
    "outcrop-model",
    "outcrop-image",
    "outcrop-catalog",
    "outcrop-posture",
    "outcrop-advisory",
    "outcrop-lineage",
    "outcrop-containerfile",
];

/// What no pure crate may reach, each with a crate that does: the positive control.
const IMPURE: [(&str, &str); 6] = [
    ("tokio", "outcrop-sources"),
    ("bollard", "outcrop-sources"),
    ("reqwest", "outcrop-sources"),
    ("sqlx", "outcrop-store"),
    ("tauri", "outcrop-desktop"),
    ("rustls", "outcrop-sources"),
];

/// Members of the workspace that a dependency reaches, and those among them that name it.
#[derive(Default)]
struct Reach {
    all: BTreeSet<String>,
    direct: BTreeSet<String>,
}

/// Asks for the normal and build dependencies of the whole workspace, on every platform.
fn reach(dependency: &str) -> anyhow::Result<Reach> {
    let tree = output(
        "cargo",
        &[
            "tree",
            "--quiet",
            "--workspace",
            "--target",
            "all",
            "--edges",
            "normal,build",
            "--prefix",
            "depth",
            "--format",
            " {p}",
            "--invert",
            dependency,
        ],
    )?;
    let mut reach = Reach::default();
    for line in String::from_utf8(tree)?.lines() {
        let mut words = line.split_whitespace();
        let (Some(depth), Some(package)) = (words.next(), words.next()) else {
            continue;
        };
        // Crates of the workspace alone begin so, and the tool that asks.
        if package.starts_with("outcrop-") || package == "xtask" {
            reach.all.insert(package.to_owned());
            if depth == "1" {
                reach.direct.insert(package.to_owned());
            }
        }
    }
    Ok(reach)
}

/// Nothing but the crate that walls a dependency off names it, and only what is above reaches it.
pub(super) fn heavy_dependencies() -> anyhow::Result<()> {
    let mut failures = Vec::new();
    for Boundary {
        dependency,
        holders,
        above,
    } in BOUNDARIES
    {
        let reach = reach(dependency)?;
        for holder in holders {
            if !reach.direct.contains(*holder) {
                failures.push(format!(
                    "`{holder}` should name `{dependency}` and does not"
                ));
            }
        }
        for package in &reach.direct {
            if !holders.contains(&package.as_str()) {
                failures.push(format!("`{package}` names `{dependency}`"));
            }
        }
        for package in &reach.all {
            if !holders.contains(&package.as_str()) && !above.contains(&package.as_str()) {
                failures.push(format!("`{package}` reaches `{dependency}`"));
            }
        }
    }
    told(&failures)
}

/// No pure crate reaches a runtime, a network, a database or a window.
pub(super) fn pure_crates() -> anyhow::Result<()> {
    let mut failures = Vec::new();
    for (dependency, control) in IMPURE {
        let reach = reach(dependency)?;
        if !reach.all.contains(control) {
            failures.push(format!(
                "`{control}` should reach `{dependency}` and does not"
            ));
        }
        for package in PURE {
            if reach.all.contains(package) {
                failures.push(format!("`{package}` reaches `{dependency}`"));
            }
        }
    }
    told(&failures)
}

fn told(failures: &[String]) -> anyhow::Result<()> {
    if !failures.is_empty() {
        bail!("{}", failures.join("; "));
    }
    Ok(())
}
