//! The edit that makes a `FROM` take a newer image.
//!
//! The reference is traced to where each of its bytes comes from: the `FROM` itself, the word of a
//! `${NAME:-word}`, or the default of an `ARG` before the first `FROM`. The one piece that has to
//! change is changed where it stands.

use crate::edit::{Edit, apply_verified};
use crate::expand::{Expanded, Piece, Variable};
use crate::patch::{Change, HunkKind};
use crate::stages::{StageBase, Stages};
use crate::syntax::{Assignment, Containerfile, Instruction, Keyword, Span, Word};

use super::reference::Reference;
use super::{BaseBump, PlanInput};

/// A planned bump.
#[derive(Debug)]
pub(super) struct Bump {
    pub(super) change: Change,
    pub(super) review: Vec<String>,
}

/// Plans the bump of the stage `root`, or says why there is none.
pub(super) fn plan(
    input: &PlanInput<'_>,
    stages: &Stages,
    root: usize,
    bump: &BaseBump,
) -> Result<Bump, String> {
    let file = &input.parsed.file;
    let new = Reference::read(&bump.to)
        .ok_or_else(|| format!("not an image reference: `{}`", bump.to.escape_debug()))?;
    let stage = &stages.stages[root];
    let from_index = stage.instructions.start;
    let (from, word) = file
        .instruction(from_index)
        .and_then(|from| Some((from, from.arguments.first()?)))
        .ok_or("the stage has no `FROM`")?;
    let line = from.first_line;
    let current = match &stage.base {
        StageBase::Image(reference) => reference,
        StageBase::Scratch => {
            return Err("the stage starts from `scratch`: there is no base image".into());
        }
        StageBase::Unresolved { .. } => return Err(unresolved(stages, file, word, &new)),
        StageBase::Stage(_) => return Err("the stage starts from another stage".into()),
    };
    let old = Reference::read(current).ok_or_else(|| {
        format!(
            "line {line} has no image reference: `{}`",
            current.escape_debug()
        )
    })?;
    let expected = Reference::read(&bump.from)
        .ok_or_else(|| format!("not an image reference: `{}`", bump.from.escape_debug()))?;
    if !old.means(&expected) {
        return Err(format!(
            "line {line} takes another image than the one that was compared: `{current}`"
        ));
    }
    let wanted = wanted(current, &old, &new, line)?;

    let tracer = Tracer {
        input,
        stages,
        file,
        from_index,
        word,
    };
    let traced = tracer.trace(current, &old, &wanted)?;
    let edited = apply_verified(file, &traced.edits)
        .map_err(|error| error.to_string())?
        .file;
    let new_stages = Stages::read(&edited, input.build_arguments);
    if new_stages.stages.get(root).map(|stage| &stage.base)
        != Some(&StageBase::Image(wanted.clone()))
    {
        return Err(format!(
            "the reference of line {line} could not be traced to one place"
        ));
    }
    let mut review = traced.review;
    for (before, after) in stages.stages.iter().zip(&new_stages.stages) {
        if before.index != root && before.base != after.base {
            let other = file
                .instruction(before.instructions.start)
                .map_or(0, |from| from.first_line);
            review.push(format!(
                "line {other} takes its image from the same `ARG` and changes with it"
            ));
        }
    }
    let change = Change {
        kind: HunkKind::BaseBump,
        title: format!("base image {current} → {wanted}"),
        note: Some(bump.evidence.clone()),
        clears: bump.findings.clone(),
        edits: traced.edits,
    };
    Ok(Bump { change, review })
}

