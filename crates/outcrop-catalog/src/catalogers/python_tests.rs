use outcrop_image::preview;

use super::*;
use crate::findings::described;
use crate::fuzz::survives;

/// Written after the specification of core metadata.
const METADATA: &str = "\
Metadata-Version: 2.1
Name: Ruamel.YAML_x
Version: 0.17.1
Summary: A parser: of YAML
License: MIT license
Classifier: License :: OSI Approved :: BSD License
Requires-Dist: name (>=1)
Description-Content-Type: text/plain

Name: not-this
Version: 9
";
const SITE: &str = "usr/lib/python3.11/site-packages";

fn check_at(path: &str, content: &str, packages: &[&str], problems: &[&str]) {
    let path = format!("{SITE}/{path}");
    let analysis = Python.analyse(&CandidateFile::whole(&path, content.as_bytes()));
    let (found, told) = described(&analysis);
    assert_eq!(found, packages, "{path}: {content}");
    assert_eq!(told, problems, "{path}: {content}");
}

fn check(content: &str, packages: &[&str], problems: &[&str]) {
    check_at("x.dist-info/METADATA", content, packages, problems);
}

#[test]
fn fields_before_the_description_tell_the_distribution() {
    let expected = &["pypi Ruamel.YAML_x 0.17.1 in usr/lib/python3.11/site-packages (MIT)"];
    check(METADATA, expected, &[]);
    check(&METADATA.replace('\n', "\r\n"), expected, &[]);
    for path in [
        "x-1.egg-info",
        "x-1.egg-info/PKG-INFO",
        "x-1-py3.8.egg/EGG-INFO/PKG-INFO",
    ] {
        check_at(path, METADATA, expected, &[]);
    }
    check(
        "name:a\nVERSION:1",
        &["pypi a 1 in usr/lib/python3.11/site-packages"],
        &[],
    );
    check(
        "Name: a\n\nVersion: 1\n",
        &[],
        &["Malformed a record without a version was passed over: `a`"],
    );
}

#[test]
fn what_is_cut_off_counts_as_far_as_it_goes() {
    let check = |content: &str, packages: &[&str], problems: &[&str]| {
        let (found, told) = described(&Python.analyse(&CandidateFile {
            whole: false,
            ..CandidateFile::whole("a/x.dist-info/METADATA", content.as_bytes())
        }));
        assert_eq!(found, packages, "{content}");
        assert_eq!(told, problems, "{content}");
    };
    let problem = "Truncated only the beginning of the file could be read";
    check("Name: a\nVersion: 1\n\nDescr", &["pypi a 1 in a"], &[]);
    check("Name: a\nVersion: 1\nLic", &["pypi a 1 in a"], &[problem]);
    check("Name: a\nVersion: 1", &[], &[problem]);
}

#[test]
fn licences_are_told_by_expression_field_or_classifiers() {
    let check = |fields: &str, expected: &[Licence]| {
        let content = format!("Name: a\n{fields}\n");
        assert_eq!(Fields::of(&content, true).licences(), expected, "{fields}");
    };
    let spdx = |text: &str| Licence::Spdx(text.to_owned());
    let verbatim = |text: &str| Licence::Verbatim(text.to_owned());
    let mit = "Classifier: License :: OSI Approved :: MIT License";
    check(
        &format!("License-Expression: MIT OR Apache-2.0\nLicense: BSD\n{mit}"),
        &[spdx("MIT OR Apache-2.0")],
    );
    check(&format!("License: BSD\n{mit}"), &[spdx("MIT")]);
    check(&format!("License: UNKNOWN\n{mit}"), &[spdx("MIT")]);
    check(
        "License: BSD\nClassifier: License :: OSI Approved :: BSD License",
        &[verbatim("BSD")],
    );
    check(
        "License: Copyright\n        All rights\nClassifier: License :: OSI Approved :: BSD License",
        &[verbatim("BSD License")],
    );
    check(
        "License: Copyright\n  All rights",
        &[verbatim("Copyright All rights")],
    );
    check("Classifier: License :: OSI Approved", &[]);
}

#[test]
fn paths_tell_what_a_file_records() {
    let wants = |path: &str, head: &[u8]| {
        let facts = FileFacts {
            path,
            size: 100,
            head,
        };
        Python.wants(&facts).is_some()
    };
    assert!(wants("a/x.dist-info/METADATA", b""));
    assert!(wants("x.dist-info/direct_url.json", b""));
    assert!(wants("a/site-packages/x-1-py3.8.egg", ZIP));
    for path in [
        "a/METADATA",
        "a/PKG-INFO",
        "a/~ip-20.0.dist-info/METADATA",
        "a/EGG-INFO/PKG-INFO",
        "a/x.dist-info/RECORD",
        "a/site-packages/x.egg",
        "a/tests/x-1-py3.8.egg",
    ] {
        assert!(!wants(path, ZIP), "{path}");
    }
    check_at(
        "x_y-1.0-py3.8-linux-x86_64.egg",
        "PK\x03\x04",
        &["pypi x_y 1.0 in usr/lib/python3.11/site-packages ~the file's name"],
        &[],
    );
}

