//! Paths inside a container, and what the engine's small archives of them hold.

use std::io::Read as _;

use super::peek::PeekError;

/// Where a symbolic link at `from` leads, by text alone: absolute, without `.` and `..`.
///
/// Links among the folders are the engine's to resolve; it does so inside the container.
pub(super) fn link_target(from: &str, target: &str) -> String {
    if target.starts_with('/') {
        return normal(target);
    }
    let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    normal(&format!("{folder}/{target}"))
}

/// `path` as an absolute one without `.`, `..` and empty parts; `..` at the root stays there.
pub(super) fn normal(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

/// What the engine's archive of one path turns out to be.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A regular file's bytes.
    File(Vec<u8>),
    /// A symbolic link, with its target as it is written.
    Link(String),
    /// A folder: name and finding of each direct child but folders.
    Folder(Vec<(String, Found)>),
    /// A device, a pipe, a hard link, or nothing.
    Other,
}

/// Reads the archive of one path, at most `max_children` files of a folder.
pub(super) fn read(archive: &[u8], max_children: usize) -> Result<Found, PeekError> {
    let unreadable = |error: std::io::Error| PeekError::Unreadable(error.to_string());
    let mut children = Vec::new();
    let mut is_folder = false;
    let mut entries = tar::Archive::new(archive);
    for (place, entry) in entries.entries().map_err(unreadable)?.enumerate() {
        let mut entry = entry.map_err(unreadable)?;
        let kind = entry.header().entry_type();
        if place == 0 && kind.is_dir() {
            is_folder = true;
            continue;
        }
        let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let found = if kind.is_file() {
            let mut bytes = Vec::new();
            // The archive is in memory already, so this cannot grow beyond it.
            entry.read_to_end(&mut bytes).map_err(unreadable)?;
            if bytes.len() as u64 != entry.size() {
                return Err(PeekError::Unreadable("it is cut off".to_owned()));
            }
            Found::File(bytes)
        } else if kind.is_symlink() {
            let target = entry.link_name_bytes().unwrap_or_default();
            Found::Link(String::from_utf8_lossy(&target).into_owned())
        } else {
            Found::Other
        };
        if !is_folder {
            return Ok(found);
        }
        // `status.d/name`: direct children only.
        if let [_, name] = path.trim_start_matches("./").split('/').collect::<Vec<_>>()[..]
            && !name.is_empty()
            && !kind.is_dir()
        {
            if children.len() == max_children {
                return Err(PeekError::TooManyFiles {
                    limit: max_children,
                });
            }
            children.push((name.to_owned(), found));
        }
    }
    Ok(if is_folder {
        Found::Folder(children)
    } else {
        Found::Other
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_followed_by_text_and_stay_below_the_root() {
        let check = |from: &str, target: &str, expected: &str| {
            assert_eq!(link_target(from, target), expected, "{from} -> {target}");
        };
        check(
            "/etc/os-release",
            "../usr/lib/os-release",
            "/usr/lib/os-release",
        );
        check(
            "/etc/os-release",
            "/usr/lib/os-release",
            "/usr/lib/os-release",
        );
        check("/etc/os-release", "other", "/etc/other");
        check("/a", "../../../../etc/shadow", "/etc/shadow");
        check("/a/b", "./c//d/.", "/a/c/d");
        check("/a", "", "/");
    }

    fn archive(entries: &[(&str, tar::EntryType, &str)]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (path, kind, content) in entries {
            let mut header = tar::Header::new_gnu();
            header.set_entry_type(*kind);
            header.set_mode(0o644);
            header.set_size(0);
            if kind.is_symlink() {
                builder.append_link(&mut header, path, content).unwrap();
            } else {
                header.set_size(content.len() as u64);
                builder
                    .append_data(&mut header, path, content.as_bytes())
                    .unwrap();
            }
        }
        builder.into_inner().unwrap()
    }

    #[test]
    fn archives_of_files_links_and_folders_are_told_apart() {
        use tar::EntryType as Kind;
        let check = |entries: &[(&str, Kind, &str)], expected: Result<Found, PeekError>| {
            assert_eq!(
                format!("{:?}", read(&archive(entries), 3)),
                format!("{expected:?}")
            );
        };
        let file = |text: &str| Found::File(text.as_bytes().to_vec());
        check(&[("status", Kind::Regular, "x")], Ok(file("x")));
        check(
            &[("os-release", Kind::Symlink, "../usr/lib/os-release")],
            Ok(Found::Link("../usr/lib/os-release".into())),
        );
        check(&[("tty", Kind::Char, "")], Ok(Found::Other));
        check(&[], Ok(Found::Other));
        check(
            &[("status.d/", Kind::Directory, "")],
            Ok(Found::Folder(Vec::new())),
        );
        check(
            &[
                ("status.d/", Kind::Directory, ""),
                ("status.d/base", Kind::Regular, "b"),
                ("status.d/deep/", Kind::Directory, ""),
                ("status.d/deep/no", Kind::Regular, "n"),
                ("status.d/link", Kind::Symlink, "base"),
            ],
            Ok(Found::Folder(vec![
                ("base".into(), file("b")),
                ("link".into(), Found::Link("base".into())),
            ])),
        );
        check(
            &[
                ("d/", Kind::Directory, ""),
                ("d/1", Kind::Regular, ""),
                ("d/2", Kind::Regular, ""),
                ("d/3", Kind::Regular, ""),
                ("d/4", Kind::Regular, ""),
            ],
            Err(PeekError::TooManyFiles { limit: 3 }),
        );
    }

    #[test]
    fn a_cut_archive_is_an_error() {
        let whole = archive(&[("status", tar::EntryType::Regular, &"x".repeat(2_000))]);
        assert!(matches!(
            read(&whole[..1_024], 3),
            Err(PeekError::Unreadable(_))
        ));
    }
}