/// The new reference in the spelling of the old one: its name, and a digest only where it had one.
fn wanted(current: &str, old: &Reference, new: &Reference, line: usize) -> Result<String, String> {
    if old.digest().is_some() && new.digest().is_none() {
        return Err(format!(
            "line {line} names its image by digest, and the digest of the new one is not known"
        ));
    }
    let same_name = old.full_name() == new.full_name();
    let name = if same_name { old.name() } else { new.name() };
    let mut wanted = name.to_owned();
    let by_digest_alone = old.digest().is_some() && old.tag().is_none() && same_name;
    if let Some(tag) = new.tag()
        && !by_digest_alone
    {
        wanted.push(':');
        wanted.push_str(tag);
    }
    if let Some(digest) = new.digest()
        && (old.digest().is_some() || new.tag().is_none())
    {
        wanted.push('@');
        wanted.push_str(digest);
    }
    let same_tag = same_name
        && old.digest().is_none()
        && old.tag().unwrap_or("latest") == new.tag().unwrap_or("latest");
    if wanted == current || (same_tag && new.tag().is_some()) {
        return Err(format!(
            "`{current}` means the newer image already: build again with `--pull`, no edit is needed"
        ));
    }
    Ok(wanted)
}

/// What to do about a `FROM` whose variables have no value here.
fn unresolved(stages: &Stages, file: &Containerfile, word: &Word, new: &Reference) -> String {
    let expanded = stages.expand_from(&word.text, file.escape());
    let unknown: Vec<usize> = (0..expanded.pieces.len())
        .filter(|&at| expanded.pieces[at].value.is_none())
        .collect();
    let names = expanded.unknown().join("`, `");
    if let &[at] = unknown.as_slice()
        && let Some(Variable { name, .. }) = &expanded.pieces[at].variable
    {
        let text = |pieces: &[Piece]| {
            pieces
                .iter()
                .filter_map(|piece| piece.value.as_deref())
                .collect::<String>()
        };
        let (before, after) = (
            text(&expanded.pieces[..at]),
            text(&expanded.pieces[at + 1..]),
        );
        let full = new.full_name();
        let short = full.trim_start_matches("docker.io/");
        let spellings = [
            new.name(),
            &full,
            short,
            short.trim_start_matches("library/"),
        ];
        for version in [tag_and_digest(new, true), tag_and_digest(new, false)] {
            for spelling in spellings {
                let reference = format!("{spelling}{version}");
                let middle = reference
                    .strip_prefix(&before)
                    .and_then(|rest| rest.strip_suffix(&after));
                if let Some(value) = middle.filter(|value| !value.is_empty()) {
                    return format!(
                        "`{name}` has no default in the file: build with `--build-arg {name}={value}`"
                    );
                }
            }
        }
    }
    format!("the base image is not known without `{names}`")
}

fn tag_and_digest(reference: &Reference, with_digest: bool) -> String {
    let tag = reference
        .tag()
        .map(|tag| format!(":{tag}"))
        .unwrap_or_default();
    let digest = reference
        .digest()
        .filter(|_| with_digest || reference.tag().is_none());
    tag + &digest
        .map(|digest| format!("@{digest}"))
        .unwrap_or_default()
}

struct Traced {
    edits: Vec<Edit>,
    review: Vec<String>,
}

struct Tracer<'a> {
    input: &'a PlanInput<'a>,
    stages: &'a Stages,
    file: &'a Containerfile,
    from_index: usize,
    word: &'a Word,
}

/// One way to change a piece.
enum Way {
    Edit(Edit),
    /// The caller's build arguments set the value, so the file does not decide.
    BuildArgument {
        name: String,
        value: String,
    },
    /// Not by this piece, for this reason.
    No(Option<String>),
}

