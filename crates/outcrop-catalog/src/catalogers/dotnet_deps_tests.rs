use super::*;
use crate::findings::described;
use crate::fuzz::survives;

/// Written after the host's description of the format.
const SELF_CONTAINED: &str = r#"{
  "runtimeTarget": {"name": ".NETCoreApp,Version=v8.0/linux-x64", "signature": ""},
  "compilationOptions": {},
  "targets": {
    ".NETCoreApp,Version=v8.0": {},
    ".NETCoreApp,Version=v8.0/linux-x64": {
      "Orders/1.0.0": {
        "dependencies": {"Newtonsoft.Json": "12.0.2"},
        "runtime": {"Orders.dll": {}}
      },
      "runtimepack.Microsoft.NETCore.App.Runtime.linux-x64/8.0.1": {
        "runtime": {"System.Text.Json.dll": {"assemblyVersion": "8.0.0.0"}},
        "native": {"libcoreclr.so": {"fileVersion": "0.0.0.0"}}
      },
      "Newtonsoft.Json/12.0.2": {
        "runtime": {"lib/netstandard2.0/Newtonsoft.Json.dll": {"assemblyVersion": "12.0.0.0"}}
      },
      "SQLitePCLRaw.lib.e_sqlite3/2.1.6": {"native": {"libe_sqlite3.so": {}}},
      "System.Text.Json/6.0.0": {},
      "Shared/1.0.0": {"runtime": {"Shared.dll": {}}}
    }
  },
  "libraries": {
    "Orders/1.0.0": {"type": "project", "serviceable": false, "sha512": ""},
    "runtimepack.Microsoft.NETCore.App.Runtime.linux-x64/8.0.1": {"type": "runtimepack"},
    "Newtonsoft.Json/12.0.2": {"type": "package", "serviceable": true, "sha512": "sha512-x"},
    "SQLitePCLRaw.lib.e_sqlite3/2.1.6": {"type": "package"},
    "System.Text.Json/6.0.0": {"type": "package"},
    "Shared/1.0.0": {"type": "project"},
    "Odd": {"type": "package"},
    "Older/1": 7
  }
}"#;

fn check(content: &str, packages: &[&str], problems: &[&str]) {
    let file = CandidateFile::whole("app/Orders.deps.json", content.as_bytes());
    let (found, told) = described(&DotnetDeps.analyse(&file));
    assert_eq!(found, packages, "{content}");
    assert_eq!(told, problems, "{content}");
}

#[test]
fn packages_with_files_count_and_projects_do_not() {
    check(
        SELF_CONTAINED,
        &[
            "nuget Microsoft.NETCore.App.Runtime.linux-x64 8.0.1 in app",
            "nuget Newtonsoft.Json 12.0.2 in app",
            "nuget SQLitePCLRaw.lib.e_sqlite3 2.1.6 in app",
        ],
        &["Malformed a record without a version was passed over: `Odd`"],
    );
}

#[test]
fn without_targets_every_package_counts() {
    check(
        "\u{feff}{\"libraries\": {\"A/1.0\": {\"type\": \"package\"}}}",
        &["nuget A 1.0 in app"],
        &[],
    );
}

#[test]
fn other_documents_say_nothing() {
    check("{}", &[], &[]);
    check("{\"libraries\": []}", &[], &[]);
    check(
        "{",
        &[],
        &["Malformed the file is not the JSON that it should be from line 1, column 1"],
    );
}

#[test]
fn whatever_bytes_come_it_goes_on() {
    survives(&DotnetDeps, "a.deps.json", SELF_CONTAINED.as_bytes());
}
