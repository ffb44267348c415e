//! A disk that really is full: a small file system of its own.

#![cfg(target_os = "linux")]

use std::path::Path;
use std::process::Command;

use outcrop_model::{AdvisoryRecord, AffectedPackage};
use outcrop_store::{FeedSource, Store, StoreError};

/// Unmounted when it goes.
struct Disk(tempfile::TempDir);

impl Disk {
    fn of(size: &str) -> Option<Self> {
        let directory = tempfile::tempdir().expect("a temporary folder");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size}"), "outcrop-test"])
            .arg(directory.path())
            .output()
            .is_ok_and(|output| output.status.success());
        mounted.then_some(Self(directory))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let unmounted = Command::new("umount")
            .arg("--lazy")
            .arg(self.path())
            .output();
        drop(unmounted);
    }
}

fn record(id: &str, bytes: usize) -> AdvisoryRecord {
    AdvisoryRecord {
        id: id.into(),
        details: "x".repeat(bytes),
        affected: vec![AffectedPackage {
            ecosystem: "Debian:12".into(),
            name: "package".into(),
            ..AffectedPackage::default()
        }],
        ..AdvisoryRecord::default()
    }
}

async fn import(store: &Store, records: Vec<AdvisoryRecord>) -> Result<(), StoreError> {
    let source = FeedSource {
        source: "test".into(),
        ..FeedSource::default()
    };
    let now = jiff::Timestamp::UNIX_EPOCH;
    let mut import = store.begin_import(source, None, now).await?;
    import.add(records).await?;
    import.commit().await.map(drop)
}

#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn skipped(test: &str) {
    eprintln!("skipped: {test}: no file system can be mounted here");
}

#[tokio::test]
async fn a_full_disk_is_told_and_the_last_good_set_stays() {
    let Some(disk) = Disk::of("2m") else {
        skipped("a_full_disk_is_told_and_the_last_good_set_stays");
        return;
    };
    let store = Store::open(disk.path()).await.expect("opens");
    import(&store, vec![record("A", 10)]).await.expect("fits");
    let refused = import(&store, vec![record("B", 4 << 20)])
        .await
        .expect_err("does not fit");
    assert!(matches!(refused, StoreError::Full { .. }), "{refused:?}");
    let feed = store
        .feed("Debian")
        .await
        .expect("is read")
        .expect("is there");
    assert_eq!(feed.records, 1);
    store.close().await;

    let store = Store::open(disk.path()).await.expect("opens again");
    let candidates = store
        .candidates("Debian:12", &["package"])
        .await
        .expect("is read");
    assert_eq!(candidates["package"][0].record, "A");
}

#[tokio::test]
async fn a_disk_full_from_the_start_is_told() {
    let Some(disk) = Disk::of("16k") else {
        skipped("a_disk_full_from_the_start_is_told");
        return;
    };
    let refused = Store::open(disk.path()).await.expect_err("does not fit");
    assert!(matches!(refused, StoreError::Full { .. }), "{refused:?}");
}
