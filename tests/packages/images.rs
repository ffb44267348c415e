//! Images of real packages, made once from the registries and kept under `target/test-images/`
//! for as long as their recipe stays the same.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::hash::Hash;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use flate2::read::GzDecoder;
use outcrop_tests::programs::tool;
use outcrop_tests::{data, debian, made};

/// An archive of one layer, whose root file system `fill` makes in the folder that it is given.
fn image(name: &str, recipe: impl Hash, fill: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
    made::once(name, recipe, |unfinished| {
        let root = unfinished.with_file_name("root");
        fs::create_dir(&root)?;
        fill(&root)?;
        let layer = unfinished.with_file_name("layer.tar");
        run(
            "tar",
            [
                "--create".as_ref(),
                "--file".as_ref(),
                layer.as_os_str(),
                "--directory".as_ref(),
                root.as_os_str(),
                ".".as_ref(),
            ],
        )?;
        made::archive_of_one_layer(name, &layer, unfinished)
    })
}

fn run<A: AsRef<OsStr>>(program: &str, arguments: impl IntoIterator<Item = A>) -> Result<()> {
    tool(program, arguments).map(drop)
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::create_dir_all(path.parent().context("a file in a folder")?)?;
    Ok(fs::write(path, text)?)
}

/// Alpine 3.10 as Docker saved it; Syft reads no compressed archive.
pub(crate) fn alpine() -> Result<PathBuf> {
    let packed = data::alpine_archive()?;
    made::once("alpine", &packed, |unfinished| {
        let mut unpacked = GzDecoder::new(File::open(&packed)?);
        io::copy(&mut unpacked, &mut File::create(unfinished)?)?;
        Ok(())
    })
}

/// Wheels of their time, and one source distribution.
pub(crate) fn python() -> Result<PathBuf> {
    const WHEELS: [&str; 4] = [
        "Django==3.2.0",
        "requests==2.19.1",
        "Jinja2==2.10",
        "Pillow==8.0.0",
    ];
    const SOURCES: [&str; 1] = ["PyYAML==5.3"];
    image("python", (WHEELS, SOURCES), |root| {
        let packages = root.join("usr/local/lib/python3.8/site-packages");
        let target = packages.display().to_string();
        let environment = root.with_file_name("environment");
        run(
            "python3",
            ["-m".as_ref(), "venv".as_ref(), environment.as_os_str()],
        )?;
        let pip = environment.join("bin/pip").display().to_string();
        let install = ["install", "--quiet", "--no-deps", "--target", &target];
        let of_their_time = [
            "--only-binary=:all:",
            "--python-version=3.8",
            "--implementation=cp",
            "--abi=cp38",
            "--platform=manylinux1_x86_64",
        ];
        run(&pip, [&install[..], &of_their_time, &WHEELS].concat())?;
        run(&pip, [&install[..], &SOURCES].concat())
    })
}

/// What npm installs for four old packages.
pub(crate) fn node() -> Result<PathBuf> {
    const PACKAGES: [&str; 4] = [
        "lodash@4.17.15",
        "minimist@1.2.0",
        "axios@0.21.0",
        "express@4.16.0",
    ];
    image("node", PACKAGES, |root| {
        let folder = root.join("app");
        write(
            &folder.join("package.json"),
            "{ \"name\": \"orders\", \"version\": \"1.0.0\", \"private\": true }\n",
        )?;
        let prefix = folder.display().to_string();
        let install = [
            "install",
            "--silent",
            "--no-audit",
            "--no-fund",
            "--ignore-scripts",
            "--prefix",
            &prefix,
        ];
        run("npm", [&install[..], &PACKAGES].concat())
    })
}

