//! The sample that comes with the program, and the starter set: the first start without a
//! network and without an engine.

use std::collections::BTreeSet;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use outcrop_tests::programs::{User, tool, workspace};
use outcrop_tests::published::{Fix, Scan};
use outcrop_tests::suite::Outcome;
use serde_json::Value;

/// References of the three images, lowest first.
pub(crate) const FAMILY: [&str; 3] = [
    "outcrop-sample/debian:12",
    "outcrop-sample/enterprise:1.4",
    "outcrop-sample/orders:2.7.0",
];

/// The archive that holds all three.
pub(crate) fn archive() -> PathBuf {
    workspace().join("assets/sample/images.tar.gz")
}

/// One image of the archive, as an `IMAGE` argument.
pub(crate) fn image(reference: &str) -> String {
    format!("docker-archive:{}:{reference}", archive().display())
}

fn application() -> String {
    image(FAMILY[2])
}

/// Scans as JSON.
pub(crate) fn scan(user: &User, image: &str) -> Result<Scan> {
    user.run(["scan", "--format", "json", image])?
        .exits(0)?
        .json()
}

/// Real findings at once, and the report says what they rest on.
pub(crate) fn first_start() -> Outcome {
    let user = User::new()?;
    let report = scan(&user, &application())?;
    ensure!(
        report.schema_version.starts_with("1."),
        "{}",
        report.schema_version
    );
    ensure!(
        report.findings.len() >= 20,
        "{} findings",
        report.findings.len()
    );
    ensure!(report.completeness == "complete", "{:?}", report.problems);
    let debian = report
        .coverage
        .ecosystems
        .iter()
        .find(|ecosystem| ecosystem.ecosystem == "Debian:12")
        .context("Debian is not covered")?;
    ensure!(debian.advisories == "starter", "{debian:?}");
    ensure!(
        report
            .findings
            .iter()
            .all(|finding| finding.severity == "unknown"),
        "the starter set knows no severities"
    );
    let table = user.run(["scan", &application()])?.exits(0)?.stdout;
    for finding in report.findings.iter().take(3) {
        ensure!(
            table.contains(&finding.vulnerability),
            "{} is not in the table: {table}",
            finding.vulnerability
        );
    }
    ensure!(
        table.to_lowercase().contains("starter") && table.to_lowercase().contains("severit"),
        "the table does not say why no severity is known: {table}"
    );
    Ok(())
}

/// Each image of the family owns what its instructions installed.
pub(crate) fn layers() -> Outcome {
    let user = User::new()?;
    // The family is known once its members were read.
    for reference in FAMILY {
        scan(&user, &image(reference))?;
    }
    let report = scan(&user, &application())?;
    let names: Vec<_> = report
        .ancestors
        .iter()
        .map(|ancestor| (ancestor.name.as_str(), ancestor.certainty.as_str()))
        .collect();
    ensure!(
        names == [(FAMILY[1], "exact"), (FAMILY[0], "exact")],
        "ancestors: {names:?}"
    );
    for (package, owner, instruction) in [
        ("libc6", Some(FAMILY[0]), "ADD"),
        ("libxml2", Some(FAMILY[1]), "libxml2"),
        ("nodejs", None, "nodejs"),
    ] {
        let found = report
            .package(package)
            .with_context(|| format!("no `{package}`"))?;
        ensure!(
            found.inherited == owner.is_some() && owner.is_none_or(|owner| found.owner == owner),
            "`{package}`: {found:?}"
        );
        let layer = found.layer.and_then(|index| report.layers.get(index));
        ensure!(
            layer.is_some_and(|layer| layer.instruction.contains(instruction)),
            "`{package}` came with {layer:?}"
        );
    }
    Ok(())
}

/// The document holds every package and finding, and its references are closed.
pub(crate) fn cyclonedx() -> Outcome {
    let user = User::new()?;
    let report = scan(&user, &application())?;
    let document: Value = user
        .run(["scan", "--format", "cyclonedx", &application()])?
        .exits(0)?
        .json()?;
    ensure!(
        document["bomFormat"] == "CycloneDX" && document["specVersion"] == "1.6",
        "{} {}",
        document["bomFormat"],
        document["specVersion"]
    );
    // A package that is made of another's files stands inside that one.
    let components: Vec<&Value> = document["components"]
        .as_array()
        .context("components")?
        .iter()
        .flat_map(|component| {
            let inside = component["components"].as_array();
            std::iter::once(component).chain(inside.into_iter().flatten())
        })
        .collect();
    let texts = |name: &str| -> BTreeSet<&str> {
        components
            .iter()
            .filter_map(|component| component[name].as_str())
            .collect()
    };
    let purls = texts("purl");
    for package in &report.packages {
        ensure!(
            purls.contains(package.purl.as_str()),
            "no `{}`",
            package.purl
        );
    }
    let known = texts("bom-ref");
    let vulnerabilities = document["vulnerabilities"]
        .as_array()
        .context("vulnerabilities")?;
    let mut named = BTreeSet::new();
    for vulnerability in vulnerabilities {
        named.extend(vulnerability["id"].as_str());
        let affects = vulnerability["affects"].as_array().context("affects")?;
        ensure!(!affects.is_empty(), "affects nothing: {vulnerability}");
        for affected in affects {
            ensure!(
                affected["ref"]
                    .as_str()
                    .is_some_and(|id| known.contains(id)),
                "affects an unknown component: {affected}"
            );
        }
    }
    let found: BTreeSet<_> = report
        .findings
        .iter()
        .map(|finding| finding.vulnerability.as_str())
        .collect();
    ensure!(
        named == found,
        "{} named, {} found",
        named.len(),
        found.len()
    );
    Ok(())
}

