//! The `created_by` texts of the classic Docker builder, of `BuildKit` and of Buildah.
//!
//! Sources: Docker's `builder/dockerfile/dispatchers.go`, `BuildKit`'s
//! `frontend/dockerfile/dockerfile2llb/convert.go` and `convert_copy.go`, Buildah's
//! `imagebuildah/stage_executor.go` (`getCreatedBy`). Kaniko's entries are source lines and read as
//! `BuildKit`'s do.

use serde::Serialize;

use crate::syntax::Keyword;

/// The comment of `BuildKit`'s entries.
const BUILDKIT_COMMENT: &str = "buildkit.dockerfile.v0";

/// What Buildah adds after a `|` when an option of the build changes what is cached.
const BUILDAH_SUFFIXES: [&str; 5] = [
    "unsetLabel=",
    "inheritLabels=",
    "unsetAnnotation=",
    "inheritAnnotations=",
    "force-mtime=",
];

/// One entry of an image's history, oldest first, as its configuration has it.
#[derive(Clone, Copy, Debug)]
pub struct HistoryStep<'a> {
    /// `created_by`; empty where there is none.
    pub created_by: &'a str,
    /// `comment`; empty where there is none.
    pub comment: &'a str,
    /// Whether the entry says that it has no layer.
    pub empty_layer: bool,
}

/// Who wrote an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Builder {
    /// Docker's own builder before `BuildKit`.
    Classic,
    /// `BuildKit`.
    Buildkit,
    /// Buildah, which Podman builds with.
    Buildah,
    /// The text alone does not tell.
    Unknown,
}

/// An entry in normal form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedStep {
    /// The instruction; none where the text has the form of no builder.
    pub keyword: Option<Keyword>,
    /// What follows the keyword. For `RUN` this starts with the shell, or is the command itself in
    /// the exec form; build arguments before it are in [`Self::arguments`].
    pub payload: String,
    /// The text of `|N k=v …` before a `RUN` together with its payload, where there is one. Where the
    /// arguments end is not in the text: values may hold blanks.
    pub arguments: Option<ArgumentPrefix>,
    /// Who wrote it.
    pub builder: Builder,
    /// Whether the entry says that it has no layer.
    pub empty_layer: bool,
}

/// The build arguments that were in effect at a `RUN`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArgumentPrefix {
    /// How many there are.
    pub count: usize,
    /// The arguments and the command after them, not told apart.
    pub rest: String,
}

impl RecordedStep {
    /// Reads an entry.
    pub fn read(step: &HistoryStep<'_>) -> Self {
        let text = step.created_by;
        let says_buildkit = step.comment == BUILDKIT_COMMENT;
        let unsuffixed = text.strip_suffix("# buildkit").map(str::trim_end);
        let mut recorded = Self {
            keyword: None,
            payload: String::new(),
            arguments: None,
            builder: Builder::Unknown,
            empty_layer: step.empty_layer,
        };
        if says_buildkit || unsuffixed.is_some() {
            recorded.builder = Builder::Buildkit;
            recorded.source_line(unsuffixed.unwrap_or(text));
            return recorded;
        }
        // Buildah tells the base in the comment of the first entry above it.
        if step.comment.starts_with("FROM ") {
            recorded.builder = Builder::Buildah;
        }
        let text = without_buildah_suffixes(text)
            .inspect(|_| recorded.builder = Builder::Buildah)
            .unwrap_or(text);
        let metadata = text.split_once("#(nop)").map(|(_, metadata)| metadata);
        match metadata.filter(|metadata| starts_with_keyword(metadata.trim_start())) {
            Some(metadata) => recorded.metadata(metadata),
            None if starts_with_keyword(text) => recorded.source_line(text),
            None if !text.is_empty() => {
                recorded.keyword = Some(Keyword::Run);
                recorded.run(text);
            }
            None => {}
        }
        recorded
    }

    /// What follows `#(nop)`.
    fn metadata(&mut self, text: &str) {
        let (blanks, rest) = text.split_at(text.len() - text.trim_start_matches(' ').len());
        let (keyword, payload) = rest.split_once(' ').unwrap_or((rest, ""));
        self.keyword = known(keyword);
        payload.trim_end().clone_into(&mut self.payload);
        if self.builder == Builder::Unknown {
            // Docker writes two blanks before everything but `COPY`, `ADD` and `WORKDIR`; Buildah one.
            self.builder = match self.keyword {
                _ if blanks.len() >= 2 => Builder::Classic,
                Some(Keyword::Copy | Keyword::Add | Keyword::Workdir) | None => Builder::Unknown,
                Some(_) => Builder::Buildah,
            };
        }
    }

