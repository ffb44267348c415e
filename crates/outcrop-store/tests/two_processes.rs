//! Two processes with one store.

use std::path::Path;
use std::process::Command;

use outcrop_model::{AdvisoryRecord, AffectedPackage};
use outcrop_store::{FeedSource, ImportOutcome, Store};

const DIRECTORY: &str = "OUTCROP_STORE_OF_THIS_TEST";
const NAME: &str = "OUTCROP_NAME_OF_THIS_PROCESS";
const RECORDS: usize = 3_000;
const SETTINGS: usize = 100;

/// Runs itself twice: each process opens the new store, imports a feed and keeps settings.
#[test]
fn two_processes_open_fill_and_read_one_store() {
    if let (Some(directory), Ok(name)) = (std::env::var_os(DIRECTORY), std::env::var(NAME)) {
        run(fill(directory.as_ref(), &name));
        return;
    }
    let directory = tempfile::tempdir().expect("a temporary folder");
    let processes = ["One", "Two"].map(|name| {
        Command::new(std::env::current_exe().expect("this program"))
            .args(["--exact", "two_processes_open_fill_and_read_one_store"])
            .env(DIRECTORY, directory.path())
            .env(NAME, name)
            .spawn()
            .expect("starts")
    });
    for mut process in processes {
        assert!(process.wait().expect("ends").success());
    }
    run(async {
        let store = Store::open(directory.path()).await.expect("opens");
        let feeds = store.feeds().await.expect("an answer");
        let feeds: Vec<(&str, u64)> = feeds
            .iter()
            .map(|feed| (feed.ecosystem.as_str(), feed.records))
            .collect();
        assert_eq!(feeds, [("One", RECORDS as u64), ("Two", RECORDS as u64)]);
        let settings = store.settings().await.expect("an answer");
        assert_eq!(settings.len(), 2 * SETTINGS);
    });
}

fn run(work: impl Future<Output = ()>) {
    tokio::runtime::Runtime::new()
        .expect("a runtime")
        .block_on(work);
}

async fn fill(directory: &Path, name: &str) {
    let store = Store::open(directory).await.expect("opens");
    let source = FeedSource {
        source: "test".into(),
        ..FeedSource::default()
    };
    let now = jiff::Timestamp::now();
    let mut import = store.begin_import(source, None, now).await.expect("begins");
    let records: Vec<AdvisoryRecord> = (0..RECORDS)
        .map(|index| AdvisoryRecord {
            id: format!("{name}-{index}"),
            affected: vec![AffectedPackage {
                ecosystem: name.into(),
                name: "package".into(),
                ..AffectedPackage::default()
            }],
            ..AdvisoryRecord::default()
        })
        .collect();
    for records in records.chunks(RECORDS / SETTINGS) {
        import.add(records.to_vec()).await.expect("is written");
        let key = format!("{name}-{}", records[0].id);
        store.put_setting(&key, Some("x")).await.expect("is kept");
    }
    let outcome = import.commit().await.expect("is put in place");
    assert!(
        matches!(outcome, ImportOutcome::Replaced { .. }),
        "{outcome:?}"
    );
    store.close().await;
}
