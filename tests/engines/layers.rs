//! What becomes of packages from layer to layer, built for real: the whole list, each with the
//! layer that introduced it and its history, and beside it what dpkg itself says in a container.
//!
//! The introducing layer is the start of the current unbroken run of (name, architecture, version)
//! along the layers. So a package that is installed again as it was stays with its layer, and one
//! that was away in between, or in another version, belongs to the layer that brought it back.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use outcrop_tests::debian;
use outcrop_tests::engine::{Engine, Kind};
use outcrop_tests::programs::{User, tool};
use outcrop_tests::published::{Package, Scan};
use outcrop_tests::suite::Outcome;
use tempfile::TempDir;

use crate::fleet;

/// dpkg's own database; what has other evidence is not dpkg's to say.
const STATUS: &str = "var/lib/dpkg/status";

/// An architecture besides the image's own, whichever that is.
const FOREIGN: &str = "s390x";

/// Layer 0 is the base. `away` goes with its configuration, `left` and `home` leave it behind;
/// `same` is installed as it was, by dpkg alone and after a removal in the same step.
const WAYS: &str = "\
FROM localhost/outcrop-test/debian:outdated
COPY debs /debs
RUN dpkg --add-architecture s390x && cd /debs && dpkg --install \
    up_2.0-1_all.deb down_2_all.deb round_1_all.deb kept_1_all.deb same_1_all.deb \
    gone_1_all.deb away_1_all.deb left_1_all.deb home_1_all.deb again_1_all.deb \
    python3-sextant_1_all.deb python3-almanac_1_all.deb twin_1_native.deb
RUN cd /debs && dpkg --install \
    up_1.0-1_all.deb down_1_all.deb round_2_all.deb python3-sextant_2_all.deb twin_1_s390x.deb
RUN dpkg --remove gone left home python3-almanac && dpkg --purge away again
COPY unrelated /srv/unrelated
RUN cd /debs && dpkg --install \
    round_1_all.deb home_1_all.deb again_1_all.deb same_1_all.deb \
    twin_2_native.deb twin_2_s390x.deb
RUN dpkg --remove same twin:s390x && dpkg --install /debs/same_1_all.deb
RUN dpkg --install /debs/twin_2_s390x.deb && rm -r /debs
";

/// The database of dpkg is another one, the first one, and the other one again.
const REPLACED: &str = "\
FROM localhost/outcrop-test/debian:outdated
COPY replaced /var/lib/dpkg/status
COPY original /var/lib/dpkg/status
COPY replaced /var/lib/dpkg/status
";

/// Folders of records are emptied and filled again in one step, which engines write as opaque;
/// `sextant` comes in layer 3 and is upgraded in layer 5 as pip does it.
const FOLDERS: &str = "\
FROM localhost/outcrop-test/debian:outdated
COPY records /
RUN cd /var/lib/dpkg && rm -r status.d && mkdir status.d \
    && printf 'Package: kept\\nVersion: 1\\n' >status.d/kept \
    && printf 'Package: other\\nVersion: 2\\n' >status.d/other \
    && printf 'Package: new\\nVersion: 1\\n' >status.d/new \
    && cd /srv/opaque && rm -r site-packages && mkdir -p site-packages/astrolabe-1.dist-info \
    && printf 'Metadata-Version: 2.1\\nName: astrolabe\\nVersion: 1\\n' \
        >site-packages/astrolabe-1.dist-info/METADATA
COPY sextant-1 /srv/app/site-packages/sextant-1.dist-info
COPY unrelated /srv/unrelated
RUN cd /srv/app/site-packages && rm -r sextant-1.dist-info && mkdir sextant-2.dist-info \
    && printf 'Metadata-Version: 2.1\\nName: sextant\\nVersion: 2\\n' >sextant-2.dist-info/METADATA
";

/// Everything that the folders held is deleted; the folder of records as a whole.
const DELETED: &str = "\
FROM localhost/outcrop-test/folders:1
RUN rm -r /srv/app/site-packages/sextant-2.dist-info /var/lib/dpkg/status.d
";