/// Every package with its purl, in the document's own form; nothing reaches out of the page.
pub(crate) fn documents() -> Outcome {
    let user = User::new()?;
    let report = scan(&user, &application())?;
    let text = |format: &str| -> Result<String> {
        Ok(user
            .run(["scan", "--format", format, &application()])?
            .exits(0)?
            .stdout)
    };
    let spdx: Value = serde_json::from_str(&text("spdx")?)?;
    ensure!(spdx["spdxVersion"] == "SPDX-2.3", "{}", spdx["spdxVersion"]);
    let purls: BTreeSet<&str> = spdx["packages"]
        .as_array()
        .context("packages")?
        .iter()
        .filter_map(|package| package["externalRefs"][0]["referenceLocator"].as_str())
        .collect();
    let (markdown, html) = (text("markdown")?, text("html")?);
    ensure!(
        !html.contains("<script") && !html.contains("src=") && !html.contains("url("),
        "the page asks for more than itself"
    );
    let table = user
        .run(["scan", "--packages", &application()])?
        .exits(0)?
        .stdout;
    for package in &report.packages {
        ensure!(
            purls.contains(package.purl.as_str()),
            "no `{}` in SPDX",
            package.purl
        );
        for (format, text) in [("markdown", &markdown), ("html", &html), ("table", &table)] {
            ensure!(
                text.contains(&package.name),
                "no `{}` in {format}",
                package.name
            );
        }
    }
    Ok(())
}

/// The diff goes into the last stage, before the user is dropped or with it restored.
pub(crate) fn fix() -> Outcome {
    let user = User::new()?;
    let tree = tempfile::TempDir::new()?;
    let root = tree.path().display().to_string();
    tool("git", ["-C", &root, "init", "--quiet"])?;
    let original = workspace().join("assets/sample/application/Containerfile");
    let containerfile = tree.path().join("Containerfile");
    std::fs::copy(&original, &containerfile)?;
    let path = containerfile.display().to_string();

    let fix: Fix = user
        .run(["fix", &application(), "--containerfile", &path, "--json"])?
        .exits(0)?
        .json()?;
    let diff = user
        .run(["fix", &application(), "--containerfile", &path])?
        .exits(0)?
        .stdout;
    ensure!(diff == fix.diff, "the two outputs differ");
    ensure!(
        fix.clears.is_empty() == diff.is_empty(),
        "clears {}, diff {diff}",
        fix.clears.len()
    );
    ensure!(
        fix.stays.iter().all(|stays| !stays.reason.is_empty()),
        "a reason is empty"
    );
    if !diff.is_empty() {
        std::fs::write(tree.path().join("fix.patch"), &diff)?;
        tool("git", ["-C", &root, "apply", "fix.patch"])?;
        ensure!(
            std::fs::read_to_string(&containerfile)? == fix.after,
            "{diff}"
        );
        let before = std::fs::read_to_string(&original)?;
        let user_of = |text: &str| {
            text.lines()
                .rfind(|line| line.starts_with("USER "))
                .map(str::to_owned)
        };
        ensure!(user_of(&before) == user_of(&fix.after), "{diff}");
    }
    Ok(())
}

/// The three build on each other.
pub(crate) fn lineage() -> Outcome {
    let user = User::new()?;
    for reference in FAMILY {
        scan(&user, &image(reference))?;
    }
    let lineage: Value = user
        .run(["lineage", "--format", "json"])?
        .exits(0)?
        .json()?;
    let nodes = lineage["nodes"].as_array().context("nodes")?;
    let node = |name: &str| {
        nodes
            .iter()
            .find(|node| node["name"] == name)
            .with_context(|| format!("no `{name}` in {lineage}"))
    };
    for pair in FAMILY.windows(2) {
        ensure!(
            node(pair[1])?["parent"] == node(pair[0])?["config_digest"],
            "`{}` is built on `{}`: {lineage}",
            pair[1],
            pair[0]
        );
    }
    Ok(())
}
