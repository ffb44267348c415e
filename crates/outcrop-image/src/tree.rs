//! The merged view of some layers, as far as analysers asked for it.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ops::Bound;

use outcrop_model::ProblemKind;

use crate::analyser::{Analyser, FileFacts, FileProblem, Observation, Root};
use crate::limits::MAX_LINKS_FOLLOWED;
use crate::path::{PathHash, folder_of, join, name_of};
use crate::report::{Candidate, LayerReport, PathTable};

/// A file that is reachable in the merged view.
#[derive(Clone, Debug)]
pub struct Found<'a> {
    /// Its real path, after every link.
    pub path: String,
    /// Index of the layer that it is from.
    pub layer: usize,
    /// What it says; `None` where only problems came of it.
    pub observation: Option<&'a Observation>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Placed<'a> {
    pub(crate) layer: usize,
    pub(crate) candidate: &'a Candidate,
}

/// The merged view as one analyser sees it: the files it asked for, at the paths where a process
/// in a container would find them.
pub struct View<'a> {
    tree: &'a Tree<'a>,
    analyser: &'a dyn Analyser,
    reached: RefCell<Reached<'a>>,
}

/// What an analyser came to while it concluded.
#[derive(Default)]
pub(crate) struct Reached<'a> {
    /// The files that were asked for and found, by their real paths.
    pub(crate) files: Vec<(String, Placed<'a>)>,
    /// Places that links lead away from what was kept, and the last layer that brought one of them.
    pub(crate) strays: Vec<(String, usize, FileProblem)>,
}

impl<'a> View<'a> {
    pub(crate) fn new(tree: &'a Tree<'a>, analyser: &'a dyn Analyser) -> Self {
        Self {
            tree,
            analyser,
            reached: RefCell::default(),
        }
    }

    pub(crate) fn into_reached(self) -> Reached<'a> {
        self.reached.into_inner()
    }

    /// The file at `path`, through symbolic links on the way and at its end.
    pub fn file(&self, path: &str) -> Option<Found<'a>> {
        let found = self.tree.file(path, self.analyser.id());
        if found.is_none() {
            self.stray(path, |real| {
                self.analyser.wants(&FileFacts::of_path(real)).is_some()
            });
        }
        found.map(|(path, placed)| self.found(path, placed))
    }

    /// The files directly in the folder at `path`, by name.
    pub fn folder(&self, path: &str) -> Vec<Found<'a>> {
        // Files are wanted by their folder's name.
        self.stray(path, |real| name_of(real) == name_of(path));
        self.tree
            .folder(path, self.analyser.id())
            .into_iter()
            .map(|(path, placed)| self.found(path, placed))
            .collect()
    }

    /// Every file that the analyser was shown and that is still there, by its path.
    pub fn everywhere(&self) -> Vec<Found<'a>> {
        self.tree
            .everywhere(self.analyser.id())
            .map(|(path, placed)| self.found(path.clone(), placed))
            .collect()
    }

    /// The real path behind `path`, after every link on the way.
    pub fn resolve(&self, path: &str) -> Option<String> {
        self.tree.resolve(path)
    }

    /// Notes a place at which nothing can be found because links lead elsewhere than expected.
    fn stray(&self, path: &str, expected: impl Fn(&str) -> bool) {
        let mut layer = 0;
        let real = self.tree.follow(path, |link| layer = layer.max(link));
        let problem = match real {
            None => FileProblem::new(ProblemKind::Malformed, "symbolic links lead in a circle"),
            Some(real) if !expected(&real) => FileProblem::new(
                ProblemKind::Unsupported,
                format!("it leads to a file whose content was not kept: `{real}`"),
            ),
            Some(_) => return,
        };
        self.reached
            .borrow_mut()
            .strays
            .push((path.to_owned(), layer, problem));
    }

    fn found(&self, path: String, placed: Placed<'a>) -> Found<'a> {
        self.reached.borrow_mut().files.push((path.clone(), placed));
        Found {
            path,
            layer: placed.layer,
            observation: placed.candidate.observation.as_ref(),
        }
    }
}

