//! The manifest of chiselled Ubuntu images: packages, and the files of their slices.

use std::io::{self, BufRead, BufReader, Read};

use outcrop_image::{Analysis, CandidateFile};
use outcrop_model::{PackageKind, ProblemKind};
use serde::Deserialize;

use crate::findings::Findings;
use crate::json::Text;
use crate::owned_files::OwnedFiles;
use crate::problems::MAX_COUNTED;

/// Largest manifest that is read; that of an image with Python has about 100 kB.
const MAX_BYTES: u64 = 4 << 20;
/// Largest manifest when decompressed.
const MAX_PLAIN_BYTES: u64 = 16 << 20;
/// Longest line; the longest hold one path.
const MAX_LINE_BYTES: u64 = 64 << 10;
/// Largest window of the compression, as a power of 2: the 8 MiB that RFC 8878, 3.1.1.1.2, would
/// have every decoder allow, and that Chisel's own compression takes.
const MAX_WINDOW: u32 = 23;

pub(in crate::catalogers) const MANIFEST: &str = "var/lib/chisel/manifest.wall";
const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// One line, as far as it is looked at.
#[derive(Default, Deserialize)]
struct Line {
    #[serde(default)]
    kind: Text,
    #[serde(default)]
    name: Text,
    #[serde(default)]
    version: Text,
    #[serde(default)]
    arch: Text,
    /// Of a line of kind `content`: `<package>_<name of the slice>`.
    #[serde(default)]
    slice: Text,
    #[serde(default)]
    path: Text,
}

/// How much is read of a file of that name; `None` where it is no manifest.
pub(in crate::catalogers) fn cap(name: &str) -> Option<u64> {
    (name == "manifest.wall").then_some(MAX_BYTES)
}

/// The packages that the manifest lists.
pub(super) fn packages(cataloger: &'static str, file: &CandidateFile<'_>) -> Analysis {
    let mut findings = Findings::new(cataloger, file.path);
    if !file.whole {
        findings.problem(ProblemKind::Truncated, "the manifest is cut off");
    }
    if !file.bytes.starts_with(&ZSTD_MAGIC) {
        findings.problem(
            ProblemKind::Malformed,
            "not a manifest of Chisel: it is not compressed by zstd",
        );
        return findings.finish();
    }
    let mut refused = 0;
    let end = lines(file.bytes, &mut |line| {
        if line.kind.as_str() == "package" {
            let (name, version) = (line.name.as_str(), line.version.as_str());
            match findings.add(PackageKind::Deb, name, version) {
                Some(package) => {
                    package.architecture = line.arch.0.filter(|text| !text.is_empty());
                }
                None => refused += 1,
            }
        }
        refused < MAX_COUNTED
    });
    for (kind, message) in end {
        findings.problem(kind, message);
    }
    findings.finish()
}

/// The files that the slices of each package brought; what is wrong with the manifest itself,
/// [`packages`] says.
pub(in crate::catalogers) fn owned_files(file: &CandidateFile<'_>) -> Analysis {
    let mut owned = OwnedFiles::default();
    lines(file.bytes, &mut |line| {
        // Neither names of packages nor those of slices have an underscore.
        match line.slice.as_str().split_once('_') {
            Some((package, _))
                if line.kind.as_str() == "content" && !line.path.as_str().ends_with('/') =>
            {
                owned.add(package, line.path.as_str())
            }
            _ => true,
        }
    });
    owned.finish()
}

/// Hands over the lines of a manifest until it is told that there are enough; what is wrong with
/// it.
fn lines(bytes: &[u8], each: &mut dyn FnMut(Line) -> bool) -> Vec<(ProblemKind, String)> {
    let mut damaged = 0;
    let end = try_lines(bytes, &mut |line| match line {
        Some(line) => each(line),
        None => {
            damaged += 1;
            damaged < MAX_COUNTED
        }
    });
    let mut problems = Vec::new();
    if damaged > 0 {
        problems.push((
            ProblemKind::Malformed,
            format!("lines of the manifest that cannot be read: {damaged}"),
        ));
    }
    match end {
        Err(error) => problems.push((
            ProblemKind::Malformed,
            format!("the manifest cannot be decompressed: {error}"),
        )),
        Ok(0) => problems.push((
            ProblemKind::TooLarge,
            format!("the manifest is larger than is read: {MAX_PLAIN_BYTES} bytes"),
        )),
        Ok(_) => {}
    }
    problems
}

/// [`lines`], those that are no JSON object as `None`; how many bytes might still be read.
fn try_lines(bytes: &[u8], each: &mut dyn FnMut(Option<Line>) -> bool) -> io::Result<u64> {
    let mut decoder = zstd::Decoder::with_buffer(bytes)?;
    decoder.window_log_max(MAX_WINDOW)?;
    let mut plain = BufReader::new(decoder.take(MAX_PLAIN_BYTES));
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = (&mut plain)
            .take(MAX_LINE_BYTES)
            .read_until(b'\n', &mut line)?;
        let go_on = if read as u64 == MAX_LINE_BYTES && !line.ends_with(b"\n") {
            plain.skip_until(b'\n')?;
            each(None)
        } else {
            line.trim_ascii().is_empty() || each(serde_json::from_slice(&line).ok())
        };
        if read == 0 || !go_on {
            return Ok(plain.into_inner().limit());
        }
    }
}

#[cfg(test)]
#[path = "chisel_tests.rs"]
mod tests;
