//! A folder packed as the tar that a build reads, while the engine reads it.

use std::fs::Metadata;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures_util::Stream;
use tokio::sync::mpsc;

use super::error::EngineError;
use super::ignore_file::IgnoreFile;

/// Bytes that are packed before the engine takes them.
const CHUNK_BYTES: usize = 64 * 1024;
const CHANNEL_CHUNKS: usize = 16;
/// Folders in folders.
const MAX_DEPTH: usize = 256;
const MAX_IGNORE_FILE_BYTES: u64 = 1 << 20;

/// What became of the packing, for the one who waits for the build.
#[derive(Clone, Debug, Default)]
pub(super) struct PackingFailure(Arc<Mutex<Option<EngineError>>>);

impl PackingFailure {
    pub(super) fn take(&self) -> Option<EngineError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// A folder, and a Containerfile that is put in under a name of its own.
#[derive(Debug)]
pub(super) struct Folder {
    pub(super) root: PathBuf,
    /// Path of the Containerfile in the archive.
    pub(super) containerfile: String,
    /// Its bytes, where they are not the folder's.
    pub(super) replacement: Option<Vec<u8>>,
}

/// The tar of `folder` as chunks, packed on a blocking thread that ends when the stream is dropped.
pub(super) fn pack(
    folder: Folder,
) -> (
    impl Stream<Item = io::Result<Bytes>> + Send + 'static,
    PackingFailure,
) {
    let failure = PackingFailure::default();
    let slot = failure.clone();
    let (sender, receiver) = mpsc::channel(CHANNEL_CHUNKS);
    tokio::task::spawn_blocking(move || {
        let chunks = ChunkWriter {
            sender: sender.clone(),
            buffer: Vec::with_capacity(CHUNK_BYTES),
        };
        if let Err(error) = write(&folder, chunks) {
            // A closed channel is a build that ended or was cancelled, nothing of the folder's.
            if !sender.is_closed() {
                *slot.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                let _ = sender.blocking_send(Err(io::Error::other("the context is not whole")));
            }
        }
    });
    let stream = futures_util::stream::unfold(receiver, |mut receiver| async move {
        receiver.recv().await.map(|chunk| (chunk, receiver))
    });
    (stream, failure)
}

/// A tar entry for `bytes` alone, without the end of an archive: it can stand before another one.
pub(super) fn single_entry(path: &str, bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut builder = tar::Builder::new(Vec::new());
    append_bytes(&mut builder, path, bytes)?;
    let mut entry = builder.into_inner()?;
    // Two zero blocks end an archive.
    entry.truncate(entry.len() - 1_024);
    Ok(entry)
}

fn append_bytes<W: Write>(
    builder: &mut tar::Builder<W>,
    path: &str,
    bytes: &[u8],
) -> io::Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_size(bytes.len() as u64);
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    builder.append_data(&mut header, path, bytes)
}

fn write(folder: &Folder, chunks: ChunkWriter) -> Result<(), EngineError> {
    let at_root = |source| EngineError::Context {
        path: folder.root.clone(),
        source,
    };
    let mut builder = tar::Builder::new(chunks);
    let ignored = ignore_file(folder)?;
    if let Some(bytes) = &folder.replacement {
        append_bytes(&mut builder, &folder.containerfile, bytes).map_err(at_root)?;
    }
    append_folder(&mut builder, folder, &ignored, "", 0)?;
    let mut chunks = builder.into_inner().map_err(at_root)?;
    chunks.flush().map_err(at_root)
}

/// `<Containerfile>.dockerignore` where it exists, else `.containerignore` or `.dockerignore`.
fn ignore_file(folder: &Folder) -> Result<IgnoreFile, EngineError> {
    let own = format!("{}.dockerignore", folder.containerfile);
    for name in [own.as_str(), ".containerignore", ".dockerignore"] {
        let path = folder.root.join(name);
        let unreadable = |source| EngineError::Context {
            path: path.clone(),
            source,
        };
        match std::fs::metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(unreadable(error)),
            Ok(metadata) if metadata.len() > MAX_IGNORE_FILE_BYTES => {
                return Err(unreadable(io::Error::other("larger than 1 MiB")));
            }
            Ok(_) => {
                let bytes = std::fs::read(&path).map_err(unreadable)?;
                return Ok(IgnoreFile::parse(&String::from_utf8_lossy(&bytes)));
            }
        }
    }
    Ok(IgnoreFile::default())
}

