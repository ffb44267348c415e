//! Requests: timeouts, redirects, tries.

use std::error::Error as _;
use std::path::Path;
use std::time::{Duration, Instant};

use bytes::Bytes;
use jiff::Timestamp;
use reqwest::header::HeaderMap;
use reqwest::{Client, Response, Url, redirect};

use super::changes::Changes;
use super::{
    FeedError, FeedOptions, FeedUpdate, KnownFeed, MAX_REDIRECTS, OnProgress, archive, changes,
};

/// Longest pause between two tries.
const MAX_PAUSE: Duration = Duration::from_secs(30);

/// An answer that brings fewer bytes than this within the stall timeout has stalled.
const MIN_BYTES: u64 = 1_024;

/// Bytes that make a try one that brought something.
const WORTHWHILE_BYTES: u64 = 1024 * 1024;

/// Fetches feeds. Proxies come from the environment.
#[derive(Clone, Debug)]
pub struct FeedClient {
    client: Client,
    /// Follows no redirect, so that a key goes nowhere else.
    direct: Client,
    base: Url,
    options: FeedOptions,
}

impl FeedClient {
    /// Sets up the client; nothing is sent yet.
    ///
    /// A rustls crypto provider has to be installed by the program before.
    pub fn new(options: FeedOptions) -> Result<Self, FeedError> {
        let base = address(&options.base_url)?;
        let client = |redirects| {
            Client::builder()
                .user_agent(concat!("outcrop/", env!("CARGO_PKG_VERSION")))
                .connect_timeout(options.connect_timeout)
                .read_timeout(options.stall_timeout)
                .redirect(redirects)
                .build()
                .map_err(|error| FeedError::Setup {
                    reason: innermost(&error),
                })
        };
        Ok(Self {
            client: client(redirect::Policy::custom(follow))?,
            direct: client(redirect::Policy::none())?,
            base,
            options,
        })
    }

    /// Brings one ecosystem up to date.
    ///
    /// Without `known` the archive is fetched. With it the list of changes is read first, down to
    /// the newest change that is known, and the records on the way are fetched one by one; where
    /// there are too many, or no list, it is the archive after all, unless its mark is the known
    /// one. `ecosystem` may carry a release. The archive is written into `directory`.
    pub async fn update(
        &self,
        ecosystem: &str,
        known: Option<&KnownFeed>,
        directory: &Path,
        now: Timestamp,
        progress: OnProgress<'_>,
    ) -> Result<FeedUpdate, FeedError> {
        let name = ecosystem_name(ecosystem)?;
        if let Some(newest) = known.and_then(|known| known.newest_modified) {
            match changes::since(self, name, newest, now, progress).await? {
                Changes::None => return Ok(FeedUpdate::Unchanged),
                Changes::Older(newest) => return Ok(FeedUpdate::Older { newest }),
                Changes::Records {
                    records,
                    absent,
                    newest,
                } => {
                    return Ok(FeedUpdate::Changes {
                        records,
                        removed: Vec::new(),
                        absent,
                        newest,
                    });
                }
                Changes::TooMany | Changes::NoList => {}
            }
        }
        let etag = known.and_then(|known| known.etag.as_deref());
        archive::fetch(self, name, etag, directory, now, progress).await
    }

    pub(super) const fn options(&self) -> &FeedOptions {
        &self.options
    }

    /// `<base>/<ecosystem>/<file>`, both encoded.
    pub(super) fn url(&self, ecosystem: &str, file: &str) -> Url {
        below(&self.base, &[ecosystem, file])
    }

    /// The whole of something small, tried again where that helps.
    pub(super) async fn bytes(&self, url: &Url, limit: u64) -> Result<Vec<u8>, FeedError> {
        let mut tries = self.tries();
        loop {
            match self.bytes_at_once(url, limit).await {
                Err(error) => tries.next(error, 0).await?,
                fetched => return fetched,
            }
        }
    }

