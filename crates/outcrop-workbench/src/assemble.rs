//! From inventory, findings and family to the report that is shown. Pure.

use outcrop_advisory as advisory;
use outcrop_model as model;

use crate::action::Tools;
use crate::coverage::ecosystem_name;
use crate::judgement::Judgement;
use crate::ranking::{self, mend_order};
use crate::report::{
    Ancestor, Apart, Certainty, Completeness, Coverage, Epss, Finding, ImageSummary,
    KnownExploited, Layer, Licence, NotAffected, Package, PackageOwner, Problem, RecordSource,
    SCHEMA_VERSION, ScanReport, Severity, SeverityCounts, SourcePackage, Stage, Status,
};
use crate::risks;

/// Name of the image itself where an owner is shown.
pub const THIS_IMAGE: &str = "this image";

/// Which ancestor owns which layer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ownership {
    /// Nearest first.
    pub(crate) ancestors: Vec<Ancestor>,
    /// For each layer the index into `ancestors`; `None` for the image's own.
    pub(crate) owners: Vec<Option<usize>>,
    /// For each ancestor how many entries its history has, where it is here.
    pub(crate) steps: Vec<Option<usize>>,
}

impl Ownership {
    pub(crate) fn of(&self, layer: usize) -> Option<&Ancestor> {
        self.ancestors.get((*self.owners.get(layer)?)?)
    }

    /// The ancestor that took a step of the history; `None` for the image's own.
    pub(crate) fn of_step(&self, config: &model::ImageConfig, step: usize) -> Option<&Ancestor> {
        let farthest_first = self.ancestors.iter().zip(&self.steps).rev();
        farthest_first
            .filter(|(ancestor, steps)| {
                let end = steps.unwrap_or_else(|| last_step(config, ancestor.layers as usize));
                step < end
            })
            .map(|(ancestor, _)| ancestor)
            .next()
    }
}

/// How many entries of a history probably are those of a base with so many layers: up to its last
/// layer, and the command that follows it.
fn last_step(config: &model::ImageConfig, layers: usize) -> usize {
    let Some(index) = layers.checked_sub(1) else {
        return 0;
    };
    let Some(made) = config.layer_history().get(index).copied().flatten() else {
        return 0;
    };
    let after = config.history.iter().enumerate().skip(made + 1);
    let settings = after.take_while(|(_, entry)| entry.empty_layer);
    let is_command = |entry: &model::HistoryEntry| {
        let text = instruction(&entry.created_by);
        text.starts_with("CMD") || text.starts_with("ENTRYPOINT")
    };
    let commands = settings.skip_while(|(_, entry)| !is_command(entry));
    let last = commands.take_while(|(_, entry)| is_command(entry)).last();
    last.map_or(made, |(index, _)| index) + 1
}

/// Everything that a report is made of.
pub(crate) struct Parts<'a> {
    pub(crate) image: ImageSummary,
    pub(crate) config: Option<&'a model::ImageConfig>,
    pub(crate) inventory: &'a model::Inventory,
    pub(crate) judgement: &'a Judgement,
    pub(crate) coverage: Coverage,
    pub(crate) ownership: Ownership,
    pub(crate) requirements: &'a outcrop_posture::Requirements,
    pub(crate) scanned_at: String,
    pub(crate) matched_at: String,
    pub(crate) stage: Stage,
    /// Problems of the archive, beside those of the inventory.
    pub(crate) problems: &'a [model::Problem],
}

