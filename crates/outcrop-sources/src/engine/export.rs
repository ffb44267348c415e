//! An image's archive as a stream of bytes, without a copy on this side.
//!
//! Docker 20.10 and Podman 4.3 write the whole archive to their own disk before the first byte
//! comes, so the beginning takes seconds and the rest goes fast.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::{Buf as _, Bytes};
use futures_util::{Stream, StreamExt as _};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::Engine;
use super::error::{EngineError, shown};
use super::reference;

/// Chunks between engine and reader: a chunk is at most 32 KiB, so this is 2 MiB.
const CHANNEL_CHUNKS: usize = 64;
/// The engine writes a 100 GB image to its disk before it sends anything.
const START_TIMEOUT: Duration = Duration::from_mins(30);
/// Once bytes flow, a longer pause is a stalled engine.
const STALL_TIMEOUT: Duration = Duration::from_mins(2);
/// An error that the engine appends to the archive is one short JSON line.
const MAX_ERROR_FRAME: usize = 16 * 1024;

/// A running export.
#[derive(Debug)]
pub struct Export {
    /// The bytes of the archive.
    pub reader: ExportReader,
    /// Cancels, and tells how much has come.
    pub handle: ExportHandle,
    /// The image's size as the engine counts it. A hint: the archive is larger by its headers, or
    /// smaller where the engine counts unpacked blocks.
    pub expected_bytes: Option<u64>,
}

/// The archive's bytes, for a blocking thread: reading waits for the engine.
///
/// Dropping it ends the export at the engine. An archive that did not come whole ends with an
/// error, never with a plain end of file. Must not be read on a thread that runs async tasks.
#[derive(Debug)]
pub struct ExportReader {
    messages: mpsc::Receiver<Message>,
    chunk: Bytes,
    ended: bool,
}

/// Cancels an export from anywhere; a clone does the same.
#[derive(Clone, Debug)]
pub struct ExportHandle {
    cancelled: CancellationToken,
    received: Arc<AtomicU64>,
}

#[derive(Debug)]
enum Message {
    Chunk(Bytes),
    Failed(io::Error),
    End,
}

impl ExportHandle {
    /// Stops the export. A reader that waits gets an error at once.
    pub fn cancel(&self) {
        self.cancelled.cancel();
    }

    /// Bytes that the engine has sent so far.
    pub fn received_bytes(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }
}

impl Read for ExportReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.chunk.is_empty() {
            if self.ended {
                return Ok(0);
            }
            match self.messages.blocking_recv() {
                Some(Message::Chunk(chunk)) => self.chunk = chunk,
                Some(Message::Failed(error)) => return Err(error),
                Some(Message::End) => self.ended = true,
                None => {
                    return Err(io::Error::new(
                        io::ErrorKind::ConnectionAborted,
                        "the export was cancelled",
                    ));
                }
            }
        }
        let length = buffer.len().min(self.chunk.len());
        self.chunk.copy_to_slice(&mut buffer[..length]);
        Ok(length)
    }
}

impl Engine {
    /// Starts the export of the image that `name` stands for; returns when its first bytes come.
    ///
    /// Drop the future to cancel before that. A name makes the archive carry that name; an ID
    /// makes it carry none.
    pub async fn export(&self, name: &str) -> Result<Export, EngineError> {
        const DOING: &str = "export an image";
        let name = reference::checked(name)?;
        let expected_bytes = match self.inspect(name).await {
            Ok(facts) => Some(facts.size).filter(|size| *size > 0),
            Err(error @ EngineError::ImageNotFound { .. }) => return Err(error),
            Err(_) => None,
        };
        let docker = self.inner.docker.clone().with_timeout(START_TIMEOUT);
        let mut chunks = Box::pin(docker.export_image(name));
        let first = match tokio::time::timeout(START_TIMEOUT, chunks.next()).await {
            Err(_) => Err(EngineError::TimedOut {
                engine: self.name().to_owned(),
                doing: DOING,
                after: START_TIMEOUT,
            }),
            Ok(None) => Err(EngineError::Unreadable {
                engine: self.name().to_owned(),
                doing: DOING,
                reason: "the archive is empty".to_owned(),
            }),
            Ok(Some(first)) => first.map_err(|error| self.failed_on(name, DOING, error)),
        }?;

        let (sender, messages) = mpsc::channel(CHANNEL_CHUNKS);
        let handle = ExportHandle {
            cancelled: CancellationToken::new(),
            received: Arc::default(),
        };
        let pump = Pump {
            engine: self.clone(),
            sender,
            handle: handle.clone(),
        };
        tokio::spawn(pump.run(first, chunks));
        Ok(Export {
            reader: ExportReader {
                messages,
                chunk: Bytes::new(),
                ended: false,
            },
            handle,
            expected_bytes,
        })
    }
}