/// What is left of the candidates and links of the layers laid so far.
#[derive(Debug, Default)]
pub(crate) struct Tree<'a> {
    /// By path, for each of the few analysers that looked at the file.
    candidates: BTreeMap<String, Vec<(&'a str, Placed<'a>)>>,
    /// Layer and target, by path.
    links: BTreeMap<String, (usize, &'a str)>,
    /// Analysers with a file that the last layer brought or took.
    touched: BTreeSet<&'a str>,
}

impl<'a> Tree<'a> {
    /// Lays the layer with index `layer` over those laid before.
    pub(crate) fn lay(&mut self, layer: usize, report: &'a LayerReport, hiding: &Hiding<'_>) {
        let touched = &mut self.touched;
        touched.clear();
        self.candidates.retain(|path, by_analyser| {
            let hidden = hiding.hides(path);
            if hidden {
                touched.extend(by_analyser.iter().map(|(analyser, _)| analyser));
            }
            !hidden
        });
        self.links.retain(|path, _| !hiding.hides(path));
        for link in &report.symbolic_links {
            let path = self.place(&link.path);
            self.links.insert(path, (layer, &link.target));
        }
        self.place_all(layer, &report.candidates);
        for link in &report.hard_links {
            let target = self.place(&link.target);
            if let Some(placed) = self.candidates.get(&target).cloned() {
                self.touched
                    .extend(placed.iter().map(|(analyser, _)| analyser));
                let path = self.place(&link.path);
                self.candidates.insert(path, placed);
            }
        }
    }

    pub(crate) fn place_all(&mut self, layer: usize, candidates: &'a [Candidate]) {
        for candidate in candidates {
            let path = self.place(&candidate.path);
            self.touched.insert(&candidate.analyser);
            let placed = Placed { layer, candidate };
            let by_analyser = self
                .candidates
                .entry(path)
                .or_insert_with(|| Vec::with_capacity(1));
            match by_analyser
                .iter_mut()
                .find(|(analyser, _)| *analyser == candidate.analyser)
            {
                Some((_, earlier)) => *earlier = placed,
                None => by_analyser.push((&candidate.analyser, placed)),
            }
        }
    }

    /// Where an entry of a layer ends up: engines write through a link above it that the layer
    /// does not replace.
    fn place(&self, path: &str) -> String {
        self.resolve(folder_of(path))
            .map_or_else(|| path.to_owned(), |folder| join(&folder, name_of(path)))
    }

    /// The real path, after every link; `None` where links lead in a circle.
    fn resolve(&self, path: &str) -> Option<String> {
        self.follow(path, |_| {})
    }

    /// [`resolve`](Self::resolve), telling of each link that is followed from which layer it is.
    fn follow(&self, path: &str, mut each: impl FnMut(usize)) -> Option<String> {
        let mut pending: Vec<&str> = path.rsplit('/').collect();
        let mut real = String::new();
        let mut followed = 0;
        while let Some(component) = pending.pop() {
            match component {
                "" | "." => {}
                ".." => real.truncate(folder_of(&real).len()),
                name => {
                    let parent = real.len();
                    if parent > 0 {
                        real.push('/');
                    }
                    real.push_str(name);
                    if let Some(&(layer, target)) = self.links.get(&real) {
                        each(layer);
                        followed += 1;
                        if followed > MAX_LINKS_FOLLOWED {
                            return None;
                        }
                        real.truncate(if target.starts_with('/') { 0 } else { parent });
                        pending.extend(target.rsplit('/'));
                    }
                }
            }
        }
        Some(real)
    }

    /// The layer that the file at a real path is from; `None` where no analyser wanted it.
    pub(crate) fn layer_of(&self, path: &str) -> Option<usize> {
        // One file, whoever looked at it.
        let (_, placed) = self.candidates.get(path)?.first()?;
        Some(placed.layer)
    }

    fn file(&self, path: &str, analyser: &str) -> Option<(String, Placed<'a>)> {
        let real = self.resolve(path)?;
        let placed = of_analyser(self.candidates.get(&real)?, analyser)?;
        Some((real, placed))
    }

    /// Whether the last layer brought or took a file of that analyser.
    pub(crate) fn is_touched(&self, analyser: &str) -> bool {
        self.touched.contains(analyser)
    }

