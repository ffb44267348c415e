//! Whether a version is affected.
//!
//! OSV schema, section "Evaluation": a version is affected if any range holds it or `versions`
//! lists it.

use std::cmp::Ordering;

use outcrop_model::version::{VersionOrder, order_of};
use outcrop_model::{AffectedPackage, Event, Range, RangeKind, Stance};

/// Why a version is affected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// Where the affected stretch begins; `0` is before every version. `None` where the version is
    /// listed by itself.
    pub introduced: Option<String>,
    /// Where the stretch ends: what ended it.
    pub end: End,
}

impl Match {
    /// The first version that is not affected any more, where the record names one.
    pub fn fixed(&self) -> Option<&str> {
        match &self.end {
            End::Fixed(version) => Some(version),
            End::LastAffected(_) | End::Limit(_) | End::Listed | End::Open => None,
        }
    }
}

/// How an affected stretch ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// Before this version.
    Fixed(String),
    /// With this version.
    LastAffected(String),
    /// Nothing is said from this version on.
    Limit(String),
    /// The version is listed by itself.
    Listed,
    /// It does not end.
    Open,
}

/// The answer for one version and one entry of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Affected.
    Affected(Match),
    /// Not affected.
    NotAffected,
    /// A version that decides is none of its ecosystem.
    NotJudged {
        /// That version.
        version: String,
    },
}

/// Judges `version` by one entry.
///
/// Ranges of the kind `SEMVER` are read in the order of Semantic Versioning, whatever the
/// ecosystem, and where a version of theirs is none, in the ecosystem's. The order of the events in
/// the record does not matter. An entry without ranges and versions affects nothing, unless its
/// publisher's stance is that it affects. Where one range cannot be judged and no other holds the
/// version, the verdict is [`Verdict::NotJudged`].
pub fn affected(version: &str, entry: &AffectedPackage, order: &dyn VersionOrder) -> Verdict {
    if order.compare(version, version).is_none() {
        return Verdict::NotJudged {
            version: version.to_owned(),
        };
    }
    affected_by(version, entry, order)
}

/// [`affected`] for a version that is known to be one of the ecosystem.
pub(crate) fn affected_by(
    version: &str,
    entry: &AffectedPackage,
    order: &dyn VersionOrder,
) -> Verdict {
    if entry.ranges.is_empty() && entry.versions.is_empty() {
        return match entry.stance {
            None | Some(Stance::NotAffected) => Verdict::NotAffected,
            Some(_) => Verdict::Affected(Match {
                introduced: None,
                end: End::Open,
            }),
        };
    }
    let mut unjudged = None;
    for range in &entry.ranges {
        let judged = match range.kind {
            RangeKind::Git => Ok(None),
            RangeKind::Ecosystem => in_range(version, range, order),
            RangeKind::Semver => match semantic(order) {
                Some(semantic) => {
                    in_range(version, range, semantic).or_else(|_| in_range(version, range, order))
                }
                None => in_range(version, range, order),
            },
        };
        match judged {
            Ok(Some(found)) => return Verdict::Affected(found),
            Ok(None) => {}
            Err(culprit) => unjudged = unjudged.or(Some(culprit)),
        }
    }
    let listed = entry.versions.iter().any(|listed| listed == version)
        || entry
            .versions
            .iter()
            .any(|listed| order.compare(listed, version) == Some(Ordering::Equal));
    match (listed, unjudged) {
        (true, _) => Verdict::Affected(Match {
            introduced: None,
            end: End::Listed,
        }),
        (false, None) => Verdict::NotAffected,
        (false, Some(culprit)) => Verdict::NotJudged {
            version: culprit.to_owned(),
        },
    }
}

/// The order of Semantic Versioning, where the ecosystem's own is another one. Go's is the same
/// with spellings of its own.
fn semantic(order: &dyn VersionOrder) -> Option<&'static dyn VersionOrder> {
    match order.ecosystem() {
        "Go" | "npm" => None,
        _ => order_of("SemVer"),
    }
}