impl Tracer<'_> {
    fn trace(&self, current: &str, old: &Reference, wanted: &str) -> Result<Traced, String> {
        let expanded = self.stages.expand_from(&self.word.text, self.file.escape());
        let mut review = Vec::new();
        let mut build_argument = None;
        let parts = changed_parts(current, old, wanted);
        for parts in &parts {
            let mut edits = Vec::new();
            for (range, replacement) in parts {
                let ways = candidates(&expanded, range, replacement).into_iter();
                let mut found = None;
                for (piece, value) in ways {
                    match self.way(&expanded.pieces[piece], &value) {
                        Way::Edit(edit) => {
                            found = Some(edit);
                            break;
                        }
                        Way::BuildArgument { name, value } => {
                            build_argument.get_or_insert((name, value));
                        }
                        Way::No(reason) => review.extend(reason),
                    }
                }
                edits.extend(found);
            }
            if edits.len() == parts.len() {
                return Ok(Traced {
                    edits,
                    review: Vec::new(),
                });
            }
        }
        if let Some((name, value)) = build_argument {
            return Err(format!(
                "the value of `{name}` is a build argument: build with `--build-arg {name}={value}`"
            ));
        }
        review.dedup();
        review.push(format!(
            "the reference is written out in the `FROM`: `{}` did not lead to it",
            self.word.text
        ));
        let edit = Edit {
            span: self.word.span,
            replacement: wanted.as_bytes().to_vec(),
            added_instructions: 0,
        };
        Ok(Traced {
            edits: vec![edit],
            review,
        })
    }

    fn way(&self, piece: &Piece, value: &str) -> Way {
        let edit = |span, value: &str| {
            Way::Edit(Edit {
                span,
                replacement: value.as_bytes().to_vec(),
                added_instructions: 0,
            })
        };
        let within_word = |start: usize, end: usize| {
            let base = self.word.span.start;
            self.word
                .is_contiguous()
                .then(|| Span::new(base + start, base + end))
        };
        match &piece.variable {
            None => {
                // Quotes and escapes make the text differ from its bytes.
                let plain = self.word.text.get(piece.range.clone()) == piece.value.as_deref();
                match within_word(piece.range.start, piece.range.end).filter(|_| plain) {
                    Some(span) => edit(span, value),
                    None => Way::No(None),
                }
            }
            Some(Variable {
                default: Some(default),
                ..
            }) => {
                let plain = self.word.text.get(default.clone()) == piece.value.as_deref();
                match within_word(default.start, default.end).filter(|_| plain) {
                    Some(span) => edit(span, value),
                    None => Way::No(None),
                }
            }
            Some(Variable {
                name,
                own_value: true,
                ..
            }) => {
                if self.input.build_arguments.contains_key(name) {
                    return Way::BuildArgument {
                        name: name.clone(),
                        value: value.to_owned(),
                    };
                }
                match self.argument_default(name, piece.value.as_deref().unwrap_or_default()) {
                    Ok(span) => edit(span, value),
                    Err(reason) => Way::No(Some(reason)),
                }
            }
            Some(_) => Way::No(None),
        }
    }

    /// Where the default of a global `ARG` stands, if changing it changes nothing else but `FROM`s
    /// of the same image.
    fn argument_default(&self, name: &str, value: &str) -> Result<Span, String> {
        let instructions = || self.file.instructions().enumerate();
        let first_from = instructions()
            .find(|(_, one)| one.keyword == Keyword::From)
            .map_or(0, |(index, _)| index);
        let mut declared = Vec::new();
        for (index, instruction) in instructions() {
            let line = instruction.first_line;
            let elsewhere = || {
                Err(format!(
                    "line {line} uses `{name}` too, so its default stays as it is"
                ))
            };
            let assignments = instruction.assignments();
            let own: Vec<&Assignment<'_>> =
                assignments.iter().filter(|one| one.name == name).collect();
            if instruction.keyword == Keyword::Arg {
                if index < first_from {
                    declared.extend(
                        own.iter()
                            .map(|one| **one)
                            .map(|one| (line, one.value_span, one.value.map(str::to_owned))),
                    );
                } else if !own.is_empty() {
                    return elsewhere();
                }
                if assignments
                    .iter()
                    .any(|one| one.value.is_some_and(|value| uses(value, name)))
                {
                    return elsewhere();
                }
            }
            if instruction.keyword == Keyword::From && !self.follows_along(index, instruction, name)
            {
                return elsewhere();
            }
        }
        let [(line, Some(span), Some(written))] = declared.as_slice() else {
            return Err(format!("`{name}` is not declared once with a default"));
        };
        // Quotes stay; a default with variables or escapes of its own is not traced further.
        for quote in ["", "\"", "'"] {
            if *written == format!("{quote}{value}{quote}") {
                return Ok(Span::new(span.start + quote.len(), span.end - quote.len()));
            }
        }
        Err(format!(
            "the default of `{name}` on line {line} is not plain text"
        ))
    }

    /// Whether a `FROM` that uses the variable may change with it: ours, or one of the same image
    /// that uses it in the reference only.
    fn follows_along(&self, index: usize, from: &Instruction, name: &str) -> bool {
        let reference = from.arguments.first();
        let beside = |word: &&Word| Some(*word) != reference && uses(&word.text, name);
        let in_flags = from
            .flags
            .iter()
            .any(|flag| flag.value.as_deref().is_some_and(|value| uses(value, name)));
        if in_flags || from.arguments.iter().any(|word| beside(&word)) {
            return false;
        }
        let Some(word) = reference.filter(|word| uses(&word.text, name)) else {
            return true;
        };
        let image = |text: &str| {
            let resolved = self
                .stages
                .expand_from(text, self.file.escape())
                .resolved()?;
            Some(Reference::read(&resolved)?.full_name())
        };
        index == self.from_index
            || (image(&word.text).is_some() && image(&word.text) == image(&self.word.text))
    }
}

