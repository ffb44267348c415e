use proptest::prelude::*;

use super::*;
use crate::fuzz::{survives, survives_beside};

fn parse_at(path: &str, bytes: &[u8], whole: bool) -> Analysis {
    DpkgStatus.analyse(&CandidateFile {
        whole,
        ..CandidateFile::whole(path, bytes)
    })
}

/// Installed and leftover packages as `name version architecture < source version`.
fn packages(analysis: &Analysis) -> (Vec<String>, Vec<String>) {
    let Some(Observation::Packages {
        installed,
        leftovers,
    }) = &analysis.observation
    else {
        return (Vec::new(), Vec::new());
    };
    let line = |package: &Package| {
        let source = package.source.as_ref().unwrap();
        format!(
            "{} {} {} < {} {}",
            package.name,
            package.version,
            package.architecture.as_deref().unwrap_or("-"),
            source.name,
            source.version
        )
    };
    (
        installed.iter().map(line).collect(),
        leftovers.iter().map(line).collect(),
    )
}

fn messages(analysis: &Analysis) -> Vec<String> {
    analysis
        .problems
        .iter()
        .map(|problem| format!("{:?} {}", problem.kind, problem.message))
        .collect()
}

fn check(content: &str, installed: &[&str], leftovers: &[&str], problems: &[&str]) {
    let analysis = parse_at(STATUS, content.as_bytes(), true);
    assert_eq!(packages(&analysis).0, installed, "{content}");
    assert_eq!(packages(&analysis).1, leftovers, "{content}");
    assert_eq!(messages(&analysis), problems, "{content}");
}

const TWO: &str = "\
Package: libssl3
Status: install ok installed
Priority: optional
Architecture: amd64
Multi-Arch: same
Source: openssl
Version: 3.0.11-1~deb12u2
Depends: libc6 (>= 2.34)
Description: Secure Sockets Layer toolkit - shared libraries
 Package: not a field but text
 .
 Status: nor this

Package: zlib1g
Status: install ok installed
Architecture: amd64
Source: zlib (1:1.2.13.dfsg-1)
Version: 1:1.2.13.dfsg-1+b1
";

#[test]
fn fields_are_read_and_continuation_lines_are_not() {
    check(
        TWO,
        &[
            "libssl3 3.0.11-1~deb12u2 amd64 < openssl 3.0.11-1~deb12u2",
            "zlib1g 1:1.2.13.dfsg-1+b1 amd64 < zlib 1:1.2.13.dfsg-1",
        ],
        &[],
        &[],
    );
}

#[test]
fn the_source_is_the_package_itself_unless_named() {
    for (field, expected) in [
        ("", "a 1 - < a 1"),
        ("Source: s\n", "a 1 - < s 1"),
        ("Source: s (2)\n", "a 1 - < s 2"),
        ("Source: s(2)\n", "a 1 - < s 2"),
        ("Source: s (2\n", "a 1 - < s 2"),
        ("Source: s ()\n", "a 1 - < s 1"),
        ("source:\ts  ( 2 ) \n", "a 1 - < s 2"),
        ("Source:\n", "a 1 - < a 1"),
    ] {
        check(
            &format!("Package: a\nStatus: install ok installed\nVersion: 1\n{field}\n"),
            &[expected],
            &[],
            &[],
        );
    }
}

