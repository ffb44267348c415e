//! Package URLs as other tools write them.
//!
//! Source: purl specification, `PURL-SPECIFICATION.rst` ("How to parse a purl string in its
//! components") and `PURL-TYPES.rst` (what the namespace of each type is).

use std::collections::BTreeMap;

use outcrop_model::{Certainty, PackageKind, ProblemKind};

use crate::findings::{Findings, shown};
use crate::licence::licences;

/// Most licences of one package.
const MAX_LICENCES: usize = 32;
/// Longest package URL that is read, in bytes.
const MAX_BYTES: usize = 2_048;

/// Qualifiers that tell packages of one name and version apart.
const KEPT: &[&str] = &["classifier", "repository_url", "type", "vcs_url"];

/// What a package URL says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Purl {
    pub(crate) kind: PackageKind,
    /// In the ecosystem's full spelling, as [`outcrop_model::Package::name`].
    pub(crate) name: String,
    /// Empty where it says none.
    pub(crate) version: String,
    pub(crate) architecture: Option<String>,
    pub(crate) qualifiers: BTreeMap<String, String>,
}

/// Why a package URL is of no use.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unusable<'a> {
    /// It is none.
    Malformed,
    /// Its type is not one that is known.
    Type(&'a str),
}

/// Reads a package URL.
pub(crate) fn parse(text: &str) -> Result<Purl, Unusable<'_>> {
    if text.len() > MAX_BYTES {
        return Err(Unusable::Malformed);
    }
    let rest = text
        .trim()
        .strip_prefix("pkg:")
        .ok_or(Unusable::Malformed)?;
    let rest = rest.trim_start_matches('/');
    let rest = rest.rsplit_once('#').map_or(rest, |(rest, _)| rest);
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (kind, rest) = rest.split_once('/').ok_or(Unusable::Malformed)?;
    // A scope may stand with its `@` as it is.
    let (path, version) = match rest.rsplit_once('@') {
        Some((path, version)) if !path.is_empty() && !path.ends_with('/') => (path, version),
        _ => (rest, ""),
    };
    let path = path.trim_matches('/');
    let (namespace, name) = path.rsplit_once('/').unwrap_or(("", path));
    let (namespace, name) = (decoded(namespace), decoded(name));
    if name.is_empty() {
        return Err(Unusable::Malformed);
    }
    let kind = known(kind).ok_or(Unusable::Type(kind))?;
    let mut qualifiers: BTreeMap<String, String> = query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(key, value)| (key.to_ascii_lowercase(), decoded(value)))
        .collect();
    let architecture = qualifiers.remove("arch");
    qualifiers.retain(|key, value| KEPT.contains(&key.as_str()) && !value.is_empty());
    Ok(Purl {
        kind,
        name: full_name(kind, &namespace, name),
        version: decoded(version),
        architecture,
        qualifiers,
    })
}

/// Packages that a document lists by their package URL.
pub(crate) struct Listed<'a> {
    place: &'a str,
    certainty: Certainty,
    /// The first type that is not known, and how many packages are of one.
    unknown: Option<String>,
    of_unknown: usize,
}

impl<'a> Listed<'a> {
    /// None yet; those to come are in that place and that certain.
    pub(crate) const fn new(place: &'a str, certainty: Certainty) -> Self {
        Self {
            place,
            certainty,
            unknown: None,
            of_unknown: 0,
        }
    }

    /// Takes what is listed, unless it has no package URL. What a distribution's package manager
    /// installs is left to its own database, which says whether it is there.
    pub(crate) fn add<'b>(
        &mut self,
        purl: &str,
        version: &str,
        licence: impl Iterator<Item = &'b str>,
        findings: &mut Findings<'_>,
    ) {
        if purl.is_empty() {
            return;
        }
        let purl = match parse(purl) {
            Ok(purl) => purl,
            // The image or a part of it, which is no package.
            Err(Unusable::Type("oci" | "docker")) => return,
            Err(Unusable::Type(kind)) => {
                self.of_unknown += 1;
                self.unknown.get_or_insert_with(|| shown(kind));
                return;
            }
            Err(Unusable::Malformed) => {
                findings.problem(
                    ProblemKind::Malformed,
                    format!("no package URL: `{}`", shown(purl)),
                );
                return;
            }
        };
        if purl.kind.is_system() {
            return;
        }
        let version = if purl.version.is_empty() {
            version
        } else {
            &purl.version
        };
        if let Some(package) = findings.add_whatever_version(purl.kind, &purl.name, version) {
            package.place = Some(self.place.to_owned());
            package.certainty = self.certainty.clone();
            package.architecture = purl.architecture;
            package.qualifiers = purl.qualifiers;
            package.licences = licence.take(MAX_LICENCES).flat_map(licences).collect();
        }
    }

    /// Tells what was left out.
    pub(crate) fn finish(self, findings: &mut Findings<'_>) {
        if let Some(kind) = self.unknown {
            findings.problem(
                ProblemKind::Unsupported,
                format!(
                    "packages of types that are not known, as `{kind}`, are left out: {}",
                    self.of_unknown
                ),
            );
        }
    }
}

