//! Real engines, private to this run: what they answer, and that nothing of ours stays behind.
#![cfg(unix)]

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::io::Read as _;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::ExitCode;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use bollard::query_parameters::{ListContainersOptionsBuilder, ListVolumesOptionsBuilder};
use bollard::{API_DEFAULT_VERSION, Docker};
use futures_util::StreamExt as _;
use outcrop_sources::engine::{
    Address, BuildContext, BuildProgress, BuildRequest, Containerfile, Engine, EngineError,
    EngineEventKind, EngineImage, EngineKind, EngineSet, EngineSetEvent, Environment, HostFamily,
    Origin, OriginReason, PeekError, PeekedFile,
};
use outcrop_tests::engine::{Engine as Private, Kind, needs};
use outcrop_tests::suite::Suite;

static DOCKER: LazyLock<Private> = LazyLock::new(|| Private::start(Kind::Docker).unwrap());
static PODMAN: LazyLock<Private> = LazyLock::new(|| Private::start(Kind::Podman).unwrap());

fn private(kind: EngineKind) -> &'static Private {
    match kind {
        EngineKind::Docker => &DOCKER,
        EngineKind::Podman => &PODMAN,
    }
}

/// A machine that has no engine but that one.
fn machine_of(kind: EngineKind) -> Environment {
    let engine = private(kind);
    Environment {
        variables: BTreeMap::from([("DOCKER_HOST".to_owned(), engine.address())]),
        home: None,
        user_id: None,
        runtime_folder: None,
        root: engine.socket().parent().unwrap().to_owned(),
        family: HostFamily::Linux,
    }
}

/// An engine, with a name for this test's images.
struct Lab {
    engine: Engine,
    name: String,
}

impl Lab {
    async fn of(kind: EngineKind, test: &str) -> Self {
        let set = EngineSet::connect(machine_of(kind)).await;
        let engine = set.engines().pop().expect("an engine");
        assert_eq!(engine.kind(), kind);
        Self {
            engine,
            name: format!("outcrop-test/{test}:1"),
        }
    }

    async fn build(
        &self,
        root: &Path,
        containerfile: &str,
    ) -> Result<Vec<BuildProgress>, EngineError> {
        let mut request = BuildRequest::new(
            BuildContext::Folder(root.to_owned()),
            Containerfile::Bytes(containerfile.as_bytes().to_vec()),
        );
        request.tag = Some(self.name.clone());
        // Equal contents would be one image with the names of several tests.
        request.labels = [("test".to_owned(), self.name.clone())].into();
        // Nor may they share build steps: the first to be removed takes them along.
        request.no_cache = true;
        let mut said = Vec::new();
        let mut build = self.engine.build(request);
        while let Some(progress) = build.next().await {
            said.push(progress?);
        }
        Ok(said)
    }

    /// Each step carries the name of the test, so that [`Self::clean`] finds it again.
    fn containerfile(&self) -> String {
        let name = &self.name;
        format!("FROM scratch\nLABEL lab={name}\nCOPY root/ /\nVOLUME /data/kept\n")
    }

    /// Removes the image, and the unnamed steps that Podman leaves of each build.
    async fn clean(&self) {
        self.engine.remove_image(&self.name).await.unwrap();
        let images = self.engine.images().await.unwrap();
        // A step may go with the one that stands on it.
        for image in images.iter().filter(|image| image.dangling) {
            if image.labels.get("lab") == Some(&self.name) {
                let _ = self.engine.remove_image(&image.id.to_string()).await;
            }
        }
    }

    async fn listed(&self) -> Option<EngineImage> {
        let images = self.engine.images().await.unwrap();
        images
            .into_iter()
            .find(|image| image.answers_to(&self.name))
    }

    /// A client of the test's own, to see what stays behind.
    fn witness(&self) -> Docker {
        let Address::Unix(socket) = self.engine.address() else {
            panic!("these tests want a unix socket: {}", self.engine.address());
        };
        Docker::connect_with_unix(socket.to_str().unwrap(), 10, API_DEFAULT_VERSION).unwrap()
    }

    /// Containers of ours that exist for this test's image.
    async fn leftovers(&self) -> Vec<String> {
        let filters = HashMap::from([("label", vec!["org.outcrop.peek"])]);
        let options = ListContainersOptionsBuilder::default()
            .all(true)
            .filters(&filters)
            .build();
        let containers = self.witness().list_containers(Some(options)).await.unwrap();
        containers
            .into_iter()
            .filter(|container| {
                container
                    .image
                    .as_ref()
                    .is_some_and(|image| image.contains(&self.name))
            })
            .filter_map(|container| container.id)
            .collect()
    }

