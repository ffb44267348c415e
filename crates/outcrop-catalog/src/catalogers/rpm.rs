//! The database of rpm, in each of its three forms, wherever distributions keep it.
//!
//! Sources: rpm's manual, `lib/backend/` of rpm 4.18 (which file belongs to which form), Fedora's
//! change "RPM database in /usr", rpm-ostree's `usr/share/rpm`. Of several forms in one folder the
//! newest counts, as rpm converts old ones and may leave them.

mod berkeley;
mod content;
#[cfg(test)]
mod fixtures;
mod header;
mod ndb;
mod sqlite;
mod wal;

use outcrop_image::{
    Analyser, Analysis, CandidateFile, Conclusion, FileFacts, Found, Observation, Root, View,
};
use outcrop_model::{Package, PackageKind, ProblemKind};

use self::content::{Content, Order};
pub(super) use self::header::{Built, Header};
use self::sqlite::Snapshot;
use self::wal::WriteAheadLog;
use super::{conclude_from, folder_and_name};
use crate::findings::keep_apart;
use crate::problems::FileProblems;

/// Largest database that is read; one of 5,000 packages has about 250 MB.
const MAX_DATABASE_BYTES: u64 = 1 << 30;
/// Largest write-ahead log that is read; SQLite lays it into the database from 4 MB on.
const MAX_LOG_BYTES: u64 = 64 << 20;
/// Packages that are read; all of Fedora has about 75,000.
const MAX_PACKAGES: usize = 100_000;

const FOLDERS: [&str; 3] = ["var/lib/rpm", "usr/lib/sysimage/rpm", "usr/share/rpm"];

macro_rules! roots {
    ($($folder:literal),+) => {
        &[$(
            Root::file(concat!($folder, "/rpmdb.sqlite")),
            Root::file(concat!($folder, "/rpmdb.sqlite-wal")),
            Root::file(concat!($folder, "/Packages.db")),
            Root::file(concat!($folder, "/Packages")),
        )+]
    };
}

pub(super) const ROOTS: &[Root] = roots!("var/lib/rpm", "usr/lib/sysimage/rpm", "usr/share/rpm");

/// The files of which databases consist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Sqlite,
    WriteAheadLog,
    Ndb,
    Berkeley,
}

impl Form {
    /// By name; `None` where a file of that name begins otherwise and is not at a place of rpm's.
    pub(super) fn of(file: &FileFacts<'_>) -> Option<Self> {
        let (folder, name) = file.folder_and_name();
        let form = match name {
            "rpmdb.sqlite" => Self::Sqlite,
            "rpmdb.sqlite-wal" => Self::WriteAheadLog,
            "Packages.db" => Self::Ndb,
            "Packages" => Self::Berkeley,
            _ => return None,
        };
        let fits = file.head.is_empty() || FOLDERS.contains(&folder) || form.fits(file.head);
        fits.then_some(form)
    }

    /// Whether the first bytes are those of the form.
    fn fits(self, head: &[u8]) -> bool {
        match self {
            Self::Sqlite => head.starts_with(sqlite::MAGIC),
            Self::WriteAheadLog => {
                Order::Big.u32(head, 0).map(|magic| magic & !1) == Some(wal::MAGIC)
            }
            Self::Ndb => head.starts_with(ndb::MAGIC),
            Self::Berkeley => [Order::Little, Order::Big]
                .iter()
                .any(|order| order.u32(head, berkeley::MAGIC_AT) == Some(berkeley::MAGIC)),
        }
    }

    /// How many bytes are read.
    pub(super) const fn cap(self) -> u64 {
        match self {
            Self::WriteAheadLog => MAX_LOG_BYTES,
            _ => MAX_DATABASE_BYTES,
        }
    }
}

/// Takes headers one after the other.
pub(super) struct Headers<'f> {
    count: usize,
    each: &'f mut dyn FnMut(u32, &Header<'_>, &mut FileProblems) -> Option<Package>,
}

impl Headers<'_> {
    /// Takes the header of the package with that number in the database, `None` where what should
    /// be there cannot be read.
    fn take(
        &mut self,
        number: u32,
        header: Option<&[u8]>,
        problems: &mut FileProblems,
    ) -> Option<Package> {
        self.count += 1;
        let message = match header.map(Header::parse) {
            Some(Some(header)) => return (self.each)(number, &header, problems),
            Some(None) => "the header of a package is damaged",
            None => "a package cannot be read from the database",
        };
        problems.push(
            ProblemKind::Malformed,
            format!("{message}: number {number}"),
        );
        None
    }

    fn too_many(problems: &mut FileProblems) {
        problems.push(
            ProblemKind::TooLarge,
            format!("the database has more packages than are read: {MAX_PACKAGES}"),
        );
    }
}

