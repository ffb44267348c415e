//! A Docker Engine and a Podman service that belong to the tests alone.
//!
//! Each has its own data, its own socket and a *keeper*: a shell that starts the engine, then
//! waits for the end of its standard input. The tests hold the other end, so that the keeper
//! stops the engine and sweeps its mounts and files however the tests end, killed included.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use tempfile::TempDir;

use crate::programs::Ran;
use crate::wait;

/// Longest that an engine may take to answer.
const START: Duration = Duration::from_mins(1);

/// Arguments: the engine's folder, then the engine's command line.
const KEEPER: &str = r#"
root=$1; shift
"$@" >"$root/log" 2>&1 </dev/null &
engine=$!
echo "$engine" >"$root/engine.pid"
cat >/dev/null
containerd=$(cat "$root/exec/containerd/containerd.pid" 2>/dev/null)
for process in "$engine" $containerd; do
    kill -TERM "$process" 2>/dev/null || continue
    timeout 20 tail --pid="$process" --sleep-interval=0.1 --follow /dev/null ||
        kill -KILL "$process" 2>/dev/null
done
awk -v root="$root/" 'index($2, root) == 1 { print $2 }' /proc/self/mounts | sort -r |
    xargs --no-run-if-empty umount --lazy
rm --recursive --force --one-file-system "$root"
"#;

/// Whether the tests run as root.
pub fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

/// A kind of engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Docker Engine.
    Docker,
    /// Podman's API service.
    Podman,
}

impl Kind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Docker, Self::Podman];

    /// Name of the client and of the kind in Outcrop's outputs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Docker => "docker",
            Self::Podman => "podman",
        }
    }
}

/// A running engine.
pub struct Engine {
    kind: Kind,
    /// Only the keeper removes it; kept as a path so that a failed start is swept too.
    root: PathBuf,
    keeper: Mutex<Child>,
}

impl Engine {
    /// Starts an engine and waits until it answers.
    pub fn start(kind: Kind) -> Result<Self> {
        let root = TempDir::with_prefix(format!("outcrop-{}-", kind.name()))?;
        // Another user must be able to reach the socket in order to be refused by it.
        fs::set_permissions(root.path(), fs::Permissions::from_mode(0o711))?;
        let root = root.keep();
        let mut keeper = Command::new("sh");
        keeper
            .args(["-c", KEEPER, "keeper"])
            .arg(&root)
            .args(service(kind, &root))
            // Ctrl-C ends the tests; the keeper then ends by itself.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let engine = Self {
            kind,
            keeper: Mutex::new(keeper.spawn().context("cannot start the engine's keeper")?),
            root,
        };
        wait::until("the engine answers", START, || {
            // Podman's client answers without the service.
            let listens = UnixStream::connect(engine.socket()).is_ok();
            Ok(listens.then(|| engine.client(["version"]).ok()).flatten())
        })
        .with_context(|| engine.log())?;
        Ok(engine)
    }

    /// Its kind.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Its socket.
    pub fn socket(&self) -> PathBuf {
        self.root.join("engine.sock")
    }

    /// Its address, as `DOCKER_HOST` takes it.
    pub fn address(&self) -> String {
        format!("unix://{}", self.socket().display())
    }

    /// What it wrote to its log.
    fn log(&self) -> String {
        fs::read_to_string(self.root.join("log")).unwrap_or_default()
    }

    /// The engine's own client with these arguments, not started.
    pub fn command<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Command {
        let mut command = Command::new(self.kind.name());
        match self.kind {
            Kind::Docker => {
                command.args(["--host", &self.address()]);
                // Debian 12 has no buildx; the classic builder needs no more than the engine.
                command.env("DOCKER_BUILDKIT", "0");
            }
            Kind::Podman => {
                command.args(podman_folders(&self.root));
            }
        }
        command.args(arguments).stdin(Stdio::null());
        command
    }

    /// Runs the engine's own client.
    pub fn client<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Result<String> {
        let ran = Ran::of(self.command(arguments))?.exits(0)?;
        Ok(ran.stdout)
    }

    /// Imports a root file system under a reference; layers and history start there.
    pub fn import(&self, archive: &Path, reference: &str) -> Result<()> {
        self.client(["import", &archive.display().to_string(), reference])?;
        Ok(())
    }

    /// Builds `containerfile` of the folder, with the host's network.
    pub fn build(&self, folder: &Path, containerfile: &Path, reference: &str) -> Result<()> {
        self.build_with(folder, containerfile, reference, &[])
    }

    /// The same in Docker's own format, which knows health checks: Podman's does not. Nothing comes
    /// from Podman's cache, where it forgets them.
    pub fn build_for_docker(
        &self,
        folder: &Path,
        containerfile: &Path,
        reference: &str,
    ) -> Result<()> {
        let options: &[&str] = match self.kind {
            Kind::Docker => &[],
            Kind::Podman => &["--format=docker", "--no-cache"],
        };
        self.build_with(folder, containerfile, reference, options)
    }

    fn build_with(
        &self,
        folder: &Path,
        containerfile: &Path,
        reference: &str,
        options: &[&str],
    ) -> Result<()> {
        let folder = folder.display().to_string();
        let file = containerfile.display().to_string();
        let mut arguments = vec!["build", "--network", "host", "--tag", reference];
        if self.kind == Kind::Podman {
            // As Docker does: intermediate images are what a rebuild starts from.
            arguments.push("--layers");
        }
        arguments.extend(options);
        arguments.extend(["--file", &file, &folder]);
        self.client(arguments)?;
        Ok(())
    }

    /// One file of an image, read from a container that never starts.
    pub fn file(&self, reference: &str, path: &str) -> Result<Vec<u8>> {
        let container = self.client(["create", reference, "never-started"])?;
        let container = container.trim();
        let folder = TempDir::new()?;
        let copy = folder.path().join("copy");
        let copied = self.client([
            "cp",
            &format!("{container}:{path}"),
            &copy.display().to_string(),
        ]);
        self.client(["rm", container])?;
        copied?;
        Ok(fs::read(copy)?)
    }

    /// The identity of an image.
    pub fn config_digest(&self, reference: &str) -> Result<String> {
        let id = self.client(["image", "inspect", "--format", "{{.Id}}", reference])?;
        let id = id.trim();
        Ok(if id.starts_with("sha256:") {
            id.to_owned()
        } else {
            format!("sha256:{id}")
        })
    }

    /// Diff IDs of an image, lowest first.
    pub fn diff_ids(&self, reference: &str) -> Result<Vec<String>> {
        let layers = self.client([
            "image",
            "inspect",
            "--format",
            "{{json .RootFS.Layers}}",
            reference,
        ])?;
        Ok(serde_json::from_str(&layers)?)
    }

    /// Containers that a scan has made and not removed.
    pub fn peek_containers(&self) -> Result<Vec<String>> {
        let listed = self.client([
            "ps",
            "--all",
            "--quiet",
            "--filter",
            "label=org.outcrop.peek",
        ])?;
        Ok(listed.lines().map(str::to_owned).collect())
    }

    /// The engine's events from now on, one JSON object a line, as a process to read from.
    pub fn events(&self) -> Result<Child> {
        let mut command = self.command(["events", "--format", "{{json .}}"]);
        Ok(command
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?)
    }

    /// Ends the engine at once, as a crash would; its keeper still sweeps.
    pub fn crash(&self) -> Result<()> {
        for file in ["engine.pid", "exec/containerd/containerd.pid"] {
            let Ok(process) = fs::read_to_string(self.root.join(file)) else {
                continue;
            };
            let process = nix::unistd::Pid::from_raw(process.trim().parse()?);
            nix::sys::signal::kill(process, nix::sys::signal::Signal::SIGKILL)?;
        }
        Ok(())
    }

    /// Stops the engine and waits until its keeper has swept up.
    pub fn stop(&self) -> Result<()> {
        let mut keeper = self
            .keeper
            .lock()
            .map_err(|_| anyhow::anyhow!("poisoned"))?;
        drop(keeper.stdin.take());
        wait::exit(&mut keeper, Duration::from_secs(90))?;
        ensure!(!self.root.exists(), "`{}` is left", self.root.display());
        Ok(())
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // A failure to stop is no reason to hide how the test itself ended.
        self.stop().ok();
    }
}

