use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use outcrop_image::fixtures::TarFixture;
use outcrop_image::{
    Cancellation, LayerReport, Limits, RandomAccess, analyse_layer, preview, squash,
};

use super::fixtures::header;
use super::*;
use crate::fuzz::{survives, survives_beside};

const SQLITE: &str = "var/lib/rpm/rpmdb.sqlite";
const LOG: &str = "var/lib/rpm/rpmdb.sqlite-wal";
const NDB: &str = "usr/lib/sysimage/rpm/Packages.db";
const BERKELEY: &str = "var/lib/rpm/Packages";

/// What `rpm -qa` says of the fixtures, `gpg-pubkey` aside, as `name version < source version`.
const INSTALLED: [&str; 6] = [
    "slate 1.0-1.el9 < slate 1.0-1.el9",
    "slate-devel 1.0-1.el9 < slate 1.0-1.el9",
    "chalk 2:3.4.5-6.module_el8.9.0+1 < chalk 2:3.4.5-6.module_el8.9.0+1",
    "chalk-devel 2:3.4.5-6.module_el8.9.0+1 < chalk 2:3.4.5-6.module_el8.9.0+1",
    "basalt 1:9-2 < basalt 1:9-2",
    "basalt-devel 1:0.5-2 < basalt 9-2",
];

fn plain(compressed: &[u8]) -> Vec<u8> {
    zstd::decode_all(compressed).unwrap()
}

fn sqlite() -> Vec<u8> {
    plain(include_bytes!("fixtures/rpmdb.sqlite.zst"))
}

fn log() -> Vec<u8> {
    plain(include_bytes!("fixtures/rpmdb.sqlite-wal.zst"))
}

fn berkeley() -> Vec<u8> {
    plain(include_bytes!("fixtures/Packages.zst"))
}

fn small_sqlite() -> Vec<u8> {
    plain(include_bytes!("fixtures/small.sqlite.zst"))
}

/// A log as it was kept, over the database that it belongs to.
struct OverTheDatabase(Vec<u8>);

impl Analyser for OverTheDatabase {
    fn id(&self) -> &'static str {
        "rpm"
    }

    fn version(&self) -> u32 {
        1
    }

    fn wants(&self, _: &FileFacts<'_>) -> Option<u64> {
        None
    }

    fn analyse(&self, file: &CandidateFile<'_>) -> Analysis {
        let snapshot: Snapshot = serde_json::from_slice(&self.0).unwrap();
        let log = WriteAheadLog::decode(file.bytes);
        let mut problems = FileProblems::default();
        snapshot.packages(log.as_ref(), &mut |header| {
            header.package(file.path, &mut problems)
        });
        Analysis::default()
    }
}

/// Packages as `name version < source version`, sorted, and problems.
fn lines(files: &[(&str, Vec<u8>)]) -> (Vec<String>, Vec<String>) {
    let files: Vec<(String, Vec<u8>)> = files
        .iter()
        .map(|(path, bytes)| ((*path).to_owned(), bytes.clone()))
        .collect();
    let inventory = preview(&files, &[&Rpm]);
    let mut packages: Vec<String> = inventory
        .packages
        .iter()
        .map(|package| {
            let (name, version) = package.package.judged_as();
            format!(
                "{} {} < {name} {version}",
                package.package.name, package.package.version
            )
        })
        .collect();
    packages.sort_unstable();
    let problems = inventory
        .problems
        .into_iter()
        .map(|problem| problem.message)
        .collect();
    (packages, problems)
}

fn check(files: &[(&str, Vec<u8>)], packages: &[&str], problems: &[&str]) {
    let mut expected = packages.to_vec();
    expected.sort_unstable();
    let (packages, told) = lines(files);
    assert_eq!(packages, expected);
    assert_eq!(told, problems);
}

