use outcrop_image::{Observation, path_key};

use super::*;
use crate::fuzz::survives;

const DATABASE: &str = "lib/apk/db/installed";
const CONTENT: &str = "\
P:slate
V:1
F:lib
R:slate.so.1
F:usr/share/doc/slate
R:README
F:
R:.slate

P:nothing
V:1

P:chalk
V:1
R:stray
F:usr/lib/chalk
R:a.py
R:b.py

";

#[test]
fn files_belong_to_the_package_above_them() {
    let analysis = ApkFiles.analyse(&CandidateFile::whole(DATABASE, CONTENT.as_bytes()));
    let keys = |paths: &[&str]| paths.iter().map(|path| path_key(path)).collect::<Vec<_>>();
    let expected = vec![
        (
            "chalk".to_owned(),
            keys(&["stray", "usr/lib/chalk/a.py", "usr/lib/chalk/b.py"]),
        ),
        (
            "slate".to_owned(),
            keys(&["lib/slate.so.1", "usr/lib/slate.so.1", ".slate"]),
        ),
    ];
    assert_eq!(
        analysis.observation,
        Some(Observation::OwnedFiles(expected))
    );
}

#[test]
fn whatever_bytes_come_it_goes_on() {
    survives(&ApkFiles, DATABASE, CONTENT.as_bytes());
}
