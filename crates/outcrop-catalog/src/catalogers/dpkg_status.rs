//! The database of dpkg: `var/lib/dpkg/status`, the `status.d` folder of distroless images, and the
//! manifest of chiselled Ubuntu images, `var/lib/chisel/manifest.wall`.
//!
//! Sources: `deb-control(5)` and Debian Policy 5.1 (stanzas), `dpkg(1)` "Package states" and
//! `dpkg-query(1)` (the words of `Status`), Debian Policy 5.6.1 (`Source`). Images built without
//! dpkg keep one stanza per file in `status.d`, without `Status`. Chisel's reference, "Chisel
//! manifest" and "jsonwall": compressed by zstd, one JSON object a line, the first of them the
//! header. A line of kind `package` tells of one; its source package is told by none.
//!
//! Licences stand in `usr/share/doc/<package>/copyright` (Debian Policy 12.5), also where that folder
//! is a link to another package's: in the machine-readable form the `License` fields of header and
//! `Files` stanzas, in free text the names under `/usr/share/common-licenses`. Images that leave
//! documentation out have none, which is no problem.

pub(super) mod chisel;

use outcrop_image::{
    Analyser, Analysis, CandidateFile, Conclusion, FileFacts, Observation, Root, View,
};
use outcrop_model::{Evidence, Licence, Package, PackageKind, ProblemKind, SourcePackage};

use super::{conclusion_of, folder_and_name, text};
use crate::debian_copyright;
use crate::problems::{FileProblems, shown};

/// Largest `status` that is read; one of 5,000 packages has about 6 MB.
const MAX_STATUS_BYTES: u64 = 64 << 20;
/// Largest file of `status.d` that is read.
const MAX_SINGLE_BYTES: u64 = 1 << 20;
/// Packages of one file that are read; all of Debian 12 has about 64,000.
const MAX_PACKAGES: usize = 100_000;
/// Longest name, version or architecture.
const MAX_VALUE_BYTES: usize = 256;

const STATUS: &str = "var/lib/dpkg/status";
const STATUS_FOLDER: &str = "var/lib/dpkg/status.d";
const DOCUMENTATION: &str = "usr/share/doc";
const ROOTS: &[Root] = &[
    Root::file(STATUS),
    Root::folder(STATUS_FOLDER),
    Root::file(chisel::MANIFEST),
];

/// Reads the database of dpkg.
pub(super) struct DpkgStatus;

impl Analyser for DpkgStatus {
    fn id(&self) -> &'static str {
        "dpkg-status"
    }

    fn version(&self) -> u32 {
        3
    }

    fn roots(&self) -> &'static [Root] {
        ROOTS
    }

    fn wants(&self, file: &FileFacts<'_>) -> Option<u64> {
        match file.folder_and_name() {
            (_, "status") => Some(MAX_STATUS_BYTES),
            (folder, name) if is_single(folder) && !name.ends_with(".md5sums") => {
                Some(MAX_SINGLE_BYTES)
            }
            (_, "copyright") => Some(debian_copyright::MAX_BYTES),
            // A package's folder may be a link to another's. What is a file here says nothing.
            (DOCUMENTATION, _) => Some(0),
            (_, name) => chisel::cap(name),
        }
    }

    fn analyse(&self, file: &CandidateFile<'_>) -> Analysis {
        if is_copyright(file.path) {
            return debian_copyright::analyse(file);
        }
        if folder_and_name(file.path).0 == DOCUMENTATION {
            return Analysis::default();
        }
        if chisel::cap(folder_and_name(file.path).1).is_some() {
            return chisel::packages(self.id(), file);
        }
        parse(file)
    }

    fn conclude(&self, view: &View<'_>) -> Conclusion {
        let files = view
            .file(STATUS)
            .into_iter()
            .chain(view.folder(STATUS_FOLDER))
            .chain(view.file(chisel::MANIFEST));
        let mut conclusion = conclusion_of(files, PackageKind::Deb);
        for package in &mut conclusion.packages {
            package.licences = licences_of(view, &package.name);
        }
        conclusion
    }
}

fn is_single(folder: &str) -> bool {
    folder_and_name(folder).1 == "status.d"
}

fn is_copyright(path: &str) -> bool {
    let (folder, name) = folder_and_name(path);
    name == "copyright" && !is_single(folder)
}

