//! The header of a package as every database keeps it: an index of tags, then their data.
//!
//! Sources: rpm's manual, "Header format" (`docs/manual/format_header.md`; the databases leave out
//! the magic), `include/rpm/rpmtag.h` (numbers of the tags).

use std::borrow::Cow;

use outcrop_model::{Evidence, Package, PackageKind, ProblemKind, SourcePackage};

use super::content::Order;
use crate::licence::licences;
use crate::owned_files::keys;
use crate::problems::{FileProblems, shown};

/// Largest header that is read; those of the packages with most files have about 20 MB.
pub(super) const MAX_HEADER_BYTES: u64 = 64 << 20;
/// Longest name, version or other value.
const MAX_VALUE_BYTES: usize = 512;
/// Longest path of a file. Linux `limits.h`, `PATH_MAX`.
const MAX_PATH_BYTES: usize = 4_096;
/// What a path counts at least against the paths of a database.
const MIN_PATH_BYTES: usize = 128;
/// Folders of one package that are looked at; that of the kernel's headers has about 10,000.
const MAX_FOLDERS: usize = 1_000_000;

const ENTRY_BYTES: usize = 16;

const NAME: u32 = 1_000;
const VERSION: u32 = 1_001;
const RELEASE: u32 = 1_002;
const EPOCH: u32 = 1_003;
const VENDOR: u32 = 1_011;
const LICENCE: u32 = 1_014;
const ARCHITECTURE: u32 = 1_022;
const SOURCE_RPM: u32 = 1_044;
const FOLDER_INDEXES: u32 = 1_116;
const FILE_NAMES: u32 = 1_117;
const FOLDER_NAMES: u32 = 1_118;
const MODULARITY_LABEL: u32 = 5_096;

const INT32: u32 = 4;
const STRING: u32 = 6;
const STRING_ARRAY: u32 = 8;
const INTERNATIONAL_STRING: u32 = 9;

/// A header whose index and data are all there.
#[derive(Clone, Copy)]
pub(in crate::catalogers) struct Header<'a> {
    index: &'a [u8],
    data: &'a [u8],
}

/// The data of one tag.
struct Value<'a> {
    kind: u32,
    count: usize,
    data: &'a [u8],
}

impl<'a> Header<'a> {
    /// `None` where the bytes are no header.
    pub(in crate::catalogers) fn parse(bytes: &'a [u8]) -> Option<Self> {
        let entries = Order::Big.u32(bytes, 0)? as usize;
        let data_bytes = Order::Big.u32(bytes, 4)? as usize;
        let rest = bytes.get(8..)?;
        let (index, rest) = rest.split_at_checked(entries.checked_mul(ENTRY_BYTES)?)?;
        let data = rest.get(..data_bytes)?;
        (entries > 0).then_some(Self { index, data })
    }

