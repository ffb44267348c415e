//! Until when releases get security fixes: distro-info tables and endoflife.date products.
//!
//! Sources: `distro-info-data`, `debian.csv` and `ubuntu.csv` with the columns that its
//! `README.md` and header line name; endoflife.date API v1, schema of `/products/full` and
//! `/products/{product}`. The table that is built in names the source of each section.

use std::sync::LazyLock;

use jiff::civil::Date;
use outcrop_model::OperatingSystem;

use super::{FeedFault, FeedProblem};

mod products;
pub use products::products;

#[cfg(test)]
#[path = "end_of_life_tests.rs"]
mod tests;

/// Most releases that one source may bring; endoflife.date has near 6,000 of all products.
pub const MAX_RELEASES: usize = 100_000;

/// Longest name of a product or a release, in bytes.
const MAX_NAME_BYTES: usize = 128;

/// When something ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SupportEnd {
    /// With this day, which still counts in.
    On(Date),
    /// It has ended; the day is not told.
    Past,
    /// No end has been announced.
    NotAnnounced,
}

impl SupportEnd {
    fn is_over(self, today: Date) -> bool {
        match self {
            Self::On(last) => today > last,
            Self::Past => true,
            Self::NotAnnounced => false,
        }
    }

    fn date(self) -> Option<Date> {
        match self {
            Self::On(date) => Some(date),
            Self::Past | Self::NotAnnounced => None,
        }
    }
}

/// How long one release is supported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseSupport {
    /// `ID` of `os-release(5)` for distributions (`centos-stream` beside `centos`), else the
    /// product's name at endoflife.date.
    pub product: String,
    /// The release as the source writes it, as `12`, `3.10` or `22.04`.
    pub release: String,
    /// As `bookworm`, lower case; Ubuntu's is the adjective alone.
    pub codename: Option<String>,
    /// End of the publisher's own support for everyone.
    pub regular: SupportEnd,
    /// End of a free long-term support after it, as Debian LTS.
    pub long_term: Option<Date>,
    /// End of the support that subscribers get, every extension on sale counted in: Ubuntu Pro,
    /// Red Hat ELS, SUSE LTSS, Freexian's ELTS for Debian.
    pub subscription: Option<Date>,
}

/// Where a release stands on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SupportState {
    /// The publisher's own support goes on.
    Supported,
    /// Regular support has ended, a free long-term support goes on.
    LongTerm,
    /// No fixes for the public any more; [`Support::subscription_ends`] tells of subscribers.
    Ended,
    /// The product or release is not in the table.
    Unknown,
}

/// The support of one release on one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Support {
    /// Where it stands.
    pub state: SupportState,
    /// Last day of the state: of regular support while `Supported`, of long-term support while
    /// `LongTerm`, of the last free support when `Ended`; `None` where no day is told.
    pub ends: Option<Date>,
    /// Last day of regular support, where told.
    pub regular_ends: Option<Date>,
    /// Last day of free long-term support, where there is one.
    pub long_term_ends: Option<Date>,
    /// Last day on which subscribers get fixes, where that is later than `today`.
    pub subscription_ends: Option<Date>,
}

impl Support {
    const UNKNOWN: Self = Self {
        state: SupportState::Unknown,
        ends: None,
        regular_ends: None,
        long_term_ends: None,
        subscription_ends: None,
    };
}

/// Releases and their support, one entry a release.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SupportTable {
    /// Ordered by product and release.
    releases: Vec<ReleaseSupport>,
}

impl SupportTable {
    /// The distributions that Outcrop knows without a download.
    pub fn built_in() -> &'static Self {
        static TABLE: LazyLock<SupportTable> = LazyLock::new(|| {
            let releases = include_str!("support.csv")
                .lines()
                .filter(|line| !line.starts_with('#'))
                .filter_map(built_in_release);
            SupportTable::new(releases)
        });
        &TABLE
    }

    /// Of several entries for one release the last stands.
    pub fn new(releases: impl IntoIterator<Item = ReleaseSupport>) -> Self {
        let mut releases: Vec<ReleaseSupport> = releases.into_iter().collect();
        releases.reverse();
        releases.sort_by(|left, right| place(left).cmp(&place(right)));
        releases.dedup_by(|later, earlier| place(later) == place(earlier));
        Self { releases }
    }

    /// This table, with the entries of `newer` in place of its own for the same releases.
    #[must_use]
    pub fn updated_by(&self, newer: impl IntoIterator<Item = ReleaseSupport>) -> Self {
        Self::new(self.releases.iter().cloned().chain(newer))
    }

    /// All entries, by product and release.
    pub fn releases(&self) -> &[ReleaseSupport] {
        &self.releases
    }

    /// The support of a system by its `ID` and `VERSION_ID` (`os-release(5)`).
    ///
    /// Distributions whose advisories go by the major or the minor version are found by a longer
    /// version too: Alpine `3.10.2`, RHEL `9.3`. SLES 15 without a service pack is `15.0`.
    pub fn support_of(&self, id: &str, version: &str, today: Date) -> Support {
        self.find(id, version)
            .map_or(Support::UNKNOWN, |release| release.on(today))
    }

    /// As [`support_of`](Self::support_of); tells `CentOS` Stream from `CentOS` by the name shown.
    pub fn support_of_system(&self, system: &OperatingSystem, today: Date) -> Support {
        let stream = system.id == "centos" && system.pretty_name.contains("Stream");
        let id = if stream { "centos-stream" } else { &system.id };
        self.support_of(id, &system.version_id, today)
    }

    fn find(&self, id: &str, version: &str) -> Option<&ReleaseSupport> {
        // CentOS Linux ended with 8: what calls itself 9 and later is Stream.
        let id = match (id, major(version)) {
            ("centos", major) if major.len() > 1 || major > "8" => "centos-stream",
            _ => id,
        };
        let exact = |release: &str| {
            let found = self.releases.binary_search_by(|entry| {
                (entry.product.as_str(), entry.release.as_str()).cmp(&(id, release))
            });
            found.ok().and_then(|at| self.releases.get(at))
        };
        exact(version).or_else(|| match id {
            "alpine" => exact(two_parts(version)),
            "rhel" | "centos" | "centos-stream" | "almalinux" | "rocky" | "ol" | "debian" => {
                exact(major(version))
            }
            "sles" => exact(&format!("{version}.0")),
            _ => None,
        })
    }
}

