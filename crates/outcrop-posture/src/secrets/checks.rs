//! Checksums and structures by which a value is told from what merely looks like it.

/// Shannon entropy in bits a byte, from 0 to 8.
pub(crate) fn entropy(value: &[u8]) -> f32 {
    let mut counts = [0_u32; 256];
    for byte in value {
        counts[usize::from(*byte)] += 1;
    }
    let length = value.len() as f32;
    counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| {
            let share = *count as f32 / length;
            -share * share.log2()
        })
        .sum()
}

/// CRC-32 of IEEE 802.3, as in gzip.
pub(crate) fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg());
        }
    }
    !crc
}

/// A number with the digits 0 to 9, A to Z, a to z, at least six of them.
pub(crate) fn base62(mut number: u32) -> [u8; 6] {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut digits = [b'0'; 6];
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS[(number % 62) as usize];
        number /= 62;
    }
    digits
}

/// The last six characters are the CRC-32 of what stands between them and the underscore.
pub(crate) fn crc_in_base62(value: &[u8]) -> bool {
    let start = value
        .iter()
        .position(|byte| *byte == b'_')
        .map_or(0, |at| at + 1);
    value[start..]
        .split_last_chunk::<6>()
        .is_some_and(|(body, sum)| base62(crc32(body)) == *sum)
}

/// The bytes that base64 stands for, in either alphabet; padding is optional. `None` where
/// something else stands in between.
pub(crate) fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let end = text
        .iter()
        .rposition(|byte| *byte != b'=')
        .map_or(0, |at| at + 1);
    let mut bytes = Vec::with_capacity(end * 3 / 4);
    let (mut bits, mut held) = (0_u32, 0);
    for byte in &text[..end] {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(six);
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
        }
    }
    // A lone character holds no byte.
    (end % 4 != 1).then_some(bytes)
}

/// Base64 of exactly 64 bytes.
pub(crate) fn base64_of_64(value: &[u8]) -> bool {
    base64(value).is_some_and(|bytes| bytes.len() == 64)
}

/// Base64 of exactly 32 bytes.
pub(crate) fn base64_of_32(value: &[u8]) -> bool {
    base64(value).is_some_and(|bytes| bytes.len() == 32)
}

/// Base64 of `user:password`, both printable.
pub(crate) fn base64_of_login(value: &[u8]) -> bool {
    let Some(bytes) = base64(value) else {
        return false;
    };
    let Some(colon) = bytes.iter().position(|byte| *byte == b':') else {
        return false;
    };
    let printable = bytes.iter().all(|byte| (b' '..=b'~').contains(byte));
    printable && colon > 0 && !super::placeholder::password(&bytes[colon + 1..])
}

/// A signed JSON web token (RFC 7519): header and claims are JSON objects, and the header names an
/// algorithm other than `none`.
pub(crate) fn json_web_token(value: &[u8]) -> bool {
    let mut parts = value.split(|byte| *byte == b'.');
    let (Some(header), Some(claims), Some(signature), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let object = |part: &[u8]| {
        base64(part)
            .filter(|json| json.starts_with(b"{") && json.ends_with(b"}") && json.is_ascii())
    };
    let Some(header) = object(header) else {
        return false;
    };
    object(claims).is_some()
        && signature.len() >= 20
        && contains(&header, b"\"alg\"")
        && !contains(&header, b"\"none\"")
        // The token that the introduction to JSON web tokens shows, and its variants.
        && !object_contains(value, b"John Doe")
        && !object_contains(value, b"1234567890")
}

fn object_contains(token: &[u8], text: &[u8]) -> bool {
    token
        .split(|byte| *byte == b'.')
        .take(2)
        .filter_map(base64)
        .any(|json| contains(&json, text))
}

/// The account that is in the identifier of an AWS access key has at most twelve digits: the bits
/// after the prefix are base32, the account stands in bits 7 to 46 of the first six bytes.
pub(crate) fn aws_account(value: &[u8]) -> bool {
    let mut bits = 0_u64;
    // Ten characters of base32 hold fifty bits; the upper forty-eight of them count.
    for byte in value.iter().skip(4).take(10) {
        let five = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'2'..=b'7' => byte - b'2' + 26,
            _ => return false,
        };
        bits = (bits << 5) | u64::from(five);
    }
    let account = ((bits >> 2) & 0x7fff_ffff_ff80) >> 7;
    (1..1_000_000_000_000).contains(&account)
}

/// Letters and digits both.
pub(crate) fn letters_and_digits(value: &[u8]) -> bool {
    value.iter().any(u8::is_ascii_digit) && value.iter().any(u8::is_ascii_alphabetic)
}

/// Small letters, large letters and digits.
pub(crate) fn three_classes(value: &[u8]) -> bool {
    letters_and_digits(value)
        && value.iter().any(u8::is_ascii_lowercase)
        && value.iter().any(u8::is_ascii_uppercase)
}

/// The checksum of bech32 (BIP 173), in capitals or small letters.
pub(crate) fn bech32(value: &[u8]) -> bool {
    let Some(one) = value.iter().rposition(|byte| *byte == b'1') else {
        return false;
    };
    bech32_sum(&value[..one], &value[one + 1..]) == Some(1)
}

/// The remainder of a bech32 text; `None` where a character is not of its alphabet.
pub(crate) fn bech32_sum(human: &[u8], data: &[u8]) -> Option<u32> {
    const ALPHABET: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    const GENERATOR: [u32; 5] = [
        0x3b6a_57b2,
        0x2650_8e6d,
        0x1ea1_19fa,
        0x3d42_33dd,
        0x2a14_62b3,
    ];
    let human = human.iter().map(u8::to_ascii_lowercase);
    let high = human.clone().map(|byte| Some(u32::from(byte) >> 5));
    let low = human.map(|byte| Some(u32::from(byte) & 31));
    let data = data.iter().map(|byte| {
        let byte = byte.to_ascii_lowercase();
        ALPHABET
            .iter()
            .position(|of| *of == byte)
            .map(|at| at as u32)
    });
    let mut sum = 1_u32;
    for value in high.chain([Some(0)]).chain(low).chain(data) {
        let top = sum >> 25;
        sum = ((sum & 0x1ff_ffff) << 5) ^ value?;
        for (bit, generator) in GENERATOR.iter().enumerate() {
            if (top >> bit) & 1 == 1 {
                sum ^= generator;
            }
        }
    }
    Some(sum)
}

pub(crate) fn contains(text: &[u8], part: &[u8]) -> bool {
    memchr::memmem::find(text, part).is_some()
}
