//! Prints how long advisories take, against the budgets: importing, adding to, matching.
//!
//! Imports are those of the program itself; matching and increments are asked of the parts that do
//! them. Runs alone: nothing but this machine is needed, and the real records of PyPI where they are.

mod measure;
mod records;

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Result, ensure};
use outcrop_advisory::{CandidateSource, judge, subjects};
use outcrop_model::{
    AdvisoryRecord, Candidate, Evidence, FeedKind, Inventory, InventoryPackage, OperatingSystem,
    Package, PackageKind,
};
use outcrop_store::{CandidateRows, FeedIncrement, FeedSource, ImportOutcome, Store};
use outcrop_tests::programs::{self, User};
use outcrop_tests::{data, made};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use records::{ECOSYSTEM, Numbers, name, record};

const ROUNDS: usize = 9;
const PACKAGES: usize = 5_000;
const RECORDS: usize = 300_000;
const CHANGED: usize = 100;

fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1);
    if arguments
        .next()
        .is_some_and(|first| first == measure::COMMAND)
    {
        return measure::run(arguments);
    }
    writeln!(
        std::io::stdout(),
        "| advisories | measured | budget | |\n|---|---|---|---|"
    )?;
    tokio::runtime::Runtime::new()?.block_on(matched())?;
    imported()
}

/// Prints one line.
fn row(what: &str, measured: f64, budget: f64, unit: &str) -> Result<()> {
    let verdict = if measured <= budget {
        "holds"
    } else {
        "MISSED"
    };
    writeln!(
        std::io::stdout(),
        "| {what} | {measured:.3} {unit} | ≤ {budget} {unit} | {verdict} |"
    )?;
    Ok(())
}

/// Matching and an increment, on one store.
async fn matched() -> Result<()> {
    let folder = tempfile::TempDir::new_in(programs::target())?;
    let store = Store::open(folder.path()).await?;
    let mut numbers = Numbers::new(1);
    let now = jiff::Timestamp::now();
    let source = FeedSource {
        source: "made".to_owned(),
        ..FeedSource::default()
    };
    let mut import = store.begin_import(source, Some(ECOSYSTEM), now).await?;
    for first in (0..RECORDS).step_by(1_000) {
        let records = (first..first + 1_000)
            .map(|number| record(number, &name(number % PACKAGES), &mut numbers));
        import.add(records.collect()).await?;
    }
    let outcome = import.commit().await?;
    ensure!(
        matches!(&outcome, ImportOutcome::Replaced { feed, .. } if feed.records == RECORDS as u64),
        "the made records are not kept: {outcome:?}"
    );
    let inventory = inventory(&mut numbers);
    let (mut whole, mut fetching) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let subjects = subjects(&inventory);
        let mut candidates = Stored(HashMap::new());
        for (ecosystem, names) in subjects.lookups() {
            let rows = store.candidate_rows(ecosystem, &names).await?;
            candidates.0.insert(ecosystem.to_owned(), rows);
        }
        fetching.push(milliseconds(start));
        let judged = judge(&subjects, &candidates);
        whole.push(milliseconds(start));
        let found = judged.matches.len();
        ensure!(
            (RECORDS / 20..RECORDS / 5).contains(&found),
            "too little or too much matches: {found}"
        );
    }
    row(
        "match 5,000 packages against 300,000 records",
        median(whole),
        100.0,
        "ms",
    )?;
    row(
        "of it fetching the candidates",
        median(fetching),
        50.0,
        "ms",
    )?;

    let mut increments = Vec::new();
    for round in 0..ROUNDS {
        let changed: Vec<AdvisoryRecord> = (0..CHANGED)
            .map(|index| {
                let number = round * CHANGED + index * 17;
                record(number, &name(number % PACKAGES), &mut numbers)
            })
            .collect();
        let increment = FeedIncrement {
            records: changed,
            ..FeedIncrement::default()
        };
        let start = Instant::now();
        store
            .apply_increment(FeedKind::Osv, ECOSYSTEM, increment, now)
            .await?;
        increments.push(milliseconds(start) / 1_000.0);
    }
    row("increment of 100 records", median(increments), 0.2, "s")?;
    store.close().await;
    Ok(())
}