#[test]
fn only_states_in_which_the_files_are_there_count() {
    let here = (&["a 1 - < a 1"][..], &[][..], &[][..]);
    let left = (&[][..], &["a 1 - < a 1"][..], &[][..]);
    let gone = (&[][..], &[][..], &[][..]);
    let half = (
        &[][..],
        &[][..],
        &[
            "Malformed a package is half installed and was left out, though some of its files may be there: `a 1`",
        ][..],
    );
    let unknown = (
        &[][..],
        &[][..],
        &["Malformed a record without a known state was passed over: `a`"][..],
    );
    for (status, (installed, leftovers, problems)) in [
        ("install ok installed", here),
        ("hold ok installed", here),
        ("deinstall ok installed", here),
        ("install reinstreq installed", here),
        ("install ok unpacked", here),
        ("install ok half-configured", here),
        ("install ok triggers-awaited", here),
        ("install ok triggers-awaiting", here),
        ("install ok triggers-pending", here),
        ("deinstall ok config-files", left),
        ("purge ok not-installed", gone),
        ("unknown ok not-installed", gone),
        ("install reinstreq half-installed", half),
        ("install ok", unknown),
        ("something else entirely", unknown),
    ] {
        check(
            &format!("Package: a\nStatus: {status}\nVersion: 1\n"),
            installed,
            leftovers,
            problems,
        );
    }
    check("Package: a\nVersion: 1\n", unknown.0, unknown.1, unknown.2);
}

#[test]
fn a_database_that_is_cut_off_keeps_its_whole_records() {
    let whole = parse_at(STATUS, TWO.as_bytes(), true);
    let (all, _) = packages(&whole);
    for end in 9..TWO.len() {
        let analysis = parse_at(STATUS, &TWO.as_bytes()[..end], true);
        let (found, _) = packages(&analysis);
        assert!(all.starts_with(&found) || found.len() < all.len(), "{end}");
        assert!(
            found.iter().all(|package| all.contains(package)) || !messages(&analysis).is_empty(),
            "{end}: {found:?}"
        );
    }
    let cut = &TWO[..TWO.len() - 5];
    let analysis = parse_at(STATUS, cut.as_bytes(), true);
    assert_eq!(packages(&analysis).0, all[..1]);
    assert_eq!(
        messages(&analysis),
        ["Truncated the database is cut off; the record that was left out: `zlib1g`"]
    );
    // Beyond the cap the last record is not to be trusted, wherever the cut falls.
    let analysis = parse_at(STATUS, TWO.as_bytes(), false);
    assert_eq!(packages(&analysis).0, all[..1]);
    assert_eq!(analysis.problems[0].kind, ProblemKind::Truncated);
}

#[test]
fn bytes_that_are_not_utf8_are_replaced_and_named() {
    let mut bytes = TWO.as_bytes().to_vec();
    let position = TWO.find("toolkit").unwrap();
    bytes[position] = 0xff;
    let analysis = parse_at(STATUS, &bytes, true);
    assert_eq!(packages(&analysis).0.len(), 2);
    assert_eq!(
        messages(&analysis),
        ["Malformed the database is not UTF-8; what is not was replaced"]
    );
}

#[test]
fn broken_records_are_named_and_the_others_kept() {
    let good = "Package: good\nStatus: install ok installed\nVersion: 1\n\n";
    for (broken, problem) in [
        (
            "Package: a\nStatus: install ok installed\n\n".to_owned(),
            "Malformed a record without a version was passed over: `a`",
        ),
        (
            "Status: install ok installed\nVersion: 1\n\n".to_owned(),
            "Malformed a record without a package name was passed over",
        ),
        (
            "Package: a\nno field here\nStatus: purge ok not-installed\n\n".to_owned(),
            "Malformed a line that is no field was passed over: `no field here`",
        ),
        (
            format!(
                "Package: a\nStatus: install ok installed\nVersion: {}\n\n",
                "1".repeat(300)
            ),
            "TooLarge a record with an overlong value was passed over: `a`",
        ),
    ] {
        check(
            &format!("{good}{broken}{}", good.replace("good", "better")),
            &["good 1 - < good 1", "better 1 - < better 1"],
            &[],
            &[problem],
        );
    }
}

#[test]
fn line_ends_and_empty_lines_do_not_matter() {
    check(
        "\n\nPackage: a\r\nStatus: install ok installed\r\nVersion: 1\r\n\r\n\n\n",
        &["a 1 - < a 1"],
        &[],
        &[],
    );
    check("", &[], &[], &[]);
    check("\n", &[], &[], &[]);
}

