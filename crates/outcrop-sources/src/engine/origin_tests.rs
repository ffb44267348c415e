use outcrop_model::Digest;

use super::*;

struct Case {
    docker_classic: bool,
    parent: bool,
    digests: &'static [&'static str],
    names: &'static [&'static str],
    buildah: bool,
    /// Comments of the history, oldest first.
    comments: &'static [&'static str],
    local: &'static str,
}

const DOCKER: Case = Case {
    docker_classic: true,
    parent: false,
    digests: &[],
    names: &["x:1"],
    buildah: false,
    comments: &["", ""],
    local: "",
};

const PODMAN: Case = Case {
    docker_classic: false,
    names: &["localhost/x:1"],
    digests: &["localhost/x@sha256:1"],
    ..DOCKER
};

fn check(case: &Case, expected: &str) {
    let owned = |texts: &[&str]| -> Vec<String> { texts.iter().map(|&t| t.to_owned()).collect() };
    let (digests, names) = (owned(case.digests), owned(case.names));
    let traces = Traces {
        digests_mean_registry: case.docker_classic,
        parent_means_build: case.docker_classic,
        parent: case.parent.then(|| Digest::of(b"parent")),
        repository_digests: &digests,
        references: &names,
        buildah_label: case.buildah.then_some("1.28.2"),
    };
    let steps: Vec<Step<'_>> = case
        .comments
        .iter()
        .map(|comment| Step { comment })
        .collect();
    let origin =
        from_list(&traces).unwrap_or_else(|| from_history(&traces, &steps, |id| id == case.local));
    assert_eq!(format!("{}: {}", origin.word(), origin.reason()), expected);
}

#[test]
fn docker_tells_by_parent_digest_and_marks() {
    let parent = Digest::of(b"parent").short();
    check(
        &Case {
            parent: true,
            digests: &["x@sha256:1"],
            ..DOCKER
        },
        &format!("built: the engine keeps its parent image `{parent}`"),
    );
    check(
        &Case {
            digests: &["debian@sha256:1"],
            comments: &["buildkit.dockerfile.v0"],
            ..DOCKER
        },
        "pulled: the engine keeps the repository digest `debian@sha256:1`",
    );
    check(
        &Case {
            comments: &["", "buildkit.dockerfile.v0"],
            ..DOCKER
        },
        "built: a builder's mark: history comment `buildkit.dockerfile.v0`",
    );
    check(
        &Case {
            comments: &["Imported from -"],
            ..DOCKER
        },
        "imported: its history says `Imported from -`",
    );
    // Loaded from an archive: what was built on an import is no import.
    for comments in [&["", ""][..], &["Imported from -", ""], &[]] {
        check(
            &Case { comments, ..DOCKER },
            "unknown: no repository digest, no parent and no builder's mark: often loaded from an archive",
        );
    }
}

#[test]
fn podman_tells_by_label_name_and_history() {
    check(
        &Case {
            buildah: true,
            ..PODMAN
        },
        "built: a builder's mark: label `io.buildah.version=1.28.2`, and no registry in its name",
    );
    check(
        &Case {
            digests: &["quay.io/fedora/fedora@sha256:1"],
            names: &["quay.io/fedora/fedora:40"],
            buildah: true,
            comments: &["", "FROM docker.io/library/base:1"],
            ..PODMAN
        },
        "pulled: the engine keeps the repository digest `quay.io/fedora/fedora@sha256:1`",
    );
    check(
        &Case {
            digests: &["quay.io/me/x@sha256:1"],
            names: &["quay.io/me/x:1"],
            buildah: true,
            comments: &["", "FROM 24f67409fd7c"],
            local: "24f67409fd7c",
            ..PODMAN
        },
        "built: a builder's mark: its history stands on the local image `24f67409fd7c`",
    );
    check(
        &Case {
            digests: &["docker.io/me/x@sha256:1"],
            names: &["docker.io/me/x:1"],
            buildah: true,
            parent: true,
            ..PODMAN
        },
        &format!(
            "built: a builder's mark: label `io.buildah.version=1.28.2`, \
             and the image it stands on is here: `{}`",
            Digest::of(b"parent").short()
        ),
    );
    check(
        &Case {
            digests: &["docker.io/library/python@sha256:1"],
            names: &["docker.io/library/python:3"],
            parent: true,
            ..PODMAN
        },
        "pulled: the engine keeps the repository digest `docker.io/library/python@sha256:1`",
    );
    check(
        &Case {
            comments: &["imported from tarball"],
            ..PODMAN
        },
        "imported: its history says `imported from tarball`",
    );
    check(
        &PODMAN,
        "unknown: no repository digest, no parent and no builder's mark: often loaded from an archive",
    );
}
