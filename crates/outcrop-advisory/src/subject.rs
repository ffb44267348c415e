//! By what each package of an image is judged: ecosystem, name and version, or why by nothing.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use outcrop_model::{Inventory, InventoryPackage, OperatingSystem, Package, PackageKind};

use crate::names::normalised;
use crate::publisher::{NamedBy, named_by};
use content_sets::named_by_content_sets;

mod content_sets;
mod upstream;

/// Why a package is judged by no records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Unjudged {
    /// A package of the system owns its files: its publisher answers for it, under its own name.
    WithOwner,
    /// The same package is in the inventory once more, in the ecosystem that judges it.
    ListedAgain,
    /// Nobody publishes advisories of this kind of package that Outcrop could read.
    NoAdvisories,
    /// A package of a system, and no `os-release` tells which.
    UnknownDistribution,
    /// The distribution publishes no advisories that Outcrop could read, or its release is not
    /// told.
    DistributionWithoutAdvisories,
    /// A package of another distribution's kind than the system's.
    OtherSystem,
    /// A program without a package, which no record names.
    UnnamedProgram,
    /// Its version is not recorded.
    NoVersion,
    /// Installed from a branch, which has no place among the versions of releases.
    Branch,
}

impl Unjudged {
    /// False where another package stands for it, and nothing is missed.
    pub const fn is_gap(self) -> bool {
        !matches!(self, Self::WithOwner | Self::ListedAgain)
    }

    /// The reason as a clause that follows the package's name.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::WithOwner => "judged with the package of the system that owns its files",
            Self::ListedAgain => "judged as the package of its language",
            Self::NoAdvisories => "nobody publishes advisories of this kind of package",
            Self::UnknownDistribution => "the distribution is not known",
            Self::DistributionWithoutAdvisories => {
                "there are no advisories of this distribution and release"
            }
            Self::OtherSystem => "a package of another system than the image's",
            Self::UnnamedProgram => "no advisory names this program",
            Self::NoVersion => "its version is not recorded",
            Self::Branch => "installed from a branch, which is of no version",
        }
    }
}

/// A package as its records speak of it.
#[derive(Clone, Debug)]
pub struct Subject<'a> {
    /// Index of the package in the inventory.
    pub package: usize,
    /// Its format.
    pub kind: PackageKind,
    /// Name as installed.
    pub binary: &'a str,
    /// Ecosystems with their releases, the main one first.
    pub ecosystems: Arc<[String]>,
    /// Names to ask for in each, in their compared spelling; most often one.
    pub names: Vec<Cow<'a, str>>,
    /// The version that is compared.
    pub version: Cow<'a, str>,
    /// True where the epoch of an RPM source package is not known: its versions are compared
    /// without.
    pub without_epoch: bool,
    /// Whether and of which module an RPM package was built.
    pub module: Modularity<'a>,
    /// True where the records were made for another packaging of the same program, or the
    /// publisher that answers for it has none.
    pub by_upstream_version: bool,
}

impl Subject<'_> {
    /// The main ecosystem with its release.
    pub fn ecosystem(&self) -> &str {
        self.ecosystems.first().map_or("", String::as_str)
    }
}

/// Whether an RPM package is built for a module stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Modularity<'a> {
    /// For none.
    Plain,
    /// For a module that it does not name.
    Unnamed,
    /// For this one, as `nodejs:18`.
    Stream(&'a str),
}

/// By what every package of an inventory is judged.
#[derive(Clone, Debug, Default)]
pub struct Subjects<'a> {
    subjects: Vec<Subject<'a>>,
    unjudged: Vec<(usize, Unjudged)>,
}

impl<'a> Subjects<'a> {
    /// The packages that records may speak of, in the order of the inventory.
    pub fn judged(&self) -> &[Subject<'a>] {
        &self.subjects
    }

    /// Index and reason of all others, in the order of the inventory.
    pub fn unjudged(&self) -> &[(usize, Unjudged)] {
        &self.unjudged
    }

