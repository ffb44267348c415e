//! What newer advisories changed in images that were scanned before.

use std::collections::{HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};
use outcrop_model::ConfigDigest;
use outcrop_store::{
    EventQuery, FindingChange, FindingEvent, JudgedFinding, NewFindingEvent, ScanEntry,
};
use serde::{Deserialize, Serialize};

use crate::error::WorkbenchError;
use crate::known::{KeptScan, graph};
use crate::output::text::word;
use crate::progress::{Cancellation, Progress, ProgressSink};
use crate::report::{Finding, ScanReport, Severity, Stage, Status};
use crate::wire::{ActivityChange, ActivityEvent, ActivityList, ChangeCounts};
use crate::workbench::Workbench;

/// Changes are kept for half a year and up to this number.
const MAX_EVENT_AGE: SignedDuration = SignedDuration::from_hours(183 * 24);
const MAX_EVENTS: u32 = 100_000;

/// What an event keeps of a finding as it was or is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Side {
    version: String,
    severity: Severity,
    status: Status,
    fixed: Option<String>,
}

impl Side {
    fn of(finding: &Finding) -> Self {
        Self {
            version: finding.package_version.clone(),
            severity: finding.severity,
            status: finding.status,
            fixed: finding.fixed_version.clone(),
        }
    }
}

impl Workbench {
    /// What changed in scanned images, newest first; of one image, or of all.
    pub async fn activity(
        &self,
        config_digest: Option<&str>,
        limit: u32,
    ) -> Result<ActivityList, WorkbenchError> {
        let image = config_digest.and_then(|digest| digest.parse().ok());
        let query = EventQuery {
            image,
            since: None,
            limit,
        };
        let events = self.shared.store.finding_events(query).await?;
        let names = self.scan_names().await?;
        Ok(ActivityList {
            schema_version: crate::report::SCHEMA_VERSION.to_owned(),
            events: events.into_iter().map(|event| row(event, &names)).collect(),
        })
    }

    /// Marks changes up to number `last` as seen; of one image, or of all.
    pub async fn mark_activity_seen(
        &self,
        config_digest: Option<&str>,
        last: i64,
    ) -> Result<(), WorkbenchError> {
        let image = config_digest.and_then(|digest| digest.parse().ok());
        Ok(self.shared.store.mark_events_seen(image, last).await?)
    }

    /// Changes of each image that were not seen yet.
    pub(crate) async fn unseen_changes(
        &self,
    ) -> Result<HashMap<ConfigDigest, ChangeCounts>, WorkbenchError> {
        let query = EventQuery {
            image: None,
            since: None,
            limit: MAX_EVENTS,
        };
        let mut counts: HashMap<ConfigDigest, ChangeCounts> = HashMap::new();
        for event in self.shared.store.finding_events(query).await? {
            if event.seen {
                continue;
            }
            let of_image = counts.entry(event.config_digest).or_default();
            *match event.event.change {
                FindingChange::NewlyAffected => &mut of_image.newly_affected,
                FindingChange::FixAvailable => &mut of_image.fix_available,
                FindingChange::NoLongerAffected => &mut of_image.no_longer_affected,
            } += 1;
        }
        Ok(counts)
    }

    /// Keeps the findings of a report to compare the next judgement with. Nothing has changed by
    /// a scan: it tells of the image as it is.
    pub(crate) async fn note_findings(
        &self,
        digest: ConfigDigest,
        report: &ScanReport,
    ) -> Result<(), WorkbenchError> {
        let findings = judged_findings(report);
        self.shared
            .store
            .put_judged(digest, &findings, &[], Timestamp::now())
            .await?;
        Ok(())
    }

    /// Keeps the findings of scanned images of which nothing is kept to compare with.
    pub(crate) async fn note_unjudged(&self) -> Result<(), WorkbenchError> {
        let mut unjudged = Vec::new();
        for scan in self.shared.store.latest_scans().await? {
            let known = self
                .shared
                .store
                .judged_findings(scan.config_digest)
                .await?;
            if known.is_none() {
                unjudged.push(scan);
            }
        }
        let mut reports = Reports::new(self).await?;
        for scan in &unjudged {
            if let Some((_, report)) = reports.of(scan).await? {
                self.note_findings(scan.config_digest, &report).await?;
            }
        }
        Ok(())
    }

