//! Findings against a second program: `second_program.py` reads the same records by itself, in a
//! few plain lines, and compares versions with the ecosystem's own library. Not one finding may be
//! missing, not one may be there in addition.
//!
//! The packages are made: real names, at versions that the records themselves name, where every
//! range begins and ends. The data lies in the folder that `OUTCROP_TEST_DATA` names, `../shared`
//! beside the repository by default; without it, or without Python and its libraries, the tests are
//! skipped by name.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ffi::OsStr;
use std::fs::File;
use std::io::{BufReader, Read as _, Write as _};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use outcrop_advisory::feeds::{FeedContent, alpine_secdb};
use outcrop_advisory::{Records, ZipRecords, candidates_of, findings, judge, subjects};
use outcrop_model::{
    AdvisoryRecord, Enrichments, Evidence, Inventory, InventoryPackage, OperatingSystem, Package,
    PackageKind,
};
use serde_json::Value;

/// Debian's own Python, which the libraries are for.
const PYTHON: &str = "/usr/bin/python3";

/// Versions of each name that are made a package of.
const VERSIONS_OF_A_NAME: usize = 4;

/// The folder of the data, where the Python `library` is there too.
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn data(test: &str, library: &str) -> Option<PathBuf> {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let named = std::env::var_os("OUTCROP_TEST_DATA").map(PathBuf::from);
    let folder = repository
        .join(named.clone().unwrap_or_else(|| "../shared".into()))
        .join("data");
    if !folder.is_dir() {
        assert!(
            named.is_none(),
            "OUTCROP_TEST_DATA names no folder with data"
        );
        eprintln!("skipped: {test}: there is no test data");
        return None;
    }
    let imports = Command::new(PYTHON).args(["-c", library]).output();
    if !imports.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: {test}: no Python here with `{library}`");
        return None;
    }
    Some(folder)
}

/// A package as both programs are told of it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Installed {
    name: String,
    version: String,
    /// `name:stream`, or `-`.
    module: String,
}

