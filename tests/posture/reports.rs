//! Scans, and what is compared of their risks.

use anyhow::{Result, ensure};
use outcrop_tests::programs::User;
use outcrop_tests::published::{Risk, Scan};

/// A complete scan in which risks were looked for.
pub(crate) fn scan(user: &User, image: &str) -> Result<Scan> {
    let scan: Scan = user
        .run(["scan", "--format", "json", image])?
        .exits(0)?
        .json()?;
    ensure!(scan.stage == "complete", "the stage is `{}`", scan.stage);
    ensure!(scan.risks_looked_for, "risks were not looked for");
    consistent(&scan)?;
    Ok(scan)
}

/// What holds of every report: counts are those of the list, every check is explained, nothing is
/// said twice, and the worst comes first.
fn consistent(scan: &Scan) -> Result<()> {
    let of = |severity: &str| {
        let risks = scan.risks.iter();
        risks.filter(|risk| risk.severity == severity).count()
    };
    let counts = scan.risk_counts;
    let counted = [
        counts.critical,
        counts.high,
        counts.medium,
        counts.low,
        counts.negligible,
    ];
    let order = ["critical", "high", "medium", "low", "negligible"];
    ensure!(
        counted == order.map(of),
        "{counts:?} in {:?}",
        order.map(of)
    );
    let here = scan.risks.iter().filter(|risk| !risk.inherited).count();
    ensure!(counts.brought_here == here, "{here} in {counts:?}");
    let rank = |risk: &Risk| order.iter().position(|name| *name == risk.severity);
    ensure!(
        scan.risks.is_sorted_by_key(rank),
        "the worst does not come first"
    );
    let mut told = std::collections::BTreeSet::new();
    for risk in &scan.risks {
        let check = scan.risk_checks.iter().find(|check| check.id == risk.check);
        ensure!(
            check.is_some_and(|check| !check.why.is_empty() && !check.remedy.is_empty()),
            "`{}` is not explained",
            risk.check
        );
        ensure!(
            !risk.message.is_empty() && !risk.remedy.is_empty() && !risk.fingerprint.is_empty(),
            "something is empty: {risk:?}"
        );
        ensure!(
            risk.layer.is_none_or(|layer| layer < scan.layers.len()),
            "no such layer: {risk:?}"
        );
        ensure!(
            told.insert((
                &risk.check,
                &risk.path,
                risk.line,
                &risk.message,
                risk.layer
            )),
            "said twice: {risk:?}"
        );
    }
    Ok(())
}
