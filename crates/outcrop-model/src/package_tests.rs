//! Purls by the rules of the purl specification, and read back by a parser of others
//! (`packageurl`, which is held against the specification's own test suite).

use packageurl::PackageUrl;
use proptest::prelude::*;

use super::*;

const KINDS: [PackageKind; 22] = [
    PackageKind::Deb,
    PackageKind::Apk,
    PackageKind::Rpm,
    PackageKind::Alpm,
    PackageKind::PyPi,
    PackageKind::Conda,
    PackageKind::Npm,
    PackageKind::Gem,
    PackageKind::Golang,
    PackageKind::Cargo,
    PackageKind::Maven,
    PackageKind::NuGet,
    PackageKind::Composer,
    PackageKind::Hex,
    PackageKind::Pub,
    PackageKind::Swift,
    PackageKind::Conan,
    PackageKind::Cran,
    PackageKind::LuaRocks,
    PackageKind::WordPress,
    PackageKind::Bitnami,
    PackageKind::Generic,
];

fn package(kind: PackageKind, name: &str, version: &str) -> Package {
    let evidence = Evidence {
        cataloger: "test".into(),
        path: "test".into(),
    };
    let mut package = Package::new(kind, name, version, evidence);
    if kind.is_system() {
        package.architecture = Some("amd64".into());
    }
    package
}

fn check(kind: PackageKind, name: &str, version: &str, expected: &str) {
    let purl = package(kind, name, version).purl("Debian", Some("debian-12"));
    assert_eq!(purl, expected);
    // Another reader has nothing to put right. It leaves every `!`, and a `/` in a version, as it
    // is; the specification has both encoded.
    let read: PackageUrl<'_> = purl
        .parse()
        .unwrap_or_else(|error| panic!("{purl}: {error}"));
    let lenient = |purl: &str| purl.replace("%21", "!").replace("%2F", "/");
    assert_eq!(lenient(&read.to_string()), lenient(expected));
}

