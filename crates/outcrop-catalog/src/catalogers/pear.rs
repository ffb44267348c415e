//! Packages of PEAR and extensions of PECL: `.registry/name.reg` and
//! `.registry/.channel.host/name.reg` in PHP's folder of libraries.
//!
//! Sources: `PEAR_Registry`, which writes the files: the parsed `package.xml` in the form of PHP's
//! `serialize` (PHP manual, `serialize`); the PEAR manual, "package.xml 2.0" and "package.xml 1.0"
//! (fields).
//!
//! The packages of PEAR's own channel are taken for those that the same people publish for Composer
//! under `pear/`, as advisories name them; that is custom, not rule, and their certainty says so. Those
//! of other channels are programs by the name of the channel's first word, as `pecl/imagick`.

use outcrop_image::{Analyser, Analysis, CandidateFile, FileFacts};
use outcrop_model::{Certainty, PackageKind, ProblemKind};

use super::folder_and_name;
use crate::findings::Findings;
use crate::licence::licences;

/// Largest file that is read; PEAR's own has 100 kB.
const MAX_BYTES: u64 = 4 << 20;
/// Deepest nesting of values; packages come to 10.
const MAX_DEPTH: usize = 32;
/// The channel that PEAR itself is from.
const OWN_CHANNEL: &str = "pear.php.net";

/// Reads the registries of PEAR.
pub(super) struct Pear;

impl Analyser for Pear {
    fn id(&self) -> &'static str {
        "pear"
    }

    fn version(&self) -> u32 {
        1
    }

    fn wants(&self, file: &FileFacts<'_>) -> Option<u64> {
        registry(file.path).map(|_| MAX_BYTES)
    }

    fn analyse(&self, file: &CandidateFile<'_>) -> Analysis {
        let mut findings = Findings::new(self.id(), file.path);
        let mut record = Record::default();
        let mut reader = Reader { rest: file.bytes };
        let complete = reader.value(&mut Vec::new(), &mut record).is_some();
        if !complete {
            findings.problem(
                ProblemKind::Malformed,
                format!(
                    "the record is not as PHP writes it from byte {}",
                    file.bytes.len() - reader.rest.len()
                ),
            );
        }
        // What is broken may end in the middle of what it tells.
        if complete || !record.name.is_empty() && !record.version.is_empty() {
            let is_own = record.channel.is_empty() || record.channel == OWN_CHANNEL;
            let (kind, name) = if is_own {
                let name = record.name.to_lowercase();
                (PackageKind::Composer, qualified("pear", &name))
            } else {
                let channel = record.channel.split('.').next().unwrap_or_default();
                (PackageKind::Generic, qualified(channel, &record.name))
            };
            if let Some(package) = findings.add(kind, &name, &record.version) {
                package.place = registry(file.path).map(str::to_owned);
                package.licences = licences(&record.licence);
                if is_own {
                    package.certainty = Certainty::Inferred("its name in PEAR".to_owned());
                }
            }
        }
        findings.finish()
    }
}

/// A name under the name of its publisher; none remains none.
fn qualified(publisher: &str, name: &str) -> String {
    match name.trim() {
        "" => String::new(),
        name => format!("{publisher}/{name}"),
    }
}

/// The folder with the registry that a file is a record of.
fn registry(path: &str) -> Option<&str> {
    let (folder, name) = folder_and_name(path);
    name.strip_suffix(".reg")?;
    let (above, folder_name) = folder_and_name(folder);
    let registry = if folder_name.starts_with(".channel.") {
        above
    } else {
        folder
    };
    let (place, registry_name) = folder_and_name(registry);
    (registry_name == ".registry").then_some(place)
}

/// What a record tells of its package.
#[derive(Default)]
struct Record {
    name: String,
    channel: String,
    version: String,
    licence: String,
}

impl Record {
    /// Takes the string at `path`, the keys from the outermost on.
    fn take(&mut self, path: &[&[u8]], text: &[u8]) {
        let field = match path {
            [b"name" | b"package"] => &mut self.name,
            [b"channel"] => &mut self.channel,
            [b"version"] | [b"version", b"release"] => &mut self.version,
            [b"license" | b"release_license"] | [b"license", b"_content"] => &mut self.licence,
            _ => return,
        };
        if field.is_empty() {
            *field = String::from_utf8_lossy(text).into_owned();
        }
    }
}

/// Reads what `serialize` wrote, as far as such a record consists of it: strings, numbers, truth
/// values, nothing, and arrays of these.
struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Passes one value, and has `record` take each string in it; `None` where it is none.
    fn value(&mut self, path: &mut Vec<&'a [u8]>, record: &mut Record) -> Option<()> {
        match self.rest {
            [b's', ..] => {
                let text = self.text()?;
                record.take(path, text);
                Some(())
            }
            [b'i' | b'b' | b'd' | b'N', ..] => self.until(b';').map(|_| ()),
            [b'a', b':', ..] => {
                self.rest = self.rest.get(2..)?;
                // Every element takes bytes of its own, so a false number ends with them.
                let count = number(self.until(b':')?)?;
                self.expect(b"{")?;
                for _ in 0..count {
                    let key = match self.rest {
                        [b's', ..] => self.text()?,
                        _ => self.until(b';')?,
                    };
                    if path.len() >= MAX_DEPTH {
                        return None;
                    }
                    path.push(key);
                    self.value(path, record)?;
                    path.pop();
                }
                self.expect(b"}")
            }
            _ => None,
        }
    }

    /// `s:3:"abc";`, of which the number counts bytes.
    fn text(&mut self) -> Option<&'a [u8]> {
        self.expect(b"s:")?;
        let length = number(self.until(b':')?)?;
        self.expect(b"\"")?;
        let text = self.rest.get(..length)?;
        self.rest = self.rest.get(length..)?;
        self.expect(b"\";")?;
        Some(text)
    }

    /// The bytes before the next `end`, which is passed too.
    fn until(&mut self, end: u8) -> Option<&'a [u8]> {
        let at = self.rest.iter().take(64).position(|byte| *byte == end)?;
        let before = self.rest.get(..at)?;
        self.rest = self.rest.get(at + 1..)?;
        Some(before)
    }

    fn expect(&mut self, bytes: &[u8]) -> Option<()> {
        self.rest = self.rest.strip_prefix(bytes)?;
        Some(())
    }
}

fn number(digits: &[u8]) -> Option<usize> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
#[path = "pear_tests.rs"]
mod tests;
