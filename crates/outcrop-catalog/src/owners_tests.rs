//! Which packages are a system package's own, with every cataloger at work.

use std::sync::Arc;

use outcrop_image::fixtures::TarFixture;
use outcrop_image::{Cancellation, Limits, analyse_layer, squash};

use super::*;

/// What is listed, as `kind name version of owner`.
fn listed(layers: Vec<TarFixture>) -> Vec<String> {
    let (diff_ids, reports): (Vec<_>, Vec<_>) = layers
        .into_iter()
        .map(|layer| {
            let bytes = layer.bytes();
            let cancellation = Cancellation::new();
            let read = analyse_layer(
                &mut &bytes[..],
                ANALYSERS,
                None,
                &Limits::DEFAULT,
                &cancellation,
            );
            let report = read.unwrap().report;
            (report.diff_id, Some(Arc::new(report)))
        })
        .unzip();
    let inventory = squash(&diff_ids, &reports, ANALYSERS, &Cancellation::new()).unwrap();
    assert_eq!(inventory.problems, []);
    inventory
        .packages
        .iter()
        .map(|found| {
            let package = &found.package;
            let owner = found.owner.as_ref();
            format!(
                "{} {} {}{}",
                package.kind.as_str(),
                package.name,
                package.version,
                owner.map_or_else(String::new, |owner| format!(" of {}", owner.name))
            )
        })
        .collect()
}

fn check(what: &str, layers: Vec<TarFixture>, expected: &[&str]) {
    assert_eq!(listed(layers), expected, "{what}");
}

fn record(name: &str, version: &str) -> String {
    format!("Package: {name}\nStatus: install ok installed\nVersion: {version}\n\n")
}

/// A layer whose only package is `name`, with these files.
fn installed(name: &str, version: &str, files: &str) -> TarFixture {
    TarFixture::new()
        .file("var/lib/dpkg/status", record(name, version))
        .file(&format!("var/lib/dpkg/info/{name}.list"), files)
}

/// The same layer with a program that tells its version.
fn with_curl(layer: TarFixture, path: &str, version: &str) -> TarFixture {
    let text = format!("\0curl {version} (x86_64-pc-linux-gnu)\0");
    layer.file(path, [&b"\x7fELF"[..], &[0; 20], text.as_bytes()].concat())
}

const CURL: &str = "usr/bin/curl";

#[test]
fn a_program_that_a_system_package_owns_is_that_package() {
    let over = TarFixture::new;
    let owned = || {
        with_curl(
            installed("curl", "7.88.1-10", "/usr/bin/curl\n"),
            CURL,
            "7.88.1",
        )
    };
    check("owned", vec![owned()], &["deb curl 7.88.1-10"]);
    check(
        "owned by its path before /usr was merged",
        vec![with_curl(
            installed("curl", "7.88.1-10", "/bin/curl\n"),
            CURL,
            "7.88.1",
        )],
        &["deb curl 7.88.1-10"],
    );
    check(
        "owned where each package has a record of its own",
        vec![with_curl(
            over()
                .file(
                    "var/lib/dpkg/status.d/curl",
                    "Package: curl\nVersion: 7.88.1-10\n",
                )
                .file(
                    "var/lib/dpkg/status.d/curl.md5sums",
                    format!("{:032x}  usr/bin/curl\n", 0),
                ),
            CURL,
            "7.88.1",
        )],
        &["deb curl 7.88.1-10"],
    );
    check(
        "unowned",
        vec![with_curl(
            installed("curl", "7.88.1-10", "/usr/bin/other\n"),
            CURL,
            "7.88.1",
        )],
        &["deb curl 7.88.1-10", "generic curl 7.88.1"],
    );
    check(
        "beside the owned one",
        vec![owned(), with_curl(over(), "usr/local/bin/curl", "8.5.0")],
        &["deb curl 7.88.1-10", "generic curl 8.5.0"],
    );
    check(
        "written again as it was",
        vec![owned(), with_curl(over(), CURL, "7.88.1")],
        &["deb curl 7.88.1-10"],
    );
    check(
        "upgraded with its package",
        vec![
            owned(),
            with_curl(
                installed("curl", "8.5.0-1", "/usr/bin/curl\n"),
                CURL,
                "8.5.0",
            ),
        ],
        &["deb curl 8.5.0-1"],
    );
}

#[test]
fn an_owner_answers_for_what_it_installed_only() {
    let over = TarFixture::new;
    let owned = || {
        with_curl(
            installed("curl", "7.88.1-10", "/usr/bin/curl\n"),
            CURL,
            "7.88.1",
        )
    };
    check(
        "replaced by another program since",
        vec![owned(), with_curl(over(), CURL, "8.5.0")],
        &["deb curl 7.88.1-10", "generic curl 8.5.0"],
    );
    check(
        "the package is not recorded any more, its list of files is left",
        vec![
            owned(),
            over().file("var/lib/dpkg/status", record("a", "1")),
        ],
        &["deb a 1", "generic curl 7.88.1"],
    );
    check(
        "the whole database is gone",
        vec![owned(), over().file("var/lib/dpkg/.wh.status", "")],
        &["generic curl 7.88.1"],
    );
    check(
        "the package is removed, and the program put back",
        vec![
            owned(),
            over()
                .file("var/lib/dpkg/status", "")
                .file("var/lib/dpkg/info/.wh.curl.list", "")
                .file("usr/bin/.wh.curl", ""),
            with_curl(over(), CURL, "7.88.1"),
        ],
        &["generic curl 7.88.1"],
    );
}

#[test]
fn a_package_with_a_record_is_listed_under_its_owner() {
    const METADATA: &str = "usr/lib/python3/dist-packages/six-1.16.0.egg-info/PKG-INFO";
    let six = |layer: TarFixture, version: &str| {
        layer.file(
            METADATA,
            format!("Metadata-Version: 1.2\nName: six\nVersion: {version}\n"),
        )
    };
    let owned = || {
        six(
            installed("python3-six", "1.16.0-4", &format!("/{METADATA}\n")),
            "1.16.0",
        )
    };
    check(
        "owned",
        vec![owned()],
        &["deb python3-six 1.16.0-4", "pypi six 1.16.0 of python3-six"],
    );
    check(
        "unowned",
        vec![six(installed("python3-six", "1.16.0-4", "/x\n"), "1.16.0")],
        &["deb python3-six 1.16.0-4", "pypi six 1.16.0"],
    );
    check(
        "replaced since",
        vec![owned(), six(TarFixture::new(), "1.17.0")],
        &["deb python3-six 1.16.0-4", "pypi six 1.17.0"],
    );
}
