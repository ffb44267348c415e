//! Whether a file that arrived is whole: it begins and ends as its format does, or has the digest
//! that its publisher gives. What stands in it is the reader's to find out.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek as _, SeekFrom};

use flate2::read::MultiGzDecoder;
use sha2::{Sha256, Sha512};

/// Bytes in which the end of a zip is found: its last record and the longest comment.
/// APPNOTE.TXT, section 4.3.16.
const ZIP_END_BYTES: u64 = 22 + 65_535;

/// Most bytes that a gzip file is unpacked to in order to see its end, 4 GiB.
const MAX_UNPACKED_BYTES: u64 = 4 * 1024 * 1024 * 1024;

/// Bytes in which the brackets of a JSON document are looked for.
const JSON_EDGE_BYTES: u64 = 4_096;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Zip,
    Gzip,
    Zstd,
    Json,
    /// Whatever has the digest.
    Digested,
}

impl Format {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Zip => "zip",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Json => "JSON",
            Self::Digested => "file",
        }
    }
}

/// The digest of a file as its publisher gives it, in lower-case hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Checksum {
    Sha256(String),
    Sha512(String),
}

impl Checksum {
    /// By the number of digits; `None` for what is neither.
    pub(super) fn of_digits(digits: &str) -> Option<Self> {
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let digits = digits.to_ascii_lowercase();
        match digits.len() {
            64 => Some(Self::Sha256(digits)),
            128 => Some(Self::Sha512(digits)),
            _ => None,
        }
    }

    pub(super) fn digits(&self) -> &str {
        match self {
            Self::Sha256(digits) | Self::Sha512(digits) => digits,
        }
    }

    /// The digest that the file has.
    pub(super) fn found(&self, file: &mut File) -> io::Result<String> {
        file.seek(SeekFrom::Start(0))?;
        match self {
            Self::Sha256(_) => digits_of::<Sha256>(file),
            Self::Sha512(_) => digits_of::<Sha512>(file),
        }
    }
}

fn digits_of<D: sha2::Digest>(file: &mut File) -> io::Result<String> {
    let mut digest = D::new();
    let mut buffer = vec![0; 256 * 1024];
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            length => digest.update(&buffer[..length]),
        }
    }
    let mut digits = String::new();
    for byte in digest.finalize() {
        // Writing to a string does not fail.
        let _ = write!(digits, "{byte:02x}");
    }
    Ok(digits)
}

/// Whether `file` is a whole one of its format.
pub(super) fn is_whole(file: &mut File, format: Format) -> io::Result<bool> {
    let length = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(0))?;
    match format {
        Format::Zip => is_zip(file, length),
        Format::Gzip => is_gzip(file),
        Format::Zstd => is_zstd(file, length),
        Format::Json => is_json(file, length),
        Format::Digested => Ok(length > 0),
    }
}

fn edges(file: &mut File, length: u64, bytes: u64) -> io::Result<(Vec<u8>, Vec<u8>)> {
    let (mut first, mut last) = (Vec::new(), Vec::new());
    Read::take(&mut *file, bytes).read_to_end(&mut first)?;
    file.seek(SeekFrom::Start(length.saturating_sub(bytes)))?;
    Read::take(&mut *file, bytes).read_to_end(&mut last)?;
    Ok((first, last))
}

fn is_zip(file: &mut File, length: u64) -> io::Result<bool> {
    let (first, last) = edges(file, length, ZIP_END_BYTES)?;
    // The last record says how long the comment after it is.
    let ends = (0..=last.len().saturating_sub(22)).rev().any(|at| {
        last[at..].starts_with(b"PK\x05\x06")
            && last.len() >= at + 22
            && usize::from(u16::from_le_bytes([last[at + 20], last[at + 21]]))
                == last.len() - at - 22
    });
    Ok(first.starts_with(b"PK") && ends)
}

