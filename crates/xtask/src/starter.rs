//! `cargo xtask starter`: the starter advisories, from Debian package changelogs.
//!
//! apt downloads one binary package for each source package that `data/starter-packages.txt` stands
//! for, in its newest version in Debian 12 and its updates and security archives. Facts alone are
//! taken from the changelogs: a CVE, the source package, the first version that names it as fixed.
//! They are written as OSV records, so that they load like any other advisories.

mod changelog;

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};
use flate2::read::GzDecoder;
use jiff::{Timestamp, Unit};
use serde::Serialize;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use self::changelog::{Changelog, Fix};
use crate::repository::root;

/// Names of the binary packages, one on a line.
const PACKAGES: &str = include_str!("../data/starter-packages.txt");
/// The folder that is written, relative to the root of the checkout.
const FOLDER: &str = "assets/advisories";
/// OSV's name of the release.
const ECOSYSTEM: &str = "Debian:12";
/// The first year of the vulnerabilities that are kept: that of Debian 11, whose life overlaps.
const FIRST_YEAR: i32 = 2021;
/// What the records may weigh.
const MAXIMUM_BYTES: usize = 1_000_000;
/// What one decompressed changelog may weigh.
const MAXIMUM_CHANGELOG_BYTES: u64 = 16 << 20;

/// A source package whose changelog was read.
struct SourcePackage {
    name: String,
    version: String,
    binary: String,
    changelog: Changelog,
}

/// Downloads the packages (or takes those in a folder), reads their changelogs, writes the set.
pub(crate) fn run(packages: Option<PathBuf>) -> anyhow::Result<()> {
    let temporary;
    let folder = if let Some(folder) = packages {
        folder
    } else {
        temporary = tempfile::tempdir()?;
        download(temporary.path())?;
        temporary.path().to_owned()
    };
    let mut sources = Vec::new();
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)?
        .map(|entry| Ok(entry?.path()))
        .collect::<std::io::Result<_>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "deb"));
    files.sort();
    for file in files {
        sources.push(read_package(&file).with_context(|| format!("`{}`", file.display()))?);
    }
    sources.sort_by(|left, right| left.name.cmp(&right.name));
    write(&sources)
}

fn download(folder: &Path) -> anyhow::Result<()> {
    let names = PACKAGES.lines().filter(|line| !line.starts_with('#'));
    let status = Command::new("apt-get")
        .args(["--quiet=2", "download"])
        .args(names)
        .current_dir(folder)
        .status()
        .context("could not start `apt-get`")?;
    if !status.success() {
        bail!("`apt-get download` failed: {status}");
    }
    Ok(())
}

fn read_package(file: &Path) -> anyhow::Result<SourcePackage> {
    let control = Command::new("dpkg-deb")
        .arg("--show")
        .arg("--showformat=${Package} ${source:Package} ${source:Version}")
        .arg(file)
        .output()
        .context("could not start `dpkg-deb`")?;
    let control = String::from_utf8(control.stdout)?;
    let [binary, name, version] = control.split(' ').collect::<Vec<_>>()[..] else {
        bail!("`dpkg-deb` names no source package: `{control}`");
    };
    Ok(SourcePackage {
        name: name.to_owned(),
        version: version.to_owned(),
        binary: binary.to_owned(),
        changelog: changelog::read(&changelog_text(file, binary)?),
    })
}

/// The changelog in a package: `changelog.Debian.gz`, or `changelog.gz` where Debian is upstream.
fn changelog_text(file: &Path, binary: &str) -> anyhow::Result<String> {
    let mut unpacking = Command::new("dpkg-deb")
        .arg("--fsys-tarfile")
        .arg(file)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let Some(stream) = unpacking.stdout.take() else {
        bail!("`dpkg-deb` has no output");
    };
    let mut found = None;
    for entry in tar::Archive::new(stream).entries()? {
        let entry = entry?;
        let path = entry.path()?.to_string_lossy().into_owned();
        let folder = format!("./usr/share/doc/{binary}/");
        let Some(name) = path.strip_prefix(&folder) else {
            continue;
        };
        if name == "changelog.Debian.gz" || (name == "changelog.gz" && found.is_none()) {
            let mut text = Vec::new();
            GzDecoder::new(entry)
                .take(MAXIMUM_CHANGELOG_BYTES)
                .read_to_end(&mut text)?;
            found = Some(String::from_utf8_lossy(&text).into_owned());
            if name == "changelog.Debian.gz" {
                break;
            }
        }
    }
    // The rest of the package is of no use; closing the pipe may end the program with an error.
    let _ = unpacking.kill();
    unpacking.wait()?;
    found.context("it holds no changelog")
}

#[derive(Serialize)]
struct Record<'a> {
    schema_version: &'static str,
    id: String,
    modified: String,
    upstream: [&'a str; 1],
    affected: Vec<Affected<'a>>,
    database_specific: Origin,
}

#[derive(Serialize)]
struct Origin {
    origin: &'static str,
}

#[derive(Serialize)]
struct Affected<'a> {
    package: Package<'a>,
    ranges: [Range<'a>; 1],
}

#[derive(Serialize)]
struct Package<'a> {
    ecosystem: &'static str,
    name: &'a str,
}

