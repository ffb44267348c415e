use proptest::prelude::*;

use super::{ItemKind, Keyword, MAX_FILE_BYTES, MAX_LINES, parse};

/// Files that between them use everything the syntax has.
pub(crate) const FIXTURES: [&str; 9] = [
    "FROM debian:12\nRUN apt-get update \\\n && apt-get install -y curl\nUSER app\n",
    "# syntax=docker/dockerfile:1\n# escape=`\n# comment\n\nFROM debian:12 AS build\nRUN a `\n  # inside\n\n  b\n",
    "FROM a\nRUN <<EOF\n# not a comment\nRUN not an instruction \\\nEOF\nRUN cat <<A <<-'B' > /x\n1\nA\n2\n\tB\nCMD [\"sh\"]\n",
    "ARG V=12\nFROM --platform=$BUILDPLATFORM debian:${V}-slim AS base\nONBUILD COPY <<f /f\nx\nf\nHEALTHCHECK --interval=5s CMD curl -f http://localhost\n",
    "from debian\nenv A=1 B=\"two words\" C=x\\ y\nenv OLD all of this\nlabel a=b\nexpose 80 443/udp\nvolume [\"/a b\"]\n",
    "FROM a\nCOPY --from=build --chown=1:1 /a /b /c/\nCOPY [\"a b\", \"/c\"]\nADD x y\nSHELL [\"/bin/bash\", \"-c\"]\nWORKDIR /w\nSTOPSIGNAL 9\nMAINTAINER me\n",
    "FROM a\nRUN echo $((1<<2))\nRUN echo '\\\\' \\\\\nRUN x \\ \n y\n  RUN indented\n\tUSER 0\n\\\n  CMD x\n",
    "FROM scratch\nBOGUS thing\nRUN\nONBUILD ONBUILD RUN x\nENV lonely\nSHELL sh\nCMD [\"a\", 1]\nRUN <<EOF\nnever closed\n",
    "#!/usr/bin/env x\nRUN early\n\n\n   \nFROM a \\",
];

/// Each fixture with every kind of line end, mark and ending.
fn variants() -> Vec<Vec<u8>> {
    let mut variants = Vec::new();
    for fixture in FIXTURES {
        for text in [fixture.to_owned(), fixture.replace('\n', "\r\n")] {
            for text in [text.clone(), text.trim_end().to_owned()] {
                variants.push(text.clone().into_bytes());
                variants.push([super::BYTE_ORDER_MARK, text.as_bytes()].concat());
            }
        }
    }
    variants
}

fn assert_lossless(bytes: &[u8]) {
    let file = parse(bytes).file;
    assert_eq!(file.print(), bytes);
    let mut offset = 0;
    let mut line = 1;
    for item in &file.items {
        assert_eq!(item.span.start, offset, "items tile the file");
        assert!(!item.span.is_empty(), "no item is empty");
        offset = item.span.end;
        assert_eq!(item.first_line, line, "lines follow each other");
        if item.kind != ItemKind::ByteOrderMark {
            line = item.last_line + 1;
        }
    }
    assert_eq!(offset, bytes.len());
    for instruction in file.instructions() {
        let inside = |span: super::Span| {
            span.start >= instruction.span.start
                && span.end <= instruction.span.end
                && span.start <= span.end
        };
        assert!(inside(instruction.keyword_span));
        assert!(instruction.arguments.iter().all(|word| inside(word.span)));
        assert!(instruction.flags.iter().all(|flag| inside(flag.span)));
        assert!(
            instruction
                .heredocs
                .iter()
                .all(|heredoc| inside(heredoc.content_span))
        );
        for assignment in instruction.assignments() {
            if let (Some(span), Some(value)) = (assignment.value_span, assignment.value) {
                assert!(span.len() != value.len() || file.slice(span) == value.as_bytes());
            }
        }
    }
}

#[test]
fn every_fixture_prints_back_in_every_variant() {
    for bytes in variants() {
        assert_lossless(&bytes);
    }
}

