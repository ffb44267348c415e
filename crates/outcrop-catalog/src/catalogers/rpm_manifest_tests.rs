use outcrop_image::preview;

use super::*;
use crate::findings::described;
use crate::fuzz::survives;

/// Lines in the form of `rpm --queryformat`, made up.
const CONTENT: &str = "\
slate\t2.36-4.azl3\t1718000000\t1717000000\tQuarry\t(none)\t10485760\tx86_64\t0\tslate-2.36-4.azl3.src.rpm
chalk-libs\t3.3.3-2.azl3\t1718000000\t1717000000\t(none)\t1\t4096\tnoarch\t1\tchalk-3.3.3-2.azl3.src.rpm
";

fn check(content: &str, whole: bool, packages: &[&str], problems: &[&str]) {
    let analysis = RpmManifest.analyse(&CandidateFile {
        whole,
        ..CandidateFile::whole(MANIFEST, content.as_bytes())
    });
    let (found, told) = described(&analysis);
    assert_eq!(found, packages, "{content}");
    assert_eq!(told, problems, "{content}");
}

#[test]
fn each_line_is_a_package() {
    check(
        CONTENT,
        true,
        &[
            "rpm slate 2.36-4.azl3 x86_64 vendor=Quarry",
            "rpm chalk-libs 1:3.3.3-2.azl3 noarch",
        ],
        &[],
    );
    let inventory = preview(&[(MANIFEST.to_owned(), CONTENT.into())], &[&RpmManifest]);
    let sources: Vec<_> = inventory
        .packages
        .iter()
        .map(|package| package.package.judged_as())
        .collect();
    assert_eq!(sources.len(), 2);
    assert!(sources.contains(&("slate", "2.36-4.azl3")));
    assert!(sources.contains(&("chalk", "1:3.3.3-2.azl3")));
}

#[test]
fn a_line_needs_no_source() {
    check(
        "a\t1-2\t0\t0\tq\t(none)\t0\tx86_64\t0\n",
        true,
        &["rpm a 1-2 x86_64 vendor=q"],
        &[],
    );
}

#[test]
fn what_is_no_package_is_named_and_the_rest_stays() {
    check(
        "slate-2.36-4\n\na\t1-2\t0\t0\t\t(none)\t0\t(none)\t0\r\n\t1\t\t\t\t\t\t\t\n",
        true,
        &["rpm a 1-2"],
        &[
            "Malformed a line that is no package was passed over: `slate-2.36-4`",
            "Malformed a line without a fit name and version was passed over: `\t1\t\t\t\t\t\t\t`",
        ],
    );
    check(
        &CONTENT[..CONTENT.len() - 5],
        false,
        &["rpm slate 2.36-4.azl3 x86_64 vendor=Quarry"],
        &["Truncated the manifest is cut off"],
    );
}

#[test]
fn whatever_bytes_come_it_goes_on() {
    survives(&RpmManifest, MANIFEST, CONTENT.as_bytes());
}