/// The licences in the package's copyright file, which may be missing or lead anywhere.
fn licences_of(view: &View<'_>, package: &str) -> Vec<Licence> {
    if package.contains('/') {
        return Vec::new();
    }
    let found = view
        .resolve(&format!("{DOCUMENTATION}/{package}/copyright"))
        .filter(|path| is_copyright(path))
        .and_then(|path| view.file(&path));
    match found.and_then(|found| found.observation) {
        Some(Observation::Licences(licences)) => licences.clone(),
        _ => Vec::new(),
    }
}

/// The fields of a stanza that are looked at.
#[derive(Default)]
struct Stanza<'a> {
    package: Option<&'a str>,
    status: Option<&'a str>,
    version: Option<&'a str>,
    architecture: Option<&'a str>,
    source: Option<&'a str>,
}

/// What the third word of `Status` means for the package's files. `dpkg(1)`, "Package states".
enum State {
    /// The files are there: `installed`, and every state between unpacking and the end of the
    /// configuration.
    Installed,
    /// Only configuration is there: `config-files`.
    Leftover,
    /// Nothing is there: `not-installed`.
    Absent,
    /// Unpacking or removal was broken off: some files may be there.
    Half,
    Unknown,
}

impl State {
    fn of(status: &str) -> Self {
        match status.split_ascii_whitespace().nth(2) {
            // `dpkg` writes `triggers-awaited`, its manual says `triggers-awaiting`.
            Some(
                "installed" | "unpacked" | "half-configured" | "triggers-awaited"
                | "triggers-awaiting" | "triggers-pending",
            ) => Self::Installed,
            Some("config-files") => Self::Leftover,
            Some("not-installed") => Self::Absent,
            Some("half-installed") => Self::Half,
            _ => Self::Unknown,
        }
    }
}

struct Parser<'a> {
    path: &'a str,
    single: bool,
    installed: Vec<Package>,
    leftovers: Vec<Package>,
    problems: FileProblems,
}

fn parse(file: &CandidateFile<'_>) -> Analysis {
    let (content, is_utf8) = text(file.bytes);
    let begins = content
        .trim_ascii_start()
        .get(..8)
        .is_some_and(|start| start.eq_ignore_ascii_case("Package:"));
    let empty = file.path == STATUS && content.trim_ascii().is_empty();
    if !begins && !empty {
        let mut problems = FileProblems::default();
        if file.path == STATUS {
            problems.push(
                ProblemKind::Malformed,
                "not a database of dpkg: it does not begin with `Package:`",
            );
        }
        return Analysis {
            observation: None,
            problems: problems.into_list(),
        };
    }
    let mut parser = Parser {
        path: file.path,
        single: is_single(folder_and_name(file.path).0),
        installed: Vec::new(),
        leftovers: Vec::new(),
        problems: FileProblems::default(),
    };
    if !is_utf8 {
        parser.problems.push(
            ProblemKind::Malformed,
            "the database is not UTF-8; what is not was replaced",
        );
    }
    parser.stanzas(&content, file.whole);
    Analysis {
        observation: Some(Observation::Packages {
            installed: parser.installed,
            leftovers: parser.leftovers,
        }),
        problems: parser.problems.into_list(),
    }
}

