use std::io::Read;

use outcrop_model::{Evidence, Package, PackageKind};

use super::*;
use crate::analyser::{Analysis, Conclusion, Observation, Root};
use crate::fixtures::{TarFixture, gzip, raw_header, zstd};
use crate::tree::View;

/// Keeps the bytes of every file named `record`.
struct Records;

const ROOTS: &[Root] = &[Root::file("var/db/record")];

impl Analyser for Records {
    fn id(&self) -> &'static str {
        "records"
    }

    fn version(&self) -> u32 {
        1
    }

    fn roots(&self) -> &'static [Root] {
        ROOTS
    }

    fn wants(&self, file: &FileFacts<'_>) -> Option<u64> {
        (file.folder_and_name().1 == "record").then_some(16)
    }

    fn analyse(&self, file: &CandidateFile<'_>) -> Analysis {
        Analysis {
            observation: Some(Observation::Bytes(file.bytes.to_vec())),
            problems: if file.whole {
                Vec::new()
            } else {
                vec![FileProblem::new(ProblemKind::TooLarge, "cut")]
            },
        }
    }

    fn conclude(&self, _view: &View<'_>) -> Conclusion {
        Conclusion::default()
    }
}

fn analyse_with(bytes: &[u8], limits: &Limits) -> AnalysedLayer {
    analyse_layer(
        &mut &bytes[..],
        &[&Records],
        None,
        limits,
        &Cancellation::new(),
    )
    .unwrap()
}

fn analyse(bytes: &[u8]) -> LayerReport {
    analyse_with(bytes, &Limits::DEFAULT).report
}

/// Each problem as `kind path: message`.
fn problems(report: &LayerReport) -> Vec<String> {
    report
        .problems
        .iter()
        .map(|problem| format!("{:?} {}: {}", problem.kind, problem.path, problem.message))
        .collect()
}

fn candidates(report: &LayerReport) -> Vec<(&str, &[u8])> {
    report
        .candidates
        .iter()
        .map(|candidate| {
            let bytes = match &candidate.observation {
                Some(Observation::Bytes(bytes)) => bytes.as_slice(),
                _ => b"",
            };
            (candidate.path.as_str(), bytes)
        })
        .collect()
}

fn sample() -> Vec<u8> {
    // Bytes that do not get smaller when packed.
    let noise: Vec<u8> = (0..20_000u32)
        .flat_map(|number| *Digest::of(&number.to_le_bytes()).as_bytes())
        .collect();
    TarFixture::new()
        .folder("var/db/")
        .file("var/db/record", "hello")
        .file("usr/bin/tool", noise)
        .bytes()
}

#[test]
fn the_digest_is_that_of_the_plain_bytes_however_packed() {
    let plain = sample();
    let (first, second) = plain.split_at(50_000);
    let members = [gzip(first), gzip(second)].concat();
    let frames = [zstd(first), zstd(second)].concat();
    let skippable = [b"\x50\x2a\x4d\x18\x03\0\0\0abc".to_vec(), zstd(&plain)].concat();
    let expected = DiffId(Digest::of(&plain));
    for (packing, bytes) in [
        ("plain", plain.clone()),
        ("gzip", gzip(&plain)),
        ("several members", members),
        ("zstd", zstd(&plain)),
        ("several frames", frames),
        ("skippable frame", skippable),
    ] {
        let read = analyse_with(&bytes, &Limits::DEFAULT);
        assert_eq!(read.report.diff_id, expected, "{packing}");
        assert_eq!(read.blob, Some(Digest::of(&bytes)), "{packing}");
        assert!(read.report.whole, "{packing}");
        assert_eq!(problems(&read.report), [""; 0], "{packing}");
        assert_eq!(candidates(&read.report), [("var/db/record", &b"hello"[..])]);
        assert_eq!((read.report.files, read.report.content_bytes), (2, 640_005));
    }
}

