//! What a rebuild changed: the last scan of an image against the one before of the same name.

use std::collections::HashSet;

use outcrop_model::ConfigDigest;

use crate::error::WorkbenchError;
use crate::known::KeptScan;
use crate::report::{ScanReport, Stage};
use crate::wire::Comparison;
use crate::workbench::Workbench;

impl Workbench {
    /// Compares the last scan of an image with that of the image that had one of its references
    /// before; `None` where there is none. Both are judged by the advisories as they are now.
    pub async fn comparison(
        &self,
        config_digest: &str,
    ) -> Result<Option<Comparison>, WorkbenchError> {
        let Ok(digest) = config_digest.parse::<ConfigDigest>() else {
            return Ok(None);
        };
        let store = &self.shared.store;
        let Some(latest) = store.latest_scan(digest).await? else {
            return Ok(None);
        };
        for reference in &latest.entry.references {
            let scans = store.scans_of_reference(reference).await?;
            let before = scans.iter().find(|scan| {
                scan.config_digest != digest && scan.scanned_at <= latest.entry.scanned_at
            });
            let Some(before) = before else { continue };
            let Some(earlier) = store.scan(before.id).await? else {
                continue;
            };
            let (Some(now), Some(then)) = (KeptScan::decode(&latest), KeptScan::decode(&earlier))
            else {
                continue;
            };
            let after = self
                .report_of(&now, digest, String::new(), Stage::Complete, None)
                .await?;
            let before = self
                .report_of(
                    &then,
                    before.config_digest,
                    String::new(),
                    Stage::Complete,
                    None,
                )
                .await?;
            return Ok(Some(compare(&before, &after)));
        }
        Ok(None)
    }
}

/// Findings by key; those shown apart do not count.
pub(crate) fn compare(before: &ScanReport, after: &ScanReport) -> Comparison {
    let keys = |report: &ScanReport| -> Vec<String> {
        let counted = report
            .findings
            .iter()
            .filter(|finding| finding.apart.is_none());
        counted.map(|finding| finding.key.clone()).collect()
    };
    let (old, new) = (keys(before), keys(after));
    let old_set: HashSet<&String> = old.iter().collect();
    let new_set: HashSet<&String> = new.iter().collect();
    Comparison {
        before: before.image.config_digest.clone(),
        after: after.image.config_digest.clone(),
        unchanged: old_set.intersection(&new_set).count() as u32,
        fixed: old
            .iter()
            .filter(|key| !new_set.contains(key))
            .cloned()
            .collect(),
        new: new
            .iter()
            .filter(|key| !old_set.contains(key))
            .cloned()
            .collect(),
    }
}