/// The command line of the engine's service.
fn service(kind: Kind, root: &Path) -> Vec<String> {
    let folder = |name: &str| root.join(name).display().to_string();
    let socket = format!("unix://{}", folder("engine.sock"));
    let line: Vec<String> = match kind {
        // Without a bridge and rules of its own it touches nothing of the machine's network.
        Kind::Docker => vec![
            "dockerd".into(),
            format!("--data-root={}", folder("data")),
            format!("--exec-root={}", folder("exec")),
            format!("--pidfile={}", folder("docker.pid")),
            format!("--host={socket}"),
            "--bridge=none".into(),
            "--iptables=false".into(),
            "--ip6tables=false".into(),
        ],
        Kind::Podman => {
            let mut line = vec!["podman".to_owned()];
            line.extend(podman_folders(root));
            line.extend(["system", "service", "--time=0"].map(str::to_owned));
            line.push(socket);
            line
        }
    };
    line
}

/// Options that keep Podman's state under `root`. Debian 12's crun refuses hybrid cgroups.
fn podman_folders(root: &Path) -> [String; 5] {
    let folder = |name: &str| root.join(name).display().to_string();
    [
        "--runtime=runc".to_owned(),
        format!("--root={}", folder("data")),
        format!("--runroot={}", folder("run")),
        format!("--tmpdir={}", folder("tmp")),
        "--log-level=error".to_owned(),
    ]
}

/// What an event says happened, in lower case: Docker's `Action`, Podman's `Status`.
pub fn event_action(line: &str) -> Option<String> {
    let event: Value = serde_json::from_str(line).ok()?;
    ["Action", "Status", "status"]
        .iter()
        .find_map(|name| event.get(name)?.as_str())
        .map(str::to_lowercase)
}

/// Waits until an engine reports one of `actions`, while `child` runs.
pub fn wait_for_event(events: &mut Child, child: &mut Child, actions: &[&str]) -> Result<()> {
    use std::io::{BufRead, BufReader};
    let stdout = events.stdout.take().context("the events have no output")?;
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    wait::until(
        "the engine reports the event",
        Duration::from_mins(1),
        || {
            if let Some(status) = child.try_wait()? {
                bail!("the command ended before the event: {status}");
            }
            Ok(receiver
                .try_iter()
                .filter_map(|line| event_action(&line))
                .find(|action| actions.contains(&action.as_str()))
                .map(drop))
        },
    )
}

/// What a test needs in order to run an engine of this kind.
pub fn needs(kind: Kind) -> [crate::suite::Need; 4] {
    use crate::suite::Need::{Program, Root};
    let engine = match kind {
        Kind::Docker => Program("dockerd", "docker.io"),
        Kind::Podman => Program("podman", "podman"),
    };
    [
        Root,
        engine,
        Program("runc", "runc"),
        Program("mmdebstrap", "mmdebstrap"),
    ]
}