#[test]
fn bytes_after_the_end_of_the_tar_belong_to_the_digest() {
    let mut bytes = sample();
    bytes.extend([0; 9000]);
    bytes.extend(b"trailing");
    let report = analyse(&bytes);
    assert_eq!(report.diff_id, DiffId(Digest::of(&bytes)));
    assert!(report.whole);
}

#[test]
fn an_empty_layer_is_read_whole() {
    let report = analyse(&[0; 1024]);
    assert_eq!(report.diff_id, outcrop_model::ChainId::EMPTY_LAYER);
    assert!(report.whole && report.problems.is_empty());
}

#[test]
fn a_cut_layer_gives_what_there_was_and_is_not_whole() {
    for bytes in [sample(), gzip(&sample()), zstd(&sample())] {
        for tenth in 1..10 {
            let read = analyse_with(&bytes[..bytes.len() * tenth / 10], &Limits::DEFAULT);
            assert!(!read.report.whole, "{tenth}");
            assert_eq!(read.blob, None);
            assert_eq!(read.report.problems.len(), 1);
        }
        let cut = analyse(&bytes[..bytes.len() / 2]);
        assert_eq!(cut.problems[0].kind, ProblemKind::Truncated);
        assert_eq!(candidates(&cut).len(), 1);
    }
}

#[test]
fn packing_that_is_not_read_is_named() {
    for (bytes, message) in [
        (
            &b"\xfd7zXZ\0..."[..],
            "Unsupported : the layer is packed in a way that is not read: xz",
        ),
        (
            b"BZh9...",
            "Unsupported : the layer is packed in a way that is not read: bzip2",
        ),
        (
            b"encrypted, perhaps",
            "Unsupported : the layer is neither a tar nor packed with gzip or zstd",
        ),
    ] {
        let report = analyse(bytes);
        assert_eq!(problems(&report), [message]);
    }
}

#[test]
fn paths_that_would_escape_are_kept_below_the_root_and_named() {
    let report = analyse(
        &TarFixture::new()
            .file("/var/db/record", "absolute")
            .file("../../lib/record", "parent")
            .file("a/../b/record", "inside")
            .bytes(),
    );
    assert_eq!(
        candidates(&report),
        [
            ("b/record", &b"inside"[..]),
            ("lib/record", b"parent"),
            ("var/db/record", b"absolute")
        ]
    );
    assert_eq!(
        problems(&report),
        [
            "Malformed /var/db/record: an absolute path was read as one below the root; entries of this kind: 1",
            "Malformed ../../lib/record: a path with `..` was kept below the root; entries of this kind: 2",
        ]
    );
}

#[test]
fn devices_and_sparse_files_are_not_read() {
    let report = analyse(
        &[
            TarFixture::new().device("var/db/record").bytes()[..512].to_vec(),
            raw_header("etc/record", b'S', 0).to_vec(),
        ]
        .concat(),
    );
    assert_eq!(
        candidates(&report),
        [("etc/record", &b""[..]), ("var/db/record", b"")]
    );
    assert!(
        report
            .candidates
            .iter()
            .all(|candidate| candidate.problems.len() == 1)
    );
    assert!(report.problems.is_empty(), "of no concern unless reached");
}

#[test]
fn a_claimed_size_of_ten_gigabytes_reserves_nothing() {
    let mut bytes = raw_header("var/db/record", b'0', 10 << 30).to_vec();
    bytes.extend(b"short");
    let report = analyse(&bytes);
    assert_eq!(candidates(&report), [("var/db/record", &b"short"[..])]);
    assert!(!report.whole);
    assert_eq!(report.problems[0].kind, ProblemKind::Truncated);
}

