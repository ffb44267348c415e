use super::*;
use crate::fuzz::survives;

fn read(path: &str, content: &str) -> Analysis {
    OsRelease.analyse(&CandidateFile::whole(path, content.as_bytes()))
}

fn system(path: &str, content: &str) -> OperatingSystem {
    match read(path, content).observation {
        Some(Observation::OperatingSystem(system)) => system,
        other => panic!("{content}: {other:?}"),
    }
}

#[test]
fn the_facts_of_a_debian_release() {
    assert_eq!(
        system(
            "usr/lib/os-release",
            "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nNAME=\"Debian GNU/Linux\"\nVERSION_ID=\"12\"\nVERSION=\"12 (bookworm)\"\nVERSION_CODENAME=bookworm\nID=debian\nHOME_URL=\"https://www.debian.org/\"\n"
        ),
        OperatingSystem {
            id: "debian".into(),
            id_like: Vec::new(),
            version_id: "12".into(),
            version_codename: "bookworm".into(),
            pretty_name: "Debian GNU/Linux 12 (bookworm)".into(),
            path: "usr/lib/os-release".into(),
        }
    );
}

#[test]
fn values_are_unquoted_as_a_shell_would() {
    for (value, expected) in [
        ("plain", "plain"),
        ("\"two words\"", "two words"),
        ("'single'", "single"),
        (r#""a \"quoted\" \$5 \`x\` \\""#, "a \"quoted\" $5 `x` \\"),
        (r"'no \ escape'", r"no \ escape"),
        ("\"it's\"", "it's"),
        ("two words", "two"),
        ("word # comment", "word"),
        ("a\"b\"'c'", "abc"),
        ("\"open", "open"),
        ("", ""),
        ("\"Ünï\"", "Ünï"),
    ] {
        let content = format!("PRETTY_NAME={value}\n");
        assert_eq!(
            system("etc/os-release", &content).pretty_name,
            expected,
            "{value}"
        );
    }
    let long = format!("ID={}", "x".repeat(5000));
    assert_eq!(
        system("etc/os-release", &long).id.len(),
        MAX_VALUE_CHARACTERS
    );
}

#[test]
fn comments_and_what_is_no_assignment_are_passed_over() {
    let system = system(
        "etc/os-release",
        "# ID=comment\n\nexport ID=no\nnonsense\n  ID=Alpine\r\nID_LIKE=\"rhel  fedora\"\n",
    );
    assert_eq!(system.id, "alpine");
    assert_eq!(system.id_like, ["rhel", "fedora"]);
}

#[test]
fn without_an_id_it_is_linux() {
    assert_eq!(system("etc/os-release", "NAME=x\n").id, "linux");
}

#[test]
fn the_other_files_give_what_they_have() {
    let lsb = system(
        "etc/lsb-release",
        "DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=22.04\nDISTRIB_CODENAME=jammy\nDISTRIB_DESCRIPTION=\"Ubuntu 22.04.3 LTS\"\n",
    );
    assert_eq!(
        (
            lsb.id.as_str(),
            lsb.version_id.as_str(),
            lsb.pretty_name.as_str()
        ),
        ("ubuntu", "22.04", "Ubuntu 22.04.3 LTS")
    );
    let release = system("etc/debian_version", "12.5\n");
    assert_eq!(
        (release.id.as_str(), release.version_id.as_str()),
        ("debian", "12")
    );
    let testing = system("etc/debian_version", "trixie/sid\n");
    assert_eq!(
        (
            testing.version_id.as_str(),
            testing.version_codename.as_str()
        ),
        ("", "trixie")
    );
}

#[test]
fn a_file_that_says_nothing_is_a_problem() {
    for (path, content) in [
        ("etc/os-release", "nothing\n"),
        ("etc/lsb-release", "NAME=x\n"),
        ("etc/debian_version", "\n"),
    ] {
        let analysis = read(path, content);
        assert_eq!(analysis.observation, None, "{path}");
        assert_eq!(analysis.problems.len(), 1, "{path}");
    }
}

#[test]
fn whatever_bytes_come_it_goes_on() {
    let content = b"ID=debian\nVERSION_ID=\"12\"\nPRETTY_NAME='Debian \\\"12\\\"'\n";
    survives(&OsRelease, "etc/os-release", content);
    survives(&OsRelease, "etc/debian_version", b"12.4\n");
}
