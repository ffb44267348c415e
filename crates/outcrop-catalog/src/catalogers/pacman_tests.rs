use outcrop_image::preview;

use super::*;
use crate::findings::described;
use crate::fuzz::survives;

const DESC: &str = "var/lib/pacman/local/slate-tools-1:1.1.2-3/desc";

/// A description in the form that pacman writes, made up.
const CONTENT: &str = "\
%NAME%
slate-tools

%VERSION%
1:1.1.2-3

%BASE%
slate

%DESC%
%VERSION% is what this text is not

%ARCH%
x86_64

%LICENSE%
GPL-2.0-or-later
MIT

%DEPENDS%
chalk>=1

";

fn check(content: &str, packages: &[&str], problems: &[&str]) {
    let analysis = Pacman.analyse(&CandidateFile::whole(DESC, content.as_bytes()));
    let (found, told) = described(&analysis);
    assert_eq!(found, packages, "{content}");
    assert_eq!(told, problems, "{content}");
}

#[test]
fn a_description_names_package_base_and_licences() {
    check(
        CONTENT,
        &["alpm slate-tools 1:1.1.2-3 x86_64 (GPL-2.0-or-later) (MIT)"],
        &[],
    );
    let inventory = preview(&[(DESC.to_owned(), CONTENT.into())], &[&Pacman]);
    assert_eq!(
        inventory.packages[0].package.judged_as(),
        ("slate", "1:1.1.2-3")
    );
    check("%NAME%\na\n\n%VERSION%\n1-1", &["alpm a 1-1"], &[]);
}

#[test]
fn what_is_no_package_is_named() {
    check(
        "%NAME%\na\n\n%VERSION%\n\n%ARCH%\nany\n",
        &[],
        &["Malformed a record without a version was passed over: `a`"],
    );
}

#[test]
fn only_folders_of_the_database_count() {
    let count = |path: &str| {
        let files = [(path.to_owned(), CONTENT.into())];
        preview(&files, &[&Pacman]).packages.len()
    };
    assert_eq!(count(DESC), 1);
    assert_eq!(count("var/lib/pacman/sync/slate-tools-1/desc"), 0);
    assert_eq!(count("var/lib/pacman/local/desc"), 0);
    assert_eq!(count("var/lib/pacman/local/a/b/desc"), 0);
}

#[test]
fn whatever_bytes_come_it_goes_on() {
    survives(&Pacman, DESC, CONTENT.as_bytes());
}
