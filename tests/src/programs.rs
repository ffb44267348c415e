//! The programs under test, in an environment of their own.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde::de::DeserializeOwned;
use tempfile::TempDir;

use crate::engine::{self, Engine};
use crate::wait;

/// Longest that any command of the tests may take; a debug build on a busy machine is slow.
const DEADLINE: Duration = Duration::from_mins(5);

/// Debian's own Python, which Debian's libraries are for.
pub const PYTHON: &str = "/usr/bin/python3";

/// The workspace's root.
pub fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the crate lies in the workspace")
}

/// The folder that cargo builds into: the one that holds the running test.
pub fn target() -> PathBuf {
    std::env::current_exe()
        .ok()
        .and_then(|path| {
            path.ancestors()
                .find(|folder| folder.join("CACHEDIR.TAG").is_file())
                .map(Path::to_path_buf)
        })
        .unwrap_or_else(|| workspace().join("target"))
}

/// Where a program of that name lies in `PATH`.
pub fn in_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

/// The `outcrop` that `OUTCROP_BIN` names; without it, the one that cargo builds in the
/// profile of these tests. Built once a process.
pub fn outcrop() -> Result<&'static Path> {
    static BUILT: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    BUILT
        .get_or_init(|| build_outcrop().map_err(|error| format!("{error:#}")))
        .as_deref()
        .map_err(anyhow::Error::msg)
}

fn build_outcrop() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os("OUTCROP_BIN") {
        return Ok(fs::canonicalize(path)?);
    }
    let release = !cfg!(debug_assertions);
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .args(["build", "--quiet", "--package", "outcrop-cli"])
        .args(release.then_some("--release"))
        .current_dir(workspace())
        .stdin(Stdio::null());
    let built = cargo.output().context("cannot start cargo")?;
    ensure!(
        built.status.success(),
        "`outcrop` does not build: {}",
        String::from_utf8_lossy(&built.stderr)
    );
    let profile = if release { "release" } else { "debug" };
    Ok(target().join(profile).join("outcrop"))
}

/// A user of the command line with a home, a store and a folder for temporary files that
/// nobody else has, and with the engines that he was given: where the tests run as root, `/run` is
/// empty to him, so that no engine of the machine takes part.
pub struct User {
    home: TempDir,
    docker: Option<String>,
    podman: Option<String>,
    /// Runs as the user `nobody`, without any group.
    unprivileged: bool,
    /// Sees the machine's own engines too.
    sees_run: bool,
    /// Names no store, as the desktop: the program's own choice below the home.
    default_store: bool,
}

impl User {
    /// A user without any engine.
    pub fn new() -> Result<Self> {
        let home = tempfile::Builder::new().prefix("outcrop-user-").tempdir()?;
        for folder in ["tmp", "run", "store"] {
            fs::create_dir(home.path().join(folder))?;
        }
        Ok(Self {
            home,
            docker: None,
            podman: None,
            unprivileged: false,
            sees_run: false,
            default_store: false,
        })
    }

    /// A user who has these engines.
    pub fn of(engines: &[&Engine]) -> Result<Self> {
        let mut user = Self::new()?;
        for engine in engines {
            let address = Some(engine.address());
            match engine.kind() {
                engine::Kind::Docker => user.docker = address,
                engine::Kind::Podman => user.podman = address,
            }
        }
        Ok(user)
    }

    /// The same user without privileges.
    pub fn unprivileged(mut self) -> Result<Self> {
        // Debian's `nobody` and `nogroup`.
        const NOBODY: u32 = 65534;
        for folder in ["", "tmp", "run", "store"] {
            let folder = self.home.path().join(folder);
            std::os::unix::fs::chown(&folder, Some(NOBODY), Some(NOBODY))?;
        }
        // The build folder may lie below a folder that only its owner can enter.
        let copy = self.home.path().join("outcrop");
        fs::copy(outcrop()?, &copy)?;
        fs::set_permissions(&copy, fs::Permissions::from_mode(0o755))?;
        self.unprivileged = true;
        Ok(self)
    }

    /// The same user without a mount namespace, whose making would count in a measurement.
    #[must_use]
    pub fn among_all_engines(mut self) -> Self {
        self.sees_run = true;
        self
    }

    /// The same user with the store where the programs put it by themselves.
    #[must_use]
    pub fn with_default_store(mut self) -> Self {
        self.default_store = true;
        self
    }

    /// His folder.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// His store.
    pub fn store(&self) -> PathBuf {
        self.home.path().join("store")
    }

    /// What is left in his folder for temporary files.
    pub fn leftovers(&self) -> Result<Vec<PathBuf>> {
        fs::read_dir(self.home.path().join("tmp"))?
            .map(|entry| Ok(entry?.path()))
            .collect()
    }

