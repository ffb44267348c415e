use std::fmt::Write;

use super::{AptBinary, AptUpgrade, BaseBump, Introduction, Plan, PlanInput, plan};
use crate::stages::BuildArguments;
use crate::syntax::parse;

pub(super) fn binary(name: &str, fixed_version: &str) -> AptBinary {
    AptBinary {
        name: name.into(),
        architecture_suffix: None,
        fixed_version: fixed_version.into(),
    }
}

pub(super) fn openssl() -> AptUpgrade {
    AptUpgrade {
        source_package: "openssl".into(),
        binaries: vec![
            binary("openssl", "3.0.15-1~deb12u1"),
            binary("libssl3", "3.0.15-1~deb12u1"),
        ],
        findings: vec![3, 1],
        held: false,
        introduced: Introduction::Base,
    }
}

pub(super) struct Case<'a> {
    pub(super) file: &'a str,
    pub(super) target: Option<&'a str>,
    pub(super) arguments: BuildArguments,
    pub(super) base_user: Option<&'a str>,
    pub(super) has_shell: bool,
    pub(super) boundary: bool,
    pub(super) upgrades: Vec<AptUpgrade>,
    pub(super) bump: Option<BaseBump>,
}

pub(super) fn case(file: &str) -> Case<'_> {
    Case {
        file,
        target: None,
        arguments: BuildArguments::new(),
        base_user: Some(""),
        has_shell: true,
        boundary: true,
        upgrades: vec![openssl()],
        bump: None,
    }
}

impl Case<'_> {
    pub(super) fn plan(&self) -> Plan {
        plan(&PlanInput {
            parsed: &parse(self.file.as_bytes()),
            path: "app/Containerfile",
            target: self.target,
            build_arguments: &self.arguments,
            base_user: self.base_user,
            has_shell: self.has_shell,
            base_boundary_known: self.boundary,
            upgrades: &self.upgrades,
            base_bump: self.bump.as_ref(),
        })
    }

    /// The diff, the hunks, what stays, and what is to be reviewed.
    pub(super) fn shown(&self) -> String {
        let plan = self.plan();
        let mut shown = plan
            .patch
            .as_ref()
            .map(|patch| patch.diff.replace('\r', "␍"))
            .unwrap_or_default();
        for hunk in plan.patch.iter().flat_map(|patch| &patch.hunks) {
            let note = hunk.note.as_deref().unwrap_or_default();
            writeln!(
                shown,
                "line {}: {} clears {:?} ({note})",
                hunk.line, hunk.title, hunk.clears
            )
            .unwrap();
        }
        for stays in &plan.stays {
            writeln!(shown, "stays {:?}: {}", stays.findings, stays.reason).unwrap();
        }
        for review in &plan.review {
            writeln!(shown, "review: {review}").unwrap();
        }
        shown
    }
}