fn append_folder(
    builder: &mut tar::Builder<ChunkWriter>,
    folder: &Folder,
    ignored: &IgnoreFile,
    below: &str,
    depth: usize,
) -> Result<(), EngineError> {
    let path = folder.root.join(below);
    let failed = |source| EngineError::Context {
        path: path.clone(),
        source,
    };
    if depth == MAX_DEPTH {
        return Err(failed(io::Error::other("too many folders in folders")));
    }
    let mut entries = std::fs::read_dir(&path)
        .map_err(failed)?
        .collect::<io::Result<Vec<_>>>()
        .map_err(failed)?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name();
        let name = name.to_str().ok_or_else(|| EngineError::Context {
            path: entry.path(),
            source: io::Error::other("the name is not UTF-8"),
        })?;
        let inside = if below.is_empty() {
            name.to_owned()
        } else {
            format!("{below}/{name}")
        };
        // The engine reads the Containerfile from the archive whatever the ignore file says.
        let is_containerfile = inside == folder.containerfile;
        if is_containerfile && folder.replacement.is_some() {
            continue;
        }
        let excluded = ignored.excludes(&inside) && !is_containerfile;
        let metadata = entry.metadata().map_err(failed)?;
        if metadata.is_dir() {
            let may_hold_more =
                ignored.brings_back() || folder.containerfile.starts_with(&format!("{inside}/"));
            if excluded && !may_hold_more {
                continue;
            }
            if !excluded {
                append_entry(builder, &entry.path(), &inside, &metadata)?;
            }
            append_folder(builder, folder, ignored, &inside, depth + 1)?;
        } else if !excluded {
            append_entry(builder, &entry.path(), &inside, &metadata)?;
        }
    }
    Ok(())
}

/// Files, folders and links, owned by root as the Docker client sends them; sockets and devices
/// stay out.
fn append_entry(
    builder: &mut tar::Builder<ChunkWriter>,
    path: &Path,
    inside: &str,
    metadata: &Metadata,
) -> Result<(), EngineError> {
    let mut header = tar::Header::new_gnu();
    header.set_metadata(metadata);
    header.set_uid(0);
    header.set_gid(0);
    let appended = if metadata.is_symlink() {
        header.set_size(0);
        std::fs::read_link(path).and_then(|target| builder.append_link(&mut header, inside, target))
    } else if metadata.is_dir() {
        header.set_size(0);
        builder.append_data(&mut header, format!("{inside}/"), io::empty())
    } else if metadata.is_file() {
        // A file that grows or shrinks meanwhile must not shift what follows.
        let length = metadata.len();
        std::fs::File::open(path).and_then(|file| {
            let mut exact = ExactLength { file, left: length };
            builder.append_data(&mut header, inside, &mut exact)
        })
    } else {
        Ok(())
    };
    appended.map_err(|source| EngineError::Context {
        path: path.to_owned(),
        source,
    })
}

/// A file read to exactly the length that its header says.
struct ExactLength {
    file: std::fs::File,
    left: u64,
}

impl io::Read for ExactLength {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = (buffer.len() as u64).min(self.left) as usize;
        let read = io::Read::read(&mut self.file, &mut buffer[..length])?;
        if read == 0 && length > 0 {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "the file became shorter while it was read",
            ));
        }
        self.left -= read as u64;
        Ok(read)
    }
}

/// Sends what is written in chunks; fails once nobody takes them.
struct ChunkWriter {
    sender: mpsc::Sender<io::Result<Bytes>>,
    buffer: Vec<u8>,
}

impl Write for ChunkWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= CHUNK_BYTES {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let full = std::mem::replace(&mut self.buffer, Vec::with_capacity(CHUNK_BYTES));
        if full.is_empty() {
            return Ok(());
        }
        self.sender
            .blocking_send(Ok(Bytes::from(full)))
            .map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))
    }
}

#[cfg(test)]
#[path = "context_tests.rs"]
mod tests;
