use tempfile::TempDir;

use super::*;

fn directory() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

fn files(directory: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<(String, Vec<u8>)> = fs::read_dir(directory)
        .expect("the folder is read")
        .map(|entry| {
            let entry = entry.expect("an entry");
            (
                entry.file_name().to_string_lossy().into_owned(),
                fs::read(entry.path()).expect("a file"),
            )
        })
        .collect();
    files.sort();
    files
}

async fn version(store: &Store) -> u32 {
    sqlx::query_scalar("PRAGMA user_version")
        .fetch_one(store.pool())
        .await
        .expect("a version")
}

const OURS: u32 = MIGRATIONS.len() as u32;

const NEXT: Migration = Migration {
    sql: "CREATE TABLE added (x INTEGER) STRICT; PRAGMA user_version = 3;",
    joins_again: false,
};

#[tokio::test]
async fn a_new_store_has_every_migration_and_the_mark() {
    let directory = directory();
    let store = Store::open(&directory.path().join("a/b"))
        .await
        .expect("opens");
    assert_eq!(version(&store).await, version_of(MIGRATIONS));
    let path = store.path().to_owned();
    store.close().await;
    assert_eq!(
        read_version(&path).expect("a header"),
        version_of(MIGRATIONS)
    );
}

#[tokio::test]
async fn each_migration_sets_its_own_version() {
    let mut connection = sqlx::sqlite::SqliteConnectOptions::new()
        .connect()
        .await
        .expect("a database in memory");
    for count in 1..=MIGRATIONS.len() {
        migrate(&mut connection, &MIGRATIONS[..count])
            .await
            .expect("migrates");
        let found: u32 = sqlx::query_scalar("PRAGMA user_version")
            .fetch_one(&mut connection)
            .await
            .expect("a version");
        assert_eq!(found as usize, count);
    }
}

#[tokio::test]
async fn a_newer_store_is_refused_with_no_byte_changed() {
    let directory = directory();
    let newer = [MIGRATIONS, &[NEXT]].concat();
    let store = Store::open_with(directory.path(), &newer, None)
        .await
        .expect("opens");
    store.close().await;
    let before = files(directory.path());
    let refused = Store::open(directory.path()).await.expect_err("is refused");
    assert!(
        matches!(
            refused,
            StoreError::Newer { found, supported: OURS, .. } if found == OURS + 1
        ),
        "{refused}"
    );
    assert_eq!(files(directory.path()), before);
}

#[tokio::test]
async fn a_newer_version_that_stands_in_the_log_alone_is_refused() {
    let directory = directory();
    let newer = [MIGRATIONS, &[NEXT]].concat();
    // While somebody has it open, nothing moves from the log to the file.
    let older = Store::open(directory.path()).await.expect("opens");
    Store::open_with(directory.path(), &newer, None)
        .await
        .expect("opens")
        .close()
        .await;
    assert_eq!(read_version(older.path()).expect("a header"), OURS);
    let refused = Store::open(directory.path()).await.expect_err("is refused");
    assert!(
        matches!(refused, StoreError::Newer { found, .. } if found == OURS + 1),
        "{refused}"
    );
    assert_eq!(version(&older).await, OURS + 1);
}

#[tokio::test]
async fn an_older_store_is_copied_before_it_is_migrated() {
    let directory = directory();
    let store = Store::open(directory.path()).await.expect("opens");
    store
        .put_setting("theme", Some("dark"))
        .await
        .expect("is kept");
    store.close().await;

    let newer = [MIGRATIONS, &[NEXT]].concat();
    let store = Store::open_with(directory.path(), &newer, None)
        .await
        .expect("opens");
    assert_eq!(version(&store).await, OURS + 1);
    assert_eq!(
        store.setting("theme").await.expect("is read").as_deref(),
        Some("dark")
    );

    let copies = directory.path().join("copies");
    fs::create_dir(&copies).expect("a folder");
    fs::rename(
        directory.path().join(format!("outcrop-v{OURS}.db")),
        copies.join(DATABASE_FILE),
    )
    .expect("there is a copy");
    let copy = Store::open(&copies).await.expect("the copy opens");
    assert_eq!(version(&copy).await, OURS);
    assert_eq!(
        copy.setting("theme").await.expect("is read").as_deref(),
        Some("dark")
    );
}

