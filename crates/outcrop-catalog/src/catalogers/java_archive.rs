//! Java archives: what lies in jars, wars and their kin, and in the archives inside them.
//!
//! Sources: JAR File Specification (manifest, main attributes); Apache Maven Archiver reference
//! (`META-INF/maven/GROUP/ARTIFACT/` with `pom.properties` and `pom.xml`, `Implementation-*`);
//! `OSGi` Core, "Bundle Manifest Headers"; Spring Boot reference, "The Executable Jar Format";
//! Maven's default repository layout (`artifact-version.jar`).
//!
//! What Maven wrote into an archive is a record, also of an artifact whose classes were copied into
//! another's archive ("shaded"). Where no record is of the archive itself, its manifest, its name
//! and the package of its classes tell what it most likely is. Archives of sources or
//! documentation, which nothing runs, are passed over; archives without classes count, for they
//! may hold code in another language (Clojure, `WebJars`).

use std::collections::BTreeMap;

use outcrop_image::{Analyser, Analysis, CandidateFile, Conclusion, FileFacts, View};
use outcrop_model::{Certainty, Licence, PackageKind, ProblemKind};

use self::identity::{Name, Traces, infer};
use self::manifest::Manifest;
use self::pom::Pom;
use super::folder_and_name;
use crate::findings::{Findings, shown, side_by_side};
use crate::zip::{Entry, Window, Zip, ZipError};

mod groups;
mod identity;
mod manifest;
mod pom;

/// Largest archive that is looked into, in bytes.
const MAX_BYTES: u64 = 2 << 30;
/// Archives inside archives: an ear has wars, which have jars, which may have jars.
const MAX_DEPTH: usize = 8;
/// Archives that one file may lead to.
const MAX_ARCHIVES: usize = 20_000;
/// Artifacts that one archive may record; one of shaded dependencies has some 100.
const MAX_RECORDS: usize = 10_000;
/// Bytes that one file may make us read and unpack, directories of archives included: entries may
/// share their bytes, and bytes may unpack to nothing.
const MAX_UNPACKED_BYTES: u64 = 1 << 30;
/// Bytes of unpacked archives held at once; what is stored as it is, is read in place.
const MAX_HELD_BYTES: u64 = 64 << 20;
/// Largest `pom.properties`, in bytes; they have about 100.
const MAX_RECORD_BYTES: u64 = 64 << 10;
/// How much of a manifest is read, in bytes; what tells of the archive stands at its beginning.
const MAX_MANIFEST_BYTES: u64 = 1 << 20;
/// Largest `pom.xml`, in bytes; those of large projects have 100 kB.
const MAX_POM_BYTES: u64 = 1 << 20;

/// Endings of what is an archive of Java: libraries, applications, plugins of Jenkins (`hpi`,
/// `jpi`), `JBoss` services (`sar`), Apache Karaf features (`kar`), Apache `NiFi` bundles (`nar`).
const ENDINGS: &[&str] = &[
    "jar", "war", "ear", "par", "hpi", "jpi", "sar", "kar", "nar",
];

/// Reads what Java archives are made of.
pub(super) struct JavaArchive;

impl Analyser for JavaArchive {
    fn id(&self) -> &'static str {
        "java-archive"
    }

    fn version(&self) -> u32 {
        2
    }

    fn wants(&self, file: &FileFacts<'_>) -> Option<u64> {
        let (_, ending) = file.path.rsplit_once('.')?;
        // Other things bear the rarer endings as well.
        let is_certain = ["jar", "war"]
            .iter()
            .any(|certain| certain.eq_ignore_ascii_case(ending));
        (is_certain || is_archive(file.path) && file.head.starts_with(b"PK")).then_some(MAX_BYTES)
    }

    fn analyse(&self, file: &CandidateFile<'_>) -> Analysis {
        let mut search = Search {
            findings: Findings::new(self.id(), file.path),
            place: folder_and_name(file.path).0,
            archives: 0,
            unpacked: 0,
            held: 0,
        };
        search.archive(Window::of(*file), file.path, &[]);
        search.findings.finish()
    }

    /// A folder may hold several versions of an artifact, one of them inside another's archive.
    fn conclude(&self, view: &View<'_>) -> Conclusion {
        side_by_side(view)
    }
}

fn is_archive(path: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, ending)| {
        ENDINGS
            .iter()
            .any(|known| known.eq_ignore_ascii_case(ending))
    })
}

/// An artifact as Maven recorded it.
struct Record {
    group: String,
    artifact: String,
    version: String,
    licences: Vec<Licence>,
}

struct Search<'a> {
    findings: Findings<'a>,
    place: &'a str,
    archives: usize,
    unpacked: u64,
    held: u64,
}