    /// Volumes that no container uses.
    async fn abandoned_volumes(&self) -> HashSet<String> {
        let filters = HashMap::from([("dangling", vec!["true"])]);
        let options = ListVolumesOptionsBuilder::default()
            .filters(&filters)
            .build();
        let volumes = self.witness().list_volumes(Some(options)).await.unwrap();
        let volumes = volumes.volumes.unwrap_or_default();
        volumes.into_iter().map(|volume| volume.name).collect()
    }
}

/// A root file system with the files a peek wants, and hostile ones.
fn root_folder() -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = root.path().join("root").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let link = |path: &str, target: &str| {
        let path = root.path().join("root").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        symlink(target, path).unwrap();
    };
    write("usr/lib/os-release", "ID=lab\n");
    link("etc/os-release", "../usr/lib/os-release");
    write("data/dpkg/status", "Package: a\n");
    link("var/lib/dpkg", "/data/dpkg");
    write("status.d/one", "Package: one\n");
    write("status.d/two", "Package: two\n");
    link("status.d/three", "one");
    link("loop/a", "b");
    link("loop/b", "/loop/a");
    link("outside", "/etc/hostname");
    write("file with space+%2e", "odd\n");
    root
}

fn text(file: &PeekedFile) -> String {
    match &file.content {
        Ok(bytes) => format!(
            "{}: {}",
            file.path,
            String::from_utf8_lossy(bytes).trim_end()
        ),
        Err(error) => format!("{}: ({error})", file.path),
    }
}

async fn a_built_image_is_listed_described_and_removed(kind: EngineKind) {
    let lab = Lab::of(kind, "listed").await;
    let root = root_folder();
    let said = lab.build(root.path(), &lab.containerfile()).await.unwrap();
    let Some(BuildProgress::Image(id)) = said.last() else {
        panic!("{said:?}");
    };
    let lines: Vec<&BuildProgress> = said
        .iter()
        .filter(|line| matches!(line, BuildProgress::Line(text) if text.contains("LABEL lab=")))
        .collect();
    assert_eq!(lines.len(), 1, "{said:?}");

    let image = lab.listed().await.unwrap();
    assert_eq!(image.id, *id);
    assert_eq!(image.engine, lab.engine.name());
    assert_eq!(image.labels["lab"], lab.name);
    assert_eq!(image.used_by, Some(Vec::new()));
    assert!(!image.dangling);
    assert!(image.size > 0);
    assert!(image.created.is_some());
    match (kind, &image.origin) {
        (EngineKind::Docker, Origin::Built(OriginReason::EngineParent(_)))
        | (EngineKind::Podman, Origin::Built(OriginReason::BuilderMark(_))) => {}
        (_, origin) => panic!("{origin:?}"),
    }
    assert!(image.answers_to(&id.to_string()));
    assert!(image.answers_to(&id.short()));

    let facts = lab.engine.inspect(&lab.name).await.unwrap();
    assert_eq!(facts.id, *id);
    assert!(!facts.diff_ids.is_empty());
    assert_eq!(facts.platform.os, "linux");
    let history = lab.engine.history(&lab.name).await.unwrap();
    let steps: Vec<&str> = history
        .iter()
        .map(|entry| entry.created_by.as_str())
        .collect();
    let place = |word: &str| steps.iter().position(|step| step.contains(word));
    assert!(place("LABEL") < place("COPY"), "oldest first: {steps:?}");
    assert!(place("COPY") < place("VOLUME"), "oldest first: {steps:?}");

    let other = lab.name.replace(":1", ":2");
    lab.engine.tag(&lab.name, &other).await.unwrap();
    let image = lab.listed().await.unwrap();
    assert_eq!(image.references.len(), 2, "{:?}", image.references);
    lab.engine.remove_image(&other).await.unwrap();
    lab.clean().await;
    assert_eq!(lab.listed().await, None);
    for error in [
        lab.engine.inspect(&lab.name).await.map(drop).unwrap_err(),
        lab.engine.history(&lab.name).await.map(drop).unwrap_err(),
        lab.engine.export(&lab.name).await.map(drop).unwrap_err(),
        lab.engine.remove_image(&lab.name).await.unwrap_err(),
    ] {
        assert!(
            matches!(error, EngineError::ImageNotFound { .. }),
            "{error}"
        );
    }
}

async fn a_failing_build_says_why(kind: EngineKind) {
    let lab = Lab::of(kind, "failing").await;
    let root = root_folder();
    let error = lab
        .build(root.path(), "FROM scratch\nCOPY nowhere /\n")
        .await
        .unwrap_err();
    assert!(matches!(error, EngineError::BuildFailed { .. }), "{error}");
    assert!(error.to_string().contains("nowhere"), "{error}");
    assert_eq!(lab.listed().await, None);
    let error = lab
        .build(Path::new("/nowhere/at/all"), "FROM scratch\n")
        .await
        .unwrap_err();
    assert!(matches!(error, EngineError::Context { .. }), "{error}");
}

