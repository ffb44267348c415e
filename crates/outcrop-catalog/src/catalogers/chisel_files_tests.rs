use super::*;
use crate::fuzz::survives;

const CONTENT: &str = r#"{"jsonwall":"1.0","schema":"1.0","count":4}
{"kind":"content","slice":"slate-tools_bins","path":"/usr/bin/slate"}
{"kind":"content","slice":"slate-tools_libs","path":"/usr/lib/slate/"}
{"kind":"content","slice":"slate-tools_libs","path":"/usr/lib/slate/a.py"}
{"kind":"path","path":"/usr/bin/other","mode":"0755","slices":["slate-tools_bins"]}
"#;

#[test]
fn files_belong_to_the_package_of_their_slice() {
    let manifest = zstd::encode_all(CONTENT.as_bytes(), 3).unwrap();
    let analysis = ChiselFiles.analyse(&CandidateFile::whole(MANIFEST, &manifest));
    let keys = ["usr/bin/slate", "usr/lib/slate/a.py"].map(path_key);
    let expected = vec![("slate-tools".to_owned(), keys.to_vec())];
    assert_eq!(
        analysis.observation,
        Some(Observation::OwnedFiles(expected))
    );
}

#[test]
fn whatever_bytes_come_it_goes_on() {
    let manifest = zstd::encode_all(CONTENT.as_bytes(), 3).unwrap();
    survives(&ChiselFiles, MANIFEST, &manifest);
}
