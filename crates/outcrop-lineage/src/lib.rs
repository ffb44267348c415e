//! Which image is built on which, what that rests on, and what a change would reach.
//!
//! **Purpose.** Finds the direct parent of every local image, its further ancestors and its
//! descendants, says which of them brought each layer, gives each image a role in its family, and
//! finds newer images of the same base.
//!
//! **Supported.** Proof by chain ID between images that are here; told apart from it, the claims
//! of Buildah's `FROM` comments and of the `org.opencontainers.image.base.*` annotations and
//! labels; the parent that an engine records; boundaries guessed from `CMD`/`ENTRYPOINT` entries
//! and from the layer that brings `os-release`.
//!
//! **Unsupported.** Build provenance, Red Hat build information, anything that asks a registry.
//!
//! **Invariants.** No I/O, no clock. Only bytes make an edge [`Class::Exact`]. Every edge carries
//! its evidence as sentences. The edges between local images form a forest: each image has at most
//! one local parent, and no image is its own ancestor. The result depends on the given images
//! alone, not on the order of hash tables.

#![deny(missing_docs)]

mod boundary;
mod claim;
mod edge;
mod facts;
mod graph;
mod history;
mod index;
mod reference;
mod role;
mod statement;
mod successor;

pub use edge::{Class, Edge, Parent};
pub use facts::{Distribution, ImageFacts, Origin};
pub use graph::{Ancestor, Graph, LayerOwner, Node};
pub use reference::{familiar, repository};
pub use role::Role;
pub use successor::{Succession, Successor};