#[test]
fn a_hundred_thousand_nested_folders_are_bounded() {
    let mut bytes = Vec::new();
    let mut path = String::new();
    for _ in 0..2_000 {
        path.push_str("d/");
    }
    // Beyond the longest path, each deeper than the one before.
    let shallow = TarFixture::new().folder(&path).bytes();
    bytes.extend_from_slice(&shallow[..shallow.len() - 1024]);
    for depth in 0..100_000u64 {
        let name = format!("{depth}/").repeat(2 + usize::try_from(depth % 40).unwrap());
        let name = &name[..name.len().min(100)];
        bytes.extend_from_slice(&raw_header(name, b'5', 0));
    }
    let deep = TarFixture::new().folder(&path.repeat(50)).bytes();
    bytes.extend_from_slice(&deep);
    let report = analyse(&bytes);
    assert!(report.whole);
    assert!(report.paths.folders.len() <= Limits::DEFAULT.layer_folders);
    let found = problems(&report);
    assert!(found[0].starts_with("TooLarge d/d/"), "{}", found[0]);
    assert!(
        found[0].contains("an entry with an overlong name was left out"),
        "{}",
        found[0]
    );
}

#[test]
fn what_exceeds_a_limit_is_left_out_and_named() {
    let limits = Limits {
        layer_paths: 2,
        layer_folders: 1,
        layer_whiteouts: 1,
        layer_links: 1,
        layer_candidates: 1,
        ..Limits::DEFAULT
    };
    let report = analyse_with(
        &TarFixture::new()
            .file("a/record", "1")
            .file("b/record", "2")
            .file("var/db/record", "3")
            .file("c/.wh.x", "")
            .file("c/.wh.y", "")
            .symbolic_link("l1", "a")
            .symbolic_link("l2", "a")
            .symbolic_link("var/db", "../a")
            .bytes(),
        &limits,
    )
    .report;
    assert_eq!(
        candidates(&report),
        [("a/record", &b"1"[..]), ("var/db/record", b"3")],
        "the place that counts is always served"
    );
    assert_eq!(
        report.symbolic_links.len(),
        2,
        "one, and the one above a wanted path"
    );
    assert_eq!(report.paths.records.len(), 2);
    assert_eq!(report.paths.whiteouts.len(), 1);
    assert_eq!(report.problems.len(), 5, "{:?}", report.problems);
}

/// Says of a file that it holds as many packages, owned files or bytes as it has letters.
struct Plenty;

impl Analyser for Plenty {
    fn id(&self) -> &'static str {
        "plenty"
    }

    fn version(&self) -> u32 {
        1
    }

    fn wants(&self, _: &FileFacts<'_>) -> Option<u64> {
        Some(16)
    }

    fn analyse(&self, file: &CandidateFile<'_>) -> Analysis {
        let many = file.bytes.len();
        let evidence = Evidence {
            cataloger: "plenty".to_owned(),
            path: file.path.to_owned(),
        };
        let package = Package::new(PackageKind::Deb, "a", "1", evidence);
        let observation = match file.bytes.first() {
            Some(b'p') => Observation::Packages {
                installed: vec![package.clone(); many - 1],
                leftovers: vec![package],
            },
            Some(b'o') => Observation::OwnedFiles(vec![("a".to_owned(), vec![0; many])]),
            _ => Observation::Bytes(file.bytes.to_vec()),
        };
        Analysis {
            observation: Some(observation),
            problems: Vec::new(),
        }
    }
}

#[test]
fn what_is_kept_of_a_layer_has_its_limit_while_it_is_read() {
    let limits = Limits {
        layer_kept_bytes: 40,
        archive_packages: 5,
        ..Limits::DEFAULT
    };
    let layer = TarFixture::new()
        .file("1", "ppp")
        .file("2", "ppp")
        .file("3", "pp")
        .file("4", "oo")
        .file("5", "o")
        .file("6", "bbbbbbbb")
        .file("7", "b")
        .bytes();
    let never = Cancellation::new();
    let report = analyse_layer(&mut &layer[..], &[&Plenty], None, &limits, &never)
        .unwrap()
        .report;
    let left_out: Vec<(&str, &str)> = report
        .candidates
        .iter()
        .filter(|candidate| candidate.observation.is_none())
        .map(|candidate| {
            (
                candidate.path.as_str(),
                candidate.problems[0].message.as_str(),
            )
        })
        .collect();
    let bytes = "the layer has more records than are kept: 40 bytes";
    assert_eq!(
        left_out,
        [
            ("2", "the layer has more packages than are read: 5"),
            ("5", bytes),
            ("7", bytes),
        ]
    );
}

