use super::*;
use crate::findings::described;
use crate::fuzz::survives;

/// Written after the specification of Hex.
const METADATA: &str = r#"{<<"app">>,<<"castore">>}.
{<<"build_tools">>,[<<"mix">>]}.
{<<"description">>,<<"Certificates – a store."/utf8>>}.
{<<"files">>,
 [<<"lib/castore.ex">>,<<"mix.exs">>]}.
{<<"licenses">>,[<<"Apache-2.0">>,<<"Own">>]}.
{<<"name">>,<<"castore">>}.
{<<"requirements">>,#{<<"jason">> => #{<<"optional">> => true}}}.
{<<"version">>,<<"0.1.13">>}.
"#;

fn check(content: &str, packages: &[&str], problems: &[&str]) {
    let path = "app/deps/castore/hex_metadata.config";
    let analysis = Hex.analyse(&CandidateFile::whole(path, content.as_bytes()));
    let (found, told) = described(&analysis);
    assert_eq!(found, packages, "{content}");
    assert_eq!(told, problems, "{content}");
}

#[test]
fn name_version_and_licences_are_read() {
    check(
        METADATA,
        &["hex castore 0.1.13 in app/deps/castore (Apache-2.0) (“Own”)"],
        &[],
    );
}

#[test]
fn what_is_missing_is_said() {
    check(
        "{<<\"name\">>,<<\"a\">>}.",
        &[],
        &["Malformed the metadata of a package tells no name and version"],
    );
    check(
        "{<<\"name\">>,<<\"a",
        &[],
        &["Malformed the metadata of a package is broken before its name and version"],
    );
}

#[test]
fn whatever_bytes_come_it_goes_on() {
    survives(&Hex, "deps/a/hex_metadata.config", METADATA.as_bytes());
}
