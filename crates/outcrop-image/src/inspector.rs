//! The contract between the walk over a layer and one who looks at every entry of it.

use std::collections::{BTreeMap, BTreeSet};

use outcrop_model::{OwnedEntries, Sighting};
use serde::{Deserialize, Serialize};

/// What an entry of a layer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link; its mode means nothing.
    SymbolicLink,
    /// Another name of a file of the layer.
    HardLink,
    /// A device node or named pipe.
    Special,
}

/// What the header of an entry says. Everything in it is the image's own claim.
#[derive(Clone, Copy, Debug)]
pub struct EntryFacts<'a> {
    /// Path inside the image, without a leading slash.
    pub path: &'a str,
    /// What it is.
    pub kind: EntryKind,
    /// Permission bits with setuid (`0o4000`), setgid (`0o2000`) and sticky (`0o1000`).
    pub mode: u32,
    /// Numeric user.
    pub user: u64,
    /// Numeric group.
    pub group: u64,
    /// Bytes of its content.
    pub size: u64,
    /// The extended attribute `security.capability`, as it is; at most
    /// [`MAX_CAPABILITY_BYTES`] of it.
    pub capability: Option<&'a [u8]>,
}

impl<'a> EntryFacts<'a> {
    /// The folder, without a slash at its end, and the name.
    pub fn folder_and_name(&self) -> (&'a str, &'a str) {
        self.path.rsplit_once('/').unwrap_or(("", self.path))
    }
}

/// Bytes of a capability attribute that are shown; Linux writes 12, 20 or 24
/// (`linux/capability.h`, `XATTR_CAPS_SZ_1` to `_3`).
pub const MAX_CAPABILITY_BYTES: usize = 64;

/// Bytes from the start of a file by which a [`ContentSearch`] decides whether to go on.
pub const PROBE_BYTES: usize = 4_096;

/// One that looks at every entry of a layer, and may read the content of files.
///
/// What it sees depends on the layer alone: whether an entry counts is decided in the merged view.
pub trait Inspector: Sync {
    /// Stable identifier and version, as `posture-1`; another one whenever the same layer would
    /// give other sightings.
    fn name(&self) -> &'static str;

    /// Looks at the header of an entry. Called for every one, so it must be cheap.
    fn entry(&self, entry: &EntryFacts<'_>, seen: &mut Sightings);

    /// One who reads contents, file after file.
    fn search(&self) -> Box<dyn ContentSearch + '_>;
}

/// One that reads the content of files, each from its beginning on.
pub trait ContentSearch {
    /// Whether the content of a regular file is wanted. `start` is what lies ready of it, at most
    /// [`PROBE_BYTES`], and may be shorter than the file's beginning.
    fn begin(&mut self, entry: &EntryFacts<'_>, start: &[u8]) -> bool;

    /// The next bytes of the file; with `last` there are no more, though the file may have been
    /// cut. False where no more are wanted.
    fn feed(&mut self, bytes: &[u8], last: bool, seen: &mut Sightings) -> bool;
}

/// Sightings of one layer as they are collected: bounded, whatever the layer holds.
#[derive(Debug)]
pub struct Sightings {
    by_path: BTreeMap<String, BTreeSet<Sighting>>,
    count: usize,
    bytes: usize,
    of_check: BTreeMap<String, usize>,
    /// What was not kept, by check.
    passed_over: BTreeMap<String, u64>,
    notes: BTreeSet<(String, String)>,
    owners: BTreeMap<u64, OwnedEntries>,
}

/// Sightings of one layer that are kept one by one.
pub const MAX_SIGHTINGS: usize = 5_000;
/// Bytes of the texts of all sightings of one layer.
const MAX_SIGHTING_BYTES: usize = 4 << 20;
/// Sightings of one check in one layer that are kept one by one.
pub const MAX_SIGHTINGS_OF_CHECK: usize = 500;
/// Notes of one layer that are kept.
const MAX_NOTES: usize = 100;
/// Users of one layer whose entries are counted.
const MAX_OWNERS: usize = 256;
/// Paths of one user that are kept.
const MAX_EXAMPLES: usize = 8;

impl Sightings {
    pub(crate) fn new() -> Self {
        Self {
            by_path: BTreeMap::new(),
            count: 0,
            bytes: 0,
            of_check: BTreeMap::new(),
            passed_over: BTreeMap::new(),
            notes: BTreeSet::new(),
            owners: BTreeMap::new(),
        }
    }