/// Walks the events in the order of their versions, those of one version in the record's order, up
/// to the version under judgement. `Err` names a version that cannot be compared.
fn in_range<'a>(
    version: &str,
    range: &'a Range,
    order: &dyn VersionOrder,
) -> Result<Option<Match>, &'a str> {
    let place = |at: &'a str| order.compare(at, version).ok_or(at);
    // By far most ranges: one stretch from the start to a fix.
    if let [Event::Introduced(start), Event::Fixed(fix)] = &range.events[..]
        && start == "0"
    {
        let affected = place(fix)? == Ordering::Greater;
        return Ok(affected.then(|| Match {
            introduced: Some(start.clone()),
            end: End::Fixed(fix.clone()),
        }));
    }
    let mut points = Vec::with_capacity(range.events.len());
    for event in &range.events {
        let at = match event {
            // Before every version, whatever the ecosystem's order says of "0".
            Event::Introduced(at) if at == "0" => None,
            Event::Limit(at) if at == "*" => continue,
            Event::Introduced(at)
            | Event::Fixed(at)
            | Event::LastAffected(at)
            | Event::Limit(at) => Some((at.as_str(), place(at)?)),
        };
        points.push(Point { at, event });
    }
    let compared = |left: &Point<'_>, right: &Point<'_>| match (left.at, right.at) {
        (Some((left, _)), Some((right, _))) => {
            order.compare(left, right).unwrap_or(Ordering::Equal)
        }
        (left, right) => left.is_some().cmp(&right.is_some()),
    };
    if !points.is_sorted_by(|left, right| compared(left, right) != Ordering::Greater) {
        points.sort_by(compared);
    }

    let mut introduced: Option<&str> = None;
    let mut end = End::Open;
    for point in &points {
        let place = point.at.map_or(Ordering::Less, |(_, place)| place);
        match point.event {
            Event::Introduced(at) if place != Ordering::Greater => introduced = Some(at),
            Event::Introduced(_) => {}
            Event::Fixed(_) | Event::Limit(_) if place != Ordering::Greater => introduced = None,
            Event::LastAffected(_) if place == Ordering::Less => introduced = None,
            ends => {
                end = match ends {
                    Event::LastAffected(at) => End::LastAffected(at.clone()),
                    Event::Limit(at) => End::Limit(at.clone()),
                    Event::Fixed(at) | Event::Introduced(at) => End::Fixed(at.clone()),
                };
                break;
            }
        }
    }
    Ok(introduced.map(|introduced| Match {
        introduced: Some(introduced.to_owned()),
        end,
    }))
}

/// An event and how its version stands to the one under judgement; `None` is before every version.
struct Point<'a> {
    at: Option<(&'a str, Ordering)>,
    event: &'a Event,
}

#[cfg(test)]
mod tests {
    use outcrop_model::version::debian::Debian;

    use super::*;

    fn events(text: &str) -> Vec<Event> {
        let mut words = text.split_whitespace();
        let mut events = Vec::new();
        while let (Some(kind), Some(at)) = (words.next(), words.next()) {
            let at = at.to_owned();
            events.push(match kind {
                "introduced" => Event::Introduced(at),
                "fixed" => Event::Fixed(at),
                "last" => Event::LastAffected(at),
                "limit" => Event::Limit(at),
                other => panic!("no event: {other}"),
            });
        }
        events
    }

    fn entry(kind: RangeKind, text: &str, versions: &[&str]) -> AffectedPackage {
        AffectedPackage {
            ranges: vec![Range {
                kind,
                events: events(text),
            }],
            versions: versions.iter().map(|&version| version.to_owned()).collect(),
            ..AffectedPackage::default()
        }
    }

    fn judge(version: &str, events: &str) -> Verdict {
        affected(version, &entry(RangeKind::Ecosystem, events, &[]), &Debian)
    }

    /// `expected` is where the affected stretch ends, or `-`.
    fn check(version: &str, events: &str, expected: &str) {
        let answer = match judge(version, events) {
            Verdict::NotAffected => "-".to_owned(),
            Verdict::NotJudged { version } => format!("? {version}"),
            Verdict::Affected(found) => match found.end {
                End::Fixed(at) => format!("fixed {at}"),
                End::LastAffected(at) => format!("last {at}"),
                End::Limit(at) => format!("limit {at}"),
                End::Listed => "listed".to_owned(),
                End::Open => "open".to_owned(),
            },
        };
        assert_eq!(answer, expected, "{version} in {events}");
    }

