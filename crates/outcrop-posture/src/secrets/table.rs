//! The table of kinds. Where two rules see the same value, the earlier one has it.

mod clouds;
mod databases;
mod forges;
mod intelligence;
mod keys;
mod names;
mod registries;
mod services;

use super::rule::Rule;

/// Every rule: those that know the form of a value first, those that know a name after them.
static FAMILIES: &[&[Rule]] = &[
    keys::RULES,
    forges::RULES,
    registries::RULES,
    clouds::RULES,
    intelligence::RULES,
    services::RULES,
    databases::RULES,
    names::RULES,
];

/// The rules in the order in which they are tried.
pub(crate) fn rules() -> impl Iterator<Item = &'static Rule> {
    FAMILIES.iter().copied().flatten()
}
