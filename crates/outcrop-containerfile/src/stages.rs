//! Build stages: where each begins, what it is built from, and what is in effect at an instruction.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use serde::Serialize;
use thiserror::Error;

use crate::expand::{Expanded, Value, expand};
use crate::syntax::{Containerfile, Instruction, Keyword};

/// Build arguments by name, as given with `--build-arg`.
pub type BuildArguments = BTreeMap<String, String>;

/// The longest reference, user or path that is followed; a longer one is unresolved.
const MAX_NAME_BYTES: usize = 4096;

/// The most bytes of variables that are kept in a stage; values beyond are unknown.
const MAX_VARIABLE_BYTES: usize = 1024 * 1024;

/// Arguments that builders set without a declaration, in every `FROM`.
const PLATFORM_ARGUMENTS: [&str; 8] = [
    "BUILDPLATFORM",
    "BUILDOS",
    "BUILDARCH",
    "BUILDVARIANT",
    "TARGETPLATFORM",
    "TARGETOS",
    "TARGETARCH",
    "TARGETVARIANT",
];

/// The stages of a file.
#[derive(Clone, Debug)]
pub struct Stages {
    /// In the order of the file.
    pub stages: Vec<Stage>,
    globals: BTreeMap<String, Value>,
    global_bytes: usize,
    by_name: BTreeMap<String, usize>,
    build_arguments: BuildArguments,
    trust_defaults: bool,
}

/// One stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stage {
    /// Its number, counted from 0.
    pub index: usize,
    /// Its name after `AS`, as written.
    pub name: Option<String>,
    /// Instruction indices from its `FROM` up to the next one.
    pub instructions: Range<usize>,
    /// What it is built from.
    pub base: StageBase,
}

/// What a stage is built from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StageBase {
    /// An earlier stage, by its number.
    Stage(usize),
    /// Nothing.
    Scratch,
    /// An image, by the reference with all variables replaced.
    Image(String),
    /// A reference that cannot be known without more build arguments.
    Unresolved {
        /// The reference as written.
        text: String,
        /// The variables without a value.
        variables: Vec<String>,
    },
}

/// Why no stage could be chosen.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TargetError {
    /// The file has no stage at all.
    #[error("the file has no `FROM`")]
    NoStage,
    /// No stage has this name or number.
    #[error("the file has no such stage: `{name}`")]
    NotFound {
        /// The name or number asked for.
        name: String,
    },
}

/// Which user is in effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum User {
    /// The base image's own user.
    Base,
    /// Set by a `USER` instruction.
    Set {
        /// Its instruction index.
        instruction: usize,
        /// The argument as written.
        text: String,
        /// The argument with variables replaced, where they are known.
        resolved: Option<String>,
    },
}

impl User {
    /// Whether it is root; none where that cannot be known. `base_user` is the user in the base
    /// image's configuration, empty for an image that sets none.
    pub fn is_root(&self, base_user: Option<&str>) -> Option<bool> {
        match self {
            Self::Base => base_user.map(names_root),
            Self::Set { resolved, .. } => resolved.as_deref().map(names_root),
        }
    }
}

/// Whether `user[:group]` is the superuser.
fn names_root(user: &str) -> bool {
    let name = user.split(':').next().unwrap_or_default().trim();
    name.is_empty() || name == "root" || name.parse::<u64>() == Ok(0)
}

/// What is in effect after an instruction.
#[derive(Clone, Debug, PartialEq)]
pub struct Context {
    /// The user.
    pub user: User,
    /// The words before the command of a shell form; none for the builder's own `/bin/sh -c`.
    pub shell: Option<Vec<String>>,
    /// The working directory, where it is known: an absolute `WORKDIR` and what follows it.
    pub working_directory: Option<String>,
    /// Variables that `ENV` and `ARG` set so far.
    pub variables: BTreeMap<String, Value>,
    arguments: BTreeSet<String>,
    variable_bytes: usize,
}

impl Context {
    fn at_base() -> Self {
        Self {
            user: User::Base,
            shell: None,
            working_directory: None,
            variables: BTreeMap::new(),
            arguments: BTreeSet::new(),
            variable_bytes: 0,
        }
    }

    /// Expands a word of a stage. A variable that the file does not set may come from the base
    /// image, so it is unknown.
    pub fn expand(&self, word: &str, escape: char) -> Expanded {
        expand(word, escape, &|name| {
            self.variables.get(name).cloned().unwrap_or(Value::Unknown)
        })
    }

    fn set(&mut self, name: &str, value: Value) {
        let value = match value {
            Value::Set(text) => {
                self.variable_bytes = self.variable_bytes.saturating_add(text.len());
                if self.variable_bytes > MAX_VARIABLE_BYTES {
                    Value::Unknown
                } else {
                    Value::Set(text)
                }
            }
            other => other,
        };
        self.variables.insert(name.to_owned(), value);
    }

