//! The part that an image plays in its family. A convention, never proven: always with a reason.

use crate::facts::Origin;

/// Role of an image in its family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Root of a family: a distribution.
    Base,
    /// Between a base and the images built on it.
    Enterprise,
    /// A leaf that somebody here built.
    Application,
    /// Used to build others, not as their base.
    Builder,
    /// A vendor's image, not built here.
    Cots,
}

/// What decides a role.
pub(crate) struct Position {
    /// True where something lies below it: a parent, a declared base, a guessed boundary.
    pub(crate) has_base: bool,
    /// True where its lowest layer is a whole root filesystem and it has few layers more.
    pub(crate) starts_a_distribution: bool,
    /// Direct children of other repositories.
    pub(crate) children: usize,
    /// Where it came from.
    pub(crate) origin: Origin,
    /// Containerfiles that copy from it.
    pub(crate) copied_from_by: usize,
}

/// The role and the reason for it, as a sentence without a final period.
pub(crate) fn assign(position: &Position) -> (Role, String) {
    let images = match position.children {
        1 => "1 image is".to_owned(),
        count => format!("{count} images are"),
    };
    if position.children > 0 {
        return if position.has_base {
            let reason = format!("it has a base itself, and {images} built directly on it");
            (Role::Enterprise, reason)
        } else {
            let reason = format!("nothing is known below it, and {images} built directly on it");
            (Role::Base, reason)
        };
    }
    if position.copied_from_by > 0 {
        let reason = format!(
            "no image is built on it, and {} Containerfile(s) copy from it",
            position.copied_from_by
        );
        return (Role::Builder, reason);
    }
    if !position.has_base && position.starts_a_distribution {
        let reason = "it starts from the root filesystem of a distribution, and nothing is built on it here yet";
        return (Role::Base, reason.to_owned());
    }
    let (role, reason) = match (position.origin, position.has_base) {
        (Origin::Built, _) => (
            Role::Application,
            "it was built here, and no other image is built on it",
        ),
        (Origin::Pulled, _) => (
            Role::Cots,
            "it was pulled, not built here, and no image here is built on it",
        ),
        (_, true) => (
            Role::Application,
            "it has a base, no image is built on it, and nothing says that a vendor made it",
        ),
        (_, false) => (
            Role::Cots,
            "it was not built here, and neither a base nor an image built on it is known",
        ),
    };
    (role, reason.to_owned())
}
