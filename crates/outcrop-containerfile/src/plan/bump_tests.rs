use super::tests::{Case, case, openssl};
use super::{AptUpgrade, BaseBump};
use crate::stages::BuildArguments;

const OLD_DIGEST: &str = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const NEW_DIGEST: &str = "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

fn bump<'a>(file: &'a str, from: &str, to: &str) -> Case<'a> {
    let bump = BaseBump {
        from: from.into(),
        to: to.into(),
        findings: vec![1],
        evidence: "the newer image was scanned".into(),
    };
    Case {
        upgrades: Vec::new(),
        bump: Some(bump),
        ..case(file)
    }
}

/// The new file, or why there is none.
fn bumped(file: &str, from: &str, to: &str) -> String {
    let plan = bump(file, from, to).plan();
    let mut shown = match &plan.patch {
        Some(patch) => String::from_utf8_lossy(&patch.new_bytes).into_owned(),
        None => plan
            .stays
            .iter()
            .map(|stays| stays.reason.clone() + "\n")
            .collect(),
    };
    for review in plan.review.iter().filter(|_| plan.patch.is_some()) {
        shown.push_str("! ");
        shown.push_str(review);
        shown.push('\n');
    }
    shown
}

#[test]
fn the_smallest_place_is_edited() {
    let digests = |text: &str| text.replace("OLD", OLD_DIGEST).replace("NEW", NEW_DIGEST);
    for (file, from, to, expected) in [
        (
            "FROM debian:12.1\n",
            "debian:12.1",
            "debian:12.2",
            "FROM debian:12.2\n",
        ),
        (
            "FROM debian\n",
            "debian:latest",
            "debian:12",
            "FROM debian:12\n",
        ),
        (
            "FROM --platform=linux/amd64 docker.io/library/debian:12.1 as Base\n",
            "debian:12.1",
            "debian:12.2",
            "FROM --platform=linux/amd64 docker.io/library/debian:12.2 as Base\n",
        ),
        (
            "ARG V=12.1\nFROM debian:$V\n",
            "debian:12.1",
            "debian:12.2",
            "ARG V=12.2\nFROM debian:$V\n",
        ),
        (
            "ARG V=\"12.1\"\nFROM debian:${V}-slim\n",
            "debian:12.1-slim",
            "debian:12.2-slim",
            "ARG V=\"12.2\"\nFROM debian:${V}-slim\n",
        ),
        (
            "ARG A=1 V='12.1' B=2\nFROM debian:${V}\n",
            "debian:12.1",
            "debian:12.2",
            "ARG A=1 V='12.2' B=2\nFROM debian:${V}\n",
        ),
        (
            "FROM debian:${V:-12.1}\n",
            "debian:12.1",
            "debian:12.2",
            "FROM debian:${V:-12.2}\n",
        ),
        (
            "ARG R=r.example/x\nFROM ${R}/debian:12.1\n",
            "r.example/x/debian:12.1",
            "r.example/x/debian:12.2",
            "ARG R=r.example/x\nFROM ${R}/debian:12.2\n",
        ),
        (
            "ARG I=debian:12.1\nFROM $I\n",
            "debian:12.1",
            "debian:12.2",
            "ARG I=debian:12.2\nFROM $I\n",
        ),
        (
            "ARG I=debian\nFROM $I:12.1\n",
            "debian:12.1",
            "debian:12.2",
            "ARG I=debian\nFROM $I:12.2\n",
        ),
        ("FROM x:1\n", "x:1", "y.example/z:2", "FROM y.example/z:2\n"),
        (
            "FROM debian:12@OLD\n",
            "debian:12@OLD",
            "debian:12@NEW",
            "FROM debian:12@NEW\n",
        ),
        (
            "FROM debian:12.1@OLD\n",
            "debian:12.1@OLD",
            "debian:12.2@NEW",
            "FROM debian:12.2@NEW\n",
        ),
        (
            "FROM debian@OLD\n",
            "debian@OLD",
            "debian:12.2@NEW",
            "FROM debian@NEW\n",
        ),
        (
            "FROM debian:12.1\n",
            "debian:12.1",
            "debian:12.2@NEW",
            "FROM debian:12.2\n",
        ),
        (
            "ARG T=12.1\nARG D=OLD\nFROM debian:${T}@${D}\n",
            "debian:12.1@OLD",
            "debian:12.2@NEW",
            "ARG T=12.2\nARG D=NEW\nFROM debian:${T}@${D}\n",
        ),
    ] {
        let shown = bumped(&digests(file), &digests(from), &digests(to));
        assert_eq!(shown, digests(expected), "{file}");
    }
}

