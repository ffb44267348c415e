//! The ordered changes of the database's shape.
//!
//! A runner of our own: sqlx's takes no lock for SQLite, so two processes that meet at the first
//! start would both create the tables. Here the version is read again inside the transaction.

use sqlx::{Connection as _, SqliteConnection};

use crate::joining;

/// One change: its file sets `user_version` to its place in the list.
#[derive(Clone, Copy)]
pub(crate) struct Migration {
    pub(crate) sql: &'static str,
    /// Whether `candidates` is empty after it and is made again from `affected`.
    pub(crate) joins_again: bool,
}

/// In their order; the version of a store is how many of them it has.
pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration {
        sql: include_str!("../migrations/20261121000000_first.sql"),
        joins_again: false,
    },
    Migration {
        sql: include_str!("../migrations/20261121100000_several_feeds.sql"),
        joins_again: true,
    },
];

/// Number of migrations in a list.
pub(crate) fn version_of(migrations: &[Migration]) -> u32 {
    u32::try_from(migrations.len()).unwrap_or(u32::MAX)
}

/// Runs what is missing, all or nothing; answers with the version found inside the transaction.
pub(crate) async fn migrate(
    connection: &mut SqliteConnection,
    migrations: &[Migration],
) -> Result<u32, sqlx::Error> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    let found: u32 = sqlx::query_scalar("PRAGMA user_version")
        .fetch_one(&mut *transaction)
        .await?;
    let missing = migrations.iter().skip(found as usize);
    let mut joins_again = false;
    for migration in missing {
        sqlx::raw_sql(migration.sql)
            .execute(&mut *transaction)
            .await?;
        joins_again |= migration.joins_again;
    }
    // A new store has no sets, and only the newest shape of `candidates` is written.
    if joins_again && found > 0 {
        joining::join_every_set(&mut transaction).await?;
    }
    transaction.commit().await?;
    Ok(found)
}
