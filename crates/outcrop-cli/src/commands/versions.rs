//! `outcrop versions check`: claims about an order, held against it.

use std::io::Read as _;

use outcrop_workbench::{LineFault, ORDERS, check_lines, order_of};

use super::{Failure, Outcome};
use crate::arguments::Versions;
use crate::exit::Exit;
use crate::terminal;
use crate::text::harmless;

/// Claims are read whole; more than this is no list of versions.
const MAX_INPUT: u64 = 256 << 20;

pub(super) fn run(action: Versions) -> Outcome {
    let Versions::Check { ecosystem } = action;
    let order = order_of(&ecosystem).ok_or_else(|| {
        let known: Vec<&str> = ORDERS.iter().flat_map(|order| order.ecosystems()).collect();
        Failure::usage(
            format!("no version order is known for the ecosystem `{ecosystem}`"),
            &format!("known are: {}", known.join(", ")),
        )
    })?;
    let mut bytes = Vec::new();
    std::io::stdin()
        .lock()
        .take(MAX_INPUT)
        .read_to_end(&mut bytes)
        .map_err(|error| {
            Failure::usage(
                format!("cannot read standard input: {error}"),
                "give one claim a line, as `1.0 < 1.1`",
            )
        })?;
    let checked = check_lines(order, &String::from_utf8_lossy(&bytes));
    let mut text = String::new();
    for fault in &checked.faults {
        text.push_str(&harmless(&fault.text));
        text.push('\n');
        terminal::note(&format!(
            "line {}: {}",
            fault.number,
            harmless(&fault.fault.to_string())
        ));
    }
    terminal::print(&text)?;
    let mut exit = Exit::Done;
    for fault in &checked.faults {
        exit.raise(match fault.fault {
            LineFault::Otherwise(_) | LineFault::InNoOrder => Exit::NotMet,
            LineFault::NotAVersion(_) | LineFault::Malformed => Exit::Usage,
        });
    }
    Ok(exit)
}