impl Parser<'_> {
    fn stanzas(&mut self, content: &str, whole: bool) {
        let mut stanza = Stanza::default();
        let mut empty = true;
        let mut cut_off = !whole;
        for line in content.split_inclusive('\n') {
            // The last line of a database that is whole ends like any other.
            let complete = line.ends_with('\n');
            let line = line.trim_end_matches(['\n', '\r']);
            if line.trim_ascii().is_empty() {
                if !empty {
                    self.stanza(&stanza);
                }
                stanza = Stanza::default();
                empty = true;
                if self.problems.are_too_many() {
                    return;
                }
                if self.installed.len() + self.leftovers.len() >= MAX_PACKAGES {
                    self.problems.push(
                        ProblemKind::TooLarge,
                        format!("the database has more packages than are read: {MAX_PACKAGES}"),
                    );
                    return;
                }
                continue;
            }
            if !complete && !self.single {
                cut_off = true;
            }
            empty = false;
            if line.starts_with([' ', '\t']) {
                continue;
            }
            let Some((name, value)) = line.split_once(':') else {
                if complete {
                    self.problems.push(
                        ProblemKind::Malformed,
                        format!("a line that is no field was passed over: `{}`", shown(line)),
                    );
                    if self.problems.are_too_many() {
                        return;
                    }
                }
                continue;
            };
            let field = match name {
                name if name.eq_ignore_ascii_case("Package") => &mut stanza.package,
                name if name.eq_ignore_ascii_case("Status") => &mut stanza.status,
                name if name.eq_ignore_ascii_case("Version") => &mut stanza.version,
                name if name.eq_ignore_ascii_case("Architecture") => &mut stanza.architecture,
                name if name.eq_ignore_ascii_case("Source") => &mut stanza.source,
                _ => continue,
            };
            *field = Some(value.trim_ascii());
        }
        if cut_off {
            // A version may be cut in the middle, so the last stanza is not to be trusted.
            let message = match (empty, stanza.package) {
                (false, Some(package)) => format!(
                    "the database is cut off; the record that was left out: `{}`",
                    shown(package)
                ),
                _ => "the database is cut off".to_owned(),
            };
            self.problems.push(ProblemKind::Truncated, message);
        } else if !empty {
            self.stanza(&stanza);
        }
    }

    fn stanza(&mut self, stanza: &Stanza<'_>) {
        let Some(name) = stanza.package.filter(|name| !name.is_empty()) else {
            return self.problems.push(
                ProblemKind::Malformed,
                "a record without a package name was passed over",
            );
        };
        let state = match stanza.status {
            Some(status) => State::of(status),
            None if self.single => State::Installed,
            None => State::Unknown,
        };
        let leftover = match state {
            State::Installed => false,
            State::Leftover => true,
            State::Absent => return,
            State::Half => {
                return self.problems.push(
                    ProblemKind::Malformed,
                    format!(
                        "a package is half installed and was left out, though some of its files may be there: `{} {}`",
                        shown(name),
                        shown(stanza.version.unwrap_or_default())
                    ),
                );
            }
            State::Unknown => {
                return self.problems.push(
                    ProblemKind::Malformed,
                    format!(
                        "a record without a known state was passed over: `{}`",
                        shown(name)
                    ),
                );
            }
        };
        let Some(version) = stanza.version.filter(|version| !version.is_empty()) else {
            return self.problems.push(
                ProblemKind::Malformed,
                format!(
                    "a record without a version was passed over: `{}`",
                    shown(name)
                ),
            );
        };
        let architecture = stanza.architecture.filter(|value| !value.is_empty());
        let (source_name, source_version) = source(stanza.source.unwrap_or_default());
        let source = SourcePackage {
            name: source_name.unwrap_or(name).to_owned(),
            version: source_version.unwrap_or(version).to_owned(),
        };
        let longest = [
            name,
            version,
            architecture.unwrap_or_default(),
            &source.name,
            &source.version,
        ]
        .into_iter()
        .map(str::len)
        .max();
        if longest > Some(MAX_VALUE_BYTES) {
            return self.problems.push(
                ProblemKind::TooLarge,
                format!(
                    "a record with an overlong value was passed over: `{}`",
                    shown(name)
                ),
            );
        }
        let evidence = Evidence {
            cataloger: "dpkg-status".to_owned(),
            path: self.path.to_owned(),
        };
        let package = Package {
            architecture: architecture.map(str::to_owned),
            source: Some(source),
            ..Package::new(PackageKind::Deb, name, version, evidence)
        };
        if leftover {
            self.leftovers.push(package);
        } else {
            self.installed.push(package);
        }
    }
}

/// Name and version of a `Source` field: `name`, or `name (version)`.
fn source(field: &str) -> (Option<&str>, Option<&str>) {
    let (name, version) = field.split_once('(').unwrap_or((field, ""));
    let version = version.trim_ascii_end().trim_end_matches(')');
    let known = |value: &'_ str| !value.is_empty();
    (
        Some(name.trim_ascii()).filter(|name| known(name)),
        Some(version.trim_ascii()).filter(|version| known(version)),
    )
}

#[cfg(test)]
#[path = "dpkg_status_tests.rs"]
mod tests;