/// Carries chunks from the engine to the reader until either is done.
struct Pump {
    engine: Engine,
    sender: mpsc::Sender<Message>,
    handle: ExportHandle,
}

impl Pump {
    async fn run(
        self,
        first: Bytes,
        chunks: impl Stream<Item = Result<Bytes, bollard::errors::Error>> + Unpin,
    ) {
        let sender = self.sender.clone();
        let cancelled = self.handle.cancelled.clone();
        tokio::select! {
            biased;
            () = cancelled.cancelled() => {}
            () = sender.closed() => {}
            () = self.carry(first, chunks) => {}
        }
    }

    /// The newest chunk is held back: only at the end is it known whether it is the archive's or
    /// the error line that Docker appends when its own reading fails.
    async fn carry(
        self,
        first: Bytes,
        mut chunks: impl Stream<Item = Result<Bytes, bollard::errors::Error>> + Unpin,
    ) {
        let mut held = first;
        loop {
            self.handle
                .received
                .fetch_add(held.len() as u64, Ordering::Relaxed);
            let last = match tokio::time::timeout(STALL_TIMEOUT, chunks.next()).await {
                Ok(Some(Ok(chunk))) => {
                    let chunk = std::mem::replace(&mut held, chunk);
                    if self.sender.send(Message::Chunk(chunk)).await.is_err() {
                        return;
                    }
                    continue;
                }
                Ok(None) => match error_frame(&held) {
                    None => Message::End,
                    Some((start, message)) => {
                        held.truncate(start);
                        failure(EngineError::Refused {
                            engine: self.engine.name().to_owned(),
                            doing: "export the whole image",
                            status: None,
                            message,
                        })
                    }
                },
                Ok(Some(Err(error))) => {
                    failure(self.engine.failed("export the whole image", error))
                }
                Err(_) => failure(EngineError::TimedOut {
                    engine: self.engine.name().to_owned(),
                    doing: "send the next bytes of an export",
                    after: STALL_TIMEOUT,
                }),
            };
            // A reader that has gone needs neither.
            if self.sender.send(Message::Chunk(held)).await.is_ok() {
                let _ = self.sender.send(last).await;
            }
            return;
        }
    }
}

fn failure(error: EngineError) -> Message {
    let kind = match error {
        EngineError::Gone { .. } => io::ErrorKind::UnexpectedEof,
        EngineError::TimedOut { .. } => io::ErrorKind::TimedOut,
        _ => io::ErrorKind::Other,
    };
    Message::Failed(io::Error::new(kind, error))
}

/// Where in the last chunk an appended error begins, and what it says.
///
/// Docker's `streamformatter.FormatError`: `{"errorDetail":{"message":"…"},"error":"…"}`. A tar
/// ends in zeros, so nothing of an archive looks like it.
fn error_frame(last: &[u8]) -> Option<(usize, String)> {
    let tail_start = last.len().saturating_sub(MAX_ERROR_FRAME);
    let tail = &last[tail_start..];
    let marker = b"{\"errorDetail\"";
    let start = tail
        .windows(marker.len())
        .rposition(|window| window == marker)?;
    let frame: serde_json::Value = serde_json::from_slice(&tail[start..]).ok()?;
    let message = frame.get("error").and_then(|error| error.as_str())?;
    Some((tail_start + start, shown(message)))
}

#[cfg(test)]
mod tests {
    use super::error_frame;

    #[test]
    fn an_appended_error_is_told_from_the_archive() {
        let check = |input: &[u8], expected: Option<(usize, &str)>| {
            let found = error_frame(input);
            assert_eq!(
                found.as_ref().map(|(start, text)| (*start, text.as_str())),
                expected
            );
        };
        let frame = br#"{"errorDetail":{"message":"layer is gone"},"error":"layer is gone"}"#;
        let mut after_data = vec![7; 20_000];
        after_data.extend_from_slice(frame);
        after_data.extend_from_slice(b"\r\n");
        let mut inside_archive = frame.to_vec();
        inside_archive.extend_from_slice(&[0; 1_024]);
        check(frame, Some((0, "layer is gone")));
        check(&after_data, Some((20_000, "layer is gone")));
        check(&inside_archive, None);
        check(&[0; 1_024], None);
        check(b"", None);
    }
}
