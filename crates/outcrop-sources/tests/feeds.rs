//! Advisory feeds from a server that answers, and from one that does not.

mod feed_server;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use feed_server::{Reply, Request, Server};
use jiff::Timestamp;
use outcrop_sources::feed::{
    FeedClient, FeedError, FeedOptions, FeedPhase, FeedUpdate, KnownFeed, MAX_REDIRECTS,
};
use tempfile::TempDir;

const ARCHIVE: &str = "/mirror/Debian/all.zip";
const LIST: &str = "/mirror/Debian/modified_id.csv";
const ETAG: &str = "\"one\"";

fn time(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn now() -> Timestamp {
    time("2026-06-01T00:00:00Z")
}

/// The real records where they are there, else the least that begins and ends as a zip does.
fn archive() -> Vec<u8> {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let named = std::env::var_os("OUTCROP_TEST_DATA").map_or("../shared".into(), PathBuf::from);
    let real = repository.join(named).join("data/derived/Debian/all.zip");
    fs::read(real).unwrap_or_else(|_| {
        let mut bytes = b"PK\x03\x04".to_vec();
        bytes.extend((0..200_000u32).map(|at| at as u8));
        bytes.extend_from_slice(b"PK\x05\x06");
        bytes.extend_from_slice(&[0; 18]);
        bytes
    })
}

fn whole() -> Reply {
    Reply::new(200, &archive()).with("ETag", ETAG)
}

/// What is left from the byte that the request names, if it names the archive's mark.
fn rest(request: &Request) -> Option<Reply> {
    let from: usize = request
        .header("range")?
        .strip_prefix("bytes=")?
        .strip_suffix('-')?
        .parse()
        .ok()?;
    let archive = archive();
    if request.header("if-range")? != ETAG {
        return None;
    }
    let range = format!("bytes {from}-{}/{}", archive.len() - 1, archive.len());
    let part = Reply::new(206, archive.get(from..)?);
    Some(part.with("ETag", ETAG).with("Content-Range", &range))
}

struct Feed {
    server: Server,
    directory: TempDir,
    options: FeedOptions,
}

impl Feed {
    async fn of(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        // The first test to come installs it for all.
        drop(rustls::crypto::ring::default_provider().install_default());
        let server = Server::start(answer).await;
        let options = FeedOptions {
            base_url: server.url(),
            stall_timeout: Duration::from_secs(1),
            attempts: 3,
            first_pause: Duration::from_millis(1),
            ..FeedOptions::default()
        };
        Self {
            server,
            directory: tempfile::tempdir().expect("a temporary folder"),
            options,
        }
    }

    async fn update(&self, known: Option<&KnownFeed>) -> Result<FeedUpdate, FeedError> {
        self.update_of("Debian:12", known).await
    }

    async fn update_of(
        &self,
        ecosystem: &str,
        known: Option<&KnownFeed>,
    ) -> Result<FeedUpdate, FeedError> {
        let client = FeedClient::new(self.options.clone()).expect("a client");
        client
            .update(ecosystem, known, self.directory.path(), now(), &|_| {})
            .await
    }

    fn paths(&self) -> Vec<String> {
        let requests = self.server.requests();
        requests.into_iter().map(|request| request.path).collect()
    }

    fn files(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.directory.path())
            .expect("the folder")
            .map(|entry| {
                entry
                    .expect("an entry")
                    .file_name()
                    .to_string_lossy()
                    .into_owned()
            })
            .collect();
        names.sort();
        names
    }

    /// The archive has arrived whole, with nothing left beside it.
    fn arrived(&self, update: &FeedUpdate) {
        let path = self.directory.path().join("Debian.zip");
        let archive = archive();
        assert_eq!(
            *update,
            FeedUpdate::Archive {
                path: path.clone(),
                etag: Some(ETAG.into()),
                exported_at: None,
                bytes: archive.len() as u64,
            }
        );
        assert!(fs::read(path).expect("is there") == archive, "other bytes");
        assert_eq!(self.files(), ["Debian.zip"]);
    }
}

