//! Which Containerfile an image is built from, as the user said.

use std::collections::BTreeMap;

use crate::error::StoreError;
use crate::store::Store;

/// The Containerfile of an image reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Association {
    /// Image repository with its tag, as `localhost/shop:2`.
    pub reference: String,
    /// Path of the Containerfile, as the user gave it.
    pub containerfile: String,
    /// Stage that is built, where it is not the last.
    pub target: Option<String>,
    /// Build arguments.
    pub build_arguments: BTreeMap<String, String>,
}

type Row = (String, String, Option<String>, String);

fn association((reference, containerfile, target, arguments): Row) -> Association {
    Association {
        reference,
        containerfile,
        target,
        build_arguments: serde_json::from_str(&arguments).unwrap_or_default(),
    }
}

impl Store {
    /// Remembers an association, in place of the one that its reference had.
    pub async fn put_association(&self, association: &Association) -> Result<(), StoreError> {
        let arguments: serde_json::Map<String, serde_json::Value> = association
            .build_arguments
            .iter()
            .map(|(name, value)| (name.clone(), value.as_str().into()))
            .collect();
        sqlx::query(
            "INSERT OR REPLACE INTO associations (reference, containerfile, target, build_arguments)
             VALUES (?, ?, ?, ?)",
        )
        .bind(&association.reference)
        .bind(&association.containerfile)
        .bind(&association.target)
        .bind(serde_json::Value::Object(arguments).to_string())
        .execute(self.pool())
        .await
        .map(|_| ())
        .map_err(|error| self.refused(error))
    }

    /// The association of `reference`.
    pub async fn association(&self, reference: &str) -> Result<Option<Association>, StoreError> {
        let row: Option<Row> = sqlx::query_as(
            "SELECT reference, containerfile, target, build_arguments FROM associations
             WHERE reference = ?",
        )
        .bind(reference)
        .fetch_optional(self.pool())
        .await
        .map_err(|error| self.refused(error))?;
        Ok(row.map(association))
    }

    /// All associations, by reference.
    pub async fn associations(&self) -> Result<Vec<Association>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT reference, containerfile, target, build_arguments FROM associations
             ORDER BY reference",
        )
        .fetch_all(self.pool())
        .await
        .map_err(|error| self.refused(error))?;
        Ok(rows.into_iter().map(association).collect())
    }

    /// Forgets the association of `reference`.
    pub async fn remove_association(&self, reference: &str) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM associations WHERE reference = ?")
            .bind(reference)
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
    async fn the_last_association_of_a_reference_is_remembered() {
        let directory = tempfile::tempdir().expect("a temporary folder");
        let store = Store::open(directory.path()).await.expect("opens");
        let association = |containerfile: &str| Association {
            reference: "localhost/shop:2".into(),
            containerfile: containerfile.into(),
            target: Some("run".into()),
            build_arguments: [("BASE".to_owned(), "a \"b\"\n".to_owned())].into(),
        };
        for containerfile in ["one", "two"] {
            store
                .put_association(&association(containerfile))
                .await
                .expect("is kept");
        }
        let kept = store
            .association("localhost/shop:2")
            .await
            .expect("an answer");
        assert_eq!(kept, Some(association("two")));
        assert_eq!(
            store.associations().await.expect("an answer"),
            [association("two")]
        );
        store
            .remove_association("localhost/shop:2")
            .await
            .expect("is forgotten");
        assert_eq!(store.associations().await.expect("an answer"), []);
    }
}