#[tokio::test]
async fn records_of_the_first_version_are_there_after_its_migrations() {
    let directory = directory();
    let first = Store::open_with(directory.path(), &MIGRATIONS[..1], None)
        .await
        .expect("opens");
    sqlx::raw_sql(
        r#"INSERT INTO feeds (id, ecosystem, state, touched_at, source, starter, imported_at, records)
           VALUES (1, 'Debian', 1, 0, 's', 0, 0, 2), (2, 'Alpine', 2, 0, 's', 0, 0, 0);
           INSERT INTO records (feed, id, head, places) VALUES
           (1, 'A', '{"id":"A","modified":"","published":null,"withdrawn":null,"aliases":[],
              "upstream":[],"summary":"","details":"","vectors":[],"severity":"low","affected":[],
              "references":[],"starter":false}', '[["Debian:12","x"],["Debian:12","y"]]');
           INSERT INTO affected (feed, ecosystem, name, record, entries) VALUES
           (1, 'Debian:12', 'x', 'A', '[{"r":[["e",[{"i":"0"},{"f":"2"}]]],"u":"low"}]'),
           (1, 'Debian:12', 'x', 'B', '[{"v":["1"]},{}]'),
           (1, 'Debian:12', 'y', 'A', '[{}]');
           INSERT INTO candidates (feed, ecosystem, name, joined) VALUES (1, 'Debian:12', 'x', '');"#,
    )
    .execute(first.pool())
    .await
    .expect("is written");
    first.close().await;

    let store = Store::open(directory.path()).await.expect("opens");
    let candidates = store
        .candidates("Debian:12", &["x", "y"])
        .await
        .expect("an answer");
    let found = |name: &str| -> Vec<(&str, usize)> {
        let of_name = candidates[name].iter();
        of_name
            .map(|candidate| (candidate.record.as_str(), candidate.affected.len()))
            .collect()
    };
    assert_eq!(found("x"), [("A", 1), ("B", 2)]);
    assert_eq!(found("y"), [("A", 1)]);
    let urgency = candidates["x"][0].affected[0].urgency.as_deref();
    assert_eq!(urgency, Some("low"));
    let record = store.record("Debian", "A").await.expect("an answer");
    assert_eq!(record.expect("is there").affected.len(), 2);
    let feeds = store.feeds().await.expect("an answer");
    assert_eq!(feeds.len(), 1);
    assert_eq!(feeds[0].kind, outcrop_model::FeedKind::Osv);
    assert!((300..600).contains(&feeds[0].bytes), "{}", feeds[0].bytes);
}

#[tokio::test]
async fn a_migration_that_fails_leaves_the_store_as_it_was() {
    let directory = directory();
    Store::open(directory.path())
        .await
        .expect("opens")
        .close()
        .await;
    let broken = Migration {
        sql: "CREATE TABLE added (x INTEGER) STRICT; CREATE TABLE settings (x);",
        joins_again: false,
    };
    let newer = [MIGRATIONS, &[broken]].concat();
    Store::open_with(directory.path(), &newer, None)
        .await
        .expect_err("cannot migrate");
    let store = Store::open(directory.path())
        .await
        .expect("opens as before");
    let tables: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_schema WHERE name = 'added'")
        .fetch_one(store.pool())
        .await
        .expect("an answer");
    assert_eq!(tables, 0);
}

#[tokio::test]
async fn what_is_no_store_is_refused_and_left_alone() {
    let mut foreign = b"SQLite format 3\0".to_vec();
    foreign.resize(100, 1);
    for content in [b"hello".to_vec(), vec![0; 4_096], foreign] {
        let directory = directory();
        let path = directory.path().join(DATABASE_FILE);
        fs::write(&path, &content).expect("is written");
        let refused = Store::open(directory.path()).await.expect_err("is refused");
        assert!(matches!(refused, StoreError::Damaged { .. }), "{refused}");
        assert_eq!(
            files(directory.path()),
            [(DATABASE_FILE.to_owned(), content)]
        );
    }
}

#[tokio::test]
async fn a_broken_page_is_told_as_damage() {
    let directory = directory();
    Store::open(directory.path())
        .await
        .expect("opens")
        .close()
        .await;
    let path = directory.path().join(DATABASE_FILE);
    let mut bytes = fs::read(&path).expect("is read");
    bytes[100..4_096].fill(0x5a);
    fs::write(&path, bytes).expect("is written");
    let refused = match Store::open(directory.path()).await {
        Ok(store) => store.settings().await.expect_err("cannot be read"),
        Err(error) => error,
    };
    assert!(matches!(refused, StoreError::Damaged { .. }), "{refused}");
}

#[tokio::test]
async fn a_full_disk_is_told_and_costs_nothing_that_was_there() {
    let directory = directory();
    let store = Store::open_with(directory.path(), MIGRATIONS, Some(60))
        .await
        .expect("opens");
    store
        .put_setting("theme", Some("dark"))
        .await
        .expect("is kept");
    let refused = store
        .put_setting("large", Some(&"x".repeat(1 << 20)))
        .await
        .expect_err("does not fit");
    assert!(matches!(refused, StoreError::Full { .. }), "{refused}");
    assert!(refused.to_string().contains("disk is full"), "{refused}");
    assert_eq!(
        store.setting("theme").await.expect("is read").as_deref(),
        Some("dark")
    );
    assert_eq!(store.setting("large").await.expect("is read"), None);
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_told() {
    let directory = directory();
    let file = directory.path().join("file");
    fs::write(&file, "").expect("is written");
    let refused = Store::open(&file.join("store"))
        .await
        .expect_err("is refused");
    assert!(
        matches!(refused, StoreError::Unreachable { .. }),
        "{refused}"
    );
}

#[cfg(unix)]
#[tokio::test]
async fn the_folder_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = directory();
    let path = directory.path().join("store");
    Store::open(&path).await.expect("opens");
    let mode = fs::metadata(&path).expect("is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[test]
fn a_store_can_be_used_from_any_thread() {
    fn check<T: Send>(_: impl FnOnce(Store) -> T) {}
    check(async |store: Store| store.put_setting("a", None).await);
    check(async |store: Store| store.candidates("Debian:12", &["a"]).await);
    check(async |store: Store| {
        let now = jiff::Timestamp::UNIX_EPOCH;
        let source = crate::FeedSource::default();
        let mut import = store.begin_import(source, None, now).await?;
        import.add(Vec::new()).await?;
        import.commit().await
    });
    check(async |store: Store| store.latest_scans().await);
}