    fn leave_stage(&mut self) {
        for name in std::mem::take(&mut self.arguments) {
            self.variables.remove(&name);
        }
    }
}

impl Stages {
    /// Reads the stages of a file, with the build arguments that are known.
    pub fn read(file: &Containerfile, build_arguments: &BuildArguments) -> Self {
        Self::read_with(file, build_arguments, true)
    }

    /// As [`Self::read`], but within a stage an argument that was not given may have any value,
    /// whatever its default says.
    pub(crate) fn read_open(file: &Containerfile, build_arguments: &BuildArguments) -> Self {
        Self::read_with(file, build_arguments, false)
    }

    fn read_with(
        file: &Containerfile,
        build_arguments: &BuildArguments,
        trust_defaults: bool,
    ) -> Self {
        let mut read = Self {
            stages: Vec::new(),
            globals: BTreeMap::new(),
            global_bytes: 0,
            by_name: BTreeMap::new(),
            build_arguments: build_arguments.clone(),
            trust_defaults,
        };
        for (index, instruction) in file.instructions().enumerate() {
            match instruction.keyword {
                Keyword::From => {
                    if let Some(stage) = read.stages.last_mut() {
                        stage.instructions.end = index;
                    }
                    let stage = read.stage(file, instruction, index);
                    if let Some(name) = &stage.name {
                        read.by_name.insert(name.to_ascii_lowercase(), stage.index);
                    }
                    read.stages.push(stage);
                }
                Keyword::Arg if read.stages.is_empty() => read.global(instruction, file.escape()),
                _ => {}
            }
        }
        if let Some(stage) = read.stages.last_mut() {
            stage.instructions.end = file.instructions().len();
        }
        read
    }

    fn global(&mut self, instruction: &Instruction, escape: char) {
        for assignment in instruction.assignments() {
            let value = match (self.build_arguments.get(assignment.name), assignment.value) {
                (Some(given), _) => Value::Set(given.clone()),
                (None, None) => Value::Unknown,
                (None, Some(default)) => expand(default, escape, &|name| self.global_value(name))
                    .resolved()
                    .map_or(Value::Unknown, Value::Set),
            };
            let value = match value {
                Value::Set(text) => {
                    self.global_bytes = self.global_bytes.saturating_add(text.len());
                    if self.global_bytes > MAX_VARIABLE_BYTES {
                        Value::Unknown
                    } else {
                        Value::Set(text)
                    }
                }
                other => other,
            };
            self.globals.insert(assignment.name.to_owned(), value);
        }
    }

    /// The value of a variable in a `FROM`.
    fn global_value(&self, name: &str) -> Value {
        match self.globals.get(name) {
            Some(value) => value.clone(),
            None if PLATFORM_ARGUMENTS.contains(&name) => self
                .build_arguments
                .get(name)
                .cloned()
                .map_or(Value::Unknown, Value::Set),
            None => Value::Unset,
        }
    }

    /// Expands a word of a `FROM`: only the `ARG`s before the first `FROM` and the platform's
    /// arguments count there.
    pub fn expand_from(&self, word: &str, escape: char) -> Expanded {
        expand(word, escape, &|name| self.global_value(name))
    }

    fn stage(&self, file: &Containerfile, from: &Instruction, index: usize) -> Stage {
        let name = match from.arguments.as_slice() {
            [_, word, name, ..] if word.text.eq_ignore_ascii_case("as") => Some(name.text.clone()),
            _ => None,
        };
        let text = from.arguments.first().map_or("", |word| word.text.as_str());
        let expanded = self.expand_from(text, file.escape());
        let base = match expanded.resolved() {
            Some(reference) if !reference.is_empty() && reference.len() <= MAX_NAME_BYTES => {
                match self.named(&reference) {
                    Some(stage) => StageBase::Stage(stage),
                    None if reference == "scratch" => StageBase::Scratch,
                    None => StageBase::Image(reference),
                }
            }
            resolved => {
                let unset = || {
                    let variables = expanded
                        .pieces
                        .iter()
                        .filter_map(|piece| piece.variable.as_ref());
                    variables.map(|variable| variable.name.clone()).collect()
                };
                let variables = match resolved {
                    Some(_) => unset(),
                    None => expanded.unknown().into_iter().map(str::to_owned).collect(),
                };
                StageBase::Unresolved {
                    text: text.to_owned(),
                    variables,
                }
            }
        };
        Stage {
            index: self.stages.len(),
            name,
            instructions: index..index + 1,
            base,
        }
    }

    /// The last stage with this name, in any case.
    fn named(&self, name: &str) -> Option<usize> {
        self.by_name.get(&name.to_ascii_lowercase()).copied()
    }

