//! The checks of entries and contents, as one inspector of layers.

use outcrop_image::{ContentSearch, EntryFacts, Inspector, Sightings};
use outcrop_model::Sighting;

use crate::check::Look;
use crate::registry::CHECKS;
use crate::secrets::FileSearch;

/// Looks at every entry of a layer with the checks of files and secrets.
pub static POSTURE: &dyn Inspector = &Posture;

struct Posture;

impl Inspector for Posture {
    fn name(&self) -> &'static str {
        "posture-1"
    }

    fn entry(&self, entry: &EntryFacts<'_>, seen: &mut Sightings) {
        for check in CHECKS {
            let Look::Entry(look) = check.look else {
                continue;
            };
            if let Some(detail) = look(entry) {
                seen.add(Sighting {
                    check: check.id.to_owned(),
                    path: entry.path.to_owned(),
                    line: None,
                    detail,
                    secret: None,
                    ships_when_hidden: crate::files::ships_when_hidden(check.id),
                });
            }
        }
    }

    fn search(&self) -> Box<dyn ContentSearch + '_> {
        Box::new(FileSearch::default())
    }
}
