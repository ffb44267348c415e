//! One vulnerability out of many records.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use outcrop_model::{AdvisoryRecord, InventoryPackage, Severity};

use crate::finding::{Apart, Finding, RecordRef, Status};
use crate::matcher::{Judged, RecordMatch};
use crate::range::End;
use crate::severity::from_word;

/// Most addresses that a finding carries; its records have them all.
pub const MAX_REFERENCES: usize = 32;

/// Longest summary, in characters.
pub const MAX_SUMMARY_CHARACTERS: usize = 240;

/// Most vulnerabilities that one advisory is followed to; the largest known cover near 1,000.
pub const MAX_COVERED: usize = 4_096;

/// Records by identifier.
pub type Records = HashMap<String, AdvisoryRecord>;

/// Makes findings of what was judged: one for each vulnerability and package.
///
/// `records` holds the records that [`Judged::matches`] names, by identifier; their `affected`
/// entries are not used. A match whose record is absent still gives a finding.
///
/// Records of the same vulnerability (identifier, aliases, upstream) are one; an advisory that
/// covers several vulnerabilities is attached to each and never merges them. Such an advisory is
/// overruled where the record of one of them clears the package. The deciding record is a real one
/// before one of the starter set, a record of the one vulnerability before an advisory, then the
/// newest.
///
/// The answer is ordered by package, then vulnerability.
pub fn findings(packages: &[InventoryPackage], judged: &Judged, records: &Records) -> Vec<Finding> {
    let mut matched: Vec<&str> = judged
        .matches
        .iter()
        .map(|found| found.record.as_str())
        .collect();
    matched.sort_unstable();
    matched.dedup();

    let mut classes = Classes::default();
    for id in &matched {
        if let Some(record) = records.get(*id) {
            classes.join(record);
        }
    }
    let covered: HashMap<&str, Vec<usize>> = matched
        .iter()
        .map(|id| (*id, classes.covered(id, records.get(*id))))
        .collect();
    let cleared: HashSet<(usize, usize)> = judged
        .cleared
        .iter()
        .filter_map(|(package, id)| Some((*package, classes.class_of_cve(cve_of(id)?)?)))
        .collect();

    let mut groups: BTreeMap<(usize, usize), Vec<(&RecordMatch, bool)>> = BTreeMap::new();
    for found in &judged.matches {
        let targets = covered
            .get(found.record.as_str())
            .map_or(&[][..], Vec::as_slice);
        let is_advisory = targets.len() > 1 || is_distribution_advisory(&found.record);
        for &class in targets {
            if is_advisory && cleared.contains(&(found.package, class)) {
                continue;
            }
            groups
                .entry((found.package, class))
                .or_default()
                .push((found, is_advisory));
        }
    }

    let names = classes.names();
    let mut findings: Vec<Finding> = groups
        .into_iter()
        .filter_map(|((package, class), group)| {
            let (vulnerability, aliases) = names.get(&class)?;
            finding(
                package,
                packages.get(package)?,
                vulnerability,
                aliases,
                group,
                records,
            )
        })
        .collect();
    findings.sort_by(|left, right| {
        (left.package, &left.vulnerability).cmp(&(right.package, &right.vulnerability))
    });
    findings
}

