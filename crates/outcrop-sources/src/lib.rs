//! Everything that talks to an engine or a network.
//!
//! **Purpose.** The one place where Outcrop opens a socket: container engines (Docker, Podman) are
//! found, asked and followed; advisory feeds are fetched.
//!
//! **Supported.** Engines behind unix sockets, Windows named pipes, TCP with and without TLS. The
//! feeds of `feed::ATTRIBUTIONS`, from their publishers or from mirrors.
//!
//! **Unsupported.** Engines behind `ssh://` (named as found, with the remedy); pushing images.
//!
//! **Invariants.** No image content is written to disk. Every wait has a limit or can be cancelled
//! by dropping the future, stream or reader that stands for it. An engine is asked to change
//! something only by `build`, `tag`, `remove_image` and by `peek`, which removes what it made.

#![deny(missing_docs)]

pub mod engine;
pub mod feed;
