//! A base image without a version.
//!
//! Buildah writes `FROM name` into the comment of a step. Docker's builders write no `FROM` at all;
//! there the label `org.opencontainers.image.base.name` may tell, where its image has no
//! `…base.digest` beside it.

use std::collections::BTreeSet;

use outcrop_containerfile::syntax::Keyword;
use outcrop_model::Severity;

use super::Configuration;
use crate::check::{Check, Group, Look, Reference, Remark};
use crate::steps::last_setting;
use crate::text::shown;

pub(crate) static CHECK: Check = Check {
    id: "unpinned-base",
    title: "Base image without a version",
    group: Group::Configuration,
    severity: Severity::Low,
    why: "The same Containerfile gives another image whenever the tag moves, and nobody decided to \
          take the new base.",
    remedy: "Name a version, and a digest where builds must come out the same.",
    containerfile: Some("FROM NAME:VERSION@sha256:DIGEST"),
    references: &[
        Reference::docker_practices("Docker, Building best practices, Pin base image versions"),
        Reference {
            name: "hadolint DL3006 (untagged)",
            url: "https://github.com/hadolint/hadolint/wiki/DL3006",
        },
        Reference {
            name: "hadolint DL3007 (latest)",
            url: "https://github.com/hadolint/hadolint/wiki/DL3007",
        },
        Reference {
            name: "OCI image specification, annotations",
            url: "https://github.com/opencontainers/image-spec/blob/main/annotations.md",
        },
    ],
    look: Look::Configuration(look),
};

const BASE_NAME: &str = "org.opencontainers.image.base.name";
const BASE_DIGEST: &str = "org.opencontainers.image.base.digest";

fn look(configuration: &Configuration<'_>) -> Vec<Remark> {
    let config = configuration.config;
    let comments = config
        .history
        .iter()
        .enumerate()
        .filter_map(|(index, entry)| {
            Some((entry.comment.strip_prefix("FROM ")?.trim(), Some(index)))
        });
    let label = config
        .labels
        .get(BASE_NAME)
        .filter(|_| !config.labels.contains_key(BASE_DIGEST))
        .map(|name| (name.trim(), last_setting(config, Keyword::Label, BASE_NAME)));
    let mut remarks: Vec<Remark> = Vec::new();
    let mut seen = BTreeSet::new();
    for (name, step) in comments.chain(label) {
        let subject = shown(name);
        if is_unpinned(name) && seen.insert(subject.clone()) {
            remarks.push(Remark {
                message: format!("the base is named without a version: `{subject}`"),
                subject,
                history: step,
                ..Remark::default()
            });
        }
    }
    remarks
}

/// Whether a reference has neither a digest nor a tag other than `latest`.
fn is_unpinned(name: &str) -> bool {
    let last = name.rsplit('/').next().unwrap_or(name);
    // A stage, or an image by its identifier.
    let identifier = last.len() >= 12 && last.bytes().all(|byte| byte.is_ascii_hexdigit());
    if name.is_empty() || name.contains(['@', ' ']) || identifier || last == "scratch" {
        return false;
    }
    last.split_once(':').is_none_or(|(_, tag)| tag == "latest")
}

#[cfg(test)]
mod tests {
    use super::{BASE_DIGEST, BASE_NAME, CHECK};
    use crate::example::{image, said};

    #[test]
    fn bases_that_buildah_tells() {
        for (name, unpinned) in [
            ("docker.io/library/debian:latest", true),
            ("localhost:5000/debian", true),
            ("debian", true),
            ("localhost/alpine:3.10", false),
            ("localhost:5000/alpine:3.10", false),
            ("debian@sha256:0123", false),
            ("debian:latest@sha256:0123", false),
            ("24f67409fd7c", false),
            ("scratch", false),
            ("", false),
        ] {
            let step = format!("~/bin/sh -c #(nop) CMD [\"a\"] ¶ FROM {name}");
            let config = image(&["RUN x", &step, &step]);
            let expected = format!("Low {name} @1: the base is named without a version: `{name}`");
            let expected = if unpinned { vec![expected] } else { Vec::new() };
            assert_eq!(said(&CHECK, &config), expected, "{name}");
        }
    }

    #[test]
    fn bases_that_a_label_tells() {
        let mut config = image(&["~LABEL org.opencontainers.image.base.name=debian"]);
        config
            .labels
            .insert(BASE_NAME.to_owned(), "debian".to_owned());
        assert_eq!(
            said(&CHECK, &config),
            ["Low debian @0: the base is named without a version: `debian`"]
        );
        config
            .labels
            .insert(BASE_DIGEST.to_owned(), "sha256:0123".to_owned());
        assert_eq!(said(&CHECK, &config), [""; 0]);
    }
}