fn finding(
    index: usize,
    package: &InventoryPackage,
    vulnerability: &str,
    aliases: &[String],
    mut group: Vec<(&RecordMatch, bool)>,
    records: &Records,
) -> Option<Finding> {
    let record = |found: &RecordMatch| records.get(&found.record);
    let starter = |found: &RecordMatch| record(found).is_some_and(|record| record.starter);
    group.sort_by(|(left, left_advisory), (right, right_advisory)| {
        let modified = |found: &RecordMatch| record(found).map(|record| record.modified.as_str());
        (starter(left), left_advisory)
            .cmp(&(starter(right), right_advisory))
            .then_with(|| modified(right).cmp(&modified(left)))
            .then_with(|| left.record.cmp(&right.record))
    });
    let (deciding, _) = *group.first()?;
    let group: Vec<&RecordMatch> = group.into_iter().map(|(found, _)| found).collect();
    let known = || group.iter().filter_map(|found| record(found));

    let urgency = group.iter().find_map(|found| found.urgency.clone());
    let unimportant = deciding.urgency.as_deref() == Some("unimportant");
    let (source, _) = package.package.judged_as();
    let (severity, vectors) = severity_of(&group, records, unimportant, urgency.as_deref());

    Some(Finding {
        vulnerability: vulnerability.to_owned(),
        aliases: aliases.to_vec(),
        package: index,
        status: match (deciding.urgency.as_deref(), deciding.found.fixed()) {
            (_, Some(version)) => Status::FixedIn {
                version: version.to_owned(),
            },
            (Some("end-of-life"), None) => Status::EndOfLife,
            (_, None) => Status::NoFixYet,
        },
        reason: None,
        known_exploited: None,
        epss: None,
        by_upstream_version: false,
        severity,
        vectors,
        urgency,
        apart: if package.package.name == "linux-libc-dev" && source == "linux" {
            Some(Apart::KernelHeaders)
        } else {
            unimportant.then_some(Apart::Unimportant)
        },
        summary: known()
            .map(summary_of)
            .find(|text| !text.is_empty())
            .unwrap_or_default(),
        references: references_of(known()),
        reasoning: reasoning_of(package, deciding),
        starter: group.iter().all(|found| starter(found)),
        records: group
            .iter()
            .map(|found| RecordRef {
                id: found.record.clone(),
                modified: record(found)
                    .map(|record| record.modified.clone())
                    .unwrap_or_default(),
                fixed: found.found.fixed().map(str::to_owned),
                starter: starter(found),
                feed: record(found).map(|record| record.feed).unwrap_or_default(),
            })
            .collect(),
    })
}

/// The publisher's verdict on the package first, then each record's own, then the urgency word.
fn severity_of(
    group: &[&RecordMatch],
    records: &Records,
    unimportant: bool,
    urgency: Option<&str>,
) -> (Severity, Vec<String>) {
    let rated = group.iter().find_map(|found| {
        let record = records.get(&found.record);
        let severity = found
            .severity
            .or_else(|| record.map(|record| record.severity))
            .filter(|severity| *severity != Severity::Unknown)?;
        let vectors = record.map(|record| record.vectors.clone());
        Some((severity, vectors.unwrap_or_default()))
    });
    match rated {
        Some((_, vectors)) if unimportant => (Severity::Negligible, vectors),
        Some(rated) => rated,
        None => (urgency.and_then(from_word).unwrap_or_default(), Vec::new()),
    }
}

fn summary_of(record: &AdvisoryRecord) -> String {
    let text = if record.summary.trim().is_empty() {
        &record.details
    } else {
        &record.summary
    };
    let line = text
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty())
        .unwrap_or_default();
    match line.char_indices().nth(MAX_SUMMARY_CHARACTERS) {
        None => line.to_owned(),
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
    }
}

fn references_of<'a>(records: impl Iterator<Item = &'a AdvisoryRecord>) -> Vec<String> {
    let mut seen = HashSet::new();
    records
        .flat_map(|record| &record.references)
        .filter(|address| seen.insert(address.as_str()))
        .take(MAX_REFERENCES)
        .cloned()
        .collect()
}

fn reasoning_of(package: &InventoryPackage, found: &RecordMatch) -> String {
    let (name, version) = package.package.judged_as();
    let record = &found.record;
    match &found.found.end {
        End::Fixed(fixed) => format!("{name} {version} < {fixed} ({record})"),
        End::LastAffected(last) => format!("{name} {version} <= {last} ({record})"),
        End::Limit(limit) => {
            format!("{name} {version} < {limit}, where the record ends ({record})")
        }
        End::Listed => format!("{name} {version} is listed ({record})"),
        End::Open => format!("{name} {version}, no mended version is named ({record})"),
    }
}

/// The CVE that an identifier stands for: itself, or what a distribution put its name before
/// (`DEBIAN-CVE-2024-0727`).
pub fn cve_of(id: &str) -> Option<&str> {
    let start = match id.find("CVE-")? {
        0 => 0,
        start if id[..start].ends_with('-') => start,
        _ => return None,
    };
    let cve = &id[start..];
    let (year, number) = cve["CVE-".len()..].split_once('-')?;
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    (year.len() == 4 && digits(year) && number.len() >= 4 && digits(number)).then_some(cve)
}

fn canonical(id: &str) -> &str {
    cve_of(id).unwrap_or(id)
}

