//! Packages that mean harm: each costs its own place in the result, never the rest of the image.

use std::fs::{self, File};
use std::io::BufWriter;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use flate2::{Compress, Compression, FlushCompress};
use outcrop_tests::archive::{Holes, Image, Layer, Written, dpkg_paragraph, entry, sha256};
use outcrop_tests::peak;
use outcrop_tests::programs::{User, workspace};
use outcrop_tests::published::Scan;
use outcrop_tests::suite::Outcome;
use tar::EntryType;

use crate::broken::saved;

/// Most that a scan may take up, in bytes: the pool of 96 MiB for content, as much again for what
/// it unpacks to, and the program itself. What grew with these inputs would be gigabytes.
const MOST_MEMORY: u64 = 256 << 20;
/// The same with as many records as one layer may bring, 100,000: each is held some times, as it was
/// kept, laid over others, listed and printed.
const MOST_MEMORY_OF_RECORDS: u64 = 600 << 20;

const MEBIBYTE: u64 = 1 << 20;
const TEN_GIGABYTES: u64 = 10 << 30;

fn debian() -> Result<Layer> {
    Layer::debian(dpkg_paragraph("base-files", "12.4"))
}

/// Scans an image; it must end well, with the good package, within the memory.
fn scan(
    user: &User,
    image: &str,
    most_memory: u64,
    feed: impl FnOnce(std::process::ChildStdin) -> Result<()> + Send + 'static,
) -> Result<Scan> {
    let arguments = ["scan", "--format", "json", image];
    let (ran, peak) = peak::run(user, &arguments, feed)?;
    let scan: Scan = ran.exits(0)?.says(&[])?.json()?;
    ensure!(
        peak < most_memory,
        "it took {} MiB of memory",
        peak / MEBIBYTE
    );
    ensure!(scan.package("base-files").is_some(), "the package is lost");
    ensure!(scan.completeness == "partial", "it counts as complete");
    ensure!(user.leftovers()?.is_empty(), "{:?}", user.leftovers()?);
    Ok(scan)
}

/// Scans an image with `layer` above a good one; the result, and the diff ID of `layer`.
fn scan_above(layer: Layer) -> Result<(Scan, String)> {
    let user = User::new()?;
    let bytes = layer.finish()?;
    let diff_id = sha256(&bytes);
    let image = Image::default()
        .layer(debian()?)?
        .claimed(diff_id.clone(), bytes);
    let path = saved(&user, &image.docker_archive("test/bad:1")?)?;
    Ok((scan(&user, &path, MOST_MEMORY, |_| Ok(()))?, diff_id))
}

/// Checks that a problem names layer and path and says `words`.
fn names(scan: &Scan, layer: &str, path: &str, words: &str) -> Outcome {
    let found = scan.problems.iter().any(|problem| {
        problem.layer.as_deref() == Some(layer)
            && problem.path == path
            && problem.message.contains(words)
    });
    ensure!(
        found,
        "no problem of `{path}` in that layer says `{words}`: {:#?}",
        &scan.problems[..scan.problems.len().min(40)]
    );
    Ok(())
}

/// Zeros, deflated. A full flush ends a part that may be repeated (RFC 1951, section 3.2.4).
fn deflated_zeros(mebibytes: u64) -> Result<Vec<u8>> {
    let zeros = vec![0; MEBIBYTE as usize];
    let mut part = Vec::with_capacity(64 << 10);
    Compress::new(Compression::best(), false).compress_vec(
        &zeros,
        &mut part,
        FlushCompress::Full,
    )?;
    let mut deflated = part.repeat(usize::try_from(mebibytes)?);
    deflated.extend([1, 0, 0, 0xff, 0xff]);
    Ok(deflated)
}

/// A zip archive in the making, whose directory says what it is told to (PKWARE `APPNOTE.TXT`,
/// section 4.3). Checksums are 0: nothing here is taken out of it.
#[derive(Default)]
struct Zip {
    bytes: Vec<u8>,
    directory: Vec<u8>,
    count: u32,
}

impl Zip {
    const STORED: u16 = 0;
    const DEFLATED: u16 = 8;

    /// Puts content; where it lies, to be named by entries.
    fn put(&mut self, content: &[u8]) -> u32 {
        let position = self.bytes.len() as u32;
        self.bytes.extend(b"PK\x03\x04");
        self.bytes.extend([0; 26]);
        self.bytes.extend(content);
        position
    }

