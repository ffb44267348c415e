//! The list of all images and the families they form.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use outcrop_lineage::Graph;
use outcrop_model::ConfigDigest;
use outcrop_sources::engine::{EngineImage, Origin as EngineOrigin};
use outcrop_store::ScanEntry;

use crate::error::WorkbenchError;
use crate::families::{self, NodeFacts, certainty, identity, role};
use crate::known::{ARCHIVE_SOURCE, KeptScan, Listing};
use crate::report::{Certainty, Role, SCHEMA_VERSION, ScanReport, SeverityCounts, Stage};
use crate::wire::{
    BuiltOn, ChangeCounts, ImageList, ImageRow, Lineage, Origin, ScanState, ScanSummary,
};
use crate::workbench::Workbench;

/// A scan in short, as often as the list is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Summary {
    summary: ScanSummary,
    /// Counts of each layer, lowest first.
    layers: Vec<SeverityCounts>,
}

/// Which scan, judged by advisories of which import.
pub(crate) type SummaryKey = (i64, Option<i64>);

impl Workbench {
    /// The images of all engines and of the archives that were opened.
    pub async fn images(&self) -> Result<ImageList, WorkbenchError> {
        let engines = self.connected(None).await.unwrap_or_default();
        let listing = self.listing(&engines).await?;
        let graph = listing.graph();
        let scans = self.shared.store.latest_scans().await?;
        let summaries = self.summaries(&scans, &graph).await?;
        let changes = self.unseen_changes().await?;
        let by_image: HashMap<ConfigDigest, &ScanEntry> = scans
            .iter()
            .map(|scan| (scan.config_digest, scan))
            .collect();
        // Newest first, so that the first one to claim a reference is its last scan.
        let mut by_reference: HashMap<&str, &ScanEntry> = HashMap::new();
        for scan in &scans {
            for reference in &scan.references {
                by_reference.entry(reference).or_insert(scan);
            }
        }

        let mut images: Vec<ImageRow> = listing
            .images
            .iter()
            .map(|image| {
                let digest = identity(image);
                let own = by_image.get(&digest).copied();
                let earlier = image
                    .references
                    .iter()
                    .find_map(|reference| by_reference.get(reference.normalized.as_str()).copied());
                let (scan_state, scan) = match (own, earlier) {
                    (Some(scan), _) => (ScanState::Scanned, Some(scan)),
                    (None, Some(scan)) => (ScanState::Rebuilt, Some(scan)),
                    (None, None) => (ScanState::NotScanned, None),
                };
                let scan = scan
                    .and_then(|scan| summaries.get(&scan.config_digest))
                    .map(|summary| summary.summary.clone());
                ImageRow {
                    changes: changes.get(&digest).copied().unwrap_or_default(),
                    ..row(image, digest, &graph, scan_state, scan)
                }
            })
            .collect();
        for scan in &scans {
            if let Some(row) = self.archive_row(scan, &listing, &graph, &summaries).await? {
                images.push(ImageRow {
                    changes: changes
                        .get(&scan.config_digest)
                        .copied()
                        .unwrap_or_default(),
                    ..row
                });
            }
        }
        Ok(ImageList {
            schema_version: SCHEMA_VERSION.to_owned(),
            engines: self.engine_statuses().await,
            images,
        })
    }

    /// An image of an archive that was scanned and is still where it was.
    async fn archive_row(
        &self,
        scan: &ScanEntry,
        listing: &Listing,
        graph: &Graph,
        summaries: &HashMap<ConfigDigest, Summary>,
    ) -> Result<Option<ImageRow>, WorkbenchError> {
        let path = scan
            .engine
            .as_deref()
            .and_then(|source| source.strip_prefix(ARCHIVE_SOURCE));
        let Some(path) = path else { return Ok(None) };
        if listing.present.contains(&scan.config_digest) || !Path::new(path).exists() {
            return Ok(None);
        }
        let Some((kept, _)) = self.kept_scan(scan.config_digest).await? else {
            return Ok(None);
        };
        let digest = scan.config_digest;
        let (role, built_on) = place_in_family(graph, digest);
        Ok(Some(ImageRow {
            config_digest: digest.to_string(),
            engine: kept.source.clone(),
            dangling: kept.references.is_empty(),
            references: kept.references,
            repository_digests: Vec::new(),
            size_bytes: kept
                .inventory
                .layers
                .iter()
                .map(|layer| layer.content_bytes)
                .sum(),
            created: kept.config.created,
            origin: Origin::Imported,
            origin_reason: format!("read from the archive `{path}`"),
            containers: 0,
            role,
            built_on,
            scan_state: ScanState::Scanned,
            scan: summaries
                .get(&digest)
                .map(|summary| summary.summary.clone()),
            changes: ChangeCounts::default(),
        }))
    }

