//! The accounts of an image: `/etc/passwd`, `/etc/shadow` and `/etc/group`.
//!
//! Sources: `passwd(5)`, `shadow(5)`, `group(5)`; `crypt(5)` for what a password's hash looks like;
//! `nsswitch.conf(5)`, "Compatibility mode", for lines that begin with `+` or `-`. Of the hash
//! nothing is kept but whether there is one.

use std::collections::HashMap;

use outcrop_image::{
    Analyser, Analysis, CandidateFile, Conclusion, FileFacts, FileProblem, Observation, Root, View,
};
use outcrop_model::{Account, Accounts, Password, ProblemKind};

use crate::check::Remark;

/// Reads the accounts; passwords are told by their state alone and never kept.
pub static ACCOUNTS: &dyn Analyser = &AccountFiles;

struct AccountFiles;

/// Bytes of one of the files that are read.
const MAX_BYTES: u64 = 1 << 20;
/// Accounts, passwords or groups of one file that are kept.
const MAX_RECORDS: usize = 10_000;
/// Longest name or shell; Linux `limits.h`, `LOGIN_NAME_MAX` is 256.
const MAX_VALUE_BYTES: usize = 256;
/// Lines of one file that are named because they are no records.
const MAX_NAMED: usize = 10;

pub(crate) const PASSWD: &str = "etc/passwd";
const SHADOW: &str = "etc/shadow";
const GROUP: &str = "etc/group";

impl Analyser for AccountFiles {
    fn id(&self) -> &'static str {
        "accounts"
    }

    fn version(&self) -> u32 {
        1
    }

    fn roots(&self) -> &'static [Root] {
        const { &[Root::file(PASSWD), Root::file(SHADOW), Root::file(GROUP)] }
    }

    fn wants(&self, file: &FileFacts<'_>) -> Option<u64> {
        // `usr/bin/passwd` is a program.
        let wanted = matches!(file.folder_and_name().1, "passwd" | "shadow" | "group")
            && !file.head.starts_with(b"\x7fELF");
        wanted.then_some(MAX_BYTES)
    }

    fn analyse(&self, file: &CandidateFile<'_>) -> Analysis {
        let (_, name) = FileFacts::of_path(file.path).folder_and_name();
        let mut lines = Lines::new(file);
        let observation = match name {
            "passwd" => Observation::Accounts(lines.records(account)),
            "shadow" => Observation::Passwords(lines.records(password)),
            _ => Observation::Groups(lines.records(group)),
        };
        Analysis {
            observation: lines.are_records().then_some(observation),
            problems: lines.into_problems(),
        }
    }

    fn conclude(&self, view: &View<'_>) -> Conclusion {
        // Each is asked for, that what is wrong with it is told.
        let [passwd, shadow, group] = [PASSWD, SHADOW, GROUP].map(|path| {
            let found = view.file(path)?;
            Some((found.layer, found.observation))
        });
        Conclusion {
            accounts: joined(passwd, shadow, group),
            ..Conclusion::default()
        }
    }
}

/// The layer of one of the files and what it says.
type Seen<'a> = Option<(usize, Option<&'a Observation>)>;

/// The accounts of `passwd`, each with the state of its password that `shadow` tells.
fn joined(passwd: Seen<'_>, shadow: Seen<'_>, group: Seen<'_>) -> Option<Accounts> {
    let (passwd_layer, Some(Observation::Accounts(accounts))) = passwd? else {
        return None;
    };
    let mut passwords: HashMap<&str, (Password, u32)> = HashMap::new();
    if let Some((_, Some(Observation::Passwords(records)))) = shadow {
        for (name, password, line) in records {
            // The first line of a name counts, as for `getspnam(3)`.
            passwords.entry(name).or_insert((*password, *line));
        }
    }
    let account = |account: &Account| {
        let own = (account.password, None);
        let (password, shadow_line) = match account.password {
            Password::Unknown => passwords
                .get(account.name.as_str())
                .map_or(own, |(password, line)| (*password, Some(*line))),
            _ => own,
        };
        Account {
            password,
            shadow_line,
            ..account.clone()
        }
    };
    Some(Accounts {
        accounts: accounts.iter().map(account).collect(),
        groups: match group {
            Some((_, Some(Observation::Groups(groups)))) => groups.clone(),
            _ => Vec::new(),
        },
        passwd_layer,
        shadow_layer: shadow.map(|(layer, _)| layer),
        // Told once all layers are laid over each other.
        since: Vec::new(),
    })
}

/// The lines of one file, and what is wrong with them.
struct Lines<'a> {
    bytes: &'a [u8],
    kept: usize,
    malformed: usize,
    problems: Vec<FileProblem>,
}

impl<'a> Lines<'a> {
    fn new(file: &CandidateFile<'a>) -> Self {
        let mut bytes = file.bytes;
        let mut problems = Vec::new();
        if !file.whole {
            // The last line may be cut in the middle.
            let end = bytes.iter().rposition(|byte| *byte == b'\n');
            bytes = &bytes[..end.unwrap_or_default()];
            let kind = if file.bytes.len() as u64 >= MAX_BYTES {
                ProblemKind::TooLarge
            } else {
                ProblemKind::Truncated
            };
            problems.push(FileProblem::new(
                kind,
                format!(
                    "only the beginning of the file was read, in bytes: {}",
                    file.bytes.len()
                ),
            ));
        }
        Self {
            bytes,
            kept: 0,
            malformed: 0,
            problems,
        }
    }

