//! Feeds of single publishers from a server that answers, and from one that does not.

mod feed_server;

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::time::Duration;

use feed_server::{Reply, Request, Server};
use jiff::Timestamp;
use outcrop_sources::feed::{
    DocumentUpdate, FeedAddresses, FeedClient, FeedError, FeedOptions, FeedUpdate, KnownDocument,
    KnownFeed, MAX_REDIRECTS, NvdPage, Place, Repository, Secdb,
};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

const ETAG: &str = "\"one\"";
const DATE: &str = "Sun, 01 Mar 2026 00:00:00 GMT";

/// Nothing is there yet.
static NOTHING: KnownDocument = KnownDocument {
    mark: None,
    exported_at: None,
};

fn time(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn now() -> Timestamp {
    time("2026-06-01T00:00:00Z")
}

struct Publisher {
    server: Server,
    directory: TempDir,
    options: FeedOptions,
}

impl Publisher {
    async fn of(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        // The first test to come installs it for all.
        drop(rustls::crypto::ring::default_provider().install_default());
        let server = Server::start(answer).await;
        let at = |path: &str| format!("{}/{path}", server.url());
        let options = FeedOptions {
            stall_timeout: Duration::from_secs(1),
            attempts: 3,
            first_pause: Duration::from_millis(1),
            nvd_pause: Some(Duration::from_millis(1)),
            addresses: FeedAddresses {
                debian_tracker: at("tracker"),
                alpine_secdb: at("secdb"),
                wolfi_secdb: at("wolfi"),
                chainguard_secdb: at("chainguard"),
                redhat_vex: at("vex/"),
                known_exploited: at("kev"),
                epss: at("epss"),
                nvd: at("nvd"),
                end_of_life: at("eol"),
            },
            ..FeedOptions::default()
        };
        Self {
            server,
            directory: tempfile::tempdir().expect("a temporary folder"),
            options,
        }
    }

    fn client(&self) -> FeedClient {
        FeedClient::new(self.options.clone()).expect("a client")
    }

    async fn tracker(&self, known: &KnownDocument) -> Result<DocumentUpdate, FeedError> {
        let directory = self.directory.path();
        self.client()
            .debian_tracker(known, directory, now(), &|_| {})
            .await
    }

    async fn secdb(&self, secdb: Secdb<'_>) -> Result<DocumentUpdate, FeedError> {
        let directory = self.directory.path();
        self.client()
            .alpine_secdb(secdb, &NOTHING, directory, now(), &|_| {})
            .await
    }

    async fn epss(&self) -> Result<DocumentUpdate, FeedError> {
        let directory = self.directory.path();
        self.client()
            .epss(&NOTHING, directory, now(), &|_| {})
            .await
    }

    async fn vex(&self, known: Option<&KnownFeed>) -> Result<FeedUpdate, FeedError> {
        let directory = self.directory.path();
        self.client()
            .redhat_vex(known, directory, now(), &|_| {})
            .await
    }

    async fn update_info(
        &self,
        place: Place,
        known: &KnownDocument,
    ) -> Result<DocumentUpdate, FeedError> {
        let repository = Repository {
            part: "9/appstream".into(),
            place,
        };
        let directory = self.directory.path();
        self.client()
            .update_info(&repository, known, directory, now(), &|_| {})
            .await
    }

    /// Every page since a time: its bytes and until when it completes.
    async fn nvd(&self, since: Option<&str>) -> Result<Vec<NvdPage>, FeedError> {
        let client = self.client();
        let mut pages = client.nvd(since.map(time), now())?;
        let mut come = Vec::new();
        while let Some(page) = pages.next(&|_| {}).await? {
            come.push(page);
        }
        Ok(come)
    }

    fn paths(&self) -> Vec<String> {
        let requests = self.server.requests();
        requests.into_iter().map(|request| request.path).collect()
    }

    fn files(&self) -> Vec<(String, Vec<u8>)> {
        let mut files: Vec<(String, Vec<u8>)> = fs::read_dir(self.directory.path())
            .expect("the folder")
            .map(|entry| {
                let entry = entry.expect("an entry");
                let bytes = fs::read(entry.path()).expect("a file");
                (entry.file_name().to_string_lossy().into_owned(), bytes)
            })
            .collect();
        files.sort();
        files
    }
}

fn tracker() -> Vec<u8> {
    format!("{{\"openssl\": \"{}\"}}\n", "x".repeat(50_000)).into_bytes()
}

fn whole(bytes: &[u8]) -> Reply {
    Reply::new(200, bytes)
        .with("ETag", ETAG)
        .with("Last-Modified", DATE)
}

fn document(publisher: &Publisher, name: &str, bytes: &[u8]) -> DocumentUpdate {
    DocumentUpdate::Document {
        path: publisher.directory.path().join(name),
        mark: Some(ETAG.into()),
        exported_at: Some(time("2026-03-01T00:00:00Z")),
        bytes: bytes.len() as u64,
    }
}

#[tokio::test]
async fn a_document_arrives_and_is_not_fetched_again() {
    let publisher = Publisher::of(|request| match request.header("if-none-match") {
        Some(ETAG) => Reply::new(304, b""),
        _ => whole(&tracker()),
    })
    .await;
    let update = publisher.tracker(&NOTHING).await;
    let expected = document(&publisher, "debian-tracker.json", &tracker());
    assert_eq!(update.expect("arrives"), expected);
    assert_eq!(
        publisher.files(),
        [("debian-tracker.json".to_owned(), tracker())]
    );
    let known = KnownDocument {
        mark: Some(ETAG.into()),
        exported_at: None,
    };
    let update = publisher.tracker(&known).await.expect("an answer");
    assert_eq!(update, DocumentUpdate::Unchanged);
    assert_eq!(publisher.paths(), ["/mirror/tracker"; 2]);
}

#[tokio::test]
async fn without_an_etag_the_date_is_the_mark() {
    let publisher = Publisher::of(|request| match request.header("if-modified-since") {
        Some(DATE) => Reply::new(304, b""),
        _ => Reply::new(200, b"{}").with("Last-Modified", DATE),
    })
    .await;
    let update = publisher.tracker(&NOTHING).await;
    let Ok(DocumentUpdate::Document { mark, .. }) = update else {
        panic!("no document: {update:?}");
    };
    assert_eq!(mark.as_deref(), Some(DATE));
    let known = KnownDocument {
        mark,
        exported_at: None,
    };
    let update = publisher.tracker(&known).await.expect("an answer");
    assert_eq!(update, DocumentUpdate::Unchanged);
}

#[tokio::test]
async fn an_older_document_is_told_and_not_taken() {
    let publisher = Publisher::of(|_| whole(&tracker())).await;
    let known = |exported_at: &str| KnownDocument {
        mark: Some("\"other\"".into()),
        exported_at: Some(time(exported_at)),
    };
    let update = publisher.tracker(&known("2026-03-02T00:00:00Z")).await;
    let exported_at = time("2026-03-01T00:00:00Z");
    assert_eq!(
        update.expect("an answer"),
        DocumentUpdate::Older { exported_at }
    );
    assert_eq!(publisher.files(), []);
    let update = publisher.tracker(&known("2026-03-01T00:00:00Z")).await;
    assert!(matches!(update, Ok(DocumentUpdate::Document { .. })));
}

#[tokio::test]
async fn a_date_in_the_future_is_not_believed() {
    let publisher = Publisher::of(|_| {
        Reply::new(200, b"{}").with("Last-Modified", "Tue, 01 Jun 2027 00:00:00 GMT")
    })
    .await;
    let update = publisher.tracker(&NOTHING).await;
    let Ok(DocumentUpdate::Document { exported_at, .. }) = update else {
        panic!("no document: {update:?}");
    };
    assert_eq!(exported_at, None);
}

#[tokio::test]
async fn a_document_that_was_cut_off_is_continued() {
    let publisher = Publisher::of(|request| {
        let bytes = tracker();
        let from: Option<usize> = request.header("range").and_then(|range| {
            range
                .strip_prefix("bytes=")?
                .strip_suffix('-')?
                .parse()
                .ok()
        });
        match from {
            Some(from) if request.header("if-range") == Some(ETAG) => {
                let range = format!("bytes {from}-{}/{}", bytes.len() - 1, bytes.len());
                let rest = Reply::new(206, &bytes[from..]);
                rest.with("ETag", ETAG)
                    .with("Last-Modified", DATE)
                    .with("Content-Range", &range)
            }
            _ => whole(&bytes).cut_at(20_000),
        }
    })
    .await;
    let update = publisher.tracker(&NOTHING).await;
    let expected = document(&publisher, "debian-tracker.json", &tracker());
    assert_eq!(update.expect("arrives"), expected);
    let requests = publisher.server.requests();
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[1].header("range"), Some("bytes=20000-"));
}