#[derive(Serialize)]
struct Range<'a> {
    r#type: &'static str,
    events: [Event<'a>; 2],
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Event<'a> {
    Introduced(&'a str),
    Fixed(&'a str),
}

/// `index.json`: when the set was made and from what.
#[derive(Serialize)]
struct Index<'a> {
    /// RFC 3339, whole seconds.
    made_at: String,
    ecosystem: &'static str,
    /// Records in the zip.
    records: usize,
    packages: Vec<IndexedPackage<'a>>,
}

#[derive(Serialize)]
struct IndexedPackage<'a> {
    source: &'a str,
    version: &'a str,
    binary: &'a str,
    /// Changelog entries that were read.
    entries: usize,
    vulnerabilities: usize,
}

fn is_kept(vulnerability: &str) -> bool {
    vulnerability
        .split('-')
        .nth(1)
        .and_then(|year| year.parse::<i32>().ok())
        .is_some_and(|year| year >= FIRST_YEAR)
}

fn write(sources: &[SourcePackage]) -> anyhow::Result<()> {
    let mut vulnerabilities: BTreeMap<&str, Vec<(&str, &Fix)>> = BTreeMap::new();
    let mut packages = Vec::new();
    for source in sources {
        let kept: Vec<_> = source
            .changelog
            .fixes
            .iter()
            .filter(|(id, _)| is_kept(id))
            .collect();
        packages.push(IndexedPackage {
            source: &source.name,
            version: &source.version,
            binary: &source.binary,
            entries: source.changelog.entries,
            vulnerabilities: kept.len(),
        });
        for (id, fix) in kept {
            vulnerabilities
                .entry(id)
                .or_default()
                .push((&source.name, fix));
        }
    }

    let mut archive = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_level(Some(9))
        .last_modified_time(zip::DateTime::default());
    for (id, fixes) in &vulnerabilities {
        let modified = fixes
            .iter()
            .map(|(_, fix)| fix.date)
            .max()
            .unwrap_or(Timestamp::UNIX_EPOCH);
        let record = Record {
            schema_version: "1.7.0",
            id: format!("DEBIAN-{id}"),
            modified: modified.to_string(),
            upstream: [id],
            affected: fixes
                .iter()
                .map(|(name, fix)| Affected {
                    package: Package {
                        ecosystem: ECOSYSTEM,
                        name,
                    },
                    ranges: [Range {
                        r#type: "ECOSYSTEM",
                        events: [Event::Introduced("0"), Event::Fixed(&fix.version)],
                    }],
                })
                .collect(),
            database_specific: Origin {
                origin: "changelog",
            },
        };
        archive.start_file(format!("DEBIAN-{id}.json"), options)?;
        archive.write_all(&serde_json::to_vec(&record)?)?;
    }
    let archive = archive.finish()?.into_inner();
    if archive.len() > MAXIMUM_BYTES {
        bail!(
            "the starter set is larger than {MAXIMUM_BYTES} bytes: {}",
            archive.len()
        );
    }

    let made_at = Timestamp::now().round(Unit::Second)?;
    let index = Index {
        made_at: made_at.to_string(),
        ecosystem: ECOSYSTEM,
        records: vulnerabilities.len(),
        packages,
    };
    let folder = root().join(FOLDER);
    std::fs::create_dir_all(folder.join("Debian"))?;
    std::fs::write(folder.join("Debian/all.zip"), &archive)?;
    let text = format!("{}\n", serde_json::to_string_pretty(&index)?);
    std::fs::write(folder.join("index.json"), text)?;
    std::fs::write(folder.join("README.md"), page(&index))?;
    eprintln!(
        "{FOLDER}: {} records for {} source packages, {} bytes",
        index.records,
        index.packages.len(),
        archive.len()
    );
    Ok(())
}

/// The page beside the set.
fn page(index: &Index<'_>) -> String {
    let naming = index
        .packages
        .iter()
        .filter(|package| package.vulnerabilities > 0)
        .count();
    format!(
        "# Starter advisories

The first start of Outcrop without a network finds vulnerabilities with these records. As soon as \
the records of an ecosystem were downloaded or imported, they take the place of the ones here.

- **Whence.** The `debian/changelog` of the packages that `index.json` names, in the newest version \
that Debian 12 (bookworm) with its updates and security archives had. Written by \
`cargo xtask starter`; do not edit by hand.
- **When.** {made_at}. The newest fix that a record can know of is as old as that.
- **How many.** {records} records from {packages} source packages, of which {naming} name at least \
one vulnerability since {FIRST_YEAR}.
- **What a record says.** A CVE, a source package, and the first version whose changelog entry names \
the CVE as fixed: every lower version counts as affected. `database_specific.origin` is `changelog`.
- **What it cannot say.** No severity, no description, nothing that is not fixed yet, nothing that \
Debian decided not to fix, nothing of a package that is not in `index.json` (the Linux kernel among \
them). A version counts as affected from the first one on, even where the flaw came later; a fix \
that the changelog does not name is missed. A sentence that denies a fix, and an item that takes one back, are \
recognised by their words only.
- **Licence.** Facts alone (identifiers, names, version numbers, dates) are taken from the \
changelogs, no text. They are published under the licence of this repository.

`Debian/all.zip` holds one OSV record a vulnerability, as the feed of an ecosystem does.
",
        made_at = index.made_at,
        records = index.records,
        packages = index.packages.len(),
    )
}
