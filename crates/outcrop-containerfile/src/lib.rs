//! Containerfiles: their syntax, how an image's layers map to their lines, and the edits that mend them.
//!
//! **Purpose.** Read a Containerfile without losing a byte ([`syntax`]), know its stages, users and
//! shells ([`stages`]), tell which instruction wrote which history entry of an image ([`history`]),
//! and plan the smallest edit that clears findings ([`plan`]) as a verified patch ([`patch`]).
//!
//! **Supported.** What `BuildKit` accepts: directives, continuations, heredocs, JSON forms, flags,
//! `ONBUILD`, byte order marks, CRLF, bytes that are no UTF-8. History entries of the classic Docker
//! builder, of `BuildKit` and of Buildah. Upgrades through apt, and base bumps.
//!
//! **Unsupported.** Upgrades through other package managers, edits of language manifests, Windows
//! images. Only the chain of `FROM` stages of the target is patched: what a stage receives through
//! `COPY --from` stays as it is, and is said so. History entries of builders that keep no
//! Containerfile (Kaniko's are read as plain source lines).
//!
//! **Invariants.** No I/O. Parsing never fails and never loses a byte. A patch is parsed again,
//! compared instruction by instruction, and applied back from its own diff before it is returned.

pub mod edit;
pub mod expand;
pub mod history;
pub mod patch;
pub mod plan;
pub mod shell;
pub mod stages;
pub mod syntax;

pub use syntax::{Containerfile, Parsed, parse};
