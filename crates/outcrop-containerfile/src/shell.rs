//! The commands of a shell script, as a `RUN` holds one.
//!
//! Commands are found as a shell would find them: quotes, escapes, comments and here-documents are
//! respected (POSIX.1-2024, Shell Command Language, 2.2, 2.7.4 and 2.9.2). What a script, a variable
//! or a substitution would add is not followed; the commands of an unquoted substitution are listed
//! as commands of their own.

/// A simple command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Command {
    /// Its words without quotes, redirections among them; never empty.
    pub words: Vec<String>,
    /// Whether it reads what the command before it in the list writes.
    pub piped: bool,
}

/// Words that may stand before the command that is meant.
const WRAPPERS: [&str; 10] = [
    "command",
    "eatmydata",
    "env",
    "exec",
    "ionice",
    "nice",
    "sudo",
    "time",
    "timeout",
    "xargs",
];
/// Shell words after which a command begins.
const SHELL_WORDS: [&str; 10] = [
    "!", "do", "elif", "else", "if", "then", "until", "while", "{", "}",
];

/// The program that a command starts, as its name without a folder, and its arguments; what only
/// wraps it (`sudo`, `env A=b`, `then`) is left out.
pub fn program(words: &[String]) -> Option<(&str, &[String])> {
    let mut rest = words;
    let mut wrapper = "";
    while let [word, after @ ..] = rest {
        let prefix = WRAPPERS.contains(&base_name(word)) || SHELL_WORDS.contains(&word.as_str());
        let option_of_wrapper =
            word.starts_with('-') || word.bytes().all(|byte| byte.is_ascii_digit());
        if !(prefix || option_of_wrapper || is_assignment(word)) {
            break;
        }
        if prefix {
            wrapper = base_name(word);
        }
        rest = match after {
            [_, after @ ..] if wrapper == "sudo" && matches!(word.as_str(), "-u" | "-g") => after,
            _ => after,
        };
    }
    let [name, arguments @ ..] = rest else {
        return None;
    };
    Some((base_name(name), arguments))
}

/// The name at the end of a path.
pub fn base_name(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or(word)
}

/// Whether a word sets a variable, as `A=b`.
pub fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    })
}

/// The simple commands of a script, in order.
pub fn commands(script: &str) -> Vec<Command> {
    let mut reader = Reader::default();
    let mut rest = script;
    while let Some(character) = rest.chars().next() {
        let after = &rest[character.len_utf8()..];
        rest = reader.read(character, after);
    }
    reader.end_command();
    reader.commands
}

#[derive(Default)]
struct Reader {
    commands: Vec<Command>,
    command: Command,
    word: Option<String>,
    quote: Option<char>,
    /// Delimiters of the here-documents that begin at the next line.
    heredocs: Vec<String>,
}

