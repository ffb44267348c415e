//! A layer as a sorted map of paths, and its tar.

use std::collections::BTreeMap;

use anyhow::Context;
use tar::{Builder, EntryType, Header};

/// Modification time of every entry: 2023-06-10T12:00:00Z, the day of Debian 12.0.
const MODIFIED: u64 = 1_686_398_400;

enum Entry {
    Directory { mode: u32 },
    File { mode: u32, content: Vec<u8> },
    Link { target: String },
}

/// The entries of one layer by path, without a leading slash.
#[derive(Default)]
pub(super) struct Layer {
    entries: BTreeMap<String, Entry>,
}

impl Layer {
    /// Adds a folder and those above it.
    pub(super) fn directory(&mut self, path: &str) -> &mut Self {
        self.parents(path);
        self.entries
            .insert(path.to_owned(), Entry::Directory { mode: 0o755 });
        self
    }

    /// Adds a file of mode 644 and the folders above it.
    pub(super) fn file(&mut self, path: &str, content: impl Into<Vec<u8>>) -> &mut Self {
        self.parents(path);
        self.entries.insert(
            path.to_owned(),
            Entry::File {
                mode: 0o644,
                content: content.into(),
            },
        );
        self
    }

    /// Adds a file of mode 755 and the folders above it.
    pub(super) fn program(&mut self, path: &str, content: &str) -> &mut Self {
        self.parents(path);
        self.entries.insert(
            path.to_owned(),
            Entry::File {
                mode: 0o755,
                content: content.into(),
            },
        );
        self
    }

    /// Adds a symbolic link and the folders above it.
    pub(super) fn link(&mut self, path: &str, target: &str) -> &mut Self {
        self.parents(path);
        self.entries.insert(
            path.to_owned(),
            Entry::Link {
                target: target.to_owned(),
            },
        );
        self
    }

    fn parents(&mut self, path: &str) {
        for (slash, _) in path.match_indices('/') {
            self.entries
                .entry(path[..slash].to_owned())
                .or_insert(Entry::Directory { mode: 0o755 });
        }
    }

    /// The tar of the layer: sorted, owned by root, one time for all.
    pub(super) fn to_tar(&self) -> anyhow::Result<Vec<u8>> {
        let mut builder = Builder::new(Vec::new());
        for (path, entry) in &self.entries {
            let mut header = Header::new_gnu();
            header.set_mtime(MODIFIED);
            header.set_uid(0);
            header.set_gid(0);
            header.set_size(0);
            let added = match entry {
                Entry::Directory { mode } => {
                    header.set_entry_type(EntryType::Directory);
                    header.set_mode(*mode);
                    builder.append_data(&mut header, format!("{path}/"), std::io::empty())
                }
                Entry::File { mode, content } => {
                    header.set_entry_type(EntryType::Regular);
                    header.set_mode(*mode);
                    header.set_size(content.len() as u64);
                    builder.append_data(&mut header, path, content.as_slice())
                }
                Entry::Link { target } => {
                    header.set_entry_type(EntryType::Symlink);
                    header.set_mode(0o777);
                    builder.append_link(&mut header, path, target)
                }
            };
            added.with_context(|| format!("could not add `{path}` to a layer"))?;
        }
        Ok(builder.into_inner()?)
    }
}
