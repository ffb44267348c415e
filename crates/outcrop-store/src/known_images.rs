//! What is known of images besides their scans, so that no engine is asked twice.

use std::collections::HashMap;

use outcrop_model::{ConfigDigest, Digest};

use crate::error::StoreError;
use crate::store::Store;

impl Store {
    /// Keeps facts of images, in place of those that were there; all or nothing.
    pub async fn put_known_images(
        &self,
        images: &[(ConfigDigest, Vec<u8>)],
    ) -> Result<(), StoreError> {
        if images.is_empty() {
            return Ok(());
        }
        let mut transaction = self.write().await?;
        for (digest, facts) in images {
            sqlx::query("INSERT OR REPLACE INTO known_images (config_digest, facts) VALUES (?, ?)")
                .bind(digest.0.as_bytes().as_slice())
                .bind(facts)
                .execute(&mut *transaction)
                .await
                .map_err(|error| self.refused(error))?;
        }
        transaction
            .commit()
            .await
            .map_err(|error| self.refused(error))
    }

    /// The facts of every image that was ever seen.
    pub async fn known_images(&self) -> Result<HashMap<ConfigDigest, Vec<u8>>, StoreError> {
        let rows: Vec<(Vec<u8>, Vec<u8>)> =
            sqlx::query_as("SELECT config_digest, facts FROM known_images")
                .fetch_all(self.pool())
                .await
                .map_err(|error| self.refused(error))?;
        Ok(rows
            .into_iter()
            .filter_map(|(digest, facts)| {
                let digest = Digest::from_bytes(digest.try_into().ok()?);
                Some((ConfigDigest(digest), facts))
            })
            .collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn facts_replace_those_that_were_there() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).await.unwrap();
        let image = ConfigDigest(Digest::of(b"image"));
        for facts in [b"old".to_vec(), b"new".to_vec()] {
            store.put_known_images(&[(image, facts)]).await.unwrap();
        }
        assert_eq!(
            store.known_images().await.unwrap(),
            HashMap::from([(image, b"new".to_vec())])
        );
    }
}