#[test]
fn other_uses_of_the_argument_decide_where_the_edit_goes() {
    insta::assert_snapshot!(bumped("ARG V=1\nFROM a:$V AS x\nFROM a:$V-dev\nFROM x\n", "a:1", "a:2"), @r#"
    ARG V=2
    FROM a:$V AS x
    FROM a:$V-dev
    FROM x
    ! line 3 takes its image from the same `ARG` and changes with it
    "#);
    insta::assert_snapshot!(bumped("ARG V=1\nFROM a:$V AS x\nFROM b:$V\nFROM x\n", "a:1", "a:2"), @r#"
    ARG V=1
    FROM a:2 AS x
    FROM b:$V
    FROM x
    ! line 3 uses `V` too, so its default stays as it is
    ! the reference is written out in the `FROM`: `a:$V` did not lead to it
    "#);
    insta::assert_snapshot!(bumped("ARG V=1\nFROM a:$V\nARG V\nRUN echo $V\n", "a:1", "a:2"), @r#"
    ARG V=1
    FROM a:2
    ARG V
    RUN echo $V
    ! line 3 uses `V` too, so its default stays as it is
    ! the reference is written out in the `FROM`: `a:$V` did not lead to it
    "#);
    insta::assert_snapshot!(bumped("ARG V=1\nARG W=x$V\nFROM a:$V\n", "a:1", "a:2"), @r#"
    ARG V=1
    ARG W=x$V
    FROM a:2
    ! line 2 uses `V` too, so its default stays as it is
    ! the reference is written out in the `FROM`: `a:$V` did not lead to it
    "#);
    insta::assert_snapshot!(bumped("ARG V=1\nFROM --platform=$V a:$V\n", "a:1", "a:2"), @r#"
    ARG V=1
    FROM --platform=$V a:2
    ! line 2 uses `V` too, so its default stays as it is
    ! the reference is written out in the `FROM`: `a:$V` did not lead to it
    "#);
    insta::assert_snapshot!(bumped("ARG V=1\nARG V=1\nFROM a:$V\n", "a:1", "a:2"), @r#"
    ARG V=1
    ARG V=1
    FROM a:2
    ! `V` is not declared once with a default
    ! the reference is written out in the `FROM`: `a:$V` did not lead to it
    "#);
    insta::assert_snapshot!(bumped("ARG M=1\nARG V=${M}.0\nFROM a:$V\n", "a:1.0", "a:1.1"), @r#"
    ARG M=1
    ARG V=${M}.0
    FROM a:1.1
    ! the default of `V` on line 2 is not plain text
    ! the reference is written out in the `FROM`: `a:$V` did not lead to it
    "#);
    insta::assert_snapshot!(bumped("ARG V=1\nFROM a:$V-slim\n", "a:1-slim", "a:2"), @r#"
    ARG V=1
    FROM a:2
    ! the reference is written out in the `FROM`: `a:$V-slim` did not lead to it
    "#);
    insta::assert_snapshot!(bumped("FROM \"a:1\"\n", "a:1", "a:2"), @r#"FROM "a:2""#);
}

#[test]
fn what_is_not_in_the_file_is_said() {
    insta::assert_snapshot!(bumped("ARG V\nFROM debian:${V}-slim\n", "debian:1-slim", "docker.io/library/debian:2-slim"), @"`V` has no default in the file: build with `--build-arg V=2`");
    insta::assert_snapshot!(bumped("ARG V\nARG W\nFROM $V:$W\n", "a:1", "a:2"), @"the base image is not known without `V`, `W`");
    let given = BuildArguments::from([("V".to_owned(), "1".to_owned())]);
    let shown = Case {
        arguments: given,
        ..bump("ARG V=0\nFROM a:$V\n", "a:1", "a:2")
    }
    .shown();
    insta::assert_snapshot!(shown, @r#"
    stays [1]: the value of `V` is a build argument: build with `--build-arg V=2`
    review: base image not changed: the value of `V` is a build argument: build with `--build-arg V=2`
    "#);
}

#[test]
fn no_bump_says_why() {
    insta::assert_snapshot!(bumped("FROM a:1\n", "b:1", "b:2"), @"line 1 takes another image than the one that was compared: `a:1`");
    insta::assert_snapshot!(bumped("FROM a:1\n", "a:1", "a:1@sha256:ab"), @"`a:1` means the newer image already: build again with `--pull`, no edit is needed");
    insta::assert_snapshot!(bumped("FROM a@sha256:ab\n", "a@sha256:ab", "a:2"), @"line 1 names its image by digest, and the digest of the new one is not known");
    insta::assert_snapshot!(bumped("FROM scratch\n", "a:1", "a:2"), @"the stage starts from `scratch`: there is no base image");
    insta::assert_snapshot!(bumped("FROM a:1\n", "a:1", "a:2\nRUN evil"), @r"not an image reference: `a:2\nRUN evil`");
}

#[test]
fn a_bump_and_an_upgrade_share_one_diff() {
    let other = AptUpgrade {
        source_package: "zlib".into(),
        findings: vec![7],
        ..openssl()
    };
    let both = Case {
        upgrades: vec![openssl(), other],
        ..bump("FROM a:1\nRUN x\n", "a:1", "a:2")
    };
    insta::assert_snapshot!(both.shown(), @r#"
    --- a/app/Containerfile
    +++ b/app/Containerfile
    @@ -1,2 +1,7 @@
    -FROM a:1
    +FROM a:2
    +RUN apt-get update \
    + && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends --only-upgrade libssl3 openssl \
    + && dpkg --compare-versions "$(dpkg-query -W -f='${source:Version}' libssl3)" ge 3.0.15-1~deb12u1 \
    + && dpkg --compare-versions "$(dpkg-query -W -f='${source:Version}' openssl)" ge 3.0.15-1~deb12u1 \
    + && rm -rf /var/lib/apt/lists/*
     RUN x
    line 1: base image a:1 → a:2 clears [1] (the newer image was scanned)
    line 2: upgrade openssl, zlib clears [3, 7] (the packages come with the base image)
    "#);
}

#[test]
fn an_upgrade_that_the_bump_makes_needless_is_left_out() {
    let upgrades = vec![AptUpgrade {
        findings: vec![1],
        ..openssl()
    }];
    insta::assert_snapshot!(Case { upgrades, ..bump("FROM a:1\nRUN x\n", "a:1", "a:2") }.shown(), @r#"
    --- a/app/Containerfile
    +++ b/app/Containerfile
    @@ -1,2 +1,2 @@
    -FROM a:1
    +FROM a:2
     RUN x
    line 1: base image a:1 → a:2 clears [1] (the newer image was scanned)
    "#);
}

#[test]
fn findings_of_a_refused_bump_that_apt_mends_do_not_stay() {
    let upgrades = vec![AptUpgrade {
        findings: vec![1],
        ..openssl()
    }];
    let plan = Case {
        upgrades,
        ..bump("FROM a:1\n", "b:1", "b:2")
    }
    .plan();
    assert_eq!(plan.stays, []);
    assert_eq!(plan.patch.unwrap().hunks[0].clears, [1]);
}
