//! Writing sets of advisory records: a whole one beside the current, or changes to it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};
use outcrop_model::{AdvisoryRecord, FeedKind};
use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

use crate::error::StoreError;
use crate::feeds::{CURRENT, FEED_COLUMNS, Feed, FeedRow, REPLACED, WRITING, feed};
use crate::joining::{Joining, join_again};
use crate::store::Store;
use crate::stored_record::{Row, ecosystem_name};
use crate::time::to_column;

/// Records that go into one transaction at most, and about how many bytes.
const BATCH_RECORDS: usize = 1_000;
const BATCH_BYTES: usize = 8 * 1024 * 1024;

/// Rows of one statement; SQLite takes 32,766 values.
const STATEMENT_ROWS: usize = 500;

/// An import without a sign of life for this long was cut off.
const GIVEN_UP_AFTER: SignedDuration = SignedDuration::from_hours(1);

/// Different ecosystems that one import is followed to.
const MAX_ECOSYSTEMS: usize = 64;

/// Where a set comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FeedSource {
    /// Which feed.
    pub kind: FeedKind,
    /// The part, as `v3.10/main`; empty for a feed that comes whole.
    pub part: String,
    /// Address or path.
    pub source: String,
    /// The server's mark of what was fetched.
    pub etag: Option<String>,
    /// When it was exported, where the publisher says so; see also
    /// [`FeedImport::note_exported_at`].
    pub exported_at: Option<Timestamp>,
    /// True for the starter set.
    pub starter: bool,
}

/// Changes to a current set that comes whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FeedIncrement {
    /// Records that are new or changed.
    pub records: Vec<AdvisoryRecord>,
    /// Identifiers of records that are there no more.
    pub removed: Vec<String>,
    /// The server's mark from now on; `None` leaves it as it is.
    pub etag: Option<String>,
    /// When the publisher exported the changes; `None` leaves it as it is.
    pub exported_at: Option<Timestamp>,
}

/// A set being written beside the current one. Dropped without [`FeedImport::commit`] it changes
/// nothing; what it wrote is removed by the next import.
#[derive(Debug)]
pub struct FeedImport {
    store: Store,
    source: FeedSource,
    only: Option<String>,
    now: Timestamp,
    problems: u64,
    sets: BTreeMap<String, WrittenSet>,
}

#[derive(Debug, Default)]
struct WrittenSet {
    feed: i64,
    records: u64,
    bytes: u64,
    newest: Option<Timestamp>,
}

/// How an import ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImportOutcome {
    /// The set is the current one now.
    Replaced {
        /// It.
        feed: Feed,
        /// Other ecosystems that its records name, and how many do; they were left out.
        left_out: BTreeMap<String, u64>,
    },
    /// The set that was there stays.
    Kept {
        /// Why.
        reason: KeptReason,
    },
}

/// Why the set that was there stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeptReason {
    /// Not one usable record came.
    Empty,
    /// A starter set does not take the place of real records.
    RealOverStarter,
    /// From the same source came an older set than the one there.
    NewerThere {
        /// Export date of the set that is there, or the newest change in it.
        there: Timestamp,
        /// The same of the set that came.
        came: Option<Timestamp>,
    },
}

impl Store {
    /// Begins a whole set. With `only` (OSV's name, without a release) entries of other ecosystems
    /// are left out; without it the ecosystem that most of the records name is taken.
    ///
    /// `now` tells which times lie in the future and are not believed.
    pub async fn begin_import(
        &self,
        source: FeedSource,
        only: Option<&str>,
        now: Timestamp,
    ) -> Result<FeedImport, StoreError> {
        let given_up = now.checked_sub(GIVEN_UP_AFTER).unwrap_or(Timestamp::MIN);
        sqlx::query("UPDATE feeds SET state = ? WHERE state = ? AND touched_at < ?")
            .bind(REPLACED)
            .bind(WRITING)
            .bind(to_column(given_up))
            .execute(self.pool())
            .await
            .map_err(|error| self.refused(error))?;
        self.remove_replaced().await?;
        Ok(FeedImport {
            store: self.clone(),
            source,
            only: only.map(|name| ecosystem_name(name).to_owned()),
            now,
            problems: 0,
            sets: BTreeMap::new(),
        })
    }

