//! What the engines hold: one list, each image with where it came from.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use outcrop_tests::debian;
use outcrop_tests::engine::Kind;
use outcrop_tests::programs::User;
use outcrop_tests::published::{Images, Row};
use outcrop_tests::suite::Outcome;
use outcrop_tests::wait;
use tempfile::TempDir;

use crate::fleet;

/// An engine is found by its address; imported, built, dangling and used images are told apart.
pub(crate) fn engines_and_images(kind: Kind) -> Outcome {
    let engine = fleet::engine(kind)?;
    let user = User::of(&[engine])?;

    let table = user.run(["engines"])?.exits(0)?.stdout;
    ensure!(
        table.contains(&engine.address()),
        "`engines` does not show {}: {table}",
        engine.address()
    );

    let folder = TempDir::new()?;
    let small = "localhost/outcrop-test/small:listed";
    for content in ["first", "second"] {
        fs::write(folder.path().join("content"), content)?;
        fs::write(
            folder.path().join("Containerfile"),
            "FROM scratch\nCOPY content /content\n",
        )?;
        engine.build(folder.path(), &folder.path().join("Containerfile"), small)?;
    }
    let container = engine.client(["create", small, "never-started"])?;

    let listed = fleet::images(&user);
    engine.client(["rm", container.trim()])?;
    let listed = listed?;

    let found = listed
        .engines
        .iter()
        .find(|found| found.address == engine.address())
        .context("the engine is not among those tried")?;
    ensure!(
        (found.kind.as_str(), found.state.as_str()) == (kind.name(), "connected"),
        "the engine is shown as {found:?}"
    );
    let base = row(&listed, debian::BASE)?;
    ensure!(base.origin == "imported", "the base: {base:?}");
    ensure!(!base.origin_reason.is_empty(), "no reason: {base:?}");
    ensure!(
        base.config_digest == engine.config_digest(debian::BASE)?,
        "another identity than the engine's: {base:?}"
    );
    let application = row(&listed, debian::APPLICATION)?;
    ensure!(application.origin == "built", "{application:?}");
    ensure!(!application.dangling, "{application:?}");
    let in_use = row(&listed, small)?;
    ensure!(in_use.containers == 1, "one container uses it: {in_use:?}");
    ensure!(
        listed
            .images
            .iter()
            .any(|row| row.dangling && row.references.is_empty()),
        "the image that lost its name is not shown as dangling: {:?}",
        listed.images
    );
    Ok(())
}

/// An image that came from a registry is known by its repository digest.
pub(crate) fn pulled(kind: Kind) -> Outcome {
    let engine = fleet::engine(kind)?;
    let registry = Registry::start()?;
    let folder = TempDir::new()?;
    fs::write(folder.path().join("content"), kind.name())?;
    fs::write(
        folder.path().join("Containerfile"),
        "FROM scratch\nCOPY content /content\n",
    )?;
    let reference = format!("{}/outcrop-test/pulled:1", registry.address);
    engine.build(
        folder.path(),
        &folder.path().join("Containerfile"),
        &reference,
    )?;
    match kind {
        Kind::Docker => engine.client(["push", &reference])?,
        Kind::Podman => engine.client(["push", "--tls-verify=false", &reference])?,
    };
    engine.client(["image", "rm", &reference])?;
    if kind == Kind::Docker {
        engine.client(["pull", &reference])?;
    } else {
        engine.client(["pull", "--tls-verify=false", &reference])?;
    }
    let listed = fleet::images(&User::of(&[engine])?)?;
    let pulled = row(&listed, &reference)?;
    ensure!(
        pulled.origin == "pulled" && !pulled.origin_reason.is_empty(),
        "it was pulled: {pulled:?}"
    );
    engine.client(["image", "rm", &reference])?;
    Ok(())
}

/// The row of a reference.
pub(crate) fn row<'a>(listed: &'a Images, reference: &str) -> Result<&'a Row> {
    listed
        .images
        .iter()
        .find(|row| row.references.iter().any(|name| name == reference))
        .with_context(|| format!("`{reference}` is not listed: {:?}", listed.images))
}

/// Debian's registry on a loopback port, ended with the value.
struct Registry {
    process: Child,
    address: String,
    _data: TempDir,
}

impl Registry {
    fn start() -> Result<Self> {
        let data = TempDir::new()?;
        let log = data.path().join("log");
        let configuration = data.path().join("config.yml");
        // The port that the system chooses is told in the registry's own log.
        fs::write(
            &configuration,
            format!(
                "version: 0.1\nlog: {{level: info}}\nstorage: {{filesystem: {{rootdirectory: '{}'}}}}\n\
                 http: {{addr: '127.0.0.1:0'}}\n",
                data.path().join("registry").display()
            ),
        )?;
        let output = fs::File::create(&log)?;
        let mut registry = Self {
            process: Command::new("docker-registry")
                .arg("serve")
                .arg(&configuration)
                .stdin(Stdio::null())
                .stdout(output.try_clone()?)
                .stderr(output)
                .spawn()?,
            address: String::new(),
            _data: data,
        };
        registry.address = wait::until("the registry listens", Duration::from_secs(30), || {
            let log = fs::read_to_string(&log)?;
            Ok(log
                .split("listening on ")
                .nth(1)
                .and_then(|rest| rest.split(['"', '\n', ' ']).next())
                .map(str::to_owned))
        })?;
        Ok(registry)
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}
