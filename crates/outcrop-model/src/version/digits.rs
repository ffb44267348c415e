//! Numbers of any length, as the digits that spell them.

use std::cmp::Ordering;

/// Compares two runs of ASCII digits by their value; an empty one is zero.
pub(super) fn compare(left: &[u8], right: &[u8]) -> Ordering {
    let (left, right) = (significant(left), significant(right));
    left.len().cmp(&right.len()).then_with(|| left.cmp(right))
}

/// The digits without leading zeros, none for zero.
pub(super) fn significant(digits: &[u8]) -> &[u8] {
    let zeros = digits.iter().take_while(|&&digit| digit == b'0').count();
    &digits[zeros..]
}

/// Whether `text` is digits and nothing else, at least one.
pub(super) fn is_number(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(u8::is_ascii_digit)
}

/// Splits `text` before its first byte that does not belong.
pub(super) fn split_run(text: &[u8], belongs: impl Fn(&u8) -> bool) -> (&[u8], &[u8]) {
    let end = text.iter().position(|byte| !belongs(byte));
    text.split_at(end.unwrap_or(text.len()))
}

/// Takes the leading digits off.
pub(super) fn take<'a>(text: &mut &'a [u8]) -> &'a [u8] {
    let (digits, rest) = split_run(text, u8::is_ascii_digit);
    *text = rest;
    digits
}