    /// Names what lies at `position`; `sizes` are those packed and unpacked, as told.
    fn name(&mut self, name: &str, method: u16, sizes: (u64, u64), position: u32) {
        let directory = &mut self.directory;
        directory.extend(b"PK\x01\x02\x14\0\x14\0\0\0");
        directory.extend(method.to_le_bytes());
        directory.extend([0; 8]);
        directory.extend((sizes.0 as u32).to_le_bytes());
        // What has no room stands in an extra field (section 4.5.3).
        let large = sizes.1 >= u64::from(u32::MAX);
        let size = u32::try_from(sizes.1).unwrap_or(u32::MAX);
        directory.extend(size.to_le_bytes());
        directory.extend((name.len() as u16).to_le_bytes());
        directory.extend([if large { 12 } else { 0 }, 0]);
        directory.extend([0; 10]);
        directory.extend(position.to_le_bytes());
        directory.extend(name.as_bytes());
        if large {
            directory.extend([1, 0, 8, 0]);
            directory.extend(sizes.1.to_le_bytes());
        }
        self.count += 1;
    }

    fn stored(mut self, name: &str, content: &[u8]) -> Self {
        let size = content.len() as u64;
        let position = self.put(content);
        self.name(name, Self::STORED, (size, size), position);
        self
    }

    /// Content that is deflated already, and claims to have `size` bytes.
    fn deflated(mut self, name: &str, content: &[u8], size: u64) -> Self {
        let position = self.put(content);
        let sizes = (content.len() as u64, size);
        self.name(name, Self::DEFLATED, sizes, position);
        self
    }

    fn finish(self) -> Vec<u8> {
        let count = self.count as u16;
        self.claiming(count)
    }

    /// The archive with another number of entries than it has.
    fn claiming(self, count: u16) -> Vec<u8> {
        let mut bytes = self.bytes;
        let start = bytes.len() as u32;
        bytes.extend(&self.directory);
        bytes.extend(b"PK\x05\x06\0\0\0\0");
        bytes.extend(count.to_le_bytes());
        bytes.extend(count.to_le_bytes());
        bytes.extend((self.directory.len() as u32).to_le_bytes());
        bytes.extend(start.to_le_bytes());
        bytes.extend([0; 2]);
        bytes
    }
}

/// A jar that Maven recorded.
fn jar(artifact: &str) -> Zip {
    Zip::default().stored(
        &format!("META-INF/maven/org.example/{artifact}/pom.properties"),
        format!("groupId=org.example\nartifactId={artifact}\nversion=1.0\n").as_bytes(),
    )
}

pub(crate) fn zip_bombs() -> Outcome {
    const RECORD: &str = "META-INF/maven/org.example/part/pom.properties";
    let bomb = deflated_zeros(TEN_GIGABYTES / MEBIBYTE)?;
    let shared = |name: fn(u32) -> String, count: u32, content: &[u8], size: u64| {
        let mut zip = jar("part");
        let position = zip.put(content);
        for number in 0..count {
            let sizes = (content.len() as u64, size);
            zip.name(&name(number), Zip::DEFLATED, sizes, position);
        }
        zip
    };
    let inner: fn(u32) -> String = |number| format!("lib/{number}.jar");
    let small = deflated_zeros(90)?;
    let mut broken = deflated_zeros(64)?;
    let end = broken.len();
    broken.truncate(end - 5);
    // Blocks of no bytes at all: they unpack to nothing, however many there are.
    let mut nothing = [0, 0, 0, 0xff, 0xff].repeat(1 << 20);
    nothing.extend([1, 0, 0, 0xff, 0xff]);
    let mut empties = jar("part");
    for number in 0..25_000 {
        let archive = Zip::default().finish();
        empties = empties.stored(&inner(number), &archive);
    }
    let mut directory = jar("part");
    let position = directory.put(b"");
    for number in 0..1_000_000 {
        let name = format!("{number}.class");
        directory.name(&name, Zip::STORED, (0, 0), position);
    }
    let cases = [
        (
            "10 GB in an archive that says so",
            jar("part").deflated("lib/bomb.jar", &bomb, TEN_GIGABYTES),
            "larger than can be unpacked, in bytes: 10737418240",
        ),
        (
            "10 GB in an archive that says 1 kB",
            jar("part").deflated("lib/bomb.jar", &bomb, 1 << 10),
            "it unpacks to more bytes than its archive says: 1024",
        ),
        (
            "10 GB of record",
            jar("other").deflated(RECORD, &bomb, TEN_GIGABYTES),
            "larger than records are, in bytes: 65536",
        ),
        (
            "entries that share their bytes",
            shared(inner, 100, &small, 90 * MEBIBYTE),
            "larger than can be unpacked, in bytes: 94371840",
        ),
        (
            "entries that share broken bytes",
            shared(inner, 10_000, &broken, 90 * MEBIBYTE),
            "larger than can be unpacked, in bytes: 94371840",
        ),
        (
            "entries that share bytes of nothing",
            shared(|_| RECORD.to_owned(), 10_000, &nothing, 0),
            "its content cannot be unpacked",
        ),
        (
            "25,000 archives in one",
            empties,
            "beyond the archives that one file may hold: 20000",
        ),
        ("a directory of a million entries", directory, ""),
    ];
    let mut layer = Layer::default();
    for (number, (_, zip, _)) in cases.iter().enumerate() {
        let zip = Zip {
            bytes: zip.bytes.clone(),
            directory: zip.directory.clone(),
            ..*zip
        };
        layer = layer.file(&format!("srv/{number}/a.jar"), zip.finish())?;
    }
    // A directory of 65,535 entries, and one of which nothing is there.
    let path = "srv/claims/a.jar";
    let layer = layer
        .file("srv/counted/a.jar", jar("part").claiming(u16::MAX))?
        .file(path, {
            let mut bytes = Zip::default().claiming(u16::MAX);
            let size = bytes.len() - 10;
            bytes[size..size + 4].fill(0xf0);
            bytes
        })?;
    let (scan, diff_id) = scan_above(layer)?;
    for (number, (what, _, words)) in cases.iter().enumerate() {
        if !words.is_empty() {
            names(&scan, &diff_id, &format!("srv/{number}/a.jar"), words)
                .with_context(|| (*what).to_owned())?;
        }
    }
    names(&scan, &diff_id, path, "its directory is larger")?;
    let parts = |name: &str| {
        let named = |package: &&outcrop_tests::published::Package| package.name == name;
        scan.packages.iter().filter(named).count()
    };
    // The records beside the bombs.
    let found = (parts("org.example:part"), parts("org.example:other"));
    ensure!(found == (8, 1), "{found:?} records");
    Ok(())
}