/// Each image's list is the base's, but for what is gone, and what is told here.
pub(crate) fn are_told_exactly(kind: Kind) -> Outcome {
    let images = Images::of(kind)?;
    let native = tool("dpkg", ["--print-architecture"])?;
    let native = native.trim();
    images.check(
        "ways",
        WAYS,
        &[],
        &[
            "deb up:all 1:1.0-1 @3 (2): layer 2: 2.0-1 added; layer 3: 2.0-1 → 1:1.0-1",
            "deb down:all 1 @3 (2): layer 2: 2 added; layer 3: 2 → 1",
            "deb round:all 1 @6 (2): layer 2: 1 added; layer 3: 1 → 2; layer 6: 2 → 1",
            "deb kept:all 1 @2 (2): layer 2: 1 added",
            "deb same:all 1 @2 (2): layer 2: 1 added",
            "deb home:all 1 @6 (2): layer 2: 1 added; layer 4: 1 removed; layer 6: 1 added",
            "deb again:all 1 @6 (2): layer 2: 1 added; layer 4: 1 removed; layer 6: 1 added",
            "deb python3-sextant:all 2 @3 (2): layer 2: 1 added; layer 3: 1 → 2",
            "pypi sextant 2 of python3-sextant @3 (2): layer 2: 1 added; layer 3: 1 → 2",
            &format!("deb twin:{native} 2 @6 (2): layer 2: 1 added; layer 6: 1 → 2"),
            "deb twin:s390x 2 @8 (3): \
             layer 3: 1 added; layer 6: 1 → 2; layer 7: 2 removed; layer 8: 2 added",
        ],
        &["deb left:all 1 @4 (2): layer 2: 1 added; layer 4: 1 removed"],
    )?;
    let before = images.version(UPGRADED)?;
    images.check(
        "replaced",
        REPLACED,
        &[UPGRADED, REMOVED],
        &[
            &format!(
                "deb {UPGRADED}:{native} 999 @3 (0): layer 0: {before} added; \
                 layer 1: {before} → 999; layer 2: 999 → {before}; layer 3: {before} → 999"
            ),
            "deb invented:all 1 @3 (1): layer 1: 1 added; layer 2: 1 removed; layer 3: 1 added",
        ],
        &[],
    )?;
    let folders = [
        "deb kept 1 @1 (1): layer 1: 1 added",
        "deb other 2 @2 (1): layer 1: 1 added; layer 2: 1 → 2",
        "deb new 1 @2 (2): layer 2: 1 added",
        "pypi sextant 2 @5 (3): layer 3: 1 added; layer 5: 1 → 2",
        "pypi astrolabe 1 @1 (1): layer 1: 1 added",
    ];
    images.check("folders", FOLDERS, &[], &folders, &[])?;
    images.check("deleted", DELETED, &[], &folders[4..], &[])
}

/// Packages of the base that the other database has in another version, and not at all.
const UPGRADED: &str = "curl";
const REMOVED: &str = "gnupg-utils";

/// An engine with the base, and what the images are built from.
struct Images {
    engine: &'static Engine,
    user: User,
    folder: TempDir,
    base: Scan,
}

impl Images {
    fn of(kind: Kind) -> Result<Self> {
        let engine = fleet::engine(kind)?;
        let folder = TempDir::new()?;
        write_context(folder.path(), engine)?;
        let user = User::of(&[engine])?;
        let base = fleet::scan(&user, debian::BASE)?;
        equals_what_dpkg_says(engine, debian::BASE, &base)?;
        Ok(Self {
            engine,
            user,
            folder,
            base,
        })
    }

    /// The version of a package of the base.
    fn version(&self, name: &str) -> Result<&str> {
        let package = self.base.package(name);
        Ok(&package
            .with_context(|| format!("`{name}` is not in the base"))?
            .version)
    }

