//! The planted image, its clean twin and what is built on them, by a real engine.

use std::fmt::{self, Write as _};
use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use anyhow::{Context, Result, ensure};
use outcrop_tests::debian;
use outcrop_tests::engine::{Engine, Kind};
use outcrop_tests::programs::User;
use outcrop_tests::published::{Risk, Scan};
use outcrop_tests::random::Random;
use outcrop_tests::suite::Outcome;
use tempfile::TempDir;

use crate::steps::{At, Brings, STEPS};
use crate::tokens::{BASE_62, FORMS};
use crate::{reports, server};

/// Everything wrong at once.
pub(crate) const PLANTED: &str = "localhost/outcrop-test/planted:1";
/// The same done right.
pub(crate) const CLEAN: &str = "localhost/outcrop-test/clean:1";
/// What an image is called in its own report.
const THIS_IMAGE: &str = "this image";
/// One more thing wrong, above the planted image.
const ABOVE: &str = "localhost/outcrop-test/above-planted:1";

/// The values of secrets, by the name under which they stand in the steps or the file that has
/// them.
pub(crate) struct Words(Vec<(&'static str, String)>);

impl Words {
    fn new() -> Self {
        let tokens = [
            "environment",
            "label",
            "history",
            "argument",
            "settings.yaml",
            "deleted.env",
            "replaced.json",
            "folder/deep/key.ini",
        ];
        let mut random = Random::new(1);
        let tokens = tokens
            .into_iter()
            .map(|name| (name, FORMS[0].token(&mut random)));
        let mut words: Vec<_> = tokens.collect();
        words.push(("password", random.text(16, BASE_62)));
        Self(words)
    }

    fn get(&self, name: &str) -> Result<&str> {
        let mut found = self.0.iter().filter(|(of, _)| *of == name);
        Ok(&found.next().with_context(|| name.to_owned())?.1)
    }

    /// All values that were planted.
    pub(crate) fn values(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(_, value)| value.as_str())
    }

    fn put_into(&self, text: &str, port: u16) -> String {
        let mut text = text.replace("{port}", &port.to_string());
        for (name, value) in &self.0 {
            text = text.replace(&format!("{{{name}}}"), value);
        }
        text
    }
}

/// An engine with the images, and what they were made with.
pub(crate) struct Made {
    pub(crate) engine: Engine,
    pub(crate) words: Words,
    /// Lines of the planted image's account files.
    accounts: [(&'static str, String); 2],
}

static DOCKER: OnceLock<Result<Made, String>> = OnceLock::new();
static PODMAN: OnceLock<Result<Made, String>> = OnceLock::new();

/// The engine of that kind; started, and the images built, when first asked for.
pub(crate) fn made(kind: Kind) -> Result<&'static Made> {
    let slot = match kind {
        Kind::Docker => &DOCKER,
        Kind::Podman => &PODMAN,
    };
    slot.get_or_init(|| make(kind).map_err(|error| format!("{error:#}")))
        .as_ref()
        .map_err(anyhow::Error::msg)
}

/// Stops what was started.
pub(crate) fn stop() -> Outcome {
    for slot in [&DOCKER, &PODMAN] {
        if let Some(Ok(made)) = slot.get() {
            made.engine.stop()?;
        }
    }
    Ok(())
}

fn make(kind: Kind) -> Result<Made> {
    let engine = Engine::start(kind)?;
    engine.import(debian::outdated_root()?, debian::BASE)?;
    let words = Words::new();
    let context = TempDir::new()?;
    write_context(context.path(), &words)?;
    let port = server::start()?;
    let build = |reference: &str, containerfile: &str| -> Result<()> {
        let path = context.path().join("Containerfile");
        fs::write(&path, words.put_into(containerfile, port))?;
        engine.build_for_docker(context.path(), &path, reference)
    };
    build(PLANTED, &containerfile(|step| step.risky))?;
    build(CLEAN, &containerfile(|step| step.right))?;
    let above = format!("FROM {PLANTED}\nRUN touch /srv/above && chmod 0666 /srv/above\n");
    build(ABOVE, &above)?;
    let read = |path: &'static str| -> Result<(&'static str, String)> {
        let text = engine.file(PLANTED, &format!("/{path}"))?;
        Ok((path, String::from_utf8(text)?))
    };
    let accounts = [read("etc/passwd")?, read("etc/shadow")?];
    Ok(Made {
        engine,
        words,
        accounts,
    })
}

fn containerfile(side: impl Fn(&crate::steps::Step) -> &'static str) -> String {
    let mut text = format!("FROM {}\n", debian::BASE);
    for line in STEPS.iter().map(side).filter(|line| !line.is_empty()) {
        writeln!(text, "{line}").expect("a string takes everything");
    }
    text
}

fn write_context(folder: &Path, words: &Words) -> Outcome {
    let secret = |name: &str| words.get(name);
    let files = [
        ("tool", "touch /opt/fetched\n".to_owned()),
        ("tini.deb", "!<arch>\n".to_owned()),
        (
            "settings.yaml",
            format!(
                "service:\n  name: orders\n  token: {}\n",
                secret("settings.yaml")?
            ),
        ),
        (
            "deleted.env",
            format!("NAME=orders\nTOKEN={}\n", secret("deleted.env")?),
        ),
        (
            "replaced.json",
            format!("{{\n  \"token\": \"{}\"\n}}\n", secret("replaced.json")?),
        ),
        (
            "folder/deep/key.ini",
            format!("[service]\ntoken = {}\n", secret("folder/deep/key.ini")?),
        ),
        ("leftovers/.git/HEAD", "ref: refs/heads/main\n".to_owned()),
        (
            "leftovers/.git/config",
            "[core]\n\tbare = false\n".to_owned(),
        ),
        ("leftovers/.env", "NAME=orders\n".to_owned()),
        (
            "leftovers/.npmrc",
            "registry=https://registry.example.org/\n".to_owned(),
        ),
        ("leftovers/.pypirc", "[distutils]\n".to_owned()),
        ("leftovers/.netrc", "machine example.org\n".to_owned()),
        ("leftovers/.kube/config", "kind: Config\n".to_owned()),
        ("leftovers/.aws/credentials", "[default]\n".to_owned()),
        (
            "leftovers/.docker/config.json",
            "{\"auths\": {}}\n".to_owned(),
        ),
        ("leftovers/.bash_history", "ls\n".to_owned()),
        ("leftovers/.ssh/id_ed25519", "a key\n".to_owned()),
        ("leftovers/.orders.py.swp", "b0VIM 8.2\n".to_owned()),
        ("leftovers/orders.py~", "pass\n".to_owned()),
    ];
    for (path, text) in files {
        write(&folder.join(path), text.as_bytes())?;
    }
    // An ELF file of type `ET_CORE`.
    let mut core = b"\x7fELF\x02\x01\x01".to_vec();
    core.resize(16, 0);
    core.extend([4, 0, 62, 0]);
    core.resize(16 << 10, 0);
    fs::create_dir(folder.join("nothing"))?;
    write(&folder.join("leftovers/core"), &core)
}

fn write(path: &Path, bytes: &[u8]) -> Outcome {
    fs::create_dir_all(path.parent().context("a file in a folder")?)?;
    Ok(fs::write(path, bytes)?)
}

/// What is compared of a risk.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Told {
    check: String,
    severity: String,
    path: Option<String>,
    line: Option<u32>,
    layer: Option<usize>,
    history_index: Option<usize>,
    hidden_in: Option<usize>,
}

