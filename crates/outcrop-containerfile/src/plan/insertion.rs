//! Where an upgrade goes, and as which user it runs there.

use crate::stages::{Context, Stages, User, join};
use crate::syntax::{Instruction, Keyword};

use super::apt_use::{self, AptUse};
use super::{AptUpgrade, Introduction, PlanInput};

/// The place of an upgrade.
#[derive(Debug)]
pub(super) struct Insertion {
    /// Byte offset at which its lines go.
    pub(super) offset: usize,
    /// Position of the step that it follows.
    step: usize,
    /// Indices of the upgrades that happen here.
    pub(super) upgrades: Vec<usize>,
    /// Why here, in one sentence.
    pub(super) reason: String,
    /// Whether a `USER root` must come first.
    pub(super) becomes_root: bool,
    /// The user to go back to; none where nothing must be, or can be, restored.
    pub(super) restore: Option<String>,
    /// Whether everything after runs as the same user as before.
    pub(super) restores_user: bool,
    /// The shell of shell forms here, if not the builder's own.
    pub(super) shell: Option<Vec<String>>,
    /// Mounts that neighbouring uses of apt rely on.
    pub(super) mounts: Vec<Mount>,
    /// What a person should look at.
    pub(super) review: Vec<String>,
}

/// A `--mount` flag to repeat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mount {
    /// The flag as it is written.
    pub(super) text: String,
    /// Where it is mounted.
    pub(super) target: String,
}

/// The result of [`place`].
#[derive(Debug, Default)]
pub(super) struct Placed {
    pub(super) insertion: Option<Insertion>,
    /// Indices of upgrades that have no place, with the reason.
    pub(super) refused: Vec<(usize, String)>,
}

/// An instruction on the way to the target.
struct Step<'a> {
    index: usize,
    instruction: &'a Instruction,
    /// Whether the user after it is root, where that is known.
    is_root: Option<bool>,
    /// Where a `COPY` or `ADD` puts its files, absolute.
    destination: Option<String>,
    apt: AptUse,
}

/// Finds the first place on the way to the target at which every package is installed and every
/// source of apt is set up: right after the first `FROM`, or after the last instruction of that way
/// that configures apt or installs one of the packages.
pub(super) fn place(
    input: &PlanInput<'_>,
    stages: &Stages,
    target: usize,
    upgrades: &[AptUpgrade],
) -> Result<Placed, String> {
    let file = &input.parsed.file;
    let mut steps = Vec::new();
    stages.walk(file, target, |index, _, context| {
        if let Some(instruction) = file.instruction(index) {
            steps.push(Step {
                index,
                instruction,
                is_root: context.user.is_root(input.base_user),
                destination: copy_destination(instruction, context, file.escape()),
                apt: apt_use::of(instruction),
            });
        }
    });
    let mut placed = Placed::default();
    let mut accepted = Vec::new();
    let mut after = (0, "the packages come with the base image".to_owned());
    for (number, upgrade) in upgrades.iter().enumerate() {
        match ready_after(&steps, upgrade, input.base_boundary_known) {
            Ok(ready) => {
                accepted.push(number);
                if ready.0 > after.0 {
                    after = ready;
                }
            }
            Err(reason) => placed.refused.push((number, reason)),
        }
    }
    if accepted.is_empty() {
        return Ok(placed);
    }
    if let Some(at) = steps.iter().rposition(configures_apt)
        && at > after.0
    {
        after = (
            at,
            format!("line {} configures apt", steps[at].instruction.first_line),
        );
    }

    let context = stages
        .context_after(file, target, steps[after.0].index)
        .ok_or("the place for the upgrade is not in the stages that make the target")?;
    let mut insertion = choose_user(input, &steps, after.0, &context)?;
    let context = if insertion.step == after.0 {
        Some(context)
    } else {
        stages.context_after(file, target, steps[insertion.step].index)
    };
    insertion.shell = context.and_then(|context| context.shell);
    insertion.reason = after.1;
    insertion
        .review
        .extend(notes(&steps, &insertion, upgrades, &accepted, input));
    insertion.upgrades = accepted;
    insertion.mounts = mounts(input, &steps, insertion.offset);
    placed.insertion = Some(insertion);
    Ok(placed)
}

