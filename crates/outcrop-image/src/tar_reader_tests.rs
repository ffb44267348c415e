use std::io::Cursor;

use proptest::prelude::*;

use super::*;
use crate::fixtures::{TarFixture, raw_header};

impl Source for Cursor<Vec<u8>> {}

fn reader(bytes: Vec<u8>) -> TarReader<Cursor<Vec<u8>>> {
    TarReader::new(Cursor::new(bytes), 1 << 20, 4096)
}

/// Every entry as `kind path size target`, and how the walk ended.
fn walk(bytes: Vec<u8>) -> (Vec<String>, String) {
    let mut reader = reader(bytes);
    let mut entries = Vec::new();
    loop {
        match reader.next_entry() {
            Ok(None) => return (entries, "end".to_owned()),
            Err(error) => return (entries, error.to_string()),
            Ok(Some(entry)) => {
                let oversized = if entry.oversized_name {
                    " oversized"
                } else {
                    ""
                };
                entries.push(
                    format!(
                        "{:?} {} {} {} {oversized}",
                        entry.kind,
                        String::from_utf8_lossy(reader.path()),
                        entry.size,
                        String::from_utf8_lossy(reader.target()),
                    )
                    .split_ascii_whitespace()
                    .collect::<Vec<_>>()
                    .join(" "),
                );
            }
        }
    }
}

fn check(bytes: Vec<u8>, entries: &[&str], end: &str) {
    let (found, ended) = walk(bytes);
    assert_eq!(found, entries);
    assert_eq!(ended, end);
}

fn pax(records: &[(&str, &str)]) -> Vec<u8> {
    let mut body = Vec::new();
    for (key, value) in records {
        let rest = format!(" {key}={value}\n");
        let mut length = rest.len();
        while format!("{length}{rest}").len() != length {
            length += 1;
        }
        body.extend_from_slice(format!("{length}{rest}").as_bytes());
    }
    entry("PaxHeader", b'x', &body)
}

/// A header with its padded body.
fn entry(path: &str, kind: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = raw_header(path, kind, body.len() as u64).to_vec();
    bytes.extend_from_slice(body);
    bytes.resize(bytes.len().next_multiple_of(BLOCK), 0);
    bytes
}

fn with_checksum(mut header: [u8; 512]) -> Vec<u8> {
    header[148..156].fill(b' ');
    let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    header.to_vec()
}

#[test]
fn entries_of_every_kind_are_told_apart() {
    check(
        TarFixture::new()
            .folder("etc/")
            .file("etc/os-release", "ID=x")
            .symbolic_link("lib", "usr/lib")
            .hard_link("copy", "etc/os-release")
            .device("dev/null")
            .bytes(),
        &[
            "Folder etc/ 0",
            "File etc/os-release 4",
            "SymbolicLink lib 0 usr/lib",
            "HardLink copy 0 etc/os-release",
            "Special dev/null 0",
        ],
        "end",
    );
    check(entry("old/", 0, b""), &["Folder old/ 0"], "end");
    check(
        entry("contiguous", b'7', b"abc"),
        &["File contiguous 3"],
        "end",
    );
}

#[test]
fn long_names_come_from_the_header_before() {
    let long = "d/".repeat(150) + "file";
    let mut bytes = pax(&[("path", &long), ("linkpath", "far/away"), ("size", "3")]);
    bytes.extend(entry("short", b'0', b"abc"));
    bytes.extend(entry("next", b'0', b""));
    check(
        bytes,
        &[&format!("File {long} 3 far/away"), "File next 0"],
        "end",
    );

    let mut bytes = entry("././@LongLink", b'L', format!("{long}\0").as_bytes());
    bytes.extend(entry("././@LongLink", b'K', b"target\0"));
    bytes.extend(entry("short", b'2', b""));
    check(bytes, &[&format!("SymbolicLink {long} 0 target")], "end");
}

#[test]
fn the_ustar_prefix_comes_before_the_name() {
    let mut header = raw_header("name", b'0', 0);
    header[257..265].copy_from_slice(b"ustar\x0000");
    header[345..348].copy_from_slice(b"far");
    check(with_checksum(header), &["File far/name 0"], "end");
}

#[test]
fn sizes_may_be_base_256() {
    let mut header = raw_header("large", b'0', 0);
    header[124..136].copy_from_slice(&[0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]);
    let mut bytes = with_checksum(header);
    bytes.extend([b'x'; 512]);
    check(bytes, &["File large 2"], "end");

    for size in [
        [0xff; 12],
        [
            0x80, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        ],
    ] {
        let mut header = raw_header("negative or endless", b'0', 0);
        header[124..136].copy_from_slice(&size);
        check(with_checksum(header), &[], "not a tar header at byte 0");
    }
}

