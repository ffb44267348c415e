//! The smallest edits of a Containerfile that clear findings.
//!
//! Two kinds of edit are planned: a newer base image in the `FROM` of the stage that the target's
//! chain of `FROM` stages begins with ([`BaseBump`]), and one added `RUN` that upgrades packages
//! through apt ([`AptUpgrade`]). Only that chain is touched: what the target receives through
//! `COPY --from` of another stage is not, and a note says so. Whatever cannot be mended stays, with
//! its reason.

mod apt_use;
mod base_bump;
mod insertion;
mod reference;
mod upgrade_instruction;

use std::collections::BTreeSet;

use serde::Serialize;

use crate::edit::{Breach, EditError};
use crate::patch::{Change, HunkKind, Patch, PatchError};
use crate::stages::{BuildArguments, StageBase, Stages, User};
use crate::syntax::{Containerfile, Keyword, Parsed, parse};

use insertion::Insertion;

/// The most stages that a file may have to be planned for.
pub const MAX_STAGES: usize = 500;

/// What is to be planned.
#[derive(Clone, Copy, Debug)]
pub struct PlanInput<'a> {
    /// The file.
    pub parsed: &'a Parsed,
    /// Its path for the diff: relative to the root of the work tree, `/` between the parts.
    pub path: &'a str,
    /// Name or number of the stage that the image is built from; the last one if none.
    pub target: Option<&'a str>,
    /// Build arguments that are known.
    pub build_arguments: &'a BuildArguments,
    /// The user in the base image's configuration, empty where it sets none; none if not known.
    pub base_user: Option<&'a str>,
    /// Whether the image has `/bin/sh`.
    pub has_shell: bool,
    /// Whether it is known where the base image ends in the image. If not, [`Introduction::Base`]
    /// counts as [`Introduction::Unknown`].
    pub base_boundary_known: bool,
    /// What apt can mend.
    pub upgrades: &'a [AptUpgrade],
    /// A newer base image, where there is one.
    pub base_bump: Option<&'a BaseBump>,
}

/// The installed binary packages of one source package that has a fix in the image's sources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AptUpgrade {
    /// Name of the source package.
    pub source_package: String,
    /// All installed binary packages of it: they often depend on each other's exact version.
    pub binaries: Vec<AptBinary>,
    /// The caller's numbers of the findings that the upgrade clears.
    pub findings: Vec<usize>,
    /// Whether apt holds one of them (`apt-mark hold`).
    pub held: bool,
    /// What brought the package into the image.
    pub introduced: Introduction,
}

/// An installed binary package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AptBinary {
    /// Its name.
    pub name: String,
    /// Its architecture, where the name alone is ambiguous in the image.
    pub architecture_suffix: Option<String>,
    /// The version of the *source* package from which on it is fixed. A binary's own version may
    /// differ (another epoch, a rebuild `+b1`), so this is what the guard compares.
    pub fixed_version: String,
}

/// What brought a package into an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Introduction {
    /// The base image.
    Base,
    /// The instruction with this index, or a package that it installed.
    Instruction(usize),
    /// Not known: the upgrade goes after the last instruction that installs packages.
    Unknown,
}

/// A newer base image that clears findings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseBump {
    /// The reference that the `FROM` means today, variables replaced.
    pub from: String,
    /// The new reference: `name:tag`, `name:tag@digest` or `name@digest`.
    pub to: String,
    /// The caller's numbers of the findings that it clears.
    pub findings: Vec<usize>,
    /// How that is known, in one sentence.
    pub evidence: String,
}

/// A planned change and what it leaves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// The verified patch, where anything can be edited.
    pub patch: Option<Patch>,
    /// Findings that the patch does not clear.
    pub stays: Vec<Stays>,
    /// What a person should look at before the patch is used.
    pub review: Vec<String>,
}

/// Findings that stay, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stays {
    /// The caller's numbers of the findings.
    pub findings: Vec<usize>,
    /// One sentence.
    pub reason: String,
}

/// Plans the edits.
pub fn plan(input: &PlanInput<'_>) -> Plan {
    let mut plan = Plan::default();
    if let Err(reason) = fill(input, &mut plan) {
        plan = Plan {
            stays: vec![Stays {
                findings: all_findings(input),
                reason,
            }],
            ..Plan::default()
        };
    }
    for stays in &mut plan.stays {
        stays.findings.sort_unstable();
        stays.findings.dedup();
    }
    plan.stays.retain(|stays| !stays.findings.is_empty());
    plan
}

fn all_findings(input: &PlanInput<'_>) -> Vec<usize> {
    let upgrades = input.upgrades.iter().flat_map(|upgrade| &upgrade.findings);
    let bump = input.base_bump.iter().flat_map(|bump| &bump.findings);
    upgrades
        .chain(bump)
        .copied()
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect()
}

