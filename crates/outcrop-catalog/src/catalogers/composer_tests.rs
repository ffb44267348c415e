use super::*;
use crate::findings::described;
use crate::fuzz::survives;

/// Written after the schema of Composer.
const SECOND: &str = r#"{
    "packages": [
        {"name": "monolog/monolog", "version": "2.0.0", "version_normalized": "2.0.0.0",
         "license": ["MIT"], "install-path": "../monolog/monolog"},
        {"name": "a/b", "version": "dev-master", "license": ["LGPL-2.1-only", "GPL-3.0-or-later"]},
        {"name": "c/d"},
        1
    ],
    "dev": true,
    "dev-package-names": ["a/b"]
}"#;

fn check(content: &str, packages: &[&str], problems: &[&str]) {
    let path = "app/vendor/composer/installed.json";
    let analysis = Composer.analyse(&CandidateFile::whole(path, content.as_bytes()));
    let (found, told) = described(&analysis);
    assert_eq!(found, packages, "{content}");
    assert_eq!(told, problems, "{content}");
}

#[test]
fn both_versions_of_the_file_are_read() {
    check(
        SECOND,
        &[
            "composer monolog/monolog 2.0.0 in app/vendor (MIT)",
            "composer a/b dev-master in app/vendor (LGPL-2.1-only OR GPL-3.0-or-later)",
        ],
        &["Malformed a record without a version was passed over: `c/d`"],
    );
    check(
        r#" [{"name": "a/b", "version": "v1.0", "license": "proprietary"}]"#,
        &["composer a/b v1.0 in app/vendor (“proprietary”)"],
        &[],
    );
    check("{}", &[], &[]);
    check(
        "[",
        &[],
        &["Malformed the file is not the JSON that it should be from line 1, column 1"],
    );
}

#[test]
fn whatever_bytes_come_it_goes_on() {
    survives(&Composer, "a/composer/installed.json", SECOND.as_bytes());
}