/// On one line, as lists of them are long.
impl fmt::Debug for Told {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "{} {}", self.check, self.severity)?;
        if let Some(path) = &self.path {
            write!(to, " {path}")?;
        }
        for (name, number) in [
            ("line", self.line.map(|line| line as usize)),
            ("layer", self.layer),
            ("step", self.history_index),
            ("hidden in", self.hidden_in),
        ] {
            if let Some(number) = number {
                write!(to, ", {name} {number}")?;
            }
        }
        Ok(())
    }
}

impl Told {
    fn of(risk: &Risk) -> Self {
        Self {
            check: risk.check.clone(),
            severity: risk.severity.clone(),
            path: risk.path.clone(),
            line: risk.line,
            layer: risk.layer,
            history_index: risk.history_index,
            hidden_in: risk.hidden_in,
        }
    }
}

impl Made {
    fn user(&self) -> Result<User> {
        User::of(&[&self.engine])
    }

    /// What must be told of the planted image above its base.
    fn expected(&self, base: &Scan) -> Result<Vec<(Told, &'static str)>> {
        let mut expected = Vec::new();
        let mut history = 1;
        let mut layers = vec![base.layers.len()];
        for step in STEPS {
            let last = layers.last().context("the base")?;
            layers.push(last + usize::from(step.makes_layer()));
        }
        for (index, step) in STEPS.iter().enumerate() {
            for brings in step.brings {
                let told = self.told(brings, step.makes_layer(), history, &layers[index..])?;
                expected.push((told, brings.says));
            }
            history += usize::from(!step.risky.is_empty());
        }
        Ok(expected)
    }

