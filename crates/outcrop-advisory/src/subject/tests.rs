use outcrop_model::{Evidence, PackageOwner, SourcePackage};

use super::*;

fn package(kind: PackageKind, name: &str, version: &str) -> InventoryPackage {
    let evidence = Evidence {
        cataloger: "test".into(),
        path: "test".into(),
    };
    InventoryPackage {
        package: Package::new(kind, name, version, evidence),
        introduced_in: 0,
        first_seen_in: 0,
        evidence_layer: None,
        changes: Vec::new(),
        owner: None,
    }
}

fn inventory(system: &str, packages: Vec<InventoryPackage>) -> Inventory {
    let (id, version) = system.split_once(' ').unwrap_or((system, ""));
    Inventory {
        operating_system: (!id.is_empty()).then(|| OperatingSystem {
            id: id.into(),
            version_id: version.into(),
            ..OperatingSystem::default()
        }),
        packages,
        configuration_leftovers: Vec::new(),
        package_sources: Vec::new(),
        layers: Vec::new(),
        problems: Vec::new(),
        posture: None,
    }
}

/// `ecosystem name version` of the only package, or the reason why nothing judges it.
fn told(system: &str, package: InventoryPackage) -> Result<String, Unjudged> {
    let inventory = inventory(system, vec![package]);
    let subjects = subjects(&inventory);
    match subjects.of(0) {
        Some(subject) => Ok(format!(
            "{} {} {}",
            subject.ecosystem(),
            subject.names.join("+"),
            subject.version
        )),
        None => Err(subjects.why_unjudged(0).expect("a reason")),
    }
}

fn from_source(kind: PackageKind, binary: &str, source: &str) -> InventoryPackage {
    let mut package = package(kind, binary, "1-1+b1");
    package.package.source = Some(SourcePackage {
        name: source.into(),
        version: "1-1".into(),
    });
    package
}

#[test]
fn each_distribution_is_asked_by_its_own_names() {
    use PackageKind::{Apk, Deb, Rpm};
    for (system, kind, expected) in [
        ("debian 12", Deb, "Debian:12 source 1-1"),
        ("ubuntu 22.04", Deb, "Ubuntu:22.04:LTS source 1-1"),
        ("alpine 3.10.9", Apk, "Alpine:v3.10 source 1-1"),
        ("wolfi 20230201", Apk, "Wolfi source 1-1"),
        ("almalinux 9.3", Rpm, "AlmaLinux:9 binary 1-1+b1"),
        (
            "rhel 9.3",
            Rpm,
            "Red Hat:enterprise_linux:9 binary+source 1-1+b1",
        ),
        ("rocky 9.3", Rpm, "Rocky Linux:9 source 1-1"),
        ("fedora 40", Rpm, "Fedora:40 binary 1-1+b1"),
    ] {
        let told = told(system, from_source(kind, "binary", "source"));
        assert_eq!(told.as_deref(), Ok(expected));
    }
}

#[test]
fn each_language_is_asked_by_its_own_names() {
    use PackageKind::{
        Bitnami, Cargo, Composer, Conan, Cran, Gem, Golang, Hex, Maven, Npm, NuGet, Pub, PyPi,
        Swift,
    };
    for (kind, name, version, expected) in [
        (PyPi, "Zope.Interface", "5.0", "PyPI zope-interface 5.0"),
        (Npm, "@angular/core", "1.0.0", "npm @angular/core 1.0.0"),
        (Gem, "rack", "2.0", "RubyGems rack 2.0"),
        (Golang, "stdlib", "go1.19.8", "Go stdlib 1.19.8"),
        (
            Golang,
            "golang.org/x/net",
            "v0.1.0",
            "Go golang.org/x/net v0.1.0",
        ),
        (Cargo, "time", "0.1.0", "crates.io time 0.1.0"),
        (Maven, "org.a:b", "1", "Maven org.a:b 1"),
        (NuGet, "Newtonsoft.Json", "1", "NuGet newtonsoft.json 1"),
        (Composer, "Drupal/core", "8", "Packagist drupal/core 8"),
        (Hex, "plug", "1", "Hex plug 1"),
        (Pub, "http", "1", "Pub http 1"),
        (
            Swift,
            "github.com/vapor/vapor",
            "4",
            "SwiftURL github.com/vapor/vapor 4",
        ),
        (Conan, "zlib", "1.2.11", "ConanCenter zlib 1.2.11"),
        (Cran, "readxl", "1", "CRAN readxl 1"),
        (Bitnami, "redis", "7.2.4-3", "Bitnami redis 7.2.4"),
    ] {
        assert_eq!(
            told("", package(kind, name, version)).as_deref(),
            Ok(expected)
        );
    }
}

#[test]
fn a_program_is_asked_by_the_name_that_records_give_it() {
    let program = |name: &str| told("", package(PackageKind::Generic, name, "1.2"));
    assert_eq!(program("httpd").as_deref(), Ok("Bitnami apache 1.2"));
    assert_eq!(program("go").as_deref(), Ok("Go stdlib+toolchain 1.2"));
    assert_eq!(program("tini"), Err(Unjudged::UnnamedProgram));
}

