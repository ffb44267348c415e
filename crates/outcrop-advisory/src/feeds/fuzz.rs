//! Mutation loops over fixtures: whatever bytes come, a reader neither panics nor hangs, and gives
//! no more than the bytes can hold.

use std::io::{Cursor, Write as _};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use super::fixtures::{EPSS, KEV, NVD, SECDB, TRACKER, UPDATEINFO, VEX};
use super::{FeedContent, FeedFile, FeedFormat, detect, read};

/// Rounds of one loop; `OUTCROP_FUZZ_ROUNDS` asks for more.
const ROUNDS: u64 = 10_000;
/// Longest that one file may take.
const LONGEST: Duration = Duration::from_secs(1);
/// How often a file may take longer before that counts.
const TRIES: usize = 3;

/// A small generator with a fixed seed, so that a failure comes again (Marsaglia, "Xorshift RNGs").
struct Generator(u64);

impl Generator {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % (limit as u64).max(1)).unwrap_or(0)
    }
}

fn survives(format: FeedFormat, bytes: &[u8]) {
    let rounds = std::env::var("OUTCROP_FUZZ_ROUNDS")
        .ok()
        .and_then(|rounds| rounds.parse().ok())
        .unwrap_or(ROUNDS);
    let mut generator = Generator(0x9e37_79b9_7f4a_7c15);
    for round in 0..rounds {
        let mut changed = bytes.to_vec();
        for _ in 0..=generator.below(4) {
            mutate(&mut changed, &mut generator);
        }
        let _ = detect(&changed);
        let file = FeedFile {
            format,
            name: "fuzz",
            ecosystem: None,
        };
        let took = || {
            let begin = Instant::now();
            let mut given = 0_usize;
            let _ = read(file, Cursor::new(&changed), &mut |content| {
                given += weight(&content);
                ControlFlow::Continue(())
            });
            // Each place of a feed says one thing; nothing grows beyond it.
            assert!(
                given <= changed.len() * 16 + 64 * 1024,
                "{format:?} gave {given} bytes of {} in round {round}",
                changed.len()
            );
            begin.elapsed()
        };
        // Once may be because others on the machine kept it waiting.
        assert!(
            (0..TRIES).any(|_| took() < LONGEST),
            "{format:?} took longer than {LONGEST:?} in round {round}"
        );
    }
}

/// About as many bytes as a content holds.
fn weight(content: &FeedContent) -> usize {
    match content {
        FeedContent::Record(record) => {
            let affected = record
                .affected
                .iter()
                .map(|entry| entry.name.len() + entry.ecosystem.len() + 64 * entry.ranges.len());
            record.id.len() + record.details.len() + affected.sum::<usize>()
        }
        FeedContent::Problem(problem) => problem.place.len(),
        FeedContent::Dated(date) => date.len(),
        _ => 64,
    }
}

fn mutate(bytes: &mut Vec<u8>, generator: &mut Generator) {
    let at = generator.below(bytes.len() + 1);
    let end = at + generator.below(bytes.len() - at + 1).min(64);
    match generator.below(7) {
        0 => bytes.truncate(at),
        1 => drop(bytes.drain(at..end)),
        2 => {
            let copy = bytes[at..end].to_vec();
            bytes.splice(at..at, copy);
        }
        3 => bytes.insert(at, generator.next() as u8),
        4 => {
            // What means something in one of the formats.
            let marks = b"\"\\{}[]:,<>&;#%\n\0-9";
            bytes.insert(at, marks[generator.below(marks.len())]);
        }
        5 => {
            for byte in &mut bytes[at..end.min(at + 8).max(at)] {
                *byte = 0xff;
            }
        }
        _ => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << generator.below(8);
            }
        }
    }
}

#[test]
fn changed_catalogs_of_known_exploited_survive() {
    survives(FeedFormat::KnownExploited, KEV);
}

#[test]
fn changed_scores_survive() {
    survives(FeedFormat::Epss, EPSS);
}

#[test]
fn changed_nvd_pages_survive() {
    survives(FeedFormat::Nvd, NVD);
}

#[test]
fn changed_secdbs_survive() {
    survives(FeedFormat::AlpineSecdb, SECDB);
}

#[test]
fn changed_trackers_survive() {
    survives(FeedFormat::DebianTracker, TRACKER);
}

#[test]
fn changed_vex_files_survive() {
    survives(FeedFormat::RedHatVex, VEX);
}

#[test]
fn changed_updateinfos_survive() {
    survives(FeedFormat::UpdateInfo, UPDATEINFO);
}

#[test]
fn changed_tables_of_support_survive() {
    let table = b"version,codename,series,created,release,eol,eol-lts\n12,Bookworm,bookworm,2021-08-14,2023-06-10,2026-07-11,2028-06-30\n";
    survives(FeedFormat::DistroInfo, table);
    let products = br#"{"generated_at": "2026-11-20T00:00:00Z", "schema_version": "1", "result": [{"name": "debian", "releases": [{"name": "12", "codename": "Bookworm", "isEol": false, "eolFrom": "2026-07-11", "eoesFrom": "2028-06-30"}]}]}"#;
    survives(FeedFormat::EndOfLife, products);
}

#[test]
fn changed_packings_survive() {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, content) in [("a.json", SECDB), ("b.json", KEV)] {
        let mut header = tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        tar.append_data(&mut header, name, content)
            .expect("an entry");
    }
    survives(FeedFormat::Tar, &tar.into_inner().expect("a tar archive"));
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(KEV).expect("it is packed");
    let gzip = gzip.finish().expect("it is packed");
    survives(FeedFormat::KnownExploited, &gzip);
    let zstd = zstd::encode_all(KEV, 1).expect("it is packed");
    survives(FeedFormat::KnownExploited, &zstd);
}