/// The step after which a package is installed, and why.
fn ready_after(
    steps: &[Step<'_>],
    upgrade: &AptUpgrade,
    boundary_known: bool,
) -> Result<(usize, String), String> {
    let is_ours = |name: &String| upgrade.binaries.iter().any(|binary| binary.name == *name);
    if let Some(step) = steps.iter().find(|step| step.apt.holds.iter().any(is_ours)) {
        return Err(format!(
            "line {} holds `{}` (`apt-mark hold`)",
            step.instruction.first_line, upgrade.source_package
        ));
    }
    let reason = |at: usize| {
        format!(
            "line {} installs packages that are upgraded",
            steps[at].instruction.first_line
        )
    };
    let named = steps
        .iter()
        .rposition(|step| step.apt.installs.iter().any(is_ours));
    let known = match upgrade.introduced {
        Introduction::Base if boundary_known => None,
        Introduction::Instruction(index) => {
            let at = steps.iter().position(|step| step.index == index).ok_or_else(|| {
                format!("the instruction that brings `{}` is not in the stages that make the target", upgrade.source_package)
            })?;
            Some(at)
        }
        Introduction::Base | Introduction::Unknown => {
            steps.iter().rposition(|step| step.apt.changes_packages)
        }
    };
    let at = named.max(known).unwrap_or(0);
    Ok((at, if at == 0 { String::new() } else { reason(at) }))
}

fn configures_apt(step: &Step<'_>) -> bool {
    step.apt.configures_apt
        || step
            .destination
            .as_deref()
            .is_some_and(|path| path == "/etc/apt" || path.starts_with("/etc/apt/"))
}

fn copy_destination(instruction: &Instruction, context: &Context, escape: char) -> Option<String> {
    if !matches!(instruction.keyword, Keyword::Copy | Keyword::Add) {
        return None;
    }
    let path = context
        .expand(&instruction.arguments.last()?.text, escape)
        .resolved()?;
    let path = join(context.working_directory.as_deref(), &path)?;
    let trimmed = path.trim_end_matches('/');
    Some(if trimmed.is_empty() {
        "/".to_owned()
    } else {
        trimmed.to_owned()
    })
}

fn choose_user(
    input: &PlanInput<'_>,
    steps: &[Step<'_>],
    after: usize,
    context: &Context,
) -> Result<Insertion, String> {
    let at = |step: usize| Insertion {
        offset: steps[step].instruction.span.end,
        upgrades: Vec::new(),
        reason: String::new(),
        becomes_root: false,
        restore: None,
        restores_user: true,
        step,
        shell: None,
        mounts: Vec::new(),
        review: Vec::new(),
    };
    match (context.user.is_root(input.base_user), &context.user) {
        (Some(true), _) => Ok(at(after)),
        (Some(false), User::Base) => {
            let user = input.base_user.unwrap_or_default();
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.:@-".contains(&byte);
            if !user.bytes().all(plain) {
                return Err(format!(
                    "the base image's user cannot be written into a file: `{}`",
                    user.escape_debug()
                ));
            }
            Ok(Insertion {
                becomes_root: true,
                restore: Some(user.to_owned()),
                ..at(after)
            })
        }
        (
            _,
            User::Set {
                text,
                resolved,
                instruction,
            },
        ) => {
            // The same text gives the same user unless a variable in it changed since.
            let means_the_same =
                context.expand(text, input.parsed.file.escape()).resolved() == *resolved;
            let restore = match resolved {
                Some(resolved) if !means_the_same => resolved,
                _ => text,
            };
            if restore.contains(char::REPLACEMENT_CHARACTER) {
                return Err(format!(
                    "the user is not UTF-8 and cannot be written again: `{restore}`"
                ));
            }
            let mut insertion = Insertion {
                becomes_root: true,
                restore: Some(restore.clone()),
                ..at(after)
            };
            if resolved.is_none() {
                let line = input
                    .parsed
                    .file
                    .instruction(*instruction)
                    .map_or(0, |user| user.first_line);
                insertion.review.push(format!("line {line}: the value of `USER {text}` is not known; it is repeated after the upgrade"));
            }
            Ok(insertion)
        }
        (None, User::Base) => Ok(unknown_base_user(steps, after, at)),
    }
}

/// With an unknown user, the next `USER` of the file decides: after it where it is root, right before
/// it where it is not, since it sets the user itself.
fn unknown_base_user(
    steps: &[Step<'_>],
    after: usize,
    at: impl Fn(usize) -> Insertion,
) -> Insertion {
    let next_user = steps
        .iter()
        .enumerate()
        .skip(after + 1)
        .find(|(_, step)| step.instruction.keyword == Keyword::User);
    match next_user {
        Some((next, step)) if step.is_root == Some(true) => at(next),
        Some((next, _)) => Insertion {
            becomes_root: true,
            ..at(next - 1)
        },
        None => {
            let mut insertion = Insertion {
                becomes_root: true,
                restores_user: false,
                ..at(after)
            };
            insertion.review.push(
                "the base image's user is not known, so the file stays root after the upgrade: if the base has another user, add `USER` with its name there".to_owned(),
            );
            insertion
        }
    }
}

fn notes(
    steps: &[Step<'_>],
    insertion: &Insertion,
    upgrades: &[AptUpgrade],
    accepted: &[usize],
    input: &PlanInput<'_>,
) -> Vec<String> {
    let mut notes = Vec::new();
    let base_unsure = |&number: &usize| {
        upgrades[number].introduced == Introduction::Base && !input.base_boundary_known
    };
    let unsure = |number: &usize| {
        upgrades[*number].introduced == Introduction::Unknown || base_unsure(number)
    };
    if accepted.iter().any(unsure) {
        notes.push("what brought some of the packages is not known: the upgrade follows the last instruction that installs packages".to_owned());
    }
    for step in steps {
        let line = step.instruction.first_line;
        let ours = |name: &&String| {
            accepted.iter().any(|&number| {
                upgrades[number]
                    .binaries
                    .iter()
                    .any(|binary| binary.name == **name)
            })
        };
        for pin in step.apt.pins.iter().filter(ours) {
            notes.push(format!(
                "line {line} installs `{pin}` at a fixed version; raise it there when you can"
            ));
        }
        let later = step.instruction.span.start >= insertion.offset;
        if later
            && step
                .destination
                .as_deref()
                .is_some_and(|path| path == "/" || path == "/etc")
        {
            notes.push(format!("line {line} copies into `/` or `/etc`: if that sets up apt sources, move the upgrade after it"));
        }
    }
    notes
}

/// The mounts of the nearest `RUN` that calls apt: the last one before the place, else the first
/// one after it.
fn mounts(input: &PlanInput<'_>, steps: &[Step<'_>], offset: usize) -> Vec<Mount> {
    let calls = |step: &&Step<'_>| step.apt.calls_apt;
    let before = steps
        .iter()
        .filter(calls)
        .rfind(|step| step.instruction.span.end <= offset);
    let neighbour = before.or_else(|| steps.iter().find(calls));
    let Some(neighbour) = neighbour else {
        return Vec::new();
    };
    let file = &input.parsed.file;
    let flags = neighbour
        .instruction
        .flags
        .iter()
        .filter(|flag| flag.name == "mount");
    flags
        .filter_map(|flag| {
            let options = flag.value.as_deref()?;
            let target = options
                .split(',')
                .filter_map(|option| option.split_once('='))
                .find_map(|(name, value)| {
                    matches!(name, "target" | "dst" | "destination")
                        .then(|| value.trim_end_matches('/').to_owned())
                })?;
            let of_apt = ["/var/cache/apt", "/var/lib/apt", "/etc/apt"]
                .iter()
                .any(|folder| target == *folder || target.starts_with(&format!("{folder}/")));
            let text = str::from_utf8(file.slice(flag.span)).ok()?;
            (of_apt && !text.contains('\n')).then(|| Mount {
                text: text.to_owned(),
                target,
            })
        })
        .collect()
}