    /// Builds and scans an image: `expected` and all of the base but `gone`, and these leftovers.
    fn check(
        &self,
        name: &str,
        containerfile: &str,
        gone: &[&str],
        expected: &[&str],
        leftovers: &[&str],
    ) -> Outcome {
        let path = self.folder.path().join(format!("{name}.containerfile"));
        fs::write(&path, containerfile)?;
        let reference = format!("localhost/outcrop-test/{name}:1");
        self.engine.build(self.folder.path(), &path, &reference)?;
        let scan = fleet::scan(&self.user, &reference)?;

        let kept = self.base.packages.iter();
        let mut expected: Vec<_> = expected.iter().map(ToString::to_string).collect();
        expected.extend(
            kept.filter(|package| !gone.contains(&package.name.as_str()))
                .map(of_the_base),
        );
        same(name, "packages", &expected, &lines(&scan.packages))?;

        let kept = self.base.configuration_leftovers.iter();
        let mut expected: Vec<_> = leftovers.iter().map(ToString::to_string).collect();
        expected.extend(kept.map(of_the_base));
        let found = lines(&scan.configuration_leftovers);
        same(name, "leftovers", &expected, &found)?;
        equals_what_dpkg_says(self.engine, &reference, &scan)
    }
}

/// The same lines, each as often.
fn same(image: &str, what: &str, expected: &[String], found: &[String]) -> Outcome {
    let set = |lines: &[String]| lines.iter().cloned().collect::<BTreeSet<_>>();
    let (wanted, shown) = (set(expected), set(found));
    ensure!(
        wanted == shown && expected.len() == found.len(),
        "{image}: of {} {what} {} are shown; missing {:#?}, extra {:#?}",
        expected.len(),
        found.len(),
        wanted.difference(&shown).collect::<Vec<_>>(),
        shown.difference(&wanted).collect::<Vec<_>>()
    );
    Ok(())
}

/// As `kind name:architecture version of owner @introduced (first seen): changes`.
fn line(package: &Package) -> String {
    format!(
        "{} @{} ({}): {}",
        title(package),
        number(package.layer),
        number(package.first_seen_layer),
        package.changes.join("; ")
    )
}

fn number(layer: Option<usize>) -> String {
    layer.map_or_else(|| "none".to_owned(), |layer| layer.to_string())
}

fn lines(packages: &[Package]) -> Vec<String> {
    packages.iter().map(line).collect()
}

/// The line of a package that came with layer 0 and that nothing has changed since.
fn of_the_base(package: &Package) -> String {
    let title = title(package);
    format!("{title} @0 (0): layer 0: {} added", package.version)
}

fn title(package: &Package) -> String {
    let architecture = package.architecture.as_ref();
    let owner = package.owned_by.as_ref();
    format!(
        "{} {}{} {}{}",
        package.kind,
        package.name,
        architecture.map_or_else(String::new, |name| format!(":{name}")),
        package.version,
        owner.map_or_else(String::new, |owner| format!(" of {}", owner.name))
    )
}

/// `dpkg-query` in a container of the image, against the packages of dpkg's database.
fn equals_what_dpkg_says(engine: &Engine, image: &str, scan: &Scan) -> Outcome {
    let mut arguments = vec!["run", "--rm", "--network=none"];
    if engine.kind() == Kind::Podman {
        // Its own defaults may be more than the machine allows.
        arguments.extend(["--ulimit=nofile=1024:1024", "--ulimit=nproc=1024:1024"]);
    }
    arguments.extend([
        image,
        "dpkg-query",
        "--show",
        "--showformat=${db:Status-Status} ${Package} ${Version} ${Architecture}\\n",
    ]);
    let listed = engine.client(arguments)?;
    let listed: Vec<String> = listed.lines().map(str::to_owned).collect();
    let installed = scan.packages.iter().map(|package| ("installed", package));
    let leftovers = scan.configuration_leftovers.iter();
    let found: Vec<String> = installed
        .chain(leftovers.map(|package| ("config-files", package)))
        .filter(|(_, package)| package.evidence == STATUS)
        .map(|(state, package)| {
            let architecture = package.architecture.as_deref().unwrap_or_default();
            format!(
                "{state} {} {} {architecture}",
                package.name, package.version
            )
        })
        .collect();
    ensure!(!listed.is_empty(), "{image}: dpkg lists nothing");
    same(image, "packages of dpkg", &listed, &found)
}

