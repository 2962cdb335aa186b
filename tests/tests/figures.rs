//! The checked-in tables against the runs they are rendered from.

use std::path::Path;

use cart_tests::figures::{COMMAND, PAGES, render, runs};

#[test]
fn the_pages_are_what_the_figures_say() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let runs = runs(&root).unwrap();

    for page in PAGES {
        let checked_in = std::fs::read_to_string(root.join(page)).unwrap();
        let rendered = render(&checked_in, &runs).unwrap();
        assert!(checked_in == rendered, "{page} is not what docs/figures says: {COMMAND}");
    }
}
