//! Mutation loops over fixtures: whatever bytes come, a cataloger neither panics nor hangs.

use std::time::{Duration, Instant};

use outcrop_image::{Analyser, CandidateFile};

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

/// Shows the cataloger changed forms of `bytes`; the form that breaks it is named by its round.
pub(crate) fn survives(cataloger: &dyn Analyser, path: &str, bytes: &[u8]) {
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
        let file = CandidateFile {
            whole: generator.below(4) > 0,
            ..CandidateFile::whole(path, &changed)
        };
        let took = || {
            let begin = Instant::now();
            drop(cataloger.analyse(&file));
            begin.elapsed()
        };
        // Once may be because others on the machine kept it waiting.
        assert!(
            (0..TRIES).any(|_| took() < LONGEST),
            "{} took longer than {LONGEST:?} in round {round}",
            cataloger.id()
        );
    }
}

fn mutate(bytes: &mut Vec<u8>, generator: &mut Generator) {
    let at = generator.below(bytes.len() + 1);
    let end = at + generator.below(bytes.len() - at + 1).min(64);
    match generator.below(6) {
        0 => bytes.truncate(at),
        1 => drop(bytes.drain(at..end)),
        2 => {
            let copy = bytes[at..end].to_vec();
            bytes.splice(at..at, copy);
        }
        3 => bytes.insert(at, generator.next() as u8),
        4 => {
            // A number of any width at its largest.
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
