//! What changed since: the list, and the records it names.

use jiff::Timestamp;
use reqwest::Url;

use super::client::FeedClient;
use super::list::{self, Columns, Listed};
use super::{
    ChangedRecord, FeedError, FeedPhase, FeedProgress, MAX_CHANGES_BYTES, MAX_RECORD_BYTES,
    OnProgress,
};

/// Name of OSV's list.
const LIST: &str = "modified_id.csv";

/// What the list and the records came to.
pub(super) enum Changes {
    None,
    Older(Timestamp),
    Records {
        records: Vec<ChangedRecord>,
        absent: Vec<String>,
        newest: Option<Timestamp>,
    },
    TooMany,
    /// There is no list, or something else in its place.
    NoList,
}

/// Changes of an ecosystem that OSV exports.
pub(super) async fn since(
    client: &FeedClient,
    ecosystem: &str,
    known: Timestamp,
    now: Timestamp,
    progress: OnProgress<'_>,
) -> Result<Changes, FeedError> {
    let url = client.url(ecosystem, LIST);
    let listed = list::fetch(client, &url, Columns::TimeFirst, known, now, progress).await?;
    let address =
        |id: &str| is_identifier(id).then(|| client.url(ecosystem, &format!("{id}.json")));
    of_list(client, listed, address, progress).await
}

/// Fetches the records that a list names. `address` gives none for what is no identifier.
pub(super) async fn of_list(
    client: &FeedClient,
    listed: Listed,
    address: impl Fn(&str) -> Option<Url>,
    progress: OnProgress<'_>,
) -> Result<Changes, FeedError> {
    let (ids, newest) = match listed {
        Listed::Ids { ids, .. } if ids.is_empty() => return Ok(Changes::None),
        Listed::Ids { ids, newest } => (ids, newest),
        Listed::Older(newest) => return Ok(Changes::Older(newest)),
        Listed::TooMany => return Ok(Changes::TooMany),
        Listed::NoList => return Ok(Changes::NoList),
    };
    let total = ids.len() as u64;
    let (mut records, mut absent, mut bytes) = (Vec::new(), Vec::new(), 0);
    for (done, id) in (0..).zip(ids) {
        progress(FeedProgress {
            phase: FeedPhase::Records,
            done,
            total: Some(total),
        });
        let Some(url) = address(&id) else {
            absent.push(id);
            continue;
        };
        // Any other failure ends the whole update: a record passed over now would lie behind the
        // newest known change and never be asked for again.
        match client.bytes(&url, MAX_RECORD_BYTES).await {
            Ok(record) => {
                bytes += record.len() as u64;
                if bytes > MAX_CHANGES_BYTES {
                    return Ok(Changes::TooMany);
                }
                records.push(ChangedRecord { id, bytes: record });
            }
            Err(FeedError::Refused { status: 404, .. }) => absent.push(id),
            Err(error) => return Err(error),
        }
    }
    Ok(Changes::Records {
        records,
        absent,
        newest,
    })
}

/// Identifiers become the last part of an address.
pub(super) fn is_identifier(id: &str) -> bool {
    let letters = |byte: u8| byte.is_ascii_alphanumeric() || b"._:+~-".contains(&byte);
    !id.is_empty() && id.len() <= 256 && !id.starts_with('.') && id.bytes().all(letters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_one_part_of_a_path() {
        for id in ["DEBIAN-CVE-2024-1", "RHSA-2024:1", "GO-2024-1.2", "a_b+c~d"] {
            assert!(is_identifier(id), "{id}");
        }
        for id in ["", "..", "../x", "a/b", "a?b", "a b", "é"] {
            assert!(!is_identifier(id), "{id}");
        }
    }
}