/// Puts a report together.
pub(crate) fn report(parts: Parts<'_>) -> ScanReport {
    let preview = parts.stage == Stage::Preview;
    let inventory = parts.inventory;
    let owner_of = |layer: Option<u32>| layer.and_then(|layer| parts.ownership.of(layer as usize));
    let owner_name =
        |layer| owner_of(layer).map_or_else(|| THIS_IMAGE.to_owned(), |owner| owner.name.clone());

    let to_package = |package: &model::InventoryPackage| {
        package_row(package, inventory, preview, &owner_name, &|layer| {
            owner_of(layer).is_some()
        })
    };
    let rows = inventory.packages.iter().enumerate();
    let mut packages: Vec<Package> = rows
        .map(|(index, package)| Package {
            judged: parts.judgement.is_judged(index),
            ..to_package(package)
        })
        .collect();
    let configuration_leftovers: Vec<Package> = inventory
        .configuration_leftovers
        .iter()
        .map(to_package)
        .collect();

    let ecosystem = inventory
        .operating_system
        .as_ref()
        .and_then(model::OperatingSystem::ecosystem)
        .unwrap_or_default();
    let tools = Tools::of(inventory);
    let mut findings: Vec<Finding> = parts
        .judgement
        .findings
        .iter()
        .filter_map(|finding| {
            let facts = &inventory.packages.get(finding.package)?.package;
            let package = packages.get(finding.package)?;
            Some(Finding {
                action: tools.action(&finding.status, facts),
                ..finding_row(finding, facts, package, &ecosystem)
            })
        })
        .collect();
    for finding in &mut findings {
        finding.rank_reason = ranking::reason(finding);
    }
    findings.sort_by_cached_key(mend_order);

    let mut layers = layer_rows(parts.config, inventory, &parts.ownership);
    let mut counts = SeverityCounts::default();
    for finding in &findings {
        let fixable = finding.status == Status::Fixed;
        let apart = finding.apart.is_some();
        counts.add(finding.severity, fixable, apart);
        packages[finding.package as usize].findings += u32::from(!apart);
        if let Some(layer) = finding
            .layer
            .and_then(|layer| layers.get_mut(layer as usize))
        {
            layer.counts.add(finding.severity, fixable, apart);
        }
    }
    for package in &packages {
        if let Some(layer) = package
            .layer
            .and_then(|layer| layers.get_mut(layer as usize))
        {
            layer.packages += 1;
        }
    }

    let told = parts.config.zip(inventory.posture.as_ref());
    let risks = told.map(|(config, posture)| {
        risks::risks(&risks::Grounds {
            config,
            inventory,
            posture,
            ownership: &parts.ownership,
            layers: &layers,
            requirements: parts.requirements,
        })
    });
    let risks_looked_for = risks.is_some();
    let risks = risks.unwrap_or_default();
    for risk in &risks.risks {
        if let Some(layer) = risk.layer.and_then(|layer| layers.get_mut(layer as usize)) {
            layer.risks += 1;
        }
    }

    let problems: Vec<Problem> = inventory
        .problems
        .iter()
        .chain(parts.problems)
        .map(|problem| Problem {
            kind: serde_json::to_value(problem.kind)
                .ok()
                .and_then(|kind| kind.as_str().map(ToOwned::to_owned))
                .unwrap_or_default(),
            layer: problem.layer.map(|layer| layer.to_string()),
            path: problem.path.clone(),
            message: problem.message.clone(),
        })
        .collect();

    ScanReport {
        schema_version: SCHEMA_VERSION.to_owned(),
        outcrop_version: env!("CARGO_PKG_VERSION").to_owned(),
        scanned_at: parts.scanned_at,
        matched_at: parts.matched_at,
        stage: parts.stage,
        image: parts.image,
        completeness: if problems.is_empty() && layers.iter().all(|layer| layer.read) {
            Completeness::Complete
        } else {
            Completeness::Partial
        },
        coverage: parts.coverage,
        layers,
        ancestors: parts.ownership.ancestors,
        packages,
        configuration_leftovers,
        findings,
        counts,
        not_affected: parts
            .judgement
            .not_affected
            .iter()
            .filter_map(|statement| not_affected_row(statement, inventory))
            .collect(),
        risks_looked_for,
        risks: risks.risks,
        risk_counts: risks.counts,
        risk_checks: risks.checks,
        risk_notes: risks.notes,
        package_sources: inventory.package_sources.clone(),
        problems,
    }
}

fn package_row(
    package: &model::InventoryPackage,
    inventory: &model::Inventory,
    preview: bool,
    owner_name: &dyn Fn(Option<u32>) -> String,
    inherited: &dyn Fn(Option<u32>) -> bool,
) -> Package {
    let layer = (!preview).then_some(package.introduced_in as u32);
    let system = inventory.operating_system.as_ref();
    let facts = &package.package;
    Package {
        kind: facts.kind.as_str().to_owned(),
        name: facts.name.clone(),
        version: facts.version.clone(),
        architecture: facts.architecture.clone(),
        source: facts.source.as_ref().map(|source| SourcePackage {
            name: source.name.clone(),
            version: source.version.clone(),
        }),
        purl: facts.purl(
            system.map_or_else(|| vendor(facts.kind), |system| system.id.as_str()),
            system.and_then(model::OperatingSystem::release).as_deref(),
        ),
        layer,
        first_seen_layer: (!preview).then_some(package.first_seen_in as u32),
        owner: owner_name(layer),
        inherited: inherited(layer),
        owned_by: package.owner.as_ref().map(|owner| PackageOwner {
            kind: owner.kind.as_str().to_owned(),
            name: owner.name.clone(),
        }),
        place: facts.place.clone(),
        licences: facts.licences.iter().map(licence).collect(),
        certainty: match facts.certainty {
            model::Certainty::Recorded => Certainty::Declared,
            model::Certainty::Inferred(_) => Certainty::Inferred,
        },
        inferred_from: match &facts.certainty {
            model::Certainty::Recorded => None,
            model::Certainty::Inferred(from) => Some(from.clone()),
        },
        changes: package.changes.iter().map(change_sentence).collect(),
        evidence: facts.evidence.path.clone(),
        evidence_layer: package
            .evidence_layer
            .filter(|_| !preview)
            .map(|layer| layer as u32),
        cataloger: facts.evidence.cataloger.clone(),
        judged: false,
        findings: 0,
    }
}

