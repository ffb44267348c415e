//! Hundreds of thousands of real files that hold no secret of anyone: programs, their tests and
//! their documentation, as Debian, npm, Python's index, Go and the crates' registry have them.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use outcrop_tests::made;
use outcrop_tests::programs::{tool, workspace};

/// Packages of Debian that hold many files of documentation, tests and examples. They are unpacked,
/// not installed: what they depend on stays away.
const PACKAGES: [&str; 12] = [
    "ansible",
    "git-doc",
    "golang-github-aws-aws-sdk-go-dev",
    "golang-github-docker-docker-dev",
    "golang-golang-x-crypto-dev",
    "libboost1.74-dev",
    "libpython3.11-testsuite",
    "libssl-doc",
    "mediawiki",
    "nodejs-doc",
    "python-django-doc",
    "python3-botocore",
];

/// Unpacks packages into a folder, and packs it as a layer.
const UNPACK: &str = r#"
mkdir "$1/packages" "$1/files"
cd "$1/packages"
layer=$2
shift 2
apt-get --quiet=2 -o APT::Sandbox::User=root download "$@"
for package in *.deb; do
    dpkg-deb --extract "$package" ../files
done
tar --create --file "$layer" --directory ../files .
rm -r "$PWD" ../files
"#;

/// The packages' files in one layer.
pub(crate) fn documentation() -> Result<PathBuf> {
    made::once("documentation", (PACKAGES, UNPACK), |unfinished| {
        let folder = unfinished.parent().context("a folder of its own")?;
        let layer = folder.join("layer.tar");
        let mut arguments = vec!["-ec", UNPACK, "sh"].into_iter().map(str::to_owned);
        let mut line: Vec<String> = arguments.by_ref().collect();
        line.extend([folder, &layer].map(|path| path.display().to_string()));
        line.extend(PACKAGES.map(str::to_owned));
        tool("sh", line)?;
        made::archive_of_one_layer("documentation", &layer, unfinished)
    })
}

/// The packages of the interface and the sources of the crates, as they lie on this machine.
pub(crate) fn sources() -> Result<PathBuf> {
    let locks = ["Cargo.lock", "ui/package-lock.json"].map(|lock| fs::read(workspace().join(lock)));
    let [cargo, npm] = locks;
    let recipe = (cargo?, npm?);
    made::once("sources", recipe, |unfinished| {
        let layer = unfinished.with_file_name("layer.tar");
        let registry = registry()?;
        let from = |folder: &Path| ["--directory".into(), folder.as_os_str().to_owned()];
        let mut line = vec![
            "--create".into(),
            "--file".into(),
            layer.clone().into_os_string(),
        ];
        // Where they lie in images that people build.
        line.push("--transform=s,^node_modules,srv/app/node_modules,".into());
        line.push("--transform=s,^src,usr/local/cargo/registry/src,".into());
        let modules = fs::canonicalize(workspace().join("ui/node_modules"))?;
        line.extend(from(modules.parent().context("a folder above")?));
        line.push("node_modules".into());
        line.extend(from(&registry));
        line.push("src".into());
        tool("tar", line)?;
        made::archive_of_one_layer("sources", &layer, unfinished)
    })
}

/// Where cargo keeps the sources of crates.
fn registry() -> Result<PathBuf> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")));
    Ok(home.context("no home")?.join("registry"))
}
