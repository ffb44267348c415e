use super::*;
use crate::findings::described;
use crate::fuzz::survives;

/// Written after yarn's documentation.
const LIST: &str = r#"{
  "__info": ["it's \\ generated"],
  "packageRegistryData": [
    [null, [[null, {"packageLocation": "./"}]]],
    ["app", [["workspace:.", {"packageLocation": "./"}]]],
    ["@s/a", [
      ["npm:1.0.0", {"packageLocation": "./.yarn/cache/@s-a-npm-1.0.0.zip/node_modules/@s/a/"}],
      ["virtual:0a1b#npm:2.0.0", {"packageLocation": "./.yarn/__virtual__/x/"}],
      ["npm:2.0.0", {"packageLocation": "./.yarn/cache/@s-a-npm-2.0.0.zip/node_modules/@s/a/"}]
    ]],
    ["b", [["npm:1.0.0", {"packageLocation": "./.yarn/unplugged/b/node_modules/b/"}]]],
    ["c", [["https://example.org/c.tgz", {"packageLocation": "./.yarn/cache/c.zip/"}]]]
  ]
}"#;

const PACKAGES: &[&str] = &["npm @s/a 1.0.0 in srv", "npm @s/a 2.0.0 in srv#2.0.0"];
const PROBLEMS: &[&str] = &["Unsupported a package that is of no registry was passed over: `c`"];

fn check(file: &str, packages: &[&str], problems: &[&str]) {
    let analysis = YarnPnp.analyse(&CandidateFile::whole("srv/.pnp.cjs", file.as_bytes()));
    let (found, told) = described(&analysis);
    assert_eq!(found, packages, "{file}");
    assert_eq!(told, problems, "{file}");
}

/// The list as a string of a program.
fn quoted(list: &str) -> String {
    let list = list
        .replace('\\', "\\\\")
        .replace('\'', "\\'")
        .replace('\n', "\\\n");
    format!("const STATE =\n'{list}';\nmodule.exports = {{}};\n")
}

#[test]
fn lists_of_every_form_are_read() {
    check(LIST, PACKAGES, PROBLEMS);
    check(&quoted(LIST), PACKAGES, PROBLEMS);
    check(
        &format!("return hydrate({LIST}, {{basePath: '.'}});\n"),
        PACKAGES,
        PROBLEMS,
    );
}

#[test]
fn a_program_without_its_list_tells_nothing() {
    check("module.exports = {};\n", &[], &[]);
    check(
        "'{\"__info\": [], \"packageRegistryData\": [[1]]}'",
        &[],
        &["Malformed the list of the packages is not as it should be"],
    );
}

#[test]
fn references_tell_where_a_package_is_from() {
    for (reference, expected) in [
        ("npm:1.0.0", Some(("a", "1.0.0"))),
        ("npm:1.0.0::__archiveUrl=x", Some(("a", "1.0.0"))),
        ("npm:@s/b@1.0.0", Some(("@s/b", "1.0.0"))),
        ("virtual:0a#npm:1.0.0", Some(("a", "1.0.0"))),
        (
            "patch:a@npm%3A1.0.0#~builtin<x>::version=1.0.0&hash=0a",
            Some(("a", "1.0.0")),
        ),
        ("patch:a@npm%3A1.0.0#x", None),
        ("git@example.org:a.git#commit=0a", None),
    ] {
        let expected = expected.map_or(Origin::Elsewhere, |(name, version)| Origin::Registry {
            name,
            version,
        });
        assert_eq!(origin("a", reference), expected, "{reference}");
    }
    for reference in [
        "workspace:packages/a",
        "virtual:0a#workspace:a",
        "link:../a",
    ] {
        assert_eq!(origin("a", reference), Origin::Project, "{reference}");
    }
}

#[test]
fn whatever_bytes_come_it_goes_on() {
    survives(&YarnPnp, "srv/.pnp.cjs", quoted(LIST).as_bytes());
    survives(&YarnPnp, "srv/.pnp.data.json", LIST.as_bytes());
}
