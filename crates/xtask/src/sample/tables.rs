//! The committed tables of real package names and versions.

use anyhow::bail;

const DEBIAN: &str = include_str!("../../data/sample/debian-packages.tsv");
const PYTHON: &str = include_str!("../../data/sample/python-packages.tsv");
const NODE: &str = include_str!("../../data/sample/node-packages.tsv");

/// A Debian binary package, as `var/lib/dpkg/status` tells of it.
pub(super) struct DebianPackage {
    /// `base`, `enterprise` or `application`: the image whose layer brings it.
    pub(super) image: &'static str,
    pub(super) name: &'static str,
    pub(super) version: &'static str,
    pub(super) architecture: &'static str,
    pub(super) source: &'static str,
    pub(super) source_version: &'static str,
    pub(super) section: &'static str,
    pub(super) priority: &'static str,
    pub(super) essential: &'static str,
    pub(super) multi_arch: &'static str,
    /// KiB.
    pub(super) installed_size: &'static str,
}

/// A package of a language, with what it asks for.
pub(super) struct LanguagePackage {
    pub(super) name: &'static str,
    pub(super) version: &'static str,
    pub(super) licence: &'static str,
    /// In the table's own spelling: `name<2,>=1` for Python, `name@range` for Node.
    pub(super) requirements: Vec<&'static str>,
}

/// Rows of a table without its comments, each of `N` tab-separated fields.
fn rows<const N: usize>(table: &'static str) -> anyhow::Result<Vec<[&'static str; N]>> {
    let mut rows = Vec::new();
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        match line.split('\t').collect::<Vec<_>>().try_into() {
            Ok(row) => rows.push(row),
            Err(_) => bail!("a row has not {N} fields: `{line}`"),
        }
    }
    Ok(rows)
}

pub(super) fn debian_packages() -> anyhow::Result<Vec<DebianPackage>> {
    Ok(rows::<11>(DEBIAN)?
        .into_iter()
        .map(|row| DebianPackage {
            image: row[0],
            name: row[1],
            version: row[2],
            architecture: row[3],
            source: row[4],
            source_version: row[5],
            section: row[6],
            priority: row[7],
            essential: row[8],
            multi_arch: row[9],
            installed_size: row[10],
        })
        .collect())
}

pub(super) fn python_packages() -> anyhow::Result<Vec<LanguagePackage>> {
    language_packages(PYTHON)
}

pub(super) fn node_packages() -> anyhow::Result<Vec<LanguagePackage>> {
    language_packages(NODE)
}

fn language_packages(table: &'static str) -> anyhow::Result<Vec<LanguagePackage>> {
    Ok(rows::<4>(table)?
        .into_iter()
        .map(|[name, version, licence, requirements]| LanguagePackage {
            name,
            version,
            licence,
            requirements: requirements.split_whitespace().collect(),
        })
        .collect())
}
