//! Where the content of a file is while analysers look at it: memory that all threads share, or an
//! unlinked file.

use std::fs::File;
use std::io::{self, Read};
use std::sync::{Condvar, Mutex, PoisonError};

use crate::analyser::RandomAccess;
use crate::limits::{BLOCK_BYTES, POOL_BYTES};

/// Content below this is not worth asking for.
const SMALL_BYTES: u64 = 1 << 20;

/// Bytes of [`POOL_BYTES`] that are lent.
static LENT: Mutex<u64> = Mutex::new(0);
static RETURNED: Condvar = Condvar::new();

/// A share of the memory for content. A thread holds one at most, so that none waits for itself.
pub(crate) struct Share(u64);

impl Share {
    /// Waits until `bytes` can be lent.
    pub(crate) fn of(bytes: u64) -> Self {
        if bytes < SMALL_BYTES {
            return Self(0);
        }
        let bytes = bytes.min(POOL_BYTES);
        let mut lent = LENT.lock().unwrap_or_else(PoisonError::into_inner);
        while *lent + bytes > POOL_BYTES {
            lent = RETURNED.wait(lent).unwrap_or_else(PoisonError::into_inner);
        }
        *lent += bytes;
        Self(bytes)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        if self.0 > 0 {
            *LENT.lock().unwrap_or_else(PoisonError::into_inner) -= self.0;
            RETURNED.notify_all();
        }
    }
}

/// Content in a file that has no name and is gone with its handle.
pub(crate) struct Spilled {
    file: File,
    pub(crate) size: u64,
}

impl Spilled {
    /// Takes everything from `content`.
    pub(crate) fn take(content: &mut dyn Read) -> io::Result<Self> {
        let mut file = tempfile::tempfile()?;
        let size = io::copy(content, &mut file)?;
        Ok(Self { file, size })
    }

    /// Its beginning, a block at most.
    pub(crate) fn start(&self) -> Vec<u8> {
        let mut start = vec![0; BLOCK_BYTES];
        let read = self.read_at(0, &mut start).unwrap_or(0);
        start.truncate(read);
        start
    }
}

impl RandomAccess for Spilled {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while filled < buffer.len() {
            match read_some(&self.file, &mut buffer[filled..], offset + filled as u64) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }
}

#[cfg(unix)]
fn read_some(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, offset)
}

#[cfg(windows)]
fn read_some(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, offset)
}
