use std::io::Write as _;

use super::*;
use crate::feeds::fixtures::{EPSS, KEV, NVD, SECDB, TRACKER, UPDATEINFO, VEX};

const PRODUCTS: &[u8] =
    br#"{"schema_version": "1.2.0", "total": 1, "result": [{"name": "debian"}]}"#;

#[test]
fn every_format_is_known_by_how_it_begins() {
    let check = |bytes: &[u8], expected: Option<FeedFormat>| {
        assert_eq!(
            detect(bytes),
            expected,
            "{}",
            String::from_utf8_lossy(&bytes[..bytes.len().min(60)])
        );
    };
    for (bytes, format) in [
        (KEV, FeedFormat::KnownExploited),
        (EPSS, FeedFormat::Epss),
        (NVD, FeedFormat::Nvd),
        (SECDB, FeedFormat::AlpineSecdb),
        (TRACKER, FeedFormat::DebianTracker),
        (VEX, FeedFormat::RedHatVex),
        (UPDATEINFO, FeedFormat::UpdateInfo),
        (PRODUCTS, FeedFormat::EndOfLife),
        (
            br#" {"modified": "x", "affected": [{"package": {}}], "id": "X-1"}"#,
            FeedFormat::OsvRecord,
        ),
        (
            b"version,codename,series,created,release,eol\n",
            FeedFormat::DistroInfo,
        ),
        (b"\xef\xbb\xbfcve,epss,percentile\n", FeedFormat::Epss),
        (b"PK\x03\x04 and more", FeedFormat::OsvZip),
    ] {
        check(bytes, Some(format));
        if format != FeedFormat::OsvZip {
            let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            gzip.write_all(bytes).expect("it is packed");
            let gzip = gzip.finish().expect("it is packed");
            check(&gzip, Some(format));
            check(
                &zstd::encode_all(bytes, 1).expect("it is packed"),
                Some(format),
            );
        }
    }
    for bytes in [
        &b""[..],
        b"  ",
        b"{",
        b"[{\"id\": 1}]",
        b"{\"vulnerabilities\": 1}",
        b"<html><body>Not found</body></html>",
        b"a,b,c\n",
        b"\x1f\x8b",
        b"\x28\xb5\x2f\xfd",
        b"{\"a",
        b"{\"a\\",
    ] {
        check(bytes, None);
    }
}

#[test]
fn a_beginning_is_enough() {
    for (bytes, format) in [
        (KEV, FeedFormat::KnownExploited),
        (SECDB, FeedFormat::AlpineSecdb),
        (TRACKER, FeedFormat::DebianTracker),
        (VEX, FeedFormat::RedHatVex),
        (UPDATEINFO, FeedFormat::UpdateInfo),
    ] {
        assert_eq!(detect(&bytes[..220]), Some(format));
    }
}
