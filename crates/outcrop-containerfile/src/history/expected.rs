//! What the builders would write for each instruction, and how near an entry comes to it.

use outcrop_model::CONCEALED;

use crate::expand::{Expanded, Value};
use crate::stages::{BuildArguments, Context, Stages};
use crate::syntax::{Containerfile, Instruction, Keyword, parse};

use super::created_by::{ArgumentPrefix, Builder, RecordedStep};

/// The most entries, and the most instructions, that are aligned; what is beyond stays unmatched.
pub const MAX_ALIGNED: usize = 1000;

/// The same text.
pub(super) const SAME: i32 = 10;
/// The same text but for white space or notation.
pub(super) const SAME_NORMALISED: i32 = 8;
/// The same text where unknown variables may stand for anything.
pub(super) const SAME_BUT_VARIABLES: i32 = 7;
/// A copy to the same place, or a health check of the same command.
pub(super) const SAME_DESTINATION: i32 = 6;
/// The same instruction with another text.
pub(super) const SAME_KEYWORD_ONLY: i32 = -4;

/// An instruction as a history entry would show it.
#[derive(Debug)]
pub(super) struct Expected {
    /// Instruction index in the file.
    pub(super) instruction: usize,
    pub(super) keyword: Keyword,
    /// The texts that may follow the keyword.
    variants: Vec<Variant>,
    /// The commands that may follow the build arguments of a `RUN`, and the same with single blanks.
    commands: Vec<(String, String)>,
    destinations: Vec<Template>,
}

#[derive(Debug)]
struct Variant {
    template: Template,
    normal: String,
}

/// A history entry with the forms that it is compared in.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) step: RecordedStep,
    normal: String,
    arguments_collapsed: String,
}

impl Entry {
    pub(super) fn new(step: RecordedStep) -> Self {
        let text = match step.keyword {
            Some(Keyword::Copy | Keyword::Add) => without_flags(&step.payload),
            _ => &step.payload,
        };
        let normal = normalised(text, step.keyword);
        let arguments_collapsed = step
            .arguments
            .as_ref()
            .map(|prefix| collapsed(&prefix.rest))
            .unwrap_or_default();
        Self {
            step,
            normal,
            arguments_collapsed,
        }
    }
}

/// A text with holes where variables are unknown.
#[derive(Clone, Debug, Default)]
struct Template {
    /// Literal text before each hole, and after the last one.
    literals: Vec<String>,
    /// The variable of each hole.
    holes: Vec<String>,
}

impl Template {
    fn literal(text: &str) -> Self {
        Self {
            literals: vec![text.to_owned()],
            holes: Vec::new(),
        }
    }

    fn of(expanded: &Expanded) -> Self {
        let mut template = Self::literal("");
        template.push(expanded);
        template
    }

    /// A recorded text with holes where secrets were concealed, and the two characters on either
    /// side that are shown of them.
    fn of_concealed(text: &str) -> Self {
        let mut pieces: Vec<&str> = text.split(CONCEALED).collect();
        let holes = pieces.len() - 1;
        for (index, piece) in pieces.iter_mut().enumerate() {
            if index > 0 {
                *piece = piece
                    .char_indices()
                    .nth(2)
                    .map_or("", |(at, _)| &piece[at..]);
            }
            if index < holes {
                *piece = piece
                    .char_indices()
                    .nth_back(1)
                    .map_or("", |(at, _)| &piece[..at]);
            }
        }
        Self {
            literals: pieces.into_iter().map(ToOwned::to_owned).collect(),
            holes: (0..holes).map(|hole| hole.to_string()).collect(),
        }
    }

    fn push(&mut self, expanded: &Expanded) {
        for piece in &expanded.pieces {
            match &piece.value {
                Some(value) => self.push_str(value),
                None => {
                    self.holes.push(
                        piece
                            .variable
                            .as_ref()
                            .map_or_else(String::new, |variable| variable.name.clone()),
                    );
                    self.literals.push(String::new());
                }
            }
        }
    }

    fn push_value_of(&mut self, name: &str, context: &Context) {
        match context.variables.get(name) {
            Some(Value::Set(value)) => self.push_str(value),
            _ => {
                self.holes.push(name.to_owned());
                self.literals.push(String::new());
            }
        }
    }

    fn push_str(&mut self, text: &str) {
        if let Some(last) = self.literals.last_mut() {
            last.push_str(text);
        }
    }

