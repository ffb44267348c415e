//! Which findings apt can mend inside a build, and why it cannot mend the others.

use std::collections::BTreeMap;

use outcrop_containerfile::history::HistoryAlignment;
use outcrop_containerfile::plan::{AptBinary, AptUpgrade, Introduction};
use outcrop_model::version::order_of;

use super::numbered;
use crate::report::{Finding, Package, ScanReport, Status};
use crate::wire::Stays;

/// A package of Debian's own shells: the image can run an instruction.
pub(super) fn has_shell(report: &ScanReport) -> bool {
    installed(report, "dash") || installed(report, "bash") || installed(report, "busybox")
}

fn installed(report: &ScanReport, name: &str) -> bool {
    report.packages.iter().any(|package| package.name == name)
}

/// What apt can mend, by source package; what it cannot goes to `stays` with its reason.
pub(super) fn upgrades(
    report: &ScanReport,
    alignment: Option<&(usize, HistoryAlignment)>,
    stays: &mut Vec<Stays>,
) -> Vec<AptUpgrade> {
    let mut by_reason: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut by_source: BTreeMap<&str, Vec<(usize, &Finding)>> = BTreeMap::new();
    let obstacle = apt_obstacle(report);
    let mut apart = Vec::new();
    for (number, finding) in numbered(report) {
        let package = package_of(report, finding);
        let reason = match (finding.status, finding.apart) {
            (Status::NoFixYet | Status::Affected, _) => {
                "no fix yet: the publisher names no mended version".to_owned()
            }
            (Status::WillNotFix, _) => {
                "no fix to come: the publisher has decided not to mend it".to_owned()
            }
            (Status::NeedsSubscription, _) => {
                "the mended version is for subscribers of the publisher only".to_owned()
            }
            (Status::EndOfLife, _) => {
                "no fix to come: the publisher mends this package no more".to_owned()
            }
            (Status::Fixed, _) if package.kind != "deb" => not_by_apt(&package.kind),
            (Status::Fixed, Some(_)) => {
                apart.push((number, finding));
                continue;
            }
            (Status::Fixed, None) if !is_reachable(report, finding) => format!(
                "the record names a mended version that packages of this release do not reach: {}",
                finding.fixed_version.as_deref().unwrap_or_default()
            ),
            (Status::Fixed, None) => match &obstacle {
                Some(obstacle) => obstacle.clone(),
                None => {
                    by_source
                        .entry(source_name(package_of(report, finding)))
                        .or_default()
                        .push((number, finding));
                    continue;
                }
            },
        };
        by_reason
            .entry(reason)
            .or_default()
            .push(finding.key.clone());
    }
    for (number, finding) in apart {
        // Mended along with the others of its source package, not worth a change by itself.
        match by_source.get_mut(source_name(package_of(report, finding))) {
            Some(findings) if is_reachable(report, finding) => findings.push((number, finding)),
            _ => by_reason
                .entry("shown apart: not worth a change by itself".to_owned())
                .or_default()
                .push(finding.key.clone()),
        }
    }
    stays.extend(
        by_reason
            .into_iter()
            .map(|(reason, findings)| Stays { reason, findings }),
    );
    by_source
        .into_iter()
        .map(|(source, findings)| upgrade(report, source, &findings, alignment))
        .collect()
}

/// Why no instruction of a patch mends a package of another kind than apt's.
fn not_by_apt(kind: &str) -> String {
    match kind {
        "apk" | "rpm" | "alpm" => {
            format!(
                "no patch yet for packages of {kind}: patches upgrade by apt, or take a newer base"
            )
        }
        _ => format!(
            "no patch yet for packages of {kind}: what brings them decides their version, not the Containerfile alone"
        ),
    }
}

fn package_of<'a>(report: &'a ScanReport, finding: &Finding) -> &'a Package {
    &report.packages[finding.package as usize]
}

fn source_name(package: &Package) -> &str {
    package
        .source
        .as_ref()
        .map_or(package.name.as_str(), |source| source.name.as_str())
}

/// Whether the archives of the image's release can have the mended version.
///
/// A release carries a package of another one under a lower version: where unstable has `1.3`,
/// bookworm gets `1.3~deb12u1`, which sorts before it for ever. Only versions with the release's
/// own mark (`+deb12u1`, `~deb12u1`; Debian Developer's Reference, section 5.8.5.4), those of
/// native packages and of the kernel are certain to be of this release.
fn is_reachable(report: &ScanReport, finding: &Finding) -> bool {
    let version = finding.fixed_version.as_deref().unwrap_or_default();
    let system = report.coverage.operating_system.as_ref();
    // Ubuntu's records name the version of the release that they speak of.
    if system.is_some_and(|system| system.id == "ubuntu") {
        return true;
    }
    let release = system.map_or("", |system| system.version.as_str());
    version.contains(&format!("deb{release}u"))
        || !version.contains('-')
        || source_name(package_of(report, finding)) == "linux"
}

