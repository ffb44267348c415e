//! Alpine's secdb, one JSON document for each repository of each release, and those of the
//! distributions made from it, one document each.

use std::path::Path;

use jiff::Timestamp;

use super::client::{FeedClient, address, below};
use super::document::{self, Document, part};
use super::whole::Format;
use super::{DocumentUpdate, FeedError, KnownDocument, OnProgress};

/// Where Alpine's is published.
pub(super) const ALPINE: &str = "https://secdb.alpinelinux.org";

/// Where Wolfi's is published.
pub(super) const WOLFI: &str = "https://packages.wolfi.dev/os/security.json";

/// Where Chainguard's is published.
pub(super) const CHAINGUARD: &str = "https://packages.cgr.dev/chainguard/security.json";

/// They have up to a few MB.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// One document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secdb<'a> {
    /// A repository of a release of Alpine.
    Alpine {
        /// As `v3.20` or `edge`.
        release: &'a str,
        /// `main` or `community`.
        repository: &'a str,
    },
    /// All of Wolfi.
    Wolfi,
    /// All of Chainguard.
    Chainguard,
}

impl FeedClient {
    /// Brings one secdb up to date. The document is written into `directory`.
    ///
    /// Releases before 3.10 have no `community`: that is answered with the status 404.
    pub async fn alpine_secdb(
        &self,
        secdb: Secdb<'_>,
        known: &KnownDocument,
        directory: &Path,
        now: Timestamp,
        progress: OnProgress<'_>,
    ) -> Result<DocumentUpdate, FeedError> {
        let addresses = &self.options().addresses;
        let (url, name) = match secdb {
            Secdb::Alpine {
                release,
                repository,
            } => {
                let (release, repository) = (part(release)?, part(repository)?);
                let base = address(&addresses.alpine_secdb)?;
                (
                    below(&base, &[release, &format!("{repository}.json")]),
                    format!("secdb-{release}-{repository}.json"),
                )
            }
            Secdb::Wolfi => (
                address(&addresses.wolfi_secdb)?,
                "secdb-wolfi.json".to_owned(),
            ),
            Secdb::Chainguard => (
                address(&addresses.chainguard_secdb)?,
                "secdb-chainguard.json".to_owned(),
            ),
        };
        let document = Document {
            url: &url,
            name: &name,
            format: Format::Json,
            checksum: None,
            limit: MAX_BYTES,
        };
        document::fetch(self, document, known, directory, now, progress).await
    }
}