    /// Keeps a sighting; the same one twice counts once, and what is beyond the bounds is counted.
    pub fn add(&mut self, sighting: Sighting) {
        let of_check = self.of_check.get(&sighting.check).copied().unwrap_or(0);
        let bytes = sighting.check.len() + sighting.path.len() + sighting.detail.len();
        if self.count >= MAX_SIGHTINGS
            || of_check >= MAX_SIGHTINGS_OF_CHECK
            || self.bytes + bytes > MAX_SIGHTING_BYTES
        {
            *self.passed_over.entry(sighting.check).or_default() += 1;
            return;
        }
        let check = sighting.check.clone();
        let of_path = self.by_path.entry(sighting.path.clone()).or_default();
        if of_path.insert(sighting) {
            self.count += 1;
            self.bytes += bytes;
            *self.of_check.entry(check).or_default() += 1;
        }
    }

    /// Says that a file was looked at in part: one sentence without a final period.
    pub fn note(&mut self, path: &str, message: &str) {
        if self.notes.len() < MAX_NOTES {
            self.notes.insert((path.to_owned(), message.to_owned()));
        }
    }

    /// Counts an entry for its user.
    pub(crate) fn owned_by(&mut self, user: u64, path: &str) {
        if user == 0 || (self.owners.len() >= MAX_OWNERS && !self.owners.contains_key(&user)) {
            return;
        }
        let owned = self.owners.entry(user).or_insert_with(|| OwnedEntries {
            user,
            ..OwnedEntries::default()
        });
        owned.count += 1;
        if owned.examples.len() < MAX_EXAMPLES {
            owned.examples.push(path.to_owned());
        }
    }

    /// Sightings that are kept.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Forgets what was seen at `path`: a later entry of the layer takes its place.
    pub(crate) fn forget(&mut self, path: &str) {
        for sighting in self.by_path.remove(path).into_iter().flatten() {
            self.count -= 1;
            if let Some(of_check) = self.of_check.get_mut(&sighting.check) {
                *of_check -= 1;
            }
        }
    }

    pub(crate) fn into_inspection(mut self, by: &str) -> Inspection {
        for (check, count) in &self.passed_over {
            let message = format!("more of `{check}` was seen than is listed: {count}");
            self.notes.insert((String::new(), message));
        }
        Inspection {
            by: by.to_owned(),
            sightings: self.by_path.into_values().flatten().collect(),
            notes: self.notes.into_iter().collect(),
            owners: self.owners.into_values().collect(),
        }
    }
}

/// What an [`Inspector`] saw in a layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inspection {
    /// Its [name](Inspector::name).
    pub by: String,
    /// By path.
    pub sightings: Vec<Sighting>,
    /// What was looked at in part: path and sentence.
    pub notes: Vec<(String, String)>,
    /// Who owns the entries, users other than 0.
    pub owners: Vec<OwnedEntries>,
}

/// The sightings of a few entries, for tests of an inspector.
///
/// Each entry comes with its whole content.
#[cfg(any(test, feature = "fixtures"))]
pub fn inspect(inspector: &dyn Inspector, entries: &[(EntryFacts<'_>, &[u8])]) -> Inspection {
    let mut seen = Sightings::new();
    let mut search = inspector.search();
    for (entry, content) in entries {
        let entry = EntryFacts {
            size: content.len() as u64,
            ..*entry
        };
        inspector.entry(&entry, &mut seen);
        seen.owned_by(entry.user, entry.path);
        if entry.kind == EntryKind::File
            && !content.is_empty()
            && search.begin(&entry, &content[..content.len().min(PROBE_BYTES)])
        {
            search.feed(content, true, &mut seen);
        }
    }
    seen.into_inspection(inspector.name())
}
