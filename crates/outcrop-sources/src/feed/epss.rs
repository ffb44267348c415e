//! FIRST's EPSS: one gzip file of the current day, to which the address leads on.

use std::path::Path;

use jiff::Timestamp;

use super::client::{FeedClient, address};
use super::document::{self, Document};
use super::whole::Format;
use super::{DocumentUpdate, FeedError, KnownDocument, OnProgress};

/// Where it is published.
pub(super) const ADDRESS: &str = "https://epss.empiricalsecurity.com/epss_scores-current.csv.gz";

/// It has near 2 MB.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

impl FeedClient {
    /// Brings the estimates up to date; their `score_date` is the export date. The document is written into `directory`.
    pub async fn epss(
        &self,
        known: &KnownDocument,
        directory: &Path,
        now: Timestamp,
        progress: OnProgress<'_>,
    ) -> Result<DocumentUpdate, FeedError> {
        let url = address(&self.options().addresses.epss)?;
        let document = Document {
            url: &url,
            name: "epss.csv.gz",
            format: Format::Gzip,
            checksum: None,
            limit: MAX_BYTES,
        };
        document::fetch(self, document, known, directory, now, progress).await
    }
}