#[test]
fn variants_of_line_ends_have_the_same_instructions() {
    for fixture in FIXTURES {
        let shape = |text: &str| {
            let file = parse(text.as_bytes()).file;
            let shape: Vec<_> = file
                .instructions()
                .map(|one| {
                    (
                        one.keyword,
                        one.lines(),
                        one.text.clone(),
                        one.heredocs.len(),
                    )
                })
                .collect();
            shape
        };
        assert_eq!(
            shape(fixture),
            shape(&fixture.replace('\n', "\r\n")),
            "{fixture}"
        );
        assert_eq!(
            shape(fixture),
            shape(&format!("\u{feff}{fixture}")),
            "{fixture}"
        );
    }
}

#[test]
fn a_changed_byte_never_breaks_the_tiling() {
    for fixture in FIXTURES {
        for position in 0..fixture.len() {
            for byte in [
                0, b'\n', b'\r', b'\\', b'`', b'"', b'\'', b'<', b'[', b'#', b'-', b'=', b' ',
                0xC3, 0xFF,
            ] {
                let mut bytes = fixture.as_bytes().to_vec();
                bytes[position] = byte;
                assert_lossless(&bytes);
            }
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_print_back(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        assert_lossless(&bytes);
    }

    #[test]
    fn any_text_of_telling_pieces_prints_back(
        pieces in prop::collection::vec(
            prop::sample::select(vec![
                "FROM a", "RUN ", "COPY ", "ONBUILD ", "ENV ", "<<EOF", "EOF", "\n", "\r\n", "\\\n", " ", "\t", "#",
                "# escape=`\n", "`\n", "[\"a\"", "]", "--mount=x ", "\"", "'", "$V", "\u{a0}", "\u{feff}", "=", "\r",
            ]),
            0..60,
        )
    ) {
        assert_lossless(pieces.concat().as_bytes());
    }
}

/// One line for each instruction.
fn shown(text: &str) -> String {
    let parsed = parse(text.as_bytes());
    let mut lines: Vec<String> = parsed
        .file
        .instructions()
        .map(|one| {
            let words: Vec<&str> = one
                .arguments
                .iter()
                .map(|word| word.text.as_str())
                .collect();
            let flags: Vec<String> = one
                .flags
                .iter()
                .map(|flag| format!(" --{}={}", flag.name, flag.value.as_deref().unwrap_or("-")))
                .collect();
            let heredocs: Vec<String> = one
                .heredocs
                .iter()
                .map(|heredoc| format!(" <<{}:{:?}", heredoc.name, heredoc.content))
                .collect();
            let json = if one.json.is_some() { " json" } else { "" };
            let (first, last) = one.lines();
            format!(
                "{first}-{last} {}{}{json} {words:?}{}",
                one.keyword,
                flags.concat(),
                heredocs.concat()
            )
        })
        .collect();
    lines.extend(parsed.problems.iter().map(ToString::to_string));
    lines.join("\n")
}

#[test]
fn continuations() {
    insta::assert_snapshot!(shown(FIXTURES[0]), @r#"
    1-1 FROM ["debian:12"]
    2-3 RUN ["apt-get update  && apt-get install -y curl"]
    4-4 USER ["app"]
    "#);
    insta::assert_snapshot!(shown(FIXTURES[1]), @r#"
    5-5 FROM ["debian:12", "AS", "build"]
    6-9 RUN ["a   b"]
    line 8: a continued instruction holds an empty line
    "#);
    insta::assert_snapshot!(shown(FIXTURES[6]), @r#"
    1-1 FROM ["a"]
    2-2 RUN ["echo $((1<<2))"]
    3-3 RUN ["echo '\\\\' \\\\"]
    4-5 RUN ["x  y"]
    6-6 RUN ["indented"]
    7-7 USER ["0"]
    8-9 CMD ["x"]
    "#);
}

#[test]
fn heredocs() {
    insta::assert_snapshot!(shown(FIXTURES[2]), @r##"
    1-1 FROM ["a"]
    2-5 RUN ["<<EOF"] <<EOF:"# not a comment\nRUN not an instruction \\\n"
    6-10 RUN ["cat <<A <<-'B' > /x"] <<A:"1\n" <<B:"2\n"
    11-11 CMD json ["sh"]
    "##);
    insta::assert_snapshot!(shown(FIXTURES[3]), @r#"
    1-1 ARG ["V=12"]
    2-2 FROM --platform=$BUILDPLATFORM ["debian:${V}-slim", "AS", "base"]
    3-5 ONBUILD ["COPY <<f /f"]
    6-6 HEALTHCHECK --interval=5s ["CMD", "curl -f http://localhost"]
    "#);
}

#[test]
fn words_flags_and_json_forms() {
    insta::assert_snapshot!(shown(FIXTURES[4]), @r#"
    1-1 FROM ["debian"]
    2-2 ENV ["A=1", "B=\"two words\"", "C=x\\ y"]
    3-3 ENV ["OLD", "all of this"]
    4-4 LABEL ["a=b"]
    5-5 EXPOSE ["80", "443/udp"]
    6-6 VOLUME json ["/a b"]
    "#);
    insta::assert_snapshot!(shown(FIXTURES[5]), @r#"
    1-1 FROM ["a"]
    2-2 COPY --from=build --chown=1:1 ["/a", "/b", "/c/"]
    3-3 COPY json ["a b", "/c"]
    4-4 ADD ["x", "y"]
    5-5 SHELL json ["/bin/bash", "-c"]
    6-6 WORKDIR ["/w"]
    7-7 STOPSIGNAL ["9"]
    8-8 MAINTAINER ["me"]
    "#);
}

#[test]
fn what_a_builder_refuses_is_named_and_kept() {
    insta::assert_snapshot!(shown(FIXTURES[7]), @r#"
    1-1 FROM ["scratch"]
    2-2 UNKNOWN ["thing"]
    3-3 RUN []
    4-4 ONBUILD ["ONBUILD RUN x"]
    5-5 ENV ["lonely"]
    6-6 SHELL ["sh"]
    7-7 CMD ["[\"a\", 1]"]
    8-9 RUN ["<<EOF"] <<EOF:"never closed\n"
    line 2: no builder knows this instruction: `BOGUS`
    line 3: the instruction has no arguments: `RUN`
    line 4: `ONBUILD` cannot defer this instruction: `ONBUILD`
    line 5: a pair needs the form `NAME=value`: `lonely`
    line 6: `SHELL` takes a JSON array only
    line 7: a JSON array of an instruction may hold strings only
    line 8: the heredoc has no closing line: `EOF`
    "#);
    insta::assert_snapshot!(shown(FIXTURES[8]), @r#"
    2-2 RUN ["early"]
    6-6 FROM ["a"]
    line 2: only `ARG` may stand before the first `FROM`: `RUN`
    "#);
}

#[test]
fn directives_stand_at_the_top_only() {
    let kinds = |text: &str| -> Vec<String> {
        let parsed = parse(text.as_bytes());
        let items = parsed.file.items.iter().map(|item| match &item.kind {
            ItemKind::Directive { name, value } => format!("{name}={value}"),
            ItemKind::Comment { .. } => "comment".to_owned(),
            ItemKind::Blank => "blank".to_owned(),
            _ => "other".to_owned(),
        });
        items
            .chain(parsed.problems.iter().map(ToString::to_string))
            .collect()
    };
    for (text, expected) in [
        (
            "# Syntax = a/b:1 \n#check=skip=x\nFROM a",
            vec!["syntax=a/b:1", "check=skip=x", "other"],
        ),
        (
            "# x\n# escape=`\nFROM a",
            vec!["comment", "comment", "other"],
        ),
        ("\n# escape=`\nFROM a", vec!["blank", "comment", "other"]),
        (
            "# unknown=x\n# escape=`\nFROM a",
            vec!["comment", "comment", "other"],
        ),
        ("FROM a\n# escape=`", vec!["other", "comment"]),
        (
            "#!sh\n# escape=`\nFROM a",
            vec!["comment", "escape=`", "other"],
        ),
        (
            "# escape=`\n# escape=`\nFROM a",
            vec![
                "escape=`",
                "escape=`",
                "other",
                "line 2: the directive is given twice: `escape`",
            ],
        ),
        (
            "# escape=x\nFROM a",
            vec![
                "escape=x",
                "other",
                "line 1: the escape character must be a backslash or a backtick: `x`",
            ],
        ),
    ] {
        assert_eq!(kinds(text), expected, "{text}");
    }
}

#[test]
fn spans_lead_to_the_bytes_of_a_word() {
    let parsed = parse(b"FROM a\nRUN x\\\ny z\nENV A=\"1\" B=2\n");
    let file = &parsed.file;
    let run = file.instruction(1).unwrap();
    assert_eq!(run.arguments[0].text, "xy z");
    assert_eq!(file.slice(run.arguments[0].span), b"x\\\ny z");
    assert!(!run.arguments[0].is_contiguous());
    let env = file.instruction(2).unwrap();
    let values: Vec<_> = env
        .assignments()
        .iter()
        .map(|one| file.slice(one.value_span.unwrap()).to_vec())
        .collect();
    assert_eq!(values, [b"\"1\"".to_vec(), b"2".to_vec()]);
}

#[test]
fn bytes_that_are_no_utf_8_are_kept_and_shown_lossily() {
    let bytes = b"FROM a\nRUN caf\xE9 x\nENV A=\xE9\n";
    assert_lossless(bytes);
    let file = parse(bytes).file;
    assert_eq!(file.instruction(1).unwrap().text, "caf\u{fffd} x");
    assert_eq!(
        file.instruction(2).unwrap().assignments()[0].value_span,
        None
    );
}

#[test]
fn a_file_beyond_the_limits_stays_whole() {
    for bytes in [vec![b'x'; MAX_FILE_BYTES + 1], vec![b'\n'; MAX_LINES + 1]] {
        let parsed = parse(&bytes);
        assert!(parsed.file.print() == bytes);
        assert_eq!(parsed.file.items[0].kind, ItemKind::Unparsed);
        assert_eq!(parsed.file.items.len(), 1);
        assert!(parsed.problems[0].kind.stops_a_build());
    }
}

#[test]
fn keywords_are_known_in_any_case() {
    assert_eq!(Keyword::of("hEaLtHcHeCk"), Keyword::Healthcheck);
    assert_eq!(Keyword::of("RUNS"), Keyword::Unknown);
}

#[test]
fn the_tree_as_json() {
    let parsed = parse(b"# escape=`\nFROM a\nONBUILD COPY --chown=1 <<f /x\nhi\nf\n");
    insta::assert_snapshot!(serde_json::to_string_pretty(&parsed).unwrap(), @r#"
    {
      "file": {
        "escape": "`",
        "items": [
          {
            "span": {
              "start": 0,
              "end": 11
            },
            "first_line": 1,
            "last_line": 1,
            "kind": "directive",
            "name": "escape",
            "value": "`"
          },
          {
            "span": {
              "start": 11,
              "end": 18
            },
            "first_line": 2,
            "last_line": 2,
            "kind": "instruction",
            "keyword": "FROM",
            "keyword_text": "FROM",
            "keyword_span": {
              "start": 11,
              "end": 15
            },
            "flags": [],
            "arguments": [
              {
                "text": "a",
                "span": {
                  "start": 16,
                  "end": 17
                }
              }
            ],
            "json": null,
            "text": "a"
          },
          {
            "span": {
              "start": 18,
              "end": 53
            },
            "first_line": 3,
            "last_line": 5,
            "kind": "instruction",
            "keyword": "ONBUILD",
            "keyword_text": "ONBUILD",
            "keyword_span": {
              "start": 18,
              "end": 25
            },
            "flags": [],
            "arguments": [
              {
                "text": "COPY --chown=1 <<f /x",
                "span": {
                  "start": 26,
                  "end": 47
                }
              }
            ],
            "json": null,
            "text": "COPY --chown=1 <<f /x",
            "trigger": {
              "keyword": "COPY",
              "keyword_text": "COPY",
              "keyword_span": {
                "start": 26,
                "end": 30
              },
              "flags": [
                {
                  "name": "chown",
                  "value": "1",
                  "span": {
                    "start": 31,
                    "end": 40
                  }
                }
              ],
              "arguments": [
                {
                  "text": "<<f",
                  "span": {
                    "start": 41,
                    "end": 44
                  }
                },
                {
                  "text": "/x",
                  "span": {
                    "start": 45,
                    "end": 47
                  }
                }
              ],
              "json": null,
              "text": "<<f /x",
              "heredocs": [
                {
                  "name": "f",
                  "file_descriptor": 0,
                  "strip_tabs": false,
                  "expand": true,
                  "content": "hi\n",
                  "content_span": {
                    "start": 48,
                    "end": 51
                  },
                  "terminated": true
                }
              ]
            }
          }
        ]
      },
      "problems": []
    }
    "#);
}