#[tokio::test]
async fn faults_are_named_and_the_good_document_stays() {
    type Fault = fn(&FeedError) -> bool;
    let length = tracker().len();
    let cases: Vec<(&str, Reply, Fault)> = vec![
        (
            "ends too early, whatever is tried",
            Reply::new(200, &tracker()).cut_at(100),
            |fault| matches!(fault, FeedError::Truncated { .. }),
        ),
        (
            "ends too early without a length",
            Reply::new(200, &tracker()).cut_at(100).telling(None),
            |fault| matches!(fault, FeedError::Truncated { .. }),
        ),
        (
            "tells a shorter length",
            Reply::new(200, &tracker()).telling(Some(length - 10)),
            |fault| {
                matches!(
                    fault,
                    FeedError::NoArchive {
                        expected: "JSON",
                        ..
                    }
                )
            },
        ),
        (
            "tells a longer length",
            Reply::new(200, &tracker()).telling(Some(length + 10)),
            |fault| matches!(fault, FeedError::Truncated { .. }),
        ),
        (
            "stops sending",
            Reply::new(200, &tracker()).held_at(100),
            |fault| matches!(fault, FeedError::Stalled { .. }),
        ),
        (
            "leads in a circle",
            Reply::new(302, b"").with("Location", "/mirror/tracker"),
            |fault| matches!(fault, FeedError::Redirected { .. }),
        ),
        (
            "sends a page",
            Reply::new(200, b"<html>Please sign in</html>"),
            |fault| matches!(fault, FeedError::NoArchive { .. }),
        ),
        ("refuses", Reply::new(500, b""), |fault| {
            matches!(fault, FeedError::Refused { status: 500, .. })
        }),
        (
            "claims a terabyte",
            Reply::new(200, &tracker()).telling(Some(1 << 40)),
            |fault| matches!(fault, FeedError::TooLarge { .. }),
        ),
    ];
    for (what, reply, expected) in cases {
        let publisher = Publisher::of(move |_| reply.clone()).await;
        let path = publisher.directory.path().join("debian-tracker.json");
        fs::write(&path, "the last good one").expect("is written");
        let fault = publisher.tracker(&NOTHING).await.expect_err(what);
        assert!(expected(&fault), "{what}: {fault:?}");
        assert!(fault.to_string().contains("/mirror/tracker"), "{fault}");
        assert_eq!(fs::read(&path).expect("is there"), b"the last good one");
        assert!(publisher.paths().len() <= MAX_REDIRECTS + 1, "{what}");
    }
}

