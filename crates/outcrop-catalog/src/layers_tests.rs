//! What becomes of packages from layer to layer, with every cataloger at work.

use std::sync::Arc;

use outcrop_image::fixtures::TarFixture;
use outcrop_image::{Cancellation, LayerReport, Limits, analyse_layer, squash};
use outcrop_model::{
    DiffId, Inventory, InventoryPackage, Licence, PackageChange, PackageEvent, ProblemKind,
};

use super::*;

const STATUS: &str = "var/lib/dpkg/status";

fn read(layers: Vec<TarFixture>) -> (Vec<DiffId>, Vec<Option<Arc<LayerReport>>>) {
    layers
        .into_iter()
        .map(|layer| {
            let bytes = layer.bytes();
            let read = analyse_layer(
                &mut &bytes[..],
                ANALYSERS,
                None,
                &Limits::DEFAULT,
                &Cancellation::new(),
            )
            .unwrap();
            assert!(
                read.report.problems.is_empty(),
                "{:?}",
                read.report.problems
            );
            // As it comes back from the store.
            let report = LayerReport::decode(&read.report.encode()).unwrap();
            (report.diff_id, Some(Arc::new(report)))
        })
        .unzip()
}

fn inventory(layers: Vec<TarFixture>) -> Inventory {
    let (diff_ids, reports) = read(layers);
    squash(&diff_ids, &reports, ANALYSERS, &Cancellation::new()).unwrap()
}

/// A package as `name version @ introduced (first seen): changes`.
fn line(package: &InventoryPackage) -> String {
    let change = |change: &PackageChange| match &change.event {
        PackageEvent::Added { version } => format!("{}+{version}", change.layer),
        PackageEvent::Changed { from, to } => format!("{}:{from}>{to}", change.layer),
        PackageEvent::Removed { version } => format!("{}-{version}", change.layer),
    };
    let changes: Vec<String> = package.changes.iter().map(change).collect();
    let architecture = package.package.architecture.as_deref();
    format!(
        "{}{} {} @{} ({}): {}",
        package.package.name,
        architecture
            .map(|name| format!(":{name}"))
            .unwrap_or_default(),
        package.package.version,
        package.introduced_in,
        package.first_seen_in,
        changes.join(" ")
    )
}

fn lines(packages: &[InventoryPackage]) -> Vec<String> {
    packages.iter().map(line).collect()
}

fn record(name: &str, version: &str, state: &str) -> String {
    format!("Package: {name}\nStatus: install ok {state}\nVersion: {version}\n\n")
}

/// A layer whose database holds `name version` pairs.
fn database(packages: &[(&str, &str)]) -> TarFixture {
    let content: String = packages
        .iter()
        .map(|(name, version)| record(name, version, "installed"))
        .collect();
    TarFixture::new().file(STATUS, content)
}

fn other() -> TarFixture {
    TarFixture::new().file("srv/other", "x")
}

fn check(what: &str, layers: Vec<TarFixture>, expected: &[&str]) -> Inventory {
    let inventory = inventory(layers);
    assert_eq!(lines(&inventory.packages), expected, "{what}");
    assert_eq!(inventory.problems, [], "{what}");
    inventory
}

#[test]
fn a_package_belongs_to_the_layer_that_began_its_current_run() {
    let a = |version| database(&[("a", version)]);
    check("kept", vec![a("1"), other()], &["a 1 @0 (0): 0+1"]);
    check("written again", vec![a("1"), a("1")], &["a 1 @0 (0): 0+1"]);
    check(
        "upgraded",
        vec![a("1"), other(), a("2")],
        &["a 2 @2 (0): 0+1 2:1>2"],
    );
    check(
        "downgraded",
        vec![a("2"), a("1")],
        &["a 1 @1 (0): 0+2 1:2>1"],
    );
    check(
        "there and back",
        vec![a("1"), a("2"), a("1")],
        &["a 1 @2 (0): 0+1 1:1>2 2:2>1"],
    );
    check(
        "removed",
        vec![a("1"), database(&[("b", "1")])],
        &["b 1 @1 (1): 1+1"],
    );
    check(
        "removed and added again",
        vec![a("1"), database(&[]), other(), a("1")],
        &["a 1 @3 (0): 0+1 1-1 3+1"],
    );
    check(
        "one added beside another",
        vec![a("1"), database(&[("a", "1"), ("b", "2")])],
        &["a 1 @0 (0): 0+1", "b 2 @1 (1): 1+2"],
    );
}

