//! Where the value of a secret must never be: what is printed, logged and kept.

use std::fs;
use std::path::Path;

use aho_corasick::AhoCorasick;
use anyhow::{Context, Result, bail, ensure};
use outcrop_tests::engine::Kind;
use outcrop_tests::programs::{PYTHON, Ran, User, tool};
use outcrop_tests::published::Scan;
use outcrop_tests::suite::Outcome;

use crate::{planted, recall};

const FORMATS: [&str; 7] = [
    "json",
    "table",
    "sarif",
    "cyclonedx",
    "spdx",
    "markdown",
    "html",
];

/// Writes each value of each table as its length, a line end and the value.
const DUMP: &str = "\
import sqlite3, sys
database = sqlite3.connect(sys.argv[1])
out = open(sys.argv[2], 'wb')
for (table,) in database.execute(\"select name from sqlite_master where type = 'table'\").fetchall():
    for row in database.execute(f'select * from \"{table}\"'):
        for value in row:
            value = value if isinstance(value, bytes) else str(value).encode()
            out.write(f'{len(value)}\\n'.encode() + value)
";

/// The start of a frame of Zstandard (RFC 8878, section 3.1.1).
const ZSTANDARD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// The planted image of an engine.
pub(crate) fn of_planted() -> Outcome {
    let made = planted::made(Kind::Docker)?;
    let user = User::of(&[&made.engine])?;
    let secrets: Vec<&str> = made.words.values().collect();
    nowhere(&user, planted::PLANTED, &secrets)
}

/// An archive with a secret of every kind.
pub(crate) fn of_every_kind() -> Outcome {
    let user = User::new()?;
    let (image, values) = recall::image(&user)?;
    let secrets: Vec<&str> = values.iter().map(String::as_str).collect();
    nowhere(&user, &image, &secrets)
}

/// Runs whatever speaks of an image, and searches all that it leaves.
fn nowhere(user: &User, image: &str, secrets: &[&str]) -> Outcome {
    let log = user.home().join("log");
    let log_file = log.display().to_string();
    let mut texts: Vec<(String, Vec<u8>)> = Vec::new();
    let mut run = |arguments: &[&str]| -> Result<Ran> {
        let mut line = vec!["-vv", "--log-file", &log_file, "--offline"];
        line.extend(arguments);
        let ran = user.run(&line)?.says(&[])?;
        ensure!(
            matches!(ran.code, Some(0 | 1)),
            "{arguments:?}: exit {:?}: {}",
            ran.code,
            ran.stderr
        );
        let what = arguments.join(" ");
        texts.push((format!("stdout of {what}"), ran.stdout.clone().into_bytes()));
        texts.push((format!("stderr of {what}"), ran.stderr.clone().into_bytes()));
        Ok(ran)
    };
    let mut vulnerability = None;
    for format in FORMATS {
        let ran = run(&["scan", "--format", format, image])?;
        if format == "json" {
            let scan: Scan = ran.json()?;
            let found = scan
                .risks
                .iter()
                .filter(|risk| risk.secret.is_some())
                .count();
            ensure!(found > 0, "no secret was found");
            let finding = scan.findings.into_iter().next();
            vulnerability = finding.map(|finding| finding.vulnerability);
        }
    }
    run(&["scan", "--risks", "fail", "--fail-on", "low", image])?;
    run(&["lineage", "--format", "json"])?;
    run(&["images", "--json"])?;
    if let Some(vulnerability) = vulnerability {
        run(&["explain", &vulnerability, image])?;
    }
    texts.push(("the log".to_owned(), fs::read(&log)?));
    let kept = kept(user)?;
    let found = AhoCorasick::new(["secret-in-file"])?;
    ensure!(
        kept.iter().any(|(_, bytes)| found.is_match(bytes)),
        "what is kept holds no secret that was found: it is not read right"
    );
    texts.extend(kept);
    let forms: Vec<(usize, Vec<u8>)> = secrets
        .iter()
        .enumerate()
        .flat_map(|(index, secret)| forms(secret).into_iter().map(move |form| (index, form)))
        .collect();
    let search = AhoCorasick::new(forms.iter().map(|(_, form)| form))?;
    for (what, text) in &texts {
        if let Some(found) = search.find(text) {
            let (index, form) = &forms[found.pattern()];
            bail!(
                "secret {index} is in {what}: `{}`",
                String::from_utf8_lossy(form)
            );
        }
    }
    let bytes: usize = texts.iter().map(|(_, text)| text.len()).sum();
    println!("{image}: {} secrets, none in {bytes} bytes", secrets.len());
    Ok(())
}

/// Everything in the user's store: files as they are, the rows of the database, and what is packed
/// in them.
fn kept(user: &User) -> Result<Vec<(String, Vec<u8>)>> {
    let mut kept = Vec::new();
    for entry in fs::read_dir(user.store())? {
        let path = entry?.path();
        if path.is_file() {
            kept.push((format!("`{}`", path.display()), fs::read(&path)?));
        }
    }
    let database = user.store().join("outcrop.db");
    for value in values(&database, &user.home().join("dump"))? {
        let start = value
            .windows(4)
            .take(64)
            .position(|bytes| bytes == ZSTANDARD);
        if let Some(start) = start {
            let unpacked = zstd::decode_all(&value[start..]).context("what is packed")?;
            kept.push(("a packed value of the store".to_owned(), unpacked));
        }
        kept.push(("a value of the store".to_owned(), value));
    }
    Ok(kept)
}

fn values(database: &Path, dump: &Path) -> Result<Vec<Vec<u8>>> {
    tool(
        PYTHON,
        [
            "-c".as_ref(),
            DUMP.as_ref(),
            database.as_os_str(),
            dump.as_os_str(),
        ],
    )?;
    let bytes = fs::read(dump)?;
    let mut rest = bytes.as_slice();
    let mut values = Vec::new();
    while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
        let length: usize = std::str::from_utf8(&rest[..end])?.parse()?;
        rest = &rest[end + 1..];
        values.push(rest.get(..length).context("the dump is cut")?.to_vec());
        rest = &rest[length..];
    }
    Ok(values)
}

/// A value as it is and as texts may hold it: in base 64 wherever it begins, escaped for addresses,
/// and in hexadecimal.
fn forms(secret: &str) -> Vec<Vec<u8>> {
    use std::fmt::Write as _;
    let mut forms = vec![secret.as_bytes().to_vec()];
    for before in 0..3 {
        // The first and the last digits depend on the neighbours.
        let shifted = [&b"\0\0\0"[..before], secret.as_bytes()].concat();
        let digits = base_64(&shifted);
        let start = (before * 8).div_ceil(6);
        let end = shifted.len() * 8 / 6;
        forms.push(digits[start..end].to_vec());
    }
    let mut escaped = String::new();
    let mut hexadecimal = String::new();
    for byte in secret.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            write!(escaped, "%{byte:02X}").expect("a string takes everything");
        }
        write!(hexadecimal, "{byte:02x}").expect("a string takes everything");
    }
    forms.extend([escaped.into_bytes(), hexadecimal.into_bytes()]);
    forms
}

fn base_64(bytes: &[u8]) -> Vec<u8> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bits = bytes.len() * 8;
    let bit = |at: usize| at < bits && bytes[at / 8] & (0x80 >> (at % 8)) != 0;
    (0..bits.div_ceil(6))
        .map(|digit| {
            let value = (0..6).fold(0, |value, at| value * 2 + usize::from(bit(digit * 6 + at)));
            ALPHABET[value]
        })
        .collect()
}
