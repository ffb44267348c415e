use super::{AlignmentInput, align};
use crate::history::{Confidence, HistoryAlignment, HistoryStep};
use crate::stages::BuildArguments;
use crate::syntax::parse;

fn aligned_with(
    file: &str,
    steps: &[(&str, &str)],
    triggers: &[&str],
    target: Option<&str>,
) -> HistoryAlignment {
    let parsed = parse(file.as_bytes());
    let steps: Vec<HistoryStep<'_>> = steps
        .iter()
        .map(|&(comment, created_by)| HistoryStep {
            created_by,
            comment,
            empty_layer: false,
        })
        .collect();
    let triggers: Vec<String> = triggers.iter().map(ToString::to_string).collect();
    let input = AlignmentInput {
        file: &parsed.file,
        target,
        build_arguments: &BuildArguments::new(),
        steps: &steps,
        triggers: &triggers,
    };
    align(&input).unwrap()
}

/// `line:score`, or `-` where there is none; `~` marks an approximate match.
fn shown(alignment: &HistoryAlignment) -> String {
    let entries: Vec<String> = alignment
        .entries
        .iter()
        .map(|entry| {
            let mark = if entry.confidence == Confidence::Exact {
                ""
            } else {
                "~"
            };
            match entry.lines {
                Some((first, _)) => format!("{mark}{first}:{}", entry.score),
                None => "-".to_owned(),
            }
        })
        .collect();
    entries.join(" ")
}

const BUILDKIT: &str = "buildkit.dockerfile.v0";

const FILE: &str = r#"ARG TAG=12
FROM debian:${TAG}
ARG V=1
ENV X=a${V} Y="b c"
WORKDIR /app
RUN echo "$V" && \
    echo two
COPY --chown=1:1 --from=x a b /dst/
EXPOSE 443 80
RUN ["ls", "-l"]
USER app
CMD id -u
"#;

