//! Packages and what they were concluded from.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The package format: who recorded the package, and whose rules its name and version follow.
///
/// The words are the types of the purl specification (`PURL-TYPES.rst`) where it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PackageKind {
    /// Debian package, recorded by dpkg.
    Deb,
    /// Alpine package, recorded by apk.
    Apk,
    /// RPM package.
    Rpm,
    /// Arch Linux package, recorded by pacman.
    Alpm,
    /// Python distribution.
    PyPi,
    /// Conda package.
    Conda,
    /// Node package.
    Npm,
    /// Ruby gem.
    Gem,
    /// Go module.
    Golang,
    /// Rust crate.
    Cargo,
    /// Java artifact.
    Maven,
    /// .NET package.
    NuGet,
    /// PHP package.
    Composer,
    /// Elixir or Erlang package.
    Hex,
    /// Dart package.
    Pub,
    /// Swift package.
    Swift,
    /// C or C++ package of Conan.
    Conan,
    /// R package.
    Cran,
    /// Lua rock.
    LuaRocks,
    /// `WordPress` plugin or theme.
    WordPress,
    /// Component of a Bitnami image.
    Bitnami,
    /// A program that no package manager recorded.
    Generic,
}

impl PackageKind {
    /// The word shown to people and used in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Deb => "deb",
            Self::Apk => "apk",
            Self::Rpm => "rpm",
            Self::Alpm => "alpm",
            Self::PyPi => "pypi",
            Self::Conda => "conda",
            Self::Npm => "npm",
            Self::Gem => "gem",
            Self::Golang => "golang",
            Self::Cargo => "cargo",
            Self::Maven => "maven",
            Self::NuGet => "nuget",
            Self::Composer => "composer",
            Self::Hex => "hex",
            Self::Pub => "pub",
            Self::Swift => "swift",
            Self::Conan => "conan",
            Self::Cran => "cran",
            Self::LuaRocks => "luarocks",
            Self::WordPress => "wordpress",
            Self::Bitnami => "bitnami",
            Self::Generic => "generic",
        }
    }

    /// Whether a distribution's package manager recorded it.
    pub const fn is_system(self) -> bool {
        matches!(self, Self::Deb | Self::Apk | Self::Rpm | Self::Alpm)
    }
}

/// The source package that a binary package was built from; distributions judge by it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SourcePackage {
    /// Name of the source package.
    pub name: String,
    /// Version of the source package; differs from the binary's after a binary-only rebuild.
    pub version: String,
}

/// Where a package was read from.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Evidence {
    /// Stable identifier of the cataloger, as `dpkg-status`.
    pub cataloger: String,
    /// Path inside the image, without a leading slash.
    pub path: String,
}

/// How sure a package's name and version are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Certainty {
    /// A record says both.
    #[default]
    Recorded,
    /// Concluded; the text says from what, as `the file's name`.
    Inferred(String),
}

/// A licence, as far as it could be understood.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Licence {
    /// An expression of the SPDX specification, annex D.
    Spdx(String),
    /// What the package says, where it is no such expression.
    Verbatim(String),
}

/// One installed package.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Package {
    /// The format that recorded it.
    pub kind: PackageKind,
    /// Name as installed (the binary package), in the ecosystem's full spelling: `@scope/name`,
    /// `group:artifact`, `github.com/owner/module`, `vendor/name`.
    pub name: String,
    /// Version as installed, in the format's own spelling; an rpm's with its epoch, if not 0.
    pub version: String,
    /// Architecture, where the format has one.
    pub architecture: Option<String>,
    /// The source package; equal to name and version where the record names no other.
    pub source: Option<SourcePackage>,
    /// What it is installed in: the folder or program that may hold another version of it later.
    /// `None` where the database of a system holds each package once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// Licences; several are told by several records, and may contradict each other.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub licences: Vec<Licence>,
    /// How sure name and version are.
    #[serde(default)]
    pub certainty: Certainty,
    /// Further qualifiers of the purl, as `vcs_url` or `modularitylabel`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub qualifiers: BTreeMap<String, String>,
    /// What it was concluded from.
    pub evidence: Evidence,
}