/// Packages of every name of the ecosystem, at versions that its records name.
fn installed(path: &Path, ecosystem: &str) -> Vec<Installed> {
    let mut zip = zip::ZipArchive::new(File::open(path).expect("opens")).expect("a zip");
    let mut versions: BTreeMap<String, BTreeSet<(String, String)>> = BTreeMap::new();
    for index in 0..zip.len() {
        let mut json = String::new();
        zip.by_index(index)
            .expect("an entry")
            .read_to_string(&mut json)
            .expect("text");
        let record: Value = serde_json::from_str(&json).expect("JSON");
        let summary = record["summary"].as_str().unwrap_or_default();
        let module = summary
            .split(' ')
            .find(|word| word.contains(':') && !word.ends_with(':'))
            .unwrap_or("-");
        for affected in list(&record["affected"]) {
            if affected["package"]["ecosystem"] != ecosystem {
                continue;
            }
            let name = affected["package"]["name"].as_str().expect("a name");
            let known = versions.entry(name.to_owned()).or_default();
            let mut add = |version: &Value| {
                let version = version.as_str().expect("a version");
                let fits = !version.is_empty() && !version.contains([' ', '\n']);
                if fits && version != "0" {
                    let module = if version.contains(".module") {
                        module
                    } else {
                        "-"
                    };
                    known.insert((version.to_owned(), module.to_owned()));
                }
            };
            let listed = list(&affected["versions"]);
            listed.first().into_iter().for_each(&mut add);
            listed.get(listed.len() / 2).into_iter().for_each(&mut add);
            listed.last().into_iter().for_each(&mut add);
            for range in list(&affected["ranges"]) {
                if range["type"] != "GIT" {
                    for event in list(&range["events"]) {
                        let event = event.as_object().expect("an event");
                        event.values().for_each(&mut add);
                    }
                }
            }
        }
    }
    let mut installed = Vec::new();
    for (name, versions) in versions {
        let step = versions.len().div_ceil(VERSIONS_OF_A_NAME);
        for (version, module) in versions.into_iter().step_by(step.max(1)) {
            installed.push(Installed {
                name: name.clone(),
                version,
                module,
            });
        }
    }
    installed
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn inventory((id, version): (&str, &str), kind: PackageKind, packages: &[Installed]) -> Inventory {
    let packages = packages.iter().enumerate().map(|(place, installed)| {
        let evidence = Evidence {
            cataloger: "made".into(),
            path: "made".into(),
        };
        let mut package = Package::new(kind, &installed.name, &installed.version, evidence);
        package.place = Some(place.to_string());
        if installed.module != "-" {
            let label = format!("{}:8090020240101000000:abcdef12", installed.module);
            package.qualifiers.insert("modularitylabel".into(), label);
        }
        InventoryPackage {
            package,
            introduced_in: 0,
            first_seen_in: 0,
            evidence_layer: None,
            changes: Vec::new(),
            owner: None,
        }
    });
    Inventory {
        operating_system: (!id.is_empty()).then(|| OperatingSystem {
            id: id.into(),
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

fn records(path: &Path) -> Records {
    let records = ZipRecords::open(File::open(path).expect("opens")).expect("a zip");
    records
        .map(|record| record.expect("a record"))
        .map(|record| (record.id.clone(), record))
        .collect()
}

type Answers = BTreeSet<(usize, String)>;

/// Package and record of every finding; packages whose version is none of the ecosystem apart.
fn ours(records: &Records, inventory: &Inventory) -> (Answers, BTreeSet<usize>) {
    let subjects = subjects(inventory);
    assert_eq!(subjects.unjudged(), []);
    let judged = judge(
        &subjects,
        &candidates_of(records.values(), &subjects.lookups()),
    );
    let found = findings(&inventory.packages, &judged, records, &Enrichments::new());
    let mut answers = Answers::new();
    let mut vulnerabilities: HashMap<(usize, String), usize> = HashMap::new();
    for finding in found.findings {
        let key = (finding.package, finding.vulnerability.clone());
        *vulnerabilities.entry(key).or_default() += 1;
        for record in finding.records {
            answers.insert((finding.package, record.id));
        }
    }
    assert!(
        vulnerabilities.values().all(|&count| count == 1),
        "a vulnerability of a package is told twice"
    );
    let unjudged = judged.not_judged.iter().filter_map(|case| {
        let installed = &inventory.packages[case.package].package.version;
        (case.version == *installed).then_some(case.package)
    });
    (answers, unjudged.collect())
}

fn theirs(arguments: &[&OsStr], packages: &[Installed]) -> Answers {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/second_program.py");
    let mut child = Command::new(PYTHON)
        .arg(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Python starts");
    let mut input = child.stdin.take().expect("piped");
    let lines: Vec<String> = packages
        .iter()
        .map(|package| format!("{} {} {}\n", package.name, package.version, package.module))
        .collect();
    let lines = lines.concat();
    let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()));
    let output = child.wait_with_output().expect("Python ends");
    writer.join().expect("no panic").expect("Python reads");
    assert!(output.status.success());
    String::from_utf8(output.stdout)
        .expect("text")
        .lines()
        .map(|line| {
            let (number, record) = line.split_once(' ').expect("two words");
            (number.parse().expect("a number"), record.to_owned())
        })
        .collect()
}

/// Both programs over the same packages; `least` guards against a set too small to tell.
fn check(path: &Path, ecosystem: &str, kind: PackageKind, least: usize) {
    compare(path, &records(path), ecosystem, ("", ""), kind, least);
}

fn compare(
    path: &Path,
    records: &Records,
    ecosystem: &str,
    system: (&str, &str),
    kind: PackageKind,
    least: usize,
) {
    let packages = installed(path, ecosystem);
    let (ours, unjudged) = ours(records, &inventory(system, kind, &packages));
    let theirs = theirs(&[ecosystem.as_ref(), path.as_ref()], &packages);
    same(&packages, &ours, &theirs, least);
    assert!(
        unjudged.len() * 50 < packages.len(),
        "too many versions are not judged: {}",
        unjudged.len()
    );
}

/// Fails with the first answers that only one of the programs gives.
fn same(packages: &[Installed], ours: &Answers, theirs: &Answers, least: usize) {
    let named = |answers: Vec<&(usize, String)>| -> Vec<String> {
        let line = |(package, record): &(usize, String)| {
            let Installed {
                name,
                version,
                module,
            } = &packages[*package];
            format!("{name} {version} {module} {record}")
        };
        answers.into_iter().take(20).map(line).collect()
    };
    let missing = named(theirs.difference(ours).collect());
    let additional = named(ours.difference(theirs).collect());
    assert!(missing.is_empty(), "missing: {missing:#?}");
    assert!(additional.is_empty(), "additional: {additional:#?}");
    assert!(ours.len() >= least, "too few to tell: {}", ours.len());
}

#[test]
fn findings_of_pypi_are_those_of_the_second_program() {
    let test = "findings_of_pypi_are_those_of_the_second_program";
    let library = "from pip._vendor.packaging.version import Version";
    let Some(data) = data(test, library) else {
        return;
    };
    let path = data.join("osv/PyPI/all.zip");
    check(&path, "PyPI", PackageKind::PyPi, 10_000);
}

#[test]
fn findings_of_crates_are_those_of_the_second_program() {
    let Some(data) = data("findings_of_crates_are_those_of_the_second_program", "") else {
        return;
    };
    let path = data.join("osv/crates/all.zip");
    check(&path, "crates.io", PackageKind::Cargo, 1_000);
}

#[test]
fn findings_of_go_are_those_of_the_second_program() {
    let Some(data) = data("findings_of_go_are_those_of_the_second_program", "") else {
        return;
    };
    let path = data.join("osv/Go/all.zip");
    check(&path, "Go", PackageKind::Golang, 1_000);
}

#[test]
fn findings_of_npm_are_those_of_the_second_program() {
    let Some(data) = data("findings_of_npm_are_those_of_the_second_program", "") else {
        return;
    };
    let path = data.join("osv-mined/npm/all.zip");
    check(&path, "npm", PackageKind::Npm, 200);
}

#[test]
fn findings_of_alma_linux_are_those_of_the_second_program() {
    let test = "findings_of_alma_linux_are_those_of_the_second_program";
    let Some(data) = data(test, "import rpm") else {
        return;
    };
    let path = data.join("osv/AlmaLinux/all.zip");
    let records = records(&path);
    for release in ["8", "9", "10"] {
        let ecosystem = format!("AlmaLinux:{release}");
        let system = ("almalinux", release);
        compare(&path, &records, &ecosystem, system, PackageKind::Rpm, 5_000);
    }
}

/// Alpine's root, unpacked for the test; `None` where it cannot be had or not be changed to.
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn alpine_root(test: &str, data: &Path) -> Option<PathBuf> {
    let archive = data.join("../images/alpine-3.10.tar.gz");
    let folder = format!("second-program-alpine-{}", std::process::id());
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(folder);
    std::fs::create_dir_all(&root).expect("the folder is made");
    let unpack = "tar -xzOf \"$1\" --wildcards '*/layer.tar' | tar -x -C \"$2\" --no-same-owner \
        && chroot \"$2\" /sbin/apk --version";
    let output = Command::new("sh")
        .args(["-c", unpack, "sh"])
        .args([&archive, &root])
        .output()
        .expect("sh starts");
    if output.status.success() {
        return Some(root);
    }
    let _ = std::fs::remove_dir_all(&root);
    eprintln!("skipped: {test}: Alpine's root cannot be changed to");
    None
}

#[test]
fn findings_of_alpine_are_those_of_the_second_program() {
    let test = "findings_of_alpine_are_those_of_the_second_program";
    let Some(data) = data(test, "") else {
        return;
    };
    let Some(root) = alpine_root(test, &data) else {
        return;
    };
    for repository in ["main", "community"] {
        let path = data.join(format!("alpine-secdb/v3.10/{repository}.json"));
        let mut records: Vec<AdvisoryRecord> = Vec::new();
        let file = BufReader::new(File::open(&path).expect("opens"));
        let end = alpine_secdb::read(file, &mut |content| {
            if let FeedContent::Record(record) = content {
                records.push(*record);
            }
            ControlFlow::Continue(())
        });
        assert!(end.is_continue());
        let secdb: Value =
            serde_json::from_slice(&std::fs::read(&path).expect("read")).expect("JSON");
        let packages: Vec<Installed> = list(&secdb["packages"])
            .iter()
            .flat_map(|package| {
                let name = package["pkg"]["name"].as_str().expect("a name");
                let fixes = package["pkg"]["secfixes"].as_object().expect("a map");
                let versions: Vec<&String> = fixes.keys().filter(|fix| *fix != "0").collect();
                let middle = versions.get(versions.len() / 2).copied();
                let made = ["0.0.1-r0", "999-r0"].map(str::to_owned);
                let versions = middle.into_iter().cloned().chain(made);
                versions.map(|version| Installed {
                    name: name.to_owned(),
                    version,
                    module: "-".into(),
                })
            })
            .collect();
        let inventory = inventory(("alpine", "3.10.9"), PackageKind::Apk, &packages);
        let subjects = subjects(&inventory);
        let judged = judge(&subjects, &candidates_of(&records, &subjects.lookups()));
        assert_eq!(judged.not_judged, []);
        let records = records
            .into_iter()
            .map(|record| (record.id.clone(), record))
            .collect();
        let found = findings(&inventory.packages, &judged, &records, &Enrichments::new());
        let ours: Answers = found
            .findings
            .into_iter()
            .filter(|finding| finding.vulnerability.starts_with("CVE-"))
            .map(|finding| (finding.package, finding.vulnerability))
            .collect();
        let theirs = theirs(&["secdb".as_ref(), path.as_ref(), root.as_ref()], &packages);
        same(&packages, &ours, &theirs, 300);
    }
    std::fs::remove_dir_all(&root).expect("the root is removed");
}