#[test]
fn origins_are_told() {
    let check = |direct_url: &str, expected: &str| {
        let folder = format!("{SITE}/a-1.dist-info");
        let files = [
            (
                format!("{folder}/METADATA"),
                b"Name: a\nVersion: 1\n".to_vec(),
            ),
            (
                format!("{folder}/direct_url.json"),
                direct_url.as_bytes().to_vec(),
            ),
        ];
        let inventory = preview(&files, &[&Python]);
        let package = &inventory.packages[0].package;
        let told = format!(
            "{} in {}",
            package.purl("", None),
            package.place.as_deref().unwrap()
        );
        assert_eq!(told, expected, "{direct_url}");
        assert_eq!(inventory.packages.len(), 1);
        assert_eq!(inventory.problems, []);
    };
    let site = "in usr/lib/python3.11/site-packages";
    check(
        r#"{"url": "file:///app/", "dir_info": {"editable": true}}"#,
        "pkg:pypi/a@1 in app",
    );
    check(
        r#"{"url": "file:///app", "dir_info": {}}"#,
        &format!("pkg:pypi/a@1 {site}"),
    );
    check(
        r#"{"url": "https://user:secret@example.org/a.git",
            "vcs_info": {"vcs": "git", "commit_id": "0a1b"}}"#,
        &format!("pkg:pypi/a@1?vcs_url=git%2Bhttps:%2F%2Fexample.org%2Fa.git%400a1b {site}"),
    );
    check(
        r#"{"url": "https://example.org/a.whl", "archive_info": {}}"#,
        &format!("pkg:pypi/a@1?download_url=https:%2F%2Fexample.org%2Fa.whl {site}"),
    );
    check(
        r#"{"url": 1, "dir_info": {"editable": "yes"}}"#,
        &format!("pkg:pypi/a@1 {site}"),
    );
}

#[test]
fn an_edited_project_is_one_distribution() {
    let metadata = |name: &str| format!("Name: {name}\nVersion: 1\n").into_bytes();
    let files = [
        (
            format!("{SITE}/my_lib-1.dist-info/METADATA"),
            metadata("My.Lib"),
        ),
        (
            format!("{SITE}/my_lib-1.dist-info/direct_url.json"),
            br#"{"url": "file:///app", "dir_info": {"editable": true}}"#.to_vec(),
        ),
        (
            "app/src/My.Lib.egg-info/PKG-INFO".to_owned(),
            metadata("My.Lib"),
        ),
        (
            "app/src/other.egg-info/PKG-INFO".to_owned(),
            metadata("other"),
        ),
        (
            "apps/my_lib.egg-info/PKG-INFO".to_owned(),
            metadata("my-lib"),
        ),
    ];
    let told: Vec<String> = preview(&files, &[&Python])
        .packages
        .iter()
        .map(|found| {
            let place = found.package.place.as_deref().unwrap();
            format!("{} in {place}", found.package.name)
        })
        .collect();
    assert_eq!(
        told,
        ["My.Lib in app", "my-lib in apps", "other in app/src"]
    );
}

#[test]
fn a_copy_in_a_cache_is_no_second_distribution() {
    let files = [
        format!("{SITE}/a-1.dist-info/METADATA"),
        "root/.cache/uv/archive-v0/x/a-1.dist-info/METADATA".to_owned(),
        "root/.cache/uv/archive-v0/y/a-2.dist-info/METADATA".to_owned(),
    ]
    .map(|path| {
        let version = if path.contains("a-1") { 1 } else { 2 };
        (path, format!("Name: a\nVersion: {version}\n").into_bytes())
    });
    let told: Vec<String> = preview(&files, &[&Python])
        .packages
        .iter()
        .map(|found| {
            let place = found.package.place.as_deref().unwrap();
            format!("{} in {place}", found.package.version)
        })
        .collect();
    assert_eq!(
        told,
        [
            "2 in root/.cache/uv/archive-v0/y",
            "1 in usr/lib/python3.11/site-packages"
        ]
    );
}

#[test]
fn whatever_bytes_come_it_goes_on() {
    survives(&Python, "a/x.dist-info/METADATA", METADATA.as_bytes());
    survives(
        &Python,
        "a/x.dist-info/direct_url.json",
        br#"{"url": "https://u:p@e.org/a", "vcs_info": {"vcs": "git", "commit_id": "0"}}"#,
    );
}
