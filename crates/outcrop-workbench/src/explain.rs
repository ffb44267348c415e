//! Why an image has a vulnerability, or why it has it not: everything that was weighed.

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap};

use outcrop_advisory::{Subject, Subjects, Verdict, affected, cve_of, subjects};
use outcrop_model::version::{VersionOrder, order_of};
use outcrop_model::{
    AdvisoryRecord, AffectedPackage, Event, FeedKind, Range, RangeKind, Severity, Stance,
};

use crate::assemble::severity;
use crate::error::WorkbenchError;
use crate::output::text::{outcome, word};
use crate::report::{Finding, Package, SCHEMA_VERSION, ScanReport, Stage};
use crate::wire::{Answer, Explanation, ExplanationVerdict, PackageExplanation, RecordExplanation};
use crate::workbench::Workbench;

/// Names that are told of a record that speaks of no package of the image.
const MAX_NAMED: usize = 10;

impl Workbench {
    /// Everything that was weighed about a vulnerability in an image that was scanned; `None` where
    /// it was not. A finding's key ([`Finding::key`]) begins with its vulnerability.
    pub async fn explain(
        &self,
        config_digest: &str,
        vulnerability: &str,
    ) -> Result<Option<Explanation>, WorkbenchError> {
        let Ok(digest) = config_digest.parse() else {
            return Ok(None);
        };
        let Some((kept, scanned_at)) = self.kept_scan(digest).await? else {
            return Ok(None);
        };
        let report = self
            .report_of(&kept, digest, scanned_at.to_string(), Stage::Complete, None)
            .await?;
        let wanted = vulnerability.trim();
        let subjects = subjects(&kept.inventory);
        let told = self.told_of(&subjects, wanted, &report).await?;
        let named_elsewhere = if told.by_package.is_empty() {
            self.names_elsewhere(&report, wanted).await?
        } else {
            Vec::new()
        };
        Ok(Some(explanation(
            &report,
            wanted,
            &subjects,
            &told,
            &named_elsewhere,
        )))
    }

    /// What the records of a vulnerability say of the packages of an image.
    async fn told_of(
        &self,
        subjects: &Subjects<'_>,
        wanted: &str,
        report: &ScanReport,
    ) -> Result<Told, WorkbenchError> {
        let store = &self.shared.store;
        let names: BTreeSet<&str> = report
            .findings
            .iter()
            .filter(|finding| is_of(finding, wanted))
            .flat_map(|finding| finding.records.iter().map(String::as_str))
            .collect();
        let mut told = Told::default();
        let mut by_name: HashMap<(String, String), Vec<Statement>> = HashMap::new();
        for (ecosystem, asked) in subjects.lookups() {
            let candidates = store.candidates(ecosystem, &asked).await?;
            // An identifier that is of another CVE needs no second look.
            let mut ids: Vec<&str> = candidates
                .values()
                .flatten()
                .map(|candidate| candidate.record.as_str())
                .filter(|id| {
                    names.contains(id)
                        || cve_of(id).is_none_or(|cve| cve == wanted || cve_of(wanted).is_none())
                })
                .collect();
            ids.sort_unstable();
            ids.dedup();
            let mut heads = store.records(ecosystem, &ids).await?;
            heads.retain(|id, head| names.contains(id.as_str()) || is_about(head, wanted));
            for (name, candidates) in candidates {
                let about: Vec<_> = candidates
                    .into_iter()
                    .filter(|candidate| heads.contains_key(&candidate.record))
                    .map(|candidate| (candidate.record, candidate.affected))
                    .collect();
                if !about.is_empty() {
                    by_name.insert((ecosystem.to_owned(), name), about);
                }
            }
            told.heads.extend(heads);
        }
        for subject in subjects.judged() {
            for ecosystem in subject.ecosystems.iter() {
                for name in &subject.names {
                    let key = (ecosystem.clone(), name.clone().into_owned());
                    if let Some(about) = by_name.get(&key) {
                        let of_package = told.by_package.entry(subject.package).or_default();
                        of_package.extend(about.iter().cloned());
                    }
                }
            }
        }
        Ok(told)
    }

