//! What stands where a secret would, and is none.

use super::checks::contains;

/// Words of samples and templates, in small letters. Long enough that random characters rarely
/// spell one.
const WORDS: &[&str] = &[
    "example",
    "xxxx",
    "changeme",
    "change_me",
    "change-me",
    "changeit",
    "placeholder",
    "your_",
    "your-",
    "yourpass",
    "yourtoken",
    "yoursecret",
    "dummy",
    "insert_",
    "insert-",
    "replace_",
    "replace-",
    "redacted",
    "notreal",
    "not-real",
    "not_real",
    "fake_",
    "fake-",
    "todo",
    "****",
    "....",
    "____",
    "----",
    "\u{2022}\u{2022}",
];

/// Values that are no secret under any name.
const NO_VALUES: &[&str] = &[
    "true",
    "false",
    "yes",
    "no",
    "none",
    "null",
    "nil",
    "on",
    "off",
    "auto",
    "default",
    "required",
    "optional",
    "enabled",
    "disabled",
    "undefined",
    "empty",
    "unset",
    "prompt",
    "ask",
    "string",
    "password",
    "passwd",
    "pass",
    "pwd",
    "secret",
    "token",
    "apikey",
    "api_key",
    "user",
    "username",
    "mypassword",
    "mysecret",
    "mytoken",
    "my-secret",
    "my-password",
    "my_password",
    "my_secret",
    "pass1234",
    "test",
    "foo",
    "bar",
    "foobar",
    "baz",
    "hidden",
    "masked",
    "value",
    "key",
];

/// True where a value that has the form of a token is a sample of it.
pub(crate) fn token(value: &[u8]) -> bool {
    let small = value.to_ascii_lowercase();
    WORDS
        .iter()
        // The ends of alphabets: random text in them may have dashes in a row.
        .filter(|word| !matches!(**word, "____" | "----" | "...."))
        .any(|word| contains(&small, word.as_bytes()))
        || monotonous(value)
}

/// True where a value that was found by its name alone is no secret.
pub(crate) fn password(value: &[u8]) -> bool {
    let small = value.to_ascii_lowercase();
    let small = small.trim_ascii();
    small.is_empty()
        || NO_VALUES.iter().any(|word| word.as_bytes() == small)
        || WORDS.iter().any(|word| contains(small, word.as_bytes()))
        || reference(small)
        || small.iter().all(|byte| *byte == small[0])
        || (value.len() >= 12 && monotonous(value))
}

/// True where a value stands for another one: a variable, a template, a path, a file.
pub(crate) fn reference(value: &[u8]) -> bool {
    let first = value.first().copied().unwrap_or_default();
    let last = value.last().copied().unwrap_or_default();
    value.contains(&b'$') && (contains(value, b"${") || contains(value, b"$(") || first == b'$')
        || contains(value, b"{{")
        || contains(value, b"<%")
        || contains(value, b"%(")
        || contains(value, b"run/secrets")
        || (first == b'<' && last == b'>')
        || (first == b'{' && last == b'}')
        || (first == b'[' && last == b']')
        || (first == b'%' && last == b'%')
        || (first == b'@' && last == b'@')
        || value.starts_with(b"./")
        || value.starts_with(b"../")
        || value.starts_with(b"~/")
        || value.starts_with(b"file:")
        || value.starts_with(b"env:")
        || value.starts_with(b"env.")
        || value.starts_with(b"vault:")
        || value.starts_with(b"process.env")
        || value.starts_with(b"os.environ")
        || value.starts_with(b"$ansible_vault")
        || value.starts_with(b"enc[")
        || path(value)
}

/// `/etc/x`, `/x.pem`; base64 may begin with a slash, but has no dots and few slashes more.
fn path(value: &[u8]) -> bool {
    value.first() == Some(&b'/')
        && (value.contains(&b'.') || value[1..].contains(&b'/') || value.len() < 16)
}

/// Few different characters, one many times in a row, or a run of neighbours.
fn monotonous(value: &[u8]) -> bool {
    /// Neighbours in a row that chance does not make.
    const RUN: usize = 8;
    let mut steps = [(0_i16, 1_usize); 3];
    for step in [-1, 0, 1] {
        steps[(step + 1) as usize].0 = step;
    }
    for pair in value.windows(2) {
        let delta = i16::from(pair[1]) - i16::from(pair[0]);
        for (step, run) in &mut steps {
            *run = if delta == *step { *run + 1 } else { 1 };
            if *run >= RUN {
                return true;
            }
        }
    }
    let mut seen = [false; 256];
    for byte in value {
        seen[usize::from(*byte)] = true;
    }
    let different = seen.iter().filter(|seen| **seen).count();
    value.len() >= 20 && different < 8
}
