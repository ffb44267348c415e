use std::path::PathBuf;

use super::*;
use crate::analyser::{self, CandidateFile, FileFacts, Observation};
use crate::fixtures::{ImageFixture, TarFixture, archive_of, blob_path, descriptor, gzip, zstd};

fn layers() -> Vec<Vec<u8>> {
    let noise: Vec<u8> = (0..2_000u32)
        .flat_map(|number| *Digest::of(&number.to_le_bytes()).as_bytes())
        .collect();
    let first = TarFixture::new().file("a", noise).bytes();
    vec![
        first.clone(),
        TarFixture::new().file("b", "bb").bytes(),
        first,
        vec![0; 1024],
    ]
}

fn image() -> ImageFixture {
    ImageFixture::new(layers())
}

fn amd64() -> Platform {
    Platform {
        os: "linux".into(),
        architecture: "amd64".into(),
        variant: None,
    }
}

type Known<'a> = &'a (dyn Fn(&LayerId) -> Option<Arc<LayerReport>> + Sync);

fn with_reading<T>(
    known: Known<'_>,
    platform: Option<&Platform>,
    read: impl FnOnce(&Reading<'_>) -> T,
) -> T {
    read(&Reading {
        analysers: &[],
        inspector: None,
        known,
        platform,
        limits: &Limits::DEFAULT,
        progress: &|_| {},
        cancellation: &Cancellation::new(),
    })
}

fn stream(bytes: &[u8]) -> Result<ArchiveContents, ImageError> {
    with_reading(&|_| None, None, |reading| {
        read_archive_stream(&mut &bytes[..], reading)
    })
}

fn file(bytes: &[u8], platform: Option<&Platform>) -> Result<ArchiveContents, ImageError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("archive");
    std::fs::write(&path, bytes).unwrap();
    with_reading(&|_| None, platform, |reading| {
        read_archive_file(&path, reading)
    })
}