/// A database of ndb with these headers, as `rpmpkg.c` lays it out.
fn ndb(headers: &[Vec<u8>]) -> Vec<u8> {
    let mut slots = b"RpmP".to_vec();
    slots.extend(
        [0, 1, 1, headers.len() as u32 + 1, 0, 0, 0]
            .map(u32::to_le_bytes)
            .concat(),
    );
    let mut blobs: Vec<u8> = Vec::new();
    for (header, number) in headers.iter().zip(1_u32..) {
        let length = header.len() as u32;
        let block = (4_096 + blobs.len()) as u32 / 16;
        let blocks = (16 + length + 12).div_ceil(16);
        slots.extend(b"Slot");
        slots.extend([number, block, blocks].map(u32::to_le_bytes).concat());
        blobs.extend(b"BlbS");
        blobs.extend([number, 0, length].map(u32::to_le_bytes).concat());
        blobs.extend(header);
        blobs.resize((block + blocks) as usize * 16 - 4_096 - 12, 0);
        blobs.extend([0, length].map(u32::to_le_bytes).concat());
        blobs.extend(b"BlbE");
    }
    while slots.len() < 4_096 {
        slots.extend(b"Slot\0\0\0\0\0\0\0\0\0\0\0\0");
    }
    slots.extend(blobs);
    slots
}

/// A hash table with one page, which holds these headers.
fn one_page(order: Order, headers: &[Vec<u8>]) -> Vec<u8> {
    let short = |number: u16| match order {
        Order::Little => number.to_le_bytes(),
        Order::Big => number.to_be_bytes(),
    };
    let long = |number: u32| match order {
        Order::Little => number.to_le_bytes(),
        Order::Big => number.to_be_bytes(),
    };
    let mut table = vec![0; 1_024];
    for (at, number) in [(12, berkeley::MAGIC), (16, 9), (20, 512), (32, 1)] {
        table[at..at + 4].copy_from_slice(&long(number));
    }
    let page = &mut table[512..];
    let mut offset = 512;
    let mut items = 0;
    for (header, number) in headers.iter().zip(1..) {
        for item in [&long(number)[..], header] {
            offset -= item.len() + 1;
            page[offset] = 1;
            page[offset + 1..=offset + item.len()].copy_from_slice(item);
            page[26 + items * 2..28 + items * 2].copy_from_slice(&short(offset as u16));
            items += 1;
        }
    }
    page[20..22].copy_from_slice(&short(items as u16));
    page[25] = 13;
    table
}

#[test]
fn every_form_tells_what_rpm_tells() {
    check(&[(SQLITE, sqlite())], &INSTALLED, &[]);
    check(&[(BERKELEY, berkeley())], &INSTALLED, &[]);
    // Pages of 512 bytes hold no header whole; that of `basalt` was left out.
    check(
        &[(SQLITE, small_sqlite())],
        &[&INSTALLED[..4], &INSTALLED[5..]].concat(),
        &[],
    );
    let two = [header("a", "1", "2"), header("b", "3", "4")];
    let expected = ["a 1-2 < a 1-2", "b 3-4 < b 3-4"];
    check(&[(NDB, ndb(&two))], &expected, &[]);
    for order in [Order::Little, Order::Big] {
        check(&[(BERKELEY, one_page(order, &two))], &expected, &[]);
    }
}

#[test]
fn a_database_larger_than_memory_is_read_where_it_lies() {
    struct Elsewhere(Vec<u8>);

    impl RandomAccess for Elsewhere {
        fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
            let rest = self.0.get(offset as usize..).unwrap_or_default();
            let read = rest.len().min(buffer.len());
            buffer[..read].copy_from_slice(&rest[..read]);
            Ok(read)
        }
    }

    for (path, bytes) in [
        (SQLITE, sqlite()),
        (BERKELEY, berkeley()),
        (NDB, ndb(&[header("a", "1", "2")])),
    ] {
        let content = Elsewhere(bytes.clone());
        let here = Rpm.analyse(&CandidateFile::whole(path, &bytes));
        let elsewhere = Rpm.analyse(&CandidateFile {
            path,
            bytes: &bytes[..5_000.min(bytes.len() - 1)],
            whole: false,
            large: Some((bytes.len() as u64, &content)),
        });
        assert!(here.observation.is_some());
        assert_eq!(here, elsewhere);
    }
}

