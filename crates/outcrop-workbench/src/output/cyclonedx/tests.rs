use serde_json::Value;

use super::*;

fn report() -> ScanReport {
    serde_json::from_str(include_str!("../../../tests/fixtures/report.json")).unwrap()
}

fn rendered(report: &ScanReport) -> Value {
    serde_json::from_str(&render(report)).unwrap()
}

fn values<'v>(object: &'v Value, name: &str) -> Vec<&'v str> {
    object["properties"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|property| property["name"] == format!("outcrop:{name}"))
        .map(|property| property["value"].as_str().unwrap())
        .collect()
}

#[test]
fn the_same_report_gives_the_same_bytes_and_another_gives_another_serial_number() {
    let report = report();
    assert_eq!(render(&report), render(&report));
    let mut other = report.clone();
    other.packages[0].version.push('1');
    assert_ne!(
        rendered(&report)["serialNumber"],
        rendered(&other)["serialNumber"]
    );
}

#[test]
fn components_say_where_they_come_from() {
    let document = rendered(&report());
    let component = &document["components"][1];
    assert_eq!(component["name"], "libssl3");
    assert_eq!(
        component["purl"],
        "pkg:deb/debian/libssl3@3.0.11-1~deb12u2?arch=amd64&distro=debian-12"
    );
    for (name, expected) in [
        ("layer:index", "0"),
        ("layer:instruction", "ADD rootfs.tar in /"),
        ("owner", "debian:12"),
        ("inherited", "true"),
        ("evidence:path", "var/lib/dpkg/status"),
        ("evidence:layer", "2"),
        ("source:name", "openssl"),
    ] {
        assert_eq!(values(component, name), [expected], "{name}");
    }
    assert_eq!(document["components"][0]["type"], "operating-system");
    assert_eq!(
        document["metadata"]["component"]["version"],
        format!("sha256:{}", "a".repeat(64))
    );
}

#[test]
fn packages_stand_in_their_owner_with_licence_place_and_certainty() {
    let document = rendered(&report());
    let components = document["components"].as_array().unwrap();
    let found = |name: &str| {
        components
            .iter()
            .find(|component| component["name"] == name)
            .unwrap()
    };
    let owned = &found("python3-requests")["components"][0];
    assert_eq!(owned["name"], "requests");
    assert_eq!(owned["licenses"][0]["expression"], "Apache-2.0");
    assert_eq!(values(owned, "owned-by"), ["deb python3-requests"]);
    assert_eq!(values(owned, "certainty"), ["declared"]);
    assert_eq!(values(owned, "judged"), ["true"]);
    assert_eq!(values(owned, "place"), ["usr/lib/python3/dist-packages"]);
    let inferred = found("org.example:shaded");
    assert_eq!(values(inferred, "certainty"), ["inferred"]);
    assert_eq!(values(inferred, "inferred-from"), ["the file's name"]);
    assert_eq!(values(inferred, "judged"), ["false"]);
    let names: Vec<&Value> = inferred["licenses"]
        .as_array()
        .unwrap()
        .iter()
        .map(|choice| &choice["license"]["name"])
        .collect();
    assert_eq!(
        names,
        ["Apache-2.0 OR MIT", "LicenseRef-example", "see the site"]
    );
    assert_eq!(
        found("@team/left-pad")["evidence"]["occurrences"][0]["location"],
        "app/node_modules/@team/left-pad/package.json"
    );
}

#[test]
fn packages_of_one_purl_keep_their_own_references() {
    let mut report = report();
    let twin = report.packages[0].clone();
    report.packages.push(twin);
    let document = rendered(&report);
    let references: std::collections::HashSet<_> = document["components"]
        .as_array()
        .unwrap()
        .iter()
        .map(|component| component["bom-ref"].as_str().unwrap())
        .collect();
    // The system, and the packages but the one inside its owner.
    assert_eq!(references.len(), 1 + report.packages.len() - 1);
}

#[test]
fn vulnerabilities_carry_the_judgement_and_every_package() {
    let document = rendered(&report());
    let entries = document["vulnerabilities"].as_array().unwrap();
    let expected = [
        ("CVE-2024-0727", "high", 2),
        ("CVE-2023-9001", "unknown", 1),
        ("CVE-2023-9002", "info", 1),
        ("CVE-2023-9003", "medium", 1),
    ];
    // One more for what a publisher clears.
    assert_eq!(entries.len(), expected.len() + 1);
    for (entry, (id, severity, packages)) in entries.iter().zip(expected) {
        assert_eq!(entry["id"], id);
        assert_eq!(entry["ratings"][0]["severity"], severity, "{id}");
        assert_eq!(entry["affects"].as_array().unwrap().len(), packages, "{id}");
    }
    assert_eq!(entries[0]["ratings"][0]["method"], "CVSSv31");
    assert_eq!(entries[0]["source"]["name"], "Debian Security Tracker");
    assert_eq!(values(&entries[0], "reasoning").len(), 2);
    assert_eq!(
        entries[0]["recommendation"],
        "upgrade libssl3 to 3.0.13-1~deb12u1 or later; upgrade openssl to 3.0.13-1~deb12u1 or later"
    );
    assert_eq!(entries[1]["ratings"][0].get("vector"), None);
    assert_eq!(entries[1].get("advisories"), None, "no web address");
    assert_eq!(entries[3]["analysis"]["state"], "not_affected");
    assert_eq!(entries[2]["analysis"].get("state"), None);
}