fn known(newest: &str) -> KnownFeed {
    KnownFeed {
        newest_modified: Some(time(newest)),
        etag: Some(ETAG.into()),
    }
}

#[tokio::test]
async fn the_first_update_fetches_the_archive_of_the_ecosystem_without_its_release() {
    let feed = Feed::of(|_| whole()).await;
    let update = feed.update(None).await.expect("arrives");
    feed.arrived(&update);
    assert_eq!(feed.paths(), [ARCHIVE]);
}

#[tokio::test]
async fn progress_is_told_in_bytes_up_to_the_whole() {
    let feed = Feed::of(|_| whole()).await;
    let seen = std::sync::Mutex::new(Vec::new());
    let client = FeedClient::new(feed.options.clone()).expect("a client");
    client
        .update("Debian", None, feed.directory.path(), now(), &|progress| {
            seen.lock().expect("no panic").push(progress);
        })
        .await
        .expect("arrives");
    let seen = seen.into_inner().expect("no panic");
    let length = archive().len() as u64;
    assert!(seen.is_sorted_by_key(|progress| progress.done));
    assert!(seen.iter().all(|progress| progress.total == Some(length)));
    let last = seen.last().expect("some");
    assert_eq!((last.phase, last.done), (FeedPhase::Archive, length));
}

#[tokio::test]
async fn an_interrupted_download_is_continued_where_it_ended() {
    let feed = Feed::of(|request| match request.earlier {
        0 => whole().cut_at(50_000),
        _ => rest(request).expect("asks for the rest"),
    })
    .await;
    let update = feed.update(None).await.expect("arrives");
    feed.arrived(&update);
    let ranges: Vec<Option<String>> = feed
        .server
        .requests()
        .iter()
        .map(|request| request.header("range").map(str::to_owned))
        .collect();
    assert_eq!(ranges, [None, Some("bytes=50000-".into())]);
}

#[tokio::test]
async fn a_download_given_up_is_continued_by_the_next_update() {
    let feed = Feed::of(|request| match request.earlier {
        0..3 => rest(request).unwrap_or_else(whole).cut_at(10_000),
        _ => rest(request).expect("asks for the rest"),
    })
    .await;
    let refused = feed.update(None).await.expect_err("is given up");
    assert!(matches!(refused, FeedError::Truncated { .. }), "{refused}");
    assert_eq!(feed.files(), ["Debian.zip.part", "Debian.zip.part.etag"]);
    let update = feed.update(None).await.expect("arrives");
    feed.arrived(&update);
    let last = feed.server.requests().pop().expect("a request");
    assert_eq!(last.header("range"), Some("bytes=30000-"));
}

#[tokio::test]
async fn a_download_is_begun_again_when_the_archive_has_changed() {
    let feed = Feed::of(|request| match request.earlier {
        0 => Reply::new(200, &[b'P'; 5_000])
            .with("ETag", "\"old\"")
            .cut_at(4_000),
        _ => rest(request).unwrap_or_else(whole),
    })
    .await;
    let update = feed.update(None).await.expect("arrives");
    feed.arrived(&update);
}

#[tokio::test]
async fn a_part_from_elsewhere_is_not_put_behind_what_is_there() {
    let feed = Feed::of(|request| match request.earlier {
        0 => whole().cut_at(50_000),
        1 => Reply::new(206, &archive()[40_000..])
            .with("ETag", ETAG)
            .with("Content-Range", "bytes 40000-1/1"),
        _ => whole(),
    })
    .await;
    let update = feed.update(None).await.expect("arrives");
    feed.arrived(&update);
}

#[tokio::test]
async fn a_range_that_cannot_be_had_starts_again() {
    let feed = Feed::of(|request| match request.earlier {
        0 => whole().cut_at(50_000),
        1 => Reply::new(416, b""),
        _ => whole(),
    })
    .await;
    let update = feed.update(None).await.expect("arrives");
    feed.arrived(&update);
}

