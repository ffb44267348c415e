use serde_json::Value;

use super::*;

fn report() -> ScanReport {
    serde_json::from_str(include_str!("../../../tests/fixtures/report.json")).unwrap()
}

fn rendered(report: &ScanReport) -> Value {
    serde_json::from_str(&render(report)).unwrap()
}

fn found<'v>(document: &'v Value, name: &str) -> &'v Value {
    document["packages"]
        .as_array()
        .unwrap()
        .iter()
        .find(|package| package["name"] == name)
        .unwrap()
}

#[test]
fn the_same_report_gives_the_same_bytes_and_another_gives_another_namespace() {
    let report = report();
    assert_eq!(render(&report), render(&report));
    let mut other = report.clone();
    other.packages[0].version.push('1');
    assert_ne!(
        rendered(&report)["documentNamespace"],
        rendered(&other)["documentNamespace"]
    );
}

#[test]
fn packages_carry_purl_licence_and_evidence() {
    let document = rendered(&report());
    for (name, licence, source, comment) in [
        (
            "libssl3",
            "NOASSERTION",
            "read from var/lib/dpkg/status in layer 2 by dpkg-status; brought by layer 0 (sha256:0000000000000000000000000000000000000000000000000000000000000000) of debian:12; built from the source package openssl 3.0.11-1~deb12u2",
            "",
        ),
        (
            "requests",
            "Apache-2.0",
            "read from usr/lib/python3/dist-packages/requests-2.28.1.egg-info/PKG-INFO in layer 2 by python; brought by layer 2 (sha256:2222222222222222222222222222222222222222222222222222222222222222) of this image",
            "it is made of files of the package python3-requests of deb; installed in usr/lib/python3/dist-packages",
        ),
        (
            "@team/left-pad",
            "LicenseRef-outcrop-0",
            "read from app/node_modules/@team/left-pad/package.json in layer 2 by node; brought by layer 2 (sha256:2222222222222222222222222222222222222222222222222222222222222222) of this image",
            "installed in app/node_modules/@team/left-pad",
        ),
        (
            "org.example:shaded",
            "(Apache-2.0 OR MIT) AND LicenseRef-example AND LicenseRef-outcrop-1",
            "read from app/lib/shaded-2.1.jar in layer 2 by java-archive; brought by layer 2 (sha256:2222222222222222222222222222222222222222222222222222222222222222) of this image",
            "name and version are inferred from the file's name; installed in app/lib",
        ),
    ] {
        let package = found(&document, name);
        assert_eq!(package["licenseDeclared"], licence, "{name}");
        assert_eq!(package["sourceInfo"], source, "{name}");
        assert_eq!(package["comment"].as_str().unwrap_or_default(), comment);
        assert_eq!(package["licenseConcluded"], "NOASSERTION");
        let purl = report()
            .packages
            .into_iter()
            .find(|package| package.name == name)
            .unwrap()
            .purl;
        assert_eq!(package["externalRefs"][0]["referenceLocator"], purl);
    }
}

#[test]
fn every_licence_of_its_own_is_explained() {
    let document = rendered(&report());
    let explained: Vec<(&str, &str)> = document["hasExtractedLicensingInfos"]
        .as_array()
        .unwrap()
        .iter()
        .map(|info| {
            (
                info["licenseId"].as_str().unwrap(),
                info["extractedText"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        explained,
        [
            ("LicenseRef-outcrop-0", "Team licence <b>| see LICENSE"),
            ("LicenseRef-outcrop-1", "see the site"),
            (
                "LicenseRef-example",
                "packages name the licence LicenseRef-example; its text was not read"
            ),
        ]
    );
}

#[test]
fn declared_licences_are_expressions() {
    let document = rendered(&report());
    for package in document["packages"].as_array().unwrap() {
        let declared = package["licenseDeclared"].as_str().unwrap();
        if declared != NO_ASSERTION {
            assert!(
                spdx::Expression::parse_mode(declared, spdx::ParseMode::STRICT).is_ok(),
                "{declared}"
            );
        }
    }
}

#[test]
fn packages_are_contained_in_the_image_or_their_owner() {
    let document = rendered(&report());
    let relationships = document["relationships"].as_array().unwrap();
    let identifiers: Vec<&str> = document["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|package| package["SPDXID"].as_str().unwrap())
        .collect();
    let unique: std::collections::HashSet<&str> = identifiers.iter().copied().collect();
    assert_eq!(unique.len(), identifiers.len());
    // Each but the image itself has one container.
    assert_eq!(relationships.len(), identifiers.len());
    let owner = found(&document, "python3-requests")["SPDXID"].clone();
    let owned = found(&document, "requests")["SPDXID"].clone();
    assert!(relationships.iter().any(|relationship| {
        relationship["spdxElementId"] == owner
            && relationship["relationshipType"] == "CONTAINS"
            && relationship["relatedSpdxElement"] == owned
    }));
    assert_eq!(relationships[0]["relationshipType"], "DESCRIBES");
}

#[test]
fn what_was_not_judged_is_said() {
    let document = rendered(&report());
    let comment = document["comment"].as_str().unwrap();
    assert!(comment.contains("2 packages of Maven and npm are listed but not judged"));
    assert!(comment.contains("usr/lib/x.so: the layer ends inside this file"));
}

#[test]
fn risks_are_annotations_of_the_image() {
    let mut report = report();
    let comments = |report: &ScanReport| -> Vec<String> {
        found(&rendered(report), "team/app:1")["annotations"]
            .as_array()
            .unwrap()
            .iter()
            .map(|annotation| annotation["comment"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(
        comments(&report),
        [
            "4 risks, 3 brought here: configuration, files and text of 3 layers were looked at, 1 place in part",
            "risk secret-in-file (high) of this image, in app/.env:3: GitHub personal access token in `/app/.env`, line 3: gh…9x",
            "risk root-user (medium) of this image, in configuration: no USER is set, so a container runs as root",
            "risk world-writable-file (medium) of debian:12, in srv/a|b <i>.conf: World-writable file, mode 0666: `/srv/a|b <i>.conf`",
            "risk setuid-program (low) of this image, in usr/bin/su: Setuid program, mode 4755: `/usr/bin/su`, as package `util-linux` installs it",
        ]
    );
    report.risks.clear();
    report.risks_looked_for = false;
    assert_eq!(comments(&report), ["Risks were not looked for"]);
}
