//! What is risky in an image: what checks saw and what its configuration says, each with its place,
//! the image that brought it, and its remedy. Pure.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::LazyLock;

use outcrop_catalog::ANALYSERS;
use outcrop_image::{Analyser, Inspector};
use outcrop_model::{ImageConfig, Inventory, PackageKind, PlacedSighting, Posture};
use outcrop_posture::{
    Check, Configuration, Group, Remark, Requirements, check, is_credential_file,
    look_at_configuration, secret_kind, unowned,
};

use crate::assemble::{Ownership, THIS_IMAGE, instruction, severity};
use crate::report::{
    Layer, PackageOwner, Risk, RiskCheck, RiskCounts, RiskGroup, RiskNote, RiskReference, Secret,
    Severity,
};

/// Who reads the files of an image's layers.
pub(crate) fn analysers(with_risks: bool) -> &'static [&'static dyn Analyser] {
    static WITH_RISKS: LazyLock<Vec<&'static dyn Analyser>> = LazyLock::new(|| {
        let accounts: &'static dyn Analyser = outcrop_posture::ACCOUNTS;
        ANALYSERS.iter().copied().chain([accounts]).collect()
    });
    if with_risks { &WITH_RISKS } else { ANALYSERS }
}

/// Who looks at every entry of an image's layers, if anyone.
pub(crate) fn inspector(with_risks: bool) -> Option<&'static dyn Inspector> {
    with_risks.then_some(outcrop_posture::POSTURE)
}

/// What risks are told from.
pub(crate) struct Grounds<'a> {
    pub(crate) config: &'a ImageConfig,
    pub(crate) inventory: &'a Inventory,
    pub(crate) posture: &'a Posture,
    pub(crate) ownership: &'a Ownership,
    pub(crate) layers: &'a [Layer],
    pub(crate) requirements: &'a Requirements,
}

/// The risks of an image, as a report has them.
#[derive(Default)]
pub(crate) struct RiskSection {
    /// The worst first.
    pub(crate) risks: Vec<Risk>,
    pub(crate) counts: RiskCounts,
    pub(crate) checks: Vec<RiskCheck>,
    pub(crate) notes: Vec<RiskNote>,
}

/// Tells the risks of an image.
pub(crate) fn risks(grounds: &Grounds<'_>) -> RiskSection {
    let mut risks: Vec<Risk> = grounds.of_files();
    risks.extend(grounds.of_owners());
    risks.extend(grounds.of_configuration());
    risks.sort_by(|one, other| {
        let order = |risk: &Risk| {
            (
                std::cmp::Reverse(risk.severity),
                risk.inherited,
                risk.group,
                risk.layer,
            )
        };
        order(one).cmp(&order(other)).then_with(|| {
            (&one.check, &one.path, one.line).cmp(&(&other.check, &other.path, other.line))
        })
    });
    let mut counts = RiskCounts::default();
    for risk in &risks {
        counts.add(risk);
    }
    let mut named = BTreeSet::new();
    let checks = risks
        .iter()
        .filter(|risk| named.insert(risk.check.as_str()))
        .filter_map(|risk| check(&risk.check))
        .map(check_row)
        .collect();
    let notes = grounds.posture.notes.iter().map(|note| RiskNote {
        layer: note.layer as u32,
        path: note.path.clone(),
        message: note.message.clone(),
    });
    RiskSection {
        counts,
        checks,
        notes: notes.collect(),
        risks,
    }
}

