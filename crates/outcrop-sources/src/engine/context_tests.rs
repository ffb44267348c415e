use std::collections::BTreeMap;
use std::fs;

use futures_util::StreamExt as _;

use super::*;

/// Packs `folder` and lists `path` → content, link target or `/`.
async fn packed(folder: Folder) -> Result<BTreeMap<String, String>, EngineError> {
    let (chunks, failure) = pack(folder);
    let mut archive = Vec::new();
    let mut chunks = Box::pin(chunks);
    while let Some(chunk) = chunks.next().await {
        match chunk {
            Ok(chunk) => archive.extend_from_slice(&chunk),
            Err(_) => return Err(failure.take().unwrap()),
        }
    }
    let mut listing = BTreeMap::new();
    for entry in tar::Archive::new(&archive[..]).entries().unwrap() {
        let mut entry = entry.unwrap();
        let path = entry.path().unwrap().display().to_string();
        let mut content = String::new();
        if entry.header().entry_type().is_dir() {
            content.push('/');
        } else if let Some(target) = entry.link_name().unwrap() {
            content = format!("-> {}", target.display());
        } else {
            io::Read::read_to_string(&mut entry, &mut content).unwrap();
        }
        assert_eq!(entry.header().uid().unwrap(), 0, "{path}");
        listing.insert(path, content);
    }
    Ok(listing)
}

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    root
}

async fn check(files: &[(&str, &str)], replacement: Option<&str>, expected: &[(&str, &str)]) {
    let root = folder(files);
    let containerfile = match replacement {
        Some(_) => "own",
        None => "Dockerfile",
    };
    let listing = packed(Folder {
        root: root.path().to_owned(),
        containerfile: containerfile.to_owned(),
        replacement: replacement.map(|text| text.as_bytes().to_vec()),
    })
    .await
    .unwrap();
    let expected: BTreeMap<String, String> = expected
        .iter()
        .map(|(path, content)| ((*path).to_owned(), (*content).to_owned()))
        .collect();
    assert_eq!(listing, expected);
}

#[tokio::test]
async fn a_folder_is_packed_whole() {
    let long = "deep/".repeat(40) + "file";
    let files = [
        ("Dockerfile", "FROM x"),
        ("src/a", "1"),
        (long.as_str(), "2"),
    ];
    let root = folder(&files);
    let listing = packed(Folder {
        root: root.path().to_owned(),
        containerfile: "Dockerfile".to_owned(),
        replacement: None,
    })
    .await
    .unwrap();
    assert_eq!(listing["src/"], "/");
    assert_eq!(listing["src/a"], "1");
    assert_eq!(listing[&long], "2");
}

#[tokio::test]
async fn the_ignore_file_is_respected() {
    check(
        &[
            ("Dockerfile", "FROM x"),
            (".dockerignore", "*\n!src/keep\n"),
            ("src/keep", "k"),
            ("src/drop", "d"),
            ("other", "o"),
        ],
        None,
        &[("Dockerfile", "FROM x"), ("src/keep", "k")],
    )
    .await;
    check(
        &[
            ("Dockerfile", "FROM x"),
            ("Dockerfile.dockerignore", "a\n*.dockerignore"),
            (".dockerignore", "b"),
            ("a", ""),
            ("b", "b"),
        ],
        None,
        &[("Dockerfile", "FROM x"), ("b", "b")],
    )
    .await;
}

#[tokio::test]
async fn another_containerfile_goes_beside_the_folders_own() {
    check(
        &[
            ("Dockerfile", "FROM old"),
            ("own", "the user's"),
            (".dockerignore", "Dockerfile"),
        ],
        Some("FROM new"),
        &[(".dockerignore", "Dockerfile"), ("own", "FROM new")],
    )
    .await;
}

#[cfg(unix)]
#[tokio::test]
async fn links_are_packed_as_links() {
    let root = folder(&[("Dockerfile", "FROM x")]);
    std::os::unix::fs::symlink("/etc/passwd", root.path().join("link")).unwrap();
    let listing = packed(Folder {
        root: root.path().to_owned(),
        containerfile: "Dockerfile".to_owned(),
        replacement: None,
    })
    .await
    .unwrap();
    assert_eq!(listing["link"], "-> /etc/passwd");
}

#[tokio::test]
async fn a_missing_folder_is_named() {
    let error = packed(Folder {
        root: "/nowhere/at/all".into(),
        containerfile: "Dockerfile".to_owned(),
        replacement: None,
    })
    .await
    .unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("cannot read the build context at `/nowhere/at/all"),
        "{error}"
    );
}

#[test]
fn an_entry_can_stand_before_an_archive() {
    let mut both = single_entry("first", b"1").unwrap();
    let mut archive = tar::Builder::new(Vec::new());
    append_bytes(&mut archive, "second", b"2").unwrap();
    both.extend(archive.into_inner().unwrap());
    let paths: Vec<String> = tar::Archive::new(&both[..])
        .entries()
        .unwrap()
        .map(|entry| entry.unwrap().path().unwrap().display().to_string())
        .collect();
    assert_eq!(paths, ["first", "second"]);
}
