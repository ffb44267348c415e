use super::*;
use crate::findings::described;
use crate::fuzz::survives;

/// Written after the package manager's own writer.
const FIRST: &str = r#"{
  "object": {
    "pins": [
      {
        "package": "swift-nio",
        "repositoryURL": "https://github.com/apple/swift-nio.git",
        "state": {"branch": null, "revision": "51c3fc2e4a0fcdf4a25089b288dd65b73df1b0ef", "version": "2.37.0"}
      },
      {
        "package": "Edge",
        "repositoryURL": "git@example.org:team/edge.git",
        "state": {"branch": "main", "revision": "0badcafe", "version": null}
      }
    ]
  },
  "version": 1
}"#;
const THIRD: &str = r#"{
  "originHash": "abc",
  "pins": [
    {
      "identity": "vapor",
      "kind": "remoteSourceControl",
      "location": "https://github.com/vapor/vapor",
      "state": {"revision": "0badcafe", "version": "4.84.1"}
    },
    {
      "identity": "mona.LinkedList",
      "kind": "registry",
      "location": "",
      "state": {"version": "1.1.0"}
    },
    {"identity": "nothing"},
    7
  ],
  "version": 3
}"#;

fn check(content: &str, packages: &[&str], problems: &[&str]) {
    let file = CandidateFile::whole("app/Package.resolved", content.as_bytes());
    let (found, told) = described(&Swift.analyse(&file));
    assert_eq!(found, packages, "{content}");
    assert_eq!(told, problems, "{content}");
}

#[test]
fn pins_of_every_version_are_read() {
    check(
        FIRST,
        &[
            "swift github.com/apple/swift-nio 2.37.0 in app/Package.resolved ~a lock file",
            "swift example.org/team/edge 0badcafe in app/Package.resolved ~a lock file",
        ],
        &[],
    );
    check(
        THIRD,
        &[
            "swift github.com/vapor/vapor 4.84.1 in app/Package.resolved ~a lock file",
            "swift mona.LinkedList 1.1.0 in app/Package.resolved ~a lock file",
        ],
        &["Malformed a record without a version was passed over: `nothing`"],
    );
}

#[test]
fn an_address_is_a_name() {
    for (address, name) in [
        ("https://user@example.org/a/b.git/", "example.org/a/b"),
        ("ssh://git@example.org:2222/a/b.git", "example.org:2222/a/b"),
        ("git@example.org:a/b", "example.org/a/b"),
        ("", ""),
    ] {
        assert_eq!(repository(address), name, "{address}");
    }
}

#[test]
fn whatever_bytes_come_it_goes_on() {
    survives(&Swift, "Package.resolved", FIRST.as_bytes());
    survives(&Swift, "Package.resolved", THIRD.as_bytes());
}
