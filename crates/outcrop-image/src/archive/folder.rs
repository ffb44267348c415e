//! An OCI image layout as a folder.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::index::{Plan, plan};
use super::{ArchiveContents, Exactly, Members, Reading, assemble, read_layers};
use crate::error::ImageError;
use crate::path::normalise;
use crate::problems::Problems;

/// Reads an OCI image layout from a folder.
///
/// OCI image specification, `image-layout.md`. Blobs may be symbolic links, as build systems make
/// them; nothing but regular files is opened.
pub fn read_oci_folder(path: &Path, reading: &Reading<'_>) -> Result<ArchiveContents, ImageError> {
    std::fs::read_dir(path).map_err(|source| ImageError::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    let members = FolderMembers { folder: path };
    let mut problems = Problems::new(reading.limits.problems);
    let Plan { images, refusal } = plan(&members, reading, &mut problems);
    if let Some(refusal) = refusal {
        return Err(refusal);
    }
    let needed: BTreeSet<String> = images
        .iter()
        .flat_map(|image| image.members().cloned())
        .collect();
    let done = read_layers(&members, &needed, reading)?;
    Ok(assemble(images, done, problems))
}

struct FolderMembers<'a> {
    folder: &'a Path,
}

impl FolderMembers<'_> {
    fn file(&self, member: &str) -> PathBuf {
        let mut path = self.folder.to_owned();
        path.extend(member.split('/'));
        path
    }
}

impl Members for FolderMembers<'_> {
    fn resolve(&self, path: &str) -> Option<String> {
        let mut normalised = Vec::new();
        normalise(path.as_bytes(), &mut normalised);
        let path = String::from_utf8(normalised).ok()?;
        self.file(&path).is_file().then_some(path)
    }

    fn open(&self, member: &str) -> io::Result<(Box<dyn Read + '_>, u64)> {
        let file = File::open(self.file(member))?;
        let size = file.metadata()?.len();
        let reader = Exactly {
            inner: file,
            left: size,
        };
        Ok((Box::new(reader), size))
    }
}