    async fn bytes_at_once(&self, url: &Url, limit: u64) -> Result<Vec<u8>, FeedError> {
        let answer = self.get(url, HeaderMap::new()).await?;
        Body::new(self, url, answer, limit)?.whole().await
    }

    /// The same for a list in plain text.
    pub(super) async fn text(&self, url: &Url, limit: u64) -> Result<String, FeedError> {
        let bytes = self.bytes(url, limit).await?;
        String::from_utf8(bytes).map_err(|_| FeedError::NoList {
            url: url.to_string(),
            reason: "it is not text".to_owned(),
        })
    }

    /// Sends one request; statuses of failure are errors, 304 is not.
    pub(super) async fn get(&self, url: &Url, headers: HeaderMap) -> Result<Response, FeedError> {
        self.get_by(&self.client, url, headers).await
    }

    /// As [`Self::get`], without following redirects.
    pub(super) async fn get_direct(
        &self,
        url: &Url,
        headers: HeaderMap,
    ) -> Result<Response, FeedError> {
        self.get_by(&self.direct, url, headers).await
    }

    async fn get_by(
        &self,
        client: &Client,
        url: &Url,
        headers: HeaderMap,
    ) -> Result<Response, FeedError> {
        let answer = client
            .get(url.clone())
            .headers(headers)
            .send()
            .await
            .map_err(|error| self.failure(url, 0, &error))?;
        let status = answer.status();
        if status.is_success() || status.as_u16() == 304 {
            return Ok(answer);
        }
        Err(FeedError::Refused {
            url: url.to_string(),
            status: status.as_u16(),
        })
    }

    /// The error of a request or of its body, of which `received` bytes had come.
    pub(super) fn failure(&self, url: &Url, received: u64, error: &reqwest::Error) -> FeedError {
        let url = url.to_string();
        if error.is_redirect() {
            FeedError::Redirected { url }
        } else if error.is_timeout() && !error.is_connect() {
            FeedError::Stalled {
                url,
                seconds: self.options.stall_timeout.as_secs(),
            }
        } else if error.is_body() || error.is_decode() {
            FeedError::Truncated { url, received }
        } else {
            FeedError::Unreachable {
                url,
                reason: innermost(error),
            }
        }
    }

    pub(super) const fn tries(&self) -> Tries<'_> {
        Tries {
            options: &self.options,
            vain: 0,
        }
    }
}

/// How often one thing was tried in vain.
pub(super) struct Tries<'a> {
    options: &'a FeedOptions,
    vain: u32,
}

impl Tries<'_> {
    /// Waits before the next try, or gives the error back where another would not help. `brought`
    /// is how many bytes the failed one came nearer.
    pub(super) async fn next(&mut self, error: FeedError, brought: u64) -> Result<(), FeedError> {
        if brought >= WORTHWHILE_BYTES {
            self.vain = 0;
        }
        self.vain += 1;
        if !error.passes() || self.vain >= self.options.attempts {
            return Err(error);
        }
        tracing::debug!(%error, vain = self.vain, "trying again");
        let doubled = 1 << (self.vain - 1).min(16);
        let pause = self.options.first_pause.saturating_mul(doubled);
        tokio::time::sleep(pause.min(MAX_PAUSE)).await;
        Ok(())
    }
}

/// The body of an answer, chunk by chunk, with an eye on its pace and its size.
pub(super) struct Body<'a> {
    client: &'a FeedClient,
    url: &'a Url,
    answer: Response,
    limit: u64,
    received: u64,
    window: (Instant, u64),
}

impl<'a> Body<'a> {
    pub(super) fn new(
        client: &'a FeedClient,
        url: &'a Url,
        answer: Response,
        limit: u64,
    ) -> Result<Self, FeedError> {
        let body = Self {
            client,
            url,
            limit,
            received: 0,
            window: (Instant::now(), 0),
            answer,
        };
        match body.answer.content_length() {
            Some(length) if length > limit => Err(body.too_large()),
            _ => Ok(body),
        }
    }

    /// Bytes that have come.
    pub(super) const fn received(&self) -> u64 {
        self.received
    }