/// A program that tells of its crates.
pub(crate) fn rust() -> Result<PathBuf> {
    const MANIFEST: &str = "\
[package]
name = \"orders\"
version = \"2.7.0\"
edition = \"2021\"

[dependencies]
regex = \"=1.5.4\"
time = \"=0.1.43\"

[workspace]
";
    const PROGRAM: &str = "\
fn main() {
    let words = regex::Regex::new(\"[a-z]+\").unwrap();
    println!(\"{} {}\", time::now().tm_year, words.is_match(\"orders\"));
}
";
    image("rust", (MANIFEST, PROGRAM), |root| {
        let sources = root.with_file_name("orders");
        write(&sources.join("Cargo.toml"), MANIFEST)?;
        write(&sources.join("src/main.rs"), PROGRAM)?;
        let manifest = sources.join("Cargo.toml").display().to_string();
        let built = root.with_file_name("built");
        let target = built.display().to_string();
        run(
            "cargo",
            [
                "auditable",
                "build",
                "--quiet",
                "--release",
                "--manifest-path",
                &manifest,
                "--target-dir",
                &target,
            ],
        )?;
        let programs = root.join("usr/local/bin");
        fs::create_dir_all(&programs)?;
        fs::copy(built.join("release/orders"), programs.join("orders"))?;
        Ok(())
    })
}

/// Debian's own gems, jars and Go programs as it installs them, and again under `/app`, where no
/// package of Debian owns them.
pub(crate) fn debian() -> Result<PathBuf> {
    const PACKAGES: [&str; 9] = [
        "docker-registry",
        "libcommons-collections3-java",
        "libcommons-lang3-java",
        "libguava-java",
        "liblog4j2-java",
        "node-lodash",
        "python3-requests",
        "ruby-nokogiri",
        "ruby-rack",
    ];
    const COPIES: &str = "\
cd \"$1\"
mkdir -p app/jars app/gems app/bin
cp -L usr/share/java/*.jar app/jars/
cp -r usr/share/rubygems-integration/all/specifications app/gems/
cp usr/bin/docker-registry app/bin/
";
    made::once("debian-languages", (PACKAGES, COPIES), |unfinished| {
        let script = unfinished.with_file_name("copies.sh");
        fs::write(&script, COPIES)?;
        let layer = unfinished.with_file_name("layer.tar");
        debian::bootstrap(
            &PACKAGES.join(","),
            &[&format!("sh -e {} \"$1\"", script.display())],
            &layer,
        )?;
        made::archive_of_one_layer("debian-languages", &layer, unfinished)
    })
}

const SPECIFICATION: &str = "\
Name: %{named}
Version: %{versioned}
Release: 3.el9
Epoch: %{?epoch}%{!?epoch:0}
Summary: A package of the tests
License: MIT and ASL 2.0
Source0: none
%description
Made for a test.
%install
mkdir -p %{buildroot}/usr/share/%{name}
echo %{name} >%{buildroot}/usr/share/%{name}/name
%files
/usr/share/%{name}/name
";

/// Builds packages and installs them into `root`, with the database that Debian's rpm writes.
fn install_rpms(root: &Path) -> Result<()> {
    const PACKAGES: [(&str, &str, &str); 4] = [
        ("bash", "5.1.8", "0"),
        ("openssl-libs", "3.0.1", "1"),
        ("zlib", "1.2.11", "0"),
        ("perl-libs", "5.32.1", "4"),
    ];
    write(
        &root.join("etc/os-release"),
        "ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\nVERSION_ID=\"9.0\"\n",
    )?;
    let top = root.with_file_name("rpmbuild");
    let specification = root.with_file_name("package.spec");
    fs::write(&specification, SPECIFICATION.replace("Source0: none\n", ""))?;
    let define = |name: &str, value: &str| ["--define".to_owned(), format!("{name} {value}")];
    for (name, version, epoch) in PACKAGES {
        let mut arguments = vec!["-bb".to_owned(), "--quiet".to_owned()];
        arguments.extend(define("_topdir", &top.display().to_string()));
        arguments.extend(define("named", name));
        arguments.extend(define("versioned", version));
        arguments.extend(define("epoch", epoch));
        arguments.push(specification.display().to_string());
        run("rpmbuild", arguments)?;
    }
    let built = tool(
        "find",
        [top.as_os_str(), "-name".as_ref(), "*.rpm".as_ref()],
    )?;
    let mut arguments: Vec<String> = ["--root", &root.display().to_string()]
        .map(str::to_owned)
        .to_vec();
    arguments.extend(define("_dbpath", "/var/lib/rpm"));
    arguments.extend(["--install", "--nodeps", "--noscripts", "--nosignature"].map(str::to_owned));
    arguments.extend(built.lines().map(str::to_owned));
    run("rpm", arguments)
}

/// Packages that rpmbuild builds, in the sqlite database that rpm keeps.
pub(crate) fn rpm() -> Result<PathBuf> {
    image("rpm", SPECIFICATION, install_rpms)
}

/// The same packages in a Berkeley database, as rpm before 4.16 kept them.
pub(crate) fn rpm_berkeley() -> Result<PathBuf> {
    const CONVERT: &str = "\
import sqlite3, struct, sys
print('VERSION=3\\nformat=bytevalue\\ntype=hash\\nh_nelem=8\\ndb_pagesize=4096\\nHEADER=END')
rows = sqlite3.connect(sys.argv[1]).execute('select hnum, blob from Packages').fetchall()
for number, blob in [(0, struct.pack('<I', len(rows)))] + rows:
    print(' ' + struct.pack('<I', number).hex())
    print(' ' + bytes(blob).hex())
print('DATA=END')
";
    image("rpm_berkeley", (SPECIFICATION, CONVERT), |root| {
        install_rpms(root)?;
        let database = root.join("var/lib/rpm/rpmdb.sqlite");
        let dump = root.with_file_name("dump");
        fs::write(
            &dump,
            tool(
                "python3",
                ["-c".as_ref(), CONVERT.as_ref(), database.as_os_str()],
            )?,
        )?;
        for entry in fs::read_dir(root.join("var/lib/rpm"))? {
            fs::remove_file(entry?.path())?;
        }
        let packages = root.join("var/lib/rpm/Packages");
        run(
            "db5.3_load",
            ["-f".as_ref(), dump.as_os_str(), packages.as_os_str()],
        )
    })
}
