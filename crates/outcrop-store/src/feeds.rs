//! Which sets of advisory records are there, and questions to them.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ops::Range;
use std::panic::resume_unwind;
use std::sync::Arc;

use jiff::Timestamp;
use outcrop_model::{AdvisoryRecord, AffectedPackage, Candidate, FeedKind};
use tokio::task::JoinSet;

use crate::candidate_encoding;
use crate::error::StoreError;
use crate::store::Store;
use crate::stored_record::{self, ecosystem_name};
use crate::time::from_column;

/// States of a row of `feeds`.
pub(crate) const WRITING: i64 = 0;
pub(crate) const CURRENT: i64 = 1;
pub(crate) const REPLACED: i64 = 2;

/// Rows removed in one transaction, so that other processes get their turn.
const ROWS_AT_ONCE: i64 = 20_000;

/// Names of one query: few enough that several processors read and unpack at once.
const NAMES_AT_ONCE: usize = 500;

/// A current set of records: of one feed, for one ecosystem, and one part of it where it has parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feed {
    /// Which feed.
    pub kind: FeedKind,
    /// OSV's name of the ecosystem, without a release.
    pub ecosystem: String,
    /// The part, as `v3.10/main`; empty for a feed that comes whole.
    pub part: String,
    /// Address or path that it came from.
    pub source: String,
    /// The server's mark of what it came from.
    pub etag: Option<String>,
    /// True for the starter set.
    pub starter: bool,
    /// Newest change inside it that does not lie in the future: how old the data is.
    pub newest_modified: Option<Timestamp>,
    /// When it was exported, where the publisher says so.
    pub exported_at: Option<Timestamp>,
    /// When it was last imported or added to.
    pub imported_at: Timestamp,
    /// Records, withdrawn ones included.
    pub records: u64,
    /// Records that could not be read.
    pub problems: u64,
    /// What it takes in the store, without the store's own overhead.
    pub bytes: u64,
}

pub(crate) type FeedRow = (
    String,
    String,
    String,
    String,
    Option<String>,
    bool,
    Option<i64>,
    Option<i64>,
    Option<i64>,
    i64,
    i64,
    i64,
);

pub(crate) const FEED_COLUMNS: &str = "kind, ecosystem, part, source, etag, starter, \
     newest_modified, exported_at, imported_at, records, problems, bytes";

pub(crate) fn feed(row: FeedRow) -> Feed {
    let (kind, ecosystem, part, source, etag, starter, ..) = row;
    let (.., newest_modified, exported_at, imported_at, records, problems, bytes) = row;
    Feed {
        kind: kind.parse().unwrap_or_default(),
        ecosystem,
        part,
        source,
        etag,
        starter,
        newest_modified: newest_modified.map(from_column),
        exported_at: exported_at.map(from_column),
        imported_at: from_column(imported_at.unwrap_or_default()),
        records: records.unsigned_abs(),
        problems: problems.unsigned_abs(),
        bytes: bytes.unsigned_abs(),
    }
}

/// The candidates of some names of one ecosystem, still packed.
#[derive(Debug)]
pub struct CandidateRows {
    ecosystem: String,
    parts: Vec<Vec<u8>>,
    /// Of each name the parts that it stands in, and where.
    places: HashMap<String, Vec<(usize, Range<usize>)>>,
}

impl CandidateRows {
    fn add(&mut self, part: Vec<u8>) {
        let index = self.parts.len();
        for (name, place) in candidate_encoding::places(&part) {
            match self.places.get_mut(name) {
                Some(places) => places.push((index, place)),
                None => {
                    self.places.insert(name.to_owned(), vec![(index, place)]);
                }
            }
        }
        self.parts.push(part);
    }

