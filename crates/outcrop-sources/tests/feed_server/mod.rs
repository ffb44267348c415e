//! A feed server on a loopback port that misbehaves on command.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// What was asked.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// Path, as it was sent.
    pub(crate) path: String,
    head: String,
    /// Requests for this path before this one.
    pub(crate) earlier: usize,
}

impl Request {
    /// The value of a header, by its lower-case name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// What is answered.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    /// Bytes of the body that are sent before the connection is closed, or held.
    sent: usize,
    held: bool,
    /// `Content-Length`, where it is told.
    length: Option<usize>,
}

impl Reply {
    pub(crate) fn new(status: u16, body: &[u8]) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: body.to_vec(),
            sent: body.len(),
            held: false,
            length: Some(body.len()),
        }
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Closes the connection after so many bytes of the body.
    pub(crate) fn cut_at(mut self, sent: usize) -> Self {
        self.sent = sent;
        self
    }

    /// Sends nothing more after so many bytes of the body, and keeps the connection.
    pub(crate) fn held_at(mut self, sent: usize) -> Self {
        self.sent = sent;
        self.held = true;
        self
    }

    /// Tells another length, or none.
    pub(crate) fn telling(mut self, length: Option<usize>) -> Self {
        self.length = length;
        self
    }
}

/// The server; it ends with the value.
pub(crate) struct Server {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
    _connections: JoinSet<()>,
}

impl Server {
    pub(crate) async fn start(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (log, answer) = (Arc::clone(&requests), Arc::new(answer));
        let mut connections = JoinSet::new();
        connections.spawn(async move {
            let mut served = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                served.spawn(serve(stream, Arc::clone(&log), Arc::clone(&answer)));
            }
        });
        Self {
            address,
            requests,
            _connections: connections,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/mirror", self.address)
    }

    /// Every request so far.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

async fn serve(
    mut stream: TcpStream,
    log: Arc<Mutex<Vec<Request>>>,
    answer: Arc<impl Fn(&Request) -> Reply>,
) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let reply = {
        let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
        let earlier = log.iter().filter(|request| request.path == path).count();
        let request = Request {
            path,
            head,
            earlier,
        };
        log.push(request.clone());
        answer(&request)
    };
    let mut bytes = format!("HTTP/1.1 {} -\r\nConnection: close\r\n", reply.status).into_bytes();
    for (name, value) in &reply.headers {
        bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
    }
    if let Some(length) = reply.length {
        bytes.extend_from_slice(format!("Content-Length: {length}\r\n").as_bytes());
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(&reply.body[..reply.sent]);
    // The client may have gone: that is its good right.
    drop(stream.write_all(&bytes).await);
    drop(stream.flush().await);
    if reply.held {
        std::future::pending::<()>().await;
    }
}
