//! What changed in the findings of an image, and the findings to compare the next judgement with.

use jiff::{SignedDuration, Timestamp};
use outcrop_model::{ConfigDigest, Digest};
use serde::{Deserialize, Serialize};
use sqlx::{QueryBuilder, Sqlite};

use crate::error::StoreError;
use crate::store::Store;
use crate::time::{from_column, to_column};

/// Rows of one statement; SQLite takes 32,766 values.
const STATEMENT_ROWS: usize = 1_000;

/// What of a finding is compared.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JudgedFinding {
    /// What makes it the same finding the next time.
    #[serde(rename = "k")]
    pub key: String,
    /// The vulnerability's name.
    #[serde(rename = "v")]
    pub vulnerability: String,
    /// The package's name.
    #[serde(rename = "p")]
    pub package: String,
    /// The word of its status.
    #[serde(rename = "s")]
    pub status: String,
    /// The version that mends it, where there is one.
    #[serde(rename = "f", default, skip_serializing_if = "Option::is_none")]
    pub fixed: Option<String>,
}

/// How a finding changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FindingChange {
    /// It was not there before.
    NewlyAffected,
    /// It can be mended now.
    FixAvailable,
    /// It is gone, without a change of the image.
    NoLongerAffected,
}

impl FindingChange {
    /// All.
    pub const ALL: [Self; 3] = [
        Self::NewlyAffected,
        Self::FixAvailable,
        Self::NoLongerAffected,
    ];

    /// The word shown to people and kept in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NewlyAffected => "newly-affected",
            Self::FixAvailable => "fix-available",
            Self::NoLongerAffected => "no-longer-affected",
        }
    }
}

/// A change to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewFindingEvent {
    /// [`JudgedFinding::key`].
    pub key: String,
    /// The vulnerability's name.
    pub vulnerability: String,
    /// The package's name.
    pub package: String,
    /// How it changed.
    pub change: FindingChange,
    /// The finding before, as JSON that the store does not look into.
    pub before: Option<String>,
    /// The finding now.
    pub after: Option<String>,
}

/// A kept change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindingEvent {
    /// Its number; later ones are larger.
    pub id: i64,
    /// The image.
    pub config_digest: ConfigDigest,
    /// The change.
    pub event: NewFindingEvent,
    /// When it was noticed.
    pub at: Timestamp,
    /// Whether the user has seen it.
    pub seen: bool,
}

/// Which changes are asked for.
#[derive(Clone, Copy, Debug)]
pub struct EventQuery {
    /// Of this image only.
    pub image: Option<ConfigDigest>,
    /// Noticed at this time or later.
    pub since: Option<Timestamp>,
    /// At most so many, the newest.
    pub limit: u32,
}

type Row = (
    i64,
    Vec<u8>,
    String,
    String,
    String,
    String,
    Option<String>,
    Option<String>,
    i64,
    bool,
);

fn event(row: Row) -> Option<FindingEvent> {
    let (id, digest, key, vulnerability, package, change, before, after, at, seen) = row;
    let change = FindingChange::ALL
        .into_iter()
        .find(|each| each.as_str() == change)?;
    Some(FindingEvent {
        id,
        config_digest: ConfigDigest(Digest::from_bytes(digest.try_into().ok()?)),
        event: NewFindingEvent {
            key,
            vulnerability,
            package,
            change,
            before,
            after,
        },
        at: from_column(at),
        seen,
    })
}

impl Store {
    /// The findings of an image as they were last judged; `None` where they never were.
    pub async fn judged_findings(
        &self,
        image: ConfigDigest,
    ) -> Result<Option<Vec<JudgedFinding>>, StoreError> {
        let findings: Option<String> =
            sqlx::query_scalar("SELECT findings FROM judged_findings WHERE config_digest = ?")
                .bind(image.0.as_bytes().as_slice())
                .fetch_optional(self.pool())
                .await
                .map_err(|error| self.refused(error))?;
        // What cannot be read is as if it never was: nothing is compared with it.
        Ok(findings.and_then(|findings| serde_json::from_str(&findings).ok()))
    }

