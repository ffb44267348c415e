//! Layer reports, and what sources call their layers.

use std::collections::HashMap;

use jiff::Timestamp;
use outcrop_model::{DiffId, Digest};

use crate::error::StoreError;
use crate::store::Store;
use crate::time::to_column;

fn diff_id(bytes: &[u8]) -> Option<DiffId> {
    bytes
        .try_into()
        .ok()
        .map(|bytes| DiffId(Digest::from_bytes(bytes)))
}

/// JSON list of hexadecimal digests, which `unhex` in a statement turns back.
fn list(diff_ids: &[DiffId]) -> String {
    let digits: Vec<String> = diff_ids.iter().map(|diff_id| diff_id.0.hex()).collect();
    serde_json::Value::from(digits).to_string()
}

impl Store {
    /// Keeps the report of a layer; `analysis` names the analysers, their versions and limits.
    ///
    /// Only for layers that were read whole under a diff ID computed from their bytes. By value:
    /// the report of millions of paths has tens of megabytes, and a borrowed one would be copied.
    pub async fn put_layer_report(
        &self,
        diff_id: DiffId,
        analysis: &str,
        report: Vec<u8>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT OR REPLACE INTO layer_reports (diff_id, analysis, report, written_at)
             VALUES (?, ?, ?, ?)",
        )
        .bind(diff_id.0.as_bytes().as_slice())
        .bind(analysis)
        .bind(report)
        .bind(to_column(now))
        .execute(self.pool())
        .await
        .map(|_| ())
        .map_err(|error| self.refused(error))
    }

    /// The report of one layer.
    pub async fn layer_report(
        &self,
        diff_id: DiffId,
        analysis: &str,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        sqlx::query_scalar("SELECT report FROM layer_reports WHERE diff_id = ? AND analysis = ?")
            .bind(diff_id.0.as_bytes().as_slice())
            .bind(analysis)
            .fetch_optional(self.pool())
            .await
            .map_err(|error| self.refused(error))
    }

    /// The reports of many layers, in one query; layers without one are absent.
    pub async fn layer_reports(
        &self,
        diff_ids: &[DiffId],
        analysis: &str,
    ) -> Result<HashMap<DiffId, Vec<u8>>, StoreError> {
        let rows: Vec<(Vec<u8>, Vec<u8>)> = sqlx::query_as(
            "SELECT diff_id, report FROM layer_reports
             WHERE diff_id IN (SELECT unhex(value) FROM json_each(?)) AND analysis = ?",
        )
        .bind(list(diff_ids))
        .bind(analysis)
        .fetch_all(self.pool())
        .await
        .map_err(|error| self.refused(error))?;
        Ok(rows
            .into_iter()
            .filter_map(|(bytes, report)| Some((diff_id(&bytes)?, report)))
            .collect())
    }

    /// Removes the reports of other analyses: those of older versions are of no use any more.
    pub async fn remove_other_analyses(&self, analysis: &str) -> Result<u64, StoreError> {
        sqlx::query("DELETE FROM layer_reports WHERE analysis <> ?")
            .bind(analysis)
            .execute(self.pool())
            .await
            .map(|done| done.rows_affected())
            .map_err(|error| self.refused(error))
    }

    /// Keeps what a source calls a layer whose bytes we have read.
    pub async fn put_layer_link(&self, source: &str, diff_id: DiffId) -> Result<(), StoreError> {
        sqlx::query("INSERT OR REPLACE INTO layer_links (source, diff_id) VALUES (?, ?)")
            .bind(source)
            .bind(diff_id.0.as_bytes().as_slice())
            .execute(self.pool())
            .await
            .map(|_| ())
            .map_err(|error| self.refused(error))
    }

    /// What sources call the given layers, from reads of our own: source to diff ID.
    pub async fn layer_links(
        &self,
        diff_ids: &[DiffId],
    ) -> Result<HashMap<String, DiffId>, StoreError> {
        let rows: Vec<(String, Vec<u8>)> = sqlx::query_as(
            "SELECT source, diff_id FROM layer_links
             WHERE diff_id IN (SELECT unhex(value) FROM json_each(?))",
        )
        .bind(list(diff_ids))
        .fetch_all(self.pool())
        .await
        .map_err(|error| self.refused(error))?;
        Ok(rows
            .into_iter()
            .filter_map(|(source, bytes)| Some((source, diff_id(&bytes)?)))
            .collect())
    }

    /// The diff ID of what a source calls `source`, from a read of our own.
    pub async fn layer_link(&self, source: &str) -> Result<Option<DiffId>, StoreError> {
        let bytes: Option<Vec<u8>> =
            sqlx::query_scalar("SELECT diff_id FROM layer_links WHERE source = ?")
                .bind(source)
                .fetch_optional(self.pool())
                .await
                .map_err(|error| self.refused(error))?;
        Ok(bytes.and_then(|bytes| diff_id(&bytes)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn reports_are_kept_by_layer_and_analysis() {
        let directory = tempfile::tempdir().expect("a temporary folder");
        let store = Store::open(directory.path()).await.expect("opens");
        let layer = |name: &str| DiffId(Digest::of(name.as_bytes()));
        let now = Timestamp::UNIX_EPOCH;
        for (name, analysis, report) in [
            ("a", "1", "a1"),
            ("a", "2", "a2"),
            ("b", "2", "b2"),
            ("b", "2", "b2 again"),
        ] {
            store
                .put_layer_report(layer(name), analysis, report.as_bytes().to_vec(), now)
                .await
                .expect("is kept");
        }
        let report = async |name: &str, analysis: &str| {
            let report = store
                .layer_report(layer(name), analysis)
                .await
                .expect("an answer");
            report.map(|bytes| String::from_utf8(bytes).expect("text"))
        };
        assert_eq!(report("a", "1").await.as_deref(), Some("a1"));
        assert_eq!(report("b", "2").await.as_deref(), Some("b2 again"));
        assert_eq!(report("b", "1").await, None);

        let reports = store
            .layer_reports(&[layer("a"), layer("b"), layer("c")], "2")
            .await
            .expect("an answer");
        assert_eq!(reports.len(), 2);
        assert_eq!(reports[&layer("a")], b"a2");

        assert_eq!(
            store.remove_other_analyses("2").await.expect("is removed"),
            1
        );
        assert_eq!(report("a", "1").await, None);
        assert_eq!(report("a", "2").await.as_deref(), Some("a2"));
    }

    #[tokio::test]
    async fn links_lead_to_what_was_read_last() {
        let directory = tempfile::tempdir().expect("a temporary folder");
        let store = Store::open(directory.path()).await.expect("opens");
        let layer = |name: &str| DiffId(Digest::of(name.as_bytes()));
        assert_eq!(store.layer_link("blob").await.expect("an answer"), None);
        for name in ["a", "b"] {
            store
                .put_layer_link("blob", layer(name))
                .await
                .expect("is kept");
        }
        assert_eq!(
            store.layer_link("blob").await.expect("an answer"),
            Some(layer("b"))
        );
    }
}
