//! An engine behind mutual TLS, played by a fake on a loopback port.
//!
//! `tests/tls/` holds a test authority's certificate, a server's and a client's, made for these
//! tests with `openssl`; the authority's key was thrown away.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use outcrop_sources::engine::{Answer, EndpointStatus, EngineSet, Environment, HostFamily};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};

fn files() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tls")
}

/// Listens on a port and demands a certificate of the test authority.
fn serve() -> u16 {
    // Another test may have installed it already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let certificate = |name: &str| CertificateDer::from_pem_file(files().join(name)).unwrap();
    let mut authorities = RootCertStore::empty();
    authorities.add(certificate("ca.pem")).unwrap();
    let clients = WebPkiClientVerifier::builder(Arc::new(authorities))
        .build()
        .unwrap();
    let key = PrivateKeyDer::from_pem_file(files().join("server-key.pem")).unwrap();
    let configuration = ServerConfig::builder()
        .with_client_cert_verifier(clients)
        .with_single_cert(vec![certificate("server.pem")], key)
        .unwrap();
    let configuration = Arc::new(configuration);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let configuration = configuration.clone();
            std::thread::spawn(move || answer(stream.unwrap(), configuration));
        }
    });
    port
}

fn answer(stream: TcpStream, configuration: Arc<ServerConfig>) {
    let connection = ServerConnection::new(configuration).unwrap();
    let mut stream = StreamOwned::new(connection, stream);
    let mut head = Vec::new();
    let mut chunk = [0; 1_024];
    while !head.windows(4).any(|window| window == b"\r\n\r\n") {
        match stream.read(&mut chunk) {
            Ok(length) if length > 0 => head.extend_from_slice(&chunk[..length]),
            // A probe that only connects, or a client that is refused.
            _ => return,
        }
    }
    let body = r#"{"Version":"27.0.1","ApiVersion":"1.46","Os":"linux","Arch":"arm64","Driver":"overlay2"}"#;
    let length = body.len();
    let _ = write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    stream.conn.send_close_notify();
    let _ = stream.flush();
}

/// What came of `DOCKER_HOST` with the TLS files in `folder`.
async fn status(port: u16, folder: &Path) -> EndpointStatus {
    let variables = BTreeMap::from([
        ("DOCKER_HOST".to_owned(), format!("tcp://127.0.0.1:{port}")),
        ("DOCKER_TLS_VERIFY".to_owned(), "1".to_owned()),
        ("DOCKER_CERT_PATH".to_owned(), folder.display().to_string()),
    ]);
    let set = EngineSet::connect(Environment {
        variables,
        home: None,
        user_id: None,
        runtime_folder: None,
        root: PathBuf::from("/"),
        family: HostFamily::Linux,
    })
    .await;
    set.statuses().swap_remove(0)
}

#[tokio::test]
async fn an_engine_behind_mutual_tls_answers() {
    let status = status(serve(), &files()).await;
    let Answer::Connected(facts) = &status.answer else {
        panic!("{}", status.answer);
    };
    assert_eq!(
        (facts.version.as_str(), facts.architecture.as_str()),
        ("27.0.1", "arm64")
    );
    assert_eq!(status.remedy, None);
}

#[tokio::test]
async fn a_certificate_that_is_missing_or_not_trusted_is_said_to_be_that() {
    let port = serve();
    let folder = tempfile::tempdir().unwrap();
    let copy = |from: &str, to: &str| {
        std::fs::copy(files().join(from), folder.path().join(to)).unwrap();
    };
    let failed = async || match status(port, folder.path()).await {
        EndpointStatus {
            answer: Answer::Failed(message),
            remedy: Some(remedy),
            ..
        } => (message, remedy.command.unwrap()),
        other => panic!("{other:?}"),
    };
    copy("cert.pem", "cert.pem");
    copy("key.pem", "key.pem");
    let (message, command) = failed().await;
    assert!(message.contains("ca.pem"), "{message}");
    assert!(command.starts_with("openssl x509"), "{command}");

    // Some other certificate in place of the authority's.
    copy("cert.pem", "ca.pem");
    let (message, _) = failed().await;
    assert!(message.contains("certificate"), "{message}");
}
