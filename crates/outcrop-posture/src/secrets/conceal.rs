//! Secrets in the configuration of an image: found, listed, and replaced wherever they stand.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use outcrop_model::{ConfigurationPlace, ConfigurationSecret, ImageConfig};

use super::automata::{TABLE, Tries};
use super::place::Place;
use super::search::distinct;
use super::trace::{mask, trace};

/// Bytes of all texts of a configuration that are searched; those of engines have some kilobytes.
const MAX_BYTES: usize = 4 << 20;
/// Secrets of one configuration that are listed; the values of the others go as well.
const MAX_LISTED: usize = 200;
/// Values that are replaced.
const MAX_VALUES: usize = 1_000;
/// Values shorter than this are replaced only where they stand alone.
const MIN_ANYWHERE: usize = 8;

/// Where the rules of the whole table hold.
const CONFIGURATION: Place = Place {
    packaged: false,
    sample: false,
    configuration: true,
    packaged_code: false,
};

/// Replaces the values of secrets in a configuration and notes where they stood.
///
/// Looked at are the environment, labels, every step of the history in the spelling of any builder,
/// and the words of commands, health checks and triggers: by the rules for files, by the names of
/// variables, labels and build arguments, and for passwords in addresses. A value is replaced
/// wherever it stands, also where it is quoted or escaped. Each is listed once, at the place that
/// tells the most: the variable rather than the step that set it.
///
/// A configuration of which that was done before is given back as it is.
pub fn conceal(mut config: ImageConfig) -> ImageConfig {
    if config.secrets.is_some() {
        return config;
    }
    let mut search = Search {
        tries: Tries::all(),
        room: MAX_BYTES,
        values: BTreeMap::new(),
    };
    search.environment(&config);
    search.labels(&config);
    search.history(&config);
    search.words(&config);
    let secrets = search.replace(&mut config);
    config.secrets = Some(secrets);
    config
}

struct Search {
    tries: Tries,
    room: usize,
    /// By value: the best place, and the rule that told it there.
    values: BTreeMap<String, (Rank, usize, ConfigurationPlace)>,
}

/// How much a place tells; the least is the best.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Environment,
    Label,
    BuildArgument,
    Words,
    History,
}

impl Search {
    fn environment(&mut self, config: &ImageConfig) {
        for variable in &config.environment {
            let (name, value) = variable.split_once('=').unwrap_or(("", variable));
            let place = ConfigurationPlace::Environment {
                name: name.to_owned(),
            };
            self.assigned(Rank::Environment, &place, name, value);
        }
    }

    fn labels(&mut self, config: &ImageConfig) {
        for (name, value) in &config.labels {
            let place = ConfigurationPlace::Label { name: name.clone() };
            self.assigned(Rank::Label, &place, name, value);
        }
    }

    fn history(&mut self, config: &ImageConfig) {
        for (entry, step) in config.history.iter().enumerate() {
            for (name, value) in build_arguments(&step.created_by) {
                let place = ConfigurationPlace::BuildArgument {
                    name: name.to_owned(),
                    entry,
                };
                self.assigned(Rank::BuildArgument, &place, name, value);
            }
            let place = ConfigurationPlace::History { entry };
            for text in [&step.created_by, &step.comment, &step.author] {
                self.text(Rank::History, &place, text);
            }
        }
    }

    fn words(&mut self, config: &ImageConfig) {
        let health_check = config
            .run
            .as_ref()
            .and_then(|run| run.health_check.as_ref());
        for (instruction, words) in [
            ("ENTRYPOINT", Some(&config.entrypoint)),
            ("CMD", Some(&config.command)),
            ("HEALTHCHECK", health_check),
            ("ONBUILD", Some(&config.on_build)),
        ] {
            let words = words.map_or(&[][..], Vec::as_slice);
            let place = ConfigurationPlace::Words {
                instruction: instruction.to_owned(),
            };
            for word in words {
                self.text(Rank::Words, &place, word);
            }
            // A flag and its value are two words.
            for pair in words.windows(2) {
                if let [flag, value] = pair
                    && flag.starts_with("--")
                    && !flag.contains('=')
                    && !value.starts_with('-')
                    && let Some(rule) = TABLE.named(flag.as_bytes(), value.as_bytes(), "")
                {
                    self.add(Rank::Words, rule, &place, value);
                }
            }
        }
    }

