use jiff::civil::Date;
use outcrop_model::OperatingSystem;

use super::*;

fn day(text: &str) -> Date {
    text.parse().expect("a date")
}

#[test]
fn every_line_of_the_built_in_table_is_a_release() {
    let lines: Vec<&str> = include_str!("support.csv")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .collect();
    for line in &lines {
        assert!(built_in_release(line).is_some(), "{line}");
        assert_eq!(line.split(',').count(), 6, "{line}");
    }
    // No release stands twice.
    assert_eq!(SupportTable::built_in().releases().len(), lines.len());
}

#[test]
fn support_is_told_by_release_and_day() {
    use SupportState::{Ended, LongTerm, Supported, Unknown};
    for (id, version, today, state, ends) in [
        ("debian", "12", "2026-07-11", Supported, "2026-07-11"),
        ("debian", "12", "2026-07-12", LongTerm, "2028-06-30"),
        ("debian", "12", "2028-06-30", LongTerm, "2028-06-30"),
        ("debian", "12", "2028-07-01", Ended, "2028-06-30"),
        ("debian", "12.5", "2026-07-12", LongTerm, "2028-06-30"),
        ("debian", "13", "2026-11-21", Supported, "2028-08-09"),
        ("debian", "11", "2026-11-21", Ended, "2026-08-31"),
        ("debian", "99", "2026-11-21", Unknown, ""),
        ("debian", "", "2026-11-21", Unknown, ""),
        ("ubuntu", "22.04", "2026-11-21", Supported, "2027-06-01"),
        ("ubuntu", "18.04", "2026-11-21", Ended, "2023-05-31"),
        ("alpine", "3.10.2", "2026-11-21", Ended, "2021-05-01"),
        ("alpine", "3.10", "2021-05-01", Supported, "2021-05-01"),
        ("alpine", "3.99.0", "2026-11-21", Unknown, ""),
        ("rhel", "9.3", "2026-11-21", Supported, "2032-05-31"),
        ("rhel", "7.9", "2026-11-21", Ended, "2024-06-30"),
        ("centos", "7", "2026-11-21", Ended, "2024-06-30"),
        ("centos", "8", "2026-11-21", Ended, "2021-12-31"),
        ("centos", "9", "2026-11-21", Supported, "2027-05-31"),
        ("centos", "10", "2026-11-21", Supported, "2030-05-31"),
        ("almalinux", "9.4", "2026-11-21", Supported, "2032-05-31"),
        ("rocky", "8.10", "2026-11-21", Supported, "2029-05-31"),
        ("ol", "10.0", "2026-11-21", Supported, ""),
        ("ol", "7.9", "2026-11-21", Ended, "2024-12-31"),
        ("amzn", "2", "2026-11-21", Ended, "2026-06-30"),
        ("amzn", "2023", "2026-11-21", Supported, "2029-06-30"),
        ("fedora", "40", "2026-11-21", Ended, "2025-05-13"),
        ("sles", "15", "2026-11-21", Ended, "2019-12-31"),
        ("sles", "15.7", "2026-11-21", Supported, "2031-07-31"),
        ("opensuse-leap", "15.6", "2026-11-21", Ended, "2026-04-30"),
        ("wolfi", "20230201", "2026-11-21", Unknown, ""),
    ] {
        let support = support_of(id, version, day(today));
        let shown = support.ends.map(|date| date.to_string());
        assert_eq!(
            (support.state, shown.as_deref().unwrap_or("")),
            (state, ends),
            "{id} {version} {today}"
        );
    }
}

#[test]
fn support_for_subscribers_is_told_apart() {
    for (id, version, expected) in [
        ("ubuntu", "18.04", Some("2030-04-30")),
        ("ubuntu", "23.10", None),
        ("rhel", "7", Some("2029-05-31")),
        ("rhel", "6", None),
        ("sles", "12.5", Some("2027-10-31")),
        ("debian", "10", Some("2029-06-30")),
    ] {
        let support = support_of(id, version, day("2026-11-21"));
        assert_eq!(support.state, SupportState::Ended, "{id} {version}");
        assert_eq!(
            support.subscription_ends,
            expected.map(day),
            "{id} {version}"
        );
    }
}

#[test]
fn centos_stream_is_known_by_its_name() {
    for (name, ends) in [
        ("CentOS Linux 8", "2021-12-31"),
        ("CentOS Stream 8", "2024-05-31"),
    ] {
        let system = OperatingSystem {
            id: "centos".into(),
            version_id: "8".into(),
            pretty_name: name.into(),
            ..OperatingSystem::default()
        };
        let support = SupportTable::built_in().support_of_system(&system, day("2026-11-21"));
        assert_eq!(support.ends, Some(day(ends)), "{name}");
    }
}