    /// Judges every scanned image by the advisories as they are now, keeps what changed since it
    /// was judged last, and answers with that, by image.
    pub(crate) async fn judge_again(
        &self,
        progress: ProgressSink<'_>,
        cancellation: &Cancellation,
    ) -> Result<Vec<ActivityEvent>, WorkbenchError> {
        let store = &self.shared.store;
        let now = Timestamp::now();
        let scans = store.latest_scans().await?;
        let mut reports = Reports::new(self).await?;
        let mut changes = Vec::new();
        for (count, scan) in scans.iter().enumerate() {
            if cancellation.is_cancelled() {
                return Err(WorkbenchError::Cancelled);
            }
            progress(Progress {
                phase: "Judging scanned images again".to_owned(),
                count: count as u64,
                total: Some(scans.len() as u64),
                unit: "images",
            });
            let Some((kept, report)) = reports.of(scan).await? else {
                continue;
            };
            let digest = scan.config_digest;
            let after = judged_findings(&report);
            let events = match store.judged_findings(digest).await? {
                Some(before) => changed(&before, &report),
                None => Vec::new(),
            };
            store.put_judged(digest, &after, &events, now).await?;
            let names = HashMap::from([(digest, kept.name)]);
            changes.extend(events.into_iter().map(|event| {
                row(
                    FindingEvent {
                        id: 0,
                        config_digest: digest,
                        event,
                        at: now,
                        seen: false,
                    },
                    &names,
                )
            }));
        }
        store.prune_events(MAX_EVENT_AGE, MAX_EVENTS, now).await?;
        Ok(changes)
    }

    /// Names of scanned images, as they were asked for.
    async fn scan_names(&self) -> Result<HashMap<ConfigDigest, String>, WorkbenchError> {
        let scans = self.shared.store.latest_scans().await?;
        Ok(scans
            .into_iter()
            .filter_map(|scan| Some((scan.config_digest, scan.references.into_iter().next()?)))
            .collect())
    }
}

/// Reports of kept scans, with the family read once.
struct Reports<'w> {
    workbench: &'w Workbench,
    family: outcrop_lineage::Graph,
}

impl<'w> Reports<'w> {
    async fn new(workbench: &'w Workbench) -> Result<Self, WorkbenchError> {
        let known = workbench.known_images().await?;
        Ok(Self {
            workbench,
            family: graph(&known, &HashSet::new()),
        })
    }

    async fn of(
        &mut self,
        scan: &ScanEntry,
    ) -> Result<Option<(KeptScan, ScanReport)>, WorkbenchError> {
        let digest = scan.config_digest;
        let Some((kept, scanned_at)) = self.workbench.kept_scan(digest).await? else {
            return Ok(None);
        };
        let report = self
            .workbench
            .report_of(
                &kept,
                digest,
                scanned_at.to_string(),
                Stage::Complete,
                Some(&self.family),
            )
            .await?;
        Ok(Some((kept, report)))
    }
}

/// What counts: nobody is told that something unimportant is new.
fn counted(report: &ScanReport) -> impl Iterator<Item = &Finding> {
    report
        .findings
        .iter()
        .filter(|finding| finding.apart.is_none())
}

fn judged_findings(report: &ScanReport) -> Vec<JudgedFinding> {
    counted(report)
        .map(|finding| JudgedFinding {
            key: finding.key.clone(),
            vulnerability: finding.vulnerability.clone(),
            package: finding.package_name.clone(),
            status: word(&finding.status),
            fixed: finding.fixed_version.clone(),
        })
        .collect()
}

/// What is new, mended or gone; the new ones first, in the order in which to mend them.
fn changed(before: &[JudgedFinding], report: &ScanReport) -> Vec<NewFindingEvent> {
    let mut earlier: HashMap<&str, &JudgedFinding> = before
        .iter()
        .map(|finding| (finding.key.as_str(), finding))
        .collect();
    let fixed = word(&Status::Fixed);
    let mut new = Vec::new();
    let mut mended = Vec::new();
    for finding in counted(report) {
        let (events, change) = match earlier.remove(finding.key.as_str()) {
            None => (&mut new, FindingChange::NewlyAffected),
            Some(known) if known.status != fixed && finding.status == Status::Fixed => {
                (&mut mended, FindingChange::FixAvailable)
            }
            Some(_) => continue,
        };
        events.push(NewFindingEvent {
            key: finding.key.clone(),
            vulnerability: finding.vulnerability.clone(),
            package: finding.package_name.clone(),
            change,
            before: None,
            after: serde_json::to_string(&Side::of(finding)).ok(),
        });
    }
    let gone = before
        .iter()
        .filter(|known| earlier.remove(known.key.as_str()).is_some())
        .map(|known| NewFindingEvent {
            key: known.key.clone(),
            vulnerability: known.vulnerability.clone(),
            package: known.package.clone(),
            change: FindingChange::NoLongerAffected,
            before: None,
            after: None,
        });
    new.into_iter().chain(mended).chain(gone).collect()
}

