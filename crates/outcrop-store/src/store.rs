//! Opening the database: version first, then a copy, then migrations.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions as _, Connection as _, Sqlite, Transaction};

use crate::error::StoreError;
use crate::migrations::{MIGRATIONS, Migration, migrate, version_of};

/// Name of the database inside the store's folder.
pub const DATABASE_FILE: &str = "outcrop.db";

/// Locked by the process that opens the store.
const LOCK_FILE: &str = "outcrop.lock";

/// How long a statement waits for another process; its transactions are short.
const BUSY_TIMEOUT: Duration = Duration::from_secs(20);

/// Connections at once: one writes at a time, the others read meanwhile.
const MAX_CONNECTIONS: u32 = 4;

/// Pages that each connection keeps, in KiB where negative.
const CACHE_SIZE: &str = "-8000";

/// "Outc", the mark in the header of our databases.
const APPLICATION_ID: u32 = 1_333_097_571;

/// The database of one data directory.
///
/// Cheap to clone. Several processes may have the same one open.
#[derive(Clone, Debug)]
pub struct Store {
    pool: SqlitePool,
    path: PathBuf,
}

impl Store {
    /// Opens the store in `directory`, and makes both where they are not there.
    ///
    /// A store from a newer version is refused without a byte changed, on the word of its header
    /// alone. Before an older one is migrated, a copy is laid beside it.
    pub async fn open(directory: &Path) -> Result<Self, StoreError> {
        Self::open_with(directory, MIGRATIONS, None).await
    }

    /// As [`Store::open`]; `max_pages` limits the size as a full disk would.
    pub(crate) async fn open_with(
        directory: &Path,
        migrations: &[Migration],
        max_pages: Option<u32>,
    ) -> Result<Self, StoreError> {
        create_directory(directory)
            .map_err(|error| StoreError::of_io(directory.to_owned(), &error))?;
        let path = directory.join(DATABASE_FILE);
        let supported = version_of(migrations);
        let found = read_version(&path)?;
        if found > supported {
            return Err(StoreError::Newer {
                path,
                found,
                supported,
            });
        }
        let refused = |error| StoreError::of_database(path.clone(), error);
        let _opening = lock(directory.join(LOCK_FILE)).await?;
        if found > 0 && found < supported {
            back_up(&path, found).await?;
        }
        let mut options = connect_options(&path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .pragma("cache_size", CACHE_SIZE)
            .foreign_keys(true);
        if let Some(pages) = max_pages {
            options = options.pragma("max_page_count", pages.to_string());
        }
        // The header may lag behind the write-ahead log of a newer version that was cut off, so
        // the version is read again before the first write.
        let mut connection = options.connect().await.map_err(refused)?;
        let found = migrate(&mut connection, migrations)
            .await
            .map_err(refused)?;
        connection.close().await.map_err(refused)?;
        if found > supported {
            return Err(StoreError::Newer {
                path,
                found,
                supported,
            });
        }
        let pool = SqlitePoolOptions::new()
            .max_connections(MAX_CONNECTIONS)
            .connect_with(options)
            .await
            .map_err(refused)?;
        Ok(Self { pool, path })
    }

    /// The database file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Waits for what is under way and closes every connection.
    pub async fn close(self) {
        self.pool.close().await;
    }

    pub(crate) const fn pool(&self) -> &SqlitePool {
        &self.pool
    }

    /// A transaction that may write, so that it waits for its turn at its beginning.
    pub(crate) async fn write(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        self.pool
            .begin_with("BEGIN IMMEDIATE")
            .await
            .map_err(|error| self.refused(error))
    }

    pub(crate) fn refused(&self, error: sqlx::Error) -> StoreError {
        StoreError::of_database(self.path.clone(), error)
    }
}

fn connect_options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(BUSY_TIMEOUT)
}

/// Waits until no other process opens a store here, and holds them off until it is dropped.
///
/// SQLite refuses at once, whatever its timeout, where two connections turn a new database to
/// write-ahead logging (<https://www.sqlite.org/wal.html>, section 3.1).
async fn lock(path: PathBuf) -> Result<Option<fs::File>, StoreError> {
    let refused = |error: &io::Error| StoreError::of_io(path.clone(), error);
    let file = fs::File::options()
        .create(true)
        .append(true)
        .open(&path)
        .map_err(|error| refused(&error))?;
    let locked = tokio::task::spawn_blocking(move || file.lock().map(|()| file)).await;
    match locked.map_err(io::Error::other) {
        Ok(Ok(file)) => Ok(Some(file)),
        Ok(Err(error)) if error.kind() == io::ErrorKind::Unsupported => Ok(None),
        Ok(Err(error)) | Err(error) => Err(refused(&error)),
    }
}

/// The folder is for its owner alone: inventories say what runs on a machine.
fn create_directory(directory: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(directory)
}

/// Reads the version out of the file's header, which changes nothing; 0 where there is no file.
///
/// SQLite file format, section 1.3 "The Database Header": offset 60 is the user version, offset 68
/// the application identifier, both big-endian.
fn read_version(path: &Path) -> Result<u32, StoreError> {
    let unreachable = |error: &io::Error| StoreError::of_io(path.to_owned(), error);
    let damaged = |reason: &str| StoreError::Damaged {
        path: path.to_owned(),
        reason: reason.to_owned(),
    };
    let mut file = match fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(unreachable(&error)),
    };
    let mut header = Vec::with_capacity(100);
    file.by_ref()
        .take(100)
        .read_to_end(&mut header)
        .map_err(|error| unreachable(&error))?;
    if header.is_empty() {
        return Ok(0);
    }
    if header.len() < 100 || !header.starts_with(b"SQLite format 3\0") {
        return Err(damaged("it is not an SQLite database"));
    }
    let number = |at: usize| {
        let mut bytes = [0; 4];
        bytes.copy_from_slice(&header[at..at + 4]);
        u32::from_be_bytes(bytes)
    };
    let (version, application) = (number(60), number(68));
    match (version, application) {
        // Another process has made the file and not yet its tables.
        (0, 0) => Ok(0),
        (_, APPLICATION_ID) => Ok(version),
        _ => Err(damaged("it is a database of another program")),
    }
}

/// Copies the database as it is, whole, to `outcrop-v<version>.db`.
async fn back_up(path: &Path, version: u32) -> Result<(), StoreError> {
    let copy = path.with_file_name(format!("outcrop-v{version}.db"));
    let partial = copy.with_extension("db.part");
    for leftover in [&partial, &copy] {
        match fs::remove_file(leftover) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(StoreError::of_io(leftover.clone(), &error));
            }
            _ => {}
        }
    }
    let refused = |error| StoreError::of_database(path.to_owned(), error);
    let mut connection = connect_options(path).connect().await.map_err(refused)?;
    let copied = sqlx::query("VACUUM INTO ?")
        .bind(partial.to_string_lossy().into_owned())
        .execute(&mut connection)
        .await;
    connection.close().await.map_err(refused)?;
    copied.map_err(refused)?;
    fs::rename(&partial, &copy).map_err(|error| StoreError::of_io(copy, &error))
}

#[cfg(test)]
mod tests;
