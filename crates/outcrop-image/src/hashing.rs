//! Buffered bytes whose digest is taken beside the reading.
//!
//! Taking the digest is most of the work on a plain layer. A thread of its own does it, so that it
//! costs no time as long as the bytes come no faster than one core can hash.

use std::io::{self, BufRead, Read};
use std::ops::Range;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;

use outcrop_model::Digest;
use sha2::{Digest as _, Sha256};

use crate::cancellation::Cancellation;
use crate::limits::BLOCK_BYTES;
use crate::tar_reader::Source;

/// Blocks that may wait for the hashing thread.
const WAITING_BLOCKS: usize = 2;

/// Reads in large blocks and hashes each once, whether its bytes are then looked at or not.
pub(crate) struct Hashing<'a, R> {
    inner: R,
    block: Arc<Vec<u8>>,
    start: usize,
    end: usize,
    /// Blocks that were read; the hashing thread may still hold them.
    spent: Vec<Arc<Vec<u8>>>,
    hasher: Hasher,
    read: u64,
    limit: u64,
    cancellation: &'a Cancellation,
    /// What ended the last block: the bytes before it are read first.
    failure: Option<io::Error>,
}

impl<'a, R: Read> Hashing<'a, R> {
    /// Reading more than `limit` bytes is an error.
    pub(crate) fn new(inner: R, limit: u64, cancellation: &'a Cancellation) -> Self {
        Self {
            inner,
            block: Arc::new(vec![0; BLOCK_BYTES]),
            start: 0,
            end: 0,
            spent: Vec::new(),
            hasher: Hasher::Here(Sha256::new()),
            read: 0,
            limit,
            cancellation,
            failure: None,
        }
    }

    /// Reads to the end without looking.
    pub(crate) fn drain(&mut self) -> io::Result<()> {
        loop {
            let available = self.fill_buf()?.len();
            if available == 0 {
                return Ok(());
            }
            self.consume(available);
        }
    }

    /// Digest of all bytes that were read.
    pub(crate) fn digest(self) -> Digest {
        self.hasher.finish()
    }

    /// Digest and the reader below.
    pub(crate) fn finish(self) -> (Digest, R) {
        (self.hasher.finish(), self.inner)
    }

    /// Fills a block that nobody else holds: what is left of the last one, then what comes next.
    fn refill(&mut self) -> io::Result<()> {
        if self.cancellation.is_cancelled() {
            return Err(io::Error::other("cancelled"));
        }
        let left = self.start..self.end;
        if left.is_empty()
            && let Some(failure) = self.failure.take()
        {
            return Err(failure);
        }
        if self.failure.is_some() {
            return Ok(());
        }
        self.end = left.len();
        self.start = 0;
        if let Some(block) = Arc::get_mut(&mut self.block) {
            block.copy_within(left, 0);
        } else {
            let free = self
                .spent
                .iter()
                .position(|block| Arc::strong_count(block) == 1);
            let mut next = free.map_or_else(
                || Arc::new(vec![0; BLOCK_BYTES]),
                |free| self.spent.swap_remove(free),
            );
            if let Some(block) = Arc::get_mut(&mut next) {
                block[..left.len()].copy_from_slice(&self.block[left]);
            }
            self.spent.push(std::mem::replace(&mut self.block, next));
        }
        let before = self.end;
        if let Some(block) = Arc::get_mut(&mut self.block) {
            // Small reads would make a message of each.
            while self.end < block.len() {
                match self.inner.read(&mut block[self.end..]) {
                    Ok(0) => break,
                    Ok(read) => self.end += read,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => {
                        self.failure = Some(error);
                        break;
                    }
                }
            }
        }
        if self.end == 0
            && let Some(failure) = self.failure.take()
        {
            return Err(failure);
        }
        self.read += (self.end - before) as u64;
        self.hasher.update(&self.block, before..self.end);
        if self.read > self.limit {
            return Err(io::Error::new(
                io::ErrorKind::FileTooLarge,
                format!("more bytes than are read of a layer: {}", self.limit),
            ));
        }
        Ok(())
    }
}