    /// Packages that records of the image's ecosystems name for a vulnerability.
    async fn names_elsewhere(
        &self,
        report: &ScanReport,
        wanted: &str,
    ) -> Result<Vec<String>, WorkbenchError> {
        let mut names = BTreeSet::new();
        for of in &report.coverage.ecosystems {
            let (ecosystem, release) = of.ecosystem.split_once(':').unwrap_or((&of.ecosystem, ""));
            let secdb = ["main", "community"]
                .map(|part| format!("{}{release}-{part}-", FeedKind::AlpineSecdb.prefix()));
            let prefixes = FeedKind::ALL.map(FeedKind::prefix);
            let own = format!("{}-", ecosystem.to_uppercase());
            let ids: BTreeSet<String> = prefixes
                .iter()
                .copied()
                .chain([own.as_str()])
                .chain(secdb.iter().map(String::as_str))
                .map(|prefix| format!("{prefix}{wanted}"))
                .collect();
            for id in ids {
                if let Some(record) = self.shared.store.record(ecosystem, &id).await? {
                    names.extend(record.affected.into_iter().map(|entry| entry.name));
                }
            }
        }
        Ok(names.into_iter().take(MAX_NAMED).collect())
    }
}

/// Records about one vulnerability.
#[derive(Default)]
struct Told {
    /// Without their entries.
    heads: HashMap<String, AdvisoryRecord>,
    /// Identifiers and entries, by index of the package.
    by_package: HashMap<usize, Vec<Statement>>,
}

/// Identifier of a record, and what it says of one name in one ecosystem.
type Statement = (String, Vec<AffectedPackage>);

fn is_of(finding: &Finding, wanted: &str) -> bool {
    finding.vulnerability == wanted
}

fn is_about(record: &AdvisoryRecord, wanted: &str) -> bool {
    std::iter::once(&record.id)
        .chain(&record.aliases)
        .chain(&record.upstream)
        .any(|id| id == wanted || cve_of(id) == Some(wanted))
}

fn explanation(
    report: &ScanReport,
    wanted: &str,
    subjects: &Subjects<'_>,
    told: &Told,
    named_elsewhere: &[String],
) -> Explanation {
    // Another identifier of it may be what was asked for.
    let aliases: BTreeSet<&str> = told
        .heads
        .values()
        .filter(|head| !is_notice_of_several(head))
        .flat_map(|head| {
            std::iter::once(&head.id)
                .chain(&head.aliases)
                .chain(&head.upstream)
        })
        .map(|id| cve_of(id).unwrap_or(id))
        .collect();
    let findings: Vec<&Finding> = report
        .findings
        .iter()
        .filter(|finding| {
            is_of(finding, wanted) || aliases.contains(finding.vulnerability.as_str())
        })
        .collect();
    let mut indices: BTreeSet<usize> = told.by_package.keys().copied().collect();
    indices.extend(findings.iter().map(|finding| finding.package as usize));
    let mut packages: Vec<PackageExplanation> = indices
        .into_iter()
        .filter_map(|index| {
            let finding = findings
                .iter()
                .find(|finding| finding.package as usize == index)
                .copied();
            package_explanation(report, index, subjects.of(index), finding, told)
        })
        .collect();
    packages.sort_by_key(|package| package.verdict);
    let verdict = match packages.first() {
        Some(package) => package.verdict,
        None if report.coverage.judged => ExplanationVerdict::NotInImage,
        None => ExplanationVerdict::NotJudged,
    };
    let first = findings.first();
    let summary = first
        .map(|finding| finding.summary.clone())
        .filter(|summary| !summary.is_empty())
        .or_else(|| {
            let mut heads: Vec<&AdvisoryRecord> = told.heads.values().collect();
            heads.sort_by(|left, right| left.id.cmp(&right.id));
            heads
                .into_iter()
                .map(|head| head.summary.clone())
                .find(|summary| !summary.is_empty())
        })
        .unwrap_or_default();
    Explanation {
        schema_version: SCHEMA_VERSION.to_owned(),
        config_digest: report.image.config_digest.clone(),
        image: report.image.name.clone(),
        vulnerability: first.map_or_else(
            || wanted.to_owned(),
            |finding| finding.vulnerability.clone(),
        ),
        verdict,
        statement: statement(verdict, wanted, &packages, named_elsewhere),
        summary,
        known_exploited: first.and_then(|finding| finding.known_exploited.clone()),
        epss: first.and_then(|finding| finding.epss),
        packages,
        coverage: report.coverage.statement.clone(),
        not_judged: report.coverage.not_judged.clone(),
    }
}