pub(crate) fn jar_in_jar() -> Outcome {
    let nested = |deflate: bool| -> Result<Vec<u8>> {
        let mut archive = jar("level-50").finish();
        for level in (0..50).rev() {
            let around = jar(&format!("level-{level}"));
            archive = if deflate {
                let mut deflated = Vec::with_capacity(2 * archive.len() + 100);
                Compress::new(Compression::fast(), false).compress_vec(
                    &archive,
                    &mut deflated,
                    FlushCompress::Finish,
                )?;
                around.deflated("lib/a.jar", &deflated, archive.len() as u64)
            } else {
                around.stored("lib/a.jar", &archive)
            }
            .finish();
        }
        Ok(archive)
    };
    let layer = Layer::default()
        .file("srv/stored.jar", nested(false)?)?
        .file("opt/deflated.jar", nested(true)?)?;
    let (scan, diff_id) = scan_above(layer)?;
    for path in ["srv/stored.jar", "opt/deflated.jar"] {
        let words = "deeper in archives than is opened: 8";
        names(&scan, &diff_id, path, words)?;
    }
    for (name, expected) in [("level-0", 2), ("level-8", 2), ("level-9", 0)] {
        let name = format!("org.example:{name}");
        let named = scan.packages.iter().filter(|package| package.name == name);
        let found = named.count();
        ensure!(found == expected, "`{name}` is there {found} times");
    }
    Ok(())
}

pub(crate) fn two_gigabytes() -> Outcome {
    const PATH: &str = "srv/node_modules/large/package.json";
    const GOOD: &str = "srv/node_modules/small/package.json";
    let good = br#"{"name": "small", "version": "1.0.0"}"#;
    let size = 2 << 30;
    let user = User::new()?;
    let path = user.home().join("image.tar");
    let mut image = Written::new(BufWriter::with_capacity(
        MEBIBYTE as usize,
        Holes(File::create(&path)?),
    ));
    image.small_layer(debian()?)?;
    let zeros = (0..size / MEBIBYTE).map(|_| vec![0; MEBIBYTE as usize]);
    let beside = entry(GOOD, good.len() as u64, [good.to_vec()].into_iter())?;
    let pieces = entry(PATH, size, zeros)?.chain(beside);
    let diff_id = image.layer(512 + size + 1024, pieces)?;
    image.finish("test/bad:1")?.into_inner()?;
    let scan = scan(&user, &path.display().to_string(), MOST_MEMORY, |_| Ok(()))?;
    names(&scan, &diff_id, PATH, "only the beginning of the file")?;
    ensure!(scan.package("small").is_some(), "its neighbour is lost");
    Ok(())
}

