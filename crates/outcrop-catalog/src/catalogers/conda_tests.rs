use super::*;
use crate::findings::described;
use crate::fuzz::survives;

/// Written after conda's `PrefixRecord`.
const RECORD: &str = r#"{
  "build": "py311h06a4308_0", "build_number": 0,
  "channel": "https://token@example.org/pkgs/main/linux-64",
  "depends": ["python >=3.11"], "files": ["lib/a.py"],
  "fn": "requests-2.31.0-py311h06a4308_0.tar.bz2",
  "license": "Apache-2.0", "name": "requests", "subdir": "linux-64", "version": "2.31.0"
}"#;

fn check(content: &str, packages: &[&str]) {
    let path = "opt/conda/conda-meta/x.json";
    let analysis = Conda.analyse(&CandidateFile::whole(path, content.as_bytes()));
    let (found, _) = described(&analysis);
    assert_eq!(found, packages, "{content}");
}

#[test]
fn a_record_tells_package_and_build() {
    check(
        RECORD,
        &[
            "conda requests 2.31.0 in opt/conda (Apache-2.0) build=py311h06a4308_0 channel=main \
           subdir=linux-64 type=tar.bz2",
        ],
    );
    check(
        r#"{"name": "a", "version": "1", "channel": "conda-forge", "fn": "a-1.conda"}"#,
        &["conda a 1 in opt/conda channel=conda-forge type=conda"],
    );
    check(
        r#"{"name": "a", "version": "1"}"#,
        &["conda a 1 in opt/conda"],
    );
    check("{}", &[]);
}

#[test]
fn whatever_bytes_come_it_goes_on() {
    survives(&Conda, "conda-meta/x.json", RECORD.as_bytes());
}
