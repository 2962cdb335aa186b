//! `reference`: renders `docs/events.md` and `docs/errors.md` anew. Knows nothing of what they say.

use std::path::Path;

use anyhow::Context as _;
use cart_tests::reference::pages;

fn main() -> anyhow::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for page in pages()? {
        std::fs::write(root.join(page.path), page.text).context(page.path)?;
    }
    Ok(())
}