    /// By what the package at `index` of the inventory is judged.
    pub fn of(&self, index: usize) -> Option<&Subject<'a>> {
        let at = self
            .subjects
            .binary_search_by_key(&index, |subject| subject.package)
            .ok()?;
        self.subjects.get(at)
    }

    /// Why the package at `index` of the inventory is not judged.
    pub fn why_unjudged(&self, index: usize) -> Option<Unjudged> {
        let at = self
            .unjudged
            .binary_search_by_key(&index, |(package, _)| *package)
            .ok()?;
        Some(self.unjudged.get(at)?.1)
    }

    /// What to fetch: by ecosystem with its release the names, each once, sorted.
    pub fn lookups(&self) -> BTreeMap<&str, Vec<&str>> {
        let mut lookups: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for subject in &self.subjects {
            for ecosystem in subject.ecosystems.iter() {
                lookups
                    .entry(ecosystem)
                    .or_default()
                    .extend(subject.names.iter().map(AsRef::as_ref));
            }
        }
        lookups
            .into_iter()
            .map(|(ecosystem, names)| (ecosystem, names.into_iter().collect()))
            .collect()
    }
}

/// Tells for every package by what it is judged, or why by nothing.
///
/// - A package of the system by its distribution's ecosystems, source or binary name as their
///   records have it.
/// - A package that another one of the system owns, with that one, once; where nobody publishes
///   advisories of the system, by its own ecosystem and by its upstream's version alone.
/// - A package of a language by its ecosystem's name. Conda packages that are built for Python by
///   PyPI, unless their Python package is listed itself.
/// - A program without a package by Bitnami's records, where those name it; Go by Go's own.
pub fn subjects(inventory: &Inventory) -> Subjects<'_> {
    let builder = Builder::new(inventory);
    let mut subjects = Subjects::default();
    for (index, package) in inventory.packages.iter().enumerate() {
        match builder.subject(index, package) {
            Ok(subject) => subjects.subjects.push(subject),
            Err(reason) => subjects.unjudged.push((index, reason)),
        }
    }
    subjects
}

struct Builder<'a> {
    /// The distribution's ecosystems, and the kind of package that they speak of.
    system: Option<(PackageKind, NamedBy, Arc<[String]>)>,
    known: bool,
    languages: BTreeMap<&'static str, Arc<[String]>>,
    /// Versions of RPM source packages with their epoch, by name and version without.
    epochs: HashMap<(&'a str, &'a str), &'a str>,
    pypi: HashSet<Cow<'a, str>>,
}

impl<'a> Builder<'a> {
    fn new(inventory: &'a Inventory) -> Self {
        let system = inventory.operating_system.as_ref();
        let ecosystems: Arc<[String]> = system
            .map(|system| ecosystems(system, &inventory.package_sources))
            .unwrap_or_default()
            .into();
        let first = ecosystems.first().cloned();
        Self {
            known: system.is_some_and(|system| !system.id.is_empty()),
            system: first.map(|first| (system_kind(&first), named_by(&first), ecosystems)),
            languages: LANGUAGES
                .iter()
                .map(|name| (*name, Arc::from([(*name).to_owned()])))
                .collect(),
            epochs: inventory
                .packages
                .iter()
                .filter(|package| package.package.kind == PackageKind::Rpm)
                .filter_map(|package| {
                    let source = package.package.source.as_ref()?;
                    let (_, version) = source.version.split_once(':')?;
                    Some(((source.name.as_str(), version), source.version.as_str()))
                })
                .collect(),
            pypi: inventory
                .packages
                .iter()
                .filter(|package| package.package.kind == PackageKind::PyPi)
                .map(|package| normalised("PyPI", &package.package.name))
                .collect(),
        }
    }

