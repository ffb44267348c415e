//! Engines that fail in every way, played by a fake on a unix socket.
#![cfg(unix)]

mod fake;

use std::fs::Permissions;
use std::io::{self, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use fake::{FakeEngine, ID, Step, chunked, response};
use futures_util::StreamExt as _;
use outcrop_sources::engine::{
    Answer, BuildContext, BuildRequest, Containerfile, Endpoint, Engine, EngineError, EngineSet,
    EngineSetEvent, Environment, HostFamily, PeekError, Provenance, probe,
};
use tokio::sync::Notify;

/// What the issue promises for every cancel.
const A_SECOND: Duration = Duration::from_secs(1);

fn endpoint(socket: &Path) -> Endpoint {
    let text = format!("unix://{}", socket.display());
    Endpoint::from_text(&text, Provenance::Variable("DOCKER_HOST"))
}

async fn connect(fake: &FakeEngine) -> Engine {
    Engine::connect(&endpoint(&fake.socket), "fake")
        .await
        .unwrap()
}

#[tokio::test]
async fn what_a_probe_finds_is_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let check = async |name: &str, expected: Answer| {
        assert_eq!(probe(&endpoint(&folder.path().join(name))).await, expected);
    };
    check("missing", Answer::NotFound).await;

    drop(UnixListener::bind(folder.path().join("left")).unwrap());
    check("left", Answer::Refused).await;

    std::fs::write(folder.path().join("file"), "").unwrap();
    check("file", Answer::Refused).await;
    check("file/below", Answer::NotFound).await;

    let not_an_engine = "it answers, but not as a container engine".to_owned();
    for (name, body) in [("text", "hello"), ("null", "{}"), ("list", "[1]")] {
        let _fake = FakeEngine::start(&folder.path().join(name), move |_| {
            Some(response("200 OK", body))
        });
        check(name, Answer::Failed(not_an_engine.clone())).await;
    }
    let _fake = FakeEngine::start(&folder.path().join("error"), |_| {
        Some(response("500 Oh", r#"{"message":"broken\u001b[31m"}"#))
    });
    check("error", Answer::Failed("HTTP 500: broken [31m".into())).await;

    let _fake = FakeEngine::start(&folder.path().join("noise"), |_| {
        Some(vec![Step::Send(b"SSH-2.0-noise\r\n".to_vec())])
    });
    let answer = probe(&endpoint(&folder.path().join("noise"))).await;
    assert!(matches!(answer, Answer::Failed(_)), "{answer}");

    let ssh = Endpoint::from_text("ssh://far", Provenance::Variable("DOCKER_HOST"));
    assert_eq!(probe(&ssh).await, Answer::Unsupported);
}

#[tokio::test]
async fn an_endpoint_that_never_answers_times_out() {
    let folder = tempfile::tempdir().unwrap();
    let fake = FakeEngine::start(&folder.path().join("s"), |_| Some(vec![Step::Hang]));
    assert_eq!(probe(&endpoint(&fake.socket)).await, Answer::TimedOut);
}

#[tokio::test]
async fn an_engine_that_is_slow_to_tell_its_storage_is_still_an_engine() {
    let folder = tempfile::tempdir().unwrap();
    let fake = FakeEngine::start(&folder.path().join("s"), |request| {
        (request == "GET /info").then(|| response("500 Oh", "{}"))
    });
    let Answer::Connected(facts) = probe(&endpoint(&fake.socket)).await else {
        panic!("not connected");
    };
    assert_eq!(facts.version, "20.10.24");
    assert_eq!(facts.storage_driver, None);
}

/// Root may use any socket: the probe runs in a child under another user.
#[tokio::test]
async fn a_socket_without_permission_is_said_to_be_that() {
    const CHILD: &str = "OUTCROP_TEST_PROBE_AS_NOBODY";
    if let Ok(socket) = std::env::var(CHILD) {
        let answer = probe(&endpoint(Path::new(&socket))).await;
        assert_eq!(answer, Answer::PermissionDenied);
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    let socket = folder.path().join("s");
    let _listener = UnixListener::bind(&socket).unwrap();
    std::fs::set_permissions(&socket, Permissions::from_mode(0o000)).unwrap();
    if probe(&endpoint(&socket)).await == Answer::PermissionDenied {
        return;
    }
    // A copy, because another user may not reach the build folder.
    let program = folder.path().join("probe");
    std::fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    let child = std::process::Command::new("setpriv")
        .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
        .arg(&program)
        .args(["--exact", "a_socket_without_permission_is_said_to_be_that"])
        .env(CHILD, &socket)
        .current_dir(folder.path())
        .output();
    match child {
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stdout);
            assert!(said.contains("1 passed"), "{said}");
        }
        Err(error) => eprintln!(
            "skipped a_socket_without_permission_is_said_to_be_that: `setpriv` cannot be run: {error}"
        ),
    }
}

/// Reads an export to its end on a blocking thread.
async fn read_to_end(engine: &Engine) -> (Vec<u8>, io::Result<usize>) {
    let mut export = engine.export("x:1").await.unwrap();
    assert_eq!(export.expected_bytes, Some(5_000_000));
    tokio::task::spawn_blocking(move || {
        let mut bytes = Vec::new();
        let outcome = export.reader.read_to_end(&mut bytes);
        (bytes, outcome)
    })
    .await
    .unwrap()
}

fn exporting(socket: &Path, steps: impl Fn() -> Vec<Step> + Send + Sync + 'static) -> FakeEngine {
    FakeEngine::start(socket, move |request| {
        request.ends_with("/get").then(&steps)
    })
}

#[tokio::test]
async fn an_export_that_comes_whole_ends_plainly() {
    let folder = tempfile::tempdir().unwrap();
    let body = vec![7; 100_000];
    let sent = body.clone();
    let fake = exporting(&folder.path().join("s"), move || {
        vec![Step::Send(chunked(&[&sent, &[0; 1_024]], true))]
    });
    let (bytes, outcome) = read_to_end(&connect(&fake).await).await;
    assert_eq!(outcome.unwrap(), body.len() + 1_024);
    assert!(bytes.starts_with(&body));
}

#[tokio::test]
async fn an_engine_that_stops_in_the_middle_of_an_export_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let fake = exporting(&folder.path().join("s"), || {
        vec![Step::Send(chunked(&[&[7; 100_000]], false))]
    });
    let (bytes, outcome) = read_to_end(&connect(&fake).await).await;
    assert_eq!(bytes.len(), 100_000, "what came is kept");
    let error = outcome.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    let text = error.to_string();
    assert!(
        text.starts_with(
            "engine `fake` stopped answering while Outcrop tried to export the whole image: "
        ),
        "{text}"
    );
}