/// A notice stands for each of its vulnerabilities, and none of them is another's name.
fn is_notice_of_several(record: &AdvisoryRecord) -> bool {
    let cves = |ids: &[String]| ids.iter().filter(|id| cve_of(id).is_some()).count();
    cves(&record.aliases) > 1 || cves(&record.upstream) > 1
}

fn statement(
    verdict: ExplanationVerdict,
    wanted: &str,
    packages: &[PackageExplanation],
    named_elsewhere: &[String],
) -> String {
    let of = |verdict: ExplanationVerdict| {
        let mut names: Vec<&str> = packages
            .iter()
            .filter(|package| package.verdict == verdict)
            .map(|package| package.name.as_str())
            .collect();
        names.dedup();
        let more = names.len().saturating_sub(MAX_NAMED);
        names.truncate(MAX_NAMED);
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        format!("{}{more}", names.join(", "))
    };
    let elsewhere = if named_elsewhere.is_empty() {
        "no loaded record about it names a package of the image".to_owned()
    } else {
        format!(
            "the records about it name {}, and none of these is in the image",
            named_elsewhere.join(", ")
        )
    };
    match verdict {
        ExplanationVerdict::Affected => format!("{wanted} affects {}", of(verdict)),
        ExplanationVerdict::NotAffected => format!("{wanted} does not affect {}", of(verdict)),
        ExplanationVerdict::NotCompared => {
            format!("whether {wanted} affects {} could not be told", of(verdict))
        }
        ExplanationVerdict::NotInImage => elsewhere,
        ExplanationVerdict::NotJudged => {
            format!("{elsewhere}; part of the image was not judged")
        }
    }
}

fn package_explanation(
    report: &ScanReport,
    index: usize,
    subject: Option<&Subject<'_>>,
    finding: Option<&Finding>,
    told: &Told,
) -> Option<PackageExplanation> {
    let package: &Package = report.packages.get(index)?;
    let order = subject.and_then(|subject| order_of(subject.ecosystem()));
    let mut records: Vec<RecordExplanation> = told
        .by_package
        .get(&index)
        .map_or(&[][..], Vec::as_slice)
        .iter()
        .flat_map(|(id, entries)| {
            let head = told.heads.get(id);
            entries.iter().map(move |entry| (id.as_str(), head, entry))
        })
        .map(|(id, head, entry)| record_explanation(id, head, entry, subject, order, finding))
        .collect();
    let rank = |record: &RecordExplanation| {
        finding
            .and_then(|finding| finding.records.iter().position(|id| *id == record.id))
            .unwrap_or(usize::MAX)
    };
    records.sort_by(|left, right| {
        (
            rank(left),
            left.answer,
            &left.id,
            &left.comparison,
            &left.ecosystem,
        )
            .cmp(&(
                rank(right),
                right.answer,
                &right.id,
                &right.comparison,
                &right.ecosystem,
            ))
    });
    // A record says the same for each repository of a release.
    records.dedup_by(|later, earlier| {
        let same = later.id == earlier.id
            && later.name == earlier.name
            && later.module == earlier.module
            && later.comparison == earlier.comparison
            && later.answer == earlier.answer;
        if same
            && !earlier
                .ecosystem
                .split(", ")
                .any(|of| of == later.ecosystem)
        {
            earlier.ecosystem = format!("{}, {}", earlier.ecosystem, later.ecosystem);
        }
        same
    });
    let verdict = match finding {
        Some(_) => ExplanationVerdict::Affected,
        None if records
            .iter()
            .any(|record| matches!(record.answer, Answer::NotAffected | Answer::Cleared)) =>
        {
            ExplanationVerdict::NotAffected
        }
        None if records
            .iter()
            .any(|record| record.answer == Answer::NotCompared) =>
        {
            ExplanationVerdict::NotCompared
        }
        None => ExplanationVerdict::NotAffected,
    };
    if finding.is_none() && verdict == ExplanationVerdict::NotAffected {
        // Of several records that clear it the publisher's plain statement decides.
        if let Some(first) = records
            .iter_mut()
            .find(|record| record.answer == Answer::Cleared)
        {
            first.decides = true;
        } else if let Some(first) = records
            .iter_mut()
            .find(|record| record.answer == Answer::NotAffected)
        {
            first.decides = true;
        }
    }
    let layer = package
        .layer
        .and_then(|index| report.layers.iter().find(|layer| layer.index == index));
    Some(PackageExplanation {
        package: index as u32,
        name: package.name.clone(),
        version: package.version.clone(),
        kind: package.kind.clone(),
        purl: package.purl.clone(),
        verdict,
        statement: package_statement(package, finding, &records),
        evidence: package.evidence.clone(),
        cataloger: package.cataloger.clone(),
        evidence_layer: package.evidence_layer,
        layer: package.layer,
        instruction: layer.map_or_else(String::new, |layer| layer.instruction.clone()),
        owner: package.owner.clone(),
        judged_as: subject.map_or_else(String::new, judged_as),
        severity_from: finding.and_then(|finding| severity_from(finding, &records)),
        records,
        finding: finding.cloned(),
    })
}

