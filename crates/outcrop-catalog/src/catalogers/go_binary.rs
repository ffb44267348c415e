//! Go programs: the modules that the linker wrote into them.
//!
//! Source: Go's `debug/buildinfo` (`buildinfo.go`: the header, both of its forms, where it lies)
//! and `runtime/debug` (`mod.go`: `BuildInfo.String`, the text of the modules). Only ELF is read;
//! programs for Windows and macOS are not.
//!
//! A program built outside of a module records its own path alone, and neither a version of it nor
//! what else it was built from. With `-trimpath` Go does not record the flags of the linker either,
//! which else tell what version was set: texts of the program that look like one are no record.

use outcrop_image::{Analyser, Analysis, CandidateFile, FileFacts, FileProblem};
use outcrop_model::{Certainty, Licence, PackageKind, ProblemKind};

use crate::elf::{self, Elf, ElfError};
use crate::findings::Findings;

/// Largest program that is looked into, in bytes.
const MAX_PROGRAM_BYTES: u64 = 2 << 30;
/// How much of a data segment is searched where no section tells the place, in bytes.
const MAX_SEARCHED_BYTES: u64 = 64 << 20;
/// Bytes searched at a time.
const SEARCHED_AT_A_TIME: usize = 1 << 20;
/// Longest text of the modules, in bytes; that of Kubernetes has 30 KiB.
const MAX_MODULES_BYTES: u64 = 4 << 20;
/// Bytes at the start of a program in which the packer UPX leaves its mark (`l_info` in its
/// `src/stub/src/include/linux.h`).
const MARKED_BYTES: usize = 1_024;

const MAGIC: &[u8] = b"\xff Go buildinf:";
const HEADER_BYTES: u64 = 32;
/// `buildInfoAlign`.
const ALIGNMENT: usize = 16;

/// Reads what Go programs were built from.
pub(super) struct GoBinary;

impl Analyser for GoBinary {
    fn id(&self) -> &'static str {
        "go-binary"
    }

    fn version(&self) -> u32 {
        2
    }

    fn wants(&self, file: &FileFacts<'_>) -> Option<u64> {
        elf::is_elf(file.head).then_some(MAX_PROGRAM_BYTES)
    }

    fn analyse(&self, file: &CandidateFile<'_>) -> Analysis {
        if is_packed(file.bytes) {
            return problem(
                ProblemKind::Unsupported,
                "packed with UPX, so its modules are not read",
            );
        }
        let recorded = Elf::read(file).and_then(|elf| match elf {
            Some(elf) => recorded(&elf, file),
            None => Ok(None),
        });
        match recorded {
            Ok(Some(Recorded { compiler, modules })) if !compiler.is_empty() => {
                let mut findings = Findings::new(self.id(), file.path);
                Modules::read(&compiler, &modules).packages(&mut findings, file.path);
                findings.finish()
            }
            Ok(Some(_)) => problem(
                ProblemKind::Malformed,
                "a Go program whose list of modules leads nowhere",
            ),
            Ok(None) => Analysis::default(),
            Err(error) => Analysis {
                observation: None,
                problems: vec![error.into_problem()],
            },
        }
    }
}

fn problem(kind: ProblemKind, message: &str) -> Analysis {
    Analysis {
        observation: None,
        problems: vec![FileProblem::new(kind, message)],
    }
}

/// Whether the start of a program bears the mark of the packer UPX.
pub(super) fn is_packed(bytes: &[u8]) -> bool {
    elf::is_elf(bytes)
        && bytes[..bytes.len().min(MARKED_BYTES)]
            .windows(4)
            .any(|window| window == b"UPX!")
}

/// What the linker wrote.
struct Recorded {
    /// As `go1.19.8`.
    compiler: String,
    /// The text of the modules; empty where none is recorded.
    modules: String,
}

fn recorded(elf: &Elf, file: &CandidateFile<'_>) -> Result<Option<Recorded>, ElfError> {
    let (start, size) = match (elf.section(".go.buildinfo"), elf.data_segment()) {
        (Some(section), _) => (section.address, section.size),
        (None, Some(segment)) => (segment.address, segment.size),
        (None, None) => return Ok(None),
    };
    let Some(address) = search(elf, file, start, size)? else {
        return Ok(None);
    };
    let header = elf.at_address(file, address, HEADER_BYTES)?;
    let (compiler, modules) = match header.get(14..16) {
        Some([_, flags]) if flags & 2 != 0 => {
            let (compiler, after) = inline(elf, file, address.saturating_add(HEADER_BYTES))?;
            (compiler, inline(elf, file, after)?.0)
        }
        Some([width @ (4 | 8), flags]) => {
            let words = Words {
                elf,
                file,
                width: usize::from(*width),
                big_endian: flags & 1 != 0,
            };
            let compiler = elf::number(&header, 16, words.width, words.big_endian);
            let modules = elf::number(&header, 16 + words.width, words.width, words.big_endian);
            (words.text(compiler)?, words.text(modules)?)
        }
        _ => (Vec::new(), Vec::new()),
    };
    // The text stands between two marks of 16 bytes, by which a debugger finds it.
    let modules = match modules.len().checked_sub(17) {
        Some(end) if modules[end] == b'\n' => modules.get(16..=end).unwrap_or_default(),
        _ => &[],
    };
    Ok(Some(Recorded {
        compiler: String::from_utf8_lossy(&compiler).into_owned(),
        modules: String::from_utf8_lossy(modules).into_owned(),
    }))
}