    /// Adds, changes and removes records of a current set that comes whole, all or nothing.
    ///
    /// Answers with the set as it is now.
    pub async fn apply_increment(
        &self,
        kind: FeedKind,
        ecosystem: &str,
        increment: FeedIncrement,
        now: Timestamp,
    ) -> Result<Feed, StoreError> {
        let refused = |error| self.refused(error);
        let name = ecosystem_name(ecosystem);
        let newest = newest_modified(&increment.records, now);
        let exported_at = increment.exported_at.filter(|time| *time <= now);
        let mut records = increment.records;
        for record in &mut records {
            record.feed = kind;
        }
        let rows = rows_of(records, name);
        let mut transaction = self.write().await?;
        let current: Option<i64> = sqlx::query_scalar(
            "SELECT id FROM feeds WHERE ecosystem = ? AND kind = ? AND part = '' AND state = ?",
        )
        .bind(name)
        .bind(kind.as_str())
        .bind(CURRENT)
        .fetch_optional(&mut *transaction)
        .await
        .map_err(refused)?;
        let Some(feed_id) = current else {
            return Err(StoreError::NoFeed {
                ecosystem: name.to_owned(),
                kind,
            });
        };
        let grown = replace_records(&mut transaction, feed_id, &rows, &increment.removed)
            .await
            .map_err(refused)?;
        let sql = format!(
            "UPDATE feeds SET imported_at = ?, touched_at = ?, etag = coalesce(?, etag),
                newest_modified = max(coalesce(newest_modified, ?), coalesce(?, newest_modified)),
                exported_at = coalesce(?, exported_at), bytes = max(bytes + ?, 0),
                records = (SELECT count(*) FROM records WHERE feed = feeds.id)
             WHERE id = ? RETURNING {FEED_COLUMNS}"
        );
        let newest = newest.map(to_column);
        let row: FeedRow = sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .bind(to_column(now))
            .bind(to_column(now))
            .bind(increment.etag)
            .bind(newest)
            .bind(newest)
            .bind(exported_at.map(to_column))
            .bind(grown)
            .bind(feed_id)
            .fetch_one(&mut *transaction)
            .await
            .map_err(refused)?;
        transaction.commit().await.map_err(refused)?;
        Ok(feed(row))
    }
}

impl FeedImport {
    /// Writes more records. Any number at once; of two with one identifier the first stays.
    pub async fn add(&mut self, records: Vec<AdvisoryRecord>) -> Result<(), StoreError> {
        let mut by_ecosystem: BTreeMap<String, Vec<AdvisoryRecord>> = BTreeMap::new();
        for mut record in records {
            record.starter = self.source.starter;
            record.feed = self.source.kind;
            let mut names: Vec<&str> = match &self.only {
                // A withdrawn record may name no package any more; it is kept for explanations.
                Some(only) => vec![only.as_str()],
                None => record
                    .affected
                    .iter()
                    .map(|entry| ecosystem_name(&entry.ecosystem))
                    .collect(),
            };
            names.sort_unstable();
            names.dedup();
            let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
            for name in names {
                by_ecosystem.entry(name).or_default().push(record.clone());
            }
        }
        for (ecosystem, records) in by_ecosystem {
            self.add_to(ecosystem, records).await?;
        }
        Ok(())
    }

    /// Counts records that could not be read.
    pub const fn note_problems(&mut self, count: u64) {
        self.problems += count;
    }

    /// The export date, where it is only found while reading.
    pub fn note_exported_at(&mut self, exported_at: Timestamp) {
        self.source.exported_at = Some(exported_at);
    }

