//! Whether a version is affected.
//!
//! OSV schema, section "Evaluation": a version is affected if any range holds it or `versions`
//! lists it.

use std::cmp::Ordering;

use outcrop_model::version::VersionOrder;
use outcrop_model::{AffectedPackage, Event, Range, RangeKind};

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
/// The order of the events in the record does not matter. An entry without ranges and versions
/// affects nothing. Where one range cannot be judged and no other holds the version, the verdict is
/// [`Verdict::NotJudged`].
pub fn affected(version: &str, entry: &AffectedPackage, order: &dyn VersionOrder) -> Verdict {
    if order.compare(version, version).is_none() {
        return Verdict::NotJudged {
            version: version.to_owned(),
        };
    }
    let mut unjudged = None;
    for range in &entry.ranges {
        match in_range(version, range, order) {
            Ok(Some(found)) => return Verdict::Affected(found),
            Ok(None) => {}
            Err(culprit) => unjudged = unjudged.or(Some(culprit)),
        }
    }
    let listed = entry
        .versions
        .iter()
        .any(|listed| listed == version || order.compare(listed, version) == Some(Ordering::Equal));
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

/// An event that lies at or before the version under judgement begins or ends a stretch; the last
/// of them decides. `Err` names a version that cannot be compared.
fn in_range<'a>(
    version: &str,
    range: &'a Range,
    order: &dyn VersionOrder,
) -> Result<Option<Match>, &'a str> {
    if range.kind == RangeKind::Git {
        return Ok(None);
    }
    let against = |at: &'a str| order.compare(version, at).ok_or(at);
    let later = |at: &'a str, than: Option<&'a str>| match than {
        None => Ok(true),
        Some("0") => Ok(at != "0"),
        Some(_) if at == "0" => Ok(false),
        Some(than) => Ok(order.compare(at, than).ok_or(at)? == Ordering::Greater),
    };
    let earlier = |at: &'a str, than: Option<&'a str>| match than {
        None => Ok(true),
        Some(than) => Ok(order.compare(at, than).ok_or(at)? == Ordering::Less),
    };

    // The latest beginning that is not after the version.
    let mut introduced: Option<&'a str> = None;
    for event in &range.events {
        if let Event::Introduced(at) = event
            && (at == "0" || against(at)? != Ordering::Less)
            && later(at, introduced)?
        {
            introduced = Some(at);
        }
    }
    let Some(introduced) = introduced else {
        return Ok(None);
    };

    // The earliest end that lies after that beginning.
    let mut end: Option<(&'a str, &'a Event)> = None;
    for event in &range.events {
        let at: &'a str = match event {
            Event::Introduced(_) => continue,
            Event::Limit(at) if at == "*" => continue,
            Event::Fixed(at) | Event::LastAffected(at) | Event::Limit(at) => at,
        };
        let after_beginning = introduced == "0"
            || match order.compare(at, introduced).ok_or(at)? {
                Ordering::Greater => true,
                Ordering::Equal => matches!(event, Event::LastAffected(_)),
                Ordering::Less => false,
            };
        if after_beginning && earlier(at, end.map(|(at, _)| at))? {
            end = Some((at, event));
        }
    }
    let ended = match end {
        None => None,
        Some((at, event)) => {
            let past = match (against(at)?, event) {
                (Ordering::Less, _) | (Ordering::Equal, Event::LastAffected(_)) => false,
                (Ordering::Equal | Ordering::Greater, _) => true,
            };
            if past {
                return Ok(None);
            }
            Some((at.to_owned(), event))
        }
    };
    Ok(Some(Match {
        introduced: Some(introduced.to_owned()),
        end: match ended {
            None => End::Open,
            Some((at, Event::LastAffected(_))) => End::LastAffected(at),
            Some((at, Event::Limit(_))) => End::Limit(at),
            Some((at, _)) => End::Fixed(at),
        },
    }))
}
