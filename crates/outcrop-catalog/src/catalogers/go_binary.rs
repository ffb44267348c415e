//! Go programs: the modules that the linker wrote into them.
//!
//! Source: Go's `debug/buildinfo` (`buildinfo.go`: the header, both of its forms, where it lies)
//! and `runtime/debug` (`mod.go`: `BuildInfo.String`, the text of the modules). Only ELF is read;
//! programs for Windows and macOS are not.
//!
//! A program built outside of a module records its own path alone, and neither a version of it nor
//! what else it was built from.

use outcrop_image::{Analyser, Analysis, CandidateFile, FileFacts, FileProblem, Observation};
use outcrop_model::{Certainty, Evidence, Package, PackageKind, ProblemKind};

use crate::elf::{self, Elf, ElfError};

/// Largest program that is looked into, in bytes.
const MAX_PROGRAM_BYTES: u64 = 2 << 30;
/// How much of a data segment is searched where no section tells the place, in bytes.
const MAX_SEARCHED_BYTES: u64 = 64 << 20;
/// Bytes searched at a time.
const SEARCHED_AT_A_TIME: usize = 1 << 20;
/// Longest text of the modules, in bytes; that of Kubernetes has 30 KiB.
const MAX_MODULES_BYTES: u64 = 4 << 20;
/// Most modules of one program.
const MAX_MODULES: usize = 10_000;
/// Longest path or version of a module, in bytes.
const MAX_VALUE_BYTES: usize = 1_024;
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
        1
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
                Modules::new(file.path, &compiler).read(&modules)
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
#[derive(Clone)]
struct Module {
    path: String,
    version: String,
    certainty: Certainty,
}

struct Modules<'a> {
    program: &'a str,
    /// The path of the main package.
    path: String,
    main: Option<Module>,
    others: Vec<Module>,
    /// What `-X` of the linker's flags sets that is called a version.
    flagged: Option<String>,
    revision: String,
    time: String,
    too_many: usize,
    too_long: usize,
}

impl<'a> Modules<'a> {
    fn new(program: &'a str, compiler: &str) -> Self {
        // `go1.22.1 X:boringcrypto`, `devel go1.23-abcdef Mon Jan 1`
        let version = compiler
            .split_whitespace()
            .find_map(|word| word.strip_prefix("go"))
            .unwrap_or_default();
        Self {
            program,
            path: String::new(),
            main: None,
            others: vec![Module {
                path: "stdlib".into(),
                version: shortened(version),
                certainty: Certainty::Recorded,
            }],
            flagged: None,
            revision: String::new(),
            time: String::new(),
            too_many: 0,
            too_long: 0,
        }
    }

    fn read(mut self, text: &str) -> Analysis {
        let mut last_is_main = false;
        for line in text.lines() {
            let (key, value) = line.split_once('\t').unwrap_or((line, ""));
            let mut columns = value.split('\t');
            let (path, version) = (
                columns.next().unwrap_or_default(),
                columns.next().unwrap_or_default(),
            );
            if path.len().max(version.len()) > MAX_VALUE_BYTES && key != "build" {
                self.too_long += 1;
                continue;
            }
            let module = Module {
                path: path.into(),
                // What was built from a working copy has no version.
                version: if version == "(devel)" { "" } else { version }.into(),
                certainty: Certainty::Recorded,
            };
            match key {
                "path" => self.path = path.into(),
                "mod" => {
                    self.main = Some(module);
                    last_is_main = true;
                }
                "dep" if self.others.len() > MAX_MODULES => {
                    self.too_many += 1;
                    last_is_main = false;
                }
                "dep" => {
                    self.others.push(module);
                    last_is_main = false;
                }
                "=>" if self.too_many == 0 => {
                    let last = match &mut self.main {
                        Some(main) if last_is_main => Some(main),
                        _ if self.others.len() > 1 => self.others.last_mut(),
                        _ => None,
                    };
                    if let Some(last) = last {
                        replace(last, module);
                    }
                }
                "build" => self.setting(value),
                _ => {}
            }
        }
        self.finish()
    }

