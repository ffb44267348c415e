//! Images that a registry served, whole and cut.

use std::path::PathBuf;

use outcrop_image::{Cancellation, Limits, Reading, read_archive_file, read_archive_stream};
use outcrop_model::ProblemKind;

use super::*;

/// A file of the real images, or `None` with a note where they are not at hand.
fn real_image(name: &str) -> Option<PathBuf> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let data = std::env::var_os("OUTCROP_TEST_DATA").unwrap_or_else(|| "../shared".into());
    let path = root.join(data).join("images").join(name);
    if path.is_file() {
        return Some(path);
    }
    println!("skipped: `{name}` is not in the folder that OUTCROP_TEST_DATA names");
    None
}

fn reading(cancellation: &Cancellation) -> Reading<'_> {
    Reading {
        analysers: ANALYSERS,
        inspector: None,
        known: &|_| None,
        platform: None,
        limits: &Limits::DEFAULT,
        progress: &|_| {},
        cancellation,
    }
}

#[test]
fn a_real_alpine_archive_has_its_packages_and_no_others() {
    let Some(path) = real_image("alpine-3.10.tar.gz") else {
        return;
    };
    let cancellation = Cancellation::new();
    let contents = read_archive_file(&path, &reading(&cancellation)).unwrap();
    assert_eq!(contents.problems, []);
    let image = &contents.images[0];
    assert_eq!(image.references, ["alpine:3.10"]);
    assert!(
        image
            .layers
            .iter()
            .all(outcrop_image::ArchiveLayer::is_verified)
    );
    let inventory = image.inventory(ANALYSERS, &cancellation).unwrap();
    assert_eq!(inventory.problems, []);
    let packages = inventory.packages.iter().map(|found| &found.package);
    let packages: Vec<String> = packages
        .map(|package| format!("{} {}", package.name, package.version))
        .collect();
    // The names and versions of the archive's `lib/apk/db/installed`.
    assert_eq!(
        packages,
        [
            "alpine-baselayout 3.1.2-r0",
            "alpine-keys 2.1-r2",
            "apk-tools 2.10.4-r2",
            "busybox 1.30.1-r3",
            "ca-certificates-cacert 20190108-r0",
            "libc-utils 0.7.1-r0",
            "libcrypto1.1 1.1.1d-r2",
            "libssl1.1 1.1.1d-r2",
            "libtls-standalone 2.9.1-r0",
            "musl 1.1.22-r3",
            "musl-utils 1.1.22-r3",
            "scanelf 1.2.3-r0",
            "ssl_client 1.30.1-r3",
            "zlib 1.2.11-r1",
        ]
    );
    let system = inventory.operating_system.unwrap();
    assert_eq!(system.ecosystem().as_deref(), Some("Alpine:v3.10"));
    assert!(inventory.layers[0].files > 50);
}

#[test]
fn a_real_archive_cut_at_every_tenth_gives_what_there_was() {
    let Some(path) = real_image("alpine-3.10.tar.gz") else {
        return;
    };
    let packed = std::fs::read(path).unwrap();
    let mut plain = Vec::new();
    std::io::Read::read_to_end(
        &mut flate2::read::GzDecoder::new(packed.as_slice()),
        &mut plain,
    )
    .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cut.tar");
    let cancellation = Cancellation::new();
    let reading = reading(&cancellation);
    for whole in [&packed, &plain] {
        for tenth in 1..10 {
            let cut = &whole[..whole.len() * tenth / 10];
            std::fs::write(&file, cut).unwrap();
            for contents in [
                read_archive_file(&file, &reading).unwrap(),
                read_archive_stream(&mut &cut[..], &reading).unwrap(),
            ] {
                assert_eq!(contents.problems[0].kind, ProblemKind::Truncated, "{tenth}");
                let report = &contents.unassigned[0].1;
                assert!(!report.whole && report.files > 0, "{tenth}");
            }
        }
    }
}
