//! What is risky in an image beside the versions of its packages: what checks saw, and where.

use serde::{Deserialize, Serialize};

use crate::inventory::PackageOwner;

/// What a check saw in one entry of a layer.
///
/// Never holds the value of a secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Sighting {
    /// Identifier of the check, as `setuid-program`.
    pub check: String,
    /// Path inside the image, without a leading slash.
    pub path: String,
    /// Line of the file, from 1, where the content was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// What decides, short, as `mode 4755`; empty where the path says all.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// The secret, where it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<SecretTrace>,
    /// True where the bytes themselves are the risk: a layer ships them, whatever later layers
    /// hide.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ships_when_hidden: bool,
}

/// What may be told of a secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SecretTrace {
    /// Identifier of the kind, as `github-personal-access-token`.
    pub kind: String,
    /// Its first two characters; empty where it is too short to show any.
    pub first: String,
    /// Its last two characters; empty where it is too short to show any.
    pub last: String,
    /// Salted digest, by which an exception can name it: 16 hexadecimal digits.
    pub fingerprint: String,
}

/// A sighting in the layers of an image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlacedSighting {
    /// What was seen.
    #[serde(flatten)]
    pub sighting: Sighting,
    /// The layer in which its current unbroken run began: the same check, path and detail in
    /// every later layer that touches the path.
    pub introduced_in: usize,
    /// The layer that hides or replaces it; `None` while it is visible in the merged view. Set
    /// for what ships when hidden alone: other sightings go with their files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hidden_in: Option<usize>,
    /// The package of the system that installed the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package: Option<PackageOwner>,
}

/// Files that belong to one user.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnedEntries {
    /// Numeric user.
    pub user: u64,
    /// How many entries of the layer.
    pub count: u64,
    /// The first of them, a few.
    pub examples: Vec<String>,
}

/// How an account can be entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Password {
    /// None is asked for.
    Empty,
    /// None is accepted.
    Locked,
    /// One is set.
    Set,
    /// Nothing tells: `/etc/shadow` does not name the account.
    Unknown,
}

/// An account of the system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Name.
    pub name: String,
    /// Numeric user.
    pub user: u64,
    /// Numeric group.
    pub group: u64,
    /// Shell, as written.
    pub shell: String,
    /// How it can be entered.
    pub password: Password,
    /// Line of `/etc/passwd`, from 1.
    pub line: u32,
    /// Line of `/etc/shadow`, from 1, that says how it can be entered; `None` where `/etc/passwd`
    /// does, or nothing.
    #[serde(default)]
    pub shadow_line: Option<u32>,
}

/// What was looked at, and what of it was seen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Posture {
    /// By layer, check and path.
    pub sightings: Vec<PlacedSighting>,
    /// For each layer who owns its entries, users other than 0 alone.
    #[serde(default)]
    pub owners: Vec<Vec<OwnedEntries>>,
    /// The accounts of `/etc/passwd`; `None` where there is no such file.
    #[serde(default)]
    pub accounts: Option<Accounts>,
    /// What was looked at in part, and why.
    #[serde(default)]
    pub notes: Vec<PostureNote>,
}

/// The accounts of the merged view.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accounts {
    /// As `/etc/passwd` has them.
    pub accounts: Vec<Account>,
    /// Names and numbers of `/etc/group`.
    pub groups: Vec<(String, u64)>,
    /// The layer that `/etc/passwd` is from.
    pub passwd_layer: usize,
    /// The layer that `/etc/shadow` is from, where there is one.
    pub shadow_layer: Option<usize>,
    /// For each account the layer since which it can be entered as it can; later layers may have
    /// written the files again for others. Empty where nothing tells.
    #[serde(default)]
    pub since: Vec<usize>,
}

impl Accounts {
    /// The layer since which one of these accounts can be entered as it can.
    pub fn since(&self, account: &Account) -> Option<usize> {
        let mut accounts = self.accounts.iter();
        let place = accounts.position(|one| std::ptr::eq(one, account))?;
        self.since.get(place).copied()
    }
}

/// Something that was looked at in part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostureNote {
    /// The layer.
    pub layer: usize,
    /// Path inside the image, empty where it concerns the layer.
    pub path: String,
    /// One sentence without a final period.
    pub message: String,
}

/// What stands in the middle of a secret that was concealed, between the characters that may be
/// shown; the same for every length.
pub const CONCEALED: &str = "••••••";

/// Where in an image configuration a secret stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "in")]
pub enum ConfigurationPlace {
    /// The value of a variable.
    Environment {
        /// Its name.
        name: String,
    },
    /// The value of a label.
    Label {
        /// Its name.
        name: String,
    },
    /// The value of a build argument that a step of the history tells.
    BuildArgument {
        /// Its name.
        name: String,
        /// Index into the history.
        entry: usize,
    },
    /// A step of the history.
    History {
        /// Index into the history.
        entry: usize,
    },
    /// The words of `ENTRYPOINT` or `CMD`, the health check or a trigger.
    Words {
        /// The instruction, as `CMD`.
        instruction: String,
    },
}

/// A secret in an image configuration; its value was replaced where it stood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigurationSecret {
    /// Where.
    #[serde(flatten)]
    pub place: ConfigurationPlace,
    /// What may be told of it.
    #[serde(flatten)]
    pub trace: SecretTrace,
}

/// What an image configuration says of how a container runs, beside user and command.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunSettings {
    /// As `80/tcp`, sorted.
    pub exposed_ports: Vec<String>,
    /// Paths of volumes, sorted.
    pub volumes: Vec<String>,
    /// Words of the health check; `None` where there is none. `["NONE"]` switches it off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health_check: Option<Vec<String>>,
}