impl Search<'_> {
    /// Looks through an archive; `inside` are the paths that lead to it, one in each archive.
    fn archive(&mut self, content: Window<'_>, path: &str, inside: &[&str]) {
        let name = Name::of(path);
        if name.is_documentation() {
            return;
        }
        self.archives += 1;
        let zip = match Zip::read(content) {
            Ok(zip) => zip,
            Err(error) => return self.not_read(inside, &error),
        };
        self.unpacked = self.unpacked.saturating_add(zip.directory_bytes());
        let mut records: Vec<(Project<'_>, Record)> = Vec::new();
        let mut poms: Vec<(Project<'_>, Pom)> = Vec::new();
        let mut manifest = Manifest::default();
        let mut traces = Traces::new(path, inside.is_empty());
        let mut nested = Vec::new();
        for entry in zip.entries() {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    self.not_read(inside, &error);
                    break;
                }
            };
            let Ok(entry_path) = std::str::from_utf8(entry.name) else {
                continue;
            };
            traces.entry(entry_path);
            if entry_path.eq_ignore_ascii_case("META-INF/MANIFEST.MF") {
                let bytes = self.content(&zip, &entry, inside, MAX_MANIFEST_BYTES);
                manifest = Manifest::read(&bytes);
            } else if let Some((project, file)) = maven_file(entry_path) {
                if records.len().max(poms.len()) == MAX_RECORDS {
                    self.left_out(inside, "more records than are read", MAX_RECORDS as u64);
                    break;
                }
                if file == "pom.properties" {
                    let bytes = self.content(&zip, &entry, inside, MAX_RECORD_BYTES);
                    records.extend(record(&bytes, project).map(|record| (project, record)));
                } else {
                    let bytes = self.content(&zip, &entry, inside, MAX_POM_BYTES);
                    let (pom, complete) = Pom::read(&bytes);
                    if !complete {
                        let what = described(&[entry_path]);
                        self.findings.problem(
                            ProblemKind::Malformed,
                            format!("{what} is not the XML that it should be"),
                        );
                    }
                    poms.push((project, pom));
                }
            } else if is_archive(entry_path) && nested.len() <= MAX_ARCHIVES {
                nested.push((entry, entry_path));
            }
        }
        let records = joined(records, poms);
        self.add(&name, &records, &manifest, &traces);
        for (entry, entry_path) in nested {
            let inside = [inside, &[entry_path]].concat();
            if let Err(error) = self.nested(&zip, &entry, &inside) {
                self.not_read(&inside, &error);
            }
        }
    }

    fn nested(
        &mut self,
        zip: &Zip<'_>,
        entry: &Entry<'_>,
        inside: &[&str],
    ) -> Result<(), ZipError> {
        let path = inside.last().copied().unwrap_or_default();
        if Name::of(path).is_documentation() {
            return Ok(());
        }
        let left_to_unpack = MAX_UNPACKED_BYTES.saturating_sub(self.unpacked);
        let left_to_hold = MAX_HELD_BYTES.saturating_sub(self.held);
        if inside.len() > MAX_DEPTH {
            self.left_out(
                inside,
                "deeper in archives than is opened",
                MAX_DEPTH as u64,
            );
        } else if self.archives >= MAX_ARCHIVES {
            // Said once: what follows is of no other kind.
            if self.archives == MAX_ARCHIVES {
                self.archives += 1;
                let what = "beyond the archives that one file may hold";
                self.left_out(inside, what, MAX_ARCHIVES as u64);
            }
        } else if left_to_unpack == 0 {
            let what = "beyond the bytes that one file may unpack to";
            self.left_out(inside, what, MAX_UNPACKED_BYTES);
        } else if let Some(content) = zip.stored(entry)? {
            self.archive(content, path, inside);
        } else if entry.size > left_to_hold.min(left_to_unpack) {
            let what = "larger than can be unpacked, in bytes";
            self.left_out(inside, what, entry.size);
        } else {
            // No more than it claims, whatever it unpacks to.
            let (bytes, whole) = zip.content(entry, entry.size, &mut self.unpacked)?;
            let held = bytes.len() as u64;
            if !whole {
                let what = "it unpacks to more bytes than its archive says";
                self.left_out(inside, what, entry.size);
                return Ok(());
            }
            self.held += held;
            self.archive(Window::of_bytes(&bytes), path, inside);
            self.held -= held;
        }
        Ok(())
    }

    /// The beginning of an entry.
    fn content(&mut self, zip: &Zip<'_>, entry: &Entry<'_>, inside: &[&str], most: u64) -> Vec<u8> {
        let left = MAX_UNPACKED_BYTES.saturating_sub(self.unpacked);
        if left == 0 {
            let name = String::from_utf8_lossy(entry.name);
            let what = "beyond the bytes that one file may unpack to";
            self.left_out(&[inside, &[&name]].concat(), what, MAX_UNPACKED_BYTES);
            return Vec::new();
        }
        match zip.content(entry, most.min(left), &mut self.unpacked) {
            Ok((bytes, whole)) => {
                if !whole && most == MAX_RECORD_BYTES {
                    let name = String::from_utf8_lossy(entry.name);
                    let what = "larger than records are, in bytes";
                    self.left_out(&[inside, &[&name]].concat(), what, most);
                }
                bytes
            }
            Err(error) => {
                let name = String::from_utf8_lossy(entry.name);
                self.not_read(&[inside, &[&name]].concat(), &error);
                Vec::new()
            }
        }
    }

    fn add(&mut self, name: &Name<'_>, records: &[Record], manifest: &Manifest, traces: &Traces) {
        let licences = manifest.licences();
        let mut has_own = false;
        for record in records {
            let is_own = name.is_of(&record.group, &record.artifact);
            has_own |= is_own;
            let full = format!("{}:{}", record.group, record.artifact);
            let licences = match (&record.licences, is_own || records.len() == 1) {
                (of_project, _) if !of_project.is_empty() => of_project.clone(),
                (_, true) => licences.clone(),
                (_, false) => Vec::new(),
            };
            self.package(&full, &record.version, Certainty::Recorded, licences);
        }
        if has_own {
            return;
        }
        let Some(inferred) = infer(name, manifest, traces) else {
            return;
        };
        match records {
            // Its own record under another name, as `app.jar`.
            [record] if inferred.version.is_empty() || inferred.version == record.version => return,
            [_] if !name.has_version() && !manifest.names(name.artifact()) => return,
            [_, _, ..] if inferred.version.is_empty() => return,
            _ => {}
        }
        let full = match &inferred.group {
            Some(group) => format!("{group}:{}", inferred.artifact),
            None => inferred.artifact,
        };
        let certainty = Certainty::Inferred(inferred.from.to_owned());
        self.package(&full, &inferred.version, certainty, licences);
    }

    fn package(&mut self, name: &str, version: &str, certainty: Certainty, licences: Vec<Licence>) {
        if let Some(package) = self
            .findings
            .add_whatever_version(PackageKind::Maven, name, version)
        {
            package.place = Some(self.place.to_owned());
            package.certainty = certainty;
            package.licences = licences;
        }
    }

    fn not_read(&mut self, inside: &[&str], error: &ZipError) {
        let what = described(inside);
        self.findings
            .problem(error.kind(), format!("{what} is not looked into: {error}"));
    }

    fn left_out(&mut self, inside: &[&str], why: &str, value: u64) {
        let what = described(inside);
        self.findings.problem(
            ProblemKind::TooLarge,
            format!("{what} is not looked into: {why}: {value}"),
        );
    }
}

