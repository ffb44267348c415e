//! Red Hat's CSAF VEX files, one CVE each.
//!
//! Sources: CSAF 2.0 (OASIS), sections 3.2.2 product tree and 3.2.3 vulnerabilities; Red Hat
//! Product Security, "CSAF and VEX" in its security data guidelines, for what purls, CPEs,
//! remediations and flags mean there.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::io::{BufRead, Read as _};
use std::ops::ControlFlow;

use outcrop_model::{
    AdvisoryRecord, AffectedPackage, Event, FeedKind, Range, RangeKind, Severity, Stance,
};

use super::{FeedContent, FeedFault, Sink, is_cve, problem, rfc3339, sentence};
use crate::severity;

mod products;
mod wire;

use products::{Package, Product, Products};
use wire::{Document, Score, Vulnerability};

/// Largest file that is read, in bytes; the largest known ones are near 3 MB.
pub const MAX_DOCUMENT_BYTES: u64 = 16 * 1024 * 1024;

/// Most products that the lists of one CVE may name.
pub const MAX_PRODUCTS: usize = 500_000;

/// Most products that are named because they cannot be resolved.
const MAX_FAULTS: usize = 100;

/// Most addresses and vectors that one record keeps.
const MAX_REFERENCES: usize = 200;
const MAX_VECTORS: usize = 16;

/// Streams one record for each vulnerability of a document.
///
/// Packages are RPM packages alone: containers and Maven artifacts are passed over. A binary package
/// stands in its entry's `binaries` too; an entry without those speaks of a source package, where the
/// publisher names no other. Ecosystems are OSV's, made from CPEs (`Red Hat:enterprise_linux:9::appstream`). Each fixed version has an
/// entry of its own; versions have their epoch. Where a list says of the same package that it is
/// fixed or affected, it is not also told to be unaffected.
pub fn read(reader: impl BufRead, sink: &mut Sink<'_>) -> ControlFlow<()> {
    let mut bytes = Vec::new();
    let limit = MAX_DOCUMENT_BYTES;
    if let Err(error) = reader.take(limit + 1).read_to_end(&mut bytes) {
        return sink(problem("document", error.into()));
    }
    if bytes.len() as u64 > limit {
        return sink(problem("document", FeedFault::TooLarge { limit }));
    }
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let document: Document<'_> = match serde_json::from_slice(text) {
        Ok(document) => document,
        Err(error) => return sink(problem("document", error.into())),
    };
    let head = &document.head;
    if !head.publisher.namespace.ends_with("redhat.com") {
        let fault = FeedFault::value("publisher whose VEX is read", &head.publisher.namespace);
        return sink(problem("document", fault));
    }
    // Notices are CSAF too, of one update each; they say nothing of other products.
    if head.category != "csaf_vex" {
        let fault = FeedFault::value("kind of document that is read", &head.category);
        return sink(problem("document", fault));
    }
    if let Some(date) = rfc3339(&head.tracking.current_release_date) {
        sink(FeedContent::Dated(date))?;
    }
    let products = Products::of(&document.product_tree);
    for vulnerability in &document.vulnerabilities {
        let cve = vulnerability.cve.as_ref();
        if !is_cve(cve) {
            sink(problem("vulnerabilities", FeedFault::value("CVE", cve)))?;
            continue;
        }
        let mut reading = Reading::of(vulnerability, &products);
        reading.lists(vulnerability);
        if reading.named > MAX_PRODUCTS {
            let fault = FeedFault::too_many("products", MAX_PRODUCTS);
            sink(problem(cve, fault))?;
        }
        for (product, fault) in reading.faults {
            sink(problem(format!("{cve} {product}"), fault))?;
        }
        let record = record(&document, vulnerability, reading.affected);
        sink(FeedContent::Record(Box::new(record)))?;
    }
    ControlFlow::Continue(())
}

