//! One file: into a file beside its place, continued after an interruption, checked, then moved into
//! place.

use std::fs::{self, File, TryLockError};
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use reqwest::header::{
    CONTENT_RANGE, ETAG, HeaderMap, HeaderName, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH,
    IF_RANGE, LAST_MODIFIED, RANGE,
};
use reqwest::{Response, Url};

use super::client::{Body, FeedClient};
use super::whole::{Checksum, Format, is_whole};
use super::{FeedError, FeedPhase, FeedProgress, KnownDocument, OnProgress};

/// What is fetched.
pub(super) struct Wanted<'a> {
    pub(super) url: &'a Url,
    /// Its name in the folder.
    pub(super) name: &'a str,
    pub(super) format: Format,
    pub(super) checksum: Option<Checksum>,
    /// Largest size, in bytes.
    pub(super) limit: u64,
    /// What is there already.
    pub(super) known: KnownDocument,
    /// Dates after it are not believed.
    pub(super) now: Timestamp,
}

/// What came.
pub(super) enum Fetched {
    /// The server has what is known.
    Unchanged,
    /// The server has an older one.
    Older(Timestamp),
    File {
        path: PathBuf,
        mark: Option<String>,
        /// `Last-Modified`.
        dated: Option<Timestamp>,
        bytes: u64,
    },
}

/// What a server says of a file that it sends.
struct Told {
    mark: Option<String>,
    dated: Option<Timestamp>,
}

enum Attempt {
    Unchanged,
    Older(Timestamp),
    Whole(Told),
}

pub(super) async fn fetch(
    client: &FeedClient,
    wanted: &Wanted<'_>,
    directory: &Path,
    progress: OnProgress<'_>,
) -> Result<Fetched, FeedError> {
    let path = directory.join(wanted.name);
    let mut partial = Partial::open(directory, wanted.name)?;
    let mut tries = client.tries();
    let told = loop {
        let before = partial.length;
        match attempt(client, wanted, &mut partial, progress).await {
            Ok(Attempt::Whole(told)) => break told,
            Ok(Attempt::Unchanged) => {
                partial.remove();
                return Ok(Fetched::Unchanged);
            }
            Ok(Attempt::Older(dated)) => {
                partial.remove();
                return Ok(Fetched::Older(dated));
            }
            Err(error) => {
                let brought = partial.length.saturating_sub(before);
                tries.next(error, brought).await?;
            }
        }
    };
    let bytes = partial.length;
    let place = path.clone();
    // Waits for the disk.
    tokio::task::spawn_blocking(move || partial.finish(&place))
        .await
        .unwrap_or_else(|error| {
            Err(FeedError::Disk {
                path: path.clone(),
                source: io::Error::other(error),
            })
        })?;
    Ok(Fetched::File {
        path,
        mark: told.mark,
        dated: told.dated,
        bytes,
    })
}

/// One request.
async fn attempt(
    client: &FeedClient,
    wanted: &Wanted<'_>,
    partial: &mut Partial,
    progress: OnProgress<'_>,
) -> Result<Attempt, FeedError> {
    let url = wanted.url;
    let mut headers = HeaderMap::new();
    let mut put = |name: HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    match (&partial.etag, wanted.known.mark.as_deref()) {
        (Some(etag), _) if partial.length > 0 => {
            put(RANGE, &format!("bytes={}-", partial.length));
            put(IF_RANGE, etag);
        }
        (_, Some(mark)) if is_etag(mark) => put(IF_NONE_MATCH, mark),
        (_, Some(date)) => put(IF_MODIFIED_SINCE, date),
        _ => {}
    }
    let answer = match client.get(url, headers).await {
        Err(error @ FeedError::Refused { status: 416, .. }) => {
            partial.restart(None)?;
            return Err(error);
        }
        other => other?,
    };
    let status = answer.status().as_u16();
    if status == 304 {
        return Ok(Attempt::Unchanged);
    }
    let continued = status == 206 && begins_at(&answer) == Some(partial.length);
    if status == 206 && !continued {
        partial.restart(None)?;
        return Err(FeedError::Truncated {
            url: url.to_string(),
            received: 0,
        });
    }
    let etag = header(&answer, &ETAG).map(str::to_owned);
    let modified = header(&answer, &LAST_MODIFIED).map(str::to_owned);
    let dated = modified
        .as_deref()
        .and_then(http_date)
        .filter(|dated| *dated <= wanted.now);
    if let (Some(dated), Some(known)) = (dated, wanted.known.exported_at)
        && dated < known
    {
        return Ok(Attempt::Older(dated));
    }
    if !continued {
        partial.restart(etag.as_deref())?;
    }
    let total = answer
        .content_length()
        .map(|length| length + partial.length);
    let mut body = Body::new(
        client,
        url,
        answer,
        wanted.limit.saturating_sub(partial.length),
    )?;
    while let Some(chunk) = body.chunk().await? {
        partial.append(&chunk)?;
        progress(FeedProgress {
            phase: FeedPhase::Archive,
            done: partial.length,
            total,
        });
    }
    if let Err(fault) = partial.check(wanted).await {
        let received = partial.length;
        partial.restart(None)?;
        // Without a length the end of a connection cannot be told from the end of the file.
        return Err(match (fault, total) {
            (FeedError::NoArchive { url, .. }, None) => FeedError::Truncated { url, received },
            (fault, _) => fault,
        });
    }
    Ok(Attempt::Whole(Told {
        mark: etag.or_else(|| partial.etag.clone()).or(modified),
        dated,
    }))
}

