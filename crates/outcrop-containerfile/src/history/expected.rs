//! What the builders would write for each instruction, and how near an entry comes to it.

use crate::expand::{Expanded, Value};
use crate::stages::{BuildArguments, Context, Stages};
use crate::syntax::{Containerfile, Instruction, Keyword, parse};

use super::created_by::{Builder, RecordedStep};

/// The most entries, and the most instructions, that are aligned; what is beyond stays unmatched.
pub const MAX_ALIGNED: usize = 1000;

/// The same text.
pub(super) const SAME: i32 = 10;
/// The same text but for white space or notation.
pub(super) const SAME_NORMALISED: i32 = 8;
/// The same text where unknown variables may stand for anything.
pub(super) const SAME_BUT_VARIABLES: i32 = 7;
/// A copy to the same place.
pub(super) const SAME_DESTINATION: i32 = 6;
/// The same instruction with another text.
pub(super) const SAME_KEYWORD_ONLY: i32 = -4;

/// An instruction as a history entry would show it.
#[derive(Debug)]
pub(super) struct Expected {
    /// Instruction index in the file.
    pub(super) instruction: usize,
    pub(super) keyword: Keyword,
    variants: Vec<Template>,
    destination: Option<Template>,
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

/// The instructions that make `target`, as entries would show them. `triggers` are the `ONBUILD`
/// instructions of the base image, which run right after the first `FROM`.
pub(super) fn expected(
    file: &Containerfile,
    stages: &Stages,
    target: usize,
    triggers: &[String],
) -> Vec<Expected> {
    let mut all = Vec::new();
    let mut first_from = true;
    stages.walk(file, target, |index, instruction, context| {
        if all.len() >= MAX_ALIGNED {
            return;
        }
        if instruction.keyword == Keyword::From {
            if std::mem::take(&mut first_from) {
                for trigger in triggers {
                    let parsed = parse(trigger.as_bytes());
                    if let Some(trigger) = parsed.file.instructions().next() {
                        all.push(one(index, trigger, context, file.escape()));
                    }
                }
            }
        } else {
            all.push(one(index, instruction, context, file.escape()));
        }
    });
    all
}

/// `context` is what is in effect after the instruction.
fn one(index: usize, instruction: &Instruction, context: &Context, escape: char) -> Expected {
    let keyword = instruction.keyword;
    let mut variants = vec![Template::literal(&instruction.text)];
    let mut destination = None;
    match keyword {
        Keyword::Run => variants.extend(run(instruction, context)),
        Keyword::Copy | Keyword::Add => {
            let words: Vec<_> = instruction
                .arguments
                .iter()
                .map(|word| context.expand(&word.text, escape))
                .collect();
            destination = words.last().map(Template::of);
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
            variants.push(values_after(instruction, context));
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
        Keyword::Onbuild | Keyword::Shell | Keyword::Healthcheck => {}
        _ => {
            let words: Vec<_> = instruction
                .arguments
                .iter()
                .map(|word| context.expand(&word.text, escape))
                .collect();
            variants.push(joined(&words));
        }
    }
    Expected {
        instruction: index,
        keyword,
        variants,
        destination,
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

fn run(instruction: &Instruction, context: &Context) -> Vec<Template> {
    if let Some(words) = &instruction.json {
        return vec![
            Template::literal(&words.join(" ")),
            Template::literal(&format!("/bin/sh -c {}", instruction.text)),
        ];
    }
    let shell = shell_words(context).join(" ");
    let mut commands = vec![instruction.text.clone()];
    if let [heredoc] = instruction.heredocs.as_slice() {
        // A heredoc alone is the script itself, or a file that is run where it starts with `#!`.
        commands.push(heredoc.content.clone());
        commands.push(format!("/dev/pipes/{}", heredoc.name));
    }
    let bodies: String = instruction
        .heredocs
        .iter()
        .map(|heredoc| format!("{}{}\n", heredoc.content, heredoc.name))
        .collect();
    if !bodies.is_empty() {
        commands.push(format!("{}\n{bodies}", instruction.text));
    }
    let with_shell = commands
        .iter()
        .map(|command| Template::literal(&format!("{shell} {command}")));
    let alone = commands.iter().map(|command| Template::literal(command));
    with_shell.chain(alone).collect()
}

impl Expected {
    /// Whether builders always write an entry with a layer for it.
    pub(super) fn makes_layers(&self) -> bool {
        matches!(self.keyword, Keyword::Run | Keyword::Copy | Keyword::Add)
    }

    /// The weight of a match with an entry; none where it is another instruction.
    pub(super) fn score(&self, recorded: &RecordedStep) -> Option<i32> {
        if recorded.keyword != Some(self.keyword) {
            return None;
        }
        let score = match self.keyword {
            Keyword::Run => self.run_score(recorded),
            Keyword::Copy | Keyword::Add => self.copy_score(recorded),
            _ => self.text_score(&recorded.payload),
        };
        Some(score.unwrap_or(SAME_KEYWORD_ONLY))
    }

    fn text_score(&self, payload: &str) -> Option<i32> {
        let is = |template: &Template, text: &str| {
            template.holes.is_empty() && template.literals[0] == text
        };
        if self.variants.iter().any(|template| is(template, payload)) {
            return Some(SAME);
        }
        let normal = normalised(payload);
        let same = |template: &Template| {
            template.holes.is_empty() && normalised(&template.literals[0]) == normal
        };
        if self.variants.iter().any(same) {
            return Some(SAME_NORMALISED);
        }
        let fits = |template: &Template| !template.holes.is_empty() && template.fits(payload);
        self.variants.iter().any(fits).then_some(SAME_BUT_VARIABLES)
    }

    fn run_score(&self, recorded: &RecordedStep) -> Option<i32> {
        let Some(prefix) = &recorded.arguments else {
            return self.text_score(&recorded.payload);
        };
        // Where the arguments end is known only from the command that must follow them.
        let plausible = |before: &str| before.matches('=').count() >= prefix.count;
        let ends = |text: &str, command: &str| {
            text.strip_suffix(command)
                .is_some_and(|before| before.ends_with(' ') && plausible(before))
        };
        let commands = || {
            self.variants
                .iter()
                .map(|template| template.literals[0].as_str())
        };
        if commands().any(|command| ends(&prefix.rest, command)) {
            return Some(SAME);
        }
        let rest = collapsed(&prefix.rest);
        commands()
            .any(|command| ends(&rest, &collapsed(command)))
            .then_some(SAME_NORMALISED)
    }

    fn copy_score(&self, recorded: &RecordedStep) -> Option<i32> {
        let payload = without_flags(&recorded.payload);
        if let Some(score) = self.text_score(payload) {
            return Some(score);
        }
        let destination = match payload.rsplit_once(" in ") {
            Some((_, destination)) if recorded.builder != Builder::Buildkit => destination.trim(),
            _ => payload.rsplit(' ').next()?,
        };
        let template = self.destination.as_ref()?;
        let same_place = |text: &str| {
            template.fits(text)
                || template.holes.is_empty() && same_path(&template.literals[0], text)
        };
        same_place(destination).then_some(SAME_DESTINATION)
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

/// The words alone: lists are written with and without brackets, quotes and commas, and maps as Go
/// prints them (`map[80/tcp:{}]`).
fn normalised(text: &str) -> String {
    let text = text.strip_prefix("map[").unwrap_or(text);
    let plain: String = text
        .replace(":{}", " ")
        .chars()
        .map(|character| {
            if "[]{}\",'".contains(character) {
                ' '
            } else {
                character
            }
        })
        .collect();
    collapsed(plain.trim_end_matches("/tcp"))
}

/// Build arguments as the entries tell them, for those that were not given.
pub(super) fn learned_arguments(
    given: &BuildArguments,
    recorded: &[RecordedStep],
) -> BuildArguments {
    let mut arguments = given.clone();
    for (name, value) in recorded.iter().filter_map(RecordedStep::argument_value) {
        arguments
            .entry(name.to_owned())
            .or_insert_with(|| value.to_owned());
    }
    arguments
}
