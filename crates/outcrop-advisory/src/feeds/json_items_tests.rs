use std::io::{BufReader, Read};

use super::*;

/// Places and values, problems as `! place: fault`; the bytes come in pieces of `piece`.
fn items(json: &[u8], depth: usize, limit: usize, piece: usize) -> Vec<String> {
    let mut items = JsonItems::new(BufReader::with_capacity(piece, json), depth, limit);
    let mut shown = Vec::new();
    while let Some(item) = items.next() {
        shown.push(match item {
            Ok(item) => format!("{} {}", item.place(), String::from_utf8_lossy(item.json)),
            Err(problem) => format!("! {problem}"),
        });
    }
    shown
}

fn check(json: &str, depth: usize, expected: &[&str]) {
    for piece in [1, 2, 3, 7, 8_192] {
        assert_eq!(
            items(json.as_bytes(), depth, 16, piece),
            expected,
            "{json} in {piece}"
        );
    }
}

#[test]
fn values_are_handed_out_with_their_places() {
    check(
        r#" {"a": 1, "b": [true, {"c": "]}"}, "x,\"y"], "d": {}, "e": {"f":null} } "#,
        2,
        &[
            "a 1",
            "b/0 true",
            r#"b/1 {"c": "]}"}"#,
            r#"b/2 "x,\"y""#,
            "e/f null",
        ],
    );
    check("[[1],[2]]", 1, &["0 [1]", "1 [2]"]);
    check("\u{feff}{\"a\": \"b\"}", 2, &["a \"b\""]);
    check("[]", 2, &[]);
    check("17", 2, &[" 17"]);
    check("{\"\\u0061\":-1.5e3}", 1, &["a -1.5e3"]);
}

#[test]
fn a_value_too_large_costs_itself_alone() {
    check(
        r#"{"a": "0123456789abcdef", "b": ["0123456789abcdef"], "c": 2}"#,
        1,
        &[
            "! `a`: it is larger than 16 bytes",
            "! `b`: it is larger than 16 bytes",
            "c 2",
        ],
    );
}

#[test]
fn what_came_before_a_fault_has_arrived() {
    for (json, expected) in [
        ("", &["! ``: it ends too early, at byte 0"][..]),
        (
            "{\"a\": 1, ",
            &["a 1", "! `a`: it ends too early, at byte 9"],
        ),
        (
            "{\"a\": 1 \"b\": 2}",
            &["a 1", "! `a`: its JSON is broken at byte 8"],
        ),
        ("{\"a\" 1}", &["! `a`: its JSON is broken at byte 5"]),
        (
            "{\"a\": [1, 2",
            &["a/0 1", "! `a/1`: it ends too early, at byte 11"],
        ),
        ("{a: 1}", &["! ``: its JSON is broken at byte 1"]),
        ("[1]]", &["0 1", "! ``: its JSON is broken at byte 3"]),
    ] {
        check(json, 2, expected);
    }
}

#[test]
fn depth_and_size_take_no_memory() {
    let deep = format!(
        "{{\"a\": {}, \"b\": 1}}",
        "[".repeat(10_000) + &"]".repeat(10_000)
    );
    check(&deep, 1, &["! `a`: it is larger than 16 bytes", "b 1"]);
    // A text of 64 MiB that nobody holds.
    let begin: &[u8] = b"{\"a\": \"";
    let end: &[u8] = b"\", \"b\": 1}";
    let huge = begin.chain(std::io::repeat(b'x').take(64 << 20)).chain(end);
    let mut items = JsonItems::new(BufReader::new(huge), 1, 1_024);
    assert!(matches!(items.next(), Some(Err(_))));
    assert!(items.buffer.capacity() <= 8 * 1_024);
    assert!(matches!(items.next(), Some(Ok(item)) if item.json == b"1"));
}
