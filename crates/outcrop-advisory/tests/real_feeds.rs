//! Real feeds of every format, as their publishers wrote them.
//!
//! The data lies in the folder that `OUTCROP_TEST_DATA` names, `../shared` beside the repository
//! by default; without it the tests are skipped by name. The figures were counted by other means.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufReader, Read as _};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use outcrop_advisory::feeds::end_of_life::{SupportTable, distro_info};
use outcrop_advisory::feeds::{FeedContent, FeedFile, FeedFormat, HEAD_BYTES, detect, read};
use outcrop_advisory::{Status, candidates_of, findings, judge, subjects};
use outcrop_model::{
    AdvisoryRecord, AffectedPackage, Enrichments, Epss, Event, Evidence, Inventory,
    InventoryPackage, KnownExploited, NvdRating, OperatingSystem, Package, PackageKind, Severity,
    Stance,
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

#[derive(Default)]
struct Content {
    records: Vec<AdvisoryRecord>,
    known_exploited: BTreeMap<String, KnownExploited>,
    epss: BTreeMap<String, Epss>,
    nvd: BTreeMap<String, NvdRating>,
    dated: Vec<String>,
    problems: Vec<String>,
}

/// All that a file says, its format told by its beginning.
fn content(path: &Path, expected: FeedFormat) -> Content {
    let mut head = Vec::new();
    let file = File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    file.take(HEAD_BYTES as u64)
        .read_to_end(&mut head)
        .expect("the file is read");
    assert_eq!(detect(&head), Some(expected), "{}", path.display());
    let mut content = Content::default();
    let file = FeedFile {
        format: expected,
        name: "file",
        ecosystem: None,
    };
    let reader = BufReader::new(File::open(path).expect("the file opens"));
    let _ = read(file, reader, &mut |part| {
        match part {
            FeedContent::Record(record) => content.records.push(*record),
            FeedContent::KnownExploited { cve, entry } => {
                assert!(content.known_exploited.insert(cve, entry).is_none());
            }
            FeedContent::Epss { cve, epss } => drop(content.epss.insert(cve, epss)),
            FeedContent::Nvd { cve, rating } => drop(content.nvd.insert(cve, rating)),
            FeedContent::Support(_) => {}
            FeedContent::Dated(date) => content.dated.push(date),
            FeedContent::Problem(problem) => content.problems.push(problem.to_string()),
        }
        ControlFlow::Continue(())
    });
    content
}

fn entries(records: &[AdvisoryRecord]) -> impl Iterator<Item = &AffectedPackage> {
    records.iter().flat_map(|record| &record.affected)
}

#[test]
fn secdbs_are_read_whole() {
    let Some(data) = data("secdbs_are_read_whole") else {
        return;
    };
    // Identifiers, packages that they are told of, versions that fix them, `0` among them.
    let check = |path: &str, expected: (usize, usize, usize, usize)| {
        let path = data.join("alpine-secdb").join(path);
        let content = content(&path, FeedFormat::AlpineSecdb);
        assert_eq!(content.problems, [""; 0], "{}", path.display());
        let release = path
            .parent()
            .and_then(Path::file_name)
            .expect("a release")
            .to_string_lossy();
        let unaffected = |entry: &&AffectedPackage| entry.stance == Some(Stance::NotAffected);
        let none = entries(&content.records).filter(unaffected).count();
        assert!(
            entries(&content.records).all(|entry| entry.ecosystem == format!("Alpine:{release}"))
        );
        let ranges: usize = entries(&content.records)
            .map(|entry| entry.ranges.len())
            .sum();
        assert_eq!(
            (
                content.records.len(),
                entries(&content.records).count(),
                ranges + none,
                none
            ),
            expected,
            "{}",
            path.display()
        );
    };
    check("v3.9/main.json", (1_059, 1_101, 1_119, 0));
    check("v3.9/community.json", (575, 593, 600, 0));
    check("v3.10/main.json", (1_110, 1_158, 1_178, 0));
    check("v3.10/community.json", (692, 712, 719, 0));
    check("v3.11/main.json", (1_123, 1_179, 1_199, 0));
    check("v3.11/community.json", (829, 886, 894, 0));
    check("v3.18/main.excerpt.json", (187, 187, 187, 11));
    check("v3.22/main.excerpt.json", (63, 63, 63, 5));
}

#[test]
fn the_tracker_is_read_release_by_release() {
    let Some(data) = data("the_tracker_is_read_release_by_release") else {
        return;
    };
    let path = data.join("debian-tracker/tracker-data-json.excerpt.json");
    let content = content(&path, FeedFormat::DebianTracker);
    assert_eq!(content.problems, [""; 0]);
    let ids: Vec<&str> = content
        .records
        .iter()
        .map(|record| record.id.as_str())
        .collect();
    assert_eq!(
        ids,
        [
            "DEBIAN-TRACKER-CVE-2005-3111",
            "DEBIAN-TRACKER-CVE-2007-2383",
            "DEBIAN-TRACKER-CVE-2008-7220",
            "DEBIAN-TRACKER-CVE-2013-1444",
            "DEBIAN-TRACKER-CVE-2022-0456",
            "DEBIAN-TRACKER-CVE-2025-53603",
        ]
    );
    let told: Vec<(&str, Option<Stance>, &str)> = content.records[4]
        .affected
        .iter()
        .map(|entry| {
            let fixed = entry.ranges.iter().flat_map(|range| &range.events);
            let fixed = fixed.fold("", |last, event| match event {
                Event::Fixed(version) => version,
                _ => last,
            });
            (entry.ecosystem.as_str(), entry.stance, fixed)
        })
        .collect();
    assert_eq!(
        told,
        [
            ("Debian:12", None, "98.0.4758.80-1"),
            ("Debian:11", None, "98.0.4758.80-1~deb11u1"),
            ("Debian:10", Some(Stance::EndOfLife), ""),
            ("Debian:sid", None, "98.0.4758.80-1"),
            ("Debian:9", Some(Stance::EndOfLife), ""),
        ]
    );
    assert!(
        content.records[1]
            .affected
            .iter()
            .all(|entry| entry.stance == Some(Stance::NotAffected))
    );
}

#[test]
fn vex_files_are_read_whole() {
    let Some(data) = data("vex_files_are_read_whole") else {
        return;
    };
    // Fixed, affected, not affected: packages of a stream, each version once.
    let check = |name: &str, severity: Severity, dated: &str, expected: (usize, usize, usize)| {
        let path = data.join("redhat-vex").join(name);
        let content = content(&path, FeedFormat::RedHatVex);
        assert_eq!(content.problems, [""; 0], "{name}");
        assert_eq!(content.dated, [dated], "{name}");
        let [record] = &content.records[..] else {
            panic!("one record: {name}");
        };
        assert_eq!(record.severity, severity, "{name}");
        let count = |wanted: fn(&AffectedPackage) -> bool| {
            record.affected.iter().filter(|e| wanted(e)).count()
        };
        assert_eq!(
            (
                count(|entry| entry.stance.is_none()),
                count(|entry| entry
                    .stance
                    .is_some_and(|stance| stance != Stance::NotAffected)),
                count(|entry| entry.stance == Some(Stance::NotAffected)),
            ),
            expected,
            "{name}"
        );
        // Each product of these files is rated, and each open or unaffected one has a reason.
        assert!(record.affected.iter().all(|entry| entry.severity.is_some()));
        assert!(
            record
                .affected
                .iter()
                .all(|entry| entry.stance.is_none() || entry.reason.is_some())
        );
    };
    check(
        "cve-2023-38545.json",
        Severity::High,
        "2025-11-21T14:31:32Z",
        (75, 0, 194),
    );
    check(
        "cve-2023-42670.json",
        Severity::Medium,
        "2025-11-21T14:24:21Z",
        (0, 0, 159),
    );
    check(
        "cve-2024-0727-openssl.json",
        Severity::Low,
        "2025-11-21T14:32:00Z",
        (26, 19, 10),
    );
}

fn rhel(version: &str, packages: &[(&str, &str)]) -> Inventory {
    let packages = packages.iter().map(|(name, version)| {
        let evidence = Evidence {
            cataloger: "rpm".into(),
            path: "var/lib/rpm/rpmdb.sqlite".into(),
        };
        InventoryPackage {
            package: Package::new(PackageKind::Rpm, *name, *version, evidence),
            introduced_in: 0,
            first_seen_in: 0,
            evidence_layer: Some(0),
            changes: Vec::new(),
            owner: None,
        }
    });
    Inventory {
        operating_system: Some(OperatingSystem {
            id: "rhel".into(),
            version_id: version.into(),
            ..OperatingSystem::default()
        }),
        packages: packages.collect(),
        configuration_leftovers: Vec::new(),
        package_sources: Vec::new(),
        layers: Vec::new(),
        problems: Vec::new(),
        posture: None,
    }
}

#[test]
fn curl_is_judged_as_red_hat_tells_it() {
    let Some(data) = data("curl_is_judged_as_red_hat_tells_it") else {
        return;
    };
    let path = data.join("redhat-vex/cve-2023-38545.json");
    let records = content(&path, FeedFormat::RedHatVex).records;
    // Name and version to: affected until, or not affected and why, or silent.
    let check = |release: &str, name: &str, version: &str, expected: &str| {
        let inventory = rhel(release, &[(name, version)]);
        let subjects = subjects(&inventory);
        let judged = judge(&subjects, &candidates_of(&records, &subjects.lookups()));
        assert_eq!(judged.not_judged, [], "{name} {version}");
        let told = match (&judged.matches[..], &judged.not_affected[..]) {
            ([found], []) => format!(
                "{} until {}",
                found.severity.unwrap_or_default().as_str(),
                found.found.fixed().unwrap_or("")
            ),
            ([], [cleared]) => format!("not affected: {}", cleared.reason.as_deref().unwrap_or("")),
            ([], []) => "silent".to_owned(),
            other => panic!("{name} {version}: {other:?}"),
        };
        assert_eq!(told, expected, "{name} {version}");
    };
    for name in ["curl-minimal", "libcurl-minimal"] {
        check(
            "9.3",
            name,
            "7.76.1-26.el9",
            "high until 0:7.76.1-26.el9_3.2",
        );
        check("9.3", name, "7.76.1-26.el9_3.2", "silent");
        check("9.4", name, "7.76.1-29.el9_4.1", "silent");
        // The fix of the minor release before has a lower version.
        check("9.2", name, "7.76.1-23.el9_2.4", "silent");
        check(
            "9.2",
            name,
            "7.76.1-23.el9_2.1",
            "high until 0:7.76.1-23.el9_2.4",
        );
    }
    let reason = "not affected: vulnerable code not present";
    check("8.9", "curl", "7.61.1-33.el8", reason);
    check("8.9", "libcurl", "7.61.1-33.el8", reason);
    check("7.9", "curl", "7.29.0-59.el7_9.1", reason);
}

#[test]
fn findings_of_curl_say_what_red_hat_says() {
    let Some(data) = data("findings_of_curl_say_what_red_hat_says") else {
        return;
    };
    let path = data.join("redhat-vex/cve-2023-38545.json");
    let records = content(&path, FeedFormat::RedHatVex).records;
    let installed = "7.76.1-26.el9";
    let packages = [("curl-minimal", installed), ("libcurl-minimal", installed)];
    let inventory = rhel("9.3", &packages);
    let subjects = subjects(&inventory);
    let judged = judge(&subjects, &candidates_of(&records, &subjects.lookups()));
    let records = records
        .into_iter()
        .map(|record| (record.id.clone(), record))
        .collect();
    let found = findings(&inventory.packages, &judged, &records, &Enrichments::new());
    assert_eq!(found.not_affected, []);
    let told: Vec<String> = found
        .findings
        .iter()
        .map(|finding| {
            let Status::FixedIn { version } = &finding.status else {
                panic!("no fix: {finding:?}");
            };
            format!(
                "{} {} {version}: {}",
                finding.vulnerability,
                finding.severity.as_str(),
                finding.reasoning
            )
        })
        .collect();
    let mended = "7.76.1-26.el9_3.2";
    let line = |name: &str| {
        format!(
            "CVE-2023-38545 high {mended}: {name} {installed} < {mended} (REDHAT-VEX-CVE-2023-38545)"
        )
    };
    assert_eq!(told, [line("curl-minimal"), line("libcurl-minimal")]);
}

#[test]
fn enrichments_are_read_whole() {
    let Some(data) = data("enrichments_are_read_whole") else {
        return;
    };
    let kev = content(
        &data.join("kev/known_exploited_vulnerabilities.json"),
        FeedFormat::KnownExploited,
    );
    assert_eq!(kev.problems, [""; 0]);
    assert_eq!(kev.dated, ["2025-08-25T17:04:19.9796Z"]);
    assert_eq!(kev.known_exploited.len(), 1_404);
    let ransomware = kev
        .known_exploited
        .values()
        .filter(|entry| entry.ransomware);
    assert_eq!(ransomware.count(), 293);
    assert_eq!(
        kev.known_exploited.get("CVE-2025-48384"),
        Some(&KnownExploited {
            added: "2025-08-25".into(),
            due: "2025-09-15".into(),
            ransomware: false,
        })
    );

    for (name, scores, dated) in [
        (
            "epss_scores-2025-x-x.excerpt.csv",
            27,
            "2025-12-26T12:55:00Z",
        ),
        ("example-1.csv", 5, "2025-02-20T00:00:00Z"),
    ] {
        let epss = content(&data.join("epss").join(name), FeedFormat::Epss);
        assert_eq!(epss.problems, [""; 0], "{name}");
        assert_eq!(
            (epss.epss.len(), &epss.dated[..]),
            (scores, &[dated.to_owned()][..]),
            "{name}"
        );
    }

    let path = data.join("nvd/full-page.json");
    let nvd = content(&path, FeedFormat::Nvd);
    assert_eq!(nvd.problems, [""; 0]);
    assert_eq!(nvd.dated, ["2023-10-18T18:04:18.493Z"]);
    let page: Value = serde_json::from_slice(&fs::read(&path).expect("the page")).expect("JSON");
    let page = page["vulnerabilities"].as_array().expect("a list");
    assert_eq!((nvd.nvd.len(), page.len()), (38, 38));
    for entry in page {
        let metrics = &entry["cve"]["metrics"]["cvssMetricV31"];
        let metrics = metrics.as_array().map_or(&[][..], Vec::as_slice);
        let own = metrics.iter().find(|metric| metric["type"] == "Primary");
        let expected = own.or(metrics.first()).map_or("unknown", |rated| {
            rated["cvssData"]["baseSeverity"].as_str().expect("a word")
        });
        let id = entry["cve"]["id"].as_str().expect("an identifier");
        assert!(
            nvd.nvd[id].severity.as_str().eq_ignore_ascii_case(expected),
            "{id}"
        );
    }
}

#[test]
fn the_built_in_table_is_what_distro_info_says() {
    let Some(data) = data("the_built_in_table_is_what_distro_info_says") else {
        return;
    };
    for (product, expected) in [("debian", 18), ("ubuntu", 45)] {
        let path = data.join("eol").join(format!("{product}.csv"));
        let (releases, problems) =
            distro_info(product, &fs::read_to_string(path).expect("a table"));
        assert!(problems.is_empty(), "{problems:?}");
        assert_eq!(releases.len(), expected, "{product}");
        let built_in: Vec<_> = SupportTable::built_in()
            .releases()
            .iter()
            .filter(|release| release.product == product)
            .cloned()
            .collect();
        assert_eq!(
            SupportTable::new(releases).releases(),
            built_in,
            "{product}"
        );
    }
}

#[test]
fn every_published_osv_record_is_known_by_its_beginning() {
    let Some(data) = data("every_published_osv_record_is_known_by_its_beginning") else {
        return;
    };
    let mut seen = 0;
    for folder in ["osv", "osv-mined"] {
        for ecosystem in fs::read_dir(data.join(folder)).expect("a folder") {
            let path = ecosystem.expect("an entry").path().join("all.zip");
            let Ok(file) = File::open(&path) else {
                continue;
            };
            let mut zip = zip::ZipArchive::new(BufReader::new(file)).expect("a zip");
            for at in 0..zip.len() {
                let entry = zip.by_index(at).expect("an entry");
                let name = format!("{:?}", entry.name());
                let mut head = Vec::new();
                let limit = HEAD_BYTES as u64;
                entry.take(limit).read_to_end(&mut head).expect("a record");
                assert_eq!(
                    detect(&head),
                    Some(FeedFormat::OsvRecord),
                    "{} {name}",
                    path.display()
                );
                seen += 1;
            }
        }
    }
    assert!(seen > 26_000, "{seen}");
}

#[test]
fn other_files_are_nothing_of_ours() {
    let Some(data) = data("other_files_are_nothing_of_ours") else {
        return;
    };
    for name in [
        "ubuntu-vex/CVE-2023-38545.json",
        "kev/known_exploited_vulnerabilities_schema.json",
        "retirejs/jsrepository-v6.json",
        "debian-tracker/DSA-list.2023-04",
        "eol/debian.md",
        "SOURCES.md",
    ] {
        let mut head = fs::read(data.join(name)).expect("a file");
        head.truncate(HEAD_BYTES);
        assert_eq!(detect(&head), None, "{name}");
    }
}
