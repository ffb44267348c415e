//! The bundled sample through every use case, without engine and network.

use std::path::{Path, PathBuf};

use outcrop_workbench::report::{Certainty, ScanReport};
use outcrop_workbench::wire::FixRequest;
use outcrop_workbench::{Cancellation, Options, ScanOptions, ScanTarget, Workbench};

fn sample(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../assets/sample")
        .join(path)
}

async fn scanned(store: &Path) -> (Workbench, Vec<ScanReport>) {
    let workbench = Workbench::open(Options {
        store: Some(store.to_owned()),
        offline: true,
        feed: None,
    })
    .await
    .unwrap();
    let scanned = workbench
        .scan(
            &ScanTarget::Archive {
                path: sample("images.tar.gz"),
                reference: None,
            },
            &ScanOptions::default(),
            &|_| (),
            &|_| (),
            &Cancellation::new(),
        )
        .await
        .unwrap();
    assert!(scanned.not_kept.is_none());
    (workbench, scanned.reports)
}

fn application(reports: &[ScanReport]) -> &ScanReport {
    reports
        .iter()
        .find(|report| report.image.name.contains("orders"))
        .unwrap()
}

#[tokio::test]
async fn the_family_is_proven_and_each_finding_has_its_layer() {
    let folder = tempfile::tempdir().unwrap();
    let (_, reports) = scanned(folder.path()).await;
    let report = application(&reports);
    let ancestors: Vec<(&str, Certainty)> = report
        .ancestors
        .iter()
        .map(|ancestor| (ancestor.name.as_str(), ancestor.certainty))
        .collect();
    assert_eq!(
        ancestors,
        [
            ("outcrop-sample/enterprise:1.4", Certainty::Exact),
            ("outcrop-sample/debian:12", Certainty::Exact),
        ]
    );
    assert!(report.counts.total() > 20, "{:?}", report.counts);
    assert_eq!(report.counts.total(), report.counts.unknown);
    for finding in &report.findings {
        let layer = &report.layers[finding.layer.unwrap() as usize];
        assert_eq!(finding.owner, layer.owner, "{}", finding.key);
        assert!(!layer.instruction.is_empty());
    }
}

#[tokio::test]
async fn the_diff_applies_and_every_finding_is_cleared_or_stays_with_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    let (workbench, reports) = scanned(folder.path()).await;
    let report = application(&reports);
    let plan = workbench
        .plan_fix(&FixRequest {
            config_digest: report.image.config_digest.clone(),
            containerfile: Some(
                sample("application/Containerfile")
                    .to_string_lossy()
                    .into_owned(),
            ),
            bump_base: true,
            ..FixRequest::default()
        })
        .await
        .unwrap();
    assert!(plan.diff.contains("--only-upgrade"), "{}", plan.diff);
    assert_eq!(plan.match_ratio, Some(1.0), "{}", plan.match_statement);
    let mut told: Vec<&str> = plan
        .clears
        .iter()
        .chain(plan.stays.iter().flat_map(|stays| &stays.findings))
        .map(String::as_str)
        .collect();
    told.sort_unstable();
    told.dedup();
    let mut found: Vec<&str> = report.findings.iter().map(|f| f.key.as_str()).collect();
    found.sort_unstable();
    assert_eq!(told, found);
    let remembered = workbench
        .remembered_containerfile(&report.image.config_digest)
        .await
        .unwrap();
    assert!(remembered.unwrap().ends_with("application/Containerfile"));
}

#[tokio::test]
async fn a_kept_scan_is_judged_again_without_the_archive() {
    let folder = tempfile::tempdir().unwrap();
    let (workbench, reports) = scanned(folder.path()).await;
    let report = application(&reports);
    let again = workbench
        .report(&report.image.config_digest)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(again.findings, report.findings);
    assert_eq!(again.ancestors, report.ancestors);
}