/// Hands over every header that a database names, or its log holds whole.
pub(super) fn read_headers(file: &CandidateFile<'_>, each: &mut dyn FnMut(&Header<'_>)) {
    let mut problems = FileProblems::default();
    let mut headers = Headers {
        count: 0,
        each: &mut |_, header, _| {
            each(header);
            None
        },
    };
    let content = Content::of(file);
    match Form::of(&FileFacts::of_path(file.path)) {
        Some(Form::Sqlite) => {
            Snapshot::read(content, &mut problems, &mut headers);
        }
        Some(Form::WriteAheadLog) => {
            if let Some(log) = WriteAheadLog::read(content) {
                log.headers(&mut problems, &mut headers);
            }
        }
        Some(Form::Ndb) => ndb::read(content, &mut problems, &mut headers),
        Some(Form::Berkeley) => berkeley::read(content, &mut problems, &mut headers),
        None => {}
    }
}

/// The files that count in the merged view: in each folder those of the newest form that says
/// something, and the log that lies beside.
pub(super) fn databases<'a>(view: &View<'a>) -> Vec<(Found<'a>, Option<Found<'a>>)> {
    let mut databases: Vec<(Found<'a>, Option<Found<'a>>)> = Vec::new();
    for folder in FOLDERS {
        let database = ["rpmdb.sqlite", "Packages.db", "Packages"]
            .iter()
            .filter_map(|name| view.file(&format!("{folder}/{name}")))
            .find(|found| found.observation.is_some());
        let Some(database) = database else { continue };
        if databases
            .iter()
            .any(|(known, _)| known.path == database.path)
        {
            continue;
        }
        let log = folder_and_name(&database.path)
            .1
            .eq("rpmdb.sqlite")
            .then(|| view.file(&format!("{folder}/rpmdb.sqlite-wal")))
            .flatten();
        databases.push((database, log));
    }
    databases
}

/// Reads the packages of rpm's database.
pub(super) struct Rpm;

impl Analyser for Rpm {
    fn id(&self) -> &'static str {
        "rpm"
    }

    fn version(&self) -> u32 {
        2
    }

    fn roots(&self) -> &'static [Root] {
        ROOTS
    }

    fn wants(&self, file: &FileFacts<'_>) -> Option<u64> {
        Form::of(file).map(Form::cap)
    }

    fn analyse(&self, file: &CandidateFile<'_>) -> Analysis {
        let form = match Form::of(&FileFacts::of_path(file.path)) {
            Some(form) if file.size() > 0 || form == Form::WriteAheadLog => form,
            _ => return Analysis::default(),
        };
        let mut problems = FileProblems::default();
        let mut packages: Vec<(u32, Package)> = Vec::new();
        let content = Content::of(file);
        let numbered = &mut |number, header: &Header<'_>, problems: &mut FileProblems| {
            packages.push((number, header.package(file.path, problems)?));
            None
        };
        let mut headers = Headers {
            count: 0,
            each: numbered,
        };
        let observation = match form {
            Form::Sqlite => {
                let each = &mut |_, header: &Header<'_>, problems: &mut FileProblems| {
                    header.package(file.path, problems)
                };
                let mut headers = Headers { count: 0, each };
                Snapshot::read(content, &mut problems, &mut headers)
                    .and_then(|snapshot| serde_json::to_vec(&snapshot).ok())
                    .map(Observation::Bytes)
            }
            // One without content tells that an earlier one counts no more.
            Form::WriteAheadLog => {
                let log = WriteAheadLog::read(content).map(|log| log.encode());
                Some(Observation::Bytes(log.unwrap_or_default()))
            }
            Form::Ndb | Form::Berkeley => {
                if form == Form::Ndb {
                    ndb::read(content, &mut problems, &mut headers);
                } else {
                    berkeley::read(content, &mut problems, &mut headers);
                }
                // The table is in no order; the numbers tell what was installed first.
                packages.sort_by_key(|(number, _)| *number);
                let mut installed = packages.into_iter().map(|(_, package)| package).collect();
                keep_apart(&mut installed);
                form.fits(file.bytes).then_some(Observation::Packages {
                    installed,
                    leftovers: Vec::new(),
                })
            }
        };
        Analysis {
            observation,
            problems: problems.into_list(),
        }
    }

    fn conclude(&self, view: &View<'_>) -> Conclusion {
        let mut conclusion = Conclusion::default();
        for (database, log) in databases(view) {
            let Some(Observation::Bytes(bytes)) = database.observation else {
                conclude_from(&database, PackageKind::Rpm, &mut conclusion);
                continue;
            };
            let Ok(snapshot) = serde_json::from_slice::<Snapshot>(bytes) else {
                continue;
            };
            let log = log.as_ref().and_then(|log| match log.observation {
                Some(Observation::Bytes(bytes)) => WriteAheadLog::decode(bytes),
                _ => None,
            });
            let mut problems = FileProblems::default();
            let mut packages = snapshot.packages(log.as_ref(), &mut |header| {
                header.package(&database.path, &mut problems)
            });
            for package in &mut packages {
                package.evidence.path.clone_from(&database.path);
            }
            keep_apart(&mut packages);
            conclusion.packages.extend(packages);
        }
        conclusion
    }
}

#[cfg(test)]
#[path = "rpm/tests.rs"]
mod tests;