    /// Whether `text` fits, with the same value in every hole of the same variable.
    fn fits(&self, text: &str) -> bool {
        let [first, .., last] = self.literals.as_slice() else {
            return self.literals.first().is_some_and(|only| only == text);
        };
        let Some(inner) = text
            .strip_prefix(first.as_str())
            .and_then(|text| text.strip_suffix(last.as_str()))
        else {
            return false;
        };
        // Leftmost matches: exact for one hole, and for more wherever the literals are telling.
        let mut rest = inner;
        let mut values: Vec<(&str, &str)> = Vec::new();
        let mut bind = |name, value| match values.iter().find(|(known, _)| *known == name) {
            Some((_, known)) => *known == value,
            None => {
                values.push((name, value));
                true
            }
        };
        let middle = &self.literals[1..self.literals.len() - 1];
        for (name, literal) in self.holes.iter().zip(middle) {
            let Some(at) = rest.find(literal.as_str()) else {
                return false;
            };
            if !bind(name.as_str(), &rest[..at]) {
                return false;
            }
            rest = &rest[at + literal.len()..];
        }
        self.holes.last().is_some_and(|name| bind(name, rest))
    }
}

/// The instructions that make `target`, as entries would show them: with the arguments and defaults
/// that are known, and with any value for the arguments that were not given. `triggers` are the
/// `ONBUILD` instructions of the base image, which run right after the first `FROM`.
pub(super) fn expected(
    file: &Containerfile,
    arguments: &BuildArguments,
    target: usize,
    triggers: &[String],
) -> Vec<Expected> {
    let triggers: Vec<Containerfile> = triggers
        .iter()
        .map(|trigger| parse(trigger.as_bytes()).file)
        .collect();
    let walk = |stages: &Stages| {
        let mut all = Vec::new();
        let mut first_from = true;
        stages.walk(file, target, |index, instruction, context| {
            let mut push = |instruction| {
                if all.len() < MAX_ALIGNED {
                    all.push(one(index, instruction, context, file.escape()));
                }
            };
            if instruction.keyword != Keyword::From {
                push(instruction);
            } else if std::mem::take(&mut first_from) {
                triggers
                    .iter()
                    .filter_map(|trigger| trigger.instruction(0))
                    .for_each(push);
            }
        });
        all
    };
    let mut all = walk(&Stages::read(file, arguments));
    for (known, open) in all
        .iter_mut()
        .zip(walk(&Stages::read_open(file, arguments)))
    {
        // Both walks see the same instructions: the stages do not depend on arguments within them.
        known.variants.extend(
            open.variants
                .into_iter()
                .filter(|variant| !variant.template.holes.is_empty()),
        );
        known.destinations.extend(open.destinations);
    }
    all
}

/// `context` is what is in effect after the instruction.
fn one(index: usize, instruction: &Instruction, context: &Context, escape: char) -> Expected {
    let keyword = instruction.keyword;
    let mut variants = vec![Template::literal(&instruction.text)];
    let mut destinations = Vec::new();
    let commands = match keyword {
        Keyword::Run => commands(instruction, context),
        _ => Vec::new(),
    };
    match keyword {
        Keyword::Run => {
            let scripts = scripts(instruction).into_iter().skip(1);
            variants.extend(
                commands
                    .iter()
                    .cloned()
                    .chain(scripts)
                    .map(|text| Template::literal(&text)),
            );
        }
        Keyword::Copy | Keyword::Add => {
            let words: Vec<_> = instruction
                .arguments
                .iter()
                .map(|word| context.expand(&word.text, escape))
                .collect();
            destinations.extend(words.last().map(Template::of));
            variants.push(joined(&words));
        }
        Keyword::Env | Keyword::Label => {
            let mut template = Template::literal("");
            for (number, assignment) in instruction.assignments().iter().enumerate() {
                if number > 0 {
                    template.push_str(" ");
                }
                template.push(&context.expand(assignment.name, escape));
                template.push_str("=");
                template.push(&context.expand(assignment.value.unwrap_or_default(), escape));
            }
            variants.push(template);
            if keyword == Keyword::Env {
                variants.push(values_after(instruction, context));
            }
        }
        Keyword::Arg => {
            for assignment in instruction.assignments() {
                let mut template = Template::literal(assignment.name);
                variants.push(template.clone());
                template.push_str("=");
                template.push_value_of(assignment.name, context);
                variants.push(template);
            }
        }
        Keyword::Workdir => {
            variants.extend(context.working_directory.as_deref().map(Template::literal));
        }
        Keyword::Cmd | Keyword::Entrypoint => {
            let words = instruction.json.clone().unwrap_or_else(|| {
                let shell = shell_words(context);
                shell
                    .into_iter()
                    .chain([instruction.text.clone()])
                    .collect()
            });
            variants.push(Template::literal(&words.join(" ")));
        }
        Keyword::Healthcheck => {
            variants.extend(
                instruction
                    .arguments
                    .last()
                    .map(|word| Template::literal(&word.text)),
            );
        }
        Keyword::Onbuild | Keyword::Shell => {}
        _ => {
            let words: Vec<_> = instruction
                .arguments
                .iter()
                .map(|word| context.expand(&word.text, escape))
                .collect();
            variants.push(joined(&words));
        }
    }
    let variant = |template: Template| {
        let normal = normalised(&template.literals[0], Some(keyword));
        Variant { template, normal }
    };
    Expected {
        instruction: index,
        keyword,
        variants: variants.into_iter().map(variant).collect(),
        commands: commands
            .into_iter()
            .map(|text| {
                let single = collapsed(&text);
                (text, single)
            })
            .collect(),
        destinations,
    }
}