    fn setting(&mut self, setting: &str) {
        let (key, value) = setting.split_once('=').unwrap_or((setting, ""));
        match key {
            "-ldflags" => self.flagged = version_of_flags(value),
            "vcs.revision" => self.revision = shortened(value),
            "vcs.time" => self.time = shortened(value),
            _ => {}
        }
    }

    fn finish(mut self) -> Analysis {
        // Names that the compiler gives to packages outside of any module.
        let nameless = |path: &str| path.is_empty() || path.starts_with(['_', '.', '/']);
        if self.main.is_none() && !nameless(&self.path) && self.path != "command-line-arguments" {
            self.main = Some(Module {
                path: std::mem::take(&mut self.path),
                version: String::new(),
                certainty: Certainty::Recorded,
            });
        }
        if let Some(main) = self.main.as_mut().filter(|main| main.version.is_empty()) {
            if let Some(version) = self.flagged {
                // A module's version begins so; builds often leave the letter out.
                main.version = format!("v{}", version.trim_start_matches('v'));
                main.certainty = Certainty::Inferred("the flags of the build".into());
            } else if let Some(version) = pseudo_version(&self.time, &self.revision) {
                main.version = version;
                main.certainty = Certainty::Inferred("the revision it was built from".into());
            }
        }
        let installed = self
            .main
            .into_iter()
            .chain(self.others)
            .filter(|module| !module.path.is_empty())
            .map(|module| {
                let evidence = Evidence {
                    cataloger: GoBinary.id().into(),
                    path: self.program.into(),
                };
                let mut package =
                    Package::new(PackageKind::Golang, module.path, module.version, evidence);
                package.place = Some(self.program.into());
                package.certainty = module.certainty;
                package
            })
            .collect();
        let mut problems = Vec::new();
        if self.too_many > 0 {
            problems.push(FileProblem::new(
                ProblemKind::TooLarge,
                format!(
                    "modules beyond the first {MAX_MODULES} are left out: {}",
                    self.too_many
                ),
            ));
        }
        if self.too_long > 0 {
            problems.push(FileProblem::new(
                ProblemKind::Malformed,
                format!(
                    "modules with a name or version over {MAX_VALUE_BYTES} bytes are left out: {}",
                    self.too_long
                ),
            ));
        }
        Analysis {
            observation: Some(Observation::Packages {
                installed,
                leftovers: Vec::new(),
            }),
            problems,
        }
    }
}

/// A module gives way to another one; to a folder of the machine it was built on only in content.
fn replace(module: &mut Module, by: Module) {
    if by.version.is_empty() {
        module.certainty = Certainty::Inferred("the module that a folder stood in for".into());
    } else {
        *module = by;
    }
}

fn shortened(value: &str) -> String {
    value[..value.floor_char_boundary(MAX_VALUE_BYTES)].to_owned()
}

/// The version that `-X importpath.name=value` sets, as `cmd/link` documents the flag; one of the
/// main package's own variables before all others.
fn version_of_flags(flags: &str) -> Option<String> {
    let mut found = None;
    for word in
        flags.split(|character: char| character.is_whitespace() || "\"'\\".contains(character))
    {
        let Some((variable, value)) = word.split_once('=') else {
            continue;
        };
        let (package, name) = variable.rsplit_once('.').unwrap_or_default();
        let name = name.to_ascii_lowercase();
        if value.len() <= MAX_VALUE_BYTES
            && matches!(
                name.as_str(),
                "version" | "gitversion" | "buildversion" | "appversion" | "ver" | "tag" | "gittag"
            )
            && is_version(value)
        {
            if package == "main" {
                return Some(value.to_owned());
            }
            found = found.or_else(|| Some(value.to_owned()));
        }
    }
    found
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
