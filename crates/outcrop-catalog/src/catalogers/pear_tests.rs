use super::*;
use crate::findings::described;
use crate::fuzz::survives;

/// Written after the manuals of PEAR and PHP.
const SECOND: &str = concat!(
    r#"a:6:{s:7:"attribs";a:1:{s:7:"version";s:3:"2.0";}s:4:"name";s:11:"Archive_Tar";"#,
    r#"s:7:"channel";s:12:"pear.php.net";s:4:"lead";a:1:{i:0;a:1:{s:4:"name";s:5:"Ada Ü";}}"#,
    r#"s:7:"version";a:2:{s:7:"release";s:6:"1.4.14";s:3:"api";s:5:"1.4.0";}"#,
    r#"s:7:"license";a:2:{s:7:"attribs";a:1:{s:3:"uri";s:1:"x";}s:8:"_content";s:3:"MIT";}}"#,
);
const EXTENSION: &str = concat!(
    r#"a:5:{s:4:"name";s:7:"imagick";s:7:"channel";s:12:"pecl.php.net";s:1:"b";b:1;"#,
    r#"s:7:"version";a:1:{s:7:"release";s:5:"3.7.0";}s:7:"license";s:11:"PHP License";}"#,
);
const FIRST: &str = concat!(
    r#"a:4:{s:7:"package";s:4:"Mail";s:7:"version";s:5:"1.1.0";"#,
    r#"s:15:"release_license";s:3:"MIT";s:1:"n";N;}"#,
);

fn check(content: &str, packages: &[&str], problems: &[&str]) {
    let path = "usr/local/lib/php/.registry/x.reg";
    let analysis = Pear.analyse(&CandidateFile::whole(path, content.as_bytes()));
    let (found, told) = described(&analysis);
    assert_eq!(found, packages, "{content}");
    assert_eq!(told, problems, "{content}");
}

#[test]
fn records_of_both_versions_and_of_every_channel_are_read() {
    // `Ü` has two bytes.
    check(
        &SECOND.replace("s:5:\"Ada", "s:6:\"Ada"),
        &["composer pear/archive_tar 1.4.14 in usr/local/lib/php (MIT) ~its name in PEAR"],
        &[],
    );
    check(
        EXTENSION,
        &["generic pecl/imagick 3.7.0 in usr/local/lib/php (“PHP License”)"],
        &[],
    );
    check(
        FIRST,
        &["composer pear/mail 1.1.0 in usr/local/lib/php (MIT) ~its name in PEAR"],
        &[],
    );
}

#[test]
fn what_is_broken_is_told_with_its_place() {
    check(
        SECOND,
        &[],
        &["Malformed the record is not as PHP writes it from byte 159"],
    );
    check(
        "a:1:{s:4:\"name\";s:1:\"A\";}",
        &[],
        &["Malformed a record without a version was passed over: `pear/a`"],
    );
    let deep = format!("{}i:1;", "a:1:{i:0;".repeat(MAX_DEPTH + 1));
    check(
        &deep,
        &[],
        &["Malformed the record is not as PHP writes it from byte 297"],
    );
}

#[test]
fn only_records_of_a_registry_are_wanted() {
    assert_eq!(
        registry("usr/share/php/.registry/pear.reg"),
        Some("usr/share/php")
    );
    assert_eq!(registry("a/.registry/.channel.b.c/x.reg"), Some("a"));
    assert_eq!(registry("a/.channels/b.c.reg"), None);
    assert_eq!(registry("a/.registry/x"), None);
}

#[test]
fn whatever_bytes_come_it_goes_on() {
    survives(&Pear, "a/.registry/x.reg", EXTENSION.as_bytes());
}
