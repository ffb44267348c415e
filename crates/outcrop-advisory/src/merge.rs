//! One vulnerability out of many records.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use outcrop_model::{AdvisoryRecord, Enrichments, InventoryPackage};

use crate::classes::{Classes, cve_of};
use crate::decide::{Voice, finding};
use crate::finding::{Finding, NotAffected};
use crate::matcher::{Judged, RecordMatch};
use crate::publisher::{Standing, is_distribution, is_notice};

/// Records by identifier.
pub type Records = HashMap<String, AdvisoryRecord>;

/// What is known of the packages of an inventory.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Findings {
    /// By package, then vulnerability.
    pub findings: Vec<Finding>,
    /// What a publisher says that packages do not have, whatever their version; by package, then
    /// vulnerability.
    pub not_affected: Vec<NotAffected>,
}

/// Makes findings of what was judged: one for each vulnerability and package.
///
/// `records` holds the records that [`Judged::records`] names, by identifier; their `affected`
/// entries are not used. A match whose record is absent still gives a finding.
///
/// - Records of the same vulnerability (identifier, aliases, upstream) are one. A notice, which
///   covers as many as it likes, is attached to each and never merges them.
/// - The publisher that decides for the package's origin gives status, fixed version and severity,
///   the others are second opinions: of a distribution its database in full (Debian's tracker, Red
///   Hat's VEX, `secdb`), then its record of the one CVE, then its notices; of a language the
///   ecosystem's own database, then GitHub's, then others; everywhere a real record before one of
///   the starter set, and of equals the newest.
/// - Of a distribution, a record that counts for more and clears the package overrules those that
///   count for less. A publisher's `not affected` overrules all that count for no more.
/// - Of a language, one record that affects is enough: their databases miss what the others know.
/// - Where the deciding record names no mended version, that of the next one that does is told; NVD's
///   rating serves where nobody else gives a severity.
pub fn findings(
    packages: &[InventoryPackage],
    judged: &Judged,
    records: &Records,
    enrichments: &Enrichments,
) -> Findings {
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

    // The least standing that is still heard, by package and vulnerability.
    let mut overruled: HashMap<(usize, usize), Overruled> = HashMap::new();
    for cleared in &judged.mended {
        if let Some(class) = classes.class_of(&cleared.record) {
            let entry = overruled.entry((cleared.package, class)).or_default();
            entry.mended(Standing::of(&cleared.record, &cleared.ecosystem));
        }
    }
    for cleared in &judged.not_affected {
        if let Some(class) = classes.class_of(&cleared.record) {
            let entry = overruled.entry((cleared.package, class)).or_default();
            entry.not_affected(Standing::of(&cleared.record, &cleared.ecosystem));
        }
    }

    let mut groups: BTreeMap<(usize, usize), Vec<Voice<'_>>> = BTreeMap::new();
    for found in &judged.matches {
        let record = records.get(&found.record);
        let standing = standing(found, record);
        let targets = covered
            .get(found.record.as_str())
            .map_or(&[][..], Vec::as_slice);
        for &class in targets {
            let silenced = overruled
                .get(&(found.package, class))
                .is_some_and(|overruled| overruled.silences(standing, &found.ecosystem));
            if !silenced {
                groups
                    .entry((found.package, class))
                    .or_default()
                    .push(Voice {
                        found,
                        record,
                        standing,
                    });
            }
        }
    }

    let names = classes.names();
    let mut not_affected: Vec<NotAffected> = judged
        .not_affected
        .iter()
        .filter(|cleared| {
            let class = classes.class_of(&cleared.record);
            class.is_none_or(|class| !groups.contains_key(&(cleared.package, class)))
        })
        .map(|cleared| NotAffected {
            vulnerability: cve_of(&cleared.record)
                .unwrap_or(&cleared.record)
                .to_owned(),
            package: cleared.package,
            record: cleared.record.clone(),
            reason: cleared.reason.clone(),
        })
        .collect();
    not_affected.sort_by(|left, right| {
        (left.package, &left.vulnerability, &left.record).cmp(&(
            right.package,
            &right.vulnerability,
            &right.record,
        ))
    });

    let mut findings: Vec<Finding> = groups
        .into_iter()
        .filter_map(|((package, class), group)| {
            let (vulnerability, aliases) = names.get(&class)?;
            let package = (package, packages.get(package)?);
            finding(package, vulnerability, aliases, group, enrichments)
        })
        .collect();
    findings.sort_by(|left, right| {
        (left.package, &left.vulnerability).cmp(&(right.package, &right.vulnerability))
    });
    Findings {
        findings,
        not_affected,
    }
}

/// The CVEs that [`findings`] may ask enrichments for, each once, sorted.
pub fn cves<'a>(judged: &'a Judged, records: &'a Records) -> Vec<&'a str> {
    let mut cves: BTreeSet<&str> = BTreeSet::new();
    for found in &judged.matches {
        cves.extend(cve_of(&found.record));
        if let Some(record) = records.get(&found.record) {
            let others = record.aliases.iter().chain(&record.upstream);
            cves.extend(others.filter_map(|id| cve_of(id)));
        }
    }
    cves.into_iter().collect()
}

fn standing(found: &RecordMatch, record: Option<&AdvisoryRecord>) -> Standing {
    match record {
        Some(record) if is_notice(&record.id, record.feed) => Standing::Notice,
        _ => Standing::of(&found.record, &found.ecosystem),
    }
}

/// Whose word clears a package of a vulnerability.
#[derive(Default)]
struct Overruled {
    mended: Option<Standing>,
    not_affected: Option<Standing>,
}

impl Overruled {
    fn mended(&mut self, standing: Standing) {
        self.mended = Some(self.mended.map_or(standing, |known| known.min(standing)));
    }

    fn not_affected(&mut self, standing: Standing) {
        self.not_affected = Some(
            self.not_affected
                .map_or(standing, |known| known.min(standing)),
        );
    }

    fn silences(&self, standing: Standing, ecosystem: &str) -> bool {
        self.not_affected.is_some_and(|cleared| cleared <= standing)
            || (is_distribution(ecosystem) && self.mended.is_some_and(|cleared| cleared < standing))
    }
}

#[cfg(test)]
mod tests;
