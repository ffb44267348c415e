//! Risks as properties of the image.
//!
//! `vulnerabilities` is for those of components, and who counts them must not count risks among
//! them. `outcrop:risk` is severity, check, fingerprint and place, with `|` between them; none but
//! the place can hold one.

use super::members::Property;
use super::property;
use crate::output::risks::{by_severity, looked_at, place};
use crate::output::text::word;
use crate::report::ScanReport;

/// What was looked at, the counts, and each risk.
pub(super) fn properties(report: &ScanReport) -> Vec<Property> {
    let mut properties = vec![property(
        "risks:looked-for",
        report.risks_looked_for.to_string(),
    )];
    if !report.risks_looked_for {
        return properties;
    }
    properties.push(property("risks:looked-at", looked_at(report)));
    properties.extend(
        by_severity(&report.risk_counts)
            .into_iter()
            .map(|(severity, count)| {
                property(&format!("risks:{}", word(&severity)), count.to_string())
            }),
    );
    properties.push(property(
        "risks:brought-here",
        report.risk_counts.brought_here.to_string(),
    ));
    properties.extend(report.risks.iter().map(|risk| {
        property(
            "risk",
            format!(
                "{}|{}|{}|{}",
                word(&risk.severity),
                risk.check,
                risk.fingerprint,
                place(risk)
            ),
        )
    }));
    properties
}