    /// An entry that starts with its keyword.
    fn source_line(&mut self, text: &str) {
        let (keyword, payload) = text.split_once([' ', '\t']).unwrap_or((text, ""));
        self.keyword = known(keyword);
        match self.keyword {
            Some(Keyword::Run) => self.run(payload.trim_start()),
            Some(_) => payload.trim().clone_into(&mut self.payload),
            None => text.clone_into(&mut self.payload),
        }
    }

    /// The command of a `RUN`, with its build arguments.
    fn run(&mut self, text: &str) {
        let prefix = text.strip_prefix('|').and_then(|text| {
            let (count, rest) = text.split_once(' ')?;
            Some(ArgumentPrefix {
                count: count.parse().ok()?,
                rest: rest.to_owned(),
            })
        });
        text.clone_into(&mut self.payload);
        if let Some(prefix) = prefix {
            if prefix.count == 0 {
                prefix.rest.clone_into(&mut self.payload);
            } else {
                let shell = prefix.rest.find("/bin/sh -c ").map_or(0, |at| at);
                prefix.rest[shell..].clone_into(&mut self.payload);
                self.arguments = Some(prefix);
            }
        }
    }

    /// The `NAME=value` of an `ARG` entry, where it is the value that was in effect: only `BuildKit`
    /// writes that; the classic builder writes the default.
    pub fn argument_value(&self) -> Option<(&str, &str)> {
        if self.keyword != Some(Keyword::Arg) || self.builder != Builder::Buildkit {
            return None;
        }
        self.payload
            .split_once('=')
            .filter(|(name, _)| !name.is_empty() && !name.contains(' '))
    }
}

fn known(word: &str) -> Option<Keyword> {
    Some(Keyword::of(word)).filter(|keyword| *keyword != Keyword::Unknown)
}

