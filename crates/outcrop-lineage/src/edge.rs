//! A statement of what an image is built on.

use outcrop_model::ConfigDigest;

/// How sure a statement about ancestry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Bytes prove it.
    Exact,
    /// An annotation, a label, a history comment or the engine says so.
    Declared,
    /// A heuristic.
    Inferred,
    /// Nothing is known.
    Unknown,
}

/// What an image is built on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parent {
    /// An image that is here.
    Image(ConfigDigest),
    /// An image that is not here, or no longer under this name.
    Reference {
        /// The name as it was declared.
        name: String,
        /// The manifest or index digest that was declared with it; not verified.
        digest: Option<String>,
    },
    /// An image that must have been there and whose name nothing tells.
    Unnamed {
        /// What can be said of it, as `Debian GNU/Linux 12 (bookworm), by its os-release`.
        description: String,
    },
    /// Nothing: the image starts from `scratch`.
    Scratch,
    /// Not known.
    Unknown,
}

/// What an image is built on, and what that was concluded from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    /// The parent.
    pub parent: Parent,
    /// How sure this is.
    pub class: Class,
    /// How many of the image's layers, counted from the lowest, are the parent's.
    pub layers: usize,
    /// What it was concluded from: sentences without a final period.
    pub evidence: Vec<String>,
}

impl Edge {
    /// The parent, where it is an image that is here.
    pub fn image(&self) -> Option<ConfigDigest> {
        match self.parent {
            Parent::Image(digest) => Some(digest),
            _ => None,
        }
    }
}