    async fn add_to(
        &mut self,
        ecosystem: String,
        records: Vec<AdvisoryRecord>,
    ) -> Result<(), StoreError> {
        if !self.sets.contains_key(&ecosystem) {
            if self.sets.len() >= MAX_ECOSYSTEMS {
                self.problems += records.len() as u64;
                return Ok(());
            }
            let feed = self.begin_set(&ecosystem).await?;
            let set = WrittenSet {
                feed,
                ..WrittenSet::default()
            };
            self.sets.insert(ecosystem.clone(), set);
        }
        let newest = newest_modified(&records, self.now);
        let came = records.len();
        let rows = rows_of(records, &ecosystem);
        self.problems += (came - rows.len()) as u64;
        let Some(set) = self.sets.get_mut(&ecosystem) else {
            return Ok(());
        };
        set.newest = set.newest.max(newest);
        let mut rest = rows.as_slice();
        while !rest.is_empty() {
            let mut bytes = 0;
            let fitting = rest
                .iter()
                .take(BATCH_RECORDS)
                .take_while(|row| {
                    bytes += row.bytes();
                    bytes <= BATCH_BYTES
                })
                .count();
            let (batch, later) = rest.split_at(fitting.max(1));
            rest = later;
            let mut transaction = self.store.write().await?;
            let written = insert(&mut transaction, set.feed, batch).await;
            let written = written.map_err(|error| self.store.refused(error))?;
            set.records += written.records;
            set.bytes += written.bytes;
            sqlx::query("UPDATE feeds SET touched_at = ? WHERE id = ?")
                .bind(to_column(self.now))
                .bind(set.feed)
                .execute(&mut *transaction)
                .await
                .map_err(|error| self.store.refused(error))?;
            transaction
                .commit()
                .await
                .map_err(|error| self.store.refused(error))?;
        }
        Ok(())
    }

    async fn begin_set(&self, ecosystem: &str) -> Result<i64, StoreError> {
        sqlx::query_scalar(
            "INSERT INTO feeds (ecosystem, kind, part, state, touched_at, source, etag, starter)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
        )
        .bind(ecosystem)
        .bind(self.source.kind.as_str())
        .bind(&self.source.part)
        .bind(WRITING)
        .bind(to_column(self.now))
        .bind(&self.source.source)
        .bind(&self.source.etag)
        .bind(self.source.starter)
        .fetch_one(self.store.pool())
        .await
        .map_err(|error| self.store.refused(error))
    }

    /// Puts the set in the place of the current one, in one step.
    pub async fn commit(mut self) -> Result<ImportOutcome, StoreError> {
        let chosen = self
            .sets
            .iter()
            .filter(|(_, set)| set.records > 0)
            .max_by(|left, right| (left.1.records, right.0).cmp(&(right.1.records, left.0)))
            .map(|(ecosystem, _)| ecosystem.clone());
        let chosen = chosen.and_then(|name| Some((self.sets.remove(&name)?, name)));
        let Some((mut set, ecosystem)) = chosen else {
            self.abandon().await?;
            return Ok(ImportOutcome::Kept {
                reason: KeptReason::Empty,
            });
        };
        let left_out = self
            .sets
            .iter()
            .map(|(name, set)| (name.clone(), set.records))
            .collect();
        set.bytes += self.join(set.feed).await?;
        let swapped = self.swap(&ecosystem, &set).await?;
        self.sets.insert(ecosystem, set);
        self.abandon().await?;
        Ok(match swapped {
            Ok(feed) => ImportOutcome::Replaced { feed, left_out },
            Err(reason) => ImportOutcome::Kept { reason },
        })
    }

    /// Joins what the records say of each name, some names in one transaction; answers with how
    /// many bytes that takes.
    async fn join(&self, feed: i64) -> Result<u64, StoreError> {
        let refused = |error| self.store.refused(error);
        let mut joining = Joining::default();
        loop {
            let mut transaction = self.store.write().await?;
            let more = joining.step(&mut transaction, feed).await;
            let more = more.map_err(refused)?;
            transaction.commit().await.map_err(refused)?;
            if !more {
                return Ok(joining.bytes);
            }
        }
    }

    /// Gives the import up and removes what it wrote.
    pub async fn abandon(self) -> Result<(), StoreError> {
        let feeds: Vec<i64> = self.sets.values().map(|set| set.feed).collect();
        sqlx::query(
            "UPDATE feeds SET state = ? WHERE state = ? AND id IN (SELECT value FROM json_each(?))",
        )
        .bind(REPLACED)
        .bind(WRITING)
        .bind(serde_json::Value::from(feeds).to_string())
        .execute(self.store.pool())
        .await
        .map_err(|error| self.store.refused(error))?;
        self.store.remove_replaced().await
    }

