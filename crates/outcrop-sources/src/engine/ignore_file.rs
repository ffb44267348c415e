//! `.dockerignore`: which files of a folder do not go into a build.
//!
//! Rules: Docker documentation, "Build context", ".dockerignore files", and
//! `moby/patternmatcher` (the regular expression that each pattern becomes). The last pattern that
//! matches a path or one of its folders decides; `!` brings a path back.

/// A larger ignore file is cut: nobody writes so many patterns.
const MAX_PATTERNS: usize = 10_000;

/// The patterns of one ignore file.
#[derive(Debug, Default)]
pub(super) struct IgnoreFile {
    patterns: Vec<Pattern>,
}

#[derive(Debug)]
struct Pattern {
    brings_back: bool,
    tokens: Vec<Token>,
}

#[derive(Debug)]
enum Token {
    Char(char),
    /// `?`: one character of a name.
    AnyChar,
    /// `*`: any characters of a name.
    AnyName,
    /// `**`: any characters.
    Anything,
    /// Begins `**/`: any folders, also none. Takes no character; what follows is
    /// [`Token::InFolders`].
    Folders,
    /// Ends `**/`: any characters up to a slash.
    InFolders,
    /// `[a-z]`, `[^a-z]`.
    Class {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
}

impl IgnoreFile {
    pub(super) fn parse(text: &str) -> Self {
        let patterns = text
            .trim_start_matches('\u{feff}')
            .lines()
            .filter(|line| !line.starts_with('#'))
            .filter_map(|line| {
                let line = line.trim();
                let (brings_back, line) = match line.strip_prefix('!') {
                    Some(rest) => (true, rest.trim()),
                    None => (false, line),
                };
                let path = super::archive_path::normal(line);
                let path = path.trim_start_matches('/');
                (!path.is_empty()).then(|| Pattern {
                    brings_back,
                    tokens: tokens(path),
                })
            })
            .take(MAX_PATTERNS)
            .collect();
        Self { patterns }
    }

    /// True where `path` (relative, with `/`) stays out.
    pub(super) fn excludes(&self, path: &str) -> bool {
        let folders = path.match_indices('/').map(|(at, _)| &path[..at]);
        let candidates: Vec<Vec<char>> = folders
            .chain(std::iter::once(path))
            .map(|candidate| candidate.chars().collect())
            .collect();
        let mut excluded = false;
        for pattern in &self.patterns {
            if pattern.brings_back == excluded
                && candidates.iter().any(|path| matches(&pattern.tokens, path))
            {
                excluded = !pattern.brings_back;
            }
        }
        excluded
    }

