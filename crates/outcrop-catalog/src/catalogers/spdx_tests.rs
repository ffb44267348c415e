use super::*;
use crate::findings::described;
use crate::fuzz::survives;

/// Written after the specification and the form of Bitnami's documents.
const DOCUMENT: &str = r#"{
  "spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT", "name": "redis",
  "packages": [
    {"name": "redis", "SPDXID": "SPDXRef-redis", "versionInfo": "7.2.4",
     "licenseConcluded": "BSD-3-Clause", "licenseDeclared": "NOASSERTION",
     "externalRefs": [
       {"referenceCategory": "SECURITY", "referenceType": "cpe23Type", "referenceLocator": "cpe:2.3:a"},
       {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
        "referenceLocator": "pkg:bitnami/redis@7.2.4-0?arch=amd64&distro=debian-12"}
     ]},
    {"name": "x/sys", "versionInfo": "v0.1.0", "externalRefs": [
       {"referenceType": "purl", "referenceLocator": "pkg:golang/golang.org/x/sys"}]},
    {"name": "bash", "externalRefs": [
       {"referenceType": "purl", "referenceLocator": "pkg:deb/debian/bash@5.2"}]},
    {"name": "nothing"}, 7
  ]
}"#;

fn check(path: &str, content: &str, packages: &[&str]) {
    let file = CandidateFile::whole(path, content.as_bytes());
    let (found, told) = described(&Spdx.analyse(&file));
    assert_eq!(found, packages, "{content}");
    assert!(told.is_empty(), "{told:?}");
}

#[test]
fn what_bitnami_leaves_is_a_record() {
    check(
        "opt/bitnami/redis/.spdx-redis.spdx",
        DOCUMENT,
        &[
            "bitnami redis 7.2.4-0 amd64 in opt/bitnami/redis (BSD-3-Clause)",
            "golang golang.org/x/sys v0.1.0 in opt/bitnami/redis",
        ],
    );
}

#[test]
fn other_documents_are_claims() {
    check(
        "app/orders.spdx.json",
        DOCUMENT,
        &[
            "bitnami redis 7.2.4-0 amd64 in app (BSD-3-Clause) ~an SBOM in the image",
            "golang golang.org/x/sys v0.1.0 in app ~an SBOM in the image",
        ],
    );
    check("a.spdx.json", "{}", &[]);
    check(
        "a.spdx.json",
        r#"{"spdxVersion": "SPDX-3.0", "packages": []}"#,
        &[],
    );
}

#[test]
fn only_documents_in_json_are_asked_for() {
    let wants = |path, head: &[u8]| {
        let facts = FileFacts {
            path,
            size: 1,
            head,
        };
        Spdx.wants(&facts).is_some()
    };
    assert!(wants("a/b.spdx.json", b""));
    assert!(wants("opt/bitnami/redis/.spdx-redis.spdx", b"{\n"));
    assert!(!wants("a/LICENSE.spdx", b"SPDXVersion: SPDX"));
    assert!(!wants("a/b.json", b"{"));
}

#[test]
fn whatever_bytes_come_it_goes_on() {
    survives(&Spdx, "a.spdx.json", DOCUMENT.as_bytes());
}
