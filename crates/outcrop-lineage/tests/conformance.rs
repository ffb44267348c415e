//! Ancestry as `input → expected`: one family a test, every rule with a case that it decides.

#[expect(unreachable_pub, reason = "a module shared by test programs")]
mod family;

use family::{digest, image};
use outcrop_lineage::{
    Class, Distribution, Graph, ImageFacts, LayerOwner, Node, Origin, Parent, Role, Succession,
};

const DEBIAN: &[&str] = &["ADD rootfs in /", "[CMD [\"bash\"]]"];

fn with<T: Clone>(first: &[T], more: &[T]) -> Vec<T> {
    [first, more].concat()
}

fn debian() -> ImageFacts {
    image("debian:12", &["root"], DEBIAN)
}

/// Asserts the parent, the class, the shared layers and a piece of the evidence of `child`.
fn check(images: &[ImageFacts], child: &str, expected: (Option<&str>, Class, usize, &str)) {
    let graph = Graph::of(images);
    let node = graph.node(digest(child)).unwrap();
    let (parent, class, layers, evidence) = expected;
    let edge = node.nearest();
    let said = edge.evidence.join("; ");
    assert_eq!(
        (node.parent(), edge.class, edge.layers),
        (parent.map(digest), class, layers),
        "{child}: {said}"
    );
    assert!(said.contains(evidence), "{child}: {said}");
}

#[test]
fn longest_prefix_is_the_direct_parent_and_the_rest_are_ancestors() {
    let mid = with(DEBIAN, &["RUN apt", "[CMD [\"sh\"]]"]);
    let images = [
        image(
            "team/app:1",
            &["root", "apt", "app"],
            &with(&mid, &["COPY . ."]),
        ),
        image("corp/base:1", &["root", "apt"], &mid),
        debian(),
    ];
    check(
        &images,
        "team/app:1",
        (
            Some("corp/base:1"),
            Class::Exact,
            2,
            "lowest 2 of 3 layers are byte-identical to those of `corp/base:1`",
        ),
    );
    let graph = Graph::of(&images);
    let ancestors: Vec<_> = graph
        .ancestors(digest("team/app:1"))
        .into_iter()
        .map(|ancestor| {
            (
                ancestor.name,
                ancestor.layers,
                ancestor.class,
                ancestor.role,
            )
        })
        .collect();
    assert_eq!(
        ancestors,
        [
            ("corp/base:1".to_owned(), 2, Class::Exact, Role::Enterprise),
            ("debian:12".to_owned(), 1, Class::Exact, Role::Base),
        ]
    );
    assert_eq!(
        graph.layer_owners(digest("team/app:1")),
        [
            LayerOwner::Ancestor(1),
            LayerOwner::Ancestor(0),
            LayerOwner::Itself
        ]
    );
    assert_eq!(
        graph.descendants(digest("debian:12")),
        [digest("corp/base:1"), digest("team/app:1")]
    );
    let order: Vec<_> = graph
        .nodes()
        .iter()
        .map(|node| (node.name.as_str(), node.descendants))
        .collect();
    assert_eq!(
        order,
        [("debian:12", 2), ("corp/base:1", 1), ("team/app:1", 0)]
    );
}

#[test]
fn config_only_child_hangs_below_the_image_with_the_shorter_history() {
    let images = [
        debian(),
        image("tuned:1", &["root"], &with(DEBIAN, &["[ENV A=1]"])),
        image(
            "tuned:2",
            &["root"],
            &with(DEBIAN, &["[ENV A=1]", "[USER 1]"]),
        ),
    ];
    let said = "layers (1) are exactly those of";
    check(
        &images,
        "tuned:1",
        (Some("debian:12"), Class::Exact, 1, said),
    );
    check(&images, "tuned:2", (Some("tuned:1"), Class::Exact, 1, said));
}

#[test]
fn two_children_that_came_out_identical_are_aliases() {
    let steps = with(DEBIAN, &["RUN make"]);
    let mut later = image("b:1", &["root", "made"], &steps);
    later.config.history[2].created = Some("2026-02-02T00:00:00Z".into());
    let images = [debian(), image("a:1", &["root", "made"], &steps), later];
    for child in ["a:1", "b:1"] {
        check(
            &images,
            child,
            (
                Some("debian:12"),
                Class::Exact,
                1,
                "history begins with the 2",
            ),
        );
    }
    let graph = Graph::of(&images);
    assert_eq!(graph.node(digest("a:1")).unwrap().aliases, [digest("b:1")]);
}

