use super::fixture::archive;
use super::*;

/// Every entry with its content, or the error.
fn read(bytes: &[u8], most: u64) -> Result<Vec<(String, String, bool)>, String> {
    let zip = Zip::read(Window::of_bytes(bytes)).map_err(|error| error.to_string())?;
    zip.entries()
        .map(|entry| {
            let entry = entry.map_err(|error| error.to_string())?;
            let (content, whole) = zip
                .content(&entry, most, &mut 0)
                .map_err(|error| error.to_string())?;
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            Ok((text(entry.name), text(&content), whole))
        })
        .collect()
}

fn expected() -> Vec<(String, String, bool)> {
    vec![
        ("a.txt".into(), "aaaaaaaaaa".into(), true),
        ("b.jar".into(), "inner".into(), true),
    ]
}

fn small() -> Vec<u8> {
    archive(&[("a.txt", b"aaaaaaaaaa"), ("b.jar", b"inner")])
}

#[test]
fn stored_and_deflated_entries_are_read() {
    assert_eq!(read(&small(), 100), Ok(expected()));
    assert_eq!(
        read(&small(), 5),
        Ok(vec![
            ("a.txt".into(), "aaaaa".into(), false),
            ("b.jar".into(), "inner".into(), true),
        ])
    );
}

#[test]
fn bytes_before_and_a_comment_behind_do_no_harm() {
    let mut bytes = b"#!/bin/sh\nexec java -jar $0\n".to_vec();
    bytes.extend(small());
    assert_eq!(read(&bytes, 100), Ok(expected()));
    let mut bytes = small();
    let end = bytes.len();
    bytes[end - 2] = 7;
    bytes.extend(b"comment");
    assert_eq!(read(&bytes, 100), Ok(expected()));
}

#[test]
fn large_numbers_stand_in_records_of_their_own() {
    let small = small();
    let (archive, end) = small.split_at(small.len() - END_BYTES);
    let (size, start) = (field(end, 12, 4), field(end, 16, 4));
    let mut bytes = archive.to_vec();
    let position = bytes.len() as u64;
    bytes.extend(b"PK\x06\x06");
    bytes.extend(44_u64.to_le_bytes());
    bytes.extend([0; 28]);
    bytes.extend(size.to_le_bytes());
    bytes.extend(start.to_le_bytes());
    bytes.extend(b"PK\x06\x07\0\0\0\0");
    bytes.extend(position.to_le_bytes());
    bytes.extend([0; 4]);
    bytes.extend(b"PK\x05\x06\0\0\0\0");
    bytes.extend([0xff; 12]);
    bytes.extend([0; 2]);
    assert_eq!(read(&bytes, 100), Ok(expected()));

    let mut record = small[start as usize..][..RECORD_BYTES].to_vec();
    record.extend(b"a.txt");
    record[20..28].fill(0xff);
    record[30] = 20;
    record.extend([1, 0, 16, 0]);
    record.extend(9_u64.to_le_bytes());
    record.extend(7_u64.to_le_bytes());
    let (entry, after) = entry(&record).unwrap();
    assert_eq!((entry.size, entry.packed, after), (9, 7, &b""[..]));
}

#[test]
fn what_is_broken_is_told_with_the_deciding_value() {
    let check = |change: &dyn Fn(&mut Vec<u8>), expected: &str| {
        let mut bytes = small();
        change(&mut bytes);
        assert_eq!(read(&bytes, 100).unwrap_err(), expected);
    };
    let directory = field(&small(), small().len() - 6, 4) as usize;
    check(
        &|bytes| bytes.truncate(60),
        "it is no zip archive, or not all of it",
    );
    check(
        &|bytes| bytes.clear(),
        "it is no zip archive, or not all of it",
    );
    check(
        &|bytes| bytes[directory + RECORD_BYTES + 5] = b'X',
        "its directory is broken after entries: 1",
    );
    check(
        &|bytes| bytes[directory + 10] = 12,
        "it is packed by a method that is not read: 12",
    );
    check(&|bytes| bytes[directory + 8] = 1, "it is encrypted");
    check(
        &|bytes| bytes[directory + 42] = 9,
        "its content is not where the directory says: 9",
    );
    check(
        &|bytes| bytes[directory + 23] = 0x7f,
        "its content is not where the directory says: 0",
    );
    let end = small().len() - END_BYTES;
    check(
        &|bytes| bytes[end + 15] = 0x7f,
        &format!(
            "its directory is larger than what is read, in bytes: {}",
            field(&small(), end + 12, 4) + (0x7f << 24)
        ),
    );
}

/// Else entries that share such bytes make one file read them without end.
#[test]
fn what_comes_to_nothing_is_counted_as_spent() {
    let check = |content: &[u8], expected: u64| {
        let mut bytes = archive(&[("a.jar", content)]);
        let directory = bytes
            .windows(4)
            .position(|bytes| bytes == b"PK\x01\x02")
            .unwrap();
        bytes[directory + 10] = 8;
        let zip = Zip::read(Window::of_bytes(&bytes)).unwrap();
        let entry = zip.entries().next().unwrap().unwrap();
        let mut spent = 0;
        let _ = zip.content(&entry, 10_000, &mut spent);
        assert_eq!(spent, ENTRY_COST + expected);
    };
    check(&[3, 0], 2 * EXCESS_COST);
    // Blocks without bytes, 5 bytes each (RFC 1951, section 3.2.4); then one that is no block.
    let mut nothing = [0, 0, 0, 0xff, 0xff].repeat(1_000);
    check(&nothing, 5_000 * EXCESS_COST);
    nothing.push(7);
    check(&nothing, 5_001 * EXCESS_COST);
}
