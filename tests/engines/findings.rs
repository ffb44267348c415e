//! Findings, their layers and their owners.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context, ensure};
use outcrop_tests::data;
use outcrop_tests::debian;
use outcrop_tests::engine::Kind;
use outcrop_tests::oracle::{self, Expected};
use outcrop_tests::suite::Outcome;
use tempfile::TempDir;

use crate::fleet;
use crate::listing;

/// An image with fewer findings than these was not outdated.
const OUTDATED: usize = 100;

/// Else every other test would agree on nothing; also shows that the engines of the tests work.
pub(crate) fn there_are_some(kind: Kind) -> Outcome {
    let engine = fleet::engine(kind)?;
    for image in [debian::BASE, debian::APPLICATION] {
        let status = engine.file(image, "/var/lib/dpkg/status")?;
        let expected = oracle::findings(&status, &data::debian_advisories()?, "Debian:12")?;
        ensure!(
            expected.len() >= OUTDATED,
            "{image}: only {} findings expected",
            expected.len()
        );
    }
    Ok(())
}

/// Record by record: not one missing, not one extra.
pub(crate) fn equal_what_dpkg_says(kind: Kind) -> Outcome {
    let engine = fleet::engine(kind)?;
    let user = fleet::informed_user(engine)?;
    for image in [debian::BASE, debian::APPLICATION] {
        let scan = fleet::scan(&user, image)?;
        let status = engine.file(image, "/var/lib/dpkg/status")?;

        let installed: BTreeSet<_> = oracle::dpkg_status(&status)
            .into_iter()
            .filter(|package| package.state == "installed")
            .map(|package| (package.name, package.version))
            .collect();
        let reported: BTreeSet<_> = scan
            .packages
            .iter()
            .map(|package| (package.name.clone(), package.version.clone()))
            .collect();
        ensure!(
            reported == installed,
            "{image}: packages missing {:?}, extra {:?}",
            installed.difference(&reported).collect::<Vec<_>>(),
            reported.difference(&installed).collect::<Vec<_>>()
        );

        let expected = oracle::findings(&status, &data::debian_advisories()?, "Debian:12")?;
        let found: BTreeSet<Expected> = scan
            .findings
            .iter()
            .map(|finding| Expected {
                vulnerability: finding.vulnerability.clone(),
                package: finding.package_name.clone(),
                version: finding.package_version.clone(),
                fixed: finding.fixed_version.clone(),
            })
            .collect();
        ensure!(
            found == expected && scan.findings.len() == expected.len(),
            "{image}: of {} findings missing {:?}, extra {:?}; {} reported",
            expected.len(),
            expected.difference(&found).collect::<Vec<_>>(),
            found.difference(&expected).collect::<Vec<_>>(),
            scan.findings.len()
        );
        ensure!(
            scan.keys().len() == scan.findings.len(),
            "{image}: two findings share a key"
        );
        ensure!(scan.coverage.judged, "{image}: {}", scan.coverage.statement);
        let basis = scan
            .coverage
            .ecosystems
            .iter()
            .find(|ecosystem| ecosystem.ecosystem == "Debian:12")
            .with_context(|| format!("{image}: Debian is not covered"))?;
        ensure!(
            basis.advisories == "feed",
            "the records replace the starter set: {basis:?}"
        );
    }
    Ok(())
}