/// The pairs of an `ENV` with the values that they have after it, which differ from the expanded
/// text where a variable is set from its own old value.
fn values_after(instruction: &Instruction, context: &Context) -> Template {
    let mut template = Template::literal("");
    for (number, assignment) in instruction.assignments().iter().enumerate() {
        template.push_str(if number > 0 { " " } else { "" });
        template.push_str(assignment.name);
        template.push_str("=");
        template.push_value_of(assignment.name, context);
    }
    template
}

fn joined(words: &[Expanded]) -> Template {
    let mut template = Template::literal("");
    for (number, word) in words.iter().enumerate() {
        if number > 0 {
            template.push_str(" ");
        }
        template.push(word);
    }
    template
}

fn shell_words(context: &Context) -> Vec<String> {
    context
        .shell
        .clone()
        .unwrap_or_else(|| vec!["/bin/sh".into(), "-c".into()])
}

/// The commands that builders run for a `RUN`.
fn commands(instruction: &Instruction, context: &Context) -> Vec<String> {
    if let Some(words) = &instruction.json {
        return vec![words.join(" "), format!("/bin/sh -c {}", instruction.text)];
    }
    // Buildah writes its own shell whatever `SHELL` says.
    let shells = [shell_words(context).join(" "), "/bin/sh -c".to_owned()];
    let scripts = scripts(instruction);
    shells
        .iter()
        .flat_map(|shell| {
            scripts
                .iter()
                .map(move |script| format!("{shell} {script}"))
        })
        .collect()
}

/// The scripts that a shell form stands for.
fn scripts(instruction: &Instruction) -> Vec<String> {
    let mut scripts = vec![instruction.text.clone()];
    if let [heredoc] = instruction.heredocs.as_slice() {
        // A heredoc alone is the script itself, or a file that is run where it starts with `#!`.
        scripts.push(heredoc.content.trim_end().to_owned());
        scripts.push(format!("/dev/pipes/{}", heredoc.name));
    }
    if !instruction.heredocs.is_empty() {
        let mut whole = instruction.text.clone();
        for heredoc in &instruction.heredocs {
            whole.push('\n');
            whole.push_str(&heredoc.content);
            whole.push_str(&heredoc.name);
        }
        scripts.push(whole);
    }
    scripts
}

impl Expected {
    /// Whether builders always write an entry with a layer for it.
    pub(super) fn makes_layers(&self) -> bool {
        matches!(self.keyword, Keyword::Run | Keyword::Copy | Keyword::Add)
    }

    /// The weight of a match with an entry; none where it is another instruction.
    pub(super) fn score(&self, entry: &Entry) -> Option<i32> {
        let step = &entry.step;
        if step.keyword != Some(self.keyword) {
            return None;
        }
        let score = match (self.keyword, &step.arguments) {
            (Keyword::Run, Some(prefix)) => self.command_score(entry, prefix),
            (Keyword::Copy | Keyword::Add, _) => self.copy_score(entry),
            (Keyword::Healthcheck, _) => self.health_score(entry),
            _ => self.text_score(entry, &step.payload),
        };
        Some(score.unwrap_or(SAME_KEYWORD_ONLY))
    }