    fn everywhere(&self, analyser: &str) -> impl Iterator<Item = (&String, Placed<'a>)> {
        self.candidates
            .iter()
            .filter_map(move |(path, by_analyser)| {
                Some((path, of_analyser(by_analyser, analyser)?))
            })
    }

    fn folder(&self, path: &str, analyser: &str) -> Vec<(String, Placed<'a>)> {
        let Some(folder) = self.resolve(path) else {
            return Vec::new();
        };
        let prefix = join(&folder, "");
        let children = |path: &String| {
            path.strip_prefix(&prefix)
                .map(|name| !name.is_empty() && !name.contains('/'))
        };
        let from = (Bound::Excluded(prefix.as_str()), Bound::Unbounded);
        let mut found: BTreeMap<String, (String, Placed<'a>)> = BTreeMap::new();
        for (path, by_analyser) in self.candidates.range::<str, _>(from) {
            match children(path) {
                None => break,
                Some(false) => {}
                Some(true) => {
                    if let Some(placed) = of_analyser(by_analyser, analyser) {
                        found.insert(path.clone(), (path.clone(), placed));
                    }
                }
            }
        }
        for path in self.links.range::<str, _>(from).map(|(path, _)| path) {
            match children(path) {
                None => break,
                Some(false) => {}
                Some(true) => {
                    if let Some(file) = self.file(path, analyser) {
                        found.insert(path.clone(), file);
                    }
                }
            }
        }
        found.into_values().collect()
    }

    /// What stands at the places of an analyser: where each leads, and layer and path of what is
    /// there. Its conclusion can only change when this does.
    pub(crate) fn standing(&self, analyser: &str, roots: &[Root]) -> Vec<(Option<usize>, String)> {
        let mut standing = Vec::new();
        for root in roots {
            standing.push((None, self.resolve(root.path).unwrap_or_default()));
            let files = if root.folder {
                self.folder(root.path, analyser)
            } else {
                self.file(root.path, analyser).into_iter().collect()
            };
            standing.extend(
                files
                    .into_iter()
                    .map(|(path, placed)| (Some(placed.layer), path)),
            );
        }
        standing
    }
}

fn of_analyser<'a>(by_analyser: &[(&'a str, Placed<'a>)], analyser: &str) -> Option<Placed<'a>> {
    by_analyser
        .iter()
        .find(|(known, _)| *known == analyser)
        .map(|(_, placed)| *placed)
}

/// What a layer takes away from those below.
pub(crate) struct Hiding<'a> {
    table: &'a PathTable,
    everything: bool,
    /// Folders with an entry of their own.
    folders: HashSet<u64>,
}

impl<'a> Hiding<'a> {
    pub(crate) fn of(table: &'a PathTable) -> Self {
        Self {
            table,
            everything: table.opaque.binary_search(&PathHash::ROOT).is_ok(),
            folders: table
                .folders
                .iter()
                .filter(|folder| folder.explicit)
                .map(|folder| folder.path)
                .collect(),
        }
    }

    /// Whether the layer has a file, link or other thing that is no folder at `path`.
    pub(crate) fn covers(&self, path: u64) -> bool {
        self.table
            .records
            .binary_search_by_key(&path, |record| record.path)
            .is_ok()
    }

    /// Whether a file or link at `path` is gone, if its folder still stands.
    pub(crate) fn takes(&self, path: u64) -> bool {
        self.everything
            || self.folders.contains(&path)
            || self.table.whiteouts.binary_search(&path).is_ok()
    }

    /// Whether everything in the folder at `path` is gone.
    pub(crate) fn empties(&self, path: u64) -> bool {
        self.covers(path)
            || self.table.whiteouts.binary_search(&path).is_ok()
            || self.table.opaque.binary_search(&path).is_ok()
    }

    /// Whether the layer takes away or replaces what is at `path`.
    pub(crate) fn hides(&self, path: &str) -> bool {
        let bytes = path.as_bytes();
        let whole = PathHash::of(bytes);
        self.takes(whole)
            || self.covers(whole)
            || PathHash::folders(bytes).any(|folder| self.empties(folder))
    }
}