#[tokio::test]
async fn an_end_without_a_length_is_found_out() {
    let feed = Feed::of(|request| match request.earlier {
        0 => whole().telling(None).cut_at(50_000),
        _ => whole().telling(None),
    })
    .await;
    let update = feed.update(None).await.expect("arrives");
    feed.arrived(&update);
}

#[tokio::test]
async fn a_length_that_lies_is_found_out() {
    let short = Feed::of(|_| whole().telling(Some(1_000))).await;
    let refused = short.update(None).await.expect_err("is no zip");
    assert!(matches!(refused, FeedError::NoArchive { .. }), "{refused}");

    let long = Feed::of(|_| {
        let length = archive().len();
        whole().telling(Some(length + 1))
    })
    .await;
    let refused = long.update(None).await.expect_err("ends too early");
    assert!(matches!(refused, FeedError::Truncated { .. }), "{refused}");
}

#[tokio::test]
async fn a_silent_server_is_given_up() {
    for sent in [0, 10_000] {
        let feed = Feed::of(move |_| whole().held_at(sent)).await;
        let refused = feed.update(None).await.expect_err("is given up");
        assert!(matches!(refused, FeedError::Stalled { .. }), "{refused}");
        assert_eq!(feed.paths().len(), 3);
    }
}

#[tokio::test]
async fn a_server_in_trouble_is_asked_again_and_not_without_end() {
    let feed = Feed::of(|request| match request.earlier {
        0 | 1 => Reply::new(503, b"later"),
        _ => whole(),
    })
    .await;
    let update = feed.update(None).await.expect("arrives");
    feed.arrived(&update);

    let feed = Feed::of(|_| Reply::new(500, b"")).await;
    let refused = feed.update(None).await.expect_err("is given up");
    assert!(
        matches!(refused, FeedError::Refused { status: 500, .. }),
        "{refused}"
    );
    assert_eq!(feed.paths().len(), 3);
}

#[tokio::test]
async fn what_is_not_there_is_asked_for_once() {
    let feed = Feed::of(|_| Reply::new(404, b"")).await;
    let refused = feed.update(None).await.expect_err("is not there");
    assert!(
        matches!(refused, FeedError::Refused { status: 404, .. }),
        "{refused}"
    );
    assert!(refused.hint().contains("ecosystem"), "{}", refused.hint());
    assert_eq!(feed.paths().len(), 1);
}

#[tokio::test]
async fn a_closed_port_is_told() {
    let mut feed = Feed::of(|_| whole()).await;
    feed.options.base_url = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        format!("http://{}", listener.local_addr().expect("an address"))
    };
    let refused = feed.update(None).await.expect_err("nobody is there");
    assert!(
        matches!(refused, FeedError::Unreachable { .. }),
        "{refused}"
    );
}

#[tokio::test]
async fn redirects_are_followed_and_circles_are_not() {
    let feed = Feed::of(|request| match request.path.as_str() {
        ARCHIVE => Reply::new(302, b"").with("Location", "/elsewhere"),
        _ => whole(),
    })
    .await;
    let update = feed.update(None).await.expect("arrives");
    feed.arrived(&update);

    let feed = Feed::of(|_| Reply::new(302, b"").with("Location", ARCHIVE)).await;
    let refused = feed.update(None).await.expect_err("is a circle");
    assert!(matches!(refused, FeedError::Redirected { .. }), "{refused}");
    assert!(feed.paths().len() <= MAX_REDIRECTS + 1);
}

#[tokio::test]
async fn what_is_too_large_is_refused_told_or_not() {
    for length in [Some(archive().len()), None] {
        let mut feed = Feed::of(move |_| whole().telling(length)).await;
        feed.options.max_archive_bytes = 20_000;
        let refused = feed.update(None).await.expect_err("is too large");
        assert!(matches!(refused, FeedError::TooLarge { .. }), "{refused}");
    }
}