    /// The last entry of a tag: what was added later replaces what the package came with.
    fn value(&self, tag: u32) -> Option<Value<'a>> {
        let entry = self
            .index
            .rchunks_exact(ENTRY_BYTES)
            .find(|entry| Order::Big.u32(entry, 0) == Some(tag))?;
        Some(Value {
            kind: Order::Big.u32(entry, 4)?,
            count: Order::Big.u32(entry, 12)? as usize,
            data: self.data.get(Order::Big.u32(entry, 8)? as usize..)?,
        })
    }

    /// The text of a tag; of a text in several languages the first, which is untranslated.
    fn text(&self, tag: u32) -> Option<Cow<'a, str>> {
        let value = self.value(tag)?;
        matches!(value.kind, STRING | STRING_ARRAY | INTERNATIONAL_STRING)
            .then(|| value.data.split(|&byte| byte == 0).next())
            .flatten()
            .map(String::from_utf8_lossy)
            .filter(|text| !text.is_empty() && text != "(none)")
    }

    /// The texts of a tag.
    fn texts(&self, tag: u32) -> impl Iterator<Item = &'a [u8]> {
        let value = self
            .value(tag)
            .filter(|value| value.kind == STRING_ARRAY || value.kind == STRING);
        let (data, count) = value.map_or((&[][..], 0), |value| (value.data, value.count));
        data.split(|&byte| byte == 0).take(count)
    }

    /// The numbers of a tag.
    fn numbers(&self, tag: u32) -> impl Iterator<Item = u32> {
        let value = self.value(tag).filter(|value| value.kind == INT32);
        let (data, count) = value.map_or((&[][..], 0), |value| (value.data, value.count));
        data.chunks_exact(4)
            .filter_map(|number| Order::Big.u32(number, 0))
            .take(count)
    }

    /// The installed package; `None`, with a problem where it should be one, where it is not.
    pub(super) fn package(&self, path: &str, problems: &mut FileProblems) -> Option<Package> {
        let name = self.text(NAME);
        // Keys that were imported are kept as if they were packages.
        if name.as_deref() == Some("gpg-pubkey") {
            return None;
        }
        let version = self.text(VERSION);
        let (Some(name), Some(version)) = (&name, &version) else {
            let missing = if name.is_none() { "name" } else { "version" };
            problems.push(
                ProblemKind::Malformed,
                format!(
                    "a package without a {missing} was passed over: `{}`",
                    shown(name.or(version).as_deref().unwrap_or_default())
                ),
            );
            return None;
        };
        let epoch = self.numbers(EPOCH).next().unwrap_or_default();
        let release = self.text(RELEASE);
        let architecture = self.text(ARCHITECTURE);
        let source_rpm = self.text(SOURCE_RPM);
        let longest = [
            Some(name),
            Some(version),
            release.as_ref(),
            architecture.as_ref(),
            source_rpm.as_ref(),
        ];
        if longest
            .into_iter()
            .flatten()
            .any(|value| value.len() > MAX_VALUE_BYTES)
        {
            problems.push(
                ProblemKind::TooLarge,
                format!(
                    "a package with an overlong value was passed over: `{}`",
                    shown(name)
                ),
            );
            return None;
        }
        let built = Built {
            name,
            epoch,
            version: &match release {
                Some(release) => format!("{version}-{release}"),
                None => version.clone().into_owned(),
            },
            source_rpm: source_rpm.as_deref(),
        };
        let mut package = built.package("rpm", path);
        package.architecture = architecture.map(Cow::into_owned);
        package.licences = licences(&self.text(LICENCE).unwrap_or_default());
        for (key, tag) in [("modularitylabel", MODULARITY_LABEL), ("vendor", VENDOR)] {
            if let Some(value) = self.text(tag).filter(|text| text.len() <= MAX_VALUE_BYTES) {
                package.qualifiers.insert(key.to_owned(), value.into());
            }
        }
        Some(package)
    }

    /// The package's name and the [`keys`] of its files, as far as they are worth knowing and
    /// `paths_left` bytes of paths allow: a header can name one long folder for a million files.
    pub(in crate::catalogers) fn files(&self, paths_left: &mut usize) -> (String, Vec<u64>) {
        let mut owned = Vec::new();
        let name = self.text(NAME).unwrap_or_default();
        let folders: Vec<&[u8]> = self.texts(FOLDER_NAMES).take(MAX_FOLDERS).collect();
        for (file, folder) in self.texts(FILE_NAMES).zip(self.numbers(FOLDER_INDEXES)) {
            let folder = folders.get(folder as usize).copied().unwrap_or_default();
            let length = folder.len() + file.len();
            if length > MAX_PATH_BYTES {
                continue;
            }
            match paths_left.checked_sub(length.max(MIN_PATH_BYTES)) {
                Some(left) => *paths_left = left,
                None => {
                    *paths_left = 0;
                    break;
                }
            }
            let path = [folder, file].concat();
            if let Ok(path) = std::str::from_utf8(&path) {
                owned.extend(keys(path));
            }
        }
        (name.into_owned(), owned)
    }
}

/// What names a package and the sources that it was built from.
pub(in crate::catalogers) struct Built<'a> {
    pub(in crate::catalogers) name: &'a str,
    pub(in crate::catalogers) epoch: u32,
    /// Version and release, `1.2-3.el9`.
    pub(in crate::catalogers) version: &'a str,
    /// `name-version-release.src.rpm`.
    pub(in crate::catalogers) source_rpm: Option<&'a str>,
}

impl Built<'_> {
    /// The package with its source. The name of a source rpm tells no epoch: it is that of the
    /// package where both have one version, else taken for 0.
    pub(in crate::catalogers) fn package(&self, cataloger: &str, path: &str) -> Package {
        let with_epoch = |version: &str| match self.epoch {
            0 => version.to_owned(),
            epoch => format!("{epoch}:{version}"),
        };
        let version = with_epoch(self.version);
        let source = self.source_rpm.and_then(name_and_version);
        let (source_name, source_version) = match source {
            Some((name, source)) if source == self.version => (name, version.clone()),
            Some((name, source)) => (name, source.to_owned()),
            None => (self.name, version.clone()),
        };
        let evidence = Evidence {
            cataloger: cataloger.to_owned(),
            path: path.to_owned(),
        };
        Package {
            source: Some(SourcePackage {
                name: source_name.to_owned(),
                version: source_version,
            }),
            ..Package::new(PackageKind::Rpm, self.name, version, evidence)
        }
    }
}

/// `bash` and `5.1.8-6.el9` of `bash-5.1.8-6.el9.src.rpm`.
fn name_and_version(source_rpm: &str) -> Option<(&str, &str)> {
    let stem = source_rpm
        .strip_suffix(".src.rpm")
        .or_else(|| source_rpm.strip_suffix(".nosrc.rpm"))?;
    let (release, _) = stem.rmatch_indices('-').next()?;
    let (version, _) = stem[..release].rmatch_indices('-').next()?;
    Some((&stem[..version], &stem[version + 1..])).filter(|(name, _)| !name.is_empty())
}

#[cfg(test)]
#[path = "header_tests.rs"]
mod tests;