    /// `outcrop` with these arguments, not started.
    pub fn command<A: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = A>,
    ) -> Result<Command> {
        self.command_in("true", arguments)
    }

    /// The same, after `preparation` ran in a mount namespace that ends with the command.
    fn command_in<A: AsRef<OsStr>>(
        &self,
        preparation: &str,
        arguments: impl IntoIterator<Item = A>,
    ) -> Result<Command> {
        let mut line: Vec<OsString> = Vec::new();
        if self.unprivileged {
            let switch = [
                "setpriv",
                "--reuid=65534",
                "--regid=65534",
                "--clear-groups",
            ];
            line.extend(switch.map(OsString::from));
            line.push(self.home.path().join("outcrop").into());
        } else {
            line.push(outcrop()?.into());
        }
        if !self.default_store {
            line.push("--store".into());
            line.push(self.store().into());
        }
        line.extend(arguments.into_iter().map(|part| part.as_ref().to_owned()));
        Ok(self.environment(preparation, line))
    }

    /// Any program in this user's environment, not started.
    pub fn program<A: AsRef<OsStr>>(&self, line: impl IntoIterator<Item = A>) -> Command {
        let line = line.into_iter().map(|part| part.as_ref().to_owned());
        self.environment("true", line.collect())
    }

    fn environment(&self, preparation: &str, program: Vec<OsString>) -> Command {
        let mut line: Vec<OsString> = Vec::new();
        if engine::is_root() && !self.sees_run {
            let script = format!("mount -t tmpfs tmpfs /run && {preparation} && exec \"$@\"");
            line.extend(["unshare", "--mount", "--", "sh", "-c"].map(OsString::from));
            line.extend([script.into(), "sh".into()]);
        }
        line.extend(program);

        let mut command = Command::new(&line[0]);
        command
            .args(&line[1..])
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.home.path())
            .env("TMPDIR", self.home.path().join("tmp"))
            .env("XDG_RUNTIME_DIR", self.home.path().join("run"))
            .current_dir(self.home.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if let Some(address) = &self.docker {
            command.env("DOCKER_HOST", address);
        }
        if let Some(address) = &self.podman {
            command.env("CONTAINER_HOST", address);
        }
        command
    }

    /// Runs `outcrop` to its end.
    pub fn run<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Result<Ran> {
        Ran::of(self.command(arguments)?)
    }

    /// Runs `outcrop` with its store on a file system of `bytes`, which is gone afterwards.
    pub fn run_with_store_of<A: AsRef<OsStr>>(
        &self,
        bytes: u64,
        arguments: impl IntoIterator<Item = A>,
    ) -> Result<Ran> {
        let store = self.store();
        let preparation = format!("mount -t tmpfs -o size={bytes} tmpfs '{}'", store.display());
        Ran::of(self.command_in(&preparation, arguments)?)
    }

    /// Runs `outcrop` with `input` on its standard input.
    pub fn run_with_input<A: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = A>,
        input: Vec<u8>,
    ) -> Result<Ran> {
        let mut command = self.command(arguments)?;
        let mut child = command.stdin(Stdio::piped()).spawn()?;
        let mut stdin = child.stdin.take().context("no standard input")?;
        // A program that ends before it has read everything is none of the writer's business.
        let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
        let ran = Ran::after(child)?;
        writer.join().ok();
        Ok(ran)
    }
}

/// What a finished command left.
#[derive(Debug)]
pub struct Ran {
    /// Exit code; `None` after a signal.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Ran {
    /// Runs a command to its end, at most [`DEADLINE`] away.
    pub fn of(mut command: Command) -> Result<Self> {
        let child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start `{}`", command.get_program().display()))?;
        Self::after(child)
    }

    /// The end of a command that was started with its outputs piped.
    pub fn after(mut child: Child) -> Result<Self> {
        use std::io::Read;
        fn collect(stream: Option<impl Read + Send + 'static>) -> std::thread::JoinHandle<String> {
            std::thread::spawn(move || {
                let mut bytes = Vec::new();
                if let Some(mut stream) = stream {
                    stream.read_to_end(&mut bytes).ok();
                }
                String::from_utf8_lossy(&bytes).into_owned()
            })
        }
        let stdout = collect(child.stdout.take());
        let stderr = collect(child.stderr.take());
        let status = wait::exit(&mut child, DEADLINE)?;
        Ok(Self {
            code: status.code(),
            stdout: stdout.join().unwrap_or_default(),
            stderr: stderr.join().unwrap_or_default(),
        })
    }

    /// The same, if it ended with `code`; else an error that shows what it said.
    pub fn exits(self, code: i32) -> Result<Self> {
        ensure!(
            self.code == Some(code),
            "exit {:?} instead of {code}\n--- stdout\n{}\n--- stderr\n{}",
            self.code,
            head(&self.stdout),
            head(&self.stderr)
        );
        Ok(self)
    }

    /// Standard output as JSON.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_str(&self.stdout)
            .with_context(|| format!("not the expected JSON: {}", head(&self.stdout)))
    }

    /// Checks that standard output holds each of these, whatever their case.
    pub fn prints(self, words: &[&str]) -> Result<Self> {
        for word in words {
            ensure!(
                self.stdout.to_lowercase().contains(&word.to_lowercase()),
                "standard output does not say `{word}`: {}",
                head(&self.stdout)
            );
        }
        Ok(self)
    }

    /// Checks that both are said on standard error: what happened and what to do.
    pub fn says(self, words: &[&str]) -> Result<Self> {
        for word in words {
            ensure!(
                self.stderr.to_lowercase().contains(&word.to_lowercase()),
                "standard error does not say `{word}`: {}",
                head(&self.stderr)
            );
        }
        ensure!(
            !self.stderr.contains("panicked at"),
            "it panicked: {}",
            head(&self.stderr)
        );
        Ok(self)
    }
}

/// The beginning of a text, enough to see what went wrong.
fn head(text: &str) -> &str {
    const SHOWN: usize = 2000;
    let end = (0..=SHOWN.min(text.len()))
        .rev()
        .find(|&end| text.is_char_boundary(end))
        .unwrap_or(0);
    &text[..end]
}

/// Runs a tool of the machine; its standard output, or an error with all that it said.
pub fn tool<A: AsRef<OsStr>>(
    program: &str,
    arguments: impl IntoIterator<Item = A>,
) -> Result<String> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null());
    Ok(Ran::of(command)?
        .exits(0)
        .with_context(|| program.to_owned())?
        .stdout)
}
