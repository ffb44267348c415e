use super::*;
use crate::findings::described;
use crate::fuzz::survives;

/// Lines in the form of Chisel's reference, made up.
const CONTENT: &str = r#"{"jsonwall":"1.0","schema":"1.0","count":6}
{"kind":"content","slice":"slate_bins","path":"/usr/bin/slate"}
{"kind":"package","name":"chalk","version":"1:2.3-1ubuntu4","sha256":"00","arch":"amd64"}
{"kind":"package","name":"slate","version":"12ubuntu4.6","sha256":"00","arch":"amd64"}
{"kind":"path","path":"/usr/bin/slate","mode":"0755","slices":["slate_bins"],"sha256":"00","size":3}
{"kind":"slice","name":"slate_bins"}
"#;

fn check(bytes: &[u8], packages: &[&str], problems: &[&str]) {
    let (found, told) = described(&Chisel.analyse(&CandidateFile::whole(MANIFEST, bytes)));
    assert_eq!(found, packages);
    assert_eq!(told, problems);
}

fn compressed(content: &str) -> Vec<u8> {
    zstd::encode_all(content.as_bytes(), 3).unwrap()
}

#[test]
fn lines_of_packages_are_packages() {
    check(
        &compressed(CONTENT),
        &[
            "deb chalk 1:2.3-1ubuntu4 amd64",
            "deb slate 12ubuntu4.6 amd64",
        ],
        &[],
    );
}

#[test]
fn what_cannot_be_read_is_named_and_the_rest_stays() {
    let long = format!("{{\"kind\":\"{}\"}}\n{CONTENT}", "x".repeat(100_000));
    check(
        &compressed(&long),
        &[
            "deb chalk 1:2.3-1ubuntu4 amd64",
            "deb slate 12ubuntu4.6 amd64",
        ],
        &["Malformed lines of the manifest that cannot be read: 1"],
    );
    check(
        &compressed("{\"kind\":\"package\",\"name\":\"a\"}\n1\n{\n"),
        &[],
        &[
            "Malformed a record without a version was passed over: `a`",
            "Malformed lines of the manifest that cannot be read: 2",
        ],
    );
    check(
        CONTENT.as_bytes(),
        &[],
        &["Malformed not a manifest of Chisel: it is not compressed by zstd"],
    );
    let cut = compressed(CONTENT);
    check(
        &cut[..cut.len() - 8],
        &[],
        &["Malformed the manifest cannot be decompressed: incomplete frame"],
    );
}

#[test]
fn a_manifest_that_swells_is_read_to_its_cap() {
    let zeros = std::io::repeat(b' ').take(MAX_PLAIN_BYTES + 1);
    check(
        &zstd::encode_all(zeros, 1).unwrap(),
        &[],
        &[
            "Malformed lines of the manifest that cannot be read: 1",
            "TooLarge the manifest is larger than is read: 134217728 bytes",
        ],
    );
}

#[test]
fn whatever_bytes_come_it_goes_on() {
    survives(&Chisel, MANIFEST, &compressed(CONTENT));
}
