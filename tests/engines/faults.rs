//! What can go wrong between Outcrop and an engine: one clear sentence, a hint, the exit code.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use anyhow::{Context, ensure};
use outcrop_tests::debian;
use outcrop_tests::engine::{self, Engine, Kind};
use outcrop_tests::programs::{Ran, User};
use outcrop_tests::published::Images;
use outcrop_tests::suite::Outcome;

use crate::fleet;

/// An image, engine or store could not be used (design §6).
const UNUSABLE: i32 = 3;

/// The stream ends in the middle; the store stays as it was.
pub(crate) fn engine_dies(kind: Kind) -> Outcome {
    let engine = Engine::start(kind)?;
    engine.import(debian::outdated_root()?, debian::BASE)?;
    let user = User::of(&[&engine])?;
    let mut events = engine.events()?;
    let mut scan = user.command(["scan", debian::BASE])?.spawn()?;
    // Docker tells of the export itself; Podman only of the peek's end before it.
    let awaited: &[&str] = match kind {
        Kind::Docker => &["save"],
        Kind::Podman => &["remove", "save"],
    };
    let reported = engine::wait_for_event(&mut events, &mut scan, awaited);
    events.kill().ok();
    events.wait().ok();
    reported?;
    engine.crash()?;
    let ran = Ran::after(scan)?.exits(UNUSABLE)?;
    ensure!(
        !ran.stdout.contains("0 findings"),
        "half an image is not clean: {}",
        ran.stdout
    );
    ran.says(&[kind.name()])?;

    ensure!(user.leftovers()?.is_empty(), "{:?}", user.leftovers()?);
    let listed: Images = user.run(["images", "--json"])?.json()?;
    let engine_row = listed
        .engines
        .iter()
        .find(|row| row.address == engine.address())
        .context("the dead engine is not listed")?;
    ensure!(
        engine_row.state == "refused" && engine_row.remedy.is_some(),
        "{engine_row:?}"
    );
    engine.stop()
}

/// The name is repeated, and where to look.
pub(crate) fn unknown_image(kind: Kind) -> Outcome {
    let user = User::of(&[fleet::engine(kind)?])?;
    user.run(["scan", "no-such/image:1"])?
        .exits(UNUSABLE)?
        .says(&["no-such/image:1", "outcrop images"])?;
    Ok(())
}

/// Another user is told that the system refused, not that there is no engine.
pub(crate) fn permission_denied(kind: Kind) -> Outcome {
    let engine = fleet::engine(kind)?;
    fs::set_permissions(engine.socket(), fs::Permissions::from_mode(0o600))?;
    let user = User::of(&[engine])?.unprivileged()?;
    let listed: Images = user.run(["images", "--json"])?.json()?;
    let refused = listed
        .engines
        .iter()
        .find(|row| row.address == engine.address())
        .context("the engine is not among those tried")?;
    ensure!(
        refused.state == "permission-denied",
        "another answer: {refused:?}"
    );
    let remedy = refused.remedy.as_ref().context("no remedy")?;
    ensure!(!remedy.text.is_empty(), "an empty remedy");
    user.run(["scan", debian::BASE])?
        .exits(UNUSABLE)?
        .says(&["permission denied"])?;
    Ok(())
}

/// Both are shown; `--engine` decides.
pub(crate) fn ambiguous_name() -> Outcome {
    let docker = fleet::engine(Kind::Docker)?;
    let podman = fleet::engine(Kind::Podman)?;
    let user = User::of(&[docker, podman])?;
    let digests = [
        docker.config_digest(debian::APPLICATION)?,
        podman.config_digest(debian::APPLICATION)?,
    ];
    ensure!(
        digests[0] != digests[1],
        "both engines built the same image"
    );
    let short = digests
        .each_ref()
        .map(|digest| &digest["sha256:".len()..][..12]);
    user.run(["scan", debian::APPLICATION])?
        .exits(UNUSABLE)?
        .says(&[short[0], short[1], "--engine"])?;

    let listed = fleet::images(&user)?;
    for (engine, digest) in [docker, podman].into_iter().zip(&digests) {
        let name = listed
            .engines
            .iter()
            .find(|row| row.address == engine.address())
            .map(|row| row.name.as_str())
            .context("an engine is not listed")?;
        let arguments = ["scan", "--format", "json", "--engine", name];
        let scan: outcrop_tests::published::Scan = user
            .run(arguments.into_iter().chain([debian::APPLICATION]))?
            .exits(0)?
            .json()?;
        ensure!(
            scan.image.config_digest == *digest,
            "another engine's image"
        );
    }
    Ok(())
}

/// Everything tried is named, each with its answer; a scan says what to do.
pub(crate) fn no_engine() -> Outcome {
    let user = User::new()?;
    let ran = user.run(["engines"])?;
    ensure!(ran.code == Some(0) || ran.code == Some(UNUSABLE), "{ran:?}");
    let said = format!("{}{}", ran.stdout, ran.stderr);
    for socket in ["docker.sock", "podman.sock"] {
        ensure!(said.contains(socket), "`{socket}` is not named: {said}");
    }
    user.run(["scan", "nginx:1"])?
        .exits(UNUSABLE)?
        .says(&["engine", "outcrop engines"])?;
    Ok(())
}
