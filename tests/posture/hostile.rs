//! Images that mean harm to whoever looks for risks in them: bounded, named, the rest goes on.

use std::io::{BufWriter, Write};

use anyhow::{Context, Result, ensure};
use outcrop_tests::archive::{Image, Layer, Written, dpkg_paragraph, entry};
use outcrop_tests::peak;
use outcrop_tests::programs::User;
use outcrop_tests::published::Scan;
use outcrop_tests::random::Random;
use outcrop_tests::suite::Outcome;
use tar::EntryType;

use crate::tokens::FORMS;

const MEBIBYTE: u64 = 1 << 20;

/// Most that a scan may take up, in bytes: as with packages that mean harm.
const MOST_MEMORY: u64 = 256 << 20;

/// What lies beside whatever means harm, and must be found: a line with a token.
const BESIDE: &str = "srv/zz/beside.env";

/// A line with a secret, which no rule can miss.
pub(crate) fn line_with_token() -> String {
    let form = &FORMS[0];
    format!("API_TOKEN={}\n", form.token(&mut Random::new(7)))
}

/// A piece of an image that stands for more than fits into memory.
struct Large {
    path: &'static str,
    size: u64,
    pieces: Box<dyn Iterator<Item = Vec<u8>> + Send>,
}

/// So many times the same piece.
fn repeated(path: &'static str, piece: &[u8], times: u64) -> Large {
    let size = piece.len() as u64 * times;
    let piece = piece.to_vec();
    let pieces = Box::new((0..times).map(move |_| piece.clone()));
    Large { path, size, pieces }
}

/// Scans an image of a Debian layer and one with this file and [`BESIDE`]. All of it passes
/// through standard input: nothing of it is ever whole anywhere.
fn scan_large(large: Large) -> Result<Scan> {
    let beside = line_with_token();
    scanned(move |stdin| {
        let mut image = Written::new(BufWriter::with_capacity(MEBIBYTE as usize, stdin));
        image.small_layer(Layer::debian(dpkg_paragraph("base-files", "12.4"))?)?;
        let blocks = |size: u64| 512 + size.next_multiple_of(512);
        let total = blocks(large.size) + blocks(beside.len() as u64);
        let small = [beside.clone().into_bytes()].into_iter();
        let pieces = entry(large.path, large.size, large.pieces)?.chain(entry(
            BESIDE,
            beside.len() as u64,
            small,
        )?);
        image.layer(total, pieces)?;
        image.finish("test/hostile:1")?.flush()?;
        Ok(())
    })
}

/// Scans an image of a Debian layer and this one, to which [`BESIDE`] is added.
fn scan_above(layer: Layer) -> Result<Scan> {
    let image = Image::default()
        .layer(Layer::debian(dpkg_paragraph("base-files", "12.4"))?)?
        .layer(layer.file(BESIDE, line_with_token())?)?;
    let bytes = image.docker_archive("test/hostile:1")?;
    scanned(move |mut stdin| Ok(stdin.write_all(&bytes)?))
}

/// Scans what is fed: it ends well, within the memory, and package and token are found.
fn scanned(
    feed: impl FnOnce(std::process::ChildStdin) -> Result<()> + Send + 'static,
) -> Result<Scan> {
    let user = User::new()?;
    let arguments = ["scan", "--format", "json", "-"];
    let (ran, peak) = peak::run(&user, &arguments, feed)?;
    let scan: Scan = ran.exits(0)?.says(&[])?.json()?;
    ensure!(
        peak < MOST_MEMORY,
        "it took {} MiB of memory",
        peak / MEBIBYTE
    );
    ensure!(scan.risks_looked_for, "risks were not looked for");
    ensure!(scan.package("base-files").is_some(), "the package is lost");
    ensure!(
        secrets(&scan).contains(&(BESIDE, 1)),
        "the neighbour is lost: {:?}",
        secrets(&scan)
    );
    ensure!(user.leftovers()?.is_empty(), "{:?}", user.leftovers()?);
    Ok(scan)
}

/// Path and line of every secret.
fn secrets(scan: &Scan) -> Vec<(&str, u32)> {
    let secrets = scan.risks.iter().filter(|risk| risk.group == "secrets");
    secrets
        .map(|risk| {
            (
                risk.path.as_deref().unwrap_or_default(),
                risk.line.unwrap_or(0),
            )
        })
        .collect()
}

/// Checks that a note or a problem names the path and says `words`.
fn names(scan: &Scan, path: &str, words: &str) -> Outcome {
    let notes = scan
        .risk_notes
        .iter()
        .map(|note| (&note.path, &note.message));
    let problems = scan.problems.iter();
    let mut said = notes.chain(problems.map(|problem| (&problem.path, &problem.message)));
    ensure!(
        said.any(|(of, message)| of == path && message.contains(words)),
        "nothing is said of `{path}` that has `{words}`: {:?} {:?}",
        scan.risk_notes,
        scan.problems
    );
    Ok(())
}

/// How many risks of a check there are.
fn count(scan: &Scan, check: &str) -> usize {
    let risks = scan.risks.iter();
    risks.filter(|risk| risk.check == check).count()
}

/// 2 GB without an end of line, a token among them.
pub(crate) fn one_line() -> Outcome {
    const PATH: &str = "srv/large/line.txt";
    let scan = scan_large(repeated(
        PATH,
        &b"let them all come to me; ".repeat(40_000),
        2_148,
    ))?;
    names(&scan, PATH, "")
}