async fn files_are_peeked_and_nothing_stays(kind: EngineKind) {
    let lab = Lab::of(kind, "peeked").await;
    let root = root_folder();
    lab.build(root.path(), &lab.containerfile()).await.unwrap();
    let id = lab.engine.inspect(&lab.name).await.unwrap().id;
    let volumes = lab.abandoned_volumes().await;
    let set = EngineSet::connect(machine_of(kind)).await;
    let mut watch = set.watch();
    let mut next = async || {
        let next = tokio::time::timeout(Duration::from_secs(30), watch.next()).await;
        next.expect("an event within 30 s").expect("a watch")
    };
    while !matches!(next().await, EngineSetEvent::Up(engine) if engine.name() == lab.engine.name())
    {
    }

    let paths = [
        "/etc/os-release",
        "/var/lib/dpkg/status",
        "status.d",
        "/loop/a",
        "/outside",
        "/missing",
        "/missing/deeper",
        "/file with space+%2e",
    ];
    let files = lab.engine.peek(&lab.name, &paths).await.unwrap();
    let found: Vec<String> = files.iter().map(text).collect();
    assert_eq!(
        found[..2],
        [
            "/etc/os-release: ID=lab",
            "/var/lib/dpkg/status: Package: a"
        ]
    );
    let mut folder = found[2..5].to_vec();
    folder.sort();
    assert_eq!(
        folder,
        [
            "status.d/one: Package: one",
            "status.d/three: Package: one",
            "status.d/two: Package: two",
        ]
    );
    assert_eq!(
        found[5],
        "/loop/a: (symbolic links lead in a circle, or too far)"
    );
    // Never this machine's own file: both engines make an empty one in a container.
    assert!(
        !found[6].contains(
            fs::read_to_string("/etc/hostname")
                .unwrap_or("-".into())
                .trim()
        ),
        "{found:?}"
    );
    assert_eq!(
        found[7..],
        [
            "/missing: (no such file)",
            "/missing/deeper: (no such file)",
            "/file with space+%2e: odd",
        ]
    );
    lab.engine.settle().await;
    assert_eq!(lab.leftovers().await, [""; 0]);
    let now = lab.abandoned_volumes().await;
    assert!(
        now.is_subset(&volumes),
        "anonymous volumes are removed too: {now:?}"
    );

    // Dropped at any moment, a peek leaves nothing either.
    for microseconds in [1, 500, 5_000, 20_000, 60_000] {
        let peek = lab.engine.peek(&lab.name, &paths);
        let _ = tokio::time::timeout(Duration::from_micros(microseconds), peek).await;
    }
    lab.engine.settle().await;
    assert_eq!(lab.leftovers().await, [""; 0]);
    let now = lab.abandoned_volumes().await;
    assert!(now.is_subset(&volumes), "{now:?}");

    let error = lab
        .engine
        .peek("outcrop-test/none:1", &["/a"])
        .await
        .unwrap_err();
    assert!(
        matches!(error, PeekError::Engine(EngineError::ImageNotFound { .. })),
        "{error}"
    );

    // The removal of the image is the first event about it: the peeks were not told.
    lab.clean().await;
    let short_name = lab.name.trim_end_matches(":1");
    loop {
        let EngineSetEvent::Image { engine, event } = next().await else {
            continue;
        };
        if engine != lab.engine.name() {
            continue;
        }
        let name = event.reference.unwrap_or_default();
        if event.kind == EngineEventKind::ContainersChanged {
            assert!(!name.contains(short_name), "{name}");
        }
        if event.kind == EngineEventKind::Removed && event.image == Some(id) {
            break;
        }
    }
}

async fn an_export_is_the_whole_archive(kind: EngineKind) {
    let lab = Lab::of(kind, "exported").await;
    let root = root_folder();
    fs::write(root.path().join("root/large"), vec![7; 3_000_000]).unwrap();
    lab.build(root.path(), &lab.containerfile()).await.unwrap();
    let mut export = lab.engine.export(&lab.name).await.unwrap();
    assert!(export.expected_bytes.unwrap() > 3_000_000);
    let handle = export.handle.clone();
    let (length, paths) = tokio::task::spawn_blocking(move || {
        let mut bytes = Vec::new();
        export.reader.read_to_end(&mut bytes).unwrap();
        let paths: Vec<String> = tar::Archive::new(&bytes[..])
            .entries()
            .unwrap()
            .map(|entry| entry.unwrap().path().unwrap().display().to_string())
            .collect();
        (bytes.len(), paths)
    })
    .await
    .unwrap();
    assert_eq!(handle.received_bytes(), length as u64);
    assert!(
        paths.iter().any(|path| path == "manifest.json"),
        "{paths:?}"
    );

    // Dropped in the middle; the engine still answers.
    let export = lab.engine.export(&lab.name).await.unwrap();
    drop(export.reader);
    lab.clean().await;
}

