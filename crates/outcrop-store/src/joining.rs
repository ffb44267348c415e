//! `candidates`: what the records of a set say of each name, joined into one row a name.

use std::collections::BTreeSet;

use futures_util::TryStreamExt as _;
use sqlx::SqliteConnection;

use crate::candidate_encoding;
use crate::feeds::CURRENT;
use crate::stored_record::entries;

/// About how many bytes of `affected` are joined in one transaction.
const BYTES_AT_ONCE: usize = 4 * 1024 * 1024;

/// Joins one set, some names at a time.
#[derive(Debug, Default)]
pub(crate) struct Joining {
    /// The last row that was read.
    last: (String, String, String),
    /// The name that it belongs to, whose rows may go on.
    open: Option<OpenName>,
    /// What was written so far.
    pub(crate) bytes: u64,
}

#[derive(Debug)]
struct OpenName {
    ecosystem: String,
    name: String,
    joined: Vec<u8>,
}

impl Joining {
    /// Joins the next names; false once there are none.
    pub(crate) async fn step(
        &mut self,
        connection: &mut SqliteConnection,
        feed: i64,
    ) -> Result<bool, sqlx::Error> {
        let mut finished = Vec::new();
        let mut read = 0;
        {
            let mut rows = sqlx::query_as::<_, (String, String, String, String)>(
                "SELECT ecosystem, name, record, entries FROM affected
                 WHERE feed = ? AND (ecosystem, name, record) > (?, ?, ?)
                 ORDER BY ecosystem, name, record",
            )
            .bind(feed)
            .bind(self.last.0.clone())
            .bind(self.last.1.clone())
            .bind(self.last.2.clone())
            .fetch(&mut *connection);
            while read < BYTES_AT_ONCE
                && let Some((ecosystem, name, record, json)) = rows.try_next().await?
            {
                read += ecosystem.len() + name.len() + record.len() + json.len();
                let of_open = |open: &OpenName| open.ecosystem == ecosystem && open.name == name;
                if !self.open.as_ref().is_some_and(of_open) {
                    finished.extend(self.open.replace(OpenName {
                        ecosystem: ecosystem.clone(),
                        name: name.clone(),
                        joined: Vec::new(),
                    }));
                }
                if let Some(open) = &mut self.open {
                    let entries = entries(&ecosystem, &name, &json);
                    candidate_encoding::encode(&record, &entries, &mut open.joined);
                }
                self.last = (ecosystem, name, record);
            }
        }
        if read == 0 {
            finished.extend(self.open.take());
        }
        for OpenName {
            ecosystem,
            name,
            joined,
        } in finished
        {
            let row = candidate_encoding::row(&name, &joined);
            self.bytes += (ecosystem.len() + name.len() + row.len()) as u64;
            put(connection, feed, &ecosystem, &name, row).await?;
        }
        Ok(read > 0)
    }
}

/// Joins every set, as after a migration that changed the shape of `candidates`.
pub(crate) async fn join_every_set(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    let feeds: Vec<i64> = sqlx::query_scalar("SELECT id FROM feeds WHERE state = ?")
        .bind(CURRENT)
        .fetch_all(&mut *connection)
        .await?;
    for feed in feeds {
        let mut joining = Joining::default();
        while joining.step(connection, feed).await? {}
        sqlx::query(
            "UPDATE feeds SET bytes = ?2
                + (SELECT coalesce(sum(octet_length(head) + octet_length(places)
                    + octet_length(id)), 0) FROM records WHERE feed = ?1)
                + (SELECT coalesce(sum(octet_length(entries) + octet_length(ecosystem)
                    + octet_length(name) + octet_length(record)), 0)
                    FROM affected WHERE feed = ?1)
             WHERE id = ?1",
        )
        .bind(feed)
        .bind(joining.bytes.cast_signed())
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

/// Joins the names of some places again, after records changed; answers with how many bytes came
/// and went.
pub(crate) async fn join_again(
    connection: &mut SqliteConnection,
    feed: i64,
    places: &BTreeSet<(String, String)>,
) -> Result<i64, sqlx::Error> {
    let mut grown = 0;
    for (ecosystem, name) in places {
        let before: Option<i64> = sqlx::query_scalar(
            "DELETE FROM candidates WHERE feed = ? AND ecosystem = ? AND name = ?
             RETURNING length(joined)",
        )
        .bind(feed)
        .bind(ecosystem)
        .bind(name)
        .fetch_optional(&mut *connection)
        .await?;
        let rows: Vec<(String, String)> = sqlx::query_as(
            "SELECT record, entries FROM affected
             WHERE feed = ? AND ecosystem = ? AND name = ? ORDER BY record",
        )
        .bind(feed)
        .bind(ecosystem)
        .bind(name)
        .fetch_all(&mut *connection)
        .await?;
        let mut joined = Vec::new();
        for (record, json) in rows {
            let entries = entries(ecosystem, name, &json);
            candidate_encoding::encode(&record, &entries, &mut joined);
        }
        let key = (ecosystem.len() + name.len()).cast_signed() as i64;
        grown -= before.map_or(0, |bytes| bytes + key);
        if !joined.is_empty() {
            let row = candidate_encoding::row(name, &joined);
            grown += row.len().cast_signed() as i64 + key;
            put(connection, feed, ecosystem, name, row).await?;
        }
    }
    Ok(grown)
}

async fn put(
    connection: &mut SqliteConnection,
    feed: i64,
    ecosystem: &str,
    name: &str,
    joined: Vec<u8>,
) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO candidates (feed, ecosystem, name, joined) VALUES (?, ?, ?, ?)")
        .bind(feed)
        .bind(ecosystem)
        .bind(name)
        .bind(joined)
        .execute(connection)
        .await
        .map(|_| ())
}
