//! Which distribution an image holds.

use serde::{Deserialize, Serialize};

/// The facts of `os-release(5)` that decide which advisories apply.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperatingSystem {
    /// `ID`, lower case, as `debian`.
    pub id: String,
    /// `ID_LIKE`, word by word.
    pub id_like: Vec<String>,
    /// `VERSION_ID`, as `12`; empty on rolling releases.
    pub version_id: String,
    /// `VERSION_CODENAME`, as `bookworm`.
    pub version_codename: String,
    /// `PRETTY_NAME`, for people.
    pub pretty_name: String,
    /// Path it was read from, without a leading slash.
    pub path: String,
}

impl OperatingSystem {
    /// The OSV ecosystem with its release, as `Debian:12`; `None` where OSV has no such ecosystem
    /// that Outcrop can judge yet.
    ///
    /// OSV schema, section "`affected[].package` field", table of defined ecosystems.
    pub fn ecosystem(&self) -> Option<String> {
        match self.id.as_str() {
            "debian" if !self.version_id.is_empty() => Some(format!("Debian:{}", self.version_id)),
            _ => None,
        }
    }

    /// The release as package URLs name it in `distro`, as `debian-12`.
    pub fn release(&self) -> Option<String> {
        match (self.id.is_empty(), self.version_id.is_empty()) {
            (true, _) => None,
            (false, true) => Some(self.id.clone()),
            (false, false) => Some(format!("{}-{}", self.id, self.version_id)),
        }
    }

    /// Name to show: `PRETTY_NAME`, else identifier and version.
    pub fn display_name(&self) -> String {
        if self.pretty_name.is_empty() {
            format!("{} {}", self.id, self.version_id).trim().to_owned()
        } else {
            self.pretty_name.clone()
        }
    }
}
