//! Scans: what an image held when it was read, old ones kept for comparison.

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};
use outcrop_model::{ConfigDigest, Digest};

use crate::error::StoreError;
use crate::store::Store;
use crate::time::{from_column, to_column};

/// A scan to be kept.
#[derive(Clone, Debug)]
pub struct NewScan<'a> {
    /// Identity of the image.
    pub config_digest: ConfigDigest,
    /// Every reference that the image had then.
    pub references: &'a [String],
    /// Name of the engine it was read from, where it was one.
    pub engine: Option<&'a str>,
    /// When.
    pub scanned_at: Timestamp,
    /// What it held; the store does not look inside.
    pub inventory: &'a [u8],
}

/// Number of a scan in its store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ScanId(pub i64);

/// A kept scan without its inventory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScanEntry {
    /// Its number.
    pub id: ScanId,
    /// Identity of the image.
    pub config_digest: ConfigDigest,
    /// References that the image had then, sorted.
    pub references: Vec<String>,
    /// Name of the engine it was read from.
    pub engine: Option<String>,
    /// When.
    pub scanned_at: Timestamp,
    /// Size of the inventory.
    pub inventory_bytes: u64,
}

/// A kept scan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scan {
    /// All but the inventory.
    pub entry: ScanEntry,
    /// The bytes that were kept.
    pub inventory: Vec<u8>,
}

/// How long and how much is kept.
#[derive(Clone, Copy, Debug)]
pub struct Retention {
    /// Older scans go, but for the newest of each reference.
    pub max_age: SignedDuration,
    /// Size of all inventories; beyond it the oldest go, those of no reference's newest first.
    /// The newest scan of all always stays.
    pub max_bytes: u64,
}

const COLUMNS: &str = "id, config_digest, engine, scanned_at, inventory_bytes,
    (SELECT json_group_array(reference) FROM
        (SELECT reference FROM scan_references WHERE scan = scans.id ORDER BY reference))";

type Row = (i64, Vec<u8>, Option<String>, i64, i64, String);

fn entry((id, digest, engine, scanned_at, bytes, references): Row) -> Option<ScanEntry> {
    Some(ScanEntry {
        id: ScanId(id),
        config_digest: ConfigDigest(Digest::from_bytes(digest.try_into().ok()?)),
        references: serde_json::from_str(&references).unwrap_or_default(),
        engine,
        scanned_at: from_column(scanned_at),
        inventory_bytes: bytes.unsigned_abs(),
    })
}

impl Store {
    /// Keeps a scan.
    pub async fn put_scan(&self, scan: &NewScan<'_>) -> Result<ScanId, StoreError> {
        let refused = |error| self.refused(error);
        let mut transaction = self.write().await?;
        let id: i64 = sqlx::query_scalar(
            "INSERT INTO scans (config_digest, engine, scanned_at, inventory, inventory_bytes)
             VALUES (?, ?, ?, ?, ?) RETURNING id",
        )
        .bind(scan.config_digest.0.as_bytes().as_slice())
        .bind(scan.engine)
        .bind(to_column(scan.scanned_at))
        .bind(scan.inventory)
        .bind(scan.inventory.len().cast_signed() as i64)
        .fetch_one(&mut *transaction)
        .await
        .map_err(refused)?;
        sqlx::query(
            "INSERT OR IGNORE INTO scan_references (reference, scan)
             SELECT value, ? FROM json_each(?)",
        )
        .bind(id)
        .bind(serde_json::Value::from(scan.references.to_vec()).to_string())
        .execute(&mut *transaction)
        .await
        .map_err(refused)?;
        transaction.commit().await.map_err(refused)?;
        Ok(ScanId(id))
    }

    /// The scan of number `id`.
    pub async fn scan(&self, id: ScanId) -> Result<Option<Scan>, StoreError> {
        let entries = self.entries("WHERE id = ?", id.0).await?;
        self.with_inventory(entries.into_iter().next()).await
    }