impl<R: Read> BufRead for Hashing<'_, R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.start == self.end {
            self.refill()?;
        }
        Ok(&self.block[self.start..self.end])
    }

    fn consume(&mut self, count: usize) {
        self.start = (self.start + count).min(self.end);
    }
}

impl<R: Read> Read for Hashing<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut available = self.fill_buf()?;
        let read = available.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

impl<R: Read> Source for Hashing<'_, R> {
    fn peek(&mut self, count: usize) -> io::Result<&[u8]> {
        if self.end - self.start < count {
            self.refill()?;
        }
        let end = self.end.min(self.start.saturating_add(count));
        Ok(&self.block[self.start..end])
    }
}

/// Who takes the digest.
enum Hasher {
    /// The reader itself: what fits into one block is not worth a thread.
    Here(Sha256),
    Thread {
        blocks: SyncSender<(Arc<Vec<u8>>, Range<usize>)>,
        thread: JoinHandle<Sha256>,
    },
}

impl Hasher {
    fn update(&mut self, block: &Arc<Vec<u8>>, range: Range<usize>) {
        match self {
            Self::Here(hasher) => {
                hasher.update(&block[range.clone()]);
                if range.end == BLOCK_BYTES {
                    self.move_out();
                }
            }
            // The thread ends only with the channel.
            Self::Thread { blocks, .. } => drop(blocks.send((Arc::clone(block), range))),
        }
    }

    /// Goes on in a thread, if the system gives one.
    fn move_out(&mut self) {
        let Self::Here(hasher) = self else { return };
        let mut hasher = hasher.clone();
        let (blocks, waiting) = sync_channel::<(Arc<Vec<u8>>, Range<usize>)>(WAITING_BLOCKS);
        let work = move || {
            for (block, range) in waiting {
                hasher.update(&block[range]);
            }
            hasher
        };
        let thread = std::thread::Builder::new().name("digest".to_owned());
        if let Ok(thread) = thread.spawn(work) {
            *self = Self::Thread { blocks, thread };
        }
    }

    fn finish(self) -> Digest {
        let hasher = match self {
            Self::Here(hasher) => hasher,
            Self::Thread { blocks, thread } => {
                drop(blocks);
                match thread.join() {
                    Ok(hasher) => hasher,
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
        };
        Digest::from_bytes(hasher.finalize().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives its bytes a few at a time.
    struct Dripping<'a>(&'a [u8], usize);

    impl Read for Dripping<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let length = buffer.len().min(self.1).min(self.0.len());
            self.0.read(&mut buffer[..length])
        }
    }

    #[test]
    fn the_digest_is_that_of_every_byte_however_they_come() {
        let cancellation = Cancellation::new();
        for length in [0, 1, BLOCK_BYTES, BLOCK_BYTES + 1, 5 * BLOCK_BYTES + 77] {
            let bytes: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
            for step in [1_000, BLOCK_BYTES, usize::MAX] {
                let mut hashing = Hashing::new(Dripping(&bytes, step), u64::MAX, &cancellation);
                let mut read = Vec::new();
                while let [first, ..] = *hashing.peek(16).unwrap() {
                    let peeked = hashing.peek(16).unwrap().to_vec();
                    let end = bytes.len().min(read.len() + 16);
                    assert_eq!(peeked, bytes[read.len()..end], "{length} by {step}");
                    read.push(first);
                    hashing.consume(1);
                    let some = hashing.fill_buf().unwrap();
                    let taken = some.len().min(9_999);
                    read.extend_from_slice(&some[..taken]);
                    hashing.consume(taken);
                }
                assert!(read == bytes, "{length} by {step}");
                assert_eq!(hashing.digest(), Digest::of(&bytes), "{length} by {step}");
            }
        }
    }
}
