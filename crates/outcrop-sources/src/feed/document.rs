//! Feeds that are one document, fetched only where it changed.

use std::path::Path;

use jiff::Timestamp;
use reqwest::Url;

use super::client::FeedClient;
use super::file::{self, Fetched, Wanted};
use super::whole::{Checksum, Format};
use super::{DocumentUpdate, FeedError, KnownDocument, OnProgress};

/// A document and its place.
pub(super) struct Document<'a> {
    pub(super) url: &'a Url,
    /// Its name in the folder.
    pub(super) name: &'a str,
    pub(super) format: Format,
    pub(super) checksum: Option<Checksum>,
    /// Largest size, in bytes.
    pub(super) limit: u64,
}

pub(super) async fn fetch(
    client: &FeedClient,
    document: Document<'_>,
    known: &KnownDocument,
    directory: &Path,
    now: Timestamp,
    progress: OnProgress<'_>,
) -> Result<DocumentUpdate, FeedError> {
    let wanted = Wanted {
        url: document.url,
        name: document.name,
        format: document.format,
        checksum: document.checksum,
        limit: document.limit,
        known: known.clone(),
        now,
    };
    Ok(
        match file::fetch(client, &wanted, directory, progress).await? {
            Fetched::Unchanged => DocumentUpdate::Unchanged,
            Fetched::Older(exported_at) => DocumentUpdate::Older { exported_at },
            Fetched::File {
                path,
                mark,
                dated,
                bytes,
            } => DocumentUpdate::Document {
                path,
                mark,
                exported_at: dated,
                bytes,
            },
        },
    )
}

/// A part of a name of a file: neither empty nor a way to elsewhere.
pub(super) fn part(name: &str) -> Result<&str, FeedError> {
    let letters = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    if name.is_empty() || name.len() > 64 || name.starts_with('.') || !name.bytes().all(letters) {
        return Err(FeedError::NoEcosystem {
            name: name.chars().take(80).collect(),
        });
    }
    Ok(name)
}
