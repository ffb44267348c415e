//! The archive of every record: into a file beside its place, continued after an interruption,
//! checked, then moved into place.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use reqwest::header::{
    CONTENT_RANGE, ETAG, HeaderMap, HeaderName, HeaderValue, IF_NONE_MATCH, IF_RANGE, RANGE,
};
use reqwest::{Response, Url};

use super::client::{Body, FeedClient};
use super::{FeedError, FeedPhase, FeedProgress, FeedUpdate, OnProgress};

/// Name of the archive.
const ARCHIVE: &str = "all.zip";

/// Bytes in which the end of a zip is found: its last record and the longest comment.
/// APPNOTE.TXT, section 4.3.16.
const END_BYTES: u64 = 22 + 65_535;

pub(super) async fn fetch(
    client: &FeedClient,
    ecosystem: &str,
    known_etag: Option<&str>,
    directory: &Path,
    progress: OnProgress<'_>,
) -> Result<FeedUpdate, FeedError> {
    let url = client.url(ecosystem, ARCHIVE);
    let path = directory.join(format!("{ecosystem}.zip"));
    let mut partial = Partial::open(directory, ecosystem)?;
    let mut tries = client.tries();
    let etag = loop {
        let before = partial.length;
        match attempt(client, &url, known_etag, &mut partial, progress).await {
            Ok(etag) => break etag,
            Err(error) => {
                let brought = partial.length.saturating_sub(before);
                tries.next(error, brought).await?;
            }
        }
    };
    match etag {
        None => {
            partial.remove();
            Ok(FeedUpdate::Unchanged)
        }
        Some(etag) => {
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
            Ok(FeedUpdate::Archive { path, etag, bytes })
        }
    }
}

/// One request; `None` where the archive has the known mark, else the mark of the whole archive.
async fn attempt(
    client: &FeedClient,
    url: &Url,
    known_etag: Option<&str>,
    partial: &mut Partial,
    progress: OnProgress<'_>,
) -> Result<Option<Option<String>>, FeedError> {
    let mut headers = HeaderMap::new();
    let mut put = |name: HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    match (&partial.etag, known_etag) {
        (Some(etag), _) if partial.length > 0 => {
            put(RANGE, &format!("bytes={}-", partial.length));
            put(IF_RANGE, etag);
        }
        (_, Some(etag)) => put(IF_NONE_MATCH, etag),
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
        return Ok(None);
    }
    let continued = status == 206 && begins_at(&answer) == Some(partial.length);
    if status == 206 && !continued {
        partial.restart(None)?;
        return Err(FeedError::Truncated {
            url: url.to_string(),
            received: 0,
        });
    }
    let etag = answer
        .headers()
        .get(ETAG)
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned);
    if !continued {
        partial.restart(etag.as_deref())?;
    }
    let limit = client.options().max_archive_bytes;
    let total = answer
        .content_length()
        .map(|length| length + partial.length);
    let mut body = Body::new(client, url, answer, limit.saturating_sub(partial.length))?;
    while let Some(chunk) = body.chunk().await? {
        partial.append(&chunk)?;
        progress(FeedProgress {
            phase: FeedPhase::Archive,
            done: partial.length,
            total,
        });
    }
    if !partial.is_zip()? {
        let received = partial.length;
        partial.restart(None)?;
        // Without a length the end of a connection cannot be told from the end of the archive.
        return Err(match total {
            Some(_) => FeedError::NoArchive {
                url: url.to_string(),
            },
            None => FeedError::Truncated {
                url: url.to_string(),
                received,
            },
        });
    }
    Ok(Some(etag.or_else(|| partial.etag.clone())))
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
    /// The server's mark of the archive that they are the beginning of. Only a strong one tells
    /// that bytes are the same (RFC 9110, section 13.1.5).
    etag: Option<String>,
}

impl Partial {
    fn open(directory: &Path, ecosystem: &str) -> Result<Self, FeedError> {
        let path = directory.join(format!("{ecosystem}.zip.part"));
        let mark = directory.join(format!("{ecosystem}.zip.part.etag"));
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

    /// Whether the file begins and ends as a zip does. The rest is the reader's to find out.
    fn is_zip(&mut self) -> Result<bool, FeedError> {
        let mut read = || -> io::Result<(Vec<u8>, Vec<u8>)> {
            let (mut first, mut last) = (Vec::new(), Vec::new());
            self.file.seek(SeekFrom::Start(0))?;
            (&self.file).take(2).read_to_end(&mut first)?;
            let from = self.length.saturating_sub(END_BYTES);
            self.file.seek(SeekFrom::Start(from))?;
            (&self.file).take(END_BYTES).read_to_end(&mut last)?;
            Ok((first, last))
        };
        let (first, last) = read().map_err(|source| self.disk(source))?;
        // The last record says how long the comment after it is.
        let ends = (0..=last.len().saturating_sub(22)).rev().any(|at| {
            last[at..].starts_with(b"PK\x05\x06")
                && last.len() >= at + 22
                && usize::from(u16::from_le_bytes([last[at + 20], last[at + 21]]))
                    == last.len() - at - 22
        });
        Ok(first == b"PK" && ends)
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

fn is_strong(etag: &str) -> bool {
    etag.len() >= 2 && etag.starts_with('"') && etag.ends_with('"')
}
