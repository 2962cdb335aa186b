//! `figures`: renders the tables of `README.md` and `docs/performance.md` anew from the runs in
//! `docs/figures`. Knows nothing of what they say.

use std::path::Path;

use anyhow::Context as _;
use cart_tests::figures::{PAGES, render, runs};

fn main() -> anyhow::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let runs = runs(&root)?;
    for page in PAGES {
        let path = root.join(page);
        let text = std::fs::read_to_string(&path).context(page)?;
        std::fs::write(&path, render(&text, &runs).context(page)?).context(page)?;
    }
    Ok(())
}
