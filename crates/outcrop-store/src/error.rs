//! What can go wrong with the store.

use std::io;
use std::path::PathBuf;

use outcrop_model::FeedKind;

/// Why the store could not be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Written by a newer version of Outcrop; nothing was changed.
    #[error(
        "the store `{}` was written by a newer version of Outcrop: it has version {found}, this \
         Outcrop knows up to {supported}", path.display()
    )]
    Newer {
        /// The database file.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The newest version that this build reads.
        supported: u32,
    },
    /// The disk or the quota is full; what was there before still is.
    #[error("the store cannot be written because the disk is full: `{}`", path.display())]
    Full {
        /// The database file.
        path: PathBuf,
    },
    /// Not a database of Outcrop, or a broken one.
    #[error("the store `{}` is damaged: {reason}", path.display())]
    Damaged {
        /// The database file.
        path: PathBuf,
        /// What was found.
        reason: String,
    },
    /// Another process kept it locked for longer than the wait.
    #[error("the store is locked by another process: `{}`", path.display())]
    Busy {
        /// The database file.
        path: PathBuf,
    },
    /// The file or its folder cannot be read or written.
    #[error("the store `{}` cannot be opened: {reason}", path.display())]
    Unreachable {
        /// The database file or its folder.
        path: PathBuf,
        /// The system's answer.
        reason: String,
    },
    /// Any other answer of the database.
    #[error("the store `{}` answered with an error: {source}", path.display())]
    Database {
        /// The database file.
        path: PathBuf,
        /// The answer.
        source: sqlx::Error,
    },
    /// Records were to be added to a set that is not there.
    #[error("there are no advisories of `{}` to add to for the ecosystem: `{ecosystem}`", kind.as_str())]
    NoFeed {
        /// The feed.
        kind: FeedKind,
        /// OSV's name of the ecosystem.
        ecosystem: String,
    },
}

impl StoreError {
    /// What to do about it.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Newer { .. } => "update Outcrop, or use another store with `--store`",
            Self::Full { .. } => "free some space, or use a store on another disk with `--store`",
            Self::Damaged { .. } => {
                "move the file away and start again, or use another store with `--store`; a copy \
                 from before the last migration may lie beside it"
            }
            Self::Busy { .. } => "wait for the other Outcrop to finish, then try again",
            Self::Unreachable { .. } => {
                "check the owner and the permissions of the folder, or use another with `--store`"
            }
            Self::Database { .. } => {
                "try again; if it happens again, use another store with `--store`"
            }
            Self::NoFeed { .. } => "load the whole feed first with `outcrop advisories update`",
        }
    }

    pub(crate) fn of_io(path: PathBuf, error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full { path },
            _ => Self::Unreachable {
                path,
                reason: error.to_string(),
            },
        }
    }

    /// Sorts by SQLite's result code (`sqlite.org/rescode.html`); the low byte is the primary one.
    pub(crate) fn of_database(path: PathBuf, source: sqlx::Error) -> Self {
        let code = source
            .as_database_error()
            .and_then(sqlx::error::DatabaseError::code)
            .and_then(|code| code.parse::<u32>().ok());
        let reason = || match &source {
            sqlx::Error::Database(error) => error.message().to_owned(),
            other => other.to_string(),
        };
        match code {
            // The shared memory file beside the database is the first thing that no longer fits.
            Some(IOERR_SHMSIZE) => Self::Full { path },
            Some(code) => match code & 0xff {
                FULL => Self::Full { path },
                BUSY | LOCKED => Self::Busy { path },
                CORRUPT | NOT_A_DATABASE => Self::Damaged {
                    path,
                    reason: reason(),
                },
                CANNOT_OPEN | READ_ONLY | PERMISSION => Self::Unreachable {
                    path,
                    reason: reason(),
                },
                _ => Self::Database { path, source },
            },
            None => Self::Database { path, source },
        }
    }
}

const PERMISSION: u32 = 3;
const BUSY: u32 = 5;
const LOCKED: u32 = 6;
const READ_ONLY: u32 = 8;
const CORRUPT: u32 = 11;
const FULL: u32 = 13;
const CANNOT_OPEN: u32 = 14;
const NOT_A_DATABASE: u32 = 26;
const IOERR_SHMSIZE: u32 = 4874;