fn described(inside: &[&str]) -> String {
    match inside {
        [] => "the archive".to_owned(),
        [.., last] => format!("`{}` in it", shown(last)),
    }
}

/// Group and artifact by the folders of what Maven wrote.
type Project<'a> = (&'a str, &'a str);

/// The project and the name of `META-INF/maven/GROUP/ARTIFACT/pom.properties` and of `pom.xml`
/// beside it, wherever they lie.
fn maven_file(path: &str) -> Option<(Project<'_>, &str)> {
    let (group, artifact, file) = identity::maven_path(path)?;
    matches!(file, "pom.properties" | "pom.xml").then_some(((group, artifact), file))
}

/// The records with the licences that the projects tell, and a record of each project that tells
/// its version and has none: builds may leave `pom.properties` out.
fn joined(records: Vec<(Project<'_>, Record)>, poms: Vec<(Project<'_>, Pom)>) -> Vec<Record> {
    let mut poms: BTreeMap<Project<'_>, Pom> = poms.into_iter().collect();
    let mut joined: Vec<Record> = records
        .into_iter()
        .map(|(project, record)| Record {
            licences: poms.remove(&project).unwrap_or_default().licences,
            ..record
        })
        .collect();
    let alone = poms.into_iter().filter_map(|((group, artifact), pom)| {
        Some(Record {
            group: pom.group.unwrap_or_else(|| group.to_owned()),
            artifact: pom.artifact.unwrap_or_else(|| artifact.to_owned()),
            version: pom.version?,
            licences: pom.licences,
        })
    });
    joined.extend(alone);
    joined
}

/// What `pom.properties` says; group and artifact as in its path where it says neither.
///
/// Source: `java.util.Properties`, `load`; no escapes occur in coordinates.
fn record(bytes: &[u8], (group, artifact): Project<'_>) -> Option<Record> {
    let text = String::from_utf8_lossy(bytes);
    let value = |name: &str| {
        text.lines()
            .map(str::trim)
            .filter(|line| !line.starts_with(['#', '!']))
            .find_map(|line| {
                let rest = line.strip_prefix(name)?.trim_start();
                Some(rest.strip_prefix(['=', ':'])?.trim())
            })
            // A build that left its own variables in says nothing.
            .filter(|value| !value.is_empty() && !value.contains("${"))
    };
    Some(Record {
        group: value("groupId").unwrap_or(group).to_owned(),
        artifact: value("artifactId").unwrap_or(artifact).to_owned(),
        version: value("version")?.to_owned(),
        licences: Vec::new(),
    })
}

#[cfg(test)]
#[path = "java_archive_tests.rs"]
mod tests;