impl Reader {
    /// Takes a character, and gives what is left to read after it.
    fn read<'a>(&mut self, character: char, after: &'a str) -> &'a str {
        match (self.quote, character) {
            (Some(open), _) if character == open => self.quote = None,
            (None | Some('"'), '\\') => {
                let Some(escaped) = after.chars().next() else {
                    return after;
                };
                if escaped != '\n' {
                    self.word().push(escaped);
                }
                return &after[escaped.len_utf8()..];
            }
            (None, '\'' | '"') => {
                self.quote = Some(character);
                self.word();
            }
            (None, '#') if self.word.is_none() => {
                return &after[after.find('\n').unwrap_or(after.len())..];
            }
            (None, '&') if self.redirects() || after.starts_with('>') => self.word().push('&'),
            (None, ';' | '&' | '|' | '(' | ')' | '\n' | '`') => {
                self.end_command();
                match character {
                    '|' if after.starts_with('|') => {
                        self.command.piped = false;
                        return &after[1..];
                    }
                    '|' => {
                        self.command.piped = true;
                        return after.strip_prefix('&').unwrap_or(after);
                    }
                    ';' | '&' => self.command.piped = false,
                    '\n' => return self.after_heredocs(after),
                    _ => {}
                }
            }
            (None, '<') if after.starts_with("<<") => {
                self.word().push_str("<<<");
                return &after[2..];
            }
            (None, '<') if after.starts_with('<') => {
                self.word().push_str("<<");
                let after = &after[1..];
                let tabs = after.strip_prefix('-').unwrap_or(after);
                let text = tabs.trim_start_matches([' ', '\t']);
                let end = text
                    .find(|letter: char| letter.is_whitespace() || ";&|()<>".contains(letter))
                    .unwrap_or(text.len());
                let delimiter = text[..end].replace(['\'', '"', '\\'], "");
                if !delimiter.is_empty() {
                    self.heredocs.push(delimiter);
                }
                return &text[end..];
            }
            (None, _) if character.is_whitespace() => self.end_word(),
            _ => self.word().push(character),
        }
        after
    }

    fn word(&mut self) -> &mut String {
        self.word.get_or_insert_default()
    }

    /// Whether the word so far waits for a file descriptor, as `2>`.
    fn redirects(&self) -> bool {
        self.word
            .as_ref()
            .is_some_and(|word| word.ends_with(['>', '<']))
    }

    fn end_word(&mut self) {
        self.command.words.extend(self.word.take());
    }

    fn end_command(&mut self) {
        self.end_word();
        if !self.command.words.is_empty() {
            self.commands.push(std::mem::take(&mut self.command));
        }
    }

    /// What is left after the bodies of the here-documents. One that does not end has no body.
    fn after_heredocs<'a>(&mut self, text: &'a str) -> &'a str {
        let mut rest = text;
        for delimiter in std::mem::take(&mut self.heredocs) {
            let mut at = 0;
            for line in rest.split_inclusive('\n') {
                at += line.len();
                if line.trim_end_matches(['\n', '\r']).trim_start_matches('\t') == delimiter {
                    rest = &rest[at..];
                    break;
                }
            }
        }
        rest
    }
}

#[cfg(test)]
mod tests {
    use super::{commands, program};

    fn shown(script: &str) -> String {
        let mut shown = String::new();
        for command in commands(script) {
            shown += match (shown.is_empty(), command.piped) {
                (true, _) => "",
                (false, true) => " | ",
                (false, false) => " ; ",
            };
            shown += &command.words.join("·");
        }
        shown
    }

    #[test]
    fn commands_of_a_script() {
        for (script, expected) in [
            ("a b && c; d || e & f", "a·b ; c ; d ; e ; f"),
            ("a | b |\n c", "a | b | c"),
            ("a |& b", "a | b"),
            ("(a; b) | c", "a ; b | c"),
            ("a | (b; c)", "a | b ; c"),
            ("a 2>&1 | b &> x", "a·2>&1 | b·&>·x"),
            ("echo 'a | b' \"c; d\" e\\ f\\;", "echo·a | b·c; d·e f;"),
            ("a # b | c\nd", "a ; d"),
            ("a#b", "a#b"),
            ("a \\\n b", "a·b"),
            ("x=$(a b) c", "x=$ ; a·b ; c"),
            ("a <(b c)", "a·< ; b·c"),
            ("cat <<EOF > f\nx | y\nEOF\nz", "cat·<<·>·f ; z"),
            ("cat <<-'E'\n\tx\n\tE\nz", "cat·<< ; z"),
            ("cat <<EOF\nx", "cat·<< ; x"),
            ("cat <<<word | b", "cat·<<<word | b"),
            ("'", ""),
            ("a \\", "a"),
            ("", ""),
        ] {
            assert_eq!(shown(script), expected, "{script}");
        }
    }

    #[test]
    fn programs_without_what_wraps_them() {
        for (script, expected) in [
            ("/usr/bin/apt-get install x", Some("apt-get")),
            ("sudo -E -u me bash -", Some("bash")),
            ("then A=b env C=d timeout 30 curl", Some("curl")),
            ("! grep x", Some("grep")),
            ("A=b", None),
        ] {
            let commands = commands(script);
            let name = program(&commands[0].words).map(|(name, _)| name);
            assert_eq!(name, expected, "{script}");
        }
    }
}