/// The namespace of a purl where no `os-release` names the distribution: that of the format's own
/// distribution, where it has one.
const fn vendor(kind: model::PackageKind) -> &'static str {
    match kind {
        model::PackageKind::Deb => "debian",
        model::PackageKind::Apk => "alpine",
        model::PackageKind::Alpm => "arch",
        _ => "",
    }
}

fn licence(licence: &model::Licence) -> Licence {
    let (text, spdx) = match licence {
        model::Licence::Spdx(text) => (text, true),
        model::Licence::Verbatim(text) => (text, false),
    };
    Licence {
        text: text.clone(),
        spdx,
    }
}

fn change_sentence(change: &model::PackageChange) -> String {
    let layer = change.layer;
    match &change.event {
        model::PackageEvent::Added { version } => format!("layer {layer}: {version} added"),
        model::PackageEvent::Changed { from, to } => format!("layer {layer}: {from} → {to}"),
        model::PackageEvent::Removed { version } => format!("layer {layer}: {version} removed"),
    }
}

fn not_affected_row(
    statement: &advisory::NotAffected,
    inventory: &model::Inventory,
) -> Option<NotAffected> {
    let package = &inventory.packages.get(statement.package)?.package;
    Some(NotAffected {
        vulnerability: statement.vulnerability.clone(),
        package: statement.package as u32,
        package_name: package.name.clone(),
        package_version: package.version.clone(),
        record: statement.record.clone(),
        reason: statement.reason.clone(),
    })
}

/// Stable across rebuilds. A package of a system is there once, one of a language once a place.
fn key(vulnerability: &str, package: &model::Package, ecosystem: &str) -> String {
    let architecture = package.architecture.as_deref().unwrap_or_default();
    let mut key = format!("{vulnerability}|{}:{architecture}|", package.name);
    if package.kind.is_system() {
        key.push_str(ecosystem);
    } else {
        key.push_str(ecosystem_name(package.kind));
        key.push('|');
        key.push_str(package.place.as_deref().unwrap_or(&package.evidence.path));
    }
    key
}

fn finding_row(
    finding: &advisory::Finding,
    facts: &model::Package,
    package: &Package,
    ecosystem: &str,
) -> Finding {
    let (status, fixed_version) = match &finding.status {
        advisory::Status::FixedIn { version } => (Status::Fixed, Some(version.clone())),
        advisory::Status::Affected => (Status::Affected, None),
        advisory::Status::NoFixYet => (Status::NoFixYet, None),
        advisory::Status::WillNotFix => (Status::WillNotFix, None),
        advisory::Status::EndOfLife => (Status::EndOfLife, None),
        advisory::Status::NeedsSubscription { version } => {
            (Status::NeedsSubscription, version.clone())
        }
    };
    Finding {
        vulnerability: finding.vulnerability.clone(),
        severity: severity(finding.severity),
        vector: finding.vectors.first().cloned(),
        urgency: finding.urgency.clone(),
        status,
        fixed_version,
        apart: finding.apart.map(|apart| match apart {
            advisory::Apart::Unimportant => Apart::Unimportant,
            advisory::Apart::KernelHeaders => Apart::KernelHeaders,
        }),
        package: finding.package as u32,
        package_name: package.name.clone(),
        package_version: package.version.clone(),
        layer: package.layer,
        owner: package.owner.clone(),
        inherited: package.inherited,
        summary: finding.summary.clone(),
        reasoning: finding.reasoning.clone(),
        records: finding
            .records
            .iter()
            .map(|record| record.id.clone())
            .collect(),
        references: finding.references.clone(),
        starter: finding.starter,
        key: key(&finding.vulnerability, facts, ecosystem),
        reason: finding.reason.clone(),
        known_exploited: finding
            .known_exploited
            .as_ref()
            .map(|entry| KnownExploited {
                added: entry.added.clone(),
                due: entry.due.clone(),
                ransomware: entry.ransomware,
            }),
        epss: finding.epss.map(|epss| Epss {
            probability: epss.probability,
            percentile: epss.percentile,
        }),
        action: String::new(),
        rank_reason: String::new(),
        sources: finding.records.iter().map(record_source).collect(),
        by_upstream_version: finding.by_upstream_version,
    }
}