    /// The families of the images that are here.
    pub async fn lineage(&self) -> Result<Lineage, WorkbenchError> {
        let engines = self.connected(None).await.unwrap_or_default();
        let listing = self.listing(&engines).await?;
        let graph = listing.graph();
        let scans = self.shared.store.latest_scans().await?;
        let summaries = self.summaries(&scans, &graph).await?;

        let mut present: HashSet<ConfigDigest> = listing.present.clone();
        let mut facts: HashMap<ConfigDigest, NodeFacts> = HashMap::new();
        for image in &listing.images {
            let entry = facts.entry(identity(image)).or_default();
            entry.size_bytes = entry.size_bytes.max(image.size);
            entry.created = image.created.map(|created| created.to_string());
        }
        for scan in &scans {
            if let Some(row) = self.archive_row(scan, &listing, &graph, &summaries).await? {
                present.insert(scan.config_digest);
                let entry = facts.entry(scan.config_digest).or_default();
                entry.size_bytes = row.size_bytes;
                entry.created = row.created;
            }
        }
        for (digest, summary) in &summaries {
            let entry = facts.entry(*digest).or_default();
            let owners = families::ownership(&graph, *digest).owners;
            let mut own = SeverityCounts::default();
            for (counts, owner) in summary.layers.iter().zip(&owners) {
                if owner.is_none() {
                    own.merge(counts);
                }
            }
            entry.counts = Some(summary.summary.counts);
            entry.own_counts = Some(own);
        }
        let mut lineage = families::lineage(&graph, &facts);
        let here: HashSet<String> = present.iter().map(ToString::to_string).collect();
        lineage
            .nodes
            .retain(|node| here.contains(&node.config_digest));
        for node in &mut lineage.nodes {
            // An ancestor that went away since is named in the evidence.
            node.parent = node.parent.take().filter(|parent| here.contains(parent));
        }
        Ok(lineage)
    }

    async fn summaries(
        &self,
        scans: &[ScanEntry],
        graph: &Graph,
    ) -> Result<HashMap<ConfigDigest, Summary>, WorkbenchError> {
        let feeds = self.shared.store.feeds().await?;
        let sets = self.shared.store.enrichment_sets().await?;
        let stamp = feeds
            .iter()
            .map(|feed| feed.imported_at.as_microsecond())
            .chain(sets.iter().map(|set| set.imported_at.as_microsecond()))
            .max();
        let mut summaries = HashMap::new();
        for scan in scans {
            let key = (scan.id.0, stamp);
            let known = self.shared.summary(key);
            let summary = match known {
                Some(summary) => summary,
                None => {
                    let Some((kept, _)) = self.kept_scan(scan.config_digest).await? else {
                        continue;
                    };
                    let summary = self.summary(scan, &kept, graph).await?;
                    self.shared.keep_summary(key, summary.clone());
                    summary
                }
            };
            summaries.insert(scan.config_digest, summary);
        }
        Ok(summaries)
    }

    async fn summary(
        &self,
        scan: &ScanEntry,
        kept: &KeptScan,
        graph: &Graph,
    ) -> Result<Summary, WorkbenchError> {
        let report = self
            .report_of(
                kept,
                scan.config_digest,
                scan.scanned_at.to_string(),
                Stage::Complete,
                Some(graph),
            )
            .await?;
        Ok(Summary {
            layers: report.layers.iter().map(|layer| layer.counts).collect(),
            summary: summary_of(&report),
        })
    }
}

fn summary_of(report: &ScanReport) -> ScanSummary {
    ScanSummary {
        risks: report.risks_looked_for.then_some(report.risk_counts),
        config_digest: report.image.config_digest.clone(),
        scanned_at: report.scanned_at.clone(),
        counts: report.counts,
        packages: report.packages.len() as u32,
        judged: report.coverage.judged,
        statement: report.coverage.statement.clone(),
    }
}

fn place_in_family(graph: &Graph, digest: ConfigDigest) -> (Role, Option<BuiltOn>) {
    let Some(node) = graph.node(digest) else {
        return (Role::Application, None);
    };
    let nearest = graph.ancestors(digest).into_iter().next();
    let built_on = nearest.map(|ancestor| BuiltOn {
        name: ancestor.name,
        config_digest: ancestor.digest.map(|digest| digest.to_string()),
        certainty: certainty(ancestor.class),
    });
    (
        role(node.role),
        built_on.filter(|base| base.certainty != Certainty::Unknown),
    )
}

fn row(
    image: &EngineImage,
    digest: ConfigDigest,
    graph: &Graph,
    scan_state: ScanState,
    scan: Option<ScanSummary>,
) -> ImageRow {
    let (role, built_on) = place_in_family(graph, digest);
    ImageRow {
        config_digest: digest.to_string(),
        engine: image.engine.clone(),
        references: image
            .references
            .iter()
            .map(|reference| reference.as_given.clone())
            .collect(),
        repository_digests: image.repository_digests.clone(),
        size_bytes: image.size,
        created: image.created.map(|created| created.to_string()),
        origin: match image.origin {
            EngineOrigin::Pulled(_) => Origin::Pulled,
            EngineOrigin::Built(_) => Origin::Built,
            EngineOrigin::Imported(_) => Origin::Imported,
            EngineOrigin::Unknown(_) => Origin::Unknown,
        },
        origin_reason: image.origin.reason().to_string(),
        dangling: image.dangling,
        containers: image
            .used_by
            .as_ref()
            .map_or(0, |containers| containers.len() as u32),
        role,
        built_on,
        scan_state,
        scan,
        changes: ChangeCounts::default(),
    }
}
