//! endoflife.date: one JSON document of every product and its releases.

use std::path::Path;

use jiff::Timestamp;

use super::client::{FeedClient, address};
use super::document::{self, Document};
use super::whole::Format;
use super::{DocumentUpdate, FeedError, KnownDocument, OnProgress};

/// Where it is published.
pub(super) const ADDRESS: &str = "https://endoflife.date/api/v1/products/full";

/// It has near 1 MB.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

impl FeedClient {
    /// Brings the ends of life up to date. The document is written into `directory`.
    pub async fn end_of_life(
        &self,
        known: &KnownDocument,
        directory: &Path,
        now: Timestamp,
        progress: OnProgress<'_>,
    ) -> Result<DocumentUpdate, FeedError> {
        let url = address(&self.options().addresses.end_of_life)?;
        let document = Document {
            url: &url,
            name: "end-of-life.json",
            format: Format::Json,
            checksum: None,
            limit: MAX_BYTES,
        };
        document::fetch(self, document, known, directory, now, progress).await
    }
}
