use outcrop_image::preview;

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

#[test]
fn whatever_bytes_come_it_goes_on() {
    survives(
        &Npm,
        "node_modules/a/package.json",
        br#"{"name": "a", "version": "1", "license": ["MIT", {"type": "ISC"}], "licenses": {}}"#,
    );
}