    pub(super) async fn chunk(&mut self) -> Result<Option<Bytes>, FeedError> {
        let chunk = self.answer.chunk().await;
        let chunk = chunk.map_err(|error| self.client.failure(self.url, self.received, &error))?;
        let Some(chunk) = chunk else {
            return Ok(None);
        };
        self.received += chunk.len() as u64;
        if self.received > self.limit {
            return Err(self.too_large());
        }
        self.window.1 += chunk.len() as u64;
        let stall_timeout = self.client.options.stall_timeout;
        if self.window.0.elapsed() > stall_timeout {
            if self.window.1 < MIN_BYTES {
                return Err(FeedError::Stalled {
                    url: self.url.to_string(),
                    seconds: stall_timeout.as_secs(),
                });
            }
            self.window = (Instant::now(), 0);
        }
        Ok(Some(chunk))
    }

    /// The whole of a small body.
    pub(super) async fn whole(mut self) -> Result<Vec<u8>, FeedError> {
        let mut bytes = Vec::new();
        while let Some(chunk) = self.chunk().await? {
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }

    fn too_large(&self) -> FeedError {
        FeedError::TooLarge {
            url: self.url.to_string(),
            limit: self.limit,
        }
    }
}

/// An address that others can be put together from.
pub(super) fn address(text: &str) -> Result<Url, FeedError> {
    Url::parse(text)
        .ok()
        .filter(|url| !url.cannot_be_a_base())
        .ok_or_else(|| FeedError::Setup {
            reason: format!("not an address: `{text}`"),
        })
}

/// An address with more parts of its path, each encoded.
pub(super) fn below(base: &Url, parts: &[&str]) -> Url {
    let mut url = base.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(parts);
    }
    url
}

fn follow(attempt: redirect::Attempt<'_>) -> redirect::Action {
    let unprotected = attempt.url().scheme() != "https"
        && attempt.previous().iter().any(|url| url.scheme() == "https");
    if unprotected || attempt.previous().len() > MAX_REDIRECTS {
        attempt.error("redirect not followed")
    } else {
        attempt.follow()
    }
}

/// reqwest wraps the reason that helps in several layers that do not.
fn innermost(error: &reqwest::Error) -> String {
    let mut reason: &dyn std::error::Error = error;
    let mut next = error.source();
    while let Some(inner) = next {
        reason = inner;
        next = inner.source();
    }
    reason.to_string()
}

/// The part before the release; it becomes a folder of the address and a file name.
fn ecosystem_name(ecosystem: &str) -> Result<&str, FeedError> {
    let name = ecosystem.split(':').next().unwrap_or(ecosystem);
    let letters = |byte: u8| byte.is_ascii_alphanumeric() || b" ._-+".contains(&byte);
    if name.is_empty() || name.len() > 64 || name.starts_with('.') || !name.bytes().all(letters) {
        return Err(FeedError::NoEcosystem {
            name: ecosystem.chars().take(80).collect(),
        });
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_their_release_and_stay_one_part_of_a_path() {
        let check = |name: &str, expected: Option<&str>| {
            assert_eq!(ecosystem_name(name).ok(), expected, "{name}");
        };
        check("Debian", Some("Debian"));
        check("Debian:12", Some("Debian"));
        check("Red Hat:enterprise_linux:9::appstream", Some("Red Hat"));
        check("crates.io", Some("crates.io"));
        for name in [
            "",
            ":12",
            "..",
            "../x",
            "a/b",
            "a\\b",
            "a\nb",
            &"a".repeat(65),
        ] {
            check(name, None);
        }
    }

    #[test]
    fn an_update_can_be_moved_to_another_thread() {
        fn check<T: Send>(_: impl FnOnce(FeedClient, KnownFeed) -> T) {}
        check(async |client: FeedClient, known: KnownFeed| {
            client
                .update(
                    "Debian",
                    Some(&known),
                    Path::new("."),
                    Timestamp::UNIX_EPOCH,
                    &|_| {},
                )
                .await
        });
    }
}
