//! Lists of what changed, newest first, as OSV and CSAF publishers keep them.

use jiff::Timestamp;
use reqwest::Url;
use reqwest::header::HeaderMap;

use super::client::{Body, FeedClient};
use super::{FeedError, FeedPhase, FeedProgress, OnProgress};

/// Most of the list that is read, in bytes: 4 million lines.
const MAX_LIST_BYTES: u64 = 256 * 1024 * 1024;

/// Longest line of the list, in bytes.
const MAX_LINE_BYTES: usize = 1_024;

/// The identifiers that the list names before the first time that is known.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Listed {
    Ids {
        ids: Vec<String>,
        /// Newest time of the list that does not lie in the future.
        newest: Option<Timestamp>,
    },
    Older(Timestamp),
    TooMany,
    /// There is no list, or something else in its place.
    NoList,
}

/// What stands first in a line; the other follows a comma. Either may stand in quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Columns {
    /// OSV's `modified_id.csv`.
    TimeFirst,
    /// `changes.csv` and `deletions.csv` of CSAF.
    NameFirst,
}

/// Reads a list that a server keeps, newest first, down to what is known.
pub(super) async fn fetch(
    client: &FeedClient,
    url: &Url,
    columns: Columns,
    known: Timestamp,
    now: Timestamp,
    progress: OnProgress<'_>,
) -> Result<Listed, FeedError> {
    let mut tries = client.tries();
    loop {
        match attempt(client, url, columns, known, now, progress).await {
            Err(error) => tries.next(error, 0).await?,
            listed => return listed,
        }
    }
}

async fn attempt(
    client: &FeedClient,
    url: &Url,
    columns: Columns,
    known: Timestamp,
    now: Timestamp,
    progress: OnProgress<'_>,
) -> Result<Listed, FeedError> {
    let answer = match client.get(url, HeaderMap::new()).await {
        Ok(answer) => answer,
        Err(FeedError::Refused { status: 404, .. }) => return Ok(Listed::NoList),
        Err(error) => return Err(error),
    };
    let total = answer.content_length();
    let mut body = Body::new(client, url, answer, MAX_LIST_BYTES)?;
    let mut reading = Reading::new(columns, known, now, client.options().max_changes);
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
    columns: Columns,
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
    const fn new(columns: Columns, known: Timestamp, now: Timestamp, max_changes: usize) -> Self {
        Self {
            columns,
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
        let Some((first, second)) = line.split_once(',') else {
            return Some(Listed::NoList);
        };
        let [first, second] = [first, second].map(|text| text.trim().trim_matches('"'));
        let (time, id) = match self.columns {
            Columns::TimeFirst => (first, second),
            Columns::NameFirst => (second, first),
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
                Listed::Ids {
                    ids,
                    newest: self.newest,
                }
            }
        }
    }
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
            let mut reading = Reading::new(Columns::TimeFirst, time(KNOWN), time(NOW), 3);
            let listed = list
                .as_bytes()
                .chunks(size)
                .find_map(|bytes| reading.feed(bytes))
                .unwrap_or_else(|| reading.end());
            let listed = match listed {
                Listed::Ids { ids, .. } => Listed::Ids { ids, newest: None },
                other => other,
            };
            assert_eq!(&listed, expected, "{list} in pieces of {size}");
        }
    }

    fn ids(ids: &[&str]) -> Listed {
        Listed::Ids {
            ids: ids.iter().map(|&id| id.to_owned()).collect(),
            newest: None,
        }
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
    fn names_may_stand_first_and_in_quotes() {
        let time = |text: &str| -> Timestamp { text.parse().expect("a time") };
        let mut reading = Reading::new(Columns::NameFirst, time(KNOWN), time(NOW), 3);
        let lines =
            "\"2024/a.json\",\"2026-04-01T08:00:00+00:00\"\n2024/b.json,2026-03-01T00:00:00Z\n";
        let listed = reading.feed(lines.as_bytes());
        assert_eq!(
            listed,
            Some(Listed::Ids {
                ids: vec!["2024/a.json".into()],
                newest: Some(time("2026-04-01T08:00:00Z")),
            })
        );
    }
}