#[test]
fn equal_layers_with_different_last_steps_are_siblings() {
    let images = [
        image("a:1", &["root"], &with(DEBIAN, &["[ENV A=1]"])),
        image("b:1", &["root"], &with(DEBIAN, &["[ENV B=1]"])),
    ];
    for child in ["a:1", "b:1"] {
        assert_eq!(
            Graph::of(&images).node(digest(child)).unwrap().parent(),
            None
        );
    }
}

#[test]
fn the_build_before_from_one_cache_is_no_parent() {
    // Version 2 has one more RUN; the cache gave it the layers of version 1.
    let images = [
        debian(),
        image(
            "app:1",
            &["root", "apt"],
            &with(DEBIAN, &["RUN apt", "[CMD [\"app\"]]"]),
        ),
        image(
            "app:2",
            &["root", "apt", "tool"],
            &with(DEBIAN, &["RUN apt", "RUN tool", "[CMD [\"app\"]]"]),
        ),
    ];
    check(
        &images,
        "app:2",
        (Some("debian:12"), Class::Exact, 1, "byte-identical"),
    );
    check(
        &images[1..],
        "app:2",
        (None, Class::Inferred, 1, "but each went on differently"),
    );
}

#[test]
fn layers_without_entries_prove_nothing() {
    let empty = image("empty:1", &["-", "-"], &["COPY nothing", "COPY nothing"]);
    let child = image(
        "child:1",
        &["-", "-", "a"],
        &["COPY nothing", "COPY nothing", "COPY a"],
    );
    check(
        &[empty, child],
        "child:1",
        (None, Class::Unknown, 0, "no image here"),
    );
}

#[test]
fn a_repeated_empty_layer_counts_where_it_stands() {
    let parent = ["COPY a", "WORKDIR /x", "WORKDIR /x"];
    let images = [
        image("short:1", &["a", "-"], &parent[..2]),
        image("long:1", &["a", "-", "-"], &parent),
        image(
            "child:1",
            &["a", "-", "-", "b"],
            &with(&parent, &["COPY b"]),
        ),
    ];
    check(&images, "long:1", (Some("short:1"), Class::Exact, 2, ""));
    check(&images, "child:1", (Some("long:1"), Class::Exact, 3, ""));
}

#[test]
fn other_platforms_are_variants_never_ancestors() {
    let mut arm = image("debian:arm", &["root"], DEBIAN);
    arm.config.platform.architecture = "arm64".into();
    let child = image("app:1", &["root", "app"], &with(DEBIAN, &["COPY app"]));
    let images = [arm.clone(), debian(), child.clone()];
    check(
        &images[..1],
        "debian:arm",
        (None, Class::Inferred, 0, "root filesystem"),
    );
    check(
        &[arm, child],
        "app:1",
        (None, Class::Inferred, 1, "sets the command"),
    );
    let graph = Graph::of(&images);
    assert_eq!(
        graph.node(digest("debian:12")).unwrap().variants,
        [digest("debian:arm")]
    );
}

#[test]
fn one_platform_has_several_spellings() {
    let (mut base, mut child) = (
        debian(),
        image("app:1", &["root", "b"], &with(DEBIAN, &["B"])),
    );
    for (facts, variant) in [(&mut base, None), (&mut child, Some("v8"))] {
        facts.config.platform.architecture = "arm64".into();
        facts.config.platform.variant = variant.map(str::to_owned);
    }
    check(
        &[base, child],
        "app:1",
        (Some("debian:12"), Class::Exact, 1, ""),
    );
}

#[test]
fn rebase_keeps_the_bytes_and_says_that_the_history_is_another() {
    let new_base = image(
        "debian:12.8",
        &["new root"],
        &["ADD newer in /", "[CMD [\"bash\"]]"],
    );
    let rebased = image("app:1", &["new root", "app"], &with(DEBIAN, &["COPY app"]));
    check(
        &[debian(), new_base, rebased],
        "app:1",
        (
            Some("debian:12.8"),
            Class::Exact,
            1,
            "it was rewritten after the build",
        ),
    );
}

