//! The version orders against the tools of their ecosystems, and against the laws of a total order.
//!
//! Where a tool is absent, its test is skipped by name; `OUTCROP_REQUIRE_ENGINES=1` makes that a
//! failure.

mod alpine;
mod composer;
mod conan;
mod cran;
mod dart_pub;
mod debian;
mod hackage;
mod hex;
mod maven;
mod nuget;
mod oracle;
mod pacman;
mod pypi;
mod rpm;
mod rubygems;
mod semver;