/// What makes two observations the same package; the version is left out, so that an upgrade is a
/// change of one package.
pub type PackageIdentity<'a> = (PackageKind, &'a str, Option<&'a str>, Option<&'a str>);

impl Package {
    /// A package that a record names, with nothing else known of it.
    pub fn new(
        kind: PackageKind,
        name: impl Into<String>,
        version: impl Into<String>,
        evidence: Evidence,
    ) -> Self {
        Self {
            kind,
            name: name.into(),
            version: version.into(),
            architecture: None,
            source: None,
            place: None,
            licences: Vec::new(),
            certainty: Certainty::Recorded,
            qualifiers: BTreeMap::new(),
            evidence,
        }
    }

    /// What makes two observations the same package: kind, name, architecture and place.
    pub fn identity(&self) -> PackageIdentity<'_> {
        (
            self.kind,
            &self.name,
            self.architecture.as_deref(),
            self.place.as_deref(),
        )
    }

    /// Name and version by which advisories of distributions judge it.
    pub fn judged_as(&self) -> (&str, &str) {
        match &self.source {
            Some(source) => (&source.name, &source.version),
            None => (&self.name, &self.version),
        }
    }

    /// The package URL; for packages of a system `distribution` is the namespace (`debian`) and
    /// `release` the qualifier `distro` (`debian-12`). An rpm of no known distribution has its
    /// vendor as namespace.
    ///
    /// purl specification, its rules for building one and the definitions of its types
    /// (`types/*-definition.json`). A package that has not what its type demands is `generic`. Only
    /// Go's standard library and modules without a slash (`pkg:golang/stdlib`) keep their type
    /// without the namespace that it should have: so the records of OSV and other scanners call
    /// them, by any other name nobody would find them (issue 817 of the specification).
    pub fn purl(&self, distribution: &str, release: Option<&str>) -> String {
        let (namespace, name) = self.purl_name(distribution);
        let kind = self.purl_kind(&namespace);
        let mut purl = format!("pkg:{}/", kind.as_str());
        for segment in namespace.split('/').filter(|segment| !segment.is_empty()) {
            purl.push_str(&percent_encode(segment));
            purl.push('/');
        }
        purl.push_str(&percent_encode(&name));
        let (epoch, version) = match self.version.split_once(':') {
            Some((epoch, version)) if self.kind == PackageKind::Rpm => (Some(epoch), version),
            _ => (None, self.version.as_str()),
        };
        if !version.is_empty() {
            purl.push('@');
            purl.push_str(&percent_encode(version));
        }
        let release = release.filter(|_| self.kind.is_system());
        let mut qualifiers: BTreeMap<&str, &str> = self
            .qualifiers
            .iter()
            .filter(|(key, _)| is_qualifier_key(key))
            .map(|(key, value)| (key.as_str(), value.as_str()))
            .collect();
        qualifiers.extend(self.architecture.as_deref().map(|value| ("arch", value)));
        qualifiers.extend(release.map(|value| ("distro", value)));
        qualifiers.extend(epoch.map(|value| ("epoch", value)));
        let mut separator = '?';
        for (key, value) in qualifiers
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
        {
            purl.push(separator);
            purl.push_str(key);
            purl.push('=');
            purl.push_str(&percent_encode(value));
            separator = '&';
        }
        purl
    }

    /// The purl's type: `generic` where it is not a registered one, or demands what is not known.
    fn purl_kind(&self, namespace: &str) -> PackageKind {
        let misses_something = match self.kind {
            PackageKind::WordPress => true,
            PackageKind::Deb
            | PackageKind::Apk
            | PackageKind::Rpm
            | PackageKind::Alpm
            | PackageKind::Maven
            | PackageKind::Composer
            | PackageKind::Swift => namespace.is_empty(),
            PackageKind::Conan => namespace.is_empty() && self.qualifiers.contains_key("channel"),
            PackageKind::Cran => self.version.is_empty(),
            _ => false,
        };
        if misses_something {
            PackageKind::Generic
        } else {
            self.kind
        }
    }

    /// Namespace and name as the purl's type wants them.
    fn purl_name(&self, distribution: &str) -> (String, String) {
        let split = |separator: char| match self.name.rsplit_once(separator) {
            Some((namespace, name)) => (namespace.to_owned(), name.to_owned()),
            None => (String::new(), self.name.clone()),
        };
        let lowercase =
            |(namespace, name): (String, String)| (namespace.to_lowercase(), name.to_lowercase());
        match self.kind {
            PackageKind::Deb | PackageKind::Apk | PackageKind::Alpm => {
                lowercase((distribution.to_owned(), self.name.clone()))
            }
            PackageKind::Rpm => (self.rpm_namespace(distribution), self.name.clone()),
            PackageKind::PyPi => (String::new(), pypi_name(&self.name)),
            PackageKind::Npm
            | PackageKind::Golang
            | PackageKind::Composer
            | PackageKind::Hex
            | PackageKind::LuaRocks => lowercase(split('/')),
            PackageKind::Bitnami | PackageKind::Pub => {
                lowercase((String::new(), self.name.clone()))
            }
            PackageKind::Maven => split(':'),
            PackageKind::Swift => split('/'),
            // Who published it, of a package that comes in channels.
            PackageKind::Conan => {
                let user = self.qualifiers.get("user");
                let user = user.filter(|_| self.qualifiers.contains_key("channel"));
                (user.cloned().unwrap_or_default(), self.name.clone())
            }
            PackageKind::Conda
            | PackageKind::Gem
            | PackageKind::Cargo
            | PackageKind::NuGet
            | PackageKind::Cran
            | PackageKind::WordPress
            | PackageKind::Generic => (String::new(), self.name.clone()),
        }
    }

    /// The vendor of an rpm as purls name it: by the distribution, else by what its header says.
    fn rpm_namespace(&self, distribution: &str) -> String {
        let distribution = distribution.to_lowercase();
        match distribution.as_str() {
            "rhel" => "redhat".to_owned(),
            "" => {
                let vendor = self.qualifiers.get("vendor").map_or("", String::as_str);
                RPM_VENDORS
                    .iter()
                    .find(|(begin, _)| vendor.starts_with(begin))
                    .map_or_else(
                        // An address may follow: `SUSE LLC <https://www.suse.com/>`.
                        || {
                            vendor
                                .split('<')
                                .next()
                                .unwrap_or_default()
                                .trim()
                                .to_lowercase()
                        },
                        |(_, namespace)| (*namespace).to_owned(),
                    )
            }
            leap if leap.starts_with("opensuse") => "opensuse".to_owned(),
            _ => distribution,
        }
    }
}