#[test]
fn many_broken_records_are_counted() {
    let content = "Package: a\nStatus: install ok installed\n\n".repeat(50);
    let analysis = parse_at(STATUS, content.as_bytes(), true);
    assert_eq!(analysis.problems.len(), 21);
    assert!(analysis.problems[20].message.ends_with(": 30"));
}

#[test]
fn a_database_of_nothing_but_broken_records_is_not_read_to_its_end() {
    let good = "Package: b\nStatus: install ok installed\nVersion: 1\n\n";
    for broken in ["Package: a\n\n", "Package: a\nno field\n"] {
        let content = broken.repeat(20_000) + "\n" + good;
        let analysis = parse_at(STATUS, content.as_bytes(), true);
        assert_eq!(packages(&analysis).0, [""; 0]);
        assert_eq!(
            analysis.problems[20].message,
            "more problems than are listed, and what follows is not read: 10000"
        );
    }
}

#[test]
fn other_files_of_the_same_name_are_nothing() {
    for path in [
        "proc/1/status",
        "srv/app/status",
        "var/lib/dpkg/status.d/readme",
    ] {
        assert_eq!(
            parse_at(path, b"State: running\n", true),
            Analysis::default(),
            "{path}"
        );
    }
    let analysis = parse_at(STATUS, b"SQLite format 3", true);
    assert_eq!(analysis.observation, None);
    assert_eq!(
        messages(&analysis),
        ["Malformed not a database of dpkg: it does not begin with `Package:`"]
    );
}

#[test]
fn single_records_have_no_state_and_need_no_last_line_end() {
    let analysis = parse_at(
        "var/lib/dpkg/status.d/base-files",
        b"Package: base-files\nVersion: 12.4\nArchitecture: amd64",
        true,
    );
    assert_eq!(
        packages(&analysis).0,
        ["base-files 12.4 amd64 < base-files 12.4"]
    );
    assert!(analysis.problems.is_empty());
}

#[test]
fn the_files_that_are_wanted() {
    for (path, wanted) in [
        ("var/lib/dpkg/status", true),
        ("usr/lib/dpkg/status", true),
        ("status", true),
        ("var/lib/dpkg/status-old", false),
        ("var/lib/dpkg/status.d/libc6", true),
        ("var/lib/dpkg/status.d/libc6.md5sums", false),
        ("var/lib/dpkg/info/libc6.list", false),
        ("usr/share/doc/libc6/copyright", true),
        // Links of folders, of which nothing but the path is known.
        ("usr/share/doc/libc6", true),
        ("usr/share/doc/libc6/changelog.gz", false),
    ] {
        assert_eq!(
            DpkgStatus.wants(&FileFacts::of_path(path)).is_some(),
            wanted,
            "{path}"
        );
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(
        changes in proptest::collection::vec((0usize..TWO.len(), any::<u8>()), 1..20),
        cut in 0usize..TWO.len(),
        whole: bool,
    ) {
        let mut bytes = TWO.as_bytes().to_vec();
        for (position, value) in changes {
            bytes[position] = value;
        }
        bytes.truncate(TWO.len() - cut);
        for path in [STATUS, "var/lib/dpkg/status.d/a"] {
            parse_at(path, &bytes, whole);
        }
    }
}

#[test]
fn whatever_bytes_come_it_goes_on() {
    survives(&DpkgStatus, STATUS, TWO.as_bytes());
    survives_beside(
        &DpkgStatus,
        &[(
            STATUS,
            b"Package: a\nStatus: install ok installed\nVersion: 1\n",
        )],
        "usr/share/doc/a/copyright",
        b"Format: x\n\nFiles: *\nLicense: GPL-1+ or Artistic, and (Expat)\n text\n\n\
          Files: b\nLicense: own\n see /usr/share/common-licenses/GPL-2.\n",
    );
}
