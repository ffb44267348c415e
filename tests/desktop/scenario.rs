//! What a person does with the application, step by step.

use std::fs;
use std::sync::OnceLock;

use anyhow::{Context, Result, ensure};
use outcrop_tests::archive::{Image, Layer, dpkg_paragraph};
use outcrop_tests::data;
use outcrop_tests::debian;
use outcrop_tests::engine::{Engine, Kind};
use outcrop_tests::programs::{User, workspace};
use outcrop_tests::published::Scan;
use outcrop_tests::suite::Outcome;
use tempfile::TempDir;

use crate::window::Window;

/// Codes of `WebDriver` for keys.
const ENTER: &str = "\u{e007}";
const CONTROL_V: &str = "\u{e009}v\u{e000}";

static ENGINE: OnceLock<Result<Engine, String>> = OnceLock::new();

/// A Docker Engine with the outdated image and the application.
fn engine() -> Result<&'static Engine> {
    ENGINE
        .get_or_init(|| {
            let provide = || {
                let engine = Engine::start(Kind::Docker)?;
                debian::provide(&engine)?;
                anyhow::Ok(engine)
            };
            provide().map_err(|error| format!("{error:#}"))
        })
        .as_ref()
        .map_err(anyhow::Error::msg)
}

/// Stops the engine.
pub(crate) fn stop() -> Outcome {
    match ENGINE.get() {
        Some(Ok(engine)) => engine.stop(),
        _ => Ok(()),
    }
}

/// A user of the engine with the records of the test data in his own store.
fn informed_user() -> Result<User> {
    let user = User::of(&[engine()?])?.with_default_store();
    let records = data::debian_advisories()?.display().to_string();
    user.run(["advisories", "import", &records])?.exits(0)?;
    Ok(user)
}

/// What was tried and what to do; useful without an engine, by an archive.
pub(crate) fn first_run() -> Outcome {
    let user = User::new()?.with_default_store();
    let window = Window::open(&user)?;
    window.sees("first-run")?;
    window.sees_text("engine-attempt", "docker.sock")?;
    window.sees_text("engine-attempt", "podman.sock")?;
    window.pictures("first-run")?;

    let sample = workspace().join("assets/sample/images.tar.gz");
    window.types("archive-path", &sample.display().to_string())?;
    window.presses(ENTER)?;
    window.clicks("nav-images")?;
    window.gets("image-row", "outcrop-sample/orders")?;
    window.clicks_in("image-row", "outcrop-sample/orders")?;
    window.gets("coverage", "tarter")?;
    window.pictures("sample-overview")?;
    window.clicks("tab-vulnerabilities")?;
    window.gets("finding-row", "CVE-")?;
    window.pictures("sample-vulnerabilities")?;
    window.clicks("tab-packages")?;
    window.types("packages-filter", "npm")?;
    window.sees_text("packages-grid", "npm")?;
    window.pictures("sample-packages")?;
    window.clicks("nav-ancestry")?;
    window.sees_text("ancestry-tree", "outcrop-sample/debian")?;
    window.sees("ancestry-graph")?;
    window.pictures("sample-ancestry")?;
    window.clicks("nav-settings")?;
    window.sees("theme-select")?;
    window.pictures("settings")?;
    window.close()
}

/// Secrets are listed with kind, place and remedy; their values are nowhere in the page.
pub(crate) fn risks() -> Outcome {
    let user = User::new()?.with_default_store();
    let kinds = [
        "github-personal-access-token",
        "stripe-live-key",
        "openssh-private-key",
    ];
    let samples = kinds.map(|kind| outcrop_posture::fixtures::sample(kind, 11));
    let samples: Vec<_> = samples.into_iter().flatten().collect();
    ensure!(samples.len() == kinds.len(), "{} samples", samples.len());
    let mut layer = Layer::debian(dpkg_paragraph("base-files", "12.4"))?;
    for (number, sample) in samples.iter().enumerate() {
        let path = format!("srv/{number}/{}", sample.path);
        layer = layer.file(&path, format!("{}\n", sample.text))?;
    }
    let image = Image::default().layer(layer)?;
    let archive = user.home().join("secrets.tar");
    fs::write(&archive, image.docker_archive("test/secrets:1")?)?;

    let window = Window::open(&user)?;
    window.sees("first-run")?;
    window.types("archive-path", &archive.display().to_string())?;
    window.presses(ENTER)?;
    window.clicks("nav-images")?;
    window.gets("image-row", "test/secrets")?;
    window.clicks_in("image-row", "test/secrets")?;
    window.gets("coverage", "")?;
    window.clicks("tab-risks")?;
    window.gets("risk-row", "GitHub personal access token")?;
    window.clicks_in("risk-row", "GitHub personal access token")?;
    window.sees_text("risk-remedy", "otate")?;
    window.pictures("risks")?;
    let page = "return document.documentElement.outerHTML";
    let page = window.script(page, Vec::new())?.to_string();
    for (kind, sample) in kinds.iter().zip(&samples) {
        let lines = sample
            .value
            .lines()
            .filter(|line| !line.starts_with("-----"));
        for line in lines {
            ensure!(!page.contains(line), "the page has the value of a {kind}");
        }
    }
    window.close()
}

