//! Standard output and standard error: colours, width, pipes that close.

use std::io::{self, ErrorKind, IsTerminal as _, Write as _};

use outcrop_workbench::wire::WireError;
use owo_colors::{OwoColorize as _, Style};

use crate::arguments::Color;
use crate::text::harmless;

/// Decides once whether colours are used.
pub(crate) fn choose_color(color: Color) {
    match color {
        // `NO_COLOR`, `CLICOLOR`, `TERM=dumb` and pipes are heeded.
        Color::Auto => anstream::ColorChoice::Auto,
        Color::Always => anstream::ColorChoice::Always,
        Color::Never => anstream::ColorChoice::Never,
    }
    .write_global();
}

/// Prints a result. A reader that goes away has what it wanted: that is no error.
pub(crate) fn print(text: &str) -> io::Result<()> {
    let mut output = anstream::stdout().lock();
    accept_closed(
        output
            .write_all(text.as_ref())
            .and_then(|()| output.flush()),
    )
}

/// Prints a result byte for byte, as another program needs it.
pub(crate) fn print_verbatim(text: impl AsRef<[u8]>) -> io::Result<()> {
    let mut output = io::stdout().lock();
    accept_closed(
        output
            .write_all(text.as_ref())
            .and_then(|()| output.flush()),
    )
}

fn accept_closed(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// Prints a note. Where standard error is gone there is nobody to tell.
pub(crate) fn note(text: &str) {
    let _ = writeln!(anstream::stderr().lock(), "{text}");
}

/// Prints an error and what to do about it.
pub(crate) fn error(error: &WireError) {
    note(&format!(
        "{} {}",
        "error:".style(Style::new().red().bold()),
        harmless(&error.message)
    ));
    if let Some(hint) = &error.hint {
        note(&format!(
            " {} {}",
            "hint:".style(Style::new().cyan().bold()),
            harmless(hint)
        ));
    }
}

/// Columns of the terminal that standard output is; `None` where it is a file or pipe.
pub(crate) fn width() -> Option<usize> {
    if !io::stdout().is_terminal() {
        return None;
    }
    let (width, _) = terminal_size::terminal_size()?;
    Some(usize::from(width.0))
}

/// True where a person reads standard output.
pub(crate) fn is_read_by_a_person() -> bool {
    io::stdout().is_terminal()
}
