use std::collections::BTreeSet;

use outcrop_image::{
    ContentSearch, EntryFacts, EntryKind, Inspection, Inspector, Sightings, inspect,
};

use super::sample::{Sample, sample};
use super::search::{FileSearch, MAX_SECRETS_IN_FILE};
use super::table;

mod concealing;
mod hostile;
mod precision;
mod recall;

/// Looks at contents alone, and is given them in blocks.
struct Contents {
    block: usize,
}

impl Inspector for Contents {
    fn name(&self) -> &'static str {
        "contents"
    }

    fn entry(&self, _entry: &EntryFacts<'_>, _seen: &mut Sightings) {}

    fn search(&self) -> Box<dyn ContentSearch + '_> {
        Box::new(Blocks {
            block: self.block,
            search: FileSearch::default(),
        })
    }
}

struct Blocks {
    block: usize,
    search: FileSearch,
}

impl ContentSearch for Blocks {
    fn begin(&mut self, entry: &EntryFacts<'_>, start: &[u8]) -> bool {
        self.search.begin(entry, start)
    }

    fn feed(&mut self, bytes: &[u8], last: bool, seen: &mut Sightings) -> bool {
        assert!(last, "a file of a test comes whole");
        let count = bytes.len().div_ceil(self.block).max(1);
        (0..count).all(|at| {
            let block = &bytes[at * self.block..bytes.len().min((at + 1) * self.block)];
            self.search.feed(block, at + 1 == count, seen)
        })
    }
}

fn inspected(path: &str, content: &[u8], block: usize) -> Inspection {
    let entry = EntryFacts {
        path,
        kind: EntryKind::File,
        mode: 0o644,
        user: 0,
        group: 0,
        size: content.len() as u64,
        capability: None,
    };
    inspect(&Contents { block }, &[(entry, content)])
}

/// Kinds and lines of what is told in a file that comes whole.
fn told(path: &str, content: &[u8]) -> Vec<(String, u32)> {
    told_in_blocks(path, content, usize::MAX)
}

fn told_in_blocks(path: &str, content: &[u8], block: usize) -> Vec<(String, u32)> {
    let mut told: Vec<(String, u32)> = inspected(path, content, block)
        .sightings
        .into_iter()
        .map(|sighting| {
            let secret = sighting.secret.expect("a secret");
            (secret.kind, sighting.line.expect("a line"))
        })
        .collect();
    told.sort_by_key(|(_, line)| *line);
    told
}

fn every_sample(seed: u64) -> Vec<(&'static str, Sample)> {
    table::rules()
        .map(|rule| {
            let id = rule.kind.id;
            (
                id,
                sample(id, seed).expect("a kind of the table has a sample"),
            )
        })
        .collect()
}
