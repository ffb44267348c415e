//! Rows of text in columns.

use owo_colors::{OwoColorize as _, Style};
use unicode_width::UnicodeWidthStr as _;

use crate::text::{fitted, harmless};

/// Blanks between two columns.
const GAP: usize = 2;

/// No column but the last is made narrower than this to fit a terminal.
const NARROWEST: usize = 8;

/// A table that takes as much width as it needs, at most that of the terminal.
pub(crate) struct Columns {
    header: Vec<&'static str>,
    rows: Vec<Vec<(String, Style)>>,
}

impl Columns {
    pub(crate) fn new(header: &[&'static str]) -> Self {
        Self {
            header: header.to_vec(),
            rows: Vec::new(),
        }
    }

    /// Adds a row; its text is made harmless here.
    pub(crate) fn row<const N: usize>(&mut self, cells: [(&str, Style); N]) {
        self.rows.push(
            cells
                .into_iter()
                .map(|(text, style)| (harmless(text).into_owned(), style))
                .collect(),
        );
    }

    /// The table, each line indented by `indent` blanks; `width` is that of the terminal, `None`
    /// where nothing limits it.
    pub(crate) fn render(&self, indent: usize, width: Option<usize>) -> String {
        let widths = self.widths(width.map(|width| width.saturating_sub(indent)));
        let mut text = String::new();
        let header = self.header.iter().map(|name| (*name, Style::new().bold()));
        line(&mut text, indent, &widths, header);
        for row in &self.rows {
            let cells = row.iter().map(|(cell, style)| (cell.as_str(), *style));
            line(&mut text, indent, &widths, cells);
        }
        text
    }

    /// Natural widths; where they are too wide together, the widest columns give way.
    fn widths(&self, limit: Option<usize>) -> Vec<usize> {
        let mut widths: Vec<usize> = self.header.iter().map(|name| name.width()).collect();
        for row in &self.rows {
            for (width, (cell, _)) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.width());
            }
        }
        let Some(limit) = limit else { return widths };
        let gaps = GAP * widths.len().saturating_sub(1);
        while widths.iter().sum::<usize>() + gaps > limit {
            let Some(widest) = widths.iter_mut().max().filter(|width| **width > NARROWEST) else {
                break;
            };
            *widest -= 1;
        }
        widths
    }
}

fn line<'c>(
    text: &mut String,
    indent: usize,
    widths: &[usize],
    cells: impl Iterator<Item = (&'c str, Style)>,
) {
    text.push_str(&" ".repeat(indent));
    let last = widths.len().saturating_sub(1);
    for (column, ((cell, style), width)) in cells.zip(widths).enumerate() {
        let cell = fitted(cell, *width);
        // The last column needs no filling up: no blanks at the end of a line.
        let cell = if column == last {
            cell.trim_end()
        } else {
            &cell
        };
        text.push_str(&cell.style(style).to_string());
        if column < last {
            text.push_str(&" ".repeat(GAP));
        }
    }
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_widest_column_gives_way() {
        let mut columns = Columns::new(&["NAME", "TEXT"]);
        let plain = Style::new();
        columns.row([("a", plain), ("a rather long text", plain)]);
        columns.row([("b\u{1b}", plain), ("short", plain)]);
        let plain = |width| anstream::adapter::strip_str(&columns.render(1, width)).to_string();
        assert_eq!(
            plain(None),
            " NAME     TEXT\n a        a rather long text\n b\\u{1b}  short\n"
        );
        assert_eq!(
            plain(Some(20)),
            " NAME     TEXT\n a        a rather …\n b\\u{1b}  short\n"
        );
    }
}
