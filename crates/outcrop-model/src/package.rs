//! Packages and what they were concluded from.

use serde::{Deserialize, Serialize};

/// The package format: which database recorded the package.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PackageKind {
    /// Debian package, recorded by dpkg.
    Deb,
}

impl PackageKind {
    /// The word shown to people and used in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Deb => "deb",
        }
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

/// One installed package.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Package {
    /// The format that recorded it.
    pub kind: PackageKind,
    /// Name as installed (the binary package).
    pub name: String,
    /// Version as installed, in the format's own spelling.
    pub version: String,
    /// Architecture, where the format has one.
    pub architecture: Option<String>,
    /// The source package; equal to name and version where the record names no other.
    pub source: Option<SourcePackage>,
    /// What it was concluded from.
    pub evidence: Evidence,
}

impl Package {
    /// What makes two observations the same package: kind, name and architecture.
    ///
    /// The version is left out, so that an upgrade is a change of one package.
    pub fn identity(&self) -> (PackageKind, &str, Option<&str>) {
        (self.kind, &self.name, self.architecture.as_deref())
    }

    /// Name and version by which advisories of distributions judge it.
    pub fn judged_as(&self) -> (&str, &str) {
        match &self.source {
            Some(source) => (&source.name, &source.version),
            None => (&self.name, &self.version),
        }
    }

    /// The package URL; `distribution` is the namespace (`debian`), `release` as `debian-12`.
    ///
    /// purl specification, `PURL-SPECIFICATION.rst` and `PURL-TYPES.rst`, type `deb`.
    pub fn purl(&self, distribution: &str, release: Option<&str>) -> String {
        let mut purl = format!(
            "pkg:{}/{}/{}@{}",
            self.kind.as_str(),
            percent_encode(&distribution.to_lowercase()),
            percent_encode(&self.name.to_lowercase()),
            percent_encode(&self.version)
        );
        let mut separator = '?';
        for (key, value) in [("arch", self.architecture.as_deref()), ("distro", release)] {
            if let Some(value) = value {
                purl.push(separator);
                purl.push_str(key);
                purl.push('=');
                purl.push_str(&percent_encode(value));
                separator = '&';
            }
        }
        purl
    }
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
mod tests {
    use super::*;

    #[test]
    fn purl_encodes_plus_and_keeps_the_epoch_readable() {
        let package = Package {
            kind: PackageKind::Deb,
            name: "libstdc++6".into(),
            version: "1:12.2.0-14+deb12u1".into(),
            architecture: Some("amd64".into()),
            source: None,
            evidence: Evidence {
                cataloger: "dpkg-status".into(),
                path: "var/lib/dpkg/status".into(),
            },
        };
        assert_eq!(
            package.purl("debian", Some("debian-12")),
            "pkg:deb/debian/libstdc%2B%2B6@1:12.2.0-14%2Bdeb12u1?arch=amd64&distro=debian-12"
        );
    }
}
