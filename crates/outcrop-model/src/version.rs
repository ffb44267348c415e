//! Version orders: one module per order behind one interface.

pub mod alpine;
mod claims;
pub mod composer;
pub mod conan;
pub mod cran;
pub mod dart_pub;
pub mod debian;
mod digits;
pub mod go;
pub mod hackage;
pub mod hex;
pub mod maven;
pub mod nuget;
pub mod pacman;
pub mod pypi;
pub mod rpm;
pub mod rubygems;
pub mod semver;

use std::cmp::Ordering;

pub use claims::{CheckedLines, FaultyLine, LineFault, check_lines};

/// The order in which the versions of one or several ecosystems stand.
pub trait VersionOrder: Sync {
    /// OSV's name of the ecosystem that the order is named after, without a release.
    fn ecosystem(&self) -> &'static str;

    /// The further ecosystems whose versions stand in this order: OSV's names, or where OSV has no
    /// records of it, the distribution's own name, and `SemVer` for what has no ecosystem.
    fn shared_with(&self) -> &'static [&'static str] {
        &[]
    }

    /// Compares two versions.
    ///
    /// `None` where one of them is not a version of this ecosystem, or where neither comes first.
    fn compare(&self, left: &str, right: &str) -> Option<Ordering>;
}

impl dyn VersionOrder {
    /// Every ecosystem that this order serves, the one that it is named after first.
    pub fn ecosystems(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.ecosystem()).chain(self.shared_with().iter().copied())
    }
}

/// Every order that Outcrop has.
pub const ORDERS: &[&dyn VersionOrder] = &[
    &debian::Debian,
    &rpm::Rpm,
    &alpine::Alpine,
    &pacman::Pacman,
    &semver::SemVer,
    &pypi::Pypi,
    &go::Go,
    &maven::Maven,
    &rubygems::RubyGems,
    &composer::Composer,
    &nuget::NuGet,
    &hex::Hex,
    &dart_pub::Pub,
    &cran::Cran,
    &conan::Conan,
    &hackage::Hackage,
];

/// The order of `ecosystem`, in any case of its letters; it may carry a release (`Debian:12`).
pub fn order_of(ecosystem: &str) -> Option<&'static dyn VersionOrder> {
    let name = ecosystem.split(':').next().unwrap_or(ecosystem);
    ORDERS.iter().copied().find(|order| {
        order
            .ecosystems()
            .any(|served| served.eq_ignore_ascii_case(name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_found_by_each_of_its_names() {
        let check = |name: &str, expected: Option<&str>| {
            let found = order_of(name).map(VersionOrder::ecosystem);
            assert_eq!(found, expected, "{name}");
        };
        check("Debian:12", Some("Debian"));
        check("debian", Some("Debian"));
        check("Ubuntu:Pro:22.04:LTS", Some("Debian"));
        check("Red Hat:rhel_eus:9.2::appstream", Some("Red Hat"));
        check("Rocky Linux:9", Some("Red Hat"));
        check("Alpine:v3.18", Some("Alpine"));
        check("crates.io", Some("npm"));
        check("", None);
        check("Linux", None);
    }

    #[test]
    fn no_two_orders_serve_one_ecosystem() {
        let mut names: Vec<String> = ORDERS
            .iter()
            .flat_map(|order| order.ecosystems())
            .map(str::to_ascii_lowercase)
            .collect();
        names.sort_unstable();
        let before = names.len();
        names.dedup();
        assert_eq!(names.len(), before, "{names:?}");
    }
}
