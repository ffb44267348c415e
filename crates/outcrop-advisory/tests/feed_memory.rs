//! Feeds of the size of real ones and beyond, made while they are read: how much memory they take.
//!
//! One test in a process of its own, since what is measured is the process.

use std::fmt::Write as _;
use std::io::{BufReader, Read};
use std::ops::ControlFlow;

use outcrop_advisory::feeds::{FeedContent, Sink, debian_tracker, kev};

/// Bytes that come piece by piece.
struct Pieces<F> {
    next: F,
    piece: Vec<u8>,
    at: usize,
}

impl<F: FnMut() -> Option<Vec<u8>>> Read for Pieces<F> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        while self.at == self.piece.len() {
            let Some(piece) = (self.next)() else {
                return Ok(0);
            };
            (self.piece, self.at) = (piece, 0);
        }
        let count = buffer.len().min(self.piece.len() - self.at);
        buffer[..count].copy_from_slice(&self.piece[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}

fn pieces(next: impl FnMut() -> Option<Vec<u8>>) -> BufReader<impl Read> {
    BufReader::new(Pieces {
        next,
        piece: Vec::new(),
        at: 0,
    })
}

/// Most memory that this process has had, in MiB; `proc(5)`, `VmHWM`.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes / 1_024)
}

/// Records or entries, and problems.
fn counted(read: impl FnOnce(&mut Sink<'_>) -> ControlFlow<()>) -> (usize, Vec<String>) {
    let (mut given, mut problems) = (0, Vec::new());
    let _ = read(&mut |content| {
        match content {
            FeedContent::Problem(problem) => problems.push(problem.to_string()),
            _ => given += 1,
        }
        ControlFlow::Continue(())
    });
    (given, problems)
}

/// A tracker as large as Debian's: 3,500 source packages with 30 CVEs each, 45,000 in all.
fn tracker() -> BufReader<impl Read> {
    let mut source = 0_u32;
    pieces(move || {
        if source > 3_500 {
            return None;
        }
        let mut text = String::from(if source == 0 { "{" } else { "" });
        if source == 3_500 {
            text.push('}');
        } else {
            let comma = if source == 0 { "" } else { "," };
            let _ = write!(text, "{comma}\"source-{source}\": {{");
            for number in 0..30 {
                let cve = 10_000 + (source * 13 + number * 1_499) % 45_000;
                let comma = if number == 0 { "" } else { "," };
                let words = "of a fault in the handling of a length ".repeat(5);
                let release = |name: &str| {
                    format!(
                        "\"{name}\": {{\"status\": \"resolved\", \"repositories\": {{\"{name}\": \"1.2.{number}-3\"}}, \"fixed_version\": \"1.2.{number}-3\", \"urgency\": \"not yet assigned\"}}"
                    )
                };
                let releases = ["bullseye", "bookworm", "trixie", "sid"]
                    .map(release)
                    .join(", ");
                let _ = write!(
                    text,
                    "{comma}\"CVE-2026-{cve}\": {{\"scope\": \"remote\", \"description\": \"{words}\", \"releases\": {{{releases}}}}}"
                );
            }
            text.push('}');
        }
        source += 1;
        Some(text.into_bytes())
    })
}

#[test]
fn feeds_take_the_memory_of_what_they_say() {
    let Some(before) = peak() else {
        return;
    };
    // An entry of 1 GiB costs itself alone, and no memory.
    let mut left = 1_024 + 2;
    let huge = pieces(move || {
        left -= 1;
        match left {
            1_025 => Some(b"{\"catalogVersion\": \"1\", \"vulnerabilities\": [\"".to_vec()),
            0 => Some(b"\", {\"cveID\": \"CVE-2026-1000\"}]}".to_vec()),
            1.. => Some(vec![b'x'; 1 << 20]),
            _ => None,
        }
    });
    assert_eq!(
        counted(|sink| kev::read(huge, sink)),
        (
            1,
            vec!["`vulnerabilities/0`: it is larger than 65536 bytes".to_owned()]
        )
    );
    let after = peak().unwrap_or(u64::MAX) - before;
    assert!(after < 16, "an entry of 1 GiB took {after} MiB");

    let (records, problems) = counted(|sink| debian_tracker::read(tracker(), sink));
    assert_eq!(problems, [""; 0]);
    assert!((40_000..=45_000).contains(&records), "{records}");
    let after = peak().unwrap_or(u64::MAX) - before;
    assert!(after < 128, "a tracker took {after} MiB");
}