#[test]
fn purls_follow_their_types() {
    use PackageKind::{
        Alpm, Apk, Bitnami, Cargo, Composer, Conan, Conda, Cran, Deb, Gem, Generic, Golang, Hex,
        LuaRocks, Maven, Npm, NuGet, Pub, PyPi, Rpm, Swift, WordPress,
    };
    for (kind, name, version, expected) in [
        // Namespace: the vendor, in lower case; qualifiers by key.
        (
            Deb,
            "libstdc++6",
            "1:12.2.0-14+deb12u1",
            "pkg:deb/debian/libstdc%2B%2B6@1:12.2.0-14%2Bdeb12u1?arch=amd64&distro=debian-12",
        ),
        (
            Deb,
            "linux",
            "6.1~rc1",
            "pkg:deb/debian/linux@6.1~rc1?arch=amd64&distro=debian-12",
        ),
        (
            Apk,
            "Curl",
            "7.83.0-r0",
            "pkg:apk/debian/curl@7.83.0-r0?arch=amd64&distro=debian-12",
        ),
        (
            Alpm,
            "containers-common",
            "1:0.47.4-4",
            "pkg:alpm/debian/containers-common@1:0.47.4-4?arch=amd64&distro=debian-12",
        ),
        // The name keeps its case; the epoch is a qualifier.
        (
            Rpm,
            "Mesa",
            "1:2-3",
            "pkg:rpm/debian/Mesa@2-3?arch=amd64&distro=debian-12&epoch=1",
        ),
        (
            Rpm,
            "curl",
            "7.50.3-1.fc25",
            "pkg:rpm/debian/curl@7.50.3-1.fc25?arch=amd64&distro=debian-12",
        ),
        // Lower case; runs of `-`, `_`, `.` are one `-`.
        (PyPi, "Zope_Interface", "5.0", "pkg:pypi/zope-interface@5.0"),
        (PyPi, "a.-_B", "1!2.0+x", "pkg:pypi/a-b@1%212.0%2Bx"),
        // The mark of a scope is always encoded.
        (Npm, "@Babel/core", "7.0.0", "pkg:npm/%40babel/core@7.0.0"),
        (Npm, "lodash", "4.17.15", "pkg:npm/lodash@4.17.15"),
        (
            Golang,
            "github.com/Masterminds/semver/v3",
            "v3.1.0+incompatible",
            "pkg:golang/github.com/masterminds/semver/v3@v3.1.0%2Bincompatible",
        ),
        (Golang, "stdlib", "1.22.1", "pkg:golang/stdlib@1.22.1"),
        (
            Maven,
            "org.apache.logging.log4j:log4j-core",
            "2.14.1",
            "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1",
        ),
        (
            Maven,
            "HTTPClient:HTTPClient",
            "0.3-3",
            "pkg:maven/HTTPClient/HTTPClient@0.3-3",
        ),
        // What its type demands is not known.
        (Maven, "shaded", "1", "pkg:generic/shaded@1"),
        (
            Composer,
            "Monolog/Monolog",
            "1.2",
            "pkg:composer/monolog/monolog@1.2",
        ),
        (Composer, "alone", "1.2", "pkg:generic/alone@1.2"),
        (Hex, "Acme/Foo", "1.0", "pkg:hex/acme/foo@1.0"),
        (
            Swift,
            "github.com/Alamofire/Alamofire",
            "5.4.3",
            "pkg:swift/github.com/Alamofire/Alamofire@5.4.3",
        ),
        (Swift, "Alamofire", "5.4.3", "pkg:generic/Alamofire@5.4.3"),
        (
            LuaRocks,
            "Hisham/LuaFileSystem",
            "1.8.0-1",
            "pkg:luarocks/hisham/luafilesystem@1.8.0-1",
        ),
        (Pub, "Characters", "1.2.0", "pkg:pub/characters@1.2.0"),
        (Bitnami, "WordPress", "6.2.0", "pkg:bitnami/wordpress@6.2.0"),
        // No namespace, and the case as it is.
        (
            Cargo,
            "clap_Derive",
            "4.0.0-rc.1",
            "pkg:cargo/clap_Derive@4.0.0-rc.1",
        ),
        (Gem, "RedCloth", "4.2.9", "pkg:gem/RedCloth@4.2.9"),
        (
            NuGet,
            "EnterpriseLibrary.Common",
            "6.0.1304",
            "pkg:nuget/EnterpriseLibrary.Common@6.0.1304",
        ),
        (Cran, "A3", "1.0.0", "pkg:cran/A3@1.0.0"),
        (Conda, "absl-py", "0.4.1", "pkg:conda/absl-py@0.4.1"),
        (Conan, "openssl", "3.0.3", "pkg:conan/openssl@3.0.3"),
        (Generic, "busybox", "", "pkg:generic/busybox"),
        (WordPress, "akismet", "5.0", "pkg:generic/akismet@5.0"),
        // What separates the parts is encoded inside of one.
        (
            Generic,
            "a/b?c#d@e",
            "1/2?3#4@5",
            "pkg:generic/a%2Fb%3Fc%23d%40e@1%2F2%3F3%234%405",
        ),
        (
            Cargo,
            "naïve crate",
            "1 2",
            "pkg:cargo/na%C3%AFve%20crate@1%202",
        ),
        (Generic, "100%", "%41", "pkg:generic/100%25@%2541"),
        // Empty segments of a namespace go.
        (Golang, "a//b/c", "v1", "pkg:golang/a/b/c@v1"),
    ] {
        check(kind, name, version, expected);
    }
}

#[test]
fn qualifiers_are_sorted_encoded_and_never_empty() {
    let mut package = package(PackageKind::Generic, "openssl", "1.1.10g");
    for (key, value) in [
        ("vcs_url", "git+https://example.org/a b@1"),
        ("checksum", "sha1:ad95,sha256:41bf"),
        ("empty", ""),
        ("in production", "true"),
        ("Upper", "x"),
        ("1st", "x"),
        ("", "x"),
        ("a&b", "x"),
    ] {
        package.qualifiers.insert(key.into(), value.into());
    }
    let purl = package.purl("debian", Some("debian-12"));
    assert_eq!(
        purl,
        "pkg:generic/openssl@1.1.10g?checksum=sha1:ad95%2Csha256:41bf&vcs_url=git%2Bhttps:%2F%2Fexample.org%2Fa%20b%401"
    );
    let read: PackageUrl<'_> = purl.parse().unwrap();
    assert_eq!(
        read.qualifiers().get("vcs_url").map(AsRef::as_ref),
        Some("git+https://example.org/a b@1")
    );
}

