use super::*;
use crate::findings::described;
use crate::fuzz::survives;

const APPLICATION: &str = r#"%% A comment
{application, p1_utils,
             [{description,"Utility modules"},
              {vsn,"1.0.25"},
              {modules,[p1_fsm,'Elixir.P1']},
              {registered,[]},
              {applications,[kernel,stdlib]},
              {env,[{rand_cache_size, 896}]},
              {licenses,["Apache 2.0"]}]}.
"#;

fn check(path: &str, content: &str, packages: &[&str], problems: &[&str]) {
    let analysis = Erlang.analyse(&CandidateFile::whole(path, content.as_bytes()));
    let (found, told) = described(&analysis);
    assert_eq!(found, packages, "{path}");
    assert_eq!(told, problems, "{path}");
}

#[test]
fn an_application_in_its_folder_of_a_release_counts() {
    check(
        "app/lib/p1_utils-1.0.25/ebin/p1_utils.app",
        APPLICATION,
        &["hex p1_utils 1.0.25 in app/lib (Apache-2.0) ~the name of an OTP application"],
        &[],
    );
    check(
        "usr/lib/erlang/lib/ssh-4.15/ebin/ssh.app",
        "{application,ssh,[{vsn,\"4.15\"},{description,\"SSH\"}]}.",
        &["generic ssh 4.15 in usr/lib/erlang/lib"],
        &[],
    );
}

#[test]
fn folders_of_builds_and_other_names_do_not() {
    for (path, wanted) in [
        ("app/lib/jason-1.4.1/ebin/jason.app", true),
        ("app/_build/prod/lib/jason/ebin/jason.app", false),
        ("app/lib/jason-1.4.1/src/jason.app", false),
        ("app/lib/jason-1.4.1/ebin/jason.beam", false),
        ("jason.app", false),
    ] {
        let facts = FileFacts::of_path(path);
        assert_eq!(Erlang.wants(&facts).is_some(), wanted, "{path}");
    }
    check("lib/p1_utils-2/ebin/p1_utils.app", APPLICATION, &[], &[]);
    check(
        "lib/other-1.0.25/ebin/other.app",
        APPLICATION,
        &[],
        &["Malformed the application does not tell its version: `other`"],
    );
}

#[test]
fn whatever_bytes_come_it_goes_on() {
    let path = "lib/p1_utils-1.0.25/ebin/p1_utils.app";
    survives(&Erlang, path, APPLICATION.as_bytes());
}