#[tokio::test]
async fn an_error_that_the_engine_appends_to_the_archive_is_no_data() {
    let folder = tempfile::tempdir().unwrap();
    let fake = exporting(&folder.path().join("s"), || {
        let error: &[u8] =
            b"{\"errorDetail\":{\"message\":\"layer is gone\"},\"error\":\"layer is gone\"}\r\n";
        vec![Step::Send(chunked(&[&[7; 1_000], error], true))]
    });
    let (bytes, outcome) = read_to_end(&connect(&fake).await).await;
    assert_eq!(bytes.len(), 1_000);
    assert_eq!(
        outcome.unwrap_err().to_string(),
        "engine `fake` refused to export the whole image: layer is gone"
    );
}

#[tokio::test]
async fn a_list_from_which_an_image_vanishes_is_asked_for_again() {
    let folder = tempfile::tempdir().unwrap();
    let asked = AtomicUsize::new(0);
    let fake = FakeEngine::start(&folder.path().join("s"), move |request| {
        let is_list = request.starts_with("GET /images/json");
        let vanished = r#"{"message":"locating image with ID \"1a88\": image not known"}"#;
        is_list.then(|| match asked.fetch_add(1, Ordering::Relaxed) {
            0 => response("500 Internal Server Error", vanished),
            _ => response("200 OK", "[]"),
        })
    });
    assert_eq!(connect(&fake).await.images().await.unwrap(), []);
}

#[tokio::test]
async fn an_unknown_image_is_not_found() {
    let folder = tempfile::tempdir().unwrap();
    let fake = FakeEngine::start(&folder.path().join("s"), |_| None);
    let engine = connect(&fake).await;
    let error = engine.export("y:1").await.unwrap_err();
    assert_eq!(error.to_string(), "engine `fake` has no image `y:1`");
    assert!(matches!(error, EngineError::ImageNotFound { .. }));
    let error = engine.inspect("../info").await.unwrap_err();
    assert!(matches!(error, EngineError::BadReference { .. }), "{error}");
    assert!(
        !fake.seen().iter().any(|request| request.contains("..")),
        "{:?}",
        fake.seen()
    );
}