#[test]
fn buildah_names_a_base_that_is_not_here() {
    let steps = [
        "ADD rootfs",
        "[CMD]",
        "RUN apt // FROM docker.io/library/debian:12",
    ];
    let images = [image("app:1", &["root", "apt"], &steps)];
    check(
        &images,
        "app:1",
        (
            None,
            Class::Declared,
            1,
            "history entry 2 says `FROM docker.io/library/debian:12`, a name that no image here has",
        ),
    );
    let graph = Graph::of(&images);
    assert_eq!(
        graph.node(digest("app:1")).unwrap().nearest().parent,
        Parent::Reference {
            name: "docker.io/library/debian:12".into(),
            digest: None
        }
    );
    assert_eq!(graph.ancestors(digest("app:1"))[0].role, Role::Base);
}

#[test]
fn buildah_without_layers_hangs_the_difference_on_the_last_entry() {
    let steps = with(
        DEBIAN,
        &[
            "[RUN apt]",
            "[COPY app]",
            "CMD [\"app\"] // FROM localhost/debian:12",
        ],
    );
    let images = [debian(), image("localhost/app:1", &["root", "all"], &steps)];
    check(
        &images,
        "localhost/app:1",
        (Some("debian:12"), Class::Exact, 1, "which is a name of it"),
    );
}

#[test]
fn squashed_image_is_known_by_its_claim_alone() {
    let mut squashed = image(
        "app:1",
        &["all"],
        &["RUN apt // FROM docker.io/library/debian:12"],
    );
    squashed.annotations.insert(
        "org.opencontainers.image.base.name".into(),
        "docker.io/library/debian:12".into(),
    );
    check(
        &[debian(), squashed],
        "app:1",
        (
            None,
            Class::Declared,
            0,
            "whose layers are not in this image",
        ),
    );
    let steps = with(DEBIAN, &["RUN a", "RUN b"]);
    check(
        &[debian(), image("flat:1", &["all"], &steps)],
        "flat:1",
        (
            None,
            Class::Unknown,
            0,
            "the history tells of 3 and there are 1",
        ),
    );
}

#[test]
fn imported_image_has_no_parent_and_may_have_children() {
    let import = ["import // Imported from -"];
    let images = [
        image("imported:1", &["tar"], &import),
        image("app:1", &["tar", "b"], &with(&import, &["RUN b"])),
        image("bare:1", &["bare"], &[]),
        image("on-bare:1", &["bare", "c"], &["RUN c"]),
        image("tuned:1", &["bare"], &["[CMD x]"]),
    ];
    check(
        &images,
        "imported:1",
        (None, Class::Unknown, 0, "imported from a file"),
    );
    check(&images, "app:1", (Some("imported:1"), Class::Exact, 1, ""));
    let said = "no history to compare";
    check(
        &images,
        "on-bare:1",
        (Some("bare:1"), Class::Exact, 1, said),
    );
    check(&images, "tuned:1", (Some("bare:1"), Class::Exact, 1, said));
}

#[test]
fn a_moved_tag_is_said_and_is_no_ancestor() {
    let old = ["ADD old in /", "[CMD]", "RUN apt // FROM debian:12"];
    let app = image("app:1", &["old root", "apt"], &old);
    check(
        &[debian(), app.clone()],
        "app:1",
        (
            None,
            Class::Declared,
            1,
            "that tag has moved since the build",
        ),
    );
    let mut dangling = image("old", &["old root"], &old[..2]);
    dangling.references.clear();
    check(
        &[debian(), app, dangling],
        "app:1",
        (
            Some("old"),
            Class::Exact,
            1,
            "that tag has moved since the build",
        ),
    );
}

#[test]
fn a_base_between_that_is_gone_stands_between() {
    let steps = with(
        DEBIAN,
        &[
            "RUN corp // FROM debian:12",
            "[CMD]",
            "COPY app // FROM corp/base:1",
        ],
    );
    let images = [debian(), image("app:1", &["root", "corp", "app"], &steps)];
    let graph = Graph::of(&images);
    let ancestors: Vec<_> = graph
        .ancestors(digest("app:1"))
        .into_iter()
        .map(|ancestor| (ancestor.name, ancestor.layers, ancestor.class))
        .collect();
    assert_eq!(
        ancestors,
        [
            ("corp/base:1".to_owned(), 2, Class::Declared),
            ("debian:12".to_owned(), 1, Class::Exact),
        ]
    );
    assert_eq!(
        graph.node(digest("app:1")).unwrap().parent(),
        Some(digest("debian:12"))
    );
}