/// Each case is 10,000,000 times what a rule begins with.
pub(crate) fn ten_million_matches() -> Outcome {
    for keyword in [
        "ghp_ ",
        "ghp_",
        "AKIA",
        "AKIA ",
        "password=\n",
        "-----BEGIN RSA PRIVATE KEY-----\n",
        "eyJ.",
    ] {
        let piece = keyword.repeat(100_000).into_bytes();
        let check = || -> Outcome {
            let scan = scan_large(repeated("srv/large/matches.txt", &piece, 100))?;
            let found = secrets(&scan).len();
            ensure!(found < 10, "{found} secrets");
            Ok(())
        };
        check().with_context(|| keyword.to_owned())?;
    }
    Ok(())
}

/// A token on its line, whatever bytes surround it.
pub(crate) fn encodings() -> Outcome {
    let text = format!("[service]\nname = orders\n{}", line_with_token());
    let utf_16 = |start: &[u8], order: fn(u16) -> [u8; 2]| {
        let units = text.encode_utf16().flat_map(order);
        start.iter().copied().chain(units).collect::<Vec<u8>>()
    };
    let invalid = [
        b"\xff\xfe\xfd\xc3\x28\n\x80\xbf\n",
        text.as_bytes(),
        b"\xf0\x28\n",
    ]
    .concat();
    let cases = [
        ("srv/utf-8.ini", text.clone().into_bytes(), 3),
        (
            "srv/marked.ini",
            [b"\xef\xbb\xbf", text.as_bytes()].concat(),
            3,
        ),
        (
            "srv/windows.ini",
            text.replace('\n', "\r\n").into_bytes(),
            3,
        ),
        ("srv/little.ini", utf_16(b"\xff\xfe", u16::to_le_bytes), 3),
        ("srv/big.ini", utf_16(b"\xfe\xff", u16::to_be_bytes), 3),
        (
            "srv/invalid.ini",
            [b"# caf\xe9 \xc3\x28\n\x80\n", text.as_bytes()].concat(),
            5,
        ),
        ("srv/unended.ini", text.trim_end().as_bytes().to_vec(), 3),
    ];
    let mut layer = Layer::default().file("srv/none.ini", invalid)?;
    for (path, bytes, _) in &cases {
        layer = layer.file(path, bytes)?;
    }
    let scan = scan_above(layer)?;
    let found = secrets(&scan);
    for (path, _, line) in &cases {
        let at: Vec<_> = found.iter().filter(|(of, _)| of == path).collect();
        ensure!(at == [&(*path, *line)], "`{path}`: {at:?} in {found:?}");
    }
    Ok(())
}

/// 100 MB of accounts.
pub(crate) fn accounts() -> Outcome {
    const PATH: &str = "etc/passwd";
    let line = "service:x:1000:1000:A service among very many,,,:/srv/service:/usr/sbin/nologin\n";
    let piece = line.repeat(13_000).into_bytes();
    let scan = scan_large(repeated(PATH, &piece, 100))?;
    names(&scan, PATH, "")
}

/// `security.capability` of sizes that Linux does not write, beside one that it does.
pub(crate) fn capabilities() -> Outcome {
    // Version 2, effective, `cap_net_raw` permitted (linux/capability.h).
    let right = [
        &0x0200_0001_u32.to_le_bytes()[..],
        &0x2000_u32.to_le_bytes(),
        &[0; 12],
    ]
    .concat();
    let mut layer = Layer::default();
    for size in [
        0,
        1,
        3,
        4,
        11,
        12,
        13,
        19,
        21,
        23,
        24,
        25,
        63,
        64,
        65,
        4096,
        1 << 20,
    ] {
        let path = format!("usr/bin/odd-{size}");
        layer = layer.attribute(&path, "security.capability", &vec![2; size])?;
    }
    let scan = scan_above(layer.attribute("usr/bin/right", "security.capability", &right)?)?;
    let found = scan.risks.iter().any(|risk| {
        risk.check == "file-capabilities" && risk.path.as_deref() == Some("usr/bin/right")
    });
    ensure!(found, "{:#?}", scan.risks);
    Ok(())
}

/// More setuid programs than anyone has.
pub(crate) fn setuid_programs() -> Outcome {
    const PROGRAMS: u32 = 100_000;
    let mut layer = Layer::default();
    for number in 0..PROGRAMS {
        let path = format!("srv/bin/{number}");
        layer = layer.owned(EntryType::Regular, &path, 0o4755, 0, b"")?;
    }
    let scan = scan_above(layer)?;
    let found = count(&scan, "setuid-program");
    ensure!((100..10_000).contains(&found), "{found} are listed");
    names(&scan, "", "setuid-program")
}

/// Device nodes and pipes with every bit set, and a folder with the bit of a program.
pub(crate) fn special_files() -> Outcome {
    let mut layer = Layer::default();
    for (kind, path) in [
        (EntryType::Char, "dev/zero"),
        (EntryType::Block, "dev/sda"),
        (EntryType::Fifo, "run/pipe"),
        (EntryType::Directory, "srv/folder"),
    ] {
        layer = layer.owned(kind, path, 0o7777, u64::from(u32::MAX), b"")?;
    }
    let scan = scan_above(layer)?;
    ensure!(count(&scan, "setuid-program") == 0, "{:#?}", scan.risks);
    Ok(())
}
