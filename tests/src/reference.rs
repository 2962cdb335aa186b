//! `docs/events.md`, `docs/errors.md` and the documents of `docs/contract`, rendered from the code and the
//! golden samples. Writes no file: the program `reference` does, and a test compares.

mod check;
mod errors;
mod events;
mod names;

use anyhow::Context as _;

/// Where the documents of the contract lie, from the root of the repository. Nothing else lies there.
pub const CONTRACT: &str = "docs/contract";

/// What renders the pages anew.
pub const COMMAND: &str = "cargo run -p cart-tests --bin reference";

/// A page of the reference.
#[derive(Debug)]
pub struct Page {
    /// Where it lies, from the root of the repository.
    pub path: String,
    /// What it says, in Markdown or JSON.
    pub text: String,
}

/// Every page, as the code is now.
///
/// # Errors
/// Something has no description, or an event no sample; the message names it.
pub fn pages() -> anyhow::Result<Vec<Page>> {
    let events = events::page().context("docs/events.md cannot be rendered")?;
    let errors = errors::page().context("docs/errors.md cannot be rendered")?;
    let pages = [("docs/events.md".to_owned(), events), ("docs/errors.md".to_owned(), errors)];
    let contract = cart_api::contract::documents().iter().map(|document| {
        let text = String::from_utf8(document.text.to_vec())?;
        Ok((format!("{CONTRACT}/{}", document.path), text))
    });
    let pages = pages.into_iter().map(Ok).chain(contract);
    pages.map(|page| page.map(|(path, text)| Page { path, text })).collect()
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