    fn text_score(&self, entry: &Entry, payload: &str) -> Option<i32> {
        let plain = || {
            self.variants
                .iter()
                .filter(|variant| variant.template.holes.is_empty())
        };
        if plain().any(|variant| variant.template.literals[0] == payload) {
            return Some(SAME);
        }
        if plain().any(|variant| variant.normal == entry.normal) {
            return Some(SAME_NORMALISED);
        }
        let mut open = self
            .variants
            .iter()
            .filter(|variant| !variant.template.holes.is_empty());
        open.any(|variant| variant.template.fits(payload))
            .then_some(SAME_BUT_VARIABLES)
            .or_else(|| {
                let recorded = Template::of_concealed(payload);
                let fits = |variant: &Variant| recorded.fits(&variant.template.literals[0]);
                (!recorded.holes.is_empty() && plain().any(fits)).then_some(SAME_BUT_VARIABLES)
            })
    }

    /// Where the build arguments end is known only from the command that must follow them.
    fn command_score(&self, entry: &Entry, prefix: &ArgumentPrefix) -> Option<i32> {
        let follows = |text: &str, command: &str| {
            text.strip_suffix(command).is_some_and(|before| {
                before.ends_with(' ') && before.matches('=').count() >= prefix.count
            })
        };
        if self
            .commands
            .iter()
            .any(|(command, _)| follows(&prefix.rest, command))
        {
            return Some(SAME);
        }
        let same = |(_, command): &(String, String)| follows(&entry.arguments_collapsed, command);
        self.commands
            .iter()
            .any(same)
            .then_some(SAME_NORMALISED)
            .or_else(|| {
                let recorded = Template::of_concealed(&prefix.rest);
                let after = recorded
                    .literals
                    .last()
                    .filter(|_| !recorded.holes.is_empty())?;
                let ends =
                    |(command, _): &(String, String)| !after.is_empty() && command.ends_with(after);
                self.commands.iter().any(ends).then_some(SAME_BUT_VARIABLES)
            })
    }

    /// Docker's builders write the check as Go prints its structure, with the command inside.
    fn health_score(&self, entry: &Entry) -> Option<i32> {
        let holds = |variant: &Variant| {
            !variant.normal.is_empty() && entry.normal.contains(&variant.normal)
        };
        let inside = || self.variants.iter().any(holds).then_some(SAME_DESTINATION);
        self.text_score(entry, &entry.step.payload).or_else(inside)
    }

    fn copy_score(&self, entry: &Entry) -> Option<i32> {
        let payload = without_flags(&entry.step.payload);
        if let Some(score) = self.text_score(entry, payload) {
            return Some(score);
        }
        let destination = match payload.rsplit_once(" in ") {
            Some((_, destination)) if entry.step.builder != Builder::Buildkit => destination.trim(),
            _ => payload.rsplit(' ').next()?,
        };
        let same_place = |template: &Template| {
            template.fits(destination)
                || template.holes.is_empty() && same_path(&template.literals[0], destination)
        };
        self.destinations
            .iter()
            .any(same_place)
            .then_some(SAME_DESTINATION)
    }
}

fn same_path(left: &str, right: &str) -> bool {
    let normal = |path: &str| {
        path.trim_start_matches("./")
            .trim_end_matches('/')
            .to_owned()
    };
    normal(left) == normal(right)
}

fn without_flags(mut payload: &str) -> &str {
    while payload.starts_with("--")
        && let Some((_, rest)) = payload.split_once(' ')
    {
        payload = rest.trim_start();
    }
    payload
}

/// Runs of white space as one blank.
fn collapsed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The words alone. Metadata is written with and without brackets, quotes and commas, and ports as
/// Go prints a map (`map[80/tcp:{}]`).
fn normalised(text: &str, keyword: Option<Keyword>) -> String {
    if matches!(keyword, Some(Keyword::Run | Keyword::Copy | Keyword::Add)) {
        return collapsed(text);
    }
    let text = text
        .strip_prefix("map[")
        .unwrap_or(text)
        .replace(":{}", " ");
    let plain = text.replace(['[', ']', '{', '}', '"', '\'', ','], " ");
    if keyword != Some(Keyword::Expose) {
        return collapsed(&plain);
    }
    // Builders sort ports and add the protocol.
    let mut ports: Vec<&str> = plain
        .split_whitespace()
        .map(|port| port.trim_end_matches("/tcp"))
        .collect();
    ports.sort_unstable();
    ports.join(" ")
}

/// Build arguments as the entries tell them, for those that were not given.
pub(super) fn learned_arguments(given: &BuildArguments, entries: &[Entry]) -> BuildArguments {
    let mut arguments = given.clone();
    for (name, value) in entries
        .iter()
        .filter_map(|entry| entry.step.argument_value())
    {
        arguments
            .entry(name.to_owned())
            .or_insert_with(|| value.to_owned());
    }
    arguments
}
