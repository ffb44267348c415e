use super::{BuildArguments, Stages, TargetError, User};
use crate::syntax::parse;

fn arguments(pairs: &[(&str, &str)]) -> BuildArguments {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

fn bases(text: &str, given: &[(&str, &str)]) -> Vec<String> {
    let stages = Stages::read(&parse(text.as_bytes()).file, &arguments(given));
    stages
        .stages
        .iter()
        .map(|stage| format!("{:?}", stage.base))
        .collect()
}

#[test]
fn what_a_stage_is_built_from() {
    for (text, given, expected) in [
        ("FROM debian:12", vec![], vec![r#"Image("debian:12")"#]),
        ("FROM scratch", vec![], vec!["Scratch"]),
        (
            "FROM a AS Base\nFROM base",
            vec![],
            vec![r#"Image("a")"#, "Stage(0)"],
        ),
        (
            "FROM base\nFROM x AS base",
            vec![],
            vec![r#"Image("base")"#, r#"Image("x")"#],
        ),
        (
            "FROM a AS x\nFROM b AS x\nFROM x",
            vec![],
            vec![r#"Image("a")"#, r#"Image("b")"#, "Stage(1)"],
        ),
        (
            "ARG V=12\nFROM debian:$V",
            vec![],
            vec![r#"Image("debian:12")"#],
        ),
        (
            "ARG V=12\nFROM debian:$V",
            vec![("V", "13")],
            vec![r#"Image("debian:13")"#],
        ),
        (
            "ARG A=1\nARG B=${A}2\nFROM x:${B}",
            vec![],
            vec![r#"Image("x:12")"#],
        ),
        (
            "ARG V\nFROM debian:${V:-12}",
            vec![],
            vec![r#"Unresolved { text: "debian:${V:-12}", variables: ["V"] }"#],
        ),
        (
            "FROM debian:${V:-12}",
            vec![],
            vec![r#"Image("debian:12")"#],
        ),
        (
            "ARG S=x\nFROM debian${S:+:12}",
            vec![],
            vec![r#"Image("debian:12")"#],
        ),
        (
            "FROM a\nARG V=1\nFROM x:$V",
            vec![],
            vec![r#"Image("a")"#, r#"Image("x:")"#],
        ),
        (
            "FROM $NONE",
            vec![],
            vec![r#"Unresolved { text: "$NONE", variables: ["NONE"] }"#],
        ),
        (
            "FROM a-$TARGETARCH",
            vec![],
            vec![r#"Unresolved { text: "a-$TARGETARCH", variables: ["TARGETARCH"] }"#],
        ),
        (
            "FROM a-$TARGETARCH",
            vec![("TARGETARCH", "arm64")],
            vec![r#"Image("a-arm64")"#],
        ),
        ("FROM \"a:1\"", vec![], vec![r#"Image("a:1")"#]),
    ] {
        assert_eq!(bases(text, &given), expected, "{text}");
    }
}

#[test]
fn the_target_is_the_last_stage_or_the_one_named() {
    let stages = Stages::read(
        &parse(b"FROM a AS one\nFROM b AS 0\nFROM c").file,
        &BuildArguments::new(),
    );
    let target = |name| stages.target(name);
    assert_eq!(target(None), Ok(2));
    assert_eq!(target(Some("ONE")), Ok(0));
    assert_eq!(target(Some("0")), Ok(1), "a name goes before a number");
    assert_eq!(target(Some("2")), Ok(2));
    assert_eq!(
        target(Some("3")),
        Err(TargetError::NotFound { name: "3".into() })
    );
    let empty = Stages::read(&parse(b"ARG a=1").file, &BuildArguments::new());
    assert_eq!(empty.target(None), Err(TargetError::NoStage));
}

/// `line:user` after each instruction that makes the last stage; `?` where it is not known.
fn users(text: &str) -> String {
    let file = parse(text.as_bytes()).file;
    let stages = Stages::read(&file, &BuildArguments::new());
    let mut users = Vec::new();
    stages.walk(
        &file,
        stages.target(None).unwrap(),
        |_, instruction, context| {
            let user = match &context.user {
                User::Base => "base".to_owned(),
                User::Set { resolved, .. } => resolved.clone().unwrap_or_else(|| "?".to_owned()),
            };
            users.push(format!("{}:{user}", instruction.first_line));
        },
    );
    users.join(" ")
}

#[test]
fn the_user_is_inherited_through_stages() {
    for (text, expected) in [
        ("FROM a\nUSER app\nRUN x", "1:base 2:app 3:app"),
        (
            "FROM a AS x\nUSER app\nFROM b\nUSER no\nFROM x\nRUN y",
            "1:base 2:app 5:app 6:app",
        ),
        (
            "FROM a\nENV U=app\nUSER $U\nENV U=other\nRUN x",
            "1:base 2:base 3:app 4:app 5:app",
        ),
        ("FROM a\nARG U\nUSER $U", "1:base 2:base 3:?"),
        ("ARG U=x\nFROM a\nARG U\nUSER $U", "2:base 3:base 4:x"),
        ("FROM a\nUSER $FROM_BASE", "1:base 2:?"),
        (
            "FROM a AS x\nARG U=1\nFROM x\nUSER $U",
            "1:base 2:base 3:base 4:?",
        ),
        ("FROM a\nENV A=1 B=$A\nUSER u$B", "1:base 2:base 3:?"),
    ] {
        assert_eq!(users(text), expected, "{text}");
    }
}

#[test]
fn who_is_root() {
    let set = |resolved: Option<&str>| User::Set {
        instruction: 0,
        text: String::new(),
        resolved: resolved.map(str::to_owned),
    };
    for (user, base_user, expected) in [
        (User::Base, None, None),
        (User::Base, Some(""), Some(true)),
        (User::Base, Some("0:0"), Some(true)),
        (User::Base, Some("1001"), Some(false)),
        (set(Some("root")), None, Some(true)),
        (set(Some("root:app")), None, Some(true)),
        (set(Some("00")), None, Some(true)),
        (set(Some("rootless")), None, Some(false)),
        (set(None), Some(""), None),
    ] {
        assert_eq!(user.is_root(base_user), expected, "{user:?} {base_user:?}");
    }
}

#[test]
fn shell_and_directory_are_those_in_effect() {
    let file =
        parse(b"FROM a AS x\nSHELL [\"/bin/bash\", \"-c\"]\nWORKDIR /a\nFROM x\nWORKDIR b\n").file;
    let stages = Stages::read(&file, &BuildArguments::new());
    let context = stages.context_at_end(&file, 1).unwrap();
    assert_eq!(context.shell.unwrap(), ["/bin/bash", "-c"]);
    assert_eq!(context.working_directory.unwrap(), "/a/b");
}

#[test]
fn variables_that_grow_without_end_become_unknown() {
    let mut text = "FROM a\nENV A=0123456789\n".to_owned();
    for _ in 0..200 {
        text.push_str("ENV A=$A$A\nENV B=$A C=$A D=$A\n");
    }
    text.push_str("USER $A\n");
    assert!(users(&text).ends_with(":?"));
}

#[test]
fn many_stages_are_read_in_linear_time() {
    let text = "FROM a AS b\n".repeat(100_000);
    assert_eq!(
        Stages::read(&parse(text.as_bytes()).file, &BuildArguments::new())
            .stages
            .len(),
        100_000
    );
}
