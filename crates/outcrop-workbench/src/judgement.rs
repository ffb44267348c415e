//! From an inventory to its findings: candidates out of the store, judged and merged.

use outcrop_advisory::{Finding, findings, judge, names};
use outcrop_model::{Inventory, OperatingSystem};
use outcrop_store::Store;

use crate::coverage::Basis;
use crate::error::WorkbenchError;
use crate::report::AdvisoryBasis;

/// Packages named in a note about what could not be judged.
const MAX_NOT_JUDGED_NAMED: usize = 10;

/// Findings of an inventory and what they rest on; no basis where the system is not one that is
/// judged.
pub(crate) async fn judged(
    store: &Store,
    inventory: &Inventory,
) -> Result<(Vec<Finding>, Option<Basis>), WorkbenchError> {
    let Some(ecosystem) = inventory
        .operating_system
        .as_ref()
        .and_then(OperatingSystem::ecosystem)
    else {
        return Ok((Vec::new(), None));
    };
    let Some(feed) = store.feed(&ecosystem).await? else {
        return Ok((Vec::new(), None));
    };
    let packages = &inventory.packages;
    let candidates = store
        .candidates(&ecosystem, &names(packages, &ecosystem))
        .await?;
    let judged = judge(packages, &ecosystem, &candidates);
    let mut ids: Vec<&str> = judged
        .matches
        .iter()
        .map(|found| found.record.as_str())
        .chain(judged.cleared.iter().map(|(_, id)| id.as_str()))
        .collect();
    ids.sort_unstable();
    ids.dedup();
    let records = store.records(&ecosystem, &ids).await?;
    let mut not_judged: Vec<String> = judged
        .not_judged
        .iter()
        .filter_map(|case| {
            let package = &packages.get(case.package)?.package;
            Some(format!("`{}` {}", package.name, package.version))
        })
        .collect();
    not_judged.dedup();
    if not_judged.len() > MAX_NOT_JUDGED_NAMED {
        let more = not_judged.split_off(MAX_NOT_JUDGED_NAMED).len();
        not_judged.push(format!("{more} more"));
    }
    let basis = Basis {
        ecosystem,
        advisories: if feed.starter {
            AdvisoryBasis::Starter
        } else {
            AdvisoryBasis::Feed
        },
        dated: Some(feed.newest_modified.unwrap_or(feed.imported_at).to_string()),
        records: feed.records,
        not_judged,
    };
    Ok((findings(packages, &judged, &records), Some(basis)))
}