#[test]
fn a_buildkit_history_matches_line_by_line() {
    let steps = [
        (BUILDKIT, "ARG V=2"),
        (BUILDKIT, "ENV X=a2 Y=b c"),
        (BUILDKIT, "WORKDIR /app"),
        (
            BUILDKIT,
            "RUN |1 V=2 /bin/sh -c echo \"$V\" &&     echo two # buildkit",
        ),
        (BUILDKIT, "COPY --chown=1:1 a b /dst/ # buildkit"),
        (BUILDKIT, "EXPOSE map[443/tcp:{} 80/tcp:{}]"),
        (BUILDKIT, "RUN |1 V=2 ls -l # buildkit"),
        (BUILDKIT, "USER app"),
        (BUILDKIT, r#"CMD ["/bin/sh" "-c" "id -u"]"#),
    ];
    let alignment = aligned_with(FILE, &steps, &[], None);
    insta::assert_snapshot!(shown(&alignment), @"3:10 4:10 5:10 6:10 8:10 9:8 10:10 11:10 12:8");
    assert_eq!(
        (
            alignment.confidence,
            alignment.match_ratio,
            alignment.warning
        ),
        (Confidence::Exact, 1.0, None)
    );
}

/// Built as it stands by Docker 20.10.24's classic builder and by Buildah 1.28.2, with
/// `--build-arg V=2`; the histories below are what they wrote.
const RECORDED_FILE: &str = r#"FROM localhost/base:1
ARG V=1
ENV X=a${V} Y="b c"
WORKDIR /app
RUN echo "$V" && \
    # inside
    echo two
COPY --chown=1:1 a b /dst/
EXPOSE 443 80
LABEL k="v w" l=$V
VOLUME /data
HEALTHCHECK --interval=5s CMD true
RUN ["/bin/sh", "-c", "echo hi"]
ONBUILD RUN echo x
STOPSIGNAL SIGTERM
USER app
ENTRYPOINT ["/bin/sh"]
SHELL ["/bin/dash", "-c"]
RUN echo shell
CMD id -u
"#;

#[test]
fn a_classic_history_matches_line_by_line() {
    let steps = [
        ("", "/bin/sh -c #(nop)  ARG V=1"),
        ("", "/bin/sh -c #(nop)  ENV X=a2 Y=b c"),
        ("", "/bin/sh -c #(nop) WORKDIR /app"),
        ("", "|1 V=2 /bin/sh -c echo \"$V\" &&     echo two"),
        (
            "",
            "/bin/sh -c #(nop) COPY --chown=1:1multi:951bae28d625df56 in /dst/ ",
        ),
        ("", "/bin/sh -c #(nop)  EXPOSE 443 80"),
        ("", "/bin/sh -c #(nop)  LABEL k=v w l=2"),
        ("", "/bin/sh -c #(nop)  VOLUME [/data]"),
        (
            "",
            r#"/bin/sh -c #(nop)  HEALTHCHECK &{["CMD-SHELL" "true"] "5s" "0s" "0s" '\x00'}"#,
        ),
        ("", "|1 V=2 /bin/sh -c echo hi"),
        ("", "/bin/sh -c #(nop)  ONBUILD RUN echo x"),
        ("", "/bin/sh -c #(nop)  STOPSIGNAL SIGTERM"),
        ("", "/bin/sh -c #(nop)  USER app"),
        ("", r#"/bin/sh -c #(nop)  ENTRYPOINT ["/bin/sh"]"#),
        ("", "/bin/dash -c #(nop)  SHELL [/bin/dash -c]"),
        ("", "|1 V=2 /bin/dash -c echo shell"),
        ("", r#"/bin/dash -c #(nop)  CMD ["/bin/dash" "-c" "id -u"]"#),
    ];
    let alignment = aligned_with(RECORDED_FILE, &steps, &[], None);
    insta::assert_snapshot!(shown(&alignment), @"2:10 3:7 4:10 5:10 8:6 9:10 10:7 11:8 12:6 13:10 14:10 15:10 16:10 17:10 18:8 19:10 20:8");
    assert_eq!(
        (alignment.confidence, alignment.match_ratio),
        (Confidence::Exact, 1.0)
    );
}

#[test]
fn a_buildah_history_matches_line_by_line() {
    let steps = [
        ("", "/bin/sh -c #(nop) ARG V"),
        ("", r#"/bin/sh -c #(nop) ENV X=a${V} Y="b c""#),
        ("", "/bin/sh -c #(nop) WORKDIR /app"),
        ("", "|1 V=2 /bin/sh -c echo \"$V\" &&     echo two"),
        (
            "",
            "/bin/sh -c #(nop) COPY multi:26bbb04d72a7588d in /dst/ ",
        ),
        ("", "/bin/sh -c #(nop) EXPOSE 443 80"),
        ("", r#"/bin/sh -c #(nop) LABEL k="v w" l=$V"#),
        ("", "/bin/sh -c #(nop) VOLUME /data"),
        ("", "/bin/sh -c #(nop) HEALTHCHECK --interval=5s CMD true"),
        ("", r#"|1 V=2 /bin/sh -c ["/bin/sh", "-c", "echo hi"]"#),
        ("", "/bin/sh -c #(nop) ONBUILD RUN echo x"),
        ("", "/bin/sh -c #(nop) STOPSIGNAL SIGTERM"),
        ("", "/bin/sh -c #(nop) USER app"),
        ("", r#"/bin/sh -c #(nop) ENTRYPOINT ["/bin/sh"]"#),
        ("", r#"/bin/sh -c #(nop) SHELL ["/bin/dash", "-c"]"#),
        ("", "|1 V=2 /bin/sh -c echo shell"),
        ("FROM localhost/base:1", "/bin/sh -c #(nop) CMD id -u"),
    ];
    let alignment = aligned_with(RECORDED_FILE, &steps, &[], None);
    insta::assert_snapshot!(shown(&alignment), @"2:10 3:10 4:10 5:10 8:6 9:10 10:10 11:10 12:6 13:10 14:10 15:10 16:10 17:10 18:10 19:10 20:10");
    assert_eq!(
        (alignment.confidence, alignment.match_ratio),
        (Confidence::Exact, 1.0)
    );
}

#[test]
fn heredocs_match_their_bodies() {
    let file = "FROM a\nRUN <<EOF\nset -e\nmake\nEOF\nRUN cat <<E > /x\nhello\nE\n";
    let steps = [
        (BUILDKIT, "RUN /bin/sh -c set -e\nmake\n # buildkit"),
        (BUILDKIT, "RUN /bin/sh -c cat <<E > /x\nhello\nE # buildkit"),
    ];
    insta::assert_snapshot!(shown(&aligned_with(file, &steps, &[], None)), @"2:10 6:10");
}

#[test]
fn earlier_stages_come_first_and_other_stages_do_not_count() {
    let file = "FROM a AS base\nRUN one\nFROM b AS other\nRUN two\nFROM base\nCOPY --from=other /x /y\nRUN three\n";
    let steps = [
        (BUILDKIT, "RUN /bin/sh -c one # buildkit"),
        (BUILDKIT, "COPY /x /y # buildkit"),
        (BUILDKIT, "RUN /bin/sh -c three # buildkit"),
    ];
    insta::assert_snapshot!(shown(&aligned_with(file, &steps, &[], None)), @"2:10 6:10 7:10");
    insta::assert_snapshot!(shown(&aligned_with(file, &steps[..1], &[], Some("BASE"))), @"2:10");
}

#[test]
fn triggers_of_the_base_point_at_the_from() {
    let file = "FROM onbuild-base\nRUN make\n";
    let steps = [
        (BUILDKIT, "COPY . /src # buildkit"),
        (BUILDKIT, "RUN /bin/sh -c make # buildkit"),
    ];
    insta::assert_snapshot!(shown(&aligned_with(file, &steps, &["COPY . /src"], None)), @"1:10 2:10");
}

#[test]
fn another_shell_is_part_of_the_text() {
    let file = "FROM a\nSHELL [\"/bin/bash\", \"-o\", \"pipefail\", \"-c\"]\nRUN x | y\n";
    let steps = [
        (BUILDKIT, "SHELL [/bin/bash -o pipefail -c]"),
        (BUILDKIT, "RUN /bin/bash -o pipefail -c x | y # buildkit"),
    ];
    insta::assert_snapshot!(shown(&aligned_with(file, &steps, &[], None)), @"2:8 3:10");
}

#[test]
fn unknown_variables_stand_for_one_value_each() {
    let file = "FROM a\nARG V\nLABEL a=$V b=$V\n";
    let score = |label: &str| aligned_with(file, &[(BUILDKIT, label)], &[], None).entries[0].score;
    assert_eq!(score("LABEL a=7 b=7"), 7);
    assert_eq!(score("LABEL a=7 b=8"), -4);
}

#[test]
fn metadata_without_entries_does_not_disturb() {
    let file = "FROM a\nENV A=1\nRUN one\nLABEL b=c\nRUN two\n";
    let steps = [("", "RUN one"), ("", "RUN two")];
    let alignment = aligned_with(file, &steps, &[], None);
    insta::assert_snapshot!(shown(&alignment), @"3:10 5:10");
    assert_eq!(alignment.confidence, Confidence::Exact);
}

#[test]
fn a_run_without_an_entry_makes_the_whole_approximate() {
    let file = "FROM a\nRUN one\nRUN two\n";
    let alignment = aligned_with(
        file,
        &[(BUILDKIT, "RUN /bin/sh -c one # buildkit")],
        &[],
        None,
    );
    insta::assert_snapshot!(shown(&alignment), @"~2:10");
    assert_eq!(
        (alignment.confidence, alignment.match_ratio),
        (Confidence::Approximate, 0.5)
    );
}

#[test]
fn the_same_run_twice_keeps_its_order() {
    let file = "FROM a\nRUN x\nCOPY b /b\nRUN x\n";
    let steps = [
        (BUILDKIT, "RUN /bin/sh -c x # buildkit"),
        (BUILDKIT, "COPY b /b # buildkit"),
        (BUILDKIT, "RUN /bin/sh -c x # buildkit"),
    ];
    insta::assert_snapshot!(shown(&aligned_with(file, &steps, &[], None)), @"2:10 3:10 4:10");
}

#[test]
fn another_file_is_warned_of() {
    let file = "FROM a\nRUN one\nRUN two\nRUN three\n";
    let steps = [
        (BUILDKIT, "RUN /bin/sh -c one # buildkit"),
        (BUILDKIT, "RUN /bin/sh -c zwei # buildkit"),
        (BUILDKIT, "RUN /bin/sh -c drei # buildkit"),
    ];
    let alignment = aligned_with(file, &steps, &[], None);
    insta::assert_snapshot!(shown(&alignment), @"2:10 ~3:-4 ~4:-4");
    insta::assert_snapshot!(alignment.warning.unwrap(), @"this file probably did not build this image: 1 of 3 steps agree with its history");
}

#[test]
fn an_empty_history_and_too_long_ones_are_taken() {
    let alignment = aligned_with("FROM a\n", &[], &[], None);
    assert_eq!(
        (alignment.match_ratio, alignment.confidence),
        (1.0, Confidence::Exact)
    );
    let steps = vec![(BUILDKIT, "RUN /bin/sh -c x # buildkit"); 1200];
    let file = format!("FROM a\n{}", "RUN x\n".repeat(1200));
    assert_eq!(aligned_with(&file, &steps, &[], None).entries.len(), 1200);
}

#[test]
fn a_missing_target_is_named() {
    let parsed = parse(b"FROM a\n");
    let arguments = BuildArguments::new();
    let input = AlignmentInput {
        file: &parsed.file,
        target: Some("nope"),
        build_arguments: &arguments,
        steps: &[],
        triggers: &[],
    };
    assert_eq!(
        align(&input).unwrap_err().to_string(),
        "the file has no such stage: `nope`"
    );
}

#[test]
fn concealed_secrets_match_what_they_stand_for() {
    let file = "FROM a\nENV TOKEN=abcdefghij OTHER=1\nARG KEY\nRUN curl -H \"X: abcdefghij\" https://example.org/install\nENV PIN=123\n";
    let steps = [
        (BUILDKIT, "ENV TOKEN=ab••••••ij OTHER=1"),
        (
            BUILDKIT,
            "RUN |1 KEY=ke••••••ey /bin/sh -c curl -H \"X: ab••••••ij\" https://example.org/install # buildkit",
        ),
        (BUILDKIT, "ENV PIN=••••••"),
    ];
    assert_eq!(shown(&aligned_with(file, &steps, &[], None)), "2:7 4:7 5:7");
    // Another variable is another instruction.
    let other = [
        (BUILDKIT, "ENV COIN=ab••••••ij OTHER=1"),
        steps[1],
        steps[2],
    ];
    assert_eq!(
        shown(&aligned_with(file, &other, &[], None)),
        "~2:-4 4:7 5:7"
    );
}
