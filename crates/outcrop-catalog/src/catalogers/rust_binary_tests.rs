use std::io::Write as _;

use super::*;
use crate::elf::fixture::program;
use crate::findings::described;
use crate::fuzz::survives;

/// Written after the project's schema.
const RECORD: &str = r#"{"packages":[
    {"name":"adler","version":"1.0.2","source":"registry","features":["x"]},
    {"name":"cc","version":"1.0.73","source":"crates.io","kind":"build"},
    {"name":"time","version":"0.1.43","source":"crates.io","dependencies":[0]},
    {"name":"near","version":"0.3.0","source":"git+https://example.org/near#0123abc"},
    {"name":"tool","version":"0.1.0","source":"local","dependencies":[0,2],"root":true},
    7,
    {"name":"odd"}
]}"#;

fn packed(record: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(record).unwrap();
    encoder.finish().unwrap()
}

fn check(section: &[u8], packages: &[&str], problems: &[&str]) {
    let bytes = program(&[(".text", b"x"), (".dep-v0", section)]);
    let (found, told) =
        described(&RustBinary.analyse(&CandidateFile::whole("usr/bin/tool", &bytes)));
    assert_eq!(found, packages);
    assert_eq!(told, problems);
}

#[test]
fn crates_in_the_program_are_told_and_those_of_its_build_are_not() {
    check(
        &packed(RECORD.as_bytes()),
        &[
            "cargo adler 1.0.2 in usr/bin/tool",
            "cargo time 0.1.43 in usr/bin/tool",
            "cargo near 0.3.0 in usr/bin/tool vcs_url=git+https://example.org/near#0123abc",
            "cargo tool 0.1.0 in usr/bin/tool",
        ],
        &["Malformed a record without a version was passed over: `odd`"],
    );
}

#[test]
fn broken_records_are_told() {
    check(
        b"no zlib",
        &[],
        &["Malformed its list of crates cannot be unpacked, of bytes: 7"],
    );
    check(
        &packed(b"{"),
        &[],
        &["Malformed the file is not the JSON that it should be from line 1, column 1"],
    );
    check(
        &packed(&vec![b' '; MAX_RECORD_BYTES as usize + 1]),
        &[],
        &["TooLarge its list of crates unpacks to more bytes than are read: 8388608"],
    );
    check(
        &vec![0; MAX_PACKED_BYTES as usize + 1],
        &[],
        &["TooLarge its list of crates is larger than what is read, in bytes: 4194305"],
    );
}

#[test]
fn other_programs_say_nothing() {
    for bytes in [program(&[(".text", b"x")]), b"#!/bin/sh\n".to_vec()] {
        let analysis = RustBinary.analyse(&CandidateFile::whole("usr/bin/tool", &bytes));
        assert_eq!(analysis, Analysis::default());
    }
}

#[test]
fn whatever_bytes_come_it_goes_on() {
    let bytes = program(&[(".dep-v0", &packed(RECORD.as_bytes()))]);
    survives(&RustBinary, "usr/bin/tool", &bytes);
}
