//! The inspector at work on one layer.

use crate::analyser::RandomAccess as _;
use crate::content::Spilled;
use crate::inspector::{
    ContentSearch, EntryFacts, EntryKind, Inspection, Inspector, PROBE_BYTES, Sightings,
};
use crate::limits::BLOCK_BYTES;
use crate::tar_reader::{Entry, Kind, Source, TarError, TarReader};

/// Bytes of a file up to which it is made to lie in one piece for a search.
pub(super) const SEARCHED_AT_ONCE: usize = 1 << 16;

/// An inspector and what it has seen.
pub(super) struct Inspecting<'a> {
    inspector: &'a dyn Inspector,
    search: Box<dyn ContentSearch + 'a>,
    seen: Sightings,
}

impl<'a> Inspecting<'a> {
    pub(super) fn new(inspector: &'a dyn Inspector) -> Self {
        Self {
            inspector,
            search: inspector.search(),
            seen: Sightings::new(),
        }
    }

    /// Shows it the header of an entry; whether it saw anything.
    pub(super) fn inspect<S: Source>(
        &mut self,
        tar: &TarReader<S>,
        entry: Entry,
        path: &str,
    ) -> bool {
        let before = self.count();
        let facts = EntryFacts {
            capability: tar.capability(),
            ..entry_facts(entry, path)
        };
        self.inspector.entry(&facts, &mut self.seen);
        self.seen.owned_by(entry.user, path);
        self.count() > before
    }

    /// Whether the content of a file is to be searched.
    pub(super) fn begin(&mut self, entry: &EntryFacts<'_>, start: &[u8]) -> bool {
        let probe = &start[..start.len().min(PROBE_BYTES)];
        self.search.begin(entry, probe)
    }

    /// Searches the next bytes; whether there is more to be searched.
    pub(super) fn feed(&mut self, bytes: &[u8], last: bool) -> bool {
        self.search.feed(bytes, last, &mut self.seen) && !last
    }

    /// Searches content that is not in memory, the beginning of `size` bytes; whether there is more
    /// to be searched.
    pub(super) fn feed_spilled(&mut self, spilled: &Spilled, size: u64) -> bool {
        let mut block = vec![0; BLOCK_BYTES];
        let mut at = 0;
        while at < spilled.size {
            let read = spilled.read_at(at, &mut block).unwrap_or(0);
            at += read as u64;
            if !self.feed(&block[..read], at >= size || read == 0) {
                return false;
            }
        }
        true
    }

    /// Sightings so far.
    pub(super) fn count(&self) -> usize {
        self.seen.count()
    }

    /// Forgets what was seen at `path`: a later entry of the layer takes its place.
    pub(super) fn forget(&mut self, path: &str) {
        self.seen.forget(path);
    }

    pub(super) fn into_inspection(self) -> Inspection {
        self.seen.into_inspection(self.inspector.name())
    }
}

/// What the header of an entry says.
pub(super) fn entry_facts(entry: Entry, path: &str) -> EntryFacts<'_> {
    EntryFacts {
        path,
        kind: match entry.kind {
            Kind::File | Kind::SparseFile => EntryKind::File,
            Kind::Folder => EntryKind::Folder,
            Kind::SymbolicLink => EntryKind::SymbolicLink,
            Kind::HardLink => EntryKind::HardLink,
            Kind::Special => EntryKind::Special,
        },
        mode: entry.mode,
        user: entry.user,
        group: entry.group,
        size: entry.size,
        capability: None,
    }
}

/// Searches what is left of the current content, if anyone does.
pub(super) fn search_rest<S: Source>(
    tar: &mut TarReader<S>,
    searching: Option<&mut Inspecting<'_>>,
) -> Result<(), TarError> {
    let Some(searching) = searching else {
        return Ok(());
    };
    let read = tar.show_body(|bytes, last| searching.feed(bytes, last));
    if read.is_err() {
        // What stands before the end is told all the same.
        searching.feed(&[], true);
    }
    read
}