fn folder(
    members: &[(String, Vec<u8>)],
    platform: Option<&Platform>,
) -> Result<ArchiveContents, ImageError> {
    let folder = tempfile::tempdir().unwrap();
    for (path, bytes) in members {
        let path: PathBuf = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    with_reading(&|_| None, platform, |reading| {
        read_oci_folder(folder.path(), reading)
    })
}

fn messages(problems: &[Problem]) -> Vec<String> {
    problems
        .iter()
        .map(|problem| format!("{:?} {}", problem.kind, problem.message))
        .collect()
}

/// The only image, all of whose layers were read and are those of the fixture.
fn check(
    what: &str,
    contents: Result<ArchiveContents, ImageError>,
    fixture: &ImageFixture,
) -> ArchiveImage {
    let contents = contents.unwrap_or_else(|error| panic!("{what}: {error}"));
    assert_eq!(messages(&contents.problems), [""; 0], "{what}");
    assert_eq!(contents.images.len(), 1, "{what}");
    assert!(contents.unassigned.is_empty(), "{what}");
    let image = contents.images.into_iter().next().unwrap();
    assert_eq!(messages(&image.problems), [""; 0], "{what}");
    assert_eq!(image.references, [fixture.reference.as_str()], "{what}");
    assert_eq!(
        image.config.digest.0,
        Digest::of(&fixture.config()),
        "{what}"
    );
    assert_eq!(image.layers.len(), fixture.layers.len(), "{what}");
    for (layer, bytes) in image.layers.iter().zip(&fixture.layers) {
        assert_eq!(layer.diff_id.0, Digest::of(bytes), "{what}");
        assert!(layer.is_verified() && layer.analysed, "{what}");
    }
    image
}

#[test]
fn every_form_of_archive_gives_the_same_image() {
    let fixture = image();
    let plain = fixture.oci_members(<[u8]>::to_vec);
    let packed = fixture.oci_members(gzip);
    let frames = fixture.oci_members(zstd);
    let mut reversed = packed.clone();
    reversed.reverse();
    for (what, archive) in [
        ("docker", fixture.docker_archive()),
        ("podman", fixture.podman_archive()),
        ("oci", archive_of(&plain)),
        ("oci gzip", archive_of(&packed)),
        ("oci zstd", archive_of(&frames)),
        ("oci, index first", archive_of(&reversed)),
    ] {
        for (how, bytes) in [
            (what.to_owned(), archive.clone()),
            (format!("{what} in gzip"), gzip(&archive)),
            (format!("{what} in zstd"), zstd(&archive)),
        ] {
            let streamed = check(&how, stream(&bytes), &fixture);
            let filed = check(&how, file(&bytes, None), &fixture);
            assert_eq!(streamed.manifest_digest, filed.manifest_digest);
            assert_eq!(streamed.manifest_digest.is_some(), what.starts_with("oci"));
        }
    }
    for members in [plain, packed, frames] {
        check("folder", folder(&members, None), &fixture);
    }
}

#[test]
fn docker_25_writes_both_indexes_and_is_one_image() {
    let fixture = image();
    let mut members = fixture.oci_members(<[u8]>::to_vec);
    let paths: Vec<String> = fixture
        .layers
        .iter()
        .map(|layer| blob_path(layer))
        .collect();
    let manifest = fixture.docker_manifest(&blob_path(&fixture.config()), &paths);
    members.push(("manifest.json".into(), manifest.into_bytes()));
    let image = check("both", stream(&archive_of(&members)), &fixture);
    assert!(image.manifest_digest.is_some());
    check(
        "both",
        file(&archive_of(&members), Some(&amd64())),
        &fixture,
    );
}

#[test]
fn packed_blobs_are_paired_with_their_diff_ids() {
    let fixture = image();
    let image = check(
        "oci",
        stream(&archive_of(&fixture.oci_members(gzip))),
        &fixture,
    );
    for (layer, bytes) in image.layers.iter().zip(&fixture.layers) {
        let blob = Digest::of(&gzip(bytes));
        assert_eq!(layer.blob, Some(blob));
        assert_eq!(layer.id, Some(LayerId::Blob(blob)));
    }
}

#[test]
fn what_is_known_is_not_read_again() {
    let fixture = image();
    let top = LayerId::DiffId(DiffId(Digest::of(&fixture.layers[1])));
    for from_file in [false, true] {
        let archive = fixture.podman_archive();
        let first = stream(&archive).unwrap();
        let known = |id: &LayerId| -> Option<Arc<LayerReport>> {
            first.images[0]
                .layers
                .iter()
                .find(|layer| layer.id.as_ref() == Some(id) && *id != top)?
                .report
                .clone()
        };
        let again = with_reading(&known, None, |reading| {
            if from_file {
                let path = tempfile::NamedTempFile::new().unwrap();
                std::fs::write(path.path(), &archive).unwrap();
                read_archive_file(path.path(), reading)
            } else {
                read_archive_stream(&mut archive.as_slice(), reading)
            }
        })
        .unwrap();
        let analysed: Vec<bool> = again.images[0]
            .layers
            .iter()
            .map(|layer| layer.analysed)
            .collect();
        assert_eq!(analysed, [false, true, false, false]);
        assert!(again.images[0].layers.iter().all(ArchiveLayer::is_verified));
    }
}

/// Keeps the name of every file, in its own version's way; counts the files that it was shown.
struct Names {
    id: &'static str,
    version: u32,
    shown: AtomicUsize,
}

impl Names {
    fn new(id: &'static str, version: u32) -> Self {
        let shown = AtomicUsize::new(0);
        Self { id, version, shown }
    }
}

impl Analyser for Names {
    fn id(&self) -> &'static str {
        self.id
    }

    fn version(&self) -> u32 {
        self.version
    }

    fn wants(&self, _: &FileFacts<'_>) -> Option<u64> {
        Some(16)
    }

    fn analyse(&self, file: &CandidateFile<'_>) -> analyser::Analysis {
        self.shown.fetch_add(1, Ordering::Relaxed);
        let text = format!("{} in version {}", file.path, self.version);
        analyser::Analysis {
            observation: Some(Observation::Bytes(text.into_bytes())),
            problems: Vec::new(),
        }
    }
}

fn by(analysers: &[&dyn Analyser], known: Known<'_>, mut archive: &[u8]) -> ArchiveContents {
    let reading = Reading {
        analysers,
        inspector: None,
        known,
        platform: None,
        limits: &Limits::DEFAULT,
        progress: &|_| {},
        cancellation: &Cancellation::new(),
    };
    read_archive_stream(&mut archive, &reading).unwrap()
}

