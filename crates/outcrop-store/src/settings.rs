//! Settings: one value a key.

use std::collections::BTreeMap;

use crate::error::StoreError;
use crate::store::Store;

impl Store {
    /// The value of `key`.
    pub async fn setting(&self, key: &str) -> Result<Option<String>, StoreError> {
        sqlx::query_scalar("SELECT value FROM settings WHERE key = ?")
            .bind(key)
            .fetch_optional(self.pool())
            .await
            .map_err(|error| self.refused(error))
    }

    /// All that are set.
    pub async fn settings(&self) -> Result<BTreeMap<String, String>, StoreError> {
        let rows: Vec<(String, String)> = sqlx::query_as("SELECT key, value FROM settings")
            .fetch_all(self.pool())
            .await
            .map_err(|error| self.refused(error))?;
        Ok(rows.into_iter().collect())
    }

    /// Sets `key`, or takes it back with `None`.
    pub async fn put_setting(&self, key: &str, value: Option<&str>) -> Result<(), StoreError> {
        let query = match value {
            Some(value) => {
                sqlx::query("INSERT OR REPLACE INTO settings (key, value) VALUES (?, ?)")
                    .bind(key)
                    .bind(value)
            }
            None => sqlx::query("DELETE FROM settings WHERE key = ?").bind(key),
        };
        query
            .execute(self.pool())
            .await
            .map(|_| ())
            .map_err(|error| self.refused(error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn settings_are_set_read_and_taken_back() {
        let directory = tempfile::tempdir().expect("a temporary folder");
        let store = Store::open(directory.path()).await.expect("opens");
        store.put_setting("a", Some("1")).await.expect("is set");
        store.put_setting("a", Some("2")).await.expect("is set");
        store.put_setting("b", Some("3")).await.expect("is set");
        store.put_setting("b", None).await.expect("is taken back");
        assert_eq!(
            store.settings().await.expect("an answer"),
            [("a".to_owned(), "2".to_owned())].into()
        );
    }
}
