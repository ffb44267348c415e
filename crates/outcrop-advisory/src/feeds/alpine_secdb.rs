//! Alpine's secdb, and those of Wolfi and Chainguard, which have its form.
//!
//! Source: `alpine-secdb` repository, `README.md`: packages (by origin) with the versions that fix
//! each identifier; a version `0` says that the package was never affected.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::BufRead;
use std::ops::ControlFlow;

use outcrop_model::{AdvisoryRecord, AffectedPackage, Event, FeedKind, Range, RangeKind, Stance};
use serde::Deserialize;

use super::json_items::JsonItems;
use super::{FeedContent, FeedFault, FeedProblem, Sink, Text, is_cve, null_as_default, problem};

/// Largest entry of a package, in bytes; that of Wolfi's largest packages is near 100 kB.
const MAX_PACKAGE_BYTES: usize = 4 * 1024 * 1024;

/// Most fixes of one file; the largest ones known have near 100,000.
pub const MAX_FIXES: usize = 500_000;

/// Longest identifier, name or version, in bytes.
const MAX_WORD_BYTES: usize = 128;

/// Streams one record for each identifier of a file, in their order.
///
/// A record's identifier names the release and repository too, as
/// `ALPINE-SECDB-v3.10-main-CVE-2019-14697`, so that those of several files stand beside each
/// other. What a line says beside its identifiers goes into the record's details.
pub fn read(reader: impl BufRead, sink: &mut Sink<'_>) -> ControlFlow<()> {
    let mut file = File::default();
    let mut items = JsonItems::new(reader, 2, MAX_PACKAGE_BYTES);
    while let Some(item) = items.next() {
        let item = match item {
            Ok(item) => item,
            Err(fault) => {
                sink(FeedContent::Problem(fault))?;
                continue;
            }
        };
        let text = || serde_json::from_slice(item.json).map(|Text(text)| text.into_owned());
        match (item.key(0), item.level()) {
            ("distroversion", 1) => file.release = text().unwrap_or_default(),
            ("reponame", 1) => file.repository = text().unwrap_or_default(),
            ("urlprefix", 1) => file.address = text().unwrap_or_default(),
            ("packages", 2) => match serde_json::from_slice::<Entry<'_>>(item.json) {
                Ok(entry) => {
                    for problem in file.take(&entry.pkg) {
                        sink(FeedContent::Problem(problem))?;
                    }
                }
                Err(error) => sink(problem(item.place(), error.into()))?,
            },
            _ => {}
        }
        if file.fixes > MAX_FIXES {
            sink(problem("packages", FeedFault::too_many("fixes", MAX_FIXES)))?;
            break;
        }
    }
    file.give(sink)
}

/// What one file says, gathered by identifier.
#[derive(Default)]
struct File {
    release: String,
    repository: String,
    address: String,
    fixes: usize,
    /// By identifier, then by package: the versions that fix it.
    fixed: BTreeMap<String, Said>,
}

#[derive(Default)]
struct Said {
    packages: BTreeMap<String, Vec<String>>,
    remarks: Vec<String>,
}

impl File {
    fn take(&mut self, package: &Package<'_>) -> Vec<FeedProblem> {
        let mut problems = Vec::new();
        let mut fault = |what, found: &str| {
            problems.push(FeedProblem::new(
                &package.name,
                FeedFault::value(what, found),
            ));
        };
        if package.name.is_empty() || package.name.len() > MAX_WORD_BYTES {
            fault("name of a package", &package.name);
            return problems;
        }
        for (version, lines) in package.secfixes.iter().flatten() {
            if version.is_empty() || version.len() > MAX_WORD_BYTES {
                fault("version", version);
                continue;
            }
            for line in lines.iter().flatten() {
                let identifiers = identifiers(line);
                if identifiers.is_empty() {
                    fault("identifier", line);
                }
                for identifier in &identifiers {
                    self.fixes += 1;
                    let said = self.fixed.entry(identifier.clone()).or_default();
                    if identifier != line.as_ref() && said.remarks.len() < 8 {
                        said.remarks
                            .push(format!("{}: {}", package.name, super::sentence(line)));
                    }
                    let versions = said.packages.entry(package.name.to_string()).or_default();
                    if !versions.iter().any(|known| known == version.as_ref()) {
                        versions.push(version.to_string());
                    }
                }
            }
        }
        problems
    }

