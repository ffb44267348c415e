//! NVD's API 2.0: what changed, page by page, no faster than NVD asks for.
//!
//! <https://nvd.nist.gov/developers/vulnerabilities>: pages of at most 2,000 records; windows of
//! `lastModStartDate` and `lastModEndDate` of at most 120 days.
//! <https://nvd.nist.gov/developers/start-here>: 5 requests in 30 seconds, 50 with a key; a pause of
//! 6 seconds is asked for; who asks too often is answered with the status 403 or 429.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use reqwest::Url;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::client::{Body, FeedClient, address};
use super::{FeedError, FeedPhase, FeedProgress, OnProgress};

/// Where it is published.
pub(super) const ADDRESS: &str = "https://services.nvd.nist.gov/rest/json/cves/2.0";

/// The environment variable that by custom holds the key.
pub const NVD_API_KEY: &str = "NVD_API_KEY";

/// Records of one page.
const PAGE_RECORDS: u64 = 2_000;

/// Largest page, in bytes; they have near 10 MB.
const MAX_PAGE_BYTES: u64 = 128 * 1024 * 1024;

/// Longest window.
const MAX_WINDOW: SignedDuration = SignedDuration::from_hours(24 * 120);

/// Pause between two requests, without and with a key.
const PAUSE: Duration = Duration::from_secs(6);
const PAUSE_WITH_KEY: Duration = Duration::from_millis(600);

/// Pauses that are waited for after NVD says that it was asked too often: its 30 seconds.
const PAUSES_AFTER_REFUSAL: u32 = 5;

/// The pages of an update, one after the other. Dropping it ends the update.
#[derive(Debug)]
pub struct NvdPages<'a> {
    client: &'a FeedClient,
    url: Url,
    key: Option<HeaderValue>,
    pause: Duration,
    asked: Option<Instant>,
    windows: VecDeque<Window>,
    /// Records of the first window that have come.
    come: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Window {
    /// `None` for every record.
    from: Option<Timestamp>,
    to: Timestamp,
}

/// Some records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NvdPage {
    /// JSON of NVD's schema, not looked into beyond its count.
    pub bytes: Vec<u8>,
    /// With this page everything that changed until then has come. The time to go on from.
    pub complete_until: Option<Timestamp>,
}

/// What a page says of itself.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope {
    start_index: u64,
    total_results: u64,
    vulnerabilities: Vec<IgnoredAny>,
}

impl FeedClient {
    /// What changed since `complete_until` of the last page that was kept, or without it everything.
    pub fn nvd(
        &self,
        complete_until: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<NvdPages<'_>, FeedError> {
        let options = self.options();
        let key = options
            .nvd_key
            .as_deref()
            .map(|key| {
                let mut key = HeaderValue::from_str(key).map_err(|_| FeedError::Setup {
                    reason: format!("the key in `{NVD_API_KEY}` holds what no key does"),
                })?;
                key.set_sensitive(true);
                Ok(key)
            })
            .transpose()?;
        let usual = if key.is_some() { PAUSE_WITH_KEY } else { PAUSE };
        Ok(NvdPages {
            client: self,
            url: address(&options.addresses.nvd)?,
            key,
            pause: options.nvd_pause.unwrap_or(usual),
            asked: None,
            windows: windows(complete_until, now),
            come: 0,
        })
    }
}

