//! The archives that apt would install from: `sources.list` and the files of `sources.list.d`.
//!
//! Source: `sources.list(5)`, one-line style and deb822 style.

use outcrop_image::{
    Analyser, Analysis, CandidateFile, Conclusion, FileFacts, FileProblem, Observation, Root, View,
};
use outcrop_model::ProblemKind;

use super::{conclude_sources, folder_and_name, text};

/// Largest file that is read.
const MAX_BYTES: u64 = 1 << 20;
/// Archives of one file that are kept.
const MAX_SOURCES: usize = 1_000;
/// Longest line that is kept for an archive.
const MAX_SOURCE_BYTES: usize = 2_048;

const LIST: &str = "etc/apt/sources.list";
const FOLDER: &str = "etc/apt/sources.list.d";
const ROOTS: &[Root] = &[Root::file(LIST), Root::folder(FOLDER)];

/// Reads the archives that apt knows.
pub(super) struct AptSources;

impl Analyser for AptSources {
    fn id(&self) -> &'static str {
        "apt-sources"
    }

    fn version(&self) -> u32 {
        1
    }

    fn roots(&self) -> &'static [Root] {
        ROOTS
    }

    fn wants(&self, file: &FileFacts<'_>) -> Option<u64> {
        let (folder, name) = file.folder_and_name();
        let part = || matches!(name.rsplit_once('.'), Some((_, "list" | "sources")));
        let wanted =
            name == "sources.list" || (folder_and_name(folder).1 == "sources.list.d" && part());
        wanted.then_some(MAX_BYTES)
    }

    fn analyse(&self, file: &CandidateFile<'_>) -> Analysis {
        let (content, is_utf8) = text(file.bytes);
        let mut sources = Sources::default();
        if !is_utf8 {
            sources.problem("the file is not UTF-8; what is not was replaced".to_owned());
        }
        if let Some((_, "sources")) = file.path.rsplit_once('.') {
            sources.stanzas(&content);
        } else {
            sources.lines(&content);
        }
        if !file.whole {
            sources.problems.push(FileProblem::new(
                ProblemKind::Truncated,
                "only the beginning of the file was read",
            ));
        }
        Analysis {
            observation: Some(Observation::PackageSources(sources.found)),
            problems: sources.problems,
        }
    }

    fn conclude(&self, view: &View<'_>) -> Conclusion {
        conclude_sources(view.file(LIST).into_iter().chain(view.folder(FOLDER)))
    }
}

#[derive(Default)]
struct Sources {
    found: Vec<String>,
    problems: Vec<FileProblem>,
}

impl Sources {
    fn problem(&mut self, message: String) {
        // The first tells where to look.
        if self.problems.is_empty() {
            self.problems
                .push(FileProblem::new(ProblemKind::Malformed, message));
        }
    }

    /// Takes an archive; false where it is too long, or there are enough.
    fn add<'a>(&mut self, words: impl IntoIterator<Item = &'a str>) -> bool {
        let source = words.into_iter().collect::<Vec<_>>().join(" ");
        let fits = source.len() <= MAX_SOURCE_BYTES && self.found.len() < MAX_SOURCES;
        if fits {
            self.found.push(source);
        } else if self.problems.is_empty() {
            self.problems.push(FileProblem::new(
                ProblemKind::TooLarge,
                format!("more or longer archives than are kept: {MAX_SOURCES}"),
            ));
        }
        fits
    }

    /// One-line style: `deb [ option=value … ] uri suite component…`.
    fn lines(&mut self, content: &str) {
        for (number, line) in content.lines().enumerate() {
            let line = line.split('#').next().unwrap_or(line).trim_ascii();
            let rest = match line.split_once(|c: char| c.is_ascii_whitespace()) {
                Some(("deb", rest)) => rest.trim_ascii_start(),
                Some(("deb-src", _)) => continue,
                None if line.is_empty() => continue,
                _ => {
                    self.problem(format!("a line is no archive: {}", number + 1));
                    continue;
                }
            };
            // Options may hold spaces.
            let rest = rest
                .strip_prefix('[')
                .and_then(|rest| rest.split_once(']'))
                .map_or(rest, |(_, rest)| rest.trim_ascii_start());
            // So may the name of a disc.
            let uri_end = if rest.starts_with("cdrom:[") {
                rest.find(']').map(|close| {
                    rest[close..]
                        .find(|c: char| c.is_ascii_whitespace())
                        .map_or(rest.len(), |space| close + space)
                })
            } else {
                rest.find(|c: char| c.is_ascii_whitespace())
            };
            let (uri, rest) = rest.split_at(uri_end.unwrap_or(rest.len()));
            if uri.is_empty() || rest.trim_ascii().is_empty() {
                self.problem(format!("a line names no archive and suite: {}", number + 1));
                continue;
            }
            self.add([uri].into_iter().chain(rest.split_ascii_whitespace()));
        }
    }

    /// deb822 style: stanzas with `Types`, `URIs`, `Suites`, `Components` and `Enabled`.
    fn stanzas(&mut self, content: &str) {
        let mut fields: Vec<(String, String)> = Vec::new();
        for line in content.lines().chain([""]) {
            if line.starts_with('#') {
                continue;
            }
            if line.trim_ascii().is_empty() {
                self.stanza(&std::mem::take(&mut fields));
            } else if line.starts_with([' ', '\t']) {
                if let Some((_, value)) = fields.last_mut() {
                    value.push(' ');
                    value.push_str(line.trim_ascii());
                }
            } else if let Some((name, value)) = line.split_once(':') {
                fields.push((name.to_ascii_lowercase(), value.trim_ascii().to_owned()));
            } else {
                self.problem("a line is no field of a stanza".to_owned());
            }
        }
    }

    fn stanza(&mut self, fields: &[(String, String)]) {
        if fields.is_empty() {
            return;
        }
        let words = |name: &str| -> Vec<&str> {
            fields
                .iter()
                .filter(|(field, _)| field == name)
                .flat_map(|(_, value)| value.split_ascii_whitespace())
                .collect()
        };
        // `StringToBool` of apt takes these for false.
        let disabled = ["no", "false", "without", "off", "disable", "0"];
        if words("enabled")
            .first()
            .is_some_and(|word| disabled.iter().any(|no| word.eq_ignore_ascii_case(no)))
        {
            return;
        }
        if !words("types").contains(&"deb") {
            if words("types").is_empty() {
                self.problem("a stanza without `Types`".to_owned());
            }
            return;
        }
        let (uris, suites, components) = (words("uris"), words("suites"), words("components"));
        if uris.is_empty() || suites.is_empty() {
            self.problem("a stanza without `URIs` or `Suites`".to_owned());
        }
        for uri in &uris {
            for suite in &suites {
                // A stanza of a megabyte names a billion of them.
                if !self.add([uri, suite].into_iter().chain(&components).copied()) {
                    return;
                }
            }
        }
    }
}

#[cfg(test)]
#[path = "apt_sources_tests.rs"]
mod tests;
