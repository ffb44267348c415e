//! The archive of every record of an ecosystem, as OSV exports it.

use std::path::Path;

use jiff::Timestamp;

use super::client::FeedClient;
use super::file::{self, Fetched, Wanted};
use super::whole::Format;
use super::{FeedError, FeedUpdate, KnownDocument, OnProgress};

/// Name of the archive.
const ARCHIVE: &str = "all.zip";

pub(super) async fn fetch(
    client: &FeedClient,
    ecosystem: &str,
    known_etag: Option<&str>,
    directory: &Path,
    now: Timestamp,
    progress: OnProgress<'_>,
) -> Result<FeedUpdate, FeedError> {
    let wanted = Wanted {
        url: &client.url(ecosystem, ARCHIVE),
        name: &format!("{ecosystem}.zip"),
        format: Format::Zip,
        checksum: None,
        limit: client.options().max_archive_bytes,
        known: KnownDocument {
            mark: known_etag.map(str::to_owned),
            exported_at: None,
        },
        now,
    };
    Ok(
        match file::fetch(client, &wanted, directory, progress).await? {
            Fetched::Unchanged => FeedUpdate::Unchanged,
            Fetched::Older(newest) => FeedUpdate::Older { newest },
            Fetched::File {
                path,
                mark,
                dated,
                bytes,
            } => FeedUpdate::Archive {
                path,
                etag: mark,
                exported_at: dated,
                bytes,
            },
        },
    )
}
