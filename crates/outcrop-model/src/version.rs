//! Version orders: one module per ecosystem behind one interface.

mod claims;
pub mod debian;

use std::cmp::Ordering;

pub use claims::{CheckedLines, FaultyLine, LineFault, check_lines};

/// The order in which an ecosystem's versions stand.
pub trait VersionOrder: Sync {
    /// OSV's name of the ecosystem, without a release.
    fn ecosystem(&self) -> &'static str;

    /// Compares two versions.
    ///
    /// `None` where one of them is not a version of this ecosystem.
    fn compare(&self, left: &str, right: &str) -> Option<Ordering>;
}

/// Every order that Outcrop has.
pub const ORDERS: &[&dyn VersionOrder] = &[&debian::Debian];

/// The order of `ecosystem`, which may carry a release (`Debian:12`).
pub fn order_of(ecosystem: &str) -> Option<&'static dyn VersionOrder> {
    let name = ecosystem.split(':').next().unwrap_or(ecosystem);
    ORDERS
        .iter()
        .copied()
        .find(|order| order.ecosystem().eq_ignore_ascii_case(name))
}