/// The licences of each package, as `name: licence, licence`.
fn check_licences(what: &str, layers: Vec<TarFixture>, expected: &[&str]) -> Inventory {
    let inventory = inventory(layers);
    let licence = |licence: &Licence| match licence {
        Licence::Spdx(text) | Licence::Verbatim(text) => text.clone(),
    };
    let line = |found: &InventoryPackage| {
        let licences: Vec<String> = found.package.licences.iter().map(licence).collect();
        format!("{}: {}", found.package.name, licences.join(", "))
    };
    let lines: Vec<String> = inventory.packages.iter().map(line).collect();
    assert_eq!(lines, expected, "{what}");
    assert_eq!(inventory.problems, [], "{what}");
    inventory
}

fn copyright(layer: TarFixture, package: &str, licence: &str) -> TarFixture {
    layer.file(
        &format!("usr/share/doc/{package}/copyright"),
        format!("Format: x\n\nFiles: *\nLicense: {licence}\n"),
    )
}

#[test]
fn licences_of_debian_packages_come_from_their_documentation() {
    let both = || database(&[("a", "1"), ("b", "2")]);
    let a = || copyright(both(), "a", "GPL-2+");
    check_licences("one has none", vec![a()], &["a: GPL-2.0-or-later", "b: "]);
    check_licences(
        "the folder is a link",
        vec![a().symbolic_link("usr/share/doc/b", "a")],
        &["a: GPL-2.0-or-later", "b: GPL-2.0-or-later"],
    );
    check_licences(
        "the file is a link",
        vec![a().symbolic_link("usr/share/doc/b/copyright", "../a/copyright")],
        &["a: GPL-2.0-or-later", "b: GPL-2.0-or-later"],
    );
    check_licences(
        "the file is a hard link",
        vec![a().hard_link("usr/share/doc/b/copyright", "usr/share/doc/a/copyright")],
        &["a: GPL-2.0-or-later", "b: GPL-2.0-or-later"],
    );
    check_licences(
        "links lead nowhere",
        vec![
            both()
                .symbolic_link("usr/share/doc/a", "a")
                .symbolic_link("usr/share/doc/b/copyright", "/etc/passwd"),
        ],
        &["a: ", "b: "],
    );
    check_licences(
        "what stands in its place",
        vec![
            both()
                .file("usr/share/doc/a", "License: ISC")
                .file("usr/share/doc/b/copyright/b", "License: ISC"),
        ],
        &["a: ", "b: "],
    );
    check_licences(
        "a hard link to what says nothing",
        vec![
            copyright(both(), "a", "")
                .hard_link("usr/share/doc/b/copyright", "usr/share/doc/a/copyright"),
        ],
        &["a: ", "b: "],
    );
    check_licences(
        "documentation is taken out",
        vec![a(), TarFixture::new().file("usr/share/.wh.doc", "")],
        &["a: ", "b: "],
    );
    check_licences(
        "a name that is a path",
        vec![copyright(database(&[("../doc/a", "1")]), "a", "ISC")],
        &["../doc/a: "],
    );
}

#[test]
fn other_licences_are_no_change_of_the_package() {
    let layers = vec![
        copyright(database(&[("a", "1")]), "a", "ISC"),
        copyright(TarFixture::new(), "a", "Expat"),
    ];
    let inventory = check_licences("written again", layers, &["a: MIT"]);
    assert_eq!(lines(&inventory.packages), ["a 1 @0 (0): 0+1"]);
}