/// How the vendor in the headers of a distribution's packages begins, and the namespace that its
/// `os-release` would give them.
const RPM_VENDORS: &[(&str, &str)] = &[
    ("AlmaLinux", "almalinux"),
    ("Amazon", "amzn"),
    ("CentOS", "centos"),
    ("Fedora", "fedora"),
    ("Oracle", "ol"),
    ("Red Hat", "redhat"),
    ("Rocky", "rocky"),
    ("SUSE", "suse"),
    ("VMware", "photon"),
    ("openSUSE", "opensuse"),
];

/// Lower case, each run of `-`, `_` and `.` one `-`.
///
/// Python packaging user guide, "Name normalization".
fn pypi_name(name: &str) -> String {
    let mut normalised = String::with_capacity(name.len());
    for character in name.chars().flat_map(char::to_lowercase) {
        match character {
            '-' | '_' | '.' if normalised.ends_with('-') => {}
            '-' | '_' | '.' => normalised.push('-'),
            other => normalised.push(other),
        }
    }
    normalised
}

/// Lower-case letters, digits, `.`, `-` and `_`, with no digit first: keys in another form stand
/// in no purl.
fn is_qualifier_key(key: &str) -> bool {
    key.starts_with(|first: char| !first.is_ascii_digit())
        && key
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'_'))
}

/// Encodes everything but the characters that a purl component may hold as they are.
fn percent_encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b':' => {
                encoded.push(char::from(byte));
            }
            _ => {
                encoded.push('%');
                for nibble in [byte >> 4, byte & 15] {
                    encoded.extend(
                        char::from_digit(u32::from(nibble), 16).map(|c| c.to_ascii_uppercase()),
                    );
                }
            }
        }
    }
    encoded
}

#[cfg(test)]
#[path = "package_tests.rs"]
mod tests;
