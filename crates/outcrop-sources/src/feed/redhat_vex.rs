//! Red Hat's VEX files: an archive of all, and lists of what changed and went since.
//!
//! `archive_latest.txt` names the archive, a `.tar.zst` with a `.sha256` beside it; `changes.csv` and
//! `deletions.csv` list `"<year>/cve-<year>-<number>.json","<RFC 3339 time>"`, newest first (CSAF 2.0,
//! section 7.1.13, `changes.csv`; the others are Red Hat's own).

use std::path::Path;

use jiff::Timestamp;
use outcrop_model::FeedKind;
use reqwest::Url;

use super::changes::{self, Changes, is_identifier};
use super::client::{FeedClient, address, below};
use super::file::{self, Fetched, Wanted};
use super::list::{self, Columns, Listed};
use super::whole::{Checksum, Format};
use super::{FeedError, FeedUpdate, KnownDocument, KnownFeed, OnProgress};

/// Where it is published.
pub(super) const ADDRESS: &str = "https://security.access.redhat.com/data/csaf/v2/vex-feed";

/// Name of the file that names the archive.
const LATEST: &str = "archive_latest.txt";

/// Lists of what changed and of what went.
const CHANGES: &str = "changes.csv";
const DELETIONS: &str = "deletions.csv";

/// Files that hold one line.
const MAX_LINE_BYTES: u64 = 4_096;

impl FeedClient {
    /// Brings the VEX files up to date, as [`FeedClient::update`] does it for OSV: without `known`
    /// by the archive, which is written into `directory`; with it by the lists, where they are not
    /// too long.
    ///
    /// What was removed is named as [`FeedKind::RedHatVex`] names its records. Of the archive only
    /// members that end in `.json` are records.
    pub async fn redhat_vex(
        &self,
        known: Option<&KnownFeed>,
        directory: &Path,
        now: Timestamp,
        progress: OnProgress<'_>,
    ) -> Result<FeedUpdate, FeedError> {
        let base = address(&self.options().addresses.redhat_vex)?;
        if let Some(newest) = known.and_then(|known| known.newest_modified)
            && let Some(update) = self.vex_changes(&base, newest, now, progress).await?
        {
            return Ok(update);
        }
        let mark = known.and_then(|known| known.etag.clone());
        self.vex_archive(&base, mark, directory, now, progress)
            .await
    }

    /// `None` where the archive has to be fetched.
    async fn vex_changes(
        &self,
        base: &Url,
        known: Timestamp,
        now: Timestamp,
        progress: OnProgress<'_>,
    ) -> Result<Option<FeedUpdate>, FeedError> {
        let list = async |name: &str| {
            let url = below(base, &[name]);
            list::fetch(self, &url, Columns::NameFirst, known, now, progress).await
        };
        let listed = list(CHANGES).await?;
        let file = |path: &str| {
            let (folder, name) = record_path(path)?;
            Some(below(base, &[folder, name]))
        };
        let changed = changes::of_list(self, listed, file, progress).await?;
        let (records, mut absent, newest) = match changed {
            Changes::TooMany | Changes::NoList => return Ok(None),
            Changes::Older(newest) => return Ok(Some(FeedUpdate::Older { newest })),
            Changes::None => (Vec::new(), Vec::new(), None),
            Changes::Records {
                records,
                absent,
                newest,
            } => (records, absent, newest),
        };
        let deleted = match list(DELETIONS).await? {
            Listed::TooMany => return Ok(None),
            // Seldom does anything go: the newest of these may be long known.
            Listed::Older(_) | Listed::NoList => Vec::new(),
            Listed::Ids { ids, .. } => ids,
        };
        let (deleted, faulty): (Vec<String>, Vec<String>) = deleted
            .into_iter()
            .partition(|path| record_path(path).is_some());
        absent.extend(faulty);
        if records.is_empty() && deleted.is_empty() && absent.is_empty() {
            return Ok(Some(FeedUpdate::Unchanged));
        }
        let removed = deleted.iter().filter_map(|path| identifier(path)).collect();
        Ok(Some(FeedUpdate::Changes {
            records,
            removed,
            absent,
            newest,
        }))
    }

    async fn vex_archive(
        &self,
        base: &Url,
        mark: Option<String>,
        directory: &Path,
        now: Timestamp,
        progress: OnProgress<'_>,
    ) -> Result<FeedUpdate, FeedError> {
        let latest = below(base, &[LATEST]);
        let name = self.text(&latest, MAX_LINE_BYTES).await?;
        let name = name.trim();
        if !is_identifier(name) || !name.ends_with(".tar.zst") {
            return Err(FeedError::NoList {
                url: latest.to_string(),
                reason: format!("it names no archive: `{}`", name.escape_debug()),
            });
        }
        let wanted = Wanted {
            url: &below(base, &[name]),
            name: "redhat-vex.tar.zst",
            format: Format::Zstd,
            checksum: self.vex_checksum(base, name).await?,
            limit: self.options().max_archive_bytes,
            known: KnownDocument {
                mark,
                exported_at: None,
            },
            now,
        };
        Ok(
            match file::fetch(self, &wanted, directory, progress).await? {
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

    /// `<digits>  <name>`, as `sha256sum` writes it; mirrors may not have it.
    async fn vex_checksum(&self, base: &Url, archive: &str) -> Result<Option<Checksum>, FeedError> {
        let url = below(base, &[&format!("{archive}.sha256")]);
        let text = match self.text(&url, MAX_LINE_BYTES).await {
            Ok(text) => text,
            Err(FeedError::Refused { status: 404, .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let digits = text.split_whitespace().next().unwrap_or_default();
        match Checksum::of_digits(digits) {
            Some(checksum) => Ok(Some(checksum)),
            None => Err(FeedError::NoList {
                url: url.to_string(),
                reason: "it gives no digest".to_owned(),
            }),
        }
    }
}

/// Folder and file of `2024/cve-2024-0727.json`.
fn record_path(path: &str) -> Option<(&str, &str)> {
    let (folder, name) = path.split_once('/')?;
    let stem = name.strip_suffix(".json")?;
    (is_identifier(folder) && is_identifier(stem)).then_some((folder, name))
}

/// The identifier of the record made of a file.
fn identifier(path: &str) -> Option<String> {
    let (_, name) = record_path(path)?;
    let cve = name.strip_suffix(".json")?.to_ascii_uppercase();
    Some(format!("{}{cve}", FeedKind::RedHatVex.prefix()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_two_parts_names_a_record() {
        let check = |path: &str, expected: Option<&str>| {
            assert_eq!(identifier(path).as_deref(), expected, "{path}");
        };
        check("2024/cve-2024-0727.json", Some("REDHAT-VEX-CVE-2024-0727"));
        for path in [
            "cve-2024-0727.json",
            "2024/cve-2024-0727.json.asc",
            "2024/../x.json",
            "../2024/x.json",
            "/2024/x.json",
            "2024/",
            "",
        ] {
            check(path, None);
        }
    }
}
