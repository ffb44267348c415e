//! Broken input gives what could be had and a problem that names its place, or one clear error.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use outcrop_tests::archive::{Image, Layer, dpkg_paragraph, sha256};
use outcrop_tests::data;
use outcrop_tests::programs::User;
use outcrop_tests::published::Scan;
use outcrop_tests::suite::Outcome;

const UNUSABLE: i32 = 3;
const PARTIAL: i32 = 4;

/// Writes an archive into the user's home.
pub(crate) fn saved(user: &User, bytes: &[u8]) -> Result<String> {
    let path: PathBuf = user.home().join("image.tar");
    fs::write(&path, bytes)?;
    Ok(path.display().to_string())
}

/// A scan that could read only a part: complete results for that, a problem for the rest.
fn scan_partial(user: &User, image: &str) -> Result<Scan> {
    let scan: Scan = user
        .run(["scan", "--format", "json", image])?
        .exits(0)?
        .json()?;
    ensure!(scan.completeness == "partial", "it counts as complete");
    ensure!(!scan.problems.is_empty(), "no problem is named");
    ensure!(
        scan.problems
            .iter()
            .all(|problem| !problem.message.is_empty() && !problem.kind.is_empty()),
        "{:?}",
        scan.problems
    );
    user.run(["scan", "--strict", image])?.exits(PARTIAL)?;
    Ok(scan)
}

/// No cut archive counts as whole, and none makes the program fall over.
fn check_cuts(whole: &[u8]) -> Outcome {
    let user = User::new()?;
    for tenth in 1..10 {
        let cut = saved(&user, &whole[..whole.len() * tenth / 10])?;
        let ran = user.run(["scan", "--format", "json", &cut])?;
        if ran.code == Some(UNUSABLE) {
            ensure!(ran.stdout.is_empty(), "{tenth}/10: results and an error");
            ran.says(&["image.tar"])
                .with_context(|| format!("cut at {tenth}/10"))?;
        } else {
            scan_partial(&user, &cut).with_context(|| format!("cut at {tenth}/10"))?;
        }
    }
    ensure!(user.leftovers()?.is_empty(), "{:?}", user.leftovers()?);
    Ok(())
}

pub(crate) fn cut_at_every_tenth() -> Outcome {
    let filler = vec![b'x'; 200_000];
    let image = Image::default()
        .layer(Layer::debian(dpkg_paragraph("base-files", "12.4"))?.file("usr/base", &filler)?)?
        .layer(Layer::default().file("srv/application", &filler)?)?;
    check_cuts(&image.docker_archive("test/cut:1")?)?;
    check_cuts(&image.docker_archive_with_manifest_first("test/cut:1")?)
}

pub(crate) fn alpine_cut_at_every_tenth() -> Outcome {
    check_cuts(&fs::read(data::alpine_archive()?)?)
}

/// The layer is named by the digest that it should have; the others are read.
pub(crate) fn another_digest() -> Outcome {
    let user = User::new()?;
    let claimed = sha256(b"something else");
    let image = Image::default()
        .layer(Layer::debian(dpkg_paragraph("base-files", "12.4"))?)?
        .claimed(
            claimed.clone(),
            Layer::default().file("srv/other", "content")?.finish()?,
        );
    let path = saved(&user, &image.docker_archive("test/digest:1")?)?;
    let scan = scan_partial(&user, &path)?;
    ensure!(
        scan.problems
            .iter()
            .any(|problem| problem.layer.as_deref() == Some(claimed.as_str())),
        "the layer is not named: {:?}",
        scan.problems
    );
    ensure!(
        scan.package("base-files").is_some(),
        "the good layer's packages are lost"
    );
    Ok(())
}

/// What stands before and after the broken place is still read.
pub(crate) fn package_databases() -> Outcome {
    let good = dpkg_paragraph("base-files", "12.4");
    let mut not_utf8 = good.clone().into_bytes();
    not_utf8.extend(b"Package: caf\xe9\nStatus: install ok installed\nVersion: 1\xff\n\n");
    not_utf8.extend(dpkg_paragraph("zlib1g", "1:1.2.13.dfsg-1").bytes());
    let cut = format!("{good}Package: openssl\nStatus: install ok inst");
    for (what, status, packages) in [
        ("not UTF-8", not_utf8, &["base-files", "zlib1g"][..]),
        ("cut off", cut.into_bytes(), &["base-files"][..]),
    ] {
        let user = User::new()?;
        let image = Image::default().layer(Layer::debian(&status)?)?;
        let path = saved(&user, &image.docker_archive("test/dpkg:1")?)?;
        let scan = scan_partial(&user, &path).with_context(|| what.to_owned())?;
        for name in packages {
            ensure!(scan.package(name).is_some(), "{what}: `{name}` is lost");
        }
        ensure!(
            scan.problems
                .iter()
                .any(|problem| problem.path.contains("var/lib/dpkg/status")),
            "{what}: the place is not named: {:?}",
            scan.problems
        );
    }
    Ok(())
}

pub(crate) fn not_an_archive() -> Outcome {
    let user = User::new()?;
    for content in [&b""[..], b"just text", &[0; 4096], &[0x1f, 0x8b, 8, 0]] {
        let path = saved(&user, content)?;
        user.run(["scan", &path])?
            .exits(UNUSABLE)?
            .says(&["image.tar"])
            .with_context(|| format!("{} bytes", content.len()))?;
    }
    user.run(["scan", "docker-archive:no-such-file.tar"])?
        .exits(UNUSABLE)?
        .says(&["no-such-file.tar"])?;
    Ok(())
}

/// An index may name blobs that are not there.
pub(crate) fn absent_blob() -> Outcome {
    let user = User::new()?;
    let image = Image::default()
        .layer(Layer::debian(dpkg_paragraph("base-files", "12.4"))?)?
        .layer(Layer::default().file("srv/application", "content")?)?;
    let folder = user.home().join("layout");
    let files = image.oci_layout()?;
    // Layers are the first blobs; the second one stays away.
    for (index, (path, content)) in files.iter().enumerate() {
        if index != 2 {
            let path = folder.join(path);
            fs::create_dir_all(path.parent().context("a parent")?)?;
            fs::write(path, content)?;
        }
    }
    let scan = scan_partial(&user, &format!("oci-dir:{}", folder.display()))?;
    ensure!(
        scan.package("base-files").is_some(),
        "the layer that is there is lost"
    );
    Ok(())
}
