//! Package formats: one file each, behind one static registry.
//!
//! **Purpose.** Read what package managers and distributions write into an image, and conclude
//! from the merged view which packages are installed, on which system, from which archives.
//!
//! **Supported.** The databases of dpkg, apk, rpm (Berkeley, ndb, sqlite) and pacman, with the files
//! that their packages own, and the manifests of distroless and chiselled images; installed packages
//! of Python, Node, Ruby, PHP, Java, .NET, Go, Rust, Erlang, Dart, Swift, C++ (Conan), R, Lua, conda
//! and `WordPress`; programs that no package manager recorded; bills of material in the image.
//! `docs/formats.md` has each with its source and its limits, made from the registry.
//!
//! **Unsupported.** What that page does not name. An image without a known database gives the
//! packages of languages alone; the operating system tells that this is no proof of cleanness.
//!
//! **Invariants.** Pure: bytes in, observations and problems out; no I/O, no clock. A parser never
//! fails and never panics: what it cannot read is a problem beside what it could. A cataloger that
//! is not in [`ANALYSERS`] does not exist; a test compares the list with the files.

mod catalogers;
mod debian_copyright;
mod elf;
mod erlang_term;
mod findings;
#[cfg(test)]
mod fuzz;
mod json;
mod licence;
mod owned_files;
mod package_cache;
mod problems;
mod purl;
mod zip;

pub use catalogers::ANALYSERS;

use outcrop_image::Root;
use outcrop_model::Inventory;

/// The places worth asking an engine for, to show what can be seen before any layer is read: what
/// is installed, on which system, at the paths where these stand in almost every image.
///
/// Few on purpose: Docker takes about 50 ms for each, one after the other, while it also packs the
/// export. What the other places would add comes with the whole scan.
pub fn peek_paths() -> &'static [Root] {
    const {
        &[
            Root::file("etc/os-release"),
            Root::file("var/lib/dpkg/status"),
            Root::folder("var/lib/dpkg/status.d"),
        ]
    }
}

/// What files obtained one by one say: an inventory without layers, in which every layer index is
/// 0 and means nothing.
///
/// `files` are real paths inside the image (links resolved), without a leading slash, with their
/// whole content. The content of the folders among [`peek_paths`] comes file by file.
pub fn preview(files: &[(String, Vec<u8>)]) -> Inventory {
    outcrop_image::preview(files, ANALYSERS)
}

#[cfg(test)]
#[path = "layers_tests.rs"]
mod layers_tests;

#[cfg(test)]
#[path = "owners_tests.rs"]
mod owners_tests;

#[cfg(test)]
#[path = "real_images_tests.rs"]
mod real_images_tests;