/// Plans, or gives the reason why nothing can be planned.
fn fill(input: &PlanInput<'_>, plan: &mut Plan) -> Result<(), String> {
    let file = &input.parsed.file;
    if let Some(problem) = input
        .parsed
        .problems
        .iter()
        .find(|problem| problem.kind.stops_a_build())
    {
        return Err(format!("the file would not build as it is: {problem}"));
    }
    let stages = Stages::read(file, input.build_arguments);
    if stages.stages.len() > MAX_STAGES {
        return Err(format!(
            "the file has more than {MAX_STAGES} stages: {}",
            stages.stages.len()
        ));
    }
    let target = stages
        .target(input.target)
        .map_err(|error| error.to_string())?;
    let chain = stages.chain(target);
    let root = *chain.first().ok_or("the file has no `FROM`")?;

    let mut changes = Vec::new();
    let mut cleared = BTreeSet::new();
    if let Some(bump) = input.base_bump {
        match base_bump::plan(input, &stages, root, bump) {
            Ok(planned) => {
                cleared.extend(bump.findings.iter().copied());
                plan.review.extend(planned.review);
                changes.push(planned.change);
            }
            Err(reason) => {
                // What apt mends as well is not left over.
                let by_apt: BTreeSet<_> = input
                    .upgrades
                    .iter()
                    .flat_map(|upgrade| &upgrade.findings)
                    .collect();
                let findings = bump
                    .findings
                    .iter()
                    .filter(|finding| !by_apt.contains(finding))
                    .copied()
                    .collect();
                plan.review
                    .push(format!("base image not changed: {reason}"));
                plan.stays.push(Stays { findings, reason });
            }
        }
    }
    let mut restores_user = true;
    let remaining = remaining_upgrades(input.upgrades, &cleared, plan);
    if !remaining.is_empty() {
        match plan_upgrade(input, &stages, target, root, &remaining, plan) {
            Ok(None) => {}
            Ok(Some((change, restores))) => {
                restores_user = restores;
                changes.push(change);
            }
            Err(reason) => {
                let findings = remaining
                    .iter()
                    .flat_map(|upgrade| upgrade.findings.clone())
                    .collect();
                plan.stays.push(Stays { findings, reason });
            }
        }
    }
    if !changes.is_empty() {
        let patch = Patch::new(file, input.path, &changes).map_err(|error| error.to_string())?;
        verify_stages(input, &stages, &patch, restores_user).map_err(|error| error.to_string())?;
        plan.patch = Some(patch);
    }
    Ok(())
}

/// The upgrades that are still needed and possible.
fn remaining_upgrades(
    upgrades: &[AptUpgrade],
    cleared: &BTreeSet<usize>,
    plan: &mut Plan,
) -> Vec<AptUpgrade> {
    let mut remaining = Vec::new();
    for upgrade in upgrades {
        let findings: Vec<usize> = upgrade
            .findings
            .iter()
            .filter(|finding| !cleared.contains(finding))
            .copied()
            .collect();
        if findings.is_empty() {
            continue;
        }
        let reason = if upgrade.held {
            Some(format!(
                "apt holds `{}` (`apt-mark hold`)",
                upgrade.source_package
            ))
        } else if upgrade.binaries.is_empty() {
            Some(format!(
                "no installed binary package of `{}` is known",
                upgrade.source_package
            ))
        } else {
            let bad = upgrade
                .binaries
                .iter()
                .find(|binary| !upgrade_instruction::is_writable(binary));
            bad.map(|binary| {
                format!(
                    "not a valid Debian package name, architecture and version: `{} {}`",
                    binary.name.escape_debug(),
                    binary.fixed_version.escape_debug()
                )
            })
        };
        match reason {
            Some(reason) => plan.stays.push(Stays { findings, reason }),
            None => remaining.push(AptUpgrade {
                findings,
                ..upgrade.clone()
            }),
        }
    }
    remaining
}

