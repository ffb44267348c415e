//! The engines of this run, each started and provided with images when a test first asks.

use std::sync::OnceLock;

use anyhow::{Context, Result, ensure};
use outcrop_tests::data;
use outcrop_tests::debian;
use outcrop_tests::engine::{Engine, Kind};
use outcrop_tests::programs::User;
use outcrop_tests::published::{Images, Scan};

type Slot = OnceLock<Result<Engine, String>>;

static DOCKER: Slot = OnceLock::new();
static PODMAN: Slot = OnceLock::new();

fn slot(kind: Kind) -> &'static Slot {
    match kind {
        Kind::Docker => &DOCKER,
        Kind::Podman => &PODMAN,
    }
}

/// The engine of that kind, with the outdated image and the application on it.
pub(crate) fn engine(kind: Kind) -> Result<&'static Engine> {
    slot(kind)
        .get_or_init(|| {
            let provide = || {
                let engine = Engine::start(kind)?;
                debian::provide(&engine)?;
                anyhow::Ok(engine)
            };
            provide().map_err(|error| format!("{error:#}"))
        })
        .as_ref()
        .map_err(anyhow::Error::msg)
}

/// Stops what was started; an error names what was not swept.
pub(crate) fn stop() -> Result<()> {
    for kind in Kind::ALL {
        if let Some(Ok(engine)) = slot(kind).get() {
            engine
                .stop()
                .with_context(|| format!("{} was not swept", kind.name()))?;
        }
    }
    Ok(())
}

/// A user of that engine with the Debian records of the test data.
pub(crate) fn informed_user(engine: &Engine) -> Result<User> {
    let user = User::of(&[engine])?;
    let records = data::debian_advisories()?;
    user.run([
        "advisories".as_ref(),
        "import".as_ref(),
        records.as_os_str(),
    ])?
    .exits(0)?;
    Ok(user)
}

/// A complete scan.
pub(crate) fn scan(user: &User, image: &str) -> Result<Scan> {
    let scan: Scan = user
        .run(["scan", "--format", "json", image])?
        .exits(0)?
        .json()?;
    ensure!(scan.stage == "complete", "the stage is `{}`", scan.stage);
    ensure!(
        scan.completeness == "complete" && scan.problems.is_empty(),
        "not read whole: {:?}",
        scan.problems
    );
    Ok(scan)
}

/// The list of engines and images.
pub(crate) fn images(user: &User) -> Result<Images> {
    user.run(["images", "--json"])?.exits(0)?.json()
}
