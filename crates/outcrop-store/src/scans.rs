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

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    fn image(name: &str) -> ConfigDigest {
        ConfigDigest(Digest::of(name.as_bytes()))
    }

    async fn put(store: &Store, name: &str, references: &[&str], day: u8, bytes: usize) -> ScanId {
        let references: Vec<String> = references.iter().map(|&name| name.into()).collect();
        store
            .put_scan(&NewScan {
                config_digest: image(name),
                references: &references,
                engine: Some("docker"),
                scanned_at: time(&format!("2026-01-{day:02}T00:00:00Z")),
                inventory: &vec![day; bytes],
            })
            .await
            .expect("is kept")
    }

    async fn store() -> (tempfile::TempDir, Store) {
        let directory = tempfile::tempdir().expect("a temporary folder");
        let store = Store::open(directory.path()).await.expect("opens");
        (directory, store)
    }

    #[tokio::test]
    async fn the_newest_scan_of_an_image_comes_back_whole() {
        let (_directory, store) = store().await;
        put(&store, "a", &["x:1"], 1, 10).await;
        let id = put(&store, "a", &["x:1", "latest"], 2, 20).await;
        put(&store, "b", &[], 3, 30).await;
        let scan = store
            .latest_scan(image("a"))
            .await
            .expect("an answer")
            .expect("a scan");
        assert_eq!(scan.inventory, [2; 20]);
        assert_eq!(
            scan.entry,
            ScanEntry {
                id,
                config_digest: image("a"),
                references: vec!["latest".into(), "x:1".into()],
                engine: Some("docker".into()),
                scanned_at: time("2026-01-02T00:00:00Z"),
                inventory_bytes: 20,
            }
        );
        assert_eq!(store.scan(id).await.expect("an answer"), Some(scan));
        assert_eq!(
            store.latest_scan(image("c")).await.expect("an answer"),
            None
        );
        let latest = store.latest_scans().await.expect("an answer");
        let images: Vec<ConfigDigest> = latest.iter().map(|entry| entry.config_digest).collect();
        assert_eq!(images, [image("b"), image("a")]);
    }

    #[tokio::test]
    async fn old_scans_of_a_tag_stay_for_comparison() {
        let (_directory, store) = store().await;
        let first = put(&store, "a", &["x:1"], 1, 1).await;
        let second = put(&store, "b", &["x:1"], 2, 1).await;
        put(&store, "c", &["y:1"], 3, 1).await;
        let scans = store.scans_of_reference("x:1").await.expect("an answer");
        let ids: Vec<ScanId> = scans.iter().map(|entry| entry.id).collect();
        assert_eq!(ids, [second, first]);
    }

    #[tokio::test]
    async fn pruning_goes_by_age_then_size_and_spares_the_newest_of_each_tag() {
        let (_directory, store) = store().await;
        let scans = [
            put(&store, "a", &["x:1"], 1, 100).await,
            put(&store, "b", &["x:1"], 10, 100).await,
            put(&store, "c", &["y:1"], 2, 100).await,
            put(&store, "d", &[], 20, 100).await,
            put(&store, "e", &["z:1"], 21, 100).await,
        ];
        let check = async |days: i64, bytes: u64, expected: &[usize]| {
            let retention = Retention {
                max_age: SignedDuration::from_hours(24 * days),
                max_bytes: bytes,
            };
            store
                .prune_scans(retention, time("2026-01-22T00:00:00Z"))
                .await
                .expect("is pruned");
            for (index, id) in scans.iter().enumerate() {
                let there = store.scan(*id).await.expect("an answer").is_some();
                assert_eq!(there, expected.contains(&index), "scan {index}");
            }
        };
        check(30, 500, &[0, 1, 2, 3, 4]).await;
        // Too old, and not the newest of its tag.
        check(15, 500, &[1, 2, 3, 4]).await;
        // Too much: first what is no tag's newest, then the oldest.
        check(15, 300, &[1, 2, 4]).await;
        check(15, 250, &[1, 4]).await;
        // The newest of all stays.
        check(0, 0, &[4]).await;
    }
}