/// The change that upgrades packages, and whether it leaves the user as it was.
fn plan_upgrade(
    input: &PlanInput<'_>,
    stages: &Stages,
    target: usize,
    root: usize,
    upgrades: &[AptUpgrade],
    plan: &mut Plan,
) -> Result<Option<(Change, bool)>, String> {
    let file = &input.parsed.file;
    match &stages.stages[root].base {
        StageBase::Scratch => {
            return Err("the stage starts from `scratch`: there is no apt to upgrade with".into());
        }
        StageBase::Unresolved { text, variables } => {
            return Err(format!(
                "the base image is not known without the build argument{} {}: `FROM {text}`",
                if variables.len() == 1 { "" } else { "s" },
                variables
                    .iter()
                    .map(|name| format!("`{name}`"))
                    .collect::<Vec<_>>()
                    .join(", "),
            ));
        }
        StageBase::Image(_) | StageBase::Stage(_) => {}
    }
    if !input.has_shell {
        return Err("the image has no `/bin/sh`, so no instruction can run in it: a newer base image is needed".into());
    }

    let placed = insertion::place(input, stages, target, upgrades)?;
    for (index, reason) in placed.refused {
        plan.stays.push(Stays {
            findings: upgrades[index].findings.clone(),
            reason,
        });
    }
    let Some(insertion) = placed.insertion else {
        return Ok(None);
    };
    plan.review.extend(insertion.review.iter().cloned());
    plan.review
        .extend(copies_from_elsewhere(file, stages, target));
    let upgrades: Vec<&AptUpgrade> = insertion
        .upgrades
        .iter()
        .map(|&index| &upgrades[index])
        .collect();
    let change = upgrade_change(file, &insertion, &upgrades);
    Ok(Some((change, insertion.restores_user)))
}

fn upgrade_change(file: &Containerfile, insertion: &Insertion, upgrades: &[&AptUpgrade]) -> Change {
    let binaries = upgrades.iter().flat_map(|upgrade| &upgrade.binaries);
    let instruction = upgrade_instruction::lines(file, insertion, binaries);
    let user = |name: &str| format!("{} {name}", upgrade_instruction::cased(file, "USER"));
    let mut lines = Vec::new();
    lines.extend(insertion.becomes_root.then(|| user("root")));
    lines.extend(instruction);
    lines.extend(insertion.restore.as_deref().map(user));
    let added = 1 + usize::from(insertion.becomes_root) + usize::from(insertion.restore.is_some());

    let names: BTreeSet<&str> = upgrades
        .iter()
        .map(|upgrade| upgrade.source_package.as_str())
        .collect();
    let names: Vec<&str> = names.into_iter().collect();
    let title = match names.as_slice() {
        [] | [_] | [_, _] | [_, _, _] => format!("upgrade {}", names.join(", ")),
        [first, second, rest @ ..] => format!(
            "upgrade {first}, {second} and {} more source packages",
            rest.len()
        ),
    };
    let clears: BTreeSet<usize> = upgrades
        .iter()
        .flat_map(|upgrade| upgrade.findings.iter().copied())
        .collect();
    Change {
        kind: HunkKind::Upgrade,
        title,
        note: Some(insertion.reason.clone()),
        clears: clears.into_iter().collect(),
        edits: vec![crate::edit::insert_lines(
            file,
            insertion.offset,
            &lines,
            added,
        )],
    }
}

fn copies_from_elsewhere(file: &Containerfile, stages: &Stages, target: usize) -> Vec<String> {
    let mut notes = Vec::new();
    stages.walk(file, target, |_, instruction, _| {
        if instruction.keyword == Keyword::Copy
            && let Some(from) = instruction.flag("from")
        {
            notes.push(format!(
                "line {}: what `COPY --from={from}` brings is not changed by this patch",
                instruction.first_line
            ));
        }
    });
    notes
}

/// Proves that every stage still ends as the same user, with the same shell and directory.
fn verify_stages(
    input: &PlanInput<'_>,
    old: &Stages,
    patch: &Patch,
    restores_user: bool,
) -> Result<(), PatchError> {
    let new_file = parse(&patch.new_bytes).file;
    let new = Stages::read(&new_file, input.build_arguments);
    let breach = || PatchError::Edit(EditError::Unverified(Breach::StageEnd));
    if new.stages.len() != old.stages.len() {
        return Err(breach());
    }
    for stage in 0..old.stages.len() {
        let before = old
            .context_at_end(&input.parsed.file, stage)
            .ok_or_else(breach)?;
        let after = new.context_at_end(&new_file, stage).ok_or_else(breach)?;
        let same_user = same_user(&before.user, &after.user, input.base_user) || !restores_user;
        if !same_user
            || before.shell != after.shell
            || before.working_directory != after.working_directory
        {
            return Err(breach());
        }
    }
    Ok(())
}

fn same_user(before: &User, after: &User, base_user: Option<&str>) -> bool {
    match (before, after) {
        (User::Base, User::Base) => true,
        (User::Base, User::Set { resolved, .. }) => {
            base_user.is_some() && resolved.as_deref() == base_user
        }
        (
            User::Set { text, resolved, .. },
            User::Set {
                text: new_text,
                resolved: new_resolved,
                ..
            },
        ) => resolved == new_resolved && (resolved.is_some() || text == new_text),
        (User::Set { .. }, User::Base) => false,
    }
}

#[cfg(test)]
mod bump_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod upgrade_tests;
