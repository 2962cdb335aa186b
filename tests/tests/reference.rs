//! The checked-in reference against the one the code renders now.

#![expect(clippy::unwrap_used, reason = "a check that cannot be made fails")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use cart_tests::reference::{COMMAND, CONTRACT, pages};

#[test]
fn the_reference_is_what_the_code_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");

    for page in pages().unwrap() {
        let checked_in = std::fs::read_to_string(root.join(&page.path)).unwrap_or_default();
        assert!(checked_in == page.text, "{} is not what the code says: {COMMAND}", page.path);
    }
}

/// Every file below a folder.
fn files(folder: PathBuf) -> BTreeSet<PathBuf> {
    let (mut found, mut folders) = (BTreeSet::new(), vec![folder]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(path);
            }
        }
    }
    found
}

#[test]
fn nothing_lies_with_the_contract_that_is_no_document_of_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let pages = pages().unwrap().into_iter().filter(|page| page.path.starts_with(CONTRACT));
    let documents: BTreeSet<_> = pages.map(|page| root.join(page.path)).collect();

    assert_eq!(files(root.join(CONTRACT)), documents);
}