/// A 64-bit program for Linux with these tables (System V ABI, "Object Files").
fn program(sections: u64, count: u16, names: u16, content: &[u8]) -> Vec<u8> {
    let mut bytes = b"\x7fELF\x02\x01\x01".to_vec();
    bytes.resize(16, 0);
    bytes.extend([2, 0, 62, 0, 1, 0, 0, 0]);
    bytes.resize(40, 0);
    bytes.extend(sections.to_le_bytes());
    bytes.extend([0; 4]);
    for value in [64, 56, 0, 64, count, names] {
        bytes.extend(value.to_le_bytes());
    }
    bytes.extend(content);
    bytes
}

/// An entry of a section table: name, place and size.
fn section(name: u32, offset: u64, size: u64) -> Vec<u8> {
    let mut bytes = name.to_le_bytes().to_vec();
    bytes.extend(1_u32.to_le_bytes());
    bytes.resize(24, 0);
    bytes.extend(offset.to_le_bytes());
    bytes.extend(size.to_le_bytes());
    bytes.resize(64, 0);
    bytes
}

pub(crate) fn section_tables() -> Outcome {
    const NAMES: &[u8] = b"\0.dep-v0\0.go.buildinfo\0";
    let mut bomb = vec![0x78, 0x9c];
    bomb.extend(deflated_zeros(2 << 10)?);
    let table = |place: u64, size: u64| {
        let names = section(0, 64 + 3 * 64, NAMES.len() as u64);
        [names, section(1, place, size), section(9, place, size)].concat()
    };
    let crates = [&table(279, bomb.len() as u64), NAMES, bomb.as_slice()].concat();
    let nowhere = [&table(u64::MAX - 7, u64::MAX), NAMES].concat();
    let cases = [
        (
            "65,535 sections",
            program(64, u16::MAX, 0, &[0; 64]),
            "its table of sections is larger than what is looked through: 65535",
        ),
        (
            "a table at the end of all addresses",
            program(u64::MAX - 63, 1, 0, b""),
            "its table of sections goes on beyond the end of the file",
        ),
        (
            "a count in the first section",
            program(64, 0, u16::MAX, &section(0, 0, 1 << 63)),
            "its table of sections is larger than what is looked through: 9223372036854775808",
        ),
        (
            "names longer than the file",
            program(64, 1, 0, &section(u32::MAX, 1 << 62, 1 << 62)),
            "",
        ),
        (
            "sections beyond all addresses",
            program(64, 3, 0, &nowhere),
            "its list of crates is larger than what is read, in bytes: 18446744073709551615",
        ),
        (
            "2 GB of crates",
            program(64, 3, 0, &crates),
            "its list of crates unpacks to more bytes than are read: 8388608",
        ),
    ];
    let mut layer = Layer::default();
    for (number, (_, bytes, _)) in cases.iter().enumerate() {
        layer = layer.file(&format!("usr/bin/{number}"), bytes)?;
    }
    let (scan, diff_id) = scan_above(layer)?;
    for (number, (what, _, words)) in cases.iter().enumerate() {
        if !words.is_empty() {
            names(&scan, &diff_id, &format!("usr/bin/{number}"), words)
                .with_context(|| (*what).to_owned())?;
        }
    }
    Ok(())
}

pub(crate) fn circles() -> Outcome {
    let mut layer = Layer::default();
    for (path, target) in [
        ("var/lib/rpm", "../../usr/lib/sysimage/rpm"),
        ("usr/lib/sysimage/rpm", "../../../var/lib/rpm"),
        ("usr/share/rpm", "."),
        ("lib/apk", "/lib/apk/db"),
        ("usr/lib/python3/dist-packages/a.dist-info", "."),
        ("srv/node_modules/a", "../node_modules/a"),
        ("srv/node_modules/b", "../../srv"),
    ] {
        layer = layer.raw(EntryType::Symlink, path, target, b"")?;
    }
    let (scan, diff_id) = scan_above(layer)?;
    for path in [
        "var/lib/rpm/rpmdb.sqlite",
        "usr/lib/sysimage/rpm/Packages",
        "lib/apk/db/installed",
    ] {
        let words = "symbolic links lead in a circle";
        names(&scan, &diff_id, path, words)?;
    }
    Ok(())
}

/// A small generator with a fixed seed (Marsaglia, "Xorshift RNGs").
struct Generator(u64);

impl Generator {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }
}