fn record_source(record: &advisory::RecordRef) -> RecordSource {
    RecordSource {
        id: record.id.clone(),
        feed: record.feed.as_str().to_owned(),
        modified: record.modified.clone(),
        fixed_version: record.fixed.clone(),
        starter: record.starter,
    }
}

pub(crate) const fn severity(severity: model::Severity) -> Severity {
    match severity {
        model::Severity::Unknown => Severity::Unknown,
        model::Severity::Negligible => Severity::Negligible,
        model::Severity::Low => Severity::Low,
        model::Severity::Medium => Severity::Medium,
        model::Severity::High => Severity::High,
        model::Severity::Critical => Severity::Critical,
    }
}

fn layer_rows(
    config: Option<&model::ImageConfig>,
    inventory: &model::Inventory,
    ownership: &Ownership,
) -> Vec<Layer> {
    let history_of_layer = config.map_or_else(Vec::new, model::ImageConfig::layer_history);
    inventory
        .layers
        .iter()
        .enumerate()
        .map(|(index, facts)| {
            let history_index = history_of_layer.get(index).copied().flatten();
            let step = history_index.and_then(|step| config?.history.get(step));
            let owner = ownership.of(index);
            Layer {
                index: index as u32,
                diff_id: facts.diff_id.to_string(),
                instruction: step.map_or_else(String::new, |step| {
                    // An imported root filesystem has a comment and no instruction.
                    match instruction(&step.created_by) {
                        text if text.is_empty() => step.comment.clone(),
                        text => text,
                    }
                }),
                history_index: history_index.map(|step| step as u32),
                created: step.and_then(|step| step.created.clone()),
                ancestor: owner.and_then(|owner| owner.config_digest.clone()),
                owner: owner.map_or_else(|| THIS_IMAGE.to_owned(), |owner| owner.name.clone()),
                size_bytes: facts.content_bytes,
                files: facts.files,
                hidden_bytes: facts.hidden_bytes,
                packages: 0,
                counts: SeverityCounts::default(),
                risks: 0,
                read: facts.read,
            }
        })
        .collect()
}

/// A history entry as an instruction: the classic builder's and Buildah's shell prefixes and
/// BuildKit's mark taken off.
pub(crate) fn instruction(created_by: &str) -> String {
    let text = created_by.trim();
    let text = text.strip_suffix("# buildkit").unwrap_or(text).trim_end();
    match text.strip_prefix("/bin/sh -c ") {
        Some(rest) => match rest.trim_start().strip_prefix("#(nop)") {
            Some(instruction) => instruction.trim().to_owned(),
            None => format!("RUN {rest}"),
        },
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_names_its_layer_where_that_is_known() {
        let mut kept = serde_json::json!({
            "operating_system": null,
            "packages": [{
                "kind": "deb",
                "name": "libssl3",
                "version": "3.0.11-1",
                "architecture": "amd64",
                "source": null,
                "evidence": { "cataloger": "dpkg-status", "path": "var/lib/dpkg/status" },
                "introduced_in": 0,
                "first_seen_in": 0,
                "changes": [],
            }],
            "configuration_leftovers": [],
            "package_sources": [],
            "layers": [],
            "problems": [],
        });
        let layer = |kept: &serde_json::Value, preview| {
            let kept: model::Inventory = serde_json::from_value(kept.clone()).unwrap();
            let row = package_row(
                &kept.packages[0],
                &kept,
                preview,
                &|_| String::new(),
                &|_| false,
            );
            row.evidence_layer
        };
        // Kept before the layer was noted.
        assert_eq!(layer(&kept, false), None);
        kept["packages"][0]["evidence_layer"] = 2.into();
        assert_eq!(layer(&kept, false), Some(2));
        assert_eq!(layer(&kept, true), None);
    }

    #[test]
    fn history_entries_read_as_instructions() {
        for (created_by, expected) in [
            ("/bin/sh -c #(nop)  CMD [\"bash\"]", "CMD [\"bash\"]"),
            ("/bin/sh -c apt-get update", "RUN apt-get update"),
            (
                "RUN /bin/sh -c apt-get update # buildkit",
                "RUN /bin/sh -c apt-get update",
            ),
            ("", ""),
        ] {
            assert_eq!(instruction(created_by), expected);
        }
    }
}
