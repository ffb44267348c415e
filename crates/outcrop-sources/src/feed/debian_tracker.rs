//! Debian's security tracker: one JSON document of every source package and CVE.

use std::path::Path;

use jiff::Timestamp;

use super::client::{FeedClient, address};
use super::document::{self, Document};
use super::whole::Format;
use super::{DocumentUpdate, FeedError, KnownDocument, OnProgress};

/// Where it is published.
pub(super) const ADDRESS: &str = "https://security-tracker.debian.org/tracker/data/json";

/// It has near 70 MB.
const MAX_BYTES: u64 = 512 * 1024 * 1024;

impl FeedClient {
    /// Brings Debian's tracker up to date. The document is written into `directory`.
    pub async fn debian_tracker(
        &self,
        known: &KnownDocument,
        directory: &Path,
        now: Timestamp,
        progress: OnProgress<'_>,
    ) -> Result<DocumentUpdate, FeedError> {
        let url = address(&self.options().addresses.debian_tracker)?;
        let document = Document {
            url: &url,
            name: "debian-tracker.json",
            format: Format::Json,
            checksum: None,
            limit: MAX_BYTES,
        };
        document::fetch(self, document, known, directory, now, progress).await
    }
}
