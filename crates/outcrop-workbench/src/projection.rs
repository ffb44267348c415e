//! From a kept scan to its report, by the advisories and the family as they are now.

use std::collections::HashSet;

use jiff::Timestamp;
use outcrop_advisory::feeds::end_of_life::SupportTable;
use outcrop_model::{ConfigDigest, Inventory};
use outcrop_posture::Requirements;

use crate::advisories::StoredRelease;
use crate::assemble::{self, Parts};
use crate::clock;
use crate::coverage::{Grounds, coverage};
use crate::error::WorkbenchError;
use crate::families::ownership;
use crate::judgement::judged;
use crate::known::{KeptScan, graph};
use crate::report::{ImageSummary, ScanReport, Stage};
use crate::workbench::Workbench;

impl Workbench {
    /// The last scan of an image and when it was made.
    pub(crate) async fn kept_scan(
        &self,
        digest: ConfigDigest,
    ) -> Result<Option<(KeptScan, Timestamp)>, WorkbenchError> {
        let scan = self.shared.store.latest_scan(digest).await?;
        Ok(scan.and_then(|scan| Some((KeptScan::decode(&scan)?, scan.entry.scanned_at))))
    }

    /// The report of the last scan of an image, judged by the advisories as they are now.
    pub async fn report(&self, config_digest: &str) -> Result<Option<ScanReport>, WorkbenchError> {
        let Ok(digest) = config_digest.parse::<ConfigDigest>() else {
            return Ok(None);
        };
        let Some((kept, scanned_at)) = self.kept_scan(digest).await? else {
            return Ok(None);
        };
        let report = self
            .report_of(&kept, digest, scanned_at.to_string(), Stage::Complete, None)
            .await?;
        Ok(Some(report))
    }

    /// Until when releases are supported: what is built in, brought up to date by what was loaded.
    async fn support_table(&self, inventory: &Inventory) -> Result<SupportTable, WorkbenchError> {
        let built_in = SupportTable::built_in();
        let Some(system) = &inventory.operating_system else {
            return Ok(built_in.clone());
        };
        let products = [system.id.as_str(), "centos-stream"];
        let loaded = self.shared.store.end_of_life(&products).await?;
        let newer = loaded.iter().flat_map(|(product, releases)| {
            let releases: Vec<StoredRelease> = serde_json::from_str(releases).unwrap_or_default();
            releases.into_iter().map(|release| release.release(product))
        });
        Ok(built_in.updated_by(newer))
    }

    /// [`report_with`](Self::report_with), of an image of which nothing is demanded.
    pub(crate) async fn report_of(
        &self,
        kept: &KeptScan,
        digest: ConfigDigest,
        scanned_at: String,
        stage: Stage,
        family: Option<&outcrop_lineage::Graph>,
    ) -> Result<ScanReport, WorkbenchError> {
        let requirements = Requirements::default();
        self.report_with(kept, digest, scanned_at, stage, family, &requirements)
            .await
    }

    /// Judges a kept scan and puts its report together.
    pub(crate) async fn report_with(
        &self,
        kept: &KeptScan,
        digest: ConfigDigest,
        scanned_at: String,
        stage: Stage,
        family: Option<&outcrop_lineage::Graph>,
        requirements: &Requirements,
    ) -> Result<ScanReport, WorkbenchError> {
        let judgement = judged(&self.shared.store, &kept.inventory).await?;
        let matched_at = clock::now();
        let support = self.support_table(&kept.inventory).await?;
        let ownership = match family {
            Some(family) => ownership(family, digest),
            None => {
                let known = self.known_images().await?;
                ownership(&graph(&known, &HashSet::new()), digest)
            }
        };
        let config = &kept.config;
        Ok(assemble::report(Parts {
            image: ImageSummary {
                name: kept.name.clone(),
                config_digest: digest.to_string(),
                source: kept.source.clone(),
                references: kept.references.clone(),
                repository_digests: kept.repository_digests.clone(),
                platform: config.platform.to_string(),
                created: config.created.clone(),
                size_bytes: kept
                    .inventory
                    .layers
                    .iter()
                    .map(|layer| layer.content_bytes)
                    .sum(),
                user: config.user.clone(),
            },
            config: Some(config),
            inventory: &kept.inventory,
            judgement: &judgement,
            coverage: coverage(&Grounds {
                inventory: &kept.inventory,
                judgement: &judgement,
                problems: &kept.problems,
                support: &support,
                today: &matched_at,
            }),
            ownership,
            requirements,
            scanned_at,
            matched_at,
            stage,
            problems: &kept.problems,
        }))
    }
}
