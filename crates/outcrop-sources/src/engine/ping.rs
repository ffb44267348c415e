//! What an engine says of itself in the headers of its first answer.
//!
//! Podman composes `/version` and `/info` anew for each question and asks the package manager
//! about its helpers meanwhile: half a second and more. The headers of `/_ping` name kind, version
//! and system at once (Podman `pkg/api/handlers/compat/ping.go`).

use super::endpoint::{Address, EngineKind};
use super::error::shown;
use super::probe::EngineFacts;

/// Longest head of an answer that is read.
#[cfg(unix)]
const MAX_HEAD_BYTES: u64 = 16 * 1024;

/// Podman's facts from its `/_ping`; `None` where something else answers, or where the address is
/// not a unix socket: then the longer questions tell.
#[cfg(unix)]
pub(super) async fn podman(address: &Address) -> Option<EngineFacts> {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    let Address::Unix(path) = address else {
        return None;
    };
    let mut stream = tokio::net::UnixStream::connect(path).await.ok()?;
    stream
        .write_all(b"GET /_ping HTTP/1.1\r\nHost: engine\r\nConnection: close\r\n\r\n")
        .await
        .ok()?;
    let mut answer = Vec::new();
    stream
        .take(MAX_HEAD_BYTES)
        .read_to_end(&mut answer)
        .await
        .ok()?;
    let rootless = path.starts_with("/run/user");
    facts(&String::from_utf8_lossy(&answer), rootless)
}

#[cfg(not(unix))]
pub(super) async fn podman(_: &Address) -> Option<EngineFacts> {
    None
}

/// Reads the head of an answer: `Server: Libpod/4.3.1 (linux)`.
fn facts(answer: &str, rootless: bool) -> Option<EngineFacts> {
    let head = answer.split("\r\n\r\n").next()?;
    let mut lines = head.split("\r\n");
    if lines.next()?.split(' ').nth(1)? != "200" {
        return None;
    }
    let headers: Vec<(&str, &str)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name, value.trim()))
        .collect();
    let header = |wanted: &str| {
        headers
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(wanted))
            .map(|(_, value)| *value)
    };
    let (version, system) = header("Server")?
        .strip_prefix("Libpod/")?
        .trim_end_matches(')')
        .split_once(" (")?;
    Some(EngineFacts {
        kind: EngineKind::Podman,
        version: shown(version),
        api_version: header("Api-Version").map(shown),
        operating_system: shown(system),
        // A unix socket leads to this machine.
        architecture: match std::env::consts::ARCH {
            "x86_64" => "amd64",
            "aarch64" => "arm64",
            other => other,
        }
        .to_owned(),
        storage_driver: None,
        rootless,
        containerd_store: false,
        daemon_id: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_podmans_head_is_podmans() {
        for (answer, expected) in [
            (
                "HTTP/1.1 200 OK\r\napi-version: 1.41\r\nServer: Libpod/4.3.1 (linux)\r\n\r\nOK",
                Some(("4.3.1", Some("1.41"), "linux")),
            ),
            (
                "HTTP/1.1 200 OK\r\nServer: Docker/20.10.24+dfsg1 (linux)\r\n\r\nOK",
                None,
            ),
            (
                "HTTP/1.1 500 No\r\nServer: Libpod/4.3.1 (linux)\r\n\r\n",
                None,
            ),
            ("Server: Libpod/4.3.1 (linux)", None),
            ("", None),
        ] {
            let found = facts(answer, false);
            let found = found.as_ref().map(|facts| {
                (
                    facts.version.as_str(),
                    facts.api_version.as_deref(),
                    facts.operating_system.as_str(),
                )
            });
            assert_eq!(found, expected, "{answer}");
        }
    }
}