fn package_statement(
    package: &Package,
    finding: Option<&Finding>,
    records: &[RecordExplanation],
) -> String {
    let name = format!("{} {}", package.name, package.version);
    if let Some(finding) = finding {
        let fixed = if finding.status == crate::report::Status::Fixed {
            "fixed in "
        } else {
            ""
        };
        return format!("{name} is affected: {fixed}{}", outcome(finding));
    }
    match records.iter().find(|record| record.decides) {
        Some(record) => match (&record.reason, record.answer) {
            (Some(reason), _) => {
                format!("{name} is not affected, as the publisher says: {reason}")
            }
            (None, Answer::Cleared) => format!("{name} is not affected, as the publisher says"),
            (None, _) => format!("{name} is not affected: {}", record.comparison),
        },
        None => format!("{name}: no record could be compared with this version"),
    }
}

fn judged_as(subject: &Subject<'_>) -> String {
    let names: Vec<&str> = subject.names.iter().map(AsRef::as_ref).collect();
    let mut text = format!(
        "{} {} in {}",
        names.join(" or "),
        subject.version,
        subject.ecosystems.join(", ")
    );
    if subject.by_upstream_version {
        text.push_str(", by the version of its upstream alone");
    }
    text
}

/// Which of the records the severity is of, in the order in which they were asked.
fn severity_from(finding: &Finding, records: &[RecordExplanation]) -> Option<String> {
    if finding.severity == crate::report::Severity::Unknown {
        return None;
    }
    let of = records
        .iter()
        .find(|record| record.severity == finding.severity)
        .map(|record| match record.vectors.first() {
            Some(vector) => format!("{} ({vector})", record.id),
            None => format!("the publisher's word in {}", record.id),
        });
    Some(
        of.unwrap_or_else(|| match (&finding.urgency, &finding.vector) {
            (Some(urgency), None) => format!("the publisher's urgency `{urgency}`"),
            (_, Some(vector)) => format!("NVD ({vector})"),
            (None, None) => "NVD".to_owned(),
        }),
    )
}

