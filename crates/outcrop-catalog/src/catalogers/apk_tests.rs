use super::*;
use crate::fuzz::survives;

const DATABASE: &str = "lib/apk/db/installed";

/// Two records in the form that apk writes.
const TWO: &str = "\
C:Q1AAAAAAAAAAAAAAAAAAAAAAAAAAA=
P:slate
V:1.1.22-r3
A:x86_64
T:P:not a field but text
L:MIT
o:slate
p:so:slate.so.1=1
F:lib
R:slate.so.1
a:0:0:755

C:Q1BBBBBBBBBBBBBBBBBBBBBBBBBBB=
P:slate-tools
V:1.1.22-r3
A:x86_64
L:GPL-2.0 and MIT
o:slate

";

fn analyse(path: &str, content: &str, whole: bool) -> Analysis {
    Apk.analyse(&CandidateFile {
        whole,
        ..CandidateFile::whole(path, content.as_bytes())
    })
}

/// Packages as `name version architecture < source version [licences]`.
fn lines(analysis: &Analysis) -> Vec<String> {
    let Some(Observation::Packages { installed, .. }) = &analysis.observation else {
        return Vec::new();
    };
    installed
        .iter()
        .map(|package| {
            let source = package.source.as_ref().unwrap();
            format!(
                "{} {} {} < {} {} {:?}",
                package.name,
                package.version,
                package.architecture.as_deref().unwrap_or("-"),
                source.name,
                source.version,
                package.licences
            )
        })
        .collect()
}

fn check(content: &str, whole: bool, packages: &[&str], problems: &[&str]) {
    let analysis = analyse(DATABASE, content, whole);
    assert_eq!(lines(&analysis), packages, "{content}");
    let messages: Vec<&str> = analysis
        .problems
        .iter()
        .map(|problem| problem.message.as_str())
        .collect();
    assert_eq!(messages, problems, "{content}");
}

#[test]
fn records_name_package_origin_and_licence() {
    check(
        TWO,
        true,
        &[
            r#"slate 1.1.22-r3 x86_64 < slate 1.1.22-r3 [Spdx("MIT")]"#,
            r#"slate-tools 1.1.22-r3 x86_64 < slate 1.1.22-r3 [Spdx("GPL-2.0-only AND MIT")]"#,
        ],
        &[],
    );
}

#[test]
fn a_record_needs_no_more_than_name_and_version() {
    check("P:a\nV:1\n", true, &["a 1 - < a 1 []"], &[]);
    check("P:a\r\nV:1\r\n\r\n", true, &["a 1 - < a 1 []"], &[]);
    check("", true, &[], &[]);
}

#[test]
fn what_cannot_be_read_is_named_and_the_rest_stays() {
    check(
        "P:a\nA:x86_64\n\nV:1\n\nP:b\nV:2\n\n",
        true,
        &["b 2 - < b 2 []"],
        &[
            "a record without a version was passed over: `a`",
            "a record without a package name was passed over",
        ],
    );
    let long = format!("P:a\nV:{}\n\n", "1".repeat(300));
    check(
        &long,
        true,
        &[],
        &["a record with an overlong value was passed over: `a`"],
    );
    check(
        "P:a\nV:1\n\nP:b\nV:2.",
        true,
        &["a 1 - < a 1 []"],
        &["the database is cut off; the record that was left out: `b`"],
    );
    check(
        "P:a\nV:1\n\n",
        false,
        &["a 1 - < a 1 []"],
        &["the database is cut off"],
    );
    check(
        "something else",
        true,
        &[],
        &["not a database of apk: it does not begin with a field of one letter"],
    );
}

#[test]
fn a_file_of_that_name_elsewhere_need_not_be_a_database() {
    let analysis = analyse("srv/installed", "yes, on Tuesday\n", true);
    assert_eq!(analysis, Analysis::default());
}

#[test]
fn whatever_bytes_come_it_goes_on() {
    survives(&Apk, DATABASE, TWO.as_bytes());
}
