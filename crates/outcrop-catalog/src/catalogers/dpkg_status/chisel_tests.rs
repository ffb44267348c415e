use outcrop_image::{Observation, path_key, preview};

use super::*;
use crate::catalogers::dpkg_files::DpkgFiles;
use crate::catalogers::dpkg_status::DpkgStatus;
use crate::findings::described;
use crate::fuzz::{survives, survives_beside};

/// Lines in the form of Chisel's reference, made up.
const CONTENT: &str = r#"{"jsonwall":"1.0","schema":"1.0","count":6}
{"kind":"content","slice":"slate_bins","path":"/usr/bin/slate"}
{"kind":"package","name":"chalk","version":"1:2.3-1ubuntu4","sha256":"00","arch":"amd64"}
{"kind":"package","name":"slate","version":"12ubuntu4.6","sha256":"00","arch":"amd64"}
{"kind":"path","path":"/usr/bin/slate","mode":"0755","slices":["slate_bins"],"sha256":"00","size":3}
{"kind":"slice","name":"slate_bins"}
"#;

fn check(bytes: &[u8], packages: &[&str], problems: &[&str]) {
    let (found, told) = described(&super::packages(
        "dpkg-status",
        &CandidateFile::whole(MANIFEST, bytes),
    ));
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
            "TooLarge the manifest is larger than is read: 16777216 bytes",
        ],
    );
}

#[test]
fn a_manifest_of_nothing_but_broken_lines_is_not_read_to_its_end() {
    let broken = |line: &str| compressed(&(line.repeat(20_000) + CONTENT));
    check(
        &broken("1\n"),
        &[],
        &["Malformed lines of the manifest that cannot be read: 10000"],
    );
    let (found, _) = described(&super::packages(
        "dpkg-status",
        &CandidateFile::whole(MANIFEST, &broken("{\"kind\":\"package\"}\n")),
    ));
    assert_eq!(found, [""; 0]);
}

#[test]
fn a_window_larger_than_every_decoder_allows_is_refused() {
    let compressed = |window| {
        let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
        encoder.window_log(window).unwrap();
        std::io::copy(&mut CONTENT.as_bytes(), &mut encoder).unwrap();
        encoder.finish().unwrap()
    };
    let expected = [
        "deb chalk 1:2.3-1ubuntu4 amd64",
        "deb slate 12ubuntu4.6 amd64",
    ];
    check(&compressed(23), &expected, &[]);
    check(
        &compressed(24),
        &[],
        &[
            "Malformed the manifest cannot be decompressed: Frame requires too much memory for decoding",
        ],
    );
}

#[test]
fn licences_are_those_of_the_copyright_slices() {
    let copyright = |licence| format!("Format: x\n\nFiles: *\nLicense: {licence}\n").into_bytes();
    let files = [
        (MANIFEST.to_owned(), compressed(CONTENT)),
        (
            "usr/share/doc/chalk/copyright".to_owned(),
            copyright("Expat"),
        ),
        ("usr/share/doc/other/copyright".to_owned(), copyright("ISC")),
    ];
    let inventory = preview(&files, &[&DpkgStatus]);
    let found: Vec<String> = inventory
        .packages
        .iter()
        .map(|package| format!("{} {:?}", package.package.name, package.package.licences))
        .collect();
    assert_eq!(found, [r#"chalk [Spdx("MIT")]"#, "slate []"]);
}

#[test]
fn files_belong_to_the_package_of_their_slice() {
    let manifest = compressed(
        r#"{"jsonwall":"1.0","schema":"1.0","count":4}
{"kind":"content","slice":"slate-tools_bins","path":"/usr/bin/slate"}
{"kind":"content","slice":"slate-tools_libs","path":"/usr/lib/slate/"}
{"kind":"content","slice":"slate-tools_libs","path":"/usr/lib/slate/a.py"}
{"kind":"path","path":"/usr/bin/other","mode":"0755","slices":["slate-tools_bins"]}
"#,
    );
    let analysis = owned_files(&CandidateFile::whole(MANIFEST, &manifest));
    let keys = ["usr/bin/slate", "usr/lib/slate/a.py"].map(path_key);
    let expected = vec![("slate-tools".to_owned(), keys.to_vec())];
    assert_eq!(
        analysis.observation,
        Some(Observation::OwnedFiles(expected))
    );
}

#[test]
fn whatever_bytes_come_it_goes_on() {
    let manifest = compressed(CONTENT);
    let copyright = b"Format: x\n\nFiles: *\nLicense: ISC\n";
    survives_beside(
        &DpkgStatus,
        &[("usr/share/doc/chalk/copyright", copyright)],
        MANIFEST,
        &manifest,
    );
    survives(&DpkgFiles, MANIFEST, &manifest);
}