    fn subject(
        &self,
        index: usize,
        package: &'a InventoryPackage,
    ) -> Result<Subject<'a>, Unjudged> {
        let facts = &package.package;
        let owned = package
            .owner
            .as_ref()
            .is_some_and(|owner| owner.kind.is_system() && !facts.kind.is_system());
        if owned && self.system.is_some() {
            return Err(Unjudged::WithOwner);
        }
        if facts.version.is_empty() {
            return Err(Unjudged::NoVersion);
        }
        // Composer's order puts branches before every number: each fix would seem to be missing.
        if facts.kind == PackageKind::Composer && facts.version.starts_with("dev-") {
            return Err(Unjudged::Branch);
        }
        let mut subject = match facts.kind {
            kind if kind.is_system() => self.of_system(facts)?,
            PackageKind::Conda => self.of_conda(facts)?,
            PackageKind::Generic => self.of_program(facts)?,
            kind => {
                let ecosystem = language(kind).ok_or(Unjudged::NoAdvisories)?;
                self.of_language(ecosystem, facts)
            }
        };
        subject.package = index;
        subject.by_upstream_version |= owned;
        Ok(subject)
    }

    fn of_system(&self, facts: &'a Package) -> Result<Subject<'a>, Unjudged> {
        let Some((kind, named_by, ecosystems)) = &self.system else {
            return Err(if self.known {
                Unjudged::DistributionWithoutAdvisories
            } else {
                Unjudged::UnknownDistribution
            });
        };
        if facts.kind != *kind {
            return Err(Unjudged::OtherSystem);
        }
        let (name, version) = match named_by {
            NamedBy::Source => facts.judged_as(),
            NamedBy::Binary => (facts.name.as_str(), facts.version.as_str()),
        };
        // The name of a source package tells no epoch: it is that of a package of the same source
        // and version, where one is installed.
        let of_sibling = match named_by {
            NamedBy::Source => self.epochs.get(&(name, version)).copied(),
            NamedBy::Binary => None,
        };
        let without_epoch = facts.kind == PackageKind::Rpm
            && version != facts.version
            && !version.contains(':')
            && of_sibling.is_none();
        let mut names = vec![Cow::Borrowed(name)];
        // What is not mended stands at the source package alone, as `will not fix`.
        let (source, _) = facts.judged_as();
        if source != name && ecosystems.iter().any(|name| name.starts_with("Red Hat:")) {
            names.push(Cow::Borrowed(source));
        }
        Ok(Subject {
            ecosystems: Arc::clone(ecosystems),
            names,
            version: Cow::Borrowed(of_sibling.unwrap_or(version)),
            without_epoch,
            module: modularity(facts),
            ..bare(facts)
        })
    }

    fn of_language(&self, ecosystem: &'static str, facts: &'a Package) -> Subject<'a> {
        let version = facts.version.as_str();
        Subject {
            ecosystems: self.languages.get(ecosystem).cloned().unwrap_or_default(),
            names: vec![normalised(ecosystem, &facts.name)],
            version: Cow::Borrowed(match ecosystem {
                "Bitnami" => without_revision(version),
                "Go" => version.trim_start_matches("go"),
                _ => version,
            }),
            ..bare(facts)
        }
    }

    /// Build strings of Python packages begin with `py`, as `py310h5eee18b_0` and `pyhd8ed1ab_0`.
    fn of_conda(&self, facts: &'a Package) -> Result<Subject<'a>, Unjudged> {
        let build = facts.qualifiers.get("build").map_or("", String::as_str);
        if !build.starts_with("py") {
            return Err(Unjudged::NoAdvisories);
        }
        if self.pypi.contains(&normalised("PyPI", &facts.name)) {
            return Err(Unjudged::ListedAgain);
        }
        Ok(Subject {
            by_upstream_version: true,
            ..self.of_language("PyPI", facts)
        })
    }

    fn of_program(&self, facts: &'a Package) -> Result<Subject<'a>, Unjudged> {
        // The folder of a Go toolchain holds both: the compiler and its library.
        let (ecosystem, names) = if facts.name == "go" {
            ("Go", &["stdlib", "toolchain"][..])
        } else {
            let name = upstream::bitnami_name(&facts.name).ok_or(Unjudged::UnnamedProgram)?;
            ("Bitnami", name)
        };
        Ok(Subject {
            names: names.iter().map(|name| Cow::Borrowed(*name)).collect(),
            by_upstream_version: true,
            ..self.of_language(ecosystem, facts)
        })
    }
}

/// The ecosystems of a system; of Red Hat's those that the image's content sets name, where it has
/// them, beside the release as a whole.
fn ecosystems(system: &OperatingSystem, sources: &[String]) -> Vec<String> {
    let mut ecosystems = system.ecosystems();
    if system.id == "rhel" {
        let named = named_by_content_sets(&system.version_id, sources);
        if !named.is_empty() {
            ecosystems.retain(|ecosystem| !ecosystem.contains("::"));
            ecosystems.extend(named);
        }
    }
    ecosystems
}

fn bare(facts: &Package) -> Subject<'_> {
    Subject {
        package: 0,
        kind: facts.kind,
        binary: &facts.name,
        ecosystems: Arc::from([]),
        names: Vec::new(),
        version: Cow::Borrowed(""),
        without_epoch: false,
        module: Modularity::Plain,
        by_upstream_version: false,
    }
}