    #[test]
    fn a_fix_ends_the_stretch_and_is_not_part_of_it() {
        check("1.0-1", "introduced 0 fixed 1.0-2", "fixed 1.0-2");
        check("1.0-2", "introduced 0 fixed 1.0-2", "-");
        check("1.0-2~deb12u1", "introduced 0 fixed 1.0-2", "fixed 1.0-2");
        check("1:0.1", "introduced 0 fixed 1.0-2", "-");
    }

    #[test]
    fn no_end_is_open() {
        check("999:1", "introduced 0", "open");
        check("2", "introduced 3", "-");
        check("3", "introduced 3", "open");
    }

    #[test]
    fn several_stretches_are_kept_apart_whatever_their_order() {
        for text in [
            "introduced 0 fixed 1.5 introduced 2 fixed 2.3 introduced 3 fixed 3.1",
            "fixed 3.1 introduced 2 fixed 1.5 introduced 3 introduced 0 fixed 2.3",
        ] {
            check("1.4", text, "fixed 1.5");
            check("1.5", text, "-");
            check("1.9", text, "-");
            check("2", text, "fixed 2.3");
            check("2.2", text, "fixed 2.3");
            check("2.3", text, "-");
            check("3", text, "fixed 3.1");
            check("4", text, "-");
        }
    }

    #[test]
    fn the_last_affected_version_is_part_of_the_stretch() {
        check("1.5", "introduced 0 last 1.5", "last 1.5");
        check("1.6", "introduced 0 last 1.5", "-");
        check("2", "introduced 2 last 2", "last 2");
    }

    #[test]
    fn a_limit_ends_what_the_record_speaks_of() {
        check("1", "introduced 0 limit 2", "limit 2");
        check("2", "introduced 0 limit 2", "-");
        check("2", "introduced 0 limit *", "open");
    }

    #[test]
    fn introduced_zero_is_before_every_version() {
        check("0~~", "introduced 0 fixed 1", "fixed 1");
        check("0~~", "introduced 0 fixed 0~", "fixed 0~");
    }

    #[test]
    fn a_stretch_without_beginning_or_without_length_holds_nothing() {
        check("1", "fixed 2", "-");
        check("1", "introduced 1 fixed 1", "-");
        check("0", "introduced 0 fixed 0", "-");
        check("1", "", "-");
    }

    #[test]
    fn events_of_one_version_follow_the_records_order() {
        check(
            "2.5",
            "introduced 1 fixed 2 introduced 2 fixed 3",
            "fixed 3",
        );
        check("2", "introduced 1 fixed 2 introduced 2 fixed 3", "fixed 3");
        check("1", "introduced 0 introduced 2 fixed 3", "fixed 3");
    }

    #[test]
    fn commits_are_never_matched() {
        let entry = entry(RangeKind::Git, "introduced 0", &[]);
        assert_eq!(affected("1", &entry, &Debian), Verdict::NotAffected);
    }

    #[test]
    fn a_listed_version_is_affected_beside_the_ranges() {
        let entry = entry(
            RangeKind::Ecosystem,
            "introduced 2 fixed 3",
            &["1.0", "1.1"],
        );
        let listed = Verdict::Affected(Match {
            introduced: None,
            end: End::Listed,
        });
        assert_eq!(affected("1.1", &entry, &Debian), listed);
        assert_eq!(affected("1.1-0", &entry, &Debian), listed);
        assert_eq!(affected("1.2", &entry, &Debian), Verdict::NotAffected);
    }

    #[test]
    fn what_cannot_be_compared_is_told_and_not_guessed() {
        check("1:", "introduced 0 fixed 2", "? 1:");
        check("1", "introduced 0 fixed 2:", "? 2:");
        check("1", "introduced x: fixed 2", "? x:");
        let mut entry = entry(RangeKind::Ecosystem, "introduced 0 fixed 2:", &[]);
        entry.ranges.push(Range {
            kind: RangeKind::Ecosystem,
            events: events("introduced 0 fixed 2"),
        });
        assert!(matches!(
            affected("1", &entry, &Debian),
            Verdict::Affected(_)
        ));
    }
}