fn full_name(kind: PackageKind, namespace: &str, name: String) -> String {
    match kind {
        _ if namespace.is_empty() => name,
        PackageKind::Maven => format!("{namespace}:{name}"),
        PackageKind::Npm
        | PackageKind::Golang
        | PackageKind::Composer
        | PackageKind::Hex
        | PackageKind::Swift => format!("{namespace}/{name}"),
        // A distribution, a channel or a user, which are not of the name.
        _ => name,
    }
}

fn known(kind: &str) -> Option<PackageKind> {
    use PackageKind::{
        Alpm, Apk, Bitnami, Cargo, Composer, Conan, Conda, Cran, Deb, Gem, Generic, Golang, Hex,
        LuaRocks, Maven, Npm, NuGet, Pub, PyPi, Rpm, Swift,
    };
    [
        Alpm, Apk, Bitnami, Cargo, Composer, Conan, Conda, Cran, Deb, Gem, Generic, Golang, Hex,
        LuaRocks, Maven, Npm, NuGet, Pub, PyPi, Rpm, Swift,
    ]
    .into_iter()
    .find(|known| known.as_str().eq_ignore_ascii_case(kind))
}

/// The text with `%XX` as the bytes they stand for.
fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let digit = |offset: usize| {
            let digit = bytes.get(at + offset)?;
            char::from(*digit).to_digit(16)
        };
        match (byte, digit(1), digit(2)) {
            (b'%', Some(high), Some(low)) => {
                decoded.push((high * 16 + low) as u8);
                at += 3;
            }
            _ => {
                decoded.push(*byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use PackageKind::{Apk, Bitnami, Composer, Golang, Maven, Npm, PyPi};

    use super::*;

    #[test]
    fn names_are_in_the_full_spelling_of_their_ecosystem() {
        let check = |text: &str, kind: PackageKind, name: &str, version: &str| {
            let purl = parse(text).unwrap();
            assert_eq!(
                (purl.kind, purl.name.as_str(), purl.version.as_str()),
                (kind, name, version),
                "{text}"
            );
        };
        check(
            "pkg:maven/org.apache.xmlgraphics/batik-anim@1.9.1?packaging=sources",
            Maven,
            "org.apache.xmlgraphics:batik-anim",
            "1.9.1",
        );
        check(
            "pkg:npm/%40angular/animation@12.3.1",
            Npm,
            "@angular/animation",
            "12.3.1",
        );
        check("pkg:npm/@angular/animation", Npm, "@angular/animation", "");
        check(
            "pkg:npm/@angular/animation@1",
            Npm,
            "@angular/animation",
            "1",
        );
        check("pkg:npm/foobar", Npm, "foobar", "");
        check(
            "pkg:golang/google.golang.org/genproto@v0.0.0#googleapis/api/annotations",
            Golang,
            "google.golang.org/genproto",
            "v0.0.0",
        );
        check("pkg:PyPI/Django@1.11.1", PyPi, "Django", "1.11.1");
        check(
            "pkg:composer/monolog/monolog@1.2",
            Composer,
            "monolog/monolog",
            "1.2",
        );
        check("pkg:apk/alpine/curl@7.83.0-r0", Apk, "curl", "7.83.0-r0");
        check(
            "pkg://bitnami/wordpress@6.2.0-1",
            Bitnami,
            "wordpress",
            "6.2.0-1",
        );
        check("pkg:npm/a@1%2B2%", Npm, "a", "1+2%");
    }

    #[test]
    fn qualifiers_that_matter_are_kept() {
        let purl =
            parse("pkg:bitnami/redis@7.2.4-0?arch=amd64&distro=debian-12&vcs_url=git%2Bhttps://x")
                .unwrap();
        assert_eq!(purl.architecture.as_deref(), Some("amd64"));
        let kept = [("vcs_url".to_owned(), "git+https://x".to_owned())];
        assert_eq!(purl.qualifiers, BTreeMap::from(kept));
    }

    #[test]
    fn what_is_of_no_use_is_told() {
        assert_eq!(parse("pkg:oci/x@1"), Err(Unusable::Type("oci")));
        for text in [
            "",
            "npm/a@1",
            "pkg:npm",
            "pkg:npm/",
            "pkg:npm//",
            &"x".repeat(3_000),
        ] {
            assert_eq!(parse(text), Err(Unusable::Malformed), "{text}");
        }
    }
}