#[test]
fn an_rpm_of_no_known_distribution_has_its_vendor() {
    for (distribution, vendor, expected) in [
        ("fedora", "Red Hat, Inc.", "pkg:rpm/fedora/"),
        ("rhel", "", "pkg:rpm/redhat/"),
        ("opensuse-leap", "", "pkg:rpm/opensuse/"),
        ("", "Red Hat, Inc.", "pkg:rpm/redhat/"),
        ("", "SUSE LLC <https://www.suse.com/>", "pkg:rpm/suse/"),
        (
            "",
            "Quarry & Co. <https://a.b/>",
            "pkg:rpm/quarry%20%26%20co./",
        ),
        ("", "", "pkg:generic/"),
        ("", "<https://a.b/>", "pkg:generic/"),
    ] {
        let mut package = package(PackageKind::Rpm, "bash", "1:5-1");
        let vendor = Some(vendor).filter(|vendor| !vendor.is_empty());
        package
            .qualifiers
            .extend(vendor.map(|vendor| ("vendor".to_owned(), vendor.to_owned())));
        let purl = package.purl(distribution, None);
        let end = "bash@5-1?arch=amd64&epoch=1";
        assert!(purl.starts_with(&[expected, end].concat()), "{purl}");
        purl.parse::<PackageUrl<'_>>().unwrap();
    }
}

/// A package with the parts of a purl as one of its kind has them.
fn of_parts(kind: PackageKind, [namespace, name, version]: [&str; 3], qualifiers: &str) -> Package {
    let separator = if kind == PackageKind::Maven { ":" } else { "/" };
    let name = match namespace {
        _ if kind.is_system() || kind == PackageKind::Conan => name.to_owned(),
        "" => name.to_owned(),
        _ => [namespace, separator, name].concat(),
    };
    let mut package = Package::new(
        kind,
        name,
        version,
        Evidence {
            cataloger: "test".into(),
            path: "test".into(),
        },
    );
    for (key, value) in qualifiers
        .split('&')
        .filter_map(|pair| pair.split_once('='))
    {
        match key {
            "arch" => package.architecture = Some(value.into()),
            "epoch" => package.version = format!("{value}:{version}"),
            _ => drop(package.qualifiers.insert(key.into(), value.into())),
        }
    }
    if kind == PackageKind::Conan && !namespace.is_empty() {
        package.qualifiers.insert("user".into(), namespace.into());
    }
    package
}

#[test]
fn purls_are_those_of_the_tests_of_the_specification() {
    let lines = include_str!("fixtures/purls.txt").lines();
    let mut kinds = std::collections::HashSet::new();
    for line in lines.filter(|line| !line.starts_with('#')) {
        let fields: Vec<&str> = line.split('|').collect();
        let [kind, namespace, name, version, qualifiers, expected] = fields[..] else {
            panic!("{line}");
        };
        let kind = *KINDS.iter().find(|known| known.as_str() == kind).unwrap();
        kinds.insert(kind);
        let package = of_parts(kind, [namespace, name, version], qualifiers);
        let purl = package.purl(namespace, None);
        if expected == "-" {
            assert!(purl.starts_with("pkg:generic/"), "{line}: {purl}");
        } else if kind == PackageKind::Conan && !namespace.is_empty() {
            assert_eq!(purl, [expected, "&user=", namespace].concat());
        } else {
            assert_eq!(purl, expected, "{line}");
        }
    }
    // All but the type that the specification does not know.
    assert_eq!(kinds.len(), KINDS.len() - 1);
}

proptest! {
    /// Whatever an image says its packages are called, another reader takes the purl, and finds
    /// name and version in it.
    #[test]
    fn every_purl_can_be_read(
        kind in proptest::sample::select(KINDS.to_vec()),
        name in "[^/]\\PC{0,20}[^/:]",
        version in "\\PC{0,12}",
        key in "\\PC{0,6}",
        value in "\\PC{0,12}",
    ) {
        let mut package = package(kind, &name, &version);
        package.qualifiers.insert(key, value);
        let purl = package.purl("Debian", Some("debian-12"));
        prop_assert!(purl.is_ascii(), "{}", purl);
        let read: PackageUrl<'_> = purl.parse().map_err(|error| {
            TestCaseError::fail(format!("{purl}: {error}"))
        })?;
        if kind == PackageKind::Generic {
            prop_assert_eq!(read.name(), name.as_str());
            prop_assert_eq!(read.version().unwrap_or_default(), version.as_str());
        }
    }
}