/// Why apt inside a build would mend nothing.
fn apt_obstacle(report: &ScanReport) -> Option<String> {
    let system = report.coverage.operating_system.as_ref();
    if !installed(report, "apt") {
        return Some("the image has no apt: a newer base is needed".to_owned());
    }
    if report.package_sources.is_empty() {
        return Some("the image's package sources name no archive".to_owned());
    }
    // `<uri> <suite> <component>`; the suite of older releases is `<codename>/updates`.
    let security = report.package_sources.iter().any(|source| {
        source
            .split_whitespace()
            .nth(1)
            .is_some_and(|suite| suite.ends_with("-security") || suite.ends_with("/updates"))
    });
    let name = system.map_or("the distribution", |system| system.name.as_str());
    (!security).then(|| {
        format!(
            "the archive that has the fix is not among the image's package sources: the security archive of {name}"
        )
    })
}

fn upgrade(
    report: &ScanReport,
    source: &str,
    findings: &[(usize, &Finding)],
    alignment: Option<&(usize, HistoryAlignment)>,
) -> AptUpgrade {
    let order = order_of("Debian");
    let mut fixed_version = "";
    for (_, finding) in findings {
        let version = finding.fixed_version.as_deref().unwrap_or_default();
        let later = order.and_then(|order| order.compare(version, fixed_version));
        if fixed_version.is_empty() || later == Some(std::cmp::Ordering::Greater) {
            fixed_version = version;
        }
    }
    let members: Vec<&Package> = report
        .packages
        .iter()
        .filter(|package| package.kind == "deb" && source_name(package) == source)
        .collect();
    let mut binaries: Vec<AptBinary> = Vec::new();
    for package in &members {
        let namesakes = members.iter().filter(|other| other.name == package.name);
        binaries.push(AptBinary {
            name: package.name.clone(),
            architecture_suffix: (namesakes.count() > 1)
                .then(|| package.architecture.clone())
                .flatten(),
            fixed_version: fixed_version.to_owned(),
        });
    }
    AptUpgrade {
        source_package: source.to_owned(),
        binaries,
        findings: findings.iter().map(|(number, _)| *number).collect(),
        held: false,
        introduced: introduction(report, &members, alignment),
    }
}

/// What brought the packages of one source: the latest of them decides where they can be mended.
fn introduction(
    report: &ScanReport,
    members: &[&Package],
    alignment: Option<&(usize, HistoryAlignment)>,
) -> Introduction {
    if members.iter().all(|package| package.inherited) {
        return Introduction::Base;
    }
    let Some((first, alignment)) = alignment else {
        return Introduction::Unknown;
    };
    let latest = members
        .iter()
        .filter(|package| !package.inherited)
        // Where a package was first seen: an upgrade of it may stand anywhere after that.
        .filter_map(|package| package.layer)
        .filter_map(|layer| report.layers.get(layer as usize)?.history_index)
        .max();
    latest
        .and_then(|entry| (entry as usize).checked_sub(*first))
        .and_then(|step| alignment.entries.get(step)?.instruction)
        .map_or(Introduction::Unknown, Introduction::Instruction)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> ScanReport {
        serde_json::from_str(include_str!("../../tests/fixtures/report.json")).unwrap()
    }

    #[test]
    fn only_packages_of_apt_are_upgraded_by_it() {
        let apt = Package {
            name: "apt".to_owned(),
            ..report().packages[0].clone()
        };
        let security = "http://deb.debian.org/debian-security bookworm-security main";
        for (kind, status, upgraded, reason) in [
            ("deb", Status::Fixed, 1, ""),
            ("apk", Status::Fixed, 0, "no patch yet for packages of apk"),
            ("rpm", Status::Fixed, 0, "no patch yet for packages of rpm"),
            ("npm", Status::Fixed, 0, "no patch yet for packages of npm"),
            ("rpm", Status::WillNotFix, 0, "no fix to come"),
            (
                "deb",
                Status::NeedsSubscription,
                0,
                "the mended version is for subscribers",
            ),
            ("deb", Status::EndOfLife, 0, "no fix to come"),
        ] {
            let mut report = report();
            report.packages.push(apt.clone());
            report.package_sources.push(security.to_owned());
            report.packages[0].kind = kind.to_owned();
            report.findings.truncate(1);
            report.findings[0].status = status;
            let mut stays = Vec::new();
            let upgrades = upgrades(&report, None, &mut stays);
            assert_eq!(upgrades.len(), upgraded, "{kind} {status:?}");
            let reasons: Vec<&str> = stays.iter().map(|stay| stay.reason.as_str()).collect();
            assert_eq!(reasons.len(), 1 - upgraded, "{kind} {status:?}");
            assert!(
                reasons.iter().all(|told| told.starts_with(reason)),
                "{reasons:?}"
            );
        }
    }

    #[test]
    fn versions_of_the_release_are_reachable() {
        for (system, version, expected) in [
            ("debian", "3.0.13-1~deb12u1", true),
            ("debian", "3.0.13-1", false),
            ("debian", "3.0.13", true),
            ("ubuntu", "3.0.2-0ubuntu1.10", true),
        ] {
            let mut report = report();
            if let Some(of) = &mut report.coverage.operating_system {
                of.id = system.to_owned();
            }
            let mut finding = report.findings[0].clone();
            finding.fixed_version = Some(version.to_owned());
            assert_eq!(is_reachable(&report, &finding), expected, "{version}");
        }
    }
}