    /// `layers`: how many there are below this step, below the next, and so on.
    fn told(
        &self,
        brings: &Brings,
        has_layer: bool,
        history: usize,
        layers: &[usize],
    ) -> Result<Told> {
        let in_file = |path: &str, line: Option<u32>| (Some(path.to_owned()), line);
        let (path, line) = match brings.at {
            At::Setting | At::Nowhere | At::Layer | At::Argument => (None, None),
            At::Path(path) => in_file(path, None),
            At::Line(path, line) => in_file(path, Some(line)),
            At::LineOf(path, start) => {
                let text = self.accounts.iter().find(|(of, _)| *of == path);
                let lines = text.context(path)?.1.lines();
                let line = lines.zip(1..).find(|(line, _)| line.starts_with(start));
                in_file(path, Some(line.context(start)?.1))
            }
        };
        let later = matches!(brings.at, At::Argument) && self.engine.kind() == Kind::Podman;
        if later {
            return Ok(Told {
                check: brings.check.to_owned(),
                severity: brings.severity.to_owned(),
                layer: Some(layers[1]),
                history_index: Some(history + 1),
                path: None,
                line: None,
                hidden_in: None,
            });
        }
        // What a step that makes a layer is said to do stands with its layer.
        let in_a_layer = path.is_some() || (has_layer && !matches!(brings.at, At::Nowhere));
        let hidden_in = (brings.hidden_after > 0).then(|| layers[brings.hidden_after]);
        Ok(Told {
            check: brings.check.to_owned(),
            severity: brings.severity.to_owned(),
            layer: in_a_layer.then(|| layers[0]),
            history_index: (!matches!(brings.at, At::Nowhere)).then_some(history),
            path,
            line,
            hidden_in,
        })
    }
}

/// Every planted thing is told once, at its place; nothing else is brought here.
pub(crate) fn each_once(kind: Kind) -> Outcome {
    let made = made(kind)?;
    let user = made.user()?;
    let base = reports::scan(&user, debian::BASE)?;
    let scan = reports::scan(&user, PLANTED)?;
    let expected = made.expected(&base)?;
    let here: Vec<&Risk> = scan.risks.iter().filter(|risk| !risk.inherited).collect();
    let mut missing = Vec::new();
    let mut extra: Vec<_> = here.clone();
    for (told, says) in &expected {
        let found = extra
            .iter()
            .position(|risk| Told::of(risk) == *told && risk.message.contains(says));
        match found {
            Some(index) => drop(extra.remove(index)),
            None => missing.push((told, says)),
        }
    }
    ensure!(
        missing.is_empty() && extra.is_empty(),
        "missing {missing:#?}, extra {:#?}",
        extra
            .iter()
            .map(|risk| (Told::of(risk), &risk.message))
            .collect::<Vec<_>>()
    );
    for risk in here {
        ensure!(risk.owner == THIS_IMAGE, "owned by `{}`", risk.owner);
        ensure!(risk.visible == risk.hidden_in.is_none(), "{risk:?}");
    }
    // The rest is the base's own, as it is in its own report.
    let of_base: Vec<_> = scan.risks.iter().filter(|risk| risk.inherited).collect();
    for risk in of_base {
        ensure!(risk.owner == debian::BASE, "owned by `{}`", risk.owner);
        let same = base
            .risks
            .iter()
            .any(|below| below.fingerprint == risk.fingerprint);
        ensure!(same, "not in the base: {risk:?}");
    }
    Ok(())
}