#[test]
fn what_was_not_judged_is_said() {
    let mut report = report();
    report.coverage.judged = false;
    report.coverage.statement = "Alpine Linux v3.10 is not read yet".into();
    report.findings.clear();
    let metadata = &rendered(&report)["metadata"];
    assert_eq!(values(metadata, "coverage:judged"), ["false"]);
    assert_eq!(
        values(metadata, "coverage:statement"),
        ["Alpine Linux v3.10 is not read yet"]
    );
    assert_eq!(values(metadata, "completeness"), ["partial"]);
    assert!(
        values(metadata, "problem")[0].ends_with("usr/lib/x.so: the layer ends inside this file")
    );
}

#[test]
fn what_a_publisher_clears_is_said_with_its_reason() {
    let document = rendered(&report());
    let entry = document["vulnerabilities"]
        .as_array()
        .unwrap()
        .iter()
        .find(|entry| entry["analysis"]["state"] == "not_affected" && entry["ratings"].is_null())
        .unwrap();
    assert_eq!(entry["id"], "CVE-2023-38545");
    assert_eq!(
        entry["analysis"]["detail"],
        "vulnerable code was introduced later"
    );
    assert_eq!(entry["affects"][0]["versions"][0]["status"], "unaffected");
}

#[test]
fn risks_are_properties_of_the_image_and_no_vulnerabilities() {
    let mut report = report();
    let document = rendered(&report);
    let image = &document["metadata"]["component"];
    for (name, expected) in [
        ("risks:looked-for", "true"),
        ("risks:high", "1"),
        ("risks:medium", "2"),
        ("risks:low", "1"),
        ("risks:brought-here", "3"),
        (
            "risks:looked-at",
            "configuration, files and text of 3 layers were looked at, 1 place in part",
        ),
    ] {
        assert_eq!(values(image, name), [expected], "{name}");
    }
    let expected = [
        ("high", "secret-in-file", "1", "app/.env:3"),
        ("medium", "root-user", "2", "configuration"),
        ("medium", "world-writable-file", "3", "srv/a|b <i>.conf"),
        ("low", "setuid-program", "4", "usr/bin/su"),
    ]
    .map(|(severity, check, digit, place)| {
        let fingerprint = format!("{check}:{}", digit.repeat(32));
        format!("{severity}|{check}|{fingerprint}|{place}")
    });
    assert_eq!(values(image, "risk"), expected);
    report.risks.clear();
    report.risks_looked_for = false;
    let without = rendered(&report);
    assert_eq!(without["vulnerabilities"], document["vulnerabilities"]);
    let image = &without["metadata"]["component"];
    assert_eq!(values(image, "risks:looked-for"), ["false"]);
    assert_eq!(values(image, "risks:brought-here"), [""; 0]);
}

#[test]
fn flags_of_coverage_are_properties() {
    let document = rendered(&report());
    for (name, expected) in [
        ("coverage:no-advisories", "true"),
        ("coverage:old-advisories", "false"),
        ("coverage:support", "long-term"),
    ] {
        assert_eq!(values(&document["metadata"], name), [expected], "{name}");
    }
}

#[test]
fn records_name_their_publisher() {
    for (record, name, url) in [
        (
            "DEBIAN-TRACKER-CVE-2024-1",
            "Debian Security Tracker",
            "https://security-tracker.debian.org/tracker/CVE-2024-1",
        ),
        (
            "DSA-1-1",
            "Debian Security Tracker",
            "https://security-tracker.debian.org/tracker/DSA-1-1",
        ),
        (
            "REDHAT-VEX-CVE-2024-0001",
            "Red Hat",
            "https://access.redhat.com/security/cve/CVE-2024-0001",
        ),
        (
            "ALPINE-SECDB-v3.10-main-CVE-2019-14697",
            "Alpine Security Tracker",
            "https://security.alpinelinux.org/vuln/CVE-2019-14697",
        ),
        ("GHSA-x", "OSV", "https://osv.dev/vulnerability/GHSA-x"),
    ] {
        let source = source(record, "CVE-2024-1", false);
        assert_eq!((source.name, source.url.as_deref()), (name, Some(url)));
    }
}
