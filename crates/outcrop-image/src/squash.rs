//! Laying layer reports over each other: the merged view, and which layer brought what.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use outcrop_model::{
    Certainty, DiffId, Inventory, InventoryPackage, LayerFacts, Package, PackageChange,
    PackageEvent, PackageKind, PackageOwner, Problem, ProblemKind,
};

use crate::analyser::{Analyser, CandidateFile, Conclusion, FileFacts, HEAD_BYTES, path_key};
use crate::cancellation::Cancellation;
use crate::error::ImageError;
use crate::hidden::hidden_bytes;
use crate::problems::Problems;
use crate::report::{Candidate, LayerReport};
use crate::sightings::Standing;
use crate::tree::{Hiding, Tree, View};

/// Problems of one inventory that are kept one by one.
const MAX_PROBLEMS: usize = 1_000;

/// Lays the layers of an image over each other, lowest first, and concludes what is installed and
/// which layer brought it.
///
/// `reports` stand at the places of `layers`; `None`, or a report that is not whole, is a layer
/// that could not be read: the inventory still comes, with a problem that names the layer, and
/// what that layer changed is put down to the next one that shows it.
pub fn squash(
    layers: &[DiffId],
    reports: &[Option<Arc<LayerReport>>],
    analysers: &[&dyn Analyser],
    cancellation: &Cancellation,
) -> Result<Inventory, ImageError> {
    let reports: Vec<Option<&LayerReport>> = (0..layers.len())
        .map(|layer| reports.get(layer).and_then(Option::as_deref))
        .collect();
    let mut problems = Problems::new(MAX_PROBLEMS);
    for (diff_id, report) in layers.iter().zip(&reports) {
        report_problems(&mut problems, *diff_id, *report);
    }

    let mut standing: Vec<Vec<(Option<usize>, String)>> = vec![Vec::new(); analysers.len()];
    let mut conclusions = vec![Conclusion::default(); analysers.len()];
    let mut installed = Ledger::default();
    let mut leftovers = Ledger::default();
    let mut seen = Standing::default();
    let mut tree = Tree::default();
    for (layer, report) in reports.iter().enumerate() {
        if cancellation.is_cancelled() {
            return Err(ImageError::Cancelled);
        }
        let Some(report) = report else { continue };
        let hiding = Hiding::of(&report.paths);
        tree.lay(layer, report, &hiding);
        seen.lay(layer, report, &hiding);
        let mut changed = false;
        for (index, analyser) in analysers.iter().enumerate() {
            let now = tree.standing(analyser.id(), analyser.roots());
            if now != standing[index] || tree.is_touched(analyser.id()) {
                standing[index] = now;
                conclusions[index] = conclude(*analyser, &tree, layers, &mut problems);
                changed = true;
            }
        }
        if changed {
            seen.follow_accounts(layer, &conclusions);
            installed.advance(layer, all(&conclusions, |conclusion| &conclusion.packages));
            leftovers.advance(layer, all(&conclusions, |conclusion| &conclusion.leftovers));
        }
    }

    let hidden = hidden_bytes(&reports, cancellation);
    if cancellation.is_cancelled() {
        return Err(ImageError::Cancelled);
    }
    let facts = layers
        .iter()
        .zip(&reports)
        .zip(hidden)
        .map(|((&diff_id, report), hidden_bytes)| LayerFacts {
            diff_id,
            read: report.is_some_and(|report| report.whole),
            content_bytes: report.map_or(0, |report| report.content_bytes),
            files: report.map_or(0, |report| report.files),
            hidden_bytes,
        })
        .collect();
    let posture = seen.into_posture(&mut conclusions);
    Ok(Inventory {
        posture,
        ..inventory(&tree, conclusions, installed, leftovers, facts, problems)
    })
}