impl Grounds<'_> {
    fn of_files(&self) -> Vec<Risk> {
        // A credential that is told by its content is not told by its name again.
        let by_content: BTreeSet<(&str, usize)> = self
            .posture
            .sightings
            .iter()
            .filter(|placed| placed.sighting.secret.is_some())
            .map(|placed| (placed.sighting.path.as_str(), placed.introduced_in))
            .collect();
        let published = Published::of(self.inventory);
        self.posture
            .sightings
            .iter()
            .filter(|placed| !published.has(placed))
            .filter(|placed| {
                !is_credential_file(&placed.sighting.check)
                    || !by_content.contains(&(placed.sighting.path.as_str(), placed.introduced_in))
            })
            .filter_map(|placed| self.of_sighting(placed))
            .collect()
    }

    fn of_sighting(&self, placed: &PlacedSighting) -> Option<Risk> {
        let sighting = &placed.sighting;
        let check = check(&sighting.check)?;
        let path = &sighting.path;
        let kind = sighting
            .secret
            .as_ref()
            .and_then(|secret| secret_kind(&secret.kind));
        let title = kind.map_or(check.title, |kind| kind.title);
        let mut severity = severity(kind.map_or(check.severity, |kind| kind.severity));
        let place = sighting.line.map_or_else(
            || format!("`/{path}`"),
            |line| format!("`/{path}`, line {line}"),
        );
        let mut message = match &sighting.secret {
            Some(secret) => format!("{title} in {place}: {}", shown(&secret.first, &secret.last)),
            None if sighting.detail.is_empty() => format!("{title}: {place}"),
            None => format!("{title}: {place}, {}", sighting.detail),
        };
        if let Some(package) = placed
            .package
            .as_ref()
            .filter(|_| sighting.secret.is_none())
        {
            // The distribution made it so, for everyone, and looks after it.
            severity = Severity::Negligible;
            message = format!("{message}, as package `{}` installs it", package.name);
        }
        let subject = match &sighting.secret {
            Some(secret) => secret.fingerprint.clone(),
            None => path.clone(),
        };
        Some(Risk {
            severity,
            visible: placed.hidden_in.is_none(),
            hidden_in: placed.hidden_in.map(|layer| layer as u32),
            line: sighting.line,
            package: placed.package.as_ref().map(|package| PackageOwner {
                kind: package.kind.as_str().to_owned(),
                name: package.name.clone(),
            }),
            secret: sighting.secret.as_ref().map(|secret| Secret {
                kind: secret.kind.clone(),
                shown: shown(&secret.first, &secret.last),
            }),
            containerfile: containerfile(check, Some(path)),
            path: Some(path.clone()),
            ..self.risk(
                check,
                title,
                message,
                &subject,
                Place::Layer(placed.introduced_in),
            )
        })
    }

    /// One for each user that is not in `/etc/passwd`.
    fn of_owners(&self) -> Vec<Risk> {
        let Some(check) = check("unowned-files") else {
            return Vec::new();
        };
        let mut by_user: BTreeMap<u64, (usize, u64, String)> = BTreeMap::new();
        for (layer, owned) in unowned(self.posture) {
            let example = owned.examples.first().cloned().unwrap_or_default();
            let (_, count, _) = by_user
                .entry(owned.user)
                .or_insert_with(|| (layer, 0, example));
            *count += owned.count;
        }
        by_user
            .into_iter()
            .map(|(user, (layer, count, example))| {
                let entries = if count == 1 { "entry belongs" } else { "entries belong" };
                let message = format!(
                    "{count} {entries} to a user that `/etc/passwd` does not name, as `/{example}`: {user}"
                );
                let place = Place::Layer(layer);
                Risk {
                    containerfile: containerfile(check, Some(&example)),
                    path: Some(example),
                    ..self.risk(check, check.title, message, &user.to_string(), place)
                }
            })
            .collect()
    }

    fn of_configuration(&self) -> Vec<Risk> {
        let looked = look_at_configuration(&Configuration {
            config: self.config,
            accounts: self.posture.accounts.as_ref(),
            layers: &self.inventory.layers,
            requirements: self.requirements,
        });
        looked
            .into_iter()
            .map(|(check, remark)| self.of_remark(check, remark))
            .collect()
    }

    fn of_remark(&self, check: &Check, remark: Remark) -> Risk {
        let kind = remark
            .secret
            .as_ref()
            .and_then(|secret| secret_kind(&secret.kind));
        let title = kind.map_or(check.title, |kind| kind.title);
        let place = match (remark.layer, remark.history) {
            (Some(layer), _) => Place::Layer(layer),
            (None, Some(step)) => Place::Step(step),
            (None, None) => Place::Image,
        };
        let subject = match &remark.secret {
            Some(secret) => secret.fingerprint.clone(),
            None => remark.subject,
        };
        let risk = self.risk(check, title, remark.message, &subject, place);
        Risk {
            severity: remark
                .severity
                .or(kind.map(|kind| kind.severity))
                .map_or(risk.severity, severity),
            line: remark.line,
            secret: remark.secret.map(|secret| Secret {
                shown: shown(&secret.first, &secret.last),
                kind: secret.kind,
            }),
            containerfile: remark
                .containerfile
                .or_else(|| containerfile(check, remark.path.as_deref())),
            path: remark.path,
            ..risk
        }
    }

    /// What all risks of a check have, brought at `place`.
    fn risk(
        &self,
        check: &Check,
        title: &str,
        message: String,
        subject: &str,
        place: Place,
    ) -> Risk {
        let layer = match place {
            Place::Layer(layer) => Some(layer as u32),
            // A step that made a layer stands for it.
            Place::Step(step) => self
                .layers
                .iter()
                .find(|layer| layer.history_index == Some(step as u32))
                .map(|layer| layer.index),
            Place::Image => None,
        };
        let row = layer.and_then(|layer| self.layers.get(layer as usize));
        let history_index = match place {
            Place::Step(step) => Some(step as u32),
            _ => row.and_then(|row| row.history_index),
        };
        let owner = match place {
            Place::Layer(layer) => self.ownership.of(layer),
            Place::Step(step) => self.ownership.of_step(self.config, step),
            Place::Image => None,
        };
        let remedy = match owner {
            Some(owner) if check.group != Group::Secrets => {
                format!(
                    "Mend it in `{}`, which brought it. {}",
                    owner.name, check.remedy
                )
            }
            _ => check.remedy.to_owned(),
        };
        Risk {
            check: check.id.to_owned(),
            title: title.to_owned(),
            group: group(check.group),
            severity: severity(check.severity),
            message,
            layer,
            history_index,
            instruction: match place {
                Place::Step(step) => self
                    .config
                    .history
                    .get(step)
                    .map_or_else(String::new, |step| instruction(&step.created_by)),
                _ => row.map_or_else(String::new, |row| row.instruction.clone()),
            },
            owner: owner.map_or_else(|| THIS_IMAGE.to_owned(), |owner| owner.name.clone()),
            inherited: owner.is_some(),
            visible: true,
            hidden_in: None,
            path: None,
            line: None,
            package: None,
            secret: None,
            fingerprint: fingerprint(check.id, subject),
            remedy,
            containerfile: None,
        }
    }
}