    /// The stage that a build makes: by name or number, or the last one.
    pub fn target(&self, name: Option<&str>) -> Result<usize, TargetError> {
        let last = self
            .stages
            .len()
            .checked_sub(1)
            .ok_or(TargetError::NoStage)?;
        let Some(name) = name else { return Ok(last) };
        let by_number = || name.parse().ok().filter(|&number: &usize| number <= last);
        self.named(name)
            .or_else(by_number)
            .ok_or_else(|| TargetError::NotFound {
                name: name.to_owned(),
            })
    }

    /// The stages from the one that has an image (or nothing) as its base to `target`.
    pub fn chain(&self, target: usize) -> Vec<usize> {
        let mut chain = Vec::new();
        let mut next = self.stages.get(target);
        while let Some(stage) = next {
            chain.push(stage.index);
            next = match stage.base {
                // A base is an earlier stage, so the walk ends.
                StageBase::Stage(parent) => self.stages.get(parent),
                _ => None,
            };
        }
        chain.reverse();
        chain
    }

    /// Walks the instructions that make `target`, its ancestors' first, and shows each with what
    /// was in effect before it and what is in effect after it.
    pub fn walk(
        &self,
        file: &Containerfile,
        target: usize,
        mut visit: impl FnMut(usize, &Instruction, &Context),
    ) {
        let mut context = Context::at_base();
        for stage in self.chain(target) {
            context.leave_stage();
            for index in self.stages[stage].instructions.clone() {
                let Some(instruction) = file.instruction(index) else {
                    continue;
                };
                self.step(index, instruction, file.escape(), &mut context);
                visit(index, instruction, &context);
            }
        }
    }

    /// What is in effect at the end of a stage.
    pub fn context_at_end(&self, file: &Containerfile, stage: usize) -> Option<Context> {
        let last = self.stages.get(stage)?.instructions.clone().next_back()?;
        self.context_after(file, stage, last)
    }

    /// What is in effect after an instruction, on the way to `target`; none where the instruction
    /// is not on that way.
    pub fn context_after(
        &self,
        file: &Containerfile,
        target: usize,
        instruction: usize,
    ) -> Option<Context> {
        let mut found = None;
        self.walk(file, target, |index, _, context| {
            if index == instruction {
                found = Some(context.clone());
            }
        });
        found
    }

    fn step(&self, index: usize, instruction: &Instruction, escape: char, context: &mut Context) {
        let argument = instruction
            .arguments
            .first()
            .map_or("", |word| word.text.as_str());
        match instruction.keyword {
            Keyword::User if !argument.is_empty() => {
                let resolved = context.expand(argument, escape).resolved();
                context.user = User::Set {
                    instruction: index,
                    text: argument.to_owned(),
                    resolved,
                };
            }
            Keyword::Shell => context.shell.clone_from(&instruction.json),
            Keyword::Workdir => {
                let path = context.expand(argument, escape).resolved();
                context.working_directory =
                    path.and_then(|path| join(context.working_directory.as_deref(), &path));
            }
            Keyword::Env => {
                let values: Vec<_> = instruction
                    .assignments()
                    .into_iter()
                    .map(|assignment| {
                        let value = context
                            .expand(assignment.value.unwrap_or_default(), escape)
                            .resolved();
                        (
                            assignment.name.to_owned(),
                            value.map_or(Value::Unknown, Value::Set),
                        )
                    })
                    .collect();
                for (name, value) in values {
                    context.arguments.remove(&name);
                    context.set(&name, value);
                }
            }
            Keyword::Arg => {
                for assignment in instruction.assignments() {
                    self.declare(assignment.name, assignment.value, escape, context);
                }
            }
            _ => {}
        }
    }

    fn declare(&self, name: &str, default: Option<&str>, escape: char, context: &mut Context) {
        let is_environment = context.variables.contains_key(name)
            && !context.arguments.iter().any(|own| own == name);
        if is_environment {
            // `ENV` always wins over `ARG`.
            return;
        }
        let value = match (self.build_arguments.get(name), default) {
            (Some(given), _) => Value::Set(given.clone()),
            (None, _) if !self.trust_defaults => Value::Unknown,
            (None, Some(default)) => context
                .expand(default, escape)
                .resolved()
                .map_or(Value::Unknown, Value::Set),
            (None, None) => self.globals.get(name).cloned().unwrap_or(Value::Unknown),
        };
        context.set(name, value);
        context.arguments.insert(name.to_owned());
    }
}

/// `path` seen from `directory`; none where it is relative to an unknown one.
pub(crate) fn join(directory: Option<&str>, path: &str) -> Option<String> {
    if path.starts_with('/') {
        return Some(path.to_owned());
    }
    directory.map(|directory| format!("{}/{path}", directory.trim_end_matches('/')))
}

#[cfg(test)]
mod tests;
