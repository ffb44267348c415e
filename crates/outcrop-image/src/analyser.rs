//! The contract between the walk over an image and those who look at its files.

use std::io;

use outcrop_model::{
    Account, Accounts, Licence, OperatingSystem, Package, PackageOwner, Password, ProblemKind,
};
use serde::{Deserialize, Serialize};

use crate::limits::Limits;
use crate::path::PathHash;
use crate::tree::View;

/// A place that an analyser concludes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Root {
    /// Path inside the image, without a leading slash.
    pub path: &'static str,
    /// True where the files of a folder are meant, not one file.
    pub folder: bool,
}

impl Root {
    /// One file.
    pub const fn file(path: &'static str) -> Self {
        Self {
            path,
            folder: false,
        }
    }

    /// The files directly in a folder.
    pub const fn folder(path: &'static str) -> Self {
        Self { path, folder: true }
    }
}

/// What is known of a file before its content is read.
#[derive(Clone, Copy, Debug)]
pub struct FileFacts<'a> {
    /// Path inside the image, without a leading slash.
    pub path: &'a str,
    /// Bytes of its content; 0 where only the path is known.
    pub size: u64,
    /// The first bytes of its content, at most [`HEAD_BYTES`]; empty where only the path is known.
    pub head: &'a [u8],
}

impl<'a> FileFacts<'a> {
    /// A path of which nothing else is known.
    pub const fn of_path(path: &'a str) -> Self {
        Self {
            path,
            size: 0,
            head: &[],
        }
    }

    /// The folder, without a slash at its end, and the name.
    pub fn folder_and_name(&self) -> (&'a str, &'a str) {
        self.path.rsplit_once('/').unwrap_or(("", self.path))
    }
}

/// Bytes of [`FileFacts::head`].
pub const HEAD_BYTES: usize = 16;

/// Content of a file too large for memory, which can be read anywhere.
///
/// It is one of the two places that such content may be in: memory, up to
/// [`Limits::buffered_bytes`], else an unlinked file of its own.
pub trait RandomAccess: Sync {
    /// Fills `buffer` from `offset` on; fewer bytes only at the end.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize>;
}

/// A file that an analyser asked for.
#[derive(Clone, Copy)]
pub struct CandidateFile<'a> {
    /// Path inside the image, without a leading slash.
    pub path: &'a str,
    /// Its content, or the beginning of it.
    pub bytes: &'a [u8],
    /// False where the content goes on beyond `bytes`: larger than the analyser's cap, or the
    /// layer ends in the middle.
    pub whole: bool,
    /// Bytes of the whole content, and where to read those that `bytes` does not hold.
    pub large: Option<(u64, &'a dyn RandomAccess)>,
}

impl<'a> CandidateFile<'a> {
    /// A file that is here with all its content.
    pub const fn whole(path: &'a str, bytes: &'a [u8]) -> Self {
        Self {
            path,
            bytes,
            whole: true,
            large: None,
        }
    }

    /// Bytes that can be read.
    pub fn size(&self) -> u64 {
        self.large.map_or(self.bytes.len() as u64, |(size, _)| size)
    }

    /// The content as a reader that seeks.
    pub fn reader(&self) -> ContentReader<'a> {
        ContentReader {
            file: *self,
            position: 0,
        }
    }

    /// The bytes from `offset` on, at most `length`; fewer only at the end of the content.
    pub fn read_at(&self, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        let length = u64::try_from(length)
            .map_or(0, |length| length.min(self.size().saturating_sub(offset)));
        let mut bytes = vec![0; usize::try_from(length).unwrap_or(0)];
        let read = self.fill(offset, &mut bytes)?;
        bytes.truncate(read);
        Ok(bytes)
    }

    fn fill(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some((_, content)) = self.large
            && offset.saturating_add(buffer.len() as u64) > self.bytes.len() as u64
        {
            return content.read_at(offset, buffer);
        }
        let start =
            usize::try_from(offset).map_or(self.bytes.len(), |offset| offset.min(self.bytes.len()));
        let read = buffer.len().min(self.bytes.len() - start);
        buffer[..read].copy_from_slice(&self.bytes[start..start + read]);
        Ok(read)
    }
}

/// See [`CandidateFile::reader`].
#[derive(Clone, Copy)]
pub struct ContentReader<'a> {
    file: CandidateFile<'a>,
    position: u64,
}

impl io::Read for ContentReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.fill(self.position, buffer)?;
        self.position += read as u64;
        Ok(read)
    }
}

impl io::Seek for ContentReader<'_> {
    fn seek(&mut self, to: io::SeekFrom) -> io::Result<u64> {
        let position = match to {
            io::SeekFrom::Start(position) => Some(position),
            io::SeekFrom::End(by) => self.file.size().checked_add_signed(by),
            io::SeekFrom::Current(by) => self.position.checked_add_signed(by),
        };
        self.position = position.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

/// What one file says, as kept in a layer report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Observation {
    /// Packages that the file records.
    Packages {
        /// Those in an installed state.
        installed: Vec<Package>,
        /// Those of which only configuration is left.
        leftovers: Vec<Package>,
    },
    /// The distribution.
    OperatingSystem(OperatingSystem),
    /// Package archives, as `http://deb.debian.org/debian bookworm main`.
    PackageSources(Vec<String>),
    /// Files that packages of a system own: name of the package and [`path_key`]s.
    OwnedFiles(Vec<(String, Vec<u64>)>),
    /// Licences of a package that another file records.
    Licences(Vec<Licence>),
    /// The content itself, for analysers that need a neighbour to understand it.
    Bytes(Vec<u8>),
    /// Accounts, their passwords unknown.
    Accounts(Vec<Account>),
    /// Accounts, how each can be entered, and the line that says so, from 1.
    Passwords(Vec<(String, Password, u32)>),
    /// Groups: name and number.
    Groups(Vec<(String, u64)>),
}

