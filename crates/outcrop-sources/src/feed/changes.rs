//! What changed since: the list, and the records it names.

use jiff::Timestamp;
use reqwest::Url;
use reqwest::header::HeaderMap;

use super::client::{Body, FeedClient};
use super::{
    ChangedRecord, FeedError, FeedPhase, FeedProgress, MAX_CHANGES_BYTES, MAX_RECORD_BYTES,
    OnProgress,
};

/// Name of the list.
const LIST: &str = "modified_id.csv";

/// Most of the list that is read, in bytes: 4 million lines.
const MAX_LIST_BYTES: u64 = 256 * 1024 * 1024;

/// Longest line of the list, in bytes.
const MAX_LINE_BYTES: usize = 1_024;

/// What the list and the records came to.
pub(super) enum Changes {
    None,
    Older(Timestamp),
    Records {
        records: Vec<ChangedRecord>,
        absent: Vec<String>,
    },
    TooMany,
    /// There is no list, or something else in its place.
    NoList,
}

/// The identifiers that the list names before the first time that is known.
#[derive(Debug, PartialEq, Eq)]
enum Listed {
    Ids(Vec<String>),
    Older(Timestamp),
    TooMany,
    NoList,
}

pub(super) async fn since(
    client: &FeedClient,
    ecosystem: &str,
    known: Timestamp,
    now: Timestamp,
    progress: OnProgress<'_>,
) -> Result<Changes, FeedError> {
    let mut tries = client.tries();
    let listed = loop {
        match list(client, ecosystem, known, now, progress).await {
            Ok(listed) => break listed,
            Err(error) => tries.next(error, 0).await?,
        }
    };
    let ids = match listed {
        Listed::Ids(ids) if ids.is_empty() => return Ok(Changes::None),
        Listed::Ids(ids) => ids,
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
        if !is_identifier(&id) {
            absent.push(id);
            continue;
        }
        // Any other failure ends the whole update: a record passed over now would lie behind the
        // newest known change and never be asked for again.
        match record(client, ecosystem, &id).await {
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
    Ok(Changes::Records { records, absent })
}

async fn record(client: &FeedClient, ecosystem: &str, id: &str) -> Result<Vec<u8>, FeedError> {
    let url = client.url(ecosystem, &format!("{id}.json"));
    let mut tries = client.tries();
    loop {
        match fetch(client, &url).await {
            Err(error) => tries.next(error, 0).await?,
            fetched => return fetched,
        }
    }
}

async fn fetch(client: &FeedClient, url: &Url) -> Result<Vec<u8>, FeedError> {
    let answer = client.get(url, HeaderMap::new()).await?;
    Body::new(client, url, answer, MAX_RECORD_BYTES)?
        .whole()
        .await
}

async fn list(
    client: &FeedClient,
    ecosystem: &str,
    known: Timestamp,
    now: Timestamp,
    progress: OnProgress<'_>,
) -> Result<Listed, FeedError> {
    let url = client.url(ecosystem, LIST);
    let answer = match client.get(&url, HeaderMap::new()).await {
        Ok(answer) => answer,
        Err(FeedError::Refused { status: 404, .. }) => return Ok(Listed::NoList),
        Err(error) => return Err(error),
    };
    let total = answer.content_length();
    let mut body = Body::new(client, &url, answer, MAX_LIST_BYTES)?;
    let mut reading = Reading::new(known, now, client.options().max_changes);
    while let Some(chunk) = body.chunk().await? {
        progress(FeedProgress {
            phase: FeedPhase::List,
            done: body.received(),
            total,
        });
        if let Some(listed) = reading.feed(&chunk) {
            return Ok(listed);
        }
    }
    Ok(reading.end())
}

/// Reads the list as it arrives and stops at the first known time.
struct Reading {
    known: Timestamp,
    now: Timestamp,
    max_changes: usize,
    line: Vec<u8>,
    ids: Vec<String>,
    /// Lines dated ahead come first for years and would be fetched each time; they are taken only
    /// where something else changed as well.
    ahead: Vec<String>,
    newest: Option<Timestamp>,
}

impl Reading {
    const fn new(known: Timestamp, now: Timestamp, max_changes: usize) -> Self {
        Self {
            known,
            now,
            max_changes,
            line: Vec::new(),
            ids: Vec::new(),
            ahead: Vec::new(),
            newest: None,
        }
    }

    /// Takes more bytes; an answer ends the reading.
    fn feed(&mut self, bytes: &[u8]) -> Option<Listed> {
        for piece in bytes.split_inclusive(|&byte| byte == b'\n') {
            if self.line.len() + piece.len() > MAX_LINE_BYTES {
                return Some(Listed::NoList);
            }
            self.line.extend_from_slice(piece);
            if piece.ends_with(b"\n") {
                let line = std::mem::take(&mut self.line);
                if let Some(listed) = self.take(&line) {
                    return Some(listed);
                }
            }
        }
        None
    }

    fn end(mut self) -> Listed {
        let line = std::mem::take(&mut self.line);
        match self.take(&line) {
            Some(listed) => listed,
            None => self.done(),
        }
    }

    fn take(&mut self, line: &[u8]) -> Option<Listed> {
        let Ok(line) = std::str::from_utf8(line) else {
            return Some(Listed::NoList);
        };
        let line = line.trim();
        if line.is_empty() {
            return None;
        }
        let Some((time, id)) = line.split_once(',') else {
            return Some(Listed::NoList);
        };
        let Ok(time) = time.parse::<Timestamp>() else {
            return Some(Listed::NoList);
        };
        if time > self.now {
            self.ahead.push(id.to_owned());
        } else {
            self.newest.get_or_insert(time);
            if time <= self.known {
                return Some(self.done());
            }
            self.ids.push(id.to_owned());
        }
        (self.ids.len() + self.ahead.len() > self.max_changes).then_some(Listed::TooMany)
    }

    fn done(&mut self) -> Listed {
        match self.newest {
            Some(newest) if newest < self.known => Listed::Older(newest),
            _ => {
                let mut ids = std::mem::take(&mut self.ids);
                if !ids.is_empty() {
                    ids.append(&mut self.ahead);
                }
                Listed::Ids(ids)
            }
        }
    }
}

/// Identifiers become the last part of an address.
fn is_identifier(id: &str) -> bool {
    let letters = |byte: u8| byte.is_ascii_alphanumeric() || b"._:+~-".contains(&byte);
    !id.is_empty() && id.len() <= 256 && !id.starts_with('.') && id.bytes().all(letters)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &str = "2026-03-01T00:00:00Z";
    const NOW: &str = "2026-06-01T00:00:00Z";

    fn check(list: &str, expected: &Listed) {
        // However the bytes are cut, the answer is the same.
        for size in [1, 7, 4_096] {
            let time = |text: &str| text.parse().expect("a time");
            let mut reading = Reading::new(time(KNOWN), time(NOW), 3);
            let listed = list
                .as_bytes()
                .chunks(size)
                .find_map(|bytes| reading.feed(bytes))
                .unwrap_or_else(|| reading.end());
            assert_eq!(&listed, expected, "{list} in pieces of {size}");
        }
    }

    fn ids(ids: &[&str]) -> Listed {
        Listed::Ids(ids.iter().map(|&id| id.to_owned()).collect())
    }

    #[test]
    fn reading_stops_at_the_first_known_time() {
        check(
            "2026-04-02T00:00:00.5Z,B\n2026-04-01T00:00:00Z,A\n2026-03-01T00:00:00Z,K\nnot a line",
            &ids(&["B", "A"]),
        );
        check("2026-03-01T00:00:00Z,K\n", &ids(&[]));
        check("2026-04-01T00:00:00Z,A", &ids(&["A"]));
        check("", &ids(&[]));
    }

    #[test]
    fn lines_dated_ahead_neither_stop_nor_start_an_update() {
        check(
            "2027-07-09T00:00:00Z,F\n2026-03-01T00:00:00Z,K\n",
            &ids(&[]),
        );
        check(
            "2027-07-09T00:00:00Z,F\n2026-04-01T00:00:00Z,A\n2026-03-01T00:00:00Z,K\n",
            &ids(&["A", "F"]),
        );
    }

    #[test]
    fn an_older_export_is_told() {
        check(
            "2026-02-01T00:00:00Z,O\n",
            &Listed::Older("2026-02-01T00:00:00Z".parse().expect("a time")),
        );
    }

    #[test]
    fn too_many_changes_end_the_reading() {
        let line = "2026-04-01T00:00:00Z,A\n";
        check(&line.repeat(3), &ids(&["A", "A", "A"]));
        check(&line.repeat(4), &Listed::TooMany);
    }

    #[test]
    fn what_is_no_list_is_told() {
        for text in [
            "<html></html>\n",
            "2026-04-01 A\n",
            "yesterday,A\n",
            &"x".repeat(2_000),
        ] {
            check(text, &Listed::NoList);
        }
    }

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