#[test]
fn of_what_is_known_only_a_newer_or_added_analyser_is_run() {
    let archive = image().podman_archive();
    let read = |analysers: &[&dyn Analyser], known: Known<'_>| {
        let layers = by(analysers, known, &archive)
            .images
            .into_iter()
            .next()
            .unwrap()
            .layers;
        let report = |layer: ArchiveLayer| Some((layer.id?, layer.report?));
        layers
            .into_iter()
            .filter_map(report)
            .collect::<BTreeMap<_, _>>()
    };
    let first = read(&[&Names::new("same", 1), &Names::new("older", 1)], &|_| {
        None
    });

    let (same, newer, added) = (
        Names::new("same", 1),
        Names::new("older", 2),
        Names::new("added", 1),
    );
    let again = read(&[&same, &newer, &added], &|id| first.get(id).cloned());
    let shown = [&same, &newer, &added].map(|names| names.shown.load(Ordering::Relaxed));
    assert_eq!((shown[0], shown[1] > 0, shown[2]), (0, true, shown[1]));

    let anew = read(&[&same, &newer, &added], &|_| None);
    assert_eq!(again.len(), anew.len());
    for (id, report) in &again {
        let sorted = |report: &LayerReport| {
            let mut report = report.clone();
            report.analysers.sort();
            report
        };
        assert_eq!(sorted(report), sorted(&anew[id]), "{id}");
    }
}

#[test]
fn under_a_known_name_another_layer_is_a_problem() {
    let archive = image().podman_archive();
    let first = stream(&archive).unwrap();
    let wrong = first.images[0].layers[1].report.clone();
    let again = by(&[&Names::new("added", 1)], &|_| wrong.clone(), &archive);
    let report = again.images[0].layers[0].report.as_ref().unwrap();
    assert!(!report.whole);
    assert_eq!(
        report
            .problems
            .last()
            .map(|problem| problem.message.as_str()),
        Some(
            format!(
                "not the layer that was read under this name before: {}",
                first.images[0].layers[1].diff_id
            )
            .as_str()
        )
    );
}

#[test]
fn a_layer_with_other_bytes_is_named_and_its_results_kept() {
    let fixture = image();
    let mut forged = fixture.docker_archive();
    let position = forged
        .windows(2)
        .position(|window| window == b"bb")
        .unwrap();
    forged[position] = b'X';
    for contents in [stream(&forged), file(&forged, None)] {
        let contents = contents.unwrap();
        let image = &contents.images[0];
        assert_eq!(image.problems.len(), 1);
        assert_eq!(image.problems[0].kind, ProblemKind::DigestMismatch);
        assert_eq!(image.problems[0].layer, Some(image.config.diff_ids[1]));
        assert!(!image.layers[1].is_verified());
        assert_eq!(image.layers[1].report.as_ref().unwrap().files, 1);
        let inventory = image.inventory(&[], &Cancellation::new()).unwrap();
        assert_eq!(inventory.problems, image.problems);
    }
}

#[test]
fn a_blob_with_another_digest_is_named_even_if_the_layer_is_right() {
    let fixture = ImageFixture::new(vec![TarFixture::new().file("a", "a").bytes()]);
    let mut members = fixture.oci_members(gzip);
    // The same layer, packed otherwise, under the old name.
    members[1].1 = [
        gzip(&fixture.layers[0][..512]),
        gzip(&fixture.layers[0][512..]),
    ]
    .concat();
    let contents = stream(&archive_of(&members)).unwrap();
    assert_eq!(
        contents.images[0].problems[0].kind,
        ProblemKind::DigestMismatch
    );
    assert!(
        contents.images[0].problems[0]
            .message
            .starts_with("the blob's bytes")
    );
}