#[test]
fn a_package_keeps_everything_its_header_tells() {
    let inventory = preview(&[(SQLITE.to_owned(), sqlite())], &[&Rpm]);
    let found = |name: &str| {
        let of_name = |package: &&outcrop_model::InventoryPackage| package.package.name == name;
        &inventory.packages.iter().find(of_name).unwrap().package
    };
    let chalk = found("chalk");
    assert_eq!(
        chalk.purl("redhat", Some("rhel-8.9")),
        "pkg:rpm/redhat/chalk@3.4.5-6.module_el8.9.0%2B1?arch=noarch&distro=rhel-8.9&epoch=2\
         &modularitylabel=chalk:3:8090020230101000000:abcdef12&vendor=Quarry"
    );
    assert_eq!(chalk.evidence.cataloger, "rpm");
    assert_eq!(chalk.evidence.path, SQLITE);
    assert_eq!(
        format!(
            "{:?} {:?}",
            found("slate").licences,
            found("basalt").licences
        ),
        r#"[Spdx("GPL-2.0-or-later AND MIT")] [Verbatim("Quarry Licence")]"#
    );
    assert_eq!(found("basalt").architecture.as_deref(), Some("x86_64"));
}

#[test]
fn a_log_beside_the_database_counts_as_far_as_it_was_committed() {
    // Upgraded, erased and installed while a reader kept the log from being laid down.
    let logged = [
        "slate 1.1-1.el9 < slate 1.1-1.el9",
        "slate-devel 1.1-1.el9 < slate 1.1-1.el9",
        INSTALLED[2],
        INSTALLED[4],
        INSTALLED[5],
        "flint 7-1 < flint 7-1",
    ];
    check(&[(SQLITE, sqlite()), (LOG, log())], &logged, &[]);
    check(&[(SQLITE, sqlite()), (LOG, Vec::new())], &INSTALLED, &[]);
    check(&[(LOG, log())], &[], &[]);
    // A frame whose checksum is wrong ends the log, and with it a transaction that has no commit.
    for at in [40, 60] {
        let mut damaged = log();
        damaged[at] ^= 1;
        check(&[(SQLITE, sqlite()), (LOG, damaged)], &INSTALLED, &[]);
    }
    let mut last = log();
    *last.last_mut().unwrap() ^= 1;
    let (packages, _) = lines(&[(SQLITE, sqlite()), (LOG, last)]);
    assert!(
        packages.contains(&"slate 1.1-1.el9 < slate 1.1-1.el9".to_owned()),
        "{packages:?}"
    );
    assert!(
        !packages.contains(&"flint 7-1 < flint 7-1".to_owned()),
        "{packages:?}"
    );
}

#[test]
fn rows_on_a_page_that_was_written_anew_keep_what_is_not_in_the_log() {
    let log = plain(include_bytes!("fixtures/small.sqlite-wal.zst"));
    let packages = [&INSTALLED[..4], &["grit 1-1 < grit 1-1"]].concat();
    check(&[(SQLITE, small_sqlite()), (LOG, log)], &packages, &[]);
}

#[test]
fn database_and_log_come_together_across_layers_and_links() {
    let analysers: &[&dyn Analyser] = &[&Rpm];
    let real = |name: &str| format!("usr/lib/sysimage/rpm/{name}");
    let layers = [
        TarFixture::new()
            .symbolic_link("var/lib/rpm", "../../usr/lib/sysimage/rpm")
            .file(&real("rpmdb.sqlite"), sqlite()),
        TarFixture::new().file(&real("rpmdb.sqlite-wal"), log()),
        TarFixture::new().file("var/lib/rpm/rpmdb.sqlite-wal", ""),
    ];
    let (diff_ids, reports): (Vec<_>, Vec<_>) = layers
        .into_iter()
        .map(|layer| {
            let bytes = layer.bytes();
            let (limits, never) = (Limits::DEFAULT, Cancellation::new());
            let read = analyse_layer(&mut &bytes[..], analysers, None, &limits, &never).unwrap();
            let report = LayerReport::decode(&read.report.encode()).unwrap();
            (report.diff_id, Some(Arc::new(report)))
        })
        .unzip();
    let versions_of_slate = |layers: usize| {
        let never = Cancellation::new();
        let inventory = squash(&diff_ids[..layers], &reports[..layers], analysers, &never).unwrap();
        assert_eq!(inventory.problems, []);
        let packages = inventory.packages.into_iter();
        packages
            .filter(|package| package.package.name == "slate")
            .map(|package| (package.package.version, package.introduced_in))
            .collect::<Vec<_>>()
    };
    assert_eq!(versions_of_slate(1), [("1.0-1.el9".to_owned(), 0)]);
    assert_eq!(versions_of_slate(2), [("1.1-1.el9".to_owned(), 1)]);
    assert_eq!(versions_of_slate(3), [("1.0-1.el9".to_owned(), 2)]);
}