#[test]
fn a_declared_digest_is_held_against_the_bytes() {
    let steps = with(DEBIAN, &["COPY app"]);
    let known = format!("debian@sha256:{}", "a".repeat(64));
    let other = format!("sha256:{}", "b".repeat(64));
    for (declared, expected) in [
        (&known["debian@".len()..], "is that of the parent"),
        (other.as_str(), "contradicted by the bytes"),
        ("sha256:cc", "not verified"),
    ] {
        let mut base = debian();
        base.repository_digests.push(known.clone());
        let mut stranger = image("stranger:1", &["x"], &["COPY x"]);
        stranger
            .repository_digests
            .push(format!("stranger@{other}"));
        let mut app = image("app:1", &["root", "app"], &steps);
        for (key, value) in [("name", "debian:12"), ("digest", declared)] {
            let key = format!("org.opencontainers.image.base.{key}");
            app.annotations.insert(key, value.to_owned());
        }
        check(
            &[base, stranger, app],
            "app:1",
            (Some("debian:12"), Class::Exact, 1, expected),
        );
    }
}

#[test]
fn a_label_inherited_from_the_parent_says_nothing_of_the_child() {
    let label = (
        "org.opencontainers.image.base.name".to_owned(),
        "gone:1".to_owned(),
    );
    let (mut base, mut app) = (
        debian(),
        image("app:1", &["root", "a"], &with(DEBIAN, &["A"])),
    );
    base.config.labels.extend([label.clone()]);
    app.config.labels.extend([label]);
    let graph = Graph::of(&[base, app]);
    let said = &graph.node(digest("app:1")).unwrap().nearest().evidence;
    assert!(!said.join("; ").contains("gone:1"), "{said:?}");
    let base = graph.node(digest("debian:12")).unwrap();
    assert_eq!(base.nearest().class, Class::Declared);
}

#[test]
fn the_engines_record_fills_in_where_bytes_are_silent() {
    let mut squashed = image("app:1", &["all"], &["RUN all"]);
    squashed.engine_parent = Some(digest("debian:12"));
    check(
        &[debian(), squashed.clone()],
        "app:1",
        (
            Some("debian:12"),
            Class::Declared,
            0,
            "the engine recorded `debian:12`",
        ),
    );
    // Two records that point at each other make no circle.
    let mut base = debian();
    base.engine_parent = Some(digest("app:1"));
    let graph = Graph::of(&[base, squashed]);
    let parents: Vec<_> = graph.nodes().iter().map(Node::parent).collect();
    assert_eq!(parents.iter().flatten().count(), 1);
}

#[test]
fn guesses_are_called_guesses() {
    let found = |layer| Distribution::Found {
        name: "Debian 12".into(),
        layer,
    };
    let own = ["COPY a", "RUN b"];
    for (history, distribution, expected) in [
        (
            with(DEBIAN, &["RUN apt"]),
            Distribution::NotLooked,
            (Class::Inferred, 1, "sets the command"),
        ),
        (
            with(DEBIAN, &["RUN apt"]),
            found(0),
            (Class::Inferred, 1, "os-release of Debian 12"),
        ),
        (
            own.to_vec(),
            found(0),
            (Class::Inferred, 1, "os-release of Debian 12"),
        ),
        (
            own.to_vec(),
            Distribution::Absent,
            (Class::Inferred, 0, "copied from a build context"),
        ),
        (
            own.to_vec(),
            Distribution::NotLooked,
            (Class::Unknown, 0, "no image here"),
        ),
    ] {
        let mut app = image("app:1", &["x", "y"], &history);
        app.distribution = distribution;
        let (class, layers, said) = expected;
        check(&[app], "app:1", (None, class, layers, said));
    }
}

#[test]
fn the_same_image_in_two_engines_is_one_node() {
    let (mut docker, mut podman) = (debian(), debian());
    docker.engines = vec!["docker".into()];
    podman.engines = vec!["podman".into()];
    podman.references = vec!["docker.io/library/debian:12".into()];
    let graph = Graph::of(&[podman, docker]);
    assert_eq!(graph.nodes().len(), 1);
    assert_eq!(graph.nodes()[0].name, "debian:12");
    assert_eq!(graph.nodes()[0].engines, ["podman", "docker"]);
    assert_eq!(
        graph.nodes()[0].references,
        ["docker.io/library/debian:12", "debian:12"]
    );
}

