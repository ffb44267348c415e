use outcrop_image::Observation;

use super::*;
use crate::elf::fixture::{BASE, Shape, program};
use crate::fuzz::survives;

const MODULES: &str = "path\texample.org/tool/cmd/tool\n\
    mod\texample.org/tool\tv1.4.0\th1:sum=\n\
    dep\tgithub.com/BurntSushi/toml\tv1.2.0\th1:sum=\n\
    dep\tgolang.org/x/text\tv0.3.0\n\
    =>\tgolang.org/x/text\tv0.3.8\th1:sum=\n\
    dep\texample.org/near\tv0.1.0\n\
    =>\t./near\t\n\
    build\t-compiler=gc\n";

const MARK: &[u8; 16] = b"0123456789abcdef";

/// The text of the modules between its marks.
fn marked(modules: &str) -> Vec<u8> {
    [MARK, modules.as_bytes(), MARK].concat()
}

/// The record as Go writes it since 1.18.
fn inline_record(compiler: &str, modules: &str) -> Vec<u8> {
    let mut record = MAGIC.to_vec();
    record.extend([8, 2]);
    record.resize(32, 0);
    for text in [compiler.as_bytes(), &marked(modules)] {
        let mut length = text.len();
        while length > 0x7f {
            record.push(length as u8 | 0x80);
            length >>= 7;
        }
        record.push(length as u8);
        record.extend_from_slice(text);
    }
    record
}

/// The record as Go wrote it before: addresses of strings, which are addresses and lengths.
fn pointer_record(shape: &Shape, compiler: &str, modules: &str) -> Vec<u8> {
    let width = shape.word(0).len();
    let texts = [compiler.as_bytes().to_vec(), marked(modules)];
    let strings = BASE + 32;
    let mut bytes = BASE + 32 + 4 * width as u64;
    let mut record = MAGIC.to_vec();
    record.extend([width as u8, u8::from(shape.big_endian)]);
    record.extend(shape.word(strings));
    record.extend(shape.word(strings + 2 * width as u64));
    record.resize(32, 0);
    for text in &texts {
        record.extend(shape.word(bytes));
        record.extend(shape.word(text.len() as u64));
        bytes += text.len() as u64;
    }
    record.extend(texts.concat());
    record
}

fn analyse(bytes: &[u8]) -> Analysis {
    GoBinary.analyse(&CandidateFile::whole("usr/bin/tool", bytes))
}

fn packages(analysis: Analysis) -> Vec<(String, String, Certainty)> {
    assert_eq!(analysis.problems, []);
    let Some(Observation::Packages { installed, .. }) = analysis.observation else {
        panic!("no packages");
    };
    for package in &installed {
        assert_eq!(package.place.as_deref(), Some("usr/bin/tool"));
        assert_eq!(package.kind, PackageKind::Golang);
    }
    installed
        .into_iter()
        .map(|package| (package.name, package.version, package.certainty))
        .collect()
}

fn expected_of_modules() -> Vec<(String, String, Certainty)> {
    let recorded = |name: &str, version: &str| (name.into(), version.into(), Certainty::Recorded);
    vec![
        recorded("example.org/tool", "v1.4.0"),
        recorded("stdlib", "1.19.8"),
        recorded("github.com/BurntSushi/toml", "v1.2.0"),
        recorded("golang.org/x/text", "v0.3.8"),
        (
            "example.org/near".into(),
            "v0.1.0".into(),
            Certainty::Inferred("the module that a folder stood in for".into()),
        ),
    ]
}

#[test]
fn the_record_in_its_section_is_read() {
    let bytes = program(&[
        (".data", &[7; 100]),
        (".go.buildinfo", &inline_record("go1.19.8", MODULES)),
    ]);
    assert_eq!(packages(analyse(&bytes)), expected_of_modules());
}

#[test]
fn without_sections_the_data_is_searched() {
    let shape = Shape {
        section_table: false,
        ..Shape::default()
    };
    let bytes = shape.program(&[
        (".data", &[7; 3_000]),
        (".go.buildinfo", &inline_record("go1.19.8", MODULES)),
    ]);
    assert_eq!(packages(analyse(&bytes)), expected_of_modules());
}

#[test]
fn the_older_record_is_read_in_every_shape() {
    for wide in [false, true] {
        for big_endian in [false, true] {
            let shape = Shape {
                wide,
                big_endian,
                section_table: true,
            };
            let record = pointer_record(&shape, "go1.19.8", MODULES);
            let bytes = shape.program(&[(".go.buildinfo", &record)]);
            assert_eq!(packages(analyse(&bytes)), expected_of_modules());
        }
    }
}

fn check_main(compiler: &str, modules: &str, expected: &[(&str, &str, Certainty)]) {
    let bytes = program(&[(".go.buildinfo", &inline_record(compiler, modules))]);
    let expected: Vec<_> = expected
        .iter()
        .map(|(name, version, certainty)| {
            ((*name).to_owned(), (*version).to_owned(), certainty.clone())
        })
        .collect();
    assert_eq!(packages(analyse(&bytes)), expected, "{modules}");
}