    /// Keeps the findings of an image in the place of those before, and what changed between them;
    /// all or nothing.
    pub async fn put_judged(
        &self,
        image: ConfigDigest,
        findings: &[JudgedFinding],
        events: &[NewFindingEvent],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let refused = |error| self.refused(error);
        let mut transaction = self.write().await?;
        sqlx::query(
            "INSERT OR REPLACE INTO judged_findings (config_digest, judged_at, findings)
             VALUES (?, ?, ?)",
        )
        .bind(image.0.as_bytes().as_slice())
        .bind(to_column(now))
        .bind(serde_json::to_string(findings).unwrap_or_default())
        .execute(&mut *transaction)
        .await
        .map_err(refused)?;
        for events in events.chunks(STATEMENT_ROWS) {
            let mut insert = QueryBuilder::<Sqlite>::new(
                "INSERT INTO finding_events
                 (config_digest, finding, vulnerability, package, change, before, after, at) ",
            );
            insert.push_values(events, |mut values, event| {
                values
                    .push_bind(image.0.as_bytes().as_slice())
                    .push_bind(event.key.as_str())
                    .push_bind(event.vulnerability.as_str())
                    .push_bind(event.package.as_str())
                    .push_bind(event.change.as_str())
                    .push_bind(event.before.as_deref())
                    .push_bind(event.after.as_deref())
                    .push_bind(to_column(now));
            });
            insert
                .build()
                .execute(&mut *transaction)
                .await
                .map_err(refused)?;
        }
        transaction.commit().await.map_err(refused)
    }