fn starts_with_keyword(text: &str) -> bool {
    let word = text.split([' ', '\t']).next().unwrap_or_default();
    // Commands are lower case; an entry that is a source line has its keyword in capitals.
    known(word).is_some() && word.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// The text before Buildah's suffixes; none where it has none.
fn without_buildah_suffixes(text: &str) -> Option<&str> {
    let mut rest = text;
    while let Some((before, last)) = rest.rsplit_once('|')
        && BUILDAH_SUFFIXES
            .iter()
            .any(|suffix| last.starts_with(suffix))
    {
        rest = before;
    }
    (rest.len() < text.len()).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::{HistoryStep, RecordedStep};

    fn read(comment: &str, created_by: &str) -> String {
        let recorded = RecordedStep::read(&HistoryStep {
            created_by,
            comment,
            empty_layer: false,
        });
        let keyword = recorded.keyword.map_or("?", crate::syntax::Keyword::as_str);
        let arguments = recorded
            .arguments
            .map(|prefix| format!(" |{}|", prefix.count))
            .unwrap_or_default();
        format!(
            "{:?} {keyword}{arguments} {}",
            recorded.builder, recorded.payload
        )
    }

    #[test]
    fn entries_of_the_classic_builder() {
        for (created_by, expected) in [
            (
                "/bin/sh -c apt-get update",
                "Unknown RUN /bin/sh -c apt-get update",
            ),
            (
                "|2 A=1 B=two words /bin/sh -c echo $A",
                "Unknown RUN |2| /bin/sh -c echo $A",
            ),
            ("sh -c echo hi > /e", "Unknown RUN sh -c echo hi > /e"),
            (
                "/bin/sh -c #(nop) COPY file:0a1b in /b ",
                "Unknown COPY file:0a1b in /b",
            ),
            (
                "/bin/sh -c #(nop) COPY --chown=1:1file:0a1b in /f ",
                "Unknown COPY --chown=1:1file:0a1b in /f",
            ),
            (
                "/bin/sh -c #(nop)  ENV X=a1 Y=b c",
                "Classic ENV X=a1 Y=b c",
            ),
            ("/bin/sh -c #(nop)  ARG V=1", "Classic ARG V=1"),
            (
                r#"/bin/sh -c #(nop)  CMD ["-c" "id"]"#,
                r#"Classic CMD ["-c" "id"]"#,
            ),
            ("/bin/sh -c #(nop) WORKDIR /app", "Unknown WORKDIR /app"),
        ] {
            assert_eq!(read("", created_by), expected, "{created_by}");
        }
    }

    #[test]
    fn entries_of_buildkit() {
        for (created_by, expected) in [
            (
                "RUN /bin/sh -c make # buildkit",
                "Buildkit RUN /bin/sh -c make",
            ),
            (
                "RUN |2 foo=bar2 bar=123 /bin/sh -c make # buildkit",
                "Buildkit RUN |2| /bin/sh -c make",
            ),
            ("RUN ls -l # buildkit", "Buildkit RUN ls -l"),
            (
                "COPY --chown=1:1 a b /dst/ # buildkit",
                "Buildkit COPY --chown=1:1 a b /dst/",
            ),
            ("COPY <<name /dst # buildkit", "Buildkit COPY <<name /dst"),
            ("ENV k=v k2=v2", "Buildkit ENV k=v k2=v2"),
            ("ARG k=v", "Buildkit ARG k=v"),
            (
                r#"CMD ["/bin/sh" "-c" "x"]"#,
                r#"Buildkit CMD ["/bin/sh" "-c" "x"]"#,
            ),
            ("WORKDIR /abs", "Buildkit WORKDIR /abs"),
            (
                "RUN /bin/sh -c set -e\necho a\n # buildkit",
                "Buildkit RUN /bin/sh -c set -e\necho a",
            ),
        ] {
            assert_eq!(
                read("buildkit.dockerfile.v0", created_by),
                expected,
                "{created_by}"
            );
        }
    }

    #[test]
    fn entries_of_buildah() {
        for (comment, created_by, expected) in [
            (
                "FROM docker.io/library/debian:12",
                "/bin/sh -c make",
                "Buildah RUN /bin/sh -c make",
            ),
            (
                "",
                "|1 V=1 /bin/sh -c make",
                "Unknown RUN |1| /bin/sh -c make",
            ),
            (
                "",
                r#"/bin/sh -c ["sh","-c","id"]"#,
                r#"Unknown RUN /bin/sh -c ["sh","-c","id"]"#,
            ),
            (
                "",
                r#"/bin/sh -c #(nop) ENV X=a${V} Y="b c""#,
                r#"Buildah ENV X=a${V} Y="b c""#,
            ),
            ("", "/bin/sh -c #(nop) ARG V", "Buildah ARG V"),
            (
                "",
                "/bin/sh -c #(nop) COPY file:0a1b in /b ",
                "Unknown COPY file:0a1b in /b",
            ),
            (
                "",
                "/bin/sh -c make|unsetLabel=a|inheritLabels=false",
                "Buildah RUN /bin/sh -c make",
            ),
            ("", "/bin/sh -c echo a|b", "Unknown RUN /bin/sh -c echo a|b"),
        ] {
            assert_eq!(read(comment, created_by), expected, "{created_by}");
        }
    }

    #[test]
    fn entries_of_other_tools() {
        for (comment, created_by, expected) in [
            (
                "",
                "RUN make && make install",
                "Unknown RUN make && make install",
            ),
            ("Imported from -", "", "Unknown ? "),
            ("", "COPY . /app", "Unknown COPY . /app"),
            (
                "buildkit.dockerfile.v0",
                "mystery text",
                "Buildkit ? mystery text",
            ),
        ] {
            assert_eq!(read(comment, created_by), expected, "{created_by}");
        }
    }

    #[test]
    fn only_buildkit_tells_the_value_of_a_build_argument() {
        let value = |comment, created_by| {
            let step = HistoryStep {
                created_by,
                comment,
                empty_layer: true,
            };
            RecordedStep::read(&step)
                .argument_value()
                .map(|(name, value)| format!("{name}→{value}"))
        };
        assert_eq!(
            value("buildkit.dockerfile.v0", "ARG V=a=b"),
            Some("V→a=b".into())
        );
        assert_eq!(value("", "/bin/sh -c #(nop) ARG V"), None);
        assert_eq!(value("", "/bin/sh -c #(nop)  ARG V=1"), None);
    }
}