/// Unpacked once: a member's length and checksum stand behind it (RFC 1952, section 2.3.1).
fn is_gzip(file: &mut File) -> io::Result<bool> {
    let unpacked = MultiGzDecoder::new(BufReader::new(file));
    match io::copy(&mut unpacked.take(MAX_UNPACKED_BYTES), &mut io::sink()) {
        Ok(bytes) => Ok(bytes < MAX_UNPACKED_BYTES),
        Err(error) if damaged(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

fn damaged(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput
    )
}

fn is_json(file: &mut File, length: u64) -> io::Result<bool> {
    let (first, last) = edges(file, length, JSON_EDGE_BYTES)?;
    Ok(matches!(
        (first.trim_ascii().first(), last.trim_ascii().last()),
        (Some(b'{'), Some(b'}')) | (Some(b'['), Some(b']'))
    ))
}

/// Walks the heads of blocks without unpacking them. RFC 8878, sections 3.1.1 and 3.1.2.
fn is_zstd(file: &mut File, length: u64) -> io::Result<bool> {
    let mut reader = BufReader::new(file);
    let mut at = 0;
    let mut frames = 0;
    while at < length {
        match zstd_frame(&mut reader) {
            Ok(Some(bytes)) => at += bytes,
            Ok(None) => return Ok(false),
            Err(error) if damaged(&error) => return Ok(false),
            Err(error) => return Err(error),
        }
        frames += 1;
    }
    Ok(frames > 0 && at == length)
}

/// Bytes of the frame that begins here; `None` for what is none. The reader stands behind it, where
/// it is not cut off.
fn zstd_frame(reader: &mut BufReader<&mut File>) -> io::Result<Option<u64>> {
    let magic = little_endian(reader, 4)?;
    // Frames to be skipped: 0x184D2A50 to 0x184D2A5F.
    if magic & 0xffff_fff0 == 0x184d_2a50 {
        let bytes = little_endian(reader, 4)?;
        reader.seek_relative(bytes.cast_signed())?;
        return Ok(Some(8 + bytes));
    }
    if magic != 0xfd2f_b528 {
        return Ok(None);
    }
    let descriptor = little_endian(reader, 1)?;
    let single_segment = descriptor & 0x20 != 0;
    let window = u64::from(!single_segment);
    let dictionary = [0, 1, 2, 4][(descriptor & 3) as usize];
    let content = match descriptor >> 6 {
        0 => u64::from(single_segment),
        1 => 2,
        2 => 4,
        _ => 8,
    };
    let head = window + dictionary + content;
    little_endian(reader, head)?;
    let mut bytes = 5 + head;
    loop {
        let block = little_endian(reader, 3)?;
        let length = match block >> 1 & 3 {
            // One byte, many times.
            1 => 1,
            3 => return Ok(None),
            _ => block >> 3,
        };
        reader.seek_relative(length.cast_signed())?;
        bytes += 3 + length;
        if block & 1 == 1 {
            break;
        }
    }
    let checksum = if descriptor & 4 == 0 { 0 } else { 4 };
    little_endian(reader, checksum)?;
    Ok(Some(bytes + checksum))
}

fn little_endian(reader: &mut impl Read, bytes: u64) -> io::Result<u64> {
    let mut number = 0;
    for place in 0..bytes {
        let mut byte = [0];
        reader.read_exact(&mut byte)?;
        // A head has up to 13 bytes; more than eight of them are only passed.
        number |= u64::from(byte[0])
            .checked_shl(8 * place as u32)
            .unwrap_or(0);
    }
    Ok(number)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn file(bytes: &[u8]) -> File {
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(bytes).expect("is written");
        file
    }

    fn whole(bytes: &[u8], format: Format) -> bool {
        is_whole(&mut file(bytes), format).expect("is read")
    }

    /// Whole as it is, and not when cut anywhere or led on.
    fn check(bytes: &[u8], format: Format) {
        assert!(whole(bytes, format), "{format:?}");
        for length in 0..bytes.len() {
            assert!(
                !whole(&bytes[..length], format),
                "{format:?} cut at {length}"
            );
        }
        assert!(!whole(&[bytes, b"?"].concat(), format), "{format:?} led on");
        assert!(!whole(b"<html></html>", format), "{format:?}");
    }

    #[test]
    fn a_json_ends_with_the_bracket_it_begins_with() {
        let check = |text: &str, expected: bool| {
            assert_eq!(whole(text.as_bytes(), Format::Json), expected, "{text}");
        };
        check("{\"a\": 1}", true);
        check(" [1]\n", true);
        check("{\"a\": 1", false);
        check("[1}", false);
        check("", false);
        check("<html></html>", false);
    }

    #[test]
    fn a_gzip_is_unpacked_to_its_end() {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(b"a,b\n1,2\n").expect("is packed");
        check(&encoder.finish().expect("is packed"), Format::Gzip);
    }

    /// Frames as the reference implementation writes them: `printf '…' | zstd` with and without a
    /// checksum and the content's size.
    #[test]
    fn a_zstd_is_followed_from_block_to_block() {
        let raw = [
            0x28, 0xb5, 0x2f, 0xfd, 0x04, 0x58, 0x21, 0x00, 0x00, b'a', b'b', b'c', b'\n', 1, 2, 3,
            4,
        ];
        check(&raw, Format::Zstd);
        let repeated = [0x28, 0xb5, 0x2f, 0xfd, 0x20, 0x80, 0x03, 0x04, 0x00, b'a'];
        check(&repeated, Format::Zstd);
        let skipped = [0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 9, 9];
        assert!(whole(
            &[&skipped[..], &raw, &repeated].concat(),
            Format::Zstd
        ));
    }

    #[test]
    fn a_file_has_one_digest() {
        let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let checksum = Checksum::of_digits(&sha256.to_uppercase()).expect("64 digits");
        assert_eq!(checksum, Checksum::Sha256(sha256.to_owned()));
        assert_eq!(checksum.found(&mut file(b"abc")).expect("is read"), sha256);
        let long = Checksum::of_digits(&"0".repeat(128)).expect("128 digits");
        assert_eq!(long.found(&mut file(b"abc")).expect("is read").len(), 128);
        for digits in ["", "abc", &"0".repeat(40), &"g".repeat(64)] {
            assert_eq!(Checksum::of_digits(digits), None, "{digits}");
        }
    }
}
