use outcrop_image::{path_key, preview};

use super::*;
use crate::fuzz::survives;

const SQLITE: &str = "var/lib/rpm/rpmdb.sqlite";
const LOG: &str = "var/lib/rpm/rpmdb.sqlite-wal";
const BERKELEY: &str = "var/lib/rpm/Packages";

fn plain(compressed: &[u8]) -> Vec<u8> {
    zstd::decode_all(compressed).unwrap()
}

fn sqlite() -> Vec<u8> {
    plain(include_bytes!("rpm/fixtures/rpmdb.sqlite.zst"))
}

fn berkeley() -> Vec<u8> {
    plain(include_bytes!("rpm/fixtures/Packages.zst"))
}

/// Who owns each path, as far as it is known.
fn check(files: &[(&str, Vec<u8>)], expected: &[(&str, &[&str])]) {
    let files: Vec<(String, Vec<u8>)> = files
        .iter()
        .map(|(path, bytes)| ((*path).to_owned(), bytes.clone()))
        .collect();
    let inventory = preview(&files, &[&RpmFiles]);
    assert_eq!(inventory.problems, []);
    let analyses: Vec<Analysis> = files
        .iter()
        .map(|(path, bytes)| RpmFiles.analyse(&CandidateFile::whole(path, bytes)))
        .collect();
    let owners = |path: &str| -> Vec<String> {
        let mut owners = Vec::new();
        for analysis in &analyses {
            if let Some(Observation::OwnedFiles(packages)) = &analysis.observation {
                let owning = packages
                    .iter()
                    .filter(|(_, keys)| keys.contains(&path_key(path)));
                owners.extend(owning.map(|(name, _)| name.clone()));
            }
        }
        owners
    };
    for (path, names) in expected {
        assert_eq!(owners(path), *names, "{path}");
    }
}

#[test]
fn files_belong_to_the_packages_that_rpm_says() {
    // `rpm -qf --dbpath …` for each of the paths.
    let expected: &[(&str, &[&str])] = &[
        ("usr/bin/slate", &["slate"]),
        (
            "usr/lib/slate/a-file-with-a-rather-long-name-3.py",
            &["slate"],
        ),
        ("usr/lib/slate/dev.h", &["slate-devel"]),
        (
            "usr/lib/basalt/a-file-with-a-rather-long-name-90.py",
            &["basalt"],
        ),
        ("usr/share/doc/slate/README", &[]),
        ("usr/bin/flint", &[]),
    ];
    check(&[(SQLITE, sqlite())], expected);
    check(&[(BERKELEY, berkeley())], expected);
}

#[test]
fn packages_of_the_log_own_their_files() {
    let log = plain(include_bytes!("rpm/fixtures/rpmdb.sqlite-wal.zst"));
    check(
        &[(SQLITE, sqlite()), (LOG, log)],
        &[
            (
                "usr/lib/flint/a-file-with-a-rather-long-name-60.py",
                &["flint"],
            ),
            ("usr/lib/basalt/dev.h", &["basalt-devel"]),
        ],
    );
}

#[test]
fn whatever_bytes_come_it_goes_on() {
    survives(&RpmFiles, BERKELEY, &berkeley());
}