    /// True where something below an excluded folder may be brought back.
    pub(super) fn brings_back(&self) -> bool {
        self.patterns.iter().any(|pattern| pattern.brings_back)
    }
}

fn tokens(pattern: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = pattern.chars().peekable();
    while let Some(c) = rest.next() {
        let token = match c {
            '*' if rest.next_if_eq(&'*').is_some() => {
                while rest.next_if_eq(&'*').is_some() {}
                if rest.next_if_eq(&'/').is_some() {
                    tokens.push(Token::Folders);
                    Token::InFolders
                } else {
                    Token::Anything
                }
            }
            '*' => Token::AnyName,
            '?' => Token::AnyChar,
            '\\' => Token::Char(rest.next().unwrap_or('\\')),
            '[' => match class(&mut rest.clone()) {
                Some((token, length)) => {
                    for _ in 0..length {
                        rest.next();
                    }
                    token
                }
                None => Token::Char('['),
            },
            c => Token::Char(c),
        };
        tokens.push(token);
    }
    tokens
}

/// The class after `[`, and how many characters it takes.
fn class(rest: &mut impl Iterator<Item = char>) -> Option<(Token, usize)> {
    let mut text = Vec::new();
    let mut escaped = false;
    loop {
        let c = rest.next()?;
        text.push(c);
        match c {
            ']' if !escaped && text.len() > 1 => break,
            c => escaped = c == '\\' && !escaped,
        }
    }
    let length = text.len();
    text.pop();
    let negated = text.first() == Some(&'^');
    let members: Vec<char> = text[usize::from(negated)..]
        .iter()
        .copied()
        .filter(|c| *c != '\\')
        .collect();
    let mut ranges = Vec::new();
    let mut place = 0;
    while place < members.len() {
        if let [low, '-', high, ..] = members[place..] {
            ranges.push((low, high));
            place += 3;
        } else {
            ranges.push((members[place], members[place]));
            place += 1;
        }
    }
    Some((Token::Class { negated, ranges }, length))
}

/// Runs all ways through the pattern at once: the time is pattern length times path length.
fn matches(tokens: &[Token], path: &[char]) -> bool {
    let mut places = vec![false; tokens.len() + 1];
    places[0] = true;
    pass_empty(tokens, &mut places);
    for &c in path {
        let mut next = vec![false; tokens.len() + 1];
        for (place, token) in tokens.iter().enumerate() {
            if !places[place] {
                continue;
            }
            match token {
                Token::Char(own) => next[place + 1] |= *own == c,
                Token::AnyChar => next[place + 1] |= c != '/',
                Token::Class { negated, ranges } => {
                    let inside = ranges.iter().any(|(low, high)| (*low..=*high).contains(&c));
                    next[place + 1] |= inside != *negated;
                }
                Token::AnyName => next[place] |= c != '/',
                Token::Anything => next[place] = true,
                Token::Folders => {}
                Token::InFolders => {
                    next[place] = true;
                    next[place + 1] |= c == '/';
                }
            }
        }
        places = next;
        pass_empty(tokens, &mut places);
    }
    places[tokens.len()]
}

/// Goes past the tokens that may match nothing.
fn pass_empty(tokens: &[Token], places: &mut [bool]) {
    for (place, token) in tokens.iter().enumerate() {
        match token {
            Token::AnyName | Token::Anything if places[place] => places[place + 1] = true,
            Token::Folders if places[place] => {
                places[place + 1] = true;
                places[place + 2] = true;
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::IgnoreFile;

    #[test]
    fn the_last_matching_pattern_decides() {
        let check = |patterns: &str, excluded: &[&str], kept: &[&str]| {
            let file = IgnoreFile::parse(patterns);
            for path in excluded {
                assert!(file.excludes(path), "{patterns:?} should exclude {path}");
            }
            for path in kept {
                assert!(!file.excludes(path), "{patterns:?} should keep {path}");
            }
        };
        check("", &[], &["a"]);
        check("# a\n\n  \n/\n.", &[], &["a", "# a"]);
        check(
            "node_modules",
            &["node_modules", "node_modules/x/y"],
            &["a/node_modules"],
        );
        check("/a/\n./b", &["a", "a/x", "b"], &["c/a"]);
        check("*.md", &["README.md"], &["docs/README.md", "READMEmd"]);
        check(
            "*/temp*",
            &["x/temp", "x/temporary/y"],
            &["temp", "x/y/temp"],
        );
        check("temp?", &["tempa"], &["temp", "temp/"]);
        check("**/*.o", &["a.o", "x/y/a.o"], &["a.oo"]);
        check(
            "**/target",
            &["target", "x/target/y", "x/y/target"],
            &["xtarget"],
        );
        check("docs/**", &["docs/a", "docs/a/b"], &["docs"]);
        check("a/**/b", &["a/b", "a/x/b", "a/x/y/b"], &["a/xb", "ab"]);
        check("**", &["a", "a/b"], &[]);
        check("*\n!a", &["b", "c/d"], &["a", "a/b"]);
        check("*.md\n!README.md\nREADME.md", &["x.md", "README.md"], &[]);
        check("[a-c]x", &["ax", "cx"], &["dx"]);
        check("[^a-c]x", &["dx"], &["ax"]);
        check(r"\*", &["*"], &["a"]);
        check("[", &["["], &["a"]);
        check("a b", &["a b"], &["a"]);
    }

    #[test]
    fn a_hostile_pattern_takes_no_longer_than_its_length_times_the_path() {
        let pattern = "*a**/".repeat(50);
        let path = "a/".repeat(50) + "b";
        IgnoreFile::parse(&pattern).excludes(&path);
    }
}