/// The address of the header, in `size` bytes from `start` on.
fn search(
    elf: &Elf,
    file: &CandidateFile<'_>,
    start: u64,
    size: u64,
) -> Result<Option<u64>, ElfError> {
    let end = start.saturating_add(size.min(MAX_SEARCHED_BYTES));
    let mut address = start;
    while address < end {
        let length = (SEARCHED_AT_A_TIME as u64).min(end - address);
        let bytes = elf.at_address(file, address, length)?;
        if bytes.is_empty() {
            return Ok(None);
        }
        // Aligned, so it lies in one piece whole.
        if let Some(piece) = bytes
            .chunks(ALIGNMENT)
            .position(|piece| piece.starts_with(MAGIC))
        {
            return Ok(Some(address + (piece * ALIGNMENT) as u64));
        }
        address += bytes.len() as u64;
    }
    Ok(None)
}

/// Text behind its length (`encoding/binary`, `Uvarint`), and the address after it.
fn inline(elf: &Elf, file: &CandidateFile<'_>, address: u64) -> Result<(Vec<u8>, u64), ElfError> {
    let bytes = elf.at_address(file, address, 10)?;
    let mut length = 0_u64;
    for (index, byte) in bytes.iter().enumerate() {
        length |= u64::from(byte & 0x7f)
            .checked_shl(7 * index as u32)
            .unwrap_or(0);
        if byte & 0x80 == 0 {
            let start = address.saturating_add(index as u64 + 1);
            let text = exactly(elf, file, start, length)?;
            return Ok((text, start.saturating_add(length)));
        }
    }
    Ok((Vec::new(), address))
}

/// The bytes at an address if all of them are there; else none.
fn exactly(
    elf: &Elf,
    file: &CandidateFile<'_>,
    address: u64,
    length: u64,
) -> Result<Vec<u8>, ElfError> {
    if length > MAX_MODULES_BYTES {
        let what = "modules, in bytes,";
        return Err(ElfError::TooMany {
            what,
            count: length,
        });
    }
    let bytes = elf.at_address(file, address, length)?;
    Ok(if bytes.len() as u64 == length {
        bytes
    } else {
        Vec::new()
    })
}

/// Numbers as wide as an address of the program.
struct Words<'a> {
    elf: &'a Elf,
    file: &'a CandidateFile<'a>,
    width: usize,
    big_endian: bool,
}

impl Words<'_> {
    /// The text of a Go string, which is an address and a length.
    fn text(&self, address: u64) -> Result<Vec<u8>, ElfError> {
        let string = self
            .elf
            .at_address(self.file, address, 2 * self.width as u64)?;
        let start = elf::number(&string, 0, self.width, self.big_endian);
        let length = elf::number(&string, self.width, self.width, self.big_endian);
        exactly(self.elf, self.file, start, length)
    }
}

/// A module as a line of the text tells it.
struct Module {
    path: String,
    version: String,
    certainty: Certainty,
}

impl Module {
    fn recorded(path: &str, version: &str) -> Self {
        Self {
            path: path.to_owned(),
            // What was built from a working copy has no version.
            version: if version == "(devel)" { "" } else { version }.to_owned(),
            certainty: Certainty::Recorded,
        }
    }

    /// A module gives way to another one; to a folder of the machine it was built on only in
    /// content.
    fn replace(&mut self, by: Self) {
        if by.version.is_empty() {
            self.certainty = Certainty::Inferred("the module that a folder stood in for".into());
        } else {
            *self = by;
        }
    }
}

#[derive(Default)]
struct Modules<'a> {
    /// The compiler, which is the version of the standard library.
    compiler: &'a str,
    /// The path of the main package.
    path: &'a str,
    main: Option<Module>,
    others: Vec<Module>,
    /// The flags of the linker.
    flags: &'a str,
    revision: &'a str,
    time: &'a str,
}

impl<'a> Modules<'a> {
    fn read(compiler: &'a str, text: &'a str) -> Self {
        let mut modules = Self {
            // `go1.22.1 X:boringcrypto`, `devel go1.23-abcdef Mon Jan 1`
            compiler: compiler
                .split_whitespace()
                .find_map(|word| word.strip_prefix("go"))
                .unwrap_or_default(),
            ..Self::default()
        };
        for line in text.lines() {
            let (key, value) = line.split_once('\t').unwrap_or((line, ""));
            let mut columns = value.split('\t');
            let (path, version) = (
                columns.next().unwrap_or_default(),
                columns.next().unwrap_or_default(),
            );
            let module = Module::recorded(path, version);
            match key {
                "path" => modules.path = path,
                "mod" => modules.main = Some(module),
                "dep" => modules.others.push(module),
                "=>" => {
                    // The main module comes before all others.
                    if let Some(last) = modules.others.last_mut().or(modules.main.as_mut()) {
                        last.replace(module);
                    }
                }
                "build" => modules.setting(value),
                _ => {}
            }
        }
        modules
    }

