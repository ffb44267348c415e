use super::*;
use crate::findings::described;
use crate::fuzz::survives;

/// Written after the schema.
const DOCUMENT: &str = r#"{
  "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
  "metadata": {"component": {"type": "application", "name": "orders", "version": "1.0"}},
  "components": [
    {"type": "library", "name": "lodash", "version": "4.17.15", "purl": "pkg:npm/lodash@4.17.15",
     "licenses": [{"license": {"id": "MIT"}}]},
    {"type": "framework", "group": "org.example", "name": "web", "version": "2.0",
     "purl": "pkg:maven/org.example/web?type=jar",
     "licenses": [{"expression": "Apache-2.0 OR MIT"}, {"license": {"name": "House licence"}}],
     "components": [{"name": "inner", "version": "1", "purl": "pkg:maven/org.example/inner@1"}]},
    {"type": "library", "name": "bash", "version": "5.2", "purl": "pkg:deb/debian/bash@5.2"},
    {"type": "container", "name": "x", "purl": "pkg:oci/x@sha256:1"},
    {"type": "library", "name": "y", "purl": "pkg:github/x/y@1"},
    {"type": "file", "name": "/etc/passwd"},
    {"type": "library", "name": "odd", "purl": "odd"},
    7
  ]
}"#;

fn check(content: &str, packages: &[&str], problems: &[&str]) {
    let file = CandidateFile::whole("app/orders.cdx.json", content.as_bytes());
    let (found, told) = described(&CycloneDx.analyse(&file));
    assert_eq!(found, packages, "{content}");
    assert_eq!(told, problems, "{content}");
}

#[test]
fn components_are_packages_by_their_url() {
    check(
        DOCUMENT,
        &[
            "npm lodash 4.17.15 in app (MIT) ~an SBOM in the image",
            "maven org.example:web 2.0 in app (Apache-2.0 OR MIT) (“House licence”) \
             ~an SBOM in the image type=jar",
            "maven org.example:inner 1 in app ~an SBOM in the image",
        ],
        &[
            "Malformed no package URL: `odd`",
            "Unsupported packages of types that are not known, as `github`, are left out: 1",
        ],
    );
}

#[test]
fn other_documents_say_nothing() {
    check("{}", &[], &[]);
    check(r#"{"bomFormat": "CycloneDX", "components": 1}"#, &[], &[]);
    check(
        r#"{"components": [{"purl": "pkg:npm/lodash@4.17.15"}]}"#,
        &[],
        &[],
    );
    check(
        "[",
        &[],
        &["Malformed the file is not the JSON that it should be from line 1, column 1"],
    );
}

#[test]
fn components_in_components_end_somewhere() {
    let deep = format!(
        r#"{{"bomFormat": "CycloneDX", "components": [{}{}]}}"#,
        r#"{"components": ["#.repeat(1_000),
        "]}".repeat(1_000)
    );
    let file = CandidateFile::whole("bom.json", deep.as_bytes());
    let (packages, problems) = described(&CycloneDx.analyse(&file));
    assert!(packages.is_empty());
    assert_eq!(problems.len(), 1);
}

#[test]
fn only_bills_of_material_are_asked_for() {
    let wants = |path| CycloneDx.wants(&FileFacts::of_path(path)).is_some();
    for path in ["a/bom.json", "sbom.cdx.json", "x/y.cdx.json"] {
        assert!(wants(path), "{path}");
    }
    for path in ["a/package.json", "bom.xml", "a/cdx.json"] {
        assert!(!wants(path), "{path}");
    }
    for (head, wanted) in [(&b"{\n"[..], true), (b"\x00\x04", false)] {
        let file = FileFacts {
            head,
            ..FileFacts::of_path("x.cdx")
        };
        assert_eq!(CycloneDx.wants(&file).is_some(), wanted, "{head:?}");
    }
}

#[test]
fn whatever_bytes_come_it_goes_on() {
    survives(&CycloneDx, "a.cdx.json", DOCUMENT.as_bytes());
}