fn header<'a>(answer: &'a Response, name: &HeaderName) -> Option<&'a str> {
    answer.headers().get(name)?.to_str().ok()
}

/// RFC 9110, section 5.6.7; the date of a mail with `GMT` for its zone.
fn http_date(text: &str) -> Option<Timestamp> {
    let date = jiff::fmt::rfc2822::parse(text).ok()?;
    Some(date.timestamp())
}

/// Where a part of an answer begins. RFC 9110, section 14.4: `bytes <first>-<last>/<length>`.
fn begins_at(answer: &Response) -> Option<u64> {
    let range = answer.headers().get(CONTENT_RANGE)?.to_str().ok()?;
    let (first, _) = range.strip_prefix("bytes ")?.split_once('-')?;
    first.parse().ok()
}

/// The file being written, held under a lock, and the mark of what is in it.
struct Partial {
    file: File,
    path: PathBuf,
    mark: PathBuf,
    /// Bytes in the file.
    length: u64,
    /// The server's mark of the file that they are the beginning of. Only a strong one tells
    /// that bytes are the same (RFC 9110, section 13.1.5).
    etag: Option<String>,
}

impl Partial {
    fn open(directory: &Path, name: &str) -> Result<Self, FeedError> {
        let path = directory.join(format!("{name}.part"));
        let mark = directory.join(format!("{name}.part.etag"));
        let disk = |source| FeedError::Disk {
            path: path.clone(),
            source,
        };
        fs::create_dir_all(directory).map_err(disk)?;
        let mut file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(disk)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(FeedError::Busy { path }),
            Err(TryLockError::Error(source)) => return Err(FeedError::Disk { path, source }),
        }
        let length = file.seek(SeekFrom::End(0)).map_err(disk)?;
        let etag = fs::read_to_string(&mark)
            .ok()
            .filter(|etag| is_strong(etag));
        let mut partial = Self {
            file,
            path,
            mark,
            length,
            etag,
        };
        if partial.etag.is_none() && partial.length > 0 {
            partial.restart(None)?;
        }
        Ok(partial)
    }

    fn disk(&self, source: io::Error) -> FeedError {
        FeedError::Disk {
            path: self.path.clone(),
            source,
        }
    }

    /// Empties the file; what follows belongs to `etag`.
    fn restart(&mut self, etag: Option<&str>) -> Result<(), FeedError> {
        let emptied = self
            .file
            .set_len(0)
            .and_then(|()| self.file.seek(SeekFrom::Start(0)));
        emptied.map_err(|source| self.disk(source))?;
        self.length = 0;
        self.etag = etag.filter(|etag| is_strong(etag)).map(str::to_owned);
        if let Some(etag) = &self.etag {
            return fs::write(&self.mark, etag).map_err(|source| self.disk(source));
        }
        drop(fs::remove_file(&self.mark));
        Ok(())
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), FeedError> {
        self.file
            .write_all(bytes)
            .map_err(|source| self.disk(source))?;
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// Whether all of it has come, and as it was sent.
    async fn check(&self, wanted: &Wanted<'_>) -> Result<(), FeedError> {
        let mut file = self.file.try_clone().map_err(|source| self.disk(source))?;
        let (format, checksum) = (wanted.format, wanted.checksum.clone());
        // Reads all of it.
        let checked = tokio::task::spawn_blocking(move || {
            let whole = is_whole(&mut file, format)?;
            let found = checksum
                .map(|checksum| checksum.found(&mut file))
                .transpose()?;
            file.seek(SeekFrom::End(0))?;
            Ok((whole, found))
        });
        let (whole, found) = checked
            .await
            .unwrap_or_else(|error| Err(io::Error::other(error)))
            .map_err(|source| self.disk(source))?;
        let url = || wanted.url.to_string();
        if !whole {
            return Err(FeedError::NoArchive {
                url: url(),
                expected: format.name(),
            });
        }
        match (&wanted.checksum, found) {
            (Some(told), Some(found)) if told.digits() != found => Err(FeedError::Checksum {
                url: url(),
                told: told.digits().to_owned(),
                found,
            }),
            _ => Ok(()),
        }
    }

    fn finish(self, path: &Path) -> Result<(), FeedError> {
        self.file
            .sync_all()
            .and_then(|()| fs::rename(&self.path, path))
            .map_err(|source| self.disk(source))?;
        drop(fs::remove_file(&self.mark));
        Ok(())
    }

    fn remove(self) {
        drop(fs::remove_file(&self.path));
        drop(fs::remove_file(&self.mark));
    }
}

/// A mark is an `ETag`, which stands in quotes, or else a `Last-Modified`.
fn is_etag(mark: &str) -> bool {
    mark.starts_with('"') || mark.starts_with("W/\"")
}

fn is_strong(etag: &str) -> bool {
    etag.len() >= 2 && etag.starts_with('"') && etag.ends_with('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_headers_are_read() {
        let check = |text: &str, expected: Option<&str>| {
            let expected = expected.map(|time| time.parse().expect("a time"));
            assert_eq!(http_date(text), expected, "{text}");
        };
        check(
            "Sun, 06 Nov 1994 08:49:37 GMT",
            Some("1994-11-06T08:49:37Z"),
        );
        check("yesterday", None);
        check("", None);
    }

    #[test]
    fn a_mark_in_quotes_is_an_etag() {
        for (mark, etag, strong) in [
            ("\"a\"", true, true),
            ("W/\"a\"", true, false),
            ("Sun, 06 Nov 1994 08:49:37 GMT", false, false),
        ] {
            assert_eq!((is_etag(mark), is_strong(mark)), (etag, strong), "{mark}");
        }
    }
}