/// Each layer brings both databases anew, with some bytes changed; the last one brings them whole.
pub(crate) fn rpm_databases() -> Outcome {
    const LAYERS: usize = 150;
    const SQLITE: &str = "var/lib/rpm/rpmdb.sqlite";
    const BERKELEY: &str = "usr/lib/sysimage/rpm/Packages";
    let fixture = |name: &str| -> Result<Vec<u8>> {
        let folder = "crates/outcrop-catalog/src/catalogers/rpm/fixtures";
        let path: PathBuf = workspace().join(folder).join(name);
        Ok(zstd::decode_all(fs::read(path)?.as_slice())?)
    };
    let (sqlite, berkeley) = (fixture("small.sqlite.zst")?, fixture("Packages.zst")?);
    let mut generator = Generator(0x2545_f491_4f6c_dd1d);
    let mut turned = |bytes: &[u8]| {
        let mut bytes = bytes.to_vec();
        for _ in 0..=generator.below(64) {
            let at = generator.below(bytes.len());
            bytes[at] = generator.below(256) as u8;
        }
        bytes
    };
    let mut image = Image::default().layer(debian()?)?;
    let mut diff_ids = Vec::new();
    for layer in 0..=LAYERS {
        let (sqlite, berkeley) = if layer < LAYERS {
            (turned(&sqlite), turned(&berkeley))
        } else {
            (sqlite.clone(), berkeley.clone())
        };
        let bytes = Layer::default()
            .file(SQLITE, sqlite)?
            .file(BERKELEY, berkeley)?
            .finish()?;
        diff_ids.push(sha256(&bytes));
        image = image.claimed(sha256(&bytes), bytes);
    }
    let user = User::new()?;
    let path = saved(&user, &image.docker_archive("test/bad:1")?)?;
    let scan = scan(&user, &path, MOST_MEMORY, |_| Ok(()))?;
    for path in [SQLITE, BERKELEY] {
        let named = diff_ids.iter().filter(|diff_id| {
            scan.problems.iter().any(|problem| {
                problem.path == path && problem.layer.as_deref() == Some(diff_id.as_str())
            })
        });
        // Many bytes turned are of values that are not read.
        let named = named.count();
        ensure!(named > LAYERS / 10, "`{path}` is named in {named} layers");
    }
    let last = diff_ids.last().context("a layer")?;
    ensure!(
        scan.problems
            .iter()
            .all(|problem| problem.layer.as_deref() != Some(last.as_str())),
        "the databases that are whole are broken too"
    );
    for name in ["slate", "slate-devel", "chalk-devel", "basalt"] {
        ensure!(scan.package(name).is_some(), "`{name}` is lost");
    }
    Ok(())
}

/// Every second distribution is an editable installation of a project of its own.
pub(crate) fn dist_info() -> Outcome {
    const FOLDERS: u64 = 1_000_000;
    let (tell, told) = std::sync::mpsc::channel();
    let user = User::new()?;
    let scan = scan(&user, "-", MOST_MEMORY_OF_RECORDS, move |stdin| {
        let mut image = Written::new(BufWriter::with_capacity(MEBIBYTE as usize, stdin));
        let folder = |number| format!("usr/lib/python3/dist-packages/p{number:07}-1.dist-info");
        let files = (0..FOLDERS).map(|number| {
            if number % 2 == 0 {
                let content = format!("Name: p{number}\nVersion: 1\n");
                (format!("{}/METADATA", folder(number)), content)
            } else {
                let content = format!(
                    "{{\"url\": \"file:///srv/{number}\", \"dir_info\": {{\"editable\": true}}}}"
                );
                (format!("{}/direct_url.json", folder(number)), content)
            }
        });
        let pieces = files.flat_map(|(path, content)| {
            // A path that fits and a content of one block: nothing can fail.
            let pieces = entry(
                &path,
                content.len() as u64,
                [content.into_bytes()].into_iter(),
            );
            pieces.into_iter().flatten()
        });
        image.small_layer(debian()?)?;
        let diff_id = image.layer(FOLDERS * 1024, pieces)?;
        image.finish("test/bad:1")?;
        tell.send(diff_id)?;
        Ok(())
    })?;
    let diff_id = told.recv()?;
    let path = "usr/lib/python3/dist-packages/p0100000-1.dist-info/METADATA";
    let words = "more files look like package records than are read";
    names(&scan, &diff_id, path, words)?;
    ensure!(scan.package("p0").is_some(), "the first is lost");
    ensure!(scan.package("p99998").is_some(), "the last is lost");
    Ok(())
}