#[tokio::test]
async fn each_secdb_has_its_address() {
    let publisher = Publisher::of(|_| whole(b"{}")).await;
    let main = Secdb::Alpine {
        release: "v3.20",
        repository: "main",
    };
    for secdb in [main, Secdb::Wolfi, Secdb::Chainguard] {
        publisher.secdb(secdb).await.expect("arrives");
    }
    assert_eq!(
        publisher.paths(),
        [
            "/mirror/secdb/v3.20/main.json",
            "/mirror/wolfi",
            "/mirror/chainguard"
        ]
    );
    for (release, repository) in [
        ("..", "main"),
        ("v3.20", "../x"),
        ("", "main"),
        ("v/3", "a"),
    ] {
        let refused = publisher.secdb(Secdb::Alpine {
            release,
            repository,
        });
        let refused = refused.await.expect_err("is refused");
        assert!(
            matches!(refused, FeedError::NoEcosystem { .. }),
            "{refused}"
        );
    }
    assert_eq!(publisher.paths().len(), 3);
}

fn packed(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text).expect("is packed");
    encoder.finish().expect("is packed")
}

#[tokio::test]
async fn estimates_are_led_to_and_unpacked_to_their_end() {
    let scores = packed(b"#model_version:v2025.03.14,score_date:2026-05-31T00:00:00Z\n");
    let damaged = {
        let mut damaged = scores.clone();
        let checksum = damaged.len() - 8;
        damaged[checksum] ^= 1;
        damaged
    };
    for (bytes, good) in [(scores, true), (damaged, false)] {
        let sent = bytes.clone();
        let publisher = Publisher::of(move |request| match request.path.as_str() {
            "/mirror/epss" => Reply::new(302, b"").with("Location", "/epss_scores-2026-05-31"),
            _ => whole(&sent),
        })
        .await;
        match publisher.epss().await {
            Ok(update) => {
                assert!(good, "a damaged file is taken");
                assert_eq!(update, document(&publisher, "epss.csv.gz", &bytes));
            }
            Err(fault) => {
                assert!(!good, "{fault}");
                let expected = "gzip";
                assert!(
                    matches!(&fault, FeedError::NoArchive { expected: found, .. } if *found == expected),
                    "{fault}"
                );
            }
        }
    }
}

