//! The tables of figures in the pages, rendered from the runs in `docs/figures`. Measures nothing
//! and writes no file: `cartstream bench --json` does the one, the program `figures` the other.
//!
//! A page says what stands where: `<!-- figures: KIND PREFIX -->`, a table, `<!-- end -->`. KIND is
//! `loads`, `hops`, `sizes` or `windows`, PREFIX what the names of the runs begin with.

mod run;
mod tables;

use std::path::Path;

use anyhow::{Context as _, bail};

pub use run::Run;
use tables::Kind;

/// What renders the tables anew.
pub const COMMAND: &str = "cargo run -p cart-tests --bin figures";
/// The pages with figures, from the root of the repository.
pub const PAGES: [&str; 2] = ["README.md", "docs/performance.md"];

const BEGIN: &str = "<!-- figures: ";
const END: &str = "<!-- end -->";

/// A page with every table as `runs` have it.
///
/// # Errors
/// A block has no end, an unknown kind, or no runs; the message names it.
pub fn render(page: &str, runs: &[Run]) -> anyhow::Result<String> {
    let (mut rendered, mut rest) = (String::new(), page);
    while let Some((before, block)) = rest.split_once(BEGIN) {
        let (told, after) = block.split_once(" -->").context("a block of figures has no name")?;
        let (_, after) =
            after.split_once(END).with_context(|| format!("figures: {told} has no end"))?;
        let table = table(told, runs).with_context(|| format!("figures: {told}"))?;
        rendered += &format!("{before}{BEGIN}{told} -->\n{table}\n{END}");
        rest = after;
    }
    Ok(rendered + rest)
}

fn table(told: &str, runs: &[Run]) -> anyhow::Result<String> {
    let (kind, prefix) = told.split_once(' ').context("it is KIND PREFIX")?;
    let kind: Kind = kind.parse()?;
    let mut chosen: Vec<&Run> = runs.iter().filter(|run| run.file.starts_with(prefix)).collect();
    if chosen.is_empty() {
        bail!("docs/figures has no run whose name begins with {prefix}");
    }
    chosen.sort_by_key(|run| run.order());
    Ok(kind.render(&chosen))
}

/// Every run in `docs/figures` below the root of the repository.
///
/// # Errors
/// A file cannot be read, or is not what `cartstream bench --json` writes; the message names it.
pub fn runs(root: &Path) -> anyhow::Result<Vec<Run>> {
    let folder = root.join("docs/figures");
    let mut runs = Vec::new();
    for entry in std::fs::read_dir(&folder).context("docs/figures cannot be read")? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            runs.push(Run::read(&path).with_context(|| path.display().to_string())?);
        }
    }
    Ok(runs)
}

#[cfg(test)]
mod tests;