#[test]
fn distro_info_is_read_by_the_names_of_its_columns() {
    let (releases, problems) = distro_info(
        "debian",
        "version,codename,series,created,release,eol,eol-lts,eol-elts,new\n\
         12,Bookworm,bookworm,2021-08-14,2023-06-10,2026-07-11,2028-06-30,2033-06-30,x\n\
         13,Trixie,trixie,2023-06-10,2025-08-09,no date\n\
         14,Forky,forky,2025-08-09\n\
         ,Sid,sid,1993-08-16\n",
    );
    assert_eq!(
        releases,
        [ReleaseSupport {
            product: "debian".into(),
            release: "12".into(),
            codename: Some("bookworm".into()),
            regular: SupportEnd::On(day("2026-07-11")),
            long_term: Some(day("2028-06-30")),
            subscription: Some(day("2033-06-30")),
        }]
    );
    let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(problems, ["`line 3`: `no date` is no date"]);
}

#[test]
fn endoflife_products_are_read_one_or_all() {
    let debian = r#"{"name": "debian", "label": "Debian", "releases": [
        {"name": "12", "codename": "Bookworm", "isEol": false, "eolFrom": "2026-07-11", "isEoes": false, "eoesFrom": "2028-06-30"},
        {"name": "7", "isEol": true, "eolFrom": null},
        {"name": "x", "isEol": false, "eolFrom": "soon"},
        {"isEol": false},
        {"name": "14", "isEol": false, "eolFrom": null, "custom": {"a": [1]}}]}"#;
    let alpine = r#"{"name": "alpine-linux", "releases": [{"name": "3.22", "isEol": false, "eolFrom": "2027-05-01"}]}"#;
    let full = format!(
        r#"{{"schema_version": "1.2.0", "generated_at": "2026-11-20T00:00:00+00:00", "total": 2, "result": [{debian}, {alpine}]}}"#
    );
    let one = format!(
        r#"{{"schema_version": "1.2.0", "last_modified": "2026-11-19T00:00:00+00:00", "result": {debian}}}"#
    );
    for (answer, dated, expected, place) in [
        (&full, "2026-11-20T00:00:00+00:00", 4, "0/releases/3"),
        (&one, "2026-11-19T00:00:00+00:00", 3, "releases/3"),
    ] {
        let read = products(answer.as_bytes());
        assert_eq!(read.dated.as_deref(), Some(dated));
        assert_eq!(read.releases.len(), expected);
        let problems: Vec<String> = read.problems.iter().map(ToString::to_string).collect();
        assert_eq!(
            problems,
            [
                "`debian x`: `soon` is no date".to_owned(),
                format!(
                    "`debian {place}`: it cannot be read: missing field `name` at line 1 column 16"
                ),
            ]
        );
        let table = SupportTable::new(read.releases);
        let today = day("2026-11-21");
        assert_eq!(
            table.support_of("debian", "12", today).state,
            SupportState::LongTerm
        );
        assert_eq!(
            table.support_of("debian", "7", today).state,
            SupportState::Ended
        );
        assert_eq!(
            table.support_of("debian", "14", today).state,
            SupportState::Supported
        );
    }
}

#[test]
fn newer_entries_stand_in_place_of_older_ones() {
    let newer = ReleaseSupport {
        product: "debian".into(),
        release: "12".into(),
        codename: None,
        regular: SupportEnd::On(day("2030-01-01")),
        long_term: None,
        subscription: None,
    };
    let table = SupportTable::built_in().updated_by([newer]);
    assert_eq!(
        table.releases().len(),
        SupportTable::built_in().releases().len()
    );
    let support = table.support_of("debian", "12", day("2026-11-21"));
    assert_eq!(
        (support.state, support.ends),
        (SupportState::Supported, Some(day("2030-01-01")))
    );
}

#[test]
fn a_product_without_a_name_has_no_releases() {
    let read = products(
        br#"{"result": [{"name": "a", "releases": [{"name": "1"}]}, {"releases": [{"name": "2"}]}, 7]}"#,
    );
    assert_eq!(read.releases.len(), 1);
    let problems: Vec<String> = read.problems.iter().map(ToString::to_string).collect();
    assert_eq!(problems, ["` 2`: `` is no product"]);
}