/// Whether a text uses the variable.
fn uses(text: &str, name: &str) -> bool {
    text.match_indices('$').any(|(at, _)| {
        let rest = &text[at + 1..];
        let rest = rest.strip_prefix('{').unwrap_or(rest);
        rest.strip_prefix(name).is_some_and(|rest| {
            !rest.starts_with(|next: char| next.is_ascii_alphanumeric() || next == '_')
        })
    })
}

type Part = (std::ops::Range<usize>, String);

/// Which ranges of the current reference become what: tag and digest in one, or each on its own.
fn changed_parts(current: &str, old: &Reference, wanted: &str) -> Vec<Vec<Part>> {
    let Some(new) = Reference::read(wanted).filter(|new| new.name() == old.name()) else {
        return vec![vec![(0..current.len(), wanted.to_owned())]];
    };
    let (range, new_range) = (old.version_range(), new.version_range());
    let mut ways = vec![vec![(range.clone(), wanted[new_range].to_owned())]];
    if let (Some(old_tag), Some(new_tag), Some(old_digest), Some(new_digest)) =
        (old.tag(), new.tag(), old.digest(), new.digest())
    {
        let tag_start = range.start + 1;
        let digest_start = current.len() - old_digest.len();
        let parts = [
            (tag_start..tag_start + old_tag.len(), new_tag.to_owned()),
            (digest_start..current.len(), new_digest.to_owned()),
        ];
        ways.push(
            parts
                .into_iter()
                .filter(|(range, text)| current[range.clone()] != *text)
                .collect(),
        );
    }
    ways
}

/// The pieces that could alone turn the range of the expanded text into `replacement`, with the
/// value each would need; text of the `FROM` itself first.
fn candidates(
    expanded: &Expanded,
    range: &std::ops::Range<usize>,
    replacement: &str,
) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut start = 0;
    let text = expanded.resolved().unwrap_or_default();
    for (index, piece) in expanded.pieces.iter().enumerate() {
        let value = piece.value.as_deref().unwrap_or_default();
        let end = start + value.len();
        let touches =
            start < range.end && end > range.start || range.is_empty() && end == range.start;
        if touches {
            let before = if start > range.start {
                &text[range.start..start]
            } else {
                ""
            };
            let after = if end < range.end {
                &text[end..range.end]
            } else {
                ""
            };
            if let Some(middle) = replacement
                .strip_prefix(before)
                .and_then(|rest| rest.strip_suffix(after))
            {
                let kept_before = &value[..range.start.saturating_sub(start).min(value.len())];
                let kept_after =
                    &value[value.len() - end.saturating_sub(range.end).min(value.len())..];
                found.push((index, format!("{kept_before}{middle}{kept_after}")));
            }
        }
        start = end;
    }
    found.sort_by_key(|(index, _)| expanded.pieces[*index].variable.is_some());
    found
}
