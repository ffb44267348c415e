//! An engine that is none: answers each request with a script, on a unix socket.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinSet;

/// What the fake does with a connection, step by step; then it hangs up.
pub(crate) enum Step {
    Send(Vec<u8>),
    /// Goes on when notified.
    Wait(Arc<Notify>),
    /// Sends nothing more until the client hangs up.
    Hang,
}

pub(crate) struct FakeEngine {
    pub(crate) socket: PathBuf,
    requests: mpsc::UnboundedReceiver<String>,
    seen: Arc<Mutex<Vec<String>>>,
    server: tokio::task::JoinHandle<()>,
}

impl FakeEngine {
    /// Listens on `socket`; `answer` gets `METHOD /path?query`. What it answers with `None` is
    /// answered as a Docker engine would.
    pub(crate) fn start(
        socket: &Path,
        answer: impl Fn(&str) -> Option<Vec<Step>> + Send + Sync + 'static,
    ) -> Self {
        let listener = UnixListener::bind(socket).unwrap();
        let (sender, requests) = mpsc::unbounded_channel();
        let seen: Arc<Mutex<Vec<String>>> = Arc::default();
        let answer = Arc::new(answer);
        let log = seen.clone();
        let server = tokio::spawn(async move {
            // Dropped with the server: all connections end when the engine "stops".
            let mut connections = JoinSet::new();
            loop {
                let Ok((stream, _)) = listener.accept().await else {
                    return;
                };
                let (answer, sender, log) = (answer.clone(), sender.clone(), log.clone());
                connections.spawn(async move {
                    serve(stream, |request| {
                        log.lock().unwrap().push(request.to_owned());
                        let steps = answer(request).unwrap_or_else(|| usual(request));
                        let _ = sender.send(request.to_owned());
                        steps
                    })
                    .await;
                    let _ = sender.send("hung up".to_owned());
                });
            }
        });
        Self {
            socket: socket.to_owned(),
            requests,
            seen,
            server,
        }
    }

    /// Waits for a request that begins so (or for `hung up`).
    pub(crate) async fn saw(&mut self, beginning: &str) -> String {
        while let Some(request) = self.requests.recv().await {
            if request.starts_with(beginning) {
                return request;
            }
        }
        panic!("the fake engine ended before `{beginning}`");
    }

    /// The requests so far.
    pub(crate) fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }

    /// Ends every connection and stops listening, as an engine that is stopped.
    pub(crate) async fn stop(self) {
        self.server.abort();
        let _ = self.server.await;
        std::fs::remove_file(&self.socket).unwrap();
    }
}

async fn serve(mut stream: UnixStream, answer: impl FnOnce(&str) -> Vec<Step>) {
    let mut head = Vec::new();
    while !head.windows(4).any(|window| window == b"\r\n\r\n") {
        let mut chunk = [0; 1_024];
        match stream.read(&mut chunk).await {
            Ok(length) if length > 0 => head.extend_from_slice(&chunk[..length]),
            _ => return,
        }
    }
    let head = String::from_utf8_lossy(&head);
    let mut words = head.split(' ');
    let request = [words.next().unwrap(), words.next().unwrap()].join(" ");
    for step in answer(&request) {
        match step {
            Step::Send(bytes) => {
                if stream.write_all(&bytes).await.is_err() {
                    return;
                }
            }
            Step::Wait(notify) => notify.notified().await,
            Step::Hang => {
                let mut rest = [0; 1_024];
                while matches!(stream.read(&mut rest).await, Ok(length) if length > 0) {}
            }
        }
    }
}

/// A whole response.
pub(crate) fn response(status: &str, body: &str) -> Vec<Step> {
    vec![Step::Send(
        format!(
            "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
             Connection: close\r\n\r\n{body}",
            body.len()
        )
        .into_bytes(),
    )]
}

/// The head of a response in chunks, and chunks; without the last one it is not whole.
pub(crate) fn chunked(chunks: &[&[u8]], whole: bool) -> Vec<u8> {
    let mut bytes = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    for chunk in chunks {
        bytes.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
        bytes.extend_from_slice(chunk);
        bytes.extend(b"\r\n");
    }
    if whole {
        bytes.extend(b"0\r\n\r\n");
    }
    bytes
}

pub(crate) const ID: &str =
    "sha256:0fb499f7986883f3af6e06616f17694ae303206beda0b52870c855042e2a44f3";

fn usual(request: &str) -> Vec<Step> {
    let mut parts: VecDeque<&str> = request.split(' ').collect();
    let path = parts.pop_back().unwrap();
    match path {
        "/_ping" => response("200 OK", "OK"),
        "/version" => response(
            "200 OK",
            r#"{"Version":"20.10.24","ApiVersion":"1.41","Os":"linux","Arch":"amd64"}"#,
        ),
        "/info" => response(
            "200 OK",
            r#"{"ID":"FAKE","Driver":"overlay2","OSType":"linux"}"#,
        ),
        "/events" => vec![Step::Send(chunked(&[b"\n"], false)), Step::Hang],
        path if path.ends_with("/json") && path.starts_with("/images/x:1") => response(
            "200 OK",
            &format!(
                r#"{{"Id":"{ID}","RepoTags":["x:1"],"Size":5000000,"Os":"linux","Architecture":"amd64",
                    "RootFS":{{"Type":"layers","Layers":["{ID}"]}}}}"#
            ),
        ),
        _ => response("404 Not Found", r#"{"message":"no such thing"}"#),
    }
}
