//! The order of Debian versions.
//!
//! deb-version(7); dpkg `lib/dpkg/version.c` and `lib/dpkg/parsehelp.c`.

use std::cmp::Ordering;

use super::{VersionOrder, digits};

/// `[epoch:]upstream-version[-debian-revision]`.
///
/// Echo's packages are dpkg's too, but its ecosystem's suffix names other orders (`Echo:PyPI`), so
/// that it is not served.
pub struct Debian;

impl VersionOrder for Debian {
    fn ecosystem(&self) -> &'static str {
        "Debian"
    }

    fn shared_with(&self) -> &'static [&'static str] {
        &["Ubuntu"]
    }

    fn compare(&self, left: &str, right: &str) -> Option<Ordering> {
        Some(Parts::parse(left)?.compare(&Parts::parse(right)?))
    }
}

struct Parts<'a> {
    epoch: u32,
    upstream: &'a str,
    revision: &'a str,
}

impl<'a> Parts<'a> {
    /// dpkg's own acceptance: an epoch that fits an `int`, no inner blanks, neither part empty
    /// where its separator stands. Characters outside deb-version(7) cost a warning there and are
    /// compared all the same; those beyond ASCII are refused here, since dpkg's answer depends on
    /// the sign of the machine's `char`.
    fn parse(text: &'a str) -> Option<Self> {
        let text = text.trim_matches([' ', '\t', '\n', '\r', '\u{b}', '\u{c}']);
        let (epoch, rest) = match text.split_once(':') {
            None => (0, text),
            Some((epoch, rest)) => {
                if epoch.is_empty() || !epoch.bytes().all(|byte| byte.is_ascii_digit()) {
                    return None;
                }
                (
                    epoch
                        .parse::<u32>()
                        .ok()
                        .filter(|&epoch| i32::try_from(epoch).is_ok())?,
                    rest,
                )
            }
        };
        let (upstream, revision) = rest.rsplit_once('-').unwrap_or((rest, ""));
        if upstream.is_empty() || (rest.len() > upstream.len() && revision.is_empty()) {
            return None;
        }
        let compared = |byte: u8| byte.is_ascii() && !byte.is_ascii_whitespace() && byte != 0x0b;
        rest.bytes().all(compared).then_some(Self {
            epoch,
            upstream,
            revision,
        })
    }

    fn compare(&self, other: &Self) -> Ordering {
        self.epoch
            .cmp(&other.epoch)
            .then_with(|| compare_part(self.upstream, other.upstream))
            .then_with(|| compare_part(self.revision, other.revision))
    }
}

/// Weight of a character outside a number: `~` before the end, the end before letters, letters
/// before everything else.
fn weight(byte: Option<u8>) -> i32 {
    match byte {
        None => 0,
        Some(b'~') => -1,
        Some(byte) if byte.is_ascii_digit() => 0,
        Some(byte) if byte.is_ascii_alphabetic() => i32::from(byte),
        Some(byte) => i32::from(byte) + 256,
    }
}

fn compare_part(left: &str, right: &str) -> Ordering {
    let (mut left, mut right) = (left.as_bytes(), right.as_bytes());
    while !left.is_empty() || !right.is_empty() {
        while left.first().is_some_and(|byte| !byte.is_ascii_digit())
            || right.first().is_some_and(|byte| !byte.is_ascii_digit())
        {
            let order = weight(left.first().copied()).cmp(&weight(right.first().copied()));
            if order != Ordering::Equal {
                return order;
            }
            left = left.get(1..).unwrap_or_default();
            right = right.get(1..).unwrap_or_default();
        }
        let order = digits::compare(digits::take(&mut left), digits::take(&mut right));
        if order != Ordering::Equal {
            return order;
        }
    }
    Ordering::Equal
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(left: &str, right: &str, expected: Ordering) {
        assert_eq!(
            Debian.compare(left, right),
            Some(expected),
            "{left} {right}"
        );
        assert_eq!(
            Debian.compare(right, left),
            Some(expected.reverse()),
            "{right} {left}"
        );
    }

    #[test]
    fn tilde_comes_before_the_end() {
        check("1.0~rc1", "1.0", Ordering::Less);
        check("1.0~~", "1.0~", Ordering::Less);
        check("1.0-1~deb12u1", "1.0-1", Ordering::Less);
    }

    #[test]
    fn letters_come_before_other_characters() {
        check("1.0a", "1.0+", Ordering::Less);
        check("1.0a", "1.0.", Ordering::Less);
    }

    #[test]
    fn numbers_compare_by_value_at_any_length() {
        check("1.9", "1.10", Ordering::Less);
        check("1.010", "1.10", Ordering::Equal);
        check(
            "99999999999999999999999",
            "100000000000000000000000",
            Ordering::Less,
        );
    }

    #[test]
    fn the_epoch_decides_first_and_a_missing_revision_is_zero() {
        check("1:0.1", "9.9", Ordering::Greater);
        check("1.0", "1.0-0", Ordering::Equal);
    }

    #[test]
    fn what_costs_only_a_warning_is_compared() {
        check("1_1", "1_2", Ordering::Less);
        check("0:1-1:1", "1-1", Ordering::Greater);
    }

    #[test]
    fn what_dpkg_refuses_is_no_version() {
        for text in ["", ":1", "a:1", "1:", "1-", "1 2", "99999999999:1"] {
            assert_eq!(Debian.compare(text, "1"), None, "{text}");
        }
    }
}