#[tokio::test]
async fn the_other_documents_arrive_too() {
    let publisher = Publisher::of(|_| whole(b"{\"a\": []}")).await;
    let (client, known) = (publisher.client(), KnownDocument::default());
    let directory = publisher.directory.path();
    let catalog = client.known_exploited(&known, directory, now(), &|_| {});
    catalog.await.expect("arrives");
    let ends = client.end_of_life(&known, directory, now(), &|_| {});
    ends.await.expect("arrives");
    assert_eq!(publisher.paths(), ["/mirror/kev", "/mirror/eol"]);
    let names: Vec<String> = publisher
        .files()
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    assert_eq!(names, ["end-of-life.json", "known-exploited.json"]);
}

/// One frame of one raw block.
const VEX: &[u8] = b"\x28\xb5\x2f\xfd\x20\x04\x21\x00\x00abcd";

fn digest(bytes: &[u8]) -> String {
    let mut digits = String::new();
    for byte in Sha256::digest(bytes) {
        write!(digits, "{byte:02x}").expect("a string takes it");
    }
    digits
}

fn vex_archive(request: &Request, digest: &str) -> Reply {
    match request.path.as_str() {
        "/mirror/vex/archive_latest.txt" => Reply::new(200, b"csaf_vex_2026-03-01.tar.zst\n"),
        "/mirror/vex/csaf_vex_2026-03-01.tar.zst.sha256" => match digest {
            "" => Reply::new(404, b""),
            digest => Reply::new(200, format!("{digest}  csaf_vex.tar.zst\n").as_bytes()),
        },
        "/mirror/vex/csaf_vex_2026-03-01.tar.zst" => whole(VEX),
        _ => Reply::new(404, b""),
    }
}

#[tokio::test]
async fn the_archive_of_vex_is_the_one_that_is_named_and_digested() {
    for told in [digest(VEX), String::new()] {
        let publisher = Publisher::of(move |request| vex_archive(request, &told)).await;
        let update = publisher.vex(None).await.expect("arrives");
        let path = publisher.directory.path().join("redhat-vex.tar.zst");
        assert_eq!(fs::read(&path).expect("is there"), VEX);
        assert_eq!(
            update,
            FeedUpdate::Archive {
                path,
                etag: Some(ETAG.into()),
                exported_at: Some(time("2026-03-01T00:00:00Z")),
                bytes: VEX.len() as u64,
            }
        );
    }
}

#[tokio::test]
async fn an_archive_of_another_digest_is_refused() {
    let publisher = Publisher::of(|request| vex_archive(request, &digest(b"other"))).await;
    let path = publisher.directory.path().join("redhat-vex.tar.zst");
    fs::write(&path, "the last good one").expect("is written");
    let fault = publisher.vex(None).await.expect_err("is refused");
    assert!(
        matches!(&fault, FeedError::Checksum { found, .. } if *found == digest(VEX)),
        "{fault}"
    );
    assert_eq!(fs::read(&path).expect("is there"), b"the last good one");
}