#[test]
fn a_main_module_without_version_has_that_of_its_build() {
    use Certainty::Recorded;
    let stdlib = ("stdlib", "1.22.1", Recorded);
    let check = |modules: &str, name: &str, version: &str, certainty: Certainty| {
        let main = (name, version, certainty);
        check_main("go1.22.1", modules, &[main, stdlib.clone()]);
    };
    let devel = "mod\texample.org/tool\t(devel)\t\n";
    check(devel, "example.org/tool", "", Recorded);
    check(
        &format!(
            "{devel}build\t-ldflags=\"-w -X a.org/b.Version=9.9 -X 'main.version=1.2.3-rc1' -X main.date=2020.1\"\n"
        ),
        "example.org/tool",
        "v1.2.3-rc1",
        Certainty::Inferred("the flags of the build".into()),
    );
    check(
        &format!(
            "{devel}build\tvcs.revision=0123456789abcdef0123456789abcdef01234567\nbuild\tvcs.time=2023-04-05T10:11:12Z\n"
        ),
        "example.org/tool",
        "v0.0.0-20230405101112-0123456789ab",
        Certainty::Inferred("the revision it was built from".into()),
    );
    for (flags, version) in [
        ("-X=main.version=1.2.3", "v1.2.3"),
        (
            "-X example.org/tool/version.Version=2.0.1 -X a.org/b.tag=1.0",
            "v2.0.1",
        ),
        (
            "-X a.org/b.tag=1.0 -X=example.org/tool/version.Version=2.0.1",
            "v2.0.1",
        ),
        ("-X 'a.org/b.GitVersion=v1.0-rc.1'", "v1.0-rc.1"),
    ] {
        check(
            &format!("{devel}build\t-ldflags=\"-s {flags}\"\n"),
            "example.org/tool",
            version,
            Certainty::Inferred("the flags of the build".into()),
        );
    }
    for flags in [
        "a.b.version=1.0",
        "-Xmain.version=1.0",
        "-X main.version=next -X",
    ] {
        check(
            &format!("{devel}build\t-ldflags=\"{flags}\"\n"),
            "example.org/tool",
            "",
            Recorded,
        );
    }
    check(
        "path\tcmd/asm\n",
        "cmd/asm",
        "1.22.1",
        Certainty::Inferred("the compiler that it comes with".into()),
    );
    // Built without modules.
    check(
        "path\texample.org/old/cmd\nbuild\t-compiler=gc\n",
        "example.org/old/cmd",
        "",
        Recorded,
    );
}

#[test]
fn the_compiler_is_the_version_of_the_standard_library() {
    let check = |compiler: &str, version: &str| {
        check_main(
            compiler,
            "path\tcommand-line-arguments\n",
            &[("stdlib", version, Certainty::Recorded)],
        );
    };
    check("go1.22.1", "1.22.1");
    check("go1.22.1 X:boringcrypto", "1.22.1");
    check(
        "devel go1.23-0a1b2c3 Mon Jan 1 00:00:00 2024",
        "1.23-0a1b2c3",
    );
}

fn check_problem(bytes: &[u8], kind: ProblemKind, message: &str) {
    let analysis = analyse(bytes);
    assert_eq!(analysis.observation, None);
    assert_eq!(analysis.problems, [FileProblem::new(kind, message)]);
}

#[test]
fn what_cannot_be_read_is_said() {
    let mut packed = program(&[(".data", &[0; 64])]);
    packed.splice(120..120, *b"UPX!");
    check_problem(
        &packed,
        ProblemKind::Unsupported,
        "packed with UPX, so its modules are not read",
    );
    let mut record = inline_record("go1.19.8", MODULES);
    record.truncate(36);
    check_problem(
        &program(&[(".go.buildinfo", &record)]),
        ProblemKind::Malformed,
        "a Go program whose list of modules leads nowhere",
    );
    record.splice(32.., [0xff, 0xff, 0xff, 0xff, 0x0f]);
    check_problem(
        &program(&[(".go.buildinfo", &record)]),
        ProblemKind::TooLarge,
        "not looked into as a program: its table of modules, in bytes, is larger than what is \
         looked through: 4294967295",
    );
}

#[test]
fn other_programs_have_no_modules() {
    let analysis = analyse(&program(&[(".data", b"nothing of Go")]));
    assert_eq!(analysis, Analysis::default());
    assert_eq!(analyse(b"\x7fELF"), Analysis::default());
}

#[test]
fn whatever_bytes_come_it_goes_on() {
    for shape in [
        Shape::default(),
        Shape {
            wide: false,
            big_endian: true,
            section_table: true,
        },
    ] {
        let record = pointer_record(&shape, "go1.17", MODULES);
        let bytes = shape.program(&[(".go.buildinfo", &record)]);
        survives(&GoBinary, "usr/bin/tool", &bytes);
    }
    let bytes = program(&[(".go.buildinfo", &inline_record("go1.19.8", MODULES))]);
    survives(&GoBinary, "usr/bin/tool", &bytes);
}
