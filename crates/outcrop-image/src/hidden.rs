//! How many bytes of lower layers each layer hides: the space that an image wastes.

use std::collections::HashMap;

use crate::cancellation::Cancellation;
use crate::report::{LayerReport, PathRecord, PathTable};
use crate::tree::Hiding;

/// A folder of the merged view.
struct Folder {
    path: u64,
    parent: u32,
    /// Its lower content is gone; worked out anew for each layer.
    hidden: bool,
}

/// The hidden bytes of each layer, in their order; zeros from where `cancellation` is thrown.
///
/// Bytes count as hidden when a file of a lower layer is overwritten, removed by a whiteout,
/// inside a folder that is removed, opaque or replaced. A hard link's content belongs to its
/// first path.
pub(crate) fn hidden_bytes(
    reports: &[Option<&LayerReport>],
    cancellation: &Cancellation,
) -> Vec<u64> {
    let mut hidden = vec![0; reports.len()];
    // Sorted by path, as the tables of the reports are.
    let mut visible: Vec<PathRecord> = Vec::new();
    let mut folders: Vec<Folder> = Vec::new();
    let mut index: HashMap<u64, u32> = HashMap::new();
    let last = reports.iter().rposition(Option::is_some);
    for (layer, report) in reports.iter().enumerate() {
        let Some(report) = report else { continue };
        if cancellation.is_cancelled() {
            return hidden;
        }
        let table = &report.paths;
        hidden[layer] = hide(&mut visible, &mut folders, table);
        if Some(layer) != last {
            merge(&mut visible, &mut folders, &mut index, table);
        }
    }
    hidden
}

/// Takes away what `table` hides; gives the bytes.
fn hide(visible: &mut Vec<PathRecord>, folders: &mut [Folder], table: &PathTable) -> u64 {
    if visible.is_empty() {
        return 0;
    }
    let hiding = Hiding::of(table);
    for position in 0..folders.len() {
        // A folder stands after the one above it.
        let above = folders
            .get(folders[position].parent as usize)
            .is_some_and(|parent| parent.hidden);
        folders[position].hidden = above || hiding.empties(folders[position].path);
    }
    let mut bytes = 0;
    let mut upper = table.records.iter().peekable();
    visible.retain(|record| {
        while upper.next_if(|above| above.path < record.path).is_some() {}
        let gone = upper.peek().is_some_and(|above| above.path == record.path)
            || hiding.takes(record.path)
            || folders
                .get(record.folder() as usize)
                .is_some_and(|folder| folder.hidden);
        if gone {
            bytes += record.size();
        }
        !gone
    });
    bytes
}

/// Adds the paths of `table`, which [`hide`] has made disjoint from those that are visible.
fn merge(
    visible: &mut Vec<PathRecord>,
    folders: &mut Vec<Folder>,
    index: &mut HashMap<u64, u32>,
    table: &PathTable,
) {
    let mut known: Vec<u32> = Vec::with_capacity(table.folders.len());
    for folder in &table.folders {
        let parent = known
            .get(folder.parent as usize)
            .copied()
            .unwrap_or(PathRecord::NO_FOLDER);
        let position = *index.entry(folder.path).or_insert_with(|| {
            folders.push(Folder {
                path: folder.path,
                parent,
                hidden: false,
            });
            folders.len() as u32 - 1
        });
        known.push(position);
    }
    visible.reserve_exact(table.records.len());
    visible.extend(table.records.iter().map(|record| {
        let folder = known
            .get(record.folder() as usize)
            .copied()
            .unwrap_or(PathRecord::NO_FOLDER);
        PathRecord::new(record.path, record.size(), folder)
    }));
    // Two sorted runs: the sort finds and merges them.
    visible.sort_by_key(|record| record.path);
}