    /// Names that records speak of.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.places.keys().map(String::as_str)
    }

    /// The candidates of a name; none where no record speaks of it.
    pub fn get(&self, name: &str) -> Vec<Candidate> {
        let mut candidates = Vec::new();
        let count = self.get_into(name, &mut candidates, 0);
        candidates.truncate(count);
        candidates
    }

    /// As [`CandidateRows::get`], behind the first `count` of `into`; answers with how many of
    /// `into` count then. What stands behind them is left over from earlier names, and is written
    /// over by the next: with one `into` for all names of a thread next to nothing is allocated.
    pub fn get_into(&self, name: &str, into: &mut Vec<Candidate>, count: usize) -> usize {
        let places = self.places.get(name).map_or(&[][..], Vec::as_slice);
        let mut end = count;
        for (part, place) in places {
            let bytes = self.parts[*part].get(place.clone()).unwrap_or_default();
            let first = end;
            end = candidate_encoding::decode(&self.ecosystem, name, bytes, into, first);
            if first > count {
                end = merge(into, count, first, end);
            }
        }
        end
    }
}

impl Store {
    /// Every current set, by ecosystem, feed and part.
    pub async fn feeds(&self) -> Result<Vec<Feed>, StoreError> {
        let sql = format!("SELECT {FEED_COLUMNS} FROM feeds WHERE state = ?");
        let rows: Vec<FeedRow> = sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .bind(CURRENT)
            .fetch_all(self.pool())
            .await
            .map_err(|error| self.refused(error))?;
        let mut feeds: Vec<Feed> = rows.into_iter().map(feed).collect();
        feeds.sort_by(|left, right| {
            let key = |feed: &Feed| (feed.ecosystem.clone(), feed.kind, feed.part.clone());
            key(left).cmp(&key(right))
        });
        Ok(feeds)
    }

    /// The current sets of one ecosystem; a release (`Debian:12`) is passed over.
    pub async fn feeds_of(&self, ecosystem: &str) -> Result<Vec<Feed>, StoreError> {
        let name = ecosystem_name(ecosystem);
        let mut feeds = self.feeds().await?;
        feeds.retain(|feed| feed.ecosystem == name);
        Ok(feeds)
    }

    /// The first current set of one ecosystem, in the order of [`FeedKind::ALL`].
    pub async fn feed(&self, ecosystem: &str) -> Result<Option<Feed>, StoreError> {
        Ok(self.feeds_of(ecosystem).await?.into_iter().next())
    }

    /// The current set of one feed for one ecosystem; `part` is empty for a feed that comes whole.
    pub async fn feed_of(
        &self,
        kind: FeedKind,
        ecosystem: &str,
        part: &str,
    ) -> Result<Option<Feed>, StoreError> {
        let mut feeds = self.feeds_of(ecosystem).await?;
        feeds.retain(|feed| feed.kind == kind && feed.part == part);
        Ok(feeds.pop())
    }

