//! `outcrop lineage`: which image is built on which.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use outcrop_workbench::output;
use outcrop_workbench::report::Role;
use outcrop_workbench::wire::{Lineage, LineageNode};
use owo_colors::OwoColorize as _;

use super::{Context, Failure, Outcome};
use crate::arguments::LineageFormat;
use crate::exit::Exit;
use crate::table::{by_severity, certainty};
use crate::terminal;
use crate::text::{counted, harmless, short};

pub(super) async fn run(context: &Context, image: Option<&str>, format: LineageFormat) -> Outcome {
    context
        .with_workbench(async |workbench| {
            let mut lineage = workbench.lineage().await?;
            if let Some(image) = image {
                lineage.nodes = family(&lineage.nodes, image)?;
            }
            match format {
                LineageFormat::Tree => terminal::print(&tree(&lineage))?,
                LineageFormat::Json => terminal::print_verbatim(output::json(&lineage))?,
                LineageFormat::Dot => terminal::print_verbatim(dot(&lineage))?,
            }
            Ok(Exit::Done)
        })
        .await
}

/// The image that is called `name`, its ancestors and its descendants.
fn family(nodes: &[LineageNode], name: &str) -> Result<Vec<LineageNode>, Failure> {
    let found: Vec<&LineageNode> = nodes.iter().filter(|node| is_called(node, name)).collect();
    let node = match found[..] {
        [node] => node,
        [] => {
            return Err(Failure::unknown_image(format!(
                "no image is called `{name}`"
            )));
        }
        _ => {
            let digests: Vec<&str> = found
                .iter()
                .map(|node| short(&node.config_digest))
                .collect();
            return Err(Failure::unknown_image(format!(
                "`{name}` stands for different images: {}",
                digests.join(", ")
            )));
        }
    };
    let parents: HashMap<&str, Option<&str>> = nodes
        .iter()
        .map(|node| (node.config_digest.as_str(), node.parent.as_deref()))
        .collect();
    let mut kept: HashSet<&str> = HashSet::new();
    let mut at = Some(node.config_digest.as_str());
    while let Some(digest) = at {
        if !kept.insert(digest) {
            break;
        }
        at = parents.get(digest).copied().flatten();
    }
    // Parents stand before their children, so one pass reaches every descendant.
    let mut below: HashSet<&str> = HashSet::from([node.config_digest.as_str()]);
    for node in nodes {
        if node
            .parent
            .as_deref()
            .is_some_and(|parent| below.contains(parent))
        {
            below.insert(&node.config_digest);
        }
    }
    Ok(nodes
        .iter()
        .filter(|node| {
            let digest = node.config_digest.as_str();
            kept.contains(digest) || below.contains(digest)
        })
        .cloned()
        .collect())
}

/// True for a reference in any spelling of its registry, and for an ID of at least four digits.
fn is_called(node: &LineageNode, name: &str) -> bool {
    let hex = name.strip_prefix("sha256:").unwrap_or(name);
    let is_id = hex.len() >= 4 && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    let identity = node
        .config_digest
        .strip_prefix("sha256:")
        .unwrap_or_default();
    if is_id && identity.starts_with(hex) {
        return true;
    }
    let plain = |reference: &str| {
        let reference = ["docker.io/library/", "docker.io/", "localhost/"]
            .iter()
            .find_map(|prefix| reference.strip_prefix(prefix))
            .unwrap_or(reference);
        let last = reference.rsplit('/').next().unwrap_or(reference);
        if last.contains([':', '@']) {
            reference.to_owned()
        } else {
            format!("{reference}:latest")
        }
    };
    node.references
        .iter()
        .any(|reference| plain(reference) == plain(name))
}

fn tree(lineage: &Lineage) -> String {
    if lineage.nodes.is_empty() {
        return "No images\n".to_owned();
    }
    let mut depths: HashMap<&str, usize> = HashMap::new();
    let mut text = String::new();
    for node in &lineage.nodes {
        let parent = node.parent.as_deref().and_then(|parent| depths.get(parent));
        let depth = parent.map_or(0, |depth| depth + 1);
        depths.insert(&node.config_digest, depth);
        let indent = "  ".repeat(depth);
        let _ = writeln!(
            text,
            "{indent}{}{}  {}  {}, {}{}{}",
            if depth == 0 { "" } else { "└ " },
            harmless(&node.name).bold(),
            short(&node.config_digest).dimmed(),
            role(node.role),
            counted(node.layers, "layer"),
            counts(node),
            if node.references.len() > 1 {
                format!(", also {}", harmless(&node.references[1..].join(", ")))
            } else {
                String::new()
            },
        );
        let _ = writeln!(
            text,
            "{indent}    {}: {}",
            certainty(node.certainty),
            harmless(&node.evidence.join("; "))
        );
    }
    text
}