/// Sets of identifiers of the same vulnerability. Two different CVEs are never of one set.
#[derive(Default)]
struct Classes {
    index: HashMap<String, usize>,
    parent: Vec<usize>,
    cve: Vec<Option<String>>,
}

impl Classes {
    fn node(&mut self, id: &str) -> usize {
        let id = canonical(id);
        if let Some(&node) = self.index.get(id) {
            return node;
        }
        let node = self.parent.len();
        self.parent.push(node);
        self.cve.push(cve_of(id).map(str::to_owned));
        self.index.insert(id.to_owned(), node);
        node
    }

    fn root(&mut self, mut node: usize) -> usize {
        while self.parent[node] != node {
            self.parent[node] = self.parent[self.parent[node]];
            node = self.parent[node];
        }
        node
    }

    fn union(&mut self, left: &str, right: &str) {
        let (left, right) = (self.node(left), self.node(right));
        let (left, right) = (self.root(left), self.root(right));
        if left == right || (self.cve[left].is_some() && self.cve[right].is_some()) {
            return;
        }
        self.parent[right] = left;
        if let Some(cve) = self.cve[right].take() {
            self.cve[left] = Some(cve);
        }
    }

    /// Joins what a record says is the same. A record whose aliases are several CVEs is an
    /// advisory about several, whatever it calls them.
    fn join(&mut self, record: &AdvisoryRecord) {
        if Self::several_cves(record) {
            return;
        }
        for alias in record.aliases.iter().take(MAX_COVERED) {
            self.union(&record.id, alias);
        }
        if cve_of(&record.id).is_none()
            && let [upstream] = upstream_of(record)[..]
        {
            self.union(&record.id, upstream);
        }
    }

    fn several_cves(record: &AdvisoryRecord) -> bool {
        let own = std::iter::once(&record.id).chain(&record.aliases);
        own.filter_map(|id| cve_of(id))
            .collect::<BTreeSet<_>>()
            .len()
            > 1
    }

    /// The vulnerabilities that a record speaks of.
    fn covered(&mut self, id: &str, record: Option<&AdvisoryRecord>) -> Vec<usize> {
        let mut ids: Vec<&str> = match record {
            Some(record) if cve_of(id).is_none() => {
                let upstream = upstream_of(record);
                if Self::several_cves(record) {
                    record.aliases.iter().filter_map(|id| cve_of(id)).collect()
                } else if upstream.len() > 1 {
                    upstream
                } else {
                    vec![id]
                }
            }
            _ => vec![id],
        };
        ids.truncate(MAX_COVERED);
        let mut classes: Vec<usize> = ids
            .into_iter()
            .map(|id| {
                let node = self.node(id);
                self.root(node)
            })
            .collect();
        classes.sort_unstable();
        classes.dedup();
        classes
    }

    fn class_of_cve(&mut self, cve: &str) -> Option<usize> {
        let node = *self.index.get(cve)?;
        Some(self.root(node))
    }

    /// By class: the name to show and the other identifiers, sorted.
    fn names(&mut self) -> HashMap<usize, (String, Vec<String>)> {
        let ids: Vec<(String, usize)> = self
            .index
            .iter()
            .map(|(id, &node)| (id.clone(), node))
            .collect();
        let mut members: HashMap<usize, Vec<String>> = HashMap::new();
        for (id, node) in ids {
            members.entry(self.root(node)).or_default().push(id);
        }
        members
            .into_iter()
            .map(|(class, mut ids)| {
                ids.sort_unstable();
                let name = self.cve[class].clone().unwrap_or_else(|| ids[0].clone());
                ids.retain(|id| *id != name);
                (class, (name, ids))
            })
            .collect()
    }
}

/// The different vulnerabilities a record is made from.
fn upstream_of(record: &AdvisoryRecord) -> Vec<&str> {
    let mut upstream: Vec<&str> = record.upstream.iter().map(|id| canonical(id)).collect();
    upstream.sort_unstable();
    upstream.dedup();
    upstream
}

/// Identifiers of advisories that distributions publish about an update, not about a fault.
fn is_distribution_advisory(id: &str) -> bool {
    [
        "DSA-", "DLA-", "DTSA-", "USN-", "LSN-", "RHSA-", "RHBA-", "RHEA-", "ALSA-", "RLSA-",
        "ELSA-",
    ]
    .iter()
    .any(|prefix| id.starts_with(prefix))
}

#[cfg(test)]
mod tests;