    /// Whether any record of the current sets speaks of an ecosystem with exactly this release.
    pub async fn speaks_of(&self, ecosystem: &str) -> Result<bool, StoreError> {
        sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM candidates
             WHERE feed IN (SELECT id FROM feeds WHERE ecosystem = ? AND state = ?)
             AND ecosystem = ?)",
        )
        .bind(ecosystem_name(ecosystem))
        .bind(CURRENT)
        .bind(ecosystem)
        .fetch_one(self.pool())
        .await
        .map_err(|error| self.refused(error))
    }

    /// What the records say of each of `names` in `ecosystem`, with its release as `Debian:12`.
    ///
    /// Of every feed of the ecosystem. Withdrawn records are left out; names without any record are
    /// absent. For many names [`Store::candidate_rows`] is faster.
    pub async fn candidates(
        &self,
        ecosystem: &str,
        names: &[&str],
    ) -> Result<HashMap<String, Vec<Candidate>>, StoreError> {
        let rows = Arc::new(self.candidate_rows(ecosystem, names).await?);
        let mut parts = JoinSet::new();
        let found: Vec<String> = rows.names().map(str::to_owned).collect();
        for names in found.chunks(NAMES_AT_ONCE) {
            let (rows, names) = (Arc::clone(&rows), names.to_vec());
            let unpack = move |name: String| {
                let candidates = rows.get(&name);
                (name, candidates)
            };
            parts.spawn(async move { names.into_iter().map(unpack).collect::<Vec<_>>() });
        }
        let mut candidates = HashMap::with_capacity(found.len());
        while let Some(part) = parts.join_next().await {
            // A task ends early only where it panicked, and then so does this one.
            candidates.extend(part.unwrap_or_else(|error| resume_unwind(error.into_panic())));
        }
        Ok(candidates)
    }

    /// As [`Store::candidates`], unpacked only when asked for: hundreds of thousands of candidates
    /// are faster made and dropped again name by name, on as many threads as there are, than held
    /// all at once.
    ///
    /// A few queries at once, whatever the number of names.
    pub async fn candidate_rows(
        &self,
        ecosystem: &str,
        names: &[&str],
    ) -> Result<CandidateRows, StoreError> {
        let mut parts = JoinSet::new();
        for names in names.chunks(NAMES_AT_ONCE) {
            let (store, ecosystem) = (self.clone(), ecosystem.to_owned());
            let names = serde_json::Value::from(names.to_vec()).to_string();
            parts.spawn(async move { store.rows_of(&ecosystem, names).await });
        }
        let mut rows = CandidateRows {
            ecosystem: ecosystem.to_owned(),
            parts: Vec::new(),
            places: HashMap::with_capacity(names.len()),
        };
        while let Some(part) = parts.join_next().await {
            // A task ends early only where it panicked, and then so does this one.
            for part in part.unwrap_or_else(|error| resume_unwind(error.into_panic()))? {
                rows.add(part);
            }
        }
        Ok(rows)
    }

    /// The rows of some names, a JSON list, joined for each feed.
    async fn rows_of(&self, ecosystem: &str, names: String) -> Result<Vec<Vec<u8>>, StoreError> {
        // Bytes stay as they are: SQLite joins what it takes for text without looking into it.
        sqlx::query_scalar(
            "SELECT CAST(group_concat(joined, '') AS BLOB) FROM candidates
             WHERE feed IN (SELECT id FROM feeds WHERE ecosystem = ? AND state = ?)
             AND ecosystem = ? AND name IN (SELECT value FROM json_each(?))
             GROUP BY feed ORDER BY feed",
        )
        .bind(ecosystem_name(ecosystem))
        .bind(CURRENT)
        .bind(ecosystem)
        .bind(names)
        .fetch_all(self.pool())
        .await
        .map_err(|error| self.refused(error))
    }

    /// Records by identifier, without their `affected` entries; unknown ones are absent. Of two
    /// with one identifier, out of two parts of a feed, the newer one.
    pub async fn records(
        &self,
        ecosystem: &str,
        ids: &[&str],
    ) -> Result<HashMap<String, AdvisoryRecord>, StoreError> {
        let rows: Vec<(String, String)> = sqlx::query_as(
            "SELECT id, head FROM records
             WHERE feed IN (SELECT id FROM feeds WHERE ecosystem = ? AND state = ?)
             AND id IN (SELECT value FROM json_each(?))",
        )
        .bind(ecosystem_name(ecosystem))
        .bind(CURRENT)
        .bind(serde_json::Value::from(ids.to_vec()).to_string())
        .fetch_all(self.pool())
        .await
        .map_err(|error| self.refused(error))?;
        let mut records: HashMap<String, AdvisoryRecord> = HashMap::with_capacity(rows.len());
        for (id, head) in rows {
            let Ok(record) = serde_json::from_str::<AdvisoryRecord>(&head) else {
                continue;
            };
            match records.entry(id) {
                Entry::Occupied(there) if there.get().modified >= record.modified => {}
                place => drop(place.insert_entry(record)),
            }
        }
        Ok(records)
    }

    /// One record whole.
    pub async fn record(
        &self,
        ecosystem: &str,
        id: &str,
    ) -> Result<Option<AdvisoryRecord>, StoreError> {
        let Some(mut record) = self.records(ecosystem, &[id]).await?.remove(id) else {
            return Ok(None);
        };
        let rows: Vec<(String, String, String)> = sqlx::query_as(
            "SELECT affected.ecosystem, affected.name, affected.entries
             FROM records, json_each(records.places) AS place
             JOIN affected ON affected.feed = records.feed
                AND affected.ecosystem = place.value ->> 0 AND affected.name = place.value ->> 1
                AND affected.record = records.id
             WHERE records.feed IN (SELECT id FROM feeds WHERE ecosystem = ? AND state = ?)
             AND records.id = ?",
        )
        .bind(ecosystem_name(ecosystem))
        .bind(CURRENT)
        .bind(id)
        .fetch_all(self.pool())
        .await
        .map_err(|error| self.refused(error))?;
        record.affected = rows
            .iter()
            .flat_map(|(ecosystem, name, entries)| -> Vec<AffectedPackage> {
                stored_record::entries(ecosystem, name, entries)
            })
            .collect();
        Ok(Some(record))
    }

    /// Removes every advisory, the starter sets included.
    pub async fn clear_advisories(&self) -> Result<(), StoreError> {
        sqlx::query("UPDATE feeds SET state = ? WHERE state = ?")
            .bind(REPLACED)
            .bind(CURRENT)
            .execute(self.pool())
            .await
            .map_err(|error| self.refused(error))?;
        self.remove_replaced().await
    }

    /// Removes the rows of sets that are of no use any more, some at a time.
    pub(crate) async fn remove_replaced(&self) -> Result<(), StoreError> {
        let refused = |error| self.refused(error);
        let feeds: Vec<i64> = sqlx::query_scalar("SELECT id FROM feeds WHERE state = ?")
            .bind(REPLACED)
            .fetch_all(self.pool())
            .await
            .map_err(refused)?;
        for feed in feeds {
            for statement in [
                "DELETE FROM records WHERE rowid IN
                    (SELECT rowid FROM records WHERE feed = ? LIMIT ?)",
                "DELETE FROM candidates WHERE rowid IN
                    (SELECT rowid FROM candidates WHERE feed = ? LIMIT ?)",
                "DELETE FROM affected WHERE (feed, ecosystem, name, record) IN
                    (SELECT feed, ecosystem, name, record FROM affected WHERE feed = ? LIMIT ?)",
            ] {
                loop {
                    let removed = sqlx::query(statement)
                        .bind(feed)
                        .bind(ROWS_AT_ONCE)
                        .execute(self.pool())
                        .await
                        .map_err(refused)?
                        .rows_affected();
                    if removed == 0 {
                        break;
                    }
                }
            }
            sqlx::query("DELETE FROM feeds WHERE id = ? AND state = ?")
                .bind(feed)
                .bind(REPLACED)
                .execute(self.pool())
                .await
                .map_err(refused)?;
        }
        Ok(())
    }
}

/// Brings what another set says of a name, from `first` to `end`, together with what is there from
/// `begin` on; answers with the new end. Parts of one feed may hold the same record.
fn merge(candidates: &mut [Candidate], begin: usize, first: usize, end: usize) -> usize {
    let places: HashMap<String, usize> = (begin..first)
        .map(|place| (candidates[place].record.clone(), place))
        .collect();
    let mut kept = first;
    for place in first..end {
        if let Some(&there) = places.get(&candidates[place].record) {
            let more = std::mem::take(&mut candidates[place].affected);
            candidates[there].affected.extend(more);
        } else {
            candidates.swap(kept, place);
            kept += 1;
        }
    }
    kept
}