#[tokio::test]
async fn a_page_in_the_place_of_the_archive_is_refused() {
    let feed = Feed::of(|_| Reply::new(200, b"<html>Please sign in</html>")).await;
    let refused = feed.update(None).await.expect_err("is no zip");
    assert!(matches!(refused, FeedError::NoArchive { .. }), "{refused}");
}

#[tokio::test]
async fn an_archive_that_is_there_stays_when_an_update_fails() {
    let feed = Feed::of(|_| Reply::new(200, b"<html></html>")).await;
    let path = feed.directory.path().join("Debian.zip");
    fs::write(&path, "the last good one").expect("is written");
    feed.update(None).await.expect_err("is no zip");
    assert_eq!(fs::read(&path).expect("is there"), b"the last good one");
}

#[tokio::test]
async fn an_archive_of_the_known_mark_is_not_fetched_again() {
    let feed = Feed::of(|request| match request.path.as_str() {
        LIST => Reply::new(404, b""),
        _ if request.header("if-none-match") == Some(ETAG) => Reply::new(304, b""),
        _ => whole(),
    })
    .await;
    let update = feed
        .update(Some(&known("2026-01-01T00:00:00Z")))
        .await
        .expect("an answer");
    assert_eq!(update, FeedUpdate::Unchanged);
    assert_eq!(feed.files(), Vec::<String>::new());
}

fn list(request: &Request, lines: &str) -> Reply {
    match request.path.as_str() {
        LIST => Reply::new(200, lines.as_bytes()),
        ARCHIVE => whole(),
        path if path.ends_with("/GONE.json") => Reply::new(404, b""),
        path => Reply::new(200, path.as_bytes()),
    }
}

#[tokio::test]
async fn changes_are_fetched_one_by_one_down_to_the_first_known_time() {
    let feed = Feed::of(|request| {
        list(
            request,
            "2026-03-03T00:00:00Z,B\n2026-03-02T12:00:00Z,GONE\n2026-03-02T06:00:00Z,../x\n\
             2026-03-02T00:00:00Z,A\n2026-03-01T00:00:00Z,OLD\n",
        )
    })
    .await;
    let update = feed
        .update(Some(&known("2026-03-01T00:00:00Z")))
        .await
        .expect("an answer");
    let FeedUpdate::Changes {
        records,
        removed,
        absent,
        newest,
    } = update
    else {
        panic!("no changes: {update:?}");
    };
    assert_eq!(removed, [""; 0]);
    assert_eq!(newest, Some(time("2026-03-03T00:00:00Z")));
    let records: Vec<(&str, &[u8])> = records
        .iter()
        .map(|record| (record.id.as_str(), record.bytes.as_slice()))
        .collect();
    assert_eq!(
        records,
        [
            ("B", b"/mirror/Debian/B.json".as_slice()),
            ("A", b"/mirror/Debian/A.json".as_slice()),
        ]
    );
    assert_eq!(absent, ["GONE", "../x"]);
}

#[tokio::test]
async fn nothing_new_is_unchanged_and_an_older_export_is_told() {
    let lines = "2026-03-01T00:00:00Z,A\n";
    let feed = Feed::of(move |request| list(request, lines)).await;
    let update = feed
        .update(Some(&known("2026-03-01T00:00:00Z")))
        .await
        .expect("an answer");
    assert_eq!(update, FeedUpdate::Unchanged);
    let update = feed
        .update(Some(&known("2026-04-01T00:00:00Z")))
        .await
        .expect("an answer");
    let newest = time("2026-03-01T00:00:00Z");
    assert_eq!(update, FeedUpdate::Older { newest });
    assert_eq!(feed.paths(), [LIST, LIST]);
}

