//! Loading advisories.

use std::fs::File;
use std::io::Write;

use anyhow::{Context, Result, ensure};
use outcrop_tests::archive::{Image, Layer, dpkg_paragraph};
use outcrop_tests::data;
use outcrop_tests::programs::User;
use outcrop_tests::published::Scan;
use outcrop_tests::suite::Outcome;
use serde_json::{Value, json};
use zip::write::SimpleFileOptions;

use crate::broken::saved;
use crate::sample;

/// A record that concerns every version of `example` below 2.
fn record(number: u32) -> String {
    json!({
        "schema_version": "1.7.3",
        "id": format!("DEBIAN-CVE-2026-{number}"),
        "modified": "2026-01-01T00:00:00Z",
        "upstream": [format!("CVE-2026-{number}")],
        "affected": [{
            "package": { "ecosystem": "Debian:12", "name": "example" },
            "ranges": [{
                "type": "ECOSYSTEM",
                "events": [{ "introduced": "0" }, { "fixed": "2" }],
            }],
        }],
    })
    .to_string()
}

fn zip_of(user: &User, files: &[(&str, &str)]) -> Result<String> {
    let path = user.home().join("all.zip");
    let mut zip = zip::ZipWriter::new(File::create(&path)?);
    for (name, content) in files {
        zip.start_file(*name, SimpleFileOptions::default())?;
        zip.write_all(content.as_bytes())?;
    }
    zip.finish()?;
    Ok(path.display().to_string())
}

/// Good ones load; broken ones are counted and named.
pub(crate) fn broken_records() -> Outcome {
    let user = User::new()?;
    let good = [record(1), record(2)];
    let path = zip_of(
        &user,
        &[
            ("DEBIAN-CVE-2026-1.json", &good[0]),
            ("DEBIAN-CVE-2026-8.json", "{\"id\": \"DEBIAN-CVE-2026-8\", "),
            ("DEBIAN-CVE-2026-9.json", "[]"),
            ("DEBIAN-CVE-2026-2.json", &good[1]),
        ],
    )?;
    let ran = user.run(["advisories", "import", &path])?.exits(0)?;
    let said = format!("{}{}", ran.stdout, ran.stderr);
    for name in ["DEBIAN-CVE-2026-8", "DEBIAN-CVE-2026-9"] {
        ensure!(said.contains(name), "`{name}` is not named: {said}");
    }
    let status: Value = user
        .run(["advisories", "status", "--json"])?
        .exits(0)?
        .json()?;
    let feeds = status
        .as_array()
        .or_else(|| status["feeds"].as_array())
        .with_context(|| format!("no feeds: {status}"))?;
    let debian = feeds
        .iter()
        .find(|feed| feed["ecosystem"] == "Debian")
        .with_context(|| format!("no Debian: {status}"))?;
    ensure!(debian["records"] == 2 && debian["broken"] == 2, "{debian}");

    let image = Image::default().layer(Layer::debian(dpkg_paragraph("example", "1"))?)?;
    let image = saved(&user, &image.docker_archive("test/example:1")?)?;
    let scan = sample::scan(&user, &image)?;
    ensure!(scan.findings.len() == 2, "{:?}", scan.findings);
    Ok(())
}

/// Findings then rest on the feed, and fewer things are unknown.
pub(crate) fn replace_starter() -> Outcome {
    let user = User::new()?;
    let image = sample::image(sample::FAMILY[2]);
    let basis = |scan: &Scan| {
        scan.coverage
            .ecosystems
            .iter()
            .find(|ecosystem| ecosystem.ecosystem == "Debian:12")
            .map(|ecosystem| ecosystem.advisories.clone())
    };
    let before = sample::scan(&user, &image)?;
    ensure!(basis(&before).as_deref() == Some("starter"), "{before:?}");
    let records = data::debian_advisories()?.display().to_string();
    user.run(["advisories", "import", &records])?.exits(0)?;
    let after = sample::scan(&user, &image)?;
    ensure!(
        basis(&after).as_deref() == Some("feed"),
        "{:?}",
        after.coverage
    );
    ensure!(!after.findings.is_empty(), "no findings from the feed");
    Ok(())
}

/// New records reach a kept scan without another one, and what they change is told once.
pub(crate) fn changes() -> Outcome {
    let user = User::new()?;
    let path = zip_of(&user, &[("DEBIAN-CVE-2026-1.json", &record(1))])?;
    user.run(["advisories", "import", &path])?.exits(0)?;
    let image = Image::default().layer(Layer::debian(dpkg_paragraph("example", "1"))?)?;
    let image = saved(&user, &image.docker_archive("test/example:1")?)?;
    ensure!(sample::scan(&user, &image)?.findings.len() == 1);
    let path = zip_of(
        &user,
        &[
            ("DEBIAN-CVE-2026-2.json", &record(2)),
            ("DEBIAN-CVE-2026-3.json", &record(3)),
        ],
    )?;
    let told = [
        "test/example:1: 3 changes",
        "newly affected: example by CVE-2026-2 (severity unknown), fixed in 2",
        "no longer affected: example by CVE-2026-1",
    ];
    user.run(["advisories", "import", &path])?
        .exits(0)?
        .prints(&told)?;
    let again = user.run(["advisories", "import", &path])?.exits(0)?;
    ensure!(!again.stdout.contains("affected"), "{}", again.stdout);
    Ok(())
}

/// `--offline` always wins: an update is refused, a scan works.
pub(crate) fn offline() -> Outcome {
    let user = User::new()?;
    let ran = user.run(["--offline", "advisories", "update", "Debian"])?;
    ensure!(
        ran.code == Some(3) || ran.code == Some(2),
        "an update without a network is done: {ran:?}"
    );
    ran.says(&["offline"])?;
    user.run(["--offline", "scan", &sample::image(sample::FAMILY[0])])?
        .exits(0)?;
    Ok(())
}

/// After `clear` the starter set is what there is.
pub(crate) fn clear() -> Outcome {
    let user = User::new()?;
    let good = record(1);
    let path = zip_of(&user, &[("DEBIAN-CVE-2026-1.json", &good)])?;
    user.run(["advisories", "import", &path])?.exits(0)?;
    user.run(["advisories", "clear"])?.exits(0)?;
    let scan = sample::scan(&user, &sample::image(sample::FAMILY[2]))?;
    let debian = scan
        .coverage
        .ecosystems
        .iter()
        .find(|ecosystem| ecosystem.ecosystem == "Debian:12")
        .context("Debian is not covered")?;
    ensure!(debian.advisories != "feed", "{debian:?}");
    Ok(())
}