/// Where a risk came to be.
#[derive(Clone, Copy)]
enum Place {
    Layer(usize),
    /// A step of the history.
    Step(usize),
    /// Nothing tells: the image itself answers for it.
    Image,
}

/// What packages of the system brought into which layer.
///
/// A distribution ships to everyone: what looks like a secret in a file of a package, in the layer
/// that installed it, is public. Configuration under `/etc` is there to be changed, and told.
struct Published<'a>(HashMap<(PackageKind, &'a str), usize>);

impl<'a> Published<'a> {
    fn of(inventory: &'a Inventory) -> Self {
        let system = inventory
            .packages
            .iter()
            .filter(|found| found.package.kind.is_system());
        Self(
            system
                .map(|found| {
                    let key = (found.package.kind, found.package.name.as_str());
                    (key, found.introduced_in)
                })
                .collect(),
        )
    }

    fn has(&self, placed: &PlacedSighting) -> bool {
        let sighting = &placed.sighting;
        sighting.secret.is_some()
            && !sighting.path.starts_with("etc/")
            && placed.package.as_ref().is_some_and(|package| {
                self.0.get(&(package.kind, package.name.as_str())) == Some(&placed.introduced_in)
            })
    }
}

/// The few characters of a secret that may be told.
fn shown(first: &str, last: &str) -> String {
    format!("{first}…{last}")
}

/// By this an exception names a risk.
fn fingerprint(check: &str, subject: &str) -> String {
    let text = format!("outcrop risk\0{check}\0{subject}");
    outcrop_model::Digest::of(text.as_bytes()).hex()[..16].to_owned()
}

/// The lines of a check, with `PATH` filled in; none where the path cannot be written in one.
fn containerfile(check: &Check, path: Option<&str>) -> Option<String> {
    let lines = check.containerfile?;
    let Some(path) = path.filter(|_| lines.contains("PATH")) else {
        return Some(lines.to_owned());
    };
    if path.contains(|character: char| character.is_control() || character == '\'') {
        return None;
    }
    let plain = |character: char| character.is_ascii_alphanumeric() || "/._-+@".contains(character);
    let path = if path.chars().all(plain) {
        format!("/{path}")
    } else {
        format!("'/{path}'")
    };
    Some(lines.replace("PATH", &path))
}

const fn group(group: Group) -> RiskGroup {
    match group {
        Group::Configuration => RiskGroup::Configuration,
        Group::Files => RiskGroup::Files,
        Group::Secrets => RiskGroup::Secrets,
    }
}

fn check_row(check: &Check) -> RiskCheck {
    RiskCheck {
        id: check.id.to_owned(),
        title: check.title.to_owned(),
        group: group(check.group),
        severity: severity(check.severity),
        why: check.why.to_owned(),
        remedy: check.remedy.to_owned(),
        references: check
            .references
            .iter()
            .map(|reference| RiskReference {
                name: reference.name.to_owned(),
                url: Some(reference.url.to_owned()).filter(|url| !url.is_empty()),
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests;
