//! Buffered bytes whose digest is taken as they come in.

use std::io::{self, BufRead, Read};

use outcrop_model::Digest;
use sha2::{Digest as _, Sha256};

use crate::cancellation::Cancellation;
use crate::limits::BLOCK_BYTES;
use crate::tar_reader::Source;

/// Reads in large blocks and hashes each once, whether its bytes are then looked at or not.
pub(crate) struct Hashing<'a, R> {
    inner: R,
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
    hasher: Sha256,
    read: u64,
    limit: u64,
    cancellation: &'a Cancellation,
}

impl<'a, R: Read> Hashing<'a, R> {
    /// Reading more than `limit` bytes is an error.
    pub(crate) fn new(inner: R, limit: u64, cancellation: &'a Cancellation) -> Self {
        Self {
            inner,
            buffer: vec![0; BLOCK_BYTES].into_boxed_slice(),
            start: 0,
            end: 0,
            hasher: Sha256::new(),
            read: 0,
            limit,
            cancellation,
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
        Digest::from_bytes(self.hasher.finalize().into())
    }

    /// Digest and the reader below.
    pub(crate) fn finish(self) -> (Digest, R) {
        (
            Digest::from_bytes(self.hasher.finalize().into()),
            self.inner,
        )
    }
}

impl<R: Read> Hashing<'_, R> {
    /// Reads once into what is free behind the bytes that are there; gives how many came.
    fn refill(&mut self) -> io::Result<usize> {
        if self.cancellation.is_cancelled() {
            return Err(io::Error::other("cancelled"));
        }
        let free = &mut self.buffer[self.end..];
        let read = loop {
            match self.inner.read(free) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other?,
            }
        };
        self.hasher.update(&free[..read]);
        self.end += read;
        self.read += read as u64;
        if self.read > self.limit {
            return Err(io::Error::new(
                io::ErrorKind::FileTooLarge,
                format!("more bytes than are read of a layer: {}", self.limit),
            ));
        }
        Ok(read)
    }
}

impl<R: Read> BufRead for Hashing<'_, R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.start == self.end {
            self.start = 0;
            self.end = 0;
            self.refill()?;
        }
        Ok(&self.buffer[self.start..self.end])
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
        let count = count.min(self.buffer.len());
        if self.end - self.start < count {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
            while self.end < count && self.refill()? > 0 {}
        }
        Ok(&self.buffer[self.start..self.end.min(self.start + count)])
    }
}