#[test]
fn of_several_forms_in_a_folder_the_newest_counts() {
    let old = one_page(Order::Little, &[header("old", "1", "1")]);
    check(
        &[(SQLITE, sqlite()), (BERKELEY, old.clone())],
        &INSTALLED,
        &[],
    );
    check(
        &[(SQLITE, Vec::new()), (BERKELEY, old)],
        &["old 1-1 < old 1-1"],
        &[],
    );
}

#[test]
fn versions_side_by_side_are_kept_apart_and_keys_are_left_out() {
    let headers = ["1", "2", "1"].map(|release| header("kernel", "6", release));
    let headers = [&headers[..], &[header("gpg-pubkey", "1", "1")]].concat();
    check(
        &[(NDB, ndb(&headers))],
        &["kernel 6-1 < kernel 6-1", "kernel 6-2 < kernel 6-2"],
        &[],
    );
}

#[test]
fn what_cannot_be_read_is_named_and_the_rest_stays() {
    let whole = sqlite();
    check(
        &[(SQLITE, whole[..50].to_vec())],
        &[],
        &["not a database of SQLite: it does not begin with `SQLite format 3`"],
    );
    let (packages, problems) = lines(&[(SQLITE, whole[..whole.len() - 40_000].to_vec())]);
    assert!(!packages.is_empty(), "{problems:?}");
    assert!(
        problems
            .iter()
            .any(|problem| problem.contains("the database is cut off; of its")),
        "{problems:?}"
    );
    let whole = berkeley();
    let (packages, problems) = lines(&[(BERKELEY, whole[..whole.len() / 2].to_vec())]);
    assert!(packages.len() < INSTALLED.len());
    assert_eq!(
        problems[0],
        "the database is cut off; of its 13 pages there are 6"
    );
    check(
        &[(BERKELEY, b"text".to_vec())],
        &[],
        &["the database is cut off in its first page"],
    );
    check(
        &[(BERKELEY, vec![b' '; 100])],
        &[],
        &["not a hash table of Berkeley DB: its magic number is missing"],
    );
    let mut damaged = ndb(&[
        header("a", "1", "1"),
        b"nothing".to_vec(),
        header("b", "1", "1"),
    ]);
    check(
        &[(NDB, damaged.clone())],
        &["a 1-1 < a 1-1", "b 1-1 < b 1-1"],
        &["the header of a package is damaged: number 2"],
    );
    damaged[4_096] = 0;
    check(
        &[(NDB, damaged)],
        &["b 1-1 < b 1-1"],
        &[
            "a package cannot be read from the database: number 1",
            "the header of a package is damaged: number 2",
        ],
    );
}

#[test]
fn pages_that_lead_in_a_circle_end() {
    // The first page of the table becomes an inner one, whose only page below is itself.
    let mut database = sqlite();
    let table = 0x1000;
    database[table] = 5;
    database[table + 3..table + 5].fill(0);
    database[table + 8..table + 12].copy_from_slice(&2_u32.to_be_bytes());
    check(
        &[(SQLITE, database)],
        &[],
        &["a page of the database cannot be read: 2"],
    );
}

#[test]
fn a_page_that_leads_to_more_pages_than_there_are_is_damaged() {
    let mut database = sqlite();
    let table = 0x1000;
    let cells = database.len() / 0x1000 + 1;
    database[table] = 5;
    database[table + 3..table + 5].copy_from_slice(&(cells as u16).to_be_bytes());
    check(
        &[(SQLITE, database)],
        &[],
        &["a page of the database cannot be read: 2"],
    );
}