#[test]
fn evidence_is_of_the_layer_whose_file_is_read() {
    fn sources(packages: &[InventoryPackage]) -> Vec<String> {
        let source = |found: &InventoryPackage| {
            let layer = found.evidence_layer.unwrap();
            let (name, path) = (&found.package.name, &found.package.evidence.path);
            format!("{name} @{}, read from {path} @{layer}", found.introduced_in)
        };
        packages.iter().map(source).collect()
    }
    let over = TarFixture::new;
    let a = || database(&[("a", "1")]);
    let both = || database(&[("a", "1"), ("b", "1")]);
    let metadata = || {
        over().file(
            "srv/site-packages/quadrant-1.dist-info/METADATA",
            "Metadata-Version: 2.1\nName: quadrant\nVersion: 1\n",
        )
    };
    let single = |name: &str| {
        over().file(
            &format!("var/lib/dpkg/status.d/{name}"),
            format!("Package: {name}\nVersion: 1\n"),
        )
    };
    for (what, layers, expected) in [
        (
            "written once",
            vec![other(), a(), other()],
            &["a @1, read from var/lib/dpkg/status @1"][..],
        ),
        (
            "written anew for another package",
            vec![a(), other(), both(), other()],
            &[
                "a @0, read from var/lib/dpkg/status @2",
                "b @2, read from var/lib/dpkg/status @2",
            ],
        ),
        (
            "taken away, then written anew",
            vec![a(), over().file("var/lib/.wh.dpkg", ""), a()],
            &["a @2, read from var/lib/dpkg/status @2"],
        ),
        (
            "beside a folder of its own",
            vec![a(), metadata(), both()],
            &[
                "a @0, read from var/lib/dpkg/status @2",
                "b @2, read from var/lib/dpkg/status @2",
                "quadrant @1, read from srv/site-packages/quadrant-1.dist-info/METADATA @1",
            ],
        ),
        (
            "one file for each",
            vec![single("a"), single("b"), single("a")],
            &[
                "a @0, read from var/lib/dpkg/status.d/a @2",
                "b @1, read from var/lib/dpkg/status.d/b @1",
            ],
        ),
        (
            "reached by a later link",
            vec![
                over().file("usr/lib/dpkg/status", record("a", "1", "installed")),
                over().symbolic_link("var/lib/dpkg", "/usr/lib/dpkg"),
            ],
            &["a @1, read from usr/lib/dpkg/status @0"],
        ),
    ] {
        assert_eq!(sources(&inventory(layers).packages), expected, "{what}");
    }
    let leftover = || over().file(STATUS, record("a", "1", "config-files"));
    let inventory = inventory(vec![leftover(), leftover()]);
    assert_eq!(
        sources(&inventory.configuration_leftovers),
        ["a @0, read from var/lib/dpkg/status @1"]
    );
}

#[test]
fn two_architectures_are_two_packages() {
    let both = |amd64: &str, i386: &str| {
        let record = |architecture, version| {
            format!(
                "Package: libc6\nStatus: install ok installed\nArchitecture: {architecture}\nMulti-Arch: same\nVersion: {version}\n\n"
            )
        };
        TarFixture::new().file(STATUS, record("amd64", amd64) + &record("i386", i386))
    };
    check(
        "one of two upgraded",
        vec![both("1", "1"), both("2", "1")],
        &[
            "libc6:amd64 2 @1 (0): 0+1 1:1>2",
            "libc6:i386 1 @0 (0): 0+1",
        ],
    );
}

