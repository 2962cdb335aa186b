//! What a command answers on standard output: a table for people, one JSON object a line for
//! machines. Knows nothing of what is answered.

use std::io::{self, Write as _};

use clap::Args;
use serde::Serialize;

use crate::exit::Failure;

/// Who reads the answer.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Form {
    /// Answer with one JSON object a line, for machines.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Writes rows; a table has `cells` of each below `head`.
pub(crate) fn rows<R: Serialize, const N: usize>(
    form: Form,
    rows: &[R],
    head: [&str; N],
    cells: impl Fn(&R) -> [String; N],
) -> Result<(), Failure> {
    if !form.json {
        return write(&table(head, rows.iter().map(cells)));
    }
    for row in rows {
        line(row)?;
    }
    Ok(())
}

/// Writes one object on one line.
pub(crate) fn line<T: Serialize>(object: &T) -> Result<(), Failure> {
    write(&format!("{}\n", serde_json::to_string(object).map_err(unwritten)?))
}

/// Writes one object on as many lines as read well.
pub(crate) fn pretty<T: Serialize>(object: &T) -> Result<(), Failure> {
    write(&format!("{}\n", serde_json::to_string_pretty(object).map_err(unwritten)?))
}

/// Writes a text as it is.
pub(crate) fn write(text: &str) -> Result<(), Failure> {
    io::stdout().lock().write_all(text.as_bytes()).map_err(unwritten)
}

fn unwritten(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Failure {
    Failure::failed("the answer cannot be written", source)
}

/// A text without what moves a terminal's cursor: anyone may write to a log, and people read it.
pub(crate) fn plain(text: &str) -> String {
    let escaped =
        |c: char| if c.is_control() { c.escape_default().collect() } else { c.to_string() };
    text.chars().map(escaped).collect()
}

/// The beginning of a text that may be long.
pub(crate) fn beginning(text: &str, chars: usize) -> String {
    let mut rest = text.chars();
    let taken: String = rest.by_ref().take(chars).collect();
    if rest.next().is_some() { format!("{taken}…") } else { taken }
}

/// A time span by its largest unit.
pub(crate) fn span(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..86_400 => format!("{} h", seconds / 3_600),
        86_400.. => format!("{} d", seconds / 86_400),
    }
}

fn table<const N: usize>(head: [&str; N], rows: impl Iterator<Item = [String; N]>) -> String {
    let rows = rows.map(|cells| cells.map(|cell| plain(&cell)));
    let rows: Vec<_> = std::iter::once(head.map(str::to_owned)).chain(rows).collect();
    let mut widths = [0; N];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let line = |row: &[String; N]| {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        let cells: Vec<_> = cells.collect();
        format!("{}\n", cells.join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_columns_as_wide_as_their_widest_cell_and_no_blanks_at_the_end() {
        let rows = [["0", "größer", "x"], ["10", "a", ""]].map(|row| row.map(str::to_owned));

        let text = table(["partition", "key", "reason"], rows.into_iter());

        assert_eq!(
            text,
            "partition  key     reason\n\
             0          größer  x\n\
             10         a\n"
        );
    }

    #[test]
    fn a_cell_cannot_move_the_cursor_of_a_terminal() {
        let text = table(["key"], [["a\u{1b}[2J\nb".to_owned()]].into_iter());

        assert_eq!(text, "key\na\\u{1b}[2J\\nb\n");
    }

    #[test]
    fn a_long_text_says_that_it_goes_on() {
        assert_eq!(beginning("abc", 3), "abc");
        assert_eq!(beginning("abcd", 3), "abc…");
    }

    #[test]
    fn a_span_is_told_in_its_largest_unit() {
        let told = [59, 60, 7_199, 86_399, 200_000].map(span);

        assert_eq!(told, ["59 s", "1 min", "1 h", "23 h", "2 d"]);
    }
}
