//! What others than publishers of advisories say of CVEs, and which releases are at their end: one
//! set of each kind, replaced whole or added to.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use outcrop_model::{Enrichment, Enrichments, Epss, KnownExploited, NvdRating};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::SqliteConnection;

use crate::error::StoreError;
use crate::import::{KeptReason, older};
use crate::store::Store;
use crate::time::{from_column, to_column};

/// Rows of one statement, handed over as one JSON list.
const STATEMENT_ROWS: usize = 20_000;

/// Steps of a millionth; EPSS publishes hundred-thousandths.
const STEPS: f64 = 1_000_000.0;

/// What kind of set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EnrichmentKind {
    /// CISA's catalog of known exploited vulnerabilities.
    KnownExploited,
    /// FIRST's estimates of exploitation.
    Epss,
    /// NVD's ratings.
    Nvd,
    /// Ends of life of products and their releases.
    EndOfLife,
}

impl EnrichmentKind {
    /// All, in the order in which they are listed.
    pub const ALL: [Self; 4] = [Self::KnownExploited, Self::Epss, Self::Nvd, Self::EndOfLife];

    /// The word shown to people and kept in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::KnownExploited => "kev",
            Self::Epss => "epss",
            Self::Nvd => "nvd",
            Self::EndOfLife => "end-of-life",
        }
    }
}

/// Rows of one kind.
#[derive(Clone, Debug, PartialEq)]
pub enum EnrichmentRows {
    /// By CVE.
    KnownExploited(Vec<(String, KnownExploited)>),
    /// By CVE.
    Epss(Vec<(String, Epss)>),
    /// By CVE.
    Nvd(Vec<(String, NvdRating)>),
    /// By product, JSON that the store does not look into.
    EndOfLife(Vec<(String, String)>),
}

impl EnrichmentRows {
    /// What they are.
    pub const fn kind(&self) -> EnrichmentKind {
        match self {
            Self::KnownExploited(_) => EnrichmentKind::KnownExploited,
            Self::Epss(_) => EnrichmentKind::Epss,
            Self::Nvd(_) => EnrichmentKind::Nvd,
            Self::EndOfLife(_) => EnrichmentKind::EndOfLife,
        }
    }

    const fn is_empty(&self) -> bool {
        match self {
            Self::KnownExploited(rows) => rows.is_empty(),
            Self::Epss(rows) => rows.is_empty(),
            Self::Nvd(rows) => rows.is_empty(),
            Self::EndOfLife(rows) => rows.is_empty(),
        }
    }
}

/// Where a set comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EnrichmentSource {
    /// Address or path.
    pub source: String,
    /// The server's mark of it.
    pub etag: Option<String>,
    /// When it was exported, as the publisher says; for NVD until when its changes are known.
    pub exported_at: Option<Timestamp>,
}

/// A set that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnrichmentSet {
    /// What it is.
    pub kind: EnrichmentKind,
    /// Address or path that it came from.
    pub source: String,
    /// The server's mark of it.
    pub etag: Option<String>,
    /// When it was exported, where the publisher says so.
    pub exported_at: Option<Timestamp>,
    /// When it was last imported or added to.
    pub imported_at: Timestamp,
    /// CVEs, or products.
    pub records: u64,
    /// What it takes in the store, without the store's own overhead.
    pub bytes: u64,
}

/// How a set was received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EnrichmentOutcome {
    /// It is the current one, or part of it.
    Replaced(EnrichmentSet),
    /// The set that was there stays.
    Kept {
        /// Why.
        reason: KeptReason,
    },
}

type SetRow = (String, String, Option<String>, Option<i64>, i64, i64, i64);

fn set(
    (kind, source, etag, exported_at, imported_at, records, bytes): SetRow,
) -> Option<EnrichmentSet> {
    let kind = EnrichmentKind::ALL
        .into_iter()
        .find(|each| each.as_str() == kind)?;
    Some(EnrichmentSet {
        kind,
        source,
        etag,
        exported_at: exported_at.map(from_column),
        imported_at: from_column(imported_at),
        records: records.unsigned_abs(),
        bytes: bytes.unsigned_abs(),
    })
}

