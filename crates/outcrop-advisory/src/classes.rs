//! Which identifiers stand for the same vulnerability.

use std::collections::{BTreeSet, HashMap};

use outcrop_model::{AdvisoryRecord, FeedKind};

use crate::publisher::is_notice;

/// Most vulnerabilities that one advisory is followed to; the largest known cover near 1,000.
pub const MAX_COVERED: usize = 4_096;

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
pub(crate) struct Classes {
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
    pub(crate) fn join(&mut self, record: &AdvisoryRecord) {
        if is_notice(&record.id, record.feed) || Self::several_cves(record) {
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
    pub(crate) fn covered(&mut self, id: &str, record: Option<&AdvisoryRecord>) -> Vec<usize> {
        let mut ids: Vec<&str> = match record {
            Some(record) if is_notice(id, record.feed) => {
                let mut ids = upstream_of(record);
                ids.extend(record.aliases.iter().filter_map(|id| cve_of(id)));
                if ids.is_empty() { vec![id] } else { ids }
            }
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

    pub(crate) fn class_of(&mut self, id: &str) -> Option<usize> {
        let node = *self.index.get(canonical(id))?;
        Some(self.root(node))
    }

    /// By class: the name to show and the other identifiers, sorted.
    pub(crate) fn names(&mut self) -> HashMap<usize, (String, Vec<String>)> {
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
                // Identifiers that a parser made are for records, not for people.
                ids.sort_unstable_by_key(|id| (is_made(id), id.clone()));
                let name = self.cve[class].clone().unwrap_or_else(|| ids[0].clone());
                ids.retain(|id| *id != name && !is_made(id));
                (class, (name, ids))
            })
            .collect()
    }
}

/// Whether a parser made the identifier of a record of another format.
fn is_made(id: &str) -> bool {
    FeedKind::ALL
        .iter()
        .any(|feed| !feed.prefix().is_empty() && id.starts_with(feed.prefix()))
}

/// The different vulnerabilities a record is made from.
fn upstream_of(record: &AdvisoryRecord) -> Vec<&str> {
    let mut upstream: Vec<&str> = record.upstream.iter().map(|id| canonical(id)).collect();
    upstream.sort_unstable();
    upstream.dedup();
    upstream
}
