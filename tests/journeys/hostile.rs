//! Images that mean harm. Nothing of them is unpacked, followed or believed.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use outcrop_tests::archive::{Image, Layer, dpkg_paragraph};
use outcrop_tests::programs::User;
use outcrop_tests::published::Scan;
use outcrop_tests::suite::Outcome;
use tar::EntryType;

use crate::broken::saved;

/// Generous for a debug build on a busy machine, far too short for reading 10 GB of nothing.
const PROMPT: Duration = Duration::from_mins(1);

/// Each hostile layer lies on a good one, whose packages must still be found.
pub(crate) fn entries() -> Outcome {
    const TEN_GIGABYTES: u64 = 10 << 30;
    type Hostile = fn(Layer) -> Result<Layer>;
    let cases: [(&str, Hostile); 8] = [
        ("absolute path", |layer| {
            layer.raw(EntryType::Regular, "/tmp/outcrop-hostile", "", b"x")
        }),
        ("parent folders", |layer| {
            layer.raw(EntryType::Regular, "../../../tmp/outcrop-hostile", "", b"x")
        }),
        ("a hard link out of the image", |layer| {
            layer.raw(EntryType::Link, "etc/shadow", "../../../etc/shadow", b"")
        }),
        ("a symlink loop above the database", |layer| {
            layer.raw(EntryType::Symlink, "var/lib/a", "b", b"")?.raw(
                EntryType::Symlink,
                "var/lib/b",
                "a",
                b"",
            )
        }),
        ("device nodes", |layer| {
            layer
                .raw(EntryType::Char, "dev/zero", "", b"")?
                .raw(EntryType::Block, "dev/sda", "", b"")?
                .raw(EntryType::Fifo, "run/pipe", "", b"")
        }),
        ("a sparse file of 10 GB", |layer| {
            layer.sparse("srv/sparse", TEN_GIGABYTES)
        }),
        ("100,000 nested folders", |layer| {
            layer.deep(&format!("{}file", "d/".repeat(100_000)))
        }),
        ("100,000 entries of one name", |mut layer| {
            for _ in 0..100_000 {
                layer = layer.raw(EntryType::Regular, "srv/same", "", b"")?;
            }
            Ok(layer)
        }),
    ];
    for (what, hostile) in cases {
        let check = || -> Outcome {
            let user = User::new()?;
            let image = Image::default()
                .layer(Layer::debian(dpkg_paragraph("base-files", "12.4"))?)?
                .layer(hostile(Layer::default())?.file("srv/last", "content")?)?;
            let path = saved(&user, &image.docker_archive("test/hostile:1")?)?;
            let start = Instant::now();
            let scan: Scan = user
                .run(["scan", "--format", "json", &path])?
                .exits(0)?
                .json()?;
            ensure!(start.elapsed() < PROMPT, "it took {:?}", start.elapsed());
            ensure!(scan.package("base-files").is_some(), "the package is lost");
            ensure!(
                !std::path::Path::new("/tmp/outcrop-hostile").exists(),
                "a file left the image"
            );
            ensure!(user.leftovers()?.is_empty(), "{:?}", user.leftovers()?);
            Ok(())
        };
        check().with_context(|| what.to_owned())?;
    }
    Ok(())
}

/// Text of an image cannot steer the terminal.
pub(crate) fn text() -> Outcome {
    let user = User::new()?;
    let status = dpkg_paragraph("evil\u{1b}]0;owned\u{7}\u{1b}[2J", "1\u{1b}[31m");
    let image = Image::default().layer(Layer::debian(format!(
        "{status}{}",
        dpkg_paragraph("base-files", "12.4")
    ))?)?;
    let path = saved(&user, &image.docker_archive("test/\u{1b}[2Jtext:1")?)?;
    let ran = user.run(["scan", &path])?;
    for stream in [&ran.stdout, &ran.stderr] {
        ensure!(
            !stream.contains('\u{1b}') && !stream.contains('\u{7}'),
            "control characters reach the terminal: {stream:?}"
        );
    }
    Ok(())
}
