use super::*;
use crate::findings::described;
use crate::fuzz::survives;

/// Written after the documentation of Conan 1.
const INFO: &str = "\
[settings]
    arch=x86_64

[requires]
    boost/1.Y.Z

[full_requires]
    boost/1.75.0:dc8aedd23a0f0a773a5fcdcfe1ae3e89c4205978
    own/2.0@team/stable#6708c9d8:9f5ab13fc7c73e4a9f87e4e213f2cfa4
    broken

[full_options]
    boost:shared=False
";
const FIRST_LOCK: &str = r#"{
  "graph_lock": {
    "nodes": {
      "0": {"ref": "project/1.0", "path": "conanfile.py", "context": "host"},
      "1": {"ref": "fmt/9.1.0@team/stable#6708c9d8", "package_id": "2c09", "context": "host"},
      "2": {"ref": "cmake/3.22.0", "context": "build"},
      "3": {"options": ""}
    },
    "revisions_enabled": true
  },
  "version": "0.4"
}"#;
const SECOND_LOCK: &str = r#"{
  "version": "0.5",
  "requires": ["zlib/1.2.13#97d5730b529b4224045fe7090592d4c1%1680088564.54", 7],
  "build_requires": ["cmake/3.23.5#5f184bc6%1676913225.027"],
  "python_requires": []
}"#;

fn check(path: &str, content: &str, packages: &[&str], problems: &[&str]) {
    let analysis = Conan.analyse(&CandidateFile::whole(path, content.as_bytes()));
    let (found, told) = described(&analysis);
    assert_eq!(found, packages, "{path}");
    assert_eq!(told, problems, "{path}");
}

#[test]
fn in_the_cache_the_folders_name_the_package() {
    check(
        "root/.conan/data/mfast/1.2.2/team/stable/package/9d1f076b/conaninfo.txt",
        INFO,
        &["conan mfast 1.2.2 in root/.conan/data channel=stable user=team"],
        &[],
    );
    check(
        "root/.conan/data/zlib/1.2.13/_/_/package/9d1f076b/conaninfo.txt",
        "",
        &["conan zlib 1.2.13 in root/.conan/data"],
        &[],
    );
}

#[test]
fn elsewhere_the_resolved_requirements_do() {
    check(
        "app/build/conaninfo.txt",
        INFO,
        &[
            "conan boost 1.75.0 in app/build ~the requirements of another package",
            "conan own 2.0 in app/build ~the requirements of another package channel=stable user=team",
        ],
        &["Malformed a record without a version was passed over: `broken`"],
    );
    check(
        "root/.conan2/p/b/zlib1/p/conaninfo.txt",
        "[requires]\nzlib/1.2.Z\n",
        &[],
        &[],
    );
}

#[test]
fn lock_files_name_what_is_not_of_the_build() {
    check(
        "app/conan.lock",
        FIRST_LOCK,
        &["conan fmt 9.1.0 in app/conan.lock ~a lock file channel=stable user=team"],
        &[],
    );
    check(
        "app/conan.lock",
        SECOND_LOCK,
        &["conan zlib 1.2.13 in app/conan.lock ~a lock file"],
        &[],
    );
}

#[test]
fn whatever_bytes_come_it_goes_on() {
    survives(&Conan, "conaninfo.txt", INFO.as_bytes());
    survives(&Conan, "conan.lock", FIRST_LOCK.as_bytes());
    survives(&Conan, "conan.lock", SECOND_LOCK.as_bytes());
}
