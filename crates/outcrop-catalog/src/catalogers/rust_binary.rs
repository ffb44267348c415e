//! Rust programs built with `cargo auditable`: the crates that went into them.
//!
//! Source: the project's `PARSING.md` and its JSON schema (`cargo-auditable.schema.json`): section
//! `.dep-v0`, compressed with zlib, a JSON object of `packages` with name, version, source, kind
//! and whether it is the program itself. What only the build needed (`kind` is `build`) is not in
//! the program. Only ELF is read; programs for Windows and macOS are not.

use std::io::Read as _;

use flate2::read::ZlibDecoder;
use outcrop_image::{Analyser, Analysis, CandidateFile, FileFacts};
use outcrop_model::{PackageKind, ProblemKind};
use serde::Deserialize;

use crate::elf::{self, Elf};
use crate::findings::Findings;
use crate::json::{List, Object, Text};

/// Largest program that is looked into, in bytes.
const MAX_PROGRAM_BYTES: u64 = 2 << 30;
/// Largest compressed record, in bytes; programs of a thousand crates have some 20 KiB.
const MAX_PACKED_BYTES: u64 = 4 << 20;
/// Largest record, in bytes, as large as the project's own reader takes.
const MAX_RECORD_BYTES: u64 = 8 << 20;

/// Reads what Rust programs were built from.
pub(super) struct RustBinary;

impl Analyser for RustBinary {
    fn id(&self) -> &'static str {
        "rust-binary"
    }

    fn version(&self) -> u32 {
        1
    }

    fn wants(&self, file: &FileFacts<'_>) -> Option<u64> {
        elf::is_elf(file.head).then_some(MAX_PROGRAM_BYTES)
    }

    fn analyse(&self, file: &CandidateFile<'_>) -> Analysis {
        let mut findings = Findings::new(self.id(), file.path);
        // That a program is broken or packed is told by the reader of Go programs, which looks at
        // the same files.
        if let Ok(Some(elf)) = Elf::read(file)
            && let Some(section) = elf.section(".dep-v0")
        {
            if section.size > MAX_PACKED_BYTES {
                findings.problem(
                    ProblemKind::TooLarge,
                    format!(
                        "its list of crates is larger than what is read, in bytes: {}",
                        section.size
                    ),
                );
            } else if let Some(record) = record(file, section, &mut findings) {
                crates(file, &record, &mut findings);
            }
        }
        findings.finish()
    }
}

/// The record as it was before it was compressed.
fn record(
    file: &CandidateFile<'_>,
    section: &elf::Section,
    findings: &mut Findings<'_>,
) -> Option<Vec<u8>> {
    let packed = match file.read_at(section.offset, section.size as usize) {
        Ok(packed) => packed,
        Err(error) => {
            findings.problem(
                ProblemKind::Truncated,
                format!("its list of crates cannot be read: {error}"),
            );
            return None;
        }
    };
    let mut record = Vec::new();
    let read = ZlibDecoder::new(packed.as_slice())
        .take(MAX_RECORD_BYTES + 1)
        .read_to_end(&mut record);
    if read.is_err() {
        findings.problem(
            ProblemKind::Malformed,
            format!(
                "its list of crates cannot be unpacked, of bytes: {}",
                section.size
            ),
        );
        return None;
    }
    if record.len() as u64 > MAX_RECORD_BYTES {
        findings.problem(
            ProblemKind::TooLarge,
            format!("its list of crates unpacks to more bytes than are read: {MAX_RECORD_BYTES}"),
        );
        return None;
    }
    Some(record)
}

#[derive(Deserialize)]
struct Record {
    #[serde(default)]
    packages: List<Object<Crate>>,
}

#[derive(Deserialize)]
struct Crate {
    #[serde(default)]
    name: Text,
    #[serde(default)]
    version: Text,
    #[serde(default)]
    source: Text,
    #[serde(default)]
    kind: Text,
}

fn crates(file: &CandidateFile<'_>, record: &[u8], findings: &mut Findings<'_>) {
    let record = CandidateFile::whole(file.path, record);
    let Some(record) = findings.json::<Record>(&record) else {
        return;
    };
    for package in record
        .packages
        .0
        .iter()
        .filter_map(|package| package.0.as_ref())
    {
        if package.kind.as_str() == "build" {
            continue;
        }
        let added = findings.add(
            PackageKind::Cargo,
            package.name.as_str(),
            package.version.as_str(),
        );
        if let Some(added) = added {
            added.place = Some(file.path.to_owned());
            // `git+https://…#revision`; the others are from a registry or of the project itself.
            if let Some(address) = package.source.as_str().strip_prefix("git+") {
                let address = format!("git+{address}");
                added.qualifiers.insert("vcs_url".to_owned(), address);
            }
        }
    }
}

#[cfg(test)]
#[path = "rust_binary_tests.rs"]
mod tests;
