//! `cargo xtask tidy`: what holds in this workspace and no compiler says.
//!
//! Every check runs, and every failure is told, before the task fails.

mod boundaries;
mod documents;
mod sources;

use anyhow::bail;

use crate::{checks, codegen, formats, sample};

type Check = (&'static str, fn() -> anyhow::Result<()>);

const CHECKS: [Check; 10] = [
    (
        "heavy dependencies stay behind their crates",
        boundaries::heavy_dependencies,
    ),
    ("pure crates stay pure", boundaries::pure_crates),
    (
        "every cataloger is registered",
        sources::catalogers_are_registered,
    ),
    (
        "only ui/src/backend knows the shell",
        sources::shell_stays_behind_the_backend,
    ),
    (
        "no file names a folder of this machine",
        sources::no_path_of_this_machine,
    ),
    (
        "ARCHITECTURE.md names the crates that exist",
        documents::architecture_names_the_crates,
    ),
    ("docs/formats.md is what the catalogers say", || {
        formats::run(true)
    }),
    ("docs/checks.md is what the checks say", || {
        checks::run(true)
    }),
    ("the sample is what its inputs make", || sample::run(true)),
    ("the TypeScript types are what the wire types make", || {
        codegen::run(true)
    }),
];

/// Runs every check.
pub(crate) fn run() -> anyhow::Result<()> {
    let mut failed = 0;
    for (name, check) in CHECKS {
        match check() {
            Ok(()) => eprintln!("ok      {name}"),
            Err(error) => {
                failed += 1;
                eprintln!("FAILED  {name}\n        {error:#}");
            }
        }
    }
    eprintln!("tidy: {} passed; {failed} failed", CHECKS.len() - failed);
    if failed > 0 {
        bail!(
            "the workspace is not tidy: {failed} of {} checks failed",
            CHECKS.len()
        );
    }
    Ok(())
}