impl Observation {
    /// Packages that it records.
    pub(crate) fn package_count(&self) -> usize {
        match self {
            Self::Packages {
                installed,
                leftovers,
            } => installed.len() + leftovers.len(),
            _ => 0,
        }
    }

    /// Bytes of its texts and other contents.
    pub(crate) fn kept_bytes(&self) -> u64 {
        let licence = |licence: &Licence| match licence {
            Licence::Spdx(text) | Licence::Verbatim(text) => text.len(),
        };
        let package = |package: &Package| {
            let some = |text: &Option<String>| text.as_ref().map_or(0, String::len);
            let source = package.source.as_ref();
            package.name.len()
                + package.version.len()
                + some(&package.architecture)
                + source.map_or(0, |source| source.name.len() + source.version.len())
                + some(&package.place)
                + package.licences.iter().map(licence).sum::<usize>()
                + package
                    .qualifiers
                    .iter()
                    .map(|(key, value)| key.len() + value.len())
                    .sum::<usize>()
                + package.evidence.path.len()
        };
        let bytes: usize = match self {
            Self::Packages {
                installed,
                leftovers,
            } => installed.iter().chain(leftovers).map(package).sum(),
            // Its values are short.
            Self::OperatingSystem(_) => 0,
            Self::PackageSources(sources) => sources.iter().map(String::len).sum(),
            Self::OwnedFiles(packages) => packages
                .iter()
                .map(|(name, files)| name.len() + files.len() * size_of::<u64>())
                .sum(),
            Self::Licences(licences) => licences.iter().map(licence).sum(),
            Self::Bytes(bytes) => bytes.len(),
            Self::Accounts(accounts) => accounts
                .iter()
                .map(|account| account.name.len() + account.shell.len() + size_of::<Account>())
                .sum(),
            Self::Passwords(names) => names.iter().map(|(name, ..)| name.len() + 32).sum(),
            Self::Groups(groups) => groups.iter().map(|(name, _)| name.len() + 32).sum(),
        };
        bytes as u64
    }
}

/// Trouble with one file; path and layer are added by whoever holds the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileProblem {
    /// What kind of trouble.
    pub kind: ProblemKind,
    /// One sentence without a final period.
    pub message: String,
}

impl FileProblem {
    /// A problem of a kind with its sentence.
    pub fn new(kind: ProblemKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
        }
    }
}

/// What an analyser made of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Analysis {
    /// What the file says; `None` where it turned out not to be of the analyser's format.
    pub observation: Option<Observation>,
    /// What could not be understood.
    pub problems: Vec<FileProblem>,
}

/// What an analyser concludes from the merged view of some layers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conclusion {
    /// The distribution, from the analyser that knows it.
    pub operating_system: Option<OperatingSystem>,
    /// Packages in an installed state.
    pub packages: Vec<Package>,
    /// Packages of which only configuration is left.
    pub leftovers: Vec<Package>,
    /// Package archives that the image's sources name.
    pub package_sources: Vec<String>,
    /// Files that packages of a system own: the package, and [`path_key`]s.
    pub owned_files: Vec<(PackageOwner, Vec<u64>)>,
    /// The accounts of the system, from the analyser that reads them.
    pub accounts: Option<Accounts>,
}

/// What a path is called in [`Observation::OwnedFiles`]; leading slashes and dots make no
/// difference.
pub fn path_key(path: &str) -> u64 {
    PathHash::of(
        path.trim_start_matches("./")
            .trim_start_matches('/')
            .as_bytes(),
    )
}

/// One that looks at files of an image.
///
/// While a layer streams by, [`wants`](Analyser::wants) is asked for every regular file and
/// [`analyse`](Analyser::analyse) called for the wanted ones. A layer has no state of its own, so
/// this may be a file that is hidden or reached by nothing; only
/// [`conclude`](Analyser::conclude), which sees the merged view, decides what counts. A database
/// may be reached through a symbolic link that a later layer adds: `wants` must therefore go by
/// the file's name, not by its whole path.
pub trait Analyser: Sync {
    /// Stable identifier, as `dpkg-status`.
    fn id(&self) -> &'static str;

    /// Raised whenever the same file would give another observation.
    fn version(&self) -> u32;

    /// The places it concludes from; none where it takes its files wherever they lie.
    fn roots(&self) -> &'static [Root] {
        &[]
    }

    /// How many bytes of the file it wants to see, `None` for none. Must be cheap.
    fn wants(&self, file: &FileFacts<'_>) -> Option<u64>;

    /// What the file says.
    fn analyse(&self, file: &CandidateFile<'_>) -> Analysis;

    /// What follows from the files that are reachable in the merged view: without more said, the
    /// packages that any of them records.
    fn conclude(&self, view: &View<'_>) -> Conclusion {
        let mut conclusion = Conclusion::default();
        for found in view.everywhere() {
            if let Some(Observation::Packages {
                installed,
                leftovers,
            }) = found.observation
            {
                let placed = |package: &Package| {
                    let mut package = package.clone();
                    package.evidence.path.clone_from(&found.path);
                    package
                };
                conclusion.packages.extend(installed.iter().map(placed));
                conclusion.leftovers.extend(leftovers.iter().map(placed));
            }
        }
        conclusion
    }
}

/// What a layer report depends on besides the layer's bytes and the analysers that it names: the form
/// of the report, and the limits. A kept report is of use only under the same key.
pub fn report_key(limits: &Limits) -> String {
    let limits = outcrop_model::Digest::of(format!("{limits:?}").as_bytes());
    format!(
        "report-{} limits-{}",
        crate::report::REPORT_VERSION,
        limits.short()
    )
}