#[test]
fn a_database_can_be_hidden_in_every_way() {
    let base = || database(&[("a", "1")]);
    let over = TarFixture::new;
    for (what, layer) in [
        ("whiteout", over().file("var/lib/dpkg/.wh.status", "")),
        ("whiteout of a folder", over().file("var/.wh.lib", "")),
        (
            "opaque folder",
            over().folder("var/lib/").file("var/lib/.wh..wh..opq", ""),
        ),
        ("opaque root", over().file(".wh..wh..opq", "")),
        ("folder replaced by a file", over().file("var/lib", "")),
        (
            "folder replaced by a link",
            over().symbolic_link("var", "/nowhere"),
        ),
        (
            "replaced by a folder",
            over().folder("var/lib/dpkg/status/"),
        ),
        ("replaced by an empty file", over().file(STATUS, "")),
    ] {
        check(what, vec![base(), layer], &[]);
    }
    check(
        "opaque, and written anew in the same layer",
        vec![
            base(),
            database(&[("b", "1")]).file("var/lib/.wh..wh..opq", ""),
        ],
        &["b 1 @1 (1): 1+1"],
    );
    check(
        "whiteout beside a new file of the same name",
        vec![
            base(),
            database(&[("b", "1")]).file("var/lib/dpkg/.wh.status", ""),
        ],
        &["b 1 @1 (1): 1+1"],
    );
}

#[test]
fn a_database_that_is_replaced_by_something_else_is_a_problem() {
    let inventory = inventory(vec![
        database(&[("a", "1")]),
        TarFixture::new().file(STATUS, "gibberish"),
        TarFixture::new().device(STATUS),
    ]);
    assert_eq!(lines(&inventory.packages), [""; 0]);
    let problems: Vec<(Option<DiffId>, &str)> = inventory
        .problems
        .iter()
        .map(|problem| (problem.layer, problem.path.as_str()))
        .collect();
    assert_eq!(
        problems,
        [
            (Some(inventory.layers[1].diff_id), STATUS),
            (Some(inventory.layers[2].diff_id), STATUS)
        ]
    );
}

#[test]
fn a_database_is_found_through_links_of_any_layer() {
    let content = record("a", "1", "installed");
    let file = |path: &str| TarFixture::new().file(path, &content);
    let link = |path: &str, target: &str| TarFixture::new().symbolic_link(path, target);
    let found = "a 1 @1 (1): 1+1";
    for (what, layers, expected) in [
        (
            "link before",
            vec![
                link("var/lib/dpkg", "../../usr/lib/dpkg"),
                file("usr/lib/dpkg/status"),
            ],
            &[found][..],
        ),
        (
            "link after",
            vec![
                file("usr/lib/dpkg/status"),
                link("var/lib/dpkg", "/usr/lib/dpkg"),
            ],
            &[found],
        ),
        (
            "link at the file",
            vec![
                file("usr/share/status"),
                link(STATUS, "../../../usr/share/status"),
            ],
            &[found],
        ),
        (
            "link over link",
            vec![
                file("data/db/status"),
                link("var/lib", "../srv/lib")
                    .symbolic_link("srv/lib/dpkg", "/mnt")
                    .symbolic_link("mnt", "data/db"),
            ],
            &[found],
        ),
        (
            "written through a link",
            vec![link("var", "private/var"), file(STATUS)],
            &[found],
        ),
        (
            "above the root",
            vec![link("var/lib/dpkg", "../../../../../d"), file("d/status")],
            &[found],
        ),
        (
            "nowhere",
            vec![link("var/lib/dpkg", "gone"), file("x/status")],
            &[],
        ),
    ] {
        check(what, layers, expected);
    }
    check(
        "a link that is taken away",
        vec![
            file("usr/lib/dpkg/status").symbolic_link("var/lib/dpkg", "/usr/lib/dpkg"),
            TarFixture::new().file("var/lib/.wh.dpkg", ""),
        ],
        &[],
    );
    check(
        "a hard link",
        vec![
            file("usr/share/status").hard_link(STATUS, "usr/share/status"),
            TarFixture::new().file("usr/share/.wh.status", ""),
        ],
        &["a 1 @0 (0): 0+1"],
    );
}