#[tokio::test]
async fn an_archive_that_is_not_named_is_not_asked_for() {
    for name in ["", "../x.tar.zst", "<html>", "csaf.zip", "a/b.tar.zst"] {
        let publisher = Publisher::of(move |_| Reply::new(200, name.as_bytes())).await;
        let fault = publisher.vex(None).await.expect_err("names nothing");
        assert!(matches!(fault, FeedError::NoList { .. }), "{fault}");
        assert_eq!(publisher.paths().len(), 1);
    }
}

fn known_vex() -> KnownFeed {
    KnownFeed {
        newest_modified: Some(time("2026-03-01T00:00:00Z")),
        etag: None,
    }
}

fn vex_lists(request: &Request, changes: &str, deletions: &str) -> Reply {
    match request.path.as_str() {
        "/mirror/vex/changes.csv" => Reply::new(200, changes.as_bytes()),
        "/mirror/vex/deletions.csv" => Reply::new(200, deletions.as_bytes()),
        path if path.contains("cve-2026") => Reply::new(200, path.as_bytes()),
        _ => vex_archive(request, &digest(VEX)),
    }
}

#[tokio::test]
async fn changed_and_deleted_vex_files_are_told() {
    let publisher = Publisher::of(|request| {
        vex_lists(
            request,
            "\"2026/cve-2026-2.json\",\"2026-03-03T00:00:00+00:00\"\n\
             \"../x.json\",\"2026-03-02T12:00:00+00:00\"\n\
             \"2025/cve-2025-1.json\",\"2026-03-02T00:00:00+00:00\"\n\
             \"2024/cve-2024-1.json\",\"2026-03-01T00:00:00+00:00\"\n",
            "\"2023/cve-2023-9.json\",\"2026-03-02T00:00:00+00:00\"\n\
             \"2023/cve-2023-8.json\",\"2026-02-02T00:00:00+00:00\"\n",
        )
    })
    .await;
    let update = publisher.vex(Some(&known_vex())).await.expect("an answer");
    let FeedUpdate::Changes {
        records,
        removed,
        absent,
        newest,
    } = update
    else {
        panic!("no changes: {update:?}");
    };
    let records: Vec<&[u8]> = records
        .iter()
        .map(|record| record.bytes.as_slice())
        .collect();
    assert_eq!(records, [b"/mirror/vex/2026/cve-2026-2.json"]);
    assert_eq!(removed, ["REDHAT-VEX-CVE-2023-9"]);
    assert_eq!(absent, ["../x.json", "2025/cve-2025-1.json"]);
    assert_eq!(newest, Some(time("2026-03-03T00:00:00Z")));
}

#[tokio::test]
async fn vex_lists_without_news_older_and_too_long() {
    let at = |day: u8| format!("2026/cve-2026-2.json,2026-03-0{day}T00:00:00Z\n");
    let check = async |changes: String, deletions: &'static str| {
        let mut publisher =
            Publisher::of(move |request| vex_lists(request, &changes, deletions)).await;
        publisher.options.max_changes = 3;
        publisher.vex(Some(&known_vex())).await.expect("an answer")
    };
    assert_eq!(check(at(1), "").await, FeedUpdate::Unchanged);
    let deleted = "2023/cve-2023-9.json,2026-02-01T00:00:00Z\n";
    assert_eq!(check(at(1), deleted).await, FeedUpdate::Unchanged);
    let older = "2026/cve-2026-2.json,2026-02-01T00:00:00Z\n".to_owned();
    let newest = time("2026-02-01T00:00:00Z");
    assert_eq!(check(older, "").await, FeedUpdate::Older { newest });
    for changes in [at(2).repeat(4), "<html>\n".to_owned()] {
        let update = check(changes, "").await;
        assert!(matches!(update, FeedUpdate::Archive { .. }), "{update:?}");
    }
}

fn repomd(digest: &str, timestamp: i64) -> String {
    format!(
        "<?xml version=\"1.0\"?><repomd><data type=\"updateinfo\">\
         <checksum type=\"sha256\">{digest}</checksum>\
         <location href=\"repodata/updateinfo.xml.gz\"/>\
         <timestamp>{timestamp}</timestamp></data></repomd>"
    )
}

/// 2026-03-01, in seconds.
const EXPORTED: i64 = 1_772_323_200;

