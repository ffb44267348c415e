//! What is risky in an image beside the versions of its packages.
//!
//! **Purpose.** Look at an image's configuration, at the header of every entry of its layers and at
//! the text in its files, and say what is risky: how a container would run, what permissions and
//! leftovers its files have, which secrets it ships.
//!
//! **Supported.** The checks of [`CHECKS`], each in its own file; `docs/checks.md` is made from the
//! registry. Secrets are told by the rules of a table, in text files, UTF-16 among them, and in the
//! configuration.
//!
//! **Unsupported.** Text inside of archives and packed files; secrets that no rule of the table
//! describes; POSIX access control lists.
//!
//! **Invariants.** Pure: no I/O, no clock. Bounded in time and memory by named constants, whatever
//! an image holds. The value of a secret leaves this crate in no form but its first and last two
//! characters and a salted digest.

mod accounts;
mod check;
mod configuration;
#[cfg(test)]
mod example;
mod files;
mod inspector;
mod packages;
mod registry;
mod secrets;
mod steps;
mod text;

pub use accounts::ACCOUNTS;
pub use check::{Check, Group, Reference, Remark};
pub use configuration::{Configuration, Requirements, look as look_at_configuration};
pub use files::is_credential_file;
pub use files::unowned_files::unowned;
pub use inspector::POSTURE;
pub use registry::{CHECKS, check};
pub use secrets::{
    SecretKind, conceal, conceal_url_passwords, kind as secret_kind, kinds as secret_kinds,
};

/// Samples of secrets, made when they are asked for, for the tests of this and other crates.
#[cfg(any(test, feature = "fixtures"))]
pub mod fixtures {
    pub use crate::secrets::sample::{Sample, sample};
}