    /// The newest scan of an image.
    pub async fn latest_scan(&self, image: ConfigDigest) -> Result<Option<Scan>, StoreError> {
        let entries = self
            .entries(
                "WHERE config_digest = ? ORDER BY scanned_at DESC, id DESC LIMIT 1",
                image.0.as_bytes().to_vec(),
            )
            .await?;
        self.with_inventory(entries.into_iter().next()).await
    }

    /// The newest scan of every image, newest first.
    pub async fn latest_scans(&self) -> Result<Vec<ScanEntry>, StoreError> {
        self.entries(
            "WHERE ? AND NOT EXISTS (
                SELECT 1 FROM scans AS later WHERE later.config_digest = scans.config_digest
                AND (later.scanned_at, later.id) > (scans.scanned_at, scans.id)
             ) ORDER BY scanned_at DESC, id DESC",
            true,
        )
        .await
    }

    /// Every kept scan of images that had this reference then, newest first.
    pub async fn scans_of_reference(&self, reference: &str) -> Result<Vec<ScanEntry>, StoreError> {
        self.entries(
            "WHERE id IN (SELECT scan FROM scan_references WHERE reference = ?)
             ORDER BY scanned_at DESC, id DESC",
            reference.to_owned(),
        )
        .await
    }

    /// Removes what `retention` no longer keeps; answers with how many went.
    pub async fn prune_scans(
        &self,
        retention: Retention,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let entries = self
            .entries("WHERE ? ORDER BY scanned_at DESC, id DESC", true)
            .await?;
        let doomed: Vec<i64> = doomed(&entries, retention, now);
        let count = doomed.len() as u64;
        sqlx::query("DELETE FROM scans WHERE id IN (SELECT value FROM json_each(?))")
            .bind(serde_json::Value::from(doomed).to_string())
            .execute(self.pool())
            .await
            .map_err(|error| self.refused(error))?;
        Ok(count)
    }

    async fn entries<'q, T>(&self, condition: &str, value: T) -> Result<Vec<ScanEntry>, StoreError>
    where
        T: sqlx::Encode<'q, sqlx::Sqlite> + sqlx::Type<sqlx::Sqlite> + Send + 'q,
    {
        // Both parts are constants of this file.
        let sql = sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM scans {condition}"));
        let rows: Vec<Row> = sqlx::query_as(sql)
            .bind(value)
            .fetch_all(self.pool())
            .await
            .map_err(|error| self.refused(error))?;
        Ok(rows.into_iter().filter_map(entry).collect())
    }

    async fn with_inventory(&self, entry: Option<ScanEntry>) -> Result<Option<Scan>, StoreError> {
        let Some(entry) = entry else {
            return Ok(None);
        };
        let inventory: Option<Vec<u8>> =
            sqlx::query_scalar("SELECT inventory FROM scans WHERE id = ?")
                .bind(entry.id.0)
                .fetch_optional(self.pool())
                .await
                .map_err(|error| self.refused(error))?;
        Ok(inventory.map(|inventory| Scan { entry, inventory }))
    }
}

/// `entries` come newest first.
fn doomed(entries: &[ScanEntry], retention: Retention, now: Timestamp) -> Vec<i64> {
    let mut seen = HashSet::new();
    let newest_of_a_reference: Vec<bool> = entries
        .iter()
        .map(|entry| {
            let fresh = entry
                .references
                .iter()
                .filter(|name| seen.insert(name.as_str()));
            fresh.count() > 0
        })
        .collect();
    let cutoff = now.checked_sub(retention.max_age).unwrap_or(Timestamp::MIN);
    let mut total: u64 = entries.iter().map(|entry| entry.inventory_bytes).sum();
    let mut doomed = Vec::new();
    for protected in [false, true] {
        for (index, entry) in entries.iter().enumerate().skip(1).rev() {
            if newest_of_a_reference[index] != protected {
                continue;
            }
            let too_old = !protected && entry.scanned_at < cutoff;
            if too_old || total > retention.max_bytes {
                total -= entry.inventory_bytes;
                doomed.push(entry.id.0);
            }
        }
    }
    doomed
}