fn record(
    document: &Document<'_>,
    vulnerability: &Vulnerability<'_>,
    affected: Vec<AffectedPackage>,
) -> AdvisoryRecord {
    let head = &document.head;
    let modified = rfc3339(&head.tracking.current_release_date).unwrap_or_default();
    let stated: Vec<(&str, &str)> = vulnerability.scores.iter().flat_map(Score::vectors).fold(
        Vec::new(),
        |mut known, vector| {
            if known.len() < MAX_VECTORS && !known.contains(&vector) {
                known.push(vector);
            }
            known
        },
    );
    let rated = severity::rate(stated.into_iter(), None);
    // Red Hat's own word for the CVE comes before the numbers.
    let word = severity::from_word(&head.aggregate_severity.text);
    let highest = affected.iter().filter_map(|entry| entry.severity).max();
    let note = |category: &str, title: Option<&str>| {
        let mut notes = vulnerability.notes.iter();
        let found = notes.find(|note| {
            note.category == category && title.is_none_or(|title| note.title == title)
        });
        found.map_or("", |note| note.text.trim())
    };
    let texts = [note("description", None), note("other", Some("Statement"))];
    let details: Vec<&str> = texts.into_iter().filter(|text| !text.is_empty()).collect();
    let fixes = vulnerability.remediations.iter();
    let mut references: Vec<String> = vulnerability
        .references
        .iter()
        .map(|reference| &reference.url)
        .chain(fixes.filter_map(|fix| fix.url.as_ref().filter(|_| fix.category == "vendor_fix")))
        .filter(|url| !url.is_empty())
        .take(MAX_REFERENCES)
        .map(|url| url.clone().into_owned())
        .collect();
    let mut known = HashSet::new();
    references.retain(|url| known.insert(url.clone()));
    AdvisoryRecord {
        id: format!("{}{}", FeedKind::RedHatVex.prefix(), vulnerability.cve),
        published: rfc3339(&vulnerability.release_date),
        withdrawn: (head.tracking.status == "deleted").then(|| modified.clone()),
        modified,
        upstream: vec![vulnerability.cve.clone().into_owned()],
        summary: sentence(if vulnerability.title.is_empty() {
            &head.title
        } else {
            &vulnerability.title
        }),
        details: details.join("\n\n"),
        vectors: rated.vectors,
        severity: word.or(highest).unwrap_or(rated.severity),
        affected,
        references,
        feed: FeedKind::RedHatVex,
        ..AdvisoryRecord::default()
    }
}

/// What the lists of one vulnerability come to.
struct Reading<'a> {
    products: &'a Products<'a>,
    /// Why it is affected without a fix, by product.
    open: HashMap<&'a str, (Stance, &'a str)>,
    /// Why it is not affected, by product.
    flags: HashMap<&'a str, &'a str>,
    severities: HashMap<&'a str, (Severity, &'a str)>,
    affected: Vec<AffectedPackage>,
    faults: Vec<(String, FeedFault)>,
    /// Packages of which something is said, with the version that mends them.
    said: HashSet<(Product, Option<String>)>,
    named: usize,
}

impl<'a> Reading<'a> {
    fn of(vulnerability: &'a Vulnerability<'a>, products: &'a Products<'a>) -> Self {
        let mut reading = Self {
            products,
            open: HashMap::new(),
            flags: HashMap::new(),
            severities: HashMap::new(),
            affected: Vec::new(),
            faults: Vec::new(),
            said: HashSet::new(),
            named: 0,
        };
        for remediation in &vulnerability.remediations {
            let details = remediation.details.as_ref();
            let Some(stance) = stance(&remediation.category, details) else {
                continue;
            };
            let ids = remediation.product_ids.iter();
            reading
                .open
                .extend(ids.map(|id| (id.as_ref(), (stance, details))));
        }
        for flag in &vulnerability.flags {
            let ids = flag.product_ids.iter();
            reading
                .flags
                .extend(ids.map(|id| (id.as_ref(), flag.label.as_ref())));
        }
        for threat in &vulnerability.threats {
            if threat.category == "impact"
                && let Some(severity) = severity::from_word(&threat.details)
            {
                let ids = threat.product_ids.iter();
                reading
                    .severities
                    .extend(ids.map(|id| (id.as_ref(), (severity, threat.details.as_ref()))));
            }
        }
        reading
    }

