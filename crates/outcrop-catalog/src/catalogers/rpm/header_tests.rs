use outcrop_image::path_key;

use super::super::fixtures::{HeaderFixture, header};
use super::*;

fn check(bytes: &[u8], expected: Option<&str>, problems: &[&str]) {
    let mut told = FileProblems::default();
    let package = Header::parse(bytes).unwrap().package("x", &mut told);
    let package = package.map(|package| {
        let (name, version) = package.judged_as();
        format!(
            "{} {} {} < {name} {version}",
            package.name,
            package.version,
            package.architecture.as_deref().unwrap_or("-")
        )
    });
    assert_eq!(package.as_deref(), expected);
    let told: Vec<String> = told.into_list().into_iter().map(|it| it.message).collect();
    assert_eq!(told, problems);
}

fn built(name: &str, version: &str, epoch: u32, source_rpm: &str) -> Vec<u8> {
    HeaderFixture::default()
        .text(NAME, name)
        .text(VERSION, version)
        .text(RELEASE, "6.el9")
        .numbers(EPOCH, &[epoch])
        .text(ARCHITECTURE, "x86_64")
        .text(SOURCE_RPM, source_rpm)
        .bytes()
}

#[test]
fn the_source_is_told_by_the_name_of_its_rpm() {
    check(
        &built("slate-libs", "5.1", 0, "slate-5.1-6.el9.src.rpm"),
        Some("slate-libs 5.1-6.el9 x86_64 < slate 5.1-6.el9"),
        &[],
    );
    check(
        &built("a-b", "5.1", 0, "a-b-c-5.1-6.el9.nosrc.rpm"),
        Some("a-b 5.1-6.el9 x86_64 < a-b-c 5.1-6.el9"),
        &[],
    );
    check(
        &built("slate", "5.1", 4, "slate-5.1-6.el9.src.rpm"),
        Some("slate 4:5.1-6.el9 x86_64 < slate 4:5.1-6.el9"),
        &[],
    );
    // The epoch of the package is not that of a source with another version.
    check(
        &built("slate-a", "1.3", 4, "slate-5.1-6.el9.src.rpm"),
        Some("slate-a 4:1.3-6.el9 x86_64 < slate 5.1-6.el9"),
        &[],
    );
    for none in [
        "(none)",
        "",
        "slate.src.rpm",
        "-1-2.src.rpm",
        "slate-1.src.rpm",
        "slate-5-6",
    ] {
        check(
            &built("slate", "5.1", 0, none),
            Some("slate 5.1-6.el9 x86_64 < slate 5.1-6.el9"),
            &[],
        );
    }
}

#[test]
fn what_was_added_later_replaces_what_came_with_the_package() {
    let twice = HeaderFixture::default()
        .text(NAME, "slate")
        .text(VERSION, "1")
        .text(VERSION, "2");
    check(&twice.bytes(), Some("slate 2 - < slate 2"), &[]);
}

#[test]
fn a_header_without_name_or_version_is_no_package() {
    check(&header("gpg-pubkey", "1", "2"), None, &[]);
    check(
        &HeaderFixture::default().text(NAME, "slate").bytes(),
        None,
        &["a package without a version was passed over: `slate`"],
    );
    check(
        &HeaderFixture::default().text(VERSION, "1").bytes(),
        None,
        &["a package without a name was passed over: `1`"],
    );
    check(
        &header("slate", &"1".repeat(600), "1"),
        None,
        &["a package with an overlong value was passed over: `slate`"],
    );
}

#[test]
fn a_header_must_be_there_as_a_whole() {
    let whole = header("slate", "1", "1");
    for length in 0..whole.len() {
        assert!(Header::parse(&whole[..length]).is_none(), "{length}");
    }
    assert!(Header::parse(&[0xff; 64]).is_none());
    assert!(Header::parse(&[0; 64]).is_none());
}

#[test]
fn files_are_joined_from_folders_and_names() {
    let bytes = HeaderFixture::default()
        .text(NAME, "slate")
        .texts(
            FOLDER_NAMES,
            &["/usr/lib/slate/", "/bin/", "/usr/share/doc/slate/"],
        )
        .texts(FILE_NAMES, &["a.py", "slate", "README", "b.py"])
        .numbers(FOLDER_INDEXES, &[0, 1, 2, 0])
        .bytes();
    let header = Header::parse(&bytes).unwrap();
    let keys = |paths: &[&str]| paths.iter().map(|path| path_key(path)).collect::<Vec<_>>();
    let mut left = 10_000;
    let expected = keys(&[
        "usr/lib/slate/a.py",
        "bin/slate",
        "usr/bin/slate",
        "usr/lib/slate/b.py",
    ]);
    assert_eq!(header.files(&mut left), ("slate".to_owned(), expected));
    assert_eq!(left, 10_000 - 4 * MIN_PATH_BYTES);
    let mut left = MIN_PATH_BYTES + 5;
    let expected = keys(&["usr/lib/slate/a.py"]);
    assert_eq!(header.files(&mut left), ("slate".to_owned(), expected));
    assert_eq!(left, 0);
}
