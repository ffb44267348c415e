//! Real records: every one is read, and matching answers as dpkg does.
//!
//! The data lies in the folder that `OUTCROP_TEST_DATA` names, `../shared` beside the repository
//! by default; without it the tests are skipped by name.

use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use outcrop_advisory::{ZipRecords, candidates_of, findings, judge, subjects};
use outcrop_model::{
    AdvisoryRecord, Enrichments, Evidence, Inventory, InventoryPackage, OperatingSystem, Package,
    PackageKind, Severity, SourcePackage,
};
use serde_json::Value;

#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn data(test: &str) -> Option<PathBuf> {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let named = std::env::var_os("OUTCROP_TEST_DATA").map(PathBuf::from);
    let folder = repository
        .join(named.clone().unwrap_or_else(|| "../shared".into()))
        .join("data");
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(
        named.is_none(),
        "OUTCROP_TEST_DATA names no folder with data"
    );
    eprintln!("skipped: {test}: there is no test data");
    None
}

fn read(path: &Path) -> Vec<AdvisoryRecord> {
    let records = ZipRecords::open(File::open(path).expect("the zip opens")).expect("a zip");
    let entries = records.entries();
    let read: Vec<AdvisoryRecord> = records
        .map(|record| record.unwrap_or_else(|problem| panic!("{}: {problem}", path.display())))
        .collect();
    assert_eq!(read.len(), entries, "{}", path.display());
    read
}

#[test]
fn every_published_record_is_read() {
    let Some(data) = data("every_published_record_is_read") else {
        return;
    };
    // Records, those with a known severity, withdrawn ones.
    let check = |path: &str, expected: (usize, usize, usize)| {
        let records = read(&data.join(path));
        let rated = |record: &&AdvisoryRecord| record.severity != Severity::Unknown;
        assert_eq!(
            (
                records.len(),
                records.iter().filter(rated).count(),
                records
                    .iter()
                    .filter(|record| record.withdrawn.is_some())
                    .count(),
            ),
            expected,
            "{path}"
        );
    };
    check("osv/crates/all.zip", (1_206, 417, 13));
    check("osv/PyPI/all.zip", (7_080, 4_286, 269));
    check("osv/Go/all.zip", (4_291, 0, 17));
    check("osv/AlmaLinux/all.zip", (5_637, 4_441, 0));
    check("osv-mined/Ubuntu/all.zip", (33, 29, 7));
    check("osv-mined/Debian/all.zip", (10, 1, 0));
    check("osv-mined/npm/all.zip", (182, 165, 0));
    check("osv-mined/Maven/all.zip", (450, 447, 0));
    check("derived/Debian/all.zip", (1_072, 0, 0));
}

#[test]
fn findings_are_those_of_a_loop_over_dpkg() {
    let Some(data) = data("findings_are_those_of_a_loop_over_dpkg") else {
        return;
    };
    if Command::new("dpkg").arg("--version").output().is_err() {
        eprintln!("skipped: findings_are_those_of_a_loop_over_dpkg: there is no dpkg here");
        return;
    }
    let path = data.join("derived/Debian/all.zip");
    let packages = packages(&path);

    let records = read(&path);
    let inventory = inventory("debian", "12", packages.clone());
    let subjects = subjects(&inventory);
    let judged = judge(&subjects, &candidates_of(&records, &subjects.lookups()));
    assert_eq!(judged.not_judged, []);
    let by_id: HashMap<String, AdvisoryRecord> = records
        .into_iter()
        .map(|record| (record.id.clone(), record))
        .collect();
    let found: Vec<(String, String)> = findings(&packages, &judged, &by_id, &Enrichments::new())
        .findings
        .into_iter()
        .map(|finding| {
            let package = &packages[finding.package].package;
            (finding.vulnerability, package.name.clone())
        })
        .collect();
    let expected = affected_by_dpkg(&path, &packages);
    assert!(
        expected.len() > 500,
        "the set is too small to tell: {}",
        expected.len()
    );
    assert_eq!(found.len(), expected.len(), "a finding came twice");
    assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), expected);
}