#[tokio::test]
async fn an_export_is_cancelled_within_a_second() {
    let folder = tempfile::tempdir().unwrap();
    let mut fake = exporting(&folder.path().join("s"), || {
        vec![
            Step::Send(chunked(&[&[7; 10], &[8; 10]], false)),
            Step::Hang,
        ]
    });
    let engine = connect(&fake).await;

    // While the reader waits for bytes.
    let export = engine.export("x:1").await.unwrap();
    let handle = export.handle.clone();
    let mut reader = export.reader;
    let reading = tokio::task::spawn_blocking(move || {
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes).unwrap_err().to_string()
    });
    while handle.received_bytes() < 20 {
        tokio::task::yield_now().await;
    }
    let cancelled = Instant::now();
    handle.cancel();
    assert_eq!(reading.await.unwrap(), "the export was cancelled");
    fake.saw("hung up").await;
    assert!(cancelled.elapsed() < A_SECOND);

    // By dropping the reader.
    let export = engine.export("x:1").await.unwrap();
    fake.saw("GET /images/x:1/get").await;
    let dropped = Instant::now();
    drop(export.reader);
    fake.saw("hung up").await;
    assert!(dropped.elapsed() < A_SECOND);
}

#[tokio::test]
async fn an_export_is_cancelled_before_its_first_byte() {
    let folder = tempfile::tempdir().unwrap();
    let mut fake = exporting(&folder.path().join("s"), || vec![Step::Hang]);
    let engine = connect(&fake).await;
    let exporting = tokio::spawn(async move { engine.export("x:1").await.map(drop) });
    fake.saw("GET /images/x:1/get").await;
    let cancelled = Instant::now();
    exporting.abort();
    fake.saw("hung up").await;
    assert!(cancelled.elapsed() < A_SECOND);
}

#[tokio::test]
async fn a_build_is_cancelled_by_dropping_its_stream() {
    let folder = tempfile::tempdir().unwrap();
    let mut fake = FakeEngine::start(&folder.path().join("s"), |request| {
        request.starts_with("POST /build").then(|| {
            let line = b"{\"stream\":\"Step 1/2\\n\"}\r\n";
            vec![Step::Send(chunked(&[line], false)), Step::Hang]
        })
    });
    let containerfile = Containerfile::Bytes(b"FROM scratch".to_vec());
    let request = BuildRequest::new(BuildContext::Empty, containerfile);
    let mut build = connect(&fake).await.build(request);
    build.next().await.unwrap().unwrap();
    let cancelled = Instant::now();
    drop(build);
    fake.saw("hung up").await;
    assert!(cancelled.elapsed() < A_SECOND);
}