fn record_explanation(
    id: &str,
    head: Option<&AdvisoryRecord>,
    entry: &AffectedPackage,
    subject: Option<&Subject<'_>>,
    order: Option<&dyn VersionOrder>,
    finding: Option<&Finding>,
) -> RecordExplanation {
    let version = subject.map_or("", |subject| subject.version.as_ref());
    let counts = finding.is_some_and(|finding| finding.records.iter().any(|known| known == id));
    let (mut answer, comparison) = match order {
        Some(order) => compared(version, entry, order),
        None => (
            Answer::NotCompared,
            "no order of versions is known for this ecosystem".to_owned(),
        ),
    };
    if answer == Answer::Affected && !counts {
        answer = Answer::Overruled;
    }
    let rated = entry
        .severity
        .or_else(|| head.map(|head| head.severity))
        .unwrap_or(Severity::Unknown);
    RecordExplanation {
        id: id.to_owned(),
        feed: head.map_or_else(String::new, |head| head.feed.as_str().to_owned()),
        modified: head.map_or_else(String::new, |head| head.modified.clone()),
        ecosystem: entry.ecosystem.clone(),
        name: entry.name.clone(),
        module: entry.module.clone(),
        affected_versions: affected_versions(entry),
        comparison,
        answer,
        decides: finding
            .is_some_and(|finding| finding.records.first().is_some_and(|first| first == id))
            && answer == Answer::Affected,
        stance: entry.stance.map(|stance| word(&stance)),
        reason: entry.reason.clone(),
        urgency: entry.urgency.clone(),
        severity: severity(rated),
        vectors: head.map(|head| head.vectors.clone()).unwrap_or_default(),
    }
}

/// The answer of one entry, and the comparison that gave it.
fn compared(version: &str, entry: &AffectedPackage, order: &dyn VersionOrder) -> (Answer, String) {
    match affected(version, entry, order) {
        Verdict::Affected(found) => {
            use outcrop_advisory::End;
            let text = match &found.end {
                End::Fixed(fixed) => format!("{version} < {fixed}"),
                End::LastAffected(last) => format!("{version} <= {last}"),
                End::Limit(limit) => format!("{version} < {limit}, where the record ends"),
                End::Listed => format!("{version} is listed"),
                End::Open => format!("{version} is in a range without an end"),
            };
            (Answer::Affected, text)
        }
        Verdict::NotAffected if entry.stance == Some(Stance::NotAffected) => {
            (Answer::Cleared, "whatever the version".to_owned())
        }
        Verdict::NotAffected => (Answer::NotAffected, outside(version, entry, order)),
        Verdict::NotJudged { version } => (
            Answer::NotCompared,
            format!("`{version}` is no version of this ecosystem"),
        ),
    }
}

/// Why a version is in none of the ranges: the nearest bounds.
fn outside(version: &str, entry: &AffectedPackage, order: &dyn VersionOrder) -> String {
    let reaches = |other: &str| {
        matches!(
            order.compare(version, other),
            Some(Ordering::Greater | Ordering::Equal)
        )
    };
    let mut bounds: Vec<String> = Vec::new();
    for event in entry.ranges.iter().flat_map(|range| &range.events) {
        match event {
            Event::Fixed(fixed) if reaches(fixed) => bounds.push(format!("{version} >= {fixed}")),
            Event::LastAffected(last)
                if order.compare(version, last) == Some(Ordering::Greater) =>
            {
                bounds.push(format!("{version} > {last}"));
            }
            Event::Introduced(first) if first != "0" && !reaches(first) => {
                bounds.push(format!("{version} < {first}, where the fault came"));
            }
            _ => {}
        }
    }
    bounds.dedup();
    if bounds.is_empty() {
        return format!("{version} is not among the affected versions");
    }
    bounds.truncate(MAX_NAMED);
    bounds.join("; ")
}

/// The affected versions of an entry in words.
fn affected_versions(entry: &AffectedPackage) -> Vec<String> {
    let mut texts: Vec<String> = entry
        .ranges
        .iter()
        .filter(|range| range.kind != RangeKind::Git)
        .map(range_text)
        .collect();
    if !entry.versions.is_empty() {
        let mut named: Vec<&str> = entry.versions.iter().map(String::as_str).collect();
        let more = named.len().saturating_sub(MAX_NAMED);
        named.truncate(MAX_NAMED);
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        texts.push(format!("listed: {}{more}", named.join(", ")));
    }
    texts
}

fn range_text(range: &Range) -> String {
    let parts: Vec<String> = range
        .events
        .iter()
        .map(|event| match event {
            Event::Introduced(at) if at == "0" => "from the beginning".to_owned(),
            Event::Introduced(at) => format!("from {at}"),
            Event::Fixed(at) => format!("before {at}"),
            Event::LastAffected(at) => format!("up to {at}"),
            Event::Limit(at) => format!("told up to {at}"),
        })
        .collect();
    parts.join(", ")
}

#[cfg(test)]
mod tests;
