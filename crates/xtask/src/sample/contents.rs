//! What lies in the layers of the three images.

use std::collections::BTreeMap;
use std::fmt::Write;

use anyhow::{Context, bail};
use serde::Serialize;

use super::archive::{HistoryEntry, Image, Settings, sha256};
use super::history::{self, Builder};
use super::layer::Layer;
use super::tables::{self, DebianPackage};
use crate::repository;

/// Where pip installs under Debian 12's Python.
const SITE: &str = "usr/local/lib/python3.11/dist-packages";

const OS_RELEASE: &str = r#"PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
NAME="Debian GNU/Linux"
VERSION_ID="12"
VERSION="12 (bookworm)"
VERSION_CODENAME=bookworm
ID=debian
HOME_URL="https://www.debian.org/"
SUPPORT_URL="https://www.debian.org/support"
BUG_REPORT_URL="https://bugs.debian.org/"
"#;

const SOURCES: &str = "Types: deb
URIs: http://deb.debian.org/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://deb.debian.org/debian-security
Suites: bookworm-security
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
";

const PASSWD: &str = "root:x:0:0:root:/root:/bin/bash
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
_apt:x:42:65534::/nonexistent:/usr/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
";

/// Stands in for every program: the sample holds none.
const NO_PROGRAM: &str = "This image is a sample: it holds package databases and no programs.\n";

/// The three images, each with the layers and history of those that it builds on.
pub(super) fn images() -> anyhow::Result<Vec<Image>> {
    let packages = tables::debian_packages()?;
    let root = root_file_system(&packages).to_tar()?;
    let path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin".to_owned();
    let nothing = Image {
        reference: "",
        created: "",
        settings: Settings {
            env: vec![path],
            ..Settings::default()
        },
        history: Vec::new(),
        layers: Vec::new(),
    };
    let base = build(
        &nothing,
        "outcrop-sample/debian:12",
        "2023-06-12T09:20:00Z",
        "base",
        Builder::Classic(&sha256(&root)),
        vec![root],
    )?;
    let enterprise = build(
        &base,
        "outcrop-sample/enterprise:1.4",
        "2023-06-20T07:45:00Z",
        "enterprise",
        Builder::BuildKit,
        vec![enterprise_packages(&packages).to_tar()?],
    )?;
    let mut layers = Vec::new();
    for layer in application_layers(&packages)? {
        layers.push(layer.to_tar()?);
    }
    let application = build(
        &enterprise,
        "outcrop-sample/orders:2.7.0",
        "2023-07-03T14:05:00Z",
        "application",
        Builder::BuildKit,
        layers,
    )?;
    Ok(vec![base, enterprise, application])
}

/// Adds to a parent what the Containerfile in a folder of the sample says.
fn build(
    parent: &Image,
    reference: &'static str,
    created: &'static str,
    folder: &str,
    builder: Builder<'_>,
    own_layers: Vec<Vec<u8>>,
) -> anyhow::Result<Image> {
    let containerfile = repository::read(format!("assets/sample/{folder}/Containerfile"))?;
    let steps = history::steps(&containerfile, builder)?;
    let bringing = steps.iter().filter(|step| !step.empty).count();
    if bringing != own_layers.len() {
        bail!(
            "`{reference}` has {} layers and {bringing} steps that bring one",
            own_layers.len()
        );
    }
    let comment = (builder == Builder::BuildKit).then_some("buildkit.dockerfile.v0");
    let mut settings = parent.settings.clone();
    apply(&mut settings, &containerfile)?;
    let mut history = parent.history.clone();
    history.extend(steps.into_iter().map(|step| HistoryEntry {
        created: created.to_owned(),
        created_by: step.created_by,
        comment,
        empty_layer: step.empty,
    }));
    let mut layers = parent.layers.clone();
    layers.extend(own_layers);
    Ok(Image {
        reference,
        created,
        settings,
        history,
        layers,
    })
}