/// The base's packages are the base's, the application's its own, each with its instruction.
pub(crate) fn have_layer_and_owner(kind: Kind) -> Outcome {
    let engine = fleet::engine(kind)?;
    let user = fleet::informed_user(engine)?;
    let scan = fleet::scan(&user, debian::APPLICATION)?;

    let diff_ids: Vec<_> = scan.layers.iter().map(|layer| &layer.diff_id).collect();
    ensure!(
        diff_ids
            == engine
                .diff_ids(debian::APPLICATION)?
                .iter()
                .collect::<Vec<_>>(),
        "the layers are not the engine's: {diff_ids:?}"
    );
    ensure!(scan.layers.len() == 3, "base, RUN, COPY: {:?}", scan.layers);
    ensure!(
        scan.layers[1].instruction.contains("tini") && scan.layers[2].instruction.contains("COPY"),
        "layers and instructions do not go together: {:?}",
        scan.layers
    );
    let history: Vec<_> = scan
        .layers
        .iter()
        .map(|layer| layer.history_index)
        .collect();
    // Docker and Podman both record the `ENV` between the base and the `RUN`.
    ensure!(
        history == [Some(0), Some(2), Some(3)],
        "layers and history do not go together: {history:?}"
    );

    let base = engine.config_digest(debian::BASE)?;
    let ancestor = scan.ancestors.first().context("no ancestor was found")?;
    ensure!(
        ancestor.config_digest.as_deref() == Some(base.as_str())
            && ancestor.name == debian::BASE
            && ancestor.certainty == "exact",
        "the base is not the nearest ancestor: {ancestor:?}"
    );
    ensure!(
        scan.layers[0].ancestor.as_deref() == Some(base.as_str())
            && scan.layers[0].owner == debian::BASE
            && scan.layers[1].ancestor.is_none(),
        "{:?}",
        scan.layers
    );

    let status = engine.file(debian::BASE, "/var/lib/dpkg/status")?;
    let inherited: BTreeSet<_> = oracle::dpkg_status(&status)
        .into_iter()
        .map(|package| package.name)
        .collect();
    for package in &scan.packages {
        let from_base = inherited.contains(&package.name);
        ensure!(
            package.inherited == from_base
                && package.layer == Some(usize::from(!from_base))
                && (package.owner == debian::BASE) == from_base,
            "from the base: {from_base}, but: {package:?}"
        );
    }
    for own in ["tini", debian::OWN_PACKAGE] {
        ensure!(
            scan.package(own).is_some_and(|package| !package.inherited),
            "`{own}` is the application's: {:?}",
            scan.package(own)
        );
    }
    for finding in &scan.findings {
        let package = &scan.packages[finding.package];
        ensure!(
            (
                finding.package_name.as_str(),
                finding.layer,
                finding.inherited
            ) == (package.name.as_str(), package.layer, package.inherited)
                && finding.owner == package.owner,
            "a finding disagrees with its package: {finding:?}, {package:?}"
        );
    }
    ensure!(
        scan.findings.iter().any(|finding| finding.inherited),
        "no finding is the base's"
    );
    let leftovers: Vec<_> = scan
        .configuration_leftovers
        .iter()
        .map(|package| package.name.as_str())
        .collect();
    ensure!(
        leftovers.contains(&debian::LEFTOVER),
        "`{}` left its configuration: {leftovers:?}",
        debian::LEFTOVER
    );
    ensure!(scan.image.user == "www-data", "{:?}", scan.image);
    Ok(())
}

/// The list shows that the name stands for another image; the rescan makes it right.
pub(crate) fn after_a_rebuild(kind: Kind) -> Outcome {
    let engine = fleet::engine(kind)?;
    let user = fleet::informed_user(engine)?;
    let reference = "localhost/outcrop-test/rebuilt:1";
    let folder = TempDir::new()?;
    let containerfile = debian::write_application(folder.path(), debian::CONTAINERFILE)?;
    engine.build(folder.path(), &containerfile, reference)?;
    let before = fleet::scan(&user, reference)?;
    let state = || -> anyhow::Result<String> {
        let listed = fleet::images(&user)?;
        Ok(listing::row(&listed, reference)?.scan_state.clone())
    };
    ensure!(state()? == "scanned", "after the scan: {}", state()?);

    fs::write(folder.path().join("worker.conf"), "workers = 3\n")?;
    engine.build(folder.path(), &containerfile, reference)?;
    ensure!(state()? == "rebuilt", "after the rebuild: {}", state()?);

    let after = fleet::scan(&user, reference)?;
    ensure!(state()? == "scanned", "after the rescan: {}", state()?);
    ensure!(
        before.image.config_digest != after.image.config_digest
            && after.image.config_digest == engine.config_digest(reference)?,
        "the rescan is of another image"
    );
    ensure!(before.keys() == after.keys(), "the findings changed");
    // Builders keep untagged images of each step: those are this image's own, not ancestors.
    for scan in [&before, &after] {
        let names: Vec<_> = scan.ancestors.iter().map(|found| &found.name).collect();
        ensure!(names == [debian::BASE], "other ancestors: {names:?}");
        let own = scan.package(debian::OWN_PACKAGE);
        ensure!(own.is_some_and(|package| !package.inherited), "{own:?}");
    }
    let layers = before.layers.iter().zip(&after.layers);
    let same: Vec<_> = layers
        .map(|(before, after)| before.diff_id == after.diff_id)
        .collect();
    ensure!(same == [true, true, false], "the layers: {same:?}");
    Ok(())
}