impl NvdPages<'_> {
    /// The next page; `None` once there are none. After an error the same page is asked for again.
    pub async fn next(&mut self, progress: OnProgress<'_>) -> Result<Option<NvdPage>, FeedError> {
        let Some(window) = self.windows.front().copied() else {
            return Ok(None);
        };
        let url = self.address(window);
        let bytes = self.fetch(&url).await?;
        let malformed = |reason: String| FeedError::NoList {
            url: url.to_string(),
            reason,
        };
        let envelope: Envelope =
            serde_json::from_slice(&bytes).map_err(|error| malformed(error.to_string()))?;
        let records = envelope.vulnerabilities.len() as u64;
        if envelope.start_index != self.come {
            return Err(malformed(format!(
                "it begins at another record than was asked for: {}",
                envelope.start_index
            )));
        }
        let come = self.come + records;
        if records == 0 && come < envelope.total_results {
            return Err(malformed(format!(
                "it ends before the records that it counts: {}",
                envelope.total_results
            )));
        }
        progress(FeedProgress {
            phase: FeedPhase::Records,
            done: come,
            total: Some(envelope.total_results),
        });
        let complete = come >= envelope.total_results;
        if complete {
            self.windows.pop_front();
            self.come = 0;
        } else {
            self.come = come;
        }
        Ok(Some(NvdPage {
            bytes,
            complete_until: complete.then_some(window.to),
        }))
    }

    fn address(&self, window: Window) -> Url {
        let mut url = self.url.clone();
        let mut query = url.query_pairs_mut();
        let time = |time: Timestamp| time.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string();
        if let Some(from) = window.from {
            query.append_pair("lastModStartDate", &time(from));
            query.append_pair("lastModEndDate", &time(window.to));
        }
        query.append_pair("resultsPerPage", &PAGE_RECORDS.to_string());
        query.append_pair("startIndex", &self.come.to_string());
        drop(query);
        url
    }

    async fn fetch(&mut self, url: &Url) -> Result<Vec<u8>, FeedError> {
        let client = self.client;
        let mut tries = client.tries();
        let mut refusals = 0;
        loop {
            if let Some(asked) = self.asked {
                tokio::time::sleep_until((asked + self.pause).into()).await;
            }
            self.asked = Some(Instant::now());
            match self.attempt(url).await {
                Err(FeedError::Refused {
                    status: 403 | 429, ..
                }) if refusals + 1 < client.options().attempts => {
                    refusals += 1;
                    tokio::time::sleep(self.pause * PAUSES_AFTER_REFUSAL).await;
                }
                Err(error) => tries.next(error, 0).await?,
                fetched => return fetched,
            }
        }
    }

    async fn attempt(&self, url: &Url) -> Result<Vec<u8>, FeedError> {
        let mut headers = HeaderMap::new();
        if let Some(key) = &self.key {
            headers.insert(HeaderName::from_static("apikey"), key.clone());
        }
        let answer = self.client.get_direct(url, headers).await?;
        Body::new(self.client, url, answer, MAX_PAGE_BYTES)?
            .whole()
            .await
    }
}

/// The windows from a time until now; everything where nothing is known.
fn windows(since: Option<Timestamp>, now: Timestamp) -> VecDeque<Window> {
    let Some(mut from) = since else {
        return VecDeque::from([Window {
            from: None,
            to: now,
        }]);
    };
    let mut windows = VecDeque::new();
    while from < now {
        let to = from.checked_add(MAX_WINDOW).unwrap_or(now).min(now);
        windows.push_back(Window {
            from: Some(from),
            to,
        });
        from = to;
    }
    windows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_window_is_longer_than_allowed() {
        let time = |text: &str| -> Timestamp { text.parse().expect("a time") };
        let check = |since: Option<&str>, expected: &[(Option<&str>, &str)]| {
            let expected: VecDeque<Window> = expected
                .iter()
                .map(|(from, to)| Window {
                    from: from.map(time),
                    to: time(to),
                })
                .collect();
            let now = time("2026-06-01T00:00:00Z");
            assert_eq!(windows(since.map(time), now), expected, "{since:?}");
        };
        check(None, &[(None, "2026-06-01T00:00:00Z")]);
        check(
            Some("2026-05-31T00:00:00Z"),
            &[(Some("2026-05-31T00:00:00Z"), "2026-06-01T00:00:00Z")],
        );
        check(
            Some("2026-01-01T00:00:00Z"),
            &[
                (Some("2026-01-01T00:00:00Z"), "2026-05-01T00:00:00Z"),
                (Some("2026-05-01T00:00:00Z"), "2026-06-01T00:00:00Z"),
            ],
        );
        check(Some("2026-06-01T00:00:00Z"), &[]);
        check(Some("2027-01-01T00:00:00Z"), &[]);
    }
}