#[test]
fn an_archive_cut_at_every_tenth_gives_what_there_was() {
    let fixture = image();
    for archive in [
        fixture.docker_archive(),
        fixture.podman_archive(),
        archive_of(&fixture.oci_members(gzip)),
        gzip(&fixture.docker_archive()),
    ] {
        for tenth in 1..10 {
            let cut = &archive[..archive.len() * tenth / 10];
            for contents in [stream(cut), file(cut, None)] {
                let contents = contents.unwrap_or_else(|error| panic!("{tenth}: {error}"));
                assert_eq!(contents.problems[0].kind, ProblemKind::Truncated, "{tenth}");
                let layers = contents.images.iter().map(|image| image.layers.len());
                assert!(
                    layers.sum::<usize>() + contents.unassigned.len() > 0,
                    "{tenth}"
                );
            }
        }
        for end in 0..40 {
            // No panic, whatever is left.
            let _ = stream(&archive[..end]);
        }
    }
}

#[test]
fn what_is_no_image_is_refused_with_the_reason() {
    let rootfs = TarFixture::new().file("etc/passwd", "root").bytes();
    for (bytes, message) in [
        (Vec::new(), "not an image archive: it is empty"),
        (
            b"hello".to_vec(),
            "not an image archive: it is neither a tar nor packed with gzip or zstd",
        ),
        (
            b"\xfd7zXZ\0".to_vec(),
            "not an image archive: it is packed with xz",
        ),
        (
            rootfs,
            "no image in the archive: it holds neither `manifest.json` nor `index.json`",
        ),
        (
            TarFixture::new().file("manifest.json", "[]").bytes(),
            "no image of the archive could be read: its index is empty",
        ),
        (
            TarFixture::new()
                .file("manifest.json", r#"[{"a":1"#)
                .bytes(),
            "no image of the archive could be read: not the JSON that belongs here: EOF while parsing an object at line 1 column 7: `manifest.json`",
        ),
        (
            TarFixture::new()
                .file("manifest.json", r#"[{"Config":"gone.json","Layers":[]}]"#)
                .bytes(),
            "no image of the archive could be read: the archive does not hold the image's configuration: `gone.json`",
        ),
    ] {
        assert_eq!(stream(&bytes).unwrap_err().to_string(), message);
        assert_eq!(file(&bytes, None).unwrap_err().to_string(), message);
    }
    let absent = std::path::Path::new("there/is/no/such");
    for error in with_reading(&|_| None, None, |reading| {
        [
            read_archive_file(absent, reading).unwrap_err(),
            read_oci_folder(absent, reading).unwrap_err(),
        ]
    }) {
        assert!(
            error
                .to_string()
                .starts_with("cannot read `there/is/no/such`: ")
        );
        assert!(error.hint().is_some());
    }
}

#[test]
fn a_layer_that_is_not_there_is_named_and_the_rest_read() {
    let fixture = image();
    let mut members = fixture.oci_members(gzip);
    members.retain(|(path, _)| *path != blob_path(&gzip(&fixture.layers[1])));
    for contents in [stream(&archive_of(&members)), folder(&members, None)] {
        let contents = contents.unwrap();
        let image = &contents.images[0];
        assert_eq!(
            messages(&image.problems),
            ["Absent the archive does not hold the layer"]
        );
        assert_eq!(
            image
                .reports()
                .iter()
                .filter(|report| report.is_some())
                .count(),
            3
        );
        let inventory = image.inventory(&[], &Cancellation::new()).unwrap();
        assert_eq!(inventory.problems.len(), 1, "said once");
        assert!(!inventory.layers[1].read);
    }
}

#[test]
fn foreign_and_windows_layers_are_said_as_such() {
    let fixture = ImageFixture::new(vec![TarFixture::new().file("a", "a").bytes()]);
    let mut members = fixture.oci_members(gzip);
    members.remove(1);
    for (_, bytes) in &mut members {
        let text = String::from_utf8(bytes.clone()).unwrap();
        *bytes = text
            .replace(".image.layer.v1.", ".image.layer.nondistributable.v1.")
            .into_bytes();
    }
    // The manifest has changed, so its digest is another.
    let manifest = members[2].1.clone();
    members[2].0 = blob_path(&manifest);
    members[3].1 = format!(
        r#"{{"manifests":[{}]}}"#,
        descriptor("application/vnd.oci.image.manifest.v1+json", &manifest, "")
    )
    .into_bytes();
    let contents = folder(&members, None).unwrap();
    assert_eq!(
        messages(&contents.images[0].problems),
        ["Unsupported a foreign layer: its bytes are kept by its publisher, not in the archive"]
    );

    let mut windows = image();
    windows.os = "windows".to_owned();
    let contents = file(&windows.docker_archive(), None).unwrap();
    let image = &contents.images[0];
    assert_eq!(
        messages(&image.problems),
        ["Unsupported the layers of a Windows image are not read: windows/amd64"]
    );
    assert!(image.layers.iter().all(|layer| layer.report.is_none()));
}

/// An index that names `image` for amd64, another for arm64 (absent if `sparse`), and provenance.
fn multi_platform(image: &ImageFixture, sparse: bool) -> Vec<(String, Vec<u8>)> {
    let other = ImageFixture::new(vec![TarFixture::new().file("arm", "arm").bytes()]);
    let mut members = Vec::new();
    let mut entries = Vec::new();
    for (fixture, architecture) in [(&other, "arm64"), (image, "amd64")] {
        let mut own = fixture.oci_members(gzip);
        own.retain(|(path, _)| path.starts_with("blobs/"));
        let manifest = own.last().unwrap().1.clone();
        let platform = format!(r#","platform":{{"os":"linux","architecture":"{architecture}"}}"#);
        entries.push(descriptor(
            "application/vnd.oci.image.manifest.v1+json",
            &manifest,
            &platform,
        ));
        if !(sparse && architecture == "arm64") {
            members.extend(own);
        }
    }
    let provenance = br#"{"config":{"digest":"x","mediaType":"application/vnd.in-toto+json"}}"#;
    entries.push(descriptor(
        "application/vnd.oci.image.manifest.v1+json",
        provenance,
        r#","platform":{"os":"unknown","architecture":"unknown"}"#,
    ));
    let index = format!(r#"{{"manifests":[{}]}}"#, entries.join(","));
    let name = r#","annotations":{"org.opencontainers.image.ref.name":"fixture:1"}"#;
    let top = format!(
        r#"{{"manifests":[{}]}}"#,
        descriptor(
            "application/vnd.oci.image.index.v1+json",
            index.as_bytes(),
            name
        )
    );
    members.push((blob_path(index.as_bytes()), index.into_bytes()));
    members.push(("index.json".into(), top.into_bytes()));
    members
}

#[test]
fn the_platform_is_chosen_and_provenance_ignored() {
    let fixture = image();
    for sparse in [false, true] {
        let members = multi_platform(&fixture, sparse);
        check("folder", folder(&members, Some(&amd64())), &fixture);
        check(
            "file",
            file(&archive_of(&members), Some(&amd64())),
            &fixture,
        );
    }
    let all = folder(&multi_platform(&fixture, false), None).unwrap();
    assert_eq!(all.images.len(), 2);
    let sparse = folder(&multi_platform(&fixture, true), None).unwrap();
    assert_eq!(sparse.images.len(), 1);
    assert_eq!(
        messages(&sparse.problems),
        ["Absent the index names a manifest that the archive does not hold, for: linux/arm64"]
    );
    let wanted = Platform {
        os: "linux".into(),
        architecture: "s390x".into(),
        variant: None,
    };
    assert_eq!(
        folder(&multi_platform(&fixture, false), Some(&wanted))
            .unwrap_err()
            .to_string(),
        "no image for `linux/s390x`; the archive has: linux/amd64, linux/arm64"
    );
}

#[test]
fn indexes_inside_indexes_end_somewhere() {
    // An index whose blob is itself: named by its path, not by its digest.
    let digest = Digest::of(b"circle");
    let index = format!(r#"{{"manifests":[{{"digest":"{digest}"}},{{"digest":"{digest}"}}]}}"#);
    let members = vec![
        (
            format!("blobs/sha256/{}", digest.hex()),
            index.clone().into_bytes(),
        ),
        ("index.json".to_owned(), index.into_bytes()),
    ];
    let error = folder(&members, None).unwrap_err();
    assert!(
        matches!(error, ImageError::NoReadableImage { .. }),
        "{error}"
    );
}

#[test]
fn all_documents_together_are_bounded() {
    let limits = Limits {
        archive_document_bytes: 300,
        ..Limits::DEFAULT
    };
    let path = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(path.path(), image().docker_archive()).unwrap();
    let reading = Reading {
        analysers: &[],
        inspector: None,
        known: &|_| None,
        platform: None,
        limits: &limits,
        progress: &|_| {},
        cancellation: &Cancellation::new(),
    };
    let error = read_archive_file(path.path(), &reading).unwrap_err();
    assert!(
        error.to_string().contains("larger than is read: 300 bytes"),
        "{error}"
    );
}

#[test]
fn links_in_a_circle_lead_nowhere() {
    let archive = TarFixture::new()
        .symbolic_link("a/layer.tar", "../b/layer.tar")
        .symbolic_link("b/layer.tar", "../a/layer.tar")
        .file("config.json", r#"{"rootfs":{"diff_ids":[]}}"#)
        .file(
            "manifest.json",
            r#"[{"Config":"config.json","Layers":["a/layer.tar"]}]"#,
        )
        .bytes();
    let contents = stream(&archive).unwrap();
    assert_eq!(
        contents.images[0].problems.len(),
        1,
        "one layer more than the configuration has"
    );
}

#[test]
fn progress_counts_bytes_and_layers() {
    let archive = image().docker_archive();
    let told = Mutex::new(Vec::new());
    let path = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(path.path(), &archive).unwrap();
    let reading = Reading {
        analysers: &[],
        inspector: None,
        known: &|_| None,
        platform: None,
        limits: &Limits::DEFAULT,
        progress: &|progress| told.lock().unwrap().push(progress),
        cancellation: &Cancellation::new(),
    };
    read_archive_file(path.path(), &reading).unwrap();
    let told = told.into_inner().unwrap();
    let last = told
        .iter()
        .max_by_key(|progress| progress.layers_done)
        .unwrap();
    assert_eq!((last.layers_done, last.layers_total), (3, Some(3)));
    assert_eq!(Some(last.bytes_read), last.bytes_total);
}

#[test]
fn cancelling_stops_every_way_of_reading() {
    let fixture = image();
    let cancellation = Cancellation::new();
    cancellation.cancel();
    let reading = Reading {
        analysers: &[],
        inspector: None,
        known: &|_| None,
        platform: None,
        limits: &Limits::DEFAULT,
        progress: &|_| {},
        cancellation: &cancellation,
    };
    let archive = fixture.docker_archive();
    let path = tempfile::NamedTempFile::new().unwrap();
    for bytes in [archive.clone(), gzip(&archive)] {
        std::fs::write(path.path(), &bytes).unwrap();
        for result in [
            read_archive_stream(&mut bytes.as_slice(), &reading),
            read_archive_file(path.path(), &reading),
        ] {
            assert!(matches!(result, Err(ImageError::Cancelled)));
        }
    }
}

#[test]
fn an_archive_wide_limit_costs_the_layer_that_breaks_it() {
    let archive = image().docker_archive();
    let limits = Limits {
        archive_paths: 1,
        ..Limits::DEFAULT
    };
    let reading = Reading {
        analysers: &[],
        inspector: None,
        known: &|_| None,
        platform: None,
        limits: &limits,
        progress: &|_| {},
        cancellation: &Cancellation::new(),
    };
    let contents = read_archive_stream(&mut archive.as_slice(), &reading).unwrap();
    let layers = &contents.images[0].layers;
    assert!(layers[0].is_verified() && !layers[1].is_verified());
    assert_eq!(
        layers[1].report.as_ref().unwrap().problems[0].kind,
        ProblemKind::TooLarge
    );
}

#[test]
fn members_are_named_by_what_they_claim_to_be() {
    let digest = Digest::of(b"layer");
    let hex = digest.hex();
    for (path, id) in [
        (format!("blobs/sha256/{hex}"), LayerId::Blob(digest)),
        (format!("{hex}.tar"), LayerId::DiffId(DiffId(digest))),
        (format!("{hex}/layer.tar"), LayerId::Legacy(digest)),
        ("layer1.tar".into(), LayerId::Member("layer1.tar".into())),
        (
            format!("sub/{hex}.tar"),
            LayerId::Member(format!("sub/{hex}.tar")),
        ),
    ] {
        assert_eq!(LayerId::of_member(&path), id);
    }
}
