//! A truly outdated Debian image, without a registry.
//!
//! `mmdebstrap` bootstraps from the main archive alone; only then the security and updates
//! archives are named in the image's own apt sources. So what the security archive mends is
//! still broken in the image, and an upgrade inside a build really mends it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use crate::engine::Engine;
use crate::{made, programs};

/// The release that is bootstrapped.
const SUITE: &str = "bookworm";

/// Packages beyond the minimal set, chosen for their record of security updates.
const PACKAGES: &str = "curl,gnupg,libxml2,nginx-light,openssl,python3";

/// Reference of the outdated image; both engines keep a name with a host as it is.
pub const BASE: &str = "localhost/outcrop-test/debian:outdated";

/// Reference of the application on it.
pub const APPLICATION: &str = "localhost/outcrop-test/application:1";

/// The application's own package, from the main archive: outdated too, where security has a newer one.
pub const OWN_PACKAGE: &str = "libarchive13";

/// Removed by the application so that only its configuration is left.
pub const LEFTOVER: &str = "nginx-common";

/// The application's Containerfile, as people write them.
pub const CONTAINERFILE: &str = "\
# syntax=docker/dockerfile:1
FROM localhost/outcrop-test/debian:outdated

ENV DEBIAN_FRONTEND=noninteractive

# tini reaps what the worker leaves behind
RUN apt-get update \\
    && apt-get install --yes --no-install-recommends --target-release bookworm \\
        libarchive13 \\
        tini \\
    && apt-get remove --yes nginx-common \\
    && rm -rf /var/lib/apt/lists/*

COPY worker.conf /etc/worker.conf
USER www-data
ENTRYPOINT [\"tini\", \"--\"]
CMD [\"cat\", \"/etc/worker.conf\"]
";

/// The archives of [`SUITE`] as this machine's apt knows them.
struct Archives {
    main: String,
    updates: String,
    security: String,
}

impl Archives {
    /// Asks apt for the packages indexes that it fetches.
    fn of_this_machine() -> Result<Self> {
        let listed = programs::tool(
            "apt-get",
            [
                "indextargets",
                "--format",
                "$(REPO_URI) $(RELEASE)",
                "Identifier: Packages",
                "Component: main",
                "Origin: Debian",
            ],
        )?;
        let line = |suite: String| {
            listed
                .lines()
                .filter_map(|line| line.split_once(' '))
                .find(|(_, release)| *release == suite)
                .map(|(address, _)| format!("deb {address} {suite} main"))
                .with_context(|| format!("apt's sources do not name the archive `{suite}`"))
        };
        Ok(Self {
            main: line(SUITE.to_owned())?,
            updates: line(format!("{SUITE}-updates"))?,
            security: line(format!("{SUITE}-security"))?,
        })
    }
}

/// The apt sources without the security archive, for an image that cannot be mended.
pub fn sources_without_security() -> Result<String> {
    let archives = Archives::of_this_machine()?;
    Ok(format!("{}\n{}\n", archives.main, archives.updates))
}

/// The root file system as a tar file, made once and kept under `target/test-images/` for as
/// long as the recipe stays the same.
pub fn outdated_root() -> Result<&'static Path> {
    static MADE: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    MADE.get_or_init(|| make_outdated_root().map_err(|error| format!("{error:#}")))
        .as_deref()
        .map_err(anyhow::Error::msg)
}

/// The same as a `docker save` archive of one layer.
pub fn outdated_archive() -> Result<PathBuf> {
    let root = outdated_root()?;
    made::once("debian-archive", root, |unfinished| {
        made::archive_of_one_layer("debian", root, unfinished)
    })
}

fn make_outdated_root() -> Result<PathBuf> {
    let archives = Archives::of_this_machine()?;
    let sources = [&archives.main, &archives.updates, &archives.security]
        .map(|line| format!("{line}\n"))
        .concat();
    made::once("debian-outdated", (SUITE, PACKAGES, &sources), |root| {
        let source_list = root.with_file_name("sources.list");
        fs::write(&source_list, &sources)?;
        let upload = format!("upload {} /etc/apt/sources.list", source_list.display());
        bootstrap(PACKAGES, &[&upload], root)
    })
}

/// Writes a root file system of [`SUITE`]'s main archive alone as a tar file: the minimal set and
/// these packages, comma-separated, then mmdebstrap's customize hooks.
pub fn bootstrap(packages: &str, hooks: &[&str], path: &Path) -> Result<()> {
    let archives = Archives::of_this_machine()?;
    let mut arguments = vec![
        "--quiet".to_owned(),
        "--variant=minbase".to_owned(),
        format!("--include={packages}"),
    ];
    arguments.extend(hooks.iter().map(|hook| format!("--customize-hook={hook}")));
    arguments.extend([
        SUITE.to_owned(),
        path.display().to_string(),
        archives.main.clone(),
    ]);
    programs::tool("mmdebstrap", arguments).map(drop)
}

/// Packages of many languages, as Debian has them: about 700 of its own, 1,600 of npm, 160 jars,
/// 140 gems and the tools of Go; 1.5 GB.
pub fn languages() -> Result<PathBuf> {
    const PACKAGES: &str = "npm,golang,ruby-rails,ruby-nokogiri,ruby-sinatra,libspring-web-java,\
        libtomcat9-java,libhibernate-validator-java,liblog4j2-java,maven,\
        libjackson2-databind-java,docker-registry,runc,skopeo,python3-django,python3-requests,\
        python3-numpy,git,nginx";
    made::once("languages", PACKAGES, |archive| {
        let root = archive.with_file_name("root.tar");
        bootstrap(PACKAGES, &[], &root)?;
        made::archive_of_one_layer("languages", &root, archive)
    })
}

/// The application's sources: a Containerfile and what it copies.
pub fn write_application(folder: &Path, containerfile: &str) -> Result<PathBuf> {
    fs::create_dir_all(folder)?;
    fs::write(folder.join("worker.conf"), "workers = 2\n")?;
    let path = folder.join("Containerfile");
    fs::write(&path, containerfile)?;
    Ok(path)
}

/// Gives an engine [`BASE`] and [`APPLICATION`]; the folder holds the latter's sources.
pub fn provide(engine: &Engine) -> Result<TempDir> {
    engine.import(outdated_root()?, BASE)?;
    let folder = TempDir::new()?;
    let containerfile = write_application(folder.path(), CONTAINERFILE)?;
    engine.build(folder.path(), &containerfile, APPLICATION)?;
    let packages = engine.file(APPLICATION, "/var/lib/dpkg/status")?;
    ensure!(!packages.is_empty(), "the application has no packages");
    Ok(folder)
}