fn inventory(id: &str, version: &str, packages: Vec<InventoryPackage>) -> Inventory {
    Inventory {
        operating_system: Some(OperatingSystem {
            id: id.into(),
            version_id: version.into(),
            ..OperatingSystem::default()
        }),
        packages,
        configuration_leftovers: Vec::new(),
        package_sources: Vec::new(),
        layers: Vec::new(),
        problems: Vec::new(),
        posture: None,
    }
}

/// Two packages of every source that the records name, one at an early and one at a late fix.
fn packages(path: &Path) -> Vec<InventoryPackage> {
    let mut fixes: HashMap<String, Vec<String>> = HashMap::new();
    for (name, fixed, _) in facts(path) {
        fixes.entry(name).or_default().push(fixed);
    }
    let mut fixes: Vec<(String, Vec<String>)> = fixes.into_iter().collect();
    fixes.sort();
    let package = |source: &str, kind: &str, version: &str| InventoryPackage {
        package: Package {
            architecture: Some("amd64".into()),
            source: Some(SourcePackage {
                name: source.into(),
                version: version.into(),
            }),
            ..Package::new(
                PackageKind::Deb,
                format!("{source}-{kind}"),
                format!("{version}+b9"),
                Evidence {
                    cataloger: "dpkg-status".into(),
                    path: "var/lib/dpkg/status".into(),
                },
            )
        },
        introduced_in: 0,
        first_seen_in: 0,
        evidence_layer: Some(0),
        changes: Vec::new(),
        owner: None,
    };
    fixes
        .iter()
        .flat_map(|(source, versions)| {
            [
                package(source, "early", &versions[versions.len() / 4]),
                package(source, "late", &versions[versions.len() * 3 / 4]),
            ]
        })
        .collect()
}

/// Source, fixed version and CVE of every record, read without any of the code under test.
fn facts(path: &Path) -> Vec<(String, String, String)> {
    let mut zip = zip::ZipArchive::new(File::open(path).expect("opens")).expect("a zip");
    let mut facts = Vec::new();
    for index in 0..zip.len() {
        let mut json = String::new();
        zip.by_index(index)
            .expect("an entry")
            .read_to_string(&mut json)
            .expect("text");
        let record: Value = serde_json::from_str(&json).expect("JSON");
        for affected in record["affected"].as_array().expect("a list") {
            let text = |value: &Value| value.as_str().expect("a text").to_owned();
            assert_eq!(affected["package"]["ecosystem"], "Debian:12");
            let events = &affected["ranges"][0]["events"];
            assert_eq!(events[0]["introduced"], "0");
            facts.push((
                text(&affected["package"]["name"]),
                text(&events[1]["fixed"]),
                text(&record["upstream"][0]),
            ));
        }
    }
    facts
}

fn affected_by_dpkg(path: &Path, packages: &[InventoryPackage]) -> BTreeSet<(String, String)> {
    let mut lines = String::new();
    for (source, fixed, cve) in facts(path) {
        for package in packages {
            let installed = package.package.source.as_ref().expect("a source");
            if installed.name == source {
                let name = &package.package.name;
                lines.push_str(
                    &[&installed.version, &fixed, &cve, name]
                        .map(String::as_str)
                        .join(" "),
                );
                lines.push('\n');
            }
        }
    }
    let script = r#"while read -r installed fixed cve name; do
        dpkg --compare-versions "$installed" lt "$fixed" && echo "$cve $name"
    done; true"#;
    let mut oracle = Command::new("sh")
        .args(["-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("sh starts");
    let mut input = oracle.stdin.take().expect("piped");
    let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()));
    let output = oracle.wait_with_output().expect("sh ends");
    writer.join().expect("no panic").expect("sh reads");
    assert!(output.status.success());
    String::from_utf8(output.stdout)
        .expect("text")
        .lines()
        .map(|line| {
            let (cve, name) = line.split_once(' ').expect("two words");
            (cve.to_owned(), name.to_owned())
        })
        .collect()
}
