//! What text a file is.

/// How the text of a file is encoded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// UTF-8, or anything else that has ASCII in it.
    #[default]
    Utf8,
    /// Two bytes a unit.
    Utf16(Utf16),
}

impl Encoding {
    /// Of a file that starts so; `None` where it is no text.
    pub(crate) fn of(start: &[u8]) -> Option<Self> {
        match start {
            [0xff, 0xfe, 0, 0, ..] => return None,
            [0xff, 0xfe, ..] => return Some(Self::Utf16(Utf16::new(false))),
            [0xfe, 0xff, ..] => return Some(Self::Utf16(Utf16::new(true))),
            _ => {}
        }
        let Some(zero) = memchr::memchr(0, start) else {
            return Some(Self::Utf8);
        };
        let big = zero % 2 == 0;
        one_of_two(start, big).then(|| Self::Utf16(Utf16::new(big)))
    }
}

/// True where nearly every other byte is zero and the others are characters of ASCII.
fn one_of_two(start: &[u8], zero_first: bool) -> bool {
    let pairs = start.len() / 2;
    let ascii = start
        .chunks_exact(2)
        .filter(|pair| {
            let (zero, letter) = if zero_first {
                (pair[0], pair[1])
            } else {
                (pair[1], pair[0])
            };
            zero == 0 && matches!(letter, b'\t' | b'\n' | b'\r' | b' '..=b'~')
        })
        .count();
    pairs >= 8 && ascii * 10 >= pairs * 9
}

/// Turns UTF-16 into UTF-8, block by block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Utf16 {
    big_endian: bool,
    /// The first byte of a unit whose second is in the next block.
    odd: Option<u8>,
    /// The first half of a pair whose second is in the next block.
    high: Option<u16>,
}

impl Utf16 {
    fn new(big_endian: bool) -> Self {
        Self {
            big_endian,
            odd: None,
            high: None,
        }
    }

    /// Adds what `bytes` stand for; lone halves of pairs become the replacement character.
    pub(crate) fn decode(&mut self, bytes: &[u8], text: &mut Vec<u8>) {
        let units: Vec<u16> = self
            .high
            .take()
            .into_iter()
            .chain(Units {
                big_endian: self.big_endian,
                odd: &mut self.odd,
                bytes: bytes.iter(),
            })
            .collect();
        let units = match units.split_last() {
            Some((last, before)) if (0xd800..0xdc00).contains(last) => {
                self.high = Some(*last);
                before
            }
            _ => &units,
        };
        let mut utf8 = [0; 4];
        for letter in char::decode_utf16(units.iter().copied()) {
            let letter = letter.unwrap_or(char::REPLACEMENT_CHARACTER);
            if letter != '\u{feff}' {
                text.extend_from_slice(letter.encode_utf8(&mut utf8).as_bytes());
            }
        }
    }
}

struct Units<'a> {
    big_endian: bool,
    odd: &'a mut Option<u8>,
    bytes: std::slice::Iter<'a, u8>,
}

impl Iterator for Units<'_> {
    type Item = u16;

    fn next(&mut self) -> Option<u16> {
        let first = match self.odd.take() {
            Some(byte) => byte,
            None => *self.bytes.next()?,
        };
        let Some(second) = self.bytes.next() else {
            *self.odd = Some(first);
            return None;
        };
        Some(if self.big_endian {
            u16::from_be_bytes([first, *second])
        } else {
            u16::from_le_bytes([first, *second])
        })
    }
}