#[test]
fn roles_follow_the_place_in_the_family() {
    let corp = with(DEBIAN, &["RUN corp"]);
    let mut images = [
        debian(),
        image("corp/base:1", &["root", "corp"], &corp),
        image(
            "app:1",
            &["root", "corp", "app"],
            &with(&corp, &["COPY app"]),
        ),
        image(
            "app:2",
            &["root", "corp", "app", "x"],
            &with(&corp, &["COPY app", "COPY x"]),
        ),
        image("vendor:1", &["v", "w"], &["COPY v", "COPY w"]),
        image("golang:1", &["g"], &["COPY g"]),
        image(
            "alpine:3",
            &["alp"],
            &["ADD alpine.tar / # buildkit", "[CMD]"],
        ),
    ];
    for (position, origin) in [
        (0, Origin::Pulled),
        (2, Origin::Built),
        (3, Origin::Built),
        (4, Origin::Pulled),
        (5, Origin::Pulled),
        (6, Origin::Pulled),
    ] {
        images[position].origin = origin;
    }
    images[5].copied_from_by.push("Containerfile".into());
    let graph = Graph::of(&images);
    for (name, role) in [
        ("debian:12", Role::Base),
        ("corp/base:1", Role::Enterprise),
        // Another version of one repository is not built for it.
        ("app:1", Role::Application),
        ("app:2", Role::Application),
        ("vendor:1", Role::Cots),
        ("golang:1", Role::Builder),
        ("alpine:3", Role::Base),
    ] {
        let node = graph.node(digest(name)).unwrap();
        assert_eq!(node.role, role, "{name}: {}", node.role_reason);
        assert!(!node.role_reason.is_empty());
    }
}

#[test]
fn newer_bases_are_named_with_their_reason() {
    let at = |mut facts: ImageFacts, day: &str| {
        facts.config.created = Some(format!("2026-01-{day}T00:00:00Z"));
        facts
    };
    let steps = with(DEBIAN, &["COPY app // FROM debian:12"]);
    let app = at(image("app:1", &["root", "app"], &steps), "05");
    let moved = |name: &str, reference: &str, day: &str| {
        let mut facts = at(image(name, &[name], &["ADD x in /", "[CMD]"]), day);
        facts.references = vec![reference.to_owned()];
        facts
    };
    let mut old = at(debian(), "01");
    old.references.clear();
    old.repository_digests = vec![format!("debian@sha256:{}", "a".repeat(64))];
    let found = |images: &[ImageFacts]| -> Vec<(String, Succession)> {
        Graph::of(images)
            .newer_bases(digest("app:1"))
            .into_iter()
            .map(|successor| (successor.reference, successor.succession))
            .collect()
    };

    // The tag moved on; a higher tag of the same form comes after it.
    assert_eq!(
        found(&[
            old.clone(),
            app.clone(),
            moved("n", "docker.io/library/debian:12", "07"),
            moved("m", "debian:13", "09"),
            moved("s", "debian:13-slim", "09"),
            moved("o", "debian:11", "09"),
            moved("other", "ubuntu:13", "09"),
        ]),
        [
            (
                "docker.io/library/debian:12".to_owned(),
                Succession::ReferenceMoved
            ),
            ("debian:13".to_owned(), Succession::NewerTag),
        ]
    );
    // Older, of another platform, or built on the image itself: not offered.
    let older = moved("n", "debian:12", "01");
    let mut arm = moved("n", "debian:12", "09");
    arm.config.platform.architecture = "arm64".into();
    let mut child = at(
        image("c", &["root", "app", "c"], &with(&steps, &["RUN c"])),
        "09",
    );
    child.references = vec!["debian:12".into()];
    for stranger in [older, arm, child] {
        assert_eq!(found(&[old.clone(), app.clone(), stranger]), []);
    }
    // Without the old base here, only what is newer than the image itself is surely newer.
    assert_eq!(found(&[app.clone(), moved("n", "debian:12", "04")]), []);
    assert_eq!(
        found(&[app, moved("n", "debian:12", "06")]),
        [("debian:12".to_owned(), Succession::ReferenceMoved)]
    );
}