/// Carries the settings of the last stage over the parent's.
fn apply(settings: &mut Settings, containerfile: &str) -> anyhow::Result<()> {
    let instructions = history::instructions(containerfile);
    let last = instructions
        .iter()
        .rposition(|line| line.starts_with("FROM "))
        .unwrap_or(0);
    for instruction in &instructions[last..] {
        let (keyword, arguments) = instruction.split_once(' ').unwrap_or((instruction, ""));
        let arguments = arguments.trim();
        match keyword {
            "USER" => arguments.clone_into(&mut settings.user),
            "WORKDIR" => arguments.clone_into(&mut settings.working_dir),
            "CMD" => settings.cmd = serde_json::from_str(arguments)?,
            "LABEL" => settings.labels.extend(history::pairs(arguments)?),
            "ENV" => {
                let pairs = history::pairs(arguments)?;
                settings
                    .env
                    .extend(pairs.iter().map(|(key, value)| format!("{key}={value}")));
            }
            _ => {}
        }
    }
    Ok(())
}

fn root_file_system(packages: &[DebianPackage]) -> Layer {
    let mut layer = Layer::default();
    for folder in [
        "boot",
        "dev",
        "home",
        "media",
        "mnt",
        "opt",
        "proc",
        "root",
        "run",
        "srv",
        "sys",
        "tmp",
        "usr/local/bin",
        "var/cache/apt",
        "var/lib/apt/lists",
        "var/lib/dpkg/info",
        "var/log",
    ] {
        layer.directory(folder);
    }
    for (link, target) in [
        ("bin", "usr/bin"),
        ("lib", "usr/lib"),
        ("lib64", "usr/lib64"),
        ("sbin", "usr/sbin"),
        ("etc/os-release", "../usr/lib/os-release"),
        ("usr/bin/sh", "dash"),
    ] {
        layer.link(link, target);
    }
    layer
        .directory("usr/lib64")
        .directory("usr/sbin")
        .program("usr/bin/dash", NO_PROGRAM)
        .program("usr/bin/bash", NO_PROGRAM)
        .file("usr/lib/os-release", OS_RELEASE)
        .file("etc/debian_version", "12.0\n")
        .file("etc/apt/sources.list.d/debian.sources", SOURCES)
        .file("etc/passwd", PASSWD)
        .file("var/lib/dpkg/status", status(packages, &["base"]));
    layer
}

fn enterprise_packages(packages: &[DebianPackage]) -> Layer {
    let mut layer = Layer::default();
    layer
        .program("usr/bin/curl", NO_PROGRAM)
        .program("usr/bin/gpg", NO_PROGRAM)
        .program("usr/bin/openssl", NO_PROGRAM)
        .file(
            "var/lib/dpkg/status",
            status(packages, &["base", "enterprise"]),
        );
    layer
}

/// One layer for each `WORKDIR`, `RUN` and `COPY` of the application's Containerfile.
fn application_layers(packages: &[DebianPackage]) -> anyhow::Result<Vec<Layer>> {
    let mut workdir = Layer::default();
    workdir.directory("app");

    let mut apt = Layer::default();
    apt.program("usr/bin/node", NO_PROGRAM)
        .program("usr/bin/pip3", NO_PROGRAM)
        .program("usr/bin/python3.11", NO_PROGRAM)
        .link("usr/bin/python3", "python3.11")
        .file(
            "etc/passwd",
            format!("{PASSWD}orders:x:999:999::/app:/usr/sbin/nologin\n"),
        )
        .file(
            "var/lib/dpkg/status",
            status(packages, &["base", "enterprise", "application"]),
        );

    let mut requirements = Layer::default();
    requirements.file("app/requirements.txt", input("requirements.txt")?);

    let mut pip = Layer::default();
    pip.program("usr/local/bin/gunicorn", NO_PROGRAM);
    for package in tables::python_packages()? {
        // The folder of a wheel, as the binary distribution format escapes its name.
        let folder = format!(
            "{SITE}/{}-{}.dist-info",
            package.name.replace('-', "_"),
            package.version
        );
        let mut metadata = format!(
            "Metadata-Version: 2.1\nName: {}\nVersion: {}\nLicense: {}\n",
            package.name, package.version, package.licence
        );
        for requirement in package.requirements {
            writeln!(metadata, "Requires-Dist: {requirement}")?;
        }
        let name = folder.rsplit('/').next().unwrap_or_default();
        let record = format!("{name}/INSTALLER,,\n{name}/METADATA,,\n{name}/RECORD,,\n");
        pip.file(&format!("{folder}/METADATA"), metadata)
            .file(&format!("{folder}/INSTALLER"), "pip\n")
            .file(&format!("{folder}/RECORD"), record);
    }

    let mut modules = Layer::default();
    for (path, package) in locked()?.packages {
        if !path.is_empty() {
            let name = path.trim_start_matches("node_modules/").to_owned();
            let manifest = NodeManifest {
                name,
                version: package.version,
                license: package.license,
                dependencies: package.dependencies,
            };
            modules.file(&format!("app/{path}/package.json"), json(&manifest)?);
        }
    }

    let mut code = Layer::default();
    code.file("app/orders/wsgi.py", input("orders/wsgi.py")?);
    Ok(vec![workdir, apt, requirements, pip, modules, code])
}