/// Everything that the Containerfiles copy.
fn write_context(folder: &Path, engine: &Engine) -> Outcome {
    write(&folder.join("unrelated"), "nothing of a package\n")?;
    write_debs(folder)?;

    let records = folder.join("records");
    for name in ["kept", "other", "old"] {
        let record = format!("Package: {name}\nVersion: 1\n");
        write(&records.join("var/lib/dpkg/status.d").join(name), &record)?;
    }
    for name in ["astrolabe", "quadrant"] {
        let path = format!("srv/opaque/site-packages/{name}-1.dist-info/METADATA");
        write(&records.join(path), &metadata(name, "1"))?;
    }
    write(
        &folder.join("sextant-1/METADATA"),
        &metadata("sextant", "1"),
    )?;

    let original = engine.file(debian::BASE, "/var/lib/dpkg/status")?;
    let original = String::from_utf8(original)?;
    write(&folder.join("original"), &original)?;
    let of = |paragraph: &str, name: &str| paragraph.starts_with(&format!("Package: {name}\n"));
    let mut replaced: String = original
        .split_inclusive("\n\n")
        .filter(|paragraph| !of(paragraph, REMOVED))
        .map(|paragraph| {
            let upgraded = of(paragraph, UPGRADED);
            let changed = paragraph.split_inclusive('\n').map(|line| {
                if upgraded && line.starts_with("Version: ") {
                    "Version: 999\n"
                } else {
                    line
                }
            });
            changed.collect::<String>()
        })
        .collect();
    replaced.push_str(&control("invented", "1", "all"));
    replaced.push_str("Status: install ok installed\n\n");
    write(&folder.join("replaced"), &replaced)
}

/// The packages of [`WAYS`], as `name_version_architecture.deb` without the version's epoch.
fn write_debs(folder: &Path) -> Outcome {
    let native = tool("dpkg", ["--print-architecture"])?;
    for (name, versions) in [
        ("up", &["2.0-1", "1:1.0-1"][..]),
        ("down", &["1", "2"]),
        ("round", &["1", "2"]),
        ("kept", &["1"]),
        ("same", &["1"]),
        ("gone", &["1"]),
        ("away", &["1"]),
        ("left", &["1"]),
        ("home", &["1"]),
        ("again", &["1"]),
        ("python3-sextant", &["1", "2"]),
        ("python3-almanac", &["1"]),
        ("twin", &["1", "2"]),
    ] {
        for version in versions {
            let root = TempDir::new_in(folder)?;
            if let Some(module) = name.strip_prefix("python3-") {
                let path =
                    format!("usr/lib/python3/dist-packages/{module}-{version}.dist-info/METADATA");
                write(&root.path().join(path), &metadata(module, version))?;
            }
            if ["away", "left", "home"].contains(&name) {
                let path = format!("/etc/{name}.conf");
                write(&root.path().join(&path[1..]), "made = here\n")?;
                write(&root.path().join("DEBIAN/conffiles"), &format!("{path}\n"))?;
            }
            let architectures = match name {
                "twin" => &[(native.trim(), "native"), (FOREIGN, FOREIGN)][..],
                _ => &[("all", "all")],
            };
            for (architecture, shown) in architectures {
                let mut control = control(name, version, architecture);
                if name == "twin" {
                    control.push_str("Multi-Arch: same\n");
                }
                write(&root.path().join("DEBIAN/control"), &control)?;
                let version = version.split_once(':').map_or(*version, |(_, rest)| rest);
                let deb = folder.join(format!("debs/{name}_{version}_{shown}.deb"));
                fs::create_dir_all(folder.join("debs"))?;
                let build = ["--build", "--root-owner-group", "-Znone"].map(AsRef::as_ref);
                let paths = [root.path().as_os_str(), deb.as_os_str()];
                tool("dpkg-deb", build.into_iter().chain(paths))?;
            }
        }
    }
    Ok(())
}

fn control(name: &str, version: &str, architecture: &str) -> String {
    format!(
        "Package: {name}\nVersion: {version}\nArchitecture: {architecture}\n\
         Maintainer: Outcrop <outcrop@example.org>\nDescription: a package of the tests\n"
    )
}

fn metadata(name: &str, version: &str) -> String {
    format!("Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
}

/// Writes a file and the folders above it, readable by everyone as dpkg wants them.
fn write(path: &Path, text: &str) -> Outcome {
    fs::create_dir_all(path.parent().context("a file in a folder")?)?;
    Ok(fs::write(path, text)?)
}