#[test]
fn a_link_to_a_file_that_was_not_kept_is_a_problem() {
    let inventory = inventory(vec![
        TarFixture::new()
            .file("opt/packages.db", record("a", "1", "installed"))
            .symbolic_link(STATUS, "/opt/packages.db"),
    ]);
    assert_eq!(inventory.packages, []);
    assert_eq!(inventory.problems.len(), 1);
    assert_eq!(
        inventory.problems[0].message,
        "it leads to a file whose content was not kept: `opt/packages.db`"
    );
}

#[test]
fn links_in_a_circle_are_a_problem() {
    let inventory = inventory(vec![
        other(),
        TarFixture::new().symbolic_link("var/lib", "../var/lib"),
        other(),
    ]);
    let problem = inventory
        .problems
        .iter()
        .find(|problem| problem.path == STATUS)
        .map(|problem| (problem.message.as_str(), problem.layer));
    let layer = Some(inventory.layers[1].diff_id);
    assert_eq!(problem, Some(("symbolic links lead in a circle", layer)));
}

#[test]
fn leftovers_stand_apart_with_their_history() {
    let state = |state: &str| TarFixture::new().file(STATUS, record("a", "1", state));
    let inventory = check(
        "configuration left behind",
        vec![state("installed"), other(), state("config-files"), other()],
        &[],
    );
    assert_eq!(
        lines(&inventory.configuration_leftovers),
        ["a 1 @2 (0): 0+1 2-1"]
    );
    let inventory = check("from the start", vec![other(), state("config-files")], &[]);
    assert_eq!(
        lines(&inventory.configuration_leftovers),
        ["a 1 @1 (1): 1+1"]
    );
    let inventory = check(
        "installed again",
        vec![
            state("installed"),
            state("config-files"),
            state("installed"),
        ],
        &["a 1 @2 (0): 0+1 1-1 2+1"],
    );
    assert_eq!(inventory.configuration_leftovers, []);
}

#[test]
fn single_records_come_and_go_one_by_one() {
    let single = |name: &str, version: &str| {
        TarFixture::new().file(
            &format!("var/lib/dpkg/status.d/{name}"),
            format!("Package: {name}\nVersion: {version}\n"),
        )
    };
    check(
        "distroless",
        vec![
            single("base", "1").file("var/lib/dpkg/status.d/base.md5sums", "x  y"),
            single("libc6", "2"),
            single("libssl3", "3"),
            TarFixture::new().file("var/lib/dpkg/status.d/.wh.libc6", ""),
            single("base", "2"),
        ],
        &["base 2 @4 (0): 0+1 4:1>2", "libssl3 3 @2 (2): 2+3"],
    );
}

#[test]
fn an_unread_layer_costs_its_own_changes_only() {
    let (diff_ids, mut reports) = read(vec![
        database(&[("a", "1")]),
        database(&[("a", "1"), ("b", "1")]),
        database(&[("a", "1"), ("b", "1"), ("c", "1")]),
    ]);
    reports[1] = None;
    let inventory = squash(&diff_ids, &reports, ANALYSERS, &Cancellation::new()).unwrap();
    assert_eq!(
        lines(&inventory.packages),
        ["a 1 @0 (0): 0+1", "b 1 @2 (2): 2+1", "c 1 @2 (2): 2+1"]
    );
    assert_eq!(inventory.problems.len(), 1);
    assert_eq!(inventory.problems[0].kind, ProblemKind::Absent);
    assert_eq!(inventory.problems[0].layer, Some(diff_ids[1]));
}

#[test]
fn problems_of_files_that_nothing_reaches_are_none() {
    check(
        "a broken record of some other system",
        vec![
            database(&[("a", "1")])
                .file(
                    "srv/chroot/var/lib/dpkg/status",
                    "Package: x\nStatus: broken\n",
                )
                .file("srv/os-release", "nothing"),
        ],
        &["a 1 @0 (0): 0+1"],
    );
}