impl Store {
    /// The sets that are there, in the order of [`EnrichmentKind::ALL`].
    pub async fn enrichment_sets(&self) -> Result<Vec<EnrichmentSet>, StoreError> {
        let rows: Vec<SetRow> = sqlx::query_as(
            "SELECT kind, source, etag, exported_at, imported_at, records, bytes
             FROM enrichment_sets",
        )
        .fetch_all(self.pool())
        .await
        .map_err(|error| self.refused(error))?;
        let mut sets: Vec<EnrichmentSet> = rows.into_iter().filter_map(set).collect();
        sets.sort_by_key(|set| set.kind);
        Ok(sets)
    }

    /// The set of one kind.
    pub async fn enrichment_set(
        &self,
        kind: EnrichmentKind,
    ) -> Result<Option<EnrichmentSet>, StoreError> {
        let sets = self.enrichment_sets().await?;
        Ok(sets.into_iter().find(|set| set.kind == kind))
    }

    /// Puts rows in the place of the set of their kind, all or nothing. An empty set replaces
    /// nothing, nor does one that its publisher exported before the one there, from the same
    /// source.
    pub async fn replace_enrichments(
        &self,
        source: EnrichmentSource,
        rows: EnrichmentRows,
        now: Timestamp,
    ) -> Result<EnrichmentOutcome, StoreError> {
        if rows.is_empty() {
            let reason = KeptReason::Empty;
            return Ok(EnrichmentOutcome::Kept { reason });
        }
        let there = self.enrichment_set(rows.kind()).await?;
        let reason = there
            .filter(|there| there.source == source.source)
            .and_then(|there| older((there.exported_at, None), (source.exported_at, None)));
        if let Some(reason) = reason {
            return Ok(EnrichmentOutcome::Kept { reason });
        }
        self.put_enrichments(source, rows, true, now).await
    }

    /// Adds rows to the set of their kind, or begins it; of one key the newer row stays.
    pub async fn add_enrichments(
        &self,
        source: EnrichmentSource,
        rows: EnrichmentRows,
        now: Timestamp,
    ) -> Result<EnrichmentOutcome, StoreError> {
        self.put_enrichments(source, rows, false, now).await
    }