fn counts(node: &LineageNode) -> String {
    let Some(counts) = &node.counts else {
        return ", not scanned".to_owned();
    };
    if counts.total() == 0 {
        return ", no findings known".to_owned();
    }
    let own = node
        .own_counts
        .as_ref()
        .map_or_else(String::new, |own| format!(" (own: {})", own.total()));
    format!(", {}{own}", by_severity(counts))
}

const fn role(role: Role) -> &'static str {
    match role {
        Role::Base => "base",
        Role::Enterprise => "enterprise",
        Role::Application => "application",
        Role::Builder => "builder",
        Role::Cots => "COTS",
    }
}

/// The families in the DOT language of Graphviz.
fn dot(lineage: &Lineage) -> String {
    let mut text = String::from("digraph lineage {\n  rankdir=LR;\n  node [shape=box];\n");
    for node in &lineage.nodes {
        let _ = writeln!(
            text,
            "  {} [label={}];",
            quoted(&node.config_digest),
            quoted(&format!("{} ({})", node.name, role(node.role)))
        );
    }
    for node in &lineage.nodes {
        if let Some(parent) = &node.parent {
            let _ = writeln!(
                text,
                "  {} -> {} [label={}];",
                quoted(parent),
                quoted(&node.config_digest),
                quoted(certainty(node.certainty))
            );
        }
    }
    text.push_str("}\n");
    text
}

/// A quoted identifier of the DOT language.
fn quoted(text: &str) -> String {
    let harmless = harmless(text).replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{harmless}\"")
}

#[cfg(test)]
mod tests {
    use outcrop_workbench::report::Certainty;

    use super::*;

    fn node(letter: &str, name: &str, parent: Option<&str>) -> LineageNode {
        let digest = |letter: &str| format!("sha256:{}", letter.repeat(64));
        LineageNode {
            config_digest: digest(letter),
            name: name.into(),
            references: vec![name.into()],
            engines: vec!["docker".into()],
            role: Role::Base,
            role_reason: String::new(),
            parent: parent.map(digest),
            certainty: Certainty::Exact,
            evidence: vec!["bytes".into()],
            layers: 1,
            size_bytes: 1,
            created: None,
            descendants: 0,
            counts: None,
            own_counts: None,
        }
    }

    fn nodes() -> Vec<LineageNode> {
        vec![
            node("a", "docker.io/library/debian:12", None),
            node("b", "corp/base:1", Some("a")),
            node("c", "app:1", Some("b")),
            node("d", "app:2", Some("b")),
            node("e", "other\":1", None),
        ]
    }

    #[test]
    fn a_family_is_ancestors_and_descendants() {
        for (name, expected) in [
            ("debian:12", Some(vec!["a", "b", "c", "d"])),
            ("corp/base:1", Some(vec!["a", "b", "c", "d"])),
            ("localhost/app:1", Some(vec!["a", "b", "c"])),
            ("dddd", Some(vec!["a", "b", "d"])),
            ("app", None),
            ("nothing", None),
        ] {
            let found = family(&nodes(), name).ok().map(|nodes| {
                nodes
                    .iter()
                    .map(|node| node.config_digest[7..8].to_owned())
                    .collect::<Vec<_>>()
            });
            let expected =
                expected.map(|letters| letters.into_iter().map(str::to_owned).collect::<Vec<_>>());
            assert_eq!(found, expected, "{name}");
        }
    }

    #[test]
    fn a_tree_shows_descent_and_evidence() {
        let lineage = Lineage {
            schema_version: "1.0".into(),
            nodes: nodes(),
        };
        insta::assert_snapshot!(anstream::adapter::strip_str(&tree(&lineage)).to_string(), @r#"
        docker.io/library/debian:12  aaaaaaaaaaaa  base, 1 layer, not scanned
            exact: bytes
          └ corp/base:1  bbbbbbbbbbbb  base, 1 layer, not scanned
              exact: bytes
            └ app:1  cccccccccccc  base, 1 layer, not scanned
                exact: bytes
            └ app:2  dddddddddddd  base, 1 layer, not scanned
                exact: bytes
        other":1  eeeeeeeeeeee  base, 1 layer, not scanned
            exact: bytes
        "#);
        insta::assert_snapshot!(dot(&lineage), @r#"
        digraph lineage {
          rankdir=LR;
          node [shape=box];
          "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" [label="docker.io/library/debian:12 (base)"];
          "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb" [label="corp/base:1 (base)"];
          "sha256:cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc" [label="app:1 (base)"];
          "sha256:dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd" [label="app:2 (base)"];
          "sha256:eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee" [label="other\":1 (base)"];
          "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" -> "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb" [label="exact"];
          "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb" -> "sha256:cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc" [label="exact"];
          "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb" -> "sha256:dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd" [label="exact"];
        }
        "#);
    }
}