    fn give(self, sink: &mut Sink<'_>) -> ControlFlow<()> {
        let Some((ecosystem, file)) = self.ecosystem() else {
            if self.fixed.is_empty() {
                return ControlFlow::Continue(());
            }
            let found = format!("{} {}", self.address, self.release);
            return sink(problem(
                "distroversion",
                FeedFault::value("known release", &found),
            ));
        };
        for (identifier, said) in self.fixed {
            let affected = said
                .packages
                .into_iter()
                .map(|(name, versions)| affected(&ecosystem, name, versions))
                .collect();
            sink(FeedContent::Record(Box::new(AdvisoryRecord {
                id: format!("{}{file}-{identifier}", FeedKind::AlpineSecdb.prefix()),
                upstream: vec![identifier],
                details: said.remarks.join("\n"),
                affected,
                feed: FeedKind::AlpineSecdb,
                ..AdvisoryRecord::default()
            })))?;
        }
        ControlFlow::Continue(())
    }

    /// The ecosystem, and what tells the file from others.
    fn ecosystem(&self) -> Option<(String, String)> {
        let word = |text: &str| {
            let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._".contains(&byte);
            !text.is_empty() && text.len() <= 32 && text.bytes().all(fits)
        };
        if word(&self.release) {
            let repository = Some(self.repository.as_str()).filter(|name| word(name));
            let file = format!("{}-{}", self.release, repository.unwrap_or("all"));
            return Some((format!("Alpine:{}", self.release), file));
        }
        let named = |host: &str| self.release.is_empty() && self.address.contains(host);
        match self.repository.as_str() {
            "chainguard" => Some(("Chainguard".into(), "chainguard".into())),
            _ if named("packages.cgr.dev") => Some(("Chainguard".into(), "chainguard".into())),
            _ if named("wolfi.dev") => Some(("Wolfi".into(), "wolfi".into())),
            _ => None,
        }
    }
}

/// Of several versions that fix one thing the last completes it: each has a range of its own, and
/// a version is affected if any of them holds it.
fn affected(ecosystem: &str, name: String, versions: Vec<String>) -> AffectedPackage {
    let ranges: Vec<Range> = versions
        .into_iter()
        .filter(|version| version != "0")
        .map(|version| Range {
            kind: RangeKind::Ecosystem,
            events: vec![Event::Introduced("0".into()), Event::Fixed(version)],
        })
        .collect();
    AffectedPackage {
        ecosystem: ecosystem.to_owned(),
        name,
        stance: ranges.is_empty().then_some(Stance::NotAffected),
        ranges,
        ..AffectedPackage::default()
    }
}

/// The identifiers of a line, CVEs first; where there are CVEs, the others are names of the same.
///
/// Lines hold slips: `CVE_2019-2426`, `CVE 2018-16859`, `CVE-2017-17434-1`, `CVE-????-?????`.
fn identifiers(line: &str) -> Vec<String> {
    let joined = line.replace("CVE_", "CVE-").replace("CVE 2", "CVE-2");
    let words = || {
        joined
            .split(|at: char| at.is_whitespace() || at == ',' || at == ';')
            .map(|word| word.trim_matches(['(', ')']))
            .filter(|word| word.len() <= MAX_WORD_BYTES)
    };
    let mut cves: Vec<String> = words().filter_map(cve).collect();
    cves.dedup();
    if !cves.is_empty() {
        return cves;
    }
    let first = words().find(|word| is_identifier(word));
    first.map(str::to_owned).into_iter().collect()
}

/// A CVE, a trailing part number left off.
fn cve(word: &str) -> Option<String> {
    let mut parts = word.split('-');
    let known = format!("{}-{}-{}", parts.next()?, parts.next()?, parts.next()?);
    is_cve(&known).then_some(known)
}

/// As `XSA-248`, `ZBX-11023` or `GHSA-w2c5-7qwq-7c4q`.
fn is_identifier(word: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
    word.split_once('-').is_some_and(|(family, rest)| {
        family.len() > 1
            && family
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
            && rest.bytes().any(|byte| byte.is_ascii_digit())
            && rest.bytes().all(fits)
    })
}

/// What one version mends.
type Lines<'a> = Option<Vec<Cow<'a, str>>>;

#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow)]
    pkg: Package<'a>,
}

#[derive(Deserialize)]
struct Package<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    secfixes: Option<BTreeMap<Cow<'a, str>, Lines<'a>>>,
}

#[cfg(test)]
#[path = "alpine_secdb_tests.rs"]
mod tests;