fn row(event: FindingEvent, names: &HashMap<ConfigDigest, String>) -> ActivityEvent {
    let digest = event.config_digest;
    let change = match event.event.change {
        FindingChange::NewlyAffected => ActivityChange::NewlyAffected,
        FindingChange::FixAvailable => ActivityChange::FixAvailable,
        FindingChange::NoLongerAffected => ActivityChange::NoLongerAffected,
    };
    let side: Option<Side> = event
        .event
        .after
        .as_deref()
        .and_then(|side| serde_json::from_str(side).ok());
    ActivityEvent {
        id: event.id,
        at: event.at.to_string(),
        config_digest: digest.to_string(),
        image: names
            .get(&digest)
            .cloned()
            .unwrap_or_else(|| digest.0.short()),
        change,
        sentence: sentence(&event.event, change, side.as_ref()),
        vulnerability: event.event.vulnerability,
        package: event.event.package,
        key: event.event.key,
        severity: side.as_ref().map(|side| side.severity),
        fixed_version: side.and_then(|side| side.fixed),
        seen: event.seen,
    }
}

fn sentence(event: &NewFindingEvent, change: ActivityChange, side: Option<&Side>) -> String {
    let (vulnerability, package) = (&event.vulnerability, &event.package);
    let fixed = side.and_then(|side| side.fixed.as_deref());
    match change {
        ActivityChange::NewlyAffected => {
            let severity = side.map_or_else(String::new, |side| match side.severity {
                Severity::Unknown => " (severity unknown)".to_owned(),
                known => format!(" ({})", word(&known)),
            });
            let fixed = fixed.map_or_else(String::new, |fixed| format!(", fixed in {fixed}"));
            format!("newly affected: {package} by {vulnerability}{severity}{fixed}")
        }
        ActivityChange::FixAvailable => {
            let fixed = fixed.map_or_else(String::new, |fixed| format!(" in {fixed}"));
            format!("fix now available: {vulnerability} in {package}{fixed}")
        }
        ActivityChange::NoLongerAffected => {
            format!("no longer affected: {package} by {vulnerability}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> ScanReport {
        serde_json::from_str(include_str!("../tests/fixtures/report.json")).unwrap()
    }

    #[test]
    fn what_changed_is_told_by_what_it_means() {
        let report = report();
        let same = judged_findings(&report);
        // The finding apart is not among them.
        assert_eq!(same.len(), 3);
        let unmended = JudgedFinding {
            status: "no-fix-yet".into(),
            fixed: None,
            ..same[0].clone()
        };
        let gone = JudgedFinding {
            key: "gone".into(),
            vulnerability: "CVE-2020-1".into(),
            package: "zlib1g".into(),
            ..same[0].clone()
        };
        for (before, expected) in [
            (same.clone(), &[][..]),
            (
                same[1..].to_vec(),
                &["newly affected: libssl3 by CVE-2024-0727 (high), fixed in 3.0.13-1~deb12u1"][..],
            ),
            (
                [&[unmended][..], &same[1..]].concat(),
                &["fix now available: CVE-2024-0727 in libssl3 in 3.0.13-1~deb12u1"][..],
            ),
            (
                [&same[..], &[gone]].concat(),
                &["no longer affected: zlib1g by CVE-2020-1"][..],
            ),
        ] {
            let told: Vec<String> = changed(&before, &report)
                .into_iter()
                .map(|event| {
                    let event = FindingEvent {
                        id: 1,
                        config_digest: ConfigDigest(outcrop_model::Digest::of(b"image")),
                        event,
                        at: Timestamp::UNIX_EPOCH,
                        seen: false,
                    };
                    row(event, &HashMap::new()).sentence
                })
                .collect();
            assert_eq!(told, expected);
        }
    }
}
