//! The order in which packages are shown.

use std::collections::{BTreeMap, HashMap};

use crate::report::Package;

/// A package and where it stands in a list.
#[derive(Clone, Copy, Debug)]
pub struct Listed<'r> {
    /// Position in [`ScanReport::packages`](crate::report::ScanReport::packages).
    pub index: usize,
    /// The package.
    pub package: &'r Package,
    /// Position of the package before it that it is made of; `None` where it stands by itself.
    pub under: Option<usize>,
}

/// Packages in the order of the report, each that is made of another's files right after that one.
pub fn listing(packages: &[Package]) -> Vec<Listed<'_>> {
    let mut owners: HashMap<(&str, &str), usize> = HashMap::new();
    for (index, package) in packages.iter().enumerate() {
        if package.owned_by.is_none() {
            owners
                .entry((package.kind.as_str(), package.name.as_str()))
                .or_insert(index);
        }
    }
    let under = |package: &Package| {
        let owner = package.owned_by.as_ref()?;
        owners
            .get(&(owner.kind.as_str(), owner.name.as_str()))
            .copied()
    };
    let mut owned: HashMap<usize, Vec<Listed<'_>>> = HashMap::new();
    let mut alone = Vec::new();
    for (index, package) in packages.iter().enumerate() {
        let under = under(package);
        let listed = Listed {
            index,
            package,
            under,
        };
        match under {
            Some(owner) => owned.entry(owner).or_default().push(listed),
            None => alone.push(listed),
        }
    }
    let mut listing = Vec::with_capacity(packages.len());
    for listed in alone {
        listing.push(listed);
        listing.extend(owned.remove(&listed.index).unwrap_or_default());
    }
    listing
}

/// How many packages of each kind there are, as `600 deb, 12 npm`; the most first.
pub fn kinds(packages: &[Package]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for package in packages {
        *counts.entry(&package.kind).or_default() += 1;
    }
    let mut counts: Vec<(&str, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let texts: Vec<String> = counts
        .iter()
        .map(|(kind, count)| format!("{count} {kind}"))
        .collect();
    texts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{PackageOwner, ScanReport};

    fn packages(list: &[(&str, &str)]) -> Vec<Package> {
        let report: ScanReport =
            serde_json::from_str(include_str!("../../tests/fixtures/report.json")).unwrap();
        let one = &report.packages[0];
        list.iter()
            .map(|(name, owner)| Package {
                name: (*name).to_owned(),
                owned_by: (!owner.is_empty()).then(|| PackageOwner {
                    kind: one.kind.clone(),
                    name: (*owner).to_owned(),
                }),
                ..one.clone()
            })
            .collect()
    }

    #[test]
    fn packages_stand_under_their_owner() {
        for (input, expected) in [
            (&[][..], &[][..]),
            (&[("a", ""), ("b", "")], &[("a", false), ("b", false)]),
            (
                &[("x", "b"), ("a", ""), ("b", ""), ("y", "b"), ("c", "")],
                &[
                    ("a", false),
                    ("b", false),
                    ("x", true),
                    ("y", true),
                    ("c", false),
                ],
            ),
            // Nothing is lost where the owner is not listed, or is owned itself.
            (
                &[("x", "gone"), ("a", "b"), ("b", "a")],
                &[("x", false), ("a", false), ("b", false)],
            ),
            (
                &[("b", ""), ("b", ""), ("x", "b")],
                &[("b", false), ("x", true), ("b", false)],
            ),
        ] {
            let packages = packages(input);
            let shown: Vec<(&str, bool)> = listing(&packages)
                .iter()
                .map(|listed| (listed.package.name.as_str(), listed.under.is_some()))
                .collect();
            assert_eq!(shown, expected);
        }
    }

    #[test]
    fn kinds_are_counted() {
        let mut packages = packages(&[("a", ""), ("b", ""), ("c", "")]);
        packages[0].kind = "npm".into();
        assert_eq!(kinds(&packages), "2 deb, 1 npm");
        assert_eq!(kinds(&[]), "");
    }
}