fn input(name: &str) -> anyhow::Result<String> {
    repository::read(format!("assets/sample/application/{name}"))
}

/// `var/lib/dpkg/status` with the packages of the named images, sorted by name.
fn status(packages: &[DebianPackage], images: &[&str]) -> String {
    let mut installed: Vec<&DebianPackage> = packages
        .iter()
        .filter(|package| images.contains(&package.image))
        .collect();
    installed.sort_by_key(|package| package.name);
    let mut status = String::new();
    for package in installed {
        let source = match (package.source == package.name, package.source_version) {
            (true, version) if version == package.version => String::new(),
            (_, version) if version == package.version => package.source.to_owned(),
            (_, version) => format!("{} ({version})", package.source),
        };
        for (field, value) in [
            ("Package", package.name),
            ("Essential", package.essential),
            ("Status", "install ok installed"),
            ("Priority", package.priority),
            ("Section", package.section),
            ("Installed-Size", package.installed_size),
            ("Architecture", package.architecture),
            ("Multi-Arch", package.multi_arch),
            ("Source", &source),
            ("Version", package.version),
        ] {
            if !value.is_empty() {
                // Writing to a `String` cannot fail.
                let _ = writeln!(status, "{field}: {value}");
            }
        }
        status.push('\n');
    }
    status
}

/// `package.json` of an installed Node package.
#[derive(Serialize)]
struct NodeManifest {
    name: String,
    version: String,
    license: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    dependencies: BTreeMap<String, String>,
}

/// `package-lock.json`, version 3, without download addresses.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PackageLock {
    name: String,
    version: String,
    lockfile_version: u32,
    requires: bool,
    packages: BTreeMap<String, LockedPackage>,
}

#[derive(Serialize)]
struct LockedPackage {
    #[serde(skip_serializing_if = "String::is_empty")]
    name: String,
    version: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    license: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    dependencies: BTreeMap<String, String>,
}

/// The application's `package.json`.
#[derive(serde::Deserialize)]
struct Application {
    name: String,
    version: String,
    dependencies: BTreeMap<String, String>,
}

fn locked() -> anyhow::Result<PackageLock> {
    let application: Application = serde_json::from_str(&input("package.json")?)?;
    let mut packages = BTreeMap::new();
    for package in tables::node_packages()? {
        let mut dependencies = BTreeMap::new();
        for requirement in package.requirements {
            let (name, range) = requirement
                .rsplit_once('@')
                .with_context(|| format!("not `name@range`: `{requirement}`"))?;
            dependencies.insert(name.to_owned(), range.to_owned());
        }
        packages.insert(
            format!("node_modules/{}", package.name),
            LockedPackage {
                name: String::new(),
                version: package.version.to_owned(),
                license: package.licence.to_owned(),
                dependencies,
            },
        );
    }
    packages.insert(
        String::new(),
        LockedPackage {
            name: application.name.clone(),
            version: application.version.clone(),
            license: String::new(),
            dependencies: application.dependencies,
        },
    );
    Ok(PackageLock {
        name: application.name,
        version: application.version,
        lockfile_version: 3,
        requires: true,
        packages,
    })
}

/// The lock file of the application, as the builder stage of its Containerfile reads it.
pub(super) fn package_lock() -> anyhow::Result<String> {
    json(&locked()?)
}

fn json(value: &impl Serialize) -> anyhow::Result<String> {
    Ok(format!("{}\n", serde_json::to_string_pretty(value)?))
}
