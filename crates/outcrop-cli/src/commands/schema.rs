//! `outcrop schema`: the JSON Schema of an output.

use outcrop_workbench::output::{self, schema};

use super::{Failure, Outcome};
use crate::exit::Exit;
use crate::terminal;

pub(super) fn run(name: &str) -> Outcome {
    let subject = schema::Subject::ALL
        .into_iter()
        .find(|subject| subject.name() == name)
        .ok_or_else(|| {
            Failure::usage(
                format!("no such output: `{name}`"),
                "see `outcrop schema --help`",
            )
        })?;
    terminal::print_verbatim(output::json(&schema::of(subject)))?;
    Ok(Exit::Done)
}
