use outcrop_model::{AffectedPackage, Event, Range, RangeKind, Severity, Stance};
use tempfile::TempDir;

use super::*;

const NOW: &str = "2026-06-01T00:00:00Z";

fn time(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

async fn store() -> (TempDir, Store) {
    let directory = tempfile::tempdir().expect("a temporary folder");
    let store = Store::open(directory.path()).await.expect("opens");
    (directory, store)
}

fn record(id: &str, modified: &str, places: &[(&str, &str)]) -> AdvisoryRecord {
    AdvisoryRecord {
        id: id.into(),
        modified: modified.into(),
        details: "Line one\nand \u{1e}\u{1f} two".into(),
        affected: places
            .iter()
            .map(|&(ecosystem, name)| AffectedPackage {
                ecosystem: ecosystem.into(),
                name: name.into(),
                ranges: vec![Range {
                    kind: RangeKind::Ecosystem,
                    events: vec![
                        Event::Introduced("0".into()),
                        Event::Fixed("2".into()),
                        Event::LastAffected("3".into()),
                        Event::Limit("4".into()),
                    ],
                }],
                versions: vec!["1".into()],
                urgency: Some("low".into()),
                severity: Some(Severity::High),
                stance: Some(Stance::WillNotFix),
                reason: Some("Minor issue".into()),
                module: Some("nodejs:18".into()),
                binaries: vec!["npm".into()],
            })
            .collect(),
        ..AdvisoryRecord::default()
    }
}

fn source(address: &str, starter: bool) -> FeedSource {
    FeedSource {
        source: address.into(),
        etag: Some("\"1\"".into()),
        starter,
        ..FeedSource::default()
    }
}

async fn import(store: &Store, from: FeedSource, records: &[AdvisoryRecord]) -> ImportOutcome {
    let mut import = store
        .begin_import(from, None, time(NOW))
        .await
        .expect("begins");
    import.add(records.to_vec()).await.expect("is written");
    import.commit().await.expect("is put in place")
}

/// Identifiers of the candidates of a name, joined.
async fn found(store: &Store, ecosystem: &str, name: &str) -> String {
    let candidates = store
        .candidates(ecosystem, &[name])
        .await
        .expect("an answer");
    let mut ids: Vec<&str> = candidates
        .get(name)
        .into_iter()
        .flatten()
        .map(|candidate| candidate.record.as_str())
        .collect();
    ids.sort_unstable();
    ids.join(" ")
}

/// Sets, records, and places of records; the joined names have to be those of the places.
async fn rows(store: &Store) -> (i64, i64, i64) {
    let (joined, distinct): (i64, i64) = sqlx::query_as(
        "SELECT (SELECT count(*) FROM candidates),
            (SELECT count(*) FROM (SELECT DISTINCT feed, ecosystem, name FROM affected))",
    )
    .fetch_one(store.pool())
    .await
    .expect("counts");
    assert_eq!(joined, distinct);
    sqlx::query_as(
        "SELECT (SELECT count(*) FROM feeds), (SELECT count(*) FROM records),
            (SELECT count(*) FROM affected)",
    )
    .fetch_one(store.pool())
    .await
    .expect("counts")
}

#[tokio::test]
async fn a_record_comes_back_as_it_went() {
    let (_directory, store) = store().await;
    let record = record(
        "A",
        "2026-01-01T00:00:00Z",
        &[("Debian:12", "x"), ("Debian:13", "x")],
    );
    import(&store, source("s", false), std::slice::from_ref(&record)).await;
    assert_eq!(
        store.record("Debian:12", "A").await.expect("an answer"),
        Some(record.clone())
    );
    assert_eq!(
        store.record("Debian:12", "B").await.expect("an answer"),
        None
    );

    let candidates = store
        .candidates("Debian:12", &["x", "absent"])
        .await
        .expect("an answer");
    assert_eq!(candidates.len(), 1);
    assert_eq!(candidates["x"][0].affected, [record.affected[0].clone()]);
    let heads = store
        .records("Debian:12", &["A", "B"])
        .await
        .expect("an answer");
    assert_eq!(heads["A"].details, record.details);
}

#[tokio::test]
async fn releases_and_names_are_kept_apart() {
    let (_directory, store) = store().await;
    let records = [
        record("A", "", &[("Debian:12", "x")]),
        record("B", "", &[("Debian:1", "x"), ("Debian:12", "xx")]),
        record("C", "", &[("Debian:12", "x"), ("Debian:12", "x")]),
    ];
    import(&store, source("s", false), &records).await;
    assert_eq!(found(&store, "Debian:12", "x").await, "A C");
    assert_eq!(found(&store, "Debian:1", "x").await, "B");
    assert_eq!(found(&store, "Debian", "x").await, "");
    let candidates = store
        .candidates("Debian:12", &["x"])
        .await
        .expect("an answer");
    let twice = candidates["x"]
        .iter()
        .find(|candidate| candidate.record == "C");
    assert_eq!(twice.expect("C").affected.len(), 2);
}

#[tokio::test]
async fn a_withdrawn_record_is_kept_and_matches_nothing() {
    let (_directory, store) = store().await;
    let withdrawn = AdvisoryRecord {
        withdrawn: Some("2026-01-01T00:00:00Z".into()),
        ..record("A", "", &[("Debian:12", "x")])
    };
    import(
        &store,
        source("s", false),
        &[withdrawn, record("B", "", &[("Debian:12", "x")])],
    )
    .await;
    assert_eq!(found(&store, "Debian:12", "x").await, "B");
    let record = store
        .record("Debian", "A")
        .await
        .expect("an answer")
        .expect("A");
    assert!(record.withdrawn.is_some());
}

#[tokio::test]
async fn a_new_set_takes_the_place_of_the_old_one_and_leaves_no_rows() {
    let (_directory, store) = store().await;
    import(
        &store,
        source("s", false),
        &[record("A", "", &[("Debian:12", "x")])],
    )
    .await;
    import(
        &store,
        source("s", false),
        &[record("B", "", &[("Debian:12", "x")])],
    )
    .await;
    assert_eq!(found(&store, "Debian:12", "x").await, "B");
    assert_eq!(rows(&store).await, (1, 1, 1));
}

#[tokio::test]
async fn an_import_that_ends_midway_costs_nothing() {
    let (_directory, store) = store().await;
    import(
        &store,
        source("s", false),
        &[record("A", "", &[("Debian:12", "x")])],
    )
    .await;
    let mut cut_off = store
        .begin_import(source("s", false), None, time(NOW))
        .await
        .expect("begins");
    cut_off
        .add(vec![record("B", "", &[("Debian:12", "x")])])
        .await
        .expect("is written");
    drop(cut_off);
    assert_eq!(found(&store, "Debian:12", "x").await, "A");

    // An hour later nobody writes it any more.
    let later = time("2026-06-01T02:00:00Z");
    let import = store
        .begin_import(source("s", false), None, later)
        .await
        .expect("begins");
    import.abandon().await.expect("is given up");
    assert_eq!(rows(&store).await, (1, 1, 1));
}

#[tokio::test]
async fn an_import_under_way_elsewhere_is_left_alone() {
    let (_directory, store) = store().await;
    let begin = || store.begin_import(source("s", false), None, time(NOW));
    let mut first = begin().await.expect("begins");
    first
        .add(vec![record("A", "", &[("Debian:12", "x")])])
        .await
        .expect("is written");
    let mut second = begin().await.expect("begins");
    second
        .add(vec![record("B", "", &[("Debian:12", "x")])])
        .await
        .expect("is written");
    first.commit().await.expect("is put in place");
    assert_eq!(found(&store, "Debian:12", "x").await, "A");
    second.commit().await.expect("is put in place");
    assert_eq!(found(&store, "Debian:12", "x").await, "B");
    assert_eq!(rows(&store).await, (1, 1, 1));
}

#[tokio::test]
async fn an_empty_set_replaces_nothing() {
    let (_directory, store) = store().await;
    import(
        &store,
        source("s", false),
        &[record("A", "", &[("Debian:12", "x")])],
    )
    .await;
    let outcome = import(&store, source("s", false), &[]).await;
    let reason = KeptReason::Empty;
    assert_eq!(outcome, ImportOutcome::Kept { reason });
    assert_eq!(found(&store, "Debian:12", "x").await, "A");
}

#[tokio::test]
async fn real_records_replace_the_starter_set_and_never_the_other_way() {
    let (_directory, store) = store().await;
    import(
        &store,
        source("starter", true),
        &[record("S", "", &[("Debian:12", "x")])],
    )
    .await;
    assert!(
        store
            .feed("Debian:12")
            .await
            .expect("an answer")
            .expect("a feed")
            .starter
    );
    assert!(store.records("Debian", &["S"]).await.expect("an answer")["S"].starter);

    import(
        &store,
        source("real", false),
        &[record("R", "", &[("Debian:12", "x")])],
    )
    .await;
    assert_eq!(found(&store, "Debian:12", "x").await, "R");
    assert!(!store.records("Debian", &["R"]).await.expect("an answer")["R"].starter);

    let outcome = import(
        &store,
        source("starter", true),
        &[record("S", "", &[("Debian:12", "x")])],
    )
    .await;
    let reason = KeptReason::RealOverStarter;
    assert_eq!(outcome, ImportOutcome::Kept { reason });
    assert_eq!(found(&store, "Debian:12", "x").await, "R");
    assert_eq!(rows(&store).await, (1, 1, 1));
}

#[tokio::test]
async fn an_older_set_from_the_same_source_replaces_nothing() {
    let (_directory, store) = store().await;
    let at = |modified: &str| [record("A", modified, &[("Debian:12", "x")])];
    import(&store, source("s", false), &at("2026-02-01T00:00:00Z")).await;
    let outcome = import(&store, source("s", false), &at("2026-01-01T00:00:00Z")).await;
    assert_eq!(
        outcome,
        ImportOutcome::Kept {
            reason: KeptReason::NewerThere {
                there: time("2026-02-01T00:00:00Z"),
                came: Some(time("2026-01-01T00:00:00Z")),
            }
        }
    );
    let outcome = import(&store, source("other", false), &at("2026-01-01T00:00:00Z")).await;
    assert!(
        matches!(outcome, ImportOutcome::Replaced { .. }),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn times_in_the_future_are_not_believed() {
    let (_directory, store) = store().await;
    let records = [
        record("A", "2027-07-09T00:00:00Z", &[("Debian:12", "x")]),
        record("B", "2026-05-01T00:00:00Z", &[("Debian:12", "x")]),
        record("C", "not a time", &[("Debian:12", "x")]),
    ];
    import(&store, source("s", false), &records).await;
    let feed = store
        .feed("Debian")
        .await
        .expect("an answer")
        .expect("a feed");
    assert_eq!(feed.newest_modified, Some(time("2026-05-01T00:00:00Z")));
    assert_eq!((feed.records, feed.imported_at), (3, time(NOW)));
    assert_eq!(feed.etag.as_deref(), Some("\"1\""));
}

#[tokio::test]
async fn the_ecosystem_of_most_records_is_taken_and_the_others_are_told() {
    let (_directory, store) = store().await;
    let records = [
        record("A", "", &[("Debian:12", "x")]),
        record("B", "", &[("Debian:12", "x"), ("Alpine:v3.20", "x")]),
    ];
    let outcome = import(&store, source("s", false), &records).await;
    let ImportOutcome::Replaced { feed, left_out } = outcome else {
        panic!("kept: {outcome:?}");
    };
    assert_eq!((feed.ecosystem.as_str(), feed.records), ("Debian", 2));
    assert_eq!(left_out, [("Alpine".to_owned(), 1)].into());
    assert_eq!(found(&store, "Alpine:v3.20", "x").await, "");
    assert_eq!(rows(&store).await, (1, 2, 2));
}

#[tokio::test]
async fn a_named_ecosystem_takes_only_its_own() {
    let (_directory, store) = store().await;
    let mut import = store
        .begin_import(source("s", false), Some("Alpine"), time(NOW))
        .await
        .expect("begins");
    let records = vec![record(
        "A",
        "",
        &[("Debian:12", "x"), ("Alpine:v3.20", "x")],
    )];
    import.add(records).await.expect("is written");
    import.note_problems(2);
    let outcome = import.commit().await.expect("is put in place");
    let ImportOutcome::Replaced { feed, .. } = outcome else {
        panic!("kept: {outcome:?}");
    };
    assert_eq!((feed.ecosystem.as_str(), feed.problems), ("Alpine", 2));
    assert_eq!(rows(&store).await, (1, 1, 1));
}

#[tokio::test]
async fn of_two_records_with_one_identifier_the_first_stays() {
    let (_directory, store) = store().await;
    let mut import = store
        .begin_import(source("s", false), None, time(NOW))
        .await
        .expect("begins");
    for _ in 0..2 {
        let records =
            [("x", "A"), ("y", "A")].map(|(name, id)| record(id, "", &[("Debian:12", name)]));
        import.add(records.to_vec()).await.expect("is written");
    }
    import.commit().await.expect("is put in place");
    assert_eq!(found(&store, "Debian:12", "x").await, "A");
    assert_eq!(found(&store, "Debian:12", "y").await, "");
}

#[tokio::test]
async fn changes_replace_add_and_withdraw() {
    let (_directory, store) = store().await;
    let records =
        ["A", "B", "C"].map(|id| record(id, "2026-01-01T00:00:00Z", &[("Debian:12", "x")]));
    import(&store, source("s", false), &records).await;
    let changes = vec![
        record("A", "2026-02-01T00:00:00Z", &[("Debian:12", "y")]),
        AdvisoryRecord {
            withdrawn: Some("2026-02-01T00:00:00Z".into()),
            ..record("B", "", &[("Debian:12", "x")])
        },
        record("D", "2027-01-01T00:00:00Z", &[("Debian:12", "x")]),
    ];
    let increment = FeedIncrement {
        records: changes,
        ..FeedIncrement::default()
    };
    let feed = store
        .apply_increment(FeedKind::Osv, "Debian", increment, time(NOW))
        .await
        .expect("is added");
    assert_eq!(found(&store, "Debian:12", "x").await, "C D");
    assert_eq!(found(&store, "Debian:12", "y").await, "A");
    assert_eq!(feed.records, 4);
    assert_eq!(feed.newest_modified, Some(time("2026-02-01T00:00:00Z")));
    assert_eq!(feed.etag.as_deref(), Some("\"1\""));
    assert_eq!(rows(&store).await, (1, 4, 3));
}

#[tokio::test]
async fn changes_to_a_set_that_is_not_there_are_refused() {
    let (_directory, store) = store().await;
    let refused = store
        .apply_increment(
            FeedKind::Osv,
            "Debian:12",
            FeedIncrement::default(),
            time(NOW),
        )
        .await
        .expect_err("is refused");
    assert!(matches!(refused, StoreError::NoFeed { .. }), "{refused}");
}

fn part(kind: FeedKind, part: &str) -> FeedSource {
    FeedSource {
        kind,
        part: part.into(),
        ..source("s", false)
    }
}

#[tokio::test]
async fn several_feeds_and_parts_answer_together() {
    let (_directory, store) = store().await;
    let at =
        |id: &str, modified: &str, name: &str| [record(id, modified, &[("Alpine:v3.20", name)])];
    let secdb = FeedKind::AlpineSecdb;
    import(&store, part(FeedKind::Osv, ""), &at("O", "", "x")).await;
    import(
        &store,
        part(secdb, "v3.20/main"),
        &at("S", "2026-01-01T00:00:00Z", "x"),
    )
    .await;
    import(
        &store,
        part(secdb, "v3.20/community"),
        &at("S", "2026-01-02T00:00:00Z", "x"),
    )
    .await;
    assert_eq!(found(&store, "Alpine:v3.20", "x").await, "O S");
    let whole = store.record("Alpine", "S").await.expect("an answer");
    let whole = whole.expect("is there");
    assert_eq!(whole.affected.len(), 2);
    assert_eq!(
        (whole.modified.as_str(), whole.feed),
        ("2026-01-02T00:00:00Z", secdb)
    );

    let feeds = store.feeds_of("Alpine:v3.20").await.expect("an answer");
    let listed: Vec<(FeedKind, &str)> = feeds
        .iter()
        .map(|feed| (feed.kind, feed.part.as_str()))
        .collect();
    let expected = [
        (FeedKind::Osv, ""),
        (secdb, "v3.20/community"),
        (secdb, "v3.20/main"),
    ];
    assert_eq!(listed, expected);
    let one = store.feed_of(secdb, "Alpine", "v3.20/main").await;
    assert_eq!(one.expect("an answer").as_ref(), Some(&feeds[2]));
    assert_eq!(rows(&store).await, (3, 3, 3));

    // Each takes the place of its own only.
    import(
        &store,
        part(secdb, "v3.20/main"),
        &at("T", "2026-01-03T00:00:00Z", "x"),
    )
    .await;
    assert_eq!(found(&store, "Alpine:v3.20", "x").await, "O S T");
    assert_eq!(rows(&store).await, (3, 3, 3));
}

#[tokio::test]
async fn real_records_of_any_feed_take_the_place_of_a_starter_set() {
    let (_directory, store) = store().await;
    let of = |id: &str| [record(id, "", &[("Debian:12", "x")])];
    import(&store, source("starter", true), &of("S")).await;
    import(&store, part(FeedKind::DebianTracker, ""), &of("T")).await;
    assert_eq!(found(&store, "Debian:12", "x").await, "T");
    let outcome = import(&store, source("starter", true), &of("S")).await;
    let reason = KeptReason::RealOverStarter;
    assert_eq!(outcome, ImportOutcome::Kept { reason });
    assert_eq!(rows(&store).await, (1, 1, 1));
}

#[tokio::test]
async fn an_older_export_replaces_nothing_whatever_its_records_say() {
    let (_directory, store) = store().await;
    let exported = |day: u8| FeedSource {
        exported_at: Some(time(&format!("2026-03-0{day}T00:00:00Z"))),
        ..source("s", false)
    };
    let at = |modified: &str| [record("A", modified, &[("Debian:12", "x")])];
    import(&store, exported(2), &at("2026-01-01T00:00:00Z")).await;
    let outcome = import(&store, exported(1), &at("2026-02-01T00:00:00Z")).await;
    let reason = KeptReason::NewerThere {
        there: time("2026-03-02T00:00:00Z"),
        came: Some(time("2026-03-01T00:00:00Z")),
    };
    assert_eq!(outcome, ImportOutcome::Kept { reason });
    import(&store, exported(3), &at("2025-01-01T00:00:00Z")).await;
    let feed = store
        .feed("Debian")
        .await
        .expect("an answer")
        .expect("a feed");
    assert_eq!(feed.exported_at, Some(time("2026-03-03T00:00:00Z")));
}

#[tokio::test]
async fn the_size_of_a_set_follows_its_changes() {
    let (_directory, store) = store().await;
    let records = ["A", "B"].map(|id| record(id, "", &[("Debian:12", "x"), ("Debian:12", "é")]));
    let outcome = import(&store, source("s", false), &records).await;
    let ImportOutcome::Replaced { feed, .. } = outcome else {
        panic!("kept: {outcome:?}");
    };
    let change = async |increment: FeedIncrement| {
        store
            .apply_increment(FeedKind::Osv, "Debian", increment, time(NOW))
            .await
            .expect("is added")
    };
    let more = record("C", "", &[("Debian:13", "x"), ("Debian:12", "x")]);
    let larger = change(FeedIncrement {
        records: vec![more],
        ..FeedIncrement::default()
    })
    .await;
    assert_eq!((larger.records, larger.bytes > feed.bytes), (3, true));
    let again = change(FeedIncrement {
        removed: vec!["C".into(), "unknown".into()],
        ..FeedIncrement::default()
    })
    .await;
    assert_eq!((again.records, again.bytes), (2, feed.bytes));
    assert_eq!(found(&store, "Debian:13", "x").await, "");
    let all = change(FeedIncrement {
        removed: vec!["A".into(), "B".into()],
        ..FeedIncrement::default()
    })
    .await;
    assert_eq!(all.bytes, 0);
    assert_eq!(rows(&store).await, (1, 0, 0));
}

#[tokio::test]
async fn clearing_removes_every_record() {
    let (_directory, store) = store().await;
    import(
        &store,
        source("s", false),
        &[record("A", "", &[("Debian:12", "x")])],
    )
    .await;
    store.clear_advisories().await.expect("is cleared");
    assert_eq!(store.feeds().await.expect("an answer"), []);
    assert_eq!(rows(&store).await, (0, 0, 0));
}

#[tokio::test]
async fn more_records_than_one_batch_arrive() {
    let (_directory, store) = store().await;
    let records: Vec<AdvisoryRecord> = (0..2_500)
        .map(|index| {
            record(
                &format!("A-{index}"),
                "",
                &[("Debian:12", &format!("p{}", index % 7))],
            )
        })
        .collect();
    import(&store, source("s", false), &records).await;
    let names: Vec<String> = (0..7).map(|index| format!("p{index}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let candidates = store
        .candidates("Debian:12", &names)
        .await
        .expect("an answer");
    assert_eq!(candidates.values().map(Vec::len).sum::<usize>(), 2_500);
}

#[tokio::test]
async fn a_disk_that_fills_up_during_an_import_keeps_the_last_good_set() {
    let directory = tempfile::tempdir().expect("a temporary folder");
    let store = Store::open_with(directory.path(), crate::migrations::MIGRATIONS, Some(100))
        .await
        .expect("opens");
    import(
        &store,
        source("s", false),
        &[record("A", "", &[("Debian:12", "x")])],
    )
    .await;
    let mut large = record("B", "", &[("Debian:12", "x")]);
    large.details = "x".repeat(1 << 20);
    let mut import = store
        .begin_import(source("s", false), None, time(NOW))
        .await
        .expect("begins");
    let refused = import.add(vec![large]).await.expect_err("does not fit");
    assert!(matches!(refused, StoreError::Full { .. }), "{refused}");
    import.abandon().await.expect("is given up");
    assert_eq!(found(&store, "Debian:12", "x").await, "A");
}