    async fn swap(
        &self,
        ecosystem: &str,
        set: &WrittenSet,
    ) -> Result<Result<Feed, KeptReason>, StoreError> {
        let refused = |error| self.store.refused(error);
        let mut transaction = self.store.write().await?;
        let sql = format!("SELECT {FEED_COLUMNS} FROM feeds WHERE ecosystem = ? AND state = ?");
        let there: Vec<FeedRow> = sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .bind(ecosystem)
            .bind(CURRENT)
            .fetch_all(&mut *transaction)
            .await
            .map_err(refused)?;
        let exported_at = self.source.exported_at.filter(|time| *time <= self.now);
        let reason = there
            .into_iter()
            .find_map(|row| self.reason_to_keep(&feed(row), set, exported_at));
        if let Some(reason) = reason {
            return Ok(Err(reason));
        }
        // Real records of any feed take the place of a starter set.
        sqlx::query(
            "UPDATE feeds SET state = ?
             WHERE ecosystem = ? AND state = ? AND ((kind = ? AND part = ?) OR starter)",
        )
        .bind(REPLACED)
        .bind(ecosystem)
        .bind(CURRENT)
        .bind(self.source.kind.as_str())
        .bind(&self.source.part)
        .execute(&mut *transaction)
        .await
        .map_err(refused)?;
        let sql = format!(
            "UPDATE feeds SET state = ?, newest_modified = ?, exported_at = ?, imported_at = ?,
                records = ?, problems = ?, bytes = ? WHERE id = ? RETURNING {FEED_COLUMNS}"
        );
        let row: FeedRow = sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .bind(CURRENT)
            .bind(set.newest.map(to_column))
            .bind(exported_at.map(to_column))
            .bind(to_column(self.now))
            .bind(set.records.cast_signed())
            .bind(self.problems.cast_signed())
            .bind(set.bytes.cast_signed())
            .bind(set.feed)
            .fetch_one(&mut *transaction)
            .await
            .map_err(refused)?;
        transaction.commit().await.map_err(refused)?;
        Ok(Ok(feed(row)))
    }

    fn reason_to_keep(
        &self,
        there: &Feed,
        set: &WrittenSet,
        exported_at: Option<Timestamp>,
    ) -> Option<KeptReason> {
        if self.source.starter && !there.starter {
            return Some(KeptReason::RealOverStarter);
        }
        let same = there.kind == self.source.kind
            && there.part == self.source.part
            && there.source == self.source.source;
        if !same {
            return None;
        }
        older(
            (there.exported_at, there.newest_modified),
            (exported_at, set.newest),
        )
    }
}

/// Tells a set that is older than the one there: by the export dates where both have one, else by
/// the newest changes.
pub(crate) fn older(
    (exported_there, newest_there): (Option<Timestamp>, Option<Timestamp>),
    (exported, newest): (Option<Timestamp>, Option<Timestamp>),
) -> Option<KeptReason> {
    let (there, came) = match (exported_there, exported) {
        (Some(there), Some(came)) => (there, Some(came)),
        _ => (newest_there?, newest),
    };
    (came < Some(there)).then_some(KeptReason::NewerThere { there, came })
}