fn repository(request: &Request, digest: &str) -> Reply {
    match request.path.as_str() {
        "/mirror/repo/repodata/repomd.xml" => Reply::new(200, repomd(digest, EXPORTED).as_bytes()),
        "/mirror/repo/repodata/updateinfo.xml.gz" => Reply::new(200, &packed(b"<updates/>")),
        _ => Reply::new(404, b""),
    }
}

#[tokio::test]
async fn an_updateinfo_has_the_digest_that_its_repository_gives() {
    let bytes = packed(b"<updates/>");
    let told = digest(&bytes);
    let publisher = Publisher::of({
        let told = told.clone();
        move |request| repository(request, &told)
    })
    .await;
    let place = || Place::Folder(format!("{}/repo/", publisher.server.url()));
    let update = publisher.update_info(place(), &NOTHING);
    let path = publisher
        .directory
        .path()
        .join("updateinfo-9-appstream.xml.gz");
    let exported_at = Some(time("2026-03-01T00:00:00Z"));
    assert_eq!(
        update.await.expect("arrives"),
        DocumentUpdate::Document {
            path,
            mark: Some(told.clone()),
            exported_at,
            bytes: bytes.len() as u64,
        }
    );
    let known = KnownDocument {
        mark: Some(told),
        exported_at,
    };
    let update = publisher.update_info(place(), &known).await;
    assert_eq!(update.expect("an answer"), DocumentUpdate::Unchanged);
    assert_eq!(publisher.paths().len(), 3);
    let newer = KnownDocument {
        mark: Some("other".into()),
        exported_at: Some(time("2026-03-02T00:00:00Z")),
    };
    let update = publisher.update_info(place(), &newer).await;
    assert!(matches!(update, Ok(DocumentUpdate::Older { .. })));
}

#[tokio::test]
async fn an_updateinfo_of_another_digest_is_refused() {
    let publisher = Publisher::of(|request| repository(request, &digest(b"other"))).await;
    let place = Place::Folder(format!("{}/repo", publisher.server.url()));
    let path = publisher
        .directory
        .path()
        .join("updateinfo-9-appstream.xml.gz");
    fs::write(&path, "the last good one").expect("is written");
    let fault = publisher.update_info(place, &NOTHING);
    let fault = fault.await.expect_err("is refused");
    assert!(matches!(fault, FeedError::Checksum { .. }), "{fault}");
    assert_eq!(fs::read(&path).expect("is there"), b"the last good one");
}

#[tokio::test]
async fn a_repository_that_names_no_updateinfo_is_told() {
    let texts = [
        "<html>".to_owned(),
        "<repomd></repomd>".to_owned(),
        repomd("", EXPORTED),
        repomd(&digest(b""), EXPORTED).replace("repodata/", "../"),
        repomd(&digest(b""), EXPORTED).replace("repodata/", "http://elsewhere/"),
    ];
    for text in texts {
        let publisher = Publisher::of(move |_| Reply::new(200, text.as_bytes())).await;
        let place = Place::Folder(publisher.server.url());
        let fault = publisher.update_info(place, &NOTHING);
        let fault = fault.await.expect_err("is told");
        assert!(matches!(fault, FeedError::NoList { .. }), "{fault}");
        assert_eq!(publisher.paths().len(), 1);
    }
}

#[tokio::test]
async fn the_first_mirror_of_a_list_is_taken() {
    let told = digest(&packed(b"<updates/>"));
    let publisher = Publisher::of(move |request| match request.path.as_str() {
        "/mirror/list" => {
            let host = request.header("host").unwrap_or_default();
            let list = format!("# mirrors\nhttp://{host}/mirror/repo/\nhttp://other/\n");
            Reply::new(200, list.as_bytes())
        }
        _ => repository(request, &told),
    })
    .await;
    let place = Place::Mirrors(format!("{}/list", publisher.server.url()));
    let update = publisher.update_info(place, &NOTHING).await;
    assert!(matches!(update, Ok(DocumentUpdate::Document { .. })));

    let publisher = Publisher::of(|_| Reply::new(200, b"<html></html>")).await;
    let place = Place::Mirrors(format!("{}/list", publisher.server.url()));
    let fault = publisher.update_info(place, &NOTHING);
    let fault = fault.await.expect_err("names none");
    assert!(matches!(fault, FeedError::NoList { .. }), "{fault}");
}

