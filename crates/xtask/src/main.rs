//! Development tasks of the Outcrop workspace.
//!
//! **Purpose.** What a checkout needs beyond `cargo build`: the bundled sample, the starter
//! advisories, the TypeScript side of the wire types, and the checks of the workspace itself.
//! Run as `cargo xtask TASK`; nothing here is part of the product.
//!
//! **Invariants.** A task writes inside the checkout alone. `--check` writes nothing. What is
//! generated depends on committed inputs only, except the starter set, whose inputs are the
//! packages that apt has on the day it is made.

#![expect(
    clippy::print_stderr,
    reason = "a task tells on the terminal what it does"
)]

mod checks;
mod codegen;
mod formats;
mod repository;
mod sample;
mod starter;
mod tidy;

use clap::{Parser, Subcommand};

/// Development tasks of the Outcrop workspace.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Write the sample archive of `assets/sample/`.
    Sample {
        /// Compare with what is there and write nothing.
        #[arg(long)]
        check: bool,
    },
    /// Make the starter advisories of `assets/advisories/` from Debian package changelogs.
    Starter {
        /// Read the packages of this folder, instead of downloading them with apt.
        #[arg(long)]
        packages: Option<std::path::PathBuf>,
    },
    /// Write the TypeScript types of `ui/src/backend/bindings/`.
    Codegen {
        /// Compare with what is there and write nothing.
        #[arg(long)]
        check: bool,
    },
    /// Write the page `docs/formats.md` from what the catalogers say at their heads.
    Formats {
        /// Compare with what is there and write nothing.
        #[arg(long)]
        check: bool,
    },
    /// Write the page `docs/checks.md` from the registry of checks and the table of secrets.
    Checks {
        /// Compare with what is there and write nothing.
        #[arg(long)]
        check: bool,
    },
    /// Check what a compiler cannot: boundaries, registrations, generated files, documents.
    Tidy,
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().task {
        Task::Sample { check } => sample::run(check),
        Task::Starter { packages } => starter::run(packages),
        Task::Codegen { check } => codegen::run(check),
        Task::Formats { check } => formats::run(check),
        Task::Checks { check } => checks::run(check),
        Task::Tidy => tidy::run(),
    }
}