    /// Changes, newest first.
    pub async fn finding_events(&self, query: EventQuery) -> Result<Vec<FindingEvent>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT id, config_digest, finding, vulnerability, package, change, before, after, at,
                seen
             FROM finding_events
             WHERE (?1 IS NULL OR config_digest = ?1) AND (?2 IS NULL OR at >= ?2)
             ORDER BY id DESC LIMIT ?3",
        )
        .bind(query.image.map(|image| image.0.as_bytes().to_vec()))
        .bind(query.since.map(to_column))
        .bind(query.limit)
        .fetch_all(self.pool())
        .await
        .map_err(|error| self.refused(error))?;
        Ok(rows.into_iter().filter_map(event).collect())
    }

    /// Marks the changes up to number `last` as seen, of one image or of all.
    pub async fn mark_events_seen(
        &self,
        image: Option<ConfigDigest>,
        last: i64,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE finding_events SET seen = 1
             WHERE NOT seen AND id <= ?1 AND (?2 IS NULL OR config_digest = ?2)",
        )
        .bind(last)
        .bind(image.map(|image| image.0.as_bytes().to_vec()))
        .execute(self.pool())
        .await
        .map(|_| ())
        .map_err(|error| self.refused(error))
    }

    /// Removes changes older than `max_age`, the oldest beyond `max_count`, and the judgements of
    /// images that have no scan any more; answers with how many changes went.
    pub async fn prune_events(
        &self,
        max_age: SignedDuration,
        max_count: u32,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let refused = |error| self.refused(error);
        let cutoff = now.checked_sub(max_age).unwrap_or(Timestamp::MIN);
        let removed = sqlx::query(
            "DELETE FROM finding_events WHERE at < ? OR id <=
                (SELECT id FROM finding_events ORDER BY id DESC LIMIT 1 OFFSET ?)",
        )
        .bind(to_column(cutoff))
        .bind(max_count)
        .execute(self.pool())
        .await
        .map_err(refused)?
        .rows_affected();
        sqlx::query(
            "DELETE FROM judged_findings
             WHERE config_digest NOT IN (SELECT config_digest FROM scans)",
        )
        .execute(self.pool())
        .await
        .map_err(refused)?;
        Ok(removed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::NewScan;

    fn time(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    fn image(name: &str) -> ConfigDigest {
        ConfigDigest(Digest::of(name.as_bytes()))
    }

    async fn store() -> (tempfile::TempDir, Store) {
        let directory = tempfile::tempdir().expect("a temporary folder");
        let store = Store::open(directory.path()).await.expect("opens");
        (directory, store)
    }

    fn finding(key: &str, fixed: Option<&str>) -> JudgedFinding {
        JudgedFinding {
            key: key.into(),
            vulnerability: "CVE-2026-1".into(),
            package: "x".into(),
            status: "affected".into(),
            fixed: fixed.map(str::to_owned),
        }
    }

    fn event(key: &str, change: FindingChange) -> NewFindingEvent {
        NewFindingEvent {
            key: key.into(),
            vulnerability: "CVE-2026-1".into(),
            package: "x".into(),
            change,
            before: None,
            after: Some("{\"status\":\"affected\"}".into()),
        }
    }

    /// Keys of the events that are found, newest first.
    async fn found(store: &Store, query: EventQuery) -> String {
        let events = store.finding_events(query).await.expect("an answer");
        let keys: Vec<String> = events.into_iter().map(|event| event.event.key).collect();
        keys.join(" ")
    }

    const ALL: EventQuery = EventQuery {
        image: None,
        since: None,
        limit: 100,
    };

    #[tokio::test]
    async fn findings_and_events_come_back_as_they_went() {
        let (_directory, store) = store().await;
        assert_eq!(
            store.judged_findings(image("a")).await.expect("an answer"),
            None
        );
        let findings = [finding("1", None), finding("2", Some("1.2-3"))];
        let events = FindingChange::ALL.map(|change| event(change.as_str(), change));
        let now = time("2026-01-01T00:00:00Z");
        store
            .put_judged(image("a"), &[finding("0", None)], &[], now)
            .await
            .expect("is kept");
        store
            .put_judged(image("a"), &findings, &events, now)
            .await
            .expect("is kept");
        assert_eq!(
            store.judged_findings(image("a")).await.expect("an answer"),
            Some(findings.to_vec())
        );
        let kept = store.finding_events(ALL).await.expect("an answer");
        let kept_events: Vec<&NewFindingEvent> = kept.iter().map(|kept| &kept.event).collect();
        assert_eq!(kept_events, events.iter().rev().collect::<Vec<_>>());
        assert_eq!(
            (kept[0].config_digest, kept[0].at, kept[0].seen),
            (image("a"), now, false)
        );
    }

    #[tokio::test]
    async fn events_are_asked_for_by_image_time_and_number() {
        let (_directory, store) = store().await;
        for (name, key, at) in [
            ("a", "1", "2026-01-01T00:00:00Z"),
            ("b", "2", "2026-01-02T00:00:00Z"),
            ("a", "3", "2026-01-03T00:00:00Z"),
        ] {
            let events = [event(key, FindingChange::NewlyAffected)];
            store
                .put_judged(image(name), &[], &events, time(at))
                .await
                .expect("is kept");
        }
        assert_eq!(found(&store, ALL).await, "3 2 1");
        assert_eq!(found(&store, EventQuery { limit: 2, ..ALL }).await, "3 2");
        let of_a = EventQuery {
            image: Some(image("a")),
            ..ALL
        };
        assert_eq!(found(&store, of_a).await, "3 1");
        let late = EventQuery {
            since: Some(time("2026-01-02T00:00:00Z")),
            ..ALL
        };
        assert_eq!(found(&store, late).await, "3 2");

        let events = store.finding_events(of_a).await.expect("an answer");
        store
            .mark_events_seen(Some(image("a")), events[1].id)
            .await
            .expect("is marked");
        let seen: Vec<bool> = store
            .finding_events(ALL)
            .await
            .expect("an answer")
            .into_iter()
            .map(|event| event.seen)
            .collect();
        assert_eq!(seen, [false, false, true]);
    }

    #[tokio::test]
    async fn pruning_goes_by_age_then_by_count() {
        let (_directory, store) = store().await;
        for day in 1..=4 {
            let events = [event(&day.to_string(), FindingChange::FixAvailable)];
            let at = time(&format!("2026-01-0{day}T00:00:00Z"));
            store
                .put_judged(image("a"), &[], &events, at)
                .await
                .expect("is kept");
        }
        store
            .put_scan(&NewScan {
                config_digest: image("b"),
                references: &[],
                engine: None,
                scanned_at: time("2026-01-01T00:00:00Z"),
                inventory: b"",
            })
            .await
            .expect("is kept");
        store
            .put_judged(image("b"), &[], &[], time("2026-01-01T00:00:00Z"))
            .await
            .expect("is kept");
        let prune = async |days: i64, count: u32| {
            let age = SignedDuration::from_hours(24 * days);
            store
                .prune_events(age, count, time("2026-01-05T00:00:00Z"))
                .await
                .expect("is pruned")
        };
        assert_eq!(prune(10, 10).await, 0);
        assert_eq!(prune(3, 10).await, 1);
        assert_eq!(found(&store, ALL).await, "4 3 2");
        assert_eq!(prune(10, 2).await, 1);
        assert_eq!(found(&store, ALL).await, "4 3");
        let judged = async |name| store.judged_findings(image(name)).await.expect("an answer");
        assert_eq!(judged("a").await, None);
        assert_eq!(judged("b").await, Some(Vec::new()));
    }
}