async fn builds_tags_and_removals_are_told_within_a_second(kind: EngineKind) {
    let lab = Lab::of(kind, "followed").await;
    let set = EngineSet::connect(machine_of(kind)).await;
    let mut watch = set.watch();
    // Others use the engines too: only events about this test's image count.
    let short_name = lab.name.trim_end_matches(":1").to_owned();
    let mut told = async |kinds: &[EngineEventKind]| loop {
        match tokio::time::timeout(Duration::from_secs(5), watch.next()).await {
            Ok(Some(EngineSetEvent::Image { engine, event })) if engine == lab.engine.name() => {
                let ours = event
                    .reference
                    .as_ref()
                    .is_none_or(|name| name.contains(&short_name));
                if ours && kinds.contains(&event.kind) {
                    return;
                }
            }
            Ok(Some(EngineSetEvent::Up(engine)))
                if engine.name() == lab.engine.name() && kinds.is_empty() =>
            {
                return;
            }
            Ok(Some(_)) => {}
            other => panic!("not told: {kinds:?}: {other:?}"),
        }
    };
    told(&[]).await;
    let root = root_folder();
    lab.build(root.path(), &lab.containerfile()).await.unwrap();
    let done = Instant::now();
    told(&[EngineEventKind::Built, EngineEventKind::Tagged]).await;
    assert!(done.elapsed() < Duration::from_secs(1));

    let done = Instant::now();
    lab.engine
        .tag(&lab.name, &format!("{short_name}:2"))
        .await
        .unwrap();
    told(&[EngineEventKind::Tagged]).await;
    assert!(done.elapsed() < Duration::from_secs(1));

    lab.engine
        .remove_image(&format!("{short_name}:2"))
        .await
        .unwrap();
    let done = Instant::now();
    lab.clean().await;
    told(&[EngineEventKind::Removed]).await;
    assert!(done.elapsed() < Duration::from_secs(1));
}

async fn containers_are_counted_as_uses(kind: EngineKind) {
    let lab = Lab::of(kind, "used").await;
    let root = root_folder();
    lab.build(root.path(), &lab.containerfile()).await.unwrap();
    let body = bollard::models::ContainerCreateBody {
        image: Some(lab.name.clone()),
        cmd: Some(vec!["/nothing".to_owned()]),
        ..Default::default()
    };
    let options = None::<bollard::query_parameters::CreateContainerOptions>;
    let witness = lab.witness();
    let container = witness.create_container(options, body).await.unwrap();
    let uses = lab.listed().await.unwrap().used_by.unwrap();
    let refused = lab.engine.remove_image(&lab.name).await;
    let options = bollard::query_parameters::RemoveContainerOptionsBuilder::default()
        .force(true)
        .v(true)
        .build();
    witness
        .remove_container(&container.id, Some(options))
        .await
        .unwrap();
    assert_eq!(uses.len(), 1);
    assert_eq!(uses[0].id, container.id);
    assert!(!uses[0].running);
    let refused = refused.unwrap_err();
    assert!(
        matches!(
            refused,
            EngineError::Refused {
                status: Some(409),
                ..
            }
        ),
        "{refused:?}"
    );
    lab.clean().await;
}

fn main() -> anyhow::Result<ExitCode> {
    let mut suite = Suite::default();
    for (kind, engine) in [
        (Kind::Docker, EngineKind::Docker),
        (Kind::Podman, EngineKind::Podman),
    ] {
        macro_rules! add {
            ($($test:ident),* $(,)?) => {$(
                let name = format!("{}::{}", kind.name(), stringify!($test));
                suite.add(name, &needs(kind), move || {
                    tokio::runtime::Runtime::new()?.block_on($test(engine));
                    Ok(())
                });
            )*};
        }
        add!(
            a_built_image_is_listed_described_and_removed,
            a_failing_build_says_why,
            files_are_peeked_and_nothing_stays,
            an_export_is_the_whole_archive,
            builds_tags_and_removals_are_told_within_a_second,
            containers_are_counted_as_uses,
        );
    }
    suite.run(|| {
        for engine in [&DOCKER, &PODMAN] {
            if let Some(engine) = LazyLock::get(engine) {
                engine.stop()?;
            }
        }
        Ok(())
    })
}