/// What single files say, before any layer was read: the same shape as [`squash`] gives, with no
/// layers. Indices of layers in it are 0 and mean nothing.
///
/// `files` are paths inside the image, without a leading slash, each with its whole content; those
/// that no analyser wants are passed over.
pub fn preview(files: &[(String, Vec<u8>)], analysers: &[&dyn Analyser]) -> Inventory {
    let mut problems = Problems::new(MAX_PROBLEMS);
    let mut candidates = Vec::new();
    for (path, bytes) in files {
        for analyser in analysers {
            let facts = FileFacts {
                path,
                size: bytes.len() as u64,
                head: &bytes[..bytes.len().min(HEAD_BYTES)],
            };
            let Some(cap) = analyser.wants(&facts) else {
                continue;
            };
            let shown = usize::try_from(cap).map_or(bytes.len(), |cap| cap.min(bytes.len()));
            let analysis = analyser.analyse(&CandidateFile {
                path,
                bytes: &bytes[..shown],
                whole: shown == bytes.len(),
                large: None,
            });
            candidates.push(Candidate {
                path: path.clone(),
                analyser: analyser.id().to_owned(),
                observation: analysis.observation,
                problems: analysis.problems,
            });
        }
    }
    let mut tree = Tree::default();
    tree.place_all(0, &candidates);
    let conclusions: Vec<Conclusion> = analysers
        .iter()
        .map(|analyser| conclude(*analyser, &tree, &[], &mut problems))
        .collect();
    let mut installed = Ledger::default();
    let mut leftovers = Ledger::default();
    installed.advance(0, all(&conclusions, |conclusion| &conclusion.packages));
    leftovers.advance(0, all(&conclusions, |conclusion| &conclusion.leftovers));
    inventory(
        &tree,
        conclusions,
        installed,
        leftovers,
        Vec::new(),
        problems,
    )
}

fn all(conclusions: &[Conclusion], of: fn(&Conclusion) -> &Vec<Package>) -> Vec<Package> {
    conclusions.iter().flat_map(of).cloned().collect()
}

fn inventory(
    tree: &Tree<'_>,
    mut conclusions: Vec<Conclusion>,
    installed: Ledger,
    leftovers: Ledger,
    layers: Vec<LayerFacts>,
    problems: Problems,
) -> Inventory {
    // The ledgers have them; there may be very many.
    for conclusion in &mut conclusions {
        conclusion.packages = Vec::new();
        conclusion.leftovers = Vec::new();
    }
    let configuration_leftovers = leftovers.into_packages(tree, Some(&installed.history));
    let mut packages = installed.into_packages(tree, None);
    find_owners(&mut packages, &conclusions);
    Inventory {
        operating_system: conclusions
            .iter_mut()
            .find_map(|conclusion| conclusion.operating_system.take()),
        packages,
        configuration_leftovers,
        package_sources: conclusions
            .into_iter()
            .flat_map(|conclusion| conclusion.package_sources)
            .collect(),
        layers,
        problems: problems.into_list(),
        posture: None,
    }
}

/// Has packages that are made of a system package's files name it. A program that was recognised by
/// its bytes alone is then nothing besides that package, and goes.
///
/// A package answers for what it installed: not for a file that came in another version since, nor
/// for any file once it is recorded no more.
fn find_owners(packages: &mut Vec<InventoryPackage>, conclusions: &[Conclusion]) {
    let mut owners: HashMap<u64, Option<(usize, &PackageOwner)>> = packages
        .iter()
        .filter(|found| !found.package.kind.is_system())
        .map(|found| (path_key(&found.package.evidence.path), None))
        .collect();
    if owners.is_empty() {
        return;
    }
    let mut introduced: HashMap<(PackageKind, &str), usize> = HashMap::new();
    for found in packages.iter() {
        if found.package.kind.is_system() {
            let identity = (found.package.kind, found.package.name.as_str());
            // Of several architectures any may have brought the file.
            let layer = introduced.entry(identity).or_default();
            *layer = found.introduced_in.max(*layer);
        }
    }
    for (owner, files) in conclusions
        .iter()
        .flat_map(|conclusion| &conclusion.owned_files)
    {
        let Some(&layer) = introduced.get(&(owner.kind, owner.name.as_str())) else {
            continue;
        };
        for file in files {
            if let Some(found) = owners.get_mut(file) {
                *found = (*found).max(Some((layer, owner)));
            }
        }
    }
    for found in packages.iter_mut() {
        if !found.package.kind.is_system() {
            found.owner = owners
                .get(&path_key(&found.package.evidence.path))
                .copied()
                .flatten()
                .filter(|(layer, _)| found.introduced_in <= *layer)
                .map(|(_, owner)| owner.clone());
        }
    }
    packages.retain(|found| {
        found.owner.is_none()
            || found.package.kind != PackageKind::Generic
            || found.package.certainty == Certainty::Recorded
    });
}