/// Puts rows in the place of those with their identifiers, and removes others; answers with by how
/// many bytes the set grew.
async fn replace_records(
    connection: &mut SqliteConnection,
    feed: i64,
    rows: &[Row],
    removed: &[String],
) -> Result<i64, sqlx::Error> {
    let ids: Vec<&str> = rows
        .iter()
        .map(|row| row.id.as_str())
        .chain(removed.iter().map(String::as_str))
        .collect();
    let ids = serde_json::Value::from(ids).to_string();
    let old: Vec<(String, i64)> = sqlx::query_as(
        "SELECT places, octet_length(id) + octet_length(head) + octet_length(places) FROM records
         WHERE feed = ? AND id IN (SELECT value FROM json_each(?))",
    )
    .bind(feed)
    .bind(&ids)
    .fetch_all(&mut *connection)
    .await?;
    let gone: Vec<i64> = sqlx::query_scalar(
        "DELETE FROM affected WHERE (feed, ecosystem, name, record) IN
            (SELECT records.feed, place.value ->> 0, place.value ->> 1, records.id
             FROM records, json_each(records.places) AS place
             WHERE records.feed = ? AND records.id IN (SELECT value FROM json_each(?)))
         RETURNING octet_length(ecosystem) + octet_length(name) + octet_length(record)
            + octet_length(entries)",
    )
    .bind(feed)
    .bind(&ids)
    .fetch_all(&mut *connection)
    .await?;
    sqlx::query("DELETE FROM records WHERE feed = ? AND id IN (SELECT value FROM json_each(?))")
        .bind(feed)
        .bind(&ids)
        .execute(&mut *connection)
        .await?;
    let came = insert(connection, feed, rows).await?.bytes.cast_signed();
    let went = old.iter().map(|(_, bytes)| bytes).chain(&gone).sum::<i64>();
    let places: BTreeSet<(String, String)> = old
        .iter()
        .map(|(places, _)| places)
        .chain(rows.iter().map(|row| &row.places))
        .flat_map(|places| {
            serde_json::from_str::<Vec<(String, String)>>(places).unwrap_or_default()
        })
        .collect();
    Ok(came - went + join_again(connection, feed, &places).await?)
}

fn rows_of(records: Vec<AdvisoryRecord>, ecosystem: &str) -> Vec<Row> {
    let mut seen = HashSet::new();
    records
        .into_iter()
        .filter_map(|record| Row::of(record, ecosystem))
        .filter(|row| seen.insert(row.id.clone()))
        .collect()
}

/// Publishers do date records ahead; such a time would hide every change until then.
fn newest_modified(records: &[AdvisoryRecord], now: Timestamp) -> Option<Timestamp> {
    records
        .iter()
        .filter_map(|record| record.modified.parse::<Timestamp>().ok())
        .filter(|modified| *modified <= now)
        .max()
}

/// What was written.
#[derive(Default)]
struct Written {
    records: u64,
    bytes: u64,
}

/// Answers with how many records were written; those that are there already are left as they are.
async fn insert(
    connection: &mut SqliteConnection,
    feed: i64,
    rows: &[Row],
) -> Result<Written, sqlx::Error> {
    let mut written = Written::default();
    for rows in rows.chunks(STATEMENT_ROWS) {
        let mut records =
            QueryBuilder::<Sqlite>::new("INSERT OR IGNORE INTO records (feed, id, head, places) ");
        records.push_values(rows, |mut values, row| {
            values
                .push_bind(feed)
                .push_bind(row.id.as_str())
                .push_bind(row.head.as_str())
                .push_bind(row.places.as_str());
        });
        records.push(" RETURNING id");
        let ids: Vec<String> = records
            .build_query_scalar()
            .fetch_all(&mut *connection)
            .await?;
        written.records += ids.len() as u64;
        let by_id: HashMap<&str, &Row> = rows.iter().map(|row| (row.id.as_str(), row)).collect();
        let rows: Vec<&Row> = ids
            .iter()
            .filter_map(|id| by_id.get(id.as_str()).copied())
            .collect();
        written.bytes += rows.iter().map(|row| row.bytes() as u64).sum::<u64>();
        let places: Vec<(&str, &(String, String, String))> = rows
            .iter()
            .flat_map(|row| row.affected.iter().map(|place| (row.id.as_str(), place)))
            .collect();
        for places in places.chunks(STATEMENT_ROWS) {
            let mut affected = QueryBuilder::<Sqlite>::new(
                "INSERT INTO affected (feed, ecosystem, name, record, entries) ",
            );
            affected.push_values(places, |mut values, (id, (ecosystem, name, entries))| {
                values
                    .push_bind(feed)
                    .push_bind(ecosystem.as_str())
                    .push_bind(name.as_str())
                    .push_bind(*id)
                    .push_bind(entries.as_str());
            });
            affected.build().execute(&mut *connection).await?;
        }
    }
    Ok(written)
}

#[cfg(test)]
mod tests;