#[test]
fn one_run_right_after_the_from() {
    insta::assert_snapshot!(case("FROM debian:12\nCMD [\"sh\"]\n").shown(), @r#"
    --- a/app/Containerfile
    +++ b/app/Containerfile
    @@ -1,2 +1,7 @@
     FROM debian:12
    +RUN apt-get update \
    + && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends --only-upgrade libssl3 openssl \
    + && dpkg --compare-versions "$(dpkg-query -W -f='${source:Version}' libssl3)" ge 3.0.15-1~deb12u1 \
    + && dpkg --compare-versions "$(dpkg-query -W -f='${source:Version}' openssl)" ge 3.0.15-1~deb12u1 \
    + && rm -rf /var/lib/apt/lists/*
     CMD ["sh"]
    line 2: upgrade openssl clears [1, 3] (the packages come with the base image)
    "#);
}

#[test]
fn several_stages_are_patched_where_the_targets_chain_begins() {
    let file = "FROM golang:1 AS build\nRUN go build\n\nFROM debian:12-slim AS base\nENV A=1\n\nFROM base\nCOPY --from=build /app /app\n";
    insta::assert_snapshot!(case(file).shown(), @r#"
    --- a/app/Containerfile
    +++ b/app/Containerfile
    @@ -2,6 +2,11 @@
     RUN go build

     FROM debian:12-slim AS base
    +RUN apt-get update \
    + && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends --only-upgrade libssl3 openssl \
    + && dpkg --compare-versions "$(dpkg-query -W -f='${source:Version}' libssl3)" ge 3.0.15-1~deb12u1 \
    + && dpkg --compare-versions "$(dpkg-query -W -f='${source:Version}' openssl)" ge 3.0.15-1~deb12u1 \
    + && rm -rf /var/lib/apt/lists/*
     ENV A=1

     FROM base
    line 5: upgrade openssl clears [1, 3] (the packages come with the base image)
    review: line 8: what `COPY --from=build` brings is not changed by this patch
    "#);
    insta::assert_snapshot!(Case { target: Some("build"), ..case(file) }.shown(), @r#"
    --- a/app/Containerfile
    +++ b/app/Containerfile
    @@ -1,4 +1,9 @@
     FROM golang:1 AS build
    +RUN apt-get update \
    + && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends --only-upgrade libssl3 openssl \
    + && dpkg --compare-versions "$(dpkg-query -W -f='${source:Version}' libssl3)" ge 3.0.15-1~deb12u1 \
    + && dpkg --compare-versions "$(dpkg-query -W -f='${source:Version}' openssl)" ge 3.0.15-1~deb12u1 \
    + && rm -rf /var/lib/apt/lists/*
     RUN go build

     FROM debian:12-slim AS base
    line 2: upgrade openssl clears [1, 3] (the packages come with the base image)
    "#);
}

#[test]
fn a_user_that_is_not_root_is_restored_as_written() {
    insta::assert_snapshot!(Case { base_user: Some("1001"), ..case("FROM a\nRUN x\n") }.shown(), @r#"
    --- a/app/Containerfile
    +++ b/app/Containerfile
    @@ -1,2 +1,9 @@
     FROM a
    +USER root
    +RUN apt-get update \
    + && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends --only-upgrade libssl3 openssl \
    + && dpkg --compare-versions "$(dpkg-query -W -f='${source:Version}' libssl3)" ge 3.0.15-1~deb12u1 \
    + && dpkg --compare-versions "$(dpkg-query -W -f='${source:Version}' openssl)" ge 3.0.15-1~deb12u1 \
    + && rm -rf /var/lib/apt/lists/*
    +USER 1001
     RUN x
    line 2: upgrade openssl clears [1, 3] (the packages come with the base image)
    "#);
    let file = "FROM a\nENV APP=app\nUSER ${APP}\nRUN sudo apt-get install -y openssl\n";
    insta::assert_snapshot!(case(file).shown(), @r#"
    --- a/app/Containerfile
    +++ b/app/Containerfile
    @@ -2,3 +2,10 @@
     ENV APP=app
     USER ${APP}
     RUN sudo apt-get install -y openssl
    +USER root
    +RUN apt-get update \
    + && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends --only-upgrade libssl3 openssl \
    + && dpkg --compare-versions "$(dpkg-query -W -f='${source:Version}' libssl3)" ge 3.0.15-1~deb12u1 \
    + && dpkg --compare-versions "$(dpkg-query -W -f='${source:Version}' openssl)" ge 3.0.15-1~deb12u1 \
    + && rm -rf /var/lib/apt/lists/*
    +USER ${APP}
    line 5: upgrade openssl clears [1, 3] (line 4 installs packages that are upgraded)
    "#);
    let file =
        "FROM a\nENV APP=app\nUSER ${APP}\nENV APP=other\nRUN sudo apt-get install -y openssl\n";
    insta::assert_snapshot!(case(file).shown(), @r#"
    --- a/app/Containerfile
    +++ b/app/Containerfile
    @@ -3,3 +3,10 @@
     USER ${APP}
     ENV APP=other
     RUN sudo apt-get install -y openssl
    +USER root
    +RUN apt-get update \
    + && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends --only-upgrade libssl3 openssl \
    + && dpkg --compare-versions "$(dpkg-query -W -f='${source:Version}' libssl3)" ge 3.0.15-1~deb12u1 \
    + && dpkg --compare-versions "$(dpkg-query -W -f='${source:Version}' openssl)" ge 3.0.15-1~deb12u1 \
    + && rm -rf /var/lib/apt/lists/*
    +USER app
    line 6: upgrade openssl clears [1, 3] (line 5 installs packages that are upgraded)
    "#);
    let file = "FROM a\nARG APP\nUSER ${APP}\nRUN sudo apt-get install -y openssl\n";
    insta::assert_snapshot!(case(file).shown(), @r#"
    --- a/app/Containerfile
    +++ b/app/Containerfile
    @@ -2,3 +2,10 @@
     ARG APP
     USER ${APP}
     RUN sudo apt-get install -y openssl
    +USER root
    +RUN apt-get update \
    + && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends --only-upgrade libssl3 openssl \
    + && dpkg --compare-versions "$(dpkg-query -W -f='${source:Version}' libssl3)" ge 3.0.15-1~deb12u1 \
    + && dpkg --compare-versions "$(dpkg-query -W -f='${source:Version}' openssl)" ge 3.0.15-1~deb12u1 \
    + && rm -rf /var/lib/apt/lists/*
    +USER ${APP}
    line 5: upgrade openssl clears [1, 3] (line 4 installs packages that are upgraded)
    review: line 3: the value of `USER ${APP}` is not known; it is repeated after the upgrade
    "#);
}

#[test]
fn an_unknown_user_of_the_base_is_not_guessed() {
    let unknown = |file| {
        Case {
            base_user: None,
            ..case(file)
        }
        .shown()
    };
    insta::assert_snapshot!(unknown("FROM a\nRUN x\nUSER root\nRUN y\nUSER app\n"), @r#"
    --- a/app/Containerfile
    +++ b/app/Containerfile
    @@ -1,5 +1,10 @@
     FROM a
     RUN x
     USER root
    +RUN apt-get update \
    + && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends --only-upgrade libssl3 openssl \
    + && dpkg --compare-versions "$(dpkg-query -W -f='${source:Version}' libssl3)" ge 3.0.15-1~deb12u1 \
    + && dpkg --compare-versions "$(dpkg-query -W -f='${source:Version}' openssl)" ge 3.0.15-1~deb12u1 \
    + && rm -rf /var/lib/apt/lists/*
     RUN y
     USER app
    line 4: upgrade openssl clears [1, 3] (the packages come with the base image)
    "#);
    insta::assert_snapshot!(unknown("FROM a\nRUN x\n# the app\nUSER app\n"), @r#"
    --- a/app/Containerfile
    +++ b/app/Containerfile
    @@ -1,4 +1,10 @@
     FROM a
     RUN x
    +USER root
    +RUN apt-get update \
    + && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends --only-upgrade libssl3 openssl \
    + && dpkg --compare-versions "$(dpkg-query -W -f='${source:Version}' libssl3)" ge 3.0.15-1~deb12u1 \
    + && dpkg --compare-versions "$(dpkg-query -W -f='${source:Version}' openssl)" ge 3.0.15-1~deb12u1 \
    + && rm -rf /var/lib/apt/lists/*
     # the app
     USER app
    line 3: upgrade openssl clears [1, 3] (the packages come with the base image)
    "#);
    insta::assert_snapshot!(unknown("FROM a\nRUN x\n"), @r#"
    --- a/app/Containerfile
    +++ b/app/Containerfile
    @@ -1,2 +1,8 @@
     FROM a
    +USER root
    +RUN apt-get update \
    + && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends --only-upgrade libssl3 openssl \
    + && dpkg --compare-versions "$(dpkg-query -W -f='${source:Version}' libssl3)" ge 3.0.15-1~deb12u1 \
    + && dpkg --compare-versions "$(dpkg-query -W -f='${source:Version}' openssl)" ge 3.0.15-1~deb12u1 \
    + && rm -rf /var/lib/apt/lists/*
     RUN x
    line 2: upgrade openssl clears [1, 3] (the packages come with the base image)
    review: the base image's user is not known, so the file stays root after the upgrade: if the base has another user, add `USER` with its name there
    "#);
}

#[test]
fn a_user_that_could_break_the_file_is_refused() {
    insta::assert_snapshot!(Case { base_user: Some("x\nRUN evil"), ..case("FROM a\n") }.shown(), @r"stays [1, 3]: the base image's user cannot be written into a file: `x\nRUN evil`");
}

#[test]
fn line_ends_marks_and_endings_are_kept() {
    insta::assert_snapshot!(case("FROM a\r\nUSER app\r\n").shown(), @r#"
    --- a/app/Containerfile
    +++ b/app/Containerfile
    @@ -1,2 +1,7 @@
     FROM a␍
    +RUN apt-get update \␍
    + && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends --only-upgrade libssl3 openssl \␍
    + && dpkg --compare-versions "$(dpkg-query -W -f='${source:Version}' libssl3)" ge 3.0.15-1~deb12u1 \␍
    + && dpkg --compare-versions "$(dpkg-query -W -f='${source:Version}' openssl)" ge 3.0.15-1~deb12u1 \␍
    + && rm -rf /var/lib/apt/lists/*␍
     USER app␍
    line 2: upgrade openssl clears [1, 3] (the packages come with the base image)
    "#);
    insta::assert_snapshot!(case("FROM a").shown(), @r#"
    --- a/app/Containerfile
    +++ b/app/Containerfile
    @@ -1 +1,6 @@
    -FROM a
    \ No newline at end of file
    +FROM a
    +RUN apt-get update \
    + && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends --only-upgrade libssl3 openssl \
    + && dpkg --compare-versions "$(dpkg-query -W -f='${source:Version}' libssl3)" ge 3.0.15-1~deb12u1 \
    + && dpkg --compare-versions "$(dpkg-query -W -f='${source:Version}' openssl)" ge 3.0.15-1~deb12u1 \
    + && rm -rf /var/lib/apt/lists/*
    \ No newline at end of file
    line 2: upgrade openssl clears [1, 3] (the packages come with the base image)
    "#);
    insta::assert_snapshot!(case("\u{feff}FROM a\n").shown(), @r#"
    --- a/app/Containerfile
    +++ b/app/Containerfile
    @@ -1 +1,6 @@
     ﻿FROM a
    +RUN apt-get update \
    + && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends --only-upgrade libssl3 openssl \
    + && dpkg --compare-versions "$(dpkg-query -W -f='${source:Version}' libssl3)" ge 3.0.15-1~deb12u1 \
    + && dpkg --compare-versions "$(dpkg-query -W -f='${source:Version}' openssl)" ge 3.0.15-1~deb12u1 \
    + && rm -rf /var/lib/apt/lists/*
    line 2: upgrade openssl clears [1, 3] (the packages come with the base image)
    "#);
}

#[test]
fn the_escape_directive_the_case_and_the_indent_are_followed() {
    let file = "# escape=`\nfrom a\nrun x `\n\t&& y `\n\t&& z\n";
    insta::assert_snapshot!(case(file).shown(), @r#"
    --- a/app/Containerfile
    +++ b/app/Containerfile
    @@ -1,5 +1,10 @@
     # escape=`
     from a
    +run apt-get update `
    +	&& DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends --only-upgrade libssl3 openssl `
    +	&& dpkg --compare-versions "$(dpkg-query -W -f='${source:Version}' libssl3)" ge 3.0.15-1~deb12u1 `
    +	&& dpkg --compare-versions "$(dpkg-query -W -f='${source:Version}' openssl)" ge 3.0.15-1~deb12u1 `
    +	&& rm -rf /var/lib/apt/lists/*
     run x `
     	&& y `
     	&& z
    line 3: upgrade openssl clears [1, 3] (the packages come with the base image)
    "#);
    let file = "FROM a\nRUN x \\\n    && y\n";
    let many = (1..=4).map(|number| AptUpgrade {
        source_package: format!("s{number}"),
        binaries: vec![AptBinary {
            architecture_suffix: (number == 2).then(|| "i386".to_owned()),
            ..binary(&format!("b{number}"), &format!("1:{number}"))
        }],
        findings: vec![number],
        held: false,
        introduced: Introduction::Base,
    });
    insta::assert_snapshot!(Case { upgrades: many.collect(), ..case(file) }.shown(), @r#"
    --- a/app/Containerfile
    +++ b/app/Containerfile
    @@ -1,3 +1,17 @@
     FROM a
    +RUN apt-get update \
    +    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends --only-upgrade \
    +        b1 \
    +        b2:i386 \
    +        b3 \
    +        b4 \
    +    && for fixed in \
    +        b1=1:1 \
    +        b2:i386=1:2 \
    +        b3=1:3 \
    +        b4=1:4 \
    +    ; do dpkg --compare-versions "$(dpkg-query -W -f='${source:Version}' "${fixed%%=*}")" ge "${fixed#*=}" \
    +        || { echo "still older than $fixed" >&2; exit 1; }; done \
    +    && rm -rf /var/lib/apt/lists/*
     RUN x \
         && y
    line 2: upgrade s1, s2 and 2 more source packages clears [1, 2, 3, 4] (the packages come with the base image)
    "#);
}

#[test]
fn the_upgrade_follows_what_configures_apt() {
    let file = "FROM a\nRUN echo 'deb x' > /etc/apt/sources.list.d/x.list\nRUN y\n";
    insta::assert_snapshot!(case(file).shown(), @r#"
    --- a/app/Containerfile
    +++ b/app/Containerfile
    @@ -1,3 +1,8 @@
     FROM a
     RUN echo 'deb x' > /etc/apt/sources.list.d/x.list
    +RUN apt-get update \
    + && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends --only-upgrade libssl3 openssl \
    + && dpkg --compare-versions "$(dpkg-query -W -f='${source:Version}' libssl3)" ge 3.0.15-1~deb12u1 \
    + && dpkg --compare-versions "$(dpkg-query -W -f='${source:Version}' openssl)" ge 3.0.15-1~deb12u1 \
    + && rm -rf /var/lib/apt/lists/*
     RUN y
    line 3: upgrade openssl clears [1, 3] (line 2 configures apt)
    "#);
    let line = |file: &str| case(file).plan().patch.unwrap().hunks[0].line;
    for (file, expected) in [
        ("FROM a\nRUN add-apt-repository ppa:x/y\nRUN z\n", 3),
        ("FROM a\nCOPY x.list /etc/apt/sources.list.d/\nRUN z\n", 3),
        ("FROM a\nADD sources.list /etc/apt/sources.list\nRUN z\n", 3),
        ("FROM a\nWORKDIR /etc\nCOPY x apt/\nRUN z\n", 4),
        ("FROM a\nENV D=/etc/apt\nCOPY x $D/\nRUN z\n", 4),
        ("FROM a\nCOPY x /etc/aptitude\nRUN z\n", 2),
        ("FROM a\nONBUILD RUN add-apt-repository x\nRUN z\n", 2),
        (
            "FROM a AS b\nRUN extrepo enable x\nFROM c\nRUN add-apt-repository x\nFROM b\nRUN z\n",
            3,
        ),
        ("FROM a AS b\nRUN x\nFROM b\nRUN add-apt-repository x\n", 5),
    ] {
        assert_eq!(line(file), expected, "{file}");
    }
}

#[test]
fn the_upgrade_follows_what_installs_the_package() {
    let line = |file: &str, introduced| {
        let upgrades = vec![AptUpgrade {
            introduced,
            ..openssl()
        }];
        Case {
            upgrades,
            ..case(file)
        }
        .plan()
        .patch
        .unwrap()
        .hunks[0]
            .line
    };
    let named = "FROM a\nRUN apt-get install -y curl openssl\nRUN x\n";
    let other = "FROM a\nRUN apt-get install -y curl\nRUN x\n";
    for (file, introduced, expected) in [
        (named, Introduction::Base, 3),
        (other, Introduction::Base, 2),
        (other, Introduction::Instruction(1), 3),
        (other, Introduction::Unknown, 3),
        ("FROM a\nRUN x\n", Introduction::Unknown, 2),
    ] {
        assert_eq!(line(file, introduced), expected, "{file} {introduced:?}");
    }
    let unsure = Case {
        boundary: false,
        ..case(other)
    };
    assert_eq!(unsure.plan().patch.unwrap().hunks[0].line, 3);
}

#[test]
fn a_package_from_outside_the_chain_stays() {
    let file = "FROM a AS x\nRUN apt-get install -y openssl\nFROM b\nCOPY --from=x / /\n";
    let upgrades = vec![AptUpgrade {
        introduced: Introduction::Instruction(1),
        ..openssl()
    }];
    insta::assert_snapshot!(Case { upgrades, ..case(file) }.shown(), @"stays [1, 3]: the instruction that brings `openssl` is not in the stages that make the target");
}

#[test]
fn mounts_of_apts_folders_are_repeated() {
    let file = "FROM a\nRUN --mount=type=cache,target=/var/cache/apt,sharing=locked --mount=type=cache,target=/var/lib/apt --mount=type=secret,id=x apt-get update && apt-get install -y curl\n";
    insta::assert_snapshot!(case(file).shown(), @r#"
    --- a/app/Containerfile
    +++ b/app/Containerfile
    @@ -1,2 +1,6 @@
     FROM a
    +RUN --mount=type=cache,target=/var/cache/apt,sharing=locked --mount=type=cache,target=/var/lib/apt apt-get update \
    + && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends --only-upgrade libssl3 openssl \
    + && dpkg --compare-versions "$(dpkg-query -W -f='${source:Version}' libssl3)" ge 3.0.15-1~deb12u1 \
    + && dpkg --compare-versions "$(dpkg-query -W -f='${source:Version}' openssl)" ge 3.0.15-1~deb12u1
     RUN --mount=type=cache,target=/var/cache/apt,sharing=locked --mount=type=cache,target=/var/lib/apt --mount=type=secret,id=x apt-get update && apt-get install -y curl
    line 2: upgrade openssl clears [1, 3] (the packages come with the base image)
    "#);
    let file = "FROM a\nRUN --mount=type=cache,target=/var/cache/apt apt-get install -y curl\n";
    assert!(
        case(file)
            .plan()
            .patch
            .unwrap()
            .diff
            .contains(" && rm -rf /var/lib/apt/lists/*")
    );
}

#[test]
fn a_shell_that_reads_no_posix_scripts_is_gone_round() {
    let file = "FROM a\nSHELL [\"pwsh\", \"-Command\"]\nRUN apt-get install openssl\n";
    insta::assert_snapshot!(case(file).shown(), @r#"
    --- a/app/Containerfile
    +++ b/app/Containerfile
    @@ -1,3 +1,8 @@
     FROM a
     SHELL ["pwsh", "-Command"]
     RUN apt-get install openssl
    +RUN ["/bin/sh", "-c", "apt-get update \
    + && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends --only-upgrade libssl3 openssl \
    + && dpkg --compare-versions \"$(dpkg-query -W -f='${source:Version}' libssl3)\" ge 3.0.15-1~deb12u1 \
    + && dpkg --compare-versions \"$(dpkg-query -W -f='${source:Version}' openssl)\" ge 3.0.15-1~deb12u1 \
    + && rm -rf /var/lib/apt/lists/*"]
    line 4: upgrade openssl clears [1, 3] (line 3 installs packages that are upgraded)
    "#);
    let file = "FROM a\nSHELL [\"/bin/bash\", \"-o\", \"pipefail\", \"-c\"]\nRUN apt-get install openssl\n";
    assert!(
        case(file)
            .plan()
            .patch
            .unwrap()
            .diff
            .contains("+RUN apt-get update")
    );
}

#[test]
fn what_cannot_be_patched_says_why() {
    insta::assert_snapshot!(case("FROM scratch\nCOPY x /\n").shown(), @"stays [1, 3]: the stage starts from `scratch`: there is no apt to upgrade with");
    insta::assert_snapshot!(case("ARG BASE\nFROM $BASE\n").shown(), @"stays [1, 3]: the base image is not known without the build argument `BASE`: `FROM $BASE`");
    insta::assert_snapshot!(Case { has_shell: false, ..case("FROM a\n") }.shown(), @"stays [1, 3]: the image has no `/bin/sh`, so no instruction can run in it: a newer base image is needed");
    insta::assert_snapshot!(case("FROM a\nBOGUS\n").shown(), @"stays [1, 3]: the file would not build as it is: line 2: no builder knows this instruction: `BOGUS`");
    insta::assert_snapshot!(Case { target: Some("x"), ..case("FROM a\n") }.shown(), @"stays [1, 3]: the file has no such stage: `x`");
    insta::assert_snapshot!(case("RUN a\n").shown(), @"stays [1, 3]: the file would not build as it is: line 1: the file has no `FROM`");
    insta::assert_snapshot!(case("FROM a \\").shown(), @"stays [1, 3]: the edited file would not hold what was promised: another number of instructions");
    insta::assert_snapshot!(Case { upgrades: vec![AptUpgrade { held: true, ..openssl() }], ..case("FROM a\n") }.shown(), @"stays [1, 3]: apt holds `openssl` (`apt-mark hold`)");
    insta::assert_snapshot!(case("FROM a\nRUN apt-mark hold libssl3\n").shown(), @"stays [1, 3]: line 2 holds `openssl` (`apt-mark hold`)");
    let evil = AptUpgrade {
        binaries: vec![binary("x; rm -rf /", "1")],
        ..openssl()
    };
    insta::assert_snapshot!(Case { upgrades: vec![evil], ..case("FROM a\n") }.shown(), @"stays [1, 3]: not a valid Debian package name, architecture and version: `x; rm -rf / 1`");
    let evil = AptUpgrade {
        binaries: vec![binary("x", "1\nRUN y")],
        ..openssl()
    };
    insta::assert_snapshot!(Case { upgrades: vec![evil], ..case("FROM a\n") }.shown(), @r"stays [1, 3]: not a valid Debian package name, architecture and version: `x 1\nRUN y`");
}

#[test]
fn what_deserves_a_look_is_noted() {
    let file = "FROM a\nRUN apt-get install -y openssl=3.0.1-1\nCOPY rootfs/ /\nRUN x\n";
    insta::assert_snapshot!(case(file).shown(), @r#"
    --- a/app/Containerfile
    +++ b/app/Containerfile
    @@ -1,4 +1,9 @@
     FROM a
     RUN apt-get install -y openssl=3.0.1-1
    +RUN apt-get update \
    + && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends --only-upgrade libssl3 openssl \
    + && dpkg --compare-versions "$(dpkg-query -W -f='${source:Version}' libssl3)" ge 3.0.15-1~deb12u1 \
    + && dpkg --compare-versions "$(dpkg-query -W -f='${source:Version}' openssl)" ge 3.0.15-1~deb12u1 \
    + && rm -rf /var/lib/apt/lists/*
     COPY rootfs/ /
     RUN x
    line 3: upgrade openssl clears [1, 3] (line 2 installs packages that are upgraded)
    review: line 2 installs `openssl` at a fixed version; raise it there when you can
    review: line 3 copies into `/` or `/etc`: if that sets up apt sources, move the upgrade after it
    "#);
}

#[test]
fn nothing_to_do_is_an_empty_plan() {
    assert_eq!(
        Case {
            upgrades: Vec::new(),
            ..case("FROM a\n")
        }
        .plan(),
        Plan::default()
    );
}
