//! What discovery looks at: variables, folders, the kind of system. Explicit, so that a test gives
//! its own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Which sockets a system has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostFamily {
    /// Linux: system and user sockets.
    Linux,
    /// macOS: engines in virtual machines.
    MacOs,
    /// Windows: named pipes.
    Windows,
}

/// The surroundings in which engines are looked for.
#[derive(Clone, Debug)]
pub struct Environment {
    /// Environment variables; empty values count as absent.
    pub variables: BTreeMap<String, String>,
    /// The user's home folder.
    pub home: Option<PathBuf>,
    /// Numeric user; none on Windows.
    pub user_id: Option<u32>,
    /// `$XDG_RUNTIME_DIR`, or where it would be.
    pub runtime_folder: Option<PathBuf>,
    /// What `/` stands for: absolute paths outside of it are looked up below it.
    pub root: PathBuf,
    /// Kind of system.
    pub family: HostFamily,
}

impl Environment {
    /// The surroundings of this process.
    pub fn of_process() -> Self {
        let variables: BTreeMap<String, String> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let user_id = own_user_id();
        let runtime_folder = match variables.get("XDG_RUNTIME_DIR") {
            Some(folder) if !folder.is_empty() => Some(PathBuf::from(folder)),
            _ => user_id
                .filter(|id| *id != 0)
                .map(|id| PathBuf::from(format!("/run/user/{id}"))),
        };
        Self {
            home: etcetera::home_dir().ok(),
            user_id,
            runtime_folder,
            root: PathBuf::from("/"),
            family: if cfg!(windows) {
                HostFamily::Windows
            } else if cfg!(target_os = "macos") {
                HostFamily::MacOs
            } else {
                HostFamily::Linux
            },
            variables,
        }
    }

    /// A variable's value; empty counts as absent, as engines count it.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.variables
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// `path` below [`Self::root`], unless it is there already.
    pub(super) fn rooted(&self, path: &Path) -> PathBuf {
        if path.starts_with(&self.root) {
            return path.to_owned();
        }
        match path.strip_prefix("/") {
            Ok(below) => self.root.join(below),
            Err(_) => path.to_owned(),
        }
    }
}

#[cfg(target_os = "linux")]
fn own_user_id() -> Option<u32> {
    use std::os::unix::fs::MetadataExt;
    // The owner of a process's own entry is its effective user; the standard library has no
    // `geteuid`.
    std::fs::metadata("/proc/self")
        .ok()
        .map(|entry| entry.uid())
}

#[cfg(all(unix, not(target_os = "linux")))]
fn own_user_id() -> Option<u32> {
    use std::os::unix::fs::MetadataExt;
    let home = etcetera::home_dir().ok()?;
    std::fs::metadata(home).ok().map(|entry| entry.uid())
}

#[cfg(not(unix))]
fn own_user_id() -> Option<u32> {
    None
}
