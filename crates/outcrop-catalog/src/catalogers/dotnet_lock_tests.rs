use super::*;
use crate::findings::described;
use crate::fuzz::survives;

/// Written after the documentation of `NuGet`.
const TWO_FRAMEWORKS: &str = r#"{
  "version": 1,
  "dependencies": {
    "net6.0": {
      "Newtonsoft.Json": {
        "type": "Direct",
        "requested": "[13.0.1, )",
        "resolved": "13.0.1",
        "contentHash": "ppPFpBcvxdsfUonNcvITKqLl3bqxWbDCZIzDWHzjpdAHRFfZe0Dw9HmA0+za13IdyrgJwpkDTDA9fHaxOrt20A=="
      },
      "System.Memory": {"type": "Transitive", "resolved": "4.5.4"},
      "shared": {"type": "Project", "dependencies": {"Newtonsoft.Json": "13.0.1"}},
      "Broken": {"type": "Direct"}
    },
    "net6.0/linux-x64": {
      "Newtonsoft.Json": {"type": "Direct", "resolved": "13.0.1"},
      "System.Memory": {"type": "CentralTransitive", "resolved": "4.5.5"}
    }
  }
}"#;

fn check(content: &str, packages: &[&str], problems: &[&str]) {
    let file = CandidateFile::whole("src/packages.lock.json", content.as_bytes());
    let (found, told) = described(&DotnetLock.analyse(&file));
    assert_eq!(found, packages, "{content}");
    assert_eq!(told, problems, "{content}");
}

#[test]
fn each_resolved_version_is_a_package() {
    check(
        TWO_FRAMEWORKS,
        &[
            "nuget Newtonsoft.Json 13.0.1 in src/packages.lock.json ~a lock file",
            "nuget System.Memory 4.5.4 in src/packages.lock.json ~a lock file",
            "nuget System.Memory 4.5.5 in src/packages.lock.json#4.5.5 ~a lock file",
        ],
        &["Malformed a record without a version was passed over: `Broken`"],
    );
}

#[test]
fn a_file_that_goes_on_says_nothing_by_itself() {
    let file = CandidateFile {
        whole: false,
        ..CandidateFile::whole("packages.lock.json", b"{\"dependencies\": {")
    };
    assert_eq!(
        described(&DotnetLock.analyse(&file)).1,
        ["Truncated only the beginning of the file could be read, which says nothing by itself"]
    );
}

#[test]
fn whatever_bytes_come_it_goes_on() {
    survives(&DotnetLock, "packages.lock.json", TWO_FRAMEWORKS.as_bytes());
}
