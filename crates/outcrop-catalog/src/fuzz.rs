//! Mutation loops over fixtures: whatever bytes come, a cataloger neither panics nor hangs nor takes
//! memory without end, neither while it looks at the file nor while it concludes from it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use outcrop_image::{
    Analyser, Analysis, CandidateFile, Conclusion, FileFacts, Root, View, preview,
};

/// Rounds of one loop; `OUTCROP_FUZZ_ROUNDS` asks for more.
const ROUNDS: u64 = 10_000;
/// Longest that one round may take.
const LONGEST: Duration = Duration::from_secs(1);
/// How often it is looked whether a round takes longer.
const LOOK: Duration = Duration::from_millis(100);
/// Most memory of one round, in bytes, as far as it comes from Rust's allocator: the fixtures have
/// at most some 100 kB, so what takes more was led to by a number in the file.
const MAX_MEMORY_BYTES: u64 = 16 << 20;

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
pub(crate) fn survives(cataloger: &'static dyn Analyser, path: &str, bytes: &[u8]) {
    survives_beside(cataloger, &[], path, bytes);
}

/// [`survives`] where other files, which stay as they are, lie in the same image.
pub(crate) fn survives_beside(
    cataloger: &'static dyn Analyser,
    neighbours: &[(&str, &[u8])],
    path: &str,
    bytes: &[u8],
) {
    let rounds = std::env::var("OUTCROP_FUZZ_ROUNDS")
        .ok()
        .and_then(|rounds| rounds.parse().ok())
        .unwrap_or(ROUNDS);
    let mut files: Vec<(String, Vec<u8>)> = neighbours
        .iter()
        .map(|(path, bytes)| ((*path).to_owned(), bytes.to_vec()))
        .collect();
    let (path, bytes) = (path.to_owned(), bytes.to_vec());
    let current = Arc::new(AtomicU64::new(0));
    let begun = Arc::clone(&current);
    watched(cataloger.id(), &current, move || {
        let mut generator = Generator(0x9e37_79b9_7f4a_7c15);
        for round in 0..rounds {
            begun.store(round, Ordering::Relaxed);
            let mut changed = bytes.clone();
            for _ in 0..=generator.below(4) {
                mutate(&mut changed, &mut generator);
            }
            files.push((path.clone(), changed));
            let shown = Shown {
                cataloger,
                path: &path,
                whole: generator.below(4) > 0,
            };
            let memory = allocation_counter::measure(|| drop(preview(&files, &[&shown])));
            assert!(
                memory.bytes_max <= MAX_MEMORY_BYTES,
                "it takes {} bytes of memory, allowed are {MAX_MEMORY_BYTES}",
                memory.bytes_max
            );
            files.pop();
        }
    });
}

/// Runs the rounds in a thread of their own, so that one that never ends fails its test instead of
/// keeping it.
fn watched(id: &str, current: &AtomicU64, rounds: impl FnOnce() + Send + 'static) {
    let (begin, begun) = channel();
    let worker = thread::spawn(move || {
        begin.send(Clock::of_this_thread()).unwrap();
        rounds();
        // Held until here: its end tells that of the rounds.
        drop(begin);
    });
    let clock = begun.recv().unwrap();
    let mut last = (0, clock.spent());
    while let Err(RecvTimeoutError::Timeout) = begun.recv_timeout(LOOK) {
        let now = (current.load(Ordering::Relaxed), clock.spent());
        if now.0 != last.0 {
            last = now;
        }
        assert!(
            now.1.saturating_sub(last.1) < LONGEST,
            "{id} takes longer than {LONGEST:?} in round {}",
            now.0
        );
    }
    let round = current.load(Ordering::Relaxed);
    assert!(worker.join().is_ok(), "{id} breaks in round {round}");
}

/// Tells for how long a thread has run: what others on the machine keep it waiting for counts only
/// where the system does not tell.
struct Clock {
    /// Nanoseconds on a processor first. Linux, `Documentation/scheduler/sched-stats.rst`.
    statistics: Option<String>,
    begin: Instant,
}

impl Clock {
    fn of_this_thread() -> Self {
        let thread = std::fs::read_link("/proc/thread-self").ok();
        Self {
            statistics: thread.map(|thread| format!("/proc/{}/schedstat", thread.display())),
            begin: Instant::now(),
        }
    }

    fn spent(&self) -> Duration {
        let statistics = self.statistics.as_ref().and_then(|path| {
            let text = std::fs::read_to_string(path).ok()?;
            text.split(' ').next()?.parse().ok()
        });
        statistics.map_or_else(|| self.begin.elapsed(), Duration::from_nanos)
    }
}

/// A cataloger that is shown every file, whatever it begins with, and only a part of some.
struct Shown<'a> {
    cataloger: &'static dyn Analyser,
    path: &'a str,
    whole: bool,
}

impl Analyser for Shown<'_> {
    fn id(&self) -> &'static str {
        self.cataloger.id()
    }

    fn version(&self) -> u32 {
        self.cataloger.version()
    }

    fn roots(&self) -> &'static [Root] {
        self.cataloger.roots()
    }

    fn wants(&self, _: &FileFacts<'_>) -> Option<u64> {
        Some(u64::MAX)
    }

    fn analyse(&self, file: &CandidateFile<'_>) -> Analysis {
        self.cataloger.analyse(&CandidateFile {
            whole: self.whole || file.path != self.path,
            ..*file
        })
    }

    fn conclude(&self, view: &View<'_>) -> Conclusion {
        self.cataloger.conclude(view)
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

mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::atomic::AtomicBool;

    use super::*;

    static LEAVE: AtomicBool = AtomicBool::new(false);

    /// One that breaks in the way that its name tells.
    struct Broken(&'static str);

    impl Broken {
        fn breaks(&self, how: &str) {
            if self.0 != how {
                return;
            }
            match how {
                "hangs" => {
                    while !LEAVE.load(Ordering::Relaxed) {
                        std::hint::spin_loop();
                    }
                }
                "swells" => drop(std::hint::black_box(vec![1_u8; 17 << 20])),
                _ => panic!("as it should"),
            }
        }
    }

    impl Analyser for Broken {
        fn id(&self) -> &'static str {
            self.0
        }

        fn version(&self) -> u32 {
            1
        }

        fn wants(&self, _: &FileFacts<'_>) -> Option<u64> {
            None
        }

        fn analyse(&self, _: &CandidateFile<'_>) -> Analysis {
            self.breaks("hangs");
            self.breaks("panics");
            Analysis::default()
        }

        fn conclude(&self, _: &View<'_>) -> Conclusion {
            self.breaks("swells");
            self.breaks("panics at the end");
            Conclusion::default()
        }
    }

    fn check(cataloger: &'static Broken, expected: &str) {
        let end = catch_unwind(AssertUnwindSafe(|| survives(cataloger, "a", b"a")));
        LEAVE.store(true, Ordering::Relaxed);
        let message = end.unwrap_err();
        let message = message.downcast_ref::<String>().unwrap();
        assert_eq!(message, expected);
    }

    #[test]
    fn what_breaks_is_named() {
        check(&Broken("hangs"), "hangs takes longer than 1s in round 0");
        check(&Broken("swells"), "swells breaks in round 0");
        check(&Broken("panics"), "panics breaks in round 0");
        check(
            &Broken("panics at the end"),
            "panics at the end breaks in round 0",
        );
    }
}