    fn setting(&mut self, setting: &'a str) {
        let (key, value) = setting.split_once('=').unwrap_or((setting, ""));
        match key {
            "-ldflags" => self.flags = value,
            "vcs.revision" => self.revision = value,
            "vcs.time" => self.time = value,
            _ => {}
        }
    }

    fn main(&mut self) -> Option<Module> {
        // Names that the compiler gives to packages outside of any module.
        let nameless = self.path.is_empty() || self.path.starts_with(['_', '.', '/']);
        let outside = !nameless && self.path != "command-line-arguments";
        let of_path = || outside.then(|| Module::recorded(self.path, ""));
        let mut main = self.main.take().or_else(of_path)?;
        if main.version.is_empty() {
            let inferred = if let Some(version) = version_of_flags(self.flags, &main.path) {
                // A module's version begins so; builds often leave the letter out.
                let version = format!("v{}", version.trim_start_matches('v'));
                Some((version, "the flags of the build"))
            } else if let Some(version) = pseudo_version(self.time, self.revision) {
                Some((version, "the revision it was built from"))
            } else {
                main.path
                    .starts_with("cmd/")
                    .then(|| (self.compiler.to_owned(), "the compiler that it comes with"))
            };
            if let Some((version, from)) = inferred {
                main.version = version;
                main.certainty = Certainty::Inferred(from.to_owned());
            }
        }
        Some(main)
    }

    fn packages(mut self, findings: &mut Findings<'_>, program: &str) {
        let main = self.main();
        let stdlib = Module::recorded("stdlib", self.compiler);
        let modules = main.into_iter().chain([stdlib]).chain(self.others);
        for module in modules.filter(|module| !module.path.is_empty()) {
            let (kind, path, version) = (PackageKind::Golang, &module.path, &module.version);
            if let Some(package) = findings.add_whatever_version(kind, path, version) {
                package.place = Some(program.to_owned());
                package.certainty = module.certainty;
                if package.name == "stdlib" {
                    // The file `LICENSE` of Go.
                    package.licences = vec![Licence::Spdx("BSD-3-Clause".to_owned())];
                }
            }
        }
    }
}

/// Names of variables that hold the version of a program.
const VERSION_VARIABLES: &[&str] = &[
    "version",
    "gitversion",
    "buildversion",
    "appversion",
    "ver",
    "tag",
    "gittag",
];

/// The version that `-X importpath.name=value` sets, as `cmd/link` documents the flag: in the main
/// package before others of the module, and these before those of other modules, whose version it
/// may be.
fn version_of_flags<'a>(flags: &'a str, module: &str) -> Option<&'a str> {
    let mut words = flags
        .split(|character: char| character.is_whitespace() || "\"'\\".contains(character))
        .filter(|word| !word.is_empty());
    let mut found = Vec::new();
    while let Some(word) = words.next() {
        let definition = match word {
            "-X" | "--X" => words.next(),
            _ => ["-X=", "--X="]
                .iter()
                .find_map(|flag| word.strip_prefix(flag)),
        };
        let Some((variable, value)) = definition.and_then(|text| text.split_once('=')) else {
            continue;
        };
        let (package, name) = variable.rsplit_once('.').unwrap_or_default();
        let is_wanted = VERSION_VARIABLES
            .iter()
            .any(|known| known.eq_ignore_ascii_case(name));
        if is_wanted && is_version(value) {
            let in_module = package
                .strip_prefix(module)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
            let distance = match (package, in_module) {
                ("main", _) => 0,
                (_, true) => 1,
                (_, false) => 2,
            };
            found.push((distance, value));
        }
    }
    let nearest = found.into_iter().min_by_key(|(distance, _)| *distance);
    nearest.map(|(_, version)| version)
}

/// `1.2`, `v1.2.3-rc1`.
fn is_version(text: &str) -> bool {
    let text = text.strip_prefix('v').unwrap_or(text);
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let mut parts = text.split(['.', '-', '+']);
    text.contains('.') && parts.next().is_some_and(is_number) && parts.next().is_some_and(is_number)
}

/// `v0.0.0-20230405101112-abcdefabcdef`: "Pseudo-versions" of the Go Modules Reference.
fn pseudo_version(time: &str, revision: &str) -> Option<String> {
    let digits: String = time.chars().filter(char::is_ascii_digit).collect();
    let revision = revision.get(..12)?;
    (digits.len() == 14 && time.ends_with('Z') && revision.bytes().all(|b| b.is_ascii_hexdigit()))
        .then(|| format!("v0.0.0-{digits}-{revision}"))
}

#[cfg(test)]
#[path = "go_binary_tests.rs"]
mod tests;
