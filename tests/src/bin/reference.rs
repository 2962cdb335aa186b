//! `reference`: renders `docs/events.md`, `docs/errors.md` and `docs/contract` anew. Knows nothing of what they
//! say.

use std::path::Path;

use anyhow::Context as _;
use cart_tests::reference::{CONTRACT, pages};

fn main() -> anyhow::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let pages = pages()?;
    let contract = root.join(CONTRACT);
    if contract.exists() {
        // What is no document any more is not to stay.
        std::fs::remove_dir_all(&contract).context(CONTRACT)?;
    }
    for page in pages {
        let path = root.join(&page.path);
        let folder = path.parent().context("a page lies in a folder")?;
        std::fs::create_dir_all(folder).context(page.path.clone())?;
        std::fs::write(path, page.text).context(page.path)?;
    }
    Ok(())
}