#[tokio::test]
async fn too_many_changes_are_fetched_as_the_archive() {
    let mut feed = Feed::of(|request| list(request, &"2026-03-02T00:00:00Z,A\n".repeat(4))).await;
    feed.options.max_changes = 3;
    let known = KnownFeed {
        etag: Some("\"older\"".into()),
        ..known("2026-03-01T00:00:00Z")
    };
    let update = feed.update(Some(&known)).await.expect("arrives");
    feed.arrived(&update);
    assert_eq!(feed.paths(), [LIST, ARCHIVE]);
}

#[tokio::test]
async fn a_change_that_cannot_be_had_ends_the_update() {
    let feed = Feed::of(|request| match request.path.as_str() {
        "/mirror/Debian/A.json" => Reply::new(500, b""),
        _ => list(request, "2026-03-03T00:00:00Z,B\n2026-03-02T00:00:00Z,A\n"),
    })
    .await;
    let refused = feed
        .update(Some(&known("2026-03-01T00:00:00Z")))
        .await
        .expect_err("ends");
    assert!(
        matches!(refused, FeedError::Refused { status: 500, .. }),
        "{refused}"
    );
}

#[tokio::test]
async fn a_list_cut_off_before_the_known_time_is_read_again() {
    let feed = Feed::of(|request| match (request.path.as_str(), request.earlier) {
        (LIST, 0) => list(request, &"2026-03-02T00:00:00Z,A\n".repeat(2)).cut_at(24),
        _ => list(request, "2026-03-02T00:00:00Z,A\n"),
    })
    .await;
    let update = feed
        .update(Some(&known("2026-03-01T00:00:00Z")))
        .await
        .expect("an answer");
    assert!(
        matches!(&update, FeedUpdate::Changes { records, .. } if records.len() == 1),
        "{update:?}"
    );
    assert_eq!(feed.paths(), [LIST, LIST, "/mirror/Debian/A.json"]);
}

#[tokio::test]
async fn names_are_encoded_and_never_lead_out_of_the_folder() {
    let feed = Feed::of(|_| whole()).await;
    feed.update_of("Red Hat:enterprise_linux:9", None)
        .await
        .expect("arrives");
    assert_eq!(feed.paths(), ["/mirror/Red%20Hat/all.zip"]);
    assert_eq!(feed.files(), ["Red Hat.zip"]);
    for name in ["", "..", "../x", "a/b", ":12"] {
        let refused = feed.update_of(name, None).await.expect_err("is refused");
        assert!(
            matches!(refused, FeedError::NoEcosystem { .. }),
            "{refused}"
        );
    }
    assert_eq!(feed.paths().len(), 1);
}

#[tokio::test]
async fn one_archive_is_fetched_by_one_at_a_time() {
    let feed = Feed::of(|request| match request.earlier {
        0 => whole().held_at(10_000),
        _ => rest(request).unwrap_or_else(whole),
    })
    .await;
    let client = FeedClient::new(FeedOptions {
        stall_timeout: Duration::from_mins(10),
        ..feed.options.clone()
    })
    .expect("a client");
    let begun = tokio::sync::Notify::new();
    let progress = |_| begun.notify_one();
    let mut first =
        Box::pin(client.update("Debian", None, feed.directory.path(), now(), &progress));
    tokio::select! {
        _ = &mut first => panic!("the server holds it"),
        () = begun.notified() => {}
    }
    let refused = feed.update(None).await.expect_err("is taken");
    assert!(matches!(refused, FeedError::Busy { .. }), "{refused}");

    // Dropping it is cancelling it; the next goes on from there.
    drop(first);
    let update = feed.update(None).await.expect("arrives");
    feed.arrived(&update);
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_told() {
    let feed = Feed::of(|_| whole()).await;
    let file = feed.directory.path().join("file");
    fs::write(&file, "").expect("is written");
    let client = FeedClient::new(feed.options.clone()).expect("a client");
    let refused = client
        .update("Debian", None, &file, now(), &|_| {})
        .await
        .expect_err("is refused");
    assert!(matches!(refused, FeedError::Disk { .. }), "{refused}");
}