/// List, scan, findings, layers, ancestry, fix, copy, rebuild, rescan.
pub(crate) fn main_path() -> Outcome {
    let engine = engine()?;
    let user = informed_user()?;
    let sources = TempDir::new()?;
    let containerfile = debian::write_application(sources.path(), debian::CONTAINERFILE)?;
    let reference = "localhost/outcrop-test/desktop:1";
    // Else it would be the application under a second name, in one row with it.
    fs::write(sources.path().join("worker.conf"), "workers = 4\n")?;
    engine.build(sources.path(), &containerfile, reference)?;

    let window = Window::open(&user)?;
    window.sees_text("image-row", reference)?;
    window.sees_text("image-row", debian::BASE)?;
    window.pictures("images-not-scanned")?;

    window.clicks_in_row("image-row", reference, "scan-button")?;
    window.sees("row-progress")?;
    window.pictures("images-scanning")?;
    window.clicks("nav-activity")?;
    window.sees_text("job", reference)?;
    window.pictures("activity")?;
    window.clicks("nav-images")?;
    window.no_longer_sees("row-progress")?;
    window.pictures("images")?;

    window.clicks_in("image-row", reference)?;
    window.sees("coverage")?;
    window.pictures("overview")?;
    window.clicks("tab-layers")?;
    window.sees_text("layers-grid", "tini")?;
    window.pictures("layers")?;
    window.clicks("tab-packages")?;
    window.sees("packages-grid")?;
    window.pictures("packages")?;
    // The list draws only the rows in view.
    window.types("packages-filter", debian::OWN_PACKAGE)?;
    window.sees_text("packages-grid", debian::OWN_PACKAGE)?;
    window.clicks("tab-vulnerabilities")?;
    window.sees_text("finding-row", "CVE-")?;
    window.clicks_in("finding-row", "CVE-")?;
    window.sees_text("finding-reasoning", "CVE-")?;
    window.pictures("vulnerabilities")?;

    window.clicks("nav-ancestry")?;
    window.sees_text("ancestry-tree", reference)?;
    window.sees_text("ancestry-tree", debian::BASE)?;
    window.sees("ancestry-graph")?;
    window.pictures("ancestry")?;

    fix(&window, &containerfile.display().to_string(), reference)?;

    // The name now stands for another image; the notice leads to a rescan, which compares.
    fs::write(sources.path().join("worker.conf"), "workers = 3\n")?;
    engine.build(sources.path(), &containerfile, reference)?;
    window.sees("rebuilt-notice")?;
    window.pictures("rebuilt")?;
    window.clicks("rescan-button")?;
    window.gets("comparison-unchanged", "")?;
    let texts = |testid: &str| -> Result<String> {
        let texts = window.texts(testid)?;
        texts.into_iter().next().context("it is gone")
    };
    ensure!(
        texts("comparison-fixed")? == "0" && texts("comparison-new")? == "0",
        "only a file of the application changed"
    );
    window.clicks("tab-overview")?;
    window.pictures("comparison")?;
    // The window saw the images of single build steps come and go: they are no ancestors.
    let scan: Scan = user
        .run(["scan", "--format", "json", reference])?
        .exits(0)?
        .json()?;
    let ancestors: Vec<_> = scan.ancestors.iter().map(|found| &found.name).collect();
    ensure!(ancestors == [debian::BASE], "ancestors: {ancestors:?}");
    window.close()
}

/// The diff of the named file, on the screen and in the clipboard.
fn fix(window: &Window, containerfile: &str, reference: &str) -> Outcome {
    window.clicks("nav-images")?;
    window.clicks_in("image-row", reference)?;
    window.clicks("tab-fix")?;
    window.types("containerfile-path", containerfile)?;
    window.presses(ENTER)?;
    let diff = window.sees_text("diff", "apt-get")?;
    ensure!(diff.contains("upgrade"), "no upgrade is offered: {diff}");
    window.pictures("fix")?;
    window.clicks("copy-patch")?;
    window.sees_text("copy-patch", "Copied")?;

    // Pasting shows what the clipboard holds; a field of one line takes it without line ends.
    window.clicks("nav-images")?;
    window.types("images-filter", "")?;
    window.presses(CONTROL_V)?;
    let value = "return document.querySelector('[data-testid=images-filter]').value
        ?? document.querySelector('[data-testid=images-filter] input').value";
    let pasted = window.script(value, Vec::new())?;
    let pasted = pasted.as_str().unwrap_or_default();
    ensure!(
        pasted.starts_with("--- ") && pasted.contains("@@"),
        "the clipboard holds no patch: {pasted}"
    );
    window.types("images-filter", "")?;
    window.clicks_in("image-row", reference)
}

/// Cancel stops the scan and leaves nothing in the engine.
pub(crate) fn cancel() -> Outcome {
    let user = informed_user()?;
    let window = Window::open(&user)?;
    window.sees_text("image-row", debian::BASE)?;
    window.clicks_in_row("image-row", debian::BASE, "scan-button")?;
    window.clicks("nav-activity")?;
    window.clicks("job-cancel")?;
    window.sees_text("job", "ancel")?;
    window.no_longer_sees("job-cancel")?;
    window.pictures("activity-cancelled")?;
    let containers = engine()?.peek_containers()?;
    ensure!(containers.is_empty(), "left behind: {containers:?}");
    window.clicks("nav-images")?;
    window.no_longer_sees("row-progress")?;
    window.close()
}

/// The same path without a pointer.
pub(crate) fn keyboard() -> Outcome {
    let user = informed_user()?;
    let window = Window::open(&user)?;
    window.sees_text("image-row", debian::BASE)?;
    window.script(
        "document.querySelector('[data-testid=images-grid]').focus()",
        Vec::new(),
    )?;
    window.presses("s")?;
    window.sees("row-progress")?;
    window.no_longer_sees("row-progress")?;
    window.presses(ENTER)?;
    window.sees("coverage")?;
    window.presses("?")?;
    window.sees("key-sheet")?;
    window.pictures("keys")?;
    window.close()
}
