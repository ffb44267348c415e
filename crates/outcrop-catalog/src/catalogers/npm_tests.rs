use std::sync::Arc;

use outcrop_image::fixtures::raw_header;
use outcrop_image::{Cancellation, Limits, analyse_layer, preview, squash};

use super::*;
use crate::findings::described;
use crate::fuzz::survives;

fn check_at(path: &str, content: &str, packages: &[&str], problems: &[&str]) {
    let analysis = Npm.analyse(&CandidateFile::whole(path, content.as_bytes()));
    let (found, told) = described(&analysis);
    assert_eq!(found, packages, "{path}: {content}");
    assert_eq!(told, problems, "{path}: {content}");
}

fn check(content: &str, packages: &[&str], problems: &[&str]) {
    let path = "app/node_modules/alias/package.json";
    check_at(path, content, packages, problems);
}

#[test]
fn the_file_tells_name_version_and_licence() {
    check(
        r#"{"name": "@scope/name", "version": "1.0.0-rc.1", "license": "(MIT OR CC0-1.0)"}"#,
        &["npm @scope/name 1.0.0-rc.1 in app/node_modules/alias ((MIT OR CC0-1.0))"],
        &[],
    );
    check(
        r#"{"name": "a", "version": "1", "license": {"type": "BSD-3-Clause", "url": "x"}}"#,
        &["npm a 1 in app/node_modules/alias (BSD-3-Clause)"],
        &[],
    );
    check(
        r#"{"name": "a", "version": "1", "licenses": [{"type": "MIT"}, {"type": "own"}]}"#,
        &["npm a 1 in app/node_modules/alias (MIT) (“own”)"],
        &[],
    );
}

#[test]
fn a_file_without_name_or_version_is_no_package() {
    check("{\"type\": \"module\"}", &[], &[]);
    check("{\"name\": \"a\"}", &[], &[]);
    check("{\"name\": \"a\", \"version\": 1}", &[], &[]);
    check("[]", &[], &[]);
    check(
        "{",
        &[],
        &["Malformed the file is not the JSON that it should be from line 1, column 1"],
    );
}

#[test]
fn folders_tell_what_is_installed() {
    for path in [
        "node_modules/a/package.json",
        "usr/local/lib/node_modules/npm/package.json",
        "app/node_modules/a/node_modules/@s/b/package.json",
        "app/node_modules/.pnpm/a@1.0.0/node_modules/a/package.json",
        "usr/share/nodejs/a/package.json",
        "usr/lib/nodejs/@s/a/package.json",
        "usr/lib/x86_64-linux-gnu/nodejs/a/package.json",
    ] {
        assert_eq!(installed(path), Some(Place::Modules), "{path}");
    }
    assert_eq!(
        installed("opt/yarn-v1.22.19/package.json"),
        Some(Place::Release)
    );
    for path in [
        "package.json",
        "app/package.json",
        "app/node_modules/package.json",
        "app/node_modules/a/test/package.json",
        "app/node_modules/@s/a/esm/package.json",
        "app/node_modules/.cache/package.json",
        "app/node_modules/a/package.json.bak",
        "app/nodejs/server/package.json",
        "my-app/package.json",
    ] {
        assert_eq!(installed(path), None, "{path}");
    }
}

#[test]
fn an_unpacked_release_bears_name_and_version() {
    let yarn = r#"{"name": "yarn", "version": "1.22.19"}"#;
    let path = "opt/yarn-v1.22.19/package.json";
    check_at(path, yarn, &["npm yarn 1.22.19 in opt/yarn-v1.22.19"], &[]);
    let path = "deno/npm/example.org/yarn/1.22.19/package.json";
    let place = "npm yarn 1.22.19 in deno/npm/example.org/yarn/1.22.19";
    check_at(path, yarn, &[place], &[]);
    check_at("opt/my-yarn/1.22.19/package.json", yarn, &[], &[]);
    check_at("opt/yarn-v2/package.json", yarn, &[], &[]);
    check_at("opt/service-1.22.19/package.json", yarn, &[], &[]);
}

#[test]
fn a_store_is_one_place_for_all_versions() {
    let package = |folder: &str, version: &str| {
        (
            format!("app/node_modules/.pnpm/{folder}/node_modules/a/package.json"),
            format!(r#"{{"name": "a", "version": "{version}"}}"#).into_bytes(),
        )
    };
    let files = [
        package("a@1.0.0", "1.0.0"),
        package("a@1.0.0_b@2", "1.0.0"),
        package("a@2.0.0", "2.0.0"),
        (
            format!("root/store/v3/files/0a/{}", "b".repeat(126)),
            br#"{"name": "c", "version": "3"}"#.to_vec(),
        ),
    ];
    let told: Vec<String> = preview(&files, &[&Npm])
        .packages
        .iter()
        .map(|found| {
            let package = &found.package;
            format!(
                "{} {:?}",
                package.version,
                package.place.as_deref().unwrap()
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            r#"1.0.0 "app/node_modules/.pnpm""#,
            r#"2.0.0 "app/node_modules/.pnpm#2.0.0""#
        ]
    );
}

/// An entry of a tar archive.
fn entry(kind: u8, path: &str, bytes: &[u8]) -> Vec<u8> {
    let mut entry = raw_header(path, kind, bytes.len() as u64).to_vec();
    entry.extend(bytes);
    entry.resize(entry.len().next_multiple_of(512), 0);
    entry
}

/// The long path (`L`) or target (`K`) of the entry that follows, as GNU tar writes it.
fn long(kind: u8, path: &str) -> Vec<u8> {
    entry(kind, "././@LongLink", format!("{path}\0").as_bytes())
}

#[test]
fn a_file_that_is_linked_to_the_store_is_read() {
    let stored = format!("root/store/v3/files/0a/{}", "b".repeat(126));
    let package = |modules: &str| format!("{modules}/.pnpm/a@1.0.0/node_modules/a");
    let first = package("srv/node_modules");
    let layer = [
        long(b'L', &stored),
        entry(b'0', "a", br#"{"name": "a", "version": "1.0.0"}"#),
        long(b'K', &stored),
        entry(b'1', &format!("{first}/package.json"), b""),
        long(b'K', &stored),
        entry(b'1', &format!("{first}/test/package.json"), b""),
        vec![0; 1024],
    ]
    .concat();
    let analysers: [&dyn Analyser; 1] = [&Npm];
    let read = analyse_layer(
        &mut &layer[..],
        &analysers,
        None,
        &Limits::DEFAULT,
        &Cancellation::new(),
    )
    .unwrap();
    let diff_id = read.report.diff_id;
    let reports = [Some(Arc::new(read.report))];
    let inventory = squash(&[diff_id], &reports, &analysers, &Cancellation::new()).unwrap();
    let told: Vec<(&str, &str)> = inventory
        .packages
        .iter()
        .map(|found| {
            let package = &found.package;
            (&*package.evidence.path, package.place.as_deref().unwrap())
        })
        .collect();
    let path = format!("{first}/package.json");
    assert_eq!(told, [(&*path, "srv/node_modules/.pnpm")]);
    assert_eq!(inventory.problems, []);
}

#[test]
fn whatever_bytes_come_it_goes_on() {
    survives(
        &Npm,
        "node_modules/a/package.json",
        br#"{"name": "a", "version": "1", "license": ["MIT", {"type": "ISC"}], "licenses": {}}"#,
    );
}