    async fn put_enrichments(
        &self,
        source: EnrichmentSource,
        rows: EnrichmentRows,
        whole: bool,
        now: Timestamp,
    ) -> Result<EnrichmentOutcome, StoreError> {
        let refused = |error| self.refused(error);
        let kind = rows.kind();
        let mut transaction = self.write().await?;
        if whole {
            remove(&mut transaction, kind).await.map_err(refused)?;
        }
        match rows {
            EnrichmentRows::Epss(rows) => put_epss(&mut transaction, &rows).await,
            EnrichmentRows::KnownExploited(rows) => put_json(&mut transaction, kind, &rows).await,
            EnrichmentRows::Nvd(rows) => put_json(&mut transaction, kind, &rows).await,
            EnrichmentRows::EndOfLife(rows) => put(&mut transaction, kind, &rows).await,
        }
        .map_err(refused)?;
        // A row of `epss` is its key of six bytes, two numbers of three and a head of four.
        let (records, bytes): (i64, i64) = sqlx::query_as(match kind {
            EnrichmentKind::Epss => "SELECT count(*), count(*) * 16 FROM epss WHERE ? IS NOT NULL",
            _ => {
                "SELECT count(*), coalesce(sum(octet_length(key) + octet_length(value)), 0)
                 FROM enrichments WHERE kind = ?"
            }
        })
        .bind(kind.as_str())
        .fetch_one(&mut *transaction)
        .await
        .map_err(refused)?;
        let exported_at = source.exported_at.filter(|time| *time <= now);
        sqlx::query(
            "INSERT OR REPLACE INTO enrichment_sets
             (kind, source, etag, exported_at, imported_at, records, bytes)
             VALUES (?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(kind.as_str())
        .bind(&source.source)
        .bind(&source.etag)
        .bind(exported_at.map(to_column))
        .bind(to_column(now))
        .bind(records)
        .bind(bytes)
        .execute(&mut *transaction)
        .await
        .map_err(refused)?;
        transaction.commit().await.map_err(refused)?;
        Ok(EnrichmentOutcome::Replaced(EnrichmentSet {
            kind,
            source: source.source,
            etag: source.etag,
            exported_at,
            imported_at: now,
            records: records.unsigned_abs(),
            bytes: bytes.unsigned_abs(),
        }))
    }

    /// What is known of each of `cves`; those of which nothing is known are absent.
    pub async fn enrichments(&self, cves: &[&str]) -> Result<Enrichments, StoreError> {
        let refused = |error| self.refused(error);
        let mut enrichments: HashMap<String, Enrichment> = HashMap::new();
        let rows: Vec<(String, String, String)> = sqlx::query_as(
            "SELECT kind, key, value FROM enrichments
             WHERE kind IN (?, ?) AND key IN (SELECT value FROM json_each(?))",
        )
        .bind(EnrichmentKind::KnownExploited.as_str())
        .bind(EnrichmentKind::Nvd.as_str())
        .bind(serde_json::Value::from(cves.to_vec()).to_string())
        .fetch_all(self.pool())
        .await
        .map_err(refused)?;
        for (kind, cve, value) in rows {
            let enrichment = enrichments.entry(cve).or_default();
            if kind == EnrichmentKind::Nvd.as_str() {
                enrichment.nvd = of_json(&value);
            } else {
                enrichment.known_exploited = of_json(&value);
            }
        }
        let numbers: BTreeMap<i64, &str> = cves
            .iter()
            .filter_map(|cve| Some((cve_number(cve)?, *cve)))
            .collect();
        let rows: Vec<(i64, i64, i64)> = sqlx::query_as(
            "SELECT cve, probability, percentile FROM epss
             WHERE cve IN (SELECT value FROM json_each(?))",
        )
        .bind(serde_json::Value::from(numbers.keys().copied().collect::<Vec<_>>()).to_string())
        .fetch_all(self.pool())
        .await
        .map_err(refused)?;
        for (number, probability, percentile) in rows {
            if let Some(cve) = numbers.get(&number) {
                enrichments.entry((*cve).to_owned()).or_default().epss = Some(Epss {
                    probability: probability as f64 / STEPS,
                    percentile: percentile as f64 / STEPS,
                });
            }
        }
        Ok(enrichments)
    }

    /// What is known of the releases of each of `products`, as it was given.
    pub async fn end_of_life(
        &self,
        products: &[&str],
    ) -> Result<BTreeMap<String, String>, StoreError> {
        let rows: Vec<(String, String)> = sqlx::query_as(
            "SELECT key, value FROM enrichments
             WHERE kind = ? AND key IN (SELECT value FROM json_each(?))",
        )
        .bind(EnrichmentKind::EndOfLife.as_str())
        .bind(serde_json::Value::from(products.to_vec()).to_string())
        .fetch_all(self.pool())
        .await
        .map_err(|error| self.refused(error))?;
        Ok(rows.into_iter().collect())
    }

    /// Removes every set of enrichments.
    pub async fn clear_enrichments(&self) -> Result<(), StoreError> {
        let refused = |error| self.refused(error);
        let mut transaction = self.write().await?;
        for kind in EnrichmentKind::ALL {
            remove(&mut transaction, kind).await.map_err(refused)?;
        }
        sqlx::query("DELETE FROM enrichment_sets")
            .execute(&mut *transaction)
            .await
            .map_err(refused)?;
        transaction.commit().await.map_err(refused)
    }
}

async fn remove(
    connection: &mut SqliteConnection,
    kind: EnrichmentKind,
) -> Result<(), sqlx::Error> {
    let sql = match kind {
        EnrichmentKind::Epss => "DELETE FROM epss WHERE ? IS NOT NULL",
        _ => "DELETE FROM enrichments WHERE kind = ?",
    };
    sqlx::query(sql)
        .bind(kind.as_str())
        .execute(connection)
        .await
        .map(|_| ())
}

async fn put_epss(
    connection: &mut SqliteConnection,
    rows: &[(String, Epss)],
) -> Result<(), sqlx::Error> {
    let in_steps = |share: f64| (share.clamp(0.0, 1.0) * STEPS).round() as i64;
    for rows in rows.chunks(STATEMENT_ROWS) {
        let rows: Vec<[i64; 3]> = rows
            .iter()
            .filter_map(|(cve, epss)| {
                let number = cve_number(cve)?;
                Some([
                    number,
                    in_steps(epss.probability),
                    in_steps(epss.percentile),
                ])
            })
            .collect();
        sqlx::query(
            "INSERT OR REPLACE INTO epss (cve, probability, percentile)
             SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?)",
        )
        .bind(json(&rows))
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

async fn put_json(
    connection: &mut SqliteConnection,
    kind: EnrichmentKind,
    rows: &[(String, impl Serialize)],
) -> Result<(), sqlx::Error> {
    let rows: Vec<(String, String)> = rows
        .iter()
        .map(|(key, value)| (key.clone(), json(value)))
        .collect();
    put(connection, kind, &rows).await
}

async fn put(
    connection: &mut SqliteConnection,
    kind: EnrichmentKind,
    rows: &[(String, String)],
) -> Result<(), sqlx::Error> {
    for rows in rows.chunks(STATEMENT_ROWS) {
        sqlx::query(
            "INSERT OR REPLACE INTO enrichments (kind, key, value)
             SELECT ?, value ->> 0, value ->> 1 FROM json_each(?)",
        )
        .bind(kind.as_str())
        .bind(json(&rows))
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

/// Values made of texts and numbers always have a JSON.
fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

fn of_json<T: DeserializeOwned>(value: &str) -> Option<T> {
    serde_json::from_str(value).ok()
}

/// `CVE-2021-44228` as 2021·10¹⁰ + 44228; `None` for what is no CVE.
fn cve_number(cve: &str) -> Option<i64> {
    const SEQUENCE_DIGITS: usize = 10;

    let (year, sequence) = cve.strip_prefix("CVE-")?.split_once('-')?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if year.len() != 4 || !digits(year) || !digits(sequence) || sequence.len() > SEQUENCE_DIGITS {
        return None;
    }
    let year: i64 = year.parse().ok()?;
    let sequence: i64 = sequence.parse().ok()?;
    Some(year * 10i64.pow(SEQUENCE_DIGITS as u32) + sequence)
}

#[cfg(test)]
mod tests {
    use outcrop_model::Severity;

    use super::*;

    const NOW: &str = "2026-06-01T00:00:00Z";

    fn time(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    async fn store() -> (tempfile::TempDir, Store) {
        let directory = tempfile::tempdir().expect("a temporary folder");
        let store = Store::open(directory.path()).await.expect("opens");
        (directory, store)
    }

    fn source(exported_at: Option<&str>) -> EnrichmentSource {
        EnrichmentSource {
            source: "s".into(),
            etag: Some("\"1\"".into()),
            exported_at: exported_at.map(time),
        }
    }

    fn epss(cve: &str, probability: f64) -> EnrichmentRows {
        let percentile = 0.95;
        EnrichmentRows::Epss(vec![(
            cve.into(),
            Epss {
                probability,
                percentile,
            },
        )])
    }

    fn known_exploited(cve: &str) -> EnrichmentRows {
        let entry = KnownExploited {
            added: "2021-12-10".into(),
            due: "2021-12-24".into(),
            ransomware: true,
        };
        EnrichmentRows::KnownExploited(vec![(cve.into(), entry)])
    }

    fn rating(cve: &str, severity: Severity) -> EnrichmentRows {
        let rating = NvdRating {
            vectors: vec!["CVSS:3.1/AV:N".into()],
            severity,
        };
        EnrichmentRows::Nvd(vec![(cve.into(), rating)])
    }

    async fn replace(
        store: &Store,
        exported_at: Option<&str>,
        rows: EnrichmentRows,
    ) -> EnrichmentOutcome {
        store
            .replace_enrichments(source(exported_at), rows, time(NOW))
            .await
            .expect("is written")
    }

    #[tokio::test]
    async fn all_that_is_known_of_a_cve_comes_together() {
        let (_directory, store) = store().await;
        let cve = "CVE-2021-44228";
        for rows in [
            known_exploited(cve),
            epss(cve, 0.97565),
            rating(cve, Severity::Critical),
        ] {
            replace(&store, None, rows).await;
        }
        let enrichments = store
            .enrichments(&[cve, "CVE-2000-1", "GHSA-x"])
            .await
            .expect("an answer");
        assert_eq!(enrichments.len(), 1);
        let found = &enrichments[cve];
        assert!(
            found
                .known_exploited
                .as_ref()
                .is_some_and(|entry| entry.ransomware)
        );
        assert_eq!(
            found.epss,
            Some(Epss {
                probability: 0.97565,
                percentile: 0.95
            })
        );
        let nvd = found.nvd.as_ref().expect("a rating");
        assert_eq!(nvd.severity, Severity::Critical);
    }

    #[tokio::test]
    async fn a_set_is_replaced_whole_and_never_by_an_empty_or_an_older_one() {
        let (_directory, store) = store().await;
        replace(
            &store,
            Some("2026-05-02T00:00:00Z"),
            epss("CVE-2021-1", 0.1),
        )
        .await;
        let outcome = replace(&store, None, EnrichmentRows::Epss(Vec::new())).await;
        let reason = KeptReason::Empty;
        assert_eq!(outcome, EnrichmentOutcome::Kept { reason });
        let outcome = replace(
            &store,
            Some("2026-05-01T00:00:00Z"),
            epss("CVE-2021-2", 0.1),
        )
        .await;
        let reason = KeptReason::NewerThere {
            there: time("2026-05-02T00:00:00Z"),
            came: Some(time("2026-05-01T00:00:00Z")),
        };
        assert_eq!(outcome, EnrichmentOutcome::Kept { reason });
        replace(
            &store,
            Some("2026-05-03T00:00:00Z"),
            epss("CVE-2021-3", 0.1),
        )
        .await;
        let enrichments = store
            .enrichments(&["CVE-2021-1", "CVE-2021-2", "CVE-2021-3"])
            .await
            .expect("an answer");
        let cves: Vec<&String> = enrichments.keys().collect();
        assert_eq!(cves, ["CVE-2021-3"]);
        let sets = store.enrichment_sets().await.expect("an answer");
        assert_eq!(sets.len(), 1);
        assert_eq!(
            (sets[0].kind, sets[0].records, sets[0].exported_at),
            (EnrichmentKind::Epss, 1, Some(time("2026-05-03T00:00:00Z")))
        );
    }

    #[tokio::test]
    async fn ratings_are_added_to() {
        let (_directory, store) = store().await;
        for (cve, severity) in [
            ("CVE-2021-1", Severity::Low),
            ("CVE-2021-2", Severity::Low),
            ("CVE-2021-1", Severity::High),
        ] {
            store
                .add_enrichments(source(None), rating(cve, severity), time(NOW))
                .await
                .expect("is written");
        }
        let enrichments = store
            .enrichments(&["CVE-2021-1", "CVE-2021-2"])
            .await
            .expect("an answer");
        let severity = |cve: &str| enrichments[cve].nvd.as_ref().map(|nvd| nvd.severity);
        assert_eq!(severity("CVE-2021-1"), Some(Severity::High));
        assert_eq!(severity("CVE-2021-2"), Some(Severity::Low));
        let set = store
            .enrichment_set(EnrichmentKind::Nvd)
            .await
            .expect("an answer")
            .expect("a set");
        assert_eq!(set.records, 2);
        assert!(set.bytes > 20, "{}", set.bytes);
    }

    #[tokio::test]
    async fn ends_of_life_come_back_as_they_were_given() {
        let (_directory, store) = store().await;
        let rows = [("debian", "{\"a\": \"é\"}"), ("alpine", "[]")];
        let rows = rows.map(|(product, json)| (product.to_owned(), json.to_owned()));
        replace(&store, None, EnrichmentRows::EndOfLife(rows.to_vec())).await;
        let found = store
            .end_of_life(&["debian", "windows"])
            .await
            .expect("an answer");
        assert_eq!(found, BTreeMap::from([rows[0].clone()]));
        store.clear_enrichments().await.expect("is cleared");
        assert!(
            store
                .end_of_life(&["debian"])
                .await
                .expect("an answer")
                .is_empty()
        );
        assert_eq!(store.enrichment_sets().await.expect("an answer"), []);
    }

    #[test]
    fn a_cve_is_a_number_and_nothing_else_is() {
        let check =
            |cve: &str, expected: Option<i64>| assert_eq!(cve_number(cve), expected, "{cve}");
        check("CVE-2021-44228", Some(20_210_000_044_228));
        check("CVE-1999-0001", Some(19_990_000_000_001));
        check("CVE-2021-9999999999", Some(20_219_999_999_999));
        for other in [
            "",
            "CVE-",
            "CVE-2021-",
            "CVE-21-1",
            "CVE-2021-1x",
            "CVE-2021-+1",
            "GHSA-a-b",
        ] {
            check(other, None);
        }
        check("CVE-2021-12345678901", None);
    }
}