#[test]
fn what_is_judged_by_nothing_has_a_reason() {
    use PackageKind::{Alpm, Deb, LuaRocks, PyPi, Rpm, WordPress};
    for (system, kind, expected) in [
        ("", Deb, Unjudged::UnknownDistribution),
        ("arch", Alpm, Unjudged::DistributionWithoutAdvisories),
        ("debian 12", Rpm, Unjudged::OtherSystem),
        ("debian 12", LuaRocks, Unjudged::NoAdvisories),
        ("debian 12", WordPress, Unjudged::NoAdvisories),
    ] {
        assert_eq!(told(system, package(kind, "a", "1")), Err(expected));
    }
    assert_eq!(told("", package(PyPi, "a", "")), Err(Unjudged::NoVersion));
    let branch = package(PackageKind::Composer, "a/b", "dev-main");
    assert_eq!(told("", branch), Err(Unjudged::Branch));
}

#[test]
fn a_package_that_the_system_owns_is_judged_with_its_owner_where_that_is_judged() {
    let owned = || InventoryPackage {
        owner: Some(PackageOwner {
            kind: PackageKind::Deb,
            name: "python3-six".into(),
        }),
        ..package(PackageKind::PyPi, "six", "1")
    };
    assert_eq!(told("debian 12", owned()), Err(Unjudged::WithOwner));
    assert_eq!(told("raspbian 12", owned()).as_deref(), Ok("PyPI six 1"));
    let inventory = inventory("raspbian 12", vec![owned()]);
    assert!(subjects(&inventory).judged()[0].by_upstream_version);
}

#[test]
fn a_conda_package_of_python_is_judged_once() {
    let conda = |name: &str, build: &str| {
        let mut package = package(PackageKind::Conda, name, "1");
        let build = ("build".to_owned(), build.to_owned());
        package.package.qualifiers.extend([build]);
        package
    };
    assert_eq!(
        told("", conda("six", "py310_0")).as_deref(),
        Ok("PyPI six 1")
    );
    assert_eq!(
        told("", conda("zlib", "h5eee18b_0")),
        Err(Unjudged::NoAdvisories)
    );
    let inventory = inventory(
        "",
        vec![
            conda("six", "pyhd8ed1ab_0"),
            package(PackageKind::PyPi, "Six", "1"),
        ],
    );
    let subjects = subjects(&inventory);
    assert_eq!(subjects.why_unjudged(0), Some(Unjudged::ListedAgain));
    assert!(subjects.of(1).is_some());
}

#[test]
fn lookups_name_each_package_once_in_every_ecosystem() {
    let inventory = inventory(
        "ubuntu 22.04",
        vec![
            from_source(PackageKind::Deb, "libssl3", "openssl"),
            from_source(PackageKind::Deb, "openssl", "openssl"),
            package(PackageKind::PyPi, "Six", "1"),
        ],
    );
    let subjects = subjects(&inventory);
    let lookups: Vec<(&str, Vec<&str>)> = subjects.lookups().into_iter().collect();
    assert_eq!(
        lookups,
        [
            ("PyPI", vec!["six"]),
            ("Ubuntu:22.04:LTS", vec!["openssl"]),
            ("Ubuntu:Pro:22.04:LTS", vec!["openssl"]),
        ]
    );
}

#[test]
fn the_module_of_an_rpm_package_is_told() {
    let check = |label: &str, version: &str, expected: Modularity<'_>| {
        let mut package = package(PackageKind::Rpm, "nodejs", version);
        if !label.is_empty() {
            let label = ("modularitylabel".to_owned(), label.to_owned());
            package.package.qualifiers.extend([label]);
        }
        assert_eq!(modularity(&package.package), expected, "{label} {version}");
    };
    check(
        "nodejs:18:8090020:abc",
        "1",
        Modularity::Stream("nodejs:18"),
    );
    check("nodejs:18", "1", Modularity::Stream("nodejs:18"));
    check("", "18-1.module_el8.5.0+1+a", Modularity::Unnamed);
    check("", "18-1.module+el8.5.0+1+a", Modularity::Unnamed);
    check("", "18-1.el9", Modularity::Plain);
}

#[test]
fn the_epoch_of_an_rpm_source_is_that_of_its_other_packages() {
    let rpm = |name: &str, version: &str, source: &str| {
        let mut package = package(PackageKind::Rpm, name, version);
        package.package.source = Some(SourcePackage {
            name: "perl".into(),
            version: source.into(),
        });
        package
    };
    let check = |packages: Vec<InventoryPackage>, version: &str, without_epoch: bool| {
        let inventory = inventory("rocky 8.9", packages);
        let subjects = subjects(&inventory);
        let subject = subjects.of(0).expect("a subject");
        assert_eq!(subject.version, version);
        assert_eq!(subject.without_epoch, without_epoch);
    };
    let errno = || rpm("perl-Errno", "1.28-422.el8", "5.26.3-422.el8");
    let main = rpm("perl", "4:5.26.3-422.el8", "4:5.26.3-422.el8");
    check(vec![errno(), main.clone()], "4:5.26.3-422.el8", false);
    check(vec![errno()], "5.26.3-422.el8", true);
    check(vec![main], "4:5.26.3-422.el8", false);
    check(vec![rpm("perl", "5-1", "5-1")], "5-1", false);
}