/// The ecosystems of languages that packages are judged by.
const LANGUAGES: &[&str] = &[
    "PyPI",
    "npm",
    "RubyGems",
    "Go",
    "crates.io",
    "Maven",
    "NuGet",
    "Packagist",
    "Hex",
    "Pub",
    "SwiftURL",
    "ConanCenter",
    "CRAN",
    "Bitnami",
];

/// OSV's name of the ecosystem of a kind of package that no distribution publishes.
///
/// OSV schema, section "`affected[].package` field", table of defined ecosystems.
pub const fn language(kind: PackageKind) -> Option<&'static str> {
    Some(match kind {
        PackageKind::PyPi => "PyPI",
        PackageKind::Npm => "npm",
        PackageKind::Gem => "RubyGems",
        PackageKind::Golang => "Go",
        PackageKind::Cargo => "crates.io",
        PackageKind::Maven => "Maven",
        PackageKind::NuGet => "NuGet",
        PackageKind::Composer => "Packagist",
        PackageKind::Hex => "Hex",
        PackageKind::Pub => "Pub",
        PackageKind::Swift => "SwiftURL",
        PackageKind::Conan => "ConanCenter",
        PackageKind::Cran => "CRAN",
        PackageKind::Bitnami => "Bitnami",
        PackageKind::Deb
        | PackageKind::Apk
        | PackageKind::Rpm
        | PackageKind::Alpm
        | PackageKind::Conda
        | PackageKind::LuaRocks
        | PackageKind::WordPress
        | PackageKind::Generic => return None,
    })
}

/// The kind of package that a distribution's records speak of.
fn system_kind(ecosystem: &str) -> PackageKind {
    match ecosystem.split(':').next().unwrap_or_default() {
        "Debian" | "Ubuntu" => PackageKind::Deb,
        "Alpine" | "Wolfi" | "Chainguard" | "MinimOS" | "Alpaquita" => PackageKind::Apk,
        _ => PackageKind::Rpm,
    }
}

/// `nodejs:18:8090020230825` names the stream `nodejs:18`; a label may be missing where the release
/// still tells of a module (`3.el8.module_el8.5.0`).
fn modularity(facts: &Package) -> Modularity<'_> {
    if facts.kind != PackageKind::Rpm {
        return Modularity::Plain;
    }
    let label = facts
        .qualifiers
        .get("modularitylabel")
        .map_or("", String::as_str);
    let stream = label
        .match_indices(':')
        .nth(1)
        .map_or(label, |(end, _)| &label[..end]);
    match stream {
        "" if is_modular(&facts.version) => Modularity::Unnamed,
        "" => Modularity::Plain,
        stream => Modularity::Stream(stream),
    }
}

/// Whether a release is that of a module's build: `module_el8` (`AlmaLinux`), `module+el8`.
pub(crate) fn is_modular(version: &str) -> bool {
    version
        .split_once(".module")
        .is_some_and(|(_, rest)| rest.starts_with(['_', '+']))
}

/// Bitnami's packages count their own builds behind a hyphen (`7.2.4-3`); records do not.
fn without_revision(version: &str) -> &str {
    match version.rsplit_once('-') {
        Some((upstream, revision))
            if !revision.is_empty() && revision.bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            upstream
        }
        _ => version,
    }
}

#[cfg(test)]
mod tests;
