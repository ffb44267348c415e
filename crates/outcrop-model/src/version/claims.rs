//! Checks written claims about an order, one a line: `A < B`, `A = B` or `A > B`.

use std::cmp::Ordering;

use super::VersionOrder;

/// What became of a text of claims.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckedLines {
    /// Claims read, faulty ones included; blank lines and comments are none.
    pub claims: usize,
    /// Those that do not hold or cannot be read, in the order of the text.
    pub faults: Vec<FaultyLine>,
}

/// A line that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultyLine {
    /// Number of the line, the first is 1.
    pub number: usize,
    /// The line without surrounding blanks.
    pub text: String,
    /// What is wrong with it.
    pub fault: LineFault,
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineFault {
    /// Both are versions, in another order.
    #[error("does not hold, the order is: `{}`", sign(*.0))]
    Otherwise(Ordering),
    /// One of the two is not a version of the ecosystem.
    #[error("not a version of this ecosystem: `{0}`")]
    NotAVersion(String),
    /// Both are versions of which neither comes first, as two branches in Composer.
    #[error("neither of the two comes first in this ecosystem")]
    InNoOrder,
    /// Not of the form `A < B`.
    #[error("not of the form `A < B`, `A = B` or `A > B`")]
    Malformed,
}

const fn sign(order: Ordering) -> &'static str {
    match order {
        Ordering::Less => "<",
        Ordering::Equal => "=",
        Ordering::Greater => ">",
    }
}

/// Checks every claim of `text` against `order`; blank lines and lines that begin with `#` are
/// passed over.
pub fn check_lines(order: &dyn VersionOrder, text: &str) -> CheckedLines {
    let mut checked = CheckedLines::default();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        checked.claims += 1;
        if let Err(fault) = check_line(order, line) {
            checked.faults.push(FaultyLine {
                number: index + 1,
                text: line.to_owned(),
                fault,
            });
        }
    }
    checked
}

fn check_line(order: &dyn VersionOrder, line: &str) -> Result<(), LineFault> {
    let mut words = line.split_whitespace();
    let (Some(left), Some(claim), Some(right), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return Err(LineFault::Malformed);
    };
    let claimed = match claim {
        "<" => Ordering::Less,
        "=" => Ordering::Equal,
        ">" => Ordering::Greater,
        _ => return Err(LineFault::Malformed),
    };
    match order.compare(left, right) {
        Some(found) if found == claimed => Ok(()),
        Some(found) => Err(LineFault::Otherwise(found)),
        None => Err([left, right]
            .into_iter()
            .find(|text| order.compare(text, text).is_none())
            .map_or(LineFault::InNoOrder, |text| {
                LineFault::NotAVersion(text.to_owned())
            })),
    }
}

#[cfg(test)]
mod tests {
    use super::super::composer::Composer;
    use super::super::debian::Debian;
    use super::*;

    fn check(text: &str, expected: &[(usize, LineFault)]) {
        let faults: Vec<(usize, LineFault)> = check_lines(&Debian, text)
            .faults
            .into_iter()
            .map(|line| (line.number, line.fault))
            .collect();
        assert_eq!(faults, expected, "{text}");
    }

    #[test]
    fn claims_that_hold_are_no_faults() {
        check("1 < 2\n2 > 1\n1.0 = 1.0-0", &[]);
    }

    #[test]
    fn blank_lines_and_comments_are_no_claims() {
        let checked = check_lines(&Debian, "\n  \n# 2 < 1\n1 < 2\r\n");
        assert_eq!((checked.claims, checked.faults), (1, Vec::new()));
    }

    #[test]
    fn a_claim_that_does_not_hold_says_the_true_order() {
        check(
            "1 < 2\n2 < 1\n1 > 1",
            &[
                (2, LineFault::Otherwise(Ordering::Greater)),
                (3, LineFault::Otherwise(Ordering::Equal)),
            ],
        );
    }

    #[test]
    fn what_is_no_claim_or_no_version_is_named() {
        check(
            "1 <= 2\n1 <\n1 < 2 3\n1 < x:y",
            &[
                (1, LineFault::Malformed),
                (2, LineFault::Malformed),
                (3, LineFault::Malformed),
                (4, LineFault::NotAVersion("x:y".into())),
            ],
        );
    }

    #[test]
    fn two_versions_of_which_neither_comes_first_are_said_to_be_so() {
        let fault = |text| check_lines(&Composer, text).faults.remove(0).fault;
        assert_eq!(fault("dev-a < dev-b"), LineFault::InNoOrder);
        assert_eq!(fault("dev-a < b"), LineFault::NotAVersion("b".into()));
    }
}