#[test]
fn a_file_beyond_its_cap_is_shown_in_part() {
    let report = analyse(
        &TarFixture::new()
            .file("record", "0123456789abcdefXYZ")
            .bytes(),
    );
    assert_eq!(candidates(&report), [("record", &b"0123456789abcdef"[..])]);
    assert_eq!(report.candidates[0].problems[0].message, "cut");
}

#[test]
fn the_last_entry_of_a_path_counts() {
    let report = analyse(
        &TarFixture::new()
            .file("a/record", "first")
            .file("a/record", "second")
            .file("b/record", "gone")
            .symbolic_link("b/record", "x")
            .symbolic_link("c", "x")
            .file("c", "now a file")
            .file("d/record", "gone")
            .folder("d/record/")
            .bytes(),
    );
    assert_eq!(candidates(&report), [("a/record", &b"second"[..])]);
    assert_eq!(report.symbolic_links.len(), 1);
    assert_eq!(report.symbolic_links[0].path, "b/record");
}

#[test]
fn hard_links_to_kept_files_are_kept_and_others_named() {
    let report = analyse(
        &TarFixture::new()
            .file("a/record", "content")
            .hard_link("var/db/record", "./a/record")
            .hard_link("elsewhere", "var/db/record")
            .file("b/other", "content")
            .hard_link("c/record", "b/other")
            .bytes(),
    );
    let links: Vec<(&str, &str)> = report
        .hard_links
        .iter()
        .map(|link| (link.path.as_str(), link.target.as_str()))
        .collect();
    assert_eq!(
        links,
        [("elsewhere", "a/record"), ("var/db/record", "a/record")]
    );
    assert_eq!(
        report.candidates[1].problems[0].message,
        "a hard link to a file whose content was not kept: `b/other`"
    );
}

#[test]
fn odd_whiteouts_hide_nothing() {
    let report = analyse(
        &TarFixture::new()
            .file(".wh.", "")
            .file("a/.wh...", "")
            .file("a/.wh..wh.plnk", "")
            .bytes(),
    );
    assert!(report.paths.whiteouts.is_empty() && report.paths.opaque.is_empty());
    assert_eq!(report.problems.len(), 2);
}

/// Bytes without end, with something to do at each read.
struct Endless<F>(F);

impl<F: FnMut()> Read for Endless<F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        (self.0)();
        Ok(buffer.len())
    }
}

#[test]
fn cancelling_stops_within_a_block() {
    let cancellation = Cancellation::new();
    let switch = cancellation.clone();
    let mut blocks = 0;
    let header = raw_header("endless", b'0', 1 << 40);
    let mut endless = Endless(|| {
        blocks += 1;
        if blocks == 3 {
            switch.cancel();
        }
    });
    let result = analyse_layer(
        &mut (&header[..]).chain(&mut endless),
        &[&Records],
        None,
        &Limits::DEFAULT,
        &cancellation,
    );
    assert!(matches!(result, Err(ImageError::Cancelled)));
    assert!(blocks <= 4, "{blocks}");
}

#[test]
fn a_layer_beyond_its_limit_is_not_read_on() {
    let limits = Limits {
        layer_bytes: 1_000_000,
        ..Limits::DEFAULT
    };
    let bomb = gzip(&TarFixture::new().file("zeros", vec![0; 3_000_000]).bytes());
    let report = analyse_with(&bomb, &limits).report;
    assert!(!report.whole);
    assert_eq!(
        problems(&report),
        ["TooLarge : more bytes than are read of a layer: 1000000"]
    );
}