    /// A value under a name: by what it has in it, and else by the name.
    fn assigned(&mut self, rank: Rank, place: &ConfigurationPlace, name: &str, value: &str) {
        if !self.text(rank, place, value)
            && let Some(rule) = TABLE.named(name.as_bytes(), value.as_bytes(), "")
        {
            self.add(rank, rule, place, value);
        }
    }

    /// True where something was found.
    fn text(&mut self, rank: Rank, place: &ConfigurationPlace, text: &str) -> bool {
        let Some(room) = self.room.checked_sub(text.len()) else {
            return false;
        };
        self.room = room;
        let bytes = text.as_bytes();
        let mut found = Vec::new();
        TABLE.search(
            bytes,
            0..bytes.len(),
            CONFIGURATION,
            ".env",
            &mut self.tries,
            &mut found,
        );
        let found = distinct(found);
        for found in &found {
            // Values are ASCII as their patterns are, but the ends are the text's to say.
            if let Some(value) = text.get(found.value.clone()) {
                self.add(rank, found.rule, place, value);
            }
        }
        !found.is_empty()
    }

    fn add(&mut self, rank: Rank, rule: usize, place: &ConfigurationPlace, value: &str) {
        if let Some(known) = self.values.get_mut(value) {
            if (rank, rule) < (known.0, known.1) {
                *known = (rank, rule.min(known.1), place.clone());
            }
        } else if self.values.len() < MAX_VALUES {
            self.values
                .insert(value.to_owned(), (rank, rule, place.clone()));
        }
    }

    /// Replaces the values, and says what they were.
    fn replace(self, config: &mut ImageConfig) -> Vec<ConfigurationSecret> {
        let mut secrets: Vec<(Rank, ConfigurationSecret)> = Vec::new();
        let mut values: Vec<(String, String)> = Vec::new();
        let escaped: BTreeSet<String> = self
            .values
            .keys()
            .flat_map(|value| {
                spellings(value)
                    .into_iter()
                    .filter(move |other| other != value)
            })
            .collect();
        for (value, (rank, rule, place)) in self.values {
            // The same value as another one, in the spelling of an address or a quotation.
            if escaped.contains(&value) {
                continue;
            }
            let trace = trace(TABLE.rule(rule).kind.id, &named(&place), value.as_bytes());
            let mask = mask(&trace);
            for spelling in spellings(&value) {
                values.push((spelling, mask.clone()));
            }
            secrets.push((rank, ConfigurationSecret { place, trace }));
        }
        // A value may be a part of another one.
        values.sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
        for text in texts(config) {
            for (value, mask) in &values {
                replace(text, value, mask);
            }
            if let std::borrow::Cow::Owned(concealed) = super::conceal_url_passwords(text) {
                *text = concealed;
            }
        }
        secrets.sort_by_key(|(rank, _)| *rank);
        secrets.truncate(MAX_LISTED);
        secrets.into_iter().map(|(_, secret)| secret).collect()
    }
}

/// What the fingerprint of a place is salted with. The step's number is no part of it: a step
/// added before would change it.
fn named(place: &ConfigurationPlace) -> String {
    match place {
        ConfigurationPlace::Environment { name } => format!("environment {name}"),
        ConfigurationPlace::Label { name } => format!("label {name}"),
        ConfigurationPlace::BuildArgument { name, .. } => format!("argument {name}"),
        ConfigurationPlace::History { .. } => "history".to_owned(),
        ConfigurationPlace::Words { instruction } => format!("words {instruction}"),
    }
}

/// A value as it is, and as JSON, shells and addresses write it.
fn spellings(value: &str) -> Vec<String> {
    let json = value.replace('\\', "\\\\").replace('"', "\\\"");
    let shell = value.replace('\'', "'\\''");
    let dollars = value.replace('$', "\\$");
    let percent = value.bytes().fold(String::new(), |mut text, byte| {
        use std::fmt::Write as _;
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            text.push(char::from(byte));
        } else {
            // Writing to a text cannot fail.
            let _ = write!(text, "%{byte:02X}");
        }
        text
    });
    let mut spellings = vec![value.to_owned(), json, shell, dollars, percent];
    spellings.sort();
    spellings.dedup();
    spellings
}