/// Done right there is nothing to tell but what the base brought.
pub(crate) fn clean(kind: Kind) -> Outcome {
    let made = made(kind)?;
    let user = made.user()?;
    reports::scan(&user, debian::BASE)?;
    let scan = reports::scan(&user, CLEAN)?;
    let here: Vec<_> = scan.risks.iter().filter(|risk| !risk.inherited).collect();
    ensure!(
        here.is_empty(),
        "{:#?}",
        here.iter()
            .map(|risk| (Told::of(risk), &risk.message))
            .collect::<Vec<_>>()
    );
    ensure!(
        scan.risks.iter().all(|risk| risk.owner == debian::BASE),
        "{:#?}",
        scan.risks
    );
    Ok(())
}

/// What is built on the planted image inherits all of it and has its own one thing.
pub(crate) fn inherited(kind: Kind) -> Outcome {
    let made = made(kind)?;
    let user = made.user()?;
    reports::scan(&user, debian::BASE)?;
    let planted = reports::scan(&user, PLANTED)?;
    let scan = reports::scan(&user, ABOVE)?;
    let (below, here): (Vec<&Risk>, Vec<_>) = scan.risks.iter().partition(|risk| risk.inherited);
    let here: Vec<_> = here
        .iter()
        .map(|risk| (risk.check.as_str(), risk.path.as_deref()))
        .collect();
    ensure!(
        here == [
            ("world-writable-file", Some("srv/above")),
            // That nothing sets it is said of every image.
            ("no-healthcheck", None),
        ],
        "brought here: {here:?}"
    );
    let list = |risks: &[&Risk]| {
        let mut told: Vec<_> = risks
            .iter()
            .map(|risk| {
                let owner = risk.owner.replace(THIS_IMAGE, PLANTED);
                (owner, risk.fingerprint.clone(), Told::of(risk))
            })
            .collect();
        told.sort();
        told
    };
    let set = planted.risks.iter();
    let set = set.filter(|risk| risk.check != "no-healthcheck");
    let expected = list(&set.collect::<Vec<_>>());
    let found = list(&below);
    ensure!(found == expected, "{found:#?} instead of {expected:#?}");
    Ok(())
}

/// A second scan, all layers known, and one by another store's user say the same.
pub(crate) fn again(kind: Kind) -> Outcome {
    let made = made(kind)?;
    let user = made.user()?;
    reports::scan(&user, debian::BASE)?;
    let first = reports::scan(&user, PLANTED)?;
    let second = reports::scan(&user, PLANTED)?;
    ensure!(
        first.risks == second.risks,
        "the second scan says otherwise"
    );
    let archive = user.home().join("planted.tar");
    let archive = archive.display().to_string();
    let mut save = vec!["save", "--output", &archive];
    if kind == Kind::Podman {
        save.push("--format=docker-archive");
    }
    save.push(PLANTED);
    made.engine.client(save)?;
    let other = User::new()?;
    let saved = reports::scan(&other, &format!("docker-archive:{archive}"))?;
    let list = |scan: &Scan| {
        let mut told: Vec<_> = scan.risks.iter().map(Told::of).collect();
        told.sort();
        told
    };
    ensure!(list(&saved) == list(&first), "the archive says otherwise");
    Ok(())
}