/// Has the problems of a layer name it; says it where the layer is missing.
fn report_problems(problems: &mut Problems, diff_id: DiffId, report: Option<&LayerReport>) {
    match report {
        Some(report) => {
            for problem in &report.problems {
                problems.push(Problem {
                    layer: Some(diff_id),
                    ..problem.clone()
                });
            }
        }
        None => problems.push(Problem {
            kind: ProblemKind::Absent,
            layer: Some(diff_id),
            path: String::new(),
            message: "the layer was not read, so what it changes is not known".to_owned(),
        }),
    }
}

fn conclude(
    analyser: &dyn Analyser,
    tree: &Tree<'_>,
    layers: &[DiffId],
    problems: &mut Problems,
) -> Conclusion {
    let view = View::new(tree, analyser);
    let conclusion = analyser.conclude(&view);
    let reached = view.into_reached();
    let of_files = reached.files.iter().flat_map(|(path, placed)| {
        let layer = layers.get(placed.layer).copied();
        let problems = placed.candidate.problems.iter();
        problems.map(move |problem| (path, layer, problem))
    });
    let of_strays = reached
        .strays
        .iter()
        .map(|(path, layer, problem)| (path, layers.get(*layer).copied(), problem));
    for (path, layer, problem) in of_files.chain(of_strays) {
        problems.push(Problem {
            kind: problem.kind,
            layer,
            path: path.clone(),
            message: problem.message.clone(),
        });
    }
    conclusion
}

type Identity = (PackageKind, String, Option<String>, Option<String>);
type History = BTreeMap<Identity, Vec<PackageChange>>;

/// The packages of one state, and what happened to each from layer to layer.
#[derive(Default)]
struct Ledger {
    /// Sorted by identity, one for each.
    current: Vec<Package>,
    history: History,
}

impl Ledger {
    /// Writes down what `layer` changed.
    fn advance(&mut self, layer: usize, mut packages: Vec<Package>) {
        packages.sort_by(|left, right| left.identity().cmp(&right.identity()));
        // Stable sort: of several records of one package the last stays.
        packages.dedup_by(|later, earlier| {
            let same = later.identity() == earlier.identity();
            if same {
                std::mem::swap(later, earlier);
            }
            same
        });
        let before = std::mem::take(&mut self.current);
        let mut old = before.iter().peekable();
        let mut new = packages.iter().peekable();
        loop {
            let order = match (old.peek(), new.peek()) {
                (None, None) => break,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(old), Some(new)) => old.identity().cmp(&new.identity()),
            };
            let from = old.next_if(|_| order.is_le());
            let to = new.next_if(|_| order.is_ge());
            let event = match (from, to) {
                (Some(old), None) => PackageEvent::Removed {
                    version: old.version.clone(),
                },
                (None, Some(new)) => PackageEvent::Added {
                    version: new.version.clone(),
                },
                (Some(old), Some(new)) if old.version != new.version => PackageEvent::Changed {
                    from: old.version.clone(),
                    to: new.version.clone(),
                },
                _ => continue,
            };
            if let Some(package) = to.or(from) {
                self.history
                    .entry(identity(package))
                    .or_default()
                    .push(PackageChange { layer, event });
            }
        }
        self.current = packages;
    }

    /// The packages that are there at the end, in `tree`. Where they were in another state before,
    /// `earlier` knows what happened to them then.
    fn into_packages(self, tree: &Tree<'_>, earlier: Option<&History>) -> Vec<InventoryPackage> {
        self.current
            .into_iter()
            .map(|package| {
                let identity = identity(&package);
                let own = self.history.get(&identity).map_or(&[][..], Vec::as_slice);
                let changes = earlier
                    .and_then(|earlier| earlier.get(&identity))
                    .map_or(own, Vec::as_slice);
                let first = own.first().map_or(0, |change| change.layer);
                InventoryPackage {
                    introduced_in: own.last().map_or(0, |change| change.layer),
                    first_seen_in: changes
                        .first()
                        .map_or(first, |change| change.layer.min(first)),
                    evidence_layer: tree.layer_of(&package.evidence.path),
                    changes: changes.to_vec(),
                    owner: None,
                    package,
                }
            })
            .collect()
    }
}

fn identity(package: &Package) -> Identity {
    (
        package.kind,
        package.name.clone(),
        package.architecture.clone(),
        package.place.clone(),
    )
}

#[cfg(test)]
#[path = "squash_tests.rs"]
mod tests;
