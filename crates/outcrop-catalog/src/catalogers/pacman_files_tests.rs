use outcrop_image::{Observation, path_key};

use super::*;
use crate::fuzz::survives;

const FILES: &str = "var/lib/pacman/local/slate-tools-1:1.1.2-3/files";
const CONTENT: &str = "\
%FILES%
usr/
usr/bin/
usr/bin/slate
usr/lib/slate/a.py
usr/share/doc/slate/README

%BACKUP%
etc/slate.conf\t0123
";

#[test]
fn files_belong_to_the_package_of_the_folder() {
    let analysis = PacmanFiles.analyse(&CandidateFile::whole(FILES, CONTENT.as_bytes()));
    let keys = ["usr/bin/slate", "usr/lib/slate/a.py"].map(path_key);
    let expected = vec![("slate-tools".to_owned(), keys.to_vec())];
    assert_eq!(
        analysis.observation,
        Some(Observation::OwnedFiles(expected))
    );
    let other = CandidateFile::whole("srv/other/files", CONTENT.as_bytes());
    assert_eq!(PacmanFiles.analyse(&other), Analysis::default());
}

#[test]
fn whatever_bytes_come_it_goes_on() {
    survives(&PacmanFiles, FILES, CONTENT.as_bytes());
}