/// Every text of a configuration in which a value may stand.
fn texts(config: &mut ImageConfig) -> impl Iterator<Item = &mut String> {
    let history = config
        .history
        .iter_mut()
        .flat_map(|step| [&mut step.created_by, &mut step.comment, &mut step.author]);
    let health_check = config
        .run
        .iter_mut()
        .flat_map(|run| run.health_check.iter_mut().flatten());
    config
        .environment
        .iter_mut()
        .chain(config.labels.values_mut())
        .chain(&mut config.on_build)
        .chain(&mut config.entrypoint)
        .chain(&mut config.command)
        .chain(health_check)
        .chain(history)
}

fn replace(text: &mut String, value: &str, mask: &str) {
    let mut places: Vec<Range<usize>> = Vec::new();
    for (start, _) in text.match_indices(value) {
        let place = start..start + value.len();
        if value.len() >= MIN_ANYWHERE || stands_alone(text, &place) {
            places.push(place);
        }
    }
    if places.is_empty() {
        return;
    }
    let mut replaced = String::with_capacity(text.len());
    let mut from = 0;
    for place in places {
        replaced.push_str(&text[from..place.start]);
        replaced.push_str(mask);
        from = place.end;
    }
    replaced.push_str(&text[from..]);
    *text = replaced;
}

fn stands_alone(text: &str, place: &Range<usize>) -> bool {
    let in_word = |byte: &u8| byte.is_ascii_alphanumeric();
    !text.as_bytes()[..place.start].last().is_some_and(in_word)
        && !text.as_bytes()[place.end..].first().is_some_and(in_word)
}

/// The build arguments of a step: `ARG name=value`, and those that `RUN` steps list before the
/// command.
///
/// Sources: the classic builder of Moby (`|2 a=b c=d /bin/sh -c …`), `BuildKit` (`RUN |2 a=b c=d
/// /bin/sh -c … # buildkit`), Buildah (`/bin/sh -c #(nop) ARG a=b`).
fn build_arguments(step: &str) -> Vec<(&str, &str)> {
    let step = step.trim_start();
    let bare = step
        .strip_prefix("/bin/sh -c #(nop)")
        .unwrap_or(step)
        .trim_start();
    if let Some(argument) = bare.strip_prefix("ARG ") {
        let argument = argument.trim();
        return argument
            .split_once('=')
            .map(|(name, value)| (name.trim(), value.trim_matches(['"', '\''])))
            .into_iter()
            .collect();
    }
    let bare = bare.strip_prefix("RUN ").unwrap_or(bare);
    let Some((count, mut rest)) = bare
        .strip_prefix('|')
        .and_then(|listed| listed.split_once(' '))
        .and_then(|(count, rest)| Some((count.parse::<usize>().ok()?, rest)))
    else {
        return Vec::new();
    };
    let mut arguments = Vec::new();
    for left in (0..count.min(MAX_VALUES)).rev() {
        let Some((name, after)) = rest.split_once('=') else {
            break;
        };
        // A value may have spaces: it goes up to the next name, or to the shell.
        let end = if left == 0 {
            [" /bin/", " /usr/bin/", " cmd ", " powershell ", " pwsh "]
                .iter()
                .filter_map(|shell| after.find(shell))
                .min()
        } else {
            next_name(after)
        };
        let end = end.unwrap_or(after.len());
        arguments.push((name, &after[..end]));
        rest = after[end..].trim_start();
    }
    arguments
}

/// Where ` name=` begins.
fn next_name(text: &str) -> Option<usize> {
    text.match_indices(' ').map(|(at, _)| at).find(|at| {
        let word = &text[at + 1..];
        let name = word
            .bytes()
            .take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
            .count();
        name > 0 && word.as_bytes().get(name) == Some(&b'=')
    })
}