#[test]
fn a_header_that_many_slots_name_is_read_once() {
    struct Counted(Vec<u8>, AtomicUsize);

    impl RandomAccess for Counted {
        fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
            self.1.fetch_add(buffer.len(), Ordering::Relaxed);
            let rest = self.0.get(offset as usize..).unwrap_or_default();
            let read = rest.len().min(buffer.len());
            buffer[..read].copy_from_slice(&rest[..read]);
            Ok(read)
        }
    }

    let mut bytes = ndb(&[[header("a", "1", "1"), vec![0; 100_000]].concat()]);
    let slot = bytes[32..48].to_vec();
    for other in bytes[48..4_096].chunks_exact_mut(16) {
        other.copy_from_slice(&slot);
    }
    let size = bytes.len();
    let content = Counted(bytes, AtomicUsize::new(0));
    let analysis = Rpm.analyse(&CandidateFile {
        path: NDB,
        bytes: &[],
        whole: false,
        large: Some((size as u64, &content)),
    });
    assert_eq!(
        analysis.problems[0].message,
        "a package cannot be read from the database: number 1"
    );
    assert!(content.1.into_inner() < 2 * size);
}

#[test]
fn cells_of_a_log_are_held_page_by_page() {
    let (page_bytes, pages) = (65_536_usize, 40_u32);
    let mut page = vec![0; page_bytes];
    page[0] = 0x0d;
    let cells = page_bytes / 6;
    page[3..5].copy_from_slice(&(cells as u16).to_be_bytes());
    let mut kept = (page_bytes as u32).to_le_bytes().to_vec();
    for number in 2..pages {
        kept.extend(number.to_le_bytes());
        kept.extend(&page);
    }
    let log = WriteAheadLog::decode(&kept);
    let snapshot = Snapshot {
        page_bytes,
        usable: page_bytes,
        root: Some(1),
        nodes: [(1, sqlite::Kept::Interior((2..pages).collect()))].into(),
    };
    let memory = allocation_counter::measure(|| {
        assert_eq!(snapshot.packages(log.as_ref(), &mut |_| None), []);
    });
    assert!(memory.bytes_max < 4 << 20, "{memory:?}");
}

#[test]
fn a_file_of_that_name_elsewhere_need_not_be_a_database() {
    let wants = |path, head| {
        Rpm.wants(&FileFacts {
            path,
            size: 100,
            head,
        })
    };
    assert_eq!(wants("srv/mirror/Packages", b"Package: slate\nV"), None);
    assert_eq!(
        wants("var/lib/rpm/Packages", b"Package: slate\nV"),
        Some(MAX_DATABASE_BYTES)
    );
    assert_eq!(
        wants("mnt/rpm/rpmdb.sqlite", sqlite::MAGIC),
        Some(MAX_DATABASE_BYTES)
    );
}

#[test]
fn whatever_bytes_come_it_goes_on() {
    let two = [header("a", "1", "2"), header("b", "3", "4")];
    survives(&Rpm, NDB, &ndb(&two));
    survives(&Rpm, BERKELEY, &one_page(Order::Little, &two));
    survives(&Rpm, BERKELEY, &berkeley());
    survives(&Rpm, SQLITE, &small_sqlite());
    let small_log = plain(include_bytes!("fixtures/small.sqlite-wal.zst"));
    survives_beside(&Rpm, &[(LOG, &small_log)], SQLITE, &small_sqlite());
    let log = log();
    survives(&Rpm, LOG, &log[..9_000]);
    let database = Rpm.analyse(&CandidateFile::whole(SQLITE, &small_sqlite()));
    let Some(Observation::Bytes(snapshot)) = database.observation else {
        panic!("{:?}", database.problems);
    };
    // Without checksums, so that what is changed counts.
    let kept = Rpm.analyse(&CandidateFile::whole(LOG, &log));
    let Some(Observation::Bytes(kept)) = kept.observation else {
        panic!("{:?}", kept.problems);
    };
    survives(Box::leak(Box::new(OverTheDatabase(snapshot))), LOG, &kept);
}