#[test]
fn types_without_a_body_have_none_whatever_they_claim() {
    let mut bytes = raw_header("folder", b'5', 1 << 40).to_vec();
    bytes.extend(entry("next", b'0', b"abc"));
    check(bytes, &["Folder folder 0", "File next 3"], "end");
}

#[test]
fn unknown_types_and_global_headers_are_passed_over() {
    let mut bytes = entry("label", b'V', b"");
    bytes.extend(entry("pax_global_header", b'g', b"19 path=everything\n"));
    bytes.extend(entry("next", b'0', b"abc"));
    check(bytes, &["File next 3"], "end");
}

#[test]
fn sparse_files_keep_their_stored_size_only() {
    let mut header = raw_header("sparse", b'S', 512);
    header[482] = 1;
    header[483..495].copy_from_slice(b"120000000000");
    let mut bytes = with_checksum(header);
    let mut extension = [0; 512];
    extension[504] = 1;
    bytes.extend(extension);
    bytes.extend([0; 512]);
    bytes.extend([b'x'; 512]);
    bytes.extend(entry("next", b'0', b""));
    check(bytes, &["SparseFile sparse 512", "File next 0"], "end");

    let mut bytes = pax(&[
        ("GNU.sparse.major", "1"),
        ("GNU.sparse.name", "real"),
        ("GNU.sparse.realsize", "10737418240"),
    ]);
    bytes.extend(entry("GNUSparseFile.0/real", b'0', b"abc"));
    check(bytes, &["SparseFile real 3"], "end");
}

#[test]
fn names_beyond_the_limits_are_not_held() {
    let mut bytes = entry("././@LongLink", b'L', "x".repeat(5000).as_bytes());
    bytes.extend(entry("short", b'0', b""));
    bytes.extend(entry("next", b'0', b""));
    let (entries, end) = walk(bytes);
    assert!(entries[0].ends_with("oversized"), "{}", entries[0]);
    assert_eq!((entries[1].as_str(), end.as_str()), ("File next 0", "end"));

    let mut bytes = pax(&[("comment", &"x".repeat(2 << 20)), ("path", "other")]);
    bytes.extend(entry("short", b'0', b""));
    check(bytes, &["File short 0 oversized"], "end");
}

#[test]
fn an_archive_may_end_anywhere() {
    let whole = TarFixture::new().file("a", [b'x'; 600]).bytes();
    check(
        whole[..300].to_vec(),
        &[],
        "the archive ends in the middle of an entry",
    );
    check(
        whole[..700].to_vec(),
        &["File a 600"],
        "the archive ends in the middle of an entry",
    );
    // Neither the padding of the last body nor the closing zeros are needed.
    check(whole[..512 + 600].to_vec(), &["File a 600"], "end");
    check(Vec::new(), &[], "end");
    check(vec![0; 1024], &[], "end");
}

#[test]
fn what_is_no_header_stops_the_walk() {
    let mut bytes = entry("a", b'0', b"");
    bytes.extend([b'?'; 512]);
    check(bytes, &["File a 0"], "not a tar header at byte 512");
}

#[test]
fn bodies_are_read_up_to_a_limit_and_the_rest_passed_over() {
    let mut reader = reader(
        TarFixture::new()
            .file("a", "0123456789")
            .file("b", "x")
            .bytes(),
    );
    reader.next_entry().unwrap();
    let mut bytes = Vec::new();
    assert!(!reader.read_body(4, &mut bytes).unwrap());
    let mut rest = String::new();
    reader.body().take(3).read_to_string(&mut rest).unwrap();
    assert_eq!((bytes.as_slice(), rest.as_str()), (&b"0123"[..], "456"));
    reader.next_entry().unwrap();
    assert_eq!(reader.path(), b"b");
}

proptest! {
    #[test]
    fn entries_are_those_of_the_tar_crate(
        files in proptest::collection::vec(("[a-z]{1,9}(/[a-z]{1,60}){0,5}", 0usize..2000), 0..12)
    ) {
        let mut fixture = TarFixture::new();
        for (path, size) in &files {
            fixture = fixture.file(path, vec![b'x'; *size]);
        }
        let expected: Vec<String> = files
            .iter()
            .map(|(path, size)| format!("File {path} {size}"))
            .collect();
        let (entries, end) = walk(fixture.bytes());
        prop_assert_eq!(entries, expected);
        prop_assert_eq!(end, "end");
    }

    #[test]
    fn no_bytes_make_the_walk_panic(
        position in 0usize..4096, value: u8, cut in 0usize..4096,
    ) {
        let mut bytes = pax(&[("path", "long/name"), ("size", "7")]);
        bytes.extend(entry("a", b'0', b"0123456"));
        bytes.extend(entry("s", b'S', b"x"));
        let position = position % bytes.len();
        bytes[position] = value;
        bytes.truncate(cut % (bytes.len() + 1));
        walk(bytes);
    }
}
