//! What the suites share: the programs under test, test data, private engines, made images.
//!
//! # Purpose
//!
//! The suites drive the built `outcrop` and `outcrop-desktop` from outside, as a user does:
//! arguments in, output and exit code out. Nothing here links the crates under test, so that
//! no mistake of theirs can hide in a shared type or function.
//!
//! # Supported
//!
//! - [`suite`]: lists the tests of a binary; what cannot run here is ignored with its reason,
//!   or fails where `OUTCROP_REQUIRE_ENGINES=1` is set.
//! - [`programs`]: builds and finds the programs; runs them in an environment of their own.
//! - [`engine`]: a Docker Engine and a Podman service of our own, stopped and swept at the end
//!   even if the tests are killed.
//! - [`debian`]: an outdated Debian image from the archive that this machine's apt uses.
//! - [`images`]: images of real packages, from the registries of their languages.
//! - [`oracle`]: what the advisories say by `dpkg --compare-versions` alone.
//! - [`archive`]: small and hostile `docker save` archives, and ones too large for memory.
//! - [`made`]: large archives, made once and kept.
//! - [`peak`]: the peak memory of a command.
//! - [`random`]: numbers and texts that are the same in every run.
//!
//! # Unsupported
//!
//! Anything but Linux: the engines and the desktop harness are Debian's.
//!
//! # Invariants
//!
//! Nothing is written outside `target/` and temporary folders. Waiting is for a state with a
//! deadline, never for a span of time. The only network is that of the package archives from which
//! images are made: apt's, and those of the languages.

pub mod archive;
pub mod data;
pub mod debian;
pub mod engine;
pub mod images;
pub mod made;
pub mod oracle;
pub mod peak;
pub mod programs;
pub mod published;
pub mod random;
pub mod suite;
pub mod wait;