impl ReleaseSupport {
    fn on(&self, today: Date) -> Support {
        let long_term_goes_on = self.long_term.is_some_and(|last| today <= last);
        let (state, ends) = if !self.regular.is_over(today) {
            (SupportState::Supported, self.regular.date())
        } else if long_term_goes_on {
            (SupportState::LongTerm, self.long_term)
        } else {
            (SupportState::Ended, self.long_term.max(self.regular.date()))
        };
        Support {
            state,
            ends,
            regular_ends: self.regular.date(),
            long_term_ends: self.long_term,
            subscription_ends: self.subscription.filter(|last| today <= *last),
        }
    }
}

/// The support of a distribution in the table that is built in; see [`SupportTable::support_of`].
pub fn support_of(id: &str, version: &str, today: Date) -> Support {
    SupportTable::built_in().support_of(id, version, today)
}

fn place(release: &ReleaseSupport) -> (&str, &str) {
    (&release.product, &release.release)
}

fn major(version: &str) -> &str {
    version.split('.').next().unwrap_or(version)
}

fn two_parts(version: &str) -> &str {
    let end = version.match_indices('.').nth(1).map(|(at, _)| at);
    &version[..end.unwrap_or(version.len())]
}

/// A line of the table that is built in; its tests prove that every line is one.
fn built_in_release(line: &str) -> Option<ReleaseSupport> {
    let mut columns = line.split(',');
    let mut next = || columns.next();
    let product = next()?.to_owned();
    let release = next()?.to_owned();
    let codename = next()?;
    let regular = match next()? {
        "" => SupportEnd::NotAnnounced,
        date => SupportEnd::On(date.parse().ok()?),
    };
    let long_term = optional_date(next()?).ok()?;
    let subscription = optional_date(next()?).ok()?;
    Some(ReleaseSupport {
        product,
        release,
        codename: (!codename.is_empty()).then(|| codename.to_owned()),
        regular,
        long_term,
        subscription,
    })
}

fn optional_date(text: &str) -> Result<Option<Date>, FeedFault> {
    match text {
        "" => Ok(None),
        text => text
            .parse()
            .map(Some)
            .map_err(|_| FeedFault::value("date", text)),
    }
}

/// The releases of a distro-info table: `product` is `debian` or `ubuntu`.
///
/// Columns are found by the names of the header line. Releases without a version or without a day
/// of release (sid, releases to come) are left out, since nothing is promised for them.
pub fn distro_info(product: &str, text: &str) -> (Vec<ReleaseSupport>, Vec<FeedProblem>) {
    let mut lines = text.lines().enumerate();
    let header: Vec<&str> = lines
        .next()
        .map(|(_, line)| line.trim_start_matches('\u{feff}').split(',').collect())
        .unwrap_or_default();
    let mut releases = Vec::new();
    let mut problems = Vec::new();
    for (at, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
        if releases.len() >= MAX_RELEASES {
            problems.push(FeedProblem::new(
                format!("line {}", at + 1),
                FeedFault::too_many("releases", MAX_RELEASES),
            ));
            break;
        }
        let columns: Vec<&str> = line.split(',').map(str::trim).collect();
        let column = |name: &str| {
            let at = header.iter().position(|column| column.trim() == name);
            at.and_then(|at| columns.get(at)).copied().unwrap_or("")
        };
        match distro_release(product, column) {
            Ok(release) => releases.extend(release),
            Err(fault) => problems.push(FeedProblem::new(format!("line {}", at + 1), fault)),
        }
    }
    (releases, problems)
}

fn distro_release<'a>(
    product: &str,
    column: impl Fn(&str) -> &'a str,
) -> Result<Option<ReleaseSupport>, FeedFault> {
    // Ubuntu writes `22.04 LTS`.
    let release = column("version").split(' ').next().unwrap_or("");
    if release.is_empty() || column("release").is_empty() {
        return Ok(None);
    }
    if release.len() > MAX_NAME_BYTES || column("series").len() > MAX_NAME_BYTES {
        return Err(FeedFault::value("release", release));
    }
    let first = |names: [&str; 2]| {
        let found = names.map(&column).into_iter().find(|text| !text.is_empty());
        optional_date(found.unwrap_or(""))
    };
    let regular = first(["eol-server", "eol"])?.map_or(SupportEnd::NotAnnounced, SupportEnd::On);
    let (long_term, subscription) = match product {
        "ubuntu" => (None, first(["eol-legacy", "eol-esm"])?),
        _ => (
            optional_date(column("eol-lts"))?,
            optional_date(column("eol-elts"))?,
        ),
    };
    Ok(Some(ReleaseSupport {
        product: product.to_owned(),
        release: release.to_owned(),
        codename: Some(column("series").to_owned()).filter(|name| !name.is_empty()),
        regular,
        long_term,
        subscription,
    }))
}