#[test]
fn the_operating_system_is_found_in_all_its_places() {
    let release = |id: &str| format!("ID={id}\nVERSION_ID=12\n");
    let over = TarFixture::new;
    for (what, layer, expected) in [
        (
            "etc",
            over().file("etc/os-release", release("one")),
            Some(("one", "etc/os-release")),
        ),
        (
            "usr",
            over().file("usr/lib/os-release", release("two")),
            Some(("two", "usr/lib/os-release")),
        ),
        (
            "a link, as Debian has it",
            over()
                .symbolic_link("etc/os-release", "../usr/lib/os-release")
                .file("usr/lib/os-release", release("debian")),
            Some(("debian", "usr/lib/os-release")),
        ),
        (
            "both",
            over()
                .file("etc/os-release", release("one"))
                .file("usr/lib/os-release", release("two")),
            Some(("one", "etc/os-release")),
        ),
        (
            "older Debian",
            over().file("etc/debian_version", "7.11\n"),
            Some(("debian", "etc/debian_version")),
        ),
        (
            "none",
            over().file("srv/os-release", release("three")),
            None,
        ),
    ] {
        let system = inventory(vec![layer, other()]).operating_system;
        let found = system
            .as_ref()
            .map(|system| (system.id.as_str(), system.path.as_str()));
        assert_eq!(found, expected, "{what}");
    }
}

#[test]
fn package_sources_are_those_of_the_merged_view() {
    let inventory = inventory(vec![
        TarFixture::new()
            .file("etc/apt/sources.list", "deb http://x s main\n")
            .file(
                "etc/apt/sources.list.d/gone.list",
                "deb http://gone s main\n",
            ),
        TarFixture::new()
            .file("etc/apt/sources.list.d/.wh.gone.list", "")
            .file(
                "etc/apt/sources.list.d/new.sources",
                "Types: deb\nURIs: http://y\nSuites: s s-security\nComponents: main\n",
            )
            .file("etc/apt/sources.list.d/again.list", "deb http://x s main\n"),
    ]);
    assert_eq!(
        inventory.package_sources,
        [
            "http://x s main",
            "http://y s main",
            "http://y s-security main"
        ]
    );
}

#[test]
fn a_preview_has_the_same_packages_and_no_layers() {
    let files = vec![
        (
            STATUS.to_owned(),
            record("a", "1", "installed").into_bytes(),
        ),
        (
            "var/lib/dpkg/status.d/b".to_owned(),
            b"Package: b\nVersion: 2\n".to_vec(),
        ),
        (
            "usr/lib/os-release".to_owned(),
            b"ID=debian\nVERSION_ID=12\n".to_vec(),
        ),
        (
            "etc/apt/sources.list".to_owned(),
            b"deb http://x s main\n".to_vec(),
        ),
        ("etc/passwd".to_owned(), b"root".to_vec()),
    ];
    let preview = super::preview(&files);
    assert_eq!(
        lines(&preview.packages),
        ["a 1 @0 (0): 0+1", "b 2 @0 (0): 0+2"]
    );
    assert_eq!(
        preview.operating_system.unwrap().ecosystem().unwrap(),
        "Debian:12"
    );
    assert_eq!(preview.package_sources, ["http://x s main"]);
    assert!(preview.layers.is_empty() && preview.problems.is_empty());
    let broken = super::preview(&[(STATUS.to_owned(), b"Package: a".to_vec())]);
    assert_eq!(broken.problems.len(), 1);
}

#[test]
fn what_is_peeked_at_is_what_is_concluded_from() {
    let roots: Vec<_> = ANALYSERS
        .iter()
        .flat_map(|analyser| analyser.roots())
        .collect();
    for root in peek_paths() {
        assert!(roots.contains(&root), "{root:?}");
    }
}
