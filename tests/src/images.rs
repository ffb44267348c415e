//! Images of real packages, made once from the registries and kept under `target/test-images/`
//! for as long as their recipe stays the same.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::hash::Hash;
use std::io;
use std::path::{Path, PathBuf};

use crate::programs::tool;
use crate::{data, debian, made};
use anyhow::{Context, Result};
use flate2::read::GzDecoder;

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
pub fn alpine() -> Result<PathBuf> {
    let packed = data::alpine_archive()?;
    made::once("alpine", &packed, |unfinished| {
        let mut unpacked = GzDecoder::new(File::open(&packed)?);
        io::copy(&mut unpacked, &mut File::create(unfinished)?)?;
        Ok(())
    })
}

/// Alpine's root, unpacked into the folder.
pub fn alpine_root(root: &Path) -> Result<()> {
    const UNPACK: &str = "\
tar --extract --gzip --to-stdout --wildcards --file \"$1\" '*/layer.tar' |
    tar --extract --no-same-owner --directory \"$2\"
";
    run(
        "sh",
        [
            "-ec".as_ref(),
            UNPACK.as_ref(),
            "sh".as_ref(),
            data::alpine_archive()?.as_os_str(),
            root.as_os_str(),
        ],
    )
}

/// Alpine 3.10 whose installed packages are of releases before what its records mend.
pub fn alpine_older() -> Result<PathBuf> {
    const OLDER: &str = "\
/^P:/ { package = substr($0, 3) }
/^V:/ && package ~ /^(busybox|ssl_client)$/ { $0 = \"V:1.29.3-r9\" }
/^V:/ && package ~ /^(libcrypto1.1|libssl1.1)$/ { $0 = \"V:1.1.1a-r0\" }
/^V:/ && package ~ /^musl/ { $0 = \"V:1.1.22-r2\" }
{ print }
";
    image("alpine_older", OLDER, |root| {
        alpine_root(root)?;
        let database = root.join("lib/apk/db/installed");
        let older = tool("awk", [OLDER.as_ref(), database.as_os_str()])?;
        Ok(fs::write(database, older)?)
    })
}

/// Wheels of their time, and one source distribution.
pub fn python() -> Result<PathBuf> {
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
pub fn node() -> Result<PathBuf> {
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
pub fn rust() -> Result<PathBuf> {
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
pub fn debian() -> Result<PathBuf> {
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
Release: %{released}
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

const ROCKY: &str = "ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\nVERSION_ID=\"9.0\"\n";

const ALMA: &str = "ID=\"almalinux\"\nID_LIKE=\"rhel centos fedora\"\nVERSION_ID=\"9.1\"\n";

/// Name, epoch, version, release.
type Build = (&'static str, &'static str, &'static str, &'static str);

const PACKAGES: [Build; 4] = [
    ("bash", "0", "5.1.8", "3.el9"),
    ("openssl-libs", "1", "3.0.1", "3.el9"),
    ("zlib", "0", "1.2.11", "3.el9"),
    ("perl-libs", "4", "5.32.1", "3.el9"),
];

/// Some before what mends them, some just mended, some that no record names.
const OF_ALMA: [Build; 15] = [
    ("bash", "0", "5.1.8", "4.el9"),
    ("curl", "0", "7.76.1", "19.el9_1.1"),
    ("dnf", "0", "4.12.0", "4.el9"),
    ("expat", "0", "2.4.9", "1.el9_1.1"),
    ("glibc", "0", "2.34", "60.el9"),
    ("gzip", "0", "1.12", "1.el9"),
    ("krb5-libs", "0", "1.20.1", "8.el9"),
    ("libcurl", "0", "7.76.1", "14.el9"),
    ("nodejs", "1", "18.12.1", "1.module_el9.1.0+16+91bc168f"),
    ("openssl-libs", "1", "3.0.1", "41.el9_0"),
    ("sqlite-libs", "0", "3.34.1", "8.el9_6"),
    ("sudo", "0", "1.9.5p2", "7.el9_1.1"),
    ("systemd", "0", "250", "12.el9_1.1"),
    ("tar", "2", "1.34", "6.el9_1"),
    ("zlib", "0", "1.2.11", "32.el9_0"),
];

/// Builds packages and installs them into `root`, with the database that Debian's rpm writes.
fn install_rpms(root: &Path, system: &str, packages: &[Build]) -> Result<()> {
    write(&root.join("etc/os-release"), system)?;
    let top = root.with_file_name("rpmbuild");
    let specification = root.with_file_name("package.spec");
    fs::write(&specification, SPECIFICATION.replace("Source0: none\n", ""))?;
    let define = |name: &str, value: &str| ["--define".to_owned(), format!("{name} {value}")];
    for (name, epoch, version, release) in packages {
        let mut arguments = vec!["-bb".to_owned(), "--quiet".to_owned()];
        arguments.extend(define("_topdir", &top.display().to_string()));
        arguments.extend(define("named", name));
        arguments.extend(define("versioned", version));
        arguments.extend(define("epoch", epoch));
        arguments.extend(define("released", release));
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
pub fn rpm() -> Result<PathBuf> {
    image("rpm", (SPECIFICATION, PACKAGES), |root| {
        install_rpms(root, ROCKY, &PACKAGES)
    })
}

/// Builds of `AlmaLinux` 9.
pub fn alma() -> Result<PathBuf> {
    image("alma", (SPECIFICATION, ALMA, OF_ALMA), |root| {
        install_rpms(root, ALMA, &OF_ALMA)
    })
}

/// The same packages in a Berkeley database, as rpm before 4.16 kept them.
pub fn rpm_berkeley() -> Result<PathBuf> {
    const CONVERT: &str = "\
import sqlite3, struct, sys
print('VERSION=3\\nformat=bytevalue\\ntype=hash\\nh_nelem=8\\ndb_pagesize=4096\\nHEADER=END')
rows = sqlite3.connect(sys.argv[1]).execute('select hnum, blob from Packages').fetchall()
for number, blob in [(0, struct.pack('<I', len(rows)))] + rows:
    print(' ' + struct.pack('<I', number).hex())
    print(' ' + bytes(blob).hex())
print('DATA=END')
";
    image("rpm_berkeley", (SPECIFICATION, PACKAGES, CONVERT), |root| {
        install_rpms(root, ROCKY, &PACKAGES)?;
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
