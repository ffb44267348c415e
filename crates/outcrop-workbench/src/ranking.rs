//! In which order to mend, and why.

use std::cmp::Reverse;

use crate::report::{Apart, Finding, Severity, Status};

/// What to mend first: what counts before what is shown apart; what is known to be exploited before
/// the rest; what can be mended before what cannot; the worse before the lesser, unknown beside
/// medium; the likelier to be exploited before the less likely.
pub(crate) fn mend_order(finding: &Finding) -> impl Ord + use<> {
    let threat = match finding.severity {
        Severity::Unknown => (Severity::Medium, false),
        known => (known, true),
    };
    // Probabilities have five decimal places.
    let likelihood = finding.epss.map_or(0, |epss| {
        (epss.probability.clamp(0.0, 1.0) * 100_000.0).round() as u32
    });
    (
        finding.apart.is_some(),
        finding.known_exploited.is_none(),
        finding.status != Status::Fixed,
        Reverse(threat),
        Reverse(likelihood),
        (
            finding.package_name.clone(),
            finding.vulnerability.clone(),
            finding.package,
        ),
    )
}

/// What [`mend_order`] went by, in one line.
pub(crate) fn reason(finding: &Finding) -> String {
    let mut parts: Vec<String> = Vec::new();
    parts.extend(finding.apart.map(|apart| {
        match apart {
            Apart::Unimportant => "apart: the publisher calls it unimportant",
            Apart::KernelHeaders => "apart: headers of a kernel that is not in the image",
        }
        .to_owned()
    }));
    parts.extend(finding.known_exploited.as_ref().map(|entry| {
        let by = if entry.ransomware {
            " by ransomware"
        } else {
            ""
        };
        format!("known to be exploited{by} since {}", entry.added)
    }));
    parts.push(
        match finding.status {
            Status::Fixed => "a fix is at hand",
            Status::Affected => "no fix is named",
            Status::NoFixYet => "no fix yet",
            Status::WillNotFix => "will not be fixed",
            Status::EndOfLife => "no longer mended",
            Status::NeedsSubscription => "the fix needs a subscription",
        }
        .to_owned(),
    );
    parts.push(match finding.severity {
        Severity::Unknown => "severity unknown, ranked as medium".to_owned(),
        known => super::output::text::word(&known),
    });
    parts.extend(
        finding
            .epss
            .map(|epss| format!("EPSS {:.1} %", epss.probability * 100.0)),
    );
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Epss, KnownExploited, ScanReport};

    fn finding(name: &str) -> Finding {
        let report: ScanReport =
            serde_json::from_str(include_str!("../tests/fixtures/report.json")).unwrap();
        Finding {
            vulnerability: name.to_owned(),
            apart: None,
            severity: Severity::Medium,
            status: Status::Fixed,
            known_exploited: None,
            epss: None,
            ..report.findings[0].clone()
        }
    }

    const fn epss(probability: f64) -> Epss {
        Epss {
            probability,
            percentile: 0.5,
        }
    }

    #[test]
    fn each_ground_weighs_more_than_those_after_it() {
        let exploited = Some(KnownExploited {
            added: "2021-12-10".into(),
            due: "2021-12-24".into(),
            ransomware: true,
        });
        let order = [
            (
                Finding {
                    known_exploited: exploited,
                    status: Status::NoFixYet,
                    severity: Severity::Low,
                    ..finding("exploited")
                },
                "known to be exploited by ransomware since 2021-12-10, no fix yet, low",
            ),
            (
                Finding {
                    severity: Severity::Critical,
                    ..finding("critical")
                },
                "a fix is at hand, critical",
            ),
            (
                Finding {
                    epss: Some(epss(0.9)),
                    ..finding("likely")
                },
                "a fix is at hand, medium, EPSS 90.0 %",
            ),
            (
                Finding {
                    epss: Some(epss(0.1)),
                    ..finding("less-likely")
                },
                "a fix is at hand, medium, EPSS 10.0 %",
            ),
            (finding("medium"), "a fix is at hand, medium"),
            (
                Finding {
                    severity: Severity::Unknown,
                    ..finding("unknown")
                },
                "a fix is at hand, severity unknown, ranked as medium",
            ),
            (
                Finding {
                    severity: Severity::Critical,
                    status: Status::WillNotFix,
                    ..finding("no-fix")
                },
                "will not be fixed, critical",
            ),
            (
                Finding {
                    severity: Severity::Critical,
                    apart: Some(Apart::Unimportant),
                    ..finding("apart")
                },
                "apart: the publisher calls it unimportant, a fix is at hand, critical",
            ),
        ];
        let mut sorted: Vec<Finding> = order.iter().rev().map(|(one, _)| one.clone()).collect();
        sorted.sort_by_cached_key(mend_order);
        for (found, (expected, sentence)) in sorted.iter().zip(&order) {
            assert_eq!(found.vulnerability, expected.vulnerability);
            assert_eq!(reason(found), *sentence);
        }
    }
}
