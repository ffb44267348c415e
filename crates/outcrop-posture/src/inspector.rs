//! The checks of entries and contents, as one inspector of layers.

use std::sync::LazyLock;

use outcrop_image::{ContentSearch, EntryFacts, Inspector, Sightings};
use outcrop_model::Sighting;

use crate::check::{Check, Look};
use crate::files::ships_when_hidden;
use crate::registry::CHECKS;
use crate::secrets::FileSearch;

/// Looks at every entry of a layer with the checks of files and secrets.
pub static POSTURE: &dyn Inspector = &Posture;

struct Posture;

type EntryLook = fn(&EntryFacts<'_>) -> Option<String>;

/// The checks of entries, apart from the others: they are called for millions.
static ENTRY_CHECKS: LazyLock<Vec<(&Check, EntryLook)>> = LazyLock::new(|| {
    let of_entries = |check: &&'static Check| match check.look {
        Look::Entry(look) => Some((*check, look)),
        _ => None,
    };
    CHECKS.iter().filter_map(of_entries).collect()
});

impl Inspector for Posture {
    fn name(&self) -> &'static str {
        "posture-1"
    }

    fn entry(&self, entry: &EntryFacts<'_>, seen: &mut Sightings) {
        for (check, look) in ENTRY_CHECKS.iter() {
            if let Some(detail) = look(entry) {
                seen.add(Sighting {
                    check: check.id.to_owned(),
                    path: entry.path.to_owned(),
                    line: None,
                    detail,
                    secret: None,
                    ships_when_hidden: ships_when_hidden(check.id),
                });
            }
        }
    }

    fn search(&self) -> Box<dyn ContentSearch + '_> {
        Box::new(FileSearch::default())
    }
}
