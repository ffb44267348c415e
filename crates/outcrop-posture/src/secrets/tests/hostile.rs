//! Contents that are made to cost time or memory.

use super::*;

#[test]
fn a_file_of_one_hit_after_another_is_searched_in_part_and_says_so() {
    let content = "AKIA".repeat(2_000_000);
    let inspection = inspected("app/a.txt", content.as_bytes(), 256 * 1024);
    assert_eq!(inspection.sightings, []);
    // None of these begins a word but the first: no pattern is tried.
    assert_eq!(
        inspection.notes,
        [(
            "app/a.txt".to_owned(),
            "more in it looks like secrets than is looked into; places that were: 1000000"
                .to_owned()
        )]
    );

    let content = "AKIA ".repeat(2_000_000);
    let inspection = inspected("app/a.txt", content.as_bytes(), 256 * 1024);
    assert_eq!(inspection.sightings, []);
    assert_eq!(
        inspection.notes,
        [(
            "app/a.txt".to_owned(),
            "more in it looks like secrets than is looked into; places that were: 20000".to_owned()
        )]
    );
}

#[test]
fn a_file_beyond_the_cap_is_searched_up_to_it_and_says_so() {
    let token = sample("github-personal-access-token", 1)
        .expect("a kind")
        .value;
    let mut content = vec![b'.'; (64 << 20) + 200];
    let inside = content.len() - 1_000;
    content[inside..inside + token.len()].copy_from_slice(token.as_bytes());
    let other = sample("github-personal-access-token", 2)
        .expect("a kind")
        .value;
    let outside = content.len() - 100;
    content[outside..outside + other.len()].copy_from_slice(other.as_bytes());
    let inspection = inspected("app/a.txt", &content, 256 * 1024);
    assert_eq!(inspection.sightings.len(), 1);
    assert_eq!(
        inspection.notes,
        [(
            "app/a.txt".to_owned(),
            "it is too large to be searched whole for secrets; first bytes that were: 67108864"
                .to_owned()
        )]
    );
}

#[test]
fn more_secrets_than_are_listed_are_told_of() {
    let content: String = (0..MAX_SECRETS_IN_FILE as u64 + 5)
        .map(|seed| sample("npm-access-token", seed).expect("a kind").value + "\n")
        .collect();
    let inspection = inspected("app/a.txt", content.as_bytes(), usize::MAX);
    assert_eq!(inspection.sightings.len(), MAX_SECRETS_IN_FILE);
    assert_eq!(inspection.notes.len(), 1);
}

#[test]
fn invalid_utf_8_and_odd_utf_16_are_searched() {
    let token = sample("npm-access-token", 9).expect("a kind").value;
    let mut content = b"caf\xe9 \xff\xfe\xc3(\n".to_vec();
    content.extend(token.as_bytes());
    content.extend(b"\xf0\x28");
    assert_eq!(
        told("app/latin.txt", &content),
        [("npm-access-token".to_owned(), 2)]
    );

    let mut content = vec![0xff, 0xfe, 0x3d, 0xd8];
    content.extend(
        format!("\n{token}")
            .encode_utf16()
            .flat_map(u16::to_le_bytes),
    );
    // A half of a pair, and a byte that is half of a unit.
    content.extend([0x3d, 0xd8, 0x41]);
    for block in [1, 2, 3, 5, 7, 4_096] {
        assert_eq!(
            told_in_blocks("app/wide.txt", &content, block),
            [("npm-access-token".to_owned(), 2)],
            "{block}"
        );
    }
}

#[test]
fn keys_that_never_end_and_blocks_that_nest_are_bounded() {
    for content in [
        format!("-----BEGIN RSA PRIVATE KEY-----\n{}", "A".repeat(300_000)),
        "-----BEGIN RSA PRIVATE KEY-----\n".repeat(10_000),
        "-----BEGIN PRIVATE KEY-----\\n".repeat(10_000),
        "{\"kty\"".repeat(10_000),
        "PuTTY-User-Key-File-3: x\nEncryption: none\nPrivate-Lines: 1\n".repeat(5_000),
        format!("password={}", "a1".repeat(400_000)),
        "password=${x} ".repeat(10_000),
        "eyJhbGci.".repeat(60_000),
        "://a:".repeat(60_000),
        "\\".repeat(200_000),
    ] {
        for path in ["app/a.txt", "app/.env"] {
            assert_eq!(
                told_in_blocks(path, content.as_bytes(), 100_000),
                [],
                "{path}"
            );
        }
    }
}

#[test]
fn literals_are_short_enough_to_be_seen_whole() {
    use crate::secrets::rule::ToldBy;
    for rule in table::rules() {
        if let ToldBy::Literal { literals, .. } | ToldBy::Block { literals, .. } = rule.told_by {
            for literal in literals {
                assert!((3..=60).contains(&literal.len()), "{literal}");
            }
        }
    }
}
