use std::io::{Cursor, Write as _};
use std::ops::ControlFlow;

use super::*;
use crate::feeds::fixtures::{KEV, SECDB, UPDATEINFO, VEX, shown};

const RECORD: &[u8] = br#"{"id": "X-1", "modified": "2026-01-01T00:00:00Z"}"#;

fn lines(bytes: &[u8]) -> Vec<String> {
    let format = detect(&bytes[..bytes.len().min(HEAD_BYTES)]).expect("a known format");
    let file = FeedFile {
        format,
        name: "file",
        ecosystem: None,
    };
    shown(|sink| read(file, Cursor::new(bytes), sink))
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(bytes).expect("it is packed");
    gzip.finish().expect("it is packed")
}

#[test]
fn packed_feeds_are_read_like_plain_ones() {
    for plain in [KEV, SECDB, VEX, UPDATEINFO, RECORD] {
        let expected = lines(plain);
        assert!(expected.len() > 1 || plain == RECORD, "{expected:?}");
        assert_eq!(lines(&gzip(plain)), expected);
        assert_eq!(
            lines(&zstd::encode_all(plain, 1).expect("it is packed")),
            expected
        );
    }
}

#[test]
fn a_packed_feed_cut_off_gives_what_came_before() {
    // Text that does not pack well, so that the cut falls into the entries.
    let mut catalog = br#"{"catalogVersion": "1", "vulnerabilities": ["#.to_vec();
    let mut noise = 1_u64;
    for number in 0..20_000 {
        noise = noise
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let entry = format!(
            r#"{{"cveID": "CVE-2026-{}", "notes": "{noise:x}"}},"#,
            10_000 + number
        );
        catalog.extend(entry.into_bytes());
    }
    catalog.extend(br#"{"cveID": "CVE-2026-1000"}]}"#);
    for packed in [
        gzip(&catalog),
        zstd::encode_all(&catalog[..], 1).expect("it is packed"),
    ] {
        assert_eq!(lines(&packed).len(), 20_001);
        let told = lines(&packed[..packed.len() - 1_000]);
        assert!(told.len() > 10_000, "{}", told.len());
        assert!(told.last().is_some_and(|last| last.starts_with("problem")));
    }
}

#[test]
fn archives_are_read_file_by_file() {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let mut tar = tar::Builder::new(Vec::new());
    for (name, content) in [
        ("a.json", RECORD),
        ("b.json", b"{\"id\": \"\"}"),
        ("c.txt", b"no feed"),
    ] {
        zip.start_file(name, zip::write::SimpleFileOptions::default())
            .expect("an entry");
        zip.write_all(content).expect("an entry");
        let mut header = tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, format!("2026/{name}"), content)
            .expect("an entry");
    }
    let mut header = tar::Header::new_ustar();
    header.set_size(VEX.len() as u64);
    header.set_mode(0o644);
    tar.append_data(&mut header, "2026/cve-2026-1000.json", VEX)
        .expect("an entry");
    assert_eq!(
        lines(&zip.finish().expect("a zip").into_inner()),
        [
            "record X-1:",
            "problem `b.json`: the record has no usable `id`: ``"
        ]
    );
    let tar = tar.into_inner().expect("a tar archive");
    let told = lines(&zstd::encode_all(&tar[..], 1).expect("it is packed"));
    assert_eq!(
        told[..3],
        [
            "record X-1:",
            "problem `2026/b.json`: the record has no usable `id`: ``",
            "dated 2026-11-20T14:31:32Z"
        ]
    );
    assert!(
        told.iter()
            .any(|line| line.starts_with("record REDHAT-VEX-CVE-2026-1000"))
    );
    // Cut off inside of the last file.
    let told = lines(&tar[..tar.len() - 4_096]);
    assert!(
        told.last().is_some_and(|last| last.starts_with("problem")),
        "{told:?}"
    );
}

#[test]
fn tables_of_distro_info_are_told_apart() {
    let check = |header: &str, expected: &str| {
        assert_eq!(
            lines(format!("{header}\n1.1,X,x,2020-01-01,2020-02-02,2021-01-01\n").as_bytes()),
            [expected]
        );
    };
    check(
        "version,codename,series,created,release,eol,eol-lts,eol-elts",
        "support debian 1.1",
    );
    check(
        "version,codename,series,created,release,eol,eol-server,eol-esm",
        "support ubuntu 1.1",
    );
}

#[test]
fn a_sink_that_has_enough_ends_every_reading() {
    for bytes in [KEV, SECDB, VEX, UPDATEINFO, RECORD] {
        let mut given = 0;
        let file = FeedFile {
            format: detect(bytes).expect("a known format"),
            name: "file",
            ecosystem: None,
        };
        let ended = read(file, Cursor::new(bytes), &mut |_| {
            given += 1;
            ControlFlow::Break(())
        });
        assert_eq!((given, ended), (1, ControlFlow::Break(())));
    }
}