    /// In the order of their weight: what is fixed or affected is not unaffected too.
    fn lists(&mut self, vulnerability: &'a Vulnerability<'a>) {
        let status = &vulnerability.product_status;
        for found in self.found(&status.fixed) {
            self.fixed(found);
        }
        for found in self.found(&status.known_affected) {
            let known = self.open.get(found.id).copied();
            let (stance, reason) = known.unwrap_or((Stance::NoFixYet, ""));
            self.open(found, stance, reason);
        }
        for found in self.found(&status.under_investigation) {
            self.open(found, Stance::UnderInvestigation, "");
        }
        for found in self.found(&status.known_not_affected) {
            self.not_affected(found);
        }
    }

    /// The packages of a list, binary ones first: a source package has no word of its own where a
    /// binary package of the name has one.
    fn found(&mut self, ids: &'a [Cow<'a, str>]) -> Vec<Found<'a>> {
        let room = MAX_PRODUCTS.saturating_sub(self.named);
        self.named += ids.len();
        let mut found = Vec::new();
        for id in ids.iter().take(room) {
            match self.products.find(id) {
                Ok(package) => found.extend(package.map(|package| Found { id, package })),
                Err(fault) if self.faults.len() < MAX_FAULTS => {
                    self.faults.push((id.to_string(), fault));
                }
                Err(_) => {}
            }
        }
        found.sort_by_key(|found| found.package.is_source);
        found
    }

    fn fixed(&mut self, found: Found<'_>) {
        // The binary packages of an update stand in the list; its source package adds nothing.
        let Some(version) = found.package.version.clone() else {
            return;
        };
        if found.package.is_source {
            return;
        }
        let product = &found.package.product;
        self.said.insert((product.clone(), None));
        if self.said.insert((product.clone(), Some(version.clone()))) {
            let events = vec![Event::Introduced("0".into()), Event::Fixed(version)];
            self.push(found, Some(events), None, "");
        }
    }

    fn open(&mut self, found: Found<'_>, stance: Stance, reason: &str) {
        let product = &found.package.product;
        let is_first = self.said.insert((product.clone(), None));
        let is_new = self.said.insert((product.clone(), Some(String::new())));
        if is_new && (is_first || !found.package.is_source) {
            let events = vec![Event::Introduced("0".into())];
            self.push(found, Some(events), Some(stance), reason);
        }
    }

    fn not_affected(&mut self, found: Found<'_>) {
        if self.said.insert((found.package.product.clone(), None)) {
            let reason = self.flags.get(found.id).copied().unwrap_or("");
            self.push(
                found,
                None,
                Some(Stance::NotAffected),
                &reason.replace('_', " "),
            );
        }
    }

    fn push(
        &mut self,
        found: Found<'_>,
        events: Option<Vec<Event>>,
        stance: Option<Stance>,
        reason: &str,
    ) {
        let rated = self.severities.get(found.id).copied();
        let range = events.map(|events| Range {
            kind: RangeKind::Ecosystem,
            events,
        });
        let Product {
            ecosystem,
            name,
            module,
        } = found.package.product;
        // What is said of a source package holds for all that is built from it.
        let binaries = if found.package.is_source {
            Vec::new()
        } else {
            vec![name.clone()]
        };
        self.affected.push(AffectedPackage {
            ecosystem,
            name,
            ranges: range.into_iter().collect(),
            severity: rated.map(|(severity, _)| severity),
            urgency: rated.map(|(_, word)| sentence(word)),
            stance,
            reason: Some(sentence(reason)).filter(|reason| !reason.is_empty()),
            module,
            binaries,
            ..AffectedPackage::default()
        });
    }
}

/// A product of a list that is an RPM package.
struct Found<'a> {
    id: &'a str,
    package: Package,
}

/// What a remediation without a fix says; `None` for fixes and workarounds.
fn stance(category: &str, details: &str) -> Option<Stance> {
    match category {
        "no_fix_planned" if details.eq_ignore_ascii_case("out of support scope") => {
            Some(Stance::EndOfLife)
        }
        "no_fix_planned" => Some(Stance::WillNotFix),
        "none_available" | "fix_planned" => Some(Stance::NoFixYet),
        _ => None,
    }
}

#[cfg(test)]
#[path = "redhat_vex_tests.rs"]
mod tests;
