//! A severity from what a record states: CVSS vectors and the publisher's own word.

use std::str::FromStr as _;

use cvss::Cvss;
use outcrop_model::Severity;

/// Vectors in order of their scheme, and the severity concluded from all that was stated.
pub(crate) struct Rated {
    pub(crate) vectors: Vec<String>,
    pub(crate) severity: Severity,
}

/// Rates `severity[]` entries (type and score) and `database_specific.severity`.
///
/// The number is always computed from the vector: records carry none. Where one scheme has
/// several vectors the highest score stands.
pub(crate) fn rate<'a>(
    stated: impl Iterator<Item = (&'a str, &'a str)>,
    word: Option<&str>,
) -> Rated {
    let mut own_word = None;
    let mut vectors: Vec<(Scheme, String)> = Vec::new();
    for (kind, score) in stated {
        match kind {
            "CVSS_V4" => vectors.push((Scheme::V4, score.to_owned())),
            "CVSS_V3" => vectors.push((Scheme::V3, score.to_owned())),
            "CVSS_V2" => vectors.push((Scheme::V2, score.to_owned())),
            "Ubuntu" => own_word = own_word.or_else(|| from_word(score)),
            _ => {}
        }
    }
    vectors.sort_by_key(|(scheme, _)| *scheme);
    let severity = own_word
        .or_else(|| from_vectors(&vectors))
        .or_else(|| word.and_then(from_word))
        .unwrap_or_default();
    Rated {
        vectors: vectors.into_iter().map(|(_, vector)| vector).collect(),
        severity,
    }
}

/// The schemes, newest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Scheme {
    V4,
    V3,
    V2,
}

fn from_vectors(vectors: &[(Scheme, String)]) -> Option<Severity> {
    let scored = vectors
        .iter()
        .filter_map(|(scheme, vector)| Some((*scheme, base_score(vector)?)));
    scored
        .min_by(|left, right| left.0.cmp(&right.0).then(right.1.total_cmp(&left.1)))
        .map(|(_, score)| Severity::from_score(score))
}

/// The score of a vector of CVSS 2.0, 3.0, 3.1 or 4.0; `None` where it is not one.
///
/// A CVSS 2.0 vector has no prefix, and feeds write it with and without parentheses.
pub fn base_score(vector: &str) -> Option<f64> {
    let vector = vector.trim();
    let vector = vector
        .strip_prefix('(')
        .and_then(|inner| inner.strip_suffix(')'))
        .unwrap_or(vector);
    Cvss::from_str(vector).ok().map(|vector| vector.score())
}

/// The severity that a publisher's word stands for: Ubuntu priorities, GitHub's and Debian's words.
pub(crate) fn from_word(word: &str) -> Option<Severity> {
    match word.trim().to_ascii_lowercase().as_str() {
        "moderate" => Some(Severity::Medium),
        "important" => Some(Severity::High),
        "unimportant" | "none" => Some(Severity::Negligible),
        other => other
            .parse()
            .ok()
            .filter(|severity| *severity != Severity::Unknown),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(stated: &[(&str, &str)], word: Option<&str>, expected: Severity) {
        let rated = rate(stated.iter().copied(), word);
        assert_eq!(rated.severity, expected, "{stated:?} {word:?}");
    }

    const V2_HIGH: &str = "AV:N/AC:L/Au:N/C:P/I:P/A:P";
    const V3_MEDIUM: &str = "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N";
    const V3_CRITICAL: &str = "CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H";
    const V4_CRITICAL: &str = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N";

    #[test]
    fn each_scheme_is_scored() {
        assert_eq!(base_score(V2_HIGH), Some(7.5));
        assert_eq!(base_score(&format!("({V2_HIGH})")), Some(7.5));
        assert_eq!(base_score(V3_MEDIUM), Some(6.1));
        assert_eq!(base_score(V3_CRITICAL), Some(9.8));
        assert_eq!(base_score(V4_CRITICAL), Some(9.3));
    }

    #[test]
    fn what_is_no_vector_has_no_score() {
        for text in [
            "",
            "7.5",
            "CVSS:3.1",
            "CVSS:9.0/AV:N",
            "CVSS:3.1/AV:X",
            "é/(",
        ] {
            assert_eq!(base_score(text), None, "{text}");
        }
    }

    #[test]
    fn the_newest_scheme_decides_and_the_highest_score_within_it() {
        check(
            &[("CVSS_V3", V3_MEDIUM), ("CVSS_V4", V4_CRITICAL)],
            None,
            Severity::Critical,
        );
        check(
            &[("CVSS_V2", V2_HIGH), ("CVSS_V3", V3_MEDIUM)],
            None,
            Severity::Medium,
        );
        check(
            &[("CVSS_V3", V3_MEDIUM), ("CVSS_V3", V3_CRITICAL)],
            None,
            Severity::Critical,
        );
    }

    #[test]
    fn the_publishers_own_priority_comes_before_vectors() {
        check(
            &[("CVSS_V3", V3_CRITICAL), ("Ubuntu", "low")],
            None,
            Severity::Low,
        );
        check(&[("Ubuntu", "negligible")], None, Severity::Negligible);
    }

    #[test]
    fn a_word_of_the_database_serves_where_no_vector_does() {
        check(&[], Some("MODERATE"), Severity::Medium);
        check(&[("CVSS_V3", "broken")], Some("HIGH"), Severity::High);
        check(
            &[("CVSS_V3", V3_MEDIUM)],
            Some("CRITICAL"),
            Severity::Medium,
        );
    }

    #[test]
    fn nothing_known_is_unknown_and_not_low() {
        check(&[], None, Severity::Unknown);
        check(&[("CVSS_V9", "x")], Some("whatever"), Severity::Unknown);
    }
}
