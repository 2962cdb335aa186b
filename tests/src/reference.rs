//! `docs/events.md` and `docs/errors.md`, rendered from the code and the golden samples. Writes
//! no file: the program `reference` does, and a test compares.

mod errors;
mod events;
mod meanings;
mod names;

use anyhow::Context as _;

/// What renders the pages anew.
pub const COMMAND: &str = "cargo run -p cart-tests --bin reference";

/// A page of the reference.
#[derive(Debug)]
pub struct Page {
    /// Where it lies, from the root of the repository.
    pub path: &'static str,
    /// What it says, in Markdown.
    pub text: String,
}

/// Every page, as the code is now.
///
/// # Errors
/// Something has no description, or an event no sample; the message names it.
pub fn pages() -> anyhow::Result<[Page; 2]> {
    let events = events::page().context("docs/events.md cannot be rendered")?;
    let errors = errors::page().context("docs/errors.md cannot be rendered")?;
    Ok([
        Page { path: "docs/events.md", text: events },
        Page { path: "docs/errors.md", text: errors },
    ])
}

/// What a reader of the source should know before changing it.
fn notice() -> String {
    format!("<!-- Rendered by `{COMMAND}`. Change the code it is rendered from, not this file. -->")
}

/// A table in Markdown; the first row is its head.
pub(crate) fn table<const N: usize>(
    head: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> String {
    let line = |cells: [String; N]| format!("| {} |\n", cells.join(" | "));
    let rule = format!("{}|\n", "|---".repeat(N));
    let rows: String = rows.into_iter().map(line).collect();
    line(head.map(str::to_owned)) + &rule + &rows
}

fn code(text: &str) -> String {
    format!("`{text}`")
}
