use outcrop_image::{Observation, path_key};

use super::*;
use crate::fuzz::survives;

fn check(path: &str, content: &str, name: &str, paths: &[&str]) {
    let analysis = DpkgFiles.analyse(&CandidateFile::whole(path, content.as_bytes()));
    assert_eq!(analysis.problems, []);
    let keys = paths.iter().map(|path| path_key(path)).collect();
    let expected = Observation::OwnedFiles(vec![(name.to_owned(), keys)]);
    assert_eq!(analysis.observation, Some(expected), "{path}");
}

#[test]
fn a_list_names_the_files_of_its_package() {
    check(
        "var/lib/dpkg/info/python3-six.list",
        "/.\n/usr\n/usr/share/doc/python3-six/copyright\n/usr/lib/python3/dist-packages/six.py\n",
        "python3-six",
        &["usr", "usr/lib/python3/dist-packages/six.py"],
    );
    check(
        "var/lib/dpkg/info/libc6:amd64.list",
        "/lib/ld.so\n",
        "libc6",
        &["lib/ld.so", "usr/lib/ld.so"],
    );
}

#[test]
fn distroless_images_keep_digests_instead() {
    check(
        "var/lib/dpkg/status.d/base.md5sums",
        "d41d8cd98f00b204e9800998ecf8427e  usr/bin/x\n",
        "base",
        &["usr/bin/x"],
    );
}

#[test]
fn only_lists_are_wanted() {
    for (path, wanted) in [
        ("var/lib/dpkg/info/a.list", true),
        ("data/info/a.list", true),
        ("var/lib/dpkg/info/a.postinst", false),
        ("var/lib/dpkg/status.d/a.md5sums", true),
        ("var/lib/dpkg/status.d/a", false),
    ] {
        assert_eq!(
            DpkgFiles.wants(&FileFacts::of_path(path)).is_some(),
            wanted,
            "{path}"
        );
    }
}

#[test]
fn whatever_bytes_come_it_goes_on() {
    survives(
        &DpkgFiles,
        "var/lib/dpkg/info/a.list",
        b"/.\n/usr\n/usr/bin/a\n",
    );
}
