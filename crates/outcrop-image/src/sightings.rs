//! What was seen in the layers, laid over each other: what still counts, and which layer brought it.

use std::collections::{BTreeMap, HashMap};

use outcrop_model::{PackageOwner, Password, PlacedSighting, Posture, PostureNote, Sighting};

use crate::analyser::{Conclusion, path_key};
use crate::report::LayerReport;
use crate::tree::Hiding;

/// Path, check, detail, and the fingerprint of a secret: what makes two sightings the same. A line
/// moves when a file grows.
type Identity = (String, String, String, String);

fn identity(sighting: &Sighting) -> Identity {
    let secret = sighting.secret.as_ref();
    (
        sighting.path.clone(),
        sighting.check.clone(),
        sighting.detail.clone(),
        secret.map_or_else(String::new, |secret| secret.fingerprint.clone()),
    )
}

/// The sightings of the layers laid so far.
#[derive(Default)]
pub(crate) struct Standing {
    placed: BTreeMap<Identity, PlacedSighting>,
    posture: Posture,
    /// Name and number of each account, how it can be entered, and since which layer.
    accounts: HashMap<(String, u64), (Password, usize)>,
    /// A layer that was read was not looked at.
    incomplete: bool,
}

impl Standing {
    /// Lays the layer with index `layer` over those laid before.
    pub(crate) fn lay(&mut self, layer: usize, report: &LayerReport, hiding: &Hiding<'_>) {
        let Some(inspection) = &report.inspection else {
            self.incomplete = true;
            return;
        };
        let mut now: BTreeMap<Identity, &Sighting> = BTreeMap::new();
        for sighting in &inspection.sightings {
            // Of the same secret at several lines the first is told.
            now.entry(identity(sighting)).or_insert(sighting);
        }
        self.placed.retain(|identity, placed| {
            if placed.hidden_in.is_some()
                || now.contains_key(identity)
                || !hiding.hides(&identity.0)
            {
                return true;
            }
            placed.hidden_in = Some(layer);
            placed.sighting.ships_when_hidden
        });
        for (identity, sighting) in now {
            let placed = self
                .placed
                .entry(identity)
                .or_insert_with(|| PlacedSighting {
                    sighting: sighting.clone(),
                    introduced_in: layer,
                    hidden_in: None,
                    package: None,
                });
            placed.sighting.line = sighting.line;
            placed.hidden_in = None;
        }
        for owned in self.posture.owners.iter_mut().flatten() {
            let before = owned.examples.len();
            owned.examples.retain(|path| !hiding.hides(path));
            // Who gave all that is known of to someone else gave the rest as well.
            let gone = match owned.examples.len() {
                0 => owned.count,
                left => (before - left) as u64,
            };
            owned.count -= gone.min(owned.count);
        }
        for owners in &mut self.posture.owners {
            owners.retain(|owned| owned.count > 0);
        }
        self.posture.owners.resize(layer + 1, Vec::new());
        self.posture.owners[layer].clone_from(&inspection.owners);
        self.posture
            .notes
            .extend(inspection.notes.iter().map(|(path, message)| PostureNote {
                layer,
                path: path.clone(),
                message: message.clone(),
            }));
    }

    /// Follows the accounts as they are once the layer with index `layer` is laid.
    pub(crate) fn follow_accounts(&mut self, layer: usize, conclusions: &[Conclusion]) {
        let before = std::mem::take(&mut self.accounts);
        let mut concluded = conclusions.iter();
        let accounts = concluded.find_map(|conclusion| conclusion.accounts.as_ref());
        for account in accounts.iter().flat_map(|accounts| &accounts.accounts) {
            let key = (account.name.clone(), account.user);
            let since = before
                .get(&key)
                .filter(|(password, _)| *password == account.password)
                .map_or(layer, |(_, since)| *since);
            self.accounts
                .entry(key)
                .or_insert((account.password, since));
        }
    }

    /// All of them, each with the package that installed its file; `None` where a layer was not
    /// looked at.
    pub(crate) fn into_posture(mut self, conclusions: &mut [Conclusion]) -> Option<Posture> {
        if self.incomplete {
            return None;
        }
        let mut owners: HashMap<u64, Option<PackageOwner>> = self
            .placed
            .keys()
            .flat_map(|(path, ..)| names(path))
            .map(|name| (name, None))
            .collect();
        for (package, files) in conclusions.iter().flat_map(|one| &one.owned_files) {
            for file in files {
                if let Some(owner) = owners.get_mut(file) {
                    *owner = Some(package.clone());
                }
            }
        }
        for placed in self.placed.values_mut() {
            placed.package = names(&placed.sighting.path)
                .into_iter()
                .find_map(|name| owners.get(&name).cloned().flatten());
        }
        self.posture.sightings = self.placed.into_values().collect();
        self.posture.sightings.sort_by(|one, other| {
            (one.introduced_in, &one.sighting).cmp(&(other.introduced_in, &other.sighting))
        });
        self.posture.accounts = conclusions
            .iter_mut()
            .find_map(|conclusion| conclusion.accounts.take());
        if let Some(accounts) = &mut self.posture.accounts {
            let since = accounts.accounts.iter().map(|account| {
                let key = (account.name.clone(), account.user);
                let followed = self.accounts.get(&key);
                followed.map_or(accounts.passwd_layer, |(_, since)| *since)
            });
            accounts.since = since.collect();
        }
        Some(self.posture)
    }
}

/// What packages may call a path: `usr/bin/su` was `bin/su` before distributions merged the two,
/// and their records still say so.
fn names(path: &str) -> impl IntoIterator<Item = u64> + use<> {
    let before_the_merge = path.strip_prefix("usr/").map(path_key);
    [Some(path_key(path)), before_the_merge]
        .into_iter()
        .flatten()
}

#[cfg(test)]
#[path = "sightings_tests.rs"]
mod tests;