    /// What `read` makes of the fields of each line and its number.
    fn records<T>(&mut self, read: impl Fn(&[&[u8]], u32) -> Option<T>) -> Vec<T> {
        let mut records = Vec::new();
        for (line, number) in self.bytes.split(|byte| *byte == b'\n').zip(1..) {
            if line.trim_ascii().is_empty() || matches!(line[0], b'#' | b'+' | b'-') {
                continue;
            }
            if records.len() >= MAX_RECORDS {
                self.problems.push(FileProblem::new(
                    ProblemKind::TooLarge,
                    format!("the file has more records than are kept: {MAX_RECORDS}"),
                ));
                break;
            }
            let fields: Vec<&[u8]> = line.splitn(8, |byte| *byte == b':').collect();
            let named = fields[0].len() <= MAX_VALUE_BYTES && !fields[0].is_empty();
            match read(&fields, number).filter(|_| named) {
                Some(record) => records.push(record),
                None => self.pass_over(number),
            }
        }
        self.kept = records.len();
        records
    }

    fn pass_over(&mut self, number: u32) {
        self.malformed += 1;
        if self.malformed <= MAX_NAMED {
            self.problems.push(FileProblem::new(
                ProblemKind::Malformed,
                format!("a line that is no record was passed over: {number}"),
            ));
        }
    }

    /// False where the file bears one of the names and is something else.
    fn are_records(&self) -> bool {
        self.kept > 0 || self.malformed == 0
    }

    fn into_problems(mut self) -> Vec<FileProblem> {
        if !self.are_records() {
            self.problems
                .retain(|problem| problem.kind != ProblemKind::Malformed);
            self.problems.push(FileProblem::new(
                ProblemKind::Malformed,
                "no line of the file is a record",
            ));
        } else if self.malformed > MAX_NAMED {
            self.problems.push(FileProblem::new(
                ProblemKind::Malformed,
                format!(
                    "more lines that are no records were passed over: {}",
                    self.malformed - MAX_NAMED
                ),
            ));
        }
        self.problems
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn number(field: Option<&&[u8]>) -> Option<u64> {
    std::str::from_utf8(field?).ok()?.trim().parse().ok()
}

/// Name, password, user, group, comment, home, shell.
fn account(fields: &[&[u8]], line: u32) -> Option<Account> {
    let shell = fields.get(6).copied().unwrap_or_default();
    Some(Account {
        name: text(fields[0]),
        user: number(fields.get(2))?,
        group: number(fields.get(3))?,
        shell: text(&shell[..shell.len().min(MAX_VALUE_BYTES)]),
        password: match *fields.get(1)? {
            // It stands in `/etc/shadow`.
            b"x" => Password::Unknown,
            field => state(field),
        },
        line,
        shadow_line: None,
    })
}

/// Name, hash, and days that say when it expires.
fn password(fields: &[&[u8]], line: u32) -> Option<(String, Password, u32)> {
    Some((text(fields[0]), state(fields.get(1)?), line))
}

/// Name, password, number, members.
fn group(fields: &[&[u8]], _line: u32) -> Option<(String, u64)> {
    Some((text(fields[0]), number(fields.get(2))?))
}

/// What can be done with the field of a password. `shadow(5)`: what is no result of `crypt(3)`, as
/// `!` or `*`, lets nobody in; `crypt(5)`: hashes begin with `$` and the method, but for those of
/// `bsdicrypt` with `_` and 19 more, and those of `descrypt` with 13 of its alphabet.
fn state(field: &[u8]) -> Password {
    let alphabet = |bytes: &[u8]| {
        let member = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'/');
        bytes.iter().all(member)
    };
    match field {
        [] => Password::Empty,
        [b'$', method, .., _] if method.is_ascii_alphanumeric() => Password::Set,
        [b'_', hash @ ..] if hash.len() == 19 && alphabet(hash) => Password::Set,
        hash if hash.len() == 13 && alphabet(hash) => Password::Set,
        _ => Password::Locked,
    }
}

/// What a remark about the password of an account is about, and where it stands.
pub(crate) fn of_password(accounts: &Accounts, account: &Account) -> Remark {
    let (path, layer, line) = match (account.shadow_line, accounts.shadow_layer) {
        (Some(line), Some(layer)) => (SHADOW, layer, line),
        _ => (PASSWD, accounts.passwd_layer, account.line),
    };
    Remark {
        subject: account.name.clone(),
        layer: Some(accounts.since(account).unwrap_or(layer)),
        path: Some(path.to_owned()),
        line: Some(line),
        ..Remark::default()
    }
}

#[cfg(test)]
pub(crate) mod fixture {
    //! Accounts and remarks, short.

    use outcrop_model::{Account, Password};

    use crate::check::Remark;

    pub(crate) fn account(name: &str, user: u64, password: Password, line: u32) -> Account {
        Account {
            name: name.to_owned(),
            user,
            group: user,
            shell: "/bin/sh".to_owned(),
            password,
            line,
            shadow_line: None,
        }
    }

    /// Each remark as `subject: message @layer path:line`.
    pub(crate) fn told(remarks: Vec<Remark>) -> Vec<String> {
        let line = |remark: &Remark| remark.line.map_or(String::new(), |line| format!(":{line}"));
        let remark = |remark: Remark| {
            format!(
                "{}: {} @{} {}{}",
                remark.subject,
                remark.message,
                remark.layer.unwrap(),
                remark.path.as_deref().unwrap(),
                line(&remark)
            )
        };
        remarks.into_iter().map(remark).collect()
    }
}

#[cfg(test)]
mod tests;