/// A page of NVD with so many records.
fn page(start: u64, records: usize, total: u64) -> Reply {
    let records = vec!["{}"; records].join(",");
    let json = format!(
        "{{\"resultsPerPage\": 2000, \"startIndex\": {start}, \"totalResults\": {total}, \
         \"vulnerabilities\": [{records}]}}"
    );
    Reply::new(200, json.as_bytes())
}

#[tokio::test]
async fn nvd_is_asked_page_by_page() {
    let publisher = Publisher::of(|request| {
        if request.path.contains("startIndex=2") {
            page(2, 1, 3)
        } else {
            page(0, 2, 3)
        }
    })
    .await;
    let pages = publisher.nvd(None).await.expect("all pages");
    let complete: Vec<Option<Timestamp>> = pages.iter().map(|page| page.complete_until).collect();
    assert_eq!(complete, [None, Some(now())]);
    assert_eq!(
        publisher.paths(),
        [
            "/mirror/nvd?resultsPerPage=2000&startIndex=0",
            "/mirror/nvd?resultsPerPage=2000&startIndex=2"
        ]
    );
}

#[tokio::test]
async fn nvd_is_asked_for_changes_window_by_window() {
    let publisher = Publisher::of(|_| page(0, 0, 0)).await;
    let pages = publisher.nvd(Some("2026-01-01T00:00:00Z")).await;
    let complete: Vec<Option<Timestamp>> = pages
        .expect("all pages")
        .iter()
        .map(|page| page.complete_until)
        .collect();
    assert_eq!(complete, [Some(time("2026-05-01T00:00:00Z")), Some(now())]);
    assert_eq!(
        publisher.paths()[0],
        "/mirror/nvd?lastModStartDate=2026-01-01T00%3A00%3A00.000Z\
         &lastModEndDate=2026-05-01T00%3A00%3A00.000Z&resultsPerPage=2000&startIndex=0"
    );
    let pages = publisher.nvd(Some("2026-06-01T00:00:00Z")).await;
    assert_eq!(pages.expect("no page"), []);
    assert_eq!(publisher.paths().len(), 2);
}

#[tokio::test]
async fn nvd_asked_too_often_is_asked_again_later() {
    let publisher = Publisher::of(|request| match request.earlier {
        0 | 1 => Reply::new(403, b""),
        _ => page(0, 1, 1),
    })
    .await;
    assert_eq!(publisher.nvd(None).await.expect("all pages").len(), 1);

    let publisher = Publisher::of(|_| Reply::new(403, b"")).await;
    let fault = publisher.nvd(None).await.expect_err("is refused");
    assert!(matches!(fault, FeedError::Refused { status: 403, .. }));
    assert_eq!(publisher.paths().len(), 3);
}

#[tokio::test]
async fn pages_that_contradict_themselves_end_the_update() {
    let cases = [
        page(5, 1, 6),
        page(0, 0, 6),
        Reply::new(200, b"<html></html>"),
        Reply::new(200, b"{\"startIndex\": 0}"),
    ];
    for reply in cases {
        let publisher = Publisher::of(move |_| reply.clone()).await;
        let fault = publisher.nvd(None).await.expect_err("is told");
        assert!(matches!(fault, FeedError::NoList { .. }), "{fault}");
        assert_eq!(publisher.paths().len(), 1);
    }
}

#[tokio::test]
async fn the_key_for_nvd_is_sent_to_nvd_alone() {
    let mut publisher = Publisher::of(|request| match request.path.as_str() {
        "/elsewhere" => page(0, 1, 1),
        _ => Reply::new(302, b"").with("Location", "/elsewhere"),
    })
    .await;
    publisher.options.nvd_key = Some("secret".into());
    let fault = publisher.nvd(None).await.expect_err("is not followed");
    assert!(matches!(fault, FeedError::Refused { status: 302, .. }));
    assert!(!format!("{fault:?} {fault}").contains("secret"));
    let requests = publisher.server.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].header("apikey"), Some("secret"));
}
