//! The manifest of chiselled Ubuntu images: `var/lib/chisel/manifest.wall`.
//!
//! Source: Chisel's reference, "Chisel manifest" and "jsonwall": compressed by zstd, one JSON
//! object a line, the first of them the header. A line of kind `package` tells of one; its source
//! package is told by none.

use std::io::{BufRead, BufReader, Read};

use outcrop_image::{Analyser, Analysis, CandidateFile, Conclusion, FileFacts, Root, View};
use outcrop_model::{PackageKind, ProblemKind};
use serde::Deserialize;

use super::conclude_packages;
use crate::findings::Findings;
use crate::json::Text;

/// Largest manifest that is read; that of an image with Python has about 100 kB.
const MAX_BYTES: u64 = 16 << 20;
/// Largest manifest when decompressed.
pub(super) const MAX_PLAIN_BYTES: u64 = 128 << 20;
/// Longest line; the longest hold one path.
const MAX_LINE_BYTES: u64 = 64 << 10;
/// Largest window of the compression: 2 to this power.
const MAX_WINDOW: u32 = 27;

pub(super) const MANIFEST: &str = "var/lib/chisel/manifest.wall";
const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// One line, as far as it is looked at.
#[derive(Default, Deserialize)]
pub(super) struct Line {
    #[serde(default)]
    pub(super) kind: Text,
    #[serde(default)]
    name: Text,
    #[serde(default)]
    version: Text,
    #[serde(default)]
    arch: Text,
    /// Of a line of kind `content`: `<package>_<name of the slice>`.
    #[serde(default)]
    pub(super) slice: Text,
    #[serde(default)]
    pub(super) path: Text,
}

/// Reads the manifest of a chiselled image.
pub(super) struct Chisel;

impl Analyser for Chisel {
    fn id(&self) -> &'static str {
        "chisel"
    }

    fn version(&self) -> u32 {
        1
    }

    fn roots(&self) -> &'static [Root] {
        const { &[Root::file(MANIFEST)] }
    }

    fn wants(&self, file: &FileFacts<'_>) -> Option<u64> {
        is_manifest(file).then_some(MAX_BYTES)
    }

    fn analyse(&self, file: &CandidateFile<'_>) -> Analysis {
        let mut findings = Findings::new(self.id(), file.path);
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
        let mut damaged = 0;
        let end = lines(file.bytes, &mut |line| match line {
            Some(line) if line.kind.as_str() == "package" => {
                let (name, version) = (line.name.as_str(), line.version.as_str());
                if let Some(package) = findings.add(PackageKind::Deb, name, version) {
                    package.architecture = line.arch.0.filter(|text| !text.is_empty());
                }
            }
            Some(_) => {}
            None => damaged += 1,
        });
        if damaged > 0 {
            findings.problem(
                ProblemKind::Malformed,
                format!("lines of the manifest that cannot be read: {damaged}"),
            );
        }
        if let Err((kind, message)) = end {
            findings.problem(kind, message);
        }
        findings.finish()
    }

    fn conclude(&self, view: &View<'_>) -> Conclusion {
        let mut conclusion = Conclusion::default();
        if let Some(found) = view.file(MANIFEST) {
            conclude_packages(&found, &mut conclusion);
        }
        conclusion
    }
}

pub(super) fn is_manifest(file: &FileFacts<'_>) -> bool {
    file.folder_and_name().1 == "manifest.wall"
}

/// Hands over the lines of a manifest, those that are no JSON object as `None`; how it ended too
/// early, if it did.
pub(super) fn lines(
    bytes: &[u8],
    each: &mut dyn FnMut(Option<Line>),
) -> Result<(), (ProblemKind, String)> {
    let broken = |error: std::io::Error| {
        (
            ProblemKind::Malformed,
            format!("the manifest cannot be decompressed: {error}"),
        )
    };
    let mut decoder = zstd::Decoder::with_buffer(bytes).map_err(broken)?;
    decoder.window_log_max(MAX_WINDOW).map_err(broken)?;
    let mut plain = BufReader::new(decoder.take(MAX_PLAIN_BYTES));
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = (&mut plain)
            .take(MAX_LINE_BYTES)
            .read_until(b'\n', &mut line)
            .map_err(broken)?;
        if read == 0 {
            break;
        }
        if read as u64 == MAX_LINE_BYTES && !line.ends_with(b"\n") {
            plain.skip_until(b'\n').map_err(broken)?;
            each(None);
        } else if !line.trim_ascii().is_empty() {
            each(serde_json::from_slice(&line).ok());
        }
    }
    match plain.into_inner().limit() {
        0 => Err((
            ProblemKind::TooLarge,
            format!("the manifest is larger than is read: {MAX_PLAIN_BYTES} bytes"),
        )),
        _ => Ok(()),
    }
}

#[cfg(test)]
#[path = "chisel_tests.rs"]
mod tests;