#[tokio::test]
async fn a_storage_that_would_copy_is_not_peeked() {
    let folder = tempfile::tempdir().unwrap();
    let fake = FakeEngine::start(&folder.path().join("s"), |request| {
        (request == "GET /info").then(|| response("200 OK", r#"{"Driver":"vfs"}"#))
    });
    let error = connect(&fake).await.peek("x:1", &["/a"]).await.unwrap_err();
    assert!(matches!(error, PeekError::WouldCopy { .. }), "{error}");
    assert!(
        !fake
            .seen()
            .iter()
            .any(|request| request.starts_with("POST"))
    );
}

#[tokio::test]
async fn a_peek_that_is_dropped_while_the_container_is_made_leaves_none() {
    let folder = tempfile::tempdir().unwrap();
    let created = Arc::new(Notify::new());
    let go_on = created.clone();
    let mut fake = FakeEngine::start(&folder.path().join("s"), move |request| {
        request.starts_with("POST /containers/create").then(|| {
            let mut steps = vec![Step::Wait(go_on.clone())];
            steps.extend(response("201 Created", r#"{"Id":"c0ffee","Warnings":[]}"#));
            steps
        })
    });
    let engine = connect(&fake).await;
    let peeking = {
        let engine = engine.clone();
        tokio::spawn(async move { engine.peek("x:1", &["/a"]).await.map(drop) })
    };
    fake.saw("POST /containers/create").await;
    peeking.abort();
    assert!(peeking.await.unwrap_err().is_cancelled());
    created.notify_one();
    let removal = fake.saw("DELETE /containers/c0ffee").await;
    assert!(removal.contains("force=true"), "{removal}");
    assert!(removal.contains("v=true"), "{removal}");
    engine.settle().await;
}

#[tokio::test]
async fn leftovers_of_an_earlier_run_are_swept_and_others_stay() {
    let folder = tempfile::tempdir().unwrap();
    let fake = FakeEngine::start(&folder.path().join("s"), |request| {
        if request.starts_with("GET /containers/json") {
            let container = |id: &str, created: i64| {
                format!(
                    r#"{{"Id":"{id}","Created":{created},"Labels":{{"org.outcrop.peek":"1","org.outcrop.run":"7"}}}}"#
                )
            };
            // The engine's clock says 1795223059.
            let list = [
                container("old", 1_795_222_999),
                container("young", 1_795_223_000),
            ];
            return Some(response("200 OK", &format!("[{}]", list.join(","))));
        }
        match request {
            "GET /info" => Some(response(
                "200 OK",
                r#"{"Driver":"overlay2","SystemTime":"2026-11-21T01:04:19Z"}"#,
            )),
            _ if request.starts_with("DELETE") => Some(response("204 No Content", "")),
            _ => None,
        }
    });
    assert_eq!(connect(&fake).await.sweep_leftovers().await.unwrap(), 1);
    let removed: Vec<String> = fake
        .seen()
        .into_iter()
        .filter(|request| request.starts_with("DELETE"))
        .collect();
    assert_eq!(removed.len(), 1);
    assert!(
        removed[0].starts_with("DELETE /containers/old?"),
        "{removed:?}"
    );
}

/// Jobs run on any thread: each future of the interface can be sent to one.
#[tokio::test]
async fn every_future_can_be_spawned() {
    fn sent<T: Send>(_: &T) {}

    let folder = tempfile::tempdir().unwrap();
    let fake = FakeEngine::start(&folder.path().join("s"), |_| None);
    let engine = connect(&fake).await;
    let set = EngineSet::new(machine_with(&fake.socket));
    let mut watch = set.watch();
    sent(&engine.images());
    sent(&engine.inspect("x"));
    sent(&engine.history("x"));
    sent(&engine.export("x"));
    sent(&engine.peek("x", &["/a"]));
    sent(&engine.sweep_leftovers());
    sent(&engine.settle());
    sent(&engine.tag("x", "y"));
    sent(&engine.remove_image("x"));
    sent(&set.refresh());
    sent(&set.sweep_leftovers());
    sent(&watch.next());
}

fn machine_with(socket: &Path) -> Environment {
    let folder = socket.parent().unwrap();
    Environment {
        variables: [(
            "DOCKER_HOST".to_owned(),
            format!("unix://{}", socket.display()),
        )]
        .into(),
        home: None,
        user_id: None,
        runtime_folder: None,
        root: folder.to_owned(),
        family: HostFamily::Linux,
    }
}

#[tokio::test]
async fn an_engine_that_goes_away_and_comes_back_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("s");
    let fake = FakeEngine::start(&socket, |_| None);
    let set = EngineSet::connect(machine_with(&socket)).await;
    let mut watch = set.watch();
    let mut next = async || {
        let event = tokio::time::timeout(Duration::from_secs(20), watch.next()).await;
        match event.unwrap().unwrap() {
            EngineSetEvent::Up(engine) => format!("up {}", engine.name()),
            EngineSetEvent::Down { engine } => format!("down {engine}"),
            EngineSetEvent::Image { event, .. } => format!("{event:?}"),
        }
    };
    assert_eq!(next().await, "up docker");
    fake.stop().await;
    assert_eq!(next().await, "down docker");
    assert!(set.engines().is_empty());
    let fake = FakeEngine::start(&socket, |request| {
        (request == "GET /events").then(|| {
            let event = format!(
                "{{\"Type\":\"image\",\"Action\":\"tag\",\"Actor\":{{\"ID\":\"{ID}\",\
                 \"Attributes\":{{\"name\":\"x:2\"}}}}}}\n"
            );
            vec![Step::Send(chunked(&[event.as_bytes()], false)), Step::Hang]
        })
    });
    assert_eq!(next().await, "up docker");
    let event = next().await;
    assert!(event.contains("Tagged") && event.contains("x:2"), "{event}");
    fake.stop().await;
    assert_eq!(next().await, "down docker");
}

#[tokio::test]
async fn every_endpoint_is_shown_with_its_answer_and_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("s");
    let _fake = FakeEngine::start(&socket, |_| None);
    let set = EngineSet::connect(machine_with(&socket)).await;
    let shown: Vec<String> = set
        .statuses()
        .iter()
        .map(|status| {
            format!(
                "{} | {} | {}",
                status.answer,
                status.engine.as_deref().unwrap_or("-"),
                status
                    .remedy
                    .as_ref()
                    .and_then(|remedy| remedy.command.as_deref())
                    .unwrap_or("-")
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            "Docker 20.10.24 | docker | -",
            "not found | - | sudo systemctl start docker",
            "not found | - | sudo systemctl start podman.socket",
        ]
    );
}

#[tokio::test]
async fn two_endpoints_of_one_daemon_are_one_engine() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (folder.path().join("a"), folder.path().join("b"));
    let _first = FakeEngine::start(&first, |_| None);
    let _second = FakeEngine::start(&second, |_| None);
    let mut environment = machine_with(&first);
    environment.variables.insert(
        "CONTAINER_HOST".to_owned(),
        format!("unix://{}", second.display()),
    );
    let set = EngineSet::connect(environment).await;
    assert_eq!(set.engines().len(), 1);
    let names: Vec<Option<String>> = set
        .statuses()
        .into_iter()
        .take(2)
        .map(|status| status.engine)
        .collect();
    assert_eq!(
        names,
        [Some("docker".to_owned()), Some("docker".to_owned())]
    );
}