/// A Debian system whose packages are those that the made records speak of.
fn inventory(numbers: &mut Numbers) -> Inventory {
    let packages = (0..PACKAGES).map(|number| {
        let evidence = Evidence {
            cataloger: "dpkg-status".to_owned(),
            path: "var/lib/dpkg/status".to_owned(),
        };
        InventoryPackage {
            package: Package::new(
                PackageKind::Deb,
                name(number),
                numbers.installed(),
                evidence,
            ),
            introduced_in: 0,
            first_seen_in: 0,
            evidence_layer: None,
            changes: Vec::new(),
            owner: None,
        }
    });
    Inventory {
        operating_system: Some(OperatingSystem {
            id: "debian".to_owned(),
            version_id: "12".to_owned(),
            ..OperatingSystem::default()
        }),
        packages: packages.collect(),
        configuration_leftovers: Vec::new(),
        package_sources: Vec::new(),
        layers: Vec::new(),
        problems: Vec::new(),
        posture: None,
    }
}

/// Candidates of the store, as the program itself hands them to the match.
struct Stored(HashMap<String, CandidateRows>);

impl CandidateSource for Stored {
    fn candidates_into(
        &self,
        ecosystem: &str,
        name: &str,
        into: &mut Vec<Candidate>,
        count: usize,
    ) -> usize {
        let rows = self.0.get(ecosystem);
        rows.map_or(count, |rows| rows.get_into(name, into, count))
    }
}

/// Whole sets, by the program itself.
fn imported() -> Result<()> {
    if let Ok(folder) = data::folder() {
        let path = folder.join("data/osv/PyPI/all.zip");
        let (seconds, megabytes) = import(&path)?;
        row("import 7,080 PyPI records", seconds, 2.0, "s")?;
        row("its peak memory", megabytes, 200.0, "MB")?;
    }
    let (_, megabytes) = import(&large_zip()?)?;
    row(
        "import a zip of 700 MB: peak memory",
        megabytes,
        250.0,
        "MB",
    )
}

/// Seconds and megabytes of one import into a store of its own.
fn import(path: &Path) -> Result<(f64, f64)> {
    let user = User::new()?.among_all_engines();
    let path = path.display().to_string();
    let command = user.command(["advisories", "import", &path])?;
    let (measured, _) = measure::of(&command)?;
    Ok((measured.seconds, measured.peak_bytes / 1e6))
}

/// Records of 24 KB that do not shrink, 700 MB of them.
fn large_zip() -> Result<PathBuf> {
    const BYTES: usize = 700_000_000;
    const DETAILS: usize = 24_000;
    made::once("records", (BYTES, DETAILS), |path| {
        let mut zip = ZipWriter::new(BufWriter::new(File::create(path)?));
        let options = SimpleFileOptions::default()
            .compression_method(zip::CompressionMethod::Deflated)
            .compression_level(Some(1));
        let mut numbers = Numbers::new(2);
        // Packed in haste, letters by chance stay as long as they are.
        for number in 0..BYTES / DETAILS {
            let made = record(number, &name(number % PACKAGES), &mut numbers);
            let details: String = (0..DETAILS)
                .map(|_| char::from(b'0' + numbers.below(64) as u8))
                .map(|letter| if letter == '\\' { '!' } else { letter })
                .collect();
            let affected: Vec<serde_json::Value> = made
                .affected
                .iter()
                .map(|entry| {
                    serde_json::json!({
                        "package": {"ecosystem": entry.ecosystem, "name": entry.name},
                        "ranges": [{"type": "ECOSYSTEM", "events": entry.ranges[0].events}],
                    })
                })
                .collect();
            let json = serde_json::json!({
                "id": made.id,
                "modified": made.modified,
                "upstream": made.upstream,
                "details": details,
                "affected": affected,
            });
            zip.start_file(format!("{}.json", made.id), options)?;
            serde_json::to_writer(&mut zip, &json)?;
        }
        zip.finish()?.flush()?;
        Ok(())
    })
}

fn milliseconds(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1_000.0
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
